package event

import (
	"context"
	"encoding/base32"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/vault"
)

// What of this room is sealed, each under the name of its column.
const (
	sealedCode  = "event_signup.code"
	sealedPhone = "event_signup.phone"
)

// Sealed are the columns of this room in which something lies sealed.
func Sealed() []postgres.Sealed {
	return []postgres.Sealed{{Table: "event_signup", Column: "code", Purpose: sealedCode},
		{Table: "event_signup", Column: "phone", Purpose: sealedPhone}}
}

// Coming is what somebody writes who wants to come.
type Coming struct {
	Part     Part    `json:"side" required:"true"`
	Listings []int64 `json:"listings,omitempty" maxItems:"10" doc:"本单位公开的成果或需求，给约见的人看"`
	Note     string  `json:"note,omitempty"`
	Meetings bool    `json:"meetings,omitempty" doc:"参加一对一洽谈"`
	Away     []int64 `json:"awaySlots,omitempty" maxItems:"200" doc:"不能参加的洽谈时段"`
}

const (
	maxListings = 10
	maxNote     = 500
)

// comes refuses a sign-up that cannot be.
func (s *Service) comes(ctx context.Context, who actor.Actor, a Activity, in *Coming) error {
	var f fault.Fields
	in.Note = strings.TrimSpace(in.Note)
	f.Check(slices.Contains(Parts(), in.Part), "side", "choose", "请选择以什么身份参加")
	f.Checkf(count(in.Note) <= maxNote, "note", "length", "说明最多 %d 字", maxNote)
	f.Checkf(len(in.Listings) <= maxListings, "listings", "too_many", "最多选择 %d 项", maxListings)
	shown, err := s.public(ctx, in.Listings)
	if err != nil {
		return err
	}
	f.Check(!slices.ContainsFunc(in.Listings, func(id int64) bool { h, ok := shown[id]; return !ok || !who.In(h.OrganisationID) }), "listings",
		"not_own", "只能选择本单位公开的成果或需求，请从列表中选择")
	f.Check(a.Meets() || !in.Meetings, "meetings", "none", "这场活动没有一对一洽谈")
	slots, err := slotsOf(ctx, s.config.DB, a.ID)
	if err != nil {
		return err
	}
	f.Check(!slices.ContainsFunc(in.Away, func(id int64) bool {
		return !slices.ContainsFunc(slots, func(s Sitting) bool { return s.ID == id })
	}), "awaySlots", "choose", "没有这个洽谈时段，请从列表中选择")
	return f.Err()
}

// Ask signs somebody up: admitted while there are seats, then in the row; where the host admits, asked. Who: signed in, with a unit that
// was confirmed. Faults: Unauthorized, Forbidden, NotFound, Conflict not_open, already_asked; Invalid.
func (s *Service) Ask(ctx context.Context, who actor.Actor, id int64, in Coming) (out Signup, err error) {
	const op = "event: ask: %w"
	a, err := s.entering(ctx, who, id)
	if err == nil {
		err = s.comes(ctx, who, a, &in)
	}
	if err != nil {
		return out, fmt.Errorf(op, err)
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		a, err := locked(ctx, tx, id)
		if err != nil {
			return err
		}
		now := s.config.Now()
		if !a.Signing(now) {
			return fault.New(fault.Conflict, "not_open", "现在不能报名：报名没有开始、已经截止，或活动已取消")
		}
		out = Signup{Event: id, Account: who.AccountID, Org: who.OrgID, Name: who.Name, Unit: who.OrgName, Part: in.Part, Listings: in.Listings,
			Note: in.Note, Meetings: in.Meetings, Away: in.Away, State: SignAsked, AskedAt: now, UpdatedAt: now}
		if out.ID, err = addSignup(ctx, tx, out); err != nil {
			return err
		}
		if a.ByHost {
			err = s.tellHost(ctx, tx, a, "收到活动报名："+a.Title, out.Unit+" "+out.Name+"报名，请确认。")
		} else {
			out, err = s.seat(ctx, tx, &a, out, ActAdmit, system, "")
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, who, "ask", id, map[string]any{"signup": out.ID, "state": out.State})
	})
	if err != nil {
		return Signup{}, fmt.Errorf(op, err)
	}
	return out, nil
}

