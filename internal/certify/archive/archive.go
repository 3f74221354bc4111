// Package archive makes the archive of a registration, and of a point's year, and checks both without this market.
//
// An archive is one zip that proves itself: papers and attachments as they are, the signed canonical JSON of every certificate, and
// for each certificate, decision and key the ledger row with its path to a signed root. Verify checks it; what it cannot know is
// whether the root is the published one: it names it. A yearly bundle holds the archives as they are and a list of them with their
// digests; a large year is cut into several zips, each complete in itself. The package owns no table.
package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/ledger"
	"techmarket/internal/certify/papers"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
)

const archiveFormat = "techmarket-archive-1"

// manifest lists everything in an archive but itself.
type manifest struct {
	Format    string            `json:"format"`
	Number    string            `json:"number"`
	MadeAt    time.Time         `json:"madeAt"`
	Sample    bool              `json:"sample"`
	Versions  []archivedVersion `json:"versions"`
	Contracts []archivedText    `json:"contracts"`
	Files     []papers.Enclosed `json:"files"`
	Cover     string            `json:"cover,omitempty"` // the sheet that lists the other files; archives before 2026-11-26 have none
}

// archivedVersion is one version of the certificate.
type archivedVersion struct {
	Version   int    `json:"version"`
	State     string `json:"state"`
	Suite     string `json:"suite"`
	KeyID     string `json:"keyId"`
	Signature string `json:"signature"`
	LedgerSeq int64  `json:"ledgerSeq"`
}

// archivedText is one frozen version of the contract with its attachments.
type archivedText struct {
	Version int             `json:"version"`
	Files   []contract.File `json:"files"`
}

// archiver writes files into the zip and notes their digests.
type archiver struct {
	zip *zip.Writer
	at  time.Time
	m   manifest

	ledger *ledger.Ledger
	proven map[int64]bool // ledger rows that are in
}

func (w *archiver) add(name string, r io.Reader) error {
	f, err := w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: w.at.UTC()})
	if err != nil {
		return fmt.Errorf("archive %s: %w", name, err)
	}
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(f, sum), r)
	if err != nil {
		return fmt.Errorf("archive %s: %w", name, err)
	}
	w.m.Files = append(w.m.Files, papers.Enclosed{Name: name, Size: size, Digest: hex.EncodeToString(sum.Sum(nil))})
	return nil
}

func (w *archiver) json(name string, v any) error {
	raw, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("archive %s: %w", name, err)
	}
	return w.add(name, bytes.NewReader(raw))
}

// prove adds ledger rows with their paths to a signed root, each once.
func (w *archiver) prove(ctx context.Context, rows ...ledger.Row) error {
	for _, row := range rows {
		if w.proven[row.Seq] {
			continue
		}
		w.proven[row.Seq] = true
		p, err := w.ledger.Prove(ctx, row.Seq)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.Conflict, "certificate_not_ready", "最新的登记行还没有签入根，请一分钟后再下载档案")
		}
		if err != nil {
			return err
		}
		if err := w.json(fmt.Sprintf("ledger/%010d.json", row.Seq), p); err != nil {
			return err
		}
	}
	return nil
}

// proveOf proves every row of a kind and reference.
func (w *archiver) proveOf(ctx context.Context, kind, ref string) error {
	rows, err := w.ledger.RowsOf(ctx, kind, ref)
	if err != nil {
		return err
	}
	return w.prove(ctx, rows...)
}

// close writes the manifest, which lists everything but itself.
func (w *archiver) close() error {
	raw, err := json.MarshalIndent(w.m, "", " ")
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	f, err := w.zip.CreateHeader(&zip.FileHeader{Name: "manifest.json", Method: zip.Deflate, Modified: w.at.UTC()})
	if err == nil {
		_, err = f.Write(raw)
	}
	if err == nil {
		err = w.zip.Close()
	}
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return nil
}

// Write writes the archive of a registration. Staff and officers of the case, and the applicant's side; NotFound
// "registration_not_found" for others. Conflict "certificate_not_ready" until every certificate has its root.
func (s *Service) Write(ctx context.Context, a actor.Actor, number string, to io.Writer) error {
	d, err := s.config.Registry.Dossier(ctx, a, number)
	if err != nil {
		return err
	}
	if slices.Equal(d.Parts, []registry.Part{registry.Party}) || slices.Equal(d.Parts, []registry.Part{registry.TaxReader}) {
		return registry.RegistrationNotFound()
	}
	r := d.Registration
	w := &archiver{zip: zip.NewWriter(to), at: r.RegisteredOn, proven: map[int64]bool{}, ledger: s.config.Ledger,
		m: manifest{Format: archiveFormat, Number: number, MadeAt: s.config.Now().UTC(), Sample: r.Sample}}
	for _, step := range []func(context.Context, actor.Actor, registry.Dossier, *archiver) error{s.certificates, s.papers,
		s.filings, s.cover} {
		if err := step(ctx, a, d, w); err != nil {
			return err
		}
	}
	if err := w.close(); err != nil {
		return err
	}
	return s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return s.trail.Record(ctx, tx, a, "archive", "registration", number, nil)
	})
}

