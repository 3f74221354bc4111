package recognition

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
)

// maxLine bounds one line of a file, in bytes.
const maxLine = 8 << 20

// AssessJSONL reads applications, one JSON object a line, with or without the wrapping case ({"id", "application"};
// "note" and "expect" are passed over), and writes one decision a line in the same order. Blank lines are skipped. A
// line that cannot be read yields {"id", "error"} and the next one goes on; the returned error is then an Invalid
// fault with one field for each bad line, so that a script notices. Amounts are strings in 元 with two decimals.
// Unknown, doubled or wrongly cased keys are errors.
func AssessJSONL(r io.Reader, w io.Writer, policy Policy) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 64<<10), maxLine)
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	var bad fault.Fields
	for n := 1; in.Scan(); n++ {
		line := bytes.TrimSpace(in.Bytes())
		if n == 1 {
			line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff")))
		}
		if len(line) == 0 {
			continue
		}
		id, app, err := parseLine(line)
		var result any
		if err != nil {
			bad.Addf(fmt.Sprintf("line %d", n), "unreadable", "第 %d 行：%s", n, words(err))
			result = lineError{ID: id, Error: words(err)}
		} else {
			result = newLineDecision(id, Assess(app, policy))
		}
		if err := enc.Encode(result); err != nil {
			return fmt.Errorf("assess: write: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("assess: write: %w", err)
	}
	if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fault.Wrap(err, fault.Invalid, "line_too_long", "有一行超过 8 MB，请检查文件是否每行一个 JSON 对象")
	} else if err != nil {
		return fmt.Errorf("assess: read: %w", err)
	}
	return bad.Err()
}

type lineError struct {
	ID    *string `json:"id"`
	Error string  `json:"error"`
}

type lineDecision struct {
	ID         *string  `json:"id"`
	Outcome    Outcome  `json:"outcome"`
	Class      *string  `json:"class"`
	Deducted   *string  `json:"deducted"`
	Technical  *string  `json:"technical"`
	VATBase    *string  `json:"vat_base"`
	Expert     bool     `json:"expert"`
	Reasons    []string `json:"reasons"`
	Articles   []string `json:"articles"`
	Flags      []string `json:"flags"`
	RightPoint *string  `json:"right_point"`
}

func newLineDecision(id *string, d Decision) lineDecision {
	l := lineDecision{ID: id, Outcome: d.Outcome, Expert: d.Expert, Reasons: d.Reasons, Articles: d.Articles, Flags: d.Flags}
	if d.RightPoint != "" {
		l.RightPoint = &d.RightPoint
	}
	if d.Amounts != nil {
		text := func(f money.Fen) *string { s := f.String(); return &s }
		l.Class, l.Deducted, l.Technical, l.VATBase = &d.Class, text(d.Amounts.Deducted), text(d.Amounts.Technical), text(d.Amounts.VATBase)
	}
	return l
}

type fileCase struct {
	ID          *string         `json:"id"`
	Note        *string         `json:"note"`
	Application json.RawMessage `json:"application"`
	Expect      json.RawMessage `json:"expect"`
}

type fileApplication struct {
	ID         *string      `json:"id"` // beside the application's own keys where there is no wrapping case
	Class      string       `json:"class"`
	Title      string       `json:"title"`
	Medium     Medium       `json:"medium"`
	Signed     Date         `json:"signed"`
	Begins     Date         `json:"begins"`
	Ends       Date         `json:"ends"`
	Applied    Date         `json:"applied"`
	Amount     *string      `json:"amount"`
	Royalty    bool         `json:"royalty"`
	Costs      []fileCost   `json:"costs"`
	Biological bool         `json:"biological"`
	Tied       bool         `json:"tied"`
	Seller     fileParty    `json:"seller"`
	Buyer      fileParty    `json:"buyer"`
	Point      string       `json:"point"`
	Points     []string     `json:"points"`
	IP         fileIP       `json:"ip"`
	Licence    *fileLicence `json:"licence"`
	Findings   []string     `json:"findings"`
	Refused    bool         `json:"refused_to_correct"`
}

type fileCost struct {
	Name       string `json:"name"`
	Kind       string `json:"kind"`
	Amount     string `json:"amount"`
	Carrier    bool   `json:"carrier"`
	Reasonable bool   `json:"reasonable"`
}

type fileParty struct {
	Name     string  `json:"name"`
	Country  string  `json:"country"`
	Division *string `json:"division"`
}

type fileIP struct {
	Kind            string `json:"kind"`
	Certificate     bool   `json:"certificate"`
	Valid           bool   `json:"valid"`
	OwnershipAgreed bool   `json:"ownership_agreed"`
}

type fileLicence struct {
	Years     float64 `json:"years"`
	Exclusive bool    `json:"exclusive"`
}

func parseLine(line []byte) (id *string, app Application, err error) {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(line, &top); err != nil || top == nil {
		return nil, app, errors.New("不是一个 JSON 对象")
	}
	if raw, ok := top["id"]; ok {
		if json.Unmarshal(raw, &id) != nil {
			return nil, app, errors.New("id 应为文本")
		}
	}
	body := line
	if _, ok := top["application"]; ok {
		var c fileCase
		if err := strict(line, &c, false); err != nil {
			return id, app, err
		}
		body = c.Application
		var inner map[string]json.RawMessage
		if err := json.Unmarshal(body, &inner); err != nil || inner == nil {
			return id, app, errors.New("application 应为 JSON 对象")
		}
		if _, ok := inner["id"]; ok {
			return id, app, errors.New("application 中有不认识的键 id")
		}
	}
	var f fileApplication
	if err := strict(body, &f, true); err != nil {
		return id, app, err
	}
	app, err = f.application()
	return id, app, err
}

