package publish

import (
	"fmt"
	"strconv"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/publish/event"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

const (
	mostItems    = 60
	mostSessions = 6
)

// moment is a stored time as the form takes it again.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return clock.Local(t).Format("2006-01-02 15:04")
}

func momentOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return moment(*t)
}

// eventForm writes a new event, or one of the reader's unit again; form and ferr are those of a refused one.
func (p *Pages) eventForm(c *web.Ctx, form *web.Form, ferr error) error {
	page := eventPage(c, "新建活动", view.Link{Label: "本单位举办的活动", Href: "/events/hosted"})
	if c.Param("id") == "" && !event.MayHost(c.Actor()) {
		return c.See("/events/hosted") // which says who may
	}
	action, submit := "/events", "存为草稿"
	var v event.View
	if c.Param("id") != "" {
		id, err := c.ID("id")
		if err != nil {
			return err
		}
		if v, err = p.Events.Written(c.Context(), c.Actor(), id); err != nil {
			return err
		}
		page.Title, action, submit = "修改活动", event.Path(id)+"/edit", "保存"
		page.Breadcrumbs = append(page.Breadcrumbs, view.Link{Label: v.Title, Href: event.Path(id) + "/desk"})
	}
	a := ui.NewAsk(c, form, ferr)
	sections := eventSections(a, v)
	f := ui.FormOf(action, submit, sections...)
	f.Guard = true
	f.Hidden = []view.Pair{{Name: "version", Value: strconv.Itoa(v.Version)}}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, ui.Sheet{
		Lead: "先存为草稿，核对后在活动工作台发布；发布后仍可修改，改时间和地点会通知已报名的人。", Main: a.Blocks(f)})
}

func eventSections(a *ui.Ask, v event.View) []view.Section {
	kinds := make([]view.Option, 0, len(event.Kinds()))
	for _, k := range event.Kinds() {
		kinds = append(kinds, view.Option{Value: string(k), Label: words.EventKind(k)})
	}
	time := func(name, label, stored, hint string, more ...func(*view.Field)) view.Field {
		return a.Text(name, label, stored, append([]func(*view.Field){ui.Width("m"), ui.Hint(hint)}, more...)...)
	}
	const example = "例如 2026-03-02 09:30"
	sections := []view.Section{
		{Title: "活动", Fields: []view.Field{a.Choose("kind", "类型", string(v.Kind), kinds, ui.Required),
			a.Text("title", "名称", v.Title, ui.Required, ui.Limit(100)),
			a.Area("summary", "内容", v.Summary, ui.Required, ui.Lines(5), ui.Limit(2000)),
			time("beginsAt", "开始", moment(v.BeginsAt), example, ui.Required), time("endsAt", "结束", moment(v.EndsAt), example, ui.Required),
			a.Text("place", "地点", v.Place, ui.Limit(200), ui.Sometimes, ui.Hint("详细到楼层和房间；线上活动可以不填")),
			a.Text("link", "线上入口", v.Entrance, ui.Limit(200), ui.Sometimes, ui.Hint("报名确认的人才看得到")),
			a.Text("audience", "参加对象", v.Audience, ui.Limit(200)), a.Text("languages", "语言", v.Languages, ui.Limit(200), ui.Hint("例如 汉语，有蒙古语翻译")),
			a.Area("secrecy", "保密要求", v.Secrecy, ui.Lines(2), ui.Limit(2000), ui.Hint("例如 路演环节请勿拍照"))}},
		{Title: "报名", Hint: "截止后当天来的人在现场登记，不占席位。", Fields: []view.Field{
			time("signupOpensAt", "报名开始", moment(v.SignupFrom), example, ui.Required),
			time("signupClosesAt", "报名截止", moment(v.SignupUntil), "不晚于活动开始", ui.Required),
			a.Text("capacity", "人数上限", ui.IntText(v.Capacity), ui.Required, ui.Width("s")),
			a.Checks("byHost", "怎样确认", yes(v.ByHost), []view.Option{{Value: "yes", Label: "由本单位逐个确认", Hint: "不勾选的，按报名先后自动确认，满员后候补"}})}}}
	day := ""
	if !v.BeginsAt.IsZero() {
		day = clock.Day(v.BeginsAt)
	}
	sections = append(sections, ui.Repeat(a, "日程", "每行一项。多日活动写日期和时间；路演项目填成果或需求页面地址里的编号。", "items", len(v.Items), mostItems,
		func(i int) []view.Field {
			it := ui.RowAt(v.Items, i)
			return []view.Field{a.Text(web.Row("items", i, "beginsAt"), "时间", short(it.BeginsAt, day), ui.Width("s"), ui.Hint("09:30")),
				a.Text(web.Row("items", i, "title"), "内容", it.Title, ui.Limit(200)),
				a.Text(web.Row("items", i, "speaker"), "讲者", it.Speaker, ui.Width("m"), ui.Limit(200)),
				a.Text(web.Row("items", i, "listing"), "路演项目编号", idText(it.Listing), ui.Width("s"))}
		})...)
	sections = append(sections, view.Section{Title: "一对一洽谈", Hint: "没有就空着。约见截止后，系统统一安排还没有定时间的洽谈；您可以再手工调整。",
		Fields: []view.Field{time("bookingOpensAt", "约见开始", momentOf(v.BookingFrom), example),
			time("bookingClosesAt", "约见截止", momentOf(v.BookingUntil), "不晚于活动开始"),
			a.Text("meetingCap", "每人最多几场", ui.IntText(v.MeetingCap), ui.Width("s"), ui.Hint("比时段少一两场，留出休息")),
			a.Checks("sameSide", "谁可以约谁", yes(v.SameSide), []view.Option{{Value: "yes", Label: "同一身份之间也可以约", Hint: "不勾选的，成果方只能约其他身份的人"}})}})
	if v.ID != 0 && v.State != event.Draft {
		return sections
	}
	lengths := []view.Option{{Value: "15", Label: "15 分钟"}, {Value: "20", Label: "20 分钟"}, {Value: "30", Label: "30 分钟"}}
	stored := event.Sessions(v.Slots)
	return append(sections, ui.Repeat(a, "洽谈场次", "上午、下午各一段，按每场时长切成时段。发布后不能改。", "sessions", len(stored), mostSessions,
		func(i int) []view.Field {
			s := ui.RowAt(stored, i)
			return []view.Field{a.Text(web.Row("sessions", i, "beginsAt"), "从", short(s.From, day), ui.Width("s"), ui.Hint("14:00")),
				a.Text(web.Row("sessions", i, "endsAt"), "到", short(s.Until, day), ui.Width("s"), ui.Hint("17:00")),
				a.Choose(web.Row("sessions", i, "minutes"), "每场", ui.IntText(s.Minutes), lengths, ui.Width("s")),
				a.Text(web.Row("sessions", i, "tables"), "桌数", ui.IntText(s.Tables), ui.Width("s"))}
		})...)
}

