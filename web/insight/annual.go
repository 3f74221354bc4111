package insight

import (
	"bytes"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/money"
	"techmarket/internal/insight/annual"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) annualRoutes() []web.Route {
	readers, writers := web.SaleKeepers(), web.Members()
	return []web.Route{
		web.GET("/annual", readers, func(c *web.Ctx) error { return p.annuals(c, nil, nil) }),
		web.POST("/annual", writers, p.startAnnual),
		web.GET("/annual/:id", readers, func(c *web.Ctx) error { return p.annual(c, nil, nil) }),
		web.GET("/annual/:id/contracts", readers, p.annualContracts),
		web.GET("/annual/:id/report.xlsx", readers, p.annualWorkbook),
		web.GET("/annual/:id/report.docx", readers, p.annualWord),
		web.POST("/annual/:id", writers, p.saveAnnual),
		web.POST("/annual/:id/freeze", writers, p.freezeAnnual),
		web.POST("/annual/:id/correct", writers, p.correctAnnual),
	}
}

func annualPath(id int64) string { return fmt.Sprintf("/annual/%d", id) }

func annualTag(r annual.Report) view.Tag {
	if r.State == annual.Frozen {
		return view.Tag{Label: "已提交", Tone: view.OK}
	}
	return view.Tag{Label: "草稿", Tone: view.Info}
}

// annuals lists the editions; form and ferr are those of a year that was refused.
func (p *Pages) annuals(c *web.Ctx, form *web.Form, ferr error) error {
	list, err := p.Annuals.List(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	page := c.Page("科技成果转化年度报告")
	t := ui.Columns[annual.Report]{
		{Label: "年度", Cell: func(r annual.Report) view.Cell {
			cell := view.Cell{Text: c.T("%d 年", r.Year), Href: annualPath(r.ID), Tags: []view.Tag{annualTag(r)}}
			if r.Edition > 1 {
				cell.Note = c.T("第 %d 版", r.Edition)
			}
			if r.Sample {
				cell.Tags = append(cell.Tags, ui.SampleTag())
			}
			return cell
		}},
		ui.TextColumn("单位", func(r annual.Report) string { return r.Organisation }),
		ui.TextColumn("提交", func(r annual.Report) string {
			if r.FrozenAt == nil {
				return "—"
			}
			return view.DayTime(*r.FrozenAt)
		}),
		ui.TextColumn("摘要", func(r annual.Report) string { return r.Digest[:min(16, len(r.Digest))] }),
	}.Table("年度报告", list)
	t.Empty = view.Empty{Icon: "file-text", Title: "还没有年度报告", Text: "选一个年度，系统用已登记的合同、到账、奖励和名录起草，本市场不掌握的数由单位补充。"}
	body := ui.Sheet{Lead: "高校和科研院所每年报告成果转化情况。数字来自本市场已有的记录，每个数都能点开看是哪些合同；提交后不再改动，有错另出更正版。",
		Main: []ui.Block{{Parts: view.Parts{t}}}}
	if who := c.Actor(); who.Member() && (who.OrgKind == actor.University || who.OrgKind == actor.Institute) {
		a, year := ui.NewAsk(c, form, ferr), c.Now().Year()
		if c.Now().Month() < 7 { // reports are written after the year
			year--
		}
		var years []view.Option
		for y := c.Now().Year(); y > c.Now().Year()-6; y-- {
			years = append(years, view.Option{Value: strconv.Itoa(y), Label: c.T("%d 年", y)})
		}
		start := ui.Block{ID: "start", Title: "起草一年的报告"}
		for _, b := range a.Blocks(ui.FormOf("/annual", "起草",
			view.Section{Fields: []view.Field{a.Choose("year", "年度", strconv.Itoa(year), years, ui.Required, ui.Width("m"))}})) {
			start.Add(b.Parts...)
		}
		body.Main = append(body.Main, start)
	}
	return ui.ShowSheetStatus(c, ui.StatusAfter(ferr), page, body)
}

func (p *Pages) startAnnual(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	year := form.Int("year")
	var id int64
	if err = ui.FormErr(form); err == nil {
		id, err = p.Annuals.Start(c.Context(), c.Actor(), year)
	}
	if ui.Refused(err) {
		return p.annuals(c, form, err)
	} else if err != nil {
		return err
	}
	c.Flash(view.OK, "已按现有记录起草。先看待补事项，再补充文字。")
	return c.See(annualPath(id))
}

// annual shows one edition; form and ferr are those of what was refused.
func (p *Pages) annual(c *web.Ctx, form *web.Form, ferr error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Annuals.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	page := c.Page(v.Title())
	page.Breadcrumbs = []view.Link{{Label: "年度报告", Href: "/annual"}}
	body := ui.Sheet{Sample: v.Sample, Tags: []view.Tag{annualTag(v.Report)}, Actions: []view.Action{
		{Label: "下载 Excel", Href: annualPath(id) + "/report.xlsx", Kind: view.Quiet, Icon: "download"},
		{Label: "下载 Word", Href: annualPath(id) + "/report.docx", Kind: view.Quiet, Icon: "download"}}}
	if v.State == annual.Frozen {
		body.Lead = c.T("%s 由 %s 提交，不再改动。", view.DayTime(*v.FrozenAt), v.FrozenBy)
	} else {
		body.Lead = c.T("草稿，截至 %s。提交时按当时的记录再算一次并锁定。", view.DayTime(v.AsOf))
	}
	if v.Note != "" {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Title: "更正说明", Text: v.Note}}})
	}
	if len(v.Tasks) > 0 {
		body.Main = append(body.Main, annualTasks(c, v))
	}
	body.Main = append(body.Main, annualFigures(v)...)
	body.Main = append(body.Main, annualText(v))
	if c.Actor().In(v.OrganisationID) {
		a := ui.NewAsk(c, form, ferr)
		if a.Notice != nil {
			body.Main = append([]ui.Block{{Parts: view.Parts{a.Notice}}}, body.Main...)
		}
		if v.State == annual.Draft {
			body.Main = append(body.Main, annualForm(a, v))
			body.Side = []ui.Block{annualFreeze(c, v)}
		} else {
			body.Side = []ui.Block{annualCorrect(a, v)}
		}
	}
	if v.State == annual.Frozen {
		body.Side = append(body.Side, ui.Block{Card: true, Title: "内容摘要", Parts: view.Parts{view.Digests{{Label: "SHA-256", Value: v.Digest}}}})
	}
	return ui.ShowSheetStatus(c, ui.StatusAfter(ferr), page, body)
}

