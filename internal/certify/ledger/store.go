package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
)

// chainLock is the advisory lock that orders appends ("ledger" in ASCII): a row lock would need the right to UPDATE.
const chainLock = 0x6c6564676572

const (
	rowColumns  = `seq, at, kind, ref, payload, prev_hash, hash`
	rootColumns = `size, root, suite, key_id, signature, at`

	takeLock       = `select pg_advisory_xact_lock(@lock)`
	selectHead     = `select ` + rowColumns + ` from ledger_row order by seq desc limit 1`
	selectRow      = `select ` + rowColumns + ` from ledger_row where seq = @seq`
	selectOf       = `select ` + rowColumns + ` from ledger_row where kind = @kind and ref = @ref order by seq`
	selectAll      = `select ` + rowColumns + ` from ledger_row order by seq`
	selectDeclared = `select ` + rowColumns + ` from ledger_row where kind in ('genesis', 'key') and seq <= @upto order by seq desc limit 1`
	selectKey      = `select payload from ledger_row where kind in ('genesis', 'key') and ref = @ref`
	selectHashes   = `select hash from ledger_row where seq between @from and @to order by seq`
	insertRowSQL   = `insert into ledger_row (` + rowColumns + `) values (@seq, @at, @kind, @ref, @payload, @prev_hash, @hash)`
	selectRoots    = `select ` + rootColumns + ` from ledger_root order by id desc limit @limit`
	selectAllRoots = `select ` + rootColumns + ` from ledger_root order by size, id`
	insertRootSQL  = `insert into ledger_root (` + rootColumns + `) values (@size, @root, @suite, @key_id, @signature, @at)`
)

func lock(ctx context.Context, q postgres.Querier) error {
	if _, err := q.Exec(ctx, takeLock, pgx.StrictNamedArgs{"lock": int64(chainLock)}); err != nil {
		return fmt.Errorf("ledger: lock: %w", err)
	}
	return nil
}

func oneRow(ctx context.Context, q postgres.Querier, sql string, args pgx.StrictNamedArgs) (Row, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return Row{}, fmt.Errorf("ledger: read row: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Row])
	if err != nil {
		return Row{}, fmt.Errorf("ledger: read row: %w", err)
	}
	return r, nil
}

func lastRow(ctx context.Context, q postgres.Querier) (Row, error) {
	return oneRow(ctx, q, selectHead, pgx.StrictNamedArgs{})
}

// lockedHead takes the lock and reads the head under it, in one trip to the database.
func lockedHead(ctx context.Context, tx pgx.Tx) (head Row, err error) {
	var trip pgx.Batch
	trip.Queue(takeLock, pgx.StrictNamedArgs{"lock": int64(chainLock)})
	trip.Queue(selectHead).Query(func(rows pgx.Rows) error {
		head, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Row])
		return err
	})
	if err := tx.SendBatch(ctx, &trip).Close(); err != nil {
		return Row{}, fmt.Errorf("ledger: lock and read head: %w", err)
	}
	return head, nil
}

func rowBySeq(ctx context.Context, q postgres.Querier, seq int64) (Row, error) {
	return oneRow(ctx, q, selectRow, pgx.StrictNamedArgs{"seq": seq})
}

func lastDeclaration(ctx context.Context, q postgres.Querier, upto int64) (Row, error) {
	return oneRow(ctx, q, selectDeclared, pgx.StrictNamedArgs{"upto": upto})
}

func rowsOf(ctx context.Context, q postgres.Querier, kind, ref string) ([]Row, error) {
	rows, err := q.Query(ctx, selectOf, pgx.StrictNamedArgs{"kind": kind, "ref": ref})
	if err != nil {
		return nil, fmt.Errorf("ledger: read rows: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Row])
}

func declared(ctx context.Context, q postgres.Querier, id string) (d declaration, err error) {
	var payload string
	if err := q.QueryRow(ctx, selectKey, pgx.StrictNamedArgs{"ref": id}).Scan(&payload); err != nil {
		return d, fmt.Errorf("ledger: key %s: %w", id, err)
	}
	if err := json.Unmarshal([]byte(payload), &d); err != nil {
		return d, fmt.Errorf("ledger: key %s: %w", id, err)
	}
	return d, nil
}

func eachHash(ctx context.Context, q postgres.Querier, from, to int64, fn func(Hash) error) error {
	if to < from {
		return nil
	}
	rows, err := q.Query(ctx, selectHashes, pgx.StrictNamedArgs{"from": from, "to": to})
	if err != nil {
		return fmt.Errorf("ledger: read hashes: %w", err)
	}
	n := int64(0)
	var h Hash
	_, err = pgx.ForEachRow(rows, []any{(*[]byte)(&h)}, func() error {
		n++
		return fn(h)
	})
	if err == nil && n != to-from+1 {
		err = fmt.Errorf("rows %d to %d: %d are missing", from, to, to-from+1-n)
	}
	if err != nil {
		return fmt.Errorf("ledger: read hashes: %w", err)
	}
	return nil
}

func eachRow(ctx context.Context, q postgres.Querier, fn func(Row) error) error {
	rows, err := q.Query(ctx, selectAll)
	if err != nil {
		return fmt.Errorf("ledger: read rows: %w", err)
	}
	var r Row
	if _, err := pgx.ForEachRow(rows, []any{&r.Seq, &r.At, &r.Kind, &r.Ref, &r.Payload, (*[]byte)(&r.PrevHash), (*[]byte)(&r.Hash)},
		func() error { return fn(r) }); err != nil {
		return fmt.Errorf("ledger: read rows: %w", err)
	}
	return nil
}

func insertRow(ctx context.Context, q postgres.Querier, r Row) error {
	_, err := q.Exec(ctx, insertRowSQL, pgx.StrictNamedArgs{"seq": r.Seq, "at": r.At, "kind": r.Kind, "ref": r.Ref,
		"payload": r.Payload, "prev_hash": []byte(r.PrevHash), "hash": []byte(r.Hash)})
	if err != nil {
		return fmt.Errorf("ledger: append row %d: %w", r.Seq, err)
	}
	return nil
}

func lastRoot(ctx context.Context, q postgres.Querier) (Root, error) {
	roots, err := listRoots(ctx, q, 1)
	if err != nil {
		return Root{}, err
	}
	if len(roots) == 0 {
		return Root{}, fmt.Errorf("ledger: last root: %w", pgx.ErrNoRows)
	}
	return roots[0], nil
}

func listRoots(ctx context.Context, q postgres.Querier, limit int) ([]Root, error) {
	rows, err := q.Query(ctx, selectRoots, pgx.StrictNamedArgs{"limit": limit})
	if err != nil {
		return nil, fmt.Errorf("ledger: read roots: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Root])
}

func allRoots(ctx context.Context, q postgres.Querier) ([]Root, error) {
	rows, err := q.Query(ctx, selectAllRoots)
	if err != nil {
		return nil, fmt.Errorf("ledger: read roots: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Root])
}

func insertRoot(ctx context.Context, q postgres.Querier, r Root) error {
	_, err := q.Exec(ctx, insertRootSQL, pgx.StrictNamedArgs{"size": r.Size, "root": []byte(r.Root), "suite": r.Suite,
		"key_id": r.KeyID, "signature": []byte(r.Signature), "at": r.At})
	if err != nil {
		return fmt.Errorf("ledger: insert root: %w", err)
	}
	return nil
}
