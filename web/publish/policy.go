package publish

import (
	"fmt"
	"strconv"
	"strings"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/region"
	"techmarket/internal/publish/policy"
	"techmarket/search"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func policyPath(id int64) string { return fmt.Sprintf("/policies/%d", id) }

// standing says whether a policy holds today.
func standing(c *web.Ctx, p policy.Policy) view.Tag {
	today := fact.DayOf(c.Now())
	v := p.Validity()
	switch {
	case p.State == policy.Repealed:
		return view.Tag{Label: "已废止", Tone: view.Bad}
	case v.On(today):
		return view.Tag{Label: "有效", Tone: view.OK}
	case today < v.From:
		return view.Tag{Label: "尚未施行", Tone: view.Warn}
	default:
		return view.Tag{Label: "已到期"}
	}
}

// whose names the place that a policy belongs to.
func whose(division string) string {
	switch division {
	case "":
		return "国家"
	case region.Root:
		return "自治区"
	default:
		return region.FullName(division)
	}
}

func benefits(p policy.Policy) []string {
	var list []string
	for _, b := range policy.Benefits() {
		for _, c := range p.Content.Clauses {
			if c.Benefit == b {
				list = append(list, b)
				break
			}
		}
	}
	return list
}

func (p *Pages) policies(c *web.Ctx) error {
	const size = 20
	q := c.QueryForm()
	f := policy.Filter{Text: q.Text("q"), Division: q.Text("division"), Benefit: q.Text("benefit"), InForce: q.Bool("inForce"),
		After: q.ID("after"),
		Limit: size}
	if f.Division != "" && !region.Valid(f.Division) {
		q.Errors.Add("division", "unknown", "没有这个地区，请从列表中选择")
	}
	if err := ui.FormErr(q); err != nil {
		return err
	}
	list, err := p.Policies.List(c.Context(), f)
	if err != nil {
		return err
	}
	page := c.Page("政策库")
	page.Nav = "policies"
	rows := view.Rows{Label: "政策", Empty: view.Empty{Icon: "file-text", Title: "没有符合条件的政策", Text: "去掉一个条件再看；选了旗县，也会列出国家、自治区和所在盟市的政策。"}}
	for _, k := range list {
		rows.Items = append(rows.Items, policyRow(c, k))
	}
	body := ui.Listing{Lead: "技术转移的政策和条款。每一条都可以用本单位的情况先核对一遍；核对结果只供参考，以受理单位的审核为准。",
		Search: &view.Search{Action: "/policies", Name: "q", Value: f.Text, Label: "查找政策", Placeholder: "名称、文号或发文单位", Submit: "查找"},
		Rail:   policyRail(f), Rows: &rows, Pager: view.Pager{Total: -1}}
	if len(list) == size {
		v := c.Query()
		v.Set("after", strconv.FormatInt(list[size-1].ID, 10))
		body.Pager.Next = "/policies?" + v.Encode()
	}
	if c.Actor().SignedIn() {
		body.Actions = []view.Action{{Label: questionsTitle(c.Actor()), Href: "/policies/questions", Kind: view.Quiet}}
	}
	return ui.ShowList(c, page, body)
}

// policyRow is a policy in a list.
func policyRow(c *web.Ctx, k policy.Policy) view.Row {
	row := view.Row{Title: view.T(k.Title), Href: policyPath(k.ID), Lead: view.T(ui.Clip(k.Content.Summary, 90)), Sample: k.Sample,
		Meta: ui.NotEmpty(k.Issuer, k.Number, view.Day(k.IssuedOn)), Tags: []view.Tag{standing(c, k)},
		Right: c.T("%d 条可核对", len(k.Content.Clauses)), RightNote: whose(k.Division)}
	for _, b := range benefits(k) {
		row.Tags = append(row.Tags, view.Tag{Label: b, Tone: view.Info})
	}
	return row
}

// Finder draws policies in the search over everything.
func (p *Pages) Finder() ui.Finder {
	return ui.Finder{Kinds: []ui.FoundKind{{Code: policy.DocumentKind, Label: "政策"}},
		Rows: func(c *web.Ctx, hits []search.Hit) (map[string]view.Row, error) {
			policies, err := p.Policies.Some(c.Context(), ui.Numbers(policy.Documents, hits))
			out := make(map[string]view.Row, len(policies))
			for _, k := range policies {
				out[policy.Documents.ID(k.ID)] = policyRow(c, k)
			}
			return out, err
		}}
}

func policyRail(f policy.Filter) *view.Rail {
	places := []view.Option{{Label: "全部", Checked: f.Division == ""}}
	for _, l := range region.Leagues() {
		places = append(places, view.Option{Value: l.Code, Label: l.Name, Checked: l.Code == f.Division})
	}
	kinds := []view.Option{{Label: "全部", Checked: f.Benefit == ""}}
	for _, b := range policy.Benefits() {
		kinds = append(kinds, view.Option{Value: b, Label: b, Checked: b == f.Benefit})
	}
	return &view.Rail{Action: "/policies", Clear: "/policies", Hidden: []view.Pair{{Name: "q", Value: f.Text}}, Groups: []view.FilterGroup{
		{Legend: "在哪里适用", Name: "division", Single: true, Fold: 13, Options: places},
		{Legend: "支持方式", Name: "benefit", Single: true, Fold: 5, Options: kinds},
		{Legend: "时效", Name: "inForce", Fold: 1, Options: []view.Option{{Value: "1", Label: "只看有效的", Checked: f.InForce}}},
	}}
}

// showPolicy draws a policy; form and ferr are those of a question that was refused.
func (p *Pages) showPolicy(c *web.Ctx, form *web.Form, ferr error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	k, err := p.Policies.Get(c.Context(), id)
	if err != nil {
		return err
	}
	public, err := p.Policies.Public(c.Context(), id)
	if err != nil {
		return err
	}
	page := c.Page(k.Title)
	page.Nav = "policies"
	page.Breadcrumbs = []view.Link{{Label: "政策库", Href: "/policies"}}
	body := ui.Sheet{Heading: view.T(k.Title), Lead: k.Content.Summary, Tags: []view.Tag{standing(c, k)}, Sample: k.Sample}
	if k.State == policy.Repealed {
		n := view.Notice{Tone: view.Bad, Title: "这项政策已经废止，不再核对条款", Text: "页面保留，供查阅当时的规定。"}
		if k.ReplacedBy != nil {
			n.Items = []view.Link{{Label: "看替代它的政策", Href: policyPath(*k.ReplacedBy)}}
		}
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{&n}})
	} else {
		body.Actions = []view.Action{{Label: "用我的情况核对", Href: policyPath(id) + "/check"}}
	}
	for _, clause := range k.Content.Clauses {
		body.Main = append(body.Main, clauseBlock(c, clause))
	}
	answers := ui.Block{ID: "answers", Title: "公开的答复"}
	for _, q := range public {
		answers.Add(view.Facts{Wide: true, Items: []view.Fact{{Label: c.T("问：%s", q.Question), Text: view.T(q.Answer),
			Note: c.T("答复于 %s", view.Day(*q.AnsweredAt))}}})
	}
	if len(public) == 0 {
		answers.Intro = "还没有公开的答复。"
	}
	body.Main = append(body.Main, answers)
	facts := []view.Fact{{Label: "发文单位", Value: k.Issuer}, {Label: "文号", Value: k.Number}, {Label: "适用地区", Value: whose(k.Division)},
		{Label: "发文日期", Value: view.Day(k.IssuedOn)}, {Label: "有效期", Value: validity(c, k)}}
	if k.Source != "" {
		facts = append(facts, view.Fact{Label: "原文", Value: "查看原文", Href: k.Source})
	}
	body.Side = []ui.Block{{Card: true, Title: "文件", Parts: view.Parts{view.Facts{Wide: true, Items: facts}}}, askBlock(c, id, form, ferr)}
	if c.Actor().Has(actor.RegionOfficer) && k.State != policy.Repealed {
		body.Side = append(body.Side, repealBlock(k))
	}
	return ui.ShowSheetStatus(c, ui.StatusAfter(ferr), page, body)
}

