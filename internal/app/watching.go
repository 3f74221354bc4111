package app

import (
	"context"
	"crypto/rand"
	"time"

	"techmarket/internal/market/matching"
	"techmarket/internal/market/watch"
	"techmarket/search"
)

// noteEvery is how long what people saw waits for the database.
const noteEvery = 2 * time.Second

// openWatch makes the room of matches over the engine and the model in use, and starts writing what was shown.
func (s *Services) openWatch(ctx context.Context) error {
	p := s.Platform
	s.Watch = watch.New(watch.Config{DB: p.DB, Listings: s.Listings, Catalogue: s.Catalogue, People: s.Identity,
		Analyzer: s.analyzer, Queue: s.enqueue, Audit: p.Audit(), Now: p.Now, Random: rand.Reader, BaseURL: p.Config.BaseURL, Log: p.Log,
		Finder: func(w matching.Weights) watch.Finder {
			return gatedFinder{s.finder(w), s.gate, s.Fallback}
		}})
	if err := s.Watch.Load(ctx, matching.DefaultWeights()); err != nil {
		return err
	}
	s.Watch.Register(s.workers)
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Watch.Run(running, noteEvery)
	}()
	p.defers(func(context.Context) error {
		stop()
		<-done
		return nil
	})
	return nil
}

// gatedFinder matches when there is room, and says when the embedded engine stands in for Meilisearch.
type gatedFinder struct {
	watch.Finder
	gate     *search.Gate
	fallback *search.Fallback // nil without Meilisearch
}

func (f gatedFinder) Find(ctx context.Context, r matching.Request) (matching.Matches, error) {
	leave, err := f.gate.Enter(ctx)
	if err != nil {
		return matching.Matches{}, err
	}
	defer leave()
	found, err := f.Finder.Find(ctx, r)
	if f.fallback != nil && found.Notice == "" {
		found.Notice = f.fallback.Notice()
	}
	return found, err
}
