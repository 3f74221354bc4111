package services

import (
	"techmarket/internal/services/register"
	"techmarket/search"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// Finder draws entries of registers in the search over everything.
func (p *Pages) Finder() ui.Finder {
	f := ui.Finder{Rows: func(c *web.Ctx, hits []search.Hit) (map[string]view.Row, error) {
		items, err := p.Registers.Some(c.Context(), c.Actor(), ui.Numbers(register.Documents, hits))
		out := make(map[string]view.Row, len(items))
		for _, i := range items {
			if d, ok := p.Registers.Kinds().Get(i.Kind); ok {
				out[register.Documents.ID(i.ID)] = p.row(d, i, d.PagePath(i.ID))
			}
		}
		return out, err
	}}
	for _, d := range p.Registers.Kinds().All() {
		f.Kinds = append(f.Kinds, ui.FoundKind{Code: string(d.Kind), Label: d.Label})
	}
	return f
}
