package voucher

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
	"techmarket/internal/foundation/region"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
)

// Directory knows the organisations; identity.Service fulfils it.
type Directory interface {
	Organisations(ctx context.Context, ids []int64) (map[int64]identity.Organisation, error)
	OrganisationForShare(ctx context.Context, tx pgx.Tx, id int64) (identity.Organisation, error)
	AccountsOf(ctx context.Context, orgID int64, roles ...actor.Role) ([]int64, error)
}

// Notices tells people in the caller's transaction.
type Notices interface {
	Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error
}

// Files gives the facts of an uploaded file (files.Store).
type Files interface {
	Own(ctx context.Context, q postgres.Querier, org, file int64) (files.File, error)
}

// Offered is a service as the register of providers has it on this day.
type Offered struct {
	OrgID   int64
	Name    string
	Kind    string
	Listed  bool // in public, in its time
	Voucher bool // it takes vouchers
}

// Config is what the Service needs; all fields but Fonts must be set.
type Config struct {
	DB        *postgres.DB
	Audit     audit.Recorder
	Notices   Notices
	Directory Directory
	Files     Files
	Service   func(ctx context.Context, entry int64) (Offered, error)
	Kinds     []string // codes of services
	Now       func() time.Time
	Fonts     func() (*document.Fonts, error) // nil: no proof sheet
}

// Service carries vouchers. A firm, a provider and the issuer see the ones they are part of.
type Service struct{ config Config }

// New makes the service.
func New(c Config) *Service { return &Service{config: c} }

func (s *Service) today() fact.Day { return fact.DayOf(s.config.Now()) }

// Case is a stored voucher.
type Case struct {
	ID          int64      `json:"id"`
	Scheme      int64      `json:"schemeId"`
	FirmOrg     int64      `json:"firmOrgId"`
	FirmAccount int64      `json:"-"`
	ProviderOrg int64      `json:"providerOrgId"`
	Entry       int64      `json:"serviceEntryId"`
	Service     string     `json:"service"`
	Kind        string     `json:"kind"`
	Need        string     `json:"need"`
	Contract    money.Fen  `json:"contractFen"`
	Related     bool       `json:"related"`
	State       Stage      `json:"state"`
	GrantedOn   *time.Time `json:"grantedOn" format:"date"`
	DueOn       *time.Time `json:"dueOn" format:"date"`
	Amount      money.Fen  `json:"amountFen"`
	Paid        money.Fen  `json:"paidFen"`
	Owes        money.Fen  `json:"owesFen"`
	Held        money.Fen  `json:"heldFen"`
	Number      string     `json:"contractNumber"`
	Claimed     money.Fen  `json:"claimedFen"`
	Asked       bool       `json:"papersAsked"`
	Reason      string     `json:"reason"`
	Version     int        `json:"version"`
	Sample      bool       `json:"sample"`
	CreatedAt   time.Time  `json:"createdAt"`
	UpdatedAt   time.Time  `json:"updatedAt"`
}

// Label is the number that papers bear.
func (c Case) Label() string { return fmt.Sprintf("%d-%06d", clock.Local(c.CreatedAt).Year(), c.ID) }

// rule is the voucher as the rule knows it; nil before it was granted.
func (c Case) rule() *Voucher {
	if c.State.Before() {
		return nil
	}
	return &Voucher{ID: strconv.FormatInt(c.ID, 10), Firm: name(c.FirmOrg), Granted: fact.OfDate(*c.GrantedOn), State: c.State.state(),
		Amount: c.Amount, Paid: c.Paid, Owes: c.Owes}
}

// take writes what the rule made of the voucher.
func (c *Case) take(p Policy, v Voucher) {
	granted, due := v.Granted.Date(), p.due(v.Granted).Date()
	c.GrantedOn, c.DueOn = &granted, &due
	c.State, c.Amount, c.Paid, c.Owes, c.Held = Stage(v.State), v.Amount, v.Paid, v.Owes, v.Held()
}

