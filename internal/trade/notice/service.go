package notice

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
)

// Use says what a notice is for.
type Use string

// The uses.
const (
	Price        Use = "price"  // 协议定价
	Winner       Use = "winner" // 揭榜中选
	Reward       Use = "reward" // 科研人员奖励
	Grant        Use = "grant"  // 赋权
	LeaderReward Use = "leader_reward"
)

// Period is the least period of a use: 15 calendar days by law for prices, five working days for the winner of a challenge.
func (u Use) Period() (days int, unit string) {
	if u == Winner {
		return 5, fact.WorkingDays
	}
	return 15, fact.CalendarDays
}

// minReason is how long a reason without evidence must be, in characters.
const minReason = 20

// Notices tells people in the caller's transaction.
type Notices interface {
	Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error
}

// Config is what the Service needs; all fields must be set. Calendar is the table of rest days. Sells tells whether the actor's unit is
// the seller of an agreed talk, or of a public sale; one of the two is 0.
type Config struct {
	DB       *postgres.DB
	Audit    audit.Recorder
	Notices  Notices
	Calendar func(ctx context.Context) (clock.Calendar, error)
	Sells    func(ctx context.Context, who actor.Actor, deal, sale int64) (bool, error)
	Now      func() time.Time
}

// Service carries notices. A published one is open to everybody, a draft to its unit.
type Service struct{ config Config }

// New makes the service.
func New(c Config) *Service { return &Service{config: c} }

// Text is what a unit wants to make public.
type Text struct {
	Use     Use
	Title   string
	Body    string
	Party   string
	Amount  *money.Fen
	Related bool  // the party is an inventor of the object, or related: it is marked
	Deal    int64 // the talk whose contract waits for a price notice; 0 for none
	Sale    int64 // the public sale whose confirmation waits for it; 0 for none
}

func (t Text) check() error {
	var f fault.Fields
	f.Check(slices.Contains([]Use{Price, Winner, Reward, Grant, LeaderReward}, t.Use), "use", "unknown", "请选择公示事项")
	length := func(path, s string, least, most int, mend fault.Sentence) {
		if n := len([]rune(s)); n < least || n > most {
			f.Addf(path, "length", "%s（%d—%d 字）", mend, least, most)
		}
	}
	length("title", t.Title, 4, 80, "请写明公示的标题")
	length("body", t.Body, 20, 4000, "请写明成果、方式、依据和内部决策情况")
	length("party", t.Party, 2, 80, "请写明拟交易对象或奖励对象")
	f.Check(t.Amount != nil || t.Use != Price, "amount", "missing", "请填写拟交易价格") // a reward may be told by share
	f.Check(t.Amount == nil || *t.Amount > 0, "amount", "amount", "金额应大于零")
	f.Check(t.Deal == 0 && t.Sale == 0 || t.Use == Price, "use", "not_price", "与洽谈、挂牌相连的公示只能是价格公示，请选择协议定价")
	return f.Err()
}

// Publish makes a notice public at once and begins its period. Who: administrators of a confirmed organisation. The actor counts as
// the decider, who may not answer objections. Faults: Unauthorized, Forbidden, Invalid with fields.
func (s *Service) Publish(ctx context.Context, who actor.Actor, t Text) (id int64, err error) {
	const op = "notice: publish"
	t.Title, t.Body, t.Party = strings.TrimSpace(t.Title), strings.TrimSpace(t.Body), strings.TrimSpace(t.Party)
	switch {
	case !who.SignedIn():
		return 0, fmt.Errorf(op+": %w", fault.SignIn())
	case !who.Has(actor.OrgAdmin):
		return 0, fmt.Errorf(op+": %w", fault.New(fault.Forbidden, "not_admin", "公示由单位管理员发布"))
	case who.OrgState != actor.Confirmed:
		return 0, fmt.Errorf(op+": %w", fault.New(fault.Forbidden, "org_not_confirmed", "单位未通过确认或已被暂停，请联系自治区管理员"))
	}
	if err := t.check(); err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	if t.Deal != 0 || t.Sale != 0 {
		sells, err := s.config.Sells(ctx, who, t.Deal, t.Sale)
		if err == nil && !sells {
			err = fault.New(fault.Forbidden, "not_seller", "价格由卖方单位公示")
		}
		if err != nil {
			return 0, fmt.Errorf(op+": %w", err)
		}
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if id, err = s.Announce(ctx, tx, By{Org: who.OrgID, Account: who.AccountID, Sample: who.Sample}, t); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "notice.publish", id, nil)
	})
	if err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	return id, nil
}

