package zh

import (
	"strings"
	"unicode/utf8"
)

// synonyms finds the forms of the table in a text. Han forms are found anywhere, others as whole words.
type synonyms struct {
	groups [][]string       // normalised forms
	start  map[string][]int // first two characters of a Han form → groups
	word   map[string][]int // first word of the other forms (PLC, X of X射线衍射) → groups
}

// loadSynonyms reads lines of tab-separated forms that mean the same.
func (a *Analyzer) loadSynonyms(table string) synonyms {
	s := synonyms{start: map[string][]int{}, word: map[string][]int{}}
	for line := range strings.SplitSeq(table, "\n") {
		var group []string
		for form := range strings.SplitSeq(line, "\t") {
			if form = a.Normalize(strings.TrimSpace(form)); form != "" {
				group = append(group, form)
			}
		}
		if len(group) < 2 {
			continue
		}
		g := len(s.groups)
		s.groups = append(s.groups, group)
		for _, form := range group {
			if head, ok := hanHead(form); ok {
				s.start[head] = append(s.start[head], g)
			} else {
				w := compound(form[:wordEnd(form, 0)], false).text
				s.word[w] = append(s.word[w], g)
			}
		}
	}
	return s
}

// hanHead returns the first two characters of a form when both are Han.
func hanHead(form string) (string, bool) {
	r, n := utf8.DecodeRuneInString(form)
	r2, m := utf8.DecodeRuneInString(form[n:])
	return form[:n+m], isHan(r) && isHan(r2)
}

// in returns the other forms of everything in the normalised text, each once.
func (s synonyms) in(text string) []string {
	found := map[int]bool{}
	var others []string
	add := func(g int) {
		if found[g] {
			return
		}
		found[g] = true
		for _, form := range s.groups[g] {
			if !strings.Contains(text, form) {
				others = append(others, form)
			}
		}
	}
	var prev rune
	at := 0
	for i, r := range text {
		if isHan(r) && isHan(prev) {
			for _, g := range s.start[text[at:i+utf8.RuneLen(r)]] {
				for _, form := range s.groups[g] {
					if strings.HasPrefix(text[at:], form) {
						add(g)
					}
				}
			}
		}
		prev, at = r, i
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !wordRune(r) {
			i += n
			continue
		}
		j := wordEnd(text, i)
		word := compound(text[i:j], false).text
		for _, g := range s.word[word] {
			for _, form := range s.groups[g] {
				end := wordEnd(form, 0)
				if end == len(form) && compound(form, false).text == word || end < len(form) && strings.HasPrefix(text[i:], form) {
					add(g)
				}
			}
		}
		i = j
	}
	return others
}

// Synonyms returns the other forms of every term of the table that the text holds (PLC → 可编程逻辑控制器), normalised.
func (a *Analyzer) Synonyms(text string) []string { return a.synonyms.in(a.Normalize(text)) }
