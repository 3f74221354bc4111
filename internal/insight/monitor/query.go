package monitor

import (
	"maps"
	"math/big"
	"slices"
	"strconv"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
)

// Query asks for the figures of a union of areas in a period, and for their growth against another.
type Query struct {
	Name    string   `json:"name"`
	Regions []Area   `json:"regions"`
	From    fact.Day `json:"from"`
	To      fact.Day `json:"to"`
	Base    *Period  `json:"base"`
}

// Side is output (M16) or absorption (M17).
type Side struct {
	N int       `json:"n"`
	C money.Fen `json:"c"`
}

// Flow is what went to and came from a province (M20).
type Flow struct {
	Province string    `json:"province"`
	Out      money.Fen `json:"out"`
	In       money.Fen `json:"in"`
}

// Trade is what went to and came from a country (M21).
type Trade struct {
	Country string    `json:"country"`
	Export  money.Fen `json:"export"`
	Import  money.Fen `json:"import"`
}

// Growth compares the figures with those of the base.
type Growth struct {
	M01 any `json:"M01"`
	M02 any `json:"M02"`
	M03 any `json:"M03"`
	M18 any `json:"M18"`
}

// The forms that a growth can have.
type (
	// Kind alone: base_zero (上年同期为 0) or none.
	Kind struct {
		Kind string `json:"kind"`
	}
	// Moved is a percentage or a difference in percentage points, with its sign.
	Moved struct {
		Kind  string `json:"kind"`
		Value string `json:"value"`
	}
	// Both gives the two values where a percentage would mislead.
	Both struct {
		Kind string `json:"kind"`
		Now  string `json:"now"`
		Base string `json:"base"`
	}
)

// QueryResult holds the figures of a query.
type QueryResult struct {
	Name     string    `json:"name"`
	M01      int       `json:"M01"`      // 合同项数
	M02      money.Fen `json:"M02"`      // 成交额
	M03      money.Fen `json:"M03"`      // 技术交易额
	M16      Side      `json:"M16"`      // 输出
	M17      Side      `json:"M17"`      // 吸纳
	M18      *string   `json:"M18"`      // share of the output that stays inside, percent
	M19      *string   `json:"M19"`      // absorption over output
	M20      []Flow    `json:"M20"`      // by province
	M21      []Trade   `json:"M21"`      // by country
	Received money.Fen `json:"received"` // 技术性收入
	Growth   *Growth   `json:"growth"`
}

// totals are the sums behind a query.
type totals struct {
	registered    Sum // seller domestic and inside; of imports, buyer inside
	out, in, both Sum
	provinces     map[string][2]money.Fen // out, in
	countries     map[string][2]money.Fen
}

func total(contracts []Contract, areas []Area, p Period) totals {
	t := totals{provinces: map[string][2]money.Fen{}, countries: map[string][2]money.Fen{}}
	for _, k := range contracts {
		s := k.In(p)
		sells, buys := k.Seller.insideAny(areas), k.Buyer.insideAny(areas)
		if sells && !k.Seller.foreign() || buys && k.Seller.foreign() {
			t.registered.add(s)
		}
		switch {
		case sells && buys:
			t.both.add(s)
		case sells && s.N > 0:
			t.partner(k.Buyer, s.C, 0)
		case buys && s.N > 0:
			t.partner(k.Seller, 0, s.C)
		}
		if sells {
			t.out.add(s)
		}
		if buys {
			t.in.add(s)
		}
	}
	return t
}

// partner books what went to and came from a party outside.
func (t totals) partner(other Party, out, in money.Fen) {
	list, key := t.countries, other.Country
	if !other.foreign() {
		list, key = t.provinces, other.province()
	}
	list[key] = [2]money.Fen{list[key][0] + out, list[key][1] + in}
}

func (q Query) answer(p Policy, contracts []Contract) QueryResult {
	t := total(contracts, q.Regions, Period{q.From, q.To})
	r := QueryResult{
		Name: q.Name, M01: t.registered.Items, M02: t.registered.C, M03: t.registered.T,
		M16: Side{t.out.Items, t.out.C}, M17: Side{t.in.Items, t.in.C},
		M18: fact.Percent(int64(t.both.C), int64(t.out.C)), M19: fact.Quotient(int64(t.in.C), int64(t.out.C), 2),
		Received: t.out.Receipt,
	}
	for _, code := range slices.Sorted(maps.Keys(t.provinces)) {
		r.M20 = append(r.M20, Flow{code, t.provinces[code][0], t.provinces[code][1]})
	}
	for _, code := range slices.Sorted(maps.Keys(t.countries)) {
		r.M21 = append(r.M21, Trade{code, t.countries[code][0], t.countries[code][1]})
	}
	if q.Base != nil {
		base := total(contracts, q.Regions, *q.Base)
		few := base.registered.Items < p.GrowthMin
		fen := func(n int64) string { return money.Fen(n).String() }
		r.Growth = &Growth{
			M01: growth(int64(t.registered.Items), int64(base.registered.Items), few, func(n int64) string { return strconv.FormatInt(n, 10) }),
			M02: growth(int64(t.registered.C), int64(base.registered.C), few, fen),
			M03: growth(int64(t.registered.T), int64(base.registered.T), few, fen),
			M18: points(t, base),
		}
	}
	return r
}

// growth of a sum: no percentage over nothing, over few items or over less than nothing.
func growth(now, base int64, few bool, say func(int64) string) any {
	switch {
	case base == 0:
		return Kind{"base_zero"}
	case few || base < 0:
		return Both{"both", say(now), say(base)}
	default:
		return Moved{"percent", signed(new(big.Rat).Mul(big.NewRat(now-base, base), big.NewRat(100, 1)))}
	}
}

// points is the difference of two shares in percentage points, of the unrounded shares.
func points(now, base totals) any {
	if now.out.C == 0 || base.out.C == 0 {
		return Kind{"none"}
	}
	diff := big.NewRat(int64(now.both.C), int64(now.out.C))
	diff.Sub(diff, big.NewRat(int64(base.both.C), int64(base.out.C)))
	return Moved{"points", signed(diff.Mul(diff, big.NewRat(100, 1)))}
}

// signed prints one decimal with its sign; what rounds to zero has none.
func signed(r *big.Rat) string {
	s := fact.Round(r, 1)
	if s != "0.0" && r.Sign() > 0 {
		return "+" + s
	}
	return s
}
