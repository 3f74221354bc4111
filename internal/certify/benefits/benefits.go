// Package benefits owns what a registered contract is worth to its parties: lists for tax and subsidy formalities, the dated table of
// subsidy rates, proofs of payment, and the calculation that both lead to. It gives hints and proofs; the decision is the tax office's
// or the department's.
//
// A list names registered contracts of one applicant. It has its own number and check code, is signed and chained like a certificate,
// and bears no picture of a seal. Large and ordinary contracts never stand on one list; a list falls when one of its contracts is
// cancelled or revoked (VoidLists, which the registry calls; the decision's ledger row says so). The re-check of a tax relief is an
// event of the registration and stands in certify/registry.
//
// Tables: registration_list, registration_list_item, list_sequence, subsidy_rate, payment_proof.
package benefits

import (
	"io"
	"time"

	"techmarket/internal/certify/ledger"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/witness"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/postgres"
)

// Config is what a Service needs.
type Config struct {
	DB       *postgres.DB
	Registry *registry.Service
	Ledger   *ledger.Ledger
	Audit    audit.Recorder
	Files    *files.Store // of the proofs
	Now      func() time.Time
	Random   io.Reader     // of the check codes
	Alarm    witness.Alarm // see registry.Config
}

// Service issues lists and works out subsidies.
type Service struct {
	config Config
	trail  audit.Trail
	book   *witness.Book
}

// New builds the service.
func New(c Config) *Service {
	return &Service{
		config: c,
		trail:  audit.Trail{DB: c.DB, Recorder: c.Audit, Now: c.Now, Room: "registry"},
		book:   witness.New(c.DB, c.Ledger, c.Alarm),
	}
}
