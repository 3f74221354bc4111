// Package money holds amounts as whole 分 and turns them into what people read.
//
// It refuses floats: an amount is parsed from text, added and subtracted as int64, and printed.
// Rates round only by a named rule (see MulRatio).
package money

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// Fen is an amount in 分 (1 元 = 100 分). The zero value is 0.00 元.
type Fen int64

// Max is the largest amount the market accepts: 99,999,999,999.99 元.
const Max Fen = 9_999_999_999_999

// Units.
const (
	Yuan    Fen = 100
	WanYuan Fen = 10_000 * Yuan
	YiYuan  Fen = 10_000 * WanYuan
)

// Errors of Parse.
var (
	ErrSyntax = errors.New("money: not an amount")
	ErrRange  = errors.New("money: amount out of range")
)

// Parse reads an amount in 元: digits with optional thousands commas, at most two decimals and an
// optional leading minus. Full-width digits, a leading ￥ or ¥ and surrounding blanks are accepted.
// It returns ErrSyntax or ErrRange (|amount| > Max).
func Parse(s string) (Fen, error) {
	return parse(s, 2)
}

// ParseWan reads an amount in 万元 with at most six decimals (0.000001 万元 = 1 分).
func ParseWan(s string) (Fen, error) {
	return parse(s, 6)
}

func parse(s string, decimals int) (Fen, error) {
	s = normalise(s)
	negative := false
	if strings.HasPrefix(s, "-") {
		negative, s = true, s[1:]
	}
	whole, frac, hasPoint := strings.Cut(s, ".")
	if whole == "" || (hasPoint && frac == "") || len(frac) > decimals || !groupedDigits(whole) {
		return 0, ErrSyntax
	}
	digits := strings.ReplaceAll(whole, ",", "") + frac + strings.Repeat("0", decimals-len(frac))
	var v int64
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return 0, ErrSyntax
		}
		v = v*10 + int64(c-'0')
		if v > int64(Max) {
			return 0, ErrRange
		}
	}
	if negative {
		v = -v
	}
	return Fen(v), nil
}

// groupedDigits accepts plain digits or digits with a comma before every group of three.
func groupedDigits(s string) bool {
	parts := strings.Split(s, ",")
	for i, p := range parts {
		if p == "" || (i > 0 && len(p) != 3) || (i == 0 && len(parts) > 1 && len(p) > 3) {
			return false
		}
	}
	return true
}

func normalise(s string) string {
	s = strings.TrimSpace(s)
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '０' && r <= '９':
			r = r - '０' + '0'
		case r == '．':
			r = '.'
		case r == '，':
			r = ','
		case r == '－' || r == '−':
			r = '-'
		}
		b.WriteRune(r)
	}
	s = strings.TrimPrefix(strings.TrimPrefix(b.String(), "￥"), "¥")
	return strings.TrimSpace(s)
}

// String prints 元 with two decimals and no grouping: "1950000.00". Parse reads it back.
func (f Fen) String() string {
	sign, u := f.parts()
	return fmt.Sprintf("%s%d.%02d", sign, u/100, u%100)
}

// Grouped prints 元 with two decimals and thousands commas: "1,950,000.00".
func (f Fen) Grouped() string {
	sign, u := f.parts()
	return fmt.Sprintf("%s%s.%02d", sign, group(u/100), u%100)
}

// Wan prints 万元 without trailing zeros, at most six decimals, with commas: "195", "1,234.5".
func (f Fen) Wan() string {
	sign, u := f.parts()
	frac := strings.TrimRight(fmt.Sprintf("%06d", u%uint64(WanYuan)), "0")
	if frac != "" {
		frac = "." + frac
	}
	return sign + group(u/uint64(WanYuan)) + frac
}

// Short prints an amount the way people here say it, rounded half up to two decimals:
// "61.71 亿元", "195 万元", "350 元", "0.01 元".
func (f Fen) Short() string {
	sign, u := f.parts()
	unit, name := uint64(Yuan), "元"
	switch { // by the rounded amount, so that nothing reads 10,000 万元
	case u+uint64(WanYuan)/200 >= uint64(YiYuan):
		unit, name = uint64(YiYuan), "亿元"
	case u >= uint64(WanYuan):
		unit, name = uint64(WanYuan), "万元"
	}
	cents := (u*100 + unit/2) / unit
	frac := strings.TrimRight(fmt.Sprintf("%02d", cents%100), "0")
	if frac != "" {
		frac = "." + frac
	}
	return sign + group(cents/100) + frac + " " + name
}

