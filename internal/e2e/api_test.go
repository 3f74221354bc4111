package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"techmarket/internal/app/apptest"
	"techmarket/web"
	"techmarket/web/api"
)

func TestAPI_DocumentIsOpenAPIAndPageShowsEveryOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw := w.caller("").get("/openapi.json").want(200).body
	var head struct{ OpenAPI string }
	apptest.NoErr(t, json.Unmarshal(raw, &head))
	if !strings.HasPrefix(head.OpenAPI, "3.1") {
		t.Errorf("got OpenAPI %s", head.OpenAPI)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	apptest.NoErr(t, err)
	if err := doc.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		t.Errorf("document: %v", err)
	}
	page := w.guest.get(api.Prefix + "/docs").want(200)
	declared := map[string]bool{}
	for _, r := range w.site.Routes() {
		declared[r.Method+" "+r.Path] = true
	}
	count := 0
	for path, p := range doc.Paths.Map() {
		for method, o := range p.Operations() {
			count++
			if !strings.Contains(page.text(), method+" "+path) {
				t.Errorf("the page lacks %s %s", method, path)
			}
			if o.Extensions["x-access"] == nil || o.OperationID == "" {
				t.Errorf("%s %s lacks access or id", method, path)
			}
			pattern := method + " " + strings.NewReplacer("{", ":", "}", "").Replace(path)
			if !declared[pattern] {
				t.Errorf("%s is not among the routes of the access matrix", pattern)
			}
		}
	}
	if count < 20 {
		t.Errorf("got %d operations", count)
	}
	if strings.Contains(string(page.body), "<script>") || strings.Contains(string(page.body), "style=") {
		t.Error("the page would break the content security policy")
	}
	t.Logf("%d operations", count)
}

func draft(title string) map[string]any {
	return map[string]any{"title": title, "summary": "低温下仍能稳定运行的样例工艺", "problem": "寒冷地区冬季设备停机时间长，现有办法能耗高",
		"description": "采用相变蓄热与分区控制，减少启停次数，已在两处现场连续运行一个冬季。", "field": "05", "cooperation": []string{"licence"},
		"maturity": map[string]any{"level": 6, "basis": "self"}, "price": map[string]any{"negotiable": true},
		"contact": map[string]any{"name": "其其格保密联系人", "phone": "0471-5550100"}}
}

func TestAPI_ListingIsSeenByThoseWhoMaySeeIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	member, rival, guest, league, other := w.caller("member"), w.caller("rival"), w.caller(""), w.caller("league"), w.caller("otherLeague")
	made := member.post("/achievements", draft("严寒地区样例蓄热工艺")).want(201)
	at := fmt.Sprintf("/achievements/%d", made.id())
	// A draft is its organisation's alone.
	guest.get(at).refused(404, "listing")
	rival.get(at).refused(404, "listing")
	rival.put(at, map[string]any{"version": 1, "content": draft("改名")}).refused(404, "listing")
	guest.post("/achievements", draft("x")).refused(401, "sign_in_needed")
	w.caller("registrar").post("/achievements", draft("x")).refused(403, "no_permission")
	w.caller("colleague").get(at).want(200)

	v := made.version()
	member.put(at, map[string]any{"version": v + 7, "content": draft("过时")}).refused(409, "stale_version")
	v = member.post(at+"/events", map[string]any{"version": v, "event": "submit"}).want(200).version()
	other.post(at+"/review", map[string]any{"version": v, "event": "publish"}).refused(404, "listing")
	member.post(at+"/review", map[string]any{"version": v, "event": "publish"}).refused(403, "no_permission")
	league.post(at+"/review", map[string]any{"version": v, "event": "publish"}).want(200)
	w.drain()

	seen := guest.get(at).want(200)
	if strings.Contains(string(seen.body), "其其格保密联系人") {
		t.Error("a guest reads the contact person")
	}
	if body := string(rival.get(at).want(200).body); strings.Contains(body, "其其格保密联系人") || !strings.Contains(body, `"contact"`) {
		t.Error("a signed-in person reads the contact person without saying what for, or none is there to ask for")
	}
	hits := guest.get("/achievements?q=蓄热工艺&facets=true").want(200)
	if n := len(hits.object()["items"].([]any)); n != 1 || strings.Contains(string(hits.body), "其其格保密联系人") {
		t.Errorf("search: got %d hits\n%s", n, hits.body)
	}
	guest.get(at + "/versions").want(200)
	if h := guest.get(at + "/history").want(200); strings.Contains(string(h.body), `"event":"submit"`) {
		t.Errorf("a guest reads more than the publications: %s", h.body)
	}
	guest.get(at + "/matches").want(200)
	guest.get(strings.Replace(at, "achievements", "demands", 1)).refused(404, "listing")
}

