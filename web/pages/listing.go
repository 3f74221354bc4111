package pages

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/web"
	"techmarket/web/view"
)

func (p *Pages) listingRoutes() []web.Route {
	anyone, signed := web.Anyone(), web.SignedIn()
	member := web.Roles("单位经办人", actor.Member, actor.OrgAdmin)
	editor := web.Roles("盟市、自治区管理员", actor.LeagueOfficer, actor.RegionOfficer)
	routes := []web.Route{
		web.GET("/review", editor, p.reviewQueue),
		web.GET("/review/:id", editor, p.review),
		web.POST("/review/:id", editor, p.decideListing),
		web.GET("/files/:id", anyone, p.listingFile),
	}
	for _, kind := range []listing.Kind{listing.Achievement, listing.Demand} {
		at, own := "/"+string(kind)+"s", "/desk/"+string(kind)+"s"
		routes = append(routes,
			web.GET(at, anyone, func(c *web.Ctx) error { return p.listPage(c, kind) }),
			web.GET(at+"/new", signed, func(c *web.Ctx) error { return p.showEditor(c, kind, 0, nil, nil) }),
			web.POST(at, member, func(c *web.Ctx) error { return p.saveListing(c, kind, 0) }).WithFiles(),
			web.GET(at+"/:id", anyone, func(c *web.Ctx) error { return p.listingDetail(c, kind) }),
			web.GET(own, member, func(c *web.Ctx) error { return p.ownListings(c, kind) }),
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
			web.POST(own+"/:id/do", member, func(c *web.Ctx) error { return p.moveListing(c, kind) }),
		)
	}
	return routes
}

