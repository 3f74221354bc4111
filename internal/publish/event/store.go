package event

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

const columns = `id, kind, title, host_org, host_account, division, place, link, summary, audience, secrecy, languages, begins_at, ends_at,
	signup_from, signup_until, capacity, admitted, by_host, booking_from, booking_until, meeting_cap, same_side, state, reason, placed_at,
	finished_at, version, is_sample as sample, created_at, updated_at`

// sees is who may read an event: everybody once it is published, its host before. The service asks again (host, reads).
const sees = `(state <> 'draft' or @hosts::bool and host_org = @org)`

const (
	insertEvent = `insert into event (kind, title, host_org, host_account, division, place, link, summary, audience, secrecy, languages,
	begins_at, ends_at, signup_from, signup_until, capacity, by_host, booking_from, booking_until, meeting_cap, same_side, state, is_sample,
	created_at, updated_at)
values (@kind, @title, @host, @account, @division, @place, @link, @summary, @audience, @secrecy, @languages, @begins, @ends, @signup_from,
	@signup_until, @capacity, @by_host, @booking_from, @booking_until, @cap, @same_side, 'draft', @sample, @now, @now) returning id`
	rewriteEvent = `update event set kind = @kind, title = @title, place = @place, link = @link, summary = @summary, audience = @audience,
	secrecy = @secrecy, languages = @languages, begins_at = @begins, ends_at = @ends, signup_from = @signup_from,
	signup_until = @signup_until, capacity = @capacity, by_host = @by_host, booking_from = @booking_from, booking_until = @booking_until,
	meeting_cap = @cap, same_side = @same_side, version = version + 1, updated_at = @now where id = @id`
	selectEvent = `select ` + columns + ` from event where id = @id and ` + sees
	lockedEvent = selectEvent + ` for no key update`
	// ownEvent locks an event for the clock and for what follows from another step.
	ownEvent    = `select ` + columns + ` from event where id = @id for no key update`
	updateEvent = `update event set state = @state, reason = @reason, placed_at = @placed, finished_at = @finished, version = version + 1,
	updated_at = @now where id = @id`
	takeSeats  = `update event set admitted = admitted + @n, updated_at = @now where id = @id`
	listEvents = `select ` + columns + ` from event where state <> 'draft'
	and (@division::text = '' or division in (@division, left(@division, 4) || '00', '150000'))
	and (@kind::text = '' or kind = @kind) and (@text::text = '' or strpos(title || place, @text) > 0)
	and (@past::bool and ends_at < @now or not @past::bool and ends_at >= @now and state <> 'cancelled')
	and (@after::bigint = 0 or (begins_at, id) > (select begins_at, id from event where id = @after) and not @past::bool
		or (begins_at, id) < (select begins_at, id from event where id = @after) and @past::bool)
order by case when not @past::bool then begins_at end, case when @past::bool then begins_at end desc,
	case when @past::bool then -id else id end limit @limit`
	hostEvents = `select ` + columns + ` from event where @hosts::bool and host_org = @org and (@after::bigint = 0 or id < @after)
order by id desc limit @limit`
	ownEvents = `select ` + columns + ` from event where state <> 'draft' and id in (select event_id from event_signup
	where account_id = @account) order by begins_at desc limit 100`

	clearItems = `delete from event_item where event_id = @id`
	insertItem = `insert into event_item (event_id, number, begins_at, title, speaker, listing_id)
values (@id, @number, @begins, @title, @speaker, nullif(@listing::bigint, 0))`
	selectItems = `select begins_at, title, speaker, coalesce(listing_id, 0) as listing from event_item where event_id = @id order by number`
	clearSlots  = `delete from event_slot where event_id = @id`
	insertSlot  = `with slot as (insert into event_slot (event_id, begins_at, ends_at, tables) values (@id, @begins, @ends, @tables)
	returning id) insert into event_table (slot_id, number) select slot.id, n from slot, generate_series(1, @tables::int) n`
	selectSlots = `select id, begins_at, ends_at, tables from event_slot where event_id = @id order by begins_at`

	insertStep = `insert into event_step (event_id, at, account_id, act, from_state, to_state, reason)
values (@id, @now, nullif(@account::bigint, 0), @act, @from, @to, @reason)`
	selectSteps = `select at, act, from_state as "from", to_state as "to", reason from event_step where event_id = @id
order by id desc limit 100`
	dueEvents = `select id, case when state = 'running' then 'finish' when state = 'reporting' then 'report'
	when booking_until <= @now and placed_at is null then 'place' when state = 'open' then 'close' else 'start' end as act from event
where state = 'open' and signup_until <= @now or state = 'closed' and begins_at <= @now or state = 'running' and ends_at < @midnight
	or state in ('open','closed') and booking_until <= @now and placed_at is null
	or state = 'reporting' and (finished_at <= @month and not exists (select from event_report r where r.event_id = event.id and r.days = 30)
		or finished_at <= @half)
order by id limit 100`
	insertReport = `insert into event_report (event_id, days, figures, made_at) values (@id, @days, @figures, @now) on conflict do nothing`
	selectReport = `select days, figures, made_at from event_report where event_id = @id order by days`
)

