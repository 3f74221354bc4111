package insight

import (
	"maps"
	"net/url"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
	"techmarket/internal/insight/stats"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

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
		return ui.WanShort(m.Technical)
	case showContracts:
		return view.Count(m.Contracts)
	default:
		return ui.WanShort(m.Amount)
	}
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
	return map[stats.Dimension]string{stats.ByArea: "地区", stats.ByClass: "合同类别", stats.BySubclass: "合同小类", stats.ByField: "技术领域",
		stats.BySellerKind: "卖方类型",
		stats.ByPlanSource: "计划来源", stats.ByIPKind: "知识产权", stats.BySocialGoal: "社会经济目标", stats.ByOtherSide: "对方所在"}[d]
}

var grains = []view.Option{
	{Value: "none", Label: "不分期"},
	{Value: string(stats.Year), Label: "按年"},
	{Value: string(stats.Half), Label: "按半年"},
	{Value: string(stats.Quarter), Label: "按季"},
	{Value: string(stats.Month), Label: "按月"},
}

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
	for name, v := range map[string]string{"from": q.From, "to": q.To, "period": period, "rows": string(q.Rows),
		"direction": string(q.Direction), "area": q.Area,
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
	maps.Copy(v, a.address)
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
	shows := []view.Option{
		{Value: string(showAmount), Label: "合同成交额"},
		{Value: string(showTechnical), Label: "技术交易额"},
		{Value: string(showContracts), Label: "合同项数"},
	}
	return view.Rail{Action: "/stats", Clear: "/stats", Groups: []view.FilterGroup{
		{
			Legend: "登记日期",
			From:   &view.Field{Kind: view.Date, Name: "from", Label: "从", Value: q.From},
			To:     &view.Field{Kind: view.Date, Name: "to", Label: "到", Value: q.To},
		},
		{Legend: "统计谁的合同", Name: "direction", Single: true, Options: pick(directions, string(q.Direction)), Fold: 3},
		{Legend: "地区", Name: "area", Select: true, Options: pick(areas, q.Area)},
		{Legend: "行：分类", Name: "rows", Select: true, Options: pick(rows, string(q.Rows))},
		{Legend: "列：期间", Name: "period", Select: true, Options: pick(grains, a.address.Get("period"))},
		{Legend: "看哪个数", Name: "show", Single: true, Options: pick(shows, string(a.show)), Fold: 3},
		{Legend: "合同类别", Name: "class", Select: true, Options: pick(classes, ui.FirstOf(q.Class, everything))},
		{Legend: "技术领域", Name: "field", Select: true, Options: pick(fields, ui.FirstOf(q.Field, everything))},
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
	y := strconv.Itoa
	return []view.Chip{
		choice("今年", y(year)+"-01-01", y(year)+"-12-31", stats.Quarter),
		choice("去年", y(year-1)+"-01-01", y(year-1)+"-12-31", stats.Quarter),
		choice("近五年", y(year-4)+"-01-01", y(year)+"-12-31", stats.Year),
	}
}
