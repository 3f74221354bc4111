package e2e

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"techmarket/internal/app/apptest"
	"techmarket/internal/app/cli"
	"techmarket/internal/app/demo"
	"techmarket/internal/app/demo/sample"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/matching"
	"techmarket/search"
	"techmarket/search/local"
	"techmarket/search/meili"
	"techmarket/search/zh"
)

// BenchmarkEngines measures each engine alone, by the very calls that serve people and without the memory of answers: indexing, size on
// disk, memory, the search box and the explained match of one need. Sizes are 12,104 and TECHMARKET_BENCH_LISTINGS (100,000; 1,000,000 is
// opt-in, 0 leaves the second out). Meilisearch takes part when MEILI_URL or MEILI_BIN is set.
func BenchmarkEngines(b *testing.B) {
	analyzer, err := zh.New()
	apptest.NoErr(b, err)
	texts := readBenchTexts(b)
	b.Logf("| machine | %d × %s, %s, load average %s |", runtime.NumCPU(), cpuName(), runtime.Version(), loadAverage())
	b.Logf("| listings | engine | indexed | on disk | memory | words learned | search box p50/p95/p99 | match p50/p95 | bare server p50/p95 |")
	url, folder, pid := benchMeili(b)
	for _, size := range benchSizes() {
		benchEngine(b, analyzer, texts, size, "local", "", "", 0)
		if url != "" {
			benchEngine(b, analyzer, texts, size, "meili", url, folder, pid)
		}
	}
	b.Logf("| load average at the end | %s |", loadAverage())
}

// corpusSize is the number of listings of the evaluation corpus.
const corpusSize = 12_104

func benchSizes() []int {
	sizes := []int{corpusSize}
	if n := benchListings(); n > 0 {
		sizes = append(sizes, n)
	}
	return sizes
}

// benchListings is how many listings are generated for the large market.
func benchListings() int {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("TECHMARKET_BENCH_LISTINGS"), "100000"))
	if err != nil {
		return 0
	}
	return n
}

// engineBench is one engine with a market of one size in it.
type engineBench struct {
	*testing.B
	texts    benchTexts
	size     int
	url      string       // of the server; "" the embedded engine
	wire     *lastRequest // to the server
	bare     search.Engine
	engine   matching.Prepared
	analyzer *zh.Analyzer

	box, match, server []time.Duration
}

func benchEngine(b *testing.B, analyzer *zh.Analyzer, texts benchTexts, size int, name, url, folder string, pid int) {
	before := heapInUse()
	e := &engineBench{B: b, texts: texts, size: size, url: url, analyzer: analyzer}
	defer e.open()()
	indexed := e.index()
	began := time.Now()
	model, err := matching.Learn(b.Context(), analyzer, func(yield func(search.Document, error) bool) {
		for i := range size {
			if !yield(texts.document(i, size), nil) {
				return
			}
		}
	})
	apptest.NoErr(b, err)
	learned := time.Since(began)
	finder := matching.NewFinder(e.engine, analyzer, model, matching.DefaultWeights(), time.Now, func(_, code string) string { return code })
	e.ask(finder)
	stats, err := e.bare.Stats(b.Context())
	apptest.NoErr(b, err)
	if stats.Documents != size {
		b.Fatalf("%s holds %d documents, want %d", name, stats.Documents, size)
	}
	memory := fmt.Sprintf("%d MiB of heap", (heapInUse()-before)>>20)
	if pid != 0 {
		memory += fmt.Sprintf(", server %d MiB RSS", status(pid, "status", "VmRSS:")>>20)
	}
	own := "—"
	if len(e.server) > 0 {
		own = fmt.Sprintf("%.0f / %.0f ms (search box %.1f ×)", at(e.server, 0.5), at(e.server, 0.95), at(e.box, 0.95)/at(e.server, 0.95))
	}
	b.Logf("| %d | %s | %.1f s, %.0f/s | %d MiB | %s | %.1f s | %.0f / %.0f / %.0f ms | %.0f / %.0f ms | %s |", size, name, indexed.Seconds(),
		float64(size)/indexed.Seconds(), cmp.Or(stats.Bytes, folderBytes(folder))>>20, memory, learned.Seconds(), at(e.box, 0.5),
		at(e.box, 0.95), at(e.box, 0.99), at(e.match, 0.5), at(e.match, 0.95), own)
	runtime.KeepAlive(finder)
}

