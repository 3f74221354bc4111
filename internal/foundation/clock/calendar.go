package clock

import "time"

// Calendar knows the days on which a desk does not work although the week says so, and the other way round
// (国务院办公厅 announces both each year; the table is data).
type Calendar map[string]string

// What the notice says of a day.
const (
	Holiday = "holiday" // a weekday without work
	Workday = "workday" // a Saturday or Sunday with work
)

// Working reports whether people work on the day.
func (c Calendar) Working(day time.Time) bool {
	switch c[day.Format(time.DateOnly)] {
	case Holiday:
		return false
	case Workday:
		return true
	default:
		return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
	}
}

// Add returns the day n days after start; start itself never counts (民法典第201条: the first day is not counted).
func (c Calendar) Add(start time.Time, n int, unit string) time.Time {
	if unit == "calendar" {
		return start.AddDate(0, 0, n)
	}
	day := start
	for n > 0 {
		day = day.AddDate(0, 0, 1)
		if c.Working(day) {
			n--
		}
	}
	return day
}

// Between counts the working days after from up to and including to; negative where to lies before from.
func (c Calendar) Between(from, to time.Time) int {
	if to.Before(from) {
		return -c.Between(to, from)
	}
	n := 0
	for day := from.AddDate(0, 0, 1); !day.After(to); day = day.AddDate(0, 0, 1) {
		if c.Working(day) {
			n++
		}
	}
	return n
}
