package search

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Remember keeps the answers to searches for a short while: counting every facet of a large index costs more than all else
// on a list page, and many people ask the same. A write through it forgets everything at once, so that what was indexed is
// found by the next search; what another process indexes is found after the time given.
type Remember struct {
	Engine
	now  func() time.Time
	keep time.Duration

	once    singleflight.Group
	mu      sync.Mutex
	writes  int // answers asked before a write are not kept
	answers map[string]remembered
}

type remembered struct {
	result Result
	until  time.Time
}

// mostRemembered bounds the memory: an answer of a page with its facets is some 20 kB.
const mostRemembered = 512

// NewRemember puts the memory before an engine. Callers must not change a Result.
func NewRemember(e Engine, keep time.Duration, now func() time.Time) *Remember {
	return &Remember{Engine: e, now: now, keep: keep, answers: map[string]remembered{}}
}

// Search answers from memory, or asks the engine once for all who ask the same at the same time.
func (r *Remember) Search(ctx context.Context, q Query) (Result, error) {
	raw, err := json.Marshal(q)
	if err != nil {
		return Result{}, err
	}
	key := string(raw)
	r.mu.Lock()
	writes, known := r.writes, r.answers[key]
	r.mu.Unlock()
	if r.now().Before(known.until) {
		return known.result, nil
	}
	// The generation is part of the flight's name: a search after a write must not join one from before it.
	answer, err, _ := r.once.Do(key+"#"+strconv.Itoa(writes), func() (any, error) {
		result, err := r.Engine.Search(context.WithoutCancel(ctx), q) // others may be waiting for it
		if err != nil || result.Notice != "" {
			return result, err
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.writes == writes {
			if len(r.answers) >= mostRemembered {
				clear(r.answers)
			}
			r.answers[key] = remembered{result, r.now().Add(r.keep)}
		}
		return result, nil
	})
	if err != nil {
		return Result{}, err
	}
	return answer.(Result), nil
}

// forget follows every write.
func (r *Remember) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writes++
	clear(r.answers)
}

// Index adds documents and forgets.
func (r *Remember) Index(ctx context.Context, docs ...Document) error {
	defer r.forget()
	return r.Engine.Index(ctx, docs...)
}

// Delete removes documents and forgets.
func (r *Remember) Delete(ctx context.Context, ids ...string) error {
	defer r.forget()
	return r.Engine.Delete(ctx, ids...)
}

// Rebuild swaps the index and forgets.
func (r *Remember) Rebuild(ctx context.Context, fill func(emit func(...Document) error) error) error {
	defer r.forget()
	return r.Engine.Rebuild(ctx, fill)
}
