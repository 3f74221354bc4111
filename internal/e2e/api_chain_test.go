package e2e

import (
	"bytes"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"
)

func meadowDraft() map[string]any {
	return map[string]any{"title": meadowAchievement["title"], "summary": meadowAchievement["summary"],
		"problem":     meadowAchievement["problem"],
		"description": meadowAchievement["description"], "keywords": []string{"羊草", "种子包衣", "盐碱地"}, "maturity": map[string]any{"level": 7},
		"cooperation": []string{"joint_development"}, "price": map[string]any{"minFen": 60_000_000, "maxFen": 120_000_000}, "field": "07",
		"industry": "A",
		"ip":       []any{map[string]any{"kind": "invention", "number": "ZL202210123456.7", "title": "一种羊草种子包衣剂"}},
		"contact":  map[string]any{"name": "其其格", "phone": "0471-5550123"}}
}

// chainByAPI is the walk of one contract by programs only, with everybody who looks on.
type chainByAPI struct {
	w                                               *world
	seller, buyer, rival, guest, registrar, sibling caller
}

// TestAPI_ChainFromListingToStatistics walks steps 4 to 8 with programs only, and looks at every step who else may see it.
func TestAPI_ChainFromListingToStatistics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := chainByAPI{w, w.caller("member"), w.caller("company"), w.caller("rival"), w.caller(""), w.caller("registrar"),
		w.caller("siblingRegistrar")}
	c.figures(c.decides(c.files(c.agrees(c.publishes()))))
}

// publishes brings an achievement and a need that match.
func (c chainByAPI) publishes() (achievement, demand int64) {
	c.w.t.Helper()
	for _, who := range []caller{c.seller, c.buyer} {
		me := who.get("/me").want(200).object()["organisation"].(map[string]any)
		profile := me["profile"].(map[string]any)
		profile["nature"] = map[string]string{"member": "0221", "company": "150"}[who.name]
		who.send("PATCH", fmt.Sprintf("/organisations/%.0f", me["id"]), map[string]any{"version": me["version"], "profile": profile}).want(200)
	}
	achievement = c.w.published(c.seller, c.w.caller("league"), "achievements", meadowDraft())
	demand = c.w.published(c.buyer, c.w.caller("otherLeague"), "demands",
		map[string]any{"title": meadowDemand["title"], "problem": meadowDemand["problem"],
			"cooperation": []string{"joint_development"}, "targets": []any{map[string]any{"name": "羊草出苗率", "present": "35", "target": "70",
				"unit": "%"}},
			"budget": map[string]any{"minFen": 50_000_000, "maxFen": 100_000_000}, "field": "07", "industry": "A",
			"contact": map[string]any{"name": "那顺", "phone": "0472-5550123"}})
	found := c.buyer.get(fmt.Sprintf("/demands/%d/matches", demand)).want(200).list()
	if len(found) != 1 || int64(found[0].(map[string]any)["id"].(float64)) != achievement ||
		len(found[0].(map[string]any)["reasons"].([]any)) == 0 {
		c.w.t.Fatalf("matches: got %v", found)
	}
	return achievement, demand
}

func (c chainByAPI) agrees(achievement, demand int64) (talk string) {
	c.w.t.Helper()
	talk = fmt.Sprintf("/deals/%d", c.buyer.post("/deals", map[string]any{"supplyListingId": achievement, "demandListingId": demand,
		"message": "想一起做包衣种子的中试"}).want(201).id())
	c.rival.get(talk).refused(404, "deal_not_found")
	c.registrar.get(talk).refused(403, "no_permission")
	c.buyer.post(talk+"/accept", nil).refused(403, "wrong_side")
	c.seller.post(talk+"/accept", nil).want(200)
	attached := c.seller.file("deal", "试验报告.pdf", pdf("trial"))
	c.seller.post(talk+"/messages", map[string]any{"body": "可以，建议先做 300 亩。", "files": []int64{attached}}).want(201)
	if got := c.buyer.get(fmt.Sprintf("%s/files/%d", talk, attached)).want(200); !bytes.Equal(got.body, pdf("trial")) ||
		!strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") {
		c.w.t.Errorf("attachment: got %d bytes, %v", len(got.body), got.header)
	}
	c.rival.get(fmt.Sprintf("%s/files/%d", talk, attached)).want(404)
	c.seller.post(talk+"/terms", map[string]any{"after": 0, "terms": map[string]any{"classCode": "0101",
		"object":    "开发羊草种子包衣配方并完成 300 亩田间试验，出苗率不低于 70%。",
		"amountFen": 80_000_000, "payment": "lump_sum", "startsOn": "2026-04-01", "endsOn": "2027-10-31", "ownership": "专利申请权归双方共有。"}}).want(201)
	if state := c.buyer.post(talk+"/terms/1/accept", nil).want(200).object()["state"]; state != "agreed" {
		c.w.t.Errorf("deal: got %v", state)
	}
	return talk
}

