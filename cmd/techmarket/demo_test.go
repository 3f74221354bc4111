package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"techmarket/cmd/techmarket/sample"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/insight/stats"
	"techmarket/internal/platform/postgres"
)

func count(t *testing.T, db *postgres.DB, sql string) (n int) {
	t.Helper()
	noErr(t, db.QueryRow(t.Context(), sql).Scan(&n))
	return n
}

func tally(t *testing.T, db *postgres.DB, sql string) map[string]int {
	t.Helper()
	rows, err := db.Query(t.Context(), sql)
	noErr(t, err)
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var key string
		var n int
		noErr(t, rows.Scan(&key, &n))
		out[key] = n
	}
	noErr(t, rows.Err())
	return out
}

// One market serves the whole story, because loading it is the expensive part: loaded, counted, verified, removed.
func TestDemo_LoadsEveryStateThroughTheServicesAndGoesAgain(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	now := time.Date(2026, 11, 23, 15, 0, 0, 0, clock.Zone())
	p := newPlatform(t, func() time.Time { return now }, io.Discard)
	s, err := compose(ctx, p)
	noErr(t, err)
	said := &output{}
	env := &environment{Stdout: said, Stderr: said, Stdin: strings.NewReader("")}
	if text := s.welcome(ctx); text != "" {
		t.Errorf("an empty market welcomes with %q", text)
	}
	loaded, err := s.loadDemo(ctx, demoOptions{Limit: 1}, said)
	noErr(t, err)
	if !loaded || strings.Contains(said.String(), "没有按计划") {
		t.Fatalf("loaded %v:\n%s", loaded, said)
	}
	if text := s.welcome(ctx); strings.Count(text, "demo-") != 10 || !strings.Contains(text, sample.Password) {
		t.Errorf("welcome: got %s", text)
	}

	want := reduced(sample.Generate(sample.Seed, now), 1)
	for table, n := range map[string]int{"organisation": len(want.Organisations) + 1, "account": len(want.People) + 1, "point": len(want.Points),
		"deal": len(want.Deals), "contract": len(want.Contracts), "broker_profile": 60} {
		if got := count(t, p.DB, "select count(*) from "+table+" where is_sample"); got != n {
			t.Errorf("%s: got %d, want %d", table, got, n)
		}
	}
	listings := map[string]int{}
	for _, a := range want.Achievements {
		listings["achievement "+a.State]++
	}
	for _, d := range want.Demands {
		listings["demand "+d.State]++
	}
	for state, n := range tally(t, p.DB, "select kind || ' ' || case state when 'submitted' then 'in_review' else state end, count(*)::int from listing group by 1") {
		if listings[state] != n {
			t.Errorf("listings %s: got %d, want %d", state, n, listings[state])
		}
	}
	filings := tally(t, p.DB, `select coalesce(r.state, f.state), count(*)::int from filing f left join registration r on r.number = f.number
		where f.kind = 'initial' group by 1`)
	filings[sample.StateDraft] = count(t, p.DB, "select count(*) from contract c where not exists (select 1 from filing f where f.contract_id = c.id)")
	planned := map[string]int{}
	for _, c := range want.Contracts {
		planned[c.State]++
	}
	for state, n := range planned {
		if filings[state] != n {
			t.Errorf("contracts %s: got %d, want %d", state, filings[state], n)
		}
	}
	if len(planned) != 15 {
		t.Errorf("the plan holds %d states, want all 15", len(planned))
	}

	// The chains run in the order of time, and nobody gets mail.
	for _, sql := range []string{"select count(*) from (select at < lag(at) over (order by seq) as back from ledger_row) x where back",
		"select count(*) from (select at < lag(at) over (order by id) as back from audit_row where action <> 'demo.load') x where back",
		"select count(*) from river_job where kind in ('mail', 'listing_index')",
		"select count(*) from message m join account a on a.id = m.account_id where not a.is_sample"} {
		if n := count(t, p.DB, sql); n != 0 {
			t.Errorf("%s: got %d", sql, n)
		}
	}

	// Statistics know nothing of it unless asked.
	figures := stats.New(p.DB, p.now)
	table := func(d stats.Direction, by stats.Dimension, sample bool) stats.Table {
		got, err := figures.Table(ctx, stats.Query{From: "2020-01-01", To: "2026-12-31", Rows: by, Direction: d, Area: region.Root, Sample: sample})
		noErr(t, err)
		return got
	}
	if got := table(stats.Filed, stats.ByArea, false); got.Total != (stats.Measure{}) || len(got.Rows) != 0 {
		t.Errorf("statistics without samples: got %+v", got.Total)
	}
	if got := table(stats.Filed, stats.ByArea, true); got.Total.Contracts != count(t, p.DB, "select count(*) from registration where ended_on is null") || !got.Sample {
		t.Errorf("standing registrations: got %+v", got.Total)
	}
	if out, in := table(stats.Output, stats.ByOtherSide, true), table(stats.Absorption, stats.ByOtherSide, true); out.RowSums["inside"] != in.RowSums["inside"] {
		t.Errorf("inside the region: output %+v, absorption %+v", out.RowSums["inside"], in.RowSums["inside"])
	}

	noErr(t, s.verify(ctx, env, nil, ""))
	if again, err := s.loadDemo(ctx, demoOptions{Limit: 1}, said); again || err != nil {
		t.Errorf("a second load: got %v, %v", again, err)
	}
	ledgerRows, auditRows := count(t, p.DB, "select count(*) from ledger_row"), count(t, p.DB, "select count(*) from audit_row")

	// A certificate that was touched is named.
	_, err = p.DB.Exec(ctx, `update certificate set body = replace(body, '"amountFen":', '"amountFen":1') where version = 1`)
	noErr(t, err)
	if err := s.verify(ctx, env, nil, ""); !fault.HasCode(err, "register_broken") || !strings.Contains(said.String(), "内容与登记簿不符") {
		t.Errorf("a forged certificate: got %v", err)
	}

	noErr(t, s.removeDemo(ctx, said))
	for _, d := range demoDeletions {
		if n := count(t, p.DB, "select count(*) from "+d.table); n != 0 {
			t.Errorf("%s keeps %d rows", d.table, n)
		}
	}
	if n := count(t, p.DB, "select count(*) from ledger_row"); n != ledgerRows {
		t.Errorf("ledger: got %d rows, want %d kept", n, ledgerRows)
	}
	if n := count(t, p.DB, "select count(*) from audit_row"); n != auditRows+1 {
		t.Errorf("audit: got %d rows, want %d", n, auditRows+1)
	}
	if st, err := s.engine.Stats(ctx); err != nil || st.Documents != 0 {
		t.Errorf("index after removal: %d documents, %v", st.Documents, err)
	}
	noErr(t, s.verify(ctx, env, nil, ""))
}

