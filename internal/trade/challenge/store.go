package challenge

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
)

const challengeColumns = `id, state, organisation_id as org_id, created_by, listing_id as listing, title, kind, mode, field, division,
	content, purse_fen as purse, apply_on, apply_until, questions_until, published_at, round, choice, opened_at, draw, decision,
	coalesce(notice_id, 0) as notice_id, contracting_at, ended_at, reason, version, is_sample as sample, created_at, updated_at`

const (
	insertChallenge = `insert into challenge (state, organisation_id, created_by, listing_id, title, kind, mode, field, division, content,
	purse_fen, apply_on, is_sample, created_at, updated_at)
values ('draft', @org, @account, @listing, @title, @kind, @mode, @field, @division, @content, @purse, @apply_on, @sample, @now, @now)
returning id`
	selectChallenge = `select ` + challengeColumns + ` from challenge where id = @id`
	lockedChallenge = selectChallenge + ` for no key update`
	ofListing       = `select ` + challengeColumns + ` from challenge where listing_id = @listing and state not in ('withdrawn','void')
order by id desc limit 1`
	updateChallenge = `update challenge set state = @state, title = @title, kind = @kind, mode = @mode, field = @field, content = @content,
	purse_fen = @purse, apply_on = @apply_on, apply_until = @until, questions_until = @questions, published_at = @published, round = @round,
	choice = @choice, opened_at = @opened, draw = @draw, decision = @decision, notice_id = nullif(@notice::bigint, 0),
	contracting_at = @contracting, ended_at = @ended, reason = @reason, version = @version, updated_at = @now where id = @id`
	listChallenges = `select ` + challengeColumns + ` from challenge
where (published_at is not null or organisation_id = @org or state <> 'draft' and division like @area)
	and (@state::text = '' or state = @state) and (@kind::text = '' or kind = @kind) and (@field::text = '' or field = @field)
	and (@league::text = '' or division like left(@league, 4) || '%') and (@mode::text = '' or mode = @mode)
	and (@after::bigint = 0 or id < @after)
order by id desc limit @limit`
	dueChallenges = `select id, case state when 'open' then 'close' when 'noticing' then 'notice_passed' else 'lapse' end as event
from challenge
where state = 'open' and apply_until < clock_timestamp() or state = 'noticing'
	or state = 'contracting' and contracting_at + interval '30 days' <= clock_timestamp()
order by id limit 200`

	keyColumns = `side, public_key as public, private_key as private, half, taken_by, coalesce(given_by, 0) as given_by`
	upsertKey  = `insert into challenge_key (challenge_id, round, side, public_key, private_key, taken_by, taken_at)
values (@id, @round, @side, @public, @private, @account, @now)
on conflict (challenge_id, round, side) do update set public_key = excluded.public_key, private_key = excluded.private_key,
	taken_by = excluded.taken_by, taken_at = excluded.taken_at`
	giveHalf = `update challenge_key set half = @half, given_by = @account, given_at = @now
where challenge_id = @id and round = @round and side = @side`
	selectKeys = `select ` + keyColumns + ` from challenge_key where challenge_id = @id and round = @round`

	insertQuestion = `insert into challenge_question (challenge_id, at, account_id, body) values (@id, @now, @account, @body)`
	answerQuestion = `update challenge_question set reply = @reply, replied_by = @account, replied_at = @now
where id = @question and challenge_id = @id and reply = ''`
	selectQuestions = `select id, at, body, reply, replied_at from challenge_question where challenge_id = @id order by id`

	applicationColumns = `a.id, a.challenge_id, a.organisation_id as org_id, a.account_id, a.state, a.version, a.content, a.screening, a.loss,
	a.feedback, coalesce(a.deal_id, 0) as deal_id, p.arrived_at, p.digest, p.size, p.round`
	fromApplications  = ` from challenge_application a join challenge_paper p on p.application_id = a.id and p.version = a.version `
	upsertApplication = `insert into challenge_application (challenge_id, organisation_id, account_id, state, version, updated_at)
values (@id, @org, @account, 'sealed', 1, @now)
on conflict (challenge_id, organisation_id) do update set account_id = excluded.account_id, state = 'sealed',
	version = (select max(version) + 1 from challenge_paper p where p.application_id = challenge_application.id),
	updated_at = excluded.updated_at
returning id, version`
	insertPaper = `insert into challenge_paper (application_id, version, arrived_at, round, digest, size, sealed)
values (@application, @version, @now, @round, @digest, @size, @sealed)`
	selectApplications = `select ` + applicationColumns + fromApplications + `where a.challenge_id = @id order by p.arrived_at, a.id`
	selectSealed       = `select sealed from challenge_paper where application_id = @application and version = @version`
	updateApplication  = `update challenge_application set state = @state, content = @content, screening = @screening, loss = @loss,
	feedback = @feedback, deal_id = nullif(@deal::bigint, 0), updated_at = @now where id = @application`
	insertFile  = `insert into challenge_file (application_id, file_id, name, size) values (@application, @file, @name, @size)`
	selectFiles = `select application_id, file_id, name, size from challenge_file f join challenge_application a on a.id = f.application_id
where a.challenge_id = @id order by f.file_id`

	upsertMember = `insert into challenge_member (challenge_id, account_id, state, reason, at) values (@id, @account, @state, @reason, @now)
on conflict (challenge_id, account_id) do update set state = excluded.state, reason = excluded.reason, at = excluded.at`
	selectMembers = `select account_id, state, reason from challenge_member where challenge_id = @id order by at, account_id`
	upsertSheet   = `insert into challenge_sheet (application_id, account_id, scores, note, saved_at, locked_at, digest)
values (@application, @account, @scores, @note, @now, @locked, @digest)
on conflict (application_id, account_id) do update set scores = excluded.scores, note = excluded.note, saved_at = excluded.saved_at,
	locked_at = excluded.locked_at, digest = excluded.digest where challenge_sheet.locked_at is null`
	selectSheets = `select s.application_id, s.account_id, s.scores, s.note, s.locked_at, s.digest from challenge_sheet s
join challenge_application a on a.id = s.application_id where a.challenge_id = @id order by s.application_id, s.account_id`
	panelOf = `select m.challenge_id from challenge_member m join challenge c on c.id = m.challenge_id
where m.account_id = @account and m.state = 'active' and c.state = 'reviewing' order by m.challenge_id desc limit 100`

	insertResult = `insert into challenge_result (challenge_id, application_id, node, kind, on_day, score, to_day, amount_fen, voucher, note)
values (@id, @application, @node, @kind, @on, @score, @to, @amount, @voucher, @note)`
	selectResults = `select application_id, node, kind, on_day as "on", score, to_day as "to", amount_fen as amount, voucher, note
from challenge_result where challenge_id = @id order by id`

	insertEvent = `insert into challenge_event (challenge_id, at, account_id, event, from_state, to_state, reason, detail)
values (@id, @now, nullif(@account::bigint, 0), @event, @from, @to, @reason, @detail)`
	selectEvents = `select at, coalesce(account_id, 0) as account_id, event, from_state as "from", to_state as "to", reason
from challenge_event where challenge_id = @id order by id`
)

