package e2e

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What would tell who stands behind the anonymous need of the company.
var companyTells = []string{"敕勒川", "昆都仑", "那顺", "示范company"}

var mapTitle = regexp.MustCompile(`<title>[^<]*</title>`)

// An anonymous need is read at every door of the market without what tells its organisation; the organisation, its editors, and a
// partner whose approach it has accepted know the name.
func TestAnonymous_TheNameIsAtNoPublicDoor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	buyer, seller := w.as("company"), w.as("member")
	v := with(meadowDemand, values{"anonymous": "yes"})
	named := with(v, values{"problem": v["problem"] + "敕勒川示范乳业有限公司自有牧场。"})
	buyer.get("/demands/new").submit("/demands", named).want(200, "草稿已保存")
	desk := buyer.get("/desk/demands").link("/desk/demands/")
	buyer.get(desk).want(200, "对外不公开单位名称").submit(desk+"/do", values{"event": "submit"}).want(422, "这里写着单位名称")
	buyer.get(desk+"/edit").submit(desk+"/edit", v).want(200, "草稿已保存")
	buyer.get(desk).submit(desk+"/do", values{"event": "submit"}).want(200, "已提交")
	need := strings.TrimPrefix(desk, "/desk/demands/")
	w.as("otherLeague").get("/review/"+need).want(200, "敕勒川", "能认出单位的文字").
		submit("/review/"+need, values{"event": "publish"}).want(200)
	w.drain()
	found := seller.publish("achievement", "league", meadowAchievement)
	w.drain()

	w.staysUnnamed(need, found)
	for _, login := range []string{"company", "otherLeague", "region"} {
		w.as(login).get("/demands/"+need).want(200, "敕勒川示范乳业有限公司", "对外不公开单位名称")
	}
	w.guest.get("/demands/"+need).want(200, "（单位已核实，应发布者要求不公开名称）", "包头市")
	w.as("rival").post("/demands/"+need+"/contact", values{"purpose": "cooperate"}).want(403, "发起对接")
	if docs, err := w.s.Engine.Get(t.Context(), "d"+need); err != nil || len(docs) != 1 ||
		strings.Contains(fmt.Sprint(docs[0]), "敕勒川") || docs[0].Facets["county"] != nil || docs[0].Facets["org"] != nil {
		t.Errorf("the index knows too much: %+v, %v", docs, err)
	}

	// A talk: unnamed until the owner accepts, for a decline for good.
	rival := w.as("rival")
	ask := func(p *person) string {
		open := p.get("/demands/" + need).link("/deals/new?")
		return p.get(open).want(200, "不公开名称").submit("/deals", values{"message": "我们有成熟的包衣种子。"}).
			want(200, "接受后才能看到").path
	}
	talk, refused := ask(seller), ask(rival)
	buyer.get(refused).want(200, "婉拒不会透露名称").submit(refused+"/decline", values{"code": "maturity"}).want(200)
	w.drain()
	for _, p := range []*person{seller, rival} {
		for _, at := range []string{"/deals", talk, refused, "/messages", "/desk"} {
			w.unnamed(p, at, "")
		}
		for _, l := range p.get("/messages").links() {
			if strings.HasPrefix(l, "/messages/") {
				w.unnamed(p, l, "")
			}
		}
	}
	for _, at := range []string{"/deals", refused, refused + "/messages"} {
		if body := string(w.caller("rival").get(at).want(200).body); tells(body) != "" {
			t.Errorf("API %s tells %s: %s", at, tells(body), body)
		}
	}
	buyer.get(talk).submit(talk+"/accept", nil).want(200, "洽谈中")
	seller.get(talk).want(200, "敕勒川示范乳业有限公司")
	w.unnamed(w.guest, "/demands/"+need, meadowDemand["title"])
	w.unnamed(rival, "/demands", meadowDemand["title"])

	// The choice is lifted by a revision, and what was public stays said.
	buyer.get(desk).submit(desk+"/do", values{"event": "revise"}).want(200)
	form := buyer.get(desk+"/edit").form(desk+"/edit", nil)
	form.values.Del("anonymous")
	form.values.Set("then", "preview")
	lifted := values{}
	for name := range form.values {
		lifted[name] = form.values.Get(name)
	}
	buyer.post(desk+"/edit", lifted).want(200, "草稿已保存")
	w.unnamed(w.guest, "/demands/"+need, meadowDemand["title"]) // not before the review
	buyer.get(desk).submit(desk+"/do", values{"event": "submit"}).want(200)
	w.as("otherLeague").get("/review/"+need).submit("/review/"+need, values{"event": "publish"}).want(200)
	w.drain()
	w.guest.get("/demands/"+need).want(200, "敕勒川示范乳业有限公司")
	buyer.get(desk).submit(desk+"/do", values{"event": "revise"}).want(200)
	buyer.get(desk+"/edit").want(200, "曾以单位名称发布", "收不回来")
}

// staysUnnamed walks every page and document that a guest may open, and the lists of strangers.
func (w *world) staysUnnamed(need, found string) {
	w.t.Helper()
	title := meadowDemand["title"]
	doors := []string{"/demands?q=" + url.QueryEscape(title), "/demands?county=150203", "/demands/" + need + "/matches",
		"/achievements/" + found + "/matches", "/suggest?json&q=" + url.QueryEscape("盐碱草地"),
		"/match?q=" + url.QueryEscape(meadowDemand["problem"]),
		"/demands/" + need + "/matches.xlsx", "/search?q=" + url.QueryEscape(title),
		"/api/v1/demands?facets=true", "/api/v1/achievements/" + found + "/matches", "/api/v1/demands/" + need + "/versions",
		fmt.Sprintf("/api/v1/demands?org=%d", w.provided["company"].OrgID), fmt.Sprintf("/units/%d", w.provided["company"].OrgID)}
	for route, row := range matrix {
		if at, ok := strings.CutPrefix(route, "GET "); ok && row[0] == '+' && !strings.Contains(at, "events") {
			doors = append(doors, regexp.MustCompile(`:\w+|\*`).ReplaceAllString(at, need))
		}
	}
	slices.Sort(doors)
	for _, at := range slices.Compact(doors) {
		w.unnamed(w.guest, at, title)
	}
	for _, login := range []string{"member", "rival", "broker", "league", "registrar"} {
		for _, at := range []string{"/", "/demands", "/demands/" + need, "/achievements/" + found + "/matches", "/messages", "/desk",
			"/brokers"} {
			w.unnamed(w.as(login), at, title)
		}
	}
	if at := fmt.Sprintf("/units/%d", w.provided["company"].OrgID); strings.Contains(string(w.guest.get(at).want(200).body), title) {
		w.t.Errorf("the company's page lists its anonymous need")
	}
	if n := w.caller("").get("/demands?q=" + url.QueryEscape("敕勒川示范乳业有限公司")).want(200); strings.Contains(string(n.body), title) {
		w.t.Errorf("the company's name finds its anonymous need: %s", n.body)
	}
}

// unnamed fails where a page names the need (any page where about is "") and the organisation.
func (w *world) unnamed(p *person, at, about string) {
	w.t.Helper()
	if body := string(p.get(at).body); strings.Contains(body, about) && tells(body) != "" {
		i := strings.Index(body, tells(body))
		w.t.Errorf("%s reads %s at %s: …%s…", p.name, tells(body), at, body[max(0, i-200):min(len(body), i+100)])
	}
}

func tells(body string) string {
	body = mapTitle.ReplaceAllString(body, "") // the map of the region names every county
	for _, t := range companyTells {
		if strings.Contains(body, t) {
			return t
		}
	}
	return ""
}