func listingStateTag(l listing.Listing) view.Tag {
	t := view.Tag{Label: l.State.Label()}
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

// listingDetail is the public page of an achievement or a demand.
func (p *Pages) listingDetail(c *web.Ctx, kind listing.Kind) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	var (
		l     listing.Listing
		mine  bool
		main  []Block
		topic []string
	)
	if kind == listing.Achievement {
		it, err := p.Achievements.Get(c.Context(), c.Actor(), id)
		if err != nil {
			return err
		}
		if it.Published == nil {
			return c.See(listing.DeskPath(kind, id))
		}
		l, mine, topic = it.Listing, it.Mine, it.Published.Topics
		main = achievementBlocks(*it.Published, c.Actor())
	} else {
		it, err := p.Demands.Get(c.Context(), c.Actor(), id)
		if err != nil {
			return err
		}
		if it.Published == nil {
			return c.See(listing.DeskPath(kind, id))
		}
		l, mine, topic = it.Listing, it.Mine, it.Published.Topics
		main = demandBlocks(*it.Published, c.Actor())
	}
	org, err := p.Identity.Organisation(c.Context(), l.OrganisationID)
	if err != nil {
		return err
	}
	history, err := p.Listings.History(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	page := c.Page(l.Title)
	page.Nav = string(kind) + "s"
	page.Breadcrumbs = []view.Link{{Label: kind.Label(), Href: "/" + string(kind) + "s"}}
	row := view.Row{}
	addListingTags(c, &row, l, l.Field, topic)
	body := Sheet{Tags: row.Tags, Sample: l.Sample, Main: main}
	if row.Fresh != "" {
		body.Tags = append(body.Tags, view.Tag{Label: row.Fresh, Tone: view.OK})
	}
	switch {
	case mine:
		body.Actions = []view.Action{{Label: "在工作台管理", Href: listing.DeskPath(kind, id), Kind: view.Quiet}, {Label: "看匹配", Href: fmt.Sprintf("%s/matches", listingPath(kind, id))}}
	case l.Public(c.Now()):
		if mayDeal(c.Actor()) {
			body.Actions = []view.Action{{Label: "发起对接", Href: fmt.Sprintf("/deals/new?%sId=%d", kind, id)}}
		}
		if kind == listing.Demand {
			body.Actions = append(body.Actions, view.Action{Label: "看匹配到的成果", Href: fmt.Sprintf("/demands/%d/matches", id), Kind: view.Quiet},
				view.Action{Label: "相似的需求", Href: fmt.Sprintf("/demands/%d/similar", id), Kind: view.Quiet})
		} else {
			body.Actions = append(body.Actions, view.Action{Label: "看合适的需求", Href: fmt.Sprintf("/achievements/%d/matches", id), Kind: view.Quiet},
				view.Action{Label: "加入比较", Href: compareAddress([]int64{id}), Kind: view.Quiet},
				view.Action{Label: "相似的成果", Href: fmt.Sprintf("/achievements/%d/similar", id), Kind: view.Quiet})
		}
	}
	owner := []view.Fact{{Label: "单位", Value: org.Name, Href: fmt.Sprintf("/units/%d", org.ID)}, {Label: "所在地", Value: place(l.Division, org.Division)}}
	if l.PublishedAt != nil {
		owner = append(owner, view.Fact{Label: "发布", Value: view.Day(*l.PublishedAt), Note: fmt.Sprintf("第 %d 版", l.PublishedVersion)})
	}
	if l.ExpiresAt != nil {
		owner = append(owner, view.Fact{Label: "有效到", Value: view.Day(*l.ExpiresAt)})
	}
	owner = append(owner, view.Fact{Label: "编号", Value: strconv.FormatInt(l.ID, 10), Num: true})
	body.Side = []Block{{Card: true, Title: "发布单位", Facts: &view.Facts{Items: owner, Wide: true}}, {Title: "经过", Events: listingTimeline(history)}}
	return sheet(c, page, body)
}

func listingTimeline(history []listing.Happening) *view.Timeline {
	t := &view.Timeline{}
	for _, h := range history {
		e := view.Event{At: h.At, Who: h.Name, What: h.Event.Label(), Note: h.Reason}
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

func prose(title, text string) []Block {
	if text == "" {
		return nil
	}
	return []Block{{Title: title, Prose: []view.Text{view.T(text)}}}
}

func achievementBlocks(k achievement.Content, who actor.Actor) []Block {
	facts := []view.Fact{
		{Label: "成熟度", TRL: k.Maturity.Level, Note: maturityNote(k.Maturity)}, {Label: "意向价格", Value: k.Price.String(), Num: true},
		{Label: "合作方式", Value: join(labels(codes.Cooperation, k.Cooperation))}, {Label: "技术领域", Value: codes.Field.Label(k.Field)},
		{Label: "规划方向", Value: topicNames(k.Topics)}, {Label: "应用行业", Value: codes.Industry.Label(k.Industry)},
	}
	if len(k.Keywords) > 0 {
		facts = append(facts, view.Fact{Label: "关键词", Value: join(k.Keywords)})
	}
	blocks := []Block{{Prose: []view.Text{view.T(k.Summary)}, Facts: &view.Facts{Items: facts}}}
	blocks = append(blocks, prose("解决的问题", k.Problem)...)
	if len(k.Advantages) > 0 {
		var rows [][]string
		for _, a := range k.Advantages {
			rows = append(rows, []string{a.Name, a.Ours, a.Present, a.Unit})
		}
		blocks = append(blocks, measuresBlock("与现有方案对比", "本成果", "现有方案", rows))
	}
	blocks = append(blocks, prose("成果介绍", k.Description)...)
	if len(k.IP) > 0 {
		t := view.Table{Caption: "知识产权", HideCaption: true, Columns: []view.Column{{Label: "名称"}, {Label: "种类"}, {Label: "号码"}, {Label: "状态"}, {Label: "有效期到"}}}
		for _, ip := range k.IP {
			t.Rows = append(t.Rows, view.TableRow{Cells: view.Cells(ip.Title, codes.IPKind.Label(ip.Kind), ip.Number, choice(achievement.IPStatuses(), ip.Status), ip.Expires)})
		}
		blocks = append(blocks, Block{Title: "知识产权", Table: &t})
	}
	if len(k.Cases) > 0 {
		var rows view.Rows
		for _, s := range k.Cases {
			rows.Items = append(rows.Items, view.Row{Title: view.T(s.Organisation), Lead: view.T(s.Effect), Meta: notEmpty(s.Year)})
		}
		blocks = append(blocks, Block{Title: "应用案例", Rows: &rows})
	}
	if k.Team.Lead != "" || k.Team.Introduction != "" {
		team := []view.Fact{{Label: "负责人", Value: k.Team.Lead}, {Label: "成员", Value: join(k.Team.Members)}, {Label: "介绍", Text: view.T(k.Team.Introduction)}}
		team = slices.DeleteFunc(team, func(f view.Fact) bool { return f.Value == "" && len(f.Text) == 0 })
		blocks = append(blocks, Block{Title: "团队", Facts: &view.Facts{Items: team}})
	}
	return append(append(blocks, filesBlock(k.Files)...), contactBlock(k.Contact, who)...)
}

func demandBlocks(k demand.Content, who actor.Actor) []Block {
	facts := []view.Fact{
		{Label: "预算", Value: k.Budget.String(), Num: true}, {Label: "期限", Value: k.Deadline, Num: true},
		{Label: "合作方式", Value: join(labels(codes.Cooperation, k.Cooperation))}, {Label: "要求的成熟度", TRL: k.MaturityMin},
		{Label: "技术领域", Value: codes.Field.Label(k.Field)}, {Label: "规划方向", Value: topicNames(k.Topics)}, {Label: "所属行业", Value: codes.Industry.Label(k.Industry)},
	}
	if k.MaturityMin == 0 {
		facts[3] = view.Fact{Label: "要求的成熟度", Value: "不限"}
	}
	if len(k.Keywords) > 0 {
		facts = append(facts, view.Fact{Label: "关键词", Value: join(k.Keywords)})
	}
	blocks := append(prose("要解决的问题", k.Problem), Block{Facts: &view.Facts{Items: facts}})
	if len(k.Targets) > 0 {
		var rows [][]string
		for _, g := range k.Targets {
			rows = append(rows, []string{g.Name, g.Present, g.Target, g.Unit})
		}
		blocks = append(blocks, measuresBlock("要达到的指标", "现值", "目标值", rows))
	}
	blocks = append(blocks, prose("限制条件", k.Limits)...)
	blocks = append(blocks, prose("已做过的尝试", k.Tried)...)
	blocks = append(blocks, prose("背景和现有基础", k.Background)...)
	blocks = append(blocks, prose("揭榜奖励和评判办法", k.Reward)...)
	return append(append(blocks, filesBlock(k.Files)...), contactBlock(k.Contact, who)...)
}

func maturityNote(m achievement.Maturity) string {
	if m.Level == 0 {
		return ""
	}
	switch m.Basis {
	case achievement.BasisJudged:
		return codes.TRL.Label(strconv.Itoa(m.Level)) + "；由" + m.Judge + "评价，" + m.Date
	case achievement.BasisSelf:
		return codes.TRL.Label(strconv.Itoa(m.Level)) + "；单位自评"
	default:
		return ""
	}
}

func labels(l codes.List, values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = l.Label(v)
	}
	return out
}

func topicNames(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = topicLabel(v)
	}
	return join(out)
}

func choice(choices []listing.Choice, code string) string {
	for _, c := range choices {
		if c.Code == code {
			return c.Label
		}
	}
	return code
}

func notEmpty(words ...string) []string {
	return slices.DeleteFunc(words, func(s string) bool { return s == "" })
}

func filesBlock(files []listing.Attachment) []Block {
	var items []view.FileItem
	for i, f := range files {
		name := f.Caption
		if name == "" {
			name = fmt.Sprintf("附件 %d", i+1)
		}
		items = append(items, view.FileItem{Name: name, Href: fmt.Sprintf("/files/%d", f.FileID), Note: map[string]string{listing.FilePicture: "图片", listing.FileEvidence: "证明材料"}[f.Role]})
	}
	if len(items) == 0 {
		return nil
	}
	return []Block{{Title: "附件", Files: items}}
}

// measuresBlock lists name, two values and unit; the unit has a column only where one was given apart from the value.
func measuresBlock(title, first, second string, rows [][]string) Block {
	t := view.Table{Caption: title, HideCaption: true, Columns: []view.Column{{Label: "指标"}, {Label: first}, {Label: second}, {Label: "单位"}}}
	if !slices.ContainsFunc(rows, func(r []string) bool { return r[3] != "" }) {
		t.Columns = t.Columns[:3]
	}
	for _, r := range rows {
		t.Rows = append(t.Rows, view.TableRow{Cells: view.Cells(r[:len(t.Columns)]...)})
	}
	return Block{Title: title, Table: &t}
}

func contactBlock(k listing.Contact, who actor.Actor) []Block {
	if !who.SignedIn() {
		return []Block{{Card: true, Title: "联系人", Intro: "登录后可以看到联系人并发起对接。"}}
	}
	if k.Name == "" {
		return nil
	}
	return []Block{{Card: true, Title: "联系人", Facts: &view.Facts{Items: []view.Fact{{Label: "姓名", Value: k.Name}, {Label: "电话", Value: k.Phone, Num: true}, {Label: "邮箱", Value: k.Email}}}}}
}

// listingFile sends a picture or attachment of a listing that the reader may see.
func (p *Pages) listingFile(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	ok, err := p.Listings.MayReadFile(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.NotFound, "file", "没有这个文件，或它不对您公开。")
	}
	return p.sendFile(c, id)
}

