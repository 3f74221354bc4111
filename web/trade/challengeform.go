package trade

import (
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/trade/challenge"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// Most rows of the groups of a form.
const (
	mostTargets    = 20
	mostNodes      = 10
	mostConditions = 15
	mostCriteria   = 10
)

// newChallenge shows the form with what the need already says.
func (p *Pages) newChallenge(c *web.Ctx) error {
	need, err := p.Demands.Get(c.Context(), c.Actor(), c.QueryForm().ID("need"))
	if err != nil {
		return err
	}
	if !c.Actor().In(need.OrganisationID) {
		return fault.New(fault.Forbidden, "not_own", "只有本单位发布的需求可以转成榜单")
	}
	d := ui.Shown(need)
	e := challenge.Entry{Title: d.Title, Kind: challenge.Tackle, Mode: challenge.Single, Field: d.Field, ApplyOn: fact.DayOf(c.Now()) + 30,
		Content: challenge.Content{Problem: d.Problem, Limits: d.Limits, Tried: d.Tried, Ownership: d.Ownership, AskerFen: d.Budget.MaxFen,
			Criteria: []challenge.Criterion{{Name: "技术路线", Weight: 60}, {Name: "团队和条件", Weight: 25}, {Name: "资金安排", Weight: 15}}, PassMark: 60,
			Rule: challenge.KeepPassMark, Unpaid: challenge.UnpaidBack}}
	for _, t := range d.Targets {
		e.Content.Targets = append(e.Content.Targets, challenge.Target{Name: t.Name, Present: t.Present, Target: t.Target, Unit: t.Unit})
	}
	if d.Solver != "" {
		e.Content.Conditions = []challenge.Condition{{Text: d.Solver}}
	}
	return p.challengeForm(c, e, "/challenges", []view.Pair{{Name: "need", Value: strconv.FormatInt(need.ID, 10)}}, nil, nil)
}

func (p *Pages) createChallenge(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	e := readEntry(f)
	need := f.ID("need")
	var id int64
	if err = ui.FormErr(f); err == nil {
		id, err = p.Challenges.Create(c.Context(), c.Actor(), need, e)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.challengeForm(c, e, "/challenges", []view.Pair{{Name: "need", Value: strconv.FormatInt(need, 10)}}, f, err)
		}
		return err
	}
	c.Flash(view.OK, "榜单草稿已保存。核对无误后提交论证。")
	return c.See(challengePath(id))
}