func validity(c *web.Ctx, k policy.Policy) string {
	if k.ValidTo == nil {
		return c.T("%s起施行", view.Day(k.ValidFrom))
	}
	return c.T("%s至 %s", view.Day(k.ValidFrom), view.Day(*k.ValidTo))
}

func clauseBlock(c *web.Ctx, k policy.Provision) ui.Block {
	var conditions []string
	for _, cond := range k.Conditions {
		conditions = append(conditions, conditionWords(c, cond))
	}
	facts := []view.Fact{{Label: "条件", Value: ui.FirstOf(strings.Join(conditions, "；"), "没有可以核对的条件，见原文")}}
	for _, a := range k.Amounts {
		facts = append(facts, view.Fact{Label: "金额", Value: amountWords(c, a), Note: span(c, a.From, a.To)})
	}
	if k.Opens != nil && k.Closes != nil {
		facts = append(facts, view.Fact{Label: "申报时间", Value: span(c, *k.Opens, k.Closes)})
	}
	facts = append(facts, view.Fact{Label: "申报材料", Value: strings.Join(k.Papers, "、")}, view.Fact{Label: "受理单位", Value: k.Office,
		Note: k.Phone})
	return ui.Block{ID: "clause-" + k.ID, Title: ui.FirstOf(k.Title, k.ID), Intro: k.Article, Parts: view.Parts{view.Facts{Items: facts}}}
}

