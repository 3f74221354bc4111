package plan

import (
	"context"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
)

const (
	selectIndicators = `select id, plan, number, name, measured_in, kind, base::text, base_year, base_note, target::text, low::text,
	high::text, target_year, path, decimals, owner, clause, own_figure from plan_indicator
where @id::bigint = 0 or id = @id order by place`
	selectValues = `select indicator_id, series, year, value::text, source, note, is_sample as sample, entered_at from plan_value
where (@id::bigint = 0 or indicator_id = @id) and (@sample::boolean or not is_sample) order by indicator_id, id`
	insertValue = `insert into plan_value (indicator_id, series, year, value, source, note, is_sample, entered_by, entered_at)
values (@indicator, @series, @year, @value::text::numeric, @source, @note, @sample, @by, @now)`
)

func collect[T any](ctx context.Context, q postgres.Querier, sql string, args pgx.StrictNamedArgs) ([]T, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, postgres.Fault(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByName[T])
	return out, postgres.Fault(err)
}

func enter(ctx context.Context, tx pgx.Tx, e Entry, by int64, sample bool) error {
	_, err := tx.Exec(ctx, insertValue, pgx.StrictNamedArgs{"indicator": e.Indicator, "series": e.Series, "year": e.Year,
		"value":  string(e.Value),
		"source": e.Source, "note": e.Note, "sample": sample, "by": by, "now": e.At})
	return postgres.Fault(err)
}
