package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/app"
	"techmarket/internal/app/apptest"
	"techmarket/internal/app/demo"
	"techmarket/internal/app/demo/sample"
)

// BenchmarkServer measures the built program (bin/techmarket) as people run it, on a data folder of its own: first start
// with the sample market, cold start, idle memory, import and the latency of pages under an even stream of requests, then the same
// pages over the large market. It prints a table; run it by `make bench`. TECHMARKET_BENCH_CORPUS names a jsonl file to import (else
// 12,104 listings are generated), TECHMARKET_BENCH_LISTINGS how many are generated on top (100000; 0 for none),
// TECHMARKET_BENCH_SOAK how long mixed requests then go on to see whether memory grows (such as 10m; none).
func BenchmarkServer(b *testing.B) {
	program, err := filepath.Abs(filepath.Join("..", "..", "bin", "techmarket"))
	apptest.NoErr(b, err)
	if _, err := os.Stat(program); err != nil {
		b.Fatal("bin/techmarket is not built; run make bench")
	}
	texts := readBenchTexts(b)
	s := &served{b: b, program: program, data: benchFolder(b), texts: texts}
	row := func(what, format string, args ...any) { b.Logf("| %s | %s |", what, fmt.Sprintf(format, args...)) }
	row("machine", "%d × %s, %s, load average %s", runtime.NumCPU(), cpuName(), runtime.Version(), loadAverage())

	row("first start with the sample market", "%.1f s", s.start("--demo").Seconds())
	s.memoryAtRest(row, "sample market")
	s.stop()
	s.coldStart(row, "sample market")

	corpus := os.Getenv("TECHMARKET_BENCH_CORPUS")
	if corpus == "" {
		corpus = texts.write(b, corpusSize)
	}
	s.importing(row, corpus)
	s.start()
	defer s.stop()
	s.memoryAtRest(row, "sample + imported")
	s.pages(row, "sample + imported")
	s.load(row)
	if n := benchListings(); n > 0 {
		over := fmt.Sprintf("with %d generated", n)
		s.copying(row, n)
		s.stop()
		s.reindexing(row, n)
		s.coldStart(row, over)
		s.start()
		s.memoryAtRest(row, over)
		s.pages(row, over)
		own, _ := s.memory()
		row("RSS of the program after these requests", "%d MiB", own>>20)
	}
	if long, err := time.ParseDuration(os.Getenv("TECHMARKET_BENCH_SOAK")); err == nil {
		s.soak(row, long)
	}
	row("load average at the end", "%s", loadAverage())
}

// served is the program with its data folder.
type served struct {
	b             testing.TB
	program, data string
	texts         benchTexts
	addr, ops     string
	process       *exec.Cmd
	ended         chan struct{} // closed when the process has ended
}

func (s *served) command(args ...string) *exec.Cmd {
	c := exec.Command(s.program, args...)
	c.Env = append(os.Environ(), "TECHMARKET_DATA="+s.data, "TECHMARKET_ADDR="+s.addr, "TECHMARKET_OPS_ADDR="+s.ops,
		"TECHMARKET_LOG_LEVEL=error")
	apart(c)
	c.Dir = filepath.Dir(filepath.Dir(s.program))
	return c
}

