package register

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
)

// State is where an entry stands.
type State string

// The states.
const (
	Draft     State = "draft"     // 草稿
	Submitted State = "submitted" // 待审核
	Listed    State = "listed"    // 在册
	Revised   State = "revised"   // 在册，修改待审核
	Suspended State = "suspended" // 暂停
	Lapsed    State = "lapsed"    // 已过有效期
	Withdrawn State = "withdrawn" // 已撤回
	Removed   State = "removed"   // 已移出
)

// States lists the states in the order of an entry's life.
func States() []State {
	return []State{Draft, Submitted, Listed, Revised, Suspended, Lapsed, Withdrawn, Removed}
}

// Editable reports whether the owner may change the working copy.
func (s State) Editable() bool { return s == Draft || s == Listed || s == Lapsed || s == Withdrawn }

// Event is what happens to an entry.
type Event string

// The events. EventCreate, EventSave and EventImport come through Create, Save and Take; the others through Do.
const (
	EventCreate   Event = "create"
	EventSave     Event = "save"
	EventImport   Event = "import"
	EventSubmit   Event = "submit"
	EventRecall   Event = "recall"
	EventList     Event = "list"
	EventReturn   Event = "return"
	EventConfirm  Event = "confirm"
	EventSuspend  Event = "suspend"
	EventResume   Event = "resume"
	EventRemove   Event = "remove"
	EventLapse    Event = "lapse"
	EventWithdraw Event = "withdraw"
	EventConsent  Event = "consent"
	EventRevoke   Event = "revoke"
	EventGrade    Event = "grade"
	EventEndGrade Event = "end_grade"
)

// Events lists the events that Do takes.
func Events() []Event {
	return []Event{EventSubmit, EventRecall, EventList, EventReturn, EventConfirm, EventSuspend, EventResume, EventRemove, EventLapse,
		EventWithdraw, EventConsent, EventRevoke, EventGrade, EventEndGrade}
}

// Role is the part somebody plays towards one entry.
type Role string

// The roles. The desk never decides about an entry of its own organisation.
const (
	RoleSelf Role = "self" // the person whom the entry is about
	RoleOwn  Role = "own"  // members of the owner's organisation
	RoleDesk Role = "desk" // league or region officers whose area covers it
	RoleJob  Role = "job"  // the clock
)

// rolesOf are all parts the actor plays: a person listed by the own organisation is self and own.
func rolesOf(who actor.Actor, e Entry) []Role {
	var out []Role
	if who.SignedIn() && e.AccountID != nil && *e.AccountID == who.AccountID {
		out = append(out, RoleSelf)
	}
	switch {
	case who.In(e.OrganisationID) && who.Member():
		out = append(out, RoleOwn)
	case !who.In(e.OrganisationID) && who.Covers(e.Division):
		out = append(out, RoleDesk)
	}
	return out
}

// step is one attempt, as the guards see it.
type step struct {
	entry     Entry
	kind      Descriptor
	command   Command
	today     time.Time
	confirmed bool // the owner's organisation
}

type transition struct {
	from  State
	event Event
	role  Role
	guard func(step) error // nil: none
	to    State
}

// machine is the whole table of states.
func machine() []transition {
	on, alive := []State{Listed, Revised}, []State{Draft, Submitted, Listed, Revised, Suspended, Lapsed, Withdrawn}
	return slices.Concat(
		[]transition{
			{Draft, EventSubmit, RoleOwn, complete, Submitted},
			{Lapsed, EventSubmit, RoleOwn, complete, Submitted},
			{Withdrawn, EventSubmit, RoleOwn, complete, Submitted},
			{Submitted, EventRecall, RoleOwn, nil, Draft},
			{Submitted, EventList, RoleDesk, examined, Listed},
			{Submitted, EventReturn, RoleDesk, reasoned, Draft},
			{Listed, EventSubmit, RoleOwn, complete, Revised},
			{Revised, EventRecall, RoleOwn, nil, Listed},
			{Revised, EventList, RoleDesk, examined, Listed},
			{Revised, EventReturn, RoleDesk, reasoned, Listed},
			{Suspended, EventResume, RoleDesk, inTime, Listed},
			{Suspended, EventWithdraw, RoleOwn, nil, Withdrawn},
			{Suspended, EventRemove, RoleDesk, reasoned, Removed},
			{Suspended, EventEndGrade, RoleDesk, ended, Suspended},
			{Listed, EventConfirm, RoleOwn, nil, Listed},
		},
		every(on, EventSuspend, RoleDesk, reasoned, Suspended),
		every(on, EventSuspend, RoleJob, overdue(EventSuspend), Suspended),
		every(on, EventLapse, RoleJob, overdue(EventLapse), Lapsed),
		every(on, EventRemove, RoleDesk, reasoned, Removed),
		every(on, EventWithdraw, RoleOwn, nil, Withdrawn),
		every(on, EventGrade, RoleDesk, graded, ""),
		every(on, EventEndGrade, RoleDesk, ended, ""),
		every(alive, EventConsent, RoleSelf, consenting, ""),
		every(alive, EventRevoke, RoleSelf, consented, ""),
		every(alive, EventRevoke, RoleOwn, consented, ""),
		every(alive, EventRevoke, RoleDesk, consented, ""),
	)
}

