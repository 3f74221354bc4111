package policy_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/facet"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
	"techmarket/internal/publish/policy"
	"techmarket/search"
	"techmarket/search/local"
	"techmarket/search/zh"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

type world struct {
	*policy.Service
	db  *postgres.DB
	now time.Time

	queue  *jobs.Client
	engine search.Engine
}

func (w *world) Record(ctx context.Context, tx pgx.Tx, e audit.Event) error {
	return audit.Record(ctx, tx, audit.Entry{At: w.now, Account: e.Actor.AccountID, Action: e.Action, ObjectKind: e.ObjectKind,
		ObjectID: e.ObjectID, Detail: e.Detail})
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{db: pgtest.New(t), now: time.Date(2027, 4, 29, 20, 0, 0, 0, clock.Zone())} // a Thursday before the holiday
	for i, division := range []string{"150203", "150402", "150000"} {
		for _, sql := range []string{
			fmt.Sprintf(`insert into organisation (kind, name, division, state, created_at)
				values ('enterprise', '样例', '%s', 'confirmed', now())`, division),
			fmt.Sprintf(`insert into account (login_name, display_name, password_hash, created_at) values ('a%d', '样例', '', now())`, i),
		} {
			if _, err := w.db.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	now := func() time.Time { return w.now }
	workers := jobs.NewWorkers()
	analyzer, err := zh.New()
	noErr(t, err)
	w.engine, err = local.Open("", analyzer)
	noErr(t, err)
	t.Cleanup(func() { _ = w.engine.Close() })
	w.queue, err = jobs.New(jobs.Config{DB: w.db, Log: slog.New(slog.DiscardHandler), Now: now, Workers: workers, Parallel: 1})
	noErr(t, err)
	w.Service = policy.New(policy.Config{DB: w.db, Audit: w, Queue: w.queue, Now: now,
		Facts: func(_ context.Context, org int64) ([]policy.Fact, error) {
			return []policy.Fact{{Fact: "division", Value: map[int64]string{1: "150203", 2: "150402"}[org], From: day("2027-01-01")}}, nil
		},
		Rest: func(context.Context) (clock.Calendar, error) { return clock.Calendar{"2027-05-03": clock.Holiday}, nil }})
	w.Register(workers, w.engine)
	return w
}

func noErr(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func member(id int64, division string) actor.Actor {
	return actor.Actor{AccountID: id, OrgID: id, OrgState: actor.Confirmed, Division: division, Roles: []actor.Role{actor.Member}}
}

func officer(role actor.Role, division string) actor.Actor {
	return actor.Actor{AccountID: 3, OrgID: 3, OrgState: actor.Confirmed, Division: division, Roles: []actor.Role{role}}
}

func voucherPolicy() policy.Policy {
	upto := day("2027-04-01")
	return policy.Policy{Title: "样例技术交易后补助办法", Number: "样例科发〔2027〕1号", Issuer: "样例科技厅", Division: "150000",
		IssuedOn: day("2027-01-05").Date(), ValidFrom: day("2027-02-01").Date(), Source: "https://example.com/1",
		Content: policy.Content{Summary: "对吸纳技术的企业给予补助。", Clauses: []policy.Provision{{Title: "吸纳补助", Benefit: "资金",
			Clause: policy.Clause{ID: "第五条",
				Conditions: []policy.Condition{
					{Fact: "division", Op: "prefix", Type: "text", Values: []string{"15"}},
					{Fact: "employees", Op: "le", Type: "number", Values: []string{"300"}},
					{Fact: "high_tech", Op: "eq", Type: "bool", Values: []string{"true"}, AsOf: &upto},
				},
				Amounts: []policy.Amount{{From: day("2027-01-01"), Fact: "technical_amount", Tiers: []policy.Tier{{RateBP: 1000}}}}}}}}}
}

func (w *world) publish(t *testing.T, p policy.Policy) int64 {
	t.Helper()
	id, err := w.Publish(t.Context(), officer(actor.RegionOfficer, "150000"), p)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestTheRegionPublishesAndAPolicyIsReadBackWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, who := range []actor.Actor{actor.Guest(), member(1, "150203"), officer(actor.LeagueOfficer, "150200")} {
		if _, err := w.Publish(t.Context(), who, voucherPolicy()); !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.Unauthorized) {
			t.Errorf("%v: %v", who.Roles, err)
		}
	}
	bad := voucherPolicy()
	bad.Content.Clauses[0].Conditions[1].Fact = "nothing"
	bad.Content.Clauses[0].Benefit = "奖品"
	bad.Source = "javascript:alert(1)"
	_, err := w.Publish(t.Context(), officer(actor.RegionOfficer, "150000"), bad)
	if !fault.Is(err, fault.Invalid) {
		t.Fatalf("got %v", err)
	}
	id := w.publish(t, voucherPolicy())
	got, err := w.Get(t.Context(), id)
	if err != nil || got.Title != voucherPolicy().Title || got.Content.Clauses[0].Conditions[2].AsOf == nil || got.Version != 1 {
		t.Errorf("got %+v %v", got, err)
	}
	if _, err := w.Get(t.Context(), id+9); !fault.HasCode(err, "policy_not_found") {
		t.Errorf("got %v", err)
	}
}

// The index follows the library: a new policy is found by its words, a repealed one stays found, and a rebuilt index is the same.
func TestThePoliciesAreFoundByTheirWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.publish(t, voucherPolicy())
	find := func(when string, version int64) {
		t.Helper()
		noErr(t, w.queue.Drain(t.Context()))
		r, err := w.engine.Search(t.Context(), search.Query{Text: "吸纳补助", Limit: 10,
			Filters: []search.Filter{search.AnyOf(facet.Kind, policy.DocumentKind), search.Between(facet.ExpiresAt, w.now.Unix(), math.MaxInt64)}})
		noErr(t, err)
		if len(r.Hits) != 1 || r.Hits[0].ID != policy.Documents.ID(id) || r.Hits[0].Version != version {
			t.Errorf("%s: %+v", when, r.Hits)
		}
	}
	find("published", 1)
	noErr(t, w.Repeal(t.Context(), officer(actor.RegionOfficer, "150000"), id, 1, nil))
	find("repealed", 2)
	noErr(t, w.engine.Delete(t.Context(), policy.Documents.ID(id)))
	noErr(t, w.engine.Rebuild(t.Context(), func(emit func(...search.Document) error) error { return w.Documents(t.Context(), emit) }))
	find("built anew", 2)
	noErr(t, w.Index(t.Context(), w.engine, []int64{id, id + 1}))
}

func TestTheLibraryIsNarrowedByPlaceBenefitAndDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	of := func(title, division string, to string) int64 {
		p := voucherPolicy()
		p.Title, p.Division = title, division
		if to != "" {
			end := day(to).Date()
			p.ValidTo = &end
		}
		return w.publish(t, p)
	}
	of("国家", "", "")
	of("区", "150000", "")
	of("包头", "150200", "2027-04-28") // ended yesterday
	of("昆区", "150203", "2027-04-29")
	last := of("赤峰", "150400", "")
	for want, f := range map[string]policy.Filter{
		"赤峰 昆区 包头 区 国家": {Limit: 9},
		"昆区 包头 区 国家":    {Limit: 9, Division: "150203"},
		"昆区 区 国家":       {Limit: 9, Division: "150203", InForce: true},
		"昆区":            {Limit: 9, Text: "昆"},
		"":              {Limit: 9, Benefit: "税收"},
		"昆区 包头":         {Limit: 2, After: last},
	} {
		list, err := w.List(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		var titles []string
		for _, p := range list {
			titles = append(titles, p.Title)
		}
		if got := fmt.Sprint(titles); got != "["+want+"]" {
			t.Errorf("%+v: %s", f, got)
		}
	}
}

func TestACheckUsesWhatIsHeldAndWhatIsTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.publish(t, voucherPolicy())
	check := func(who actor.Actor, typed map[string]string) policy.ClauseAnswer {
		t.Helper()
		_, c, err := w.Check(t.Context(), who, id, typed)
		if err != nil {
			t.Fatal(err)
		}
		return c.Clauses[0]
	}
	if a := check(member(1, "150203"), nil); a.Answer != policy.Missing || !slices.Equal(a.Missing, []string{"employees", "high_tech"}) {
		t.Errorf("got %+v", a)
	}
	if a := check(actor.Guest(), map[string]string{"division": "110108", "employees": "5"}); a.Answer != policy.NotMet {
		t.Errorf("got %+v", a)
	}
	// A typed fact holds on the earlier day that a condition asks for.
	a := check(member(1, "150203"), map[string]string{"employees": " 300 ", "high_tech": "true", "technical_amount": "123456.78"})
	if a.Answer != policy.Met || a.Amount == nil || a.Amount.String() != "12345.67" {
		t.Errorf("got %+v", a)
	}
	_, _, err := w.Check(t.Context(), actor.Guest(), id, map[string]string{"employees": "三百", "high_tech": "也许"})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
	p, err := w.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Repeal(t.Context(), officer(actor.RegionOfficer, "150000"), id, p.Version, nil); err != nil {
		t.Fatal(err)
	}
	if _, c, err := w.Check(t.Context(), actor.Guest(), id, nil); err != nil || c.InForce || c.Clauses != nil {
		t.Errorf("a repealed policy answers nothing: %+v %v", c, err)
	}
	if err := w.Repeal(t.Context(), officer(actor.RegionOfficer, "150000"), id, p.Version, nil); !fault.Is(err, fault.Conflict) {
		t.Errorf("got %v", err)
	}
}

