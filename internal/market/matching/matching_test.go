package matching

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/facet"
	"techmarket/search"
	"techmarket/search/local"
	"techmarket/search/zh"
)

var analyzer = sync.OnceValues(func() (*zh.Analyzer, error) { return zh.New() })

var now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func name(facet, code string) string { return facet + code }

func achievement(id, title, body string) search.Document {
	return search.Document{ID: id, Kind: "achievement", Version: 1, Title: title, Body: body,
		Facets: map[string][]string{}, Numbers: map[string]int64{}}
}

// market indexes documents in memory and learns from them.
func market(t testing.TB, docs ...search.Document) *Finder {
	t.Helper()
	a, err := analyzer()
	if err != nil {
		t.Fatal(err)
	}
	bare, err := local.Open("", a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bare.Close() })
	e := Prepared{bare, a}
	ctx := context.Background()
	if err := e.Index(ctx, docs...); err != nil {
		t.Fatal(err)
	}
	m, err := Learn(ctx, a, each(docs))
	if err != nil {
		t.Fatal(err)
	}
	return NewFinder(e, a, m, DefaultWeights(), func() time.Time { return now }, name)
}

func each(docs []search.Document) func(func(search.Document, error) bool) {
	return func(yield func(search.Document, error) bool) {
		for _, d := range docs {
			if !yield(d, nil) {
				return
			}
		}
	}
}

func need() search.Document {
	return search.Document{ID: "d1", Kind: "demand", Version: 1, Title: "高炉煤气精脱硫",
		Body:   "现有湿法脱硫产生废水，希望采用干法脱硫工艺，降低硫化氢含量，用于钢铁企业，耐温 -40℃。",
		Facets: map[string][]string{}, Numbers: map[string]int64{}}
}

func shelf() []search.Document {
	return []search.Document{
		achievement("a1", "高炉煤气干法精脱硫催化剂", "采用干法工艺，硫化氢含量降低到 10 mg，已在钢铁企业应用。"),
		achievement("a2", "高炉煤气余压发电", "利用高炉煤气余压，提高发电效率。"),
		achievement("a3", "奶牛饲料配方", "提高产奶量，降低成本。"),
		achievement("a4", "烟气脱硝技术", "用于电厂烟气处理。"),
	}
}

