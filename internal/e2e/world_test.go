// Package e2e tests what needs the whole house: the chain, the access of every route, the browser, speed, and the rules of the
// house itself. It holds tests only.
package e2e

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"techmarket/internal/app"
	"techmarket/internal/app/apptest"
	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/postgres/pgtest"
	"techmarket/web"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is the whole market on its own database and data folder, as serve wires it, with people in every role. Jobs run
// only when a test drains them.
type world struct {
	t        testing.TB
	s        *app.Services
	site     *web.Server
	server   *httptest.Server
	log      *apptest.Output
	points   map[string]point.Point // county, sibling, league, region, other
	provided map[string]identity.Provisioned
	people   map[string]*person
	guest    *person
	doc      contracted
	signed   []byte // the signed text of the next contracts; nil: a PDF without text
}

// The divisions of the world: a county, its sibling in the same league, and a county of another league.
const (
	ownLeague, ownCounty, siblingCounty = "150100", "150103", "150104"
	otherLeague, otherCounty            = "150200", "150203"
)

const password = "Meadow-lark-27"

// workdayMorning is when every world begins: Friday 2026-04-10, 10:00 in Shanghai.
var workdayMorning = time.Date(2026, 4, 10, 10, 0, 0, 0, clock.Zone())

func newWorld(t testing.TB, change ...func(*app.Config)) *world {
	t.Helper()
	w := &world{t: t, log: &apptest.Output{}, points: map[string]point.Point{}, provided: map[string]identity.Provisioned{},
		people: map[string]*person{}}
	began := time.Now()
	now := func() time.Time { return workdayMorning.Add(time.Since(began)) }
	var err error
	p := apptest.NewPlatform(t, now, w.log)
	for _, c := range change {
		c(&p.Config)
	}
	w.s, err = app.Compose(context.Background(), p)
	apptest.NoErr(t, err)
	w.site, err = w.s.Site(nil)
	apptest.NoErr(t, err)
	w.server = httptest.NewServer(w.site)
	t.Cleanup(w.server.Close)
	t.Cleanup(w.site.Close)
	w.guest = w.visitor("guest")
	w.provide()
	return w
}

