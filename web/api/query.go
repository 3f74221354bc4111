package api

import (
	"net/url"
	"regexp"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"techmarket/internal/foundation/fault"
)

// checkQuery holds a query against the document where huma is silent: a parameter stands once, and where it stands it has a
// value that its schema takes. Fault: malformed "bad_query", each parameter named.
func checkQuery(o *huma.Operation, raw string) error {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return fault.New(fault.Malformed, "bad_address", "地址里的查询部分无法识别，请检查百分号编码")
	}
	var wrong fault.Fields
	for _, p := range o.Parameters {
		values := query[p.Name]
		if p.In != "query" || len(values) == 0 {
			continue
		}
		wrong.Check(len(values) == 1 || p.Explode != nil && *p.Explode, p.Name, "repeated", "这个查询参数只能出现一次；可多个的，用逗号分隔")
		wrong.Check(!slices.Contains(values, "") || mayBeEmpty(p.Schema), p.Name, "empty", "这个查询参数没有值：请填写，或整个去掉")
	}
	if len(wrong.List()) == 0 {
		return nil
	}
	f := fault.New(fault.Malformed, "bad_query", "查询参数不符合接口说明，请按各项提示修改")
	f.Fields = wrong.List()
	return f
}

// mayBeEmpty tells whether the empty text is a value of the schema.
func mayBeEmpty(s *huma.Schema) bool {
	switch {
	case s == nil || s.Type == huma.TypeArray:
		return true
	case s.Type != huma.TypeString || s.Format != "" || len(s.Enum) > 0 || s.MinLength != nil && *s.MinLength > 0:
		return false
	case s.Pattern != "":
		ok, err := regexp.MatchString(s.Pattern, "")
		return ok && err == nil
	}
	return true
}
