package event

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/trade/deal"
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

// Enqueuer queues work in the caller's transaction; jobs.Client fulfils it.
type Enqueuer interface {
	Enqueue(ctx context.Context, tx pgx.Tx, args jobs.Args, o jobs.Options) error
}

// Listings shows what is pitched and what people bring; listing.Service fulfils it.
type Listings interface {
	Heads(ctx context.Context, who actor.Actor, ids []int64) ([]listing.Head, error)
}

// Deals opens the interest that a task becomes; deal.Service fulfils it.
type Deals interface {
	Open(ctx context.Context, who actor.Actor, a deal.Approach) (deal.Deal, error)
}

// Config is what the Service needs; all fields must be set.
type Config struct {
	DB        *postgres.DB
	Audit     audit.Recorder
	Notices   Notices
	Queue     Enqueuer
	Directory Directory
	Listings  Listings
	Deals     Deals
	Calendar  func(ctx context.Context) (clock.Calendar, error)
	Random    io.Reader
	Now       func() time.Time
}

// Service carries events.
type Service struct{ config Config }

// New makes the service.
func New(c Config) *Service { return &Service{config: c} }

var (
	errNotFound = fault.New(fault.NotFound, "event", "没有找到这场活动，请从活动列表重新查找")
	errNoWish   = fault.New(fault.NotFound, "event_wish", "没有找到这次约见，请刷新页面")
)

// MayHost reports whether somebody may hold events: members and officers of a confirmed unit that is no firm and no single person.
func MayHost(who actor.Actor) bool {
	return (who.Member() || who.Officer()) && who.OrgState == actor.Confirmed &&
		slices.Contains([]actor.OrgKind{actor.Government, actor.University, actor.Institute, actor.Agency, actor.PointHost}, who.OrgKind)
}

func (a Activity) hostedBy(who actor.Actor) bool { return MayHost(who) && who.In(a.HostOrg) }

// side of somebody to an event.
func (a Activity) side(who actor.Actor) Side {
	if a.hostedBy(who) {
		return Host
	}
	return stranger
}

// readBy reports whether somebody reads the host's desk: the host, and the officers of the area.
func (a Activity) readBy(who actor.Actor) bool {
	return a.hostedBy(who) || a.State != Draft && who.Covers(a.Division)
}

func mayHost(who actor.Actor) error {
	switch {
	case !who.SignedIn():
		return fault.SignIn()
	case !MayHost(who):
		return fault.New(fault.Forbidden, "not_a_host", "活动由科技局、高校院所、技术转移机构和登记点主办单位发布。企业请联系所在盟市科技局合办")
	}
	return nil
}

// Create writes the draft of an event. Who: MayHost. Faults: Unauthorized; Forbidden not_a_host; Invalid with fields.
func (s *Service) Create(ctx context.Context, who actor.Actor, w Writing) (id int64, err error) {
	const op = "event: create: %w"
	if err = mayHost(who); err == nil {
		err = s.checked(ctx, &w)
	}
	if err != nil {
		return 0, fmt.Errorf(op, err)
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if id, err = insert(ctx, tx, w, who, s.config.Now()); err != nil {
			return err
		}
		if err := setItems(ctx, tx, id, w.Items); err != nil {
			return err
		}
		if err := setSlots(ctx, tx, id, sittings(w.Sessions)); err != nil {
			return err
		}
		return s.note(ctx, tx, who, id, Step{Act: actCreate, To: Draft})
	})
	if err != nil {
		return 0, fmt.Errorf(op, err)
	}
	return id, nil
}

// checked refuses a writing that cannot be held, and listings that nobody sees.
func (s *Service) checked(ctx context.Context, w *Writing) error {
	var f fault.Fields
	w.check(&f)
	var ids []int64
	for _, it := range w.Items {
		if it.Listing != 0 {
			ids = append(ids, it.Listing)
		}
	}
	shown, err := s.public(ctx, ids)
	if err != nil {
		return err
	}
	for i, it := range w.Items {
		if _, ok := shown[it.Listing]; it.Listing != 0 && !ok {
			f.Addf("items."+digits(i)+".listing", "not_open", "第 %d 项日程：没有编号为 %d 的公开成果或需求", i+1, it.Listing)
		}
	}
	return f.Err()
}

