package deal

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/postgres"
)

// View is a deal with everything its parties see.
type View struct {
	Deal      Deal       `json:"deal"`
	Side      Side       `json:"side"`      // the actor's
	Proposals []Proposal `json:"proposals"` // oldest first; the last one is on the table
	History   []Step     `json:"history"`
	Events    []Event    `json:"events"` // what the actor may do now
}

// Terms returns the proposal on the table, nil before the first.
func (v View) Terms() *Proposal {
	if len(v.Proposals) == 0 {
		return nil
	}
	return &v.Proposals[len(v.Proposals)-1]
}

// Read returns one deal. Who: the parties. Faults: NotFound.
func (s *Service) Read(ctx context.Context, who actor.Actor, id int64) (View, error) {
	const op = "deal: read"
	d, side, err := s.visible(ctx, s.config.DB, who, id, false)
	if err != nil {
		return View{}, fmt.Errorf(op+": %w", err)
	}
	v := View{Deal: d, Side: side}
	if v.Proposals, err = proposals(ctx, s.config.DB, id); err != nil {
		return View{}, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	if v.History, err = steps(ctx, s.config.DB, id); err != nil {
		return View{}, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	v.Events = d.possible(side, v.Terms())
	if d.veils(side) {
		for i, h := range v.History {
			if d.did(h) {
				v.History[i].AccountID = actor.Undisclosed
			}
		}
	}
	v.Deal = d.forReader(side)
	return v, nil
}

// possible lists the events that the side may cause now.
func (d Deal) possible(side Side, terms *Proposal) []Event {
	out := []Event{}
	for _, m := range moves {
		if m.from != d.State || !slices.Contains(m.roles, d.role(side)) || slices.Contains(out, m.on) {
			continue
		}
		if m.on == EventAcceptTerms && (terms == nil || terms.Accepted(side)) {
			continue
		}
		out = append(out, m.on)
	}
	return out
}

// Filter narrows List.
type Filter struct {
	State   State
	Listing int64 // deals about this listing; 0 all
	After   int64 // id of the last deal of the page before; 0 for the first page
	Limit   int   // 1 … 100

	Introduced bool // only those that the actor brokers
}

// List returns the deals of the actor's organisation and those the actor brokers, newest first.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) ([]Deal, error) {
	const op = "deal: list"
	if !who.SignedIn() {
		return nil, fmt.Errorf(op+": %w", fault.SignIn())
	}
	args := pgx.StrictNamedArgs{
		"org":     int64(-1),
		"broker":  int64(-1),
		"state":   f.State,
		"listing": f.Listing,
		"after":   f.After,
		"limit":   min(max(f.Limit, 1), 100),
	}
	if who.Member() && !f.Introduced {
		args["org"] = who.OrgID
	}
	if who.Has(actor.Broker) {
		args["broker"] = who.AccountID
	}
	rows, err := s.config.DB.Query(ctx, listDeals, args)
	if err != nil {
		return nil, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByName[Deal])
	if err != nil {
		return nil, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	for i, d := range out {
		_, side, err := d.seenBy(who)
		if err != nil {
			return nil, fmt.Errorf(op+": %w", err)
		}
		out[i] = d.forReader(side)
	}
	return out, nil
}

// Shares returns the agreed terms of the actor's newest introductions that name a share, by deal. Brokers only; others have none.
func (s *Service) Shares(ctx context.Context, who actor.Actor) (map[int64]Terms, error) {
	if !who.Has(actor.Broker) {
		return nil, nil
	}
	rows, err := s.config.DB.Query(ctx, selectShares, pgx.StrictNamedArgs{"broker": who.AccountID})
	if err != nil {
		return nil, fmt.Errorf("deal: shares: %w", postgres.Fault(err))
	}
	out := map[int64]Terms{}
	var id int64
	var terms Terms
	if _, err := pgx.ForEachRow(rows, []any{&id, &terms}, func() error {
		if terms.CommissionBP > 0 {
			out[id] = terms
		}
		terms = Terms{}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("deal: shares: %w", postgres.Fault(err))
	}
	return out, nil
}

// Awaited is a talk that waits for an answer of the actor's organisation.
type Awaited struct {
	Deal
	Terms int       // version of the terms on the table; 0: the approach itself waits
	Since time.Time // when the other side asked
}

// Awaiting lists what the other side of a talk waits for, longest waiting first, 100 at most. Members only; others have none.
func (s *Service) Awaiting(ctx context.Context, who actor.Actor) ([]Awaited, error) {
	if !who.Member() {
		return nil, nil
	}
	rows, err := s.config.DB.Query(ctx, selectAwaiting, pgx.StrictNamedArgs{"org": who.OrgID})
	if err != nil {
		return nil, fmt.Errorf("deal: awaiting: %w", postgres.Fault(err))
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByName[Awaited])
	if err != nil {
		return nil, fmt.Errorf("deal: awaiting: %w", postgres.Fault(err))
	}
	for i, a := range out {
		_, side, err := a.seenBy(who)
		if err != nil {
			return nil, fmt.Errorf("deal: awaiting: %w", err)
		}
		out[i].Deal = a.forReader(side)
	}
	return out, nil
}

// Messages returns the thread after a message id, oldest first, at most limit (1 … 200). Who: the parties.
func (s *Service) Messages(ctx context.Context, who actor.Actor, id, after int64, limit int) ([]Message, error) {
	return s.thread(ctx, who, id, selectMessages, after, limit)
}

// LastMessages returns the newest messages before a message id (0: the end of the thread), at most limit (1 … 200), oldest of
// them first. Who: the parties.
func (s *Service) LastMessages(ctx context.Context, who actor.Actor, id, before int64, limit int) ([]Message, error) {
	return s.thread(ctx, who, id, selectLastMessages, before, limit)
}

func (s *Service) thread(ctx context.Context, who actor.Actor, id int64, sql string, from int64, limit int) ([]Message, error) {
	const op = "deal: messages"
	d, side, err := s.visible(ctx, s.config.DB, who, id, false)
	if err != nil {
		return nil, fmt.Errorf(op+": %w", err)
	}
	out, err := messages(ctx, s.config.DB, sql, id, from, min(max(limit, 1), 200))
	if err != nil {
		return nil, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	for i, m := range out {
		if d.veils(side) && m.Side == d.Undisclosed {
			out[i].AccountID = actor.Undisclosed
		}
	}
	return out, nil
}

// SeesFiles is the rule of files.Reader: the parties of a talk read the files of its thread. Faults: NotFound.
func (s *Service) SeesFiles(ctx context.Context, who actor.Actor, of files.Object) ([]string, error) {
	if _, _, err := s.visible(ctx, s.config.DB, who, of.ID, false); err != nil {
		return nil, fmt.Errorf("deal: file: %w", err)
	}
	return []string{"thread"}, nil
}
