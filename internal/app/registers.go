package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
	"techmarket/internal/services/register"
	"techmarket/internal/services/register/kind"
	"techmarket/search"
)

func (s *Services) buildServices(post notices) (err error) {
	p := s.Platform
	s.Registers, err = register.New(register.Config{DB: p.DB, Kinds: kind.All(), Directory: s.Identity, Queue: s.enqueue, Notices: post,
		Audit: p.Audit(), Now: p.Now, Engine: func() search.Engine { return s.Engine }})
	return err
}

// registerFiles lets the importer read files of registers. The service is made after the importer, so it is asked when a row comes.
func (s *Services) registerFiles() (out []importer.Target) {
	for _, d := range kind.All() {
		out = append(
			out,
			importer.Target{
				Kind:  listing.Kind(d.Kind),
				Label: d.Label,
				Sheet: d.Sheet(),
				Take: func(ctx context.Context, tx pgx.Tx, b listing.Bulk) (listing.Bulked, error) {
					return s.Registers.Take(ctx, tx, b)
				},
			},
		)
	}
	return out
}
