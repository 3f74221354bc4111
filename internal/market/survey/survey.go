// Package survey is the 双调查 round: a frame of organisations, what became of each, the rates, and whom to remind on a day.
//
// A frame row goes assigned → notified → started → submitted → accepted, or ends as zero (零报告), refused, not_found or out (not
// eligible). Rates are ratios of sums, never means of rates.
//
// Source: docs/rules/replay.md §9.
package survey

import (
	"maps"
	"slices"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
)

// State of a frame row.
type State string

// The states of a frame row.
const (
	Assigned  State = "assigned" // also before any history
	Notified  State = "notified"
	Started   State = "started"
	Submitted State = "submitted"
	Accepted  State = "accepted"
	Zero      State = "zero"
	Refused   State = "refused"
	NotFound  State = "not_found"
	Out       State = "out"
)

// Extension is decided on a day and moves the close of the round to another.
type Extension struct {
	On fact.Day `json:"on"`
	To fact.Day `json:"to"`
}

// Round is the time of a survey; both days are inside.
type Round struct {
	Opens     fact.Day   `json:"opens"`
	Closes    fact.Day   `json:"closes"`
	Extension *Extension `json:"extension"`
}

// Check refuses a round that closes before it opens.
func (r Round) Check() (key string, why fault.Sentence) {
	if r.Closes < r.Opens {
		return "closes", "早于开始日"
	}
	return "", ""
}

// close is the last day of the round as it is known on a day.
func (r Round) close(on fact.Day) fact.Day {
	if r.Extension != nil && r.Extension.On <= on {
		return r.Extension.To
	}
	return r.Closes
}

// Policy says when to remind, in days.
type Policy struct {
	AfterOpen   []int `json:"after_open" min:"0"`
	Half        bool  `json:"half"` // half of the round as first announced
	BeforeClose []int `json:"before_close" min:"0"`
}

// Step is one change of a frame row.
type Step struct {
	On    fact.Day `json:"on"`
	State State    `json:"state" words:"assigned notified started submitted accepted zero refused not_found out"`
}

// Row is one organisation of the frame.
type Row struct {
	Org     string `json:"org"`
	County  string `json:"county"`
	Office  string `json:"office"` // who helps it
	History []Step `json:"history"`
}

// On is the state of the row at the end of a day.
func (r Row) On(day fact.Day) State {
	state := Assigned
	for _, s := range r.History {
		if s.On <= day {
			state = s.State
		}
	}
	return state
}

// Facts are a round with its frame.
type Facts struct {
	Round        Round      `json:"round"`
	Policy       Policy     `json:"policy"`
	Rows         []Row      `json:"rows"`
	AsOf         fact.Day   `json:"as_of"`
	ReminderDays []fact.Day `json:"reminder_days"`
}

// Rates of a set of frame rows, in percent; nil where nothing could answer.
type Rates struct {
	Frame    int     `json:"frame"` // all rows, also those out
	Response *string `json:"response"`
	Contact  *string `json:"contact"`
	Usable   *string `json:"usable"`
}

// CountyRates are the rates of one county.
type CountyRates struct {
	County   string  `json:"county"`
	Frame    int     `json:"frame"`
	Response *string `json:"response"`
	Contact  *string `json:"contact"`
	Usable   *string `json:"usable"`
}

// RatesOf counts states: response = (submitted + accepted + zero) / (rows − out), contact = (rows − out − not_found) / (rows − out),
// usable = accepted / (submitted + accepted).
func RatesOf(states []State) Rates {
	n := map[State]int64{}
	for _, s := range states {
		n[s]++
	}
	eligible := int64(len(states)) - n[Out]
	came := n[Submitted] + n[Accepted]
	return Rates{
		Frame:    len(states),
		Response: fact.Percent(came+n[Zero], eligible),
		Contact:  fact.Percent(eligible-n[NotFound], eligible),
		Usable:   fact.Percent(n[Accepted], came),
	}
}

// Due tells whether a day is one of the reminder days of the round. Reminders that fall together are one.
func Due(r Round, p Policy, day fact.Day) bool {
	last := r.close(day)
	if day <= r.Opens || day > last {
		return false
	}
	at := func(d fact.Day) bool { return d == day }
	return slices.ContainsFunc(p.AfterOpen, func(n int) bool { return at(r.Opens + fact.Day(n)) }) ||
		p.Half && at(r.Opens+(r.Closes-r.Opens)/2) ||
		slices.ContainsFunc(p.BeforeClose, func(n int) bool { return at(last - fact.Day(n)) })
}

// Digest is the one reminder that an office gets on a day.
type Digest struct {
	Office string   `json:"office"`
	Orgs   []string `json:"orgs"`
}

// Digests lists whom to remind on the morning of a day: rows that were notified or started the evening before. Rows only assigned
// were told nothing yet and are not reminded (house rule).
func Digests(rows []Row, day fact.Day) []Digest {
	orgs := map[string][]string{}
	for _, r := range rows {
		if s := r.On(day - 1); s == Notified || s == Started {
			orgs[r.Office] = append(orgs[r.Office], r.Org)
		}
	}
	var list []Digest
	for _, office := range sortedKeys(orgs) {
		list = append(list, Digest{Office: office, Orgs: orgs[office]})
	}
	return list
}

// Reminder is what the job does on a day.
type Reminder struct {
	Day     fact.Day `json:"day"`
	Due     bool     `json:"due"`
	Offices []Digest `json:"offices"`
}

// Figures are the rates by county and in total, and the reminders of the days asked for.
type Figures struct {
	Counties  []CountyRates `json:"counties"`
	Total     Rates         `json:"total"`
	Reminders []Reminder    `json:"reminders"`
}

// Compute answers one round.
func Compute(in Facts) Figures {
	var out Figures
	var all []State
	counties := map[string][]State{}
	for _, r := range in.Rows {
		s := r.On(in.AsOf)
		all = append(all, s)
		counties[r.County] = append(counties[r.County], s)
	}
	for _, county := range sortedKeys(counties) {
		r := RatesOf(counties[county])
		out.Counties = append(out.Counties, CountyRates{county, r.Frame, r.Response, r.Contact, r.Usable})
	}
	out.Total = RatesOf(all)
	for _, day := range in.ReminderDays {
		r := Reminder{Day: day, Due: Due(in.Round, in.Policy, day)}
		if r.Due {
			r.Offices = Digests(in.Rows, day)
		}
		out.Reminders = append(out.Reminders, r)
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
