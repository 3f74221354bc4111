package insight

import (
	"strconv"
	"strings"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/insight/plan"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) planRoutes() []web.Route {
	return []web.Route{
		web.GET("/plan", web.Anyone(), func(c *web.Ctx) error { return p.showPlan(c, nil, nil) }).Public("year", "sample"),
		web.POST("/plan/values", web.RegionOfficers(), p.enterValue),
	}
}

func verdictTag(v plan.Verdict) view.Tag {
	tone := map[plan.Verdict]view.Tone{plan.Reached: view.OK, plan.OnTrack: view.Info, plan.Behind: view.Warn}
	return view.Tag{Label: string(v), Tone: tone[v]}
}

// number writes a figure with its unit, a dash where there is none.
func number(d *fact.Dec, unit string) string {
	if d == nil {
		return "—"
	}
	return string(*d) + " " + unit
}

// targetWords says what is aimed at.
func targetWords(c *web.Ctx, l plan.Line) string {
	switch l.Kind {
	case plan.Range:
		return c.T("%s至 %s", number(l.Low, ""), number(l.High, l.MeasuredIn))
	case plan.AtLeast:
		return c.T("不少于 %s", number(l.Target, l.MeasuredIn))
	case plan.About:
		return c.T("%s左右", number(l.Target, l.MeasuredIn))
	case plan.YearlyMean:
		return c.T("年均高于 %s", number(l.Target, l.MeasuredIn))
	case plan.EachYear:
		return c.T("每年不少于 %s", number(l.Target, l.MeasuredIn))
	case plan.Coverage:
		return c.T("覆盖 %s", number(l.Target, "%"))
	default:
		return number(l.Target, l.MeasuredIn)
	}
}

// owes names what is missing and who owes it.
func owes(c *web.Ctx, l plan.Line) string {
	if len(l.Missing) == 0 {
		return ""
	}
	words := map[string]string{plan.MissingValue: "数值", plan.MissingDenominator: "分母"}
	list := make([]string, len(l.Missing))
	for i, m := range l.Missing {
		if list[i] = words[m]; list[i] == "" {
			list[i] = c.T("%s 年", m)
		}
	}
	return c.T("缺%s（%s）", strings.Join(list, "、"), ui.FirstOf(l.Owner, "责任单位未录入"))
}

func planColumns(c *web.Ctx) ui.Columns[plan.Line] {
	return ui.Columns[plan.Line]{
		{Label: "指标", Cell: func(l plan.Line) view.Cell { return view.Cell{Text: l.Name, Note: l.Number + " · " + l.Clause} }},
		{Label: "基数", Numeric: true, Cell: func(l plan.Line) view.Cell {
			if l.Base == nil {
				return view.Cell{Text: "—"}
			}
			return view.Cell{Text: number(l.Base, l.MeasuredIn), Note: ui.FirstOf(l.BaseNote, c.T("%d 年", l.BaseYear))}
		}},
		{Label: "目标", Numeric: true, Cell: func(l plan.Line) view.Cell {
			return view.Cell{Text: targetWords(c, l), Note: c.T("%d 年", l.TargetYear)}
		}},
		{Label: "公布的数值", Numeric: true, Cell: func(l plan.Line) view.Cell {
			if l.From == nil {
				return view.Cell{Text: "—"}
			}
			cell := view.Cell{Text: number(&l.From.Value, l.MeasuredIn), Note: ui.Join(ui.NotEmpty(c.T("%d 年", l.From.Year),
				l.From.Source, l.From.Note))}
			if l.From.Sample {
				cell.Tags = []view.Tag{ui.SampleTag()}
			}
			return cell
		}},
		{Label: "本平台", Numeric: true, Cell: func(l plan.Line) view.Cell { return view.Cell{Text: number(l.Own, l.MeasuredIn)} }},
		{Label: "进度", Numeric: true, Cell: func(l plan.Line) view.Cell {
			switch {
			case l.Progress.Progress == nil:
				return view.Cell{Text: "—"}
			case l.Kind == plan.EachYear:
				return view.Cell{Text: c.T("%s 年", *l.Progress.Progress)}
			case l.Progress.Path != nil:
				return view.Cell{Text: *l.Progress.Progress + "%", Note: c.T("测算路径 %s %s", *l.Progress.Path, l.MeasuredIn)}
			default:
				return view.Cell{Text: *l.Progress.Progress + "%"}
			}
		}},
		{Label: "判断", Cell: func(l plan.Line) view.Cell {
			return view.Cell{Tags: []view.Tag{verdictTag(l.Verdict)}, Note: owes(c, l)}
		}},
	}
}

