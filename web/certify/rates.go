package certify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/certify/benefits"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// rateRoutes are the dated rate table of the subsidy; it changes with every year's notice, and nobody should need a programmer for that.
func (p *Pages) rateRoutes() []web.Route {
	region := web.RegionOfficers()
	return []web.Route{
		web.GET("/registry/rates", region, func(c *web.Ctx) error { return p.showRates(c, nil, nil) }),
		web.POST("/registry/rates", region, p.saveRate),
	}
}

const maxTiers = 5

var rateSides = []view.Option{{Value: "buyer", Label: "买方（需求方）"}, {Value: "seller", Label: "卖方（供给方）"}, {Value: "service", Label: "服务方"}}

func (p *Pages) showRates(c *web.Ctx, form *web.Form, ferr error) error {
	rates, err := p.Benefits.Rates(c.Context())
	if err != nil {
		return err
	}
	ask := c.QueryForm()
	id := ask.ID("id")
	if form != nil {
		id = form.ID("id")
	}
	var now benefits.Rate
	for _, r := range rates {
		if r.ID == id {
			now = r
		}
	}
	if id != 0 && now.ID == 0 {
		return fault.New(fault.NotFound, "rate_not_found", "没有这一条费率，请从费率表重新打开")
	}
	page := c.Page("后补助费率")
	page.Breadcrumbs = []view.Link{{Label: "在办时限", Href: "/registry/deadlines"}}
	body := ui.Sheet{Lead: "测算用登记那一天的费率。新办法发布后：先给旧的一条填写截止日期，再新增一条；旧的一条留着，以前的登记仍按它测算。"}
	body.Main = append(body.Main, ui.Block{Title: "费率表", Parts: view.Parts{view.WideTable{Table: rateTable(rates)}}})
	a := ui.NewAsk(c, form, ferr)
	return datedForm(c, page, body, a, ferr, "/registry/rates", "rate", "费率", now.ID, now.Name, rateSections(c, a, now)...)
}

func rateTable(rates []benefits.Rate) view.Table {
	type row = benefits.Rate
	return ui.Columns[row]{
		{Label: "名称", Cell: func(r row) view.Cell {
			name := view.Cell{Text: r.Name, Href: fmt.Sprintf("/registry/rates?id=%d#rate", r.ID)}
			if !r.Confirmed {
				name.Tags = []view.Tag{{Label: "未核实", Tone: view.Warn}}
			}
			return name
		}},
		ui.TextColumn("补助", func(r row) string { return optionLabel(rateSides, r.Side) }),
		ui.TextColumn("合同类别", func(r row) string { return strings.Join(ui.Labels(codes.ContractClass, r.Classes), "、") }),
		ui.TextColumn("期间", func(r row) string {
			if r.ValidTo != nil {
				return r.ValidFrom.Format(time.DateOnly) + " 至 " + r.ValidTo.Format(time.DateOnly)
			}
			return r.ValidFrom.Format(time.DateOnly) + " 起"
		}),
		ui.TextColumn("分档", func(r row) string {
			var tiers []string
			for i, x := range r.Tiers {
				tiers = append(tiers, tierWords(r.Tiers, i)+" "+ui.Percent(x.RateBP)+"%")
			}
			return strings.Join(tiers, "；")
		}),
		ui.FigureColumn("上限", func(r row) string { return r.Cap.Short() }),
		ui.TextColumn("依据", func(r row) string { return r.Source }),
	}.Table("费率表", rates)
}

// rateSections are the fields of one rate.
func rateSections(c *web.Ctx, a *ui.Ask, now benefits.Rate) []view.Section {
	var until time.Time
	if now.ValidTo != nil {
		until = *now.ValidTo
	}
	var classes []view.Option
	for _, it := range codes.ContractClass.Children("") {
		classes = append(classes, view.Option{Value: it.Code, Label: it.Label})
	}
	confirmed := []string{}
	if now.Confirmed {
		confirmed = []string{"1"}
	}
	return slices.Concat(
		[]view.Section{
			{
				Fields: []view.Field{
					a.Text("name", "名称", now.Name, ui.Required, ui.Limit(80)),
					a.Radio("side", "补助给", ui.FirstOf(now.Side, "buyer"), rateSides, ui.Required),
					a.Checks("classes", "适用的合同类别", now.Classes, classes, ui.Required),
				},
			},
			{
				Inline: true,
				Fields: []view.Field{a.Date("validFrom", "起始日期", now.ValidFrom, ui.Required), a.Date("validTo", "截止日期", until, ui.Hint("留空为一直有效"))},
			},
		},
		tierSections(c, a, now.Tiers),
		[]view.Section{
			{
				Fields: []view.Field{
					a.Wan("cap", "每份合同补助的上限", now.Cap, ui.Required),
					a.Area("source", "依据的文件和文号", now.Source, ui.Required, ui.Limit(300), ui.Lines(2)),
					a.Checks("confirmed", "核实", confirmed, []view.Option{{Value: "1", Label: "已对照正式文件核实", Hint: "没有核实的，测算页会提示“费率未经核实”"}}),
				},
			},
		},
	)
}

