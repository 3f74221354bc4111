package trade

import (
	"fmt"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/trade/deal"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) dealRoutes() []web.Route {
	trader := web.Traders()
	return []web.Route{
		web.GET("/deals", trader, p.deals),
		web.GET("/deals/new", trader, p.newDeal),
		web.POST("/deals", trader, p.openDeal).WithFiles(),
		web.GET("/deals/:id", trader, p.deal),
		web.POST("/deals/:id/accept", trader, p.dealAction(func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			_, err := p.Deals.Accept(c.Context(), c.Actor(), id)
			return "已接受。可以开始洽谈。", err
		})),
		web.POST("/deals/:id/decline", trader, p.dealAction(func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			_, err := p.Deals.Decline(c.Context(), c.Actor(), id, f.Text("code"), f.Text("note"))
			return "已婉拒，对方会看到理由。", err
		})),
		web.POST("/deals/:id/withdraw", trader, p.dealAction(func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			_, err := p.Deals.Withdraw(c.Context(), c.Actor(), id)
			return "已撤回。", err
		})),
		web.POST("/deals/:id/end", trader, p.dealAction(func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			_, err := p.Deals.End(c.Context(), c.Actor(), id, f.Text("code"), f.Text("note"))
			return "洽谈已结束。", err
		})),
		web.POST("/deals/:id/accept-terms", trader, p.dealAction(func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			d, err := p.Deals.AcceptTerms(c.Context(), c.Actor(), id, f.Int("number"))
			if err == nil && d.State == deal.Agreed {
				return "双方都已接受，条款已固定。卖方可以生成合同草稿。", nil
			}
			return "已接受这一版条款，等待对方。", err
		})),
		web.POST("/deals/:id/messages", trader, p.sayInDeal).WithFiles(),
		web.POST("/deals/:id/terms", trader, p.proposeTerms),
		web.GET("/deals/:id/files/:file", trader, p.dealFile),
	}
}

func (p *Pages) deal(c *web.Ctx) error { return p.showDeal(c, nil, nil, "") }

