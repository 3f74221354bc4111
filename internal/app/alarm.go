package app

import (
	"context"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/witness"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/notify"
)

// recordAlarm tells the operators that rows of the register do not say what the ledger vouches for: in the log, in the audit trail and by
// a message to the officers of the region.
func (s *Services) recordAlarm(ctx context.Context, found []witness.Difference) error {
	officers, err := s.Identity.OfficersFor(ctx, "150000")
	if err != nil {
		return err
	}
	p := s.Platform
	return p.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for _, d := range found {
			p.Log.Error("a record differs from the ledger", "subject", d.Subject.String(), "row", d.Row, "column", d.Column)
			note := notify.Note{To: officers, Kind: "registration", Title: "登记簿记录不一致，正在核查", Body: d.String(), At: p.Now()}
			if len(officers) > 0 {
				if err := notify.Message(ctx, tx, note); err != nil {
					return err
				}
			}
			if err := p.Audit().Record(ctx, tx, audit.Event{Actor: actor.Actor{}, Action: "registry.record_differs", ObjectKind: d.Subject.Kind,
				ObjectID: d.Subject.Ref, Detail: map[string]any{"found": d.String()}}); err != nil {
				return err
			}
		}
		return nil
	})
}
