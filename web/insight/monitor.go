package insight

import (
	"bytes"
	"net/url"
	"strconv"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
	"techmarket/internal/insight/monitor"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) monitorRoutes() []web.Route {
	anyone := web.Anyone()
	return []web.Route{
		web.GET("/monitor", anyone, func(c *web.Ctx) error { return p.monitor(c, nil, nil) }).Public("area", "year", "sample", "public"),
		web.GET("/monitor/board", anyone, p.monitorBoard).Public("year", "sample"),
		web.GET("/monitor.csv", anyone, func(c *web.Ctx) error { return p.monitorFile(c, "csv", "text/csv; charset=utf-8") }),
		web.GET("/monitor.xlsx", anyone, func(c *web.Ctx) error { return p.monitorFile(c, "xlsx", web.ExcelMIME) }),
		web.POST("/monitor/figures", web.RegionOfficers(), p.enterExternal),
	}
}

// monitorAsk reads the question; a league's officer sees his league first.
func monitorAsk(c *web.Ctx) (monitor.Ask, error) {
	q := c.QueryForm()
	a := monitor.Ask{Area: q.Text("area"), Sample: q.Bool("sample"), Public: q.Bool("public")}
	if q.Text("year") != "" {
		a.Year = q.Int("year")
	}
	if who := c.Actor(); a.Area == "" && !a.Public && who.Has(actor.LeagueOfficer) && !who.Has(actor.RegionOfficer) {
		a.Area = who.Division
	}
	return a, ui.FormErr(q)
}

func monitorAddress(path string, r monitor.Reading, more ...string) string {
	v := url.Values{"area": {r.Area}, "year": {strconv.Itoa(r.Year)}}
	if r.Sample {
		v.Set("sample", "1")
	}
	for i := 0; i+1 < len(more); i += 2 {
		if v.Del(more[i]); more[i+1] != "" {
			v.Set(more[i], more[i+1])
		}
	}
	return path + "?" + v.Encode()
}

// monitor shows every indicator with its definition; form and ferr are those of a figure that was refused.
func (p *Pages) monitor(c *web.Ctx, form *web.Form, ferr error) error {
	a, err := monitorAsk(c)
	if err != nil {
		return err
	}
	r, err := p.Monitor.Read(c.Context(), c.Actor(), a)
	if err != nil {
		return err
	}
	page := c.Page("技术市场监测")
	page.Nav = "stats"
	page.NoIndex = page.NoIndex || len(c.Query()) > 0
	page.Breadcrumbs = []view.Link{{Label: "数据", Href: "/stats"}}
	body := ui.Sheet{Lead: c.T("%s，%s，截至 %s。每个数都有口径和版本，与上年同期的同样天数相比。", region.Name(r.Area), span(c, r.From, r.To), view.DayTime(r.AsOf)),
		Actions: []view.Action{{Label: "下载 Excel", Href: monitorAddress("/monitor.xlsx", r), Kind: view.Quiet, Icon: "download"},
			{Label: "下载 CSV", Href: monitorAddress("/monitor.csv", r), Kind: view.Quiet, Icon: "download"},
			{Label: "大屏", Href: monitorAddress("/monitor/board", r, "area", ""), Kind: view.Quiet}}}
	if r.Sample {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Tone: view.Warn, Title: "含样例数据，不能作为统计依据",
			Actions: []view.Action{{Label: "去掉样例数据", Href: monitorAddress("/monitor", r, "sample", ""), Kind: view.Quiet, Small: true}}}}})
	}
	if r.Due > 0 {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Title: c.T("有 %d 天的新登记正在汇总，一分钟内计入", r.Due)}}})
		c.Unshared()
	}
	body.Main = append(body.Main, monitorChoice(c, r), monitorValues(c, r), monitorMonths(c, r), monitorLeagues(r), monitorFlow(r))
	if c.Actor().Has(actor.RegionOfficer) {
		body.Main = append(body.Main, externalForm(c, r, form, ferr))
	}
	return ui.ShowSheetStatus(c, ui.StatusAfter(ferr), page, body)
}

// monitorChoice leads to other years and areas.
func monitorChoice(c *web.Ctx, r monitor.Reading) ui.Block {
	var years, areas view.Chips
	for y := c.Now().Year(); y > c.Now().Year()-5; y-- {
		years = append(years, view.Chip{Label: c.T("%d 年", y), On: y == r.Year, Href: monitorAddress("/monitor", r, "year", strconv.Itoa(y))})
	}
	block := ui.Block{Parts: view.Parts{years}}
	who := c.Actor()
	if who.Has(actor.RegionOfficer) {
		areas = append(areas, view.Chip{Label: "全区", On: r.Area == region.Root, Href: monitorAddress("/monitor", r, "area", "")})
		for _, l := range region.Leagues() {
			areas = append(areas, view.Chip{Label: l.Short, On: l.Code == r.Area, Href: monitorAddress("/monitor", r, "area", l.Code)})
		}
	}
	if who.Officer() {
		other := view.Chip{Label: "看公开视图", Href: monitorAddress("/monitor", r, "area", "", "public", "1")}
		if !r.Desk {
			other = view.Chip{Label: "回到主管部门视图", On: true, Href: monitorAddress("/monitor", r, "area", "")}
		}
		areas = append(areas, other)
	}
	if !r.Sample {
		areas = append(areas, view.Chip{Label: "看样例数据", Href: monitorAddress("/monitor", r, "sample", "1")})
	}
	block.Add(areas)
	return block
}

