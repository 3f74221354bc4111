package pages

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/view"
)

func (p *Pages) accountRoutes() []web.Route {
	guest, anyone := web.Anyone(), web.SignedIn()
	admin := web.Roles("本单位管理员", actor.OrgAdmin)
	region := web.Roles("自治区管理员", actor.RegionOfficer)
	officer := web.Roles("盟市、自治区管理员", actor.LeagueOfficer, actor.RegionOfficer)
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
		web.POST("/account/members/:id/two-factor", web.Roles("本单位管理员、自治区管理员", actor.OrgAdmin, actor.RegionOfficer), p.resetTwoFactor),
		web.POST("/account/invitations/:id/revoke", admin, p.revokeInvitation),
		web.GET("/account/tokens", anyone, p.tokens),
		web.POST("/account/tokens", anyone, p.createToken),
		web.POST("/account/tokens/:id/revoke", anyone, p.revokeToken),
		web.GET("/organisations", officer, p.organisations),
		web.GET("/organisations/:id", officer, p.organisation),
		web.POST("/organisations/:id", region, p.decideOrganisation),
	}
}

func (p *Pages) signIn(c *web.Ctx) error {
	if c.Actor().SignedIn() {
		return c.SeeNext("/desk")
	}
	return p.showSignIn(c, nil, nil)
}

func (p *Pages) showSignIn(c *web.Ctx, form *web.Form, err error) error {
	a := asking(form, err)
	next := c.Query().Get("next")
	if form != nil {
		next = form.Text("next")
	}
	fields := []view.Field{
		a.text("login", "登录名", "", required, fill("username")),
		{Kind: view.Password, Name: "password", Label: "密码", Required: true, Autocomplete: "current-password"},
	}
	f := view.NewForm("/signin", "登录", fields...)
	f.Hidden = []view.Pair{{Name: "next", Value: next}}
	body := Sheet{Main: a.blocks(f), Side: []Block{{Card: true, Title: "还没有账号", Prose: []view.Text{
		view.T("单位的第一个人注册单位并成为管理员；以后的人由管理员邀请。")},
		Actions: []view.Action{{Label: "注册单位", Href: "/signup", Kind: view.Quiet}}},
		{Card: true, Title: "忘记密码", Actions: []view.Action{{Label: "重设密码", Href: "/signin/forgot", Kind: view.Quiet}}}}}
	return sheetStatus(c, statusAfter(err), c.Page("登录"), body)
}

// statusAfter is the status of a form that is shown again after a refusal.
func statusAfter(err error) int {
	switch {
	case err == nil:
		return 200
	case fault.Is(err, fault.TooMany):
		return 429
	}
	return 422
}

