package event

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/platform/postgres"
)

// Filter narrows the public list.
type Filter struct {
	Text     string
	Division string // events of this place, of its league and of the region
	Kind     Kind
	Past     bool
	After    int64 // the last one of the page before
	Limit    int   // 1 … 100
}

// Row is an event in a list.
type Row struct {
	Activity
	Host string `json:"host"`
}

// List is the public list: what is to come, the next first, or what is over, the newest first. Anybody may ask.
func (s *Service) List(ctx context.Context, f Filter) ([]Row, error) {
	return s.rows(ctx, listEvents, pgx.StrictNamedArgs{"division": f.Division, "kind": f.Kind, "text": f.Text, "past": f.Past,
		"now": s.config.Now(), "after": f.After, "limit": min(max(f.Limit, 1), 100)})
}

// Hosted are the events of the actor's unit, drafts too, the newest first.
func (s *Service) Hosted(ctx context.Context, who actor.Actor, after int64, limit int) ([]Row, error) {
	if !MayHost(who) {
		return nil, nil
	}
	args := scope(who)
	args["after"], args["limit"] = after, min(max(limit, 1), 100)
	return s.rows(ctx, hostEvents, args)
}

// Mine are the events for which the actor signed up.
func (s *Service) Mine(ctx context.Context, who actor.Actor) ([]Row, error) {
	if !who.SignedIn() {
		return nil, nil
	}
	return s.rows(ctx, ownEvents, pgx.StrictNamedArgs{"account": who.AccountID})
}

func (s *Service) rows(ctx context.Context, sql string, args pgx.StrictNamedArgs) ([]Row, error) {
	const op = "event: list: %w"
	found, err := postgres.Many[Activity](ctx, s.config.DB, sql, args)
	if err != nil {
		return nil, fmt.Errorf(op, postgres.Fault(err))
	}
	var ids []int64
	for _, a := range found {
		ids = append(ids, a.HostOrg)
	}
	orgs, err := s.config.Directory.Organisations(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf(op, err)
	}
	out := make([]Row, len(found))
	for i, a := range found {
		out[i] = Row{a, orgs[a.HostOrg].Name}
	}
	return out, nil
}

// View is an event as somebody sees it.
type View struct {
	Row
	Items    []Item                 `json:"items"`
	Slots    []Sitting              `json:"slots" doc:"一对一洽谈的时段"`
	Listings map[int64]listing.Head `json:"-"` // what is pitched and public
	Acts     []Act                  `json:"events" doc:"本人现在能办的步骤"`
	Own      *Signup                `json:"own"`
	InRow    int                    `json:"inRow,omitempty" doc:"候补的第几位"`
	Entrance string                 `json:"link,omitempty" doc:"线上入口，报名确认后可见"`
	Desk     bool                   `json:"desk" doc:"可以看主办单位的工作台"`
}

// Read shows one event: to everybody once it is published, to its host before. Fault: NotFound.
func (s *Service) Read(ctx context.Context, who actor.Actor, id int64) (v View, err error) {
	const op = "event: read: %w"
	a, err := one(ctx, s.config.DB, selectEvent, id, who)
	if err == nil {
		v.Row, err = s.hosted(ctx, a)
	}
	if err == nil {
		v.Items, err = postgres.Many[Item](ctx, s.config.DB, selectItems, pgx.StrictNamedArgs{"id": id})
	}
	if err == nil {
		v.Slots, err = slotsOf(ctx, s.config.DB, id)
	}
	if err != nil {
		return View{}, fmt.Errorf(op, postgres.Fault(err))
	}
	var ids []int64
	for _, it := range v.Items {
		if it.Listing != 0 {
			ids = append(ids, it.Listing)
		}
	}
	if v.Listings, err = s.public(ctx, ids); err != nil {
		return View{}, fmt.Errorf(op, err)
	}
	v.Acts, v.Desk = allowed(moves(), a.State, a.side(who)), a.readBy(who)
	if who.SignedIn() {
		if v.Own, err = signupOf(ctx, s.config.DB, id, who.AccountID); err != nil {
			return View{}, fmt.Errorf(op, postgres.Fault(err))
		}
	}
	switch {
	case v.Own != nil && v.Own.State.Seated(), a.hostedBy(who):
		v.Entrance = a.Link
	case v.Own != nil && v.Own.State == SignWaitlisted:
		err = s.config.DB.QueryRow(ctx, placeInRow, pgx.StrictNamedArgs{"event": id, "at": v.Own.AskedAt, "id": v.Own.ID}).Scan(&v.InRow)
	}
	if err != nil {
		return View{}, fmt.Errorf(op, postgres.Fault(err))
	}
	return v, nil
}

