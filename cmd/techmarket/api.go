package main

import (
	"context"
	"io"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/idempotency"
	"techmarket/web"
	"techmarket/web/api"
)

// mountAPI puts /api/v1 on the site.
func (s *services) mountAPI(server *web.Server) {
	p := s.platform
	api.Mount(server, api.Services{Identity: s.identity, Listings: s.listings, Achievements: s.achievements, Demands: s.demands, Importer: s.importer,
		Search: s.engine, Finder: s.watch, Deals: s.deals, Brokers: s.brokers, Contracts: s.contracts, Registry: s.registry, Stats: s.stats,
		Files: store{p}, Inbox: inbox{p}, Keys: idempotency.New(p.DB, p.now), Now: p.now})
}

// store is the file store as the API asks for it.
type store struct{ p *platform }

func (s store) Store(ctx context.Context, who actor.Actor, purpose, name string, r io.Reader) (api.StoredFile, error) {
	content, err := s.p.Files.Receive(ctx, name, r)
	if err != nil {
		return api.StoredFile{}, err
	}
	var f files.File
	err = s.p.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		f, err = s.p.Files.Record(ctx, tx, content, files.Meta{Purpose: purpose, OwnerOrg: who.OrgID, UploadedBy: who.AccountID})
		return err
	})
	return stored(f), err
}

func (s store) Read(ctx context.Context, id int64) (api.StoredFile, io.ReadCloser, error) {
	f, err := s.p.Files.Get(ctx, s.p.DB, id)
	if err != nil {
		return api.StoredFile{}, nil, err
	}
	r, err := s.p.Files.Open(f)
	return stored(f), r, err
}

func (s store) Own(ctx context.Context, who actor.Actor, id int64) (bool, error) {
	f, err := s.p.Files.Get(ctx, s.p.DB, id)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && f.UploadedBy != nil && *f.UploadedBy == who.AccountID && f.OwnerOrg != nil && who.In(*f.OwnerOrg), err
}

func stored(f files.File) api.StoredFile {
	return api.StoredFile{ID: f.ID, Name: f.Name, MIME: f.MIME, Size: f.Size, Digest: f.Digest}
}
