package money

import (
	"errors"
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// ErrFine is an amount with parts of a 分: nothing is rounded.
var ErrFine = errors.New("money: finer than 分")

// Read reads an amount as people write it at every door: "1,200,000 元", "12.5 万元", "1.2亿", "人民币：12万元整". A number without a unit
// is 元; a unit that is written wins. ErrSyntax for what leaves open which amount is meant, such as a range, an "about" or "1e6";
// ErrFine, ErrRange.
func Read(s string) (Fen, error) { return read(s, Parse) }

// ReadWan is Read for a place whose numbers without a unit are 万元.
func ReadWan(s string) (Fen, error) { return read(s, ParseWan) }

func read(s string, parse func(string) (Fen, error)) (Fen, error) {
	text := strings.Join(strings.Fields(norm.NFKC.String(s)), "")
	for _, mark := range []string{"人民币", "RMB", "CNY"} {
		text = strings.TrimSuffix(strings.TrimPrefix(text, mark), mark)
	}
	text = strings.TrimPrefix(text, ":")
	if strings.HasSuffix(text, "元整") {
		text = strings.TrimSuffix(text, "整")
	}
	shift := 0
	for _, unit := range []struct {
		words string
		parse func(string) (Fen, error)
		shift int
	}{{"亿元", ParseWan, 4}, {"亿", ParseWan, 4}, {"万元", ParseWan, 0}, {"万", ParseWan, 0}, {"元", Parse, 0}} {
		if number, found := strings.CutSuffix(text, unit.words); found {
			text, parse, shift = number, unit.parse, unit.shift
			break
		}
	}
	if shift > 0 {
		text = shiftPoint(text, shift)
	}
	if strings.Contains(text, ".") && strings.HasSuffix(text, "0") { // 120.5000 is no more than 120.5
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	amount, err := parse(text)
	if errors.Is(err, ErrSyntax) && fine.MatchString(strings.ReplaceAll(text, ",", "")) {
		return 0, ErrFine
	}
	return amount, err
}

var fine = regexp.MustCompile(`^[¥￥]?-?[0-9]+\.[0-9]{3,}$`)

// shiftPoint multiplies a plain decimal by 10^n without rounding; what is no plain decimal comes back as it is.
func shiftPoint(text string, n int) string {
	number := strings.ReplaceAll(text, ",", "")
	number, negative := strings.CutPrefix(number, "-")
	whole, part, _ := strings.Cut(number, ".")
	if whole == "" || strings.ContainsFunc(whole+part, func(r rune) bool { return r < '0' || r > '9' }) {
		return text
	}
	part += strings.Repeat("0", max(0, n-len(part)))
	out := whole + part[:n]
	if rest := strings.TrimRight(part[n:], "0"); rest != "" {
		out += "." + rest
	}
	if out = strings.TrimLeft(out, "0"); out == "" || out[0] == '.' {
		out = "0" + out
	}
	if negative {
		out = "-" + out
	}
	return out
}
