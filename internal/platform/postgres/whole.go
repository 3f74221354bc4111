package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// whole is a transaction that the services called with its context join.
type whole struct {
	pool  *pgxpool.Pool
	tx    pgx.Tx
	after []func()
}

type wholeKey struct{}

func joined(ctx context.Context, db *DB) *whole {
	if j, ok := ctx.Value(wholeKey{}).(*whole); ok && j.pool == db.Pool {
		return j
	}
	return nil
}

// begins is where a transaction starts: the pool, or inside the one that ctx carries.
func (db *DB) begins(ctx context.Context) interface {
	Begin(ctx context.Context) (pgx.Tx, error)
} {
	if j := joined(ctx, db); j != nil {
		return j.tx
	}
	return db.Pool
}

// Whole runs fn with a context whose statements and transactions on this database are all parts of one transaction: it is committed
// when fn says so, else nothing of it stays. So a request's effect, its name and its answer are kept together or not at all. One
// goroutine at a time may use that context.
func (db *DB) Whole(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) (commit bool, err error)) error {
	tx, err := db.Pool.Begin(ctx)
	if err != nil {
		return Fault(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // after a commit it does nothing
	j := &whole{pool: db.Pool, tx: tx}
	commit, err := fn(context.WithValue(ctx, wholeKey{}, j), tx)
	if err != nil || !commit {
		return Fault(err)
	}
	if err := tx.Commit(ctx); err != nil {
		return Fault(err)
	}
	for _, f := range j.after {
		f()
	}
	return nil
}

// Together runs fn, whose calls of services stand or fall together, inside the transaction that ctx carries or in one of its own.
func (db *DB) Together(ctx context.Context, fn func(ctx context.Context) error) error {
	if joined(ctx, db) != nil {
		return db.InTx(ctx, func(ctx context.Context, _ pgx.Tx) error { return fn(ctx) })
	}
	return db.Whole(ctx, func(ctx context.Context, _ pgx.Tx) (bool, error) { err := fn(ctx); return err == nil, err })
}

// Apart is ctx without the transaction that it carries, for what must stay when that one is given up.
func Apart(ctx context.Context) context.Context { return context.WithValue(ctx, wholeKey{}, nil) }

// After runs f once what was written with ctx is committed: at once outside Whole.
func After(ctx context.Context, f func()) {
	if j, ok := ctx.Value(wholeKey{}).(*whole); ok {
		j.after = append(j.after, f)
		return
	}
	f()
}
