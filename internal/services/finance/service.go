package finance

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
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
)

// Directory knows the organisations; identity.Service fulfils it.
type Directory interface {
	Organisations(ctx context.Context, ids []int64) (map[int64]identity.Organisation, error)
	AccountsOf(ctx context.Context, orgID int64, roles ...actor.Role) ([]int64, error)
}

// Notices tells people in the caller's transaction.
type Notices interface {
	Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error
}

// Product is a finance product as the register has it on this day.
type Product struct {
	OrgID    int64
	Name     string
	From, To money.Fen
	Months   int // the longest
}

// Record is a registered contract as its party may show it.
type Record struct {
	Number       string    `json:"number"`
	Title        string    `json:"title"`
	Class        string    `json:"class"`
	Seller       string    `json:"seller"`
	Buyer        string    `json:"buyer"`
	Amount       money.Fen `json:"amountFen"`
	Technical    money.Fen `json:"technicalFen"`
	RegisteredOn time.Time `json:"registeredOn" format:"date"`
	Ended        bool      `json:"ended"` // cancelled or revoked since
}

// Config is what the Service needs; all fields must be set.
type Config struct {
	DB        *postgres.DB
	Audit     audit.Recorder
	Notices   Notices
	Directory Directory
	Product   func(ctx context.Context, entry int64) (Product, error)
	// Own are registered contracts of which the actor's unit is a party, the newest first, a hundred at most.
	Own func(ctx context.Context, who actor.Actor) ([]Record, error)
	// Record is one as it stands now.
	Record func(ctx context.Context, firm actor.Actor, number string) (Record, error)
	Now    func() time.Time
}

// Service carries requests.
type Service struct{ config Config }

// New makes the service.
func New(c Config) *Service { return &Service{config: c} }

func (s *Service) today() time.Time { return clock.Date(s.config.Now()) }

// Request is a stored request.
type Request struct {
	ID          int64      `json:"id"`
	Entry       int64      `json:"productEntryId"`
	Product     string     `json:"product"`
	FirmOrg     int64      `json:"firmOrgId"`
	FirmAccount int64      `json:"-"`
	BankOrg     int64      `json:"bankOrgId"`
	Division    string     `json:"division"`
	Amount      money.Fen  `json:"amountFen"`
	Months      int        `json:"months"`
	Purpose     string     `json:"purpose"`
	State       Stage      `json:"state"`
	Offered     money.Fen  `json:"offeredFen"`
	Granted     money.Fen  `json:"grantedFen"`
	Answer      string     `json:"answer"`
	ConsentAt   *time.Time `json:"consentAt"`
	ConsentTo   *time.Time `json:"consentTo" format:"date"`
	Version     int        `json:"version"`
	Sample      bool       `json:"sample"`
	CreatedAt   time.Time  `json:"createdAt"`
	UpdatedAt   time.Time  `json:"updatedAt"`
}

// Open reports whether the bank may read the named records on a day.
func (r Request) Open(today time.Time) bool {
	return r.State.Live() && r.ConsentAt != nil && r.ConsentTo != nil && !r.ConsentTo.Before(today)
}

func (r Request) side(who actor.Actor) Side {
	switch {
	case !who.Member():
		return nobody
	case who.In(r.FirmOrg):
		return Firm
	case who.In(r.BankOrg):
		return Bank
	}
	return nobody
}

// Asking is what a firm writes.
type Asking struct {
	Entry   int64     `json:"productEntryId" required:"true" minimum:"1" doc:"金融产品名录里的一条"`
	Amount  money.Fen `json:"amountFen" required:"true"`
	Months  int       `json:"months" required:"true"`
	Purpose string    `json:"purpose" required:"true"`
	Records []string  `json:"records" maxItems:"50" doc:"同意银行查看的登记编号；空为暂不授权"`
	Until   string    `json:"until" format:"date" doc:"授权的最后一日，2006-01-02"`
}

const (
	maxText    = 1000
	maxRecords = 50
	maxConsent = 366 // days
)

