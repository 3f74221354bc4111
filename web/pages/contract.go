package pages

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
	"techmarket/web"
	"techmarket/web/view"
)

func (p *Pages) contractRoutes() []web.Route {
	trader := web.Roles("单位经办人、技术经纪人", actor.Member, actor.OrgAdmin, actor.Broker)
	member := web.Roles("单位经办人", actor.Member, actor.OrgAdmin)
	return []web.Route{
		web.GET("/contracts", trader, p.contracts),
		web.POST("/contracts", member, p.createContract),
		web.POST("/deals/:id/contract", member, p.draftContract),
		web.GET("/contracts/:id", trader, p.contract),
		web.GET("/contracts/:id/check", trader, p.checkContract),
		web.POST("/contracts/:id/submit", member, p.submitContract),
		web.POST("/contracts/:id/discard", member, p.discardContract),
		web.GET("/contracts/:id/files/:file", trader, p.contractFile),
		web.POST("/contracts/:id/files", member, p.attachFile).WithFiles(),
		web.POST("/contracts/:id/files/:file/remove", member, p.detachFile),
		web.GET("/contracts/:id/:section", trader, p.contractSection),
		web.POST("/contracts/:id/:section", member, p.saveContractSection),
	}
}

var sectionLabels = map[contract.Section]string{
	contract.SectionSeller: "卖方", contract.SectionBuyers: "买方", contract.SectionElements: "合同要素",
	contract.SectionAmounts: "金额拆分", contract.SectionFiles: "附件", contract.SectionStatement: "声明",
}

func contractStateTag(s contract.State) view.Tag {
	switch s {
	case contract.Draft:
		return view.Tag{Label: "草稿"}
	case contract.Filed:
		return view.Tag{Label: "已报送", Tone: view.Info}
	case contract.Correcting:
		return view.Tag{Label: "补正中", Tone: view.Warn}
	case contract.Registered:
		return view.Tag{Label: "已登记", Tone: view.OK}
	case contract.Changing:
		return view.Tag{Label: "变更中", Tone: view.Warn}
	default:
		return view.Tag{Label: "已终结"}
	}
}

func (p *Pages) contracts(c *web.Ctx) error {
	q := c.QueryForm()
	list, err := p.Contracts.List(c.Context(), c.Actor(), contract.Filter{After: q.ID("after"), Limit: 20})
	if err != nil {
		return err
	}
	rows := view.Rows{Label: "合同", Empty: view.Empty{Icon: "file-text", Title: "还没有合同",
		Text: "双方在洽谈里都接受条款后，可以一键生成合同草稿，已有的信息不用再填。", Actions: []view.Action{{Label: "看洽谈", Href: "/deals", Kind: view.Quiet}}}}
	for _, k := range list {
		rows.Items = append(rows.Items, contractRow(k))
	}
	pager := view.Pager{Total: -1}
	if len(list) == 20 {
		pager.Next = "/contracts?after=" + strconv.FormatInt(list[len(list)-1].ID, 10)
	}
	body := Listing{Lead: "从洽谈生成，或登记在别处谈成的合同。", Rows: &rows, Pager: pager}
	if c.Actor().Has(actor.Member, actor.OrgAdmin) {
		body.After = []Block{{Card: true, Title: "登记在别处谈成的合同", Intro: "没有经过本市场洽谈的合同也可以在这里申请登记，需要自己填写双方信息。",
			Actions: []view.Action{{Label: "我方是卖方", Post: "/contracts", Kind: view.Quiet},
				{Label: "从境外引进，我方是买方", Post: "/contracts", Kind: view.Quiet, Hidden: []view.Pair{{Name: "buying", Value: "1"}}}}}}
	}
	return listPageOf(c, c.Page("我的合同"), body)
}

func contractRow(k contract.Contract) view.Row {
	name := k.Content.Elements.Name
	if name == "" {
		name = "未命名的合同"
	}
	row := view.Row{Title: view.T(name), Href: fmt.Sprintf("/contracts/%d", k.ID), Tags: []view.Tag{contractStateTag(k.State)}, Sample: k.Sample,
		Meta: []string{"卖方 " + orDash(k.Content.Seller.Name), "更新于 " + view.Day(k.UpdatedAt)}}
	if len(k.Content.Buyers) > 0 {
		row.Meta = append(row.Meta[:1], "买方 "+orDash(k.Content.Buyers[0].Name), row.Meta[1])
	}
	if k.Content.Elements.Amount > 0 {
		row.Right, row.RightNote = k.Content.Elements.Amount.Grouped()+" 元", "合同成交额"
	}
	return row
}

func orDash(s string) string {
	if s == "" {
		return "（未填写）"
	}
	return s
}

func (p *Pages) createContract(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	k, err := p.Contracts.Create(c.Context(), c.Actor(), form.Bool("buying"))
	if err != nil {
		return p.flashRefusal(c, err, "/contracts")
	}
	return c.See(fmt.Sprintf("/contracts/%d", k.ID))
}

func (p *Pages) draftContract(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	k, err := p.Contracts.Draft(c.Context(), c.Actor(), id)
	if err != nil {
		return p.flashRefusal(c, err, fmt.Sprintf("/deals/%d", id))
	}
	c.Flash(view.OK, "合同草稿已生成：双方、金额、日期和知识产权已从洽谈与单位信息带入，请核对。")
	return c.See(fmt.Sprintf("/contracts/%d", k.ID))
}

func (p *Pages) readContract(c *web.Ctx) (contract.Contract, error) {
	id, err := c.ID("id")
	if err != nil {
		return contract.Contract{}, err
	}
	return p.Contracts.Read(c.Context(), c.Actor(), id)
}

// mayEdit tells whether the actor's side fills this contract in now.
func mayEdit(a actor.Actor, k contract.Contract) bool {
	return k.State.Editable() && contract.MayApply(a, k.ApplicantOrg) == nil
}

func contractTitle(k contract.Contract) string {
	if k.Content.Elements.Name != "" {
		return k.Content.Elements.Name
	}
	return "未命名的合同"
}

