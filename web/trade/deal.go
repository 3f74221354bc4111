package trade

import (
	"fmt"

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
		web.POST("/deals/:id/accept", trader, oneButton("/deals", func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			_, err := p.Deals.Accept(c.Context(), c.Actor(), id)
			return "已接受。可以开始洽谈。", err
		})),
		web.POST("/deals/:id/decline", trader, oneButton("/deals", func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			_, err := p.Deals.Decline(c.Context(), c.Actor(), id, f.Text("code"), f.Text("note"))
			return "已婉拒，对方会看到理由。", err
		})),
		web.POST("/deals/:id/withdraw", trader, oneButton("/deals", func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			_, err := p.Deals.Withdraw(c.Context(), c.Actor(), id)
			return "已撤回。", err
		})),
		web.POST("/deals/:id/end", trader, oneButton("/deals", func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			_, err := p.Deals.End(c.Context(), c.Actor(), id, f.Text("code"), f.Text("note"))
			return "洽谈已结束。", err
		})),
		web.POST("/deals/:id/accept-terms", trader, oneButton("/deals", func(c *web.Ctx, id int64, f *web.Form) (string, error) {
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
	case deal.EventPassOver:
		return "已与其他单位签约，自动结束"
	default:
		return "结束洽谈"
	}
}

// oneButton wraps a step: done or refused, the page below at with this id is shown again with the sentence.
func oneButton(at string, do func(c *web.Ctx, id int64, f *web.Form) (string, error)) web.Handler {
	return func(c *web.Ctx) error {
		id, err := c.ID("id")
		if err != nil {
			return err
		}
		f, err := c.Form()
		if err != nil {
			return err
		}
		back := fmt.Sprintf("%s/%d", at, id)
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
			return p.showDeal(c, refusedPart{"message", f, err})
		}
		return err
	}
	return c.See(fmt.Sprintf("/deals/%d#thread", id))
}

func (p *Pages) dealFile(c *web.Ctx) error {
	return ui.SendAttached(c, p.Files, "deal")
}
