package insight

import (
	"strconv"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/region"
	"techmarket/internal/insight/price"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) priceRoutes() []web.Route {
	return []web.Route{
		web.GET("/prices", web.SignedIn(), p.prices),
		web.GET("/prices/worksheet", web.SignedIn(), p.worksheet),
	}
}

func askOf(f *web.Form) price.Ask {
	return price.Ask{Way: f.Text("way"), Field: f.Text("field"), Region: f.Text("region")}
}

// priceForm asks which contracts are comparable.
func priceForm(a *ui.Ask, ask price.Ask, action, label string) view.Form {
	leagues := []view.Option{{Label: "全区"}}
	for _, l := range region.Leagues() {
		leagues = append(leagues, view.Option{Value: l.Code, Label: l.Name})
	}
	form := view.NewForm(action, label, a.Choose("way", "合同类别", ask.Way, ui.TopOptions(codes.ContractClass, "请选择"), ui.Required),
		a.Choose("field", "技术领域", ask.Field, ui.TopOptions(codes.Field, "全部领域")),
		a.Choose("region", "卖方所在盟市", ask.Region, leagues))
	form.Get = true
	return form
}

func (p *Pages) prices(c *web.Ctx) error {
	q := c.QueryForm()
	ask := askOf(q)
	body := ui.Sheet{Lead: "同类已登记合同的成交额区间，供定价时参考。一份合同也看不出来：不足五份、五家卖方或五家买方，或前两家占到八成五的，都不显示，自动放宽期间、地区和领域。"}
	var err error
	a := ui.NewAsk(c, nil, nil)
	if ask.Way != "" {
		var answer price.Answer
		if answer, err = p.Prices.Evidence(c.Context(), c.Actor(), ask); err == nil {
			body.Main = append(body.Main, shownBlock(answer), triedBlock(answer))
		} else if !ui.Refused(err) {
			return err
		} else {
			a = ui.NewAsk(c, q, err)
		}
	}
	body.Side = []ui.Block{{Card: true, Title: "哪类合同", Parts: view.Parts{priceForm(a, ask, "/prices", "查区间")}},
		{Title: "还可以自己算", Intro: "收益法、成本法、市场法的算式，填数即得。", Parts: view.Parts{view.Actions{
			{Label: "收益法", Href: "/prices/worksheet?sheet=income", Kind: view.Quiet, Small: true},
			{Label: "成本法", Href: "/prices/worksheet?sheet=cost", Kind: view.Quiet, Small: true},
			{Label: "市场法", Href: "/prices/worksheet?sheet=market", Kind: view.Quiet, Small: true}}}}}
	if len(body.Main) == 0 {
		body.Main = []ui.Block{{Parts: view.Parts{view.Empty{Icon: "chart", Title: "先选合同类别", Text: "再选技术领域和盟市，选得越细越可比；合同太少时会自动放宽。"}}}}
	}
	return ui.ShowSheetStatus(c, ui.FormStatus(err), c.Page("价格参考"), body)
}

func shownBlock(a price.Answer) ui.Block {
	b := ui.Block{Title: "区间"}
	if a.Shown == nil {
		b.Add(view.Empty{Icon: "chart", Title: "合同太少，不便显示", Text: "放宽到五年、全区、全部领域，仍不足以显示而不透露单份合同。可以用收益法、成本法自己测算，或请评估机构评估。"})
		return b
	}
	cell := a.Tried[len(a.Tried)-1]
	b.Add(view.Facts{Items: []view.Fact{
		{Label: "四分之一的合同低于", Value: view.Yuan(a.Shown.Q1), Num: true}, {Label: "一半的合同低于", Value: view.Yuan(a.Shown.Median), Num: true},
		{Label: "四分之三的合同低于", Value: view.Yuan(a.Shown.Q3), Num: true}, {Label: "合同份数", Value: a.Shown.N},
		{Label: "范围", Value: cellWords(cell)}}})
	note := "成交额是合同总额，不是技术交易额，也不是到账额；取两位有效数字。本单位自己的合同不算在内。"
	if a.Sample {
		note += "样例市场的数据，不是真实价格。"
	}
	b.Add(view.Notice{Text: note})
	return b
}