// Ask sends a request, with a consent or without. Who: members of a confirmed enterprise. Faults: Unauthorized, Forbidden, NotFound,
// Conflict, Invalid.
func (s *Service) Ask(ctx context.Context, who actor.Actor, a Asking) (id int64, err error) {
	const op = "finance: ask: %w"
	if err := identity.ConfirmedFirm(who, "融资由企业的经办人或管理员申请，请切换到企业账号"); err != nil {
		return 0, fmt.Errorf(op, err)
	}
	p, err := s.config.Product(ctx, a.Entry)
	if err == nil && who.In(p.OrgID) {
		err = fault.New(fault.Conflict, "own_product", "这是本单位的产品，请换一个产品")
	}
	if err != nil {
		return 0, fmt.Errorf(op, err)
	}
	a.Purpose = strings.TrimSpace(a.Purpose)
	var f fault.Fields
	f.Checkf(a.Amount >= p.From && a.Amount <= p.To && a.Amount > 0, "amount", "range", "这个产品的额度是 %s—%s 元，请填写其中的金额，或换一个产品",
		p.From.Grouped(), p.To.Grouped())
	f.Checkf(a.Months >= 1 && a.Months <= max(p.Months, 1), "months", "range", "期限填 1—%d 个月", max(p.Months, 1))
	n := len([]rune(a.Purpose))
	f.Checkf(n >= 4 && n <= maxText, "purpose", "length", "请写明资金用途和还款来源（4—%d 字）", maxText)
	until, err := s.consent(ctx, who, a.Records, a.Until, &f)
	if err == nil {
		err = f.Err()
	}
	if err != nil {
		return 0, fmt.Errorf(op, err)
	}
	tell, err := s.config.Directory.AccountsOf(ctx, p.OrgID, actor.Member, actor.OrgAdmin)
	if err != nil {
		return 0, fmt.Errorf(op, err)
	}
	now := s.config.Now()
	r := Request{Entry: a.Entry, Product: p.Name, FirmOrg: who.OrgID, FirmAccount: who.AccountID, BankOrg: p.OrgID, Division: who.Division,
		Amount: a.Amount, Months: a.Months, Purpose: a.Purpose, State: Asked, Sample: who.Sample, CreatedAt: now, UpdatedAt: now, Version: 1}
	if len(a.Records) > 0 {
		r.ConsentAt, r.ConsentTo = &now, &until
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if id, err = insert(ctx, tx, r); err != nil {
			return err
		}
		r.ID = id
		if err := setRecords(ctx, tx, id, a.Records); err != nil {
			return err
		}
		return s.note(ctx, tx, who, r, Step{Event: EventAsk, From: Asked, To: Asked}, tell)
	})
	if err != nil {
		return 0, fmt.Errorf(op, err)
	}
	return id, nil
}

// consent checks the records that a firm names and the last day; only its own registered contracts can be named.
func (s *Service) consent(ctx context.Context, who actor.Actor, numbers []string, until string, f *fault.Fields) (day time.Time,
	err error) {
	if len(numbers) == 0 {
		return day, nil
	}
	own, err := s.config.Own(ctx, who)
	if err != nil {
		return day, err
	}
	f.Checkf(len(numbers) <= maxRecords, "records", "too_many", "一次最多授权 %d 份登记", maxRecords)
	f.Check(!slices.ContainsFunc(numbers, func(n string) bool {
		return !slices.ContainsFunc(own, func(r Record) bool { return r.Number == n })
	}), "records", "not_own", "只能选择本单位作为一方的登记合同，请从列表中选择")
	day, err = time.Parse(time.DateOnly, until)
	f.Checkf(err == nil && !day.Before(s.today()) && !day.After(s.today().AddDate(0, 0, maxConsent)), "until", "date",
		"请填写授权的最后一日，从今天起 %d 天以内", maxConsent)
	return day, nil
}

// Command is one step of a request.
type Command struct {
	Request int64     `json:"-"`
	Event   Event     `json:"event"`
	Version int       `json:"version" doc:"您看到的版本；0 为不核对"`
	Amount  money.Fen `json:"amountFen" doc:"offer、grant：金额"`
	Reason  string    `json:"reason" doc:"offer：条件；grant：合同号；decline、overdue：原因"`
	Records []string  `json:"records" maxItems:"50" doc:"share：登记编号"`
	Until   string    `json:"until" format:"date" doc:"share：授权的最后一日"`
}

