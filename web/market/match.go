package market

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/facet"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/matching"
	"techmarket/internal/market/watch"
	"techmarket/search"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// Matcher finds the other side of a listing; matching.Finder is one.
type Matcher interface {
	Find(ctx context.Context, r matching.Request) (matching.Matches, error)
}

func (p *Pages) matchRoutes() []web.Route {
	routes := []web.Route{web.GET("/match", web.Anyone(), p.matchText)}
	for _, kind := range p.kinds() {
		similar := func(c *web.Ctx) error { return p.similarTo(c, kind) }
		routes = append(routes, web.GET(kind.ListPath()+"/:id/similar", web.Anyone(), similar).Public())
		if kind.Counterpart != "" {
			routes = append(routes, web.GET(kind.ListPath()+"/:id/matches", web.Anyone(), func(c *web.Ctx) error { return p.matches(c, kind) }))
		}
	}
	return routes
}

// Match is the body of the page "market/match": the other side of a listing or of a pasted problem, ranked, each with its reasons.
type Match struct {
	Heading string
	Lead    string
	Sample  bool
	Notices []view.Notice
	Ask     *view.Form    // the box for a problem
	Title   string        // of the list
	List    *view.Matches // nil: nothing was asked yet
	Actions []view.Action
	Side    []ui.Block
}

// matched is a listing with what was found for it, as the page, the print view and the sheet need it.
type matched struct {
	kind, want  drawnKind
	listing     listing.Listing
	OwnListings bool
	gate        listing.Completeness
	parts       []listing.GatePart
	lead        []string
	found       matching.Matches
	under       bool // what lies under the line is listed too
	standing    watch.Standing
	cards       []view.MatchCard
	places      []watch.Place
}

// matched reads the listing of the address and ranks the other side for it. What the reader's organisation refused stays away.
func (p *Pages) matched(c *web.Ctx, kind drawnKind) (matched, error) {
	m := matched{kind: kind, under: c.QueryForm().Bool("under")}
	id, err := c.ID("id")
	if err != nil {
		return m, err
	}
	if m.want, err = p.kind(kind.Counterpart); err != nil {
		return m, err
	}
	it, err := kind.get(c, id)
	if err != nil {
		return m, err
	}
	doc, err := it.document(c.Context())
	if err != nil {
		return m, err
	}
	m.listing, m.OwnListings, m.gate, m.parts, m.lead = it.base(), it.mine(), it.completeness(), it.gate(), it.lead(c)
	visible := p.Catalogue.Visible()
	if m.standing, err = p.Watch.Standing(c.Context(), c.Actor(), m.listing); err != nil {
		return m, err
	}
	if hidden := m.standing.Hidden(m.want.Descriptor); len(hidden) > 0 {
		visible = append(visible, search.NoneOf(facet.ID, hidden...))
	}
	m.found, err = p.Matcher.Find(
		c.Context(),
		matching.Request{Listing: doc, Want: string(m.want.Kind), Visible: visible, Hard: watch.Hard(doc), Limit: 20, Under: m.under},
	)
	if err != nil && !fault.HasCode(err, "match_empty") {
		return m, err
	}
	m.cards, m.places, err = p.matchCards(c, m.want, m.found, func(otherID int64) view.Action {
		if !ui.MayDeal(c.Actor()) {
			return view.Action{Label: c.T("看%s", m.want.Label), Href: m.want.PagePath(otherID), Small: true, Kind: view.Quiet}
		}
		v := url.Values{}
		v.Set(ui.DealField(kind.Side), strconv.FormatInt(id, 10))
		v.Set(ui.DealField(m.want.Side), strconv.FormatInt(otherID, 10))
		return view.Action{Label: "发起对接", Href: "/deals/new?" + v.Encode(), Small: true}
	})
	return m, err
}

