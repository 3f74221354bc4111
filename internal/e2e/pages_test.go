package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"

	"techmarket/internal/app/apptest"
	"techmarket/internal/market/listing"
	"techmarket/internal/services/register"
)

// visit is one page as one person reads it; login "" is a guest.
type visit struct{ login, at string }

// unwalked are pages without a visit of their own, with the reason.
var unwalked = map[string]string{
	"GET /challenges/:id/applications/:application": "sealed until its deadline",
}

// made are pages whose address the matrix leaves open, because it names no object there that anybody may see.
func (w *world) made(m things) map[string]visit {
	w.t.Helper()
	list := w.as("registrar").get("/lists/new").submit("/lists", values{"purpose": "tax", "numbers": m.number}).want(200, "清单已出具").path
	check := w.scan(`select check_code from registration_list where number = $1`, path.Base(list))
	entry, err := w.s.Registers.Create(w.t.Context(), w.who("member"), "agency", register.Input{Name: "草原示范大学技术转移中心",
		Content: register.Content{"hostKind": {"university"}, "services": {"match"}, "fields": {"07"}, "about": {"做过三年农牧技术转移。"},
			"keywords": {"草业"}, "contactName": {"其其格"},
			"contactPhone": {"0471-5550100"}}})
	apptest.NoErr(w.t, err)
	export, err := w.s.Exchange.RequestArchives(w.t.Context(), w.who("head"), w.points["county"].ID, workdayMorning.Year())
	apptest.NoErr(w.t, err)
	history, err := w.s.Exchange.CheckHistory(w.t.Context(), w.who("league"), "历史.csv",
		strings.NewReader("合同登记编号,登记日期,项目/合同名称,contracttype,合同成交总额（元）,technicalamount,techarea,卖方名称,卖方行政区划代码,buyername,买方行政区划代码\n"+
			"2024150103000007,2024-03-02,旧合同,0501,5000,5000,09,草原示范大学,150103,旧买方,150203\n"+
			"2024150103000008,2024-03-02,旧合同,0501,abc,5000,09,草原示范大学,150103,旧买方,150203\n"))
	apptest.NoErr(w.t, err)
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		apptest.NoErr(w.t, err)
		return n
	}
	unclear := number(w.as("company").submitted("demand", with(meadowDemand, values{"title": "说不清楚的需求"})))
	_, err = w.s.Listings.Do(w.t.Context(), w.who("otherLeague"), listing.Command{ID: unclear, Event: listing.EventReturn, Reason: "没有写清现状",
		Triage: listing.TriageDiagnose, Broker: w.who("broker").AccountID, Version: 2})
	apptest.NoErr(w.t, err)
	own := fmt.Sprintf("/desk/registers/%d", entry.ID)
	return map[string]visit{
		"GET /distributions/new":               {"member", "/distributions/new?contract=" + m.contract},
		"GET /grants/new":                      {"member", "/grants/new?achievement=" + m.achievement},
		"GET /trials/new":                      {"company", "/trials/new?achievement=" + m.achievement},
		"GET /challenges/new":                  {"company", "/challenges/new?need=" + m.demand},
		"GET /demands/:id/matches/:other":      {"company", "/demands/" + m.openDemand + "/matches/" + m.achievement},
		"GET /achievements/:id/matches/:other": {"member", "/achievements/" + m.achievement + "/matches/" + m.openDemand},
		"GET /diagnoses/:id":                   {"broker", listing.DiagnosisPath(number(w.scan(`select max(id)::text from diagnosis`)))},
		"GET /favourites/new":                  {"", "/favourites/new?listing=" + m.achievement + "&back=/achievements"},
		"GET /l/:number":                       {"", "/l/" + path.Base(list) + "?c=" + check},
		"GET /lists/:number":                   {"registrar", list},
		"GET /registers/:kind":                 {"", "/registers/agencies"},
		"GET /registers/:kind/:id":             {"", fmt.Sprintf("/registers/agencies/%d", w.listed(entry.ID))},
		"GET /registers/:kind/figures":         {"", "/registers/agencies/figures"},
		"GET /registers/:kind/new":             {"member", "/registers/experts/new"},
		"GET /desk/registers/:id":              {"member", own},
		"GET /desk/registers/:id/edit":         {"member", own + "/edit"},
		"GET /registry/batch":                  {"registrar", "/registry/batch?event=hand_over&id=" + m.open},
		"GET /registrations/exports/:id":       {"head", fmt.Sprintf("/registrations/exports/%d", export.ID)},
		"GET /registrations/history/:id":       {"league", fmt.Sprintf("/registrations/history/%d", history.ID)},
		"GET /contracts/:id/:section":          {"member", "/contracts/" + m.freeContract + "/elements"},
		"GET /filings/:id/compare/:other":      {"registrar", "/filings/" + m.open + "/compare/" + m.filing},
		"GET /sales/:id/record":                {},
		"GET /sales/:id/live":                  {}, // events
		"GET /rooms/:id/papers/:paper":         {}, "GET /rooms/:id/words/:words/pack": {}, "GET /rooms/:id/words/:words": {},
		"GET /imports/:id/marked": {}, "GET /imports/template": {}, "GET /registrations/history/:id/marked": {},
		"GET /registry/print":         {}, // PDF
		"GET /registers/:kind/export": {}, // a workbook
		"GET /desk/achievements.xlsx": {}, "GET /desk/demands.xlsx": {},
		"GET /lists/:number/pdf":                    {},
		"GET /vouchers/:id/proof":                   {},
		"GET /events/:id/mine":                      {"company", "/events/" + m.event + "/mine"},
		"GET /events/:id/mine/print":                {"company", "/events/" + m.event + "/mine/print"},
		"GET /events/:id/people":                    {"company", "/events/" + m.event + "/people"},
		"GET /finance-requests/:id/records/:number": {},
		"GET /finance-requests/new": {"company",
			"/finance-requests/new?entry=" + w.scan(`select max(entry_id)::text from finance_request`)},
		"GET /vouchers/:id/files/:file":                {},
		"GET /vouchers/schemes/:id/replay":             {},
		"GET /feeds/:token":                            {},
		"GET /challenges/:id/files/:file":              {},
		"GET /registrations/:number/files/:file":       {},
		"GET /registrations/:number/papers/:kind":      {},
		"GET /registrations/:number/payments/:payment": {},
		"GET /registrations/exports/:id/files/:file":   {},
	}
}

