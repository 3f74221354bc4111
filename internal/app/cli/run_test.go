package cli

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"techmarket/internal/app"
	"techmarket/internal/app/apptest"
)

func TestRun_SuggestsTheNearestCommand(t *testing.T) {
	t.Parallel()
	var out, errOut strings.Builder
	code := Run(t.Context(), &app.Environment{Stdout: &out, Stderr: &errOut}, []string{"srve"})
	if code != 2 || !strings.Contains(errOut.String(), "serve？") {
		t.Errorf("got %d and %q", code, errOut.String())
	}
}

// running is a market started by a test.
type running struct {
	out, log  *apptest.Output
	addr, ops string
	stop      func() int // as Ctrl-C; returns the exit status
}

// dataFolder is one that the database's account can enter even when tests run as root.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "techmarket-serve-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "data")
}

func startMarket(t *testing.T, data string, vars ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{out: &apptest.Output{}, log: &apptest.Output{}}
	env := &app.Environment{Stdout: r.out, Stderr: r.log, Now: time.Now,
		Environ: append([]string{"TECHMARKET_ADDR=127.0.0.1:0", "TECHMARKET_DATA=" + data}, vars...)}
	status := make(chan int, 1)
	go func() { status <- Run(ctx, env, []string{"serve"}) }()
	r.stop = sync.OnceValue(func() int { cancel(); return <-status })
	t.Cleanup(func() { r.stop() })
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		for line := range strings.Lines(r.log.String()) {
			var entry struct{ Msg, Addr, Ops string }
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "serving" {
				r.addr, r.ops = entry.Addr, entry.Ops
				return r
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("the market did not start:\n%s", r.log.String())
		}
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestServe_StartsReportsAndStopsCleanly(t *testing.T) {
	t.Parallel()
	data := dataFolder(t)
	r := startMarket(t, data)
	if status, body := get(t, "http://"+r.ops+"/readyz"); status != http.StatusOK || !strings.Contains(body, `"schema":"ok"`) {
		t.Errorf("readyz: got %d %s", status, body)
	}
	if status, _ := get(t, "http://"+r.ops+"/healthz"); status != http.StatusOK {
		t.Errorf("healthz: got %d", status)
	}
	if _, body := get(t, "http://"+r.ops+"/metrics"); !strings.Contains(body, "\ntechmarket_job_oldest_seconds ") ||
		strings.Contains(body, "\ntechmarket_job_oldest_seconds -1") {
		t.Error("metrics lack the age of the oldest job")
	}

	// Beside a running market: a second start is told, a command joins its database.
	second := &apptest.Output{}
	env := &app.Environment{Stdout: second, Stderr: second, Now: time.Now,
		Environ: []string{"TECHMARKET_ADDR=127.0.0.1:0", "TECHMARKET_DATA=" + data}}
	if code := Run(t.Context(), env, []string{"serve"}); code != 1 || !strings.Contains(second.String(), "正被另一个 techmarket 使用") {
		t.Errorf("second start: got %d, %s", code, second.String())
	}
	if code := Run(t.Context(), env, []string{"migrate"}); code != 0 {
		t.Errorf("migrate beside it: got %d, %s", code, second.String())
	}

	if code := r.stop(); code != 0 || !strings.Contains(r.out.String(), "已停止") {
		t.Errorf("stop: got %d, %s\n%s", code, r.out.String(), r.log.String())
	}
	if _, err := os.Stat(filepath.Join(data, app.RunningFile)); !os.IsNotExist(err) {
		t.Errorf("the address of the stopped database is still there: %v", err)
	}
	again := startMarket(t, data)
	if code := again.stop(); code != 0 {
		t.Errorf("second life: got %d", code)
	}
}

func TestServe_NamesATakenPort(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	out := &apptest.Output{}
	env := &app.Environment{Stdout: out, Stderr: out, Now: time.Now,
		Environ: []string{"TECHMARKET_ADDR=" + l.Addr().String(), "TECHMARKET_DATA=" + dataFolder(t)}}
	if code := Run(t.Context(), env, []string{"serve"}); code != 1 || !strings.Contains(out.String(), "已被别的程序占用") ||
		!strings.Contains(out.String(), "TECHMARKET_ADDR=") {
		t.Errorf("got %d, %s", code, out.String())
	}
}

func TestServe_DatabaseURLAloneSwitchesTheDatabase(t *testing.T) {
	t.Parallel()
	server := dataFolder(t)
	startMarket(t, server) // its database plays the real server
	raw, err := os.ReadFile(filepath.Join(server, app.RunningFile))
	if err != nil {
		t.Fatal(err)
	}
	data := dataFolder(t)
	guest := startMarket(t, data, "DATABASE_URL="+strings.TrimSpace(string(raw)))
	if status, body := get(t, "http://"+guest.ops+"/readyz"); status != http.StatusOK {
		t.Errorf("readyz: got %d %s", status, body)
	}
	if _, err := os.Stat(filepath.Join(data, "postgres")); !os.IsNotExist(err) {
		t.Error("an embedded database was made although DATABASE_URL is set")
	}
	if code := guest.stop(); code != 0 {
		t.Errorf("got %d", code)
	}
}

// A configured server that does not answer is named at the start with the variable to check; the market starts all the same.
func TestServe_TellsAtTheStartWhichServerIsAway(t *testing.T) {
	t.Parallel()
	out := &apptest.Output{}
	p := apptest.NewPlatform(t, time.Now, out)
	p.Config.RedisURL, p.Config.MeiliURL = "redis://127.0.0.1:1/0", "http://127.0.0.1:1"
	tellAway(t.Context(), &app.Environment{Stdout: out, Stderr: out, Now: time.Now}, p)
	for _, text := range []string{"注意：连不上 Redis", "REDIS_URL", "注意：连不上 Meilisearch", "MEILI_URL"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("%q is missing in %s", text, out)
		}
	}
}
