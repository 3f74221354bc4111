package files

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
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

const namedSQL = `select exists (select 1 from file where digest = @digest)`

func named(ctx context.Context, q postgres.Querier, digest string) (bool, error) {
	var found bool
	if err := q.QueryRow(ctx, namedSQL, pgx.StrictNamedArgs{"digest": digest}).Scan(&found); err != nil {
		return false, fmt.Errorf("look up file: %w", postgres.Fault(err))
	}
	return found, nil
}

const expireSQL = `delete from file where purpose = any(@purposes) and created_at < @before`

// Passing are the purposes of files that were made for one person to fetch: they hold contacts of many and are not kept.
func Passing() []string { return []string{"import", "export"} }

// PassingLife is how long they stay.
const PassingLife = 7 * 24 * time.Hour

// Expire forgets the passing files whose time is over and removes the contents that no row names.
func (s *Store) Expire(ctx context.Context, q postgres.Querier) error {
	_, err := q.Exec(ctx, expireSQL, pgx.StrictNamedArgs{"purposes": Passing(), "before": s.now().Add(-PassingLife)})
	if err != nil {
		return fmt.Errorf("expire files: %w", postgres.Fault(err))
	}
	_, err = s.Sweep(ctx, q)
	return err
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

const (
	grantedSQL = `select ` + columns + ` from file where file.id = @file and exists (select from file_grant g
		where g.file_id = @file and g.object = @object and g.id = @id and g.number = @number and g.part = any(@parts))`
	holdersSQL  = `select distinct object as kind, id, number from file_grant where file_id = @file and object = @object order by id, number`
	keptSQL     = `select ` + columns + ` from file where id = @file`
	ownSQL      = `select ` + columns + ` from file where id = @file and owner_org = @org`
	uploadedSQL = `select ` + columns + ` from file where id = @file and uploaded_by = @account and owner_org = @org`
)

// granted reads the row of a file that belongs to one of the parts of an object.
func granted(ctx context.Context, q postgres.Querier, of Object, parts []string, file int64) (File, error) {
	return theFile(ctx, q, grantedSQL, pgx.StrictNamedArgs{"file": file, "object": of.Kind, "id": of.ID, "number": of.Number, "parts": parts})
}

// uploaded reads the row of the person's own upload.
func uploaded(ctx context.Context, q postgres.Querier, who actor.Actor, file int64) (File, error) {
	return theFile(ctx, q, uploadedSQL, pgx.StrictNamedArgs{"file": file, "account": who.AccountID, "org": who.OrgID})
}

func theFile(ctx context.Context, q postgres.Querier, sql string, args pgx.StrictNamedArgs) (File, error) {
	f, err := postgres.One[File](ctx, q, sql, args)
	if errors.Is(err, pgx.ErrNoRows) {
		return File{}, notFound()
	}
	return f, err
}

// holders are the objects of a kind that hold a file.
func holders(ctx context.Context, q postgres.Querier, kind string, file int64) ([]Object, error) {
	return postgres.Many[Object](ctx, q, holdersSQL, pgx.StrictNamedArgs{"file": file, "object": kind})
}
