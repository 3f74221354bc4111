package register

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/search"
)

// Directory knows the organisations; identity.Service fulfils it.
type Directory interface {
	Organisations(ctx context.Context, ids []int64) (map[int64]identity.Organisation, error)
	OrganisationForShare(ctx context.Context, tx pgx.Tx, id int64) (identity.Organisation, error)
	AccountsOf(ctx context.Context, orgID int64, roles ...actor.Role) ([]int64, error)
}

// Queue inserts a job in the caller's transaction.
type Queue interface {
	Enqueue(ctx context.Context, tx pgx.Tx, args jobs.Args, o jobs.Options) error
}

// Notices tells people in the caller's transaction.
type Notices interface {
	Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error
}

// Config is what the Service needs; all fields but Engine must be set.
type Config struct {
	DB        *postgres.DB
	Kinds     []Descriptor
	Directory Directory
	Queue     Queue
	Notices   Notices
	Audit     audit.Recorder
	Now       func() time.Time
	Engine    func() search.Engine // takes a card off the index in the request that ends a consent; nil: the job alone does
}

// Service keeps the registers.
type Service struct {
	config  Config
	kinds   Kinds
	helpers struct { // what proposals are picked of, for a minute
		sync.Mutex
		all map[Kind][]Standing
		at  time.Time
	}
}

// New checks the declarations.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Directory == nil || c.Queue == nil || c.Notices == nil || c.Audit == nil || c.Now == nil {
		return nil, errors.New("register: database, directory, queue, notices, audit and clock are needed")
	}
	kinds, err := NewKinds(c.Kinds...)
	if err != nil {
		return nil, err
	}
	return &Service{config: c, kinds: kinds}, nil
}

// Kinds are the registers of this market.
func (s *Service) Kinds() Kinds { return s.kinds }

func (s *Service) today() time.Time { return clock.Date(s.config.Now()) }

// Input is what an owner writes.
type Input struct {
	Name     string
	Division string // "": the organisation's
	Content  Content
	Self     bool // the entry is about the person who writes it; of kinds that hold persons
}

// Create makes a draft of the actor's organisation. Who: members and administrators. Faults: unauthorized, forbidden "register_own",
// invalid with fields, conflict "register_same" naming the entry that is the same thing.
func (s *Service) Create(ctx context.Context, who actor.Actor, kind Kind, in Input) (Entry, error) {
	d, ok := s.kinds.Get(kind)
	if !ok {
		return Entry{}, errNoKind
	}
	if err := mayOwn(who); err != nil {
		return Entry{}, fmt.Errorf("register: create: %w", err)
	}
	now := s.config.Now()
	e := Entry{Kind: kind, OrganisationID: who.OrgID, State: Draft, NeedsConsent: d.Person, ConfirmedAt: now, Sample: who.Sample, Version: 1,
		CreatedAt: now, UpdatedAt: now}
	if d.Person && in.Self {
		e.AccountID = &who.AccountID
	}
	if in.Division == "" {
		in.Division = who.Division
	}
	if err := fill(&e, d, in); err != nil {
		return Entry{}, fmt.Errorf("register: create: %w", err)
	}
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := s.insert(ctx, tx, &e, Origin{Kind: Typed, Source: "本平台录入", At: now}); err != nil {
			return err
		}
		return s.note(ctx, tx, who, e, "", EventCreate, "", true)
	})
	if err != nil {
		return Entry{}, fmt.Errorf("register: create: %w", err)
	}
	return e, nil
}

func mayOwn(who actor.Actor) error {
	switch {
	case !who.SignedIn():
		return fault.SignIn()
	case !who.Member():
		return fault.New(fault.Forbidden, "register_own", "名录信息由单位的经办人或管理员填报")
	}
	return nil
}

// fill takes the owner's words over; what is wrong is said by field.
func fill(e *Entry, d Descriptor, in Input) error {
	var wrong fault.Fields
	name := []listing.Text{{Path: "name", Label: d.NameOf, Value: &in.Name, Max: 100, Min: 2}}
	listing.TidyTexts(name)
	listing.CheckTexts(&wrong, name, true)
	wrong.Check(region.Valid(in.Division), "division", "choose", "请从列表中选择所在地区")
	content := d.Tidy(in.Content)
	var fields *fault.Error
	if err := d.Check(content, false); errors.As(err, &fields) {
		wrong.Join(fields.Fields...)
	}
	e.Name, e.Division, e.Content, e.Identity = in.Name, in.Division, content, d.identity(in.Name, content)
	return wrong.Err()
}

