package e2e

import (
	"cmp"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// oddValues are what nobody means to ask and what programs send: of every kind that some parameter takes, at and beyond its ends.
var oddValues = []string{"", "0", "-1", "1990", "2147483648", "9223372036854775807", "9223372036854775808", "0001-01-01",
	"2026-13-45", "9999-12-31", "9999-Q4", "999999", "１２", "%", "\x00", "\xff"}

// parametersOf are the parameters of addresses that a page names: in links, and in the forms that ask.
func parametersOf(g *page) map[string][]string {
	out := map[string][]string{}
	at, err := url.Parse(g.path)
	if err != nil {
		return out
	}
	under := func(to string) (*url.URL, bool) {
		u, err := at.Parse(to)
		return u, err == nil && u.Host == "" && strings.HasPrefix(u.Path, "/") && !strings.HasPrefix(u.Path, "/assets/")
	}
	for _, a := range find(g.doc, func(n *html.Node) bool { return n.Data == "a" }) {
		if u, ok := under(attr(a, "href")); ok {
			for name := range u.Query() {
				out[u.Path] = append(out[u.Path], name)
			}
		}
	}
	for _, form := range find(g.doc, func(n *html.Node) bool { return n.Data == "form" && !strings.EqualFold(attr(n, "method"), "post") }) {
		u, ok := under(cmp.Or(attr(form, "action"), g.path))
		if !ok {
			continue
		}
		for _, n := range find(form, func(n *html.Node) bool { return n.Data == "input" || n.Data == "select" }) {
			if name := attr(n, "name"); name != "" {
				out[u.Path] = append(out[u.Path], name)
			}
		}
	}
	return out
}

// Whatever stands behind a parameter of an address that some page names, the answer is a page or says what is wrong: never a 5xx.
func TestBadInput_AnOddAddressGetsAnAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.things()
	asked := map[string]bool{}
	for _, v := range append(w.pages(m), w.variants(m)...) {
		p := w.visitor("curious")
		if v.login != "" {
			p = w.as(v.login)
		}
		for path, names := range parametersOf(p.get(v.at)) {
			for _, name := range names {
				kind := pageKind(path) + "?" + name
				if asked[kind] {
					continue
				}
				asked[kind] = true
				for _, odd := range oddValues {
					at := path + "?" + url.Values{name: {odd}}.Encode()
					if got := p.get(at); got.status >= 500 {
						t.Errorf("%s asks for %s: %d", cmp.Or(v.login, "a guest"), at, got.status)
					}
				}
			}
		}
	}
	if len(asked) < 100 {
		t.Errorf("only %d parameters were found", len(asked))
	}
	t.Logf("%d parameters", len(asked))
}

// An id that is larger than any the market gave, or than a number of the database, is of nothing: never a 5xx, whatever the route does.
func TestBadInput_AnIdOfAnySizeGetsAnAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	part := regexp.MustCompile(`:\w+`)
	for _, r := range w.site.Routes() {
		route := r.Method + " " + r.Path
		if !part.MatchString(r.Path) || route == "POST /contracts/:id/submit" || route == "POST /account/switch" {
			continue
		}
		for _, login := range []string{"member", "company", "registrar", "head", "league", "region", "system"} {
			ids := []string{"31153817231"}
			if login == "member" {
				ids = append(ids, "9223372036854775807", "9223372036854775808")
			}
			for _, id := range ids {
				if _, status, body := w.as(login).knock(route, part.ReplaceAllString(r.Path, id)); status >= 500 {
					t.Errorf("%s with %s by %s: %d %s", route, id, login, status, body[:min(300, len(body))])
				}
			}
		}
	}
}