// open opens the engine as the market has it, and returns what closes it.
func (e *engineBench) open() (shut func()) {
	e.wire = &lastRequest{RoundTripper: &http.Transport{MaxIdleConnsPerHost: 8, DisableCompression: true}} // as meili.Open has it
	drop := func() {}
	if e.url == "" {
		opened, err := local.Open(e.TempDir(), e.analyzer)
		apptest.NoErr(e, err)
		e.bare = opened
	} else {
		opened, err := meili.Open(e.Context(), meili.Options{URL: e.url, Key: os.Getenv("MEILI_KEY"), Index: benchIndex(),
			SearchTimeout: 30 * time.Second, HTTP: &http.Client{Transport: e.wire}}, e.analyzer)
		apptest.NoErr(e, err)
		e.bare, drop = opened, func() { apptest.NoErr(e, opened.Drop(context.Background())) }
	}
	e.engine = matching.Prepared{Engine: e.bare, Analyzer: e.analyzer}
	return func() { e.bare.Close(); drop() }
}

func benchIndex() string { return fmt.Sprintf("bench_%d", os.Getpid()) }

// index fills the engine as techmarket reindex does, and says how long it took.
func (e *engineBench) index() time.Duration {
	began := time.Now()
	apptest.NoErr(e, e.engine.Rebuild(e.Context(), func(emit func(...search.Document) error) error {
		batch := make([]search.Document, 0, 2000)
		for i := range e.size {
			if batch = append(batch, e.texts.document(i, e.size)); len(batch) == cap(batch) || i == e.size-1 {
				if err := emit(batch...); err != nil {
					return err
				}
				batch = batch[:0]
			}
		}
		return nil
	}))
	return time.Since(began)
}

// ask sends three hundred searches and matches, after twenty that warm up.
func (e *engineBench) ask(finder *matching.Finder) {
	ctx, rng := e.Context(), rand.New(rand.NewPCG(9, 9))
	took := func(list *[]time.Duration, call func() error) {
		began := time.Now()
		apptest.NoErr(e, call())
		*list = append(*list, time.Since(began))
	}
	for i := range 320 {
		if i == 20 {
			e.box, e.match, e.server = nil, nil, nil
		}
		q := search.Query{Text: e.texts.typed(rng), Prefix: i%2 == 0, Limit: pageOfBench, Highlight: true, FacetNames: listFacets,
			Filters: []search.Filter{search.AnyOf("kind", "achievement"),
				search.Between("expiresAt", time.Now().Truncate(time.Minute).Unix(), math.MaxInt64)}}
		if i%3 == 0 {
			q.Filters = append(q.Filters, search.AnyOf("league", e.texts.achievements[rng.IntN(len(e.texts.achievements))].Division[:4]+"00"))
		}
		if !search.HasText(q.Text) {
			q.Text = "稀土"
		}
		took(&e.box, func() error { _, err := e.engine.Search(ctx, q); return err })
		if e.url != "" {
			plain := e.wire.plain(e.B)
			took(&e.server, func() error { return postBare(e.url, benchIndex(), plain) })
		}
		need := e.texts.document(e.size+i, math.MaxInt)
		need.ID, need.Kind = "d1", "demand"
		took(&e.match, func() error {
			_, err := finder.Find(ctx, matching.Request{Listing: need, Want: "achievement", Limit: 20})
			return err
		})
	}
}

// listFacets are those that a list page counts.
var listFacets = []string{"field", "topic", "league", "county", "stage", "cooperation", "priceBand", "industry"}

const pageOfBench = 20

// at is a percentile in ms.
func at(took []time.Duration, share float64) float64 {
	took = slices.Sorted(slices.Values(took))
	if len(took) == 0 {
		return -1
	}
	return float64(took[min(len(took)-1, int(share*float64(len(took))))].Microseconds()) / 1000
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC() // what the first one's finalisers let go
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse)
}

