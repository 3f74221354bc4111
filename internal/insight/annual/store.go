package annual

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
)

const reportColumns = `r.id, r.organisation_id, o.name as organisation, o.division, r.year, r.edition, r.state, r.said, r.content, r.digest,
	r.note, coalesce(a.display_name, '') as frozen_by, r.frozen_at, r.is_sample as sample, r.version, r.updated_at`

const reportTables = ` from annual_report r join organisation o on o.id = r.organisation_id left join account a on a.id = r.frozen_by `

const (
	// A scope is what an actor may see: all editions of the own unit, the frozen ones of an officer's area (a prefix of divisions).
	selectReports = `select ` + reportColumns + reportTables + `
where (r.organisation_id = @org or r.state = 'frozen' and o.division like @area)
	and (@id::bigint = 0 or r.id = @id) order by r.year desc, r.organisation_id = @org desc, r.id desc limit 200`
	lockReport   = `select 1 from annual_report where id = @id and organisation_id = @org for update`
	selectOwn    = `select ` + reportColumns + reportTables + `where r.id = @id and r.organisation_id = @org`
	selectNewest = `select ` + reportColumns + reportTables + `
where r.organisation_id = @org and r.year = @year order by r.edition desc limit 1`
	insertReport = `insert into annual_report (organisation_id, year, edition, state, said, note, created_by, is_sample, created_at,
	updated_at)
	values (@org, @year, @edition, 'draft', @said, @note, @by, @sample, @now, @now) returning id`
	updateSaid   = `update annual_report set said = @said, version = version + 1, updated_at = @now where id = @id`
	freezeReport = `update annual_report set state = 'frozen', content = @content, digest = @digest, frozen_by = @by, frozen_at = @now,
	version = version + 1, updated_at = @now where id = @id`

	selectContracts = `select c.number, c.title, c.class, c.plan, c.buyer, c.country, c.division, c.scale, c.industry, c.amount,
	coalesce(p.received, 0)::bigint as received, coalesce(p.received is not null or p.ever, false) as booked, c.signed,
	c.signed like @year::text || '-%' as in_year
from annual_contract c left join (select number, sum(amount) filter (where on_day between @from::date and @to::date) as received,
	true as ever from annual_receipt where organisation_id = @org group by number) p on p.number = c.number
where c.organisation_id = @org and (c.signed like @year::text || '-%' or p.received <> 0) order by c.signed, c.number`
	selectMoney = `select
	(select coalesce(sum(amount) filter (where kind = 'cost'), 0) from annual_booking where organisation_id = @org
		and on_day between @from::date and @to::date)::bigint as costs,
	(select coalesce(sum(amount) filter (where kind = 'tax'), 0) from annual_booking where organisation_id = @org
		and on_day between @from::date and @to::date)::bigint as taxes,
	coalesce(sum(amount), 0)::bigint as rewards, coalesce(sum(amount) filter (where main), 0)::bigint as main_rewards,
	count(distinct (plan_id, number))::int as rewarded, (count(distinct (plan_id, number)) filter (where main))::int as main_rewarded,
	(select count(*) from annual_grant where organisation_id = @org and at >= @from::date and at < @to::date + 1)::int as grants
from annual_payout where organisation_id = @org and on_day between @from::date and @to::date`
	selectUnit = `select achievements, bodies, staff, unregistered from annual_unit where organisation_id = @org`
)

var errNoReport = fault.New(fault.NotFound, "annual_report", "没有找到这份年度报告")

func reports(ctx context.Context, q postgres.Querier, sql string, args pgx.StrictNamedArgs) ([]Report, error) {
	return postgres.Many[Report](ctx, q, sql, args)
}

func oneReport(ctx context.Context, q postgres.Querier, sql string, args pgx.StrictNamedArgs) (Report, error) {
	found, err := reports(ctx, q, sql, args)
	if err == nil && len(found) == 0 {
		err = errNoReport
	}
	if err != nil {
		return Report{}, err
	}
	return found[0], nil
}

// ownLocked locks a report of the unit and reads it then: a join inside the locking statement would keep what it found before the wait.
func ownLocked(ctx context.Context, tx pgx.Tx, org, id int64) (Report, error) {
	args := pgx.StrictNamedArgs{"id": id, "org": org}
	if _, err := tx.Exec(ctx, lockReport, args); err != nil {
		return Report{}, err
	}
	return oneReport(ctx, tx, selectOwn, args)
}

type moneyRow struct {
	Costs, Taxes, Rewards, MainRewards money.Fen
	Rewarded, MainRewarded, Grants     int
}

type unitRow struct{ Achievements, Bodies, Staff, Unregistered int }

// facts reads what the market knows of a unit's year.
func facts(ctx context.Context, q postgres.Querier, org int64, year int) (Facts, error) {
	args := pgx.StrictNamedArgs{
		"org":  org,
		"year": fmt.Sprint(year),
		"from": fmt.Sprintf("%d-01-01", year),
		"to":   fmt.Sprintf("%d-12-31", year),
	}
	contracts, err := postgres.Many[Contract](ctx, q, selectContracts, args)
	if err != nil {
		return Facts{}, err
	}
	m, err := postgres.One[moneyRow](ctx, q, selectMoney, pgx.StrictNamedArgs{"org": org, "from": args["from"], "to": args["to"]})
	if err != nil {
		return Facts{}, err
	}
	u, err := postgres.One[unitRow](ctx, q, selectUnit, pgx.StrictNamedArgs{"org": org})
	if err != nil {
		return Facts{}, err
	}
	return Facts{Contracts: contracts, Costs: m.Costs, Taxes: m.Taxes, Rewards: m.Rewards, MainRewards: m.MainRewards, Rewarded: m.Rewarded,
		MainRewarded: m.MainRewarded, Grants: m.Grants, Achievements: u.Achievements, Bodies: u.Bodies, Staff: u.Staff,
		Unregistered: u.Unregistered}, nil
}

func insert(ctx context.Context, tx pgx.Tx, r Report, by int64, now time.Time) (id int64, err error) {
	err = tx.QueryRow(ctx, insertReport, pgx.StrictNamedArgs{"org": r.OrganisationID, "year": r.Year, "edition": r.Edition, "said": r.Said,
		"note": r.Note, "by": by, "sample": r.Sample, "now": now}).Scan(&id)
	switch postgres.Constraint(err) {
	case "annual_report_open", "annual_report_organisation_id_year_edition_key":
		err = fault.New(fault.Conflict, "annual_there", "这一年的报告已经有一份草稿，请在那一份里继续")
	}
	return id, err
}

func storeSaid(ctx context.Context, tx pgx.Tx, id int64, said Said, now time.Time) error {
	_, err := tx.Exec(ctx, updateSaid, pgx.StrictNamedArgs{"id": id, "said": said, "now": now})
	return err
}

func storeFrozen(ctx context.Context, tx pgx.Tx, id int64, content Content, digest string, by int64) error {
	_, err := tx.Exec(ctx, freezeReport, pgx.StrictNamedArgs{"id": id, "content": content, "digest": digest, "by": by, "now": content.AsOf})
	return err
}
