package listing

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
)

// State is where a listing stands.
type State string

// The states.
const (
	Draft       State = "draft"       // 草稿
	Submitted   State = "submitted"   // 待审核
	Returned    State = "returned"    // 已退回
	Published   State = "published"   // 已发布
	Revising    State = "revising"    // 已发布，修订中
	Resubmitted State = "resubmitted" // 已发布，修订待审核
	Withdrawn   State = "withdrawn"   // 已撤下
	Expired     State = "expired"     // 已到期
	Closed      State = "closed"      // 已关闭
	Archived    State = "archived"    // 已归档
)

// States lists all states in the order of a listing's life.
func States() []State {
	return []State{Draft, Submitted, Returned, Published, Revising, Resubmitted, Withdrawn, Expired, Closed, Archived}
}

var live = []State{Published, Revising, Resubmitted}

// Live reports whether the published content is shown.
func (s State) Live() bool { return slices.Contains(live, s) }

// editable reports whether the owner may change the working content.
func (s State) editable() bool { return s == Draft || s == Returned || s == Revising }

// InReview reports whether an editor is to look at it.
func (s State) InReview() bool { return s == Submitted || s == Resubmitted }

// Event is what happens to a listing.
type Event string

// The events. EventCreate, EventSave, EventImport and EventDiagnose come through Create, Save, the importer and Diagnose; the others
// through Do.
const (
	EventCreate   Event = "create"
	EventSave     Event = "save"
	EventImport   Event = "import"
	EventSubmit   Event = "submit"
	EventRecall   Event = "recall"
	EventPublish  Event = "publish"
	EventReturn   Event = "return"
	EventRevise   Event = "revise"
	EventDiscard  Event = "discard"
	EventConfirm  Event = "confirm"
	EventRenew    Event = "renew"
	EventWithdraw Event = "withdraw"
	EventClose    Event = "close"
	EventExpire   Event = "expire"
	EventArchive  Event = "archive"
	EventReopen   Event = "reopen"
	EventDiagnose Event = "diagnose"
	EventDelete   Event = "delete" // of the audit trail only: what it happened to is gone
)

// Events lists the events that Do takes.
func Events() []Event {
	return []Event{EventSubmit, EventRecall, EventPublish, EventReturn, EventRevise, EventDiscard, EventConfirm, EventRenew,
		EventWithdraw, EventClose, EventExpire, EventArchive, EventReopen}
}

// Role is the part somebody plays towards one listing.
type Role string

// The roles. A person whose organisation owns the listing is never its editor.
const (
	RoleNobody Role = ""
	RoleOwner  Role = "owner"  // one of the kind's authors in the owning organisation
	RoleEditor Role = "editor" // league or region officer whose area covers it
	RoleSystem Role = "system" // the clock, a deal that was signed
)

func (s *Service) roleOf(who actor.Actor, l Listing) Role {
	switch {
	case who.In(l.OrganisationID):
		if who.Has(s.kinds.Of(l.Kind).Authors...) {
			return RoleOwner
		}
	case who.Covers(l.ReviewerScope):
		return RoleEditor
	}
	return RoleNobody
}

// CloseReasons are the reasons for closing, with their labels.
func CloseReasons() []Choice {
	return []Choice{{"signed", "已签约"}, {"solved", "已解决"}, {"expired", "已过时效"}, {"withdrawn", "不再提供或不再需要"}}
}

// CloseLabel is the label of a reason for closing, "" for what is none.
func CloseLabel(code string) string {
	for _, c := range CloseReasons() {
		if c.Code == code {
			return c.Label
		}
	}
	return ""
}

// Choice is a code and its label.
type Choice struct{ Code, Label string }

// step is one attempt to move a listing, as the guards see it.
type step struct {
	listing   Listing
	command   Command
	now       time.Time
	confirmed bool         // the organisation is confirmed
	check     func() error // the working content is fit for submission
}

type guard func(step) error

type transition struct {
	from  State
	event Event
	role  Role
	guard guard // nil: none
	to    State
}

// same keeps the state.
const same State = ""

