package trade

import (
	"fmt"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/people/identity"
	"techmarket/internal/trade/broker"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) mandateRoutes() []web.Route {
	return []web.Route{
		web.GET("/mandates", web.Traders(), func(c *web.Ctx) error { return p.showMandates(c, nil, nil) }),
		web.POST("/mandates", web.Brokers(), p.askMandate),
		web.POST("/mandates/:id/give", web.Members(), p.mandateStep(broker.GiveMandate, "已同意委托。")),
		web.POST("/mandates/:id/refuse", web.Members(), p.mandateStep(broker.RefuseMandate, "已答复对方。")),
		web.POST("/mandates/:id/end", web.Traders(), p.mandateStep(broker.EndMandate, "委托已终止。")),
	}
}

// showMandates lists what was asked of the actor's organisation and by the actor; what waits for an answer comes first.
func (p *Pages) showMandates(c *web.Ctx, f *web.Form, ferr error) error {
	list, err := p.Brokers.Mandates(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	var orgIDs, people []int64
	for _, m := range list {
		orgIDs, people = append(orgIDs, m.BrokerOrg, m.ClientOrg), append(people, m.BrokerAccount)
	}
	orgs, err := p.Identity.Organisations(c.Context(), orgIDs)
	if err != nil {
		return err
	}
	names, err := p.Identity.Names(c.Context(), people)
	if err != nil {
		return err
	}
	body := ui.Sheet{Lead: "技术经纪人代表一个单位发起对接，要先得到它的委托。同意与否由单位决定，随时可以终止。"}
	var others []broker.Mandate
	for _, m := range list {
		if m.State == broker.MandateAsked && c.Actor().In(m.ClientOrg) {
			body.Main = append(body.Main, mandateQuestion(c, m, names[m.BrokerAccount], orgs[m.BrokerOrg].Name)...)
		} else {
			others = append(others, m)
		}
	}
	if c.Actor().Has(actor.Broker) {
		a := ui.NewAsk(c, f, ferr)
		form := view.NewForm("/mandates", "请求委托",
			a.Text("organisation", "单位全称", c.QueryForm().Text("organisation"), ui.Required, ui.Limit(100)),
			a.Area("note", "想为它做什么", "", ui.Required, ui.Lines(3), ui.Limit(500), ui.Hint("例如：为贵单位的哪项需求寻找成果，佣金由谁支付")))
		block := ui.Block{Card: true, Title: "请求一个单位的委托"}
		if ferr != nil {
			block.Add(a.Notice)
		}
		block.Add(form)
		body.Main = append(body.Main, block)
	}
	rows := mandateRows(c, others, names, orgs)
	body.Main = append(body.Main, ui.Block{Title: "委托", Parts: view.Parts{rows}})
	for _, m := range others {
		if len(broker.MandateEvents(c.Actor(), m)) > 0 {
			end := view.NewForm(fmt.Sprintf("/mandates/%d/end", m.ID), "终止")
			end.Actions[0].Kind = view.Danger
			body.Main = append(body.Main, ui.Block{Fold: "终止：" + names[m.BrokerAccount] + "与" + orgs[m.ClientOrg].Name + "…",
				Intro: "终止后不能再以对方名义发起新的对接，已有的洽谈不受影响。", Parts: view.Parts{end}})
		}
	}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), c.Page("委托"), body)
}

// mandateQuestion puts the request of a broker before the client.
func mandateQuestion(c *web.Ctx, m broker.Mandate, name, org string) []ui.Block {
	give := view.NewForm(fmt.Sprintf("/mandates/%d/give", m.ID), "同意委托",
		view.Field{Kind: view.Date, Name: "validTo", Label: "委托到哪一天为止", Required: true, Width: "m",
			Value: clock.Day(c.Now().AddDate(0, 6, 0)), Hint: "最长一年"})
	refuse := view.NewForm(fmt.Sprintf("/mandates/%d/refuse", m.ID), "不同意")
	refuse.Actions[0].Kind = view.Quiet
	return []ui.Block{{Card: true, Title: "技术经纪人" + name + "（" + org + "）请求贵单位的委托", Intro: m.Note, Parts: view.Parts{give, refuse}}}
}

func mandateRows(c *web.Ctx, list []broker.Mandate, names map[int64]string, orgs map[int64]identity.Organisation) view.Rows {
	rows := view.Rows{Label: "委托", Empty: view.Empty{Icon: "handshake", Title: "还没有委托", Text: "技术经纪人的请求和答复会列在这里。"}}
	for _, m := range list {
		meta := []string{"单位 " + orgs[m.ClientOrg].Name, "请求于 " + view.DayTime(m.AskedAt)}
		if m.ValidTo != "" {
			meta = append(meta, "到 "+m.ValidTo+" 为止")
		}
		rows.Items = append(rows.Items, view.Row{Title: view.T(names[m.BrokerAccount] + "（" + orgs[m.BrokerOrg].Name + "）"), Lead: view.T(m.Note),
			Meta: meta, Tags: []view.Tag{mandateTag(m, m.Current(c.Now()))}, Sample: m.Sample})
	}
	return rows
}

func mandateTag(m broker.Mandate, current bool) view.Tag {
	switch {
	case m.State == broker.MandateAsked:
		return view.Tag{Label: "等待答复", Tone: view.Warn}
	case current:
		return view.Tag{Label: "有效", Tone: view.OK}
	case m.State == broker.MandateGiven:
		return view.Tag{Label: "已到期"}
	case m.State == broker.MandateRefused:
		return view.Tag{Label: "未同意"}
	default:
		return view.Tag{Label: "已终止"}
	}
}

func (p *Pages) askMandate(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	client, err := ui.OrganisationNamed(c, p.Identity, f)
	if err != nil {
		return err
	}
	if err = ui.FormErr(f); err == nil {
		_, err = p.Brokers.AskMandate(c.Context(), c.Actor(), client, f.Text("note"))
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showMandates(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "请求已发出，对方答复后会给您发消息。")
	return c.See("/mandates")
}

func (p *Pages) mandateStep(on broker.MandateEvent, said string) web.Handler {
	return func(c *web.Ctx) error {
		id, err := c.ID("id")
		if err != nil {
			return err
		}
		f, err := c.Form()
		if err != nil {
			return err
		}
		if _, err = p.Brokers.DoMandate(c.Context(), c.Actor(),
			broker.MandateCommand{ID: id, Event: on, ValidTo: f.Text("validTo")}); err != nil {
			return ui.FlashRefusal(c, err, "/mandates")
		}
		c.Flash(view.OK, said)
		return c.See("/mandates")
	}
}