// Do carries out one step. Faults: Unauthorized, NotFound, Forbidden wrong_side, Conflict, Invalid.
func (s *Service) Do(ctx context.Context, who actor.Actor, c Command) (out Request, err error) {
	op := "finance: " + string(c.Event) + ": %w"
	if !who.SignedIn() {
		return out, fmt.Errorf(op, fault.SignIn())
	}
	before, err := one(ctx, s.config.DB, selectRequest, c.Request, who)
	if err != nil {
		return out, fmt.Errorf(op, postgres.Fault(err))
	}
	c.Reason = strings.TrimSpace(c.Reason)
	var f fault.Fields
	var until time.Time
	if c.Event == EventShare {
		if until, err = s.consent(ctx, who, c.Records, c.Until, &f); err != nil {
			return out, fmt.Errorf(op, err)
		}
		f.Check(len(c.Records) > 0, "records", "required", "请选择同意银行查看的登记合同；不再同意请撤回授权")
	}
	other := before.BankOrg
	if before.side(who) == Bank {
		other = before.FirmOrg
	}
	tell, err := s.config.Directory.AccountsOf(ctx, other, actor.Member, actor.OrgAdmin)
	if err != nil {
		return out, fmt.Errorf(op, err)
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		r, err := one(ctx, tx, lockedRequest, c.Request, who)
		if err != nil {
			return err
		}
		if c.Version != 0 && c.Version != r.Version {
			return fault.Stale()
		}
		m, refused := find(r.State, c.Event, r.side(who))
		if refused != nil {
			return refused
		}
		if err := r.apply(m, c, until, s.config.Now(), &f); err != nil {
			return err
		}
		if c.Event == EventShare {
			if err := setRecords(ctx, tx, r.ID, c.Records); err != nil {
				return err
			}
		}
		step := Step{Event: c.Event, From: m.from, To: r.State, Reason: c.Reason}
		if err := update(ctx, tx, &r, s.config.Now()); err != nil {
			return err
		}
		out = r
		return s.note(ctx, tx, who, r, step, tell)
	})
	if err != nil {
		return Request{}, fmt.Errorf(op, err)
	}
	return out, nil
}

// apply is what a step changes. Where a request ends, the consent ends with it.
func (r *Request) apply(m move, c Command, until, now time.Time, f *fault.Fields) error {
	n := len([]rune(c.Reason))
	if m.reason {
		f.Checkf(n >= 2 && n <= maxText, "reason", "required", "请填写，对方会看到（2—%d 字）", maxText)
	}
	if c.Event == EventOffer || c.Event == EventGrant {
		f.Check(c.Amount > 0 && c.Amount <= money.Max, "amount", "amount", "请填写金额，例如 1000000")
	}
	if err := f.Err(); err != nil {
		return err
	}
	r.State = m.to
	switch c.Event {
	case EventOffer:
		r.Offered, r.Answer = c.Amount, c.Reason
	case EventGrant:
		r.Granted = c.Amount
	case EventDecline:
		r.Answer = c.Reason
	case EventShare:
		r.ConsentAt, r.ConsentTo = &now, &until
	case EventRevoke:
		if r.ConsentAt == nil {
			return fault.New(fault.Conflict, "no_consent", "现在没有授权，不用撤回")
		}
		r.ConsentAt, r.ConsentTo = nil, nil
	}
	if !r.State.Live() {
		r.ConsentAt, r.ConsentTo = nil, nil
	}
	return nil
}

// note writes history, audit row and message of a step.
func (s *Service) note(ctx context.Context, tx pgx.Tx, who actor.Actor, r Request, step Step, tell []int64) error {
	step.At = s.config.Now()
	if err := addStep(ctx, tx, r.ID, who.AccountID, step); err != nil {
		return err
	}
	if title := titles()[step.Event]; title != "" && len(tell) > 0 {
		if err := s.config.Notices.Tell(ctx, tx, notify.Note{To: tell[:min(len(tell), 10)], Kind: "finance", Title: title + "：" + r.Product,
			Body: "请打开融资申请页面查看。", Link: Path(r.ID), At: step.At}); err != nil {
			return err
		}
	}
	return s.config.Audit.Record(ctx, tx, audit.Event{Actor: who, Action: "finance." + string(step.Event), ObjectKind: "finance_request",
		ObjectID: strconv.FormatInt(r.ID, 10), Detail: map[string]any{"state": r.State}})
}

// Path is the page of a request.
func Path(id int64) string { return "/finance-requests/" + strconv.FormatInt(id, 10) }

func titles() map[Event]string {
	return map[Event]string{EventAsk: "收到融资申请", EventOffer: "金融机构已答复", EventDecline: "金融机构没有批准", EventWithdraw: "企业撤回融资申请",
		EventGrant:   "融资已发放",
		EventOverdue: "金融机构登记逾期", EventRepaid: "融资已还清", EventShare: "企业授权查看登记合同", EventRevoke: "企业撤回查看授权"}
}

var (
	errNotFound    = fault.New(fault.NotFound, "finance_request", "没有找到这件融资申请")
	errConsentOver = fault.New(fault.Conflict, "consent_over", "企业的授权已经撤回或到期，不能再查看。需要时请与企业联系，由企业重新授权")
)
