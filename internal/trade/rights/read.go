package rights

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/notice"
)

// Share is what stands to a member.
type Share struct {
	Person
	Total   money.Fen `json:"totalFen"`   // by all receipts so far
	Paid    money.Fen `json:"paidFen"`    // in hand
	Payable money.Fen `json:"payableFen"` // what may be paid now
}

// View is a plan with what the actor may see: the unit everything, one of the team the sums and his own share.
type View struct {
	Plan     Plan         `json:"distribution"`
	Notice   notice.State `json:"noticeState"` // "" before the first
	Shares   []Share      `json:"shares"`
	Entries  []Booked     `json:"entries"`
	Payments []Payment    `json:"payments"`
	Payouts  []Payout     `json:"payouts"`
	Net      money.Fen    `json:"netFen"`
	Pool     money.Fen    `json:"poolFen"`
	Paid     money.Fen    `json:"paidFen"` // to all, in hand
	Steps    []Step       `json:"steps"`
	Events   []Event      `json:"events"` // what the actor may do now
	Own      int          `json:"own"`    // number of the actor in the team, 0 for none
	AsOf     time.Time    `json:"asOf"`
}

// Read shows one plan. Faults: Unauthorized, NotFound for whoever is neither of the unit nor of the team.
func (s *Service) Read(ctx context.Context, who actor.Actor, id int64) (View, error) {
	v, err := s.read(ctx, who, id)
	if err != nil {
		return View{}, fmt.Errorf("rights: read: %w", postgres.Fault(err))
	}
	return v, nil
}

func (s *Service) read(ctx context.Context, who actor.Actor, id int64) (v View, err error) {
	a, err := load(ctx, s.config.DB, selectPlan, id)
	if err != nil {
		return v, err
	}
	roles, err := a.roles(who)
	if err != nil {
		return v, err
	}
	own, unit := a.of(who.AccountID), who.In(a.plan.OrgID) && who.Member()
	v.Plan, v.Own = a.plan, own+1
	if v.AsOf, err = postgres.Now(ctx, s.config.DB); err != nil {
		return v, err
	}
	if a.plan.NoticeID != 0 {
		if v.Notice, err = s.config.Public.State(ctx, s.config.DB, a.plan.NoticeID); err != nil {
			return v, err
		}
	}
	if v.Steps, err = postgres.Many[Step](ctx, s.config.DB, selectEvents, pgx.StrictNamedArgs{"id": id}); err != nil {
		return v, err
	}
	v.money(a)
	if !unit {
		v.only(own)
	}
	for _, m := range moves() {
		if m.from == a.plan.State && slices.Contains(roles, m.role) {
			v.Events = append(v.Events, m.on)
		}
	}
	return v, nil
}

// money fills what the rule makes of the entries.
func (v *View) money(a *account) {
	d, payments := a.distribution()
	paid := a.paid()
	due := Payable(d, paid)
	v.Entries, v.Payments, v.Payouts, v.Net, v.Pool = a.entries, payments, a.payouts, max(0, d.Net), pool(d)
	for i, p := range a.people {
		v.Shares = append(v.Shares, Share{Person: p, Total: d.Totals[i], Paid: paid[i], Payable: due[i]})
		v.Paid += paid[i]
	}
}

// only leaves the share of one of the team.
func (v *View) only(own int) {
	v.Shares = v.Shares[own : own+1]
	for i := range v.Payments {
		v.Payments[i].Shares = v.Payments[i].Shares[own : own+1]
	}
	for i := range v.Entries {
		v.Entries[i].Voucher, v.Entries[i].Note = "", ""
	}
	v.Payouts = slices.DeleteFunc(v.Payouts, func(p Payout) bool { return p.Number != own+1 })
}

// Filter narrows and pages a list.
type Filter struct {
	Contract int64 // 0: all
	Listing  int64 // of this achievement; 0: all
	State    Stage // "": all
	After    int64 // id of the last plan of the page before
	Limit    int   // 1 … 100
}

// Row is a plan in a list, with its sums; for one of the team Paid and Payable are his own.
type Row struct {
	Plan
	Pool    money.Fen `json:"poolFen"`
	Paid    money.Fen `json:"paidFen"`
	Payable money.Fen `json:"payableFen"`
	Mine    bool      `json:"mine"` // seen as one of the team, not for the unit
	Member  bool      `json:"-"`    // the actor is of the team
}

// List returns the plans of the actor's unit and those in which he has a share, newest first.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) ([]Row, error) {
	const op = "rights: list"
	if !who.SignedIn() {
		return nil, fmt.Errorf(op+": %w", fault.SignIn())
	}
	org := int64(-1)
	if who.Member() {
		org = who.OrgID
	}
	plans, err := postgres.Many[Plan](ctx, s.config.DB, listPlans, pgx.StrictNamedArgs{"org": org, "account": who.AccountID,
		"contract": f.Contract, "listing": f.Listing, "state": f.State, "after": f.After, "limit": min(max(f.Limit, 1), 100)})
	if err != nil {
		return nil, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	all, err := accounts(ctx, s.config.DB, plans)
	if err != nil {
		return nil, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	out := make([]Row, len(plans))
	for i, a := range all {
		p := a.plan
		d, _ := a.distribution()
		paid := a.paid()
		out[i] = Row{Plan: p, Pool: pool(d), Mine: !who.In(p.OrgID) || !who.Member(), Member: a.of(who.AccountID) >= 0}
		for k, due := range Payable(d, paid) {
			if !out[i].Mine || a.of(who.AccountID) == k {
				out[i].Paid += paid[k]
				out[i].Payable += due
			}
		}
	}
	return out, nil
}

// Due lists the plans of the actor's unit from which something may be paid now and he may pay: he is an administrator and not of the
// team. Oldest change first, 100 at most.
func (s *Service) Due(ctx context.Context, who actor.Actor) ([]Row, error) {
	if !slices.Contains(rolesOf(who, who.OrgID), RoleAdmin) {
		return nil, nil
	}
	list, err := s.List(ctx, who, Filter{State: Active, Limit: 100})
	list = slices.DeleteFunc(list, func(r Row) bool { return r.Mine || r.Member || r.Payable == 0 })
	slices.SortFunc(list, func(a, b Row) int { return a.UpdatedAt.Compare(b.UpdatedAt) })
	return list, err
}
