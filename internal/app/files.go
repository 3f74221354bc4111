package app

import (
	"context"
	"io"
	"os/exec"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/extract"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/kept"
	"techmarket/internal/platform/scan"
	"techmarket/web/api"
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
type apiFiles struct {
	p *Platform
	*files.Reader
}

func (s apiFiles) Store(ctx context.Context, who actor.Actor, purpose, name string, r io.Reader) (api.StoredFile, error) {
	f, err := s.p.keep(ctx, who, purpose, name, r)
	return api.StoredFile{ID: f.ID, Name: f.Name, MIME: f.MIME, Size: f.Size, Digest: f.Digest}, err
}

// pageFiles is the file store as pages and deals ask for it.
type pageFiles struct {
	p *Platform
	*files.Reader
}

func (s pageFiles) Receive(ctx context.Context, who actor.Actor, purpose, name string, r io.Reader) (int64, error) {
	f, err := s.p.keep(ctx, who, purpose, name, r)
	return f.ID, err
}

// openFiles says by whose rule the files of each kind of object are read; the kinds are those of the view file_grant.
func (s *Services) openFiles() {
	for kind, sight := range map[string]files.Sight{
		"contract": s.Contracts.SeesFiles, "filing": s.Registry.SeesFilingFiles, "registration": s.Registry.SeesRegistrationFiles,
		"deal": s.Deals.SeesFiles, "listing": s.Listings.SeesFiles, "challenge": s.Challenges.SeesFiles,
		"export": s.Exchange.SeesExportFiles, "history": s.Exchange.SeesHistoryFiles, "import": s.Importer.SeesFiles,
		"voucher": s.Vouchers.SeesFiles,
	} {
		s.Reader.Sees(kind, sight)
	}
}

func (s pageFiles) Take(ctx context.Context, who actor.Actor, purpose string, id int64) error {
	return s.p.kept().Take(ctx, who.AccountID, who.OrgID, id, purpose)
}

// recogniser looks for the programs each time a scan waits: they may be installed while the market runs.
func recogniser(ctx context.Context) (extract.Recogniser, error) {
	return scan.Find(ctx, exec.LookPath)
}