// submitted writes a listing and hands it to the review.
func (p *person) submitted(kind string, v values) string {
	p.w.t.Helper()
	draft := p.get("/"+kind+"s/new").submit("/"+kind+"s", v).want(200, "草稿已保存")
	desk, _, _ := strings.Cut(draft.path, "?")
	desk = strings.TrimSuffix(desk, "/edit")
	p.get(desk).submit(desk+"/do", values{"event": "submit"}).want(200, "已提交")
	return path.Base(desk)
}

// listed brings an entry of a register to the public list.
func (w *world) listed(id int64) int64 {
	w.t.Helper()
	for login, event := range map[string]register.Event{"member": register.EventSubmit} {
		_, err := w.s.Registers.Do(w.t.Context(), w.who(login), register.Command{ID: id, Event: event})
		apptest.NoErr(w.t, err)
	}
	_, err := w.s.Registers.Do(w.t.Context(), w.who("league"), register.Command{ID: id, Event: register.EventList})
	apptest.NoErr(w.t, err)
	return id
}

// pages are one visit of every page of the site, found from its routes: by the first person whom the matrix lets in.
func (w *world) pages(m things) []visit {
	w.t.Helper()
	made := w.made(m)
	maps.Copy(made, w.mailed())
	var out []visit
	for _, r := range w.site.Routes() {
		route := r.Method + " " + r.Path
		if r.Method != "GET" || strings.HasPrefix(r.Path, "/api/v1/") && r.Path != "/api/v1/docs" || strings.HasPrefix(r.Path, "/assets/") {
			continue
		}
		v, known := made[route]
		if known && v.at == "" {
			continue // a file
		}
		if !known {
			first := strings.IndexByte(matrix[route], '+')
			if first < 0 {
				if unwalked[route] == "" {
					w.t.Errorf("%s: nobody walks this page: name an address in made, or why not in unwalked", route)
				}
				continue
			}
			v = visit{subjects[first].login, w.address(m, route)}
		}
		p := w.guest
		if v.login != "" {
			p = w.as(v.login)
		}
		got := p.get(v.at)
		if got.status >= 400 {
			w.t.Errorf("%s: %s reads %s and gets %d", route, cmp.Or(v.login, "a guest"), v.at, got.status)
		}
		if strings.HasPrefix(got.header.Get("Content-Type"), "text/html") && wholePage.Match(got.body) {
			out = append(out, visit{v.login, got.path})
		}
	}
	return out
}

