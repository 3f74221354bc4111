package app

import (
	"context"
	"io"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/kept"
	"techmarket/web/api"
	"techmarket/web/ui"
)

// keep stores an upload for the actor's organisation. Faults: invalid (kind, size …), unavailable.
func (p *Platform) keep(ctx context.Context, who actor.Actor, purpose, name string, r io.Reader) (f files.File, err error) {
	content, err := p.Files.Receive(ctx, name, r)
	if err != nil {
		return files.File{}, err
	}
	err = p.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		f, err = p.Files.Record(ctx, tx, content, files.Meta{Purpose: purpose, OwnerOrg: who.OrgID, UploadedBy: who.AccountID})
		return err
	})
	return f, err
}

// kept holds what is typed or chosen and not submitted yet.
func (p *Platform) kept() *kept.Store { return kept.New(p.DB, p.Files, p.Now) }

// apiFiles is the file store as the API asks for it.
type apiFiles struct{ p *Platform }

func (s apiFiles) Store(ctx context.Context, who actor.Actor, purpose, name string, r io.Reader) (api.StoredFile, error) {
	f, err := s.p.keep(ctx, who, purpose, name, r)
	return stored(f), err
}

func (s apiFiles) Read(ctx context.Context, id int64) (api.StoredFile, io.ReadCloser, error) {
	f, err := s.p.Files.Get(ctx, s.p.DB, id)
	if err != nil {
		return api.StoredFile{}, nil, err
	}
	r, err := s.p.Files.Open(f)
	return stored(f), r, err
}

func (s apiFiles) Own(ctx context.Context, who actor.Actor, id int64) (bool, error) {
	f, err := s.p.Files.Get(ctx, s.p.DB, id)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && f.UploadedBy != nil && *f.UploadedBy == who.AccountID && f.OwnerOrg != nil && who.In(*f.OwnerOrg), err
}

func stored(f files.File) api.StoredFile {
	return api.StoredFile{ID: f.ID, Name: f.Name, MIME: f.MIME, Size: f.Size, Digest: f.Digest}
}

// pageFiles is the file store as pages and deals ask for it.
type pageFiles struct{ p *Platform }

func (s pageFiles) Receive(ctx context.Context, who actor.Actor, purpose, name string, r io.Reader) (int64, error) {
	f, err := s.p.keep(ctx, who, purpose, name, r)
	return f.ID, err
}

func (s pageFiles) Open(ctx context.Context, id int64) (*ui.StoredFile, error) {
	f, err := s.p.Files.Get(ctx, s.p.DB.Pool, id)
	if err != nil {
		return nil, err
	}
	r, err := s.p.Files.Open(f)
	if err != nil {
		return nil, err
	}
	return &ui.StoredFile{Name: f.Name, MIME: f.MIME, ReadSeekCloser: r}, nil
}

func (s pageFiles) Take(ctx context.Context, who actor.Actor, purpose string, id int64) error {
	return s.p.kept().Take(ctx, who.AccountID, who.OrgID, id, purpose)
}
