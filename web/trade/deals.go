package trade

import (
	"fmt"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/internal/trade/deal"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func dealStateTag(s deal.State) view.Tag {
	switch s {
	case deal.Interested:
		return view.Tag{Label: "等待答复", Tone: view.Warn}
	case deal.Talking:
		return view.Tag{Label: "洽谈中", Tone: view.Info}
	case deal.Agreed:
		return view.Tag{Label: "已达成", Tone: view.OK}
	case deal.Declined:
		return view.Tag{Label: "已婉拒"}
	case deal.Withdrawn:
		return view.Tag{Label: "已撤回"}
	default:
		return view.Tag{Label: "已结束"}
	}
}

func (p *Pages) deals(c *web.Ctx) error {
	q := c.QueryForm()
	state := deal.State(q.Text("state"))
	list, err := p.Deals.List(c.Context(), c.Actor(), deal.Filter{State: state, After: q.ID("after"), Limit: 20})
	if err != nil {
		return err
	}
	orgs, err := p.dealOrgs(c, list)
	if err != nil {
		return err
	}
	rows := view.Rows{Label: "对接与洽谈", Empty: view.Empty{Icon: "handshake", Title: "还没有对接",
		Text: "在成果或需求的页面点“发起对接”，对方会收到消息。", Actions: []view.Action{{Label: "找成果", Href: "/achievements", Kind: view.Quiet},
			{Label: "找需求", Href: "/demands", Kind: view.Quiet}}}}
	if state != "" {
		rows.Empty.Title = "没有" + dealStateTag(state).Label + "的对接"
	}
	for _, d := range list {
		rows.Items = append(rows.Items, view.Row{Title: view.T(d.Subject), Href: fmt.Sprintf("/deals/%d", d.ID), Sample: d.Sample,
			Meta: []string{
				"成果方 " + orgs[d.SupplyOrg].Name,
				"需求方 " + orgs[d.DemandOrg].Name,
				"更新于 " + view.Ago(c.Now(), d.UpdatedAt),
			}, Tags: []view.Tag{dealStateTag(d.State)}})
	}
	tabs := &view.Tabs{Label: "按状态"}
	for _, t := range []struct {
		state deal.State
		label string
	}{{"", "全部"}, {deal.Interested, "等待答复"}, {deal.Talking, "洽谈中"}, {deal.Agreed, "已达成"}, {deal.Ended, "已结束"}} {
		tabs.Items = append(tabs.Items, view.Link{Label: t.label, Href: "/deals?state=" + string(t.state), Current: t.state == state})
	}
	pager := view.Pager{Total: -1}
	if len(list) == 20 {
		pager.Next = fmt.Sprintf("/deals?state=%s&after=%d", state, list[len(list)-1].ID)
	}
	return ui.ShowList(c, c.Page("对接与洽谈"), ui.Listing{Tabs: tabs, Rows: &rows, Pager: pager})
}

func (p *Pages) dealOrgs(c *web.Ctx, list []deal.Deal) (map[int64]identity.Organisation, error) {
	var ids []int64
	for _, d := range list {
		ids = append(ids, d.SupplyOrg, d.DemandOrg)
		if d.BrokerOrg != 0 {
			ids = append(ids, d.BrokerOrg)
		}
	}
	return p.Identity.Organisations(c.Context(), ids)
}

func (p *Pages) newDeal(c *web.Ctx) error {
	return p.showNewDeal(c, c.QueryForm(), nil)
}

