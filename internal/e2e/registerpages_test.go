package e2e

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"techmarket/internal/app"
	"techmarket/internal/app/apptest"
	"techmarket/internal/app/cli"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
)

// TestRegisterPages_WhatADeskTakesAwayAndBringsIn walks export, archive, lists, subsidy, history, deadlines, holidays and the
// management of points through the forms.
func TestRegisterPages_WhatADeskTakesAwayAndBringsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	filing := w.openCase(w.as("member"))
	w.as("registrar").get("/registry/deadlines").want(200, "在办 1 件", "时限内")
	number := w.register(filing)
	w.drain()
	registration := "/registrations/" + number

	d, err := w.s.Registry.Dossier(t.Context(), w.who("head"), number)
	apptest.NoErr(t, err)
	word := w.as("member").get("/contracts/" + fmt.Sprint(d.Registration.ContractID) + "/word").want(200)
	if text, err := document.WordText(context.Background(), word.body); err != nil || !strings.Contains(text, "技术开发（委托）合同") ||
		!strings.Contains(text, "800,000.00 元") {
		t.Errorf("the Word text: %v\n%s", err, text)
	}
	w.as("member").get(filing + "/papers/receipt").want(200)
	w.as("otherLeague").get(filing + "/papers/receipt").want(404)

	w.takesExports(number)
	w.takesArchive(number)
	w.issuesLists(number)
	w.worksOutSubsidy(registration)
	w.bringsHistory()
	w.setsLimits()
	w.managesPoint(number)
	w.tellsTampering()
}

func (w *world) takesExports(number string) {
	w.t.Helper()
	w.as("head").get("/registrations").want(200, "导出", "导入历史登记")
	book := w.as("head").get("/registrations.xlsx").want(200)
	found := false
	for row, err := range document.ReadExcel(w.t.Context(), bytes.NewReader(book.body)) {
		apptest.NoErr(w.t, err)
		found = found || row.Cell(0) == number
	}
	if !found {
		w.t.Error("the workbook does not hold the registration")
	}
	w.as("head").get("/registrations.xlsx?from=2026-02-01&to=2026-01-01").want(422, "结束日期不应早于开始日期")
}

func (w *world) takesArchive(number string) {
	w.t.Helper()
	archive := w.as("head").get("/registrations/" + number + "/archive.zip").want(200)
	if _, err := zip.NewReader(bytes.NewReader(archive.body), int64(len(archive.body))); err != nil {
		w.t.Fatalf("%v: %s", err, archive.text())
	}
	kept := filepath.Join(w.t.TempDir(), "a.zip")
	apptest.NoErr(w.t, os.WriteFile(kept, archive.body, 0o600))
	out := &apptest.Output{}
	apptest.NoErr(w.t, cli.VerifyArchive(&app.Environment{Stdout: out}, kept))
	if !strings.Contains(out.String(), number) {
		w.t.Errorf("verify --archive said %q", out.String())
	}
}

func (w *world) issuesLists(number string) {
	w.t.Helper()
	issued := w.as("registrar").get("/lists/new").submit("/lists", values{"purpose": "tax", "numbers": number}).want(200, "清单已出具", number)
	listed := issued.path
	w.as("member").get(listed + "/pdf").want(200)
	w.as("member").get("/lists").want(200, strings.TrimPrefix(listed, "/lists/"))
	w.as("rival").get(listed).want(404)
	list, err := w.s.Benefits.List(w.t.Context(), w.who("head"), strings.TrimPrefix(listed, "/lists/"))
	apptest.NoErr(w.t, err)
	w.guest.get("/l/"+list.Number+"?c="+list.CheckCode).want(200, "这份清单：有效", number)
	w.guest.get("/l/" + list.Number + "?c=00000000").want(404)
}