func (p *Pages) contract(c *web.Ctx) error {
	k, err := p.readContract(c)
	if err != nil {
		return err
	}
	states := contract.Sections(k.Content, k.Files, p.Contracts.Today())
	edit := mayEdit(c.Actor(), k)
	group, done := view.TaskGroup{Title: "填写"}, 0
	for _, s := range states {
		t := view.Task{Label: sectionLabels[s.Section], Href: fmt.Sprintf("/contracts/%d/%s", k.ID, s.Section)}
		switch {
		case s.State == "done":
			t.Status, t.Tone = "已完成", view.OK
			done++
		case s.State == "empty":
			t.Status = "未开始"
		default:
			t.Status, t.Tone = fmt.Sprintf("还有 %d 处", len(s.Issues)), view.Warn
		}
		if len(s.Warnings) > 0 {
			t.Note = fmt.Sprintf("有 %d 处提醒，不影响提交", len(s.Warnings))
		}
		group.Tasks = append(group.Tasks, t)
	}
	check := view.Task{Label: "核对并提交", Status: "可以核对", Tone: view.Info, Href: fmt.Sprintf("/contracts/%d/check", k.ID)}
	if done < len(states) {
		check.Status, check.Tone, check.Note = "未完成", view.Plain, "六项都完成后提交；现在可以先看预审意见"
	}
	page := c.Page(contractTitle(k))
	page.Breadcrumbs = []view.Link{{Label: "我的合同", Href: "/contracts"}}
	body := Sheet{Tags: []view.Tag{contractStateTag(k.State)}, Sample: k.Sample}
	if edit {
		body.Lead = "按任何顺序填写，每一页单独保存，可以换一台电脑接着填。"
		body.Main = append(body.Main, Block{Tasks: &view.TaskList{Done: done, Total: len(states), Groups: []view.TaskGroup{group, {Title: "提交", Tasks: []view.Task{check}}}}})
	} else {
		body.Main = append(body.Main, p.contractFacts(k)...)
	}
	filings, err := p.Registry.Queue(c.Context(), c.Actor(), registry.QueueFilter{ContractID: k.ID, Limit: 20})
	if err != nil {
		return err
	}
	if len(filings.Rows) > 0 {
		rows := view.Rows{Label: "登记申请"}
		for _, f := range filings.Rows {
			row := view.Row{Title: view.T(f.IntakeNo), Href: fmt.Sprintf("/filings/%d", f.ID), Tags: []view.Tag{stateTag(f.State)}, Meta: []string{view.Day(f.SubmittedAt)}}
			if f.State.Open() {
				row.Tags = append(row.Tags, dueTag(f.Due))
			}
			rows.Items = append(rows.Items, row)
		}
		body.Side = append(body.Side, Block{Title: "登记申请", Rows: &rows})
	}
	facts := []view.Fact{{Label: "更新", Value: view.DayTime(k.UpdatedAt)}}
	if k.DealID != 0 {
		facts = append(facts, view.Fact{Label: "来自洽谈", Value: fmt.Sprintf("第 %d 号", k.DealID), Href: fmt.Sprintf("/deals/%d", k.DealID)})
	}
	body.Side = append(body.Side, Block{Card: true, Facts: &view.Facts{Items: facts, Wide: true}, Links: []view.Link{{Label: "下载 Word 参考文本", Href: fmt.Sprintf("/contracts/%d/word", k.ID), Note: "按类别列出条款，已填入平台上的内容"}}})
	if edit && k.State == contract.Draft {
		body.Side = append(body.Side, Block{Fold: "放弃这份草稿", Actions: []view.Action{{Label: "放弃草稿", Post: fmt.Sprintf("/contracts/%d/discard", k.ID), Kind: view.Danger, Small: true,
			Hidden: []view.Pair{{Name: "version", Value: strconv.Itoa(k.Version)}}}}})
	}
	return sheet(c, page, body)
}

// contractFacts shows the document for reading.
func (p *Pages) contractFacts(k contract.Contract) []Block {
	e := k.Content.Elements
	parties := []view.Fact{{Label: "卖方", Value: k.Content.Seller.Name, Note: partyNote(k.Content.Seller)}}
	for _, b := range k.Content.Buyers {
		parties = append(parties, view.Fact{Label: "买方", Value: b.Name, Note: partyNote(b)})
	}
	files := make([]view.FileItem, 0, len(k.Files))
	for _, f := range k.Files {
		files = append(files, view.FileItem{Name: f.Name, Href: fmt.Sprintf("/contracts/%d/files/%d", k.ID, f.ID), Size: fileSize(f.Size), Note: fileRoleLabel(f.Role)})
	}
	enclosed := Block{Title: "附件", Files: files}
	if len(files) == 0 {
		enclosed.Intro = "还没有附件。"
	}
	return []Block{
		{Title: "双方", Facts: &view.Facts{Items: parties}},
		{Title: "合同要素", Facts: &view.Facts{Items: []view.Fact{
			{Label: "类别", Value: className(e.ClassCode)}, {Label: "内容摘要", Text: view.T(e.Summary)},
			{Label: "签订日期", Value: chineseDay(e.SignedOn)}, {Label: "有效期", Value: chineseDay(e.BeginsOn) + " 至 " + chineseDay(e.EndsOn)},
			{Label: "合同成交额", Value: amountWords(e.Amount), Num: true}, {Label: "申报的技术交易额", Value: amountWords(k.Content.Technical), Num: true},
			{Label: "支付方式", Value: codes.Payment.Label(e.Payment)}, {Label: "技术领域", Value: codes.Field.Label(e.Field)},
			{Label: "知识产权归属", Text: view.T(e.OwnershipTerms)},
		}}},
		enclosed,
	}
}

func partyNote(q contract.Party) string {
	place := region.FullName(q.Division)
	if q.Foreign() {
		place = "境外"
	}
	return q.CreditCode + "　" + place
}

func amountWords(f money.Fen) string {
	if f == 0 {
		return ""
	}
	return f.Grouped() + " 元"
}

func chineseDay(d contract.Date) string {
	if t := timeOf(d); !t.IsZero() {
		return t.Format("2006 年 1 月 2 日")
	}
	return string(d)
}

func className(code string) string {
	if code == "" {
		return ""
	}
	if it, ok := codes.ContractClass.Get(code); ok {
		if it.Parent != "" {
			if top := codes.ContractClass.Label(it.Parent); top != it.Label { // 技术咨询 has one class of its own name
				return top + "：" + it.Label + " " + code
			}
		}
		return it.Label + " " + code
	}
	return code
}

func fileSize(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", n>>10)
	default:
		return fmt.Sprintf("%d 字节", n)
	}
}

