package publish

import (
	"fmt"
	"slices"
	"strconv"

	"techmarket/internal/publish/event"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

// agenda is what one participant has at an event. f and ferr are those of a refused form, on names which.
func (p *Pages) agenda(c *web.Ctx, f *web.Form, ferr error, on string) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	g, err := p.Events.Agenda(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	v := agendaView{p: p, c: c, g: g, f: f, err: ferr, on: on}
	body := ui.Sheet{Heading: view.T("我的安排"), Lead: g.Title, Sample: g.Sample, Tags: append(eventTags(g.Activity),
		view.Tag{Label: words.SignStage(g.Own.State), Tone: signTone(g.Own.State)})}
	if g.Code != "" || len(g.Wishes) > 0 {
		body.Actions = append(body.Actions, view.Action{Label: "打印", Href: event.Path(id) + "/mine/print", Kind: view.Quiet})
	}
	if g.Booking && g.Own.Meetings && g.Own.State.Seated() {
		body.Actions = append([]view.Action{{Label: "约人洽谈", Href: event.Path(id) + "/people"}}, body.Actions...)
	}
	if err := v.main(&body); err != nil {
		return err
	}
	if err := v.side(&body); err != nil {
		return err
	}
	page := eventPage(c, "我的安排", view.Link{Label: "我的活动", Href: "/events/mine"}, view.Link{Label: g.Title, Href: event.Path(id)})
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

func signTone(s event.SignStage) view.Tone {
	switch s {
	case event.SignAdmitted, event.SignPresent:
		return view.OK
	case event.SignAsked, event.SignWaitlisted:
		return view.Warn
	case event.SignDeclined, event.SignNoShow:
		return view.Bad
	}
	return ""
}

// agendaView draws an agenda.
type agendaView struct {
	p   *Pages
	c   *web.Ctx
	g   event.Agenda
	f   *web.Form
	err error
	on  string
}

// ask starts a form of the page: with what was typed where it was the refused one. Its fields get ids of their own.
func (v agendaView) ask(key string) *ui.Ask {
	if key == v.on {
		return ui.NewAsk(v.c, v.f, v.err)
	}
	return ui.NewAsk(v.c, nil, nil)
}

// form is a form of a step under its own key.
func (v agendaView) form(key, action, submit string, a *ui.Ask, hidden []view.Pair, fields ...view.Field) view.Parts {
	for i := range fields {
		fields[i].ID = key + "-" + fields[i].Name
	}
	form := view.NewForm(action, submit, fields...)
	form.Hidden = hidden
	form.Actions[0].Kind = view.Quiet
	var parts view.Parts
	for _, b := range a.Blocks(form) {
		parts = append(parts, b.Parts...)
	}
	return parts
}

func (v agendaView) main(body *ui.Sheet) error {
	g := v.g
	path := event.Path(g.ID)
	for _, o := range g.Offers {
		body.Main = append(body.Main, v.offer(o))
	}
	meetings := ui.Block{ID: "meetings", Title: "我的洽谈", Parts: view.Parts{v.plan()}}
	if g.Meets() {
		body.Main = append(body.Main, meetings)
	}
	asked := false
	for _, w := range g.Wishes {
		if w.State != event.WishBooked || g.State != event.Running && g.State != event.Reporting {
			continue
		}
		b := v.result(w)
		if b.Card && asked { // one at a time; the others stand folded
			b.Card, b.Fold, b.Title = false, b.Title, ""
		}
		asked = asked || b.Card
		body.Main = append(body.Main, b)
	}
	if len(g.Tasks) > 0 {
		tasks := ui.Block{ID: "tasks", Title: "后续事项", Intro: "再谈和有意向的，按期联系；到期没有办的会列到主办单位的工作台。"}
		body.Main = append(body.Main, tasks)
		for _, k := range g.Tasks {
			b, err := v.task(k)
			if err != nil {
				return err
			}
			body.Main = append(body.Main, b)
		}
	}
	for _, w := range g.Wishes {
		if w.State == event.WishAsked && w.From == g.Own.ID {
			body.Main = append(body.Main, ui.Block{Fold: v.c.T("撤回对%s的约见…", v.who(w)), Parts: v.form(v.key(w), v.wishPath(w), "撤回", v.ask(v.key(w)),
				[]view.Pair{{Name: "event", Value: string(event.ActWithdraw)}})})
		}
	}
	if len(body.Main) == 0 {
		body.Main = []ui.Block{{Parts: view.Parts{view.Empty{Icon: "calendar", Title: "报名已收到", Text: "确认后，这里显示入场码。",
			Actions: []view.Action{{Label: "看活动", Href: path, Kind: view.Quiet}}}}}}
	}
	return nil
}

// other is the second person of a wish.
func (v agendaView) other(w event.Wish) event.Signup {
	if w.From == v.g.Own.ID {
		return v.g.People[w.To]
	}
	return v.g.People[w.From]
}

func (v agendaView) who(w event.Wish) string { o := v.other(w); return o.Unit + " " + o.Name }

func (v agendaView) key(w event.Wish) string { return fmt.Sprintf("wish-%d", w.ID) }

func (v agendaView) wishPath(w event.Wish) string {
	return fmt.Sprintf("%s/wishes/%d/do", event.Path(v.g.ID), w.ID)
}

func (v agendaView) slot(id int64) event.Sitting {
	i := slices.IndexFunc(v.g.Slots, func(s event.Sitting) bool { return s.ID == id })
	if i < 0 {
		return event.Sitting{}
	}
	return v.g.Slots[i]
}

// offer is a wish that waits for the reader: he picks the time out of what both have, or declines.
func (v agendaView) offer(o event.Offer) ui.Block {
	i := slices.IndexFunc(v.g.Wishes, func(w event.Wish) bool { return w.ID == o.Wish })
	w := v.g.Wishes[i]
	b := ui.Block{Card: true, Title: v.c.T("%s约您洽谈", v.who(w)), Intro: w.Reason}
	if !v.g.Booking {
		b.Add(view.Notice{Title: "约见已经截止，不能再接受"})
		return b
	}
	times := make([]view.Option, 0, len(o.Slots))
	for _, s := range o.Slots {
		times = append(times, view.Option{Value: strconv.FormatInt(s.ID, 10), Label: at(s.BeginsAt)})
	}
	a, key := v.ask(v.key(w)), v.key(w)
	var fields []view.Field
	if len(times) > 0 {
		fields = append(fields, a.Choose("slotId", "时间", times[0].Value, times, ui.Width("m"), ui.Hint("双方都空、还有桌的时段，最早的在前")))
	} else {
		b.Add(view.Notice{Title: "现在没有双方都空的时段", Text: "可以先接受，约见截止后统一安排。"})
	}
	b.Add(v.form(key, v.wishPath(w), "接受", a, []view.Pair{{Name: "event", Value: string(event.ActAccept)}}, fields...)...)
	b.Add(v.form(key+"-no", v.wishPath(w), "不接受", v.ask(key+"-no"), []view.Pair{{Name: "event", Value: string(event.ActDecline)}},
		v.ask(key+"-no").Text("reason", "给对方的话", "", ui.Limit(500)))...)
	return b
}

// plan are the meetings in their order, those without a time last.
func (v agendaView) plan() view.Table {
	list := slices.Clone(v.g.Wishes)
	slices.SortStableFunc(list, func(a, b event.Wish) int {
		ta, tb := v.slot(a.Slot).BeginsAt, v.slot(b.Slot).BeginsAt
		switch {
		case ta.IsZero() != tb.IsZero():
			return map[bool]int{true: 1, false: -1}[ta.IsZero()]
		default:
			return ta.Compare(tb)
		}
	})
	t := ui.Columns[event.Wish]{
		ui.TextColumn("时间", func(w event.Wish) string {
			if w.Slot == 0 {
				return "—"
			}
			return at(v.slot(w.Slot).BeginsAt)
		}),
		ui.TextColumn("桌", func(w event.Wish) string { return ui.IntText(w.Table) }),
		{Label: "对方", Cell: func(w event.Wish) view.Cell {
			return view.Cell{Text: v.who(w), Note: words.EventPart(v.other(w).Part), Header: true}
		}},
		{Label: "谈什么", Cell: func(w event.Wish) view.Cell { return view.Cell{Text: w.Reason, Note: w.Answer} }},
		{Label: "状态", Cell: func(w event.Wish) view.Cell {
			state := words.WishStage(w.State)
			if w.State == event.WishAsked && w.To == v.g.Own.ID {
				state = "等我答复"
			}
			return view.Cell{Text: state, Note: why(w.Why)}
		}},
	}.Table("我的洽谈", list)
	t.HideCaption = true
	t.Empty = view.Empty{Title: "还没有约洽谈", Text: "约见开始后，点“约人洽谈”，选参加者并写明想谈什么。"}
	return t
}

// why an accepted wish has no time.
func why(code string) string {
	return map[string]string{event.NoCommonSlot: "没有双方都空的时段", event.Full: "时段或桌已满，或到了每人场数上限"}[code]
}

// result asks what came of one meeting.
func (v agendaView) result(w event.Wish) ui.Block {
	i := slices.IndexFunc(v.g.Told, func(t event.Told) bool { return t.Wish == w.ID })
	key := fmt.Sprintf("result-%d", w.ID)
	a := v.ask(key)
	b := ui.Block{Card: true, Title: v.c.T("与%s谈得怎样", v.who(w))}
	told := event.Told{}
	if i >= 0 {
		told = v.g.Told[i]
		b = ui.Block{Fold: v.c.T("与%s：%s，改结果…", v.who(w), v.c.T(words.MeetingResult(told.Result)))}
		if key == v.on {
			b = ui.Block{Card: true, Title: v.c.T("与%s谈得怎样", v.who(w))}
		}
	} else if v.g.Due != nil {
		b.Intro = v.c.T("请在 %s 前（含）填写。", view.Day(*v.g.Due))
	}
	results := make([]view.Option, 0, len(event.Results()))
	for _, r := range event.Results() {
		results = append(results, view.Option{Value: string(r), Label: words.MeetingResult(r)})
	}
	b.Add(v.form(key, fmt.Sprintf("%s/wishes/%d/result", event.Path(v.g.ID), w.ID), "保存结果", a, nil,
		a.Radio("result", "结果", string(told.Result), results, ui.Required),
		a.Kind(view.Date, "dueOn", "下一步的日期", "", ui.Width("m"), ui.Hint("再谈、有意向的会成为一项后续事项；不填为 14 天后")),
		a.Area("note", "说明", told.Note, ui.Lines(2), ui.Limit(500)))...)
	return b
}

// task is one promise with its steps: done, moved, or made an interest of the market.
func (v agendaView) task(k event.Task) (ui.Block, error) {
	facts := []view.Fact{{Label: "联系对象", Value: k.WithUnit + " " + k.WithName}, {Label: "日期", Value: view.Day(k.DueOn)}}
	if k.Moved > 0 {
		facts = append(facts, view.Fact{Label: "改期", Value: v.c.T("%d 次", k.Moved), Note: k.Reason})
	}
	if k.Deal != 0 {
		facts = append(facts, view.Fact{Label: "对接", Value: "打开", Href: fmt.Sprintf("/deals/%d", k.Deal)})
	}
	b := ui.Block{Card: true, Title: v.c.T("与%s继续联系", k.WithUnit), Parts: view.Parts{view.Facts{Items: facts}}}
	if k.State == event.TaskDone {
		b.Add(view.Notice{Tone: view.OK, Title: v.c.T("%s已办", view.Day(*k.DoneAt)), Text: k.Reason})
		return b, nil
	}
	if k.Overdue(v.c.Now()) {
		b.Parts = append(view.Parts{view.Notice{Tone: view.Warn, Title: "已经过期，请办理或改期"}}, b.Parts...)
	}
	path := fmt.Sprintf("%s/tasks/%d", event.Path(v.g.ID), k.ID)
	if k.Deal == 0 {
		parts, err := v.interest(k, path)
		if err != nil {
			return b, err
		}
		b.Add(parts...)
	}
	key := fmt.Sprintf("task-%d", k.ID)
	a := v.ask(key)
	b.Add(v.form(key, path+"/do", "登记已办", a, []view.Pair{{Name: "event", Value: string(event.ActDone)}},
		a.Text("reason", "做了什么", "", ui.Limit(500)))...)
	m := v.ask(key + "-move")
	b.Add(v.form(key+"-move", path+"/do", "改期", m, []view.Pair{{Name: "event", Value: string(event.ActMove)}},
		m.Kind(view.Date, "dueOn", "新的日期", "", ui.Width("m"), ui.Required), m.Text("reason", "原因", "", ui.Required, ui.Limit(500)))...)
	return b, nil
}

// interest is the one click that opens an interest: about what the other one brought, or what the reader's unit has.
func (v agendaView) interest(k event.Task, path string) (view.Parts, error) {
	if !v.c.Actor().Member() {
		return nil, nil
	}
	shown, err := v.p.Events.Listed(v.c.Context(), slices.Concat(v.g.People[k.With].Listings, v.g.Own.Listings))
	if err != nil {
		return nil, err
	}
	var options []view.Option
	for _, id := range v.g.People[k.With].Listings {
		if h, ok := shown[id]; ok {
			options = append(options, view.Option{Value: strconv.FormatInt(id, 10), Label: h.Title})
		}
	}
	if len(options) == 0 {
		return view.Parts{view.Notice{Title: "对方报名时没有带成果或需求", Text: "请在市场里找到对方的成果或需求，从那一页发起对接。"}}, nil
	}
	key := fmt.Sprintf("interest-%d", k.ID)
	a := v.ask(key)
	fields := []view.Field{a.Choose("listing", "对接对方的哪一项", options[0].Value, options)}
	own := []view.Option{{Label: "暂不指定"}}
	for _, id := range v.g.Own.Listings {
		if h, ok := shown[id]; ok {
			own = append(own, view.Option{Value: strconv.FormatInt(id, 10), Label: h.Title})
		}
	}
	if len(own) > 1 {
		fields = append(fields, a.Choose("own", "本单位的哪一项", "", own))
	}
	return v.form(key, path+"/interest", "发起对接", a, nil, fields...), nil
}

// side is the code, and the sign-up with its changes.
func (v agendaView) side(body *ui.Sheet) error {
	g := v.g
	if g.Code != "" && g.Own.State == event.SignAdmitted {
		qr, err := view.QR(g.Code, "入场码")
		if err != nil {
			return err
		}
		body.Side = append(body.Side, ui.Block{Card: true, ID: "code", Title: "入场码", Intro: "到场时出示二维码，或报前六位。码里没有个人信息。",
			Parts: view.Parts{qr, view.Facts{Wide: true, Items: []view.Fact{{Label: "手输的六位", Value: g.Code[:6]}}}}})
	}
	facts := []view.Fact{{Label: "时间", Value: hours(g.BeginsAt, g.EndsAt)}, {Label: "地点", Value: ui.FirstOf(g.Place, "线上")},
		{Label: "身份", Value: words.EventPart(g.Own.Part)}}
	if g.Own.PresentAt != nil {
		facts = append(facts, view.Fact{Label: "到场", Value: at(*g.Own.PresentAt)})
	}
	if g.Own.Reason != "" {
		facts = append(facts, view.Fact{Label: "原因", Text: view.T(g.Own.Reason)})
	}
	body.Side = append(body.Side, ui.Block{Card: true, Title: "我的报名", Parts: view.Parts{view.Facts{Wide: true, Items: facts}}})
	if g.State != event.Open && g.State != event.Closed {
		return nil
	}
	switch g.Own.State {
	case event.SignAsked, event.SignAdmitted, event.SignWaitlisted:
	default:
		return nil
	}
	has := event.Coming{Part: g.Own.Part, Listings: g.Own.Listings, Note: g.Own.Note, Meetings: g.Own.Meetings, Away: g.Own.Away}
	form, err := v.p.signupForm(v.c, g.Activity, g.Slots, v.ask("revise"), has, "保存")
	if err != nil {
		return err
	}
	b := ui.Block{Fold: "修改报名…"}
	if v.on == "revise" {
		b = ui.Block{Title: "修改报名"}
	}
	for _, part := range form {
		for _, x := range part.Parts {
			if f, ok := x.(view.Form); ok {
				f.Hidden = []view.Pair{{Name: "revise", Value: "yes"}}
				x = f
			}
			b.Add(x)
		}
	}
	cancel := v.form("leave", fmt.Sprintf("%s/signups/%d/do", event.Path(g.ID), g.Own.ID), "取消报名", v.ask("leave"),
		[]view.Pair{{Name: "event", Value: string(event.ActCancel)}})
	body.Side = append(body.Side, b, ui.Block{Fold: "取消报名…", Intro: "席位会给候补的人；约好的洽谈一并取消，对方会收到消息。", Parts: cancel})
	return nil
}

// printAgenda is the code and the plan on paper.
func (p *Pages) printAgenda(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	g, err := p.Events.Agenda(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	facts := []view.Fact{{Label: "姓名", Value: g.Own.Name}, {Label: "单位", Value: g.Own.Unit}, {Label: "时间", Value: hours(g.BeginsAt, g.EndsAt)},
		{Label: "地点", Value: ui.FirstOf(g.Place, "线上")}}
	body := ui.Sheet{Heading: view.T(g.Title), Main: []ui.Block{{Parts: view.Parts{view.Facts{Items: facts}}}}}
	if g.Code != "" {
		qr, err := view.QR(g.Code, "入场码")
		if err != nil {
			return err
		}
		body.Main = append(body.Main, ui.Block{Title: c.T("入场码 %s", g.Code[:6]), Parts: view.Parts{qr}})
	}
	if g.Meets() {
		v := agendaView{p: p, c: c, g: g}
		v.g.Wishes = slices.DeleteFunc(slices.Clone(g.Wishes), func(w event.Wish) bool { return w.State != event.WishBooked })
		body.Main = append(body.Main, ui.Block{Title: "一对一洽谈", Parts: view.Parts{v.plan()}})
	}
	page := eventPage(c, c.T("我的安排：%s", g.Title), view.Link{Label: "我的安排", Href: event.Path(id) + "/mine"})
	body.Lead = "用浏览器的“打印”打印这一页，菜单和按钮不会印出来。"
	return ui.ShowSheet(c, page, body)
}