// provide makes organisations, people and registration points that tests do not make by hand.
func (w *world) provide() {
	type staff struct {
		name  string
		roles []actor.Role
	}
	orgs := []struct {
		key, name, division string
		kind                actor.OrgKind
		people              []staff
	}{
		{"university", "草原示范大学", ownCounty, actor.University, []staff{{"member", []actor.Role{actor.OrgAdmin, actor.Member}},
			{"colleague", []actor.Role{actor.Member}}}},
		{"company", "敕勒川示范乳业有限公司", otherCounty, actor.Enterprise, []staff{{"company", []actor.Role{actor.OrgAdmin, actor.Member}}}},
		{"rival", "阴山示范装备有限公司", siblingCounty, actor.Enterprise, []staff{{"rival", []actor.Role{actor.OrgAdmin, actor.Member}}}},
		{"agency", "北疆示范技术转移中心", ownCounty, actor.Agency, []staff{{"broker", []actor.Role{actor.Broker, actor.Member}}}},
		{"county", "回民区示范科技服务中心", ownCounty, actor.PointHost, []staff{{"registrar", []actor.Role{actor.Registrar}},
			{"registrar2", []actor.Role{actor.Registrar}},
			{"reviewer", []actor.Role{actor.Reviewer}}, {"head", []actor.Role{actor.PointHead}}, {"expert", []actor.Role{actor.Expert}},
			{"secondExpert", []actor.Role{actor.Expert}}}},
		{"sibling", "玉泉区示范科技服务中心", siblingCounty, actor.PointHost,
			[]staff{{"siblingRegistrar", []actor.Role{actor.Registrar, actor.Reviewer, actor.PointHead}}}},
		{"league", "呼和浩特市示范科技局", ownLeague, actor.Government, []staff{{"league", []actor.Role{actor.LeagueOfficer}}}},
		{"other", "包头市示范科技局", otherLeague, actor.Government, []staff{{"otherLeague", []actor.Role{actor.LeagueOfficer}}}},
		{"region", "示范科技厅", "150000", actor.Government, []staff{{"region", []actor.Role{actor.RegionOfficer}},
			{"system", []actor.Role{actor.SystemAdmin}}}},
		{"tax", "呼和浩特市示范税务局", ownLeague, actor.Government, []staff{{"tax", []actor.Role{actor.TaxReader}}}},
	}
	var in []identity.ProvisionOrganisation
	for _, o := range orgs {
		p := identity.ProvisionOrganisation{Organisation: identity.Organisation{Kind: o.kind, Name: o.name, Division: o.division,
			State: actor.Confirmed}}
		if o.kind == actor.University || o.kind == actor.Enterprise {
			p.Organisation.Profile = identity.OrgProfile{Address: "示范路 1 号", LegalRepresentative: "白音", Contact: "其其格", Phone: "0471-5550100",
				Industry: "M",
				Nature:   map[actor.OrgKind]string{actor.University: "0221", actor.Enterprise: "150"}[o.kind]}
		}
		for _, s := range o.people {
			p.People = append(p.People, identity.ProvisionPerson{Person: identity.NewPerson{LoginName: s.name, DisplayName: "示范" + s.name,
				Email: s.name + "@example.com", Password: password}, Roles: s.roles})
		}
		in = append(in, p)
	}
	out, err := w.s.Identity.Provision(context.Background(), in)
	apptest.NoErr(w.t, err)
	for i, o := range orgs {
		w.provided[o.key] = out[i]
	}
	for _, p := range []struct {
		key, host, name, division, code string
		kind                            point.Kind
	}{
		{"county", "county", "回民区示范登记点", ownCounty, "03", point.County},
		{"sibling", "sibling", "玉泉区示范登记点", siblingCounty, "04", point.County},
		{"league", "league", "呼和浩特市示范登记点", ownLeague, "01", point.League},
		{"region", "region", "自治区示范登记点", "150000", "00", point.Region},
	} {
		w.points[p.key], err = w.s.Points.Save(context.Background(), w.who("region"), point.Input{Name: p.name, Kind: p.kind,
			OrganisationID: w.provided[p.host].OrgID, Division: p.division, Code2: p.code, AuthorisedFrom: "2020-01-01", Address: "示范街 8 号",
			Phone: "0471-5550199"})
		apptest.NoErr(w.t, err)
	}
}

func (w *world) who(login string) actor.Actor {
	w.t.Helper()
	a, err := w.s.Identity.ActorFor(context.Background(), login)
	apptest.NoErr(w.t, err)
	return a
}

// drain works all jobs that are due.
func (w *world) drain() {
	w.t.Helper()
	apptest.NoErr(w.t, w.s.Queue.Drain(context.Background()))
}

// person is somebody at a browser without JavaScript: links, forms, cookies.
type person struct {
	w      *world
	name   string
	client *http.Client
	addr   string // as a proxy would report it, so that throttles see different people
	site   string // what the browser says of where a request comes from (Sec-Fetch-Site); "": an old browser, which needs a CSRF token
}

// withoutToken makes the person's browser one of today, which gets no CSRF token.
func (p *person) withoutToken() *person {
	at, err := url.Parse(p.w.server.URL)
	apptest.NoErr(p.w.t, err)
	p.client.Jar.SetCookies(at, []*http.Cookie{{Name: "tm_csrf", Path: "/", MaxAge: -1}})
	p.site = "same-origin"
	return p
}

func (w *world) visitor(name string) *person {
	jar, err := cookiejar.New(nil)
	apptest.NoErr(w.t, err)
	return &person{w: w, name: name, client: &http.Client{Jar: jar}, addr: fmt.Sprintf("203.0.113.%d", len(w.people)+1)}
}

// as returns the signed-in person of that login name, who signs in through the form the first time.
func (w *world) as(login string) *person {
	w.t.Helper()
	if p, ok := w.people[login]; ok {
		return p
	}
	p := w.visitor(login)
	w.people[login] = p
	p.get("/signin").submit("/signin", values{"login": login, "password": password}).want(200, "您好")
	return p
}

// page is an answer.
type page struct {
	p      *person
	status int
	path   string // where redirects ended
	header http.Header
	body   []byte
	doc    *html.Node
}

type values = map[string]string

// upload is a file of a form.
type upload struct {
	field, name string
	content     []byte
}

