package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
	"techmarket/internal/trade/deal"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

type world struct {
	*Service
	db  *postgres.DB
	now time.Time
}

func (w *world) Names(_ context.Context, ids []int64) (map[int64]string, error) {
	out := map[int64]string{}
	for _, id := range ids {
		out[id] = fmt.Sprint("样例经纪人", id)
	}
	return out, nil
}

func (w *world) Organisations(_ context.Context, ids []int64) (map[int64]identity.Organisation, error) {
	out := map[int64]identity.Organisation{}
	for _, id := range ids {
		out[id] = identity.Organisation{ID: id, Name: "样例转移机构", State: actor.Confirmed}
	}
	return out, nil
}

func (w *world) ByBroker(context.Context, []int64, bool) (map[int64]int64, error) {
	return map[int64]int64{1: 1}, nil
}

func (w *world) Record(ctx context.Context, tx pgx.Tx, e audit.Event) error {
	return audit.Record(
		ctx,
		tx,
		audit.Entry{At: w.now, Account: e.Actor.AccountID, Action: e.Action, ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Detail: e.Detail},
	)
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{db: pgtest.New(t), now: time.Date(2026, 3, 2, 16, 30, 0, 0, time.UTC)} // 3 March in Shanghai
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := w.db.Exec(context.Background(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		exec(`insert into organisation (kind, name, division, state, created_at) values ('agency', '样例', '150104', 'confirmed', $1)`, w.now)
	}
	for i := range 8 {
		exec(`insert into account (login_name, display_name, password_hash, created_at) values ($1, $1, '', $2)`, fmt.Sprint("a", i), w.now)
	}
	exec(
		`insert into listing (kind, organisation_id, owner_account, state, draft, created_at, updated_at)
			values ('achievement', 2, 8, 'published', '{}', $1, $1)`,
		w.now,
	)
	exec(
		`insert into deal (state, supply_listing_id, supply_org, demand_org,
			opened_by, opened_side, broker_account, broker_org, subject, is_sample, created_at, answered_at, agreed_at, updated_at)
values ('agreed', 1, 2, 3, 1, 'demand', 1, 1, '甲', false, $1,
$1, $1, $1), ('agreed', 1, 2, 3, 1, 'demand', 1, 1, '样例', true, $1, $1, $1, $1)`,
		w.now,
	)
	w.Service = New(
		Config{DB: w.db, Audit: w, People: w, Deals: deal.New(deal.Config{DB: w.db}), Registrations: w, Now: func() time.Time { return w.now },
			Made: func(context.Context, int64, []Introduction) ([]Made, error) { return nil, nil }},
	)
	return w
}

func (w *world) AccountsOf(context.Context, int64, ...actor.Role) ([]int64, error) {
	return []int64{7}, nil
}

func who(account int64) actor.Actor {
	return actor.Actor{AccountID: account, OrgID: 1, OrgState: actor.Confirmed, Roles: []actor.Role{actor.Broker}}
}

func profile(fields, divisions string) Profile {
	return Profile{
		Fields:        strings.Fields(fields),
		Divisions:     strings.Fields(divisions),
		Introduction:  "专注成果转化",
		Level:         "senior",
		CertificateNo: "样例 1",
		Issuer:        "样例单位",
		ValidFrom:     "2025-01-01",
		ValidTo:       "2026-03-02",
	}
}

func TestSaveChecksTheProfileAndTheVersion(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	member, pending := who(2), who(2)
	member.Roles = []actor.Role{actor.Member}
	pending.OrgState = actor.Pending
	for _, c := range []struct {
		rule   string
		who    actor.Actor
		change func(*Profile)
		want   string
	}{
		{"guests sign in", actor.Guest(), func(*Profile) {}, "sign_in_needed"},
		{"members are no brokers", member, func(*Profile) {}, "not_broker"},
		{"a pending organisation waits", pending, func(*Profile) {}, "org_not_confirmed"},
		{"a field is chosen", who(2), func(p *Profile) { p.Fields = []string{" "} }, "fields missing"},
		{"fields are known", who(2), func(p *Profile) { p.Fields = []string{"0701"} }, "fields unknown_code"},
		{"areas are in the region", who(2), func(p *Profile) { p.Divisions = []string{"110108"} }, "divisions bad_division"},
		{"a certificate has a level", who(2), func(p *Profile) { p.Level = "" }, "level missing"},
		{"a level has a certificate", who(2), func(p *Profile) { p.CertificateNo = "" }, "certificateNo missing"},
		{"dates are days", who(2), func(p *Profile) { p.ValidTo = "2026-02-30" }, "validTo bad_date"},
		{"validity ends after it begins", who(2), func(p *Profile) { p.ValidTo = "2024-12-31" }, "validTo ends_before_begins"},
		{"texts are bounded", who(2), func(p *Profile) { p.Introduction = strings.Repeat("字", 2001) }, "introduction too_long"},
		{"texts can be stored", who(2), func(p *Profile) { p.Issuer = "\x00" }, "issuer bad_text"},
	} {
		p := profile("05", "150200")
		c.change(&p)
		_, err := w.Save(ctx, c.who, p)
		var f *fault.Error
		if !errors.As(err, &f) {
			t.Errorf("%s: %v", c.rule, err)
			continue
		}
		got := f.Code
		if len(f.Fields) == 1 {
			got = f.Fields[0].Path + " " + f.Fields[0].Code
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.rule, got, c.want)
		}
	}

	first, err := w.Save(ctx, who(2), profile("05 05 01", "150200"))
	if err != nil || first.Version != 1 || !slices.Equal(first.Fields, []string{"01", "05"}) {
		t.Fatalf("%+v, %v", first, err)
	}
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() { _, errs[i] = w.Save(ctx, who(2), first) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !fault.HasCode(err, "stale_version") {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d of four saves of one version won", won)
	}
	if _, err := w.Save(ctx, who(2), profile("05", "150200")); !fault.HasCode(err, "stale_version") {
		t.Errorf("a first save over an existing profile: %v", err)
	}
}

func TestDirectoryFiltersPagesAndShowsTheRecord(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	for account, p := range map[int64]Profile{1: profile("05", "150203"), 2: profile("05 06", "150200 150600"), 3: profile("06", "150000"),
		4: profile("09", "150721")} {
		if _, err := w.Save(ctx, who(account), p); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		f    Filter
		want []int64
	}{
		{Filter{Limit: 100}, []int64{1, 2, 3, 4}},
		{Filter{Limit: 2}, []int64{1, 2}},
		{Filter{Limit: 2, After: 2}, []int64{3, 4}},
		{Filter{Limit: 100, Field: "05"}, []int64{1, 2}},
		{Filter{Limit: 100, League: "150200"}, []int64{1, 2, 3}},
		{Filter{Limit: 100, Field: "06", League: "150700"}, []int64{3}},
		{Filter{Limit: 100, Field: "11"}, nil},
	} {
		cards, err := w.Directory(ctx, c.f)
		var got []int64
		for _, card := range cards {
			got = append(got, card.AccountID)
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%+v: got %v, %v, want %v", c.f, got, err, c.want)
		}
	}
	card, err := w.Get(ctx, 1)
	if want := (Record{Introduced: 1, Agreed: 1, Registered: 1}); err != nil || card.Record != want || card.Name != "样例经纪人1" ||
		card.Organisation != "样例转移机构" {
		t.Errorf("%+v, %v", card, err)
	}
	if card.Qualified {
		t.Error("a qualification that ended yesterday in Shanghai still counts")
	}
	w.now = w.now.Add(-time.Hour)
	if card, err = w.Get(ctx, 1); err != nil || !card.Qualified {
		t.Errorf("the last day of a qualification counts: %v", err)
	}
	if _, err := w.Get(ctx, 7); !fault.HasCode(err, "broker_not_found") {
		t.Errorf("a person without profile: %v", err)
	}
}

func TestSuggestPrefersFieldThenNearnessThenRecord(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	for account, p := range map[int64]Profile{1: profile("05", "150700"), 2: profile("05", "150203"), 3: profile("06", "150203"),
		4: profile("05", "150000"), 5: profile("06", "150700")} {
		if _, err := w.Save(ctx, who(account), p); err != nil {
			t.Fatal(err)
		}
	}
	got, err := w.Suggest(ctx, "05", "150203", 10)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, s := range got {
		lines = append(lines, fmt.Sprint(s.AccountID, " ", strings.Join(s.Reasons, ",")))
	}
	want := []string{"2 field,county", "1 field,agreed,registered", "4 field,region", "3 county"}
	if !slices.Equal(lines, want) {
		t.Errorf("got %q, want %q", lines, want)
	}
}

func TestRankIsStableAndNeverSuggestsStrangers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		field, division := rapid.SampledFrom([]string{"", "05", "06"}).
			Draw(t, "field"),
			rapid.SampledFrom([]string{"", "150203", "150200", "150000"}).
				Draw(t, "division")
		cards := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Card {
			return Card{
				Profile: Profile{
					AccountID: rapid.Int64Range(1, 50).Draw(t, "account"),
					Fields:    []string{rapid.SampledFrom([]string{"05", "06", "09"}).Draw(t, "f")},
					Divisions: []string{rapid.SampledFrom([]string{"150203", "150200", "150000", "150721"}).Draw(t, "d")},
				},
				Qualified: rapid.Bool().Draw(t, "q"),
				Record:    Record{Agreed: rapid.Int64Range(0, 20).Draw(t, "n")},
			}
		}), 0, 12, func(c Card) int64 { return c.AccountID }).Draw(t, "cards")
		got := rank(cards, field, division, 5)
		for i, s := range got {
			tie := slices.ContainsFunc(s.Reasons, func(r string) bool { return slices.Contains([]string{"field", "county", "league", "region"}, r) })
			if !tie || i > 0 && got[i-1].Score < s.Score {
				t.Fatalf("%d: %+v", i, got)
			}
		}
		slices.Reverse(cards)
		again := rank(cards, field, division, 5)
		if fmt.Sprint(got) != fmt.Sprint(again) {
			t.Fatalf("order of the input decides: %v, %v", got, again)
		}
	})
}
