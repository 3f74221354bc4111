package search_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/search"
	"techmarket/search/enginetest"
	"techmarket/search/local"
	"techmarket/search/meili"
	"techmarket/search/zh"
)

// switched is a real engine that can be made to fail, as a server that went away does.
type switched struct {
	search.Engine
	down  atomic.Bool
	calls atomic.Int32
}

func (s *switched) err() error {
	s.calls.Add(1)
	if s.down.Load() {
		return fault.New(fault.Unavailable, "search_unavailable", "不在")
	}
	return nil
}

func (s *switched) Search(ctx context.Context, q search.Query) (search.Result, error) {
	if err := s.err(); err != nil {
		return search.Result{}, err
	}
	return s.Engine.Search(ctx, q)
}

func (s *switched) Index(ctx context.Context, docs ...search.Document) error {
	if err := s.err(); err != nil {
		return err
	}
	return s.Engine.Index(ctx, docs...)
}

func newLocal(t *testing.T) search.Engine {
	t.Helper()
	a, err := zh.New()
	if err != nil {
		t.Fatal(err)
	}
	e, err := local.Open("", a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func TestFallbackConforms(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T) search.Engine {
		return search.NewFallback(newLocal(t), newLocal(t), time.Now)
	})
}

func TestTheSecondEngineAnswersUntilThePrimaryHoldsWhatItMissed(t *testing.T) {
	t.Parallel()
	ctx, now := context.Background(), time.Unix(0, 0)
	primary := &switched{Engine: newLocal(t)}
	f := search.NewFallback(primary, newLocal(t), func() time.Time { return now })
	find := func() search.Result {
		t.Helper()
		res, err := f.Search(ctx, search.Query{Text: "稀土", Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	write := func(id string) {
		t.Helper()
		if err := f.Index(ctx, search.Document{ID: id, Kind: "achievement", Version: 1, Title: "稀土永磁"}); err != nil {
			t.Fatal(err)
		}
	}
	write("a1")
	if res := find(); res.Total != 1 || res.Notice != "" {
		t.Errorf("healthy: %+v", res)
	}

	// away, with nothing written: it comes back by itself after a pause
	primary.down.Store(true)
	before := primary.calls.Load()
	for range 10 {
		if res := find(); res.Total != 1 || res.Notice == "" {
			t.Fatalf("primary away: %+v, want the document and a notice", res)
		}
	}
	if asked := primary.calls.Load() - before; asked > 2 || !f.Degraded() {
		t.Errorf("the primary was asked %d times, degraded %v; want the circuit open after two failures", asked, f.Degraded())
	}
	primary.down.Store(false)
	if res := find(); res.Notice == "" {
		t.Error("the primary was tried at once, want a pause")
	}
	now = now.Add(6 * time.Second)
	if res := find(); res.Notice != "" || res.Total != 1 || f.Degraded() {
		t.Errorf("after the pause: %+v, want the primary's answer", res)
	}

	// a write that it misses: the second engine answers, however well the primary is, until it is mended
	primary.down.Store(true)
	write("a2")
	primary.down.Store(false)
	before = primary.calls.Load()
	write("a3")
	now = now.Add(time.Minute)
	if res := find(); res.Total != 3 || res.Notice == "" || !f.Behind() || primary.calls.Load() != before {
		t.Errorf("behind: %+v, want all three from the second engine and the primary left alone", res)
	}
	if err := f.Mend(func() error { return fault.New(fault.Unavailable, "search_unavailable", "不在") }); err == nil || !f.Behind() {
		t.Error("a failed mend must leave the primary behind")
	}
	err := f.Mend(func() error { // hands over the two, while a fourth is written
		write("a4")
		primary.down.Store(true)
		write("a5")
		primary.down.Store(false)
		return nil
	})
	if err != nil || !f.Behind() {
		t.Errorf("a write missed during the mend: %v, want the primary still behind", err)
	}
	if err := f.Mend(func() error { return nil }); err != nil || f.Behind() {
		t.Fatalf("mended: %v", err)
	}
	if res := find(); res.Notice != "" || res.Total != 2 { // a1 and a4: the mend here hands nothing over
		t.Errorf("mended: %+v, want the primary's answer", res)
	}
}

// garbled answers what nobody understands, as a server of another version may.
type garbled struct{ search.Engine }

func (garbled) Search(context.Context, search.Query) (search.Result, error) {
	return search.Result{}, errors.New("meili: score: unexpected end of JSON input")
}

func TestAnAnswerThatNobodyUnderstandsIsNoErrorForThePerson(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	f := search.NewFallback(garbled{newLocal(t)}, newLocal(t), time.Now)
	if err := f.Index(ctx, search.Document{ID: "a1", Kind: "achievement", Version: 1, Title: "稀土永磁"}); err != nil {
		t.Fatal(err)
	}
	if res, err := f.Search(ctx, search.Query{Text: "稀土", Limit: 10}); err != nil || res.Total != 1 || res.Notice == "" {
		t.Errorf("%+v, %v; want the second engine's answer", res, err)
	}
	if _, err := f.Search(ctx, search.Query{Limit: -1}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a wrong question: %v, want invalid", err)
	}
}

// TestPagesGoOnWhenARealMeilisearchStopsOrIsSlow puts a proxy before a real server and breaks it.
func TestPagesGoOnWhenARealMeilisearchStopsOrIsSlow(t *testing.T) {
	t.Parallel()
	server := os.Getenv("MEILI_URL")
	if server == "" {
		t.Skip("MEILI_URL is not set: this rule needs a real Meilisearch")
	}
	target, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	var mode atomic.Value
	mode.Store("up")
	proxy := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch mode.Load() {
		case "slow":
			select {
			case <-time.After(2 * time.Second):
			case <-r.Context().Done():
			}
		case "full":
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case "down":
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	}))
	defer front.Close()
	a, err := zh.New()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	primary, err := meili.Open(ctx, meili.Options{URL: front.URL, Index: "fallback_test"}, a)
	if err != nil {
		t.Fatal(err)
	}
	defer primary.Drop(ctx)
	f := search.NewFallback(primary, newLocal(t), time.Now)
	d := search.Document{ID: "a1", Kind: "achievement", Version: 1, Title: "稀土永磁"}
	if err := f.Index(ctx, d); err != nil {
		t.Fatal(err)
	}
	for _, broken := range []string{"slow", "full", "down"} {
		mode.Store(broken)
		start := time.Now()
		for range 5 {
			res, err := f.Search(ctx, search.Query{Text: "稀土", Limit: 10})
			if err != nil || res.Total != 1 || res.Notice == "" {
				t.Errorf("%s: %+v, %v; want the second engine's answer and a notice", broken, res, err)
			}
		}
		if took := time.Since(start); took > 1500*time.Millisecond {
			t.Errorf("%s: five searches took %v; want at most two waits of 300 ms", broken, took)
		}
		mode.Store("up")
		deadline := time.Now().Add(15 * time.Second)
		for f.Degraded() && time.Now().Before(deadline) {
			time.Sleep(200 * time.Millisecond)
			if _, err := f.Search(ctx, search.Query{Text: "稀土", Limit: 10}); err != nil {
				t.Fatal(err)
			}
		}
		if f.Degraded() {
			t.Errorf("%s: the primary did not come back by itself", broken)
		}
	}
	// an empty disk: the index is gone, pages go on, and the caller is told to rebuild
	if err := primary.Drop(ctx); err != nil {
		t.Fatal(err)
	}
	if res, err := f.Search(ctx, search.Query{Text: "稀土", Limit: 10}); err != nil || res.Total != 1 || !primary.Fresh() {
		t.Errorf("index lost: %+v, %v, fresh %v", res, err, primary.Fresh())
	}
	err = primary.Rebuild(ctx, func(emit func(...search.Document) error) error { return emit(d) })
	if err != nil || primary.Fresh() {
		t.Errorf("rebuild after the loss: %v, fresh %v", err, primary.Fresh())
	}
}
