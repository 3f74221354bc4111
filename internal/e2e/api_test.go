package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"golang.org/x/sync/errgroup"

	"techmarket/internal/app/apptest"
	"techmarket/internal/people/identity"
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
	token, err := w.s.Identity.CreateTokenFor(context.Background(), login, "test", identity.AllScopes()...)
	apptest.NoErr(w.t, err)
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
	apptest.NoErr(c.w.t, err)
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
	apptest.NoErr(c.w.t, err)
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	apptest.NoErr(c.w.t, err)
	return reply{c, method + " " + path, answer.StatusCode, answer.Header, b}
}

func (c caller) send(method, path string, body any, header ...string) reply {
	c.w.t.Helper()
	if body == nil {
		return c.raw(method, path, "", nil, header...)
	}
	b, err := json.Marshal(body)
	apptest.NoErr(c.w.t, err)
	return c.raw(method, path, "application/json", bytes.NewReader(b), header...)
}

func (c caller) get(path string) reply { return c.send("GET", path, nil) }

func (c caller) post(path string, body any) reply { return c.send("POST", path, body) }

func (c caller) put(path string, body any) reply { return c.send("PUT", path, body) }

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
	apptest.NoErr(r.caller.w.t, json.Unmarshal(r.body, &p))
	if p.Code != code || p.Status != status || p.Detail == "" || !strings.HasPrefix(r.header.Get("Content-Type"), "application/problem+json") {
		r.caller.w.t.Errorf("%s as %s: got %s", r.what, r.caller.name, r.body)
	}
}

// object is the answer as loose JSON.
func (r reply) object() map[string]any {
	r.caller.w.t.Helper()
	var m map[string]any
	apptest.NoErr(r.caller.w.t, json.Unmarshal(r.body, &m))
	return m
}

func (r reply) id() int64 { return int64(r.object()["id"].(float64)) }

func (r reply) version() int { return int(r.object()["version"].(float64)) }

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
		{"nested", member.post("/achievements", map[string]any{"title": "有题目", "maturity": map[string]any{"level": "六"}}), 422, "type",
			"maturity.level"},
		{"domain rule", member.post("/achievements", map[string]any{"title": strings.Repeat("长", 300)}), 422, "too_long", "title"},
		{"missing", member.post("/tokens", map[string]any{}), 422, "required", "name"},
		{"enum", member.get("/achievements?sort=best"), 422, "choose", "sort"},
		{"bound", member.get("/achievements?limit=1000"), 422, "range", "limit"},
		{"unknown parameter", member.get("/achievements?colour=red"), 422, "unknown_parameter", "colour"},
		{"not JSON", member.raw("POST", "/tokens", "application/json", strings.NewReader("{")), 400, "", ""},
		{"NUL", member.raw("POST", "/tokens", "application/json", strings.NewReader(`{"name":"a\u0000b","scopes":["market:read"]}`)), 422, "", ""},
		{"not UTF-8", member.get("/achievements?q=%ff"), 400, "", ""},
		{"too large", member.post("/achievements", map[string]any{"title": strings.Repeat("长", 700_000)}), 422, "", ""},
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

// file uploads a file and returns its id.
func (c caller) file(purpose, name string, content []byte) int64 {
	c.w.t.Helper()
	body, media := form(map[string]string{"purpose": purpose}, name, content)
	return c.raw("POST", "/files", media, body).want(201).id()
}

// form is a multipart body with one file.
func form(fields map[string]string, name string, content []byte) (*bytes.Buffer, string) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, v := range fields {
		_ = m.WriteField(k, v)
	}
	part, _ := m.CreateFormFile("file", name)
	_, _ = part.Write(content)
	_ = m.Close()
	return &b, m.FormDataContentType()
}

// list is the items of a list.
func (r reply) list() []any { return r.object()["items"].([]any) }

