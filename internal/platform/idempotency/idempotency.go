// Package idempotency owns the table idempotency_key: a caller names a request with a key, and however often it is sent,
// it is carried out once and answered alike for seven days (docs/rules/security.md §4).
//
// It refuses to know HTTP: a result is a status, a content type, a place to go on and bytes. Key, effect and answer are one
// transaction: a process that dies in the middle leaves nothing, and the repetition carries the request out.
package idempotency

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// Life is how long results are kept.
const Life = 7 * 24 * time.Hour

// Result is what the first request was answered with.
type Result struct {
	Hash        string // of the request that was answered
	Status      int
	ContentType string
	Location    string // where the answer leads; "" for none
	Body        []byte // nil where the answer held a secret
}

// Store keeps results. It is safe for concurrent use by many processes.
type Store struct {
	db  *postgres.DB
	now func() time.Time
}

// New makes the store.
func New(db *postgres.DB, now func() time.Time) *Store { return &Store{db, now} }

// Once runs the request that an account (0: a guest) named with the key, inside one transaction with the key and its result.
// Where run keeps nothing, nothing stays: not its effect, and the key is free for the mended request. A repetition gets the first
// result and runs nothing; one that comes while the first is running waits for it, ten seconds at most.
// Faults: conflict "idempotency_running" when the first one is not done by then; what run returns.
func (s *Store) Once(ctx context.Context, account int64, key, hash string,
	run func(ctx context.Context) (r Result, keep bool, err error)) (first *Result, err error) {
	key, sealed := seal(key, hash)
	err = s.db.Whole(ctx, func(ctx context.Context, tx pgx.Tx) (bool, error) {
		now := s.now()
		if _, err := tx.Exec(ctx, patience); err != nil {
			return false, err
		}
		tag, err := tx.Exec(ctx, claim, pgx.StrictNamedArgs{"account": account, "key": key, "hash": sealed, "now": now,
			"expired": now.Add(-Life)})
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "55P03" {
			return false, fault.Wrap(err, fault.Conflict, "idempotency_running", "同样的请求正在办理，还没有结果。请稍后用同一个键重试。")
		}
		if err != nil {
			return false, err
		}
		if tag.RowsAffected() == 0 {
			r, err := postgres.One[Result](ctx, tx, selectKey, pgx.StrictNamedArgs{"account": account, "key": key})
			if err == nil {
				r.Body, err = s.open(r.Body)
			}
			if r.Hash == sealed {
				r.Hash = hash
			}
			first = &r
			return false, err
		}
		if _, err := tx.Exec(ctx, atEase); err != nil {
			return false, err
		}
		r, keep, err := run(ctx)
		if err != nil || !keep {
			return false, err
		}
		body, err := s.seal(r.Body)
		if err != nil {
			return false, err
		}
		_, err = tx.Exec(ctx, finish, pgx.StrictNamedArgs{"account": account, "key": key, "status": r.Status, "content_type": r.ContentType,
			"location": r.Location, "body": body})
		return err == nil, err
	})
	if err != nil {
		return nil, fmt.Errorf("idempotency: %w", err)
	}
	return first, nil
}

// sealedBody is the purpose of kept answers.
const sealedBody = "idempotency.body"

// seal closes an answer: it may hold how somebody is reached. One that is not repeated, because it holds a secret, is nil and stays so.
func (s *Store) seal(body []byte) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	text, err := s.db.Contents().SealText(sealedBody, string(body))
	return []byte(text), err
}

func (s *Store) open(body []byte) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	text := string(body)
	err := s.db.Contents().OpenText(sealedBody, &text)
	return []byte(text), err
}

// Clean forgets results older than Life; a job calls it daily.
func (s *Store) Clean(ctx context.Context) error {
	if _, err := s.db.Exec(ctx, clean, pgx.StrictNamedArgs{"expired": s.now().Add(-Life)}); err != nil {
		return fmt.Errorf("idempotency: clean: %w", err)
	}
	return nil
}

// seal makes what the table keeps of a key and of the request's digest. A request may carry a password: with the key, which is a random
// word and stands nowhere in the database, nobody who reads the table can try passwords against the digest.
func seal(key, hash string) (kept, sealed string) {
	name := sha256.Sum256([]byte(key))
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(hash))
	return hex.EncodeToString(name[:]), hex.EncodeToString(mac.Sum(nil))
}