// showPlan draws the indicators as of a year; form and ferr are those of a figure that was refused.
func (p *Pages) showPlan(c *web.Ctx, form *web.Form, ferr error) error {
	q := c.QueryForm()
	year, sample := 0, q.Bool("sample")
	if q.Text("year") != "" {
		if year = q.Int("year"); year < 1900 || year > 2200 {
			q.Errors.Add("year", "range", "请填写四位年份")
		}
	}
	if err := ui.FormErr(q); err != nil {
		return err
	}
	lines, err := p.Plans.Lines(c.Context(), year, sample)
	if err != nil {
		return err
	}
	page := c.Page("规划进展")
	page.Nav = "stats"
	page.Breadcrumbs = []view.Link{{Label: "数据", Href: "/stats"}}
	body := ui.Sheet{Lead: "规划指标的公布数值与判断。公布数值来自所注来源，本平台的数只作对照，两者不相加。"}
	if year > 0 {
		body.Lead = c.T("截至 %d 年所知。", year) + body.Lead
	}
	if sample {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{&view.Notice{Tone: view.Warn, Title: "含样例数据，不能作为统计依据"}}})
	}
	for from := 0; from < len(lines); {
		to := from
		for to < len(lines) && lines[to].Plan == lines[from].Plan {
			to++
		}
		name := lines[from].Plan
		body.Main = append(body.Main, ui.Block{Title: name, Parts: view.Parts{view.WideTable{Table: planColumns(c).Table(name, lines[from:to])}}})
		from = to
	}
	body.Main = append(body.Main, ui.Block{Title: "怎样判断", Parts: view.Parts{view.Prose{
		view.T("已达到：最新数值达到目标。进度内：不低于测算路径。滞后：低于测算路径，或到目标年仍未达到。无法判断：缺数值，或规划没有分年目标。"),
		view.T("测算路径由基数和目标按等比推出，不是规划原文。“左右”类指标不作判断；“年均”按几何平均，须严格高于目标。"),
	}}})
	if c.Actor().Has(actor.RegionOfficer) {
		a := ui.NewAsk(c, form, ferr)
		enter := ui.Block{ID: "enter", Title: "录入公布的数值"}
		for _, b := range a.Blocks(valueForm(a, lines)) {
			enter.Add(b.Parts...)
		}
		body.Main = append(body.Main, enter)
	}
	return ui.ShowSheetStatus(c, ui.StatusAfter(ferr), page, body)
}

func valueForm(a *ui.Ask, lines []plan.Line) view.Form {
	var indicators []view.Option
	for _, l := range lines {
		indicators = append(indicators, view.Option{Value: strconv.FormatInt(l.ID, 10),
			Label: l.Number + " " + l.Name + "（" + l.MeasuredIn + "）"})
	}
	series := []view.Option{{Value: plan.ValueSeries, Label: "指标数值"}, {Value: plan.DenominatorSeries, Label: "分母（只用于覆盖率）"}}
	return ui.FormOf("/plan/values", "录入", view.Section{Hint: "同一年再次录入，以后录入的为准，先前的保留。", Fields: []view.Field{
		a.Choose("indicator", "指标", "", indicators, ui.Required),
		a.Choose("series", "录入什么", plan.ValueSeries, series, ui.Required, ui.Width("m")),
		a.Text("year", "年份", "", ui.Required, ui.Width("s")),
		a.Text("value", "数值", "", ui.Required, ui.Width("m"), ui.Hint("按指标的单位，只写数字，如 61.71")),
		a.Text("source", "来源", "", ui.Required, ui.Limit(200)),
		a.Text("note", "说明", "", ui.Limit(200)),
	}})
}

func (p *Pages) enterValue(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	e := plan.Entry{Indicator: form.ID("indicator"), Series: form.Text("series"), Year: form.Int("year"), Value: fact.Dec(form.Text("value")),
		Source: form.Text("source"), Note: form.Text("note")}
	if err = ui.FormErr(form); err == nil {
		err = p.Plans.Enter(c.Context(), c.Actor(), e)
	}
	if ui.Refused(err) {
		return p.showPlan(c, form, err)
	} else if err != nil {
		return err
	}
	c.Flash(view.OK, "已录入")
	return c.See("/plan")
}
