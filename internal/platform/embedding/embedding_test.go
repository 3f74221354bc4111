package embedding

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"techmarket/internal/foundation/fault"
)

// asked is what the server of a test was sent.
type asked struct {
	Model string   `json:"model"`
	Input []string `json:"input"`
}

func serve(t *testing.T, kind Kind, answer func(w http.ResponseWriter, a asked)) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if want := map[Kind]string{OpenAI: "/v1/embeddings", Ollama: "/v1/api/embed"}[kind]; r.URL.Path != want ||
			r.Header.Get("Authorization") != "Bearer secret" {
			http.Error(w, "wrong address or key", http.StatusForbidden)
			return
		}
		var a asked
		if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer(w, a)
	}))
	t.Cleanup(server.Close)
	c, err := New(Config{URL: server.URL + "/v1/", Kind: kind, Model: "m-passage", QueryModel: "m-query", Key: "secret",
		QueryPrefix: "query: ", PassagePrefix: "passage: ",
		Sleep: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// vector of a text: its length tells texts apart.
func vector(text string) []float32 { return []float32{float32(len(text)), 1, 0} }

func openAI(w http.ResponseWriter, a asked) {
	var data []string
	for i, v := range slices.Backward(a.Input) { // in any order: the index says which
		v, _ := json.Marshal(vector(v))
		data = append(data, fmt.Sprintf(`{"index":%d,"embedding":%s}`, i, v))
	}
	fmt.Fprintf(w, `{"data":[%s]}`, strings.Join(data, ","))
}

func TestBothProtocolsGiveVectorsInOrderWithLengthOne(t *testing.T) {
	t.Parallel()
	for kind, answer := range map[Kind]func(http.ResponseWriter, asked){
		OpenAI: openAI,
		Ollama: func(w http.ResponseWriter, a asked) {
			var all [][]float32
			for _, text := range a.Input {
				all = append(all, vector(text))
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"embeddings": all})
		},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			var sizes []int
			c := serve(t, kind, func(w http.ResponseWriter, a asked) {
				sizes = append(sizes, len(a.Input))
				if a.Model != "m-passage" && a.Model != "m-query" || !strings.HasPrefix(a.Input[0], strings.TrimPrefix(a.Model, "m-")+": ") {
					http.Error(w, "wrong model or prefix", http.StatusBadRequest)
					return
				}
				answer(w, a)
			})
			texts := make([]string, 70)
			for i := range texts {
				texts[i] = strings.Repeat("a", i)
			}
			got, err := c.Passages(t.Context(), texts)
			if err != nil || len(got) != 70 || fmt.Sprint(sizes) != "[8 8 8 8 8 8 8 8 6]" {
				t.Fatalf("%d vectors in batches of %v, %v; want 70 in eights", len(got), sizes, err)
			}
			for i, v := range got {
				n := float64(len("passage: ") + i)
				if math.Abs(float64(v[0])-n/math.Hypot(n, 1)) > 1e-6 {
					t.Fatalf("vector %d = %v, want that of its own text", i, v)
				}
			}
			if v, err := c.Query(t.Context(), "稀土"); err != nil || len(v) != 3 {
				t.Errorf("query: %v, %v", v, err)
			}
		})
	}
}

func TestABusyServerIsTriedAgainAndNonsenseIsNot(t *testing.T) {
	t.Parallel()
	for label, c := range map[string]struct {
		answer func(w http.ResponseWriter, a asked, call int32)
		calls  int32
		ok     bool
	}{
		"busy once":   {func(w http.ResponseWriter, a asked, n int32) { busy(w, a, n, 1) }, 2, true},
		"always busy": {func(w http.ResponseWriter, a asked, n int32) { busy(w, a, n, 9) }, 3, false},
		"too few": {func(w http.ResponseWriter, a asked, _ int32) {
			fmt.Fprint(w, `{"data":[{"index":0,"embedding":[1,0,0]}]}`)
		}, 1, false},
		"no JSON": {func(w http.ResponseWriter, a asked, _ int32) { fmt.Fprint(w, `<html>`) }, 1, false},
		"other lengths": {func(w http.ResponseWriter, a asked, _ int32) {
			fmt.Fprint(w, `{"data":[{"index":0,"embedding":[1,0]},{"index":1,"embedding":[1]}]}`)
		}, 1, false},
		"all noughts": {func(w http.ResponseWriter, a asked, _ int32) {
			fmt.Fprint(w, `{"data":[{"index":0,"embedding":[0,0]},{"index":1,"embedding":[0,0]}]}`)
		}, 1, false},
		"wrong index": {func(w http.ResponseWriter, a asked, _ int32) {
			fmt.Fprint(w, `{"data":[{"index":7,"embedding":[1,0]}]}`)
		}, 1, false},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			client := serve(t, OpenAI, func(w http.ResponseWriter, a asked) { c.answer(w, a, calls.Add(1)) })
			got, err := client.Passages(t.Context(), []string{"一", "二"})
			if (err == nil) != c.ok || calls.Load() != c.calls {
				t.Errorf("%d vectors, %v after %d calls; want ok %v after %d", len(got), err, calls.Load(), c.ok, c.calls)
			}
			if err != nil && !fault.Is(err, fault.Unavailable) {
				t.Errorf("%v: want unavailable", err)
			}
		})
	}
}

