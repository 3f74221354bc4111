// Package ledger is the tamper-evident chain of the register: every decision and certificate is one row, written in the
// transaction of the decision itself.
//
// It owns the rows and the signed roots (tables ledger_row, ledger_root), the keys that sign them, inclusion proofs and
// the check of the whole, from the database or offline from an export. It refuses to change or drop a row, and knows
// nothing of what a payload means.
//
// # What a row is
//
// Rows are numbered 1, 2, 3 … without a gap. A payload is canonical JSON (RFC 8785). A row's hash is
//
//	H(seq "\n" at "\n" kind "\n" ref "\n" hex(prev) "\n" payload)
//
// with at in UTC as 2006-01-02T15:04:05.000000Z and prev the hash of the row before (of row 1: empty), so that anybody
// can repeat it with sha256sum. Row 1 (kind "genesis") names the suite and the first public key; a row of kind "key"
// names the next key, endorsed by the one before. H is the suite's: SHA-256 or SM3.
//
// A root is the RFC 6962 tree head over the rows' hashes as leaves, signed by the key in force. A hash chain alone does
// not stop an operator from rewriting or cutting its end: roots printed on certificates and sent out (anchors) do, for
// rows older than the last anchor.
//
//	suite     signature   H         keys
//	intl      Ed25519     SHA-256   PKCS #8
//	guomi     SM2         SM3       PKCS #8 (gmsm; a software library is no 密评 pass)
package ledger

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gowebpki/jcs"
	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// Kinds of rows that the ledger itself writes.
const (
	kindGenesis = "genesis"
	kindKey     = "key"
)

// Entry is what a caller wants kept. Kind and Ref hold no line break; Payload is anything that marshals to a JSON
// object, or a JSON object as json.RawMessage. Whole numbers beyond 2⁵³−1 are refused: canonical JSON cannot hold them.
type Entry struct {
	Kind    string
	Ref     string
	Payload any
}

// Row is one row of the chain.
type Row struct {
	Seq      int64     `json:"seq" db:"seq"`
	At       time.Time `json:"at" db:"at"` // whole microseconds
	Kind     string    `json:"kind" db:"kind"`
	Ref      string    `json:"ref" db:"ref"`
	Payload  string    `json:"payload" db:"payload"` // canonical JSON
	PrevHash Hash      `json:"prev" db:"prev_hash"`
	Hash     Hash      `json:"hash" db:"hash"`
}

// Root is a signed tree head over the first Size rows.
type Root struct {
	Size      int64     `json:"size" db:"size"`
	Root      Hash      `json:"root" db:"root"`
	Suite     string    `json:"suite" db:"suite"`
	KeyID     string    `json:"keyId" db:"key_id"`
	Signature Signature `json:"signature" db:"signature"`
	At        time.Time `json:"at" db:"at"`
}

// Hash is a digest; in JSON it is hex.
type Hash []byte

// String prints hex.
func (h Hash) String() string { return hex.EncodeToString(h) }

// MarshalText prints hex.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads hex.
func (h *Hash) UnmarshalText(b []byte) error {
	v, err := hex.DecodeString(string(b))
	*h = v
	return err
}

// Signature is a detached signature; in JSON it is base64.
type Signature []byte

// String prints base64.
func (s Signature) String() string { return base64.StdEncoding.EncodeToString(s) }

// Canonical turns a value into canonical JSON (RFC 8785). It must be an object whose whole numbers are within ±(2⁵³−1).
func Canonical(v any) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("ledger: canonical: %w", err)
	}
	if len(raw) == 0 || raw[0] != '{' {
		return "", errors.New("ledger: canonical: not an object")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", fmt.Errorf("ledger: canonical: %w", err)
		}
		n, ok := tok.(json.Number)
		if !ok || strings.ContainsAny(n.String(), ".eE") {
			continue
		}
		if i, err := strconv.ParseInt(n.String(), 10, 64); err != nil || i > 1<<53-1 || i < -(1<<53-1) {
			return "", fmt.Errorf("ledger: canonical: %s is too large for JSON, write it as text", n)
		}
	}
	out, err := jcs.Transform(raw)
	if err != nil {
		return "", fmt.Errorf("ledger: canonical: %w", err)
	}
	return string(out), nil
}