// strict decodes one object and refuses what encoding/json lets pass: unknown keys, keys in another case and keys
// given twice. All keys of the format are lower-case, so a key is in another case exactly if it is not. Only with deep
// are the keys of inner objects looked at.
func strict(b []byte, into any, deep bool) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		if typ, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return fmt.Errorf("%s 的类型不对，应为 %s", typ.Field, typ.Type)
		}
		var key string
		if _, scan := fmt.Sscanf(err.Error(), "json: unknown field %q", &key); scan == nil {
			return fmt.Errorf("不认识的键 %s", key)
		}
		return errors.New("JSON 格式不对")
	}
	return plainKeys(json.NewDecoder(bytes.NewReader(b)), deep)
}

var plainKey = regexp.MustCompile(`^[a-z_]+$`)

// plainKeys walks the first value of the stream.
func plainKeys(dec *json.Decoder, deep bool) error {
	tok, err := dec.Token()
	if err != nil {
		return errors.New("JSON 格式不对")
	}
	delim, ok := tok.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for dec.More() {
		if delim == '{' {
			tok, err := dec.Token()
			if err != nil {
				return errors.New("JSON 格式不对")
			}
			key, _ := tok.(string)
			if !plainKey.MatchString(key) {
				return fmt.Errorf("不认识的键 %s", key)
			}
			if seen[key] {
				return fmt.Errorf("键 %s 重复", key)
			}
			seen[key] = true
		}
		if !deep {
			var skipped json.RawMessage
			if err := dec.Decode(&skipped); err != nil {
				return errors.New("JSON 格式不对")
			}
		} else if err := plainKeys(dec, deep); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}

var amountText = regexp.MustCompile(`^[0-9]+\.[0-9]{2}$`)

func parseAmount(s string) (money.Fen, bool) {
	if !amountText.MatchString(s) {
		return 0, false
	}
	f, err := money.Parse(s)
	return f, err == nil
}

const amountMend = "应为两位小数的文本，单位元，不超过 99999999999.99"

func (f fileApplication) application() (Application, error) {
	var bad fault.Fields
	bad.Check(codes.ContractClass.Has(f.Class) && len(f.Class) == 4, "class", "unknown", "不是合同类别 0101 … 0503 之一")
	bad.Check(slices.Contains([]Medium{Paper, Electronic, Oral}, f.Medium), "medium", "unknown", "应为 paper、electronic 或 oral")
	for _, d := range []struct {
		key   string
		value Date
	}{{"signed", f.Signed}, {"begins", f.Begins}, {"ends", f.Ends}, {"applied", f.Applied}} {
		_, err := time.Parse(time.DateOnly, string(d.value))
		bad.Check(err == nil, d.key, "date", "应为日期，写作 2026-03-02")
	}
	a := Application{
		Class: f.Class, Title: f.Title, Medium: f.Medium, Signed: f.Signed, Begins: f.Begins, Ends: f.Ends, Applied: f.Applied,
		Royalty: f.Royalty, Biological: f.Biological, Tied: f.Tied, Point: f.Point, Points: f.Points,
		IP: IP(f.IP), Licence: (*Licence)(f.Licence), Findings: f.Findings, Refused: f.Refused,
	}
	if f.Amount != nil {
		c, ok := parseAmount(*f.Amount)
		bad.Check(ok, "amount", "amount", amountMend)
		a.Amount = &c
	}
	for i, row := range f.Costs {
		unit, ok := parseAmount(row.Amount)
		bad.Check(ok, fmt.Sprintf("costs.%d.amount", i), "amount", amountMend)
		bad.Check(codes.CostKind.Has(row.Kind), fmt.Sprintf("costs.%d.kind", i), "unknown", "不是费用种类之一")
		c := Cost{Name: row.Name, Kind: row.Kind, Quantity: 1, Unit: unit, Carrier: row.Carrier}
		if row.Reasonable {
			c.Reasonable = 1
		}
		a.Costs = append(a.Costs, c)
	}
	a.Seller = f.Seller.party("seller", &bad)
	a.Buyer = f.Buyer.party("buyer", &bad)
	for i, p := range append([]string{f.Point}, f.Points...) {
		path := "point"
		if i > 0 {
			path = fmt.Sprintf("points.%d", i-1)
		}
		bad.Check(region.Valid(p), path, "division", "应为六位行政区划代码")
	}
	if a.IP.Kind == "" { // the whole key may be left out where nothing is concerned
		a.IP.Kind = "none"
	}
	bad.Check(
		slices.ContainsFunc(codes.IPKind.Leaves(), func(it codes.Item) bool { return it.Code == a.IP.Kind }),
		"ip.kind",
		"unknown",
		"不是知识产权种类之一",
	)
	bad.Check(f.Licence == nil || f.Licence.Years >= 0, "licence.years", "range", "年限不能为负数")
	for i, code := range f.Findings {
		bad.Checkf(IsFinding(code), fmt.Sprintf("findings.%d", i), "unknown", "不认识的发现 %s", code)
	}
	return a, bad.Err()
}

func (p fileParty) party(path string, bad *fault.Fields) Party {
	out := Party{Name: p.Name, Country: p.Country}
	bad.Check(region.ValidCountry(p.Country), path+".country", "country", "应为三位国别代码，中国为 156")
	if out.domestic() {
		if p.Division != nil {
			out.Division = *p.Division
		}
		bad.Check(region.Valid(out.Division), path+".division", "division", "应为六位行政区划代码")
	}
	return out
}

// words turns an error into one Chinese sentence for the line.
func words(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err.Error()
	}
	var s strings.Builder
	for i, field := range f.Fields {
		if i > 0 {
			s.WriteString("；")
		}
		s.WriteString(field.Path + " " + field.Message)
	}
	return s.String()
}
