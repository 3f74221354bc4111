package ui

import (
	"fmt"
	"strconv"
	"strings"

	"techmarket/internal/foundation/money"
)

func AmountWords(f money.Fen) string {
	if f == 0 {
		return ""
	}
	return f.Grouped() + " 元"
}

// percent writes basis points as percent without trailing zeros: 350 → 3.5.
func Percent(bp int64) string {
	s := strconv.FormatInt(bp/100, 10)
	if rest := bp % 100; rest != 0 {
		s += fmt.Sprintf(".%02d", rest)
		if s[len(s)-1] == '0' {
			s = s[:len(s)-1]
		}
	}
	return s
}

func ShareOf(n, of int) string {
	if of == 0 {
		return "—"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(n)/float64(of))
}

// percentWords writes basis points: 350 is 3.5%.
func PercentWords(bp int64) string {
	return strings.TrimSuffix(strings.TrimRight(money.Fen(bp).String(), "0"), ".") + "%"
}

// wanShort is an amount in 万元 as tables of figures show it: two decimals, so that the points of a column stand under each other.
// What rounds to 0 is said to be less.
func WanShort(f money.Fen) string {
	const cell = money.WanYuan / 100
	hundredths := f.MulRatio(1, int64(cell))
	if hundredths == 0 && f > 0 {
		return "< 0.01"
	}
	return hundredths.Grouped()
}

// short splits "61.71 亿元" into number and unit.
func Short(f money.Fen) [2]string {
	number, unit, _ := strings.Cut(f.Short(), " ")
	return [2]string{number, unit}
}

// sharePercent is a share with one decimal.
func SharePercent(n, of int64) string {
	return strconv.FormatFloat(float64(n)*100/float64(of), 'f', 1, 64) + "%"
}
