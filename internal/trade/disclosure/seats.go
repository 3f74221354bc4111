package disclosure

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/deal"
)

// Offer freezes words and offers them to named persons: those who asked for access, and the contacts of the talk. Faults: NotFound,
// Forbidden, Invalid.
func (s *Service) Offer(ctx context.Context, who actor.Actor, room int64, w ChosenWords, accounts []int64) (words int64, err error) {
	err = s.with(ctx, who, room, func(ctx context.Context, b *bench, _ Layer) error {
		if !b.owns(who) {
			return errOwner
		}
		if err := deal.MayTrade(who); err != nil {
			return err
		}
		if err := w.check(b.today()); err != nil {
			return err
		}
		named, err := s.named(ctx, b, who, w.Kind, accounts)
		if err != nil {
			return err
		}
		stored, err := s.freeze(ctx, b, who, w, named)
		if err != nil {
			return err
		}
		words = stored.ID
		for _, n := range named {
			if err := s.offerTo(ctx, b, who, stored, n); err != nil {
				return err
			}
		}
		return nil
	})
	return words, wrapped("disclosure: offer", err)
}

// named are the persons with their units: of those who asked and of the talk's contacts, nobody who has such words already.
func (s *Service) named(ctx context.Context, b *bench, who actor.Actor, kind string, accounts []int64) ([]Named, error) {
	var f fault.Fields
	f.Check(len(accounts) > 0 && len(accounts) <= maxNamed, "accounts", "missing", "请选择由谁接受，最多 20 人；对方可以先在披露室申请查看")
	if err := f.Err(); err != nil {
		return nil, err
	}
	known, err := s.contacts(ctx, who, b)
	if err != nil {
		return nil, err
	}
	slices.Sort(accounts)
	var out []Named
	for _, id := range slices.Compact(accounts) {
		at := slices.IndexFunc(known, func(n Named) bool { return n.Account == id })
		if at < 0 {
			f.Add("accounts", "unknown_person", "只能选申请过查看的人和洽谈的联系人；其他人请先在披露室申请")
			continue
		}
		n := known[at]
		taken := slices.ContainsFunc(b.seats, func(x Seat) bool {
			return x.Account == id && (x.State == Offered || x.State == Active && kind == KindNDA) && b.wordsOf(x.Words).Kind == kind
		})
		f.Checkf(!taken, "accounts", "taken", "%s已有一份同类协议，请先撤销再发", n.Name)
		out = append(out, n)
	}
	return out, f.Err()
}

func (s *Service) freeze(ctx context.Context, b *bench, who actor.Actor, w ChosenWords, named []Named) (Words, error) {
	frozen := Frozen{Schema: 1, Kind: w.Kind, Room: b.room.ID, Subject: b.room.Title, Electronic: electronic, Title: w.Title, Body: w.Body,
		OfferedBy: Named{Name: who.Name, OrgName: who.OrgName}, OfferedAt: b.now.UTC().Format(time.RFC3339), Named: named}
	out := Words{Kind: w.Kind, File: w.File, CreatedBy: who.AccountID}
	if w.File != 0 {
		of, err := s.config.Files.Own(ctx, b.tx, who.OrgID, w.File)
		if err != nil {
			return out, err
		}
		frozen.FileName, frozen.FileDigest = of.Name, of.Digest
	}
	if w.Kind == KindNDA {
		day := w.ValidTo.Date()
		out.ValidTo, frozen.ValidTo = &day, clock.Day(day)
	}
	var err error
	if out.Body, out.Digest, err = frozen.freeze(); err != nil {
		return out, err
	}
	out.ID, err = insertWords(ctx, b.tx, b.room.ID, out, b.now)
	b.words = append(b.words, out)
	return out, err
}

// offerTo offers words to one person: on the seat with which he asked, or on a new one.
func (s *Service) offerTo(ctx context.Context, b *bench, who actor.Actor, w Words, n Named) error {
	seat := Seat{Account: n.Account, Org: n.Org, Name: n.Name, OrgName: n.OrgName}
	if w.Kind == KindNDA {
		for _, x := range b.seats {
			if x.Account == n.Account && x.State == Requested {
				seat = x
			}
		}
	}
	seat.Words, seat.State, seat.Org, seat.Name, seat.OrgName = w.ID, Offered, n.Org, n.Name, n.OrgName
	var err error
	if seat.ID == 0 {
		seat.ID, err = insertSeat(ctx, b.tx, b.room.ID, seat, b.now)
	} else {
		err = seat.store(ctx, b.tx, b.now)
	}
	if err != nil {
		return err
	}
	if err := s.tell(ctx, b, []int64{n.Account}, map[string]string{KindNDA: "请您接受保密协议", KindAgreement: "请您接受合作协议"}[w.Kind]); err != nil {
		return err
	}
	return s.note(ctx, b, who, Entry{Event: EventOffer, Seat: seat.ID, Digest: w.Digest, Detail: n.OrgName + " " + n.Name})
}

// Command is one step of a seat; which fields it needs depends on the event. An offer goes through Offer.
type Command struct {
	Room   int64    `json:"-"`
	Seat   int64    `json:"-"`
	Event  Event    `json:"event"`
	Reason string   `json:"reason"`
	Digest string   `json:"digest"` // accept: of the words that were read
	From   fact.Day `json:"from" format:"date"`
	To     fact.Day `json:"to" format:"date"`
}