// ownListings is the organisation's own desk for one kind.
func (p *Pages) ownListings(c *web.Ctx, kind listing.Kind) error {
	q := c.QueryForm()
	f := listing.Filter{After: q.Text("after"), Text: q.Text("q"), Limit: 20}
	if s := q.Text("state"); s != "" {
		f.States = []listing.State{listing.State(s)}
	}
	at := "/desk/" + string(kind) + "s"
	rows := view.Rows{Label: "我的" + kind.Label(), Empty: view.Empty{Icon: "file-plus", Title: "还没有" + kind.Label(),
		Actions: []view.Action{{Label: "写第一条", Href: "/" + string(kind) + "s/new"}}}}
	var next string
	add := func(l listing.Listing, percent int) {
		title := l.Title
		if title == "" {
			title = "未命名的草稿"
		}
		row := view.Row{Title: view.T(title), Href: listing.DeskPath(kind, l.ID), Tags: []view.Tag{listingStateTag(l)}, Sample: l.Sample,
			Meta: []string{"更新于 " + view.Ago(c.Now(), l.UpdatedAt), fmt.Sprintf("资料完整度 %d%%", percent)}}
		if l.State == listing.Returned && l.ReturnReason != "" {
			row.Lead = view.T("退回原因：" + l.ReturnReason)
		}
		if l.Sleeping() {
			row.Tags = append(row.Tags, view.Tag{Label: "久未确认", Tone: view.Warn})
		}
		rows.Items = append(rows.Items, row)
	}
	if kind == listing.Achievement {
		page, err := p.Achievements.Mine(c.Context(), c.Actor(), f)
		if err != nil {
			return err
		}
		for _, it := range page.Items {
			add(it.Listing, it.Content.Completeness().Percent)
		}
		next = page.Next
	} else {
		page, err := p.Demands.Mine(c.Context(), c.Actor(), f)
		if err != nil {
			return err
		}
		for _, it := range page.Items {
			add(it.Listing, it.Content.Completeness().Percent)
		}
		next = page.Next
	}
	counts, err := p.Listings.DeskCounts(c.Context(), c.Actor(), kind)
	if err != nil {
		return err
	}
	tabs := &view.Tabs{Label: "按状态", Items: []view.Link{{Label: "全部", Href: at, Current: len(f.States) == 0}}}
	for _, s := range listing.States() {
		if counts[s] > 0 {
			tabs.Items = append(tabs.Items, view.Link{Label: s.Label(), Href: at + "?state=" + string(s), Count: counts[s], HasCount: true, Current: slices.Contains(f.States, s)})
		}
	}
	pager := view.Pager{Total: -1}
	if next != "" {
		v := c.Query()
		v.Set("after", next)
		pager.Next = at + "?" + v.Encode()
	}
	return listPageOf(c, c.Page("我的"+kind.Label()), Listing{Tabs: tabs, Rows: &rows, Pager: pager,
		Actions: []view.Action{{Label: "发布" + kind.Label(), Href: "/" + string(kind) + "s/new"}, {Label: "从表格导入", Href: "/imports?kind=" + string(kind), Kind: view.Quiet}}})
}

// own reads a listing for its owner's desk with the parts both kinds share.
type own struct {
	listing  listing.Listing
	blocks   []Block
	percent  listing.Completeness
	warnings []fault.Field
	actions  []listing.Event
}

func (p *Pages) readOwn(c *web.Ctx, kind listing.Kind, id int64) (own, error) {
	if kind == listing.Achievement {
		it, err := p.Achievements.Get(c.Context(), c.Actor(), id)
		return own{it.Listing, achievementBlocks(it.Content, c.Actor()), it.Content.Completeness(), it.Content.Warnings(), it.Actions}, err
	}
	it, err := p.Demands.Get(c.Context(), c.Actor(), id)
	return own{it.Listing, demandBlocks(it.Content, c.Actor()), it.Content.Completeness(), it.Content.Warnings(), it.Actions}, err
}

// ownListing is preview, actions and history of one's own listing.
func (p *Pages) ownListing(c *web.Ctx, kind listing.Kind) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	o, err := p.readOwn(c, kind, id)
	if err != nil {
		return err
	}
	if !c.Actor().In(o.listing.OrganisationID) {
		return c.See(listingPath(kind, id))
	}
	history, err := p.Listings.History(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	title := o.listing.Title
	if title == "" {
		title = "未命名的草稿"
	}
	page := c.Page(title)
	page.Breadcrumbs = []view.Link{{Label: "我的" + kind.Label(), Href: "/desk/" + string(kind) + "s"}}
	body := Sheet{Tags: []view.Tag{listingStateTag(o.listing)}, Sample: o.listing.Sample}
	body.Actions, body.Side = p.ownActions(kind, o)
	if o.listing.State == listing.Returned && o.listing.ReturnReason != "" {
		body.Main = append(body.Main, Block{Notice: &view.Notice{Tone: view.Warn, Title: "审核意见：" + o.listing.ReturnReason, Text: "改好后再提交一次。"}})
	}
	if kind == listing.Demand {
		said, err := p.diagnosisBlocks(c, id)
		if err != nil {
			return err
		}
		body.Main = append(body.Main, said...)
	}
	if c.Actor().OrgState != actor.Confirmed {
		body.Main = append(body.Main, Block{Notice: &view.Notice{Title: "单位还没有通过确认", Text: "现在可以写草稿；自治区管理员确认单位后才能发布。"}})
	}
	if len(o.warnings) > 0 {
		n := &view.Notice{Tone: view.Warn, Title: "请再看一眼，不影响提交"}
		for _, w := range o.warnings {
			n.Items = append(n.Items, view.Link{Label: w.Message})
		}
		body.Main = append(body.Main, Block{Notice: n})
	}
	body.Main = append(body.Main, o.blocks...)
	over := o.listing.State == listing.Closed || o.listing.State == listing.Archived // nothing is asked of it any more
	if kind == listing.Demand && !over {
		it, err := p.Demands.Get(c.Context(), c.Actor(), id)
		if err != nil {
			return err
		}
		said, err := p.gateBlocks(c, id, it.Content)
		if err != nil {
			return err
		}
		body.Side = append(said, body.Side...)
	}
	meter := Block{Card: true, Title: "资料完整度", Bar: &Share{Done: o.percent.Percent, Of: 100, Label: fmt.Sprintf("%d%%", o.percent.Percent)}}
	for _, m := range o.percent.Missing {
		if len(meter.Links) == 5 {
			break
		}
		if kind == listing.Demand && demand.AsksFor(m.Path) {
			continue // named beside it with what to write
		}
		meter.Links = append(meter.Links, view.Link{Label: m.Label, Href: listing.DeskPath(kind, id) + "/edit#" + m.Path})
	}
	if !over {
		body.Side = append([]Block{meter}, body.Side...)
	}
	body.Side = append(body.Side, Block{Title: "经过", Events: listingTimeline(history)})
	return sheet(c, page, body)
}

