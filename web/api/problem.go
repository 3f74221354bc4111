package api

import (
	"net/http"
	"reflect"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"techmarket/internal/foundation/fault"
	"techmarket/web"
)

// problem is an error document on its way through huma.
type problem struct{ web.Problem }

func (p *problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (*problem) ContentType(string) string { return "application/problem+json" }

const responsePath = "#/components/responses/"

// refusals are the statuses that an operation may answer beside its success. Every one may be asked without a right, too often, with
// parameters that it does not know or while something is down; the others depend on what it takes.
func refusals(method, path string) []string {
	out := []string{"400", "401", "403", "422", "429", "500", "503"}
	named := strings.Contains(path, "{")
	if named || method != http.MethodGet {
		out = append(out, "404")
	}
	if named {
		out = append(out, "410")
	}
	if method != http.MethodGet {
		out = append(out, "409")
	}
	if method != http.MethodGet && method != http.MethodDelete {
		out = append(out, "413", "415")
	}
	return out
}

// problems are the answers that refuse, as the operations of the document name them.
func (a *API) problems() map[string]*huma.Response {
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[web.Problem](), true, "Problem")
	out := map[string]*huma.Response{}
	for status, words := range map[string]string{
		"400": "地址或查询参数不合规定，或内容不是有效的 JSON", "401": "没有登录，或令牌无效、过期", "403": "身份或令牌的权限不够",
		"404": "没有，或不在您能看到的范围", "409": "状态已经变化，或与已有的冲突", "410": "曾经公开，已经撤下", "413": "提交的内容太大",
		"415": "不支持这种 Content-Type", "422": "字段或参数有误，errors 逐项指出", "429": "太频繁，Retry-After 后再试",
		"500": "没有完成，没有保存改动", "503": "暂时不能办理，稍后再试",
	} {
		out[status] = &huma.Response{Description: words, Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schema}}}
	}
	return out
}

// inOurWords turns the errors that huma finds itself (wrong types, missing parameters) into our problem documents: code, field
// path as the form names it, and the mend in Chinese. It works on the answer, so huma's package variables stay untouched.
func (a *API) inOurWords(h huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	f := fault.New(fault.Invalid, "invalid_input", "请求的内容不符合接口说明，请按各项提示修改")
	switch m.Status {
	case http.StatusBadRequest:
		f = fault.New(fault.Invalid, "bad_request", "请求的内容不是有效的 JSON，请检查后重发")
	case http.StatusRequestEntityTooLarge:
		f = fault.New(fault.TooLarge, "body_too_large", "提交的内容太大")
	case http.StatusUnsupportedMediaType:
		f = fault.New(fault.Invalid, "unsupported_media_type", "不支持这种内容类型，请用接口说明中的 Content-Type")
	}
	for _, e := range m.Errors {
		if e != nil {
			f.Fields = append(f.Fields, field(e))
		}
	}
	id := humaecho.Unwrap(h).Response().Header().Get("X-Request-ID")
	return web.NewProblem(m.Status, a.server.Fault(f), id), nil
}

var (
	requiredProperty = regexp.MustCompile(`^expected required property (\S+) to be present$`)
	oneOf            = regexp.MustCompile(`^expected value to be one of "(.*)"$`)
	bound            = regexp.MustCompile(`^expected (number|length|array length) (>=|<=|>|<) (\S+)$`)
)

// field translates one finding of huma.
func field(e *huma.ErrorDetail) fault.Field {
	path := strings.NewReplacer("[", ".", "]", "").Replace(e.Location) // costs[0].kind → costs.0.kind, as everywhere
	for _, prefix := range []string{"body", "query", "path", "header", "form"} {
		if rest, ok := strings.CutPrefix(path, prefix+"."); ok {
			path = rest
		} else if path == prefix {
			path = ""
		}
	}
	m := e.Message
	if found := requiredProperty.FindStringSubmatch(m); found != nil {
		return fault.At(strings.TrimPrefix(path+"."+found[1], "."), "required", "请填写 %s", found[1])
	}
	if found := oneOf.FindStringSubmatch(m); found != nil {
		return fault.At(path, "choose", "请从这些代码中选择：%s", found[1])
	}
	if found := bound.FindStringSubmatch(m); found != nil {
		what := map[string]fault.Sentence{"number": "数值", "length": "字数", "array length": "项数"}[found[1]]
		words := map[string]fault.Sentence{">=": "不小于", "<=": "不大于", ">": "大于", "<": "小于"}[found[2]]
		return fault.At(path, "range", "%s应%s %s", what, words, found[3])
	}
	for _, t := range []struct {
		start, code string
		words       fault.Sentence
	}{
		{"unexpected property", "unknown_field", "没有这个字段，请对照接口说明"},
		{"unknown query parameter", "unknown_parameter", "没有这个查询参数，请对照接口说明"},
		{"required query parameter", "required", "请给出这个查询参数"},
		{"required path parameter", "required", "请给出这个路径参数"},
		{"request body is required", "required", "请提交请求内容"},
		{"expected string to be RFC 3339 date-time", "format", "请写成带时区的时间，例如 2026-03-02T09:00:00+08:00"},
		{"expected string to be RFC 3339 date", "format", "请写成日期，例如 2026-03-02"},
		{"expected string to match pattern", "format", "格式不正确，请对照接口说明"},
		{"expected boolean", "type", "应为 true 或 false"}, {"invalid boolean", "type", "应为 true 或 false"},
		{"expected integer", "type", "应为整数"}, {"invalid integer", "type", "应为整数"},
		{"expected number", "type", "应为数字"},
		{"expected string", "type", "应为文字"},
		{"expected array items to be unique", "repeated", "有重复的项"},
		{"expected array", "type", "应为数组"}, {"expected object", "type", "应为对象"},
		{"cannot read multipart form", "multipart", "上传内容没有完整收到，请检查 multipart/form-data 的格式后重发"},
		{"File required", "required", "请选择文件"},
	} {
		if strings.HasPrefix(m, t.start) {
			return fault.At(path, t.code, t.words)
		}
	}
	return fault.At(path, "invalid", "格式不正确，请对照接口说明")
}