func TestAQuestionIsAnsweredInFiveWorkingDaysByTheOfficersOfItsPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.publish(t, voucherPolicy())
	asker, other, region := member(1, "150203"), member(2, "150402"), officer(actor.RegionOfficer, "150000")
	q, err := w.Ask(t.Context(), asker, id, "  分公司可以申请吗？ ")
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.Question(t.Context(), asker, q)
	if err != nil || got.Question != "分公司可以申请吗？" || fact.DayOf(got.DueOn) != day("2027-05-07") { // a weekend and a holiday between
		t.Fatalf("%+v %v", got, err)
	}
	league, elsewhere := officer(actor.LeagueOfficer, "150200"), officer(actor.LeagueOfficer, "150400")
	for _, who := range []actor.Actor{other, elsewhere, actor.Guest()} {
		if _, err := w.Question(t.Context(), who, q); !fault.HasCode(err, "question_not_found") {
			t.Errorf("%v reads it: %v", who.Roles, err)
		}
		if _, err := w.Do(t.Context(), who, policy.Command{Question: q, Version: 1, Event: policy.AnswerIt, Answer: "可以"}); !fault.Is(err,
			fault.NotFound) {
			t.Errorf("%v answers it: %v", who.Roles, err)
		}
	}
	if list, err := w.Questions(t.Context(), elsewhere); err != nil || len(list) != 0 {
		t.Errorf("%v %v", list, err)
	}
	if list, err := w.Public(t.Context(), id); err != nil || len(list) != 0 {
		t.Errorf("%v %v", list, err)
	}
	answer := policy.Command{Question: q, Version: 1, Event: policy.AnswerIt, Answer: "可以，由法人提出。", Publish: true}
	if got, err = w.Do(t.Context(), league, answer); err != nil || got.State != policy.Answered || got.Version != 2 {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := w.Do(t.Context(), region, answer); !fault.HasCode(err, "stale_version") {
		t.Errorf("two answers at once: %v", err)
	}
	list, err := w.Public(t.Context(), id)
	if err != nil || len(list) != 1 || list[0].AccountID != 0 || list[0].OrganisationID != 0 {
		t.Errorf("%+v %v", list, err)
	}
	if n, err := notify.Unread(t.Context(), w.db.Pool, 1); err != nil || n != 1 {
		t.Errorf("the asker was told %d times, %v", n, err)
	}
	if _, err := w.Do(t.Context(), asker, policy.Command{Question: q, Version: 2, Event: policy.RateIt, Rating: 6}); !fault.Is(err,
		fault.Invalid) {
		t.Errorf("got %v", err)
	}
	if got, err = w.Do(t.Context(), asker, policy.Command{Question: q, Version: 2, Event: policy.RateIt,
		Rating: 5}); err != nil || got.State != policy.Closed {
		t.Errorf("%+v %v", got, err)
	}
	if own, err := w.Questions(t.Context(), asker); err != nil || len(own) != 1 || *own[0].Rating != 5 {
		t.Errorf("%+v %v", own, err)
	}
	pending := asker
	pending.OrgState = actor.Pending
	if _, err := w.Ask(t.Context(), pending, id, "？"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("got %v", err)
	}
	for range 10 {
		if _, err := w.Ask(t.Context(), asker, id, "再问"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Ask(t.Context(), asker, id, "再问"); !fault.Is(err, fault.TooMany) {
		t.Errorf("got %v", err)
	}
}

// Every state meets every event as the desk, the asker and a stranger.
func TestEveryStateOfAQuestionMeetsEveryEvent(t *testing.T) {
	t.Parallel()
	want := map[string]policy.QuestionState{
		"asked answer desk": policy.Answered, "answered answer desk": policy.Answered, "answered rate asker": policy.Closed,
		"asked withdraw asker": policy.Withdrawn,
	}
	people := map[string]actor.Actor{"desk": officer(actor.LeagueOfficer, "150200"), "asker": member(1, "150203"), "stranger": member(2,
		"150203"), "guest": {}}
	for _, state := range []policy.QuestionState{policy.Asked, policy.Answered, policy.Closed, policy.Withdrawn} {
		for _, event := range []string{policy.AnswerIt, policy.RateIt, policy.WithdrawIt, "nothing"} {
			for role, who := range people {
				q := policy.Question{ID: 1, AccountID: 1, Division: "150203", State: state}
				got, err := q.Do(who, policy.Command{Event: event, Answer: "答", Rating: 1}, time.Unix(0, 0))
				to, ok := want[fmt.Sprintf("%s %s %s", state, event, role)]
				if ok != (err == nil) || ok && got.State != to || !ok && got.State != state {
					t.Errorf("%s –%s(%s)→ %s, %v", state, event, role, got.State, err)
				}
			}
		}
	}
}
