package insight

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/insight/stats"
	"techmarket/internal/platform/document"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

func (p *Pages) statsRoutes() []web.Route {
	anyone := web.Anyone()
	return []web.Route{
		web.GET("/stats", anyone, p.stats).Public("from", "to", "period", "rows", "direction", "area", "class", "field", "show", "sample"),
		web.GET("/stats/list", anyone, p.statsList),
		web.GET("/stats/definitions", anyone, p.definitions).Public(),
		web.GET("/stats.csv", anyone, func(c *web.Ctx) error { return p.statsFile(c, "csv", "text/csv; charset=utf-8") }),
		web.GET("/stats.xlsx", anyone, func(c *web.Ctx) error {
			return p.statsFile(c, "xlsx", web.ExcelMIME)
		}),
	}
}

// Board is the body of the page "insight/board": a question in the rail, answers beside it and below.
type Board struct {
	Heading view.Text
	Lead    string
	Sample  bool
	Rail    view.Rail
	Notices []view.Notice
	Chips   []view.Chip
	Main    []ui.Block
	Pair    []ui.Block // side by side under Main
	After   []ui.Block // over the full width
	Lower   []ui.Block // side by side
	Last    []ui.Block // over the full width
}

func (p *Pages) stats(c *web.Ctx) error {
	a := p.readStats(c)
	page := c.Page("数据")
	page.Nav = "stats"
	page.NoIndex = page.NoIndex || len(c.Query()) > 0
	body := Board{Heading: view.T("技术合同数据"), Rail: a.rail(), Chips: a.periods(c.Now()),
		Lead: "按登记的技术合同统计。每个数都注明日期和口径，点数字看是哪些合同。"}
	t, err := p.Stats.Table(c.Context(), a.query)
	if err != nil {
		if !fault.Is(err, fault.Invalid) {
			return err
		}
		n := view.Notice{
			Tone:    view.Bad,
			Title:   "没有统计：请先改好筛选条件",
			Actions: []view.Action{{Label: "恢复默认条件", Href: "/stats", Kind: view.Quiet, Small: true}},
		}
		for _, f := range c.Fault(err).Fields {
			n.Items = append(n.Items, view.Link{Label: f.Message})
		}
		body.Notices, body.Chips = []view.Notice{n}, nil
		return c.RenderStatus(http.StatusUnprocessableEntity, "insight/board", view.With[Board]{Page: page, Body: body})
	}
	a.query = t.Query
	if a.query.Sample {
		body.Sample = true
		body.Notices = append(body.Notices, view.Notice{Tone: view.Warn, Title: "含样例数据，不能作为统计依据", Text: "样例中的单位、人员和合同都是虚构的。",
			Actions: []view.Action{{Label: "去掉样例数据", Href: a.to("/stats", "sample", ""), Kind: view.Quiet, Small: true}}})
	} else if len(t.Rows) == 0 {
		body.Notices = append(body.Notices, view.Notice{Title: "这个范围内还没有登记的技术合同", Text: "合同在本平台登记后，数字自动出现在这里，不需要另外填报。可以先用样例数据看看这一页的样子。",
			Actions: []view.Action{{Label: "看样例数据", Href: a.to("/stats", "sample", "1"), Kind: view.Quiet, Small: true}}})
	}
	body.Main = append(body.Main, a.totals(t))
	if len(t.Rows) > 0 {
		body.Main = append(body.Main, a.table(c, t))
		body.Pair = a.drawings(c, t)
	}
	if err := p.statsAfter(c, a, &body); err != nil {
		return err
	}
	return c.Render("insight/board", view.With[Board]{Page: page, Body: body})
}

// statsList shows the entries behind a cell.
func (p *Pages) statsList(c *web.Ctx) error {
	a := p.readStats(c)
	f := c.QueryForm()
	row, column, after := f.Text("row"), f.Text("column"), f.ID("after")
	if err := ui.FormErr(f); err != nil {
		return err
	}
	t, err := p.Stats.Table(c.Context(), a.query)
	if err != nil {
		return err
	}
	a.query = t.Query
	const size = 50
	entries, err := p.Stats.Entries(c.Context(), c.Actor(), a.query, row, column, after, size)
	if err != nil {
		return err
	}
	page := c.Page("数字背后的合同")
	page.Nav, page.NoIndex = "stats", true
	back := a.to("/stats")
	page.Breadcrumbs = []view.Link{{Label: "数据", Href: back}}
	sum, table := cellSum(t, row, column), entryTable(entries, back)
	body := ui.Listing{
		Lead:    a.scope(c) + cellName(t, row, column),
		Table:   &table,
		Pager:   view.Pager{Total: -1},
		Head:    &view.ListHead{Found: sum.Contracts, Unit: c.T("项（冲减后），成交额 %s，技术交易额 %s", sum.Amount.Short(), sum.Technical.Short())},
		Actions: []view.Action{{Label: "回到统计表", Href: back, Kind: view.Quiet}},
	}
	if len(entries) == size {
		body.Pager.Next = a.to("/stats/list", "row", row, "column", column, "after", strconv.FormatInt(entries[size-1].ID, 10))
	}
	if a.query.Sample {
		body.Notices = append(body.Notices, view.Notice{Tone: view.Warn, Title: "含样例数据，不能作为统计依据"})
	}
	if !c.Actor().Officer() {
		body.Notices = append(body.Notices, view.Notice{Title: "合同名称不公开", Text: "卖方或买方所在地的科技主管部门登录后可以看到名称。变更记差额，注销和撤销记负数。"})
	}
	return ui.ShowList(c, page, body)
}