func fileRoleLabel(r contract.FileRole) string {
	switch r {
	case contract.SignedText:
		return "合同正本（签字盖章）"
	case contract.Undertaking:
		return "承诺书"
	case contract.IPCertificate:
		return "知识产权证书"
	case contract.PlanConsent:
		return "计划管理部门文件"
	case contract.Authority:
		return "法人授权书"
	case contract.Permit:
		return "生产许可等审批文件"
	case contract.ImportCertificate:
		return "技术进口合同登记证书"
	case contract.Minutes:
		return "专家评审意见"
	default:
		return "其他"
	}
}

// contractSection shows one page of the wizard.
func (p *Pages) contractSection(c *web.Ctx) error {
	k, err := p.readContract(c)
	if err != nil {
		return err
	}
	return p.showContractSection(c, k, contract.Section(c.Param("section")), nil, nil)
}

func (p *Pages) showContractSection(c *web.Ctx, k contract.Contract, section contract.Section, form_ *web.Form, ferr error) error {
	label, known := sectionLabels[section]
	if !known {
		return fault.New(fault.NotFound, "page_not_found", "没有这个页面。请从合同的任务列表进入。")
	}
	a := asking(form_, ferr)
	if form_ == nil { // what is still missing is said at the field, but only once the section was begun
		for _, s := range contract.Sections(k.Content, k.Files, p.Contracts.Today()) {
			if s.Section == section && s.State == "started" {
				for _, i := range s.Issues {
					a.errors[i.Path] = i.Message
				}
			}
		}
	}
	page := c.Page(label)
	page.Breadcrumbs = []view.Link{{Label: "我的合同", Href: "/contracts"}, {Label: contractTitle(k), Href: fmt.Sprintf("/contracts/%d", k.ID)}}
	body := Sheet{Sample: k.Sample}
	var warnings []view.Link
	for _, i := range contract.Check(k.Content, k.Files, p.Contracts.Today()) {
		if i.Section == section && i.Level == contract.Warn {
			warnings = append(warnings, view.Link{Label: i.Message, Href: "#" + i.Path})
		}
	}
	if len(warnings) > 0 {
		body.Main = append(body.Main, Block{Notice: &view.Notice{Tone: view.Warn, Title: "请再看一眼，不影响提交", Items: warnings}})
	}
	if section == contract.SectionFiles {
		body.Main = append(body.Main, p.contractFilesBlock(k, a)...)
		body.Actions = []view.Action{{Label: "回到任务列表", Href: fmt.Sprintf("/contracts/%d", k.ID), Kind: view.Quiet}}
		if ferr != nil {
			return sheetStatus(c, 422, page, body)
		}
		return sheet(c, page, body)
	}
	var sections []view.Section
	switch section {
	case contract.SectionSeller:
		sections = partyFields(a, "seller.", k.Content.Seller, k)
	case contract.SectionBuyers:
		rows := max(1, len(k.Content.Buyers))
		if form_ != nil {
			rows = max(rows, form_.Rows("buyers", 10))
		}
		for i := range rows {
			b := contract.Party{Country: contract.China}
			if i < len(k.Content.Buyers) {
				b = k.Content.Buyers[i]
			}
			part := partyFields(a, web.Row("buyers", i, ""), b, k)
			if rows > 1 {
				part[0].Title = fmt.Sprintf("第 %d 个买方：%s", i+1, part[0].Title)
			}
			sections = append(sections, part...)
		}
	case contract.SectionElements:
		sections = elementFields(a, k)
	case contract.SectionAmounts:
		if k.Content.Technical == 0 && form_ == nil { // what follows from the amount and the rows is proposed, not asked
			k.Content.Technical = claimed(k.Content)
		}
		sections = amountFields(a, k.Content)
		body.Side = []Block{p.amountsBlock(k.Content)}
	case contract.SectionStatement:
		me, err := p.Identity.Account(c.Context(), c.Actor())
		if err != nil {
			return err
		}
		sections = statementFields(a, k.Content.Statement, c.Actor().Name, me.Phone)
	}
	f := formOf(fmt.Sprintf("/contracts/%d/%s", k.ID, section), "保存并回到任务列表", sections...)
	f.Hidden = []view.Pair{{Name: "version", Value: a.value("version", strconv.Itoa(k.Version))}}
	f.Guard = true
	f.Errors.Title = "这些还没有填好，可以先保存，提交前补齐"
	if section == contract.SectionBuyers {
		f.Actions = append(f.Actions, view.Action{Label: "再加一个买方", Name: "more", Value: "1", Kind: view.Quiet})
	}
	if section == contract.SectionAmounts {
		f.Actions = append(f.Actions, view.Action{Label: "保存并再加一行", Name: "more", Value: "1", Kind: view.Quiet})
	}
	if section == contract.SectionElements {
		f.Actions = append(f.Actions, view.Action{Label: "保存并再加一项知识产权", Name: "more", Value: "1", Kind: view.Quiet})
	}
	if !mayEdit(c.Actor(), k) {
		f.Actions = nil
		body.Main = append(body.Main, Block{Notice: &view.Notice{Title: "只能查看", Text: "合同由申请登记的一方填写；报送后在补正或变更时才能修改。"}})
	}
	body.Main = append(body.Main, a.blocks(f)...)
	return sheetStatus(c, formStatus(ferr), page, body)
}

var yesNo = []view.Option{{Value: "yes", Label: "是"}, {Value: "no", Label: "否"}}

func yesno(a *ask, name, label string, stored contract.Answer, more ...func(*view.Field)) view.Field {
	return a.radio(name, label, string(stored), yesNo, more...)
}

func origin(k contract.Contract, path string) func(*view.Field) {
	o, ok := k.Content.Origins[path]
	if !ok {
		return func(*view.Field) {}
	}
	from := map[string]string{"organisation": "单位信息", "deal": "洽谈的条款", "achievement": "成果", "demand": "需求", "broker": "经纪人信息"}[o.From]
	return func(f *view.Field) {
		if f.Hint != "" {
			f.Hint += "。"
		}
		f.Hint += "已从" + from + "带入"
	}
}