// published takes a draft through review and returns its address.
func (w *world) published(owner, editor caller, kind string, content map[string]any) int64 {
	w.t.Helper()
	made := owner.post("/"+kind, content).want(201)
	at := fmt.Sprintf("/%s/%d", kind, made.id())
	v := owner.post(at+"/events", map[string]any{"version": made.version(), "event": "submit"}).want(200).version()
	editor.post(at+"/review", map[string]any{"version": v, "event": "publish"}).want(200)
	w.drain()
	return made.id()
}

func meadowDraft() map[string]any {
	return map[string]any{"title": meadowAchievement["title"], "summary": meadowAchievement["summary"],
		"problem":     meadowAchievement["problem"],
		"description": meadowAchievement["description"], "keywords": []string{"羊草", "种子包衣", "盐碱地"}, "maturity": map[string]any{"level": 7},
		"cooperation": []string{"joint_development"}, "price": map[string]any{"minFen": 60_000_000, "maxFen": 120_000_000}, "field": "07",
		"industry": "A",
		"ip":       []any{map[string]any{"kind": "invention", "number": "ZL202210123456.7", "title": "一种羊草种子包衣剂"}},
		"contact":  map[string]any{"name": "其其格", "phone": "0471-5550123"}}
}

// TestAPI_ChainFromListingToStatistics walks steps 4 to 8 with programs only, and looks at every step who else may see it.
func TestAPI_ChainFromListingToStatistics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seller, buyer, rival, guest := w.caller("member"), w.caller("company"), w.caller("rival"), w.caller("")
	registrar, sibling := w.caller("registrar"), w.caller("siblingRegistrar")
	for _, c := range []caller{seller, buyer} {
		me := c.get("/me").want(200).object()["organisation"].(map[string]any)
		profile := me["profile"].(map[string]any)
		profile["nature"] = map[string]string{"member": "0221", "company": "150"}[c.name]
		c.send("PATCH", fmt.Sprintf("/organisations/%.0f", me["id"]), map[string]any{"version": me["version"], "profile": profile}).want(200)
	}
	achievement := w.published(seller, w.caller("league"), "achievements", meadowDraft())
	demand := w.published(buyer, w.caller("otherLeague"), "demands",
		map[string]any{"title": meadowDemand["title"], "problem": meadowDemand["problem"],
			"cooperation": []string{"joint_development"}, "targets": []any{map[string]any{"name": "羊草出苗率", "present": "35", "target": "70",
				"unit": "%"}},
			"budget": map[string]any{"minFen": 50_000_000, "maxFen": 100_000_000}, "field": "07", "industry": "A",
			"contact": map[string]any{"name": "那顺", "phone": "0472-5550123"}})
	found := buyer.get(fmt.Sprintf("/demands/%d/matches", demand)).want(200).list()
	if len(found) != 1 || int64(found[0].(map[string]any)["id"].(float64)) != achievement ||
		len(found[0].(map[string]any)["reasons"].([]any)) == 0 {
		t.Fatalf("matches: got %v", found)
	}

	talk := fmt.Sprintf("/deals/%d", buyer.post("/deals", map[string]any{"supplyListingId": achievement, "demandListingId": demand,
		"message": "想一起做包衣种子的中试"}).want(201).id())
	rival.get(talk).refused(404, "deal_not_found")
	registrar.get(talk).refused(403, "no_permission")
	buyer.post(talk+"/accept", nil).refused(403, "wrong_side")
	seller.post(talk+"/accept", nil).want(200)
	attached := seller.file("deal", "试验报告.pdf", pdf("trial"))
	seller.post(talk+"/messages", map[string]any{"body": "可以，建议先做 300 亩。", "files": []int64{attached}}).want(201)
	if got := buyer.get(fmt.Sprintf("%s/files/%d", talk, attached)).want(200); !bytes.Equal(got.body, pdf("trial")) ||
		!strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("attachment: got %d bytes, %v", len(got.body), got.header)
	}
	rival.get(fmt.Sprintf("%s/files/%d", talk, attached)).want(404)
	seller.post(talk+"/terms", map[string]any{"after": 0, "terms": map[string]any{"classCode": "0101",
		"object":    "开发羊草种子包衣配方并完成 300 亩田间试验，出苗率不低于 70%。",
		"amountFen": 80_000_000, "payment": "lump_sum", "startsOn": "2026-04-01", "endsOn": "2027-10-31", "ownership": "专利申请权归双方共有。"}}).want(201)
	if state := buyer.post(talk+"/terms/1/accept", nil).want(200).object()["state"]; state != "agreed" {
		t.Errorf("deal: got %v", state)
	}

	buyer.post(talk+"/contract", nil).refused(403, "not_applicant")
	draft := seller.post(talk+"/contract", nil).want(201)
	at := fmt.Sprintf("/contracts/%d", draft.id())
	rival.get(at).refused(404, "contract_not_found")
	content := draft.object()["content"].(map[string]any)
	set := func(part string, v map[string]any) {
		to := content[part].(map[string]any)
		for k, x := range v {
			to[k] = x
		}
	}
	no := map[string]any{"agency": "no", "research": "no", "converted": "no"}
	set("seller", no)
	set("seller", map[string]any{"creditCode": "12150000460029132U", "industry": "P"})
	first := content["buyers"].([]any)[0].(map[string]any)
	for k, v := range no {
		first[k] = v
	}
	first["creditCode"], first["industry"] = "911500001141506290", "A"
	set("elements", map[string]any{"signedOn": "2026-04-01", "medium": "paper", "royalty": "no", "relatedParty": "no", "planSource": "9",
		"socialGoal": "09", "confidential": "none"})
	content["technicalFen"] = 70_000_000
	content["costs"] = []any{map[string]any{"kind": "equipment", "name": "包衣机", "quantity": 2, "unitCostFen": 5_000_000}}
	set("statement", map[string]any{"true": true, "same": true, "unfiled": true, "phone": "0471-5550123"})
	v := draft.version()
	for _, section := range []string{"seller", "buyers", "elements", "amounts", "statement"} {
		v = seller.put(at+"/sections/"+section, map[string]any{"version": v, "content": content}).want(200).version()
	}
	seller.post(at+"/submit", map[string]any{}).refused(422, "invalid_input") // without the signed text
	seller.post(at+"/files", map[string]any{"fileId": seller.file("contract", "合同正本.pdf", pdf(at)), "role": "signed_text"}).want(201)
	rival.post(at+"/files", map[string]any{"fileId": attached, "role": "other"}).want(404)
	loose := fmt.Sprintf("/files/%d", seller.file("contract", "还没有附上.pdf", pdf(at))) // found by schemathesis
	seller.get(loose).want(200)
	rival.get(loose).want(404)
	check := seller.get(at + "/check").want(200).object()
	if got := check["decision"].(map[string]any)["outcome"]; got != "register" {
		t.Fatalf("pre-check: got %v\n%v", got, check["sections"])
	}
	seller.post(at+"/submit", map[string]any{"pointId": w.points["sibling"].ID}).refused(422, "wrong_point")
	filing := seller.post(at+"/submit", map[string]any{}).want(201)
	desk := fmt.Sprintf("/filings/%d", filing.id())

	if got := registrar.get("/filings").want(200).list(); len(got) != 1 {
		t.Errorf("queue of the county: got %d", len(got))
	}
	if got := sibling.get("/filings").want(200); len(got.list()) != 0 || strings.Contains(string(got.body), "羊草") {
		t.Errorf("queue of the sibling county: got %s", got.body)
	}
	sibling.get(desk).refused(404, "filing_not_found")
	sibling.post(desk+"/events", map[string]any{"event": "accept"}).refused(404, "filing_not_found")
	rival.get(desk).refused(404, "filing_not_found")
	guest.get(desk).refused(401, "sign_in_needed")
	w.caller("system").get(desk).refused(403, "no_permission")
	registrar.post(desk+"/events", map[string]any{"event": "accept"}).want(200)
	registrar.put(desk+"/review", map[string]any{"review": map[string]any{"class": "0101", "amountFen": 80_000_000,
		"cleared":    nothingFound("0101"),
		"opinion":    "属于委托开发；包衣机两台按发票扣除。",
		"deductions": []any{map[string]any{"kind": "equipment", "name": "包衣机", "quantity": 2, "unitCostFen": 6_000_000}}}}).want(200)
	if body := seller.get(desk).want(200).body; strings.Contains(string(body), "按发票扣除") {
		t.Error("the applicant reads the review sheet before the decision")
	}
	registrar.post(desk+"/events", map[string]any{"event": "pass_first_review"}).want(200)
	registrar.post(desk+"/events", map[string]any{"event": "pass_second_review", "text": "同意。"}).refused(403, "wrong_part")
	w.caller("reviewer").post(desk+"/events", map[string]any{"event": "pass_second_review", "text": "同意初审意见。"}).want(200)
	done := w.caller("head").post(desk+"/events", map[string]any{"event": "register"}).want(200).object()["registration"].(map[string]any)
	number := done["number"].(string)
	if done["technicalFen"].(float64) != 68_000_000 {
		t.Errorf("T: got %v", done["technicalFen"])
	}
	w.drain()

	dossier := seller.get("/registrations/" + number).want(200).object()
	buyer.get("/registrations/" + number).want(200)
	rival.get("/registrations/"+number).refused(404, "registration_not_found")
	sibling.get("/registrations/"+number).refused(404, "registration_not_found")
	if got := seller.get("/registrations/" + number + "/certificate").want(200); !bytes.HasPrefix(got.body, []byte("%PDF-")) ||
		got.header.Get("Content-Type") != "application/pdf" {
		t.Errorf("certificate: got %d bytes of %s", len(got.body), got.header.Get("Content-Type"))
	}
	code := dossier["certificates"].([]any)[0].(map[string]any)["checkCode"].(string)
	checked := guest.get("/verify/" + number + "?code=" + code).want(200)
	if body := string(checked.body); strings.Contains(body, "草原示范大学") || strings.Contains(body, "敕勒川示范乳业有限公司") {
		t.Errorf("the public check names the parties: %s", body)
	}
	guest.get("/verify/"+number+"?code=00000000").refused(404, "certificate_not_found")
	total := guest.get("/stats?direction=output&area=" + ownCounty).want(200).object()["total"].(map[string]any)
	if total["contracts"].(float64) != 1 || total["amountFen"].(float64) != 80_000_000 || total["technicalFen"].(float64) != 68_000_000 {
		t.Errorf("figures: got %v", total)
	}
	if entries := guest.get("/stats/entries?direction=output").want(200); strings.Contains(string(entries.body), "羊草") {
		t.Errorf("a guest reads the title behind a figure: %s", entries.body)
	}
}

