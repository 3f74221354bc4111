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
	body.Last = []ui.Block{publishedBlock(c, published), targetsBlock(c, targets, mark), triage, ways, why}
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
	t := view.Table{
		Caption:     "公开的成果和需求",
		HideCaption: true,
		Columns: []view.Column{{Label: "发布的信息"}, {Label: "本地，活跃", Numeric: true}, {Label: "本地，沉睡", Numeric: true},
			{Label: "导入，活跃", Numeric: true}, {Label: "导入，沉睡", Numeric: true}},
	}
	for _, sample := range []bool{false, true} {
		for _, kind := range kinds {
			n, there := sums[key{string(kind.Kind), sample}]
			if sample && !there {
				continue
			}
			head := view.Cell{Text: kind.Label, Href: kind.ListPath(), Header: true}
			if sample {
				head.Tags = []view.Tag{ui.SampleTag()}
			}
			t.Rows = append(
				t.Rows,
				view.TableRow{
					Cells: append(
						[]view.Cell{head},
						view.Cells(view.Count(n.local), view.Count(n.localSleeping), view.Count(n.imported), view.Count(n.importedSleeping))...),
				},
			)
		}
	}
	for i := range t.Rows {
		for j := range t.Rows[i].Cells[1:] {
			t.Rows[i].Cells[j+1].Header = false
		}
	}
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
	t := view.Table{
		Caption:     "公开数据",
		HideCaption: true,
		Columns: []view.Column{
			{Label: "期间"},
			{Label: "合同项数", Numeric: true},
			{Label: "成交额", Numeric: true},
			{Label: "技术交易额", Numeric: true},
			{Label: "来源"},
		},
		Empty: view.Empty{Title: "还没有录入公开数据"},
	}
	for _, l := range lines {
		t.Rows = append(
			t.Rows,
			view.TableRow{
				Cells: []view.Cell{
					{Text: l.period, Header: true, Tags: []view.Tag{{Label: "公开数据", Tone: view.Info}}},
					l.contracts,
					l.c,
					l.t,
					{Text: ui.Join(l.source)},
				},
			},
		)
	}
	return ui.Block{
		ID:    "published",
		Title: "别处公布的数字",
		Intro: "来自公开报道和规划，不是本平台统计的，不与上面的数字相加。",
		More:  &view.Link{Label: "口径", Href: "/stats/definitions#published"},
		Parts: view.Parts{t},
	}
}

func targetsBlock(c *web.Ctx, all []stats.Target, mark string) ui.Block {
	t := view.Table{
		Caption:     "规划目标",
		HideCaption: true,
		Columns: []view.Column{
			{Label: "目标"},
			{Label: "基数", Numeric: true},
			{Label: "目标值", Numeric: true},
			{Label: c.T("本平台%s", mark), Numeric: true},
			{Label: "来源"},
		},
		Empty: view.Empty{Title: "还没有录入规划目标"},
	}
	for _, g := range all {
		amount := func(n int64) string {
			if g.Unit == "fen" {
				return money.Fen(n).Short()
			}
			return c.T("%s 个", view.Count(int(n)))
		}
		base := view.Cell{}
		if g.Base != nil && g.BaseYear != nil {
			base = view.Cell{Text: amount(*g.Base), Note: c.T("%d 年", *g.BaseYear)}
		}
		target := view.Cell{Text: amount(g.Target), Note: c.T("%d 年", g.TargetYear)}
		if g.Kind == "at_least" {
			target.Text = c.T("不少于 %s", target.Text)
		}
		own := view.Cell{Text: "—"}
		if g.Own != nil {
			own.Text = amount(*g.Own)
			if g.Target > 0 {
				own.Note = c.T("为目标值的 %s", ui.ShareOf(*g.Own, g.Target))
			}
		}
		t.Rows = append(
			t.Rows,
			view.TableRow{Cells: []view.Cell{{Text: g.Name, Header: true, Note: g.Note}, base, target, own, {Text: g.Source}}},
		)
	}
	return ui.Block{ID: "targets", Title: "规划目标与本平台", More: &view.Link{Label: "规划进展", Href: "/plan"},
		Intro: "“本平台”的金额是目标年在本平台登记的合同，登记点是今天正常受理和整改中的；不是全区的完成情况。", Parts: view.Parts{t}}
}
