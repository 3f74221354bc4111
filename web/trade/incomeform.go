package trade

import (
	"strconv"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/trade/rights"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

const mostPeople = 50

// staffOptions are the accounts of the actor's unit.
func (p *Pages) staffOptions(c *web.Ctx) ([]view.Option, error) {
	members, err := p.Identity.Members(c.Context(), c.Actor(), c.Actor().OrgID)
	out := []view.Option{{Label: "没有账号"}}
	for _, m := range members {
		out = append(out, view.Option{Value: strconv.FormatInt(m.AccountID, 10), Label: m.DisplayName})
	}
	return out, err
}

func yesNo() []view.Option { return []view.Option{{Label: "否"}, {Value: "yes", Label: "是"}} }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func idText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

func (p *Pages) showNewPlan(c *web.Ctx, f *web.Form, ferr error) error {
	contract := c.QueryForm().ID("contract")
	if f != nil {
		contract = f.ID("contract")
	}
	if contract == 0 {
		return fault.New(fault.NotFound, "contract_not_found", "请从一份合同开始：打开合同，选“分配收益”")
	}
	d := rights.Draw{BP: 5000}
	if made, err := p.Contracts.Name(c.Context(), c.Actor(), contract); err != nil {
		return err
	} else if made != "" {
		d.Title = ui.Clip(made, 60) + "收益分配方案"
	}
	return p.planForm(c, d, "/distributions", []view.Pair{{Name: "contract", Value: strconv.FormatInt(contract, 10)}}, f, ferr)
}

func (p *Pages) createPlan(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	d, contract := readPlan(f), f.ID("contract")
	var id int64
	if err = ui.FormErr(f); err == nil {
		id, err = p.Rights.Create(c.Context(), c.Actor(), contract, d)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showNewPlan(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "方案草稿已保存。核对无误后由管理员提交公示。")
	return c.See(incomePath(id))
}

func (p *Pages) editPlan(c *web.Ctx, f *web.Form, ferr error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Rights.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	if !c.Actor().In(v.Plan.OrgID) {
		return fault.New(fault.Forbidden, "wrong_role", "方案由单位修改")
	}
	if v.Plan.State != rights.Draft {
		return c.See(incomePath(id))
	}
	d := rights.Draw{Title: v.Plan.Title, BP: v.Plan.BP, Basis: v.Plan.Basis, Decision: v.Plan.Decision}
	for _, s := range v.Shares {
		d.Members = append(d.Members, s.Person)
	}
	return p.planForm(c, d, incomePath(id), []view.Pair{{Name: "version", Value: strconv.Itoa(v.Plan.Version)}}, f, ferr)
}

func (p *Pages) savePlan(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	d := readPlan(f)
	if err = ui.FormErr(f); err == nil {
		err = p.Rights.Save(c.Context(), c.Actor(), id, f.Int("version"), d)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.editPlan(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "草稿已保存。")
	return c.See(incomePath(id))
}

func (p *Pages) planForm(c *web.Ctx, d rights.Draw, action string, hidden []view.Pair, f *web.Form, ferr error) error {
	staff, err := p.staffOptions(c)
	if err != nil {
		return err
	}
	a := ui.NewAsk(c, f, ferr)
	sections := []view.Section{{Title: "方案", Fields: []view.Field{
		a.Text("title", "方案名称", d.Title, ui.Required, ui.Limit(80)),
		a.Text("bp", "奖励占净收入的百分比", ui.Percent(d.BP), ui.Required, ui.Width("s"), ui.Hint("高校、院所不低于 50%；净收入 = 到账 − 直接费用 − 税费")),
		a.Area("basis", "依据", d.Basis, ui.Required, ui.Lines(2), ui.Limit(1000), ui.Hint("单位的规定或与完成人的约定，写明名称和条款")),
		a.Area("decision", "内部决策", d.Decision, ui.Required, ui.Lines(2), ui.Limit(1000), ui.Hint("会议或文件的名称、编号和日期"))}}}
	sections = append(sections, ui.Repeat(a, "完成人", "份额是相对数：1、1、1 就是三人平分；主要贡献人员合计不少于一半", "members", len(d.Members), mostPeople,
		func(i int) []view.Field {
			m := ui.RowAt(d.Members, i)
			at := func(name string) string { return web.Row("members", i, name) }
			weight := ""
			if m.Weight > 0 {
				weight = strconv.FormatInt(m.Weight, 10)
			}
			return []view.Field{a.Text(at("name"), "姓名", m.Name, ui.Width("m")), a.Text(at("weight"), "份额", weight, ui.Width("s")),
				a.Text(at("contribution"), "贡献", m.Contribution), a.Choose(at("main"), "主要贡献", yes(m.Main), yesNo()),
				a.Choose(at("leader"), "领导职务", yes(m.Leader), yesNo()), a.Choose(at("account"), "账号", idText(m.AccountID), staff)}
		})...)
	form := ui.FormOf(action, "存为草稿", sections...)
	form.Hidden, form.Guard = hidden, true
	page := c.Page("收益分配方案")
	page.Breadcrumbs = []view.Link{{Label: "收益分配", Href: "/distributions"}}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, ui.Sheet{Lead: "写清每个人的份额和贡献。选了账号的人可以在网上看到自己的份额。", Main: a.Blocks(form)})
}

func readPlan(f *web.Form) rights.Draw {
	d := rights.Draw{Title: f.Text("title"), BP: f.Percent("bp"), Basis: f.Text("basis"), Decision: f.Text("decision")}
	for i := range f.Rows("members", mostPeople) {
		at := func(name string) string { return web.Row("members", i, name) }
		m := rights.Person{Name: f.Text(at("name")), Contribution: f.Text(at("contribution")), Main: f.Text(at("main")) == "yes",
			Leader: f.Text(at("leader")) == "yes", Weight: int64(f.Int(at("weight"))), AccountID: f.ID(at("account"))}
		if m.Name == "" && m.Contribution == "" && f.Text(at("weight")) == "" {
			continue
		}
		d.Members = append(d.Members, m)
	}
	return d
}
