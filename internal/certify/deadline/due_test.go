package deadline

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

func TestTheTargetNeverLiesBehindTheLegalDay(t *testing.T) {
	t.Parallel()
	p := Policy{TargetDays: 15, TargetUnit: "working", LegalDays: 30, LegalUnit: "calendar", LargeTargetDays: 30, LargeLegalDays: 30}
	start := day("2026-04-10")
	for _, x := range []struct {
		large              bool
		working, cal       int
		target, legal, due string
	}{
		{false, 0, 0, "2026-05-01", "2026-05-10", "还剩 15 个工作日"},
		{true, 0, 0, "2026-05-10", "2026-05-10", "还剩 20 个工作日"},  // 30 working days would pass the law
		{false, 5, 7, "2026-05-08", "2026-05-17", "还剩 20 个工作日"}, // a correction of a week
	} {
		f := Run{ClockStartedOn: &start, PausedWorking: x.working, PausedCalendar: x.cal}
		p.Set(clock.Calendar{}, &f, x.large)
		if f.TargetOn.Format(time.DateOnly) != x.target || f.LegalOn.Format(time.DateOnly) != x.legal {
			t.Errorf("target %s legal %s, want %s %s", f.TargetOn, f.LegalOn, x.target, x.legal)
		}
		if got := Of(clock.Calendar{}, f, Running, start, start).Words; got != x.due {
			t.Errorf("words %q, want %q", got, x.due)
		}
	}
}

func TestDueSpeaksPlainChinese(t *testing.T) {
	t.Parallel()
	start, target, legal := day("2026-04-10"), day("2026-05-01"), day("2026-05-10")
	f := Run{ClockStartedOn: &start, TargetOn: &target, LegalOn: &legal, DueOn: target}
	correcting := f
	correcting.DueOn = day("2026-04-24")
	for _, x := range []struct {
		run   Run
		phase Phase
		on    string
		words string
		warn  bool
	}{
		{f, Running, "2026-04-13", "还剩 14 个工作日", false},
		{f, Running, "2026-04-28", "还剩 3 个工作日", true},
		{f, Running, "2026-05-01", "今天到期", true},
		{f, Running, "2026-05-05", "已超期 2 个工作日", true},
		{f, Running, "2026-05-11", "已超过法定期限", true},
		{correcting, Pausing, "2026-04-13", "等待补正，还剩 9 个工作日", false},
		{correcting, Pausing, "2026-04-27", "补正已逾期 1 个工作日", true},
		{f, Waiting, "2026-04-14", "待受理，已等 2 个工作日", false},
	} {
		if got := Of(clock.Calendar{}, x.run, x.phase, start, day(x.on)); got.Words != x.words || got.Warning != x.warn {
			t.Errorf("%d on %s: %q warn %v, want %q %v", x.phase, x.on, got.Words, got.Warning, x.words, x.warn)
		}
	}
	// Wherever the day stands, it is counted in the same days.
	for _, x := range []struct {
		run      Run
		phase    Phase
		on, rest string
	}{{f, Running, "2026-04-28", "还剩 3 个工作日"}, {f, Running, "2026-05-01", ""}, {f, Running, "2026-05-05", "已超期 2 个工作日"},
		{correcting, Pausing, "2026-04-27", "已逾期 1 个工作日"}, {f, Waiting, "2026-04-28", "还剩 3 个工作日"}} {
		if got := Of(clock.Calendar{}, x.run, x.phase, start, day(x.on)).Rest(); got != x.rest {
			t.Errorf("%d on %s: %q, want %q", x.phase, x.on, got, x.rest)
		}
	}
}
