package monitor

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// atOnce is how many days one transaction works out.
const atOnce = 40

const (
	lockMonitor = `select pg_advisory_xact_lock(hashtext('monitor'))`
	dueYears    = `insert into monitor_due_year select distinct extract(year from d)::int from unnest(@days::date[]) d on conflict do nothing`
	takeYear    = `delete from monitor_due_year where year = (select max(year) from monitor_due_year) returning year`
	takeDue     = `with taken as (delete from monitor_due where day in (select distinct day from monitor_due order by day desc limit @n)
	returning day) select distinct day from taken order by day`
	dropDays   = `delete from monitor_day where day = any(@days::date[])`
	insertDays = `insert into monitor_day (day, is_sample, area, side, dim, key, contracts, amount, technical)
select e.booked_on, e.is_sample, a.area, s.side, d.dim, d.key, sum(e.contracts), sum(e.amount), sum(e.technical)
from stats_entry e
	cross join lateral (values ('filed', '156', e.filed_division, e.buyer_country, e.buyer_division),
		('output', e.seller_country, e.seller_division, e.buyer_country, e.buyer_division),
		('absorption', e.buyer_country, e.buyer_division, e.seller_country, e.seller_division))
		s (side, country, division, other_country, other_division)
	cross join lateral (select '150000' union select left(s.division, 4) || '00') a (area)
	cross join lateral (values ('total', ''), ('class', e.class), ('field', e.field), ('seller', e.seller_kind), ('plan', e.plan_source),
		('ip', e.ip_kind), ('goal', e.social_goal), ('partner', case when s.other_country <> '156' then s.other_country
			when s.other_division like '15%' then left(s.other_division, 4) || '00' else left(s.other_division, 2) || '0000' end)) d (dim, key)
where e.booked_on = any(@days::date[]) and s.country = '156' and s.division like '15%'
group by 1, 2, 3, 4, 5, 6`
	dropShapes   = `delete from monitor_shape where year = any(@years::int[])`
	insertShapes = `with contract as (
	select extract(year from booked_on)::int as year, is_sample, number, seller, buyer,
		case when seller_country = '156' and seller_division like '15%' then left(seller_division, 4) || '00' else '' end as out_of,
		case when buyer_country = '156' and buyer_division like '15%' then left(buyer_division, 4) || '00' else '' end as into_,
		sum(contracts)::int as items, sum(amount) as c
	from monitor_entry where booked_on between @from::date and @to::date group by 1, 2, 3, 4, 5, 6, 7),
placed as (
	select year, is_sample, p.side, p.row, p.col, number, seller, buyer, items, c, c > 0 and items >= 0 as adds
	from contract cross join lateral (values ('output', out_of, ''), ('absorption', into_, ''), ('matrix', out_of, into_)) p (side, row, col)
	where p.row <> '' and (p.side <> 'matrix' or p.col <> '')),
sellers as (select year, is_sample, side, row, col, count(*)::int as n, max(c) as top from (
	select year, is_sample, side, row, col, seller, sum(c) as c from placed where adds group by 1, 2, 3, 4, 5, 6) one group by 1, 2, 3, 4, 5),
buyers as (select year, is_sample, side, row, col, count(*)::int as n, max(c) as top from (
	select year, is_sample, side, row, col, buyer, sum(c) as c from placed where adds group by 1, 2, 3, 4, 5, 6) one group by 1, 2, 3, 4, 5),
cells as (select year, is_sample, side, row, col, sum(items)::int as contracts, sum(c)::bigint as amount,
	coalesce(sum(c) filter (where adds), 0)::bigint as counted from placed group by 1, 2, 3, 4, 5)
insert into monitor_shape (year, is_sample, side, row, col, contracts, amount, sellers, buyers, top_seller, top_buyer, counted)
select c.year, c.is_sample, c.side, c.row, c.col, c.contracts, c.amount, coalesce(s.n, 0), coalesce(b.n, 0), coalesce(s.top, 0),
	coalesce(b.top, 0), c.counted
from cells c left join sellers s using (year, is_sample, side, row, col) left join buyers b using (year, is_sample, side, row, col)`

	selectSums = `select side, dim, key, sum(contracts)::int as contracts, sum(amount)::bigint as amount, sum(technical)::bigint as technical
from monitor_day where area = @area and day between @from::date and @to::date and (@sample or not is_sample) group by 1, 2, 3`
	selectMonths = `select to_char(day, 'YYYY-MM') as month, sum(contracts)::int as contracts, sum(amount)::bigint as amount,
	sum(technical)::bigint as technical from monitor_day where area = @area and side = 'filed' and dim = 'total'
	and day between @from::date and @to::date and (@sample or not is_sample) group by 1 order by 1`
	selectShapes = `select side, row, col, sum(contracts)::int as contracts, sum(amount)::bigint as amount, sum(sellers)::int as sellers,
	sum(buyers)::int as buyers, max(top_seller) as top_seller, max(top_buyer) as top_buyer, sum(counted)::bigint as counted
from monitor_shape where year = @year and (@sample or not is_sample) group by 1, 2, 3`
	selectPolicy     = `select min_parties, dominance_bp, growth_min from monitor_policy where from_on <= @day order by from_on desc limit 1`
	selectIndicators = `select distinct on (code) code, version, valid_from, name, numerator, denominator, measured_in, room, breaks, note
from monitor_indicator where valid_from <= @day order by code, version desc`
	selectExternal = `select distinct on (indicator) indicator, value::text, measured_in, source, edition, note, is_sample as sample
from external_figure where area = @area and year = @year and (@sample or not is_sample) order by indicator, id desc`
	insertExternal = `insert into external_figure (indicator, area, year, value, measured_in, source, edition, note, is_sample, entered_by,
	entered_at) values (@indicator, @area, @year, @value::text::numeric, @unit, @source, @edition, @note, @sample, @by, @now)`
	countDue     = `select count(distinct day)::int from monitor_due`
	countCovered = `select count(distinct division)::int from stats_point where kind = 'county' and state <> 'suspended'
	and (@sample or not is_sample) and authorised_from <= @day and (authorised_to is null or authorised_to >= @day) and division like @area`
)

