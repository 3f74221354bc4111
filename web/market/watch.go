package market

import (
	"encoding/xml"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/watch"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) watchRoutes() []web.Route {
	signed := web.SignedIn()
	member := web.Members()
	routes := []web.Route{
		web.GET("/kept", member, p.kept),
		web.GET("/searches", signed, p.searches),
		web.POST("/searches", signed, p.saveSearch),
		web.POST("/searches/:id", signed, p.changeSearch),
		web.GET("/feeds/:token", web.Anyone(), p.feed),
		web.GET("/feeds/:token/end", web.Anyone(), p.askEndFeed),
		web.POST("/feeds/:token/end", web.Anyone(), p.endFeed),
		web.POST("/desk/confirm", member, p.confirmAsked),
	}
	for _, kind := range p.kinds() {
		if kind.Counterpart == "" {
			continue
		}
		at := kind.ListPath() + "/:id/matches"
		routes = append(routes,
			web.GET(at+"/:other", member, func(c *web.Ctx) error { return p.openMatch(c, kind) }),
			web.POST(at+"/:other", member, func(c *web.Ctx) error { return p.answerMatch(c, kind) }),
			web.POST(at+"/alerts", member, func(c *web.Ctx) error { return p.switchAlerts(c, kind) }),
			web.GET(at+"/print", web.Anyone(), func(c *web.Ctx) error { return p.printMatches(c, kind) }),
			web.GET(at+".xlsx", web.Anyone(), func(c *web.Ctx) error { return p.matchesExcel(c, kind) }))
	}
	return routes
}

// answerable adds what the owner's side can say to each card: keep, and why not.
func (p *Pages) answerable(m *matched) {
	for i := range m.cards {
		card, other := &m.cards[i], m.places[i].Listing.ID
		at := fmt.Sprintf("%s/%d", m.kind.MatchesPath(m.listing.ID), other)
		card.Row.Href = at
		keep := view.Action{
			Label:  "收藏",
			Post:   at,
			Kind:   view.Quiet,
			Small:  true,
			Hidden: []view.Pair{{Name: "answer", Value: string(watch.Keep)}},
		}
		if m.standing.Kept[other] {
			keep.Label, keep.Hidden[0].Value = "取消收藏", string(watch.Drop)
			card.Row.Tags = append(card.Row.Tags, view.Tag{Label: "已收藏", Tone: view.OK})
		}
		card.Actions = append(card.Actions, keep)
		f := view.NewForm(
			at,
			"不再向本单位推荐",
			view.Field{Kind: view.Select, Name: "reason", ID: fmt.Sprintf("reason-%d", other), Label: "哪里不合适", Required: true,
				Options: ui.ListOptions(codes.Decline, "请选择")},
		)
		f.Hidden = []view.Pair{{Name: "answer", Value: string(watch.Refuse)}}
		f.Actions[0].Kind, f.Actions[0].Small = view.Quiet, true
		card.Dismiss = &f
	}
}

// alertBlock says whether the owner hears of new matches, with the one click that changes it.
func (p *Pages) alertBlock(c *web.Ctx, m matched) (ui.Block, error) {
	wanted, err := p.Watch.Wanted(c.Context(), m.listing)
	if err != nil {
		return ui.Block{}, err
	}
	b := ui.Block{Card: true, Title: "新匹配提醒", Intro: c.T("有新的%s进入这条%s的前十名时，在消息里告诉您，每天早上合并发一封邮件。每一对只说一次。", m.want.Label, m.kind.Label)}
	label, value := "不再提醒", "off"
	if !wanted {
		b.Intro, label, value = "提醒已关闭，这一页仍然可以随时看。", "恢复提醒", "on"
	}
	answers := view.Actions{
		{
			Label:  label,
			Post:   m.kind.MatchesPath(m.listing.ID) + "/alerts",
			Kind:   view.Quiet,
			Small:  true,
			Hidden: []view.Pair{{Name: "alerts", Value: value}},
		},
	}
	kept := view.Link{Label: "收藏和不合适的", Href: "/kept"}
	if n := len(m.standing.Refused); n > 0 {
		kept.Note = c.T(" 这一条有 %d 项标为不合适，不再列出", n)
	}
	b.Add(view.Links{kept}, answers)
	return b, nil
}

func (p *Pages) switchAlerts(c *web.Ctx, kind drawnKind) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	on := f.Text("alerts") == "on"
	if err := p.Watch.SetWanted(c.Context(), c.Actor(), id, on); err != nil {
		return err
	}
	if c.Flash(view.OK, "已关闭这一条的新匹配提醒。"); on {
		c.Flash(view.OK, "已恢复提醒。")
	}
	return c.See(kind.MatchesPath(id))
}

