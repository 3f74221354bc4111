package reading_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/reading"
)

const today = "2026-11-28"

func need(text string) reading.Result { return reading.Need(text, today, demand.Descriptor().Sheet) }

// Each sentence gives these values and no others; what is unclear gives none.
func TestNeed_ReadsWhatASentenceSays(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text string
		want       map[string]string // without problem
	}{
		{"from and to", "脱硫剂寿命由45天提高到90天以上。", map[string]string{"targets.0.name": "脱硫剂寿命", "targets.0.present": "45",
			"targets.0.target": "≥90", "targets.0.unit": "天"}},
		{"now in one clause, wished in the next", "目前出口粉尘浓度为30mg/m³，要求出口粉尘浓度不超过 10mg/m³。", map[string]string{
			"targets.0.name": "出口粉尘浓度", "targets.0.present": "30", "targets.0.target": "≤10", "targets.0.unit": "mg/m³"}},
		{"wished without a name goes on with the last", "目前轴承寿命约8000小时，希望提高到 20000 小时以上。", map[string]string{
			"targets.0.name": "轴承寿命", "targets.0.target": "≥20000", "targets.0.unit": "小时"}},
		{"full-width figures", "要求纯度≥９９．９％。", map[string]string{"targets.0.name": "纯度", "targets.0.target": "≥99.9", "targets.0.unit": "%"}},
		{"two figures of one sentence", "要求回收率不低于95%，能耗小于120kWh/t。", map[string]string{"targets.0.name": "回收率", "targets.0.target": "≥95",
			"targets.0.unit": "%", "targets.1.name": "能耗", "targets.1.target": "<120", "targets.1.unit": "kWh/t"}},
		{"thousands", "要求产能达到1,250吨/天。", map[string]string{"targets.0.name": "产能", "targets.0.target": "1,250", "targets.0.unit": "吨/天"}},
		{"a range", "要求厚度控制在10—20微米。", map[string]string{"targets.0.name": "厚度", "targets.0.target": "10—20", "targets.0.unit": "微米"}},
		{"a condition is no target", "炉温高于500℃时强度急剧下降。", map[string]string{}},
		{"a fact is no target", "我厂年产能为30万吨。", map[string]string{}},
		{"what is not reached is no target", "现有工艺达不到95%的收率。", map[string]string{}},
		{"about is left to the person", "希望寿命达到100天左右。", map[string]string{}},
		{"no unit is left to the person", "要求噪声不超过70。", map[string]string{}},
		{"budget", "项目预算不超过80万元。", map[string]string{"budget.maxFen": "80"}},
		{"budget from below", "预算不低于80万元。", map[string]string{"budget.minFen": "80"}},
		{"budget as a range", "拟投入50—80万元。", map[string]string{"budget.minFen": "50", "budget.maxFen": "80"}},
		{"budget in yuan and in yi", "经费预算1200000元。", map[string]string{"budget.minFen": "120", "budget.maxFen": "120"}},
		{"spent already is no budget", "我公司已累计投入经费300万元。", map[string]string{}},
		{"turnover is no budget", "年产值5亿元。", map[string]string{}},
		{"every year is left to the person", "每年投入经费20万元。", map[string]string{}},
		{"two sums are left to the person", "预算首期50万元，二期100万元。", map[string]string{}},
		{"negotiable", "预算面议。", map[string]string{"budget.negotiable": "yes"}},
		{"deadline", "请在2027年3月31日前完成。", map[string]string{"deadline": "2027-03-31"}},
		{"a past deadline is left to the person", "请在2025年3月31日前完成。", map[string]string{}},
		{"a month is no day", "2027年6月前完成。", map[string]string{}},
		{"a founding day is no deadline", "公司成立于2027年3月31日。", map[string]string{}},
		{"tried and limits", "先后试用过两种国产催化剂，效果都不理想。改造时不能停产。", map[string]string{
			"tried": "先后试用过两种国产催化剂，效果都不理想。", "limits": "改造时不能停产。"}},
	}
	for _, c := range cases {
		got := need(c.text).Values()
		delete(got, "problem")
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

const form = `附件2：企业技术需求征集表
单位名称	敕勒川示范乳业有限公司	统一社会信用代码	91150000MA0EXAMPLE
联系人	其其格	联系电话	13800000000
技术需求名称	喷雾干燥塔尾气粉尘治理	技术领域	环境保护与资源综合利用
需解决的主要技术难题	干燥塔尾气粉尘浓度高，布袋易堵。
雨季更加明显。
预期目标	粉尘浓度≤10mg/m³；布袋寿命不低于24个月
拟投入资金（万元）	80	截止日期	2027年6月30日
所在地区	包头市昆都仑区	合作方式	☑合作开发 □转让
工艺路线	两级布袋`

func TestNeed_ReadsAUnitsOwnForm(t *testing.T) {
	t.Parallel()
	r := need(form)
	want := map[string]string{
		"title": "喷雾干燥塔尾气粉尘治理", "field": "07", "problem": "干燥塔尾气粉尘浓度高，布袋易堵。\n雨季更加明显。",
		"goals": "粉尘浓度≤10mg/m³；布袋寿命不低于24个月", "budget.minFen": "80", "budget.maxFen": "80", "deadline": "2027-06-30", "division": "150203",
		"cooperation": "joint_development", "background": "工艺路线：两级布袋",
		"targets.0.name": "粉尘浓度", "targets.0.target": "≤10", "targets.0.unit": "mg/m³",
		"targets.1.name": "布袋寿命", "targets.1.target": "≥24", "targets.1.unit": "个月",
	}
	if diff := cmp.Diff(want, r.Values()); diff != "" {
		t.Error(diff)
	}
	for path, v := range r.Values() {
		for _, private := range []string{"其其格", "13800000000", "91150000", "敕勒川"} {
			if strings.Contains(v, private) {
				t.Errorf("%s holds %s", path, private)
			}
		}
	}
	if !r.Withheld {
		t.Error("nobody is told that contact data was left out")
	}
}

func TestNeed_KeepsLettersOfAPastedText(t *testing.T) {
	t.Parallel()
	r := need("高炉煤气精脱硫\n我厂高炉煤气含硫高。目前硫含量为100mg/m³，要求硫含量不高于20mg/m³。\n联系人：王工 13800000000\n改造不能停产。")
	want := map[string]string{"title": "高炉煤气精脱硫", "problem": "我厂高炉煤气含硫高。目前硫含量为100mg/m³，要求硫含量不高于20mg/m³。", "limits": "改造不能停产。",
		"targets.0.name": "硫含量", "targets.0.present": "100", "targets.0.target": "≤20", "targets.0.unit": "mg/m³"}
	if diff := cmp.Diff(want, r.Values()); diff != "" {
		t.Error(diff)
	}
}

func TestAchievement_ReadsAnAbstractAndAPatent(t *testing.T) {
	t.Parallel()
	sheet := achievement.Descriptor().Sheet
	got := reading.Achievement("长寿命脱硫剂\n本成果针对脱硫剂寿命短的问题，采用复合载体。脱硫剂寿命由45天提高到90天。", today, sheet).Values()
	want := map[string]string{"title": "长寿命脱硫剂", "problem": "本成果针对脱硫剂寿命短的问题，采用复合载体。", "description": "脱硫剂寿命由45天提高到90天。",
		"advantages.0.name": "脱硫剂寿命", "advantages.0.present": "45", "advantages.0.ours": "90", "advantages.0.unit": "天"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = reading.Achievement("(54)发明名称 一种脱硫剂\n(57)摘要\n本发明公开了一种脱硫剂。", today, sheet).Values()
	if got["title"] != "一种脱硫剂" || !strings.Contains(got["description"], "本发明公开了一种脱硫剂。") {
		t.Errorf("%v", got)
	}
}

// Whatever is read: every quote stands at its place, every sure figure stands in the text, reading twice gives the same.
func FuzzNeed(f *testing.F) {
	f.Add(form)
	f.Add("由1天提高到2天\t\n：\x00由")
	f.Add("预算10-20万元，2027年3月31日前完成；１３８00000000")
	sheet := demand.Descriptor().Sheet
	f.Fuzz(func(t *testing.T, text string) {
		r := reading.Need(text, today, sheet)
		for _, found := range r.Found {
			if found.From < 0 || found.To > len(r.Text) || found.From > found.To {
				t.Fatalf("%+v lies outside the text", found)
			}
			if !found.Sure && found.Value != "" {
				t.Fatalf("%+v is unsure and has a value", found)
			}
			if digits := strings.TrimLeft(found.Value, "≥≤<>"); found.Sure && strings.HasSuffix(found.Path, ".target") &&
				!strings.Contains(digits, "—") &&
				!strings.Contains(r.Text[found.From:found.To], digits) {
				t.Fatalf("%+v does not stand in its sentence", found)
			}
		}
		if again := reading.Need(text, today, sheet); !cmp.Equal(r, again) {
			t.Fatal("the same text reads differently")
		}
		reading.Achievement(text, today, sheet)
	})
}

// Cells of a form that map to one field come together each under its heading, as the import of the same columns does; one alone keeps no
// heading.
func TestNeed_CellsOfOneFieldKeepTheirHeadings(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"技术需求名称\t转炉余热回收\n主要问题\t每年损失约 600 万元电费\n需解决的主要技术难题\t低温段换热器结垢、腐蚀\n",
		"技术需求名称\t转炉余热回收\n主要问题\t每年损失约 600 万元电费\t需解决的主要技术难题\t低温段换热器结垢、腐蚀\n",
		"技术需求名称：转炉余热回收\n主要问题：每年损失约 600 万元电费\n需解决的主要技术难题：低温段换热器结垢、腐蚀\n",
	} {
		got := reading.Need(text, "2026-11-29", demand.Descriptor().Sheet).Values()["problem"]
		if want := "主要问题：每年损失约 600 万元电费\n需解决的主要技术难题：低温段换热器结垢、腐蚀"; got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	one := reading.Need("技术需求名称\t转炉余热回收\n主要问题\t每年损失约 600 万元电费\n", "2026-11-29", demand.Descriptor().Sheet)
	if got := one.Values()["problem"]; got != "每年损失约 600 万元电费" {
		t.Errorf("alone: %q", got)
	}
}