const atLayout = "2006-01-02T15:04:05.000000Z"

// digest computes what Row.Hash must be.
func (r Row) digest(s Suite) Hash {
	b := make([]byte, 0, len(r.Payload)+len(r.Kind)+len(r.Ref)+128)
	b = strconv.AppendInt(b, r.Seq, 10)
	b = append(b, '\n')
	b = r.At.UTC().AppendFormat(b, atLayout)
	b = append(append(append(b, '\n'), r.Kind...), '\n')
	b = append(append(b, r.Ref...), '\n')
	b = hex.AppendEncode(b, r.PrevHash)
	b = append(append(b, '\n'), r.Payload...)
	return s.digest(b)
}

// statement is what a root's signature covers.
func (r Root) statement() []byte {
	return fmt.Appendf(nil, "techmarket ledger root v1\n%s\n%d\n%s\n%s\n", r.Suite, r.Size, r.Root, r.At.UTC().Format(atLayout))
}

// declaration is the payload of a genesis or key row.
type declaration struct {
	Suite       string `json:"suite"`
	KeyID       string `json:"keyId"`
	PublicKey   string `json:"publicKey"`             // base64 of PKIX DER
	EndorsedBy  string `json:"endorsedBy,omitempty"`  // key id of the key before
	Endorsement string `json:"endorsement,omitempty"` // its signature over endorsement()
}

func (d declaration) public() (PublicKey, error) {
	s, err := SuiteByName(d.Suite)
	if err != nil {
		return PublicKey{}, err
	}
	p, err := ParsePublicKey(s, d.PublicKey)
	if err == nil && p.ID != d.KeyID {
		err = fmt.Errorf("ledger: key %s has the id %s", d.KeyID, p.ID)
	}
	return p, err
}

func (d declaration) endorsement() []byte {
	return fmt.Appendf(nil, "techmarket ledger key v1\n%s\n%s\n%s\n", d.Suite, d.KeyID, d.PublicKey)
}

// Ledger is the service. It is safe for concurrent use.
type Ledger struct {
	db   *postgres.DB
	keys *Keys
	now  func() time.Time

	mu     sync.Mutex
	chain  Suite  // the suite that the chain was begun with; nil until looked up
	active *key   // the key last seen in force; nil until looked up
	blocks []Hash // hashes of complete blocks of blockSize rows, so that roots and proofs need not read everything
}

// New makes the ledger over the database and the key folder. now gives the time of rows and roots.
func New(db *postgres.DB, keys *Keys, now func() time.Time) *Ledger {
	return &Ledger{db: db, keys: keys, now: now}
}

// Append adds one row in the caller's transaction and takes the chain's lock until that ends: call it last, after
// every other lock. The first call of a new database writes the genesis row too. Any code that has decided something
// may call it; there is no permission here. Errors: internal only (a payload that cannot be canonical, missing key,
// database).
func (l *Ledger) Append(ctx context.Context, tx pgx.Tx, e Entry) (Row, error) {
	if e.Kind == "" || e.Kind == kindGenesis || e.Kind == kindKey || strings.ContainsAny(e.Kind+e.Ref, "\n\r\x00") {
		return Row{}, fmt.Errorf("ledger: append: bad kind %q or ref %q", e.Kind, e.Ref)
	}
	payload, err := Canonical(e.Payload)
	if err != nil {
		return Row{}, err
	}
	head, suite, err := l.open(ctx, tx)
	if err != nil {
		return Row{}, err
	}
	return l.add(ctx, tx, suite, head, e.Kind, e.Ref, payload)
}

