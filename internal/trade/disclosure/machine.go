// Package disclosure owns staged disclosure: papers of a listing or of a talk are shown layer by layer, to named persons who accepted
// frozen words, and every copy carries its reader's mark. Public contents stand on the listing; here begins what is not public.
//
// The table `moves` holds every step of a seat, which is what one person may see in a room or accepts of an agreement:
//
//	requested ──offer (owner; words)──▶ offered; ──refuse (owner; reason)──▶ declined; ──close (reader; reason)──▶ closed
//	offered   ──accept (reader; digest of the words)──▶ active; ──decline (reader; reason)──▶ declined
//	          ──revoke (owner; reason)──▶ revoked; ──expire (job)──▶ expired
//	active    ──admit (owner; days of the layer room)──▶ active; ──revoke (owner; reason)──▶ revoked; ──expire (job)──▶ expired
//	          ──close (reader; what was returned and deleted)──▶ closed
package disclosure

import (
	"slices"

	"techmarket/internal/foundation/fault"
)

// Stage is where a seat stands.
type Stage string

// The stages.
const (
	Requested Stage = "requested"
	Offered   Stage = "offered"
	Active    Stage = "active"
	Declined  Stage = "declined"
	Revoked   Stage = "revoked"
	Expired   Stage = "expired"
	Closed    Stage = "closed" // the reader returned what he had
)

// Event moves a seat.
type Event string

// The events.
const (
	EventOffer   Event = "offer"
	EventRefuse  Event = "refuse"
	EventAccept  Event = "accept"
	EventDecline Event = "decline"
	EventAdmit   Event = "admit"
	EventRevoke  Event = "revoke"
	EventExpire  Event = "expire"
	EventClose   Event = "close"
)

// Events of a room's ledger beside those of its seats.
const (
	EventOpen    Event = "open"
	EventRequest Event = "request"
	EventAdd     Event = "add_paper"
	EventRemove  Event = "remove_paper"
	EventAsk     Event = "ask_copy"   // access was given and the copy is being made
	EventCopy    Event = "copy"       // the copy went out
	EventBarred  Event = "barred"     // somebody tried without access
	EventSigned  Event = "all_signed" // everybody named accepted the agreement
)

// Role towards a seat.
type Role string

// The roles.
const (
	RoleOwner  Role = "owner"  // members of the unit whose papers they are
	RoleReader Role = "reader" // the named person, and nobody for him
	roleSystem Role = "system"
)

// move is a line of the table. With reason, one must be given.
type move struct {
	from   Stage
	on     Event
	role   Role
	reason bool
	to     Stage
}

func moves() []move {
	return []move{
		{Requested, EventOffer, RoleOwner, false, Offered},
		{Requested, EventRefuse, RoleOwner, true, Declined},
		{Requested, EventClose, RoleReader, true, Closed},
		{Offered, EventAccept, RoleReader, false, Active},
		{Offered, EventDecline, RoleReader, true, Declined},
		{Offered, EventRevoke, RoleOwner, true, Revoked},
		{Offered, EventExpire, roleSystem, false, Expired},
		{Active, EventAdmit, RoleOwner, false, Active},
		{Active, EventRevoke, RoleOwner, true, Revoked},
		{Active, EventExpire, roleSystem, false, Expired},
		{Active, EventClose, RoleReader, true, Closed},
	}
}

// find is the line of the table for a stage, an event and the role of whoever causes it.
func find(from Stage, on Event, role Role) (move, *fault.Error) {
	for _, m := range moves() {
		if m.from != from || m.on != on {
			continue
		}
		if m.role != role {
			return move{}, fault.New(fault.Forbidden, "wrong_role", "这一步不由您办理")
		}
		return m, nil
	}
	return move{}, fault.New(fault.Conflict, "wrong_state", "现在不能办这一步，请刷新页面看最新状态")
}

// Over reports whether a stage is an end.
func (s Stage) Over() bool {
	return !slices.ContainsFunc(moves(), func(m move) bool { return m.from == s })
}
