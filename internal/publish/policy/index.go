package policy

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/region"
	"techmarket/internal/market/facet"
	"techmarket/internal/platform/jobs"
	"techmarket/search"
)

// Documents are those of the library.
const Documents search.Series = "p-"

// DocumentKind is the kind of its documents.
const DocumentKind = "policy"

// IndexArgs brings the documents of policies in line with the database.
type IndexArgs struct {
	IDs []int64 `json:"ids"`
}

// Kind names the job.
func (IndexArgs) Kind() string { return "policy_index" }

// Register adds the index worker.
func (s *Service) Register(w *jobs.Workers, engine search.Engine) {
	jobs.Register(w, func(ctx context.Context, a IndexArgs) error { return s.Index(ctx, engine, a.IDs) })
}

// Index makes the engine hold the policies as they are now. It is idempotent.
func (s *Service) Index(ctx context.Context, engine search.Engine, ids []int64) error {
	policies, err := s.Some(ctx, ids)
	if err != nil {
		return err
	}
	docs := make([]search.Document, len(policies))
	for i, p := range policies {
		docs[i] = p.document()
	}
	if err := Documents.Renew(ctx, engine, ids, docs); err != nil {
		return fmt.Errorf("policy: index: %w", err)
	}
	return nil
}

// Documents emits the documents of the whole library in batches.
func (s *Service) Documents(ctx context.Context, emit func(...search.Document) error) error {
	for f := (Filter{Limit: 100}); ; {
		policies, err := s.List(ctx, f)
		if err != nil || len(policies) == 0 {
			return err
		}
		docs := make([]search.Document, len(policies))
		for i, p := range policies {
			docs[i] = p.document()
		}
		if err := emit(docs...); err != nil {
			return err
		}
		f.After = policies[len(policies)-1].ID
	}
}

// Some are the policies with these ids, in the order of ids; what is not there is left out.
func (s *Service) Some(ctx context.Context, ids []int64) ([]Policy, error) {
	list, err := collect[Policy](ctx, s.c.DB, selectSome, pgx.StrictNamedArgs{"ids": ids})
	if err != nil {
		return nil, fmt.Errorf("policy: some: %w", err)
	}
	return list, nil
}

// document is what the index knows of a policy. It stays when the policy is over: who looks for it must learn that.
func (p Policy) document() search.Document {
	doc := search.Document{ID: Documents.ID(p.ID), Kind: DocumentKind, Version: int64(p.Version), Title: p.Title, Summary: p.Content.Summary,
		Names:  strings.TrimSpace(p.Issuer + " " + p.Number),
		Facets: map[string][]string{facet.Sample: {facet.No}},
		Numbers: map[string]int64{facet.PublishedAt: p.IssuedOn.Unix(), facet.ConfirmedAt: p.IssuedOn.Unix(),
			facet.ExpiresAt: facet.NoEnd}}
	if p.Sample {
		doc.Facets[facet.Sample] = []string{facet.Yes}
	}
	if region.Valid(p.Division) {
		doc.Facets[facet.County] = []string{p.Division}
		if league, ok := region.League(p.Division); ok {
			doc.Facets[facet.League] = []string{league.Code}
		}
	}
	var body strings.Builder
	for _, c := range p.Content.Clauses {
		body.WriteString(c.Title + " " + c.Benefit + "\n")
	}
	doc.Body = body.String()
	return doc
}

// index is the job of a change; it begins when the change is there.
func (s *Service) index(ctx context.Context, tx pgx.Tx, id int64) error {
	return s.c.Queue.Enqueue(ctx, tx, IndexArgs{IDs: []int64{id}}, jobs.Options{})
}
