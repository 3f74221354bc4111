package currency

import (
	"strings"

	"techmarket/internal/foundation/money"
)

// form is how a language writes a short amount.
type form struct {
	before, group, point string
	units                []unit // from small to large
}

type unit struct {
	size money.Fen
	name string
}

// The words of mn wait for a speaker. 万 and 亿 never leave Chinese.
func formOf(lang string) form {
	const million, billion = 100 * money.WanYuan, 10 * money.YiYuan
	switch lang {
	case "en":
		return form{"CNY ", ",", ".", []unit{{money.Yuan, ""}, {million, " million"}, {billion, " billion"}}}
	case "ru":
		return form{"", "\u00a0", ",", []unit{{money.Yuan, " юаня"}, {million, " млн юаней"}, {billion, " млрд юаней"}}}
	case "mn":
		return form{"", ",", ".", []unit{{money.Yuan, " юань"}, {million, " сая юань"}, {billion, " тэрбум юань"}}}
	default:
		return form{"", "", ".", []unit{{money.Yuan, "元"}, {money.WanYuan, "万元"}, {money.YiYuan, "亿元"}}}
	}
}

// ShortIn prints an amount with two decimals, halves up, in the smallest unit of the language whose rounded figure stays below the
// next unit: 999,999.99 元 is 100.00万元 and CNY 999,999.99. The minus stands before the digits; zero has none.
func ShortIn(f money.Fen, lang string) string {
	w := formOf(lang)
	sign, u := "", uint64(f)
	if f < 0 {
		sign, u = "-", -u
	}
	var cents uint64
	var name string
	for i, unit := range w.units {
		cents, name = (u*100+uint64(unit.size)/2)/uint64(unit.size), unit.name
		if i+1 == len(w.units) || cents < uint64(w.units[i+1].size/unit.size)*100 {
			break
		}
	}
	if cents == 0 {
		sign = ""
	}
	digits := money.Fen(cents).String()
	whole, frac, _ := strings.Cut(digits, ".")
	if w.group != "" {
		whole = grouped(whole, w.group)
	}
	return w.before + sign + whole + w.point + frac + name
}

func grouped(digits, by string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + by + digits[i:]
	}
	return digits
}
