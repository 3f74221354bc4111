package ui

import (
	"testing"
	"time"
)

// A date field shows the day of the market, not that of the server's zone: 23:50 UTC is the next morning here.
func TestADateFieldShowsTheDayOfTheMarket(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ at, want string }{
		{"2026-11-28T23:50:00Z", "2026-11-29"},
		{"2026-11-28T00:00:00Z", "2026-11-28"}, // a SQL date
		{"2026-11-28T15:59:59Z", "2026-11-28"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if f := (&Ask{}).Date("on", "日期", at); f.Value != c.want {
			t.Errorf("%s: %q, want %q", c.at, f.Value, c.want)
		}
	}
}
