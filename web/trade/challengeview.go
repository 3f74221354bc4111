package trade

import (
	"fmt"
	"slices"
	"strconv"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/region"
	"techmarket/internal/people/identity"
	"techmarket/internal/trade/challenge"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// board is a challenge with the names that its page needs.
type board struct {
	challenge.View
	orgs  map[int64]identity.Organisation
	names map[int64]string // of experts
}

func (b board) org(id int64) string { return b.orgs[id].Name }

func (p *Pages) board(c *web.Ctx, id int64) (b board, err error) {
	if b.View, err = p.Challenges.Read(c.Context(), c.Actor(), id); err != nil {
		return b, err
	}
	ids := []int64{b.Challenge.OrgID}
	for _, a := range b.Applications {
		ids = append(ids, a.OrgID)
	}
	if b.orgs, err = p.Identity.Organisations(c.Context(), ids); err != nil {
		return b, err
	}
	var experts []int64
	for _, m := range b.Panel {
		experts = append(experts, m.AccountID)
	}
	b.names, err = p.Identity.Names(c.Context(), experts)
	return b, err
}

func (p *Pages) showChallenge(c *web.Ctx, f *web.Form, ferr error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	b, err := p.board(c, id)
	if err != nil {
		return err
	}
	x := b.Challenge
	a := ui.NewAsk(c, f, ferr)
	page := challengeHead(c, x.Title, 0, "")
	tags := []view.Tag{challengeTag(x.State), {Label: kindLabel(x.Kind)}, {Label: modeLabel(x.Mode)}, {Label: codes.Field.Label(x.Field)},
		{Label: region.Name(x.Division)}}
	body := ui.Sheet{Tags: tags, Sample: x.Sample, Lead: c.T("发榜：%s", b.org(x.OrgID)), Steps: challengeWay(c, x)}
	body.Actions = b.applying(c)
	body.Main = append(body.Main, b.stateBlock(c))
	body.Main = append(body.Main, b.stepBlocks(c, a)...)
	body.Main = append(body.Main, b.mineBlock(c)...)
	body.Main = append(body.Main, targetsBlock(c, x), nodesBlock(c, b))
	body.Main = append(body.Main, textBlocks(x)...)
	body.Main = append(body.Main, conditionsBlock(c, b), questionsBlock(c, b, a))
	body.Main = append(body.Main, b.applicationBlocks(c)...)
	body.Side = append(body.Side, purseBlock(b), ui.Block{Title: "经过", Parts: view.Parts{challengeHistory(b.View)}})
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

// challengeWay are the stations with their dates.
func challengeWay(c *web.Ctx, x challenge.Challenge) view.Steps {
	order := [][]challenge.Stage{{challenge.Draft, challenge.InReview, challenge.Approved}, {challenge.Opened}, {challenge.Opening},
		{challenge.Screening}, {challenge.Reviewing}, {challenge.Noticing, challenge.Contracting}, {challenge.Running},
		{challenge.Completed, challenge.Settled}}
	labels := []string{"论证发布", "揭榜", "两人开封", "资格审查", "评审", "公示签约", "执行", "验收"}
	now := slices.IndexFunc(order, func(s []challenge.Stage) bool { return slices.Contains(s, x.State) })
	if now < 0 {
		return view.Steps{}
	}
	way := view.Steps{Label: "榜单进度"}
	for i, label := range labels {
		s := view.Step{Label: label, State: "todo"}
		switch {
		case i < now:
			s.State = "done"
		case i == now:
			s.State = "now"
		}
		if i == 1 && x.ApplyUntil != nil {
			s.Note = c.T("截止 %s", view.DayTime(*x.ApplyUntil))
		}
		if i == 2 && x.OpenedAt != nil {
			s.Note = view.DayTime(*x.OpenedAt)
		}
		way.Items = append(way.Items, s)
	}
	return way
}

// stateBlock says in one notice where the challenge stands and what that means.
func (b board) stateBlock(c *web.Ctx) ui.Block {
	x := b.Challenge
	n := view.Notice{Tone: view.Info, Title: challengeTag(x.State).Label}
	switch x.State {
	case challenge.Opened:
		n.Tone, n.Title = view.OK, c.T("正在揭榜，截止 %s", view.DayTime(*x.ApplyUntil))
		n.Text = c.T("以服务器收到完整申请的时刻为准，到点以后一律不收。服务器时间 %s。", b.Now.Format("2006-01-02 15:04:05"))
	case challenge.Opening:
		n.Tone, n.Title = view.Warn, c.T("已截止，等待开封（截止于 %s）", view.DayTime(*x.ApplyUntil))
		n.Text = "现在谁也打不开。发榜方和管理员两人各自输入开封码才能开封；开封之前不公布份数、名单和任何内容。"
	case challenge.Void, challenge.Withdrawn, challenge.Terminated, challenge.Breached:
		n.Tone = view.Warn
		n.Text = map[challenge.Stage]string{challenge.Void: "没有产生揭榜单位。同一需求可以重新发榜。", challenge.Withdrawn: "发榜单位在截止之前撤回。",
			challenge.Terminated: "技术上无法克服的困难由双方分担风险，不是违约。", challenge.Breached: "一方没有履行约定。"}[x.State]
		if x.Reason != "" {
			n.Text = c.T("原因：%s。", x.Reason) + c.T(n.Text)
		}
	case challenge.Noticing:
		n.Title = "揭榜结果正在公示"
		n.Actions = []view.Action{{Label: "看公示、提异议", Href: fmt.Sprintf("/notices/%d", x.NoticeID), Kind: view.Quiet}}
	case challenge.Contracting:
		n.Text = "双方在洽谈里达成条款，30 天内签约；逾期由下一名递补。"
	case challenge.Draft:
		n.Text = x.Reason
	case challenge.Approved:
		if x.Round > 1 {
			n.Title = "揭榜延期一次，等待重新发布"
		}
		n.Text = c.T("开封码已领取 %d 份，两份都领取之后才能发布。", b.KeysTaken)
	}
	return ui.Block{Parts: view.Parts{n}}
}

func (b board) mineBlock(c *web.Ctx) []ui.Block {
	m := b.Mine
	if m == nil {
		return nil
	}
	facts := []view.Fact{{Label: "我的申请", Value: c.T("第 %d 版，%s", m.Version, c.T(appLabel(m.State)))},
		{Label: "收到时刻", Value: m.ArrivedAt.Format("2006-01-02 15:04:05.000")}}
	if m.Screening != "" {
		facts = append(facts, view.Fact{Label: "资格审查", Value: m.Screening})
	}
	if m.Loss != "" {
		facts = append(facts, view.Fact{Label: "未中选的原因", Value: lossLabel(m.Loss), Note: m.Feedback})
	}
	out := ui.Block{ID: "mine", Title: "我的申请", Intro: "只有您的单位看得到这一栏。", Parts: view.Parts{view.Facts{Items: facts},
		view.Digests{{ID: "receipt", Label: "封存摘要", Value: m.Digest, Note: "开封后用它核对：打开的正是您交的这一份"}}}}
	if m.State == challenge.AppSealed && b.Challenge.State == challenge.Opened {
		out.Add(view.Actions{{Label: "替换申请", Href: challengePath(b.Challenge.ID) + "/apply", Kind: view.Quiet},
			{Label: "撤回申请", Post: challengePath(b.Challenge.ID) + "/take-back", Kind: view.Danger}})
	}
	return []ui.Block{out}
}

func appLabel(s challenge.AppState) string {
	switch s {
	case challenge.AppSealed:
		return "已密封"
	case challenge.AppWithdrawn:
		return "已撤回"
	case challenge.AppOpened:
		return "已开封，待审查"
	case challenge.AppBroken:
		return "已损坏，打不开"
	case challenge.AppEligible:
		return "合格"
	case challenge.AppIneligible:
		return "不合格"
	case challenge.AppChosen:
		return "中选"
	case challenge.AppReserve:
		return "候补"
	case challenge.AppNotChosen:
		return "未中选"
	case challenge.AppContracted:
		return "已签约"
	case challenge.AppDeclined:
		return "放弃签约"
	case challenge.AppEliminated:
		return "已淘汰"
	case challenge.AppAccepted:
		return "通过验收"
	default:
		return "已结束"
	}
}

func lossLabel(code string) string {
	for _, r := range challenge.LossReasons() {
		if r.Code == code {
			return r.Label
		}
	}
	return code
}

func targetsBlock(c *web.Ctx, x challenge.Challenge) ui.Block {
	cols := ui.Columns[challenge.Target]{
		{Label: "指标", Cell: func(t challenge.Target) view.Cell { return view.Cell{Text: t.Name, Note: t.Unit, Header: true} }},
		{Label: "现在", Numeric: true, Cell: func(t challenge.Target) view.Cell { return view.Cell{Text: t.Present} }},
		{Label: "目标", Numeric: true, Cell: func(t challenge.Target) view.Cell { return view.Cell{Text: t.Target, Strong: true} }},
		{Label: "检测方法", Cell: func(t challenge.Target) view.Cell { return view.Cell{Text: t.Method} }},
		{Label: "谁来测", Cell: func(t challenge.Target) view.Cell { return view.Cell{Text: t.Tester} }}}
	table := cols.Table("要做到什么", x.Content.Targets)
	table.HideCaption = true
	return ui.Block{ID: "targets", Title: "要做到什么", Intro: c.T("%d 项都达到才算完成。", len(x.Content.Targets)), Parts: view.Parts{table}}
}

func nodesBlock(c *web.Ctx, b board) ui.Block {
	x := b.Challenge
	type row = int // the place of the node
	node := func(i row) challenge.PlanNode { return x.Content.Nodes[i] }
	columns := ui.Columns[row]{
		{Label: "节点", Foot: view.Cell{Text: "合计，等于榜金"},
			Cell: func(i row) view.Cell { return view.Cell{Text: strconv.Itoa(i+1) + " " + node(i).Name} }},
		ui.TextColumn("日期", func(i row) string { return node(i).Due.String() }),
		ui.TextColumn("看什么", func(i row) string { return node(i).Look }),
		{Label: "拨付", Numeric: true, Foot: view.Cell{Text: view.WanYuan(x.Purse), Strong: true}, Cell: func(i row) view.Cell {
			pay := view.Cell{Text: view.WanYuan(node(i).Tranche)}
			if node(i).Teams > 1 {
				pay.Note = c.T("每队，按 %d 队计", node(i).Teams)
			}
			return pay
		}},
	}
	if b.Race != nil {
		paid := view.Cell{Text: c.T("已拨付 %s，余 %s", view.Yuan(b.Race.Paid), view.Yuan(b.Race.Left))}
		columns = append(columns, ui.Column[row]{Label: "结果", Foot: paid, Cell: func(i row) (cell view.Cell) {
			for _, r := range b.Race.Nodes[i].Results {
				cell.Tags = append(cell.Tags, b.resultTag(c, r))
			}
			return cell
		}})
	}
	places := make([]row, len(x.Content.Nodes))
	for i := range places {
		places[i] = i
	}
	t := columns.Table("榜金按节点拨付", places)
	return ui.Block{ID: "nodes", Title: "榜金按节点拨付", Intro: "节点可以商定推迟一次，推迟不加钱。没有通过的节点不拨付，已通过的不收回。", Parts: view.Parts{t}}
}

func (b board) resultTag(c *web.Ctx, r challenge.TeamResult) view.Tag {
	label, tone := map[string]string{challenge.Passed: "通过", challenge.PassedLate: "逾期通过", challenge.Failed: "未通过", challenge.Open: "未检测",
		challenge.Out: "已淘汰"}[r.Result], view.Info
	switch r.Result {
	case challenge.Passed, challenge.PassedLate:
		tone = view.OK
	case challenge.Failed:
		tone = view.Bad
	case challenge.Open, challenge.Out:
		tone = ""
	}
	for _, a := range b.Applications {
		if strconv.FormatInt(a.ID, 10) == r.Team {
			return view.Tag{Label: b.org(a.OrgID) + "：" + c.T(label), Tone: tone}
		}
	}
	return view.Tag{Label: label, Tone: tone}
}

func textBlocks(x challenge.Challenge) (out []ui.Block) {
	k := x.Content
	for _, t := range [][2]string{{"要解决的问题", k.Problem}, {"限制条件", k.Limits}, {"试过什么", k.Tried}, {"交付什么", k.Deliverables},
		{"成果归谁", k.Ownership}, {"怎样验收", k.Acceptance}} {
		if t[1] != "" {
			out = append(out, ui.Block{Title: t[0], Parts: view.Parts{view.Prose{view.T(t[1])}}})
		}
	}
	return out
}

func conditionsBlock(c *web.Ctx, b board) ui.Block {
	x := b.Challenge
	type row = challenge.Condition
	columns := ui.Columns[row]{
		ui.TextColumn("条件", func(k row) string { return k.Text }),
		{Label: "怎样核对", Cell: func(k row) view.Cell {
			if k.Rule == challenge.Declared {
				return view.Cell{Tags: []view.Tag{{Label: "申请时声明"}}}
			}
			return view.Cell{Tags: []view.Tag{{Label: "系统可核", Tone: view.Info}}}
		}},
	}
	if web.Members().Allows(c.Actor()) && !c.Actor().In(x.OrgID) {
		columns = append(columns, ui.Column[row]{Label: "本单位", Cell: func(k row) view.Cell {
			return metCell(k.Met(c.Actor().OrgKind, c.Actor().Division))
		}})
	}
	t := columns.Table("谁可以揭榜", x.Content.Conditions)
	t.Empty = view.Empty{Title: "没有另设条件", Text: "在中国境内注册的法人都可以揭榜。"}
	var scoring []string
	for _, k := range x.Content.Criteria {
		scoring = append(scoring, c.T("%s %d%%", k.Name, k.Weight))
	}
	scoring = append(scoring, c.T("合格线 %d 分", x.Content.PassMark))
	return ui.Block{
		ID:    "conditions",
		Title: "谁可以揭榜",
		Parts: view.Parts{t, view.Facts{Items: []view.Fact{{Label: "怎样评分", Value: ui.Join(scoring)},
			{Label: "评审", Value: "5 位专家抽签产生，有利益关系的不进抽签库；评分表锁定之前互相看不到"}}}},
	}
}

func metCell(met string) view.Cell {
	switch met {
	case "met":
		return view.Cell{Tags: []view.Tag{{Label: "符合", Tone: view.OK}}}
	case "not_met":
		return view.Cell{Tags: []view.Tag{{Label: "不符合", Tone: view.Bad}}}
	default:
		return view.Cell{Text: "自行声明"}
	}
}

func questionsBlock(c *web.Ctx, b board, a *ui.Ask) ui.Block {
	x := b.Challenge
	out := ui.Block{ID: "questions", Title: "公开问答", Intro: c.T("共 %d 问，问和答都公开，不显示提问人。", len(b.Questions))}
	asker := c.Actor().In(x.OrgID) && web.Members().Allows(c.Actor())
	var t view.Thread
	for _, q := range b.Questions {
		t.Messages = append(t.Messages, view.Message{Who: c.T("问"), At: q.At, Body: q.Body})
		if q.Reply != "" {
			t.Messages = append(t.Messages, view.Message{Who: c.T("答"), Org: c.T("发榜单位，对所有人有效"), At: *q.RepliedAt, Body: q.Reply, Mine: true})
		}
	}
	t.Empty = view.Empty{Title: "还没有提问"}
	out.Add(t)
	if x.State != challenge.Opened {
		return out
	}
	for _, q := range b.Questions {
		if asker && q.Reply == "" {
			field := view.Field{Kind: view.Area, Name: "reply", ID: fmt.Sprintf("reply-%d", q.ID), Label: c.T("答复：%s", ui.Clip(q.Body, 40)), Rows: 2,
				Required: true, Max: 2000, Error: a.Errors["reply"]}
			form := view.NewForm(challengePath(x.ID)+"/answer", "公布答复", field)
			form.Hidden = []view.Pair{{Name: "questionId", Value: strconv.FormatInt(q.ID, 10)}}
			out.Add(form)
		}
	}
	if c.Actor().SignedIn() && !asker && b.Now.Before(*x.QuestionsUntil) {
		out.Add(view.NewForm(challengePath(x.ID)+"/question", "公开提问",
			a.Area("question", "提问", "", ui.Required, ui.Lines(2), ui.Limit(500), ui.Hint(c.T("提问截止 %s", view.DayTime(*x.QuestionsUntil))))))
	}
	return out
}

func purseBlock(b board) ui.Block {
	x := b.Challenge
	k := x.Content
	facts := []view.Fact{{Label: "榜金合计", Value: view.WanYuan(x.Purse), Num: true}, {Label: "发榜单位", Value: view.WanYuan(k.AskerFen), Num: true}}
	if k.RegionFen > 0 {
		facts = append(facts, view.Fact{Label: "自治区", Value: view.WanYuan(k.RegionFen), Num: true})
	}
	if k.LeagueFen > 0 {
		facts = append(facts, view.Fact{Label: "盟市", Value: view.WanYuan(k.LeagueFen), Num: true})
	}
	out := ui.Block{Card: true, Title: "榜金", Parts: view.Parts{view.Facts{Items: facts}}}
	if x.State == challenge.Opened || x.State == challenge.Opening {
		out.Add(view.Prose{view.T("申请当场加密封存。开封之前，发榜方、专家、平台管理员都看不到内容、名单和份数。")})
	}
	out.Add(view.Actions{{Label: "看原来的需求", Href: fmt.Sprintf("/demands/%d", x.Listing), Kind: view.Plainly}})
	return out
}

// applying is what a reader can do about the whole challenge; on a phone it stands before everything else.
func (b board) applying(c *web.Ctx) []view.Action {
	x, who := b.Challenge, c.Actor()
	switch {
	case x.State == challenge.Draft && who.In(x.OrgID):
		return []view.Action{{Label: "修改榜单", Href: challengePath(x.ID) + "/edit", Kind: view.Quiet}}
	case x.State != challenge.Opened || who.In(x.OrgID):
		return nil
	case !who.SignedIn():
		return []view.Action{{Label: "登录后揭榜", Href: "/signin?next=" + challengePath(x.ID)}}
	case web.Members().Allows(who) && b.Mine == nil:
		return []view.Action{{Label: "我要揭榜", Href: challengePath(x.ID) + "/apply"}}
	}
	return nil
}

func challengeHistory(v challenge.View) view.Timeline {
	var t view.Timeline
	for _, s := range slices.Backward(v.Steps) {
		t.Events = append(t.Events, view.Event{At: s.At, What: stepLabel(s.Event), Note: s.Reason})
	}
	return t
}

func stepLabel(e challenge.Event) string {
	return map[challenge.Event]string{challenge.EventSubmit: "提交论证", challenge.EventReturn: "退回修改", challenge.EventApprove: "论证通过",
		challenge.EventTakeKey: "领取开封码", challenge.EventPublish: "发布榜单", challenge.EventAmend: "补充公告", challenge.EventWithdraw: "撤榜",
		challenge.EventClose: "揭榜截止", challenge.EventUnseal: "输入开封码", challenge.EventGiveUp: "开封码丢失，流榜", challenge.EventScreen: "资格审查",
		challenge.EventSingle: "改为单独揭榜", challenge.EventExtend: "延期一次", challenge.EventReview: "抽取专家，开始评审",
		challenge.EventReplace: "替换评审专家", challenge.EventDecide: "作出决定", challenge.EventConfirm: "管理员确认决定", challenge.EventNoneFit: "没有合适的",
		challenge.EventNoticed: "公示期满无异议", challenge.EventNoticeOff: "公示作废，重新决定", challenge.EventSign: "确认签约",
		challenge.EventDecline: "放弃签约", challenge.EventLapse: "逾期没有签约", challenge.EventMeasure: "记录节点结果",
		challenge.EventPostpone: "推迟节点", challenge.EventPay: "记录拨付", challenge.EventAccept: "通过验收", challenge.EventTerminate: "终止",
		challenge.EventBreach: "记为违约", challenge.EventSettle: "结清"}[e]
}
