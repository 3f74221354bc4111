package services

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"techmarket/internal/foundation/region"
	"techmarket/internal/services/register"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

func dayOf(t *time.Time) string {
	if t == nil {
		return "—"
	}
	return t.Format("2006-01-02")
}

// showNew is the empty form of a kind, or the refused one.
func (p *Pages) showNew(c *web.Ctx, form *web.Form, ferr error) error {
	d, err := p.kindOf(c)
	if err != nil {
		return err
	}
	page := c.Page("填报" + d.Label)
	page.Breadcrumbs = []view.Link{{Label: d.Label, Href: d.ListPath()}}
	return ui.ShowSheetStatus(c, ui.StatusAfter(ferr), page, ui.Sheet{Lead: "先保存为草稿，核对后提交，由所在盟市的管理员审核入库。",
		Main: formOf(ui.NewAsk(c, form, ferr), d, d.ListPath(), register.Entry{}, form == nil)})
}

// formOf draws the form of a kind from its declaration.
func formOf(a *ui.Ask, d register.Descriptor, action string, e register.Entry, fresh bool) []ui.Block {
	fields := []view.Field{a.Text("name", string(d.NameOf), e.Name, ui.Required, ui.Limit(100)),
		a.Choose("division", "所在地区", e.Division, divisions(), ui.Width("m"))}
	for _, f := range d.Fields {
		fields = append(fields, askFor(a, f, e.Content))
	}
	if d.Person && e.AccountID == nil {
		var self []string
		if fresh {
			self = []string{"1"}
		}
		fields = append(fields, a.Checks("self", "这是谁的信息", self, []view.Option{{Value: "1", Label: "是我本人的",
			Hint: "本人才能同意公开；不是本人的，入库后不公开，只用于抽取和统计"}}))
	}
	form := view.NewForm(action, "保存草稿", fields...)
	form.Guard = true
	form.Hidden = []view.Pair{{Name: "version", Value: strconv.Itoa(e.Version)}}
	return a.Blocks(form)
}

func divisions() []view.Option {
	out := ui.DivisionOptions("本单位所在地区", true)
	return slices.Insert(out, 1, view.Option{Value: region.Root, Label: "自治区本级"})
}

// askFor is one field of a form by its type.
func askFor(a *ui.Ask, f register.Field, c register.Content) view.Field {
	var more []func(*view.Field)
	hint := f.Hint
	if f.Sight == register.Own {
		hint += map[bool]string{true: "（只有本单位和管理员可见）", false: "只有本单位和管理员可见"}[hint != ""]
	}
	if hint != "" {
		more = append(more, ui.Hint(hint))
	}
	if f.Need {
		more = append(more, ui.Required)
	}
	var options []view.Option
	for _, choice := range f.Choices {
		options = append(options, view.Option{Value: choice.Code, Label: choice.Label})
	}
	switch f.Type {
	case register.Long:
		return a.Area(f.Code, f.Label, c.Text(f.Code), append(more, ui.Limit(max(f.Max, 100)))...)
	case register.Many:
		return a.Checks(f.Code, f.Label, c[f.Code], options, more...)
	case register.One:
		return a.Choose(f.Code, f.Label, c.Text(f.Code), append([]view.Option{{Label: "请选择"}}, options...), append(more, ui.Width("m"))...)
	case register.YesNo:
		return a.Radio(f.Code, f.Label, c.Text(f.Code), ui.YesNo, more...)
	case register.Words:
		return a.Text(f.Code, f.Label, ui.Join(c[f.Code]), more...)
	case register.Amount:
		return a.Wan(f.Code, f.Label, c.Fen(f.Code), more...)
	case register.Day:
		return a.Kind(view.Date, f.Code, f.Label, c.Text(f.Code), append(more, ui.Width("m"))...)
	case register.Number:
		return a.Kind(view.Number, f.Code, f.Label, c.Text(f.Code), append(more, ui.Width("s"))...)
	case register.Phone:
		return a.Kind(view.Tel, f.Code, f.Label, c.Text(f.Code), append(more, ui.Width("m"))...)
	}
	return a.Text(f.Code, f.Label, c.Text(f.Code), more...)
}

// inputOf reads a form of a kind.
func inputOf(f *web.Form, d register.Descriptor) register.Input {
	in := register.Input{Name: f.Text("name"), Division: f.Text("division"), Self: f.Bool("self"), Content: register.Content{}}
	for _, field := range d.Fields {
		switch field.Type {
		case register.Many:
			in.Content[field.Code] = f.List(field.Code)
		case register.Words:
			in.Content[field.Code] = f.Lines(field.Code)
		case register.Amount:
			if f.Text(field.Code) != "" {
				fen := f.Wan(field.Code)
				in.Content[field.Code] = []string{strconv.FormatInt(int64(fen), 10)}
			}
		default:
			if text := f.Text(field.Code); text != "" {
				in.Content[field.Code] = []string{text}
			}
		}
	}
	return in
}

