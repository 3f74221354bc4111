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
	text = strings.ToValidUTF8(text, " ")
	out := make([]byte, 0, len(text))
	// Nearly every character folds by itself. Where one does not, NFKC has to see it with the character before it and all that follow
	// up to the next that does.
	last, length := 0, 0 // the character before: where it begins, and what was written before it
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		f := a.foldedRune(r)
		if f != foldsWithOthers {
			last, length = i, len(out)
			if i += n; f >= 0 {
				out = utf8.AppendRune(out, f)
			}
			continue
		}
		for i < len(text) {
			if r, n = utf8.DecodeRuneInString(text[i:]); a.foldedRune(r) != foldsWithOthers {
				break
			}
			i += n
		}
		out = out[:length]
		for _, r := range norm.NFKC.String(text[last:i]) {
			if r = a.fold(r); r >= 0 {
				out = utf8.AppendRune(out, r)
			}
		}
		last, length = i, len(out)
	}
	return string(out)
}

// What the table of folded characters holds beside characters.
const (
	foldsToNothing  = -1 // as strings.Map has it
	foldsWithOthers = -2 // into several characters, or it joins with one before it
)

// foldTable is what each character of the basic plane becomes in a normalised text.
func (a *Analyzer) foldTable() []rune {
	table := make([]rune, 1<<16)
	for i := range table {
		s := string(rune(i))
		composed := norm.NFKC.String(s)
		r, n := utf8.DecodeRuneInString(composed)
		if n < len(composed) || r == utf8.RuneError || !norm.NFKC.PropertiesString(s).BoundaryBefore() {
			table[i] = foldsWithOthers
			continue
		}
		table[i] = a.fold(r)
	}
	return table
}

func (a *Analyzer) foldedRune(r rune) rune {
	if int(r) < len(a.folded) {
		return a.folded[r]
	}
	return foldsWithOthers
}

// fold finishes a composed character.
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
		return foldsToNothing
	}
	return r
}

// piece is a run of Han characters or one Latin/number/other word.
type piece struct {
	text  string
	han   bool
	bare  string   // of a Han run what is no part of a figure beside it: 零下45摄氏度以下 leaves 以下
	parts []string // what else finds a word: of a compound nd, fe, b
}

// each walks the pieces of a normalised text.
func (a *Analyzer) each(text string, yield func(piece)) {
	figureEnd := 0 // what stands before it belongs to a figure
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case isHan(r):
			j := i + n
			for j < len(text) {
				r, n := utf8.DecodeRuneInString(text[j:])
				if !isHan(r) {
					break
				}
				j += n
			}
			p := piece{text: text[i:j], han: true}
			if p.bare = text[min(max(i, figureEnd), j):j]; p.bare != "" && j < len(text) && unicode.IsDigit(rune(text[j])) {
				if _, ok := a.figureAt(text, j); ok {
					for _, b := range before {
						p.bare = strings.TrimSuffix(p.bare, b.form)
					}
				}
			}
			yield(p)
			i = j
		case wordRune(r):
			pieces, next, end := a.wordAt(text, i)
			if i >= figureEnd {
				for _, p := range pieces {
					yield(p)
				}
			}
			i, figureEnd = next, max(figureEnd, end)
		default:
			i += n
		}
	}
}

// wordAt reads the word or the figure that begins at i: its pieces, where what comes next begins, and where it ends with its unit.
func (a *Analyzer) wordAt(text string, i int) (pieces []piece, next, end int) {
	if text[i] >= '0' && text[i] <= '9' {
		if f, ok := a.figureAt(text, i); ok {
			for k, t := range f.tokens {
				p := piece{text: t}
				if k == 0 {
					p.parts = f.parts
				}
				pieces = append(pieces, p)
			}
			return pieces, f.number, f.end
		}
	}
	j := wordEnd(text, i)
	p := compound(text[i:j], negative(text, i))
	if one := singular(p.text); one != p.text {
		p.text, p.parts = one, append(p.parts, p.text)
	}
	return []piece{p}, j, j
}

// singular takes the ending of the plural from an English word: batteries and battery find each other.
func singular(w string) string {
	if len(w) < 5 || w[len(w)-1] != 's' || strings.ContainsFunc(w, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return w
	}
	switch {
	case strings.HasSuffix(w, "ies"):
		return w[:len(w)-3] + "y"
	case strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "shes"), strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "xes"):
		return w[:len(w)-2]
	case strings.ContainsRune("suia", rune(w[len(w)-2])): // glass, status, analysis, bias
		return w
	}
	return w[:len(w)-1]
}

// The block that nearly all Han characters are in.
const firstHan, lastHan = 0x4e00, 0x9fff

// isHan is unicode.Is(unicode.Han, r).
func isHan(r rune) bool {
	return r >= firstHan && r <= lastHan || r >= 0x2e80 && unicode.Is(unicode.Han, r)
}

func wordRune(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)) && !isHan(r)
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
