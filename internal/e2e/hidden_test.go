package e2e

import (
	"maps"
	"net/url"
	"path"
	"strings"
	"testing"
)

// What a person may not see is never found, suggested, matched, compared or counted: a draft, a listing in review and a withdrawn
// one, asked for as a guest, another organisation, a broker, another league's officer and a registrar.
func TestHidden_WhatOneMayNotSeeIsNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.as("member")
	open := owner.publish("achievement", "league", meadowAchievement)
	like := func(title string) values {
		v := maps.Clone(meadowAchievement)
		v["title"], v["summary"] = title, title
		delete(v, "ip.0.kind")
		delete(v, "ip.0.number")
		delete(v, "ip.0.title")
		return v
	}
	draft := func(title string) string {
		owner.get("/achievements/new").submit("/achievements", like(title)).want(200, "草稿已保存")
		for _, id := range owner.get("/desk/achievements").links() {
			if strings.HasPrefix(id, "/desk/achievements/") && strings.Contains(owner.get(id).text(), title) {
				return id
			}
		}
		t.Fatalf("no draft %s", title)
		return ""
	}
	hidden := map[string]string{"draft": draft("锆酸镧包衣羊草草稿甲")}
	submitted := draft("锆酸镧包衣羊草待审乙")
	owner.get(submitted).submit(submitted+"/do", values{"event": "submit"}).want(200, "已提交")
	hidden["in review"] = submitted
	withdrawn := owner.publish("achievement", "league", like("锆酸镧包衣羊草撤回丙"))
	owner.get("/desk/achievements/"+withdrawn).submit("/desk/achievements/"+withdrawn+"/do",
		values{"event": "withdraw", "reason": "不再提供"}).want(200)
	hidden["withdrawn"] = "/desk/achievements/" + withdrawn
	w.drain()
	need := w.as("company").publish("demand", "otherLeague", meadowDemand)

	q := url.QueryEscape("锆酸镧包衣羊草")
	for _, login := range []string{"", "company", "rival", "broker", "otherLeague", "siblingRegistrar"} {
		p := w.guest
		if login != "" {
			p = w.as(login)
		}
		for _, at := range []string{"/", "/achievements?q=" + q, "/achievements?q=" + url.QueryEscape("羊草"), "/search?q=" + q, "/suggest?q=" + q,
			"/match?q=" + q, "/demands/" + need + "/matches",
			"/achievements/" + open + "/similar", "/compare?q=" + q + "&ids=" + open + "," + path.Base(hidden["draft"]) + "," +
				path.Base(submitted) + "," + withdrawn,
			"/api/v1/achievements?q=" + q, "/api/v1/demands/" + need + "/matches"} {
			text := strings.ReplaceAll(string(p.get(at).body), q, "")
			for _, told := range []string{"草稿甲", "待审乙", "撤回丙"} {
				if strings.Contains(text, told) {
					t.Errorf("%q learns of %s at %s", login, told, at)
				}
			}
		}
		if text := p.get("/achievements").want(200).text(); !strings.Contains(text, "找到 1 项") {
			t.Errorf("%q counts more than the one public listing: %s", login, text)
		}
		for state, at := range hidden {
			p.get("/achievements/" + path.Base(at)).want(map[bool]int{true: 410, false: 404}[state == "withdrawn"])
			if login != "" {
				if got := p.get(at).status; got != 404 && got != 403 && (got != 410 || state != "withdrawn") {
					t.Errorf("%q opens the %s listing at %s: %d", login, state, at, got)
				}
			}
		}
	}
}
