package services

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/region"
	"techmarket/internal/services/register"
	"techmarket/internal/services/register/kind"
	"techmarket/internal/services/voucher"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

func (p *Pages) voucherRoutes() []web.Route {
	return []web.Route{
		web.GET("/vouchers", web.Anyone(), p.schemes),
		web.GET("/vouchers/schemes/new", web.Officers(), func(c *web.Ctx) error { return p.newScheme(c, nil, nil) }),
		web.POST("/vouchers/schemes", web.Officers(), p.createScheme),
		web.GET("/vouchers/schemes/:id", web.Anyone(), func(c *web.Ctx) error { return p.showScheme(c, nil, nil) }),
		web.POST("/vouchers/schemes/:id/budget", web.Officers(), p.addBudget),
		web.GET("/vouchers/schemes/:id/replay", web.Officers(), p.replayVouchers),
		web.GET("/vouchers/new", web.Members(), func(c *web.Ctx) error { return p.newVoucher(c, nil, nil) }),
		web.POST("/vouchers", web.Members(), p.applyVoucher),
		web.GET("/desk/vouchers", web.SignedIn(), p.vouchers),
		web.GET("/vouchers/:id", web.SignedIn(), func(c *web.Ctx) error { return p.showVoucher(c, nil, nil, "") }),
		web.POST("/vouchers/:id/do", web.SignedIn(), p.doVoucher),
		web.GET("/vouchers/:id/proof", web.SignedIn(), p.voucherProof),
		web.GET("/vouchers/:id/files/:file", web.SignedIn(), func(c *web.Ctx) error { return ui.SendAttached(c, p.Files, "voucher") }),
	}
}

func schemePath(id int64) string { return fmt.Sprintf("/vouchers/schemes/%d", id) }

func serviceKind(code string) string {
	for _, k := range kind.ServiceKinds() {
		if k.Code == code {
			return k.Label
		}
	}
	return code
}

func serviceKinds(codes []string) string {
	labels := make([]string, len(codes))
	for i, code := range codes {
		labels[i] = serviceKind(code)
	}
	return ui.Join(labels)
}

// schemes is the door to vouchers: what every issuer offers.
func (p *Pages) schemes(c *web.Ctx) error {
	q := c.QueryForm()
	list, err := p.Vouchers.Schemes(c.Context(), 0, q.Text("all") == "yes", q.ID("after"), pageSize)
	if err != nil {
		return err
	}
	rows := view.Rows{Label: "创新券办法", Empty: view.Empty{Icon: "file", Title: "现在没有可以申请的创新券",
		Text: "发券单位录入办法后会出现在这里；已结束的办法可以在下面查看。"}}
	for _, x := range list {
		rows.Items = append(rows.Items, view.Row{Title: view.T(x.Title), Href: schemePath(x.ID), Sample: x.Sample,
			Lead: view.T(c.T("支持%s，按服务费的 %s，一家企业一年不超过 %s", serviceKinds(x.Kinds), voucher.RateWord(x.RateBP), x.Limit.Short())),
			Meta: []string{x.Issuer, c.T("%s 至 %s", view.Day(x.FirstDay), view.Day(x.LastDay)), c.T("已发 %d 张", x.Issued)},
			Tags: schemeTags(x.Scheme, p.Vouchers.Today()), Right: x.Left().Short(), RightNote: "经费余额"})
	}
	body := ui.Listing{Lead: "科技创新券由盟市或自治区发放，企业买检测、设计等科技服务时抵一部分费用，服务完成后由服务机构凭合同和发票兑付。", Rows: &rows,
		Pager: view.Pager{Total: -1}, Tabs: &view.Tabs{Label: "范围", Items: []view.Link{
			{Label: "可以申请的", Href: "/vouchers", Current: q.Text("all") != "yes"}, {Label: "全部", Href: "/vouchers?all=yes",
				Current: q.Text("all") == "yes"}}}}
	if web.SaleKeepers().Allows(c.Actor()) {
		body.Actions = []view.Action{{Label: "我的创新券", Href: "/desk/vouchers"}}
	}
	if c.Actor().Officer() {
		body.Actions[0].Label = "创新券办理"
		body.Actions = append(body.Actions, view.Action{Label: "录入办法", Href: "/vouchers/schemes/new", Kind: view.Quiet})
	}
	if len(list) == pageSize {
		body.Pager.Next = fmt.Sprintf("/vouchers?all=%s&after=%d", q.Text("all"), list[pageSize-1].ID)
	}
	page := c.Page("科技创新券")
	page.Nav = "registers"
	page.Breadcrumbs = []view.Link{{Label: "人员与服务", Href: "/registers"}}
	return ui.ShowList(c, page, body)
}

