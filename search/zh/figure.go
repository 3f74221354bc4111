package zh

import (
	_ "embed"
	"strings"
	"unicode/utf8"
)

// A figure is a number with its unit: 99.999 %, 1 250 kg, 零下45℃, 20～40 摄氏度. However it is written, it is one token (99d999pct, 1250kg,
// neg45c; of a range two), so that a search finds it in every spelling. Its number alone finds it too.

//go:embed units.tsv
var unitTable string

// units are the canonical forms of units by their written forms. A form with a stroke before it stands only after a stroke: t/年.
type units struct {
	form    map[string]string
	longest int // characters of the longest Han form
}

func (a *Analyzer) loadUnits(table string) units {
	u := units{form: map[string]string{}}
	for line := range strings.Lines(table) {
		forms := strings.Fields(line)
		if len(forms) == 0 {
			continue
		}
		canonical, under := strings.CutPrefix(forms[0], "/")
		for _, f := range append([]string{canonical}, forms[1:]...) {
			f = a.Normalize(f)
			if under {
				f = "/" + f
			}
			if _, taken := u.form[f]; !taken {
				u.form[f] = canonical
			}
			u.longest = max(u.longest, utf8.RuneCountInString(f))
		}
	}
	return u
}

type figure struct {
	tokens []string
	parts  []string // what else finds it
	number int      // where its digits end
	end    int      // where its unit ends

	amount, unit string // of the one that is no range
	digits       int    // where its unit begins
}

// before is what stands before a number and belongs to it.
var before = []struct{ form, means string }{{"百分之", "pct"}, {"零下", "neg"}, {"负", "neg"}}

// figureAt reads the figure that begins at i; ok is false for a number without unit, groups or 百分之, which is a word like others.
func (a *Analyzer) figureAt(text string, i int) (f figure, ok bool) {
	n, groups, end := number(text, i)
	if n == "" {
		return f, false
	}
	f = figure{parts: groups, number: end, end: end}
	unit, unitEnd := a.unitAt(text, end)
	if scaled, at := scaled(text, n, end); unit == "" && at > 0 {
		if u, e := a.unitAt(text, at); u != "" {
			n, unit, unitEnd = scaled, u, e
		}
	}
	if strings.HasSuffix(text[:i], "百分之") && unit == "" {
		unit, unitEnd = "pct", end
	}
	if unit != "" {
		f.tokens, f.parts, f.end = []string{n + unit}, append(f.parts, n), unitEnd
		f.amount, f.unit, f.digits = n, unit, end
		if belowZero(text, i) {
			f.tokens, f.parts = []string{"neg" + n + unit}, append(f.parts, n+unit)
		}
		return f, true
	}
	if at := rangeSign(text, end); at > 0 { // 20～40℃: the unit is that of both
		m, _, end := number(text, at)
		if unit, unitEnd = a.unitAt(text, end); m != "" && unit != "" {
			first := n + unit
			if belowZero(text, i) {
				first = "neg" + first
			}
			return figure{tokens: []string{first, m + unit}, parts: append(f.parts, n, m), number: end, end: unitEnd}, true
		}
	}
	if len(groups) > 0 {
		f.tokens = []string{n}
		return f, true
	}
	return f, false
}

// number reads digits, in groups of three or not, with or without a fraction. n is their token, groups the parts of one in groups.
func number(text string, i int) (n string, groups []string, end int) {
	j := digits(text, i)
	if j == i {
		return "", nil, i
	}
	n = text[i:j]
	if len(n) <= 3 && n[0] != '0' {
		for j < len(text) && (text[j] == ',' || text[j] == ' ') && (groups == nil || text[j] == text[i+len(groups[0])]) {
			k := digits(text, j+1)
			if k-j-1 != 3 {
				break
			}
			if groups == nil {
				groups = []string{n}
			}
			groups = append(groups, text[j+1:k])
			n += text[j+1 : k]
			j = k
		}
	}
	if j+1 < len(text) && text[j] == '.' {
		if k := digits(text, j+1); k > j+1 {
			n, j = n+"d"+text[j+1:k], k
		}
	}
	if len(n) > maxWordBytes/2 {
		return "", nil, i
	}
	return n, groups, j
}

func digits(text string, i int) int {
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	return i
}

func spaces(text string, i int) int {
	for n := 0; n < 2 && i < len(text) && text[i] == ' '; n++ {
		i++
	}
	return i
}

// scaled multiplies by 万 or 亿: 10 万吨 is 100000 吨. end is 0 when neither stands there.
func scaled(text, n string, i int) (more string, end int) {
	i = spaces(text, i)
	var zeros int
	switch {
	case strings.HasPrefix(text[i:], "万"):
		zeros = 4
	case strings.HasPrefix(text[i:], "亿"):
		zeros = 8
	default:
		return "", 0
	}
	whole, fraction, _ := strings.Cut(n, "d")
	if len(fraction) > zeros {
		return "", 0
	}
	return strings.TrimLeft(whole, "0") + fraction + strings.Repeat("0", zeros-len(fraction)), i + len("万")
}

