package certify

import (
	"fmt"
	"strconv"

	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/region"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) points(c *web.Ctx) error {
	q := c.QueryForm()
	points, err := p.Points.List(
		c.Context(),
		point.Filter{League: q.Text("league"), Kind: point.Kind(q.Text("kind")), Text: q.Text("q")},
	)
	if err != nil {
		return err
	}
	page := c.Page("技术合同认定登记点")
	page.Nav = "points"
	r := &view.Rail{Action: "/points", Clear: "/points"}
	leagues := view.FilterGroup{
		Legend:  "盟市",
		Name:    "league",
		Single:  true,
		Options: []view.Option{{Label: "全部", Checked: q.Text("league") == ""}},
	}
	for _, l := range region.Leagues() {
		leagues.Options = append(leagues.Options, view.Option{Value: l.Code, Label: l.Name, Checked: q.Text("league") == l.Code})
	}
	kinds := view.FilterGroup{Legend: "类型", Name: "kind", Single: true, Options: []view.Option{{Label: "全部", Checked: q.Text("kind") == ""}}}
	for _, k := range []point.Kind{point.Region, point.League, point.County, point.University, point.Institute, point.Zone} {
		kinds.Options = append(kinds.Options, view.Option{Value: string(k), Label: ui.PointKindLabel(k), Checked: q.Text("kind") == string(k)})
	}
	r.Groups = []view.FilterGroup{leagues, kinds}
	rows := view.Rows{Label: "登记点", Empty: view.Empty{Title: "没有符合条件的登记点", Text: "没有旗县登记点的，到盟市登记点办理；盟市也没有的，到自治区登记点。"}}
	for _, pt := range points {
		rows.Items = append(
			rows.Items,
			view.Row{
				Title:  view.T(pt.Name),
				Href:   fmt.Sprintf("/points/%d", pt.ID),
				Lead:   view.T(pt.Address),
				Meta:   ui.NotEmpty(region.FullName(pt.Division), pt.Phone, pt.Hours),
				Tags:   []view.Tag{{Label: ui.PointKindLabel(pt.Kind), Tone: view.Info}, ui.PointStateTag(pt.State)},
				Sample: pt.Sample,
			},
		)
	}
	actions := []view.Action{{Label: "按旗县查看", Href: "/places", Kind: view.Quiet}}
	if c.Actor().Has(actor.RegionOfficer) {
		actions = append([]view.Action{{Label: "设立登记点", Href: "/points/new"}}, actions...)
	}
	return ui.ShowList(
		c,
		page,
		ui.Listing{
			Actions: actions,
			Lead:    "由卖方（研究开发人、让与人、受托人等）到所在地的登记点申请，一份合同只登记一次。",
			Rail:    r,
			Head:    &view.ListHead{Found: len(points), Unit: "个"},
			Rows:    &rows,
			Search:  &view.Search{Action: "/points", Value: q.Text("q"), Label: "名称或地址"},
		},
	)
}

func (p *Pages) point(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	pt, err := p.Points.Get(c.Context(), id)
	if err != nil {
		return err
	}
	page := c.Page(pt.Name)
	page.Nav = "points"
	page.Breadcrumbs = []view.Link{{Label: "登记点", Href: "/points"}}
	from := c.T("%s 起", pt.AuthorisedFrom.Format("2006 年 1 月 2 日"))
	if pt.AuthorisedTo != nil {
		from += c.T("至 %s", pt.AuthorisedTo.Format("2006 年 1 月 2 日"))
	}
	body := ui.Sheet{
		Heading: view.T(pt.Name),
		Tags:    []view.Tag{{Label: ui.PointKindLabel(pt.Kind), Tone: view.Info}, ui.PointStateTag(pt.State)},
		Sample:  pt.Sample,
		Main: []ui.Block{
			{Parts: view.Parts{view.Facts{
				Items: []view.Fact{
					{Label: "服务地区", Value: region.FullName(pt.Division)},
					{Label: "地址", Value: pt.Address},
					{Label: "电话", Value: pt.Phone, Num: true},
					{Label: "办公时间", Value: pt.Hours},
					{Label: "授权", Value: from},
				},
			}}},
			{Title: "怎样办理", Parts: view.Parts{view.Prose{
				view.T("1. 合同双方签字盖章后，由卖方在“我的合同”里填写并提交，系统自动找到应去的登记点。"),
				view.T("2. 登记点受理、初审、复核；技术交易额 500 万元以上或有争议的，先经专家评审。"),
				view.T("3. 自受理之日起 30 日内办结（认定登记管理办法第十一条）。准予登记的发给编号和证明。"),
			}, view.Links{{Label: "看认定规则", Href: "/rules"}, {Label: "核验证明", Href: "/verify"}}}},
		},
	}
	if who := c.Actor(); who.Covers(pt.Division) || who.Has(actor.PointHead) && who.In(pt.OrganisationID) {
		body.Actions = []view.Action{{Label: "管理登记点", Href: fmt.Sprintf("/points/%d/manage", pt.ID), Kind: view.Quiet}}
	}
	if c.Actor().Has(actor.RegionOfficer) {
		form := view.NewForm(
			fmt.Sprintf("/points/%d/state", pt.ID),
			"更改状态",
			view.Field{Kind: view.Radio, Name: "state", Label: "状态", Required: true, Options: []view.Option{
				{
					Value:   string(point.Normal),
					Label:   "正常受理",
					Checked: pt.State == point.Normal,
				}, {Value: string(point.Rectifying), Label: "整改", Checked: pt.State == point.Rectifying}, {Value: string(point.Suspended),
					Label: "暂停受理", Checked: pt.State == point.Suspended}}},
			view.Field{Kind: view.Area, Name: "reason", Label: "理由", Required: true, Rows: 3},
		)
		form.Hidden = []view.Pair{{Name: "version", Value: strconv.Itoa(pt.Version)}}
		body.Side = []ui.Block{{Card: true, Title: "管理", Parts: view.Parts{form}}}
	}
	return ui.ShowSheet(c, page, body)
}

func (p *Pages) setPointState(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	back := fmt.Sprintf("/points/%d", id)
	if _, err := p.Points.SetState(c.Context(), c.Actor(), id, f.Int("version"), point.State(f.Text("state")), f.Text("reason")); err != nil {
		return ui.FlashRefusal(c, err, back)
	}
	c.Flash(view.OK, "状态已更改。")
	return c.See(back)
}