func annualTasks(c *web.Ctx, v annual.View) ui.Block {
	group := view.TaskGroup{Title: "待补事项"}
	for _, t := range v.Tasks {
		group.Tasks = append(group.Tasks, view.Task{Label: c.T("%d %s", t.Count, t.What), Href: t.Path, Status: "待补", Tone: view.Warn})
	}
	return ui.Block{ID: "tasks", Title: "待补事项", Intro: "不补也能提交，缺的数照实留空。",
		Parts: view.Parts{view.TaskList{Groups: []view.TaskGroup{group}, Total: len(group.Tasks)}}}
}

// annualGroups are the headings of the figures by their indicators.
var annualGroups = []struct {
	title    string
	from, to int
}{{"合同与到账", 1, 7}, {"转化去向", 8, 9}, {"收益分配", 10, 11}, {"人员、机构和平台", 12, 14}, {"成果、定价和赋权", 15, 17}}

func annualFigures(v annual.View) (out []ui.Block) {
	type row struct {
		annual.Figure
		line annual.Line
	}
	for i, g := range annualGroups {
		var rows []row
		for _, f := range v.Figures {
			l, ok := annual.LineOf(f.Code)
			empty := f.Value == nil || *f.Value == 0
			if ok && l.Number >= g.from && l.Number <= g.to && (l.Number != 9 || !empty) { // of the industries those with contracts
				rows = append(rows, row{f, l})
			}
		}
		shown := func(r row, value *int64) string {
			if value == nil {
				return "—"
			}
			return r.line.Show(*value)
		}
		t := ui.Columns[row]{
			{Label: "指标", Cell: func(r row) view.Cell {
				return view.Cell{Text: strconv.Itoa(r.line.Number) + " " + r.line.Label, Note: map[bool]string{true: "单位填报"}[r.Typed]}
			}},
			{Label: "本年", Numeric: true, Cell: func(r row) view.Cell {
				cell := view.Cell{Text: shown(r, r.Value) + " " + string(r.line.Unit), Strong: true}
				if r.line.Listed() && r.Value != nil && *r.Value != 0 {
					cell.Href = annualPath(v.ID) + "/contracts?" + url.Values{"line": {r.Code}}.Encode()
				}
				return cell
			}},
			{Label: "上年（同单位）", Numeric: true, Cell: func(r row) view.Cell { return view.Cell{Text: shown(r, r.Before)} }},
			{Label: "增长", Numeric: true, Cell: func(r row) view.Cell { return view.Cell{Text: ui.FirstOf(r.Growth, "—")} }},
		}.Table(g.title, rows)
		t.Compact = true
		block := ui.Block{ID: fmt.Sprintf("g%d", i+1), Title: g.title, Parts: view.Parts{t}}
		if i == 0 {
			block.Intro = "按签订日期计入年度；合同金额为成交额，已注销、撤销的不计。到账与成交额不相加。上年合同不足 5 项的不算增长率。"
		}
		out = append(out, block)
	}
	return out
}

