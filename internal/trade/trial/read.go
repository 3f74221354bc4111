package trial

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// View is a trial as one of its sides sees it.
type View struct {
	Trial    Trial     `json:"trial"`
	Side     Side      `json:"side"`
	Reports  []Report  `json:"reports"`
	Payments []Payment `json:"payments"`
	Steps    []Step    `json:"steps"`
	Events   []Event   `json:"events"` // what the actor may do now
	AsOf     time.Time `json:"asOf"`
}

// Read shows one trial to its two sides. Faults: Unauthorized, NotFound.
func (s *Service) Read(ctx context.Context, who actor.Actor, id int64) (v View, err error) {
	const op = "trial: read"
	if !who.SignedIn() {
		return v, fmt.Errorf(op+": %w", fault.SignIn())
	}
	q := s.config.DB
	if v.Trial, err = one(ctx, q, selectTrial, id); err != nil {
		return View{}, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	if v.Side = v.Trial.side(who); v.Side == nobody {
		return View{}, fmt.Errorf(op+": %w", errNotFound)
	}
	args := pgx.StrictNamedArgs{"id": id}
	if v.Reports, err = postgres.Many[Report](ctx, q, selectReports, args); err != nil {
		return View{}, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	if v.Payments, err = postgres.Many[Payment](ctx, q, selectPayments, args); err != nil {
		return View{}, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	if v.Steps, err = postgres.Many[Step](ctx, q, selectEvents, args); err != nil {
		return View{}, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	if v.AsOf, err = postgres.Now(ctx, q); err != nil {
		return View{}, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	for _, m := range moves() {
		if m.from == v.Trial.State && slices.Contains(m.sides, v.Side) && v.offered(m.on) {
			v.Events = append(v.Events, m.on)
		}
	}
	return v, nil
}

// offered leaves out what the table allows and a guard would refuse at once.
func (v View) offered(on Event) bool {
	switch on {
	case EventAgree:
		return v.Side != v.Trial.ProposedSide
	case EventReport:
		return slices.ContainsFunc(v.Reports, func(r Report) bool { return r.At == nil })
	case EventAskExtend:
		return !v.Trial.Extended
	case EventExtend:
		return v.Trial.AskedTo != nil
	case EventAddDue:
		return v.Trial.Terms.Pay == PayRoyalty || v.Trial.Terms.Pay == PayConditional
	case EventPay:
		return slices.ContainsFunc(v.Payments, func(p Payment) bool { return p.PaidOn == nil })
	case EventSettle:
		return !slices.ContainsFunc(v.Payments, func(p Payment) bool { return p.PaidOn == nil })
	case EventInsure:
		return v.Trial.Terms.Insurance != ""
	}
	return true
}

// Filter narrows and pages a list.
type Filter struct {
	State   Stage
	Listing int64 // 0: all
	After   int64 // id of the last trial of the page before
	Limit   int   // 1 … 100
}

// List returns the trials of the actor's unit, newest first.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) ([]Trial, error) {
	const op = "trial: list"
	if !who.SignedIn() {
		return nil, fmt.Errorf(op+": %w", fault.SignIn())
	}
	if !who.Member() {
		return nil, nil
	}
	list, err := postgres.Many[Trial](
		ctx,
		s.config.DB,
		listTrials,
		pgx.StrictNamedArgs{"org": who.OrgID, "state": f.State, "listing": f.Listing,
			"after": f.After, "limit": min(max(f.Limit, 1), 100)},
	)
	if err != nil {
		return nil, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	return list, nil
}
