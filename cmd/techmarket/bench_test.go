package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
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
)

// BenchmarkServer measures the built program (bin/techmarket) as people run it, on a data folder of its own: first start
// with the sample market, cold start, idle memory, import and the latency of pages under an even stream of requests. It
// prints a table; run it by `make bench`. TECHMARKET_BENCH_CORPUS names a jsonl file to import (else 12,104 listings are
// generated), TECHMARKET_BENCH_LISTINGS how many are generated on top (0; 100000 takes its time).
func BenchmarkServer(b *testing.B) {
	program, err := filepath.Abs(filepath.Join("..", "..", "bin", "techmarket"))
	noErr(b, err)
	if _, err := os.Stat(program); err != nil {
		b.Fatal("bin/techmarket is not built; run make bench")
	}
	s := &served{b: b, program: program, data: benchFolder(b)}
	row := func(what, format string, args ...any) { b.Logf("| %s | %s |", what, fmt.Sprintf(format, args...)) }
	row("machine", "%d × %s, Go %s, load average %s", runtime.NumCPU(), cpuName(), runtime.Version(), loadAverage())

	row("first start with the sample market", "%.1f s", s.start("--demo").Seconds())
	s.stop()
	var cold []time.Duration
	for range 3 {
		cold = append(cold, s.start())
		s.stop()
	}
	slices.Sort(cold)
	row("cold start of an existing data folder (median of 3)", "%.2f s", cold[1].Seconds())

	corpus := os.Getenv("TECHMARKET_BENCH_CORPUS")
	if corpus == "" {
		corpus = generate(b, 12_104)
	}
	s.importing(row, corpus)
	s.start()
	defer s.stop()
	time.Sleep(10 * time.Second)
	own, database := s.memory()
	row("idle memory (RSS of the program + PSS of its PostgreSQL)", "%d + %d MiB", own>>20, database>>20)
	s.pages(row, "sample + imported")
	if n, _ := strconv.Atoi(os.Getenv("TECHMARKET_BENCH_LISTINGS")); n > 0 {
		s.stop()
		s.importing(row, generate(b, n))
		s.start()
		time.Sleep(10 * time.Second)
		s.pages(row, fmt.Sprintf("with %d generated", n))
	}
	row("load average at the end", "%s", loadAverage())
}

// served is the program with its data folder.
type served struct {
	b             testing.TB
	program, data string
	addr, ops     string
	process       *exec.Cmd
}

func (s *served) command(args ...string) *exec.Cmd {
	c := exec.Command(s.program, args...)
	c.Env = append(os.Environ(), "TECHMARKET_DATA="+s.data, "TECHMARKET_ADDR="+s.addr, "TECHMARKET_OPS_ADDR="+s.ops, "TECHMARKET_LOG_LEVEL=error")
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
	noErr(s.b, s.process.Start())
	for time.Since(began) < 15*time.Minute {
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
		_ = s.process.Wait()
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

// memory is the program's RSS and the proportional memory of the PostgreSQL processes under it.
func (s *served) memory() (own, database int64) {
	own = status(s.b, s.process.Process.Pid, "status", "VmRSS:")
	var walk func(pid int)
	walk = func(pid int) {
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
		for _, f := range strings.Fields(string(children)) {
			child, _ := strconv.Atoi(f)
			database += status(s.b, child, "smaps_rollup", "Pss:")
			walk(child)
		}
	}
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", s.process.Process.Pid))
	for _, t := range tasks {
		children, _ := os.ReadFile(t)
		for _, f := range strings.Fields(string(children)) {
			child, _ := strconv.Atoi(f)
			database += status(s.b, child, "smaps_rollup", "Pss:")
			walk(child)
		}
	}
	return own, database
}

// status reads a line "name: n kB" of a file of /proc in bytes; 0 where it cannot be read.
func status(b testing.TB, pid int, file, name string) int64 {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n << 10
		}
	}
	return 0
}

