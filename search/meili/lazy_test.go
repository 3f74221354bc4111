package meili_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/search"
	"techmarket/search/meili"
	"techmarket/search/meili/meilitest"
)

// reads are the calls that a page makes.
func reads(l *meili.Lazy) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"search": func(ctx context.Context) error {
			_, err := l.Search(ctx, search.Query{Text: "稀土", Limit: 5})
			return err
		},
		"candidates": func(ctx context.Context) error {
			_, err := l.Candidates(ctx, search.CandidateQuery{Limit: 5})
			return err
		},
		"get": func(ctx context.Context) error { _, err := l.Get(ctx, "a1"); return err },
	}
}

// A server that takes the connection and never answers, already before the first successful call, costs a page one search's time.
func TestLazy_AServerThatHangsAtTheStartKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	defer server.Close()
	defer close(over)
	a, err := analyzer()
	if err != nil {
		t.Fatal(err)
	}
	l := meili.Connect(meili.Options{URL: server.URL, SearchTimeout: 50 * time.Millisecond}, a)
	for name, read := range reads(l) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		if err := read(ctx); !fault.Is(err, fault.Unavailable) || ctx.Err() != nil {
			t.Errorf("%s: %v, %v; want unavailable well before the page gives up", name, err, ctx.Err())
		}
		cancel()
	}
}

// A server with an empty disk: reading makes no index, which would answer "nothing found" until it is filled, and no reading
// succeeds before it is.
func TestLazy_AnIndexThatIsNotFilledAnswersNobody(t *testing.T) {
	t.Parallel()
	url, written := meilitest.Refusing(t, http.StatusNotFound,
		`{"message":"Index listings not found.","code":"index_not_found","type":"invalid_request","link":""}`)
	a, err := analyzer()
	if err != nil {
		t.Fatal(err)
	}
	l := meili.Connect(meili.Options{URL: url}, a)
	for name, read := range reads(l) {
		if err := read(context.Background()); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v, want unavailable", name, err)
		}
	}
	if fresh, err := l.Check(context.Background()); err != nil || !fresh {
		t.Errorf("check: %v, %v; want the caller told to fill it", fresh, err)
	}
	if got := written(); len(got) > 0 {
		t.Errorf("reading wrote: %v", got)
	}
}
