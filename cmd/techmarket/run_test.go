package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/web"
)

// output is a buffer a test may read while the command writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// running is a market started by a test.
type running struct {
	out, log  *output
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
	r := &running{out: &output{}, log: &output{}}
	env := &environment{Stdout: r.out, Stderr: r.log, Now: time.Now,
		Environ: append([]string{"TECHMARKET_ADDR=127.0.0.1:0", "TECHMARKET_DATA=" + data}, vars...)}
	status := make(chan int, 1)
	go func() { status <- run(ctx, env, []string{"serve"}) }()
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
	if _, body := get(t, "http://"+r.ops+"/metrics"); !strings.Contains(body, "\ntechmarket_job_oldest_seconds ") || strings.Contains(body, "\ntechmarket_job_oldest_seconds -1") {
		t.Error("metrics lack the age of the oldest job")
	}

	// Beside a running market: a second start is told, a command joins its database.
	second := &output{}
	env := &environment{Stdout: second, Stderr: second, Now: time.Now, Environ: []string{"TECHMARKET_ADDR=127.0.0.1:0", "TECHMARKET_DATA=" + data}}
	if code := run(t.Context(), env, []string{"serve"}); code != 1 || !strings.Contains(second.String(), "正被另一个 techmarket 使用") {
		t.Errorf("second start: got %d, %s", code, second.String())
	}
	if code := run(t.Context(), env, []string{"migrate"}); code != 0 {
		t.Errorf("migrate beside it: got %d, %s", code, second.String())
	}

	if code := r.stop(); code != 0 || !strings.Contains(r.out.String(), "已停止") {
		t.Errorf("stop: got %d, %s\n%s", code, r.out.String(), r.log.String())
	}
	if _, err := os.Stat(filepath.Join(data, runningFile)); !os.IsNotExist(err) {
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
	out := &output{}
	env := &environment{Stdout: out, Stderr: out, Now: time.Now, Environ: []string{"TECHMARKET_ADDR=" + l.Addr().String(), "TECHMARKET_DATA=" + dataFolder(t)}}
	if code := run(t.Context(), env, []string{"serve"}); code != 1 || !strings.Contains(out.String(), "已被别的程序占用") || !strings.Contains(out.String(), "TECHMARKET_ADDR=") {
		t.Errorf("got %d, %s", code, out.String())
	}
}

func TestServe_DatabaseURLAloneSwitchesTheDatabase(t *testing.T) {
	t.Parallel()
	server := dataFolder(t)
	startMarket(t, server) // its database plays the real server
	raw, err := os.ReadFile(filepath.Join(server, runningFile))
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
	out := &output{}
	p := newPlatform(t, time.Now, out)
	p.config.RedisURL, p.config.MeiliURL = "redis://127.0.0.1:1/0", "http://127.0.0.1:1"
	tellAway(t.Context(), &environment{Stdout: out, Stderr: out, Now: time.Now}, p)
	for _, text := range []string{"注意：连不上 Redis", "REDIS_URL", "注意：连不上 Meilisearch", "MEILI_URL"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("%q is missing in %s", text, out)
		}
	}
}

// While the disk is nearly full people can look and sign in, but what would be saved is refused in plain words, by page and
// by program, and taken again once there is room.
func TestServe_NearlyFullDiskRefusesWritingOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	member, program := w.as("member"), w.caller("member")
	var full error
	room := func() error { return full }
	w.s.room = room
	site, err := w.s.site(nil)
	noErr(t, err)
	w.server.Config.Handler = site
	full = fault.New(fault.Unavailable, "disk_full", "服务器磁盘快满了，暂时只能查看，不能保存。")
	refused := member.get("/achievements/new").want(200).submit("/achievements", values{"title": "没有地方放的成果"}).want(503, "磁盘快满了")
	program.post("/achievements", map[string]any{"title": "没有地方放的成果"}).refused(503, "disk_full")
	w.visitor("again").get("/signin").submit("/signin", values{"login": "member", "password": password}).want(200, "您好")
	full = nil
	member.get("/achievements/new").want(200).submit("/achievements", values{"title": "又有地方放的成果"}).want(200, "草稿已保存")
	refused.submit("/achievements", nil).want(200, "草稿已保存", "没有地方放的成果")
	if err := roomToWrite(t.TempDir(), time.Now)(); err != nil {
		t.Errorf("this disk: %v", err)
	}
}

