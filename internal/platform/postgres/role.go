package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
)

// Standing is what the role of a connection could undo: with either, triggers and roles stop nobody.
type Standing struct {
	Name      string
	Superuser bool
	Owner     bool // of the tables, or of an empty schema: it may make them
}

// Plain says that the role can neither change tables nor switch triggers off.
func (s Standing) Plain() bool { return !s.Superuser && !s.Owner }

const standingSQL = `select current_user::text as name, rolsuper as superuser,
	coalesce((select pg_has_role(relowner, 'member') from pg_class where oid = to_regclass('ledger_row')),
		has_schema_privilege(current_schema(), 'create')) as owner
	from pg_roles where rolname = current_user`

// StandingOf looks at the role of a connection.
func StandingOf(ctx context.Context, q Querier) (Standing, error) {
	s, err := One[Standing](ctx, q, standingSQL, pgx.StrictNamedArgs{})
	if err != nil {
		return s, fmt.Errorf("role: %w", Fault(err))
	}
	return s, nil
}

// guardedSQL are the tables whose rows triggers keep from being rewritten. What is only kept so may be deleted, by the rule of its
// trigger: the sample market goes away again. A trigger that refuses deletion alone takes nothing from the role.
const guardedSQL = `select distinct c.relname::text as name, p.proname = 'refuse_append_only' as forever
	from pg_trigger t join pg_proc p on p.oid = t.tgfoid join pg_class c on c.oid = t.tgrelid
	where p.proname like 'refuse%' and t.tgtype & 17 = 17 and c.relnamespace = current_schema()::regnamespace order by 1`

// Grant gives the program's role what it needs on the tables and no more: rows, never tables; of append-only tables reading and adding. The
// owner of the tables calls it after every migration. The role exists already.
func Grant(ctx context.Context, owner *DB, role string) error {
	return owner.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var self bool // one role for both: nothing to grant, and nothing to take from itself
		if err := tx.QueryRow(ctx, `select current_user = $1 from pg_advisory_xact_lock(8402)`, role).Scan(&self); err != nil || self {
			return err
		}
		rows, err := tx.Query(ctx, guardedSQL)
		if err != nil {
			return err
		}
		guarded, err := pgx.CollectRows(rows, pgx.RowToStructByName[struct {
			Name    string
			Forever bool
		}])
		if err != nil {
			return err
		}
		var schema string
		if err := tx.QueryRow(ctx, `select current_schema()`).Scan(&schema); err != nil {
			return err
		}
		to, in := ident(role), ident(schema)
		var b strings.Builder
		fmt.Fprintf(&b, "revoke create on schema %s from public, %s;\n", in, to)
		fmt.Fprintf(&b, "grant usage on schema %s to %s;\n", in, to)
		fmt.Fprintf(&b, "revoke all on all tables in schema %s from %s;\n", in, to)
		fmt.Fprintf(&b, "grant select, insert, update, delete on all tables in schema %s to %s;\n", in, to)
		fmt.Fprintf(&b, "grant usage, select on all sequences in schema %s to %s;\n", in, to)
		for _, t := range guarded {
			fmt.Fprintf(&b, "revoke update%s on %s from %s;\n", map[bool]string{true: ", delete"}[t.Forever], ident(t.Name), to)
		}
		for _, t := range []string{"goose_db_version", "river_migration"} { // whose versions only a migration changes
			fmt.Fprintf(&b, "revoke insert, update, delete on %s from %s;\n", ident(t), to)
		}
		if _, err := tx.Exec(ctx, b.String()); err != nil {
			return fmt.Errorf("grant to %s: %w", role, err)
		}
		return nil
	})
}

// RoleOf is the role that a connection string signs in with.
func RoleOf(url string) (string, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return "", urlFault(err)
	}
	return config.User, nil
}

// Ready refuses a database that this program's role cannot bring up to date. Unavailable "schema_older", and those of CheckVersion.
func Ready(ctx context.Context, db *DB) error {
	current, target, err := SchemaVersion(ctx, db.Pool)
	if err == nil {
		err = CheckVersion(current, target)
	}
	if err == nil && current < target {
		err = fault.Newf(fault.Unavailable, "schema_older",
			"数据库版本 %d，本程序需要 %d，而 DATABASE_URL 的角色不能改表结构。请用表的所有者升级：TECHMARKET_DATABASE_OWNER_URL=… techmarket migrate。",
			current, target)
	}
	return err
}
