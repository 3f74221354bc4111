package trade

import (
	"fmt"
	"net/url"
	"strconv"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/trade/challenge"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) challengeRoutes() []web.Route {
	at := "/challenges/:id"
	return []web.Route{
		web.GET("/challenges", web.Anyone(), p.challenges).Public("state", "kind", "mode", "field", "league", "after"),
		web.GET("/challenges/new", web.Members(), p.newChallenge),
		web.POST("/challenges", web.Members(), p.createChallenge),
		web.GET(at, web.Anyone(), func(c *web.Ctx) error { return p.showChallenge(c, nil, nil) }),
		web.GET(at+"/edit", web.Members(), func(c *web.Ctx) error { return p.editChallenge(c, nil, nil) }),
		web.POST(at, web.Members(), p.saveChallenge),
		web.POST(at+"/do", web.SaleKeepers(), p.doChallenge),
		web.POST(at+"/question", web.SignedIn(), p.challengeAction(func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			return "问题已公布，发榜单位答复后所有人都能看到。", p.Challenges.Ask(c.Context(), c.Actor(), id, f.Text("question"))
		})),
		web.POST(at+"/answer", web.Members(), p.challengeAction(func(c *web.Ctx, id int64, f *web.Form) (string, error) {
			return "答复已公布。", p.Challenges.Answer(c.Context(), c.Actor(), id, f.ID("questionId"), f.Text("reply"))
		})),
		web.GET(at+"/apply", web.Members(), func(c *web.Ctx) error { return p.showApply(c, nil, nil) }),
		web.POST(at+"/apply", web.Members(), p.fileApplication).WithFiles().Sealed(),
		web.POST(at+"/take-back", web.Members(), p.challengeAction(func(c *web.Ctx, id int64, _ *web.Form) (string, error) {
			return "申请已撤回；截止之前还可以再交。", p.Challenges.TakeBack(c.Context(), c.Actor(), id)
		})),
		web.GET(at+"/applications/:application", web.SignedIn(), func(c *web.Ctx) error { return p.showApplication(c, nil, nil) }),
		web.POST(at+"/applications/:application/score", web.SignedIn(), p.scoreApplication),
		web.GET(at+"/files/:file", web.SignedIn(), func(c *web.Ctx) error { return ui.SendAttached(c, p.Files, "challenge") }),
	}
}

func challengePath(id int64) string { return "/challenges/" + strconv.FormatInt(id, 10) }

// tradeTabs stand over the lists of what is put out to everybody.
func tradeTabs(now string) *view.Tabs {
	t := &view.Tabs{Label: "公开交易", Items: []view.Link{{Label: "揭榜挂帅", Href: "/challenges"}, {Label: "挂牌竞价", Href: "/sales"},
		{Label: "公示", Href: "/notices"}}}
	for i := range t.Items {
		t.Items[i].Current = t.Items[i].Href == now
	}
	return t
}

func stageOptions() []challenge.Stage {
	return []challenge.Stage{challenge.Opened, challenge.Opening, challenge.Screening, challenge.Reviewing, challenge.Noticing,
		challenge.Contracting, challenge.Running,
		challenge.Completed, challenge.Settled, challenge.Terminated, challenge.Breached, challenge.Void,
		challenge.Withdrawn}
}

func challengeTag(s challenge.Stage) view.Tag {
	switch s {
	case challenge.Draft:
		return view.Tag{Label: "草稿"}
	case challenge.InReview:
		return view.Tag{Label: "待论证", Tone: view.Warn}
	case challenge.Approved:
		return view.Tag{Label: "论证通过，待发布", Tone: view.Info}
	case challenge.Opened:
		return view.Tag{Label: "正在揭榜", Tone: view.OK}
	case challenge.Opening:
		return view.Tag{Label: "已截止，等待开封", Tone: view.Warn}
	case challenge.Screening:
		return view.Tag{Label: "资格审查", Tone: view.Info}
	case challenge.Reviewing:
		return view.Tag{Label: "评审中", Tone: view.Info}
	case challenge.Noticing:
		return view.Tag{Label: "结果公示", Tone: view.Info}
	case challenge.Contracting:
		return view.Tag{Label: "签约", Tone: view.Info}
	case challenge.Running:
		return view.Tag{Label: "执行中", Tone: view.OK}
	case challenge.Completed:
		return view.Tag{Label: "通过验收", Tone: view.OK}
	case challenge.Settled:
		return view.Tag{Label: "验收并结清", Tone: view.OK}
	case challenge.Terminated:
		return view.Tag{Label: "已终止"}
	case challenge.Breached:
		return view.Tag{Label: "违约", Tone: view.Bad}
	case challenge.Void:
		return view.Tag{Label: "流榜"}
	default:
		return view.Tag{Label: "已撤榜"}
	}
}

func kindLabel(k challenge.Kind) string {
	if k == challenge.Transform {
		return "成果转化类"
	}
	return "技术攻关类"
}

