package people

import (
	"strconv"

	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) accountRoutes() []web.Route {
	guest, anyone := web.Anyone(), web.SignedIn()
	admin := web.OrgAdmins()
	region := web.RegionOfficers()
	officer := web.Officers()
	return []web.Route{
		web.GET("/signin", guest, p.signIn),
		web.POST("/signin", guest, p.doSignIn),
		web.POST("/signin/code", guest, p.doSignInCode),
		web.GET("/signin/forgot", guest, p.forgot),
		web.POST("/signin/forgot", guest, p.doForgot),
		web.GET("/signin/reset/:token", guest, p.reset),
		web.POST("/signin/reset/:token", guest, p.doReset),
		web.POST("/signout", guest, p.doSignOut),
		web.GET("/signup", guest, p.signUp),
		web.POST("/signup", guest, p.doSignUp),
		web.GET("/invitations/:token", guest, p.invitation),
		web.POST("/invitations/:token", guest, p.acceptInvitation),
		web.GET("/account", anyone, p.account),
		web.POST("/account", anyone, p.saveAccount),
		web.POST("/account/switch", anyone, p.switchOrganisation),
		web.GET("/confirm/:token", guest, p.confirmation),
		web.POST("/confirm/:token", guest, p.confirm),
		web.GET(web.ConfirmPath, anyone, p.waiting),
		web.POST(web.ConfirmPath, anyone, p.resend),
		web.GET("/account/password", anyone, p.password),
		web.POST("/account/password", anyone, p.savePassword),
		web.POST("/account/signout-everywhere", anyone, p.signOutEverywhere),
		web.GET(web.TwoFactorPath, anyone, p.twoFactor),
		web.POST(web.TwoFactorPath, anyone, p.enableTwoFactor),
		web.POST(web.TwoFactorPath+"/off", anyone, p.disableTwoFactor),
		web.GET("/account/organisation", anyone, p.ownOrganisation),
		web.POST("/account/organisation", admin, p.saveOrganisation),
		web.POST("/account/organisation/resubmit", admin, p.resubmitOrganisation),
		web.GET("/account/members", anyone, p.members),
		web.POST("/account/members/invite", admin, p.invite),
		web.POST("/account/members/:id", admin, p.saveMember),
		web.POST("/account/members/:id/end", admin, p.endMember),
		web.POST("/account/members/:id/two-factor", web.Admins(), p.resetTwoFactor),
		web.POST("/account/invitations/:id/revoke", admin, p.revokeInvitation),
		web.GET("/account/tokens", anyone, p.tokens),
		web.POST("/account/tokens", anyone, p.createToken),
		web.POST("/account/tokens/:id/revoke", anyone, p.revokeToken),
		web.GET("/audit/refusals", web.Operators(), p.refusals),
		web.GET("/organisations", officer, p.organisations),
		web.GET("/organisations/:id", officer, p.organisation),
		web.POST("/organisations/:id", region, p.decideOrganisation),
	}
}

func (p *Pages) account(c *web.Ctx) error { return p.showAccount(c, nil, nil) }