// benchMeili is the address of the server and, where it was started here, its folder and process id.
func benchMeili(b testing.TB) (url, folder string, pid int) {
	if url := os.Getenv("MEILI_URL"); url != "" {
		return url, "", 0
	}
	program := os.Getenv("MEILI_BIN")
	if program == "" {
		return "", "", 0
	}
	address, folder := freeAddress(b), b.TempDir()
	command := exec.Command(program, "--no-analytics", "--http-addr", address, "--db-path", filepath.Join(folder, "meili"))
	command.Dir = folder
	apptest.NoErr(b, command.Start())
	b.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	for range 200 {
		if c, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			c.Close()
			return "http://" + address, folder, command.Process.Pid
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.Fatal("MEILI_BIN did not answer within 10 s")
	return "", "", 0
}

// folderBytes is what a folder's files hold on disk: sparse ones count for what is written.
func folderBytes(dir string) (n int64) {
	if dir == "" {
		return 0
	}
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // a file may go while the folder is read
		}
		if info, err := d.Info(); err == nil {
			if s, ok := info.Sys().(*syscall.Stat_t); ok {
				n += s.Blocks * 512
			}
		}
		return nil
	})
	return n
}

// lastRequest remembers the last search that was sent.
type lastRequest struct {
	http.RoundTripper
	mu   sync.Mutex
	body []byte
}

func (l *lastRequest) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/multi-search") {
		raw, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
		l.mu.Lock()
		l.body = raw
		l.mu.Unlock()
	}
	return l.RoundTripper.RoundTrip(r)
}

// plain is the last search as one bare query to the server: the same words, filters and hits with all facets counted beside.
func (l *lastRequest) plain(b *testing.B) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	var sent struct{ Queries []map[string]any }
	apptest.NoErr(b, json.Unmarshal(l.body, &sent))
	if len(sent.Queries) == 0 {
		b.Fatal("the engine sent no search")
	}
	bare := map[string]any{"limit": pageOfBench, "attributesToRetrieve": []string{"d"}}
	for _, name := range []string{"q", "filter", "locales", "matchingStrategy"} {
		if v, ok := sent.Queries[0][name]; ok {
			bare[name] = v
		}
	}
	var facets []string
	for _, name := range listFacets {
		facets = append(facets, "f."+name)
	}
	bare["facets"] = facets
	raw, err := json.Marshal(bare)
	apptest.NoErr(b, err)
	return raw
}

func postBare(url, index string, body []byte) error {
	request, err := http.NewRequest(http.MethodPost, url+"/indexes/"+index+"/search", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if key := os.Getenv("MEILI_KEY"); key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	request.Header.Set("Accept-Encoding", "identity")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("bare search: %s", said)
	}
	return err
}

// benchTexts are what generated listings are made of: the sentences of the corpus named by TECHMARKET_BENCH_CORPUS, or else of the sample
// market, and the sample market's codes and figures.
type benchTexts struct {
	whole        []string   // the corpus itself; nil without one
	sentences    [][]string // of each text
	achievements []sample.Achievement
}

func readBenchTexts(b testing.TB) benchTexts {
	market := sample.Generate(1, time.Now())
	t := benchTexts{achievements: slices.DeleteFunc(market.Achievements, func(a sample.Achievement) bool { return len(a.Division) != 6 })}
	add := func(text string) {
		var sentences []string
		for _, s := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("。；;\n", r) }) {
			if s = strings.TrimSpace(s); len(s) > 12 {
				sentences = append(sentences, s)
			}
		}
		if len(sentences) > 0 {
			t.sentences = append(t.sentences, sentences)
		}
	}
	if path := os.Getenv("TECHMARKET_BENCH_CORPUS"); path != "" {
		rows, err := cli.ReadRows[cli.EvalDocument](path)
		apptest.NoErr(b, err)
		for _, r := range rows {
			t.whole = append(t.whole, r.Abstract)
			add(r.Abstract)
		}
		return t
	}
	for _, a := range market.Achievements {
		add(a.Title + "。" + a.Description())
	}
	for _, d := range market.Demands {
		add(d.Title + "。" + d.Present + "。" + d.Limits + "。" + d.Tried)
	}
	return t
}

