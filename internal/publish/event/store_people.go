package event

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

const signupColumns = `id, event_id as event, coalesce(account_id, 0) as account, coalesce(org_id, 0) as org, name, unit, phone, side as
	part,
	listings, note, meetings, away, state, reason, code, coalesce(code_hash, '') as hash, coalesce(short_hash, '') as short, walked_in,
	asked_at, present_at, updated_at`

const (
	insertSignup = `insert into event_signup (event_id, account_id, org_id, name, unit, phone, side, listings, note, meetings, away, state,
	walked_in, asked_at, present_at, updated_at)
values (@event, nullif(@account::bigint, 0), nullif(@org::bigint, 0), @name, @unit, @phone, @part, @listings, @note, @meetings, @away,
	@state, @walked_in, @now, @present, @now) returning id`
	updateSignup = `update event_signup set state = @state, reason = @reason, code = @code, code_hash = nullif(@hash, ''),
	short_hash = nullif(@short, ''), present_at = @present, updated_at = @now where id = @id`
	rewriteSignup = `update event_signup set side = @part, listings = @listings, note = @note, meetings = @meetings, away = @away,
	updated_at = @now where id = @id`
	ownSignup = `select ` + signupColumns + ` from event_signup where event_id = @event and account_id = @account
order by state in ('cancelled','declined'), id desc limit 1`
	oneSignup   = `select ` + signupColumns + ` from event_signup where event_id = @event and id = @id`
	nextSignups = `select ` + signupColumns + ` from event_signup where event_id = @event and state = 'waitlisted'
order by asked_at, id limit @n for update`
	anyWaiting  = `select exists (select from event_signup where event_id = @event and state = 'waitlisted')`
	listSignups = `select ` + signupColumns + ` from event_signup where event_id = @event and (@state::text = '' or state = @state)
order by asked_at, id limit @limit`
	byCode = `select ` + signupColumns + ` from event_signup where event_id = @event and (code_hash = any(@hashes) or short_hash =
	any(@hashes))
limit 1`
	shortTaken = `select exists (select from event_signup where event_id = @event and short_hash = @short)`
	walkedIn   = `select ` + signupColumns + ` from event_signup where event_id = @event and walked_in and name = @name and unit = @unit limit
	1`
	missAll   = `update event_signup set state = 'no_show', updated_at = @now where event_id = @event and state = 'admitted'`
	cancelAll = `update event_signup set state = 'cancelled', reason = @reason, updated_at = @now where event_id = @event
	and state in ('asked','admitted','waitlisted') returning coalesce(account_id, 0)`
	countSignups = `select state, walked_in, count(*)::int as n from event_signup where event_id = @event group by state, walked_in`
	placeInRow   = `select count(*)::int from event_signup where event_id = @event and state = 'waitlisted' and (asked_at, id) <= (@at, @id)`

	wishColumns = `w.id, w.event_id as event, w.from_signup as "from", w.to_signup as "to", w.reason, w.answer, w.why, w.state,
	coalesce(w.slot_id, 0) as slot, coalesce(w.table_no, 0) as "table", w.asked_at, w.updated_at`
	insertWish = `insert into event_wish (event_id, from_signup, to_signup, reason, state, asked_at, updated_at)
values (@event, @from, @to, @reason, 'asked', @now, @now) returning id`
	updateWish = `update event_wish set state = @state, answer = @answer, why = @why, slot_id = nullif(@slot::bigint, 0),
	table_no = nullif(@table::int, 0), updated_at = @now where id = @id`
	oneWish     = `select ` + wishColumns + ` from event_wish w where w.id = @id and w.event_id = @event`
	wishesOf    = `select ` + wishColumns + ` from event_wish w where w.from_signup = @signup or w.to_signup = @signup order by w.id limit 500`
	wishesIn    = `select ` + wishColumns + ` from event_wish w where w.event_id = @event and w.state = any(@states) order by w.id limit 5000`
	countWishes = `select count(*)::int from event_wish where from_signup = @signup and state in ('asked','accepted','booked')`
	clearSeats  = `delete from event_seat where wish_id = @wish`
	insertSeats = `insert into event_seat (slot_id, signup_id, wish_id) values (@slot, @from, @wish), (@slot, @to, @wish)`
	freeTable   = `select number from event_table t where t.slot_id = @slot
	and not exists (select from event_wish w where w.slot_id = t.slot_id and w.table_no = t.number) order by number limit 1`
	takenSeats = `select s.slot_id as slot, s.signup_id as signup from event_seat s join event_slot l on l.id = s.slot_id where l.event_id =
	@event`
	peopleOf = `select ` + signupColumns + ` from event_signup where event_id = @event and id = any(@ids)`
	askable  = `select ` + signupColumns + ` from event_signup where event_id = @event and meetings and state in ('admitted','present')
	and id <> @signup and (@same_side::bool or side <> @part) order by unit, name, id limit 500`
)

