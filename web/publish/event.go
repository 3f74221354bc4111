package publish

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/region"
	"techmarket/internal/market/listing"
	"techmarket/internal/publish/event"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

const eventsShown = 20

// eventRoutes lists the pages of events; the service tells host, participant and reader apart.
func (p *Pages) eventRoutes() []web.Route {
	signed, keeper := web.SignedIn(), web.SaleKeepers()
	return []web.Route{
		web.GET("/events", web.Anyone(), p.events).Public("q", "division", "kind", "past", "after"),
		web.GET("/events/:id", web.Anyone(), func(c *web.Ctx) error { return p.showEvent(c, nil, nil) }).Public(),
		web.GET("/events/mine", signed, p.myEvents),
		web.GET("/events/hosted", keeper, p.hostedEvents),
		web.GET("/events/new", keeper, func(c *web.Ctx) error { return p.eventForm(c, nil, nil) }),
		web.POST("/events", keeper, p.createEvent),
		web.GET("/events/:id/edit", keeper, func(c *web.Ctx) error { return p.eventForm(c, nil, nil) }),
		web.POST("/events/:id/edit", keeper, p.editEvent),
		web.POST("/events/:id/do", keeper, p.doEvent),
		web.POST("/events/:id/signup", signed, p.signUp),
		web.GET("/events/:id/mine", signed, func(c *web.Ctx) error { return p.agenda(c, nil, nil, "") }),
		web.GET("/events/:id/mine/print", signed, p.printAgenda),
		web.POST("/events/:id/signups/:signup/do", signed, p.doSignup),
		web.GET("/events/:id/people", signed, func(c *web.Ctx) error { return p.eventPeople(c, nil, nil) }),
		web.POST("/events/:id/wishes", signed, p.askMeeting),
		web.POST("/events/:id/wishes/:wish/do", signed, p.doMeeting),
		web.POST("/events/:id/wishes/move", keeper, p.moveMeeting),
		web.POST("/events/:id/wishes/:wish/result", signed, p.tellResult),
		web.POST("/events/:id/tasks/:task/do", signed, p.doTask),
		web.POST("/events/:id/tasks/:task/interest", signed, p.openInterest),
		web.GET("/events/:id/desk", keeper, func(c *web.Ctx) error { return p.eventDesk(c, nil, nil) }),
		web.GET("/events/:id/door", keeper, func(c *web.Ctx) error { return p.eventDoor(c, nil, nil, nil) }),
		web.POST("/events/:id/checkins", keeper, p.checkIn),
		web.POST("/events/:id/walkins", keeper, p.walkIn),
		web.GET("/events/:id/attendance", keeper, p.attendance),
		web.GET("/events/:id/meetings", keeper, p.eventMeetings),
		web.GET("/events/:id/report", keeper, p.eventReport),
	}
}

func eventTag(a event.Activity) view.Tag {
	t := view.Tag{Label: words.EventStage(a.State)}
	switch a.State {
	case event.Open, event.Running:
		t.Tone = view.OK
	case event.Closed:
		t.Tone = view.Info
	case event.Draft:
		t.Tone = view.Warn
	case event.Cancelled:
		t.Tone = view.Bad
	}
	return t
}

func eventTags(a event.Activity) []view.Tag {
	tags := []view.Tag{{Label: words.EventKind(a.Kind)}, eventTag(a)}
	if a.State == event.Open && a.Full() {
		tags = append(tags, view.Tag{Label: "席位已满，可候补", Tone: view.Warn})
	}
	if a.Meets() {
		tags = append(tags, view.Tag{Label: "一对一洽谈", Tone: view.Info})
	}
	return tags
}

// hours says from when to when, the day once where it is one.
func hours(from, to time.Time) string {
	if clock.Day(from) == clock.Day(to) {
		return view.DayTime(from) + "—" + clock.Local(to).Format("15:04")
	}
	return view.DayTime(from) + "—" + view.DayTime(to)
}

// at is a moment in a narrow column.
func at(t time.Time) string { return clock.Local(t).Format("1 月 2 日 15:04") }

