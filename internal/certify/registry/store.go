package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// --- filings ---

const filingColumns = `id, contract_id, contract_version, kind, point_id, division, intake_no, state, prior_state, version,
	title, seller_name,
	buyer_name, coalesce(seller_org, 0) as seller_org, coalesce(buyer_org, 0) as buyer_org, text_digest, applicant_org, applicant,
	coalesce(registrar, 0) as registrar, coalesce(reviewer, 0) as reviewer, coalesce(expert, 0) as expert, coalesce(head, 0) as head,
	claimed_class, claimed_amount, class, amount, deducted, technical, vat_base, disputed, review, correction, refusal,
	coalesce(number, '') as number, is_sample as sample, policy_id, submitted_at, accepted_at, clock_started_on, paused_on,
	paused_working, paused_calendar, target_on, legal_on, due_on, decided_at, updated_at`

const selectFiling = `select ` + filingColumns + ` from filing where id = @id`

const lockFiling = selectFiling + ` for update`

const insertFiling = `insert into filing (contract_id, contract_version,
	kind, point_id, division, intake_no, state, title, seller_name, buyer_name,
		seller_org, buyer_org, text_digest, applicant_org, applicant, claimed_class, claimed_amount, number, is_sample, policy_id,
		submitted_at, due_on, updated_at)
	values (@contract, @contract_version, @kind, @point, @division,
	@intake_no, @state, @title, @seller, @buyer, nullif(@seller_org, 0), nullif(@buyer_org, 0),
		@text_digest, @applicant_org, @applicant, @claimed_class, @claimed_amount, nullif(@number, ''), @sample, @policy,
		@now, @due_on, @now)
	returning id`

const updateFiling = `update filing set contract_version = @contract_version,
	state = @state, prior_state = @prior_state, version = version + 1, title = @title,
		seller_name = @seller, buyer_name = @buyer, text_digest = @text_digest,
		registrar = nullif(@registrar, 0), reviewer = nullif(@reviewer, 0), expert = nullif(@expert, 0), head = nullif(@head, 0),
		claimed_class = @claimed_class, claimed_amount = @claimed_amount, class = @class, amount = @amount, deducted = @deducted,
		technical = @technical, vat_base = @vat_base, disputed = @disputed, review = @review, correction = @correction, refusal = @refusal,
		number = nullif(@number, ''), accepted_at = @accepted_at, clock_started_on = @clock_started_on, paused_on = @paused_on,
		paused_working = @paused_working, paused_calendar = @paused_calendar, target_on = @target_on, legal_on = @legal_on, due_on = @due_on,
		decided_at = @decided_at, updated_at = @now
	where id = @id and version = @version`

// A person keeps the first part played in a case: only then can the second wall (the primary key) hold.
const insertPart = `insert into filing_part (filing_id, account_id, part) values (@filing, @account, @part) on conflict do nothing`

const selectPart = `select part from filing_part where filing_id = @filing and account_id = @account`

const selectPanel = `select account_id from filing_part where filing_id = @filing and part = 'expert' order by account_id`

const insertEvent = `insert into filing_event (filing_id, number, at, account_id, part, event, from_state, to_state, note, detail, internal)
	values (nullif(@filing, 0), nullif(@number, ''), @at, nullif(@account, 0), @part, @event, @from, @to, @note, @detail, @internal)`

const selectEvents = `select at, coalesce(account_id, 0) as account,
	'' as name, part, event, from_state as "from", to_state as "to", note, internal
	from filing_event where (@filing::bigint <> 0 and filing_id = @filing) or (@number <> '' and number = @number) order by id`

// The number is taken under the row lock of its day and division, so concurrent filings queue up here.
const nextIntake = `insert into intake_sequence (division, day, last) values (@division, @day, 1)
	on conflict (division, day) do update set last = intake_sequence.last + 1 returning last`

// Two branches, each with its index; an "or" reads the whole table.
const selectSimilar = `with found as materialized (
		select id, 'same_text' as why from filing where text_digest <> '' and text_digest = @digest
		union all
		select id, 'same_parties_amount' from filing where seller_name = @seller and buyer_name = @buyer and claimed_amount = @amount)
	select f.id, f.intake_no, f.title, f.state, max(found.why) as why
	from found join filing f using (id) where f.contract_id <> @contract and f.is_sample = @sample
	group by f.id order by f.id desc limit 10`

