package services

import (
	"bytes"
	"cmp"
	"net/url"
	"slices"
	"strconv"

	"techmarket/internal/foundation/region"
	"techmarket/internal/platform/document"
	"techmarket/internal/services/register"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

const pageSize = 20

// registers is the door to all registers.
func (p *Pages) registers(c *web.Ctx) error {
	rows := view.Rows{Label: "名录", Items: []view.Row{{Title: view.T("技术经纪人"), Href: "/brokers",
		Lead: view.T("帮着说清需求、找到成果、谈成合同的人。")}}}
	for _, d := range p.Registers.Kinds().All() {
		rows.Items = append(rows.Items, view.Row{Title: view.T(d.Label), Href: d.ListPath(), Lead: view.T(d.Lead)})
	}
	rows.Items = append(rows.Items, view.Row{Title: view.T("科技创新券"), Href: "/vouchers", Lead: view.T("企业买检测、设计等科技服务，凭券抵一部分费用。")})
	body := ui.Listing{Lead: "成果和需求之外，还能找到的人、平台和服务。", Rows: &rows, Pager: view.Pager{Total: -1}}
	if c.Actor().SignedIn() {
		body.Actions = []view.Action{{Label: "我的名录", Href: "/desk/registers", Kind: view.Quiet}}
	}
	if c.Actor().Officer() {
		body.Actions = append(body.Actions, view.Action{Label: "名录审核", Href: "/desk/registers/queue", Kind: view.Quiet})
	}
	page := c.Page("人员与服务")
	page.Nav = "registers"
	return ui.ShowList(c, page, body)
}

// filterOf reads the whole filter of a list from the address.
func filterOf(c *web.Ctx, d register.Descriptor) register.Filter {
	q := c.QueryForm()
	f := register.Filter{Kind: d.Kind, Text: q.Text("q"), Area: q.Text("area"), Level: q.Text("level"), After: q.ID("after"), Limit: pageSize,
		Facets: map[string]string{}}
	for _, field := range d.Facets() {
		if code := q.Text(field.Code); code != "" {
			f.Facets[field.Code] = code
		}
	}
	if !region.Valid(f.Area) {
		f.Area = ""
	}
	return f
}

func address(d register.Descriptor, f register.Filter, more ...string) string {
	v := url.Values{}
	for name, value := range map[string]string{"q": f.Text, "area": f.Area, "level": f.Level} {
		if value != "" {
			v.Set(name, value)
		}
	}
	for code, value := range f.Facets {
		v.Set(code, value)
	}
	for pair := range slices.Chunk(more, 2) {
		v.Set(pair[0], pair[1])
	}
	if len(v) == 0 {
		return d.ListPath()
	}
	return d.ListPath() + "?" + v.Encode()
}

func (p *Pages) list(c *web.Ctx) error {
	d, err := p.kindOf(c)
	if err != nil {
		return err
	}
	f := filterOf(c, d)
	items, total, err := p.Registers.List(c.Context(), c.Actor(), f)
	if err != nil {
		return err
	}
	body := ui.Listing{Lead: d.Lead, Rail: rail(d, f), Pager: view.Pager{Total: -1}}
	body.Search = &view.Search{Action: d.ListPath(), Name: "q", Value: f.Text, Label: c.T("按%s查找", d.NameOf), Placeholder: string(d.NameOf),
		Submit: "查找", Hidden: body.Rail.Hidden}
	body.Head = &view.ListHead{Found: min(total, register.CountMost), Unit: "条"}
	if body.Rail.Active > 0 || f.Text != "" {
		body.Head.Clear = d.ListPath()
	}
	if total > register.CountMost {
		body.Head.Unit = "条以上"
	}
	body.Head.Actions = []view.Action{{Label: "统计", Href: d.ListPath() + "/figures", Kind: view.Quiet, Small: true}}
	if c.Actor().SignedIn() {
		body.Head.Actions = append(body.Head.Actions, view.Action{Label: "导出 Excel", Kind: view.Quiet, Small: true,
			Href: d.ListPath() + "/export" + address(d, f)[len(d.ListPath()):]})
	}
	if web.Members().Allows(c.Actor()) {
		body.Actions = []view.Action{{Label: "填报", Href: d.ListPath() + "/new"}}
	}
	rows := view.Rows{
		Label: d.Label,
		Empty: view.Empty{Icon: "search", Title: c.T("没有符合条件的%s", d.Label), Text: "减少筛选条件再试；符合条件的单位可以自己填报，审核后入库。"},
	}
	for _, i := range items {
		rows.Items = append(rows.Items, p.row(d, i, d.PagePath(i.ID)))
	}
	body.Rows = &rows
	if len(items) == pageSize {
		body.Pager.Next = address(d, f, "after", strconv.FormatInt(items[pageSize-1].ID, 10))
	}
	page := c.Page(d.Label)
	page.Nav = "registers"
	page.Breadcrumbs = []view.Link{{Label: "人员与服务", Href: "/registers"}}
	return ui.ShowList(c, page, body)
}

// row is an entry in a list: what the kind declares for the line.
func (p *Pages) row(d register.Descriptor, i register.Item, href string) view.Row {
	row := view.Row{
		Title:  view.T(i.Name),
		Href:   href,
		Sample: i.Sample,
		Meta:   []string{i.Owner, region.FullName(i.Division)},
	}
	for _, level := range i.Holding(p.Registers.Today()) {
		row.Tags = append(row.Tags, view.Tag{Label: d.LevelLabel(level), Tone: view.OK})
	}
	for _, f := range d.Fields {
		text := f.Show(i.Content)
		switch {
		case text == "" || !f.Row && f.Code != "about":
		case f.Code == "about":
			row.Lead = view.T(ui.Clip(text, 80))
		case f.Facet:
			row.Tags = append(row.Tags, view.Tag{Label: ui.Clip(text, 24)})
		default:
			row.Meta = append(row.Meta, f.Label+" "+ui.Clip(text, 30))
		}
	}
	return row
}

// rail is the filter column: area, grades, and the kind's facets.
func rail(d register.Descriptor, f register.Filter) *view.Rail {
	r := &view.Rail{Action: d.ListPath(), Clear: d.ListPath()}
	if f.Text != "" {
		r.Hidden = []view.Pair{{Name: "q", Value: f.Text}}
	}
	add := func(name, legend, chosen string, options []view.Option) {
		for i := range options {
			options[i].Checked = options[i].Value == chosen
		}
		if chosen != "" {
			r.Active++
		}
		r.Groups = append(r.Groups, view.FilterGroup{Legend: legend, Name: name, Select: true, Options: options})
	}
	add("area", "地区", f.Area, ui.DivisionOptions("不限", true))
	one := func(name, legend, chosen string, choices []register.Choice) {
		options := []view.Option{{Label: "不限"}}
		for _, choice := range choices {
			options = append(options, view.Option{Value: choice.Code, Label: choice.Label})
		}
		add(name, legend, chosen, options)
	}
	if len(d.Grades) > 0 {
		one("level", "等级", f.Level, d.Grades)
	}
	for _, field := range d.Facets() {
		one(field.Code, field.Label, f.Facets[field.Code], field.Choices)
	}
	return r
}

// detail is the public page of one entry.
func (p *Pages) detail(c *web.Ctx) error {
	d, err := p.kindOf(c)
	if err != nil {
		return err
	}
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	i, err := p.Registers.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	if i.Kind != d.Kind {
		if d, ok := p.Registers.Kinds().Get(i.Kind); ok {
			return c.Moved(d.PagePath(id))
		}
	}
	body := ui.Sheet{Sample: i.Sample}
	for _, level := range i.Holding(p.Registers.Today()) {
		body.Tags = append(body.Tags, view.Tag{Label: d.LevelLabel(level), Tone: view.OK})
	}
	if use, ok := voucherAt(d, i); ok && web.Members().Allows(c.Actor()) {
		body.Actions = []view.Action{use}
	}
	if ask, ok := financeAt(c, d, i); ok && web.Members().Allows(c.Actor()) {
		body.Actions = []view.Action{ask}
	}
	body.Main = []ui.Block{{Parts: view.Parts{facts(d, i)}}}
	if !c.Actor().SignedIn() && slices.ContainsFunc(d.Fields, func(f register.Field) bool { return f.Sight == register.Signed }) {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Title: "联系方式登录后可见",
			Actions: []view.Action{{Label: "登录", Href: "/signin?next=" + url.QueryEscape(d.PagePath(id))}}}}})
	}
	if t := gradeTable(d, i.Grades); len(t.Rows) > 0 {
		body.Main = append(body.Main, ui.Block{Title: "等级", Intro: "以认定文件为准；到期的保留在表里，不再计入。", Parts: view.Parts{t}})
	}
	body.Side = []ui.Block{{Card: true, Title: "这条信息", Parts: view.Parts{view.Facts{Wide: true, Items: []view.Fact{
		{Label: "填报单位", Value: i.Owner}, {Label: "最近确认", Value: view.Day(i.ConfirmedAt)}, {Label: "有效至", Value: dayOf(i.ValidTo)}}}}}}
	page := c.Page(i.Name)
	page.Breadcrumbs = []view.Link{{Label: "人员与服务", Href: "/registers"}, {Label: d.Label, Href: d.ListPath()}}
	return ui.ShowSheet(c, page, body)
}