func eventRow(c *web.Ctx, r event.Row) view.Row {
	row := view.Row{Title: view.T(r.Title), Href: event.Path(r.ID), Lead: view.T(ui.Clip(r.Summary, 90)), Sample: r.Sample,
		Meta: ui.NotEmpty(hours(r.BeginsAt, r.EndsAt), ui.FirstOf(r.Place, "线上"), r.Host), Tags: eventTags(r.Activity)}
	if r.State == event.Open && !r.Full() {
		row.Right, row.RightNote = c.T("余 %d 席", r.Capacity-r.Admitted), c.T("%s截止报名", view.ShortDay(r.SignupUntil))
	}
	return row
}

// events is the public calendar: what is to come, or what is over.
func (p *Pages) events(c *web.Ctx) error {
	q := c.QueryForm()
	f := event.Filter{Text: q.Text("q"), Division: q.Text("division"), Kind: event.Kind(q.Text("kind")), Past: q.Text("past") == "yes",
		After: q.ID("after"), Limit: eventsShown}
	if f.Division != "" && !region.Valid(f.Division) {
		q.Errors.Add("division", "unknown", "没有这个地区，请从列表中选择")
	}
	if err := ui.FormErr(q); err != nil {
		return err
	}
	list, err := p.Events.List(c.Context(), f)
	if err != nil {
		return err
	}
	rows := view.Rows{Label: "活动", Empty: view.Empty{Icon: "calendar", Title: "没有符合条件的活动",
		Text: "去掉一个条件再看；选了旗县，也会列出所在盟市和自治区的活动。"}}
	for _, r := range list {
		rows.Items = append(rows.Items, eventRow(c, r))
	}
	body := ui.Listing{Lead: "路演、对接会和揭榜日。报名后凭入场码签到；有一对一洽谈的活动，可以提前约好时间。", Rows: &rows, Pager: view.Pager{Total: -1},
		Search: &view.Search{Action: "/events", Name: "q", Value: f.Text, Label: "查找活动", Placeholder: "名称或地点", Submit: "查找"}, Rail: eventRail(f),
		Tabs: &view.Tabs{Label: "时间", Items: []view.Link{{Label: "即将举办", Href: "/events", Current: !f.Past}, {Label: "往期活动",
			Href: "/events?past=yes", Current: f.Past}}}}
	if len(list) == eventsShown {
		v := c.Query()
		v.Set("after", strconv.FormatInt(list[len(list)-1].ID, 10))
		body.Pager.Next = "/events?" + v.Encode()
	}
	if c.Actor().SignedIn() {
		body.Actions = []view.Action{{Label: "我的活动", Href: "/events/mine", Kind: view.Quiet}}
	}
	if event.MayHost(c.Actor()) {
		body.Actions = append(body.Actions, view.Action{Label: "本单位举办的", Href: "/events/hosted", Kind: view.Quiet})
	}
	page := c.Page("活动")
	page.Nav = "events"
	return ui.ShowList(c, page, body)
}

func eventRail(f event.Filter) *view.Rail {
	places := []view.Option{{Label: "全部", Checked: f.Division == ""}}
	for _, l := range region.Leagues() {
		places = append(places, view.Option{Value: l.Code, Label: l.Name, Checked: l.Code == f.Division})
	}
	kinds := []view.Option{{Label: "全部", Checked: f.Kind == ""}}
	for _, k := range event.Kinds() {
		kinds = append(kinds, view.Option{Value: string(k), Label: words.EventKind(k), Checked: k == f.Kind})
	}
	rail := &view.Rail{Action: "/events", Clear: "/events", Hidden: []view.Pair{{Name: "q", Value: f.Text}}, Groups: []view.FilterGroup{
		{Legend: "在哪里", Name: "division", Single: true, Fold: 13, Options: places},
		{Legend: "类型", Name: "kind", Single: true, Fold: 6, Options: kinds}}}
	if f.Past {
		rail.Hidden = append(rail.Hidden, view.Pair{Name: "past", Value: "yes"})
	}
	return rail
}

