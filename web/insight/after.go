package insight

import (
	"math"
	"strings"
	"time"

	"techmarket/internal/foundation/money"
	"techmarket/internal/insight/stats"
	"techmarket/internal/market/listing"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// statsAfter is what stands beside the table whatever is asked: the map, the chain, the listings, what others published, the plan.
func (p *Pages) statsAfter(c *web.Ctx, a statsAsk, body *Board) error {
	ctx, q := c.Context(), a.query
	areas, err := p.Stats.Map(ctx, q.Direction, q.From, q.To, q.Sample)
	if err != nil {
		return err
	}
	funnel, err := p.Stats.Funnel(ctx, q.From, q.To, q.Sample)
	if err != nil {
		return err
	}
	listings, err := p.Stats.Listings(ctx, q.Sample)
	if err != nil {
		return err
	}
	published, err := p.Stats.Published(ctx)
	if err != nil {
		return err
	}
	targets, err := p.Stats.Targets(ctx, q.Sample)
	if err != nil {
		return err
	}
	mark := ""
	if q.Sample {
		mark = "（含样例）"
	}
	body.After = []ui.Block{a.tileMap(c, areas, mark)}
	body.Lower = []ui.Block{funnelBlock(c, funnel, q, mark), listingsBlock(c, p.Listings.Kinds().All(), listings, c.Now())}
	triage, err := ui.TriageTable(c, p.Listings, q.Sample)
	if err != nil {
		return err
	}
	needs, err := p.Stats.Needs(ctx, q.From, q.To, q.Sample)
	if err != nil {
		return err
	}
	reasons, err := p.Stats.Reasons(ctx, q.From, q.To, q.Sample)
	if err != nil {
		return err
	}
	ways, why := needsBlock(c, needs, q, mark), reasonsBlock(c, reasons, q, mark)
	ways.More = &view.Link{Label: "下载 CSV", Href: a.to("/stats.csv", "part", "needs")}
	why.More = &view.Link{Label: "下载 CSV", Href: a.to("/stats.csv", "part", "reasons")}
	body.Last = []ui.Block{publishedBlock(c, published), targetsBlock(c, targets, mark), triage, ways, why,
		{ID: "more", Title: "更多数据", Parts: view.Parts{view.Links{{Label: "监测指标 M01–M34、盟市流向", Href: "/monitor"},
			{Label: "规划进展", Href: "/plan"}, {Label: "各旗县服务页", Href: "/places"}}}}}
	return nil
}

func (a statsAsk) tileMap(c *web.Ctx, areas []stats.AreaFigure, mark string) ui.Block {
	values := map[string]float64{}
	for _, f := range areas {
		values[f.Division] = a.show.value(f.Measure)
	}
	title := c.T("各旗县%s技术合同的%s%s", directionName(a.query.Direction), strings.TrimPrefix(a.show.label(), "合同"), mark)
	chart := view.TileMap(view.Measure{Title: title, Unit: a.show.unit(), Say: c.T, Show: func(v float64) string {
		if a.show == showContracts {
			return view.Count(int(v))
		}
		return ui.WanShort(money.Fen(math.Round(v * float64(money.WanYuan))))
	}, List: func(code string) string { return a.to("/stats/list", "area", code, "rows", string(stats.ByArea)) }}, values)
	intro := c.T("%s。只填到盟市的合同不在旗县格内，计入上表的盟市。", span(c, a.query.From, a.query.To))
	return ui.Block{ID: "map", Title: title, Intro: intro, Card: true, Parts: view.Parts{chart}}
}

func funnelBlock(c *web.Ctx, steps []stats.Step, q stats.Query, mark string) ui.Block {
	names := map[string]string{
		"listing":      "发布",
		"match":        "匹配",
		"interest":     "对接意向",
		"talk":         "洽谈",
		"agreement":    "达成一致",
		"contract":     "技术合同",
		"filing":       "报送登记",
		"registration": "完成登记",
	}
	var points []view.Point
	for _, s := range steps {
		points = append(points, view.Point{Label: c.T(names[s.Step]), Value: float64(s.Count), Shown: view.Count(s.Count)})
	}
	chart := view.BarChart(c.T("从发布到登记"), c.T("环节"), c.T("件"), points)
	chart.Note = c.T("全区，各环节按自己的日期计数，所以后一步可以多于前一步。%s。", span(c, q.From, q.To))
	return ui.Block{ID: "funnel", Title: c.T("从发布到登记%s", mark), Card: true, Parts: view.Parts{chart}}
}

func listingsBlock(c *web.Ctx, kinds []listing.Descriptor, all []stats.Listings, now time.Time) ui.Block {
	type key struct {
		kind   string
		sample bool
	}
	type counts struct{ local, localSleeping, imported, importedSleeping int }
	sums := map[key]counts{}
	for _, l := range all {
		n := sums[key{l.Kind, l.Sample}]
		switch {
		case l.Origin == "import" && l.Live:
			n.imported += l.Count
		case l.Origin == "import":
			n.importedSleeping += l.Count
		case l.Live:
			n.local += l.Count
		default:
			n.localSleeping += l.Count
		}
		sums[key{l.Kind, l.Sample}] = n
	}
	type row struct {
		kind   listing.Descriptor
		sample bool
		counts
	}
	var rows []row
	for _, sample := range []bool{false, true} {
		for _, kind := range kinds {
			if n, there := sums[key{string(kind.Kind), sample}]; there || !sample {
				rows = append(rows, row{kind, sample, n})
			}
		}
	}
	t := ui.Columns[row]{
		{Label: "发布的信息", Cell: func(r row) view.Cell {
			head := view.Cell{Text: r.kind.Label, Href: r.kind.ListPath()}
			if r.sample {
				head.Tags = []view.Tag{ui.SampleTag()}
			}
			return head
		}},
		ui.CountColumn("本地，活跃", func(r row) int { return r.local }),
		ui.CountColumn("本地，沉睡", func(r row) int { return r.localSleeping }),
		ui.CountColumn("导入，活跃", func(r row) int { return r.imported }),
		ui.CountColumn("导入，沉睡", func(r row) int { return r.importedSleeping }),
	}.Table("公开的成果和需求", rows)
	return ui.Block{
		ID:    "listings",
		Card:  true,
		Title: "正在公开的成果和需求",
		Intro: c.T("截至 %s。本地填写与批量导入、活跃与沉睡分开计数，不相加。", view.DayTime(now)),
		More:  &view.Link{Label: "口径", Href: "/stats/definitions#listing_live"},
		Parts: view.Parts{t},
	}
}

func publishedBlock(c *web.Ctx, all []stats.Published) ui.Block {
	type line struct {
		period          string
		contracts, c, t view.Cell
		source          []string
	}
	var lines []*line
	for _, f := range all {
		var l *line
		for _, known := range lines {
			if known.period == f.Period {
				l = known
			}
		}
		if l == nil {
			l = &line{period: f.Period}
			lines = append(lines, l)
		}
		cell := view.Cell{Note: strings.TrimSuffix(f.Note, "，约数"), Text: money.Fen(f.Value).Short()}
		switch f.Certainty {
		case "derived":
			cell.Tags = []view.Tag{{Label: "约数", Tone: view.Warn}}
		case "plan":
			cell.Tags = []view.Tag{{Label: "规划基数", Tone: view.Info}}
		}
		switch f.Measure {
		case "contracts":
			cell.Text = c.T("%s 项", view.Count(int(f.Value)))
			l.contracts = cell
		case "technical":
			l.t = cell
		default:
			l.c = cell
		}
		if len(l.source) == 0 || l.source[len(l.source)-1] != f.Source {
			l.source = append(l.source, f.Source)
		}
	}
	t := ui.Columns[*line]{
		{Label: "期间", Cell: func(l *line) view.Cell {
			return view.Cell{Text: l.period, Tags: []view.Tag{{Label: "公开数据", Tone: view.Info}}}
		}},
		{Label: "合同项数", Numeric: true, Cell: func(l *line) view.Cell { return l.contracts }},
		{Label: "成交额", Numeric: true, Cell: func(l *line) view.Cell { return l.c }},
		{Label: "技术交易额", Numeric: true, Cell: func(l *line) view.Cell { return l.t }},
		ui.TextColumn("来源", func(l *line) string { return ui.Join(l.source) }),
	}.Table("公开数据", lines)
	t.Empty = view.Empty{Title: "还没有录入公开数据"}
	return ui.Block{
		ID:    "published",
		Title: "别处公布的数字",
		Intro: "来自公开报道和规划，不是本平台统计的，不与上面的数字相加。",
		More:  &view.Link{Label: "口径", Href: "/stats/definitions#published"},
		Parts: view.Parts{t},
	}
}

func targetsBlock(c *web.Ctx, all []stats.Target, mark string) ui.Block {
	type row = stats.Target
	amount := func(g row, n int64) string {
		if g.Unit == "fen" {
			return money.Fen(n).Short()
		}
		return c.T("%s 个", view.Count(int(n)))
	}
	t := ui.Columns[row]{
		{Label: "目标", Cell: func(g row) view.Cell { return view.Cell{Text: g.Name, Note: g.Note} }},
		{Label: "基数", Numeric: true, Cell: func(g row) view.Cell {
			if g.Base == nil || g.BaseYear == nil {
				return view.Cell{}
			}
			return view.Cell{Text: amount(g, *g.Base), Note: c.T("%d 年", *g.BaseYear)}
		}},
		{Label: "目标值", Numeric: true, Cell: func(g row) view.Cell {
			target := view.Cell{Text: amount(g, g.Target), Note: c.T("%d 年", g.TargetYear)}
			if g.Kind == "at_least" {
				target.Text = c.T("不少于 %s", target.Text)
			}
			return target
		}},
		{Label: c.T("本平台%s", mark), Numeric: true, Cell: func(g row) view.Cell {
			if g.Own == nil {
				return view.Cell{Text: "—"}
			}
			own := view.Cell{Text: amount(g, *g.Own)}
			if g.Target > 0 {
				own.Note = c.T("为目标值的 %s", ui.ShareOf(*g.Own, g.Target))
			}
			return own
		}},
		ui.TextColumn("来源", func(g row) string { return g.Source }),
	}.Table("规划目标", all)
	t.Empty = view.Empty{Title: "还没有录入规划目标"}
	return ui.Block{ID: "targets", Title: "规划目标与本平台", More: &view.Link{Label: "规划进展", Href: "/plan"},
		Intro: "“本平台”的金额是目标年在本平台登记的合同，登记点是今天正常受理和整改中的；不是全区的完成情况。", Parts: view.Parts{t}}
}