func schemeTags(x voucher.Scheme, today time.Time) (out []view.Tag) {
	switch {
	case today.After(x.LastDay):
		out = append(out, view.Tag{Label: "已结束"})
	case today.Before(x.FirstDay):
		out = append(out, view.Tag{Label: "还没有开始", Tone: view.Info})
	default:
		out = append(out, view.Tag{Label: "可以申请", Tone: view.OK})
	}
	if !x.Verified {
		out = append(out, view.Tag{Label: "条款未核实", Tone: view.Warn})
	}
	return out
}

// showScheme shows the terms of a scheme, to its issuer with its figures and the way to more money.
func (p *Pages) showScheme(c *web.Ctx, form *web.Form, ferr error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	x, err := p.Vouchers.ReadScheme(c.Context(), id)
	if err != nil {
		return err
	}
	body := ui.Sheet{Sample: x.Sample, Tags: schemeTags(x.Scheme, p.Vouchers.Today())}
	if !x.Verified {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Tone: view.Warn, Title: "条款未与文件原文核对",
			Text: "比例、上限和期限以发券单位的文件为准。"}}})
	}
	facts := []view.Fact{{Label: "发券单位", Value: x.Issuer}, {Label: "适用地区", Value: region.FullName(x.Division)}, {Label: "文号", Value: x.Number},
		{Label: "有效期", Value: c.T("%s 至 %s", view.Day(x.FirstDay), view.Day(x.LastDay)), Note: "两端都算"},
		{Label: "支持的服务", Value: serviceKinds(x.Kinds)}, {Label: "支持比例", Value: c.T("服务费的 %s", voucher.RateWord(x.RateBP)), Num: true},
		{Label: "一家企业一年上限", Value: view.Yuan(x.Limit), Num: true}, {Label: "券的有效期", Value: c.T("发放后 %d 天内使用", x.ValidDays)},
		{Label: "申请条件和材料", Text: view.T(x.Terms)}, {Label: "依据", Text: view.T(x.Source)}}
	if x.Number == "" {
		facts = slices.Delete(facts, 2, 3)
	}
	body.Main = append(body.Main, ui.Block{Title: "办法", Parts: view.Parts{view.Facts{Items: facts}}}, howVouchers())
	body.Side = []ui.Block{{Card: true, Title: "经费", Parts: view.Parts{view.Facts{Wide: true, Items: []view.Fact{
		{Label: "经费总额", Value: view.Yuan(x.Budget), Num: true}, {Label: "已占用", Value: view.Yuan(x.Held), Num: true, Note: "发放到兑付的券和待追回的款"},
		{Label: "余额", Value: view.Yuan(x.Left()), Num: true}, {Label: "已发", Value: c.T("%d 张", x.Issued)}}}}}}
	who := c.Actor()
	if x.Open(p.Vouchers.Today()) && web.Members().Allows(who) {
		body.Actions = []view.Action{{Label: "申请创新券", Href: fmt.Sprintf("/vouchers/new?scheme=%d", id)}}
	}
	if who.Officer() && (who.In(x.OrgID) || who.Covers(x.Division)) {
		body.Actions = append(body.Actions, view.Action{Label: "重算数据（JSON）", Href: schemePath(id) + "/replay", Kind: view.Quiet})
		counts, err := p.Vouchers.Counts(c.Context(), who, id)
		if err != nil {
			return err
		}
		body.Main = append(body.Main, ui.Block{Title: "发放和兑付", Parts: view.Parts{voucherFigures(counts, id)}})
	}
	if who.Officer() && who.In(x.OrgID) {
		a := ui.NewAsk(c, form, ferr)
		f := view.NewForm(schemePath(id)+"/budget", "追加经费", a.Yuan("more", "追加金额", 0, ui.Required),
			a.Area("reason", "追加的依据", "", ui.Required, ui.Lines(2), ui.Limit(300)))
		f.Hidden = []view.Pair{{Name: "version", Value: strconv.Itoa(x.Version)}}
		b := ui.Block{Fold: "追加经费…"}
		for _, part := range a.Blocks(f) {
			b.Add(part.Parts...)
		}
		if ferr != nil {
			b.Title, b.Fold = "追加经费", ""
		}
		body.Side = append(body.Side, b)
	}
	page := c.Page(x.Title)
	page.Breadcrumbs = []view.Link{{Label: "科技创新券", Href: "/vouchers"}}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

