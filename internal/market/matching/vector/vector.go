package vector

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/market/matching"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
	"techmarket/search"
)

// Embedder makes vectors of length 1; embedding.Client fulfils it.
type Embedder interface {
	Model() string
	Passages(ctx context.Context, texts []string) ([][]float32, error)
	Query(ctx context.Context, text string) ([]float32, error)
}

// Queue inserts jobs in the caller's transaction; jobs.Client fulfils it.
type Queue interface {
	Enqueue(ctx context.Context, tx pgx.Tx, args jobs.Args, o jobs.Options) error
}

// Config is what a Service needs.
type Config struct {
	DB       *postgres.DB
	Embedder Embedder
	Engine   search.Engine // holds exactly the public documents
	Queue    Queue
	Now      func() time.Time
	Log      *slog.Logger
}

// Service is the room. It is safe for concurrent use.
type Service struct {
	config Config
	index  Index
	down   atomic.Bool // the last query got no answer

	filling sync.Mutex

	mu      sync.Mutex
	queries map[[sha256.Size]byte][]float32 // of texts asked lately
}

var _ matching.Semantic = (*Service)(nil)

// EmbedArgs makes the vectors of these documents follow the index.
type EmbedArgs struct {
	Documents []string `json:"documents"`
}

// Kind names the job.
func (EmbedArgs) Kind() string { return "listing_embed" }

// FillArgs makes what lacks a vector of the model in use, a part at a time.
type FillArgs struct{}

// Kind names the job.
func (FillArgs) Kind() string { return "listing_embed_fill" }

// New loads the vectors of the embedder's model. Jobs are registered with Register, filling begins with Fill.
func New(ctx context.Context, c Config) (*Service, error) {
	s := &Service{config: c, queries: map[[sha256.Size]byte][]float32{}}
	return s, load(ctx, c.DB.Pool, c.Embedder.Model(), s.index.Put)
}

// Register adds the workers.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Register(w, func(ctx context.Context, a EmbedArgs) error { return s.embed(ctx, a.Documents) })
	jobs.Register(w, func(ctx context.Context, _ FillArgs) error { return s.fill(ctx) })
}

// Changed enqueues the vectors of documents that the index has just taken up or dropped.
func (s *Service) Changed(ctx context.Context, documents []string) error {
	return s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return s.config.Queue.Enqueue(ctx, tx, EmbedArgs{Documents: documents}, jobs.Options{})
	})
}

// Fill enqueues the making of everything that lacks a vector.
func (s *Service) Fill(ctx context.Context) error {
	return s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return s.config.Queue.Enqueue(ctx, tx, FillArgs{}, jobs.Options{Unique: true})
	})
}

// textRunes of a listing say what it is about; small models read no more.
const textRunes = 1000

// Text is what of a listing is embedded.
func Text(d search.Document) string {
	text := strings.TrimSpace(strings.Join([]string{d.Title, strings.Join(d.Keywords, "，"), d.Summary, d.Body}, "\n"))
	if r := []rune(text); len(r) > textRunes {
		return string(r[:textRunes])
	}
	return text
}

// embed makes the vectors of documents whose text or model is another than that of the stored one.
func (s *Service) embed(ctx context.Context, documents []string) error {
	docs, err := s.config.Engine.Get(ctx, documents...)
	if err != nil {
		return err
	}
	model := s.config.Embedder.Model()
	known, err := digests(ctx, s.config.DB.Pool, model, documents)
	if err != nil {
		return err
	}
	gone := map[string]bool{}
	for _, id := range documents {
		gone[id] = true
	}
	var want []search.Document
	var texts []string
	for _, d := range docs {
		delete(gone, d.ID)
		text := Text(d)
		if sum := sha256.Sum256([]byte(text)); known[d.ID] != string(sum[:]) && text != "" {
			want, texts = append(want, d), append(texts, text)
		}
	}
	vectors, err := s.config.Embedder.Passages(ctx, texts)
	if err != nil {
		return err
	}
	var dropped []string
	for id := range gone {
		dropped = append(dropped, id)
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for i, d := range want {
			sum := sha256.Sum256([]byte(texts[i]))
			if err := put(ctx, tx, model, d.Kind, d.ID, sum[:], vectors[i], s.config.Now()); err != nil {
				return fmt.Errorf("store vector: %w", err)
			}
		}
		if len(dropped) == 0 {
			return nil
		}
		return remove(ctx, tx, dropped)
	})
	if err != nil {
		return err
	}
	for i, d := range want {
		s.index.Put(d.Kind, d.ID, vectors[i])
	}
	for _, id := range dropped {
		s.index.Remove(id)
	}
	return nil
}

// fillPart is how many one job makes: some 40 s with a small model on two cores.
const fillPart = 256

// fill makes a part of what is missing and enqueues the next.
func (s *Service) fill(ctx context.Context) error {
	if !s.filling.TryLock() { // another job is at it
		return nil
	}
	defer s.filling.Unlock()
	missing, err := s.missing(ctx)
	if err != nil || len(missing) == 0 {
		return err
	}
	part := missing[:min(len(missing), fillPart)]
	if err := s.embed(ctx, part); err != nil {
		return err
	}
	s.config.Log.Info("embedding", "left", len(missing)-len(part))
	if len(part) == len(missing) {
		return nil
	}
	return s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return s.config.Queue.Enqueue(ctx, tx, FillArgs{}, jobs.Options{})
	})
}

// missing are the documents without a vector of the model, and the vectors without a document.
func (s *Service) missing(ctx context.Context) ([]string, error) {
	have, err := models(ctx, s.config.DB.Pool)
	if err != nil {
		return nil, err
	}
	var out []string
	err = s.config.Engine.Refs(ctx, func(r search.Ref) error {
		if have[r.ID] != s.config.Embedder.Model() {
			out = append(out, r.ID)
		}
		delete(have, r.ID)
		return nil
	})
	for id := range have {
		out = append(out, id)
	}
	return out, err
}

// Progress counts the vectors that are there and the documents that there are.
func (s *Service) Progress(ctx context.Context) (made, of int, err error) {
	st, err := s.config.Engine.Stats(ctx)
	return s.index.Len(), st.Documents, err
}

// Down reports whether the last query got no answer, for the operator's gauges.
func (s *Service) Down() bool { return s.down.Load() }

// mostQueries bounds the memory of asked texts: 1,000 of 384 dimensions are 1.5 MB.
const mostQueries = 1000

// Near implements matching.Semantic. Fault: that of the embedder.
func (s *Service) Near(ctx context.Context, listing search.Document, kind string, k int) ([]matching.Neighbour, error) {
	if s.index.Len() == 0 {
		return nil, nil
	}
	text := Text(listing)
	key := sha256.Sum256([]byte(text))
	s.mu.Lock()
	q := s.queries[key]
	s.mu.Unlock()
	if q == nil {
		var err error
		q, err = s.config.Embedder.Query(ctx, text)
		s.down.Store(err != nil)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		if len(s.queries) >= mostQueries {
			clear(s.queries)
		}
		s.queries[key] = q
		s.mu.Unlock()
	}
	return s.index.Near(kind, q, k), nil
}
