package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"

	"techmarket/internal/app/apptest"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
	"techmarket/internal/publish/policy"
	"techmarket/internal/trade/challenge"
	"techmarket/internal/trade/notice"
	"techmarket/internal/trade/rights"
	"techmarket/internal/trade/sale"
	"techmarket/internal/trade/trial"
)

// things is one object of every kind, made by the world's people.
type things struct {
	achievement, draft, demand, deal, dealFile, contract, freeContract, contractFile, filing, number, check string
	notice, sale, challenge, distribution, grant, trial, room                                               string
	event, signup, wish, annual, voucher, scheme, finance                                                   string
	batch, message, picture, submitted, openDemand, open, policy, question                                  string
}

func (w *world) things() things {
	w.t.Helper()
	member, company := w.as("member"), w.as("company")
	var m things
	m.achievement = member.publish("achievement", "league", meadowAchievement)
	m.demand = company.publish("demand", "otherLeague", meadowDemand)
	draft := member.get("/achievements/new").submit("/achievements", values{"title": "没有写完的成果"},
		upload{"evidence", "检测报告.pdf", pdf("evidence")}).want(200, "草稿已保存")
	m.draft = path.Base(draft.path)
	talk := w.deal(member, company, m.demand)
	m.deal = path.Base(talk)
	m.dealFile = path.Base(member.get(talk).link(talk + "/files/"))
	at := member.get(talk).submit(talk+"/contract", nil).want(200, "合同草稿已生成").path
	m.contract = path.Base(at)
	member.completeContract(at)
	m.contractFile = path.Base(member.get(at + "/files").link(at + "/files/"))
	filing := member.get(at+"/check").submit(at+"/submit", nil).want(200, "受理编号").path
	m.filing = path.Base(filing)
	m.number = w.decide(filing)
	w.drain()
	m.check = regexp.MustCompile(`c=(\w+)`).FindStringSubmatch(member.get("/registrations/" + m.number).link("/v/"))[1]
	m.freeContract = path.Base(member.get("/contracts").submit("/contracts", nil).want(200).path)
	m.open = path.Base(w.openCase(member))
	m.batch = path.Base(member.get("/imports").submit("/imports", values{"kind": "achievement"},
		upload{"file", "a.csv", []byte("成果名称,成果介绍\n包衣机,给种子包衣的机器\n")}).want(200).path)
	m.message = path.Base(member.get("/messages").link("/messages/"))
	m.picture = w.scan(`select file_id::text from listing_file order by 1 limit 1`)
	member.get("/achievements/new").submit("/achievements", with(meadowAchievement, values{"title": "等待审核的成果"})).want(200, "草稿已保存")
	desk := member.get("/desk/achievements?q=" + url.QueryEscape("等待审核")).link("/desk/achievements/")
	member.get(desk).submit(desk+"/do", values{"event": "submit"}).want(200, "已提交")
	m.submitted = path.Base(desk)
	m.policy, m.question = w.policy()
	m.openDemand = company.publish("demand", "otherLeague", with(meadowDemand, values{"title": "另一条需求"}))
	m.notice, m.sale = w.tradeThings()
	m.challenge = w.challenge(m.openDemand)
	m.distribution, m.grant = w.rightsThings(m)
	m.trial, m.room = w.trial(m), w.room(m)
	m.scheme, m.voucher = w.voucher()
	m.finance = w.finance()
	m.event, m.signup, m.wish = w.event()
	annual, err := w.s.Annual.Start(context.Background(), w.who("member"), 2025)
	apptest.NoErr(w.t, err)
	m.annual = fmt.Sprint(annual)
	w.as("broker").get("/account/broker").submit("/account/broker",
		values{"fields": "07", "divisions": ownLeague, "introduction": "做过农牧技术转移。"}).want(200)
	return m
}

