package trade

import (
	"fmt"
	"slices"
	"strconv"

	"techmarket/internal/trade/challenge"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// stepBlocks are the forms of the steps that the reader may take now.
func (b board) stepBlocks(c *web.Ctx, a *ui.Ask) []ui.Block {
	var out []ui.Block
	for _, e := range b.Events {
		if e == challenge.EventTakeKey && b.HasKey && b.Challenge.State == challenge.Approved {
			out = append(out, ui.Block{Fold: "开封码丢了，重新领取", Parts: view.Parts{b.stepForm(c, a, e)}})
			continue
		}
		if e == challenge.EventUnseal && b.gave(c) {
			out = append(out, ui.Block{Parts: view.Parts{view.Notice{Title: "您这一方已经输入开封码，等另一方"}}})
			continue
		}
		form := b.stepForm(c, a, e)
		block := ui.Block{Parts: view.Parts{form}}
		if len(form.Sections[0].Fields) > 0 {
			block = ui.Block{Fold: stepLabel(e), Parts: block.Parts}
			if formOpen(a, e) || len(b.Events) == 1 {
				block = ui.Block{Title: stepLabel(e), Parts: block.Parts}
			}
		}
		if a.Notice != nil && formOpen(a, e) {
			block.Parts = append(view.Parts{*a.Notice}, block.Parts...)
		}
		out = append(out, block)
	}
	return out
}

// formOpen tells whether this is the form that was refused.
func formOpen(a *ui.Ask, e challenge.Event) bool {
	return a.Form != nil && a.Form.Text("event") == string(e)
}

func (b board) gave(c *web.Ctx) bool {
	side := challenge.SideDesk
	if c.Actor().In(b.Challenge.OrgID) {
		side = challenge.SideAsker
	}
	return slices.Contains(b.Given, side)
}

// stepForm is the form of one step. What was typed into it stays after a refusal.
func (b board) stepForm(c *web.Ctx, a *ui.Ask, e challenge.Event) view.Form {
	if !formOpen(a, e) {
		a = ui.NewAsk(c, nil, nil)
	}
	own := func(f *view.Field) { f.ID = string(e) + "-" + f.Name }
	reason := func(label, hint string) view.Field {
		return a.Area("reason", label, "", ui.Required, ui.Lines(2), ui.Limit(1000), ui.Hint(hint), own)
	}
	var fields []view.Field
	switch e {
	case challenge.EventApprove:
		fields = []view.Field{a.Area("experts", "论证专家", "", ui.Required, ui.Lines(3), ui.Hint("每行一位，至少 3 位"), own),
			reason("论证意见", "会公开显示；已查过有没有重复的榜单")}
	case challenge.EventPublish:
		fields = []view.Field{a.Date("day", "揭榜截止日", b.Challenge.ApplyOn, ui.Hint("当日 17:30；可以改晚，不能改早"), own)}
	case challenge.EventAmend:
		fields = []view.Field{reason("补充公告", "会公开，并通知所有申请单位"), a.Date("day", "新的截止日", b.Challenge.ApplyOn, own),
			a.Checks("material", "改动", nil, []view.Option{{Value: "yes", Label: "改了指标、榜金或条件：截止日至少留 15 天"}}, own)}
	case challenge.EventUnseal:
		fields = []view.Field{a.Text("code", "开封码", "", ui.Required, ui.Fill("off"), own)}
	case challenge.EventScreen:
		fields = []view.Field{b.whichApplication(c, a, challenge.AppOpened, own),
			a.Radio("fit", "审查结论", "yes", []view.Option{{Value: "yes", Label: "合格"}, {Value: "no", Label: "不合格"}}, ui.Required, own),
			a.Area("reason", "理由", "", ui.Lines(2), ui.Sometimes, ui.Hint("不合格的写明不符合哪一条，申请单位看得到"), own)}
	case challenge.EventReplace:
		var members []view.Option
		for _, m := range b.Panel {
			if m.State == challenge.Active {
				members = append(members, view.Option{Value: strconv.FormatInt(m.AccountID, 10), Label: b.names[m.AccountID]})
			}
		}
		fields = []view.Field{a.Choose("account", "退出的专家", "", members, ui.Required, own),
			a.Checks("conflict", "原因类别", nil, []view.Option{{Value: "yes", Label: "发现利益冲突：他的评分对所有申请作废"}}, own), reason("原因", "会公开显示")}
	case challenge.EventDecide, challenge.EventNoneFit:
		fields = b.decideFields(c, a, e, own)
	case challenge.EventSign:
		fields = []view.Field{b.whichApplication(c, a, challenge.AppChosen, own)}
	case challenge.EventMeasure, challenge.EventPostpone, challenge.EventPay:
		fields = b.nodeFields(c, a, e, own)
	case challenge.EventReturn,
		challenge.EventWithdraw,
		challenge.EventGiveUp,
		challenge.EventSingle,
		challenge.EventExtend,
		challenge.EventDecline,
		challenge.EventAccept,
		challenge.EventTerminate,
		challenge.EventBreach:
		hint := "会公开显示"
		if e == challenge.EventAccept {
			hint = "写明各项指标的实测值和检测报告编号，会公开显示"
		}
		fields = []view.Field{reason("原因或说明", hint)}
	}
	form := view.NewForm(challengePath(b.Challenge.ID)+"/do", stepLabel(e), fields...)
	form.Hidden = []view.Pair{{Name: "event", Value: string(e)}}
	if slices.Contains([]challenge.Event{challenge.EventReturn, challenge.EventWithdraw, challenge.EventGiveUp, challenge.EventDecline,
		challenge.EventTerminate, challenge.EventBreach, challenge.EventNoneFit}, e) {
		form.Actions[0].Kind = view.Danger
	}
	for _, app := range b.Applications {
		if e == challenge.EventDecide || e == challenge.EventNoneFit {
			form.Hidden = append(form.Hidden, view.Pair{Name: "candidates", Value: strconv.FormatInt(app.ID, 10)})
		}
	}
	return form
}

func (b board) whichApplication(c *web.Ctx, a *ui.Ask, s challenge.AppState, own func(*view.Field)) view.Field {
	var options []view.Option
	for _, app := range b.Applications {
		if app.State == s {
			options = append(options, view.Option{Value: strconv.FormatInt(app.ID, 10), Label: b.org(app.OrgID)})
		}
	}
	return a.Choose("application", c.T("哪一份申请"), "", options, ui.Required, own)
}

// decideFields ask who is chosen and what every other is told.
func (b board) decideFields(c *web.Ctx, a *ui.Ask, e challenge.Event, own func(*view.Field)) (out []view.Field) {
	var winners []view.Option
	losses := []view.Option{{Label: "中选，不用选"}}
	for _, r := range challenge.LossReasons() {
		losses = append(losses, view.Option{Value: r.Code, Label: r.Label})
	}
	var each []view.Field
	for _, app := range b.ranked() {
		id := strconv.FormatInt(app.ID, 10)
		winners = append(winners, view.Option{Value: id, Label: b.org(app.OrgID), Hint: b.scoreWords(c, app.ID)})
		each = append(each, a.Choose("losers."+id, c.T("%s没有中选的原因", b.org(app.OrgID)), "", losses, ui.Sometimes, own),
			a.Text("feedback."+id, c.T("给%s的说明", b.org(app.OrgID)), "", ui.Limit(500), own))
	}
	if e == challenge.EventDecide {
		out = append(out, a.Checks("winners", "中选", nil, winners, own))
	}
	out = append(out, each...)
	return append(out, a.Area("reason", "理由", "", ui.Lines(3), ui.Limit(1000), ui.Sometimes, ui.Hint("没有按排名选择时必填，会公开"), own))
}

// ranked are the eligible applications, best first.
func (b board) ranked() (out []challenge.Application) {
	for _, r := range b.Ranking {
		for _, app := range b.Applications {
			if app.ID == r.Application && app.State == challenge.AppEligible {
				out = append(out, app)
			}
		}
	}
	return out
}

func (b board) scoreWords(c *web.Ctx, app int64) string {
	for i, r := range b.Ranking {
		if r.Application == app {
			words := c.T("第 %d 名，%d.%02d 分", i+1, r.Score/100, r.Score%100)
			if !r.Passed {
				words += c.T("，没有达到合格线")
			}
			return words
		}
	}
	return ""
}

func (b board) nodeFields(c *web.Ctx, a *ui.Ask, e challenge.Event, own func(*view.Field)) []view.Field {
	var nodes, teams []view.Option
	for i, n := range b.Challenge.Content.Nodes {
		nodes = append(nodes, view.Option{Value: strconv.Itoa(i + 1), Label: fmt.Sprintf("%d %s", i+1, n.Name)})
	}
	for _, app := range b.Applications {
		if slices.Contains([]challenge.AppState{challenge.AppContracted, challenge.AppEliminated, challenge.AppAccepted}, app.State) {
			teams = append(teams, view.Option{Value: strconv.FormatInt(app.ID, 10), Label: b.org(app.OrgID)})
		}
	}
	out := []view.Field{a.Choose("application", "队伍", "", teams, ui.Required, own), a.Choose("node", "节点", "", nodes, ui.Required, own)}
	switch e {
	case challenge.EventMeasure:
		out = append(out, a.Text("score", "检测得分", "", ui.Required, ui.Width("s"), own,
			ui.Hint(c.T("0—100，%d 分合格；记录以后不能改", b.Challenge.Content.PassMark))), a.Text("reason", "检测报告", "", ui.Limit(300), own))
	case challenge.EventPostpone:
		out = append(out, a.Date("day", "推迟到", b.Now, ui.Required, own),
			a.Checks("agreed", "双方", nil, []view.Option{{Value: "yes", Label: "双方已经同意"}}, own),
			a.Text("reason", "原因", "", ui.Required, ui.Limit(300), own))
	default:
		out = append(out, a.Yuan("amount", "拨付金额", 0, ui.Required, own),
			a.Text("voucher", "银行凭证号", "", ui.Required, own, ui.Hint("平台不保管资金，只记录凭证")))
	}
	return out
}

// applicationBlocks list what came in, after the opening, with the panel and the ranking as far as the reader may see them.
func (b board) applicationBlocks(c *web.Ctx) (out []ui.Block) {
	x := b.Challenge
	if x.OpenedAt == nil || len(b.Applications) == 0 {
		return nil
	}
	type row = challenge.Application
	t := ui.Columns[row]{
		{Label: "申请单位", Cell: func(app row) view.Cell {
			name := view.Cell{Text: b.org(app.OrgID)}
			if app.Content != nil {
				name.Href = fmt.Sprintf("%s/applications/%d", challengePath(x.ID), app.ID)
			}
			return name
		}},
		{Label: "收到", Cell: func(app row) view.Cell {
			return view.Cell{Text: app.ArrivedAt.Format("2006-01-02 15:04"), Note: app.Digest[:16]}
		}},
		{Label: "状态", Cell: func(app row) view.Cell {
			state := view.Cell{Tags: []view.Tag{{Label: appLabel(app.State)}}, Note: app.Screening}
			if app.DealID != 0 && (c.Actor().In(app.OrgID) || c.Actor().In(x.OrgID)) {
				state.Href, state.Text = fmt.Sprintf("/deals/%d", app.DealID), c.T("洽谈")
			}
			return state
		}},
		ui.TextColumn("得分", func(app row) string { return b.scoreWords(c, app.ID) }),
	}.Table("收到的申请", b.Applications)
	out = append(out, ui.Block{ID: "applications", Title: "收到的申请", Intro: c.T("共 %d 份。每份的封存摘要供申请单位核对。", len(b.Applications)),
		Parts: view.Parts{t}})
	if len(b.Panel) > 0 {
		panel := ui.Columns[challenge.Member]{
			ui.TextColumn("专家", func(m challenge.Member) string { return b.names[m.AccountID] }),
			{Label: "状态", Cell: func(m challenge.Member) view.Cell {
				return view.Cell{Note: m.Reason, Text: map[challenge.MemberState]string{challenge.Active: "评审", challenge.Left: "退出",
					challenge.Conflict: "因利益冲突退出，评分作废"}[m.State]}
			}},
		}.Table("评审专家", b.Panel)
		out = append(out, ui.Block{ID: "panel", Title: "评审专家", Intro: "从没有利益关系的专家中抽签产生。", Parts: view.Parts{panel}})
	}
	return out
}
