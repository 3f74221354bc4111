package zh

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Marks finds words (as QueryWords and Synonyms give them) in the original text and returns sorted byte ranges that don't
// overlap. Han words are found anywhere, also inside longer ones; others as whole words, or, when prefix, as their start.
func (a *Analyzer) Marks(text string, words []string, prefix bool) [][2]int {
	folded, at := a.foldWithOffsets(text)
	var found [][2]int
	others := words[:0:0]
	for _, w := range words {
		if r, _ := utf8.DecodeRuneInString(w); !isHan(r) {
			others = append(others, w)
			continue
		}
		for from := 0; ; {
			i := strings.Index(folded[from:], w)
			if i < 0 {
				break
			}
			found = append(found, [2]int{at[from+i], at[from+i+len(w)]})
			from += i + len(w)
		}
	}
	if len(others) > 0 {
		for i := 0; i < len(folded); {
			r, n := utf8.DecodeRuneInString(folded[i:])
			if !wordRune(r) {
				i += n
				continue
			}
			pieces, next, end := a.wordAt(folded, i)
			if slices.ContainsFunc(pieces, func(p piece) bool {
				return has(others, p.text, prefix) || slices.ContainsFunc(p.parts, func(part string) bool { return has(others, part, prefix) })
			}) {
				found = append(found, [2]int{at[i], at[end]})
			}
			i = next
		}
	}
	return merge(found)
}

func has(words []string, token string, prefix bool) bool {
	for _, w := range words {
		if w == token || prefix && strings.HasPrefix(token, w) {
			return true
		}
	}
	return false
}

// foldWithOffsets is Normalize rune by rune, with the original offset of every byte of the result (and of its end).
func (a *Analyzer) foldWithOffsets(text string) (string, []int) {
	var b strings.Builder
	at := make([]int, 0, len(text)+1)
	write := func(c rune, from int) {
		if c < 0 {
			return
		}
		n, _ := b.WriteRune(c)
		for ; n > 0; n-- {
			at = append(at, from)
		}
	}
	for i, r := range text {
		if f := a.foldedRune(r); f != foldsWithOthers {
			write(f, i)
			continue
		}
		for _, c := range norm.NFKC.String(string(r)) {
			write(a.fold(c), i)
		}
	}
	return b.String(), append(at, len(text))
}

// merge sorts ranges and joins those that touch or overlap.
func merge(rs [][2]int) [][2]int {
	sort.Slice(rs, func(i, j int) bool { return rs[i][0] < rs[j][0] || rs[i][0] == rs[j][0] && rs[i][1] > rs[j][1] })
	out := rs[:0]
	for _, r := range rs {
		if n := len(out); n > 0 && r[0] <= out[n-1][1] {
			out[n-1][1] = max(out[n-1][1], r[1])
			continue
		}
		out = append(out, r)
	}
	return out
}