// tradeThings are a notice and a disclosed sale of the university. Their clock is the database's.
func (w *world) tradeThings() (public, sold string) {
	w.t.Helper()
	ctx, price := context.Background(), 800_000*money.Yuan
	id, err := w.s.Public.Publish(ctx, w.who("member"), notice.Text{Use: notice.Price, Title: "协议定价公示", Party: "敕勒川示范乳业有限公司", Amount: &price,
		Body: "种子包衣机以协议定价方式许可，经校务会议决定，现予公示。"})
	apptest.NoErr(w.t, err)
	begins := time.Now().Add(48 * time.Hour)
	sid, err := w.s.Sales.Create(ctx, w.who("member"), sale.Offer{Title: "种子包衣机专利", Object: "发明专利一件，权属清楚，没有质押和已有许可，附内部决策文件。",
		Start: price, Step: price / 40, BeginsAt: begins, PlannedEnd: begins.Add(30 * time.Hour), WindowMinutes: 5})
	apptest.NoErr(w.t, err)
	_, err = w.s.Sales.Do(ctx, w.who("member"), sale.Command{Sale: sid, Event: sale.EventSubmit})
	apptest.NoErr(w.t, err)
	_, err = w.s.Sales.Do(ctx, w.who("league"), sale.Command{Sale: sid, Event: sale.EventPublish})
	apptest.NoErr(w.t, err)
	return fmt.Sprint(id), fmt.Sprint(sid)
}

// challenge is an open one of the company.
func (w *world) challenge(need string) string {
	w.t.Helper()
	ctx, day := context.Background(), fact.DayOf(time.Now())
	listing, err := strconv.ParseInt(need, 10, 64)
	apptest.NoErr(w.t, err)
	id, err := w.s.Challenges.Create(
		ctx,
		w.who("company"),
		listing,
		challenge.Entry{Title: "冷凉区抗生素快检", Kind: challenge.Tackle, Mode: challenge.Single,
			Field: "01", ApplyOn: day + 40, Content: challenge.Content{Problem: "收奶点要在十分钟内知道有没有抗生素残留，现在要送检两天。", Deliverables: "试剂和读数仪",
				Ownership: "专利申请权归研究开发方，发榜方免费使用。", Acceptance: "在收奶点现场检测",
				Targets: []challenge.Target{{Name: "检测时间", Target: "≤ 10", Unit: "分钟", Method: "现场计时", Tester: "双方"}}, AskerFen: 100 * money.Yuan,
				Nodes:    []challenge.PlanNode{{Name: "考核", Due: day + 300, Look: "指标达到", Tranche: 100 * money.Yuan, Teams: 1}},
				Criteria: []challenge.Criterion{{Name: "技术路线", Weight: 100}}}},
	)
	apptest.NoErr(w.t, err)
	for _, s := range []struct {
		login string
		c     challenge.Command
	}{{"company", challenge.Command{Event: challenge.EventSubmit}},
		{"otherLeague", challenge.Command{Event: challenge.EventApprove, Reason: "指标可测", Experts: []string{"甲", "乙", "丙"}}},
		{"company", challenge.Command{Event: challenge.EventTakeKey}}, {"otherLeague", challenge.Command{Event: challenge.EventTakeKey}},
		{"otherLeague", challenge.Command{Event: challenge.EventPublish}}} {
		s.c.Challenge = id
		_, err = w.s.Challenges.Do(ctx, w.who(s.login), s.c)
		apptest.NoErr(w.t, err)
	}
	return fmt.Sprint(id)
}

