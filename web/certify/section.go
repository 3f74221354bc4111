package certify

import (
	"fmt"
	"strconv"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/fault"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// contractSection shows one page of the wizard.
func (p *Pages) contractSection(c *web.Ctx) error {
	k, err := p.readContract(c)
	if err != nil {
		return err
	}
	return p.showContractSection(c, k, contract.Section(c.Param("section")), nil, nil)
}

// Editor is the body of the page "certify/contract": one section of the contract, with the outline of all and how far each is.
type Editor struct {
	Heading string
	Lead    string
	Tags    []view.Tag
	Sample  bool
	Outline []Part
	Done    int // of the outline
	Actions []view.Action
	Main    []ui.Block
	Side    []ui.Block
}

// Part is one entry of the outline.
type Part struct {
	Label, Href string
	State       view.Tag
	Current     bool
}

// showContractSection shows one section, after a refused post as it was filled in.
func (p *Pages) showContractSection(c *web.Ctx, k contract.Contract, section contract.Section, form *web.Form, ferr error) error {
	label, known := sectionLabels[section]
	if !known {
		return fault.New(fault.NotFound, "page_not_found", "没有这个页面。请从合同的任务列表进入。")
	}
	a := ui.NewAsk(c, form, ferr)
	page := c.Page(label)
	page.Breadcrumbs = []view.Link{{Label: "我的合同", Href: "/contracts"}, {Label: contractTitle(k), Href: fmt.Sprintf("/contracts/%d", k.ID)}}
	body := Editor{Heading: label, Lead: contractTitle(k), Tags: []view.Tag{ui.ContractStateTag(k.State)}, Sample: k.Sample,
		Actions: []view.Action{{Label: "回到任务列表", Href: fmt.Sprintf("/contracts/%d", k.ID), Kind: view.Quiet, Small: true}}}
	if err := p.outline(c, &body, k, section, a); err != nil {
		return err
	}
	if section == contract.SectionFiles {
		body.Main = append(body.Main, p.contractFilesBlock(k, a)...)
	} else {
		if section == contract.SectionAmounts {
			body.Side = []ui.Block{p.amountsBlock(k.Content)}
		}
		sections, err := p.sectionFields(c, k, section, a)
		if err != nil {
			return err
		}
		f := sectionForm(k, section, a, sections)
		if !mayEdit(c.Actor(), k) {
			f.Actions = nil
			body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Title: "只能查看", Text: "合同由申请登记的一方填写；报送后在补正或变更时才能修改。"}}})
		}
		body.Main = append(body.Main, a.Blocks(f)...)
	}
	return c.RenderStatus(ui.FormStatus(ferr), "certify/contract", view.With[Editor]{Page: page, Body: body})
}

// outline lists the sections with their states, and says at this one's fields what is still missing, once it was begun.
func (p *Pages) outline(c *web.Ctx, body *Editor, k contract.Contract, section contract.Section, a *ui.Ask) error {
	others, err := p.Contracts.OtherCodes(c.Context(), k)
	if err != nil {
		return err
	}
	for _, s := range contract.Sections(k.Content, k.Files, p.Contracts.ApplicationDay(k)) {
		here := s.Section == section
		body.Outline = append(body.Outline, Part{Label: sectionLabels[s.Section], Href: fmt.Sprintf("/contracts/%d/%s", k.ID, s.Section),
			State: sectionTag(s), Current: here})
		if s.State == "done" {
			body.Done++
		}
		if !here {
			continue
		}
		if a.Form == nil && s.State == "started" {
			for _, i := range s.Issues {
				a.Errors[i.Path] = c.Said(i.Field)
			}
		}
		for _, i := range others {
			if i.Section == section {
				s.Warnings = append(s.Warnings, i)
			}
		}
		if len(s.Warnings) > 0 {
			body.Main = append(body.Main, ui.Block{Parts: view.Parts{lookAgain(c, k, s.Warnings)}})
		}
	}
	return nil
}

// sectionFields are the questions of a section.
func (p *Pages) sectionFields(c *web.Ctx, k contract.Contract, section contract.Section, a *ui.Ask) ([]view.Section, error) {
	switch section {
	case contract.SectionSeller:
		return sellerFields(a, k), nil
	case contract.SectionBuyers:
		return buyerFields(a, k), nil
	case contract.SectionElements:
		return elementFields(a, k), nil
	case contract.SectionAmounts:
		if k.Content.Technical == 0 && a.Form == nil { // what follows from the amount and the rows is proposed, not asked
			k.Content.Technical = claimed(k.Content)
		}
		return amountFields(a, k.Content), nil
	default:
		me, err := p.Identity.Account(c.Context(), c.Actor())
		return statementFields(a, k.Content.Statement, c.Actor().Name, me.Phone), err
	}
}

// sellerFields ask for the seller that applies, and for the others with their parts of the price.
func sellerFields(a *ui.Ask, k contract.Contract) []view.Section {
	out := partyFields(a, "seller.", k.Content.Seller, k)
	rows := len(k.Content.CoSellers)
	if a.Form != nil {
		rows = max(rows, a.Form.Rows("coSellers", 10))
	}
	if rows > 0 {
		out[0].Title = "申请登记的卖方：" + out[0].Title
		out[0].Hint = "几个卖方只申请一次，由这个卖方在所在地的登记点办理。它的份额是成交总额减去其他卖方的份额。"
	}
	for i := range rows {
		s := ui.RowAt(k.Content.CoSellers, i)
		at := web.Row("coSellers", i, "")
		part := partyFields(a, at, s.Party, k)
		part[0].Title = fmt.Sprintf("第 %d 个卖方：%s", i+2, part[0].Title)
		part[0].Fields = append(part[0].Fields, a.Yuan(at+"shareFen", "在成交总额中的份额", s.Share, ui.Required,
			ui.Hint("按各卖方的份额统计收入；名称留空并保存即删去这个卖方")))
		out = append(out, part...)
	}
	return out
}

