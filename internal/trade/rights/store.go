package rights

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

const planColumns = `id, state, organisation_id as org_id, created_by, contract_id as contract, coalesce(listing_id, 0) as listing, title,
	bp, main_bp, basis, decision, coalesce(notice_id, 0) as notice_id, reason, version, is_sample as sample, created_at, updated_at`

const (
	policyOn = `select from_on, bp, main_bp, source from rights_policy where from_on <= @day order by from_on desc limit 1`

	insertPlan = `insert into rights_plan (state, organisation_id, created_by, contract_id, listing_id, title, bp, main_bp, basis, decision,
	is_sample, created_at, updated_at)
values (@state, @org, @account, @contract, nullif(@listing::bigint, 0), @title, @bp, @main, @basis, @decision, @sample, @now, @now)
returning id`
	selectPlan = `select ` + planColumns + ` from rights_plan where id = @id`
	lockedPlan = selectPlan + ` for no key update`
	updatePlan = `update rights_plan set state = @state, title = @title, bp = @bp, main_bp = @main, basis = @basis, decision = @decision,
	notice_id = nullif(@notice::bigint, 0), reason = @reason, version = version + 1, updated_at = @now where id = @id`
	listPlans = `select ` + planColumns + ` from rights_plan p
where (organisation_id = @org or exists (select from rights_member m where m.plan_id = p.id and m.account_id = @account))
	and (@contract::bigint = 0 or contract_id = @contract) and (@listing::bigint = 0 or listing_id = @listing)
	and (@after::bigint = 0 or id < @after) and (@state::text = '' or state = @state)
order by id desc limit @limit`
	noticing = `select id, notice_id as notice, false as "grant" from rights_plan where state = 'noticing'
union all select id, notice_id, true from rights_grant where state = 'noticing'
order by notice limit 200`

	deletePeople = `delete from rights_member where plan_id = @id`
	insertPerson = `insert into rights_member (plan_id, number, account_id, name, weight, main, leader, contribution)
values (@id, @number, nullif(@account::bigint, 0), @name, @weight, @main, @leader, @contribution)`
	selectPeople = `select plan_id, number, coalesce(account_id, 0) as account_id, name, weight, main, leader, contribution
from rights_member where plan_id = any(@ids) order by plan_id, number`

	insertEntry = `insert into rights_entry (plan_id, kind, amount_fen, corrects, on_day, voucher, note, booked_by, booked_at)
values (@id, @kind, @amount, nullif(@corrects::bigint, 0), @on, @voucher, @note, @account, @now)`
	selectEntries = `select plan_id, id, kind, amount_fen as amount, coalesce(corrects, 0) as corrects, on_day as "on", voucher, note,
	booked_at from rights_entry where plan_id = any(@ids) order by id`
	insertPayout = `insert into rights_payout (plan_id, number, amount_fen, voucher, on_day, paid_by, paid_at)
values (@id, @number, @amount, @voucher, @on, @account, @now)`
	selectPayouts = `select plan_id, number, amount_fen as amount, voucher, on_day as "on", paid_at
from rights_payout where plan_id = any(@ids) order by id`

	insertEvent = `insert into rights_event (plan_id, at, account_id, event, from_state, to_state, reason)
values (@id, @now, nullif(@account::bigint, 0), @event, @from, @to, @reason)`
	selectEvents = `select at, coalesce(account_id, 0) as account_id, event, from_state as "from", to_state as "to", reason
from rights_event where plan_id = @id order by id`
)

// Step is what happened to a plan.
type Step struct {
	At        time.Time `json:"at"`
	AccountID int64     `json:"-"`
	Event     Event     `json:"event"`
	From      Stage     `json:"from"`
	To        Stage     `json:"to"`
	Reason    string    `json:"reason"`
}

func insert(ctx context.Context, tx pgx.Tx, p Plan) (id int64, err error) {
	err = tx.QueryRow(ctx, insertPlan, pgx.StrictNamedArgs{"state": p.State, "org": p.OrgID, "account": p.CreatedBy, "contract": p.Contract,
		"listing": p.Listing, "title": p.Title, "bp": p.BP, "main": p.MainBP, "basis": p.Basis, "decision": p.Decision, "sample": p.Sample,
		"now": p.CreatedAt}).Scan(&id)
	if postgres.Constraint(err) == "rights_plan_contract" {
		err = fault.Wrap(err, fault.Conflict, "already_planned", "这份合同已有分配方案，请在原方案上办理")
	}
	return id, err
}

