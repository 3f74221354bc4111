package annual

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/money"
)

func contract(class string, wan int64, change ...func(*Contract)) Contract {
	c := Contract{Number: "n", Class: class, Plan: unplanned, Country: "156", Division: "150103", Scale: "small", Industry: "C",
		Amount: money.Fen(wan) * money.WanYuan, Signed: "2025-05-01", InYear: true}
	for _, f := range change {
		f(&c)
	}
	return c
}

func got(t *testing.T, f Facts, code string) string {
	t.Helper()
	for _, fig := range Draw(f, Facts{}, nil, nil) {
		if fig.Code == code {
			if fig.Value == nil {
				return ""
			}
			l, _ := LineOf(code)
			return l.Show(*fig.Value)
		}
	}
	t.Fatalf("no line %s", code)
	return ""
}

func TestDraw_CountsByTheRule(t *testing.T) {
	t.Parallel()
	old := func(c *Contract) { c.InYear, c.Signed, c.Received = false, "2023-01-01", 7*money.WanYuan }
	f := Facts{Contracts: []Contract{
		contract("0202", 120), contract("0208", 10_000), contract("0301", 30, func(c *Contract) { c.Plan = "3" }),
		contract("0101", 50, func(c *Contract) { c.Division = "110101" }), contract("0501", 20, func(c *Contract) { c.Country = "840" }),
		contract("0101", 99, old),
	}, Rewards: 60 * money.WanYuan, Costs: money.WanYuan}
	for code, want := range map[string]string{
		"sale.n": "1", "equity.c": "10,000", "transferred.n": "3", "transferred.c": "10,150", "all.n": "5", "all.c": "10,220",
		"above.1m.n": "2", "above.100m.n": "1", "funded.n": "1", "funded.c": "30", "to.inside.n": "3", "to.outside.n": "1", "to.abroad.c": "20",
		"received": "7", "received.develop": "7", "kept": "-54", "projects": "6", "mean": "3,383.333333", "shares.c": "",
	} {
		if have := got(t, f, code); have != want {
			t.Errorf("%s: got %q, want %q", code, have, want)
		}
	}
}

// A contract stands in exactly one way, one place, one scale and one industry: every breakdown sums to the whole.
func TestDraw_EveryBreakdownSumsToItsTotal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pick := func(from ...string) string { return rapid.SampledFrom(from).Draw(t, "of") }
		var f Facts
		for range rapid.IntRange(0, 30).Draw(t, "contracts") {
			f.Contracts = append(f.Contracts, Contract{Class: pick("0101", "0201", "0208", "0301", "0401", "0502"), Country: pick("156", "840", ""),
				Division: pick("150103", "110101", ""), Scale: pick("large", "medium", "small", "micro", ""), Industry: pick("A", "C", "T", "", "?"),
				Plan: pick("1", "9", ""), Amount: money.Fen(rapid.Int64Range(1, 1e12).Draw(t, "c")), InYear: rapid.Bool().Draw(t, "in"),
				Received: money.Fen(rapid.Int64Range(0, 1e10).Draw(t, "r"))})
		}
		values := map[string]int64{}
		for _, fig := range Draw(f, Facts{}, nil, nil) {
			if fig.Value != nil {
				values[fig.Code] = *fig.Value
			}
		}
		sum := func(prefix, suffix string, of func(string) bool) (n int64) {
			for code, v := range values {
				if strings.HasPrefix(code, prefix) && strings.HasSuffix(code, suffix) && of(code) {
					n += v
				}
			}
			return n
		}
		any := func(string) bool { return true }
		way := func(code string) bool {
			for _, w := range Ways() {
				if code == string(w)+".n" || code == string(w)+".c" || code == "received."+string(w) {
					return true
				}
			}
			return false
		}
		for _, kind := range []string{".n", ".c"} {
			for name, have := range map[string]int64{"ways": sum("", kind, way), "places": sum("to.", kind, any), "scales": sum("by.", kind, any),
				"industries": sum("industry.", kind, any), "groups": values["transferred"+kind] + values["commissioned"+kind]} {
				if have != values["all"+kind] {
					t.Fatalf("%s%s: %d, the whole is %d", name, kind, have, values["all"+kind])
				}
			}
		}
		if have := sum("received.", "", way); have != values["received"] {
			t.Fatalf("receipts by way: %d of %d", have, values["received"])
		}
	})
}

func TestDraw_GrowthNeedsABaseThatMeansSomething(t *testing.T) {
	t.Parallel()
	many := func(n int, wan int64) (f Facts) {
		for range n {
			f.Contracts = append(f.Contracts, contract("0101", wan))
		}
		return f
	}
	for _, c := range []struct {
		rule        string
		now, before Facts
		want        string
	}{
		{"a percentage with its sign", many(6, 20), many(5, 20), "+20.0%"},
		{"downwards", many(5, 10), many(10, 10), "-50.0%"},
		{"none of few contracts", many(7, 20), many(4, 20), ""},
		{"none of nothing", many(7, 20), Facts{}, ""},
		{"no movement has no sign", many(5, 20), many(5, 20), "0.0%"},
	} {
		for _, fig := range Draw(c.now, c.before, nil, nil) {
			if fig.Code == "all.c" && fig.Growth != c.want {
				t.Errorf("%s: got %q, want %q", c.rule, fig.Growth, c.want)
			}
		}
	}
}

func TestLines_HaveCodesOfTheirOwnForAllSeventeenIndicators(t *testing.T) {
	t.Parallel()
	seen, numbers := map[string]bool{}, map[int]bool{}
	for _, l := range Lines() {
		if seen[l.Code] {
			t.Errorf("%s stands twice", l.Code)
		}
		seen[l.Code], numbers[l.Number] = true, true
	}
	for n := 1; n <= 17; n++ {
		if !numbers[n] {
			t.Errorf("no line of indicator %d", n)
		}
	}
	if err := (Said{Figures: map[string]int64{"all.c": 1}}).Check(); err == nil {
		t.Error("a figure of contracts can be typed")
	}
}
