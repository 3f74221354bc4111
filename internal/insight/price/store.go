package price

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
)

const (
	lockShown    = `select pg_advisory_xact_lock(hashtext('price_shown'))`
	selectPolicy = `select min_contracts, min_sellers, min_buyers, dominance_bp, n_bands from price_policy
where from_on <= @day order by from_on desc limit 1`
	selectShown = `select field, region, from_day, to_day, n, on_day from price_shown
where way = @way and on_day > @since order by on_day, field, region, from_day, n`
	insertShown = `insert into price_shown (way, field, region, from_day, to_day, n, on_day)
values (@way, @field, @region, @from, @to, @n, @on) on conflict do nothing`
	selectContracts = `select id, signed, way, field, region, amount, seller, buyer from price_contract
where way = @way and signed between @from and @to and is_sample = @sample
	and (@field::text = 'all' or starts_with(field, @field)) and (@region::text = 'all' or starts_with(region, @region))
order by id`
)

func policyOn(ctx context.Context, q postgres.Querier, day time.Time) (Policy, error) {
	row, err := postgres.One[struct {
		MinContracts, MinSellers, MinBuyers int
		DominanceBP                         int64
		NBands                              []int
	}](ctx, q, selectPolicy, pgx.StrictNamedArgs{"day": day})
	return Policy(row), err
}

// shown are the answers of a way in the last 100 days, which hold the quarter.
func shown(ctx context.Context, q postgres.Querier, way string) ([]Shown, error) {
	now, err := postgres.Now(ctx, q)
	if err != nil {
		return nil, err
	}
	rows, err := postgres.Many[struct {
		Field, Region         string
		FromDay, ToDay, OnDay time.Time
		N                     int
	}](ctx, q, selectShown, pgx.StrictNamedArgs{"way": way, "since": now.AddDate(0, 0, -100)})
	var out []Shown
	for _, r := range rows {
		out = append(
			out,
			Shown{On: fact.OfDate(r.OnDay), Field: r.Field, Region: r.Region, From: fact.OfDate(r.FromDay), To: fact.OfDate(r.ToDay), N: r.N},
		)
	}
	return out, err
}

func noteShown(ctx context.Context, tx pgx.Tx, way string, c Cell, n int, on fact.Day) error {
	_, err := tx.Exec(ctx, insertShown, pgx.StrictNamedArgs{"way": way, "field": c.Field, "region": c.Region, "from": c.From.Date(),
		"to": c.To.Date(), "n": n, "on": on.Date()})
	return err
}

func inCell(ctx context.Context, q postgres.Querier, way string, c Cell, sample bool) ([]Contract, error) {
	rows, err := postgres.Many[struct {
		ID, Way, Field, Region, Seller, Buyer string
		Signed                                time.Time
		Amount                                money.Fen
	}](ctx, q, selectContracts, pgx.StrictNamedArgs{"way": way, "from": c.From.Date(), "to": c.To.Date(), "sample": sample,
		"field": c.Field, "region": c.Region})
	out := make([]Contract, len(rows))
	for i, r := range rows {
		out[i] = Contract{
			ID:     r.ID,
			Signed: fact.OfDate(r.Signed),
			Way:    r.Way,
			Field:  r.Field,
			Region: r.Region,
			Amount: r.Amount,
			Seller: r.Seller,
			Buyer:  r.Buyer,
			State:  Registered,
		}
	}
	return out, err
}
