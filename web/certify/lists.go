package certify

import (
	"bytes"
	"fmt"
	"time"

	"techmarket/internal/certify/benefits"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/codes"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

// listRoutes are the stamped lists, their public check, and the subsidy calculation with its payment proofs.
func (p *Pages) listRoutes() []web.Route {
	reader := web.CaseReaders()
	maker := web.ListMakers()
	return []web.Route{
		web.GET("/lists", reader, p.lists),
		web.GET("/lists/new", maker, func(c *web.Ctx) error { return p.showNewList(c, nil, nil) }),
		web.POST("/lists", maker, p.issueList),
		web.GET("/lists/:number", reader, p.list),
		web.GET("/lists/:number/pdf", reader, p.listPDF),
		web.GET("/l/:number", web.Anyone(), p.checkedList),
		web.GET("/registrations/:number/subsidy", reader, func(c *web.Ctx) error { return p.showSubsidy(c, nil, nil) }),
		web.GET("/registrations/:number/subsidy.pdf", reader, p.subsidyPDF),
		web.POST("/registrations/:number/payments", web.Members(), p.addPayment).WithFiles(),
		web.GET("/registrations/:number/payments/:payment", reader, p.paymentFile),
	}
}

func listTag(l benefits.List) view.Tag {
	if l.State == "void" {
		return view.Tag{Label: "已失效", Tone: view.Bad}
	}
	return view.Tag{Label: "有效", Tone: view.OK}
}

func largeTag(large bool) view.Tag {
	if large {
		return view.Tag{Label: "大额合同", Tone: view.Info}
	}
	return view.Tag{Label: "一般合同"}
}

func (p *Pages) lists(c *web.Ctx) error {
	all, err := p.Benefits.Lists(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	rows := view.Rows{Label: "登记清单", Empty: view.Empty{Icon: "file-text", Title: "没有登记清单", Text: "办理税收手续或申报后补助时，由登记点出具。"}}
	for _, l := range all {
		b, err := l.View()
		if err != nil {
			return err
		}
		rows.Items = append(
			rows.Items,
			view.Row{
				Title:     view.T(l.Number),
				Href:      "/lists/" + l.Number,
				Lead:      view.T(b.Applicant),
				Meta:      []string{words.ListPurpose(l.Purpose), c.T("%d 份合同", len(b.Items)), view.Day(l.IssuedAt)},
				Tags:      []view.Tag{listTag(l), largeTag(l.Large)},
				Right:     c.T("%s 元", b.Technical.Grouped()),
				RightNote: "技术交易额",
				Sample:    l.Sample,
			},
		)
	}
	body := ui.Listing{
		Lead:  "加盖平台校验码的合同清单，用于税收和后补助手续。清单所列合同被注销或撤销，清单即失效。",
		Rows:  &rows,
		Head:  &view.ListHead{Found: len(all), Unit: "份"},
		Pager: view.Pager{Total: -1},
	}
	if web.ListMakers().Allows(c.Actor()) {
		body.Actions = []view.Action{{Label: "出具清单", Href: "/lists/new"}}
	}
	return ui.ShowList(c, c.Page("登记清单"), body)
}

// showNewList offers the point's standing registrations, newest first, narrowed by the name of the applicant.
func (p *Pages) showNewList(c *web.Ctx, form *web.Form, ferr error) error {
	q := c.QueryForm().Text("q")
	if form != nil {
		q = form.Text("q")
	}
	regs, err := p.Registry.Registrations(
		c.Context(),
		c.Actor(),
		registry.RegistrationFilter{States: []registry.State{registry.Registered}, Text: q, Limit: 100},
	)
	if err != nil {
		return err
	}
	a := ui.NewAsk(c, form, ferr)
	var options []view.Option
	for _, r := range regs.Rows {
		options = append(
			options,
			view.Option{
				Value: r.Number,
				Label: r.Number + "　" + r.Title,
				Hint:  c.T("%s\u3000技术交易额 %s 元\u3000%s", r.SellerName, r.Technical.Grouped(), codes.ContractClass.Label(r.Class)),
			},
		)
	}
	body := ui.Sheet{Lead: "选择同一申请单位的合同。大额合同（技术交易额 500 万元以上）与其他合同分开出具。"}
	body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Search{Action: "/lists/new", Value: q, Label: "单位、合同名称或编号"}}})
	if len(options) == 0 {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Empty{Title: "没有已登记的合同", Text: "换一个名称再查。"}}})
	} else {
		f := view.NewForm("/lists", "出具清单", a.Radio("purpose", "用途", string(benefits.TaxList),
			[]view.Option{{Value: string(benefits.TaxList), Label: words.ListPurpose(benefits.TaxList), Hint: "技术开发、转让、许可"},
				{Value: string(benefits.SubsidyList), Label: words.ListPurpose(benefits.SubsidyList)}}, ui.Required),
			a.Checks("numbers", "列入的合同", nil, options, ui.Required))
		f.Hidden = []view.Pair{{Name: "q", Value: q}}
		body.Main = append(body.Main, a.Blocks(f)...)
	}
	page := c.Page("出具登记清单")
	page.Breadcrumbs = []view.Link{{Label: "登记清单", Href: "/lists"}}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

func (p *Pages) issueList(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	l, err := p.Benefits.IssueList(c.Context(), c.Actor(), benefits.Purpose(f.Text("purpose")), f.List("numbers"))
	if ui.Refused(err) {
		return p.showNewList(c, f, err)
	}
	if err != nil {
		return err
	}
	c.Flash(view.OK, c.T("清单已出具，编号 %s。", l.Number))
	return c.See("/lists/" + l.Number)
}

