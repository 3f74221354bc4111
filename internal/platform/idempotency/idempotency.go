// Package idempotency owns the table idempotency_key: a caller names a request with a key, and however often it is sent,
// it is carried out once and answered alike for seven days (docs/rules/security.md §4).
//
// It refuses to know HTTP: a result is a status, a content type and bytes. It refuses to run a request a second time when
// the process died in the middle of it: whether that request changed anything is then unknown, and doing it twice is worse
// than asking.
package idempotency

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// Life is how long results are kept.
const Life = 7 * 24 * time.Hour

const (
	patience = 10 * time.Second      // how long Begin waits for a running twin
	pause    = 40 * time.Millisecond // between two looks
)

// Result is what the first request was answered with.
type Result struct {
	Hash        string // of the request that was answered
	Status      int
	ContentType string
	Body        []byte
}

// Store keeps results. It is safe for concurrent use by many processes.
type Store struct {
	db  *postgres.DB
	now func() time.Time
}

// New makes the store.
func New(db *postgres.DB, now func() time.Time) *Store { return &Store{db, now} }

// Begin claims the key of an account (0: a guest). Nil means that the caller is the first: it must call Finish or Release.
// Otherwise it returns the first request's result, waiting for it up to ten seconds.
// Fault: conflict "idempotency_running" when the first one is not answered by then, or never will be.
func (s *Store) Begin(ctx context.Context, account int64, key string) (*Result, error) {
	for deadline := time.Now().Add(patience); ; {
		now := s.now()
		tag, err := s.db.Exec(ctx, claim, pgx.StrictNamedArgs{"account": account, "key": key, "now": now, "expired": now.Add(-Life)})
		if err != nil {
			return nil, fmt.Errorf("idempotency: begin: %w", err)
		}
		if tag.RowsAffected() == 1 {
			return nil, nil
		}
		rows, _ := s.db.Query(ctx, selectKey, pgx.StrictNamedArgs{"account": account, "key": key})
		r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[Result])
		switch {
		case errors.Is(err, pgx.ErrNoRows): // released meanwhile, or still running
		case err != nil:
			return nil, fmt.Errorf("idempotency: begin: %w", err)
		default:
			return r, nil
		}
		if time.Now().After(deadline) {
			return nil, fault.New(fault.Conflict, "idempotency_running", "同一 Idempotency-Key 的请求还没有结果。请稍后用同一个键重试；一直如此时，请先查询是否已经保存，没有保存再换一个键提交。")
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("idempotency: begin: %w", ctx.Err())
		case <-time.After(pause):
		}
	}
}

// Finish keeps the result of the request that Begin let through.
func (s *Store) Finish(ctx context.Context, account int64, key string, r Result) error {
	_, err := s.db.Exec(ctx, finish, pgx.StrictNamedArgs{"account": account, "key": key, "hash": r.Hash, "status": r.Status,
		"content_type": r.ContentType, "body": r.Body})
	if err != nil {
		return fmt.Errorf("idempotency: finish: %w", err)
	}
	return nil
}

// Release gives the key back after a request that changed nothing, so that the mended request may use it.
func (s *Store) Release(ctx context.Context, account int64, key string) error {
	if _, err := s.db.Exec(ctx, release, pgx.StrictNamedArgs{"account": account, "key": key}); err != nil {
		return fmt.Errorf("idempotency: release: %w", err)
	}
	return nil
}

// Clean forgets results older than Life; a job calls it daily.
func (s *Store) Clean(ctx context.Context) error {
	if _, err := s.db.Exec(ctx, clean, pgx.StrictNamedArgs{"expired": s.now().Add(-Life)}); err != nil {
		return fmt.Errorf("idempotency: clean: %w", err)
	}
	return nil
}
