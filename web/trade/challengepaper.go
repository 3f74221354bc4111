package trade

import (
	"fmt"
	"io"
	"strconv"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/trade/challenge"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// showApply is the form of an application. What was typed stays after a refusal; files have to be chosen again, since nothing of an
// application lies on the server unsealed.
func (p *Pages) showApply(c *web.Ctx, f *web.Form, ferr error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Challenges.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	x := v.Challenge
	if x.State != challenge.Opened || c.Actor().In(x.OrgID) {
		return c.See(challengePath(id))
	}
	a := ui.NewAsk(c, f, ferr)
	fields := []view.Field{
		a.Area("plan", "实施方案", "", ui.Required, ui.Lines(8), ui.Limit(20000)),
		a.Area("route", "技术路线", "", ui.Required, ui.Lines(4), ui.Limit(4000)),
		a.Area("team", "团队和条件", "", ui.Required, ui.Lines(3), ui.Limit(4000)),
		a.Text("leader", "项目负责人", "", ui.Required, ui.Limit(40), ui.Width("m")),
		a.Yuan("ask", "申请金额", 0, ui.Required, ui.Hint(c.T("不超过榜金 %s", view.Yuan(x.Purse))))}
	for i, t := range x.Content.Targets {
		fields = append(
			fields,
			a.Text(fmt.Sprintf("answers.%d", i), c.T("%s能做到多少（%s，目标 %s）", t.Name, t.Unit, t.Target), "", ui.Required, ui.Width("m")),
		)
	}
	var declared []view.Option
	for i, k := range x.Content.Conditions {
		if k.Rule == challenge.Declared {
			declared = append(declared, view.Option{Value: strconv.Itoa(i), Label: k.Text})
		}
	}
	if len(declared) > 0 {
		fields = append(fields, a.Checks("declared", "符合这些条件", nil, declared))
	}
	fields = append(
		fields,
		a.Checks("pledges", "声明", nil, []view.Option{{Value: "yes", Label: "与发榜方没有利益冲突，没有正在执行的失信处理，材料不含国家秘密"}}, ui.Required),
		a.Make(view.Field{Kind: view.File, Name: "files", Label: "附件", Multiple: true, Accept: ".pdf,.docx,.xlsx,.png,.jpg,.txt"}, "",
			[]func(*view.Field){ui.Hint("最多 10 个，合计 60 MB。如果这一页被退回，文件要重新选择：封存之前服务器上不留任何一份")}),
	)
	form := view.NewForm(challengePath(id)+"/apply", "加密封存并提交", fields...)
	form.Multipart, form.Guard = true, true
	body := ui.Sheet{Lead: c.T("截止 %s，以服务器收齐的时刻为准。截止之前可以替换或撤回，最后一份完整的算数。", view.DayTime(*x.ApplyUntil)), Main: a.Blocks(form)}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), challengeHead(c, "揭榜申请", id, x.Title), body)
}

func (p *Pages) fileApplication(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	paper, err := readPaper(f)
	if err != nil {
		return err
	}
	var r challenge.Receipt
	if err = ui.FormErr(f); err == nil {
		r, err = p.Challenges.File(c.Context(), c.Actor(), id, paper)
	}
	switch {
	case fault.Is(err, fault.Invalid):
		return p.showApply(c, f, err)
	case err != nil:
		return ui.FlashRefusal(c, err, challengePath(id))
	}
	c.Flash(view.OK, c.T("第 %d 版已密封，收到时刻 %s。封存摘要在“我的申请”里。", r.Version, r.ArrivedAt.Format("2006-01-02 15:04:05.000")))
	return c.See(challengePath(id) + "#mine")
}

func readPaper(f *web.Form) (challenge.Paper, error) {
	p := challenge.Paper{Plan: f.Text("plan"), Route: f.Text("route"), Team: f.Text("team"), Leader: f.Text("leader"), Ask: f.Yuan("ask"),
		Pledges: f.Bool("pledges")}
	for i := 0; f.Values.Has(fmt.Sprintf("answers.%d", i)); i++ {
		p.Answers = append(p.Answers, f.Text(fmt.Sprintf("answers.%d", i)))
	}
	for _, d := range f.List("declared") {
		n, err := strconv.Atoi(d)
		if err != nil || n < 0 || n >= mostConditions {
			continue
		}
		for len(p.Declared) <= n {
			p.Declared = append(p.Declared, false)
		}
		p.Declared[n] = true
	}
	for _, h := range f.Files["files"] {
		if h.Filename == "" {
			continue
		}
		r, err := h.Open()
		if err != nil {
			return p, fmt.Errorf("open upload: %w", err)
		}
		body, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			return p, fmt.Errorf("read upload: %w", err)
		}
		p.Files = append(p.Files, challenge.PaperFile{Name: h.Filename, Body: body})
	}
	return p, nil
}