func (c chainByAPI) files(talk string) (desk string) {
	c.w.t.Helper()
	c.buyer.post(talk+"/contract", nil).refused(403, "not_applicant")
	draft := c.seller.post(talk+"/contract", nil).want(201)
	at := fmt.Sprintf("/contracts/%d", draft.id())
	c.rival.get(at).refused(404, "contract_not_found")
	content := draft.object()["content"].(map[string]any)
	set := func(part string, v map[string]any) {
		to := content[part].(map[string]any)
		maps.Copy(to, v)
	}
	no := map[string]any{"agency": "no", "research": "no", "converted": "no"}
	set("seller", no)
	set("seller", map[string]any{"creditCode": "12150000460029132D", "industry": "P"})
	first := content["buyers"].([]any)[0].(map[string]any)
	maps.Copy(first, no)
	first["creditCode"], first["industry"] = "91150000114150629E", "A"
	set("elements", map[string]any{"signedOn": "2026-04-01", "medium": "paper", "royalty": "no", "relatedParty": "no", "planSource": "9",
		"socialGoal": "09", "confidential": "none"})
	content["technicalFen"] = 70_000_000
	content["costs"] = []any{map[string]any{"kind": "equipment", "name": "包衣机", "quantity": 2, "unitCostFen": 5_000_000}}
	set("statement", map[string]any{"true": true, "same": true, "unfiled": true, "phone": "0471-5550123"})
	v := draft.version()
	for _, section := range []string{"seller", "buyers", "elements", "amounts", "statement"} {
		v = c.seller.put(at+"/sections/"+section, map[string]any{"version": v, "content": content}).want(200).version()
	}
	c.seller.post(at+"/submit", map[string]any{}).refused(422, "invalid_input") // without the signed text
	c.seller.post(at+"/files", map[string]any{"fileId": c.seller.file("contract", "合同正本.pdf", pdf(at)), "role": "signed_text"}).want(201)
	attached := c.seller.file("deal", "试验报告.pdf", pdf("other trial"))
	c.rival.post(at+"/files", map[string]any{"fileId": attached, "role": "other"}).want(404)
	loose := fmt.Sprintf("/files/%d", c.seller.file("contract", "还没有附上.pdf", pdf(at))) // found by schemathesis
	c.seller.get(loose).want(200)
	c.rival.get(loose).want(404)
	check := c.seller.get(at + "/check").want(200).object()
	if got := check["decision"].(map[string]any)["outcome"]; got != "register" {
		c.w.t.Fatalf("pre-check: got %v\n%v", got, check["sections"])
	}
	c.seller.post(at+"/submit", map[string]any{"pointId": c.w.points["sibling"].ID}).refused(422, "wrong_point")
	filing := c.seller.post(at+"/submit", map[string]any{}).want(201)
	desk = fmt.Sprintf("/filings/%d", filing.id())
	return desk
}