func (p *Pages) myEvents(c *web.Ctx) error {
	list, err := p.Events.Mine(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	return p.eventList(c, "我的活动", "我报名的活动，最近的在前。", list, view.Empty{Icon: "calendar", Title: "还没有报名活动", Text: "打开一场活动就可以报名。",
		Actions: []view.Action{{Label: "看活动", Href: "/events", Kind: view.Quiet}}},
		func(r event.Row) string { return event.Path(r.ID) + "/mine" }, "")
}

func (p *Pages) hostedEvents(c *web.Ctx) error {
	q := c.QueryForm()
	list, err := p.Events.Hosted(c.Context(), c.Actor(), q.ID("after"), eventsShown)
	if err != nil {
		return err
	}
	next := ""
	if len(list) == eventsShown {
		next = fmt.Sprintf("/events/hosted?after=%d", list[len(list)-1].ID)
	}
	empty := view.Empty{Icon: "calendar", Title: "本单位还没有举办活动", Text: "新建一场活动，先存为草稿，核对后再发布。"}
	if !event.MayHost(c.Actor()) {
		empty.Text = "活动由科技局、高校院所、技术转移机构和登记点主办单位发布。企业请联系所在盟市科技局合办。"
	}
	return p.eventList(c, "本单位举办的活动", "草稿只有本单位看得到。", list, empty, func(r event.Row) string { return event.Path(r.ID) + "/desk" }, next)
}

func (p *Pages) eventList(c *web.Ctx, title, lead string, list []event.Row, empty view.Empty, href func(event.Row) string,
	next string) error {
	rows := view.Rows{Label: title, Empty: empty}
	for _, r := range list {
		row := eventRow(c, r)
		row.Href = href(r)
		rows.Items = append(rows.Items, row)
	}
	page := c.Page(title)
	page.Nav = "events"
	page.Breadcrumbs = []view.Link{{Label: "活动", Href: "/events"}}
	body := ui.Listing{Lead: lead, Rows: &rows, Pager: view.Pager{Total: -1, Next: next}}
	if next != "" || title == "本单位举办的活动" && event.MayHost(c.Actor()) {
		body.Actions = []view.Action{{Label: "新建活动", Href: "/events/new"}}
	}
	return ui.ShowList(c, page, body)
}

// showEvent is the public page; form and ferr are those of a sign-up that was refused.
func (p *Pages) showEvent(c *web.Ctx, form *web.Form, ferr error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Events.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	page := eventPage(c, v.Title)
	page.Breadcrumbs, page.Description = page.Breadcrumbs[:1], ui.Clip(v.Summary, 120)
	body := ui.Sheet{Heading: view.T(v.Title), Lead: c.T("%s主办", v.Host), Tags: eventTags(v.Activity), Sample: v.Sample}
	if v.State == event.Cancelled {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Tone: view.Bad, Title: "活动已取消", Text: v.Reason}}})
	}
	body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Prose{view.T(v.Summary)}, eventFacts(c, v)}}, p.programme(v))
	if v.Meets() {
		body.Main = append(body.Main, meetingsNote(c, v))
	}
	side, err := p.signupBlock(c, v, form, ferr)
	if err != nil {
		return err
	}
	body.Side = append(body.Side, side)
	if v.Own != nil {
		body.Actions = append(body.Actions, view.Action{Label: "我的安排", Href: event.Path(id) + "/mine"})
	}
	if v.Desk {
		body.Actions = append(body.Actions, view.Action{Label: "活动工作台", Href: event.Path(id) + "/desk", Kind: view.Quiet})
	}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

// eventPage is the frame of a page under an event.
func eventPage(c *web.Ctx, title string, more ...view.Link) view.Page {
	page := c.Page(title)
	page.Nav = "events"
	page.Breadcrumbs = append([]view.Link{{Label: "活动", Href: "/events"}}, more...)
	return page
}

