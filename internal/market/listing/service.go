package listing

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
)

// Directory knows organisations and whom to tell; identity.Service fulfils it.
type Directory interface {
	Organisations(ctx context.Context, ids []int64) (map[int64]identity.Organisation, error)
	OrganisationForShare(ctx context.Context, tx pgx.Tx, id int64) (identity.Organisation, error)
	OfficersFor(ctx context.Context, division string) ([]int64, error)
	Names(ctx context.Context, ids []int64) (map[int64]string, error)
}

// Queue inserts jobs in the caller's transaction; jobs.Client fulfils it.
type Queue interface {
	Enqueue(ctx context.Context, tx pgx.Tx, args jobs.Args, o jobs.Options) error
}

// Files reads the row of a file of an organisation; files.Store fulfils it.
type Files interface {
	Own(ctx context.Context, q postgres.Querier, org, id int64) (files.File, error)
}

// Clock holds the periods of living listings (docs/rules/listings.md §4; all are our choice and configuration).
type Clock struct {
	Life         time.Duration // from publication or renewal to expiry; 12 months
	Expiring     time.Duration // notice so long before expiry
	AskAfter     time.Duration // without confirmation: ask the owner
	DemoteAfter  time.Duration // without confirmation, and at least Grace after asking: put to sleep
	ArchiveAfter time.Duration // asleep for so long: archive
	Grace        time.Duration
	KeepEnded    time.Duration // withdrawn, expired and closed ones are archived after
}

// DefaultClock asks after 90 days, demotes after 120, archives 60 days later.
func DefaultClock() Clock {
	const day = 24 * time.Hour
	return Clock{
		Life:         365 * day,
		Expiring:     30 * day,
		AskAfter:     90 * day,
		DemoteAfter:  120 * day,
		ArchiveAfter: 60 * day,
		Grace:        14 * day,
		KeepEnded:    180 * day,
	}
}

// Config is what a Service needs.
type Config struct {
	DB        *postgres.DB
	Directory Directory
	Queue     Queue
	Files     Files
	Now       func() time.Time
	Clock     Clock // DefaultClock when zero
	Kinds     []Descriptor
	// Broker reports whether an account is a broker who can be asked to diagnose a need; sample brokers for sample needs only. nil: none is.
	Broker func(ctx context.Context, account int64, sample bool) (bool, error)
	// Indexed follows every index job with the listings it brought in line, public or not; it may run twice. nil: nothing follows.
	Indexed func(ctx context.Context, ids []int64) error
}

// Service moves listings through their states and answers for all kinds at once. What needs typed content is in Book.
type Service struct {
	config Config
	kinds  Kinds
}

// New checks the configuration.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Directory == nil || c.Queue == nil || c.Files == nil || c.Now == nil || len(c.Kinds) == 0 {
		return nil, errors.New("listing: database, directory, queue, files, clock and kinds are needed")
	}
	if c.Clock == (Clock{}) {
		c.Clock = DefaultClock()
	}
	kinds, err := NewKinds(c.Kinds...)
	if err != nil {
		return nil, err
	}
	return &Service{config: c, kinds: kinds}, nil
}

// Kinds are the kinds of listings that the market has.
func (s *Service) Kinds() Kinds { return s.kinds }

// Command is one event for one listing.
type Command struct {
	ID      int64
	Version int // the version the person saw; stale ones are refused
	Event   Event
	Reason  string // return, withdraw by an editor: text; close: a code of CloseReasons
	Triage  string // publish, return: a code of the kind's Triages, or ""
	Broker  int64  // return for diagnosis: account of the broker who is asked; 0: nobody
}

var (
	errNotFound = fault.New(fault.NotFound, "listing", "没有找到这条信息，可能已撤下或已到期")
	errStale    = fault.New(fault.Conflict, "stale_version", "这条信息刚刚被别人修改过，请核对两个版本后再保存")
)

// Do applies one event of the state table. Owners (member, org_admin of the organisation) and editors (league or region
// officer whose area covers it and who does not belong to it) may call; each event says which in machine.go. The change, its
// history row, the audit row, messages and the index job are one transaction.
// Faults: unauthorized; not found "listing"; forbidden "listing_event"; conflict "listing_state", "stale_version",
// "organisation_not_confirmed"; invalid with fields (reason, triage, or those of the content on submit).
func (s *Service) Do(ctx context.Context, who actor.Actor, c Command) (Listing, error) {
	if !who.SignedIn() {
		return Listing{}, fault.SignIn()
	}
	return s.do(ctx, who, c, "")
}

