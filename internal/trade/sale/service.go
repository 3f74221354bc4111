package sale

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/deal"
)

// Notices tells people in the caller's transaction.
type Notices interface {
	Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error
}

// Organisations names a unit's division, for the scope of the desk.
type Organisations interface {
	Division(ctx context.Context, org int64) (string, error)
}

// Config is what the Service needs; all fields but Ended must be set. Code makes the code under which a bidder is shown.
type Config struct {
	DB            *postgres.DB
	Audit         audit.Recorder
	Notices       Notices
	Organisations Organisations
	Now           func() time.Time
	Code          func() string
	// Cleared refuses a confirmation while the notice of the price runs or was objected to; nil: no notices are kept.
	Cleared func(ctx context.Context, tx pgx.Tx, sale int64) error
	// Ended hears in its transaction how a bidding was decided, last of all; nil: nobody.
	Ended func(ctx context.Context, tx pgx.Tx, e Ended) error
}

// Service carries sales. Everybody reads a disclosed one; drafts are the owner's and, in review, the desk's. Who stands behind a code
// is known to nobody but the bidder himself and, for qualifying him, the desk.
type Service struct{ config Config }

// New makes the service.
func New(c Config) *Service { return &Service{config: c} }

// Create keeps a draft. Who: members of a confirmed organisation. Faults: Forbidden, Invalid with fields.
func (s *Service) Create(ctx context.Context, who actor.Actor, n Offer) (id int64, err error) {
	if err := deal.MayTrade(who); err != nil {
		return 0, fmt.Errorf("sale: create: %w", err)
	}
	n.Title, n.Object, n.Conditions = strings.TrimSpace(n.Title), strings.TrimSpace(n.Object), strings.TrimSpace(n.Conditions)
	if err := n.check(s.config.Now()); err != nil {
		return 0, fmt.Errorf("sale: create: %w", err)
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, insertSale, pgx.StrictNamedArgs{"org": who.OrgID, "account": who.AccountID, "title": n.Title,
			"object": n.Object, "conditions": n.Conditions, "start": n.Start, "step": n.Step, "multiple": n.StepMultiple,
			"window": n.WindowMinutes, "grace": grace, "reserve": n.Reserve, "deposit": n.Deposit, "begins": n.BeginsAt, "ends": n.PlannedEnd,
			"sample": who.Sample, "now": s.config.Now()}).Scan(&id); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "sale.create", id, nil)
	})
	if err != nil {
		return 0, fmt.Errorf("sale: create: %w", err)
	}
	return id, nil
}

// Command is one step of a sale.
type Command struct {
	Sale   int64  `json:"-"`
	Event  Event  `json:"event" required:"true"`
	Reason string `json:"reason" doc:"退回、撤牌、暂停和悔拍要写，会公开显示"`
}

// bench is a sale under its lock.
type bench struct {
	tx      pgx.Tx
	now     time.Time // of the database, read after the lock
	sale    Sale
	pauses  []storedPause
	intents []Intent
	auction *Auction
}

// lock takes the advisory lock of the sale first, because a row lock is no queue, then the row, all in one trip: who holds the lock makes
// the others wait. Each statement sees what was committed before it ran.
func lock(ctx context.Context, tx pgx.Tx, id int64) (*bench, error) {
	args := pgx.StrictNamedArgs{"id": id}
	var trip pgx.Batch
	trip.Queue(lockSale, args)
	trip.Queue(lockedSale, args)
	trip.Queue(selectPauses, args)
	trip.Queue(selectIntents, args)
	trip.Queue(postgres.Clock)
	answers := tx.SendBatch(ctx, &trip)
	defer answers.Close() // an error stands in the answers too
	b := &bench{tx: tx}
	if _, err := answers.Exec(); err != nil {
		return nil, err
	}
	var err error
	if b.sale, err = oneOf[Sale](answers.Query()); err != nil {
		return nil, err
	}
	if b.pauses, err = allOf[storedPause](answers.Query()); err != nil {
		return nil, err
	}
	if b.intents, err = allOf[Intent](answers.Query()); err != nil {
		return nil, err
	}
	b.auction = auction(b.sale, b.pauses, b.intents)
	return b, answers.QueryRow().Scan(&b.now)
}

// keep writes back where the bidding stands.
func (b *bench) keep(ctx context.Context, reason string) error {
	a := b.auction
	b.sale.EndsAt, b.sale.Leader, b.sale.Top, b.sale.Seq, b.sale.Alarm = a.End, a.Leader, a.Top, a.Seq, a.Alarm
	for i, counted := range a.Settled {
		if i < len(b.pauses) && b.pauses[i].To == a.Pauses[i].To {
			continue
		}
		p := storedPause{From: a.Pauses[i].From, To: a.Pauses[i].To, Counted: counted, Reason: reason}
		if _, err := b.tx.Exec(ctx, upsertPause, pgx.StrictNamedArgs{"id": b.sale.ID, "number": i + 1, "from": p.From, "to": p.To,
			"counted": p.Counted, "reason": p.Reason}); err != nil {
			return err
		}
	}
	return b.sale.store(ctx, b.tx, b.now)
}

