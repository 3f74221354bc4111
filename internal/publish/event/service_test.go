package event_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
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
	"techmarket/internal/platform/postgres/pgtest"
	"techmarket/internal/publish/event"
	"techmarket/internal/trade/deal"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is a host, a reading officer, a firm that may not host, and so many participants of one unit.
type world struct {
	*event.Service
	t                  *testing.T
	db                 *postgres.DB
	mu                 sync.Mutex
	now                time.Time
	host, league, firm actor.Actor
	people             []actor.Actor
	promoted           []int64
	opened             []deal.Approach
	told               []notify.Note
}

func (w *world) Record(ctx context.Context, tx pgx.Tx, e audit.Event) error {
	return audit.Record(ctx, tx, audit.Entry{At: w.now, Account: e.Actor.AccountID, Org: e.Actor.OrgID, Action: e.Action,
		ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Detail: e.Detail})
}

func (w *world) Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error {
	w.mu.Lock()
	w.told = append(w.told, n)
	w.mu.Unlock()
	return notify.Message(ctx, tx, n)
}

func (w *world) Enqueue(_ context.Context, _ pgx.Tx, args jobs.Args, _ jobs.Options) error {
	if p, ok := args.(event.PromoteArgs); ok {
		w.mu.Lock()
		w.promoted = append(w.promoted, p.Event)
		w.mu.Unlock()
	}
	return nil
}

func (w *world) Heads(_ context.Context, _ actor.Actor, ids []int64) (out []listing.Head, _ error) {
	for _, id := range ids {
		if id < 100 { // the listings of the participants' unit
			out = append(out, listing.Head{Listing: listing.Listing{ID: id, OrganisationID: w.people[0].OrgID, Title: "样例成果"}})
		}
	}
	return out, nil
}

func (w *world) Open(_ context.Context, _ actor.Actor, a deal.Approach) (deal.Deal, error) {
	w.opened = append(w.opened, a)
	return deal.Deal{ID: int64(len(w.opened))}, nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t *testing.T, people int) *world {
	t.Helper()
	w := &world{t: t, db: pgtest.New(t), now: time.Date(2027, 3, 1, 1, 0, 0, 0, time.UTC)}
	policy := identity.DefaultPolicy()
	policy.Argon.Memory, policy.Argon.Iterations = 64, 1 // tests don't guard passwords
	now := func() time.Time { return w.now }
	who, err := identity.New(identity.Config{DB: w.db, Audit: w, Now: now, Policy: policy})
	must(t, err)
	w.Service = event.New(event.Config{DB: w.db, Audit: w, Notices: w, Queue: w, Directory: who, Listings: w, Deals: w, Random: rand.Reader,
		Now: now, Calendar: func(context.Context) (clock.Calendar, error) { return clock.Calendar{}, nil }})
	person := func(login string, role actor.Role) identity.ProvisionPerson {
		return identity.ProvisionPerson{Person: identity.NewPerson{LoginName: login, DisplayName: login, Password: "x"},
			Roles: []actor.Role{role}}
	}
	org := func(name string, k actor.OrgKind, division string, people ...identity.ProvisionPerson) identity.ProvisionOrganisation {
		return identity.ProvisionOrganisation{People: people,
			Organisation: identity.Organisation{Name: name, Kind: k, Division: division, State: actor.Confirmed}}
	}
	var many []identity.ProvisionPerson
	for i := range people {
		many = append(many, person(fmt.Sprintf("p%02d", i), actor.Member))
	}
	_, err = who.Provision(t.Context(), []identity.ProvisionOrganisation{
		org("样例转移机构", actor.Agency, "150104", person("host", actor.Member)),
		org("样例科技局", actor.Government, "150100", person("league", actor.LeagueOfficer)),
		org("样例公司", actor.Enterprise, "150104", person("firm", actor.Member)), org("样例单位", actor.University, "150104", many...)})
	must(t, err)
	for login, to := range map[string]*actor.Actor{"host": &w.host, "league": &w.league, "firm": &w.firm} {
		*to, err = who.ActorFor(t.Context(), login)
		must(t, err)
	}
	_, err = w.db.Exec(t.Context(), `alter table event_item drop constraint event_item_listing_id_fkey`) // Heads stands in for the market
	must(t, err)
	w.people = make([]actor.Actor, people)
	for i := range people {
		w.people[i], err = who.ActorFor(t.Context(), fmt.Sprintf("p%02d", i))
		must(t, err)
	}
	return w
}