// entering reads the event for somebody who wants to come.
func (s *Service) entering(ctx context.Context, who actor.Actor, id int64) (Activity, error) {
	switch {
	case !who.SignedIn():
		return Activity{}, fault.SignIn()
	case who.OrgState != actor.Confirmed:
		return Activity{}, fault.New(fault.Forbidden, "org_not_confirmed", "单位未通过确认或已被暂停，请联系自治区管理员；也可以当天到现场登记")
	}
	return one(ctx, s.config.DB, selectEvent, id, who)
}

// Revise changes what somebody brings and when he is away, while meetings are not placed. Slots with a booked meeting cannot become away.
func (s *Service) Revise(ctx context.Context, who actor.Actor, id int64, in Coming) (out Signup, err error) {
	const op = "event: revise: %w"
	a, err := s.entering(ctx, who, id)
	if err == nil {
		err = s.comes(ctx, who, a, &in)
	}
	if err != nil {
		return out, fmt.Errorf(op, err)
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		a, mine, err := s.mine(ctx, tx, who, id)
		if err != nil {
			return err
		}
		if a.State != Open && a.State != Closed || mine.State == SignCancelled || mine.State == SignDeclined {
			return fault.New(fault.Conflict, "wrong_state", "现在不能办这一步，请刷新页面看最新状态")
		}
		wishes, err := postgres.Many[Wish](ctx, tx, wishesOf, pgx.StrictNamedArgs{"signup": mine.ID})
		if err != nil {
			return err
		}
		var f fault.Fields
		for _, w := range wishes {
			f.Check(w.State != WishBooked || !slices.Contains(in.Away, w.Slot), "awaySlots", "booked", "选中的时段里已经有洽谈，请先取消那场洽谈")
			f.Check(in.Meetings || w.State != WishBooked && w.State != WishAccepted, "meetings", "booked", "还有约好的洽谈，请先取消")
		}
		if err := f.Err(); err != nil {
			return err
		}
		mine.Part, mine.Listings, mine.Note, mine.Meetings, mine.Away = in.Part, in.Listings, in.Note, in.Meetings, in.Away
		mine.UpdatedAt = s.config.Now()
		out = mine
		if err := reviseSignup(ctx, tx, mine); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "revise", id, map[string]any{"signup": mine.ID})
	})
	if err != nil {
		return Signup{}, fmt.Errorf(op, err)
	}
	return out, nil
}

// mine locks the event and finds the sign-up of the person. Fault: NotFound signup.
func (s *Service) mine(ctx context.Context, tx pgx.Tx, who actor.Actor, id int64) (Activity, Signup, error) {
	a, err := locked(ctx, tx, id)
	if err == nil && a.State == Draft {
		err = errNotFound
	}
	if err != nil {
		return a, Signup{}, err
	}
	mine, err := signupOf(ctx, tx, id, who.AccountID)
	if err == nil && mine == nil {
		err = fault.New(fault.NotFound, "signup", "您还没有报名这场活动")
	}
	if err != nil {
		return a, Signup{}, err
	}
	return a, *mine, nil
}

// SeatCommand is one step of a sign-up.
type SeatCommand struct {
	Activity int64  `json:"-"`
	Signup   int64  `json:"-"`
	Act      Act    `json:"event" enum:"admit,decline,cancel,check_in"`
	Reason   string `json:"reason,omitempty" doc:"decline：原因，对方会看到"`
}