func (p *Plan) store(ctx context.Context, tx pgx.Tx, now time.Time) error {
	p.UpdatedAt = now
	p.Version++
	_, err := tx.Exec(ctx, updatePlan, pgx.StrictNamedArgs{"id": p.ID, "state": p.State, "title": p.Title, "bp": p.BP, "main": p.MainBP,
		"basis": p.Basis, "decision": p.Decision, "notice": p.NoticeID, "reason": p.Reason, "now": now})
	return err
}

func storePeople(ctx context.Context, tx pgx.Tx, id int64, people []Person) error {
	if _, err := tx.Exec(ctx, deletePeople, pgx.StrictNamedArgs{"id": id}); err != nil {
		return err
	}
	for _, p := range people {
		if _, err := tx.Exec(ctx, insertPerson, pgx.StrictNamedArgs{"id": id, "number": p.Number, "account": p.AccountID, "name": p.Name,
			"weight": p.Weight, "main": p.Main, "leader": p.Leader, "contribution": p.Contribution}); err != nil {
			return err
		}
	}
	return nil
}

func load(ctx context.Context, q postgres.Querier, sql string, id int64) (*account, error) {
	plan, err := postgres.One[Plan](ctx, q, sql, pgx.StrictNamedArgs{"id": id})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, err
	}
	all, err := accounts(ctx, q, []Plan{plan})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// accounts adds to plans what counts for their money, in three questions however many they are.
func accounts(ctx context.Context, q postgres.Querier, plans []Plan) ([]*account, error) {
	out, of, ids := make([]*account, len(plans)), map[int64]*account{}, make([]int64, len(plans))
	for i, p := range plans {
		out[i] = &account{plan: p}
		of[p.ID], ids[i] = out[i], p.ID
	}
	args := pgx.StrictNamedArgs{"ids": ids}
	people, err := postgres.Many[struct {
		PlanID int64
		Person
	}](ctx, q, selectPeople, args)
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		of[p.PlanID].people = append(of[p.PlanID].people, p.Person)
	}
	entries, err := postgres.Many[struct {
		PlanID int64
		Booked
	}](ctx, q, selectEntries, args)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		of[e.PlanID].entries = append(of[e.PlanID].entries, e.Booked)
	}
	payouts, err := postgres.Many[struct {
		PlanID int64
		Payout
	}](ctx, q, selectPayouts, args)
	for _, p := range payouts {
		of[p.PlanID].payouts = append(of[p.PlanID].payouts, p.Payout)
	}
	return out, err
}

func (a *account) addEntry(ctx context.Context, tx pgx.Tx, who actor.Actor, e Booked, now time.Time) error {
	_, err := tx.Exec(ctx, insertEntry, pgx.StrictNamedArgs{"id": a.plan.ID, "kind": e.Kind, "amount": e.Amount, "corrects": e.Corrects,
		"on": e.On, "voucher": e.Voucher, "note": e.Note, "account": who.AccountID, "now": now})
	return err
}

func (a *account) addPayout(ctx context.Context, tx pgx.Tx, who actor.Actor, p Payout, now time.Time) error {
	_, err := tx.Exec(ctx, insertPayout, pgx.StrictNamedArgs{"id": a.plan.ID, "number": p.Number, "amount": p.Amount, "voucher": p.Voucher,
		"on": p.On, "account": who.AccountID, "now": now})
	return err
}

func addEvent(ctx context.Context, tx pgx.Tx, id int64, e Step) error {
	_, err := tx.Exec(ctx, insertEvent, pgx.StrictNamedArgs{"id": id, "now": e.At, "account": e.AccountID, "event": e.Event, "from": e.From,
		"to": e.To, "reason": e.Reason})
	return err
}

var errNotFound = fault.New(fault.NotFound, "distribution_not_found", "没有找到这项收益分配")
