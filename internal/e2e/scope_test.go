package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"techmarket/internal/app/apptest"
	"techmarket/internal/people/identity"
)

// A token does what it was made for: every operation of the API has a scope that people can choose, the document says it, and a token
// with all the other scopes is refused there. Pages open to no token.
func TestScopes_EveryOperationNeedsItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tokens := map[string]string{}
	for _, s := range identity.AllScopes() {
		others := slices.DeleteFunc(identity.AllScopes(), func(x string) bool { return x == s })
		var err error
		tokens[s], err = w.s.Identity.CreateTokenFor(t.Context(), "member", "all but "+s, others...)
		apptest.NoErr(t, err)
	}
	ask := func(method, path, token string) (int, string) {
		r, err := http.NewRequest(method, w.server.URL+path, strings.NewReader("{}"))
		apptest.NoErr(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		g := w.guest.send(r)
		return g.status, string(g.body)
	}
	used := map[string]bool{}
	member := w.who("member")
	for _, route := range w.site.Routes() {
		path := strings.NewReplacer(":id", "1", ":number", "1", ":file", "1", ":section", "seller", ":invitation", "1", ":version", "1").
			Replace(route.Path)
		switch {
		case route.Scope != "":
			used[route.Scope] = true
			if tokens[route.Scope] == "" {
				t.Errorf("%s %s needs %s, which nobody can choose", route.Method, route.Path, route.Scope)
			} else if !route.Access.Allows(member) {
				continue
			} else if status, body := ask(route.Method, path, tokens[route.Scope]); status != 403 || !strings.Contains(body, "token_scope") {
				t.Errorf("%s %s without %s: %d %.150s", route.Method, route.Path, route.Scope, status, body)
			}
		case route.Access.Allows(member) && !strings.HasPrefix(route.Path, "/api/") && !strings.HasPrefix(route.Path, "/assets/"):
			if status, _ := ask(route.Method, path, tokens["insight:read"]); status != 403 {
				t.Errorf("%s %s opens to a token: %d", route.Method, route.Path, status)
			}
		}
	}
	for _, s := range identity.AllScopes() {
		if !used[s] {
			t.Errorf("nothing needs %s", s)
		}
	}
	document := string(w.guest.get("/api/v1/openapi.json").body)
	if !strings.Contains(document, `"x-scope":"market:read"`) {
		t.Error("the document says no scopes")
	}
	if status, _ := ask("GET", "/api/v1/me", tokens["market:write"]); status != 200 {
		t.Errorf("a token with people:read reads /me: %d", status)
	}
}

// Who tries many doors makes one row an hour and route, which the operator sees and the audit trail gets summed.
func TestRefusals_AreCountedAndSummed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rival := w.as("rival")
	before := w.scan(`select count(*)::text from audit_row`)
	for range 7 {
		rival.get("/deals/999999").want(404)
		rival.get("/organisations").want(403)
	}
	if after := w.scan(`select count(*)::text from audit_row`); after != before {
		t.Errorf("the chain grew from %s to %s", before, after)
	}
	w.as("region").get("/audit/refusals").want(200, "GET /deals/:id", "no_permission", "示范rival")
	_, err := w.s.Platform.DB.Exec(t.Context(), `update refusal set begins = begins - interval '2 hours'`)
	apptest.NoErr(t, err)
	for range 2 {
		apptest.NoErr(t, w.s.Platform.Refusals().Sum(t.Context(), w.s.Platform.Audit()))
	}
	if n := w.scan(`select string_agg(detail->>'n', ',' order by object_id) from audit_row 
		where action = 'route.refused' and actor_account = $1`,
		w.who("rival").AccountID); n != "7,7" {
		t.Errorf("summed %s", n)
	}
}

// Contacts are masked for everybody else, in pages and API, and shown one by one to confirmed organisations; the owner reads who.
func TestContacts_AreShownOneByOneForAPurpose(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const phone = "13847112345"
	id := w.as("member").publish("achievement", "league", with(meadowAchievement, values{"contact.name": "其其格", "contact.phone": phone}))
	at := "/achievements/" + id
	company := w.as("company")
	for _, who := range []*person{w.guest, company, w.as("league"), w.as("region"), w.as("broker")} {
		for _, path := range []string{at, "/api/v1" + at, "/api/v1" + at + "/versions", "/achievements",
			"/api/v1/achievements", "/feeds/achievements.atom"} {
			if g := who.get(path); strings.Contains(string(g.body), phone) {
				t.Errorf("%s reads the phone at %s", who.name, path)
			}
		}
	}
	company.get(at).want(200, "138******45").submit(at+"/contact", values{"purpose": ""}).want(422, "请选择查看的用途")
	company.get(at).submit(at+"/contact", values{"purpose": "cooperate", "note": "想谈许可"}).want(200, phone)
	w.as("member").get("/desk"+at).want(200, "敕勒川示范乳业有限公司", "洽谈合作", "想谈许可")
	company.get("/desk" + at).want(200) // leads to the public page
	for _, state := range []string{"pending", "suspended"} {
		w.scan(`update organisation set state = $1 where name = '阴山示范装备有限公司' returning ''`, state)
		w.as("rival").post(at+"/contact", values{"purpose": "cooperate"}).want(403)
	}
	if n := w.scan(`select count(*)::text from contact_reveal`); n != "1" {
		t.Errorf("%s reveals", n)
	}
	for range 29 {
		company.post(at+"/contact", values{"purpose": "consult"}).want(200, phone)
	}
	company.post(at+"/contact", values{"purpose": "consult"}).want(429, "查看联系方式 30 条")
}
