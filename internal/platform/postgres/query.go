package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// One reads the only row of a statement into a T by the names of its columns. pgx.ErrNoRows where there is none.
func One[T any](ctx context.Context, q Querier, sql string, args pgx.StrictNamedArgs) (T, error) {
	rows, _ := q.Query(ctx, sql, args) // its error comes back from CollectExactlyOneRow
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
}

// Many reads every row of a statement into Ts by the names of its columns.
func Many[T any](ctx context.Context, q Querier, sql string, args pgx.StrictNamedArgs) ([]T, error) {
	rows, _ := q.Query(ctx, sql, args) // its error comes back from CollectRows
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}

// Literal makes a typed text match itself in LIKE.
func Literal(text string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text)
}

// Clock asks for the database's time at this moment: now() stands still inside a transaction.
const Clock = `select clock_timestamp()`

// Now is the database's clock, by which deadlines of trade are judged: it is the same for every program that serves the market.
func Now(ctx context.Context, q Querier) (at time.Time, err error) {
	err = q.QueryRow(ctx, Clock).Scan(&at)
	return at, err
}