// buyerFields repeat the questions of a party for every buyer.
func buyerFields(a *ui.Ask, k contract.Contract) []view.Section {
	rows := max(1, len(k.Content.Buyers))
	if a.Form != nil {
		rows = max(rows, a.Form.Rows("buyers", 10))
	}
	var out []view.Section
	for i := range rows {
		b := contract.Party{Country: contract.China}
		if i < len(k.Content.Buyers) {
			b = k.Content.Buyers[i]
		}
		part := partyFields(a, web.Row("buyers", i, ""), b, k)
		if rows > 1 {
			part[0].Title = fmt.Sprintf("第 %d 个买方：%s", i+1, part[0].Title)
		}
		out = append(out, part...)
	}
	return out
}

// sectionForm closes the questions with the buttons of the section.
func sectionForm(k contract.Contract, section contract.Section, a *ui.Ask, sections []view.Section) view.Form {
	f := ui.FormOf(fmt.Sprintf("/contracts/%d/%s", k.ID, section), "保存并回到任务列表", sections...)
	f.Hidden = []view.Pair{{Name: "version", Value: a.Value("version", strconv.Itoa(k.Version))}}
	f.Guard = true
	f.Errors.Title = "这些还没有填好，提交前补齐"
	if a.Form != nil {
		f.Errors.Title = "没有保存：请先改正这几处"
	}
	more := map[contract.Section]string{contract.SectionSeller: "再加一个卖方", contract.SectionBuyers: "再加一个买方", contract.SectionAmounts: "保存并再加一行",
		contract.SectionElements: "保存并再加一项知识产权"}[section]
	if more != "" {
		f.Actions = append(f.Actions, view.Action{Label: more, Name: "more", Value: "1", Kind: view.Quiet})
	}
	return f
}

func statementFields(a *ui.Ask, s contract.Statement, name, phone string) []view.Section {
	return []view.Section{{Fields: []view.Field{
		a.Checks("statement.true", "真实", ui.BoolList(s.True), []view.Option{{Value: "yes", Label: "填报内容真实，附件与原件一致"}}, ui.Required),
		a.Checks("statement.same", "一致", ui.BoolList(s.Same), []view.Option{{Value: "yes", Label: "与双方签订的合同文本一致"}}, ui.Required),
		a.Checks(
			"statement.unfiled",
			"不重复",
			ui.BoolList(s.Unfiled),
			[]view.Option{{Value: "yes", Label: "没有在其他登记点申请登记（认定登记管理办法第八条）"}},
			ui.Required,
		),
		a.Text("statement.applicant", "经办人姓名", ui.FirstOf(s.Applicant, name), ui.Required, ui.Width("m")),
		a.Kind(view.Tel, "statement.phone", "经办人电话", ui.FirstOf(s.Phone, phone), ui.Required, ui.Width("m")),
	}}}
}

func readCoSellers(f *web.Form, stored []contract.CoSeller) []contract.CoSeller {
	var out []contract.CoSeller
	for i := range f.Rows("coSellers", 10) {
		s := ui.RowAt(stored, i)
		at := web.Row("coSellers", i, "")
		s.Party, s.Share = readParty(f, at, s.Party), f.Yuan(at+"shareFen")
		if s.Name != "" || s.CreditCode != "" {
			out = append(out, s)
		}
	}
	if f.Bool("more") {
		out = append(out, contract.CoSeller{Party: contract.Party{Country: contract.China}})
	}
	return out
}

func readBuyers(f *web.Form, stored []contract.Party) []contract.Party {
	out := make([]contract.Party, 0, 2)
	for i := range f.Rows("buyers", 10) {
		b := readParty(f, web.Row("buyers", i, ""), ui.RowAt(stored, i))
		if i > 0 && (b == contract.Party{} || b == contract.Party{Country: contract.China}) {
			continue
		}
		out = append(out, b)
	}
	if f.Bool("more") && len(out) < 10 {
		out = append(out, contract.Party{Country: contract.China})
	}
	return out
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
		content.CoSellers = readCoSellers(f, content.CoSellers)
	case contract.SectionBuyers:
		content.Buyers = readBuyers(f, content.Buyers)
	case contract.SectionElements:
		content.Elements = readElements(f, content.Elements)
	case contract.SectionAmounts:
		content = readAmounts(f, content)
	case contract.SectionStatement:
		content.Statement = contract.Statement{
			True:      f.Bool("statement.true"),
			Same:      f.Bool("statement.same"),
			Unfiled:   f.Bool("statement.unfiled"),
			Applicant: f.Text("statement.applicant"),
			Phone:     f.Text("statement.phone"),
		}
	default:
		return fault.New(fault.NotFound, "page_not_found", "没有这个页面。请从合同的任务列表进入。")
	}
	if err := ui.FormErr(f); err != nil {
		return p.showContractSection(c, k, section, f, err)
	}
	version := f.Int("version")
	saved, err := p.Contracts.Save(c.Context(), c.Actor(), k.ID, version, section, content)
	if fault.HasCode(err, "stale_version") {
		return p.contractConflict(c, saved, section, content, f)
	}
	if err != nil {
		if ui.Refused(err) {
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
