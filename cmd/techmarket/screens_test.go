package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"techmarket/cmd/techmarket/sample"
)

// TestScreens takes a picture of every page × role of the built program with its sample market at three widths, for people
// to look at. It runs only by `make screens`, which names the folder in TECHMARKET_SCREENS.
func TestScreens(t *testing.T) {
	folder := os.Getenv("TECHMARKET_SCREENS")
	if folder == "" {
		t.Skip("pictures are taken by make screens")
	}
	browser := chromium(t)
	program, err := filepath.Abs(filepath.Join("..", "..", "bin", "techmarket"))
	noErr(t, err)
	s := &served{b: t, program: program, data: benchFolder(t)}
	s.start("--demo")
	defer s.stop()
	base := "http://" + s.addr
	roles := map[string][]string{
		"": {"/", "/achievements", "/achievements/*", "/achievements/*/matches", "/demands", "/demands/*", "/demands/*/matches", "/match?q=稀土永磁材料回收", "/brokers", "/brokers/*", "/points", "/points/*", "/rules", "/stats",
			"/stats/definitions", "/verify", "/signin", "/signup", "/no-such-page"},
		"demo-university":    {"/desk", "/desk/achievements", "/desk/achievements/*", "/achievements/new", "/deals", "/deals/*", "/contracts", "/contracts/*", "/contracts/*/seller", "/contracts/*/amounts", "/contracts/*/check", "/messages", "/account", "/account/members", "/imports"},
		"demo-company":       {"/desk", "/desk/demands", "/desk/demands/*", "/demands/new", "/deals", "/deals/*", "/contracts"},
		"demo-broker":        {"/desk", "/deals", "/account/broker"},
		"demo-registrar":     {"/desk", "/registry", "/filings/*", "/registrations", "/registrations/*"},
		"demo-reviewer":      {"/desk", "/registry", "/filings/*"},
		"demo-head":          {"/desk", "/registry", "/filings/*"},
		"demo-league":        {"/desk", "/review", "/review/*", "/organisations", "/registry"},
		"demo-region":        {"/desk", "/review", "/organisations", "/organisations/*", "/registry"},
		"demo-administrator": {"/desk", "/account"},
		"demo-expert":        {"/desk", "/registry", "/filings/*"},
	}
	noErr(t, os.MkdirAll(folder, 0o755))
	odd := regexp.MustCompile(`[^a-z0-9]+`)
	for login, pages := range roles {
		b := newTab(t, browser, base, login)
		if login != "" {
			b.open("/signin").do("sign in", chromedp.Focus("input[name=login]"), chromedp.KeyEvent(login), chromedp.Focus("input[name=password]"), chromedp.KeyEvent(sample.Password+"\r"))
			b.sees("您好")
		}
		for _, page := range pages {
			at := page
			if list, rest, ok := strings.Cut(page, "/*"); ok { // the first object of the list
				from := list
				if list == "/filings" {
					from = "/registry"
				}
				b.open(from)
				first := b.eval(fmt.Sprintf(`[...document.querySelectorAll("main a")].map(a => a.getAttribute("href")).find(h => /^%s\/\d+$/.test(h)) || ""`, strings.ReplaceAll(list, "/", `\/`)))
				if first == "" {
					t.Logf("%s: nothing at %s to show %s", login, from, page)
					continue
				}
				at = first + rest
			}
			for _, width := range []int64{360, 768, 1440} {
				b.do("look", chromedp.EmulateViewport(width, 900))
				b.open(at)
				png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
				noErr(t, err)
				name := fmt.Sprintf("%s-%s-%d.png", cmp.Or(login, "guest"), cmp.Or(strings.Trim(odd.ReplaceAllString(page, "-"), "-"), "home"), width)
				noErr(t, os.WriteFile(filepath.Join(folder, name), png, 0o644))
			}
		}
	}
}