// howVouchers says the way of a voucher in order.
func howVouchers() ui.Block {
	return ui.Block{Title: "怎么用", Parts: view.Parts{view.Facts{Wide: true, Items: []view.Fact{
		{Label: "一、企业申请", Value: "选服务机构的一项服务，写明费用和用途"}, {Label: "二、发券单位审核", Value: "发放时算出金额，占用经费"},
		{Label: "三、企业使用", Value: "与服务机构签合同并上传，过期未用的退回经费"}, {Label: "四、企业确认", Value: "服务完成后确认"},
		{Label: "五、服务机构申请兑付", Value: "凭合同、发票和企业的付款回单"}, {Label: "六、发券单位兑付", Value: "审核材料，拨付，登记凭证号"},
		{Label: "取消和作废", Value: "合同解除或使用不当的，券作废；已兑付的款要退回"}}}}}
}

func voucherFigures(counts []voucher.Count, scheme int64) view.Table {
	type row = voucher.Count
	t := ui.Columns[row]{
		{Label: "状态", Cell: func(r row) view.Cell {
			return view.Cell{Text: words.VoucherStage(r.State), Href: fmt.Sprintf("/desk/vouchers?state=%s&scheme=%d", r.State, scheme)}
		}},
		ui.CountColumn("张数", func(r row) int { return r.N }),
		ui.FigureColumn("券面金额", func(r row) string { return view.Yuan(r.Amount) }),
		ui.FigureColumn("已兑付", func(r row) string { return view.Yuan(r.Paid) }),
		ui.FigureColumn("待追回", func(r row) string { return view.Yuan(r.Owes) }),
	}.Table("按状态的张数和金额", counts)
	t.Empty = view.Empty{Title: "还没有企业申请"}
	return t
}

