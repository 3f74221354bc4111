package kept_test

import (
	"context"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/kept"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func setup(t *testing.T) (*kept.Store, *postgres.DB, *atomic.Int64) {
	t.Helper()
	ahead := &atomic.Int64{}
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	store, err := files.New(filepath.Join(t.TempDir(), "files"), now)
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.New(t)
	return kept.New(db, store, now), db, ahead
}

const secret, otherSecret = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ZYXWVUTSRQPONMLKJIHGFEDCBA"

func TestForms_AreForTheirAuthorInTheirBrowserOnlyAndNotReadableInTheTable(t *testing.T) {
	t.Parallel()
	s, db, ahead := setup(t)
	ctx := context.Background()
	for i := range 7 { // the same address twice, and more than a browser may hold
		f := kept.Form{Address: "/demands/" + strconv.Itoa(max(i, 1)), Values: url.Values{"title": {"密封的需求" + strconv.Itoa(i)}}}
		if err := s.Keep(ctx, secret, 7, f); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Forms(ctx, secret, 7)
	if err != nil || len(got) != 5 || got[0].Values.Get("title") != "密封的需求6" {
		t.Fatalf("%d forms, %v: %+v", len(got), err, got)
	}
	for _, who := range []struct {
		secret  string
		account int64
	}{{secret, 8}, {otherSecret, 7}} {
		if got, err := s.Forms(ctx, who.secret, who.account); err != nil || len(got) != 0 {
			t.Errorf("%+v is given %d forms, %v", who, len(got), err)
		}
	}
	var readable int
	if err := db.QueryRow(ctx, `select count(*) from kept_form f where f::text like '%' || encode('密封'::bytea, 'hex') || '%'`).
		Scan(&readable); err != nil || readable != 0 {
		t.Errorf("%d forms can be read in the table, %v", readable, err)
	}
	large := kept.Form{Address: "/x", Values: url.Values{"text": {strings.Repeat("字", kept.MostForm)}}}
	if err := s.Keep(ctx, secret, 7, large); !fault.HasCode(err, "kept_full") {
		t.Errorf("a form of 3 MB: %v", err)
	}
	ahead.Store(int64(kept.Life + time.Minute))
	if got, err := s.Forms(ctx, secret, 7); err != nil || len(got) != 0 {
		t.Errorf("after a day: %d forms, %v", len(got), err)
	}
	if err := s.Clean(ctx); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := db.QueryRow(ctx, `select count(*) from kept_form`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d forms left, %v", left, err)
	}
}

func TestUploads_AreTheirAccountsBoundedAndTakenOnce(t *testing.T) {
	t.Parallel()
	s, db, ahead := setup(t)
	ctx := context.Background()
	var ids []int64
	for i := range 41 {
		u, err := s.Upload(ctx, 7, 3, "附件.txt", strings.NewReader("第 "+strconv.Itoa(i)))
		if i == 40 {
			if !fault.Is(err, fault.TooMany) {
				t.Errorf("the 41st: %v", err)
			}
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, u.ID)
	}
	if _, err := s.Upload(ctx, 8, 3, "附件.pdf", strings.NewReader("no pdf")); !fault.HasCode(err, "file_mismatch") {
		t.Errorf("the rules of files: %v", err)
	}
	if got, err := s.Uploads(ctx, 8, ids); err != nil || len(got) != 0 {
		t.Errorf("another account is given %d uploads, %v", len(got), err)
	}
	if err := s.Take(ctx, 8, 3, ids[0], "listing"); !fault.HasCode(err, "kept_upload_gone") {
		t.Errorf("another account takes: %v", err)
	}
	if err := s.Take(ctx, 7, 3, ids[0], "listing"); err != nil {
		t.Fatal(err)
	}
	if err := s.Take(ctx, 7, 3, ids[0], "listing"); !fault.HasCode(err, "kept_upload_gone") {
		t.Errorf("taken twice: %v", err)
	}
	ahead.Store(int64(kept.Life + time.Minute))
	if err := s.Clean(ctx); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := db.QueryRow(ctx, `select count(*) from file`).Scan(&left); err != nil || left != 1 {
		t.Errorf("%d files left, want the one that was taken; %v", left, err)
	}
}