func partyFields(a *ask, at string, q contract.Party, k contract.Contract) []view.Section {
	in := func(name string) func(*view.Field) { return origin(k, at+name) }
	enterprise := []view.Field{
		yesno(a, at+"highTechZone", "国家高新区内企业", q.HighTechZone),
		yesno(a, at+"listed", "上市公司", q.Listed),
		a.choose(at+"scale", "企业规模", q.Scale, []view.Option{{Label: "请选择"}, {Value: "large", Label: "大型"}, {Value: "medium", Label: "中型"}, {Value: "small", Label: "小型"}, {Value: "micro", Label: "微型"}}, width("m")),
	}
	return []view.Section{
		{Title: "名称与地点", Fields: []view.Field{
			a.text(at+"name", "名称", q.Name, required, limit(120), in("name")),
			a.text(at+"creditCode", "统一社会信用代码", q.CreditCode, hint("18 位；境外单位不填"), width("m"), in("creditCode")),
			a.text(at+"country", "国别地区代码", q.Country, required, hint("中国填 156；境外填 3 位海关代码"), width("s")),
			a.kind(view.Combo, at+"division", "行政区划", q.Division, required, func(f *view.Field) { f.Options = divisionChoices(q.Division) }, hint("境外单位不选；区外单位选所在省"), in("division")),
			a.text(at+"address", "地址", q.Address, required, in("address")),
			a.text(at+"postcode", "邮编", q.Postcode, width("s")),
		}},
		{Title: "联系", Fields: []view.Field{
			a.text(at+"representative", "法定代表人", q.Representative, required, width("m"), in("representative")),
			a.text(at+"contact", "联系人", q.Contact, required, width("m"), in("contact")),
			a.kind(view.Tel, at+"phone", "联系电话", q.Phone, required, width("m"), in("phone")),
		}},
		{Title: "单位属性", Hint: "全国技术合同登记表要求的项目。", Fields: []view.Field{
			a.choose(at+"nature", "单位性质", q.Nature, natureOptions(), required, in("nature")),
			a.choose(at+"industry", "从事的国民经济行业", q.Industry, topOptions(codes.Industry, "请选择"), required, in("industry")),
			yesno(a, at+"agency", "是否技术转移机构", q.Agency, required),
			yesno(a, at+"research", "是否研发机构", q.Research, required),
			yesno(a, at+"converted", "是否转制科研院所", q.Converted, required),
		}},
		{Title: "企业填写", Hint: "不是企业的不用填。", Fields: enterprise},
	}
}

// natureOptions lists what a party may be: the third digit names the kind, the fourth (法人 or 分支机构) may stay open.
func natureOptions() []view.Option {
	out := []view.Option{{Label: "请选择"}}
	for _, it := range codes.PartyNature.Items() {
		if it.Parent != "" || len(codes.PartyNature.Children(it.Code)) == 0 {
			out = append(out, view.Option{Value: it.Code, Label: it.Label})
		}
	}
	return out
}

// divisionChoices lists the region's divisions and the provinces outside it, and keeps a stored code of another kind.
func divisionChoices(stored string) []view.Option {
	out := divisionOptions("请选择", true)
	known := stored == ""
	for _, o := range out {
		known = known || o.Value == stored
	}
	for _, q := range region.Provinces() {
		if q.Code == "15" || q.Code == "150000" {
			continue
		}
		code := (q.Code + "0000")[:6]
		known = known || code == stored
		out = append(out, view.Option{Value: code, Label: q.Name, Group: "区外"})
	}
	if !known {
		out = append(out, view.Option{Value: stored, Label: stored + " " + region.Name(stored), Group: "区外"})
	}
	return out
}

func readParty(f *web.Form, at string, q contract.Party) contract.Party {
	q.Name, q.CreditCode, q.Country, q.Division = f.Text(at+"name"), f.Text(at+"creditCode"), f.Text(at+"country"), f.Text(at+"division")
	q.Address, q.Postcode, q.Representative = f.Text(at+"address"), f.Text(at+"postcode"), f.Text(at+"representative")
	q.Contact, q.Phone, q.Nature, q.Industry, q.Scale = f.Text(at+"contact"), f.Text(at+"phone"), f.Text(at+"nature"), f.Text(at+"industry"), f.Text(at+"scale")
	q.Agency, q.Research, q.Converted = answer(f, at+"agency"), answer(f, at+"research"), answer(f, at+"converted")
	q.HighTechZone, q.Listed = answer(f, at+"highTechZone"), answer(f, at+"listed")
	return q
}

func answer(f *web.Form, name string) contract.Answer {
	switch a := contract.Answer(f.Text(name)); a {
	case contract.Yes, contract.No:
		return a
	default:
		return contract.Open
	}
}

var ipKinds = []view.Option{{Value: "none", Label: "未涉及知识产权"}, {Value: "know_how", Label: "技术秘密"}, {Value: "invention", Label: "发明专利"},
	{Value: "utility_model", Label: "实用新型专利"}, {Value: "design", Label: "外观设计专利"}, {Value: "software", Label: "计算机软件著作权"},
	{Value: "layout", Label: "集成电路布图设计"}, {Value: "plant_variety", Label: "植物新品种"}, {Value: "biomedical", Label: "生物、医药新品种"}}