func (p *Pages) editChallenge(c *web.Ctx, f *web.Form, ferr error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	v, err := p.Challenges.Read(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	if !c.Actor().In(v.Challenge.OrgID) {
		return fault.New(fault.Forbidden, "wrong_role", "榜单由发榜单位修改")
	}
	if v.Challenge.State != challenge.Draft {
		return c.See(challengePath(id))
	}
	return p.challengeForm(
		c,
		v.Challenge.Entry(),
		challengePath(id),
		[]view.Pair{{Name: "version", Value: strconv.Itoa(v.Challenge.Version)}},
		f,
		ferr,
	)
}

func (p *Pages) saveChallenge(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	e := readEntry(f)
	if err = ui.FormErr(f); err == nil {
		err = p.Challenges.Save(c.Context(), c.Actor(), id, f.Int("version"), e)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.editChallenge(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "草稿已保存。")
	return c.See(challengePath(id))
}

// conditionRules are the rules as one choice; kinds of units go with theirs.
func conditionRules() []view.Option {
	return []view.Option{{Value: "", Label: "由申请单位声明"}, {Value: challenge.InRegion, Label: "系统核对：在本区注册"},
		{Value: challenge.OfKind + ":university,institute", Label: "系统核对：高校或科研院所"},
		{Value: challenge.OfKind + ":enterprise", Label: "系统核对：企业"}}
}

func (p *Pages) challengeForm(c *web.Ctx, e challenge.Entry, action string, hidden []view.Pair, f *web.Form, ferr error) error {
	a := ui.NewAsk(c, f, ferr)
	k := e.Content
	sections := []view.Section{{Title: "出什么题", Fields: []view.Field{
		a.Text("title", "榜单名称", e.Title, ui.Required, ui.Limit(80)),
		a.Radio("kind", "类别", string(e.Kind), kindOptions(), ui.Required, ui.Hint("攻关类由发榜单位、转化类由揭榜单位申请自治区补助")),
		a.Choose("field", "技术领域", e.Field, ui.TopOptions(codes.Field, "请选择"), ui.Sometimes),
		a.Area("problem", "要解决的问题", k.Problem, ui.Lines(5), ui.Limit(4000), ui.Sometimes),
		a.Area("limits", "限制条件", k.Limits, ui.Lines(2), ui.Limit(4000)),
		a.Area("tried", "已做过的尝试", k.Tried, ui.Lines(2), ui.Limit(4000)),
		a.Area("deliverables", "交付什么", k.Deliverables, ui.Lines(2), ui.Limit(4000), ui.Sometimes),
		a.Area("ownership", "成果归谁、收益怎么分", k.Ownership, ui.Lines(2), ui.Limit(4000), ui.Sometimes,
			ui.Hint("没有约定时，依民法典归研究开发方，发榜方可以免费使用")),
		a.Area("acceptance", "由谁、在哪里验收", k.Acceptance, ui.Lines(2), ui.Limit(4000), ui.Sometimes)}}}
	sections = append(sections, ui.Repeat(a, "要做到什么", "每项指标写清单位、怎样检测、由谁检测", "targets", len(k.Targets), mostTargets, func(i int) []view.Field {
		t := ui.RowAt(k.Targets, i)
		at := func(name string) string { return web.Row("targets", i, name) }
		return []view.Field{a.Text(at("name"), "指标", t.Name), a.Text(at("present"), "现在", t.Present, ui.Width("s")),
			a.Text(at("target"), "目标", t.Target, ui.Width("s")), a.Text(at("unit"), "单位", t.Unit, ui.Width("s")),
			a.Text(at("method"), "检测方法", t.Method), a.Text(at("tester"), "谁来测", t.Tester)}
	})...)
	sections = append(sections, view.Section{Title: "榜金", Hint: "各来源合计等于下面各节点拨付的合计", Fields: []view.Field{
		a.Wan("asker", "发榜单位出", k.AskerFen, ui.Sometimes), a.Wan("league", "盟市财政出", k.LeagueFen), a.Wan("region", "自治区财政出", k.RegionFen)}})
	sections = append(sections, ui.Repeat(a, "按节点拨付", "检测通过才拨付", "nodes", len(k.Nodes), mostNodes, func(i int) []view.Field {
		n := ui.RowAt(k.Nodes, i)
		at := func(name string) string { return web.Row("nodes", i, name) }
		var due time.Time
		if n.Due > 0 {
			due = n.Due.Date()
		}
		return []view.Field{a.Text(at("name"), "节点", n.Name), a.Date(at("due"), "日期", due), a.Text(at("look"), "看什么", n.Look),
			a.Wan(at("tranche"), "每队拨付", n.Tranche), a.Text(at("teams"), "计划队数", strconv.Itoa(max(1, n.Teams)), ui.Width("s")),
			a.Text(at("grace"), "宽限天数", strconv.Itoa(n.GraceDays), ui.Width("s"))}
	})...)
	sections = append(sections, ui.Repeat(a, "谁可以揭榜", "不得指向特定的一家", "conditions", len(k.Conditions), mostConditions, func(i int) []view.Field {
		x := ui.RowAt(k.Conditions, i)
		rule := x.Rule
		if x.Rule == challenge.OfKind {
			rule += ":" + strings.Join(x.Kinds, ",")
		}
		return []view.Field{a.Text(web.Row("conditions", i, "text"), "条件", x.Text),
			a.Choose(web.Row("conditions", i, "rule"), "怎样核对", rule, conditionRules())}
	})...)
	sections = append(sections, ui.Repeat(a, "怎样评分", "权重合计 100；第一项是技术项，同分时先比它", "criteria", len(k.Criteria), mostCriteria,
		func(i int) []view.Field {
			x := ui.RowAt(k.Criteria, i)
			return []view.Field{a.Text(web.Row("criteria", i, "name"), "评分项", x.Name),
				a.Text(web.Row("criteria", i, "weight"), "权重", ui.IntText(x.Weight), ui.Width("s"))}
		})...)
	sections = append(sections, raceSection(a, e), view.Section{Title: "什么时候", Fields: []view.Field{
		a.Date("applyOn", "揭榜截止日", e.ApplyOn.Date(), ui.Required, ui.Hint("当日 17:30 截止，自发布起不少于 20 天；遇休息日顺延到下一个工作日"))}})
	form := ui.FormOf(action, "存为草稿", sections...)
	form.Hidden, form.Guard = hidden, true
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), challengeHead(c, "榜单", 0, ""),
		ui.Sheet{Lead: "需求里写过的已经带过来。草稿可以不填全；提交论证时会逐项核对。", Main: a.Blocks(form)})
}

