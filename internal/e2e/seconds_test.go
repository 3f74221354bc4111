package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"techmarket/internal/app/apptest"
	"techmarket/internal/platform/document"
)

// cleanText is a signed contract with nothing to doubt, as fileCase applies for it.
const cleanText = `项目名称：乳品检测方法委托开发
甲方（委托方）：敕勒川示范乳业有限公司，统一社会信用代码91150200MA0000015W，法定代表人：白音。
乙方（受托方）：草原示范大学，统一社会信用代码1215000046000001XQ，法定代表人：张示范。
签订日期：2026年4月1日；有效期限：2026年4月1日至2027年3月31日。
第一条 研究开发内容
乙方针对生鲜乳中抗生素残留检出慢的问题，研制以荧光微球为标记的侧向层析试纸和配套读数方法，使牧场能在收奶前得到结果。
第二条 技术指标：八类抗生素检出限不高于国家规定的残留限量，单次检测时间不超过十分钟，假阳性率低于百分之三。
第三条 合同总价款为800,000.00元（大写：人民币捌拾万元整）。支付方式：一次总付。
第四条 双方对对方的技术资料保密，保密期限为两年。
第五条 新的技术成果归双方共有，任何一方可以自行实施。
第六条 履行中出现现有技术水平下难以克服的困难，致使部分失败的，按已完成的工作量结算，其余损失各自承担。
第七条 本合同自双方签字盖章之日起生效。
甲方（盖章）：敕勒川示范乳业有限公司 2026年4月1日
乙方（盖章）：草原示范大学 2026年4月1日`

// A registrar passes a clean contract with five decisions and ninety seconds at most, by keyboard, on one screen of 1440 × 900. What is
// counted here is keys and decisions; the seconds are four for each decision, beside what the pages take.
func TestBrowser_ACleanContractTakesFiveDecisions(t *testing.T) {
	t.Parallel()
	browser := chromium(t)
	w := newWorld(t)
	fonts, err := w.s.Platform.Fonts()
	apptest.NoErr(t, err)
	paper := fonts.New(document.PDFOptions{Title: "技术开发（委托）合同", At: workdayMorning})
	paper.Title("技术开发（委托）合同")
	for line := range strings.SplitSeq(cleanText, "\n") {
		paper.Paragraph(line)
	}
	w.signed, err = paper.Bytes()
	apptest.NoErr(t, err)

	member := w.as("member")
	at := w.draftCase(member, 800_000)
	member.get(at+"/seller").submit(at+"/seller", values{"seller.creditCode": "1215000046000001XQ"}).want(200, "已保存")
	member.get(at+"/buyers").submit(at+"/buyers", values{"buyers.0.creditCode": "91150200MA0000015W"}).want(200, "已保存")
	filing := member.get(at+"/check").submit(at+"/submit", nil).want(200, "受理编号").path
	w.as("registrar").get(filing).submit(filing+"/do", values{"event": "accept"}).want(200, "已办")

	registrar := newTab(browser, t, w.server.URL, "registrar").signIn("registrar")
	registrar.do("a desk's screen", chromedp.EmulateViewport(1440, 900))
	began := time.Now()
	registrar.open(filing).sees("系统已核对", "单键操作已开")
	if scrolls := registrar.eval(`String(document.documentElement.scrollHeight > innerHeight)`); scrolls != "false" {
		t.Error("the page scrolls as a whole")
	}
	open := `[...document.querySelectorAll("fieldset.q")].filter(q => q.offsetParent && !q.querySelector("input:checked"))`
	decisions, keys := 0, 0
	for {
		next := registrar.eval(`(() => { const q = ` + open + `[0]; if (!q) return "done";
			q.querySelector("input").focus(); return q.dataset.advice || "" })()`)
		if next == "done" {
			break
		}
		if decisions++; decisions > 5 {
			t.Fatalf("more than five decisions; open: %s", registrar.eval(open+`.map(q => q.querySelector("legend").textContent).join(" · ")`))
		}
		registrar.press(map[bool]string{true: kb.Enter, false: "2"}[next != ""])
		keys++
	}
	registrar.leave("p", chromedp.KeyModifiers(chromedp.ModifierAlt))
	keys++
	registrar.sees("初审通过")
	took := time.Since(began)
	if told := took + time.Duration(decisions)*4*time.Second; told > 90*time.Second {
		t.Errorf("took %v", told)
	}
	t.Logf("%d decisions, %d keys, %v of the machine", decisions, keys, took.Round(100*time.Millisecond))

	read := w.as("reviewer").get(filing).want(200, "700,000.00", "800,000.00", "系统提示，登记员采纳", "名称和统一社会信用代码与申报一致", "全文")
	for _, who := range []string{`<span class="source">系统</span>`, `<span class="source">登记员</span>`} {
		if !strings.Contains(string(read.body), who) {
			t.Errorf("the reviewer does not read %s", who)
		}
	}
	kept := w.scan(`select string_agg(x ->> 'code', ' ' order by x ->> 'code') from filing f, jsonb_array_elements(f.review -> 'read') x
		where f.id = $1::bigint and not (x ->> 'system')::boolean`, strings.TrimPrefix(filing, "/filings/"))
	if kept != "routine_change solution_mastered" {
		t.Errorf("taken from the system's proposals: %s", kept)
	}
}
