package view

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const policy = "default-src 'self'; style-src 'self'; script-src 'self'; form-action 'self'; frame-ancestors 'none'"

// Every component in every state, in both themes and at the three widths, passes axe's WCAG 2.2 AA rules, keeps to the
// content security policy and never scrolls sideways. `go test -run Browser -artifacts ./web/view` keeps the pictures.
func TestBrowserComponentsAreAccessibleAndFit(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("browser test")
	}
	axe, err := os.ReadFile(filepath.Join("..", "..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		missing(t, "axe-core is not in node_modules; run npm ci")
	}
	server := httptest.NewServer(designServer(t))
	defer server.Close()
	ctx := browser(t)
	for _, theme := range []Theme{"", ThemeElder} {
		for _, width := range []int64{360, 768, 1440} {
			name := fmt.Sprintf("design-%s-%d", pick(string(theme), "standard"), width)
			tab, cancel := chromedp.NewContext(ctx)
			var lock sync.Mutex
			var problems []string
			err := chromedp.Listen(tab, func(ev any) {
				if e, ok := ev.(*log.EventEntryAdded); ok && e.Entry.Level == log.EntryLevelError {
					lock.Lock()
					problems = append(problems, e.Entry.Text)
					lock.Unlock()
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			try := func(err error) {
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			_, err = chromedp.Call(tab, log.Enable, cdp.Empty{})
			try(err)
			// Modules load after the page is ready.
			loaded := chromedp.Steps(chromedp.WaitReady("footer"), chromedp.Sleep(400*time.Millisecond))
			try(chromedp.Do(tab, chromedp.EmulateViewport(width, 900), chromedp.Navigate(server.URL+"/design?theme="+string(theme)), loaded))
			overflow, err := chromedp.Run(tab, chromedp.Evaluate[string](overflowScript))
			try(err)
			png, err := chromedp.Run(tab, chromedp.FullScreenshot(100))
			try(err)
			violations, err := chromedp.Run(tab, chromedp.Evaluate[string](string(axe)+";"+axeScript, chromedp.EvalAwaitPromise))
			try(err)
			cancel()
			if err := os.WriteFile(filepath.Join(t.ArtifactDir(), name+".png"), png, 0o600); err != nil {
				t.Error(err)
			}
			if len(problems) > 0 {
				t.Errorf("%s: console errors:\n%s", name, strings.Join(problems, "\n"))
			}
			if overflow != "" {
				t.Errorf("%s: wider than the screen: %s", name, overflow)
			}
			var found []struct {
				ID, Help string
				Nodes    []struct{ Target, HTML string }
			}
			if err := json.Unmarshal([]byte(violations), &found); err != nil {
				t.Fatal(err)
			}
			for _, v := range found {
				for _, n := range v.Nodes {
					t.Errorf("%s: axe %s (%s): %s\n\t%s", name, v.ID, v.Help, n.Target, n.HTML)
				}
			}
		}
	}
}

// The islands of script: the county list can be searched by keyboard, Ctrl+K opens the quick jump, ] moves through the
// questions of a desk and the count of answers follows.
func TestBrowserModulesHelpTheKeyboard(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("browser test")
	}
	server := httptest.NewServer(designServer(t))
	defer server.Close()
	ctx := browser(t)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(server.URL+"/design"), chromedp.WaitReady(".combo"),
		chromedp.Sleep(300*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	// The protocol sends the letter of a key whether or not a page refused the key, which would submit the form.
	enter := chromedp.Evaluate[chromedp.Void](
		`document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}))`,
	)
	file, err := filepath.Abs("browser_test.go")
	if err != nil {
		t.Fatal(err)
	}
	const upload = `window.same = true; document.querySelector("main").id = "before";
		document.querySelector("input[name=papers]").form.requestSubmit();
		new Promise(done => { let n = 0; const timer = setInterval(() => {
			if (document.querySelector("#main") || n++ > 80) { clearInterval(timer); done(); } }, 50); })`
	for _, c := range []struct {
		name  string
		do    chromedp.Action[chromedp.Void]
		probe string
		want  string
	}{
		{"combobox picks a county", chromedp.Steps(chromedp.Focus("#county"), chromedp.KeyEvent("昆都仑"), enter),
			`document.querySelector("select[name=county]").value`, "150203"},
		{"combobox keeps the choice when the text is no county",
			chromedp.Steps(chromedp.Focus("#county"), chromedp.KeyEvent("没有这里"), enter,
				chromedp.Blur("#county")),
			`document.querySelector("#county").value + document.querySelector("select[name=county]").value`, "昆都仑区150203"},
		{"quick jump opens", chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)),
			`String(document.querySelector("#quickjump").open)`, "true"},
		{"quick jump filters", chromedp.KeyEvent("登记点"),
			`String([...document.querySelectorAll("#quickjump li:not([hidden])")].map(l => l.textContent))`, "登记点"},
		{"escape closes it", chromedp.KeyEvent(kb.Escape), `String(document.querySelector("#quickjump").open)`, "false"},
		{"desk moves to the next question", chromedp.Steps(chromedp.Focus(`input[name=q2]`), chromedp.KeyEvent("]")),
			`document.activeElement.name`, "q3"},
		{"desk counts answers", chromedp.KeyEvent(" "), `document.querySelector("[data-answered]").textContent`, "3 / 3"},
		{"a refused upload brings its messages",
			chromedp.Steps(chromedp.SetUploadFiles(`input[name=papers]`, []string{file}),
				chromedp.Evaluate[chromedp.Void](upload,
					chromedp.EvalAwaitPromise)), `window.same + " " + document.activeElement.matches("[data-focus]")`, "true true"},
		{"characters over the limit are told", chromedp.SetValue("#about", strings.Repeat("字", 501)),
			`(e => { e.dispatchEvent(new Event("input")); return e.nextElementSibling.textContent })(document.querySelector("#about"))`, "超出 1 字"},
	} {
		if err := chromedp.Do(ctx, c.do); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](c.probe))
		if err != nil || got != c.want {
			t.Errorf("%s: got %q (%v), want %q", c.name, got, err, c.want)
		}
	}
}

