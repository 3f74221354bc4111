package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"techmarket/internal/app/apptest"
	"techmarket/internal/certify/recognition"
)

// A registrar and the others of the desk with no mouse: every control is reached by Tab, answered and pressed by keys.

func (b *tab) press(keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		b.do("press a key", chromedp.KeyEvent(k))
	}
}

// tabTo presses Tab until the focused element e fulfils the condition; not to reach it by keyboard is a failure.
func (b *tab) tabTo(what, condition string) {
	b.t.Helper()
	for range 700 {
		if b.eval(`(() => { const e = document.activeElement; return String(!!(e && (`+condition+`))) })()`) == "true" {
			return
		}
		b.press(kb.Tab)
	}
	b.t.Fatalf("%s: %s is not reached by Tab\n%s", b.name, what, b.text())
}

// follow goes through a link by keyboard.
func (b *tab) follow(href string) *tab {
	b.t.Helper()
	b.tabTo("the link "+href, fmt.Sprintf(`e.tagName === "A" && e.getAttribute("href") === %q`, href))
	return b.leave(kb.Enter)
}

// leave presses a key that leaves the page and waits for the next one.
func (b *tab) leave(key string, options ...chromedp.KeyOption) *tab {
	b.t.Helper()
	b.eval(`document.querySelector("main").setAttribute("data-left", ""), ""`)
	b.do("press a key", chromedp.KeyEvent(key, options...))
	const ready = `String(document.readyState === "complete" && !!document.querySelector("main:not([data-left])"))`
	for deadline := time.Now().Add(20 * time.Second); b.eval(ready) != "true"; time.Sleep(30 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("%s: nothing happened\n%s", b.name, b.text())
		}
	}
	return b
}

// answer is a field of a form and what is typed or chosen there.
type answer struct{ name, value string }

// fill answers a form by keyboard and leaves the focus in it; event picks one of several forms with the same address.
func (b *tab) fill(action, event string, answers ...answer) {
	b.t.Helper()
	form := fmt.Sprintf(`[...document.forms].find(f => f.getAttribute("action") === %q &&
		(%q === "" || f.querySelector('[name=event]')?.value === %q))`, action, event, event)
	if b.eval(`String(!!(`+form+`))`) != "true" {
		b.t.Fatalf("%s: no form %s %s\n%s", b.name, action, event, b.text())
	}
	if b.eval(`String(!!(`+form+`).closest("details:not([open])"))`) == "true" {
		b.tabTo("the fold of "+event, `e.tagName === "SUMMARY" && e.parentElement.contains(`+form+`)`)
		b.press(kb.Enter)
	}
	for _, a := range answers {
		b.unfold(form, a.name)
		b.tabTo(a.name, fmt.Sprintf(`e.form === %s && e.name === %q`, form, a.name))
		b.enter(a)
	}
	b.eval(fmt.Sprintf(`(%s).setAttribute("data-filled", ""), ""`, form))
}

// unfold opens the fold in which a control of the form stands.
func (b *tab) unfold(form, name string) {
	b.t.Helper()
	fold := fmt.Sprintf(`(%s).elements[%q]`, form, name)
	fold = fmt.Sprintf(`[%s].flatMap(e => e instanceof RadioNodeList ? [...e] : [e])[0]?.closest("details:not([open])")`, fold)
	if b.eval(`String(!!(`+fold+`))`) == "true" {
		b.tabTo("the fold of "+name, `e.tagName === "SUMMARY" && e.parentElement === (`+fold+`)`)
		b.press(kb.Enter)
	}
}

