package market

import (
	"slices"
	"strconv"

	"techmarket/internal/market/listing"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

func (p *Pages) reviewQueue(c *web.Ctx) error {
	q := c.QueryForm()
	page, err := p.Listings.ReviewQueue(
		c.Context(),
		c.Actor(),
		listing.QueueFilter{Kind: listing.Kind(q.Text("kind")), After: q.Text("after")},
	)
	if err != nil {
		return err
	}
	var ids []int64
	for _, l := range page.Listings {
		ids = append(ids, l.OrganisationID)
	}
	orgs, err := p.Identity.Organisations(c.Context(), ids)
	if err != nil {
		return err
	}
	kinds := p.Listings.Kinds()
	rows := view.Rows{Label: "待审核", Empty: view.Empty{Icon: "circle-check", Title: "没有待审核的信息", Text: "新提交的会出现在这里，等得最久的在最前。"}}
	for _, l := range page.Listings {
		row := view.Row{
			Title:  view.T(l.Title),
			Href:   listing.ReviewPath(l.ID),
			Tags:   []view.Tag{{Label: kinds.Of(l.Kind).Label, Tone: view.Info}, listingStateTag(l)},
			Sample: l.Sample,
			Meta:   []string{orgs[l.OrganisationID].Name, ui.Place(l.Division, "")},
		}
		if l.SubmittedAt != nil {
			row.Meta = append(row.Meta, "提交于 "+view.Ago(c.Now(), *l.SubmittedAt))
		}
		rows.Items = append(rows.Items, row)
	}
	pager := view.Pager{Total: -1}
	if page.Next != "" {
		v := c.Query()
		v.Set("after", page.Next)
		pager.Next = "/review?" + v.Encode()
	}
	tabs := &view.Tabs{Label: "按类别", Items: []view.Link{{Label: "全部", Href: "/review", Current: q.Text("kind") == ""}}}
	for _, k := range kinds.All() {
		code := string(k.Kind)
		tabs.Items = append(tabs.Items, view.Link{Label: k.Label, Href: "/review?kind=" + code, Current: q.Text("kind") == code})
	}
	return ui.ShowList(c, c.Page("发布审核"), ui.Listing{Lead: "等得最久的在最前。", Tabs: tabs, Rows: &rows, Pager: pager})
}

func (p *Pages) review(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	l, err := p.Listings.Find(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	kind, err := p.kind(l.Kind)
	if err != nil {
		return err
	}
	o, err := p.readOwn(c, kind, id)
	if err != nil {
		return err
	}
	org, err := p.Identity.Organisation(c.Context(), l.OrganisationID)
	if err != nil {
		return err
	}
	history, err := p.Listings.History(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	page := c.Page("审核")
	page.Breadcrumbs = []view.Link{{Label: "发布审核", Href: "/review"}}
	body := ui.Sheet{
		Heading: view.T(l.Title),
		Tags:    []view.Tag{{Label: kind.Label}, listingStateTag(o.listing)},
		Sample:  l.Sample,
	}
	if o.listing.State != listing.Returned { // the working content is the owner's: a page of dashes would say that nothing was filled in
		body.Main = o.blocks
	}
	body.Main = append(reviewNotices(c, o), body.Main...)
	if n := anonymityNotice(l); n != nil {
		n.Text += "请看内容、附件里有没有能认出单位的文字。"
		body.Main = append([]ui.Block{{Parts: view.Parts{*n}}}, body.Main...)
	}
	decision, err := p.reviewForms(c, kind, o)
	if err != nil {
		return err
	}
	body.Side = append(body.Side, decision...)
	if len(kind.Triages) > 0 {
		said, err := p.diagnosisBlocks(c, id)
		if err != nil {
			return err
		}
		body.Side = append(body.Side, said...)
	}
	body.Side = append(
		body.Side,
		ui.Block{Card: true, Title: "单位", Parts: view.Parts{view.Facts{
			Wide: true,
			Items: []view.Fact{
				{Label: "名称", Value: org.Name, Tags: []view.Tag{ui.OrgStateTag(org.State)}},
				{Label: "所在地", Value: ui.Place(org.Division, "")},
			},
		}}},
		ui.Block{Title: "经过", Parts: view.Parts{listingTimeline(history)}},
	)
	return ui.ShowSheet(c, page, body)
}

// reviewNotices say what the system noticed, and why there is nothing to read.
func reviewNotices(c *web.Ctx, o own) []ui.Block {
	var out []ui.Block
	if len(o.warnings) > 0 {
		n := view.Notice{Tone: view.Warn, Title: "系统提醒"}
		for _, w := range o.warnings {
			n.Items = append(n.Items, view.Link{Label: c.Said(w)})
		}
		out = append(out, ui.Block{Parts: view.Parts{n}})
	}
	if o.listing.State == listing.Returned {
		out = append(out, ui.Block{Parts: view.Parts{view.Notice{Title: "已退回，单位正在修改", Text: "修改中的内容只有本单位看得到，再次提交后可以审核。"}}})
	}
	return out
}

// reviewForms are the decision on what was submitted, or the way to withdraw what is public.
func (p *Pages) reviewForms(c *web.Ctx, kind drawnKind, o own) ([]ui.Block, error) {
	at, version := listing.ReviewPath(o.listing.ID), view.Pair{Name: "version", Value: strconv.Itoa(o.listing.Version)}
	switch {
	case o.listing.State.InReview():
		fields, err := p.triageFields(c, kind, o.listing)
		if err != nil {
			return nil, err
		}
		fields = append(fields, view.Field{Kind: view.Area, Name: "reason", Label: "意见", Sometimes: true, Max: 500,
			Hint: "退回时必填，写明哪里要改、怎么改"})
		f := view.NewForm(at, "", fields...)
		f.Hidden = []view.Pair{version}
		f.Actions = []view.Action{
			{Label: "通过并发布", Name: "event", Value: string(listing.EventPublish)},
			{Label: "退回修改", Name: "event", Value: string(listing.EventReturn), Kind: view.Danger},
		}
		return []ui.Block{{Card: true, Title: "审核", Parts: view.Parts{f}}}, nil
	case slices.Contains(o.actions, listing.EventWithdraw):
		f := view.NewForm(at, "", view.Field{Kind: view.Area, Name: "reason", Label: "撤下的原因", Required: true, Max: 500})
		f.Hidden = []view.Pair{version}
		f.Actions = []view.Action{{Label: "撤下", Name: "event", Value: string(listing.EventWithdraw), Kind: view.Danger}}
		return []ui.Block{{Fold: "撤下…", Parts: view.Parts{f}}}, nil
	}
	return nil, nil
}

// triageFields ask for the desk's judgement, for the kinds that have one, and for a broker's look.
func (p *Pages) triageFields(c *web.Ctx, kind drawnKind, l listing.Listing) ([]view.Field, error) {
	if len(kind.Triages) == 0 {
		return nil, nil
	}
	options := []view.Option{{Value: "", Label: "不判断", Checked: true}}
	for _, t := range kind.Triages {
		options = append(options, view.Option{Value: t.Code, Label: t.Label})
	}
	choice, err := p.brokerChoice(c, l)
	return append([]view.Field{{Kind: view.Radio, Name: "triage", Label: kind.Label + "判断", Options: options}}, choice...), err
}

func (p *Pages) decideListing(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	e := listing.Event(f.Text("event"))
	command := listing.Command{ID: id, Version: f.Int("version"), Event: e, Reason: f.Text("reason"), Triage: f.Text("triage"),
		Broker: int64(f.Int("broker"))}
	if _, err := p.Listings.Do(c.Context(), c.Actor(), command); err != nil {
		return ui.FlashRefusal(c, err, listing.ReviewPath(id))
	}
	c.Flash(view.OK, "已"+words.ListingEvent(e)+"，发布单位会收到消息。")
	return c.See("/review")
}