func cellWords(c price.Cell) string {
	place, field := "全区", "全部领域"
	if c.Region != price.All {
		place = region.Name(c.Region + "000000"[len(c.Region):])
	}
	if c.Field != price.All {
		field = codes.Field.Label(c.Field)
	}
	return view.Day(c.From.Date()) + " 至 " + view.Day(c.To.Date()) + "，" + place + "，" + field
}

func triedBlock(a price.Answer) ui.Block {
	words := map[string]string{price.FewContracts: "合同不足", price.FewSellers: "卖方不足", price.FewBuyers: "买方不足",
		price.DominantSellers: "前两家卖方占比过高", price.DominantBuyers: "前两家买方占比过高", price.Difference: "与本季已显示的只差一份"}
	table := ui.Columns[price.Cell]{
		ui.TextColumn("范围", cellWords),
		ui.TextColumn("为什么不显示", func(c price.Cell) string {
			var why []string
			for _, w := range c.HiddenBecause {
				why = append(why, words[w])
			}
			if len(why) == 0 {
				return "显示"
			}
			return ui.Join(why)
		}),
	}.Table("怎样放宽", a.Tried)
	return ui.Block{Fold: "怎样放宽到这个范围", Parts: view.Parts{table}}
}

// worksheet does the sums of one of the three ways; nothing is kept.
func (p *Pages) worksheet(c *web.Ctx) error {
	f := c.QueryForm()
	sheets := map[string]func(*web.Ctx, *web.Form, *ui.Ask, bool) (view.Form, *price.Worth, error){
		"income": p.incomeSheet,
		"cost":   p.costSheet,
		"market": p.marketSheet,
	}
	names := map[string]string{"income": "收益法", "cost": "成本法", "market": "市场法"}
	which := f.Text("sheet")
	sheet := sheets[which]
	if sheet == nil {
		which, sheet = "income", p.incomeSheet
	}
	filled := f.Text("go") != ""
	a := ui.NewAsk(c, nil, nil)
	if filled {
		a = ui.NewAsk(c, f, nil)
	}
	form, worth, err := sheet(c, f, a, filled)
	if err == nil && filled {
		err = ui.FormErr(f)
	}
	if err != nil {
		if !ui.Refused(err) {
			return err
		}
		if form, _, err = sheet(c, f, ui.NewAsk(c, f, err), false); err != nil {
			return err
		}
	}
	form.Get = true
	form.Hidden = []view.Pair{{Name: "sheet", Value: which}, {Name: "go", Value: "1"}}
	body := ui.Sheet{Lead: "测算，非评估报告。填的数不保存。正式评估由评估机构出具，一般要用两种以上方法。", Main: []ui.Block{{Parts: view.Parts{form}}}}
	if worth != nil && err == nil {
		facts := view.Facts{
			Items: []view.Fact{{Label: "低", Value: view.Yuan(worth.Low), Num: true}, {Label: "中", Value: view.Yuan(worth.Base), Num: true},
				{Label: "高", Value: view.Yuan(worth.High), Num: true}, {Label: "影响最大的一项", Value: ui.OrDash(worth.Most)}},
		}
		body.Side = append(body.Side, ui.Block{Card: true, Title: "测算结果", Intro: "测算，非评估报告", Parts: view.Parts{facts}})
	}
	page := c.Page("测算：" + names[which])
	page.Breadcrumbs = []view.Link{{Label: "价格参考", Href: "/prices"}}
	return ui.ShowSheet(c, page, body)
}

// percentField is a share that is typed as a percent.
func percentField(a *ui.Ask, name, label, stored, hint string) view.Field {
	return a.Text(name, label, stored, ui.Required, ui.Width("s"), ui.Hint(hint))
}

