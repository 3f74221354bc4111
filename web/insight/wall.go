package insight

import (
	"slices"

	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
	"techmarket/internal/insight/monitor"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// Wall is the body of the page "insight/wall": one screen in a hall.
type Wall struct {
	Title   string
	Lead    string
	Sample  bool
	Figures view.Figures
	Blocks  []ui.Block // side by side
	Note    string
	Back    string
}

// onWall are the figures of the board, in their order.
var onWall = []string{"M01", "M02", "M03", "M16", "M17", "M18", "M24", "M25"}

// monitorBoard shows what everybody may see of the region, each number with its day and its definition.
func (p *Pages) monitorBoard(c *web.Ctx) error {
	a, err := monitorAsk(c)
	if err != nil {
		return err
	}
	a.Area, a.Public = "", true
	r, err := p.Monitor.Read(c.Context(), c.Actor(), a)
	if err != nil {
		return err
	}
	page := c.Page("技术市场监测大屏")
	page.NoIndex = true
	body := Wall{Title: c.T("内蒙古技术市场 %d 年", r.Year), Sample: r.Sample, Note: starNote,
		Lead: c.T("%s，截至 %s", span(c, r.From, r.To), view.DayTime(r.AsOf)), Back: monitorAddress("/monitor", r)}
	for _, v := range r.Values {
		if slices.Contains(onWall, v.Code) && v.Missing == "" {
			body.Figures = append(body.Figures, view.Figure{Value: v.Shown, Unit: v.MeasuredIn, Label: c.T("%s（%s）", v.Name, v.Code), AsOf: r.AsOf,
				Source: ui.FirstOf(growthWords(c, v), "本市场"), Definition: monitorAddress("/monitor", r) + "#values", Sample: r.Sample})
		}
	}
	months := monitorMonths(c, r)
	months.Card = true
	leagues := ui.Block{Card: true, Title: c.T("各盟市输出（万元）")}
	var bars []view.Point
	for i, area := range r.Areas {
		f, err := money.Parse(r.Output.C[i])
		shown := hidden(r.Output.C[i])
		if area != region.Root && (err != nil || f > 0) {
			bars = append(bars, view.Point{Label: region.ShortName(area), Value: max(0, float64(f)/float64(money.WanYuan)), Shown: shown})
		}
	}
	if len(bars) > 0 {
		leagues.Add(view.BarChart(c.T("各盟市输出"), c.T("盟市"), c.T("万元"), bars))
	} else {
		leagues.Add(view.Empty{Title: "今年还没有登记"})
	}
	body.Blocks = []ui.Block{months, leagues}
	return c.Render("insight/wall", view.With[Wall]{Page: page, Body: body})
}

// growthWords is a figure's movement in words.
func growthWords(c *web.Ctx, v monitor.Value) string {
	if v.Growth == "" {
		return ""
	}
	return c.T("同比 %s", v.Growth)
}
