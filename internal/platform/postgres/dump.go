package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/migrations"
)

// Dumped is what a dump says about itself: enough to refuse a database of another shape before anything is written.
type Dumped struct {
	Schema    []int64          `json:"schema"` // applied migrations, in order
	Tables    []DumpedTable    `json:"tables"`
	Sequences []DumpedSequence `json:"sequences"`
}

// DumpedTable is one table in COPY text format, which every PostgreSQL version reads.
type DumpedTable struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"` // generated ones are left out
	Rows    int64    `json:"rows"`
}

// DumpedSequence is where a sequence stood.
type DumpedSequence struct {
	Name   string `json:"name"`
	Last   int64  `json:"last"`
	Called bool   `json:"called"`
}

// Dump writes every table of the market in one snapshot: create gives the writer for each table's rows. Then inside, if
// not nil, reads in the same snapshot. Tables of the schema's own versions are not part of it.
func Dump(ctx context.Context, db *DB, create func(table string) (io.Writer, error), inside func(tx pgx.Tx) error) (Dumped, error) {
	var d Dumped
	err := pgx.BeginTxFunc(ctx, db.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var err error
		if d.Schema, err = schemaOf(ctx, tx); err != nil {
			return err
		}
		if d.Tables, err = tablesOf(ctx, tx); err != nil {
			return err
		}
		for i, t := range d.Tables {
			w, err := create(t.Name)
			if err != nil {
				return err
			}
			tag, err := tx.Conn().PgConn().CopyTo(ctx, w, "copy "+ident(t.Name)+" ("+columns(t.Columns)+") to stdout")
			if err != nil {
				return fmt.Errorf("dump %s: %w", t.Name, err)
			}
			d.Tables[i].Rows = tag.RowsAffected()
		}
		if d.Sequences, err = sequencesOf(ctx, tx); err != nil {
			return err
		}
		if inside != nil {
			return inside(tx)
		}
		return nil
	})
	return d, Fault(err)
}

// Load fills a migrated and otherwise unused database from a dump, in one transaction: open gives each table's rows, and an
// error from it, from the data or from check at the end leaves the database as it was. The owner of the tables may do this; it
// need not be a superuser: foreign keys are taken off and put back, which checks every row, and triggers that forbid changes are off
// meanwhile.
//
// Faults: Conflict schema_differs when dump and database were made by different versions of the program, schema_retired when
// the dump is from before the schema was written anew.
func Load(ctx context.Context, db *DB, d Dumped, open func(table string) (io.ReadCloser, error), check func() error) error {
	return Fault(pgx.BeginFunc(ctx, db.Pool, func(tx pgx.Tx) error {
		schema, err := schemaOf(ctx, tx)
		if err != nil {
			return err
		}
		tables, err := tablesOf(ctx, tx)
		if err != nil {
			return err
		}
		same := func(a, b DumpedTable) bool { return a.Name == b.Name && slices.Equal(a.Columns, b.Columns) }
		if len(d.Schema) > 0 && slices.Max(d.Schema) < migrations.First {
			return fault.New(fault.Conflict, "schema_retired",
				"备份由早期版本的程序制作，表结构已经重新整理，本程序不能读入。需要其中的数据时，请用制作备份的那个版本恢复。")
		}
		if !slices.Equal(schema, d.Schema) || !slices.EqualFunc(tables, d.Tables, same) {
			return fault.New(fault.Conflict, "schema_differs", "备份由另一个版本的程序制作，表结构不同。请用制作备份的那个版本恢复，再用新版本启动，数据库会自动升级。")
		}
		names := make([]string, len(tables))
		for i, t := range tables {
			names[i] = ident(t.Name)
		}
		keys, err := foreignKeys(ctx, tx)
		if err != nil {
			return err
		}
		var b strings.Builder
		for _, k := range keys {
			fmt.Fprintf(&b, "alter table %s drop constraint %s;\n", k.Table, ident(k.Name))
		}
		for _, n := range names {
			fmt.Fprintf(&b, "alter table %s disable trigger user;\n", n)
		}
		fmt.Fprintf(&b, "truncate %s;\n", strings.Join(names, ", "))
		if _, err := tx.Exec(ctx, b.String()); err != nil {
			return err
		}
		for _, t := range d.Tables {
			if err := loadTable(ctx, tx, t, open); err != nil {
				return err
			}
		}
		b.Reset()
		for _, n := range names {
			fmt.Fprintf(&b, "alter table %s enable trigger user;\n", n)
		}
		for _, k := range keys {
			fmt.Fprintf(&b, "alter table %s add constraint %s %s;\n", k.Table, ident(k.Name), k.Definition)
		}
		if _, err := tx.Exec(ctx, b.String()); err != nil {
			return err
		}
		for _, s := range d.Sequences {
			if _, err := tx.Exec(ctx, `select setval($1::regclass, $2, $3)`, ident(s.Name), s.Last, s.Called); err != nil {
				return err
			}
		}
		return check()
	}))
}

