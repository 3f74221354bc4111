package people

import (
	"techmarket/web"
	"techmarket/web/view"
)

func (p *Pages) unsentRoutes() []web.Route {
	return []web.Route{
		web.GET(web.UnsentPath, web.SignedIn(), p.unsent),
		web.POST(web.UnsentPath+"/drop", web.SignedIn(), p.dropUnsent),
	}
}

// unsent shows the form that met no session, filled as it was: in its own page where it has one, else with a button that sends it.
func (p *Pages) unsent(c *web.Ctx) error {
	f, err := c.Unsent()
	if err != nil {
		return err
	}
	if f == nil {
		return c.See("/desk")
	}
	said := view.Notice{Tone: view.Warn, Title: "这是您在 " + view.Ago(c.Now(), f.At) + " 填写的内容，还没有提交。请核对后再提交。"}
	for _, name := range f.Lost {
		said.Items = append(said.Items, view.Link{Label: "附件“" + name + "”没有留住，请重新选择"})
	}
	drop := view.Action{
		Label:  "不要了，丢弃",
		Post:   web.UnsentPath + "/drop",
		Kind:   view.Quiet,
		Hidden: []view.Pair{{Name: "address", Value: f.Address}},
	}
	said.Actions = []view.Action{drop}
	if drawn, err := c.Refill(*f, said); drawn || err != nil {
		return err
	}
	body := view.Problem{Title: "还没有提交", Text: "登录结束前您正在办的这一步没有完成，填写的内容在这里。", Again: web.AgainOf(*f), Actions: said.Actions}
	for _, l := range said.Items {
		body.Steps = append(body.Steps, l.Label)
	}
	return c.Render("error/problem", view.With[view.Problem]{Page: c.Page("还没有提交"), Body: body})
}

func (p *Pages) dropUnsent(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := c.DropUnsent(f.Text("address")); err != nil {
		return err
	}
	c.Flash(view.OK, "已丢弃。")
	return c.See("/desk")
}