// The same signed text between the same parties is one contract, whatever its title (R10). Filings that ended without a
// registration do not count: the applicant may mend and file anew. What counts for a change is
// when the contract was first filed: a later copy makes no change of it a duplicate.
const existsDuplicate = `select exists (select from filing where contract_id <> @contract and is_sample = @sample
	and id < case when @change then (select min(id) from filing where contract_id = @contract) else @id end
	and text_digest <> '' and text_digest = @digest and seller_name = @seller and buyer_name = @buyer
	and state not in ('declined', 'withdrawn', 'refused', 'cancelled'))`

const selectRegisteredBefore = `select ` + filingColumns + ` from filing
	where contract_id = @contract and id < @filing and contract_version < @version and state = 'registered' order by id desc limit 1`

// Contracts of the same sides within a year, each below the amount for experts, which reach it together: a hint, no finding.
const selectSplit = `select id, intake_no, title, state, 'split' as why from filing
	where contract_id <> @contract and is_sample = @sample and seller_name = @seller and buyer_name = @buyer
	and submitted_at between @at::timestamptz - interval '1 year' and @at::timestamptz + interval '1 year'
	and state not in ('declined', 'withdrawn', 'refused') and coalesce(technical, claimed_amount) < @large
	and coalesce(technical, claimed_amount) + @amount::bigint >= @large order by id desc limit 10`

const existsPolicy = `select exists (select from filing where policy_id = @policy)`

const selectFilingsOfNumber = `select ` + queueColumns +
	` from filing where contract_id = (select contract_id from registration where number = @number) order by id`

const lockOpenOfPoint = `select ` + filingColumns + ` from filing where point_id = @point and decided_at is null order by id for update`

const updateFilingPoint = `update filing set point_id = @point, division = @division, version = version + 1, updated_at = @now
	where id = @id`

// Each figure counts the filings or entries whose own date lies in the year; a correction or return counts in the year of its case.
const selectFigures = `select
	(count(*) filter (where submitted_at >= @from and submitted_at < @to))::int as submitted,
	(count(*) filter (where accepted_at >= @from and accepted_at < @to))::int as accepted,
	(count(*) filter (where in_year))::int as decided,
	(count(*) filter (where in_year and 'declined' in (state, prior_state)))::int as declined,
	(count(*) filter (where in_year and 'refused' in (state, prior_state)))::int as refused,
	(select coalesce(sum(contracts), 0)::int from period_entry where point_id = @point and kind = 'register' and booked_on between @first::date
	and @last::date) as registered,
	(select coalesce(sum(amount), 0)::bigint from period_entry where point_id = @point and booked_on between @first::date
	and @last::date) as amount,
	(select coalesce(sum(technical), 0)::bigint from period_entry where point_id = @point and booked_on between @first::date
	and @last::date) as technical,
	(count(*) filter (where in_year and target_on is not null and decided_at::date <= target_on))::int as in_target,
	(count(*) filter (where in_year and legal_on is not null and decided_at::date > legal_on))::int as past_legal,
	(count(*) filter (where correction is not null and submitted_at >= @from and submitted_at < @to))::int as corrected,
	(select count(*)::int from filing_event e join filing g on g.id = e.filing_id where g.point_id = @point and e.event = 'return_to_review'
	and e.at >= @from and e.at < @to) as returned,
	(select count(*)::int from registration where point_id = @point and 'cancelled' in (state, prior_state) and ended_on between @first::date
	and @last::date) as cancelled,
	(select count(*)::int from registration where point_id = @point and 'revoked' in (state, prior_state) and ended_on between @first::date
	and @last::date) as revoked,
	0 as staff, 0 as trained
	from (select *, decided_at >= @from and decided_at < @to as in_year from filing where point_id = @point) f`

const insertWarning = `insert into deadline_warning (filing_id, level, due_on, at) values (@filing, @level, @due, @now)
	on conflict do nothing`

// --- helpers ---

func filingNotFound() error {
	return fault.New(fault.NotFound, "filing_not_found", "没有找到这件申请。请从在办列表中打开")
}

