// Package enginetest is the conformance suite: what a search.Engine must do, whichever program is behind it.
// It knows only the interface. Each engine's own test calls Run with a way to open an empty engine.
package enginetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"techmarket/search"
)

// Rule is one thing that every engine must do.
type Rule struct {
	Name  string
	check func(*testing.T, search.Engine)
	Large bool // many requests; left out of recordings
}

// Check runs the rule on an empty engine.
func (r Rule) Check(t *testing.T, e search.Engine) { r.check(t, e) }

// Rules is the suite.
func Rules() []Rule {
	return []Rule{
		{"an indexed document is found, updated, and gone when deleted", lifecycle, false},
		{"a late write never wins", lateWrite, false},
		{"Chinese text is found as people type it", chinese, false},
		{"a figure is found in every spelling", figures, false},
		{"English names, abbreviations and short forms find the Chinese word", names, false},
		{"operators and markup of any engine are plain text", plainText, false},
		{"filters keep what the rule keeps", filtering, false},
		{"facet counts leave out their own filter", disjunctiveFacets, false},
		{"highlights mark the words and keep the text", highlights, false},
		{"paging reaches every document once", paging, true},
		{"sorting puts documents without the number last", sorting, false},
		{"candidates share words with the query and pass the filters", candidates, false},
		{"nothing found: a word that sounds the same is suggested", suggestion, false},
		{"bad input gets an answer in bounds or a clear message", badInput, false},
		{"a thousand random documents agree with a naive reference", randomDocuments, true},
		{"a rebuild swaps under writes", rebuild, false},
		{"a failed rebuild changes nothing", failedRebuild, false},
	}
}