// begins is when the events of these tests begin: ten days after their now.
var begins = time.Date(2027, 3, 11, 1, 0, 0, 0, time.UTC)

func (w *world) writing(capacity, slots, tables int) event.Writing {
	from, until := w.now, begins.Add(-24*time.Hour)
	wr := event.Writing{Kind: event.Matchmaking, Title: "样例产学研对接会", Place: "呼和浩特市会展中心", Summary: "样例：上午路演，下午一对一洽谈。",
		BeginsAt: begins, EndsAt: begins.Add(9 * time.Hour), SignupFrom: w.now, SignupUntil: begins, Capacity: capacity, SameSide: true,
		Items: []event.Item{{BeginsAt: begins, Title: "开场"}, {BeginsAt: begins.Add(time.Hour), Title: "路演", Listing: 7}}}
	if slots > 0 {
		wr.BookingFrom, wr.BookingUntil, wr.MeetingCap = &from, &until, 100
		wr.Sessions = []event.Session{{From: begins.Add(2 * time.Hour), Until: begins.Add(2*time.Hour + time.Duration(slots)*15*time.Minute),
			Minutes: 15, Tables: tables}}
	}
	return wr
}

// open is a published event.
func (w *world) open(wr event.Writing) int64 {
	w.t.Helper()
	id, err := w.Create(w.t.Context(), w.host, wr)
	must(w.t, err)
	w.do(id, event.ActPublish)
	return id
}

func (w *world) do(id int64, act event.Act) event.Activity {
	w.t.Helper()
	a, err := w.Do(w.t.Context(), w.host, event.Command{Activity: id, Act: act, Reason: "样例原因"})
	must(w.t, err)
	return a
}

// join signs the first n people up for meetings.
func (w *world) join(id int64, n int) (out []event.Signup) {
	w.t.Helper()
	for _, p := range w.people[:n] {
		s, err := w.Ask(w.t.Context(), p, id, event.Coming{Part: event.PartSupply, Meetings: true})
		must(w.t, err)
		out = append(out, s)
	}
	return out
}

func (w *world) wish(id int64, from, to int, signups []event.Signup) int64 {
	w.t.Helper()
	x, err := w.Wish(w.t.Context(), w.people[from], id, event.Wishing{To: signups[to].ID, Reason: "样例：谈中试"})
	must(w.t, err)
	return x.ID
}

func (w *world) accept(id int64, by int, wish int64) event.Wish {
	w.t.Helper()
	x, err := w.Meet(w.t.Context(), w.people[by], event.MeetCommand{Activity: id, Wish: wish, Act: event.ActAccept})
	must(w.t, err)
	return x
}

func (w *world) desk(id int64) event.Desk {
	w.t.Helper()
	d, err := w.Desk(w.t.Context(), w.host, id)
	must(w.t, err)
	return d
}

func booked(d event.Desk) (n int) {
	for _, w := range d.Wishes {
		if w.State == event.WishBooked {
			n++
		}
	}
	return n
}