// start runs serve and returns the time until it is ready.
func (s *served) start(args ...string) time.Duration {
	s.addr, s.ops = freeAddress(s.b), freeAddress(s.b)
	s.process = s.command(append([]string{"serve"}, args...)...)
	var said bytes.Buffer
	s.process.Stdout, s.process.Stderr = &said, &said
	began := time.Now()
	apptest.NoErr(s.b, s.process.Start())
	ended, process := make(chan struct{}), s.process
	s.ended = ended
	go func() { _ = process.Wait(); close(ended) }()
	for time.Since(began) < 15*time.Minute {
		select {
		case <-ended:
			s.process = nil
			s.b.Fatalf("the program ended before it was ready:\n%s", said.String())
		default:
		}
		if answer, err := http.Get("http://" + s.ops + "/readyz"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return time.Since(began)
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.b.Fatalf("not ready:\n%s", said.String())
	return 0
}

func (s *served) stop() {
	if s.process != nil {
		_ = s.process.Process.Signal(os.Interrupt)
		<-s.ended
		s.process = nil
	}
}

// importing runs the import command alone on the data folder.
func (s *served) importing(row func(string, string, ...any), file string) {
	began := time.Now()
	out, err := s.command("import", "achievements", file, "--yes").CombinedOutput()
	if err != nil {
		s.b.Fatalf("import: %v\n%s", err, out)
	}
	took := time.Since(began)
	made := regexp.MustCompile(`新建 (\d+) 条`).FindSubmatch(out)
	if made == nil {
		s.b.Fatalf("import said nothing of what it made:\n%s", out)
	}
	n, _ := strconv.Atoi(string(made[1]))
	row("import with checks and search index", "%d listings in %.1f s, %.0f per second", n, took.Seconds(), float64(n)/took.Seconds())
}

// coldStart is the middle of three starts of the data folder as it is.
func (s *served) coldStart(row func(string, string, ...any), over string) {
	var took []time.Duration
	for range 3 {
		took = append(took, s.start())
		s.stop()
	}
	slices.Sort(took)
	row("cold start (median of 3), "+over, "%.2f s", took[1].Seconds())
}

// database is a connection to the running program's own PostgreSQL.
func (s *served) database(ctx context.Context) *pgx.Conn {
	url, err := os.ReadFile(filepath.Join(s.data, app.RunningFile))
	apptest.NoErr(s.b, err)
	db, err := pgx.Connect(ctx, strings.TrimSpace(string(url)))
	apptest.NoErr(s.b, err)
	return db
}

// copying puts n generated achievements into the tables of the running market, as an import would leave them, spread over all
// organisations that have a member.
func (s *served) copying(row func(string, string, ...any), n int) {
	ctx := context.Background()
	db := s.database(ctx)
	defer db.Close(ctx)
	type owner struct{ OrganisationID, AccountID int64 }
	rows, err := db.Query(ctx, `select distinct on (organisation_id) organisation_id, account_id
		from membership order by organisation_id, account_id`)
	apptest.NoErr(s.b, err)
	owners, err := pgx.CollectRows(rows, pgx.RowToStructByPos[owner])
	apptest.NoErr(s.b, err)
	began := time.Now()
	columns := []string{"kind", "organisation_id", "owner_account", "state", "version", "draft", "published", "published_version", "title",
		"division", "field", "reviewer_scope",
		"origin", "origin_key", "created_at", "updated_at", "first_published_at", "published_at", "confirmed_at", "expires_at"}
	_, err = db.CopyFrom(ctx, pgx.Identifier{"listing"}, columns, pgx.CopyFromSlice(n, func(i int) ([]any, error) {
		c, o, at := s.texts.content(corpusSize+i), owners[i%len(owners)], benchStart.Add(-time.Duration(i)*time.Minute/10)
		raw, err := json.Marshal(c)
		return []any{"achievement", o.OrganisationID, o.AccountID, "published", 1, raw, raw, 1, c.Title, c.Division, c.Field, "150000",
			"import", fmt.Sprintf("bench-%d", i), at, at, at, at, at, at.AddDate(1, 0, 0)}, err
	}))
	apptest.NoErr(s.b, err)
	for _, then := range []string{
		`insert into listing_version (listing_id, number, content, published_at)
			select id, 1, draft, published_at from listing where origin_key like 'bench-%'`,
		`insert into listing_event (listing_id, at, event, from_state, to_state)
			select id, created_at, 'import', '', 'published' from listing where origin_key like 'bench-%'`,
		`vacuum analyze listing`, `vacuum analyze listing_version`, `vacuum analyze listing_event`} {
		_, err = db.Exec(ctx, then)
		apptest.NoErr(s.b, err)
	}
	row(fmt.Sprintf("%d generated listings copied into the database", n), "%.1f s", time.Since(began).Seconds())
}

// reindexing runs the reindex command alone on the data folder: every listing is read from the database, made a document and indexed.
func (s *served) reindexing(row func(string, string, ...any), n int) {
	began := time.Now()
	out, err := s.command("reindex").CombinedOutput()
	if err != nil {
		s.b.Fatalf("reindex: %v\n%s", err, out)
	}
	made := regexp.MustCompile(`共 (\d+) 条`).FindSubmatch(out)
	if made == nil {
		s.b.Fatalf("reindex said nothing of what it did:\n%s", out)
	}
	all, _ := strconv.Atoi(string(made[1]))
	if all < n {
		s.b.Fatalf("reindex found %d listings, want more than %d", all, n)
	}
	took := time.Since(began)
	row("reindex from the database, words learned anew", "%d listings in %.1f s, %.0f per second; %d MiB on disk", all, took.Seconds(),
		float64(all)/took.Seconds(), folderBytes(filepath.Join(s.data, "search"))>>20)
}

// memoryAtRest waits until a started market has come to rest.
func (s *served) memoryAtRest(row func(string, string, ...any), over string) {
	time.Sleep(15 * time.Second)
	own, database := s.memory()
	row("idle memory (RSS of the program + PSS of its PostgreSQL), "+over, "%d + %d MiB", own>>20, database>>20)
}

// memory is the program's RSS and the proportional memory of the PostgreSQL processes under it.
func (s *served) memory() (own, database int64) {
	own = status(s.process.Process.Pid, "status", "VmRSS:")
	var walk func(pid int)
	walk = func(pid int) {
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
		for f := range strings.FieldsSeq(string(children)) {
			child, _ := strconv.Atoi(f)
			database += status(child, "smaps_rollup", "Pss:")
			walk(child)
		}
	}
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", s.process.Process.Pid))
	for _, t := range tasks {
		children, _ := os.ReadFile(t)
		for f := range strings.FieldsSeq(string(children)) {
			child, _ := strconv.Atoi(f)
			database += status(child, "smaps_rollup", "Pss:")
			walk(child)
		}
	}
	return own, database
}

// status reads a line "name: n kB" of a file of /proc in bytes; 0 where it cannot be read.
func status(pid int, file, name string) int64 {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n << 10
		}
	}
	return 0
}