// keyName is the word of a structure's key.
func keyName(v monitor.Value) string {
	name := v.Key
	switch v.Dim {
	case "class":
		name = codes.ContractClass.Label(v.Key)
	case "field":
		name = codes.Field.Label(v.Key)
	case "goal":
		name = codes.SocialGoal.Label(v.Key)
	case "partner":
		name = region.Name(v.Key)
		for _, k := range region.Countries() {
			if k.Code == v.Key {
				name = k.Name
			}
		}
		name = map[string]string{monitor.Output: "流向 ", "absorption": "来自 "}[v.Side] + name
	}
	return ui.FirstOf(name, "未填")
}

func monitorValues(c *web.Ctx, r monitor.Reading) ui.Block {
	list := func(v monitor.Value) string {
		a := url.Values{"from": {r.From}, "to": {r.To}, "area": {r.Area}, "direction": {v.Side}}
		if r.Sample {
			a.Set("sample", "1")
		}
		switch v.Dim {
		case "class", "field":
			a.Set(v.Dim, v.Key)
		case "goal":
			a.Set("rows", "social_goal")
			a.Set("row", v.Key)
		}
		return "/stats/list?" + a.Encode()
	}
	t := ui.Columns[monitor.Value]{
		{Label: "指标", Cell: func(v monitor.Value) view.Cell {
			name := v.Name
			if v.Dim != "" {
				name += "：" + keyName(v)
			}
			return view.Cell{
				Text: v.Code + " " + name,
				Note: ui.FirstOf(v.Note, v.Numerator+map[bool]string{true: " ÷ " + v.Denominator}[v.Denominator != ""]),
			}
		}},
		{Label: "本期", Numeric: true, Cell: func(v monitor.Value) view.Cell {
			if v.Missing != "" {
				return view.Cell{Text: "—", Note: v.Missing}
			}
			cell := view.Cell{Text: v.Shown + " " + v.MeasuredIn, Strong: v.Dim == ""}
			if v.Code != "M25" && v.Code != "M24" {
				cell.Href = list(v)
			}
			return cell
		}},
		{Label: "上年同期", Numeric: true, Cell: func(v monitor.Value) view.Cell { return view.Cell{Text: ui.FirstOf(v.Before, "—")} }},
		{Label: "增长", Numeric: true, Cell: func(v monitor.Value) view.Cell { return view.Cell{Text: ui.FirstOf(v.Growth, "—")} }},
		{Label: "口径", Cell: func(v monitor.Value) view.Cell {
			cell := view.Cell{Text: c.T("第 %d 版", v.Version), Note: c.T("自 %s", v.ValidFrom.Format(time.DateOnly))}
			if v.Breaks {
				cell.Tags = []view.Tag{{Label: "口径变化", Tone: view.Warn}}
			}
			return cell
		}},
	}.Table("监测指标", r.Values)
	t.Compact = true
	return ui.Block{ID: "values", Title: "监测指标 M01–M34", Intro: "数字点开是背后的登记记录。各部分相加可能与合计差在尾数，不作调整；输出与吸纳不相加。",
		More: &view.Link{Label: "统计表和地图", Href: "/stats"}, Parts: view.Parts{t}}
}

func monitorMonths(c *web.Ctx, r monitor.Reading) ui.Block {
	var points []view.Point
	for _, m := range r.Months {
		points = append(
			points,
			view.Point{Label: m.Month[2:], Value: max(0, float64(m.Amount)/float64(money.WanYuan)), Shown: ui.WanShort(m.Amount)},
		)
	}
	block := ui.Block{ID: "months", Title: c.T("%d 年各月成交额", r.Year)}
	if len(points) > 1 {
		block.Add(view.LineChart(c.T("各月成交额"), c.T("月"), c.T("万元"), points))
	} else {
		block.Add(view.Empty{Title: "还没有可画的月份"})
	}
	return block
}

// hidden turns 分 of a published cell into 万元; what is hidden stays a star.
func hidden(fen string) string {
	if f, err := money.Parse(fen); err == nil {
		return ui.WanShort(f)
	}
	return fen
}

const starNote = "* 为隐去的数：不足三家卖方或买方、或一家占比过高的单元格，以及为防止推算而一并隐去的单元格；合计照列。"

// starsOf explains the stars where there are any.
func starsOf(r monitor.Reading) view.Component {
	if !r.Stars() {
		return nil
	}
	return view.Prose{view.T(starNote)}
}

