package market

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/platform/files"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

func (p *Pages) listingRoutes() []web.Route {
	anyone, signed := web.Anyone(), web.SignedIn()
	member := web.Members()
	editor := web.Officers()
	routes := []web.Route{
		web.GET("/review", editor, p.reviewQueue),
		web.GET("/review/:id", editor, p.review),
		web.POST("/review/:id", editor, p.decideListing),
		web.GET("/files/:id", anyone, p.listingFile),
	}
	for _, kind := range p.kinds() {
		at, own := kind.ListPath(), kind.OwnPath()
		routes = append(routes,
			web.GET(at, anyone, func(c *web.Ctx) error { return p.listPage(c, kind) }).Public(listParams(kind)...),
			web.GET(at+"/new", signed, func(c *web.Ctx) error { return p.showEditor(c, kind, 0, nil, nil) }),
			web.POST(at, member, func(c *web.Ctx) error { return p.saveListing(c, kind, 0) }).WithFiles(),
			web.GET(at+"/:id", anyone, func(c *web.Ctx) error { return p.listingDetail(c, kind) }).Public(),
			web.POST(at+"/:id/contact", signed, func(c *web.Ctx) error { return p.revealContact(c, kind) }),
			web.GET(own, member, func(c *web.Ctx) error { return p.ownListings(c, kind) }),
			web.GET(own+".xlsx", member, func(c *web.Ctx) error { return p.exportOwn(c, kind) }),
			web.GET(own+"/:id", member, func(c *web.Ctx) error { return p.ownListing(c, kind) }),
			web.GET(own+"/:id/edit", member, func(c *web.Ctx) error {
				id, err := c.ID("id")
				if err != nil {
					return err
				}
				return p.editListing(c, kind, id)
			}),
			web.POST(own+"/:id/edit", member, func(c *web.Ctx) error {
				id, err := c.ID("id")
				if err != nil {
					return err
				}
				return p.saveListing(c, kind, id)
			}).WithFiles(),
			web.GET(own+"/:id/delete", member, func(c *web.Ctx) error { return p.askDelete(c, kind) }),
			web.POST(own+"/:id/delete", member, func(c *web.Ctx) error { return p.deleteDraft(c, kind) }),
			web.POST(own+"/:id/do", member, func(c *web.Ctx) error { return p.moveListing(c, kind) }),
		)
	}
	return routes
}

func listingStateTag(l listing.Listing) view.Tag {
	t := view.Tag{Label: words.ListingState(l.State)}
	switch l.State {
	case listing.Published:
		t.Tone = view.OK
	case listing.Submitted, listing.Resubmitted, listing.Revising:
		t.Tone = view.Info
	case listing.Returned:
		t.Tone = view.Bad
	case listing.Expired:
		t.Tone = view.Warn
	}
	return t
}

// listingDetail is the public page of a listing, in the form that all kinds share where a kind has no page of its own.
func (p *Pages) listingDetail(c *web.Ctx, kind drawnKind) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	it, err := kind.get(c, id)
	if err != nil {
		return err
	}
	if !it.public() {
		return c.See(kind.DeskPath(id))
	}
	l := it.base()
	org, err := p.Identity.Organisation(c.Context(), l.OrganisationID)
	if err != nil {
		return err
	}
	history, err := p.Listings.History(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	page := c.Page(l.Title)
	page.Nav = kind.Path
	page.Breadcrumbs = []view.Link{{Label: kind.Label, Href: kind.ListPath()}}
	row := view.Row{}
	ui.AddListingTags(c, &row, l, l.Field, it.topics())
	body := ui.Sheet{Tags: row.Tags, Sample: l.Sample, Main: it.publicBlocks(c)}
	if row.Fresh != "" {
		body.Tags = append(body.Tags, view.Tag{Label: row.Fresh, Tone: view.OK})
	}
	body.Actions = listingActions(c, kind, it)
	if l.Public(c.Now()) && !it.mine() {
		favour, err := p.detailMark(c, l, kind.PagePath(id))
		if err != nil {
			return err
		}
		body.Actions = append(body.Actions, favour)
	}
	if done, err := it.own(c, org, body.Actions, history); done {
		return err
	}
	if l.Public(c.Now()) && kind.Side == listing.SideDemand && p.Help != nil {
		help, err := p.Help(c, l)
		if err != nil {
			return err
		}
		body.Main = append(body.Main, help...)
	}
	if n := anonymityNotice(l); n != nil {
		body.Main = append([]ui.Block{{Parts: view.Parts{*n}}}, body.Main...)
	}
	owner := []view.Fact{
		{Label: "单位", Value: org.Name, Href: ui.UnitPath(org)},
		{Label: "所在地", Value: ui.Place(l.Division, org.Division)},
	}
	if l.PublishedAt != nil {
		owner = append(owner, view.Fact{Label: "发布", Value: view.Day(*l.PublishedAt), Note: c.T("第 %d 版", l.PublishedVersion)})
	}
	if l.ExpiresAt != nil {
		owner = append(owner, view.Fact{Label: "有效到", Value: view.Day(*l.ExpiresAt)})
	}
	owner = append(owner, view.Fact{Label: "编号", Value: strconv.FormatInt(l.ID, 10), Num: true})
	body.Side = []ui.Block{
		{Card: true, Title: "发布单位", Parts: view.Parts{view.Facts{Items: owner, Wide: true}}},
		{Title: "经过", Parts: view.Parts{listingTimeline(history)}},
	}
	if !it.mine() && it.contact() {
		body.Side = append(revealForm(ui.NewAsk(c, nil, nil), kind.PagePath(id), c.Actor()), body.Side...)
	}
	return ui.ShowSheet(c, page, body)
}

