package sale

import (
	"slices"
	"time"

	"techmarket/internal/foundation/fault"
)

// Stage is where a sale stands beside the bidding: begin, pauses and end follow from the times of a disclosed one.
type Stage string

// The stages.
const (
	Draft     Stage = "draft"
	InReview  Stage = "in_review"
	Disclosed Stage = "disclosed" // 已挂牌: waits for the begin, is open or paused
	Sold      Stage = "sold"
	Unsold    Stage = "unsold"
	CalledOff Stage = "withdrawn"
	Confirmed Stage = "confirmed" // 成交确认
	Defaulted Stage = "defaulted" // 悔拍
)

// Event moves a sale.
type Event string

// The events.
const (
	EventSubmit   Event = "submit"
	EventReturn   Event = "return"
	EventPublish  Event = "publish"
	EventWithdraw Event = "withdraw"
	EventPause    Event = "pause"
	EventResume   Event = "resume"
	EventFinish   Event = "finish"
	EventConfirm  Event = "confirm"
	EventDefault  Event = "default"
)

// Roles that may cause an event.
const (
	RoleOwner  = "owner"  // members of the unit that sells
	RoleDesk   = "desk"   // officers whose area holds the unit
	RoleSystem = "system" // the finish job
)

// move is a line of the table; guard, where there is one, looks at the auction at an instant.
type move struct {
	from   Stage
	on     Event
	role   string
	reason bool // one must be given
	guard  func(a *Auction, at time.Time) *fault.Error
	to     []Stage
}

// moves is the whole table of a sale.
func moves() []move {
	return []move{
		{from: Draft, on: EventSubmit, role: RoleOwner, to: []Stage{InReview}},
		{from: InReview, on: EventReturn, role: RoleDesk, reason: true, to: []Stage{Draft}},
		{from: InReview, on: EventPublish, role: RoleDesk, guard: beforeBegin, to: []Stage{Disclosed}},
		{from: Disclosed, on: EventWithdraw, role: RoleOwner, reason: true, guard: beforeBegin, to: []Stage{CalledOff}},
		{from: Disclosed, on: EventPause, role: RoleDesk, reason: true, guard: open, to: []Stage{Disclosed}},
		{from: Disclosed, on: EventResume, role: RoleDesk, guard: stopped, to: []Stage{Disclosed}},
		{from: Disclosed, on: EventFinish, role: RoleSystem, guard: over, to: []Stage{Sold, Unsold}},
		{from: Sold, on: EventConfirm, role: RoleOwner, to: []Stage{Confirmed}},
		{from: Sold, on: EventDefault, role: RoleOwner, reason: true, to: []Stage{Defaulted}},
	}
}

func beforeBegin(a *Auction, at time.Time) *fault.Error {
	if at.Before(a.Begins) {
		return nil
	}
	return fault.New(fault.Conflict, "bidding_begun", "竞价开始时间已过：不能再挂牌或撤牌，只能由管理员因故障或依法暂停")
}

func open(a *Auction, at time.Time) *fault.Error {
	if !at.Before(a.Begins) && !at.After(a.End) && !a.stopped() {
		return nil
	}
	return fault.New(fault.Conflict, "not_bidding", "现在不在竞价中，不能暂停。请刷新页面查看竞价的状态")
}

func stopped(a *Auction, _ time.Time) *fault.Error {
	if a.stopped() {
		return nil
	}
	return fault.New(fault.Conflict, "not_paused", "竞价没有暂停，不需要恢复。请刷新页面查看竞价的状态")
}

// over is when the finish job may decide: after the end and the grace for bids that wait for the lock.
func over(a *Auction, at time.Time) *fault.Error {
	switch {
	case a.stopped():
		return fault.New(fault.Conflict, "paused", "竞价已暂停，恢复之后才能结束")
	case at.After(a.End.Add(time.Duration(a.GraceSeconds) * time.Second)):
		return nil
	default:
		return fault.New(fault.Conflict, "too_early", "竞价还没有结束，结束后才能办理")
	}
}

// find is the line of the table for a stage, an event and the roles of whoever causes it.
func find(from Stage, on Event, roles []string) (move, error) {
	known := false
	for _, m := range moves() {
		if m.from != from || m.on != on {
			continue
		}
		known = true
		if slices.Contains(roles, m.role) {
			return m, nil
		}
	}
	if known {
		return move{}, fault.New(fault.Forbidden, "wrong_role", "这一步由别的单位或人员办理，您现在的身份不能办。如果应当由您办，请先在“账号与单位”里切换到那个单位")
	}
	return move{}, fault.New(fault.Conflict, "wrong_state", "这项挂牌现在的状态不能这样办理，请刷新页面")
}

// Pause stops the bidding at an instant; it is looked at by the rule of the pauses.
func (a *Auction) Pause(at time.Time) {
	a.Pauses = append(a.Pauses, Pause{From: at})
	a.settle(at)
}

// Resume ends the pause that is without end and moves the end of the bidding by its length.
func (a *Auction) Resume(at time.Time) {
	for i, counts := range a.Settled {
		if p := &a.Pauses[i]; counts && p.To == nil {
			p.To = &at
			a.End = a.End.Add(at.Sub(p.From))
		}
	}
}