func eventFacts(c *web.Ctx, v event.View) view.Facts {
	facts := []view.Fact{{Label: "时间", Value: hours(v.BeginsAt, v.EndsAt)}, {Label: "地点", Value: ui.FirstOf(v.Place, "线上")}}
	if v.Entrance != "" {
		facts = append(facts, view.Fact{Label: "线上入口", Value: "打开", Href: v.Entrance, Note: "报名确认的人才看得到，请勿转发"})
	}
	facts = append(facts, view.Fact{Label: "主办单位", Value: v.Host, Href: fmt.Sprintf("/units/%d", v.HostOrg)})
	for _, f := range []view.Fact{{Label: "参加对象", Value: v.Audience}, {Label: "语言", Value: v.Languages}} {
		if f.Value != "" {
			facts = append(facts, f)
		}
	}
	how := "按报名先后确认，满员后列入候补"
	if v.ByHost {
		how = "由主办单位逐个确认"
	}
	facts = append(facts, view.Fact{Label: "报名", Value: c.T("%s 至 %s", view.DayTime(v.SignupFrom), view.DayTime(v.SignupUntil)), Note: how},
		view.Fact{Label: "席位", Value: c.T("%d 席，已确认 %d 席", v.Capacity, v.Admitted)})
	if v.Secrecy != "" {
		facts = append(facts, view.Fact{Label: "保密要求", Text: view.T(v.Secrecy)})
	}
	return view.Facts{Items: facts}
}

func (p *Pages) programme(v event.View) ui.Block {
	t := ui.Columns[event.Item]{
		ui.TextColumn("时间", func(i event.Item) string { return at(i.BeginsAt) }),
		{Label: "内容", Cell: func(i event.Item) view.Cell {
			cell := view.Cell{Text: i.Title, Header: true}
			if h, ok := v.Listings[i.Listing]; ok {
				cell.Href, cell.Note = p.Listings.Kinds().Of(h.Kind).PagePath(h.ID), h.Title
			}
			return cell
		}},
		ui.TextColumn("讲者", func(i event.Item) string { return i.Speaker }),
	}.Table("日程", v.Items)
	t.Empty = view.Empty{Title: "日程待定，公布后更新在这里"}
	t.HideCaption = true
	return ui.Block{ID: "programme", Title: "日程", Parts: view.Parts{t}}
}

func meetingsNote(c *web.Ctx, v event.View) ui.Block {
	var facts []view.Fact
	for _, s := range event.Sessions(v.Slots) {
		facts = append(facts, view.Fact{Label: hours(s.From, s.Until), Value: c.T("每场 %d 分钟，%d 张桌", s.Minutes, s.Tables)})
	}
	facts = append(facts, view.Fact{Label: "约见", Value: c.T("%s 至 %s", view.DayTime(*v.BookingFrom), view.DayTime(*v.BookingUntil)),
		Note: c.T("每人最多 %d 场；截止后统一安排还没有定时间的", v.MeetingCap)})
	return ui.Block{ID: "meetings", Title: "一对一洽谈", Intro: "报名时选“参加一对一洽谈”，确认后可以约其他参加者；对方接受时选定时间。", Parts: view.Parts{view.Facts{Wide: true,
		Items: facts}}}
}

// signupBlock says where the reader stands, or asks him.
func (p *Pages) signupBlock(c *web.Ctx, v event.View, form *web.Form, ferr error) (ui.Block, error) {
	b := ui.Block{ID: "signup", Card: true, Title: "报名"}
	now := c.Now()
	living := v.Own != nil && v.Own.State != event.SignCancelled && v.Own.State != event.SignDeclined
	switch {
	case v.Own != nil && (living || !v.Signing(now)):
		b.Title = "我的报名"
		fact := view.Fact{Label: "状态", Value: words.SignStage(v.Own.State), Note: v.Own.Reason}
		if v.InRow > 0 {
			fact.Note = c.T("排在第 %d 位，有人取消时按先后递补", v.InRow)
		}
		b.Add(view.Facts{Wide: true, Items: []view.Fact{fact}}, view.Actions{{Label: "看我的安排和入场码", Href: event.Path(v.ID) + "/mine",
			Kind: view.Quiet}})
	case !v.Signing(now):
		b.Intro = "现在不能报名。报名时间见左侧；当天也可以到现场登记。"
		if v.State == event.Draft {
			b.Intro = "草稿还没有发布。"
		}
	case !c.Actor().SignedIn():
		b.Intro = "登录后报名，约一分钟。没有账号的可以当天到现场登记。"
		b.Add(view.Actions{{Label: "登录后报名", Href: "/signin?next=" + event.Path(v.ID)}})
	default:
		if v.Full() {
			b.Intro = "席位已满，现在报名列入候补，有人取消时按先后递补。"
		}
		f, err := p.signupForm(c, v.Activity, v.Slots, ui.NewAsk(c, form, ferr), event.Coming{}, "报名")
		if err != nil {
			return b, err
		}
		for _, part := range f {
			b.Add(part.Parts...)
		}
	}
	return b, nil
}

