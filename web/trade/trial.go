package trade

import (
	"fmt"
	"slices"
	"strconv"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/trade/trial"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

//nolint:dupl // two tables of routes
func (p *Pages) trialRoutes() []web.Route {
	return []web.Route{
		web.GET("/trials", web.Members(), p.trials),
		web.GET("/trials/new", web.Members(), func(c *web.Ctx) error { return p.newTrial(c, nil, nil) }),
		web.POST("/trials", web.Members(), p.createTrial),
		web.GET("/trials/:id", web.Members(), func(c *web.Ctx) error { return p.showTrial(c, nil, nil, "") }),
		web.GET("/trials/:id/terms", web.Members(), func(c *web.Ctx) error { return p.editTerms(c, nil, nil) }),
		web.POST("/trials/:id/terms", web.Members(), p.proposeTrialTerms),
		web.POST("/trials/:id/do", web.Members(), p.doTrial),
	}
}

func trialPath(id int64) string { return fmt.Sprintf("/trials/%d", id) }

func trialTag(s trial.Stage) view.Tag {
	switch s {
	case trial.Proposed:
		return view.Tag{Label: "谈条款", Tone: view.Info}
	case trial.Agreed:
		return view.Tag{Label: "条款已谈妥，待开始", Tone: view.Info}
	case trial.Trialling:
		return view.Tag{Label: "试用中", Tone: view.OK}
	case trial.Confirming:
		return view.Tag{Label: "待确认转化条件", Tone: view.Warn}
	case trial.Converting:
		return view.Tag{Label: "待签合同", Tone: view.Warn}
	case trial.Converted:
		return view.Tag{Label: "已转化", Tone: view.OK}
	case trial.Settled:
		return view.Tag{Label: "已结清", Tone: view.OK}
	case trial.Declined:
		return view.Tag{Label: "没有谈成"}
	default:
		return view.Tag{Label: "没有转化"}
	}
}

func payLabel(way string) string {
	switch way {
	case trial.PayDeferred:
		return "延期付款"
	case trial.PayInstalments:
		return "分期付款"
	case trial.PayConditional:
		return "附条件付款"
	default:
		return "提成"
	}
}

func insuranceLabel(state string) string {
	switch state {
	case trial.InsuranceApplied:
		return "已投保，待承保"
	case trial.InsuranceInsured:
		return "已承保"
	case trial.InsuranceClaimed:
		return "已报案"
	case trial.InsurancePaid:
		return "已赔付"
	case trial.InsuranceRefused:
		return "未承保或拒赔"
	default:
		return "还没有办理"
	}
}

func (p *Pages) trials(c *web.Ctx) error {
	const size = 20
	after := c.QueryForm().ID("after")
	list, err := p.Trials.List(c.Context(), c.Actor(), trial.Filter{After: after, Limit: size})
	if err != nil {
		return err
	}
	table := ui.Columns[trial.Trial]{
		{Label: "成果", Cell: func(t trial.Trial) view.Cell {
			cell := view.Cell{Text: t.Object, Href: trialPath(t.ID), Tags: []view.Tag{trialTag(t.State)}}
			if t.Sample {
				cell.Tags = append(cell.Tags, view.Tag{Label: "样例"})
			}
			return cell
		}},
		ui.TextColumn("本方", func(t trial.Trial) string {
			if c.Actor().In(t.SupplyOrg) {
				return "成果单位"
			}
			return "试用企业"
		}),
		ui.TextColumn("付款", func(t trial.Trial) string { return payLabel(t.Terms.Pay) }),
		ui.FigureColumn("价款", func(t trial.Trial) string { return view.Yuan(t.Terms.Price) }),
		ui.TextColumn("试用到", func(t trial.Trial) string {
			if t.EndsOn == nil {
				return "—"
			}
			return view.Day(*t.EndsOn)
		}),
	}.Table("先用后转", list)
	table.Empty = view.Empty{Icon: "file", Title: "还没有试用", Text: "在提供“先用后转”的成果页面点“申请试用”：条款谈妥之后免费试用，达到条件再付费。"}
	body := ui.Listing{Lead: "先谈好条款再试用：试多久、达到什么算成、成了怎么付。按期报告，达到条件转为合同。", Table: &table, Pager: view.Pager{Total: -1}}
	if len(list) == size {
		body.Pager.Next = fmt.Sprintf("/trials?after=%d", list[size-1].ID)
	}
	return ui.ShowList(c, c.Page("先用后转"), body)
}

func (p *Pages) showTrial(c *web.Ctx, f *web.Form, ferr error, on trial.Event) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Trials.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	orgs, err := p.Identity.Organisations(c.Context(), []int64{v.Trial.SupplyOrg, v.Trial.CompanyOrg})
	if err != nil {
		return err
	}
	page := c.Page(c.T("先用后转：%s", v.Trial.Object))
	page.Breadcrumbs = []view.Link{{Label: "先用后转", Href: "/trials"}}
	body := ui.Sheet{Tags: []view.Tag{trialTag(v.Trial.State)}, Sample: v.Trial.Sample}
	facts := trialFacts(c, v, orgs[v.Trial.SupplyOrg].Name, orgs[v.Trial.CompanyOrg].Name)
	body.Main = append(body.Main, ui.Block{Parts: view.Parts{facts}}, ui.Block{Title: "条款", Parts: view.Parts{trialTermFacts(v.Trial.Terms)}})
	if len(v.Reports) > 0 {
		body.Main = append(body.Main, reportsBlock(v))
	}
	if len(v.Payments) > 0 {
		body.Main = append(body.Main, duesBlock(v))
	}
	for _, e := range v.Events {
		a := ui.NewAsk(c, nil, nil)
		if e == on {
			a = ui.NewAsk(c, f, ferr)
		}
		if b := trialStep(c, v, e, a); b != nil {
			b.Title, b.Fold = cut(b.Title, e == on, b.Fold)
			body.Side = append(body.Side, *b)
		}
	}
	if slices.Contains(v.Events, trial.EventPropose) {
		body.Actions = []view.Action{{Label: "改条款", Href: trialPath(id) + "/terms", Kind: view.Quiet}}
	}
	body.Side = append(body.Side, ui.Block{Title: "经过", Parts: view.Parts{trialHistory(v)}})
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

func trialFacts(c *web.Ctx, v trial.View, supply, company string) view.Facts {
	t := v.Trial
	facts := []view.Fact{{Label: "成果", Value: t.Object, Href: fmt.Sprintf("/achievements/%d", t.Listing)}, {Label: "成果单位", Value: supply},
		{Label: "试用企业", Value: company}}
	if t.Need != 0 {
		facts = append(facts, view.Fact{Label: "应答的需求", Value: "查看需求", Href: fmt.Sprintf("/demands/%d", t.Need)})
	}
	if t.BeginsOn != nil {
		facts = append(facts, view.Fact{Label: "试用期", Value: c.T("%s 至 %s", view.Day(*t.BeginsOn), view.Day(*t.EndsOn))})
	}
	if t.AskedTo != nil {
		facts = append(facts, view.Fact{Label: "申请延长到", Value: view.Day(*t.AskedTo)})
	}
	if t.ConfirmBy != nil && t.State == trial.Confirming {
		note := "到期没有答复的，由双方再商"
		if t.Terms.Silence {
			note = "到期没有答复，按条款视为确认"
		}
		facts = append(facts, view.Fact{Label: "确认期限", Value: view.Day(*t.ConfirmBy), Note: note})
	}
	if t.Terms.Insurance != "" {
		facts = append(facts, view.Fact{Label: "保险或担保", Value: insuranceLabel(t.Insurance), Note: t.Terms.Insurance})
	}
	if t.DealID != 0 {
		facts = append(
			facts,
			view.Fact{Label: "洽谈", Value: "进入洽谈", Href: fmt.Sprintf("/deals/%d", t.DealID), Note: "在洽谈里达成条款并生成合同"},
		)
	}
	if t.Reason != "" {
		facts = append(facts, view.Fact{Label: "原因", Value: trial.StopLabel(t.ReasonCode), Note: t.Reason})
	}
	return view.Facts{Items: facts}
}

func trialTermFacts(t trial.Terms) view.Facts {
	facts := []view.Fact{{Label: "试用", Value: fmt.Sprintf("%d 个月", t.Months), Note: t.Sites}, {Label: "达到什么", Text: view.T(t.Success)},
		{Label: "什么情况付费", Text: view.T(t.Trigger)}, {Label: "报告", Value: fmt.Sprintf("每 %d 天一次", t.ReportDays)},
		{Label: "付款", Value: payLabel(t.Pay), Note: t.Royalty}, {Label: "价款", Value: view.Yuan(t.Price), Num: true}}
	for i, p := range t.Plan {
		facts = append(
			facts,
			view.Fact{Label: fmt.Sprintf("第 %d 期", i+1), Value: view.Yuan(p.Amount), Note: fmt.Sprintf("转化后 %d 天 %s", p.Days, p.Why), Num: true},
		)
	}
	facts = append(facts, view.Fact{Label: "改进归谁", Text: view.T(t.Improvement)}, view.Fact{Label: "保密", Text: view.T(t.Secrecy)},
		view.Fact{Label: "损失承担", Text: view.T(t.Liability)}, view.Fact{Label: "归还和销毁", Text: view.T(t.Return)})
	if t.Silence {
		facts = append(facts, view.Fact{Label: "默示确认", Value: "10 个工作日不答复视为确认"})
	}
	return view.Facts{Items: facts}
}

func reportsBlock(v trial.View) ui.Block {
	table := ui.Columns[trial.Report]{
		{Label: "应交", Cell: func(r trial.Report) view.Cell {
			cell := view.Cell{Text: view.Day(r.DueOn)}
			switch {
			case r.At != nil:
				cell.Tags = []view.Tag{{Label: "已交", Tone: view.OK}}
			case clock.Days(r.DueOn, v.AsOf) > 0:
				cell.Tags = []view.Tag{{Label: "逾期", Tone: view.Warn}}
			}
			return cell
		}},
		ui.TextColumn("使用情况", func(r trial.Report) string { return r.Body }),
		ui.TextColumn("测到的指标", func(r trial.Report) string { return r.Figures }),
	}.Table("试用报告", v.Reports)
	return ui.Block{Title: "试用报告", Parts: view.Parts{table}}
}

func duesBlock(v trial.View) ui.Block {
	table := ui.Columns[trial.Payment]{
		{Label: "到期", Cell: func(p trial.Payment) view.Cell {
			cell := view.Cell{Text: view.Day(p.DueOn), Note: p.Why}
			switch {
			case p.PaidOn != nil:
				cell.Tags = []view.Tag{{Label: "已付", Tone: view.OK}}
			case clock.Days(p.DueOn, v.AsOf) > 0:
				cell.Tags = []view.Tag{{Label: "逾期", Tone: view.Bad}}
			}
			return cell
		}},
		ui.FigureColumn("金额", func(p trial.Payment) string { return view.Yuan(p.Amount) }),
		ui.TextColumn("凭证", func(p trial.Payment) string { return p.Voucher }),
	}.Table("付款计划", v.Payments)
	return ui.Block{Title: "付款计划", Intro: "平台不经手资金，付款后登记凭证。", Parts: view.Parts{table}}
}

func trialHistory(v trial.View) view.Timeline {
	words := map[trial.Event]string{
		trial.EventPropose:   "提出条款",
		trial.EventAgree:     "条款谈妥",
		trial.EventDecline:   "没有谈成",
		trial.EventStart:     "交接，试用开始",
		trial.EventReport:    "交报告",
		trial.EventAskExtend: "申请延长",
		trial.EventExtend:    "同意延长",
		trial.EventTrigger:   "提出达到转化条件",
		trial.EventConfirm:   "确认达到",
		trial.EventSilence:   "逾期未答复，视为确认",
		trial.EventDispute:   "认为没有达到",
		trial.EventStop:      "结束试用",
		trial.EventConvert:   "转为合同",
		trial.EventAddDue:    "增加应付款",
		trial.EventPay:       "付款",
		trial.EventSettle:    "结清",
		trial.EventInsure:    "保险状态",
	}
	var out view.Timeline
	for _, s := range slices.Backward(v.Steps) {
		out.Events = append(out.Events, view.Event{At: s.At, What: words[s.Event], Note: s.Reason})
	}
	return out
}

// trialStep is the form of a step.
func trialStep(c *web.Ctx, v trial.View, on trial.Event, a *ui.Ask) *ui.Block {
	reason := func(label string) view.Field {
		return a.Area("reason", label, "", ui.Required, ui.Lines(3), ui.Limit(2000))
	}
	var b ui.Block
	var fields []view.Field
	var label string
	switch on {
	case trial.EventAgree:
		b, label = ui.Block{Card: true, Title: "接受条款", Intro: "请核对左边的条款。接受以后由成果单位交接并开始试用。"}, "接受"
	case trial.EventDecline:
		b, label, fields = ui.Block{Fold: "不谈了…"}, "结束", []view.Field{reason("原因")}
	case trial.EventStart:
		b, label, fields = ui.Block{Card: true, Title: "开始试用"}, "开始", []view.Field{reason("交接了什么、由谁接收")}
	case trial.EventReport:
		b, label = ui.Block{Card: true, Title: "交报告"}, "提交"
		fields = []view.Field{reason("使用情况"), a.Area("figures", "测到的指标", "", ui.Lines(2), ui.Limit(1000))}
	case trial.EventAskExtend:
		b, label = ui.Block{Fold: "申请延长…"}, "申请"
		fields = []view.Field{a.Date("day", "延长到", c.Now(), ui.Required, ui.Hint("只能延长一次")), reason("原因")}
	case trial.EventExtend:
		b, label = ui.Block{Card: true, Title: "同意延长"}, "同意延长"
	case trial.EventTrigger:
		b, label, fields = ui.Block{Fold: "已达到转化条件…"}, "提出转化", []view.Field{reason("达到了什么，怎样测的")}
	case trial.EventConfirm:
		b, label = ui.Block{Card: true, Title: "确认转化条件", Intro: "确认后系统开好洽谈，双方按条款签约。"}, "确认"
	case trial.EventDispute:
		b, label, fields = ui.Block{Fold: "还没有达到…"}, "退回试用", []view.Field{reason("哪一项没有达到")}
	case trial.EventStop:
		b, label = ui.Block{Fold: "结束试用，不转化…"}, "结束试用"
		options := []view.Option{{Label: "请选择"}}
		for _, r := range trial.StopReasons() {
			options = append(options, view.Option{Value: r.Code, Label: r.Label})
		}
		fields = []view.Field{a.Choose("code", "为什么没有转化", "", options, ui.Required), reason("说明"),
			a.Text("list", "归还和销毁了什么", "", ui.Required, ui.Limit(400), ui.Hint("样品、图纸、数据；没有的写“无”"))}
	case trial.EventAddDue:
		b, label = ui.Block{Fold: "记一笔应付款…"}, "登记"
		fields = []view.Field{a.Yuan("amount", "金额", 0, ui.Required), a.Date("day", "到期日", c.Now(), ui.Required), reason("提成的基数和期间，或达到的条件")}
	case trial.EventPay:
		b, label = ui.Block{Card: true, Title: "登记付款"}, "登记"
		options := []view.Option{}
		for _, p := range v.Payments {
			if p.PaidOn == nil {
				options = append(options, view.Option{Value: strconv.Itoa(p.Number), Label: view.Day(p.DueOn) + " " + view.Yuan(p.Amount)})
			}
		}
		fields = []view.Field{a.Choose("number", "哪一期", "", options, ui.Required), a.Date("day", "付款日期", c.Now(), ui.Required),
			a.Text("voucher", "银行回单号", "", ui.Required, ui.Limit(100))}
	case trial.EventSettle:
		b, label = ui.Block{Card: true, Title: "结清"}, "确认结清"
	case trial.EventInsure:
		b, label = ui.Block{Fold: "更新保险状态…"}, "更新"
		options := []view.Option{{Label: "请选择"}}
		for _, s := range trial.InsuranceStates() {
			options = append(options, view.Option{Value: s, Label: insuranceLabel(s)})
		}
		fields = []view.Field{a.Choose("insurance", "状态", v.Trial.Insurance, options, ui.Required), reason("保单或案件编号")}
	default:
		return nil
	}
	for i := range fields {
		fields[i].ID = string(on) + "-" + fields[i].Name
	}
	form := view.NewForm(trialPath(v.Trial.ID)+"/do", label, fields...)
	form.Hidden = []view.Pair{{Name: "event", Value: string(on)}, {Name: "version", Value: strconv.Itoa(v.Trial.Version)}}
	for _, part := range a.Blocks(form) {
		b.Add(part.Parts...)
	}
	return &b
}

func (p *Pages) doTrial(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	do := trial.Command{
		Trial:   id,
		Event:   trial.Event(f.Text("event")),
		Reason:  f.Text("reason"),
		Code:    f.Text("code"),
		Figures: f.Text("figures"),
		List:    f.Text("list"),
		State:   f.Text("insurance"),
		Number:  f.Int("number"),
		Amount:  f.Yuan("amount"),
		Voucher: f.Text("voucher"),
		Version: f.Int("version"),
	}
	if day := f.Date("day"); !day.IsZero() {
		do.Day = fact.DayOf(day)
	}
	if err = ui.FormErr(f); err == nil {
		_, err = p.Trials.Do(c.Context(), c.Actor(), do)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showTrial(c, f, err, do.Event)
		}
		return err
	}
	c.Flash(view.OK, "已办理，对方会收到消息。")
	return c.See(trialPath(id))
}