func elementFields(a *ask, k contract.Contract) []view.Section {
	const path = "elements."
	e := k.Content.Elements
	in := func(name string) func(*view.Field) { return origin(k, path+name) }
	rights := repeat(a, "知识产权", "转让、许可合同必须写明所转让或许可的权利。", path+"ip", len(e.IP), 20, func(i int) []view.Field {
		ip := at(e.IP, i)
		row := func(name string) string { return web.Row(path+"ip", i, name) }
		return []view.Field{
			a.choose(row("kind"), fmt.Sprintf("权利 %d 种类", i+1), ip.Kind, append([]view.Option{{Label: "请选择"}}, ipKinds...)),
			a.text(row("title"), "名称", ip.Title), a.text(row("number"), "专利号、登记号", ip.Number),
			yesno(a, row("certificate"), "有权利证书", ip.Certificate, hint("复印件在附件里上传")), yesno(a, row("valid"), "权利有效", ip.Valid)}
	})
	rights = append(rights, view.Section{Fields: []view.Field{yesno(a, path+"ownershipAgreed", "合同约定了成果的知识产权归属", e.OwnershipDone, required),
		a.area(path+"ownershipTerms", "归属的约定", e.OwnershipTerms, lines(3), limit(2000), in("ownershipTerms"))}})
	return slices.Concat([]view.Section{
		{Title: "合同", Fields: []view.Field{
			a.text(path+"name", "合同名称", e.Name, required, limit(200), hint("与合同文本的名称一致")),
			a.choose(path+"classCode", "合同类别", e.ClassCode, classOptions(), required, in("classCode")),
			a.area(path+"summary", "标的内容摘要", e.Summary, required, lines(5), limit(5000), hint("交付什么、达到什么技术指标，用合同里的话"), in("summary")),
			a.date(path+"signedOn", "签订日期", timeOf(e.SignedOn), required), a.date(path+"beginsOn", "有效期开始", timeOf(e.BeginsOn), required, in("beginsOn")), a.date(path+"endsOn", "有效期结束", timeOf(e.EndsOn), required, in("endsOn")),
			a.radio(path+"medium", "合同形式", e.Medium, []view.Option{{Value: "paper", Label: "纸质合同"}, {Value: "electronic", Label: "电子合同"}}, required, hint("口头合同不能登记（认定登记管理办法第九条）")),
		}},
		{Title: "金额与支付", Fields: []view.Field{
			a.yuan(path+"amountFen", "合同成交总额", e.Amount, required, hint("提成部分未定的，先填固定部分"), in("amountFen")),
			a.radio(path+"vatIncluded", "成交总额含增值税", string(e.VATIncluded), yesNo),
			a.choose(path+"payment", "支付方式", e.Payment, listOptions(codes.Payment, "请选择"), required, width("m"), in("payment")),
			a.text(path+"paymentTerms", "支付约定", e.PaymentTerms),
			yesno(a, path+"royalty", "部分价款按销售额或利润提成", e.Royalty, required),
			a.text(path+"royaltyTerms", "提成约定", e.RoyaltyTerms, in("royaltyTerms")),
			yesno(a, path+"relatedParty", "关联交易", e.RelatedParty, required),
		}}}, rights, []view.Section{
		{Title: "只有许可合同要填", Fields: []view.Field{
			a.text(path+"licence.years", "许可年限（年）", intText(e.Licence.Years), width("s")),
			a.choose(path+"licence.exclusive", "许可方式", e.Licence.Exclusive, []view.Option{{Label: "请选择"}, {Value: "exclusive", Label: "独占许可"}, {Value: "sole", Label: "排他许可"}, {Value: "ordinary", Label: "普通许可"}}, width("m")),
		}},
		{Title: "分类", Fields: []view.Field{
			a.choose(path+"field", "技术领域", e.Field, topOptions(codes.Field, "请选择"), required, in("field")),
			a.text(path+"subField", "细分领域", e.SubField, width("m")),
			a.choose(path+"socialGoal", "社会经济目标", e.SocialGoal, topOptions(codes.SocialGoal, "请选择"), required),
			a.choose(path+"industry", "服务的国民经济行业", e.Industry, topOptions(codes.Industry, "请选择"), required, in("industry")),
			a.choose(path+"planSource", "项目计划来源", e.PlanSource, topOptions(codes.PlanSource, "请选择"), required),
			a.text(path+"planName", "计划项目名称", e.PlanName), a.text(path+"planNumber", "计划项目编号", e.PlanNumber, width("m")),
			a.choose(path+"confidential", "保密要求", e.Confidential, []view.Option{{Value: "", Label: "请选择"}, {Value: "none", Label: "无保密要求"}, {Value: "business", Label: "涉及商业秘密"}, {Value: "state", Label: "涉及国家秘密"}}, width("m")),
			a.text(path+"confidentialTerms", "保密约定", e.Confidence),
		}},
		{Title: "促成交易的机构与经纪人", Fields: []view.Field{
			a.text(path+"agency", "技术转移机构", e.Agency), a.text(path+"broker", "技术经纪人", e.Broker, width("m"), in("broker")), a.yuan(path+"brokerFeeFen", "约定的佣金", e.BrokerFee),
		}},
		{Title: "其他", Fields: []view.Field{
			a.checks(path+"biological", "生物技术", boolList(e.Biological), []view.Option{{Value: "yes", Label: "标的含菌种、品种等生物材料"}}),
			a.checks(path+"tied", "配套合同", boolList(e.Tied), []view.Option{{Value: "yes", Label: "是转让或开发合同的配套咨询、服务"}}),
			a.text(path+"tiedTo", "所配套的合同编号或名称", e.TiedTo),
			a.yuan(path+"expectedInputFen", "预计新增投入", e.ExpectedInput), a.yuan(path+"expectedOutputFen", "预计新增产值", e.ExpectedOutput),
			a.text(path+"tradePaper", "技术进出口合同登记证书编号", e.TradePaper, width("m")),
		}},
	})
}

func classOptions() []view.Option {
	out := []view.Option{{Label: "请选择"}}
	for _, top := range codes.ContractClass.Children("") {
		for _, it := range codes.ContractClass.Children(top.Code) {
			out = append(out, view.Option{Value: it.Code, Label: it.Code + " " + it.Label, Group: top.Label})
		}
	}
	return out
}

func boolList(b bool) []string {
	if b {
		return []string{"yes"}
	}
	return nil
}

