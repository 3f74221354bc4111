package zh

import (
	"strings"
	"unicode"
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
	args := pinyin.NewArgs()
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
			s := "_" // a rare character without pinyin can't be typed
			if py := pinyin.SinglePinyin(r, args); len(py) > 0 && py[0] != "" {
				s = py[0]
			}
			syllables = append(syllables, s)
		}
		start := 0
		for _, w := range a.cut(p.text) {
			add(syllables[start : start+utf8.RuneCountInString(w)])
			for _, part := range a.recut(nil, w) {
				n := utf8.RuneCountInString(part)
				add(syllables[start:min(start+pinyinSpan, len(syllables))])
				add(syllables[start : start+n])
				start += n
			}
		}
		left -= len(syllables)
	})
	return tokens
}

// ToPinyin returns the joined syllables of a text when it is all Han, else "". Homophones (稀图, 稀土) agree.
func ToPinyin(text string) string {
	args := pinyin.NewArgs()
	var b strings.Builder
	for _, r := range text {
		py := pinyin.SinglePinyin(r, args)
		if !unicode.Is(unicode.Han, r) || len(py) == 0 {
			return ""
		}
		b.WriteString(py[0])
	}
	return b.String()
}