func raceSection(a *ui.Ask, e challenge.Entry) view.Section {
	k := e.Content
	return view.Section{Title: "几支队伍", Fields: []view.Field{
		a.Radio("mode", "方式", string(e.Mode), modeOptions(), ui.Required),
		a.Text("maxTeams", "赛马队数上限", ui.IntText(k.MaxTeams), ui.Width("s"), ui.Hint("2—5 队；单独揭榜不填")),
		a.Radio("rule", "赛马淘汰规则", k.Rule, []view.Option{{Value: challenge.KeepPassMark, Label: "达到合格线的都留下"},
			{Value: challenge.KeepBest, Label: "达到合格线的里面留下最好的几队"}}),
		a.Text("keep", "留下几队", ui.IntText(k.Keep), ui.Width("s")),
		a.Radio("unpaid", "没有拨付的节点款", k.Unpaid, []view.Option{{Value: challenge.UnpaidBack, Label: "留在榜金里"},
			{Value: challenge.UnpaidRest, Label: "由通过并留下的队伍平分"}}),
		a.Text("passMark", "合格线（分）", strconv.Itoa(k.PassMark), ui.Width("s"), ui.Hint("评审和节点检测都用它"))}}
}

func readEntry(f *web.Form) challenge.Entry {
	e := challenge.Entry{
		Title: f.Text("title"),
		Kind:  challenge.Kind(f.Text("kind")),
		Mode:  challenge.Mode(f.Text("mode")),
		Field: f.Text("field"),
	}
	if day := f.Date("applyOn"); !day.IsZero() {
		e.ApplyOn = fact.DayOf(day)
	}
	wan := func(name string) (out challenge.PlanNode) {
		if f.Text(name) != "" {
			out.Tranche = f.Wan(name)
		}
		return out
	}
	number := func(name string) int {
		if f.Text(name) == "" {
			return 0
		}
		return f.Int(name)
	}
	k := &e.Content
	*k = challenge.Content{Problem: f.Text("problem"), Limits: f.Text("limits"), Tried: f.Text("tried"), Deliverables: f.Text("deliverables"),
		Ownership: f.Text("ownership"), Acceptance: f.Text("acceptance"), AskerFen: wan("asker").Tranche, LeagueFen: wan("league").Tranche,
		RegionFen: wan("region").Tranche, PassMark: number("passMark"), MaxTeams: number("maxTeams"), Rule: f.Text("rule"), Keep: number("keep"),
		Unpaid: f.Text("unpaid")}
	for i := range f.Rows("targets", mostTargets) {
		at := func(name string) string { return f.Text(web.Row("targets", i, name)) }
		if t := (challenge.Target{Name: at("name"), Present: at("present"), Target: at("target"), Unit: at("unit"), Method: at("method"),
			Tester: at("tester")}); t != (challenge.Target{}) {
			k.Targets = append(k.Targets, t)
		}
	}
	for i := range f.Rows("nodes", mostNodes) {
		at := func(name string) string { return web.Row("nodes", i, name) }
		if f.Text(at("name")) == "" && f.Text(at("tranche")) == "" && f.Text(at("due")) == "" {
			continue
		}
		n := wan(at("tranche"))
		n.Name, n.Look, n.Teams, n.GraceDays = f.Text(at("name")), f.Text(at("look")), max(1, number(at("teams"))), number(at("grace"))
		if day := f.Text(at("due")); day != "" {
			if d := f.Date(at("due")); !d.IsZero() {
				n.Due = fact.DayOf(d)
			}
		}
		k.Nodes = append(k.Nodes, n)
	}
	readLists(f, k, number)
	return e
}

func readLists(f *web.Form, k *challenge.Content, number func(string) int) {
	for i := range f.Rows("conditions", mostConditions) {
		x := challenge.Condition{Text: f.Text(web.Row("conditions", i, "text"))}
		rule, kinds, _ := strings.Cut(f.Text(web.Row("conditions", i, "rule")), ":")
		if x.Rule = rule; kinds != "" {
			x.Kinds = strings.Split(kinds, ",")
		}
		if x.Text != "" {
			k.Conditions = append(k.Conditions, x)
		}
	}
	for i := range f.Rows("criteria", mostCriteria) {
		if name := f.Text(web.Row("criteria", i, "name")); name != "" {
			k.Criteria = append(k.Criteria, challenge.Criterion{Name: name, Weight: number(web.Row("criteria", i, "weight"))})
		}
	}
}
