package e2e

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"techmarket/internal/app/apptest"
	"techmarket/internal/app/demo/sample"
)

// screensStart says where a role's walk begins beside its desk; the walk follows the links of every page it opens.
var screensStart = map[string][]string{
	"": {"/", "/no-such-page", "/achievements?q=没有这样的技术", "/achievements?q=稀土", "/search?q=稀土", "/match?q=稀土永磁废料中钕铁硼的回收，收率要达到 95% 以上",
		"/match?q=好", "/stats?from=abc",
		"/verify?number=1", "/signin/forgot", "/signup", "/points", "/rules", "/stats/definitions", "/brokers", "/demands", "/stats",
		"/api/v1/docs", "/design"},
	"demo-university": nil, "demo-company": nil, "demo-broker": nil,
	"demo-registrar": {"/registry?state=in_review", "/registry?state=registered"}, "demo-reviewer": {"/registry?state=awaiting_second_review"},
	"demo-head":   {"/registry?state=awaiting_registration", "/registry?state=registered"},
	"demo-expert": {"/registry?state=awaiting_experts"}, "demo-league": {"/review", "/registry"},
	"demo-region": {"/review", "/organisations", "/quality", "/registry"}, "demo-administrator": nil,
}

// screensUnseen are the pages that a walk of links can't reach, with the reason.
var screensUnseen = map[string]string{
	"/invitations/:token": "address from a mail", "/signin/reset/:token": "address from a mail", "/feeds/:token/end": "address from a mail",
	"/feeds/:token": "Atom",
	"/suggest":      "part of a page", "/imports/:id/progress": "part of a page",
}

// TestScreens takes a picture of every page × role of the built program with its sample market at three widths and at 1440 px
// in high contrast, for people to look at, and says which pages nobody saw. It runs only by `make screens`, which names the
// folder in TECHMARKET_SCREENS; SCREENS_ROLES limits it to some logins.
func TestScreens(t *testing.T) {
	folder := os.Getenv("TECHMARKET_SCREENS")
	if folder == "" {
		t.Skip("pictures are taken by make screens")
	}
	browser := chromium(t)
	program, err := filepath.Abs(filepath.Join("..", "..", "bin", "techmarket"))
	apptest.NoErr(t, err)
	s := &served{b: t, program: program, data: benchFolder(t)}
	s.start("--demo")
	defer s.stop()
	base := "http://" + s.addr
	apptest.NoErr(t, os.MkdirAll(folder, 0o755))
	unseen := unseenPages()
	guest := map[string][32]byte{}
	for _, login := range slices.Sorted(maps.Keys(screensStart)) {
		if only := os.Getenv("SCREENS_ROLES"); only != "" && !slices.Contains(strings.Split(only, ","), login) {
			continue
		}
		b := newTab(browser, t, base, login)
		queue := slices.Clone(screensStart[login])
		if login != "" {
			b.open("/signin").do("sign in", chromedp.Focus("input[name=login]"), chromedp.KeyEvent(login), chromedp.Focus("input[name=password]"),
				chromedp.KeyEvent(sample.Password+"\r"))
			b.sees("您好")
			queue = append([]string{"/desk"}, queue...)
		}
		seen := map[string]bool{}
		for _, at := range queue {
			seen[pageKind(at)] = true
		}
		for taken := 0; len(queue) > 0 && taken < 150; {
			at := queue[0]
			queue = queue[1:]
			b.do("wide", chromedp.EmulateViewport(1440, 900))
			b.open(at)
			if login == "" && at != "/signin" && b.path() == "/signin" {
				continue // asked to sign in
			}
			for _, link := range b.links() {
				if path, _, _ := strings.Cut(link, "?"); !notAPage.MatchString(path) && !seen[pageKind(link)] {
					seen[pageKind(link)] = true
					queue = append(queue, link)
				}
			}
			main := sha256.Sum256([]byte(b.eval(`(document.querySelector("main") || document.body).innerText`)))
			if login == "" {
				guest[at] = main
			} else if guest[at] == main {
				continue // as a guest sees it
			}
			path, _, _ := strings.Cut(at, "?")
			maps.DeleteFunc(unseen, func(_ string, p *regexp.Regexp) bool { return p.MatchString(path) })
			taken++
			b.picture(folder, base, login, at)
		}
	}
	for route := range unseen {
		t.Logf("nobody saw %s", route)
	}
}

// unseenPages are the patterns of the pages that nobody has seen so far.
func unseenPages() map[string]*regexp.Regexp {
	unseen := map[string]*regexp.Regexp{}
	for route := range matrix {
		if path, ok := strings.CutPrefix(route, "GET "); ok && !strings.HasPrefix(path, "/api/") && !strings.HasPrefix(path, "/assets/") &&
			!notAPage.MatchString(path) && screensUnseen[path] == "" {
			unseen[path] = regexp.MustCompile("^" + parameter.ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`) + "$")
		}
	}
	return unseen
}

// links are the addresses of this site on the page.
func (b *tab) links() []string {
	b.t.Helper()
	var links []string
	apptest.NoErr(b.t, json.Unmarshal([]byte(b.eval(`JSON.stringify([...document.querySelectorAll("a[href]")]
	.filter(a => a.origin == location.origin).map(a => a.pathname + a.search))`)), &links))
	return links
}

// picture keeps how a page looks at each width.
func (b *tab) picture(folder, base, login, at string) {
	b.t.Helper()
	for _, look := range []struct {
		name  string
		width int64
		theme string
	}{{"360", 360, ""}, {"768", 768, ""}, {"1440", 1440, ""}, {"1440-elder", 1440, "elder"}} {
		_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: "tm_theme", Value: look.theme, URL: base})
		apptest.NoErr(b.t, err)
		b.do("look", chromedp.EmulateViewport(look.width, 900))
		b.open(at)
		if wide := b.eval(overflowScript); wide != "" {
			b.t.Errorf("%s at %s, %s px: wider than the screen: %s", cmp.Or(login, "guest"), at, look.name, wide)
		}
		png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		apptest.NoErr(b.t, err)
		name := fmt.Sprintf("%s%s-%s.png", cmp.Or(strings.TrimPrefix(login, "demo-"), "guest"),
			strings.TrimSuffix(notName.ReplaceAllString(pageKind(at), "-"), "-"), look.name)
		apptest.NoErr(b.t, os.WriteFile(filepath.Join(folder, name), png, 0o644))
	}
}

var (
	notAPage = regexp.MustCompile(`\.(csv|xlsx|zip|docx|pdf)$|^/(assets|api/v1/openapi)|/files/|/papers/|/word|/template` +
		`|/certificate|/marked|/download|^/feeds/|^/files/|/theme|/signout|/proof`)
	notName   = regexp.MustCompile(`[^a-z0-9]+`)
	parameter = regexp.MustCompile(`:[a-z0-9]+`) // of a route
	objectRef = regexp.MustCompile(`/\d+|/[0-9A-Z]{16,}`)
)

// pageKind is an address with its objects as * and its query's keys only: one picture of each kind is enough.
func pageKind(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	kind := objectRef.ReplaceAllString(u.Path, "/x")
	keys := slices.Sorted(func(yield func(string) bool) {
		for k, v := range u.Query() {
			if len(v) > 0 && v[0] != "" && !yield(k) {
				return
			}
		}
	})
	if len(keys) > 0 {
		kind += "?" + keys[0] // more keys are the same page filtered further
	}
	return kind
}