// name is what the rule calls an organisation.
func name(org int64) string { return strconv.FormatInt(org, 10) }

// side is the part that somebody plays.
func side(who actor.Actor, s Scheme, c Case) Side {
	switch {
	case who.Officer() && who.In(s.OrgID):
		return Desk
	case who.Member() && who.In(c.FirmOrg):
		return Firm
	case who.Member() && who.In(c.ProviderOrg) && !c.State.Before():
		return Provider
	case who.Covers(s.Division):
		return Above
	}
	return nobody
}

// Application is what a firm writes.
type Application struct {
	Scheme    int64     `json:"schemeId" required:"true" minimum:"1"`
	Entry     int64     `json:"serviceEntryId" required:"true" minimum:"1" doc:"服务名录里的一条"`
	Contract  money.Fen `json:"contractFen" required:"true" doc:"服务费用，单位分"`
	Need      string    `json:"need" required:"true"`
	Related   bool      `json:"related" doc:"与服务机构有关联关系"`
	Voluntary bool      `json:"voluntary" doc:"确认不属于强制检测等法定应当办理的事项"`
}

const maxText = 500

func (a *Application) check() error {
	var f fault.Fields
	a.Need = strings.TrimSpace(a.Need)
	n := len([]rune(a.Need))
	f.Check(a.Entry > 0, "entry", "choose", "请选择服务机构的一项服务")
	f.Check(a.Contract > 0 && a.Contract <= money.Max, "contract", "amount", "请填写服务费用，例如 20000")
	f.Checkf(n >= 4 && n <= maxText, "need", "length", "请写明要做什么服务、用在哪里（4—%d 字）", maxText)
	f.Check(a.Voluntary, "voluntary", "missing", "法定应当办理的事项不能用创新券；不是这类事项请勾选确认")
	return f.Err()
}

// Apply asks for a voucher. Who: members of a confirmed enterprise in the issuer's area. What the rule would refuse today is refused at
// once, except what depends on the money: that is asked when it is granted. Faults: Unauthorized, Forbidden, NotFound, Conflict, Invalid.
func (s *Service) Apply(ctx context.Context, who actor.Actor, a Application) (id int64, err error) {
	const op = "voucher: apply: %w"
	if err := identity.ConfirmedFirm(who, "创新券由企业的经办人或管理员申请，请切换到企业账号"); err != nil {
		return 0, fmt.Errorf(op, err)
	}
	if err := a.check(); err != nil {
		return 0, fmt.Errorf(op, err)
	}
	scheme, err := oneScheme(ctx, s.config.DB, selectScheme, a.Scheme)
	if err != nil {
		return 0, fmt.Errorf(op, postgres.Fault(err))
	}
	offered, err := s.config.Service(ctx, a.Entry)
	if fault.Is(err, fault.NotFound) {
		err = refusal(ProviderNotListed)
	}
	if err != nil {
		return 0, fmt.Errorf(op, err)
	}
	now := s.config.Now()
	c := Case{Scheme: a.Scheme, FirmOrg: who.OrgID, FirmAccount: who.AccountID, ProviderOrg: offered.OrgID, Entry: a.Entry,
		Service: offered.Name, Kind: offered.Kind, Need: a.Need, Contract: a.Contract, Related: a.Related, State: StageApplied, Version: 1,
		Sample: who.Sample, CreatedAt: now, UpdatedAt: now}
	if !inArea(scheme.Division, who.Division) {
		return 0, fmt.Errorf(op, fault.New(fault.Conflict, "outside_area", "这个办法只支持发券地区内的企业，请找本地区的创新券"))
	}
	near, err := s.around(ctx, scheme, c)
	if err != nil {
		return 0, fmt.Errorf(op, err)
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b, err := s.open(ctx, tx, a.Scheme)
		if err != nil {
			return err
		}
		b.near = near
		if _, out, err := s.try(ctx, b, c); err != nil {
			return err
		} else if out.Refusal != nil && *out.Refusal != OverBudget {
			return refusal(*out.Refusal)
		}
		if id, err = insertCase(ctx, tx, c); err != nil {
			return err
		}
		c.ID = id
		return s.note(ctx, b, who, c, Happening{Act: ActApply, From: StageApplied, To: StageApplied}, Firm)
	})
	if err != nil {
		return 0, fmt.Errorf(op, err)
	}
	return id, nil
}