func find(t *testing.T, f *Finder, r Request) Matches {
	t.Helper()
	if r.Want == "" {
		r.Want = "achievement"
	}
	if r.Limit == 0 {
		r.Limit = 20
	}
	got, err := f.Find(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func ids(m Matches) string {
	var out []string
	for _, i := range m.Items {
		out = append(out, i.Document.ID)
	}
	return strings.Join(out, " ")
}

func TestTheFittingAchievementComesFirstAndSaysWhy(t *testing.T) {
	t.Parallel()
	got := find(t, market(t, shelf()...), Request{Listing: need()})
	if len(got.Items) == 0 || got.Items[0].Document.ID != "a1" || strings.Contains(ids(got), "a3") && !strings.HasSuffix(ids(got), "a3") {
		t.Fatalf("found %q; want a1 first and the cows last or nowhere", ids(got))
	}
	e := got.Items[0].Explained
	if len(e.Reasons) == 0 || !strings.HasPrefix(e.Reasons[0], "都在解决：") || !strings.Contains(e.Reasons[0], "高炉煤气") {
		t.Errorf("reasons = %q; want the matched words, joined to phrases, first", e.Reasons)
	}
	if e.Weights != DefaultWeights().Version || e.ID != "a1" || e.Version != 1 {
		t.Errorf("explained %+v; want id and versions", e)
	}
}

func TestFiguresUnitsAndCommonWordsAreNoReasons(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"40": false, "1d9": false, "95pct": false, "300whkg": false, "不超过": false,
		"缩短": false, "neg40c": false,
		"的": false, "硫": false, "精脱硫": true, "石墨": true} {
		if got := (queryTerm{text: text, says: 1, stop: text == "的"}).telling(); got != want {
			t.Errorf("%s is a reason: %v, want %v", text, got, want)
		}
	}
	if (queryTerm{text: "公司", says: .1}).telling() {
		t.Error("a word that says nothing of a subject is a reason")
	}
	q := &Query{words: []queryTerm{{text: "材料", says: 1, rare: 2}, {text: "石墨烯", says: 1, rare: 5}}}
	if q.special("材料") || !q.special("石墨烯材料") {
		t.Error("材料 alone is a reason, or 石墨烯材料 is none")
	}
}

func TestShownPhrasesHoldNoStopWordsAndNoCutWords(t *testing.T) {
	t.Parallel()
	n := need()
	n.Title, n.Body = "赤泥的脱碱和巷道充填", "赤泥的堆存占地，希望脱碱后用于充填。"
	docs := append(shelf(), achievement("a9", "赤泥的脱碱工艺", "赤泥的脱碱和巷道充填已经应用。"))
	for _, m := range find(t, market(t, docs...), Request{Listing: n}).Items {
		for _, w := range m.Explained.Words {
			if strings.ContainsAny(w, "的和") {
				t.Errorf("phrases %q; want none with 的 or 和", m.Explained.Words)
			}
		}
	}
}

func TestNothingIsOfferedThatSharesNoWord(t *testing.T) {
	t.Parallel()
	good := need()
	good.Title, good.Body = "好", ""
	fits := append(shelf(), achievement("a5", "高炉煤气布袋除尘", "除尘效果好，滤袋寿命长。"))
	for _, m := range find(t, market(t, fits...), Request{Listing: good}).Items {
		if len(m.Explained.Words) == 0 {
			t.Errorf("%s is offered with %q and without a word in common", m.Document.ID, m.Explained.Reasons)
		}
	}
}

func TestMatchingGoesBothWays(t *testing.T) {
	t.Parallel()
	f := market(t, append(shelf(), need())...)
	got := find(t, f, Request{Listing: shelf()[0], Want: "demand"})
	if ids(got) != "d1" {
		t.Errorf("the achievement finds %q, want the need", ids(got))
	}
}

func TestHardConstraintsFilterAndAreCounted(t *testing.T) {
	t.Parallel()
	docs := shelf()
	docs[0].Numbers[facet.Maturity] = 4
	docs[1].Numbers[facet.Maturity] = 8
	f := market(t, docs...)
	f.weights.Threshold = 0
	got := find(t, f, Request{Listing: need(), Hard: []search.Filter{search.Between(facet.Maturity, 6, 9)}})
	if ids(got) != "a2" || got.Filtered == 0 {
		t.Errorf("found %q, filtered %d; want a2 and the others counted", ids(got), got.Filtered)
	}
}

func TestWhatAPersonMayNotSeeIsNoCandidateAndNotCounted(t *testing.T) {
	t.Parallel()
	docs := shelf()
	for i := range docs {
		docs[i].Facets["visibility"] = []string{"public"}
	}
	docs[0].Facets["visibility"] = []string{"org:9"}
	got := find(t, market(t, docs...), Request{Listing: need(), Visible: []search.Filter{search.AnyOf("visibility", "public")}})
	if strings.Contains(ids(got), "a1") || got.Filtered != 0 {
		t.Errorf("found %q, filtered %d; want no trace of a1", ids(got), got.Filtered)
	}
}

func TestAtMostTwoOfOneOrganisationAreAmongTheFirstTen(t *testing.T) {
	t.Parallel()
	var docs []search.Document
	for i := range 30 {
		d := achievement(fmt.Sprintf("a%02d", i), "高炉煤气脱硫", strings.Repeat("废水。", i))
		d.Facets[facet.Org] = []string{fmt.Sprint(min(i/5, 9))}
		docs = append(docs, d)
	}
	for i := range 60 { // others, so that the words mean something
		docs = append(docs, achievement(fmt.Sprintf("b%02d", i), "奶牛饲料配方", "提高产奶量"))
	}
	f := market(t, docs...)
	f.weights.Threshold = 0
	got := find(t, f, Request{Listing: need(), Limit: 30})
	orgs := map[string]int{}
	for _, m := range got.Items[:min(10, len(got.Items))] {
		orgs[m.Document.Facets[facet.Org][0]]++
	}
	for org, n := range orgs {
		if n > 2 {
			t.Errorf("organisation %s has %d of the first ten", org, n)
		}
	}
	if len(got.Items) != 30 {
		t.Errorf("%d items; want all 30, the thinned ones behind the tenth", len(got.Items))
	}
}

func TestWhatLiesUnderTheLineIsCountedAndListedOnRequest(t *testing.T) {
	t.Parallel()
	f := market(t, shelf()...)
	f.weights.Threshold = 0
	all := find(t, f, Request{Listing: need()})
	if len(all.Items) < 2 || all.Under != 0 {
		t.Fatalf("found %q, under %d; want some behind the best", ids(all), all.Under)
	}
	f.weights.Threshold = all.Items[1].Explained.Score + .01
	got := find(t, f, Request{Listing: need()})
	if ids(got) != "a1" || got.Under < len(all.Items)-1 {
		t.Errorf("found %q, under %d; want a1 alone and the %d others counted", ids(got), got.Under, len(all.Items)-1)
	}
	if got := find(t, f, Request{Listing: need(), Under: true}); len(got.Items) < 2 {
		t.Errorf("found %q; want what lies under the line too", ids(got))
	}
}

func TestAMarketOfOneOrganisationIsListedWhole(t *testing.T) {
	t.Parallel()
	var docs []search.Document
	for i := range 4 {
		d := achievement(fmt.Sprintf("b%d", i), "高炉煤气脱硫", strings.Repeat("废水。", i))
		d.Facets[facet.Org] = []string{"1"}
		docs = append(docs, d)
	}
	f := market(t, append(docs, shelf()[1:]...)...)
	f.weights.Threshold = 0
	if got := find(t, f, Request{Listing: need()}); len(got.Items) < 4 {
		t.Errorf("found %q; want all four of the organisation", ids(got))
	}
}

func TestBandsFallWithTheScoreAndAreMeasured(t *testing.T) {
	t.Parallel()
	last := 1.0
	for _, c := range Calibrations() {
		if share := float64(c.Useful) / float64(c.Pairs); share >= last {
			t.Errorf("band %v: %v useful, not less than the band above", c.Band, share)
		} else {
			last = share
		}
		if BandOf(c.From) != c.Band {
			t.Errorf("a score of %v is %v, want %v", c.From, BandOf(c.From), c.Band)
		}
	}
}

func TestATitleInTheFirstLineCountsAsOne(t *testing.T) {
	t.Parallel()
	a, err := analyzer()
	if err != nil {
		t.Fatal(err)
	}
	m, err := Learn(context.Background(), a, each(shelf()))
	if err != nil {
		t.Fatal(err)
	}
	for label, c := range map[string]struct {
		listing search.Document
		head    string
		whole   bool
	}{
		"title and text":   {search.Document{Title: "高炉煤气脱硫", Body: "现有工艺产生废水。"}, "高炉煤气脱硫", true},
		"first line":       {search.Document{Body: "高炉煤气脱硫\n现有工艺产生废水。"}, "高炉煤气脱硫", true},
		"one line":         {search.Document{Body: "高炉煤气脱硫，现有工艺产生废水。"}, "", false},
		"title alone":      {search.Document{Title: "脱硫"}, "脱硫", false},
		"a long paragraph": {search.Document{Body: strings.Repeat("高炉煤气脱硫", 20) + "\n废水"}, "", false},
	} {
		parts, whole := partsOf(a, m, c.listing)
		if parts[0].text != c.head || whole != c.whole {
			t.Errorf("%s: head %q, whole %v", label, parts[0].text, whole)
		}
	}
}

func TestNothingFittingIsSaidAsNothing(t *testing.T) {
	t.Parallel()
	f := market(t, shelf()...)
	got := find(t, f, Request{Listing: search.Document{ID: "d2", Kind: "demand", Title: "量子纠缠光源", Body: "单光子"}})
	if len(got.Items) != 0 {
		t.Errorf("found %q; want nothing", ids(got))
	}
}

func TestHostileNeedsGetAnAnswerInBounds(t *testing.T) {
	t.Parallel()
	f := market(t, shelf()...)
	for label, text := range map[string]string{
		"one character": "硫", "200,000 characters": strings.Repeat("高炉煤气脱硫", 33_333), "stop words": "的 和 与", "numbers": "1 2 3.5",
		"English": "dry desulfurization", "Mongolian": "ᠮᠣᠩᠭᠣᠯ", "emoji": "🔥🔥", "control": "脱\x00硫\u202e",
		"operators": `-x "y" title:z`, "HTML": "<script>脱硫</script>",
	} {
		start := time.Now()
		got, err := f.Find(
			context.Background(),
			Request{Listing: search.Document{ID: "d2", Kind: "demand", Body: text}, Want: "achievement", Limit: 20},
		)
		if err != nil && !fault.HasCode(err, "match_empty") {
			t.Errorf("%s: %v", label, err)
		}
		if took := time.Since(start); len(got.Items) > 4 || took > 20*time.Second {
			t.Errorf("%s: %d items in %v", label, len(got.Items), took)
		}
	}
	_, err := f.Find(context.Background(), Request{Listing: search.Document{ID: "d2", Body: "！？"}, Want: "achievement", Limit: 1})
	if !fault.HasCode(err, "match_empty") {
		t.Errorf("only signs: %v, want match_empty", err)
	}
}

func TestEachFeatureSaysItsReasonOrItsLack(t *testing.T) {
	t.Parallel()
	for label, c := range map[string]struct {
		change func(need, d *search.Document)
		reason string
		lack   string
	}{
		"same plan topic": {func(n, d *search.Document) { set(n, d, facet.Topic, "0805", "0805") }, "同属规划重点方向：topic0805", ""},
		"other subject":   {func(n, d *search.Document) { set(n, d, facet.Field, "0301", "1202") }, "", "技术领域、行业与需求不同"},
		"ripe enough": {func(n, d *search.Document) { n.Numbers[facet.MinMaturity], d.Numbers[facet.Maturity] = 6, 7 },
			"成熟度 7 级，满足不低于 6 级", ""},
		"too young": {func(n, d *search.Document) { n.Numbers[facet.MinMaturity], d.Numbers[facet.Maturity] = 6, 4 },
			"", "成熟度 4 级，低于要求的 6 级"},
		"maturity unknown":  {func(n, d *search.Document) { n.Numbers[facet.MinMaturity] = 6 }, "", "没有写明成熟度"},
		"within the budget": {func(n, d *search.Document) { n.Numbers[facet.BudgetMaxFen], d.Numbers[facet.PriceFen] = 2e8, 1e8 }, "报价在预算之内", ""},
		"too dear": {func(n, d *search.Document) { n.Numbers[facet.BudgetMaxFen], d.Numbers[facet.PriceFen] = 1e8, 195e6 }, "",
			"报价 195 万元 高于预算 100 万元"},
		"same cooperation": {func(n, d *search.Document) { set(n, d, facet.Cooperation, "license", "license") }, "双方都接受cooperationlicense", ""},
		"same county": {func(n, d *search.Document) {
			set(n, d, facet.League, "1502", "1502")
			set(n, d, facet.County, "150207", "150207")
		}, "同在county150207，便于现场对接", ""},
		"answers quickly": {func(n, d *search.Document) { d.Numbers[facet.Record] = 920 }, "近一年响应率 92%", ""},
		"patent in force": {func(n, d *search.Document) {
			d.Numbers[facet.ConfirmedAt], d.Numbers[facet.IPUntil] = now.Unix(), 2037
			d.Facets[facet.IP] = []string{"valid"}
		}, "专利有效至 2037 年", ""},
		"long unattended": {func(n, d *search.Document) { d.Numbers[facet.ConfirmedAt] = now.AddDate(-2, 0, 0).Unix() }, "", "超过一年没有更新"},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			n, d := need(), achievement("a1", "高炉煤气干法精脱硫", "硫化氢含量降低，干法工艺，废水，钢铁企业")
			c.change(&n, &d)
			e := find(t, market(t, d, shelf()[1]), Request{Listing: n}).Items[0].Explained
			if c.reason != "" && !slices.Contains(e.Reasons, c.reason) {
				t.Errorf("reasons = %q, want %q", e.Reasons, c.reason)
			}
			if c.lack != "" && e.Lack != c.lack {
				t.Errorf("lack = %q, want %q", e.Lack, c.lack)
			}
		})
	}
}

