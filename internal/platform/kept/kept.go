// Package kept holds what somebody typed or chose and has not submitted yet: forms that were sent after their session had ended, and
// uploads of forms that were refused. It owns the tables kept_form and kept_upload.
//
// It refuses to show them to anybody but their author: a form is sealed with a secret that only the author's browser knows, and given
// to the author's account alone; an upload is its account's. Both are bounded in number, in bytes and to one day.
package kept

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/postgres"
)

// The bounds of what is kept (our choice).
const (
	Life        = 24 * time.Hour
	MostForm    = 1 << 20   // bytes of one form
	mostForms   = 5         // of one browser: the oldest goes
	mostOfAll   = 200 << 20 // bytes of all forms
	mostUploads = 40        // of one account
	mostBytes   = 200 << 20 // bytes of all uploads of one account
)

// Form is a form that was not submitted.
type Form struct {
	ID      int64      `json:"-"`
	Address string     `json:"address"` // path and query it was sent to
	Values  url.Values `json:"values"`  // without secrets and keys of the page
	Lost    []string   `json:"lost"`    // names of chosen files that could not be kept
	At      time.Time  `json:"-"`
}

// Upload is a file that was chosen for a form.
type Upload struct {
	ID   int64
	Name string
	Size int64 // bytes
}

// Store keeps forms and uploads.
type Store struct {
	db    *postgres.DB
	files *files.Store
	now   func() time.Time
}

// New makes the store.
func New(db *postgres.DB, f *files.Store, now func() time.Time) *Store { return &Store{db, f, now} }

var errFull = fault.New(fault.Unavailable, "kept_full", "暂时没有地方存放没有提交的内容。")

// Keep holds a form of the account for the browser with this secret; a form that was sent to the same address is replaced.
// Fault: unavailable "kept_full".
func (s *Store) Keep(ctx context.Context, secret string, account int64, f Form) error {
	plain, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("keep form: %w", err)
	}
	if len(plain) > MostForm+MostForm/4 {
		return errFull
	}
	sealed, err := seal(secret, plain)
	if err != nil {
		return fmt.Errorf("keep form: %w", err)
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := s.Drop(ctx, secret, account, f.Address); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, insertForm, pgx.StrictNamedArgs{"browser": name(secret), "account": account, "sealed": sealed, "now": s.now(),
			"most": mostOfAll})
		if err != nil {
			return fmt.Errorf("keep form: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return errFull
		}
		_, err = tx.Exec(ctx, trimForms, pgx.StrictNamedArgs{"browser": name(secret), "most": mostForms})
		return err
	})
}

// Forms lists what is kept for the account in the browser with this secret, newest first.
func (s *Store) Forms(ctx context.Context, secret string, account int64) ([]Form, error) {
	rows, _ := s.db.Query(ctx, formsOf, pgx.StrictNamedArgs{"browser": name(secret), "account": account, "since": s.now().Add(-Life)})
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[struct {
		ID        int64
		Sealed    []byte
		CreatedAt time.Time
	}])
	if err != nil {
		return nil, fmt.Errorf("kept forms: %w", err)
	}
	var out []Form
	for _, r := range all {
		plain, err := open(secret, r.Sealed)
		if err != nil {
			return nil, fmt.Errorf("kept forms: %w", err)
		}
		f := Form{ID: r.ID, At: r.CreatedAt}
		if err := json.Unmarshal(plain, &f); err != nil {
			return nil, fmt.Errorf("kept forms: %w", err)
		}
		out = append(out, f)
	}
	return out, nil
}

// Drop forgets the account's form that was sent to the address; none is no error.
func (s *Store) Drop(ctx context.Context, secret string, account int64, address string) error {
	forms, err := s.Forms(ctx, secret, account)
	if err != nil {
		return err
	}
	for _, f := range forms {
		if f.Address != address {
			continue
		}
		if _, err := s.db.Exec(ctx, dropForm, pgx.StrictNamedArgs{"id": f.ID}); err != nil {
			return fmt.Errorf("drop form: %w", err)
		}
	}
	return nil
}