// showDeal shows the talk; part names the form that a refused post belongs to ("message" or "terms").
func (p *Pages) showDeal(c *web.Ctx, f *web.Form, ferr error, part string) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Deals.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	messages, err := p.Deals.Messages(c.Context(), c.Actor(), id, 0, 200)
	if err != nil {
		return err
	}
	orgs, err := p.dealOrgs(c, []deal.Deal{v.Deal})
	if err != nil {
		return err
	}
	people := []int64{v.Deal.OpenedBy, v.Deal.BrokerAccount}
	for _, m := range messages {
		people = append(people, m.AccountID)
	}
	for _, h := range v.History {
		people = append(people, h.AccountID)
	}
	names, err := p.Identity.Names(c.Context(), people)
	if err != nil {
		return err
	}
	at := func(path string) string { return fmt.Sprintf("/deals/%d/%s", id, path) }
	can := map[deal.Event]bool{}
	for _, e := range v.Events {
		can[e] = true
	}
	page := c.Page(v.Deal.Subject)
	page.Breadcrumbs = []view.Link{{Label: "对接与洽谈", Href: "/deals"}}
	body := ui.Sheet{Tags: []view.Tag{dealStateTag(v.Deal.State)}, Sample: v.Deal.Sample, Steps: dealSteps(v.Deal.State)}

	if v.Deal.State == deal.Interested {
		if can[deal.EventAccept] {
			decline := view.NewForm(at("decline"), "婉拒",
				view.Field{Kind: view.Select, Name: "code", Label: "理由", Required: true, Options: ui.ListOptions(codes.Decline, "请选择")},
				view.Field{Kind: view.Area, Name: "note", Label: "补充说明", Rows: 2, Max: 500})
			decline.Actions[0].Kind = view.Danger
			body.Main = append(
				body.Main,
				ui.Block{Parts: view.Parts{view.Notice{Tone: view.Info, Title: "对方想与您对接", Text: "接受后双方可以在这里洽谈；婉拒请选一个理由，帮助市场改进匹配。",
					Actions: []view.Action{{Label: "接受，开始洽谈", Post: at("accept")}}}}},
				ui.Block{Fold: "婉拒…", Parts: view.Parts{decline}},
			)
		} else {
			n := &view.Notice{Tone: view.Info, Title: "等待对方答复", Text: "对方已收到消息。"}
			if can[deal.EventWithdraw] {
				n.Actions = []view.Action{{Label: "撤回", Post: at("withdraw"), Kind: view.Quiet, Small: true}}
			}
			body.Main = append(body.Main, ui.Block{Parts: view.Parts{n}})
		}
	}
	if v.Deal.State == deal.Declined || v.Deal.State == deal.Ended {
		reason := codes.Decline.Label(v.Deal.DeclineCode)
		for _, r := range deal.EndReasons() {
			if r.Code == v.Deal.EndReason {
				reason = r.Label
			}
		}
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Title: "已结束：" + reason, Text: v.Deal.Note}}})
	}
	if v.Deal.State == deal.Agreed {
		n := &view.Notice{Tone: view.OK, Title: "双方已达成一致，条款已固定"}
		made, err := p.Contracts.List(c.Context(), c.Actor(), contract.Filter{Deal: id, Limit: 1})
		if err != nil {
			return err
		}
		switch {
		case len(made) > 0:
			n.Text = "合同已经生成：" + ui.ContractStateTag(made[0].State).Label + "。"
			n.Actions = []view.Action{{Label: "打开合同", Href: fmt.Sprintf("/contracts/%d", made[0].ID)}}
			if made[0].RegisteredVersion > 0 {
				body.Steps.Items[3].State = "done"
			}
		case v.Side == deal.Supply:
			n.Text = "由卖方填写合同并申请登记。已有的信息会自动带入。"
			n.Actions = []view.Action{{Label: "生成合同草稿", Post: at("contract")}}
		default:
			n.Text = "由卖方填写合同并申请登记，您可以在“我的合同”里查看进度。"
		}
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{n}})
	}

	terms := v.Terms()
	if terms == nil && can[deal.EventPropose] {
		body.Main = append(
			body.Main,
			ui.Block{Parts: view.Parts{view.Notice{Title: "下一步：提出条款", Text: "谈妥以后，任何一方点下面的“提出条款”。双方都接受同一版就算达成，条款直接进入合同，不用再填。"}}},
		)
	}
	if terms != nil {
		body.Main = append(body.Main, p.termsBlock(v, terms, orgs, can[deal.EventAcceptTerms], at("accept-terms")))
	}
	thread := view.Thread{Empty: view.Empty{Title: "还没有消息"}}
	for _, m := range messages {
		item := view.Message{Who: names[m.AccountID], Org: sideLabel(m.Side), At: m.At, Body: m.Body, Mine: m.AccountID == c.Actor().AccountID}
		for _, file := range m.Files {
			item.Files = append(item.Files, view.FileItem{Name: file.Name, Href: at(fmt.Sprintf("files/%d", file.ID)), Size: ui.FileSize(file.Size)})
		}
		thread.Messages = append(thread.Messages, item)
	}
	body.Main = append(body.Main, ui.Block{ID: "thread", Title: "洽谈", Parts: view.Parts{thread}})
	if can[deal.EventMessage] {
		var fm *web.Form
		var em error
		if part == "message" {
			fm, em = f, ferr
		}
		a := ui.NewAsk(fm, em)
		form := view.NewForm(at("messages"), "发送",
			a.Area("body", "消息", "", ui.Required, ui.Lines(4), ui.Limit(4000)),
			view.Field{Kind: view.File, Name: "files", Label: "附件", Multiple: true, Hint: "最多 5 个，每个不超过 50 MB", Error: a.Errors["files"]})
		body.Main = append(body.Main, a.Blocks(form)...)
	}
	if can[deal.EventPropose] {
		var fm *web.Form
		var em error
		if part == "terms" {
			fm, em = f, ferr
		}
		form, err := p.termsForm(c, ui.NewAsk(fm, em), v, at("terms"))
		if err != nil {
			return err
		}
		block := ui.Block{Fold: "提出条款"}
		if terms != nil {
			block.Fold = "提出新一版条款"
		}
		if em != nil {
			block.Fold, block.Title = "", "提出条款"
			block.Add(ui.NewAsk(fm, em).Notice)
		}
		block.Add(form)
		body.Main = append(body.Main, block)
	}
	if can[deal.EventEnd] {
		var reasons []view.Option
		for _, r := range deal.EndReasons() {
			reasons = append(reasons, view.Option{Value: r.Code, Label: r.Label})
		}
		end := view.NewForm(at("end"), "结束洽谈",
			view.Field{Kind: view.Select, Name: "code", Label: "原因", Required: true, Options: append([]view.Option{{Label: "请选择"}}, reasons...)},
			view.Field{Kind: view.Area, Name: "note", Label: "补充说明", Rows: 2, Max: 500})
		end.Actions[0].Kind = view.Danger
		body.Main = append(body.Main, ui.Block{Fold: "谈不成，结束洽谈…", Parts: view.Parts{end}})
	}

	facts := []view.Fact{{Label: "成果方", Value: orgs[v.Deal.SupplyOrg].Name}, {Label: "需求方", Value: orgs[v.Deal.DemandOrg].Name}}
	for _, side := range []struct {
		label string
		id    int64
	}{{"成果", v.Deal.SupplyListing}, {"需求", v.Deal.DemandListing}} {
		if side.id == 0 {
			continue
		}
		l, err := p.Listings.Find(c.Context(), c.Actor(), side.id)
		switch {
		case fault.Is(err, fault.NotFound): // the other side's need is closed once it is met
			facts = append(facts, view.Fact{Label: side.label, Value: "已成交或已撤下，不再公开"})
		case err != nil:
			return err
		default:
			kind := p.Listings.Kinds().Of(l.Kind)
			facts = append(facts, view.Fact{Label: kind.Label, Value: l.Title, Href: kind.PagePath(side.id)})
		}
	}
	if v.Deal.BrokerAccount != 0 {
		facts = append(
			facts,
			view.Fact{
				Label: "技术经纪人",
				Value: names[v.Deal.BrokerAccount],
				Note:  orgs[v.Deal.BrokerOrg].Name + "，引荐于 " + view.DayTime(v.Deal.CreatedAt),
			},
		)
	}
	body.Side = append(body.Side, ui.Block{Card: true, Title: "双方", Parts: view.Parts{view.Facts{Items: facts, Wide: true}}})
	timeline := view.Timeline{}
	for i := len(v.History) - 1; i >= 0; i-- {
		h := v.History[i]
		who := names[h.AccountID]
		if h.AccountID == 0 {
			who = "系统"
		}
		timeline.Events = append(timeline.Events, view.Event{At: h.At, Who: who, What: dealEventLabel(h.Event)})
	}
	body.Side = append(body.Side, ui.Block{Title: "经过", Parts: view.Parts{timeline}})
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

