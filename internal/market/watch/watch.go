// Package watch owns what becomes of a match after it was found: who was shown what (impressions), what they answered
// (opened, kept, refused and why), who wants to hear of the next one (standing alerts of listings, saved searches), what nobody
// found, and the versioned weights with a dry run over past matches.
//
// It refuses to rank (matching does), to decide who sees a listing (listing does: what is announced is public at that moment),
// and to keep what a guest looks at. It reads approaches and organisations through the views match_deal and match_listing, for
// figures only.
//
// What is announced, and when (docs/rules/matching.md §6):
//
//	a listing is published ─ index job ─▶ AlertArgs, in its own transaction
//	      AlertArgs ─▶ the other side's open listings among whose best ten it stands ─▶ a message to their owners
//	               └─▶ saved searches that find it and want it at once ─▶ a message and a mail
//	      DigestArgs, daily ─▶ one mail per person with everything not yet mailed
//
// Each pair of published versions is announced once; running a job twice announces nothing twice.
package watch

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/facet"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/matching"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
	"techmarket/search"
	"techmarket/search/zh"
)

// People gives an account's mail address; identity.Service fulfils it.
type People interface {
	ContactOf(ctx context.Context, id int64) (name, email, phone string, err error)
}

// Queue inserts jobs in the caller's transaction; jobs.Client fulfils it.
type Queue interface {
	Enqueue(ctx context.Context, tx pgx.Tx, args jobs.Args, o jobs.Options) error
}

// Finder matches; matching.Finder fulfils it.
type Finder interface {
	Find(ctx context.Context, r matching.Request) (matching.Matches, error)
}

// Config is what a Service needs.
type Config struct {
	DB        *postgres.DB
	Listings  *listing.Service
	Catalogue *catalogue.Service
	People    People
	Analyzer  *zh.Analyzer
	// Finder returns a finder with these weights on the model in use; for the dry run and for putting weights into use.
	Finder  func(matching.Weights) Finder
	Queue   Queue
	Audit   audit.Recorder
	Now     func() time.Time
	Random  io.Reader // feed tokens
	BaseURL string    // of links in mails
	Log     *slog.Logger
}

// Service is the room. It is safe for concurrent use.
type Service struct {
	config Config

	mu      sync.Mutex
	finder  Finder // with the active weights
	active  WeightsVersion
	shown   []impression
	missed  map[missKey]int
	dropped int
}

// New returns the service; Load puts the stored weights into use.
func New(c Config) *Service { return &Service{config: c, missed: map[missKey]int{}} }

// Register adds the job workers.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Register(w, s.alert)
	jobs.Register(w, s.digest)
}

// Find matches with the weights in use. It is what pages ask.
func (s *Service) Find(ctx context.Context, r matching.Request) (matching.Matches, error) {
	s.mu.Lock()
	f := s.finder
	s.mu.Unlock()
	if f == nil {
		return matching.Matches{}, fault.New(fault.Unavailable, "matching_starting", "匹配正在启动，请稍后再试。")
	}
	return f.Find(ctx, r)
}

// Hard are the constraints of a need that filter instead of subtracting: the least maturity it accepts.
func Hard(doc search.Document) []search.Filter {
	if n, ok := doc.Numbers[facet.MinMaturity]; ok && n > 0 {
		return []search.Filter{search.Between(facet.Maturity, n, 9)}
	}
	return nil
}

// kind is the declaration of a kind.
func (s *Service) kind(k listing.Kind) listing.Descriptor { return s.config.Listings.Kinds().Of(k) }

// other is the kind on the other side, "" where nothing is matched with a kind.
func (s *Service) other(k listing.Kind) listing.Kind { return s.kind(k).Counterpart }

// own returns the actor's own listing. Faults: unauthorized; forbidden "not_member"; not found "listing" when it belongs to
// another organisation, so that nobody learns of a draft by answering.
func (s *Service) own(ctx context.Context, who actor.Actor, id int64) (listing.Listing, error) {
	if !who.SignedIn() {
		return listing.Listing{}, fault.SignIn()
	}
	if !who.Member() {
		return listing.Listing{}, fault.New(fault.Forbidden, "not_member", "只有本单位的经办人或管理员可以处理匹配。")
	}
	l, err := s.config.Listings.Any(ctx, id)
	if err == nil && !who.In(l.OrganisationID) {
		err = errNoListing
	}
	return l, err
}

var (
	errNoListing = fault.New(fault.NotFound, "listing", "没有这条信息，或它不对您公开。")
)

// Run writes what was noted since every interval, until ctx ends; then once more.
func (s *Service) Run(ctx context.Context, interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.flushLogged(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
			defer cancel()
			s.flushLogged(last)
			return
		}
	}
}

func (s *Service) flushLogged(ctx context.Context) {
	if err := s.Flush(ctx); err != nil && ctx.Err() == nil {
		s.config.Log.Error("write impressions", "error", err.Error())
	}
}

// inTx is the transaction with the room's name on errors.
func (s *Service) inTx(ctx context.Context, op string, fn func(ctx context.Context, tx pgx.Tx) error) error {
	if err := s.config.DB.InTx(ctx, fn); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}
