package sale

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is a university that sells, three companies that bid, an officer of its league and one of another.
type world struct {
	*Service
	db                      *postgres.DB
	codes                   int
	mu                      sync.Mutex
	owner, desk, far, guest actor.Actor
	bidders                 []actor.Actor
}

func (w *world) Tell(ctx context.Context, tx pgx.Tx, n notify.Note) error {
	return notify.Message(ctx, tx, n)
}

func (w *world) Record(ctx context.Context, tx pgx.Tx, e audit.Event) error {
	return audit.Record(ctx, tx, audit.Entry{At: time.Now(), Account: e.Actor.AccountID, Org: e.Actor.OrgID, Action: e.Action,
		ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Detail: e.Detail})
}

func (w *world) Division(context.Context, int64) (string, error) { return "150203", nil }

func (w *world) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := w.db.Exec(context.Background(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{db: pgtest.New(t)}
	n := int64(0)
	who := func(name string, roles ...actor.Role) actor.Actor {
		n++
		w.exec(t, `insert into organisation (kind, name, division, state, created_at) values ('enterprise', $1, '150203', 'confirmed', now())`,
			name)
		w.exec(t, `insert into account (login_name, display_name, password_hash, created_at) values ($1, $1, '', now())`, name)
		return actor.Actor{AccountID: n, OrgID: n, Name: name, OrgName: name, OrgState: actor.Confirmed, Roles: roles, Division: "150200"}
	}
	w.owner = who("样例大学", actor.Member)
	w.desk = who("样例盟市科技局", actor.LeagueOfficer)
	w.far = who("样例外盟科技局", actor.LeagueOfficer)
	w.far.Division = "150100"
	for i := range 3 {
		w.bidders = append(w.bidders, who(fmt.Sprint("样例企业", i), actor.Member))
	}
	w.Service = New(Config{DB: w.db, Audit: w, Notices: w, Organisations: w, Now: time.Now, Code: func() string {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.codes++
		return fmt.Sprint("A", w.codes)
	}})
	return w
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newOffer() Offer {
	begins := time.Now().Add(time.Hour)
	return Offer{Title: "样例：稀土永磁专利", Object: "样例标的，专利一件，无质押，无已有许可，权属清楚，附转让方内部决策文件。",
		Start: 1_000_000 * yuan, Step: 20_000 * yuan, Deposit: 100_000 * yuan, BeginsAt: begins, PlannedEnd: begins.Add(25 * time.Hour),
		WindowMinutes: 5}
}

// bidding is a disclosed sale that began an hour ago and ends in an hour, with three confirmed bidders.
func (w *world) bidding(t testing.TB) int64 {
	t.Helper()
	ctx := context.Background()
	id, err := w.Create(ctx, w.owner, newOffer())
	check(t, err)
	for _, step := range []struct {
		who actor.Actor
		on  Event
	}{{w.owner, EventSubmit}, {w.desk, EventPublish}} {
		_, err = w.Do(ctx, step.who, Command{Sale: id, Event: step.on})
		check(t, err)
	}
	for _, b := range w.bidders {
		code, err := w.FileIntent(ctx, b, id, false)
		check(t, err)
		check(t, w.Decide(ctx, w.desk, Decision{Sale: id, Code: code, Qualify: true, Paid: true, Voucher: "样例凭证"}))
	}
	w.exec(t, `update sale set begins_at = now() - interval '1 hour', planned_end = now() + interval '1 hour',
		ends_at = now() + interval '1 hour' where id = $1`, id)
	return id
}

// end moves the end of a sale into the past and runs the job.
func (w *world) end(t testing.TB, id int64) {
	t.Helper()
	w.exec(t, `update sale set planned_end = now() - interval '3 seconds', ends_at = now() - interval '3 seconds'
		where id = $1`, id)
	if n, err := w.Finish(context.Background()); err != nil || n != 1 {
		t.Fatalf("finished %d, %v", n, err)
	}
}

func refusalOf(a Answer) Refusal { return deref(a.Refusal) }

func TestASaleIsDisclosedBidForAndSold(t *testing.T) {
	t.Parallel()
	ctx, w := context.Background(), newWorld(t)
	id := w.bidding(t)
	bid := func(who actor.Actor, key string, yuanAmount money.Fen) Answer {
		t.Helper()
		a, err := w.Bid(ctx, who, id, key, yuanAmount*yuan)
		check(t, err)
		return a
	}
	if a := bid(w.bidders[0], "k1", 1_000_000); !a.Accepted || *a.Seq != 1 || a.NextMin != 1_020_000*yuan {
		t.Errorf("first: %+v", a)
	}
	if a := bid(w.bidders[1], "k1", 1_010_000); refusalOf(a) != BidTooLow {
		t.Errorf("too low: %+v", a)
	}
	if a := bid(w.bidders[1], "k2", 1_020_000); !a.Accepted || *a.Seq != 2 {
		t.Errorf("second: %+v", a)
	}
	if a := bid(w.bidders[0], "k1", 1_000_000); !a.Repeat || !a.Accepted || *a.Seq != 1 || a.NextMin != 1_020_000*yuan {
		t.Errorf("the same key: %+v", a)
	}
	if a := bid(w.bidders[0], "k1", 9_000_000); refusalOf(a) != KeyReused {
		t.Errorf("the key again: %+v", a)
	}
	if _, err := w.Bid(ctx, w.owner, id, "k", 1_100_000*yuan); err != nil {
		t.Error(err)
	}
	v, err := w.Read(ctx, w.bidders[0], id)
	check(t, err)
	if v.Phase != PhaseOpen || len(v.Bids) != 2 || v.Bids[0].Amount != 1_020_000*yuan || v.Mine == nil || v.Intents != nil {
		t.Errorf("seen by a bidder: %+v", v)
	}
	if n, err := w.Finish(ctx); n != 0 || err != nil {
		t.Errorf("the job came early: %d, %v", n, err)
	}
	w.end(t, id)
	if v, err = w.Read(ctx, w.guest, id); err != nil || v.Sale.State != Sold || v.Sale.Leader != v.Bids[0].Code {
		t.Errorf("after the end: %+v, %v", v.Sale, err)
	}
	if n, err := w.Finish(ctx); n != 0 || err != nil {
		t.Errorf("the job came twice: %d, %v", n, err)
	}
	if a := bid(w.bidders[0], "late", 2_000_000); refusalOf(a) != Closed {
		t.Errorf("late: %+v", a)
	}
	if s, err := w.Do(ctx, w.owner, Command{Sale: id, Event: EventConfirm}); err != nil || s.State != Confirmed {
		t.Errorf("confirm: %+v, %v", s, err)
	}
}

// What is stored is enough to run the bidding again without the site, attempt by attempt.
func TestAStoredBiddingReplaysToTheSameAnswers(t *testing.T) {
	t.Parallel()
	ctx, w := context.Background(), newWorld(t)
	id := w.bidding(t)
	for i := range 30 {
		_, err := w.Bid(ctx, w.bidders[rand.IntN(3)], id, fmt.Sprint(i), money.Fen(1_000_000+10_000*rand.IntN(40))*yuan)
		check(t, err)
		if i == 10 {
			_, err := w.Do(ctx, w.desk, Command{Sale: id, Event: EventPause, Reason: "样例：机房断电"})
			check(t, err)
		}
		if i == 15 {
			_, err := w.Do(ctx, w.desk, Command{Sale: id, Event: EventResume})
			check(t, err)
		}
	}
	if _, err := w.Service.Record(ctx, id); !fault.Is(err, fault.NotFound) {
		t.Errorf("the record is open before the end: %v", err)
	}
	v, err := w.Read(ctx, w.guest, id)
	check(t, err)
	if len(v.Pauses) != 1 || !v.Sale.EndsAt.Equal(v.Sale.PlannedEnd.Add(v.Pauses[0].To.Sub(v.Pauses[0].From))) {
		t.Errorf("the end did not move by the pause: %+v", v)
	}
	w.exec(t, `update sale set state = 'sold', ended_at = ends_at where id = $1`, id)
	record, err := w.Service.Record(ctx, id)
	check(t, err)
	out := ReplayAuction(record)
	rows, err := all[attempt](ctx, w.db, selectAttempts, pgx.StrictNamedArgs{"id": id})
	check(t, err)
	for i, a := range rows {
		want, got := a.answer(), out.Attempts[i]
		if refusalOf(want) == Paused { // told before the length of the pause was known
			want.EndsAt = got.EndsAt
		}
		if !want.EndsAt.Equal(got.EndsAt) || want.NextMin != got.NextMin || want.Accepted != got.Accepted || refusalOf(want) != refusalOf(got) {
			t.Errorf("attempt %d: stored %+v, replayed %+v", i, want, got)
		}
	}
	if len(rows) != 30 || deref(out.Winner) != v.Sale.Leader || deref(out.Price) != v.Sale.Top || !out.EndsAt.Equal(v.Sale.EndsAt) {
		t.Errorf("replayed %+v, stored %+v", out, v.Sale)
	}
}

func TestEveryStageAndEventIsInTheTableForItsRoleOrRefused(t *testing.T) {
	t.Parallel()
	stages := []Stage{Draft, InReview, Disclosed, Sold, Unsold, CalledOff, Confirmed, Defaulted}
	events := []Event{EventSubmit, EventReturn, EventPublish, EventWithdraw, EventPause, EventResume, EventFinish, EventConfirm, EventDefault}
	var got []string
	for _, from := range stages {
		for _, on := range events {
			for _, role := range []string{RoleOwner, RoleDesk, RoleSystem} {
				m, err := find(from, on, []string{role})
				switch {
				case err == nil:
					got = append(got, fmt.Sprint(from, " ", on, " ", role, " ", m.to))
				case !fault.Is(err, fault.Forbidden) && !fault.HasCode(err, "wrong_state"):
					t.Errorf("%s %s %s: %v", from, on, role, err)
				}
			}
		}
	}
	want := []string{"draft submit owner [in_review]", "in_review return desk [draft]", "in_review publish desk [disclosed]",
		"disclosed withdraw owner [withdrawn]", "disclosed pause desk [disclosed]", "disclosed resume desk [disclosed]",
		"disclosed finish system [sold unsold]", "sold confirm owner [confirmed]", "sold default owner [defaulted]"}
	if !slices.Equal(got, want) {
		t.Errorf("got %s", strings.Join(got, "\n"))
	}
}

func TestASaleIsOutOfReachForOthers(t *testing.T) {
	t.Parallel()
	ctx, w := context.Background(), newWorld(t)
	id, err := w.Create(ctx, w.owner, newOffer())
	check(t, err)
	for _, who := range []actor.Actor{w.guest, w.far, w.bidders[0]} {
		if _, err := w.Read(ctx, who, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s reads a draft: %v", who.Name, err)
		}
		if _, err := w.Do(ctx, who, Command{Sale: id, Event: EventSubmit}); err == nil {
			t.Errorf("%s submits it", who.Name)
		}
	}
	sid := w.bidding(t)
	for name, do := range map[string]func() error{
		"a bidder pauses": func() error {
			_, err := w.Do(ctx, w.bidders[0], Command{Sale: sid, Event: EventPause, Reason: "不想输掉"})
			return err
		},
		"another league pauses": func() error {
			_, err := w.Do(ctx, w.far, Command{Sale: sid, Event: EventPause, Reason: "不在辖区"})
			return err
		},
		"the desk finishes by hand": func() error { _, err := w.Do(ctx, w.desk, Command{Sale: sid, Event: EventFinish}); return err },
		"the owner decides intents": func() error { return w.Decide(ctx, w.owner, Decision{Sale: sid, Code: "A1", Qualify: true}) },
		"the owner bids":            func() error { _, err := w.FileIntent(ctx, w.owner, sid, false); return err },
		"a guest bids":              func() error { _, err := w.Bid(ctx, w.guest, sid, "k", yuan); return err },
		"the owner withdraws": func() error {
			_, err := w.Do(ctx, w.owner, Command{Sale: sid, Event: EventWithdraw, Reason: "改变主意"})
			return err
		},
		"a rank given after the begin": func() error { return w.Decide(ctx, w.desk, Decision{Sale: sid, Code: "A1", Qualify: true, Rank: 1}) },
		"a deposit without a voucher":  func() error { return w.Decide(ctx, w.desk, Decision{Sale: sid, Code: "A1", Qualify: true, Paid: true}) },
		"a confirmed bidder refused":   func() error { return w.Decide(ctx, w.desk, Decision{Sale: sid, Code: "A1", Reason: "样例理由"}) },
		"a pause without a reason":     func() error { _, err := w.Do(ctx, w.desk, Command{Sale: sid, Event: EventPause}); return err },
		"a second intent":              func() error { _, err := w.FileIntent(ctx, w.bidders[0], sid, false); return err },
	} {
		if err := do(); err == nil || fault.KindOf(err) == fault.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := newOffer()
	bad.Step, bad.PlannedEnd, bad.Object, bad.Deposit = 0, bad.BeginsAt, "短", bad.Start
	var f *fault.Error
	if _, err := w.Create(ctx, w.owner, bad); !fault.Is(err, fault.Invalid) {
		t.Errorf("a bad offer: %v, %v", err, f)
	}
}

// history is the linearisable model of a bidding: the very rule, over what one attempt may change.
func history(t Terms) porcupine.Model {
	type state struct {
		leader string
		top    money.Fen
		seq    int
	}
	return porcupine.Model{
		Init: func() any { return state{} },
		Step: func(s, in, out any) (bool, any) {
			at := s.(state)
			a := NewAuction(t)
			a.Leader, a.Top, a.Seq = at.leader, at.top, at.seq
			want, got := a.Attempt(in.(Bid), nil), out.(Answer)
			same := want.Accepted == got.Accepted && refusalOf(want) == refusalOf(got) && deref(want.Seq) == deref(got.Seq) &&
				want.NextMin == got.NextMin
			return same, state{a.Leader, a.Top, a.Seq}
		},
		Equal: func(a, b any) bool { return a == b },
	}
}

// Many bidders at once, in any interleaving the database makes: the answers are those of one after the other.
func TestConcurrentBidsAreOneHistory(t *testing.T) {
	t.Parallel()
	ctx, w := context.Background(), newWorld(t)
	rounds, each := 4, 12
	if testing.Short() {
		rounds = 1
	}
	for round := range rounds {
		id := w.bidding(t)
		var mu sync.Mutex
		var ops []porcupine.Operation
		var wg sync.WaitGroup
		v, err := w.Read(ctx, w.desk, id)
		check(t, err)
		began := time.Now()
		for client := range 8 {
			wg.Go(func() {
				who := w.bidders[client%3]
				code := v.Intents[client%3].Code
				for i := range each {
					in := Bid{Key: fmt.Sprint(client, "-", i), Code: code, Amount: money.Fen(1_000_000+20_000*rand.IntN(20)) * yuan, At: v.Now}
					call := time.Since(began).Nanoseconds()
					out, err := w.Bid(ctx, who, id, in.Key, in.Amount)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					ops = append(ops, porcupine.Operation{ClientId: client, Input: in, Call: call, Output: out, Return: time.Since(began).Nanoseconds()})
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		a := auction(v.Sale, nil, v.Intents)
		if !porcupine.CheckOperations(history(a.Terms), ops) {
			t.Fatalf("round %d: %d answers are no history of one bid after the other", round, len(ops))
		}
	}
}

// A form sent twice at the same moment is one attempt.
func TestTheSameKeyAtOnceIsOneAttempt(t *testing.T) {
	t.Parallel()
	ctx, w := context.Background(), newWorld(t)
	id := w.bidding(t)
	var wg sync.WaitGroup
	answers := make([]Answer, 8)
	for i := range answers {
		wg.Go(func() {
			var err error
			if answers[i], err = w.Bid(ctx, w.bidders[0], id, "one", 1_000_000*yuan); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	first := 0
	for _, a := range answers {
		if !a.Accepted || *a.Seq != 1 {
			t.Errorf("got %+v", a)
		}
		if !a.Repeat {
			first++
		}
	}
	if first != 1 {
		t.Errorf("%d first answers", first)
	}
}

// BenchmarkBid has eight clients bid in one sale; it prints the 95th percentile of an answer.
func BenchmarkBid(b *testing.B) {
	ctx, w := context.Background(), newWorld(b)
	id := w.bidding(b)
	var mu sync.Mutex
	var took []time.Duration
	n := 0
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			mu.Lock()
			n++
			mine := n
			mu.Unlock()
			began := time.Now()
			if _, err := w.Bid(ctx, w.bidders[mine%3], id, fmt.Sprint(mine), money.Fen(1_000_000+20_000*mine)*yuan); err != nil {
				b.Error(err)
			}
			mu.Lock()
			took = append(took, time.Since(began))
			mu.Unlock()
		}
	})
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "bids/s")
}
