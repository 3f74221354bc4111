package app

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/papers"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/matching/vector"
	"techmarket/internal/market/watch"
	"techmarket/internal/people/quota"
	"techmarket/internal/platform/idempotency"
	"techmarket/internal/platform/jobs"
)

// register tells the queue who works which job.
func (s *Services) register() {
	s.Listings.Register(s.workers, s.Engine)
	s.Importer.Register(s.workers)
	s.Registers.Register(s.workers, s.Engine)
	s.Policies.Register(s.workers, s.Engine)
	s.Events.RegisterJobs(s.workers)
	s.Texts.RegisterJobs(s.workers)
	s.Registry.RegisterJobs(s.workers)
	s.Papers.RegisterJobs(s.workers)
	s.Exchange.RegisterJobs(s.workers)
	jobs.Register(s.workers, s.settle)
	jobs.Register(s.workers, func(ctx context.Context, _ tickArgs) error {
		_, err := s.Listings.Tick(ctx)
		_, errEntries := s.Registers.Tick(ctx)
		return errors.Join(err, errEntries)
	})
	jobs.Register(s.workers, func(ctx context.Context, _ learnArgs) error { return s.relearn(ctx) })
	jobs.Register(s.workers, func(ctx context.Context, _ rootArgs) error { _, _, err := s.Ledger.SignRoot(ctx); return err })
	jobs.Register(s.workers, func(ctx context.Context, _ cleanArgs) error {
		return errors.Join(s.Platform.Refusals().Sum(ctx, s.Platform.Audit()), s.Identity.CleanSessions(ctx), s.Platform.kept().Clean(ctx),
			idempotency.New(s.Platform.DB, s.Platform.Now).Clean(ctx),
			quota.New(s.Platform.DB, s.Platform.Now).Clean(ctx))
	})
	jobs.Register(s.workers, func(ctx context.Context, _ expireArgs) error { return s.Platform.Files.Expire(ctx, s.Platform.DB) })
	jobs.Register(s.workers, func(ctx context.Context, _ tradeArgs) error {
		_, err := s.Sales.Finish(ctx)
		_, errNotice := s.Public.Expire(ctx)
		_, errChallenge := s.Challenges.Tick(ctx)
		_, errRights := s.Rights.Tick(ctx)
		_, errTrials := s.Trials.Tick(ctx)
		_, errRooms := s.Rooms.Tick(ctx)
		_, errVouchers := s.Vouchers.Tick(ctx)
		_, errEvents := s.Events.Tick(ctx)
		return errors.Join(err, errNotice, errChallenge, errRights, errTrials, errRooms, errVouchers, errEvents)
	})
	jobs.RegisterLong(s.workers, fillTimeout, func(ctx context.Context, _ monitorArgs) error {
		_, err := s.Monitor.Refresh(ctx)
		return err
	})
	jobs.RegisterLong(s.workers, fillTimeout, func(ctx context.Context, _ rebuildArgs) error { return s.Rebuild(ctx) })
	jobs.RegisterLong(s.workers, fillTimeout, func(ctx context.Context, _ healArgs) error { return s.Heal(ctx) })
	jobs.RegisterLong(s.workers, CheckTimeout, s.answerCheck)
}

// signed looks after the listings of a deal whose contract was handed in signed, by a job of its transaction.
func (s *Services) signed(ctx context.Context, tx pgx.Tx, dealID int64) error {
	if err := s.Public.Cleared(ctx, tx, dealID); err != nil {
		return err
	}
	return s.Queue.Enqueue(ctx, tx, signedArgs{DealID: dealID}, jobs.Options{})
}

// signedArgs closes a listing as signed where its kind is settled by one agreement: a need that found its solution; the others who
// talk about it are told. An achievement stays open, since it can be licensed again.
type signedArgs struct {
	DealID int64 `json:"dealId"`
}

// Kind names the job.
func (signedArgs) Kind() string { return "deal_signed" }

func (s *Services) settle(ctx context.Context, a signedArgs) error {
	d, err := s.Deals.Signed(ctx, a.DealID)
	if err != nil {
		return err
	}
	for _, id := range []int64{d.SupplyListing, d.DemandListing} {
		if id == 0 {
			continue
		}
		l, err := s.Listings.Any(ctx, id)
		if err != nil || !s.Listings.Kinds().Of(l.Kind).Settled {
			if err == nil || fault.Is(err, fault.NotFound) {
				continue
			}
			return err
		}
		_, err = s.Listings.DoAsSystem(ctx, listing.Command{ID: id, Event: listing.EventClose, Reason: "signed"})
		if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.NotFound) { // the owner was faster
			return err
		}
		if err := s.Deals.PassOver(ctx, id, d.ID); err != nil {
			return err
		}
	}
	return nil
}

// The periodic jobs.
type (
	tickArgs    struct{} // clocks of living listings and of registers
	learnArgs   struct{} // word statistics for matching
	rootArgs    struct{} // signs the register's root when something changed
	cleanArgs   struct{} // refusals of closed hours; ended sessions, old idempotency keys and quotas
	expireArgs  struct{} // files that were made for one person to fetch, and contents that nothing names
	monitorArgs struct{} // sums by day of what the register booked
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

func (expireArgs) Kind() string { return "file_expire" }

func (monitorArgs) Kind() string { return "monitor_refresh" }

func (tradeArgs) Kind() string { return "trade_clock" }

func (rebuildArgs) Kind() string { return "search_rebuild" }

func (healArgs) Kind() string { return "search_heal" }

func (CheckArgs) Kind() string { return "search_check" }

func (s *Services) periodic() []jobs.Periodic {
	all := []jobs.Periodic{
		{ID: "listing_tick", Next: jobs.Daily(3, 10), Args: func() jobs.Args { return tickArgs{} }, Start: true},
		{ID: "matching_learn", Next: jobs.Daily(3, 30), Args: func() jobs.Args { return learnArgs{} }, Start: true},
		{ID: "monitor_refresh", Next: jobs.Every(20 * time.Second), Args: func() jobs.Args { return monitorArgs{} }, Start: true},
		{ID: "match_digest", Next: jobs.Daily(7, 30), Args: func() jobs.Args { return watch.DigestArgs{} }},
		{ID: "session_clean", Next: jobs.Every(time.Hour), Args: func() jobs.Args { return cleanArgs{} }},
		{ID: "file_expire", Next: jobs.Daily(4, 10), Args: func() jobs.Args { return expireArgs{} }},
		{ID: "deadline_warning", Next: jobs.Daily(8, 30), Args: func() jobs.Args { return registry.WarnArgs{} }},
		{ID: "certificate_retry", Next: jobs.Daily(8, 30), Args: func() jobs.Args { return papers.RetryArgs{} }},
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
