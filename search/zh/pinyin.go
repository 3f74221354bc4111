package zh

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
)

const (
	pinyinSpan = 8  // characters a pinyin token covers from a word's start
	pinyinMax  = 80 // characters of a title that get pinyin
)

// Pinyin returns what a person may type to find a title: from the start of every word on, the syllables joined
// (xituyongci) and the initials (xtyc), to be matched by prefix, and each word's own (xitu, xt).
func (a *Analyzer) Pinyin(title string) []string {
	var tokens []string
	seen := map[string]bool{}
	add := func(syllables []string) {
		var full, initials strings.Builder
		for _, s := range syllables {
			full.WriteString(s)
			initials.WriteByte(s[0])
		}
		for _, t := range []string{full.String(), initials.String()} {
			if len(t) > 1 && !seen[t] {
				seen[t] = true
				tokens = append(tokens, t)
			}
		}
	}
	left := pinyinMax
	a.each(a.Normalize(title), func(p piece) {
		if !p.han || left <= 0 {
			return
		}
		var syllables []string
		for _, r := range p.text {
			syllables = append(syllables, cmp.Or(a.syllable(r), "_")) // a rare character without pinyin can't be typed
		}
		start := 0
		a.lexicon.cut(p.text, true, func(w string) {
			add(syllables[start : start+utf8.RuneCountInString(w)])
			for _, part := range a.recut(nil, w) {
				n := utf8.RuneCountInString(part)
				add(syllables[start:min(start+pinyinSpan, len(syllables))])
				add(syllables[start : start+n])
				start += n
			}
		})
		left -= len(syllables)
	})
	for _, form := range a.synonyms.in(a.Normalize(title)) { // tudou finds 马铃薯
		var syllables []string
		for _, r := range form {
			if s := a.syllable(r); isHan(r) && s != "" && len(syllables) < pinyinSpan {
				syllables = append(syllables, s)
			}
		}
		add(syllables)
	}
	return tokens
}

// ToPinyin returns the joined syllables of a text when it is all Han, else "". Homophones (稀图, 稀土) agree.
func (a *Analyzer) ToPinyin(text string) string {
	var b strings.Builder
	for _, r := range text {
		s := a.syllable(r)
		if !isHan(r) || s == "" {
			return ""
		}
		b.WriteString(s)
	}
	return b.String()
}

// syllable is how a character is typed, "" where the table knows none.
func (a *Analyzer) syllable(r rune) string {
	if i := int(r - firstHan); i >= 0 && i < len(a.syllables) {
		return a.syllables[i]
	}
	return typed(r)
}

// typed asks the library, which takes over a microsecond a character.
func typed(r rune) string {
	if py := pinyin.SinglePinyin(r, pinyin.NewArgs()); len(py) > 0 {
		return py[0]
	}
	return ""
}

func syllableTable() []string {
	table := make([]string, lastHan-firstHan+1)
	for i := range table {
		table[i] = typed(firstHan + rune(i))
	}
	return table
}