// Upload stores a chosen file for the account (and its organisation, 0 for none) until its form is submitted.
// Faults: those of files.Store.Receive; too many "kept_uploads".
func (s *Store) Upload(ctx context.Context, account, org int64, filename string, r io.Reader) (Upload, error) {
	content, err := s.files.Receive(ctx, filename, r)
	if err != nil {
		return Upload{}, err
	}
	var u Upload
	err = s.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockAccount, pgx.StrictNamedArgs{"account": account}); err != nil {
			return err
		}
		var n int
		var bytes int64
		held := pgx.StrictNamedArgs{"account": account, "since": s.now().Add(-Life)}
		if err := tx.QueryRow(ctx, uploadsHeld, held).Scan(&n, &bytes); err != nil {
			return err
		}
		if n >= mostUploads || bytes+content.Size > mostBytes {
			return fault.New(fault.TooMany, "kept_uploads", "还没有提交的附件太多了，这一个没有保存。请先提交或移除前面的附件，再选择它。")
		}
		f, err := s.files.Record(ctx, tx, content, files.Meta{Purpose: purpose, OwnerOrg: org, UploadedBy: account})
		if err != nil {
			return err
		}
		u = Upload{ID: f.ID, Name: f.Name, Size: f.Size}
		_, err = tx.Exec(ctx, insertUpload, pgx.StrictNamedArgs{"file": f.ID, "account": account, "now": s.now()})
		return err
	})
	if err != nil {
		return Upload{}, fmt.Errorf("keep upload: %w", err)
	}
	return u, nil
}

// purpose marks the files that no object has yet.
const purpose = "pending"

// Uploads returns those of the files that the account still holds, in the order of ids.
func (s *Store) Uploads(ctx context.Context, account int64, ids []int64) ([]Upload, error) {
	rows, _ := s.db.Query(ctx, uploadsByID, pgx.StrictNamedArgs{"account": account, "ids": ids, "since": s.now().Add(-Life)})
	us, err := pgx.CollectRows(rows, pgx.RowToStructByName[Upload])
	if err != nil {
		return nil, fmt.Errorf("kept uploads: %w", err)
	}
	return us, nil
}

// Take gives a held file to the object that its form was about. Fault: invalid "kept_upload_gone".
func (s *Store) Take(ctx context.Context, account, org, id int64, purpose string) error {
	return s.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, takeUpload, pgx.StrictNamedArgs{"account": account, "id": id})
		if err != nil {
			return fmt.Errorf("take upload: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.Invalid, "kept_upload_gone", "先前选的附件已经不在了，请重新选择。")
		}
		_, err = tx.Exec(ctx, nameUpload, pgx.StrictNamedArgs{"id": id, "purpose": purpose, "org": org})
		if err != nil {
			return fmt.Errorf("take upload: %w", err)
		}
		return nil
	})
}

// Clean forgets what is older than Life; a job calls it daily. The contents of the files go with files.Store.Sweep.
func (s *Store) Clean(ctx context.Context) error {
	before := pgx.StrictNamedArgs{"before": s.now().Add(-Life)}
	for _, sql := range []string{cleanForms, cleanUploads} {
		if _, err := s.db.Exec(ctx, sql, before); err != nil {
			return fmt.Errorf("clean kept: %w", err)
		}
	}
	return nil
}

// name is what the table knows of a browser's secret.
func name(secret string) string {
	sum := sha256.Sum256([]byte("kept browser " + secret))
	return hex.EncodeToString(sum[:])
}

// sealer is AES-256-GCM under the browser's secret, which is a long random word and stands in no table.
func sealer(secret string) (cipher.AEAD, error) {
	key := sha256.Sum256([]byte("kept form " + secret))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func seal(secret string, plain []byte) ([]byte, error) {
	box, err := sealer(secret)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, box.NonceSize())
	_, _ = rand.Read(nonce)
	return box.Seal(nonce, nonce, plain, nil), nil
}

func open(secret string, sealed []byte) ([]byte, error) {
	box, err := sealer(secret)
	if err != nil {
		return nil, err
	}
	if len(sealed) < box.NonceSize() {
		return nil, errors.New("sealed form is cut")
	}
	return box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], nil)
}