func TestAPI_WrongInputNamesFieldAndMend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	member := w.caller("member")
	for _, c := range []struct {
		what       string
		reply      reply
		status     int
		code, path string
	}{
		{"unknown field", member.post("/achievements", map[string]any{"titel": "x"}), 422, "unknown_field", "titel"},
		{"wrong type", member.post("/achievements", map[string]any{"title": 7}), 422, "type", "title"},
		{"nested", member.post("/achievements", map[string]any{"title": "有题目", "maturity": map[string]any{"level": "六"}}), 422, "type",
			"maturity.level"},
		{"domain rule", member.post("/achievements", map[string]any{"title": strings.Repeat("长", 300)}), 422, "too_long", "title"},
		{"missing", member.post("/tokens", map[string]any{}), 422, "required", "name"},
		{"enum", member.get("/achievements?sort=best"), 422, "choose", "sort"},
		{"bound", member.get("/achievements?limit=1000"), 422, "range", "limit"},
		{"unknown parameter", member.get("/achievements?colour=red"), 422, "unknown_parameter", "colour"},
		{"not JSON", member.raw("POST", "/tokens", "application/json", strings.NewReader("{")), 400, "", ""},
		{"NUL", member.raw("POST", "/tokens", "application/json",
			strings.NewReader(`{"name":"a\u0000b","scopes":["market:read"]}`)), 422, "", ""},
		{"not UTF-8", member.get("/achievements?q=%ff"), 400, "", ""},
		{"too large", member.post("/achievements", map[string]any{"title": strings.Repeat("长", 700_000)}), 413, "", ""},
		{"unknown address", member.get("/nothing"), 404, "", ""},
		{"damaged cursor", member.get("/own/achievements?cursor=xyz"), 422, "", ""},
	} {
		var p web.Problem
		if err := json.Unmarshal(c.reply.body, &p); err != nil || c.reply.status != c.status || p.Detail == "" || p.Code == "" {
			t.Errorf("%s: got %d %s", c.what, c.reply.status, c.reply.body)
			continue
		}
		if c.path != "" && (len(p.Errors) == 0 || p.Errors[0].Path != c.path || p.Errors[0].Code != c.code || p.Errors[0].Message == "") {
			t.Errorf("%s: got %s", c.what, c.reply.body)
		}
	}
	// The register starts from its first page (found by schemathesis: bytes that are no text).
	member.get("/registrations?cursor=" + strings.Repeat("0", 300)).want(200)
}

func TestAPI_RolesKeepTheirPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own, other := w.provided["university"].OrgID, w.provided["company"].OrgID
	member, rival, league, region := w.caller("member"), w.caller("rival"), w.caller("league"), w.caller("region")
	at := func(format string, id int64) string { return fmt.Sprintf(format, id) }
	w.caller("").get("/me").refused(401, "sign_in_needed")
	caller{w, "stranger", "tm_wrong"}.get("/me").refused(401, "token_invalid")
	rival.get(at("/organisations/%d/members", own)).refused(404, "organisation")
	if body := rival.get(at("/organisations/%d", own)).want(200).body; strings.Contains(string(body), "其其格") ||
		strings.Contains(string(body), "5550100") {
		t.Errorf("another organisation reads the contact: %s", body)
	}
	rival.send("PATCH", at("/organisations/%d", own), map[string]any{"version": 1, "name": "改名"}).want(403)
	member.post(at("/organisations/%d/invitations", other), map[string]any{"email": "a@example.com", "roles": []string{"member"}}).want(403)
	invited := member.post(at("/organisations/%d/invitations", own),
		map[string]any{"email": "new@example.com", "roles": []string{"member"}}).want(201).object()
	if strings.Contains(string(member.get(at("/organisations/%d/invitations", own)).want(200).body), invited["token"].(string)) {
		t.Error("the list of invitations gives tokens away")
	}
	member.post(at("/organisations/%d/events", own), map[string]any{"event": "confirm"}).want(409)
	league.post(at("/organisations/%d/events", own), map[string]any{"event": "suspend", "reason": "x"}).refused(403, "no_permission")
	signed := w.caller("").post("/sign-up", map[string]any{"loginName": "newcomer", "displayName": "新来", "email": "newcomer@example.com",
		"password":     password,
		"organisation": map[string]any{"kind": "enterprise", "name": "新来示范公司", "division": otherCounty}}).want(201).object()
	fresh := int64(signed["organisationId"].(float64))
	rival.get(at("/organisations/%d", fresh)).refused(404, "organisation")
	region.post(at("/organisations/%d/events", fresh), map[string]any{"event": "confirm"}).want(200)
	rival.get(at("/organisations/%d", fresh)).want(200)
	made := member.post("/tokens", map[string]any{"name": "夜间同步", "scopes": []string{"market:read", "people:read", "people:write"}}).
		want(201).
		object()
	program := caller{w, "program", made["secret"].(string)}
	program.get("/me").want(200)
	rival.send("DELETE", at("/tokens/%d", int64(made["id"].(float64))), nil).refused(404, "api_token")
	member.send("DELETE", at("/tokens/%d", int64(made["id"].(float64))), nil).want(204)
	program.get("/me").refused(401, "token_invalid")
	// A session reads, but writes only with the page's token: a foreign site cannot make the browser act.
	browser := w.as("member")
	browser.get(api.Prefix + "/me").want(200)
	r, err := http.NewRequest("POST", w.server.URL+api.Prefix+"/tokens", strings.NewReader(`{"name":"x","scopes":["market:read"]}`))
	apptest.NoErr(t, err)
	r.Header.Set("Content-Type", "application/json")
	if got := browser.send(r); got.status != 403 {
		t.Errorf("a write by cookie alone: got %d", got.status)
	}
}

// A version larger than any column holds is an old version like any other, not a failure of ours.
func TestAPI_VersionsBeyondTheColumnAreStale(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	head, region, broker := w.caller("head"), w.caller("region"), w.caller("broker")
	point := w.points["county"].ID
	for _, version := range []int{1 << 40, -1 << 40} {
		head.put(fmt.Sprintf("/points/%d/settings", point), map[string]any{"version": version, "numberSource": "own", "secondReview": "reviewer",
			"expertsFromFen": 0, "address": "示范街 8 号", "phone": "0471-5550199", "hours": ""}).want(409)
		region.post(fmt.Sprintf("/points/%d/state", point), map[string]any{"version": version, "state": "rectifying", "reason": "样例检查"}).want(409)
	}
	profile := map[string]any{"version": 0, "fields": []string{"07"}, "divisions": []string{ownLeague}, "introduction": "样例"}
	broker.put("/brokers/me", profile).want(200)
	profile["version"] = 1 << 40
	broker.put("/brokers/me", profile).want(409)
}