// rightsThings are drafts of a distribution and of a grant of the university.
func (w *world) rightsThings(m things) (distribution, grant string) {
	w.t.Helper()
	ctx, who := context.Background(), w.who("member")
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		apptest.NoErr(w.t, err)
		return n
	}
	id, err := w.s.Rights.Create(ctx, who, number(m.contract), rights.Draw{Title: "包衣机许可收益分配", BP: 7000, Basis: "学校成果转化办法第十条",
		Decision: "校长办公会纪要", Members: []rights.Person{{Name: "王工", Weight: 1, Main: true, Contribution: "主持研制"}}})
	apptest.NoErr(w.t, err)
	gid, err := w.s.Rights.CreateGrant(ctx, who, number(m.achievement), rights.GrantDraw{Kind: rights.Joint, Terms: "收益归学校，费用由学校承担。",
		Holders: []rights.Holder{{Name: who.OrgName, OrgID: who.OrgID, ShareBP: 10_000, Basis: rights.BasisService}}})
	apptest.NoErr(w.t, err)
	return fmt.Sprint(id), fmt.Sprint(gid)
}

// trial is one that the company proposed about the university's achievement, which offers trials since now.
func (w *world) trial(m things) string {
	w.t.Helper()
	ctx := context.Background()
	listing, err := strconv.ParseInt(m.achievement, 10, 64)
	apptest.NoErr(w.t, err)
	_, err = w.s.Platform.DB.Exec(
		ctx,
		`update listing set published = jsonb_set(published, '{cooperation}', '["trial"]') where id = $1`,
		listing,
	)
	apptest.NoErr(w.t, err)
	id, err := w.s.Trials.Create(
		ctx,
		w.who("company"),
		listing,
		0,
		trial.Terms{Months: 3, Sites: "一号产线", Success: "出苗率不低于 70%", Trigger: "指标达到",
			ReportDays: 30, Pay: trial.PayDeferred, Price: 100 * money.Yuan, Plan: []trial.Instalment{{Days: 30, Amount: 100 * money.Yuan}},
			Improvement: "归改进方", Secrecy: "双方保密", Liability: "各自承担", Return: "样品归还"},
	)
	apptest.NoErr(w.t, err)
	return fmt.Sprint(id)
}

// room is the disclosure room of the university's achievement.
func (w *world) room(m things) string {
	w.t.Helper()
	listing, err := strconv.ParseInt(m.achievement, 10, 64)
	apptest.NoErr(w.t, err)
	id, err := w.s.Rooms.Open(context.Background(), w.who("member"), listing, 0)
	apptest.NoErr(w.t, err)
	return fmt.Sprint(id)
}

// policy is one that the region published, with a question of the member about it.
func (w *world) policy() (id, question string) {
	w.t.Helper()
	day := w.s.Platform.Now()
	made, err := w.s.Policies.Publish(context.Background(), w.who("region"), policy.Policy{Title: "技术交易补助办法", Issuer: "科技厅",
		IssuedOn: day, ValidFrom: day})
	apptest.NoErr(w.t, err)
	asked, err := w.s.Policies.Ask(context.Background(), w.who("member"), made, "分公司可以申请吗？")
	apptest.NoErr(w.t, err)
	return fmt.Sprint(made), fmt.Sprint(asked)
}

// openCase files a second contract, from outside the market, and has the county's point accept it.
func (w *world) openCase(p *person) string {
	w.t.Helper()
	filing := w.fileCase(p, 800_000)
	w.as("registrar").get(filing).submit(filing+"/do", values{"event": "accept"}).want(200)
	return filing
}

// fileCase files a contract of its own and returns the address of the application.
func (w *world) fileCase(p *person, yuan int) string {
	w.t.Helper()
	at := w.draftCase(p, yuan)
	return p.get(at+"/check").submit(at+"/submit", nil).want(200, "受理编号").path
}

