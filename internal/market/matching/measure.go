package matching

import (
	"slices"
	"strings"
	"unicode/utf8"

	"techmarket/internal/market/facet"
	"techmarket/search"
	"techmarket/search/zh"
)

// addMeasures tells of each item the first figure asked for that it keeps, behind the shared problem. It gives a reason and no points: few
// listings state figures, and those that don't may well keep them.
func addMeasures(a *zh.Analyzer, listing search.Document, items []Match) {
	own := a.Measures(clip(fullText(listing), queryRunes))
	for i := range items {
		d := items[i].Document
		wished, stated := own, a.Measures(clip(fullText(d), queryRunes))
		if offers(listing) && !offers(d) {
			wished, stated = stated, wished
		}
		note := keptMeasure(a, wished, stated)
		if note == "" {
			continue
		}
		e := &items[i].Explained
		at := 0
		if len(e.Reasons) > 0 && len(e.Words) > 0 {
			at = 1
		}
		e.Reasons = slices.Insert(e.Reasons, at, note)
		e.Reasons = e.Reasons[:min(len(e.Reasons), maxReasons)]
	}
}

// keptMeasure compares the figures that a need asks for with those that a listing states: the same unit, a word of the name in common, the
// bound kept. "" when none does.
func keptMeasure(a *zh.Analyzer, wished, stated []zh.Measure) string {
	for _, w := range wished {
		if !w.Least && !w.Most {
			continue
		}
		for _, s := range stated {
			if s.Unit == w.Unit && keeps(w, s) && sameMeasure(a, w.Name, s.Name) {
				bound := "不低于"
				if w.Most {
					bound = "不超过"
				}
				return "指标达到：" + w.Name + " " + s.Number + s.Written + "（要求" + bound + " " + w.Number + w.Written + "）"
			}
		}
	}
	return ""
}

// offers reports whether a listing is of the side that has something: it states a maturity or a price.
func offers(d search.Document) bool {
	_, level := d.Numbers[facet.Maturity]
	_, price := d.Numbers[facet.PriceFen]
	return level || price
}

// keeps reports whether what is stated keeps the bound. 不超过 5 ppm says nothing about 不低于.
func keeps(wished, stated zh.Measure) bool {
	if wished.Least {
		return !stated.Most && stated.Value >= wished.Value
	}
	return !stated.Least && stated.Value <= wished.Value
}

// sameMeasure reports whether two names share a word that says what is measured.
func sameMeasure(a *zh.Analyzer, x, y string) bool {
	theirs := a.Words(y)
	return slices.ContainsFunc(a.Words(x), func(w string) bool {
		return utf8.RuneCountInString(w) > 1 && !a.Stop(w) && !slices.Contains(measuring, w) && !strings.ContainsAny(w, "0123456789") &&
			slices.Contains(theirs, w)
	})
}
