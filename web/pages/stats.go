package pages

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
	"techmarket/internal/insight/stats"
	"techmarket/web"
	"techmarket/web/view"
)

func (p *Pages) statsRoutes() []web.Route {
	anyone := web.Anyone()
	return []web.Route{
		web.GET("/stats", anyone, p.stats),
		web.GET("/stats/list", anyone, p.statsList),
		web.GET("/stats/definitions", anyone, p.definitions),
		web.GET("/stats.csv", anyone, func(c *web.Ctx) error { return p.statsFile(c, "csv", "text/csv; charset=utf-8") }),
		web.GET("/stats.xlsx", anyone, func(c *web.Ctx) error {
			return p.statsFile(c, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
		}),
	}
}

// Board is the body of the page "board": a question in the rail, answers beside it and below.
type Board struct {
	Heading view.Text
	Lead    string
	Sample  bool
	Rail    view.Rail
	Notices []view.Notice
	Chips   []view.Chip
	Main    []Block
	Pair    []Block // side by side under Main
	After   []Block // over the full width
	Lower   []Block // side by side
	Last    []Block // over the full width
}

// showing is which of the three figures of a measure the table and the drawings show.
type showing string

const (
	showAmount    showing = "amount"
	showTechnical showing = "technical"
	showContracts showing = "contracts"
)

func (s showing) label() string {
	return map[showing]string{showAmount: "合同成交额", showTechnical: "技术交易额", showContracts: "合同项数"}[s]
}

func (s showing) unit() string {
	if s == showContracts {
		return "项"
	}
	return "万元"
}

// value is for drawing; text is what is read.
func (s showing) value(m stats.Measure) float64 {
	switch s {
	case showTechnical:
		return float64(m.Technical) / float64(money.WanYuan)
	case showContracts:
		return float64(m.Contracts)
	default:
		return float64(m.Amount) / float64(money.WanYuan)
	}
}

func (s showing) text(m stats.Measure) string {
	switch s {
	case showTechnical:
		return wanShort(m.Technical)
	case showContracts:
		return view.Count(m.Contracts)
	default:
		return wanShort(m.Amount)
	}
}

// wanShort is an amount in 万元 as tables of figures show it: two decimals, so that the points of a column stand under each other.
// What rounds to 0 is said to be less.
func wanShort(f money.Fen) string {
	const cell = money.WanYuan / 100
	hundredths := f.MulRatio(1, int64(cell))
	if hundredths == 0 && f > 0 {
		return "< 0.01"
	}
	return hundredths.Grouped()
}

var directions = []view.Option{
	{Value: string(stats.Output), Label: "输出（卖方在这里）"},
	{Value: string(stats.Absorption), Label: "吸纳（买方在这里）"},
	{Value: string(stats.Filed), Label: "登记（申请方在这里）"},
}

func directionName(d stats.Direction) string {
	return map[stats.Direction]string{stats.Output: "输出", stats.Absorption: "吸纳", stats.Filed: "登记"}[d]
}

func dimensionName(d stats.Dimension) string {
	return map[stats.Dimension]string{stats.ByArea: "地区", stats.ByClass: "合同类别", stats.BySubclass: "合同小类", stats.ByField: "技术领域", stats.BySellerKind: "卖方类型",
		stats.ByPlanSource: "计划来源", stats.ByIPKind: "知识产权", stats.BySocialGoal: "社会经济目标", stats.ByOtherSide: "对方所在"}[d]
}

var grains = []view.Option{{Value: "none", Label: "不分期"}, {Value: string(stats.Year), Label: "按年"}, {Value: string(stats.Half), Label: "按半年"},
	{Value: string(stats.Quarter), Label: "按季"}, {Value: string(stats.Month), Label: "按月"}}

// everything is the choice of a list that does not narrow.
const everything = "all"

// statsAsk is the question as it stands in the address.
type statsAsk struct {
	query   stats.Query
	show    showing
	address url.Values // what differs from nothing, to build further addresses
}

// readStats reads the question; what is not asked is the default. Wrong values stay: the service names them all.
func (p *Pages) readStats(c *web.Ctx) statsAsk {
	f, a := c.QueryForm(), statsAsk{query: p.Stats.Default(), show: showAmount, address: url.Values{}}
	q := &a.query
	day := func(name string, to *string) {
		if t := f.Date(name); !t.IsZero() {
			*to = t.Format(time.DateOnly)
		} else if s := f.Text(name); s != "" {
			*to = s
		}
	}
	day("from", &q.From)
	day("to", &q.To)
	if s := f.Text("period"); s == "none" {
		q.Period = stats.NoPeriod
	} else if s != "" {
		q.Period = stats.Period(s)
	}
	if s := f.Text("rows"); s != "" {
		q.Rows = stats.Dimension(s)
	}
	if s := f.Text("direction"); s != "" {
		q.Direction = stats.Direction(s)
	}
	if s := f.Text("area"); s != "" {
		q.Area = s
	}
	q.Class, q.Field, q.Sample = f.Text("class"), f.Text("field"), f.Bool("sample")
	for _, code := range []*string{&q.Class, &q.Field} {
		if *code == everything {
			*code = ""
		}
	}
	if s := showing(f.Text("show")); s.label() != "" {
		a.show = s
	}
	period := string(q.Period)
	if q.Period == stats.NoPeriod {
		period = "none"
	}
	for name, v := range map[string]string{"from": q.From, "to": q.To, "period": period, "rows": string(q.Rows), "direction": string(q.Direction), "area": q.Area,
		"class": q.Class, "field": q.Field, "show": string(a.show)} {
		if v != "" {
			a.address.Set(name, v)
		}
	}
	if q.Sample {
		a.address.Set("sample", "1")
	}
	return a
}

// to is an address with the question and changes to it as name, value pairs; an empty value removes.
func (a statsAsk) to(path string, changes ...string) string {
	v := url.Values{}
	for k, list := range a.address {
		v[k] = list
	}
	for i := 0; i+1 < len(changes); i += 2 {
		if v.Del(changes[i]); changes[i+1] != "" {
			v.Set(changes[i], changes[i+1])
		}
	}
	return path + "?" + v.Encode()
}

// cell is the address of the list behind a cell. The key of "not filled in" is empty and would mean the sum: no list then.
func (a statsAsk) cell(row, column string) string {
	return a.to("/stats/list", "row", row, "column", column)
}

func (a statsAsk) rail() view.Rail {
	q := a.query
	pick := func(options []view.Option, chosen string) []view.Option {
		out := make([]view.Option, len(options))
		for i, o := range options {
			o.Checked = o.Value == chosen
			out[i] = o
		}
		return out
	}
	var rows []view.Option
	for _, d := range stats.Dimensions() {
		rows = append(rows, view.Option{Value: string(d), Label: dimensionName(d)})
	}
	areas := []view.Option{{Value: region.Root, Label: "全区"}}
	for _, l := range region.Leagues() {
		areas = append(areas, view.Option{Value: l.Code, Label: l.Name})
		for _, d := range region.Children(l.Code) {
			label := region.FullName(d.Code)
			if strings.Contains(d.Name, strings.TrimSuffix(region.ShortName(l.Code), "盟")) { // 呼和浩特经济技术开发区
				label = d.Name
			}
			areas = append(areas, view.Option{Value: d.Code, Label: label})
		}
	}
	classes := []view.Option{{Value: everything, Label: "全部类别"}}
	for _, top := range codes.ContractClass.Children("") {
		classes = append(classes, view.Option{Value: top.Code, Label: top.Label})
		for _, sub := range codes.ContractClass.Children(top.Code) {
			classes = append(classes, view.Option{Value: sub.Code, Label: top.Label + "：" + sub.Label})
		}
	}
	fields := []view.Option{{Value: everything, Label: "全部领域"}}
	for _, top := range codes.Field.Children("") {
		fields = append(fields, view.Option{Value: top.Code, Label: top.Label})
	}
	shows := []view.Option{{Value: string(showAmount), Label: "合同成交额"}, {Value: string(showTechnical), Label: "技术交易额"}, {Value: string(showContracts), Label: "合同项数"}}
	return view.Rail{Action: "/stats", Clear: "/stats", Groups: []view.FilterGroup{
		{Legend: "登记日期", From: &view.Field{Kind: view.Date, Name: "from", Label: "从", Value: q.From}, To: &view.Field{Kind: view.Date, Name: "to", Label: "到", Value: q.To}},
		{Legend: "统计谁的合同", Name: "direction", Single: true, Options: pick(directions, string(q.Direction)), Fold: 3},
		{Legend: "地区", Name: "area", Select: true, Options: pick(areas, q.Area)},
		{Legend: "行：分类", Name: "rows", Select: true, Options: pick(rows, string(q.Rows))},
		{Legend: "列：期间", Name: "period", Select: true, Options: pick(grains, a.address.Get("period"))},
		{Legend: "看哪个数", Name: "show", Single: true, Options: pick(shows, string(a.show)), Fold: 3},
		{Legend: "合同类别", Name: "class", Select: true, Options: pick(classes, firstOf(q.Class, everything))},
		{Legend: "技术领域", Name: "field", Select: true, Options: pick(fields, firstOf(q.Field, everything))},
		{Legend: "样例数据", Name: "sample", Options: []view.Option{{Value: "1", Label: "把样例数据算进来", Checked: q.Sample}}, Fold: 1},
	}}
}

// periods are quick choices of the days.
func (a statsAsk) periods(now time.Time) []view.Chip {
	year := now.Year()
	choice := func(label, from, to string, grain stats.Period) view.Chip {
		on := a.query.From == from && a.query.To == to
		chip := view.Chip{Label: label, On: on, Href: a.to("/stats", "from", from, "to", to, "period", string(grain))}
		if on {
			chip.Href = "/stats"
		}
		return chip
	}
	y := func(n int) string { return strconv.Itoa(n) }
	return []view.Chip{
		choice("今年", y(year)+"-01-01", y(year)+"-12-31", stats.Quarter),
		choice("去年", y(year-1)+"-01-01", y(year-1)+"-12-31", stats.Quarter),
		choice("近五年", y(year-4)+"-01-01", y(year)+"-12-31", stats.Year),
	}
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
		n := view.Notice{Tone: view.Bad, Title: "没有统计：请先改好筛选条件", Actions: []view.Action{{Label: "恢复默认条件", Href: "/stats", Kind: view.Quiet, Small: true}}}
		for _, f := range web.AsFault(err).Fields {
			n.Items = append(n.Items, view.Link{Label: f.Message})
		}
		body.Notices, body.Chips = []view.Notice{n}, nil
		return c.RenderStatus(http.StatusUnprocessableEntity, "board", view.With[Board]{Page: page, Body: body})
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
		body.Main = append(body.Main, a.table(t))
		body.Pair = a.drawings(t)
	}
	if err := p.statsAfter(c, a, &body); err != nil {
		return err
	}
	return c.Render("board", view.With[Board]{Page: page, Body: body})
}