// By is the unit that publishes a notice and the account that decided what it says.
type By struct {
	Org, Account int64
	Sample       bool
}

// Announce publishes a notice for a room whose own step it is, in the caller's transaction. Who may is that room's rule. Fault: Invalid.
func (s *Service) Announce(ctx context.Context, tx pgx.Tx, by By, t Text) (id int64, err error) {
	const op = "notice: announce"
	if err := t.check(); err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	calendar, err := s.config.Calendar(ctx)
	if err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	now, err := postgres.Now(ctx, tx)
	if err != nil {
		return 0, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	p := Paper{Period: 1}
	p.Days, p.Unit = t.Use.Period()
	if err := tx.QueryRow(ctx, insertPaper, pgx.StrictNamedArgs{"use": t.Use, "org": by.Org, "title": t.Title, "body": t.Body,
		"party": t.Party, "amount": t.Amount, "related": t.Related, "decider": by.Account, "days": p.Days, "unit": p.Unit,
		"min": minReason, "deal": t.Deal, "sale": t.Sale, "sample": by.Sample, "now": now}).Scan(&id); err != nil {
		return 0, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	p.ID = id
	p.take(Begin(Terms{Days: p.Days, Unit: p.Unit, Calendar: calendar, MinReason: minReason}, now))
	if err := p.store(ctx, tx, now); err != nil {
		return 0, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	return id, postgres.Fault(addEvent(ctx, tx, id, by.Account, Step{At: now, Event: "publish"}, ""))
}

// Command is one event of a notice.
type Command struct {
	Notice    int64
	Event     string
	Key       string // of the form of an objection: sent twice, kept once
	Anonymous bool   // the objector does not give his name
	Objection int64  // that the panel answers
	Reason    string // of an objection or a withdrawal
	Evidence  string
	Answer    string // of the panel, published
}

// Do carries out one event. A refused one is kept with its code and told as a Conflict of that code; a late objection is kept as a
// complaint. Faults: Unauthorized, Forbidden wrong_role, NotFound, Conflict.
func (s *Service) Do(ctx context.Context, who actor.Actor, c Command) error {
	if !who.SignedIn() {
		return fmt.Errorf("notice: %s: %w", c.Event, fault.SignIn())
	}
	roles := func(p Paper) []string {
		out := []string{RoleAnyone}
		if who.In(p.OrgID) && who.Has(actor.OrgAdmin) {
			out = append(out, RoleOwner, RolePanel)
		}
		return out
	}
	return s.do(ctx, who, c, roles)
}

// Expire keeps the day on which notices passed. It may come late or twice: a notice has passed at its end all the same.
func (s *Service) Expire(ctx context.Context) (n int, err error) {
	rows, _ := s.config.DB.Query(ctx, duePapers)
	due, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return 0, fmt.Errorf("notice: expire: %w", postgres.Fault(err))
	}
	for _, id := range due {
		err := s.do(ctx, actor.Actor{}, Command{Notice: id, Event: EventExpire}, func(Paper) []string { return []string{RoleSystem} })
		switch {
		case err == nil:
			n++
		case !fault.Is(err, fault.Conflict): // an objection of the last moment was faster
			return n, err
		}
	}
	return n, nil
}

func (s *Service) do(ctx context.Context, who actor.Actor, c Command, roles func(Paper) []string) error {
	calendar, err := s.config.Calendar(ctx)
	if err != nil {
		return fmt.Errorf("notice: %s: %w", c.Event, err)
	}
	c.Reason, c.Evidence, c.Answer = strings.TrimSpace(c.Reason), strings.TrimSpace(c.Evidence), strings.TrimSpace(c.Answer)
	var refusal Refusal
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		p, objections, err := load(ctx, tx, lockedPaper, c.Notice)
		if err != nil {
			return err
		}
		now, err := postgres.Now(ctx, tx)
		if err != nil {
			return err
		}
		if !slices.Contains(roles(p), roleOf(c.Event)) {
			if p.BeginsAt == nil && !who.In(p.OrgID) {
				return errNotFound
			}
			return fault.New(fault.Forbidden, "wrong_role", "这一步不由您办理")
		}
		n := p.machine(calendar, objections)
		refusal = n.Do(c.event(who, p, objections, now))
		step := Step{At: now, Event: c.Event, Reason: c.Reason}
		if err := addEvent(ctx, tx, p.ID, who.AccountID, step, refusal); err != nil {
			return err
		}
		if err := s.effect(ctx, tx, who, c, &p, n, refusal, now); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "notice."+c.Event, p.ID, map[string]any{"refusal": refusal, "state": n.StateAt(now)})
	})
	if err == nil && refusal != "" {
		err = fault.New(fault.Conflict, string(refusal), words(refusal))
	}
	if err != nil {
		return fmt.Errorf("notice: %s: %w", c.Event, err)
	}
	return nil
}