// certificates adds every version of the certificate with its ledger row and the key that signed it.
func (s *Service) certificates(ctx context.Context, a actor.Actor, d registry.Dossier, w *archiver) error {
	for _, c := range d.Certificates {
		_, pdf, err := s.config.Papers.Certificate(ctx, a, c.Number, c.Version)
		if err != nil {
			return err
		}
		row, err := s.config.Ledger.Row(ctx, c.LedgerSeq)
		if err != nil {
			return err
		}
		base := fmt.Sprintf("certificates/v%d", c.Version)
		err = errors.Join(w.add(base+".json", strings.NewReader(c.Body)), w.add(base+".pdf", bytes.NewReader(pdf)), w.prove(ctx, row),
			w.proveOf(ctx, "genesis", c.KeyID), w.proveOf(ctx, "key", c.KeyID))
		if err != nil {
			return err
		}
		w.m.Versions = append(w.m.Versions, archivedVersion{c.Version, c.State, c.Suite, c.KeyID, c.Signature, c.LedgerSeq})
	}
	return nil
}

// papers adds the notices of the registration and the ledger rows of its decisions.
func (s *Service) papers(ctx context.Context, a actor.Actor, d registry.Dossier, w *archiver) error {
	number := d.Registration.Number
	if err := w.proveOf(ctx, "decision", number); err != nil {
		return err
	}
	if err := w.proveOf(ctx, "history", number); err != nil {
		return err
	}
	for _, kind := range papers.OfRegistration(d.Registration) {
		name, pdf, err := s.config.Papers.Registration(ctx, a, number, kind)
		if err == nil {
			err = w.add("papers/"+name, bytes.NewReader(pdf))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) cover(_ context.Context, _ actor.Actor, d registry.Dossier, w *archiver) error {
	sheet, err := s.config.Papers.Cover(d.Entry, w.m.MadeAt, w.m.Files)
	if err != nil {
		return err
	}
	w.m.Cover = papers.CoverName
	return w.add(papers.CoverName, bytes.NewReader(sheet))
}

// filings adds papers, decisions, and each version of the contract with its attachments.
func (s *Service) filings(ctx context.Context, a actor.Actor, d registry.Dossier, w *archiver) error {
	kept := map[int]bool{}
	for _, q := range d.Filings {
		c, err := s.config.Registry.Case(ctx, a, q.ID)
		if err != nil {
			return err
		}
		for _, kind := range papers.OfFiling(c.Filing) {
			name, pdf, err := s.config.Papers.Filing(ctx, a, q.ID, kind)
			if err == nil {
				err = w.add("papers/"+name, bytes.NewReader(pdf))
			}
			if err != nil {
				return err
			}
		}
		if err := w.proveOf(ctx, "decision", q.IntakeNo); err != nil {
			return err
		}
		for i, v := range c.Filing.Review.Panel {
			if err := s.file(ctx, a, q.ID, v.Minutes, fmt.Sprintf("experts/%s-%d-专家意见", q.IntakeNo, i+1), w); err != nil {
				return err
			}
		}
		if v := c.Contract; !kept[v.Number] {
			kept[v.Number] = true
			if err := s.contract(ctx, a, q.ID, v, w); err != nil {
				return err
			}
		}
	}
	return nil
}

// contract adds one frozen version of the contract.
func (s *Service) contract(ctx context.Context, a actor.Actor, filing int64, v contract.Frozen, w *archiver) error {
	base := fmt.Sprintf("contract/v%d", v.Number)
	if err := w.json(base+".json", v.Content); err != nil {
		return err
	}
	for _, file := range v.Files {
		if err := s.file(ctx, a, filing, file.ID, fmt.Sprintf("%s/%d-%s", base, file.ID, path.Base(file.Name)), w); err != nil {
			return err
		}
	}
	w.m.Contracts = append(w.m.Contracts, archivedText{v.Number, v.Files})
	return nil
}

// file adds a file of a filing under a name; one without an ending takes its own.
func (s *Service) file(ctx context.Context, a actor.Actor, filing, id int64, name string, w *archiver) error {
	stored, err := s.config.Files.Open(ctx, a, files.Object{Kind: "filing", ID: filing}, id)
	if err != nil {
		return err
	}
	defer stored.Close()
	if path.Ext(name) == "" {
		name += path.Ext(stored.Name)
	}
	return w.add(name, stored)
}
