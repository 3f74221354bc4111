package trade

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
	"techmarket/internal/trade/rights"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) incomeRoutes() []web.Route {
	return []web.Route{
		web.GET("/distributions", web.SignedIn(), p.distributions),
		web.GET("/distributions/new", web.Members(), func(c *web.Ctx) error { return p.showNewPlan(c, nil, nil) }),
		web.POST("/distributions", web.Members(), p.createPlan),
		web.GET("/distributions/:id", web.SignedIn(), func(c *web.Ctx) error { return p.showPlan(c, nil, nil, "") }),
		web.GET("/distributions/:id/edit", web.Members(), func(c *web.Ctx) error { return p.editPlan(c, nil, nil) }),
		web.GET("/distributions/:id/file", web.Members(), p.diligence),
		web.POST("/distributions/:id", web.Members(), p.savePlan),
		web.POST("/distributions/:id/do", web.Members(), p.doPlan),
	}
}

func incomePath(id int64) string { return fmt.Sprintf("/distributions/%d", id) }

func rightsTabs(now string) *view.Tabs {
	t := &view.Tabs{Label: "权属与收益", Items: []view.Link{{Label: "收益分配", Href: "/distributions"}, {Label: "权属与赋权", Href: "/grants"}}}
	for i := range t.Items {
		t.Items[i].Current = t.Items[i].Href == now
	}
	return t
}