// Do carries out one step of the table. Faults: NotFound, Forbidden wrong_role, Conflict wrong_state and other_words, Invalid.
func (s *Service) Do(ctx context.Context, who actor.Actor, c Command) error {
	err := s.with(ctx, who, c.Room, func(ctx context.Context, b *bench, _ Layer) error {
		i := slices.IndexFunc(b.seats, func(x Seat) bool { return x.ID == c.Seat })
		if i < 0 {
			return errNoSeat
		}
		var role Role
		switch seat := b.seats[i]; {
		case b.owns(who):
			role = RoleOwner
		case seat.Account == who.AccountID:
			role = RoleReader
		default:
			return errNoSeat
		}
		if c.Event == EventOffer {
			return fault.New(fault.Conflict, "wrong_state", "请填写协议，再选择由谁接受")
		}
		return s.step(ctx, b, who, role, i, c)
	})
	return wrapped("disclosure: "+string(c.Event), err)
}

func (s *Service) step(ctx context.Context, b *bench, who actor.Actor, role Role, i int, c Command) error {
	seat := &b.seats[i]
	m, refused := find(seat.State, c.Event, role)
	if refused != nil {
		return refused
	}
	c.Reason = strings.TrimSpace(c.Reason)
	var f fault.Fields
	n := len([]rune(c.Reason))
	f.Check(!m.reason || n >= 2 && n <= maxPurpose, "reason", "missing", "请写明原因或情况（2—500 字）")
	if err := f.Err(); err != nil {
		return err
	}
	w := b.wordsOf(seat.Words)
	if seat.State == Active && w.Kind == KindAgreement {
		return fault.New(fault.Conflict, "signed", "协议已经接受，不能单方撤销；需要变更的另订一份")
	}
	note := Entry{Event: c.Event, Seat: seat.ID, Detail: c.Reason}
	switch c.Event {
	case EventAccept:
		if err := seat.accept(who, w, c.Digest, b); err != nil {
			return err
		}
		note.Digest = w.Digest
	case EventAdmit:
		f.Check(c.From >= b.today() && c.From <= c.To && c.To <= fact.OfDate(*w.ValidTo), "to", "range", "请填写哪几天可以看内层资料，不超过协议的截止日期")
		if err := f.Err(); err != nil {
			return err
		}
		from, to := c.From.Date(), c.To.Date()
		seat.RoomFrom, seat.RoomTo = &from, &to
		note.Detail = clock.Day(from) + " 至 " + clock.Day(to)
	default:
		seat.Reason = c.Reason
	}
	seat.State = m.to
	if err := seat.store(ctx, b.tx, b.now); err != nil {
		return err
	}
	if err := s.told(ctx, b, *seat, w, role, c.Event); err != nil {
		return err
	}
	sig := signatureOf(b, w)
	signed := c.Event == EventAccept && w.Kind == KindAgreement && sig.Complete
	if signed { // before the trail, whose lock comes last
		if err := s.config.Signed(ctx, b.tx, sig); err != nil {
			return err
		}
	}
	if err := s.note(ctx, b, who, note); err != nil || !signed {
		return err
	}
	return s.note(ctx, b, actor.Actor{}, Entry{Event: EventSigned, Digest: w.Digest})
}

// accept wants the person himself, still of the unit, and the very words that are stored.
func (x *Seat) accept(who actor.Actor, w Words, digest string, b *bench) error {
	if err := deal.MayTrade(who); err != nil {
		return err
	}
	switch {
	case !who.In(x.Org):
		return fault.Newf(fault.Forbidden, "left_unit", "协议是发给您在%s的身份的，现在不能以其他单位接受", x.OrgName)
	case digest != w.Digest:
		return fault.New(fault.Conflict, "other_words", "接受的不是现在这份协议，请刷新页面重新阅读")
	case w.ValidTo != nil && fact.OfDate(*w.ValidTo) < b.today():
		return fault.New(fault.Conflict, "wrong_state", "协议的查看期限已过，请对方重新发一份")
	}
	x.AcceptedAt = &b.now
	return nil
}

func (s *Service) told(ctx context.Context, b *bench, x Seat, w Words, by Role, on Event) error {
	title := map[Event]string{EventAccept: x.Name + "接受了" + kindName(w.Kind), EventDecline: x.Name + "没有接受" + kindName(w.Kind),
		EventClose: x.Name + "确认归还和删除资料", EventRefuse: "查看申请没有通过", EventRevoke: "您的查看权限已撤销", EventAdmit: "您可以查看内层资料",
		EventExpire: "查看期限已满"}[on]
	to := []int64{x.Account}
	if by == RoleReader {
		to = []int64{b.room.CreatedBy}
	}
	return s.tell(ctx, b, to, title)
}

func kindName(kind string) string {
	if kind == KindAgreement {
		return "合作协议"
	}
	return "保密协议"
}

// Tick ends the access of those whose term is over. It may come late or twice.
func (s *Service) Tick(ctx context.Context) (n int, err error) {
	due, err := postgres.Many[struct{ Room, Seat int64 }](ctx, s.config.DB, dueSeats, pgx.StrictNamedArgs{})
	if err != nil {
		return 0, fmt.Errorf("disclosure: tick: %w", postgres.Fault(err))
	}
	for _, d := range due {
		err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			b, err := lock(ctx, tx, d.Room)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(b.seats, func(x Seat) bool { return x.ID == d.Seat })
			return s.step(ctx, b, actor.Actor{}, roleSystem, i, Command{Event: EventExpire})
		})
		switch {
		case err == nil:
			n++
		case !fault.Is(err, fault.Conflict): // somebody was faster
			return n, fmt.Errorf("disclosure: tick: %w", postgres.Fault(err))
		}
	}
	return n, nil
}

var errNoSeat = fault.New(fault.NotFound, "seat_not_found", "没有找到这项查看权限")
