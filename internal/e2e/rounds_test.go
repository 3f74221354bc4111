package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"techmarket/internal/app/apptest"
	"techmarket/internal/certify/recognition"
)

// pdfText is what a reader finds on the pages of a paper.
func (g *page) pdfText() string {
	g.p.w.t.Helper()
	file := filepath.Join(g.p.w.t.TempDir(), "paper.pdf")
	apptest.NoErr(g.p.w.t, os.WriteFile(file, g.body, 0o600))
	text, err := exec.Command("pdftotext", "-layout", file, "-").CombinedOutput()
	if err != nil {
		g.p.w.t.Skipf("pdftotext: %v %s", err, text)
	}
	return strings.Join(strings.Fields(string(text)), "")
}

// answers are those of a registrar who found nothing, in the fields of the review page.
func answers(v values) values {
	out := values{"class": "0101", "opinion": "属于委托开发。", "then": "pass"}
	for _, rule := range recognition.Checklist("0101") {
		if rule.Finding {
			out["finding-"+rule.ID] = "no"
		}
	}
	return with(out, v)
}

// A case that is refused after its correction: what to mend is told once, the desk cannot refuse while the term runs, the applicant
// declares, and the refusal carries the reasons asked for and every remedy, on the page and on the paper.
func TestRound_CorrectionThenRefusalWithEveryRemedy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	applicant, desk := w.as("member"), w.as("registrar")
	filing := w.openCase(applicant)
	reason := "R3"
	asked := desk.get(filing).want(200, "一次性告知补正").submit(filing+"/do", values{"event": "request_correction",
		"items.0.text": "补充写明检测方法的验收指标 ≤ 5 μg·L⁻¹，☑ 附试验报告。", "items.0.reason": reason}).want(200, "补正事项")
	w.drain()
	if body := asked.text(); strings.Contains(body, "声明不补正") || strings.Contains(body, "拒不补正") {
		t.Errorf("the page says that the applicant refused on the day of the notice:\n%s", body)
	}
	desk.post(filing+"/do", values{"event": "lapse_correction", "codes": reason, "text": "没有补正",
		"version": w.scan(`select version::text from filing`)}).want(409, "补正期限")
	told := desk.get(filing + "/papers/correction").want(200).pdfText()
	for _, part := range []string{"补正", "检测方法的验收指标≤5μg·L", "附试验报", "逾期没有补正"} {
		if !strings.Contains(told, part) {
			t.Errorf("the notice lacks %q:\n%s", part, told)
		}
	}
	applicant.get("/messages").want(200, "补正")
	applicant.get(filing).want(200, "需要补正（一次性告知）").submit(filing+"/do",
		values{"event": "decline_correction", "text": "试验报告不能公开。"}).want(200)
	refused := desk.get(filing).want(200, "声明不补正", "试验报告不能公开。").submit(filing+"/do", values{"event": "lapse_correction",
		"codes": reason, "articles": "42-1", "text": "文本没有写明验收标准，申请人声明不补正。"}).want(200, "不予登记", "行政复议", "60 日", "行政诉讼")
	w.drain()
	paper := desk.get(refused.link(filing + "/papers/refusal")).want(200).pdfText()
	for _, part := range []string{"不予登记通知书", "行政复议机关", "60日", "提起诉讼", "文本没有写明验收标准"} {
		if !strings.Contains(paper, part) {
			t.Errorf("the refusal lacks %q:\n%s", part, paper)
		}
	}
	applicant.get(filing).want(200, "不予登记", "行政复议机关").submit(filing+"/do",
		values{"event": "open_reconsideration", "text": "指标写在附件二第三条。"}).want(200)
	w.as("region").get(filing).want(200, "指标写在附件二第三条").submit(filing+"/do",
		values{"event": "restore", "text": "附件二写明了指标，原决定撤销。"}).want(200)
	desk.get(filing).want(200, "附件二写明了指标")
}

