// Package plan follows the indicators of a plan: what was aimed at, what is known, and what can honestly be said about it.
//
// A plan is rows of data, so that the next plan needs no code. The four verdicts are 已达到, 进度内, 滞后 and 无法判断; a figure that is
// missing is named, never guessed.
//
// Source: docs/rules/replay.md §10.
package plan

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
)

// Kind says how a target is meant.
type Kind string

// The kinds of targets.
const (
	Level      Kind = "level"       // to reach a value (or, with a target below the base, to come down to it)
	AtLeast    Kind = "at_least"    // 以上
	Range      Kind = "range"       // 2–3: met from the lower bound on
	About      Kind = "about"       // 左右: no verdict
	YearlyMean Kind = "yearly_mean" // 年均: the geometric mean of yearly growth lies strictly above
	EachYear   Kind = "each_year"   // every year of the plan on its own
	Coverage   Kind = "coverage"    // a share of a denominator, in percent
)

// Paths between base and target.
const (
	Geometric = "geometric"
	Linear    = "linear"
)

// Verdict is one of four words.
type Verdict string

// The verdicts.
const (
	Reached Verdict = "已达到"
	OnTrack Verdict = "进度内"
	Behind  Verdict = "滞后"
	Unknown Verdict = "无法判断"
)

// What may be missing beside years.
const (
	MissingValue       = "value"
	MissingDenominator = "denominator"
)

// Row is an indicator of a plan.
type Row struct {
	Kind       Kind      `json:"kind" words:"level at_least range about yearly_mean each_year coverage"`
	Base       *fact.Dec `json:"base"` // nil counts as 0
	BaseYear   int       `json:"base_year" min:"1900" max:"2200"`
	Target     *fact.Dec `json:"target"`
	Low        *fact.Dec `json:"low"` // of a range
	High       *fact.Dec `json:"high"`
	TargetYear int       `json:"target_year" min:"1900" max:"2200"`
	Path       string    `json:"path" words:"geometric linear none"`
	Decimals   int       `json:"decimals" min:"0" max:"12"` // of the printed path
}

// Check refuses a row without the figure that its kind aims at.
func (r Row) Check() (key string, why fault.Sentence) {
	switch {
	case r.Kind == Range && r.Low == nil:
		return "low", "区间类指标应有下限"
	case r.Kind != Range && r.Kind != About && r.Target == nil:
		return "target", "这一类指标应有目标值"
	case r.TargetYear < r.BaseYear:
		return "target_year", "早于基期年"
	case r.Kind == YearlyMean && r.Target.Rat().Cmp(lossOfAll()) < 0:
		return "target", "增速不能低于 -100"
	default:
		return "", ""
	}
}

// lossOfAll is the lowest growth in percent that a figure can have.
func lossOfAll() *big.Rat { return big.NewRat(-100, 1) }

// YearValue is a figure of a year.
type YearValue struct {
	Year  int      `json:"year" min:"1900" max:"2200"`
	Value fact.Dec `json:"value"`
}

// Facts are an indicator with what is known of it.
type Facts struct {
	Row          Row         `json:"row"`
	Values       []YearValue `json:"values"`
	Denominators []YearValue `json:"denominators"`
	AsOfYear     int         `json:"as_of_year" min:"1900" max:"2200"`
}

// Check refuses growth that leaves less than nothing.
func (f Facts) Check() (key string, why fault.Sentence) {
	for i, v := range f.Values {
		if f.Row.Kind == YearlyMean && v.Value.Rat().Cmp(lossOfAll()) < 0 {
			return fmt.Sprintf("values[%d].value", i), "增速不能低于 -100"
		}
	}
	return "", ""
}

// Progress is what can be said about an indicator.
type Progress struct {
	Year     *int      `json:"year"` // of the value that was judged
	Value    *fact.Dec `json:"value"`
	Progress *string   `json:"progress"` // percent, one decimal; each_year: years met/years of the plan
	Path     *string   `json:"path"`     // where the path stands in that year (测算)
	Verdict  Verdict   `json:"verdict"`
	Missing  []string  `json:"missing"`
}

// Judge says how far an indicator is. Values after the year of asking do not exist; of two values of one year the later listed, which
// mends the earlier, counts.
func Judge(f Facts) Progress {
	values := map[int]fact.Dec{}
	for _, v := range f.Values {
		if v.Year <= f.AsOfYear {
			values[v.Year] = v.Value
		}
	}
	switch f.Row.Kind {
	case YearlyMean:
		return yearlyMean(f, values)
	case EachYear:
		return eachYear(f, values)
	default:
		return single(f, values)
	}
}

// latest puts the last of the years that have a value into the answer.
func (p *Progress) latest(values map[int]fact.Dec) {
	for year, value := range values {
		if p.Year == nil || year > *p.Year {
			p.Year, p.Value = &year, &value
		}
	}
}

// single judges the kinds that look at the last value alone.
func single(f Facts, values map[int]fact.Dec) Progress {
	p := Progress{Verdict: Unknown}
	p.latest(values)
	if p.Year == nil {
		p.Missing = []string{MissingValue}
		return p
	}
	over := *p.Year >= f.Row.TargetYear
	switch f.Row.Kind {
	case Range:
		p.Verdict = reachedOr(p.Value.Rat().Cmp(f.Row.Low.Rat()) >= 0, over)
	case Coverage:
		coverage(f, &p, over)
	case Level, AtLeast:
		level(f.Row, &p, over)
	}
	return p
}

