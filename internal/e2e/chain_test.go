package e2e

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/app/apptest"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/foundation/money"
	"techmarket/internal/insight/stats"
	"techmarket/internal/platform/notify"
)

// The whole chain over the pages' own forms, without a script: what one person typed is there for the next.

// signUp registers an organisation with its first person and lets the region confirm it.
func (w *world) signUp(login, kind, name, division string) *person {
	w.t.Helper()
	p := w.visitor(login)
	p.get("/signup").submit("/signup", values{"organisation.kind": kind, "organisation.name": name, "organisation.division": division,
		"displayName": "示范" + login, "loginName": login, "email": login + "@example.com", "phone": "0471-5550123",
		"password": password}).want(200, "请确认邮箱")
	w.people[login] = p
	link := w.linkIn("请确认您的邮箱", "/confirm/")
	p.get(link).submit(link, nil).want(200, "邮箱已确认", "单位还没有通过确认")
	region := w.as("region")
	queue := region.get("/organisations").want(200, name)
	address := queue.link(fmt.Sprintf("/organisations/%d", w.who(login).OrgID))
	region.get(address).want(200, name).submit(address, values{"event": "confirm"}).want(200)
	p.get("/desk").want(200)
	return p
}

// linkIn is the link in the newest mail with that subject.
func (w *world) linkIn(subject, path string) string {
	w.t.Helper()
	rows, err := w.s.Platform.DB.Query(w.t.Context(), `select args->>'sealed' from river_job where kind = 'mail' order by id desc`)
	apptest.NoErr(w.t, err)
	queued, err := pgx.CollectRows(rows, pgx.RowTo[string])
	apptest.NoErr(w.t, err)
	for _, sealed := range queued {
		letter, err := notify.Open(notify.Mail{Sealed: sealed}, w.s.Platform.Vault)
		apptest.NoErr(w.t, err)
		if _, rest, ok := strings.Cut(letter.Body, path); ok && letter.Subject == subject {
			return path + strings.Fields(rest)[0]
		}
	}
	w.t.Fatalf("no mail %s with %s", subject, path)
	return ""
}

// tellProfile writes what contracts need of an organisation, once.
func (p *person) tellProfile(nature, industry string) {
	p.w.t.Helper()
	p.get("/account/organisation").submit("/account/organisation", values{"profile.address": "示范大街 12 号", "profile.legalRepresentative": "白音",
		"profile.contact": "其其格", "profile.phone": "0471-5550123", "profile.nature": nature, "profile.industry": industry}).want(200, "已保存")
}

// publish writes a listing, submits it, has the editor publish it and returns its id.
func (p *person) publish(kind, editor string, v values) string {
	p.w.t.Helper()
	p.get("/"+kind+"s/new").submit("/"+kind+"s", v).want(200, "草稿已保存", v["title"])
	desk := p.get("/desk/" + kind + "s").link("/desk/" + kind + "s/")
	id := path.Base(desk)
	p.get(desk).submit(desk+"/do", values{"event": "submit"}).want(200, "已提交")
	e := p.w.as(editor)
	review := e.get("/review").want(200, v["title"]).link("/review/" + id)
	e.get(review).want(200, v["title"]).submit(review, values{"event": "publish"}).want(200, "发布单位会收到消息")
	p.w.drain()
	p.get("/messages").want(200, v["title"])
	return id
}

var meadowAchievement = values{"title": "羊草种子包衣促发芽技术", "summary": "盐碱地羊草出苗率由 41% 提高到 78%", "problem": "盐碱地补播羊草出苗率低，种子萌发慢。",
	"description": "用海藻酸盐与复合微生物菌剂包衣羊草种子，在 pH 9 的盐碱土上三年田间试验，出苗率由 41% 提高到 78%，亩成本增加 6 元。", "keywords": "羊草、种子包衣、盐碱地",
	"maturity.level": "7", "cooperation": "joint_development", "price.minFen": "60", "price.maxFen": "120", "field": "07", "industry": "A",
	"ip.0.kind": "invention", "ip.0.number": "ZL202210123456.7", "ip.0.title": "一种羊草种子包衣剂", "contact.name": "其其格"}

