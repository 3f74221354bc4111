package finance

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
)

const columns = `id, entry_id as entry, product, firm_org, firm_account, bank_org, division, amount_fen as amount, months, purpose, state,
	offered_fen as offered, granted_fen as granted, answer, consent_at, consent_to, version, is_sample as sample, created_at, updated_at`

// mine is the scope of every question: the firm and the bank, nobody else. The service asks again (side).
const mine = `@member::bool and (firm_org = @org or bank_org = @org)`

const (
	insertRequest = `insert into finance_request (entry_id, product, firm_org, firm_account, bank_org, division, amount_fen, months, purpose,
	state, consent_at, consent_to, is_sample, created_at, updated_at)
values (@entry, @product, @firm, @account, @bank, @division, @amount, @months, @purpose, @state, @consent, @until, @sample, @now, @now)
returning id`
	selectRequest = `select ` + columns + ` from finance_request where id = @id and ` + mine
	lockedRequest = selectRequest + ` for no key update`
	updateRequest = `update finance_request set state = @state, offered_fen = @offered, granted_fen = @granted, answer = @answer,
	consent_at = @consent, consent_to = @until, version = @version, updated_at = @now where id = @id`
	listRequests = `select ` + columns + ` from finance_request where ` + mine + ` and (@state::text = '' or state = @state)
	and (@after::bigint = 0 or id < @after) order by id desc limit @limit`
	waitingRequests = `select ` + columns + ` from finance_request where ` + mine + ` and (bank_org = @org and state = 'asked')
order by updated_at, id limit 200`
	clearRecords = `delete from finance_record where request_id = @id`
	addRecord    = `insert into finance_record (request_id, number) select @id, number from unnest(@numbers::text[]) number
on conflict do nothing`
	// sharedNumbers is what the reader may open: the firm its own words, the bank what the consent of this moment names.
	sharedNumbers = `select x.number from finance_record x join finance_request r on r.id = x.request_id
where x.request_id = @id and @member::bool and (r.firm_org = @org or r.bank_org = @org and r.consent_at is not null and r.consent_to >=
	@today
	and r.state in ('asked','offered','granted','overdue')) order by x.number`
	insertStep = `insert into finance_event (request_id, at, account_id, event, from_state, to_state, reason)
values (@id, @now, @account, @event, @from, @to, @reason)`
	selectSteps = `select at, event, from_state as "from", to_state as "to", reason from finance_event where request_id = @id
order by id desc limit 200`
	countRequests = `select state, count(*)::int as n, coalesce(sum(amount_fen), 0)::bigint as asked,
	coalesce(sum(granted_fen), 0)::bigint as granted
from finance_request where is_sample = @sample and (` + mine + ` or division like @area) group by state`
)

func scope(who actor.Actor) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{"org": who.OrgID, "member": who.Member()}
}

func insert(ctx context.Context, tx pgx.Tx, r Request) (id int64, err error) {
	err = tx.QueryRow(ctx, insertRequest, pgx.StrictNamedArgs{"entry": r.Entry, "product": r.Product, "firm": r.FirmOrg,
		"account": r.FirmAccount,
		"bank":    r.BankOrg, "division": r.Division, "amount": r.Amount, "months": r.Months, "purpose": r.Purpose, "state": r.State,
		"consent": r.ConsentAt, "until": r.ConsentTo, "sample": r.Sample, "now": r.CreatedAt}).Scan(&id)
	if postgres.Constraint(err) == "finance_request_open" {
		err = fault.Wrap(err, fault.Conflict, "already_asked", "本单位对这个产品的申请还在办理，请等答复，或先撤回再重新申请")
	}
	return id, err
}

func one(ctx context.Context, q postgres.Querier, sql string, id int64, who actor.Actor) (Request, error) {
	args := scope(who)
	args["id"] = id
	r, err := postgres.One[Request](ctx, q, sql, args)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && r.side(who) == nobody {
		err = errNotFound
	}
	return r, err
}

func update(ctx context.Context, tx pgx.Tx, r *Request, now time.Time) error {
	r.Version++
	r.UpdatedAt = now
	_, err := tx.Exec(ctx, updateRequest, pgx.StrictNamedArgs{"id": r.ID, "state": r.State, "offered": r.Offered, "granted": r.Granted,
		"answer": r.Answer, "consent": r.ConsentAt, "until": r.ConsentTo, "version": r.Version, "now": now})
	return err
}

func setRecords(ctx context.Context, tx pgx.Tx, id int64, numbers []string) error {
	if _, err := tx.Exec(ctx, clearRecords, pgx.StrictNamedArgs{"id": id}); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, addRecord, pgx.StrictNamedArgs{"id": id, "numbers": numbers})
	return err
}

// shared are the numbers that the actor may open at this moment.
func (s *Service) shared(ctx context.Context, who actor.Actor, id int64) ([]string, error) {
	args := scope(who)
	args["id"], args["today"] = id, s.today()
	rows, _ := s.config.DB.Query(ctx, sharedNumbers, args)
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Step is what happened to a request.
type Step struct {
	At     time.Time `json:"at"`
	Event  Event     `json:"event"`
	From   Stage     `json:"from"`
	To     Stage     `json:"to"`
	Reason string    `json:"reason"`
}

func addStep(ctx context.Context, tx pgx.Tx,
	id, account int64, step Step) error {
	_, err := tx.Exec(ctx, insertStep, pgx.StrictNamedArgs{"id": id, "now": step.At, "account": account, "event": step.Event,
		"from": step.From,
		"to":   step.To, "reason": step.Reason})
	return err
}

// Count is a figure of requests at a stage.
type Count struct {
	State   Stage     `json:"state"`
	N       int       `json:"count"`
	Asked   money.Fen `json:"askedFen"`
	Granted money.Fen `json:"grantedFen"`
}