func span(c *web.Ctx, from fact.Day, to *fact.Day) string {
	if to == nil {
		return c.T("%s 起", from.String())
	}
	return c.T("%s 至 %s", from.String(), to.String())
}

// conditionWords says a condition as a person would.
func conditionWords(c *web.Ctx, k policy.Condition) string {
	label, unit := k.Fact, ""
	if kind, ok := policy.Kind(k.Fact); ok {
		label, unit = kind.Label, kind.Unit
	}
	words := map[string]string{"eq": "为", "ne": "不为", "ge": "不低于", "gt": "高于", "le": "不超过", "lt": "低于", "in": "为", "prefix": "属于"}
	if k.Type == "day" {
		words = map[string]string{"eq": "为", "ne": "不为", "ge": "不早于", "gt": "晚于", "le": "不晚于", "lt": "早于", "in": "为", "prefix": "在"}
	}
	values := make([]string, len(k.Values))
	for i, v := range k.Values {
		values[i] = factValue(k.Fact, v)
	}
	if k.Op != "in" && k.Op != "prefix" {
		values = values[:1]
	}
	said := label + words[k.Op] + strings.Join(values, "或") + unit
	if k.AsOf != nil {
		said += c.T("（%s 的情况）", k.AsOf.String())
	}
	return said
}

// factValue is a stored value in words.
func factValue(code, value string) string {
	switch {
	case value == "true":
		return "是"
	case value == "false":
		return "否"
	case code == "org_kind":
		return map[string]string{"university": "高校", "institute": "科研院所", "enterprise": "企业", "agency": "技术转移机构", "individual": "个人",
			"point_host": "登记点主办单位", "government": "科技主管部门"}[value]
	case code == "division" && len(value) == 2:
		return region.Name(value + "0000")
	case code == "division" && len(value) == 4:
		return region.Name(value + "00")
	case code == "division" && region.Valid(value):
		return region.FullName(value)
	default:
		return value
	}
}

// amountWords says how an amount is worked out.
func amountWords(c *web.Ctx, a policy.Amount) string {
	label := a.Fact
	if kind, ok := policy.Kind(a.Fact); ok {
		label = kind.Label
	}
	var parts []string
	from := ""
	for _, t := range a.Tiers {
		rate := ui.Percent(int64(t.RateBP)) + "%"
		switch {
		case t.Upto == nil && from == "":
			parts = append(parts, c.T("按 %s", rate))
		case t.Upto == nil:
			parts = append(parts, c.T("超过 %s 的部分按 %s", from, rate))
		case from == "":
			parts = append(parts, c.T("不超过 %s 的部分按 %s", t.Upto.Short(), rate))
		default:
			parts = append(parts, c.T("%s 至 %s 的部分按 %s", from, t.Upto.Short(), rate))
		}
		if t.Upto != nil {
			from = t.Upto.Short()
		}
	}
	said := label + strings.Join(parts, "，")
	if a.Cap != nil {
		said += c.T("，最高 %s", a.Cap.Short())
	}
	return said
}

func repealBlock(k policy.Policy) ui.Block {
	f := view.NewForm(policyPath(k.ID)+"/repeal", "废止这项政策", view.Field{Name: "replacedBy", Label: "替代它的政策编号",
		Hint: "政策库里的编号，即页面地址最后的数字；没有就不填", Width: "m"})
	f.Hidden = []view.Pair{{Name: "version", Value: strconv.Itoa(k.Version)}}
	return ui.Block{Card: true, Title: "废止", Intro: "废止后不再核对条款，页面保留。", Parts: view.Parts{f}}
}

func (p *Pages) repeal(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	var by *int64
	if form.Text("replacedBy") != "" {
		n := form.ID("replacedBy")
		by = &n
	}
	version := form.Int("version")
	if err := ui.FormErr(form); err != nil {
		return ui.FlashRefusal(c, err, policyPath(id))
	}
	if err := p.Policies.Repeal(c.Context(), c.Actor(), id, version, by); err != nil {
		return ui.FlashRefusal(c, err, policyPath(id))
	}
	c.Flash(view.OK, "已废止")
	return c.See(policyPath(id))
}

