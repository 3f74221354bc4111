// Package voucher is the 科技创新券: granted to a firm within the yearly limit and the budget, used with a provider, claimed, checked and
// paid, and recovered where the contract falls.
//
//	apply → granted –use→ committed –finish→ done –claim→ claimed –approve→ approved –pay→ paid
//	granted, not used in time → expired
//	any but expired and void –cancel, void→ void; what was paid is owed, repay takes it back
//
// Limits, rate, kinds and providers are the dated policy row of an issuer: none stands here.
//
// Source: docs/rules/replay.md §11.
package voucher

import (
	"slices"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
)

// State of a voucher.
type State string

// The states of a voucher.
const (
	None      State = "" // applied for
	Granted   State = "granted"
	Committed State = "committed"
	Done      State = "done"
	Claimed   State = "claimed"
	Approved  State = "approved"
	Paid      State = "paid"
	Expired   State = "expired"
	Void      State = "void"
)

// Events of a voucher; that it expires is none, the days do it.
const (
	Apply   = "apply"
	Use     = "use"
	Finish  = "finish"
	Claim   = "claim"
	Approve = "approve"
	Pay     = "pay"
	Cancel  = "cancel" // the contract fell
	Annul   = "void"   // by the desk, with a reason
	Repay   = "repay"
)

// Refusals.
const (
	DuplicateVoucher  = "duplicate_voucher"
	OutsidePolicy     = "outside_policy"
	KindNotCovered    = "kind_not_covered"
	ProviderNotListed = "provider_not_listed"
	RelatedParty      = "related_party"
	LimitUsedUp       = "limit_used_up"
	OverBudget        = "over_budget"
	UnknownVoucher    = "unknown_voucher"
	IsExpired         = "expired"
	WrongState        = "wrong_state"
	NoReason          = "no_reason"
	NothingOwed       = "nothing_owed"
	OverRecovery      = "over_recovery"
)

// Policy is the row of an issuer. Both days are inside.
type Policy struct {
	FirstDay  fact.Day  `json:"first_day"`
	LastDay   fact.Day  `json:"last_day"`
	Limit     money.Fen `json:"limit" min:"0"` // of a firm in a year
	RateBP    int       `json:"rate_bp" min:"0" max:"10000"`
	Budget    money.Fen `json:"budget" min:"0"`
	ValidDays int       `json:"valid_days" min:"0" max:"36600"` // after the day of the grant
	Kinds     []string  `json:"kinds"`
	Providers []string  `json:"providers"`
}

// part is what the policy pays of an amount, rounded down to 分.
func (p Policy) part(amount money.Fen) money.Fen { return fact.Floor(amount, int64(p.RateBP), 10_000) }

// due is the last day on which a voucher granted on a day can be used.
func (p Policy) due(granted fact.Day) fact.Day { return min(granted+fact.Day(p.ValidDays), p.LastDay) }

// Event is one step; its keys depend on the event.
type Event struct {
	Event    string    `json:"event" words:"apply use finish claim approve pay cancel void repay"`
	On       fact.Day  `json:"on"`
	Voucher  string    `json:"voucher"`
	Firm     string    `json:"firm" when:"event=apply"`
	Provider string    `json:"provider" when:"event=apply"`
	Kind     string    `json:"kind" when:"event=apply"`
	Contract money.Fen `json:"contract" when:"event=apply" min:"0"` // amount of the service contract
	Paid     money.Fen `json:"paid" when:"event=claim" min:"0"`     // what the firm really paid
	Reason   bool      `json:"reason" when:"event=void"`
	Amount   money.Fen `json:"amount" when:"event=repay" min:"0"`
}

// Voucher is what is stored of one.
type Voucher struct {
	ID      string
	Firm    string
	Granted fact.Day
	State   State
	Amount  money.Fen // a void or expired voucher keeps it
	Paid    money.Fen // repaying does not reduce it
	Owes    money.Fen
}

// Held is what a voucher takes of the budget and of the firm's year: its amount from grant to payment, what is still owed of a void
// one, nothing of an expired one.
func (v Voucher) Held() money.Fen {
	switch v.State {
	case None, Expired:
		return 0
	case Void:
		return v.Owes
	default:
		return v.Amount
	}
}

// Expire lets the days run up to a day: a granted voucher is expired from the day after its last.
func (v Voucher) Expire(p Policy, day fact.Day) Voucher {
	if v.State == Granted && day > p.due(v.Granted) {
		v.State = Expired
	}
	return v
}

// Books are what one event needs to know beside it: the voucher of that number, if there is one, and what all vouchers hold on the day
// of the event, those that the day expired no longer.
type Books struct {
	Voucher  *Voucher
	Held     money.Fen // of the budget
	FirmHeld money.Fen // of the firm in the year of the event; for an application
	Related  bool      // firm and provider have one name or one group; for an application
}

