package site

import (
	"fmt"
	"net/url"

	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/internal/trade/deal"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) unitRoutes() []web.Route {
	return []web.Route{web.GET("/units/:id", web.Anyone(), p.unit).Public()}
}

// unitSome is how many listings of each kind the page of a unit shows.
const unitSome = 10

// unit is the public page of an organisation. One that is not confirmed has none: what it says about itself was not checked.
func (p *Pages) unit(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	missing := fault.New(fault.NotFound, "unit_not_found", "没有这个单位，或它还没有通过确认。请从成果、需求或登记点名录重新查找。")
	o, err := p.Identity.Organisation(c.Context(), id)
	if fault.Is(err, fault.NotFound) || err == nil && !o.Confirmed() {
		return missing
	}
	if err != nil {
		return err
	}
	filter := listing.Filter{Org: id, Limit: unitSome}
	achievements, err := p.Achievements.Latest(c.Context(), c.Actor(), filter)
	if err != nil {
		return err
	}
	demands, err := p.Demands.Latest(c.Context(), c.Actor(), filter)
	if err != nil {
		return err
	}
	replies, err := p.Deals.Replies(c.Context(), id, c.Now().AddDate(-1, 0, 0), o.Sample)
	if err != nil {
		return err
	}
	all, err := p.Points.List(c.Context(), point.Filter{})
	if err != nil {
		return err
	}
	body := ui.Sheet{
		Heading: view.T(o.Name),
		Tags:    []view.Tag{{Label: ui.OrgKindLabel(o.Kind), Tone: view.Info}, {Label: region.FullName(o.Division)}},
		Sample:  o.Sample,
	}
	if o.Profile.Introduction != "" {
		body.Main = append(body.Main, ui.Block{Title: "简介", Parts: view.Parts{view.Prose{view.T(o.Profile.Introduction)}}})
	}
	body.Main = append(append(body.Main, pointBlocks(c, id, all)...), unitListings(c, o, achievements, demands)...)
	facts := []view.Fact{
		{Label: "类型", Value: ui.OrgKindLabel(o.Kind)},
		{Label: "所在地", Value: region.FullName(o.Division)},
		{Label: "统一社会信用代码", Value: o.CreditCode, Num: true},
	}
	if industry := ui.Known(codes.Industry, o.Profile.Industry); industry != "" {
		facts = append(facts, view.Fact{Label: "国民经济行业", Value: industry})
	}
	body.Side = []ui.Block{{Card: true, Title: "单位", Parts: view.Parts{view.Facts{Wide: true, Items: facts}}}}
	if trades(o) {
		body.Side = append(body.Side, repliesBlock(c, replies, o.Sample))
	}
	if c.Actor().In(id) {
		body.Actions = []view.Action{{Label: "修改单位资料", Href: "/account/organisation", Kind: view.Quiet}}
	}
	return ui.ShowSheet(c, c.Page(o.Name), body)
}

// trades tells whether the unit could list and ask: registration points and authorities do not.
func trades(o identity.Organisation) bool {
	return o.Kind != actor.PointHost && o.Kind != actor.Government
}

// pointBlocks are the registration points that the unit keeps.
func pointBlocks(c *web.Ctx, id int64, all []point.Point) []ui.Block {
	var out []ui.Block
	for _, pt := range all {
		if pt.OrganisationID != id {
			continue
		}
		row := view.Row{Title: view.T(pt.Name), Href: fmt.Sprintf("/points/%d", pt.ID), Lead: view.T(pt.Address),
			Meta: ui.NotEmpty(c.T("服务%s", region.FullName(pt.Division)), pt.Phone, pt.Hours),
			Tags: []view.Tag{{Label: ui.PointKindLabel(pt.Kind), Tone: view.Info}, ui.PointStateTag(pt.State)}, Sample: pt.Sample}
		out = append(out, ui.Block{Title: "登记点", Parts: view.Parts{view.Rows{Label: "登记点", Items: []view.Row{row}}}})
	}
	return out
}

// unitListings are the newest public listings of the unit.
func unitListings(
	c *web.Ctx, o identity.Organisation, achievements listing.Page[achievement.Content], demands listing.Page[demand.Content],
) []ui.Block {
	supplies, needs := view.Rows{Label: "公开的成果"}, view.Rows{Label: "公开的需求"}
	for _, it := range achievements.Items {
		supplies.Items = append(supplies.Items, ui.AchievementRow(c, it, o))
	}
	for _, it := range demands.Items {
		needs.Items = append(needs.Items, ui.DemandRow(c, it, o))
	}
	var out []ui.Block
	lists := func(path string, rows view.Rows, more bool) {
		if len(rows.Items) == 0 {
			return
		}
		b := ui.Block{Title: rows.Label, Parts: view.Parts{rows}}
		if more {
			b.Intro = c.T("最近公开的 %d 项。", unitSome)
			b.More = &view.Link{Label: "搜索全部", Href: path + "?q=" + url.QueryEscape(o.Name)}
		}
		out = append(out, b)
	}
	lists("/achievements", supplies, achievements.Next != "")
	lists("/demands", needs, demands.Next != "")
	if len(out) == 0 && trades(o) {
		out = append(out, ui.Block{Parts: view.Parts{view.Empty{Icon: "inbox", Title: "还没有公开的成果和需求", Text: "发布并通过审核后会出现在这里。",
			Actions: []view.Action{
				{Label: "看全部成果", Href: "/achievements", Kind: view.Quiet},
				{Label: "看全部需求", Href: "/demands", Kind: view.Quiet},
			}}}})
	}
	return out
}

// repliesBlock says how the unit answers approaches (docs/rules/listings.md §5: a public figure).
func repliesBlock(c *web.Ctx, r deal.Replies, sample bool) ui.Block {
	b := ui.Block{Card: true, Title: "回复对接意向", Intro: "近 12 个月收到的对接意向中已接受或婉拒的比例；时长是从收到到答复的中位数。对方在答复前撤回的不计。"}
	if r.Received == 0 {
		b.Intro = "近 12 个月还没有收到对接意向。收到后，这里显示回复的比例和快慢。"
		return b
	}
	figure := func(value, unit, label string) view.Figure {
		return view.Figure{Value: value, Unit: unit, Label: label, AsOf: c.Now(), Source: "本市场", Sample: sample}
	}
	figures := view.Figures{figure(fmt.Sprintf("%d%%", r.Answered*100/r.Received), "", c.T("回复率（%d / %d）", r.Answered, r.Received))}
	if r.Answered > 0 {
		value, unit := view.Count(int(r.MedianHours)), "小时"
		if r.MedianHours >= 48 {
			value, unit = fmt.Sprintf("%.1f", float64(r.MedianHours)/24), "天"
		}
		figures = append(figures, figure(value, unit, "通常多久答复"))
	}
	b.Add(figures)
	return b
}
