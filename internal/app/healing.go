package app

import (
	"context"
	"maps"
	"slices"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/matching"
	"techmarket/search"
)

// Heal brings Meilisearch in line: it fills one that came without our index (the first time, after a loss of its disk, after an
// update) and hands over what one that was away or full has missed. A server that is away is no error: the embedded engine answers,
// and the job looks again in a minute.
func (s *Services) Heal(ctx context.Context) error {
	if s.Meili == nil || !s.healing.TryLock() { // filling takes longer than the minute between two jobs
		return nil
	}
	defer s.healing.Unlock()
	err := s.bringInLine(ctx)
	if fault.Is(err, fault.Unavailable) {
		s.Platform.Log.Warn("Meilisearch is behind", "error", Words(err))
		return nil
	}
	return err
}

func (s *Services) bringInLine(ctx context.Context) error {
	if s.Embedded.Fresh() {
		return nil // nothing to compare with until the first rebuild, which fills both
	}
	fresh, err := s.Meili.Check(ctx)
	if err != nil {
		return err
	}
	work := s.fill
	if !fresh {
		theirs, err := s.Meili.Stats(ctx)
		if err != nil {
			return err
		}
		ours, err := s.Embedded.Stats(ctx)
		if err != nil {
			return err
		}
		if s.compared && theirs.Documents == ours.Documents && !s.Fallback.Behind() {
			return s.Fallback.Mend(func() error { return nil }) // it answers again, also when nobody asks at present
		}
		if theirs.Documents >= ours.Documents/2 {
			work = s.mend
		} else {
			s.Meili.Distrust() // left nearly empty by a rebuild that was cut off
		}
	}
	if err := s.Fallback.Mend(func() error { return work(ctx, matching.Prepared{Engine: s.Meili, Analyzer: s.analyzer}) }); err != nil {
		return err
	}
	s.compared = true
	return nil
}

// mend compares the versions that an engine holds with those of the embedded one, which follows the database by jobs, and indexes
// anew what differs.
func (s *Services) mend(ctx context.Context, e search.Engine) error {
	differ := map[string]int64{}
	if err := s.Embedded.Refs(ctx, func(r search.Ref) error { differ[r.ID] = r.Version; return nil }); err != nil {
		return err
	}
	err := e.Refs(ctx, func(r search.Ref) error {
		if version, there := differ[r.ID]; there && version == r.Version {
			delete(differ, r.ID)
		} else {
			differ[r.ID] = r.Version
		}
		return nil
	})
	if err != nil {
		return err
	}
	n, err := s.indexAnew(ctx, e, slices.Collect(maps.Keys(differ)))
	if n > 0 {
		s.Platform.Log.Info("Meilisearch caught up", "listings", n)
	}
	return err
}

// meiliCheck tells /readyz whether Meilisearch answers and holds everything; the market works without it.
func (s *Services) meiliCheck() []check {
	if s.Meili == nil {
		return nil
	}
	return []check{{"meilisearch", false, func(ctx context.Context) error {
		if _, err := s.Meili.Stats(ctx); err != nil {
			return err
		}
		if s.Fallback.Degraded() {
			return fault.New(fault.Unavailable, "search_behind", "Meilisearch 缺少最近的更新或刚刚没有回答，内置检索在回答；每分钟补齐一次。")
		}
		return nil
	}}}
}

// searchDegraded is 1 while the embedded engine stands in for Meilisearch.
func (s *Services) searchDegraded() float64 {
	if s.Fallback != nil && s.Fallback.Degraded() {
		return 1
	}
	return 0
}