// enter gives the focused control its value by keys.
func (b *tab) enter(a answer) {
	b.t.Helper()
	var now struct {
		Tag, Type string
		Length    int
		Steps     int
		Checked   bool
	}
	raw := b.eval(fmt.Sprintf(`(() => { const e = document.activeElement, want = %q;
		const steps = e.tagName === "SELECT" ? [...e.options].findIndex(o => o.value === want) - e.selectedIndex : 0;
		return JSON.stringify({Tag: e.tagName, Type: e.type, Length: (e.value || "").length, Steps: steps, Checked: !!e.checked}) })()`, a.value))
	apptest.NoErr(b.t, json.Unmarshal([]byte(raw), &now))
	switch {
	case now.Tag == "SELECT":
		for range now.Steps {
			b.press(kb.ArrowDown)
		}
		for range -now.Steps {
			b.press(kb.ArrowUp)
		}
	case now.Type == "radio":
		for range 30 {
			if b.eval(fmt.Sprintf(`String(document.activeElement.value === %q)`, a.value)) == "true" {
				break
			}
			b.press(kb.ArrowDown)
		}
		if b.eval(`String(document.activeElement.checked)`) != "true" {
			b.press(" ")
		}
	case now.Type == "checkbox":
		for range 30 {
			if b.eval(fmt.Sprintf(`String(document.activeElement.value === %q)`, a.value)) == "true" {
				break
			}
			b.press(kb.Tab)
		}
		if b.eval(`String(document.activeElement.checked)`) != "true" {
			b.press(" ")
		}
	case now.Type == "date":
		b.press(a.value[5:7], a.value[8:10], a.value[:4])
	default:
		b.press(kb.End)
		for range now.Length {
			b.press(kb.Backspace)
		}
		b.press(a.value)
	}
	if got := b.eval(`document.activeElement.value`); got != a.value {
		b.t.Fatalf("%s: %s holds %q after the keys for %q", b.name, a.name, got, a.value)
	}
}

// submit presses the button of the filled form by keyboard.
func (b *tab) submit(label string) *tab {
	b.t.Helper()
	b.tabTo("the button "+label, fmt.Sprintf(`e.tagName === "BUTTON" && e.form?.hasAttribute("data-filled") && e.textContent.includes(%q)`,
		label))
	return b.leave(kb.Enter)
}

// byKeys is a walk of the desk by several people, each in a tab of their own and with no mouse.
type byKeys struct {
	w       *world
	browser context.Context
	people  map[string]*tab
}

func (k *byKeys) as(login string) *tab {
	if k.people[login] == nil {
		k.people[login] = newTab(k.browser, k.w.t, k.w.server.URL, login).signIn(login)
	}
	return k.people[login]
}

// do answers the form of an event on a filing or registration.
func (k *byKeys) do(login, at, event, button string, answers ...answer) *tab {
	k.w.t.Helper()
	b := k.as(login).open(at)
	b.fill(at+"/do", event, answers...)
	return b.submit(button)
}

func (k *byKeys) review(filing, technical string, more ...answer) {
	k.w.t.Helper()
	b := k.as("registrar").open(filing)
	var answers []answer
	for _, rule := range recognition.Checklist("0101") {
		if rule.Finding {
			answers = append(answers, answer{"finding-" + rule.ID, "no"})
		}
	}
	b.fill(filing+"/review", "", append(append(answers, more...), answer{"opinion", "属于委托开发。"})...)
	b.sees(technical) // the sheet follows the form while typing
	b.leave("p", chromedp.KeyModifiers(chromedp.ModifierAlt))
	b.sees("初审通过")
}

// choose picks a file in the filled form; the dialog is the system's own.
func (k *byKeys) choose(b *tab, field, name string) {
	k.w.t.Helper()
	file := filepath.Join(k.w.t.TempDir(), name)
	apptest.NoErr(k.w.t, os.WriteFile(file, pdf(name), 0o600))
	b.do("choose a file", chromedp.SetUploadFiles("form[data-filled] input[name="+field+"]", []string{file}))
}

func TestBrowser_TheDeskWorksByKeyboardAlone(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	w := newWorld(t)
	stop := w.work()
	defer stop()
	k := &byKeys{w, browser, map[string]*tab{}}
	record := k.registers()
	k.uses(record)
	k.changesAndCancels(record)
	k.decidesLarge()
	k.refuses()
	k.refusesAfterCorrection()
}

