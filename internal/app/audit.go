package app

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/platform/audit"
)

// Audit writes the audit rows of the rooms.
func (p *Platform) Audit() audit.Recorder { return auditTrail{p.Now} }

// auditTrail turns what a room tells into a row of the audit trail.
type auditTrail struct{ now func() time.Time }

func (t auditTrail) Record(ctx context.Context, tx pgx.Tx, e audit.Event) error {
	result := audit.OK
	if e.Refused {
		result = audit.Refused
	}
	var detail any
	if len(e.Detail) > 0 {
		detail = e.Detail
	}
	return audit.Record(audit.WithRequest(ctx, e.Actor.RequestID), tx, audit.Entry{At: t.now(), Account: e.Actor.AccountID, Org: e.Actor.OrgID,
		Action: e.Action, ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Result: result, Detail: detail})
}

// Refusals counts refused attempts.
func (p *Platform) Refusals() *audit.Refusals { return audit.NewRefusals(p.DB, p.Now) }

// routeAuditor counts refused routes, which come without a transaction.
type routeAuditor struct {
	p *Platform
}

func (r routeAuditor) Refused(ctx context.Context, who actor.Actor, action, path, code string) {
	if err := r.p.Refusals().Note(ctx, who, action, code, path); err != nil {
		r.p.Log.Error("audit of a refused route", "error", err.Error())
	}
}
