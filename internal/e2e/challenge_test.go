package e2e

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"techmarket/internal/app/apptest"
)

// A need becomes a challenge over the pages' own forms, without a script: what the need says is not typed again, two codes are taken, a
// unit's paper is sealed, and two people open it. Before that no page, table, file or log holds what the paper says.
func TestChallenge_IsSealedAndOpenedOverThePages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	company, rival, league := w.as("company"), w.as("rival"), w.as("otherLeague")
	need := company.publish("demand", "otherLeague", meadowDemand)
	day := func(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }
	form := company.get("/demands/"+need).want(200, "转成榜单").link("/challenges/new")
	entry := values{"deliverables": "试剂和读数仪", "ownership": "专利申请权归研究开发方，发榜方免费使用。", "acceptance": "在收奶点现场检测", "asker": "100",
		"targets.0.name": "检测时间", "targets.0.target": "≤ 10", "targets.0.unit": "分钟", "targets.0.method": "现场计时", "targets.0.tester": "双方",
		"nodes.0.name": "考核", "nodes.0.due": day(300), "nodes.0.look": "指标达到", "nodes.0.tranche": "90", "applyOn": day(40)}
	at := company.get(form).want(200, "出苗率只有 35%").submit("/challenges", entry).want(200, "榜单草稿已保存").path
	w.guest.get(at).want(404)
	company.get(at).submit(at+"/do", values{"event": "submit"}).want(422, "各节点拨付合计 900,000.00 元，榜金合计 1,000,000.00 元")
	company.get(at+"/edit").submit(at, with(entry, values{"nodes.0.tranche": "100"})).want(200, "草稿已保存")
	company.get(at).submit(at+"/do", values{"event": "submit"}).want(200, "待论证")
	league.get(at).submit(at+"/do", values{"event": "approve", "experts": "甲\n乙", "reason": "指标可测"}).want(422, "至少要 3 位专家")
	league.get(at).submit(at+"/do", values{"event": "approve", "experts": "甲\n乙\n丙", "reason": "指标可测"}).want(200, "论证通过")
	code := func(p *person) string {
		t.Helper()
		page := p.get(at).submit(at+"/do", values{"event": "take_key"}).want(200, "只显示这一次")
		return regexp.MustCompile(`[A-Z2-7]{4}(-[A-Z2-7]{4}){5}`).FindString(string(page.body))
	}
	codes := map[*person]string{company: code(company), league: code(league)}
	league.get(at).submit(at+"/do", values{"event": "publish"}).want(200, "正在揭榜")
	w.guest.get("/challenges?state=open").want(200, meadowDemand["title"])
	rival.get(at).submit(at+"/question", values{"question": "原料奶的脂肪含量范围是多少？"}).want(200, "问题已公布")
	company.get(at).submit(at+"/answer", values{"reply": "3.2% 到 4.5%。"}).want(200, "答复已公布")

	const secret = "密文标记QX7431"
	paper := values{"plan": "第一步做小试，第二步放大，第三步现场考核。" + secret, "route": secret + "，免疫层析加读数仪", "team": "八人团队 " + secret, "leader": "样例负责人",
		"ask": "1000000", "answers.0": "8", "pledges": "yes"}
	file := upload{"files", "方案.txt", []byte(secret + "\n")}
	planted := map[string]string{"a sealed paper": secret}
	rival.get(at+"/apply").submit(at+"/apply", with(paper, values{"ask": "2000000"}), file).want(422, "不超过榜金", secret) // typed, not lost
	w.holdsNoSecret(planted)
	rival.get(at+"/apply").submit(at+"/apply", paper, file).want(200, "第 1 版已密封", "封存摘要")
	w.holdsNoSecret(planted)
	if strings.Contains(w.log.String(), secret) {
		t.Error("the log tells of a sealed paper")
	}
	app := w.scan(`select id::text from challenge_application`)
	for _, login := range []string{"company", "otherLeague", "region", "system", "member", "rival"} {
		w.as(login).get(at + "/applications/" + app).want(403)
		w.as(login).get(at).want(200).wantNot("收到的申请")
	}
	company.post(at+"/do", values{"event": "open_seals", "code": codes[company]}).want(403, "截止之前封存")

	_, err := w.s.Platform.DB.Exec(t.Context(), `update challenge set apply_until = clock_timestamp() - interval '1 second'`)
	apptest.NoErr(t, err)
	_, err = w.s.Challenges.Tick(t.Context())
	apptest.NoErr(t, err)
	company.get(at).want(200, "现在谁也打不开").submit(at+"/do", values{"event": "open_seals", "code": codes[league]}).want(422, "开封码不对")
	company.get(at).submit(at+"/do", values{"event": "open_seals", "code": codes[company]}).want(200, "等另一方")
	league.get(at).submit(at+"/do", values{"event": "open_seals", "code": codes[league]}).want(200, "资格审查", "共 1 份")
	league.get(at+"/applications/"+app).want(200, secret, "方案.txt")
	w.as("member").get(at + "/applications/" + app).want(404)
}