func intText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func readElements(f *web.Form, e contract.Elements) contract.Elements {
	const at = "elements."
	e.Name, e.ClassCode, e.Summary = f.Text(at+"name"), f.Text(at+"classCode"), f.Text(at+"summary")
	e.SignedOn, e.BeginsOn, e.EndsOn = contract.Date(f.Text(at+"signedOn")), contract.Date(f.Text(at+"beginsOn")), contract.Date(f.Text(at+"endsOn"))
	e.Medium, e.Amount, e.VATIncluded = f.Text(at+"medium"), f.Yuan(at+"amountFen"), answer(f, at+"vatIncluded")
	e.Payment, e.PaymentTerms, e.Royalty, e.RoyaltyTerms = f.Text(at+"payment"), f.Text(at+"paymentTerms"), answer(f, at+"royalty"), f.Text(at+"royaltyTerms")
	e.AmountOpen = e.Royalty == contract.Yes
	e.RelatedParty, e.OwnershipDone, e.OwnershipTerms = answer(f, at+"relatedParty"), answer(f, at+"ownershipAgreed"), f.Text(at+"ownershipTerms")
	e.Licence = contract.Licence{Years: f.Int(at + "licence.years"), Exclusive: f.Text(at + "licence.exclusive")}
	e.Field, e.SubField, e.SocialGoal, e.Industry = f.Text(at+"field"), f.Text(at+"subField"), f.Text(at+"socialGoal"), f.Text(at+"industry")
	e.PlanSource, e.PlanName, e.PlanNumber = f.Text(at+"planSource"), f.Text(at+"planName"), f.Text(at+"planNumber")
	e.Confidential, e.Confidence, e.TradePaper = f.Text(at+"confidential"), f.Text(at+"confidentialTerms"), f.Text(at+"tradePaper")
	e.Agency, e.Broker, e.BrokerFee = f.Text(at+"agency"), f.Text(at+"broker"), f.Yuan(at+"brokerFeeFen")
	e.Biological, e.Tied, e.TiedTo = f.Bool(at+"biological"), f.Bool(at+"tied"), f.Text(at+"tiedTo")
	e.ExpectedInput, e.ExpectedOutput = f.Yuan(at+"expectedInputFen"), f.Yuan(at+"expectedOutputFen")
	e.IP = nil
	for i := range f.Rows(at+"ip", 20) {
		row := func(name string) string { return web.Row(at+"ip", i, name) }
		ip := contract.IP{Kind: f.Text(row("kind")), Title: f.Text(row("title")), Number: f.Text(row("number")), Certificate: answer(f, row("certificate")), Valid: answer(f, row("valid"))}
		if ip != (contract.IP{}) {
			e.IP = append(e.IP, ip)
		}
	}
	return e
}

func amountFields(a *ask, content contract.Content) []view.Section {
	costs := repeat(a, "非技术性费用明细", "合同总额里的设备、仪器、零部件、原材料等。没有就空着。每行填数量和单位成本，同一种货物成本不同的分行填。",
		"costs", len(content.Costs), 100, func(i int) []view.Field {
			r := at(content.Costs, i)
			row := func(name string) string { return web.Row("costs", i, name) }
			quantity := ""
			if r.Quantity != 0 {
				quantity = strconv.FormatInt(r.Quantity, 10)
			}
			return []view.Field{
				a.choose(row("kind"), fmt.Sprintf("费用 %d 种类", i+1), r.Kind, append([]view.Option{{Label: "无"}}, listOptions(codes.CostKind, "")...)),
				a.text(row("name"), "名称", r.Name), a.text(row("quantity"), "数量", quantity), a.yuan(row("unitCostFen"), "单位成本", r.UnitCost, width("")),
				a.checks(row("carrier"), "技术载体", boolList(r.Carrier), []view.Option{{Value: "yes", Label: "承载技术成果（第十九条）"}})}
		})
	return append([]view.Section{{Title: "技术交易额", Fields: []view.Field{
		a.yuan("technicalFen", "申报的技术交易额", content.Technical, required, hint("= 合同成交总额 − 非技术性费用。登记员核定后写在证明上"))}}}, costs...)
}

func readAmounts(f *web.Form, content contract.Content) contract.Content {
	content.Technical = f.Yuan("technicalFen")
	content.Costs = nil
	for i := range f.Rows("costs", 100) {
		row := func(name string) string { return web.Row("costs", i, name) }
		r := contract.CostRow{Kind: f.Text(row("kind")), Name: f.Text(row("name")), Quantity: int64(f.Int(row("quantity"))), UnitCost: f.Yuan(row("unitCostFen")), Carrier: f.Bool(row("carrier"))}
		if r != (contract.CostRow{}) {
			content.Costs = append(content.Costs, r)
		}
	}
	return content
}

// claimed is C − N as the applicant states it, 0 where the rows do not add up.
func claimed(content contract.Content) money.Fen {
	deducted, ok := content.Deducted()
	if !ok {
		return 0
	}
	return max(content.Elements.Amount-deducted, 0)
}

// amountsBlock is the sheet C − N = T beside the cost rows, by the function that the desk uses.
func (p *Pages) amountsBlock(content contract.Content) Block {
	sums := view.Sums{Title: "金额拆分（测算）", Caption: "非技术性费用"}
	deducted, ok := content.Deducted()
	if !ok {
		return Block{Card: true, Notice: &view.Notice{Tone: view.Bad, Title: "费用合计超出范围", Text: "请检查数量和单位成本。"}}
	}
	for _, r := range content.Costs {
		total, _ := r.Total()
		sums.Rows = append(sums.Rows, view.SumRow{Label: orDash(r.Name), Amount: total, Deducted: !r.Carrier})
	}
	sums.Total = content.Elements.Amount - deducted
	sums.Label = "技术交易额 = " + content.Elements.Amount.Grouped() + " − " + deducted.Grouped()
	return Block{ID: "amounts", Card: true, Sums: &sums, Intro: "申报为技术载体的货物，登记员同意并认为数量合理的，不扣除。"}
}

func statementFields(a *ask, s contract.Statement, name, phone string) []view.Section {
	return []view.Section{{Fields: []view.Field{
		a.checks("statement.true", "真实", boolList(s.True), []view.Option{{Value: "yes", Label: "填报内容真实，附件与原件一致"}}, required),
		a.checks("statement.same", "一致", boolList(s.Same), []view.Option{{Value: "yes", Label: "与双方签订的合同文本一致"}}, required),
		a.checks("statement.unfiled", "不重复", boolList(s.Unfiled), []view.Option{{Value: "yes", Label: "没有在其他登记点申请登记（认定登记管理办法第八条）"}}, required),
		a.text("statement.applicant", "经办人姓名", firstOf(s.Applicant, name), required, width("m")),
		a.kind(view.Tel, "statement.phone", "经办人电话", firstOf(s.Phone, phone), required, width("m")),
	}}}
}