// Written is an event as its host writes it again. Faults: NotFound for everybody else; Conflict wrong_state.
func (s *Service) Written(ctx context.Context, who actor.Actor, id int64) (View, error) {
	v, err := s.Read(ctx, who, id)
	if err == nil && !v.hostedBy(who) {
		err = errNotFound
	}
	if err == nil {
		if _, refused := find(moves(), v.State, ActEdit, Host); refused != nil {
			err = refused
		}
	}
	if err != nil {
		return View{}, fmt.Errorf("event: written: %w", err)
	}
	return v, nil
}

func (s *Service) hosted(ctx context.Context, a Activity) (Row, error) {
	orgs, err := s.config.Directory.Organisations(ctx, []int64{a.HostOrg})
	return Row{a, orgs[a.HostOrg].Name}, err
}

// Listed are the public ones of listings, for what people bring.
func (s *Service) Listed(ctx context.Context, ids []int64) (map[int64]listing.Head, error) {
	return s.public(ctx, ids)
}

// Agenda is what one participant has at an event.
type Agenda struct {
	Row
	Own     Signup           `json:"own"`
	Code    string           `json:"code,omitempty" doc:"本人的入场码，26 位；前 6 位可以手输"`
	Slots   []Sitting        `json:"slots"`
	Wishes  []Wish           `json:"wishes"`
	Offers  []Offer          `json:"offers" doc:"等本人答复的约见，各自的共同空闲时段"`
	People  map[int64]Signup `json:"people" doc:"约见的另一方"`
	Told    []Told           `json:"results"`
	Tasks   []Task           `json:"tasks"`
	Booking bool             `json:"booking"`
	Due     *time.Time       `json:"resultsDueOn" format:"date" doc:"结果填写的最后一日"`
}

// Offer are the slots from which the asked picks, the earliest first.
type Offer struct {
	Wish  int64     `json:"wishId"`
	Slots []Sitting `json:"slots"`
}

// Agenda shows a participant his code, meetings and tasks. Faults: Unauthorized; NotFound signup.
func (s *Service) Agenda(ctx context.Context, who actor.Actor, id int64) (g Agenda, err error) {
	const op = "event: agenda: %w"
	if !who.SignedIn() {
		return g, fmt.Errorf(op, fault.SignIn())
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		a, err := one(ctx, tx, selectEvent, id, who)
		if err != nil {
			return err
		}
		mine, err := signupOf(ctx, tx, id, who.AccountID)
		switch {
		case err != nil:
			return err
		case mine == nil:
			return fault.New(fault.NotFound, "signup", "您还没有报名这场活动")
		}
		g = Agenda{Own: *mine, Booking: a.Booking(s.config.Now())}
		if g.Row, err = s.hosted(ctx, a); err != nil {
			return err
		}
		if g.Wishes, err = postgres.Many[Wish](ctx, tx, wishesOf, pgx.StrictNamedArgs{"signup": mine.ID}); err != nil {
			return err
		}
		if err := s.withOffers(ctx, tx, a, &g); err != nil {
			return err
		}
		if g.Told, err = postgres.Many[Told](ctx, tx, resultsOf, pgx.StrictNamedArgs{"event": id, "signup": mine.ID}); err != nil {
			return err
		}
		g.Tasks, err = postgres.Many[Task](ctx, tx, tasksOf, pgx.StrictNamedArgs{"event": id, "signup": mine.ID})
		return err
	})
	if err == nil && g.FinishedAt != nil {
		g.Due, err = s.resultsDue(ctx, *g.FinishedAt)
	}
	if err == nil && g.Own.State.Seated() && g.Own.Code != "" {
		g.Code = g.Own.Code
		err = s.config.DB.Contents().OpenText(sealedCode, &g.Code)
	}
	if err != nil {
		return Agenda{}, fmt.Errorf(op, err)
	}
	return g, nil
}

