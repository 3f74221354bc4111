package people

import (
	"strconv"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/region"
	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) ownOrganisation(c *web.Ctx) error { return p.showOrganisationForm(c, nil, nil) }

func (p *Pages) showOrganisationForm(c *web.Ctx, form *web.Form, ferr error) error {
	who := c.Actor()
	o, err := p.Identity.Organisation(c.Context(), who.OrgID)
	if err != nil {
		return err
	}
	body := ui.Sheet{
		Heading: view.T(o.Name),
		Tags:    []view.Tag{ui.OrgStateTag(o.State)},
		Sample:  o.Sample,
		Tabs:    ui.AccountTabs(c.Actor(), "/account/organisation"),
	}
	if o.StateReason != "" && o.State != actor.Confirmed {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Tone: view.Warn, Title: "管理员的意见", Text: o.StateReason}}})
	}
	if w := codes.USCC(o.CreditCode); o.CreditCode != "" && w.Warned() {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{oddCode(c, w)}})
	}
	if !who.Has(actor.OrgAdmin) {
		body.Main = append(body.Main, organisationFacts(o))
		return ui.ShowSheet(c, c.Page("单位"), body)
	}
	a := ui.NewAsk(c, form, ferr)
	locked := o.State == actor.Confirmed
	lock := func(f *view.Field) {
		if locked {
			f.ReadOnly = true
			f.Hint = "已经核对过。需要更改请联系自治区管理员"
		}
	}
	basics := []view.Field{
		a.Text("name", "单位全称", o.Name, ui.Required, lock, ui.Limit(120)),
		a.Text("creditCode", "统一社会信用代码", o.CreditCode, lock, ui.Width("m")),
	}
	if !locked {
		basics = append(
			basics,
			a.Kind(view.Combo, "division", "所在旗县市区", o.Division, ui.Required, func(f *view.Field) { f.Options = ui.DivisionOptions("请选择", false) }),
		)
	}
	f := ui.FormOf("/account/organisation", "保存",
		view.Section{Title: "核对过的信息", Fields: basics},
		view.Section{Title: "合同和联系用的信息", Hint: "写一次，以后签合同、填登记表时自动带入。", Fields: []view.Field{
			a.Text("profile.address", "地址", o.Profile.Address),
			a.Text("profile.legalRepresentative", "法定代表人", o.Profile.LegalRepresentative, ui.Width("m")),
			a.Text("profile.contact", "联系人", o.Profile.Contact, ui.Width("m")),
			a.Kind(view.Tel, "profile.phone", "联系电话", o.Profile.Phone, ui.Width("m")),
			a.Kind(view.Email, "profile.email", "电子邮箱", o.Profile.Email, ui.Width("m")),
			a.Choose("profile.nature", "单位性质", o.Profile.Nature, ui.NatureOptions()),
			a.Choose("profile.industry", "国民经济行业", o.Profile.Industry, ui.TopOptions(codes.Industry, "请选择")),
			a.Area("profile.introduction", "单位简介", o.Profile.Introduction, ui.Limit(2000)),
		}})
	f.Hidden = []view.Pair{{Name: "version", Value: a.Value("version", strconv.Itoa(o.Version))}}
	f.Guard = true
	body.Main = append(body.Main, a.Blocks(f)...)
	if o.State == actor.Returned {
		body.Actions = []view.Action{{Label: "改好了，重新提交", Post: "/account/organisation/resubmit"}}
	}
	return ui.ShowSheet(c, c.Page("单位"), body)
}

func organisationFacts(o identity.Organisation) ui.Block {
	return ui.Block{Parts: view.Parts{view.Facts{Items: []view.Fact{
		{Label: "类型", Value: ui.OrgKindLabel(o.Kind)}, {Label: "统一社会信用代码", Value: o.CreditCode, Num: true},
		{Label: "所在地", Value: region.FullName(o.Division)}, {Label: "地址", Value: o.Profile.Address},
		{Label: "法定代表人", Value: o.Profile.LegalRepresentative}, {Label: "联系人", Value: o.Profile.Contact},
		{Label: "联系电话", Value: o.Profile.Phone, Num: true}, {Label: "单位性质", Value: codes.PartyNature.Label(o.Profile.Nature)},
		{Label: "国民经济行业", Value: codes.Industry.Label(o.Profile.Industry)},
		{Label: "简介", Text: view.T(o.Profile.Introduction)},
	}}}}
}

func (p *Pages) saveOrganisation(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	who := c.Actor()
	o, err := p.Identity.Organisation(c.Context(), who.OrgID)
	if err != nil {
		return err
	}
	profile := o.Profile
	profile.Address, profile.LegalRepresentative = form.Text("profile.address"), form.Text("profile.legalRepresentative")
	profile.Contact, profile.Phone, profile.Email = form.Text("profile.contact"), form.Text("profile.phone"), form.Text("profile.email")
	profile.Nature, profile.Industry, profile.Introduction = form.Text(
		"profile.nature",
	), form.Text(
		"profile.industry",
	), form.Text(
		"profile.introduction",
	)
	u := identity.OrganisationUpdate{Version: form.Int("version"), Profile: &profile}
	if o.State != actor.Confirmed {
		name, code, division := form.Text("name"), form.Text("creditCode"), form.Text("division")
		u.Name, u.CreditCode, u.Division = &name, &code, &division
	}
	if _, err := p.Identity.UpdateOrganisation(c.Context(), who, o.ID, u); err != nil {
		if ui.Refused(err) {
			return p.showOrganisationForm(c, form, err)
		}
		return err
	}
	c.Flash(view.OK, "已保存。")
	return c.See("/account/organisation")
}

func (p *Pages) resubmitOrganisation(c *web.Ctx) error {
	if _, err := p.Identity.DoOrganisation(c.Context(), c.Actor(), c.Actor().OrgID, identity.OrgResubmit, ""); err != nil {
		return err
	}
	c.Flash(view.OK, "已重新提交，等待确认。")
	return c.See("/account/organisation")
}