// catchUp works out some of the days that are due, the newest first. It tells how many days it did.
func catchUp(ctx context.Context, tx pgx.Tx) (int, error) {
	if _, err := tx.Exec(ctx, lockMonitor); err != nil {
		return 0, err
	}
	rows, _ := tx.Query(ctx, takeDue, pgx.StrictNamedArgs{"n": atOnce})
	days, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil || len(days) == 0 {
		return 0, err
	}
	texts := make([]string, len(days))
	for i, d := range days {
		texts[i] = d.Format(time.DateOnly)
	}
	for _, sql := range []string{dropDays, insertDays, dueYears} {
		if _, err := tx.Exec(ctx, sql, pgx.StrictNamedArgs{"days": texts}); err != nil {
			return 0, err
		}
	}
	return len(days), nil
}

// shape works out the cells of a year that is due, once its days are done. It tells whether there was one.
func shape(ctx context.Context, tx pgx.Tx) (bool, error) {
	if _, err := tx.Exec(ctx, lockMonitor); err != nil {
		return false, err
	}
	rows, _ := tx.Query(ctx, takeYear)
	years, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil || len(years) == 0 {
		return false, err
	}
	if _, err := tx.Exec(ctx, dropShapes, pgx.StrictNamedArgs{"years": years}); err != nil {
		return false, err
	}
	first := time.Date(years[0], 1, 1, 0, 0, 0, 0, time.UTC)
	_, err = tx.Exec(ctx, insertShapes, pgx.StrictNamedArgs{"from": first.Format(time.DateOnly),
		"to": first.AddDate(1, 0, -1).Format(time.DateOnly)})
	return true, err
}
