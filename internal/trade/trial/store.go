package trial

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

const trialColumns = `id, state, supply_org, company_org, supply_account, company_account, listing_id as listing,
	coalesce(need_id, 0) as need, object, terms, proposed_side, begins_on, ends_on, extended, asked_to, triggered_at, confirm_by, insurance,
	coalesce(deal_id, 0) as deal_id, reason_code, reason, version, is_sample as sample, created_at, updated_at`

// today is the day by the database's clock; every session is in our zone.
const today = `clock_timestamp()::date`

const (
	insertTrial = `insert into trial (state, supply_org, company_org, supply_account, company_account, listing_id, need_id, object, terms,
	proposed_side, is_sample, created_at, updated_at)
values (@state, @supply, @company, @supply_account, @company_account, @listing, nullif(@need::bigint, 0), @object, @terms, @side, @sample,
	@now, @now) returning id`
	selectTrial = `select ` + trialColumns + ` from trial where id = @id`
	lockedTrial = selectTrial + ` for no key update`
	updateTrial = `update trial set state = @state, terms = @terms, proposed_side = @side, begins_on = @begins, ends_on = @ends,
	extended = @extended, asked_to = @asked, triggered_at = @triggered, confirm_by = @confirm, insurance = @insurance,
	deal_id = nullif(@deal::bigint, 0), reason_code = @code, reason = @reason, version = @version, updated_at = @now where id = @id`
	listTrials = `select ` + trialColumns + ` from trial
where (supply_org = @org or company_org = @org) and (@state::text = '' or state = @state)
	and (@listing::bigint = 0 or listing_id = @listing) and (@after::bigint = 0 or id < @after)
order by id desc limit @limit`
	openTrials = `select ` + trialColumns + `, (select min(due_on) from trial_report r where r.trial_id = t.id and r.at is null) as report_due,
	(select min(due_on) from trial_payment p where p.trial_id = t.id and p.paid_on is null) as payment_due
from trial t where (supply_org = @org or company_org = @org) and state in ('proposed', 'agreed', 'trialling', 'confirming', 'converted')
order by updated_at, id limit 200`
	dueTrials = `select id, 0::bigint as deal from trial where state = 'confirming' and confirm_by < ` + today + `
union all select id, deal_id from trial where state = 'converting' and deal_id is not null
order by id limit 500`
	lateRows = `select r.trial_id as trial, r.number, true as report, ` + today + ` - r.due_on as days,
	r.told
from trial_report r join trial t on t.id = r.trial_id
where r.at is null and t.state in ('trialling', 'confirming') and r.due_on < ` + today + ` - 4
	and r.told < 15
union all
select p.trial_id, p.number, false, ` + today + ` - p.due_on, p.told
from trial_payment p
where p.paid_on is null and p.due_on < ` + today + ` - 29 and p.told < 90
order by trial, number limit 500`

	insertReportRow = `insert into trial_report (trial_id, number, due_on) values (@id, @number, @due)`
	selectReports   = `select number, due_on, body, figures, at, told from trial_report where trial_id = @id order by number`
	updateReport    = `update trial_report set body = @body, figures = @figures, at = @now where trial_id = @id and number = @number`
	toldReport      = `update trial_report set told = @told where trial_id = @id and number = @number`

	insertPaymentRow = `insert into trial_payment (trial_id, number, due_on, amount_fen, why) values (@id, @number, @due, @amount, @why)`
	selectPayments   = `select number, due_on, amount_fen as amount, why, paid_on, voucher, told from trial_payment
where trial_id = @id order by number`
	updatePayment = `update trial_payment set paid_on = @on, voucher = @voucher where trial_id = @id and number = @number`
	toldPayment   = `update trial_payment set told = @told where trial_id = @id and number = @number`

	insertEvent = `insert into trial_event (trial_id, at, account_id, event, from_state, to_state, reason)
values (@id, @now, nullif(@account::bigint, 0), @event, @from, @to, @reason)`
	selectEvents = `select at, coalesce(account_id, 0) as account_id, event, from_state as "from", to_state as "to", reason
from trial_event where trial_id = @id order by id`
)

// Step is what happened to a trial.
type Step struct {
	At        time.Time `json:"at"`
	AccountID int64     `json:"-"`
	Event     Event     `json:"event"`
	From      Stage     `json:"from"`
	To        Stage     `json:"to"`
	Reason    string    `json:"reason"`
}