// diligence prints what was done.
func (p *Pages) diligence(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	name, pdf, err := p.Rights.Print(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	return c.Inline(name, "application/pdf", bytes.NewReader(pdf))
}

func planTag(s rights.Stage) view.Tag {
	switch s {
	case rights.Draft:
		return view.Tag{Label: "草稿"}
	case rights.Noticing:
		return view.Tag{Label: "公示中", Tone: view.Info}
	case rights.Active:
		return view.Tag{Label: "公示期满，可以发放", Tone: view.OK}
	case rights.Closed:
		return view.Tag{Label: "已结束"}
	default:
		return view.Tag{Label: "已撤回"}
	}
}

func (p *Pages) distributions(c *web.Ctx) error {
	const size = 20
	q := c.QueryForm()
	list, err := p.Rights.List(
		c.Context(),
		c.Actor(),
		rights.Filter{Contract: q.ID("contract"), Listing: q.ID("achievement"), After: q.ID("after"),
			Limit: size},
	)
	if err != nil {
		return err
	}
	table := ui.Columns[rights.Row]{
		{Label: "方案", Cell: func(r rights.Row) view.Cell {
			cell := view.Cell{Text: r.Title, Href: incomePath(r.ID), Tags: []view.Tag{planTag(r.State)}}
			if r.Sample {
				cell.Tags = append(cell.Tags, view.Tag{Label: "样例"})
			}
			if r.Mine {
				cell.Note = "本人的份额"
			}
			return cell
		}},
		{Label: "合同", Cell: func(r rights.Row) view.Cell {
			return view.Cell{Text: "查看合同", Href: fmt.Sprintf("/contracts/%d", r.Contract)}
		}},
		ui.FigureColumn("奖励总额", func(r rights.Row) string { return view.Yuan(r.Pool) }),
		ui.FigureColumn("已发", func(r rights.Row) string { return view.Yuan(r.Paid) }),
		ui.FigureColumn("应发未发", func(r rights.Row) string {
			if r.State == rights.Draft || r.State == rights.Noticing {
				return "公示期满后发"
			}
			return view.Yuan(r.Payable)
		}),
		ui.TextColumn("更新", func(r rights.Row) string { return view.Day(r.UpdatedAt) }),
	}.Table("收益分配", list)
	table.Empty = view.Empty{Icon: "file", Title: "还没有收益分配", Text: "从一份已报送的合同开始：打开合同，选“分配收益”。您是完成人的，单位做好方案后会出现在这里。"}
	body := ui.Listing{Lead: "合同的收入按到账累计分配：每笔到账后重新计算，精确到分；公示期满才能发放。", Tabs: rightsTabs("/distributions"), Table: &table,
		Pager: view.Pager{Total: -1}}
	if len(list) == size {
		body.Pager.Next = fmt.Sprintf(
			"/distributions?contract=%d&achievement=%d&after=%d",
			q.ID("contract"),
			q.ID("achievement"),
			list[size-1].ID,
		)
	}
	if contract := q.ID("contract"); contract != 0 && web.Members().Allows(c.Actor()) {
		body.Actions = []view.Action{{Label: "新建方案", Href: fmt.Sprintf("/distributions/new?contract=%d", contract), Kind: view.Quiet}}
	}
	return ui.ShowList(c, c.Page("收益分配"), body)
}

// showPlan shows a plan. A refused step is shown again at its form: on names it.
func (p *Pages) showPlan(c *web.Ctx, f *web.Form, ferr error, on rights.Event) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Rights.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	page := c.Page(v.Plan.Title)
	page.Breadcrumbs = []view.Link{{Label: "收益分配", Href: "/distributions"}}
	body := ui.Sheet{Tags: []view.Tag{planTag(v.Plan.State)}, Sample: v.Plan.Sample}
	body.Main = append(body.Main, ui.Block{Parts: view.Parts{planFacts(c, v)}}, sharesBlock(c, v), paymentsBlock(v), entriesBlock(v))
	ask := func(e rights.Event) *ui.Ask {
		if e == on {
			return ui.NewAsk(c, f, ferr)
		}
		return ui.NewAsk(c, nil, nil)
	}
	for _, e := range v.Events {
		if b := planStep(c, v, e, ask(e)); b != nil {
			b.Title, b.Fold = cut(b.Title, e == on, b.Fold)
			body.Side = append(body.Side, *b)
		}
	}
	if c.Actor().In(v.Plan.OrgID) && web.Members().Allows(c.Actor()) {
		body.Actions = []view.Action{{Label: "勤勉尽责材料", Href: incomePath(id) + "/file", Kind: view.Quiet}}
	}
	if v.Plan.State == rights.Draft && slices.Contains(v.Events, rights.EventBook) {
		body.Actions = append(body.Actions, view.Action{Label: "修改", Href: incomePath(id) + "/edit", Kind: view.Quiet})
	}
	body.Side = append(body.Side, ui.Block{Title: "经过", Parts: view.Parts{planHistory(v)}})
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

// cut unfolds the form of a refused step, so that its messages show.
func cut(title string, refused bool, fold string) (string, string) {
	if refused && fold != "" {
		return fold, ""
	}
	return title, fold
}

func planFacts(c *web.Ctx, v rights.View) view.Facts {
	facts := []view.Fact{{Label: "合同", Value: "查看合同", Href: fmt.Sprintf("/contracts/%d", v.Plan.Contract)},
		{Label: "净收入", Value: view.Yuan(v.Net), Num: true, Note: "到账减去直接费用和税费"},
		{Label: "奖励比例", Value: ui.Percent(v.Plan.BP) + "%", Num: true}, {Label: "奖励总额", Value: view.Yuan(v.Pool), Num: true},
		{
			Label: "已发",
			Value: view.Yuan(v.Paid),
			Num:   true,
		}, {Label: "依据", Text: view.T(v.Plan.Basis)}, {Label: "内部决策", Text: view.T(v.Plan.Decision)}}
	if v.Own > 0 && len(v.Shares) == 1 {
		facts[4] = view.Fact{Label: "本人已收", Value: view.Yuan(v.Shares[0].Paid), Num: true}
	}
	if n := len(v.Payments); n > 0 {
		last := v.Payments[n-1]
		fact := view.Fact{Label: "主要贡献人员", Value: view.Yuan(last.MainPaid), Num: true,
			Note: c.T("不少于奖励总额的 %s%%，即 %s", ui.Percent(v.Plan.MainBP), view.Yuan(last.MainNeeded))}
		if last.MainOK {
			fact.Tags = []view.Tag{{Label: "达到", Tone: view.OK}}
		} else {
			fact.Tags = []view.Tag{{Label: "不足", Tone: view.Bad}}
		}
		facts = append(facts, fact)
		if last.Ahead > 0 {
			facts = append(facts, view.Fact{Label: "已超前分配", Value: view.Yuan(last.Ahead), Num: true, Note: "更正或费用使奖励总额变小；以后的到账先补足它"})
		}
	}
	if v.Plan.NoticeID != 0 {
		facts = append(facts, view.Fact{Label: "公示", Value: noticeTag(v.Notice).Label, Href: fmt.Sprintf("/notices/%d", v.Plan.NoticeID)})
	}
	if v.Plan.Reason != "" {
		facts = append(facts, view.Fact{Label: "结束原因", Text: view.T(v.Plan.Reason)})
	}
	return view.Facts{Items: facts}
}

func sharesBlock(c *web.Ctx, v rights.View) ui.Block {
	var sum int64
	for _, s := range v.Shares {
		sum += s.Weight
	}
	table := ui.Columns[rights.Share]{
		{Label: "完成人", Cell: func(s rights.Share) view.Cell {
			cell := view.Cell{Text: s.Name, Note: s.Contribution}
			if s.Main {
				cell.Tags = append(cell.Tags, view.Tag{Label: "主要贡献", Tone: view.Info})
			}
			if s.Leader {
				cell.Tags = append(cell.Tags, view.Tag{Label: "领导职务", Tone: view.Warn})
			}
			return cell
		}},
		ui.FigureColumn("份额", func(s rights.Share) string { return strconv.FormatInt(s.Weight, 10) }),
		ui.FigureColumn("累计应得", func(s rights.Share) string { return view.Yuan(s.Total) }),
		ui.FigureColumn("已发", func(s rights.Share) string { return view.Yuan(s.Paid) }),
		ui.FigureColumn("应发未发", func(s rights.Share) string { return view.Yuan(s.Payable) }),
	}.Table("各人份额", v.Shares)
	b := ui.Block{Title: "各人份额", Parts: view.Parts{table}}
	if v.Own > 0 && len(v.Shares) == 1 {
		b.Title = "本人的份额"
	} else {
		b.Intro = c.T("份额合计 %d；不足一分的尾数逐分给小数部分最大的人。", sum)
	}
	return b
}

func paymentsBlock(v rights.View) ui.Block {
	on := map[string]time.Time{}
	for _, e := range v.Entries {
		on[strconv.FormatInt(e.ID, 10)] = e.On
	}
	table := ui.Columns[rights.Payment]{
		{Label: "到账日", Cell: func(p rights.Payment) view.Cell { return view.Cell{Text: view.Day(on[p.Receipt])} }},
		ui.FigureColumn("累计净收入", func(p rights.Payment) string { return view.Yuan(p.Net) }),
		ui.FigureColumn("累计奖励", func(p rights.Payment) string { return view.Yuan(p.Pool) }),
		ui.FigureColumn("本次分配", func(p rights.Payment) string { return view.Yuan(p.Pay) }),
		ui.FigureColumn("各人", func(p rights.Payment) string { return joined(p.Shares) }),
	}.Table("逐笔计算", v.Payments)
	table.Empty = view.Empty{Icon: "file", Title: "还没有到账", Text: "登记到账之后，这里逐笔列出怎样计算。"}
	return ui.Block{Title: "逐笔计算", Intro: "每笔到账后重算累计奖励，只分还没有分过的部分，多笔小额不会多分。", Parts: view.Parts{table}}
}

func joined(shares []money.Fen) string {
	out := make([]string, len(shares))
	for i, s := range shares {
		out[i] = s.Grouped()
	}
	return strings.Join(out, " / ")
}

func entryKind(kind string) string {
	switch kind {
	case rights.Receipt:
		return "到账"
	case rights.Cost:
		return "直接费用"
	default:
		return "税费"
	}
}

func entriesBlock(v rights.View) ui.Block {
	table := ui.Columns[rights.Booked]{
		{Label: "日期", Cell: func(e rights.Booked) view.Cell { return view.Cell{Text: view.Day(e.On), Note: e.Note} }},
		{Label: "事项", Cell: func(e rights.Booked) view.Cell {
			cell := view.Cell{Text: entryKind(e.Kind)}
			if e.Corrects != 0 {
				cell.Tags = []view.Tag{{Label: "更正 #" + strconv.FormatInt(e.Corrects, 10), Tone: view.Warn}}
			}
			return cell
		}},
		ui.FigureColumn("金额", func(e rights.Booked) string { return view.Yuan(e.Amount) }),
		ui.TextColumn("凭证", func(e rights.Booked) string { return e.Voucher }),
		ui.TextColumn("编号", func(e rights.Booked) string { return "#" + strconv.FormatInt(e.ID, 10) }),
	}.Table("到账、费用和税费", v.Entries)
	table.Empty = view.Empty{Icon: "file", Title: "还没有登记", Text: "到账、直接费用和税费逐笔登记；记错的用更正另记一笔，原来的不改。"}
	paid := ui.Columns[rights.Payout]{
		{Label: "发放日", Cell: func(p rights.Payout) view.Cell { return view.Cell{Text: view.Day(p.On)} }},
		ui.TextColumn("完成人", func(p rights.Payout) string { return nameOf(v, p.Number) }),
		ui.FigureColumn("金额", func(p rights.Payout) string { return view.Yuan(p.Amount) }),
		ui.TextColumn("凭证", func(p rights.Payout) string { return p.Voucher }),
	}.Table("发放记录", v.Payouts)
	paid.Empty = view.Empty{Icon: "file", Title: "还没有发放", Text: "公示期满之后登记发放凭证。"}
	return ui.Block{Title: "登记的收支与发放", Parts: view.Parts{table, paid}}
}

func nameOf(v rights.View, number int) string {
	for _, s := range v.Shares {
		if s.Number == number {
			return s.Name
		}
	}
	return ""
}

func planHistory(v rights.View) view.Timeline {
	words := map[rights.Event]string{rights.EventSubmit: "方案开始公示", rights.EventNoticed: "公示期满，可以发放", rights.EventNoticeOff: "公示作废，退回草稿",
		rights.EventBook: "登记收支", rights.EventCorrect: "更正", rights.EventPay: "发放", rights.EventTakeBack: "退回", rights.EventClose: "结束",
		rights.EventWithdraw: "撤回"}
	var out view.Timeline
	for _, s := range slices.Backward(v.Steps) {
		out.Events = append(out.Events, view.Event{At: s.At, What: words[s.Event], Note: s.Reason})
	}
	return out
}

// planStep is the form of a step.
func planStep(c *web.Ctx, v rights.View, on rights.Event, a *ui.Ask) *ui.Block {
	reason := a.Area("reason", "原因", "", ui.Required, ui.Lines(2), ui.Limit(400))
	number := a.Text("voucher", "凭证号", "", ui.Required, ui.Limit(100), ui.Hint("银行回单号或财务凭证号"))
	today := a.Date("on", "凭证日期", c.Now(), ui.Required)
	var b ui.Block
	var fields []view.Field
	var label string
	switch on {
	case rights.EventSubmit:
		b, label = ui.Block{Card: true, Title: "提交公示", Intro: "公示 15 天，写明每人的份额和贡献；有领导职务的一并标明。分配对象本人不能提交。"}, "开始公示"
	case rights.EventBook:
		b, label = ui.Block{Fold: "登记到账、费用或税费…"}, "登记"
		fields = []view.Field{a.Radio("kind", "事项", rights.Receipt, []view.Option{{Value: rights.Receipt, Label: "到账"},
			{Value: rights.Cost, Label: "直接费用"}, {Value: rights.Tax, Label: "税费"}}), a.Yuan("amount", "金额", 0, ui.Required), today, number,
			a.Text("reason", "说明", "", ui.Limit(400))}
	case rights.EventCorrect:
		if len(v.Entries) == 0 {
			return nil
		}
		b, label = ui.Block{Fold: "更正一笔…"}, "更正"
		fields = []view.Field{a.Choose("entry", "更正哪一笔", "", entryOptions(v), ui.Required),
			a.Text("amount", "应当是多少（元）", "", ui.Required, ui.Width("m"), ui.Hint("整笔取消的填 0；系统另记一笔差额")), number, reason}
	case rights.EventPay:
		return payStep(v, a, today)
	case rights.EventTakeBack:
		if len(v.Payouts) == 0 {
			return nil
		}
		b, label = ui.Block{Fold: "登记退回…"}, "登记退回"
		var people []view.Option
		for _, s := range v.Shares {
			people = append(people, view.Option{Value: strconv.Itoa(s.Number), Label: s.Name})
		}
		fields = []view.Field{a.Choose("member", "谁退回", "", people, ui.Required), a.Yuan("amount", "金额", 0, ui.Required), today, number, reason}
	case rights.EventClose:
		b, label, fields = ui.Block{Fold: "结束分配…"}, "结束", []view.Field{reason}
	case rights.EventWithdraw:
		b, label, fields = ui.Block{Fold: "撤回方案…"}, "撤回", []view.Field{reason}
	default:
		return nil
	}
	for i := range fields {
		fields[i].ID = string(on) + "-" + fields[i].Key()
	}
	form := view.NewForm(incomePath(v.Plan.ID)+"/do", label, fields...)
	form.Hidden = []view.Pair{{Name: "event", Value: string(on)}}
	for _, made := range a.Blocks(form) {
		b.Add(made.Parts...)
	}
	return &b
}

func entryOptions(v rights.View) []view.Option {
	out := []view.Option{{Label: "请选择"}}
	for _, e := range v.Entries {
		if e.Corrects == 0 {
			out = append(
				out,
				view.Option{Value: strconv.FormatInt(e.ID, 10), Label: "#" + strconv.FormatInt(e.ID, 10) + " " + entryKind(e.Kind) + " " +
					view.Yuan(e.Amount)},
			)
		}
	}
	return out
}

// payStep asks for a voucher for each member to whom something is due; an empty one waits.
func payStep(v rights.View, a *ui.Ask, today view.Field) *ui.Block {
	var fields []view.Field
	hidden := []view.Pair{{Name: "event", Value: string(rights.EventPay)}}
	for _, s := range v.Shares {
		if s.Payable == 0 {
			continue
		}
		at := func(name string) string { return web.Row("pay", len(fields), name) }
		hidden = append(
			hidden,
			view.Pair{Name: at("member"), Value: strconv.Itoa(s.Number)},
			view.Pair{Name: at("amount"), Value: s.Payable.String()},
		)
		fields = append(fields, a.Text(at("voucher"), s.Name+" "+view.Yuan(s.Payable), "", ui.Limit(100), ui.Hint("发放凭证号；这次不发的留空")))
	}
	if len(fields) == 0 {
		return nil
	}
	today.ID = "pay-on"
	form := view.NewForm(incomePath(v.Plan.ID)+"/do", "登记发放", append(fields, today)...)
	form.Hidden = hidden
	b := ui.Block{Card: true, Title: "发放", Intro: "平台不经手资金。发放之后逐人登记凭证，本人会收到消息。"}
	for _, made := range a.Blocks(form) {
		b.Add(made.Parts...)
	}
	return &b
}

func (p *Pages) doPlan(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	do := rights.Command{
		Plan:    id,
		Event:   rights.Event(f.Text("event")),
		Reason:  f.Text("reason"),
		Kind:    f.Text("kind"),
		Voucher: f.Text("voucher"),
		Amount:  f.Yuan("amount"),
		Entry:   f.ID("entry"),
		Member:  f.Int("member"),
	}
	if do.Event == rights.EventCorrect && f.Text("amount") == "" {
		f.Errors.Add("amount", "missing", "请填写更正后的金额；整笔取消的填 0")
	}
	if on := f.Date("on"); !on.IsZero() {
		do.On = fact.DayOf(on)
	}
	for i := range f.Rows("pay", 50) {
		if number := f.Text(web.Row("pay", i, "voucher")); number != "" {
			do.Pay = append(
				do.Pay,
				rights.Voucher{Member: f.Int(web.Row("pay", i, "member")), Amount: f.Yuan(web.Row("pay", i, "amount")), Number: number},
			)
		}
	}
	if err = ui.FormErr(f); err == nil {
		_, err = p.Rights.Do(c.Context(), c.Actor(), do)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showPlan(c, f, err, do.Event)
		}
		return err
	}
	c.Flash(view.OK, "已办理。")
	return c.See(incomePath(id))
}
