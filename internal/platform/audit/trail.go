package audit

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// Trail runs the acts of one room so that each leaves its row: with the change, or instead of it where it was refused.
type Trail struct {
	DB       *postgres.DB
	Recorder Recorder
	Room     string // first part of every action: "registry" makes "registry.accept"
}

// Guard runs fn in a transaction for somebody who is signed in; fn writes its own row with Record. A refusal (a fault that is the
// person's to mend) is rolled back and leaves a row of its own. Fault: Unauthorized "sign_in".
func (t Trail) Guard(ctx context.Context, a actor.Actor, action, kind, id string, fn func(ctx context.Context, tx pgx.Tx) error) error {
	if !a.SignedIn() {
		return fault.New(fault.Unauthorized, "sign_in", "请先登录")
	}
	err := t.DB.InTx(ctx, fn)
	var refusal *fault.Error
	if err == nil || !errors.As(err, &refusal) || refusal.Kind == fault.Internal || refusal.Kind == fault.Unavailable {
		return err
	}
	kept := t.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return t.record(
			ctx,
			tx,
			Event{Actor: a, Action: action, ObjectKind: kind, ObjectID: id, Refused: true, Detail: map[string]any{"code": refusal.Code}},
		)
	})
	if kept != nil {
		return errors.Join(err, kept)
	}
	return err
}

// Record writes the row of an act that was done.
func (t Trail) Record(ctx context.Context, tx pgx.Tx, a actor.Actor, action, kind, id string, detail map[string]any) error {
	return t.record(ctx, tx, Event{Actor: a, Action: action, ObjectKind: kind, ObjectID: id, Detail: detail})
}

func (t Trail) record(ctx context.Context, tx pgx.Tx, e Event) error {
	e.Action = t.Room + "." + e.Action
	if err := t.Recorder.Record(ctx, tx, e); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}
