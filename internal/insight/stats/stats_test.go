package stats_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/insight/stats"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// trade runs one random command on the market through the registry's service; refused commands are part of the game.
type trade struct {
	w        *registrytest.World
	numbers  []string
	importer actor.Actor
}

func (m *trade) register(t *rapid.T) {
	w := m.w
	c := w.Content()
	c.Elements.Amount = money.Fen(rapid.Int64Range(1_00, 20_000_000_00).Draw(t, "amount"))
	c.Technical = c.Elements.Amount
	c.Elements.ClassCode = rapid.SampledFrom([]string{"0101", "0102", "0401", "0501", "0503"}).Draw(t, "class")
	c.Elements.Field = rapid.SampledFrom([]string{"01", "05", "09"}).Draw(t, "field")
	c.Seller.Nature = rapid.SampledFrom([]string{"0211", "0221", "150"}).Draw(t, "nature")
	buyer := &c.Buyers[0]
	buyer.Division = rapid.SampledFrom([]string{"150103", "150203", "152221", "110101", "150200"}).Draw(t, "buyer")
	seller, applicant := w.Seller, w.Seller
	switch rapid.IntRange(0, 5).Draw(t, "trade") {
	case 0:
		buyer.Country, buyer.Division, buyer.CreditCode = "276", "", ""
	case 1:
		c.Seller, seller, applicant = contract.Party{Name: "Sample GmbH", Country: "276"}, actor.Actor{}, m.importer
		buyer.Division, c.Elements.TradePaper = "150103", "样例-001"
	}
	f, err := w.S.Submit(context.Background(), applicant, w.DraftOf(seller, w.Buyer, applicant, c, ""), w.County.ID)
	registrytest.Check(w.T, err)
	half := c.Elements.Amount / 2
	f = w.Pass(f.ID, func(r *registry.Review) {
		if half > 0 && rapid.Bool().Draw(t, "goods") {
			r.Deductions = []registry.Deduction{{Kind: "equipment", Name: "设备", Quantity: 1, UnitCost: half}}
		}
	})
	m.numbers = append(m.numbers, w.Finish(f).Number)
}

func (m *trade) pick(t *rapid.T) (string, bool) {
	if len(m.numbers) == 0 {
		return "", false
	}
	return rapid.SampledFrom(m.numbers).Draw(t, "number"), true
}

func (m *trade) change(t *rapid.T) {
	ctx, w := context.Background(), m.w
	n, ok := m.pick(t)
	if !ok {
		return
	}
	d, err := w.S.Dossier(ctx, w.Regional, n)
	registrytest.Check(w.T, err)
	who := w.Seller
	if d.Registration.ApplicantOrg == m.importer.OrgID {
		who = m.importer
	}
	if _, err := w.S.Do(ctx, who, registry.Command{Number: n, Event: registry.EventStartChange}); err != nil {
		return // already ended
	}
	w.Edit(d.Registration.ContractID, func(c *contract.Content) {
		c.Elements.Amount = money.Fen(rapid.Int64Range(1_00, 20_000_000_00).Draw(t, "amount"))
		c.Technical = c.Elements.Amount
		if rapid.Bool().Draw(t, "moves") {
			c.Elements.ClassCode, c.Elements.Field = "0401", "07"
		}
	})
	w.Supplement(d.Registration.ContractID)
	f, err := registrytest.FilingOf(w.S.Do(ctx, who, registry.Command{Number: n, Event: registry.EventRequestChange, Text: "补充协议"}))
	registrytest.Check(w.T, err)
	if rapid.Bool().Draw(t, "granted") {
		w.Finish(w.Pass(f.ID, nil))
		return
	}
	_, err = w.S.Do(ctx, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventAccept})
	registrytest.Check(w.T, err)
	w.Review(w.Registrar, f.ID, func(r *registry.Review) {
		r.Cleared, r.Findings = nil, []registry.Finding{{Code: "not_effective"}}
	})
	_, err = w.S.Do(
		ctx,
		w.Registrar,
		registry.Command{Filing: f.ID, Event: registry.EventRefuse, Refusal: registry.Refusal{Codes: []string{"R1"}, Text: "合同未生效"}},
	)
	registrytest.Check(w.T, err)
}

