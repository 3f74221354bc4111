package ui

import (
	"fmt"
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

// A need is open to the end of its last day, here, and not to 08:00 of the next, which is midnight elsewhere.
func TestDeadlineWords_ChangeAtMidnightHere(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{
		"2026-11-27T15:59:59Z": "剩 1 天", "2026-11-27T16:00:00Z": "今天截止", "2026-11-28T15:59:59Z": "今天截止",
		"2026-11-28T16:00:00Z": "已过期限", "2026-09-01T00:00:00Z": "2026-11-28 截止",
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := deadlineWords(fmt.Sprintf, now, "2026-11-28"); got != want {
			t.Errorf("%s: %q, want %q", at, got, want)
		}
	}
}