// showApplication is an opened application, with the reader's sheet where he is on the panel.
func (p *Pages) showApplication(c *web.Ctx, f *web.Form, ferr error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	app, err := c.ID("application")
	if err != nil {
		return err
	}
	shown, err := p.Challenges.Paper(c.Context(), c.Actor(), id, app)
	if err != nil {
		return err
	}
	b, err := p.board(c, id)
	if err != nil {
		return err
	}
	k, x := shown.Content, b.Challenge
	facts := []view.Fact{{Label: "负责人", Value: k.Leader}, {Label: "申请金额", Value: view.Yuan(k.Ask), Num: true},
		{Label: "收到时刻", Value: shown.ArrivedAt.Format("2006-01-02 15:04:05.000")}}
	for i, t := range x.Content.Targets {
		if i < len(k.Answers) {
			facts = append(facts, view.Fact{Label: t.Name, Value: k.Answers[i], Note: c.T("目标 %s %s", t.Target, t.Unit)})
		}
	}
	for i, cond := range x.Content.Conditions {
		org := b.orgs[shown.OrgID]
		cell := metCell(cond.Met(org.Kind, org.Division))
		if cond.Rule == challenge.Declared && i < len(k.Declared) && k.Declared[i] {
			cell.Text = "已声明符合"
		}
		facts = append(facts, view.Fact{Label: cond.Text, Value: cell.Text, Tags: cell.Tags})
	}
	body := ui.Sheet{
		Tags:   []view.Tag{{Label: appLabel(shown.State)}},
		Sample: x.Sample,
		Main:   []ui.Block{{Parts: view.Parts{view.Facts{Items: facts}}}},
	}
	for _, t := range [][2]string{{"实施方案", k.Plan}, {"技术路线", k.Route}, {"团队和条件", k.Team}} {
		body.Main = append(body.Main, ui.Block{Title: t[0], Parts: view.Parts{view.Prose{view.T(t[1])}}})
	}
	var items view.Files
	for _, file := range b.Files {
		if file.ApplicationID == app {
			items = append(items, view.FileItem{Name: file.Name, Href: fmt.Sprintf("%s/files/%d", challengePath(id), file.FileID),
				Size: view.FileSize(file.Size)})
		}
	}
	if len(items) > 0 {
		body.Main = append(body.Main, ui.Block{Title: "附件", Parts: view.Parts{items}})
	}
	body.Main = append(body.Main, b.sheets(c, app, f, ferr)...)
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), challengeHead(c, b.org(shown.OrgID), id, x.Title), body)
}

// sheets are the reader's own sheet as a form, and those that he may see.
func (b board) sheets(c *web.Ctx, app int64, f *web.Form, ferr error) (out []ui.Block) {
	x := b.Challenge
	type row = challenge.Sheet
	var own row
	var locked []row
	for _, s := range b.Sheets {
		if s.ApplicationID != app {
			continue
		}
		if s.AccountID == c.Actor().AccountID {
			own = s
		}
		if s.LockedAt != nil {
			locked = append(locked, s)
		}
	}
	columns := ui.Columns[row]{ui.TextColumn("专家", func(s row) string { return b.names[s.AccountID] })}
	for i, k := range x.Content.Criteria {
		columns = append(columns, ui.CountColumn(k.Name, func(s row) int { return s.Scores[i] }))
	}
	columns = append(columns, ui.TextColumn("理由", func(s row) string { return s.Note }))
	if len(locked) > 0 {
		out = append(out, ui.Block{Title: "评分表", Parts: view.Parts{columns.Table("评分表", locked)}})
	}
	if !b.OnPanel || x.State != challenge.Reviewing || own.LockedAt != nil {
		return out
	}
	a := ui.NewAsk(c, f, ferr)
	var fields []view.Field
	for i, k := range x.Content.Criteria {
		stored := ""
		if i < len(own.Scores) {
			stored = strconv.Itoa(own.Scores[i])
		}
		fields = append(fields, a.Text(fmt.Sprintf("scores.%d", i), c.T("%s（0—100，权重 %d）", k.Name, k.Weight), stored, ui.Required, ui.Width("s")))
	}
	fields = append(fields, a.Area("note", "理由", own.Note, ui.Lines(3), ui.Limit(2000), ui.Sometimes),
		a.Checks("lock", "锁定", nil, []view.Option{{Value: "yes", Label: "锁定这份评分表：锁定后不能再改，全部锁定之前别人看不到"}}))
	form := view.NewForm(fmt.Sprintf("%s/applications/%d/score", challengePath(x.ID), app), "保存评分", fields...)
	return append(out, append([]ui.Block{{Title: "我的评分"}}, a.Blocks(form)...)...)
}

func (p *Pages) scoreApplication(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	app, err := c.ID("application")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	in := challenge.ScoreSheet{Application: app, Note: f.Text("note"), Lock: f.Bool("lock")}
	for i := 0; f.Values.Has(fmt.Sprintf("scores.%d", i)); i++ {
		in.Scores = append(in.Scores, f.Int(fmt.Sprintf("scores.%d", i)))
	}
	if err = ui.FormErr(f); err == nil {
		err = p.Challenges.Score(c.Context(), c.Actor(), id, in)
	}
	back := fmt.Sprintf("%s/applications/%d", challengePath(id), app)
	switch {
	case fault.Is(err, fault.Invalid):
		return p.showApplication(c, f, err)
	case err != nil:
		return ui.FlashRefusal(c, err, back)
	}
	c.Flash(view.OK, "评分已保存。")
	return c.See(back)
}
