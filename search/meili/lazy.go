package meili

import (
	"context"
	"errors"
	"sync"

	"techmarket/search"
	"techmarket/search/zh"
)

// Lazy is an Engine whose server may be away when the market starts, or come back with an empty disk: it connects
// with the first call that gets through. Reading is a fault of kind unavailable until then, and as long as the index there is not
// filled by this program: half an index answers worse than none.
type Lazy struct {
	engine *Engine

	mu     sync.Mutex
	looked bool
}

var _ search.Engine = (*Lazy)(nil)

// Connect makes a Lazy; it calls nobody yet.
func Connect(o Options, analyzer *zh.Analyzer) *Lazy { return &Lazy{engine: newEngine(o, analyzer)} }

// Check looks anew and reports whether the index there is missing, empty or of another program version, so that the caller
// must Rebuild. A periodic job calls it. Fault: unavailable.
func (l *Lazy) Check(ctx context.Context) (fresh bool, err error) {
	if _, err := l.engine.look(ctx); err != nil {
		return false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.looked = true
	return l.engine.Fresh(), nil
}

// Distrust keeps everybody from reading until the next Rebuild.
func (l *Lazy) Distrust() { l.engine.fresh.Store(true) }

// reading gives the engine when its index is complete.
func (l *Lazy) reading(ctx context.Context) (*Engine, error) {
	l.mu.Lock()
	looked := l.looked
	l.mu.Unlock()
	if !looked {
		ctx, cancel := context.WithTimeout(ctx, l.engine.timeout)
		defer cancel()
		if _, err := l.Check(ctx); err != nil {
			return nil, err
		}
	}
	if l.engine.Fresh() {
		return nil, unavailable("read", errors.New("the index is not filled yet"))
	}
	return l.engine, nil
}

// Index implements search.Engine.
func (l *Lazy) Index(ctx context.Context, docs ...search.Document) error {
	return l.engine.Index(ctx, docs...)
}

// Delete implements search.Engine.
func (l *Lazy) Delete(ctx context.Context, ids ...string) error {
	return l.engine.Delete(ctx, ids...)
}

// Search implements search.Engine.
func (l *Lazy) Search(ctx context.Context, q search.Query) (search.Result, error) {
	e, err := l.reading(ctx)
	if err != nil {
		return search.Result{}, err
	}
	return e.Search(ctx, q)
}

// Candidates implements search.Engine.
func (l *Lazy) Candidates(ctx context.Context, q search.CandidateQuery) ([]search.Candidate, error) {
	e, err := l.reading(ctx)
	if err != nil {
		return nil, err
	}
	return e.Candidates(ctx, q)
}

// Get implements search.Engine.
func (l *Lazy) Get(ctx context.Context, ids ...string) ([]search.Document, error) {
	e, err := l.reading(ctx)
	if err != nil {
		return nil, err
	}
	return e.Get(ctx, ids...)
}

// Refs implements search.Engine.
func (l *Lazy) Refs(ctx context.Context, yield func(search.Ref) error) error {
	e, err := l.reading(ctx)
	if err != nil {
		return err
	}
	return e.Refs(ctx, yield)
}

// Rebuild implements search.Engine.
func (l *Lazy) Rebuild(ctx context.Context, fill func(emit func(...search.Document) error) error) error {
	return l.engine.Rebuild(ctx, fill)
}

// Stats implements search.Engine.
func (l *Lazy) Stats(ctx context.Context) (search.Stats, error) {
	e, err := l.reading(ctx)
	if err != nil {
		return search.Stats{}, err
	}
	return e.Stats(ctx)
}

// Close implements search.Engine.
func (l *Lazy) Close() error { return l.engine.Close() }