// heldKey is one side's key of a round.
type heldKey struct {
	Side    Side
	Public  []byte
	Private string
	Half    string
	TakenBy int64
	GivenBy int64
}

// Question is a public question with its answer.
type Question struct {
	ID        int64      `json:"id"`
	At        time.Time  `json:"at"`
	Body      string     `json:"body"`
	Reply     string     `json:"reply"`
	RepliedAt *time.Time `json:"repliedAt"`
}

// Application is one unit's application; Content is nil until the opening.
type Application struct {
	ID          int64     `json:"id"`
	ChallengeID int64     `json:"challengeId"`
	OrgID       int64     `json:"organisationId"`
	AccountID   int64     `json:"-"`
	State       AppState  `json:"state"`
	Version     int       `json:"version"`
	Content     *Paper    `json:"content"`
	Screening   string    `json:"screening"`
	Loss        string    `json:"loss"`
	Feedback    string    `json:"feedback"`
	DealID      int64     `json:"dealId"`
	ArrivedAt   time.Time `json:"arrivedAt"`
	Digest      string    `json:"digest"`
	Size        int64     `json:"size"`
	Round       int       `json:"-"`
}

// File is a file of an opened application.
type File struct {
	ApplicationID int64  `json:"applicationId"`
	FileID        int64  `json:"fileId"`
	Name          string `json:"name"`
	Size          int64  `json:"size"`
}

