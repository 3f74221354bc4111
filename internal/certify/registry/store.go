package registry

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
)

// --- points ---

const pointColumns = `id, name, kind, organisation_id, division, coalesce(serves_org, 0) as serves_org, region4, code2, state,
	address, phone, hours, number_source, second_review, coalesce(experts_from, 0) as experts_from, authorised_from, authorised_to,
	is_sample as sample, version`

const selectPoint = `select ` + pointColumns + ` from point where id = @id`

const selectPoints = `select ` + pointColumns + ` from point
	where (@league = '' or left(division, 4) = left(@league, 4))
	  and (@kind = '' or kind = @kind)
	  and (@text = '' or name ilike '%' || @text || '%' or address ilike '%' || @text || '%')
	order by division, code2, id`

const selectHosted = `select ` + pointColumns + ` from point where organisation_id = @org order by id`

const selectCandidates = `select ` + pointColumns + ` from point
	where (division = any(@path) or serves_org = @org) and state <> 'suspended' and is_sample = @sample
	  and authorised_from <= @today and (authorised_to is null or authorised_to >= @today)
	order by id`

const insertPoint = `insert into point (name, kind, organisation_id, division, serves_org, region4, code2, address, phone, hours,
		authorised_from, authorised_to, is_sample, created_at)
	values (@name, @kind, @org, @division, nullif(@serves, 0), @region4, @code2, @address, @phone, @hours, @from, @to, @sample, @now)
	returning id`

const updatePoint = `update point set name = @name, kind = @kind, organisation_id = @org, division = @division, serves_org = nullif(@serves, 0),
		region4 = @region4, code2 = @code2, address = @address, phone = @phone, hours = @hours, number_source = @source,
		second_review = @second_review, experts_from = nullif(@experts_from, 0), state = @state, authorised_from = @from, authorised_to = @to, version = version + 1
	where id = @id and version = @version::bigint` // what a program sends may be larger than the column

func readPoint(ctx context.Context, q postgres.Querier, id int64) (Point, error) {
	p, err := postgres.One[Point](ctx, q, selectPoint, pgx.StrictNamedArgs{"id": id})
	if errors.Is(err, pgx.ErrNoRows) {
		return Point{}, fault.New(fault.NotFound, "point_not_found", "没有这个登记点。请从登记点名录中选择")
	}
	return p, err
}

func (p Point) args() pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{"name": p.Name, "kind": p.Kind, "org": p.OrganisationID, "division": p.Division, "serves": p.ServesOrg,
		"region4": p.Region4, "code2": p.Code2, "address": p.Address, "phone": p.Phone, "hours": p.Hours,
		"from": p.AuthorisedFrom, "to": p.AuthorisedTo}
}

func addPoint(ctx context.Context, tx pgx.Tx, p Point, now time.Time) (id int64, err error) {
	args := p.args()
	args["sample"], args["now"] = p.Sample, now
	return id, tx.QueryRow(ctx, insertPoint, args).Scan(&id)
}

func storePoint(ctx context.Context, tx pgx.Tx, p Point) error {
	args := p.args()
	args["id"], args["version"], args["source"], args["state"] = p.ID, p.Version, p.NumberSource, p.State
	args["second_review"], args["experts_from"] = p.SecondReview, p.ExpertsFrom
	tag, err := tx.Exec(ctx, updatePoint, args)
	if err == nil && tag.RowsAffected() == 0 {
		return fault.Stale()
	}
	return err
}

// --- clock ---

const policyColumns = `id, name, valid_from, valid_to, target_days, target_unit, legal_days, legal_unit, large_target_days, large_legal_days,
	large_amount, correction_days, correction_resets_clock, active, source`

const selectPolicies = `select ` + policyColumns + ` from sla_policy order by valid_from desc, id desc`

const selectPolicy = `select ` + policyColumns + ` from sla_policy where id = @id`

