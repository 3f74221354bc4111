package matching

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"techmarket/search"
	"techmarket/search/local"
	"techmarket/search/meili"
)

// benchSizes are 12,104 listings (the size of the evaluation corpus) and, opt-in, what MATCH_BENCH_DOCS says (100000, 1000000).
func benchSizes() []int {
	sizes := []int{12_104}
	if n, err := strconv.Atoi(os.Getenv("MATCH_BENCH_DOCS")); err == nil {
		sizes = append(sizes, n)
	}
	return sizes
}

// BenchmarkMarket prints, for each engine present and each size: listings indexed a second, and the 50th, 95th and 99th percentile in ms of
// the search box (prefix, three facets, a filter, highlights) and of explained matching of one need.
func BenchmarkMarket(b *testing.B) {
	a, err := analyzer()
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	engines := map[string]func(b *testing.B) search.Engine{
		"local": func(b *testing.B) search.Engine {
			e, err := local.Open(b.TempDir(), a)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { e.Close() })
			return e
		},
	}
	if url := os.Getenv("MEILI_URL"); url != "" {
		engines["meili"] = func(b *testing.B) search.Engine {
			e, err := meili.Open(ctx, meili.Options{URL: url, Index: fmt.Sprintf("bench_%d", os.Getpid()), SearchTimeout: 10 * time.Second}, a)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { e.Drop(ctx); e.Close() })
			return e
		}
	}
	for _, size := range benchSizes() {
		docs := make([]search.Document, size)
		for i := range docs {
			docs[i] = generated(rand.New(rand.NewPCG(uint64(i), 7)), fmt.Sprintf("a%d", i))
		}
		for label, open := range engines {
			b.Run(fmt.Sprintf("%s/%d", label, size), func(b *testing.B) {
				e := Prepared{open(b), a}
				start := time.Now()
				for part := range slices.Chunk(docs, 5000) {
					if err := e.Index(ctx, part...); err != nil {
						b.Fatal(err)
					}
				}
				rate := float64(size) / time.Since(start).Seconds()
				start = time.Now()
				m, err := Learn(ctx, a, each(docs))
				if err != nil {
					b.Fatal(err)
				}
				learn := time.Since(start)
				f := NewFinder(e, a, m, DefaultWeights(), func() time.Time { return now }, name)
				rng := rand.New(rand.NewPCG(9, 9))
				words := []string{"高炉煤气", "稀土", "xitu", "储", "机器人 故障", "光伏 并网 成本", "苜蓿", "graphene"}
				var box, match []float64
				var boxCPU, matchCPU time.Duration // of this process, so that a busy machine does not blur the figure
				for b.Loop() {
					q := search.Query{Text: words[rng.IntN(len(words))], Prefix: true, Limit: 20, Highlight: true, FacetNames: []string{"field", "league", "kind"},
						Filters: []search.Filter{search.AnyOf("league", "1501", "1502")}}
					cpu := processCPU(b)
					box = append(box, timed(b, func() error { _, err := e.Search(ctx, q); return err }))
					need := generated(rng, "d1")
					boxCPU += processCPU(b) - cpu
					cpu = processCPU(b)
					match = append(match, timed(b, func() error {
						_, err := f.Find(ctx, Request{Listing: need, Want: "achievement", Limit: 20})
						return err
					}))
					matchCPU += processCPU(b) - cpu
				}
				b.ReportMetric(float64(boxCPU.Microseconds())/1000/float64(len(box)), "box-cpu-ms")
				b.ReportMetric(float64(matchCPU.Microseconds())/1000/float64(len(match)), "match-cpu-ms")
				var mem runtime.MemStats
				runtime.ReadMemStats(&mem)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(rate, "docs/s")
				b.ReportMetric(learn.Seconds(), "learn-s")
				b.ReportMetric(float64(mem.HeapInuse)/(1<<20), "heap-MB")
				for label, ms := range map[string][]float64{"box": box, "match": match} {
					slices.Sort(ms)
					for _, p := range []int{50, 95, 99} {
						b.ReportMetric(ms[min(len(ms)-1, len(ms)*p/100)], fmt.Sprintf("%s-p%d-ms", label, p))
					}
				}
			})
		}
	}
}

func timed(b *testing.B, call func() error) float64 {
	start := time.Now()
	if err := call(); err != nil {
		b.Fatal(err)
	}
	return float64(time.Since(start).Microseconds()) / 1000
}

func processCPU(b *testing.B) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
