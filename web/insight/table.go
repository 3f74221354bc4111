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
	shows := []showing{a.show}
	byPeriod := a.query.Period != stats.NoPeriod
	if !byPeriod {
		shows = []showing{showContracts, showAmount, showTechnical}
	}
	title := c.T("按%s", dimensionName(a.query.Rows))
	if byPeriod {
		title += c.T("和期间：%s（%s）", a.show.label(), a.show.unit())
	}
	caption := a.scope(c)
	if t.Sample {
		caption += "（含样例）"
	}
	out := view.Table{Caption: caption, Compact: len(t.Columns) > 5, Columns: []view.Column{{Label: dimensionName(a.query.Rows)}}}
	if byPeriod { // the sum stands first: it must not scroll away
		out.Columns = append(out.Columns, view.Column{Label: "合计", Numeric: true})
		for _, col := range t.Columns {
			out.Columns = append(out.Columns, view.Column{Label: shortPeriod(c, col, t.Columns), Numeric: true})
		}
	} else {
		for _, s := range shows {
			out.Columns = append(out.Columns, view.Column{Label: s.label() + "（" + s.unit() + "）", Numeric: true})
		}
	}
	cells := func(head view.Cell, row string, linked bool, of func(column string) (stats.Measure, bool), sum stats.Measure) []view.Cell {
		line := []view.Cell{head}
		add := func(s showing, m stats.Measure, column string, strong bool) {
			cell := view.Cell{Text: s.text(m), Strong: strong}
			if linked {
				cell.Href = a.cell(row, column)
			}
			line = append(line, cell)
		}
		for _, s := range shows {
			add(s, sum, "", byPeriod)
		}
		if byPeriod {
			for _, col := range t.Columns {
				if m, ok := of(col.Key); ok {
					add(a.show, m, col.Key, false)
				} else { // left out where rows are stacked on a phone
					line = append(line, view.Cell{})
				}
			}
		}
		return line
	}
	for _, r := range t.Rows {
		head := view.Cell{Text: r.Name, Header: true}
		if narrower := a.narrower(r.Key); narrower != "" {
			head.Href = narrower
		}
		out.Rows = append(out.Rows, view.TableRow{Cells: cells(head, r.Key, r.Key != "", func(column string) (stats.Measure, bool) {
			m, ok := t.Cells[stats.CellKey(r.Key, column)]
			return m, ok
		}, t.RowSums[r.Key])})
	}
	out.Foot = cells(
		view.Cell{Text: "合计", Header: true},
		"",
		true,
		func(column string) (stats.Measure, bool) { return t.ColSums[column], true },
		t.Total,
	)
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