// Lock waits for the chain's lock, so that what a row will say can be read before it is appended; it is held until the transaction ends.
func (l *Ledger) Lock(ctx context.Context, tx pgx.Tx) error { return lock(ctx, tx) }

// open takes the lock and returns the head, after writing the genesis row where there is none.
func (l *Ledger) open(ctx context.Context, tx pgx.Tx) (Row, Suite, error) {
	head, err := lockedHead(ctx, tx)
	if err == nil {
		// The suite of an existing chain is its own, whatever the configuration says now.
		suite, err := l.suite(ctx, tx)
		return head, suite, err
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return Row{}, nil, err
	}
	first, err := l.keys.first()
	if err != nil {
		return Row{}, nil, err
	}
	payload, err := Canonical(first.declare())
	if err != nil {
		return Row{}, nil, err
	}
	head, err = l.add(ctx, tx, first.suite, Row{PrevHash: Hash{}, Hash: Hash{}}, kindGenesis, first.id, payload)
	return head, first.suite, err
}

func (l *Ledger) add(ctx context.Context, tx pgx.Tx, suite Suite, head Row, kind, ref, payload string) (Row, error) {
	r := Row{Seq: head.Seq + 1, At: l.now().UTC().Truncate(time.Microsecond), Kind: kind, Ref: ref, Payload: payload, PrevHash: head.Hash}
	r.Hash = r.digest(suite)
	return r, insertRow(ctx, tx, r)
}

func (l *Ledger) suite(ctx context.Context, q postgres.Querier) (Suite, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.chain != nil {
		return l.chain, nil
	}
	r, err := rowBySeq(ctx, q, 1)
	if err != nil {
		return nil, err
	}
	var d declaration
	if err := json.Unmarshal([]byte(r.Payload), &d); err != nil {
		return nil, fmt.Errorf("ledger: genesis: %w", err)
	}
	l.chain, err = SuiteByName(d.Suite)
	return l.chain, err
}

// signer returns the last key that rows 1 … upto declare; where there is no row yet, the folder's first key. It asks the
// chain every time, so that a rotation by another process holds for the next root.
func (l *Ledger) signer(ctx context.Context, q postgres.Querier, upto int64) (*key, error) {
	r, err := lastDeclaration(ctx, q, upto)
	if errors.Is(err, pgx.ErrNoRows) {
		return l.keys.first()
	}
	if err != nil {
		return nil, err
	}
	k, err := l.keys.byID(r.Ref)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.active = k
	l.mu.Unlock()
	return k, nil
}

// Signed is a detached signature over a canonical body.
type Signed struct {
	Suite     string
	KeyID     string
	Digest    Hash
	Signature Signature
}

// SignBody signs the bytes of a certificate or list with the key in force. The system calls it when such a paper is
// issued, also inside a transaction: only the first call of a process asks the database. After a rotation by another
// process it may use the old key until this one's next SignRoot; the chain declares both. The body must be a JSON
// object, so that it can never be mistaken for a root.
func (l *Ledger) SignBody(ctx context.Context, body []byte) (Signed, error) {
	if len(body) == 0 || body[0] != '{' {
		return Signed{}, errors.New("ledger: sign: not a JSON object")
	}
	l.mu.Lock()
	k := l.active
	l.mu.Unlock()
	if k == nil {
		var err error
		if k, err = l.signer(ctx, l.db, math.MaxInt64); err != nil {
			return Signed{}, err
		}
	}
	sig, err := k.sign(body)
	if err != nil {
		return Signed{}, err
	}
	return Signed{Suite: k.suite.Name(), KeyID: k.id, Digest: k.suite.digest(body), Signature: sig}, nil
}

