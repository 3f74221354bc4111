package certify

import (
	"fmt"
	"strconv"
	"time"

	"techmarket/internal/certify/deadline"
	"techmarket/internal/foundation/fault"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// policyRoutes are the dated rules of the clock: how long a desk may take, and from which amount the experts are asked.
func (p *Pages) policyRoutes() []web.Route {
	region := web.RegionOfficers()
	return []web.Route{
		web.GET("/registry/policies", region, func(c *web.Ctx) error { return p.showPolicies(c, nil, nil) }),
		web.POST("/registry/policies", region, p.savePolicy),
	}
}

func dayUnits() []view.Option {
	return []view.Option{{Value: "working", Label: "工作日"}, {Value: "calendar", Label: "日历日"}}
}

// policyTable lists the rules; with links the rows that nothing counts with yet lead to their form.
func policyTable(all []deadline.Policy, links bool) view.Table {
	type row = deadline.Policy
	return ui.Columns[row]{
		{Label: "规则", Cell: func(x row) view.Cell {
			tag := map[deadline.Standing]view.Tag{deadline.Holds: {Label: "现在适用", Tone: view.OK}, deadline.Coming: {Label: "待生效", Tone: view.Info},
				deadline.Past: {Label: "已被替代"}, deadline.Compared: {Label: "仅供比较"}}[x.Standing]
			name := view.Cell{Text: x.Name, Tags: []view.Tag{tag}}
			if links && (x.Standing == deadline.Coming || x.Standing == deadline.Compared) {
				name.Href = fmt.Sprintf("/registry/policies?id=%d#policy", x.ID)
			}
			return name
		}},
		ui.TextColumn("期间", func(x row) string {
			if x.ValidTo != nil {
				return x.ValidFrom.Format(time.DateOnly) + " 至 " + x.ValidTo.Format(time.DateOnly)
			}
			return x.ValidFrom.Format(time.DateOnly) + " 起"
		}),
		ui.TextColumn("目标", func(x row) string { return dayWords(x.TargetDays, x.TargetUnit) }),
		ui.TextColumn("法定期限", func(x row) string { return dayWords(x.LegalDays, x.LegalUnit) }),
		ui.TextColumn("大额界线", func(x row) string { return x.LargeAmount.Short() }),
		ui.TextColumn("大额的目标和期限", func(x row) string {
			return dayWords(x.LargeTargetDays, x.TargetUnit) + "，" + dayWords(x.LargeLegalDays, x.LegalUnit)
		}),
		ui.TextColumn("补正", func(x row) string {
			if x.CorrectionResetsClock {
				return fmt.Sprintf("%d 个工作日，补正后重新计时", x.CorrectionDays)
			}
			return fmt.Sprintf("%d 个工作日，期间不计时", x.CorrectionDays)
		}),
		ui.TextColumn("依据", func(x row) string { return x.Source }),
	}.Table("时限规则", all)
}

// dayWords says a limit with its unit: 10 个工作日, 30 日.
func dayWords(n int, unit string) string {
	return fmt.Sprintf("%d %s", n, map[string]string{"working": "个工作日", "calendar": "日"}[unit])
}

func (p *Pages) showPolicies(c *web.Ctx, form *web.Form, ferr error) error {
	all, err := p.Deadlines.Policies(c.Context())
	if err != nil {
		return err
	}
	id := c.QueryForm().ID("id")
	if form != nil {
		id = form.ID("id")
	}
	now, err := startingPolicy(all, id)
	if err != nil {
		return err
	}
	page := c.Page("时限规则")
	page.Breadcrumbs = []view.Link{{Label: "在办时限", Href: "/registry/deadlines"}}
	body := ui.Sheet{Lead: "申请按报送那一天适用的规则计时，规则换了，在办的件不变。已经生效的规则不能修改：新增一条，从它的起始日期起替代。",
		Main: []ui.Block{{Title: "时限规则", Parts: view.Parts{view.WideTable{Table: policyTable(all, true)}}}}}
	a := ui.NewAsk(c, form, ferr)
	return datedForm(c, page, body, a, ferr, "/registry/policies", "policy", "规则", now.ID, now.Name, policySections(a, now)...)
}

// startingPolicy is the rule that the form shows: the one of that id, or for 0 a new one that starts from the one in force.
func startingPolicy(all []deadline.Policy, id int64) (deadline.Policy, error) {
	for _, x := range all {
		switch {
		case id != 0 && x.ID == id:
			return x, nil
		case id == 0 && x.Standing == deadline.Holds:
			x.ID, x.Name, x.Source, x.ValidFrom, x.ValidTo, x.Active = 0, "", "", time.Time{}, nil, true
			return x, nil
		}
	}
	if id == 0 {
		return deadline.Policy{Active: true}, nil
	}
	return deadline.Policy{}, fault.New(fault.NotFound, "policy_not_found", "没有这一条时限规则，请从规则表重新打开")
}

// policySections are the fields of one rule.
func policySections(a *ui.Ask, now deadline.Policy) []view.Section {
	var until time.Time
	if now.ValidTo != nil {
		until = *now.ValidTo
	}
	days := func(name, label string, n int) view.Field {
		f := a.Text(name, label, strconv.Itoa(n), ui.Required, ui.Width("s"))
		f.Unit, f.InputMode = "天", "numeric"
		return f
	}
	set := func(name, label string, on bool, text, more string) view.Field {
		var chosen []string
		if on {
			chosen = []string{"1"}
		}
		return a.Checks(name, label, chosen, []view.Option{{Value: "1", Label: text, Hint: more}})
	}
	return []view.Section{
		{Fields: []view.Field{a.Text("name", "名称", now.Name, ui.Required, ui.Limit(80), ui.Hint("如发布的文件，写在时限旁边"))}},
		{
			Inline: true,
			Fields: []view.Field{
				a.Date("validFrom", "起始日期", now.ValidFrom, ui.Required),
				a.Date("validTo", "截止日期", until, ui.Hint("留空为一直有效，直到有更新的一条")),
			},
		},
		{
			Title:  "一般合同",
			Hint:   "从受理的第二天起算。目标是本地区要求办结的时间，法定期限是法规规定的最后一天。",
			Inline: true,
			Fields: []view.Field{days("targetDays", "目标", now.TargetDays), a.Choose("targetUnit", "目标按", now.TargetUnit, dayUnits(), ui.Required)},
		},
		{
			Inline: true,
			Fields: []view.Field{days("legalDays", "法定期限", now.LegalDays), a.Choose("legalUnit", "法定期限按", now.LegalUnit, dayUnits(), ui.Required)},
		},
		{
			Title: "大额或有争议的合同",
			Hint:  "技术交易额达到界线的，复核后先交专家评审；天数的算法同上。",
			Fields: []view.Field{
				a.Wan("largeAmount", "大额界线", now.LargeAmount, ui.Required),
				a.Text("experts", "几位专家意见一致才能决定", strconv.Itoa(now.Experts), ui.Required, ui.Width("s"), ui.Hint("2 位以上")),
			},
		},
		{
			Inline: true,
			Fields: []view.Field{days("largeTargetDays", "大额的目标", now.LargeTargetDays), days("largeLegalDays", "大额的法定期限", now.LargeLegalDays)},
		},
		{
			Title: "补正",
			Fields: []view.Field{
				days("correctionDays", "给申请人的工作日", now.CorrectionDays),
				set("correctionResetsClock", "计时", now.CorrectionResetsClock, "补正材料交来后重新计时", "不选的，补正期间暂停，之后接着计时"),
			},
		},
		{
			Title:  "免税基数",
			Fields: []view.Field{set("tiedAgencyVAT", "配套的技术中介、技术培训", now.TiedAgencyVAT, "计入增值税免税基数", "不选的按 0 计；税务机关是否认可尚未明确")},
		},
		{
			Title: "依据",
			Fields: []view.Field{
				a.Area("source", "文件、文号和条款", now.Source, ui.Required, ui.Limit(300), ui.Lines(2)),
				set("active", "启用", now.Active, "从起始日期起按它计时", "不选的只列出来供比较"),
			},
		},
	}
}

func (p *Pages) savePolicy(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	x := deadline.Policy{
		ID:         f.ID("id"),
		Name:       f.Text("name"),
		ValidFrom:  f.Date("validFrom"),
		TargetDays: f.Int("targetDays"),
		TargetUnit: f.Text("targetUnit"),
		LegalDays:  f.Int("legalDays"),
		LegalUnit:  f.Text("legalUnit"),
		LargeTargetDays: f.Int(
			"largeTargetDays",
		),
		LargeLegalDays:        f.Int("largeLegalDays"),
		LargeAmount:           f.Wan("largeAmount"),
		CorrectionDays:        f.Int("correctionDays"),
		CorrectionResetsClock: f.Bool("correctionResetsClock"),
		Experts:               f.Int("experts"),
		TiedAgencyVAT:         f.Bool("tiedAgencyVAT"),
		Active:                f.Bool("active"),
		Source:                f.Text("source"),
	}
	if to := f.Date("validTo"); !to.IsZero() {
		x.ValidTo = &to
	}
	if err := ui.FormErr(f); err != nil {
		return p.showPolicies(c, f, err)
	}
	if _, err := p.Deadlines.SavePolicy(c.Context(), c.Actor(), x); err != nil {
		if ui.Refused(err) {
			return p.showPolicies(c, f, err)
		}
		return err
	}
	c.Flash(view.OK, "时限规则已保存。")
	return c.See("/registry/policies")
}