func (p *Pages) create(c *web.Ctx) error {
	d, err := p.kindOf(c)
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	in := inputOf(f, d)
	var e register.Entry
	if err = ui.FormErr(f); err == nil {
		e, err = p.Registers.Create(c.Context(), c.Actor(), d.Kind, in)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showNew(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "草稿已保存。核对后提交审核。")
	return c.See(register.DeskPath(e.ID))
}

func (p *Pages) mine(c *web.Ctx) (register.View, register.Descriptor, error) {
	id, err := c.ID("id")
	if err != nil {
		return register.View{}, register.Descriptor{}, err
	}
	v, err := p.Registers.Mine(c.Context(), c.Actor(), id)
	d, _ := p.Registers.Kinds().Get(v.Kind)
	return v, d, err
}

func (p *Pages) showEdit(c *web.Ctx, form *web.Form, ferr error) error {
	v, d, err := p.mine(c)
	if err != nil {
		return err
	}
	page := c.Page("修改" + d.Label)
	page.Breadcrumbs = []view.Link{{Label: "我的名录", Href: "/desk/registers"}, {Label: v.Name, Href: register.DeskPath(v.ID)}}
	body := ui.Sheet{Main: formOf(ui.NewAsk(c, form, ferr), d, register.DeskPath(v.ID)+"/edit", v.Entry, false)}
	if v.Listed != nil {
		body.Lead = "修改先存在您这里；提交并审核通过以后，名录上才会更新。"
	}
	return ui.ShowSheetStatus(c, ui.StatusAfter(ferr), page, body)
}

func (p *Pages) save(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	d, err := p.Registers.KindOf(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	in := inputOf(f, d)
	version := f.Int("version")
	if err = ui.FormErr(f); err == nil {
		_, err = p.Registers.Save(c.Context(), c.Actor(), id, version, in)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showEdit(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "已保存。")
	return c.See(register.DeskPath(id))
}

// own lists what the actor's organisation keeps.
func (p *Pages) own(c *web.Ctx) error {
	items, err := p.Registers.Owned(c.Context(), c.Actor(), register.Filter{After: c.QueryForm().ID("after"), Limit: pageSize})
	if err != nil {
		return err
	}
	body := ui.Listing{Lead: "本单位填报的名录信息，和您本人的专家、特派员信息。", Pager: view.Pager{Total: -1}}
	body.Rows = p.deskRows(items, view.Empty{Icon: "file", Title: "还没有填报", Text: "从“人员与服务”选一个名录填报；多条可以用 Excel 批量导入。"})
	body.Actions = []view.Action{{Label: "选一个名录填报", Href: "/registers"}, {Label: "批量导入", Href: "/imports", Kind: view.Quiet}}
	if !web.Importers().Allows(c.Actor()) {
		body.Actions = body.Actions[:1]
	}
	if len(items) == pageSize {
		body.Pager.Next = fmt.Sprintf("/desk/registers?after=%d", items[pageSize-1].ID)
	}
	return ui.ShowList(c, c.Page("我的名录"), body)
}

// queue lists what the officer's area has, by state.
func (p *Pages) queue(c *web.Ctx) error {
	q := c.QueryForm()
	f := register.Filter{Kind: register.Kind(q.Text("kind")), State: register.State(q.Text("state")), After: q.ID("after"), Limit: pageSize}
	if !c.Query().Has("state") {
		f.State = register.Submitted
	}
	items, err := p.Registers.Desk(c.Context(), c.Actor(), f)
	if err != nil {
		return err
	}
	body := ui.Listing{Lead: "管辖范围内的名录信息。本单位自己的不在这里，由上级审核。", Pager: view.Pager{Total: -1}, Tabs: &view.Tabs{Label: "状态"}}
	for _, s := range []register.State{register.Submitted, register.Revised, register.Listed, register.Suspended, ""} {
		label := "全部"
		if s != "" {
			label = words.RegisterState(s)
		}
		body.Tabs.Items = append(body.Tabs.Items, view.Link{Label: label, Current: s == f.State,
			Href: "/desk/registers/queue?state=" + string(s) + "&kind=" + string(f.Kind)})
	}
	body.Rows = p.deskRows(items, view.Empty{Icon: "file", Title: "这里没有要看的信息", Text: "单位提交后会出现在这里。"})
	if len(items) == pageSize {
		body.Pager.Next = fmt.Sprintf("/desk/registers/queue?state=%s&kind=%s&after=%d", f.State, f.Kind, items[pageSize-1].ID)
	}
	return ui.ShowList(c, c.Page("名录审核"), body)
}

func (p *Pages) deskRows(items []register.Item, empty view.Empty) *view.Rows {
	rows := view.Rows{Label: "名录信息", Empty: empty}
	for _, i := range items {
		d, _ := p.Registers.Kinds().Get(i.Kind)
		rows.Items = append(rows.Items, view.Row{Title: view.T(i.Name), Href: register.DeskPath(i.ID), Sample: i.Sample,
			Tags: []view.Tag{stateTag(i.State)}, Meta: []string{d.Label, i.Owner, region.FullName(i.Division), view.DayTime(i.UpdatedAt)}})
	}
	return &rows
}
