package sale

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
)

func may(day int) fact.Day { return fact.DayOf(at(fmt.Sprintf("%02d 12:00", day))) }

// soldTo is a sale that ended on 20 May 2027 (a Thursday): C for 1,300,000, deposits of 100,000 of A and C; N never paid.
func soldTo(change ...func(*EndedSale)) EndedSale {
	paid := at("18 10:00")
	s := EndedSale{EndedAt: at("16:00"), Outcome: StateSold, Winner: ptr("C"), Price: ptr(1_300_000 * yuan), Bidders: []Depositor{
		{"A", 100_000 * yuan, &paid}, {"C", 100_000 * yuan, &paid}, {"N", 100_000 * yuan, nil}}}
	for _, c := range change {
		c(&s)
	}
	return s
}

func settle(asOf int, sales ...EndedSale) DepositResult {
	return SettleDeposits(DepositRecord{Policy: DepositPolicy{SignWorkingDays: 5, RefundHours: 24}, AsOf: may(asOf), Sales: sales})
}

func signed(day int) func(*EndedSale)    { return func(s *EndedSale) { s.SignedOn = ptr(may(day)) } }
func costs(c money.Fen) func(*EndedSale) { return func(s *EndedSale) { s.Costs = c * yuan } }

func again(price money.Fen) EndedSale {
	return soldTo(func(s *EndedSale) { s.EndedAt, s.Winner, s.Price = at("29 16:00"), ptr("A"), ptr(price*yuan) })
}

func TestASaleIsSignedWaitingOrDefaultedOnADay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		asOf int
		sale EndedSale
		want string
	}{
		"signed on the last day":          {27, soldTo(signed(27)), "signed"},
		"on the last day, unsigned":       {27, soldTo(), "waiting"},
		"signed only later":               {26, soldTo(signed(27)), "waiting"},
		"the day after":                   {28, soldTo(), "defaulted"},
		"a later signature does not heal": {29, soldTo(signed(28)), "defaulted"},
		"unsold":                          {29, soldTo(func(s *EndedSale) { s.Outcome = StateUnsold }), "unsold"},
		"withdrawn":                       {29, soldTo(func(s *EndedSale) { s.Outcome = StateWithdrawn }), "withdrawn"},
	} {
		got := settle(c.asOf, c.sale).Sales[0]
		sold := c.want != "unsold" && c.want != "withdrawn"
		if got.State != c.want || (got.SignBy != nil) != sold || (got.Winner != nil) != sold || sold && *got.SignBy != may(27) ||
			!got.RefundBy.Equal(at("21 16:00")) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	for _, s := range []EndedSale{{Outcome: StateSold, Price: ptr(yuan)}, {Outcome: StateSold, Winner: ptr("A")}} {
		if _, why := s.Check(); why == "" {
			t.Errorf("%+v is taken", s)
		}
	}
}

func TestDepositsGoBackToAllButTheWinner(t *testing.T) {
	t.Parallel()
	if got := settle(20, soldTo()).Sales[0].Refunds; len(got) != 1 || got[0] != (Refund{"A", 100_000 * yuan}) {
		t.Errorf("sold: got %v", got)
	}
	if got := settle(20, soldTo(func(s *EndedSale) { s.Outcome = StateUnsold })).Sales[0].Refunds; len(got) != 2 {
		t.Errorf("unsold: got %v", got)
	}
	late := soldTo(func(s *EndedSale) { s.Bidders[2].ConfirmedAt = ptr(at("22 10:00")) }) // after the end: no right, but a refund
	if got := settle(20, late).Sales[0].Refunds; len(got) != 2 || got[1].Code != "N" {
		t.Errorf("confirmed late: got %v", got)
	}
	s := soldTo(func(s *EndedSale) {
		for _, n := range []string{"N 17:00", "X 17:00", "C 15:00", "A 15:59", "A 16:00", "A 23:00"} {
			s.Instructions = append(s.Instructions, Instruction{n[:1], at(n[2:])})
		}
	})
	if got := fmt.Sprint(settle(20, s).Sales[0].Instructions); got != "[nothing_paid nothing_paid not_refundable too_early ok duplicate]" {
		t.Errorf("got %s", got)
	}
	s.Instructions = []Instruction{{"A", at("21 16:00:01")}, {"A", at("21 16:00:02")}}
	if got := fmt.Sprint(settle(20, s).Sales[0].Instructions); got != "[late duplicate]" {
		t.Errorf("got %s", got)
	}
	s.Instructions = []Instruction{{"A", at("21 16:00")}}
	if got := fmt.Sprint(settle(20, s).Sales[0].Instructions); got != "[ok]" {
		t.Errorf("in the last instant: got %s", got)
	}
}

