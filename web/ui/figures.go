package ui

import (
	"fmt"
	"strings"

	"techmarket/internal/foundation/money"
	"techmarket/web/view"
)

// AmountWords is an amount in 元, empty for none.
func AmountWords(f money.Fen) string {
	if f == 0 {
		return ""
	}
	return view.Yuan(f)
}

// Percent writes basis points as percent without trailing zeros: 350 → 3.5.
func Percent(bp int64) string {
	return strings.TrimSuffix(strings.TrimRight(money.Fen(bp).String(), "0"), ".")
}

// ShareOf is a part of a whole with one decimal, a dash where there is no whole.
func ShareOf[N int | int64](n, of N) string {
	if of == 0 {
		return "—"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(n)/float64(of))
}

// WanShort is an amount in 万元 as tables of figures show it: two decimals, so that the points of a column stand under each other.
// What rounds to 0 is said to be less.
func WanShort(f money.Fen) string {
	const cell = money.WanYuan / 100
	hundredths := f.MulRatio(1, int64(cell))
	if hundredths == 0 && f > 0 {
		return "< 0.01"
	}
	return hundredths.Grouped()
}

// Short splits "61.71 亿元" into number and unit.
func Short(f money.Fen) [2]string {
	number, unit, _ := strings.Cut(f.Short(), " ")
	return [2]string{number, unit}
}
