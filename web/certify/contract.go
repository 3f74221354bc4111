package certify

import (
	"fmt"
	"strconv"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/extract"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/region"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) contractRoutes() []web.Route {
	trader := web.Traders()
	member := web.Members()
	return []web.Route{
		web.GET("/contracts", trader, p.contracts),
		web.POST("/contracts", member, p.createContract),
		web.POST("/contracts/paper", member, p.createFromPaper).WithFiles(),
		web.POST("/deals/:id/contract", member, p.draftContract),
		web.GET("/contracts/:id", trader, p.contract),
		web.GET("/contracts/:id/check", trader, p.checkContract),
		web.POST("/contracts/:id/submit", member, p.submitContract),
		web.POST("/contracts/:id/discard", member, p.discardContract),
		web.GET("/contracts/:id/files/:file", trader, p.contractFile),
		web.POST("/contracts/:id/files", member, p.attachFile).WithFiles(),
		web.POST("/contracts/:id/files/:file/remove", member, p.detachFile),
		web.GET("/contracts/:id/paper", trader, p.contractPaper),
		web.POST("/contracts/:id/paper", member, p.takeFromPaper),
		web.GET("/contracts/:id/:section", trader, p.contractSection),
		web.POST("/contracts/:id/:section", member, p.saveContractSection),
	}
}

var sectionLabels = map[contract.Section]string{
	contract.SectionSeller: "卖方", contract.SectionBuyers: "买方", contract.SectionElements: "合同要素",
	contract.SectionAmounts: "金额拆分", contract.SectionFiles: "附件", contract.SectionStatement: "声明",
}

func (p *Pages) contracts(c *web.Ctx) error { return p.showContracts(c, nil, nil) }

func (p *Pages) showContracts(c *web.Ctx, form *web.Form, ferr error) error {
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
	body := ui.Listing{Lead: "从洽谈生成，或登记在别处谈成的合同。", Rows: &rows, Pager: pager}
	if web.Members().Allows(c.Actor()) {
		body.After = []ui.Block{newContractBlock(ui.NewAsk(c, form, ferr))}
	}
	return ui.ShowListStatus(c, ui.FormStatus(ferr), c.Page("我的合同"), body)
}

func contractRow(k contract.Contract) view.Row {
	name := k.Content.Elements.Name
	if name == "" {
		name = "未命名的合同"
	}
	row := view.Row{
		Title:  view.T(name),
		Href:   fmt.Sprintf("/contracts/%d", k.ID),
		Tags:   []view.Tag{ui.ContractStateTag(k.State)},
		Sample: k.Sample,
		Meta:   []string{"卖方 " + ui.OrDash(contract.Names(k.Content.SellerParties())), "更新于 " + view.Day(k.UpdatedAt)},
	}
	if len(k.Content.Buyers) > 0 {
		row.Meta = append(row.Meta[:1], "买方 "+ui.OrDash(k.Content.Buyers[0].Name), row.Meta[1])
	}
	if k.Content.Elements.Amount > 0 {
		row.Right, row.RightNote = k.Content.Elements.Amount.Grouped()+" 元", "合同成交额"
	}
	return row
}