// A case that is registered, changed after its term by a settlement, cancelled on request and restored after reconsideration keeps
// one number; the page of its check says at every step what holds.
func TestRound_RegisteredChangedCancelledAndRestored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	applicant, desk, head := w.as("member"), w.as("registrar"), w.as("head")
	number := w.decide(w.fileCase(applicant, 800_000))
	w.drain()
	at := "/registrations/" + number
	check := applicant.get(at).link("/v/" + number)
	w.guest.get(check).want(200, "有效")

	contract := applicant.get(at).submit(at+"/do", values{"event": "start_change"}).want(200).path
	applicant.get(contract+"/elements").submit(contract+"/elements", values{"elements.amountFen": "900000"}).want(200, "已保存")
	applicant.get(contract+"/amounts").submit(contract+"/amounts", values{"technicalFen": "800000"}).want(200, "已保存")
	applicant.get(at).submit(at+"/do", values{"event": "request_change", "text": "按实际工作量结算。"}).want(422, "补充协议")
	applicant.get(contract+"/files").submit(contract+"/files", values{"role": "supplement"},
		upload{"file", "结算单.pdf", pdf("结算")}).want(200, "附件已上传")
	filing := applicant.get(at).submit(at+"/do", values{"event": "request_change", "text": "按实际工作量结算。"}).want(200, "受理编号").path
	desk.get(filing).submit(filing+"/do", values{"event": "accept"}).want(200, "变更前后", "900,000.00", "上一版的核对和扣除已带入审查表")
	desk.get(filing).submit(filing+"/review", answers(values{"amountFen": "900000"})).want(200, "初审通过")
	w.as("reviewer").get(filing).submit(filing+"/do", values{"event": "pass_second_review", "text": "同意。"}).want(200)
	head.get(filing).submit(filing+"/do", values{"event": "register_change"}).want(200, number, "第 2 版")
	w.drain()
	w.guest.get(check).want(200, "已变更") // the old paper
	check = applicant.get(at).want(200, "900,000.00").link("/v/" + number)
	w.guest.get(check).want(200, "有效")

	applicant.get(at).submit(at+"/do", values{"event": "request_cancel", "text": "双方协商解除。"}).want(200, "申请人已申请注销")
	w.drain()
	head.get("/messages").want(200, "注销")
	head.get("/registrations?waiting=cancel").want(200, number)
	head.get(at).want(200, "双方协商解除。").submit(at+"/do",
		values{"event": "cancel", "ground": "rescinded", "text": "解除协议真实。"}).want(200, "已注销")
	w.drain()
	w.guest.get(check).want(200, "已注销")
	applicant.get("/messages").want(200, "注销")
	applicant.get(at).submit(at+"/do", values{"event": "open_reconsideration", "text": "解除协议后来被撤回。"}).want(200)
	w.as("region").get(at).want(200, "解除协议后来被撤回").submit(at+"/do",
		values{"event": "restore", "text": "注销的事实不成立，恢复登记。"}).want(200)
	w.drain()
	w.guest.get(check).want(200, "有效")
	text := applicant.get(at).want(200, "注销的事实不成立").text()
	if !strings.Contains(text, "恢复") || strings.Contains(text, "已注销于") {
		t.Errorf("the register after the restoration:\n%s", text)
	}
	if number != w.scan(`select number from registration where state = 'registered' limit 1`) {
		t.Error("the number changed")
	}
}

