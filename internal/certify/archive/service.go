package archive

import (
	"time"

	"techmarket/internal/certify/ledger"
	"techmarket/internal/certify/papers"
	"techmarket/internal/certify/registry"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/postgres"
)

// Config is what a Service needs.
type Config struct {
	DB       *postgres.DB
	Registry *registry.Service
	Papers   *papers.Service
	Ledger   *ledger.Ledger
	Files    *files.Reader
	Audit    audit.Recorder
	Now      func() time.Time
}

// Service makes archives.
type Service struct {
	config Config
	trail  audit.Trail
}

// New builds the service.
func New(c Config) *Service {
	return &Service{config: c, trail: audit.Trail{DB: c.DB, Recorder: c.Audit, Now: c.Now, Room: "registry"}}
}
