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
	apicertify "techmarket/web/api/certify"
	apiinsight "techmarket/web/api/insight"
	apimarket "techmarket/web/api/market"
	apipeople "techmarket/web/api/people"
	apisite "techmarket/web/api/site"
	apitrade "techmarket/web/api/trade"
)

// mountAPI puts /api/v1 on the site.
func (s *services) mountAPI(server *web.Server) {
	p := s.platform
	kept := store{p}
	var parts []api.Part
	for _, wing := range []interface{ Parts() []api.Part }{
		&apipeople.Operations{Identity: s.identity},
		&apimarket.Operations{Achievements: s.achievements, Demands: s.demands, Listings: s.listings, Search: s.engine, Finder: s.watch,
			Importer: s.importer, Identity: s.identity},
		&apitrade.Operations{Deals: s.deals, Brokers: s.brokers, Listings: s.listings, Files: kept},
		&apicertify.Operations{Contracts: s.contracts, Registry: s.registry, Files: kept},
		&apiinsight.Operations{Stats: s.stats},
		&apisite.Operations{Listings: s.listings, Files: kept, Inbox: inbox{p}},
	} {
		parts = append(parts, wing.Parts()...)
	}
	api.Mount(server, api.Config{Keys: idempotency.New(p.DB, p.now), Now: p.now}, parts...)
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
