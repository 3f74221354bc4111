package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"techmarket/web"
	"techmarket/web/api"
)

// caller is a program at the API, with the token of a person ("" for a guest).
type caller struct {
	w           *world
	name, token string
}

func (w *world) caller(login string) caller {
	w.t.Helper()
	if login == "" {
		return caller{w, "guest", ""}
	}
	token, err := w.s.identity.CreateTokenFor(context.Background(), login, "test")
	noErr(w.t, err)
	return caller{w, login, token}
}

type reply struct {
	caller caller
	what   string
	status int
	header http.Header
	body   []byte
}

func (c caller) raw(method, path, media string, body io.Reader, header ...string) reply {
	c.w.t.Helper()
	r, err := http.NewRequest(method, c.w.server.URL+api.Prefix+path, body)
	noErr(c.w.t, err)
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	noErr(c.w.t, err)
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	noErr(c.w.t, err)
	return reply{c, method + " " + path, answer.StatusCode, answer.Header, b}
}

func (c caller) send(method, path string, body any, header ...string) reply {
	c.w.t.Helper()
	if body == nil {
		return c.raw(method, path, "", nil, header...)
	}
	b, err := json.Marshal(body)
	noErr(c.w.t, err)
	return c.raw(method, path, "application/json", bytes.NewReader(b), header...)
}

func (c caller) get(path string) reply            { return c.send("GET", path, nil) }
func (c caller) post(path string, body any) reply { return c.send("POST", path, body) }
func (c caller) put(path string, body any) reply  { return c.send("PUT", path, body) }

// want stops the test unless the answer has the status.
func (r reply) want(status int) reply {
	r.caller.w.t.Helper()
	if r.status != status {
		r.caller.w.t.Fatalf("%s as %s: got %d, want %d\n%s", r.what, r.caller.name, r.status, status, r.body)
	}
	return r
}

// refused stops the test unless the answer is a problem document with the status and code.
func (r reply) refused(status int, code string) {
	r.caller.w.t.Helper()
	r.want(status)
	var p web.Problem
	noErr(r.caller.w.t, json.Unmarshal(r.body, &p))
	if p.Code != code || p.Status != status || p.Detail == "" || !strings.HasPrefix(r.header.Get("Content-Type"), "application/problem+json") {
		r.caller.w.t.Errorf("%s as %s: got %s", r.what, r.caller.name, r.body)
	}
}

// object is the answer as loose JSON.
func (r reply) object() map[string]any {
	r.caller.w.t.Helper()
	var m map[string]any
	noErr(r.caller.w.t, json.Unmarshal(r.body, &m))
	return m
}

func (r reply) id() int64 { return int64(r.object()["id"].(float64)) }

func (r reply) version() int { return int(r.object()["version"].(float64)) }

func TestAPI_DocumentIsOpenAPIAndPageShowsEveryOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw := w.caller("").get("/openapi.json").want(200).body
	var head struct{ OpenAPI string }
	noErr(t, json.Unmarshal(raw, &head))
	if !strings.HasPrefix(head.OpenAPI, "3.1") {
		t.Errorf("got OpenAPI %s", head.OpenAPI)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	noErr(t, err)
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
	if !strings.Contains(string(rival.get(at).want(200).body), "其其格保密联系人") {
		t.Error("a signed-in person does not read the contact person")
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
		{"nested", member.post("/achievements", map[string]any{"title": "有题目", "maturity": map[string]any{"level": "六"}}), 422, "type", "maturity.level"},
		{"domain rule", member.post("/achievements", map[string]any{"title": strings.Repeat("长", 300)}), 422, "too_long", "title"},
		{"missing", member.post("/tokens", map[string]any{}), 422, "required", "name"},
		{"enum", member.get("/achievements?sort=best"), 422, "choose", "sort"},
		{"bound", member.get("/achievements?limit=1000"), 422, "range", "limit"},
		{"unknown parameter", member.get("/achievements?colour=red"), 422, "unknown_parameter", "colour"},
		{"not JSON", member.raw("POST", "/tokens", "application/json", strings.NewReader("{")), 400, "", ""},
		{"NUL", member.raw("POST", "/tokens", "application/json", strings.NewReader(`{"name":"a\u0000b"}`)), 422, "", ""},
		{"not UTF-8", member.get("/achievements?q=%ff"), 422, "", ""},
		{"too large", member.post("/achievements", map[string]any{"title": strings.Repeat("长", 700_000)}), 422, "", ""},
		{"unknown address", member.get("/nothing"), 404, "", ""},
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
}
