package sale

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
)

// ShownBid is an accepted bid as everybody sees it: a code, never a name.
type ShownBid struct {
	Seq    int       `json:"seq"`
	Code   string    `json:"code"`
	Amount money.Fen `json:"amountFen"`
	At     time.Time `json:"at"`
}

// View is a sale with what the actor may see of it.
type View struct {
	Sale    Sale       `json:"sale"`
	Phase   string     `json:"phase"` // of a disclosed sale; "" otherwise
	NextMin money.Fen  `json:"nextMinFen"`
	Bids    []ShownBid `json:"bids"` // newest first
	Pauses  []Stop     `json:"pauses"`
	Steps   []Step     `json:"steps"`
	Mine    *Intent    `json:"mine"`    // the actor's own
	Intents []Intent   `json:"intents"` // for the desk only
	Events  []Event    `json:"events"`  // what the actor may do now
	Now     time.Time  `json:"readAt"`  // of the database, which decides
}

// Stop is a pause as everybody sees it.
type Stop struct {
	From   time.Time  `json:"fromAt"`
	To     *time.Time `json:"toAt"`
	Reason string     `json:"reason"`
}

// Read shows one sale. Faults: NotFound.
func (s *Service) Read(ctx context.Context, who actor.Actor, id int64) (View, error) {
	v, err := s.read(ctx, who, id)
	if err != nil {
		return View{}, fmt.Errorf("sale: read: %w", postgres.Fault(err))
	}
	return v, nil
}

func (s *Service) read(ctx context.Context, who actor.Actor, id int64) (v View, err error) {
	args := pgx.StrictNamedArgs{"id": id}
	q := s.config.DB
	if v.Sale, err = one[Sale](ctx, q, selectSale, args); err != nil {
		return v, err
	}
	var roles []string
	if who.SignedIn() {
		if roles, err = s.roles(ctx, who, v.Sale); err != nil {
			return v, err
		}
	} else if v.Sale.State == Draft || v.Sale.State == InReview {
		return v, errNotFound
	}
	pauses, err := all[storedPause](ctx, q, selectPauses, args)
	if err != nil {
		return v, err
	}
	intents, err := all[Intent](ctx, q, selectIntents, args)
	if err != nil {
		return v, err
	}
	if v.Now, err = postgres.Now(ctx, q); err != nil {
		return v, err
	}
	a := auction(v.Sale, pauses, intents)
	v.NextMin, v.Phase = a.NextMin(), v.Sale.phase(a, v.Now)
	for _, p := range pauses {
		v.Pauses = append(v.Pauses, Stop{p.From, p.To, p.Reason})
	}
	for _, i := range intents {
		if who.In(i.OrgID) && who.Member() {
			v.Mine = &i
		}
	}
	if slices.Contains(roles, RoleDesk) {
		v.Intents = intents
	}
	kept, err := all[attempt](ctx, q, acceptedBids, args)
	if err != nil {
		return v, err
	}
	for _, b := range kept {
		v.Bids = append(v.Bids, ShownBid{*b.Seq, b.Code, money.Fen(b.Amount), b.ArrivedAt})
	}
	if v.Steps, err = all[Step](ctx, q, selectEvents, args); err != nil {
		return v, err
	}
	for _, m := range moves() {
		if m.from == v.Sale.State && slices.Contains(roles, m.role) && (m.guard == nil || m.guard(a, v.Now) == nil) {
			v.Events = append(v.Events, m.on)
		}
	}
	return v, nil
}

// Versions says of each running bidding by one word whether anything that everybody sees of it has changed; one that does not run is left
// out.
func (s *Service) Versions(ctx context.Context, ids []int64) (map[int64]string, error) {
	out := make(map[int64]string, len(ids))
	rows, _ := s.config.DB.Query(ctx, versions, pgx.StrictNamedArgs{"ids": ids})
	var id int64
	var version string
	_, err := pgx.ForEachRow(rows, []any{&id, &version}, func() error {
		out[id] = version
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("sale: versions: %w", postgres.Fault(err))
	}
	return out, nil
}

func (s Sale) phase(a *Auction, at time.Time) string {
	switch {
	case s.State != Disclosed:
		return ""
	case a.stopped():
		return PhasePaused
	case at.Before(a.Begins):
		return PhaseWaiting
	case at.After(a.End):
		return PhaseClosing
	default:
		return PhaseOpen
	}
}

// Filter pages a list.
type Filter struct {
	After int64 // id of the last sale of the page before
	Limit int   // 1 … 100
}

// List returns the disclosed sales, the actor's own, and for officers those in review in their area, newest first.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) ([]Sale, error) {
	org := int64(-1)
	if who.Member() {
		org = who.OrgID
	}
	list, err := all[Sale](ctx, s.config.DB, listSales, pgx.StrictNamedArgs{"org": org, "desk": who.Officer(), "after": f.After,
		"limit": min(max(f.Limit, 1), 100)})
	if err != nil {
		return nil, fmt.Errorf("sale: list: %w", postgres.Fault(err))
	}
	var out []Sale
	for _, x := range list {
		if x.State == InReview && !who.In(x.OrgID) {
			if _, err := s.roles(ctx, who, x); fault.Is(err, fault.NotFound) {
				continue
			} else if err != nil {
				return nil, fmt.Errorf("sale: list: %w", err)
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// Record gives the facts of a bidding that is over, so that anybody can run it again (techmarket replay auction). It holds codes, no
// names. The end that a refused attempt was told during a pause is the one before the pause was over.
func (s *Service) Record(ctx context.Context, id int64) (AuctionRecord, error) {
	const op = "sale: record"
	sale, err := one[Sale](ctx, s.config.DB, selectSale, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return AuctionRecord{}, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	if sale.EndedAt == nil {
		return AuctionRecord{}, fmt.Errorf(op+": %w", errNotFound)
	}
	out, _, err := readRecord(ctx, s.config.DB, sale)
	return out, err
}

// readRecord reads what a bidding rests on, and with it how each attempt was answered.
func readRecord(ctx context.Context, q postgres.Querier, sale Sale) (out AuctionRecord, attempts []attempt, err error) {
	const op = "sale: record"
	args := pgx.StrictNamedArgs{"id": sale.ID}
	pauses, err := all[storedPause](ctx, q, selectPauses, args)
	if err != nil {
		return out, nil, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	intents, err := all[Intent](ctx, q, selectIntents, args)
	if err != nil {
		return out, nil, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	out.Sale = auction(sale, pauses, intents).Terms
	if attempts, err = all[attempt](ctx, q, selectAttempts, args); err != nil {
		return out, nil, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	for _, a := range attempts {
		out.Attempts = append(out.Attempts, Bid{a.Key, a.Code, money.Fen(a.Amount), a.ArrivedAt, a.ServedAt})
	}
	return out, attempts, nil
}