// MemberState is where a member of the panel stands.
type MemberState string

// The states of a member.
const (
	Active   MemberState = "active"
	Left     MemberState = "left"
	Conflict MemberState = "conflict" // his sheets don't count
)

// Member is an expert of the panel.
type Member struct {
	AccountID int64       `json:"accountId"`
	State     MemberState `json:"state"`
	Reason    string      `json:"reason"`
}

// Sheet is one expert's scores of one application.
type Sheet struct {
	ApplicationID int64      `json:"applicationId"`
	AccountID     int64      `json:"accountId"`
	Scores        []int      `json:"scores"`
	Note          string     `json:"note"`
	LockedAt      *time.Time `json:"lockedAt"`
	Digest        string     `json:"digest"`
}

// ResultKind is what a row of a node says.
type ResultKind string

// The kinds of rows.
const (
	Score    ResultKind = "score"
	Postpone ResultKind = "postpone"
	PaidOut  ResultKind = "pay"
)

// Result is a row of a node.
type Result struct {
	ApplicationID int64      `json:"applicationId"`
	Node          int        `json:"node"`
	Kind          ResultKind `json:"kind"`
	On            time.Time  `json:"on" format:"date"`
	Score         int        `json:"score"`
	To            *time.Time `json:"to" format:"date"`
	Amount        money.Fen  `json:"amountFen"`
	Voucher       string     `json:"voucher"`
	Note          string     `json:"note"`
}

// Step is what happened to a challenge.
type Step struct {
	At        time.Time `json:"at"`
	AccountID int64     `json:"-"`
	Event     Event     `json:"event"`
	From      Stage     `json:"from"`
	To        Stage     `json:"to"`
	Reason    string    `json:"reason"`
}

func one(ctx context.Context, q postgres.Querier, sql string, id int64) (Challenge, error) {
	c, err := postgres.One[Challenge](ctx, q, sql, pgx.StrictNamedArgs{"id": id})
	if errors.Is(err, pgx.ErrNoRows) {
		err = errNotFound
	}
	return c, err
}

func (c *Challenge) store(ctx context.Context, tx pgx.Tx, now time.Time) error {
	c.UpdatedAt, c.Version = now, c.Version+1
	_, err := tx.Exec(ctx, updateChallenge, pgx.StrictNamedArgs{"id": c.ID, "state": c.State, "title": c.Title, "kind": c.Kind, "mode": c.Mode,
		"field": c.Field, "content": c.Content, "purse": c.Purse, "apply_on": c.ApplyOn, "until": c.ApplyUntil, "questions": c.QuestionsUntil,
		"published": c.PublishedAt, "round": c.Round, "choice": c.Choice, "opened": c.OpenedAt, "draw": c.Draw, "decision": c.Decision,
		"notice": c.NoticeID, "contracting": c.ContractingAt, "ended": c.EndedAt, "reason": c.Reason, "version": c.Version, "now": now})
	return err
}

func (a Application) store(ctx context.Context, tx pgx.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, updateApplication, pgx.StrictNamedArgs{"application": a.ID, "state": a.State, "content": a.Content,
		"screening": a.Screening, "loss": a.Loss, "feedback": a.Feedback, "deal": a.DealID, "now": now})
	return err
}

func addEvent(ctx context.Context, tx pgx.Tx, id int64, e Step, detail map[string]any) error {
	if detail == nil {
		detail = map[string]any{}
	}
	_, err := tx.Exec(ctx, insertEvent, pgx.StrictNamedArgs{"id": id, "now": e.At, "account": e.AccountID, "event": e.Event,
		"from": e.From, "to": e.To, "reason": e.Reason, "detail": detail})
	return err
}

var errNotFound = fault.New(fault.NotFound, "challenge_not_found", "没有找到这个榜单，可能还没有公开。请从“揭榜挂帅”重新查找")
