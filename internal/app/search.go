package app

import (
	"context"
	"path/filepath"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/matching"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/publish/policy"
	"techmarket/internal/services/register"
	"techmarket/search"
	"techmarket/search/local"
	"techmarket/search/meili"
)

// Reindex fills the index anew: at once where it is ours, by the running market where it belongs to that.
func (s *Services) Reindex(ctx context.Context) error {
	if !s.Platform.Attached {
		return s.Rebuild(ctx)
	}
	return s.Platform.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return s.Queue.Enqueue(ctx, tx, rebuildArgs{}, jobs.Options{})
	})
}

// openSearch opens the engine that the configuration asks for; a fresh index is filled by a job.
func (s *Services) openSearch(ctx context.Context) error {
	dir := filepath.Join(s.Platform.Config.Data, "search")
	if s.Platform.Attached {
		dir = "" // the folder belongs to the running market; this process only looks
	}
	engine, err := local.Open(dir, s.analyzer)
	if err != nil {
		return err
	}
	s.Engine, s.Embedded = engine, engine
	if url := s.Platform.Config.MeiliURL; url != "" {
		s.Meili = meili.Connect(meili.Options{URL: url, Key: s.Platform.Config.MeiliKey}, s.analyzer)
		s.Fallback = search.NewFallback(s.Meili, engine, s.Platform.Now)
		s.Engine = s.Fallback
	}
	s.gate = search.NewGate(4*runtime.GOMAXPROCS(0), 2*time.Second)
	remembered := search.NewRemember(search.Gated{Engine: s.Engine, Gate: s.gate}, 10*time.Second, s.Platform.Now)
	s.Engine = matching.Prepared{Engine: told{remembered, s.changes.bump}, Analyzer: s.analyzer}
	s.Platform.defers(func(context.Context) error { return s.Engine.Close() })
	if !engine.Fresh() || s.Platform.Attached {
		return nil
	}
	return s.Platform.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return s.Queue.Enqueue(ctx, tx, rebuildArgs{}, jobs.Options{Unique: true})
	})
}

// fillTimeout bounds the filling of an index: 100,000 listings took Meilisearch seven and a half minutes on two cores.
const fillTimeout = 4 * time.Hour

// Rebuild fills the index beside the serving one and swaps. What Meilisearch misses, heal makes good.
func (s *Services) Rebuild(ctx context.Context) error {
	err := s.fill(ctx, s.Engine)
	if s.Meili != nil && fault.HasCode(err, "search_unavailable") {
		s.Meili.Distrust()
		s.Platform.Log.Warn("Meilisearch is not rebuilt", "error", Words(err))
		err = nil
	}
	if err != nil || s.vectors == nil {
		return err
	}
	return s.vectors.Fill(ctx)
}

// fill rebuilds an engine from the database.
func (s *Services) fill(ctx context.Context, e search.Engine) error {
	return e.Rebuild(ctx, func(emit func(...search.Document) error) error { return s.documents(ctx, emit) })
}

// source is one wing's part of the index.
type source struct {
	number    func(document string) int64 // 0 for a document of another source
	documents func(ctx context.Context, emit func(...search.Document) error) error
	index     func(ctx context.Context, e search.Engine, numbers []int64) error
}

// sources are all that is found by words.
func (s *Services) sources() []source {
	return []source{
		{listing.IDOf, s.Listings.Documents, s.Listings.Index},
		{register.Documents.Number, s.Registers.Documents, s.Registers.Index},
		{policy.Documents.Number, s.Policies.Documents, s.Policies.Index},
	}
}

// documents emits everything that is found.
func (s *Services) documents(ctx context.Context, emit func(...search.Document) error) error {
	for _, from := range s.sources() {
		if err := from.documents(ctx, emit); err != nil {
			return err
		}
	}
	return nil
}

// FillAside makes a command beside a running market find everything: the index on disk belongs to the market, so this process holds
// its own in memory.
func (s *Services) FillAside(ctx context.Context) error {
	if !s.Platform.Attached {
		return nil
	}
	return s.fill(ctx, matching.Prepared{Engine: s.Embedded, Analyzer: s.analyzer})
}
