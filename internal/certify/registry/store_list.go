package registry

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
)

// --- lists ---

const queueColumns = `id, intake_no, coalesce(number, '') as number, kind, state, title, seller_name, buyer_name, point_id,
	coalesce(nullif(class, ''), claimed_class) as class, claimed_amount, technical, coalesce(registrar, 0) as registrar, submitted_at,
	is_sample as sample, clock_started_on, target_on, legal_on, due_on`

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
	Others  int
	Lapsed  int
}

// listQuery is a statement put together from fixed pieces; values travel as arguments only.
type listQuery struct {
	columns, from, order string
	filings              bool // rows are filings, not registrations
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

// deskClock holds while the desk's own clock runs: it is what deadline.Of calls overdue.
const deskClock = "clock_started_on is not null and paused_on is null"

// othersTurn holds for a case that waits for experts, among them not @account: it was not assigned, or its opinion stands.
const othersTurn = `(state = 'awaiting_experts' and (
		not exists (select from filing_part p where p.filing_id = filing.id and p.account_id = @account and p.part = 'expert')
		or exists (select from jsonb_array_elements(review->'panel') v
			where (v->>'accountId')::bigint = @account and not coalesce((v->>'void')::boolean, false))))`

// lapsed holds for a correction that the applicant can't or won't answer any more: only the desk can end it.
const lapsed = "(state = 'correcting' and (correction->>'dueOn' < @day or correction->'declined' is not null))"

func (q *listQuery) counts(account int64, today time.Time) string {
	q.args["today"], q.args["account"], q.args["day"] = today, account, today.Format(time.DateOnly)
	return fmt.Sprintf(
		"select state, count(*)::int as count, (count(*) filter (where due_on < @today and "+deskClock+"))::int as overdue,"+
			" (count(*) filter (where "+othersTurn+"))::int as others, (count(*) filter (where "+lapsed+"))::int as lapsed"+
			" from %s where %s group by state",
		q.from,
		strings.Join(q.where, " and "),
	)
}

func (q *listQuery) count() string {
	return fmt.Sprintf("select count(*)::int from %s where %s", q.from, strings.Join(q.where, " and "))
}

// Condition narrows rows with point_id and division to the scope; orgs are the columns that hold whose rows they are. One condition
// alone lets PostgreSQL use its index.
func (sc Scope) Condition(args pgx.StrictNamedArgs, orgs ...string) string {
	var any []string
	if len(sc.Points) > 0 {
		any = append(any, "point_id = any(@points)")
		args["points"] = sc.Points
	}
	switch sc.Division {
	case "":
	case "15%": // every point lies in the region
		any = append(any, "true")
	default:
		any = append(any, "division like @division")
		args["division"] = sc.Division
	}
	if sc.Org != 0 {
		for _, column := range orgs {
			any = append(any, column+" = @org")
		}
		args["org"] = sc.Org
	}
	if any == nil {
		any = []string{"false"}
	}
	return "(" + strings.Join(any, " or ") + ")"
}

func (q *listQuery) within(sc Scope, point int64) {
	condition := sc.Condition(q.args, "applicant_org", "seller_org", "buyer_org")
	if len(sc.CoSold) > 0 {
		condition = "(" + condition + " or contract_id = any(@cosold))"
		q.args["cosold"] = sc.CoSold
	}
	if sc.Expert && q.filings {
		condition = "(" + condition + " or exists (select from filing_part p where p.filing_id = filing.id" +
			" and p.account_id = @expert and p.part = 'expert'))"
		q.args["expert"] = sc.Account
	}
	q.and(condition)
	if point != 0 {
		q.and("point_id = @point", "point", point)
	}
}

// text looks for a name or, by a condition of its own, for a number.
func (q *listQuery) text(text, number string, args ...any) {
	if text != "" {
		q.and("(title ilike @text or seller_name ilike @text or buyer_name ilike @text or "+number+")",
			append(args, "text", "%"+postgres.Literal(text)+"%", "printed", codes.Printed(text))...)
	}
}

func isID(s string) bool { _, err := strconv.ParseInt(s, 10, 64); return err == nil }

func queueQuery(sc Scope, f QueueFilter, open bool) *listQuery {
	q := &listQuery{columns: queueColumns, from: "filing", filings: true, order: "id desc", args: pgx.StrictNamedArgs{}}
	q.within(sc, f.PointID)
	if open {
		q.order = "due_on, id"
		q.and("decided_at is null")
	}
	if f.ContractID != 0 {
		q.and("contract_id = @contract", "contract", f.ContractID)
	}
	switch {
	case f.Lapsed:
		q.and("(state = any(@states) or "+lapsed+")", "states", f.States, "day", f.today)
	case len(f.States) > 0:
		q.and("state = any(@states)", "states", f.States)
	}
	if f.Class != "" {
		q.and("coalesce(nullif(class, ''), claimed_class) like @class", "class", postgres.Literal(f.Class)+"%")
	}
	if clock.IsDate(f.DueBefore) {
		q.and("due_on <= @due::date", "due", f.DueBefore)
	}
	if f.Mine {
		q.and("exists (select from filing_part p where p.filing_id = filing.id and p.account_id = @account)", "account", sc.Account)
	}
	if f.Turn {
		q.and("not "+othersTurn, "account", sc.Account)
	}
	q.text(f.Text, "intake_no = @exact or number = @printed", "exact", f.Text)
	if at := position(f.Cursor, 2); at != nil && clock.IsDate(at[0]) && isID(at[1]) {
		if open {
			q.and("(due_on, id) > (@after_day::date, @after_id::bigint)", "after_day", at[0], "after_id", at[1])
		} else {
			q.and("id < @after_id::bigint", "after_id", at[1])
		}
	}
	return q
}

func registrationQuery(sc Scope, f RegistrationFilter) *listQuery {
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
	switch f.Waiting {
	case WaitsCancel:
		q.and("cancel_request is not null")
	case WaitsRevocation:
		q.and("revocation is not null")
	}
	if f.To != "" {
		q.and("registered_on <= @to::date", "to", f.To)
	}
	q.text(f.Text, "number = @printed")
	if at := position(f.Cursor, 1); at != nil {
		q.and("number < @after", "after", at[0])
	}
	return q
}

// deadlineQuery lists the open filings of a scope by the day that holds. The open queue of the whole region is bounded by what
// people can have in hand, some thousands.
func deadlineQuery(sc Scope) string {
	q := &listQuery{filings: true, args: pgx.StrictNamedArgs{}}
	q.within(sc, 0)
	q.and("decided_at is null")
	return fmt.Sprintf("select %s from filing where %s order by due_on, id limit 20000", queueColumns, strings.Join(q.where, " and "))
}

func deadlineArgs(sc Scope) pgx.StrictNamedArgs {
	q := &listQuery{filings: true, args: pgx.StrictNamedArgs{}}
	q.within(sc, 0)
	return q.args
}