// draftCase is the contract before it is submitted.
func (w *world) draftCase(p *person, yuan int) string {
	w.t.Helper()
	at := p.get("/contracts").submit("/contracts", nil).want(200).path
	p.get(at+"/buyers").submit(at+"/buyers", values{"buyers.0.name": "敕勒川示范乳业有限公司", "buyers.0.country": "156",
		"buyers.0.division": otherCounty, "buyers.0.nature": "150", "buyers.0.industry": "C"}).want(200, "已保存")
	p.get(at+"/elements").submit(at+"/elements", values{"elements.name": "乳品检测方法委托开发", "elements.classCode": "0101",
		"elements.summary": "开发乳品中抗生素残留的快速检测方法。", "elements.beginsOn": "2026-04-01",
		"elements.endsOn": "2027-03-31", "elements.amountFen": fmt.Sprint(yuan), "elements.payment": "lump_sum", "elements.ip.0.kind": "none",
		"elements.ownershipAgreed": "yes", "elements.field": "01", "elements.industry": "C"}).want(200, "已保存")
	p.completeContract(at)
	p.get(at+"/amounts").submit(at+"/amounts", values{"technicalFen": fmt.Sprint(yuan - 100_000)}).want(200, "已保存") // less the two machines
	return at
}

func (w *world) scan(sql string, args ...any) string {
	w.t.Helper()
	var s string
	apptest.NoErr(w.t, w.s.Platform.DB.QueryRow(context.Background(), sql, args...).Scan(&s))
	return s
}

// address puts the market's own objects into a route; what a request may use up is made anew.
// calledOff is a sale like another whose bidding is over, so that the answer to those who follow it ends.
func (w *world) calledOff(like string) string {
	w.t.Helper()
	return w.scan(`insert into sale (state, organisation_id, created_by, title, object, start_fen, step_fen, step_multiple,
			window_minutes, grace_seconds, deposit_fen, begins_at, planned_end, ends_at, created_at, updated_at)
		select 'withdrawn', organisation_id, created_by, title, object, start_fen, step_fen, step_multiple,
			window_minutes, grace_seconds, deposit_fen, begins_at, planned_end, ends_at, now(), now()
		from sale where id = $1::bigint returning id::text`, like)
}

