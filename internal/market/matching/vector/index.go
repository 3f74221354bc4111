// Package vector keeps the embedder's vectors of public listings: in PostgreSQL, so that they are made once, and in memory, where an
// exact search over 100,000 of 384 dimensions takes about 20 ms on one core. Jobs make them: for every listing that the index took up,
// and for all that lack one when an embedder is switched on or changes its model.
//
// It refuses to rank: it says how near texts are (cosine), matching decides what that is worth. It holds exactly what the index holds,
// so what nobody may see is no neighbour; filters are applied by whoever asks.
package vector

import (
	"math"
	"slices"
	"strings"
	"sync"

	"techmarket/internal/market/matching"
)

// Index holds vectors by kind. It is safe for concurrent use; the zero value is empty.
type Index struct {
	mu    sync.RWMutex
	kinds map[string]*flat
	dims  int
}

// flat is one kind's vectors, one after the other.
type flat struct {
	ids  []string
	row  map[string]int
	data []float32
}

// Put adds or replaces a document's vector. One of another dimension is left out: it belongs to another model.
func (x *Index) Put(kind, id string, v []float32) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.dims == 0 {
		x.dims, x.kinds = len(v), map[string]*flat{}
	}
	if len(v) != x.dims {
		return
	}
	f := x.kinds[kind]
	if f == nil {
		f = &flat{row: map[string]int{}}
		x.kinds[kind] = f
	}
	if r, ok := f.row[id]; ok {
		copy(f.data[r*x.dims:], v)
		return
	}
	f.row[id] = len(f.ids)
	f.ids, f.data = append(f.ids, id), append(f.data, v...)
}

// Remove forgets a document; the last row takes its place.
func (x *Index) Remove(id string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, f := range x.kinds {
		r, ok := f.row[id]
		if !ok {
			continue
		}
		last := len(f.ids) - 1
		f.ids[r] = f.ids[last]
		f.row[f.ids[r]] = r
		copy(f.data[r*x.dims:(r+1)*x.dims], f.data[last*x.dims:])
		delete(f.row, id)
		f.ids, f.data = f.ids[:last], f.data[:last*x.dims]
	}
}

// Len is the number of vectors.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n := 0
	for _, f := range x.kinds {
		n += len(f.ids)
	}
	return n
}

// Near are the k documents of a kind that are nearest to a vector, the nearest first. It looks at all of them.
func (x *Index) Near(kind string, q []float32, k int) []matching.Neighbour {
	x.mu.RLock()
	defer x.mu.RUnlock()
	f := x.kinds[kind]
	if f == nil || len(q) != x.dims || k <= 0 {
		return nil
	}
	cosines := make([]float32, len(f.ids))
	for r := range cosines {
		cosines[r] = matching.Dot(q, f.data[r*x.dims:(r+1)*x.dims])
	}
	least := float32(math.Inf(-1))
	if k < len(cosines) {
		sorted := slices.Clone(cosines)
		slices.Sort(sorted)
		least = sorted[len(sorted)-k]
	}
	var out []matching.Neighbour
	for r, c := range cosines {
		if c >= least {
			out = append(out, matching.Neighbour{ID: f.ids[r], Cosine: float64(c)})
		}
	}
	slices.SortFunc(out, func(a, b matching.Neighbour) int {
		switch {
		case a.Cosine > b.Cosine:
			return -1
		case a.Cosine < b.Cosine:
			return 1
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out[:min(k, len(out))]
}