// pages measures list, detail, search and match pages at 300 requests per second, and matching at the pace of people.
func (s *served) pages(row func(string, string, ...any), over string) {
	const rate, seconds = 300, 10
	achievements, demands := s.hrefs("/achievements", "/achievements/"), s.hrefs("/demands", "/demands/")
	for page := 2; page <= 20; page++ {
		achievements = append(achievements, s.hrefs(fmt.Sprintf("/achievements?page=%d", page), "/achievements/")...)
	}
	words := []string{"稀土", "草原 生态", "煤矿 瓦斯", "乳制品 检测", "风电 叶片", "马铃薯 种薯", "盐碱地 改良", "电池 材料", "污水 处理", "合金 涂层"}
	rng := rand.New(rand.NewPCG(3, 3))
	match := func(i int) string { return demands[i%len(demands)] + "/matches" }
	for _, kind := range []struct {
		name string
		path func(i int) string
		rate int
	}{
		{"list, the first 20 pages", func(i int) string { return "/achievements?page=" + strconv.Itoa(1+i%20) }, rate},
		{"list, filters and order drawn anew for each request", func(int) string { return s.filtered(rng) }, rate},
		{"detail, 400 listings", func(i int) string { return achievements[i%len(achievements)] }, rate},
		{"search, 10 texts", func(i int) string { return "/achievements?q=" + url.QueryEscape(words[i%len(words)]) }, rate},
		{"search, a new text for each request", func(int) string { return "/achievements?q=" + url.QueryEscape(s.texts.typed(rng)) }, rate / 10},
		{"search, a new text for each request", func(int) string { return "/achievements?q=" + url.QueryEscape(s.texts.typed(rng)) }, rate},
		{"explained match of one need", match, 10},
		{"explained match of one need", match, rate},
	} {
		l := s.attack(kind.rate, seconds, kind.path)
		row(fmt.Sprintf("%s; %s; %d requests/s", kind.name, over, kind.rate),
			"p50 %.0f, p95 %.0f, p99 %.0f ms; %.0f answered per second, %d failed", l.at(0.50), l.at(0.95), l.at(0.99), l.rate, l.failed)
	}
}

// filtered is a list page with one to three filters, an order and a page, drawn from what the listings have.
func (s *served) filtered(rng *rand.Rand) string {
	pick := func() sample.Achievement { return s.texts.achievements[rng.IntN(len(s.texts.achievements))] }
	v := url.Values{"sort": {[]string{"new", "price", "maturity"}[rng.IntN(3)]}, "page": {strconv.Itoa(1 + rng.IntN(5))}}
	for range 1 + rng.IntN(3) {
		switch rng.IntN(5) {
		case 0:
			v.Set("field", pick().Field)
		case 1:
			v.Set("league", pick().Division[:4]+"00")
		case 2:
			v.Set("stage", strconv.Itoa(1+rng.IntN(9)))
		case 3:
			v.Set("topic", pick().Topic[:2]+"00")
		case 4:
			v.Set("cooperation", demo.Ways(pick().Ways[:1])[0])
		}
	}
	return "/achievements?" + v.Encode()
}

