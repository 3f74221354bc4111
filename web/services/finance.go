package services

import (
	"fmt"
	"slices"
	"strconv"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/services/finance"
	"techmarket/internal/services/register"
	"techmarket/internal/services/register/kind"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

//nolint:dupl // two tables of routes
func (p *Pages) financeRoutes() []web.Route {
	return []web.Route{
		web.GET("/finance-requests", web.SignedIn(), p.requests),
		web.GET("/finance-requests/new", web.Members(), func(c *web.Ctx) error { return p.newRequest(c, nil, nil) }),
		web.POST("/finance-requests", web.Members(), p.askFinance),
		web.GET("/finance-requests/:id", web.Members(), func(c *web.Ctx) error { return p.showRequest(c, nil, nil, "") }),
		web.POST("/finance-requests/:id/do", web.Members(), p.doFinance),
		web.GET("/finance-requests/:id/records/:number", web.Members(), p.showRecord),
	}
}

func financeTag(s finance.Stage) view.Tag {
	t := view.Tag{Label: words.FinanceStage(s)}
	switch s {
	case finance.Granted, finance.Repaid:
		t.Tone = view.OK
	case finance.Asked, finance.Offered:
		t.Tone = view.Info
	case finance.Overdue, finance.Declined:
		t.Tone = view.Bad
	}
	return t
}

// requests lists those of the reader's unit, what waits for it first; officers see figures without names.
func (p *Pages) requests(c *web.Ctx) error {
	q := c.QueryForm()
	f := finance.Filter{State: finance.Stage(q.Text("state")), After: q.ID("after"), Limit: pageSize}
	list, err := p.Finance.List(c.Context(), c.Actor(), f)
	if err != nil {
		return err
	}
	counts, err := p.Finance.Figures(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	body := ui.Listing{Lead: "从科技金融产品申请，金融机构在这里答复。登记合同由企业逐份授权，到期或撤回后金融机构不能再看。", Pager: view.Pager{Total: -1}}
	body.Actions = []view.Action{{Label: "找金融产品", Href: "/registers/finance", Kind: view.Quiet}}
	if len(list) == pageSize {
		body.Pager.Next = fmt.Sprintf("/finance-requests?state=%s&after=%d", f.State, list[pageSize-1].ID)
	}
	waits := func(i finance.Item) bool { return i.Side == finance.Bank && i.State == finance.Asked }
	slices.SortStableFunc(list, func(a, b finance.Item) int {
		switch {
		case waits(a) == waits(b):
			return 0
		case waits(a):
			return -1
		}
		return 1
	})
	rows := view.Rows{Label: "融资申请", Empty: view.Empty{Icon: "file", Title: "还没有融资申请", Text: "打开一个科技金融产品，点“申请融资”。"}}
	for _, i := range list {
		other := i.Bank
		if i.Side == finance.Bank {
			other = i.Firm
		}
		row := view.Row{Title: view.T(i.Product), Href: finance.Path(i.ID), Sample: i.Sample, Tags: []view.Tag{financeTag(i.State)},
			Meta: []string{other, view.Day(i.CreatedAt)}, Right: i.Amount.Short(), RightNote: "申请金额"}
		if waits(i) {
			row.Tags = append(row.Tags, view.Tag{Label: "轮到我", Tone: view.Warn})
		}
		rows.Items = append(rows.Items, row)
	}
	body.Rows = &rows
	if !web.Members().Allows(c.Actor()) {
		body.Rows = nil
	}
	if len(counts) > 0 || body.Rows == nil {
		sums := ui.Block{Title: "按状态的件数和金额", Intro: "样例和正式数据分开计。", Parts: view.Parts{financeFigures(counts)}}
		if body.Rows == nil {
			sums.Intro = "您看到的是管辖范围内的合计，看不到单件。样例和正式数据分开计。"
		}
		body.After = []ui.Block{sums}
	}
	page := c.Page("融资申请")
	page.Nav = "registers"
	return ui.ShowList(c, page, body)
}

func financeFigures(counts []finance.Count) view.Table {
	type row = finance.Count
	t := ui.Columns[row]{
		ui.TextColumn("状态", func(r row) string { return words.FinanceStage(r.State) }), ui.CountColumn("件数", func(r row) int { return r.N }),
		ui.FigureColumn("申请金额", func(r row) string { return view.WanYuan(r.Asked) }),
		ui.FigureColumn("发放金额", func(r row) string { return view.WanYuan(r.Granted) }),
	}.Table("融资申请合计", counts)
	t.Empty = view.Empty{Title: "还没有融资申请"}
	return t
}

// newRequest asks a firm for what it needs and which registered contracts the bank may read.
func (p *Pages) newRequest(c *web.Ctx, f *web.Form, ferr error) error {
	q := c.QueryForm()
	if f != nil {
		q = f
	}
	entry := q.ID("entry")
	if entry == 0 {
		return c.See("/registers/finance")
	}
	product, err := p.Registers.Read(c.Context(), c.Actor(), entry)
	if err != nil {
		return err
	}
	a := ui.NewAsk(c, f, ferr)
	picks, err := p.recordFields(c, a, nil)
	if err != nil {
		return err
	}
	fields := append([]view.Field{
		a.Wan("amount", "申请金额", 0, ui.Required, ui.Hint(c.T("产品额度 %s—%s", product.Content.Fen("amountFrom").Short(),
			product.Content.Fen("amountTo").Short()))),
		a.Text("months", "期限（月）", "", ui.Required, ui.Width("s")),
		a.Area("purpose", "资金用途和还款来源", "", ui.Required, ui.Lines(4), ui.Limit(1000))}, picks...)
	form := view.NewForm("/finance-requests", "提交申请", fields...)
	form.Hidden, form.Guard = []view.Pair{{Name: "entry", Value: strconv.FormatInt(entry, 10)}}, true
	page := c.Page("申请融资")
	page.Breadcrumbs = []view.Link{{Label: "科技金融产品", Href: "/registers/finance"}, {Label: product.Name,
		Href: fmt.Sprintf("/registers/finance/%d", entry)}}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, ui.Sheet{
		Lead: c.T("向%s申请“%s”。是否发放、发放多少由金融机构决定。", product.Owner, product.Name), Main: a.Blocks(form)})
}

// recordFields are the questions of a consent: which records, and until when.
func (p *Pages) recordFields(c *web.Ctx, a *ui.Ask, chosen []string) ([]view.Field, error) {
	own, err := p.Finance.Own(c.Context(), c.Actor())
	if err != nil {
		return nil, err
	}
	var options []view.Option
	for _, r := range own {
		options = append(options, view.Option{Value: r.Number, Label: r.Title, Hint: r.Number + "，" + view.Yuan(r.Amount)})
	}
	if len(options) == 0 {
		return nil, nil
	}
	return []view.Field{a.Checks("records", "同意金融机构查看哪些登记合同", chosen, options,
		ui.Hint("只看得到勾选的；每次查看都有记录，可以随时撤回。可以先不选")),
		a.Kind(view.Date, "until", "授权至", "", ui.Width("m"), ui.Sometimes, ui.Hint("勾选了登记合同的必填，当天仍可查看；最长一年"))}, nil
}

func (p *Pages) askFinance(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	in := finance.Asking{Entry: f.ID("entry"), Amount: f.Wan("amount"), Months: f.Int("months"), Purpose: f.Text("purpose"),
		Records: f.List("records"), Until: dateText(f, "until")}
	if in.Entry == 0 {
		c.Flash(view.Warn, "请先选一个金融产品，再点“申请融资”。")
		return c.See("/registers/finance")
	}
	var id int64
	if err = ui.FormErr(f); err == nil {
		id, err = p.Finance.Ask(c.Context(), c.Actor(), in)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.newRequest(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "申请已发给金融机构，答复后会通知本单位。")
	return c.See(finance.Path(id))
}

func dateText(f *web.Form, name string) string {
	if day := f.Date(name); !day.IsZero() {
		return day.Format("2006-01-02")
	}
	return ""
}

func (p *Pages) showRequest(c *web.Ctx, f *web.Form, ferr error, on finance.Event) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Finance.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	page := c.Page(c.T("融资申请：%s", v.Request.Product))
	page.Breadcrumbs = []view.Link{{Label: "融资申请", Href: "/finance-requests"}}
	body := ui.Sheet{Tags: []view.Tag{financeTag(v.Request.State)}, Sample: v.Request.Sample}
	body.Main = []ui.Block{{Parts: view.Parts{requestFacts(c, v)}}, consentBlock(c, v)}
	for _, e := range v.Events {
		a := ui.NewAsk(c, nil, nil)
		if e == on {
			a = ui.NewAsk(c, f, ferr)
		}
		b, err := p.financeStep(c, v, e, a, e == on)
		if err != nil {
			return err
		}
		body.Side = append(body.Side, b)
	}
	slices.SortStableFunc(body.Side, cardsFirst)
	var history view.Timeline
	for _, s := range v.Steps {
		history.Events = append(history.Events, view.Event{At: s.At, What: words.FinanceEvent(s.Event), Note: s.Reason})
	}
	body.Side = append(body.Side, ui.Block{Title: "经过", Intro: "金融机构每次查看登记合同都记在这里。", Parts: view.Parts{history}})
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

func requestFacts(c *web.Ctx, v finance.View) view.Facts {
	r := v.Request
	facts := []view.Fact{{Label: "产品", Value: r.Product, Href: fmt.Sprintf("/registers/finance/%d", r.Entry)}, {Label: "申请企业", Value: v.Firm},
		{Label: "金融机构", Value: v.Bank}, {Label: "申请金额", Value: view.WanYuan(r.Amount), Num: true}, {Label: "期限", Value: c.T("%d 个月", r.Months)},
		{Label: "用途和还款来源", Text: view.T(r.Purpose)}}
	if r.Offered > 0 {
		facts = append(facts, view.Fact{Label: "答复可以办理", Value: view.WanYuan(r.Offered), Num: true})
	}
	if r.Answer != "" {
		facts = append(facts, view.Fact{Label: "条件或原因", Text: view.T(r.Answer)})
	}
	if r.Granted > 0 {
		facts = append(facts, view.Fact{Label: "已发放", Value: view.WanYuan(r.Granted), Num: true})
	}
	return view.Facts{Items: facts}
}

// consentBlock says what the bank may read until when, and leads to it.
func consentBlock(c *web.Ctx, v finance.View) ui.Block {
	b := ui.Block{Title: "授权查看的登记合同"}
	switch {
	case v.Open:
		b.Intro = c.T("授权至 %s，当天仍可查看。", view.Day(*v.Request.ConsentTo))
	case v.Request.ConsentAt != nil:
		b.Intro = "授权已到期，金融机构不能再看。"
	default:
		b.Intro = "现在没有授权，或授权已经撤回，金融机构看不到登记合同。"
	}
	var links view.Links
	for _, n := range v.Numbers {
		links = append(links, view.Link{Label: c.T("登记 %s", n), Href: finance.Path(v.Request.ID) + "/records/" + n})
	}
	if len(links) > 0 && (v.Open || v.Side == finance.Firm) {
		b.Add(links)
	}
	return b
}

// financeStep is the form of a step.
func (p *Pages) financeStep(c *web.Ctx, v finance.View, on finance.Event, a *ui.Ask, open bool) (ui.Block, error) {
	reason := func(label string) view.Field {
		return a.Area("reason", label, "", ui.Required, ui.Lines(3), ui.Limit(1000))
	}
	b, label := ui.Block{}, words.FinanceEvent(on)
	var fields []view.Field
	switch on {
	case finance.EventOffer:
		b.Card, b.Title = v.Request.State == finance.Asked, "答复"
		if !b.Card {
			b.Title, b.Fold = "", "改答复…"
		}
		fields = []view.Field{a.Wan("amount", "可以办理的金额", v.Request.Amount, ui.Required), reason("利率、期限和条件")}
	case finance.EventGrant:
		b.Card, b.Title = true, "登记发放"
		fields = []view.Field{a.Wan("amount", "发放金额", v.Request.Offered, ui.Required), a.Text("reason", "合同号", "", ui.Required, ui.Limit(100))}
	case finance.EventDecline:
		b.Fold, fields = "不办理…", []view.Field{reason("原因，企业会看到")}
	case finance.EventOverdue:
		b.Fold, fields = "登记逾期…", []view.Field{reason("情况")}
	case finance.EventRepaid:
		b.Fold = "登记还清…"
	case finance.EventWithdraw:
		b.Fold = "撤回申请…"
	case finance.EventRevoke:
		b.Fold, b.Intro = "撤回查看授权…", "撤回后金融机构的下一次查看就会被拒绝；已经看过的无法收回。"
	case finance.EventShare:
		b.Fold = "授权查看登记合同…"
		var err error
		if fields, err = p.recordFields(c, a, v.Numbers); err != nil {
			return b, err
		}
		if len(fields) == 0 {
			b.Add(view.Notice{Title: "本单位还没有登记合同可以授权"})
			return b, nil
		}
	}
	for i := range fields {
		fields[i].ID = string(on) + "-" + fields[i].Name
	}
	form := view.NewForm(finance.Path(v.Request.ID)+"/do", label, fields...)
	form.Hidden = []view.Pair{{Name: "event", Value: string(on)}, {Name: "version", Value: strconv.Itoa(v.Request.Version)}}
	if open && b.Fold != "" {
		b.Title, b.Fold, b.Card = label, "", true
	}
	if b.Fold != "" {
		form.Actions[0].Kind = view.Quiet
	}
	for _, part := range a.Blocks(form) {
		b.Add(part.Parts...)
	}
	return b, nil
}

func (p *Pages) doFinance(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	do := finance.Command{Request: id, Event: finance.Event(f.Text("event")), Version: f.Int("version"), Amount: f.Wan("amount"),
		Reason: f.Text("reason"), Records: f.List("records"), Until: dateText(f, "until")}
	if err = ui.FormErr(f); err == nil {
		_, err = p.Finance.Do(c.Context(), c.Actor(), do)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showRequest(c, f, err, do.Event)
		}
		return err
	}
	c.Flash(view.OK, "已办理，对方会收到消息。")
	return c.See(finance.Path(id))
}

// showRecord opens one record of a consent. A consent that ended between two looks is told on the request's page.
func (p *Pages) showRecord(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	r, err := p.Finance.Look(c.Context(), c.Actor(), id, c.Param("number"))
	if err != nil {
		return ui.FlashRefusal(c, err, finance.Path(id))
	}
	facts := []view.Fact{{Label: "登记编号", Value: r.Number}, {Label: "合同类别", Value: codes.ContractClass.Label(r.Class)},
		{Label: "卖方", Value: r.Seller}, {Label: "买方", Value: r.Buyer}, {Label: "成交额", Value: view.Yuan(r.Amount), Num: true},
		{Label: "技术交易额", Value: view.Yuan(r.Technical), Num: true}, {Label: "登记日期", Value: r.RegisteredOn.Format("2006-01-02")}}
	body := ui.Sheet{Lead: "由企业授权查看，本次查看已记录。请勿转给他人。", Main: []ui.Block{{Parts: view.Parts{view.Facts{Items: facts}}}}}
	if r.Ended {
		body.Tags = []view.Tag{{Label: "已注销或撤销", Tone: view.Bad}}
	}
	page := c.Page(r.Title)
	page.Breadcrumbs = []view.Link{{Label: "融资申请", Href: finance.Path(id)}}
	return ui.ShowSheet(c, page, body)
}

// financeAt is where a product of the register leads to.
func financeAt(c *web.Ctx, d register.Descriptor, i register.Item) (view.Action, bool) {
	if d.Kind != kind.Finance().Kind || c.Actor().In(i.OrganisationID) {
		return view.Action{}, false
	}
	return view.Action{Label: "申请融资", Href: fmt.Sprintf("/finance-requests/new?entry=%d", i.ID)}, true
}
