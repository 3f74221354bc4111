package trade

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
	"techmarket/internal/trade/sale"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) saleRoutes() []web.Route {
	return []web.Route{
		web.GET("/sales", web.Anyone(), p.sales).Public("after"),
		web.GET("/sales/new", web.Members(), func(c *web.Ctx) error { return p.showNewSale(c, nil, nil) }),
		web.POST("/sales", web.Members(), p.createSale),
		web.GET("/sales/:id", web.Anyone(), func(c *web.Ctx) error { return p.showSale(c, nil, nil) }),
		web.GET("/sales/:id/live", web.Anyone(), p.saleLive).Live(),
		web.GET("/sales/:id/record", web.Anyone(), p.saleRecord),
		web.POST("/sales/:id/do", web.SaleKeepers(), oneButton("/sales", func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			_, err := p.Sales.Do(c.Context(), c.Actor(), sale.Command{Sale: id, Event: sale.Event(f.Text("event")), Reason: f.Text("reason")})
			return "已办理。", err
		})),
		web.POST("/sales/:id/intent", web.Members(), oneButton("/sales", func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			code, err := p.Sales.FileIntent(c.Context(), c.Actor(), id, f.Text("related") != "no")
			return c.T("意向已提交。您的竞买代码是 %s，竞价时只显示代码。", code), err
		})),
		web.POST("/sales/:id/decide", web.Officers(), oneButton("/sales", func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			err := p.Sales.Decide(c.Context(), c.Actor(), sale.Decision{Sale: id, Code: f.Text("code"), Qualify: f.Text("qualify") == "yes",
				Paid: f.Text("voucher") != "", Voucher: f.Text("voucher"), Rank: f.Int("rank"), Reason: f.Text("reason")})
			return "已审核，对方会收到消息。", err
		})),
		web.POST("/sales/:id/bid", web.Members(), p.bid),
	}
}

func (p *Pages) sales(c *web.Ctx) error {
	const size = 20
	list, err := p.Sales.List(c.Context(), c.Actor(), sale.Filter{After: c.QueryForm().ID("after"), Limit: size})
	if err != nil {
		return err
	}
	rows := view.Rows{Label: "挂牌竞价", Empty: view.Empty{Icon: "file", Title: "还没有挂牌", Text: "单位可以把成果挂牌，用公开竞价的方式转让或许可。"}}
	for _, s := range list {
		row := view.Row{Title: view.T(s.Title), Href: fmt.Sprintf("/sales/%d", s.ID), Sample: s.Sample, Tags: []view.Tag{stageTag(s.State)},
			Lead: view.T(ui.Clip(s.Object, 90)), Right: view.Yuan(s.Start), RightNote: "起始价",
			Meta: []string{c.T("竞价 %s 起", view.DayTime(s.BeginsAt)), c.T("至 %s", view.DayTime(s.EndsAt)), c.T("出价 %d 次", s.Seq)}}
		if s.Seq > 0 {
			row.Right, row.RightNote = view.Yuan(s.Top), "当前最高出价"
		}
		rows.Items = append(rows.Items, row)
	}
	body := ui.Listing{
		Lead:  "公开竞价：加价幅度和延时规则事先公布，竞价中只显示竞买代码。平台不收取、不保管保证金。",
		Tabs:  tradeTabs("/sales"),
		Rows:  &rows,
		Pager: view.Pager{Total: -1},
	}
	if len(list) == size {
		body.Pager.Next = fmt.Sprintf("/sales?after=%d", list[size-1].ID)
	}
	if web.Members().Allows(c.Actor()) {
		body.Actions = []view.Action{{Label: "挂牌", Href: "/sales/new", Kind: view.Quiet}}
	}
	page := c.Page("挂牌竞价")
	page.Nav = "sales"
	return ui.ShowList(c, page, body)
}

func stageTag(s sale.Stage) view.Tag {
	switch s {
	case sale.Draft:
		return view.Tag{Label: "草稿"}
	case sale.InReview:
		return view.Tag{Label: "待审核", Tone: view.Warn}
	case sale.Disclosed:
		return view.Tag{Label: "已挂牌", Tone: view.Info}
	case sale.Sold:
		return view.Tag{Label: "已成交", Tone: view.OK}
	case sale.Confirmed:
		return view.Tag{Label: "已签成交确认", Tone: view.OK}
	case sale.Unsold:
		return view.Tag{Label: "未成交"}
	case sale.Defaulted:
		return view.Tag{Label: "悔拍", Tone: view.Bad}
	default:
		return view.Tag{Label: "已撤牌"}
	}
}

// hours of a day at which biddings begin and end: inside working hours.
const (
	beginHour = 10
	endHour   = 16
)