func (a statsAsk) scope() string {
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
	return strings.Join(append(parts, span(a.query.From, a.query.To)), "，")
}

// span says a period as people do: whole years by their number, other days in words, which a narrow screen does not
// break inside as it does 2026-12-31.
func span(from, to string) string {
	a, b := strings.TrimSuffix(from, "-01-01"), strings.TrimSuffix(to, "-12-31")
	switch {
	case a == from || b == to:
		return chineseDay(contract.Date(from)) + "至 " + chineseDay(contract.Date(to))
	case a == b:
		return a + " 年"
	default:
		return a + " 年至 " + b + " 年"
	}
}

func (a statsAsk) totals(t stats.Table) Block {
	list := ""
	if len(t.Rows) > 0 {
		list = a.cell("", "")
	}
	figure := func(s showing, value, unit string) view.Figure {
		return view.Figure{Value: value, Unit: unit, Label: s.label(), AsOf: t.AsOf, Source: "本市场", Definition: "/stats/definitions#" + string(s), List: list, Sample: t.Sample}
	}
	amount, technical := short(t.Total.Amount), short(t.Total.Technical)
	return Block{Figures: []view.Figure{figure(showContracts, view.Count(t.Total.Contracts), "项"), figure(showAmount, amount[0], amount[1]), figure(showTechnical, technical[0], technical[1])}}
}

