package fact

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// Day is a calendar day of the market, as days since 1970-01-01, so that days compare and add like numbers.
type Day int

// DayOf is the day of an instant in the zone of the market.
func DayOf(t time.Time) Day { return Day(clock.Date(t).Unix() / 86400) }

// OfDate is the day of a SQL date, which reads back as midnight UTC.
func OfDate(t time.Time) Day { return Day(t.Unix() / 86400) }

// Date is the day as midnight UTC, which is how a SQL date reads back.
func (d Day) Date() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// End is 24:00 of the day in the zone of the market: the first instant that is no longer inside.
func (d Day) End() time.Time {
	y, m, day := d.Date().Date()
	return time.Date(y, m, day+1, 0, 0, 0, 0, clock.Zone())
}

// Year of the day.
func (d Day) Year() int { return d.Date().Year() }

func (d Day) String() string { return d.Date().Format(time.DateOnly) }

// MarshalText writes 2006-01-02.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 2006-01-02 and nothing else.
func (d *Day) UnmarshalText(b []byte) error {
	t, err := time.Parse(time.DateOnly, string(b))
	if err != nil {
		return fault.New(fault.Invalid, "not_a_date", "应为日期，写作 2027-05-20")
	}
	*d = Day(t.Unix() / 86400)
	return nil
}

// Dec is an exact decimal number that keeps its text: -12.50 stays -12.50.
type Dec string

// Rat is the value.
func (d Dec) Rat() *big.Rat {
	r, ok := new(big.Rat).SetString(string(d))
	if !ok {
		panic("fact: not a decimal: " + string(d))
	}
	return r
}

// MarshalText writes the text as it was given.
func (d Dec) MarshalText() ([]byte, error) { return []byte(d), nil }

// UnmarshalText reads digits with an optional point and minus, at most 40 characters.
func (d *Dec) UnmarshalText(b []byte) error {
	if len(b) > 40 || !decimalText.Match(b) {
		return fault.New(fault.Invalid, "not_a_number", "应为十进制小数的文本，如 12.5")
	}
	*d = Dec(b)
	return nil
}

// Calendar is the yearly notice of the State Council as a record gives it.
type Calendar struct {
	Holidays []Day `json:"holidays"` // without work
	Workdays []Day `json:"workdays"` // with work although the week says no; beats Holidays
}

// Days is the same table as the site holds it.
func (c Calendar) Days() clock.Calendar {
	table := clock.Calendar{}
	for _, d := range c.Holidays {
		table[d.String()] = clock.Holiday
	}
	for _, d := range c.Workdays {
		table[d.String()] = clock.Workday
	}
	return table
}

// Units of a period in days.
const (
	CalendarDays = "calendar"
	WorkingDays  = "working"
)

// Due is the last day of a period of n days that begins on a day; that day is not counted (民法典第201条). Working days: the n-th day
// with work. Calendar days: the n-th day or, where that is a rest day, the next that is none (民法典第203条; weekends too, house rule).
func Due(c clock.Calendar, begin Day, n int, unit string) Day {
	last := c.Add(begin.Date(), n, unit)
	if unit == CalendarDays {
		for !c.Working(last) {
			last = last.AddDate(0, 0, 1)
		}
	}
	return Day(last.Unix() / 86400)
}

// Round prints a number with so many decimals, halves away from zero; zero has no sign.
func Round(r *big.Rat, decimals int) string {
	s := r.FloatString(decimals)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	return s
}

// Percent is num ÷ den in percent with one decimal, computed exactly; nil where den is 0.
func Percent(num, den int64) *string { return ratio(num, den, 100, 1) }

// Quotient is num ÷ den with so many decimals, halves away from zero; nil where den is 0.
func Quotient(num, den int64, decimals int) *string { return ratio(num, den, 1, decimals) }

func ratio(num, den, times int64, decimals int) *string {
	if den == 0 {
		return nil
	}
	r := big.NewRat(num, den)
	s := Round(r.Mul(r, big.NewRat(times, 1)), decimals)
	return &s
}

// Floor is f × num ÷ den rounded down, exact. It panics on den = 0.
func Floor(f money.Fen, num, den int64) money.Fen {
	p := new(big.Int).Mul(big.NewInt(int64(f)), big.NewInt(num))
	q, m := new(big.Int), new(big.Int)
	q.DivMod(p, big.NewInt(den), m)
	return money.Fen(q.Int64())
}

// Ceil is f × num ÷ den rounded up, exact. It panics on den = 0.
func Ceil(f money.Fen, num, den int64) money.Fen { return -Floor(-f, num, den) }

// Split shares out an amount (not negative) by weights: each part rounded down, the 分 that are left one each to the largest fractions,
// ties in listed order. The weights are not negative and not all 0.
func Split(total money.Fen, weights []int64) []money.Fen {
	sum := new(big.Int)
	for _, w := range weights {
		sum.Add(sum, big.NewInt(w))
	}
	parts := make([]money.Fen, len(weights))
	fractions := make([]*big.Int, len(weights))
	order := make([]int, len(weights))
	left := total
	for i, w := range weights {
		q, m := new(big.Int), new(big.Int)
		q.DivMod(m.Mul(big.NewInt(int64(total)), big.NewInt(w)), sum, m)
		parts[i], fractions[i], order[i] = money.Fen(q.Int64()), m, i
		left -= parts[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return fractions[b].Cmp(fractions[a]) })
	for _, i := range order[:left] {
		parts[i]++
	}
	return parts
}
