package event

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

func (w Wish) other(signup int64) int64 {
	if w.From == signup {
		return w.To
	}
	return w.From
}

// maxWishes bounds the living wishes that one person sent.
const maxWishes = 30

// Wishing asks somebody for a meeting.
type Wishing struct {
	To     int64  `json:"toSignupId" required:"true" minimum:"1"`
	Reason string `json:"reason" required:"true" doc:"想谈什么，对方会看到"`
}

// Wish asks another participant for a meeting. Who: those with a seat who take part in meetings, while booking is open. Faults:
// Unauthorized, NotFound, Conflict booking_closed, not_in_meetings, already_wished; Invalid.
func (s *Service) Wish(ctx context.Context, who actor.Actor, id int64, in Wishing) (out Wish, err error) {
	const op = "event: wish: %w"
	if !who.SignedIn() {
		return out, fmt.Errorf(op, fault.SignIn())
	}
	in.Reason = strings.TrimSpace(in.Reason)
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		a, mine, err := s.mine(ctx, tx, who, id)
		if err != nil {
			return err
		}
		now := s.config.Now()
		if err := a.takesWish(mine, now); err != nil {
			return err
		}
		if in.To == 0 {
			return fault.New(fault.Invalid, "required", "请选择约谁").In("toSignupId")
		}
		other, err := signupAt(ctx, tx, id, in.To)
		if err != nil {
			return err
		}
		var f fault.Fields
		f.Check(other.ID != mine.ID, "toSignupId", "self", "不能约见自己")
		f.Check(other.Meetings && other.State.Seated(), "toSignupId", "not_in_meetings", "对方没有参加一对一洽谈，请从名单中选择")
		f.Check(a.SameSide || other.Part != mine.Part, "toSignupId", "kind_not_allowed", "这场活动只安排不同身份之间的洽谈")
		f.Checkf(count(in.Reason) >= 2 && count(in.Reason) <= maxNote, "reason", "required", "请写想谈什么（2—%d 字）", maxNote)
		var sent int
		if err := tx.QueryRow(ctx, countWishes, pgx.StrictNamedArgs{"signup": mine.ID}).Scan(&sent); err != nil {
			return err
		}
		f.Checkf(sent < maxWishes, "toSignupId", "too_many", "还没有结束的约见最多 %d 个，请先撤回几个", maxWishes)
		if err := f.Err(); err != nil {
			return err
		}
		out = Wish{Event: id, From: mine.ID, To: other.ID, Reason: in.Reason, State: WishAsked, AskedAt: now, UpdatedAt: now}
		err = tx.QueryRow(ctx, insertWish, pgx.StrictNamedArgs{"event": id, "from": mine.ID, "to": other.ID, "reason": in.Reason,
			"now": now}).Scan(&out.ID)
		if postgres.Constraint(err) == "event_wish_pair" {
			err = fault.Wrap(err, fault.Conflict, "already_wished", "你们之间已经有一次约见，请在“我的安排”里查看")
		}
		if err != nil {
			return err
		}
		if err := s.tell(ctx, tx, id, []int64{other.Account}, "有人约您洽谈："+a.Title, mine.Unit+" "+mine.Name+"："+in.Reason); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "wish", id, map[string]any{"wish": out.ID})
	})
	if err != nil {
		return Wish{}, fmt.Errorf(op, err)
	}
	return out, nil
}

// takesWish refuses those who cannot book now.
func (a Activity) takesWish(p Signup, now time.Time) error {
	switch {
	case !a.Booking(now):
		return fault.New(fault.Conflict, "booking_closed", "现在不能约见：约见没有开始、已经截止，或活动已取消")
	case !p.State.Seated() || !p.Meetings:
		return fault.New(fault.Conflict, "not_in_meetings", "报名确认、并且选择参加一对一洽谈后，才能约见")
	}
	return nil
}

// MeetCommand is one step of a wish.
type MeetCommand struct {
	Activity int64  `json:"-"`
	Wish     int64  `json:"-"`
	Act      Act    `json:"event" enum:"accept,decline,withdraw,cancel,move"`
	Slot     int64  `json:"slotId,omitempty" doc:"accept、move：选的时段；accept 不填为最早的共同空闲时段"`
	Reason   string `json:"reason,omitempty" doc:"decline、cancel：给对方的话"`
}

