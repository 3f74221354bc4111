// Package notice owns 公示: the one machine for price, winner, reward, grant of rights and leaders' reward. A notice that passed is the
// guard of sign, pay out and grant.
//
// The table `rows` holds every step and, for every other pair of state and event, why it is refused:
//
//	draft     ── before the begin nothing happens
//	running   ──object (anyone with a real name, in time)──▶ suspended
//	          ──withdraw (owner; reason)──▶ withdrawn
//	suspended ──object──▶ suspended
//	          ──reject, uphold_minor (panel; answer published)──▶ suspended while others are open, else running or passed
//	          ──uphold (panel; answer published)──▶ void
//	          ──withdraw (owner; reason)──▶ withdrawn
//	passed    ──expire (job)──▶ passed
//	void      ──republish (owner)──▶ running, a new full period without the old objections
//
// Time alone moves draft to running and running to passed: the clock runs on while suspended, and at the end a notice without an open
// objection has passed whether or not the job has come.
package notice

import (
	"slices"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
)

// State is where a notice stands.
type State string

// The states.
const (
	Draft     State = "draft"
	Running   State = "running"
	Suspended State = "suspended"
	Passed    State = "passed"
	Void      State = "void"
	Withdrawn State = "withdrawn"
)

// The events.
const (
	EventObject      = "object"
	EventReject      = "reject"
	EventUpholdMinor = "uphold_minor"
	EventUphold      = "uphold"
	EventWithdraw    = "withdraw"
	EventExpire      = "expire"
	EventRepublish   = "republish"
)

// Roles that may cause an event.
const (
	RoleOwner  = "owner"  // the unit that published the notice
	RolePanel  = "panel"  // the unit's objection panel
	RoleAnyone = "anyone" // signed in
	RoleSystem = "system" // the job
)

// Refusal is the code of a refused event.
type Refusal string

// The refusals.
const (
	NotVoid         Refusal = "not_void"
	NotStarted      Refusal = "not_started"
	AlreadyEnded    Refusal = "ended"
	Late            Refusal = "late" // it becomes a complaint
	Anonymous       Refusal = "anonymous"
	NoGrounds       Refusal = "no_grounds"
	Duplicate       Refusal = "duplicate"
	NoOpenObjection Refusal = "no_open_objection"
	PanelConflict   Refusal = "panel_conflict"
	NoAnswer        Refusal = "no_answer"
	NoReason        Refusal = "no_reason"
	OpenObjection   Refusal = "open_objection"
	TooEarly        Refusal = "too_early"
)

// Terms are the period of a notice and what an objection must bring.
type Terms struct {
	Days      int    // of the period; the first day is not counted
	Unit      string // fact.CalendarDays or fact.WorkingDays
	Calendar  clock.Calendar
	MinReason int // characters of a reason without evidence
}

// Event is what happens to a notice.
type Event struct {
	Event           string    `json:"event" words:"object reject uphold_minor uphold withdraw expire republish"`
	At              time.Time `json:"at"`
	Objection       string    `json:"objection" when:"event=object,reject,uphold_minor,uphold"`
	RealName        bool      `json:"real_name" when:"event=object"`
	ReasonLength    int       `json:"reason_length" when:"event=object" min:"0"`
	Evidence        bool      `json:"evidence" when:"event=object"`
	PanelIsDecider  bool      `json:"panel_is_decider" when:"event=reject,uphold_minor,uphold"` // the decider of the price answers
	AnswerPublished bool      `json:"answer_published" when:"event=reject,uphold_minor,uphold"`
	Reason          bool      `json:"reason" when:"event=withdraw"` // one was given
}

// Notice is a notice with what happened to it in its last period.
type Notice struct {
	Terms   Terms
	Begin   time.Time
	LastDay fact.Day
	Ended   State    // Void or Withdrawn, "" while neither
	Seen    []string // objections accepted in this period
	Open    []string // of them, those without an answer
}

// New is a notice whose period begins at an instant.
func New(terms Terms, begin time.Time) *Notice {
	n := &Notice{Terms: terms}
	n.start(begin)
	return n
}

func (n *Notice) start(begin time.Time) {
	n.Begin, n.Ended, n.Seen, n.Open = begin, "", nil, nil
	n.LastDay = fact.Due(n.Terms.Calendar, fact.DayOf(begin), n.Terms.Days, n.Terms.Unit)
}

// EndsAt is 24:00 of the last day; that instant is outside.
func (n *Notice) EndsAt() time.Time { return n.LastDay.End() }

// StateAt is the state at an instant when nothing more happens until then.
func (n *Notice) StateAt(at time.Time) State {
	switch {
	case n.Ended != "":
		return n.Ended
	case at.Before(n.Begin):
		return Draft
	case len(n.Open) > 0:
		return Suspended
	case at.Before(n.EndsAt()):
		return Running
	default:
		return Passed
	}
}

// row is a line of the table: the event in these states, by whom, what may stand against it, and where it leads. A row without do is
// refused with the code in refuse.
type row struct {
	from   []State
	event  string
	role   string
	guards []guard
	do     func(*Notice, Event)
	to     []State
	refuse Refusal
}

type guard struct {
	code  Refusal
	holds func(*Notice, Event) bool
}