// cellSum is the sum of what a cell, a row or a column of the table counts; both empty: the whole table.
func cellSum(t stats.Table, row, column string) stats.Measure {
	switch {
	case row != "" && column != "":
		return t.Cells[stats.CellKey(row, column)]
	case row != "":
		return t.RowSums[row]
	case column != "":
		return t.ColSums[column]
	}
	return t.Total
}

// cellName says which row and column of the table a cell stands in.
func cellName(t stats.Table, row, column string) string {
	var name strings.Builder
	for _, k := range []struct {
		key  string
		list []stats.Label
	}{{row, t.Rows}, {column, t.Columns}} {
		for _, l := range k.list {
			if k.key != "" && l.Key == k.key {
				name.WriteString("，" + l.Name)
			}
		}
	}
	return name.String()
}

// entryTable lists the entries behind a cell; back leads to the table that it is part of.
func entryTable(entries []stats.Entry, back string) view.Table {
	type row = stats.Entry
	table := ui.Columns[row]{
		{Label: "登记编号", Cell: func(e row) view.Cell {
			head := view.Cell{Text: ui.GroupNumber(e.Number), Href: "/verify?number=" + e.Number, Note: e.Title}
			if e.Title != "" {
				head.Href = "/registrations/" + e.Number
			}
			if e.Sample {
				head.Tags = []view.Tag{ui.SampleTag()}
			}
			return head
		}},
		{Label: "记录", Cell: func(e row) view.Cell {
			return view.Cell{Text: entryKind(e.Kind), Note: e.BookedOn.Format(time.DateOnly)}
		}},
		{Label: "类别", Cell: func(e row) view.Cell {
			return view.Cell{Text: codes.ContractClass.Label(e.Subclass), Note: codes.Field.Label(e.Field)}
		}},
		ui.TextColumn("卖方 → 买方", func(e row) string { return entryPlace(e.SellerDivision) + " → " + entryPlace(e.BuyerDivision) }),
		ui.FigureColumn("项数", func(e row) string { return strconv.Itoa(e.Contracts) }),
		ui.FigureColumn("成交额（元）", func(e row) string { return e.Amount.Grouped() }),
		ui.FigureColumn("技术交易额（元）", func(e row) string { return e.Technical.Grouped() }),
	}.Table("合同登记记录", entries)
	table.Compact = true
	table.Empty = view.Empty{
		Icon:    "search",
		Title:   "这一格里没有登记记录",
		Text:    "期间或条件可能改过了。回到统计表重新点开。",
		Actions: []view.Action{{Label: "回到统计表", Href: back, Kind: view.Quiet}},
	}
	return table
}

func entryKind(kind string) string {
	return map[string]string{"register": "首次登记", "change": "变更", "cancel": "注销", "revoke": "撤销"}[kind]
}

func entryPlace(division string) string {
	if division == "" {
		return "境外或未填"
	}
	if p, ok := region.Province(division); ok && !region.Inside(division, region.Root) {
		return p.Name
	}
	return region.FullName(division)
}

func (p *Pages) definitions(c *web.Ctx) error {
	all, err := p.Stats.Definitions(c.Context(), c.Now())
	if err != nil {
		return err
	}
	page := c.Page("数据口径")
	page.Nav = "stats"
	page.Breadcrumbs = []view.Link{{Label: "数据", Href: "/stats"}}
	body := ui.Sheet{Lead: "每个数字怎么算，从哪天起这样算。口径改变时写新的一条，已经公布的期间不改写。"}
	for _, d := range all {
		body.Main = append(
			body.Main,
			ui.Block{ID: d.Code, Title: d.Name, Intro: c.T("自 %s起", view.Day(d.ValidFrom)), Parts: view.Parts{view.Prose{view.T(d.Text)}}},
		)
	}
	return ui.ShowSheet(c, page, body)
}

// needsSheet is where the needs of the period went.
func (p *Pages) needsSheet(c *web.Ctx, q stats.Query) (document.Sheet, error) {
	paths, err := p.Stats.Needs(c.Context(), q.From, q.To, q.Sample)
	return words.NeedSheet(q, paths), err
}

// reasonsSheet is why something came to nothing.
func (p *Pages) reasonsSheet(c *web.Ctx, q stats.Query) (document.Sheet, error) {
	all, err := p.Stats.Reasons(c.Context(), q.From, q.To, q.Sample)
	return words.ReasonSheet(q, all), err
}

// statsFile answers the table and what stands under it as sheets of one book; a CSV holds one of them, and only that is worked out.
func (p *Pages) statsFile(c *web.Ctx, format, mimeType string) error {
	a := p.readStats(c)
	under := []func(*web.Ctx, stats.Query) (document.Sheet, error){p.needsSheet, p.reasonsSheet}
	if part := slices.Index([]string{"needs", "reasons"}, c.Query().Get("part")); format == "csv" && part >= 0 {
		sheet, err := under[part](c, a.query)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := document.WriteCSV(&b, sheet); err != nil {
			return err
		}
		return statsDownload(c, sheet.Name, a.query.Sample, "csv", mimeType, &b)
	}
	t, err := p.Stats.Table(c.Context(), a.query)
	if err != nil {
		return err
	}
	var sheets []document.Sheet
	if format == "csv" {
		under = nil
	}
	for _, sheet := range under {
		made, err := sheet(c, a.query)
		if err != nil {
			return err
		}
		sheets = append(sheets, made)
	}
	var b bytes.Buffer
	if err := t.Export(&b, format, sheets...); err != nil {
		return err
	}
	return statsDownload(c, "技术合同数据", t.Sample, format, mimeType, &b)
}

func statsDownload(c *web.Ctx, name string, sample bool, format, mimeType string, b *bytes.Buffer) error {
	if sample {
		name += "（含样例）"
	}
	return c.Download(name+"."+format, mimeType, b)
}
