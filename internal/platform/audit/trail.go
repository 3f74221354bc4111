package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// Trail runs the acts of one room so that each leaves its row with the change; what was refused is counted, see Refusals.
type Trail struct {
	DB       *postgres.DB
	Recorder Recorder
	Now      func() time.Time
	Room     string // first part of every action: "registry" makes "registry.accept"
}

// Guard runs fn in a transaction for somebody who is signed in; fn writes its own row with Record. A refusal (a fault that is the
// person's to mend) is rolled back and counted under its action and code. Fault: Unauthorized "sign_in_needed".
func (t Trail) Guard(ctx context.Context, a actor.Actor, action, kind, id string, fn func(ctx context.Context, tx pgx.Tx) error) error {
	if !a.SignedIn() {
		return fault.SignIn()
	}
	err := t.DB.InTx(ctx, fn)
	var refusal *fault.Error
	if err == nil || !errors.As(err, &refusal) || refusal.Kind == fault.Internal || refusal.Kind == fault.Unavailable {
		return err
	}
	if kept := NewRefusals(t.DB, t.Now).Note(ctx, a, t.Room+"."+action, refusal.Code, kind+"/"+id); kept != nil {
		return errors.Join(err, kept)
	}
	return err
}

// Record writes the row of an act that was done.
func (t Trail) Record(ctx context.Context, tx pgx.Tx, a actor.Actor, action, kind, id string, detail map[string]any) error {
	e := Event{Actor: a, Action: t.Room + "." + action, ObjectKind: kind, ObjectID: id, Detail: detail}
	if err := t.Recorder.Record(ctx, tx, e); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}
