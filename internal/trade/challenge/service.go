package challenge

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/stored"
	"techmarket/internal/people/expert"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/deal"
	"techmarket/internal/trade/notice"
)

// Notices tells people in the caller's transaction.
type Notices interface {
	Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error
}

// Public makes the winner public (notice.Service).
type Public interface {
	Announce(ctx context.Context, tx pgx.Tx, by notice.By, t notice.Text) (int64, error)
	State(ctx context.Context, q postgres.Querier, id int64) (notice.State, error)
}

// Deals carries what was won (deal.Service).
type Deals interface {
	Award(ctx context.Context, tx pgx.Tx, a deal.Award) (int64, error)
	HasAgreed(ctx context.Context, q postgres.Querier, id int64) (bool, error)
}

// Needs gives the facts of a need; an unknown one is a fault NotFound.
type Needs interface {
	Facts(ctx context.Context, listing int64) (deal.ListingFacts, error)
}

// Organisations gives units (identity.Service).
type Organisations interface {
	Organisation(ctx context.Context, id int64) (identity.Organisation, error)
	Organisations(ctx context.Context, ids []int64) (map[int64]identity.Organisation, error)
}

// Files keeps what an opened paper holds, and judges what is handed in (files.Store).
type Files interface {
	Receive(ctx context.Context, name string, r io.Reader) (files.Content, error)
	Record(ctx context.Context, tx pgx.Tx, c files.Content, m files.Meta) (files.File, error)
}

// Config is what the Service needs; all fields must be set.
type Config struct {
	DB            *postgres.DB
	Audit         audit.Recorder
	Notices       Notices
	Public        Public
	Deals         Deals
	Needs         Needs
	Organisations Organisations
	Files         Files
	Vault         stored.Secrets
	Random        io.Reader
	Calendar      func(ctx context.Context) (clock.Calendar, error)
	// Experts are those who may be drawn into a panel, of the sample market or not.
	Experts func(ctx context.Context, sample bool) ([]expert.Candidate, error)
}

// Service carries challenges. Everybody reads one that was published; before, it is the asker's and the desk's. Applications are sealed
// until two people open them.
type Service struct{ config Config }

// New makes the service.
func New(c Config) *Service { return &Service{config: c} }

// Create turns an own published need into a draft. Who: members of the need's confirmed organisation. Faults: Forbidden, NotFound,
// Conflict already_challenge, Invalid with fields.
func (s *Service) Create(ctx context.Context, who actor.Actor, need int64, e Entry) (id int64, err error) {
	const op = "challenge: create"
	if err := deal.MayTrade(who); err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	if need == 0 {
		var f fault.Fields
		f.Add("need", "missing", "请从本单位的一项需求开始")
		return 0, fmt.Errorf(op+": %w", f.Err())
	}
	facts, err := s.config.Needs.Facts(ctx, need)
	switch {
	case err != nil:
	case facts.Side != deal.Demand || !who.In(facts.OrgID):
		err = fault.New(fault.Forbidden, "not_own", "只有本单位发布的需求可以转成榜单")
	case !facts.Open:
		err = conflict("not_open", "需求发布之后才能转成榜单；已下架、到期或成交的不能转")
	}
	if err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		now, err := postgres.Now(ctx, tx)
		if err != nil {
			return err
		}
		e.tidy()
		if e.ApplyOn == 0 {
			e.ApplyOn = fact.DayOf(now) + applyDays + 10
		}
		if err := e.check(now, false); err != nil {
			return err
		}
		before, err := postgres.Many[Challenge](ctx, tx, ofListing, pgx.StrictNamedArgs{"listing": need})
		if err != nil {
			return err
		}
		if len(before) > 0 {
			return conflict("already_challenge", "这项需求已经转成榜单，请在原榜单上办理")
		}
		org, err := s.config.Organisations.Organisation(ctx, who.OrgID)
		if err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, insertChallenge, pgx.StrictNamedArgs{"org": who.OrgID, "account": who.AccountID, "listing": need,
			"title": e.Title, "kind": e.Kind, "mode": e.Mode, "field": e.Field, "division": org.Division, "content": e.Content,
			"purse": e.Content.Purse(), "apply_on": e.ApplyOn.Date(), "sample": who.Sample, "now": now}).Scan(&id); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "challenge.create", id, nil)
	})
	if err != nil {
		return 0, fmt.Errorf(op+": %w", err)
	}
	return id, nil
}

