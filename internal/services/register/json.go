package register

import (
	"encoding/json"
	"strconv"

	"techmarket/internal/foundation/fault"
)

// ToJSON is a content as the API shows it: numbers and 分 as numbers, yes as true, several values as a list.
func (d Descriptor) ToJSON(c Content) map[string]any {
	out := map[string]any{}
	for _, f := range d.Fields {
		values := c[f.Code]
		if len(values) == 0 {
			continue
		}
		switch f.Type {
		case Number, Amount:
			if n, err := strconv.ParseInt(values[0], 10, 64); err == nil {
				out[f.Code] = n
			}
		case YesNo:
			out[f.Code] = values[0] == yes
		case Many, Words:
			out[f.Code] = values
		default:
			out[f.Code] = values[0]
		}
	}
	return out
}

// FromJSON is ToJSON the other way round. Fault: invalid, with every field that the kind does not have or whose type is another.
func (d Descriptor) FromJSON(in map[string]any) (Content, error) {
	out := Content{}
	var wrong fault.Fields
	for code, value := range in {
		f, ok := d.Field(code)
		if !ok {
			wrong.Addf("content."+code, "unknown", "%s没有字段 %s", d.Label, code)
			continue
		}
		list, ok := []any{value}, true
		if many, is := value.([]any); is && (f.Type == Many || f.Type == Words) {
			list = many
		}
		for _, v := range list {
			text, fits := f.word(v)
			ok = ok && fits
			out[code] = append(out[code], text)
		}
		wrong.Checkf(ok, "content."+code, "type", "%s的类型不对，请按接口说明填写", f.Label)
	}
	return out, wrong.Err()
}

// word is a JSON value in the form in which the content keeps it.
func (f Field) word(v any) (string, bool) {
	number := f.Type == Number || f.Type == Amount
	switch x := v.(type) {
	case string:
		return x, !number && f.Type != YesNo
	case bool:
		return map[bool]string{true: yes, false: "no"}[x], f.Type == YesNo
	case float64:
		return strconv.FormatInt(int64(x), 10), number && x == float64(int64(x))
	case json.Number:
		return x.String(), number
	}
	return "", false
}