func monitorLeagues(r monitor.Reading) ui.Block {
	rows := make([]int, len(r.Areas))
	for i := range rows {
		rows[i] = i
	}
	t := ui.Columns[int]{
		{Label: "盟市", Foot: view.Cell{Text: "合计"}, Cell: func(i int) view.Cell { return view.Cell{Text: monitor.AreaName(r.Areas[i])} }},
		{
			Label:   "输出项数",
			Numeric: true,
			Foot:    view.Cell{Text: r.Output.TotalN},
			Cell:    func(i int) view.Cell { return view.Cell{Text: r.Output.N[i]} },
		},
		{Label: "输出成交额（万元）", Numeric: true, Foot: view.Cell{Text: hidden(r.Output.TotalC)},
			Cell: func(i int) view.Cell { return view.Cell{Text: hidden(r.Output.C[i])} }},
		{
			Label:   "吸纳项数",
			Numeric: true,
			Foot:    view.Cell{Text: r.Absorption.TotalN},
			Cell:    func(i int) view.Cell { return view.Cell{Text: r.Absorption.N[i]} },
		},
		{Label: "吸纳成交额（万元）", Numeric: true, Foot: view.Cell{Text: hidden(r.Absorption.TotalC)},
			Cell: func(i int) view.Cell { return view.Cell{Text: hidden(r.Absorption.C[i])} }},
	}.Table("各盟市输出和吸纳", rows)
	return ui.Block{ID: "leagues", Title: "各盟市输出和吸纳（全年）", Parts: view.Parts{view.WideTable{Table: t}, starsOf(r)}}
}

func monitorFlow(r monitor.Reading) ui.Block {
	rows := make([]int, len(r.Areas))
	for i := range rows {
		rows[i] = i
	}
	cols := ui.Columns[int]{
		{Label: "卖方 ＼ 买方", Foot: view.Cell{Text: "合计"}, Cell: func(i int) view.Cell { return view.Cell{Text: region.ShortName(r.Areas[i])} }},
	}
	for k, a := range r.Areas {
		cols = append(cols, ui.Column[int]{Label: region.ShortName(a), Numeric: true, Foot: view.Cell{Text: hidden(r.Flow.ColsC[k])},
			Cell: func(i int) view.Cell { return view.Cell{Text: hidden(r.Flow.C[i][k])} }})
	}
	cols = append(cols, ui.Column[int]{Label: "合计", Numeric: true, Foot: view.Cell{Text: hidden(r.Flow.TotalC), Strong: true},
		Cell: func(i int) view.Cell { return view.Cell{Text: hidden(r.Flow.RowsC[i]), Strong: true} }})
	t := cols.Table("盟市之间的流向", rows)
	t.Compact = true
	return ui.Block{ID: "flow", Title: "盟市之间的流向（全年，成交额，万元）", Intro: "行为卖方所在地，列为买方所在地；“内蒙古”为只填到自治区的。",
		Parts: view.Parts{view.WideTable{Table: t}, starsOf(r)}}
}

// externalForm takes the denominators that the market does not count itself.
func externalForm(c *web.Ctx, r monitor.Reading, form *web.Form, ferr error) ui.Block {
	a := ui.NewAsk(c, form, ferr)
	var what []view.Option
	for _, o := range monitor.Outside() {
		what = append(what, view.Option{Value: o.Indicator, Label: o.Note + "（" + o.MeasuredIn + "）"})
	}
	block := ui.Block{ID: "enter", Title: "录入分母", Intro: "人口、生产总值等不是本平台统计的数，须写明来源和版次；同一年再次录入，以后录入的为准。"}
	f := ui.FormOf("/monitor/figures", "录入", view.Section{Fields: []view.Field{
		a.Choose("indicator", "录入什么", "", what, ui.Required), a.Choose("area", "地区", r.Area, ui.DivisionOptions("全区", true), ui.Width("m")),
		a.Text("year", "年份", strconv.Itoa(r.Year), ui.Required, ui.Width("s")), a.Text("value", "数值", "", ui.Required, ui.Width("m")),
		a.Text("source", "来源", "", ui.Required, ui.Limit(200)), a.Text("edition", "版次", "", ui.Limit(100))}})
	for _, b := range a.Blocks(f) {
		block.Add(b.Parts...)
	}
	return block
}

func (p *Pages) enterExternal(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	e := monitor.Entered{Indicator: form.Text("indicator"), Area: ui.FirstOf(form.Text("area"), region.Root), Year: form.Int("year"),
		Value: fact.Dec(form.Text("value")), Source: form.Text("source"), Edition: form.Text("edition")}
	if err = ui.FormErr(form); err == nil {
		err = p.Monitor.Enter(c.Context(), c.Actor(), e)
	}
	if ui.Refused(err) {
		return p.monitor(c, form, err)
	} else if err != nil {
		return err
	}
	c.Flash(view.OK, "已录入")
	return c.See("/monitor?year=" + strconv.Itoa(e.Year))
}

func (p *Pages) monitorFile(c *web.Ctx, format, mime string) error {
	a, err := monitorAsk(c)
	if err != nil {
		return err
	}
	r, err := p.Monitor.Read(c.Context(), c.Actor(), a)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := r.Export(&b, format, keyName); err != nil {
		return err
	}
	return statsDownload(c, "技术市场监测", r.Sample, format, mime, &b)
}