// SignRoot signs the tree head where rows were added since the last root, and reports whether it did. The system calls
// it when it starts and then at most once a minute.
func (l *Ledger) SignRoot(ctx context.Context) (Root, bool, error) {
	var root Root
	signed := false
	err := l.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		signed = false
		head, err := lastRow(ctx, tx)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		} else if err != nil {
			return err
		}
		k, err := l.signer(ctx, tx, head.Seq)
		if err != nil {
			return err
		}
		if root, err = lastRoot(ctx, tx); err == nil && root.Size >= head.Seq {
			return nil
		} else if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		sum, err := l.rootAt(ctx, tx, k.suite, head.Seq)
		if err != nil {
			return err
		}
		root = Root{Size: head.Seq, Root: sum, Suite: k.suite.Name(), KeyID: k.id, At: l.now().UTC().Truncate(time.Microsecond)}
		if root.Signature, err = k.sign(root.statement()); err != nil {
			return err
		}
		signed = true
		return insertRoot(ctx, tx, root)
	})
	if err != nil {
		return Root{}, false, fmt.Errorf("ledger: sign root: %w", err)
	}
	return root, signed, nil
}

// Rotate makes a new key of the chain's suite and declares it in the chain with the old key's endorsement; from then on
// every process signs with it. The system administrator's command calls it. The old key's file stays: it is not needed
// to check old signatures and may be taken away.
func (l *Ledger) Rotate(ctx context.Context) (keyID string, err error) {
	var fresh *key // made once, although the transaction may be tried again
	err = l.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		head, suite, err := l.open(ctx, tx)
		if err != nil {
			return err
		}
		old, err := l.signer(ctx, tx, head.Seq)
		if err != nil {
			return err
		}
		if fresh == nil {
			if fresh, err = l.keys.create(suite); err != nil {
				return err
			}
		}
		d := fresh.declare()
		d.EndorsedBy = old.id
		sig, err := old.sign(d.endorsement())
		if err != nil {
			return err
		}
		d.Endorsement = sig.String()
		payload, err := Canonical(d)
		if err != nil {
			return err
		}
		_, err = l.add(ctx, tx, suite, head, kindKey, fresh.id, payload)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("ledger: rotate: %w", err)
	}
	l.mu.Lock()
	l.active = fresh
	l.mu.Unlock()
	return fresh.id, nil
}

// PublicKey returns a key that the chain declares, to check the signature of a certificate; NotFound where it declares
// no such key. Public.
func (l *Ledger) PublicKey(ctx context.Context, id string) (PublicKey, error) {
	d, err := declared(ctx, l.db, id)
	if err != nil {
		return PublicKey{}, notFound(err, "登记簿没有声明过这把密钥")
	}
	return d.public()
}

// LatestRoot returns the newest signed root; NotFound where nothing has been signed yet. Public.
func (l *Ledger) LatestRoot(ctx context.Context) (Root, error) {
	r, err := lastRoot(ctx, l.db)
	return r, notFound(err, "登记簿还没有签过根")
}

// Roots lists signed roots, newest first, for the public page.
func (l *Ledger) Roots(ctx context.Context, limit int) ([]Root, error) {
	return listRoots(ctx, l.db, limit)
}

// Row returns one row; NotFound where there is none.
func (l *Ledger) Row(ctx context.Context, seq int64) (Row, error) {
	r, err := rowBySeq(ctx, l.db, seq)
	return r, notFound(err, "登记簿里没有这一行")
}

// RowsOf lists the rows of one kind and reference in order.
func (l *Ledger) RowsOf(ctx context.Context, kind, ref string) ([]Row, error) {
	return rowsOf(ctx, l.db, kind, ref)
}

// Health compares the head with the last signed root, for readiness and the administrator's page.
func (l *Ledger) Health(ctx context.Context) (rows, signed int64, err error) {
	head, err := lastRow(ctx, l.db)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, 0, err
	}
	root, err := lastRoot(ctx, l.db)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, 0, err
	}
	return head.Seq, root.Size, nil
}

func notFound(err error, message fault.Sentence) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.Wrap(err, fault.NotFound, "ledger_row_missing", message)
	}
	return err
}
