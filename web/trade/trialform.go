package trade

import (
	"strconv"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/trade/trial"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

const mostInstalments = 12

// newTrial asks for the terms: a firm comes from an achievement, the unit that holds one from a need.
func (p *Pages) newTrial(c *web.Ctx, f *web.Form, ferr error) error {
	q := c.QueryForm()
	if f != nil {
		q = f
	}
	achievement, need := q.ID("achievement"), q.ID("need")
	if achievement == 0 && need == 0 {
		return fault.New(fault.NotFound, "listing", "请从一项提供先用后转的成果开始：打开成果，点“申请试用”")
	}
	hidden := []view.Pair{{Name: "need", Value: idText(need)}}
	var pick *view.Field
	if need == 0 {
		hidden = append(hidden, view.Pair{Name: "achievement", Value: idText(achievement)})
	} else {
		a := ui.NewAsk(c, f, ferr)
		own, err := p.OnTrial(c.Context(), c.Actor())
		if err != nil {
			return err
		}
		options := []view.Option{{Label: "请选择"}}
		for _, o := range own {
			options = append(options, view.Option{Value: idText(o.ID), Label: o.Title})
		}
		field := a.Choose("achievement", "用哪项成果应答", "", options, ui.Required, ui.Hint("只列出本单位合作方式里写了先用后转的成果"))
		pick = &field
	}
	t := trial.Terms{Months: 6, ReportDays: 30, Pay: trial.PayInstalments, Silence: true}
	return p.trialTermsForm(c, t, "/trials", hidden, pick, f, ferr)
}

func (p *Pages) createTrial(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	terms := readTerms(f)
	var id int64
	if err = ui.FormErr(f); err == nil {
		id, err = p.Trials.Create(c.Context(), c.Actor(), f.ID("achievement"), f.ID("need"), terms)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.newTrial(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "条款已发给对方。")
	return c.See(trialPath(id))
}

func (p *Pages) editTerms(c *web.Ctx, f *web.Form, ferr error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Trials.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	if v.Trial.State != trial.Proposed {
		return c.See(trialPath(id))
	}
	return p.trialTermsForm(
		c,
		v.Trial.Terms,
		trialPath(id)+"/terms",
		[]view.Pair{{Name: "version", Value: strconv.Itoa(v.Trial.Version)}},
		nil,
		f,
		ferr,
	)
}

func (p *Pages) proposeTrialTerms(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	terms := readTerms(f)
	if err = ui.FormErr(f); err == nil {
		_, err = p.Trials.Do(
			c.Context(),
			c.Actor(),
			trial.Command{Trial: id, Event: trial.EventPropose, Terms: &terms, Version: f.Int("version")},
		)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.editTerms(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "新一版条款已发给对方。")
	return c.See(trialPath(id))
}

func (p *Pages) trialTermsForm(
	c *web.Ctx,
	t trial.Terms,
	action string,
	hidden []view.Pair,
	pick *view.Field,
	f *web.Form,
	ferr error,
) error {
	a := ui.NewAsk(c, f, ferr)
	alike, err := p.PriceHint(c, "03")
	if err != nil {
		return err
	}
	var ways []view.Option
	for _, w := range trial.Ways() {
		ways = append(ways, view.Option{Value: w, Label: payLabel(w)})
	}
	area := func(name, label, stored, hint string) view.Field {
		return a.Area(name, label, stored, ui.Required, ui.Lines(2), ui.Limit(2000), ui.Hint(hint))
	}
	first := view.Section{Title: "怎么试", Fields: []view.Field{
		a.Text("months", "试用几个月", ui.IntText(t.Months), ui.Required, ui.Width("s")), area("sites", "在哪里试用", t.Sites, "厂区、产线、数量"),
		area("success", "达到什么指标、怎样检测", t.Success, ""), area("trigger", "什么情况转为付费", t.Trigger, "日期、产量、销售额或上面的指标"),
		a.Text("reportDays", "多少天报告一次", ui.IntText(t.ReportDays), ui.Required, ui.Width("s")),
		a.Choose("silence", "成果单位 10 个工作日不答复视为确认达到", yes(t.Silence), yesNo())}}
	if pick != nil {
		first.Fields = append([]view.Field{*pick}, first.Fields...)
	}
	sections := []view.Section{first, {Title: "怎么付", Fields: []view.Field{
		a.Radio("pay", "付款方式", t.Pay, ways, ui.Required),
		a.Yuan("price", "价款", t.Price, ui.Sometimes, ui.Hint(c.T("提成的填入门费，没有的留空。%s", alike))),
		a.Area("royalty", "提成怎么算", t.Royalty, ui.Lines(2), ui.Limit(2000), ui.Hint("只有提成填写：比例、基数、期限、查账办法"))}}}
	sections = append(
		sections,
		ui.Repeat(a, "付款计划", "各期合计等于价款；从转化（达成合同条款）那天起算", "plan", len(t.Plan), mostInstalments, func(i int) []view.Field {
			x := ui.RowAt(t.Plan, i)
			at := func(name string) string { return web.Row("plan", i, name) }
			days := ""
			if x.Amount > 0 {
				days = strconv.Itoa(x.Days)
			}
			return []view.Field{
				a.Text(at("days"), "转化后多少天", days, ui.Width("s")),
				a.Yuan(at("amount"), "金额", x.Amount),
				a.Text(at("why"), "说明或条件", x.Why),
			}
		})...)
	sections = append(sections, view.Section{Title: "其他约定", Fields: []view.Field{area("improvement", "改进成果归谁", t.Improvement, ""),
		area("secrecy", "保密义务", t.Secrecy, ""), area("liability", "损失由谁承担", t.Liability, ""),
		area("return", "结束时数据和样品怎么处理", t.Return, ""),
		a.Text("insurance", "保险或担保机构", t.Insurance, ui.Limit(200), ui.Hint("没有的留空；付款逾期时会提醒通知它"))}})
	form := ui.FormOf(action, "发给对方", sections...)
	form.Hidden, form.Guard = hidden, true
	page := c.Page("先用后转")
	page.Breadcrumbs = []view.Link{{Label: "先用后转", Href: "/trials"}}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, ui.Sheet{Lead: "先写清条款再试用。对方可以接受，也可以改一版发回来。", Main: a.Blocks(form)})
}

func readTerms(f *web.Form) trial.Terms {
	t := trial.Terms{Months: f.Int("months"), Sites: f.Text("sites"), Success: f.Text("success"), Trigger: f.Text("trigger"),
		ReportDays: f.Int(
			"reportDays",
		), Pay: f.Text("pay"), Price: f.Yuan("price"), Royalty: f.Text("royalty"), Improvement: f.Text("improvement"),
		Secrecy: f.Text("secrecy"), Liability: f.Text("liability"), Insurance: f.Text("insurance"), Return: f.Text("return"),
		Silence: f.Text("silence") == "yes"}
	for i := range f.Rows("plan", mostInstalments) {
		at := func(name string) string { return web.Row("plan", i, name) }
		if f.Text(at("days")) == "" && f.Text(at("amount")) == "" && f.Text(at("why")) == "" {
			continue
		}
		t.Plan = append(t.Plan, trial.Instalment{Days: f.Int(at("days")), Amount: f.Yuan(at("amount")), Why: f.Text(at("why"))})
	}
	return t
}
