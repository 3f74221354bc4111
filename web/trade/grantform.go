package trade

import (
	"slices"
	"strconv"
	"strings"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/trade/rights"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) showNewGrant(c *web.Ctx, f *web.Form, ferr error) error {
	id := c.QueryForm().ID("achievement")
	if f != nil {
		id = f.ID("achievement")
	}
	if id == 0 {
		return fault.New(fault.NotFound, "listing", "请从本单位的一项成果开始：打开成果，选“权属与赋权”")
	}
	d := rights.GrantDraw{Kind: rights.Joint, Holders: []rights.Holder{{Name: c.Actor().OrgName, OrgID: c.Actor().OrgID, ShareBP: 10_000,
		Basis: rights.BasisService}}}
	return p.grantForm(c, d, "/grants", []view.Pair{{Name: "achievement", Value: strconv.FormatInt(id, 10)}}, f, ferr)
}

func (p *Pages) createGrant(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	d, listing := p.readGrant(f), f.ID("achievement")
	var id int64
	if err = ui.FormErr(f); err == nil {
		id, err = p.Rights.CreateGrant(c.Context(), c.Actor(), listing, d)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showNewGrant(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "草稿已保存。核对无误后发给权利人确认。")
	return c.See(grantPath(id))
}

func (p *Pages) editGrant(c *web.Ctx, f *web.Form, ferr error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Rights.ReadGrant(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	if !c.Actor().In(v.Grant.OrgID) {
		return fault.New(fault.Forbidden, "wrong_role", "由发起的单位修改")
	}
	if v.Grant.State != rights.GrantDraft {
		return c.See(grantPath(id))
	}
	d := rights.GrantDraw{Kind: v.Grant.Kind, Years: v.Grant.Years, Terms: v.Grant.Terms, Holders: v.Holders}
	return p.grantForm(c, d, grantPath(id), []view.Pair{{Name: "version", Value: strconv.Itoa(v.Grant.Version)}}, f, ferr)
}

func (p *Pages) saveGrant(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	d := p.readGrant(f)
	if err = ui.FormErr(f); err == nil {
		err = p.Rights.SaveGrant(c.Context(), c.Actor(), id, f.Int("version"), d)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.editGrant(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "草稿已保存。")
	return c.See(grantPath(id))
}

// unitPrefix marks a unit, org:12, among the accounts that may consent for a holder.
const unitPrefix = "org:"

func (p *Pages) grantForm(c *web.Ctx, d rights.GrantDraw, action string, hidden []view.Pair, f *web.Form, ferr error) error {
	staff, err := p.staffOptions(c)
	if err != nil {
		return err
	}
	staff[0].Label = "个人，没有账号（凭书面同意书）"
	staff = append(staff, view.Option{Value: unitPrefix + idText(c.Actor().OrgID), Label: c.Actor().OrgName})
	a := ui.NewAsk(c, f, ferr)
	sections := []view.Section{{Title: "事项", Fields: []view.Field{
		a.Radio("kind", "办什么", string(d.Kind), []view.Option{{Value: string(rights.Joint), Label: "权属登记", Hint: "写明现在归谁；都同意即有效"},
			{Value: string(rights.Ownership), Label: "赋予所有权"}, {Value: string(rights.Licence), Label: "赋予长期使用权", Hint: "不少于 10 年"}}, ui.Required),
		a.Text("years", "使用年限", ui.IntText(d.Years), ui.Width("s"), ui.Hint("只有长期使用权填写")),
		a.Area("terms", "约定", d.Terms, ui.Required, ui.Lines(4), ui.Limit(4000), ui.Hint("收益怎么分、谁来决定转让或许可、费用谁出")),
		a.Choose("clear", "不涉及国家秘密、国家安全和关键核心技术", "", yesNo(), ui.Hint("赋权须选“是”")),
		a.Choose("free", "没有正在执行的独占许可", "", yesNo(), ui.Hint("赋权须选“是”"))}}}
	sections = append(sections, ui.Repeat(a, "权利人", "份额合计 100.00%", "holders", len(d.Holders), mostPeople, func(i int) []view.Field {
		h := ui.RowAt(d.Holders, i)
		at := func(name string) string { return web.Row("holders", i, name) }
		who, share := idText(h.AccountID), ""
		if h.OrgID != 0 {
			who = unitPrefix + idText(h.OrgID)
		}
		if h.ShareBP > 0 {
			share = ui.Percent(h.ShareBP)
		}
		accounts := staff
		if h.OrgID != 0 && h.OrgID != c.Actor().OrgID {
			accounts = append(slices.Clip(accounts), view.Option{Value: who, Label: h.Name})
		}
		return []view.Field{a.Text(at("name"), "姓名或单位全称", h.Name), a.Text(at("share"), "份额（%）", share, ui.Width("s")),
			a.Choose(at("basis"), "依据", h.Basis, basisOptions()), a.Choose(at("leader"), "领导职务", yes(h.Leader), yesNo()),
			a.Choose(at("account"), "谁来同意", who, accounts)}
	})...)
	form := ui.FormOf(action, "存为草稿", sections...)
	form.Hidden, form.Guard = hidden, true
	page := c.Page("权属与赋权")
	page.Breadcrumbs = []view.Link{{Label: "权属与赋权", Href: "/grants"}}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, ui.Sheet{Lead: "写清每位权利人的份额和依据。提交后请他们逐一确认。", Main: a.Blocks(form)})
}

func basisOptions() []view.Option {
	out := []view.Option{{Label: "请选择"}}
	for _, b := range []string{rights.BasisService, rights.BasisAgreement, rights.BasisGrant, rights.BasisTransfer} {
		out = append(out, view.Option{Value: b, Label: basisLabel(b)})
	}
	return out
}

func (p *Pages) readGrant(f *web.Form) rights.GrantDraw {
	d := rights.GrantDraw{
		Kind:  rights.GrantKind(f.Text("kind")),
		Years: f.Int("years"),
		Terms: f.Text("terms"),
		Clear: f.Text("clear") == "yes",
		Free:  f.Text("free") == "yes",
	}
	for i := range f.Rows("holders", mostPeople) {
		at := func(name string) string { return web.Row("holders", i, name) }
		if f.Text(at("name")) == "" && f.Text(at("share")) == "" {
			continue
		}
		h := rights.Holder{
			Name:    f.Text(at("name")),
			ShareBP: f.Percent(at("share")),
			Basis:   f.Text(at("basis")),
			Leader:  f.Text(at("leader")) == "yes",
		}
		if unit, ok := strings.CutPrefix(f.Text(at("account")), unitPrefix); ok {
			h.OrgID, _ = strconv.ParseInt(unit, 10, 64)
		} else {
			h.AccountID = f.ID(at("account"))
		}
		d.Holders = append(d.Holders, h)
	}
	return d
}