func dealSteps(s deal.State) view.Steps {
	steps := view.Steps{
		Label: "对接进度",
		Items: []view.Step{
			{Label: "对接意向", State: "done"},
			{Label: "洽谈", State: "todo"},
			{Label: "达成", State: "todo"},
			{Label: "合同与登记", State: "todo"},
		},
	}
	switch s {
	case deal.Interested:
		steps.Items[0].State = "now"
	case deal.Talking:
		steps.Items[1].State = "now"
	case deal.Agreed:
		steps.Items[1].State, steps.Items[2].State, steps.Items[3].State = "done", "done", "now"
	case deal.Declined, deal.Withdrawn:
		steps.Items[0].State = "fail"
	default:
		steps.Items[1].State = "fail"
	}
	return steps
}

func sideLabel(s deal.Side) string {
	switch s {
	case deal.Supply:
		return "成果方"
	case deal.Demand:
		return "需求方"
	default:
		return "技术经纪人"
	}
}

func dealEventLabel(e deal.Event) string {
	switch e {
	case deal.EventOpen:
		return "发出对接意向"
	case deal.EventAccept:
		return "接受对接"
	case deal.EventDecline:
		return "婉拒"
	case deal.EventWithdraw:
		return "撤回"
	case deal.EventMessage:
		return "发送消息"
	case deal.EventPropose:
		return "提出条款"
	case deal.EventAcceptTerms:
		return "接受条款"
	default:
		return "结束洽谈"
	}
}

// dealAction wraps a one-button step: done or refused, the talk is shown again with the sentence.
func (p *Pages) dealAction(do func(c *web.Ctx, id int64, f *web.Form) (string, error)) web.Handler {
	return func(c *web.Ctx) error {
		id, err := c.ID("id")
		if err != nil {
			return err
		}
		f, err := c.Form()
		if err != nil {
			return err
		}
		back := fmt.Sprintf("/deals/%d", id)
		said, err := do(c, id, f)
		if err != nil {
			return ui.FlashRefusal(c, err, back)
		}
		c.Flash(view.OK, said)
		return c.See(back)
	}
}

func (p *Pages) sayInDeal(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	files, err := ui.Uploads(c, p.Files, f, "files", "deal")
	if err == nil {
		_, err = p.Deals.Say(c.Context(), c.Actor(), id, f.Text("body"), files)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showDeal(c, f, err, "message")
		}
		return err
	}
	return c.See(fmt.Sprintf("/deals/%d#thread", id))
}

func (p *Pages) dealFile(c *web.Ctx) error {
	return ui.SendAttached(c, p.Files, p.Deals.MayReadFile)
}