// openMatch notes that a match was opened and goes there.
func (p *Pages) openMatch(c *web.Ctx, kind drawnKind) error {
	id, other, err := twoIDs(c)
	if err != nil {
		return err
	}
	want, err := p.kind(kind.Counterpart)
	if err != nil {
		return err
	}
	if err := p.Watch.Say(c.Context(), c.Actor(), id, other, watch.Open, ""); err != nil {
		return err
	}
	return c.See(want.PagePath(other))
}

func twoIDs(c *web.Ctx) (id, other int64, err error) {
	if id, err = c.ID("id"); err == nil {
		other, err = c.ID("other")
	}
	return id, other, err
}

func (p *Pages) answerMatch(c *web.Ctx, kind drawnKind) error {
	id, other, err := twoIDs(c)
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	answer := watch.Answer(f.Text("answer"))
	if err := p.Watch.Say(c.Context(), c.Actor(), id, other, answer, f.Text("reason")); err != nil {
		if fault.Is(err, fault.Invalid) {
			return ui.FlashRefusal(c, err, kind.MatchesPath(id))
		}
		return err
	}
	said := map[watch.Answer]string{watch.Keep: "已收藏，同单位的人都能在“收藏”里看到。", watch.Drop: "已取消收藏。",
		watch.Refuse:  "已记下，不再向本单位推荐这一项；可以在“收藏”页恢复。",
		watch.Restore: "已恢复，会重新参与匹配。"}[answer]
	c.Flash(view.OK, said)
	return c.SeeNext(kind.MatchesPath(id))
}

