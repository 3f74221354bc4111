package lang

import (
	"strings"
	"unicode"
)

// Visible drops what shows nothing and has no meaning in a text: zero-width characters, direction marks, soft hyphens. They come
// along with copied texts and make two equal names differ. Joiners stay where a script needs them (Mongolian, Arabic, Indic) and
// inside pictographs.
func Visible(text string) string {
	if !strings.ContainsFunc(text, hidden) {
		return text
	}
	var b strings.Builder
	var last rune
	for _, r := range text {
		if hidden(r) && (r != '\u200c' && r != '\u200d' || !joined(last)) {
			continue
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

func hidden(r rune) bool {
	return r == '\u00ad' || r == '\u061c' || r >= '\u200b' && r <= '\u200f' || r >= '\u202a' && r <= '\u202e' ||
		r >= '\u2060' && r <= '\u206f' || r == '\ufeff' || r >= '\ufff9' && r <= '\ufffb'
}

func joined(r rune) bool {
	return unicode.In(r, unicode.Mongolian, unicode.Arabic, unicode.Syriac, unicode.Devanagari, unicode.Bengali, unicode.Tamil,
		unicode.Tibetan, unicode.Variation_Selector, unicode.So, unicode.Sk)
}