func annualText(v annual.View) ui.Block {
	block := ui.Block{ID: "text", Title: "报告文字（六部分）", Intro: "每部分的第一段由数字生成，不能另写数字，所以文字和表格不会对不上。"}
	for _, part := range v.Text() {
		prose := view.Prose{view.T(part.Title), view.T(part.Drawn)}
		if part.Said != "" {
			for line := range strings.SplitSeq(part.Said, "\n") {
				prose = append(prose, view.T(line))
			}
		}
		block.Add(prose)
	}
	return block
}

func said(v annual.View, l annual.Line) string {
	n, ok := v.Said.Figures[l.Code]
	switch {
	case !ok:
		return ""
	case l.Unit == annual.Money:
		return strings.ReplaceAll(money.Fen(n).Wan(), ",", "")
	}
	return strconv.FormatInt(n, 10)
}

func annualForm(a *ui.Ask, v annual.View) ui.Block {
	var fields, texts []view.Field
	for _, l := range annual.Lines() {
		if !l.Typed() {
			continue
		}
		name := "figures." + l.Code
		label := fmt.Sprintf("%d %s（%s）", l.Number, l.Label, l.Unit)
		fields = append(fields, a.Text(name, label, said(v, l), ui.Width("m")))
	}
	for _, part := range v.Text() {
		texts = append(texts, a.Area("texts."+part.Key, part.Title, part.Said, ui.Lines(5), ui.Hint("写："+part.Ask), ui.Limit(4000)))
	}
	form := ui.FormOf(annualPath(v.ID), "保存", view.Section{Title: "本市场不掌握的数", Hint: "没有的填 0，不清楚的留空。", Fields: fields},
		view.Section{Title: "补充文字", Fields: texts})
	form.Hidden = append(form.Hidden, view.Pair{Name: "version", Value: strconv.Itoa(v.Version)})
	return ui.Block{ID: "typed", Title: "补充", Parts: view.Parts{form}}
}

func annualFreeze(c *web.Ctx, v annual.View) ui.Block {
	block := ui.Block{ID: "freeze", Card: true, Title: "提交"}
	if !c.Actor().Has(actor.OrgAdmin) {
		block.Add(view.Prose{view.T("由单位管理员提交。")})
		return block
	}
	form := ui.FormOf(annualPath(v.ID)+"/freeze", "提交并锁定", view.Section{Hint: "提交后这一版不能再改；以后发现有错，另出更正版并写明原因。"})
	form.Hidden = append(form.Hidden, view.Pair{Name: "version", Value: strconv.Itoa(v.Version)})
	block.Add(form)
	return block
}

func annualCorrect(a *ui.Ask, v annual.View) ui.Block {
	return ui.Block{ID: "correct", Card: true, Title: "更正", Parts: view.Parts{ui.FormOf(annualPath(v.ID)+"/correct", "另起更正版",
		view.Section{Hint: "这一版保留，可以随时查看。", Fields: []view.Field{
			a.Area("note", "更正说明", "", ui.Required, ui.Lines(4), ui.Limit(500), ui.Hint("哪个数错了、怎样错的、改成多少"))}})}}
}

