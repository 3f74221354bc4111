package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"techmarket/internal/app"
)

func withKeptPages(c *app.Config) { c.PagesMB = 8 }

// plainly asks as a program does that understands no compression and follows no redirect.
func (p *person) plainly(path string, header ...string) *page {
	p.w.t.Helper()
	r, err := http.NewRequest("GET", p.w.server.URL+path, nil)
	if err != nil {
		p.w.t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "identity")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return p.send(r)
}

// What a guest reads of a public page holds nothing of any visitor: the same bytes for all, no token, no cookie, no name.
func TestPublicPages_AreTheSameForEveryGuestAndHoldNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withKeptPages)
	id := w.published(w.caller("member"), w.caller("league"), "achievements", meadowDraft())
	unit := w.provided["university"].OrgID
	for _, path := range []string{"/", "/achievements", fmt.Sprintf("/achievements/%d", id), "/achievements?q=羊草&sort=price", "/demands",
		fmt.Sprintf("/units/%d", unit), "/points", fmt.Sprintf("/points/%d", w.points["county"].ID), "/brokers", "/policies", "/rules", "/verify",
		"/sales", "/notices", "/stats", "/stats/definitions", "/plan", "/places", "/places/" + ownCounty, "/monitor",
		fmt.Sprintf("/compare?ids=%d", id)} {
		mine := w.as("member").plainly(path)
		if !bytes.Contains(mine.body, []byte("示范member")) || mine.header.Get("ETag") != "" ||
			!strings.Contains(mine.header.Get("Cache-Control"), "private") {
			t.Errorf("%s: a signed-in visitor's page is not his own: %v", path, mine.header)
		}
		first, second := w.visitor("one").plainly(path), w.visitor("two").plainly(path, "X-Forwarded-For", "203.0.113.99", "Referer",
			w.server.URL+"/desk")
		if first.status != http.StatusOK || !bytes.Equal(first.body, second.body) || first.header.Get("ETag") != second.header.Get("ETag") {
			t.Errorf("%s: two guests read different pages (%d)", path, first.status)
		}
		for _, never := range []string{"_csrf", "_once", "X-CSRF-Token", "示范member", "203.0.113"} {
			if bytes.Contains(first.body, []byte(never)) {
				t.Errorf("%s: %q stands in what every guest gets", path, never)
			}
		}
		if cookies := first.header.Values("Set-Cookie"); len(cookies) > 0 || first.header.Get("ETag") == "" {
			t.Errorf("%s: cookies %v, ETag %q", path, cookies, first.header.Get("ETag"))
		}
		if vary := first.header.Get("Vary"); !strings.Contains(vary, "Accept-Encoding") || !strings.Contains(vary, "Cookie") {
			t.Errorf("%s: Vary %q", path, vary)
		}
		if got := w.guest.plainly(path, "If-None-Match", first.header.Get("ETag")); got.status != http.StatusNotModified || len(got.body) > 0 {
			t.Errorf("%s: unchanged, but %d", path, got.status)
		}
	}
}

// Whoever has changed a listing, every guest reads the change with the next request.
func TestPublicPages_ShowAChangeAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withKeptPages)
	owner := w.caller("member")
	id := w.published(owner, w.caller("league"), "achievements", meadowDraft())
	at, title := fmt.Sprintf("/achievements/%d", id), meadowAchievement["title"]
	list := w.guest.plainly("/achievements").want(200, title)
	w.guest.plainly(at).want(200, title)
	w.guest.plainly("/").want(200, title)
	for range 3 { // from the shelf by now
		w.guest.plainly(at).want(200, title)
	}
	v := owner.get(at).want(200).version()
	owner.post(at+"/events", map[string]any{"version": v, "event": "withdraw"}).want(200)
	if got := w.guest.plainly(at); got.status == http.StatusOK && strings.Contains(got.text(), "羊草种子包衣剂") {
		t.Errorf("a withdrawn listing is still shown: %d", got.status)
	}
	for _, page := range []string{"/", "/achievements"} {
		if got := w.guest.plainly(page).want(200); strings.Contains(got.text(), title) {
			t.Errorf("%s still lists what was withdrawn", page)
		}
	}
	if now := w.guest.plainly("/achievements", "If-None-Match", list.header.Get("ETag")); now.status != http.StatusOK {
		t.Errorf("the validator of the old list still holds: %d", now.status)
	}
}

// The elder view is a page of its own, chosen by a link that works without scripts.
func TestPublicPages_TheElderViewIsAnotherPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withKeptPages)
	p := w.visitor("elder")
	standard := w.guest.get("/points").want(200)
	elder := p.get(p.get("/points").link("/theme?to=elder")).want(200)
	if elder.path != "/points" || !bytes.Contains(elder.body, []byte(`data-theme="elder"`)) {
		t.Errorf("the link leads to %s", elder.path)
	}
	if elder.header.Get("ETag") == standard.header.Get("ETag") {
		t.Error("both views have one validator")
	}
	if got := w.guest.get("/points"); bytes.Contains(got.body, []byte(`data-theme="elder"`)) {
		t.Error("one visitor's choice is shown to others")
	}
}

// Rows that all visitors share hold nothing of one: neither favourites nor tokens nor names nor what only some may read.
func TestSharedRows_HoldNothingOfAVisitor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withKeptPages)
	hidden := w.provided["company"].OrgID
	id := w.as("company").publish("demand", "otherLeague", with(meadowDemand, values{"anonymous": "yes"}))
	name := w.scan(`select name from organisation where id = $1::bigint`, fmt.Sprint(hidden))
	list := "/demands"
	logins := []string{"company", "rival", "league", "otherLeague", "region", "registrar", "broker", ""}
	of := func(login string) *person {
		if login == "" {
			return w.guest
		}
		return w.as(login)
	}
	for round := range 2 { // who comes first fills what is shared, the second round begins with somebody else
		of(logins[(3*round)%len(logins)]).get(list)
		of("company").post("/favourites/"+id, values{"on": []string{"yes", "no"}[round]}).want(200)
		for i := range logins {
			login := logins[(i+3*round)%len(logins)]
			page := of(login).get(list).want(200, meadowDemand["title"])
			knows := login == "company" || login == "otherLeague" || login == "region"
			if got := strings.Contains(page.text(), name); got != knows {
				t.Errorf("%q reads the name that was not published: %v", login, got)
			}
			if got, want := strings.Contains(page.text(), "已收藏"), login == "company" && round == 0; got != want {
				t.Errorf("%q sees the mark of a favourite: %v", login, got)
			}
			for _, other := range logins {
				if other != "" && other != login && bytes.Contains(page.body, []byte("示范"+other)) {
					t.Errorf("%q reads the name of %s", login, other)
				}
				if other != "" && other != login && bytes.Contains(page.body, []byte(of(other).csrf())) {
					t.Errorf("%q gets the form token of %s", login, other)
				}
			}
			if login != "" && !bytes.Contains(page.body, []byte(of(login).csrf())) {
				t.Errorf("%q has no token of his own", login)
			}
		}
	}
	desk := "/desk/demands/" + id
	of("company").get(desk).submit(desk+"/do", values{"event": "withdraw", "reason": "不再需要"}).want(200)
	for _, login := range logins {
		if strings.Contains(of(login).get(list).text(), meadowDemand["title"]) {
			t.Errorf("%q still finds what was withdrawn", login)
		}
	}
}
