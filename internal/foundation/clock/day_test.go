package clock_test

import (
	"testing"
	"time"

	"techmarket/internal/foundation/clock"
)

func TestParseDay_KnowsHowDaysAreWrittenAndRefusesHalfOnes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2027-03-05": "2027-03-05", "2027/3/5": "2027-03-05", "2027年3月5日": "2027-03-05", "2027.3.5": "2027-03-05",
		"20270305": "2027-03-05", "２０２７／３／５": "2027-03-05", "2027年 3月 5日": "2027-03-05", "2027年03月05号": "2027-03-05",
		"2027-03-05T00:00:00Z": "2027-03-05", "2027/3/5 0:00": "2027-03-05", "2027-03-05 12:30:01.5": "2027-03-05",
		"2024-02-29": "2024-02-29",
		"2026年2月30日": "", "2027年3月": "", "3月5日": "", "2027-03": "", "2027": "", "27/3/5": "", "3/5/2027": "", "202735": "",
		"20271305": "", "2027-00-05": "", "": "", "长期": "", "2027-3/5x": "", "46000": "", "1899-01-01": "", "2027.3.5-2028.3.5": "",
	} {
		got, ok := clock.ParseDay(text)
		if got != want || ok != (want != "") {
			t.Errorf("%q: got %q %v, want %q", text, got, ok, want)
		}
	}
}

func FuzzParseDay(f *testing.F) {
	f.Add("2027年3月5日")
	f.Add("2027/3/5 0:00:00")
	f.Fuzz(func(t *testing.T, text string) {
		day, ok := clock.ParseDay(text)
		if !ok {
			return
		}
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			t.Fatalf("%q: %q is no day", text, day)
		}
		if again, ok := clock.ParseDay(day); !ok || again != day {
			t.Fatalf("%q: %q reads as %q", text, day, again)
		}
	})
}

// A day ends at midnight here, whether it comes from a form, from SQL (midnight UTC) or with a time of day.
func TestStored_IsWhatTheDatabaseGivesBack(t *testing.T) {
	t.Parallel()
	now := clock.Stored(func() time.Time { return time.Date(2026, 11, 29, 12, 33, 55, 765_123_553, time.UTC) })
	if got := now().Format(time.RFC3339Nano); got != "2026-11-29T20:33:55.765123+08:00" {
		t.Errorf("got %s", got)
	}
}

func TestDays_EndAtMidnightHere(t *testing.T) {
	t.Parallel()
	due := day("2026-11-28") // as SQL reads a date back
	for at, want := range map[string]int{
		"2026-11-27T15:59:59Z": -1, // 23:59:59 here
		"2026-11-27T16:00:00Z": 0,
		"2026-11-28T00:00:01Z": 0, // 08:00 here
		"2026-11-28T15:59:59Z": 0,
		"2026-11-28T16:00:00Z": 1, // midnight here: over
		"2026-11-28T23:59:00Z": 1,
		"2027-11-28T15:59:59Z": 365,
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := clock.Days(due, now); got != want {
			t.Errorf("from %s to %s: %d days, want %d", clock.Day(due), at, got, want)
		}
		if got := clock.Days(now, due); got != -want {
			t.Errorf("from %s to %s: %d days, want %d", at, clock.Day(due), got, -want)
		}
	}
}