// The newest active row holds; where several start on one day the later row does.
const selectPolicyOn = `select ` + policyColumns + ` from sla_policy
	where active and valid_from <= @day and (valid_to is null or valid_to >= @day) order by valid_from desc, id desc limit 1`

const lockPolicies = selectPolicies + ` for update`

const insertPolicy = `insert into sla_policy (name, valid_from, valid_to, target_days, target_unit, legal_days, legal_unit, large_target_days,
		large_legal_days, large_amount, correction_days, correction_resets_clock, active, source)
	values (@name, @from, @to, @target, @target_unit, @legal, @legal_unit, @large_target, @large_legal, @large, @correction, @resets, @active, @source)
	returning id`

const updatePolicy = `update sla_policy set name = @name, valid_from = @from, valid_to = @to, target_days = @target, target_unit = @target_unit,
		legal_days = @legal, legal_unit = @legal_unit, large_target_days = @large_target, large_legal_days = @large_legal, large_amount = @large,
		correction_days = @correction, correction_resets_clock = @resets, active = @active, source = @source
	where id = @id and not exists (select from filing where policy_id = @id) returning id`

const selectHolidays = `select day, kind, name from holiday order by day`

const upsertHoliday = `insert into holiday (day, kind, name) values (@day, @kind, @name)
	on conflict (day) do update set kind = excluded.kind, name = excluded.name`

func storePolicy(ctx context.Context, tx pgx.Tx, p Policy) (id int64, err error) {
	args := pgx.StrictNamedArgs{"name": p.Name, "from": p.ValidFrom, "to": p.ValidTo, "target": p.TargetDays, "target_unit": p.TargetUnit, "legal": p.LegalDays,
		"legal_unit": p.LegalUnit, "large_target": p.LargeTargetDays, "large_legal": p.LargeLegalDays, "large": p.LargeAmount, "correction": p.CorrectionDays,
		"resets": p.CorrectionResetsClock, "active": p.Active, "source": p.Source}
	sql := insertPolicy
	if p.ID != 0 {
		sql, args["id"] = updatePolicy, p.ID
	}
	return id, tx.QueryRow(ctx, sql, args).Scan(&id)
}

func readCalendar(ctx context.Context, q postgres.Querier) (clock.Calendar, error) {
	days, err := postgres.Many[Holiday](ctx, q, selectHolidays, pgx.StrictNamedArgs{})
	c := make(clock.Calendar, len(days))
	for _, d := range days {
		c[d.Day.Format(time.DateOnly)] = d.Kind
	}
	return c, err
}

// --- filings ---

const filingColumns = `id, contract_id, contract_version, kind, point_id, division, intake_no, state, prior_state, version, title, seller_name,
	buyer_name, coalesce(seller_org, 0) as seller_org, coalesce(buyer_org, 0) as buyer_org, text_digest, applicant_org, applicant,
	coalesce(registrar, 0) as registrar, coalesce(reviewer, 0) as reviewer, coalesce(expert, 0) as expert, coalesce(head, 0) as head,
	claimed_class, claimed_amount, class, amount, deducted, technical, vat_base, disputed, review, correction, refusal,
	coalesce(number, '') as number, is_sample as sample, policy_id, submitted_at, accepted_at, clock_started_on, paused_on,
	paused_working, paused_calendar, target_on, legal_on, due_on, decided_at, updated_at`

const selectFiling = `select ` + filingColumns + ` from filing where id = @id`

const lockFiling = selectFiling + ` for update`

const insertFiling = `insert into filing (contract_id, contract_version, kind, point_id, division, intake_no, state, title, seller_name, buyer_name,
		seller_org, buyer_org, text_digest, applicant_org, applicant, claimed_class, claimed_amount, number, is_sample, policy_id,
		submitted_at, due_on, updated_at)
	values (@contract, @contract_version, @kind, @point, @division, @intake_no, @state, @title, @seller, @buyer, nullif(@seller_org, 0), nullif(@buyer_org, 0),
		@text_digest, @applicant_org, @applicant, @claimed_class, @claimed_amount, nullif(@number, ''), @sample, @policy,
		@now, @due_on, @now)
	returning id`