func (m *trade) revoke(number string) {
	ctx, w := context.Background(), m.w
	_, err := w.S.Do(ctx, w.League, registry.Command{Number: number, Event: registry.EventAnnounceRevocation, Ground: "fraud", Text: "查实"})
	for _, who := range []actor.Actor{w.Seller, m.importer} {
		if err == nil {
			_, _ = w.S.Do(ctx, who, registry.Command{Number: number, Event: registry.EventState, Text: "没有异议"})
		}
	}
	_, _ = w.S.Do(ctx, w.Regional, registry.Command{Number: number, Event: registry.EventRevoke, Text: "决定撤销"})
}

func (m *trade) end(t *rapid.T) {
	ctx, w := context.Background(), m.w
	n, ok := m.pick(t)
	if !ok {
		return
	}
	if rapid.Bool().Draw(t, "revoke") {
		m.revoke(n)
		return
	}
	for _, who := range []actor.Actor{w.Seller, m.importer} {
		if _, err := w.S.Do(ctx, who, registry.Command{Number: n, Event: registry.EventRequestCancel, Text: "解除"}); err == nil {
			_, err = w.S.Do(ctx, w.Head, registry.Command{Number: n, Event: registry.EventCancel, Ground: "rescinded", Text: "解除"})
			registrytest.Check(w.T, err)
		}
	}
}