// short splits "61.71 亿元" into number and unit.
func short(f money.Fen) [2]string {
	number, unit, _ := strings.Cut(f.Short(), " ")
	return [2]string{number, unit}
}

func (a statsAsk) table(t stats.Table) Block {
	shows := []showing{a.show}
	byPeriod := a.query.Period != stats.NoPeriod
	if !byPeriod {
		shows = []showing{showContracts, showAmount, showTechnical}
	}
	title := "按" + dimensionName(a.query.Rows)
	if byPeriod {
		title += "和期间：" + a.show.label() + "（" + a.show.unit() + "）"
	}
	caption := a.scope()
	if t.Sample {
		caption += "（含样例）"
	}
	out := view.Table{Caption: caption, Compact: len(t.Columns) > 5, Columns: []view.Column{{Label: dimensionName(a.query.Rows)}}}
	if byPeriod { // the sum stands first: it must not scroll away
		out.Columns = append(out.Columns, view.Column{Label: "合计", Numeric: true})
		for _, col := range t.Columns {
			out.Columns = append(out.Columns, view.Column{Label: shortPeriod(col, t.Columns), Numeric: true})
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
	out.Foot = cells(view.Cell{Text: "合计", Header: true}, "", true, func(column string) (stats.Measure, bool) { return t.ColSums[column], true }, t.Total)
	return Block{ID: "table", Title: title, Intro: "截至 " + view.DayTime(t.AsOf) + "。" + directionNote(a.query.Direction) + "空格是没有登记。", More: &view.Link{Label: "口径说明", Href: "/stats/definitions"},
		Wide: &out, Actions: []view.Action{{Label: "下载 Excel", Href: a.to("/stats.xlsx"), Kind: view.Quiet, Small: true, Icon: "download"},
			{Label: "下载 CSV", Href: a.to("/stats.csv"), Kind: view.Quiet, Small: true, Icon: "download"}}}
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
func shortPeriod(col stats.Label, all []stats.Label) string {
	year, rest, ok := strings.Cut(col.Name, " 年")
	if !ok || rest == "" {
		return col.Name
	}
	for _, other := range all {
		if !strings.HasPrefix(other.Name, year+" 年") {
			return col.Name
		}
	}
	return strings.TrimSpace(rest)
}

// tinyPeriod fits under a point of a drawing: 25年1季.
func tinyPeriod(key string) string {
	year, rest, ok := strings.Cut(key, "-")
	if !ok {
		return year
	}
	switch year = year[2:]; {
	case rest == "H1":
		return year + "年上"
	case rest == "H2":
		return year + "年下"
	case rest[0] == 'Q':
		return year + "年" + rest[1:] + "季"
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

func (a statsAsk) drawings(t stats.Table) []Block {
	var out []Block
	var bars []view.Point
	for _, r := range t.Rows {
		m := t.RowSums[r.Key]
		bars = append(bars, view.Point{Label: r.Name, Value: math.Max(0, a.show.value(m)), Shown: a.show.text(m), Href: a.cell(r.Key, "")})
	}
	if len(bars) > 1 && len(bars) <= 24 {
		chart := view.BarChart(a.show.label()+"，按"+dimensionName(a.query.Rows), dimensionName(a.query.Rows), a.show.unit(), bars)
		out = append(out, Block{Title: "各" + dimensionName(a.query.Rows) + "的" + a.show.label(), Card: true, Chart: &chart})
	}
	if len(t.Columns) > 1 {
		var points []view.Point
		for _, col := range t.Columns {
			m := t.ColSums[col.Key]
			points = append(points, view.Point{Label: tinyPeriod(col.Key), Value: math.Max(0, a.show.value(m)), Shown: a.show.text(m), Href: a.cell("", col.Key)})
		}
		chart := view.LineChart(a.show.label()+"，按期间", "期间", a.show.unit(), points)
		out = append(out, Block{Title: "各期的" + a.show.label(), Card: true, Chart: &chart})
	}
	for i := range out {
		if t.Sample {
			out[i].Title += "（含样例）"
		}
	}
	return out
}

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
	body.After = []Block{a.tileMap(areas, mark)}
	body.Lower = []Block{funnelBlock(funnel, q, mark), listingsBlock(listings, c.Now())}
	triage, err := p.triageTable(c, q.Sample)
	if err != nil {
		return err
	}
	body.Last = []Block{publishedBlock(published), targetsBlock(targets, mark), triage}
	return nil
}

func (a statsAsk) tileMap(areas []stats.AreaFigure, mark string) Block {
	values := map[string]float64{}
	for _, f := range areas {
		values[f.Division] = a.show.value(f.Measure)
	}
	title := "各旗县" + directionName(a.query.Direction) + "技术合同的" + strings.TrimPrefix(a.show.label(), "合同") + mark
	chart := view.TileMap(view.Measure{Title: title, Unit: a.show.unit(), Show: func(v float64) string {
		if a.show == showContracts {
			return view.Count(int(v))
		}
		return wanShort(money.Fen(math.Round(v * float64(money.WanYuan))))
	}, List: func(code string) string { return a.to("/stats/list", "area", code, "rows", string(stats.ByArea)) }}, values)
	intro := span(a.query.From, a.query.To) + "。只填到盟市的合同不在旗县格内，计入上表的盟市。"
	return Block{ID: "map", Title: title, Intro: intro, Card: true, Chart: &chart}
}

func funnelBlock(steps []stats.Step, q stats.Query, mark string) Block {
	names := map[string]string{"listing": "发布", "match": "匹配", "interest": "对接意向", "talk": "洽谈", "agreement": "达成一致", "contract": "技术合同", "filing": "报送登记", "registration": "完成登记"}
	var points []view.Point
	for _, s := range steps {
		points = append(points, view.Point{Label: names[s.Step], Value: float64(s.Count), Shown: view.Count(s.Count)})
	}
	chart := view.BarChart("从发布到登记", "环节", "件", points)
	chart.Note = "全区，各环节按自己的日期计数，所以后一步可以多于前一步。" + span(q.From, q.To) + "。"
	return Block{ID: "funnel", Title: "从发布到登记" + mark, Card: true, Chart: &chart}
}

func listingsBlock(all []stats.Listings, now time.Time) Block {
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
	t := view.Table{Caption: "公开的成果和需求", HideCaption: true, Columns: []view.Column{{Label: "发布的信息"}, {Label: "本地，活跃", Numeric: true}, {Label: "本地，沉睡", Numeric: true},
		{Label: "导入，活跃", Numeric: true}, {Label: "导入，沉睡", Numeric: true}}}
	for _, sample := range []bool{false, true} {
		for _, kind := range []struct{ key, label, href string }{{"achievement", "成果", "/achievements"}, {"demand", "需求", "/demands"}} {
			n, there := sums[key{kind.key, sample}]
			if sample && !there {
				continue
			}
			head := view.Cell{Text: kind.label, Href: kind.href, Header: true}
			if sample {
				head.Tags = []view.Tag{sampleTag()}
			}
			t.Rows = append(t.Rows, view.TableRow{Cells: append([]view.Cell{head}, view.Cells(view.Count(n.local), view.Count(n.localSleeping), view.Count(n.imported), view.Count(n.importedSleeping))...)})
		}
	}
	for i := range t.Rows {
		for j := range t.Rows[i].Cells[1:] {
			t.Rows[i].Cells[j+1].Header = false
		}
	}
	return Block{ID: "listings", Card: true, Title: "正在公开的成果和需求", Intro: "截至 " + view.DayTime(now) + "。本地填写与批量导入、活跃与沉睡分开计数，不相加。",
		More: &view.Link{Label: "口径", Href: "/stats/definitions#listing_live"}, Table: &t}
}

func publishedBlock(all []stats.Published) Block {
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
			cell.Text = view.Count(int(f.Value)) + " 项"
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
	t := view.Table{Caption: "公开数据", HideCaption: true, Columns: []view.Column{{Label: "期间"}, {Label: "合同项数", Numeric: true}, {Label: "成交额", Numeric: true}, {Label: "技术交易额", Numeric: true}, {Label: "来源"}},
		Empty: view.Empty{Title: "还没有录入公开数据"}}
	for _, l := range lines {
		t.Rows = append(t.Rows, view.TableRow{Cells: []view.Cell{{Text: l.period, Header: true, Tags: []view.Tag{{Label: "公开数据", Tone: view.Info}}}, l.contracts, l.c, l.t, {Text: join(l.source)}}})
	}
	return Block{ID: "published", Title: "别处公布的数字", Intro: "来自公开报道和规划，不是本平台统计的，不与上面的数字相加。", More: &view.Link{Label: "口径", Href: "/stats/definitions#published"}, Table: &t}
}

func targetsBlock(all []stats.Target, mark string) Block {
	t := view.Table{Caption: "规划目标", HideCaption: true, Columns: []view.Column{{Label: "目标"}, {Label: "基数", Numeric: true}, {Label: "目标值", Numeric: true}, {Label: "本平台" + mark, Numeric: true}, {Label: "来源"}},
		Empty: view.Empty{Title: "还没有录入规划目标"}}
	for _, g := range all {
		amount := func(n int64) string {
			if g.Unit == "fen" {
				return money.Fen(n).Short()
			}
			return view.Count(int(n)) + " 个"
		}
		base := view.Cell{}
		if g.Base != nil && g.BaseYear != nil {
			base = view.Cell{Text: amount(*g.Base), Note: fmt.Sprintf("%d 年", *g.BaseYear)}
		}
		target := view.Cell{Text: amount(g.Target), Note: fmt.Sprintf("%d 年", g.TargetYear)}
		if g.Kind == "at_least" {
			target.Text = "不少于 " + target.Text
		}
		own := view.Cell{Text: "—"}
		if g.Own != nil {
			own.Text = amount(*g.Own)
			if g.Target > 0 {
				own.Note = "为目标值的 " + sharePercent(*g.Own, g.Target)
			}
		}
		t.Rows = append(t.Rows, view.TableRow{Cells: []view.Cell{{Text: g.Name, Header: true, Note: g.Note}, base, target, own, {Text: g.Source}}})
	}
	return Block{ID: "targets", Title: "规划目标与本平台", Intro: "“本平台”的金额是目标年在本平台登记的合同，登记点是今天正常受理和整改中的；不是全区的完成情况。", Table: &t}
}

// sharePercent is a share with one decimal.
func sharePercent(n, of int64) string {
	return strconv.FormatFloat(float64(n)*100/float64(of), 'f', 1, 64) + "%"
}

// statsList shows the entries behind a cell.
func (p *Pages) statsList(c *web.Ctx) error {
	a := p.readStats(c)
	f := c.QueryForm()
	row, column, after := f.Text("row"), f.Text("column"), f.ID("after")
	if err := formErr(f); err != nil {
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
	sum := t.Total
	switch {
	case row != "" && column != "":
		sum = t.Cells[stats.CellKey(row, column)]
	case row != "":
		sum = t.RowSums[row]
	case column != "":
		sum = t.ColSums[column]
	}
	page := c.Page("数字背后的合同")
	page.Nav, page.NoIndex = "stats", true
	back := a.to("/stats")
	page.Breadcrumbs = []view.Link{{Label: "数据", Href: back}}
	lead := a.scope()
	for _, k := range []struct {
		key  string
		list []stats.Label
	}{{row, t.Rows}, {column, t.Columns}} {
		for _, l := range k.list {
			if k.key != "" && l.Key == k.key {
				lead += "，" + l.Name
			}
		}
	}
	table := view.Table{Compact: true, Caption: "合同登记记录", HideCaption: true, Columns: []view.Column{{Label: "登记编号"}, {Label: "记录"}, {Label: "类别"}, {Label: "卖方 → 买方"}, {Label: "项数", Numeric: true},
		{Label: "成交额（元）", Numeric: true}, {Label: "技术交易额（元）", Numeric: true}},
		Empty: view.Empty{Icon: "search", Title: "这一格里没有登记记录", Text: "期间或条件可能改过了。回到统计表重新点开。", Actions: []view.Action{{Label: "回到统计表", Href: back, Kind: view.Quiet}}}}
	for _, e := range entries {
		head := view.Cell{Text: groupNumber(e.Number), Href: "/verify?number=" + e.Number, Header: true, Note: e.Title}
		if e.Title != "" {
			head.Href = "/registrations/" + e.Number
		}
		if e.Sample {
			head.Tags = []view.Tag{sampleTag()}
		}
		table.Rows = append(table.Rows, view.TableRow{Cells: []view.Cell{head, {Text: entryKind(e.Kind), Note: e.BookedOn.Format(time.DateOnly)},
			{Text: codes.ContractClass.Label(e.Subclass), Note: codes.Field.Label(e.Field)}, {Text: entryPlace(e.SellerDivision) + " → " + entryPlace(e.BuyerDivision)},
			{Text: strconv.Itoa(e.Contracts)}, {Text: e.Amount.Grouped()}, {Text: e.Technical.Grouped()}}})
	}
	body := Listing{Lead: lead, Table: &table, Pager: view.Pager{Total: -1}, Head: &view.ListHead{Found: sum.Contracts, Unit: "项（冲减后），成交额 " + sum.Amount.Short() + "，技术交易额 " + sum.Technical.Short()},
		Actions: []view.Action{{Label: "回到统计表", Href: back, Kind: view.Quiet}}}
	if len(entries) == size {
		body.Pager.Next = a.to("/stats/list", "row", row, "column", column, "after", strconv.FormatInt(entries[size-1].ID, 10))
	}
	if a.query.Sample {
		body.Notices = append(body.Notices, view.Notice{Tone: view.Warn, Title: "含样例数据，不能作为统计依据"})
	}
	if !c.Actor().Officer() {
		body.Notices = append(body.Notices, view.Notice{Title: "合同名称不公开", Text: "卖方或买方所在地的科技主管部门登录后可以看到名称。变更记差额，注销和撤销记负数。"})
	}
	return listPageOf(c, page, body)
}

func sampleTag() view.Tag { return view.Tag{Label: "样例", Tone: "sample"} }

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
	body := Sheet{Lead: "每个数字怎么算，从哪天起这样算。口径改变时写新的一条，已经公布的期间不改写。"}
	for _, d := range all {
		body.Main = append(body.Main, Block{ID: d.Code, Title: d.Name, Prose: []view.Text{view.T(d.Text)}, Intro: "自 " + view.Day(d.ValidFrom) + "起"})
	}
	return sheet(c, page, body)
}

func (p *Pages) statsFile(c *web.Ctx, format, mimeType string) error {
	a := p.readStats(c)
	t, err := p.Stats.Table(c.Context(), a.query)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Export(&b, format); err != nil {
		return err
	}
	name := "技术合同数据"
	if t.Sample {
		name += "（含样例）"
	}
	return c.Download(name+"."+format, mimeType, &b)
}
