package trial

import (
	"context"
	"fmt"
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
	"techmarket/internal/trade/deal"
)

// Notices tells people in the caller's transaction.
type Notices interface {
	Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error
}

// Deals carries the conversion (deal.Service).
type Deals interface {
	Award(ctx context.Context, tx pgx.Tx, a deal.Award) (int64, error)
	HasAgreed(ctx context.Context, q postgres.Querier, id int64) (bool, error)
}

// Listed is a listing as a trial sees it.
type Listed struct {
	OrgID   int64
	Account int64 // its owner
	Title   string
	Open    bool
	OnTrial bool // it offers or wants 先用后转
}

// Config is what the Service needs; all fields must be set.
type Config struct {
	DB          *postgres.DB
	Audit       audit.Recorder
	Notices     Notices
	Deals       Deals
	Achievement func(ctx context.Context, id int64) (Listed, error)
	Need        func(ctx context.Context, id int64) (Listed, error)
	Calendar    func(ctx context.Context) (clock.Calendar, error)
}

// Service carries trials. Only its two sides see one.
type Service struct{ config Config }

// New makes the service.
func New(c Config) *Service { return &Service{config: c} }

// Trial is a stored trial.
type Trial struct {
	ID             int64      `json:"id"`
	State          Stage      `json:"state"`
	SupplyOrg      int64      `json:"supplyOrgId"`
	CompanyOrg     int64      `json:"companyOrgId"`
	SupplyAccount  int64      `json:"-"`
	CompanyAccount int64      `json:"-"`
	Listing        int64      `json:"achievementId"`
	Need           int64      `json:"demandId"` // 0: none was answered
	Object         string     `json:"object"`
	Terms          Terms      `json:"terms"`
	ProposedSide   Side       `json:"proposedSide"`
	BeginsOn       *time.Time `json:"beginsOn" format:"date"`
	EndsOn         *time.Time `json:"endsOn" format:"date"`
	Extended       bool       `json:"extended"`
	AskedTo        *time.Time `json:"askedTo" format:"date"`
	TriggeredAt    *time.Time `json:"triggeredAt"`
	ConfirmBy      *time.Time `json:"confirmBy" format:"date"`
	Insurance      string     `json:"insurance"`
	DealID         int64      `json:"dealId"`
	ReasonCode     string     `json:"reasonCode"`
	Reason         string     `json:"reason"`
	Version        int        `json:"version"`
	Sample         bool       `json:"sample"`
	CreatedAt      time.Time  `json:"createdAt"`
	UpdatedAt      time.Time  `json:"updatedAt"`
}

// Report is one month's report.
type Report struct {
	Number  int        `json:"number"`
	DueOn   time.Time  `json:"dueOn" format:"date"`
	Body    string     `json:"body"`
	Figures string     `json:"figures"`
	At      *time.Time `json:"at"` // nil: not handed in yet
	Told    int        `json:"-"`
}

// Payment is one row of what is due after the conversion.
type Payment struct {
	Number  int        `json:"number"`
	DueOn   time.Time  `json:"dueOn" format:"date"`
	Amount  money.Fen  `json:"amountFen"`
	Why     string     `json:"why"`
	PaidOn  *time.Time `json:"paidOn" format:"date"`
	Voucher string     `json:"voucher"`
	Told    int        `json:"-"`
}

// side is on which side somebody stands, nobody for neither.
func (t Trial) side(who actor.Actor) Side {
	switch {
	case !who.Member():
		return nobody
	case who.In(t.SupplyOrg):
		return Supply
	case who.In(t.CompanyOrg):
		return Company
	default:
		return nobody
	}
}

// Create proposes a trial of an achievement that offers one. The firm applies; with a need, the unit that holds the achievement offers
// it to whoever asked. Faults: Unauthorized, Forbidden, NotFound, Conflict not_on_trial and already_trying, Invalid.
func (s *Service) Create(ctx context.Context, who actor.Actor, achievement, need int64, terms Terms) (id int64, err error) {
	const op = "trial: create"
	if err := deal.MayTrade(who); err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	t, err := s.proposal(ctx, who, achievement, need)
	if err == nil {
		terms.tidy()
		err = terms.check()
	}
	if err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	t.Terms = terms
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now, err := postgres.Now(ctx, tx)
		if err != nil {
			return err
		}
		t.CreatedAt = now
		if id, err = insert(ctx, tx, t); err != nil {
			return err
		}
		t.ID = id
		if err := addEvent(ctx, tx, id, Step{At: now, AccountID: who.AccountID, Event: EventPropose, From: Proposed, To: Proposed}); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, t, t.ProposedSide, "有单位提出先用后转", now); err != nil {
			return err
		}
		return s.record(ctx, tx, who, EventPropose, id)
	})
	if err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	return id, nil
}

