package listing

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/jobs"
	"techmarket/search"
)

// IndexArgs brings one listing's document in line with the database.
type IndexArgs struct {
	ListingID int64 `json:"listingId"`
	Version   int   `json:"version"` // that made the job; the worker reads the row again
}

// Kind names the job.
func (IndexArgs) Kind() string { return "listing_index" }

// IndexManyArgs is IndexArgs for many.
type IndexManyArgs struct {
	IDs []int64 `json:"ids"`
}

// Kind names the job.
func (IndexManyArgs) Kind() string { return "listing_index_many" }

// Register adds the index workers.
func (s *Service) Register(w *jobs.Workers, engine search.Engine) {
	index := func(ctx context.Context, ids []int64) error {
		if err := s.Index(ctx, engine, ids); err != nil || s.config.Indexed == nil {
			return err
		}
		return s.config.Indexed(ctx, ids)
	}
	jobs.Register(w, func(ctx context.Context, a IndexArgs) error { return index(ctx, []int64{a.ListingID}) })
	jobs.Register(w, func(ctx context.Context, a IndexManyArgs) error { return index(ctx, a.IDs) })
}

// Index makes the engine hold exactly the public ones among the listings, as they are now. It is idempotent.
func (s *Service) Index(ctx context.Context, engine search.Engine, ids []int64) error {
	rows, err := s.list(ctx, indexRows, pgx.StrictNamedArgs{"ids": ids})
	if err != nil {
		return fmt.Errorf("index listings: %w", err)
	}
	now := s.config.Now()
	var gone []string
	public := rows[:0:0]
	for _, r := range rows {
		if r.Public(now) {
			public = append(public, r)
		} else {
			gone = append(gone, s.kinds.Of(r.Kind).DocumentID(r.ID))
		}
	}
	for _, id := range ids {
		if !slices.ContainsFunc(rows, func(r row) bool { return r.ID == id }) {
			for _, kind := range s.kinds.all { // the row is gone, so the kind is not known
				gone = append(gone, kind.DocumentID(id))
			}
		}
	}
	docs, err := s.documents(ctx, public)
	if err != nil {
		return err
	}
	if len(gone) > 0 {
		if err := engine.Delete(ctx, gone...); err != nil {
			return fmt.Errorf("index listings: %w", err)
		}
	}
	if len(docs) > 0 {
		if err := engine.Index(ctx, docs...); err != nil {
			return fmt.Errorf("index listings: %w", err)
		}
	}
	return nil
}

// Documents emits the documents of all public listings in batches; it is what search.Engine.Rebuild fills from.
func (s *Service) Documents(ctx context.Context, emit func(...search.Document) error) error {
	for after := int64(0); ; {
		rows, err := s.list(ctx, publicRows, pgx.StrictNamedArgs{"now": s.config.Now(), "after": after, "limit": 2000})
		if err != nil {
			return fmt.Errorf("documents: %w", err)
		}
		if len(rows) == 0 {
			return nil
		}
		docs, err := s.documents(ctx, rows)
		if err != nil {
			return err
		}
		if err := emit(docs...); err != nil {
			return err
		}
		after = rows[len(rows)-1].ID
	}
}

// Document maps one listing as the index would hold it if the working content were public; matching uses it for drafts.
func (b *Book[C]) Document(ctx context.Context, it Item[C]) (search.Document, error) {
	orgs, err := b.config.Directory.Organisations(ctx, []int64{it.OrganisationID})
	if err != nil {
		return search.Document{}, fmt.Errorf("document: %w", err)
	}
	return DocumentOf(b.kinds.Of(b.kind), it.Content, it.Listing, orgs[it.OrganisationID].Name), nil
}

func (s *Service) documents(ctx context.Context, rows []row) ([]search.Document, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	var ids []int64
	for _, r := range rows {
		if !slices.Contains(ids, r.OrganisationID) {
			ids = append(ids, r.OrganisationID)
		}
	}
	orgs, err := s.config.Directory.Organisations(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("documents: %w", err)
	}
	docs := make([]search.Document, 0, len(rows))
	for _, r := range rows {
		kind := s.kinds.Of(r.Kind)
		d, err := kind.rules.document(kind, r.Listing, r.Published, orgs[r.OrganisationID].Name)
		if err != nil {
			return nil, fmt.Errorf("document of listing %d: %w", r.ID, err)
		}
		docs = append(docs, d)
	}
	return docs, nil
}

// indexBatch is how many documents one job carries: small enough to finish well inside a job's time.
const indexBatch = 500

func (s *Service) enqueueIndex(ctx context.Context, tx pgx.Tx, ids []int64) error {
	for part := range slices.Chunk(ids, indexBatch) {
		if err := s.config.Queue.Enqueue(ctx, tx, IndexManyArgs{IDs: part}, jobs.Options{}); err != nil {
			return err
		}
	}
	return nil
}
