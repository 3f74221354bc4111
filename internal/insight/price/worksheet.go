package price

import (
	"math/big"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// The worksheets do the sums of the three ways in which a price is reasoned (资产评估 speaks of 收益法, 成本法, 市场法). They are no
// valuation: a report of a valuer needs two methods, a site visit and a signature.

// BP is a share in 1/10,000.
type BP = int64

// IncomeSheet is 收益法: what a licence fee on sales is worth today.
type IncomeSheet struct {
	Low, Base, High money.Fen // net sales of a year
	RoyaltyBP       BP        // of net sales
	RateBP          BP        // of discount, a year
	Years           int       // not beyond the life of the right
	HaircutBP       BP        // for what is not mature yet
}

// Worth is a worksheet's answer. Most names the input that moves the base value most when it is a tenth higher or lower.
type Worth struct {
	Low, Base, High money.Fen
	Most            string
}

// Check names what is wrong with the sheet.
func (s IncomeSheet) Check() error {
	var f fault.Fields
	f.Check(s.Low > 0 && s.Low <= s.Base && s.Base <= s.High && s.High <= money.Max, "base", "order", "请填写每年净销售额的低、中、高三个估计，从小到大")
	f.Check(s.RoyaltyBP > 0 && s.RoyaltyBP <= 10_000, "royalty", "range", "提成率应大于 0，不超过 100.00%")
	f.Check(s.RateBP >= 0 && s.RateBP <= 10_000, "rate", "range", "折现率应在 0 到 100.00% 之间")
	f.Check(s.Years >= 1 && s.Years <= 20, "years", "range", "年限应在 1 到 20 年之间，不超过专利剩余期限")
	f.Check(s.HaircutBP >= 0 && s.HaircutBP < 10_000, "haircut", "range", "未成熟折扣应在 0 到 99.99% 之间")
	return f.Err()
}

// worth is Σ sales × royalty × (1 − haircut) / (1 + rate)^t over the years, in 分, half up; each argument in tenths of itself.
func (s IncomeSheet) worth(sales money.Fen, royalty, rate, years, haircut int64) money.Fen {
	scaled := func(v, tenths, unit int64) *big.Rat { return big.NewRat(v*tenths, unit*10) }
	yearly := new(big.Rat).Mul(new(big.Rat).SetInt64(int64(sales)), scaled(s.RoyaltyBP, royalty, 10_000))
	yearly.Mul(yearly, new(big.Rat).Sub(big.NewRat(1, 1), scaled(s.HaircutBP, haircut, 10_000)))
	by := new(big.Rat).Add(big.NewRat(1, 1), scaled(s.RateBP, rate, 10_000))
	sum, factor := new(big.Rat), big.NewRat(1, 1)
	for range max(1, int(int64(s.Years)*years/10)) {
		factor.Quo(factor, by)
		sum.Add(sum, factor)
	}
	return round(sum.Mul(sum, yearly))
}

// Worth does the sums.
func (s IncomeSheet) Worth() Worth {
	at := func(sales money.Fen) money.Fen { return s.worth(sales, 10, 10, 10, 10) }
	w := Worth{Low: at(s.Low), Base: at(s.Base), High: at(s.High)}
	var most money.Fen
	for _, x := range []struct {
		name          string
		fewer, higher money.Fen
	}{{"净销售额", s.worth(s.Base*9/10, 10, 10, 10, 10), s.worth(s.Base*11/10, 10, 10, 10, 10)},
		{"提成率", s.worth(s.Base, 9, 10, 10, 10), s.worth(s.Base, 11, 10, 10, 10)},
		{"折现率", s.worth(s.Base, 10, 9, 10, 10), s.worth(s.Base, 10, 11, 10, 10)},
		{"年限", s.worth(s.Base, 10, 10, 9, 10), s.worth(s.Base, 10, 10, 11, 10)},
		{"未成熟折扣", s.worth(s.Base, 10, 10, 10, 9), s.worth(s.Base, 10, 10, 10, 11)}} {
		if by := max(x.fewer-x.higher, x.higher-x.fewer); by > most {
			most, w.Most = by, x.name
		}
	}
	return w
}

// CostSheet is 成本法: what it would cost to make it again.
type CostSheet struct {
	Labour, Material, Equipment, Fees money.Fen
	IndexBP                           BP // of prices since then, 10,000 for none
	ObsoleteBP                        BP
}

// Check names what is wrong with the sheet.
func (s CostSheet) Check() error {
	var f fault.Fields
	sum := s.Labour + s.Material + s.Equipment + s.Fees
	f.Check(min(s.Labour, s.Material, s.Equipment, s.Fees) >= 0 && sum > 0 && sum <= money.Max, "labour", "sum", "请至少填写一项成本")
	f.Check(s.IndexBP >= 5_000 && s.IndexBP <= 50_000, "index", "range", "价格指数应在 50% 到 500% 之间，没有变化填 100")
	f.Check(s.ObsoleteBP >= 0 && s.ObsoleteBP < 10_000, "obsolete", "range", "贬值率应在 0 到 99.99% 之间")
	return f.Err()
}

// Worth does the sums; the range is a tenth of the index up and down.
func (s CostSheet) Worth() Worth {
	sum := s.Labour + s.Material + s.Equipment + s.Fees
	at := func(tenths int64) money.Fen {
		r := big.NewRat(int64(sum), 1)
		return round(r.Mul(r, big.NewRat(s.IndexBP*tenths*(10_000-s.ObsoleteBP), 10*10_000*10_000)))
	}
	w, most := Worth{Low: at(9), Base: at(10), High: at(11)}, money.Fen(0)
	for _, x := range []struct {
		name string
		part money.Fen
	}{{"人工", s.Labour}, {"材料", s.Material}, {"设备", s.Equipment}, {"专利费用", s.Fees}} {
		if x.part > most {
			most, w.Most = x.part, x.name
		}
	}
	return w
}

// MarketSheet is 市场法: the quartiles of comparable contracts, moved by factors that are reasoned one by one.
type MarketSheet struct {
	Of                                     Range
	MaturityBP, ScopeBP, TermBP, PaymentBP BP // 10,000 for alike
}

// Check names what is wrong with the sheet.
func (s MarketSheet) Check() error {
	var f fault.Fields
	for _, x := range []struct {
		path string
		bp   BP
	}{{"maturity", s.MaturityBP}, {"scope", s.ScopeBP}, {"term", s.TermBP}, {"payment", s.PaymentBP}} {
		f.Check(x.bp >= 2_000 && x.bp <= 50_000, x.path, "range", "修正系数应在 20% 到 500% 之间，没有差别填 100")
	}
	return f.Err()
}

// Worth does the sums.
func (s MarketSheet) Worth() Worth {
	at := func(v money.Fen) money.Fen {
		r := big.NewRat(int64(v), 1)
		for _, bp := range []BP{s.MaturityBP, s.ScopeBP, s.TermBP, s.PaymentBP} {
			r.Mul(r, big.NewRat(bp, 10_000))
		}
		return round(r)
	}
	w, most := Worth{Low: at(s.Of.Q1), Base: at(s.Of.Median), High: at(s.Of.Q3)}, BP(0)
	for _, x := range []struct {
		name string
		bp   BP
	}{{"成熟度", s.MaturityBP}, {"独占程度", s.ScopeBP}, {"年限", s.TermBP}, {"付款方式", s.PaymentBP}} {
		if by := max(x.bp-10_000, 10_000-x.bp); by > most {
			most, w.Most = by, x.name
		}
	}
	return w
}

// round is half up to 分, no more than the largest amount.
func round(r *big.Rat) money.Fen {
	twice := new(big.Int).Add(new(big.Int).Mul(r.Num(), big.NewInt(2)), r.Denom())
	twice.Quo(twice, new(big.Int).Mul(r.Denom(), big.NewInt(2)))
	if !twice.IsInt64() || twice.Int64() > int64(money.Max) {
		return money.Max
	}
	return money.Fen(twice.Int64())
}
