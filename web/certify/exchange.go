package certify

import (
	"bytes"
	"fmt"
	"net/url"

	"techmarket/internal/certify/exchange"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/files"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// exchangeRoutes are the files made from the register and read into it.
func (p *Pages) exchangeRoutes() []web.Route {
	reader := web.CaseReaders()
	keeper := web.PointManagers()
	return []web.Route{
		web.GET("/registrations/export", reader, func(c *web.Ctx) error { return p.showExports(c, nil, nil) }),
		web.GET("/registrations.xlsx", reader, p.exportRegistrations),
		web.GET("/registrations/exports/:id", reader, p.export),
		web.GET("/registrations/exports/:id/files/:file", reader, p.exportFile),
		web.GET("/registrations/:number/archive.zip", web.ArchiveReaders(), p.archive),
		web.GET("/registrations/history", keeper, func(c *web.Ctx) error { return p.showHistories(c, nil) }),
		web.POST("/registrations/history", keeper, p.checkHistory).WithFiles(),
		web.GET("/registrations/history/template", keeper, p.historyTemplate),
		web.GET("/registrations/history/:id", keeper, p.history),
		web.GET("/registrations/history/:id/marked", keeper, p.markedHistory),
		web.POST("/registrations/history/:id/confirm", keeper, p.confirmHistory),
	}
}

// registerActions are what else can be done with the list on the screen.
func registerActions(c *web.Ctx) []view.Action {
	query := exportQueryOf(exportFilter(c.QueryForm())).Encode()
	out := []view.Action{
		{Label: "导出", Href: "/registrations/export?" + query, Kind: view.Quiet},
		{Label: "登记清单", Href: "/lists", Kind: view.Quiet},
	}
	if web.PointManagers().Allows(c.Actor()) {
		out = append(out, view.Action{Label: "导入历史登记", Href: "/registrations/history", Kind: view.Quiet})
	}
	return out
}

// registrationLinks are the files and calculations of one registration.
func registrationLinks(d registry.Dossier) ui.Block {
	base := "/registrations/" + d.Registration.Number
	return ui.Block{
		Title: "档案和测算",
		Parts: view.Parts{view.Links{{Label: "档案（zip）", Href: base + "/archive.zip", Note: "证明、文书、附件、签名和登记簿证据，可以离线核验"},
			{Label: "后补助测算和付款凭证", Href: base + "/subsidy"}}},
	}
}

// exportFilter reads what is on the screen from the address.
func exportFilter(q *web.Form) exchange.Filter {
	f := exchange.Filter{RegistrationFilter: registry.RegistrationFilter{From: q.Text("from"), To: q.Text("to")}}
	f.Class, f.Text, f.PointID = q.Text("class"), q.Text("q"), q.ID("point")
	if s := q.Text("state"); s != "" {
		f.States = []registry.State{registry.State(s)}
	}
	return f
}

func exportQueryOf(f exchange.Filter) url.Values {
	v := url.Values{}
	set := func(k, s string) {
		if s != "" {
			v.Set(k, s)
		}
	}
	set("from", f.From)
	set("to", f.To)
	set("class", f.Class)
	set("q", f.Text)
	if f.PointID != 0 {
		set("point", fmt.Sprint(f.PointID))
	}
	for _, s := range f.States {
		set("state", string(s))
	}
	return v
}

// showExports asks for the period and lists the person's own large exports.
func (p *Pages) showExports(c *web.Ctx, form *web.Form, ferr error) error {
	q := c.QueryForm()
	f := exportFilter(q)
	a := ui.NewAsk(c, form, ferr)
	exports, err := p.Exchange.Exports(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	ask := view.Form{
		Action:  "/registrations.xlsx",
		Get:     true,
		Actions: []view.Action{{Label: "导出 Excel"}},
		Sections: []view.Section{{Inline: true, Fields: []view.Field{
			a.Make(
				view.Field{Kind: view.Date, Name: "from", Label: "登记日期从", Width: "m"},
				f.From,
				nil,
			), a.Make(view.Field{Kind: view.Date, Name: "to", Label: "到", Width: "m"}, f.To, nil),
			a.Choose("class", "合同类别", f.Class, classChoices())}}},
	}
	ask.Hidden = []view.Pair{{Name: "q", Value: f.Text}}
	body := ui.Sheet{Lead: "列名用全国技术合同登记表的字段名，编号、日期、登记点等没有已知字段名的列在最前面。", Main: a.Blocks(ask.Summed())}
	body.Main[len(body.Main)-1].Intro = fmt.Sprintf("不超过 %s 项的直接下载；更多的由后台生成，完成后发消息。", view.Count(exchange.MaxDirectExport))
	rows := view.Rows{Label: "大批量导出", Empty: view.Empty{Title: "没有大批量导出"}}
	for _, e := range exports {
		title := fmt.Sprintf("%s 项", view.Count(e.Rows))
		if e.Filter.Archives != 0 {
			title = fmt.Sprintf("%d 年度档案，%s 项", e.Filter.Archives, view.Count(e.Rows))
		}
		rows.Items = append(
			rows.Items,
			view.Row{
				Title: view.T(title),
				Href:  fmt.Sprintf("/registrations/exports/%d", e.ID),
				Meta:  []string{view.DayTime(e.CreatedAt)},
				Tags:  []view.Tag{exportTag(e)},
			},
		)
	}
	body.Main = append(body.Main, ui.Block{Title: "大批量导出", Parts: view.Parts{rows}})
	page := c.Page("导出登记")
	page.Breadcrumbs = []view.Link{{Label: "登记簿", Href: "/registrations"}}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

func classChoices() []view.Option {
	return append([]view.Option{{Label: "全部"}}, ui.ClassOptions()...)
}

func exportTag(e exchange.Export) view.Tag {
	if e.State == "done" {
		return view.Tag{Label: "可以下载", Tone: view.OK}
	}
	return view.Tag{Label: "正在生成", Tone: view.Info}
}

// exportRegistrations sends a workbook, or asks a job for it where there is much.
func (p *Pages) exportRegistrations(c *web.Ctx) error {
	q := c.QueryForm()
	f := exportFilter(q)
	n, err := p.Exchange.ExportCount(c.Context(), c.Actor(), f)
	if ui.Refused(err) {
		return p.showExports(c, q, err)
	}
	if err != nil {
		return err
	}
	if n > exchange.MaxDirectExport {
		e, err := p.Exchange.RequestExport(c.Context(), c.Actor(), f)
		if err != nil {
			return ui.FlashRefusal(c, err, "/registrations/export?"+exportQueryOf(f).Encode())
		}
		return c.See(fmt.Sprintf("/registrations/exports/%d", e.ID))
	}
	var b bytes.Buffer
	if err := p.Exchange.ExportRegistrations(c.Context(), c.Actor(), f, &b); err != nil {
		return err
	}
	return c.Download("技术合同登记-"+c.Now().Format("20060102")+".xlsx", web.ExcelMIME, &b)
}

func (p *Pages) readExport(c *web.Ctx) (exchange.Export, error) {
	id, err := c.ID("id")
	if err != nil {
		return exchange.Export{}, err
	}
	return p.Exchange.Export(c.Context(), c.Actor(), id)
}

func (p *Pages) export(c *web.Ctx) error {
	e, err := p.readExport(c)
	if err != nil {
		return err
	}
	page := c.Page("导出登记")
	if e.Filter.Archives != 0 {
		page = c.Page(fmt.Sprintf("%d 年度档案", e.Filter.Archives))
	}
	page.Breadcrumbs = []view.Link{{Label: "登记簿", Href: "/registrations"}, {Label: "导出", Href: "/registrations/export"}}
	here := fmt.Sprintf("/registrations/exports/%d", e.ID)
	if e.State != "done" {
		work := view.Progress{Label: "正在生成", Done: e.Done, Total: e.Rows, Note: "可以离开本页，完成后发消息。", Poll: here}
		if c.Fragment() {
			return c.RenderFragment("", "progress", work)
		}
		return ui.ShowSheet(c, page, ui.Sheet{Tags: []view.Tag{exportTag(e)}, Main: []ui.Block{{Parts: view.Parts{work}}}})
	}
	if c.Fragment() {
		return c.See(here)
	}
	if e.Expired(c.Now()) {
		return ui.ShowSheet(c, page, ui.Sheet{Main: []ui.Block{{Parts: view.Parts{view.Notice{Tone: view.Warn, Title: "文件已过保存期",
			Text: "导出的文件含有联系方式，只保存一周。需要时请重新导出。", Actions: []view.Action{{Label: "重新导出", Href: "/registrations/export", Kind: view.Quiet}}}}}}})
	}
	var items []view.FileItem
	for i, id := range e.FileIDs {
		kind := "Excel"
		if e.Filter.Archives != 0 {
			kind = "zip"
		}
		name := page.Title
		if len(e.FileIDs) > 1 {
			name = fmt.Sprintf("第 %d 个文件", i+1)
		}
		items = append(items, view.FileItem{Name: name + "（" + kind + "）", Href: fmt.Sprintf("%s/files/%d", here, id)})
	}
	return ui.ShowSheet(
		c,
		page,
		ui.Sheet{
			Lead: fmt.Sprintf("共 %s 项，%s 生成。", view.Count(e.Rows), view.DayTime(*e.FinishedAt)),
			Tags: []view.Tag{exportTag(e)},
			Main: []ui.Block{{Title: "文件", Intro: "文件保存一周，请及时下载。", Parts: view.Parts{view.Files(items)}}},
		},
	)
}

func (p *Pages) exportFile(c *web.Ctx) error {
	return ui.SendAttached(c, p.Files, "export")
}

func (p *Pages) archive(c *web.Ctx) error {
	number := c.Param("number")
	var b bytes.Buffer
	if err := p.Archive.Write(c.Context(), c.Actor(), number, &b); err != nil {
		return ui.FlashRefusal(c, err, "/registrations/"+number)
	}
	return c.Download("档案-"+number+".zip", "application/zip", &b)
}

func (p *Pages) showHistories(c *web.Ctx, ferr error) error {
	batches, err := p.Exchange.Histories(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	a := ui.NewAsk(c, nil, ferr)
	message := ""
	if ferr != nil {
		message, a.Notice = c.Fault(ferr).Message, nil
	}
	upload := view.NewForm(
		"/registrations/history",
		"上传并检查",
		view.Field{Kind: view.File, Name: "file", Label: "文件", Required: true, Accept: ".xlsx,.csv", Error: message,
			Hint: fmt.Sprintf("Excel（.xlsx）或 CSV，最多 %s 行", view.Count(exchange.MaxHistoryRows))},
	)
	body := ui.Sheet{Lead: "把以前的登记带进登记簿：先检查，逐格列出问题；您确认后才写入。同一个编号只会登记一次。", Main: a.Blocks(upload)}
	rows := view.Rows{Label: "导入过的文件", Empty: view.Empty{Icon: "upload", Title: "还没有导入过文件", Text: "先下载模板，按模板填写，再上传。"}}
	for _, b := range batches {
		rows.Items = append(
			rows.Items,
			view.Row{
				Title: view.T(b.FileName),
				Href:  fmt.Sprintf("/registrations/history/%d", b.ID),
				Meta:  []string{view.DayTime(b.CreatedAt), fmt.Sprintf("可导入 %d 行，有错 %d 行", b.Good, b.Bad)},
				Tags:  []view.Tag{historyTag(b)},
			},
		)
	}
	body.Main = append(body.Main, ui.Block{Title: "导入过的文件", Parts: view.Parts{rows}})
	body.Side = []ui.Block{
		{Card: true, Title: "模板", Parts: view.Parts{view.Links{{Label: "历史登记导入模板（Excel）", Href: "/registrations/history/template"}}}},
		{
			Card:  true,
			Title: "导入后",
			Parts: view.Parts{view.Prose{view.T("记入各自登记日期的统计，本平台不补发证明。"), view.T("本点自行编号的，新编号接在导入的最大序号之后。"), view.T("每一项在登记簿里留一行，写明来自哪个文件。")}},
		},
	}
	page := c.Page("导入历史登记")
	page.Breadcrumbs = []view.Link{{Label: "登记簿", Href: "/registrations"}}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

func historyTag(b exchange.HistoryBatch) view.Tag {
	switch b.State {
	case "checked":
		return view.Tag{Label: "待确认", Tone: view.Warn}
	case "running":
		return view.Tag{Label: "导入中", Tone: view.Info}
	default:
		return view.Tag{Label: "可以下载", Tone: view.OK}
	}
}

func (p *Pages) historyTemplate(c *web.Ctx) error {
	var b bytes.Buffer
	if err := exchange.Template(&b); err != nil {
		return err
	}
	return c.Download("历史登记导入模板.xlsx", web.ExcelMIME, &b)
}

func (p *Pages) checkHistory(c *web.Ctx) error {
	name, file, err := ui.UploadedFile(c)
	if ui.Refused(err) {
		return p.showHistories(c, err)
	}
	if err != nil {
		return err
	}
	defer file.Close()
	b, err := p.Exchange.CheckHistory(c.Context(), c.Actor(), name, file)
	if ui.Refused(err) {
		return p.showHistories(c, err)
	}
	if err != nil {
		return err
	}
	return c.See(fmt.Sprintf("/registrations/history/%d", b.ID))
}

func (p *Pages) history(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	b, err := p.Exchange.History(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	here := fmt.Sprintf("/registrations/history/%d", b.ID)
	work := view.Progress{Label: "正在导入", Done: b.Done, Total: b.Good, Note: "可以离开本页，完成后发消息。", Poll: here}
	if c.Fragment() {
		if b.State == "running" {
			return c.RenderFragment("", "progress", work)
		}
		return c.See(here)
	}
	page := c.Page(b.FileName)
	page.Breadcrumbs = []view.Link{{Label: "登记簿", Href: "/registrations"}, {Label: "导入历史登记", Href: "/registrations/history"}}
	body := ui.Sheet{Heading: view.T(b.FileName), Tags: []view.Tag{historyTag(b)}, Sample: b.Sample}
	switch b.State {
	case "running":
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{work}})
	case "done":
		done := view.Notice{Tone: view.OK, Title: fmt.Sprintf("已导入 %d 项", b.Done-b.Skipped)}
		if b.Skipped > 0 {
			done.Text = fmt.Sprintf("跳过 %d 项（检查之后已由他人登记）。", b.Skipped)
		}
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{done}})
	}
	if b.Rows == 0 {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Tone: view.Warn, Title: "文件里没有数据行", Text: "表头下面一行一项登记。填好后重新上传。",
			Actions: []view.Action{{Label: "重新上传", Href: "/registrations/history", Kind: view.Quiet}}}}})
	}
	r := b.Report
	body.Main = append(
		body.Main,
		ui.Block{Parts: view.Parts{view.Facts{
			Items: []view.Fact{
				{Label: "数据行", Value: view.Count(b.Rows), Num: true},
				{Label: "可以导入", Value: view.Count(b.Good), Num: true},
				{Label: "与登记簿相同", Value: view.Count(r.Unchanged), Num: true},
				{Label: "已登记，与表中不同，未改", Value: view.Count(r.DifferCount), Num: true},
				{Label: "有错，不导入", Value: view.Count(b.Bad), Num: true},
				{Label: "工作表", Value: ui.FirstOf(r.Sheet, "（不分工作表）")},
				{Label: "可导入的成交额", Value: sumWords(r.Amount), Num: true},
				{Label: "可导入的技术交易额", Value: sumWords(r.Technical), Num: true},
			},
		}}},
	)
	body.Main = append(body.Main, problemBlock("要改的格子", r.Problems, r.ProblemCount),
		differBlock(r), problemBlock("提醒（不影响导入）", r.Warnings, r.WarningCount))
	if b.MarkedFile != 0 {
		body.Side = append(
			body.Side,
			ui.Block{
				Card:  true,
				Title: "改原来的文件",
				Intro: "您上传的文件，最右边多了一列红字“错误说明”，逐行写明要改什么。改好后直接重新上传。",
				Parts: view.Parts{view.Links{{Label: "下载带错误说明的文件", Href: here + "/marked"}}},
			},
		)
	}
	if b.State == "checked" && b.Good > 0 {
		body.Main = append(
			body.Main,
			ui.Block{Parts: view.Parts{view.Actions{
				{Label: fmt.Sprintf("确认导入 %d 项", b.Good), Post: here + "/confirm"},
				{Label: "改好后重新上传", Href: "/registrations/history", Kind: view.Quiet},
			}}},
		)
	}
	return ui.ShowSheet(c, page, body)
}

