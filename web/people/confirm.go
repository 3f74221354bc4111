package people

import (
	"net/url"

	"techmarket/internal/foundation/fault"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// confirmation is the page that the link of a confirmation mail opens. It asks once more: mail programs open links by themselves.
func (p *Pages) confirmation(c *web.Ctx) error {
	email, err := p.Identity.ConfirmationOpen(c.Context(), c.Param("token"))
	if err != nil {
		return err
	}
	at := "/confirm/" + url.PathEscape(c.Param("token"))
	return ui.ShowSheet(c, c.Page("确认邮箱"), ui.Sheet{Lead: c.T("邮箱 %s 是您本人的，请点“确认”。", email), Main: []ui.Block{{Parts: view.Parts{
		view.Actions{{Label: "确认", Post: at}}}}}})
}

func (p *Pages) confirm(c *web.Ctx) error {
	if err := p.Identity.Confirm(c.Context(), c.Param("token"), c.RequestID()); err != nil {
		return err
	}
	c.Flash(view.OK, "邮箱已确认。")
	if c.Actor().SignedIn() {
		return c.See("/desk")
	}
	return c.See("/signin")
}

// waiting tells an account what it may not do yet, and mails the link again.
func (p *Pages) waiting(c *web.Ctx) error {
	email, err := p.Identity.WaitingEmail(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	body := ui.Sheet{Tabs: ui.AccountTabs(c.Actor(), web.ConfirmPath)}
	switch {
	case email == "" && !c.Actor().Unconfirmed:
		body.Lead = "邮箱已经确认，不需要再做什么。"
	case email == "":
		body.Lead = "账号里还没有邮箱。请先在“账号”里填写，我们会发去一封确认信。"
		body.Actions = []view.Action{{Label: "填写邮箱", Href: "/account"}}
	default:
		body.Lead = c.T("确认信已发到 %s。打开信里的链接，点“确认”就可以了。", email)
		body.Main = []ui.Block{{Title: "没有收到", Intro: "请先看看垃圾邮件。邮箱写错了的，在“账号”里改正。每天最多发 5 封。", Parts: view.Parts{
			view.Actions{{Label: "重发确认信", Post: web.ConfirmPath}, {Label: "改邮箱", Href: "/account", Kind: view.Quiet}}}}}
	}
	if c.Actor().Unconfirmed {
		body.Side = []ui.Block{{Card: true, Title: "确认之前", Parts: view.Parts{view.Prose{
			view.T("可以浏览，可以写成果和需求的草稿。不能上传文件、邀请同事、查看联系方式、提交发布、发起对接，也不能新建令牌和订阅。")}}}}
	}
	return ui.ShowSheet(c, c.Page("确认邮箱"), body)
}

func (p *Pages) resend(c *web.Ctx) error {
	email, err := p.Identity.ResendConfirmation(c.Context(), c.Actor())
	switch {
	case fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid):
		return ui.FlashRefusal(c, err, web.ConfirmPath)
	case err != nil:
		return err
	}
	c.Flash(view.OK, c.T("确认信已发到 %s。", email))
	return c.See(web.ConfirmPath)
}