// public are those of the listings that everybody sees.
func (s *Service) public(ctx context.Context, ids []int64) (map[int64]listing.Head, error) {
	out := map[int64]listing.Head{}
	if len(ids) == 0 {
		return out, nil
	}
	heads, err := s.config.Listings.Heads(ctx, actor.Guest(), ids)
	for _, h := range heads {
		out[h.ID] = h
	}
	return out, err
}

// Edit writes an event again: all of it while it is a draft, all but the slots of meetings afterwards. A higher capacity lets people in
// from the row. Faults: as Create; NotFound; Conflict stale_version, wrong_state.
func (s *Service) Edit(ctx context.Context, who actor.Actor, id int64, version int, w Writing) error {
	const op = "event: edit: %w"
	if err := mayHost(who); err != nil {
		return fmt.Errorf(op, err)
	}
	if err := s.checked(ctx, &w); err != nil {
		return fmt.Errorf(op, err)
	}
	err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		a, m, err := s.begin(ctx, tx, who, Command{Activity: id, Act: ActEdit, Version: version})
		if err != nil {
			return err
		}
		var f fault.Fields
		f.Checkf(w.Capacity >= a.Admitted, "capacity", "taken", "已经确认 %d 人，人数上限不能更少", a.Admitted)
		f.Check(a.State == Draft || a.Meets() == (w.BookingFrom != nil), "bookingOpensAt", "published", "发布以后不能增加或取消一对一洽谈")
		if err := f.Err(); err != nil {
			return err
		}
		now := s.config.Now()
		if err := rewrite(ctx, tx, id, w, now); err != nil {
			return err
		}
		if err := setItems(ctx, tx, id, w.Items); err != nil {
			return err
		}
		if a.State == Draft {
			if err := setSlots(ctx, tx, id, sittings(w.Sessions)); err != nil {
				return err
			}
		}
		if w.Capacity > a.Capacity {
			if err := s.config.Queue.Enqueue(ctx, tx, PromoteArgs{Event: id}, jobs.Options{}); err != nil {
				return err
			}
		}
		if a.State != Draft && (!w.BeginsAt.Equal(a.BeginsAt) || w.Place != a.Place || w.Link != a.Link) {
			if err := s.tellAll(ctx, tx, a, "活动时间或地点有变："+w.Title, "请打开活动页面核对时间和地点。"); err != nil {
				return err
			}
		}
		return s.note(ctx, tx, who, id, Step{Act: ActEdit, From: m.from, To: m.to})
	})
	if err != nil {
		return fmt.Errorf(op, err)
	}
	return nil
}

// Command is one step of an event.
type Command struct {
	Activity int64  `json:"-"`
	Act      Act    `json:"event" enum:"publish,close,start,finish,cancel,place"`
	Version  int    `json:"version,omitempty" doc:"您看到的版本；0 为不核对"`
	Reason   string `json:"reason,omitempty" doc:"cancel：取消的原因，报名的人会看到"`
}

// begin locks the event and finds the line of the table.
func (s *Service) begin(ctx context.Context, tx pgx.Tx, who actor.Actor, c Command) (Activity, move[Stage], error) {
	a, err := one(ctx, tx, lockedEvent, c.Activity, who)
	if err != nil {
		return a, move[Stage]{}, err
	}
	if c.Version != 0 && c.Version != a.Version {
		return a, move[Stage]{}, fault.Stale()
	}
	m, refused := find(moves(), a.State, c.Act, a.side(who))
	if refused != nil {
		return a, m, refused
	}
	return a, m, nil
}

