package e2e

import (
	"encoding/json"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"techmarket/internal/app/apptest"
	"techmarket/web/api"
)

// What is refused is said in the language of the site too: every address is asked wrongly by people of several roles, and no sentence of a
// fault stays Chinese on an error page, at a field, or in a problem of the API.
func TestRefusals_SpeakTheLanguageOfTheSite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	people := []*person{w.guest, w.as("member"), w.as("registrar"), w.as("region"), w.as("system")}
	callers := []caller{w.caller(""), w.caller("member"), w.caller("region")}
	contract := w.as("member").get("/contracts").submit("/contracts", nil).want(200).path
	w.s.Platform.Language = spellings(t)
	var err error
	w.site, err = w.s.Site(nil)
	apptest.NoErr(t, err)
	w.server = httptest.NewServer(w.site) // cookies know no ports
	t.Cleanup(w.server.Close)
	ear, heard := newEar(t), 0
	said := map[string]bool{}
	say := func(who, at, text string) {
		heard++
		if !said[text] && ear.hears(text) {
			said[text] = true
			t.Errorf("%s at %s reads %q, which no catalogue can translate", who, at, text)
		}
	}
	parameter := regexp.MustCompile(`:\w+`)
	for _, r := range w.site.Routes() {
		if r.Path == "/design" { // the workshop of components
			continue
		}
		at := parameter.ReplaceAllString(strings.TrimSuffix(r.Path, "/*"), "999999")
		if rest, ok := strings.CutPrefix(at, api.Prefix); ok {
			for _, c := range callers {
				for _, body := range []string{`{"title":7,"kind":"?","text":""}`, "{", "{}"} {
					answer := c.raw(r.Method, rest+"?limit=0", "application/json", strings.NewReader(body))
					for _, text := range problemTexts(t, answer) {
						say(c.name, answer.what, text)
					}
				}
			}
			continue
		}
		for _, p := range people {
			for _, v := range []values{nil, {"title": "?", "amountFen": "?", "creditCode": "9I350100M000100Y43", "event": "?", "email": "?",
				"phone": "?", "from": "?", "field": "zz", "id": "?", "version": "-", "kind": "achievement", "code": "?", "password": "a"}} {
				if r.Method != "POST" || strings.HasSuffix(at, "/signout") || strings.HasSuffix(at, "-everywhere") {
					break
				}
				g := p.post(at, v)
				refusalTexts(g, func(text string) { say(p.name, "POST "+r.Path, text) })
			}
			if r.Method == "GET" {
				refusalTexts(p.get(at+"?from=x&page=0&cursor=%27"), func(text string) { say(p.name, r.Path, text) })
			}
		}
	}
	for _, section := range []string{"seller", "buyers", "elements", "amounts", "files", "statement"} {
		g := w.as("member").post(contract+"/"+section, values{"elements.amountFen": "一", "technicalFen": "二"})
		refusalTexts(g, func(text string) { say("member", section, text) })
		refusalTexts(w.as("member").get(contract+"/"+section), func(text string) { say("member", section, text) })
	}
	if heard < 1000 {
		t.Errorf("only %d refusals were read", heard)
	}
}

// refusalTexts are what a page says of a fault: all of an error page, the messages at fields and above forms.
func refusalTexts(g *page, say func(text string)) {
	said := find(g.doc, func(n *html.Node) bool {
		classes := strings.Fields(attr(n, "class"))
		return slices.Contains(classes, "err") || slices.Contains(classes, "errors") ||
			slices.Contains(classes, "notice") && attr(n, "role") == "alert"
	})
	if len(said) == 0 && g.status >= 400 {
		said = find(g.doc, func(n *html.Node) bool { return attr(n, "class") == "problem" })
	}
	for _, n := range said {
		if text := readable(n); text != "" {
			say(text)
		}
	}
}

func problemTexts(t *testing.T, r reply) []string {
	t.Helper()
	var p struct {
		Detail string
		Errors []struct{ Message string }
	}
	if r.status < 400 || !strings.Contains(r.header.Get("Content-Type"), "json") {
		return nil
	}
	apptest.NoErr(t, json.Unmarshal(r.body, &p))
	texts := []string{p.Detail}
	for _, e := range p.Errors {
		texts = append(texts, e.Message)
	}
	return texts
}
