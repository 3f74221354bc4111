package people

import (
	"net/url"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) signIn(c *web.Ctx) error {
	if c.Actor().SignedIn() {
		return c.SeeNext("/desk")
	}
	return p.showSignIn(c, nil, nil)
}

func (p *Pages) showSignIn(c *web.Ctx, form *web.Form, err error) error {
	a := ui.NewAsk(c, form, err)
	next := c.Query().Get("next")
	if form != nil {
		next = form.Text("next")
	}
	fields := []view.Field{
		a.Text("login", "登录名", "", ui.Required, ui.Fill("username")),
		{Kind: view.Password, Name: "password", Label: "密码", Required: true, Autocomplete: "current-password"},
	}
	f := view.NewForm("/signin", "登录", fields...)
	f.Hidden = []view.Pair{{Name: "next", Value: next}}
	body := ui.Sheet{Main: a.Blocks(f), Side: []ui.Block{{Card: true, Title: "还没有账号", Parts: view.Parts{view.Prose{
		view.T("单位的第一个人注册单位并成为管理员；以后的人由管理员邀请。")}, view.Actions{{Label: "注册单位", Href: "/signup", Kind: view.Quiet}}}},
		{Card: true, Title: "忘记密码", Parts: view.Parts{view.Actions{{Label: "重设密码", Href: "/signin/forgot", Kind: view.Quiet}}}}}}
	return ui.ShowSheetStatus(c, ui.StatusAfter(err), c.Page("登录"), body)
}

func (p *Pages) doSignIn(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	session, err := p.Identity.SignIn(
		c.Context(),
		identity.SignIn{Login: form.Text("login"), Password: form.Values.Get("password"), Address: c.RemoteAddr(), RequestID: c.RequestID()},
	)
	if err != nil {
		if ui.Refused(err) || fault.Is(err, fault.Unauthorized) {
			return p.showSignIn(c, form, err)
		}
		return err
	}
	if session.NeedsCode {
		return p.showSignInCode(c, session.Token, form, nil)
	}
	c.SetSession(session.Token, session.ExpiresAt)
	return c.SeeNext("/desk")
}

// showSignInCode is the second step. The token of the first stands in the form: it alone opens nothing.
func (p *Pages) showSignInCode(c *web.Ctx, step string, form *web.Form, err error) error {
	a := ui.NewAsk(c, nil, err)
	f := view.NewForm("/signin/code", "登录", codeField(a))
	f.Hidden = []view.Pair{{Name: "step", Value: step}, {Name: "next", Value: form.Text("next")}}
	return ui.ShowSheetStatus(
		c,
		ui.StatusAfter(err),
		c.Page("登录：第二步"),
		ui.Sheet{Lead: "密码正确。请打开手机上的身份验证器，输入“科技大市场”下面的 6 位数字。", Main: a.Blocks(f),
			Side: []ui.Block{
				{Card: true, Title: "手机不在身边", Parts: view.Parts{view.Prose{view.T("可以输入设置时保存的恢复码，每个只能用一次。恢复码也没有了，请本单位管理员或自治区管理员重置两步登录。")}}},
			}},
	)
}

func codeField(a *ui.Ask) view.Field {
	return view.Field{
		Name:         "code",
		Label:        "验证码",
		Hint:         "身份验证器上的 6 位数字，或一个恢复码",
		Required:     true,
		Autocomplete: "one-time-code",
		Width:        "m",
		Error:        a.Errors["code"],
	}
}

func (p *Pages) doSignInCode(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	step := form.Values.Get("step")
	session, err := p.Identity.SignInCode(c.Context(), step, form.Text("code"), c.RemoteAddr(), c.RequestID())
	switch {
	case fault.Is(err, fault.Unauthorized):
		return p.showSignIn(c, form, err)
	case ui.Refused(err):
		return p.showSignInCode(c, step, form, err)
	case err != nil:
		return err
	}
	c.SetSession(session.Token, session.ExpiresAt)
	return c.SeeNext("/desk")
}

func (p *Pages) forgot(c *web.Ctx) error { return p.showForgot(c, nil, nil) }

func (p *Pages) showForgot(c *web.Ctx, form *web.Form, err error) error {
	a := ui.NewAsk(c, form, err)
	f := view.NewForm("/signin/forgot", "发送链接", a.Text("login", "登录名", "", ui.Required, ui.Fill("username"), ui.Limit(50)))
	status := 200
	if err != nil {
		status = 422
		if fault.Is(err, fault.TooMany) {
			status = 429
		}
	}
	return ui.ShowSheetStatus(c, status, c.Page("重设密码"), ui.Sheet{Lead: "我们把设置新密码的链接发到这个账号登记的邮箱，30 分钟内有效。", Main: a.Blocks(f),
		Side: []ui.Block{{Card: true, Title: "收不到邮件", Parts: view.Parts{view.Prose{view.T("请查看垃圾邮件。账号没有登记邮箱的，请联系自治区管理员。")}}}}})
}

// doForgot answers every login the same.
func (p *Pages) doForgot(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := p.Identity.RequestReset(c.Context(), form.Text("login"), c.RequestID()); err != nil {
		if ui.Refused(err) || fault.Is(err, fault.TooMany) {
			return p.showForgot(c, form, err)
		}
		return err
	}
	c.Flash(view.OK, "如果这个账号存在并登记了邮箱，链接已经发出，请在 30 分钟内打开。")
	return c.See("/signin")
}

func (p *Pages) reset(c *web.Ctx) error {
	if err := p.Identity.ResetOpen(c.Context(), c.Param("token")); err != nil {
		return err
	}
	return p.showReset(c, nil, nil)
}

func (p *Pages) showReset(c *web.Ctx, form *web.Form, err error) error {
	a := ui.NewAsk(c, form, err)
	f := view.NewForm(
		"/signin/reset/"+url.PathEscape(c.Param("token")),
		"设置新密码",
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
	return ui.ShowSheetStatus(c, ui.FormStatus(err), c.Page("设置新密码"), ui.Sheet{Lead: "设置后，这个账号在所有设备上都要重新登录。", Main: a.Blocks(f)})
}

func (p *Pages) doReset(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := p.Identity.Reset(c.Context(), c.Param("token"), form.Values.Get("newPassword"), c.RequestID()); err != nil {
		if fault.Is(err, fault.Invalid) {
			return p.showReset(c, form, err)
		}
		return err
	}
	c.Flash(view.OK, "新密码已设置，请登录。")
	return c.See("/signin")
}

func (p *Pages) doSignOut(c *web.Ctx) error {
	if token := c.SessionToken(); token != "" {
		if err := p.Identity.SignOut(c.Context(), c.Actor(), token); err != nil {
			return err
		}
	}
	c.ClearSession()
	return c.See("/")
}
