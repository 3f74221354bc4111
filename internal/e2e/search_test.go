package e2e

import (
	"net/url"
	"strings"
	"testing"

	"techmarket/internal/app/apptest"
	"techmarket/internal/publish/policy"
	"techmarket/internal/services/register"
)

// One search finds listings, people and services, and policies; each under its tab with how many, and only what is public now.
func TestSearch_EverythingUnderTabs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	listed := with(meadowAchievement, values{"title": "锆酸镧涂层的喷涂工艺"})
	achievement := w.as("member").publish("achievement", "league", listed)
	entry := func(name string, events ...register.Event) register.Entry {
		e, err := w.s.Registers.Create(t.Context(), w.who("member"), "agency", register.Input{Name: name, Content: register.Content{
			"hostKind": {"university"}, "fields": {"04"}, "services": {"match"}, "keywords": {"锆酸镧"}, "about": {"做热障涂层的对接"},
			"contactName": {"联系人"}, "contactPhone": {"0471-1234567"}}})
		apptest.NoErr(t, err)
		for _, event := range events {
			who := w.who("member")
			if event == register.EventList {
				who = w.who("region")
			}
			e, err = w.s.Registers.Do(t.Context(), who, register.Command{ID: e.ID, Version: e.Version, Event: event})
			apptest.NoErr(t, err)
		}
		return e
	}
	agency := entry("锆酸镧技术转移中心", register.EventSubmit, register.EventList)
	entry("没有入库的锆酸镧中心", register.EventSubmit)
	now := w.s.Platform.Now()
	_, err := w.s.Policies.Publish(t.Context(), w.who("region"), policy.Policy{Title: "锆酸镧产业扶持办法", Issuer: "科技厅", Division: "150000",
		IssuedOn: now, ValidFrom: now, Content: policy.Content{Summary: "对新材料给予补助。", Clauses: []policy.Provision{{Title: "补助", Benefit: "资金",
			Clause: policy.Clause{ID: "第一条", Conditions: []policy.Condition{
				{Fact: "org_kind", Op: "eq", Type: "text", Values: []string{"enterprise"}}}}}}}})
	apptest.NoErr(t, err)
	w.drain()

	q := url.QueryEscape("锆酸镧")
	all := w.guest.get("/search?q="+q).want(200, "全部 3", "成果 1", "技术转移机构 1", "政策 1", "涂层的喷涂工艺", "技术转移中心", "产业扶持办法")
	for _, hidden := range []string{"没有入库", "0471-1234567"} {
		if strings.Contains(all.text(), hidden) {
			t.Errorf("a guest's search shows %s", hidden)
		}
	}
	w.guest.get("/search?in=agency&q="+q).want(200, "技术转移中心", "全部 3")
	if only := w.guest.get("/search?in=agency&q=" + q).text(); strings.Contains(only, "产业扶持办法") {
		t.Error("the tab of agencies shows a policy")
	}
	w.guest.get("/search?in=achievements&q="+q).want(200, "涂层的喷涂工艺", "按相关度")
	w.guest.get("/search?in=nothing&page=x&q="+q).want(200, "全部 3")
	w.guest.get("/search?q="+url.QueryEscape("没有这样的东西酞菁")).want(200, "没有找到", "按难题匹配", "请技术经纪人帮忙")
	w.guest.get("/search").want(200, "请输入要找的内容")

	w.as("member").get("/desk/achievements/"+achievement).submit("/desk/achievements/"+achievement+"/do",
		values{"event": "withdraw", "reason": "不再提供"}).want(200)
	_, err = w.s.Registers.Do(t.Context(), w.who("member"),
		register.Command{ID: agency.ID, Version: agency.Version, Event: register.EventWithdraw})
	apptest.NoErr(t, err)
	for _, when := range []string{"before its job ran", "after"} { // a row is read again by the rule of its kind
		if text := w.guest.get("/search?q=" + q).text(); strings.Contains(text, "涂层的喷涂工艺") || strings.Contains(text, "技术转移中心") {
			t.Errorf("%s, what was withdrawn is still shown", when)
		}
		w.drain()
	}
}
