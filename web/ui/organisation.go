package ui

import (
	"slices"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/view"
)

// AccountTabs are the pages of the own account.
func AccountTabs(who actor.Actor, active string) *view.Tabs {
	t := &view.Tabs{Label: "账号与单位"}
	links := []view.Link{
		{Label: "账号", Href: "/account"},
		{Label: "密码与登录", Href: "/account/password"},
		{Label: "两步登录", Href: web.TwoFactorPath},
		{Label: "单位", Href: "/account/organisation"},
		{Label: "成员", Href: "/account/members"},
		{Label: "接口令牌", Href: "/account/tokens"},
	}
	if who.Has(actor.Broker) {
		links = slices.Insert(links, 3, view.Link{Label: "经纪人资料", Href: "/account/broker"})
	}
	if who.Unconfirmed {
		links = slices.Insert(links, 1, view.Link{Label: "确认邮箱", Href: web.ConfirmPath})
	}
	for _, l := range links {
		l.Current = l.Href == active
		t.Items = append(t.Items, l)
	}
	return t
}

// NatureOptions lists what a party may be: the third digit names the kind, the fourth (法人 or 分支机构) may stay open.
func NatureOptions() []view.Option {
	out := []view.Option{{Label: "请选择"}}
	for _, it := range codes.PartyNature.Items() {
		if it.Parent != "" || len(codes.PartyNature.Children(it.Code)) == 0 {
			out = append(out, view.Option{Value: it.Code, Label: it.Label})
		}
	}
	return out
}

// OrganisationNamed finds the one confirmed organisation of that name; otherwise the mistake stands at the field.
func OrganisationNamed(c *web.Ctx, people *identity.Service, form *web.Form) (int64, error) {
	name := form.Text("organisation")
	if name == "" {
		form.Errors.Add("organisation", "required", "请填写单位全称")
		return 0, nil
	}
	found, err := people.FindOrganisations(c.Context(), c.Actor(), identity.OrganisationFilter{Text: name, State: actor.Confirmed, Limit: 20})
	if err != nil {
		return 0, err
	}
	for _, o := range found {
		if o.Name == name {
			return o.ID, nil
		}
	}
	switch len(found) {
	case 0:
		form.Errors.Add("organisation", "unknown", "没有这个已确认的单位，请核对全称")
	case 1:
		return found[0].ID, nil
	default:
		form.Errors.Addf("organisation", "ambiguous", "有多个单位的名称里有“%s”，例如%s、%s，请填写全称", name, found[0].Name, found[1].Name)
	}
	return 0, nil
}