var meadowDemand = values{"title": "盐碱草地补播羊草出苗率低", "problem": "牧场 3000 亩盐碱草地补播羊草，出苗率只有 35%，希望种子包衣后在 pH 9 土壤上提高出苗率。",
	"cooperation":    "joint_development",
	"targets.0.name": "羊草出苗率", "targets.0.present": "35", "targets.0.target": "70", "targets.0.unit": "%", "budget.minFen": "50",
	"budget.maxFen": "100",
	"field":         "07", "industry": "A", "contact.name": "那顺"}

// deal leads from the match page to agreed terms and returns the address of the talk.
func (w *world) deal(seller, buyer *person, demand string) string {
	w.t.Helper()
	matches := buyer.get("/demands/"+demand+"/matches").want(200, meadowAchievement["title"])
	open := matches.link("/deals/new?")
	talk := buyer.get(open).want(200, meadowAchievement["title"]).submit("/deals",
		values{"message": "我们有 3000 亩盐碱草地，想请贵校一起做包衣种子的中试。"}).want(200, "等待对方答复").path
	w.drain()
	seller.get("/messages").want(200, "对接")
	seller.get(talk).want(200, "对方想与您对接").submit(talk+"/accept", nil).want(200, "洽谈中")
	seller.get(talk).submit(talk+"/messages", values{"body": "可以，建议先做 300 亩。"}, upload{"files", "试验报告.pdf", pdf("trial")}).want(200,
		"可以，建议先做 300 亩。", "试验报告.pdf")
	buyer.get(talk).want(200, "可以，建议先做 300 亩。").submit(talk+"/messages", values{"body": "同意，费用一次付清。"}).want(200, "同意，费用一次付清。")
	seller.get(talk).submit(talk+"/terms", values{"classCode": "0101", "object": "开发羊草种子包衣配方并完成 300 亩田间试验，出苗率不低于 70%。", "amountFen": "800000",
		"payment":  "lump_sum",
		"startsOn": "2026-04-01", "endsOn": "2027-10-31", "ownership": "专利申请权归双方共有。"}).want(200, "条款已提出")
	buyer.get(talk).want(200, "条款（第 1 版）").submit(talk+"/accept-terms", values{"number": "1"}).want(200, "双方已达成一致")
	return talk
}

// completeContract fills what no earlier step could know and attaches the signed text.
func (p *person) completeContract(at string) {
	p.w.t.Helper()
	no := values{"agency": "no", "research": "no", "converted": "no"}
	for section, prefix := range map[string]string{"seller": "seller.", "buyers": "buyers.0."} {
		v := values{}
		for name, value := range no {
			v[prefix+name] = value
		}
		if section == "seller" {
			v["seller.creditCode"] = "12150000460029132D"
		} else {
			v["buyers.0.creditCode"] = "91150000114150629E"
		}
		p.get(at+"/"+section).submit(at+"/"+section, v).want(200, "已保存")
	}
	p.get(at+"/elements").submit(at+"/elements", values{"elements.signedOn": "2026-04-01", "elements.medium": "paper",
		"elements.royalty": "no", "elements.relatedParty": "no",
		"elements.planSource": "9", "elements.socialGoal": "09", "elements.confidential": "none"}).want(200, "已保存")
	p.get(at+"/amounts").submit(at+"/amounts", values{"technicalFen": "700000", "costs.0.kind": "equipment", "costs.0.name": "包衣机",
		"costs.0.quantity": "2", "costs.0.unitCostFen": "50000"}).want(200, "已保存")
	signed := p.w.signed
	if signed == nil {
		signed = pdf(at)
	}
	p.get(at+"/files").submit(at+"/files", values{"role": "signed_text"}, upload{"file", "合同正本.pdf", signed}).want(200, "附件已上传", "合同正本.pdf")
	p.get(at+"/statement").submit(at+"/statement", values{"statement.true": "yes", "statement.same": "yes", "statement.unfiled": "yes",
		"statement.phone": "0471-5550123"}).want(200, "已保存")
}

