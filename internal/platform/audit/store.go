package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
)

// chainLock is the key of the advisory lock that orders writers; released by the end of the transaction.
const chainLock = 0x7465636861756474 // "techaudt"

const lockSQL = `select pg_advisory_xact_lock(@key)`

const headSQL = `select hash from audit_row order by id desc limit 1`

const insertSQL = `insert into audit_row
	(at, actor_account, actor_org, action, object_kind, object_id, result, detail, request_id, prev_hash, hash)
values
	(@at, @account, @org, @action, @objectKind, @objectID, @result, @detail, @requestID, @prev, @hash)`

func insert(ctx context.Context, tx pgx.Tx, r row) error {
	prev := genesis
	var trip pgx.Batch // the head is read after the lock is held, in one trip to the database
	trip.Queue(lockSQL, pgx.StrictNamedArgs{"key": int64(chainLock)})
	trip.Queue(headSQL).QueryRow(func(head pgx.Row) error {
		if err := head.Scan(&prev); !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		return nil
	})
	if err := tx.SendBatch(ctx, &trip).Close(); err != nil {
		return err
	}
	r.At = r.At.Truncate(time.Microsecond)
	hash, err := r.digest(prev)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, insertSQL, pgx.StrictNamedArgs{
		"at": r.At, "account": r.ActorAccount, "org": r.ActorOrg, "action": r.Action, "objectKind": r.ObjectKind,
		"objectID": r.ObjectID, "result": r.Result, "detail": r.Detail, "requestID": r.RequestID, "prev": prev, "hash": hash,
	})
	return err
}

const (
	noteRefusal = `insert into refusal (begins, account, org, action, code, n, sample)
values (@begins, @account, @org, @action, @code, 1, @sample)
on conflict (begins, account, org, action, code) do update set n = refusal.n + 1`
	// An attempt that is counted into a closed hour late is not summed again: the row in the trail stays as it was written.
	sumRefusals = `update refusal set summed = true where begins < @hour and not summed
returning begins, account, org, action, code, n, sample`
	listRefusals = `select begins, account, org, action, code, n, sample from refusal where begins >= @since
		order by n desc, begins desc limit 500`
	forgetRefusals = `delete from refusal where summed and begins < @before`
)

const eachSQL = `select id, at, actor_account, actor_org, action, object_kind, object_id, result, detail, request_id, prev_hash, hash
from audit_row order by id`

func each(ctx context.Context, q postgres.Querier, visit func(row) error) error {
	rows, err := q.Query(ctx, eachSQL)
	if err != nil {
		return fmt.Errorf("read audit rows: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		r, err := pgx.RowToStructByName[row](rows)
		if err != nil {
			return fmt.Errorf("read audit rows: %w", err)
		}
		if err := visit(r); err != nil {
			return err
		}
	}
	return rows.Err()
}