// note says how the list came about.
func (m matched) note(c *web.Ctx) string {
	note := c.T("按匹配度排列的%s", m.want.Label)
	if m.under {
		note += "，连同线以下的"
	}
	var left []string
	if n := m.found.Filtered; n > 0 {
		left = append(left, c.T("%d 项成熟度低于要求", n))
	}
	if n := m.found.Under; n > 0 && !m.under {
		left = append(left, c.T("%d 项只有个别词相同", n))
	}
	if len(left) > 0 {
		note += c.T("。没有列出的：%s。", strings.Join(left, "，"))
	}
	return note
}

// matches ranks the other side for a listing, with reasons.
func (p *Pages) matches(c *web.Ctx, kind drawnKind) error {
	m, err := p.matched(c, kind)
	if err != nil {
		return err
	}
	id := m.listing.ID
	page := c.Page(c.T("匹配：%s", m.listing.Title))
	page.Nav = kind.Path
	page.Breadcrumbs = []view.Link{
		{Label: kind.Label, Href: kind.ListPath()},
		{Label: m.listing.Title, Href: kind.PagePath(id)},
	}
	body := Match{Heading: m.listing.Title, Lead: strings.Join(m.lead, " · "), Sample: m.listing.Sample, Title: c.T("匹配到的%s", m.want.Label),
		Notices: matchNotices(m.found)}
	if m.OwnListings {
		p.answerable(&m)
		p.Watch.Shown(c.Actor(), m.listing, m.places)
	}
	body.List, body.Actions = m.list(c), m.actions(c)
	if body.Side, err = p.matchSide(c, m); err != nil {
		return err
	}
	return c.Render("market/match", view.With[Match]{Page: page, Body: body})
}

// list is what was found, or what to do where nothing was.
func (m matched) list(c *web.Ctx) *view.Matches {
	list := &view.Matches{Cards: m.cards}
	if len(m.cards) > 0 || m.found.Filtered > 0 {
		list.Note = m.note(c)
	}
	if !m.under {
		list.More = moreAction(m.found, m.kind.MatchesPath(m.listing.ID)+"?under=yes")
	}
	list.Empty = view.Empty{Icon: "search-x", Title: c.T("暂无合适%s", m.want.Label), Text: "没有一项达到匹配的最低要求，可以请技术经纪人帮忙。",
		Actions: []view.Action{{Label: "请技术经纪人来谈", Href: "/brokers?field=" + m.listing.Field}}}
	if m.OwnListings && m.listing.State.Live() {
		list.Empty.Text = "没有一项达到匹配的最低要求。把缺的信息补上会更准，也可以请技术经纪人帮忙；有新的会提醒您。"
	}
	return list
}

// actions take the list along.
func (m matched) actions(c *web.Ctx) []view.Action {
	if len(m.cards) == 0 {
		return nil
	}
	at := m.kind.MatchesPath(m.listing.ID)
	out := []view.Action{
		{Label: "打印匹配单", Href: at + "/print", Kind: view.Quiet, Small: true},
		{Label: "下载 Excel", Href: at + ".xlsx", Kind: view.Quiet, Small: true},
	}
	if m.want.compared && len(m.cards) > 1 {
		var ids []int64
		for _, place := range m.places[:min(maxCompared, len(m.places))] {
			ids = append(ids, place.Listing.ID)
		}
		out = append(out, view.Action{Label: c.T("比较前 %d 项", len(ids)), Href: compareAddress(ids), Kind: view.Quiet, Small: true})
	}
	return out
}

