package enginetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"techmarket/internal/foundation/fault"
	"techmarket/search"
)

func badInput(t *testing.T, e search.Engine) {
	index(t, e, corpus()...)
	for name, text := range map[string]string{
		"one character": "脱", "200,000 characters": strings.Repeat("高炉煤气脱硫", 200_000/6), "only stop words": "的 和 与 及其",
		"only numbers": "123 456.789", "only signs": `"" -- !!! ()`, "English": "flue gas desulfurization with dry sorbent",
		"Mongolian script": "ᠮᠣᠩᠭᠣᠯ ᠬᠡᠯᠡ", "emoji": "脱硫🔥👍🏽", "control characters": "脱\x00硫\x1b[31m", "right to left": "\u202e硫脱\u202c",
		"operators": `+脱硫 -"烟气" title:x^4 ~2 [a TO b] /.*/ \`, "HTML": `<script>alert(1)</script><mark>脱硫</mark>`,
		"broken UTF-8": "脱硫\xff\xfe", "one long word": strings.Repeat("a", 100_000), "quotes": `'; drop table x; --`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, prefix := range []bool{false, true} {
				if res := find(t, e, search.Query{Text: text, Prefix: prefix, Highlight: true, FacetNames: []string{"field"}}); res.Total > 6 {
					t.Errorf("total = %d", res.Total)
				}
			}
		})
	}
	refused := map[string]search.Query{
		"5,000 filters":             {Filters: make([]search.Filter, 5000)},
		"a facet value with quotes": {Filters: []search.Filter{search.AnyOf("field", `04" OR "1"="1`)}},
		"a facet name with a space": {Filters: []search.Filter{search.AnyOf("field OR", "04")}},
		"5,000 codes":               {Filters: []search.Filter{search.AnyOf("field", slices.Repeat([]string{"04"}, 5000)...)}},
		"a negative page":           {Offset: -20},
		"a page of a million":       {Limit: 1_000_000},
		"a sort with a quote":       {Sort: []search.Sort{{Number: `a"`}}},
	}
	for name, q := range refused {
		if _, err := e.Search(deadline(t), q); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: error %v, want invalid", name, err)
		}
	}
	if res := find(t, e, search.Query{Limit: 20, Offset: 20_000_000}); len(res.Hits) != 0 || res.Total != 6 {
		t.Errorf("page 1,000,000: %d hits of %d, want none of 6", len(res.Hits), res.Total)
	}
	for name, d := range map[string]search.Document{
		"no id": {Kind: "demand"}, "id with slash": {ID: "a/1", Kind: "demand"}, "no kind": {ID: "a1"},
		"code with quote": {ID: "a1", Kind: "demand", Facets: map[string][]string{"field": {`"`}}},
		"broken UTF-8":    {ID: "a1", Kind: "demand", Title: "\xff"},
	} {
		if err := e.Index(deadline(t), d); !fault.Is(err, fault.Invalid) {
			t.Errorf("document with %s: error %v, want invalid", name, err)
		}
	}
	var terms []search.WeightedTerm
	for i := range 1000 {
		terms = append(terms, search.WeightedTerm{Term: fmt.Sprintf("词%d", i), Weight: 1})
	}
	if _, err := e.Candidates(deadline(t), search.CandidateQuery{Terms: terms, Limit: 10}); err != nil {
		t.Errorf("1,000 terms: %v", err)
	}
}