// A natural person applies for registration as any seller does: no credit code, a document whose number no page repeats.
func TestRound_APersonAppliesAndIsRegistered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.visitor("coded").get("/signup").submit("/signup", values{"organisation.kind": "individual", "organisation.name": "白示范",
		"organisation.division": ownCounty, "organisation.creditCode": "91150000114150629E", "displayName": "白示范", "loginName": "coded",
		"email": "coded@example.com", "password": password}).want(422, "个人没有统一社会信用代码")
	p := w.signUp("inventor", "individual", "白示范", ownCounty)
	at := p.get("/contracts").submit("/contracts", nil).want(200).path
	const number = "E98765432"
	p.get(at+"/seller").want(200, "自然人").submit(at+"/seller", values{"seller.idNumber": number, "seller.address": "示范路 2 号",
		"seller.contact": "白示范", "seller.phone": "0471-5550123", "seller.industry": "M", "seller.agency": "no", "seller.research": "no",
		"seller.converted": "no"}).want(200, "已保存")
	p.get(at+"/buyers").submit(at+"/buyers", values{"buyers.0.name": "敕勒川示范乳业有限公司", "buyers.0.country": "156",
		"buyers.0.creditCode": "91150000114150629E", "buyers.0.division": otherCounty, "buyers.0.nature": "150", "buyers.0.industry": "C",
		"buyers.0.agency": "no", "buyers.0.research": "no", "buyers.0.converted": "no"}).want(200, "已保存")
	p.get(at+"/elements").submit(at+"/elements", values{"elements.name": "乳品检测方法委托开发", "elements.classCode": "0101",
		"elements.summary": "开发乳品中抗生素残留的快速检测方法。", "elements.beginsOn": "2026-04-01", "elements.endsOn": "2027-03-31",
		"elements.amountFen": "100000", "elements.payment": "lump_sum", "elements.ip.0.kind": "none", "elements.ownershipAgreed": "yes",
		"elements.field": "01", "elements.industry": "C", "elements.signedOn": "2026-04-01", "elements.medium": "paper",
		"elements.royalty": "no", "elements.relatedParty": "no", "elements.planSource": "9", "elements.socialGoal": "09",
		"elements.confidential": "none"}).want(200, "已保存")
	p.get(at+"/amounts").submit(at+"/amounts", values{"technicalFen": "100000"}).want(200, "已保存")
	p.get(at+"/files").submit(at+"/files", values{"role": "signed_text"}, upload{"file", "合同正本.pdf", pdf(at)}).want(200, "附件已上传")
	p.get(at+"/statement").submit(at+"/statement", values{"statement.true": "yes", "statement.same": "yes", "statement.unfiled": "yes",
		"statement.phone": "0471-5550123"}).want(200, "已保存")
	filing := p.get(at+"/check").submit(at+"/submit", nil).want(200, "受理编号").path
	w.as("registrar").get(filing).submit(filing+"/do", values{"event": "accept"}).want(200, "白示范")
	w.as("registrar").get(filing).submit(filing+"/review", answers(values{"amountFen": "100000"})).want(200, "初审通过")
	w.as("reviewer").get(filing).submit(filing+"/do", values{"event": "pass_second_review", "text": "同意。"}).want(200)
	done := w.as("head").get(filing).submit(filing+"/do", values{"event": "register"}).want(200, "100,000.00", "白示范")
	for _, who := range []*person{p, w.as("registrar"), w.as("head")} {
		for _, path := range []string{at, filing, done.path} {
			if who == p || path != at {
				if body := who.get(path).text(); strings.Contains(body, number) {
					t.Errorf("%s reads the number at %s", who.name, path)
				}
			}
		}
	}
}

// A step that is refused comes back with what was typed, unfolded, and the answers given on the same page are kept with it.
func TestRound_ARefusedStepLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	applicant, desk := w.as("member"), w.as("registrar")
	filing := w.openCase(applicant)
	reason := "文本第三条没有写明价款的构成。"
	asked := values{"event": "request_correction", "version": w.scan(`select version::text from filing`), "items.0.text": reason,
		"sheet.class": "0101", "sheet.opinion": "写了一半的意见", "sheet.amountFen": "800000.00"} // a script puts the sheet in
	back := desk.post(filing+"/do", asked).want(422, reason, "写了一半的意见")
	unfolded := find(back.doc, func(n *html.Node) bool {
		return n.Data == "details" && attr(n, "id") == "step-request_correction" &&
			slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "open" })
	})
	if len(unfolded) != 1 {
		t.Error("the form that was refused is folded")
	}
	again := with(asked, values{"items.0.reason": "R3"})
	if unsaved := w.scan(`select version::text from filing`); unsaved != asked["version"] {
		t.Errorf("the refused step left version %s", unsaved)
	}
	desk.post(filing+"/do", again).want(200, "补正事项", reason)
	if opinion := w.scan(`select review->>'opinion' from filing`); opinion != "写了一半的意见" {
		t.Errorf("the sheet was not saved with the step: %q", opinion)
	}

	answered := applicant.get(filing).submit(filing+"/do", values{"event": "submit_correction", "answers.0.text": " "}).want(422)
	if got := answered.field("answers.0.text"); got != " " {
		t.Errorf("the answer came back as %q", got)
	}
}
