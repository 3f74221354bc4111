package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
)

const batchColumns = `id, kind, organisation_id, account_id, file_name, digest, state, publish, rows, good, bad, done,
	created, updated, unchanged, report, coalesce(marked_file, 0) as marked_file, created_at, finished_at`

const (
	insertBatch = `insert into import_batch (kind, organisation_id,
		account_id, file_name, digest, state, publish, rows, good, bad, report, marked_file, created_at)
		values (@kind, @organisation_id, @account_id, @file_name, @digest,
		@state, @publish, @rows, @good, @bad, @report, nullif(@marked::bigint, 0), @created_at) returning id`
	batchByID     = `select ` + batchColumns + ` from import_batch where id = @id`
	lockBatch     = `select ` + batchColumns + `, last_row from import_batch where id = @id for update`
	batchesOf     = `select ` + batchColumns + ` from import_batch where @all or organisation_id = @org order by id desc limit 50`
	progressBatch = `update import_batch set state = @state, done = @done,
		created = @created, updated = @updated, unchanged = @unchanged, report = @report, last_row = @last where id = @id`
	finishBatch = `update import_batch set state = @state, report = @report, finished_at = @now where id = @id`
	nextRows    = `select row, row_key, hash, content from import_row where batch_id = @id and row > @last order by row limit @limit`
	dropRows    = `delete from import_row where batch_id = @id`
)

type storedRow struct {
	Row     int
	RowKey  string
	Hash    string
	Content json.RawMessage
}

func (s *Service) insert(ctx context.Context, tx pgx.Tx, b *Batch, rows []checkedRow) error {
	if err := tx.QueryRow(ctx, insertBatch,
		pgx.StrictNamedArgs{"kind": b.Kind, "organisation_id": b.OrganisationID, "account_id": b.AccountID, "file_name": b.FileName,
			"digest": b.Digest, "state": b.State, "publish": b.Publish, "rows": b.Rows, "good": b.Good, "bad": b.Bad, "report": b.Report,
			"marked": b.MarkedFile, "created_at": b.CreatedAt}).Scan(&b.ID); err != nil {
		return err
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"import_row"}, []string{"batch_id", "row", "row_key", "hash", "content"},
		pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
			r := rows[i]
			content, err := json.Marshal(envelope{Org: r.org, ID: r.id, Has: r.has, Content: r.content})
			if err == nil {
				content, err = s.config.DB.Contents().Seal(content)
			}
			return []any{b.ID, r.row, r.key, r.hash, content}, err
		}))
	return err
}

func (s *Service) batch(ctx context.Context, id int64) (Batch, error) {
	rows, _ := s.config.DB.Query(ctx, batchByID, pgx.StrictNamedArgs{"id": id})
	b, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Batch])
	if errors.Is(err, pgx.ErrNoRows) {
		return Batch{}, errNoBatch
	}
	if err != nil {
		return Batch{}, fmt.Errorf("import batch: %w", err)
	}
	return b, nil
}

func (s *Service) lock(ctx context.Context, tx pgx.Tx, id int64) (Batch, int, error) {
	rows, _ := tx.Query(ctx, lockBatch, pgx.StrictNamedArgs{"id": id})
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[struct {
		Batch
		LastRow int
	}])
	if errors.Is(err, pgx.ErrNoRows) {
		return Batch{}, 0, errNoBatch
	}
	return r.Batch, r.LastRow, err
}

func (s *Service) batches(ctx context.Context, org int64, all bool) ([]Batch, error) {
	rows, _ := s.config.DB.Query(ctx, batchesOf, pgx.StrictNamedArgs{"org": org, "all": all})
	bs, err := pgx.CollectRows(rows, pgx.RowToStructByName[Batch])
	if err != nil {
		return nil, fmt.Errorf("import batches: %w", err)
	}
	return bs, nil
}

func (s *Service) next(ctx context.Context, tx pgx.Tx, id int64, last int) ([]storedRow, error) {
	rows, _ := tx.Query(ctx, nextRows, pgx.StrictNamedArgs{"id": id, "last": last, "limit": part})
	return pgx.CollectRows(rows, pgx.RowToStructByName[storedRow])
}

func (s *Service) progress(ctx context.Context, tx pgx.Tx, b Batch, last int) error {
	_, err := tx.Exec(
		ctx,
		progressBatch,
		pgx.StrictNamedArgs{
			"id":        b.ID,
			"state":     b.State,
			"done":      b.Done,
			"created":   b.Created,
			"updated":   b.Updated,
			"unchanged": b.Unchanged,
			"report":    b.Report,
			"last":      last,
		},
	)
	return err
}

// finish closes a batch; the rows have done their service.
func (s *Service) finish(ctx context.Context, tx pgx.Tx, b *Batch, state State) error {
	now := s.config.Now()
	b.State, b.FinishedAt = state, &now
	if _, err := tx.Exec(ctx, finishBatch, pgx.StrictNamedArgs{"id": b.ID, "state": state, "report": b.Report, "now": now}); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, dropRows, pgx.StrictNamedArgs{"id": b.ID})
	return err
}

// Sealed are the columns of this room in which something lies sealed.
func Sealed() []postgres.Sealed {
	return []postgres.Sealed{{Table: "import_row", Column: "content", Document: true}}
}