func (p *Pages) incomeSheet(_ *web.Ctx, f *web.Form, a *ui.Ask, filled bool) (view.Form, *price.Worth, error) {
	form := view.NewForm(
		"/prices/worksheet",
		"测算",
		a.Wan("low", "年净销售额，保守（万元）", 0, ui.Required),
		a.Wan("base", "年净销售额，一般（万元）", 0, ui.Required),
		a.Wan("high", "年净销售额，乐观（万元）", 0, ui.Required),
		percentField(a, "royalty", "提成率（%）", "3", "占净销售额"),
		percentField(a, "rate", "折现率（%）", "12", "一年"),
		a.Text("years", "年限", "8", ui.Required, ui.Width("s"), ui.Hint("不超过专利剩余期限")),
		percentField(a, "haircut", "未成熟折扣（%）", "20", "离量产越远越高"),
	)
	if !filled {
		return form, nil, nil
	}
	s := price.IncomeSheet{
		Low:       f.Wan("low"),
		Base:      f.Wan("base"),
		High:      f.Wan("high"),
		RoyaltyBP: f.Percent("royalty"),
		RateBP:    f.Percent("rate"),
		Years:     f.Int("years"),
		HaircutBP: f.Percent("haircut"),
	}
	if err := s.Check(); err != nil {
		return form, nil, err
	}
	w := s.Worth()
	return form, &w, nil
}

func (p *Pages) costSheet(_ *web.Ctx, f *web.Form, a *ui.Ask, filled bool) (view.Form, *price.Worth, error) {
	form := view.NewForm("/prices/worksheet", "测算", a.Wan("labour", "人工（万元）", 0), a.Wan("material", "材料（万元）", 0),
		a.Wan("equipment", "设备（万元）", 0), a.Wan("fees", "专利费用（万元）", 0), percentField(a, "index", "价格指数（%）", "100", "从投入到现在，没有变化填 100"),
		percentField(a, "obsolete", "贬值率（%）", "20", "技术更新、剩余期限缩短"))
	if !filled {
		return form, nil, nil
	}
	s := price.CostSheet{Labour: f.Wan("labour"), Material: f.Wan("material"), Equipment: f.Wan("equipment"), Fees: f.Wan("fees"),
		IndexBP: f.Percent("index"), ObsoleteBP: f.Percent("obsolete")}
	if err := s.Check(); err != nil {
		return form, nil, err
	}
	w := s.Worth()
	return form, &w, nil
}

// marketSheet begins with what comparable contracts cost.
func (p *Pages) marketSheet(c *web.Ctx, f *web.Form, a *ui.Ask, filled bool) (view.Form, *price.Worth, error) {
	form := priceForm(a, price.Ask{}, "/prices/worksheet", "测算")
	fields := []view.Field{percentField(a, "maturity", "成熟度修正（%）", "100", "比可比合同成熟的大于 100"),
		percentField(a, "scope", "独占程度修正（%）", "100", "独占高于普通许可"), percentField(a, "term", "年限修正（%）", "100", ""),
		percentField(a, "payment", "付款方式修正（%）", "100", "一次付清低于分期")}
	form.Sections[0].Fields = append(form.Sections[0].Fields, fields...)
	if !filled {
		return form, nil, nil
	}
	answer, err := p.Prices.Evidence(c.Context(), c.Actor(), askOf(f))
	if err != nil || answer.Shown == nil {
		return form, nil, err
	}
	s := price.MarketSheet{Of: *answer.Shown, MaturityBP: f.Percent("maturity"), ScopeBP: f.Percent("scope"), TermBP: f.Percent("term"),
		PaymentBP: f.Percent("payment")}
	if err := s.Check(); err != nil {
		return form, nil, err
	}
	w := s.Worth()
	return form, &w, nil
}

// HintOf says in a line what comparable contracts cost, for the field of a price.
func HintOf(c *web.Ctx, a price.Answer) string {
	if a.Shown == nil {
		return c.T("同类登记合同太少，没有可显示的区间")
	}
	cell := a.Tried[len(a.Tried)-1]
	return c.T("同类登记合同（%s份，%s年以来）：四分之一低于 %s，一半低于 %s，四分之三低于 %s", a.Shown.N, strconv.Itoa(cell.From.Year()),
		view.Yuan(a.Shown.Q1), view.Yuan(a.Shown.Median), view.Yuan(a.Shown.Q3))
}
