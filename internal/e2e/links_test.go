package e2e

import (
	"cmp"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// refusedLinks are links that lead where their reader may not go, with the reason.
var refusedLinks = map[string]string{}

// A page offers its reader only what opens for him: no link of a page of the site leads to a refusal or to nothing.
func TestPages_EveryLinkOpensForItsReader(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.things()
	visits := append(w.pages(m), w.variants(m)...)
	for _, login := range []string{"broker", "registrar", "reviewer", "head", "league", "region", "system", "expert"} {
		visits = append(visits, visit{login, "/"}, visit{login, "/places/" + ownCounty}, visit{login, "/achievements?q=没有这样的词"})
	}
	opened := 0
	asked := map[visit]bool{}
	for _, v := range visits {
		p := w.visitor("reader")
		if v.login != "" {
			p = w.as(v.login)
		}
		g := p.get(v.at)
		at, err := url.Parse(g.path)
		if err != nil || g.status >= 400 {
			continue
		}
		for _, a := range find(g.doc, func(n *html.Node) bool { return n.Data == "a" }) {
			u, err := at.Parse(attr(a, "href"))
			if err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") || asked[visit{v.login, u.Path}] {
				continue
			}
			asked[visit{v.login, u.Path}] = true
			u.Fragment = ""
			opened++
			if got := p.get(u.String()); got.status >= 400 && refusedLinks[u.Path] == "" {
				t.Errorf("%s at %s is led to %s (%s) and gets %d", cmp.Or(v.login, "a guest"), v.at, u, strings.TrimSpace(readable(a)), got.status)
			}
		}
	}
	if opened < 300 {
		t.Errorf("only %d links were opened", opened)
	}
}
