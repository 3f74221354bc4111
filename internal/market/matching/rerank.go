package matching

import (
	"cmp"
	"context"
	"slices"

	"techmarket/internal/foundation/fault"
	"techmarket/search"
)

// Reranker reads a need and some listings together and says how well each answers it, 0–1; embedding.Reranker fulfils it.
type Reranker interface {
	Rerank(ctx context.Context, query string, documents []string) ([]float64, error)
}

const (
	rerankMost   = 20 // of the first matches
	rerankWeight = .5 // beside the score as a share of the best
)

// SetReranker lets a re-ranker order the first matches. It decides about the order only: scores, bands and reasons stay those of the text.
func (f *Finder) SetReranker(r Reranker) { f.reranker = r }

// rerank orders the first items anew. One that is away changes nothing, and the answer says so.
func (f *Finder) rerank(ctx context.Context, listing search.Document, out *Matches) {
	if f.reranker == nil || len(out.Items) < 2 {
		return
	}
	first := out.Items[:min(len(out.Items), rerankMost)]
	texts := make([]string, len(first))
	for i, m := range first {
		texts[i] = fullText(m.Document)
	}
	relevance, err := f.reranker.Rerank(ctx, fullText(listing), texts)
	if err != nil {
		out.Notice = cmp.Or(out.Notice, fault.Words(err))
		return
	}
	value := make(map[string]float64, len(first))
	for i, m := range first {
		value[m.Document.ID] = m.Explained.Score/max(first[0].Explained.Score, 1e-9) + rerankWeight*relevance[i]
	}
	slices.SortStableFunc(first, func(a, b Match) int { return cmpDesc(value[a.Document.ID], value[b.Document.ID]) })
	out.Items = thin(out.Items)
}
