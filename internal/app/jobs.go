package app

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/matching/vector"
	"techmarket/internal/market/watch"
	"techmarket/internal/platform/idempotency"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/trade/deal"
)

// register tells the queue who works which job.
func (s *Services) register() {
	s.Listings.Register(s.workers, s.Engine)
	s.Importer.Register(s.workers)
	s.Registry.RegisterJobs(s.workers)
	jobs.Register(s.workers, s.solved)
	jobs.Register(s.workers, func(ctx context.Context, _ tickArgs) error { _, err := s.Listings.Tick(ctx); return err })
	jobs.Register(s.workers, func(ctx context.Context, _ learnArgs) error { return s.relearn(ctx) })
	jobs.Register(s.workers, func(ctx context.Context, _ rootArgs) error { _, _, err := s.Ledger.SignRoot(ctx); return err })
	jobs.Register(s.workers, func(ctx context.Context, _ cleanArgs) error {
		return errors.Join(s.Identity.CleanSessions(ctx), idempotency.New(s.Platform.DB, s.Platform.Now).Clean(ctx))
	})
	jobs.Register(s.workers, func(ctx context.Context, _ tradeArgs) error {
		_, err := s.Sales.Finish(ctx)
		_, errNotice := s.Public.Expire(ctx)
		return errors.Join(err, errNotice)
	})
	jobs.RegisterLong(s.workers, fillTimeout, func(ctx context.Context, _ rebuildArgs) error { return s.Rebuild(ctx) })
	jobs.RegisterLong(s.workers, fillTimeout, func(ctx context.Context, _ healArgs) error { return s.Heal(ctx) })
	jobs.RegisterLong(s.workers, CheckTimeout, s.answerCheck)
}

// agreed looks at both listings after the agreement, by jobs of its transaction.
func (s *Services) agreed(ctx context.Context, tx pgx.Tx, d deal.Deal) error {
	for _, id := range []int64{d.SupplyListing, d.DemandListing} {
		if id == 0 {
			continue
		}
		if err := s.Queue.Enqueue(ctx, tx, solvedArgs{ListingID: id}, jobs.Options{}); err != nil {
			return err
		}
	}
	return nil
}

// solvedArgs closes a listing as signed where its kind is settled by one agreement: a need that found its solution. An
// achievement stays open, since it can be licensed again.
type solvedArgs struct {
	ListingID int64 `json:"listingId"`
}

// Kind names the job.
func (solvedArgs) Kind() string { return "listing_solved" }

func (s *Services) solved(ctx context.Context, a solvedArgs) error {
	l, err := s.Listings.Any(ctx, a.ListingID)
	if err == nil && s.Listings.Kinds().Of(l.Kind).Settled {
		_, err = s.Listings.DoAsSystem(ctx, listing.Command{ID: a.ListingID, Event: listing.EventClose, Reason: "signed"})
	}
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) {
		return nil // the owner was faster
	}
	return err
}

// The periodic jobs.
type (
	tickArgs    struct{} // clocks of living listings
	learnArgs   struct{} // word statistics for matching
	rootArgs    struct{} // signs the register's root when something changed
	cleanArgs   struct{} // ended sessions, old idempotency keys
	tradeArgs   struct{} // biddings and notices whose time is over
	rebuildArgs struct{} // fills an empty index
	healArgs    struct{} // fills a Meilisearch that came (back) empty
	CheckArgs   struct{} // compares the index with the database for a command that waits
)

// Kind names the job.
func (tickArgs) Kind() string { return "listing_tick" }

func (learnArgs) Kind() string { return "matching_learn" }

func (rootArgs) Kind() string { return "ledger_root" }

func (cleanArgs) Kind() string { return "session_clean" }

func (tradeArgs) Kind() string { return "trade_clock" }

func (rebuildArgs) Kind() string { return "search_rebuild" }

func (healArgs) Kind() string { return "search_heal" }

func (CheckArgs) Kind() string { return "search_check" }

func (s *Services) periodic() []jobs.Periodic {
	all := []jobs.Periodic{
		{ID: "listing_tick", Next: jobs.Daily(3, 10), Args: func() jobs.Args { return tickArgs{} }, Start: true},
		{ID: "matching_learn", Next: jobs.Daily(3, 30), Args: func() jobs.Args { return learnArgs{} }, Start: true},
		{ID: "match_digest", Next: jobs.Daily(7, 30), Args: func() jobs.Args { return watch.DigestArgs{} }},
		{ID: "session_clean", Next: jobs.Daily(4, 0), Args: func() jobs.Args { return cleanArgs{} }},
		{ID: "deadline_warning", Next: jobs.Daily(8, 30), Args: func() jobs.Args { return registry.WarnArgs{} }},
		{ID: "trade_clock", Next: jobs.Every(10 * time.Second), Args: func() jobs.Args { return tradeArgs{} }, Start: true},
		{ID: "search_heal", Next: jobs.Every(time.Minute), Args: func() jobs.Args { return healArgs{} }, Start: true},
		{ID: "ledger_root", Next: jobs.Every(time.Minute), Args: func() jobs.Args { return rootArgs{} }, Start: true},
	}
	if s.Platform.Config.EmbedderURL != "" {
		all = append(all, jobs.Periodic{ID: "embed_fill", Next: jobs.Every(10 * time.Minute), Args: func() jobs.Args { return vector.FillArgs{} },
			Start: true})
	}
	return all
}