// ownActions turns what the state table allows into buttons; the ones that need words are folded forms.
func (p *Pages) ownActions(kind listing.Kind, o own) (buttons []view.Action, forms []Block) {
	at := listing.DeskPath(kind, o.listing.ID)
	version := view.Pair{Name: "version", Value: strconv.Itoa(o.listing.Version)}
	do := func(label string, e listing.Event, k view.Kind) view.Action {
		return view.Action{Label: label, Post: at + "/do", Kind: k, Hidden: []view.Pair{version, {Name: "event", Value: string(e)}}}
	}
	main := func(due bool) view.Kind { // what is not due stands back behind the matches
		if due {
			return view.Primary
		}
		return view.Quiet
	}
	if o.listing.State.Live() {
		buttons = append(buttons, view.Action{Label: "看匹配", Href: listingPath(kind, o.listing.ID) + "/matches", Kind: main(o.listing.RemindedAt == nil && !o.listing.Sleeping())},
			view.Action{Label: "看公开页面", Href: listingPath(kind, o.listing.ID), Kind: view.Quiet})
	}
	for _, e := range o.actions {
		switch e {
		case listing.EventSave:
			buttons = append(buttons, view.Action{Label: "编辑", Href: at + "/edit", Kind: view.Quiet})
		case listing.EventSubmit:
			buttons = append(buttons, do("提交审核", e, view.Primary))
		case listing.EventRevise:
			buttons = append(buttons, do("修订", e, view.Quiet))
		case listing.EventConfirm:
			buttons = append(buttons, do("确认仍然有效", e, main(o.listing.RemindedAt != nil || o.listing.Sleeping())))
		case listing.EventRenew:
			buttons = append(buttons, do("续期 12 个月", e, main(o.listing.State == listing.Expired)))
		case listing.EventRecall, listing.EventDiscard, listing.EventReopen:
			buttons = append(buttons, do(e.Label(), e, view.Quiet))
		case listing.EventClose:
			var options []view.Option
			for _, r := range listing.CloseReasons() {
				options = append(options, view.Option{Value: r.Code, Label: r.Label})
			}
			f := view.NewForm(at+"/do", "关闭", view.Field{Kind: view.Radio, Name: "reason", Label: "关闭的原因", Required: true, Options: options})
			f.Hidden = []view.Pair{version, {Name: "event", Value: string(e)}}
			forms = append(forms, Block{Fold: "关闭…", Forms: []view.Form{f}})
		case listing.EventWithdraw:
			f := view.NewForm(at+"/do", "撤下", view.Field{Kind: view.Area, Name: "reason", Label: "说明", Rows: 2, Max: 500})
			f.Hidden = []view.Pair{version, {Name: "event", Value: string(e)}}
			forms = append(forms, Block{Fold: "撤下…", Forms: []view.Form{f}})
		}
	}
	return buttons, forms
}

func (p *Pages) moveListing(c *web.Ctx, kind listing.Kind) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	back := listing.DeskPath(kind, id)
	e := listing.Event(f.Text("event"))
	if _, err := p.Listings.Do(c.Context(), c.Actor(), listing.Command{ID: id, Version: f.Int("version"), Event: e, Reason: f.Text("reason")}); err != nil {
		if e == listing.EventSubmit && fault.Is(err, fault.Invalid) {
			// The editor shows what is missing at each field.
			return p.showEditor(c, kind, id, nil, err)
		}
		return p.flashRefusal(c, err, back)
	}
	said := map[listing.Event]string{listing.EventSubmit: "已提交，由所在盟市或自治区的管理员审核。通过后公开，结果发消息告诉您。", listing.EventRevise: "可以修改了；审核通过前，公开的仍是原来的内容。",
		listing.EventConfirm: "已确认，谢谢。", listing.EventRenew: "已续期 12 个月。"}[e]
	if said == "" {
		said = "已" + e.Label() + "。"
	}
	c.Flash(view.OK, said)
	return c.See(back)
}

