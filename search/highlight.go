package search

import (
	"strings"
	"unicode/utf8"

	"techmarket/search/zh"
)

// snippetRunes is how much of a long field a highlight shows.
const snippetRunes = 120

// Highlight marks the words of a search-box text in a document. Fields without a mark are left out, but for the title.
// Long fields are cut to about 120 characters around the first mark. Both engines use it, so pages look the same.
func Highlight(a *zh.Analyzer, text string, prefix bool, d Document) map[string][]Span {
	return HighlightWords(a, append(a.QueryWords(text), a.Synonyms(text)...), prefix, d)
}

// HighlightWords is Highlight for given words; matching marks its reasons with it.
func HighlightWords(a *zh.Analyzer, words []string, prefix bool, d Document) map[string][]Span {
	spans := map[string][]Span{}
	for name, text := range map[string]string{
		"title": d.Title, "keywords": strings.Join(d.Keywords, "；"), "summary": d.Summary, "body": d.Body,
	} {
		var marks [][2]int
		if len(words) > 0 {
			marks = a.Marks(text, words, prefix)
		}
		if text == "" || len(marks) == 0 && name != "title" {
			continue
		}
		spans[name] = cutSpans(text, marks)
	}
	return spans
}

func cutSpans(text string, marks [][2]int) []Span {
	from, to := 0, len(text)
	if utf8.RuneCountInString(text) > snippetRunes {
		if len(marks) > 0 {
			from = back(text, marks[0][0], snippetRunes/4)
		}
		to = forward(text, from, snippetRunes)
	}
	var spans []Span
	add := func(s string, mark bool) {
		if s != "" {
			spans = append(spans, Span{s, mark})
		}
	}
	if from > 0 {
		add("…", false)
	}
	at := from
	for _, m := range marks {
		if m[1] > to {
			break
		}
		add(text[at:m[0]], false)
		add(text[m[0]:m[1]], true)
		at = m[1]
	}
	add(text[at:to], false)
	if to < len(text) {
		add("…", false)
	}
	return spans
}

func back(s string, i, runes int) int {
	for ; i > 0 && runes > 0; runes-- {
		_, n := utf8.DecodeLastRuneInString(s[:i])
		i -= n
	}
	return i
}

func forward(s string, i, runes int) int {
	for ; i < len(s) && runes > 0; runes-- {
		_, n := utf8.DecodeRuneInString(s[i:])
		i += n
	}
	return i
}
