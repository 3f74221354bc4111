package meili_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"techmarket/search"
	"techmarket/search/enginetest"
	"techmarket/search/meili"
	"techmarket/search/zh"
)

// analyzer is read-only; loading it once keeps the tests fast.
var analyzer = sync.OnceValues(zh.New)

func TestConformanceOnARealServer(t *testing.T) {
	t.Parallel()
	url := os.Getenv("MEILI_URL")
	if url == "" {
		t.Skip("no real Meilisearch")
	}
	a, err := analyzer()
	if err != nil {
		t.Fatal(err)
	}
	var n atomic.Int32
	enginetest.Run(t, func(t *testing.T) search.Engine {
		e, err := meili.Open(context.Background(), meili.Options{URL: url, Index: fmt.Sprintf("test_%d_%d", os.Getpid(), n.Add(1)), SearchTimeout: 5e9}, a)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := e.Drop(context.Background()); err != nil {
				t.Error(err)
			}
			e.Close()
		})
		return e
	})
}