// kept lists what the organisation keeps and what it refused.
func (p *Pages) kept(c *web.Ctx) error {
	pairs, err := p.Watch.Pairs(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	titles, err := p.pairTitles(c, pairs)
	if err != nil {
		return err
	}
	keep := view.Rows{
		Label: "收藏",
		Empty: view.Empty{
			Icon:  "inbox",
			Title: "还没有收藏",
			Text:  "在匹配页点“收藏”，同单位的人都能在这里看到。",
			Actions: []view.Action{
				{Label: "我的需求", Href: "/desk/demands", Kind: view.Quiet},
				{Label: "我的成果", Href: "/desk/achievements", Kind: view.Quiet},
			},
		},
	}
	refused := view.Rows{Label: "不合适的", Empty: view.Empty{Title: "没有标为不合适的"}}
	for _, pair := range pairs {
		mine, there := titles[pair.Query], titles[pair.Result]
		if mine.title == "" {
			continue
		}
		at := fmt.Sprintf("%s/%d", mine.kind.MatchesPath(pair.Query), pair.Result)
		row := view.Row{
			Title:  view.T(there.title),
			Href:   at,
			Meta:   []string{c.T("为“%s”", mine.title), view.Ago(c.Now(), pair.At)},
			Sample: there.sample,
		}
		if there.title == "" {
			row.Title, row.Href = view.T("已撤下的信息"), ""
			row.Lead = view.T("对方已经撤下或到期，内容不再公开。")
		}
		undo := view.Action{
			Label:  "取消收藏",
			Post:   at,
			Kind:   view.Quiet,
			Small:  true,
			Hidden: []view.Pair{{Name: "answer", Value: string(watch.Drop)}, {Name: "next", Value: "/kept"}},
		}
		if pair.Answer == watch.Refuse {
			row.Tags = []view.Tag{{Label: codes.Decline.Label(pair.Reason), Tone: view.Warn}}
			undo.Label, undo.Hidden[0].Value = "恢复推荐", string(watch.Restore)
			row.Actions = []view.Action{undo}
			refused.Items = append(refused.Items, row)
			continue
		}
		row.Actions = []view.Action{undo}
		keep.Items = append(keep.Items, row)
	}
	body := ui.Sheet{Lead: "本单位在匹配页上收藏的，和标为不合适的。", Main: []ui.Block{{Parts: view.Parts{keep}}}}
	if len(refused.Items) > 0 {
		body.Main = append(body.Main, ui.Block{Fold: c.T("标为不合适的（%d）", len(refused.Items)), Parts: view.Parts{refused}})
	}
	return ui.ShowSheet(c, c.Page("收藏"), body)
}

type pairTitle struct {
	kind   listing.Descriptor
	title  string
	sample bool
}

// pairTitles reads what the reader may see of both sides; others have no title.
func (p *Pages) pairTitles(c *web.Ctx, pairs []watch.Pair) (map[int64]pairTitle, error) {
	var ids []int64
	for _, pair := range pairs {
		ids = append(ids, pair.Query, pair.Result)
	}
	heads, err := p.Listings.Heads(c.Context(), c.Actor(), ids)
	if err != nil {
		return nil, err
	}
	out := map[int64]pairTitle{}
	for _, h := range heads {
		out[h.ID] = pairTitle{p.Listings.Kinds().Of(h.Kind), h.Title, h.Sample}
	}
	return out, nil
}

// subscribe is the button over a list that keeps its search.
func (p *Pages) subscribe(c *web.Ctx, kind drawnKind, f found, chips []view.Chip) []view.Action {
	if f.ask.Text == "" && len(chips) == 0 {
		return nil
	}
	if !c.Actor().SignedIn() {
		return []view.Action{
			{
				Label: "登录后订阅这次搜索",
				Href:  "/signin?" + url.Values{"next": {f.address(kind.ListPath(), func(url.Values) {})}}.Encode(),
				Kind:  view.Quiet,
				Small: true,
			},
		}
	}
	names := ui.NotEmpty(f.ask.Text)
	hidden := []view.Pair{{Name: "kind", Value: string(kind.Kind)}, {Name: "q", Value: f.ask.Text}}
	for _, chip := range chips {
		names = append(names, chip.Label)
	}
	for _, r := range kind.Narrowed {
		for _, code := range f.values[r.Facet] {
			hidden = append(hidden, view.Pair{Name: r.Facet, Value: code})
		}
	}
	hidden = append(hidden, view.Pair{Name: "name", Value: strings.Join(names, " ")})
	return []view.Action{{Label: "订阅这次搜索", Post: "/searches", Kind: view.Quiet, Small: true, Hidden: hidden}}
}

func (p *Pages) saveSearch(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	q := catalogue.Criteria{Kind: listing.Kind(f.Text("kind")), Text: f.Text("q"), Facets: map[string][]string{}}
	for _, r := range p.Catalogue.Kinds().Of(q.Kind).Narrowed {
		if chosen := f.List(r.Facet); len(chosen) > 0 {
			q.Facets[r.Facet] = chosen
		}
	}
	if _, err := p.Watch.Save(c.Context(), c.Actor(), q, f.Text("name"), watch.Daily); err != nil {
		if ui.Refused(err) {
			return ui.FlashRefusal(c, err, "/searches")
		}
		return err
	}
	c.Flash(view.OK, "已订阅：每天早上有新的就告诉您。可以在这里改成立即提醒，或结束。")
	return c.See("/searches")
}

var noticeLabels = []view.Option{
	{Value: string(watch.Daily), Label: "每天一次"},
	{Value: string(watch.Immediate), Label: "立即"},
	{Value: string(watch.Never), Label: "不提醒，只用订阅源"},
}

// savedAddress is the list page with the words and conditions of a saved search.
func (p *Pages) savedAddress(q catalogue.Criteria) string {
	v := url.Values{}
	if q.Text != "" {
		v.Set("q", q.Text)
	}
	maps.Copy(v, q.Facets)
	return p.Catalogue.Kinds().Of(q.Kind).ListPath() + "?" + v.Encode()
}

// searches lists the person's saved searches.
func (p *Pages) searches(c *web.Ctx) error {
	mine, err := p.Watch.Mine(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	body := ui.Sheet{Lead: "发布了符合条件的成果或需求时告诉您。提醒发到消息和邮箱，也可以在阅读器里用订阅源。"}
	for _, s := range mine {
		at := fmt.Sprintf("/searches/%d", s.ID)
		notice := view.NewForm(
			at,
			"更改",
			view.Field{
				Kind:     view.Select,
				Name:     "notice",
				ID:       fmt.Sprintf("notice-%d", s.ID),
				Label:    "提醒",
				Required: true,
				Value:    string(s.Notice),
				Options:  noticeLabels,
				Width:    "m",
			},
		)
		notice.Sections[0].Inline = true
		notice.Actions[0].Kind, notice.Actions[0].Small = view.Quiet, true
		facts := []view.Fact{{Label: "范围", Value: p.Catalogue.Kinds().Of(s.Query.Kind).Label}, {Label: "订阅于", Value: view.Day(s.CreatedAt)}}
		body.Main = append(body.Main, ui.Block{Card: true, Title: s.Name, Parts: view.Parts{view.Facts{Items: facts}, notice, view.Links{
			{Label: "现在的结果", Href: p.savedAddress(s.Query)},
			{Label: "订阅源（Atom）", Href: "/feeds/" + s.FeedToken, Note: " 地址不用登录就能打开，请不要公开"},
		}, view.Actions{{Label: "结束订阅", Post: at, Kind: view.Quiet, Small: true, Hidden: []view.Pair{{Name: "end", Value: "yes"}}}}}})
	}
	if len(mine) == 0 {
		body.Main = []ui.Block{{Parts: view.Parts{view.Empty{Icon: "bell", Title: "还没有订阅", Text: "在成果或需求页搜索、选好条件，再点“订阅这次搜索”。",
			Actions: []view.Action{{Label: "找成果", Href: "/achievements"}, {Label: "找需求", Href: "/demands", Kind: view.Quiet}}}}}}
	}
	return ui.ShowSheet(c, c.Page("我的订阅"), body)
}

func (p *Pages) changeSearch(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	if f.Bool("end") {
		if err := p.Watch.End(c.Context(), c.Actor(), id); err != nil {
			return err
		}
		c.Flash(view.OK, "已结束这个订阅。")
		return c.See("/searches")
	}
	if err := p.Watch.SetNotice(c.Context(), c.Actor(), id, watch.Notice(f.Text("notice"))); err != nil {
		return ui.FlashRefusal(c, err, "/searches")
	}
	c.Flash(view.OK, "已更改提醒方式。")
	return c.See("/searches")
}

// The Atom feed (RFC 4287) of a saved search.
type (
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Links   []atomLink  `xml:"link"`
		Entries []atomEntry `xml:"entry"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	atomEntry struct {
		ID      string   `xml:"id"`
		Title   string   `xml:"title"`
		Updated string   `xml:"updated"`
		Link    atomLink `xml:"link"`
		Author  string   `xml:"author>name"`
		Summary string   `xml:"summary"`
	}
)

func (p *Pages) feed(c *web.Ctx) error {
	if err := c.Limit("feed", 60, time.Minute); err != nil {
		return err
	}
	saved, entries, err := p.Watch.Feed(c.Context(), c.Param("token"))
	if err != nil {
		return err
	}
	host := c.BaseURL()
	if u, err := url.Parse(host); err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	updated := saved.CreatedAt
	doc := atomFeed{
		ID:    fmt.Sprintf("tag:%s,2026:search/%d", host, saved.ID),
		Title: c.T("科技大市场：%s", saved.Name),
		Links: []atomLink{{Rel: "self", Href: c.BaseURL() + "/feeds/" + saved.FeedToken}, {Href: c.BaseURL() + p.savedAddress(saved.Query)}},
	}
	for _, e := range entries {
		if e.PublishedAt.After(updated) {
			updated = e.PublishedAt
		}
		doc.Entries = append(
			doc.Entries,
			atomEntry{ID: fmt.Sprintf("tag:%s,2026:%s/%d", host, e.Kind, e.ID), Title: e.Title, Updated: e.PublishedAt.Format(time.RFC3339),
				Link: atomLink{Href: c.BaseURL() + p.Catalogue.Kinds().Of(e.Kind).PagePath(e.ID)}, Author: e.Organisation, Summary: e.Lead},
		)
	}
	doc.Updated = updated.Format(time.RFC3339)
	b, err := xml.MarshalIndent(doc, "", " ")
	if err != nil {
		return err
	}
	return c.Document("application/atom+xml; charset=utf-8", updated, append([]byte(xml.Header), b...))
}

// askEndFeed is where the link of a mail leads: mail scanners open links, so the end itself is a button.
func (p *Pages) askEndFeed(c *web.Ctx) error {
	name, err := p.Watch.Ending(c.Context(), c.Param("token"))
	if err != nil {
		return err
	}
	page := c.Page("结束提醒")
	page.NoIndex = true
	return ui.ShowSheet(
		c,
		page,
		ui.Sheet{
			Heading: view.T(c.T("结束“%s”的提醒", name)),
			Lead:    "结束后不再提醒；搜索的订阅源也会失效。",
			Actions: []view.Action{{Label: "结束提醒", Post: "/feeds/" + c.Param("token") + "/end"}},
		},
	)
}

// endFeed answers a mail program's one click (RFC 8058) without sending it elsewhere.
func (p *Pages) endFeed(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := p.Watch.EndByToken(c.Context(), c.Param("token")); err != nil {
		return err
	}
	if f.Text("List-Unsubscribe") == "One-Click" {
		return c.Blob("text/plain; charset=utf-8", []byte("已结束提醒。"))
	}
	c.Flash(view.OK, "已结束提醒。")
	return c.See("/")
}

func (p *Pages) confirmAsked(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	kind, known := p.Listings.Kinds().Get(listing.Kind(f.Text("kind")))
	if !known {
		return fault.New(fault.Invalid, "kind", "请从工作台确认。")
	}
	n, err := p.Listings.ConfirmAsked(c.Context(), c.Actor(), kind.Kind)
	if err != nil {
		return err
	}
	c.Flash(view.OK, c.T("已确认 %d 条%s仍然有效，谢谢。", n, kind.Label))
	return c.See("/desk")
}