// wholePage tells a page from a part that a script puts into one.
var wholePage = regexp.MustCompile(`(?i)^\s*<!doctype html>`)

// variants are pages in another state than the one where the walk finds them.
func (w *world) variants(m things) []visit {
	point := fmt.Sprint(w.points["county"].ID)
	paper := func(filing string) string {
		return w.scan(`select f.file_id::text from contract_file f join filing g using (contract_id)
		where g.id = $1::bigint order by f.file_id limit 1`, filing)
	}
	return []visit{{"", "/achievements?q=羊草"}, {"", "/achievements?q=没有这样的词"}, {"", "/match?q=盐碱草地补播羊草出苗率低"}, {"", "/no-such-page"},
		{"", "/compare?ids=" + m.achievement}, {"", "/search?q=羊草"},
		{"member", "/deals/new?demandListingId=" + m.openDemand}, {"member", "/contracts/" + m.freeContract + "/buyers"},
		{"member", "/contracts/" + m.freeContract + "/seller"}, {"member", "/contracts/" + m.freeContract + "/amounts"},
		{"member", "/contracts/" + m.freeContract + "/files"}, {"member", "/contracts/" + m.freeContract + "/statement"},
		{"member", "/contracts/" + m.freeContract + "/check"}, {"member", "/contracts/" + m.freeContract + "/paper"},
		{"registrar", "/filings/" + m.open}, {"registrar", "/filings/" + m.open + "?paper=" + paper(m.open) + "&find=合同"},
		{"head", "/registry?state=registered"}, {"reviewer", "/filings/" + m.filing + "?paper=" + paper(m.filing) + "&find=合同"},
		{"company", "/challenges/" + m.challenge}, {"member", "/sales/" + m.sale}, {"member", "/trials/" + m.trial},
		{"league", "/points/" + point + "/manage"}, {"region", "/points/" + point + "/manage?year=2025"}, {"region", "/points/" + point},
		{"broker", "/registry"}}
}