func (s *Service) proposal(ctx context.Context, who actor.Actor, achievement, need int64) (Trial, error) {
	of, err := s.config.Achievement(ctx, achievement)
	if err != nil {
		return Trial{}, err
	}
	t := Trial{State: Proposed, SupplyOrg: of.OrgID, SupplyAccount: of.Account, CompanyOrg: who.OrgID, CompanyAccount: who.AccountID,
		Listing: achievement, Need: need, Object: of.Title, ProposedSide: Company, Sample: who.Sample}
	switch {
	case !of.Open || !of.OnTrial:
		return t, fault.New(fault.Conflict, "not_on_trial", "这项成果没有提供先用后转，或已经下架")
	case who.In(of.OrgID) && need == 0:
		return t, fault.New(fault.Conflict, "own_listing", "这是本单位的成果，请由试用企业申请，或从企业的需求页面提出")
	case who.In(of.OrgID):
		asked, err := s.config.Need(ctx, need)
		if err != nil {
			return t, err
		}
		if !asked.Open || who.In(asked.OrgID) {
			return t, fault.New(fault.Conflict, "not_open", "这项需求已经下架，或就是本单位的")
		}
		t.CompanyOrg, t.CompanyAccount, t.SupplyAccount, t.ProposedSide = asked.OrgID, asked.Account, who.AccountID, Supply
	case need != 0:
		return t, fault.New(fault.Forbidden, "not_own", "只有成果单位可以用本单位的成果应答需求")
	}
	return t, nil
}

// Command is one step of a trial; which fields it needs depends on the event.
type Command struct {
	Trial   int64     `json:"-"`
	Event   Event     `json:"event"`
	Reason  string    `json:"reason"`  // the reason, the handover note, the report, what was reached
	Code    string    `json:"code"`    // stop: why
	Figures string    `json:"figures"` // report: what was measured
	List    string    `json:"list"`    // stop: what was returned and destroyed
	Terms   *Terms    `json:"terms"`   // propose
	Day     fact.Day  `json:"day" format:"date"`
	State   string    `json:"insurance"` // insure
	Number  int       `json:"number"`    // pay
	Amount  money.Fen `json:"amountFen"` // add_due
	Voucher string    `json:"voucher"`   // pay
	Version int       `json:"version"`   // agree: the terms that were read
}

// bench is a trial under its lock.
type bench struct {
	tx       pgx.Tx
	t        Trial
	now      time.Time
	reports  []Report
	payments []Payment
}

func (b *bench) today() fact.Day { return fact.DayOf(b.now) }

// Do carries out one step of the table. Faults: NotFound, Forbidden wrong_side, Conflict wrong_state, stale_version and those of the
// guards, Invalid.
func (s *Service) Do(ctx context.Context, who actor.Actor, c Command) (Trial, error) {
	t, err := s.do(ctx, who, c, false)
	if err != nil {
		return Trial{}, fmt.Errorf("trial: %s: %w", c.Event, err)
	}
	return t, nil
}

func (s *Service) do(ctx context.Context, who actor.Actor, c Command, job bool) (out Trial, err error) {
	c.Reason, c.Voucher, c.List = strings.TrimSpace(c.Reason), strings.TrimSpace(c.Voucher), strings.TrimSpace(c.List)
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b, err := lock(ctx, tx, c.Trial)
		if err != nil {
			return err
		}
		side := system
		if !job {
			if err := deal.MayTrade(who); err != nil {
				return err
			}
			if side = b.t.side(who); side == nobody {
				return errNotFound
			}
		}
		from := b.t.State
		m, refused := find(from, c.Event, side)
		if refused != nil {
			return refused
		}
		if m.reason && len([]rune(c.Reason)) < 4 {
			var f fault.Fields
			f.Add("reason", "missing", "请写明情况或原因（至少 4 个字）")
			return f.Err()
		}
		b.t.State = m.to
		if err := s.apply(ctx, b, side, c); err != nil {
			return err
		}
		if err := b.t.store(ctx, tx, b.now); err != nil {
			return err
		}
		out = b.t
		if err := addEvent(ctx, tx, b.t.ID, Step{b.now, who.AccountID, c.Event, from, b.t.State, c.Reason}); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, b.t, side, titles()[c.Event], b.now); err != nil {
			return err
		}
		return s.record(ctx, tx, who, c.Event, b.t.ID)
	})
	return out, err
}

func titles() map[Event]string {
	return map[Event]string{EventPropose: "试用条款有新的一版", EventAgree: "试用条款已谈妥", EventDecline: "试用没有谈成", EventStart: "试用开始",
		EventReport: "收到试用报告", EventAskExtend: "对方申请延长试用", EventExtend: "试用已延长", EventTrigger: "企业认为已达到转化条件，请确认",
		EventConfirm: "转化条件已确认，请在洽谈里签约", EventSilence: "逾期未答复，视为确认，请在洽谈里签约", EventDispute: "对方认为还没有达到转化条件",
		EventStop: "试用结束，没有转化", EventConvert: "试用已转化为合同", EventAddDue: "有一笔应付款", EventPay: "对方登记了付款", EventSettle: "先用后转已结清",
		EventInsure: "保险状态有变化"}
}

// tell tells the other side; the job's steps are told to both.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, t Trial, by Side, title string, now time.Time) error {
	to := []int64{t.SupplyAccount, t.CompanyAccount}
	switch by {
	case Supply:
		to = to[1:]
	case Company:
		to = to[:1]
	}
	return s.config.Notices.Tell(ctx, tx, notify.Note{To: to, Kind: "trial", Title: title + "：" + t.Object, Body: "请打开试用页面查看。",
		Link: "/trials/" + strconv.FormatInt(t.ID, 10), At: now})
}

func (s *Service) record(ctx context.Context, tx pgx.Tx, who actor.Actor, on Event, id int64) error {
	return s.config.Audit.Record(ctx, tx, audit.Event{Actor: who, Action: "trial." + string(on), ObjectKind: "trial",
		ObjectID: strconv.FormatInt(id, 10)})
}
