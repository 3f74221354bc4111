// Package finance is a firm's request for a finance product of the register, and what the bank may read of the firm.
//
//	asked ──offer (bank; amount, terms)──▶ offered; ──decline (bank; reason)──▶ declined; ──withdraw (firm)──▶ withdrawn
//	offered ──offer (bank)──▶ offered; ──grant (bank; amount, contract)──▶ granted; ──decline──▶ declined; ──withdraw (firm)──▶ withdrawn
//	granted ──overdue (bank; reason)──▶ overdue; granted, overdue ──repaid (bank)──▶ repaid
//	asked, offered, granted, overdue: ──share (firm; records, last day)──▶ the same; any: ──revoke (firm)──▶ the same
//
// Consent is no state: it lies beside the request, with named records and a last day. Each look asks again, and is written down.
//
// Rules: docs/rules/registers.md §10.
package finance

import (
	"slices"

	"techmarket/internal/foundation/fault"
)

// Stage is where a request stands.
type Stage string

// The stages.
const (
	Asked     Stage = "asked"
	Offered   Stage = "offered"
	Declined  Stage = "declined"
	Withdrawn Stage = "withdrawn"
	Granted   Stage = "granted"
	Overdue   Stage = "overdue"
	Repaid    Stage = "repaid"
)

// Stages lists them in the order of a request's life.
func Stages() []Stage { return []Stage{Asked, Offered, Declined, Withdrawn, Granted, Overdue, Repaid} }

// Event is what happens to a request.
type Event string

// The events; look is written when the bank opens a record.
const (
	EventAsk      Event = "ask"
	EventOffer    Event = "offer"
	EventDecline  Event = "decline"
	EventWithdraw Event = "withdraw"
	EventGrant    Event = "grant"
	EventOverdue  Event = "overdue"
	EventRepaid   Event = "repaid"
	EventShare    Event = "share"
	EventRevoke   Event = "revoke"
	EventLook     Event = "look"
)

// Events lists those that Do takes.
func Events() []Event {
	return []Event{EventOffer, EventGrant, EventDecline, EventRepaid, EventOverdue, EventShare, EventRevoke, EventWithdraw}
}

// Side of a request.
type Side string

// The sides. Nobody else sees one.
const (
	Firm   Side = "firm"
	Bank   Side = "bank"
	nobody Side = ""
)

type move struct {
	from   Stage
	on     Event
	side   Side
	reason bool
	to     Stage
}

func moves() []move {
	table := []move{
		{Asked, EventOffer, Bank, true, Offered},
		{Offered, EventOffer, Bank, true, Offered},
		{Offered, EventGrant, Bank, true, Granted},
		{Asked, EventDecline, Bank, true, Declined},
		{Offered, EventDecline, Bank, true, Declined},
		{Asked, EventWithdraw, Firm, false, Withdrawn},
		{Offered, EventWithdraw, Firm, false, Withdrawn},
		{Granted, EventOverdue, Bank, true, Overdue},
		{Granted, EventRepaid, Bank, false, Repaid},
		{Overdue, EventRepaid, Bank, false, Repaid},
	}
	for _, s := range Stages() {
		if s.Live() {
			table = append(table, move{s, EventShare, Firm, false, s})
		}
		table = append(table, move{s, EventRevoke, Firm, false, s})
	}
	return table
}

// Live reports whether the request goes on: afterwards nothing new is shared, and what was shared is closed.
func (s Stage) Live() bool { return s == Asked || s == Offered || s == Granted || s == Overdue }

// find is the line of the table for a stage, an event and the side of whoever causes it.
func find(from Stage, on Event, side Side) (move, *fault.Error) {
	i := slices.IndexFunc(moves(), func(m move) bool { return m.from == from && m.on == on })
	switch {
	case i < 0:
		return move{}, fault.New(fault.Conflict, "wrong_state", "现在不能办这一步，请刷新页面看最新状态")
	case moves()[i].side != side:
		return move{}, fault.New(fault.Forbidden, "wrong_side", "这一步由对方办理")
	}
	return moves()[i], nil
}