// inArea tells whether a division lies in another: a county in its league, everything in the region.
func inArea(area, division string) bool {
	return len(area) == 6 && len(division) == 6 && strings.HasPrefix(division, region.Prefix(area))
}

// Command is one step of a voucher; which fields it needs depends on the act.
type Command struct {
	Voucher int64      `json:"-"`
	Act     Act        `json:"event"`
	Version int        `json:"version" doc:"您看到的版本；0 为不核对"`
	Reason  string     `json:"reason" doc:"原因；拨付和追回时为凭证号"`
	Number  string     `json:"contractNumber" doc:"use：服务合同编号"`
	Amount  money.Fen  `json:"amountFen" doc:"claim：企业实际支付的费用；repay：追回的金额"`
	Files   []Attached `json:"files" maxItems:"10"`
}

// Attached is a file that somebody uploaded for a step.
type Attached struct {
	ID   int64     `json:"fileId" required:"true" minimum:"1"`
	Role PaperRole `json:"role" required:"true"`
}

// bench is a scheme under its lock, with one of its vouchers.
type bench struct {
	tx     pgx.Tx
	scheme Scheme
	c      Case
	now    time.Time
	left   []PaperRole // papers that the voucher has
	near   around
}

// around is what a step needs of other rooms. It is asked for before the lock: who waits for the lock holds a connection, and whoever has
// it must not need another.
type around struct {
	offered  Offered // zero: not on the register
	provider []int64 // accounts that are told
	desk     []int64
}

func (s *Service) around(ctx context.Context, scheme Scheme, c Case) (a around, err error) {
	if a.offered, err = s.config.Service(ctx, c.Entry); err != nil && !fault.Is(err, fault.NotFound) {
		return a, err
	}
	if a.provider, err = s.config.Directory.AccountsOf(ctx, c.ProviderOrg, actor.Member, actor.OrgAdmin); err != nil {
		return a, err
	}
	a.desk, err = s.config.Directory.AccountsOf(ctx, scheme.OrgID, actor.LeagueOfficer, actor.RegionOfficer)
	a.provider, a.desk = a.provider[:min(len(a.provider), 10)], a.desk[:min(len(a.desk), 10)]
	return a, err
}

