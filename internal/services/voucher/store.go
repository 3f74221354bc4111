package voucher

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

const schemeColumns = `id, organisation_id as org_id, division, title, number, first_day, last_day, limit_fen as "limit", rate_bp,
	budget_fen as budget,
	valid_days, kinds, terms, source, verified, held_fen as held, issued, version, is_sample as sample, created_at, updated_at`

const caseColumns = `v.id, v.scheme_id as scheme, v.firm_org, v.firm_account, v.provider_org, v.entry_id as entry, v.service, v.kind,
	v.need,
	v.contract_fen as contract, v.related, v.state, v.granted_on, v.due_on, v.amount_fen as amount, v.paid_fen as paid, v.owes_fen as owes,
	v.held_fen as held, v.contract_number as number, v.claimed_fen as claimed, v.asked, v.reason, v.version, v.is_sample as sample,
	v.created_at, v.updated_at`

// mine is the scope of every question about vouchers: the firm, the provider once it was granted, the issuer's officers, and the officers
// above. The service asks again (side).
const mine = `((@member::bool and v.firm_org = @org) or (@member and v.provider_org = @org and v.state not in
	('applied','declined','withdrawn'))
	or (@officer::bool and s.organisation_id = @org) or s.division like @area)`

const (
	insertSchemeSQL = `insert into voucher_scheme (organisation_id, division, title, number, first_day, last_day, limit_fen, rate_bp,
		budget_fen,
	valid_days, kinds, terms, source, verified, created_by, is_sample, created_at, updated_at)
values (@org, @division, @title, @number, @first, @last, @limit, @rate, @budget, @valid, @kinds, @terms, @source, @verified, @account,
	@sample,
	@now, @now) returning id`
	selectScheme = `select ` + schemeColumns + ` from voucher_scheme where id = @id`
	lockedScheme = selectScheme + ` for no key update`
	holdScheme   = `update voucher_scheme set held_fen = (select coalesce(sum(held_fen), 0) from voucher where scheme_id = @id),
		issued = @issued,
	budget_fen = @budget, version = @version, updated_at = @now where id = @id returning held_fen`
	listSchemes = `select ` + schemeColumns + ` from voucher_scheme
where (@org::bigint = 0 or organisation_id = @org) and (@all::bool or last_day >= @today) and (@after::bigint = 0 or id < @after)
order by id desc limit @limit`
	dueSchemes = `select distinct scheme_id as id from voucher where state = 'granted' and due_on < @today order by 1 limit 500`

	insertCaseSQL = `insert into voucher (scheme_id, firm_org, firm_account, provider_org, entry_id, service, kind, need, contract_fen,
		related,
	state, is_sample, created_at, updated_at)
values (@scheme, @firm, @account, @provider, @entry, @service, @kind, @need, @contract, @related, @state, @sample, @now, @now) returning id`
	updateCaseSQL = `update voucher set state = @state, granted_on = @granted, due_on = @due, amount_fen = @amount, paid_fen = @paid,
	owes_fen = @owes, held_fen = @held, contract_number = @number, claimed_fen = @claimed, asked = @asked, reason = @reason,
	version = @version, updated_at = @now where id = @id`
	selectCase = `select ` + caseColumns + ` from voucher v join voucher_scheme s on s.id = v.scheme_id where v.id = @id and ` + mine
	overdueSQL = `select ` + caseColumns + ` from voucher v where v.scheme_id = @id and v.state = 'granted' and v.due_on < @today
order by v.id limit 1000`
	heldSQL = `select coalesce(sum(held_fen), 0)::bigint, coalesce(sum(held_fen) filter (where firm_org = @firm
	and granted_on >= make_date(@year::int, 1, 1) and granted_on < make_date(@year + 1, 1, 1)), 0)::bigint
from voucher where scheme_id = @scheme`
	listCases = `select ` + caseColumns + ` from voucher v join voucher_scheme s on s.id = v.scheme_id
where ` + mine + ` and (@state::text = '' or v.state = @state) and (@scheme::bigint = 0 or v.scheme_id = @scheme)
	and (@after::bigint = 0 or v.id < @after) order by v.id desc limit @limit`
	waitingCases = `select ` + caseColumns + ` from voucher v join voucher_scheme s on s.id = v.scheme_id
where ` + mine + ` and (@desk::bool and (v.state in ('applied','approved') or v.state = 'claimed' and not v.asked
		or v.state = 'void' and v.owes_fen > 0)
	or not @desk and v.firm_org = @org and v.state in ('granted','committed')
	or not @desk and v.provider_org = @org and (v.state = 'done' or v.state = 'claimed' and v.asked))
	and (not @desk or s.organisation_id = @org)
order by v.due_on nulls last, v.updated_at, v.id limit 200`
	countCases = `select v.state, count(*)::int as n, coalesce(sum(v.amount_fen), 0)::bigint as amount, coalesce(sum(v.paid_fen),
		0)::bigint as paid,
	coalesce(sum(v.owes_fen), 0)::bigint as owes
from voucher v join voucher_scheme s on s.id = v.scheme_id
where ` + mine + ` and (@scheme::bigint = 0 or v.scheme_id = @scheme) group by v.state`

	insertFile = `insert into voucher_file (voucher_id, file_id, role, name, size, added_at) values (@id, @file, @role, @name, @size, @now)
on conflict do nothing`
	selectFiles = `select file_id, role, name, size, added_at from voucher_file where voucher_id = @id order by added_at, file_id`
	insertEvent = `insert into voucher_event (voucher_id, scheme_id, at, account_id, event, from_state, to_state, reason, said_fen, moved_fen)
values (@id, @scheme, @now, nullif(@account::bigint, 0), @event, @from, @to, @reason, @said, @moved)`
	selectEvents = `select at, event as act, from_state as "from", to_state as "to", reason, said_fen as said, moved_fen as moved
from voucher_event where voucher_id = @id order by id`
	selectRuled = `select e.at, e.event as act, e.voucher_id as voucher, v.firm_org as firm, v.provider_org as provider, v.kind,
	v.contract_fen as contract, e.said_fen as said
from voucher_event e join voucher v on v.id = e.voucher_id
where e.scheme_id = @id and e.event in ('grant','use','finish','claim','approve','pay','cancel','void','repay') order by e.id limit 20000`
)