// Save changes the owner's working copy; what is listed stays as it was examined. Faults: not found, forbidden, conflict
// "stale_version" or "register_fixed", invalid with fields.
func (s *Service) Save(ctx context.Context, who actor.Actor, id int64, version int, in Input) (Entry, error) {
	var e Entry
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		if e, err = s.mine(ctx, tx, who, id); err != nil {
			return err
		}
		d, _ := s.kinds.Get(e.Kind)
		switch {
		case !slices.Contains(rolesOf(who, e), RoleOwn):
			return errNotOwn
		case e.Version != version:
			return fault.Stale()
		case !e.State.Editable():
			return fault.New(fault.Conflict, "register_fixed", "现在不能修改。请先撤回提交，或等审核结束").With(e.State)
		}
		if in.Division == "" {
			in.Division = e.Division
		}
		if err := fill(&e, d, in); err != nil {
			return err
		}
		if e.AccountID == nil && d.Person && in.Self {
			e.AccountID = &who.AccountID
		}
		e.ConfirmedAt = s.config.Now()
		if err := s.update(ctx, tx, &e); err != nil {
			return err
		}
		return s.note(ctx, tx, who, e, e.State, EventSave, "", true)
	})
	if err != nil {
		return Entry{}, fmt.Errorf("register: save: %w", err)
	}
	return e, nil
}

var errNotOwn = fault.New(fault.Forbidden, "wrong_role", "这一步由别的单位或人员办理，您现在的身份不能办。如果应当由您办，请先在“账号与单位”里切换到那个单位")

// Command is one event of an entry.
type Command struct {
	ID      int64
	Version int // that the person saw; 0: whatever it is
	Event   Event
	Reason  string
	Grade   Grade  // of EventGrade
	GradeID int64  // of EventEndGrade
	Until   string // last day of a consent or of a grade, as 2006-01-02; "": without end
}

// Do carries out one event. Faults: unauthorized, not found (also out of the actor's area), forbidden "wrong_role", conflict
// "stale_version", "register_state" and what the guards say, invalid with fields.
func (s *Service) Do(ctx context.Context, who actor.Actor, c Command) (Entry, error) {
	if !who.SignedIn() {
		return Entry{}, fmt.Errorf("register: %s: %w", c.Event, fault.SignIn())
	}
	e, err := s.do(ctx, who, c, nil)
	if err != nil {
		return Entry{}, fmt.Errorf("register: %s: %w", c.Event, err)
	}
	return e, nil
}

func (s *Service) do(ctx context.Context, who actor.Actor, c Command, roles []Role) (Entry, error) {
	c.Reason, c.Grade.Issuer, c.Grade.Number = strings.TrimSpace(
		c.Reason,
	), strings.TrimSpace(
		c.Grade.Issuer,
	), strings.TrimSpace(
		c.Grade.Number,
	)
	var e Entry
	var gone bool
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		if roles != nil { // the clock
			e, err = s.locked(ctx, tx, c.ID)
		} else {
			e, err = s.mine(ctx, tx, who, c.ID)
		}
		if err != nil {
			return err
		}
		now, before := s.config.Now(), e
		t, err := s.admit(ctx, tx, who, c, e, roles)
		if err != nil {
			return err
		}
		e.State = t.to
		if err := s.effect(ctx, tx, who, c, &e, t, now); err != nil {
			return err
		}
		if err := s.update(ctx, tx, &e); err != nil {
			return err
		}
		gone = before.Public(s.today()) && !e.Public(s.today())
		if err := s.note(ctx, tx, who, e, before.State, c.Event, c.Reason, c.Event == EventSubmit || c.Event == EventList); err != nil {
			return err
		}
		return s.tell(ctx, tx, e, t, c)
	})
	if err != nil {
		return Entry{}, err
	}
	if gone && s.config.Engine != nil {
		// Whoever takes a card off must not find it a second later; the job that follows does the same again.
		if err := s.config.Engine().Delete(ctx, Documents.ID(e.ID)); err != nil && !fault.Is(err, fault.Unavailable) {
			return Entry{}, err
		}
	}
	return e, nil
}

// admit finds the row of the table for the command and asks its guard.
func (s *Service) admit(ctx context.Context, tx pgx.Tx, who actor.Actor, c Command, e Entry, roles []Role) (transition, error) {
	if roles == nil {
		roles = rolesOf(who, e)
	}
	if c.Version != 0 && c.Version != e.Version {
		return transition{}, fault.Stale()
	}
	t, ok := find(e.State, c.Event, roles)
	if !ok {
		if slices.ContainsFunc(machine(), func(x transition) bool { return x.event == c.Event && slices.Contains(roles, x.role) }) {
			return t, fault.New(fault.Conflict, "register_state", "这一步现在不能办理。请刷新页面查看").With(e.State)
		}
		return t, errNotOwn
	}
	if t.guard == nil {
		return t, nil
	}
	d, ok := s.kinds.Get(e.Kind)
	if !ok {
		return t, errNoKind
	}
	org, err := s.config.Directory.OrganisationForShare(ctx, tx, e.OrganisationID)
	if err != nil {
		return t, err
	}
	return t, t.guard(step{entry: e, kind: d, command: c, today: s.today(), confirmed: org.Confirmed()})
}

