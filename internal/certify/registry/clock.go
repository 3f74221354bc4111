package registry

import (
	"fmt"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/money"
)

// Policy is one dated row of the clock (docs/rules/clocks.md §1). Days are whole days in Asia/Shanghai.
type Policy struct {
	ID                    int64
	Name                  string
	ValidFrom             time.Time
	ValidTo               *time.Time
	TargetDays            int
	TargetUnit            string // working, calendar
	LegalDays             int
	LegalUnit             string
	LargeTargetDays       int
	LargeLegalDays        int
	LargeAmount           money.Fen
	CorrectionDays        int // working days the applicant has
	CorrectionResetsClock bool
	Active                bool
	Source                string
	Standing              PolicyStanding `db:"-" json:"-"` // today, in a list
}

// Due is a case's clock in figures and words.
type Due struct {
	On       time.Time  `json:"on"`       // the day that holds now: target, or the applicant's day while correcting
	TargetOn *time.Time `json:"targetOn"` // nil before acceptance
	LegalOn  *time.Time `json:"legalOn"`
	Left     int        `json:"leftWorkingDays"` // until On; negative when over
	Paused   bool       `json:"paused"`
	Overdue  bool       `json:"overdue"` // past On
	Illegal  bool       `json:"illegal"` // past LegalOn
	Warning  bool       `json:"warning"` // three working days or fewer, or half of the time gone
	Words    string     `json:"words"`   // 还剩 6 个工作日
}

// calendar knows the days on which a desk does not work although the week says so, and the other way round
// (国务院办公厅 announces both each year; the table is data).
type calendar map[string]string

const (
	holiday = "holiday"
	workday = "workday"
)

func (c calendar) working(day time.Time) bool {
	switch c[day.Format(time.DateOnly)] {
	case holiday:
		return false
	case workday:
		return true
	default:
		return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
	}
}

// add returns the day n days after start; start itself never counts (民法典第201条: the first day is not counted).
func (c calendar) add(start time.Time, n int, unit string) time.Time {
	if unit == "calendar" {
		return start.AddDate(0, 0, n)
	}
	day := start
	for n > 0 {
		day = day.AddDate(0, 0, 1)
		if c.working(day) {
			n--
		}
	}
	return day
}

// between counts the working days after from up to and including to; negative where to lies before from.
func (c calendar) between(from, to time.Time) int {
	if to.Before(from) {
		return -c.between(to, from)
	}
	n := 0
	for day := from.AddDate(0, 0, 1); !day.After(to); day = day.AddDate(0, 0, 1) {
		if c.working(day) {
			n++
		}
	}
	return n
}

// run sets target and legal day of a filing whose clock started, pauses included. The target never lies behind the law.
func (p Policy) run(c calendar, f *Filing, large bool) {
	if f.ClockStartedOn == nil {
		return
	}
	target, legal := p.TargetDays, p.LegalDays
	if large {
		target, legal = p.LargeTargetDays, p.LargeLegalDays
	}
	extend := func(days int, unit string) time.Time {
		paused := f.PausedWorking
		if unit == "calendar" {
			paused = f.PausedCalendar
		}
		return c.add(*f.ClockStartedOn, days+paused, unit)
	}
	t, l := extend(target, p.TargetUnit), extend(legal, p.LegalUnit)
	if t.After(l) {
		t = l
	}
	f.TargetOn, f.LegalOn, f.DueOn = &t, &l, t
}

// due reads the clock of a filing on a day.
func due(c calendar, f Filing, today time.Time) Due {
	d := Due{On: f.DueOn, TargetOn: f.TargetOn, LegalOn: f.LegalOn, Left: c.between(today, f.DueOn), Paused: f.State == Correcting}
	d.Overdue = today.After(f.DueOn)
	d.Illegal = f.LegalOn != nil && !d.Paused && today.After(*f.LegalOn)
	if f.ClockStartedOn != nil && f.TargetOn != nil {
		d.Warning = 2*c.between(*f.ClockStartedOn, today) >= c.between(*f.ClockStartedOn, *f.TargetOn)
	}
	d.Warning = d.Warning || d.Left <= 3
	switch {
	case !f.State.Open():
		d.Words, d.Warning, d.Overdue, d.Illegal = "已办结", false, false, false
	case f.State == AwaitingAcceptance:
		d.Words = fmt.Sprintf("待受理，已等 %d 个工作日", max(0, c.between(dayOf(f.SubmittedAt), today)))
	case d.Paused && d.Overdue:
		d.Words = fmt.Sprintf("补正已逾期 %d 个工作日", -d.Left)
	case d.Paused && d.Left == 0:
		d.Words = "补正今天到期"
	case d.Paused:
		d.Words = fmt.Sprintf("等待补正，还剩 %d 个工作日", d.Left)
	case d.Illegal:
		d.Words = "已超过法定期限"
	case d.Overdue:
		d.Words = fmt.Sprintf("已超期 %d 个工作日", -d.Left)
	case d.Left == 0:
		d.Words = "今天到期"
	default:
		d.Words = fmt.Sprintf("还剩 %d 个工作日", d.Left)
	}
	return d
}

// dayOf is the calendar day of an instant in Shanghai, as midnight UTC: what a SQL date reads back as.
func dayOf(t time.Time) time.Time {
	y, m, d := clock.Local(t).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
