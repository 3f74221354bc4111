package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/stored"
)

// Sealed is a column in which something lies sealed: a text of a purpose, or a document whose personal texts are (stored.PersonalKeys).
type Sealed struct {
	Table, Column string
	Purpose       string // of a text; of a document what stands before the name, "" as stored.Codec says
	Document      bool
}

func (s Sealed) place() string { return s.Table + "." + s.Column }

// Resealer opens and seals; package vault has it.
type Resealer interface {
	stored.Secrets
	Prefix() string // of everything under the key in use
}

const sealBatch = 500

// SealAll seals what of a column is still in clear or under an older key, in small transactions; it may be stopped and run again. A
// column that was done under the key in use is not read again: everything since was written sealed. It returns how many rows it
// sealed.
func SealAll(ctx context.Context, db *DB, keys Resealer, columns ...Sealed) (n int, err error) {
	for _, c := range columns {
		done, err := db.sealColumn(ctx, keys, c)
		if n += done; err != nil {
			return n, fmt.Errorf("seal %s: %w", c.place(), err)
		}
	}
	return n, nil
}

func (db *DB) sealColumn(ctx context.Context, keys Resealer, c Sealed) (n int, err error) {
	prefix := keys.Prefix()
	if done, err := c.Done(ctx, db, prefix); err != nil || done {
		return 0, err
	}
	codec := stored.Codec{Secrets: keys, Purpose: c.Purpose}
	for from := "(0,0)"; ; {
		var changed int
		err := db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			rows, err := Many[struct{ At, Text string }](ctx, tx, c.unsealedSQL(),
				pgx.StrictNamedArgs{"prefix": prefix, "from": from, "limit": sealBatch})
			if changed = len(rows); err != nil || changed == 0 {
				return err
			}
			from = rows[changed-1].At
			for i := range rows {
				if rows[i].Text, err = c.again(codec, rows[i].Text); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, c.sealSQL(), pgx.StrictNamedArgs{"at": rows[i].At, "text": rows[i].Text}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		if n += changed; changed < sealBatch {
			break
		}
	}
	return n, c.Note(ctx, db, prefix)
}

// Done tells whether a column was noted as sealed under a key.
func (s Sealed) Done(ctx context.Context, db *DB, prefix string) (done bool, err error) {
	err = db.QueryRow(ctx, `select exists (select from sealed_column where place = $1 and prefix = $2)`, s.place(), prefix).
		Scan(&done)
	return done, err
}

// Note notes that all of a column is sealed under a key, so that nobody reads it through again.
func (s Sealed) Note(ctx context.Context, db *DB, prefix string) error {
	_, err := db.Exec(ctx, `insert into sealed_column (place, prefix) values ($1, $2)
		on conflict (place) do update set prefix = excluded.prefix`, s.place(), prefix)
	return err
}

// again opens a value and seals it under the key in use.
func (s Sealed) again(codec stored.Codec, text string) (string, error) {
	if s.Document {
		raw, err := codec.Open([]byte(text))
		if err == nil {
			raw, err = codec.Seal(raw)
		}
		return string(raw), err
	}
	text, err := codec.Secrets.Open(s.Purpose, text)
	if err != nil {
		return "", err
	}
	return codec.Secrets.Seal(s.Purpose, text)
}

// unsealedSQL reads the next rows that hold something in clear or under another key, in the order in which they lie.
func (s Sealed) unsealedSQL() string {
	column := ident(s.Column)
	wanted := column + " <> '' and not starts_with(" + column + ", @prefix)"
	if s.Document {
		wanted = column + "::text ~ ('" + personalText + "' || '(?!' || @prefix || ')[^\"]')"
	}
	return "select ctid::text as at, " + column + "::text as text from " + ident(s.Table) + " where ctid > @from::text::tid and " + wanted +
		" order by ctid limit @limit for update"
}

// personalText finds a personal name and the beginning of its text, or of a list's first text. Inside a text of the document a quotation
// mark has a backslash before it, so a name is never found there.
var personalText = `"(` + strings.Join(stored.PersonalKeys(), "|") + `)": (\["|")`

// InClear is a regular expression for documents in which a personal text lies in clear.
func InClear() string { return personalText + `(?!sealed:)[^"]` }

func (s Sealed) sealSQL() string {
	column, to := ident(s.Column), "@text::text"
	if s.Document {
		to = "@text::text::jsonb"
	}
	return "update " + ident(s.Table) + " set " + column + " = " + to + " where ctid = @at::text::tid"
}

// KeysOf counts what each key sealed in the columns, by the key's id; "" counts texts in clear.
func KeysOf(ctx context.Context, q Querier, columns ...Sealed) (map[string]int, error) {
	found := map[string]int{}
	for _, c := range columns {
		column, table := ident(c.Column), ident(c.Table)
		sql := `select case when starts_with(` + column + `, 'sealed:') then split_part(` + column + `, ':', 2) else '' end, count(*)::int
			from ` + table + ` where ` + column + ` <> '' group by 1`
		if c.Document {
			sql = `select m[1], count(*)::int from ` + table + `, regexp_matches(` + column + `::text, ': (?:\["|")sealed:([0-9a-f]{12}):', 'g') m
				group by 1`
		}
		rows, err := q.Query(ctx, sql)
		if err != nil {
			return nil, err
		}
		var id string
		var n int
		if _, err := pgx.ForEachRow(rows, []any{&id, &n}, func() error { found[id] += n; return nil }); err != nil {
			return nil, err
		}
	}
	return found, nil
}
