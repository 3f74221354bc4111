package insight

import (
	"bytes"
	"fmt"
	"net/url"
	"time"

	"techmarket/internal/foundation/region"
	"techmarket/internal/insight/place"
	"techmarket/internal/insight/stats"
	"techmarket/internal/market/facet"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) placeRoutes() []web.Route {
	anyone := web.Anyone()
	return []web.Route{
		web.GET("/places", anyone, p.places).Public(),
		web.GET("/places/:code", anyone, p.place).Public("sample"),
		web.GET("/places/:code/sheet.pdf", anyone, func(c *web.Ctx) error { return p.placePaper(c, place.Sheet) }),
		web.GET("/places/:code/poster.pdf", anyone, func(c *web.Ctx) error { return p.placePaper(c, place.Poster) }),
	}
}

// places is the index: every county and zone under its league.
func (p *Pages) places(c *web.Ctx) error {
	page := c.Page("旗县服务页")
	page.Nav = "points"
	body := ui.Sheet{Lead: "每个旗县和开发区一页：到哪里登记技术合同，谁能帮忙，本地有什么需求、成果和政策。开发区排在旗县后面，统计上另列，不与旗县相加。"}
	for _, l := range region.Leagues() {
		block := ui.Block{ID: l.Code, Title: l.Name}
		var chips view.Chips
		for _, d := range region.Children(l.Code) { // zones stand behind the counties
			chips = append(chips, view.Chip{Label: d.Name, Href: place.Path(d.Code)})
		}
		block.Add(chips)
		body.Main = append(body.Main, block)
	}
	return ui.ShowSheet(c, page, body)
}

func (p *Pages) place(c *web.Ctx) error {
	q := c.QueryForm()
	sample := q.Bool("sample")
	k, err := p.Places.Read(c.Context(), c.Actor(), c.Param("code"), sample)
	if err != nil {
		return err
	}
	page := c.Page(c.T("%s技术市场服务", k.Name()))
	page.Nav = "points"
	page.NoIndex = page.NoIndex || sample
	page.Breadcrumbs = []view.Link{{Label: "旗县服务页", Href: "/places"}, {Label: k.League.Name, Href: "/places#" + k.League.Code}}
	body := ui.Sheet{Heading: view.T(k.Name()), Lead: "登记技术合同、找成果、解难题，从这里开始。",
		Actions: []view.Action{
			{Label: "一页纸（A4）", Href: place.Path(k.Division.Code) + "/sheet.pdf", Kind: view.Quiet, Icon: "download"},
			{Label: "海报", Href: place.Path(k.Division.Code) + "/poster.pdf", Kind: view.Quiet, Icon: "download"}}}
	if web.AskedToPost(c.Actor()) {
		body.Actions = append([]view.Action{{Label: "发布需求", Href: "/demands/new"}}, body.Actions...)
	}
	if k.Zone() {
		body.Tags = []view.Tag{{Label: "开发区", Tone: view.Info}}
	}
	body.Main = []ui.Block{placePoint(c, k)}
	for _, l := range k.Listed {
		body.Main = append(body.Main, placeListed(c, k, l))
	}
	body.Main = append(body.Main, placeFigures(c, k), placePolicies(k))
	body.Side = placeHelp(c, k)
	return ui.ShowSheet(c, page, body)
}

func (p *Pages) placePaper(c *web.Ctx, kind string) error {
	name, pdf, err := p.Places.Print(c.Context(), c.Actor(), c.Param("code"), kind, c.QueryForm().Bool("sample"))
	if err != nil {
		return err
	}
	return c.Inline(name, "application/pdf", bytes.NewReader(pdf))
}

