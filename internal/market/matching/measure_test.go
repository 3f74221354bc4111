package matching

import (
	"context"
	"strings"
	"testing"

	"techmarket/internal/foundation/fault"
	"techmarket/search"
)

// A reason names a figure only where the same thing is measured in the same unit and the bound is kept.
func TestAddMeasures_NamesTheFigureThatKeepsTheBound(t *testing.T) {
	t.Parallel()
	a, err := analyzer()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ need, offer, want string }{
		{"纯度 ≥ 99.9 %，杂质低", "产品纯度达到99.95%", "指标达到：纯度 99.95%（要求不低于 99.9%）"},
		{"纯度不低于99.9%", "产品纯度 99.5%", ""},
		{"纯度不低于99.9%", "回收率 99.95%", ""},
		{"出口粉尘浓度不超过 10 mg/m³", "粉尘浓度降到 5mg·m-3", "指标达到：出口粉尘浓度 5mg·m-3（要求不超过 10mg/m³）"},
		{"出口粉尘浓度不超过 10 mg/m³", "粉尘浓度不低于 5 mg/m³", ""},
		{"使用温度1200℃以上", "使用温度可达 1 250 摄氏度", "指标达到：使用温度 1250摄氏度（要求不低于 1200℃）"},
		{"工作温度低于零下40℃", "工作温度 -45℃", "指标达到：工作温度 -45℃（要求不超过 -40℃）"},
		{"批间CV 不超过 8%", "批间CV 31%", ""},
		{"批间CV不超过8%", "批间CV 降到 6 %", "指标达到：批间cv 6%（要求不超过 8%）"},
		{"温度 20～40℃", "温度 30℃", ""},
		{"2025 年前投产，预算 200 万元", "2020 年通过鉴定", ""},
	} {
		items := []Match{
			{Document: search.Document{Body: c.offer}, Explained: Explained{Words: []string{"纯度"}, Reasons: []string{"都讲到：纯度", "b", "c"}}},
		}
		addMeasures(a, search.Document{Title: "高纯材料", Body: c.need}, items)
		got := ""
		for _, r := range items[0].Explained.Reasons {
			if strings.HasPrefix(r, "指标达到") {
				got = r
			}
		}
		if got != c.want {
			t.Errorf("%s / %s: %q, want %q", c.need, c.offer, got, c.want)
		}
		if n := len(items[0].Explained.Reasons); n != maxReasons || items[0].Explained.Reasons[0] != "都讲到：纯度" {
			t.Errorf("%s: reasons %q", c.need, items[0].Explained.Reasons)
		}
	}
}

type fixedOrder map[string]float64

func (o fixedOrder) Rerank(_ context.Context, _ string, documents []string) ([]float64, error) {
	if o == nil {
		return nil, fault.New(fault.Unavailable, "reranker_unavailable", "重排服务暂时不可用。")
	}
	out := make([]float64, len(documents))
	for i, d := range documents {
		for part, value := range o {
			if strings.Contains(d, part) {
				out[i] = value
			}
		}
	}
	return out, nil
}

// A re-ranker decides about the order and nothing else; one that is away changes nothing and is said.
func TestReranker_OrdersTheFirstMatches(t *testing.T) {
	t.Parallel()
	f := market(t, shelf()...)
	plain := find(t, f, Request{Listing: need(), Under: true})
	if len(plain.Items) < 2 {
		t.Fatalf("found %s", ids(plain))
	}
	f.SetReranker(fixedOrder(nil))
	if away := find(t, f, Request{Listing: need(), Under: true}); ids(away) != ids(plain) || away.Notice == "" {
		t.Errorf("away: %s, notice %q; want %s and a notice", ids(away), away.Notice, ids(plain))
	}
	last := plain.Items[1]
	f.SetReranker(fixedOrder{last.Document.Title: 3})
	got := find(t, f, Request{Listing: need(), Under: true})
	if got.Items[0].Document.ID != last.Document.ID || got.Items[0].Explained.Score != last.Explained.Score ||
		len(got.Items) != len(plain.Items) {
		t.Errorf("reranked: %s, want %s first with its own score", ids(got), last.Document.ID)
	}
}
