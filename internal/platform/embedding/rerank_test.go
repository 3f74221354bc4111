package embedding

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"techmarket/internal/foundation/fault"
)

func TestRerank_ScalesWhatTheServerSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		want   []float64 // nil: no answer
	}{
		"in any order": {`{"results":[{"index":2,"relevance_score":5.5},{"index":0,"relevance_score":-4.5},` +
			`{"index":1,"relevance_score":0.5}]}`, []float64{0, .5, 1}},
		"all alike": {
			`{"results":[{"index":0,"relevance_score":1},{"index":1,"relevance_score":1},{"index":2,"relevance_score":1}]}`, []float64{1, 1, 1},
		},
		"one left out": {`{"results":[{"index":0,"relevance_score":1},{"index":1,"relevance_score":1}]}`, nil},
		"one twice": {`{"results":[{"index":0,"relevance_score":1},` +
			`{"index":0,"relevance_score":1},{"index":1,"relevance_score":1}]}`, nil},
		"outside": {`{"results":[{"index":0,"relevance_score":1},` +
			`{"index":7,"relevance_score":1},{"index":1,"relevance_score":1}]}`, nil},
		"no score":         {`{"results":[{"index":0},{"index":2,"relevance_score":1},{"index":1,"relevance_score":1}]}`, nil},
		"something else":   {`<html>`, nil},
		"an empty answer":  {`{}`, nil},
		"a null of scores": {`{"results":null}`, nil},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var a struct {
				Model, Query string
				Documents    []string
			}
			if err := json.NewDecoder(r.Body).Decode(&a); err != nil || r.URL.Path != "/v1/rerank" || a.Model != "m" || a.Query != "脱硫" ||
				len(a.Documents) != 3 || r.Header.Get("Authorization") != "Bearer secret" {
				http.Error(w, "not what was agreed", http.StatusBadRequest)
				return
			}
			_, _ = w.Write([]byte(c.answer))
		}))
		r, err := NewReranker(RerankConfig{URL: server.URL + "/v1/", Model: "m", Key: "secret"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Rerank(context.Background(), "脱硫", []string{"a", "b", "c"})
		if !slices.Equal(got, c.want) || (c.want == nil) != fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
		server.Close()
	}
}

// A server that is away or slow costs three askers their half second, then nobody anything for half a minute.
func TestRerank_WaitsAfterFailures(t *testing.T) {
	t.Parallel()
	asked, now := 0, time.Unix(0, 0)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		http.Error(w, "loading", http.StatusServiceUnavailable)
	}))
	defer server.Close()
	r, err := NewReranker(RerankConfig{URL: server.URL, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if _, err := r.Rerank(context.Background(), "q", []string{"a"}); !fault.HasCode(err, "reranker_unavailable") {
			t.Fatalf("error %v", err)
		}
	}
	if now = now.Add(breakFor); asked != breakAfter {
		t.Errorf("asked %d times, want %d", asked, breakAfter)
	}
	if _, err := r.Rerank(context.Background(), "q", []string{"a"}); err == nil || asked != breakAfter+1 {
		t.Errorf("after the wait: asked %d times", asked)
	}
}
