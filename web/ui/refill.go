package ui

import (
	"slices"

	"techmarket/internal/foundation/fault"
	"techmarket/web"
	"techmarket/web/view"
)

// Refill puts what was posted and refused back into the form of the page that it came from, with what is wrong at its fields, and unfolds
// it: a page of many forms need not know which of them was sent. A form is told by its address and by what it says hidden.
func Refill(c *web.Ctx, places ...[]Block) {
	posted, said := c.Refused()
	if posted == nil {
		return
	}
	for _, blocks := range places {
		for i := range blocks {
			for j, part := range blocks[i].Parts {
				form, ok := part.(view.Form)
				if !ok || !sentFrom(form, c.Path(), posted) {
					continue
				}
				blocks[i].Parts = slices.Clone(blocks[i].Parts)
				form = NewAsk(c, posted, said).refilled(form, said)
				if len(form.Errors.Items) == 0 && (i == 0 || !tells(blocks[i-1], said.Message)) {
					form.Errors.Title = said.Message
				}
				blocks[i].Parts[j] = form
				blocks[i].Open = true
				return
			}
		}
	}
}

// sentFrom tells whether a post came from the form. What a form says of the state it was drawn in has changed since, perhaps.
func sentFrom(f view.Form, path string, posted *web.Form) bool {
	if f.Get || f.Action != path {
		return false
	}
	for _, h := range f.Hidden {
		if h.Name != "version" && !slices.Contains(posted.Values[h.Name], h.Value) {
			return false
		}
	}
	return true
}

func (a *Ask) refilled(f view.Form, said *fault.Error) view.Form {
	placed := map[string]bool{}
	f.Sections = slices.Clone(f.Sections)
	for i := range f.Sections {
		f.Sections[i].Fields = slices.Clone(f.Sections[i].Fields)
		for j := range f.Sections[i].Fields {
			field := &f.Sections[i].Fields[j]
			answer(field, a.Form)
			if field.Error == "" {
				field.Error = a.Errors[field.Name]
			}
			placed[field.Name] = true
		}
	}
	f = a.withFiles(f).Summed()
	for _, e := range said.Fields { // of no field here
		if !placed[e.Path] {
			f.Errors.Items = append(f.Errors.Items, view.Link{Label: a.Errors[e.Path]})
		}
	}
	return f
}

// tells is true of a block that already says it.
func tells(b Block, message string) bool {
	return slices.ContainsFunc(b.Parts, func(part view.Component) bool {
		n, ok := part.(*view.Notice)
		return ok && n.Title == message
	})
}

// answer gives a field what was typed or chosen in it. A password is typed anew.
func answer(f *view.Field, posted *web.Form) {
	values, sent := posted.Values[f.Name]
	switch {
	case f.Kind == view.Check:
		f.Options = chosen(f.Options, values...)
	case sent && f.Kind != view.Password && f.Kind != view.File && f.Kind != view.Hidden && !f.ReadOnly:
		f.Value, f.Options = values[0], chosen(f.Options, values...)
	}
}
