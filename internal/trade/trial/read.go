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

// Waiting is a trial at a step that the actor's unit takes.
type Waiting struct {
	Trial
	ReportDue  *time.Time // the next report that was not handed in
	PaymentDue *time.Time // the next payment
	On         Event      `db:"-"` // the step
	Due        *time.Time `db:"-"` // nil: no day holds
}

// ahead is how long before its day a report or a payment is listed as waiting.
const ahead = 14 * 24 * time.Hour

// wait says which step waits for a side, if any.
func (w *Waiting) wait(side Side, now time.Time) bool {
	soon := func(day *time.Time) bool { return day != nil && day.Before(now.Add(ahead)) }
	switch supply := side == Supply; {
	case w.State == Proposed && side != w.ProposedSide:
		w.On = EventAgree
	case w.State == Agreed && supply:
		w.On = EventStart
	case w.State == Trialling && supply && w.AskedTo != nil:
		w.On = EventExtend
	case w.State == Trialling && !supply && soon(w.ReportDue):
		w.On, w.Due = EventReport, w.ReportDue
	case w.State == Confirming && supply:
		w.On, w.Due = EventConfirm, w.ConfirmBy
	case w.State == Converted && !supply && soon(w.PaymentDue):
		w.On, w.Due = EventPay, w.PaymentDue
	default:
		return false
	}
	return true
}

// Awaiting lists the trials at a step that the actor's unit takes, longest untouched first. Members only; others have none.
func (s *Service) Awaiting(ctx context.Context, who actor.Actor) ([]Waiting, error) {
	if !who.Member() {
		return nil, nil
	}
	list, err := postgres.Many[Waiting](ctx, s.config.DB, openTrials, pgx.StrictNamedArgs{"org": who.OrgID})
	if err != nil {
		return nil, fmt.Errorf("trial: awaiting: %w", postgres.Fault(err))
	}
	now, err := postgres.Now(ctx, s.config.DB)
	if err != nil {
		return nil, fmt.Errorf("trial: awaiting: %w", postgres.Fault(err))
	}
	waiting := list[:0]
	for _, w := range list {
		if w.wait(w.side(who), now) {
			waiting = append(waiting, w)
		}
	}
	return waiting, nil
}