func (p *Pages) showNewDeal(c *web.Ctx, f *web.Form, ferr error) error {
	a := ui.NewAsk(c, f, ferr)
	supply, demand := f.ID(ui.DealField(listing.SideSupply)), f.ID(ui.DealField(listing.SideDemand))
	kinds := p.Listings.Kinds()
	body := ui.Sheet{Lead: "对方单位会收到消息，接受后双方在这里洽谈；不合适会写明原因。"}
	var facts []view.Fact
	for _, id := range []int64{supply, demand} {
		if id == 0 {
			continue
		}
		l, err := p.Listings.Find(c.Context(), c.Actor(), id)
		if err != nil {
			return err
		}
		org, err := p.Identity.Organisation(c.Context(), l.OrganisationID)
		if err != nil {
			return err
		}
		kind := kinds.Of(l.Kind)
		facts = append(facts, view.Fact{Label: kind.Label, Value: l.Title, Href: kind.PagePath(l.ID), Note: org.Name})
		if l.Anonymous && c.Actor().In(l.OrganisationID) {
			body.Lead += "您的" + kind.Label + "没有公开单位名称，对方接受以后才看到。"
		}
	}
	if len(facts) > 0 {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Facts{Items: facts}}})
	}
	fields := []view.Field{}
	if c.Actor().Has(actor.Broker) {
		speaks := a.Radio("brokerFor", "您代表", "", []view.Option{
			{Value: "", Label: "本单位"}, {Value: "supply", Label: "成果方（我为它寻找需求）"}, {Value: "demand", Label: "需求方（我为它寻找成果）"}},
			ui.Hint("经纪人代表一方时，成果和需求两边都要选定，并已得到它的委托（在“委托”里请求）"))
		if supply != 0 && demand != 0 && ferr == nil { // from the matches of a need: a broker looks for its side
			speaks.Options[0].Checked, speaks.Options[2].Checked = false, true
		}
		fields = append(fields, speaks)
	}
	var known []view.Pair
	for _, side := range []struct {
		side  listing.Side
		label string
		id    int64
	}{{listing.SideSupply, "成果", supply}, {listing.SideDemand, "需求", demand}} {
		name, label := ui.DealField(side.side), side.label
		own, err := p.openListings(c, side.side)
		switch {
		case err != nil:
			return err
		case side.id != 0 && a.Errors[name] == "": // chosen on the page before: nobody types a number
			known = append(known, view.Pair{Name: name, Value: ui.IDText(side.id)})
		case supply+demand == 0 || a.Errors[name] != "" || c.Actor().Has(actor.Broker):
			fields = append(fields, a.Text(name, c.T("%s编号", label), ui.IDText(side.id),
				ui.Hint(c.T("在%s页面“发布单位”一栏的最后一行", label)), ui.Width("s")))
		case len(own) > 0:
			fields = append(fields, a.Choose(name, c.T("带上本单位的%s", label), "", append([]view.Option{{Label: "不带"}}, own...)))
		}
	}
	fields = append(fields,
		a.Area("message", "给对方的话", "", ui.Required, ui.Lines(6), ui.Limit(4000), ui.Hint("为什么合适、想怎样合作、希望什么时候谈")),
		view.Field{Kind: view.File, Name: "files", Label: "附件", Multiple: true, Hint: "最多 5 个", Error: a.Errors["files"]})
	form := view.NewForm("/deals", "发出对接意向", fields...)
	form.Guard, form.Hidden = true, known
	body.Main = append(body.Main, a.Blocks(form)...)
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), c.Page("发起对接"), body)
}

// openListings are the organisation's own public listings of the kinds of a side, to choose from.
func (p *Pages) openListings(c *web.Ctx, side listing.Side) ([]view.Option, error) {
	var out []view.Option
	for _, kind := range p.Listings.Kinds().All() {
		if kind.Side != side {
			continue
		}
		own, _, err := p.Listings.Own(c.Context(), c.Actor(), kind.Kind, listing.Filter{States: []listing.State{listing.Published}, Limit: 100})
		if err != nil {
			return nil, err
		}
		for _, l := range own {
			out = append(out, view.Option{Value: ui.IDText(l.ID), Label: l.Title})
		}
	}
	return out, nil
}

func (p *Pages) openDeal(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	in := deal.Approach{
		SupplyListing: f.ID(ui.DealField(listing.SideSupply)),
		DemandListing: f.ID(ui.DealField(listing.SideDemand)),
		BrokerFor:     deal.Side(f.Text("brokerFor")),
		Message:       f.Text("message"),
	}
	if err = ui.FormErr(f); err == nil {
		in.Files, err = ui.Uploads(c, p.Files, f, "files", "deal")
	}
	var d deal.Deal
	if err == nil {
		d, err = p.Deals.Open(c.Context(), c.Actor(), in)
	}
	if err != nil {
		if ui.Refused(err) || fault.Is(err, fault.Forbidden) {
			return p.showNewDeal(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "对接意向已发出，对方会收到消息。")
	return c.See(fmt.Sprintf("/deals/%d", d.ID))
}