// Case 1 of our notes on events, through the service: six people, all with all,
// 15 meetings in 5 slots with 3 tables; with 2 tables in 8 slots.
func TestMeetings_SixPeopleAllWithAll(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ slots, tables int }{{5, 3}, {8, 2}} {
		w := newWorld(t, 6)
		id := w.open(w.writing(50, c.slots, c.tables))
		s := w.join(id, 6)
		var wishes [][3]int64
		for i := range 6 {
			for k := i + 1; k < 6; k++ {
				wishes = append(wishes, [3]int64{w.wish(id, i, k, s), int64(k)})
			}
		}
		// Everybody is away while accepting, so that the plan has all to place; then all are back.
		slots := w.desk(id).Slots
		var all []int64
		for _, x := range slots {
			all = append(all, x.ID)
		}
		for _, p := range w.people {
			_, err := w.Revise(t.Context(), p, id, event.Coming{Part: event.PartSupply, Meetings: true, Away: all})
			must(t, err)
		}
		for _, x := range wishes {
			if got := w.accept(id, int(x[1]), x[0]); got.State != event.WishAccepted || got.Why != event.NoCommonSlot {
				t.Fatalf("accepted while away: %+v", got)
			}
		}
		for _, p := range w.people {
			_, err := w.Revise(t.Context(), p, id, event.Coming{Part: event.PartSupply, Meetings: true})
			must(t, err)
		}
		w.now = begins.Add(-23 * time.Hour) // booking is over: the clock places
		if n, err := w.Tick(t.Context()); err != nil || n != 1 {
			t.Fatalf("tick: %d %v", n, err)
		}
		if n := booked(w.desk(id)); n != 15 {
			t.Errorf("%d slots, %d tables: %d placed", c.slots, c.tables, n)
		}
		if n, err := w.Tick(t.Context()); err != nil || n != 0 { // once
			t.Errorf("again: %d %v", n, err)
		}
	}
}