// Do carries out one step of the table. Faults: NotFound, Forbidden wrong_role, Conflict wrong_state and those of the guards, Invalid.
func (s *Service) Do(ctx context.Context, who actor.Actor, c Command) (Sale, error) {
	return s.do(ctx, who, c, false)
}

func (s *Service) do(ctx context.Context, who actor.Actor, c Command, system bool) (out Sale, err error) {
	c.Reason = strings.TrimSpace(c.Reason)
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b, err := lock(ctx, tx, c.Sale)
		if err != nil {
			return err
		}
		roles := []string{RoleSystem}
		if !system {
			if roles, err = s.roles(ctx, who, b.sale); err != nil {
				return err
			}
		}
		from := b.sale.State
		m, err := find(from, c.Event, roles)
		if err != nil {
			return err
		}
		if m.reason && len([]rune(c.Reason)) < 4 {
			var f fault.Fields
			f.Add("reason", "missing", "请写明原因（至少 4 个字），会公开显示")
			return f.Err()
		}
		if m.guard != nil {
			if refused := m.guard(b.auction, b.now); refused != nil {
				return refused
			}
		}
		if err := s.cleared(ctx, tx, c); err != nil {
			return err
		}
		if err := b.apply(ctx, m, c.Reason); err != nil {
			return err
		}
		out = b.sale
		if err := addEvent(ctx, tx, c.Sale, Step{b.now, who.AccountID, c.Event, from, b.sale.State, c.Reason}); err != nil {
			return err
		}
		if err := s.tellOwner(ctx, tx, b, c.Event); err != nil {
			return err
		}
		if err := s.record(ctx, tx, who, "sale."+string(c.Event), c.Sale, map[string]any{"from": from, "to": b.sale.State}); err != nil {
			return err
		}
		if c.Event != EventFinish || s.config.Ended == nil {
			return nil
		}
		return s.decided(ctx, tx, b.sale)
	})
	if err != nil {
		return Sale{}, fmt.Errorf("sale: %s: %w", c.Event, err)
	}
	return out, nil
}

// decided tells how a bidding ended, with what it rests on as it is stored.
func (s *Service) decided(ctx context.Context, tx pgx.Tx, sale Sale) error {
	record, _, err := readRecord(ctx, tx, sale)
	if err != nil {
		return err
	}
	e, err := ended(sale, record)
	if err != nil {
		return err
	}
	return s.config.Ended(ctx, tx, e)
}

// apply is the effect of a line of the table.
func (b *bench) apply(ctx context.Context, m move, reason string) error {
	b.sale.State = m.to[0]
	switch m.on {
	case EventWithdraw:
		b.sale.WithdrawnAt, b.sale.Reason = &b.now, reason
	case EventReturn, EventDefault:
		b.sale.Reason = reason
	case EventPause:
		b.auction.Pause(b.now)
	case EventResume:
		b.auction.Resume(b.now)
	case EventFinish:
		end := b.auction.Finish()
		b.sale.State, b.sale.EndedAt = Stage(end.State), &b.auction.End
		if end.Reason != nil {
			b.sale.Reason = *end.Reason
		}
	}
	return b.keep(ctx, reason)
}

// Finish decides every sale whose end and grace are over. The job may come late, twice or never: the end of a bidding follows from its
// times, and each is decided in a transaction of its own. It returns how many it decided.
func (s *Service) Finish(ctx context.Context) (n int, err error) {
	rows, _ := s.config.DB.Query(ctx, dueSales)
	due, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return 0, fmt.Errorf("sale: finish: %w", postgres.Fault(err))
	}
	for _, id := range due {
		_, err := s.do(ctx, actor.Actor{}, Command{Sale: id, Event: EventFinish}, true)
		switch {
		case err == nil:
			n++
		case !fault.Is(err, fault.Conflict): // a pause or a bid was faster
			return n, err
		}
	}
	return n, nil
}

// roles are the roles of somebody towards a sale.
func (s *Service) roles(ctx context.Context, who actor.Actor, sale Sale) ([]string, error) {
	var roles []string
	if who.In(sale.OrgID) && who.Member() {
		roles = append(roles, RoleOwner)
	}
	if who.Officer() {
		division, err := s.config.Organisations.Division(ctx, sale.OrgID)
		if err != nil {
			return nil, err
		}
		if who.Covers(division) {
			roles = append(roles, RoleDesk)
		}
	}
	switch {
	case !who.SignedIn():
		return nil, fault.SignIn()
	case roles == nil && (sale.State == Draft || sale.State == InReview):
		return nil, errNotFound
	}
	return roles, nil
}

