package app

import (
	"context"
	"errors"
	"time"

	"techmarket/internal/market/matching"
	"techmarket/internal/market/matching/vector"
	"techmarket/internal/platform/embedding"
)

// openEmbedder connects the embedding server, when one is configured, and loads what it has made.
func (s *Services) openEmbedder(ctx context.Context) error {
	p := s.Platform
	c := p.Config
	if c.RerankerURL != "" {
		var err error
		s.reranker, err = embedding.NewReranker(
			embedding.RerankConfig{URL: c.RerankerURL, Model: c.RerankerModel, Key: c.RerankerKey, Now: p.Now},
		)
		if err != nil {
			return err
		}
	}
	if c.EmbedderURL == "" {
		return nil
	}
	client, err := embedding.New(embedding.Config{URL: c.EmbedderURL, Kind: embedding.Kind(c.EmbedderKind), Model: c.EmbedderModel,
		QueryModel: c.EmbedderQueryModel,
		Key:        c.EmbedderKey, QueryPrefix: c.EmbedderQueryPrefix, PassagePrefix: c.EmbedderPassagePrefix, Now: p.Now})
	if err != nil {
		return err
	}
	if s.vectors, err = vector.New(ctx, vector.Config{DB: p.DB, Embedder: client, Engine: s.Engine, Queue: s.enqueue, Now: p.Now,
		Log: p.Log}); err != nil {
		return err
	}
	s.vectors.Register(s.workers)
	s.semanticWeight = c.EmbedderWeight
	if s.semanticWeight == 0 {
		kept, err := keptWeights(c.Data)
		if err != nil {
			return err
		}
		s.semanticWeight = kept[client.Model()]
	}
	return nil
}

// indexed follows every index job: alerts, and the vectors of what changed.
func (s *Services) indexed(ctx context.Context, ids []int64) error {
	if s.vectors != nil {
		var documents []string
		for _, id := range ids { // what the index does not hold loses its vector
			for _, kind := range s.Listings.Kinds().All() { // a listing that is gone has no kind any more
				documents = append(documents, kind.DocumentID(id))
			}
		}
		if err := s.vectors.Changed(ctx, documents); err != nil {
			return err
		}
	}
	return s.Watch.Published(ctx, ids)
}

// finder matches with these weights on the model in use, and by meaning where there is an embedder.
func (s *Services) finder(w matching.Weights) *matching.Finder {
	if s.semanticWeight > 0 {
		w.TextLegs.Semantic, w.PlainLegs.Semantic = s.semanticWeight, s.semanticWeight
	}
	f := matching.NewFinder(s.Engine, s.analyzer, s.model.Load(), w, s.Platform.Now, facetName)
	if s.vectors != nil {
		f.SetSemantic(s.vectors)
	}
	if s.reranker != nil {
		f.SetReranker(s.reranker)
	}
	return f
}

// embedderCheck reports the embedding server at /readyz; without it the market is still ready.
func (s *Services) embedderCheck() []check {
	if s.vectors == nil {
		return nil
	}
	return []check{{"embedder", false, func(context.Context) error {
		if s.vectors.Down() {
			return errors.New("the last query got no answer")
		}
		return nil
	}}}
}

func (s *Services) embeddedSoFar() func(context.Context) (int, int, error) {
	if s.vectors == nil {
		return nil
	}
	return s.vectors.Progress
}

// showEmbedding draws how many listings have their vector until all have.
func showEmbedding(ctx context.Context, env *Environment, progress func(context.Context) (int, int, error)) {
	bar := NewProgress(env.Stdout)
	for {
		made, of, err := progress(ctx)
		if err == nil && of > 0 {
			bar.At("计算语义向量", made, of, "")
			if made >= of {
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}