// scope are the arguments of mine.
func scope(who actor.Actor) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{"org": who.OrgID, "member": who.Member(), "officer": who.Officer(), "area": who.Area()}
}

func insertScheme(ctx context.Context, tx pgx.Tx, who actor.Actor, d Draw, now time.Time) (id int64, err error) {
	err = tx.QueryRow(ctx, insertSchemeSQL, pgx.StrictNamedArgs{"org": who.OrgID, "division": who.Division, "title": d.Title,
		"number": d.Number,
		"first":  d.FirstDay.Date(), "last": d.LastDay.Date(), "limit": d.Limit, "rate": d.RateBP, "budget": d.Budget, "valid": d.ValidDays,
		"kinds": d.Kinds, "terms": d.Terms, "source": d.Source, "verified": d.Verified, "account": who.AccountID, "sample": who.Sample,
		"now": now}).Scan(&id)
	return id, err
}

func oneScheme(ctx context.Context, q postgres.Querier, sql string, id int64) (Scheme, error) {
	out, err := postgres.One[Scheme](ctx, q, sql, pgx.StrictNamedArgs{"id": id})
	if errors.Is(err, pgx.ErrNoRows) {
		err = errNoScheme
	}
	return out, err
}

func lockScheme(ctx context.Context, tx pgx.Tx, id int64) (Scheme, error) {
	return oneScheme(ctx, tx, lockedScheme, id)
}

// hold sums what the vouchers hold; the table refuses more than the budget, whatever the program says.
func (s *Scheme) hold(ctx context.Context, tx pgx.Tx, now time.Time) error {
	err := tx.QueryRow(ctx, holdScheme, pgx.StrictNamedArgs{"id": s.ID, "issued": s.Issued, "budget": s.Budget, "version": s.Version,
		"now": now}).Scan(&s.Held)
	if postgres.Constraint(err) == "voucher_budget" {
		return fault.Wrap(err, fault.Conflict, OverBudget, "经费余额不够，没有办理。请追加经费后再试")
	}
	return err
}

func insertCase(ctx context.Context, tx pgx.Tx, c Case) (id int64, err error) {
	err = tx.QueryRow(ctx, insertCaseSQL, pgx.StrictNamedArgs{"scheme": c.Scheme, "firm": c.FirmOrg, "account": c.FirmAccount,
		"provider": c.ProviderOrg, "entry": c.Entry, "service": c.Service, "kind": c.Kind, "need": c.Need, "contract": c.Contract,
		"related": c.Related, "state": c.State, "sample": c.Sample, "now": c.CreatedAt}).Scan(&id)
	if postgres.Constraint(err) == "voucher_open" {
		err = fault.Wrap(err, fault.Conflict, "already_applied", "本单位对这项服务的申请还在办理，请等结果，或先撤回再重新申请")
	}
	return id, err
}