// matchSide is for the owner what the listing lacks and its alerts, and for all but brokers who can help.
func (p *Pages) matchSide(c *web.Ctx, m matched) ([]ui.Block, error) {
	var out []ui.Block
	edit := m.kind.DeskPath(m.listing.ID) + "/edit"
	switch {
	case m.OwnListings && len(m.parts) > 0:
		out = append(out, ui.Block{Card: true, Title: c.T("这条%s说清楚了吗", m.kind.Label), Parts: view.Parts{gateMeter(c, m.parts, edit)}})
	case m.OwnListings && len(m.gate.Missing) > 0:
		share := view.Share{Done: m.gate.Percent, Of: 100, Label: c.T("%d%%。补上下面几处，匹配会更准：", m.gate.Percent)}
		var missing view.Links
		for _, miss := range m.gate.Missing[:min(4, len(m.gate.Missing))] {
			missing = append(missing, view.Link{Label: miss.Label, Href: edit + "#" + miss.Path})
		}
		out = append(out, ui.Block{Card: true, Title: "资料完整度", Parts: view.Parts{share, missing}})
	}
	if m.OwnListings && m.listing.State.Live() { // nothing is matched to what is closed
		alerts, err := p.alertBlock(c, m)
		if err != nil {
			return nil, err
		}
		out = append(out, alerts)
	}
	if !c.Actor().Has(actor.Broker) { // who is one needs no other
		out = append(out, p.brokerBlock(c, m.listing))
	}
	return out, nil
}

// similarTo lists those of the same kind that are about the same thing.
func (p *Pages) similarTo(c *web.Ctx, kind drawnKind) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	it, err := kind.get(c, id)
	if err != nil {
		return err
	}
	doc, err := it.document(c.Context())
	if err != nil {
		return err
	}
	l := it.base()
	found, err := p.Matcher.Find(c.Context(), matching.Request{Listing: doc, Want: string(kind.Kind),
		Visible: p.Catalogue.Visible(), Limit: 10})
	if err != nil && !fault.HasCode(err, "match_empty") {
		return err
	}
	cards, _, err := p.matchCards(c, kind, found, func(id int64) view.Action {
		return view.Action{Label: c.T("看%s", kind.Label), Href: kind.PagePath(id), Small: true, Kind: view.Quiet}
	})
	if err != nil {
		return err
	}
	page := c.Page(c.T("相似的%s", kind.Label))
	page.Nav = kind.Path
	page.Breadcrumbs = []view.Link{{Label: kind.Label, Href: kind.ListPath()}, {Label: l.Title, Href: kind.PagePath(l.ID)}}
	body := Match{Heading: page.Title, Lead: c.T("与“%s”内容相近的%s，相近的在前。", l.Title, kind.Label), Sample: l.Sample,
		Title: page.Title, Notices: matchNotices(found), List: &view.Matches{Cards: cards, Empty: view.Empty{
			Icon:    "search-x",
			Title:   c.T("没有相似的%s", kind.Label),
			Text:    c.T("目前公开的%s里没有内容相近的。", kind.Label),
			Actions: []view.Action{{Label: c.T("看全部%s", kind.Label), Href: kind.ListPath()}},
		}}}
	return c.Render("market/match", view.With[Match]{Page: page, Body: body})
}

// matchText matches a problem that somebody pasted, without posting it.
func (p *Pages) matchText(c *web.Ctx) error {
	text := c.QueryForm().Text("q")
	page := c.Page("看看谁已经解决了")
	post := "/demands/new?" + url.Values{"text": {text}}.Encode()
	body := Match{Heading: page.Title, Lead: "粘贴一段技术难题，不用注册就能看到可能合适的成果和理由。", Title: "可能合适的成果", Ask: &view.Form{
		Action:  "/match",
		Get:     true,
		Actions: []view.Action{{Label: "找成果"}, {Label: "发布成需求", Href: post, Kind: view.Quiet}},
		Sections: []view.Section{{Fields: []view.Field{{Kind: view.Area, Name: "q", Label: "技术难题", Value: text, Required: true, Rows: 6,
			Hint: "哪道工序、什么对象、现在做到多少、要做到多少"}}}},
	}}
	if text != "" {
		var err error
		if body.List, body.Notices, err = p.matchesOfText(c, text, post); err != nil {
			return err
		}
	}
	return c.Render("market/match", view.With[Match]{Page: page, Body: body})
}