// signupForm asks as what somebody comes, with what, and when he is away.
func (p *Pages) signupForm(c *web.Ctx, v event.Activity, slots []event.Sitting, a *ui.Ask, has event.Coming, submit string) ([]ui.Block,
	error) {
	parts := make([]view.Option, 0, len(event.Parts()))
	for _, k := range event.Parts() {
		parts = append(parts, view.Option{Value: string(k), Label: words.EventPart(k)})
	}
	fields := []view.Field{a.Radio("side", "以什么身份参加", string(has.Part), parts, ui.Required)}
	own, err := p.ownListings(c)
	if err != nil {
		return nil, err
	}
	if len(own) > 0 {
		fields = append(fields, a.Checks("listings", "带来的成果或需求", texts(has.Listings), own, ui.Hint("约见的人看得到，最多 10 项")))
	}
	if v.Meets() {
		fields = append(fields, a.Checks("meetings", "一对一洽谈", yes(has.Meetings), []view.Option{{Value: "yes", Label: "参加一对一洽谈"}}))
		var times []view.Option
		for _, s := range slots {
			times = append(times, view.Option{Value: strconv.FormatInt(s.ID, 10), Label: at(s.BeginsAt)})
		}
		fields = append(fields, a.Checks("awaySlots", "哪些时段不能来", texts(has.Away), times, ui.Hint("不勾选表示都可以")))
	}
	fields = append(fields, a.Area("note", "想谈什么、带什么", has.Note, ui.Lines(2), ui.Limit(500)))
	return a.Blocks(view.NewForm(event.Path(v.ID)+"/signup", submit, fields...)), nil
}

func yes(b bool) []string {
	if b {
		return []string{"yes"}
	}
	return nil
}

func texts(ids []int64) (out []string) {
	for _, id := range ids {
		out = append(out, strconv.FormatInt(id, 10))
	}
	return out
}

// numbers are the ids of a list of check boxes; what is no number is none.
func numbers(list []string) (out []int64) {
	for _, s := range list {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// ownListings are the public listings of the reader's unit, of every kind.
func (p *Pages) ownListings(c *web.Ctx) (out []view.Option, err error) {
	if !c.Actor().Member() {
		return nil, nil
	}
	for _, k := range p.Listings.Kinds().All() {
		own, _, err := p.Listings.Own(c.Context(), c.Actor(), k.Kind, listing.Filter{Limit: 50,
			States: []listing.State{listing.Published, listing.Revising, listing.Resubmitted}})
		if err != nil {
			return nil, err
		}
		for _, l := range own {
			out = append(out, view.Option{Value: strconv.FormatInt(l.ID, 10), Label: l.Title, Hint: k.Label})
		}
	}
	return out, nil
}

func readComing(f *web.Form) event.Coming {
	return event.Coming{Part: event.Part(f.Text("side")), Listings: numbers(f.List("listings")), Note: f.Text("note"),
		Meetings: slices.Contains(f.List("meetings"), "yes"), Away: numbers(f.List("awaySlots"))}
}

// signUp takes a sign-up, or its change from the page of one's own arrangements.
func (p *Pages) signUp(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	revise := f.Text("revise") != ""
	var s event.Signup
	if revise {
		s, err = p.Events.Revise(c.Context(), c.Actor(), id, readComing(f))
	} else {
		s, err = p.Events.Ask(c.Context(), c.Actor(), id, readComing(f))
	}
	switch {
	case ui.Refused(err) && revise:
		return p.agenda(c, f, err, "revise")
	case ui.Refused(err):
		return p.showEvent(c, f, err)
	case err != nil:
		return err
	}
	said := map[event.SignStage]string{event.SignAdmitted: "报名已确认，这里是您的入场码。", event.SignWaitlisted: "席位已满，已列入候补，递补时会通知您。",
		event.SignAsked: "报名已提交，主办单位确认后会通知您。"}[s.State]
	if revise {
		said = "已修改。"
	}
	c.Flash(view.OK, said)
	return c.See(event.Path(id) + "/mine")
}
