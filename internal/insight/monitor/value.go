package monitor

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
)

type cellKey struct{ side, dim, key string }

type sums map[cellKey]Sum

func (s sums) total(side string) Sum { return s[cellKey{side, "total", ""}] }

// keys are the keys of a breakdown, the largest C first.
func (s sums) keys(side, dim string) (out []string) {
	for k := range s {
		if k.side == side && k.dim == dim {
			out = append(out, k.key)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(cmp.Compare(s[cellKey{side, dim, b}].C, s[cellKey{side, dim, a}].C), cmp.Compare(a, b))
	})
	return out
}

// where sums the keys of a breakdown that are meant.
func (s sums) where(side, dim string, meant func(key string) bool) (sum Sum) {
	for k, v := range s {
		if k.side == side && k.dim == dim && meant(k.key) {
			sum.add(v)
		}
	}
	return sum
}

// Value is one figure with its definition. A structure has one for each key.
type Value struct {
	Indicator
	Key     string `json:"key"`     // of a structure: class, field, partner …; "" the figure itself
	Dim     string `json:"dim"`     // what the key is of
	Side    string `json:"side"`    // whose contracts stand behind it: filed, output, absorption
	Shown   string `json:"value"`   // as it is read; "" where there is none
	Before  string `json:"before"`  // the same days of the year before
	Growth  string `json:"growth"`  // percent or percentage points with the sign, or why there is none
	Missing string `json:"missing"` // why there is no value
}

func wan(f money.Fen) string { return f.MulRatio(1, int64(money.WanYuan/100)).Grouped() }

// grown says a growth as the page prints it.
func grown(now, base int64, few bool, say func(int64) string) string {
	switch g := growth(now, base, few, say).(type) {
	case Moved:
		return g.Value + "%"
	case Both:
		return g.Base + " → " + g.Now
	default:
		return "上年同期为 0"
	}
}

func (f facts) count(v Value, of func(sums) Sum) Value {
	now, before := of(f.now).Items, of(f.before).Items
	say := func(n int64) string { return strconv.FormatInt(n, 10) }
	v.Shown, v.Before, v.Growth = say(int64(now)), say(int64(before)), grown(int64(now), int64(before), before < f.policy.GrowthMin, say)
	return v.over()
}

func (f facts) amount(v Value, of func(sums) Sum, pick func(Sum) money.Fen) Value {
	now, before := of(f.now), of(f.before)
	say := func(n int64) string { return wan(money.Fen(n)) }
	v.Shown, v.Before = wan(pick(now)), wan(pick(before))
	v.Growth = grown(int64(pick(now)), int64(pick(before)), before.Items < f.policy.GrowthMin, say)
	return v.over()
}

// share is a ratio of sums in percent; its movement is in percentage points, of the unrounded shares.
func (f facts) share(v Value, num, den func(sums) money.Fen) Value {
	p := fact.Percent(int64(num(f.now)), int64(den(f.now)))
	if p == nil {
		v.Missing = "分母为 0"
		return v
	}
	v.Shown = *p
	if before := fact.Percent(int64(num(f.before)), int64(den(f.before))); before != nil {
		v.Before = *before
		diff := big.NewRat(int64(num(f.now)), int64(den(f.now)))
		diff.Sub(diff, big.NewRat(int64(num(f.before)), int64(den(f.before))))
		v.Growth = signed(diff.Mul(diff, big.NewRat(100, 1))) + " 个百分点"
	}
	return v.over()
}

// over drops the growth where the series breaks with this version of the definition.
func (v Value) over() Value {
	if v.Breaks {
		v.Before, v.Growth = "", "口径变化"
	}
	return v
}

func amountOf(s Sum) money.Fen    { return s.C }
func technicalOf(s Sum) money.Fen { return s.T }

func whole(side string) func(sums) Sum { return func(s sums) Sum { return s.total(side) } }

func c(of func(sums) Sum) func(sums) money.Fen { return func(s sums) money.Fen { return of(s).C } }

func part(side, dim string, meant func(string) bool) func(sums) Sum {
	return func(s sums) Sum { return s.where(side, dim, meant) }
}

// The sides as the sums by day have them.
const (
	filedSide = "filed"
	inSide    = "absorption"
)