func (p *Pages) saveContractSection(c *web.Ctx) error {
	k, err := p.readContract(c)
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	section := contract.Section(c.Param("section"))
	content := k.Content
	switch section {
	case contract.SectionSeller:
		content.Seller = readParty(f, "seller.", content.Seller)
	case contract.SectionBuyers:
		buyers := make([]contract.Party, 0, 2)
		for i := range f.Rows("buyers", 10) {
			var b contract.Party
			if i < len(content.Buyers) {
				b = content.Buyers[i]
			}
			b = readParty(f, web.Row("buyers", i, ""), b)
			if i > 0 && (b == contract.Party{} || b == contract.Party{Country: contract.China}) {
				continue
			}
			buyers = append(buyers, b)
		}
		if f.Bool("more") && len(buyers) < 10 {
			buyers = append(buyers, contract.Party{Country: contract.China})
		}
		content.Buyers = buyers
	case contract.SectionElements:
		content.Elements = readElements(f, content.Elements)
	case contract.SectionAmounts:
		content = readAmounts(f, content)
	case contract.SectionStatement:
		content.Statement = contract.Statement{True: f.Bool("statement.true"), Same: f.Bool("statement.same"), Unfiled: f.Bool("statement.unfiled"),
			Applicant: f.Text("statement.applicant"), Phone: f.Text("statement.phone")}
	default:
		return fault.New(fault.NotFound, "page_not_found", "没有这个页面。请从合同的任务列表进入。")
	}
	if err := formErr(f); err != nil {
		return p.showContractSection(c, k, section, f, err)
	}
	version := f.Int("version")
	saved, err := p.Contracts.Save(c.Context(), c.Actor(), k.ID, version, section, content)
	if fault.HasCode(err, "stale_version") {
		return p.contractConflict(c, saved, section, content, f)
	}
	if err != nil {
		if refused(err) {
			return p.showContractSection(c, k, section, f, err)
		}
		return err
	}
	if f.Bool("more") {
		c.Flash(view.OK, "已保存，可以接着填下一项。")
		return c.See(fmt.Sprintf("/contracts/%d/%s", k.ID, section))
	}
	c.Flash(view.OK, sectionLabels[section]+"已保存。")
	return c.See(fmt.Sprintf("/contracts/%d", k.ID))
}

// contractConflict shows both versions after somebody else saved first; nothing typed is lost.
func (p *Pages) contractConflict(c *web.Ctx, theirs contract.Contract, section contract.Section, mine contract.Content, f *web.Form) error {
	page := c.Page("合同已被别人改过")
	address := fmt.Sprintf("/contracts/%d/%s", theirs.ID, section)
	body := view.Conflict{What: "合同《" + contractTitle(theirs) + "》", Who: "同单位的另一位经办人", At: theirs.UpdatedAt, Form: address, Theirs: address}
	for _, d := range contract.Diff(theirs.Content, mine) {
		body.Fields = append(body.Fields, view.ConflictField{Label: d.Path, Mine: fmt.Sprint(d.After), Theirs: fmt.Sprint(d.Before)})
	}
	for name, values := range f.Values {
		if name == "version" || name == "_csrf" {
			continue
		}
		for _, v := range values {
			body.Keep = append(body.Keep, view.Pair{Name: name, Value: v})
		}
	}
	body.Keep = append(body.Keep, view.Pair{Name: "version", Value: strconv.Itoa(theirs.Version)})
	return c.RenderStatus(409, "error/conflict", view.With[view.Conflict]{Page: page, Body: body})
}

func (p *Pages) contractFilesBlock(k contract.Contract, a *ask) []Block {
	blocks := []Block{}
	edit := k.State.Editable()
	for _, role := range contract.FileRoles() {
		var files []view.FileItem
		for _, f := range k.Files {
			if f.Role != role {
				continue
			}
			item := view.FileItem{Name: f.Name, Href: fmt.Sprintf("/contracts/%d/files/%d", k.ID, f.ID), Size: fileSize(f.Size)}
			if edit {
				item.Remove = &view.Action{Label: "移除", Post: fmt.Sprintf("/contracts/%d/files/%d/remove", k.ID, f.ID), Kind: view.Quiet, Small: true}
			}
			files = append(files, item)
		}
		if len(files) > 0 {
			blocks = append(blocks, Block{Title: fileRoleLabel(role), Files: files})
		}
	}
	if len(blocks) == 0 {
		blocks = append(blocks, Block{Empty: &view.Empty{Icon: "file-text", Title: "还没有附件", Text: "至少上传签字盖章的合同正本。"}})
	}
	if edit {
		var roles []view.Option
		for _, r := range contract.FileRoles() {
			if r != contract.Minutes {
				roles = append(roles, view.Option{Value: string(r), Label: fileRoleLabel(r)})
			}
		}
		form := view.NewForm(fmt.Sprintf("/contracts/%d/files", k.ID), "上传",
			a.choose("role", "这是什么文件", string(contract.SignedText), roles, required, width("m")),
			view.Field{Kind: view.File, Name: "file", Label: "文件", Required: true, Error: a.errors["file"], Accept: ".pdf,.docx,.xlsx,.png,.jpg,.jpeg",
				Hint: "PDF、Word、Excel 或图片，单个不超过 50 MB"})
		blocks = append(blocks, Block{Card: true, Title: "上传附件", Forms: []view.Form{form}})
		if a.notice != nil {
			blocks[len(blocks)-1].Notice = a.notice
		}
	}
	return blocks
}

func (p *Pages) attachFile(c *web.Ctx) error {
	k, err := p.readContract(c)
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	id, err := p.upload(c, f, "file", "contract")
	if err == nil {
		_, err = p.Contracts.Attach(c.Context(), c.Actor(), k.ID, id, contract.FileRole(f.Text("role")))
	}
	if err != nil {
		if refused(err) {
			return p.showContractSection(c, k, contract.SectionFiles, f, err)
		}
		return err
	}
	c.Flash(view.OK, "附件已上传。")
	return c.See(fmt.Sprintf("/contracts/%d/files", k.ID))
}

func (p *Pages) detachFile(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	file, err := c.ID("file")
	if err != nil {
		return err
	}
	back := fmt.Sprintf("/contracts/%d/files", id)
	if _, err := p.Contracts.Detach(c.Context(), c.Actor(), id, file); err != nil {
		return p.flashRefusal(c, err, back)
	}
	c.Flash(view.OK, "附件已移除。")
	return c.See(back)
}

func (p *Pages) contractFile(c *web.Ctx) error {
	return p.sendAttached(c, p.Contracts.MayReadFile)
}

// checkContract is 核对: everything on one page with the pre-check by the desk's own rules.
func (p *Pages) checkContract(c *web.Ctx) error {
	k, err := p.readContract(c)
	if err != nil {
		return err
	}
	return p.showCheck(c, k, nil)
}

