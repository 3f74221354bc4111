package registry

import (
	"testing"
	"time"
)

func day(s string) time.Time { return must(time.Parse(time.DateOnly, s)) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestWorkingDaysSkipWeekendsAndHolidaysAndCountShiftedDays(t *testing.T) {
	t.Parallel()
	c := calendar{"2026-05-01": holiday, "2026-05-04": holiday, "2026-05-09": workday} // a Friday, a Monday, a Saturday
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
		if got := c.add(day(x.from), x.days, x.unit).Format(time.DateOnly); got != x.want {
			t.Errorf("%s + %d %s = %s, want %s", x.from, x.days, x.unit, got, x.want)
		}
	}
	if got := c.between(day("2026-04-30"), day("2026-05-09")); got != 5 {
		t.Errorf("between = %d, want 5", got)
	}
	if got := c.between(day("2026-05-09"), day("2026-04-30")); got != -5 {
		t.Errorf("back = %d, want -5", got)
	}
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
		f := Filing{State: InReview, ClockStartedOn: &start, PausedWorking: x.working, PausedCalendar: x.cal}
		p.run(calendar{}, &f, x.large)
		if f.TargetOn.Format(time.DateOnly) != x.target || f.LegalOn.Format(time.DateOnly) != x.legal {
			t.Errorf("target %s legal %s, want %s %s", f.TargetOn, f.LegalOn, x.target, x.legal)
		}
		if got := due(calendar{}, f, start).Words; got != x.due {
			t.Errorf("words %q, want %q", got, x.due)
		}
	}
}

func TestDueSpeaksPlainChinese(t *testing.T) {
	t.Parallel()
	start, target, legal := day("2026-04-10"), day("2026-05-01"), day("2026-05-10")
	f := Filing{State: InReview, ClockStartedOn: &start, TargetOn: &target, LegalOn: &legal, DueOn: target, SubmittedAt: start}
	correcting := f
	correcting.State, correcting.DueOn = Correcting, day("2026-04-24")
	waiting := f
	waiting.State = AwaitingAcceptance
	for _, x := range []struct {
		f     Filing
		on    string
		words string
		warn  bool
	}{
		{f, "2026-04-13", "还剩 14 个工作日", false},
		{f, "2026-04-28", "还剩 3 个工作日", true},
		{f, "2026-05-01", "今天到期", true},
		{f, "2026-05-05", "已超期 2 个工作日", true},
		{f, "2026-05-11", "已超过法定期限", true},
		{correcting, "2026-04-13", "等待补正，还剩 9 个工作日", false},
		{correcting, "2026-04-27", "补正已逾期 1 个工作日", true},
		{waiting, "2026-04-14", "待受理，已等 2 个工作日", false},
	} {
		if got := due(calendar{}, x.f, day(x.on)); got.Words != x.words || got.Warning != x.warn {
			t.Errorf("%s on %s: %q warn %v, want %q %v", x.f.State, x.on, got.Words, got.Warning, x.words, x.warn)
		}
	}
}
