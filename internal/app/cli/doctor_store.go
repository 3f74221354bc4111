package cli

import (
	"context"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
)

// keysInUse counts the rows that each key sealed, by the key's id; "" counts what is in clear.
func keysInUse(ctx context.Context, q postgres.Querier) (map[string]int, error) {
	rows, err := q.Query(ctx, `select case when text like 'sealed:%' then split_part(text, ':', 2) else '' end, count(*)::int from (
		select phone as text from account union all
		select totp_secret from account union all select profile->>'phone' from organisation) all_texts
		where text <> '' group by 1`)
	if err != nil {
		return nil, err
	}
	found := map[string]int{}
	var id string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error { found[id] = n; return nil })
	return found, err
}

// lookAtServer tells the major version of PostgreSQL and whether the market's tables have ever been made there.
func lookAtServer(ctx context.Context, q postgres.Querier) (major int, ready bool, err error) {
	err = q.QueryRow(ctx, `select current_setting('server_version_num')::int / 10000, to_regclass('goose_db_version') is not null`).
		Scan(&major, &ready)
	return major, ready, err
}
