package services

import (
	"techmarket/internal/foundation/fact"
	"techmarket/internal/services/register/kind"
	"techmarket/internal/services/voucher"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// newScheme asks an issuer for a scheme; limits and rates come from a document, none is proposed.
func (p *Pages) newScheme(c *web.Ctx, f *web.Form, ferr error) error {
	a := ui.NewAsk(c, f, ferr)
	var kinds []view.Option
	for _, k := range kind.ServiceKinds() {
		kinds = append(kinds, view.Option{Value: k.Code, Label: k.Label})
	}
	form := ui.FormOf("/vouchers/schemes", "保存办法",
		view.Section{Title: "办法", Fields: []view.Field{a.Text("title", "办法名称", "", ui.Required, ui.Limit(100)),
			a.Text("number", "文号", "", ui.Limit(80)), a.Kind(view.Date, "firstDay", "起始日期", "", ui.Required, ui.Width("m")),
			a.Kind(view.Date, "lastDay", "截止日期", "", ui.Required, ui.Width("m"), ui.Hint("当天仍可申请和使用")),
			a.Area("terms", "申请条件和材料", "", ui.Required, ui.Lines(4), ui.Limit(2000)),
			a.Area("source", "依据", "", ui.Required, ui.Lines(2), ui.Limit(300), ui.Hint("文件和条款；还没有文件的写“拟定中”")),
			a.Checks("verified", "核实", nil, []view.Option{{Value: "yes", Label: "以下数额已与文件原文核对", Hint: "没有勾选的，页面上标“条款未核实”"}})}},
		view.Section{Title: "支持什么，支持多少", Fields: []view.Field{a.Checks("kinds", "支持的服务", nil, kinds, ui.Required),
			a.Make(view.Field{Name: "rate", Label: "支持比例", Unit: "%", Width: "s"}, "", []func(*view.Field){ui.Required, ui.Hint("服务费的百分之几，例如 50")}),
			a.Yuan("limit", "一家企业一年的上限", 0, ui.Required), a.Yuan("budget", "经费总额", 0, ui.Required),
			a.Text("validDays", "券的有效天数", "", ui.Required, ui.Width("s"), ui.Hint("从发放的第二天算起"))}})
	form.Guard = true
	page := c.Page("录入创新券办法")
	page.Breadcrumbs = []view.Link{{Label: "科技创新券", Href: "/vouchers"}}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, ui.Sheet{
		Lead: "比例、上限和期限照文件填写。保存后只能追加经费；规则变了请录入新的办法，已发的券按原来的办法。", Main: a.Blocks(form)})
}

func (p *Pages) createScheme(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	d := voucher.Draw{Title: f.Text("title"), Number: f.Text("number"), Limit: f.Yuan("limit"), RateBP: int(f.Percent("rate")),
		Budget:    f.Yuan("budget"),
		ValidDays: f.Int("validDays"), Kinds: f.List("kinds"), Terms: f.Text("terms"), Source: f.Text("source"),
		Verified: len(f.List("verified")) > 0}
	if day := f.Date("firstDay"); !day.IsZero() {
		d.FirstDay = fact.OfDate(day)
	}
	if day := f.Date("lastDay"); !day.IsZero() {
		d.LastDay = fact.OfDate(day)
	}
	var id int64
	if err = ui.FormErr(f); err == nil {
		id, err = p.Vouchers.CreateScheme(c.Context(), c.Actor(), d)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.newScheme(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "办法已保存，企业可以看到。")
	return c.See(schemePath(id))
}