// machine is the whole state machine.
var machine = slices.Concat(
	[]transition{
		{Draft, EventSubmit, RoleOwner, complete, Submitted},
		{Returned, EventSubmit, RoleOwner, complete, Submitted},
		{Submitted, EventRecall, RoleOwner, nil, Draft},
		{Submitted, EventPublish, RoleEditor, confirmed, Published},
		{Submitted, EventReturn, RoleEditor, reasoned, Returned},
		{Published, EventRevise, RoleOwner, nil, Revising},
		{Revising, EventDiscard, RoleOwner, nil, Published},
		{Revising, EventSubmit, RoleOwner, complete, Resubmitted},
		{Resubmitted, EventRecall, RoleOwner, nil, Revising},
		{Resubmitted, EventPublish, RoleEditor, confirmed, Published},
		{Resubmitted, EventReturn, RoleEditor, reasoned, Revising},
		{Expired, EventRenew, RoleOwner, confirmed, Published},
	},
	from(live, EventConfirm, RoleOwner, nil, same),
	from(live, EventRenew, RoleOwner, confirmed, same),
	from(live, EventWithdraw, RoleOwner, nil, Withdrawn),
	from(live, EventWithdraw, RoleEditor, reasoned, Withdrawn),
	from(live, EventClose, RoleOwner, closing, Closed),
	from(live, EventClose, RoleSystem, closing, Closed),
	from(live, EventExpire, RoleSystem, overdue, Expired),
	from(live, EventArchive, RoleSystem, demoted, Archived),
	from([]State{Withdrawn, Expired, Closed}, EventArchive, RoleSystem, nil, Archived),
	from([]State{Draft, Returned, Withdrawn, Expired, Closed}, EventArchive, RoleOwner, nil, Archived),
	from([]State{Withdrawn, Expired, Closed, Archived}, EventReopen, RoleOwner, nil, Draft),
)

func from(states []State, e Event, r Role, g guard, to State) []transition {
	var out []transition
	for _, s := range states {
		t := transition{s, e, r, g, to}
		if to == same {
			t.to = s
		}
		out = append(out, t)
	}
	return out
}

func find(s State, e Event, r Role) (transition, bool) {
	i := slices.IndexFunc(machine, func(t transition) bool { return t.from == s && t.event == e && t.role == r })
	if i < 0 {
		return transition{}, false
	}
	return machine[i], true
}

// actions names what the actor may do to the listing now, leaving guards aside.
func (s *Service) actions(who actor.Actor, l Listing) []Event {
	role := s.roleOf(who, l)
	var out []Event
	if role == RoleOwner && l.State.editable() {
		out = append(out, EventSave)
	}
	for _, e := range Events() {
		if _, ok := find(l.State, e, role); ok {
			out = append(out, e)
		}
	}
	return out
}

func complete(s step) error { return s.check() }

func confirmed(s step) error {
	if s.confirmed {
		return nil
	}
	return fault.New(fault.Conflict, "organisation_not_confirmed", "单位还没有通过自治区管理员确认，确认后才能发布")
}

func reasoned(s step) error {
	if strings.TrimSpace(s.command.Reason) == "" {
		return reasonFault("required", "请写明原因，对方会看到并据此修改")
	}
	return nil
}

func closing(s step) error {
	if slices.ContainsFunc(CloseReasons(), func(c Choice) bool { return c.Code == s.command.Reason }) {
		return nil
	}
	return reasonFault("choose", "请选择关闭的原因")
}

func overdue(s step) error {
	if s.listing.ExpiresAt != nil && !s.now.Before(*s.listing.ExpiresAt) {
		return nil
	}
	return fault.New(fault.Conflict, "not_overdue", "还没有到期，到期后才能这样办理")
}

func demoted(s step) error {
	if s.listing.DemotedAt != nil {
		return nil
	}
	return fault.New(fault.Conflict, "not_silent", "还没有因长期未确认而降低排序，降低后才能归档")
}

const maxReason = 500

func checkReason(reason string) error {
	if utf8.RuneCountInString(reason) > maxReason {
		return reasonFault("too_long", "原因请控制在 500 字以内")
	}
	if !utf8.ValidString(reason) || strings.ContainsRune(reason, 0) {
		return reasonFault("bad_text", "原因含有无法识别的字符，请重新输入")
	}
	return nil
}

func reasonFault(code string, message fault.Sentence) error {
	var f fault.Fields
	f.Add("reason", code, message)
	return f.Err()
}
