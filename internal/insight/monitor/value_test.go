package monitor

import (
	"maps"
	"testing"

	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
)

func day(side, dim, key string, items int, c money.Fen) sums {
	return sums{{side, dim, key}: {N: 1, Items: items, C: c * money.WanYuan, T: c * money.WanYuan / 2}}
}

func joined(all ...sums) sums {
	out := sums{}
	for _, s := range all {
		maps.Copy(out, s)
	}
	return out
}

func shownAs(f facts, code string, desk bool, breaks bool) Value {
	return f.value(Indicator{Code: code, Breaks: breaks}, Reading{Area: region.Root, Desk: desk})[0]
}

func TestValue_SaysAGrowthOnlyWhereItMeansSomething(t *testing.T) {
	t.Parallel()
	f := facts{policy: Policy{GrowthMin: 5},
		now: joined(day(filedSide, "total", "", 605, 200), day(Output, "total", "", 7, 70), day(inSide, "total", "", 10, 105),
			day(filedSide, "ip", "none", 1, 150), day(filedSide, "ip", "patent", 1, 50),
			day(Output, "partner", "150200", 2, 35), day(Output, "partner", "110000", 1, 35)),
		before: joined(day(filedSide, "total", "", 479, 100), day(Output, "total", "", 4, 50), day(Output, "partner", "150200", 2, 10))}
	for _, c := range []struct{ rule, code, shown, growth string }{
		{"605 against 479", "M01", "605", "+26.3%"},
		{"an amount in 万元", "M02", "200.00", "+100.0%"},
		{"a share moves in points", "M18", "50.0", "+30.0 个百分点"},
		{"few contracts: both values", "M16", "70.00", "50.00 → 70.00"},
		{"nothing before", "M17", "105.00", "上年同期为 0"},
		{"what concerns no right is no part of it, and there was none before", "M10", "25.0", "+25.0 个百分点"},
		{"absorption over output", "M19", "1.50", ""},
	} {
		if v := shownAs(f, c.code, true, false); v.Shown != c.shown || v.Growth != c.growth {
			t.Errorf("%s: %s is %q, growth %q; want %q, %q", c.rule, c.code, v.Shown, v.Growth, c.shown, c.growth)
		}
	}
	if v := shownAs(f, "M02", true, true); v.Growth != "口径变化" || v.Before != "" {
		t.Errorf("growth over a break: %q from %q", v.Growth, v.Before)
	}
	if v := shownAs(f, "M06", true, false); v.Missing != "缺分母：地区生产总值" {
		t.Errorf("a rate without its denominator: %+v", v)
	}
	f.external = map[string]External{"gdp": {Value: "0.4", Source: "公报"}}
	if v := shownAs(f, "M06", true, false); v.Shown != "5.00" { // 0.02 of 0.4 亿元
		t.Errorf("C over GDP: %q", v.Shown)
	}
	if v := shownAs(f, "M20", false, false); v.Shown != "" || v.Missing == "" {
		t.Errorf("the public reads a flow: %+v", v)
	}
	if v := shownAs(f, "M99", true, false); v.Missing != "尚未接入" {
		t.Errorf("an indicator that nobody works out: %+v", v)
	}
}

func TestYearBefore_IsTheSameDay(t *testing.T) {
	t.Parallel()
	for day, want := range map[string]string{"2026-04-10": "2025-04-10", "2024-02-29": "2023-02-28", "2025-02-28": "2024-02-28"} {
		if got := yearBefore(day); got != want {
			t.Errorf("%s: got %s, want %s", day, got, want)
		}
	}
}
