package search

import (
	"context"
	"errors"
	"sync"
	"time"

	"techmarket/internal/foundation/fault"
)

// Fallback is an Engine that asks a primary engine (an outside server) and, while that is unavailable, a second one that is always
// there. Writes go to both. What the primary misses does not fail the write: from then on the primary is behind, the second engine
// answers, and a caller of Mend, at regular times, brings the primary in line again.
type Fallback struct {
	primary, second Engine
	now             func() time.Time

	mu       sync.Mutex
	failures int
	retryAt  time.Time // while the circuit is open the primary is left alone until then
	missed   int       // writes that the primary did not take
	mended   int       // of these, how many were known to the last Mend that succeeded
	mending  int       // calls of Mend under way
}

var _ Engine = (*Fallback)(nil)

const (
	breakAfter = 2               // failures in a row
	breakFor   = 5 * time.Second // then one call tries again
)

// fallbackNotice is what pages show above results of the second engine.
const fallbackNotice = "检索服务暂时不可用，以下结果由内置检索给出。"

// NewFallback makes a Fallback.
func NewFallback(primary, second Engine, now func() time.Time) *Fallback {
	return &Fallback{primary: primary, second: second, now: now}
}

// Engines returns both engines, the primary first; `reindex --check` compares each with the database.
func (f *Fallback) Engines() []Engine { return []Engine{f.primary, f.second} }

// Degraded reports whether the second engine answers at present.
func (f *Fallback) Degraded() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failures >= breakAfter || f.missed > f.mended
}

// Notice is what pages show above what the second engine answers at present, "" while the primary answers.
func (f *Fallback) Notice() string {
	if f.Degraded() {
		return fallbackNotice
	}
	return ""
}

// Behind reports whether the primary missed a write since the last Mend.
func (f *Fallback) Behind() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.missed > f.mended
}

// Mend runs a function that makes the primary hold what the second engine holds, and trusts the primary again when that succeeds
// and no write was missed meanwhile. Writes reach the primary while it runs.
func (f *Fallback) Mend(mend func() error) error {
	f.mu.Lock()
	known := f.missed
	f.mending++
	f.mu.Unlock()
	err := mend()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mending--
	if err == nil {
		f.mended, f.failures = max(f.mended, known), 0
	}
	return err
}

// allowed reports whether the primary may be asked: not while it is behind, and with the circuit open one caller at a time tries
// after breakFor.
func (f *Fallback) allowed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.missed > f.mended {
		return false
	}
	if f.failures < breakAfter {
		return true
	}
	if now := f.now(); !now.Before(f.retryAt) {
		f.retryAt = now.Add(breakFor)
		return true
	}
	return false
}

// read runs a reading call on the primary, or on the second engine. It reports whether the second answered. The second
// engine is asked after any error of the primary (a server of another version may answer in an unknown form), except when the query itself
// is invalid.
func (f *Fallback) read(ctx context.Context, call func(Engine) error) (second bool, err error) {
	if f.allowed() {
		err := call(f.primary)
		if ctx.Err() != nil { // the caller went away; that says nothing about the primary
			return false, errors.Join(err, ctx.Err())
		}
		if err == nil || fault.Is(err, fault.Invalid) {
			f.note(true)
			return false, err
		}
		f.note(false)
	}
	return true, call(f.second)
}

func (f *Fallback) note(good bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if good {
		f.failures = 0
		return
	}
	if f.failures++; f.failures >= breakAfter {
		f.retryAt = f.now().Add(breakFor)
	}
}

// both runs a writing call on both, the second engine first because it is sure to be there. A primary that is behind is left alone
// but while it is mended: a write to a server that hangs would hold up all other jobs.
func (f *Fallback) both(ctx context.Context, call func(Engine) error) error {
	if err := call(f.second); err != nil {
		return err
	}
	f.mu.Lock()
	try := f.missed == f.mended || f.mending > 0
	f.mu.Unlock()
	if try && call(f.primary) == nil {
		return nil
	}
	f.mu.Lock()
	f.missed++
	f.mu.Unlock()
	return ctx.Err()
}

// Index implements Engine.
func (f *Fallback) Index(ctx context.Context, docs ...Document) error {
	return f.both(ctx, func(e Engine) error { return e.Index(ctx, docs...) })
}

// Delete implements Engine.
func (f *Fallback) Delete(ctx context.Context, ids ...string) error {
	return f.both(ctx, func(e Engine) error { return e.Delete(ctx, ids...) })
}

// Rebuild implements Engine: one after the other, so fill runs twice. Both are tried even when one fails.
func (f *Fallback) Rebuild(ctx context.Context, fill func(emit func(...Document) error) error) error {
	return errors.Join(f.second.Rebuild(ctx, fill), f.Mend(func() error { return f.primary.Rebuild(ctx, fill) }))
}

// Search implements Engine; Result.Notice says when the second engine answered.
func (f *Fallback) Search(ctx context.Context, q Query) (res Result, err error) {
	second, err := f.read(ctx, func(e Engine) error {
		res, err = e.Search(ctx, q)
		return err
	})
	if second {
		res.Notice = fallbackNotice
	}
	return res, err
}

// Candidates implements Engine.
func (f *Fallback) Candidates(ctx context.Context, q CandidateQuery) (found []Candidate, err error) {
	_, err = f.read(ctx, func(e Engine) error {
		found, err = e.Candidates(ctx, q)
		return err
	})
	return found, err
}

// Get implements Engine.
func (f *Fallback) Get(ctx context.Context, ids ...string) (docs []Document, err error) {
	_, err = f.read(ctx, func(e Engine) error {
		docs, err = e.Get(ctx, ids...)
		return err
	})
	return docs, err
}

// Refs implements Engine on the primary only: what differs between the engines must not be hidden. See Engines.
func (f *Fallback) Refs(ctx context.Context, yield func(Ref) error) error {
	return f.primary.Refs(ctx, yield)
}

// Stats implements Engine.
func (f *Fallback) Stats(ctx context.Context) (st Stats, err error) {
	_, err = f.read(ctx, func(e Engine) error {
		st, err = e.Stats(ctx)
		return err
	})
	return st, err
}

// Close implements Engine.
func (f *Fallback) Close() error { return errors.Join(f.primary.Close(), f.second.Close()) }
