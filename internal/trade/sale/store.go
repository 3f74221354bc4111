package sale

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

const saleColumns = `id, state, organisation_id as org_id, created_by, title, object, conditions, start_fen as start, step_fen as step,
	step_multiple, window_minutes, grace_seconds, reserve_fen as reserve, deposit_fen as deposit, begins_at, planned_end, ends_at, leader,
	top_fen as top, seq, turns, alarm, withdrawn_at, ended_at, reason, is_sample as sample, created_at, updated_at`

const (
	lockSale   = `select pg_advisory_xact_lock(hashtextextended('sale', @id))`
	insertSale = `insert into sale (state, organisation_id, created_by, title, object, conditions, start_fen, step_fen, step_multiple,
	window_minutes, grace_seconds, reserve_fen, deposit_fen, begins_at, planned_end, ends_at, is_sample, created_at, updated_at)
values ('draft', @org, @account, @title, @object, @conditions, @start, @step, @multiple, @window, @grace, @reserve, @deposit,
	@begins, @ends, @ends, @sample, @now, @now) returning id`
	selectSale = `select ` + saleColumns + ` from sale where id = @id`
	lockedSale = selectSale + ` for no key update`
	updateSale = `update sale set state = @state, ends_at = @ends, leader = @leader, top_fen = @top, seq = @seq, turns = @turns,
	alarm = @alarm, withdrawn_at = @withdrawn, ended_at = @ended, reason = @reason, updated_at = @now where id = @id`
	listSales = `select ` + saleColumns + ` from sale
where (state not in ('draft', 'in_review') or organisation_id = @org or @desk and state = 'in_review')
	and (@after::bigint = 0 or id < @after)
order by id desc limit @limit`
	versions = `select id, state || updated_at || (clock_timestamp() >= begins_at) || (clock_timestamp() > ends_at)
from sale where id = any(@ids) and state = 'disclosed'`
	dueSales = `select id from sale where state = 'disclosed' and ends_at + make_interval(secs => grace_seconds) < clock_timestamp()
order by ends_at limit 100`

	selectPauses = `select from_at as "from", to_at as "to", counted, reason from sale_pause where sale_id = @id order by number`
	upsertPause  = `insert into sale_pause (sale_id, number, from_at, to_at, counted, reason)
values (@id, @number, @from, @to, @counted, @reason)
on conflict (sale_id, number) do update set to_at = excluded.to_at`

	intentColumns = `id, sale_id, organisation_id as org_id, account_id, code, state, related, coalesce(rank, 0) as rank, voucher,
	confirmed_at, reason, filed_at`
	insertIntent = `insert into sale_intent (sale_id, organisation_id, account_id, code, state, related, filed_at)
values (@id, @org, @account, @code, 'filed', @related, clock_timestamp())`
	selectIntents = `select ` + intentColumns + ` from sale_intent where sale_id = @id order by id`
	ownIntent     = `select ` + intentColumns + ` from sale_intent where sale_id = @id and organisation_id = @org`
	updateIntent  = `update sale_intent set state = @state, rank = nullif(@rank::int, 0), voucher = @voucher, reason = @reason,
	confirmed_at = case when @paid then coalesce(confirmed_at, clock_timestamp()) else confirmed_at end
where sale_id = @id and code = @code`

	insertAttempt = `insert into sale_attempt (sale_id, code, key, account_id, amount_fen, arrived_at)
values (@id, @code, @key, @account, @amount, clock_timestamp()) on conflict (sale_id, code, key) do nothing returning id, arrived_at`
	attemptColumns = `code, key, amount_fen as amount, arrived_at, served_at, accepted, refusal, seq, ends_at, next_min_fen as next_min`
	storedAttempt  = `select ` + attemptColumns + ` from sale_attempt where sale_id = @id and code = @code and key = @key`
	answerAttempt  = `update sale_attempt set served_at = @served, turn = @turn, accepted = @accepted, refusal = @refusal, seq = @seq,
	ends_at = @ends, next_min_fen = @next where id = @attempt`
	selectAttempts = `select ` + attemptColumns + ` from sale_attempt where sale_id = @id and turn is not null order by turn`
	acceptedBids   = `select ` + attemptColumns + ` from sale_attempt where sale_id = @id and accepted order by turn desc limit 200`

	insertEvent = `insert into sale_event (sale_id, at, account_id, event, from_state, to_state, reason)
values (@id, @now, nullif(@account::bigint, 0), @event, @from, @to, @reason)`
	selectEvents = `select at, coalesce(account_id, 0) as account_id, event, from_state as "from", to_state as "to", reason
from sale_event where sale_id = @id order by id`
)

// attempt is a stored bid.
type attempt struct {
	Code      string
	Key       string
	Amount    int64
	ArrivedAt time.Time
	ServedAt  *time.Time
	Accepted  bool
	Refusal   Refusal
	Seq       *int
	EndsAt    *time.Time
	NextMin   *int64
}

// Step is what happened to a sale.
type Step struct {
	At        time.Time `json:"at"`
	AccountID int64     `json:"-"`
	Event     Event     `json:"event"`
	From      Stage     `json:"from"`
	To        Stage     `json:"to"`
	Reason    string    `json:"reason"`
}

func one[T any](ctx context.Context, q postgres.Querier, sql string, args pgx.StrictNamedArgs) (T, error) {
	return oneOf[T](q.Query(ctx, sql, args))
}

func all[T any](ctx context.Context, q postgres.Querier, sql string, args pgx.StrictNamedArgs) ([]T, error) {
	return allOf[T](q.Query(ctx, sql, args))
}

// oneOf and allOf read rows; what went wrong with the query stands in the rows.
func oneOf[T any](rows pgx.Rows, _ error) (T, error) {
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
	if errors.Is(err, pgx.ErrNoRows) {
		err = errNotFound
	}
	return v, err
}

func allOf[T any](rows pgx.Rows, _ error) ([]T, error) {
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}

func (s *Sale) store(ctx context.Context, tx pgx.Tx, now time.Time) error {
	s.UpdatedAt = now
	_, err := tx.Exec(ctx, updateSale, pgx.StrictNamedArgs{"id": s.ID, "state": s.State, "ends": s.EndsAt, "leader": s.Leader, "top": s.Top,
		"seq": s.Seq, "turns": s.Turns, "alarm": s.Alarm, "withdrawn": s.WithdrawnAt, "ended": s.EndedAt, "reason": s.Reason, "now": now})
	return err
}

func addEvent(ctx context.Context, tx pgx.Tx, id int64, e Step) error {
	_, err := tx.Exec(ctx, insertEvent, pgx.StrictNamedArgs{"id": id, "now": e.At, "account": e.AccountID, "event": e.Event,
		"from": e.From, "to": e.To, "reason": e.Reason})
	return err
}

func addIntent(ctx context.Context, tx pgx.Tx, i Intent) error {
	_, err := tx.Exec(ctx, insertIntent, pgx.StrictNamedArgs{"id": i.SaleID, "org": i.OrgID, "account": i.AccountID, "code": i.Code,
		"related": i.Related})
	switch postgres.Constraint(err) {
	case "sale_intent_sale_id_organisation_id_key":
		return fault.Wrap(err, fault.Conflict, "already_filed", "本单位已经提交过受让意向")
	case "sale_intent_sale_id_code_key":
		return fault.Wrap(err, fault.Conflict, "code_taken", "代码恰好重复，请再提交一次")
	}
	return err
}

var errNotFound = fault.New(fault.NotFound, "sale_not_found", "没有找到这项挂牌，可能还没有公开。请从“挂牌”重新查找")