// decide takes a filing of 800,000 元 with two machines through the desk and returns its number.
func (w *world) decide(filing string) string {
	w.t.Helper()
	w.as("registrar").get(filing).submit(filing+"/do", values{"event": "accept"}).want(200)
	review := values{"class": "0101", "amountFen": "800000", "deductions.0.kind": "equipment", "deductions.0.name": "包衣机",
		"deductions.0.quantity":    "2",
		"deductions.0.unitCostFen": "60000", "opinion": "属于委托开发；包衣机两台按发票扣除。", "then": "pass"}
	w.as("registrar").get(filing).submit(filing+"/review", review).want(422, "请回答这一问")
	for _, rule := range recognition.Checklist("0101") {
		if rule.Finding {
			review["finding-"+rule.ID] = "no"
		}
	}
	w.as("registrar").get(filing).submit(filing+"/review", review).want(200, "初审通过")
	reviewed := w.as("reviewer").get(filing).want(200, "680,000.00")
	reviewed.submit(filing+"/do", values{"event": "pass_second_review", "text": "同意初审意见。"}).want(200)
	done := w.as("head").get(filing).submit(filing+"/do", values{"event": "register"}).want(200, "680,000.00")
	number := registrationNumber.FindStringSubmatch(done.path)
	if number == nil {
		w.t.Fatalf("after registration: at %s", done.path)
	}
	return number[1]
}

var registrationNumber = regexp.MustCompile(`^/registrations/(\d{16})$`)

