package price

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
)

func day(s string) (d fact.Day) {
	if err := d.UnmarshalText([]byte(s)); err != nil {
		panic(err)
	}
	return d
}

// contracts makes one of each amount in 元, every one with its own seller and buyer.
func contracts(amounts ...int64) []Contract {
	var list []Contract
	for i, a := range amounts {
		list = append(list, Contract{ID: fmt.Sprint(i), Signed: day("2027-01-15"), Way: "许可", Field: "0501", Region: "150203",
			Amount: money.Fen(a) * money.Yuan,
			Seller: fmt.Sprint("样例方", i), Buyer: fmt.Sprint("样例企", i), State: Registered})
	}
	return list
}

// ask is a question over one cell.
func ask(list []Contract, change ...func(*Record)) Record {
	r := Record{Policy: Policy{5, 5, 5, 8500, []int{5, 10, 20}}, AsOf: day("2027-07-15"), Contracts: list,
		Query: Query{Way: "许可", Min: 1, Fields: []string{"0501"}, Regions: []string{"1502"},
			Periods: []Period{{day("2026-07-01"), day("2027-06-30")}}}}
	for _, c := range change {
		c(&r)
	}
	return r
}

func even(n int) []Contract { return contracts(slices.Repeat([]int64{100_000}, n)...) }