func (p *Pages) doSignIn(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	session, err := p.Identity.SignIn(c.Context(), identity.SignIn{Login: form.Text("login"), Password: form.Values.Get("password"), Address: c.RemoteAddr(), RequestID: c.RequestID()})
	if err != nil {
		if refused(err) || fault.Is(err, fault.Unauthorized) {
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
	a := asking(nil, err)
	f := view.NewForm("/signin/code", "登录", codeField(a))
	f.Hidden = []view.Pair{{Name: "step", Value: step}, {Name: "next", Value: form.Text("next")}}
	return sheetStatus(c, statusAfter(err), c.Page("登录：第二步"), Sheet{Lead: "密码正确。请打开手机上的身份验证器，输入“科技大市场”下面的 6 位数字。", Main: a.blocks(f),
		Side: []Block{{Card: true, Title: "手机不在身边", Prose: []view.Text{view.T("可以输入设置时保存的恢复码，每个只能用一次。恢复码也没有了，请本单位管理员或自治区管理员重置两步登录。")}}}})
}

func codeField(a *ask) view.Field {
	return view.Field{Name: "code", Label: "验证码", Hint: "身份验证器上的 6 位数字，或一个恢复码", Required: true, Autocomplete: "one-time-code", Width: "m", Error: a.errors["code"]}
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
	case refused(err):
		return p.showSignInCode(c, step, form, err)
	case err != nil:
		return err
	}
	c.SetSession(session.Token, session.ExpiresAt)
	return c.SeeNext("/desk")
}

func (p *Pages) forgot(c *web.Ctx) error { return p.showForgot(c, nil, nil) }

func (p *Pages) showForgot(c *web.Ctx, form *web.Form, err error) error {
	a := asking(form, err)
	f := view.NewForm("/signin/forgot", "发送链接", a.text("login", "登录名", "", required, fill("username"), limit(50)))
	status := 200
	if err != nil {
		status = 422
		if fault.Is(err, fault.TooMany) {
			status = 429
		}
	}
	return sheetStatus(c, status, c.Page("重设密码"), Sheet{Lead: "我们把设置新密码的链接发到这个账号登记的邮箱，30 分钟内有效。", Main: a.blocks(f),
		Side: []Block{{Card: true, Title: "收不到邮件", Prose: []view.Text{view.T("请查看垃圾邮件。账号没有登记邮箱的，请联系自治区管理员。")}}}})
}

// doForgot answers every login the same.
func (p *Pages) doForgot(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := p.Identity.RequestReset(c.Context(), form.Text("login"), c.RemoteAddr(), c.RequestID()); err != nil {
		if refused(err) || fault.Is(err, fault.TooMany) {
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
	a := asking(form, err)
	f := view.NewForm("/signin/reset/"+url.PathEscape(c.Param("token")), "设置新密码",
		view.Field{Kind: view.Password, Name: "newPassword", Label: "新密码", Required: true, Autocomplete: "new-password", Error: a.errors["newPassword"],
			Hint: "至少 12 个字符；或至少 8 个字符，含大写、小写、数字、符号中的三类"})
	return sheetStatus(c, formStatus(err), c.Page("设置新密码"), Sheet{Lead: "设置后，这个账号在所有设备上都要重新登录。", Main: a.blocks(f)})
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

func (p *Pages) signUp(c *web.Ctx) error { return p.showSignUp(c, nil, nil) }

func personFields(a *ask) []view.Field {
	return []view.Field{
		a.text("displayName", "您的姓名", "", required, fill("name"), limit(60)),
		a.text("loginName", "登录名", "", required, fill("username"), hint("字母开头，可用字母、数字、点和连字符；登录时使用"), limit(50)),
		a.kind(view.Email, "email", "电子邮箱", "", required, fill("email")),
		a.kind(view.Tel, "phone", "手机或座机", "", fill("tel")),
		{Kind: view.Password, Name: "password", Label: "密码", Required: true, Autocomplete: "new-password", Error: a.errors["password"],
			Hint: "至少 12 个字符；或至少 8 个字符，含大写、小写、数字、符号中的三类"},
	}
}

func readPerson(form *web.Form) identity.NewPerson {
	return identity.NewPerson{LoginName: form.Text("loginName"), DisplayName: form.Text("displayName"), Email: form.Text("email"),
		Phone: form.Text("phone"), Password: form.Values.Get("password")}
}

func (p *Pages) showSignUp(c *web.Ctx, form *web.Form, err error) error {
	a := asking(form, err)
	f := formOf("/signup", "注册",
		view.Section{Title: "单位", Hint: "一个单位只注册一次。本单位已经注册的，请向管理员要一份邀请。", Fields: []view.Field{
			a.radio("organisation.kind", "单位类型", "", orgKinds, required),
			a.text("organisation.name", "单位全称", "", required, hint("与营业执照或事业单位法人证书一致"), fill("organization"), limit(120)),
			a.text("organisation.creditCode", "统一社会信用代码", "", hint("18 位。校验位不符只提醒，不影响注册"), width("m")),
			a.kind(view.Combo, "organisation.division", "所在旗县市区", "", required, func(f *view.Field) { f.Options = divisionOptions("请选择", false) }),
			a.text("organisation.address", "详细地址", "", fill("street-address")),
		}},
		view.Section{Title: "您本人", Hint: "您将成为本单位的管理员，可以邀请其他人。", Fields: personFields(a)})
	f.Guard = true
	return sheetStatus(c, formStatus(err), c.Page("注册单位"), Sheet{
		Lead: "注册后由自治区管理员核对单位信息。确认之前可以写草稿，确认之后可以发布和签约。",
		Main: a.blocks(f),
	})
}

func (p *Pages) doSignUp(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	in := identity.SignUp{Person: readPerson(form), Address: c.RemoteAddr(), RequestID: c.RequestID(),
		Organisation: identity.NewOrganisation{Kind: actor.OrgKind(form.Text("organisation.kind")), Name: form.Text("organisation.name"),
			CreditCode: form.Text("organisation.creditCode"), Division: form.Text("organisation.division"),
			Profile: identity.OrgProfile{Address: form.Text("organisation.address")}}}
	if _, _, err := p.Identity.SignUp(c.Context(), in); err != nil {
		if refused(err) {
			return p.showSignUp(c, form, err)
		}
		return err
	}
	return p.enter(c, in.Person, "注册成功。自治区管理员确认单位后就可以发布；现在可以先写草稿。")
}

// enter signs a person in who has just registered.
func (p *Pages) enter(c *web.Ctx, person identity.NewPerson, said string) error {
	session, err := p.Identity.SignIn(c.Context(), identity.SignIn{Login: person.LoginName, Password: person.Password, Address: c.RemoteAddr(), RequestID: c.RequestID()})
	if err != nil {
		return err
	}
	c.SetSession(session.Token, session.ExpiresAt)
	c.Flash(view.OK, said)
	return c.See("/desk")
}

func (p *Pages) invitation(c *web.Ctx) error { return p.showInvitation(c, nil, nil) }

func (p *Pages) showInvitation(c *web.Ctx, form *web.Form, ferr error) error {
	inv, err := p.Identity.InvitationByToken(c.Context(), c.Param("token"))
	if err != nil {
		return err
	}
	address := "/invitations/" + url.PathEscape(c.Param("token"))
	body := Sheet{Lead: fmt.Sprintf("%s 邀请您加入 %s，身份：%s。", inv.InvitedBy, inv.OrganisationName, join(web.RoleLabels(inv.Roles)))}
	if c.Actor().SignedIn() {
		body.Main = []Block{{Prose: []view.Text{view.T("以 " + c.Actor().Name + " 的账号加入。")}, Actions: []view.Action{{Label: "加入", Post: address}}}}
	} else {
		a := asking(form, ferr)
		f := view.NewForm(address, "注册并加入", personFields(a)...)
		body.Main = append(a.blocks(f), Block{Prose: []view.Text{view.T("已经有账号的，请先登录再打开这份邀请。")},
			Actions: []view.Action{{Label: "登录", Href: "/signin?next=" + url.QueryEscape(address), Kind: view.Quiet}}})
	}
	return sheet(c, c.Page("加入单位"), body)
}

func (p *Pages) acceptInvitation(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if c.Actor().SignedIn() {
		if err := p.Identity.AcceptInvitation(c.Context(), c.Actor(), c.Param("token")); err != nil {
			return err
		}
		c.Flash(view.OK, "已加入。可以在“账号与单位”里切换所代表的单位。")
		return c.See("/account")
	}
	person := readPerson(form)
	if _, err := p.Identity.SignUpInvited(c.Context(), c.Param("token"), person, c.RemoteAddr(), c.RequestID()); err != nil {
		if refused(err) {
			return p.showInvitation(c, form, err)
		}
		return err
	}
	return p.enter(c, person, "已注册并加入。")
}

func accountTabs(who actor.Actor, active string) *view.Tabs {
	t := &view.Tabs{Label: "账号与单位"}
	links := []view.Link{{Label: "账号", Href: "/account"}, {Label: "密码与登录", Href: "/account/password"}, {Label: "两步登录", Href: web.TwoFactorPath}, {Label: "单位", Href: "/account/organisation"},
		{Label: "成员", Href: "/account/members"}, {Label: "接口令牌", Href: "/account/tokens"}}
	if who.Has(actor.Broker) {
		links = slices.Insert(links, 3, view.Link{Label: "经纪人资料", Href: "/account/broker"})
	}
	for _, l := range links {
		l.Current = l.Href == active
		t.Items = append(t.Items, l)
	}
	return t
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
	a := asking(form, ferr)
	f := view.NewForm("/account", "保存",
		a.text("displayName", "姓名", me.DisplayName, required, limit(60)),
		a.kind(view.Email, "email", "电子邮箱", me.Email),
		a.kind(view.Tel, "phone", "电话", me.Phone))
	var options []view.Option
	for _, m := range memberships {
		options = append(options, view.Option{Value: strconv.FormatInt(m.ID, 10), Label: m.OrganisationName, Hint: join(web.RoleLabels(m.Roles)), Checked: m.ID == c.Actor().MembershipID})
	}
	var side []Block
	if len(memberships) > 1 {
		side = []Block{{Card: true, Title: "现在代表", Forms: []view.Form{view.NewForm("/account/switch", "切换",
			view.Field{Kind: view.Radio, Name: "membership", Label: "单位", Required: true, Options: options})}}}
	}
	return sheet(c, c.Page("账号"), Sheet{Heading: view.T(me.DisplayName), Lead: "登录名 " + me.LoginName, Sample: me.Sample,
		Tabs: accountTabs(c.Actor(), "/account"), Main: a.blocks(f), Side: side})
}

func (p *Pages) saveAccount(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	name, email, phone := form.Text("displayName"), form.Text("email"), form.Text("phone")
	if _, err := p.Identity.UpdateAccount(c.Context(), c.Actor(), identity.AccountUpdate{DisplayName: &name, Email: &email, Phone: &phone}); err != nil {
		if refused(err) {
			return p.showAccount(c, form, err)
		}
		return err
	}
	c.Flash(view.OK, "已保存。")
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
	a := asking(form, ferr)
	f := view.NewForm("/account/password", "更改密码",
		view.Field{Kind: view.Password, Name: "oldPassword", Label: "现在的密码", Required: true, Autocomplete: "current-password", Error: a.errors["oldPassword"]},
		view.Field{Kind: view.Password, Name: "newPassword", Label: "新密码", Required: true, Autocomplete: "new-password", Error: a.errors["newPassword"],
			Hint: "至少 12 个字符；或至少 8 个字符，含大写、小写、数字、符号中的三类"})
	return sheet(c, c.Page("密码与登录"), Sheet{Tabs: accountTabs(c.Actor(), "/account/password"), Main: a.blocks(f),
		Side: []Block{{Card: true, Title: "退出所有设备", Prose: []view.Text{view.T("怀疑别人用过您的账号时使用。您在这台设备上也要重新登录。")},
			Actions: []view.Action{{Label: "退出所有设备", Post: "/account/signout-everywhere", Kind: view.Danger}}}}})
}

func (p *Pages) savePassword(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := p.Identity.ChangePassword(c.Context(), c.Actor(), c.SessionToken(), form.Values.Get("oldPassword"), form.Values.Get("newPassword")); err != nil {
		if refused(err) {
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

func (p *Pages) ownOrganisation(c *web.Ctx) error { return p.showOrganisationForm(c, nil, nil) }

func (p *Pages) showOrganisationForm(c *web.Ctx, form *web.Form, ferr error) error {
	who := c.Actor()
	o, err := p.Identity.Organisation(c.Context(), who.OrgID)
	if err != nil {
		return err
	}
	body := Sheet{Heading: view.T(o.Name), Tags: []view.Tag{orgStateTag(o.State)}, Sample: o.Sample, Tabs: accountTabs(c.Actor(), "/account/organisation")}
	if o.StateReason != "" && o.State != actor.Confirmed {
		body.Main = append(body.Main, Block{Notice: &view.Notice{Tone: view.Warn, Title: "管理员的意见", Text: o.StateReason}})
	}
	if w := codes.USCC(o.CreditCode); o.CreditCode != "" && w.Warned() {
		body.Main = append(body.Main, Block{Notice: &view.Notice{Tone: view.Warn, Title: "统一社会信用代码可能有误", Text: w.Message}})
	}
	if !who.Has(actor.OrgAdmin) {
		body.Main = append(body.Main, organisationFacts(o))
		return sheet(c, c.Page("单位"), body)
	}
	a := asking(form, ferr)
	locked := o.State == actor.Confirmed
	lock := func(f *view.Field) {
		if locked {
			f.ReadOnly = true
			f.Hint = "已经核对过。需要更改请联系自治区管理员"
		}
	}
	basics := []view.Field{
		a.text("name", "单位全称", o.Name, required, lock, limit(120)),
		a.text("creditCode", "统一社会信用代码", o.CreditCode, lock, width("m")),
	}
	if !locked {
		basics = append(basics, a.kind(view.Combo, "division", "所在旗县市区", o.Division, required, func(f *view.Field) { f.Options = divisionOptions("请选择", false) }))
	}
	f := formOf("/account/organisation", "保存",
		view.Section{Title: "核对过的信息", Fields: basics},
		view.Section{Title: "合同和联系用的信息", Hint: "写一次，以后签合同、填登记表时自动带入。", Fields: []view.Field{
			a.text("profile.address", "地址", o.Profile.Address),
			a.text("profile.legalRepresentative", "法定代表人", o.Profile.LegalRepresentative, width("m")),
			a.text("profile.contact", "联系人", o.Profile.Contact, width("m")),
			a.kind(view.Tel, "profile.phone", "联系电话", o.Profile.Phone, width("m")),
			a.kind(view.Email, "profile.email", "电子邮箱", o.Profile.Email, width("m")),
			a.choose("profile.nature", "单位性质", o.Profile.Nature, natureOptions()),
			a.choose("profile.industry", "国民经济行业", o.Profile.Industry, topOptions(codes.Industry, "请选择")),
			a.area("profile.introduction", "单位简介", o.Profile.Introduction, limit(2000)),
		}})
	f.Hidden = []view.Pair{{Name: "version", Value: a.value("version", strconv.Itoa(o.Version))}}
	f.Guard = true
	body.Main = append(body.Main, a.blocks(f)...)
	if o.State == actor.Returned {
		body.Actions = []view.Action{{Label: "改好了，重新提交", Post: "/account/organisation/resubmit"}}
	}
	return sheet(c, c.Page("单位"), body)
}

func organisationFacts(o identity.Organisation) Block {
	return Block{Facts: &view.Facts{Items: []view.Fact{
		{Label: "类型", Value: orgKindLabel(o.Kind)}, {Label: "统一社会信用代码", Value: o.CreditCode, Num: true},
		{Label: "所在地", Value: region.FullName(o.Division)}, {Label: "地址", Value: o.Profile.Address},
		{Label: "法定代表人", Value: o.Profile.LegalRepresentative}, {Label: "联系人", Value: o.Profile.Contact},
		{Label: "联系电话", Value: o.Profile.Phone, Num: true}, {Label: "单位性质", Value: codes.PartyNature.Label(o.Profile.Nature)},
		{Label: "国民经济行业", Value: codes.Industry.Label(o.Profile.Industry)},
		{Label: "简介", Text: view.T(o.Profile.Introduction)},
	}}}
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
	profile.Nature, profile.Industry, profile.Introduction = form.Text("profile.nature"), form.Text("profile.industry"), form.Text("profile.introduction")
	u := identity.OrganisationUpdate{Version: form.Int("version"), Profile: &profile}
	if o.State != actor.Confirmed {
		name, code, division := form.Text("name"), form.Text("creditCode"), form.Text("division")
		u.Name, u.CreditCode, u.Division = &name, &code, &division
	}
	if _, err := p.Identity.UpdateOrganisation(c.Context(), who, o.ID, u); err != nil {
		if refused(err) {
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
	body := Sheet{Lead: who.OrgName, Tabs: accountTabs(c.Actor(), "/account/members")}
	if link != "" {
		body.Main = append(body.Main, Block{Notice: &view.Notice{Tone: view.OK, Title: "邀请已生成",
			Text: "已配置邮件时会自动寄出；也可以把下面的地址直接发给对方。地址只显示这一次。"}, Digests: []view.Digest{{Label: "邀请地址", Value: link}}})
	}
	rows := view.Rows{Label: "成员", Empty: view.Empty{Title: "还没有成员"}}
	for _, m := range members {
		row := view.Row{HeadingTag: "h2", Title: view.T(m.DisplayName), Meta: []string{m.LoginName, join(web.RoleLabels(m.Roles)), "加入于 " + view.Day(m.CreatedAt)}}
		if m.TwoFactor {
			row.Tags = []view.Tag{{Label: "两步登录"}}
		}
		rows.Items = append(rows.Items, row)
	}
	body.Main = append(body.Main, Block{Rows: &rows})
	if admin {
		for _, m := range members {
			f := view.NewForm(fmt.Sprintf("/account/members/%d", m.MembershipID), "保存身份",
				view.Field{Kind: view.Check, Name: "roles", ID: fmt.Sprintf("roles-%d", m.MembershipID), Label: m.DisplayName + "的身份", Required: true, Options: roleOptions(who, m.Roles)})
			actions := []view.Action{{Label: "移出本单位", Post: fmt.Sprintf("/account/members/%d/end", m.MembershipID), Kind: view.Danger, Small: true}}
			if m.TwoFactor && m.AccountID != who.AccountID {
				actions = append(actions, resetTwoFactorAction(m, "/account/members"))
			}
			body.Main = append(body.Main, Block{Fold: "更改" + m.DisplayName + "的身份", Forms: []view.Form{f}, Actions: actions})
		}
		a := asking(form, ferr)
		f := view.NewForm("/account/members/invite", "生成邀请",
			a.kind(view.Email, "email", "对方的电子邮箱", "", required),
			a.checks("roles", "身份", []string{string(actor.Member)}, roleOptions(who, nil), required))
		side := Block{Card: true, Title: "邀请同事", Intro: "邀请 14 天内有效。"}
		if a.notice != nil {
			side.Notice = a.notice
		}
		side.Forms = []view.Form{f}
		body.Side = append(body.Side, side)
		invitations, err := p.Identity.Invitations(c.Context(), who, who.OrgID)
		if err != nil {
			return err
		}
		open := view.Rows{Label: "未接受的邀请"}
		for _, inv := range invitations {
			if inv.Open(c.Now()) {
				open.Items = append(open.Items, view.Row{Title: view.T(inv.Email), Meta: []string{join(web.RoleLabels(inv.Roles)), "有效到 " + view.Day(inv.ExpiresAt)},
					Actions: []view.Action{{Label: "撤回邀请", Post: fmt.Sprintf("/account/invitations/%d/revoke", inv.ID), Kind: view.Quiet, Small: true}}})
			}
		}
		if len(open.Items) > 0 {
			body.Side = append(body.Side, Block{Title: "未接受的邀请", Rows: &open})
		}
	}
	return sheet(c, c.Page("成员"), body)
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
		if refused(err) {
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
		return p.flashRefusal(c, err, "/account/members")
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
		return p.flashRefusal(c, err, "/account/members")
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

// flashRefusal answers a one-button action that the service refused: the reason is shown on the page it came from.
func (p *Pages) flashRefusal(c *web.Ctx, err error, back string) error {
	if !refused(err) {
		return err
	}
	f := web.AsFault(err)
	text := f.Message
	for _, field := range f.Fields {
		text += "：" + field.Message
	}
	c.Flash(view.Bad, text)
	return c.See(back)
}

func (p *Pages) tokens(c *web.Ctx) error { return p.showTokens(c, nil, nil, "") }

func (p *Pages) showTokens(c *web.Ctx, form *web.Form, ferr error, secret string) error {
	tokens, err := p.Identity.Tokens(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	a := asking(form, ferr)
	body := Sheet{Tabs: accountTabs(c.Actor(), "/account/tokens"), Lead: "程序用令牌代表您和现在的单位调用接口，权限与您本人相同。"}
	if secret != "" {
		body.Main = append(body.Main, Block{Notice: &view.Notice{Tone: view.OK, Title: "令牌已创建", Text: "请现在复制保存，以后不再显示。"}, Digests: []view.Digest{{Label: "令牌", Value: secret}}})
	}
	rows := view.Rows{Label: "令牌", Empty: view.Empty{Icon: "key", Title: "还没有令牌", Text: "需要程序调用接口时再创建。"}}
	for _, t := range tokens {
		row := view.Row{Title: view.T(t.Name), Meta: []string{t.OrganisationName, "创建于 " + view.Day(t.CreatedAt)}}
		if t.ExpiresAt != nil {
			row.Meta = append(row.Meta, "有效到 "+view.Day(*t.ExpiresAt))
		}
		if t.UsedAt != nil {
			row.Meta = append(row.Meta, "最近使用 "+view.Day(*t.UsedAt))
		}
		if t.RevokedAt != nil {
			row.Tags = []view.Tag{{Label: "已撤销"}}
		} else {
			row.Actions = []view.Action{{Label: "撤销", Post: fmt.Sprintf("/account/tokens/%d/revoke", t.ID), Kind: view.Danger, Small: true}}
		}
		rows.Items = append(rows.Items, row)
	}
	body.Main = append(body.Main, Block{Rows: &rows})
	side := Block{Card: true, Title: "创建令牌", Forms: []view.Form{view.NewForm("/account/tokens", "创建",
		a.text("name", "名称", "", required, limit(50), hint("写明用在哪里，例如“科研系统同步”")),
		a.date("expiresAt", "有效到", time.Time{}, hint("不填则一直有效，直到撤销")))}}
	if a.notice != nil {
		side.Notice = a.notice
	}
	body.Side = []Block{side, {Links: []view.Link{{Label: "接口说明", Href: "/api/v1/docs"}}}}
	return sheet(c, c.Page("接口令牌"), body)
}

func (p *Pages) createToken(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	var expires *time.Time
	if t := form.Date("expiresAt"); !t.IsZero() {
		expires = &t
	}
	err = formErr(form)
	var secret string
	if err == nil {
		_, secret, err = p.Identity.CreateToken(c.Context(), c.Actor(), form.Text("name"), expires)
	}
	if err != nil {
		if refused(err) {
			return p.showTokens(c, form, err, "")
		}
		return err
	}
	return p.showTokens(c, nil, nil, secret)
}

func (p *Pages) revokeToken(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	if err := p.Identity.RevokeToken(c.Context(), c.Actor(), id); err != nil {
		return err
	}
	c.Flash(view.OK, "令牌已撤销。")
	return c.See("/account/tokens")
}

// organisationsEmpty tells an office with nothing to do from a search that found nothing.
func organisationsEmpty(state, text string) view.Empty {
	if state == actor.Pending && text == "" {
		return view.Empty{Title: "没有待确认的单位", Text: "新注册的单位会出现在这里，核对后由您确认。"}
	}
	return view.Empty{Title: "这里没有单位", Text: "换一个状态，或换一个名称再找。"}
}

func (p *Pages) organisations(c *web.Ctx) error {
	q := c.QueryForm()
	state := q.Text("state")
	if !q.Values.Has("state") {
		state = actor.Pending
	}
	filter := identity.OrganisationFilter{Text: q.Text("q"), State: state, Division: q.Text("division"), After: q.ID("after"), Limit: 50}
	if kind := q.Text("kind"); kind != "" {
		filter.Kinds = []actor.OrgKind{actor.OrgKind(kind)}
	}
	orgs, err := p.Identity.FindOrganisations(c.Context(), c.Actor(), filter)
	if err != nil {
		return err
	}
	counts, err := p.Identity.OrganisationCounts(c.Context(), c.Actor().Sample)
	if err != nil {
		return err
	}
	tabs := &view.Tabs{Label: "按状态"}
	for _, s := range []struct{ state, label string }{{actor.Pending, "待确认"}, {actor.Confirmed, "已确认"}, {actor.Returned, "已退回"}, {actor.Suspended, "已暂停"}} {
		tabs.Items = append(tabs.Items, view.Link{Label: s.label, Href: "/organisations?state=" + s.state, Current: state == s.state, Count: counts[s.state], HasCount: true})
	}
	rows := view.Rows{Label: "单位", Empty: organisationsEmpty(state, q.Text("q"))}
	for _, o := range orgs {
		rows.Items = append(rows.Items, view.Row{Title: view.T(o.Name), Href: fmt.Sprintf("/organisations/%d", o.ID),
			Meta: []string{orgKindLabel(o.Kind), region.FullName(o.Division), "注册于 " + view.Day(o.CreatedAt)}, Tags: []view.Tag{orgStateTag(o.State)}, Sample: o.Sample})
	}
	pager := view.Pager{Total: -1}
	if len(orgs) == filter.Limit {
		v := c.Query()
		v.Set("after", strconv.FormatInt(orgs[len(orgs)-1].ID, 10))
		pager.Next = "/organisations?" + v.Encode()
	}
	return listPageOf(c, c.Page("单位确认"), Listing{Tabs: tabs, Rows: &rows, Pager: pager,
		Search: &view.Search{Action: "/organisations", Value: q.Text("q"), Label: "单位名称或信用代码", Hidden: []view.Pair{{Name: "state", Value: state}}}})
}

func (p *Pages) organisation(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	o, err := p.Identity.Organisation(c.Context(), id)
	if err != nil {
		return err
	}
	if !c.Actor().Covers(o.Division) {
		return fault.New(fault.NotFound, "organisation", "没有这个单位，或它不在您管理的地区。")
	}
	page := c.Page(o.Name)
	page.Breadcrumbs = []view.Link{{Label: "单位确认", Href: "/organisations"}}
	body := Sheet{Heading: view.T(o.Name), Tags: []view.Tag{orgStateTag(o.State)}, Sample: o.Sample, Main: []Block{organisationFacts(o)}}
	if w := codes.USCC(o.CreditCode); o.CreditCode != "" && w.Warned() {
		body.Main = append([]Block{{Notice: &view.Notice{Tone: view.Warn, Title: "统一社会信用代码可能有误", Text: w.Message}}}, body.Main...)
	}
	if c.Actor().Has(actor.RegionOfficer) {
		action := fmt.Sprintf("/organisations/%d", o.ID)
		members, err := p.Identity.Members(c.Context(), c.Actor(), o.ID)
		if err != nil {
			return err
		}
		rows := view.Rows{Label: "成员", Empty: view.Empty{Title: "还没有成员"}}
		for _, m := range members {
			row := view.Row{Title: view.T(m.DisplayName), Meta: []string{m.LoginName, join(web.RoleLabels(m.Roles))}}
			if m.TwoFactor {
				row.Tags = []view.Tag{{Label: "两步登录"}}
				if m.AccountID != c.Actor().AccountID {
					row.Actions = []view.Action{resetTwoFactorAction(m, action)}
				}
			}
			rows.Items = append(rows.Items, row)
		}
		body.Main = append(body.Main, Block{Title: "成员", Rows: &rows})
		button := func(label string, event identity.OrgEvent, kind view.Kind) view.Action {
			return view.Action{Label: label, Name: "event", Value: string(event), Kind: kind}
		}
		f := view.NewForm(action, "", view.Field{Kind: view.Area, Name: "reason", Label: "意见", Hint: "退回、暂停时必填，单位会看到", Max: 500})
		switch o.State {
		case actor.Pending:
			f.Actions = []view.Action{button("确认", identity.OrgConfirm, view.Primary), button("退回", identity.OrgReturn, view.Danger)}
		case actor.Confirmed:
			f.Actions = []view.Action{button("暂停", identity.OrgSuspend, view.Danger)}
		case actor.Suspended:
			f.Actions = []view.Action{button("恢复", identity.OrgRestore, view.Primary)}
		case actor.Returned:
			f.Actions = nil
		}
		if f.Actions != nil {
			body.Side = []Block{{Card: true, Title: "处理", Forms: []view.Form{f}}}
		}
	}
	return sheet(c, page, body)
}

func (p *Pages) decideOrganisation(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	back := fmt.Sprintf("/organisations/%d", id)
	if _, err := p.Identity.DoOrganisation(c.Context(), c.Actor(), id, identity.OrgEvent(form.Text("event")), form.Text("reason")); err != nil {
		return p.flashRefusal(c, err, back)
	}
	c.Flash(view.OK, "已处理。")
	return c.See("/organisations")
}
