package postgres_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

// The role that the program works with can read and write rows, and neither rewrite what must stay nor switch off what guards it.
func TestTheProgramsRoleCannotUndoWhatGuardsTheRegister(t *testing.T) {
	t.Parallel()
	owner := pgtest.New(t)
	db := pgtest.Program(t, owner)
	ctx := t.Context()
	for _, sql := range []string{
		`alter table ledger_row disable trigger ledger_row_fixed`, `alter table audit_row disable trigger all`,
		`drop trigger ledger_row_fixed on ledger_row`, `drop table ledger_row`, `alter table registration add column x int`,
		`truncate audit_row`, `update ledger_row set payload = '{}'`, `delete from ledger_row`, `update audit_row set action = 'x'`,
		`delete from audit_row`, `update ledger_root set size = 1`, `delete from ledger_root`, `update period_entry set amount = 0`,
		`update filing_event set note = ''`, `set session_replication_role = replica`, `create table mine (id int)`,
		`create or replace function refuse_append_only() returns trigger language plpgsql as 'begin return old; end'`,
		`update goose_db_version set version_id = 1`, `delete from river_migration`, `create role another superuser`,
		`alter role current_user superuser`, `reindex table ledger_row`, `set role techmarket`,
	} {
		_, err := db.Exec(ctx, sql)
		if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || pg.Code != "42501" {
			t.Errorf("%s: %v, want permission denied", sql, err)
		}
	}
	for _, sql := range []string{
		`insert into holiday (day, kind) values ('2026-10-01', 'holiday')`, `update holiday set name = '国庆节'`, `delete from holiday`,
		`select count(*) from ledger_row`, `update rights_plan set version = version + 1`,
		`insert into file (digest, name, mime, size, purpose, created_at) values ('', '', '', 0, '', now())`,
		`select version_id from goose_db_version`, `select count(*) from river_job`, `listen something`,
	} {
		if _, err := db.Exec(ctx, sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	standing, err := postgres.StandingOf(ctx, db)
	if err != nil || !standing.Plain() {
		t.Errorf("%+v, %v", standing, err)
	}
	if standing, err = postgres.StandingOf(ctx, owner); err != nil || standing.Plain() {
		t.Errorf("the owner: %+v, %v", standing, err)
	}
	if err := postgres.Ready(ctx, db); err != nil {
		t.Errorf("a database at this version: %v", err)
	}
	if _, err := owner.Exec(ctx, `delete from goose_db_version where version_id > 201`); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Ready(ctx, db); err == nil || !strings.Contains(err.Error(), "TECHMARKET_DATABASE_OWNER_URL") {
		t.Errorf("an older database: %v", err)
	}
}