// every is one row for each state; "" as to keeps the state.
func every(states []State, e Event, r Role, g func(step) error, to State) []transition {
	var out []transition
	for _, s := range states {
		t := transition{s, e, r, g, to}
		if to == "" {
			t.to = s
		}
		out = append(out, t)
	}
	return out
}

// find is the row that one of the roles may take.
func find(s State, e Event, roles []Role) (transition, bool) {
	table := machine()
	i := slices.IndexFunc(table, func(t transition) bool { return t.from == s && t.event == e && slices.Contains(roles, t.role) })
	if i < 0 {
		return transition{}, false
	}
	return table[i], true
}

// Actions names what the actor may do to the entry now, guards aside.
func (s *Service) Actions(who actor.Actor, e Entry) []Event {
	roles := rolesOf(who, e)
	var out []Event
	if e.State.Editable() && slices.Contains(roles, RoleOwn) {
		out = append(out, EventSave)
	}
	for _, event := range Events() {
		if (event == EventConsent || event == EventRevoke) && (!e.NeedsConsent || (event == EventRevoke) != (e.ConsentAt != nil)) {
			continue
		}
		if _, ok := find(e.State, event, roles); ok {
			out = append(out, event)
		}
	}
	return out
}

func complete(s step) error { return s.kind.Check(s.entry.Content, true) }

// examined holds the desk back from what could not stand in public.
func examined(s step) error {
	switch {
	case !s.confirmed:
		return fault.New(fault.Conflict, "organisation_not_confirmed", "单位还没有通过自治区管理员确认，确认后才能入库")
	case s.kind.validTo(s.entry.Content, s.today).Before(s.today):
		return fault.New(fault.Conflict, "validity_over", "填写的有效期已过，请退回修改")
	}
	return nil
}

func inTime(s step) error {
	if s.entry.ValidTo != nil && s.entry.ValidTo.Before(s.today) {
		return fault.New(fault.Conflict, "validity_over", "有效期已过，请由单位更新有效期后重新提交")
	}
	return nil
}

// overdue holds the clock to the event that the kind has for the end of its validity: some lapse, some are suspended.
func overdue(e Event) func(step) error {
	return func(s step) error {
		if s.entry.ValidTo != nil && s.entry.ValidTo.Before(s.today) && s.kind.overdue() == e {
			return nil
		}
		return fault.New(fault.Conflict, "not_overdue", "还没有到期")
	}
}

func reasoned(s step) error {
	n := utf8.RuneCountInString(strings.TrimSpace(s.command.Reason))
	if n >= 2 && n <= maxReason {
		return nil
	}
	var f fault.Fields
	f.Addf("reason", "required", "请写明原因，对方会看到（2—%d 字）", maxReason)
	return f.Err()
}

const maxReason = 500

func consenting(s step) error {
	switch {
	case !s.kind.Person:
		return fault.New(fault.Conflict, "no_consent_needed", "这一类信息不涉及个人，不需要授权")
	case s.command.Until == "":
		return nil
	}
	var f fault.Fields
	until, err := time.Parse(time.DateOnly, s.command.Until)
	f.Check(err == nil && !until.Before(s.today), "until", "date", "请填写今天以后的日期，例如 2027-12-31；不限期请留空")
	return f.Err()
}

func consented(s step) error {
	if s.entry.ConsentAt == nil {
		return fault.New(fault.Conflict, "no_consent", "还没有同意公开，或已经撤回")
	}
	return nil
}

// graded checks a new dated row against the kind's list.
func graded(s step) error {
	g := s.command.Grade
	var f fault.Fields
	f.Check(slices.ContainsFunc(s.kind.levels(g.Kind), func(c Choice) bool { return c.Code == g.Level }), "level", "choose", "请选择等级或考核结果")
	n := utf8.RuneCountInString(g.Issuer)
	f.Check(n >= 2 && n <= 80, "issuer", "required", "请填写认定单位（2—80 字）")
	f.Check(utf8.RuneCountInString(g.Number) <= 80, "number", "too_long", "文号最多 80 字")
	f.Check(!g.FromOn.IsZero() && clock.IsDate(g.FromOn.Format(time.DateOnly)), "fromOn", "date", "请填写起始日期，例如 2026-01-01")
	f.Check(g.ToOn == nil || !g.ToOn.Before(g.FromOn), "toOn", "range", "终止日期不能早于起始日期")
	return f.Err()
}

func ended(s step) error {
	var f fault.Fields
	_, err := time.Parse(time.DateOnly, s.command.Until)
	f.Check(err == nil, "until", "date", "请填写最后一日，例如 2026-06-30")
	if err := f.Err(); err != nil {
		return err
	}
	return reasoned(s)
}
