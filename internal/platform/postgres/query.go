package postgres

import (
	"context"
	"strings"

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