func (p *Pages) addBudget(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	more, version := f.Yuan("more"), f.Int("version")
	if err = ui.FormErr(f); err == nil {
		err = p.Vouchers.AddBudget(c.Context(), c.Actor(), id, version, more, f.Text("reason"))
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showScheme(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "经费已追加。")
	return c.See(schemePath(id))
}

// vouchers lists what the reader is part of: what waits for him first, then all by state.
func (p *Pages) vouchers(c *web.Ctx) error {
	q := c.QueryForm()
	f := voucher.Filter{State: voucher.Stage(q.Text("state")), Scheme: q.ID("scheme"), After: q.ID("after"), Limit: pageSize}
	list, err := p.Vouchers.List(c.Context(), c.Actor(), f)
	if err != nil {
		return err
	}
	counts, err := p.Vouchers.Counts(c.Context(), c.Actor(), f.Scheme)
	if err != nil {
		return err
	}
	at := func(state voucher.Stage) string {
		if f.Scheme == 0 {
			return "/desk/vouchers?state=" + string(state)
		}
		return fmt.Sprintf("/desk/vouchers?state=%s&scheme=%d", state, f.Scheme)
	}
	body := ui.Listing{Lead: "本单位申请、提供服务或发放的创新券。", Pager: view.Pager{Total: -1}, Tabs: &view.Tabs{Label: "状态"}}
	all := view.Link{Label: "全部", Href: at(""), Current: f.State == ""}
	for _, n := range counts {
		body.Tabs.Items = append(body.Tabs.Items, view.Link{Label: c.T("%s（%d）", c.T(words.VoucherStage(n.State)), n.N), Href: at(n.State),
			Current: f.State == n.State})
	}
	body.Tabs.Items = append([]view.Link{all}, body.Tabs.Items...)
	if len(list) == pageSize {
		body.Pager.Next = at(f.State) + fmt.Sprintf("&after=%d", list[pageSize-1].ID)
	}
	var waiting []voucher.Item
	if f.State == "" && f.After == 0 {
		if waiting, err = p.Vouchers.Awaiting(c.Context(), c.Actor()); err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(i voucher.Item) bool {
			return slices.ContainsFunc(waiting, func(w voucher.Item) bool { return w.ID == i.ID })
		})
	}
	rows := view.Rows{Label: "创新券", Empty: view.Empty{Icon: "file", Title: "还没有创新券",
		Text: "企业可以从“科技创新券”选一个办法申请；服务机构在名录里标明可用创新券后，会收到企业的券。"}}
	for _, i := range waiting {
		row := voucherRow(c, i)
		row.Tags = append(row.Tags, view.Tag{Label: "轮到我", Tone: view.Warn})
		rows.Items = append(rows.Items, row)
	}
	for _, i := range list {
		rows.Items = append(rows.Items, voucherRow(c, i))
	}
	body.Rows = &rows
	body.Actions = []view.Action{{Label: "看创新券办法", Href: "/vouchers", Kind: view.Quiet}}
	title := "我的创新券"
	if c.Actor().Officer() {
		title = "创新券办理"
	}
	page := c.Page(title)
	page.Nav = "registers"
	return ui.ShowList(c, page, body)
}

func voucherRow(c *web.Ctx, i voucher.Item) view.Row {
	row := view.Row{Title: view.T(i.Service), Href: voucher.Path(i.ID), Sample: i.Sample, Tags: []view.Tag{voucherTag(i.State)},
		Meta: []string{i.Firm, i.Provider, c.T("券号 %s", i.Label())}, Right: i.Amount.Short(), RightNote: "券面金额"}
	if i.State.Before() {
		row.Right, row.RightNote = i.Contract.Short(), "服务费用"
	}
	switch {
	case i.DueOn != nil && i.State == voucher.StageGranted:
		row.Fresh = c.T("%s 前（含）使用", view.Day(*i.DueOn))
	case i.Owes > 0:
		row.Fresh = c.T("待追回 %s", view.Yuan(i.Owes))
	case i.Asked:
		row.Fresh = "等补充材料"
	default:
		row.Meta = append(row.Meta, c.T("%s办理", clock.Day(i.UpdatedAt)))
	}
	return row
}

func voucherTag(s voucher.Stage) view.Tag {
	t := view.Tag{Label: words.VoucherStage(s)}
	switch s {
	case voucher.StagePaid, voucher.StageGranted:
		t.Tone = view.OK
	case voucher.StageApplied, voucher.StageCommitted, voucher.StageDone, voucher.StageClaimed, voucher.StageApproved:
		t.Tone = view.Info
	case voucher.StageVoid, voucher.StageDeclined:
		t.Tone = view.Bad
	}
	return t
}

// voucherAt is where an entry of the register of providers leads to when it takes vouchers.
func voucherAt(d register.Descriptor, i register.Item) (view.Action, bool) {
	if d.Kind != kind.Provider().Kind || !i.Content.Yes("voucher") {
		return view.Action{}, false
	}
	return view.Action{Label: "用创新券", Href: fmt.Sprintf("/vouchers/new?entry=%d", i.ID), Kind: view.Quiet}, true
}