const updateFiling = `update filing set contract_version = @contract_version, state = @state, prior_state = @prior_state, version = version + 1, title = @title,
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

const insertEvent = `insert into filing_event (filing_id, number, at, account_id, part, event, from_state, to_state, note, detail, internal)
	values (nullif(@filing, 0), nullif(@number, ''), @at, nullif(@account, 0), @part, @event, @from, @to, @note, @detail, @internal)`

const selectEvents = `select at, coalesce(account_id, 0) as account, '' as name, part, event, from_state as "from", to_state as "to", note, internal
	from filing_event where (@filing <> 0 and filing_id = @filing) or (@number <> '' and number = @number) order by id`

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
// registration do not count: the applicant may mend and file anew.
const existsDuplicate = `select exists (select from filing where contract_id <> @contract and id < @id and is_sample = @sample
	and text_digest <> '' and text_digest = @digest and seller_name = @seller and buyer_name = @buyer
	and state not in ('declined', 'withdrawn', 'refused', 'cancelled'))`

const selectVersionBefore = `select contract_version as version from filing
	where contract_id = @contract and id < @filing and contract_version < @version and state = 'registered' order by id desc limit 1`

type versionRow struct{ Version int }

// --- lists ---

const queueColumns = `id, intake_no, coalesce(number, '') as number, kind, state, title, seller_name, buyer_name, point_id,
	coalesce(nullif(class, ''), claimed_class) as class, claimed_amount, technical, coalesce(registrar, 0) as registrar, submitted_at,
	is_sample as sample, clock_started_on, target_on, legal_on, due_on`

const selectFilingsOfNumber = `select ` + queueColumns + ` from filing where contract_id = (select contract_id from registration where number = @number) order by id`

type queueRow struct {
	ID             int64
	IntakeNo       string
	Number         string
	Kind           FilingKind
	State          State
	Title          string
	SellerName     string
	BuyerName      string
	PointID        int64
	Class          string
	ClaimedAmount  money.Fen
	Technical      *money.Fen
	Registrar      int64
	SubmittedAt    time.Time
	Sample         bool
	ClockStartedOn *time.Time
	TargetOn       *time.Time
	LegalOn        *time.Time
	DueOn          time.Time
}

type stateCount struct {
	State   State
	Count   int
	Overdue int
}

// listQuery is a statement put together from fixed pieces; values travel as arguments only.
type listQuery struct {
	columns, from, order string
	where                []string
	args                 pgx.StrictNamedArgs
}

func (q *listQuery) and(condition string, args ...any) {
	q.where = append(q.where, condition)
	for i := 0; i < len(args); i += 2 {
		q.args[args[i].(string)] = args[i+1]
	}
}

func (q *listQuery) sql(limit int) string {
	return fmt.Sprintf("select %s from %s where %s order by %s limit %d", q.columns, q.from, strings.Join(q.where, " and "), q.order, limit)
}

func (q *listQuery) counts() string {
	return fmt.Sprintf("select state, count(*)::int as count, (count(*) filter (where due_on < @today))::int as overdue from %s where %s group by state",
		q.from, strings.Join(q.where, " and "))
}

func (q *listQuery) argsWith(name string, value any) pgx.StrictNamedArgs {
	q.args[name] = value
	return q.args
}

// within narrows a list to the actor's scope. One condition alone lets PostgreSQL use its index.
func (q *listQuery) within(sc scope, point int64) {
	var any []string
	if len(sc.points) > 0 {
		any = append(any, "point_id = any(@points)")
		q.args["points"] = sc.points
	}
	switch sc.division {
	case "":
	case "15%": // every point lies in the region
		any = append(any, "true")
	default:
		any = append(any, "division like @division")
		q.args["division"] = sc.division
	}
	if sc.org != 0 {
		any = append(any, "applicant_org = @org", "seller_org = @org", "buyer_org = @org")
		q.args["org"] = sc.org
	}
	if any == nil {
		any = []string{"false"}
	}
	q.and("(" + strings.Join(any, " or ") + ")")
	if point != 0 {
		q.and("point_id = @point", "point", point)
	}
}

func (q *listQuery) text(text, key string) {
	if text != "" {
		q.and("(title ilike @text or seller_name ilike @text or buyer_name ilike @text or "+key+")", "text", "%"+postgres.Literal(text)+"%", "exact", text)
	}
}

func isID(s string) bool { _, err := strconv.ParseInt(s, 10, 64); return err == nil }

func queueQuery(sc scope, f QueueFilter, open bool) *listQuery {
	q := &listQuery{columns: queueColumns, from: "filing", order: "id desc", args: pgx.StrictNamedArgs{}}
	q.within(sc, f.PointID)
	if open {
		q.order = "due_on, id"
		q.and("decided_at is null")
	}
	if f.ContractID != 0 {
		q.and("contract_id = @contract", "contract", f.ContractID)
	}
	if len(f.States) > 0 {
		q.and("state = any(@states)", "states", f.States)
	}
	if f.Class != "" {
		q.and("coalesce(nullif(class, ''), claimed_class) like @class", "class", postgres.Literal(f.Class)+"%")
	}
	if clock.IsDate(f.DueBefore) {
		q.and("due_on <= @due::date", "due", f.DueBefore)
	}
	if f.Mine {
		q.and("exists (select from filing_part p where p.filing_id = filing.id and p.account_id = @account)", "account", sc.account)
	}
	q.text(f.Text, "intake_no = @exact or number = @exact")
	if at := position(f.Cursor, 2); at != nil && clock.IsDate(at[0]) && isID(at[1]) {
		if open {
			q.and("(due_on, id) > (@after_day::date, @after_id::bigint)", "after_day", at[0], "after_id", at[1])
		} else {
			q.and("id < @after_id::bigint", "after_id", at[1])
		}
	}
	return q
}

func registrationQuery(sc scope, f RegistrationFilter) *listQuery {
	q := &listQuery{columns: registrationColumns, from: "registration", order: "number desc", args: pgx.StrictNamedArgs{}}
	q.within(sc, f.PointID)
	if len(f.States) > 0 {
		q.and("state = any(@states)", "states", f.States)
	}
	if f.Class != "" {
		q.and("class like @class", "class", postgres.Literal(f.Class)+"%")
	}
	if f.From != "" {
		q.and("registered_on >= @from::date", "from", f.From)
	}
	if f.To != "" {
		q.and("registered_on <= @to::date", "to", f.To)
	}
	q.text(f.Text, "number = @exact")
	if at := position(f.Cursor, 1); at != nil {
		q.and("number < @after", "after", at[0])
	}
	return q
}

// --- numbers, registrations, certificates ---

const nextNumber = `insert into number_sequence (point_id, year, last) values (@point, @year, 1)
	on conflict (point_id, year) do update set last = number_sequence.last + 1 returning last`

const skipNumber = `insert into number_sequence (point_id, year, last) values (@point, @year, @serial)
	on conflict (point_id, year) do update set last = greatest(number_sequence.last, excluded.last)`

const registrationColumns = `number, contract_id, point_id, division, applicant_org, state, prior_state, version, lock_version, title, class, field,
	plan_source, ip_kind, social_goal, seller_name, coalesce(seller_org, 0) as seller_org, seller_kind, seller_country, seller_division, buyer_name,
	coalesce(buyer_org, 0) as buyer_org, buyer_country, buyer_division, amount, technical, vat_base, income, registered_on, ended_on, tax_review,
	cancel_request, ending, is_sample as sample`

const selectRegistration = `select ` + registrationColumns + ` from registration where number = @number`

const lockRegistration = selectRegistration + ` for update`

const insertRegistration = `insert into registration (number, contract_id, point_id, division, applicant_org, state, version, title, class, field, plan_source,
		ip_kind, social_goal, seller_name, seller_org, seller_kind, seller_country, seller_division, buyer_name, buyer_org, buyer_country, buyer_division,
		amount, technical, vat_base, registered_on, is_sample)
	values (@number, @contract, @point, @division, @applicant_org, @state, @version, @title, @class, @field, @plan_source, @ip_kind, @social_goal, @seller, nullif(@seller_org, 0),
		@seller_kind, @seller_country, @seller_division, @buyer, nullif(@buyer_org, 0), @buyer_country, @buyer_division, @amount, @technical,
		@vat_base, @registered_on, @sample)`

const updateRegistration = `update registration set state = @state, prior_state = @prior_state, version = @version, lock_version = lock_version + 1, title = @title,
		class = @class, field = @field, plan_source = @plan_source, ip_kind = @ip_kind, social_goal = @social_goal, seller_name = @seller, seller_kind = @seller_kind,
		seller_country = @seller_country, seller_division = @seller_division, buyer_name = @buyer, buyer_country = @buyer_country,
		buyer_division = @buyer_division, amount = @amount, technical = @technical, vat_base = @vat_base, income = @income, ended_on = @ended_on,
		tax_review = @tax_review, cancel_request = @cancel_request, ending = @ending
	where number = @number and lock_version = @lock_version`

const insertEntry = `insert into period_entry (number, version, kind, leg, booked_on, contracts, amount, technical, class, field, seller_kind, plan_source,
		ip_kind, social_goal, seller_country, seller_division, buyer_country, buyer_division, point_id, is_sample)
	values (@number, @version, @kind, @leg, @booked_on, @contracts, @amount, @technical, @class, @field, @seller_kind, @plan_source, @ip_kind,
		@social_goal, @seller_country, @seller_division, @buyer_country, @buyer_division, @point, @sample)`

const selectEntries = `select kind, leg, version, booked_on, contracts, amount, technical from period_entry where number = @number order by id`

const insertIncome = `insert into income (number, amount, booked_on, booked_by, note) values (@number, @amount, @booked_on, @by, @note)`

const selectIncomes = `select id, amount, booked_on, note from income where number = @number order by id`

const selectText = `select pages, failure from file_text where digest = @digest`

const insertText = `insert into file_text (digest, pages, failure, read_at) values (@digest, @pages, @failure, @now) on conflict do nothing`

const certificateColumns = `number, version, state, body, digest, suite, key_id, signature, check_code, ledger_seq, issued_at, root, coalesce(file_id, 0) as file_id, failure`

const selectCertificates = `select ` + certificateColumns + ` from certificate where number = @number order by version desc`

const selectCertificate = `select ` + certificateColumns + ` from certificate where number = @number and version = @version`

const insertCertificate = `insert into certificate (number, version, state, body, digest, suite, key_id, signature, check_code, ledger_seq, issued_at)
	values (@number, @version, 'valid', @body, @digest, @suite, @key_id, @signature, @check_code, @ledger_seq, @issued_at)`

const markCertificates = `update certificate set state = @state where number = @number and state = 'valid'`

const lockCertificate = selectCertificate + ` for update`

const setCertificateRoot = `update certificate set root = @root where number = @number and version = @version and root is null`

const setCertificateFailure = `update certificate set failure = @failure where number = @number and version = @version and file_id is null`

const selectFailedCertificates = `select number, version from certificate where failure <> ''`

const setCertificateFile = `update certificate set file_id = @file, failure = '' where number = @number and version = @version and file_id is null`

const insertNotice = `insert into notice_task (number, division, audience, title, body, created_at) values (@number, @division, @audience, @title, @body, @at)`

const selectNotices = `select id, number, division, audience, title, body, created_at, done_at from notice_task
	where (done_at is null or @done) and left(division, @prefix) = left(@division, @prefix) order by id desc limit 200`

const closeNotice = `update notice_task set done_at = @at, done_by = @by where id = @id and done_at is null returning number, division`

// --- helpers ---

func filingNotFound() error {
	return fault.New(fault.NotFound, "filing_not_found", "没有找到这件申请。请从在办列表中打开")
}

func registrationNotFound() error {
	return fault.New(fault.NotFound, "registration_not_found", "没有找到这个登记编号。请核对 16 位编号")
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
	_, err := tx.Exec(ctx, insertEvent, pgx.StrictNamedArgs{"filing": filing, "number": number, "at": e.At, "account": e.Account, "part": e.Part,
		"event": e.Event, "from": e.From, "to": e.To, "note": e.Note, "detail": detail, "internal": e.Internal})
	return err
}

func (r Registration) args() pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{"number": r.Number, "state": r.State, "version": r.Version, "title": r.Title, "class": r.Class, "field": r.Field,
		"plan_source": r.PlanSource, "ip_kind": r.IPKind, "social_goal": r.SocialGoal, "seller": r.SellerName, "seller_kind": r.SellerKind, "seller_country": r.SellerCountry,
		"seller_division": r.SellerDivision, "buyer": r.BuyerName, "buyer_country": r.BuyerCountry, "buyer_division": r.BuyerDivision,
		"amount": r.Amount, "technical": r.Technical, "vat_base": r.VATBase}
}

func addRegistration(ctx context.Context, tx pgx.Tx, r Registration) error {
	args := r.args()
	args["contract"], args["point"], args["division"], args["applicant_org"] = r.ContractID, r.PointID, r.Division, r.ApplicantOrg
	args["seller_org"], args["buyer_org"], args["registered_on"], args["sample"] = r.SellerOrg, r.BuyerOrg, r.RegisteredOn, r.Sample
	_, err := tx.Exec(ctx, insertRegistration, args)
	return err
}

func storeRegistration(ctx context.Context, tx pgx.Tx, r Registration) error {
	args := r.args()
	args["prior_state"], args["lock_version"], args["income"], args["ended_on"] = r.PriorState, r.LockVersion, r.Income, r.EndedOn
	args["tax_review"], args["cancel_request"], args["ending"] = r.TaxReview, r.CancelRequest, r.Ending
	tag, err := tx.Exec(ctx, updateRegistration, args)
	if err == nil && tag.RowsAffected() == 0 {
		return fault.Stale()
	}
	return err
}

// book writes one entry of today's period in the registration's own cells, times sign.
func book(ctx context.Context, tx pgx.Tx, r Registration, kind, leg string, day time.Time, contracts int, amount, technical money.Fen) error {
	_, err := tx.Exec(ctx, insertEntry, pgx.StrictNamedArgs{"number": r.Number, "version": r.Version, "kind": kind, "leg": leg, "booked_on": day,
		"contracts": contracts, "amount": amount, "technical": technical, "class": r.Class, "field": r.Field, "seller_kind": r.SellerKind,
		"plan_source": r.PlanSource, "ip_kind": r.IPKind, "social_goal": r.SocialGoal, "seller_country": r.SellerCountry, "seller_division": r.SellerDivision,
		"buyer_country": r.BuyerCountry, "buyer_division": r.BuyerDivision, "point": r.PointID, "sample": r.Sample})
	return err
}

// takeNumber gives the next 16-digit number of a point and year: year, region4, point, serial (registration.md §5).
func takeNumber(ctx context.Context, tx pgx.Tx, p Point, year int) (string, error) {
	var serial int
	err := tx.QueryRow(ctx, nextNumber, pgx.StrictNamedArgs{"point": p.ID, "year": year}).Scan(&serial)
	if postgres.Constraint(err) == "number_sequence_last_check" {
		return "", fault.New(fault.Conflict, "numbers_used_up", "本登记点今年的编号已用完。请联系自治区管理员增设登记点代码")
	}
	if err != nil {
		return "", fmt.Errorf("take number: %w", err)
	}
	return fmt.Sprintf("%04d%s%s%06d", year, p.Region4, p.Code2, serial), nil
}