// Meet carries out one step of a wish: the asked accepts with a slot or declines, the asker withdraws, either cancels, the host moves.
// Faults: Unauthorized, NotFound, Forbidden wrong_side, Conflict, Invalid.
func (s *Service) Meet(ctx context.Context, who actor.Actor, c MeetCommand) (out Wish, err error) {
	op := "event: meet: " + string(c.Act) + ": %w"
	if !who.SignedIn() {
		return out, fmt.Errorf(op, fault.SignIn())
	}
	c.Reason = strings.TrimSpace(c.Reason)
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		a, err := one(ctx, tx, lockedEvent, c.Activity, who)
		if err != nil {
			return err
		}
		w, by, err := s.part(ctx, tx, who, a, c)
		if err != nil {
			return err
		}
		if out, err = s.meet(ctx, tx, a, w, c, by); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "meet_"+c.Act, a.ID, map[string]any{"wish": w.ID, "state": out.State, "slot": out.Slot})
	})
	if err != nil {
		return Wish{}, fmt.Errorf(op, err)
	}
	return out, nil
}

// part finds a wish and what somebody is to it. Nobody else finds one.
func (s *Service) part(ctx context.Context, tx pgx.Tx, who actor.Actor, a Activity, c MeetCommand) (Wish, Side, error) {
	w, err := wishAt(ctx, tx, a.ID, c.Wish)
	if err != nil {
		return w, stranger, err
	}
	mine, err := signupOf(ctx, tx, a.ID, who.AccountID)
	switch {
	case err != nil:
		return w, stranger, err
	case mine != nil && mine.ID == w.From && c.Act != ActMove:
		return w, Asker, nil
	case mine != nil && mine.ID == w.To && c.Act != ActMove:
		return w, Asked, nil
	case a.hostedBy(who):
		return w, Host, nil
	case mine != nil && (mine.ID == w.From || mine.ID == w.To):
		return w, Asked, nil // who may see it, but not move it
	}
	return w, stranger, errNoWish
}

// meet is the one way in which a wish moves, under the event's lock.
func (s *Service) meet(ctx context.Context, tx pgx.Tx, a Activity, w Wish, c MeetCommand, by Side) (Wish, error) {
	m, refused := find(wishMoves(), w.State, c.Act, by)
	if refused != nil {
		return w, refused
	}
	now := s.config.Now()
	if c.Act == ActAccept && !a.Booking(now) {
		return w, fault.New(fault.Conflict, "booking_closed", "现在不能约见：约见没有开始、已经截止，或活动已取消")
	}
	if a.State != Open && a.State != Closed && a.State != Running {
		return w, fault.New(fault.Conflict, "wrong_state", "活动已经结束或取消，洽谈安排不再变动")
	}
	if count(c.Reason) > maxNote {
		return w, fault.Newf(fault.Invalid, "length", "给对方的话最多 %d 字", maxNote).In("reason")
	}
	w.UpdatedAt = now
	var err error
	switch c.Act {
	case ActAccept:
		w, err = s.accept(ctx, tx, a, w, c.Slot)
	case ActMove:
		w, err = s.shift(ctx, tx, a, w, c.Slot)
	default:
		w.State, w.Answer, w.Slot, w.Table, w.Why = m.to, c.Reason, 0, 0, ""
	}
	if err == nil {
		err = setWish(ctx, tx, w)
	}
	if err != nil {
		return w, err
	}
	h, err := s.hall(ctx, tx, a, w.From, w.To)
	if err != nil {
		return w, err
	}
	return w, s.tellMet(ctx, tx, a, w, h, c.Reason, by)
}

// end cancels a wish because of another step; who is concerned is told by that step.
func (s *Service) end(ctx context.Context, tx pgx.Tx, w Wish) error {
	m, refused := find(wishMoves(), w.State, ActCancel, system)
	if refused != nil {
		return refused
	}
	w.State, w.Slot, w.Table, w.Why, w.UpdatedAt = m.to, 0, 0, "", s.config.Now()
	return setWish(ctx, tx, w)
}

// hall is what an event's tables and people look like at a moment, under the event's lock.
type hall struct {
	slots  []Sitting
	people map[int64]Signup
	taken  map[int64]map[int64]bool // slots of a person
	used   map[int64]int            // tables of a slot
	cap    int
}