// A form that is refused because the disk is full or the database away comes back with what was typed, to be sent once more
// with one button: as text, without passwords, with its files to be chosen again, and only to the browser that sent it from a page of ours.
func TestServe_RefusedFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	full := fault.New(fault.Unavailable, "disk_full", "服务器磁盘快满了，暂时只能查看，不能保存。")
	now := error(full)
	w.s.room = func() error { return now }
	site, err := w.s.site(nil)
	noErr(t, err)
	w.server.Config.Handler = site
	member := w.as("member")

	const typed = `收率 95%<script>alert(1)</script>"><b>`
	refused := member.post("/achievements", values{"title": typed, "summary": "第一行\n第二行"}).want(503, "没有丢失", typed, "第一行 第二行")
	if body := string(refused.body); strings.Contains(body, "<script>alert") || strings.Contains(body, "95%<") {
		t.Error("what was typed is not escaped")
	}
	if again := refused.form("/achievements", nil).values; again.Get("title") != typed || again.Get("summary") != "第一行\n第二行" || again.Get("_csrf") != member.csrf() {
		t.Errorf("the page keeps %v", again)
	}
	if again := refused.submit("/achievements", nil).want(503).form("/achievements", nil).values; again.Get("title") != typed {
		t.Errorf("refused twice, the page keeps %v", again)
	}

	file := upload{"file", "成果.csv", []byte("标题")}
	for page := member.get("/imports"); ; {
		again := page.submit("/imports", nil, file).want(503, "刚才选的“成果.csv”没有保存，请重新选择")
		if page.status == 503 {
			break // chosen again and refused again
		}
		page = again
	}

	joining := w.visitor("joining")
	again := joining.post("/signup", values{"login": "newcomer", "orgName": "示范新单位", "password": password}).want(503, "没有丢失")
	if kept := again.form("/signup", nil).values; kept.Get("orgName") != "示范新单位" || kept.Has("password") || strings.Contains(string(again.body), password) {
		t.Errorf("a page shows a password again, or lost the rest: %v", kept)
	}
	source, err := filepath.Glob("../../web/pages/*.go")
	noErr(t, err)
	fields := 0
	for _, file := range source {
		code, err := os.ReadFile(file)
		noErr(t, err)
		for _, name := range regexp.MustCompile(`view\.Password, Name: "(\w+)"`).FindAllSubmatch(code, -1) {
			if fields++; !web.Secret(string(name[1])) {
				t.Errorf("%s: the page about a refused form would show the field %s", file, name[1])
			}
		}
	}
	if fields < 5 {
		t.Errorf("only %d password fields found", fields)
	}

	// A foreign page's form has no token of this browser; it is never offered for sending.
	// The session is over: sign in beside the page, then send.
	now = nil
	page := member.get("/achievements/new").want(200)
	member.post("/signout", nil)
	over := page.submit("/achievements", values{"title": "退出以后才提交的成果"}).want(401, "在新窗口登录")
	member.get("/signin").submit("/signin", values{"login": "member", "password": password}).want(200, "您好")
	over.submit("/achievements", nil).want(200, "草稿已保存", "退出以后才提交的成果")

	// The database is away, so that not even the session can be looked up. A foreign page's form, without this browser's token, is not offered for sending.
	w.s.platform.DB.Pool.Close()
	stranger := w.visitor("stranger")
	at, err := url.Parse(w.server.URL)
	noErr(t, err)
	stranger.client.Jar.SetCookies(at, []*http.Cookie{{Name: "tm_session", Value: "unknown"}, {Name: "tm_csrf", Value: "of-this-browser"}})
	for token, kept := range map[string]bool{"of-this-browser": true, "": false, "another": false} {
		got := stranger.post("/achievements", values{"title": "数据库停了", "_csrf": token})
		if got.status < 500 || strings.Contains(string(got.body), "数据库停了") != kept {
			t.Errorf("token %q: %d, what was typed is on the page: %v", token, got.status, !kept)
		}
	}
}
