package certify

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// papersDesk is the left of the workbench: what was filed, and each paper with the browser's own viewer.
func (p *Pages) papersDesk(k registry.Case, open int64) *view.Desk {
	f, e := k.Filing, k.Contract.Content.Elements
	var facts []view.Fact
	for _, part := range contract.Sheet(k.Contract.Content) {
		for _, line := range part.Lines {
			if line.Path == "elements.summary" { // stands below, in paragraphs
				continue
			}
			fact := view.Fact{Label: line.Label, Text: view.T(line.Value)}
			if part.Title != "合同" {
				fact.Label = part.Title + "：" + line.Label
			}
			facts = append(facts, fact)
		}
	}
	d := view.Desk{Paper: view.Paper{Title: e.Name, Facts: &view.Facts{Items: facts}}}
	for _, para := range strings.Split(e.Summary, "\n") {
		if para = strings.TrimSpace(para); para != "" {
			d.Paper.Paras = append(d.Paper.Paras, view.T(para))
		}
	}
	here := fmt.Sprintf("/filings/%d", f.ID)
	d.Papers = []view.Link{{Label: "申报内容", Href: here, Current: open == 0}}
	for _, file := range k.Contract.Files {
		link := view.Link{Label: ui.FileRoleLabel(file.Role), Href: fmt.Sprintf("%s?paper=%d", here, file.ID), Current: open == file.ID}
		d.Papers = append(d.Papers, link)
		if link.Current {
			address := fmt.Sprintf("%s/files/%d", here, file.ID)
			d.Paper = view.Paper{
				Title: ui.FileRoleLabel(file.Role),
				File:  &view.FileItem{Name: file.Name, Href: address, Size: ui.FileSize(file.Size)},
			}
			if strings.HasSuffix(strings.ToLower(file.Name), ".pdf") {
				d.Paper.Frame = address
			}
		}
	}
	return &d
}

// readingDesk sets the papers beside the registrar's answers, for those who decide after the first review.
func (p *Pages) readingDesk(k registry.Case, open int64) *view.Desk {
	d := p.papersDesk(k, open)
	r := k.Filing.Review
	for _, rule := range recognition.Checklist(r.Class) {
		a := view.Answer{Ask: rule.Question, Article: article(rule), Answer: view.Tag{Label: "没有回答", Tone: view.Warn}}
		if slices.Contains(r.Cleared, rule.ID) {
			a.Answer = view.Tag{Label: "否"}
		}
		if rule.ID == recognition.Disputed && r.Disputed {
			a.Answer = view.Tag{Label: "是", Tone: view.Warn}
		}
		for _, x := range r.Findings {
			if x.Code == rule.ID {
				a.Answer, a.Where = view.Tag{Label: "是", Tone: view.Warn}, x.Place
			}
		}
		d.Answers = append(d.Answers, a)
	}
	return d
}

