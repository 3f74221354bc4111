package plan_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/insight/plan"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

type world struct {
	*plan.Service
	db  *postgres.DB
	now time.Time
}

func (w *world) Record(ctx context.Context, tx pgx.Tx, e audit.Event) error {
	return audit.Record(ctx, tx, audit.Entry{At: w.now, Account: e.Actor.AccountID, Action: e.Action, ObjectKind: e.ObjectKind,
		ObjectID: e.ObjectID, Detail: e.Detail})
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{db: pgtest.New(t), now: time.Date(2026, 3, 2, 9, 0, 0, 0, clock.Zone())}
	const account = `insert into account (login_name, display_name, password_hash, created_at) values ('a', '样例', '', now())`
	if _, err := w.db.Exec(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	w.Service = plan.New(plan.Config{DB: w.db, Audit: w, Now: func() time.Time { return w.now },
		Own: func(_ context.Context, figure string, year int, _ bool) (*fact.Dec, error) {
			if figure != "amount" || year != 2023 {
				return nil, nil
			}
			return dec("0.5"), nil
		}})
	return w
}

func (w *world) line(t *testing.T, number string, asOf int, sample bool) plan.Line {
	t.Helper()
	lines, err := w.Lines(t.Context(), asOf, sample)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if l.Number == number {
			return l
		}
	}
	t.Fatalf("no indicator %s of %d", number, len(lines))
	return plan.Line{}
}

func TestThePlanIsDataWithOfficialAndOwnFiguresApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.line(t, "3", 0, false)
	if *l.Year != 2023 || *l.Value != "61.71" || *l.Progress.Progress != "26.1" || *l.Progress.Path != "74.7" || l.Verdict != plan.Behind ||
		l.From.Source != "北疆新闻 2024-06" || *l.Own != "0.5" {
		t.Errorf("got %+v", l)
	}
	if l := w.line(t, "3", 2021, false); *l.Year != 2021 || l.Own != nil {
		t.Errorf("as of 2021: %+v", l)
	}
	if l := w.line(t, "1", 0, false); l.Verdict != plan.Unknown || len(l.Missing) != 5 {
		t.Errorf("got %+v", l)
	}
}

func TestTheRegionEntersFiguresAndALaterOneMends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	region := actor.Actor{AccountID: 1, Roles: []actor.Role{actor.RegionOfficer}}
	id, h3 := w.line(t, "3", 0, false).ID, w.line(t, "H3", 0, false).ID
	good := plan.Entry{Indicator: id, Series: plan.ValueSeries, Year: 2025, Value: "99.9", Source: "统计公报"}
	for _, who := range []actor.Actor{actor.Guest(), {AccountID: 1, Roles: []actor.Role{actor.LeagueOfficer}}} {
		if err := w.Enter(t.Context(), who, good); !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.Unauthorized) {
			t.Errorf("got %v", err)
		}
	}
	for field, change := range map[string]func(*plan.Entry){
		"series": func(e *plan.Entry) { e.Series = plan.DenominatorSeries }, "year": func(e *plan.Entry) { e.Year = 2027 },
		"value": func(e *plan.Entry) { e.Value = "1,000" }, "source": func(e *plan.Entry) { e.Source = "" },
	} {
		e := good
		change(&e)
		if err := w.Enter(t.Context(), region, e); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := w.Enter(t.Context(), region, plan.Entry{Indicator: 9999}); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
	enter := func(e plan.Entry, who actor.Actor) {
		t.Helper()
		if err := w.Enter(t.Context(), who, e); err != nil {
			t.Fatal(err)
		}
	}
	enter(good, region)
	if l := w.line(t, "3", 0, false); l.Verdict != plan.Behind {
		t.Errorf("got %+v", l)
	}
	good.Value = "100.00"
	enter(good, region)
	if l := w.line(t, "3", 0, false); l.Verdict != plan.Reached || *l.Value != "100.00" {
		t.Errorf("got %+v", l)
	}
	sample := region
	sample.Sample = true
	for _, series := range []string{plan.ValueSeries, plan.DenominatorSeries} {
		value := fact.Dec("1480")
		if series == plan.DenominatorSeries {
			value = "1600"
		}
		enter(plan.Entry{Indicator: h3, Series: series, Year: 2024, Value: value, Source: "样例"}, sample)
	}
	if l := w.line(t, "H3", 0, false); l.Year != nil {
		t.Errorf("a sample figure counts unasked: %+v", l)
	}
	if l := w.line(t, "H3", 0, true); *l.Progress.Progress != "92.5" || l.Verdict != plan.Unknown {
		t.Errorf("got %+v", l)
	}
}