// matchesOfText lists what fits a pasted problem, and what to try where nothing does; post is where it becomes a need.
func (p *Pages) matchesOfText(c *web.Ctx, text, post string) (*view.Matches, []view.Notice, error) {
	under := c.QueryForm().Bool("under")
	found, err := p.Matcher.Find(
		c.Context(),
		matching.Request{
			Listing: search.Document{Kind: string(demand.Kind), Body: text},
			Want:    string(achievement.Kind),
			Visible: p.Catalogue.Visible(),
			Limit:   10,
			Under:   under,
		},
	)
	if err != nil && !fault.HasCode(err, "match_empty") {
		return nil, nil, err
	}
	want, err := p.kind(achievement.Kind)
	if err != nil {
		return nil, nil, err
	}
	cards, _, err := p.matchCards(c, want, found, func(id int64) view.Action {
		return view.Action{Label: "看成果", Href: want.PagePath(id), Small: true, Kind: view.Quiet}
	})
	if err != nil {
		return nil, nil, err
	}
	m := &view.Matches{Cards: cards, Empty: view.Empty{Icon: "search-x", Title: "暂无合适成果",
		Text: "没有一项达到匹配的最低要求。写明对象、工序和要达到的指标会更准；发布成需求后，有新成果时会提醒您；也可以请技术经纪人帮忙。",
		Actions: []view.Action{
			{Label: "发布成需求", Href: post},
			{Label: "找技术经纪人", Href: "/brokers", Kind: view.Quiet},
		}}}
	if !under {
		m.More = moreAction(found, "/match?"+url.Values{"q": {text}, "under": {"yes"}}.Encode())
	}
	return m, matchNotices(found), nil
}

// moreAction opens what lies under the line; nil where nothing does.
func moreAction(found matching.Matches, address string) *view.Action {
	if found.Under == 0 {
		return nil
	}
	return &view.Action{Label: "看看还有哪些（只有个别词相同）", Href: address, Kind: view.Quiet, Small: true}
}

// matchNotices say what the matching had to do without.
func matchNotices(found matching.Matches) []view.Notice {
	if found.Notice == "" {
		return nil
	}
	return []view.Notice{{Title: found.Notice}}
}

// matchCards reads the found listings again and draws score, reasons and the sheet behind them; places are the same, for the log.
func (p *Pages) matchCards(
	c *web.Ctx,
	want drawnKind,
	found matching.Matches,
	act func(id int64) view.Action,
) ([]view.MatchCard, []watch.Place, error) {
	ids := make([]int64, 0, len(found.Items))
	explained := map[int64]matching.Explained{}
	for _, m := range found.Items {
		id := listing.IDOf(m.Document.ID)
		ids = append(ids, id)
		explained[id] = m.Explained
	}
	items, err := p.publicRows(c, want, ids)
	if err != nil {
		return nil, nil, err
	}
	if err := p.markRows(c, items); err != nil {
		return nil, nil, err
	}
	var cards []view.MatchCard
	var places []watch.Place
	for _, it := range items { // without what was withdrawn since it was indexed
		id, row, e := it.ID, it.row, explained[it.ID]
		row.Title, row.Lead = markWords(row.Title.String(), e.Words), markWords(row.Lead.String(), e.Words)
		card := view.MatchCard{Row: row, Band: ui.FirstOf(e.Band.String(), "弱"), Score: int(math.Round(e.Score * 100))}
		card.Actions = []view.Action{act(id)}
		if want.compared {
			card.Actions = append(card.Actions, view.Action{Label: "加入比较", Href: fmt.Sprintf("/compare?ids=%d", id), Kind: view.Quiet, Small: true})
		}
		for _, r := range e.Reasons {
			card.Reasons = append(card.Reasons, markWords(r, e.Words))
		}
		if e.Lack != "" {
			card.Short = view.T(c.T("不足：%s", strings.TrimPrefix(e.Lack, "不足：")))
		}
		card.Sheet, card.Sum = scoreSheet(c, e, card.Score)
		cards = append(cards, card)
		places = append(places, watch.Place{Listing: it.Listing, Rank: len(cards), Explained: e})
	}
	return cards, places, nil
}