// placePoint says where contracts are registered: at the place's own point, or at the next one above.
func placePoint(c *web.Ctx, k place.Place) ui.Block {
	block := ui.Block{ID: "point", Title: "到哪里登记技术合同"}
	if k.Point == nil {
		block.Add(view.Empty{Title: "本地和上级都还没有登记点", Text: "请联系自治区科技厅；合同可以先在网上填好。",
			Actions: []view.Action{{Label: "看全部登记点", Href: "/points", Kind: view.Quiet}}})
		return block
	}
	if !k.Here {
		block.Intro = c.T("%s还没有自己的登记点，本地单位到下面这个登记点办理。", k.Division.Name)
	}
	name := view.Fact{Label: "登记点", Value: k.Point.Name, Href: fmt.Sprintf("/points/%d", k.Point.ID),
		Tags: []view.Tag{{Label: ui.PointKindLabel(k.Point.Kind), Tone: view.Info}, ui.PointStateTag(k.Point.State)}}
	if k.Point.Sample {
		name.Tags = append(name.Tags, ui.SampleTag())
	}
	block.Add(view.Facts{Items: []view.Fact{name, {Label: "地址", Value: k.Point.Address}, {Label: "电话", Value: k.Point.Phone, Num: true},
		{Label: "办公时间", Value: k.Point.Hours}}},
		view.Links{{Label: "怎样认定登记", Href: "/rules"}, {Label: "核验登记证明", Href: "/verify"}})
	return block
}

// placeListed are the newest listings of a kind that lie here.
func placeListed(c *web.Ctx, k place.Place, l place.Listed) ui.Block {
	all := l.Kind.ListPath() + "?" + url.Values{facet.County: {k.Division.Code}}.Encode()
	block := ui.Block{ID: l.Kind.Path, Title: c.T("本地的%s", l.Kind.Label)}
	if l.Total == 0 {
		none := view.Empty{Icon: "search", Title: c.T("还没有公开的%s", l.Kind.Label), Text: "本地单位可以免费发布；也可以先看全区的。"}
		if web.AskedToPost(c.Actor()) {
			none.Actions = []view.Action{{Label: c.T("发布%s", l.Kind.Label), Href: l.Kind.ListPath() + "/new"}}
		}
		none.Actions = append(none.Actions, view.Action{Label: c.T("看%s的%s", k.League.Name, l.Kind.Label), Kind: view.Quiet,
			Href: l.Kind.ListPath() + "?" + url.Values{facet.League: {k.League.Code}}.Encode()})
		block.Add(none)
		return block
	}
	block.More = &view.Link{Label: c.T("全部 %d 项", l.Total), Href: all}
	rows := view.Rows{Label: block.Title}
	for _, h := range l.Items {
		row := view.Row{Title: view.T(h.Title), Href: l.Kind.PagePath(h.ID), Lead: view.T(ui.Clip(h.Lead, 80)), Sample: h.Sample}
		if h.PublishedAt != nil {
			row.Meta = []string{view.Day(*h.PublishedAt)}
		}
		rows.Items = append(rows.Items, row)
	}
	block.Add(rows)
	return block
}

// placeHelp are the people and bodies that help here; a kind without anybody is left out, none at all is said.
func placeHelp(c *web.Ctx, k place.Place) []ui.Block {
	block := ui.Block{ID: "help", Card: true, Title: "谁能帮忙"}
	brokers := view.Links{}
	for _, b := range k.Brokers {
		link := view.Link{Label: b.Name + "（" + b.Organisation + "）", Href: fmt.Sprintf("/brokers/%d", b.AccountID)}
		if b.Sample {
			link.Note = "样例"
		}
		brokers = append(brokers, link)
	}
	if len(brokers) > 0 {
		block.Add(view.Prose{view.T("服务到本地的技术经纪人")}, brokers)
	}
	for _, near := range k.Helpers {
		links := view.Links{}
		for _, i := range near.Items {
			link := view.Link{Label: i.Name, Href: near.Kind.PagePath(i.ID)}
			if i.Sample {
				link.Note = "样例"
			}
			links = append(links, link)
		}
		if near.Total > len(near.Items) {
			links = append(links, view.Link{Label: c.T("全部 %d 个%s", near.Total, near.Kind.Label),
				Href: near.Kind.ListPath() + "?area=" + k.Division.Code})
		}
		block.Add(view.Prose{view.T(near.Kind.Label)}, links)
	}
	if len(block.Parts) == 0 {
		block.Add(view.Empty{Title: "本地还没有在册的服务人员和机构", Text: "可以请全区的技术经纪人帮忙；符合条件的单位可以自己填报名录。",
			Actions: []view.Action{{Label: "找技术经纪人", Href: "/brokers"}, {Label: "看人员与服务", Href: "/registers", Kind: view.Quiet}}})
	}
	return []ui.Block{block}
}