// listingActions are what the reader can do with a listing: its owner keeps it, others approach, match and compare.
func listingActions(c *web.Ctx, kind drawnKind, it item) (actions []view.Action) {
	l := it.base()
	switch {
	case it.mine():
		actions = []view.Action{
			{Label: "在工作台管理", Href: kind.DeskPath(l.ID), Kind: view.Quiet},
			{Label: "看匹配", Href: kind.MatchesPath(l.ID)},
		}
		if kind.Side == listing.SideDemand && l.Public(c.Now()) {
			actions = append(actions, view.Action{Label: "转成榜单", Href: fmt.Sprintf("/challenges/new?need=%d", l.ID), Kind: view.Quiet})
		}
		if kind.Side == listing.SideSupply && l.Public(c.Now()) {
			actions = append(actions, view.Action{Label: "权属与赋权", Href: fmt.Sprintf("/grants?achievement=%d", l.ID), Kind: view.Quiet})
		}
		return actions
	case l.Public(c.Now()):
		if ui.MayDeal(c.Actor()) {
			actions = []view.Action{{Label: "发起对接", Href: fmt.Sprintf("/deals/new?%s=%d", ui.DealField(kind.Side), l.ID)}}
		}
		actions = append(actions, view.Action{Label: kind.fits, Href: kind.MatchesPath(l.ID), Kind: view.Quiet})
		if kind.compared {
			actions = append(actions, view.Action{Label: "加入比较", Href: compareAddress([]int64{l.ID}), Kind: view.Quiet})
		}
		actions = append(actions, view.Action{Label: c.T("相似的%s", kind.Label), Href: kind.PagePath(l.ID) + "/similar", Kind: view.Quiet})
	}
	return actions
}

func listingTimeline(history []listing.Happening) *view.Timeline {
	t := &view.Timeline{}
	for _, h := range history {
		e := view.Event{At: h.At, Who: h.Name, What: words.ListingEvent(h.Event), Note: h.Reason}
		if h.Event == listing.EventClose {
			e.Note = cmp.Or(listing.CloseLabel(h.Reason), h.Reason)
		}
		switch h.Event {
		case listing.EventPublish, listing.EventConfirm, listing.EventRenew:
			e.Tone = view.OK
		case listing.EventReturn:
			e.Tone = view.Bad
		case listing.EventExpire:
			e.Tone = view.Warn
		}
		t.Events = append(t.Events, e)
	}
	return t
}

func prose(title, text string) []ui.Block {
	if text == "" {
		return nil
	}
	return []ui.Block{{Title: title, Parts: view.Parts{view.Prose{view.T(text)}}}}
}

