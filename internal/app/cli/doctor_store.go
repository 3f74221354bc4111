package cli

import (
	"context"

	"techmarket/internal/platform/postgres"
)

// lookAtServer tells the major version of PostgreSQL and whether the market's tables have ever been made there.
func lookAtServer(ctx context.Context, q postgres.Querier) (major int, ready bool, err error) {
	err = q.QueryRow(ctx, `select current_setting('server_version_num')::int / 10000, to_regclass('goose_db_version') is not null`).
		Scan(&major, &ready)
	return major, ready, err
}
