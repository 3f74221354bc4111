package zh

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Short forms. Chinese shortens a name to the first characters of its words, in either order: 氢能储存 is 氢储 or 储氢. A pair of words in a
// text therefore also stands in the index as its short form, where that is a word of the trade: one of our own list, or such a one turned
// round. Common words (高温能量 is no 高能) are left alone.

// loadSwapped maps the words of two characters of our own list, and those turned round, to all spellings: 储氢 → 氢储, 氢储 → 储氢.
func (a *Analyzer) loadSwapped(dict string) map[string]string {
	general := map[string]bool{} // those that the dictionary holds
	pairs := strings.Fields(domainWords)
	pairs = slices.DeleteFunc(pairs, func(w string) bool { return utf8.RuneCountInString(w) != 2 })
	for _, w := range pairs {
		general[w], general[reversed(w)] = false, false
	}
	for line := range strings.Lines(dict) {
		w, _, _ := strings.Cut(line, " ")
		if _, asked := general[w]; asked {
			general[w] = true
		}
	}
	swapped := map[string]string{}
	for _, w := range pairs {
		if general[w] {
			continue
		}
		turned := reversed(w)
		if general[turned] {
			turned = w
		}
		swapped[w], swapped[turned] = turned, w
	}
	return swapped
}

func reversed(w string) string {
	first, n := utf8.DecodeRuneInString(w)
	return w[n:] + string(first)
}

// turned appends the other order of a short form.
func (a *Analyzer) turned(words []string, w string) []string {
	if other, ok := a.swapped[w]; ok && other != w {
		words = append(words, other)
	}
	return words
}

// paired appends the short form of two words that stand together, or of two characters that are no words.
func (a *Analyzer) paired(words []string, last, w string) []string {
	n, m := utf8.RuneCountInString(last), utf8.RuneCountInString(w)
	if n == 0 || m < 2 && n > 1 {
		return words
	}
	first, _ := utf8.DecodeRuneInString(last)
	second, _ := utf8.DecodeRuneInString(w)
	if pair := string([]rune{first, second}); a.swapped[pair] != "" {
		words = a.turned(append(words, pair), pair)
	}
	return words
}