// turn is one event on a voucher.
type turn struct {
	p Policy
	b Books
	e Event
	v Voucher
}

// grant is the amount of an application: the part that the policy pays, cut to what is left of the firm's year, never to the budget.
func (t turn) grant() money.Fen { return min(t.p.part(t.e.Contract), t.p.Limit-t.b.FirmHeld) }

// row is a line of the table of states: the first that fits decides, by refusing or by doing.
type row struct {
	from    []State
	event   string
	when    func(turn) bool // nil: always
	refusal string
	to      State // empty: stays
	do      func(t turn, v *Voucher) *money.Fen
}

func live() []State { return []State{Granted, Committed, Done, Claimed, Approved, Paid} }

// rows is the table of states. What no row fits is wrong_state.
func rows() []row {
	refuse := func(from []State, event, refusal string, when func(turn) bool) row {
		return row{from: from, event: event, refusal: refusal, when: when}
	}
	isNew := []State{None}
	table := []row{
		refuse(isNew, Apply, OutsidePolicy, func(t turn) bool { return t.e.On < t.p.FirstDay || t.e.On > t.p.LastDay }),
		refuse(isNew, Apply, KindNotCovered, func(t turn) bool { return !slices.Contains(t.p.Kinds, t.e.Kind) }),
		refuse(isNew, Apply, ProviderNotListed, func(t turn) bool { return !slices.Contains(t.p.Providers, t.e.Provider) }),
		refuse(isNew, Apply, RelatedParty, func(t turn) bool { return t.b.Related || t.e.Firm == t.e.Provider }),
		refuse(isNew, Apply, LimitUsedUp, func(t turn) bool { return t.b.FirmHeld >= t.p.Limit }),
		refuse(isNew, Apply, OverBudget, func(t turn) bool { return t.b.Held+t.grant() > t.p.Budget }),
		{isNew, Apply, nil, "", Granted, func(t turn, v *Voucher) *money.Fen {
			v.Firm, v.Granted, v.Amount = t.e.Firm, t.e.On, t.grant()
			return &v.Amount
		}},
		{[]State{Granted}, Use, nil, "", Committed, nil},
		{[]State{Committed}, Finish, nil, "", Done, nil},
		{[]State{Done}, Claim, nil, "", Claimed, func(t turn, v *Voucher) *money.Fen {
			v.Amount = min(v.Amount, t.p.part(t.e.Paid))
			return &v.Amount
		}},
		{[]State{Claimed}, Approve, nil, "", Approved, nil},
		{[]State{Approved}, Pay, nil, "", Paid, func(_ turn, v *Voucher) *money.Fen {
			v.Paid = v.Amount
			return &v.Paid
		}},
		refuse(live(), Annul, NoReason, func(t turn) bool { return !t.e.Reason }),
		refuse(append(live(), Void), Repay, NothingOwed, func(t turn) bool { return t.v.Owes == 0 }),
		refuse([]State{Void}, Repay, OverRecovery, func(t turn) bool { return t.e.Amount > t.v.Owes }),
		{[]State{Void}, Repay, nil, "", "", func(t turn, v *Voucher) *money.Fen {
			v.Owes -= t.e.Amount
			return &t.e.Amount
		}},
	}
	for _, event := range []string{Cancel, Annul} {
		table = append(table, row{live(), event, nil, "", Void, func(_ turn, v *Voucher) *money.Fen {
			v.Owes = v.Paid
			return &v.Owes
		}})
	}
	for _, event := range []string{Use, Finish, Claim, Approve, Pay, Cancel, Annul, Repay} {
		table = append(table, refuse([]State{None}, event, UnknownVoucher, nil), refuse([]State{Expired}, event, IsExpired, nil))
	}
	return append(table, refuse(append(live(), Expired, Void), Apply, DuplicateVoucher, nil))
}

// Outcome of an event: refused with a code, or done with the amount it moved, if it moves one.
type Outcome struct {
	Refusal *string    `json:"refusal"`
	Amount  *money.Fen `json:"amount"` // granted, claimed, paid, owed after cancel and void, repaid
}

// Step does one event. A refused event changes nothing, except that the day may have expired the voucher.
func Step(p Policy, b Books, e Event) (Voucher, Outcome) {
	v := Voucher{ID: e.Voucher}
	if b.Voucher != nil {
		v = b.Voucher.Expire(p, e.On)
	}
	t := turn{p, b, e, v}
	for _, r := range rows() {
		if r.event != e.Event || !slices.Contains(r.from, v.State) || r.when != nil && !r.when(t) {
			continue
		}
		if r.refusal != "" {
			return v, Outcome{Refusal: &r.refusal}
		}
		var out Outcome
		if r.do != nil {
			moved := *r.do(t, &v)
			out.Amount = &moved
		}
		if r.to != "" {
			v.State = r.to
		}
		return v, out
	}
	refusal := WrongState
	return v, Outcome{Refusal: &refusal}
}