// Every page of the site passes axe's WCAG 2.2 AA rules, keeps its console clean and never scrolls sideways on a phone, in the elder
// view too.
func TestBrowser_EveryPageIsAccessibleAndFitsAPhone(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	axe, err := os.ReadFile(filepath.Join("..", "..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("axe-core is not in node_modules; run npm ci: %v", err)
	}
	w := newWorld(t)
	m := w.things()
	all := w.pages(m)
	for _, v := range w.variants(m) {
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	slices.SortStableFunc(all, func(a, b visit) int { return cmp.Compare(a.login, b.login) })
	var b *tab
	for _, v := range all {
		if name := cmp.Or(v.login, "guest"); b == nil || b.name != name {
			if b = newTab(browser, t, w.server.URL, name); v.login != "" {
				b.open("/verify").signIn(v.login)
			}
			b.do("narrow", chromedp.EmulateViewport(360, 800))
		}
		b.open(v.at).eval(string(axe) + `;""`)
		for _, theme := range []string{"", "elder"} {
			b.eval(fmt.Sprintf(`document.documentElement.setAttribute("data-theme", %q); ""`, theme)) // all that the elder view changes
			if wide := b.eval(overflowScript); wide != "" {
				t.Errorf("%s %q at %s: wider than a phone: %s", b.name, theme, v.at, wide)
			}
			if high := b.eval(stickyScript); high != "" {
				t.Errorf("%s %q at %s: covers the phone: %s", b.name, theme, v.at, high)
			}
			rules := axeScript
			if theme != "" { // the same elements in other colours and sizes
				rules = axeColours
			}
			var found []struct{ ID, Help, Target, HTML string }
			apptest.NoErr(t, json.Unmarshal([]byte(b.eval(rules)), &found))
			for _, f := range found {
				t.Errorf("%s %q at %s: axe %s (%s): %s\n\t%s", b.name, theme, v.at, f.ID, f.Help, f.Target, f.HTML)
			}
		}
		b.quiet()
	}
}

// overflowScript names the first elements that stick out at the right, or answers "".
const overflowScript = `(() => {
	const width = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth <= width) return "";
	return [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > width + 1 && !e.closest(".scroll,.vh"))
		.slice(0, 5).map(e => e.tagName + "." + (e.getAttribute("class") || "")).join(", ") || "scrollWidth";
})()`

// stickyScript names what stays at the foot of a phone and takes more than its share of it, or answers "".
const stickyScript = `[...document.querySelectorAll("body *")].filter(e => { const s = getComputedStyle(e);
	return (s.position === "sticky" || s.position === "fixed") && s.bottom === "0px" && e.getBoundingClientRect().height > 150; })
	.map(e => e.tagName + "." + (e.getAttribute("class") || "") + " " + Math.round(e.getBoundingClientRect().height)).join(", ")`

const (
	axeScript = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
	resultTypes: ["violations"], preload: false, rules: {"heading-order": {enabled: true}}})` + axeAnswer
	axeColours = `axe.run(document, {resultTypes: ["violations"], preload: false,
	runOnly: {type: "rule", values: ["color-contrast", "target-size"]}})` + axeAnswer
	axeAnswer = `.then(r => JSON.stringify(r.violations.flatMap(v => v.nodes.map(n => ({
		ID: v.id, Help: v.help, Target: n.target.join(" "), HTML: n.html.slice(0, 200) + " " + (n.failureSummary || "").slice(0, 300)})))))`
)

// meta is the content of a page's meta element.
func (g *page) meta(name string) string {
	for _, n := range find(g.doc, func(n *html.Node) bool { return n.Data == "meta" }) {
		if attr(n, "name") == name || attr(n, "property") == name {
			return attr(n, "content")
		}
	}
	return ""
}

// What search programs and share cards read of a guest's page: its own title, a sentence about this page, its address and a picture that
// exists.
func TestPages_TellWhatTheyAreToWhoSharesThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	said := map[string]string{}
	for _, v := range w.pages(w.things()) {
		if v.login != "" {
			continue
		}
		g := w.visitor("sharer").get(v.at)
		if g.meta("robots") == "noindex" {
			continue
		}
		address := w.server.URL + strings.Split(v.at, "?")[0]
		if got := g.meta("og:url"); !strings.HasSuffix(got, strings.Split(v.at, "?")[0]) {
			t.Errorf("%s: og:url %q, want %s", v.at, got, address)
		}
		title, sentence, picture := g.meta("og:title"), g.meta("og:description"), g.meta("og:image")
		if title == "" || sentence != g.meta("description") || len([]rune(sentence)) < 10 {
			t.Errorf("%s: title %q, sentence %q", v.at, title, sentence)
		}
		if other := said[sentence]; other != "" && strings.Split(other, "?")[0] != strings.Split(v.at, "?")[0] {
			t.Errorf("%s says of itself what %s says: %s", v.at, other, sentence)
		}
		said[sentence] = v.at
		at, err := url.Parse(picture)
		apptest.NoErr(t, err)
		if got := w.guest.get(at.Path); got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), "image/") ||
			strings.Contains(got.header.Get("Content-Type"), "svg") {
			t.Errorf("%s: the picture %s answers %d %s", v.at, picture, got.status, got.header.Get("Content-Type"))
		}
	}
}

// The eight doors of the first page are the services by the names under which people ask for them; each leads to a page.
func TestHome_EachDoorLeadsToItsPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for label, want := range map[string]string{"政策咨询": "/policies", "科技研发": "/demands/new", "成果登记": "/achievements/new",
		"创业孵化": "/registers", "科技金融": "/registers/finance", "知识产权": "/registers/patent-pools", "技术产权交易": "/sales",
		"技术合同登记": "/contracts"} {
		var doors []string
		for _, a := range find(w.as("member").get("/").doc, func(n *html.Node) bool { return n.Data == "a" }) {
			if strings.HasPrefix(strings.TrimSpace(readable(a)), label) {
				doors = append(doors, attr(a, "href"))
			}
		}
		if !slices.Contains(doors, want) {
			t.Errorf("%s leads to %v, want %s", label, doors, want)
		}
		w.as("member").get(want).want(200)
	}
}
