package site

import (
	"fmt"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/market/listing"
	"techmarket/internal/platform/notify"
	"techmarket/internal/trade/deal"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) deskRoutes() []web.Route {
	return []web.Route{
		web.GET("/desk", web.SignedIn(), p.desk),
		web.GET("/messages", web.SignedIn(), p.messages),
		web.POST("/messages/read", web.SignedIn(), p.readAll),
		web.GET("/messages/:id", web.SignedIn(), p.openMessage),
	}
}

// desk is what waits for this person, by role.
func (p *Pages) desk(c *web.Ctx) error {
	who := c.Actor()
	body := ui.Sheet{
		Lead: who.Name + "，您好　" + who.OrgName + " · " + ui.Join(web.RoleLabels(who.Roles)), Actions: deskActions(who),
	}
	waits, err := p.turns(c)
	if err != nil {
		return err
	}
	body.Heading = view.T(waits.heading())
	body.Main = append(body.Main, ui.Block{Parts: view.Parts{waits.component(c.Now())}})
	if who.OrgState != actor.Confirmed && who.OrgState != "" {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Tone: view.Warn, Title: "单位还没有通过确认",
			Text: "自治区管理员核对后会发消息。确认之前可以写草稿。", Actions: []view.Action{{Label: "看单位信息", Href: "/account/organisation", Kind: view.Quiet,
				Small: true}}}}})
	}
	body.Main = append(body.Main, askedBlocks(waits.asked)...)
	var entries view.Entries
	for _, part := range []func(*web.Ctx, waiting) (view.Entries, error){
		p.listingEntries, p.tradeEntries, p.registryEntries, p.officerEntries, otherEntries,
	} {
		more, err := part(c, waits)
		if err != nil {
			return err
		}
		entries = append(entries, more...)
	}
	body.Main = append(body.Main, ui.Block{Title: "去哪里", Parts: view.Parts{entries}})
	box, err := p.Inbox.Box(c.Context(), who.AccountID, 0, 6)
	if err != nil {
		return err
	}
	body.Main = append(
		body.Main,
		ui.Block{Title: "新近消息", More: &view.Link{Label: "全部消息", Href: "/messages"}, Parts: view.Parts{messageRows(c, box)}},
	)
	return c.Render("site/desk", view.With[ui.Sheet]{Page: c.Page("工作台"), Body: body})
}

// deskActions are what this person most often begins with.
func deskActions(who actor.Actor) []view.Action {
	switch member := web.Members().Allows(who); {
	case member && who.OrgKind == actor.Enterprise:
		return []view.Action{{Label: "发布需求", Href: "/demands/new"}, {Label: "发布成果", Href: "/achievements/new", Kind: view.Quiet}}
	case member:
		return []view.Action{{Label: "发布成果", Href: "/achievements/new"}, {Label: "发布需求", Href: "/demands/new", Kind: view.Quiet}}
	case who.Has(actor.Broker):
		return []view.Action{{Label: "找需求", Href: "/demands"}, {Label: "找成果", Href: "/achievements", Kind: view.Quiet}}
	}
	return nil
}

// listingEntries lead to the own listings of a unit.
func (p *Pages) listingEntries(c *web.Ctx, _ waiting) (view.Entries, error) {
	who := c.Actor()
	if !web.Members().Allows(who) {
		return nil, nil
	}
	var out view.Entries
	for _, k := range p.Listings.Kinds().All() {
		counts, err := p.Listings.DeskCounts(c.Context(), who, k.Kind)
		if err != nil {
			return nil, err
		}
		note := fmt.Sprintf(
			"已发布 %d，待审核 %d，退回 %d",
			counts[listing.Published],
			counts[listing.Submitted]+counts[listing.Resubmitted],
			counts[listing.Returned],
		)
		out = append(out, view.Entry{Icon: k.Picture(),
			Label: "我的" + k.Label, Href: k.OwnPath(), Note: note, Count: counts[listing.Returned]})
	}
	return out, nil
}

// tradeEntries lead to talks, contracts and what a broker is asked.
func (p *Pages) tradeEntries(c *web.Ctx, w waiting) (view.Entries, error) {
	who := c.Actor()
	var out view.Entries
	if web.Traders().Allows(who) {
		deals, err := p.Deals.List(c.Context(), who, deal.Filter{State: deal.Interested, Limit: 100})
		if err != nil {
			return nil, err
		}
		out = append(out, view.Entry{Icon: "handshake", Label: "对接与洽谈", Href: "/deals", Note: "等待答复、洽谈中、已达成", Count: len(deals)},
			view.Entry{Icon: "file-text", Label: "我的合同", Href: "/contracts", Note: "草稿、报送、登记"})
	}
	if who.Has(actor.Broker) {
		out = append(out, view.Entry{Icon: "clipboard-check", Label: "需求诊断", Href: "/diagnoses", Note: "审核请您看的需求", Count: w.diagnoses})
	}
	return out, nil
}