// reviewDesk is the workbench: the papers at the left, the checklist and the sheet at the right.
func (p *Pages) reviewDesk(k registry.Case, a *ui.Ask, open int64) *view.Desk {
	f, content := k.Filing, k.Contract.Content
	d := p.papersDesk(k, open)
	r := f.Review
	if r.Class == "" { // nothing saved yet: the desk starts from the applicant's figures, no carrier granted
		r.Class = content.Elements.ClassCode
		r.Amount = content.Elements.Amount
		r.Biological = content.Elements.Biological
		r.Tied = content.Elements.Tied
		for _, row := range content.Costs {
			r.Deductions = append(
				r.Deductions,
				registry.Deduction{Kind: row.Kind, Name: row.Name, Quantity: row.Quantity, UnitCost: row.UnitCost, Claimed: row.Carrier},
			)
		}
	}
	found := map[string]registry.Finding{}
	for _, x := range r.Findings {
		found[x.Code] = x
	}
	for _, rule := range recognition.Checklist(r.Class) {
		if !rule.Finding {
			continue
		}
		q := view.Question{Name: "finding-" + rule.ID, Ask: rule.Question, Article: article(rule), Error: a.Errors["finding-"+rule.ID],
			Options: []view.Option{{Value: "yes", Label: "是", Hint: "no"}, {Value: "no", Label: "否", Hint: "yes"}}}
		x, ok := found[rule.ID]
		switch {
		case a.Form != nil:
			q.Value = a.Form.Text(q.Name)
		case ok:
			q.Value, q.Where = "yes", x.Place
		case slices.Contains(r.Cleared, rule.ID):
			q.Value = "no"
		}
		if q.Value == "yes" {
			q.Note = &view.Field{Name: "place-" + rule.ID, Label: "在文本的何处、怎样写", List: "places", Value: a.Value("place-"+rule.ID, x.Place)}
		}
		d.Questions = append(d.Questions, q)
	}
	d.Sums = deskSums(f.ID, r, k.Policy)
	sheetFields := []view.Field{
		a.Choose("class", "认定类别", r.Class, ui.ClassOptions(), ui.Required), a.Yuan("amountFen", "文本写明的成交额", r.Amount, ui.Hint("价款空白的填 0")),
		a.Checks("biological", "生物技术", ui.BoolList(r.Biological), []view.Option{{Value: "yes", Label: "含菌种、品种，价值留在 V"}}),
		a.Checks("tied", "配套", ui.BoolList(r.Tied), []view.Option{{Value: "yes", Label: "属转让、开发合同的配套咨询或服务"}}),
		a.Checks("disputed", "争议", ui.BoolList(r.Disputed), []view.Option{{Value: "yes", Label: "有争议，交专家评审"}}),
	}
	rows := ui.Repeat(a, "非技术性费用", "不是技术载体的全额扣除；是载体的，超过合理数量的部分扣除。", "deductions", len(r.Deductions), 100, func(i int) []view.Field {
		x := ui.RowAt(r.Deductions, i)
		row := func(name string) string { return web.Row("deductions", i, name) }
		claim := ""
		if x.Claimed {
			claim = "申请人主张是技术载体"
		}
		quantity, reasonable := "", ""
		if x.Quantity != 0 {
			quantity = strconv.FormatInt(x.Quantity, 10)
		}
		if x.Reasonable != 0 {
			reasonable = strconv.FormatInt(x.Reasonable, 10)
		}
		return []view.Field{
			a.Choose(row("kind"), fmt.Sprintf("费用 %d 种类", i+1), x.Kind, append([]view.Option{{Label: "无"}}, ui.ListOptions(codes.CostKind, "")...)),
			a.Text(
				row("name"),
				"名称",
				x.Name,
				ui.Hint(claim),
			), a.Text(row("quantity"), "数量", quantity), a.Yuan(row("unitCostFen"), "单位成本", x.UnitCost, ui.Width("")),
			a.Checks(row("granted"), "载体", ui.BoolList(x.Granted), []view.Option{{Value: "yes", Label: "同意是技术载体"}}),
			a.Text(row("reasonable"), "合理数量", reasonable), a.Text(row("reason"), "理由", x.Reason)}
	})
	d.Form = view.Form{
		Action: fmt.Sprintf("/filings/%d/review", f.ID),
		Hidden: []view.Pair{{Name: "version", Value: a.Value("version", strconv.Itoa(f.Version))}},
		Sections: slices.Concat(
			[]view.Section{{Title: "金额与类别", Fields: sheetFields}},
			rows,
			[]view.Section{
				{Title: "意见", Fields: []view.Field{a.Area("opinion", "初审意见", r.Opinion, ui.Lines(3), ui.Limit(2000), ui.Hint("为什么认定为这一类、怎样确定技术交易额"))}},
			},
		),
		Actions: []view.Action{
			{Label: "初审通过", Name: "then", Value: "pass", Key: "P"},
			{Label: "保存并计算", Name: "then", Value: "save", Kind: view.Quiet, Key: "S"},
		},
	}
	d.Form = d.Form.Summed()
	return d
}

// findInPaper adds the search of the open PDF, what it found, and the page to show.
func (p *Pages) findInPaper(c *web.Ctx, k registry.Case, d *view.Desk, q *web.Form) error {
	if d.Paper.Frame == "" {
		return nil
	}
	if n := q.Int("page"); n > 0 {
		d.Paper.Frame += fmt.Sprintf("#page=%d", n)
	}
	here, paper := fmt.Sprintf("/filings/%d", k.Filing.ID), q.ID("paper")
	d.Find = &view.PaperFind{Action: here, Paper: strconv.FormatInt(paper, 10), Word: q.Text("find")}
	if !q.Values.Has("find") {
		return nil
	}
	found, err := p.Registry.FindInPaper(c.Context(), c.Actor(), k.Filing.ID, paper, d.Find.Word)
	if fault.Is(err, fault.Invalid) {
		for _, f := range web.AsFault(err).Fields {
			d.Find.Error = f.Message
		}
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case found.Failure != "":
		d.Find.Status = found.Failure
	case found.Scanned == found.Pages:
		d.Find.Status = fmt.Sprintf("这份文件共 %d 页，是扫描件，没有可以查找的文字，请逐页阅读。", found.Pages)
	case found.Total == 0:
		d.Find.Status = fmt.Sprintf("共 %d 页，没有找到“%s”。", found.Pages, found.Word)
	default:
		d.Find.Status = fmt.Sprintf("共 %d 处，在 %d 页里。", found.Total, found.Pages)
	}
	if found.Failure == "" && found.Scanned > 0 && found.Scanned < found.Pages {
		d.Find.Status += fmt.Sprintf("其中 %d 页是扫描的图片，没有文字，请另看。", found.Scanned)
	}
	for _, h := range found.Hits {
		v := url.Values{"paper": {d.Find.Paper}, "find": {found.Word}, "page": {strconv.Itoa(h.Page)}}
		d.Find.Hits = append(
			d.Find.Hits,
			view.PaperHit{
				Page:   fmt.Sprintf("第 %d 页", h.Page),
				Before: h.Before,
				Match:  h.Match,
				After:  h.After,
				Href:   here + "?" + v.Encode(),
				Place:  h.Place(),
			},
		)
	}
	return nil
}

