package meili

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Han words are sent as Latin letters: "zq" and four letters for each character. Meilisearch then sees one word where we cut
// one (its own segmenter would cut by its own dictionary and lose, say, 处理 inside 待处理), and a prefix of a word is a prefix of its token.
const mark = "zq"

// encode writes a word as a token.
func encode(word string) string {
	if !isHan(word) {
		return word
	}
	var b strings.Builder
	b.WriteString(mark)
	for _, r := range word {
		for shift := rune(26 * 26 * 26); shift > 0; shift /= 26 { // 26⁴ = 456,976 is more than all Han characters (up to U+323AF)
			b.WriteByte(byte('a' + r/shift%26))
		}
	}
	return b.String()
}

func isHan(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.Is(unicode.Han, r)
}

// split joins the tokens of Han words and the other words.
func split(words []string) (han, latin string) {
	var h, l []string
	for _, w := range words {
		if isHan(w) {
			h = append(h, encode(w))
		} else {
			l = append(l, w)
		}
	}
	return strings.Join(h, " "), strings.Join(l, " ")
}