// Case 2: two accept the same last table at once: one has it, the other gets the next common slot, or a note that it waits.
func TestMeetings_TwoAcceptTheLastTableAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		slots int
		other event.WishStage
	}{{2, event.WishBooked}, {1, event.WishAccepted}} {
		w := newWorld(t, 4)
		id := w.open(w.writing(50, c.slots, 1))
		s := w.join(id, 4)
		wishes := []int64{w.wish(id, 0, 1, s), w.wish(id, 2, 3, s)}
		first := w.desk(id).Slots[0].ID
		var got [2]event.Wish
		var group sync.WaitGroup
		for i := range 2 {
			group.Go(func() {
				var err error
				got[i], err = w.Meet(t.Context(), w.people[1+2*i], event.MeetCommand{Activity: id, Wish: wishes[i], Act: event.ActAccept, Slot: first})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		slices.SortFunc(got[:], func(a, b event.Wish) int {
			if a.Slot == first {
				return -1
			}
			return 1
		})
		if got[0].State != event.WishBooked || got[0].Slot != first || got[1].State != c.other || got[1].Slot == first {
			t.Errorf("%d slots: %+v", c.slots, got)
		}
		if c.other == event.WishAccepted && got[1].Why != event.Full {
			t.Errorf("why it waits: %q", got[1].Why)
		}
	}
}

// Case 3: capacity 50, 53 ask at once, 5 cancel: the three who waited come in, in their order.
func TestSignup_FiftyThreeAskAndFiveCancel(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t, 54)
	id := w.open(w.writing(50, 0, 0))
	var group sync.WaitGroup
	for _, p := range w.people[:53] {
		group.Go(func() {
			if _, err := w.Ask(ctx, p, id, event.Coming{Part: event.PartDemand}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	d := w.desk(id)
	if d.Counts[event.SignAdmitted] != 50 || d.Counts[event.SignWaitlisted] != 3 || d.Admitted != 50 {
		t.Fatalf("counts %v, %d seats taken", d.Counts, d.Admitted)
	}
	if _, err := w.Ask(ctx, w.people[0], id, event.Coming{Part: event.PartDemand}); !fault.HasCode(err, "already_asked") {
		t.Errorf("twice: %v", err)
	}
	var row, leaving []event.Signup
	for _, p := range d.People {
		switch {
		case p.State == event.SignWaitlisted:
			row = append(row, p)
		case len(leaving) < 5:
			leaving = append(leaving, p)
		}
	}
	for i, p := range leaving {
		group.Go(func() {
			at := slices.IndexFunc(w.people, func(a actor.Actor) bool { return a.AccountID == p.Account })
			if _, err := w.Seat(ctx, w.people[at], event.SeatCommand{Activity: id, Signup: p.ID, Act: event.ActCancel}); err != nil {
				t.Error(i, err)
			}
		})
	}
	group.Wait()
	// Who asks before the job ran stands behind those who wait.
	late, err := w.Ask(ctx, w.people[53], id, event.Coming{Part: event.PartDemand})
	must(t, err)
	if late.State != event.SignWaitlisted {
		t.Errorf("who came last: %s", late.State)
	}
	if len(w.promoted) != 5 {
		t.Errorf("%d jobs", len(w.promoted))
	}
	w.told = nil
	for range w.promoted { // all five jobs run; the first does it all
		_, err := w.Promote(ctx, id)
		must(t, err)
	}
	var order []int64
	for _, n := range w.told {
		order = append(order, n.To...)
	}
	if want := []int64{row[0].Account, row[1].Account, row[2].Account, late.Account}; !slices.Equal(order, want) {
		t.Errorf("promoted %v, want %v", order, want)
	}
	if d = w.desk(id); d.Counts[event.SignAdmitted] != 49 || d.Counts[event.SignWaitlisted] != 0 {
		t.Errorf("after: %v", d.Counts)
	}
}

// Case 4: somebody cancels: his partners are free and told, the table serves the next.
func TestMeetings_WhoCancelsFreesHisPartners(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t, 4)
	id := w.open(w.writing(50, 1, 1))
	s := w.join(id, 4)
	first := w.accept(id, 1, w.wish(id, 0, 1, s))
	if first.State != event.WishBooked || first.Table != 1 {
		t.Fatalf("first: %+v", first)
	}
	w.told = nil
	_, err := w.Seat(ctx, w.people[0], event.SeatCommand{Activity: id, Signup: s[0].ID, Act: event.ActCancel})
	must(t, err)
	if len(w.told) != 1 || !slices.Equal(w.told[0].To, []int64{w.people[1].AccountID}) {
		t.Errorf("told %+v", w.told)
	}
	if got := w.accept(id, 1, w.wish(id, 2, 1, s)); got.State != event.WishBooked || got.Table != 1 || got.Slot != first.Slot {
		t.Errorf("the table again: %+v", got)
	}
	// The key of the seats, and not the program alone, refuses two meetings of a person in a slot.
	_, err = w.db.Exec(ctx, `insert into event_seat (slot_id, signup_id, wish_id) values ($1, $2, $3)`, first.Slot, s[1].ID, first.ID)
	if postgres.Constraint(err) != "event_seat_pkey" {
		t.Errorf("a second seat: %v", err)
	}
	// The host moves by hand; where it cannot be, it says so.
	other := w.wish(id, 3, 2, s)
	_, err = w.Meet(ctx, w.people[2], event.MeetCommand{Activity: id, Wish: other, Act: event.ActAccept})
	must(t, err)
	if _, err := w.Meet(ctx, w.host, event.MeetCommand{Activity: id, Wish: other, Act: event.ActMove, Slot: first.Slot}); !fault.HasCode(err,
		"slot") {
		t.Errorf("a move into a full slot: %v", err)
	}
	if _, err := w.Meet(ctx, w.people[0], event.MeetCommand{Activity: id, Wish: other, Act: event.ActCancel}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger's wish: %v", err)
	}
}

// Case 5: 40 meetings held, 12 "再谈": 12 tasks with owner and date; three of them are overdue after 14 days.
func TestResults_TwelveAgainAreTwelveTasks(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t, 10)
	id := w.open(w.writing(50, 14, 5))
	s := w.join(id, 10)
	var wishes [][2]int64
	for i := range 10 {
		for k := i + 1; k < 10 && len(wishes) < 40; k++ {
			x := w.wish(id, i, k, s)
			w.accept(id, k, x) // booked, or left to the plan
			wishes = append(wishes, [2]int64{x, int64(k)})
		}
	}
	w.do(id, event.ActPlace)
	w.do(id, event.ActClose)
	w.now = begins.Add(time.Hour)
	if _, err := w.Tick(ctx); err != nil { // starts
		t.Fatal(err)
	}
	for _, p := range s {
		_, err := w.Seat(ctx, w.host, event.SeatCommand{Activity: id, Signup: p.ID, Act: event.ActCheckIn})
		must(t, err)
	}
	w.do(id, event.ActFinish)
	if f := w.desk(id).Figures; f.Held != 40 || f.Planned != 40 || f.Present != 10 {
		t.Fatalf("figures %+v", f)
	}
	for i, x := range wishes {
		in := event.Telling{Wish: x[0], Result: event.ResultNone}
		if i < 12 {
			in.Result = event.ResultAgain
			if i >= 3 {
				in.DueOn = "2027-04-30"
			}
		}
		must(t, w.Service.Tell(ctx, w.people[x[1]], id, in))
	}
	d := w.desk(id)
	if len(d.Tasks) != 12 {
		t.Fatalf("%d tasks", len(d.Tasks))
	}
	for _, k := range d.Tasks {
		if k.Name == "" || k.DueOn.IsZero() || k.WithName == "" {
			t.Errorf("task without owner, date or partner: %+v", k)
		}
	}
	if due := clock.Day(*d.Due); due != "2027-03-18" {
		t.Errorf("results are due on %s", due)
	}
	w.now = w.now.AddDate(0, 0, 15)
	d = w.desk(id)
	late := 0
	for _, k := range d.Tasks {
		if k.Overdue(w.now) {
			late++
		}
	}
	if late != 3 || d.Figures.Overdue != 3 {
		t.Errorf("%d overdue, figures say %d", late, d.Figures.Overdue)
	}
	waits, err := w.Awaiting(ctx, w.host)
	must(t, err)
	if len(waits) != 1 || waits[0].Need != event.NeedChase || waits[0].N != 3 {
		t.Errorf("waits for the host: %+v", waits)
	}
	owner := w.people[wishes[0][1]]
	k := d.Tasks[slices.IndexFunc(d.Tasks, func(k event.Task) bool { return k.Account == owner.AccountID })]
	if _, err := w.DoTask(ctx, w.host, event.TaskCommand{Activity: id, Task: k.ID, Act: event.ActDone}); !fault.HasCode(err, "wrong_side") {
		t.Errorf("the host closes it: %v", err)
	}
	if err := call(w.DoTask(ctx, owner, event.TaskCommand{Activity: id, Task: k.ID, Act: event.ActMove})); !slices.Equal(fields(err),
		[]string{"reason", "dueOn"}) {
		t.Errorf("moved without day and reason: %v", err)
	}
	_, err = w.DoTask(ctx, owner, event.TaskCommand{Activity: id, Task: k.ID, Act: event.ActMove, DueOn: "2027-05-30", Reason: "样例：等检测"})
	must(t, err)
	_, err = w.db.Exec(ctx, `alter table event_task drop constraint event_task_deal_id_fkey`) // the deal room stands in for itself here
	must(t, err)
	talk, err := w.Interest(ctx, owner, id, k.ID, deal.Approach{DemandListing: 5})
	must(t, err)
	if _, err := w.Interest(ctx, owner, id, k.ID, deal.Approach{DemandListing: 5}); !fault.HasCode(err, "has_deal") || talk != 1 {
		t.Errorf("a second interest: %d %v", talk, err)
	}
	_, err = w.DoTask(ctx, owner, event.TaskCommand{Activity: id, Task: k.ID, Act: event.ActDone})
	must(t, err)
	w.now = w.now.AddDate(0, 0, 30) // both reports, once each
	for range 2 {
		_, err = w.Tick(ctx)
		must(t, err)
	}
	w.now = w.now.AddDate(0, 0, 160)
	_, err = w.Tick(ctx)
	must(t, err)
	d = w.desk(id)
	if len(d.Reports) != 2 || d.State != event.Archived || d.Reports[0].Days != 30 || d.Reports[0].Figures.Done != 1 ||
		d.Reports[0].Figures.Interests != 1 {
		t.Errorf("%s with reports %+v", d.State, d.Reports)
	}
}

func call[T any](_ T, err error) error { return err }

func fields(err error) (out []string) {
	var f *fault.Error
	if errors.As(err, &f) {
		for _, x := range f.Fields {
			out = append(out, x.Path)
		}
	}
	return out
}

// Case 6: a second scan says when the first was; a scan kept off line at 09:05 and handed over at 11:00 counts since 09:05.
func TestCheckIn_EarliestWinsWheneverItArrives(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t, 3)
	id := w.open(w.writing(50, 0, 0))
	s := w.join(id, 0)
	for _, p := range w.people {
		x, err := w.Ask(ctx, p, id, event.Coming{Part: event.PartDemand})
		must(t, err)
		s = append(s, x)
	}
	g, err := w.Agenda(ctx, w.people[0], id)
	must(t, err)
	if len(g.Code) != 26 {
		t.Fatalf("code %q", g.Code)
	}
	scan := func(who actor.Actor, c ...event.Scan) []event.Scanned {
		t.Helper()
		out, err := w.CheckIn(ctx, who, id, c)
		must(t, err)
		return out
	}
	if _, err := w.CheckIn(ctx, w.host, id, []event.Scan{{Code: g.Code}}); !fault.HasCode(err, "too_early") {
		t.Errorf("ten days before: %v", err)
	}
	at := func(hour, minute int) time.Time { return time.Date(2027, 3, 11, hour-8, minute, 0, 0, time.UTC) }
	w.now = at(10, 0)
	if _, err := w.CheckIn(ctx, w.people[1], id, []event.Scan{{Code: g.Code}}); !fault.HasCode(err, "wrong_side") {
		t.Errorf("a participant scans: %v", err)
	}
	// Typed as people type: small letters, a blank, O for 0.
	if got := scan(w.host, event.Scan{Code: " " + g.Code[:3] + " " + g.Code[3:6]}); got[0].Again || !got[0].PresentAt.Equal(at(10, 0)) ||
		got[0].Signup.ID != s[0].ID {
		t.Errorf("typed: %+v", got[0])
	}
	w.now = at(11, 0)
	early := at(9, 5)
	full, _ := w.desk(id).Digests()
	if len(full) != 3 {
		t.Fatalf("%d digests", len(full))
	}
	got := scan(w.host, event.Scan{Code: g.Code}, event.Scan{Hash: g.Own.Hash, At: &early}, event.Scan{Code: g.Code},
		event.Scan{Code: "nonsense"})
	if !got[0].Again || !got[0].PresentAt.Equal(at(10, 0)) {
		t.Errorf("second scan: %+v", got[0])
	}
	if !got[1].Again || !got[1].PresentAt.Equal(early) || !got[2].PresentAt.Equal(early) || got[3].Problem == "" {
		t.Errorf("synced: %+v", got)
	}
	if _, err := w.WalkIn(ctx, w.host, id, event.Walking{Name: "样例来宾", Unit: "个人", Phone: "不知道"}); !slices.Equal(fields(err),
		[]string{"phone"}) {
		t.Errorf("no telephone: %v", err)
	}
	_, err = w.WalkIn(ctx, w.host, id, event.Walking{Name: "样例来宾", Unit: "个人", Phone: "0471-5550100"})
	must(t, err)
	w.do(id, event.ActClose)
	w.do(id, event.ActStart)
	w.do(id, event.ActFinish)
	d := w.desk(id)
	if d.Counts[event.SignPresent] != 1 || d.Counts[event.SignNoShow] != 2 || d.Walked != 1 {
		t.Errorf("at the finish: %v, %d walked in", d.Counts, d.Walked)
	}
	// A desk that was off line all day hands over after the finish.
	ten := at(9, 50)
	other, err := w.Agenda(ctx, w.people[1], id)
	must(t, err)
	if got := scan(w.host, event.Scan{Hash: other.Own.Hash, At: &ten}); !got[0].PresentAt.Equal(ten) {
		t.Errorf("late: %+v", got[0])
	}
}

func TestEvent_WhoHoldsReadsAndIsTold(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t, 2)
	if _, err := w.Create(ctx, w.firm, w.writing(5, 0, 0)); !fault.HasCode(err, "not_a_host") {
		t.Errorf("a firm holds an event: %v", err)
	}
	bad := w.writing(0, 0, 0)
	bad.Title, bad.Items[1].Listing, bad.EndsAt, bad.SignupUntil = "", 700, bad.BeginsAt, bad.EndsAt
	if got := fields(call(w.Create(ctx, w.host, bad))); !slices.Equal(got, []string{"title", "capacity", "endsAt", "signupClosesAt",
		"items.0.beginsAt", "items.1.beginsAt", "items.1.listing"}) {
		t.Errorf("all wrong: %v", got)
	}
	wr := w.writing(5, 2, 2)
	wr.Link, wr.ByHost = "https://meet.example.com/1", true
	id, err := w.Create(ctx, w.host, wr)
	must(t, err)
	for name, who := range map[string]actor.Actor{"guest": {}, "officer": w.league, "participant": w.people[0]} {
		if _, err := w.Read(ctx, who, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s reads a draft: %v", name, err)
		}
	}
	w.do(id, event.ActPublish)
	v, err := w.Read(ctx, actor.Guest(), id)
	must(t, err)
	if v.Entrance != "" || len(v.Items) != 2 || v.Listings[7].Title == "" || v.Host != "样例转移机构" {
		t.Errorf("a guest sees %+v", v)
	}
	if _, err := w.Desk(ctx, w.people[0], id); !fault.Is(err, fault.NotFound) {
		t.Errorf("a participant at the desk: %v", err)
	}
	if d, err := w.Desk(ctx, w.league, id); err != nil || d.Host || len(d.Acts) != 0 {
		t.Errorf("the officer: %+v %v", d.Acts, err)
	}
	s, err := w.Ask(ctx, w.people[0], id, event.Coming{Part: event.PartSupply, Listings: []int64{7}, Meetings: true})
	must(t, err)
	if s.State != event.SignAsked {
		t.Errorf("the host admits: %s", s.State)
	}
	if got := fields(call(w.Ask(ctx, w.people[1], id, event.Coming{Listings: []int64{700}}))); !slices.Equal(got, []string{"side",
		"listings"}) {
		t.Errorf("somebody else's listing: %v", got)
	}
	if got, err := w.Seat(ctx, w.host, event.SeatCommand{Activity: id, Signup: s.ID, Act: event.ActAdmit}); err != nil ||
		got.State != event.SignAdmitted {
		t.Errorf("admitted: %+v %v", got, err)
	}
	var clear int
	must(t, w.db.QueryRow(ctx, `select count(*) from message where body ~ '[0-9A-Z]{6}' or title ~ '[0-9A-Z]{6}'`).Scan(&clear))
	if clear != 0 {
		t.Error("a code lies in a message")
	}
	if v, err = w.Read(ctx, w.people[0], id); err != nil || v.Entrance != wr.Link {
		t.Errorf("who is admitted sees the way in: %q %v", v.Entrance, err)
	}
	if _, err := w.Do(ctx, w.host, event.Command{Activity: id, Act: event.ActCancel}); !slices.Equal(fields(err), []string{"reason"}) {
		t.Errorf("cancelled without a reason: %v", err)
	}
	w.told = nil
	w.do(id, event.ActCancel)
	if len(w.told) != 1 || !slices.Equal(w.told[0].To, []int64{w.people[0].AccountID}) {
		t.Errorf("told of the end: %+v", w.told)
	}
	if _, err := w.Ask(ctx, w.people[1], id, event.Coming{Part: event.PartOther}); !fault.HasCode(err, "not_open") {
		t.Errorf("after the end: %v", err)
	}
}