// FileIntent puts an organisation among those who want to bid. Who: members of a confirmed organisation other than the owner, until the
// bidding ends. related is the bidder's own answer to the question whether it is tied to the owner.
func (s *Service) FileIntent(ctx context.Context, who actor.Actor, id int64, related bool) (code string, err error) {
	if err := deal.MayTrade(who); err != nil {
		return "", fmt.Errorf("sale: intent: %w", err)
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		sale, err := one[Sale](ctx, tx, selectSale, pgx.StrictNamedArgs{"id": id})
		if err != nil {
			return err
		}
		at, err := postgres.Now(ctx, tx)
		switch {
		case err != nil:
			return err
		case sale.State == Draft || sale.State == InReview:
			return errNotFound
		case who.In(sale.OrgID):
			return fault.New(fault.Forbidden, "own_sale", "转让方不得参加本单位挂牌的竞价")
		case sale.State != Disclosed || at.After(sale.EndsAt):
			return fault.New(fault.Conflict, "sale_over", "这项挂牌已经结束，不能再办理。请刷新页面查看结果")
		}
		code = s.config.Code()
		if err := addIntent(ctx, tx, Intent{SaleID: id, OrgID: who.OrgID, AccountID: who.AccountID, Code: code, Related: related}); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "sale.intent", id, map[string]any{"code": code})
	})
	if err != nil {
		return "", fmt.Errorf("sale: intent: %w", err)
	}
	return code, nil
}

// Decision is what the desk says of an intent. Paid confirms the deposit now, by the voucher of the bank or partner.
type Decision struct {
	Sale    int64  `json:"-"`
	Code    string `json:"code" required:"true" doc:"竞买代码"`
	Qualify bool   `json:"qualify" required:"true"`
	Paid    bool   `json:"paid" doc:"保证金已到账"`
	Voucher string `json:"voucher" doc:"银行或合作机构的到账凭证号"`
	Rank    int    `json:"rank" doc:"优先顺位，没有写 0；竞价开始后不能改"`
	Reason  string `json:"reason"`
}

// Decide qualifies or refuses an intent. Who: officers whose area holds the owner. Faults: NotFound, Forbidden, Invalid.
func (s *Service) Decide(ctx context.Context, who actor.Actor, d Decision) error {
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b, err := lock(ctx, tx, d.Sale)
		if err != nil {
			return err
		}
		roles, err := s.roles(ctx, who, b.sale)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(b.intents, func(i Intent) bool { return i.Code == d.Code })
		switch {
		case !slices.Contains(roles, RoleDesk):
			return fault.New(fault.Forbidden, "wrong_role", "受让资格由当地盟市或自治区管理员审核，请等待审核结果")
		case i < 0:
			return fault.New(fault.NotFound, "intent_not_found", "没有这个受让意向，请从挂牌页面重新打开")
		}
		var f fault.Fields
		f.Check(d.Qualify || len([]rune(d.Reason)) >= 4, "reason", "missing", "不予确认资格须写明原因")
		f.Check(d.Qualify || !d.Paid && b.intents[i].ConfirmedAt == nil, "qualify", "confirmed", "保证金已确认到账，不能再取消资格")
		f.Check(!d.Paid || strings.TrimSpace(d.Voucher) != "", "voucher", "missing", "请填写银行或合作机构的到账凭证号")
		f.Check(d.Rank >= 0 && d.Rank <= 9, "rank", "range", "优先顺位应为 1—9")
		f.Check(d.Rank == b.intents[i].Rank || b.now.Before(b.sale.BeginsAt), "rank", "late", "优先顺位须在竞价开始之前确定")
		if err := f.Err(); err != nil {
			return err
		}
		state := IntentRefused
		if d.Qualify {
			state = IntentQualified
		}
		if _, err := tx.Exec(ctx, updateIntent, pgx.StrictNamedArgs{"id": d.Sale, "code": d.Code, "state": state, "rank": d.Rank,
			"voucher": d.Voucher, "reason": d.Reason, "paid": d.Paid}); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, b, []int64{b.intents[i].AccountID}, "受让意向已审核", "请查看资格和保证金状态。"); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "sale.decide", d.Sale, map[string]any{"code": d.Code, "state": state, "paid": d.Paid})
	})
	if err != nil {
		return fmt.Errorf("sale: decide: %w", err)
	}
	return nil
}

