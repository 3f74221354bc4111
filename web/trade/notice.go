package trade

import (
	"fmt"
	"slices"
	"strconv"

	"techmarket/internal/trade/notice"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) noticeRoutes() []web.Route {
	return []web.Route{
		web.GET("/notices", web.Anyone(), p.notices).Public("after"),
		web.GET("/notices/new", web.OrgAdmins(), func(c *web.Ctx) error { return p.showNewNotice(c, nil, nil) }),
		web.POST("/notices", web.OrgAdmins(), p.publishNotice),
		web.GET("/notices/:id", web.Anyone(), p.notice).Public(),
		web.POST("/notices/:id/object", web.SignedIn(), p.noticeAction("异议已提交，公示暂停，答复后会通知您。", func(f *web.Form) notice.Command {
			return notice.Command{Event: notice.EventObject, Key: f.Text("key"), Anonymous: f.Text("anonymous") == "yes", Reason: f.Text("reason"),
				Evidence: f.Text("evidence")}
		})),
		web.POST("/notices/:id/answer", web.OrgAdmins(), p.noticeAction("答复已公布。", func(f *web.Form) notice.Command {
			return notice.Command{Event: f.Text("outcome"), Objection: f.ID("objection"), Answer: f.Text("answer")}
		})),
		web.POST("/notices/:id/do", web.OrgAdmins(), p.noticeAction("已办理。", func(f *web.Form) notice.Command {
			return notice.Command{Event: f.Text("step"), Reason: f.Text("reason")}
		})),
	}
}

func useLabel(u notice.Use) string {
	switch u {
	case notice.Price:
		return "协议定价"
	case notice.Winner:
		return "揭榜中选"
	case notice.Reward:
		return "科研人员奖励"
	case notice.Grant:
		return "赋权"
	default:
		return "领导人员奖励"
	}
}

func noticeTag(s notice.State) view.Tag {
	switch s {
	case notice.Running:
		return view.Tag{Label: "公示中", Tone: view.Info}
	case notice.Suspended:
		return view.Tag{Label: "有异议，暂停", Tone: view.Warn}
	case notice.Passed:
		return view.Tag{Label: "期满无异议", Tone: view.OK}
	case notice.Void:
		return view.Tag{Label: "已作废", Tone: view.Bad}
	case notice.Withdrawn:
		return view.Tag{Label: "已撤回"}
	default:
		return view.Tag{Label: "未开始"}
	}
}

func (p *Pages) notices(c *web.Ctx) error {
	const size = 20
	list, err := p.Notices.List(c.Context(), c.Actor(), c.QueryForm().ID("after"), size)
	if err != nil {
		return err
	}
	rows := view.Rows{Label: "公示", Empty: view.Empty{Icon: "file", Title: "还没有公示", Text: "协议定价、奖励和赋权在这里公示，期满无异议才能签约或发放。"}}
	for _, n := range list {
		row := view.Row{Title: view.T(n.Title), Href: fmt.Sprintf("/notices/%d", n.ID), Sample: n.Sample,
			Tags: []view.Tag{noticeTag(n.State)}, Lead: view.T(ui.Clip(n.Body, 90)), Meta: []string{useLabel(n.Use), c.T("对象 %s", n.Party)}}
		if n.LastDay != nil {
			row.Meta = append(row.Meta, c.T("公示至 %s", n.LastDay.Format("2006-01-02")))
		}
		if n.Amount != nil {
			row.Right = view.Yuan(*n.Amount)
		}
		rows.Items = append(rows.Items, row)
	}
	body := ui.Listing{Lead: "期内任何人都可以实名提出异议，异议答复之前公示暂停。", Tabs: tradeTabs("/notices"), Rows: &rows, Pager: view.Pager{Total: -1}}
	if len(list) == size {
		body.Pager.Next = fmt.Sprintf("/notices?after=%d", list[size-1].ID)
	}
	if web.OrgAdmins().Allows(c.Actor()) {
		body.Actions = []view.Action{{Label: "发布公示", Href: "/notices/new", Kind: view.Quiet}}
	}
	return ui.ShowList(c, c.Page("公示"), body)
}

