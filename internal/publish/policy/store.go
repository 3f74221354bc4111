package policy

import (
	"context"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

const (
	policyColumns = `id, title, number, issuer, division, issued_on, valid_from, valid_to, state, replaced_by, source, content,
	is_sample as sample, version, updated_at`
	questionColumns = `id, policy_id, account_id, organisation_id, division, question, state, due_on, answer, published, rating, answered_by,
	is_sample as sample, version, asked_at, answered_at, updated_at`
)

const (
	selectPolicy = `select ` + policyColumns + ` from policy where id = @id`
	selectSome   = `select ` + policyColumns + ` from policy where id = any(@ids) order by array_position(@ids::bigint[], id)`
	// A place has the policies of the state, of the region, of its league and its own.
	selectPolicies = `select ` + policyColumns + ` from policy
where (@title::text = '' or strpos(title || number || issuer, @title) > 0)
	and (@division::text = '' or division in ('', '150000', left(@division, 4) || '00', @division))
	and (@benefit::text = '' or content @> jsonb_build_object('clauses', jsonb_build_array(jsonb_build_object('benefit', @benefit::text))))
	and (not @in_force::boolean or state = 'in_force' and valid_from <= @today::date and (valid_to is null or valid_to >= @today::date))
	and (@after::bigint = 0 or (issued_on, id) < (select issued_on, id from policy where id = @after))
order by issued_on desc, id desc limit @limit`
	insertPolicy = `insert into policy (title, number, issuer, division, issued_on, valid_from, valid_to, state, source, content, is_sample,
	updated_at)
values (@title, @number, @issuer, @division, @issued_on, @valid_from, @valid_to, 'in_force', @source, @content, @sample, @now) returning id`
	repealPolicy = `update policy set state = 'repealed', replaced_by = @replaced_by, version = version + 1, updated_at = @now
where id = @id and version = @version::bigint and state = 'in_force'`

	selectQuestion = `select ` + questionColumns + ` from policy_question where id = @id`
	selectPublic   = `select ` + questionColumns + ` from policy_question
where policy_id = @policy and published and state in ('answered', 'closed') order by id desc limit 50`
	selectOwn  = `select ` + questionColumns + ` from policy_question where account_id = @account order by id desc limit 100`
	selectDesk = `select ` + questionColumns + ` from policy_question
where (@league::text = '' or left(division, 4) = @league)
order by state = 'asked' desc, case when state = 'asked' then due_on end, id desc limit 200`
	countAsked = `select count(*) from policy_question where account_id = @account and state = 'asked'`

	insertQuestion = `insert into policy_question (policy_id, account_id, organisation_id, division, question, state, due_on, is_sample,
	asked_at, updated_at)
values (@policy, @account, @organisation, @division, @question, 'asked', @due_on, @sample, @now, @now) returning id`
	updateQuestion = `update policy_question set state = @state, answer = @answer, published = @published, rating = @rating,
	answered_by = @answered_by, answered_at = @answered_at, version = version + 1, updated_at = @now
where id = @id and version = @version::bigint`
)

func collect[T any](ctx context.Context, q postgres.Querier, sql string, args pgx.StrictNamedArgs) ([]T, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, postgres.Fault(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByName[T])
	return out, postgres.Fault(err)
}

func add(ctx context.Context, tx pgx.Tx, p Policy) (id int64, err error) {
	err = tx.QueryRow(ctx, insertPolicy, pgx.StrictNamedArgs{"title": p.Title, "number": p.Number, "issuer": p.Issuer, "division": p.Division,
		"issued_on": p.IssuedOn, "valid_from": p.ValidFrom, "valid_to": p.ValidTo, "source": p.Source, "content": p.Content, "sample": p.Sample,
		"now": p.UpdatedAt}).Scan(&id)
	return id, postgres.Fault(err)
}

func repeal(ctx context.Context, tx pgx.Tx, p Policy) error {
	tag, err := tx.Exec(ctx, repealPolicy, pgx.StrictNamedArgs{"id": p.ID, "version": p.Version, "replaced_by": p.ReplacedBy,
		"now": p.UpdatedAt})
	if err == nil && tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, "stale_version", "这项政策已在别处改动或废止，请刷新后再看")
	}
	return postgres.Fault(err)
}

func openQuestions(ctx context.Context, q postgres.Querier, account int64) (n int, err error) {
	err = q.QueryRow(ctx, countAsked, pgx.StrictNamedArgs{"account": account}).Scan(&n)
	return n, postgres.Fault(err)
}

func ask(ctx context.Context, tx pgx.Tx, q Question) (id int64, err error) {
	err = tx.QueryRow(ctx, insertQuestion, pgx.StrictNamedArgs{"policy": q.PolicyID, "account": q.AccountID, "organisation": q.OrganisationID,
		"division": q.Division, "question": q.Question, "due_on": q.DueOn, "sample": q.Sample, "now": q.AskedAt}).Scan(&id)
	return id, postgres.Fault(err)
}

func change(ctx context.Context, tx pgx.Tx, q Question) error {
	tag, err := tx.Exec(ctx, updateQuestion, pgx.StrictNamedArgs{"id": q.ID, "version": q.Version, "state": q.State, "answer": q.Answer,
		"published": q.Published, "rating": q.Rating, "answered_by": q.AnsweredBy, "answered_at": q.AnsweredAt, "now": q.UpdatedAt})
	if err == nil && tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, "stale_version", "这个问题已在别处改动，请刷新后再看")
	}
	return postgres.Fault(err)
}
