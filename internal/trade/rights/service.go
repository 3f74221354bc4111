package rights

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
	"techmarket/internal/foundation/lang"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/deal"
	"techmarket/internal/trade/notice"
)

// Notices tells people in the caller's transaction.
type Notices interface {
	Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error
}

// Public makes a plan or a grant public and says whether it passed (notice.Service).
type Public interface {
	Announce(ctx context.Context, tx pgx.Tx, by notice.By, t notice.Text) (int64, error)
	State(ctx context.Context, q postgres.Querier, id int64) (notice.State, error)
	Passed(ctx context.Context, q postgres.Querier, id int64) error
	Read(ctx context.Context, who actor.Actor, id int64) (notice.View, error)
}

// Source is the contract whose income is shared out.
type Source struct {
	Seller  int64 // the organisation that gets the money
	Listing int64 // the achievement that the contract came from; 0 for none here
	Name    string
	Signed  bool // it left the draft
}

// Holding is an achievement as rights see it.
type Holding struct {
	OrgID int64
	Title string
}

// Config is what the Service needs; all fields but Fonts must be set.
type Config struct {
	DB      *postgres.DB
	Audit   audit.Recorder
	Notices Notices
	Public  Public
	// Contract gives a contract that the actor may read.
	Contract func(ctx context.Context, who actor.Actor, id int64) (Source, error)
	// Achievement gives an achievement that was published.
	Achievement func(ctx context.Context, id int64) (Holding, error)
	// Staff are the accounts of an organisation with their names.
	Staff func(ctx context.Context, who actor.Actor, org int64) (map[int64]string, error)
	// Outside is what other rooms hold about a contract and its achievement (0: none), for the diligence file.
	Outside func(ctx context.Context, who actor.Actor, contract, listing int64) ([]Evidence, error)
	// Fonts draw the diligence file; nil where the server has none.
	Fonts func() (*document.Fonts, error)
}

// Service carries plans of distribution and grants. A unit sees its own; whoever is of the team sees his own share.
type Service struct{ config Config }

// New makes the service.
func New(c Config) *Service { return &Service{config: c} }

// Create begins a plan for a contract of the actor's unit. Who: members of the selling organisation. Faults: Forbidden not_seller,
// NotFound, Conflict already_planned and not_signed, Invalid with fields.
func (s *Service) Create(ctx context.Context, who actor.Actor, contract int64, d Draw) (id int64, err error) {
	const op = "rights: create"
	if err := deal.MayTrade(who); err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	from, err := s.config.Contract(ctx, who, contract)
	switch {
	case err != nil:
	case !who.In(from.Seller):
		err = fault.New(fault.Forbidden, "not_seller", "收益由收款的卖方单位分配")
	case !from.Signed:
		err = fault.New(fault.Conflict, "not_signed", "合同还是草稿，报送登记之后才能分配收益")
	}
	if err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now, policy, err := s.today(ctx, tx)
		if err != nil {
			return err
		}
		if err := s.checked(ctx, who, &d, policy); err != nil {
			return err
		}
		p := Plan{State: Draft, OrgID: who.OrgID, CreatedBy: who.AccountID, Contract: contract, Listing: from.Listing, Title: d.Title, BP: d.BP,
			MainBP: policy.MainBP, Basis: d.Basis, Decision: d.Decision, Sample: who.Sample, CreatedAt: now}
		if id, err = insert(ctx, tx, p); err != nil {
			return err
		}
		if err := storePeople(ctx, tx, id, d.Members); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "rights.create", id, nil)
	})
	if err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	return id, nil
}

// Save rewrites a draft. Faults: NotFound, Forbidden, Conflict wrong_state and stale, Invalid.
func (s *Service) Save(ctx context.Context, who actor.Actor, id int64, version int, d Draw) error {
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		a, err := load(ctx, tx, lockedPlan, id)
		if err != nil {
			return err
		}
		roles, err := a.roles(who)
		if err != nil {
			return err
		}
		now, policy, err := s.today(ctx, tx)
		switch {
		case err != nil:
			return err
		case !slices.Contains(roles, RoleUnit):
			return errRole
		case a.plan.State != Draft:
			return fault.New(fault.Conflict, "wrong_state", "方案公示以后不能修改；公示作废后会退回草稿")
		case a.plan.Version != version:
			return fault.Stale()
		case len(a.payouts) > 0:
			return fault.New(fault.Conflict, "already_paid", "已经按原方案发放过，不能再修改，请结束后另做方案")
		}
		if err := s.checked(ctx, who, &d, policy); err != nil {
			return err
		}
		a.plan.Title, a.plan.BP, a.plan.MainBP, a.plan.Basis, a.plan.Decision = d.Title, d.BP, policy.MainBP, d.Basis, d.Decision
		if err := storePeople(ctx, tx, id, d.Members); err != nil {
			return err
		}
		if err := a.plan.store(ctx, tx, now); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "rights.save", id, nil)
	})
	if err != nil {
		return fmt.Errorf("rights: save: %w", err)
	}
	return nil
}