func (p *Pages) notice(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Notices.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	org, err := p.Identity.Organisation(c.Context(), v.Paper.OrgID)
	if err != nil {
		return err
	}
	page := c.Page(v.Paper.Title)
	page.Breadcrumbs = []view.Link{{Label: "公示", Href: "/notices"}}
	body := ui.Sheet{Tags: []view.Tag{noticeTag(v.State)}, Sample: v.Paper.Sample}
	facts := []view.Fact{{Label: "公示事项", Value: useLabel(v.Paper.Use)}, {Label: "单位", Value: org.Name}, {Label: "对象", Value: v.Paper.Party}}
	if v.Paper.Related {
		facts[2].Tags = []view.Tag{{Label: "关联交易：对象是完成人或与其有关联", Tone: view.Warn}}
	}
	if v.Paper.Amount != nil {
		facts = append(facts, view.Fact{Label: "金额", Value: view.Yuan(*v.Paper.Amount), Num: true})
	}
	if v.Paper.LastDay != nil {
		facts = append(
			facts,
			view.Fact{Label: "公示期", Value: c.T("%s 至 %s 24:00", v.Paper.BeginsAt.Format("2006-01-02"), v.Paper.LastDay.Format("2006-01-02")),
				Note: c.T("第 %d 次公示，首日不计；最后一日是休息日的顺延", v.Paper.Period)},
		)
	}
	body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Facts{Items: facts}, view.Notice{Title: "内容", Text: v.Paper.Body}}})
	at := fmt.Sprintf("/notices/%d/", id)
	for _, o := range v.Objections {
		body.Main = append(body.Main, objectionBlock(v, o, at+"answer"))
	}
	if b := objectForm(c, v, at+"object"); b != nil {
		body.Main = append(body.Main, *b)
	}
	for _, e := range []string{notice.EventWithdraw, notice.EventRepublish} {
		if slices.Contains(v.Events, e) {
			body.Side = append(body.Side, noticeStep(e, at+"do"))
		}
	}
	words := map[string]string{"publish": "发布公示", notice.EventObject: "收到异议", notice.EventReject: "异议不成立，已答复",
		notice.EventUpholdMinor: "异议成立，不影响结果，已答复",
		notice.EventUphold:      "异议成立，公示作废", notice.EventWithdraw: "撤回", notice.EventExpire: "期满无异议", notice.EventRepublish: "重新公示"}
	var history view.Timeline
	for _, s := range slices.Backward(v.Steps) {
		history.Events = append(history.Events, view.Event{At: s.At, What: words[s.Event]})
	}
	body.Side = append(body.Side, ui.Block{Title: "经过", Parts: view.Parts{history}})
	return ui.ShowSheet(c, page, body)
}

// objectionBlock shows one objection without its author, with the answer or, for the panel, the form of it.
func objectionBlock(v notice.View, o notice.Objection, answer string) ui.Block {
	b := ui.Block{Title: "异议", Intro: view.DayTime(o.At)}
	if o.Complaint {
		b.Title = "期满后的投诉"
	}
	facts := []view.Fact{{Label: "理由", Text: view.T(o.Reason)}}
	if o.Evidence != "" {
		facts = append(facts, view.Fact{Label: "证据", Text: view.T(o.Evidence)})
	}
	if o.Outcome != "" {
		result := map[string]string{notice.EventReject: "不成立", notice.EventUpholdMinor: "成立，不影响结果", notice.EventUphold: "成立，公示作废"}[o.Outcome]
		facts = append(facts, view.Fact{Label: "答复", Value: result, Note: o.Answer})
	}
	b.Add(view.Facts{Items: facts})
	if o.Outcome == "" && !o.Complaint && o.Period == v.Paper.Period && slices.Contains(v.Events, notice.EventReject) {
		id := "-" + strconv.FormatInt(o.ID, 10)
		form := view.NewForm(answer, "公布答复",
			view.Field{Kind: view.Radio, Name: "outcome", ID: "outcome" + id, Label: "结论", Required: true, Options: []view.Option{
				{Value: notice.EventReject, Label: "不成立"}, {Value: notice.EventUpholdMinor, Label: "成立，不影响价格、对象和份额"},
				{Value: notice.EventUphold, Label: "成立，公示作废后重新公示"}}},
			view.Field{Kind: view.Area, Name: "answer", ID: "answer" + id, Label: "书面答复", Required: true, Max: 2000, Hint: "会公布。作出定价决定的人不能答复"})
		form.Hidden = []view.Pair{{Name: "objection", Value: strconv.FormatInt(o.ID, 10)}}
		b.Add(form)
	}
	return b
}

func objectForm(c *web.Ctx, v notice.View, at string) *ui.Block {
	switch {
	case v.State != notice.Running && v.State != notice.Suspended:
		return nil
	case !c.Actor().SignedIn():
		return &ui.Block{Title: "提出异议", Parts: view.Parts{view.Notice{Title: "请先登录", Text: "异议须实名提出。",
			Actions: []view.Action{{Label: "登录", Href: "/signin?next=" + fmt.Sprintf("/notices/%d", v.Paper.ID)}}}}}
	}
	form := view.NewForm(at, "提交异议",
		view.Field{Kind: view.Area, Name: "reason", Label: "理由", Required: true, Max: 2000, Hint: "至少 20 个字；有证据的可以短一些"},
		view.Field{Name: "evidence", Label: "证据", Hint: "文件名称、编号或网址", Max: 500})
	form.Hidden = []view.Pair{{Name: "key", Value: c.RequestID()}}
	return &ui.Block{Fold: "提出异议…", Parts: view.Parts{form}}
}