// placeFigures are the contracts of the year; every number leads to its list.
func placeFigures(c *web.Ctx, k place.Place) ui.Block {
	f := k.Figures
	block := ui.Block{ID: "figures", Title: c.T("%d 年登记的技术合同", f.AsOf.Year()),
		More:  &view.Link{Label: "口径说明", Href: "/stats/definitions"},
		Intro: c.T("截至 %s，本平台登记，输出与吸纳不相加。", view.Day(f.AsOf))}
	if k.Zone() {
		block.Intro += c.T("开发区另列，与所在旗县重复的部分不相加。")
	}
	address := func(path string, by stats.Direction, more ...string) string {
		v := url.Values{"from": {f.From}, "to": {f.To}, "area": {k.Division.Code}, "direction": {string(by)}, "rows": {string(stats.ByArea)}}
		for i := 0; i+1 < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		if f.Sample {
			v.Set("sample", "1")
		}
		return path + "?" + v.Encode()
	}
	if f.Quiet() {
		block.Add(view.Empty{Title: "今年还没有登记的合同", Text: "签好的技术合同登记后，可以凭证明办理税收优惠和补助，数字也会出现在这里。",
			Actions: []view.Action{{Label: "登记一份合同", Href: "/contracts"},
				{Label: "看样例数据", Href: place.Path(k.Division.Code) + "?sample=1#figures", Kind: view.Quiet}}})
		return block
	}
	type row struct {
		label string
		by    stats.Direction
		m     stats.Measure
	}
	rows := []row{{"登记（申请方在这里）", stats.Filed, f.Filed}, {"输出（卖方在这里）", stats.Output, f.Output}, {"吸纳（买方在这里）", stats.Absorption, f.Absorption}}
	list := func(r row, text string) view.Cell { return view.Cell{Text: text, Href: address("/stats/list", r.by)} }
	t := ui.Columns[row]{
		{Label: "口径", Cell: func(r row) view.Cell { return view.Cell{Text: r.label, Href: address("/stats", r.by)} }},
		{Label: "项数", Numeric: true, Cell: func(r row) view.Cell { return list(r, view.Count(r.m.Contracts)) }},
		{Label: "成交额（万元）", Numeric: true, Cell: func(r row) view.Cell { return list(r, ui.WanShort(r.m.Amount)) }},
		{Label: "技术交易额（万元）", Numeric: true, Cell: func(r row) view.Cell { return list(r, ui.WanShort(r.m.Technical)) }},
	}.Table("今年登记的技术合同", rows)
	if f.Sample {
		block.Add(view.Notice{Tone: view.Warn, Title: "含样例数据，不能作为统计依据"})
	}
	block.Add(t)
	return block
}

func placePolicies(k place.Place) ui.Block {
	all := "/policies?" + url.Values{"division": {k.Division.Code}, "inForce": {"1"}}.Encode()
	block := ui.Block{ID: "policies", Title: "本地的政策", More: &view.Link{Label: "适用本地的全部政策", Href: all}}
	rows := view.Rows{Label: block.Title, Empty: view.Empty{Icon: "file-text", Title: "政策库里还没有本旗县和盟市的政策", Text: "国家和自治区的政策在本地同样适用。",
		Actions: []view.Action{{Label: "看适用本地的政策", Href: all, Kind: view.Quiet}}}}
	for _, one := range k.Policies {
		rows.Items = append(rows.Items, view.Row{Title: view.T(one.Title), Href: fmt.Sprintf("/policies/%d", one.ID), Sample: one.Sample,
			Lead: view.T(ui.Clip(one.Content.Summary, 80)), Meta: ui.NotEmpty(one.Issuer, one.Number, one.IssuedOn.Format(time.DateOnly))})
	}
	block.Add(rows)
	return block
}
