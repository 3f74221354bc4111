package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/platform/postgres"
)

// Refusal is what one actor was refused at one route in one hour: denied, out of scope (hidden) or throttled.
type Refusal struct {
	Begins  time.Time // the hour
	Account int64     // 0: nobody signed in
	Org     int64
	Action  string // method and pattern of the route, or the act of a room
	Code    string // of the fault
	N       int64
	Sample  string // the first address or object
}

// Refusals counts refused attempts, the doors' and the rooms'. Somebody who tries a million addresses makes one row an hour, not a
// million; the chain of the audit trail gets the sum when the hour is over.
type Refusals struct {
	db  *postgres.DB
	now func() time.Time
}

// NewRefusals makes the counter.
func NewRefusals(db *postgres.DB, now func() time.Time) *Refusals { return &Refusals{db, now} }

// Note counts one refusal. It stays when the request's own transaction is given up.
func (r *Refusals) Note(ctx context.Context, who actor.Actor, action, code, address string) error {
	if len(address) > 200 {
		address = address[:200]
	}
	if _, err := r.db.Exec(postgres.Apart(ctx), noteRefusal, pgx.StrictNamedArgs{"begins": hourOf(r.now()), "account": who.AccountID,
		"org": who.OrgID, "action": action, "code": code, "sample": address}); err != nil {
		return fmt.Errorf("count refusal: %w", err)
	}
	return nil
}

// Sum writes what was refused in the hours that are over into the audit trail, one row an actor, route and hour; a job calls it.
func (r *Refusals) Sum(ctx context.Context, trail Recorder) error {
	err := r.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		done, err := postgres.Many[Refusal](ctx, tx, sumRefusals, pgx.StrictNamedArgs{"hour": hourOf(r.now())})
		if err != nil {
			return err
		}
		for _, d := range done {
			if err := trail.Record(ctx, tx, Event{Actor: actor.Actor{AccountID: d.Account, OrgID: d.Org}, Action: "route.refused",
				ObjectKind: "route", ObjectID: d.Action, Refused: true, Detail: map[string]any{"code": d.Code, "n": d.N, "path": d.Sample,
					"hour": clock.Local(d.Begins).Format("2006-01-02 15:00")}}); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, forgetRefusals, pgx.StrictNamedArgs{"before": r.now().AddDate(0, 0, -90)})
		return err
	})
	if err != nil {
		return fmt.Errorf("sum refusals: %w", err)
	}
	return nil
}

// List gives the refusals since a moment, the most frequent first, at most 500.
func (r *Refusals) List(ctx context.Context, since time.Time) ([]Refusal, error) {
	list, err := postgres.Many[Refusal](ctx, r.db, listRefusals, pgx.StrictNamedArgs{"since": since})
	if err != nil {
		return nil, fmt.Errorf("refusals: %w", err)
	}
	return list, nil
}

func hourOf(t time.Time) time.Time { return t.Truncate(time.Hour) }
