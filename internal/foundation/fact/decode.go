package fact

import (
	"encoding"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

var (
	amountText  = regexp.MustCompile(`^-?(0|[1-9][0-9]*)\.[0-9]{2}$`)
	timeText    = regexp.MustCompile(`^[0-9-]{10}T[0-9:]{8}(\.[0-9]{1,6})?\+08:00$`)
	decimalText = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
)

// Check is what a decoded struct may have beside its tags: the key (relative to the struct) that makes it malformed, and why in
// Chinese; "" where nothing is wrong.
type Check interface {
	Check() (key string, why fault.Sentence)
}

// Decode reads exactly one JSON object into the struct that into points to. The error is an Invalid fault with one field: the path
// of the key, as sale.pauses[0].to.
func Decode(line []byte, into any) error {
	n, err := parse(line)
	if err != nil {
		return err
	}
	return decode(reflect.ValueOf(into).Elem(), n, "", "")
}

func at(path string) string {
	if path == "" {
		return "-"
	}
	return path
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func item(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

func malformed(path string, why fault.Sentence, params ...any) error {
	return bad(at(path), "malformed", why, params...)
}

func decode(v reflect.Value, n node, path string, tag reflect.StructTag) error {
	switch p := v.Addr().Interface().(type) {
	case *money.Fen:
		return decodeFen(p, n, path, tag)
	case *time.Time:
		return decodeTime(p, n, path)
	case encoding.TextUnmarshaler:
		if n.kind != kindText {
			return malformed(path, "应为文本")
		}
		if err := p.UnmarshalText([]byte(n.text)); err != nil {
			return malformed(path, "%s", err)
		}
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		if n.kind == kindNull {
			v.SetZero()
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return decode(v.Elem(), n, path, tag)
	case reflect.Struct:
		return decodeStruct(v, n, path)
	case reflect.Slice:
		return decodeList(v, n, path, tag)
	case reflect.String:
		if n.kind != kindText {
			return malformed(path, "应为文本")
		}
		if words := tag.Get("words"); words != "" && !slices.Contains(strings.Fields(words), n.text) {
			return malformed(path, "应为 %s 之一", strings.Join(strings.Fields(words), "、"))
		}
		v.SetString(n.text)
		return nil
	case reflect.Bool:
		if n.kind != kindBool {
			return malformed(path, "应为 true 或 false")
		}
		v.SetBool(n.text == "true")
		return nil
	case reflect.Int, reflect.Int64:
		return decodeInt(v, n, path, tag)
	default:
		panic("fact: cannot decode into " + v.Type().String())
	}
}

func decodeList(v reflect.Value, n node, path string, tag reflect.StructTag) error {
	if n.kind != kindList {
		return malformed(path, "应为列表")
	}
	list := reflect.MakeSlice(v.Type(), len(n.kids), len(n.kids))
	for i, kid := range n.kids {
		if err := decode(list.Index(i), kid, item(path, i), tag); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

// maxInt bounds every whole number that has no bound of its own, so that sums and products of a rule stay inside 64 bits.
const maxInt = 1_000_000_000

func decodeInt(v reflect.Value, n node, path string, tag reflect.StructTag) error {
	i, err := strconv.ParseInt(n.text, 10, 64)
	if n.kind != kindNumber || err != nil {
		return malformed(path, "应为整数")
	}
	if why := outside(i, -maxInt, maxInt, tag); why != "" {
		return malformed(path, why)
	}
	v.SetInt(i)
	return nil
}

// outside says why a number is not inside its bounds.
func outside(i, low, high int64, tag reflect.StructTag) fault.Sentence {
	for key, bound := range map[string]*int64{"min": &low, "max": &high} {
		if text := tag.Get(key); text != "" {
			b, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				panic("fact: bad bound " + text)
			}
			*bound = b
		}
	}
	switch {
	case i < low:
		return "太小"
	case i > high:
		return "太大"
	default:
		return ""
	}
}

func decodeFen(p *money.Fen, n node, path string, tag reflect.StructTag) error {
	const mend = "应为两位小数的文本，单位元，绝对值不超过 99999999999.99"
	if n.kind != kindText || !amountText.MatchString(n.text) {
		return malformed(path, mend)
	}
	f, err := money.Parse(n.text)
	if err != nil {
		return malformed(path, mend)
	}
	if why := outside(int64(f), -int64(money.Max), int64(money.Max), tag); why != "" {
		return malformed(path, "金额%s", why)
	}
	*p = f
	return nil
}

func decodeTime(p *time.Time, n node, path string) error {
	t, err := time.Parse(time.RFC3339Nano, n.text)
	if n.kind != kindText || err != nil || !timeText.MatchString(n.text) {
		return malformed(path, "应为北京时间，写作 2027-05-20T16:00:00+08:00，秒后最多六位小数")
	}
	*p = t.In(clock.Zone())
	return nil
}

// decodeStruct looks at closed lists first: they decide which other keys belong to the object.
func decodeStruct(v reflect.Value, n node, path string) error {
	if n.kind != kindObject {
		return malformed(path, "应为对象")
	}
	var fields []reflect.StructField
	known := map[string]bool{}
	for f := range v.Type().Fields() {
		if key := f.Tag.Get("json"); key != "" && key != "-" && applies(n, f.Tag.Get("when")) {
			fields = append(fields, f)
			known[key] = true
		}
	}
	some := func(listed bool) error {
		for _, f := range fields {
			if (f.Tag.Get("words") != "") != listed {
				continue
			}
			key := f.Tag.Get("json")
			kid, ok := n.member(key)
			if !ok {
				return bad(join(path, key), "missing_key", "缺少这个键")
			}
			if err := decode(v.FieldByIndex(f.Index), kid, join(path, key), f.Tag); err != nil {
				return err
			}
		}
		return nil
	}
	if err := some(true); err != nil {
		return err
	}
	for _, key := range n.keys {
		if !known[key] {
			return bad(join(path, key), "unknown_key", "不认识的键")
		}
	}
	if err := some(false); err != nil {
		return err
	}
	if c, ok := reflect.TypeAssert[Check](v.Addr()); ok {
		if key, why := c.Check(); why != "" {
			return malformed(join(path, key), why)
		}
	} else if _, almost := v.Addr().Type().MethodByName("Check"); almost {
		panic("fact: " + v.Type().String() + ".Check is not that of fact.Check")
	}
	return nil
}

// applies tells whether a key tagged when:"event=a,b" belongs to the object.
func applies(n node, when string) bool {
	if when == "" {
		return true
	}
	key, list, _ := strings.Cut(when, "=")
	kid, _ := n.member(key)
	return slices.Contains(strings.Split(list, ","), kid.text)
}