func (p *Pages) showAccount(c *web.Ctx, form *web.Form, ferr error) error {
	me, err := p.Identity.Account(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	memberships, err := p.Identity.Memberships(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	waiting, err := p.Identity.WaitingEmail(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	hint := "改了邮箱，要打开发到新邮箱的确认信才生效"
	if waiting != "" {
		hint = "等待确认：" + waiting + "。请打开发到那里的确认信"
	}
	a := ui.NewAsk(c, form, ferr)
	f := view.NewForm("/account", "保存",
		a.Text("displayName", "姓名", me.DisplayName, ui.Required, ui.Limit(60)),
		a.Kind(view.Email, "email", "电子邮箱", me.Email, ui.Hint(hint)),
		a.Kind(view.Tel, "phone", "电话", me.Phone))
	var options []view.Option
	for _, m := range memberships {
		options = append(
			options,
			view.Option{
				Value:   strconv.FormatInt(m.ID, 10),
				Label:   m.OrganisationName,
				Hint:    ui.Join(web.RoleLabels(m.Roles)),
				Checked: m.ID == c.Actor().MembershipID,
			},
		)
	}
	var side []ui.Block
	if len(memberships) > 1 {
		side = []ui.Block{{Card: true, Title: "现在代表", Parts: view.Parts{view.NewForm("/account/switch", "切换",
			view.Field{Kind: view.Radio, Name: "membership", Label: "单位", Required: true, Options: options})}}}
	}
	return ui.ShowSheet(c, c.Page("账号"), ui.Sheet{Heading: view.T(me.DisplayName), Lead: "登录名 " + me.LoginName, Sample: me.Sample,
		Tabs: ui.AccountTabs(c.Actor(), "/account"), Main: a.Blocks(f), Side: side})
}

func (p *Pages) saveAccount(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	name, email, phone := form.Text("displayName"), form.Text("email"), form.Text("phone")
	_, asked, err := p.Identity.UpdateAccount(c.Context(), c.Actor(),
		identity.AccountUpdate{DisplayName: &name, Email: &email, Phone: &phone})
	if err != nil {
		if ui.Refused(err) {
			return p.showAccount(c, form, err)
		}
		return err
	}
	said := "已保存。"
	if asked != "" {
		said = "已保存。确认信已发到 " + asked + "，打开里面的链接后新邮箱生效。"
	}
	c.Flash(view.OK, said)
	return c.See("/account")
}

func (p *Pages) switchOrganisation(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := p.Identity.Switch(c.Context(), c.Actor(), c.SessionToken(), form.ID("membership")); err != nil {
		return err
	}
	c.Flash(view.OK, "已切换。")
	return c.See("/desk")
}

func (p *Pages) password(c *web.Ctx) error { return p.showPassword(c, nil, nil) }

func (p *Pages) showPassword(c *web.Ctx, form *web.Form, ferr error) error {
	a := ui.NewAsk(c, form, ferr)
	f := view.NewForm(
		"/account/password",
		"更改密码",
		view.Field{
			Kind:         view.Password,
			Name:         "oldPassword",
			Label:        "现在的密码",
			Required:     true,
			Autocomplete: "current-password",
			Error:        a.Errors["oldPassword"],
		},
		view.Field{
			Kind:         view.Password,
			Name:         "newPassword",
			Label:        "新密码",
			Required:     true,
			Autocomplete: "new-password",
			Error:        a.Errors["newPassword"],
			Hint:         "至少 12 个字符；或至少 8 个字符，含大写、小写、数字、符号中的三类",
		},
	)
	return ui.ShowSheet(c, c.Page("密码与登录"), ui.Sheet{Tabs: ui.AccountTabs(c.Actor(), "/account/password"), Main: a.Blocks(f),
		Side: []ui.Block{
			{
				Card:  true,
				Title: "退出所有设备",
				Parts: view.Parts{
					view.Prose{view.T("怀疑别人用过您的账号时使用。您在这台设备上也要重新登录。")},
					view.Actions{{Label: "退出所有设备", Post: "/account/signout-everywhere", Kind: view.Danger}},
				},
			},
		}})
}

func (p *Pages) savePassword(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := p.Identity.ChangePassword(c.Context(), c.Actor(), c.SessionToken(), form.Values.Get("oldPassword"),
		form.Values.Get("newPassword")); err != nil {
		if ui.Refused(err) {
			return p.showPassword(c, form, err)
		}
		return err
	}
	c.Flash(view.OK, "密码已更改，其他设备已退出。")
	return c.See("/account/password")
}

func (p *Pages) signOutEverywhere(c *web.Ctx) error {
	if err := p.Identity.SignOutEverywhere(c.Context(), c.Actor()); err != nil {
		return err
	}
	c.ClearSession()
	return c.See("/signin")
}