func achievementBlocks(c *web.Ctx, k achievement.Content, who actor.Actor) []ui.Block {
	facts := []view.Fact{
		{Label: "成熟度", TRL: k.Maturity.Level, Note: maturityNote(c, k.Maturity)}, {Label: "意向价格", Value: k.Price.String(), Num: true},
		{Label: "合作方式", Value: ui.Join(ui.Labels(codes.Cooperation, k.Cooperation))}, {Label: "技术领域", Value: codes.Field.Label(k.Field)},
		{Label: "规划方向", Value: topicNames(k.Topics)}, {Label: "应用行业", Value: codes.Industry.Label(k.Industry)},
	}
	if len(k.Keywords) > 0 {
		facts = append(facts, view.Fact{Label: "关键词", Value: ui.Join(k.Keywords)})
	}
	blocks := []ui.Block{{Parts: view.Parts{view.Prose{view.T(k.Summary)}, view.Facts{Items: facts}}}}
	blocks = append(blocks, prose("解决的问题", k.Problem)...)
	if len(k.Advantages) > 0 {
		var rows [][]string
		for _, a := range k.Advantages {
			rows = append(rows, []string{a.Name, a.Ours, a.Present, a.Unit})
		}
		blocks = append(blocks, measuresBlock("与现有方案对比", "本成果", "现有方案", rows))
	}
	blocks = slices.Concat(blocks, prose("成果介绍", k.Description), rightsBlock(k.IP), casesBlock(k.Cases), teamBlock(k.Team))
	return append(append(blocks, filesBlock(c, k.Files)...), contactBlock(k.Contact, who)...)
}

func demandBlocks(c *web.Ctx, k demand.Content, who actor.Actor) []ui.Block {
	facts := []view.Fact{
		{Label: "预算", Value: k.Budget.String(), Num: true}, {Label: "期限", Value: k.Deadline, Num: true},
		{Label: "合作方式", Value: ui.Join(ui.Labels(codes.Cooperation, k.Cooperation))}, {Label: "要求的成熟度", TRL: k.MaturityMin},
		{
			Label: "技术领域",
			Value: codes.Field.Label(k.Field),
		}, {Label: "规划方向", Value: topicNames(k.Topics)}, {Label: "所属行业", Value: codes.Industry.Label(k.Industry)},
	}
	if k.MaturityMin == 0 {
		facts[3] = view.Fact{Label: "要求的成熟度", Value: "不限"}
	}
	if len(k.Keywords) > 0 {
		facts = append(facts, view.Fact{Label: "关键词", Value: ui.Join(k.Keywords)})
	}
	blocks := append(prose("要解决的问题", k.Problem), ui.Block{Parts: view.Parts{view.Facts{Items: facts}}})
	blocks = slices.Concat(blocks, targetsBlock(k.Targets), prose("考核指标", k.Goals), demandWords(k))
	return append(append(blocks, filesBlock(c, k.Files)...), contactBlock(k.Contact, who)...)
}

func maturityNote(c *web.Ctx, m achievement.Maturity) string {
	if m.Level == 0 {
		return ""
	}
	switch m.Basis {
	case achievement.BasisJudged:
		return c.T("%s；由%s评价，%s", codes.TRL.Label(strconv.Itoa(m.Level)), m.Judge, m.Date)
	case achievement.BasisSelf:
		return c.T("%s；单位自评", codes.TRL.Label(strconv.Itoa(m.Level)))
	default:
		return ""
	}
}

func topicNames(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = codes.TopicLabel(v)
	}
	return ui.Join(out)
}

func choice(choices []listing.Choice, code string) string {
	for _, c := range choices {
		if c.Code == code {
			return c.Label
		}
	}
	return code
}

func filesBlock(c *web.Ctx, files []listing.Attachment) []ui.Block {
	var items []view.FileItem
	for i, f := range files {
		name := f.Caption
		if name == "" {
			name = c.T("附件 %d", i+1)
		}
		items = append(
			items,
			view.FileItem{
				Name: name,
				Href: fmt.Sprintf("/files/%d", f.FileID),
				Note: map[string]string{listing.FilePicture: "图片", listing.FileEvidence: "证明材料"}[f.Role],
			},
		)
	}
	if len(items) == 0 {
		return nil
	}
	return []ui.Block{{ID: "files", Title: "附件", Parts: view.Parts{view.Files(items)}}}
}

// measuresBlock lists name, two values and unit; the unit has a column only where one was given apart from the value.
func measuresBlock(title, first, second string, rows [][]string) ui.Block {
	type row = []string
	at := func(label string, place int) ui.Column[row] {
		return ui.TextColumn(label, func(r row) string { return r[place] })
	}
	columns := ui.Columns[row]{at("指标", 0), at(first, 1), at(second, 2)}
	if slices.ContainsFunc(rows, func(r row) bool { return r[3] != "" }) {
		columns = append(columns, at("单位", 3))
	}
	return ui.Block{Title: title, Parts: view.Parts{columns.Table(title, rows)}}
}

// listingFile sends a picture or attachment of a listing that the reader may see.
func (p *Pages) listingFile(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	return ui.SendFile(c, p.Files, files.Object{Kind: "listing"}, id)
}