// scope is who asks: those who act for a host see its drafts.
func scope(who actor.Actor) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{"org": who.OrgID, "hosts": MayHost(who)}
}

func one(ctx context.Context, q postgres.Querier, sql string, id int64, who actor.Actor) (Activity, error) {
	args := scope(who)
	args["id"] = id
	a, err := postgres.One[Activity](ctx, q, sql, args)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && a.State == Draft && !a.hostedBy(who) {
		return Activity{}, errNotFound
	}
	return a, err
}

func locked(ctx context.Context, tx pgx.Tx, id int64) (Activity, error) {
	a, err := postgres.One[Activity](ctx, tx, ownEvent, pgx.StrictNamedArgs{"id": id})
	if errors.Is(err, pgx.ErrNoRows) {
		err = errNotFound
	}
	return a, err
}

func (w Writing) args() pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{"kind": w.Kind, "title": w.Title, "place": w.Place, "link": w.Link, "summary": w.Summary,
		"audience": w.Audience, "secrecy": w.Secrecy, "languages": w.Languages, "begins": w.BeginsAt, "ends": w.EndsAt,
		"signup_from": w.SignupFrom, "signup_until": w.SignupUntil, "capacity": w.Capacity, "by_host": w.ByHost,
		"booking_from": w.BookingFrom, "booking_until": w.BookingUntil, "cap": w.MeetingCap, "same_side": w.SameSide}
}

func insert(ctx context.Context, tx pgx.Tx, w Writing, who actor.Actor, now time.Time) (id int64, err error) {
	args := w.args()
	args["host"], args["account"], args["division"], args["sample"], args["now"] = who.OrgID, who.AccountID, who.Division, who.Sample, now
	err = tx.QueryRow(ctx, insertEvent, args).Scan(&id)
	return id, err
}

func rewrite(ctx context.Context, tx pgx.Tx, id int64, w Writing, now time.Time) error {
	args := w.args()
	args["id"], args["now"] = id, now
	_, err := tx.Exec(ctx, rewriteEvent, args)
	return err
}

func setItems(ctx context.Context, tx pgx.Tx, id int64, items []Item) error {
	batch := &pgx.Batch{}
	batch.Queue(clearItems, pgx.StrictNamedArgs{"id": id})
	for i, it := range items {
		batch.Queue(insertItem, pgx.StrictNamedArgs{"id": id, "number": i + 1, "begins": it.BeginsAt, "title": it.Title, "speaker": it.Speaker,
			"listing": it.Listing})
	}
	return tx.SendBatch(ctx, batch).Close()
}

func setSlots(ctx context.Context, tx pgx.Tx, id int64, slots []Sitting) error {
	batch := &pgx.Batch{}
	batch.Queue(clearSlots, pgx.StrictNamedArgs{"id": id})
	for _, s := range slots {
		batch.Queue(insertSlot, pgx.StrictNamedArgs{"id": id, "begins": s.BeginsAt, "ends": s.EndsAt, "tables": s.Tables})
	}
	return tx.SendBatch(ctx, batch).Close()
}

func slotsOf(ctx context.Context, q postgres.Querier, id int64) ([]Sitting, error) {
	return postgres.Many[Sitting](ctx, q, selectSlots, pgx.StrictNamedArgs{"id": id})
}

func update(ctx context.Context, tx pgx.Tx, a Activity) error {
	_, err := tx.Exec(ctx, updateEvent, pgx.StrictNamedArgs{"id": a.ID, "state": a.State, "reason": a.Reason, "placed": a.PlacedAt,
		"finished": a.FinishedAt, "now": a.UpdatedAt})
	return err
}

// take moves the count of seats; the CHECK refuses more than there are.
func take(ctx context.Context, tx pgx.Tx, a *Activity, n int, now time.Time) error {
	if n == 0 {
		return nil
	}
	a.Admitted += n
	_, err := tx.Exec(ctx, takeSeats, pgx.StrictNamedArgs{"id": a.ID, "n": n, "now": now})
	if postgres.Constraint(err) == "event_capacity" {
		err = fault.Wrap(err, fault.Conflict, "full", "席位已满。可以先修改人数上限，再确认")
	}
	return err
}

// Step is what happened to an event.
type Step struct {
	At     time.Time `json:"at"`
	Act    Act       `json:"event"`
	From   Stage     `json:"from"`
	To     Stage     `json:"to"`
	Reason string    `json:"reason"`
}

func addStep(ctx context.Context, tx pgx.Tx, id, account int64, s Step) error {
	_, err := tx.Exec(ctx, insertStep, pgx.StrictNamedArgs{"id": id, "now": s.At, "account": account, "act": s.Act, "from": s.From,
		"to": s.To, "reason": s.Reason})
	return err
}