// TestAPI_KeyedRequestsAreCarriedOutOnce sends every create five times at once and cuts some connections (docs/rules/security.md §4).
func TestAPI_KeyedRequestsAreCarriedOutOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	member := w.caller("member")
	const keys, twins = 100, 5
	var group errgroup.Group
	group.SetLimit(20)
	answers := make([][twins]string, keys)
	for k := range keys {
		for i := range twins {
			group.Go(func() error {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				cut := i > 0 && (k+i)%3 == 0
				if cut {
					time.AfterFunc(time.Duration(k%7)*time.Millisecond, cancel)
				}
				body := strings.NewReader(fmt.Sprintf(`{"title":"第 %d 项样例成果"}`, k))
				r, err := http.NewRequestWithContext(ctx, "POST", w.server.URL+api.Prefix+"/achievements", body)
				if err != nil {
					return err
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Authorization", "Bearer "+member.token)
				r.Header.Set("Idempotency-Key", fmt.Sprintf("key-%d", k))
				answer, err := http.DefaultClient.Do(r)
				if err != nil {
					if cut {
						return nil
					}
					return err
				}
				defer answer.Body.Close()
				b, err := io.ReadAll(answer.Body)
				if err != nil && cut {
					return nil
				}
				if answer.StatusCode != 201 {
					return fmt.Errorf("key %d: got %d %s", k, answer.StatusCode, b)
				}
				answers[k][i] = string(b)
				return err
			})
		}
	}
	apptest.NoErr(t, group.Wait())
	for k, twins := range answers {
		for _, a := range twins[1:] {
			if a != "" && a != twins[0] {
				t.Errorf("key %d: two answers\n%s\n%s", k, twins[0], a)
			}
		}
	}
	titles, cursor := map[string]int{}, ""
	for {
		page := member.get("/own/achievements?limit=60&cursor=" + cursor).want(200)
		for _, it := range page.list() {
			titles[it.(map[string]any)["content"].(map[string]any)["title"].(string)]++
		}
		if cursor = page.object()["next"].(string); cursor == "" {
			break
		}
	}
	sum := 0
	for _, n := range titles {
		sum += n
	}
	if len(titles) != keys || sum != keys {
		t.Errorf("got %d records of %d titles, want %d", sum, len(titles), keys)
	}

	again := member.send("POST", "/achievements", map[string]any{"title": "第 0 项样例成果"}, "Idempotency-Key", "key-0")
	again.want(201)
	if again.header.Get("Idempotency-Replayed") != "true" {
		t.Error("a repetition is not marked")
	}
	member.send("POST", "/achievements", map[string]any{"title": "另一项"}, "Idempotency-Key", "key-0").refused(422, "invalid_input")
	w.caller("rival").send("POST", "/achievements", map[string]any{"title": "另一家的"}, "Idempotency-Key", "key-0").want(201)
	// What failed leaves the key free for the mended request.
	member.send("POST", "/tokens", map[string]any{"name": "", "scopes": []string{"market:read"}}, "Idempotency-Key", "mended").want(422)
	made := member.send("POST", "/tokens", map[string]any{"name": "程序", "scopes": []string{"market:read"}}, "Idempotency-Key", "mended").want(201)
	// A secret is given once: it stands nowhere in the table and no repetition gets it.
	member.send("POST", "/tokens", map[string]any{"name": "程序", "scopes": []string{"market:read"}}, "Idempotency-Key", "mended").refused(409, "secret_not_repeated")
	secret := made.object()["secret"].(string)
	if n := w.scan(`select count(*)::text from idempotency_key k where k::text like '%' || $1 || '%'
		or position(convert_to($1, 'UTF8') in coalesce(body, '')) > 0`, secret); n != "0" {
		t.Error("a token stands in clear in the table of keys")
	}
	// Parameters are compared, not bytes.
	for i, raw := range []string{`{"title":"次序","summary":"甲"}`, "{ \"summary\" : \"甲\",\n \"title\":\"\u6b21序\" }"} {
		r := member.raw("POST", "/achievements", "application/json", strings.NewReader(raw), "Idempotency-Key", "order").want(201)
		if replayed := r.header.Get("Idempotency-Replayed") == "true"; replayed != (i == 1) {
			t.Errorf("%s: replayed %v", raw, replayed)
		}
	}
	content := []byte("成果名称,成果介绍\n样例导入成果一,用于测试的样例介绍\n")
	body, media := form(map[string]string{"kind": "achievement"}, "样例.csv", content)
	raw := body.Bytes()
	first := member.raw("POST", "/imports", media, bytes.NewReader(raw), "Idempotency-Key", "import").want(201)
	body, media = form(map[string]string{"kind": "achievement"}, "样例.csv", content) // another border between the parts
	if second := member.raw("POST", "/imports", media, bytes.NewReader(body.Bytes()), "Idempotency-Key",
		"import").want(201); second.id() != first.id() {
		t.Errorf("upload repeated: got batch %d, want %d", second.id(), first.id())
	}
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
	made := member.post("/tokens", map[string]any{"name": "夜间同步", "scopes": []string{"market:read", "people:read", "people:write"}}).want(201).object()
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