func (p *Pages) showCheck(c *web.Ctx, k contract.Contract, ferr error) error {
	page := c.Page("核对并提交")
	page.Breadcrumbs = []view.Link{{Label: "我的合同", Href: "/contracts"}, {Label: contractTitle(k), Href: fmt.Sprintf("/contracts/%d", k.ID)}}
	body := Sheet{Lead: "下面是将要报送的内容和系统按认定规则给出的预审意见。预审只是提示，以登记点的决定为准。", Sample: k.Sample}
	var missing []view.Link
	for _, s := range contract.Sections(k.Content, k.Files, p.Contracts.Today()) {
		for _, i := range s.Issues {
			missing = append(missing, view.Link{Label: sectionLabels[s.Section] + "：" + i.Message, Href: fmt.Sprintf("/contracts/%d/%s#%s", k.ID, s.Section, i.Path)})
		}
	}
	if ferr != nil {
		n := &view.Notice{Tone: view.Bad, Title: web.AsFault(ferr).Message}
		for _, field := range web.AsFault(ferr).Fields {
			n.Items = append(n.Items, view.Link{Label: field.Message})
		}
		body.Main = append(body.Main, Block{Notice: n})
	}
	if len(missing) > 0 {
		body.Main = append(body.Main, Block{Notice: &view.Notice{Tone: view.Warn, Title: fmt.Sprintf("还有 %d 处没有填好", len(missing)), Items: missing}})
	}
	point, err := p.Registry.RightPoint(c.Context(), k.ApplicantOrg, k.Content.Area(), k.Sample)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	outlook, perr := p.Contracts.Precheck(c.Context(), c.Actor(), k.ID, contract.Place{Point: point.Division, Points: []string{point.Division}, OwnPoint: point.ServesOrg != 0}, recognition.DefaultPolicy())
	if perr != nil {
		return perr
	}
	body.Main = append(body.Main, preCheckBlock(outlook.Decision))
	body.Main = append(body.Main, p.contractFacts(k)...)
	if err != nil {
		body.Side = append(body.Side, Block{Notice: &view.Notice{Tone: view.Warn, Title: web.AsFault(err).Message}})
	} else {
		side := Block{Card: true, Title: "报送到", Facts: &view.Facts{Wide: true, Items: []view.Fact{
			{Label: "登记点", Value: point.Name, Href: fmt.Sprintf("/points/%d", point.ID)}, {Label: "地址", Value: point.Address},
			{Label: "电话", Value: point.Phone, Num: true}, {Label: "办公时间", Value: point.Hours}}}}
		if mayEdit(c.Actor(), k) {
			if len(missing) == 0 {
				side.Actions = []view.Action{{Label: "提交到这个登记点", Post: fmt.Sprintf("/contracts/%d/submit", k.ID),
					Hidden: []view.Pair{{Name: "point", Value: strconv.FormatInt(point.ID, 10)}, {Name: "version", Value: strconv.Itoa(k.Version)}}}}
			} else {
				side.Actions = []view.Action{{Label: "提交到这个登记点", Off: "先把缺的填好"}}
			}
		}
		body.Side = append(body.Side, side)
	}
	return sheetStatus(c, formStatus(ferr), page, body)
}

// preCheckBlock says in words what the rules make of the contract as filed.
func preCheckBlock(d recognition.Decision) Block {
	b := Block{Title: "预审意见"}
	facts := []view.Fact{{Label: "结论", Value: outcomeLabel(d.Outcome)}}
	if d.Outcome == recognition.Register && d.Amounts != nil {
		facts = append(facts, view.Fact{Label: "类别", Value: className(d.Class)}, view.Fact{Label: "扣除的非技术性费用", Value: d.Amounts.Deducted.Grouped() + " 元", Num: true},
			view.Fact{Label: "技术交易额", Value: amountWords(d.Amounts.Technical), Num: true},
			view.Fact{Label: "增值税免税基数", Value: d.Amounts.VATBase.Grouped() + " 元", Num: true, Note: vatNote})
		if d.Expert {
			facts = append(facts, view.Fact{Label: "专家评审", Value: "需要", Note: "技术交易额达到大额标准或有争议"})
		}
	}
	for _, r := range d.Reasons {
		facts = append(facts, view.Fact{Label: "理由 " + r, Value: codes.Refusal.Label(r)})
	}
	if d.Outcome != recognition.Register {
		for _, r := range d.Rules {
			facts = append(facts, view.Fact{Label: "怎样改", Value: r.Mend})
		}
	}
	if len(d.Articles) > 0 {
		facts = append(facts, view.Fact{Label: "依据", Value: "条款 " + join(d.Articles)})
	}
	for _, flag := range d.Flags {
		facts = append(facts, view.Fact{Label: "提示", Value: flagLabel(flag)})
	}
	b.Facts = &view.Facts{Items: facts}
	return b
}

func outcomeLabel(o recognition.Outcome) string {
	switch o {
	case recognition.Register:
		return "可以登记"
	case recognition.Correct:
		return "需要补正"
	case recognition.Refuse:
		return "不予登记"
	default:
		return "不予受理"
	}
}

func flagLabel(flag string) string {
	switch flag {
	case "amount_to_be_corrected":
		return "提成部分未定：先登记固定部分，以后用变更补正金额"
	case "cit_transfer":
		return "可能符合企业所得税技术转让所得优惠的条件（提示，以税务机关意见为准）"
	case "import":
		return "境外卖方：由境内买方申请登记"
	case "reason_required":
		return "登记员须书面说明理由"
	default:
		return flag
	}
}

func (p *Pages) submitContract(c *web.Ctx) error {
	k, err := p.readContract(c)
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	filing, err := p.Registry.Submit(c.Context(), c.Actor(), k.ID, f.ID("point"))
	if err != nil {
		if refused(err) {
			return p.showCheck(c, k, err)
		}
		return err
	}
	c.Flash(view.OK, "已提交，受理编号 "+filing.IntakeNo+"。登记点受理后开始计时。")
	return c.See(fmt.Sprintf("/filings/%d", filing.ID))
}

func (p *Pages) discardContract(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := p.Contracts.Discard(c.Context(), c.Actor(), id, f.Int("version")); err != nil {
		return p.flashRefusal(c, err, fmt.Sprintf("/contracts/%d", id))
	}
	c.Flash(view.OK, "草稿已放弃。")
	return c.See("/contracts")
}

func timeOf(d contract.Date) time.Time {
	t, _ := time.Parse(time.DateOnly, string(d)) // no day: the zero time, and the field shows what was typed
	return t
}