// Seat carries out one step of a sign-up: the host admits, declines or checks in; the person cancels. Faults: Unauthorized, NotFound,
// Forbidden wrong_side, Conflict, Invalid.
func (s *Service) Seat(ctx context.Context, who actor.Actor, c SeatCommand) (out Signup, err error) {
	op := "event: seat: " + string(c.Act) + ": %w"
	if !who.SignedIn() {
		return out, fmt.Errorf(op, fault.SignIn())
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		a, err := one(ctx, tx, lockedEvent, c.Activity, who)
		if err != nil {
			return err
		}
		p, err := signupAt(ctx, tx, a.ID, c.Signup)
		if err != nil {
			return err
		}
		by := a.side(who)
		switch {
		case p.Account == who.AccountID && (by != Host || c.Act == ActCancel):
			by = Self
		case by != Host:
			return fault.New(fault.NotFound, "signup", "没有找到这份报名，请刷新名单")
		}
		if c.Act == ActCheckIn {
			var found Scanned
			found, err = s.arrive(ctx, tx, &a, p, s.config.Now())
			out = found.Signup
		} else {
			out, err = s.seat(ctx, tx, &a, p, c.Act, by, strings.TrimSpace(c.Reason))
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, who, "seat_"+c.Act, a.ID, map[string]any{"signup": p.ID, "state": out.State})
	})
	if err != nil {
		return Signup{}, fmt.Errorf(op, err)
	}
	return out, nil
}

// seat is the one way in which a sign-up moves, under the event's lock. Who is admitted to a full event waits in the row.
func (s *Service) seat(ctx context.Context, tx pgx.Tx, a *Activity, p Signup, on Act, by Side, reason string) (Signup, error) {
	if on == ActAdmit {
		ahead := false // a freed seat belongs to the row, not to who asks before the job ran
		if by == system {
			if err := tx.QueryRow(ctx, anyWaiting, pgx.StrictNamedArgs{"event": a.ID}).Scan(&ahead); err != nil {
				return p, err
			}
		}
		if ahead || a.Full() {
			on = ActWait
		}
	}
	m, refused := find(signMoves(), p.State, on, by)
	switch {
	case refused != nil:
		return p, refused
	case a.State != Open && a.State != Closed && a.State != Running:
		return p, fault.New(fault.Conflict, "wrong_state", "活动已经结束或取消，名单不再变动")
	}
	var f fault.Fields
	if m.reason {
		f.Checkf(count(reason) >= 2 && count(reason) <= maxNote, "reason", "required", "请填写原因，对方会看到（2—%d 字）", maxNote)
	}
	if err := f.Err(); err != nil {
		return p, err
	}
	now := s.config.Now()
	held := p.State.Seated() && !p.WalkedIn
	p.State, p.Reason, p.UpdatedAt = m.to, reason, now
	if p.State == SignAdmitted && p.Hash == "" {
		if err := s.giveCode(ctx, tx, &p); err != nil {
			return p, err
		}
	}
	change := seats(p.State.Seated() && !p.WalkedIn) - seats(held)
	if err := take(ctx, tx, a, change, now); err != nil {
		return p, err
	}
	if err := setSignup(ctx, tx, p); err != nil {
		return p, err
	}
	if change < 0 {
		if err := s.config.Queue.Enqueue(ctx, tx, PromoteArgs{Event: a.ID}, jobs.Options{}); err != nil {
			return p, err
		}
	}
	if on == ActCancel || on == ActDecline {
		if err := s.leave(ctx, tx, *a, p); err != nil {
			return p, err
		}
	}
	title, body := seatWords(on)
	if title == "" || by == Self {
		return p, nil
	}
	if reason != "" {
		body = "原因：" + reason
	}
	return p, s.tell(ctx, tx, a.ID, []int64{p.Account}, title+"："+a.Title, body)
}

func seats(taken bool) int {
	if taken {
		return 1
	}
	return 0
}

// seatWords are the message of a step. The code itself stands on the page only: messages lie in the database in clear.
func seatWords(on Act) (title, body string) {
	switch on {
	case ActAdmit:
		return "报名已确认", "入场码在“我的安排”里，可以打印；到场时出示。"
	case ActPromote:
		return "候补转为正式席位", "有人取消，您的席位已确认。入场码在“我的安排”里。"
	case ActWait:
		return "席位已满，已列入候补", "有人取消时按先后顺序递补，届时会通知您。"
	case ActDecline:
		return "报名没有通过", ""
	}
	return "", ""
}

