package enginetest

import (
	"fmt"
	"testing"

	"techmarket/search"
)

func chinese(t *testing.T, e search.Engine) {
	index(t, e,
		doc("rare", "稀土永磁材料制备", "产物为 Nd-Fe-B 磁体，使用温度 -40℃"),
		doc("gas", "高炉煤气精脱硫工艺", "待处理烟气含 SiO2 粉尘，Q235B 钢制塔器"),
		doc("site", "在建工程智能监测", "基于可编程逻辑控制器的系统"),
		doc("latin", "Graphene membrane", "desalination of water"),
	)
	for _, c := range []struct {
		text   string
		prefix bool
		want   []string
	}{
		{"稀土", false, []string{"rare"}},
		{"稀", true, []string{"rare"}},
		{"稀", false, []string{"rare"}},
		{"煤", false, []string{"gas"}},
		{"稀土永", true, []string{"rare"}},
		{"xitu", false, []string{"rare"}},
		{"xit", true, []string{"rare"}},
		{"xt", false, []string{"rare"}},
		{"xtyc", true, []string{"rare"}},
		{"gaolumeiqi", true, []string{"gas"}},
		{"稀土永磁材料", false, []string{"rare"}},
		{"稀土永磁材料", true, []string{"rare"}},
		{"永磁 稀土", false, []string{"rare"}},
		{"高爐煤氣", false, []string{"gas"}},
		{"ｇｒａｐｈｅｎｅ", false, []string{"latin"}},
		{"GRAPHENE", false, []string{"latin"}},
		{"grapheme", false, []string{"latin"}},
		{"desalinatoin", false, []string{"latin"}},
		{"graph", true, []string{"latin"}},
		{"处理", false, []string{"gas"}},
		{"工程", false, []string{"site"}},
		{"PLC", false, []string{"site"}},
		{"plc", false, []string{"site"}},
		{"钕铁硼", false, []string{"rare"}},
		{"二氧化硅", false, []string{"gas"}},
		{"Nd-Fe-B", false, []string{"rare"}},
		{"-40℃", false, []string{"rare"}},
		{"SiO2", false, []string{"gas"}},
		{"SiO₂", false, []string{"gas"}},
		{"Q235B", false, []string{"gas"}},
		{"q235", true, []string{"gas"}},
		{"Q345", false, nil},
		{"量子纠缠", false, nil},
	} {
		t.Run(fmt.Sprintf("%s prefix=%v", c.text, c.prefix), func(t *testing.T) {
			res := find(t, e, search.Query{Text: c.text, Prefix: c.prefix})
			wantIDs(t, res, c.want...)
			if res.Relaxed {
				t.Error("relaxed, want all words found")
			}
		})
	}
	res := find(t, e, search.Query{Text: "稀土 量子纠缠"})
	if wantIDs(t, res, "rare"); !res.Relaxed {
		t.Error("some words missing, want Relaxed")
	}
}

func figures(t *testing.T, e search.Engine) {
	index(t, e,
		doc("joined", "高纯石英砂", "纯度 99.999%，烧结温度1200℃，杂质不超过50ppm"),
		doc("apart", "高纯氧化铝", "纯度９９．９９９ ％，烧结温度 1 200 摄氏度，杂质不超过 50 ppm"),
		doc("cold", "耐寒电缆", "在−45℃ 环境工作，年产10万吨"),
		doc("winter", "耐寒橡胶", "零下45摄氏度不脆裂，年产 100,000 t"),
		doc("hot", "耐热橡胶", "45℃、1201℃"),
	)
	pure, cold := []string{"joined", "apart"}, []string{"cold", "winter"}
	for text, want := range map[string][]string{
		"99.999%": pure, "99.999 %": pure, "99.999": pure, "1200℃": pure, "1200 ℃": pure, "1,200度": pure, "1 200 °C": pure, "1200": pure,
		"50ppm": pure, "50 ppm": pure, "石英砂 99.999 %": {"joined"},
		"-45℃": cold, "−45 ℃": cold, "零下45度": cold, "零下45℃ 橡胶": {"winter"}, "10万吨": cold, "100000t": cold,
	} {
		t.Run(text, func(t *testing.T) {
			res := find(t, e, search.Query{Text: text, Highlight: true})
			wantIDs(t, res, want...)
			for _, h := range res.Hits {
				if _, marked := join(h.Highlights["body"]); len(marked) == 0 {
					t.Errorf("%s: the figure is not marked: %v", h.ID, h.Highlights)
				}
			}
		})
	}
}

func names(t *testing.T, e search.Engine) {
	index(t, e,
		doc("pv", "光伏组件回收", ""), doc("battery", "锂离子电池隔膜", ""), doc("magnet", "稀土永磁体制备", ""),
		doc("hydrogen", "固态储氢装置", ""), doc("store", "氢能储存与运输", ""), doc("potato", "马铃薯脱毒种薯", ""),
		doc("olefin", "煤制烯烃催化剂", ""), doc("english", "Photovoltaic module", ""),
		doc("straw", "秸秆堆肥菌剂", ""), doc("salt", "盐湖卤水制碳酸锂", ""), doc("mine", "露天矿山粉尘治理", ""),
	)
	for text, want := range map[string][]string{
		"PV": {"pv", "english"}, "photovoltaic": {"pv", "english"}, "光伏": {"pv", "english"}, "lithium battery": {"battery"},
		"Lithium-ion batteries": {"battery"}, "hydrogen storage": {"hydrogen", "store"}, "氢储": {"hydrogen", "store"},
		"rare earth permanent magnet": {"magnet"}, "tudou": {"potato"}, "td": {"potato"}, "煤烯": {"olefin"},
		"straw": {"straw"}, "composting": {"straw"}, "lithium": {"battery", "salt"}, "碳酸锂": {"salt"}, "dust": {"mine"}, "mine": {"mine"},
		"\u200b光\u202d伏\u2060": {"pv", "english"},
	} {
		t.Run(text, func(t *testing.T) { wantIDs(t, find(t, e, search.Query{Text: text}), want...) })
	}
}

func plainText(t *testing.T, e search.Engine) {
	index(t, e, doc("a1", "耐温 -40℃ 密封材料", `"双引号" 与 (括号) 和 <b>粗体</b>`), doc("a2", "普通材料", ""))
	for _, text := range []string{"密封 -材料", `"密封材料`, `密封"材料"`, "+密封", "密封*", "(密封)", `\密封`, "密封~", "/密封/", "密封^", "[密封]", "密封 !材料"} {
		wantIDs(t, find(t, e, search.Query{Text: text}), "a1")
	}
}

// suggestion: "您是不是要找" is said only when sure: the word finds nothing, what sounds the same finds something.
func suggestion(t *testing.T, e search.Engine) {
	a1 := doc("a1", "稀土永磁电机", "")
	a1.Facets = map[string][]string{"field": {"04"}}
	index(t, e, a1, doc("a2", "西土瓦", "一处遗址"))
	for _, c := range []struct {
		text    string
		filters []search.Filter
		want    string
	}{
		{"溪土", nil, "稀土"},
		{"西土瓦 量子", nil, ""}, // 西土瓦 is there: 量子 is what is missing
		{"溪土 量子", nil, ""},  // nothing is found with 稀土 either
		{"溪土", []search.Filter{search.AnyOf("field", "05")}, ""},
	} {
		if res := find(t, e, search.Query{Text: c.text, Filters: c.filters}); res.Suggestion != c.want {
			t.Errorf("%s: suggestion %q, want %q", c.text, res.Suggestion, c.want)
		}
	}
}