func TestACellIsHiddenForEveryReasonThatApplies(t *testing.T) {
	t.Parallel()
	shown := func(on string, n int) func(*Record) {
		return func(r *Record) {
			r.Shown = append(r.Shown, Shown{day(on), "0501", "1502", day("2026-07-01"), day("2027-06-30"), n})
		}
	}
	same := func(c []Contract, seller, buyer int) []Contract {
		for i := range seller {
			c[i].Seller = "样例甲"
		}
		for i := range buyer {
			c[i].Buyer = "样例乙"
		}
		return c
	}
	for name, c := range map[string]struct {
		in   Record
		want string
	}{
		"enough":                              {ask(even(5)), ""},
		"nothing at all":                      {ask(nil), "few_contracts few_sellers few_buyers"},
		"four":                                {ask(even(4)), "few_contracts few_sellers few_buyers"},
		"two with the same seller":            {ask(same(even(5), 2, 0)), "few_sellers"},
		"two with the same buyer":             {ask(same(even(5), 0, 2)), "few_buyers"},
		"one party has all":                   {ask(same(even(6), 6, 6)), "few_sellers few_buyers dominant_sellers dominant_buyers"},
		"two have exactly the part":           {ask(contracts(425, 425, 50, 50, 50)), "dominant_sellers dominant_buyers"},
		"two have a little less":              {ask(contracts(424, 425, 50, 51, 50)), ""},
		"shown with one fewer this quarter":   {ask(even(6), shown("2027-07-01", 5)), "difference"},
		"shown with one more, later in it":    {ask(even(6), shown("2027-09-30", 7)), "difference"},
		"shown with the same number":          {ask(even(6), shown("2027-07-01", 6)), ""},
		"shown with two fewer":                {ask(even(7), shown("2027-07-01", 5)), ""},
		"shown in the quarter before":         {ask(even(6), shown("2027-06-30", 5)), ""},
		"shown in the same quarter last year": {ask(even(6), shown("2026-07-15", 5)), ""},
		"another cell was shown":              {ask(even(6), shown("2027-07-01", 5), func(r *Record) { r.Shown[0].Region = "15" }), ""},
		"difference comes last":               {ask(even(4), shown("2027-07-01", 5)), "few_contracts few_sellers few_buyers difference"},
	} {
		out := Evidence(c.in)
		if got := strings.Join(out.Tried[0].HiddenBecause, " "); got != c.want || (out.Shown != nil) != (c.want == "") {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestOnlyComparableContractsCount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Contract)
		query  func(*Record)
		counts bool
	}{
		"as it is":           {func(*Contract) {}, nil, true},
		"revoked":            {func(c *Contract) { c.State = "revoked" }, nil, false},
		"free":               {func(c *Contract) { c.Free = true }, nil, false},
		"related":            {func(c *Contract) { c.Related = true }, nil, false},
		"no amount":          {func(c *Contract) { c.Amount = 0 }, func(r *Record) { r.Query.Min = 0 }, false},
		"another way":        {func(c *Contract) { c.Way = "转让" }, nil, false},
		"at the lower bound": {func(c *Contract) { c.Amount = 1 }, nil, true},
		"below it":           {func(c *Contract) { c.Amount = 1 }, func(r *Record) { r.Query.Min = 2 }, false},
		"at the upper bound": {
			func(c *Contract) { c.Amount = 20_000_000 }, func(r *Record) { r.Query.Max = ptr(money.Fen(20_000_000)) }, false,
		},
		"on the first day":     {func(c *Contract) { c.Signed = day("2026-07-01") }, nil, true},
		"on the last day":      {func(c *Contract) { c.Signed = day("2027-06-30") }, nil, true},
		"a day early":          {func(c *Contract) { c.Signed = day("2026-06-30") }, nil, false},
		"a day late":           {func(c *Contract) { c.Signed = day("2027-07-01") }, nil, false},
		"another region":       {func(c *Contract) { c.Region = "150102" }, nil, false},
		"another field":        {func(c *Contract) { c.Field = "0502" }, nil, false},
		"every region":         {func(c *Contract) { c.Region = "110101" }, func(r *Record) { r.Query.Regions = []string{All} }, true},
		"the viewer sold it":   {func(c *Contract) { c.Seller = "样例我" }, func(r *Record) { r.Viewer = ptr("样例我") }, false},
		"the viewer bought it": {func(c *Contract) { c.Buyer = "样例我" }, func(r *Record) { r.Viewer = ptr("样例我") }, false},
	} {
		list := even(5)
		c.change(&list[4])
		in := ask(list)
		if c.query != nil {
			c.query(&in)
		}
		if got := len(Evidence(in).Tried[0].HiddenBecause) == 0; got != c.counts {
			t.Errorf("%s: counts %v", name, got)
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestTheCellWidensByPeriodThenRegionThenField(t *testing.T) {
	t.Parallel()
	in := ask(nil, func(r *Record) {
		r.Query.Fields, r.Query.Regions = []string{"0501", "05", All}, []string{"1502", "15"}
		r.Query.Periods = append(r.Query.Periods, Period{day("2024-07-01"), day("2027-06-30")})
	})
	var got []string
	for _, c := range Evidence(in).Tried {
		got = append(got, fmt.Sprint(c.From.Year(), " ", c.Region, "/", c.Field))
	}
	if s := strings.Join(got, " "); s != "2026 1502/0501 2024 1502/0501 2024 15/0501 2024 15/05 2024 15/all" {
		t.Errorf("got %s", s)
	}
	in.Contracts = even(5)
	for i := range in.Contracts {
		in.Contracts[i].Region = "150102"
	}
	if out := Evidence(in); len(out.Tried) != 3 || out.Shown == nil {
		t.Errorf("does not stop at the first cell that may be shown: %+v", out)
	}
}

func TestQuartilesAreInterpolatedAndRoundedToTwoDigits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amounts []int64
		want    string
	}{
		{[]int64{100, 200, 300, 400, 500}, "5–9 200.00 300.00 400.00"},
		{[]int64{100, 200, 300, 400, 500, 600}, "5–9 230.00 350.00 480.00"}, // 225, 350, 475: halves up
		{[]int64{996, 996, 996, 996, 996}, "5–9 1000.00 1000.00 1000.00"},
		{[]int64{994, 994, 994, 995, 995}, "5–9 990.00 990.00 1000.00"},
		{[]int64{1, 2, 3, 4, 5, 6, 7, 8, 9}, "5–9 3.00 5.00 7.00"},
		{[]int64{10, 10, 10, 10, 10, 10, 10, 10, 10, 10}, "10–19 10.00 10.00 10.00"},
		{slices.Repeat([]int64{7}, 20), "20+ 7.00 7.00 7.00"},
	} {
		got := show(contracts(c.amounts...), []int{5, 10, 20})
		if s := fmt.Sprint(got.N, " ", got.Q1, " ", got.Median, " ", got.Q3); s != c.want {
			t.Errorf("%v: got %s", c.amounts, s)
		}
	}
	if got := quartile([]money.Fen{1, 2}, 2); got != 2 { // 1.5 分
		t.Errorf("got %s", got)
	}
	if got := quartile([]money.Fen{99, 100}, 2); got != 100 { // 99.5 分
		t.Errorf("got %s", got)
	}
}

func TestAPolicyOrQueryWithAHoleIsMalformed(t *testing.T) {
	t.Parallel()
	for _, p := range []Policy{{MinContracts: 5}, {MinContracts: 4, NBands: []int{5}}, {MinContracts: 5, NBands: []int{5, 5}}} {
		if _, why := p.Check(); why == "" {
			t.Errorf("%+v is taken", p)
		}
	}
	whole := ask(nil).Query
	if _, why := whole.Check(); why != "" {
		t.Error(why)
	}
	for _, q := range []Query{{Regions: whole.Regions, Periods: whole.Periods}, {Fields: whole.Fields, Periods: whole.Periods},
		{Fields: whole.Fields, Regions: whole.Regions}} {
		if _, why := q.Check(); why == "" {
			t.Errorf("%+v is taken", q)
		}
	}
}

// What is shown lies between the smallest and the largest amount, up to rounding, and in order.
func TestShownQuartilesAreOrdered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amounts := rapid.SliceOfN(rapid.Int64Range(1, 1_000_000), 5, 40).Draw(t, "amounts")
		r := show(contracts(amounts...), []int{5, 10, 20})
		low, high := money.Fen(slices.Min(amounts))*money.Yuan, money.Fen(slices.Max(amounts))*money.Yuan
		if r.Q1 > r.Median || r.Median > r.Q3 || r.Q1 < low*95/100-1 || r.Q3 > high*105/100+1 {
			t.Fatalf("%+v of %s … %s", r, low, high)
		}
	})
}
