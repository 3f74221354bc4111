package codes_test

import (
	"slices"
	"strings"
	"testing"

	"techmarket/internal/foundation/codes"
)

func TestEveryListIsWhole(t *testing.T) {
	t.Parallel()
	sizes := map[codes.List]int{
		codes.ContractClass: 24, codes.Field: 19, codes.IPKind: 11, codes.PlanSource: 5, codes.SocialGoal: 13,
		codes.PartyNature: 49, codes.Payment: 5, codes.EnterpriseScale: 0, codes.Industry: 20, codes.TRL: 9,
		codes.Cooperation: 7, codes.Refusal: 11, codes.IntakeRefusal: 3, codes.RevocationGround: 4,
		codes.CostKind: 6, codes.Decline: 7, codes.BrokerLevel: 3, codes.Evaluation44731: 5, codes.Evaluation45997: 5,
	}
	if got, want := len(codes.Lists()), len(sizes); got != want {
		t.Errorf("lists: got %d, want %d", got, want)
	}
	for _, l := range codes.Lists() {
		items := l.Items()
		if want, ok := sizes[l]; !ok || len(items) != want {
			t.Errorf("%s: got %d items, want %d", l, len(items), want)
		}
		if info := l.Info(); info.Title == "" || (info.Source == "" && !info.Unverified) {
			t.Errorf("%s has no source: %+v", l, info)
		}
		seen := map[string]bool{}
		for _, it := range items {
			if it.Label == "" || seen[it.Code] || (it.Parent != "" && !seen[it.Parent]) {
				t.Errorf("%s: bad item %+v", l, it)
			}
			seen[it.Code] = true
			if !l.Has(it.Code) || l.Label(it.Code) != it.Label {
				t.Errorf("%s does not find its own %s", l, it.Code)
			}
		}
	}
	if got := codes.ContractClass.Label("0701"); got != "0701" {
		t.Errorf("an unknown code reads as itself: got %s", got)
	}
	if got := len(codes.ContractClass.Leaves()); got != 19 {
		t.Errorf("classes to choose from: got %d, want 19", got)
	}
	if got := codes.ContractClass.Children(""); len(got) != 5 || got[2].Label != "技术许可" {
		t.Errorf("top level: got %v", got)
	}
}

func TestListsAreCopies(t *testing.T) {
	t.Parallel()
	codes.TRL.Items()[0].Label = "x"
	if codes.TRL.Label("1") != "原理" {
		t.Error("a caller changed the list")
	}
}

func TestPlanHasTwentyAreasAnd136Topics(t *testing.T) {
	t.Parallel()
	areas, topics := 0, 0
	for _, topic := range codes.Topics() {
		if topic.Broad {
			areas++
		} else {
			topics++
		}
		if len(topic.Keywords) == 0 || slices.Contains(topic.Keywords, "") || topic.Source == "" {
			t.Errorf("bad topic %+v", topic)
		}
	}
	if areas != 20 || topics != 136 {
		t.Errorf("got %d areas and %d topics", areas, topics)
	}
	if topic, ok := codes.TopicByCode("0702"); !ok || topic.Name != "稀土永磁材料与电机" {
		t.Errorf("0702: got %+v", topic)
	}
}

func TestTopicsTakeTheLongestKeywordAndEachStretchOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"新型储氢电池的循环寿命", "0305"},   // not 0400 储氢
		{"高端医疗设备国产化", "0908"},     // not 1900 医疗
		{"粉煤灰综合利用", "0606 1707"},  // on purpose in both
		{"稀土永磁电机与永磁电机控制", "0702"}, // the same topic twice is one hit
		{"风光互补制氢", "0204 0400"},   // topic first, area after
		{"二氧化碳捕集（ｃｃｕｓ）", "1801"},  // full-width and case
		{"企业年会策划", ""},
		{"", ""},
	} {
		var got []string
		for _, h := range codes.MatchTopics(c.text) {
			got = append(got, h.Code)
			if len(h.Matched) == 0 {
				t.Errorf("%s: %s without a keyword", c.text, h.Code)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %v, want %s", c.text, got, c.want)
		}
	}
}

func BenchmarkMatchTopics(b *testing.B) {
	text := strings.Repeat("高炉煤气羰基硫水解干法脱硫一体化吸附剂，适用于钢铁企业余热回收与固废资源化。", 10)
	for b.Loop() {
		codes.MatchTopics(text)
	}
}