// facts are the fields of an entry that the reader may have.
func facts(d register.Descriptor, i register.Item) view.Facts {
	out := view.Facts{Items: []view.Fact{{Label: "所在地区", Value: region.FullName(i.Division)}}}
	for _, f := range d.Fields {
		text := f.Show(i.Content)
		switch {
		case text == "":
		case f.Type == register.Link:
			out.Items = append(out.Items, view.Fact{Label: f.Label, Value: text, Href: text})
		case f.Type == register.Long:
			out.Items = append(out.Items, view.Fact{Label: f.Label, Text: view.T(text)})
		default:
			out.Items = append(out.Items, view.Fact{Label: f.Label, Value: text, Num: f.Type == register.Number || f.Type == register.Amount})
		}
	}
	return out
}

func gradeTable(d register.Descriptor, grades []register.Grade) view.Table {
	return ui.Columns[register.Grade]{
		{Label: "等级或考核", Cell: func(g register.Grade) view.Cell { return view.Cell{Text: d.LevelLabel(g.Level)} }},
		{Label: "认定单位", Cell: func(g register.Grade) view.Cell { return view.Cell{Text: g.Issuer, Note: g.Number} }},
		{Label: "起", Cell: func(g register.Grade) view.Cell { return view.Cell{Text: g.FromOn.Format("2006-01-02")} }},
		{Label: "止", Cell: func(g register.Grade) view.Cell { return view.Cell{Text: dayOf(g.ToOn)} }},
	}.Table("等级和考核", grades)
}