func updateCase(ctx context.Context, tx pgx.Tx, c Case) error {
	_, err := tx.Exec(ctx, updateCaseSQL, pgx.StrictNamedArgs{"id": c.ID, "state": c.State, "granted": c.GrantedOn, "due": c.DueOn,
		"amount": c.Amount, "paid": c.Paid, "owes": c.Owes, "held": c.Held, "number": c.Number, "claimed": c.Claimed, "asked": c.Asked,
		"reason": c.Reason, "version": c.Version, "now": c.UpdatedAt})
	return err
}

func oneCase(ctx context.Context, q postgres.Querier, id int64, who actor.Actor) (Case, error) {
	args := scope(who)
	args["id"] = id
	out, err := postgres.One[Case](ctx, q, selectCase, args)
	if errors.Is(err, pgx.ErrNoRows) {
		err = errNoCase
	}
	return out, err
}

func overdueCases(ctx context.Context, tx pgx.Tx, scheme int64, today time.Time) ([]Case, error) {
	return postgres.Many[Case](ctx, tx, overdueSQL, pgx.StrictNamedArgs{"id": scheme, "today": today})
}

// held is what the vouchers of a scheme hold, and of them what those hold that a firm was granted in a year.
func held(ctx context.Context, tx pgx.Tx, scheme, firm int64, year int) (all, ofFirm money.Fen, err error) {
	err = tx.QueryRow(ctx, heldSQL, pgx.StrictNamedArgs{"scheme": scheme, "firm": firm, "year": year}).Scan(&all, &ofFirm)
	return all, ofFirm, err
}

// PaperRole says what a file is to a voucher.
type PaperRole string

// The roles of files.
const (
	FileContract PaperRole = "contract"
	FileInvoice  PaperRole = "invoice"
	FilePayment  PaperRole = "payment"
	FileOther    PaperRole = "other"
)

// PaperRoles lists them.
func PaperRoles() []PaperRole { return []PaperRole{FileContract, FileInvoice, FilePayment, FileOther} }

// Paper is a file of a voucher.
type Paper struct {
	FileID  int64     `json:"fileId"`
	Role    PaperRole `json:"role"`
	Name    string    `json:"name"`
	Size    int64     `json:"size"`
	AddedAt time.Time `json:"addedAt"`
}

func attach(ctx context.Context, tx pgx.Tx, voucher int64, p Paper) error {
	_, err := tx.Exec(ctx, insertFile, pgx.StrictNamedArgs{"id": voucher, "file": p.FileID, "role": p.Role, "name": p.Name, "size": p.Size,
		"now": p.AddedAt})
	return err
}

func papersOf(ctx context.Context, q postgres.Querier, voucher int64) ([]Paper, error) {
	return postgres.Many[Paper](ctx, q, selectFiles, pgx.StrictNamedArgs{"id": voucher})
}

func rolesHeld(ctx context.Context, tx pgx.Tx, voucher int64) (out []PaperRole, err error) {
	papers, err := papersOf(ctx, tx, voucher)
	for _, p := range papers {
		out = append(out, p.Role)
	}
	return out, err
}

// Happening is what happened to a voucher.
type Happening struct {
	At     time.Time  `json:"at"`
	Act    Act        `json:"event"`
	From   Stage      `json:"from"`
	To     Stage      `json:"to"`
	Reason string     `json:"reason"`
	Said   money.Fen  `json:"saidFen"`
	Moved  *money.Fen `json:"movedFen" doc:"规则得出的金额"`
}

func addHappening(ctx context.Context, tx pgx.Tx, c Case, account int64, h Happening) error {
	_, err := tx.Exec(ctx, insertEvent, pgx.StrictNamedArgs{"id": c.ID, "scheme": c.Scheme, "now": h.At, "account": account, "event": h.Act,
		"from": h.From, "to": h.To, "reason": h.Reason, "said": h.Said, "moved": h.Moved})
	return err
}

// ruled is a step that the rule decided.
type ruled struct {
	At                      time.Time
	Act                     Act
	Voucher, Firm, Provider int64
	Kind                    string
	Contract, Said          money.Fen
}

var (
	errNoCase   = fault.New(fault.NotFound, "voucher", "没有找到这张创新券")
	errNoScheme = fault.New(fault.NotFound, "voucher_scheme", "没有找到这个创新券办法")
)
