package vector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"techmarket/internal/market/matching"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
	"techmarket/search"
	"techmarket/search/local"
	"techmarket/search/zh"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// fake knows three subjects; it counts what it embeds.
type fake struct {
	model string
	made  []string
	down  bool
}

func (f *fake) Model() string { return f.model }

func (f *fake) vector(text string) []float32 {
	v := []float32{.1, .1, .1}
	for i, words := range [][]string{{"脱硝", "尾气", "氮氧化物"}, {"奶牛", "饲料"}, {"光伏", "电站"}} {
		for _, w := range words {
			v[i] += float32(strings.Count(text, w))
		}
	}
	n := math.Sqrt(float64(matching.Dot(v, v)))
	for i := range v {
		v[i] /= float32(n)
	}
	return v
}

func (f *fake) Passages(_ context.Context, texts []string) ([][]float32, error) {
	if f.down {
		return nil, errors.New("down")
	}
	var out [][]float32
	for _, t := range texts {
		f.made = append(f.made, t)
		out = append(out, f.vector(t))
	}
	return out, nil
}

func (f *fake) Query(_ context.Context, text string) ([]float32, error) {
	if f.down {
		return nil, errors.New("down")
	}
	return f.vector(text), nil
}

type bundle struct {
	t        *testing.T
	db       *postgres.DB
	analyzer *zh.Analyzer
	engine   matching.Prepared
	embedder *fake
	jobs     *jobs.Client
	vectors  *Service
}

func setup(t *testing.T) *bundle {
	t.Helper()
	a, err := zh.New()
	must(t, err)
	bare, err := local.Open("", a)
	must(t, err)
	t.Cleanup(func() { bare.Close() })
	b := &bundle{t: t, db: pgtest.New(t), analyzer: a, engine: matching.Prepared{Engine: bare, Analyzer: a}, embedder: &fake{model: "one"}}
	b.restart()
	return b
}

// restart is the program coming up again on the same database.
func (b *bundle) restart() {
	b.t.Helper()
	workers := jobs.NewWorkers()
	var err error
	b.jobs, err = jobs.New(
		jobs.Config{DB: b.db, Workers: workers, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }, Parallel: 1},
	)
	must(b.t, err)
	b.vectors, err = New(
		b.t.Context(),
		Config{
			DB:       b.db,
			Embedder: b.embedder,
			Engine:   b.engine,
			Queue:    b.jobs,
			Now:      func() time.Time { return now },
			Log:      slog.New(slog.DiscardHandler),
		},
	)
	must(b.t, err)
	b.vectors.Register(workers)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func doc(id, title string, version int64) search.Document {
	return search.Document{ID: id, Kind: "achievement", Version: version, Title: title, Facets: map[string][]string{"visibility": {"public"}}}
}

func (b *bundle) index(docs ...search.Document) {
	b.t.Helper()
	must(b.t, b.engine.Index(b.t.Context(), docs...))
	for _, d := range docs {
		must(b.t, b.vectors.Changed(b.t.Context(), []string{d.ID}))
	}
	must(b.t, b.jobs.Drain(b.t.Context()))
}

func (b *bundle) near(text string) string {
	b.t.Helper()
	got, err := b.vectors.Near(b.t.Context(), search.Document{Title: text}, "achievement", 1)
	must(b.t, err)
	if len(got) == 0 {
		return ""
	}
	return got[0].ID
}

func TestAVectorFollowsItsTextAndIsMadeOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.index(doc("a1", "烟气脱硝催化剂", 1), doc("a2", "奶牛饲料配方", 1))
	if got := b.near("尾气中的氮氧化物"); got != "a1" {
		t.Errorf("nearest = %q, want a1", got)
	}
	b.index(doc("a1", "烟气脱硝催化剂", 2)) // confirmed again: the same text
	if len(b.embedder.made) != 2 {
		t.Errorf("embedded %q; want each text once", b.embedder.made)
	}
	b.index(doc("a1", "光伏电站清洗", 3))
	if got := b.near("光伏"); got != "a1" || len(b.embedder.made) != 3 {
		t.Errorf("nearest = %q after %d; want the new text's", got, len(b.embedder.made))
	}
	must(t, b.engine.Delete(t.Context(), "a1"))
	must(t, b.vectors.Changed(t.Context(), []string{"a1"}))
	must(t, b.jobs.Drain(t.Context()))
	if got := b.near("光伏"); got == "a1" || b.vectors.index.Len() != 1 {
		t.Errorf("nearest = %q of %d; what left the index is no neighbour", got, b.vectors.index.Len())
	}
}

func TestVectorsSurviveARestartAndAnotherModelMakesThemAnew(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.index(doc("a1", "烟气脱硝催化剂", 1), doc("a2", "奶牛饲料配方", 1))
	b.restart()
	if got := b.near("脱硝"); got != "a1" || len(b.embedder.made) != 2 {
		t.Errorf("after a restart: nearest %q, %d made; want a1 from the database", got, len(b.embedder.made))
	}
	b.embedder.model = "two"
	b.restart()
	if b.vectors.index.Len() != 0 {
		t.Error("vectors of another model are in use")
	}
	must(t, b.vectors.Fill(t.Context()))
	must(t, b.jobs.Drain(t.Context()))
	made, of, err := b.vectors.Progress(t.Context())
	if err != nil || made != 2 || of != 2 || len(b.embedder.made) != 4 {
		t.Errorf("filled %d of %d, %v, %d made; want all anew", made, of, err, len(b.embedder.made))
	}
}

