package zh

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Normalize gives the form in which texts are compared: compatibility forms folded (full width, ₂ → 2, ℃ → °C),
// traditional characters simplified, lower case; control, format and right-to-left marks become nothing or spaces.
func (a *Analyzer) Normalize(text string) string {
	if ascii(text) {
		return strings.ToLower(strings.Map(dropControl, text))
	}
	return strings.Map(a.fold, norm.NFKC.String(strings.ToValidUTF8(text, " ")))
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func (a *Analyzer) fold(r rune) rune {
	if s, ok := a.simplified[r]; ok {
		return s
	}
	return dropControl(unicode.ToLower(r))
}

func dropControl(r rune) rune {
	switch {
	case r == '\n' || r == '\t' || r == '\r':
		return ' '
	case unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

// piece is a run of Han characters or one Latin/number/other word.
type piece struct {
	text  string
	han   bool
	parts []string // of a compound: nd, fe, b
}

// each walks the pieces of a normalised text.
func (a *Analyzer) each(text string, yield func(piece)) {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case unicode.Is(unicode.Han, r):
			j := i + n
			for j < len(text) {
				r, n := utf8.DecodeRuneInString(text[j:])
				if !unicode.Is(unicode.Han, r) {
					break
				}
				j += n
			}
			yield(piece{text: text[i:j], han: true})
			i = j
		case wordRune(r):
			j := wordEnd(text, i)
			yield(compound(text[i:j], negative(text, i)))
			i = j
		default:
			i += n
		}
	}
}

func wordRune(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)) && !unicode.Is(unicode.Han, r)
}

// maxWordBytes cuts endless runs of letters so that a hostile text can't make an endless token.
const maxWordBytes = 48

// wordEnd finds the end of the word that starts at i: letters and digits, joined by one of - . / + _ · ° % between or after them.
func wordEnd(text string, i int) int {
	j := i
	for j < len(text) && j-i < maxWordBytes {
		r, n := utf8.DecodeRuneInString(text[j:])
		if wordRune(r) || r == '°' || r == '%' && j > i {
			j += n
			continue
		}
		if strings.ContainsRune("-./+_·'", r) && j+n < len(text) {
			if next, _ := utf8.DecodeRuneInString(text[j+n:]); wordRune(next) && j+n-i < maxWordBytes {
				j += n
				continue
			}
		}
		break
	}
	return j
}

// negative reports whether the number at i has a minus sign that is not a dash between two things (-40℃, not 20-40℃ or a-4).
func negative(text string, i int) bool {
	r, _ := utf8.DecodeRuneInString(text[i:])
	if !unicode.IsNumber(r) || i == 0 {
		return false
	}
	sign, n := utf8.DecodeLastRuneInString(text[:i])
	if sign != '-' && sign != '−' && sign != '–' {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(text[:i-n])
	return i == n || !wordRune(before) && before != '°' && before != '%'
}

// compound makes the one token of a word, letters and digits only so that no engine cuts it again, and its parts.
func compound(word string, negative bool) piece {
	p := piece{}
	var b strings.Builder
	if negative {
		b.WriteString("neg")
	}
	digit := false
	for i, r := range word {
		switch {
		case wordRune(r):
			b.WriteRune(r)
			digit = unicode.IsDigit(r)
			continue
		case r == '.' && digit && nextDigit(word[i+1:]):
			b.WriteByte('d') // 0.5 is not 05
		case r == '%':
			b.WriteString("pct")
		}
		digit = false
	}
	p.text = b.String()
	if strings.ContainsAny(word, "-/+_·'") || negative {
		for _, part := range strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune("-/+_·'", r) }) {
			if c := compound(part, false); c.text != "" && c.text != p.text {
				p.parts = append(p.parts, c.text)
			}
		}
	}
	return p
}

func nextDigit(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsDigit(r)
}
