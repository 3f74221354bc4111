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

// routeAuditor writes down refused routes, which come without a transaction.
type routeAuditor struct {
	p *Platform
}

func (r routeAuditor) Refused(ctx context.Context, who actor.Actor, action, path string) {
	err := r.p.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return r.p.Audit().Record(ctx, tx, audit.Event{Actor: who, Action: "route.refused", ObjectKind: "route", ObjectID: action, Refused: true,
			Detail: map[string]any{"path": path}})
	})
	if err != nil {
		r.p.Log.Error("audit of a refused route", "error", err.Error())
	}
}
