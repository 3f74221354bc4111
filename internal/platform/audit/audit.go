// Package audit writes who did what: append-only rows, each holding the hash of the one before, in the transaction of
// the act itself.
//
// It owns the table audit_row. It refuses updates and deletes (there is no such function), and it is no log: personal
// data belongs in the object, not in Detail.
package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gowebpki/jcs"
	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// Results of an act.
const (
	OK      = "ok"
	Refused = "refused"
)

// Entry is one act.
type Entry struct {
	At         time.Time // of the caller's clock
	Account    int64     // 0: nobody signed in, or the system itself
	Org        int64     // 0: for no organisation
	Action     string    // "listing.publish": object.verb
	ObjectKind string
	ObjectID   string
	Result     string // OK when empty
	Detail     any    // marshalled to JSON; nil for none
}

type requestKey struct{}

// WithRequest puts the request id into the context; every row and log line made under it carries it.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// Request is the request id of the context, or "".
func Request(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// Record appends one row in the caller's transaction. Rows of all transactions form one chain, so the chain is locked
// from here to the commit: call it last.
func Record(ctx context.Context, tx pgx.Tx, e Entry) error {
	if e.At.IsZero() || e.Action == "" || e.ObjectKind == "" {
		return errors.New("audit: an entry needs a time, an action and an object")
	}
	detail := []byte("{}")
	if e.Detail != nil {
		raw, err := json.Marshal(e.Detail)
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		detail = raw
	}
	r := row{At: e.At, Action: e.Action, ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Result: e.Result,
		Detail: detail, RequestID: Request(ctx)}
	if r.Result == "" {
		r.Result = OK
	}
	if e.Account != 0 {
		r.ActorAccount = &e.Account
	}
	if e.Org != 0 {
		r.ActorOrg = &e.Org
	}
	if err := insert(ctx, tx, r); err != nil {
		return fmt.Errorf("audit %s: %w", e.Action, err)
	}
	return nil
}

// Verify walks the whole chain and returns how many rows it holds. A changed, removed or inserted row is a Conflict
// audit_broken that names the first row that does not fit. (Removing the newest rows leaves a shorter valid chain:
// compare the count and head with an earlier note of them.)
func Verify(ctx context.Context, q postgres.Querier) (rows int64, head []byte, err error) {
	head = genesis
	err = each(ctx, q, func(r row) error {
		want, err := r.digest(head)
		if err != nil {
			return err
		}
		if !bytes.Equal(r.PrevHash, head) || !bytes.Equal(r.Hash, want) {
			return fault.Newf(fault.Conflict, "audit_broken", "审计记录第 %d 号与前后不符，可能被改动过。请保留现场并联系管理员核查备份。", r.ID)
		}
		head = r.Hash
		rows++
		return nil
	})
	if err != nil {
		return rows, nil, fmt.Errorf("verify audit: %w", err)
	}
	return rows, head, nil
}

// genesis precedes the first row.
var genesis = make([]byte, sha256.Size)

// row is one line of audit_row.
type row struct {
	ID           int64
	At           time.Time
	ActorAccount *int64
	ActorOrg     *int64
	Action       string
	ObjectKind   string
	ObjectID     string
	Result       string
	Detail       []byte
	RequestID    string
	PrevHash     []byte
	Hash         []byte
}

// digest is SHA-256 over the previous hash and the row as canonical JSON (RFC 8785), so that it does not depend on how
// jsonb orders keys; the time is UTC to the microsecond, all that PostgreSQL keeps.
func (r row) digest(prev []byte) ([]byte, error) {
	raw, err := json.Marshal(map[string]any{
		"at": r.At.UTC().Truncate(time.Microsecond).Format("2006-01-02T15:04:05.000000Z"), "account": r.ActorAccount, "org": r.ActorOrg,
		"action": r.Action, "objectKind": r.ObjectKind, "objectId": r.ObjectID, "result": r.Result,
		"detail": json.RawMessage(r.Detail), "requestId": r.RequestID,
	})
	if err != nil {
		return nil, fmt.Errorf("digest: %w", err)
	}
	canonical, err := jcs.Transform(raw)
	if err != nil {
		return nil, fmt.Errorf("digest: %w", err)
	}
	h := sha256.New()
	h.Write(prev)
	h.Write(canonical)
	return h.Sum(nil), nil
}