// leave ends the wishes of somebody who does not come; the others are told, their slots and tables are free again.
func (s *Service) leave(ctx context.Context, tx pgx.Tx, a Activity, p Signup) error {
	wishes, err := postgres.Many[Wish](ctx, tx, wishesOf, pgx.StrictNamedArgs{"signup": p.ID})
	if err != nil {
		return err
	}
	var others []int64
	for _, w := range wishes {
		if w.State != WishAsked && w.State != WishAccepted && w.State != WishBooked {
			continue
		}
		if err := s.end(ctx, tx, w); err != nil {
			return err
		}
		others = append(others, w.other(p.ID))
	}
	people, err := s.accounts(ctx, tx, a.ID, others)
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, a.ID, people, "洽谈取消："+a.Title, p.Unit+" "+p.Name+"不能到场，与您的洽谈已取消，时段已空出。")
}

// typed leaves out letters that are read as others.
var typed = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

const (
	codeLetters  = 26 // 128 bits, five a letter
	shortLetters = 6
)

// giveCode makes the code of a person: 128 random bits, found by their digest and kept sealed; the first six letters are typed where
// nothing scans, and differ from those of everybody else at the event.
func (s *Service) giveCode(ctx context.Context, tx pgx.Tx, p *Signup) error {
	for range 20 {
		var raw [16]byte
		if _, err := io.ReadFull(s.config.Random, raw[:]); err != nil {
			return fmt.Errorf("event code: %w", err)
		}
		code := typed.EncodeToString(raw[:])
		p.Hash, p.Short = vault.Digest(code), shortHash(p.Event, code[:shortLetters])
		var taken bool
		err := tx.QueryRow(ctx, shortTaken, pgx.StrictNamedArgs{"event": p.Event, "short": p.Short}).Scan(&taken)
		if err != nil {
			return err
		}
		if !taken {
			p.Code, err = s.config.DB.Contents().SealText(sealedCode, code)
			return err
		}
	}
	return fault.New(fault.Conflict, "busy", "同时有人在修改，请稍候重新提交。")
}

// shortHash of the six letters holds the event's number, so that the same letters differ elsewhere.
func shortHash(event int64, short string) string {
	return vault.Digest(digits(int(event)) + ":" + short)
}

// PromoteArgs lets people in from the row of an event.
type PromoteArgs struct {
	Event int64 `json:"event"`
}

// Kind names the job.
func (PromoteArgs) Kind() string { return "event_promote" }

// RegisterJobs adds the worker.
func (s *Service) RegisterJobs(w *jobs.Workers) {
	jobs.Register(w, func(ctx context.Context, a PromoteArgs) error {
		_, err := s.Promote(ctx, a.Event)
		return err
	})
}

// Promote gives free seats to those who wait, in the order in which they asked. It may come late or twice.
func (s *Service) Promote(ctx context.Context, id int64) (n int, err error) {
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		n = 0
		a, err := locked(ctx, tx, id)
		if err != nil || a.State != Open && a.State != Closed && a.State != Running {
			return err
		}
		free := a.Capacity - a.Admitted
		if free <= 0 {
			return nil
		}
		next, err := postgres.Many[Signup](ctx, tx, nextSignups, pgx.StrictNamedArgs{"event": id, "n": free})
		if err != nil {
			return err
		}
		for _, p := range next {
			if _, err := s.seat(ctx, tx, &a, p, ActPromote, system, ""); err != nil {
				return err
			}
			n++
		}
		if n == 0 {
			return nil
		}
		return s.record(ctx, tx, actor.Actor{}, ActPromote, id, map[string]any{"people": n})
	})
	if err != nil {
		return 0, fmt.Errorf("event: promote: %w", err)
	}
	return n, nil
}
