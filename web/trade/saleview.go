package trade

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/trade/sale"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) showSale(c *web.Ctx, f *web.Form, ferr error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Sales.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	org, err := p.Identity.Organisation(c.Context(), v.Sale.OrgID)
	if err != nil {
		return err
	}
	page := c.Page(v.Sale.Title)
	page.Nav = "sales"
	page.Breadcrumbs = []view.Link{{Label: "挂牌竞价", Href: "/sales"}}
	body := ui.Sheet{Tags: []view.Tag{stageTag(v.Sale.State)}, Sample: v.Sale.Sample}
	standing, bids := saleStanding(c.T, v), saleBids(v)
	if v.Phase != "" {
		standing.Live, standing.Follow = fmt.Sprintf("/sales/%d/live", id), v.Mine != nil || len(v.Events) > 0
	}
	body.Main = append(body.Main, standingBlock(standing))
	body.Main = append(body.Main, saleSteps(c, v)...)
	body.Main = append(body.Main, p.bidding(c, v, ui.NewAsk(c, f, ferr))...)
	body.Main = append(body.Main, bids, ui.Block{Title: "规则", Parts: view.Parts{saleRules(c, v.Sale)}},
		ui.Block{Title: "标的", Parts: view.Parts{view.Facts{Wide: true, Items: []view.Fact{{Label: "转让方", Value: org.Name},
			{Label: "说明", Text: view.T(v.Sale.Object)}, {Label: "受让条件", Text: view.T(v.Sale.Conditions)}}}}})
	for _, i := range v.Intents {
		body.Side = append(body.Side, decideBlock(c, v.Sale.ID, i))
	}
	body.Side = append(body.Side, ui.Block{Title: "经过", Parts: view.Parts{saleHistory(v)}})
	if v.Sale.EndedAt != nil {
		body.Side = append(body.Side, ui.Block{Card: true, Title: "复核", Intro: "竞价记录可以下载，用 techmarket replay auction 重新计算。",
			Parts: view.Parts{view.Actions{{Label: "下载竞价记录", Href: fmt.Sprintf("/sales/%d/record", id), Kind: view.Quiet}}}})
	}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

// saleSteps are the steps that the reader may take.
func saleSteps(c *web.Ctx, v sale.View) (blocks []ui.Block) {
	var b ui.Block
	for _, e := range v.Events {
		b.Add(stepForm(c, v.Sale.ID, e))
	}
	if v.Sale.State == sale.Sold && c.Actor().In(v.Sale.OrgID) && c.Actor().Has(actor.OrgAdmin) {
		b.Add(view.Links{{Label: "发布成交价公示", Href: fmt.Sprintf("/notices/new?sale=%d", v.Sale.ID),
			Note: "本单位要求公示的，期满无异议后再签成交确认书"}})
	}
	if b.Parts == nil {
		return nil
	}
	return []ui.Block{b}
}

// stepForm is the form of one step that the reader may take.
func stepForm(c *web.Ctx, id int64, e sale.Event) view.Form {
	labels := map[sale.Event]string{sale.EventSubmit: "提交审核", sale.EventReturn: "退回修改", sale.EventPublish: "审核通过并公布", sale.EventWithdraw: "撤牌",
		sale.EventPause: "暂停竞价", sale.EventResume: "恢复竞价", sale.EventConfirm: "已签成交确认书", sale.EventDefault: "买受人悔拍"}
	var fields []view.Field
	switch e {
	case sale.EventReturn, sale.EventWithdraw, sale.EventPause, sale.EventDefault:
		fields = append(fields, view.Field{Name: "reason", ID: "reason-" + string(e), Label: c.T("%s的原因", labels[e]), Required: true, Max: 200,
			Hint: "会公开显示"})
	}
	form := view.NewForm(fmt.Sprintf("/sales/%d/do", id), labels[e], fields...)
	form.Hidden = []view.Pair{{Name: "event", Value: string(e)}}
	if len(fields) > 0 {
		form.Actions[0].Kind = view.Danger
	}
	return form
}

func saleRules(c *web.Ctx, s sale.Sale) view.Facts {
	step := c.T("每次加价不少于 %s", view.Yuan(s.Step))
	if s.StepMultiple {
		step = c.T("每次加价为 %s 的整数倍", view.Yuan(s.Step))
	}
	return view.Facts{Items: []view.Fact{
		{Label: "起始价", Value: view.Yuan(s.Start), Num: true}, {Label: "加价", Value: step},
		{Label: "保证金", Value: view.Yuan(s.Deposit), Num: true, Note: "由银行或合作机构收取；未成交的，结束后 24 小时内通知退还"},
		{Label: "竞价时间", Value: c.T("%s 至 %s", view.DayTime(s.BeginsAt), view.DayTime(s.PlannedEnd))},
		{Label: "延时", Value: c.T("结束前 %d 分钟内有出价的，结束时间改为该次出价后 %d 分钟，不限次数", s.WindowMinutes, s.WindowMinutes)},
		{Label: "优先权", Value: "优先权人可以按当前最高价同价出价并领先；再有更高出价的，可以再次同价"},
	}}
}