// TestChain_AFactTypedOnceReachesTheStatistics walks steps 3 to 8 of the market with four organisations.
func TestChain_AFactTypedOnceReachesTheStatistics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seller := w.signUp("narisu", "university", "呼伦示范农业大学", ownCounty)
	buyer := w.signUp("nashun", "enterprise", "锡林示范牧业有限公司", otherCounty)
	seller.tellProfile("0221", "P")
	buyer.tellProfile("150", "A")
	seller.publish("achievement", "league", meadowAchievement)
	demand := buyer.publish("demand", "otherLeague", meadowDemand)
	w.guest.get("/achievements?q=羊草").want(200, meadowAchievement["title"])
	w.guest.get("/demands/"+demand).want(200, meadowDemand["title"], "登录后可以看到联系人")

	talk := w.deal(seller, buyer, demand)
	draft := seller.get(talk).submit(talk+"/contract", nil).want(200, "合同草稿已生成")
	at := draft.path
	for section, want := range map[string]values{
		"seller": {"seller.name": "呼伦示范农业大学", "seller.division": ownCounty, "seller.address": "示范大街 12 号", "seller.representative": "白音",
			"seller.nature": "0221", "seller.industry": "P"},
		"buyers": {"buyers.0.name": "锡林示范牧业有限公司", "buyers.0.division": otherCounty, "buyers.0.phone": "0471-5550123", "buyers.0.nature": "150"},
		"elements": {"elements.classCode": "0101", "elements.amountFen": "800000.00", "elements.payment": "lump_sum",
			"elements.beginsOn": "2026-04-01", "elements.endsOn": "2027-10-31",
			"elements.field": "07", "elements.industry": "A", "elements.ip.0.number": "ZL202210123456.7", "elements.ownershipTerms": "专利申请权归双方共有。"},
		"amounts": {"technicalFen": "800000.00"}, // C − N is worked out, not asked
	} {
		form := seller.get(at+"/"+section).form(at+"/"+section, nil)
		for name, value := range want {
			if got := form.values.Get(name); got != value {
				t.Errorf("%s of the draft: got %q, want %q", name, got, value)
			}
		}
	}
	seller.completeContract(at)
	for _, who := range []*person{seller, buyer} { // one deal, one contract: the talk leads to it
		if body := who.get(talk).want(200, "合同已经生成", "打开合同").text(); strings.Contains(body, "生成合同草稿") {
			t.Error("the talk offers a second draft")
		}
	}

	review := seller.get(at+"/check").want(200, "可以登记", "回民区示范登记点")
	hidden := review.form(at+"/submit", nil).values
	wrong := seller.post(at+"/submit", values{"point": fmt.Sprint(w.points["sibling"].ID), "version": hidden.Get("version")})
	wrong.want(422, "回民区示范登记点")
	filing := review.submit(at+"/submit", nil).want(200, "受理编号").path
	w.drain()

	before := w.figures()
	w.as("registrar").get("/registry").want(200, "羊草").link(filing)
	w.as("siblingRegistrar").get(filing).want(404)
	number := w.decide(filing)
	if !strings.HasPrefix(number, "2026") {
		t.Errorf("number: got %s", number)
	}
	w.drain()

	if got := w.scan(`select link from message where title like '技术合同已登记%' order by id desc limit 1`); got != "/registrations/"+number {
		t.Errorf("the word of the registration leads to %s, not to the certificate", got)
	}
	record := seller.get("/registrations/"+number).want(200, "800,000.00", "680,000.00", "证明 PDF")
	file := seller.get(record.link("/registrations/" + number + "/certificate"))
	if !bytes.HasPrefix(file.body, []byte("%PDF-")) || file.header.Get("Content-Type") != "application/pdf" {
		t.Errorf("certificate: got %d %s", file.status, file.header.Get("Content-Type"))
	}
	w.guest.get(record.link("/v/"+number)).want(200, "有效", "680,000.00")
	w.guest.get("/v/" + number + "?c=00000000").want(404)
	w.checksAsTyped(number, record.link("/v/"+number))
	seller.get("/messages").want(200, "登记")
	buyer.get("/registrations/"+number).want(200, "680,000.00")
	w.as("rival").get("/registrations/" + number).want(404)

	after := w.figures()
	one := stats.Measure{Contracts: 1, Amount: 800_000 * money.Yuan, Technical: 680_000 * money.Yuan}
	for area, want := range map[string]stats.Measure{ownCounty: one, ownLeague: one, "150000": one, siblingCounty: {}, otherLeague: {}} {
		if got := minus(after[area], before[area]); got != want {
			t.Errorf("output of %s grew by %+v, want %+v", area, got, want)
		}
	}
	w.guest.get("/stats").want(200, "68")
	w.holdsNoSecret(map[string]string{"a phone": "0471-5550123", "a mail address": "narisu@example.com"})
}

// figures are contracts, C and T put out per area this year.
func (w *world) figures() map[string]stats.Measure {
	w.t.Helper()
	s := stats.New(w.s.Platform.DB, w.s.Platform.Now)
	out := map[string]stats.Measure{}
	for _, area := range []string{ownCounty, siblingCounty, ownLeague, otherLeague, "150000"} {
		q := s.Default()
		q.Area = area
		table, err := s.Table(context.Background(), q)
		apptest.NoErr(w.t, err)
		out[area] = table.Total
	}
	return out
}

func minus(a, b stats.Measure) stats.Measure {
	return stats.Measure{Contracts: a.Contracts - b.Contracts, Amount: a.Amount - b.Amount, Technical: a.Technical - b.Technical}
}

// checksAsTyped asks the check page with the number as people copy it off the paper.
func (w *world) checksAsTyped(number, link string) {
	w.t.Helper()
	code := regexp.MustCompile(`c=(\w+)`).FindStringSubmatch(link)[1]
	for _, typed := range []string{full(number), "第" + number + "号", "第 " + full(number) + " 号", number[:4] + "-" + number[4:]} {
		form := w.guest.get("/verify").submit("/verify", values{"number": typed, "c": full(code[:4]) + "－" + code[4:]})
		form.want(200, "有效", "680,000.00")
	}
}