func (p *Pages) reviewQueue(c *web.Ctx) error {
	q := c.QueryForm()
	page, err := p.Listings.ReviewQueue(c.Context(), c.Actor(), listing.QueueFilter{Kind: listing.Kind(q.Text("kind")), After: q.Text("after")})
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
	rows := view.Rows{Label: "待审核", Empty: view.Empty{Icon: "circle-check", Title: "没有待审核的信息", Text: "新提交的会出现在这里，等得最久的在最前。"}}
	for _, l := range page.Listings {
		row := view.Row{Title: view.T(l.Title), Href: listing.ReviewPath(l.ID), Tags: []view.Tag{{Label: l.Kind.Label(), Tone: view.Info}, listingStateTag(l)}, Sample: l.Sample,
			Meta: []string{orgs[l.OrganisationID].Name, place(l.Division, "")}}
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
	for _, k := range []listing.Kind{listing.Achievement, listing.Demand} {
		tabs.Items = append(tabs.Items, view.Link{Label: k.Label(), Href: "/review?kind=" + string(k), Current: q.Text("kind") == string(k)})
	}
	return listPageOf(c, c.Page("发布审核"), Listing{Lead: "等得最久的在最前。", Tabs: tabs, Rows: &rows, Pager: pager})
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
	o, err := p.readOwn(c, l.Kind, id)
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
	body := Sheet{Heading: view.T(l.Title), Tags: []view.Tag{{Label: l.Kind.Label()}, listingStateTag(o.listing)}, Sample: l.Sample, Main: o.blocks}
	if o.listing.State == listing.Returned { // the working content is the owner's: a page of dashes would say that nothing was filled in
		body.Main = []Block{{Notice: &view.Notice{Title: "已退回，单位正在修改", Text: "修改中的内容只有本单位看得到，再次提交后可以审核。"}}}
	}
	if len(o.warnings) > 0 {
		n := &view.Notice{Tone: view.Warn, Title: "系统提醒"}
		for _, w := range o.warnings {
			n.Items = append(n.Items, view.Link{Label: w.Message})
		}
		body.Main = append([]Block{{Notice: n}}, body.Main...)
	}
	if o.listing.State.InReview() {
		var fields []view.Field
		if l.Kind == listing.Demand {
			options := []view.Option{{Value: "", Label: "不判断", Checked: true}}
			for _, t := range listing.Triages() {
				options = append(options, view.Option{Value: t.Code, Label: t.Label})
			}
			fields = append(fields, view.Field{Kind: view.Radio, Name: "triage", Label: "需求判断", Options: options})
			choice, err := p.brokerChoice(c, o.listing)
			if err != nil {
				return err
			}
			fields = append(fields, choice...)
		}
		fields = append(fields, view.Field{Kind: view.Area, Name: "reason", Label: "意见", Hint: "退回时必填，写明哪里要改、怎么改", Max: 500})
		f := view.NewForm(listing.ReviewPath(id), "", fields...)
		f.Hidden = []view.Pair{{Name: "version", Value: strconv.Itoa(o.listing.Version)}}
		f.Actions = []view.Action{{Label: "通过并发布", Name: "event", Value: string(listing.EventPublish)}, {Label: "退回修改", Name: "event", Value: string(listing.EventReturn), Kind: view.Danger}}
		body.Side = append(body.Side, Block{Card: true, Title: "审核", Forms: []view.Form{f}})
	} else if slices.Contains(o.actions, listing.EventWithdraw) {
		f := view.NewForm(listing.ReviewPath(id), "", view.Field{Kind: view.Area, Name: "reason", Label: "撤下的原因", Required: true, Max: 500})
		f.Hidden = []view.Pair{{Name: "version", Value: strconv.Itoa(o.listing.Version)}}
		f.Actions = []view.Action{{Label: "撤下", Name: "event", Value: string(listing.EventWithdraw), Kind: view.Danger}}
		body.Side = append(body.Side, Block{Fold: "撤下…", Forms: []view.Form{f}})
	}
	if l.Kind == listing.Demand {
		said, err := p.diagnosisBlocks(c, id)
		if err != nil {
			return err
		}
		body.Side = append(body.Side, said...)
	}
	body.Side = append(body.Side, Block{Card: true, Title: "单位", Facts: &view.Facts{Wide: true, Items: []view.Fact{{Label: "名称", Value: org.Name, Tags: []view.Tag{orgStateTag(org.State)}}, {Label: "所在地", Value: place(org.Division, "")}}}},
		Block{Title: "经过", Events: listingTimeline(history)})
	return sheet(c, page, body)
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
	if _, err := p.Listings.Do(c.Context(), c.Actor(), listing.Command{ID: id, Version: f.Int("version"), Event: e, Reason: f.Text("reason"), Triage: f.Text("triage"), Broker: int64(f.Int("broker"))}); err != nil {
		return p.flashRefusal(c, err, listing.ReviewPath(id))
	}
	c.Flash(view.OK, "已"+e.Label()+"，发布单位会收到消息。")
	return c.See("/review")
}

// editListing opens the editor where the listing may be saved; elsewhere nobody should type what can't be kept.
func (p *Pages) editListing(c *web.Ctx, kind listing.Kind, id int64) error {
	o, err := p.readOwn(c, kind, id)
	if err != nil {
		return err
	}
	if slices.Contains(o.actions, listing.EventSave) || !c.Actor().In(o.listing.OrganisationID) {
		return p.showEditor(c, kind, id, nil, nil)
	}
	said := "这条信息" + o.listing.State.Label() + "，不能修改。"
	switch state := o.listing.State; {
	case state.InReview():
		said = "正在审核。要改的话，先“撤回提交”。"
	case state.Live():
		said = "要改已公布的内容，先点“修订”；审核通过前，公开的仍是原来的内容。"
	}
	c.Flash(view.Warn, said)
	return c.See(listing.DeskPath(kind, id))
}

// showEditor is the form of a new or existing listing.
func (p *Pages) showEditor(c *web.Ctx, kind listing.Kind, id int64, form *web.Form, ferr error) error {
	who := c.Actor()
	if !who.Has(actor.Member, actor.OrgAdmin) {
		return fault.New(fault.Forbidden, "not_member", "发布"+kind.Label()+"的人要有本单位“经办人”身份。请本单位管理员为您开通。")
	}
	title, action, version := "发布"+kind.Label(), "/"+string(kind)+"s", 0
	a := asking(form, ferr)
	var sections []view.Section
	var meter *view.Meter
	if kind == listing.Achievement {
		k := achievement.Content{}
		if id != 0 {
			it, err := p.Achievements.Get(c.Context(), who, id)
			if err != nil {
				return err
			}
			k, version = it.Content, it.Version
		} else if form == nil {
			me, err := p.Identity.Account(c.Context(), who)
			if err != nil {
				return err
			}
			k.Contact = listing.Contact{Name: me.DisplayName, Phone: me.Phone, Email: me.Email}
			k.Division = who.Division
		}
		sections = achievementFields(a, k)
	} else {
		k := demand.Content{}
		if id != 0 {
			it, err := p.Demands.Get(c.Context(), who, id)
			if err != nil {
				return err
			}
			k, version = it.Content, it.Version
		} else if form == nil {
			me, err := p.Identity.Account(c.Context(), who)
			if err != nil {
				return err
			}
			k.Contact = listing.Contact{Name: me.DisplayName, Phone: me.Phone, Email: me.Email}
			k.Division = who.Division
			k.Problem = c.QueryForm().Text("text")
		}
		sections = demandFields(a, k)
		m := editorMeter(k)
		meter = &m
	}
	if id != 0 {
		title, action = "编辑"+kind.Label(), listing.DeskPath(kind, id)+"/edit"
	}
	f := formOf(action, "保存草稿", sections...)
	f.Multipart, f.Guard = true, true
	f.Hidden = []view.Pair{{Name: "version", Value: a.value("version", strconv.Itoa(version))}}
	f.Actions = []view.Action{{Label: "保存并预览", Name: "then", Value: "preview"}, {Label: "保存，继续写", Name: "then", Value: "edit", Kind: view.Quiet}}
	page := c.Page(title)
	page.Breadcrumbs = []view.Link{{Label: "我的" + kind.Label(), Href: "/desk/" + string(kind) + "s"}}
	body := Sheet{Lead: "草稿随时可以保存，没写完也行；预览后再提交审核。"}
	if meter != nil {
		f.ID = editorID
		body.Side = []Block{{Card: true, Title: "写清楚了吗", Meter: meter}}
	}
	body.Main = a.blocks(f)
	return sheetStatus(c, formStatus(ferr), page, body)
}

// repeat makes the fields of a repeated group, one line a row: what is stored and one or two empty rows.
func repeat(a *ask, title, hint, group string, stored, most int, row func(i int) []view.Field) []view.Section {
	n := min(most, max(2, stored+1))
	if a.form != nil {
		n = min(most, max(n, a.form.Rows(group, most)+1))
	}
	sections := []view.Section{{Title: title, Hint: hint}}
	for i := range n {
		sections = append(sections, view.Section{Inline: true, Fields: row(i)})
	}
	return sections
}

func at[T any](list []T, i int) T {
	var zero T
	if i < len(list) {
		return list[i]
	}
	return zero
}

func trlOptions(first string) []view.Option {
	out := []view.Option{{Value: "0", Label: first}}
	for _, it := range codes.TRL.Items() {
		out = append(out, view.Option{Value: it.Code, Label: it.Code + " 级　" + it.Label})
	}
	return out
}

func rangeFields(a *ask, path, label string, r listing.Range) []view.Field {
	return []view.Field{
		a.checks(path+".negotiable", label, boolList(r.Negotiable), []view.Option{{Value: "yes", Label: "面议"}}, required, hint("勾选面议，或在下面填数"), func(f *view.Field) { f.Error = firstOf(a.errors[path], f.Error) }),
		a.wan(path+".minFen", label+"从", r.MinFen, hint("只有一个数时两格填同一个数")), a.wan(path+".maxFen", label+"到", r.MaxFen),
	}
}

func readRange(f *web.Form, path string) listing.Range {
	return listing.Range{Negotiable: f.Bool(path + ".negotiable"), MinFen: f.Wan(path + ".minFen"), MaxFen: f.Wan(path + ".maxFen")}
}

func contactFields(a *ask, k listing.Contact) view.Section {
	return view.Section{Title: "联系人", Hint: "登录的人才能看到。", Fields: []view.Field{
		a.text("contact.name", "姓名", k.Name, required, width("m"), fill("name")), a.kind(view.Tel, "contact.phone", "电话", k.Phone, width("m"), fill("tel")),
		a.kind(view.Email, "contact.email", "邮箱", k.Email, width("m"), fill("email"))}}
}

func readContact(f *web.Form) listing.Contact {
	return listing.Contact{Name: f.Text("contact.name"), Phone: f.Text("contact.phone"), Email: f.Text("contact.email")}
}

func fileSection(files []listing.Attachment, a *ask) view.Section {
	s := view.Section{Title: "图片与附件", Hint: "图片和附件公开；单个不超过 50 MB。"}
	var options []view.Option
	for i, f := range files {
		options = append(options, view.Option{Value: strconv.FormatInt(f.FileID, 10), Label: firstOf(f.Caption, fmt.Sprintf("附件 %d", i+1))})
	}
	if len(options) > 0 {
		var kept []string
		for _, o := range options {
			kept = append(kept, o.Value)
		}
		s.Fields = append(s.Fields, a.checks("keepFiles", "已上传的，去掉勾选就是移除", kept, options))
	}
	s.Fields = append(s.Fields, view.Field{Kind: view.File, Name: "pictures", Label: "添加图片", Multiple: true, Accept: ".png,.jpg,.jpeg", Error: a.errors["pictures"]},
		view.Field{Kind: view.File, Name: "attachments", Label: "添加附件", Multiple: true, Accept: ".pdf,.docx,.xlsx", Error: a.errors["attachments"]})
	return s
}

// readFiles keeps the ticked files and stores the new ones.
func (p *Pages) readFiles(c *web.Ctx, f *web.Form, old []listing.Attachment) ([]listing.Attachment, error) {
	keep := f.List("keepFiles")
	var out []listing.Attachment
	for _, a := range old {
		if slices.Contains(keep, strconv.FormatInt(a.FileID, 10)) {
			out = append(out, a)
		}
	}
	for field, role := range map[string]string{"pictures": listing.FilePicture, "attachments": listing.FileAttachment} {
		ids, err := p.uploads(c, f, field, "listing")
		if err != nil {
			return out, err
		}
		for i, id := range ids {
			out = append(out, listing.Attachment{FileID: id, Role: role, Caption: clip(strings.TrimSpace(f.Files[field][i].Filename), 90)})
		}
	}
	return out, nil
}

func achievementFields(a *ask, k achievement.Content) []view.Section {
	adv := repeat(a, "与现有方案对比", "给数字，不用形容词：买方据此决定要不要谈。", "advantages", len(k.Advantages), 20, func(i int) []view.Field {
		v := at(k.Advantages, i)
		return []view.Field{a.text(web.Row("advantages", i, "name"), fmt.Sprintf("指标 %d", i+1), v.Name, width("m")), a.text(web.Row("advantages", i, "ours"), "本成果", v.Ours, width("s")),
			a.text(web.Row("advantages", i, "present"), "现有方案", v.Present, width("s")), a.text(web.Row("advantages", i, "unit"), "单位", v.Unit, width("s"))}
	})
	ip := repeat(a, "知识产权", "专利号校验位不符只提醒，不影响发布。", "ip", len(k.IP), 50, func(i int) []view.Field {
		v := at(k.IP, i)
		statuses := []view.Option{{Label: "请选择"}}
		for _, s := range achievement.IPStatuses() {
			statuses = append(statuses, view.Option{Value: s.Code, Label: s.Label})
		}
		return []view.Field{a.choose(web.Row("ip", i, "kind"), fmt.Sprintf("知识产权 %d 种类", i+1), v.Kind, listOptions(codes.IPKind, "请选择"), width("m")), a.text(web.Row("ip", i, "number"), "号码", v.Number, width("m")),
			a.text(web.Row("ip", i, "title"), "名称", v.Title), a.choose(web.Row("ip", i, "status"), "状态", v.Status, statuses, width("s")), a.kind(view.Date, web.Row("ip", i, "expires"), "有效期到", v.Expires, width("m"))}
	})
	cases := repeat(a, "应用案例", "", "cases", len(k.Cases), 20, func(i int) []view.Field {
		v := at(k.Cases, i)
		return []view.Field{a.text(web.Row("cases", i, "organisation"), fmt.Sprintf("案例 %d 应用单位", i+1), v.Organisation, width("m")), a.text(web.Row("cases", i, "year"), "年份", v.Year, width("s")),
			a.text(web.Row("cases", i, "effect"), "效果", v.Effect)}
	})
	return slices.Concat([]view.Section{{Title: "是什么", Fields: []view.Field{
		a.text("title", "成果名称", k.Title, required, limit(80)),
		a.text("summary", "一句话简介", k.Summary, required, limit(120), hint("买方先看这一句：给出关键数字，例如“脱硫剂寿命由 45 天提到 90 天”")),
		a.area("problem", "解决的问题", k.Problem, required, lines(4), limit(2000)),
		a.area("description", "成果介绍", k.Description, required, lines(8), limit(20000)),
		a.area("keywords", "关键词", strings.Join(k.Keywords, "、"), lines(1), hint("用顿号或逗号隔开，最多 10 个"), keywordsError(a)),
	}}}, adv, []view.Section{
		{Title: "成熟度", Fields: []view.Field{
			a.choose("maturity.level", "技术成熟度", strconv.Itoa(k.Maturity.Level), trlOptions("请选择"), required, width("m")),
			a.radio("maturity.basis", "依据", firstOf(k.Maturity.Basis, achievement.BasisSelf), []view.Option{{Value: achievement.BasisSelf, Label: "单位自评"}, {Value: achievement.BasisJudged, Label: "经评价", Hint: "写明评价机构、日期并上传报告"}}),
			a.text("maturity.judge", "评价机构", k.Maturity.Judge, width("m")), a.kind(view.Date, "maturity.date", "评价日期", k.Maturity.Date, width("m")),
			{Kind: view.File, Name: "evidence", Label: "证明材料", Multiple: true, Accept: ".pdf,.docx,.png,.jpg", Error: firstOf(a.errors["evidence"], a.errors["maturity.fileIds"]), Hint: evidenceHint(len(k.Maturity.FileIDs))},
		}},
		{Title: "怎样合作", Fields: append([]view.Field{
			a.checks("cooperation", "合作方式", k.Cooperation, listOptions(codes.Cooperation, ""), required)}, rangeFields(a, "price", "意向价格", k.Price)...)},
		{Title: "分类", Fields: []view.Field{
			a.choose("field", "技术领域", k.Field, topOptions(codes.Field, "请选择"), required), a.choose("topics", "规划重点方向", at(k.Topics, 0), append([]view.Option{{Label: "不属于或不确定"}}, topicOptions()...)),
			a.choose("industry", "应用行业", k.Industry, topOptions(codes.Industry, "请选择")),
			a.kind(view.Combo, "division", "所在旗县市区", k.Division, func(f *view.Field) { f.Options = divisionOptions("与单位相同", true) }),
			a.text("registerNo", "科技成果登记号", k.RegisterNo, width("m")),
		}}}, ip, []view.Section{
		{Title: "团队", Fields: []view.Field{a.text("team.lead", "负责人", k.Team.Lead, width("m")), a.area("team.members", "成员", strings.Join(k.Team.Members, "、"), lines(1)), a.area("team.introduction", "介绍", k.Team.Introduction, lines(3), limit(2000))}}}, cases,
		[]view.Section{fileSection(k.Files, a), contactFields(a, k.Contact)})
}

func evidenceHint(n int) string {
	const what = "检测、评价或试用报告，只有审核人和本单位能看。"
	if n == 0 {
		return what
	}
	return fmt.Sprintf("%s已有 %d 份", what, n)
}

// keywordsError shows the first message about any keyword at the one field they are typed in.
func keywordsError(a *ask) func(*view.Field) {
	return func(f *view.Field) {
		for path, message := range a.errors {
			if strings.HasPrefix(path, "keywords.") {
				a.errors["keywords"] = message
			}
		}
	}
}

func demandFields(a *ask, k demand.Content) []view.Section {
	targets := repeat(a, "要达到的指标", "写出现值和目标值，匹配会更准，也方便验收。", "targets", len(k.Targets), 20, func(i int) []view.Field {
		v := at(k.Targets, i)
		return []view.Field{a.text(web.Row("targets", i, "name"), fmt.Sprintf("指标 %d", i+1), v.Name, width("m")), a.text(web.Row("targets", i, "present"), "现值", v.Present, width("s")),
			a.text(web.Row("targets", i, "target"), "目标值", v.Target, width("s")), a.text(web.Row("targets", i, "unit"), "单位", v.Unit, width("s"))}
	})
	if e := a.errors["targets"]; e != "" {
		targets[1].Fields[0].Error = e
	}
	return slices.Concat([]view.Section{{Title: "难题", Fields: []view.Field{
		a.text("title", "需求名称", k.Title, required, limit(80)),
		a.area("problem", "要解决的问题", k.Problem, required, lines(8), limit(20000), hint("哪道工序、什么对象、什么现象；直接贴一段话也可以")),
	}}}, targets, []view.Section{
		{Title: "边界与现状", Fields: []view.Field{
			a.area("limits", "限制条件", k.Limits, lines(3), limit(2000), hint("场地、能耗、环保、原料等不能突破的条件")),
			a.area("tried", "已做过的尝试", k.Tried, lines(3), limit(2000), hint("做过什么、为什么不行")),
			a.area("background", "背景和现有基础", k.Background, lines(3), limit(5000)),
			a.area("keywords", "关键词", strings.Join(k.Keywords, "、"), lines(1), hint("用顿号或逗号隔开，最多 10 个"), keywordsError(a)),
		}},
		{Title: "怎样合作", Fields: append(append([]view.Field{
			a.checks("cooperation", "可以接受的合作方式", k.Cooperation, listOptions(codes.Cooperation, ""), required)}, rangeFields(a, "budget", "预算", k.Budget)...),
			a.kind(view.Date, "deadline", "期限", k.Deadline, width("m")), a.text("decisionOwner", "决策人", k.DecisionOwner, width("m"), hint("谁来拍板，写职务即可")),
			a.choose("maturityMin", "成果成熟度至少", strconv.Itoa(k.MaturityMin), trlOptions("不限"), width("m")))},
		{Title: "分类", Fields: []view.Field{
			a.choose("field", "技术领域", k.Field, topOptions(codes.Field, "请选择"), required), a.choose("topics", "规划重点方向", at(k.Topics, 0), append([]view.Option{{Label: "不属于或不确定"}}, topicOptions()...)),
			a.choose("industry", "所属行业", k.Industry, topOptions(codes.Industry, "请选择")),
			a.kind(view.Combo, "division", "在哪里用", k.Division, func(f *view.Field) { f.Options = divisionOptions("与单位相同", true) }),
		}},
		{Title: "揭榜挂帅", Fields: []view.Field{a.checks("challenge", "方式", boolList(k.Challenge), []view.Option{{Value: "yes", Label: "作为揭榜挂帅项目，面向全国，只看结果"}}),
			a.area("reward", "奖励和评判办法", k.Reward, lines(3), limit(1000))}},
		fileSection(k.Files, a), contactFields(a, k.Contact),
	})
}

func (p *Pages) saveListing(c *web.Ctx, kind listing.Kind, id int64) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	var saved listing.Listing
	if kind == listing.Achievement {
		saved, err = saveDraft(c, f, p.Achievements.Book, id, p.readAchievement)
	} else {
		saved, err = saveDraft(c, f, p.Demands.Book, id, p.readDemand)
	}
	if fault.HasCode(err, "stale_version") {
		return p.listingConflict(c, kind, id, f)
	}
	if err != nil {
		if refused(err) {
			return p.showEditor(c, kind, id, f, err)
		}
		return err
	}
	if f.Text("then") == "edit" {
		c.Flash(view.OK, "已保存，可以接着写。")
		return c.See(listing.DeskPath(kind, saved.ID) + "/edit")
	}
	c.Flash(view.OK, "草稿已保存。下面是预览，看好了再提交审核。")
	return c.See(listing.DeskPath(kind, saved.ID))
}