// registryEntries lead to the work of a registration point.
func (p *Pages) registryEntries(c *web.Ctx, w waiting) (view.Entries, error) {
	who := c.Actor()
	var out view.Entries
	if who.Staff() {
		out = append(out, view.Entry{Icon: "stamp", Label: "登记工作台", Href: "/registry", Note: "等您办理的件", Count: w.queued},
			view.Entry{Icon: "file-search", Label: "登记簿", Href: "/registrations", Note: "已登记的合同，导出、登记清单"})
	}
	if who.Staff() || who.Officer() {
		out = append(out, view.Entry{Icon: "clock", Label: "在办时限", Href: "/registry/deadlines", Note: "超期、将到期，按登记点"})
	}
	return out, nil
}

// officerEntries lead to what a league or the region supervises.
func (p *Pages) officerEntries(c *web.Ctx, w waiting) (view.Entries, error) {
	who := c.Actor()
	var out view.Entries
	if who.Officer() {
		counts, err := p.Identity.OrganisationCounts(c.Context(), who.Sample)
		if err != nil {
			return nil, err
		}
		out = append(out, view.Entry{Icon: "clipboard-check", Label: "发布审核", Href: "/review", Note: "成果和需求公开前的审核", Count: w.reviews},
			view.Entry{Icon: "building-2", Label: "单位确认", Href: "/organisations", Note: "新注册的单位", Count: counts[actor.Pending]},
			view.Entry{Icon: "stamp", Label: "登记申请", Href: "/registry", Note: "本地区在办和办结"},
			view.Entry{Icon: "chart-column", Label: "数据", Href: "/stats", Note: "按地区、时段、类别"})
	}
	if who.Has(actor.RegionOfficer) {
		out = append(out, view.Entry{Icon: "map-pin", Label: "登记点", Href: "/points", Note: "设立、修改、暂停，人员培训"},
			view.Entry{Icon: "sliders-horizontal", Label: "匹配质量", Href: "/quality", Note: "看到、对接、不合适的原因，权重试算"})
	}
	return out, nil
}

// otherEntries stand at the end: what is kept, subscribed, administered and read.
func otherEntries(c *web.Ctx, _ waiting) (view.Entries, error) {
	who := c.Actor()
	var out view.Entries
	if web.Members().Allows(who) {
		out = append(out, view.Entry{Icon: "inbox", Label: "收藏的匹配", Href: "/kept", Note: "收藏和标为不合适的"})
	}
	if who.Has(actor.SystemAdmin) {
		out = append(out, view.Entry{Icon: "users", Label: "本单位的成员", Href: "/account/members", Note: "邀请、更改身份、移出"})
	}
	out = append(out, view.Entry{Icon: "star", Label: "我的收藏", Href: "/favourites", Note: "收藏的成果和需求，有没有变化"},
		view.Entry{Icon: "bell", Label: "我的订阅", Href: "/searches", Note: "有新的成果、需求时提醒"})
	if who.Has(actor.TaxReader) {
		out = append(out, view.Entry{Icon: "file-search", Label: "登记簿", Href: "/registrations", Note: "查已登记的合同"})
	}
	return out, nil
}

func (p *Pages) messages(c *web.Ctx) error {
	q := c.QueryForm()
	const limit = 30
	box, err := p.Inbox.Box(c.Context(), c.Actor().AccountID, q.ID("before"), limit)
	if err != nil {
		return err
	}
	pager := view.Pager{Total: -1}
	if len(box) == limit {
		pager.Next = fmt.Sprintf("/messages?before=%d", box[len(box)-1].ID)
	}
	body := ui.Listing{Rows: messageRows(c, box), Pager: pager}
	if len(box) > 0 {
		body.Actions = []view.Action{{Label: "全部标为已读", Post: "/messages/read", Kind: view.Quiet, Small: true}}
	}
	return ui.ShowList(c, c.Page("消息"), body)
}

func (p *Pages) readAll(c *web.Ctx) error {
	if _, err := p.Inbox.Read(c.Context(), c.Actor().AccountID, 0); err != nil {
		return err
	}
	return c.See("/messages")
}

func (p *Pages) openMessage(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	link, err := p.Inbox.Read(c.Context(), c.Actor().AccountID, id)
	if err != nil {
		return err
	}
	if link == "" {
		link = "/messages"
	}
	return c.See(link)
}

func messageRows(c *web.Ctx, box []notify.Received) *view.Rows {
	rows := &view.Rows{Label: "消息", Empty: view.Empty{Icon: "inbox", Title: "没有消息", Text: "审核、对接、登记有进展时会在这里提醒。"}}
	for _, m := range box {
		row := view.Row{
			Title: view.T(m.Title),
			Href:  fmt.Sprintf("/messages/%d", m.ID),
			Lead:  view.T(m.Body),
			Meta:  []string{view.Ago(c.Now(), m.CreatedAt)},
		}
		if m.ReadAt == nil {
			row.Tags = []view.Tag{{Label: "未读", Tone: view.Info}}
		}
		rows.Items = append(rows.Items, row)
	}
	return rows
}
