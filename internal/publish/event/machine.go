// Package event is an event of the market: its programme, who comes, the 1:1 meetings and what came of them.
//
// An event (活动):
//
//	draft ──publish (host)──▶ open ──close (host; clock)──▶ closed ──start (host; clock)──▶ running
//	running ──finish (host; clock)──▶ reporting ──report (clock, after 180 days)──▶ archived
//	draft, open, closed, running: ──cancel (host; reason)──▶ cancelled
//	draft, open, closed: ──edit (host)──▶ the same; open, closed: ──place (host; clock)──▶ the same
//
// A sign-up (报名), each step under the lock of the event's row:
//
//	asked ──admit (host; clock)──▶ admitted; ──wait (host; clock)──▶ waitlisted ──promote (clock)──▶ admitted
//	asked, admitted, waitlisted: ──cancel (self)──▶ cancelled; ──decline (host; reason)──▶ declined
//	asked, admitted, waitlisted, no_show, present: ──check_in (host)──▶ present; admitted ──miss (clock)──▶ no_show
//
// A wish for a meeting (约见):
//
//	asked ──accept (asked)──▶ booked; ──wait (asked)──▶ accepted; ──decline (asked)──▶ declined; ──withdraw (asker)──▶ withdrawn
//	accepted ──place (clock)──▶ booked; accepted, booked: ──move (host)──▶ booked
//	asked, accepted, booked: ──cancel (asker, asked; clock)──▶ cancelled
//
// A task (后续事项):
//
//	open ──move (owner; new date, reason)──▶ open; ──done (owner)──▶ done
//
// "Full" is no state: it is a count, and who asks then waits in a row.
//
// Rules: docs/rules/events.md §2.
package event

import (
	"slices"

	"techmarket/internal/foundation/fault"
)

// Stage is where an event stands.
type Stage string

// The stages of an event.
const (
	Draft     Stage = "draft"
	Open      Stage = "open"
	Closed    Stage = "closed"
	Running   Stage = "running"
	Reporting Stage = "reporting"
	Archived  Stage = "archived"
	Cancelled Stage = "cancelled"
)

// Stages lists them in the order of an event's life.
func Stages() []Stage { return []Stage{Draft, Open, Closed, Running, Reporting, Archived, Cancelled} }

// SignStage is where a sign-up stands.
type SignStage string

// The stages of a sign-up.
const (
	SignAsked      SignStage = "asked"
	SignAdmitted   SignStage = "admitted"
	SignWaitlisted SignStage = "waitlisted"
	SignDeclined   SignStage = "declined"
	SignCancelled  SignStage = "cancelled"
	SignPresent    SignStage = "present"
	SignNoShow     SignStage = "no_show"
)

// SignStages lists them.
func SignStages() []SignStage {
	return []SignStage{SignAsked, SignAdmitted, SignWaitlisted, SignDeclined, SignCancelled, SignPresent, SignNoShow}
}

// Seated reports whether the person has a seat or had one.
func (s SignStage) Seated() bool { return s == SignAdmitted || s == SignPresent || s == SignNoShow }

// WishStage is where a wish stands.
type WishStage string

// The stages of a wish.
const (
	WishAsked     WishStage = "asked"
	WishAccepted  WishStage = "accepted" // waits for a slot
	WishBooked    WishStage = "booked"
	WishDeclined  WishStage = "declined"
	WishWithdrawn WishStage = "withdrawn"
	WishCancelled WishStage = "cancelled"
)

// WishStages lists them.
func WishStages() []WishStage {
	return []WishStage{WishAsked, WishAccepted, WishBooked, WishDeclined, WishWithdrawn, WishCancelled}
}

// TaskStage is where a task stands.
type TaskStage string

// The stages of a task.
const (
	TaskOpen TaskStage = "open"
	TaskDone TaskStage = "done"
)

// TaskStages lists them.
func TaskStages() []TaskStage { return []TaskStage{TaskOpen, TaskDone} }

// Act is a step of an event, a sign-up, a wish or a task.
type Act string

// The acts. Create, ask, walk_in and tell begin something; the others are in the tables.
const (
	ActPublish Act = "publish"
	ActEdit    Act = "edit"
	ActClose   Act = "close"
	ActStart   Act = "start"
	ActFinish  Act = "finish"
	ActReport  Act = "report"
	ActPlace   Act = "place"
	ActCancel  Act = "cancel"

	ActAdmit   Act = "admit"
	ActWait    Act = "wait"
	ActPromote Act = "promote"
	ActDecline Act = "decline"
	ActCheckIn Act = "check_in"
	ActMiss    Act = "miss"

	ActAccept   Act = "accept"
	ActWithdraw Act = "withdraw"
	ActMove     Act = "move"

	ActDone Act = "done"

	actCreate Act = "create"
)