func set(n, d *search.Document, facet, mine, theirs string) {
	n.Facets[facet], d.Facets[facet] = []string{mine}, []string{theirs}
}

// TestTheScoreIsPureBoundedAndExplained checks what must hold for any listing.
func TestTheScoreIsPureBoundedAndExplained(t *testing.T) {
	t.Parallel()
	a, err := analyzer()
	if err != nil {
		t.Fatal(err)
	}
	m, err := Learn(context.Background(), a, each(shelf()))
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields("高炉 煤气 脱硫 干法 工艺 废水 奶牛 饲料 稀土 永磁 提高 效率 用于 钢铁")
	facets := []string{facet.Field, facet.Topic, facet.Industry, facet.Cooperation, facet.League, facet.County, facet.Org}
	numbers := []string{
		facet.PriceFen,
		facet.BudgetMinFen,
		facet.BudgetMaxFen,
		facet.Maturity,
		facet.MinMaturity,
		facet.ConfirmedAt,
		facet.Record,
		facet.Completeness,
		facet.IPUntil,
	}
	rapid.Check(t, func(r *rapid.T) {
		listing := func(id string) search.Document {
			d := achievement(id, strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 6).Draw(r, "title"), ""),
				strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 20).Draw(r, "body"), "，"))
			for _, f := range facets {
				if rapid.Bool().Draw(r, f) {
					d.Facets[f] = rapid.SliceOfN(rapid.SampledFrom([]string{"1", "12", "1501", "150102"}), 1, 2).Draw(r, f+" codes")
				}
			}
			for _, n := range numbers {
				if rapid.Bool().Draw(r, n) {
					d.Numbers[n] = rapid.Int64Range(0, 1000).Draw(r, n+" value")
				}
			}
			return d
		}
		q := NewQuery(a, m, DefaultWeights(), listing("n"))
		d := listing("d")
		dg := newDigest(a, d)
		dg.topic = m.topic(dg.bag)
		legs := q.measure(m, dg, q.measureWords(m, dg))
		s := Setting{Weights: DefaultWeights(), Now: now, Name: name, Best: legs}
		legs.Text, legs.Fit = q.fuse(legs, s), .6
		e := Score(q, d, dg.text, legs, s)
		again := q.measure(m, dg, q.measureWords(m, dg))
		again.Text, again.Fit = q.fuse(again, s), .6
		if diff := cmp.Diff(e, Score(q, d, dg.text, again, s)); diff != "" {
			r.Fatalf("the same question, another answer:\n%s", diff)
		}
		if e.Score > 1+1e-9 || e.Score < -1 || len(e.Reasons) > maxReasons {
			r.Fatalf("score %v with %d reasons", e.Score, len(e.Reasons))
		}
		sum, weights := 0.0, 0.0
		for _, c := range e.Contributions {
			sum, weights = sum+c.Points, weights+c.Weight
		}
		if diff := e.Score*weights - max(sum, 0); diff > 1e-9 || diff < -1e-9 {
			r.Fatalf("contributions add up to %v, score says %v", sum, e.Score*weights)
		}
	})
}