// rangeSign is where the second number of a range begins, 0 when there is no range.
func rangeSign(text string, i int) int {
	i = spaces(text, i)
	r, n := utf8.DecodeRuneInString(text[i:])
	if n == 0 || !strings.ContainsRune("-~–—−∼", r) {
		return 0
	}
	return spaces(text, i+n)
}

func belowZero(text string, i int) bool {
	return negative(text, i) || strings.HasSuffix(text[:i], "零下") || strings.HasSuffix(text[:i], "负")
}

// unitAt reads a unit, at most two spaces behind a number: mg/L, mg·L-1, 毫克每升, t/年.
func (a *Analyzer) unitAt(text string, i int) (unit string, end int) {
	at := spaces(text, i)
	for under := false; ; under = true {
		atom, next := a.unitAtom(text, at, under)
		if atom == "" {
			return unit, end
		}
		unit, end = unit+atom, next
		r, n := utf8.DecodeRuneInString(text[end:])
		switch {
		case n > 0 && strings.ContainsRune("/·⋅*每", r):
			at = end + n
		case r == '.' && wordRuneAt(text, end+1), r == ' ' && a.inverse(text, end+1):
			at = end + 1
		default:
			return unit, end
		}
		if len(unit) > maxWordBytes/3 {
			return unit, end
		}
	}
}

func wordRuneAt(text string, i int) bool {
	r, _ := utf8.DecodeRuneInString(text[min(i, len(text)):])
	return wordRune(r)
}

// inverse reports whether a unit to the power −1 stands at i: L-1.
func (a *Analyzer) inverse(text string, i int) bool {
	j := letters(text, i)
	_, known := a.units.form[text[i:j]]
	return j > i && known && minusOne(text, j) > 0
}

// minusOne is where the power −1 at i ends, 0 when none is there.
func minusOne(text string, i int) int {
	for _, sign := range []string{"^-1", "^−1", "-1", "−1"} {
		if strings.HasPrefix(text[i:], sign) && digits(text, i+len(sign)) == i+len(sign) {
			return i + len(sign)
		}
	}
	return 0
}

func letters(text string, i int) int {
	for i < len(text) {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r >= '0' && r <= '9' || !wordRune(r) && r != '°' && r != '%' && r != '‰' {
			return i
		}
		i += n
	}
	return i
}

// unitAtom reads one unit at i. under a stroke those of a rate are taken too: /年.
func (a *Analyzer) unitAtom(text string, i int, under bool) (unit string, end int) {
	if i >= len(text) {
		return "", i
	}
	if r, _ := utf8.DecodeRuneInString(text[i:]); isHan(r) {
		return a.hanUnit(text, i, under)
	}
	j := letters(text, i)
	if j == i {
		return "", i
	}
	if unit, end := a.inversePower(text, i, j); unit != "" { // m-3 says what /m3 says
		return unit, end
	}
	whole := digits(text, j) // m3
	for _, end := range []int{whole, j} {
		form := text[i:end]
		unit, known := a.units.form[form]
		if !known && under {
			unit, known = a.units.form["/"+form]
		}
		if !known {
			continue
		}
		if power := minusOne(text, end); power > 0 {
			return unit, power
		}
		if end == j && whole > j || wordRuneAt(text, end) && !hanAt(text, end) { // q235, 50kgx
			continue
		}
		return unit, end
	}
	return "", i
}

// inversePower reads the unit text[i:j] to the power −2 or −3.
func (a *Analyzer) inversePower(text string, i, j int) (unit string, end int) {
	for _, sign := range []string{"^-", "^−", "-", "−"} {
		at := j + len(sign)
		if !strings.HasPrefix(text[j:], sign) || digits(text, at) != at+1 || text[at] != '2' && text[at] != '3' {
			continue
		}
		if unit, known := a.units.form[text[i:j]+text[at:at+1]]; known {
			return unit, at + 1
		}
	}
	return "", j
}

func hanAt(text string, i int) bool {
	r, _ := utf8.DecodeRuneInString(text[i:])
	return isHan(r)
}

// hanUnit reads a Chinese unit, the longest. One of a single character must be a word of its own there: 天 is none in 3 天然气.
func (a *Analyzer) hanUnit(text string, i int, under bool) (unit string, end int) {
	n, j := 0, i
	for j < len(text) && n < a.units.longest && hanAt(text, j) {
		_, size := utf8.DecodeRuneInString(text[j:])
		j += size
		n++
	}
	for k := j; k > i; {
		form := text[i:k]
		found, known := a.units.form[form]
		if !known && under {
			found, known = a.units.form["/"+form]
		}
		if known && (len(form) > 3 || a.firstWord(text[i:j]) == form) {
			return found, k
		}
		_, size := utf8.DecodeLastRuneInString(form)
		k -= size
	}
	return "", i
}

func (a *Analyzer) firstWord(run string) (first string) {
	a.lexicon.cut(run, true, func(w string) {
		if first == "" {
			first = w
		}
	})
	return first
}