// soak sends 60 mixed requests a second and tells how the program's memory grows. The first minute warms it.
func (s *served) soak(row func(string, string, ...any), long time.Duration) {
	achievements, demands := s.hrefs("/achievements", "/achievements/"), s.hrefs("/demands", "/demands/")
	rng := rand.New(rand.NewPCG(4, 4))
	path := func(i int) string {
		switch i % 10 {
		case 0, 1, 2:
			return s.filtered(rng)
		case 3, 4:
			return "/achievements?q=" + url.QueryEscape(s.texts.typed(rng))
		case 5:
			if i%60 == 5 {
				return demands[i/60%len(demands)] + "/matches"
			}
			return "/"
		default:
			return achievements[i/10%len(achievements)]
		}
	}
	s.attack(60, 60, path)
	var seen []int64
	failed, parts := 0, 10
	var slowest float64
	for range parts {
		l := s.attack(60, max(1, int(long.Seconds())/parts), path)
		own, _ := s.memory()
		seen, failed, slowest = append(seen, own>>20), failed+l.failed, max(slowest, l.at(0.99))
	}
	row(fmt.Sprintf("soak, %s of 60 mixed requests/s", long), "RSS %v MiB, growth from the first to the last %d MiB; "+
		"worst p99 of a tenth %.0f ms, %d failed", seen, seen[parts-1]-seen[0], slowest, failed)
}

// hrefs are the links of a page that start with prefix and end in a number.
func (s *served) hrefs(page, prefix string) []string {
	answer, err := http.Get("http://" + s.addr + page)
	apptest.NoErr(s.b, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	apptest.NoErr(s.b, err)
	var out []string
	for _, m := range regexp.MustCompile(`href="(`+prefix+`\d+)"`).FindAllSubmatch(body, -1) {
		out = append(out, string(m[1]))
	}
	if len(out) == 0 {
		s.b.Fatalf("%s leads nowhere", page)
	}
	return out
}

// latencies are what one attack saw; times count from when a request was due, so that a slow server cannot hide behind a
// waiting client.
type latencies struct {
	took   []time.Duration
	failed int
	rate   float64 // answers per second from the first request to the last answer
}

func (l latencies) at(share float64) float64 { return at(l.took, share) }

// attack sends rate requests per second for some seconds, without waiting for answers.
func (s *served) attack(rate, seconds int, path func(i int) string) latencies {
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 512, MaxConnsPerHost: 512}}
	defer client.CloseIdleConnections()
	var l latencies
	var lock sync.Mutex
	var all sync.WaitGroup
	ask := func(path string, due time.Time) {
		defer all.Done()
		answer, err := client.Get("http://" + s.addr + path)
		ok := err == nil
		if ok {
			_, err = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			ok = err == nil && answer.StatusCode == http.StatusOK
		}
		lock.Lock()
		defer lock.Unlock()
		if !ok {
			l.failed++
			return
		}
		l.took = append(l.took, time.Since(due))
	}
	for i := range 20 { // warm: connections, caches
		all.Add(1)
		ask(path(i), time.Now())
	}
	l = latencies{}
	began := time.Now()
	for i := range rate * seconds {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		all.Add(1)
		go ask(path(i), due)
	}
	all.Wait()
	l.rate = float64(len(l.took)) / time.Since(began).Seconds()
	return l
}

func benchFolder(b testing.TB) string {
	dir, err := os.MkdirTemp("/tmp", "techmarket-bench-")
	apptest.NoErr(b, err)
	apptest.NoErr(b, os.Chmod(dir, 0o755)) // as root the database's account must get in
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "data")
}

func freeAddress(b testing.TB) string {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	apptest.NoErr(b, err)
	defer l.Close()
	return l.Addr().String()
}

func cpuName() string {
	raw, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(raw)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.Trim(name, "\t :\n")
		}
	}
	return runtime.GOARCH
}

func loadAverage() string {
	raw, _ := os.ReadFile("/proc/loadavg")
	return strings.Join(strings.Fields(string(raw))[:1], "")
}