// content is the i-th generated achievement: most of one text with a sentence each of two others, so that no two are alike and the words
// are as frequent as in real texts. The codes are those of sample achievements, drawn one by one.
func (t benchTexts) content(i int) achievement.Content {
	rng := rand.New(rand.NewPCG(uint64(i), 11))
	main := slices.Clone(t.sentences[rng.IntN(len(t.sentences))])
	rng.Shuffle(len(main), func(a, b int) { main[a], main[b] = main[b], main[a] })
	main = main[:min(len(main), 2+rng.IntN(4))]
	for range 2 {
		other := t.sentences[rng.IntN(len(t.sentences))]
		main = append(main, other[rng.IntN(len(other))])
	}
	return t.coded(rng, benchTitle(main[0]), strings.Join(main, "。")+"。")
}

func (t benchTexts) coded(rng *rand.Rand, title, text string) achievement.Content {
	pick := func() sample.Achievement { return t.achievements[rng.IntN(len(t.achievements))] }
	price := pick()
	c := achievement.Content{Title: title, Description: text, Field: pick().Field, Topics: []string{pick().Topic},
		Industry:    demo.IndustryLetter(pick().Industry),
		Cooperation: demo.Ways(pick().Ways), Price: demo.RangeOf(price.PriceLow, price.PriceHigh), Division: pick().Division}
	c.Maturity = achievement.Maturity{Level: pick().Maturity, Basis: achievement.BasisSelf}
	return c
}

// benchTitle is the first clause of a sentence.
func benchTitle(sentence string) string {
	clause, _, _ := strings.Cut(strings.ReplaceAll(sentence, ",", "，"), "，")
	runes := []rune(clause)
	return string(runes[:min(len(runes), 40)])
}

// document is the i-th of size listings as the index holds it: a text of the corpus itself where the size is the corpus's.
func (t benchTexts) document(i, size int) search.Document {
	c := t.content(i)
	if size == corpusSize && i < len(t.whole) {
		c = t.coded(rand.New(rand.NewPCG(uint64(i), 11)), benchTitle(t.whole[i]), t.whole[i])
	}
	published := benchStart.Add(-time.Duration(i%300) * 24 * time.Hour).Add(-time.Duration(i) * time.Second)
	expires := benchStart.AddDate(1, 0, 0)
	l := listing.Listing{ID: int64(i) + 1, Kind: achievement.Kind, Version: 1, Title: c.Title, OrganisationID: int64(i%400) + 1,
		Division: c.Division, Origin: "import",
		PublishedAt: &published, FirstPublishedAt: &published, ConfirmedAt: &published, ExpiresAt: &expires}
	return listing.DocumentOf(achievement.Descriptor(), c, l, "样例单位"+strconv.Itoa(i%400))
}

// benchStart is one moment for the whole run.
var benchStart = time.Now()

// typed is what a person may type: one to three neighbouring pieces of a sentence.
func (t benchTexts) typed(rng *rand.Rand) string {
	if rng.IntN(10) == 0 {
		return []string{"xitu", "稀土", "PLC", "储", "fengdian", "煤矿 瓦斯", "Nd-Fe-B", "污水 处理"}[rng.IntN(8)]
	}
	sentences := t.sentences[rng.IntN(len(t.sentences))]
	runes := []rune(benchTitle(sentences[rng.IntN(len(sentences))]))
	from := rng.IntN(max(1, len(runes)-3))
	return string(runes[from:min(len(runes), from+2+rng.IntN(5))])
}

// write puts n listings into a file for the import command: abstracts only, as the corpus has them.
func (t benchTexts) write(b testing.TB, n int) string {
	file, err := os.Create(filepath.Join(b.TempDir(), fmt.Sprintf("generated-%d.jsonl", n)))
	apptest.NoErr(b, err)
	w := bufio.NewWriter(file)
	encoder := json.NewEncoder(w)
	for i := range n {
		apptest.NoErr(b, encoder.Encode(map[string]string{"id": fmt.Sprintf("g%d", i), "abstract": t.content(i).Description}))
	}
	apptest.NoErr(b, w.Flush())
	apptest.NoErr(b, file.Close())
	return file.Name()
}