func addFiling(ctx context.Context, tx pgx.Tx, f Filing, now time.Time) (id int64, err error) {
	return id, tx.QueryRow(ctx, insertFiling, pgx.StrictNamedArgs{
		"contract": f.ContractID, "contract_version": f.ContractVersion, "kind": f.Kind, "point": f.PointID, "division": f.Division,
		"intake_no": f.IntakeNo, "state": f.State, "title": f.Title, "seller": f.SellerName, "buyer": f.BuyerName, "seller_org": f.SellerOrg,
		"buyer_org": f.BuyerOrg, "text_digest": f.TextDigest, "applicant_org": f.ApplicantOrg, "applicant": f.Applicant,
		"claimed_class": f.ClaimedClass, "claimed_amount": f.ClaimedAmount, "number": f.Number, "sample": f.Sample, "policy": f.PolicyID,
		"due_on": f.DueOn, "now": now,
	}).Scan(&id)
}

func storeFiling(ctx context.Context, tx pgx.Tx, f Filing, now time.Time) error {
	tag, err := tx.Exec(ctx, updateFiling, pgx.StrictNamedArgs{
		"id": f.ID, "version": f.Version, "contract_version": f.ContractVersion, "state": f.State, "prior_state": f.PriorState, "title": f.Title,
		"seller": f.SellerName, "buyer": f.BuyerName, "text_digest": f.TextDigest, "registrar": f.Registrar,
		"reviewer": f.Reviewer, "expert": f.Expert, "head": f.Head, "claimed_class": f.ClaimedClass, "claimed_amount": f.ClaimedAmount,
		"class": f.Class, "amount": f.Amount, "deducted": f.Deducted, "technical": f.Technical, "vat_base": f.VATBase, "disputed": f.Disputed,
		"review": f.Review, "correction": f.Correction, "refusal": f.Refusal, "number": f.Number, "accepted_at": f.AcceptedAt,
		"clock_started_on": f.ClockStartedOn, "paused_on": f.PausedOn, "paused_working": f.PausedWorking, "paused_calendar": f.PausedCalendar,
		"target_on": f.TargetOn, "legal_on": f.LegalOn, "due_on": f.DueOn, "decided_at": f.DecidedAt, "now": now,
	})
	if err == nil && tag.RowsAffected() == 0 {
		return fault.Stale()
	}
	return err
}

func addEvent(ctx context.Context, tx pgx.Tx, filing int64, number string, e EventRow, detail map[string]any) error {
	if detail == nil {
		detail = map[string]any{}
	}
	_, err := tx.Exec(
		ctx,
		insertEvent,
		pgx.StrictNamedArgs{"filing": filing, "number": number, "at": e.At, "account": e.Account, "part": e.Part,
			"event": e.Event, "from": e.From, "to": e.To, "note": e.Note, "detail": detail, "internal": e.Internal},
	)
	return err
}

// registeredBefore reads the filing whose version a change amends; nil where the registration came from elsewhere.
func registeredBefore(ctx context.Context, q postgres.Querier, f Filing) (*Filing, error) {
	before, err := postgres.One[Filing](ctx, q, selectRegisteredBefore,
		pgx.StrictNamedArgs{"contract": f.ContractID, "version": f.ContractVersion, "filing": f.ID})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &before, err
}

func readFiling(ctx context.Context, q postgres.Querier, id int64) (Filing, error) {
	f, err := postgres.One[Filing](ctx, q, selectFiling, pgx.StrictNamedArgs{"id": id})
	if errors.Is(err, pgx.ErrNoRows) {
		return f, filingNotFound()
	}
	return f, err
}

// PolicyUsed reports whether a filing counts with a row of the clock.
func PolicyUsed(ctx context.Context, q postgres.Querier, policy int64) (used bool, err error) {
	return used, q.QueryRow(ctx, existsPolicy, pgx.StrictNamedArgs{"policy": policy}).Scan(&used)
}

// YearOf computes what a point's desk did in a year; staff and training are the point's own to count.
func YearOf(ctx context.Context, q postgres.Querier, pointID int64, year int) (point.Figures, error) {
	from := time.Date(year, 1, 1, 0, 0, 0, 0, clock.Zone())
	return postgres.One[point.Figures](ctx, q, selectFigures, pgx.StrictNamedArgs{"point": pointID, "from": from, "to": from.AddDate(1, 0, 0),
		"first": fmt.Sprintf("%d-01-01", year), "last": fmt.Sprintf("%d-12-31", year)})
}
