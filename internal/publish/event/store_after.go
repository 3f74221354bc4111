package event

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	putResult = `insert into event_result (wish_id, signup_id, result, note, at) values (@wish, @signup, @result, @note, @now)
on conflict (wish_id, signup_id) do update set result = excluded.result, note = excluded.note, at = excluded.at`
	resultsOf = `select r.wish_id as wish, r.signup_id as signup, r.result, r.note, r.at from event_result r join event_wish w on w.id =
	r.wish_id
where w.event_id = @event and (@signup::bigint = 0 or r.signup_id = @signup) order by r.at`
	putTask = `insert into event_task (event_id, wish_id, signup_id, due_on, state, created_at, updated_at)
values (@event, @wish, @signup, @due, 'open', @now, @now) on conflict (wish_id, signup_id) do update set due_on = excluded.due_on,
	updated_at = excluded.updated_at where event_task.state = 'open'`
	dropTask    = `delete from event_task where wish_id = @wish and signup_id = @signup and state = 'open' and deal_id is null`
	taskColumns = `t.id, t.event_id as event, t.wish_id as wish, t.signup_id as signup, t.due_on, t.state, t.reason, t.moved,
	coalesce(t.deal_id, 0) as deal, t.done_at, t.created_at, p.name, p.unit, coalesce(p.account_id, 0) as account,
	o.id as "with", o.name as with_name, o.unit as with_unit, e.title, e.is_sample as sample`
	taskJoin = ` from event_task t join event_signup p on p.id = t.signup_id join event_wish w on w.id = t.wish_id
	join event_signup o on o.id in (w.from_signup, w.to_signup) and o.id <> t.signup_id join event e on e.id = t.event_id `
	tasksOf = `select ` + taskColumns + taskJoin + `where t.event_id = @event and (@signup::bigint = 0 or t.signup_id = @signup)
order by t.state = 'done', t.due_on, t.id limit 1000`
	lockedTask = `select ` + taskColumns + taskJoin + `where t.event_id = @event and t.id = @id for no key update of t`
	updateTask = `update event_task set state = @state, due_on = @due, reason = @reason, moved = @moved, deal_id = nullif(@deal::bigint, 0),
	done_at = @done, updated_at = @now where id = @id`
	// awaiting is what waits for an account: as host where it acts for one, and at the events it signed up for.
	awaiting = `select 'admit' as need, e.id as event, e.title, e.is_sample as sample, count(*)::int as n, min(p.asked_at) as since,
	null::date as due from event e join event_signup p on p.event_id = e.id and p.state = 'asked'
where @hosts::bool and e.host_org = @org and e.state in ('open','closed','running') group by e.id
union all select 'chase', e.id, e.title, e.is_sample, count(*)::int, min(t.created_at), min(t.due_on) from event e
	join event_task t on t.event_id = e.id and t.state = 'open' and t.due_on < @today::date
where @hosts::bool and e.host_org = @org and e.state in ('running','reporting') group by e.id
union all select 'answer', e.id, e.title, e.is_sample, count(*)::int, min(w.asked_at), null from event_signup p
	join event_wish w on w.to_signup = p.id and w.state = 'asked' join event e on e.id = p.event_id
where p.account_id = @account and e.state in ('open','closed') and e.placed_at is null group by e.id
union all select 'tell', e.id, e.title, e.is_sample, count(*)::int, e.finished_at, null from event_signup p
	join event_wish w on p.id in (w.from_signup, w.to_signup) and w.state = 'booked' join event e on e.id = p.event_id
where p.account_id = @account and e.state = 'reporting'
	and not exists (select from event_result r where r.wish_id = w.id and r.signup_id = p.id) group by e.id
union all select 'task', e.id, e.title, e.is_sample, count(*)::int, min(t.created_at), min(t.due_on) from event_signup p
	join event_task t on t.signup_id = p.id and t.state = 'open' and t.due_on <= @soon::date join event e on e.id = t.event_id
where p.account_id = @account group by e.id limit 100`
	figuresOf = `select (select count(*) from event_signup where event_id = @id and state in ('admitted','present','no_show') and not
	walked_in)::int
		as admitted,
	(select count(*) from event_signup where event_id = @id and state = 'present' and not walked_in)::int as present,
	(select count(*) from event_signup where event_id = @id and walked_in)::int as walked_in,
	(select count(*) from event_wish where event_id = @id and state = 'booked')::int as planned,
	(select count(*) from event_wish w where w.event_id = @id and w.state = 'booked' and (exists (select from event_result r
		where r.wish_id = w.id) or (select count(*) from event_signup p where p.id in (w.from_signup, w.to_signup) and p.state = 'present') =
	2))::int
		as held,
	(select count(*) from event_result r join event_wish w on w.id = r.wish_id where w.event_id = @id)::int as told,
	(select count(*) from event_task where event_id = @id)::int as tasks,
	(select count(*) from event_task where event_id = @id and state = 'done')::int as done,
	(select count(*) from event_task where event_id = @id and state = 'open' and due_on < @today::date)::int as overdue,
	(select count(distinct deal_id) from event_task where event_id = @id)::int as interests,
	(select count(*) from event_contract where event_id = @id and registered_on <= @today::date and ended_on is null)::int as contracts,
	(select coalesce(sum(amount), 0) from event_contract where event_id = @id and registered_on <= @today::date and ended_on is null)::bigint
		as amount`
)

func setTask(ctx context.Context, tx pgx.Tx, t Task, now time.Time) error {
	_, err := tx.Exec(ctx, updateTask, pgx.StrictNamedArgs{"id": t.ID, "state": t.State, "due": t.DueOn, "reason": t.Reason, "moved": t.Moved,
		"deal": t.Deal, "done": t.DoneAt, "now": now})
	return err
}
