package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func setup(t *testing.T) *postgres.DB {
	t.Helper()
	db := pgtest.New(t)
	if _, err := db.Exec(context.Background(), `
		create table probe (id int primary key, parent int references probe (id),
		amount bigint not null constraint probe_amount_check check (amount >= 0))`); err != nil {
		t.Fatal(err)
	}
	return db
}

// empty gives a database without any table.
func empty(t *testing.T) *postgres.DB {
	t.Helper()
	db := pgtest.New(t)
	if _, err := db.Exec(t.Context(), `drop schema public cascade; create schema public`); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestInTx_MapsSQLStatesToFaults(t *testing.T) {
	t.Parallel()
	db := setup(t)
	cases := []struct {
		name, sql, code, constraint string
		kind                        fault.Kind
	}{
		{"duplicate key", `insert into probe values (1, null, 1), (1, null, 1)`, "duplicate", "probe_pkey", fault.Conflict},
		{"missing parent", `insert into probe values (1, 9, 1)`, "bad_value", "probe_parent_fkey", fault.Invalid},
		{"check", `insert into probe values (1, null, -1)`, "bad_value", "probe_amount_check", fault.Invalid},
		{"admin shutdown", `do $$ begin raise sqlstate '57P01'; end $$`, "database_unavailable", "", fault.Unavailable},
		{"too many connections", `do $$ begin raise sqlstate '53300'; end $$`, "database_unavailable", "", fault.Unavailable},
	}
	for _, c := range cases {
		err := db.InTx(context.Background(), func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, c.sql)
			return err
		})
		if fault.KindOf(err) != c.kind || !fault.HasCode(err, c.code) || postgres.Constraint(err) != c.constraint {
			t.Errorf("%s: got %v (kind %s, constraint %q), want %s %s %q", c.name, err, fault.KindOf(err), postgres.Constraint(err), c.kind, c.code,
				c.constraint)
		}
	}
	err := db.InTx(context.Background(), func(ctx context.Context, tx pgx.Tx) error {
		var id int
		return tx.QueryRow(ctx, `select id from probe where id = 404`).Scan(&id)
	})
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("no rows: got %v, want a not_found fault", err)
	}
}

func TestInTx_KeepsTheFaultOfTheDomain(t *testing.T) {
	t.Parallel()
	db := setup(t)
	want := fault.New(fault.Forbidden, "not_yours", "这不是您的")
	err := db.InTx(context.Background(), func(context.Context, pgx.Tx) error { return want })
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestInTx_RollsBackWhenTheFunctionFails(t *testing.T) {
	t.Parallel()
	db := setup(t)
	_ = db.InTx(context.Background(), func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `insert into probe values (1, null, 1)`); err != nil {
			t.Error(err)
		}
		return errors.New("stop")
	})
	var n int
	if err := db.QueryRow(context.Background(), `select count(*) from probe`).Scan(&n); err != nil || n != 0 {
		t.Errorf("got %d rows, err %v; want 0", n, err)
	}
}

func TestInTx_RetriesSerializationFailureThreeTimes(t *testing.T) {
	t.Parallel()
	db := setup(t)
	runs := 0
	fail := func(ctx context.Context, tx pgx.Tx) error {
		runs++
		_, err := tx.Exec(ctx, `do $$ begin raise sqlstate '40001'; end $$`)
		return err
	}
	if err := db.InTx(context.Background(), fail); !fault.HasCode(err, "busy") || runs != 3 {
		t.Errorf("always failing: got %v after %d runs, want busy after 3", err, runs)
	}
	runs = 0
	err := db.InTx(context.Background(), func(ctx context.Context, tx pgx.Tx) error {
		if runs < 2 {
			return fail(ctx, tx)
		}
		_, err := tx.Exec(ctx, `insert into probe values (1, null, 1)`)
		return err
	})
	if err != nil || runs != 2 {
		t.Errorf("failing twice: got %v after %d failures, want success", err, runs)
	}
}

func TestMigrate_TwoAtOnceAndAgain(t *testing.T) {
	t.Parallel()
	db := empty(t)
	ctx := context.Background()
	var group sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		group.Go(func() { errs[i] = postgres.Migrate(ctx, db.Pool) })
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	current, target, err := postgres.SchemaVersion(ctx, db.Pool)
	if err != nil || current != target || target == 0 {
		t.Errorf("got version %d of %d, err %v", current, target, err)
	}
	var queue bool
	if err := db.QueryRow(ctx, `select to_regclass('river_job') is not null`).Scan(&queue); err != nil || !queue {
		t.Errorf("job queue tables: got %v, err %v", queue, err)
	}
}

func TestMigrate_RefusesANewerDatabase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := context.Background()
	if _, err := db.Exec(ctx, `insert into goose_db_version (version_id, is_applied) values (99999, true)`); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Migrate(ctx, db.Pool); !fault.HasCode(err, "schema_newer") {
		t.Errorf("got %v, want schema_newer", err)
	}
}

