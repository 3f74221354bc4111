package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fact/facttest"
	"techmarket/internal/insight/plan"
)

func TestSharedCasesComeOutKeyByKey(t *testing.T) {
	t.Parallel()
	facttest.Run(t, "progress", fact.Of(plan.Judge))
}

func dec(s string) *fact.Dec {
	if s == "" {
		return nil
	}
	d := fact.Dec(s)
	return &d
}

// say puts an answer on one line: year value progress path verdict missing.
func say(p plan.Progress) string {
	text := func(s *string) string {
		if s == nil {
			return "-"
		}
		return *s
	}
	year, value := "-", "-"
	if p.Year != nil {
		year, value = fmt.Sprint(*p.Year), string(*p.Value)
	}
	return strings.Join([]string{year, value, text(p.Progress), text(p.Path), string(p.Verdict), strings.Join(p.Missing, ",")}, " ")
}

func years(s string) []plan.YearValue {
	var list []plan.YearValue
	for f := range strings.FieldsSeq(s) {
		var y int
		var v string
		if _, err := fmt.Sscanf(f, "%d=%s", &y, &v); err != nil {
			panic(err)
		}
		list = append(list, plan.YearValue{Year: y, Value: fact.Dec(v)})
	}
	return list
}

func TestOneLineOfEachRule(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, kind, base, target, path, values, of string
		decimals, asOf                             int
		want                                       string
	}{
		{"no base counts as nothing", "at_least", "", "40", "linear", "2022=20", "", 0, 2022, "2022 20 50.0 16 进度内 "},
		{"the printed path decides", "level", "0", "1", "linear", "2021=0.1", "", 0, 2021, "2021 0.1 10.0 0 进度内 "},
		{"on a rounded-up path one is behind", "level", "0", "3", "linear", "2021=0.6", "", 0, 2021, "2021 0.6 20.0 1 滞后 "},
		{"lower is better: met", "level", "50", "30", "linear", "2023=30.0", "", 1, 2023, "2023 30.0 100.0 38.0 已达到 "},
		{"lower is better: at the path", "level", "50", "30", "linear", "2023=38", "", 1, 2023, "2023 38 60.0 38.0 进度内 "},
		{"lower is better: above the path", "level", "50", "30", "geometric", "2022=42", "", 1, 2022, "2022 42 40.0 40.8 滞后 "},
		{"base equal to target has no progress", "level", "5", "5", "linear", "2022=4", "", 1, 2022, "2022 4 - 5.0 滞后 "},
		{"in the base year there is no path", "level", "10", "20", "linear", "2020=10", "", 1, 2022, "2020 10 0.0 - 无法判断 "},
		{"after the target year neither", "level", "10", "20", "linear", "2026=19", "", 1, 2026, "2026 19 90.0 - 滞后 "},
		{"met after the target year", "level", "10", "20", "linear", "2026=20", "", 1, 2026, "2026 20 100.0 - 已达到 "},
		{"beyond the target, unclipped", "level", "10", "20", "none", "2022=35", "", 1, 2022, "2022 35 250.0 - 已达到 "},
		{"a geometric path needs a base", "level", "", "20", "geometric", "2022=3", "", 1, 2022, "2022 3 15.0 - 无法判断 "},
		{"a geometric path needs it above nothing", "level", "-1", "20", "geometric", "2022=3.2", "", 1, 2022, "2022 3.2 20.0 - 无法判断 "},
		{"progress near nothing has no sign", "level", "0", "10000", "none", "2022=-0.1", "", 1, 2022, "2022 -0.1 0.0 - 无法判断 "},
		{"a later listed value mends one of its year", "level", "0", "10", "none", "2022=4 2022=10", "", 1, 2022, "2022 10 100.0 - 已达到 "},
		{"above a range is met too", "range", "", "", "none", "2022=9", "", 1, 2022, "2022 9 - - 已达到 "},
		{"about has no verdict even without value", "about", "", "2.5", "none", "", "", 1, 2022, "- - - - 无法判断 value"},
		{"mean above target inside the plan", "yearly_mean", "", "12", "none", "2021=12 2022=12.1", "", 1, 2022, "2022 12.1 12.0 - 进度内 "},
		{"mean in the target year", "yearly_mean", "", "-1", "none", "2021=0 2022=0 2023=0 2024=0 2025=0 2026=-50", "", 1, 2027,
			"2025 0 0.0 - 已达到 "},
		{"mean with the last year missing", "yearly_mean", "", "12", "none", "2020=9 2021=20", "", 1, 2023, "2021 20 - - 无法判断 2022,2023"},
		{"mean without any value", "yearly_mean", "", "12", "none", "", "", 1, 2022, "- - - - 无法判断 2021,2022"},
		{"mean before the first year", "yearly_mean", "", "12", "none", "2020=9", "", 1, 2020, "- - - - 无法判断 "},
		{"a mean below nothing rounds away from it", "yearly_mean", "", "12", "none", "2021=-0.05", "", 1, 2021, "2021 -0.05 -0.1 - 滞后 "},
		{"everything lost", "yearly_mean", "", "-100", "none", "2021=-100 2022=50", "", 1, 2022, "2022 50 -100.0 - 滞后 "},
		{"each year, one missing", "each_year", "", "100", "none", "2022=100", "", 1, 2022, "2022 100 1/5 - 无法判断 2021"},
		{"each year, short beats missing", "each_year", "", "100", "none", "2022=99.99", "", 1, 2023, "2022 99.99 0/5 - 滞后 2021,2023"},
		{"each year, all done", "each_year", "", "1", "none", "2021=1 2022=1 2023=1 2024=1 2025=1 2026=0", "", 1, 2026, "2026 0 5/5 - 已达到 "},
		{"each year without any value", "each_year", "", "1", "none", "", "", 1, 2021, "- - 0/5 - 无法判断 2021"},
		{"coverage with the denominator of another year", "coverage", "", "90", "none", "2022=9", "2021=10", 1, 2022,
			"2022 9 - - 无法判断 denominator"},
		{"coverage over nothing", "coverage", "", "90", "none", "2025=9", "2025=0.0", 1, 2025, "2025 9 - - 无法判断 denominator"},
		{"coverage judged exactly, printed rounded", "coverage", "", "90", "none", "2025=89999", "2025=100000", 1, 2025, "2025 89999 90.0 - 滞后 "},
		{"coverage before the target year", "coverage", "", "90", "none", "2024=8", "2024=10", 1, 2024, "2024 8 80.0 - 无法判断 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := plan.Facts{Values: years(c.values), Denominators: years(c.of), AsOfYear: c.asOf, Row: plan.Row{
				Kind: plan.Kind(c.kind), Base: dec(c.base), BaseYear: 2020, Target: dec(c.target), TargetYear: 2025, Path: c.path,
				Decimals: c.decimals}}
			if c.kind == "range" {
				f.Row.Low = dec("2")
			}
			if got := say(plan.Judge(f)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestWhatIsMalformedIsNamed(t *testing.T) {
	t.Parallel()
	const good = `{"row":{"kind":"level","base":"1","base_year":2020,"target":"2","low":null,"high":null,"target_year":2025,` +
		`"path":"none","decimals":1},` +
		`"values":[{"year":2021,"value":"1"}],"denominators":[],"as_of_year":2021}`
	for key, c := range map[string][2]string{
		"row.kind":        {`"level"`, `"levels"`},
		"row.target":      {`"target":"2"`, `"target":null`},
		"row.low":         {`"level"`, `"range"`},
		"row.target_year": {`"target_year":2025`, `"target_year":2019`},
		"row.decimals":    {`"decimals":1`, `"decimals":-1`},
		"values[0].value": {`"value":"1"`, `"value":"1e3"`},
		"values[0].year":  {`"year":2021`, `"year":"2021"`},
		"row.unit":        {`"kind"`, `"unit":"x","kind"`},
		"as_of_year":      {`,"as_of_year":2021`, ``},
	} {
		facttest.Refused(t, fact.Of(plan.Judge), strings.Replace(good, c[0], c[1], 1), key)
	}
	low := strings.Replace(strings.Replace(good, `"level"`, `"yearly_mean"`, 1), `"value":"1"`, `"value":"-100.01"`, 1)
	facttest.Refused(t, fact.Of(plan.Judge), low, "values[0].value")
}

// A geometric path ends at the target, and on the way it never turns back.
func TestAPathGoesFromBaseToTarget(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string) string {
			return fmt.Sprintf("%d.%02d", rapid.IntRange(1, 5000).Draw(t, name), rapid.IntRange(0, 99).Draw(t, name))
		}
		base, target := number("base"), number("target")
		row := plan.Row{Kind: plan.Level, Base: dec(base), BaseYear: 2020, Target: dec(target), TargetYear: rapid.IntRange(2021,
			2040).Draw(t, "end"),
			Path: rapid.SampledFrom([]string{"geometric", "linear"}).Draw(t, "path"), Decimals: 2}
		before := fact.Dec(base).Rat()
		for y := 2021; y <= row.TargetYear; y++ {
			p := plan.Judge(plan.Facts{Row: row, Values: []plan.YearValue{{Year: y, Value: "0"}}, AsOfYear: y})
			at := fact.Dec(*p.Path).Rat()
			if at.Cmp(before)*fact.Dec(target).Rat().Cmp(fact.Dec(base).Rat()) < 0 {
				t.Fatalf("%s → %s goes the wrong way in %d: %s", base, target, y, *p.Path)
			}
			before = at
		}
		if before.Cmp(fact.Dec(target).Rat()) != 0 {
			t.Errorf("%s → %s ends at %s", base, target, before.FloatString(4))
		}
	})
}