// A crash between the index and the vector leaves the job, which does it after the start; a full refill finds it as well.
func TestWhatACrashLeftIsMadeLater(t *testing.T) {
	t.Parallel()
	b := setup(t)
	must(t, b.engine.Index(t.Context(), doc("a1", "烟气脱硝催化剂", 1)))
	must(t, b.vectors.Changed(t.Context(), []string{"a1"}))
	b.restart()
	must(t, b.jobs.Drain(t.Context()))
	must(t, b.engine.Index(t.Context(), doc("a2", "奶牛饲料", 1))) // and the job is lost altogether
	must(t, b.vectors.Fill(t.Context()))
	must(t, b.jobs.Drain(t.Context()))
	if b.near("脱硝") != "a1" || b.near("奶牛") != "a2" {
		t.Error("a vector is missing")
	}
}

func finder(b *bundle, docs ...search.Document) *matching.Finder {
	b.t.Helper()
	m, err := matching.Learn(b.t.Context(), b.analyzer, func(yield func(search.Document, error) bool) {
		for _, d := range docs {
			if !yield(d, nil) {
				return
			}
		}
	})
	must(b.t, err)
	w := matching.DefaultWeights()
	w.Threshold = 0
	f := matching.NewFinder(b.engine, b.analyzer, m, w, func() time.Time { return now }, func(_, code string) string { return code })
	f.SetSemantic(b.vectors)
	return f
}

func TestMatchingFindsByMeaningAndGoesOnWithoutIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hidden := doc("a3", "氮氧化物尾气脱硝", 1)
	hidden.Facets = map[string][]string{"visibility": {"org:9"}}
	docs := []search.Document{doc("a1", "烟气脱硝催化剂", 1), doc("a2", "奶牛饲料配方", 1), hidden}
	b.index(docs...)
	f := finder(b, docs...)
	ask := matching.Request{Listing: search.Document{ID: "d1", Kind: "demand", Title: "汽车尾气净化"}, Want: "achievement", Limit: 5,
		Visible: []search.Filter{search.AnyOf("visibility", "public")}}
	got, err := f.Find(t.Context(), ask)
	must(t, err)
	if len(got.Items) == 0 || got.Items[0].Document.ID != "a1" || got.Notice != "" {
		t.Fatalf("found %+v, notice %q; want a1, which shares no word", got.Items, got.Notice)
	}
	for _, m := range got.Items {
		if m.Document.ID == "a3" {
			t.Error("what the person may not see is a candidate")
		}
		if slices.Equal(m.Explained.Reasons, []string{"语义相近"}) {
			t.Error("nearness in meaning is the only reason")
		}
	}
	b.embedder.down = true
	ask.Listing.Title = "烟气脱硝"
	got, err = f.Find(t.Context(), ask)
	must(t, err)
	if len(got.Items) == 0 || got.Items[0].Document.ID != "a1" || got.Notice == "" || !b.vectors.Down() {
		t.Errorf("with the embedder down: %+v, notice %q; want a1 by its words, and said so", got.Items, got.Notice)
	}
	b.embedder.down = false
	ask.Listing.Title = "脱硝"
	if got, err = f.Find(t.Context(), ask); err != nil || got.Notice != "" || b.vectors.Down() {
		t.Errorf("back again: notice %q, %v", got.Notice, err)
	}
}

func TestNearAgreesWithALookAtAll(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	var x Index
	all := map[string][]float32{}
	for i := range 500 {
		id := fmt.Sprintf("a%d", rng.IntN(300))
		if i%7 == 0 {
			x.Remove(id)
			delete(all, id)
			continue
		}
		v := random(rng, 8)
		x.Put("achievement", id, v)
		all[id] = v
	}
	x.Put("achievement", "a999", make([]float32, 9)) // of another model
	q := random(rng, 8)
	var want []matching.Neighbour
	for id, v := range all {
		want = append(want, matching.Neighbour{ID: id, Cosine: float64(matching.Dot(q, v))})
	}
	slices.SortFunc(want, func(a, b matching.Neighbour) int {
		if a.Cosine != b.Cosine {
			if a.Cosine > b.Cosine {
				return -1
			}
			return 1
		}
		return strings.Compare(a.ID, b.ID)
	})
	for _, k := range []int{1, 10, len(want), 1000} {
		if got := x.Near("achievement", q, k); !slices.Equal(got, want[:min(k, len(want))]) {
			t.Errorf("the nearest %d differ from a look at all", k)
		}
	}
	if got := x.Near("demand", q, 5); len(got) != 0 {
		t.Errorf("another kind: %v", got)
	}
}

func random(rng *rand.Rand, dims int) []float32 {
	v := make([]float32, dims)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

// BenchmarkNear prints the time of one exact search over 100,000 vectors of 384 dimensions on one core.
func BenchmarkNear(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	var x Index
	for i := range 100_000 {
		x.Put("achievement", fmt.Sprintf("a%d", i), random(rng, 384))
	}
	q := random(rng, 384)
	for b.Loop() {
		x.Near("achievement", q, 1000)
	}
}