var (
	hanDigits = []rune("零壹贰叁肆伍陆柒捌玖")
	hanUnits  = []string{"", "拾", "佰", "仟"}
	hanGroups = []string{"", "万", "亿", "万亿"}
)

// Han prints the amount in 大写 for papers: "人民币叁佰万元整", "人民币壹元零壹分".
func (f Fen) Han() string {
	if f < 0 {
		return "人民币负" + strings.TrimPrefix((-f).Han(), "人民币")
	}
	u := uint64(f)
	yuan, jiao, fen := u/100, u/10%10, u%10
	var b strings.Builder
	b.WriteString("人民币")
	if yuan > 0 || (jiao == 0 && fen == 0) {
		b.WriteString(hanInteger(yuan))
		b.WriteString("元")
	}
	switch {
	case jiao == 0 && fen == 0:
		b.WriteString("整")
	case fen == 0:
		b.WriteRune(hanDigits[jiao])
		b.WriteString("角整")
	default:
		if jiao > 0 {
			b.WriteRune(hanDigits[jiao])
			b.WriteString("角")
		} else if yuan > 0 {
			b.WriteString("零")
		}
		b.WriteRune(hanDigits[fen])
		b.WriteString("分")
	}
	return b.String()
}

func hanInteger(n uint64) string {
	if n == 0 {
		return "零"
	}
	var groups []uint64
	for ; n > 0; n /= 10_000 {
		groups = append(groups, n%10_000)
	}
	var b strings.Builder
	zero := false
	for i, g := range slices.Backward(groups) {
		if g == 0 {
			zero = b.Len() > 0
			continue
		}
		if b.Len() > 0 && (zero || g < 1_000) {
			b.WriteRune('零')
		}
		zero = false
		gap := false
		for p, div := 3, uint64(1_000); p >= 0; p, div = p-1, div/10 {
			d := g / div % 10
			if d == 0 {
				gap = true
				continue
			}
			if gap && g >= div*10 {
				b.WriteRune('零')
			}
			gap = false
			b.WriteRune(hanDigits[d])
			b.WriteString(hanUnits[p])
		}
		b.WriteString(hanGroups[i])
	}
	return b.String()
}

// MulRatio returns f × num ÷ den rounded half away from zero to whole 分, exact for every amount up
// to Max. It panics on den <= 0 or num < 0, which are programming errors.
func (f Fen) MulRatio(num, den int64) Fen {
	if den <= 0 || num < 0 {
		panic("money: bad ratio")
	}
	sign := Fen(1)
	if f < 0 {
		sign, f = -1, -f
	}
	hi, lo := bits.Mul64(uint64(f), uint64(num))
	lo, carry := bits.Add64(lo, uint64(den)/2, 0)
	quo, _ := bits.Div64(hi+carry, lo, uint64(den))
	return sign * Fen(quo)
}

// MarshalJSON writes the amount as a whole number of 分.
func (f Fen) MarshalJSON() ([]byte, error) { return json.Marshal(int64(f)) }

// UnmarshalJSON reads a whole number of 分.
func (f *Fen) UnmarshalJSON(b []byte) error {
	var v int64
	if err := json.Unmarshal(b, &v); err != nil {
		return ErrSyntax
	}
	*f = Fen(v)
	return nil
}

// Value stores the amount as bigint.
func (f Fen) Value() (driver.Value, error) { return int64(f), nil }

// Scan reads a bigint column.
func (f *Fen) Scan(src any) error {
	v, ok := src.(int64)
	if !ok {
		return fmt.Errorf("money: scan %T", src)
	}
	*f = Fen(v)
	return nil
}

func (f Fen) parts() (sign string, u uint64) {
	if f < 0 {
		return "-", uint64(-f)
	}
	return "", uint64(f)
}

func group(n uint64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
