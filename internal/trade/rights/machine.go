package rights

import (
	"slices"
	"strings"

	"techmarket/internal/foundation/fault"
)

// Stage is where a plan of distribution stands.
type Stage string

// The stages.
const (
	Draft     Stage = "draft"
	Noticing  Stage = "noticing" // 公示中
	Active    Stage = "active"   // the notice has passed: what is due may be paid
	Closed    Stage = "closed"
	Withdrawn Stage = "withdrawn"
)

// Event moves a plan.
type Event string

// The events.
const (
	EventSubmit    Event = "submit"
	EventNoticed   Event = "notice_passed"
	EventNoticeOff Event = "notice_void"
	EventBook      Event = "book"
	EventCorrect   Event = "correct"
	EventPay       Event = "pay"
	EventTakeBack  Event = "take_back" // money that was paid came back
	EventClose     Event = "close"
	EventWithdraw  Event = "withdraw"
)

// Roles that may cause an event.
const (
	RoleUnit   = "unit"   // members of the unit
	RoleAdmin  = "admin"  // its administrators, who decide and pay
	RoleSystem = "system" // the job
)

// move is a line of the table. With reason, one must be given.
type move struct {
	from   Stage
	on     Event
	role   string
	reason bool
	to     Stage
}

// moves is the whole table of a plan:
//
//	draft    ──submit (admin; complete; not one of the team)──▶ noticing
//	         ──withdraw (admin; reason)──▶ withdrawn
//	noticing ──notice_passed (job)──▶ active; ──notice_void (job)──▶ draft
//	active   ──pay (admin; notice passed; what is due)──▶ active; ──take_back (admin; reason)──▶ active
//	         ──close (admin; reason; nothing due)──▶ closed
//	draft, noticing, active ──book, correct (unit; correct with reason)──▶ the same
func moves() []move {
	table := []move{
		{from: Draft, on: EventSubmit, role: RoleAdmin, to: Noticing},
		{from: Draft, on: EventWithdraw, role: RoleAdmin, reason: true, to: Withdrawn},
		{from: Noticing, on: EventNoticed, role: RoleSystem, to: Active},
		{from: Noticing, on: EventNoticeOff, role: RoleSystem, to: Draft},
		{from: Active, on: EventPay, role: RoleAdmin, to: Active},
		{from: Active, on: EventTakeBack, role: RoleAdmin, reason: true, to: Active},
		{from: Active, on: EventClose, role: RoleAdmin, reason: true, to: Closed},
	}
	for _, s := range []Stage{Draft, Noticing, Active} {
		table = append(table, move{from: s, on: EventBook, role: RoleUnit, to: s},
			move{from: s, on: EventCorrect, role: RoleUnit, reason: true, to: s})
	}
	return table
}

// find is the line of the table for a stage, an event and the roles of whoever causes it.
func find(from Stage, on Event, roles []string) (move, *fault.Error) {
	for _, m := range moves() {
		if m.from != from || m.on != on {
			continue
		}
		if !slices.Contains(roles, m.role) {
			return move{}, errRole
		}
		return m, nil
	}
	if on == EventPay && (from == Draft || from == Noticing) {
		return move{}, fault.New(fault.Conflict, "notice_not_passed", "分配方案公示期满无异议之后才能发放")
	}
	return move{}, fault.New(fault.Conflict, "wrong_state", "现在不能办这一步，请刷新页面看最新状态")
}

// reasoned refuses a step without the reason that its line wants.
func reasoned(wanted bool, reason string) error {
	var f fault.Fields
	f.Check(!wanted || len([]rune(strings.TrimSpace(reason))) >= 4, "reason", "missing", "请写明原因（至少 4 个字）")
	return f.Err()
}

var (
	errRole     = fault.New(fault.Forbidden, "wrong_role", "这一步不由您办理")
	errInterest = fault.New(fault.Forbidden, "own_interest", "您是分配或赋权对象，不能由您决定，请本单位其他管理员办理")
)