// reviewSums works the sheet as it stands in the form; nothing is saved.
func (p *Pages) reviewSums(c *web.Ctx) error {
	k, err := p.readCase(c)
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	return c.RenderFragment("", "sums", *deskSums(k.Filing.ID, readReview(f), k.Policy))
}

func article(r recognition.Rule) string {
	if len(r.Articles) == 0 {
		return r.Law
	}
	return r.Law + "第 " + ui.Join(r.Articles) + " 条"
}

// deskSums is N and T of the saved sheet, by the function that decides.
func deskSums(filing int64, r registry.Review, policy recognition.Policy) *view.Sums {
	post := fmt.Sprintf("/filings/%d/sums", filing)
	var costs []recognition.Cost
	for _, d := range r.Deductions {
		costs = append(
			costs,
			recognition.Cost{
				Name:       d.Name,
				Kind:       d.Kind,
				Quantity:   d.Quantity,
				Unit:       d.UnitCost,
				Carrier:    d.Granted,
				Reasonable: d.Reasonable,
				Reason:     d.Reason,
			},
		)
	}
	amounts, err := policy.Compute(r.Class, r.Amount, costs, r.Biological, r.Tied)
	if err != nil {
		return &view.Sums{Title: "技术交易额核定", Label: web.AsFault(err).Message, Post: post, Form: "review"}
	}
	s := &view.Sums{
		Post:  post,
		Form:  "review",
		Title: "技术交易额核定",
		Total: amounts.Technical,
		Label: "技术交易额 = 成交额 " + amounts.Contract.Grouped() + " − 扣除 " + amounts.Deducted.Grouped() + "；增值税免税基数 " + amounts.VATBase.Grouped(),
	}
	for i, row := range amounts.Rows {
		note := "全额扣除"
		if row.Kept > 0 && row.Deducted > 0 {
			note = "留在 T：" + row.Kept.Grouped()
		} else if row.Kept > 0 {
			note = "技术载体，合理数量，留在 T"
		}
		s.Rows = append(s.Rows, view.SumRow{Label: r.Deductions[i].Name, Note: note, Amount: row.Deducted, Deducted: row.Deducted > 0})
	}
	return s
}

func readReview(f *web.Form) registry.Review {
	r := registry.Review{
		Class:      f.Text("class"),
		Amount:     f.Yuan("amountFen"),
		Biological: f.Bool("biological"),
		Tied:       f.Bool("tied"),
		Disputed:   f.Bool("disputed"),
		Opinion:    f.Text("opinion"),
		Findings:   []registry.Finding{},
		Deductions: []registry.Deduction{},
	}
	for _, rule := range recognition.Rules() {
		switch answer := f.Text("finding-" + rule.ID); {
		case !rule.Finding:
		case answer == "yes":
			r.Findings = append(r.Findings, registry.Finding{Code: rule.ID, Place: f.Text("place-" + rule.ID)})
		case answer == "no":
			r.Cleared = append(r.Cleared, rule.ID)
		}
	}
	for i := range f.Rows("deductions", 100) {
		row := func(name string) string { return web.Row("deductions", i, name) }
		d := registry.Deduction{
			Kind:       f.Text(row("kind")),
			Name:       f.Text(row("name")),
			Quantity:   int64(f.Int(row("quantity"))),
			UnitCost:   f.Yuan(row("unitCostFen")),
			Granted:    f.Bool(row("granted")),
			Reasonable: int64(f.Int(row("reasonable"))),
			Reason:     f.Text(row("reason")),
		}
		if d != (registry.Deduction{}) {
			r.Deductions = append(r.Deductions, d)
		}
	}
	return r
}

func (p *Pages) saveReview(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	save := registry.Command{Filing: id, Version: f.Int("version"), Event: registry.EventSaveReview, Review: readReview(f)}
	pass := f.Text("then") == "pass"
	if pass { // a decision needs every question answered; work in progress does not
		for _, rule := range recognition.Checklist(save.Review.Class) {
			if rule.Finding && f.Text("finding-"+rule.ID) == "" {
				f.Errors.Add("finding-"+rule.ID, "unanswered", "请回答这一问")
			}
		}
	}
	var saved registry.Outcome
	if err = ui.FormErr(f); err == nil {
		saved, err = p.Registry.Do(c.Context(), c.Actor(), save)
	}
	switch {
	case ui.Refused(err):
		return p.showCaseAgain(c, id, f, err)
	case err != nil:
		return err
	case !pass:
		c.Flash(view.OK, "已保存并计算。")
		return c.See(fmt.Sprintf("/filings/%d", id))
	}
	_, err = p.Registry.Do(
		c.Context(),
		c.Actor(),
		registry.Command{Filing: id, Version: saved.Filing.Version, Event: registry.EventPassFirstReview},
	)
	if ui.Refused(err) { // the sheet is saved; only the decision was refused
		return p.showCaseAgain(c, id, nil, err)
	}
	if err != nil {
		return err
	}
	c.Flash(view.OK, "初审通过，已交复核。")
	return c.See("/registry")
}