func (p *Pages) createContract(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	k, err := p.Contracts.Create(c.Context(), c.Actor(), form.Bool("buying"))
	if err != nil {
		return ui.FlashRefusal(c, err, "/contracts")
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
		return ui.FlashRefusal(c, err, fmt.Sprintf("/deals/%d", id))
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

// contract is the task list for who fills the contract in, and the whole of it for everybody else.
func (p *Pages) contract(c *web.Ctx) error {
	k, err := p.readContract(c)
	if err != nil {
		return err
	}
	page := c.Page(contractTitle(k))
	page.Breadcrumbs = []view.Link{{Label: "我的合同", Href: "/contracts"}}
	body := ui.Sheet{Tags: []view.Tag{ui.ContractStateTag(k.State)}, Sample: k.Sample}
	edit := mayEdit(c.Actor(), k)
	if edit {
		body.Lead = "按任何顺序填写，每一页单独保存，可以换一台电脑接着填。"
		body.Main = []ui.Block{{Parts: view.Parts{p.contractTasks(k)}}}
	} else {
		body.Main = p.contractFacts(k)
	}
	if body.Side, err = p.contractSide(c, k); err != nil {
		return err
	}
	if c.Actor().In(k.SellerOrg) && k.State != contract.Draft {
		body.Actions = append(body.Actions, view.Action{Label: "分配收益", Href: fmt.Sprintf("/distributions?contract=%d", k.ID), Kind: view.Quiet})
	}
	if edit && k.State == contract.Draft {
		body.Side = append(body.Side, ui.Block{
			Fold: "放弃这份草稿",
			Parts: view.Parts{view.Actions{{Label: "放弃草稿", Post: fmt.Sprintf("/contracts/%d/discard", k.ID), Kind: view.Danger, Small: true,
				Hidden: []view.Pair{{Name: "version", Value: strconv.Itoa(k.Version)}}}}},
		})
	}
	return ui.ShowSheet(c, page, body)
}

// sectionTag says in a word how far a section is.
func sectionTag(s contract.SectionState) view.Tag {
	switch {
	case s.State == "done":
		return view.Tag{Label: "已完成", Tone: view.OK}
	case s.State == "empty":
		return view.Tag{Label: "未开始"}
	default:
		return view.Tag{Label: fmt.Sprintf("还有 %d 处", len(s.Issues)), Tone: view.Warn}
	}
}

// contractTasks lists the sections with what they lack, and the way to the check of the whole.
func (p *Pages) contractTasks(k contract.Contract) view.TaskList {
	states := contract.Sections(k.Content, k.Files, p.Contracts.ApplicationDay(k))
	group, done := view.TaskGroup{Title: "填写"}, 0
	for _, s := range states {
		tag := sectionTag(s)
		t := view.Task{Label: sectionLabels[s.Section], Href: fmt.Sprintf("/contracts/%d/%s", k.ID, s.Section), Status: tag.Label, Tone: tag.Tone}
		if s.State == "done" {
			done++
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
	if _, ok := extract.Signed(k.Files); ok {
		group.Tasks = append(group.Tasks, view.Task{Label: "核对合同文本", Status: "可以核对", Tone: view.Info,
			Href: fmt.Sprintf("/contracts/%d/paper", k.ID), Note: "系统从合同正本读出双方、金额、日期，勾选即可填入"})
	}
	return view.TaskList{Done: done, Total: len(states), Groups: []view.TaskGroup{group, {Title: "提交", Tasks: []view.Task{check}}}}
}

// contractSide is where the contract was filed and where it comes from.
func (p *Pages) contractSide(c *web.Ctx, k contract.Contract) ([]ui.Block, error) {
	filings, err := p.Registry.Queue(c.Context(), c.Actor(), registry.QueueFilter{ContractID: k.ID, Limit: 20})
	if err != nil {
		return nil, err
	}
	var out []ui.Block
	if len(filings.Rows) > 0 {
		rows := view.Rows{Label: "登记申请"}
		for _, f := range filings.Rows {
			row := view.Row{
				Title: view.T(f.IntakeNo),
				Href:  fmt.Sprintf("/filings/%d", f.ID),
				Tags:  []view.Tag{stateTag(f.State)},
				Meta:  []string{view.Day(f.SubmittedAt)},
			}
			if f.State.Open() {
				row.Tags = append(row.Tags, dueTag(f.Due))
			}
			rows.Items = append(rows.Items, row)
		}
		out = append(out, ui.Block{Title: "登记申请", Parts: view.Parts{rows}})
	}
	facts := []view.Fact{{Label: "更新", Value: view.DayTime(k.UpdatedAt)}}
	if k.DealID != 0 {
		facts = append(facts, view.Fact{Label: "来自洽谈", Value: fmt.Sprintf("第 %d 号", k.DealID), Href: fmt.Sprintf("/deals/%d", k.DealID)})
	}
	return append(out, ui.Block{Card: true, Parts: view.Parts{
		view.Facts{Items: facts, Wide: true},
		view.Links{{Label: "下载 Word 参考文本", Href: fmt.Sprintf("/contracts/%d/word", k.ID), Note: "按类别列出条款，已填入平台上的内容"}},
	}}), nil
}

// contractFacts shows the document for reading.
func (p *Pages) contractFacts(k contract.Contract) []ui.Block {
	e := k.Content.Elements
	parties := partyFacts(k.Content)
	files := make([]view.FileItem, 0, len(k.Files))
	for _, f := range k.Files {
		files = append(
			files,
			view.FileItem{
				Name: f.Name,
				Href: fmt.Sprintf("/contracts/%d/files/%d", k.ID, f.ID),
				Size: view.FileSize(f.Size),
				Note: ui.FileRoleLabel(f.Role),
			},
		)
	}
	enclosed := ui.Block{Title: "附件", Parts: view.Parts{view.Files(files)}}
	if len(files) == 0 {
		enclosed.Intro = "还没有附件。"
	}
	return []ui.Block{
		{Title: "双方", Parts: view.Parts{view.Facts{Items: parties}}},
		{Title: "合同要素", Parts: view.Parts{view.Facts{Items: []view.Fact{
			{Label: "类别", Value: ui.ClassName(e.ClassCode)}, {Label: "内容摘要", Text: view.T(e.Summary)},
			{Label: "签订日期", Value: ui.ChineseDay(e.SignedOn)}, {Label: "有效期", Value: ui.ChineseDay(e.BeginsOn) + " 至 " + ui.ChineseDay(e.EndsOn)},
			{
				Label: "合同成交额",
				Value: ui.AmountWords(e.Amount),
				Note:  e.Foreign.Words(),
				Num:   true,
			}, {Label: "申报的技术交易额", Value: ui.AmountWords(k.Content.Technical), Num: true},
			{Label: "支付方式", Value: codes.Payment.Label(e.Payment)}, {Label: "技术领域", Value: codes.Field.Label(e.Field)},
			{Label: "知识产权归属", Text: view.T(e.OwnershipTerms)},
		}}}},
		enclosed,
	}
}

// partyFacts name both sides; of several sellers each with its part of the price.
func partyFacts(c contract.Content) []view.Fact {
	var out []view.Fact
	for _, s := range c.Sellers() {
		note := partyNote(s.Party)
		if len(c.CoSellers) > 0 {
			note += "　份额 " + ui.AmountWords(s.Share)
		}
		out = append(out, view.Fact{Label: "卖方", Value: s.Name, Note: note})
	}
	for _, b := range c.Buyers {
		out = append(out, view.Fact{Label: "买方", Value: b.Name, Note: partyNote(b)})
	}
	return out
}

func partyNote(q contract.Party) string {
	if q.Person() {
		return "自然人　证件 " + q.IDNumber + "　" + region.FullName(q.Division)
	}
	place := region.FullName(q.Division)
	if q.Foreign() {
		place = "境外"
	}
	return q.CreditCode + "　" + place
}
