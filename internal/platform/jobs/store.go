package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
)

const rescueSQL = `update river_job set state = 'available', scheduled_at = now() where state = 'running'`

func rescue(ctx context.Context, db *postgres.DB) error {
	if _, err := db.Exec(ctx, rescueSQL); err != nil {
		return fmt.Errorf("rescue jobs: %w", err)
	}
	return nil
}

const dueSQL = `select id from river_job where state in ('scheduled', 'retryable') and scheduled_at <= @now order by id`

// A job about to be tried again within seconds is already 'available' with a time ahead: this drain leaves it alone.
const leftSQL = `select count(*) from river_job where state = 'running' or (state = 'available' and scheduled_at <= now())`

// pendingJobs lists the jobs that wait for a time that has come, and counts those being or about to be worked.
func pendingJobs(ctx context.Context, db *postgres.DB, now time.Time) (due []int64, left int, err error) {
	rows, _ := db.Query(ctx, dueSQL, pgx.StrictNamedArgs{"now": now})
	if due, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
		return nil, 0, fmt.Errorf("pending jobs: %w", err)
	}
	if err := db.QueryRow(ctx, leftSQL).Scan(&left); err != nil {
		return nil, 0, fmt.Errorf("pending jobs: %w", err)
	}
	return due, left, nil
}

const oldestSQL = `select min(scheduled_at) from river_job
where state in ('available', 'running', 'retryable', 'scheduled') and scheduled_at <= @now`

func oldest(ctx context.Context, db *postgres.DB, now time.Time) (time.Duration, error) {
	var at *time.Time
	if err := db.QueryRow(ctx, oldestSQL, pgx.StrictNamedArgs{"now": now}).Scan(&at); err != nil {
		return 0, fmt.Errorf("oldest job: %w", err)
	}
	if at == nil {
		return 0, nil
	}
	return now.Sub(*at), nil
}
