package people

import (
	"fmt"
	"net/url"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func roleOptions(who actor.Actor, chosen []actor.Role) []view.Option {
	var out []view.Option
	for _, r := range identity.Grantable(who, identity.Organisation{ID: who.OrgID, Kind: who.OrgKind}) {
		o := view.Option{Value: string(r), Label: web.RoleLabels([]actor.Role{r})[0]}
		for _, have := range chosen {
			o.Checked = o.Checked || have == r
		}
		out = append(out, o)
	}
	return out
}

func (p *Pages) members(c *web.Ctx) error { return p.showMembers(c, nil, nil, "") }

func (p *Pages) showMembers(c *web.Ctx, form *web.Form, ferr error, link string) error {
	who := c.Actor()
	members, err := p.Identity.Members(c.Context(), who, who.OrgID)
	if err != nil {
		return err
	}
	admin := who.Has(actor.OrgAdmin)
	body := ui.Sheet{Lead: who.OrgName, Tabs: ui.AccountTabs(c.Actor(), "/account/members")}
	if link != "" {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Tone: view.OK, Title: "邀请已生成",
			Text: "已配置邮件时会自动寄出；也可以把下面的地址直接发给对方。地址只显示这一次。"}, view.Digests{{Label: "邀请地址", Value: link}}}})
	}
	rows := view.Rows{Label: "成员", Empty: view.Empty{Title: "还没有成员"}}
	for _, m := range members {
		row := view.Row{
			HeadingTag: "h2",
			Title:      view.T(m.DisplayName),
			Meta:       []string{m.LoginName, ui.Join(web.RoleLabels(m.Roles)), "加入于 " + view.Day(m.CreatedAt)},
		}
		if m.TwoFactor {
			row.Tags = []view.Tag{{Label: "两步登录"}}
		}
		rows.Items = append(rows.Items, row)
	}
	body.Main = append(body.Main, ui.Block{Parts: view.Parts{rows}})
	if admin {
		for _, m := range members {
			f := view.NewForm(
				fmt.Sprintf("/account/members/%d", m.MembershipID),
				"保存身份",
				view.Field{
					Kind:     view.Check,
					Name:     "roles",
					ID:       fmt.Sprintf("roles-%d", m.MembershipID),
					Label:    m.DisplayName + "的身份",
					Required: true,
					Options:  roleOptions(who, m.Roles),
				},
			)
			actions := []view.Action{{Label: "移出本单位", Post: fmt.Sprintf("/account/members/%d/end", m.MembershipID), Kind: view.Danger, Small: true}}
			if m.TwoFactor && m.AccountID != who.AccountID {
				actions = append(actions, resetTwoFactorAction(m, "/account/members"))
			}
			body.Main = append(body.Main, ui.Block{Fold: "更改" + m.DisplayName + "的身份", Parts: view.Parts{f, view.Actions(actions)}})
		}
		a := ui.NewAsk(c, form, ferr)
		f := view.NewForm("/account/members/invite", "生成邀请",
			a.Kind(view.Email, "email", "对方的电子邮箱", "", ui.Required),
			a.Checks("roles", "身份", []string{string(actor.Member)}, roleOptions(who, nil), ui.Required))
		side := ui.Block{Card: true, Title: "邀请同事", Intro: "邀请 14 天内有效。", Parts: view.Parts{a.Notice, f}}
		body.Side = append(body.Side, side)
		invitations, err := p.Identity.Invitations(c.Context(), who, who.OrgID)
		if err != nil {
			return err
		}
		open := view.Rows{Label: "未接受的邀请"}
		for _, inv := range invitations {
			if inv.Open(c.Now()) {
				open.Items = append(
					open.Items,
					view.Row{Title: view.T(inv.Email), Meta: []string{ui.Join(web.RoleLabels(inv.Roles)), "有效到 " + view.Day(inv.ExpiresAt)},
						Actions: []view.Action{{Label: "撤回邀请", Post: fmt.Sprintf("/account/invitations/%d/revoke", inv.ID), Kind: view.Quiet, Small: true}}},
				)
			}
		}
		if len(open.Items) > 0 {
			body.Side = append(body.Side, ui.Block{Title: "未接受的邀请", Parts: view.Parts{open}})
		}
	}
	return ui.ShowSheet(c, c.Page("成员"), body)
}

func readRoles(form *web.Form) []actor.Role {
	var roles []actor.Role
	for _, r := range form.List("roles") {
		roles = append(roles, actor.Role(r))
	}
	return roles
}

func (p *Pages) invite(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	_, token, err := p.Identity.Invite(c.Context(), c.Actor(), c.Actor().OrgID, form.Text("email"), readRoles(form))
	if err != nil {
		if ui.Refused(err) {
			return p.showMembers(c, form, err, "")
		}
		return err
	}
	return p.showMembers(c, nil, nil, c.BaseURL()+"/invitations/"+url.PathEscape(token))
}

func (p *Pages) saveMember(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := p.Identity.SetRoles(c.Context(), c.Actor(), id, readRoles(form)); err != nil {
		return ui.FlashRefusal(c, err, "/account/members")
	}
	c.Flash(view.OK, "身份已更改。")
	return c.See("/account/members")
}

func (p *Pages) endMember(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	if err := p.Identity.EndMembership(c.Context(), c.Actor(), id); err != nil {
		return ui.FlashRefusal(c, err, "/account/members")
	}
	c.Flash(view.OK, "已移出本单位。")
	return c.See("/account/members")
}

func (p *Pages) revokeInvitation(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	if err := p.Identity.RevokeInvitation(c.Context(), c.Actor(), c.Actor().OrgID, id); err != nil {
		return err
	}
	c.Flash(view.OK, "邀请已撤回。")
	return c.See("/account/members")
}