// DoAsSystem applies an event in the name of the system, such as close "signed" when a deal is registered. Not for requests
// of people. A zero Version is not compared. Faults as Do.
func (s *Service) DoAsSystem(ctx context.Context, c Command) (Listing, error) {
	return s.do(ctx, actor.Actor{}, c, RoleSystem)
}

func (s *Service) do(ctx context.Context, who actor.Actor, c Command, role Role) (Listing, error) {
	c.Reason = strings.TrimSpace(c.Reason)
	if err := checkReason(c.Reason); err != nil {
		return Listing{}, err
	}
	if c.Broker != 0 {
		before, err := s.row(ctx, s.config.DB, c.ID)
		if err != nil {
			return Listing{}, err
		}
		if err := s.checkBroker(ctx, c, before.Sample); err != nil {
			return Listing{}, err
		}
	}
	var officers []int64
	if c.Event == EventSubmit {
		// Whom to tell is read before the transaction: one request never holds two connections.
		before, err := s.row(ctx, s.config.DB, c.ID)
		if err != nil {
			return Listing{}, err
		}
		if officers, err = s.config.Directory.OfficersFor(ctx, before.ReviewerScope); err != nil {
			return Listing{}, err
		}
	}
	var l Listing
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		r, err := s.lock(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		l, err = s.move(ctx, tx, who, role, r, c, officers)
		return err
	})
	if err != nil {
		return Listing{}, fmt.Errorf("listing %s: %w", c.Event, err)
	}
	return l, nil
}

// move is the one place where a state changes.
func (s *Service) move(ctx context.Context, tx pgx.Tx, who actor.Actor, role Role, r row, c Command, officers []int64) (Listing, error) {
	now, kind := s.config.Now(), s.kinds.Of(r.Kind)
	if role != RoleSystem {
		if role = s.roleOf(who, r.Listing); !s.visible(who, r) {
			return Listing{}, errNotFound
		}
	}
	t, ok := find(r.State, c.Event, role)
	if !ok {
		return Listing{}, refusal(r.State, c.Event, role)
	}
	if c.Version != r.Version && (role != RoleSystem || c.Version != 0) {
		return Listing{}, errStale
	}
	org, err := s.config.Directory.OrganisationForShare(ctx, tx, r.OrganisationID)
	if err != nil {
		return Listing{}, err
	}
	if t.guard != nil {
		err := t.guard(step{listing: r.Listing, command: c, now: now, confirmed: org.Confirmed(),
			check: func() error {
				if err := s.check(kind, r.Draft, now); err != nil {
					return err
				}
				return s.checkUnnamed(ctx, tx, r, org.Name)
			}})
		if err != nil {
			return Listing{}, err
		}
	}
	if c.Triage != "" {
		if err := checkTriage(kind, c); err != nil {
			return Listing{}, err
		}
		r.Triage = c.Triage
		if _, err := tx.Exec(ctx, insertTriage, pgx.StrictNamedArgs{"listing": r.ID, "triage": c.Triage, "at": now}); err != nil {
			return Listing{}, err
		}
	}
	before := r.State
	r.State = t.to
	switch c.Event {
	case EventSubmit:
		r.SubmittedAt, r.ReturnReason = &now, ""
	case EventReturn:
		r.ReturnReason = c.Reason
	case EventPublish:
		if err := s.makePublic(ctx, tx, &r, now, org.Name); err != nil {
			return Listing{}, err
		}
	case EventDiscard:
		r.Draft, r.ReturnReason = r.Published, ""
	case EventConfirm:
		r.fresh(now)
	case EventRenew:
		r.fresh(now)
		if r.ExpiresAt, err = kind.expiry(r.Published, now, s.config.Clock); err != nil {
			return Listing{}, err
		}
		if !now.Before(*r.ExpiresAt) {
			return Listing{}, fault.New(fault.Conflict, "deadline_past", "所写的期限已过。请先修订期限，再公开")
		}
	case EventWithdraw, EventClose:
		r.ClosedReason = c.Reason
	case EventReopen:
		r.ClosedReason, r.ReturnReason = "", ""
	}
	if before.Live() && !r.State.Live() {
		r.RemindedAt, r.DemotedAt = nil, nil // asleep or not is a matter of the living
	}
	if err := s.store(ctx, tx, &r, now); err != nil {
		return Listing{}, err
	}
	if c.Event == EventPublish {
		if err := s.keepVersion(ctx, tx, r, who.AccountID, now); err != nil {
			return Listing{}, err
		}
	}
	if c.Event == EventPublish || c.Event == EventDiscard {
		if err := s.syncFiles(ctx, tx, r); err != nil {
			return Listing{}, err
		}
	}
	if err := s.tell(ctx, tx, r.Listing, c, role, officers, now); err != nil {
		return Listing{}, err
	}
	if c.Broker != 0 {
		if err := s.askBroker(ctx, tx, who, r.Listing, c.Broker, now); err != nil {
			return Listing{}, err
		}
	}
	if before.Live() || r.State.Live() {
		if err := s.config.Queue.Enqueue(ctx, tx, IndexArgs{ListingID: r.ID, Version: r.Version}, jobs.Options{}); err != nil {
			return Listing{}, err
		}
	}
	return r.Listing, s.note(ctx, tx, who, r.Listing, c.Event, before, c.Reason, now)
}

