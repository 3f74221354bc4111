package meili

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words are sent as opaque tokens, so that Meilisearch sees one word where zh.Analyzer cut one (its own segmenter would cut by its own
// dictionary and lose, say, 处理 inside 待处理), and forgives typos where we do:
//
//   - a Han word is "zq" and four letters for each character; a prefix of the word is a prefix of the token;
//   - a word of plain Latin letters stands behind ten letters of padding, so that it is long enough for typos where a Han word of
//     three characters (14 letters) is not. Looking for typos of Han tokens made a query ten times slower;
//   - anything else (Q235B, other scripts) stays as it is and gets no typos.
const (
	hanMark   = "zq"
	latinPad  = "zzzzzzzzzz"
	oneTypo   = int64(len(latinPad)) + 5 // the lengths of search.Typos behind the padding
	twoTypos  = int64(len(latinPad)) + 9
	separator = ";" // a hard one: Meilisearch tries no compounds across it
)

// encode writes a word as a token.
func encode(word string) string {
	if isHan(word) {
		var b strings.Builder
		b.WriteString(hanMark)
		for _, r := range word {
			for shift := rune(26 * 26 * 26); shift > 0; shift /= 26 { // 26⁴ = 456,976 is more than all Han characters (up to U+323AF)
				b.WriteByte(byte('a' + r/shift%26))
			}
		}
		return b.String()
	}
	for _, r := range word {
		if r < 'a' || r > 'z' {
			return word
		}
	}
	return latinPad + word
}

func isHan(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.Is(unicode.Han, r)
}

// split joins the tokens of Han words and of the other words.
func split(words []string) (han, other string) {
	var h, o []string
	for _, w := range words {
		if isHan(w) {
			h = append(h, encode(w))
		} else {
			o = append(o, encode(w))
		}
	}
	return strings.Join(h, " "), strings.Join(o, " ")
}
