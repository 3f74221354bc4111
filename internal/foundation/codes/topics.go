package codes

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Topic is one of the 136 topics, or one of the 20 areas, of chapters 2–5 of the region's plan (内政办发〔2021〕39号,
// number unverified; topic names are ours, keywords are the plan's words). Its Keywords are shared: read them only.
type Topic struct {
	Code     string   `json:"code"` // four digits, an area ends with 00
	Area     string   `json:"area"`
	Name     string   `json:"name"`  // the topic, or the area's name where Broad
	Broad    bool     `json:"broad"` // an area: its keywords are broad, so never the only reason for a match
	Keywords []string `json:"keywords"`
	Source   string   `json:"source"`
}

// TopicHit is a topic found in a text, with the keywords that fired, longest first.
type TopicHit struct {
	Topic
	Matched []string
}

type keyword struct {
	folded string
	shown  string
	topics []int
}

type planTopics struct {
	list     []Topic
	keywords map[rune][]*keyword // by first character
	at       map[string]int
}

var plan = sync.OnceValue(func() planTopics {
	p := planTopics{at: map[string]int{}, keywords: map[rune][]*keyword{}}
	byWord := map[string]*keyword{}
	for i, r := range rows("plan-topics.tsv", 5) {
		t := Topic{Code: r[0], Area: r[1], Name: r[2], Keywords: strings.Split(r[3], "|"), Source: r[4]}
		if t.Name == "" {
			t.Name, t.Broad = t.Area, true
		}
		p.at[t.Code] = i
		p.list = append(p.list, t)
		for _, w := range t.Keywords {
			f := fold(w)
			if byWord[f] == nil {
				byWord[f] = &keyword{folded: f, shown: w}
				first, _ := utf8.DecodeRuneInString(f)
				p.keywords[first] = append(p.keywords[first], byWord[f])
			}
			byWord[f].topics = append(byWord[f].topics, i)
		}
	}
	return p
})

func fold(s string) string { return cases.Fold().String(norm.NFKC.String(s)) }

// Topics lists the areas and topics of the plan; an area comes before its topics.
func Topics() []Topic { return slices.Clone(plan().list) }

// TopicByCode finds one area or topic.
func TopicByCode(code string) (Topic, bool) {
	p := plan()
	i, ok := p.at[code]
	if !ok {
		return Topic{}, false
	}
	return p.list[i], true
}

// MatchTopics finds the plan's topics in a text: longest keyword first, each stretch of text once, so that 储氢
// does not fire inside 储氢电池. Topics come before areas, more keywords before fewer.
func MatchTopics(text string) []TopicHit {
	p := plan()
	text = fold(text)
	type place struct {
		at int
		*keyword
	}
	var places []place
	for i, r := range text {
		for _, k := range p.keywords[r] {
			if strings.HasPrefix(text[i:], k.folded) {
				places = append(places, place{i, k})
			}
		}
	}
	slices.SortStableFunc(places, func(a, b place) int { // ties: leftmost, as found
		return cmp.Compare(utf8.RuneCountInString(b.folded), utf8.RuneCountInString(a.folded))
	})
	used := make([]bool, len(text))
	hits := map[int][]string{}
	for _, w := range places {
		stretch := used[w.at : w.at+len(w.folded)]
		if slices.Contains(stretch, true) {
			continue
		}
		for i := range stretch {
			stretch[i] = true
		}
		for _, t := range w.topics {
			if !slices.Contains(hits[t], w.shown) {
				hits[t] = append(hits[t], w.shown)
			}
		}
	}
	out := make([]TopicHit, 0, len(hits))
	for i, words := range hits {
		out = append(out, TopicHit{Topic: p.list[i], Matched: words})
	}
	slices.SortFunc(out, func(a, b TopicHit) int {
		if a.Broad != b.Broad {
			if a.Broad {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(len(b.Matched), len(a.Matched)), strings.Compare(a.Code, b.Code))
	})
	return out
}

// TopicLabel names a topic of the plan, an area for one that stands for its whole area; an unknown code shows itself.
func TopicLabel(code string) string {
	t, ok := TopicByCode(code)
	switch {
	case !ok:
		return code
	case t.Broad:
		return t.Area
	default:
		return t.Name
	}
}