func noticeStep(event, at string) ui.Block {
	if event == notice.EventRepublish {
		form := view.NewForm(at, "重新公示")
		form.Hidden = []view.Pair{{Name: "step", Value: event}}
		return ui.Block{Card: true, Title: "重新公示", Intro: "从今天起重新计算完整的公示期。", Parts: view.Parts{form}}
	}
	form := view.NewForm(at, "撤回公示", view.Field{Name: "reason", Label: "理由", Required: true, Max: 200, Hint: "会公开显示"})
	form.Hidden, form.Actions[0].Kind = []view.Pair{{Name: "step", Value: event}}, view.Danger
	return ui.Block{Fold: "撤回公示…", Parts: view.Parts{form}}
}

func (p *Pages) showNewNotice(c *web.Ctx, f *web.Form, ferr error) error {
	a := ui.NewAsk(c, f, ferr)
	var uses []view.Option
	for _, u := range []notice.Use{notice.Price, notice.Winner, notice.Reward, notice.Grant, notice.LeaderReward} {
		days, unit := u.Period()
		uses = append(uses, view.Option{Value: string(u), Label: useLabel(u), Hint: c.T("%d 个%s", days,
			map[string]string{"calendar": "自然日", "working": "工作日"}[unit])})
	}
	form := view.NewForm("/notices", "发布公示",
		a.Radio("use", "公示事项", "", uses, ui.Required),
		a.Text("title", "标题", "", ui.Required, ui.Limit(80)),
		a.Area("body", "内容", "", ui.Required, ui.Lines(6), ui.Limit(4000), ui.Hint("成果、方式、依据、内部决策文件和日期")),
		a.Text("party", "拟交易对象、中选单位或奖励对象", "", ui.Required, ui.Limit(80)),
		a.Yuan("amount", "拟交易价格或奖励金额", 0, ui.Width("m"), ui.Hint("协议定价必须填写；奖励可以在内容里写份额")),
		a.Radio("related", "对象是否为完成人或与其有关联", "", []view.Option{{Value: "no", Label: "不是"}, {Value: "yes", Label: "是（会公开标明）"}}, ui.Required))
	form.Guard = true
	for _, of := range []string{"deal", "sale"} {
		id := c.Query().Get(of)
		if f != nil {
			id = f.Text(of)
		}
		if id != "" {
			form.Hidden = append(form.Hidden, view.Pair{Name: of, Value: id})
		}
	}
	page := c.Page("发布公示")
	page.Breadcrumbs = []view.Link{{Label: "公示", Href: "/notices"}}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, ui.Sheet{Lead: "发布后立即开始计算公示期，内容不能修改；需要更改的，作废后重新公示。", Main: a.Blocks(form)})
}

func (p *Pages) publishNotice(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	t := notice.Text{Use: notice.Use(f.Text("use")), Title: f.Text("title"), Body: f.Text("body"), Party: f.Text("party")}
	switch f.Text("related") {
	case "yes", "no":
		t.Related = f.Text("related") == "yes"
	default:
		f.Errors.Add("related", "missing", "请选择是否有关联")
	}
	if f.Text("amount") != "" {
		amount := f.Yuan("amount")
		t.Amount = &amount
	}
	if f.Text("deal") != "" {
		t.Deal = int64(f.Int("deal"))
	}
	if f.Text("sale") != "" {
		t.Sale = int64(f.Int("sale"))
	}
	var id int64
	if err = ui.FormErr(f); err == nil {
		id, err = p.Notices.Publish(c.Context(), c.Actor(), t)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showNewNotice(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "公示已发布。")
	return c.See(fmt.Sprintf("/notices/%d", id))
}

// noticeAction wraps a step: done or refused, the notice is shown again with the sentence.
func (p *Pages) noticeAction(said string, command func(f *web.Form) notice.Command) web.Handler {
	return func(c *web.Ctx) error {
		id, err := c.ID("id")
		if err != nil {
			return err
		}
		f, err := c.Form()
		if err != nil {
			return err
		}
		back := fmt.Sprintf("/notices/%d", id)
		do := command(f)
		do.Notice = id
		if err := p.Notices.Do(c.Context(), c.Actor(), do); err != nil {
			return ui.FlashRefusal(c, err, back)
		}
		c.Flash(view.OK, said)
		return c.See(back)
	}
}
