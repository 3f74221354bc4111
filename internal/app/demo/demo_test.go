package demo_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"techmarket/internal/app"
	"techmarket/internal/app/apptest"
	"techmarket/internal/app/cli"
	"techmarket/internal/app/demo"
	"techmarket/internal/app/demo/sample"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/insight/stats"
	"techmarket/internal/platform/postgres"
)

// One market serves the whole story, because loading it is the expensive part: loaded, counted, verified, removed.
func TestDemo_LoadsEveryStateThroughTheServicesAndGoesAgain(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	now := time.Date(2026, 11, 23, 15, 0, 0, 0, clock.Zone())
	p := apptest.NewPlatform(t, func() time.Time { return now }, io.Discard)
	s, err := app.Compose(ctx, p)
	apptest.NoErr(t, err)
	said := &apptest.Output{}
	env := &app.Environment{Stdout: said, Stderr: said, Stdin: strings.NewReader("")}
	if text := demo.Welcome(ctx, s); text != "" {
		t.Errorf("an empty market welcomes with %q", text)
	}
	loaded, err := demo.Load(ctx, s, demo.Options{Limit: 1}, said)
	apptest.NoErr(t, err)
	if !loaded || strings.Contains(said.String(), "没有按计划") {
		t.Fatalf("loaded %v:\n%s", loaded, said)
	}
	if text := demo.Welcome(ctx, s); strings.Count(text, "demo-") != 10 || !strings.Contains(text, sample.Password) {
		t.Errorf("welcome: got %s", text)
	}

	countsAreThoseOfThePlan(t, p.DB, demo.Reduced(sample.Generate(sample.Seed, now), 1))
	chainsRunInOrder(t, p.DB)
	statisticsLeaveItOut(t, p)
	apptest.NoErr(t, cli.Verify(ctx, s, env, nil, ""))
	if again, err := demo.Load(ctx, s, demo.Options{Limit: 1}, said); again || err != nil {
		t.Errorf("a second load: got %v, %v", again, err)
	}
	ledgerRows, auditRows := apptest.Count(t, p.DB, "select count(*) from ledger_row"),
		apptest.Count(t, p.DB, "select count(*) from audit_row")

	// A certificate that was touched is named.
	_, err = p.DB.Exec(ctx, `update certificate set body = replace(body, '"amountFen":', '"amountFen":1') where version = 1`)
	apptest.NoErr(t, err)
	if err := cli.Verify(ctx, s, env, nil, ""); !fault.HasCode(err, "register_broken") || !strings.Contains(said.String(), "内容与登记簿不符") {
		t.Errorf("a forged certificate: got %v", err)
	}

	apptest.NoErr(t, demo.Remove(ctx, s, said))
	nothingStays(t, p.DB)
	if n := apptest.Count(t, p.DB, "select count(*) from ledger_row"); n != ledgerRows {
		t.Errorf("ledger: got %d rows, want %d kept", n, ledgerRows)
	}
	if n := apptest.Count(t, p.DB, "select count(*) from audit_row"); n != auditRows+1 {
		t.Errorf("audit: got %d rows, want %d", n, auditRows+1)
	}
	if st, err := s.Engine.Stats(ctx); err != nil || st.Documents != 0 {
		t.Errorf("index after removal: %d documents, %v", st.Documents, err)
	}
	apptest.NoErr(t, cli.Verify(ctx, s, env, nil, ""))
}