// Acts lists those that the tables know.
func Acts() []Act {
	return []Act{ActPublish, ActEdit, ActClose, ActStart, ActFinish, ActReport, ActPlace, ActCancel, ActAdmit, ActWait, ActPromote, ActDecline,
		ActCheckIn, ActMiss, ActAccept, ActWithdraw, ActMove, ActDone}
}

// Side is what somebody is to the thing that he acts on.
type Side string

// The sides.
const (
	Host     Side = "host"
	Self     Side = "self"  // who signed up; the owner of a task
	Asker    Side = "asker" // of a meeting
	Asked    Side = "asked"
	system   Side = "system" // the clock, or what follows from another step
	stranger Side = ""
)

// Sides lists them.
func Sides() []Side { return []Side{Host, Self, Asker, Asked, system, stranger} }

type move[S ~string] struct {
	from   S
	on     Act
	sides  []Side
	reason bool
	to     S
}

func moves() []move[Stage] {
	host, both, clock := []Side{Host}, []Side{Host, system}, []Side{system}
	table := []move[Stage]{
		{Draft, ActPublish, host, false, Open},
		{Open, ActClose, both, false, Closed},
		{Closed, ActStart, both, false, Running},
		{Running, ActFinish, both, false, Reporting},
		{Reporting, ActReport, clock, false, Archived},
		{Open, ActPlace, both, false, Open},
		{Closed, ActPlace, both, false, Closed},
	}
	for _, s := range []Stage{Draft, Open, Closed, Running} {
		table = append(table, move[Stage]{s, ActCancel, host, true, Cancelled})
		if s != Running {
			table = append(table, move[Stage]{s, ActEdit, host, false, s})
		}
	}
	return table
}

func signMoves() []move[SignStage] {
	self, host, both, clock := []Side{Self}, []Side{Host}, []Side{Host, system}, []Side{system}
	table := []move[SignStage]{
		{SignAsked, ActAdmit, both, false, SignAdmitted},
		{SignAsked, ActWait, both, false, SignWaitlisted},
		{SignWaitlisted, ActPromote, clock, false, SignAdmitted},
		{SignAdmitted, ActMiss, clock, false, SignNoShow},
	}
	for _, s := range []SignStage{SignAsked, SignAdmitted, SignWaitlisted} {
		table = append(table, move[SignStage]{s, ActCancel, self, false, SignCancelled}, move[SignStage]{s, ActDecline, host, true, SignDeclined})
	}
	for _, s := range []SignStage{SignAsked, SignAdmitted, SignWaitlisted, SignNoShow, SignPresent} {
		table = append(table, move[SignStage]{s, ActCheckIn, host, false, SignPresent})
	}
	return table
}

func wishMoves() []move[WishStage] {
	asked, either := []Side{Asked}, []Side{Asker, Asked, system}
	return []move[WishStage]{
		{WishAsked, ActAccept, asked, false, WishBooked},
		{WishAsked, ActWait, asked, false, WishAccepted},
		{WishAsked, ActDecline, asked, false, WishDeclined},
		{WishAsked, ActWithdraw, []Side{Asker}, false, WishWithdrawn},
		{WishAsked, ActCancel, []Side{system}, false, WishCancelled},
		{WishAccepted, ActPlace, []Side{system}, false, WishBooked},
		{WishAccepted, ActMove, []Side{Host}, false, WishBooked},
		{WishBooked, ActMove, []Side{Host}, false, WishBooked},
		{WishAccepted, ActCancel, either, false, WishCancelled},
		{WishBooked, ActCancel, either, false, WishCancelled},
	}
}

func taskMoves() []move[TaskStage] {
	owner := []Side{Self}
	return []move[TaskStage]{{TaskOpen, ActMove, owner, true, TaskOpen}, {TaskOpen, ActDone, owner, false, TaskDone}}
}

// find is the line of a table for a stage, an act and the side of whoever causes it.
func find[S ~string](table []move[S], from S, on Act, by Side) (move[S], *fault.Error) {
	i := slices.IndexFunc(table, func(m move[S]) bool { return m.from == from && m.on == on })
	switch {
	case i < 0:
		return move[S]{}, fault.New(fault.Conflict, "wrong_state", "现在不能办这一步，请刷新页面看最新状态")
	case !slices.Contains(table[i].sides, by):
		return move[S]{}, fault.New(fault.Forbidden, "wrong_side", "这一步不由您办理，请联系活动主办单位")
	}
	return table[i], nil
}

// allowed are the acts that a side may take from a stage.
func allowed[S ~string](table []move[S], from S, by Side) (out []Act) {
	for _, a := range Acts() {
		if _, refused := find(table, from, a, by); refused == nil {
			out = append(out, a)
		}
	}
	return out
}
