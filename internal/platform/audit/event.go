package audit

import (
	"context"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
)

// Event is one row of the audit trail, written in the transaction that made the change.
type Event struct {
	Actor      actor.Actor
	Action     string // e.g. "organisation.confirm"
	ObjectKind string // "account", "organisation", "membership", "invitation", "api_token", "session"
	ObjectID   string
	Refused    bool // an attempt that was turned away
	Detail     map[string]any
}

// Recorder keeps the audit trail; platform/audit supplies it.
type Recorder interface {
	Record(ctx context.Context, tx pgx.Tx, e Event) error
}
