package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Whatever stands in a need, a search or an address: the pages and the API answer it, in bounds, or say clearly what is wrong.
func TestBadInput_AnOddNeedGetsAnAnswerInBounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.as("member").publish("achievement", "league", meadowAchievement)
	w.drain()
	needs := map[string]string{
		"one character": "草", "only stop words": "的了和是在", "only numbers": "2026 35 70.5",
		"English":          "improve the emergence rate of Leymus chinensis seed",
		"Mongolian script": "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ", "emoji": "🌱🐑👩‍🔬", "control characters": "羊草\u0007\u001b[31m种子\u200b",
		"right-to-left marks":       "\u202e羊草\u202c\u200f种子",
		"operators of both engines": `+title:羊草 -"种子" ~2 ^3 (a OR b) AND NOT /x.*/ [1 TO 9] kind = "demand" OR id EXISTS \`,
		"HTML":                      `<img src=x onerror=alert(1)>羊草</title><script>alert(2)</script>`,
		"only quotes and hyphens":   `"""---'''——“”`, "10,000 words": strings.Repeat("羊草 ", 10_000),
	}
	filters := url.Values{}
	for i := range 5000 {
		filters.Add("field", fmt.Sprint(i))
	}
	addresses := map[string]string{"5,000 filters": filters.Encode(), "page 1,000,000": "page=1000000",
		"a facet value with quotes": "field=" + url.QueryEscape(`01" OR kind = "demand' \`)}
	for name, need := range needs {
		if len(need) < 8000 { // longer ones come by form
			addresses[name] = "q=" + url.QueryEscape(need)
		}
	}
	in := func(t *testing.T, what string, began time.Time, g *page) {
		t.Helper()
		if g.status >= 500 || g.status == http.StatusNotFound {
			t.Errorf("%s: got %d\n%s", what, g.status, g.text())
		}
		if took := time.Since(began); took > 20*time.Second { // far above any answer; a hang is what it finds
			t.Errorf("%s took %v", what, took)
		}
		if len(g.body) > 2<<20 {
			t.Errorf("%s: %d bytes", what, len(g.body))
		}
		if strings.Contains(string(g.body), "<img src=x") || strings.Contains(string(g.body), "<script>alert") {
			t.Errorf("%s: markup of the need is in the page as markup", what)
		}
	}
	for name, q := range addresses {
		for _, at := range []string{"/achievements", "/demands", "/suggest", "/match", "/compare", "/api/v1/achievements", "/api/v1/demands"} {
			began := time.Now()
			in(t, name+" at "+at, began, w.guest.get(at+"?"+q))
		}
	}
	needs["200,000 characters"] = strings.Repeat("羊草种子出苗率低", 25_000)
	company := w.as("company")
	for name, need := range needs {
		began := time.Now()
		in(t, name+" in the meter", began, company.post("/demands/gate", values{"title": "样例", "problem": need}))
		began = time.Now()
		in(t, name+" as a draft", began, company.get("/demands/new").submit("/demands", with(meadowDemand, values{"problem": need})))
	}
	// A guest with half a page of text too much is told so.
	g := w.guest.get("/match?q=" + url.QueryEscape(strings.Repeat("羊", 30_000)))
	if g.status >= 500 || g.status == 200 && len(g.text()) == 0 {
		t.Errorf("30,000 characters in the address: got %d", g.status)
	}
}
