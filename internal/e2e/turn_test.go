package e2e

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"techmarket/internal/app/apptest"
	"techmarket/internal/certify/registry"
	"techmarket/internal/trade/deal"
)

// turns reads 轮到我 of a person's desk: kind, address and day of every line, in order.
func (p *person) turns() []string {
	p.w.t.Helper()
	var out []string
	desk := p.get("/desk").want(200)
	for _, li := range find(desk.doc, func(n *html.Node) bool {
		return n.Data == "li" && len(find(n, func(n *html.Node) bool { return attr(n, "class") == "when" })) > 0
	}) {
		said := func(class string) string {
			return readable(find(li, func(n *html.Node) bool { return attr(n, "class") == class })[0])
		}
		day := find(li, func(n *html.Node) bool { return n.Data == "b" })[0]
		href := ""
		for _, a := range find(li, func(n *html.Node) bool { return n.Data == "a" })[:1] {
			href = attr(a, "href")
		}
		out = append(out, said("kind")+" "+href+" "+readable(day))
	}
	if len(out) == 0 && !strings.Contains(desk.text(), "现在没有轮到您的事") {
		p.w.t.Errorf("%s: no turn and no word of it:\n%s", p.name, desk.text())
	}
	return out
}

// Every role finds what waits for it with its day, by the day; what waits for others stands at theirs alone.
func TestTurns_EachRoleFindsWhatWaitsForItAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := w.turnsOfAll()
	for _, login := range []string{"member", "colleague", "company", "rival", "broker", "registrar", "reviewer", "head", "expert",
		"secondExpert", "siblingRegistrar", "league", "otherLeague", "region", "tax", "system"} {
		if d := cmp.Diff(want[login], w.as(login).turns()); d != "" {
			t.Errorf("%s: %s", login, d)
		}
	}
}

// turnsOfAll makes a thing at every step and says whose turn it is.
func (w *world) turnsOfAll() map[string][]string {
	w.t.Helper()
	ctx, member, desk := context.Background(), w.as("member"), w.as("registrar")
	achievement := member.publish("achievement", "league", meadowAchievement)
	need := w.as("company").publish("demand", "otherLeague", meadowDemand)
	talk, err := w.s.Deals.Open(ctx, w.who("company"), deal.Approach{SupplyListing: id(w.t, achievement), DemandListing: id(w.t, need),
		Message: "想请贵校做中试。"})
	apptest.NoErr(w.t, err)

	rival := w.as("rival")
	rival.get("/achievements/new").submit("/achievements", with(meadowAchievement, values{"title": "等待审核的成果"})).want(200, "草稿已保存")
	waits := rival.get("/desk/achievements").link("/desk/achievements/")
	rival.get(waits).submit(waits+"/do", values{"event": "submit"}).want(200, "已提交")
	rival.get("/demands/new").submit("/demands", with(meadowDemand, values{"title": "要修改的需求"})).want(200, "草稿已保存")
	back := rival.get("/desk/demands").link("/desk/demands/")
	rival.get(back).submit(back+"/do", values{"event": "submit"}).want(200, "已提交")
	review := "/review/" + path.Base(back)
	w.as("league").get(review).submit(review, values{"event": "return", "reason": "请写明现在的出苗率。"}).want(200)

	w.scan(`insert into broker_mandate (broker_account, broker_org, client_org, state, valid_to, asked_at)
		values ($1, $2, $3, 'asked', current_date + 300000, now()) returning id::text`, w.provided["agency"].AccountIDs[0],
		w.provided["agency"].OrgID, w.provided["company"].OrgID)
	w.visitor("late").get("/signup").submit("/signup", values{"organisation.kind": "enterprise", "organisation.name": "后来的示范公司",
		"organisation.division": ownCounty, "displayName": "示范", "loginName": "late", "email": "late@example.com", "phone": "0471-5550123",
		"password": password}).want(200, "请确认邮箱")
	pending := w.scan(`select id::text from organisation where name = '后来的示范公司'`)
	_, question := w.policy()

	cases := map[string]string{}
	for _, step := range []string{"waits", "review", "correcting", "second", "experts", "register"} {
		amount := 800_000
		if step == "experts" {
			amount = 6_000_000
		}
		cases[step] = w.fileCase(member, amount)
	}
	do := func(login, step string, v values) {
		w.as(login).get(cases[step]).submit(cases[step]+"/do", v).want(200)
	}
	for _, step := range []string{"review", "correcting", "second", "experts", "register"} {
		do("registrar", step, values{"event": "accept"})
	}
	do("registrar", "correcting", values{"event": "request_correction", "items.0.text": "补充验收指标。", "items.0.reason": "R3"})
	for _, step := range []string{"second", "experts", "register"} {
		desk.get(cases[step]).submit(cases[step]+"/review", answers(nil)).want(200, "初审通过")
	}
	for _, step := range []string{"experts", "register"} {
		do("reviewer", step, values{"event": "pass_second_review", "text": "同意。"})
	}
	_, err = w.s.Registry.Do(ctx, w.who("head"), registry.Command{Filing: id(w.t, path.Base(cases["experts"])),
		Event: registry.EventAssignExperts, Experts: []int64{w.who("expert").AccountID, w.who("secondExpert").AccountID}})
	apptest.NoErr(w.t, err)
	due := func(step string) string {
		return w.scan(`select to_char(due_on, 'FMMM" 月 "FMDD" 日"') from filing where id = $1::bigint`, path.Base(cases[step]))
	}
	at := func(kind, step string) string { return kind + " " + cases[step] + " " + due(step) }
	asked := "咨询 /questions/" + question + " " + w.scan(`select to_char(due_on, 'FMMM" 月 "FMDD" 日"') from policy_question`)
	return map[string][]string{
		"member":    {fmt.Sprintf("意向 /deals/%d 不限期", talk.ID), at("补正", "correcting")},
		"colleague": {fmt.Sprintf("意向 /deals/%d 不限期", talk.ID), at("补正", "correcting")},
		"company":   {"委托 /mandates 不限期"},
		"rival":     {"退回 " + back + " 不限期"},
		"registrar": {at("受理", "waits"), at("审查", "review")},
		"reviewer":  {at("复核", "second")},
		"head":      {at("登记", "register")},
		"expert":    {at("评议", "experts")}, "secondExpert": {at("评议", "experts")},
		"league": {asked, "审核 /review/" + path.Base(waits) + " 不限期"},
		"region": {asked,
			"审核 /review/" + path.Base(waits) + " 不限期", "确认 /organisations/" + pending + " 不限期"},
	}
}

func id(t testing.TB, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	apptest.NoErr(t, err)
	return n
}