// A database made before the schema was written anew is neither changed nor taken for a newer one.
func TestMigrate_RefusesADatabaseOfTheOlderProgram(t *testing.T) {
	t.Parallel()
	db := empty(t)
	ctx := context.Background()
	if _, err := db.Exec(ctx, `create table goose_db_version (id int primary key generated by default as identity,
		version_id bigint not null, is_applied boolean not null, tstamp timestamp not null default now());
		insert into goose_db_version (version_id, is_applied) values (0, true), (1, true), (2, true), (3, true), (30, true), (110, true);
		create table organisation (id bigint)`); err != nil {
		t.Fatal(err)
	}
	err := postgres.Migrate(ctx, db.Pool)
	if !fault.HasCode(err, "schema_retired") {
		t.Fatalf("got %v, want schema_retired", err)
	}
	for _, word := range []string{"早期版本", "techmarket backup", "TECHMARKET_DATA", "DATABASE_URL"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the message does not say %s: %v", word, err)
		}
	}
	var tables int
	if err := db.QueryRow(ctx, `select count(*) from pg_tables where schemaname = 'public'`).Scan(&tables); err != nil || tables != 2 {
		t.Errorf("got %d tables, err %v; want the 2 that were there", tables, err)
	}
}

func TestOpen_ReadsTimesInShanghai(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var at time.Time
	var day string
	err := db.QueryRow(context.Background(),
		`select timestamptz '2026-01-31 16:30:00Z', (timestamptz '2026-01-31 16:30:00Z')::date::text`).Scan(&at, &day)
	if err != nil || at.Format("2006-01-02 15:04") != "2026-02-01 00:30" || day != "2026-02-01" {
		t.Errorf("got %v and %s, err %v; want both on 1 February", at, day, err)
	}
}

type content struct {
	Name string `json:"name"`
}

func (content) SchemaVersion() int { return 1 }

func TestOpen_ContentsSayTheirForm(t *testing.T) {
	t.Parallel()
	db := setup(t)
	ctx := context.Background()
	var back content
	var none *content
	var form int
	err := db.QueryRow(ctx, `select c, (c->>'schema')::int, null::jsonb from (select $1::jsonb as c) x`, &content{"甲"}).
		Scan(&back, &form, &none)
	if err != nil || back.Name != "甲" || form != 1 || none != nil {
		t.Errorf("got %+v in form %d and %v, err %v", back, form, none, err)
	}
	if err := db.QueryRow(ctx, `select '{"schema":2,"name":"甲"}'::jsonb`).Scan(&back); !fault.HasCode(postgres.Fault(err), "content_newer") {
		t.Errorf("a newer form: %v", err)
	}
}

func TestOpen_SaysWhatToMend(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, url, code string }{
		{"no server", "host=/nowhere user=x dbname=x", "database_unreachable"},
		{"no url", "postgres://:::", "database_url_wrong"},
	}
	for _, c := range cases {
		_, err := postgres.Open(context.Background(), c.url, postgres.Options{Wait: time.Millisecond})
		if !fault.HasCode(err, c.code) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.code)
		}
	}
}

func TestFault_LeavesTheUnknownAlone(t *testing.T) {
	t.Parallel()
	syntax := &pgconn.PgError{Code: "42601"}
	if got := postgres.Fault(syntax); got != error(syntax) {
		t.Errorf("got %v, want the error itself", got)
	}
	if postgres.Fault(nil) != nil {
		t.Error("nil became an error")
	}
}

// A data folder that was made before a step with a lower number landed gets that step late.
func TestMigrate_TakesAStepThatLandedLate(t *testing.T) {
	t.Parallel()
	db := empty(t)
	step := func(sql string) *fstest.MapFile { return &fstest.MapFile{Data: []byte("-- +goose Up\n" + sql)} }
	steps := fstest.MapFS{"00301_first.sql": step("create table first (x int);"), "00303_third.sql": step("create table third (x int);")}
	migrate := func(name, sql string) error {
		if name != "" {
			steps[name] = step(sql)
		}
		return postgres.MigrateFrom(t.Context(), db.Pool, steps)
	}
	if err := migrate("", ""); err != nil {
		t.Fatal(err)
	}
	if err := migrate("00302_second.sql", "create table second (x int);"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), `select from second`); err != nil {
		t.Fatal(err)
	}
	if err := migrate("00304_fourth.sql", "create table first (x int);"); !fault.HasCode(err, "migrate_failed") {
		t.Errorf("a step that cannot go through: %v", err)
	}
}

func TestOutage_IsToldAlsoWhereNobodyAskedFault(t *testing.T) {
	t.Parallel()
	other := errors.New("something of ours")
	for _, c := range []struct {
		err  error
		code string
	}{
		{fmt.Errorf("sign in: %w", &pgconn.PgError{Code: "53100"}), "disk_full"},
		{fmt.Errorf("store mail: %w", &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}), "disk_full"},
		{fmt.Errorf("list: %w", &pgconn.PgError{Code: "57P01"}), "database_unavailable"},
		{fmt.Errorf("list: %w", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), "database_unavailable"},
	} {
		if err := postgres.Outage(c.err); !fault.HasCode(err, c.code) || !fault.Is(err, fault.Unavailable) {
			t.Errorf("%v: got %v, want %s", c.err, err, c.code)
		}
	}
	for _, err := range []error{other, fmt.Errorf("get: %w", pgx.ErrNoRows), fault.New(fault.Invalid, "x", "请填写")} {
		if got := postgres.Outage(err); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
}