// Do carries out one step. Who: the host. Faults: Unauthorized, NotFound, Forbidden wrong_side, Conflict, Invalid.
func (s *Service) Do(ctx context.Context, who actor.Actor, c Command) (out Activity, err error) {
	op := "event: " + string(c.Act) + ": %w"
	if !who.SignedIn() {
		return out, fmt.Errorf(op, fault.SignIn())
	}
	if c.Act == ActEdit { // has a method of its own
		c.Act = ""
	}
	c.Reason = strings.TrimSpace(c.Reason)
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		a, m, err := s.begin(ctx, tx, who, c)
		if err != nil {
			return err
		}
		out, err = s.step(ctx, tx, who, a, m, c)
		return err
	})
	if err != nil {
		return Activity{}, fmt.Errorf(op, err)
	}
	return out, nil
}

// step changes the locked event and everything that goes with it.
func (s *Service) step(ctx context.Context, tx pgx.Tx, who actor.Actor, a Activity, m move[Stage], c Command) (Activity, error) {
	var f fault.Fields
	now := s.config.Now()
	if m.reason {
		f.Checkf(count(c.Reason) >= 2 && count(c.Reason) <= maxText, "reason", "required", "请填写原因，报名的人会看到（2—%d 字）", maxText)
	}
	if c.Act == ActPublish {
		f.Check(a.SignupUntil.After(now), "signupClosesAt", "past", "报名截止已经过去，请先修改时间再发布")
	}
	if err := f.Err(); err != nil {
		return a, err
	}
	a.State, a.UpdatedAt = m.to, now
	var err error
	switch c.Act {
	case ActCancel:
		a.Reason = c.Reason
		err = s.cancelled(ctx, tx, a)
	case ActFinish:
		a.FinishedAt = &now
		err = s.finished(ctx, tx, a)
	case ActPlace:
		a.PlacedAt = &now
		err = s.place(ctx, tx, a)
	}
	if err == nil {
		err = update(ctx, tx, a)
	}
	if err != nil {
		return a, err
	}
	a.Version++
	return a, s.note(ctx, tx, who, a.ID, Step{Act: c.Act, From: m.from, To: m.to, Reason: c.Reason})
}

// cancelled ends every sign-up and wish of an event and tells those who had one.
func (s *Service) cancelled(ctx context.Context, tx pgx.Tx, a Activity) error {
	wishes, err := postgres.Many[Wish](ctx, tx, wishesIn, pgx.StrictNamedArgs{"event": a.ID,
		"states": []WishStage{WishAsked, WishAccepted, WishBooked}})
	if err != nil {
		return err
	}
	for _, w := range wishes {
		if err := s.end(ctx, tx, w); err != nil {
			return err
		}
	}
	rows, _ := tx.Query(ctx, cancelAll, pgx.StrictNamedArgs{"event": a.ID, "reason": "活动取消", "now": a.UpdatedAt})
	people, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, a.ID, people, "活动取消："+a.Title, "原因："+a.Reason)
}

// finished marks who had a seat and did not come, and asks those who met what came of it.
func (s *Service) finished(ctx context.Context, tx pgx.Tx, a Activity) error {
	met, err := postgres.Many[Wish](ctx, tx, wishesIn, pgx.StrictNamedArgs{"event": a.ID, "states": []WishStage{WishBooked}})
	if err != nil {
		return err
	}
	var ids []int64
	for _, w := range met {
		ids = append(ids, w.From, w.To)
	}
	people, err := s.accounts(ctx, tx, a.ID, ids)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, missAll, pgx.StrictNamedArgs{"event": a.ID, "now": a.UpdatedAt}); err != nil {
		return err
	}
	return s.tell(ctx, tx, a.ID, people, "请填写洽谈结果："+a.Title, "请在 5 个工作日内说明每场洽谈的结果；再谈和有意向的会成为一项后续事项。")
}

// accounts are those of sign-ups.
func (s *Service) accounts(ctx context.Context, q postgres.Querier, event int64, ids []int64) ([]int64, error) {
	list, err := postgres.Many[Signup](ctx, q, peopleOf, pgx.StrictNamedArgs{"event": event, "ids": list(ids)})
	var out []int64
	for _, p := range list {
		out = append(out, p.Account)
	}
	return out, err
}

