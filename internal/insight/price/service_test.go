package price_test

import (
	"fmt"
	"testing"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/insight/price"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The view is replaced by a table of the same columns: what counts here is what is read, shown and noted.
func TestEvidence_WidensUntilACellMayBeShownAndNotesIt(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	_, err := db.Exec(t.Context(), `alter view price_contract rename to price_contract_real;
		create table price_contract (id text, signed date, way text, field text, region text, amount bigint, seller text, buyer text,
			is_sample bool)`)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 29, 2, 0, 0, 0, time.UTC)
	s := price.New(price.Config{DB: db, Now: func() time.Time { return now }})
	add := func(n int, seller, region, signed string) {
		if _, err := db.Exec(t.Context(), `insert into price_contract values ($1, $2, '03', '01', $3, $4, $5, $6, false)`, fmt.Sprint(n), signed,
			region, 1_000_000*money.Yuan*money.Fen(n), seller, fmt.Sprintf("b%d", n)); err != nil {
			t.Fatal(err)
		}
	}
	for n := 1; n <= 6; n++ {
		add(n, fmt.Sprintf("s%d", n), []string{"150100", "150200"}[n%2], "2025-12-01")
	}
	who := actor.Actor{AccountID: 1, OrgID: 7, Roles: []actor.Role{actor.Member}}
	ask := price.Ask{Way: "03", Field: "01", Region: "150100"}
	got, err := s.Evidence(t.Context(), who, ask)
	if err != nil || got.Shown == nil {
		t.Fatalf("%+v, %v", got, err)
	}
	if last := got.Tried[len(got.Tried)-1]; got.Shown.N != "5–9" || last.Region != "15" || last.Field != "01" || len(got.Tried) != 4 {
		t.Errorf("shown %+v after %+v", got.Shown, got.Tried)
	}
	// A seventh contract, booked late, would be the difference of two answers of one quarter.
	add(7, "s7", "150200", "2025-12-02")
	if got, err = s.Evidence(t.Context(), who, ask); err != nil || got.Tried[3].HiddenBecause[0] != price.Difference {
		t.Errorf("the late contract can be subtracted: %+v, %v", got.Tried, err)
	}
	// In the next quarter it may be seen.
	now = time.Date(2027, 1, 5, 2, 0, 0, 0, time.UTC)
	if got, err = s.Evidence(t.Context(), who, ask); err != nil || got.Shown == nil {
		t.Errorf("nothing is shown in the next quarter: %+v, %v", got.Tried, err)
	}
	_, err = s.Evidence(t.Context(), actor.Guest(), ask)
	if !fault.Is(err, fault.Unauthorized) {
		t.Errorf("a guest: %v", err)
	}
	if _, err = s.Evidence(t.Context(), who, price.Ask{Way: "99"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("an unknown class: %v", err)
	}
}

func TestWorksheets_DoTheSumsToTheFen(t *testing.T) {
	t.Parallel()
	// 1,000,000.00 × 5 % × (1 − 20 %) × (1/1.1 + 1/1.21) = 40,000 × 1.7355… = 69,421.49
	income := price.IncomeSheet{
		Low:       500_000 * money.Yuan,
		Base:      1_000_000 * money.Yuan,
		High:      2_000_000 * money.Yuan,
		RoyaltyBP: 500,
		RateBP:    1000,
		Years:     2,
		HaircutBP: 2000,
	}
	if err := income.Check(); err != nil {
		t.Fatal(err)
	}
	if w := income.Worth(); w.Base != 69_421_49 || w.Low != 34_710_74 || w.High != 138_842_98 || w.Most == "" {
		t.Errorf("%+v", w)
	}
	cost := price.CostSheet{Labour: 60 * money.Yuan, Material: 30 * money.Yuan, Fees: 10 * money.Yuan, IndexBP: 11_000, ObsoleteBP: 2_000}
	if w := cost.Worth(); w != (price.Worth{Low: 79_20, Base: 88_00, High: 96_80, Most: "人工"}) {
		t.Errorf("%+v", w)
	}
	market := price.MarketSheet{
		Of:         price.Range{Q1: 100 * money.Yuan, Median: 200 * money.Yuan, Q3: 300 * money.Yuan},
		MaturityBP: 8_000,
		ScopeBP:    15_000,
		TermBP:     10_000,
		PaymentBP:  10_000,
	}
	if w := market.Worth(); w != (price.Worth{Low: 120_00, Base: 240_00, High: 360_00, Most: "独占程度"}) {
		t.Errorf("%+v", w)
	}
	for name, err := range map[string]error{"no estimate": price.IncomeSheet{}.Check(), "no cost": price.CostSheet{IndexBP: 10_000}.Check(),
		"no factor": price.MarketSheet{}.Check()} {
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
