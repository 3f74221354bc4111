package insight

import (
	"math"
	"strings"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/region"
	"techmarket/internal/insight/stats"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (a statsAsk) scope(c *web.Ctx) string {
	parts := []string{region.FullName(a.query.Area), directionName(a.query.Direction)}
	if a.query.Area == region.Root {
		parts[0] = "全区"
	}
	if a.query.Class != "" {
		parts = append(parts, codes.ContractClass.Label(a.query.Class))
	}
	if a.query.Field != "" {
		parts = append(parts, codes.Field.Label(a.query.Field))
	}
	return strings.Join(append(parts, span(c, a.query.From, a.query.To)), "，")
}

// span says a period as people do: whole years by their number, other days in words, which a narrow screen does not
// break inside as it does 2026-12-31.
func span(c *web.Ctx, from, to string) string {
	a, b := strings.TrimSuffix(from, "-01-01"), strings.TrimSuffix(to, "-12-31")
	switch {
	case a == from || b == to:
		return c.T("%s至 %s", ui.ChineseDay(from), ui.ChineseDay(to))
	case a == b:
		return c.T("%s 年", a)
	default:
		return c.T("%s 年至 %s 年", a, b)
	}
}

func (a statsAsk) totals(t stats.Table) ui.Block {
	list := ""
	if len(t.Rows) > 0 {
		list = a.cell("", "")
	}
	figure := func(s showing, value, unit string) view.Figure {
		return view.Figure{
			Value:      value,
			Unit:       unit,
			Label:      s.label(),
			AsOf:       t.AsOf,
			Source:     "本市场",
			Definition: "/stats/definitions#" + string(s),
			List:       list,
			Sample:     t.Sample,
		}
	}
	amount, technical := ui.Short(t.Total.Amount), ui.Short(t.Total.Technical)
	return ui.Block{Parts: view.Parts{view.Figures{
		figure(showContracts, view.Count(t.Total.Contracts), "项"),
		figure(showAmount, amount[0], amount[1]),
		figure(showTechnical, technical[0], technical[1]),
	}}}
}

func (a statsAsk) table(c *web.Ctx, t stats.Table) ui.Block {
	title := c.T("按%s", dimensionName(a.query.Rows))
	if a.byPeriod() {
		title += c.T("和期间：%s（%s）", a.show.label(), a.show.unit())
	}
	caption := a.scope(c)
	if t.Sample {
		caption += "（含样例）"
	}
	out := a.columns(c, t).Table(caption, t.Rows)
	out.HideCaption = false
	out.Compact = len(t.Columns) > 5
	return ui.Block{
		ID:    "table",
		Title: title,
		Intro: c.T("截至 %s。%s空格是没有登记。", view.DayTime(t.AsOf), directionNote(a.query.Direction)),
		More:  &view.Link{Label: "口径说明", Href: "/stats/definitions"},
		Parts: view.Parts{
			view.WideTable{Table: out},
			view.Actions{{Label: "下载 Excel", Href: a.to("/stats.xlsx"), Kind: view.Quiet, Small: true, Icon: "download"},
				{Label: "下载 CSV", Href: a.to("/stats.csv"), Kind: view.Quiet, Small: true, Icon: "download"}},
		},
	}
}

func (a statsAsk) byPeriod() bool { return a.query.Period != stats.NoPeriod }

// columns are the sums of a row, then the periods; the sum stands first, so that it does not scroll away.
func (a statsAsk) columns(c *web.Ctx, t stats.Table) ui.Columns[stats.Label] {
	type row = stats.Label
	cols := ui.Columns[row]{{Label: dimensionName(a.query.Rows), Foot: view.Cell{Text: "合计"}, Cell: func(r row) view.Cell {
		return view.Cell{Text: r.Name, Href: a.narrower(r.Key)}
	}}}
	add := func(label, column string, s showing, sums bool, at func(row string) (stats.Measure, bool), foot stats.Measure) {
		cell := func(row string, m stats.Measure) view.Cell {
			return view.Cell{Text: s.text(m), Href: a.cell(row, column), Strong: sums && a.byPeriod()}
		}
		cols = append(cols, ui.Column[row]{Label: label, Numeric: true, Foot: cell("", foot), Cell: func(r row) view.Cell {
			m, there := at(r.Key)
			if !there { // left out where rows are stacked on a phone
				return view.Cell{}
			}
			out := cell(r.Key, m)
			if r.Key == "" {
				out.Href = ""
			}
			return out
		}})
	}
	whole := func(row string) (stats.Measure, bool) { return t.RowSums[row], true }
	if !a.byPeriod() {
		for _, s := range []showing{showContracts, showAmount, showTechnical} {
			add(s.label()+"（"+s.unit()+"）", "", s, true, whole, t.Total)
		}
		return cols
	}
	add("合计", "", a.show, true, whole, t.Total)
	for _, col := range t.Columns {
		add(shortPeriod(c, col, t.Columns), col.Key, a.show, false, func(row string) (stats.Measure, bool) {
			m, ok := t.Cells[stats.CellKey(row, col.Key)]
			return m, ok
		}, t.ColSums[col.Key])
	}
	return cols
}

func directionNote(d stats.Direction) string {
	switch d {
	case stats.Output:
		return "按卖方所在地统计；输出与吸纳不相加。"
	case stats.Absorption:
		return "按买方所在地统计；输出与吸纳不相加。"
	default:
		return "按申请登记一方所在地统计，每份合同只计一次。"
	}
}

// shortPeriod leaves the year out where all columns are of one year.
func shortPeriod(c *web.Ctx, col stats.Label, all []stats.Label) string {
	year, rest, ok := strings.Cut(col.Name, " 年")
	if !ok || rest == "" {
		return col.Name
	}
	for _, other := range all {
		if !strings.HasPrefix(other.Name, c.T("%s 年", year)) {
			return col.Name
		}
	}
	return strings.TrimSpace(rest)
}

// tinyPeriod fits under a point of a drawing: 25年1季.
func tinyPeriod(c *web.Ctx, key string) string {
	year, rest, ok := strings.Cut(key, "-")
	if !ok {
		return year
	}
	switch year = year[2:]; {
	case rest == "H1":
		return c.T("%s年上", year)
	case rest == "H2":
		return c.T("%s年下", year)
	case rest[0] == 'Q':
		return c.T("%s年%s季", year, rest[1:])
	}
	return year + "-" + rest
}

// narrower asks the same of a league's counties or a class's sub-classes.
func (a statsAsk) narrower(row string) string {
	switch {
	case row == "":
		return ""
	case a.query.Rows == stats.ByArea && a.query.Area == region.Root:
		return a.to("/stats", "area", row)
	case a.query.Rows == stats.ByClass:
		return a.to("/stats", "class", row, "rows", string(stats.BySubclass))
	}
	return ""
}

func (a statsAsk) drawings(c *web.Ctx, t stats.Table) []ui.Block {
	var out []ui.Block
	var bars []view.Point
	for _, r := range t.Rows {
		m := t.RowSums[r.Key]
		bars = append(bars, view.Point{Label: r.Name, Value: math.Max(0, a.show.value(m)), Shown: a.show.text(m), Href: a.cell(r.Key, "")})
	}
	if len(bars) > 1 && len(bars) <= 24 {
		chart := view.BarChart(c.T("%s，按%s", a.show.label(), dimensionName(a.query.Rows)), dimensionName(a.query.Rows), a.show.unit(), bars)
		out = append(out, ui.Block{Title: c.T("各%s的%s", dimensionName(a.query.Rows), a.show.label()), Card: true, Parts: view.Parts{chart}})
	}
	if len(t.Columns) > 1 {
		var points []view.Point
		for _, col := range t.Columns {
			m := t.ColSums[col.Key]
			points = append(
				points,
				view.Point{Label: tinyPeriod(c, col.Key), Value: math.Max(0, a.show.value(m)), Shown: a.show.text(m), Href: a.cell("", col.Key)},
			)
		}
		chart := view.LineChart(c.T("%s，按期间", a.show.label()), "期间", a.show.unit(), points)
		out = append(out, ui.Block{Title: c.T("各期的%s", a.show.label()), Card: true, Parts: view.Parts{chart}})
	}
	for i := range out {
		if t.Sample {
			out[i].Title += "（含样例）"
		}
	}
	return out
}
