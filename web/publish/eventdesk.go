package publish

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/publish/event"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

// mostPeople is how many people of a desk one page shows; a search finds the others.
const mostPeople = 200

// deskPage is the frame of the host's pages.
func (p *Pages) deskPage(c *web.Ctx, tab string) (event.Desk, view.Page, ui.Sheet, error) {
	id, err := c.ID("id")
	if err != nil {
		return event.Desk{}, view.Page{}, ui.Sheet{}, err
	}
	d, err := p.Events.Desk(c.Context(), c.Actor(), id)
	if err != nil {
		return d, view.Page{}, ui.Sheet{}, err
	}
	path := event.Path(id)
	page := eventPage(c, c.T("%s：%s", c.T(tab), d.Title), view.Link{Label: "本单位举办的活动", Href: "/events/hosted"})
	if !d.Host {
		page.Breadcrumbs = page.Breadcrumbs[:1]
	}
	tabs := []view.Link{{Label: "报名", Href: path + "/desk"}, {Label: "签到", Href: path + "/door"}}
	if d.Meets() {
		tabs = append(tabs, view.Link{Label: "洽谈", Href: path + "/meetings"})
	}
	tabs = append(tabs, view.Link{Label: "成效", Href: path + "/report"})
	for i := range tabs {
		tabs[i].Current = tabs[i].Label == tab
	}
	body := ui.Sheet{Heading: view.T(d.Title), Lead: c.T("%s，%s", hours(d.BeginsAt, d.EndsAt), ui.FirstOf(d.Place, "线上")), Sample: d.Sample,
		Tags: eventTags(d.Activity), Tabs: &view.Tabs{Label: "活动工作台", Items: tabs},
		Actions: []view.Action{{Label: "看公开页面", Href: path, Kind: view.Quiet}}}
	return d, page, body, nil
}