func modeLabel(m challenge.Mode) string {
	if m == challenge.Horses {
		return "赛马"
	}
	return "单独揭榜"
}

func (p *Pages) challenges(c *web.Ctx) error {
	const size = 20
	q := c.QueryForm()
	f := challenge.Filter{State: challenge.Stage(q.Text("state")), Kind: challenge.Kind(q.Text("kind")), Mode: challenge.Mode(q.Text("mode")),
		Field: q.Text("field"), League: q.Text("league"), After: q.ID("after"), Limit: size}
	list, err := p.Challenges.List(c.Context(), c.Actor(), f)
	if err != nil {
		return err
	}
	rows := view.Rows{Label: "榜单", Empty: view.Empty{Icon: "file", Title: "没有符合条件的榜单",
		Text: "企业可以在本单位需求的页面上把需求转成榜单，出榜金请各地团队来揭。"}}
	for _, x := range list {
		row := view.Row{
			Title:     view.T(x.Title),
			Href:      challengePath(x.ID),
			Sample:    x.Sample,
			Tags:      []view.Tag{challengeTag(x.State)},
			Lead:      view.T(ui.Clip(x.Content.Problem, 90)),
			Right:     view.WanYuan(x.Purse),
			RightNote: "榜金",
			Meta:      ui.NotEmpty(kindLabel(x.Kind), modeLabel(x.Mode), codes.Field.Label(x.Field), region.Name(x.Division)),
		}
		if x.ApplyUntil != nil {
			row.Meta = append(row.Meta, c.T("截止 %s", view.DayTime(*x.ApplyUntil)))
		}
		rows.Items = append(rows.Items, row)
	}
	rail, chips := challengeFilter(c, f)
	body := ui.Listing{Lead: "企业出题出榜金，全国的团队都可以揭榜。申请当场加密封存，截止之前谁也打不开，也不公布份数。", Tabs: tradeTabs("/challenges"),
		Rail: rail, Rows: &rows, Pager: view.Pager{Total: -1}}
	if len(chips) > 0 {
		body.Head = &view.ListHead{Found: len(list), Unit: "个", OnPage: true, Chips: chips, Clear: "/challenges"}
	}
	if len(list) == size {
		f.After = list[size-1].ID
		body.Pager.Next = challengesAddress(f)
	}
	panels, err := p.Challenges.Panels(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	for _, id := range panels {
		body.Notices = append(
			body.Notices,
			view.Notice{Title: "请您评审", Actions: []view.Action{{Label: "打开榜单", Href: challengePath(id), Kind: view.Quiet}}},
		)
	}
	page := c.Page("揭榜挂帅")
	page.Nav = "sales"
	return ui.ShowList(c, page, body)
}

func challengesAddress(f challenge.Filter) string {
	v := url.Values{}
	for name, value := range map[string]string{"state": string(f.State), "kind": string(f.Kind), "mode": string(f.Mode), "field": f.Field,
		"league": f.League} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if f.After != 0 {
		v.Set("after", strconv.FormatInt(f.After, 10))
	}
	if len(v) == 0 {
		return "/challenges"
	}
	return "/challenges?" + v.Encode()
}

func challengeFilter(c *web.Ctx, now challenge.Filter) (*view.Rail, []view.Chip) {
	var chips []view.Chip
	group := func(legend, name, chosen string, without challenge.Filter, options []view.Option) view.FilterGroup {
		without.After = 0
		g := view.FilterGroup{Legend: legend, Name: name, Single: true, Fold: 12, Options: []view.Option{{Label: "全部", Checked: chosen == ""}}}
		for _, o := range options {
			if o.Checked = o.Value == chosen; o.Checked {
				chips = append(chips, view.Chip{Label: o.Label, On: true, Href: challengesAddress(without)})
			}
			g.Options = append(g.Options, o)
		}
		return g
	}
	var states, fields, leagues []view.Option
	for _, s := range stageOptions() {
		states = append(states, view.Option{Value: string(s), Label: c.T(challengeTag(s).Label)})
	}
	for _, f := range codes.Field.Children("") {
		fields = append(fields, view.Option{Value: f.Code, Label: f.Label})
	}
	for _, l := range region.Leagues() {
		leagues = append(leagues, view.Option{Value: l.Code, Label: l.Name})
	}
	drop := func(take func(*challenge.Filter)) challenge.Filter {
		f := now
		take(&f)
		return f
	}
	groups := []view.FilterGroup{
		group("状态", "state", string(now.State), drop(func(f *challenge.Filter) { f.State = "" }), states),
		group("类别", "kind", string(now.Kind), drop(func(f *challenge.Filter) { f.Kind = "" }), kindOptions()),
		group("方式", "mode", string(now.Mode), drop(func(f *challenge.Filter) { f.Mode = "" }), modeOptions()),
		group("技术领域", "field", now.Field, drop(func(f *challenge.Filter) { f.Field = "" }), fields),
		group("盟市", "league", now.League, drop(func(f *challenge.Filter) { f.League = "" }), leagues)}
	return &view.Rail{Action: "/challenges", Clear: "/challenges", Groups: groups, Active: len(chips)}, chips
}

func kindOptions() []view.Option {
	return []view.Option{{Value: string(challenge.Tackle), Label: kindLabel(challenge.Tackle)},
		{Value: string(challenge.Transform), Label: kindLabel(challenge.Transform)}}
}

func modeOptions() []view.Option {
	return []view.Option{{Value: string(challenge.Single), Label: modeLabel(challenge.Single)},
		{Value: string(challenge.Horses), Label: modeLabel(challenge.Horses)}}
}

// challengeAction wraps a one-button step: done or refused, the challenge is shown again with the sentence.
func (p *Pages) challengeAction(do func(c *web.Ctx, id int64, f *web.Form) (string, error)) web.Handler {
	return func(c *web.Ctx) error {
		id, err := c.ID("id")
		if err != nil {
			return err
		}
		f, err := c.Form()
		if err != nil {
			return err
		}
		said, err := do(c, id, f)
		if err != nil {
			if fault.Is(err, fault.Invalid) {
				return p.showChallenge(c, f, err)
			}
			return ui.FlashRefusal(c, err, challengePath(id))
		}
		c.Flash(view.OK, said)
		return c.See(challengePath(id))
	}
}

// doChallenge carries out a step of the table. An opening code is shown in the answer itself: it is kept nowhere.
func (p *Pages) doChallenge(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	cmd := readStep(id, f)
	var done challenge.Done
	if err = ui.FormErr(f); err == nil {
		done, err = p.Challenges.Do(c.Context(), c.Actor(), cmd)
	}
	switch {
	case fault.Is(err, fault.Invalid) && cmd.Event == challenge.EventSubmit: // the entry lacks something: its form says where
		return p.editChallenge(c, nil, err)
	case fault.Is(err, fault.Invalid):
		return p.showChallenge(c, f, err)
	case err != nil:
		return ui.FlashRefusal(c, err, challengePath(id))
	case done.Code != "":
		return p.showCode(c, done)
	}
	c.Flash(view.OK, "已办理。")
	return c.See(challengePath(id))
}

func readStep(id int64, f *web.Form) challenge.Command {
	cmd := challenge.Command{Challenge: id, Event: challenge.Event(f.Text("event")), Reason: f.Text("reason"), Experts: f.Lines("experts"),
		Code: f.Text("code"), Material: f.Bool("material"), Application: f.ID("application"), Fit: f.Text("fit") == "yes",
		Account: f.ID("account"), Conflict: f.Bool("conflict"), Agreed: f.Bool("agreed"), Voucher: f.Text("voucher")}
	if f.Text("day") != "" {
		cmd.Day = fact.DayOf(f.Date("day"))
	}
	if f.Text("amount") != "" {
		cmd.Amount = f.Yuan("amount")
	}
	if f.Text("node") != "" {
		cmd.Node = f.Int("node")
	}
	if f.Text("score") != "" {
		cmd.Score = f.Int("score")
	}
	for _, w := range f.List("winners") {
		n, _ := strconv.ParseInt(w, 10, 64)
		cmd.Winners = append(cmd.Winners, n)
	}
	for _, l := range f.List("candidates") {
		n, _ := strconv.ParseInt(l, 10, 64)
		if code := f.Text("losers." + l); code != "" {
			cmd.Losers = append(cmd.Losers, challenge.Loss{Application: n, Code: code, Text: f.Text("feedback." + l)})
		}
	}
	return cmd
}

func (p *Pages) showCode(c *web.Ctx, done challenge.Done) error {
	page := c.Page("开封码")
	page.Breadcrumbs = []view.Link{{Label: "揭榜挂帅", Href: "/challenges"}, {Label: done.Challenge.Title, Href: challengePath(done.Challenge.ID)}}
	return ui.ShowSheet(c, page, ui.Sheet{Main: []ui.Block{{Parts: view.Parts{
		view.Notice{Tone: view.Warn, Title: "请现在抄下或打印，只显示这一次",
			Text: "系统不保存开封码，丢了谁也找不回来。发布之前可以重新领取，旧码随即作废；发布之后丢失，申请就打不开，只能流榜重来。"},
		view.Digests{{ID: "code", Label: "开封码", Value: done.Code}},
		view.Prose{view.T("截止以后，您和另一方各自输入自己的开封码，两份都对才能打开申请。请不要交给对方保管。")},
		view.Actions{{Label: "已经抄好，回到榜单", Href: challengePath(done.Challenge.ID)}}}}}})
}

// challengeHead begins a page below a challenge.
func challengeHead(c *web.Ctx, title string, id int64, name string) view.Page {
	page := c.Page(title)
	page.Nav = "sales"
	page.Breadcrumbs = []view.Link{{Label: "揭榜挂帅", Href: "/challenges"}}
	if id != 0 {
		page.Breadcrumbs = append(page.Breadcrumbs, view.Link{Label: name, Href: fmt.Sprintf("/challenges/%d", id)})
	}
	return page
}
