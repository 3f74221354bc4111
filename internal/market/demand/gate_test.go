package demand_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"techmarket/internal/foundation/money"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
)

func there(parts []listing.GatePart) []string {
	var out []string
	for _, p := range parts {
		if p.There {
			out = append(out, p.Code)
		}
	}
	return out
}

func TestGate_FindsThePartsInRunningText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"我们厂的设备经常坏，想找人解决。", nil},
		{"焦炉煤气脱硫剂目前寿命只有 45 天。", []string{"present"}},
		{"脱硫剂寿命要求不低于 90 天", []string{"target"}},
		{"希望把粉尘浓度由 30 mg/m³ 降到 10 mg/m³ 以下", []string{"present", "target"}},
		{"粉尘浓度 30 → 10 mg/m³", []string{"present", "target"}},
		{"改造不能停产，占地不超过原有车间。", []string{"limits"}},
		{"先后试用过两家的布袋除尘器，效果不理想。", []string{"tried"}},
		{"项目预算约１２０万元", []string{"budget"}},
		{"预算面议", []string{"budget"}},
		{"方案由总工程师审批。", []string{"decider"}},
		{"目前回收率 62%，要求达到 75% 以上；不得增加药剂消耗；曾试用新型捕收剂，仍不稳定；投入不超过 80 万元；由选矿厂厂长决定。",
			[]string{"present", "target", "limits", "tried", "budget", "decider"}},
	} {
		if got := there((demand.Content{Problem: tc.text}).Gate()); !slices.Equal(got, tc.want) {
			t.Errorf("%q: got %v, want %v", tc.text, got, tc.want)
		}
	}
}

func TestGate_CountsFieldsAndQuotesText(t *testing.T) {
	t.Parallel()
	parts := (demand.Content{Problem: "目前寿命 45 天。", Targets: []demand.Target{{Name: "寿命", Target: "90"}}, Limits: "不停产", Tried: "无",
		Budget: listing.Range{MinFen: 10 * money.WanYuan}, DecisionOwner: "厂长"}).Gate()
	if got := demand.GatePercent(parts); got != 100 {
		t.Errorf("percent: got %d, want 100: %+v", got, parts)
	}
	if !strings.HasPrefix(parts[0].Quote, "目前寿命") {
		t.Errorf("quote of the present value: got %q", parts[0].Quote)
	}
	if parts[1].Quote != "" {
		t.Errorf("a field is not a quote: got %q", parts[1].Quote)
	}
	for _, p := range (demand.Content{}).Gate() {
		if p.There || p.Ask == "" || p.Path == "" {
			t.Errorf("an empty need misses every part and says what to add: %+v", p)
		}
	}
}

func TestAlike_TellsTheSameNeedFromANeighbour(t *testing.T) {
	t.Parallel()
	a := demand.Content{Title: "焦炉煤气干法脱硫剂寿命提升", Problem: "脱硫剂目前寿命四十五天，希望提高到九十天以上。"}
	for _, tc := range []struct {
		name string
		b    demand.Content
		same bool
	}{
		{"itself", a, true},
		{"other signs and spaces", demand.Content{Title: "焦炉煤气 干法脱硫剂，寿命提升", Problem: a.Problem}, true},
		{"a word more", demand.Content{Title: "提升焦炉煤气干法脱硫剂的寿命", Problem: "脱硫剂目前寿命四十五天，要提高到九十天以上"}, true},
		{"same field", demand.Content{Title: "高炉煤气湿法脱硫废液处理", Problem: "脱硫废液含盐高，处理成本每吨六百元。"}, false},
		{"empty", demand.Content{}, false},
	} {
		got := demand.Alike(a, tc.b)
		if (got >= demand.AlikeFrom) != tc.same || got < 0 || got > 1 {
			t.Errorf("%s: got %.2f, want same=%v", tc.name, got, tc.same)
		}
	}
}

func FuzzGate(f *testing.F) {
	f.Add("目前 45 天，要求 90 天")
	f.Add("\xff\x00→<")
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range (demand.Content{Problem: text}).Gate() {
			if p.Quote != "" && (!p.There || utf8.RuneCountInString(p.Quote) > 200) {
				t.Errorf("%q: %+v", text, p)
			}
		}
		if got := demand.Alike(demand.Content{Title: text, Problem: text}, demand.Content{Title: text, Problem: text}); got < 0 ||
			got > 1.0000001 {
			t.Errorf("%q: alike %f", text, got)
		}
	})
}
