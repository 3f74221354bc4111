// Package integrity holds what touches the good name of a party: complaints about a listing with their clock.
//
// A complaint that something listed infringes a right (电子商务法 第四十三条):
//
//	none, returned –file→ valid (or returned, where identity, proof or link is missing)
//	valid –restrict→ restricted –counter→ countered –delivered→ waiting –clock→ restored
//	countered –delivered→ restored at once, where the regime of the right says so
//	restricted, countered, waiting –suit→ held –judgment→ removed | restored
//	valid –drop→ closed; restricted, countered, waiting, held –drop→ restored
//
// Source: docs/rules/replay.md §13.
package integrity

import (
	"slices"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
)

// State of a complaint.
type State string

// The states of a complaint.
const (
	None       State = "none"
	Returned   State = "returned"
	Valid      State = "valid"
	Restricted State = "restricted"
	Countered  State = "countered"
	Waiting    State = "waiting" // for word of a suit
	Held       State = "held"
	Restored   State = "restored"
	Removed    State = "removed"
	Closed     State = "closed"
)

// Disputed tells whether the listing wears 权属争议中: only while it is restricted.
func (s State) Disputed() bool {
	return slices.Contains([]State{Restricted, Countered, Waiting, Held}, s)
}

// Events of a complaint; the clock is none of them, it runs by itself.
const (
	File      = "file"
	Restrict  = "restrict"
	Counter   = "counter"
	Delivered = "delivered" // the counter-statement reached the complainant
	Suit      = "suit"
	Judgment  = "judgment"
	Drop      = "drop"
)

// Refusals.
const (
	WrongState = "wrong_state"
	Incomplete = "incomplete"
	NoRegime   = "no_regime"
	Late       = "late" // the clock had already restored the listing
	NoProof    = "no_proof"
)

// Rules of a regime.
const (
	Wait   = "wait"
	AtOnce = "at_once"
)

// Regime says for a kind of right, from when to when, how long the complainant has to bring a suit.
type Regime struct {
	Right string    `json:"right"`
	From  fact.Day  `json:"from"`
	To    *fact.Day `json:"to"`
	Rule  string    `json:"rule" words:"wait at_once"`
	Days  int       `json:"days" min:"0" max:"3660"` // after the delivery
	Roll  bool      `json:"roll"`                    // a last day that is a rest day moves to the next that is none
}

// Event is one step of a complaint; which of the findings it has depends on the event.
type Event struct {
	Event     string    `json:"event" words:"file restrict counter delivered suit judgment drop"`
	At        time.Time `json:"at"`
	Identity  bool      `json:"identity" when:"event=file,counter"`
	Proof     bool      `json:"proof" when:"event=file,suit"`
	Link      bool      `json:"link" when:"event=file"`
	Grounds   bool      `json:"grounds" when:"event=counter"`
	Infringes bool      `json:"infringes" when:"event=judgment"`
}

// Complaint is what is stored of one.
type Complaint struct {
	State     State
	Regime    *Regime    // of the day of filing (house rule)
	LastDay   *fact.Day  // for word of a suit; stays once it is set
	RestoreAt *time.Time // midnight after it
	ByClock   bool       // restored by the clock
}

// turn is one event on a complaint, with the regime that would hold if it is a filing.
type turn struct {
	c      Complaint
	e      Event
	regime *Regime
}

// row is a line of the table of states: the first that fits decides. A row with a refusal refuses, and still moves to its state.
type row struct {
	from    []State
	event   string
	when    func(turn) bool // nil: always
	refusal string
	to      State // empty: stays
}