// export writes what the list shows, under the columns of the import template.
func (p *Pages) export(c *web.Ctx) error {
	d, err := p.kindOf(c)
	if err != nil {
		return err
	}
	sheet, err := p.Registers.Export(c.Context(), c.Actor(), filterOf(c, d))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := document.WriteExcel(&b, sheet); err != nil {
		return err
	}
	return c.Download(d.Label+".xlsx", web.ExcelMIME, &b)
}

// figures is the table of a register by league and grade; each number leads to its list.
func (p *Pages) figures(c *web.Ctx) error {
	d, err := p.kindOf(c)
	if err != nil {
		return err
	}
	sample := c.Query().Get("sample") == "yes"
	all, levels, err := p.Registers.Figures(c.Context(), d.Kind, sample, p.Registers.Today())
	if err != nil {
		return err
	}
	t := figureColumns(d, all, levels).Table(c.T("%s，按盟市和等级", d.Label), all)
	t.Empty = view.Empty{Title: c.T("还没有在册的%s", d.Label), Text: "样例数据不计入；可在下方切换查看。"}
	other := view.Link{Label: "看样例数据的统计", Href: d.ListPath() + "/figures?sample=yes"}
	if sample {
		other = view.Link{Label: "看正式数据的统计", Href: d.ListPath() + "/figures"}
	}
	page := c.Page(c.T("%s统计", d.Label))
	page.Breadcrumbs = []view.Link{{Label: "人员与服务", Href: "/registers"}, {Label: d.Label, Href: d.ListPath()}}
	return ui.ShowSheet(c, page, ui.Sheet{Sample: sample, Lead: c.T("截至 %s 在册的数量；本人未同意公开的计入在册，不在名单里显示。等级按认定文件的起止日期计。",
		p.Registers.Today().Format("2006-01-02")), Main: []ui.Block{{Parts: view.Parts{t, view.Links{other}}}}})
}

// figureColumns count a register by league, then each grade of it; a number leads to its list.
func figureColumns(d register.Descriptor, all, levels []register.Count) ui.Columns[register.Count] {
	type row = register.Count
	sum := 0
	for _, league := range all {
		sum += league.N
	}
	cols := ui.Columns[row]{
		{Label: "地区", Cell: func(r row) view.Cell { return view.Cell{Text: cmp.Or(region.Name(r.League), "自治区本级")} },
			Foot: view.Cell{Text: "合计"}},
		{Label: "在册", Numeric: true, Foot: view.Cell{Text: view.Count(sum), Strong: true}, Cell: func(r row) view.Cell {
			return view.Cell{Text: view.Count(r.N), Href: address(d, register.Filter{Area: r.League})}
		}},
	}
	for _, g := range d.Grades {
		of, sum := map[string]int{}, 0
		for _, l := range levels {
			if l.Level == g.Code {
				of[l.League], sum = l.N, sum+l.N
			}
		}
		cols = append(cols, ui.Column[row]{Label: g.Label, Numeric: true, Foot: view.Cell{Text: view.Count(sum), Strong: true},
			Cell: func(r row) view.Cell {
				return view.Cell{Text: view.Count(of[r.League]), Href: address(d, register.Filter{Area: r.League, Level: g.Code})}
			}})
	}
	return cols
}
