package exchange

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

const exportColumns = `id, account_id, filter, scope, state, rows, done, file_ids, created_at, finished_at`

const selectExport = `select ` + exportColumns + ` from registration_export where id = @id`

const selectExports = `select ` + exportColumns + ` from registration_export where account_id = @account order by id desc limit 20`

// One large export at a time and person: the second waits for nothing and makes the first slower.
const insertExport = `insert into registration_export (account_id, filter, scope, rows, created_at)
	select @account, @filter, @scope, @rows::int, @now::timestamptz
	where not exists (select from registration_export where account_id = @account and state <> 'done'
	and created_at > @now::timestamptz - interval '1 hour')
	returning ` + exportColumns

const updateExport = `update registration_export set state = @state, done = @done, file_ids = @files, finished_at = @finished
	where id = @id`

func addExport(ctx context.Context, tx pgx.Tx, account int64, f Filter, sc exportScope, rows int, now time.Time) (Export, error) {
	e, err := postgres.One[Export](
		ctx,
		tx,
		insertExport,
		pgx.StrictNamedArgs{"account": account, "filter": f, "scope": sc, "rows": rows, "now": now},
	)
	if errors.Is(err, pgx.ErrNoRows) {
		return e, fault.New(fault.Conflict, "export_running", "您有一次导出正在进行，请完成后再试")
	}
	return e, err
}

func storeExport(ctx context.Context, q postgres.Querier, e Export) error {
	_, err := q.Exec(
		ctx,
		updateExport,
		pgx.StrictNamedArgs{"id": e.ID, "state": e.State, "done": e.Done, "files": e.FileIDs, "finished": e.FinishedAt},
	)
	return err
}

const updateExportProgress = `update registration_export set state = @state, done = @done where id = @id`

// storeExportProgress shows how far a run is without saying that anything is finished.
func storeExportProgress(ctx context.Context, q postgres.Querier, e Export) error {
	_, err := q.Exec(ctx, updateExportProgress, pgx.StrictNamedArgs{"id": e.ID, "state": e.State, "done": e.Done})
	return err
}

const historyColumns = `id, account_id, file_name, digest, state, rows, good, bad, done, skipped, report, coalesce(marked_file,
	0) as marked_file, is_sample as sample, created_at, finished_at`

const selectHistory = `select ` + historyColumns + ` from registration_import where id = @id`

const lockHistory = selectHistory + ` for update`

const selectHistories = `select ` + historyColumns + ` from registration_import where account_id = @account order by id desc limit 20`

const insertHistory = `insert into registration_import (account_id,
	file_name, digest, rows, good, bad, report, marked_file, is_sample, created_at)
	values (@account, @name, @digest, @rows, @good, @bad, @report, nullif(@marked::bigint, 0), @sample, @now) returning id`

const updateHistory = `update registration_import set state = @state, done = @done, skipped = @skipped, report = @report,
	finished_at = @finished where id = @id`

// takeHistoryRows takes the next rows away as they are registered, so that a run which was killed goes on where it stopped.
const takeHistoryRows = `delete from registration_import_row where batch_id = @batch and row = any(
	select row from registration_import_row where batch_id = @batch order by row limit @limit) returning content`

func addHistory(ctx context.Context, tx pgx.Tx, b *HistoryBatch, rows []historic) error {
	err := tx.QueryRow(ctx, insertHistory, pgx.StrictNamedArgs{"account": b.AccountID, "name": b.FileName, "digest": b.Digest, "rows": b.Rows,
		"good": b.Good, "bad": b.Bad, "report": b.Report, "marked": b.MarkedFile, "sample": b.Sample, "now": b.CreatedAt}).Scan(&b.ID)
	if err != nil {
		return fmt.Errorf("add import: %w", err)
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"registration_import_row"}, []string{"batch_id", "row", "content"},
		pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) { return []any{b.ID, rows[i].Row, rows[i]}, nil }))
	return err
}

func storeHistory(ctx context.Context, tx pgx.Tx, b HistoryBatch) error {
	_, err := tx.Exec(
		ctx,
		updateHistory,
		pgx.StrictNamedArgs{"id": b.ID, "state": b.State, "done": b.Done, "skipped": b.Skipped, "report": b.Report,
			"finished": b.FinishedAt},
	)
	return err
}

// Sealed are the columns of this room in which something lies sealed.
func Sealed() []postgres.Sealed {
	return []postgres.Sealed{{Table: "registration_import_row", Column: "content", Document: true}}
}