// withOffers finds the people of the wishes, and the slots that both sides of an unanswered one have in common.
func (s *Service) withOffers(ctx context.Context, tx pgx.Tx, a Activity, g *Agenda) error {
	ids := []int64{g.Own.ID}
	for _, w := range g.Wishes {
		ids = append(ids, w.other(g.Own.ID))
	}
	h, err := s.hall(ctx, tx, a, ids...)
	if err != nil {
		return err
	}
	g.Slots, g.People = h.slots, h.people
	for _, w := range g.Wishes {
		if w.State == WishAsked && w.To == g.Own.ID {
			free, _ := h.common(w.From, w.To)
			g.Offers = append(g.Offers, Offer{w.ID, free})
		}
	}
	return nil
}

// resultsDue is the last day on which results are told: working days after the end.
func (s *Service) resultsDue(ctx context.Context, finished time.Time) (*time.Time, error) {
	rest, err := s.config.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	due := rest.Add(clock.Date(finished), resultDays, "working")
	return &due, nil
}

// People are those whom the actor may ask for a meeting. Who: those with a seat who take part in meetings. Faults: Unauthorized, NotFound,
// Conflict not_in_meetings.
func (s *Service) People(ctx context.Context, who actor.Actor, id int64) ([]Signup, error) {
	const op = "event: people: %w"
	if !who.SignedIn() {
		return nil, fmt.Errorf(op, fault.SignIn())
	}
	a, err := one(ctx, s.config.DB, selectEvent, id, who)
	if err != nil {
		return nil, fmt.Errorf(op, postgres.Fault(err))
	}
	mine, err := signupOf(ctx, s.config.DB, id, who.AccountID)
	switch {
	case err != nil:
		return nil, fmt.Errorf(op, postgres.Fault(err))
	case mine == nil || !mine.State.Seated() || !mine.Meetings:
		return nil, fmt.Errorf(op, fault.New(fault.Conflict, "not_in_meetings", "报名确认、并且选择参加一对一洽谈后，才能约见"))
	}
	out, err := postgres.Many[Signup](ctx, s.config.DB, askable, pgx.StrictNamedArgs{"event": id, "signup": mine.ID, "same_side": a.SameSide,
		"part": mine.Part})
	if err != nil {
		return nil, fmt.Errorf(op, postgres.Fault(err))
	}
	return out, nil
}

// Desk is what the host works with.
type Desk struct {
	Row
	Acts    []Act             `json:"events"`
	Host    bool              `json:"host" doc:"本单位是主办单位；否则只读"`
	Counts  map[SignStage]int `json:"counts" doc:"报名各状态的人数，不含现场登记"`
	Walked  int               `json:"walkedIn"`
	People  []Signup          `json:"people"`
	Slots   []Sitting         `json:"slots"`
	Wishes  []Wish            `json:"meetings" doc:"已定时间和待安排的洽谈"`
	Told    []Told            `json:"results"`
	Tasks   []Task            `json:"tasks"`
	Steps   []Step            `json:"steps"`
	Figures Figures           `json:"figures"`
	Reports []Report          `json:"reports"`
	named   map[int64]Signup
	Due     *time.Time `json:"resultsDueOn" format:"date"`
}

// Person is who stands behind a sign-up of the desk.
func (d Desk) Person(id int64) Signup { return d.named[id] }

// mostShown bounds the people of a desk.
const mostShown = 2 * maxCapacity