func (s *Service) checked(ctx context.Context, who actor.Actor, d *Draw, p Policy) error {
	d.tidy()
	if err := d.check(who.OrgKind, p); err != nil {
		return err
	}
	staff, err := s.config.Staff(ctx, who, who.OrgID)
	if err != nil {
		return err
	}
	var f fault.Fields
	seen := map[int64]bool{}
	for i, m := range d.Members {
		_, known := staff[m.AccountID]
		path := fmt.Sprintf("members.%d.account", i)
		f.Check(m.AccountID == 0 || known, path, "not_staff", "只能选本单位的账号；没有账号的留空")
		f.Check(m.AccountID == 0 || !seen[m.AccountID], path, "twice", "同一账号只能对应一人")
		seen[m.AccountID] = true
	}
	return f.Err()
}

// Command is one step of a plan; which fields it needs depends on the event.
type Command struct {
	Plan    int64     `json:"-"`
	Event   Event     `json:"event"`
	Reason  string    `json:"reason"`
	Kind    string    `json:"kind"`             // book
	Amount  money.Fen `json:"amountFen"`        // book; correct: what it should be; take_back
	Entry   int64     `json:"entryId"`          // correct
	On      fact.Day  `json:"on" format:"date"` // book, pay, take_back
	Voucher string    `json:"voucher"`          // book, correct, take_back
	Member  int       `json:"member"`           // take_back
	Pay     []Voucher `json:"pay"`              // pay
}

// Voucher pays a member what is due to him. Amount is what the payer saw: another sum is refused, so that nobody pays twice.
type Voucher struct {
	Member int       `json:"member"`
	Amount money.Fen `json:"amountFen"`
	Number string    `json:"voucher"`
}

// Do carries out one step of the table. Faults: NotFound, Forbidden wrong_role and own_interest, Conflict wrong_state,
// notice_not_passed, changed and still_due, Invalid.
func (s *Service) Do(ctx context.Context, who actor.Actor, c Command) (Plan, error) {
	if !who.SignedIn() {
		return Plan{}, fmt.Errorf("rights: %s: %w", c.Event, fault.SignIn())
	}
	return s.do(ctx, who, c)
}

func (s *Service) do(ctx context.Context, who actor.Actor, c Command) (out Plan, err error) {
	c.Reason, c.Voucher = strings.TrimSpace(c.Reason), strings.TrimSpace(c.Voucher)
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		a, err := load(ctx, tx, lockedPlan, c.Plan)
		if err != nil {
			return err
		}
		now, policy, err := s.today(ctx, tx)
		if err != nil {
			return err
		}
		err = run(ctx, tx, s, a, who, c.Event, c.Reason, now, func() error { return s.apply(ctx, tx, a, who, c, now, policy) })
		out = a.plan
		return err
	})
	if err != nil {
		return Plan{}, fmt.Errorf("rights: %s: %w", c.Event, err)
	}
	return out, nil
}

func (a *account) table() []move[Stage] { return moves() }
func (a *account) stage() *Stage        { return &a.plan.State }
func (a *account) trail() (string, int64) {
	return "rights.", a.plan.ID
}

func (a *account) keep(ctx context.Context, tx pgx.Tx, now time.Time) error {
	return a.plan.store(ctx, tx, now)
}

func (a *account) log(ctx context.Context, tx pgx.Tx, e stepOf[Stage]) error {
	return addEvent(ctx, tx, a.plan.ID, Step(e))
}

// news are for those of the team who have an account.
func (a *account) news(on Event) notify.Note {
	title := map[Event]string{EventSubmit: "收益分配方案开始公示", EventNoticed: "收益分配方案公示期满", EventNoticeOff: "收益分配方案公示作废", EventPay: "收益已发放",
		EventTakeBack: "收益有退回", EventClose: "收益分配已结束"}[on]
	if title == "" {
		return notify.Note{}
	}
	to := []int64{a.plan.CreatedBy}
	for _, p := range a.people {
		if p.AccountID != 0 {
			to = append(to, p.AccountID)
		}
	}
	return notify.Note{To: to, Title: title + "：" + a.plan.Title, Body: "请打开页面查看您的份额。",
		Link: "/distributions/" + strconv.FormatInt(a.plan.ID, 10)}
}

func (s *Service) apply(ctx context.Context, tx pgx.Tx, a *account, who actor.Actor, c Command, now time.Time, policy Policy) error {
	switch c.Event {
	case EventSubmit:
		return s.submit(ctx, tx, a, who, policy)
	case EventBook:
		return a.book(ctx, tx, who, c, now)
	case EventCorrect:
		return a.correct(ctx, tx, who, c, now)
	case EventPay:
		if a.of(who.AccountID) >= 0 {
			return errInterest
		}
		if err := s.config.Public.Passed(ctx, tx, a.plan.NoticeID); err != nil {
			return err
		}
		return a.pay(ctx, tx, who, c, now)
	case EventTakeBack:
		return a.takeBack(ctx, tx, who, c, now)
	case EventClose:
		a.plan.Reason = c.Reason
		return a.settled()
	case EventWithdraw:
		a.plan.Reason = c.Reason
	}
	return nil
}

