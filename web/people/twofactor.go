package people

import (
	"fmt"
	"net/url"
	"strings"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) twoFactor(c *web.Ctx) error { return p.showTwoFactor(c, nil, nil) }

// showTwoFactor shows how to set the second step up, or how to switch it off.
func (p *Pages) showTwoFactor(c *web.Ctx, form *web.Form, ferr error) error {
	me, err := p.Identity.Account(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	a := ui.NewAsk(c, form, ferr)
	body := ui.Sheet{Tabs: ui.AccountTabs(c.Actor(), web.TwoFactorPath), Lead: "登录时除了密码，再输入手机上身份验证器的 6 位数字。别人知道了密码也进不来。"}
	if me.TwoFactor {
		f := view.NewForm(
			web.TwoFactorPath+"/off",
			"关闭两步登录",
			view.Field{
				Kind:         view.Password,
				Name:         "password",
				Label:        "现在的密码",
				Required:     true,
				Autocomplete: "current-password",
				Error:        a.Errors["password"],
			},
			codeField(a),
		)
		f.Actions = []view.Action{{Label: "关闭两步登录", Kind: view.Danger}}
		state := view.Notice{Tone: view.OK, Title: "两步登录已开启", Text: fmt.Sprintf("还有 %d 个恢复码没有用过。", me.Recovery)}
		if me.Recovery < 3 {
			state = view.Notice{Tone: view.Warn, Title: "两步登录已开启，恢复码快用完了", Text: fmt.Sprintf("还有 %d 个。关闭后重新设置，会得到一组新的恢复码。", me.Recovery)}
		}
		body.Main = append([]ui.Block{{Parts: view.Parts{state}}, {Title: "关闭，或换一部手机", Intro: "换手机时，先在这里关闭，再用新手机重新设置。"}}, a.Blocks(f)...)
		return ui.ShowSheetStatus(c, ui.StatusAfter(ferr), c.Page("两步登录"), body)
	}
	if c.Actor().MustSetUpTwoFactor {
		body.Main = append(
			body.Main,
			ui.Block{Parts: view.Parts{view.Notice{Tone: view.Warn, Title: "请先设置两步登录", Text: "登记点、政府和管理员账号必须使用两步登录。设置好以后就可以继续工作。"}}},
		)
	}
	var secret, address string
	if form != nil {
		secret = form.Text("secret")
		address, err = p.Identity.TwoFactorURL(c.Context(), c.Actor(), secret)
	}
	if form == nil || fault.Is(err, fault.Invalid) {
		secret, address, err = p.Identity.NewTwoFactor(c.Context(), c.Actor())
	}
	if err != nil {
		return err
	}
	qr, err := view.QR(address, "设置身份验证器的二维码")
	if err != nil {
		return err
	}
	f := view.NewForm(web.TwoFactorPath, "开启两步登录", codeField(a))
	f.Sections[0].Fields[0].Hint, f.Sections[0].Fields[0].InputMode = "身份验证器上现在显示的 6 位数字", "numeric"
	f.Hidden = []view.Pair{{Name: "secret", Value: secret}}
	body.Main = append(
		body.Main,
		ui.Block{Title: "一、装一个身份验证器", Parts: view.Parts{view.Prose{view.T("在手机的应用商店里搜索“身份验证器”，装任何一个支持 TOTP 的都可以。已经有的直接用。")}}},
		ui.Block{
			Title: "二、扫描二维码",
			Intro: "在身份验证器里选“添加账号”，扫描下面的二维码；不能扫码时，手工输入密钥。",
			Parts: view.Parts{qr, view.Digests{{ID: "secret", Label: "密钥", Value: groups(secret)}}},
		},
		ui.Block{Title: "三、输入验证码"},
	)
	body.Main = append(body.Main, a.Blocks(f)...)
	return ui.ShowSheetStatus(c, ui.StatusAfter(ferr), c.Page("两步登录"), body)
}

// groups sets a key in fours, as authenticators show and take it.
func groups(key string) string {
	var parts []string
	for len(key) > 4 {
		parts, key = append(parts, key[:4]), key[4:]
	}
	return strings.Join(append(parts, key), " ")
}

func (p *Pages) enableTwoFactor(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	recovery, err := p.Identity.EnableTwoFactor(c.Context(), c.Actor(), form.Text("secret"), form.Text("code"))
	if err != nil {
		if ui.Refused(err) {
			return p.showTwoFactor(c, form, err)
		}
		return err
	}
	return ui.ShowSheet(c, c.Page("两步登录"), ui.Sheet{Tabs: ui.AccountTabs(c.Actor(), web.TwoFactorPath), Main: []ui.Block{
		{Parts: view.Parts{view.Notice{Tone: view.OK, Title: "两步登录已开启", Text: "下次登录时，输入密码后还要输入验证码。"}}},
		{
			Title: "请保存恢复码",
			Intro: "手机不在身边时，用一个恢复码代替验证码，每个只能用一次。请抄下来或打印，放在安全的地方；这一页只显示这一次。",
			Parts: view.Parts{view.Prose{view.T(strings.Join(recovery, "\n"))}, view.Actions{{Label: "已经保存，继续", Href: "/desk"}}},
		}}})
}

func (p *Pages) disableTwoFactor(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := p.Identity.DisableTwoFactor(c.Context(), c.Actor(), form.Values.Get("password"), form.Text("code")); err != nil {
		if ui.Refused(err) {
			return p.showTwoFactor(c, form, err)
		}
		return err
	}
	c.Flash(view.OK, "两步登录已关闭。")
	return c.See(web.TwoFactorPath)
}

func resetTwoFactorAction(m identity.MemberInfo, back string) view.Action {
	return view.Action{
		Label: "重置两步登录",
		Post:  fmt.Sprintf("/account/members/%d/two-factor?next=%s", m.MembershipID, url.QueryEscape(back)),
		Kind:  view.Quiet,
		Small: true,
	}
}

func (p *Pages) resetTwoFactor(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	if err := p.Identity.ResetTwoFactor(c.Context(), c.Actor(), id); err != nil {
		return ui.FlashRefusal(c, err, "/account/members")
	}
	c.Flash(view.OK, "两步登录已重置，这个账号已在所有设备上退出。请本人登录后重新设置。")
	return c.SeeNext("/account/members")
}