// hall reads the slots, and what the named people have in them.
func (s *Service) hall(ctx context.Context, tx pgx.Tx, a Activity, ids ...int64) (h hall, err error) {
	h = hall{people: map[int64]Signup{}, taken: map[int64]map[int64]bool{}, used: map[int64]int{}, cap: a.MeetingCap}
	if h.slots, err = slotsOf(ctx, tx, a.ID); err != nil {
		return h, err
	}
	people, err := postgres.Many[Signup](ctx, tx, peopleOf, pgx.StrictNamedArgs{"event": a.ID, "ids": list(ids)})
	if err != nil {
		return h, err
	}
	for _, p := range people {
		h.people[p.ID] = p
	}
	seats, err := postgres.Many[struct{ Slot, Signup int64 }](ctx, tx, takenSeats, pgx.StrictNamedArgs{"event": a.ID})
	if err != nil {
		return h, err
	}
	for _, s := range seats {
		if h.taken[s.Signup] == nil {
			h.taken[s.Signup] = map[int64]bool{}
		}
		h.taken[s.Signup][s.Slot] = true
		h.used[s.Slot]++
	}
	for id := range h.used {
		h.used[id] /= 2 // two seats a meeting
	}
	return h, nil
}

// common are the slots in which both are there and free and a table is, the earliest first; why says what stands against them when there
// is none.
func (h hall) common(a, b int64) (out []Sitting, why string) {
	why = NoCommonSlot
	for _, s := range h.slots {
		if slices.Contains(h.people[a].Away, s.ID) || slices.Contains(h.people[b].Away, s.ID) {
			continue
		}
		why = Full
		if !h.taken[a][s.ID] && !h.taken[b][s.ID] && h.used[s.ID] < s.Tables {
			out = append(out, s)
		}
	}
	if len(h.taken[a]) >= h.cap || len(h.taken[b]) >= h.cap {
		return nil, Full
	}
	return out, why
}

// accept books the slot that the asked chose, or the earliest that both still have; where there is none the wish waits for the plan.
func (s *Service) accept(ctx context.Context, tx pgx.Tx, a Activity, w Wish, slot int64) (Wish, error) {
	h, err := s.hall(ctx, tx, a, w.From, w.To)
	if err != nil {
		return w, err
	}
	free, why := h.common(w.From, w.To)
	if len(free) == 0 {
		w.State, w.Why = WishAccepted, why
		return w, nil
	}
	at := max(slices.IndexFunc(free, func(s Sitting) bool { return s.ID == slot }), 0)
	return s.book(ctx, tx, w, free[at].ID)
}

// shift books the slot that the host chose.
func (s *Service) shift(ctx context.Context, tx pgx.Tx, a Activity, w Wish, slot int64) (Wish, error) {
	if w.State == WishBooked { // its own seats and table are free for the move
		if err := setWish(ctx, tx, Wish{ID: w.ID, State: WishAccepted, Answer: w.Answer, UpdatedAt: w.UpdatedAt}); err != nil {
			return w, err
		}
	}
	h, err := s.hall(ctx, tx, a, w.From, w.To)
	if err != nil {
		return w, err
	}
	free, _ := h.common(w.From, w.To)
	if !slices.ContainsFunc(free, func(s Sitting) bool { return s.ID == slot }) {
		return w, fault.New(fault.Invalid, "slot", "这个时段不行：有一方没空、已满桌，或已到每人场数上限，请另选").In("slotId")
	}
	return s.book(ctx, tx, w, slot)
}

// book gives a wish a slot and the first free table in it.
func (s *Service) book(ctx context.Context, tx pgx.Tx, w Wish, slot int64) (Wish, error) {
	w.State, w.Slot, w.Why = WishBooked, slot, ""
	err := tx.QueryRow(ctx, freeTable, pgx.StrictNamedArgs{"slot": slot}).Scan(&w.Table)
	if errors.Is(err, pgx.ErrNoRows) {
		err = fault.New(fault.Conflict, "tables_full", "这个时段的洽谈桌已满，请另选时段")
	}
	return w, err
}