// overflowScript names the first elements that stick out at the right, or answers "".
const overflowScript = `(() => {
	const width = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth <= width) return "";
	return [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > width + 1 && !e.closest(".scroll,.vh"))
		.slice(0, 5).map(e => e.tagName + "." + (e.getAttribute("class") || "")).join(", ") || "scrollWidth";
})()`

const axeScript = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
	rules: {"region": {enabled: false}}})
	.then(r => JSON.stringify(r.violations.map(v => ({ID: v.id, Help: v.help,
	Nodes: v.nodes.map(n => ({Target: n.target.join(" "), HTML: n.html.slice(0, 200) + " " + (n.failureSummary || "").slice(0, 300)}))}))))`

func designServer(t *testing.T) http.Handler {
	t.Helper()
	assets := builtAssets(t)
	engine, err := New(Options{Assets: assets, Site: Site{Sponsor: "样例单位"}, Menu: []Link{
		{Label: "成果", Href: "/achievements", Key: "achievements"}, {Label: "需求", Href: "/demands", Key: "demands"},
		{Label: "登记点", Href: "/points", Key: "points"}, {Label: "数据", Href: "/stats", Key: "stats"}}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/assets/", assets)
	mux.HandleFunc("/design", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		if r.Method == http.MethodPost {
			f, h, err := r.FormFile("papers")
			if err != nil || r.FormValue("_csrf") != "token" {
				t.Errorf("upload: %v, token %q", err, r.FormValue("_csrf"))
			} else {
				defer f.Close()
				w.Header().Set("X-Got", h.Filename)
			}
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
		p := Page{Path: "/design", Nav: "demands", CSRF: "token", Theme: Theme(r.URL.Query().Get("theme")), Now: time.Now(),
			User: &User{Name: "样例甲", Org: "样例理工大学", Roles: []string{"经办人"}, Unread: 3, Desk: []Link{{Label: "工作台", Href: "/desk"}}}}
		if err := engine.Render(w, "view/design", DesignPage(written, p)); err != nil {
			t.Error(err)
		}
	})
	return mux
}

func browser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		missing(t, "no Chromium; install the package chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	// The first run above must not carry the limit, or the limit would end the browser.
	limited, end := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(end)
	return limited
}

// missing skips on a developer's machine and fails in CI.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}
