package deadline

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/platform/postgres"
)

// --- clock ---

const policyColumns = `id, name, valid_from, valid_to, target_days, target_unit, legal_days, legal_unit, large_target_days,
	large_legal_days,
	large_amount, correction_days, correction_resets_clock, experts, tied_agency_vat, active, source`

const selectPolicies = `select ` + policyColumns + ` from sla_policy order by valid_from desc, id desc`

const selectPolicy = `select ` + policyColumns + ` from sla_policy where id = @id`

// The newest active row holds; where several start on one day the later row does.
const selectPolicyOn = `select ` + policyColumns + ` from sla_policy
	where active and valid_from <= @day and (valid_to is null or valid_to >= @day) order by valid_from desc, id desc limit 1`

const lockPolicies = selectPolicies + ` for update`

const insertPolicy = `insert into sla_policy (name, valid_from,
	valid_to, target_days, target_unit, legal_days, legal_unit, large_target_days,
		large_legal_days, large_amount, correction_days, correction_resets_clock, experts, tied_agency_vat, active, source)
	values (@name, @from, @to, @target, @target_unit, @legal, @legal_unit,
	@large_target, @large_legal, @large, @correction, @resets, @experts, @tied_vat, @active, @source)
	returning id`

const updatePolicy = `update sla_policy set name = @name, valid_from = @from,
	valid_to = @to, target_days = @target, target_unit = @target_unit,
		legal_days = @legal, legal_unit = @legal_unit, large_target_days = @large_target, large_legal_days = @large_legal, large_amount = @large,
		correction_days = @correction, correction_resets_clock = @resets, experts = @experts, tied_agency_vat = @tied_vat,
		active = @active, source = @source
	where id = @id returning id`

const selectHolidays = `select day, kind, name from holiday order by day`

const upsertHoliday = `insert into holiday (day, kind, name) values (@day, @kind, @name)
	on conflict (day) do update set kind = excluded.kind, name = excluded.name`

func storePolicy(ctx context.Context, tx pgx.Tx, p Policy) (id int64, err error) {
	args := pgx.StrictNamedArgs{
		"name":         p.Name,
		"from":         p.ValidFrom,
		"to":           p.ValidTo,
		"target":       p.TargetDays,
		"target_unit":  p.TargetUnit,
		"legal":        p.LegalDays,
		"legal_unit":   p.LegalUnit,
		"large_target": p.LargeTargetDays,
		"large_legal":  p.LargeLegalDays,
		"large":        p.LargeAmount,
		"correction":   p.CorrectionDays,
		"resets":       p.CorrectionResetsClock,
		"experts":      p.Experts,
		"tied_vat":     p.TiedAgencyVAT,
		"active":       p.Active,
		"source":       p.Source,
	}
	sql := insertPolicy
	if p.ID != 0 {
		sql, args["id"] = updatePolicy, p.ID
	}
	return id, tx.QueryRow(ctx, sql, args).Scan(&id)
}

// InForce reads the row that holds on a day.
func InForce(ctx context.Context, q postgres.Querier, day time.Time) (Policy, error) {
	p, err := postgres.One[Policy](ctx, q, selectPolicyOn, pgx.StrictNamedArgs{"day": day})
	if err != nil {
		return p, fmt.Errorf("policy in force: %w", err)
	}
	return p, nil
}

// ByID reads the row that a case was filed under.
func ByID(ctx context.Context, q postgres.Querier, id int64) (Policy, error) {
	p, err := postgres.One[Policy](ctx, q, selectPolicy, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return p, fmt.Errorf("policy %d: %w", id, err)
	}
	return p, nil
}

// Days reads the calendar that working days are counted by.
func Days(ctx context.Context, q postgres.Querier) (clock.Calendar, error) {
	days, err := postgres.Many[Holiday](ctx, q, selectHolidays, pgx.StrictNamedArgs{})
	c := make(clock.Calendar, len(days))
	for _, d := range days {
		c[d.Day.Format(time.DateOnly)] = d.Kind
	}
	return c, err
}