func loadTable(ctx context.Context, tx pgx.Tx, t DumpedTable, open func(string) (io.ReadCloser, error)) error {
	r, err := open(t.Name)
	if err != nil {
		return err
	}
	tag, err := tx.Conn().PgConn().CopyFrom(ctx, r, "copy "+ident(t.Name)+" ("+columns(t.Columns)+") from stdin")
	if err = errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("load %s: %w", t.Name, err)
	}
	if tag.RowsAffected() != t.Rows {
		return fault.Newf(fault.Invalid, "dump_short", "备份不完整：表 %s 应有 %d 行，只读到 %d 行。请换一份备份。", t.Name, t.Rows, tag.RowsAffected())
	}
	return nil
}

// Unused tells whether nobody has worked in this database yet: nothing is in it, or only what migrations put there.
func Unused(ctx context.Context, db *DB) (bool, error) {
	var made bool
	if err := db.QueryRow(ctx, `select to_regclass('account') is not null`).Scan(&made); err != nil || !made {
		return err == nil, Fault(err)
	}
	var used bool
	err := db.QueryRow(ctx, `select exists(select from account) or exists(select from organisation) or exists(select
		from audit_row)`).Scan(&used)
	return err == nil && !used, Fault(err)
}

func schemaOf(ctx context.Context, q Querier) ([]int64, error) {
	rows, err := q.Query(ctx, `select distinct version_id from goose_db_version where is_applied order by 1`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

const tablesSQL = `select c.relname as name, 0::bigint as rows,
	array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
	order by a.attname) as columns
	from pg_class c where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = current_schema()::regnamespace
	and c.relname not in ('goose_db_version', 'river_migration', 'river_leader') order by c.relname`

func tablesOf(ctx context.Context, q Querier) ([]DumpedTable, error) {
	rows, err := q.Query(ctx, tablesSQL)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[DumpedTable])
}

const sequencesSQL = `select sequencename::text as name, coalesce(last_value, start_value) as last, last_value is not null as called
	from pg_sequences where schemaname = current_schema() and sequencename not like 'goose%' order by 1`

func sequencesOf(ctx context.Context, q Querier) ([]DumpedSequence, error) {
	rows, err := q.Query(ctx, sequencesSQL)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[DumpedSequence])
}

type foreignKey struct{ Table, Name, Definition string }

const foreignKeysSQL = `select conrelid::regclass::text as table, conname::text as name, pg_get_constraintdef(oid) as definition
	from pg_constraint where contype = 'f' and conparentid = 0 and connamespace = current_schema()::regnamespace order by 1, 2`

func foreignKeys(ctx context.Context, q Querier) ([]foreignKey, error) {
	rows, err := q.Query(ctx, foreignKeysSQL)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[foreignKey])
}

func ident(name string) string { return pgx.Identifier{name}.Sanitize() }

func columns(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = ident(n)
	}
	return strings.Join(quoted, ", ")
}