// Save keeps a draft. Who: members of the asker. Faults: NotFound, Forbidden, Conflict wrong_state, Conflict stale, Invalid.
func (s *Service) Save(ctx context.Context, who actor.Actor, id int64, version int, e Entry) error {
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b, err := s.lock(ctx, tx, id)
		if err != nil {
			return err
		}
		roles, err := s.roles(who, b)
		if err != nil {
			return err
		}
		switch {
		case !slices.Contains(roles, RoleAsker):
			return fault.New(fault.Forbidden, "wrong_role", "榜单由发榜单位修改")
		case b.c.State != Draft:
			return conflict("wrong_state", "提交以后不能再修改；需要修改的请管理员退回")
		case b.c.Version != version:
			return fault.Stale()
		}
		e.tidy()
		if err := e.check(b.now, false); err != nil {
			return err
		}
		b.c.Title, b.c.Kind, b.c.Mode, b.c.Field, b.c.Content, b.c.ApplyOn = e.Title, e.Kind, e.Mode, e.Field, e.Content, e.ApplyOn.Date()
		b.c.Purse = e.Content.Purse()
		return b.c.store(ctx, tx, b.now)
	})
	if err != nil {
		return fmt.Errorf("challenge: save: %w", err)
	}
	return nil
}

// Command is one step of a challenge; which fields it needs depends on the event.
type Command struct {
	Challenge   int64     `json:"-"`
	Event       Event     `json:"event"`
	Reason      string    `json:"reason"`
	Experts     []string  `json:"experts"`           // approve: who gave the opinion
	Code        string    `json:"code"`              // open_seals
	Day         fact.Day  `json:"day" format:"date"` // publish, amend: last day to apply; postpone: the new day
	Material    bool      `json:"material"`          // amend: targets, purse or conditions change
	Application int64     `json:"applicationId"`
	Fit         bool      `json:"fit"`       // screen
	Account     int64     `json:"accountId"` // replace
	Conflict    bool      `json:"conflict"`  // replace: for a conflict of interest
	Winners     []int64   `json:"winners"`
	Losers      []Loss    `json:"losers"`
	Node        int       `json:"node"` // from 1
	Score       int       `json:"score"`
	Agreed      bool      `json:"agreed"` // postpone: both sides
	Amount      money.Fen `json:"amountFen"`
	Voucher     string    `json:"voucher"`
}

// Done is what a step came to. Code is the opening code of take_key, shown once and kept nowhere.
type Done struct {
	Challenge Challenge `json:"challenge"`
	Code      string    `json:"code"`
}

// Do carries out one step of the table. Faults: NotFound, Forbidden wrong_role and sealed, Conflict wrong_state and those of the guards,
// Invalid.
func (s *Service) Do(ctx context.Context, who actor.Actor, c Command) (Done, error) {
	done, err := s.do(ctx, who, c, false)
	if fault.HasCode(err, errSealed.Code) { // the attempt stays in the trail
		_ = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			return s.record(ctx, tx, who, "challenge.sealed_refused", c.Challenge, map[string]any{"event": c.Event})
		})
	}
	return done, err
}

