package stats

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/region"
)

// columns names a direction's division and country, and those of the other party; none for an unknown direction.
func (d Direction) columns() [4]string {
	return map[Direction][4]string{
		Filed:      {"filed_division", "'156'", "buyer_division", "buyer_country"},
		Output:     {"seller_division", "seller_country", "buyer_division", "buyer_country"},
		Absorption: {"buyer_division", "buyer_country", "seller_division", "seller_country"},
	}[d]
}

// rowExpression is the SQL of a dimension's key; nothing from outside enters the text.
func (q Query) rowExpression() string {
	s := q.Direction.columns()
	switch q.Rows {
	case ByArea:
		if region.Prefix(q.Area) == "15" {
			return "left(" + s[0] + ", 4) || '00'"
		}
		return s[0]
	case ByOtherSide:
		return fmt.Sprintf("case when %[2]s <> '156' then 'foreign' when %[1]s like '15%%' then 'inside' else 'domestic' end", s[2], s[3])
	case ByClass, BySubclass, ByField, BySellerKind, ByPlanSource, ByIPKind, BySocialGoal:
		return string(q.Rows)
	default:
		return "''"
	}
}

func (q Query) periodExpression() string {
	switch q.Period {
	case Month:
		return "to_char(booked_on, 'YYYY-MM')"
	case Quarter:
		return "to_char(booked_on, 'YYYY-\"Q\"Q')"
	case Half:
		return "to_char(booked_on, 'YYYY') || case when extract(month from booked_on) <= 6 then '-H1' else '-H2' end"
	case Year:
		return "to_char(booked_on, 'YYYY')"
	default:
		return "''"
	}
}

func (q Query) where() (string, pgx.StrictNamedArgs) {
	s := q.Direction.columns()
	conditions := []string{"booked_on between @from::date and @to::date", s[1] + " = '156'", s[0] + " like @area"}
	args := pgx.StrictNamedArgs{"from": q.From, "to": q.To, "area": region.Prefix(q.Area) + "%"}
	if !q.Sample {
		conditions = append(conditions, "not is_sample")
	}
	if q.Class != "" {
		conditions = append(conditions, "subclass like @class")
		args["class"] = q.Class + "%"
	}
	if q.Field != "" {
		conditions = append(conditions, "field = @field")
		args["field"] = q.Field
	}
	return strings.Join(conditions, " and "), args
}

type cellRow struct {
	RowKey    string
	ColKey    string
	Contracts int
	Amount    int64
	Technical int64
	Samples   int
}

const sums = `sum(contracts)::int as contracts, sum(amount)::bigint as amount, sum(technical)::bigint as technical,
	(count(*) filter (where is_sample))::int as samples`

func (q Query) cells() (string, pgx.StrictNamedArgs) {
	where, args := q.where()
	return fmt.Sprintf(
		"select %s as row_key, %s as col_key, %s from stats_entry where %s group by 1, 2",
		q.rowExpression(),
		q.periodExpression(),
		sums,
		where,
	), args
}

const entryColumns = `id, number, kind, booked_on, title, subclass, field, seller_division, buyer_division, contracts,
	amount, technical, is_sample as sample`

func (q Query) entries(row, column string, after int64, limit int) (string, pgx.StrictNamedArgs) {
	where, args := q.where()
	args["row"], args["column"], args["after"] = row, column, after
	return fmt.Sprintf(
		`select %s from stats_entry where %s and (@row = '' or %s = @row) and (@column = '' or %s = @column)
		and (@after::bigint = 0 or id < @after) order by id desc limit %d`,
		entryColumns,
		where,
		q.rowExpression(),
		q.periodExpression(),
		limit,
	), args
}

const selectListings = `select kind, origin, coalesce(alive_at >= @alive, false) as live, is_sample as sample, count(*)::int as count
	from stats_listing where listing_open(state, hidden, expires_at, @now) and (@sample or not is_sample)
	group by 1, 2, 3, 4 order by 1, 2, 3, 4`

const selectFunnel = `select step, count(*)::int as count from stats_funnel
	where at >= @from::date and at < @to::date + 1 and (@sample or not is_sample) group by step`

const selectPublished = `select period, starts_on, ends_on, measure, value, certainty, note, source from published_figure
	order by starts_on, ends_on, measure`

const selectTargets = `select code, name, unit, kind, base_year, base, target_year, target, own_measure, note, source, null::bigint as own
	from plan_target order by code`

const selectDefinitions = `select distinct on (code) code, valid_from, name, text from figure_definition where valid_from <= @day
	order by code, valid_from desc`

const countPoints = `select count(*)::bigint from stats_point where kind = @kind and state <> 'suspended' and (@sample or not is_sample)
	and authorised_from <= @day and (authorised_to is null or authorised_to >= @day)`

const selectNeeds = `select diagnosed, published, agreed, count(*)::int as count from stats_need
	where submitted_at >= @from::date and submitted_at < @to::date + 1 and (@sample or not is_sample)
	group by 1, 2, 3 order by 1 desc, 2 desc, 3 desc`

const selectReasons = `select what, code, count(*)::int as count from stats_reason
	where at >= @from::date and at < @to::date + 1 and (@sample or not is_sample) group by 1, 2 order by 1, 3 desc, 2`
