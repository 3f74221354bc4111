package register

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/region"
	"techmarket/internal/market/facet"
	"techmarket/internal/platform/jobs"
	"techmarket/search"
)

// IndexArgs brings the documents of entries in line with the database.
type IndexArgs struct {
	IDs []int64 `json:"ids"`
}

// Kind names the job.
func (IndexArgs) Kind() string { return "register_index" }

// Documents are those of all registers.
const Documents search.Series = "r-"

// Register adds the index worker.
func (s *Service) Register(w *jobs.Workers, engine search.Engine) {
	jobs.Register(w, func(ctx context.Context, a IndexArgs) error { return s.Index(ctx, engine, a.IDs) })
}

// Index makes the engine hold exactly the public ones among the entries, as they are now. It is idempotent.
func (s *Service) Index(ctx context.Context, engine search.Engine, ids []int64) error {
	rows, err := s.collect(ctx, indexList, pgx.StrictNamedArgs{"ids": ids})
	if err != nil {
		return fmt.Errorf("index registers: %w", err)
	}
	public := slices.DeleteFunc(rows, func(e Entry) bool { return !e.Public(s.today()) })
	docs, err := s.documents(ctx, public)
	if err != nil {
		return err
	}
	if err := Documents.Renew(ctx, engine, ids, docs); err != nil {
		return fmt.Errorf("index registers: %w", err)
	}
	return nil
}

// Documents emits the documents of all public entries in batches.
func (s *Service) Documents(ctx context.Context, emit func(...search.Document) error) error {
	for after := int64(0); ; {
		rows, err := s.collect(ctx, fillList, pgx.StrictNamedArgs{"today": s.today(), "after": after})
		if err != nil {
			return fmt.Errorf("documents of registers: %w", err)
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

func (s *Service) documents(ctx context.Context, entries []Entry) ([]search.Document, error) {
	items, err := s.items(ctx, entries)
	if err != nil {
		return nil, fmt.Errorf("documents of registers: %w", err)
	}
	docs := make([]search.Document, 0, len(items))
	for _, i := range items {
		d, ok := s.kinds.Get(i.Kind)
		if !ok {
			continue
		}
		docs = append(docs, d.document(i))
	}
	return docs, nil
}

// document is what the index knows of an entry: the public part of its examined content.
func (d Descriptor) document(i Item) search.Document {
	doc := search.Document{ID: Documents.ID(i.ID), Kind: string(d.Kind), Version: int64(i.Version), Title: i.ListedName, Names: i.Owner,
		Facets:  map[string][]string{facet.Sample: {facet.No}, facet.County: {i.Division}},
		Numbers: map[string]int64{facet.ConfirmedAt: i.ConfirmedAt.Unix()}, Stored: map[string]string{"path": d.PagePath(i.ID)}}
	if league, ok := region.League(i.Division); ok {
		doc.Facets[facet.League] = []string{league.Code}
	}
	if i.Sample {
		doc.Facets[facet.Sample] = []string{facet.Yes}
	}
	if i.ListedAt != nil {
		doc.Numbers[facet.PublishedAt] = i.ListedAt.Unix()
	}
	doc.Numbers[facet.ExpiresAt] = facet.NoEnd
	if i.ValidTo != nil {
		doc.Numbers[facet.ExpiresAt] = i.ValidTo.AddDate(0, 0, 1).Unix()
	}
	var body []string
	seen := d.Seen(i.Listed, Public)
	for _, f := range d.Fields {
		if f.Facet {
			doc.Facets[f.Code] = seen[f.Code]
		}
		switch {
		case !f.Found || len(seen[f.Code]) == 0:
		case f.Type == Words:
			doc.Keywords = append(doc.Keywords, seen[f.Code]...)
		case doc.Summary == "" && (f.Type == Long || f.Type == Line):
			doc.Summary = seen.Text(f.Code)
		default:
			body = append(body, f.Show(seen))
		}
	}
	doc.Body = strings.Join(append(body, d.Label), "\n")
	return doc
}
