package services

import (
	"slices"
	"strconv"
	"strings"

	"techmarket/internal/services/register"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

// showEntry is an entry on the desk: everything of it, and what the reader may do.
func (p *Pages) showEntry(c *web.Ctx, form *web.Form, ferr error) error {
	v, d, err := p.mine(c)
	if err != nil {
		return err
	}
	page := c.Page(v.Name)
	page.Breadcrumbs = []view.Link{{Label: "我的名录", Href: "/desk/registers"}}
	if c.Actor().Officer() {
		page.Breadcrumbs = []view.Link{{Label: "名录审核", Href: "/desk/registers/queue"}}
	}
	body := ui.Sheet{Tags: []view.Tag{{Label: d.Label, Tone: view.Info}, stateTag(v.State)}, Sample: v.Sample}
	if slices.Contains(v.Actions, register.EventSave) {
		body.Actions = []view.Action{{Label: "修改", Href: register.DeskPath(v.ID) + "/edit", Kind: view.Quiet}}
	}
	if v.Public(p.Registers.Today()) {
		body.Actions = append(body.Actions, view.Action{Label: "看公开页", Href: d.PagePath(v.ID), Kind: view.Quiet})
	}
	body.Main = p.notices(v)
	body.Main = append(body.Main, ui.Block{Title: "填报内容", Parts: view.Parts{facts(d, v.Item)}})
	if t := gradeTable(d, v.Grades); len(t.Rows) > 0 {
		body.Main = append(body.Main, ui.Block{Title: "等级和考核", Parts: view.Parts{t}})
	}
	a := ui.NewAsk(c, form, ferr)
	if a.Notice != nil {
		body.Main = slices.Insert(body.Main, 0, ui.Block{Parts: view.Parts{a.Notice}})
	}
	body.Side = append(body.Side, steps(a, d, v)...)
	body.Side = append(body.Side, ui.Block{Card: true, Title: "来源和期限", Parts: view.Parts{sources(v)}})
	var history view.Timeline
	for _, h := range v.History {
		who := h.Account
		if who == "" {
			who = "系统"
		}
		history.Events = append(history.Events, view.Event{At: h.At, Who: who, What: words.RegisterEvent(h.Event), Note: h.Reason})
	}
	body.Side = append(body.Side, ui.Block{Title: "经过", Parts: view.Parts{history}})
	return ui.ShowSheetStatus(c, ui.StatusAfter(ferr), page, body)
}

// notices say what somebody should know before anything else.
func (p *Pages) notices(v register.View) (out []ui.Block) {
	add := func(tone view.Tone, title, text string) {
		out = append(out, ui.Block{Parts: view.Parts{view.Notice{Tone: tone, Title: title, Text: text}}})
	}
	if v.Reason != "" {
		add(view.Warn, "上一次办理的意见", v.Reason)
	}
	if v.NeedsConsent && v.ConsentAt == nil {
		add(view.Info, "本人还没有同意公开", "在册后也不对外显示，只用于抽取和统计。本人可以在右侧同意，随时可以撤回。")
	}
	if v.Failed {
		add(view.Warn, "连续两年考核不合格", "按规定应研究是否移出名录。是否移出由管理员决定，系统不会自动移出。")
	}
	return out
}

func sources(v register.View) view.Facts {
	out := view.Facts{Wide: true, Items: []view.Fact{{Label: "填报单位", Value: v.Owner}, {Label: "有效至", Value: dayOf(v.ValidTo)},
		{Label: "最近确认", Value: view.Day(v.ConfirmedAt)}}}
	if v.ConsentAt != nil {
		out.Items = append(out.Items, view.Fact{Label: "同意公开", Value: view.Day(*v.ConsentAt), Note: "至 " + dayOf(v.ConsentTo)})
	}
	for _, o := range v.Origins {
		label := map[register.OriginKind]string{register.Typed: "录入", register.Imported: "导入", register.Harvested: "采集"}[o.Kind]
		out.Items = append(out.Items, view.Fact{Label: "来源", Value: label, Note: o.Source + "，" + view.Day(o.At)})
	}
	return out
}

// steps are the forms of what the reader may do now, the main one first.
func steps(a *ui.Ask, d register.Descriptor, v register.View) (out []ui.Block) {
	reason := func(id string) view.Field {
		f := a.Area("reason", "原因", "", ui.Required, ui.Lines(3), ui.Limit(500), ui.Hint("填报单位会看到"))
		f.ID = id
		return f
	}
	until := func(id, label, hint string) view.Field {
		f := a.Kind(view.Date, "until", label, "", ui.Width("m"), ui.Hint(hint))
		f.ID = id
		return f
	}
	for _, e := range v.Actions {
		var fields []view.Field
		label, fold := words.RegisterEvent(e), false
		switch e {
		case register.EventSave:
			continue
		case register.EventReturn, register.EventSuspend, register.EventRemove:
			fields, fold = []view.Field{reason("reason-" + string(e))}, true
		case register.EventWithdraw, register.EventRevoke, register.EventRecall:
			fold = true
		case register.EventConsent:
			fields = []view.Field{until("until-consent", "公开至", "不限期请留空；随时可以撤回，撤回后立即不再显示")}
		case register.EventGrade:
			if len(d.Grades)+len(d.Marks) == 0 {
				continue
			}
			fields, fold = gradeFields(a, d), true
		case register.EventEndGrade:
			open := slices.DeleteFunc(slices.Clone(v.Grades), func(g register.Grade) bool { return g.ToOn != nil })
			if len(open) == 0 {
				continue
			}
			var options []view.Option
			for _, g := range open {
				options = append(
					options,
					view.Option{Value: strconv.FormatInt(g.ID, 10), Label: d.LevelLabel(g.Level) + "（" + g.FromOn.Format("2006-01-02") + " 起）"},
				)
			}
			fields = []view.Field{a.Choose("grade", "哪一个", "", options), until("until-grade", "最后一日", "这一天仍算"), reason("reason-grade")}
			fold = true
		}
		form := view.NewForm(register.DeskPath(v.ID)+"/do", label, fields...)
		form.Hidden = []view.Pair{{Name: "event", Value: string(e)}, {Name: "version", Value: strconv.Itoa(v.Version)}}
		b := ui.Block{Card: !fold, Parts: view.Parts{form}}
		if fold {
			b.Fold, form.Actions[0].Kind = label+"…", view.Quiet
		} else if len(out) > 0 {
			form.Actions[0].Kind = view.Quiet
		}
		out = append(out, b)
	}
	return out
}

func gradeFields(a *ui.Ask, d register.Descriptor) []view.Field {
	options := []view.Option{{Label: "请选择"}}
	for _, g := range d.Grades {
		options = append(options, view.Option{Value: "grade " + g.Code, Label: g.Label, Group: "等级"})
	}
	for _, m := range d.Marks {
		options = append(options, view.Option{Value: "mark " + m.Code, Label: m.Label, Group: "年度考核"})
	}
	return []view.Field{a.Choose("level", "等级或考核结果", "", options, ui.Required), a.Text("issuer", "认定单位", "", ui.Required, ui.Limit(80)),
		a.Text(
			"number",
			"文号",
			"",
			ui.Limit(80),
		), a.Kind(view.Date, "fromOn", "起", "", ui.Required), a.Kind(view.Date, "toOn", "止", "", ui.Hint("没有终止日期请留空"))}
}

// do carries out one event; refused, the page shows the form again with what was typed.
func (p *Pages) do(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	command := register.Command{ID: id, Version: f.Int("version"), Event: register.Event(f.Text("event")), Reason: f.Text("reason"),
		Until: f.Text("until"), GradeID: f.ID("grade")}
	if command.Event == register.EventGrade {
		command.Grade = gradeOf(f)
	}
	if err = ui.FormErr(f); err == nil {
		_, err = p.Registers.Do(c.Context(), c.Actor(), command)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showEntry(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "已办理："+words.RegisterEvent(command.Event)+"。")
	return c.See(register.DeskPath(id))
}

func gradeOf(f *web.Form) register.Grade {
	g := register.Grade{Kind: register.Level, Issuer: f.Text("issuer"), Number: f.Text("number"), FromOn: f.Date("fromOn")}
	g.Level = f.Text("level")
	if kind, level, ok := strings.Cut(g.Level, " "); ok {
		g.Kind, g.Level = register.GradeKind(kind), level
	}
	if to := f.Date("toOn"); !to.IsZero() {
		g.ToOn = &to
	}
	return g
}