// roleOf is the role that causes an event, from the table.
func roleOf(event string) string {
	for _, r := range rows() {
		if r.event == event && r.role != "" {
			return r.role
		}
	}
	return ""
}

// event is the command as the rule sees it.
func (c Command) event(who actor.Actor, p Paper, objections []Objection, now time.Time) Event {
	e := Event{Event: c.Event, At: now, RealName: !c.Anonymous, ReasonLength: len([]rune(c.Reason)), Evidence: c.Evidence != "",
		Reason: c.Reason != "", PanelIsDecider: who.AccountID == p.Decider, AnswerPublished: c.Answer != "",
		Objection: Objection{AccountID: who.AccountID, Key: c.Key}.name()}
	if c.Event != EventObject {
		e.Objection = ""
		for _, o := range objections {
			if o.ID == c.Objection {
				e.Objection = o.name()
			}
		}
	}
	return e
}

// effect writes back what an event changed.
func (s *Service) effect(ctx context.Context, tx pgx.Tx, who actor.Actor, c Command, p *Paper, n *Notice, refusal Refusal,
	now time.Time) error {
	switch {
	case c.Event == EventObject && (refusal == "" || refusal == Late):
		if _, err := tx.Exec(ctx, insertObjection, pgx.StrictNamedArgs{"id": p.ID, "period": p.Period, "key": c.Key, "now": now,
			"account": who.AccountID, "reason": c.Reason, "evidence": c.Evidence, "complaint": refusal == Late}); err != nil {
			return err
		}
		title := map[Refusal]string{"": "公示收到异议，已暂停", Late: "公示期满后收到投诉"}[refusal]
		return s.tell(ctx, tx, p, p.Decider, title, "请由未参与定价的人员核实，书面答复并公布。")
	case refusal != "":
		return nil
	case c.Event == EventReject, c.Event == EventUpholdMinor, c.Event == EventUphold:
		if _, err := tx.Exec(ctx, answerObjection, pgx.StrictNamedArgs{"objection": c.Objection, "outcome": c.Event, "answer": c.Answer,
			"account": who.AccountID, "now": now}); err != nil {
			return err
		}
	case c.Event == EventRepublish:
		p.Period++
	case c.Event == EventExpire && p.PassedAt == nil:
		p.PassedAt = &now
	}
	if c.Event == EventWithdraw {
		p.Reason = c.Reason
	}
	p.take(n)
	return p.store(ctx, tx, now)
}

// State is where a notice stands now.
func (s *Service) State(ctx context.Context, q postgres.Querier, id int64) (State, error) {
	p, objections, err := load(ctx, q, selectPaper, id)
	if err != nil {
		return "", fmt.Errorf("notice: state: %w", postgres.Fault(err))
	}
	now, err := postgres.Now(ctx, q)
	if err != nil {
		return "", fmt.Errorf("notice: state: %w", postgres.Fault(err))
	}
	return p.machine(nil, objections).StateAt(now), nil
}

// Passed is the guard of sign, pay out and grant: nil where the notice has passed, otherwise a Conflict.
func (s *Service) Passed(ctx context.Context, q postgres.Querier, id int64) error {
	state, err := s.State(ctx, q, id)
	if err == nil && state != Passed {
		err = fault.New(fault.Conflict, "notice_not_passed", "公示尚未期满无异议，现在还不能办理")
	}
	return err
}

// Cleared is the guard of a talk's contract: nil where no notice names the talk, or where the newest has passed. A void or withdrawn one
// has not: what was objected to is not signed by taking the notice back. Conflict "notice_not_passed".
func (s *Service) Cleared(ctx context.Context, q postgres.Querier, deal int64) error {
	return s.cleared(ctx, q, deal, 0)
}

// SaleCleared is the same guard of the confirmation of a public sale.
func (s *Service) SaleCleared(ctx context.Context, q postgres.Querier, sale int64) error {
	return s.cleared(ctx, q, 0, sale)
}

// OfDeal is the newest notice of a talk's price, 0 for none.
func (s *Service) OfDeal(ctx context.Context, deal int64) (int64, error) {
	id, err := newestOf(ctx, s.config.DB, deal, 0)
	return id, postgres.Fault(err)
}

