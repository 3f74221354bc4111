// Package exchange is what leaves and enters the register in bulk: sheets in the columns and keys of the national form
// (docs/rules/registration.md §4; contract.National) with our own columns in front for what that form has no known key, large exports and
// the yearly archives by a job, and the import of historic registrations.
//
// A league starts with its past: what is imported was decided elsewhere. It gets no certificate of this market, a ledger row of kind
// "history" that names the file, and period entries of its own registration days (registry.AddHistoric).
//
// Tables: registration_export, registration_import, registration_import_row.
package exchange

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/archive"
	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/registry"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
)

// Config is what a Service needs.
type Config struct {
	DB        *postgres.DB
	Registry  *registry.Service
	Contracts *contract.Service
	Archive   *archive.Service
	Audit     audit.Recorder
	Files     *files.Store
	Jobs      registry.Enqueuer
	Now       func() time.Time
}

// Service exports and imports.
type Service struct {
	config Config
	trail  audit.Trail
}

// New builds the service.
func New(c Config) *Service {
	return &Service{config: c, trail: audit.Trail{DB: c.DB, Recorder: c.Audit, Now: c.Now, Room: "registry"}}
}

// RegisterJobs says which function works which of the exchange's jobs.
func (s *Service) RegisterJobs(w *jobs.Workers) {
	jobs.Register(w, s.MakeExport)
	jobs.Register(w, s.RunHistory)
}

const excelMIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// keep stores a file that is written here, through a temporary one: it is only complete at its end.
func (s *Service) keep(ctx context.Context, name, mime string, write func(io.Writer) error) (files.Content, error) {
	temp, err := os.CreateTemp("", "exchange-")
	if err != nil {
		return files.Content{}, fmt.Errorf("export: %w", err)
	}
	defer os.Remove(temp.Name())
	defer temp.Close()
	if err := write(temp); err != nil {
		return files.Content{}, err
	}
	if _, err := temp.Seek(0, io.SeekStart); err != nil {
		return files.Content{}, fmt.Errorf("export: %w", err)
	}
	return s.config.Files.Keep(ctx, name, mime, temp)
}

// tell sends a person the message that a job of theirs is done.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, to int64, title, body, link string) error {
	return notify.Message(
		ctx,
		tx,
		notify.Note{To: []int64{to}, Kind: "registration", Title: title, Body: body, Link: link, At: s.config.Now()},
	)
}