func (w *world) worksOutSubsidy(registration string) {
	w.t.Helper()
	w.as("member").get(registration+"/subsidy").want(200, "没有适用的费率")
	rate := values{"name": "委托开发后补助", "side": "buyer", "classes": "01", "validFrom": "2026-01-01", "tiers.0.rate": "10", "tiers.1.over": "30",
		"tiers.1.rate": "5", "cap": "50", "source": "样例文件〔2026〕1号"}
	w.as("region").get("/registry/rates").submit("/registry/rates", with(rate, values{"tiers.1.over": "0"})).want(422, "起点应大于上一档的起点")
	saved := w.as("region").get("/registry/rates").submit("/registry/rates", rate).want(200, "费率已保存", "30 万元以上 5%", "未核实")
	w.as("region").get("/registry/rates").submit("/registry/rates", with(rate, values{"validFrom": "2026-06-01"})).want(422, "请先给它填写截止日期")
	w.as("region").get(saved.link("/registry/rates?id=")).submit("/registry/rates", values{"confirmed": "1"}).want(200, "费率已保存")
	w.as("member").get(registration+"/subsidy").want(200, "测算过程", "委托开发后补助")
	w.as("member").get(registration+"/subsidy").submit(registration+"/payments", values{"amountFen": "1000000", "paidOn": "2026-04-09"},
		upload{"file", "凭证.pdf", pdf("凭证")}).want(422, "超过合同成交额")
	w.as("member").get(registration+"/subsidy").submit(registration+"/payments", values{"amountFen": "300000", "paidOn": "2026-04-09"},
		upload{"file", "凭证.pdf", pdf("凭证")}).want(200, "付款凭证已保存", "300,000.00")

	w.as("member").get(registration+"/subsidy").want(200, "测算表（PDF）")
	w.as("member").get(registration + "/subsidy.pdf").want(200)
}

func (w *world) bringsHistory() {
	w.t.Helper()
	history := "合同登记编号,登记日期,项目/合同名称,contracttype,合同成交总额（元）,technicalamount,techarea,卖方名称,卖方行政区划代码,buyername,买方行政区划代码\n" +
		"2024150103000007,2024-03-02,旧合同,0501,5000,5000,09,草原示范大学,150103,旧买方,150203\n" +
		"2024150103000008,2024-03-02,旧合同,0501,abc,5000,09,草原示范大学,150103,旧买方,150203\n"
	w.as("league").get("/registrations/history/template").want(200)
	checked := w.as("league").get("/registrations/history").submit("/registrations/history", nil,
		upload{"file", "历史.csv", []byte(history)}).want(200, "确认导入 1 项", "第 3 行第 5 列")
	marked := w.as("league").get(checked.path + "/marked").want(200)
	rows := document.ReadExcel(w.t.Context(), bytes.NewReader(marked.body))
	said := false
	for row, err := range rows {
		apptest.NoErr(w.t, err)
		said = said || strings.Contains(row.Cell(11), "第 3 行第 5 列：") && row.Cell(0) == "2024150103000008"
	}
	if !said {
		w.t.Error("the file given back does not say what is wrong in the third row")
	}
	checked.submit(checked.path+"/confirm", nil).want(200, "导入中")
	w.drain()
	w.as("league").get(checked.path).want(200, "已导入 1 项")
	w.as("league").get("/registrations/2024150103000007").want(200, "旧合同")
	w.as("registrar").get("/registrations/history").want(403)
}

func (w *world) setsLimits() {
	w.t.Helper()
	w.as("region").get("/registry/holidays").submit("/registry/holidays", nil,
		upload{"file", "2026.csv", []byte("日期,类型,名称\n2026-10-01,放假,国庆节\n")}).want(200, "已导入 1 天", "国庆节")
	w.as("region").get("/registry/holidays").submit("/registry/holidays", nil,
		upload{"file", "2026.csv", []byte("日期,类型,名称\n十月一日,放假,国庆节\n")}).want(422, "第 2 行第 1 列")

	policy := values{"name": "样例新办法", "validFrom": "2026-05-01", "targetDays": "10", "largeTargetDays": "20", "largeAmount": "1000",
		"source": "样例文件〔2026〕2号第九条"}
	w.as("region").get("/registry/policies").submit("/registry/policies", with(policy, values{"validFrom": "2026-03-01"})).want(422,
		"从今天或以后起生效")
	added := w.as("region").get("/registry/policies").submit("/registry/policies", policy).want(200, "时限规则已保存", "样例新办法", "待生效", "1,000 万元")
	w.as("region").get(added.link("/registry/policies?id=")).submit("/registry/policies", values{"targetDays": "12"}).want(200, "12 个工作日")
	w.as("registrar").get("/registry/deadlines").want(200, "样例新办法", "现在适用")
}

