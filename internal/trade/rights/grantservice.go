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
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/lang"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/deal"
	"techmarket/internal/trade/notice"
)

// dossier is a grant under its lock with its holders.
type dossier struct {
	grant   Grant
	holders []Holder
	now     time.Time
}

// roles are the roles of somebody towards a grant; it does not exist for whoever is neither of the unit nor holds a share.
func (d *dossier) roles(who actor.Actor) ([]string, error) {
	if !who.SignedIn() {
		return nil, fault.SignIn()
	}
	roles := rolesOf(who, d.grant.OrgID)
	if len(d.standsFor(who)) > 0 && d.grant.State != GrantDraft {
		roles = append(roles, RoleHolder)
	}
	if len(roles) == 0 && !(who.In(d.grant.OrgID) && who.Member()) {
		return nil, errNoGrant
	}
	return roles, nil
}

// standsFor are the shares for which somebody may consent: his own, and as an administrator his unit's.
func (d *dossier) standsFor(who actor.Actor) (numbers []int) {
	for _, h := range d.holders {
		person := h.AccountID != 0 && h.AccountID == who.AccountID
		unit := h.OrgID != 0 && who.In(h.OrgID) && who.Has(actor.OrgAdmin) && who.OrgState == actor.Confirmed
		if person || unit {
			numbers = append(numbers, h.Number)
		}
	}
	return numbers
}

// interested tells whether somebody gets a share himself.
func (d *dossier) interested(who actor.Actor) bool {
	return slices.ContainsFunc(d.holders, func(h Holder) bool { return h.AccountID != 0 && h.AccountID == who.AccountID })
}

// CreateGrant begins a grant for an achievement of the actor's unit. Who: members of a confirmed organisation. Faults: Forbidden not_own,
// NotFound, Conflict already_pending, Invalid.
func (s *Service) CreateGrant(ctx context.Context, who actor.Actor, listing int64, w GrantDraw) (id int64, err error) {
	const op = "rights: create grant"
	if err := deal.MayTrade(who); err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	of, err := s.config.Achievement(ctx, listing)
	if err == nil && !who.In(of.OrgID) {
		err = fault.New(fault.Forbidden, "not_own", "只有本单位发布的成果可以登记权属或赋权")
	}
	if err == nil {
		err = s.checkedGrant(ctx, who, &w)
	}
	if err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now, err := postgres.Now(ctx, tx)
		if err != nil {
			return err
		}
		g := Grant{
			State:     GrantDraft,
			OrgID:     who.OrgID,
			CreatedBy: who.AccountID,
			Listing:   listing,
			Object:    of.Title,
			Kind:      w.Kind,
			Years:     w.Years,
			Terms:     w.Terms,
			Sample:    who.Sample,
			CreatedAt: now,
		}
		if id, err = insertOneGrant(ctx, tx, g); err != nil {
			return err
		}
		if err := storeHolders(ctx, tx, id, w.Holders); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "rights.create_grant", id, nil)
	})
	if err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	return id, nil
}

// SaveGrant rewrites a draft. Faults: NotFound, Forbidden, Conflict wrong_state and stale, Invalid.
func (s *Service) SaveGrant(ctx context.Context, who actor.Actor, id int64, version int, w GrantDraw) error {
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		d, err := loadGrant(ctx, tx, lockedGrant, id)
		if err != nil {
			return err
		}
		roles, err := d.roles(who)
		switch {
		case err != nil:
			return err
		case !slices.Contains(roles, RoleUnit):
			return errRole
		case d.grant.State != GrantDraft:
			return fault.New(fault.Conflict, "wrong_state", "征求同意以后不能修改；需要修改的先退回草稿")
		case d.grant.Version != version:
			return fault.Stale()
		}
		if err := s.checkedGrant(ctx, who, &w); err != nil {
			return err
		}
		d.grant.Kind, d.grant.Years, d.grant.Terms = w.Kind, w.Years, w.Terms
		if err := storeHolders(ctx, tx, id, w.Holders); err != nil {
			return err
		}
		if err := d.grant.store(ctx, tx, d.now); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "rights.save_grant", id, nil)
	})
	if err != nil {
		return fmt.Errorf("rights: save grant: %w", err)
	}
	return nil
}

func (s *Service) checkedGrant(ctx context.Context, who actor.Actor, w *GrantDraw) error {
	w.tidy()
	if err := w.check(); err != nil {
		return err
	}
	staff, err := s.config.Staff(ctx, who, who.OrgID)
	if err != nil {
		return err
	}
	var f fault.Fields
	for i, h := range w.Holders {
		_, known := staff[h.AccountID]
		f.Check(h.AccountID == 0 || known, fmt.Sprintf("holders.%d.account", i), "not_staff", "只能选本单位的账号；没有账号的留空，凭书面同意书登记")
	}
	return f.Err()
}