// ConfirmAsked confirms at once all listings of a kind whose owner the clock has asked: an organisation that imported thousands
// can't be asked to press a button for each. The kind's authors may call for their organisation; it returns how many.
// Faults: unauthorized; forbidden "listing_event".
func (s *Service) ConfirmAsked(ctx context.Context, who actor.Actor, k Kind) (n int, err error) {
	if !who.SignedIn() {
		return 0, fault.SignIn()
	}
	if !who.Has(s.kinds.Of(k).Authors...) {
		return 0, refusal(Published, EventConfirm, RoleNobody)
	}
	now := s.config.Now()
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		q, _ := tx.Query(ctx, confirmAsked, pgx.StrictNamedArgs{"org": who.OrgID, "kind": k, "now": now, "by": who.AccountID})
		ids, err := pgx.CollectRows(q, pgx.RowTo[int64])
		if n = len(ids); err != nil || n == 0 {
			return err
		}
		if err := s.enqueueIndex(ctx, tx, ids); err != nil {
			return err
		}
		return audit.Record(
			ctx,
			tx,
			audit.Entry{At: now, Account: who.AccountID, Org: who.OrgID, Action: "listing.confirm", ObjectKind: "organisation",
				ObjectID: strconv.FormatInt(who.OrgID, 10), Detail: map[string]any{"kind": k, "ids": ids}},
		)
	})
	if err != nil {
		return 0, fmt.Errorf("confirm asked: %w", err)
	}
	return n, nil
}

func refusal(state State, event Event, role Role) error {
	known := slices.ContainsFunc(machine, func(t transition) bool { return t.from == state && t.event == event })
	if known || role == RoleNobody {
		return fault.New(fault.Forbidden, "listing_event", "您不能对这条信息做这一步").With(event)
	}
	return fault.New(fault.Conflict, "listing_state", "这条信息的状态已经变化，不能再做这一步，请刷新页面").With(state, event)
}

func checkTriage(kind Descriptor, c Command) error {
	var f fault.Fields
	f.Check(kind.Judged(c.Triage) && (c.Event == EventPublish || c.Event == EventReturn), "triage", "choose", "请从列表中选择需求分诊结论")
	return f.Err()
}

func (r *row) fresh(now time.Time) { r.ConfirmedAt, r.RemindedAt, r.DemotedAt = &now, nil, nil }

// publish makes the working content the public one.
func (r *row) publish(now time.Time, kind Descriptor, c Clock) (err error) {
	r.Published, r.ReturnReason, r.ClosedReason = r.Draft, "", ""
	r.PublishedVersion++
	r.PublishedAt = &now
	if f, err := kind.rules.facts(r.Published); err != nil {
		return err
	} else if !f.Anonymous {
		r.NamedAt = &now
	}
	if r.FirstPublishedAt == nil {
		r.FirstPublishedAt = &now
	}
	r.ExpiresAt, err = kind.expiry(r.Published, now, c)
	r.ExpiringNoticedAt = nil
	r.fresh(now)
	return err
}

// take copies the facts of a content into the columns.
func (r *row) take(kind Descriptor, raw json.RawMessage) error {
	f, err := kind.rules.facts(raw)
	if err != nil {
		return err
	}
	r.Title, r.Field, r.Anonymous = f.Title, f.Field, f.Anonymous
	if f.Division != "" {
		r.Division = f.Division
	}
	return nil
}