func (s *Service) do(ctx context.Context, who actor.Actor, c Command, system bool) (out Done, err error) {
	c.Reason = strings.TrimSpace(c.Reason)
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		b, err := s.lock(ctx, tx, c.Challenge)
		if err != nil {
			return err
		}
		roles := []string{RoleSystem}
		if !system {
			if roles, err = s.roles(who, b); err != nil {
				return err
			}
		}
		from := b.c.State
		m, refused := find(from, c.Event, roles)
		if refused != nil {
			return refused
		}
		if m.reason && len([]rune(c.Reason)) < 4 {
			var f fault.Fields
			f.Add("reason", "missing", "请写明原因或意见（至少 4 个字），会公开显示")
			return f.Err()
		}
		if m.guard != nil {
			if refused := m.guard(b); refused != nil {
				return refused
			}
		}
		b.c.State = Stage(strings.Fields(m.to)[0])
		if out.Code, err = s.apply(ctx, b, who, c); err != nil {
			return err
		}
		if !slices.Contains(strings.Fields(m.to), string(b.c.State)) {
			panic("challenge: " + string(c.Event) + " led to " + string(b.c.State)) // a fault of the program: the table is the promise
		}
		if b.c.Over() && b.c.EndedAt == nil {
			b.c.EndedAt = &b.now
			if c.Reason != "" {
				b.c.Reason = c.Reason
			}
		}
		if err := b.c.store(ctx, tx, b.now); err != nil {
			return err
		}
		out.Challenge = b.c
		if err := addEvent(ctx, tx, c.Challenge, Step{b.now, who.AccountID, c.Event, from, b.c.State, c.Reason}, b.detail); err != nil {
			return err
		}
		if err := s.tellAll(ctx, tx, b, c.Event); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "challenge."+string(c.Event), c.Challenge, map[string]any{"from": from, "to": b.c.State})
	})
	if err != nil {
		return Done{}, fmt.Errorf("challenge: %s: %w", c.Event, err)
	}
	return out, nil
}

// Tick closes what is over, follows notices and lets unsigned wins lapse. It may come late or twice.
func (s *Service) Tick(ctx context.Context) (n int, err error) {
	due, err := postgres.Many[struct {
		ID    int64
		Event Event
	}](ctx, s.config.DB, dueChallenges, pgx.StrictNamedArgs{})
	if err != nil {
		return 0, fmt.Errorf("challenge: tick: %w", postgres.Fault(err))
	}
	for _, d := range due {
		if d.Event == EventNoticed {
			if d.Event, err = s.noticed(ctx, d.ID); err != nil {
				return n, err
			}
		}
		if d.Event == "" {
			continue
		}
		_, err := s.do(ctx, actor.Actor{}, Command{Challenge: d.ID, Event: d.Event}, true)
		switch {
		case err == nil:
			n++
		case !fault.Is(err, fault.Conflict): // somebody was faster
			return n, err
		}
	}
	return n, nil
}

// noticed is what a notice came to so far, "" for nothing.
func (s *Service) noticed(ctx context.Context, id int64) (Event, error) {
	c, err := one(ctx, s.config.DB, selectChallenge, id)
	if err != nil {
		return "", fmt.Errorf("challenge: tick: %w", postgres.Fault(err))
	}
	state, err := s.config.Public.State(ctx, s.config.DB, c.NoticeID)
	switch state {
	case notice.Passed:
		return EventNoticed, err
	case notice.Void, notice.Withdrawn:
		return EventNoticeOff, err
	default:
		return "", err
	}
}

// roles are the roles of somebody towards a challenge.
func (s *Service) roles(who actor.Actor, b *bench) ([]string, error) {
	if !who.SignedIn() {
		return nil, fault.SignIn()
	}
	var roles []string
	if who.In(b.c.OrgID) && who.Member() {
		roles = append(roles, RoleAsker)
		if who.Has(actor.OrgAdmin) {
			roles = append(roles, RoleAdmin)
		}
	}
	if who.Officer() && who.Covers(b.c.Division) {
		roles = append(roles, RoleDesk)
	}
	if who.Member() && slices.ContainsFunc(b.in(AppChosen, AppContracted), func(a Application) bool { return who.In(a.OrgID) }) {
		roles = append(roles, RoleTaker)
	}
	if roles == nil && !published(b.c) {
		return nil, errNotFound
	}
	return roles, nil
}

func published(c Challenge) bool { return c.PublishedAt != nil }

func (s *Service) record(ctx context.Context, tx pgx.Tx, who actor.Actor, action string, id int64, detail map[string]any) error {
	return s.config.Audit.Record(ctx, tx, audit.Event{Actor: who, Action: action, ObjectKind: "challenge", ObjectID: strconv.FormatInt(id, 10),
		Detail: detail})
}
