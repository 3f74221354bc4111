package notice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
)

const paperColumns = `id, use, organisation_id as org_id, title, body, party, amount_fen as amount, related, decider, days, unit,
	min_reason, period, begins_at, last_day, ends_at, ended, reason, passed_at, is_sample as sample, created_at, updated_at`

const (
	insertPaper = `insert into notice (use, organisation_id, title, body, party, amount_fen, related, decider, days, unit, min_reason,
	deal_id, sale_id, is_sample, created_at, updated_at)
values (@use, @org, @title, @body, @party, @amount, @related, @decider, @days, @unit, @min, nullif(@deal::bigint, 0),
	nullif(@sale::bigint, 0), @sample, @now, @now)
returning id`
	newestPaper = `select id from notice where deal_id = nullif(@deal::bigint, 0) or sale_id = nullif(@sale::bigint, 0)
order by id desc limit 1`
	selectPaper = `select ` + paperColumns + ` from notice where id = @id`
	lockedPaper = selectPaper + ` for no key update`
	updatePaper = `update notice set period = @period, begins_at = @begins, last_day = @last, ends_at = @ends, ended = @ended,
	reason = @reason, passed_at = @passed, updated_at = @now where id = @id`
	listPapers = `select ` + paperColumns + `, (select count(*) from notice_objection o where o.notice_id = notice.id
	and o.period = notice.period and o.outcome = '' and not o.complaint) as open from notice
where (begins_at is not null or organisation_id = @org) and (@after::bigint = 0 or id < @after)
order by id desc limit @limit`
	duePapers = `select id from notice where passed_at is null and ended = '' and begins_at is not null and ends_at <= clock_timestamp()
	and not exists (select from notice_objection o where o.notice_id = notice.id and o.period = notice.period and o.outcome = ''
		and not o.complaint)
order by ends_at limit 100`

	insertObjection = `insert into notice_objection (notice_id, period, key, at, account_id, reason, evidence, complaint)
values (@id, @period, @key, @now, @account, @reason, @evidence, @complaint)
on conflict (notice_id, period, account_id, key) do nothing`
	answerObjection = `update notice_objection set outcome = @outcome, reply = @answer, answered_by = @account, answered_at = @now
where id = @objection`
	selectObjections = `select id, period, key, at, account_id, reason, evidence, complaint, outcome, reply as answer, answered_at
from notice_objection where notice_id = @id order by id`

	insertEvent = `insert into notice_event (notice_id, at, account_id, event, refusal, reason)
values (@id, @now, nullif(@account::bigint, 0), @event, @refusal, @reason)`
	selectEvents = `select at, event, reason from notice_event where notice_id = @id and refusal = '' order by id`
)

// newestOf is the last notice that names a talk or a sale, 0 for none.
func newestOf(ctx context.Context, q postgres.Querier, deal, sale int64) (id int64, err error) {
	err = q.QueryRow(ctx, newestPaper, pgx.StrictNamedArgs{"deal": deal, "sale": sale}).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return id, err
}

// Paper is a stored notice.
type Paper struct {
	ID        int64      `json:"id"`
	Use       Use        `json:"use"`
	OrgID     int64      `json:"organisationId"`
	Title     string     `json:"title"`
	Body      string     `json:"body"`
	Party     string     `json:"party"`
	Amount    *money.Fen `json:"amountFen"`
	Related   bool       `json:"related"`
	Decider   int64      `json:"-"`
	Days      int        `json:"days"`
	Unit      string     `json:"unit"`
	MinReason int        `json:"minReason"`
	Period    int        `json:"period"`
	BeginsAt  *time.Time `json:"beginsAt"`
	LastDay   *time.Time `json:"lastDay"`
	EndsAt    *time.Time `json:"endsAt"`
	Ended     State      `json:"-"`
	Reason    string     `json:"reason"`
	PassedAt  *time.Time `json:"-"`
	Sample    bool       `json:"sample"`
	CreatedAt time.Time  `json:"createdAt"`
	UpdatedAt time.Time  `json:"-"`
}

// Objection is a stored objection; who made it is for the unit only.
type Objection struct {
	ID         int64      `json:"id"`
	Period     int        `json:"period"`
	Key        string     `json:"-"`
	At         time.Time  `json:"at"`
	AccountID  int64      `json:"-"`
	Reason     string     `json:"reason"`
	Evidence   string     `json:"evidence"`
	Complaint  bool       `json:"complaint"` // came too late and stops nothing
	Outcome    string     `json:"outcome"`   // "" while open
	Answer     string     `json:"answer"`
	AnsweredAt *time.Time `json:"answeredAt"`
}

// Step is what happened to a notice.
type Step struct {
	At     time.Time `json:"at"`
	Event  string    `json:"event"`
	Reason string    `json:"reason"`
}

// name is what the rule calls an objection.
func (o Objection) name() string { return fmt.Sprint(o.AccountID, " ", o.Key) }

// machine puts the stored facts into the state of the rule; a draft begins at no time.
func (p Paper) machine(calendar clock.Calendar, objections []Objection) *Notice {
	n := &Notice{Terms: Terms{Days: p.Days, Unit: p.Unit, Calendar: calendar, MinReason: p.MinReason}, Ended: p.Ended,
		Begin: time.Date(9999, 1, 1, 0, 0, 0, 0, clock.Zone())}
	if p.BeginsAt != nil {
		n.Begin, n.LastDay = *p.BeginsAt, fact.OfDate(*p.LastDay)
	}
	for _, o := range objections {
		if o.Period != p.Period || o.Complaint {
			continue
		}
		n.Seen = append(n.Seen, o.name())
		if o.Outcome == "" {
			n.Open = append(n.Open, o.name())
		}
	}
	return n
}

func (p *Paper) take(n *Notice) {
	last, ends := n.LastDay.Date(), n.EndsAt()
	p.BeginsAt, p.LastDay, p.EndsAt, p.Ended = &n.Begin, &last, &ends, n.Ended
}

func (p *Paper) store(ctx context.Context, tx pgx.Tx, now time.Time) error {
	p.UpdatedAt = now
	_, err := tx.Exec(ctx, updatePaper, pgx.StrictNamedArgs{"id": p.ID, "period": p.Period, "begins": p.BeginsAt, "last": p.LastDay,
		"ends": p.EndsAt, "ended": p.Ended, "reason": p.Reason, "passed": p.PassedAt, "now": now})
	return err
}

func addEvent(ctx context.Context, tx pgx.Tx, id, account int64, e Step, refusal Refusal) error {
	_, err := tx.Exec(ctx, insertEvent, pgx.StrictNamedArgs{"id": id, "now": e.At, "account": account, "event": e.Event,
		"refusal": refusal, "reason": e.Reason})
	return err
}

func load(ctx context.Context, q postgres.Querier, sql string, id int64) (p Paper, objections []Objection, err error) {
	args := pgx.StrictNamedArgs{"id": id}
	rows, _ := q.Query(ctx, sql, args)
	if p, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Paper]); err != nil {
		if errors.Is(err, pgx.ErrNoRows) {
			err = errNotFound
		}
		return p, nil, err
	}
	rows, _ = q.Query(ctx, selectObjections, args)
	objections, err = pgx.CollectRows(rows, pgx.RowToStructByName[Objection])
	return p, objections, err
}

var errNotFound = fault.New(fault.NotFound, "notice_not_found", "没有找到这项公示，可能还没有公开。请从“公示”重新查找")