func idText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// short is a time of the event's first day without the day.
func short(t time.Time, day string) string {
	if !t.IsZero() && clock.Day(t) == day {
		return clock.Local(t).Format("15:04")
	}
	return moment(t)
}

// readMoment reads a time; one without a day is of the event's first day.
func readMoment(f *web.Form, name string, first time.Time) time.Time {
	if text := f.Text(name); len(text) > 0 && len([]rune(text)) <= 5 && !first.IsZero() {
		f.Values.Set(name, clock.Day(first)+" "+text)
		defer f.Values.Set(name, text) // shown again as it was typed
	}
	return f.Moment(name)
}

func readWriting(f *web.Form) event.Writing {
	w := event.Writing{Kind: event.Kind(f.Text("kind")), Title: f.Text("title"), Place: f.Text("place"), Link: f.Text("link"),
		Summary: f.Text("summary"), Audience: f.Text("audience"), Secrecy: f.Text("secrecy"), Languages: f.Text("languages"),
		BeginsAt: f.Moment("beginsAt"), EndsAt: f.Moment("endsAt"), SignupFrom: f.Moment("signupOpensAt"),
		SignupUntil: f.Moment("signupClosesAt"),
		Capacity:    f.Int("capacity"), ByHost: f.Bool("byHost"), MeetingCap: f.Int("meetingCap"), SameSide: f.Bool("sameSide")}
	if t := f.Moment("bookingOpensAt"); !t.IsZero() {
		w.BookingFrom = &t
	}
	if t := f.Moment("bookingClosesAt"); !t.IsZero() {
		w.BookingUntil = &t
	}
	for i := range f.Rows("items", mostItems) {
		name := func(n string) string { return web.Row("items", i, n) }
		if f.Text(name("beginsAt"))+f.Text(name("title"))+f.Text(name("speaker"))+f.Text(name("listing")) == "" {
			continue
		}
		w.Items = append(w.Items, event.Item{BeginsAt: readMoment(f, name("beginsAt"), w.BeginsAt), Title: f.Text(name("title")),
			Speaker: f.Text(name("speaker")), Listing: f.ID(name("listing"))})
	}
	for i := range f.Rows("sessions", mostSessions) {
		name := func(n string) string { return web.Row("sessions", i, n) }
		if f.Text(name("beginsAt"))+f.Text(name("endsAt")) == "" {
			continue
		}
		w.Sessions = append(w.Sessions, event.Session{From: readMoment(f, name("beginsAt"), w.BeginsAt),
			Until: readMoment(f, name("endsAt"), w.BeginsAt), Minutes: f.Int(name("minutes")), Tables: f.Int(name("tables"))})
	}
	return w
}

func (p *Pages) createEvent(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	w := readWriting(f)
	var id int64
	if err = ui.FormErr(f); err == nil {
		id, err = p.Events.Create(c.Context(), c.Actor(), w)
	}
	if ui.Refused(err) {
		return p.eventForm(c, f, err)
	} else if err != nil {
		return err
	}
	c.Flash(view.OK, "草稿已保存。核对后点“发布”，大家才看得到。")
	return c.See(event.Path(id) + "/desk")
}

func (p *Pages) editEvent(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	w, version := readWriting(f), f.Int("version")
	if err = ui.FormErr(f); err == nil {
		err = p.Events.Edit(c.Context(), c.Actor(), id, version, w)
	}
	if ui.Refused(err) {
		return p.eventForm(c, f, err)
	} else if err != nil {
		return err
	}
	c.Flash(view.OK, "已保存。")
	return c.See(event.Path(id) + "/desk")
}

// doEvent is a step of the event itself.
func (p *Pages) doEvent(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	do := event.Command{Activity: id, Act: event.Act(f.Text("event")), Version: f.Int("version"), Reason: f.Text("reason")}
	if err = ui.FormErr(f); err == nil {
		_, err = p.Events.Do(c.Context(), c.Actor(), do)
	}
	if ui.Refused(err) {
		return p.eventDesk(c, f, err)
	} else if err != nil {
		return err
	}
	c.Flash(view.OK, fmt.Sprintf("已办理：%s。", c.T(words.EventAct(do.Act))))
	return c.See(event.Path(id) + "/desk")
}