func featureLabel(feature string) string {
	if label, ok := map[string]string{"text": "文字内容", "subject": "领域与行业", "maturity": "成熟度", "terms": "价格与合作方式",
		"region": "地区", "record": "单位答复记录", "freshness": "新鲜与完整"}[feature]; ok {
		return label
	}
	return feature
}

// markWords marks the matched words in a text, the longest first at each place.
func markWords(text string, words []string) view.Text {
	sorted := slices.Clone(words)
	slices.SortFunc(sorted, func(a, b string) int { return len(b) - len(a) })
	var out view.Text
	plain := 0
	for i := 0; i < len(text); {
		hit := ""
		for _, w := range sorted {
			if len(w) >= 4 && len(text)-i >= len(w) && strings.EqualFold(text[i:i+len(w)], w) {
				hit = text[i : i+len(w)]
				break
			}
		}
		if hit == "" {
			i++
			continue
		}
		if i > plain {
			out = append(out, view.Span{Text: text[plain:i]})
		}
		out = append(out, view.Span{Text: hit, Mark: true})
		i += len(hit)
		plain = i
	}
	if plain < len(text) {
		out = append(out, view.Span{Text: text[plain:]})
	}
	return out
}

// scoreSheet is how a score came about, in tenths of a point: the lines add up to the sum, as who checks them expects.
func scoreSheet(c *web.Ctx, e matching.Explained, score int) ([]view.ScoreLine, string) {
	var points, full []float64
	for _, k := range e.Contributions {
		points, full = append(points, k.Points*1000), append(full, k.Weight*1000)
	}
	tenths, sum := whole(points)
	outof, most := whole(full)
	var lines []view.ScoreLine
	for i, k := range e.Contributions {
		lines = append(
			lines,
			view.ScoreLine{
				Label:  featureLabel(k.Feature),
				Points: fmt.Sprintf("%.1f", float64(tenths[i])/10),
				Outof:  fmt.Sprintf("%.1f", float64(outof[i])/10),
				Note:   k.Note,
			},
		)
	}
	return lines, c.T(
		"合计 %.1f，满分 %.1f，折合 %.1f%%，匹配度 %d。除文字内容外，各项按文字内容吻合的程度计分。",
		sum/10,
		most/10,
		sum/max(most, 1e-9)*100,
		score,
	)
}

// whole rounds the parts so that they add up to the rounded sum: those with the largest remainders are rounded up.
func whole(parts []float64) (rounded []int, sum float64) {
	order := make([]int, len(parts))
	for i, p := range parts {
		order[i], rounded, sum = i, append(rounded, int(math.Floor(p))), sum+p
	}
	left := int(math.Round(sum))
	for _, n := range rounded {
		left -= n
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(parts[b]-math.Floor(parts[b]), parts[a]-math.Floor(parts[a])) })
	for _, i := range order[:left] {
		rounded[i]++
	}
	return rounded, sum
}

// brokerBlock proposes brokers for a listing's field and place.
func (p *Pages) brokerBlock(c *web.Ctx, l listing.Listing) ui.Block {
	var found []SuggestedBroker
	if p.Brokers != nil {
		found, _ = p.Brokers.Suggest(c.Context(), ui.FirstTwo(l.Field), l.Division, 3) // a suggestion is not worth an error page
	}
	var links view.Links
	for _, s := range found {
		links = append(
			links,
			view.Link{
				Label: s.Name,
				Href:  fmt.Sprintf("/brokers/%d", s.AccountID),
				Note:  c.T(" %s，擅长%s", s.Organisation, ui.Join(ui.Labels(codes.Field, s.Fields[:min(2, len(s.Fields))]))),
			},
		)
	}
	links = append(links, view.Link{Label: "全部技术经纪人", Href: "/brokers"})
	return ui.Block{Card: true, Title: "请技术经纪人帮忙", Parts: view.Parts{links}}
}