// tierSections are the steps of a rate, a line each; the first begins at nothing.
func tierSections(c *web.Ctx, a *ui.Ask, now []benefits.Tier) []view.Section {
	tiers := make([]view.Section, maxTiers)
	tiers[0] = view.Section{Title: "分档", Hint: "按超过起点的部分分档计算，最后一档没有上界。不用的档留空。"}
	for i := range maxTiers {
		var x benefits.Tier
		if i < len(now) {
			x = now[i]
		}
		over, rate := a.Wan(
			web.Row("tiers", i, "over"),
			c.T("第 %d 档起点", i+1),
			x.Over,
		), a.Text(
			web.Row("tiers", i, "rate"),
			c.T("第 %d 档比例", i+1),
			"",
			ui.Width("s"),
		)
		if a.Form == nil && x.RateBP != 0 {
			rate.Value = ui.Percent(x.RateBP)
		}
		if i == 0 {
			over.Value, over.ReadOnly = "0", true
			rate.Required = true
		}
		rate.Unit, rate.InputMode = "%", "decimal"
		tiers[i].Inline, tiers[i].Fields = true, []view.Field{over, rate}
	}
	return tiers
}

// datedForm ends the page of a dated table, at its address, with the form of one row: a new one, or the one of that id, both at the anchor.
func datedForm(
	c *web.Ctx,
	page view.Page,
	body ui.Sheet,
	a *ui.Ask,
	ferr error,
	at, anchor, what string,
	id int64,
	name string,
	sections ...view.Section,
) error {
	f := ui.FormOf(at, map[bool]string{true: "保存修改", false: "新增" + what}[id != 0], sections...)
	if id != 0 {
		f.Hidden = []view.Pair{{Name: "id", Value: strconv.FormatInt(id, 10)}}
	}
	blocks := a.Blocks(f)
	last := &blocks[len(blocks)-1]
	last.ID, last.Title = anchor, "新增一条"
	if id != 0 {
		last.Title = "修改“" + name + "”"
		last.Add(view.Links{{Label: "改为新增一条", Href: at + "#" + anchor}})
	}
	body.Main = append(body.Main, blocks...)
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

func tierWords(tiers []benefits.Tier, i int) string {
	if i+1 < len(tiers) {
		return tiers[i].Over.Short() + "至 " + tiers[i+1].Over.Short()
	}
	return tiers[i].Over.Short() + "以上"
}

func optionLabel(options []view.Option, value string) string {
	for _, o := range options {
		if o.Value == value {
			return o.Label
		}
	}
	return value
}

func (p *Pages) saveRate(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	r := benefits.Rate{
		ID:        f.ID("id"),
		Name:      f.Text("name"),
		Side:      f.Text("side"),
		Classes:   f.List("classes"),
		ValidFrom: f.Date("validFrom"),
		Cap:       f.Wan("cap"),
		Source:    f.Text("source"),
		Confirmed: f.Bool("confirmed"),
	}
	if to := f.Date("validTo"); !to.IsZero() {
		r.ValidTo = &to
	}
	for i := range f.Rows("tiers", maxTiers) {
		over, rate := web.Row("tiers", i, "over"), web.Row("tiers", i, "rate")
		if i > 0 && f.Text(over) == "" && f.Text(rate) == "" {
			break
		}
		r.Tiers = append(r.Tiers, benefits.Tier{Over: f.Wan(over), RateBP: f.Percent(rate)})
	}
	if err := ui.FormErr(f); err != nil {
		return p.showRates(c, f, err)
	}
	if _, err := p.Benefits.SaveRate(c.Context(), c.Actor(), r); err != nil {
		if ui.Refused(err) {
			return p.showRates(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "费率已保存。")
	return c.See("/registry/rates")
}