// rows is the table of states. What no row fits is wrong_state.
func rows() []row {
	atOnce := func(t turn) bool { return t.c.Regime != nil && t.c.Regime.Rule == AtOnce }
	return []row{
		{[]State{None, Returned}, File, func(t turn) bool { return !t.e.Identity || !t.e.Proof || !t.e.Link }, Incomplete, Returned},
		{[]State{None, Returned}, File, func(t turn) bool { return t.regime == nil }, NoRegime, ""},
		{[]State{None, Returned}, File, nil, "", Valid},
		{[]State{Valid}, Restrict, nil, "", Restricted},
		{[]State{Restricted}, Counter, func(t turn) bool { return !t.e.Identity || !t.e.Grounds }, Incomplete, ""},
		{[]State{Restricted}, Counter, nil, "", Countered},
		{[]State{Countered}, Delivered, atOnce, "", Restored},
		{[]State{Countered}, Delivered, nil, "", Waiting},
		{[]State{Restored}, Suit, func(t turn) bool { return t.c.ByClock }, Late, ""},
		{[]State{Restricted, Countered, Waiting}, Suit, func(t turn) bool { return !t.e.Proof }, NoProof, ""},
		{[]State{Restricted, Countered, Waiting}, Suit, nil, "", Held},
		{[]State{Held}, Judgment, func(t turn) bool { return t.e.Infringes }, "", Removed},
		{[]State{Held}, Judgment, nil, "", Restored},
		{[]State{Valid}, Drop, nil, "", Closed},
		{[]State{Restricted, Countered, Waiting, Held}, Drop, nil, "", Restored},
	}
}

// Law is what the step needs to know beside the complaint.
type Law struct {
	Right   string
	Regimes []Regime
	Rest    clock.Calendar
}

// regime is the row of the right on a day; of several the one with the latest begin.
func (l Law) regime(day fact.Day) *Regime {
	var best *Regime
	for i, r := range l.Regimes {
		if r.Right == l.Right && r.From <= day && (r.To == nil || day <= *r.To) && (best == nil || r.From >= best.From) {
			best = &l.Regimes[i]
		}
	}
	return best
}

// Tick lets the clock run up to an instant: a waiting complaint is restored from the midnight after the last day.
func (c Complaint) Tick(now time.Time) Complaint {
	if c.State == Waiting && !now.Before(*c.RestoreAt) {
		c.State, c.ByClock = Restored, true
	}
	return c
}

// Step lets the clock run up to an event and then does the event. The refusal is a code, "" where it was done.
func (l Law) Step(c Complaint, e Event) (Complaint, string) {
	c = c.Tick(e.At)
	day := fact.DayOf(e.At)
	t := turn{c, e, l.regime(day)}
	for _, r := range rows() {
		if r.event != e.Event || !slices.Contains(r.from, c.State) || r.when != nil && !r.when(t) {
			continue
		}
		if r.to != "" {
			c.State = r.to
		}
		switch {
		case c.State == Valid:
			c.Regime = t.regime
		case c.State == Waiting && e.Event == Delivered:
			last := day + fact.Day(c.Regime.Days)
			if c.Regime.Roll {
				last = fact.Due(l.Rest, day, c.Regime.Days, fact.CalendarDays)
			}
			end := last.End()
			c.LastDay, c.RestoreAt = &last, &end
		}
		return c, r.refusal
	}
	return c, WrongState
}

// Facts are a complaint with its law and the instants to ask for.
type Facts struct {
	Right    string        `json:"right"`
	Regimes  []Regime      `json:"regimes"`
	Calendar fact.Calendar `json:"calendar"`
	Ask      []time.Time   `json:"ask"`
	Events   []Event       `json:"events"`
}

// Refusal names an event by its place, from 1, and says why it was refused.
type Refusal struct {
	Event int    `json:"event"`
	Code  string `json:"code"`
}

// Course is how a complaint went.
type Course struct {
	LastDay   *fact.Day  `json:"last_day"`
	RestoreAt *time.Time `json:"restore_at"`
	States    []State    `json:"states"` // at the instants asked for; events of that instant are in
	Badge     []bool     `json:"badge"`
	Refused   []Refusal  `json:"refused"`
}

// Follow folds the events of a complaint.
func Follow(f Facts) Course {
	var out Course
	law := Law{Right: f.Right, Regimes: f.Regimes, Rest: f.Calendar.Days()}
	c := Complaint{State: None}
	for i, e := range f.Events {
		var refusal string
		if c, refusal = law.Step(c, e); refusal != "" {
			out.Refused = append(out.Refused, Refusal{i + 1, refusal})
		}
	}
	out.LastDay, out.RestoreAt = c.LastDay, c.RestoreAt
	for _, at := range f.Ask {
		c := Complaint{State: None}
		for _, e := range f.Events {
			if !e.At.After(at) {
				c, _ = law.Step(c, e)
			}
		}
		c = c.Tick(at)
		out.States = append(out.States, c.State)
		out.Badge = append(out.Badge, c.State.Disputed())
	}
	return out
}
