package api

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// A day is declared where its field stands, by the tag format:"date": the document then says so, requests are checked by it, and
// answers are written by it, whether Go keeps the day as text or as midnight. What is no day yet is left out: "" is none.

const schemaPath = "#/components/schemas/"

// dated writes the days of answers by the schemas of the document.
type dated struct {
	schemas map[string]*huma.Schema
	answers map[*huma.Schema]bool // of operations whose answers hold days; filled once, then only read
}

// newDated finds the answers with days.
func newDated(doc *huma.OpenAPI) dated {
	d := dated{doc.Components.Schemas.Map(), map[*huma.Schema]bool{}}
	for _, path := range doc.Paths {
		for _, o := range []*huma.Operation{path.Get, path.Post, path.Put, path.Patch, path.Delete} {
			if o == nil {
				continue
			}
			for status := range o.Responses {
				if s := answered(o, status); s != nil && d.within(s, map[*huma.Schema]bool{}) {
					d.answers[s] = true
				}
			}
		}
	}
	return d
}

// answered is the schema of an answer in JSON; nil where there is none.
func answered(o *huma.Operation, status string) *huma.Schema {
	if r := o.Responses[status]; r != nil && r.Content["application/json"] != nil {
		return r.Content["application/json"].Schema
	}
	return nil
}

func (d dated) resolve(s *huma.Schema) *huma.Schema {
	for s != nil {
		switch {
		case s.Ref != "":
			s = d.schemas[strings.TrimPrefix(s.Ref, schemaPath)]
		case len(s.AnyOf) > 0: // a pointer, see nullable
			s = s.AnyOf[0]
		default:
			return s
		}
	}
	return nil
}

// within tells whether a day stands somewhere below the schema; seen ends the walk where a type holds itself.
func (d dated) within(s *huma.Schema, seen map[*huma.Schema]bool) bool {
	s = d.resolve(s)
	if s == nil || seen[s] {
		return false
	}
	seen[s] = true
	if isDay(s) || d.within(s.Items, seen) {
		return true
	}
	for _, p := range s.Properties {
		if d.within(p, seen) {
			return true
		}
	}
	more, ok := s.AdditionalProperties.(*huma.Schema)
	return ok && d.within(more, seen)
}

func isDay(s *huma.Schema) bool { return s.Type == huma.TypeString && s.Format == "date" }

// written is the value as the schema says it; false for what is to be left out.
func (d dated) written(s *huma.Schema, v any) (any, bool) {
	s = d.resolve(s)
	if s == nil {
		return v, true
	}
	switch value := v.(type) {
	case string:
		if !isDay(s) {
			return v, true
		}
		if day, err := time.Parse(time.DateOnly, value); err == nil {
			return day.Format(time.DateOnly), true
		}
		at, err := time.Parse(time.RFC3339, value)
		return at.Format(time.DateOnly), err == nil
	case []any:
		kept := value[:0]
		for _, item := range value {
			if item, ok := d.written(s.Items, item); ok {
				kept = append(kept, item)
			}
		}
		return kept, true
	case map[string]any:
		for key, item := range value {
			of := s.Properties[key]
			if more, ok := s.AdditionalProperties.(*huma.Schema); of == nil && ok {
				of = more
			}
			item, ok := d.written(of, item)
			if !ok {
				delete(value, key)
				continue
			}
			value[key] = item
		}
	}
	return v, true
}

// inDays writes the days of an answer.
func (a *API) inDays(h huma.Context, status string, v any) (any, error) {
	s := answered(h.Operation(), status)
	if s == nil || !a.dated.answers[s] {
		return v, nil
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var loose any
	read := json.NewDecoder(bytes.NewReader(encoded))
	read.UseNumber() // 分 keep every digit
	if err := read.Decode(&loose); err != nil {
		return nil, err
	}
	out, _ := a.dated.written(s, loose)
	return out, nil
}