// pages measures four kinds of pages at 300 requests per second.
func (s *served) pages(row func(string, string, ...any), over string) {
	const rate, seconds = 300, 10
	achievements, demands := s.hrefs("/achievements", "/achievements/"), s.hrefs("/demands", "/demands/")
	words := []string{"稀土", "草原 生态", "煤矿 瓦斯", "乳制品 检测", "风电 叶片", "马铃薯 种薯", "盐碱地 改良", "电池 材料", "污水 处理", "合金 涂层"}
	for _, kind := range []struct {
		name string
		path func(i int) string
		rate int
	}{
		{"list", func(i int) string { return "/achievements?page=" + strconv.Itoa(1+i%20) }, rate},
		{"detail", func(i int) string { return achievements[i%len(achievements)] }, rate},
		{"search", func(i int) string { return "/achievements?q=" + url.QueryEscape(words[i%len(words)]) }, rate},
		{"explained match of one need", func(i int) string { return demands[i%len(demands)] + "/matches" }, rate},
		{"explained match of one need", func(i int) string { return demands[i%len(demands)] + "/matches" }, 10},
	} {
		l := s.attack(kind.rate, seconds, kind.path)
		row(fmt.Sprintf("%s, %s, %d requests/s", kind.name, over, kind.rate), "p50 %.0f, p95 %.0f, p99 %.0f ms; %.0f answered per second, %d failed", l.at(0.50), l.at(0.95), l.at(0.99), l.rate, l.failed)
	}
}

// hrefs are the links of a page that start with prefix and end in a number.
func (s *served) hrefs(page, prefix string) []string {
	answer, err := http.Get("http://" + s.addr + page)
	noErr(s.b, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	noErr(s.b, err)
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

func (l latencies) at(share float64) float64 {
	if len(l.took) == 0 {
		return -1
	}
	return float64(l.took[min(len(l.took)-1, int(share*float64(len(l.took))))].Microseconds()) / 1000
}

// attack sends rate requests per second for some seconds, without waiting for answers.
func (s *served) attack(rate, seconds int, path func(i int) string) latencies {
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 512, MaxConnsPerHost: 512}}
	defer client.CloseIdleConnections()
	var l latencies
	var lock sync.Mutex
	var all sync.WaitGroup
	ask := func(i int, due time.Time) {
		defer all.Done()
		answer, err := client.Get("http://" + s.addr + path(i))
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
		ask(i, time.Now())
	}
	l = latencies{}
	began := time.Now()
	for i := range rate * seconds {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		all.Add(1)
		go ask(i, due)
	}
	all.Wait()
	l.rate = float64(len(l.took)) / time.Since(began).Seconds()
	slices.Sort(l.took)
	return l
}

// generate writes n invented listings that differ in words, for lack of a corpus.
func generate(b *testing.B, n int) string {
	file, err := os.Create(filepath.Join(b.TempDir(), fmt.Sprintf("generated-%d.jsonl", n)))
	noErr(b, err)
	w := bufio.NewWriter(file)
	things := []string{"稀土永磁", "羊草种子", "马铃薯种薯", "煤矸石", "风电叶片", "奶牛饲料", "锂电池隔膜", "盐碱土壤", "蒙药提取物", "钢渣"}
	ways := []string{"制备", "检测", "回收", "改良", "监测", "烘干", "提纯", "包装", "育种", "防腐"}
	aims := []string{"降低能耗", "提高产量", "延长寿命", "减少污染", "降低成本", "提高精度", "缩短周期", "提高纯度"}
	encoder := json.NewEncoder(w)
	for i := range n {
		thing, way, aim := things[i%10], ways[i/10%10], aims[i/100%8]
		noErr(b, encoder.Encode(map[string]string{"id": fmt.Sprintf("g%d-%d", n, i), "abstract": fmt.Sprintf("%s%s技术第%d号，用于%s。在%d批试验中%s，指标由%d提高到%d，已在%s领域完成%d次应用。",
			thing, way, i, aim, i%97+3, aim, i%50+10, i%50+10+i%23, things[(i+3)%10], i%13+1)}))
	}
	noErr(b, w.Flush())
	noErr(b, file.Close())
	return file.Name()
}

func benchFolder(b testing.TB) string {
	dir, err := os.MkdirTemp("/tmp", "techmarket-bench-")
	noErr(b, err)
	noErr(b, os.Chmod(dir, 0o755)) // as root the database's account must get in
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "data")
}

func freeAddress(b testing.TB) string {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	noErr(b, err)
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