// A listing that was begun late in the day is published later than planned; whoever wants it must wait for that too.
func TestDemo_NobodyApproachesWhatIsStillInReview(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 27, 1, 10, 0, 0, clock.Zone())
	for range 20 {
		m := sample.Generate(sample.Seed, day)
		l := &demoLoader{market: m}
		created := map[string]time.Time{}
		for _, a := range m.Achievements {
			created[a.Key] = a.CreatedAt
		}
		for _, d := range m.Deals {
			if at, begun := l.publishedAt(d.Achievement), created[d.Achievement]; !at.After(begun.Add(toSubmit)) {
				t.Errorf("%s: %s is begun at %s and open from %s", d.Key, d.Achievement, begun, at)
			}
		}
		day = day.AddDate(0, 0, 1)
	}
}

func TestDemo_RefusesAMarketInUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t) // has real points
	if _, err := w.s.loadDemo(t.Context(), demoOptions{Limit: 1}, io.Discard); !fault.HasCode(err, "demo_real_data") {
		t.Errorf("got %v, want demo_real_data", err)
	}
	noErr(t, w.s.firstDemo(t.Context())) // the first start of a real market loads nothing
	if n := count(t, w.s.platform.DB, "select count(*) from organisation where is_sample"); n != 0 {
		t.Errorf("sample organisations: got %d", n)
	}
}

func TestDemo_AKilledLoadIsDoneAgain(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, time.Now, io.Discard)
	s, err := compose(t.Context(), p)
	noErr(t, err)
	l, err := newDemoLoader(t.Context(), s, demoOptions{Limit: 1}, io.Discard)
	noErr(t, err)
	noErr(t, l.settle(t.Context()))
	l.close()
	state, err := readDemoState(t.Context(), p.DB)
	noErr(t, err)
	if state.Complete || state.Organisations == 0 {
		t.Fatalf("after a cut load: got %+v", state)
	}
	said := &output{}
	noErr(t, s.removeDemo(t.Context(), said))
	if state, err = readDemoState(t.Context(), p.DB); err != nil || state.Organisations != 0 {
		t.Errorf("after removal: got %+v, %v", state, err)
	}
}