// eventDesk is the host's list of people, with the steps of the event; f and ferr are those of a refused step.
func (p *Pages) eventDesk(c *web.Ctx, f *web.Form, ferr error) error {
	d, page, body, err := p.deskPage(c, "报名")
	if err != nil {
		return err
	}
	q := c.QueryForm()
	state, text := event.SignStage(q.Text("state")), q.Text("q")
	var people []event.Signup
	for _, s := range d.People {
		if (state == "" || s.State == state) && (text == "" || strings.Contains(s.Name+s.Unit, text)) {
			people = append(people, s)
		}
	}
	path := event.Path(d.ID)
	list := ui.Block{ID: "people", Title: "名单", Intro: c.T("共 %d 人，按报名先后。", len(people))}
	if len(people) > mostPeople {
		list.Intro = c.T("共 %d 人，这里列出前 %d 人，请用姓名或单位查找。", len(people), mostPeople)
		people = people[:mostPeople]
	}
	list.Add(view.Search{Action: path + "/desk", Name: "q", Value: text, Label: "查找", Placeholder: "姓名或单位", Submit: "查找"})
	var chips view.Chips
	for _, s := range event.SignStages() {
		if n := d.Counts[s]; n > 0 {
			chips = append(chips, view.Chip{Label: c.T("%s %d", c.T(words.SignStage(s)), n), Href: path + "/desk?state=" + string(s),
				On: s == state})
		}
	}
	list.Add(chips, peopleRows(c, d, people))
	body.Main = []ui.Block{list}
	body.Side = append(p.eventSteps(c, d, f, ferr), ui.Block{Card: true, Title: "人数", Parts: view.Parts{view.Facts{Wide: true,
		Items: []view.Fact{
			{Label: "席位", Value: c.T("%d 席，已确认 %d 席", d.Capacity, d.Admitted)}, {Label: "候补", Value: strconv.Itoa(d.Counts[event.SignWaitlisted])},
			{Label: "待确认", Value: strconv.Itoa(d.Counts[event.SignAsked])}, {Label: "现场登记", Value: strconv.Itoa(d.Walked)}}}}})
	var history view.Timeline
	for _, s := range d.Steps {
		history.Events = append(history.Events, view.Event{At: s.At, What: words.EventAct(s.Act), Note: s.Reason})
	}
	body.Side = append(body.Side, ui.Block{Title: "经过", Parts: view.Parts{history}})
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

// peopleRows lists people with what the host can do about each.
func peopleRows(c *web.Ctx, d event.Desk, people []event.Signup) view.Rows {
	rows := view.Rows{Label: "报名名单", Empty: view.Empty{Icon: "users", Title: "还没有人报名", Text: "发布以后，把公开页面的链接发给要请的单位。"}}
	for _, s := range people {
		row := view.Row{Title: view.T(s.Unit + " " + s.Name), Lead: view.T(ui.Clip(s.Note, 90)),
			Tags: []view.Tag{{Label: words.SignStage(s.State), Tone: signTone(s.State)}}, Meta: ui.NotEmpty(words.EventPart(s.Part),
				at(s.AskedAt)+"报名")}
		if s.WalkedIn {
			row.Tags = append(row.Tags, view.Tag{Label: "现场登记"})
		}
		if s.PresentAt != nil {
			row.Right, row.RightNote = clock.Local(*s.PresentAt).Format("15:04"), "到场"
		}
		if d.Host && (d.State == event.Open || d.State == event.Closed || d.State == event.Running) && s.State == event.SignAsked {
			row.Actions = []view.Action{seatAction(d, s, event.ActAdmit, "确认"), seatDecline(d, s)}
		}
		rows.Items = append(rows.Items, row)
	}
	return rows
}

func seatAction(d event.Desk, s event.Signup, act event.Act, label string) view.Action {
	return view.Action{Label: label, Post: fmt.Sprintf("%s/signups/%d/do", event.Path(d.ID), s.ID), Kind: view.Quiet, Small: true,
		Said: s.Unit + " " + s.Name, Hidden: []view.Pair{{Name: "event", Value: string(act)}}}
}

// seatDecline says the common reason; a longer one is said by telephone or by message.
func seatDecline(d event.Desk, s event.Signup) view.Action {
	a := seatAction(d, s, event.ActDecline, "不通过")
	a.Hidden = append(a.Hidden, view.Pair{Name: "reason", Value: "不在本次活动的参加对象范围内，或席位有限。如有疑问请联系主办单位。"})
	return a
}

// eventSteps are the forms of what the host may do now, the way on first.
func (p *Pages) eventSteps(c *web.Ctx, d event.Desk, f *web.Form, ferr error) (out []ui.Block) {
	on := event.Act("")
	if f != nil {
		on = event.Act(f.Text("event"))
	}
	intro := map[event.Act]string{event.ActPublish: "发布后大家看得到，到报名时间就可以报名。", event.ActClose: "到报名截止时间会自动截止，也可以提前。",
		event.ActStart: "到开始时间会自动开始。", event.ActFinish: "结束后请参加者填写洽谈结果；没有签到的记为未到场。当天夜里会自动结束。",
		event.ActPlace:  "给已接受、还没有定时间的洽谈排时段和桌；已定的不动。约见截止时会自动安排一次，之后有变动可以再排。",
		event.ActCancel: "取消后不能恢复，报名的人都会收到消息和原因。"}
	for _, act := range d.Acts {
		if act == event.ActEdit || act == event.ActPlace && !d.Meets() {
			continue
		}
		a := ui.NewAsk(c, nil, nil)
		if act == on {
			a = ui.NewAsk(c, f, ferr)
		}
		label := words.EventAct(act)
		b := ui.Block{Fold: label + "…", Intro: intro[act]}
		var fields []view.Field
		if act == event.ActCancel {
			fields = []view.Field{a.Area("reason", "原因", "", ui.Required, ui.Lines(2), ui.Limit(2000))}
		}
		form := view.NewForm(event.Path(d.ID)+"/do", label, fields...)
		form.Hidden = []view.Pair{{Name: "event", Value: string(act)}, {Name: "version", Value: strconv.Itoa(d.Version)}}
		if act == event.ActPublish || act == on {
			b = ui.Block{Card: true, Title: label, Intro: intro[act]}
		} else {
			form.Actions[0].Kind = view.Quiet
		}
		for _, part := range a.Blocks(form) {
			b.Add(part.Parts...)
		}
		out = append(out, b)
	}
	if slices.Contains(d.Acts, event.ActEdit) {
		out = append(out, ui.Block{Parts: view.Parts{view.Actions{{Label: "修改活动", Href: event.Path(d.ID) + "/edit", Kind: view.Quiet}}}})
	}
	return out
}

// eventDoor is the desk at the door: codes, people who walk in, who came last. f and ferr are those of a refused form.
func (p *Pages) eventDoor(c *web.Ctx, f *web.Form, ferr error, found []event.Scanned) error {
	d, page, body, err := p.deskPage(c, "签到")
	if err != nil {
		return err
	}
	c.AllowCamera()
	path := event.Path(d.ID)
	body.Actions = append(body.Actions, view.Action{Label: "打印签到表", Href: path + "/attendance", Kind: view.Quiet})
	if d.Host {
		walking := f != nil && f.Text("walking") != ""
		a := ui.NewAsk(c, nil, nil)
		if !walking {
			a = ui.NewAsk(c, f, ferr)
		}
		full, short := d.Digests()
		form := view.NewForm(path+"/checkins", "签到", a.Text("code", "入场码", "", ui.Required, ui.Width("m"), ui.Fill("off"),
			ui.Hint("扫码枪、摄像头或手输六位；断网时照常签到，联网后自动上传")))
		body.Main = append(body.Main, ui.Block{ID: "scan", Title: "扫码或输入入场码", Parts: view.Parts{a.Notice,
			view.Door{Form: form, Event: strconv.FormatInt(d.ID, 10), Full: full, Short: short}}})
		w := ui.NewAsk(c, nil, nil)
		if walking {
			w = ui.NewAsk(c, f, ferr)
		}
		walk := view.NewForm(path+"/walkins", "登记并签到", w.Text("name", "姓名", "", ui.Required, ui.Limit(40), ui.Width("m")),
			w.Text("unit", "单位", "", ui.Required, ui.Limit(100), ui.Hint("没有单位填“个人”")),
			w.Kind(view.Tel, "phone", "电话", "", ui.Required, ui.Width("m"), ui.Hint("只用于本次活动联系，加密保存")))
		walk.Hidden = []view.Pair{{Name: "walking", Value: "yes"}}
		b := ui.Block{ID: "walk", Card: true, Title: "现场登记", Intro: "没有报名的人，不占席位。"}
		for _, part := range w.Blocks(walk) {
			b.Add(part.Parts...)
		}
		body.Side = []ui.Block{b}
	}
	body.Main = append(body.Main, doorFound(c, found), doorRecent(c, d))
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

// doorFound says what came of the last codes; problems are said each.
func doorFound(c *web.Ctx, found []event.Scanned) ui.Block {
	b := ui.Block{ID: "door-found"}
	for _, s := range found[max(0, len(found)-20):] {
		switch {
		case s.Problem != "":
			b.Add(view.Notice{Tone: view.Bad, Title: s.Problem, Text: strings.TrimSpace(s.Signup.Unit + " " + s.Signup.Name)})
		case s.Again:
			b.Add(view.Notice{Tone: view.Warn, Title: c.T("%s %s 已签到", s.Signup.Unit, s.Signup.Name), Text: c.T("最早 %s 到场。", at(*s.PresentAt))})
		default:
			b.Add(view.Notice{Tone: view.OK, Title: c.T("%s %s 签到成功", s.Signup.Unit, s.Signup.Name)})
		}
	}
	return b
}

// doorRecent are the last who came, and those whose code nobody has.
func doorRecent(c *web.Ctx, d event.Desk) ui.Block {
	var present []event.Signup
	for _, s := range d.People {
		if s.PresentAt != nil {
			present = append(present, s)
		}
	}
	slices.SortFunc(present, func(a, b event.Signup) int { return b.PresentAt.Compare(*a.PresentAt) })
	t := ui.Columns[event.Signup]{
		ui.TextColumn("到场", func(s event.Signup) string { return at(*s.PresentAt) }),
		{Label: "姓名", Cell: func(s event.Signup) view.Cell { return view.Cell{Text: s.Name, Note: s.Unit, Header: true} }},
		ui.TextColumn("身份", func(s event.Signup) string {
			if s.WalkedIn {
				return "现场登记"
			}
			return words.EventPart(s.Part)
		}),
	}.Table("最近到场", present[:min(len(present), 20)])
	t.HideCaption = true
	t.Empty = view.Empty{Title: "还没有人签到"}
	return ui.Block{ID: "door-recent", Title: "最近到场", Intro: c.T("已到 %d 人，其中现场登记 %d 人；应到 %d 人。", len(present), d.Walked, d.Admitted),
		Parts: view.Parts{t}}
}

// checkIn takes a code, or what an unconnected desk kept.
func (p *Pages) checkIn(c *web.Ctx) error {
	id, f, err := posted(c)
	if err != nil {
		return err
	}
	scans := readScans(f)
	found, err := p.Events.CheckIn(c.Context(), c.Actor(), id, scans)
	if ui.Refused(err) {
		return p.eventDoor(c, f, err, nil)
	} else if err != nil {
		return err
	}
	return p.eventDoor(c, nil, nil, found)
}

// readScans reads one code, or lines of a digest and a time.
func readScans(f *web.Form) (out []event.Scan) {
	if code := f.Text("code"); code != "" {
		out = append(out, event.Scan{Code: code})
	}
	for line := range strings.Lines(f.Values.Get("scans")) {
		hash, when, _ := strings.Cut(strings.TrimSpace(line), " ")
		s := event.Scan{Hash: hash}
		if t, err := time.Parse(time.RFC3339, when); err == nil {
			s.At = &t
		}
		out = append(out, s)
	}
	return out
}

func (p *Pages) walkIn(c *web.Ctx) error {
	id, f, err := posted(c)
	if err != nil {
		return err
	}
	s, err := p.Events.WalkIn(c.Context(), c.Actor(), id, event.Walking{Name: f.Text("name"), Unit: f.Text("unit"), Phone: f.Text("phone")})
	if ui.Refused(err) {
		return p.eventDoor(c, f, err, nil)
	} else if err != nil {
		return err
	}
	c.Flash(view.OK, c.T("%s 已登记并签到。", s.Name))
	return c.See(event.Path(id) + "/door")
}

// attendance is the list on paper: who is expected, with room for a signature, and who came when.
func (p *Pages) attendance(c *web.Ctx) error {
	d, page, _, err := p.deskPage(c, "签到")
	if err != nil {
		return err
	}
	people := slices.DeleteFunc(slices.Clone(d.People), func(s event.Signup) bool {
		return !s.State.Seated() &&
			s.State != event.SignWaitlisted
	})
	slices.SortStableFunc(people, func(a, b event.Signup) int { return strings.Compare(a.Unit+a.Name, b.Unit+b.Name) })
	t := ui.Columns[event.Signup]{
		{Label: "单位", Cell: func(s event.Signup) view.Cell { return view.Cell{Text: s.Unit, Header: true} }},
		ui.TextColumn("姓名", func(s event.Signup) string { return s.Name }),
		ui.TextColumn("报名", func(s event.Signup) string { return words.SignStage(s.State) }),
		ui.TextColumn("到场", func(s event.Signup) string {
			if s.PresentAt == nil {
				return ""
			}
			return at(*s.PresentAt)
		}),
		ui.TextColumn("签字", func(event.Signup) string { return "" }),
	}.Table("签到表", people)
	t.HideCaption = true
	t.Empty = view.Empty{Title: "还没有确认的人"}
	page.Title = c.T("签到表：%s", d.Title)
	page.Breadcrumbs = append(page.Breadcrumbs, view.Link{Label: d.Title, Href: event.Path(d.ID) + "/door"})
	return ui.ShowSheet(c, page, ui.Sheet{Lead: c.T("%s，%s", hours(d.BeginsAt, d.EndsAt), ui.FirstOf(d.Place, "线上")),
		Main: []ui.Block{{Parts: view.Parts{t}}}})
}

// eventMeetings is the plan of meetings by slot and table, with what waits for a place; the host moves by hand.
func (p *Pages) eventMeetings(c *web.Ctx) error {
	d, page, body, err := p.deskPage(c, "洽谈")
	if err != nil {
		return err
	}
	slot := map[int64]event.Sitting{}
	options := make([]view.Option, 0, len(d.Slots))
	for _, s := range d.Slots {
		slot[s.ID] = s
		options = append(options, view.Option{Value: strconv.FormatInt(s.ID, 10), Label: at(s.BeginsAt)})
	}
	plan, waits := []event.Wish{}, []event.Wish{}
	for _, w := range d.Wishes {
		if w.Slot == 0 {
			waits = append(waits, w)
			continue
		}
		plan = append(plan, w)
	}
	slices.SortStableFunc(plan, func(a, b event.Wish) int {
		if n := slot[a.Slot].BeginsAt.Compare(slot[b.Slot].BeginsAt); n != 0 {
			return n
		}
		return a.Table - b.Table
	})
	who := func(id int64) string { return d.Person(id).Unit + " " + d.Person(id).Name }
	pair := func(w event.Wish) view.Cell { return view.Cell{Text: who(w.From), Note: who(w.To), Header: true} }
	t := ui.Columns[event.Wish]{ui.TextColumn("时间", func(w event.Wish) string { return at(slot[w.Slot].BeginsAt) }),
		ui.TextColumn("桌", func(w event.Wish) string { return strconv.Itoa(w.Table) }), {Label: "双方", Cell: pair},
		ui.TextColumn("谈什么", func(w event.Wish) string { return w.Reason })}.Table("洽谈安排", plan[:min(len(plan), 1000)])
	t.HideCaption = true
	t.Empty = view.Empty{Title: "还没有定时间的洽谈"}
	body.Main = []ui.Block{{Title: "洽谈安排", Intro: c.T("%d 场，%d 个时段。", len(plan), len(d.Slots)), Parts: view.Parts{t}}}
	if len(waits) > 0 {
		w := ui.Columns[event.Wish]{{Label: "双方", Cell: pair}, ui.TextColumn("原因", func(w event.Wish) string { return why(w.Why) })}.Table("待安排",
			waits[:min(len(waits), 500)])
		body.Main = append(body.Main, ui.Block{Title: "待安排", Intro: "双方都同意，还没有时间。在报名页可以统一安排，也可以在这里手工定。", Parts: view.Parts{w}})
	}
	if d.Host && d.State != event.Reporting && d.State != event.Archived && len(d.Wishes) > 0 {
		a := ui.NewAsk(c, nil, nil)
		meetings := []view.Option{{Label: "请选择"}}
		for _, w := range append(waits, plan...)[:min(len(d.Wishes), 1000)] {
			meetings = append(meetings, view.Option{Value: strconv.FormatInt(w.ID, 10), Label: who(w.From) + " — " + who(w.To)})
		}
		form := view.NewForm(event.Path(d.ID)+"/wishes/move", "定到这个时段", a.Make(view.Field{Kind: view.Combo, Name: "wish", Label: "哪一场",
			Options: meetings},
			"", []func(*view.Field){ui.Required}), a.Choose("slotId", "时段", "", options, ui.Required))
		body.Side = []ui.Block{{Card: true, Title: "手工调整", Intro: "双方都会收到消息。", Parts: view.Parts{form}}}
	}
	return ui.ShowSheet(c, page, body)
}

// moveMeeting puts the meeting that the host chose into a slot.
func (p *Pages) moveMeeting(c *web.Ctx) error {
	id, f, err := posted(c)
	if err != nil {
		return err
	}
	do := event.MeetCommand{Activity: id, Wish: f.ID("wish"), Act: event.ActMove, Slot: f.ID("slotId")}
	f.Errors.Check(do.Wish != 0, "wish", "required", "请选择哪一场洽谈")
	if err = ui.FormErr(f); err == nil {
		_, err = p.Events.Meet(c.Context(), c.Actor(), do)
	}
	if err != nil {
		return ui.FlashRefusal(c, err, event.Path(id)+"/meetings")
	}
	c.Flash(view.OK, "已调整，双方会收到消息。")
	return c.See(event.Path(id) + "/meetings")
}

// eventReport are the figures now, after 30 and after 180 days, and the tasks with those that are overdue first.
func (p *Pages) eventReport(c *web.Ctx) error {
	d, page, body, err := p.deskPage(c, "成效")
	if err != nil {
		return err
	}
	columns := []event.Report{{Figures: d.Figures, MadeAt: c.Now()}}
	columns = append(columns, d.Reports...)
	cols := ui.Columns[figureLine]{{Label: "指标", Cell: func(l figureLine) view.Cell {
		return view.Cell{Text: l.label, Note: l.note, Header: true}
	}}}
	for _, r := range columns {
		label := "现在"
		if r.Days > 0 {
			label = c.T("结束后 %d 天", r.Days)
		}
		cols = append(cols, ui.FigureColumn(label, func(l figureLine) string { return l.value(r.Figures) }))
	}
	table := cols.Table("成效", figureLines())
	table.HideCaption = true
	body.Main = []ui.Block{{Title: "成效", Intro: "结束后第 30 天和第 180 天各留一份，之后不变。合同只计由后续事项发起的对接签订并登记的。", Parts: view.Parts{table}}}
	tasks := slices.Clone(d.Tasks)
	now := c.Now()
	slices.SortStableFunc(tasks, func(a, b event.Task) int {
		return map[bool]int{true: -1}[a.Overdue(now)] - map[bool]int{true: -1}[b.Overdue(now)]
	})
	t := ui.Columns[event.Task]{
		{Label: "负责人", Cell: func(k event.Task) view.Cell { return view.Cell{Text: k.Unit + " " + k.Name, Header: true} }},
		ui.TextColumn("联系对象", func(k event.Task) string { return k.WithUnit + " " + k.WithName }),
		{Label: "日期", Cell: func(k event.Task) view.Cell {
			cell := view.Cell{Text: view.Day(k.DueOn)}
			switch {
			case k.State == event.TaskDone:
				cell.Tags = []view.Tag{{Label: "已办", Tone: view.OK}}
			case k.Overdue(now):
				cell.Tags = []view.Tag{{Label: "已过期", Tone: view.Bad}}
			}
			return cell
		}},
		{Label: "说明", Cell: func(k event.Task) view.Cell {
			cell := view.Cell{Text: k.Reason}
			if k.Moved > 0 {
				cell.Note = c.T("改期 %d 次", k.Moved)
			}
			if k.Deal != 0 {
				cell.Tags = []view.Tag{{Label: "已发起对接", Tone: view.Info}}
			}
			return cell
		}},
	}.Table("后续事项", tasks[:min(len(tasks), 500)])
	t.HideCaption = true
	t.Empty = view.Empty{Title: "还没有后续事项", Text: "参加者填写“再谈”或“有意向”后，会出现在这里。"}
	body.Main = append(body.Main, ui.Block{ID: "tasks", Title: "后续事项", Intro: "过期的在前。请联系负责人办理或改期。", Parts: view.Parts{t}})
	if d.Due != nil {
		body.Lead = c.T("洽谈结果请参加者在 %s 前（含）填写，已填 %d 份。", view.Day(*d.Due), d.Figures.Told)
	}
	return ui.ShowSheet(c, page, body)
}

type figureLine struct {
	label, note string
	value       func(event.Figures) string
}

// figureLines are the figures with their definitions (docs/rules/events.md §7).
func figureLines() []figureLine {
	n := func(get func(event.Figures) int) func(event.Figures) string {
		return func(f event.Figures) string { return strconv.Itoa(get(f)) }
	}
	return []figureLine{
		{"已确认席位", "结束时有席位的人，不含现场登记", n(func(f event.Figures) int { return f.Admitted })},
		{"到场", "有席位并签到的人", n(func(f event.Figures) int { return f.Present })},
		{"现场登记", "没有报名、当天登记的人", n(func(f event.Figures) int { return f.WalkedIn })},
		{"安排洽谈", "定了时段和桌的", n(func(f event.Figures) int { return f.Planned })},
		{"举行洽谈", "双方都签到，或至少一方填了结果的", n(func(f event.Figures) int { return f.Held })},
		{"后续事项", "填“再谈”或“有意向”的，每人一项", n(func(f event.Figures) int { return f.Tasks })},
		{"已办事项", "负责人登记已办的", n(func(f event.Figures) int { return f.Done })},
		{"过期事项", "过了日期还没有办的", n(func(f event.Figures) int { return f.Overdue })},
		{"发起对接", "由后续事项发起的对接意向", n(func(f event.Figures) int { return f.Interests })},
		{"登记合同", "上述对接签订、登记并且仍有效的", n(func(f event.Figures) int { return f.Contracts })},
		{"成交额", "上述合同的成交额合计", func(f event.Figures) string { return view.Yuan(f.Amount) }},
	}
}