func (w *world) address(m things, route string) string {
	_, pattern, _ := strings.Cut(route, " ")
	org := fmt.Sprint(w.provided["university"].OrgID)
	objects := map[string]string{"/deals/:id": m.deal, "/contracts/:id": m.contract, "/filings/:id": m.filing, "/compare/:other": m.filing,
		"/phrases/:id": "1", "/places/:code": ownCounty, "/registrations/:number": m.number, "/v/:number": m.number,
		"/points/:id": fmt.Sprint(w.points["county"].ID), "/organisations/:id": org, "/units/:id": org,
		"/messages/:id": m.message, "/favourites/:id": m.achievement, "/of/:listing": m.achievement,
		"/policies/:id": m.policy, "/questions/:id": m.question, "/imports/:id": m.batch, "/files/:id": m.picture,
		"/challenges/:id": m.challenge, "/distributions/:id": m.distribution, "/grants/:id": m.grant, "/trials/:id": m.trial,
		"/vouchers/:id": m.voucher, "/finance-requests/:id": m.finance, "/events/:id": m.event, "/signups/:signup": m.signup,
		"/wishes/:wish": m.wish, "/tasks/:task": "999", "/schemes/:id": m.scheme, "/voucher-schemes/:id": m.scheme,
		"/rooms/:id":  m.room,
		"/annual/:id": m.annual, "/annual-reports/:id": m.annual,
		"/notices/:id": m.notice, "/sales/:id": m.sale, "/brokers/:id": fmt.Sprint(w.provided["agency"].AccountIDs[0]),
		"/review/:id": m.submitted, "/assets/*": strings.TrimPrefix(w.stylesheet(), "/assets/")}
	switch {
	case strings.Contains(pattern, "/desk/achievements/") || strings.HasPrefix(route, "PUT /api/v1/achievements/") ||
		strings.HasSuffix(pattern, "achievements/:id/versions"):
		objects["achievements/:id"] = m.draft
	default:
		objects["achievements/:id"] = m.achievement
	}
	objects["demands/:id"] = m.openDemand
	if strings.HasSuffix(pattern, "/live") {
		objects["/sales/:id"] = w.calledOff(m.sale)
	}
	if strings.Contains(pattern, "/discard") || strings.Contains(pattern, "/contracts/:id/:section") {
		objects["/contracts/:id"] = m.freeContract
	}
	if strings.Contains(pattern, "/members/:id") || strings.Contains(pattern, "/memberships/:id") {
		account := w.scan(`insert into account (login_name, display_name, password_hash, created_at)
			values ('extra' || gen_random_uuid(), '临时', '', now()) returning id::text`)
		id := w.scan(`insert into membership (account_id, organisation_id, roles, created_at)
			values ($1::bigint, $2::bigint, '{member}', now()) returning id::text`, account, org)
		objects["members/:id"], objects["memberships/:id"] = id, id
	}
	if strings.Contains(pattern, "/mandates/:id") {
		w.scan(`with before as (delete from broker_mandate returning 1) select count(*)::text from before`)
		objects["/mandates/:id"] = w.scan(`insert into broker_mandate (broker_account, broker_org, client_org, state, valid_to, asked_at)
			select $1::bigint, $2::bigint, $3::bigint, $4, current_date + 300000, now() returning id::text`, w.provided["agency"].AccountIDs[0],
			w.provided["agency"].OrgID, org, map[bool]string{true: "given", false: "asked"}[strings.HasSuffix(pattern, "/end")])
	}
	if strings.Contains(pattern, "invitations/:id") || strings.Contains(pattern, "/:invitation") {
		id := w.scan(`insert into invitation (organisation_id, email, roles, token_hash, invited_by, created_at, expires_at)
			values ($1::bigint, 'x@example.com', '{member}', $2, $3, now(), now() + interval '300 years') returning id::text`,
			org, rand.Text(), w.who("member").AccountID)
		objects["invitations/:id"], objects["/:invitation"] = id, id
	}
	if strings.Contains(pattern, "tokens/:id") {
		a := w.who("member")
		objects["tokens/:id"] = w.scan(`insert into api_token (account_id, membership_id, name, token_hash, created_at, expires_at)
			values ($1, $2, 'x', $3, now(), now() + interval '300 years') returning id::text`, a.AccountID, a.MembershipID, rand.Text())
	}
	if strings.Contains(pattern, "/invitations/:token") {
		_, token, err := w.s.Identity.Invite(context.Background(), w.who("member"), w.provided["university"].OrgID,
			strings.ToLower(rand.Text())+"@example.com",
			[]actor.Role{actor.Member})
		apptest.NoErr(w.t, err)
		objects["/invitations/:token"] = token
	}
	for part, value := range objects {
		if head, tail, ok := strings.Cut(pattern, part); ok && !strings.HasPrefix(tail, ":") {
			pattern = head + part[:strings.LastIndexByte(part, '/')+1] + value + tail
		}
	}
	file := m.contractFile
	if strings.Contains(pattern, "/deals/") {
		file = m.dealFile
	}
	pattern = strings.NewReplacer(":section", "seller", ":file", file, ":kind", "receipt", ":number", m.number).Replace(pattern)
	pattern = regexp.MustCompile(`:\w+`).ReplaceAllString(pattern, "999999") // the market has no such object: hidden from everybody
	if strings.HasPrefix(pattern, "/v/") {
		pattern += "?c=" + m.check
	}
	if strings.HasPrefix(route, "DELETE /api/v1/contracts/:id") {
		pattern += "?version=9999"
	}
	return pattern
}

// stylesheet is an asset that every page names.
func (w *world) stylesheet() string {
	for _, n := range find(w.guest.get("/verify").doc, func(n *html.Node) bool { return n.Data == "link" && attr(n, "rel") == "stylesheet" }) {
		return attr(n, "href")
	}
	w.t.Fatal("no stylesheet")
	return ""
}

// with is v changed by more.
func with(v, more values) values {
	out := maps.Clone(v)
	maps.Copy(out, more)
	return out
}