// Bid is one attempt of the actor's organisation. The row is written with its arrival before the lock is asked for; the answer is kept
// whether it is accepted or refused, and the same key gets the same answer again. Faults: Unauthorized, Forbidden, NotFound, Invalid.
func (s *Service) Bid(ctx context.Context, who actor.Actor, id int64, key string, amount money.Fen) (answer Answer, err error) {
	const op = "sale: bid"
	if err := deal.MayTrade(who); err != nil {
		return Answer{}, fmt.Errorf(op+": %w", err)
	}
	var f fault.Fields
	f.Check(amount > 0 && amount <= money.Max, "amount", "amount", "请填写出价，单位元，最多两位小数")
	f.Check(key != "" && len(key) <= 100, "key", "missing", "页面已过期，请刷新后再出价")
	if err := f.Err(); err != nil {
		return Answer{}, fmt.Errorf(op+": %w", err)
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		answer, err = bid(ctx, tx, who, id, key, amount)
		return err
	})
	if err != nil {
		return Answer{}, fmt.Errorf(op+": %w", err)
	}
	return answer, nil
}

func bid(ctx context.Context, tx pgx.Tx, who actor.Actor, id int64, key string, amount money.Fen) (Answer, error) {
	sale, err := one[Sale](ctx, tx, selectSale, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return Answer{}, err
	}
	if sale.State == Draft || sale.State == InReview {
		return Answer{}, errNotFound
	}
	code := "#" + strconv.FormatInt(who.OrgID, 10) // of no bidder
	mine, err := all[Intent](ctx, tx, ownIntent, pgx.StrictNamedArgs{"id": id, "org": who.OrgID})
	if err != nil {
		return Answer{}, err
	}
	if len(mine) > 0 {
		code = mine[0].Code
	}
	in := Bid{Key: key, Code: code, Amount: amount}
	var row int64
	err = tx.QueryRow(ctx, insertAttempt, pgx.StrictNamedArgs{"id": id, "code": code, "key": key, "account": who.AccountID,
		"amount": amount}).Scan(&row, &in.At)
	repeated := errors.Is(err, pgx.ErrNoRows)
	if err != nil && !repeated {
		return Answer{}, err
	}
	b, err := lock(ctx, tx, id)
	if err != nil {
		return Answer{}, err
	}
	if repeated {
		kept, err := one[attempt](ctx, tx, storedAttempt, pgx.StrictNamedArgs{"id": id, "code": code, "key": key})
		if err != nil {
			return Answer{}, err
		}
		in.At = b.now
		return b.auction.Attempt(in, kept.stored()), nil // moves nothing
	}
	in.ServedAt = &b.now
	answer := b.auction.Attempt(in, nil)
	b.sale.Turns++
	var refusal Refusal
	if answer.Refusal != nil {
		refusal = *answer.Refusal
	}
	if _, err := tx.Exec(ctx, answerAttempt, pgx.StrictNamedArgs{"attempt": row, "served": b.now, "turn": b.sale.Turns,
		"accepted": answer.Accepted, "refusal": refusal, "seq": answer.Seq, "ends": answer.EndsAt, "next": answer.NextMin}); err != nil {
		return Answer{}, err
	}
	return answer, b.keep(ctx, "")
}

func (a attempt) answer() Answer {
	out := Answer{Accepted: a.Accepted, Seq: a.Seq}
	if a.Refusal != "" {
		out.Refusal = &a.Refusal
	}
	if a.EndsAt != nil && a.NextMin != nil {
		out.EndsAt, out.NextMin = *a.EndsAt, money.Fen(*a.NextMin)
	}
	return out
}

func (a attempt) stored() *Stored { return &Stored{Amount: money.Fen(a.Amount), Answer: a.answer()} }

func (s *Service) tellOwner(ctx context.Context, tx pgx.Tx, b *bench, on Event) error {
	titles := map[Event]string{EventReturn: "挂牌被退回", EventPublish: "挂牌已公布", EventPause: "竞价已暂停", EventResume: "竞价已恢复",
		EventFinish: "竞价已结束"}
	title := titles[on]
	if title == "" {
		return nil
	}
	to := []int64{b.sale.CreatedBy}
	if on != EventReturn && on != EventPublish {
		for _, i := range b.intents {
			to = append(to, i.AccountID)
		}
	}
	return s.tell(ctx, tx, b, to, title, "请打开挂牌页面查看。")
}

func (s *Service) tell(ctx context.Context, tx pgx.Tx, b *bench, to []int64, title, body string) error {
	slices.Sort(to)
	return s.config.Notices.Tell(ctx, tx, notify.Note{To: slices.Compact(to), Kind: "sale", Title: title + "：" + b.sale.Title, Body: body,
		Link: "/sales/" + strconv.FormatInt(b.sale.ID, 10), At: s.config.Now()})
}

func (s *Service) record(ctx context.Context, tx pgx.Tx, who actor.Actor, action string, id int64, detail map[string]any) error {
	return s.config.Audit.Record(ctx, tx, audit.Event{Actor: who, Action: action, ObjectKind: "sale", ObjectID: strconv.FormatInt(id, 10),
		Detail: detail})
}