// check answers the clauses for what is known and what stands in the address: nothing is stored.
func (p *Pages) check(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	q := c.QueryForm()
	typed := map[string]string{}
	for _, k := range policy.FactKinds() {
		typed[k.Code] = q.Text(k.Code)
	}
	k, found, ferr := p.Policies.Check(c.Context(), c.Actor(), id, typed)
	if ferr != nil && !ui.Refused(ferr) {
		return ferr
	}
	page := c.Page(c.T("核对：%s", k.Title))
	page.Nav, page.NoIndex = "policies", true
	page.Breadcrumbs = []view.Link{{Label: "政策库", Href: "/policies"}, {Label: k.Title, Href: policyPath(id)}}
	body := ui.Sheet{Heading: view.T("用我的情况核对"), Lead: k.Title, Sample: k.Sample,
		Main: []ui.Block{{Parts: view.Parts{factForm(c, q, ferr, k, found)}}}}
	switch {
	case ferr != nil:
	case !found.InForce:
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{&view.Notice{Tone: view.Warn, Title: "这项政策今天不在有效期内，不作核对"}}})
	default:
		result := ui.Block{ID: "result", Title: "核对结果", Intro: c.T("截至 %s。满足只表示可能符合，金额按条款测算；是否批准由受理单位决定。", found.AsOf.String())}
		for i, a := range found.Clauses {
			result.Add(findingFacts(c, k.Content.Clauses[i], a))
		}
		body.Main = append(body.Main, result)
	}
	return ui.ShowSheetStatus(c, ui.StatusAfter(ferr), page, body)
}

func factForm(c *web.Ctx, q *web.Form, ferr error, k policy.Policy, found policy.Checked) view.Form {
	held := map[string]string{}
	for _, f := range found.Held {
		held[f.Fact] = f.Value
	}
	form := q
	if len(q.Values) == 0 {
		form = nil
	}
	a := ui.NewAsk(c, form, ferr)
	section := view.Section{Title: "本单位的情况", Hint: "填写的内容只用来核对，不保存。", Fields: nil}
	for _, n := range found.Needs {
		hint := ""
		if v := held[n.Code]; v != "" {
			hint = c.T("平台记录：%s。不填就按记录核对", factValue(n.Code, v))
		}
		field := a.Text(n.Code, n.Label, "", ui.Hint(hint), ui.Width("m"))
		switch n.Type {
		case "bool":
			field = a.Choose(n.Code, n.Label, "", []view.Option{{Label: "不清楚"}, {Value: "true", Label: "是"}, {Value: "false", Label: "否"}},
				ui.Hint(hint), ui.Width("m"))
		case "day":
			field = a.Kind(view.Date, n.Code, n.Label, "", ui.Hint(hint), ui.Width("m"))
		default:
			if n.Code == "division" {
				field = a.Choose(n.Code, n.Label, "", ui.DivisionOptions("不填", false), ui.Hint(hint), ui.Width("m"))
			}
			field.Unit = n.Unit
		}
		section.Fields = append(section.Fields, field)
	}
	f := ui.FormOf(policyPath(k.ID)+"/check", "核对", section)
	f.Get = true
	return f
}

func findingFacts(c *web.Ctx, clause policy.Provision, a policy.ClauseAnswer) view.Component {
	tone := map[policy.Answer]view.Tone{policy.Met: view.OK, policy.NotMet: view.Bad, policy.Missing: view.Warn}
	label := map[policy.Answer]string{policy.Met: "可能符合", policy.NotMet: "不满足", policy.Missing: "缺信息"}
	items := []view.Fact{{Label: ui.FirstOf(clause.Title, clause.ID), Tags: []view.Tag{{Label: label[a.Answer], Tone: tone[a.Answer]}}}}
	for i, answer := range a.Conditions {
		items = append(items, view.Fact{Label: conditionWords(c, clause.Conditions[i]), Tags: []view.Tag{{Label: string(answer),
			Tone: tone[answer]}}})
	}
	for _, code := range a.Missing {
		if kind, ok := policy.Kind(code); ok {
			items = append(items, view.Fact{Label: "还缺", Value: kind.Label, Note: kind.Add})
		}
	}
	if a.Amount != nil {
		items = append(items, view.Fact{Label: "按条款测算", Value: c.T("%s 元", a.Amount.Grouped()), Num: true})
	}
	return view.Facts{Items: items}
}