// listTable shows the contracts of a list; since holds what became of them, nil on the desk's own page.
func listTable(b benefits.ListBody, since []string, links bool) view.Table {
	type row struct {
		benefits.ListItem
		now string
	}
	rows := make([]row, len(b.Items))
	for i, x := range b.Items {
		rows[i].ListItem = x
		if since != nil {
			rows[i].now = ui.FirstOf(since[i], "有效")
		}
	}
	number := ui.Column[row]{Label: "登记编号", Foot: view.Cell{Text: "合计"}, Cell: func(x row) view.Cell {
		if links {
			return view.Cell{Text: x.Number, Href: "/registrations/" + x.Number}
		}
		return view.Cell{Text: x.Number}
	}}
	columns := ui.Columns[row]{
		number,
		{Label: "合同", Cell: func(x row) view.Cell { return view.Cell{Text: x.Title, Note: codes.ContractClass.Label(x.Class)} }},
		ui.TextColumn("买方", func(x row) string { return x.Buyer }),
		ui.FigureColumn("成交额（元）", func(x row) string { return x.Amount.Grouped() }).Summed(b.Amount.Grouped()),
		ui.FigureColumn("技术交易额（元）", func(x row) string { return x.Technical.Grouped() }).Summed(b.Technical.Grouped()),
	}
	if since != nil {
		columns = append(columns, ui.TextColumn("现在", func(x row) string { return x.now }))
	}
	return columns.Table("列入的合同", rows)
}

func (p *Pages) list(c *web.Ctx) error {
	l, err := p.Benefits.List(c.Context(), c.Actor(), c.Param("number"))
	if err != nil {
		return err
	}
	b, err := l.View()
	if err != nil {
		return err
	}
	page := c.Page(c.T("登记清单 %s", l.Number))
	page.Breadcrumbs = []view.Link{{Label: "登记清单", Href: "/lists"}}
	body := ui.Sheet{
		Tags:    []view.Tag{listTag(l), largeTag(l.Large)},
		Sample:  l.Sample,
		Actions: []view.Action{{Label: "清单 PDF", Href: "/lists/" + l.Number + "/pdf"}},
	}
	if l.State == "void" {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Tone: view.Bad, Title: "本清单已失效", Text: l.VoidReason}}})
	}
	body.Main = append(
		body.Main,
		ui.Block{Parts: view.Parts{view.Facts{
			Items: []view.Fact{
				{Label: "用途", Value: words.ListPurpose(l.Purpose)},
				{Label: "申请单位", Value: b.Applicant},
				{Label: "登记点", Value: b.Point, Href: fmt.Sprintf("/points/%d", l.PointID)},
				{
					Label: "出具",
					Value: view.DayTime(l.IssuedAt),
				},
				{Label: "校验码", Value: groupCode(l.CheckCode), Href: "/l/" + l.Number + "?c=" + l.CheckCode, Num: true},
			},
		}}},
		ui.Block{Title: "列入的合同", Parts: view.Parts{listTable(b, nil, true)}},
	)
	return ui.ShowSheet(c, page, body)
}

func (p *Pages) listPDF(c *web.Ctx) error {
	name, pdf, err := p.Papers.List(c.Context(), c.Actor(), c.Param("number"))
	if err != nil {
		return err
	}
	return c.Inline(name, "application/pdf", bytes.NewReader(pdf))
}

// checkedList is the public answer to the QR code of a list.
func (p *Pages) checkedList(c *web.Ctx) error {
	if err := c.Limit("verify", 30, time.Minute); err != nil {
		return err
	}
	check, err := p.Benefits.CheckList(c.Context(), c.Param("number"), c.Query().Get("c"))
	if err != nil {
		return err
	}
	if check.List.State == registry.UnderExamination {
		return ui.ShowSheet(c, examinedPage(c), examined(c.T("登记清单 %s", check.View.Number)))
	}
	page := c.Page("清单核验")
	page.Nav, page.NoIndex = "verify", true
	page.Breadcrumbs = []view.Link{{Label: "证明核验", Href: "/verify"}}
	tone := view.OK
	if check.List.State == "void" {
		tone = view.Bad
	}
	body := ui.Sheet{
		Heading: view.T(c.T("登记清单 %s", check.View.Number)),
		Sample:  check.View.Sample,
		Main: []ui.Block{{Parts: view.Parts{view.Notice{Tone: tone, Title: c.T("这份清单：%s", check.Words), Text: "单位名称已部分隐去。"}}},
			{Parts: view.Parts{view.Facts{
				Items: []view.Fact{
					{Label: "用途", Value: words.ListPurpose(check.List.Purpose)},
					{Label: "申请单位", Value: check.View.Applicant},
					{Label: "登记点", Value: check.View.Point},
					{Label: "出具日期", Value: view.Day(check.List.IssuedAt)},
				},
			}}},
			{
				Title: "列入的合同",
				Parts: view.Parts{listTable(check.View, check.Items, false)},
			}, {Parts: view.Parts{view.Digests{{ID: "digest", Label: "平台校验码（非印章）", Value: check.List.Digest},
				{ID: "row", Label: "登记簿", Value: c.T("第 %d 行", check.List.LedgerSeq)}}}}},
	}
	return ui.ShowSheet(c, page, body)
}