// markedHistory sends the upload back with its red column.
func (p *Pages) markedHistory(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	b, err := p.Exchange.History(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	if b.MarkedFile == 0 {
		return fault.New(fault.Conflict, "nothing_marked", "这个文件没有要改的行")
	}
	return ui.SendFile(c, p.Files, files.Object{Kind: "history", ID: id}, b.MarkedFile)
}

func sumWords(f money.Fen) string { return f.Grouped() + " 元" }

func problemBlock(title string, problems []exchange.Problem, count int) ui.Block {
	if count == 0 {
		return ui.Block{}
	}
	t := ui.Columns[exchange.Problem]{
		ui.TextColumn("单元格", func(x exchange.Problem) string { return x.Cell }),
		ui.TextColumn("问题和办法", func(x exchange.Problem) string { return x.Message }),
	}.Table(title, problems)
	b := ui.Block{Title: title, Parts: view.Parts{t}}
	if count > len(problems) {
		b.Intro = fmt.Sprintf("共 %d 处，列出前 %d 处。", count, len(problems))
	}
	return b
}

// differBlock are the rows that say otherwise than the register does.
func differBlock(r exchange.HistoryReport) ui.Block {
	b := problemBlock("已登记，与表中不同", r.Differing, r.DifferCount)
	if r.DifferCount > 0 {
		b.Intro = "登记簿不因导入而改动。登记簿有误的，由原登记点办理变更；表中有误的，请改正表格。" + b.Intro
	}
	return b
}

func (p *Pages) confirmHistory(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	here := fmt.Sprintf("/registrations/history/%d", id)
	if _, err := p.Exchange.ConfirmHistory(c.Context(), c.Actor(), id); err != nil {
		return ui.FlashRefusal(c, err, here)
	}
	return c.See(here)
}