// value works one indicator out. What single parties could be read from is for the desk only.
func (f facts) value(d Indicator, r Reading) []Value {
	v := Value{Indicator: d, Side: filedSide}
	side := func(name string) Value {
		v.Side = name
		return v
	}
	inside := func(key string) bool {
		return key == r.Area || r.Area == region.Root && len(key) == 6 && key[:2] == region.Root[:2]
	}
	is := func(keys ...string) func(string) bool { return func(k string) bool { return slices.Contains(keys, k) } }
	not := func(keys ...string) func(string) bool {
		return func(k string) bool { return !slices.Contains(keys, k) }
	}
	switch d.Code {
	case "M01":
		return []Value{f.count(v, whole(filedSide))}
	case "M02":
		return []Value{f.amount(v, whole(filedSide), amountOf)}
	case "M03":
		return []Value{f.amount(v, whole(filedSide), technicalOf)}
	case "M04":
		return []Value{f.share(v, func(s sums) money.Fen { return s.total(filedSide).T }, c(whole(filedSide)))}
	case "M05":
		return []Value{f.mean(v)}
	case "M06":
		return []Value{f.per(v, "gdp", "地区生产总值", 100)}
	case "M07":
		return []Value{f.per(v, "population", "常住人口", 10_000)}
	case "M08", "M09", "M12":
		return f.structure(v, r, map[string]string{"M08": "class", "M09": "field", "M12": "goal"}[d.Code])
	case "M10":
		return []Value{f.share(v, c(part(filedSide, "ip", not("99", ""))), c(whole(filedSide)))}
	case "M11":
		return []Value{f.share(v, c(part(filedSide, "plan", not("9", ""))), c(whole(filedSide)))}
	case "M13":
		return []Value{f.share(side(Output), c(part(Output, "seller", is("enterprise"))), c(whole(Output)))}
	case "M15":
		return []Value{f.amount(side(Output), part(Output, "seller", is("university", "institute")), amountOf)}
	case "M16":
		return []Value{f.amount(side(Output), whole(Output), amountOf)}
	case "M17":
		return []Value{f.amount(side(inSide), whole(inSide), amountOf)}
	case "M18":
		return []Value{f.share(side(Output), c(part(Output, "partner", inside)), c(whole(Output)))}
	case "M19":
		return []Value{f.ratio(v)}
	case "M20":
		return f.partners(v, r, func(k string) bool { return len(k) == 6 && !inside(k) })
	case "M21":
		return f.partners(v, r, func(k string) bool { return len(k) == 3 })
	case "M24":
		v.Side, v.Shown = Output, strconv.Itoa(f.sellers)
		return []Value{v}
	case "M25":
		return []Value{f.coverage(v, r)}
	}
	v.Missing = "尚未接入"
	return []Value{v}
}

func (f facts) mean(v Value) Value {
	t := f.now.total(filedSide)
	if t.Items <= 0 {
		v.Missing = "没有合同"
		return v
	}
	v.Shown = wan(t.C.MulRatio(1, int64(t.Items)))
	if b := f.before.total(filedSide); b.Items > 0 {
		v.Before = wan(b.C.MulRatio(1, int64(b.Items)))
	}
	return v.over()
}

// per divides C by a figure that somebody entered, times a number: 亿元 of C over 亿元 in percent, or over ten thousand people.
func (f facts) per(v Value, indicator, name string, times int64) Value {
	e, ok := f.external[indicator]
	var den fact.Dec
	if !ok || den.UnmarshalText([]byte(e.Value)) != nil || den.Rat().Sign() <= 0 {
		v.Missing = "缺分母：" + name
		return v
	}
	unit := money.WanYuan // 万元 for every ten thousand people
	if indicator == "gdp" {
		unit = money.YiYuan // GDP is entered in 亿元
	}
	x := new(big.Rat).Quo(big.NewRat(int64(f.now.total(filedSide).C), int64(unit)), den.Rat())
	v.Shown, v.Note = fact.Round(x.Mul(x, big.NewRat(times, 1)), 2), name+"："+e.Source+" "+e.Edition
	return v
}

func (f facts) structure(v Value, r Reading, dim string) (out []Value) {
	if !r.Desk {
		v.Missing = "分项只供科技主管部门查看"
		return []Value{v}
	}
	for _, key := range f.now.keys(filedSide, dim) {
		one := v
		one.Dim, one.Key = dim, key
		out = append(out, f.share(one, c(part(filedSide, dim, func(k string) bool { return k == key })), c(whole(filedSide))))
	}
	if len(out) == 0 {
		v.Missing = "没有合同"
		return []Value{v}
	}
	return out
}

func (f facts) ratio(v Value) Value {
	q := fact.Quotient(int64(f.now.total(inSide).C), int64(f.now.total(Output).C), 2)
	if q == nil {
		v.Missing = "输出为 0"
		return v
	}
	v.Shown = *q
	if b := fact.Quotient(int64(f.before.total(inSide).C), int64(f.before.total(Output).C), 2); b != nil {
		v.Before = *b
	}
	return v.over()
}

// partners are what went to and came from places outside, one value a direction.
func (f facts) partners(v Value, r Reading, meant func(string) bool) (out []Value) {
	if !r.Desk {
		v.Missing = "分项只供科技主管部门查看"
		return []Value{v}
	}
	for _, side := range []string{Output, inSide} {
		for _, key := range f.now.keys(side, "partner") {
			if meant(key) {
				one := v
				one.Side, one.Dim, one.Key = side, "partner", key
				out = append(out, f.amount(one, part(side, "partner", func(k string) bool { return k == key }), amountOf))
			}
		}
	}
	if len(out) == 0 {
		v.Missing = "没有合同"
		return []Value{v}
	}
	return out
}

func (f facts) coverage(v Value, r Reading) Value {
	all := 0
	for _, l := range region.Leagues() {
		for _, d := range region.Children(l.Code) {
			if d.Kind == region.CountyKind && region.Inside(d.Code, r.Area) {
				all++
			}
		}
	}
	if p := fact.Percent(int64(f.covered), int64(all)); p != nil {
		v.Shown, v.Note = *p, strconv.Itoa(f.covered)+" / "+strconv.Itoa(all)+" 个旗县"
	}
	return v
}
