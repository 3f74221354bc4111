package files

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
)

const columns = `id, digest, name, mime, size, purpose, owner_org, uploaded_by, created_at`

const insertSQL = `insert into file (digest, name, mime, size, purpose, owner_org, uploaded_by, created_at)
values (@digest, @name, @mime, @size, @purpose, nullif(@owner::bigint, 0), nullif(@by::bigint, 0), @at)
returning ` + columns

func insert(ctx context.Context, tx pgx.Tx, c Content, m Meta, at time.Time) (File, error) {
	rows, _ := tx.Query(ctx, insertSQL, pgx.StrictNamedArgs{"digest": c.Digest, "name": c.Name, "mime": c.MIME, "size": c.Size,
		"purpose": m.Purpose, "owner": m.OwnerOrg, "by": m.UploadedBy, "at": at})
	f, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[File])
	if err != nil {
		return File{}, fmt.Errorf("record file: %w", postgres.Fault(err))
	}
	return f, nil
}

const getSQL = `select ` + columns + ` from file where id = @id`

func get(ctx context.Context, q postgres.Querier, id int64) (File, error) {
	rows, _ := q.Query(ctx, getSQL, pgx.StrictNamedArgs{"id": id})
	f, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[File])
	if err != nil {
		return File{}, fmt.Errorf("get file: %w", postgres.Fault(err))
	}
	return f, nil
}

const namedSQL = `select exists (select 1 from file where digest = @digest)`

func named(ctx context.Context, q postgres.Querier, digest string) (bool, error) {
	var found bool
	if err := q.QueryRow(ctx, namedSQL, pgx.StrictNamedArgs{"digest": digest}).Scan(&found); err != nil {
		return false, fmt.Errorf("look up file: %w", postgres.Fault(err))
	}
	return found, nil
}

const digestsSQL = `select distinct digest from file order by digest`

// Digests are the contents that rows name, each once.
func Digests(ctx context.Context, q postgres.Querier) ([]string, error) {
	rows, _ := q.Query(ctx, digestsSQL)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list files: %w", postgres.Fault(err))
	}
	return all, nil
}