// Desk shows the host everything of an event; officers of the area read it. Everybody else finds nothing. Faults: Unauthorized, NotFound.
func (s *Service) Desk(ctx context.Context, who actor.Actor, id int64) (d Desk, err error) {
	const op = "event: desk: %w"
	if !who.SignedIn() {
		return d, fmt.Errorf(op, fault.SignIn())
	}
	err = s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		a, err := one(ctx, tx, selectEvent, id, who)
		switch {
		case err != nil:
			return err
		case !a.readBy(who):
			return errNotFound
		}
		d = Desk{Acts: allowed(moves(), a.State, a.side(who)), Host: a.hostedBy(who), Counts: map[SignStage]int{}, named: map[int64]Signup{}}
		if d.Row, err = s.hosted(ctx, a); err != nil {
			return err
		}
		if d.People, err = postgres.Many[Signup](ctx, tx, listSignups, pgx.StrictNamedArgs{"event": id, "state": "",
			"limit": mostShown}); err != nil {
			return err
		}
		for _, p := range d.People {
			d.named[p.ID] = p
			if p.WalkedIn {
				d.Walked++
				continue
			}
			d.Counts[p.State]++
		}
		return s.deskParts(ctx, tx, id, &d)
	})
	if err == nil && d.FinishedAt != nil {
		d.Due, err = s.resultsDue(ctx, *d.FinishedAt)
	}
	if err != nil {
		return Desk{}, fmt.Errorf(op, err)
	}
	return d, nil
}

func (s *Service) deskParts(ctx context.Context, tx pgx.Tx, id int64, d *Desk) (err error) {
	if d.Slots, err = slotsOf(ctx, tx, id); err != nil {
		return err
	}
	if d.Wishes, err = postgres.Many[Wish](ctx, tx, wishesIn, pgx.StrictNamedArgs{"event": id,
		"states": []WishStage{WishAccepted, WishBooked}}); err != nil {
		return err
	}
	if d.Told, err = postgres.Many[Told](ctx, tx, resultsOf, pgx.StrictNamedArgs{"event": id, "signup": 0}); err != nil {
		return err
	}
	if d.Tasks, err = postgres.Many[Task](ctx, tx, tasksOf, pgx.StrictNamedArgs{"event": id, "signup": 0}); err != nil {
		return err
	}
	if d.Steps, err = postgres.Many[Step](ctx, tx, selectSteps, pgx.StrictNamedArgs{"id": id}); err != nil {
		return err
	}
	if d.Figures, err = s.figures(ctx, tx, id); err != nil {
		return err
	}
	d.Reports, err = postgres.Many[Report](ctx, tx, selectReport, pgx.StrictNamedArgs{"id": id})
	return err
}

// Digests are what an unconnected desk compares codes with.
func (d Desk) Digests() (full, short []string) {
	for _, p := range d.People {
		if p.Hash != "" && p.State != SignCancelled && p.State != SignDeclined {
			full, short = append(full, p.Hash), append(short, p.Short)
		}
	}
	return full, short
}

// Need is what waits for somebody at an event.
type Need string

// The needs.
const (
	NeedAdmit  Need = "admit"  // of the host: people who wait for an answer
	NeedChase  Need = "chase"  // of the host: tasks that are overdue
	NeedAnswer Need = "answer" // of a participant: a wish
	NeedTell   Need = "tell"   // of a participant: results
	NeedTask   Need = "task"   // of a participant: a task that is due
)

// Waiting is one need with how many things it is.
type Waiting struct {
	Need   Need
	Event  int64
	Title  string
	Sample bool
	N      int
	Since  time.Time
	Due    *time.Time
}

// Awaiting is what waits for the actor at events, as host and as participant.
func (s *Service) Awaiting(ctx context.Context, who actor.Actor) ([]Waiting, error) {
	const op = "event: awaiting: %w"
	if !who.SignedIn() {
		return nil, nil
	}
	args := scope(who)
	args["account"], args["today"] = who.AccountID, clock.Date(s.config.Now())
	args["soon"] = clock.Date(s.config.Now()).AddDate(0, 0, 3)
	list, err := postgres.Many[Waiting](ctx, s.config.DB, awaiting, args)
	if err != nil {
		return nil, fmt.Errorf(op, postgres.Fault(err))
	}
	for i, w := range list {
		if w.Need == NeedTell {
			if list[i].Due, err = s.resultsDue(ctx, w.Since); err != nil {
				return nil, fmt.Errorf(op, err)
			}
		}
	}
	return slices.Clip(list), nil
}