// saveDraft reads the form over what is stored (nothing for id 0) and stores the result.
func saveDraft[C listing.Content[C]](c *web.Ctx, f *web.Form, book *listing.Book[C], id int64, read func(*web.Ctx, *web.Form, C) (C, error)) (listing.Listing, error) {
	var content C
	if id != 0 {
		stored, err := book.Get(c.Context(), c.Actor(), id)
		if err != nil {
			return listing.Listing{}, err
		}
		content = stored.Content
	}
	content, err := read(c, f, content)
	if err != nil {
		return listing.Listing{}, err
	}
	var it listing.Item[C]
	if id == 0 {
		it, err = book.Create(c.Context(), c.Actor(), content)
	} else {
		it, err = book.Save(c.Context(), c.Actor(), id, f.Int("version"), content)
	}
	return it.Listing, err
}

// listingConflict shows what was typed beside what somebody else saved first.
func (p *Pages) listingConflict(c *web.Ctx, kind listing.Kind, id int64, f *web.Form) error {
	stored := &ask{errors: map[string]string{}}
	var sections []view.Section
	var l listing.Listing
	if kind == listing.Achievement {
		it, err := p.Achievements.Get(c.Context(), c.Actor(), id)
		if err != nil {
			return err
		}
		l, sections = it.Listing, achievementFields(stored, it.Content)
	} else {
		it, err := p.Demands.Get(c.Context(), c.Actor(), id)
		if err != nil {
			return err
		}
		l, sections = it.Listing, demandFields(stored, it.Content)
	}
	at := listing.DeskPath(kind, id) + "/edit"
	body := view.Conflict{What: kind.Label() + "《" + l.Title + "》", Who: "同单位的另一位经办人", At: l.UpdatedAt, Form: at, Theirs: at}
	for _, s := range sections {
		for _, field := range s.Fields {
			theirs := field.Value
			if field.Kind == view.Check {
				var on []string
				for _, o := range field.Options {
					if o.Checked {
						on = append(on, o.Value)
					}
				}
				theirs = join(on)
			}
			if mine := join(f.Values[field.Name]); field.Kind != view.File && mine != theirs {
				body.Fields = append(body.Fields, view.ConflictField{Label: field.Label, Mine: mine, Theirs: theirs})
			}
		}
	}
	for name, values := range f.Values {
		if name == "version" || name == "_csrf" {
			continue
		}
		for _, v := range values {
			body.Keep = append(body.Keep, view.Pair{Name: name, Value: v})
		}
	}
	body.Keep = append(body.Keep, view.Pair{Name: "version", Value: strconv.Itoa(l.Version)})
	return c.RenderStatus(409, "error/conflict", view.With[view.Conflict]{Page: c.Page("内容已有变化"), Body: body})
}