func TestAModelSurvivesSavingAndLoading(t *testing.T) {
	t.Parallel()
	a, err := analyzer()
	if err != nil {
		t.Fatal(err)
	}
	var docs []search.Document
	for i := range 400 {
		docs = append(docs, generated(rand.New(rand.NewPCG(uint64(i), 1)), fmt.Sprintf("a%d", i)))
	}
	m, err := Learn(context.Background(), a, each(docs))
	if err != nil || m.TopicDims == 0 {
		t.Fatalf("Learn: %v, %d topic dimensions", err, m.TopicDims)
	}
	var file bytes.Buffer
	if err := m.Save(&file); err != nil {
		t.Fatal(err)
	}
	got, err := Load(&file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, got); diff != "" {
		t.Errorf("loaded another model:\n%.400s", diff)
	}
	again, _ := Learn(context.Background(), a, each(docs))
	if !cmp.Equal(m.Topics, again.Topics) {
		t.Error("learning twice gave two models, want the same on every run")
	}
	if _, err := Load(strings.NewReader("no model")); err == nil {
		t.Error("rubbish was loaded as a model")
	}
}

// generated makes a listing of technical words with a Zipf-like spread, grouped by subject.
func generated(rng *rand.Rand, id string) search.Document {
	subjects := [][]string{
		strings.Fields("高炉 煤气 脱硫 干法 硫化氢 烟气 除尘 炼铁 烧结 余热 废水 催化剂 塔器 吸附剂 钢铁"),
		strings.Fields("稀土 永磁 钕铁硼 电机 磁体 烧结 矫顽力 镝 晶界 扩散 涂层 电动汽车 风电 回收 萃取"),
		strings.Fields("奶牛 饲料 苜蓿 青贮 产奶量 乳品 发酵 菌株 疫苗 养殖 牧草 胚胎 育种 基因 检测"),
		strings.Fields("光伏 储能 电池 逆变器 风电 并网 调峰 负极材料 石墨 电解液 隔膜 寿命 容量 成本 效率"),
		strings.Fields("机器人 传感器 神经网络 图像 识别 故障 诊断 轴承 振动 矿山 井下 无人驾驶 定位 算法 模型"),
	}
	common := strings.Fields("研究 方法 系统 性能 提高 降低 技术 应用 工艺 设计 试验 结果 控制 分析 温度")
	subject := subjects[rng.IntN(len(subjects))]
	var b strings.Builder
	for n := 60 + rng.IntN(60); n > 0; n-- {
		list := subject
		switch rng.IntN(10) {
		case 0, 1, 2, 3:
			list = common
		case 4:
			list = subjects[rng.IntN(len(subjects))]
		}
		b.WriteString(list[int(float64(len(list))*rng.Float64()*rng.Float64())])
		if rng.IntN(6) == 0 {
			fmt.Fprintf(&b, "%c%c，", 0x4e00+rng.IntN(6000), 0x4e00+rng.IntN(6000)) // rare words
		}
	}
	d := achievement(id, subject[rng.IntN(5)]+subject[rng.IntN(5)]+common[rng.IntN(5)], b.String())
	d.Facets["field"] = []string{fmt.Sprint(rng.IntN(20))}
	d.Facets["league"] = []string{fmt.Sprint(1501 + rng.IntN(12))}
	d.Numbers["publishedAt"] = now.Unix() - rng.Int64N(1e7)
	return d
}
