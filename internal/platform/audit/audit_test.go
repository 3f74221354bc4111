package audit_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func record(t *testing.T, db *postgres.DB, id int, after error) {
	t.Helper()
	err := db.InTx(audit.WithRequest(context.Background(), "req-"+strconv.Itoa(id)), func(ctx context.Context, tx pgx.Tx) error {
		if err := audit.Record(ctx, tx, audit.Entry{
			At: time.Date(2026, 11, 23, 8, 0, id, 123456789, time.UTC), Account: int64(id % 2), Action: "probe.act", ObjectKind: "probe",
			ObjectID: strconv.Itoa(id), Detail: map[string]any{"乙": 1.5, "a": "<&>", "n": nil, "big": 12345678901},
		}); err != nil {
			return err
		}
		return after
	})
	if !errors.Is(err, after) {
		t.Error(err)
	}
}

func TestVerify_AcceptsAChainWrittenByManyAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			var after error
			if i%5 == 0 {
				after = errors.New("rolled back")
			}
			record(t, db, i, after)
		})
	}
	group.Wait()
	n, _, err := audit.Verify(context.Background(), db)
	if err != nil || n != 16 {
		t.Errorf("got %d rows, err %v; want 16", n, err)
	}
}

func TestVerify_FindsEveryKindOfTampering(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{
		`update audit_row set result = 'refused' where id = 2`,
		`update audit_row set actor_account = 77 where id = 2`,
		`update audit_row set detail = '{}' where id = 2`,
		`update audit_row set at = at + interval '1 microsecond' where id = 2`,
		`delete from audit_row where id = 2`,
		`insert into audit_row (at, action, object_kind, object_id, result, prev_hash, hash)
			select at, action, object_kind, object_id, result, hash, '\x00' from audit_row where id = 3`,
	} {
		db := pgtest.New(t)
		ctx := context.Background()
		for i := range 3 {
			record(t, db, i, nil)
		}
		if _, _, err := audit.Verify(ctx, db); err != nil {
			t.Fatal(err)
		}
		// The owner of the table can switch its trigger off: the chain must not lean on it.
		if _, err := db.Exec(ctx, `alter table audit_row disable trigger user`); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
		if _, _, err := audit.Verify(ctx, db); !fault.HasCode(err, "audit_broken") {
			t.Errorf("%s: got %v, want audit_broken", sql, err)
		}
	}
}

func TestRecord_CarriesTheRequest(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	record(t, db, 4, nil)
	var request, result string
	var account *int64
	if err := db.QueryRow(context.Background(), `select request_id, result, actor_account from audit_row`).Scan(&request, &result,
		&account); err != nil || request != "req-4" || result != "ok" || account != nil {
		t.Errorf("got request %q, result %q, account %v, err %v", request, result, account, err)
	}
}