// registers takes a case from acceptance, with a correction and a return, to its certificate.
func (k *byKeys) registers() (record string) {
	k.w.t.Helper()
	filing := k.w.fileCase(k.w.as("member"), 800_000)
	k.as("registrar").open("/desk").follow("/registry").follow(filing).sees("待受理")
	k.do("registrar", filing, "accept", "受理").sees("已办")
	k.do("registrar", filing, "request_correction", "告知补正", answer{"items.0.text", "请补充验收标准"}, answer{"items.0.reason", "R7"}).sees("等待补正")
	k.do("member", filing, "submit_correction", "提交补正", answer{"answers.0.text", "已在合同第四条写明。"}).sees("已办")
	k.review(filing, "680,000.00", answer{"deductions.0.kind", "equipment"}, answer{"deductions.0.name", "检测仪"},
		answer{"deductions.0.quantity", "2"}, answer{"deductions.0.unitCostFen", "60000"})
	k.do("reviewer", filing, "return_to_review", "退回初审", answer{"text", "请核对设备数量。"}).sees("已办")
	k.review(filing, "740,000.00", answer{"deductions.0.quantity", "1"})
	k.do("reviewer", filing, "pass_second_review", "复核通过", answer{"text", "同意。"}).sees("已办")
	record = k.do("head", filing, "register", "登记并发证").sees("登记编号", "740,000.00").path()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(k.as("head").open(record).text(),
		"证明 PDF"); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			k.w.t.Fatal("no certificate")
		}
	}
	return record
}

// uses books income, issues a list and proves a payment.
func (k *byKeys) uses(record string) {
	k.w.t.Helper()
	income := k.as("registrar").open(record)
	income.fill(record+"/do", "book_income", answer{"amountFen", "200000"}, answer{"text", "核定表 1 号"})
	k.choose(income, "paper", "核定表.pdf")
	income.submit("核定").sees("200,000.00")
	list := k.as("registrar").open("/lists/new")
	list.fill("/lists", "", answer{"purpose", "tax"}, answer{"numbers", path.Base(record)})
	list.submit("出具").sees("清单已出具")
	proof := k.as("member").open(record + "/subsidy")
	proof.fill(record+"/payments", "", answer{"amountFen", "150000"}, answer{"paidOn", "2026-04-10"}, answer{"note", "首付款"})
	k.choose(proof, "file", "凭证.pdf")
	proof.submit("保存凭证").sees("付款凭证已保存", "150,000.00")
}

func (k *byKeys) changesAndCancels(record string) {
	k.w.t.Helper()
	amended := k.do("member", record, "start_change", "开始填写变更").sees("合同").path()
	amended = "/contracts/" + strings.Split(amended, "/")[2]
	k.w.as("member").get(amended+"/files").
		submit(amended+"/files", values{"role": "supplement"}, upload{"file", "补充协议.pdf", pdf("补充")}).want(200)
	k.do("member", record, "request_change", "提交变更申请", answer{"text", "补充协议延长期限"}).sees("已办")
	change := k.w.scan(`select '/filings/' || max(id) from filing`)
	k.do("registrar", change, "accept", "受理").sees("已办")
	k.review(change, "700,000.00")
	k.do("reviewer", change, "pass_second_review", "复核通过", answer{"text", "同意。"}).sees("已办")
	k.do("head", change, "register_change", "变更登记").sees("第 2 版")
	k.do("member", record, "request_cancel", "申请注销", answer{"text", "双方解除合同"}).sees("申请人已申请注销")
	k.do("head", record, "cancel", "注销登记", answer{"ground", "rescinded"}, answer{"text", "双方解除"}).sees("已注销")
	k.do("member", record, "open_reconsideration", "申请行政复议", answer{"text", "解除协议后来被撤回。"}).sees("复议中")
	k.do("region", record, "restore", "复议撤销原决定", answer{"text", "注销的事实不成立，恢复登记。"}).sees("已登记", "恢复登记")
}