func (s *Service) tell(ctx context.Context, tx pgx.Tx, l Listing, c Command, role Role, officers []int64, now time.Time) error {
	kind := s.kinds.Of(l.Kind)
	name := kind.Label + "“" + l.Title + "”"
	n := notify.Note{To: []int64{l.OwnerAccount}, Kind: "listing", Link: kind.DeskPath(l.ID), At: now}
	switch {
	case c.Event == EventSubmit:
		n.To, n.Title, n.Link = officers, "待审核："+name, ReviewPath(l.ID)
	case c.Event == EventPublish:
		n.Title, n.Body = name+"已发布", "有效期至 "+clock.Local(*l.ExpiresAt).Format("2006年1月2日")+"。"
	case c.Event == EventReturn:
		n.Title, n.Body = name+"被退回修改", "原因："+c.Reason
	case c.Event == EventWithdraw && role == RoleEditor:
		n.Title, n.Body = name+"被撤下", "原因："+c.Reason
	default:
		return nil
	}
	return notify.Message(ctx, tx, n)
}

// ReviewPath is the editor's page for one listing.
func ReviewPath(id int64) string { return "/review/" + strconv.FormatInt(id, 10) }

// visible: the own organisation sees its listings, an editor what was ever submitted in the area, everybody what is public.
func (s *Service) visible(who actor.Actor, r row) bool {
	return who.In(r.OrganisationID) || (r.SubmittedAt != nil && who.Covers(r.ReviewerScope)) || r.Public(s.config.Now())
}

// gone is why a listing is not shown: what was public once and has ended stays a known address (410), everything else was never there for
// this reader.
func gone(l Listing) error {
	why := map[State]fault.Sentence{Withdrawn: "发布单位已经撤下这条信息，不再公开。", Closed: "这条信息已经办结，不再公开。",
		Expired: "这条信息已经到期，不再公开。", Archived: "这条信息长期没有确认，已经归档，不再公开。"}[l.State]
	if l.State.Live() && !l.Hidden { // its last day is over, the clock has not come round yet
		why = "这条信息已经到期，不再公开。"
	}
	if why == "" || l.FirstPublishedAt == nil {
		return errNotFound
	}
	return fault.New(fault.Gone, "listing_gone", why)
}

// seesDraft: the working content belongs to the owner, and to the editor while it is in review.
func seesDraft(who actor.Actor, r row) bool {
	return who.In(r.OrganisationID) || (r.State.InReview() && who.Covers(r.ReviewerScope))
}

// OrganisationChanged is identity's hook: it hides a suspended organisation's listings, shows them again when it is restored,
// and re-indexes all that are live (the index holds the organisation's name).
func (s *Service) OrganisationChanged(ctx context.Context, tx pgx.Tx, org identity.Organisation) error {
	q, _ := tx.Query(ctx, hideListings, pgx.StrictNamedArgs{"org": org.ID, "hidden": org.State == actor.Suspended})
	ids, err := pgx.CollectRows(q, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("organisation changed: %w", err)
	}
	return s.enqueueIndex(ctx, tx, ids)
}

// scopeOf is the league whose editor reviews an organisation's listings; 150000 for those from outside.
func scopeOf(division string) string {
	if l, ok := region.League(division); ok {
		return l.Code
	}
	return region.Root
}

func pageSize(n int) int {
	if n <= 0 || n > 100 {
		return 20
	}
	return n
}

func cursor(at time.Time, id int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(at.UnixMicro(), 10) + "." + strconv.FormatInt(id, 10)))
}

// openCursor reads a cursor; "" is before everything.
func openCursor(s string) (time.Time, int64, error) {
	if s == "" {
		return time.Time{}, 0, nil
	}
	bad := fault.New(fault.Invalid, "after", "页码有误，请从第一页重新查看")
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return time.Time{}, 0, bad
	}
	at, id, ok := strings.Cut(string(b), ".")
	micro, err1 := strconv.ParseInt(at, 10, 64)
	n, err2 := strconv.ParseInt(id, 10, 64)
	if !ok || err1 != nil || err2 != nil || micro < 0 || micro > 4e15 {
		return time.Time{}, 0, bad
	}
	return time.UnixMicro(micro), n, nil
}