// tellAll tells everybody who asked to come and did not withdraw.
func (s *Service) tellAll(ctx context.Context, tx pgx.Tx, a Activity, title, body string) error {
	all, err := postgres.Many[Signup](ctx, tx, listSignups, pgx.StrictNamedArgs{"event": a.ID, "state": "", "limit": 2 * maxCapacity})
	if err != nil {
		return err
	}
	var people []int64
	for _, p := range all {
		if p.State != SignCancelled && p.State != SignDeclined {
			people = append(people, p.Account)
		}
	}
	return s.tell(ctx, tx, a.ID, people, title, body)
}

// tell sends a message to accounts; who walked in has none.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, event int64, to []int64, title, body string) error {
	to = slices.DeleteFunc(slices.Clone(to), func(id int64) bool { return id == 0 })
	if len(to) == 0 {
		return nil
	}
	return s.config.Notices.Tell(ctx, tx, notify.Note{To: to, Kind: "event", Title: title, Body: body, Link: Path(event), At: s.config.Now()})
}

// tellHost tells those who act for the host.
func (s *Service) tellHost(ctx context.Context, tx pgx.Tx, a Activity, title, body string) error {
	return s.config.Notices.Tell(ctx, tx, notify.Note{To: []int64{a.HostAccount}, Kind: "event", Title: title, Body: body,
		Link: Path(a.ID) + "/desk", At: s.config.Now()})
}

// note writes history and audit row of a step.
func (s *Service) note(ctx context.Context, tx pgx.Tx, who actor.Actor, id int64, step Step) error {
	step.At = s.config.Now()
	if err := addStep(ctx, tx, id, who.AccountID, step); err != nil {
		return err
	}
	return s.record(ctx, tx, who, step.Act, id, map[string]any{"state": step.To})
}

func (s *Service) record(ctx context.Context, tx pgx.Tx, who actor.Actor, act Act, id int64, detail map[string]any) error {
	return s.config.Audit.Record(ctx, tx, audit.Event{Actor: who, Action: "event." + string(act), ObjectKind: "event",
		ObjectID: strconv.FormatInt(id, 10), Detail: detail})
}

// Path is the page of an event.
func Path(id int64) string { return "/events/" + strconv.FormatInt(id, 10) }

// Tick does what the days and hours do: closes sign-up, starts, finishes, places meetings, reports. It may come late or twice.
func (s *Service) Tick(ctx context.Context) (n int, err error) {
	now := s.config.Now()
	due, err := postgres.Many[struct {
		ID  int64
		Act Act
	}](ctx, s.config.DB, dueEvents, pgx.StrictNamedArgs{"now": now, "midnight": midnight(now),
		"month": now.AddDate(0, 0, -30), "half": now.AddDate(0, 0, -180)})
	if err != nil {
		return 0, fmt.Errorf("event: tick: %w", postgres.Fault(err))
	}
	for _, d := range due {
		switch err := s.turn(ctx, d.ID, d.Act); {
		case err == nil:
			n++
		case !fault.Is(err, fault.Conflict): // somebody was faster
			return n, fmt.Errorf("event: tick: %w", err)
		}
	}
	return n, nil
}

// midnight is when the day of an instant began here.
func midnight(t time.Time) time.Time {
	y, m, d := clock.Local(t).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, clock.Zone())
}

// turn is one step of the clock.
func (s *Service) turn(ctx context.Context, id int64, act Act) error {
	return s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		a, err := locked(ctx, tx, id)
		if err != nil {
			return err
		}
		if act == ActReport {
			over, err := s.freeze(ctx, tx, a)
			if err != nil || !over {
				return err
			}
		}
		m, refused := find(moves(), a.State, act, system)
		if refused != nil {
			return refused
		}
		_, err = s.step(ctx, tx, actor.Actor{}, a, m, Command{Act: act})
		return err
	})
}