// refusesAfterCorrection: what to mend is told once, the applicant declares, and the refusal names every remedy.
func (k *byKeys) refusesAfterCorrection() {
	k.w.t.Helper()
	filing := k.w.fileCase(k.w.as("member"), 870_000)
	k.do("registrar", filing, "accept", "受理").sees("已办")
	k.do("registrar", filing, "request_correction", "告知补正", answer{"items.0.text", "请写明验收标准"}, answer{"items.0.reason", "R3"}).
		sees("等待补正")
	if text := k.as("registrar").open(filing).text(); strings.Contains(text, "声明不补正，不予登记") || strings.Contains(text, "理由代码") {
		k.w.t.Errorf("the desk is offered a refusal while the term runs:\n%s", text)
	}
	k.do("member", filing, "decline_correction", "声明不补正", answer{"text", "试验报告不能公开。"}).sees("已办")
	k.do("registrar", filing, "lapse_correction", "不予登记", answer{"codes", "R3"},
		answer{"text", "没有写明验收标准，申请人声明不补正。"}).sees("不予登记", "行政复议", "60 日", "诉讼")
	k.as("member").open(filing).sees("不予登记", "行政复议机关", "60 日", "诉讼")
}

// decidesLarge: a large contract goes to experts and is revoked from above.
func (k *byKeys) decidesLarge() {
	k.w.t.Helper()
	large := k.w.fileCase(k.w.as("member"), 6_000_000)
	k.do("registrar", large, "accept", "受理").sees("已办")
	k.review(large, "5,900,000.00")
	k.do("reviewer", large, "pass_second_review", "复核通过", answer{"text", "同意。"}).sees("已办")
	k.do("head", large, "assign_experts", "指定", answer{"experts", fmt.Sprint(k.w.who("expert").AccountID)},
		answer{"experts", fmt.Sprint(k.w.who("secondExpert").AccountID)}).sees("已办")
	for i, login := range []string{"expert", "secondExpert"} {
		expert := k.as(login).open(large)
		expert.fill(large+"/do", "pass_experts", answer{"opinion", "技术先进，同意登记。"})
		k.choose(expert, "minutes", "纪要.pdf")
		expert.submit("专家通过").sees([]string{"已办", "待登记"}[i])
	}
	record := k.do("head", large, "register", "登记并发证").sees("登记编号").path()
	k.do("league", record, "review_tax_relief", "保存复核结果", answer{"ok", "yes"}, answer{"text", "符合免税条件"}).sees("免税复核")
	k.do("league", record, "announce_revocation", "告知拟撤销", answer{"ground", "fraud"}, answer{"text", "查实为虚假合同"}).sees("拟撤销")
	k.do("member", record, "state", "提交陈述、申辩", answer{"text", "合同真实履行，附到账凭证。"}).sees("陈述")
	k.do("region", record, "revoke", "撤销登记", answer{"text", "陈述不能成立"}).sees("已撤销")
}

// refuses: the applicant asks for reconsideration, the tax office for a new recognition, and the league ends both; one is not accepted,
// without a written text.
func (k *byKeys) refuses() {
	k.w.t.Helper()
	refused := k.w.fileCase(k.w.as("member"), 900_000)
	k.do("registrar", refused, "accept", "受理").sees("已办")
	b := k.as("registrar").open(refused)
	b.fill(refused+"/review", "", answer{"finding-other_kind", "yes"}) // not saved: it goes along with the refusal
	b.fill(refused+"/do", "refuse", answer{"codes", "R2"}, answer{"text", "没有技术内容。"})
	b.submit("不予登记").sees("不予登记", "依据条款：5")
	k.do("member", refused, "open_reconsideration", "申请行政复议", answer{"text", "合同第二条写明了技术内容。"}).sees("复议中")
	k.do("league", refused, "conclude", "办结复议或重新认定", answer{"text", "维持原决定。"}).sees("不予登记")
	k.do("tax", refused, "open_re_recognition", "提请重新认定", answer{"text", "申请人已享受免税，请重新认定。"}).sees("重新认定中")
	k.do("league", refused, "conclude", "办结复议或重新认定", answer{"text", "重新认定，维持不予登记。"}).sees("不予登记")
	k.do("registrar", k.w.fileCase(k.w.as("member"), 950_000), "decline_intake", "不予受理", answer{"code", "oral"},
		answer{"text", "合同没有签章的文本。"}).sees("不予受理")
}