// GrantCommand is one step of a grant.
type GrantCommand struct {
	Grant  int64  `json:"-"`
	Event  Event  `json:"event"`
	Reason string `json:"reason"` // the reason, opinion or paper that the step wants
	Holder int    `json:"holder"` // paper_consent: whose
}

// DoGrant carries out one step of the table. Faults: NotFound, Forbidden wrong_role and own_interest, Conflict wrong_state and
// notice_not_passed, Invalid.
func (s *Service) DoGrant(ctx context.Context, who actor.Actor, c GrantCommand) (Grant, error) {
	if !who.SignedIn() {
		return Grant{}, fmt.Errorf("rights: grant: %s: %w", c.Event, fault.SignIn())
	}
	return s.grant(ctx, who, c)
}

func (s *Service) grant(ctx context.Context, who actor.Actor, c GrantCommand) (out Grant, err error) {
	c.Reason = strings.TrimSpace(c.Reason)
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		d, err := loadGrant(ctx, tx, lockedGrant, c.Grant)
		if err != nil {
			return err
		}
		err = run(ctx, tx, s, d, who, c.Event, c.Reason, d.now, func() error { return s.applyGrant(ctx, tx, d, who, c) })
		out = d.grant
		return err
	})
	if err != nil {
		return Grant{}, fmt.Errorf("rights: grant: %s: %w", c.Event, err)
	}
	return out, nil
}

func (d *dossier) table() []move[GrantStage] { return grantMoves() }
func (d *dossier) stage() *GrantStage        { return &d.grant.State }
func (d *dossier) trail() (string, int64) {
	return "rights.grant_", d.grant.ID
}

func (d *dossier) keep(ctx context.Context, tx pgx.Tx, now time.Time) error {
	return d.grant.store(ctx, tx, now)
}

func (d *dossier) log(ctx context.Context, tx pgx.Tx, e stepOf[GrantStage]) error {
	return addGrantEvent(ctx, tx, d.grant.ID, GrantStep(e))
}

// news are for those who hold a share and have an account, and for the administrators who consent through whoever made the grant.
func (d *dossier) news(on Event) notify.Note {
	title := map[Event]string{EventSubmit: "请确认成果权属份额", EventRefuse: "有权利人不同意份额", EventReturn: "赋权被退回", EventCheck: "赋权开始公示",
		EventNoticeOff: "赋权公示作废", EventApprove: "赋权已批准", EventAgree: "赋权协议已签", EventRegister: "赋权生效", EventEnd: "赋权已结束"}[on]
	if d.grant.State == GrantActive && on != EventRegister {
		title = "成果权属登记生效"
	}
	if title == "" {
		return notify.Note{}
	}
	to := []int64{d.grant.CreatedBy}
	for _, h := range d.holders {
		if h.AccountID != 0 {
			to = append(to, h.AccountID)
		}
	}
	return notify.Note{To: to, Title: title + "：" + d.grant.Object, Body: "请打开页面查看份额和约定。",
		Link: "/grants/" + strconv.FormatInt(d.grant.ID, 10)}
}

func (s *Service) applyGrant(ctx context.Context, tx pgx.Tx, d *dossier, who actor.Actor, c GrantCommand) error {
	g := &d.grant
	switch c.Event {
	case EventSubmit, EventRefuse, EventReturn, EventNoticeOff:
		return takeConsents(ctx, tx, g.ID)
	case EventConsent, EventPaper:
		return s.consent(ctx, tx, d, who, c)
	case EventCheck:
		if d.interested(who) {
			return errInterest
		}
		return s.announceGrant(ctx, tx, d, who, c.Reason)
	case EventApprove:
		if d.interested(who) {
			return errInterest
		}
		g.Decision = c.Reason
		return s.config.Public.Passed(ctx, tx, g.NoticeID)
	case EventAgree:
		g.Agreement = c.Reason
	case EventRegister:
		g.Proof = c.Reason
		return endActive(ctx, tx, g.Listing, d.now)
	case EventEnd, EventWithdraw:
		g.Reason = c.Reason
	}
	return nil
}

// consent keeps a consent; the last one moves the grant on.
func (s *Service) consent(ctx context.Context, tx pgx.Tx, d *dossier, who actor.Actor, c GrantCommand) error {
	numbers, paper := d.standsFor(who), ""
	if c.Event == EventPaper {
		numbers, paper = []int{c.Holder}, c.Reason
		if c.Holder < 1 || c.Holder > len(d.holders) || d.holders[c.Holder-1].AccountID != 0 || d.holders[c.Holder-1].OrgID != 0 {
			return fault.New(fault.Conflict, "own_consent", "书面同意只用于没有账号的权利人；有账号的由本人在网上同意，单位由其管理员同意")
		}
	}
	all := true
	for i := range d.holders {
		h := &d.holders[i]
		if slices.Contains(numbers, h.Number) && h.ConsentedAt == nil {
			h.ConsentedAt, h.Consent = &d.now, paper
			if err := storeConsent(ctx, tx, d.grant.ID, *h); err != nil {
				return err
			}
		}
		all = all && h.ConsentedAt != nil
	}
	switch {
	case all && d.grant.Kind == Joint:
		d.grant.State = GrantActive
		return endActive(ctx, tx, d.grant.Listing, d.now)
	case all:
		d.grant.State = GrantChecking
	}
	return nil
}