func (c chainByAPI) decides(desk string) (number string) {
	c.w.t.Helper()
	if got := c.registrar.get("/filings").want(200).list(); len(got) != 1 {
		c.w.t.Errorf("queue of the county: got %d", len(got))
	}
	if got := c.sibling.get("/filings").want(200); len(got.list()) != 0 || strings.Contains(string(got.body), "羊草") {
		c.w.t.Errorf("queue of the sibling county: got %s", got.body)
	}
	c.sibling.get(desk).refused(404, "filing_not_found")
	c.sibling.post(desk+"/events", map[string]any{"event": "accept"}).refused(404, "filing_not_found")
	c.rival.get(desk).refused(404, "filing_not_found")
	c.guest.get(desk).refused(401, "sign_in_needed")
	c.w.caller("system").get(desk).refused(403, "no_permission")
	c.registrar.post(desk+"/events", map[string]any{"event": "accept"}).want(200)
	c.registrar.put(desk+"/review", map[string]any{"review": map[string]any{"class": "0101", "amountFen": 80_000_000,
		"cleared":    nothingFound("0101"),
		"opinion":    "属于委托开发；包衣机两台按发票扣除。",
		"deductions": []any{map[string]any{"kind": "equipment", "name": "包衣机", "quantity": 2, "unitCostFen": 6_000_000}}}}).want(200)
	if body := c.seller.get(desk).want(200).body; strings.Contains(string(body), "按发票扣除") {
		c.w.t.Error("the applicant reads the review sheet before the decision")
	}
	c.registrar.post(desk+"/events", map[string]any{"event": "pass_first_review"}).want(200)
	c.registrar.post(desk+"/events", map[string]any{"event": "pass_second_review", "text": "同意。"}).refused(403, "wrong_part")
	c.w.caller("reviewer").post(desk+"/events", map[string]any{"event": "pass_second_review", "text": "同意初审意见。"}).want(200)
	done := c.w.caller("head").post(desk+"/events", map[string]any{"event": "register"}).want(200).object()["registration"].(map[string]any)
	number = done["number"].(string)
	if done["technicalFen"].(float64) != 68_000_000 {
		c.w.t.Errorf("T: got %v", done["technicalFen"])
	}
	c.w.drain()
	return number
}

func (c chainByAPI) figures(number string) {
	c.w.t.Helper()
	dossier := c.seller.get("/registrations/" + number).want(200).object()
	c.buyer.get("/registrations/" + number).want(200)
	c.rival.get("/registrations/"+number).refused(404, "registration_not_found")
	c.sibling.get("/registrations/"+number).refused(404, "registration_not_found")
	if got := c.seller.get("/registrations/" + number + "/certificate").want(200); !bytes.HasPrefix(got.body, []byte("%PDF-")) ||
		got.header.Get("Content-Type") != "application/pdf" {
		c.w.t.Errorf("certificate: got %d bytes of %s", len(got.body), got.header.Get("Content-Type"))
	}
	code := dossier["certificates"].([]any)[0].(map[string]any)["checkCode"].(string)
	checked := c.guest.get("/verify/" + number + "?code=" + code).want(200)
	for _, typed := range []string{"第" + number + "号", "登记编号：" + number, full(number), number[:8] + " " + number[8:] + "\u200b"} {
		c.guest.get("/verify/" + url.PathEscape(typed) + "?code=" + url.QueryEscape(full(strings.ToLower(code)))).want(200)
	}
	if body := string(checked.body); strings.Contains(body, "草原示范大学") || strings.Contains(body, "敕勒川示范乳业有限公司") {
		c.w.t.Errorf("the public check names the parties: %s", body)
	}
	c.guest.get("/verify/"+number+"?code=00000000").refused(404, "certificate_not_found")
	total := c.guest.get("/stats?direction=output&area=" + ownCounty).want(200).object()["total"].(map[string]any)
	if total["contracts"].(float64) != 1 || total["amountFen"].(float64) != 80_000_000 || total["technicalFen"].(float64) != 68_000_000 {
		c.w.t.Errorf("figures: got %v", total)
	}
	if entries := c.guest.get("/stats/entries?direction=output").want(200); strings.Contains(string(entries.body), "羊草") {
		c.w.t.Errorf("a guest reads the title behind a figure: %s", entries.body)
	}
}

// full writes a code as a Chinese keyboard does.
func full(s string) string {
	return strings.Map(func(r rune) rune { return r + '！' - '!' }, s)
}