// effect writes into the entry, and beside it, what an event changes.
func (s *Service) effect(ctx context.Context, tx pgx.Tx, who actor.Actor, c Command, e *Entry, t transition, now time.Time) error {
	d, _ := s.kinds.Get(e.Kind)
	switch c.Event {
	case EventList:
		e.Listed, e.ListedName, e.Reason = e.Content, e.Name, ""
		end := d.validTo(e.Content, s.today())
		e.ValidTo = &end
		if e.ListedAt == nil {
			e.ListedAt = &now
		}
	case EventReturn, EventSuspend, EventRemove:
		e.Reason = c.Reason
		if t.role == RoleJob {
			e.Reason = "有效期已过，由系统暂停"
		}
	case EventResume, EventSubmit:
		e.Reason = ""
	case EventConfirm:
		e.ConfirmedAt = now
	case EventConsent:
		e.ConsentAt, e.ConsentTo = &now, nil
		if day, err := time.Parse(time.DateOnly, c.Until); err == nil {
			e.ConsentTo = &day
		}
	case EventRevoke:
		e.ConsentAt, e.ConsentTo = nil, nil
	case EventGrade:
		return insertGrade(ctx, tx, e.ID, c.Grade, who.AccountID, now)
	case EventEndGrade:
		return endGrade(ctx, tx, e.ID, c.GradeID, c.Until)
	}
	return nil
}

// outcome is what a message to the owner calls an event of the desk or the clock.
func outcome(e Event) string {
	switch e {
	case EventList:
		return "审核通过，入库"
	case EventReturn:
		return "退回修改"
	case EventSuspend:
		return "暂停"
	case EventResume:
		return "恢复"
	case EventLapse:
		return "有效期满"
	case EventRevoke:
		return "撤回公开授权"
	case EventGrade:
		return "登记等级或考核"
	case EventEndGrade:
		return "等级终止"
	default:
		return "移出名录"
	}
}

// tell says to the owner what the desk or the clock did.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, e Entry, t transition, c Command) error {
	if t.role != RoleDesk && t.role != RoleJob || e.Sample && t.role == RoleJob {
		return nil
	}
	to, err := s.config.Directory.AccountsOf(ctx, e.OrganisationID, actor.Member, actor.OrgAdmin)
	if err != nil || len(to) == 0 {
		return err
	}
	title := e.Name + "：" + outcome(c.Event)
	body := "可以在“我的名录”里查看。"
	if c.Reason != "" {
		body = "原因：" + c.Reason
	}
	return s.config.Notices.Tell(
		ctx,
		tx,
		notify.Note{To: to[:min(len(to), 20)], Kind: "register", Title: title, Body: body, Link: DeskPath(e.ID),
			At: s.config.Now()},
	)
}

// note writes history, audit row and index job of a change.
func (s *Service) note(
	ctx context.Context,
	tx pgx.Tx,
	who actor.Actor,
	e Entry,
	from State,
	event Event,
	reason string,
	content bool,
) error {
	if err := addEvent(ctx, tx, who, e, from, event, reason, content, s.config.Now()); err != nil {
		return err
	}
	if err := s.config.Queue.Enqueue(ctx, tx, IndexArgs{IDs: []int64{e.ID}}, jobs.Options{}); err != nil {
		return err
	}
	return s.config.Audit.Record(ctx, tx, audit.Event{Actor: who, Action: "register." + string(event), ObjectKind: "register_entry",
		ObjectID: strconv.FormatInt(e.ID, 10), Detail: map[string]any{"kind": e.Kind, "state": e.State}})
}

// Tick lets the clock end what is over. It may come late or twice: a page never shows an entry after its last day.
func (s *Service) Tick(ctx context.Context) (n int, err error) {
	due, err := s.overdue(ctx)
	if err != nil {
		return 0, fmt.Errorf("register: tick: %w", err)
	}
	for _, e := range due {
		d, ok := s.kinds.Get(e.Kind)
		if !ok {
			continue
		}
		_, err := s.do(ctx, actor.Actor{}, Command{ID: e.ID, Event: d.overdue()}, []Role{RoleJob})
		switch {
		case err == nil:
			n++
		case !fault.Is(err, fault.Conflict): // the owner was faster
			return n, fmt.Errorf("register: tick: %w", err)
		}
	}
	return n, nil
}

var (
	errNoEntry = fault.New(fault.NotFound, "register_entry", "没有找到这条名录信息，可能已撤回。请从名录重新查找")
)
