package fact

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/money"
)

// Encode writes one line: {"id": …} and the keys of the answer, a struct, in the order of its fields. Amounts, instants and days are
// written as they are read; a nil pointer is null and a nil list is []. Han characters stay as they are.
func Encode(id string, answer any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`{"id":`)
	if err := text(&b, id); err != nil {
		return nil, err
	}
	if err := members(&b, reflect.ValueOf(answer), true); err != nil {
		return nil, err
	}
	b.WriteString("}\n")
	return b.Bytes(), nil
}

// Record writes one line that Replay reads: {"id": …, "input": …}, of each object the keys that belong to it (tag when).
func Record(id string, input any) ([]byte, error) {
	return Encode(id, struct {
		Input any `json:"input"`
	}{input})
}

// belongs tells whether a field is written: applies of decoding, seen from the value.
func belongs(v reflect.Value, when string) bool {
	if when == "" {
		return true
	}
	key, list, _ := strings.Cut(when, "=")
	for f := range v.Type().Fields() {
		if f.Tag.Get("json") == key {
			return slices.Contains(strings.Split(list, ","), v.FieldByIndex(f.Index).String())
		}
	}
	return false
}

func members(b *bytes.Buffer, v reflect.Value, comma bool) error {
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		key := tag.Get("json")
		if key == "" || key == "-" || !belongs(v, tag.Get("when")) {
			continue
		}
		if comma {
			b.WriteByte(',')
		}
		comma = true
		b.WriteString(strconv.Quote(key) + ":")
		if err := encode(b, v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func encode(b *bytes.Buffer, v reflect.Value) error {
	if v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			b.WriteString("null")
			return nil
		}
		return encode(b, v.Elem())
	}
	switch x := v.Interface().(type) {
	case money.Fen:
		return text(b, x.String())
	case time.Time:
		return text(b, clock.Local(x).Format("2006-01-02T15:04:05.999999-07:00"))
	case encoding.TextMarshaler:
		s, err := x.MarshalText()
		if err != nil {
			return fmt.Errorf("fact: %w", err)
		}
		return text(b, string(s))
	}
	switch v.Kind() {
	case reflect.Struct:
		b.WriteByte('{')
		err := members(b, v, false)
		b.WriteByte('}')
		return err
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := encode(b, v.Index(i)); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	case reflect.String:
		return text(b, v.String())
	case reflect.Bool, reflect.Int, reflect.Int64:
		fmt.Fprint(b, v.Interface())
		return nil
	default:
		panic("fact: cannot encode " + v.Type().String())
	}
}

func text(b *bytes.Buffer, s string) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return fmt.Errorf("fact: %w", err)
	}
	b.Truncate(b.Len() - 1) // the line end
	return nil
}
