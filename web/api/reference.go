package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"techmarket/web"
	"techmarket/web/view"
)

// Reference is the readable page of the API.
type Reference struct {
	Introduction []string
	Groups       []Group
	Types        []Type
}

// Group is the operations of one subject.
type Group struct {
	Name       string
	Operations []Operation
}

// Operation is one entry of the page.
type Operation struct {
	ID, Method, Path, Summary, Who string
	Inputs                         []Field
	Body, Answer                   string // names of types; "" for none
	BodyFields                     []Field
	Status                         string
}

// Field is one parameter or property.
type Field struct {
	Name, Kind, Note string
	Type             string // name of a type to look up
	Required         bool
}

// Type is one schema with its fields.
type Type struct {
	Name   string
	Fields []Field
}

// Declared lists the page templates of the API, for view.New.
func Declared() []view.Decl { return []view.Decl{view.Declare[Reference]("api/reference")} }

// reference is made once from the document: page and contract cannot differ.
type reference struct{ body Reference }

func newReference(doc *huma.OpenAPI) reference {
	r := Reference{Introduction: strings.Split(doc.Info.Description, "\n")}
	paths := make([]string, 0, len(doc.Paths))
	for path := range doc.Paths {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, tag := range doc.Tags {
		g := Group{Name: tag.Name}
		for _, path := range paths {
			p := doc.Paths[path]
			for _, o := range []*huma.Operation{p.Get, p.Post, p.Put, p.Patch, p.Delete} {
				if o != nil && slices.Contains(o.Tags, tag.Name) {
					g.Operations = append(g.Operations, entry(o))
				}
			}
		}
		r.Groups = append(r.Groups, g)
	}
	schemas := doc.Components.Schemas.Map()
	names := make([]string, 0, len(schemas))
	for name := range schemas {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		r.Types = append(r.Types, Type{name, properties(schemas[name])})
	}
	return reference{r}
}

func entry(o *huma.Operation) Operation {
	who, _ := o.Extensions["x-who"].(string)
	out := Operation{ID: o.OperationID, Method: o.Method, Path: o.Path, Summary: o.Summary, Who: who}
	for _, p := range o.Parameters {
		f := kindOf(p.Schema)
		f.Name, f.Required = p.Name, p.Required
		where := map[string]string{"path": "路径", "query": "查询", "header": "请求头"}[p.In]
		f.Note = strings.Trim(where+"。"+strings.TrimSpace(p.Description+" "+f.Note), "。 ")
		out.Inputs = append(out.Inputs, f)
	}
	if o.RequestBody != nil {
		for media, m := range o.RequestBody.Content {
			f := kindOf(m.Schema)
			if out.Body = f.Type; out.Body == "" {
				out.Body = media
				out.BodyFields = properties(m.Schema)
			}
		}
	}
	for status, answer := range o.Responses {
		if !strings.HasPrefix(status, "2") {
			continue
		}
		out.Status = status
		for media, m := range answer.Content {
			if out.Answer = kindOf(m.Schema).Type; out.Answer == "" {
				out.Answer = media
			}
		}
	}
	return out
}

func properties(s *huma.Schema) []Field {
	if s == nil {
		return nil
	}
	names := make([]string, 0, len(s.Properties))
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	var out []Field
	for _, name := range names {
		f := kindOf(s.Properties[name])
		f.Name, f.Required = name, slices.Contains(s.Required, name)
		out = append(out, f)
	}
	return out
}

// kindOf says a schema in words.
func kindOf(s *huma.Schema) Field {
	f := Field{}
	if s == nil {
		return f
	}
	f.Note = s.Description
	switch {
	case s.Ref != "":
		f.Type = s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
	case len(s.AnyOf) > 0:
		f = kindOf(s.AnyOf[0])
	case s.Type == "array":
		f = kindOf(s.Items)
		f.Kind, f.Note = strings.TrimSpace("列表 "+f.Kind), strings.TrimSpace(s.Description+" "+f.Note)
	case s.Type == "object":
		f.Kind = "对象"
	default:
		f.Kind = map[string]string{"string": "文字", "integer": "整数", "number": "数字", "boolean": "是否"}[s.Type]
		if s.Format == "date-time" {
			f.Kind = "时间"
		}
		var codes []string
		for _, code := range s.Enum {
			if text, ok := code.(string); ok && text != "" {
				codes = append(codes, text)
			}
		}
		if len(codes) > 0 {
			f.Note = strings.TrimSpace(f.Note + " 取值：" + strings.Join(codes, "、"))
		}
	}
	return f
}

func (r reference) serve(c *web.Ctx) error {
	page := c.Page("开放接口")
	return c.RenderStatus(http.StatusOK, "api/reference", view.With[Reference]{Page: page, Body: r.body})
}