func (s *Service) cleared(ctx context.Context, q postgres.Querier, deal, sale int64) error {
	id, err := newestOf(ctx, q, deal, sale)
	if err != nil || id == 0 {
		return postgres.Fault(err)
	}
	return s.Passed(ctx, q, id)
}

// View is a notice with what the actor may see of it.
type View struct {
	Paper      Paper       `json:"notice"`
	State      State       `json:"state"`
	Objections []Objection `json:"objections"` // oldest first
	Steps      []Step      `json:"steps"`
	Events     []string    `json:"events"` // what the actor may do now
}

// Read shows one notice. Faults: NotFound.
func (s *Service) Read(ctx context.Context, who actor.Actor, id int64) (v View, err error) {
	const op = "notice: read"
	if v.Paper, v.Objections, err = load(ctx, s.config.DB, selectPaper, id); err != nil {
		return v, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	if v.Paper.BeginsAt == nil && !who.In(v.Paper.OrgID) {
		return View{}, fmt.Errorf(op+": %w", errNotFound)
	}
	now, err := postgres.Now(ctx, s.config.DB)
	if err != nil {
		return v, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	v.State = v.Paper.machine(nil, v.Objections).StateAt(now)
	for _, r := range rows() {
		own := who.In(v.Paper.OrgID) && who.Has(actor.OrgAdmin)
		if r.do != nil && slices.Contains(r.from, v.State) && r.role != RoleSystem && (own || r.role == RoleAnyone) {
			v.Events = append(v.Events, r.event)
		}
	}
	steps, _ := s.config.DB.Query(ctx, selectEvents, pgx.StrictNamedArgs{"id": id})
	if v.Steps, err = pgx.CollectRows(steps, pgx.RowToStructByName[Step]); err != nil {
		return v, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	return v, nil
}

// Listed is a notice in a list.
type Listed struct {
	Paper
	Open  int
	State State `db:"-"`
}

// List returns the published notices, newest first; after is the id of the last one of the page before, limit 1 … 100.
func (s *Service) List(ctx context.Context, who actor.Actor, after int64, limit int) ([]Listed, error) {
	const op = "notice: list"
	org := int64(-1)
	if who.OrgID != 0 {
		org = who.OrgID
	}
	now, err := postgres.Now(ctx, s.config.DB)
	if err != nil {
		return nil, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	found, _ := s.config.DB.Query(ctx, listPapers, pgx.StrictNamedArgs{"org": org, "after": after, "limit": min(max(limit, 1), 100)})
	out, err := pgx.CollectRows(found, pgx.RowToStructByName[Listed])
	if err != nil {
		return nil, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	for i := range out {
		n := out[i].machine(nil, nil)
		n.Open = make([]string, out[i].Open)
		out[i].State = n.StateAt(now)
	}
	return out, nil
}

func (s *Service) tell(ctx context.Context, tx pgx.Tx, p *Paper, to int64, title, body string) error {
	return s.config.Notices.Tell(ctx, tx, notify.Note{To: []int64{to}, Kind: "notice", Title: title + "：" + p.Title, Body: body,
		Link: "/notices/" + strconv.FormatInt(p.ID, 10), At: s.config.Now()})
}

func (s *Service) record(ctx context.Context, tx pgx.Tx, who actor.Actor, action string, id int64, detail map[string]any) error {
	return s.config.Audit.Record(ctx, tx, audit.Event{Actor: who, Action: action, ObjectKind: "notice", ObjectID: strconv.FormatInt(id, 10),
		Detail: detail})
}

// words say a refusal to the person.
func words(r Refusal) fault.Sentence {
	switch r {
	case NotVoid:
		return "只有已作废的公示才能重新发布"
	case NotStarted:
		return "公示还没有开始"
	case AlreadyEnded:
		return "公示已经结束"
	case Late:
		return "公示期已满，您的意见按投诉收下，由单位和主管部门处理，不影响公示结果"
	case Anonymous:
		return "匿名意见不能暂停公示。请实名提出，或把线索转给主管部门"
	case NoGrounds:
		return "请写明理由（至少 20 个字），或提供证据"
	case Duplicate:
		return "这份异议已经收到，不用重复提交"
	case NoOpenObjection:
		return "没有待答复的这件异议，请刷新页面"
	case PanelConflict:
		return "作出定价决定的人不能答复异议，请由其他管理员办理"
	case NoAnswer:
		return "请填写书面答复，答复会公布"
	case NoReason:
		return "请写明撤回的理由"
	case OpenObjection:
		return "还有异议没有答复"
	default:
		return "公示期还没有满"
	}
}