func insert(ctx context.Context, tx pgx.Tx, t Trial) (id int64, err error) {
	err = tx.QueryRow(ctx, insertTrial, pgx.StrictNamedArgs{"state": t.State, "supply": t.SupplyOrg, "company": t.CompanyOrg,
		"supply_account": t.SupplyAccount, "company_account": t.CompanyAccount, "listing": t.Listing, "need": t.Need, "object": t.Object,
		"terms": t.Terms, "side": t.ProposedSide, "sample": t.Sample, "now": t.CreatedAt}).Scan(&id)
	if postgres.Constraint(err) == "trial_open" {
		err = fault.Wrap(err, fault.Conflict, "already_trying", "双方对这项成果已有一件正在办理的试用，请在那里继续")
	}
	return id, err
}

func (t *Trial) store(ctx context.Context, tx pgx.Tx, now time.Time) error {
	t.UpdatedAt = now
	t.Version++
	_, err := tx.Exec(ctx, updateTrial, pgx.StrictNamedArgs{"id": t.ID, "state": t.State, "terms": t.Terms, "side": t.ProposedSide,
		"begins": t.BeginsOn, "ends": t.EndsOn, "extended": t.Extended, "asked": t.AskedTo, "triggered": t.TriggeredAt, "confirm": t.ConfirmBy,
		"insurance": t.Insurance, "deal": t.DealID, "code": t.ReasonCode, "reason": t.Reason, "version": t.Version, "now": now})
	return err
}

func one(ctx context.Context, q postgres.Querier, sql string, id int64) (Trial, error) {
	t, err := postgres.One[Trial](ctx, q, sql, pgx.StrictNamedArgs{"id": id})
	if errors.Is(err, pgx.ErrNoRows) {
		err = errNotFound
	}
	return t, err
}

func lock(ctx context.Context, tx pgx.Tx, id int64) (b *bench, err error) {
	b = &bench{tx: tx}
	if b.t, err = one(ctx, tx, lockedTrial, id); err != nil {
		return nil, err
	}
	args := pgx.StrictNamedArgs{"id": id}
	if b.reports, err = postgres.Many[Report](ctx, tx, selectReports, args); err != nil {
		return nil, err
	}
	if b.payments, err = postgres.Many[Payment](ctx, tx, selectPayments, args); err != nil {
		return nil, err
	}
	b.now, err = postgres.Now(ctx, tx)
	return b, err
}

func insertReport(ctx context.Context, tx pgx.Tx, id int64, number int, due time.Time) error {
	_, err := tx.Exec(ctx, insertReportRow, pgx.StrictNamedArgs{"id": id, "number": number, "due": due})
	return err
}

func storeReport(ctx context.Context, tx pgx.Tx, id int64, number int, body, figures string, now time.Time) error {
	_, err := tx.Exec(ctx, updateReport, pgx.StrictNamedArgs{"id": id, "number": number, "body": body, "figures": figures, "now": now})
	return err
}

func insertPayment(ctx context.Context, tx pgx.Tx, id int64, p Payment) error {
	_, err := tx.Exec(
		ctx,
		insertPaymentRow,
		pgx.StrictNamedArgs{"id": id, "number": p.Number, "due": p.DueOn, "amount": p.Amount, "why": p.Why},
	)
	return err
}

func storePaid(ctx context.Context, tx pgx.Tx, id int64, number int, on time.Time, voucher string) error {
	_, err := tx.Exec(ctx, updatePayment, pgx.StrictNamedArgs{"id": id, "number": number, "on": on, "voucher": voucher})
	return err
}

func storeTold(ctx context.Context, tx pgx.Tx, id int64, number int, report bool, told int) error {
	sql := toldPayment
	if report {
		sql = toldReport
	}
	_, err := tx.Exec(ctx, sql, pgx.StrictNamedArgs{"id": id, "number": number, "told": told})
	return err
}

func addEvent(ctx context.Context, tx pgx.Tx, id int64, e Step) error {
	_, err := tx.Exec(ctx, insertEvent, pgx.StrictNamedArgs{"id": id, "now": e.At, "account": e.AccountID, "event": e.Event, "from": e.From,
		"to": e.To, "reason": e.Reason})
	return err
}

var errNotFound = fault.New(fault.NotFound, "trial_not_found", "没有找到这件试用")
