package people

import (
	"net/url"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) signUp(c *web.Ctx) error { return p.showSignUp(c, nil, nil) }

func personFields(a *ui.Ask) []view.Field {
	return []view.Field{
		a.Text("displayName", "您的姓名", "", ui.Required, ui.Fill("name"), ui.Limit(60)),
		a.Text("loginName", "登录名", "", ui.Required, ui.Fill("username"), ui.Hint("字母开头，可用字母、数字、点和连字符；登录时使用"), ui.Limit(50)),
		a.Kind(view.Email, "email", "电子邮箱", "", ui.Required, ui.Fill("email"), ui.Hint("确认信发到这里，请填您自己能收信的邮箱")),
		a.Kind(view.Tel, "phone", "手机或座机", "", ui.Fill("tel")),
		{Kind: view.Password, Name: "password", Label: "密码", Required: true, Autocomplete: "new-password", Error: a.Errors["password"],
			Hint: "至少 12 个字符；或至少 8 个字符，含大写、小写、数字、符号中的三类"},
	}
}

func readPerson(form *web.Form) identity.NewPerson {
	return identity.NewPerson{LoginName: form.Text("loginName"), DisplayName: form.Text("displayName"), Email: form.Text("email"),
		Phone: form.Text("phone"), Password: form.Values.Get("password")}
}

func (p *Pages) showSignUp(c *web.Ctx, form *web.Form, err error) error {
	a := ui.NewAsk(c, form, err)
	f := ui.FormOf("/signup", "注册",
		view.Section{Title: "单位", Hint: "一个单位只注册一次。本单位已经注册的，请向管理员要一份邀请。", Fields: []view.Field{
			a.Radio("organisation.kind", "单位类型", "", ui.OrgKinds, ui.Required),
			a.Text("organisation.name", "单位全称", "", ui.Required, ui.Hint("与营业执照或事业单位法人证书一致"), ui.Fill("organization"), ui.Limit(120)),
			a.Text("organisation.creditCode", "统一社会信用代码", "", ui.Hint("18 位。校验位不符只提醒，不影响注册"), ui.Width("m")),
			a.Kind(
				view.Combo,
				"organisation.division",
				"所在旗县市区",
				"",
				ui.Required,
				func(f *view.Field) { f.Options = ui.DivisionOptions("请选择", false) },
			),
			a.Text("organisation.address", "详细地址", "", ui.Fill("street-address")),
		}},
		view.Section{Title: "您本人", Hint: "您将成为本单位的管理员，可以邀请其他人。", Fields: personFields(a)})
	f.Guard = true
	return ui.ShowSheetStatus(c, ui.FormStatus(err), c.Page("注册单位"), ui.Sheet{
		Lead: "注册后先做一件事：打开我们发到您邮箱的确认信，点“确认”。确认之前只能写草稿，不能上传、邀请、发起对接和查看联系方式。单位信息由自治区管理员核对，核对之后可以发布和签约。",
		Main: a.Blocks(f),
	})
}

func (p *Pages) doSignUp(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	in := identity.SignUp{Person: readPerson(form), RequestID: c.RequestID(),
		Organisation: identity.NewOrganisation{Kind: actor.OrgKind(form.Text("organisation.kind")), Name: form.Text("organisation.name"),
			CreditCode: form.Text("organisation.creditCode"), Division: form.Text("organisation.division"),
			Profile: identity.OrgProfile{Address: form.Text("organisation.address")}}}
	if _, _, err := p.Identity.SignUp(c.Context(), in); err != nil {
		if ui.Refused(err) && !fault.Is(err, fault.TooMany) {
			return p.showSignUp(c, form, err)
		}
		return err
	}
	return p.enter(c, in.Person, c.T("注册成功。确认信已发到 %s，请打开信里的链接确认邮箱；现在可以先写草稿。", in.Person.Email))
}

// enter signs a person in who has just registered.
func (p *Pages) enter(c *web.Ctx, person identity.NewPerson, said string) error {
	session, err := p.Identity.SignIn(
		c.Context(),
		identity.SignIn{Login: person.LoginName, Password: person.Password, Address: c.RemoteAddr(), RequestID: c.RequestID()},
	)
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
	body := ui.Sheet{Lead: c.T("%s 邀请您加入 %s，身份：%s。", inv.InvitedBy, inv.OrganisationName, ui.Join(web.RoleLabels(inv.Roles)))}
	if c.Actor().SignedIn() {
		body.Main = []ui.Block{
			{Parts: view.Parts{view.Prose{view.T(c.T("以 %s 的账号加入。", c.Actor().Name))}, view.Actions{{Label: "加入", Post: address}}}},
		}
	} else {
		a := ui.NewAsk(c, form, ferr)
		f := view.NewForm(address, "注册并加入", personFields(a)...)
		body.Main = append(a.Blocks(f), ui.Block{Parts: view.Parts{view.Prose{view.T("已经有账号的，请先登录再打开这份邀请。")},
			view.Actions{{Label: "登录", Href: "/signin?next=" + url.QueryEscape(address), Kind: view.Quiet}}}})
	}
	return ui.ShowSheet(c, c.Page("加入单位"), body)
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
	if _, err := p.Identity.SignUpInvited(c.Context(), c.Param("token"), person, c.RequestID()); err != nil {
		if ui.Refused(err) && !fault.Is(err, fault.TooMany) {
			return p.showInvitation(c, form, err)
		}
		return err
	}
	return p.enter(c, person, c.T("已注册并加入。确认信已发到 %s，请打开信里的链接确认邮箱。", person.Email))
}