func rows() []row {
	object := []guard{
		{Late, func(n *Notice, e Event) bool { return e.At.Before(n.EndsAt()) }},
		{Anonymous, func(_ *Notice, e Event) bool { return e.RealName }},
		{NoGrounds, func(n *Notice, e Event) bool { return e.Evidence || e.ReasonLength >= n.Terms.MinReason }},
		{Duplicate, func(n *Notice, e Event) bool { return !slices.Contains(n.Seen, e.Objection) }},
	}
	answer := []guard{
		{NoOpenObjection, func(n *Notice, e Event) bool { return slices.Contains(n.Open, e.Objection) }},
		{PanelConflict, func(_ *Notice, e Event) bool { return !e.PanelIsDecider }},
		{NoAnswer, func(_ *Notice, e Event) bool { return e.AnswerPublished }},
	}
	reason := []guard{{NoReason, func(_ *Notice, e Event) bool { return e.Reason }}}
	open := func(n *Notice, e Event) { n.Seen, n.Open = append(n.Seen, e.Objection), append(n.Open, e.Objection) }
	settle := func(n *Notice, e Event) {
		n.Open = slices.DeleteFunc(n.Open, func(id string) bool { return id == e.Objection })
	}
	end := func(as State) func(*Notice, Event) { return func(n *Notice, _ Event) { n.Ended = as } }

	underWay := []State{Running, Suspended}
	over := []State{Void, Withdrawn}
	settled := []State{Suspended, Running, Passed}
	table := []row{
		{from: []State{Void}, event: EventRepublish, role: RoleOwner, to: []State{Running},
			do: func(n *Notice, e Event) { n.start(e.At) }},
		{from: []State{Draft, Running, Suspended, Passed, Withdrawn}, event: EventRepublish, refuse: NotVoid},
		{from: underWay, event: EventObject, role: RoleAnyone, guards: object, do: open, to: []State{Suspended}},
		{from: []State{Passed}, event: EventObject, refuse: Late},
		{from: []State{Suspended}, event: EventReject, role: RolePanel, guards: answer, do: settle, to: settled},
		{from: []State{Suspended}, event: EventUpholdMinor, role: RolePanel, guards: answer, do: settle, to: settled},
		{from: []State{Suspended}, event: EventUphold, role: RolePanel, guards: answer, do: end(Void), to: []State{Void}},
		{from: underWay, event: EventWithdraw, role: RoleOwner, guards: reason, do: end(Withdrawn), to: []State{Withdrawn}},
		{from: []State{Passed}, event: EventWithdraw, refuse: AlreadyEnded},
		{from: []State{Running}, event: EventExpire, refuse: TooEarly},
		{from: []State{Suspended}, event: EventExpire, refuse: OpenObjection},
		{from: []State{Passed}, event: EventExpire, role: RoleSystem, do: func(*Notice, Event) {}, to: []State{Passed}},
	}
	for _, event := range []string{EventObject, EventReject, EventUpholdMinor, EventUphold, EventWithdraw, EventExpire} {
		table = append(table, row{from: []State{Draft}, event: event, refuse: NotStarted}, row{from: over, event: event, refuse: AlreadyEnded})
	}
	for _, event := range []string{EventReject, EventUpholdMinor, EventUphold} {
		table = append(table, row{from: []State{Running, Passed}, event: event, refuse: NoOpenObjection})
	}
	return table
}

// Do applies an event at its instant, or says why it is refused and changes nothing.
func (n *Notice) Do(e Event) Refusal {
	state := n.StateAt(e.At)
	for _, r := range rows() {
		if r.event != e.Event || !slices.Contains(r.from, state) {
			continue
		}
		if r.do == nil {
			return r.refuse
		}
		for _, g := range r.guards {
			if !g.holds(n, e) {
				return g.code
			}
		}
		r.do(n, e)
		return ""
	}
	panic("notice: no row for " + string(state) + " and " + e.Event)
}

// Record is a whole notice as it is stored, with the instants at which its state is asked.
type Record struct {
	Begin     time.Time     `json:"begin"`
	Days      int           `json:"days" min:"0" max:"10000"`
	Unit      string        `json:"unit" words:"calendar working"`
	Calendar  fact.Calendar `json:"calendar"`
	MinReason int           `json:"min_reason" min:"0"`
	Ask       []time.Time   `json:"ask"`
	Events    []Event       `json:"events"`
}

// Refused is an event (1 is the first) with the code of its refusal.
type Refused struct {
	Event int     `json:"event"`
	Code  Refusal `json:"code"`
}

// Result is what a notice comes to: the last period, the states asked for, the refused events.
type Result struct {
	LastDay fact.Day  `json:"last_day"`
	EndsAt  time.Time `json:"ends_at"`
	States  []State   `json:"states"`
	Refused []Refused `json:"refused"`
}

// Replay runs a stored notice again, event by event. An event is in a state asked for where it came by that instant.
func Replay(in Record) Result {
	run := func(until *time.Time) (*Notice, []Refused) {
		n := New(Terms{Days: in.Days, Unit: in.Unit, Calendar: in.Calendar.Days(), MinReason: in.MinReason}, in.Begin)
		var refused []Refused
		for i, e := range in.Events {
			if until != nil && e.At.After(*until) {
				continue
			}
			if code := n.Do(e); code != "" {
				refused = append(refused, Refused{i + 1, code})
			}
		}
		return n, refused
	}
	n, refused := run(nil)
	out := Result{LastDay: n.LastDay, EndsAt: n.EndsAt(), Refused: refused}
	for _, at := range in.Ask {
		n, _ := run(&at)
		out.States = append(out.States, n.StateAt(at))
	}
	return out
}