// reachedOr judges what has no path: before the target year nothing is said.
func reachedOr(met, over bool) Verdict {
	switch {
	case met:
		return Reached
	case over:
		return Behind
	default:
		return Unknown
	}
}

func coverage(f Facts, p *Progress, over bool) {
	var of *big.Rat
	for _, d := range f.Denominators {
		if d.Year == *p.Year {
			of = d.Value.Rat()
		}
	}
	if of == nil || of.Sign() == 0 {
		p.Missing = []string{MissingDenominator}
		return
	}
	share := new(big.Rat).Quo(p.Value.Rat(), of)
	share.Mul(share, big.NewRat(100, 1))
	text := fact.Round(share, 1)
	p.Progress = &text
	p.Verdict = reachedOr(share.Cmp(f.Row.Target.Rat()) >= 0, over)
}

func level(r Row, p *Progress, over bool) {
	base, target, v := new(big.Rat), r.Target.Rat(), p.Value.Rat()
	if r.Base != nil {
		base = r.Base.Rat()
	}
	whole := new(big.Rat).Sub(target, base)
	if whole.Sign() != 0 {
		share := new(big.Rat).Sub(v, base)
		share.Quo(share, whole).Mul(share, big.NewRat(100, 1))
		text := fact.Round(share, 1)
		p.Progress = &text
	}
	better := func(than *big.Rat) bool { return v.Cmp(than) >= 0 }
	if whole.Sign() < 0 {
		better = func(than *big.Rat) bool { return v.Cmp(than) <= 0 }
	}
	p.Path = pathAt(r, base, target, *p.Year)
	switch {
	case better(target):
		p.Verdict = Reached
	case over:
		p.Verdict = Behind
	case p.Path == nil:
		p.Verdict = Unknown
	case better(fact.Dec(*p.Path).Rat()): // the printed figure decides: what people read is what is compared
		p.Verdict = OnTrack
	default:
		p.Verdict = Behind
	}
}

// pathAt is where the path stands in a year after the base year and up to the target year, as it is printed. A geometric path needs a
// base and a target above 0.
func pathAt(r Row, base, target *big.Rat, year int) *string {
	i, n := year-r.BaseYear, r.TargetYear-r.BaseYear
	if i <= 0 || i > n {
		return nil
	}
	var at *big.Rat
	switch r.Path {
	case Linear:
		at = new(big.Rat).Sub(target, base)
		at.Mul(at, big.NewRat(int64(i), int64(n))).Add(at, base)
	case Geometric:
		if base.Sign() <= 0 || target.Sign() <= 0 {
			return nil
		}
		at = root(new(big.Rat).Mul(power(base, n-i), power(target, i)), n, r.Decimals+2)
	default:
		return nil
	}
	text := fact.Round(at, r.Decimals)
	return &text
}

// needed are the years of the plan that have passed.
func (f Facts) needed() []int {
	var years []int
	for y := f.Row.BaseYear + 1; y <= min(f.AsOfYear, f.Row.TargetYear); y++ {
		years = append(years, y)
	}
	return years
}

func missingYears(years []int, values map[int]fact.Dec) []string {
	var missing []string
	for _, y := range years {
		if _, ok := values[y]; !ok {
			missing = append(missing, strconv.Itoa(y))
		}
	}
	return missing
}

// yearlyMean multiplies the growth of all years; the comparison is exact, only the printed mean is rounded.
func yearlyMean(f Facts, values map[int]fact.Dec) Progress {
	p := Progress{Verdict: Unknown}
	years := f.needed()
	inside := map[int]fact.Dec{}
	for _, y := range years {
		if v, ok := values[y]; ok {
			inside[y] = v
		}
	}
	p.latest(inside)
	p.Missing = missingYears(years, values)
	if len(p.Missing) > 0 || p.Year == nil {
		return p
	}
	product := big.NewRat(1, 1)
	for _, y := range years {
		product.Mul(product, factor(inside[y]))
	}
	mean := root(product, len(years), 6)
	mean.Sub(mean, big.NewRat(1, 1)).Mul(mean, big.NewRat(100, 1))
	text := fact.Round(mean, 1)
	p.Progress = &text
	switch {
	case product.Cmp(power(factor(*f.Row.Target), len(years))) <= 0:
		p.Verdict = Behind
	case *p.Year >= f.Row.TargetYear:
		p.Verdict = Reached
	default:
		p.Verdict = OnTrack
	}
	return p
}

// factor is what a growth in percent multiplies by.
func factor(growth fact.Dec) *big.Rat {
	r := growth.Rat()
	return r.Quo(r, big.NewRat(100, 1)).Add(r, big.NewRat(1, 1))
}

func eachYear(f Facts, values map[int]fact.Dec) Progress {
	p := Progress{Verdict: OnTrack}
	p.latest(values)
	years := f.needed()
	target := f.Row.Target.Rat()
	cmp := func(y int) int { return values[y].Rat().Cmp(target) }
	has := func(y int) bool { _, ok := values[y]; return ok }
	met := 0
	for _, y := range years {
		if has(y) && cmp(y) >= 0 {
			met++
		}
	}
	text := fmt.Sprintf("%d/%d", met, f.Row.TargetYear-f.Row.BaseYear)
	p.Progress = &text
	p.Missing = missingYears(years, values)
	switch {
	case p.Year == nil:
		p.Verdict = Unknown
	case slices.ContainsFunc(years, func(y int) bool { return has(y) && cmp(y) < 0 }):
		p.Verdict = Behind
	case len(p.Missing) > 0:
		p.Verdict = Unknown
	case f.AsOfYear >= f.Row.TargetYear:
		p.Verdict = Reached
	}
	return p
}