// holds checks what must be true of the figures after any history.
func holds(t *rapid.T, w *registrytest.World) {
	ctx := context.Background()
	s := stats.New(w.DB, func() time.Time { return w.Now })
	get := func(d stats.Direction, rows stats.Dimension, p stats.Period, area string) stats.Table {
		table, err := s.Table(ctx, stats.Query{From: "2026-01-01", To: "2029-12-31", Direction: d, Rows: rows, Period: p, Area: area})
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	inside := func(d stats.Direction) stats.Measure {
		return get(d, stats.ByOtherSide, stats.NoPeriod, "").RowSums["inside"]
	}
	if out, in := inside(stats.Output), inside(stats.Absorption); out != in {
		t.Fatalf("output into the region %+v, absorption from the region %+v", out, in)
	}
	for _, d := range []stats.Direction{stats.Filed, stats.Output, stats.Absorption} {
		total := get(d, "", stats.NoPeriod, "").Total
		for _, rows := range stats.Dimensions() {
			for _, p := range []stats.Period{stats.NoPeriod, stats.Month, stats.Quarter, stats.Half, stats.Year} {
				table := get(d, rows, p, "")
				var cells, rowSums, colSums stats.Measure
				add := func(to *stats.Measure, m stats.Measure) {
					to.Contracts, to.Amount, to.Technical = to.Contracts+m.Contracts, to.Amount+m.Amount, to.Technical+m.Technical
				}
				for _, c := range table.Cells {
					add(&cells, c)
				}
				for _, c := range table.RowSums {
					add(&rowSums, c)
				}
				for _, c := range table.ColSums {
					add(&colSums, c)
				}
				if table.Total != total || cells != total || rowSums != total || colSums != total {
					t.Fatalf("%s by %s and %q: cells %+v rows %+v columns %+v, total %+v", d, rows, p, cells, rowSums, colSums, total)
				}
			}
		}
		leagues := get(d, stats.ByArea, stats.NoPeriod, "")
		for _, league := range leagues.Rows {
			if got := get(d, stats.ByArea, stats.NoPeriod, league.Key).Total; got != leagues.RowSums[league.Key] {
				t.Fatalf("%s: counties of %s sum to %+v, the league has %+v", d, league.Key, got, leagues.RowSums[league.Key])
			}
		}
	}
	var live stats.Measure
	row := w.DB.QueryRow(ctx, `select count(*)::int, coalesce(sum(amount), 0)::bigint, coalesce(sum(technical), 0)::bigint from registration
		where ended_on is null`)
	if err := row.Scan(&live.Contracts, &live.Amount, &live.Technical); err != nil {
		t.Fatal(err)
	}
	if got := get(stats.Filed, "", stats.NoPeriod, "").Total; got != live {
		t.Fatalf("entries sum to %+v, what stands is %+v", got, live)
	}
	// Cell by cell too: a change that moved a contract to another class or place leaves nothing behind.
	for rows, key := range map[stats.Dimension]string{stats.BySubclass: "class", stats.ByField: "field", stats.BySellerKind: "seller_kind"} {
		table := get(stats.Filed, rows, stats.NoPeriod, "")
		standing, err := w.DB.Query(ctx, `select `+key+`, count(*)::int, sum(amount)::bigint, sum(technical)::bigint from registration
			where ended_on is null group by 1`)
		registrytest.Check(w.T, err)
		for standing.Next() {
			var name string
			var want stats.Measure
			registrytest.Check(w.T, standing.Scan(&name, &want.Contracts, &want.Amount, &want.Technical))
			if got := table.RowSums[name]; got != want {
				t.Fatalf("%s %s: entries %+v, what stands %+v", rows, name, got, want)
			}
			delete(table.RowSums, name)
		}
		for name, rest := range table.RowSums {
			if rest != (stats.Measure{}) {
				t.Fatalf("%s %s: nothing stands there, entries say %+v", rows, name, rest)
			}
		}
	}
	var gaps, broken, twice int
	w.Scan(&gaps, `select count(*) from (select seq - lag(seq, 1, 0::bigint) over (order by seq) as step from ledger_row) s where step <> 1`)
	w.Scan(&broken, `select count(*) from registration where income > technical`)
	w.Scan(
		&twice,
		`select count(*) from (select account_id from filing_part where part in ('applicant','registrar','reviewer','expert')
			group by filing_id, account_id having count(*) > 1) p`,
	)
	if gaps+broken+twice != 0 {
		t.Fatalf("%d gaps in the ledger, %d registrations with ΣR > T, %d double parts", gaps, broken, twice)
	}
}

func TestFiguresHoldAfterAnyHistory(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	m := &trade{w: w, importer: w.Person(w.Org("enterprise", "样例进口企业", "150103"), actor.Member)}
	histories := 0
	rapid.Check(t, func(t *rapid.T) {
		if histories++; histories > 6 {
			return // one database lives through all histories; these are enough commands for a quick run
		}
		for range rapid.IntRange(3, 8).Draw(t, "commands") {
			switch rapid.IntRange(0, 5).Draw(t, "command") {
			case 0, 1, 2:
				m.register(t)
			case 3:
				m.change(t)
			case 4:
				m.end(t)
			case 5:
				if w.Now.Before(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) {
					w.Later(rapid.IntRange(1, 40).Draw(t, "days"))
				}
			}
		}
		holds(t, w)
	})
}

// BenchmarkTable measures the pages' tables over 1,000,000 entries of four years.
func BenchmarkTable(b *testing.B) {
	w, ctx := registrytest.New(b), context.Background()
	_, err := w.DB.Exec(ctx, `
		set session_replication_role = replica;
		insert into period_entry (number, version, kind, booked_on, contracts, amount, technical, class, field, seller_kind,
		seller_country, seller_division,
				buyer_country, buyer_division, point_id, is_sample)
			select lpad(i::text, 16, '0'), 1, 'register', date '2023-01-01' + (i / 700),
			1, 1000 + i, 900 + i, '0' || (1 + i % 5) || '01', lpad((1 + i % 11)::text, 2, '0'),
				'enterprise', '156', '15' || lpad((1 + i % 9)::text, 2, '0') || lpad((2 + i % 9)::text, 2, '0'), '156',
				'15' || lpad((1 + i % 7)::text, 2, '0') || '04', 1, false
			from generate_series(1, 1000000) i;
		set session_replication_role = origin`)
	registrytest.Check(b, err)
	_, err = w.DB.Exec(ctx, `vacuum analyze period_entry`)
	registrytest.Check(b, err)
	s := stats.New(w.DB, func() time.Time { return w.Now })
	for name, q := range map[string]stats.Query{
		"year by league": {From: "2025-01-01", To: "2025-12-31", Rows: stats.ByArea, Period: stats.Quarter, Direction: stats.Output},
		"league by county": {From: "2025-01-01", To: "2025-12-31", Rows: stats.ByArea, Period: stats.Quarter, Direction: stats.Absorption,
			Area: "150300"},
		"all years": {From: "2023-01-01", To: "2026-12-31", Rows: stats.ByClass, Period: stats.Year, Direction: stats.Filed},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, err := s.Table(ctx, q)
				registrytest.Check(b, err)
			}
		})
	}
}

