package deadline

import (
	"fmt"
	"slices"
	"time"

	"techmarket/internal/foundation/clock"
)

// Due is a case's clock in figures and words.
type Due struct {
	On       time.Time  `json:"on" format:"date"`       // the day that holds now: target, or the applicant's day while correcting
	TargetOn *time.Time `json:"targetOn" format:"date"` // nil before acceptance
	LegalOn  *time.Time `json:"legalOn" format:"date"`
	Left     int        `json:"leftWorkingDays"` // until On; negative when over
	Paused   bool       `json:"paused"`
	Overdue  bool       `json:"overdue"` // the desk is past On; one count everywhere
	Illegal  bool       `json:"illegal"` // past LegalOn
	Warning  bool       `json:"warning"` // three working days or fewer, or half of the time gone
	Words    string     `json:"words"`   // 还剩 6 个工作日
	Level    Level      `json:"-"`

	lapsed bool // the applicant is past On
}

// Run is the clock of one case: what was counted so far, and the days that hold.
type Run struct {
	ClockStartedOn *time.Time `json:"clockStartedOn" format:"date"` // nil before acceptance
	PausedOn       *time.Time `json:"pausedOn" format:"date"`       // since when the applicant mends; nil while the clock runs
	PausedWorking  int        `json:"pausedWorkingDays"`
	PausedCalendar int        `json:"pausedCalendarDays"`
	TargetOn       *time.Time `json:"targetOn" format:"date"`
	LegalOn        *time.Time `json:"legalOn" format:"date"`
	DueOn          time.Time  `json:"dueOn" format:"date"` // the day that holds now
}

// Phase is what the clock of a case does in the state where the case stands.
type Phase int

// The phases.
const (
	Waiting Phase = iota // for acceptance: no clock of the desk runs yet
	Running
	Pausing // the applicant mends: the clock stands still
	Done
)

// Start lets the clock begin: the day itself counts as day nought.
func (p Policy) Start(days clock.Calendar, r *Run, today time.Time) {
	r.ClockStartedOn, r.PausedWorking, r.PausedCalendar = &today, 0, 0
	p.Set(days, r, false)
}

// Pause stops the clock and gives the applicant the policy's working days.
func (p Policy) Pause(days clock.Calendar, r *Run, today time.Time) {
	r.DueOn, r.PausedOn = days.Add(today, p.CorrectionDays, "working"), &today
}

// Resume lets the clock go on after a pause. It starts anew where the policy says so, or where it had not started yet: a case that
// was not accepted counts as accepted from today; the answer says which.
func (p Policy) Resume(days clock.Calendar, r *Run, today time.Time) (anew bool) {
	paused := *r.PausedOn
	r.PausedOn = nil
	if r.ClockStartedOn == nil || p.CorrectionResetsClock {
		p.Start(days, r, today)
		return true
	}
	r.PausedWorking += days.Between(paused, today)
	r.PausedCalendar += clock.Days(paused, today)
	p.Set(days, r, false)
	return false
}

// Set works out target and legal day of a clock that started, pauses included. The target never lies behind the law.
func (p Policy) Set(days clock.Calendar, r *Run, large bool) {
	if r.ClockStartedOn == nil {
		return
	}
	target, legal := p.TargetDays, p.LegalDays
	if large {
		target, legal = p.LargeTargetDays, p.LargeLegalDays
	}
	extend := func(n int, unit string) time.Time {
		paused := r.PausedWorking
		if unit == "calendar" {
			paused = r.PausedCalendar
		}
		return days.Add(*r.ClockStartedOn, n+paused, unit)
	}
	t, l := extend(target, p.TargetUnit), extend(legal, p.LegalUnit)
	if t.After(l) {
		t = l
	}
	r.TargetOn, r.LegalOn, r.DueOn = &t, &l, t
}

// Of reads the clock of a case that was submitted at an instant, as it stands today.
func Of(days clock.Calendar, r Run, phase Phase, submitted, today time.Time) Due {
	d := Due{On: r.DueOn, TargetOn: r.TargetOn, LegalOn: r.LegalOn, Left: days.Between(today, r.DueOn), Paused: phase == Pausing}
	d.Overdue = !d.Paused && phase == Running && today.After(r.DueOn)
	d.lapsed = d.Paused && today.After(r.DueOn)
	d.Illegal = r.LegalOn != nil && !d.Paused && today.After(*r.LegalOn)
	half := r.ClockStartedOn != nil && r.TargetOn != nil &&
		2*days.Between(*r.ClockStartedOn, today) >= days.Between(*r.ClockStartedOn, *r.TargetOn)
	d.Warning = half || d.Left <= 3
	switch {
	case d.Paused || r.ClockStartedOn == nil:
		d.Level = Wait
	case d.Illegal:
		d.Level = Legal
	case d.Overdue:
		d.Level = Target
	case d.Left <= 3:
		d.Level = Near
	case half:
		d.Level = Half
	default:
		d.Level = Calm
	}
	if phase == Done {
		d.Warning, d.Illegal = false, false
	}
	d.Words = d.words(phase, days.Between(clock.Date(submitted), today))
	return d
}

func (d Due) words(phase Phase, waited int) string {
	switch {
	case phase == Done:
		return "已办结"
	case phase == Waiting:
		return fmt.Sprintf("待受理，已等 %d 个工作日", max(0, waited))
	case d.lapsed:
		return "补正已逾期" + over(d.Left)
	case d.Paused && d.Left == 0:
		return "补正今天到期"
	case d.Paused:
		return fmt.Sprintf("等待补正，还剩 %d 个工作日", d.Left)
	case d.Illegal:
		return "已超过法定期限"
	case d.Overdue:
		return "已超期" + over(d.Left)
	case d.Left == 0:
		return "今天到期"
	default:
		return fmt.Sprintf("还剩 %d 个工作日", d.Left)
	}
}

// Rest is what remains until the day, or by how much it was missed, without what the case waits for.
func (d Due) Rest() string {
	switch {
	case d.Left > 0:
		return fmt.Sprintf("还剩 %d 个工作日", d.Left)
	case d.lapsed:
		return "已逾期" + over(d.Left)
	case d.Overdue:
		return "已超期" + over(d.Left)
	}
	return ""
}

// over says by how many working days a day was missed; a weekend counts none.
func over(left int) string {
	if left == 0 {
		return "不足 1 个工作日"
	}
	return fmt.Sprintf(" %d 个工作日", -left)
}

// Level is how urgent an open case is.
type Level string

// The levels, most urgent first.
const (
	Legal  Level = "legal"  // past the legal limit
	Target Level = "target" // past the target
	Near   Level = "near"   // three working days or fewer
	Half   Level = "half"   // half of the time gone
	Calm   Level = "calm"
	Wait   Level = "wait" // waits for the applicant or for acceptance: no clock of the desk runs
)

// Levels lists them, most urgent first.
func Levels() []Level {
	return []Level{Legal, Target, Near, Half, Calm, Wait}
}

func Rank(l Level) int { return slices.Index(Levels(), l) }