func countsAreThoseOfThePlan(t *testing.T, db *postgres.DB, want sample.Market) {
	t.Helper()
	for table, n := range map[string]int{"organisation": len(want.Organisations) + 1, "account": len(want.People) + 1,
		"point":    len(want.Points),
		"contract": len(want.Contracts), "broker_profile": 60} {
		if got := apptest.Count(t, db, "select count(*) from "+table+" where is_sample"); got != n {
			t.Errorf("%s: got %d, want %d", table, got, n)
		}
	}
	if n := apptest.Count(t, db, `select count(*) from deal d where is_sample
		and not exists (select from challenge_application a where a.deal_id = d.id)
		and not exists (select from event_task e where e.deal_id = d.id)`); n != len(want.Deals) {
		t.Errorf("talks that no challenge or event led to: got %d, want %d", n, len(want.Deals))
	}
	listings := map[string]int{}
	for _, a := range want.Achievements {
		listings["achievement "+a.State]++
	}
	for _, d := range want.Demands {
		listings["demand "+d.State]++
	}
	for state, n := range apptest.Tally(t, db, `select kind || ' ' || case state when 'submitted' then 'in_review' else state end,
		count(*)::int from listing group by 1`) {
		if listings[state] != n {
			t.Errorf("listings %s: got %d, want %d", state, n, listings[state])
		}
	}
	filings := apptest.Tally(t, db, `select coalesce(r.state, f.state), count(*)::int
		from filing f left join registration r on r.number = f.number where f.kind = 'initial' group by 1`)
	filings[sample.StateDraft] = apptest.Count(t, db, `select count(*) from contract c
		where not exists (select 1 from filing f where f.contract_id = c.id)`)
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

	sales := apptest.Tally(t, db, `select state, count(*)::int from sale where is_sample group by 1`)
	if sales["in_review"] != 1 || sales["disclosed"] != 3 || sales["confirmed"] != 1 || sales["unsold"] != 1 {
		t.Errorf("sales: got %v", sales)
	}
	// three of the sale's wing and one of a grant
	if n := apptest.Count(t, db, `select count(*) from notice where is_sample and (passed_at is not null) = (ends_at < now())`); n != 4 {
		t.Errorf("notices: got %d", n)
	}
	for _, table := range []string{"rights_grant", "challenge"} {
		if n := apptest.Count(t, db, "select count(*) from "+table+" where is_sample"); n == 0 {
			t.Errorf("the sample has no %s", table)
		}
	}
}

// chainsRunInOrder: of time, and nobody gets mail.
func chainsRunInOrder(t *testing.T, db *postgres.DB) {
	t.Helper()
	for _, sql := range []string{"select count(*) from (select at < lag(at) over (order by seq) as back from ledger_row) x where back",
		"select count(*) from (select at < lag(at) over (order by id) as back from audit_row where action <> 'demo.load') x where back",
		"select count(*) from river_job where kind in ('mail', 'listing_index')",
		"select count(*) from message m join account a on a.id = m.account_id where not a.is_sample"} {
		if n := apptest.Count(t, db, sql); n != 0 {
			t.Errorf("%s: got %d", sql, n)
		}
	}
}

// statisticsLeaveItOut: they know nothing of the sample unless asked.
func statisticsLeaveItOut(t *testing.T, p *app.Platform) {
	t.Helper()
	figures := stats.New(p.DB, p.Now)
	table := func(d stats.Direction, by stats.Dimension, sample bool) stats.Table {
		got, err := figures.Table(t.Context(), stats.Query{From: "2020-01-01", To: "2026-12-31", Rows: by, Direction: d, Area: region.Root,
			Sample: sample})
		apptest.NoErr(t, err)
		return got
	}
	if got := table(stats.Filed, stats.ByArea, false); got.Total != (stats.Measure{}) || len(got.Rows) != 0 {
		t.Errorf("statistics without samples: got %+v", got.Total)
	}
	if got := table(stats.Filed, stats.ByArea, true); got.Total.Contracts != apptest.Count(t, p.DB,
		"select count(*) from registration where ended_on is null") || !got.Sample {
		t.Errorf("standing registrations: got %+v", got.Total)
	}
	if out, in := table(stats.Output, stats.ByOtherSide, true),
		table(stats.Absorption, stats.ByOtherSide, true); out.RowSums["inside"] != in.RowSums["inside"] {
		t.Errorf("inside the region: output %+v, absorption %+v", out.RowSums["inside"], in.RowSums["inside"])
	}
}

func nothingStays(t *testing.T, db *postgres.DB) {
	t.Helper()
	for _, d := range demo.Deletions {
		came := map[string]int{"plan_value": 3}[d.Table] // with the schema, not with the sample
		if n := apptest.Count(t, db, "select count(*) from "+d.Table); n != came {
			t.Errorf("%s keeps %d rows, want %d", d.Table, n, came)
		}
	}
}