func TestEachCellOpensItsList(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	reg := w.Register(w.Content(), nil)
	s := stats.New(w.DB, func() time.Time { return w.Now })
	q := stats.Query{From: "2026-04-01", To: "2026-04-30", Rows: stats.ByArea, Period: stats.Month, Direction: stats.Absorption}
	table, err := s.Table(ctx, q)
	registrytest.Check(t, err)
	if want := (stats.Measure{Contracts: 1, Amount: reg.Amount,
		Technical: reg.Technical}); table.Cells[stats.CellKey("150200", "2026-04")] != want {
		t.Fatalf("cells %+v", table.Cells)
	}
	if table.Rows[0].Name != "包头市" || table.Columns[0].Name != "2026 年 4 月" {
		t.Errorf("labels %v %v", table.Rows, table.Columns)
	}
	for _, c := range []struct {
		who   actor.Actor
		title string
	}{{actor.Guest(), ""}, {w.OtherLeague, reg.Title}, {w.Regional, reg.Title}} {
		list, err := s.Entries(ctx, c.who, q, "150200", "2026-04", 0, 10)
		registrytest.Check(t, err)
		if len(list) != 1 || list[0].Number != reg.Number || list[0].Title != c.title {
			t.Errorf("list %+v, want title %q", list, c.title)
		}
	}
	empty, err := s.Entries(ctx, w.Regional, q, "150100", "", 0, 10)
	registrytest.Check(t, err)
	if len(empty) != 0 {
		t.Errorf("the list of an empty cell has %d rows", len(empty))
	}
}

func TestSampleDataIsLeftOutUnlessAskedAndThenMarked(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	w.Register(w.Content(), nil)
	_, err := w.DB.Exec(
		ctx,
		`insert into period_entry (number, version, kind, booked_on,
			contracts, amount, technical, class, field, seller_kind, plan_source, ip_kind,
		seller_country, seller_division, buyer_country, buyer_division, point_id, is_sample)
		select number, 9, kind, booked_on, 1, 5, 5, class, field, seller_kind,
		plan_source, ip_kind, seller_country, seller_division, buyer_country, buyer_division, point_id, true
		from period_entry`,
	)
	registrytest.Check(t, err)
	s := stats.New(w.DB, func() time.Time { return w.Now })
	for _, sample := range []bool{false, true} {
		table, err := s.Table(ctx, stats.Query{From: "2026-01-01", To: "2026-12-31", Sample: sample})
		registrytest.Check(t, err)
		if want := map[bool]int{false: 1, true: 2}[sample]; table.Total.Contracts != want || table.Sample != sample {
			t.Errorf("sample %v: %d contracts, marked %v", sample, table.Total.Contracts, table.Sample)
		}
		var csv bytes.Buffer
		registrytest.Check(t, table.Export(&csv, "csv"))
		if !strings.Contains(csv.String(), "合计") {
			t.Errorf("csv %q", csv.String())
		}
		var book bytes.Buffer
		registrytest.Check(t, table.Export(&book, "xlsx"))
		if !bytes.HasPrefix(book.Bytes(), []byte("PK")) {
			t.Error("no workbook")
		}
	}
}

func TestPublishedFiguresTargetsAndDefinitionsCarryTheirSource(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	s := stats.New(w.DB, func() time.Time { return w.Now })
	figures, err := s.Published(ctx)
	registrytest.Check(t, err)
	if !slices.ContainsFunc(figures, func(f stats.Published) bool {
		return f.Period == "2023年" && f.Measure == "amount" && money.Fen(f.Value).Short() == "61.71 亿元" && f.Source != ""
	}) {
		t.Errorf("figures %+v", figures)
	}
	targets, err := s.Targets(ctx, false)
	registrytest.Check(t, err)
	for _, target := range targets {
		switch target.Code {
		case "3":
			if money.Fen(target.Target).Short() != "100 亿元" || money.Fen(*target.Base).Short() != "48.19 亿元" {
				t.Errorf("target %+v", target)
			}
		case "A1-county":
			if *target.Own != 2 || target.Target != 40 {
				t.Errorf("county points %+v own %d", target, *target.Own)
			}
		}
	}
	definitions, err := s.Definitions(ctx, w.Now)
	registrytest.Check(t, err)
	if len(definitions) < 10 || slices.ContainsFunc(definitions, func(d stats.Definition) bool { return d.Text == "" }) {
		t.Errorf("definitions %+v", definitions)
	}
	steps, err := s.Funnel(ctx, "2026-01-01", "2026-12-31", false)
	registrytest.Check(t, err)
	if len(steps) != 8 {
		t.Errorf("funnel %+v", steps)
	}
	_, err = s.Listings(ctx, true)
	registrytest.Check(t, err)
}

func TestAWrongQueryNamesTheField(t *testing.T) {
	t.Parallel()
	s := stats.New(nil, time.Now)
	_, err := s.Table(
		context.Background(),
		stats.Query{From: "2026-13-01", To: "x", Area: "999999", Direction: "sideways", Rows: "'; drop", Period: "day"},
	)
	if !fault.Is(err, fault.Invalid) {
		t.Fatalf("got %v", err)
	}
}