func (p *Pages) readAchievement(c *web.Ctx, f *web.Form, k achievement.Content) (achievement.Content, error) {
	k.Title, k.Summary, k.Problem, k.Description = f.Text("title"), f.Text("summary"), f.Text("problem"), f.Text("description")
	k.Keywords, k.Field, k.Industry, k.Division, k.RegisterNo = f.Lines("keywords"), f.Text("field"), f.Text("industry"), f.Text("division"), f.Text("registerNo")
	k.Topics, k.Cooperation, k.Price, k.Contact = f.List("topics"), f.List("cooperation"), readRange(f, "price"), readContact(f)
	k.Maturity.Level, k.Maturity.Basis, k.Maturity.Judge, k.Maturity.Date = f.Int("maturity.level"), f.Text("maturity.basis"), f.Text("maturity.judge"), f.Text("maturity.date")
	k.Team = achievement.Team{Lead: f.Text("team.lead"), Members: f.Lines("team.members"), Introduction: f.Text("team.introduction")}
	k.Advantages, k.IP, k.Cases = nil, nil, nil
	for i := range f.Rows("advantages", 20) {
		row := func(name string) string { return f.Text(web.Row("advantages", i, name)) }
		k.Advantages = append(k.Advantages, achievement.Advantage{Name: row("name"), Ours: row("ours"), Present: row("present"), Unit: row("unit")})
	}
	for i := range f.Rows("ip", 50) {
		row := func(name string) string { return f.Text(web.Row("ip", i, name)) }
		k.IP = append(k.IP, achievement.IP{Kind: row("kind"), Number: row("number"), Status: row("status"), Expires: row("expires"), Title: row("title")})
	}
	for i := range f.Rows("cases", 20) {
		row := func(name string) string { return f.Text(web.Row("cases", i, name)) }
		k.Cases = append(k.Cases, achievement.Case{Organisation: row("organisation"), Effect: row("effect"), Year: row("year")})
	}
	if err := formErr(f); err != nil {
		return k, err
	}
	files, err := p.readFiles(c, f, k.Files)
	if err != nil {
		return k, err
	}
	k.Files = files
	evidence, err := p.uploads(c, f, "evidence", "listing")
	if err != nil {
		return k, err
	}
	k.Maturity.FileIDs = append(slices.Clone(k.Maturity.FileIDs), evidence...)
	return k, nil
}