// announceGrant makes the grant public, with leading posts marked.
func (s *Service) announceGrant(ctx context.Context, tx pgx.Tx, d *dossier, who actor.Actor, opinion string) error {
	kind := map[GrantKind]string{Ownership: "赋予所有权", Licence: fmt.Sprintf("赋予长期使用权 %d 年", d.grant.Years)}[d.grant.Kind]
	var body strings.Builder
	var people []string
	fmt.Fprintf(&body, "成果：%s。方式：%s。约定：%s。审查意见：%s。\n", d.grant.Object, kind, d.grant.Terms, opinion)
	for _, h := range d.holders {
		people = append(people, h.Name)
		fmt.Fprintf(&body, "%s：%s%%", h.Name, percent(h.ShareBP))
		if h.Leader {
			body.WriteString("，担任领导职务")
		}
		body.WriteString("。\n")
	}
	id, err := s.config.Public.Announce(ctx, tx, notice.By{Org: d.grant.OrgID, Account: who.AccountID, Sample: d.grant.Sample},
		notice.Text{Use: notice.Grant, Title: lang.Clip("职务科技成果赋权公示："+d.grant.Object, 80), Body: lang.Clip(body.String(), 4000),
			Party: lang.Clip(strings.Join(people, "、"), 80), Related: true})
	d.grant.NoticeID = id
	return err
}

// GrantView is a grant with what the actor may do.
type GrantView struct {
	Grant   Grant        `json:"grant"`
	Notice  notice.State `json:"noticeState"`
	Holders []Holder     `json:"holders"`
	Steps   []GrantStep  `json:"steps"`
	Events  []Event      `json:"events"`
	Mine    []int        `json:"mine"` // shares for which the actor may consent
}

// ReadGrant shows one grant to the unit and to whoever holds a share. Faults: Unauthorized, NotFound.
func (s *Service) ReadGrant(ctx context.Context, who actor.Actor, id int64) (v GrantView, err error) {
	const op = "rights: read grant"
	d, err := loadGrant(ctx, s.config.DB, selectGrant, id)
	if err != nil {
		return v, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	roles, err := d.roles(who)
	if err != nil {
		return v, fmt.Errorf(op+": %w", err)
	}
	v.Grant, v.Holders, v.Mine = d.grant, d.holders, d.standsFor(who)
	if d.grant.NoticeID != 0 {
		if v.Notice, err = s.config.Public.State(ctx, s.config.DB, d.grant.NoticeID); err != nil {
			return v, fmt.Errorf(op+": %w", err)
		}
	}
	if v.Steps, err = postgres.Many[GrantStep](ctx, s.config.DB, selectGrantEvents, pgx.StrictNamedArgs{"id": id}); err != nil {
		return v, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	waits := slices.ContainsFunc(d.holders, func(h Holder) bool { return h.ConsentedAt == nil && slices.Contains(v.Mine, h.Number) })
	for _, m := range grantMoves() {
		if m.from == d.grant.State && slices.Contains(roles, m.role) && (m.on != EventConsent && m.on != EventRefuse || waits) {
			v.Events = append(v.Events, m.on)
		}
	}
	return v, nil
}

// GrantFilter narrows and pages a list.
type GrantFilter struct {
	Listing int64 // 0: all
	After   int64
	Limit   int // 1 … 100
}

// Grants returns the grants of the actor's unit and those in which he or his unit holds a share, newest first.
func (s *Service) Grants(ctx context.Context, who actor.Actor, f GrantFilter) ([]Grant, error) {
	const op = "rights: grants"
	if !who.SignedIn() {
		return nil, fmt.Errorf(op+": %w", fault.SignIn())
	}
	org := int64(-1)
	if who.Member() {
		org = who.OrgID
	}
	list, err := postgres.Many[Grant](ctx, s.config.DB, listGrants, pgx.StrictNamedArgs{"org": org, "account": who.AccountID,
		"listing": f.Listing, "after": f.After, "limit": min(max(f.Limit, 1), 100)})
	if err != nil {
		return nil, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	return list, nil
}

// Consents lists the grants that wait for the consent of the actor, or of his unit where he is its administrator; oldest first, 100 at
// most.
func (s *Service) Consents(ctx context.Context, who actor.Actor) ([]Grant, error) {
	org := int64(-1)
	if who.Has(actor.OrgAdmin) && who.OrgState == actor.Confirmed {
		org = who.OrgID
	}
	list, err := postgres.Many[Grant](ctx, s.config.DB, unconsented, pgx.StrictNamedArgs{"org": org, "account": who.AccountID})
	if err != nil {
		return nil, fmt.Errorf("rights: consents: %w", postgres.Fault(err))
	}
	return list, nil
}