// Signup is somebody who wants to come.
type Signup struct {
	ID        int64      `json:"id"`
	Event     int64      `json:"eventId"`
	Account   int64      `json:"-"`
	Org       int64      `json:"organisationId,omitempty"`
	Name      string     `json:"name"`
	Unit      string     `json:"unit"`
	Phone     string     `json:"-"`
	Part      Part       `json:"side"`
	Listings  []int64    `json:"listings"`
	Note      string     `json:"note"`
	Meetings  bool       `json:"meetings"`
	Away      []int64    `json:"awaySlots"`
	State     SignStage  `json:"state"`
	Reason    string     `json:"reason"`
	Code      string     `json:"-"`
	Hash      string     `json:"-"`
	Short     string     `json:"-"`
	WalkedIn  bool       `json:"walkedIn"`
	AskedAt   time.Time  `json:"askedAt"`
	PresentAt *time.Time `json:"presentAt"`
	UpdatedAt time.Time  `json:"updatedAt"`
}

// Wish is a wish for a meeting.
type Wish struct {
	ID        int64     `json:"id"`
	Event     int64     `json:"eventId"`
	From      int64     `json:"fromSignupId"`
	To        int64     `json:"toSignupId"`
	Reason    string    `json:"reason"`
	Answer    string    `json:"answer"`
	Why       string    `json:"why,omitempty" enum:"no_common_slot,full" doc:"接受了但还没有时间的原因"`
	State     WishStage `json:"state"`
	Slot      int64     `json:"slotId,omitempty"`
	Table     int       `json:"table,omitempty"`
	AskedAt   time.Time `json:"askedAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

func addSignup(ctx context.Context, tx pgx.Tx, s Signup) (id int64, err error) {
	err = tx.QueryRow(ctx, insertSignup, pgx.StrictNamedArgs{"event": s.Event, "account": s.Account, "org": s.Org, "name": s.Name,
		"unit": s.Unit, "phone": s.Phone, "part": s.Part, "listings": list(s.Listings), "note": s.Note, "meetings": s.Meetings,
		"away": list(s.Away), "state": s.State, "walked_in": s.WalkedIn, "now": s.AskedAt, "present": s.PresentAt}).Scan(&id)
	if postgres.Constraint(err) == "event_signup_person" {
		err = fault.Wrap(err, fault.Conflict, "already_asked", "您已经报名，请刷新页面查看状态")
	}
	return id, err
}

// list keeps an empty list from being stored as null.
func list(ids []int64) []int64 {
	if ids == nil {
		return []int64{}
	}
	return ids
}

func setSignup(ctx context.Context, tx pgx.Tx, s Signup) error {
	_, err := tx.Exec(ctx, updateSignup, pgx.StrictNamedArgs{"id": s.ID, "state": s.State, "reason": s.Reason, "code": s.Code, "hash": s.Hash,
		"short": s.Short, "present": s.PresentAt, "now": s.UpdatedAt})
	return err
}

func reviseSignup(ctx context.Context, tx pgx.Tx, s Signup) error {
	_, err := tx.Exec(ctx, rewriteSignup, pgx.StrictNamedArgs{"id": s.ID, "part": s.Part, "listings": list(s.Listings), "note": s.Note,
		"meetings": s.Meetings, "away": list(s.Away), "now": s.UpdatedAt})
	return err
}

// signupOf is the newest sign-up of an account, a living one before one that ended; nil where there is none.
func signupOf(ctx context.Context, q postgres.Querier, event, account int64) (*Signup, error) {
	s, err := postgres.One[Signup](ctx, q, ownSignup, pgx.StrictNamedArgs{"event": event, "account": account})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &s, nil
}

func signupAt(ctx context.Context, q postgres.Querier, event, id int64) (Signup, error) {
	s, err := postgres.One[Signup](ctx, q, oneSignup, pgx.StrictNamedArgs{"event": event, "id": id})
	if errors.Is(err, pgx.ErrNoRows) {
		err = fault.New(fault.NotFound, "signup", "没有找到这份报名，请刷新名单")
	}
	return s, err
}

func wishAt(ctx context.Context, q postgres.Querier, event, id int64) (Wish, error) {
	w, err := postgres.One[Wish](ctx, q, oneWish, pgx.StrictNamedArgs{"event": event, "id": id})
	if errors.Is(err, pgx.ErrNoRows) {
		err = errNoWish
	}
	return w, err
}

// setWish writes a wish and its two seats. The keys of the tables refuse a second meeting of a person in a
// slot and a second one at a table.
func setWish(ctx context.Context, tx pgx.Tx, w Wish) error {
	if _, err := tx.Exec(ctx, clearSeats, pgx.StrictNamedArgs{"wish": w.ID}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, updateWish, pgx.StrictNamedArgs{"id": w.ID, "state": w.State, "answer": w.Answer, "why": w.Why, "slot": w.Slot,
		"table": w.Table, "now": w.UpdatedAt}); err != nil {
		return err
	}
	if w.State != WishBooked {
		return nil
	}
	_, err := tx.Exec(ctx, insertSeats, pgx.StrictNamedArgs{"slot": w.Slot, "from": w.From, "to": w.To, "wish": w.ID})
	if postgres.Constraint(err) == "event_seat_pkey" {
		err = fault.Wrap(err, fault.Conflict, "slot_taken", "双方有一人在这个时段已有洽谈，请另选时段")
	}
	return err
}
