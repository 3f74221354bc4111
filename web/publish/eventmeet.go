package publish

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"techmarket/internal/market/listing"
	"techmarket/internal/publish/event"
	"techmarket/internal/trade/deal"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

// eventPeople are those whom the reader may ask for a meeting.
func (p *Pages) eventPeople(c *web.Ctx, f *web.Form, ferr error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Events.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	people, err := p.Events.People(c.Context(), c.Actor(), id)
	if err != nil {
		return ui.FlashRefusal(c, err, event.Path(id)+"/mine")
	}
	var ids []int64
	for _, x := range people {
		ids = append(ids, x.Listings...)
	}
	shown, err := p.Events.Listed(c.Context(), ids)
	if err != nil {
		return err
	}
	a := ui.NewAsk(c, f, ferr)
	options := make([]view.Option, 0, len(people)+1)
	options = append(options, view.Option{Label: "请选择"})
	for _, x := range people {
		options = append(options, view.Option{Value: strconv.FormatInt(x.ID, 10), Label: x.Unit + " " + x.Name,
			Group: c.T(words.EventPart(x.Part))})
	}
	slices.SortStableFunc(options[1:], func(a, b view.Option) int { return compare(a.Group, b.Group) })
	form := view.NewForm(event.Path(id)+"/wishes", "发出约见", a.Make(view.Field{Kind: view.Combo, Name: "toSignupId", Label: "约谁",
		Options: options}, "",
		[]func(*view.Field){ui.Required}), a.Area("reason", "想谈什么", "", ui.Required, ui.Lines(3), ui.Limit(500), ui.Hint("对方会看到，据此决定是否接受")))
	t := ui.Columns[event.Signup]{
		{Label: "参加者", Cell: func(x event.Signup) view.Cell { return view.Cell{Text: x.Unit + " " + x.Name, Header: true} }},
		ui.TextColumn("身份", func(x event.Signup) string { return words.EventPart(x.Part) }),
		{Label: "带来什么", Cell: func(x event.Signup) view.Cell {
			cell := view.Cell{Note: x.Note}
			for _, l := range x.Listings {
				if h, ok := shown[l]; ok && cell.Text == "" {
					cell.Text, cell.Href = h.Title, p.Listings.Kinds().Of(h.Kind).PagePath(h.ID)
				}
			}
			return cell
		}},
	}.Table("可以约的参加者", people)
	t.Empty = view.Empty{Title: "还没有可以约的人", Text: "有人报名并选择一对一洽谈后，会出现在这里。"}
	page := eventPage(c, "约人洽谈", view.Link{Label: v.Title, Href: event.Path(id)}, view.Link{Label: "我的安排", Href: event.Path(id) + "/mine"})
	body := ui.Sheet{Lead: v.Title, Sample: v.Sample, Main: a.Blocks(form)}
	if len(people) == 0 {
		body.Main = nil
	}
	body.Main = append(body.Main, ui.Block{Title: "可以约的参加者", Parts: view.Parts{t}})
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// posted reads a form and the number of its event.
func posted(c *web.Ctx) (id int64, f *web.Form, err error) {
	if id, err = c.ID("id"); err == nil {
		f, err = c.Form()
	}
	return id, f, err
}

func (p *Pages) askMeeting(c *web.Ctx) error {
	id, f, err := posted(c)
	if err != nil {
		return err
	}
	in := event.Wishing{To: f.ID("toSignupId"), Reason: f.Text("reason")}
	if err = ui.FormErr(f); err == nil {
		_, err = p.Events.Wish(c.Context(), c.Actor(), id, in)
	}
	if ui.Refused(err) {
		return p.eventPeople(c, f, err)
	} else if err != nil {
		return err
	}
	c.Flash(view.OK, "约见已发出，对方答复后会通知您。")
	return c.See(event.Path(id) + "/people")
}

// doMeeting is a step of a wish, of one of the two or of the host.
func (p *Pages) doMeeting(c *web.Ctx) error {
	id, f, err := posted(c)
	if err != nil {
		return err
	}
	wish, err := c.ID("wish")
	if err != nil {
		return err
	}
	do := event.MeetCommand{Activity: id, Wish: wish, Act: event.Act(f.Text("event")), Slot: f.ID("slotId"), Reason: f.Text("reason")}
	back := event.Path(id) + "/mine"
	var w event.Wish
	if err = ui.FormErr(f); err == nil {
		w, err = p.Events.Meet(c.Context(), c.Actor(), do)
	}
	switch {
	case err == nil:
	case !ui.Refused(err):
		return err
	default:
		key := fmt.Sprintf("wish-%d", wish)
		if do.Act == event.ActDecline {
			key += "-no"
		}
		return p.agenda(c, f, err, key)
	}
	said := "已办理，对方会收到消息。"
	switch {
	case w.State == event.WishBooked && do.Slot != 0 && w.Slot != do.Slot:
		said = "您选的时段刚刚被占，已改为下一个双方都空的时段，请在表中核对。"
	case w.State == event.WishBooked:
		said = "时间已定，双方都会收到消息。"
	case w.State == event.WishAccepted:
		said = "已接受。现在没有双方都空的时段，约见截止后统一安排。"
	}
	c.Flash(view.OK, said)
	return c.See(back)
}

func (p *Pages) tellResult(c *web.Ctx) error {
	id, f, err := posted(c)
	if err != nil {
		return err
	}
	wish, err := c.ID("wish")
	if err != nil {
		return err
	}
	in := event.Telling{Wish: wish, Result: event.Result(f.Text("result")), Note: f.Text("note"), DueOn: dayText(f.Date("dueOn"))}
	if err = ui.FormErr(f); err == nil {
		err = p.Events.Tell(c.Context(), c.Actor(), id, in)
	}
	if ui.Refused(err) {
		return p.agenda(c, f, err, fmt.Sprintf("result-%d", wish))
	} else if err != nil {
		return err
	}
	c.Flash(view.OK, "结果已保存。")
	return c.See(event.Path(id) + "/mine")
}

func dayText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func (p *Pages) doTask(c *web.Ctx) error {
	id, f, err := posted(c)
	if err != nil {
		return err
	}
	task, err := c.ID("task")
	if err != nil {
		return err
	}
	do := event.TaskCommand{Activity: id, Task: task, Act: event.Act(f.Text("event")), DueOn: dayText(f.Date("dueOn")),
		Reason: f.Text("reason")}
	if err = ui.FormErr(f); err == nil {
		_, err = p.Events.DoTask(c.Context(), c.Actor(), do)
	}
	if ui.Refused(err) {
		key := fmt.Sprintf("task-%d", task)
		if do.Act == event.ActMove {
			key += "-move"
		}
		return p.agenda(c, f, err, key)
	} else if err != nil {
		return err
	}
	c.Flash(view.OK, "已登记。")
	return c.See(event.Path(id) + "/mine")
}

// openInterest opens a talk in the market from a task.
func (p *Pages) openInterest(c *web.Ctx) error {
	id, f, err := posted(c)
	if err != nil {
		return err
	}
	task, err := c.ID("task")
	if err != nil {
		return err
	}
	theirs, own := f.ID("listing"), f.ID("own")
	shown, err := p.Events.Listed(c.Context(), []int64{theirs, own})
	if err != nil {
		return err
	}
	var a deal.Approach
	for _, h := range shown {
		if p.Listings.Kinds().Of(h.Kind).Side == listing.SideSupply {
			a.SupplyListing = h.ID
		} else {
			a.DemandListing = h.ID
		}
	}
	talk, err := p.Events.Interest(c.Context(), c.Actor(), id, task, a)
	if err != nil {
		return ui.FlashRefusal(c, err, event.Path(id)+"/mine")
	}
	c.Flash(view.OK, "对接已发起，对方答复后会通知您。")
	return c.See(fmt.Sprintf("/deals/%d", talk))
}

// doSignup is a step of a sign-up: the host's list, or the person himself.
func (p *Pages) doSignup(c *web.Ctx) error {
	id, f, err := posted(c)
	if err != nil {
		return err
	}
	signup, err := c.ID("signup")
	if err != nil {
		return err
	}
	do := event.SeatCommand{Activity: id, Signup: signup, Act: event.Act(f.Text("event")), Reason: f.Text("reason")}
	back := event.Path(id) + "/desk"
	switch do.Act {
	case event.ActCancel:
		back = event.Path(id) + "/mine"
	case event.ActCheckIn:
		back = event.Path(id) + "/door"
	}
	s, err := p.Events.Seat(c.Context(), c.Actor(), do)
	if err != nil {
		return ui.FlashRefusal(c, err, back)
	}
	c.Flash(view.OK, c.T("%s：%s", s.Name, c.T(words.SignStage(s.State))))
	return c.See(back)
}
