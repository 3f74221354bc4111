package register

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"techmarket/internal/foundation/region"
)

// Need is what a proposal knows of a need: public facts only.
type Need struct {
	Text     string // title, problem, goals, keywords
	Field    string // codes.Field, two or four digits
	Division string
	Stage    int // the TRL that it asks for or has reached; 0: not said
	folded   string
}

// Group is the field's first two digits.
func (n Need) Group() string { return n.Field[:min(2, len(n.Field))] }

// Fit says how well an entry helps, and why; the reason is shown to the reader.
type Fit struct {
	Score  int // higher first
	Reason string
}

// Proposal is one entry beside a need.
type Proposal struct {
	Entry  Entry
	Reason string
}

// PerKind is how many entries of a kind are proposed.
const PerKind = 3

// Propose picks at most three fitting entries of one kind: by fit, then nearness, then id. Nothing is ever ordered by what somebody pays.
func Propose(d Descriptor, n Need, standing []Standing) []Proposal {
	if d.Fits == nil {
		return nil
	}
	n.folded = plain(n.Text)
	type scored struct {
		Proposal
		score int
	}
	var found []scored
	for _, s := range standing {
		fit, ok := d.Fits(n, s)
		if !ok || fit.Reason == "" {
			continue
		}
		near, where := Nearness(n.Division, s.Entry.Division)
		reason := fit.Reason
		if where != "" {
			reason += "；" + where
		}
		found = append(found, scored{Proposal{s.Entry, reason}, fit.Score*10 + near})
	}
	slices.SortStableFunc(found, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.Entry.ID, b.Entry.ID))
	})
	out := make([]Proposal, 0, PerKind)
	for _, f := range found[:min(PerKind, len(found))] {
		out = append(out, f.Proposal)
	}
	return out
}

// Nearness compares two places: 2 in one county, 1 in one league, 0 elsewhere, with the words for it.
func Nearness(a, b string) (int, string) {
	switch {
	case len(a) != 6 || len(b) != 6 || a == region.Root || b == region.Root:
		return 0, ""
	case a == b:
		return 2, "同在" + region.ShortName(a)
	case a[:4] == b[:4]:
		return 1, "同在" + region.ShortName(a[:4]+"00")
	}
	return 0, ""
}

// Shared lists the words that the need's text holds, longest first.
func (n Need) Shared(words []string) []string {
	var out []string
	for _, w := range words {
		if p := plain(w); utf8.RuneCountInString(p) >= 2 && strings.Contains(n.folded, p) {
			out = append(out, w)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return len(b) - len(a) })
	return out
}

// ByWords is the fit that most kinds use: words that both have, and the same field of technology beside them. A field alone is too
// wide to be a reason.
func ByWords(n Need, c Content, wordField, fieldField, what string) (Fit, bool) {
	var f Fit
	var reasons []string
	if words := n.Shared(c[wordField]); len(words) > 0 {
		f.Score += 2 * len(words)
		reasons = append(reasons, what+"“"+strings.Join(words[:min(3, len(words))], "”“")+"”")
	}
	if f.Score > 0 && slices.Contains(c[fieldField], n.Group()) {
		f.Score++
		reasons = append(reasons, "技术领域相同")
	}
	f.Reason = strings.Join(reasons, "，")
	return f, f.Score > 0
}

// plain folds what does not tell two words apart: width, case, blanks and stops.
func plain(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !unicode.Is(unicode.Han, r) }) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsPunct(r) && r != '|' || r == '·' {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(s))
}
