package clock_test

import (
	"testing"
	"time"

	"techmarket/internal/foundation/clock"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestWorkingDaysSkipWeekendsAndHolidaysAndCountShiftedDays(t *testing.T) {
	t.Parallel()
	c := clock.Calendar{"2026-05-01": clock.Holiday, "2026-05-04": clock.Holiday, "2026-05-09": clock.Workday} // a Friday, a Monday, a Saturday
	for _, x := range []struct {
		from string
		days int
		unit string
		want string
	}{
		{"2026-04-10", 1, "working", "2026-04-13"},
		{"2026-04-10", 5, "working", "2026-04-17"},
		{"2026-04-30", 1, "working", "2026-05-05"},
		{"2026-05-08", 1, "working", "2026-05-09"},
		{"2026-04-10", 30, "calendar", "2026-05-10"},
		{"2026-02-27", 2, "calendar", "2026-03-01"},
	} {
		if got := c.Add(day(x.from), x.days, x.unit).Format(time.DateOnly); got != x.want {
			t.Errorf("%s + %d %s = %s, want %s", x.from, x.days, x.unit, got, x.want)
		}
	}
	if got := c.Between(day("2026-04-30"), day("2026-05-09")); got != 5 {
		t.Errorf("between = %d, want 5", got)
	}
	if got := c.Between(day("2026-05-09"), day("2026-04-30")); got != -5 {
		t.Errorf("back = %d, want -5", got)
	}
}