// submit makes the plan public. Who is of the team does not decide; a leader's reward is always public with his post.
func (s *Service) submit(ctx context.Context, tx pgx.Tx, a *account, who actor.Actor, policy Policy) error {
	if a.of(who.AccountID) >= 0 {
		return errInterest
	}
	d := Draw{Title: a.plan.Title, BP: a.plan.BP, Basis: a.plan.Basis, Decision: a.plan.Decision, Members: a.people}
	if err := d.check(who.OrgKind, policy); err != nil {
		return err
	}
	t := notice.Text{Use: notice.Reward, Title: lang.Clip(a.plan.Title+"公示", 80), Party: lang.Clip(names(a.people), 80), Related: true}
	var sum int64
	for _, p := range a.people {
		sum += p.Weight
		if p.Leader {
			t.Use = notice.LeaderReward
		}
	}
	var body strings.Builder
	fmt.Fprintf(&body, "净收入的 %s%% 用于奖励。依据：%s。内部决策：%s。\n", percent(a.plan.BP), a.plan.Basis, a.plan.Decision)
	for _, p := range a.people {
		fmt.Fprintf(&body, "%s：占奖励的 %s%%，贡献：%s", p.Name, percent(p.Weight*10_000/sum), p.Contribution)
		if p.Main {
			body.WriteString("，主要贡献人员")
		}
		if p.Leader {
			body.WriteString("，担任领导职务")
		}
		body.WriteString("。\n")
	}
	t.Body = lang.Clip(body.String(), 4000)
	id, err := s.config.Public.Announce(ctx, tx, notice.By{Org: a.plan.OrgID, Account: who.AccountID, Sample: a.plan.Sample}, t)
	a.plan.NoticeID = id
	return err
}

func names(people []Person) string {
	out := make([]string, len(people))
	for i, p := range people {
		out[i] = p.Name
	}
	return strings.Join(out, "、")
}

// Tick follows the notices of plans and grants. It may come late or twice.
func (s *Service) Tick(ctx context.Context) (n int, err error) {
	due, err := postgres.Many[struct {
		ID     int64
		Notice int64
		Grant  bool
	}](ctx, s.config.DB, noticing, pgx.StrictNamedArgs{})
	if err != nil {
		return 0, fmt.Errorf("rights: tick: %w", postgres.Fault(err))
	}
	for _, d := range due {
		state, err := s.config.Public.State(ctx, s.config.DB, d.Notice)
		if err != nil {
			return n, err
		}
		var on Event
		switch state {
		case notice.Passed:
			on = EventNoticed
		case notice.Void, notice.Withdrawn:
			on = EventNoticeOff
		default:
			continue
		}
		if d.Grant && on == EventNoticed { // it waits for the unit's approval
			continue
		}
		if d.Grant {
			_, err = s.grant(ctx, actor.Actor{}, GrantCommand{Grant: d.ID, Event: on})
		} else {
			_, err = s.do(ctx, actor.Actor{}, Command{Plan: d.ID, Event: on})
		}
		switch {
		case err == nil:
			n++
		case !fault.Is(err, fault.Conflict): // somebody was faster
			return n, fmt.Errorf("rights: tick: %w", err)
		}
	}
	return n, nil
}

// today is the database's clock and the policy in force on its day.
func (s *Service) today(ctx context.Context, q postgres.Querier) (now time.Time, p Policy, err error) {
	if now, err = postgres.Now(ctx, q); err != nil {
		return now, p, err
	}
	p, err = postgres.One[Policy](ctx, q, policyOn, pgx.StrictNamedArgs{"day": clock.Date(now)})
	return now, p, err
}

// roles are the roles of somebody towards a plan; it does not exist for whoever is neither of the unit nor of the team.
func (a *account) roles(who actor.Actor) ([]string, error) {
	if !who.SignedIn() {
		return nil, fault.SignIn()
	}
	if a.of(who.AccountID) < 0 && !(who.In(a.plan.OrgID) && who.Member()) {
		return nil, errNotFound
	}
	return rolesOf(who, a.plan.OrgID), nil
}

// rolesOf are the roles of somebody towards what a unit owns.
func rolesOf(who actor.Actor, org int64) (roles []string) {
	if !who.In(org) || who.OrgState != actor.Confirmed || !who.Member() {
		return nil
	}
	roles = []string{RoleUnit}
	if who.Has(actor.OrgAdmin) {
		roles = append(roles, RoleAdmin)
	}
	return roles
}

func (s *Service) record(ctx context.Context, tx pgx.Tx, who actor.Actor, action string, id int64, detail map[string]any) error {
	return s.config.Audit.Record(ctx, tx, audit.Event{Actor: who, Action: action, ObjectKind: "rights", ObjectID: strconv.FormatInt(id, 10),
		Detail: detail})
}