func (p *person) send(r *http.Request) *page {
	p.w.t.Helper()
	r.Header.Set("X-Forwarded-For", p.addr)
	if p.site != "" {
		r.Header.Set("Sec-Fetch-Site", p.site)
	}
	answer, err := p.client.Do(r)
	apptest.NoErr(p.w.t, err)
	defer answer.Body.Close()
	g := &page{p: p, status: answer.StatusCode, path: answer.Request.URL.RequestURI(), header: answer.Header}
	g.body, err = io.ReadAll(answer.Body)
	apptest.NoErr(p.w.t, err)
	g.doc, err = html.Parse(bytes.NewReader(g.body))
	apptest.NoErr(p.w.t, err)
	return g
}

func (p *person) get(path string) *page {
	p.w.t.Helper()
	r, err := http.NewRequest("GET", p.w.server.URL+path, nil)
	apptest.NoErr(p.w.t, err)
	return p.send(r)
}

// post sends a form that no page showed, with a valid CSRF token: what a crooked client would do.
func (p *person) post(path string, v values) *page {
	p.w.t.Helper()
	form := url.Values{"_csrf": {p.csrf()}}
	for name, value := range v {
		form.Set(name, value)
	}
	r, err := http.NewRequest("POST", p.w.server.URL+path, strings.NewReader(form.Encode()))
	apptest.NoErr(p.w.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.send(r)
}

// csrf is the token of the person's browser; it comes with the first page.
func (p *person) csrf() string {
	p.w.t.Helper()
	if p.site != "" {
		return ""
	}
	at, err := url.Parse(p.w.server.URL)
	apptest.NoErr(p.w.t, err)
	for range 2 {
		for _, c := range p.client.Jar.Cookies(at) {
			if c.Name == "tm_csrf" {
				return c.Value
			}
		}
		p.get("/signin")
	}
	p.w.t.Fatalf("%s: no CSRF cookie", p.name)
	return ""
}

// want stops the test unless the answer has the status and shows all texts.
func (g *page) want(status int, texts ...string) *page {
	g.p.w.t.Helper()
	if g.status != status {
		g.p.w.t.Fatalf("%s at %s: got %d, want %d\n%s", g.p.name, g.path, g.status, status, g.text())
	}
	for _, s := range texts {
		if !strings.Contains(g.text(), s) {
			g.p.w.t.Fatalf("%s at %s: %q is not on the page:\n%s", g.p.name, g.path, s, g.text())
		}
	}
	return g
}

// text is what a person reads in the main part, with one space between words.
func (g *page) text() string {
	root := g.doc
	if main := find(g.doc, func(n *html.Node) bool { return n.Data == "main" }); len(main) > 0 {
		root = main[0]
	}
	return readable(root)
}

func readable(root *html.Node) string {
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
			return
		}
		if n.Data == "script" || n.Data == "style" || n.Data == "option" {
			return
		}
		if !slices.Contains([]string{"mark", "b", "a", "small", "span"}, n.Data) {
			b.WriteByte(' ')
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	return strings.Join(strings.Fields(b.String()), " ")
}

func find(root *html.Node, ok func(*html.Node) bool) []*html.Node {
	var out []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && ok(n) {
			out = append(out, n)
		}
	}
	return out
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// links are the addresses that the page leads to.
func (g *page) links() []string {
	var out []string
	for _, n := range find(g.doc, func(n *html.Node) bool { return n.Data == "a" }) {
		out = append(out, attr(n, "href"))
	}
	return out
}

// link is the address of the first link that starts with prefix.
func (g *page) link(prefix string) string {
	g.p.w.t.Helper()
	for _, l := range g.links() {
		if strings.HasPrefix(l, prefix) {
			return l
		}
	}
	g.p.w.t.Fatalf("%s at %s: no link to %s…:\n%s", g.p.name, g.path, prefix, g.text())
	return ""
}

// filled is a form as the browser would send it.
type filled struct {
	node    *html.Node
	values  url.Values
	choices map[string][]string // the values that select, radio, check box and button offer
}

func read(form *html.Node) filled {
	f := filled{form, url.Values{}, map[string][]string{}}
	controls := find(form, func(*html.Node) bool { return true })
	if id := attr(form, "id"); id != "" { // controls elsewhere on the page may name their form
		root := form
		for root.Parent != nil {
			root = root.Parent
		}
		controls = append(controls, find(root, func(n *html.Node) bool { return attr(n, "form") == id })...)
	}
	for _, n := range controls {
		name := attr(n, "name")
		if name == "" || hasAttr(n, "disabled") {
			continue
		}
		switch n.Data {
		case "textarea":
			text := ""
			if n.FirstChild != nil {
				text = n.FirstChild.Data
			}
			f.values.Add(name, text)
		case "button":
			f.choices[name] = append(f.choices[name], attr(n, "value"))
		case "select":
			options := find(n, func(o *html.Node) bool { return o.Data == "option" })
			chosen := ""
			for i, o := range options {
				f.choices[name] = append(f.choices[name], attr(o, "value"))
				if i == 0 || hasAttr(o, "selected") {
					chosen = attr(o, "value")
				}
			}
			f.values.Add(name, chosen)
		case "input":
			switch attr(n, "type") {
			case "radio", "checkbox":
				f.choices[name] = append(f.choices[name], attr(n, "value"))
				if hasAttr(n, "checked") {
					f.values.Add(name, attr(n, "value"))
				}
			case "file":
				f.values[name] = nil
			default:
				f.values.Add(name, attr(n, "value"))
			}
		}
	}
	return f
}

// form finds the form with that action in which every given field exists and every given choice is offered.
func (g *page) form(action string, v values) filled {
	g.p.w.t.Helper()
	why := "there is no such form"
next:
	for _, n := range find(g.doc, func(n *html.Node) bool { return n.Data == "form" && attr(n, "action") == action }) {
		f := read(n)
		for name, value := range v {
			_, there := f.values[name]
			offered := f.choices[name]
			if !there && offered == nil {
				why = "no field " + name
				continue next
			}
			if offered != nil && value != "" && !slices.Contains(offered, value) {
				why = fmt.Sprintf("%s offers %v, not %q", name, offered, value)
				continue next
			}
			if name == "event" && offered == nil && f.values.Get(name) != value {
				why = "the event of the form is " + f.values.Get(name)
				continue next
			}
		}
		return f
	}
	g.p.w.t.Fatalf("%s at %s: form %s: %s\n%s", g.p.name, g.path, action, why, g.text())
	return filled{}
}

// submit fills the form as a person would and sends it.
func (g *page) submit(action string, v values, uploads ...upload) *page {
	g.p.w.t.Helper()
	f := g.form(action, v)
	for name, value := range v {
		f.values.Set(name, value)
	}
	method := strings.ToUpper(cmp.Or(attr(f.node, "method"), "get"))
	address := g.p.w.server.URL + action
	if method == "GET" {
		r, err := http.NewRequest("GET", address+"?"+f.values.Encode(), nil)
		apptest.NoErr(g.p.w.t, err)
		return g.p.send(r)
	}
	var body bytes.Buffer
	kind := "application/x-www-form-urlencoded"
	if attr(f.node, "enctype") == "multipart/form-data" {
		m := multipart.NewWriter(&body)
		for _, name := range slices.Sorted(maps.Keys(f.values)) {
			for _, value := range f.values[name] {
				apptest.NoErr(g.p.w.t, m.WriteField(name, value))
			}
		}
		for _, u := range uploads {
			part, err := m.CreateFormFile(u.field, u.name)
			apptest.NoErr(g.p.w.t, err)
			_, err = part.Write(u.content)
			apptest.NoErr(g.p.w.t, err)
		}
		apptest.NoErr(g.p.w.t, m.Close())
		kind = m.FormDataContentType()
	} else {
		body.WriteString(f.values.Encode())
		if len(uploads) > 0 {
			g.p.w.t.Fatalf("%s: the form %s cannot carry files", g.path, action)
		}
	}
	r, err := http.NewRequest("POST", address, &body)
	apptest.NoErr(g.p.w.t, err)
	r.Header.Set("Content-Type", kind)
	return g.p.send(r)
}

// pdf is a small valid PDF that differs by its text.
func pdf(text string) []byte {
	return []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n% " + text +
		"\ntrailer<</Root 1 0 R>>\n%%EOF\n")
}