func (p *Pages) saveAnnual(c *web.Ctx) error {
	return p.changeAnnual(c, "已保存", func(form *web.Form, id int64) (int64, error) {
		in := annual.Said{Figures: map[string]int64{}, Texts: map[string]string{}}
		for _, l := range annual.Lines() {
			name := "figures." + l.Code
			switch {
			case !l.Typed() || form.Text(name) == "":
			case l.Unit == annual.Money:
				in.Figures[l.Code] = int64(form.Wan(name))
			default:
				in.Figures[l.Code] = int64(form.Int(name))
			}
		}
		for _, key := range []string{"1", "2", "3", "4", "5", "6"} {
			if text := strings.TrimSpace(form.Values.Get("texts." + key)); text != "" {
				in.Texts[key] = text
			}
		}
		version := form.Int("version")
		if err := ui.FormErr(form); err != nil {
			return id, err
		}
		return id, p.Annuals.Save(c.Context(), c.Actor(), id, version, in)
	})
}

func (p *Pages) freezeAnnual(c *web.Ctx) error {
	return p.changeAnnual(c, "已提交并锁定", func(form *web.Form, id int64) (int64, error) {
		return id, p.Annuals.Freeze(c.Context(), c.Actor(), id, form.Int("version"))
	})
}

func (p *Pages) correctAnnual(c *web.Ctx) error {
	return p.changeAnnual(c, "已另起更正版", func(form *web.Form, id int64) (int64, error) {
		return p.Annuals.Correct(c.Context(), c.Actor(), id, form.Text("note"))
	})
}

func (p *Pages) changeAnnual(c *web.Ctx, done string, do func(form *web.Form, id int64) (int64, error)) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	next, err := do(form, id)
	if ui.Refused(err) {
		return p.annual(c, form, err)
	} else if err != nil {
		return ui.FlashRefusal(c, err, annualPath(id))
	}
	c.Flash(view.OK, done)
	return c.See(annualPath(next))
}

// annualContracts are the contracts behind a figure.
func (p *Pages) annualContracts(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Annuals.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	l, ok := annual.LineOf(c.QueryForm().Text("line"))
	if !ok || !l.Listed() {
		return c.See(annualPath(id))
	}
	page := c.Page(l.Label)
	page.Breadcrumbs = []view.Link{{Label: "年度报告", Href: "/annual"}, {Label: v.Title(), Href: annualPath(id)}}
	list := l.Behind(v.Facts)
	t := ui.Columns[annual.Contract]{
		{Label: "合同", Cell: func(k annual.Contract) view.Cell {
			return view.Cell{Text: k.Title, Href: "/registrations/" + k.Number, Note: ui.GroupNumber(k.Number)}
		}},
		ui.TextColumn("方式", func(k annual.Contract) string { return annual.WayOf(k.Class).Label() }),
		{Label: "受让方", Cell: func(k annual.Contract) view.Cell { return view.Cell{Text: k.Buyer, Note: k.Place()} }},
		ui.TextColumn("签订", func(k annual.Contract) string { return k.Signed }),
		ui.FigureColumn("合同金额（元）", func(k annual.Contract) string { return k.Amount.Grouped() }),
		ui.FigureColumn("当年到账（元）", func(k annual.Contract) string { return k.Received.Grouped() }),
	}.Table(l.Label, list)
	t.Empty = view.Empty{Title: "没有合同"}
	return ui.ShowList(c, page, ui.Listing{Lead: c.T("截至 %s。", clock.Local(v.AsOf).Format("2006-01-02 15:04")), Table: &t,
		Head: &view.ListHead{Found: len(list), Unit: "项"}, Pager: view.Pager{Total: -1}})
}

func (p *Pages) annualWorkbook(c *web.Ctx) error {
	return p.annualFile(c, ".xlsx", web.ExcelMIME, func(v annual.View) ([]byte, error) {
		var b bytes.Buffer
		err := v.Workbook(&b)
		return b.Bytes(), err
	})
}

func (p *Pages) annualWord(c *web.Ctx) error {
	return p.annualFile(c, ".docx", web.WordMIME, annual.View.Word)
}

func (p *Pages) annualFile(c *web.Ctx, ending, mime string, write func(annual.View) ([]byte, error)) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Annuals.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	raw, err := write(v)
	if err != nil {
		return err
	}
	return c.Download(v.Title()+ending, mime, bytes.NewReader(raw))
}
