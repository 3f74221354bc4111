package meili

import (
	"context"
	"sync"

	"techmarket/search"
	"techmarket/search/zh"
)

// Lazy is an Engine whose server may be away when the market starts, or come back with an empty disk: it connects
// with the first call that gets through. Until then every call is a fault of kind unavailable.
type Lazy struct {
	options  Options
	analyzer *zh.Analyzer

	mu     sync.Mutex
	engine *Engine
}

var _ search.Engine = (*Lazy)(nil)

// Connect makes a Lazy; it calls nobody yet.
func Connect(o Options, analyzer *zh.Analyzer) *Lazy { return &Lazy{options: o, analyzer: analyzer} }

// Check connects anew and reports whether the index there is empty or of another program version, so that the caller
// must Rebuild. A periodic job calls it. Fault: unavailable.
func (l *Lazy) Check(ctx context.Context) (fresh bool, err error) {
	engine, err := Open(ctx, l.options, l.analyzer)
	if err != nil {
		return false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.engine == nil {
		l.engine = engine
	}
	return engine.Fresh(), nil
}

func (l *Lazy) get(ctx context.Context) (*Engine, error) {
	l.mu.Lock()
	engine := l.engine
	l.mu.Unlock()
	if engine != nil {
		return engine, nil
	}
	if _, err := l.Check(ctx); err != nil {
		return nil, err
	}
	return l.get(ctx)
}

// Index implements search.Engine.
func (l *Lazy) Index(ctx context.Context, docs ...search.Document) error {
	e, err := l.get(ctx)
	if err != nil {
		return err
	}
	return e.Index(ctx, docs...)
}

// Delete implements search.Engine.
func (l *Lazy) Delete(ctx context.Context, ids ...string) error {
	e, err := l.get(ctx)
	if err != nil {
		return err
	}
	return e.Delete(ctx, ids...)
}

// Search implements search.Engine.
func (l *Lazy) Search(ctx context.Context, q search.Query) (search.Result, error) {
	e, err := l.get(ctx)
	if err != nil {
		return search.Result{}, err
	}
	return e.Search(ctx, q)
}

// Candidates implements search.Engine.
func (l *Lazy) Candidates(ctx context.Context, q search.CandidateQuery) ([]search.Candidate, error) {
	e, err := l.get(ctx)
	if err != nil {
		return nil, err
	}
	return e.Candidates(ctx, q)
}

// Get implements search.Engine.
func (l *Lazy) Get(ctx context.Context, ids ...string) ([]search.Document, error) {
	e, err := l.get(ctx)
	if err != nil {
		return nil, err
	}
	return e.Get(ctx, ids...)
}

// Refs implements search.Engine.
func (l *Lazy) Refs(ctx context.Context, yield func(search.Ref) error) error {
	e, err := l.get(ctx)
	if err != nil {
		return err
	}
	return e.Refs(ctx, yield)
}

// Rebuild implements search.Engine.
func (l *Lazy) Rebuild(ctx context.Context, fill func(emit func(...search.Document) error) error) error {
	e, err := l.get(ctx)
	if err != nil {
		return err
	}
	return e.Rebuild(ctx, fill)
}

// Stats implements search.Engine.
func (l *Lazy) Stats(ctx context.Context) (search.Stats, error) {
	e, err := l.get(ctx)
	if err != nil {
		return search.Stats{}, err
	}
	return e.Stats(ctx)
}

// Close implements search.Engine.
func (l *Lazy) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.engine == nil {
		return nil
	}
	return l.engine.Close()
}