func (p *Pages) readDemand(c *web.Ctx, f *web.Form, k demand.Content) (demand.Content, error) {
	k.Title, k.Problem, k.Limits, k.Tried, k.Background = f.Text("title"), f.Text("problem"), f.Text("limits"), f.Text("tried"), f.Text("background")
	k.Keywords, k.Field, k.Industry, k.Division = f.Lines("keywords"), f.Text("field"), f.Text("industry"), f.Text("division")
	k.Topics, k.Cooperation, k.Budget, k.Contact = f.List("topics"), f.List("cooperation"), readRange(f, "budget"), readContact(f)
	k.Deadline, k.DecisionOwner, k.MaturityMin = f.Text("deadline"), f.Text("decisionOwner"), f.Int("maturityMin")
	k.Challenge, k.Reward = f.Bool("challenge"), f.Text("reward")
	k.Targets = nil
	for i := range f.Rows("targets", 20) {
		row := func(name string) string { return f.Text(web.Row("targets", i, name)) }
		k.Targets = append(k.Targets, demand.Target{Name: row("name"), Present: row("present"), Target: row("target"), Unit: row("unit")})
	}
	if err := formErr(f); err != nil {
		return k, err
	}
	files, err := p.readFiles(c, f, k.Files)
	k.Files = files
	return k, err
}
