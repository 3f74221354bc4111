package ui

import (
	"techmarket/search"
	"techmarket/web"
	"techmarket/web/view"
)

// Finder is one wing's part of the search over everything: its kinds, and how their hits are drawn.
type Finder struct {
	Kinds []FoundKind
	// Rows reads hits of these kinds again by the rule of their kind and draws them, by document; what the visitor may not see any
	// more is left out.
	Rows func(c *web.Ctx, hits []search.Hit) (map[string]view.Row, error)
}

// FoundKind is a kind of documents.
type FoundKind struct {
	Code  string // search.Document.Kind
	Label string
	Path  string // the list that answers the same words with filters of its own; "" for none
}

// Numbers are the numbers of those hits that belong to a series.
func Numbers(s search.Series, hits []search.Hit) []int64 {
	var out []int64
	for _, h := range hits {
		if n := s.Number(h.ID); n != 0 {
			out = append(out, n)
		}
	}
	return out
}

// Spans marks what was found in a text; plain is shown where nothing was.
func Spans(parts []search.Span, plain string) view.Text {
	if len(parts) == 0 {
		return view.T(plain)
	}
	out := make(view.Text, len(parts))
	for i, s := range parts {
		out[i] = view.Span{Text: s.Text, Mark: s.Mark}
	}
	return out
}