// Run runs the suite. open must give an empty engine that is closed by t's cleanup.
func Run(t *testing.T, open func(t *testing.T) search.Engine) {
	for _, r := range Rules() {
		t.Run(r.Name, func(t *testing.T) { r.Check(t, open(t)) })
	}
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func index(t *testing.T, e search.Engine, docs ...search.Document) {
	t.Helper()
	if err := e.Index(deadline(t), docs...); err != nil {
		t.Fatalf("Index: %v", err)
	}
}

func find(t *testing.T, e search.Engine, q search.Query) search.Result {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	res, err := e.Search(deadline(t), q)
	if err != nil {
		t.Fatalf("Search(%.40q): %v", q.Text, err)
	}
	return res
}

func ids(r search.Result) []string {
	out := []string{}
	for _, h := range r.Hits {
		out = append(out, h.ID)
	}
	sort.Strings(out)
	return out
}

func wantIDs(t *testing.T, r search.Result, want ...string) {
	t.Helper()
	sort.Strings(want)
	if diff := cmp.Diff(append([]string{}, want...), ids(r)); diff != "" {
		t.Errorf("hits (-want +got):\n%s", diff)
	}
	if r.Total != len(want) {
		t.Errorf("total = %d, want %d", r.Total, len(want))
	}
}

func doc(id, title, body string) search.Document {
	return search.Document{ID: id, Kind: "achievement", Version: 1, Title: title, Body: body}
}

func lifecycle(t *testing.T, e search.Engine) {
	wantIDs(t, find(t, e, search.Query{}))
	d := doc("a1", "稀土永磁电机", "用于风力发电")
	d.Keywords, d.Summary = []string{"钕铁硼"}, "提高效率"
	d.Facets = map[string][]string{"field": {"04"}, "league": {"1502"}}
	d.Numbers = map[string]int64{"priceFen": 999_999_999_999}
	d.Stored = map[string]string{"org": "样例大学"}
	index(t, e, d, doc("a2", "高炉煤气脱硫", ""))
	for _, text := range []string{"稀土", "钕铁硼", "效率", "风力发电"} {
		wantIDs(t, find(t, e, search.Query{Text: text}), "a1")
	}
	hits := find(t, e, search.Query{Text: "稀土"}).Hits
	if len(hits) != 1 {
		t.Fatalf("hits = %v, want one", hits)
	}
	if got := hits[0]; got.Kind != "achievement" || got.Version != 1 {
		t.Errorf("hit = %+v, want kind and version back", got)
	}
	got, err := e.Get(deadline(t), "a1", "nobody")
	if err != nil || len(got) != 1 {
		t.Fatalf("Get = %v, %v; want the one indexed document", got, err)
	}
	if diff := cmp.Diff(d, got[0]); diff != "" {
		t.Errorf("Get gave another document (-want +got):\n%s", diff)
	}
	d.Version, d.Title = 2, "石墨烯薄膜"
	index(t, e, d)
	wantIDs(t, find(t, e, search.Query{Text: "永磁电机"}))
	wantIDs(t, find(t, e, search.Query{Text: "石墨烯"}), "a1")
	if refs := allRefs(t, e); refs["a1"] != 2 || refs["a2"] != 1 || len(refs) != 2 {
		t.Errorf("Refs = %v", refs)
	}
	if err := e.Delete(deadline(t), "a1", "never-there"); err != nil {
		t.Fatal(err)
	}
	wantIDs(t, find(t, e, search.Query{}), "a2")
	if st, err := e.Stats(deadline(t)); err != nil || st.Documents != 1 || st.Engine == "" {
		t.Errorf("Stats = %+v, %v", st, err)
	}
}

func allRefs(t *testing.T, e search.Engine) map[string]int64 {
	t.Helper()
	refs := map[string]int64{}
	err := e.Refs(deadline(t), func(r search.Ref) error {
		if _, twice := refs[r.ID]; twice {
			t.Errorf("%s came twice", r.ID)
		}
		refs[r.ID] = r.Version
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return refs
}

func lateWrite(t *testing.T, e search.Engine) {
	newer, older := doc("a1", "石墨", ""), doc("a1", "煤炭", "")
	newer.Version, older.Version = 7, 6
	index(t, e, newer)
	index(t, e, older)
	wantIDs(t, find(t, e, search.Query{Text: "煤炭"}))
	if refs := allRefs(t, e); refs["a1"] != 7 {
		t.Errorf("version = %d, want 7", refs["a1"])
	}
	index(t, e, doc("a2", "同批", ""), search.Document{ID: "a2", Kind: "achievement", Version: 3, Title: "同批新"}, doc("a2", "同批旧", ""))
	if refs := allRefs(t, e); refs["a2"] != 3 {
		t.Errorf("version after one batch = %d, want 3", refs["a2"])
	}
}

func corpus() []search.Document {
	var docs []search.Document
	for i, title := range []string{"脱硫", "脱硝", "脱硫", "脱硝", "脱硫", "除尘"} {
		d := doc(fmt.Sprintf("a%d", i), title, "烟气治理")
		d.Facets = map[string][]string{
			"field": {[]string{"04", "05"}[i%2]}, "league": {[]string{"1501", "1502", "1506"}[i%3]},
			"visibility": {[]string{"public", "org:12"}[i/5]},
		}
		if i%2 == 0 {
			d.Facets["cooperation"] = []string{"license", "transfer"}
		}
		if i != 3 {
			d.Numbers = map[string]int64{"priceFen": int64(i) * 1_000_000, "publishedAt": 1_700_000_000 + int64(10-i)}
		}
		docs = append(docs, d)
	}
	docs[1].Kind = "demand"
	return docs
}

func filtering(t *testing.T, e search.Engine) {
	docs := corpus()
	index(t, e, docs...)
	for name, fs := range map[string][]search.Filter{
		"any of one":        {search.AnyOf("field", "04")},
		"any of two":        {search.AnyOf("league", "1501", "1506")},
		"all across":        {search.AnyOf("field", "04"), search.AnyOf("league", "1501")},
		"none of":           {search.NoneOf("cooperation", "license")},
		"many values":       {search.AnyOf("cooperation", "transfer")},
		"absent code":       {search.AnyOf("field", "99")},
		"absent facet":      {search.AnyOf("nothing", "1")},
		"no codes":          {search.AnyOf("field")},
		"range":             {search.Between("priceFen", 1_000_000, 2_000_000)},
		"open above":        {search.Between("priceFen", 2_000_001, math.MaxInt64)},
		"open below":        {search.Between("priceFen", math.MinInt64, 0)},
		"number is present": {search.Between("priceFen", math.MinInt64, math.MaxInt64)},
		"empty range":       {search.Between("priceFen", 2, 1)},
		"kind":              {search.AnyOf("kind", "demand")},
		"id":                {search.AnyOf("id", "a2", "a3")},
		"not id":            {search.NoneOf("id", "a2")},
		"what a guest sees": {search.AnyOf("visibility", "public")},
		"code with colon":   {search.AnyOf("visibility", "org:12", "league:1502")},
	} {
		t.Run(name, func(t *testing.T) {
			for _, text := range []string{"", "烟气"} {
				var want []string
				for _, d := range docs {
					if keeps(d, fs) {
						want = append(want, d.ID)
					}
				}
				wantIDs(t, find(t, e, search.Query{Text: text, Filters: fs}), want...)
			}
		})
	}
}

func keeps(d search.Document, fs []search.Filter) bool {
	return !slices.ContainsFunc(fs, func(f search.Filter) bool { return !f.Keeps(d) })
}

func disjunctiveFacets(t *testing.T, e search.Engine) {
	index(t, e, corpus()...)
	res := find(t, e, search.Query{
		Text: "烟气", Filters: []search.Filter{search.AnyOf("field", "04"), search.AnyOf("visibility", "public")},
		FacetNames: []string{"field", "league", "cooperation", "kind", "visibility", "nothing"},
	})
	want := map[string]map[string]int{
		"field": {"04": 3, "05": 2}, "league": {"1501": 1, "1502": 1, "1506": 1}, "cooperation": {"license": 3, "transfer": 3},
		"kind": {"achievement": 3}, "visibility": {"public": 3}, "nothing": {},
	}
	for name := range want {
		if res.Facets[name] == nil {
			res.Facets[name] = map[string]int{}
		}
	}
	if diff := cmp.Diff(want, res.Facets); diff != "" {
		t.Errorf("facets (-want +got):\n%s", diff)
	}
	none := find(t, e, search.Query{Text: "烟气", Limit: 1, Filters: []search.Filter{search.AnyOf("field", "99")},
		FacetNames: []string{"field"}})
	if none.Total != 0 || none.Facets["field"]["04"] != 3 {
		t.Errorf("a filter that nothing passes: total %d, own facet %v; want 0 and the other choices", none.Total, none.Facets)
	}
}

func highlights(t *testing.T, e search.Engine) {
	d := doc("a1", "高爐煤氣脱硫 <script>", strings.Repeat("前面的文字。", 60)+"采用Nd-Fe-B与干法脱硫，PLC控制。"+strings.Repeat("后面的文字。", 60))
	index(t, e, d)
	res := find(t, e, search.Query{Text: "高炉煤气 脱硫 nd-fe-b 可编程逻辑控制器", Highlight: true})
	wantIDs(t, res, "a1")
	if len(res.Hits) == 0 {
		return
	}
	h := res.Hits[0].Highlights
	if text, marked := join(h["title"]); text != d.Title || strings.Join(marked, "|") != "高爐煤氣脱硫" {
		t.Errorf("title = %q marked %q", text, marked)
	}
	text, marked := join(h["body"])
	if got := strings.Join(marked, "|"); got != "Nd-Fe-B|脱硫|PLC" {
		t.Errorf("body marked %q in %q", got, text)
	}
	if n := len([]rune(text)); n > 130 || !strings.HasPrefix(text, "…") || !strings.HasSuffix(text, "…") {
		t.Errorf("snippet of %d characters: %q", n, text)
	}
	if plain := find(t, e, search.Query{Text: "脱硫"}); len(plain.Hits) != 1 || plain.Hits[0].Highlights != nil {
		t.Errorf("not asked for highlights: %+v", plain.Hits)
	}
}

func join(spans []search.Span) (text string, marked []string) {
	for _, s := range spans {
		text += s.Text
		if s.Mark {
			marked = append(marked, s.Text)
		}
	}
	return text, marked
}

func paging(t *testing.T, e search.Engine) {
	var docs []search.Document
	for i := range 257 {
		d := doc(fmt.Sprintf("p%d", i), "脱硫", "")
		d.Numbers = map[string]int64{"publishedAt": int64(i % 5)}
		docs = append(docs, d)
	}
	index(t, e, docs...)
	for _, q := range []search.Query{{}, {Text: "脱硫"}, {Text: "脱硫", Sort: []search.Sort{{Number: "publishedAt", Desc: true}}}} {
		seen := map[string]bool{}
		for q.Limit, q.Offset = 20, 0; q.Offset < 300; q.Offset += 20 {
			res := find(t, e, q)
			if res.Total != 257 {
				t.Fatalf("total = %d at offset %d", res.Total, q.Offset)
			}
			for _, h := range res.Hits {
				if seen[h.ID] {
					t.Errorf("%s came twice", h.ID)
				}
				seen[h.ID] = true
			}
		}
		if len(seen) != 257 {
			t.Errorf("paging %+v reached %d of 257", q, len(seen))
		}
	}
}

func sorting(t *testing.T, e search.Engine) {
	index(t, e, corpus()...)
	for _, c := range []struct {
		sort search.Sort
		want string
	}{
		{search.Sort{Number: "priceFen"}, "a0 a1 a2 a4 a5 a3"},
		{search.Sort{Number: "priceFen", Desc: true}, "a5 a4 a2 a1 a0 a3"},
		{search.Sort{Number: "publishedAt"}, "a5 a4 a2 a1 a0 a3"},
	} {
		var got []string
		for _, h := range find(t, e, search.Query{Text: "烟气", Sort: []search.Sort{c.sort}}).Hits {
			got = append(got, h.ID)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("sorted by %+v: %v, want %s", c.sort, got, c.want)
		}
	}
	// a number that no document has sorts nothing and fails nothing
	wantIDs(t, find(t, e, search.Query{Text: "除尘", Sort: []search.Sort{{Number: "deadline"}}}), "a5")
}

func candidates(t *testing.T, e search.Engine) {
	index(t, e, corpus()...)
	b1 := doc("b1", "高炉煤气精脱硫催化剂", "氧化铁")
	b1.Prepared, b1.Facets, b1.Numbers = []byte("\x00\xff氧化铁"), map[string][]string{"topic": {"0101", "0203"}}, map[string]int64{"maturity": 7}
	index(t, e, b1, doc("b2", "高炉煤气余压发电", ""))
	got, err := e.Candidates(deadline(t), search.CandidateQuery{
		Terms: []search.WeightedTerm{{Term: "高炉", Weight: 5}, {Term: "煤气", Weight: 4}, {Term: "脱硫", Weight: 3},
			{Term: "没有", Weight: 1}}, Limit: 3,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0].ID != "b1" || got[1].ID != "b2" {
		t.Fatalf("candidates = %+v; want b1, b2 and one 脱硫", got)
	}
	if c := got[0]; c.Version != 1 || c.Kind != "achievement" || string(c.Prepared) != string(b1.Prepared) ||
		!slices.Equal(c.Facets["topic"], b1.Facets["topic"]) || c.Numbers["maturity"] != 7 {
		t.Errorf("first candidate = %+v; want what was prepared, codes and numbers of b1", c)
	}
	got, err = e.Candidates(deadline(t), search.CandidateQuery{
		Terms: []search.WeightedTerm{{Term: "脱硫", Weight: 3}}, Filters: []search.Filter{search.AnyOf("league", "1501")}, Limit: 10,
	})
	if err != nil || len(got) != 1 || got[0].ID != "a0" {
		t.Errorf("filtered candidates = %+v, %v; want a0", got, err)
	}
	if all, err := e.Candidates(deadline(t), search.CandidateQuery{Limit: 100}); err != nil || len(all) != 8 {
		t.Errorf("without terms: %d, %v; want all 8", len(all), err)
	}
}

// randomDocuments compares with the naive reference: a document is found when it holds every word and passes every filter. The words
// stand apart, so that the cutting of words makes no difference.
func randomDocuments(t *testing.T, e search.Engine) {
	vocabulary := strings.Fields("脱硫 脱硝 除尘 稀土 永磁 石墨 电池 储能 风电 光伏 煤炭 甲醇 催化剂 机器人 传感器 玉米 苜蓿 奶牛 疫苗 kevlar maglev")
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(n int) []string {
		var out []string
		for range n {
			out = append(out, vocabulary[rng.IntN(len(vocabulary))])
		}
		return out
	}
	var docs []search.Document
	for i := range 1000 {
		d := search.Document{ID: fmt.Sprintf("r%d", i), Kind: []string{"achievement", "demand"}[rng.IntN(2)], Version: 1,
			Title: strings.Join(pick(2), "、"), Keywords: pick(rng.IntN(3)), Body: strings.Join(pick(rng.IntN(10)), "，"),
			Facets:  map[string][]string{"field": {fmt.Sprint(rng.IntN(5))}, "league": {fmt.Sprint(rng.IntN(12))}},
			Numbers: map[string]int64{"priceFen": rng.Int64N(100)}}
		docs = append(docs, d)
	}
	index(t, e, docs...)
	for range 60 {
		words := pick(rng.IntN(4))
		q := search.Query{Text: strings.Join(words, " "), FacetNames: []string{"field", "league"}, Limit: 1000}
		if rng.IntN(2) == 0 {
			q.Filters = append(q.Filters, search.AnyOf("field", fmt.Sprint(rng.IntN(5)), fmt.Sprint(rng.IntN(5))))
		}
		if rng.IntN(3) == 0 {
			q.Filters = append(q.Filters, search.Between("priceFen", rng.Int64N(50), 50+rng.Int64N(50)))
		}
		if rng.IntN(4) == 0 {
			q.Filters = append(q.Filters, search.NoneOf("league", fmt.Sprint(rng.IntN(12))))
		}
		var want []string
		facets := map[string]map[string]int{"field": {}, "league": {}}
		for _, d := range docs {
			text := d.Title + "、" + strings.Join(d.Keywords, "、") + "，" + d.Body
			if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
				continue
			}
			for name := range facets {
				others := slices.DeleteFunc(slices.Clone(q.Filters), func(f search.Filter) bool { return f.Name == name })
				if keeps(d, others) {
					facets[name][d.Facets[name][0]]++
				}
			}
			if keeps(d, q.Filters) {
				want = append(want, d.ID)
			}
		}
		res := find(t, e, q)
		if len(want) == 0 && res.Relaxed {
			continue
		}
		t.Run(fmt.Sprintf("%s %v", q.Text, q.Filters), func(t *testing.T) {
			wantIDs(t, res, want...)
			if diff := cmp.Diff(facets, res.Facets); diff != "" {
				t.Errorf("facets (-want +got):\n%s", diff)
			}
		})
	}
}

func rebuild(t *testing.T, e search.Engine) {
	ctx := deadline(t)
	index(t, e, doc("old", "旧文档", ""), doc("gone", "旧文档", ""), doc("live", "旧文档", ""))
	err := e.Rebuild(ctx, func(emit func(...search.Document) error) error {
		if err := emit(doc("new", "新文档", "")); err != nil {
			return err
		}
		// meanwhile people work
		live := doc("live", "边写边换", "")
		live.Version = 5
		if err := e.Index(ctx, live, doc("fresh", "边写边换", "")); err != nil {
			return err
		}
		if err := e.Delete(ctx, "gone"); err != nil {
			return err
		}
		if res, err := e.Search(ctx, search.Query{Text: "旧文档", Limit: 10}); err != nil || res.Total != 1 {
			return fmt.Errorf("while rebuilding the old index serves: %v, %v", ids(res), err) //nolint:errorlint // may be nil
		}
		// and the database is read late: what it says of them is older
		return emit(doc("live", "旧文档", ""), doc("gone", "旧文档", ""))
	})
	if err != nil {
		t.Fatalf("Rebuild: %v", err)
	}
	want := map[string]int64{"new": 1, "live": 5, "fresh": 1}
	if diff := cmp.Diff(want, allRefs(t, e)); diff != "" {
		t.Errorf("after the swap (-want +got):\n%s", diff)
	}
	wantIDs(t, find(t, e, search.Query{Text: "边写边换"}), "live", "fresh")
	index(t, e, doc("after", "甲醇", ""))
	wantIDs(t, find(t, e, search.Query{Text: "甲醇"}), "after")
}

func failedRebuild(t *testing.T, e search.Engine) {
	index(t, e, doc("a1", "脱硫", ""))
	broken := errors.New("the database went away")
	err := e.Rebuild(deadline(t), func(emit func(...search.Document) error) error {
		return errors.Join(emit(doc("a2", "脱硝", "")), broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("error = %v, want the cause", err)
	}
	wantIDs(t, find(t, e, search.Query{}), "a1")
	index(t, e, doc("a3", "除尘", ""))
	wantIDs(t, find(t, e, search.Query{}), "a1", "a3")
}