// bidding is what a member of another unit can do: file an intent, then bid.
func (p *Pages) bidding(c *web.Ctx, v sale.View, a *ui.Ask) []ui.Block {
	at := fmt.Sprintf("/sales/%d/", v.Sale.ID)
	switch {
	case v.Phase == "" || v.Phase == sale.PhaseClosing:
		return nil
	case !c.Actor().SignedIn():
		return []ui.Block{{Title: "参加竞价", Parts: view.Parts{view.Notice{Title: "请先登录", Text: "单位经办人登录后可以提交受让意向、出价。",
			Actions: []view.Action{{Label: "登录", Href: "/signin?next=" + strings.TrimSuffix(at, "/")}}}}}}
	case !web.Members().Allows(c.Actor()) || c.Actor().In(v.Sale.OrgID):
		return nil
	}
	if v.Mine == nil {
		related := a.Radio("related", "与转让方的关系", "", []view.Option{{Value: "no", Label: "没有关联"},
			{Value: "yes", Label: "是转让方的母公司、子公司或受其委托（不得参加竞价）"}}, ui.Required)
		return []ui.Block{{Title: "参加竞价", Intro: "提交意向后由管理员审核资格；保证金到账确认后才能出价。",
			Parts: view.Parts{view.NewForm(at+"intent", "提交受让意向", related)}}}
	}
	state := "等待审核"
	switch {
	case v.Mine.Related:
		state = "与转让方有关联，不能出价"
	case v.Mine.State == sale.IntentRefused:
		state = c.T("资格未获确认：%s", v.Mine.Reason)
	case v.Mine.ConfirmedAt != nil:
		state = "资格和保证金已确认"
	case v.Mine.State == sale.IntentQualified:
		state = "资格已确认，等待保证金到账确认"
	}
	mine := ui.Block{Title: "我的竞买", Parts: view.Parts{view.Facts{Items: []view.Fact{{Label: "竞买代码", Value: v.Mine.Code},
		{Label: "状态", Value: state}}}}}
	if v.Phase != sale.PhaseOpen || v.Mine.ConfirmedAt == nil || v.Mine.Related {
		return []ui.Block{mine}
	}
	form := view.NewForm(at+"bid", "出价", a.Yuan("amount", "出价", v.NextMin, ui.Required, ui.Width("m"),
		ui.Hint("不低于上面写的最低出价。出价不能撤回，只能被更高的出价取代")))
	form.Hidden = []view.Pair{{Name: "key", Value: c.RequestID()}}
	return append([]ui.Block{mine}, a.Blocks(form)...)
}

// decideBlock is the desk's form for one intent.
func decideBlock(c *web.Ctx, id int64, i sale.Intent) ui.Block {
	b := ui.Block{Card: true, Title: c.T("竞买代码 %s", i.Code)}
	paid := "保证金未确认"
	if i.ConfirmedAt != nil {
		paid = c.T("保证金已确认，凭证 %s", i.Voucher)
	}
	b.Add(view.Facts{Wide: true, Items: []view.Fact{{Label: "状态", Value: intentWords(c, i), Note: paid}}})
	if i.ConfirmedAt != nil || i.Related {
		return b
	}
	field := func(name, label string, more func(*view.Field)) view.Field {
		f := view.Field{Name: name, ID: name + "-" + i.Code, Label: label}
		if more != nil {
			more(&f)
		}
		return f
	}
	form := view.NewForm(fmt.Sprintf("/sales/%d/decide", id), "保存",
		field("qualify", "资格", func(f *view.Field) {
			f.Kind, f.Options = view.Radio, []view.Option{{Value: "yes", Label: "确认", Checked: i.State != sale.IntentRefused},
				{Value: "no", Label: "不予确认", Checked: i.State == sale.IntentRefused}}
		}),
		field("voucher", "到账凭证号", func(f *view.Field) { f.Hint = "填写即确认保证金到账" }),
		field("rank", "优先顺位", func(f *view.Field) {
			f.Kind, f.Value, f.Hint = view.Number, strconv.Itoa(i.Rank), "没有填 0；竞价开始后不能改"
		}),
		field("reason", "理由", func(f *view.Field) { f.Sometimes, f.Hint = true, "不予确认时必填" }))
	form.Hidden = []view.Pair{{Name: "code", Value: i.Code}}
	b.Add(form)
	return b
}

func intentWords(c *web.Ctx, i sale.Intent) string {
	switch {
	case i.Related:
		return "自述与转让方有关联，不能出价"
	case i.State == sale.IntentQualified:
		return "资格已确认"
	case i.State == sale.IntentRefused:
		return c.T("不予确认：%s", i.Reason)
	default:
		return "等待审核"
	}
}

func saleHistory(v sale.View) view.Timeline {
	words := map[sale.Event]string{sale.EventSubmit: "提交审核", sale.EventReturn: "退回修改", sale.EventPublish: "公布挂牌", sale.EventWithdraw: "撤牌",
		sale.EventPause: "暂停竞价", sale.EventResume: "恢复竞价", sale.EventFinish: "竞价结束", sale.EventConfirm: "签订成交确认书", sale.EventDefault: "记为悔拍"}
	var t view.Timeline
	for _, s := range slices.Backward(v.Steps) {
		t.Events = append(t.Events, view.Event{At: s.At, What: words[s.Event], Note: s.Reason})
	}
	return t
}