func busy(w http.ResponseWriter, a asked, n, until int32) {
	if n <= until {
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	openAI(w, a)
}

func TestADimensionThatChangesIsRefused(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	c := serve(t, OpenAI, func(w http.ResponseWriter, a asked) {
		fmt.Fprintf(w, `{"data":[{"index":0,"embedding":[1%s]}]}`, strings.Repeat(",0", int(n.Add(1))))
	})
	if _, err := c.Query(t.Context(), "一"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Query(t.Context(), "一"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("another dimension: %v, want unavailable", err)
	}
}

func TestADeadServerIsLeftAloneForHalfAMinuteAndComesBack(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	up := atomic.Bool{}
	c := serve(t, OpenAI, func(w http.ResponseWriter, a asked) {
		calls.Add(1)
		if !up.Load() {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		openAI(w, a)
	})
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	c.config.Now = func() time.Time { return now }
	for range 10 {
		if _, err := c.Query(t.Context(), "一"); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("%v, want unavailable", err)
		}
	}
	if calls.Load() != breakAfter {
		t.Errorf("%d calls while down, want %d", calls.Load(), breakAfter)
	}
	up.Store(true)
	now = now.Add(breakFor)
	if _, err := c.Query(t.Context(), "一"); err != nil {
		t.Errorf("after half a minute: %v", err)
	}
}

func TestASlowServerCostsAQuery300Milliseconds(t *testing.T) {
	t.Parallel()
	c := serve(t, OpenAI, func(w http.ResponseWriter, a asked) {
		time.Sleep(2 * time.Second)
		openAI(w, a)
	})
	start := time.Now()
	if _, err := c.Query(t.Context(), "一"); !fault.Is(err, fault.Unavailable) || time.Since(start) > time.Second {
		t.Errorf("%v after %v, want unavailable after 300 ms", err, time.Since(start))
	}
}

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []Config{{URL: "localhost:8000", Model: "m"}, {URL: "http://localhost:8000"},
		{URL: "http://localhost:8000", Model: "m", Kind: "tei"}} {
		if _, err := New(c); !fault.HasCode(err, "embedder_config") {
			t.Errorf("%+v: %v, want embedder_config", c, err)
		}
	}
}

// The real thing, when there is one: EMBEDDER_URL names an OpenAI-compatible server of an E5 model.
func TestARealServerPutsSameMeaningNearer(t *testing.T) {
	t.Parallel()
	address := os.Getenv("EMBEDDER_URL")
	if address == "" {
		t.Skip("no EMBEDDER_URL: the real embedding server was not tried")
	}
	c, err := New(Config{URL: address, Model: "e5-passage", QueryModel: "e5-query"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Passages(t.Context(), []string{"烟气脱硝催化剂", "奶牛饲料配方"})
	if err != nil {
		t.Fatal(err)
	}
	q, err := c.Query(t.Context(), "尾气中氮氧化物的净化")
	if err != nil {
		t.Fatal(err)
	}
	cos := func(a, b []float32) (s float32) {
		for i := range a {
			s += a[i] * b[i]
		}
		return s
	}
	if near, far := cos(q, p[0]), cos(q, p[1]); near <= far {
		t.Errorf("cosine %v for the fitting text, %v for the other", near, far)
	}
}