// place makes the plan of an event's meetings: what is booked stays, what was accepted without a slot is placed by Place, the rule behind
// replay. Both of a meeting are told.
func (s *Service) place(ctx context.Context, tx pgx.Tx, a Activity) error {
	wishes, err := postgres.Many[Wish](ctx, tx, wishesIn, pgx.StrictNamedArgs{"event": a.ID,
		"states": []WishStage{WishAccepted, WishBooked}})
	if err != nil {
		return err
	}
	var ids []int64
	byID := map[string]Wish{}
	for _, w := range wishes {
		ids = append(ids, w.From, w.To)
		byID[digits(int(w.ID))] = w
	}
	h, err := s.hall(ctx, tx, a, ids...)
	if err != nil {
		return err
	}
	plan := Place(h.wishes(a, wishes))
	for _, p := range plan.Placed {
		w := byID[p.Request]
		if w.State == WishBooked {
			continue
		}
		i := slices.IndexFunc(h.slots, func(s Sitting) bool { return digits(int(s.ID)) == p.Slot })
		w.UpdatedAt = a.UpdatedAt
		if w, err = s.book(ctx, tx, w, h.slots[i].ID); err != nil {
			return err
		}
		if err := setWish(ctx, tx, w); err != nil {
			return err
		}
		if err := s.tellMet(ctx, tx, a, w, h, "", system); err != nil {
			return err
		}
	}
	for _, u := range plan.Unplaced {
		w := byID[u.Request]
		if w.Why == u.Reason {
			continue
		}
		w.Why, w.UpdatedAt = u.Reason, a.UpdatedAt
		if err := setWish(ctx, tx, w); err != nil {
			return err
		}
	}
	return nil
}

// wishes are what the rule is asked: everybody who has an accepted wish, when he is there, and what is booked.
func (h hall) wishes(a Activity, wishes []Wish) (in Wishes) {
	for _, s := range h.slots {
		in.Slots = append(in.Slots, Slot{ID: digits(int(s.ID)), Tables: s.Tables})
	}
	for _, from := range Parts() {
		for _, to := range Parts() {
			if a.SameSide || from != to {
				in.MayAsk = append(in.MayAsk, MayAsk{From: string(from), To: string(to)})
			}
		}
	}
	for _, id := range ordered(h.people) {
		p := h.people[id]
		one := Participant{ID: digits(int(id)), Kind: string(p.Part), Cap: a.MeetingCap}
		for _, s := range h.slots {
			if !slices.Contains(p.Away, s.ID) {
				one.Free = append(one.Free, digits(int(s.ID)))
			}
		}
		in.Participants = append(in.Participants, one)
	}
	for _, w := range wishes {
		in.Requests = append(in.Requests, Request{ID: digits(int(w.ID)), From: digits(int(w.From)), To: digits(int(w.To)), Accepted: true})
		if w.State == WishBooked {
			in.Booked = append(in.Booked, Placement{Request: digits(int(w.ID)), Slot: digits(int(w.Slot))})
		}
	}
	return in
}

func ordered(people map[int64]Signup) []int64 {
	ids := make([]int64, 0, len(people))
	for id := range people {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// tellMet tells those whom a step of a wish concerns: the other one, or both where the host or the plan moved it.
func (s *Service) tellMet(ctx context.Context, tx pgx.Tx, a Activity, w Wish, h hall, said string, by Side) error {
	to := []int64{h.people[w.From].Account, h.people[w.To].Account}
	switch by {
	case Asker:
		to = to[1:]
	case Asked:
		to = to[:1]
	}
	title := ""
	switch w.State {
	case WishBooked:
		title, said = "洽谈时间已定", h.when(w)
	case WishAccepted:
		title, said = "对方接受约见，时间待安排", "现在没有双方都空的时段。约见截止后统一安排，届时会通知您。"
	case WishDeclined:
		title = "对方没有接受约见"
	case WishWithdrawn:
		title = "对方撤回了约见"
	default:
		title = "洽谈已取消，时段已空出"
	}
	return s.tell(ctx, tx, a.ID, to, title+"："+a.Title, said)
}

// when says the slot and table of a booked wish.
func (h hall) when(w Wish) string {
	for _, t := range h.slots {
		if t.ID == w.Slot {
			return fmt.Sprintf("%s，%d 号桌", clock.Local(t.BeginsAt).Format("1 月 2 日 15:04"), w.Table)
		}
	}
	return ""
}