// open locks a scheme: every step that moves money waits here, so that two see each other. What the days expired holds nothing any more.
func (s *Service) open(ctx context.Context, tx pgx.Tx, scheme int64) (*bench, error) {
	b := &bench{tx: tx, now: s.config.Now()}
	var err error
	if b.scheme, err = lockScheme(ctx, tx, scheme); err != nil {
		return nil, err
	}
	over, err := overdueCases(ctx, tx, scheme, s.today().Date())
	if err != nil {
		return nil, err
	}
	for _, c := range over {
		v := c.rule().Expire(b.scheme.Policy(nil), s.today())
		c.take(b.scheme.Policy(nil), v)
		if err := s.keep(ctx, b, &c); err != nil {
			return nil, err
		}
		if err := s.note(ctx, b, actor.Actor{}, c, Happening{Act: ActExpire, From: StageGranted, To: c.State}, system); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// keep stores a voucher and with it what the scheme's vouchers hold.
func (s *Service) keep(ctx context.Context, b *bench, c *Case) error {
	c.Version++
	c.UpdatedAt = b.now
	if err := updateCase(ctx, b.tx, *c); err != nil {
		return err
	}
	return b.scheme.hold(ctx, b.tx, b.now)
}

// try asks the rule for an application, on the books as they stand under the lock.
func (s *Service) try(ctx context.Context, b *bench, c Case) (Voucher, Outcome, error) {
	var providers []string
	if o := b.near.offered; o.Listed && o.Voucher && o.OrgID == c.ProviderOrg && o.Kind == c.Kind {
		providers = []string{name(c.ProviderOrg)}
	}
	firm, err := s.config.Directory.OrganisationForShare(ctx, b.tx, c.FirmOrg)
	if err != nil {
		return Voucher{}, Outcome{}, err
	}
	provider, err := s.config.Directory.OrganisationForShare(ctx, b.tx, c.ProviderOrg)
	if err != nil {
		return Voucher{}, Outcome{}, err
	}
	books := Books{Related: c.Related || firm.CreditCode != "" && firm.CreditCode == provider.CreditCode}
	if books.Held, books.FirmHeld, err = held(ctx, b.tx, c.Scheme, c.FirmOrg, s.today().Year()); err != nil {
		return Voucher{}, Outcome{}, err
	}
	v, out := Step(b.scheme.Policy(providers), books, Event{Event: Apply, On: s.today(), Voucher: strconv.FormatInt(c.ID, 10),
		Firm: name(c.FirmOrg), Provider: name(c.ProviderOrg), Kind: c.Kind, Contract: c.Contract})
	return v, out, nil
}

// Do carries out one step of the table. Faults: Unauthorized, NotFound, Forbidden wrong_side, Conflict stale_version and the refusals of
// the rule, Invalid.
func (s *Service) Do(ctx context.Context, who actor.Actor, c Command) (Case, error) {
	if !who.SignedIn() {
		return Case{}, fmt.Errorf("voucher: %s: %w", c.Act, fault.SignIn())
	}
	out, err := s.do(ctx, who, c)
	if err != nil {
		return Case{}, fmt.Errorf("voucher: %s: %w", c.Act, err)
	}
	return out, nil
}

func (s *Service) do(ctx context.Context, who actor.Actor, c Command) (out Case, err error) {
	c.Reason, c.Number = strings.TrimSpace(c.Reason), strings.TrimSpace(c.Number)
	before, err := oneCase(ctx, s.config.DB, c.Voucher, who)
	if err != nil {
		return Case{}, postgres.Fault(err)
	}
	scheme, err := oneScheme(ctx, s.config.DB, selectScheme, before.Scheme)
	if err != nil {
		return Case{}, postgres.Fault(err)
	}
	near, err := s.around(ctx, scheme, before)
	if err != nil {
		return Case{}, err
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b, by, err := s.bench(ctx, tx, who, c.Voucher, before.Scheme)
		if err != nil {
			return err
		}
		b.near = near
		if c.Version != 0 && c.Version != b.c.Version {
			return fault.Stale()
		}
		m, refused := find(b.c.State, c.Act, by)
		if refused != nil {
			if b.c.State == StageExpired {
				return refusal(IsExpired)
			}
			return refused
		}
		h := Happening{Act: c.Act, From: b.c.State, Reason: c.Reason}
		if err := s.papers(ctx, b, who, c); err != nil {
			return err
		}
		if err := b.check(m, c); err != nil {
			return err
		}
		if err := s.step(ctx, b, m, c, &h); err != nil {
			return err
		}
		h.To = b.c.State
		if err := s.keep(ctx, b, &b.c); err != nil {
			return err
		}
		out = b.c
		return s.note(ctx, b, who, b.c, h, by)
	})
	return out, err
}

// bench finds a voucher that the actor may see, under the lock of its scheme.
func (s *Service) bench(ctx context.Context, tx pgx.Tx, who actor.Actor, id, scheme int64) (*bench, Side, error) {
	b, err := s.open(ctx, tx, scheme)
	if err != nil {
		return nil, nobody, err
	}
	if b.c, err = oneCase(ctx, tx, id, who); err != nil { // as it is behind the lock
		return nil, nobody, err
	}
	by := side(who, b.scheme, b.c)
	if by == nobody {
		return nil, nobody, errNoCase
	}
	b.left, err = rolesHeld(ctx, tx, id)
	return b, by, err
}
