package search_test

import (
	"context"
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

func TestTheSecondEngineAnswersWhileThePrimaryIsAwayAndThePrimaryCatchesUp(t *testing.T) {
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
	d := search.Document{ID: "a1", Kind: "achievement", Version: 1, Title: "稀土永磁"}
	if err := f.Index(ctx, d); err != nil {
		t.Fatal(err)
	}
	if res := find(); res.Total != 1 || res.Notice != "" {
		t.Errorf("healthy: %+v", res)
	}

	primary.down.Store(true)
	d2 := d
	d2.ID = "a2"
	if err := f.Index(ctx, d2); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a write that the primary missed: %v, want unavailable so that the job repeats it", err)
	}
	for range 10 {
		if res := find(); res.Total != 2 || res.Notice == "" {
			t.Fatalf("primary away: %+v, want both documents and a notice", res)
		}
	}
	if asked := primary.calls.Load(); asked > 6 || !f.Degraded() {
		t.Errorf("the primary was asked %d times, degraded %v; want the circuit open after two failures", asked, f.Degraded())
	}

	primary.down.Store(false)
	if res := find(); res.Notice == "" {
		t.Error("the primary was tried at once, want a pause")
	}
	now = now.Add(6 * time.Second)
	if res := find(); res.Notice != "" || res.Total != 1 {
		t.Errorf("after the pause: %+v, want the primary's answer", res)
	}
	if err := f.Index(ctx, d2); err != nil { // the job's repetition
		t.Fatal(err)
	}
	if res := find(); res.Total != 2 || f.Degraded() {
		t.Errorf("caught up: %+v", res)
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
