package e2e

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"techmarket/internal/app"
	"techmarket/internal/app/apptest"
	"techmarket/internal/foundation/fault"
	"techmarket/web"
)

// While the disk is nearly full people can look and sign in, but what would be saved is refused in plain words, by page and
// by program, and taken again once there is room.
func TestServe_NearlyFullDiskRefusesWritingOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	member, program := w.as("member"), w.caller("member")
	var full error
	room := func() error { return full }
	w.s.Room = room
	site, err := w.s.Site(nil)
	apptest.NoErr(t, err)
	w.server.Config.Handler = site
	full = fault.New(fault.Unavailable, "disk_full", "服务器磁盘快满了，暂时只能查看，不能保存。")
	refused := member.get("/achievements/new").want(200, "磁盘快满了").submit("/achievements", values{"title": "没有地方放的成果"}).want(503, "磁盘快满了")
	program.post("/achievements", map[string]any{"title": "没有地方放的成果"}).refused(503, "disk_full")
	w.visitor("again").get("/signin").submit("/signin", values{"login": "member", "password": password}).want(200, "您好")
	full = nil
	if text := member.get("/achievements/new").want(200).text(); strings.Contains(text, "磁盘快满了") {
		t.Error("there is room again, and pages say there is none")
	}
	member.get("/achievements/new").submit("/achievements", values{"title": "又有地方放的成果"}).want(200, "草稿已保存")
	refused.submit("/achievements", nil).want(200, "草稿已保存", "没有地方放的成果")
	if err := app.RoomToWrite(t.TempDir(), time.Now)(); err != nil {
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
	w.s.Room = func() error { return now }
	site, err := w.s.Site(nil)
	apptest.NoErr(t, err)
	w.server.Config.Handler = site
	member := w.as("member")

	const typed = `收率 95%<script>alert(1)</script>"><b>`
	refused := member.post("/achievements", values{"title": typed, "summary": "第一行\n第二行"}).want(503, "没有丢失", typed, "第一行 第二行")
	if body := string(refused.body); strings.Contains(body, "<script>alert") || strings.Contains(body, "95%<") {
		t.Error("what was typed is not escaped")
	}
	if again := refused.form("/achievements", nil).values; again.Get("title") != typed || again.Get("summary") != "第一行\n第二行" ||
		again.Get("_csrf") != member.csrf() {
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
	if kept := again.form("/signup", nil).values; kept.Get("orgName") != "示范新单位" || kept.Has("password") ||
		strings.Contains(string(again.body), password) {
		t.Errorf("a page shows a password again, or lost the rest: %v", kept)
	}
	source, err := filepath.Glob("../../web/*/*.go")
	apptest.NoErr(t, err)
	fields := 0
	for _, file := range source {
		code, err := os.ReadFile(file)
		apptest.NoErr(t, err)
		for _, name := range regexp.MustCompile(`view\.Password,\s+Name:\s+"(\w+)"`).FindAllSubmatch(code, -1) {
			if fields++; !web.Secret(string(name[1])) {
				t.Errorf("%s: the page about a refused form would show the field %s", file, name[1])
			}
		}
	}
	if fields < 5 {
		t.Errorf("only %d password fields found", fields)
	}

	// A foreign page's form has no token of this browser; it is never offered for sending.
	// The session is over: signing in leads back to the form.
	now = nil
	page := member.get("/achievements/new").want(200)
	member.post("/signout", nil)
	over := page.submit("/achievements", values{"title": "退出以后才提交的成果"}).want(200, "没有丢失", "密码")
	over.submit("/signin", values{"login": "member", "password": password}).want(200, "还没有提交").
		submit("/achievements", nil).want(200, "草稿已保存", "退出以后才提交的成果")

	// The database is away, so that not even the session can be looked up. A foreign page's form, without this browser's token, is not offered
	// for sending.
	w.s.Platform.DB.Pool.Close()
	stranger := w.visitor("stranger")
	at, err := url.Parse(w.server.URL)
	apptest.NoErr(t, err)
	stranger.client.Jar.SetCookies(at, []*http.Cookie{{Name: "tm_session", Value: "unknown"}, {Name: "tm_csrf", Value: "of-this-browser"}})
	for token, kept := range map[string]bool{"of-this-browser": true, "": false, "another": false} {
		got := stranger.post("/achievements", values{"title": "数据库停了", "_csrf": token})
		if got.status < 500 || strings.Contains(string(got.body), "数据库停了") != kept {
			t.Errorf("token %q: %d, what was typed is on the page: %v", token, got.status, !kept)
		}
	}
}