func (p *Pages) showNewSale(c *web.Ctx, f *web.Form, ferr error) error {
	a := ui.NewAsk(c, f, ferr)
	alike, err := p.PriceHint(c, "02")
	if err != nil {
		return err
	}
	form := view.NewForm("/sales", "存为草稿",
		a.Text("title", "标的名称", "", ui.Required, ui.Limit(80)),
		a.Area("object", "标的说明", "", ui.Required, ui.Lines(6), ui.Limit(4000), ui.Hint("内容、权利状况和法律状态日期、已有许可和质押、已知缺陷、内部决策文件")),
		a.Area("conditions", "受让条件", "", ui.Lines(3), ui.Limit(4000), ui.Hint("付款、交付、培训、税费；条件不得指向特定的一家")),
		a.Yuan("startFen", "起始价", 0, ui.Required, ui.Width("m"), ui.Hint(alike)),
		a.Yuan("stepFen", "加价幅度", 0, ui.Required, ui.Width("m")),
		a.Radio("stepMultiple", "加价规则", "no", []view.Option{{Value: "no", Label: "不少于一个幅度"}, {Value: "yes", Label: "须为幅度的整数倍"}}),
		a.Yuan("reserveFen", "保留价", 0, ui.Width("m"), ui.Hint("不公开；留空表示起始价就是底价。依据写进标的说明：评估报告，或按价格参考、测算得出的理由")),
		a.Yuan("depositFen", "保证金", 0, ui.Required, ui.Width("m"), ui.Hint("不超过起始价的 20%，由银行或合作机构收取，平台只记录到账状态")),
		a.Date("beginsAt", "竞价开始日", time.Time{}, ui.Required, ui.Hint("当日 10:00 开始")),
		a.Date("plannedEndAt", "竞价结束日", time.Time{}, ui.Required, ui.Hint("当日 16:00 结束，至少 24 小时；最后几分钟有出价的自动延时")),
		a.Text("windowMinutes", "延时周期（分钟）", "5", ui.Required, ui.Width("s")))
	form.Guard = true
	page := c.Page("挂牌")
	page.Breadcrumbs = []view.Link{{Label: "挂牌竞价", Href: "/sales"}}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, ui.Sheet{Lead: "保存后提交审核，管理员核对权属和文件后公布。", Main: a.Blocks(form)})
}

func (p *Pages) createSale(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	o := sale.Offer{Title: f.Text("title"), Object: f.Text("object"), Conditions: f.Text("conditions"), Start: f.Yuan("startFen"),
		Step: f.Yuan("stepFen"), StepMultiple: f.Text("stepMultiple") == "yes", Deposit: f.Yuan("depositFen"),
		WindowMinutes: f.Int("windowMinutes"), BeginsAt: atHour(f.Date("beginsAt"), beginHour),
		PlannedEnd: atHour(f.Date("plannedEndAt"), endHour)}
	if f.Text("reserveFen") != "" {
		reserve := f.Yuan("reserveFen")
		o.Reserve = &reserve
	}
	var id int64
	if err = ui.FormErr(f); err == nil {
		id, err = p.Sales.Create(c.Context(), c.Actor(), o)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showNewSale(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "草稿已保存。核对无误后提交审核。")
	return c.See(fmt.Sprintf("/sales/%d", id))
}

func atHour(day time.Time, hour int) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, hour, 0, 0, 0, clock.Zone())
}

// bid answers an attempt. The form carries its key, so that a second press or a reload after a lost answer is the same attempt.
func (p *Pages) bid(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	amount := f.Yuan("amount")
	var answer sale.Answer
	if err = ui.FormErr(f); err == nil {
		answer, err = p.Sales.Bid(c.Context(), c.Actor(), id, f.Text("key"), amount)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showSale(c, f, err)
		}
		return err
	}
	if answer.Accepted {
		c.Flash(view.OK, c.T("出价 %s 有效，是第 %d 次出价。", view.Yuan(amount), *answer.Seq))
	} else {
		c.Flash(view.Bad, refusalWords(c, *answer.Refusal, answer.NextMin))
	}
	return c.See(fmt.Sprintf("/sales/%d", id))
}

func refusalWords(c *web.Ctx, r sale.Refusal, next money.Fen) string {
	switch r {
	case sale.KeyReused:
		return "这一页已经出过价，请核对最新价格后重新填写。"
	case sale.Withdrawn:
		return "转让方已撤牌，出价无效。"
	case sale.NotOpen:
		return "竞价还没有开始，出价无效。"
	case sale.Paused:
		return "竞价已暂停，出价无效；恢复后结束时间相应顺延。"
	case sale.Closed:
		return "竞价已经结束，出价到达时已过截止时刻。"
	case sale.ClosedWhileWaiting:
		return "出价按时到达，但轮到处理时竞价已经结束。已上报，有人核查之前不会确认成交。"
	case sale.NotABidder:
		return "本单位还没有提交受让意向，不能出价。"
	case sale.RelatedParty:
		return "本单位与转让方有关联，不得参加竞价。"
	case sale.DepositUnconfirmed:
		return "保证金到账还没有确认，出价无效。"
	case sale.OwnTop:
		return "目前的最高出价就是本单位的，不用再加价。"
	case sale.BelowStart:
		return "出价低于起始价，无效。"
	case sale.PriorityOutranked:
		return "领先者的优先顺位不低于本单位，请加价出价。"
	case sale.NotStepMultiple:
		return c.T("加价须为加价幅度的整数倍，最低 %s。", view.Yuan(next))
	default:
		return c.T("出价低于现在的最低要求 %s，没有成立。", view.Yuan(next))
	}
}

// saleRecord gives the facts of an ended bidding, which `techmarket replay auction` runs again.
func (p *Pages) saleRecord(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	record, err := p.Sales.Record(c.Context(), id)
	if err != nil {
		return err
	}
	line, err := fact.Record(strconv.FormatInt(id, 10), record)
	if err != nil {
		return err
	}
	return c.Download(c.T("竞价记录-%d.jsonl", id), "application/x-ndjson", bytes.NewReader(line))
}
