// Package deadline owns the clock of registration: the dated table of limits, the calendar of days without work, and what both make
// of one case: the day that holds, how much is left, how urgent it is.
//
// It knows no case: a room that has cases keeps a Run for each and says in which Phase it is. Working days themselves are counted by
// foundation/clock. Tables: sla_policy, holiday.
package deadline

import (
	"context"
	"time"

	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/postgres"
)

// Config is what a Service needs.
type Config struct {
	DB    *postgres.DB
	Audit audit.Recorder
	Now   func() time.Time
	Used  func(ctx context.Context, q postgres.Querier, policy int64) (bool, error) // whether a case was filed under the row
}

// Service keeps the table of limits and the calendar.
type Service struct {
	config Config
	trail  audit.Trail
}

// New builds the service.
func New(c Config) *Service {
	return &Service{config: c, trail: audit.Trail{DB: c.DB, Recorder: c.Audit, Now: c.Now, Room: "registry"}}
}