func TestTheWinnersDepositGoesIntoThePriceOrPaysForTheDefault(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sales []EndedSale
		want  WinnersDeposit // in 元
	}{
		"signed": {[]EndedSale{soldTo(signed(27))}, WinnersDeposit{AppliedToPrice: 100_000, LeftToPay: 1_200_000}},
		"deposit above the price": {
			[]EndedSale{soldTo(signed(27), func(s *EndedSale) { s.Price = ptr(60_000 * yuan) })}, WinnersDeposit{AppliedToPrice: 60_000},
		},
		"defaulted, not yet sold": {[]EndedSale{soldTo(costs(5_000))}, WinnersDeposit{ToCosts: 5_000, Held: 95_000}},
		"costs above the deposit": {[]EndedSale{soldTo(costs(130_000))}, WinnersDeposit{ToCosts: 100_000, Owes: 30_000}},
		"the gap above the rest": {
			[]EndedSale{soldTo(costs(5_000)), again(1_180_000)}, WinnersDeposit{ToCosts: 5_000, ToGap: 95_000, Owes: 25_000},
		},
		"the gap below the rest": {
			[]EndedSale{soldTo(costs(5_000)), again(1_290_000)}, WinnersDeposit{ToCosts: 5_000, ToGap: 10_000, Surplus: 85_000},
		},
		"sold for more": {[]EndedSale{soldTo(), again(1_400_000)}, WinnersDeposit{Surplus: 100_000}},
		"unsold in between": {
			[]EndedSale{soldTo(), soldTo(func(s *EndedSale) { s.Outcome = StateUnsold }), again(1_250_000)},
			WinnersDeposit{ToGap: 50_000, Surplus: 50_000},
		},
		"only the next one counts": {
			[]EndedSale{soldTo(), again(1_250_000), again(1_000_000)}, WinnersDeposit{ToGap: 50_000, Surplus: 50_000},
		},
		"costs and gap unpaid": {
			[]EndedSale{soldTo(costs(130_000)), again(1_200_000)}, WinnersDeposit{ToCosts: 100_000, Owes: 130_000},
		},
		"whatever its day": {
			[]EndedSale{soldTo(), func() EndedSale { s := again(1_250_000); s.EndedAt = at("19 16:00"); return s }()},
			WinnersDeposit{ToGap: 50_000, Surplus: 50_000},
		},
	} {
		got := *settle(29, c.sales...).Sales[0].Winner
		want := c.want
		for _, f := range []*money.Fen{&want.AppliedToPrice, &want.LeftToPay, &want.ToCosts, &want.ToGap, &want.Held, &want.Surplus, &want.Owes} {
			*f *= yuan
		}
		want.Code = "C"
		if got != want {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	if got := settle(27, soldTo(costs(5_000))).Sales[0].Winner; got.Held != 100_000*yuan || got.LeftToPay != 0 {
		t.Errorf("waiting: got %+v", got)
	}
}

func TestADefaulterIsBarredFromWhatFollows(t *testing.T) {
	t.Parallel()
	second := again(1_200_000) // A defaults too
	out := SettleDeposits(DepositRecord{Policy: DepositPolicy{SignWorkingDays: 5}, AsOf: may(29) + 60,
		Sales: []EndedSale{soldTo(), second, soldTo(signed(27)), soldTo()}})
	if got := fmt.Sprint(out.Sales[0].Barred, out.Sales[1].Barred, out.Sales[2].Barred, out.Sales[3].Barred); got != "[] [C] [A C] [A C]" {
		t.Errorf("got %s", got)
	}
	if !slices.Equal(out.Barred, []string{"C", "A"}) {
		t.Errorf("got %v", out.Barred)
	}
	if refunds := out.Sales[1].Refunds; len(refunds) != 1 || refunds[0].Code != "C" {
		t.Errorf("a barred bidder's deposit goes back too: %v", refunds)
	}
}

// Every 分 of a winner's deposit is somewhere.
func TestTheWinnersDepositIsSharedOutToTheFen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := func(name string) money.Fen { return money.Fen(rapid.Int64Range(0, 300_000_00).Draw(t, name)) }
		s, next := soldTo(costs(amount("costs")/yuan)), again(amount("next")/yuan)
		s.Bidders[1].Deposit, s.Price = amount("deposit"), ptr(amount("price"))
		sales := []EndedSale{s}
		if rapid.Bool().Draw(t, "resold") {
			sales = append(sales, next)
		}
		asOf := rapid.IntRange(20, 31).Draw(t, "as of")
		w := settle(asOf, sales...).Sales[0].Winner
		sum := w.AppliedToPrice + w.ToCosts + w.ToGap + w.Held + w.Surplus
		if sum != s.Bidders[1].Deposit {
			t.Fatalf("%s of %s: %+v", sum, s.Bidders[1].Deposit, w)
		}
		if w.Owes > 0 && w.Surplus > 0 || w.Owes > 0 && w.Held > 0 {
			t.Fatalf("owes and has: %+v", w)
		}
	})
}