func (w *world) managesPoint(number string) {
	w.t.Helper()
	point := "/points/" + fmt.Sprint(w.points["county"].ID)
	manage := w.as("head").get(point+"/manage").want(200, "人员和培训", "2026 年度数据", "示范registrar")
	manage.submit(point+"/settings", values{"numberSource": "own", "hours": "工作日 9:00–17:00"}).want(200, "设置已保存")
	w.as("head").get(point+"/manage").submit(point+"/training",
		values{"account": fmt.Sprint(w.who("registrar").AccountID), "course": "认定登记培训", "heldOn": "2026-03-01", "hours": "0"}).want(422, "学时")
	w.as("head").get(point+"/manage").submit(point+"/training",
		values{"account": fmt.Sprint(w.who("registrar").AccountID), "course": "认定登记培训", "heldOn": "2026-03-01", "hours": "16"}).want(200,
		"认定登记培训，16 学时")
	w.as("otherLeague").get(point + "/manage").want(404)
	bundled := w.as("head").get(point+"/manage").submit(point+"/archives", values{"year": "2026"}).want(200, "正在生成")
	w.drain()
	zipped := w.as("head").get(w.as("head").get(bundled.path).want(200, "可以下载", "2026 年度档案").link(bundled.path + "/files/")).want(200)
	kept := filepath.Join(w.t.TempDir(), "a.zip")
	apptest.NoErr(w.t, os.WriteFile(kept, zipped.body, 0o600))
	out := &apptest.Output{}
	apptest.NoErr(w.t, cli.VerifyArchive(&app.Environment{Stdout: out}, kept))
	if got := out.String(); !strings.Contains(got, "1 项登记的档案全部完整") || !strings.Contains(got, number) {
		w.t.Errorf("verify --archive of the bundle said %q", got)
	}
	w.as("region").get(point+"/manage?year=2025").submit(point+"/assessments",
		values{"year": "2025", "grade": "qualified", "opinion": "按时办结"}).want(200)
	w.as("region").get(point+"/manage?year=2025").want(200, "2025 年度考核：合格")
	w.as("region").get(point+"/edit").submit("/points", values{"name": "回民区示范登记点（新）"}).want(200, "登记点已保存", "回民区示范登记点（新）")
	w.as("region").get("/points/new").submit("/points", values{"name": "新点"}).want(422)
	apptest.NoErr(w.t, cli.Verify(w.t.Context(), w.s, &app.Environment{Stdout: out}, nil, ""))
}

// tellsTampering: what nobody may change quietly.
func (w *world) tellsTampering() {
	w.t.Helper()
	for _, c := range []struct{ change, said, back string }{ // what nobody may change quietly
		{`update registration set amount = amount + 1`, "登记的成交额或技术交易额与证明不符", `update registration set amount = amount - 1`},
		{`create table kept as select * from registration_list; delete from registration_list`, "行有，数据库里没有",
			`insert into registration_list select * from kept`},
		{`update registration_list set signature = 'AAAA'`, "签名无效",
			`update registration_list l set signature = k.signature from kept k where k.number = l.number`},
	} {
		_, err := w.s.Platform.DB.Exec(w.t.Context(), c.change)
		apptest.NoErr(w.t, err)
		said := &apptest.Output{}
		if err := cli.Verify(w.t.Context(), w.s, &app.Environment{Stdout: said}, nil, ""); !fault.HasCode(err, "register_broken") ||
			!strings.Contains(said.String(), c.said) {
			w.t.Errorf("%s: %v, said %s", c.change, err, said)
		}
		_, err = w.s.Platform.DB.Exec(w.t.Context(), c.back)
		apptest.NoErr(w.t, err)
	}
}

// nothingFound are the answers of a registrar who looked for every fault of a class and found none.
func nothingFound(class string) (cleared []string) {
	for _, rule := range recognition.Checklist(class) {
		if rule.Finding {
			cleared = append(cleared, rule.ID)
		}
	}
	return cleared
}

// register takes an accepted filing through the desk by the services.
func (w *world) register(filing string) string {
	w.t.Helper()
	ctx, s := w.t.Context(), w.s.Registry
	id, err := strconv.ParseInt(path.Base(filing), 10, 64)
	apptest.NoErr(w.t, err)
	c, err := s.Case(ctx, w.who("registrar"), id)
	apptest.NoErr(w.t, err)
	review := c.Filing.Review
	review.Opinion, review.Cleared = "属于委托开发", nothingFound("0101")
	_, err = s.Do(ctx, w.who("registrar"), registry.Command{Filing: id, Event: registry.EventSaveReview, Review: review})
	apptest.NoErr(w.t, err)
	_, err = s.Do(ctx, w.who("registrar"), registry.Command{Filing: id, Event: registry.EventPassFirstReview})
	apptest.NoErr(w.t, err)
	_, err = s.Do(ctx, w.who("reviewer"), registry.Command{Filing: id, Event: registry.EventPassSecondReview, Text: "同意"})
	apptest.NoErr(w.t, err)
	out, err := s.Do(ctx, w.who("head"), registry.Command{Filing: id, Event: registry.EventRegister})
	apptest.NoErr(w.t, err)
	return out.Registration.Number
}
