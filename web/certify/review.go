package certify

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"techmarket/internal/certify/extract"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// Whose answer one is: the registrar's, the system's from application and text, or the system's that the registrar took.
const (
	byDesk   = "登记员"
	bySystem = "系统"
	byTaken  = "系统提示，登记员采纳"
)

// readAnswers are the registrar's answers, for those who decide after the first review.
func readAnswers(k registry.Case) []Answer {
	r := k.Filing.Review
	read := map[string]registry.Read{}
	for _, x := range r.Read {
		read[x.Code] = x
	}
	var out []Answer
	for _, rule := range recognition.Checklist(r.Class) {
		a := Answer{Ask: rule.Question, Article: article(rule), Answer: view.Tag{Label: "没有回答", Tone: view.Warn}}
		if slices.Contains(r.Cleared, rule.ID) {
			a.Answer, a.By = view.Tag{Label: "否"}, byDesk
			if x, ok := read[rule.ID]; ok {
				a.Where, a.By = x.Place, byTaken
				if x.System {
					a.By = bySystem
				}
			}
		}
		if rule.ID == recognition.Disputed && r.Disputed {
			a.Answer, a.By = view.Tag{Label: "是", Tone: view.Warn}, byDesk
		}
		for _, x := range r.Findings {
			if x.Code == rule.ID {
				a.Answer, a.Where, a.By = view.Tag{Label: "是", Tone: view.Warn}, x.Place, byDesk
			}
		}
		out = append(out, a)
	}
	return out
}

// factAnswers are the rules that the facts answer, each with the fact; against counts those that stand in the way.
func factAnswers(k registry.Case) (out []Answer, against int) {
	for _, reading := range k.Readings {
		a := Answer{Ask: reading.Rule.Question, Article: article(reading.Rule), Where: factWords(k, reading.Rule.ID), By: bySystem,
			Answer: view.Tag{Label: "否", Tone: view.OK}}
		if reading.Holds {
			a.Answer = view.Tag{Label: "是", Tone: view.Warn}
			against++
		}
		out = append(out, a)
	}
	return out, against
}

// factWords names the facts that a rule of the book reads.
func factWords(k registry.Case, rule string) string {
	e, c := k.Contract.Content.Elements, k.Contract.Content
	period := ui.ChineseDay(e.BeginsOn) + " 至 " + ui.ChineseDay(e.EndsOn)
	switch rule {
	case "oral":
		return "申请表，合同形式：" + ui.FirstOf(map[string]string{"paper": "纸质", "electronic": "电子"}[e.Medium], "未填写")
	case "wrong_area":
		return "报送时按卖方所在地核对：" + region.FullName(c.Seller.Division)
	case "outside_validity":
		return "申请表，有效期：" + period + "；申请于 " + view.Day(k.Filing.SubmittedAt)
	case "duplicate":
		return "与全部登记点的申请、登记比对"
	case "price_open":
		return "审查表，成交额：" + ui.FirstOf(ui.AmountWords(sheetOf(k).Amount), "未填写")
	case "costs_exceed_price":
		return "审查表，成交额与费用明细"
	case "certificate_missing":
		return "附件中的权利证书"
	case "class_right_mismatch":
		return "审查表，类别：" + ui.ClassName(sheetOf(k).Class) + "；申请表，知识产权"
	case "ownership_open":
		return "申请表，约定成果归属"
	case "licence_beyond_contract":
		return "申请表，许可年限：" + strconv.Itoa(e.Licence.Years) + " 年；有效期：" + period
	case "right_lapsed":
		return "申请表，权利是否有效"
	default:
		return "申请表"
	}
}

// sheetOf is the saved sheet, or the one to begin with.
func sheetOf(k registry.Case) registry.Review {
	if k.Filing.Review.Class != "" {
		return k.Filing.Review
	}
	return registry.Sheet(k.Contract.Content)
}

// reviewForm is the registrar's sheet, after a refused post as it was filled in.
func reviewForm(c *web.Ctx, k registry.Case, reading registry.PaperReading, a *ui.Ask) *ReviewForm {
	f, r := k.Filing, sheetOf(k)
	form := &ReviewForm{
		Action:  fmt.Sprintf("/filings/%d/review", f.ID),
		Version: a.Value("version", strconv.Itoa(f.Version)),
		Unsaved: a.Form != nil,
		Opinion: a.Area("opinion", "初审意见", ui.FirstOf(r.Opinion, draftOpinion(k, r, reading)), ui.Required, ui.Lines(3), ui.Limit(2000),
			ui.Hint("为什么认定为这一类、怎样确定技术交易额")),
	}
	form.ask(r, reading.Answers, a)
	form.Verdict = deskVerdict(k, len(form.Open))
	form.Checked, form.Against = factAnswers(k)
	form.Finding = view.Section{Title: "认定", Fields: []view.Field{
		a.Choose("class", "认定类别", r.Class, ui.ClassOptions(), ui.Required),
		a.Yuan("amountFen", "文本写明的成交额", r.Amount, ui.Hint(ui.FirstOf(k.Contract.Content.Elements.Foreign.Words(), "价款空白的填 0"))),
		a.Checks("biological", "生物技术", ui.BoolList(r.Biological), []view.Option{{Value: "yes", Label: "含菌种、品种，价值留在 V"}}),
		a.Checks("tied", "配套", ui.BoolList(r.Tied), []view.Option{{Value: "yes", Label: "属转让、开发合同的配套咨询或服务"}}),
		a.Checks("disputed", "争议", ui.BoolList(r.Disputed), []view.Option{{Value: "yes", Label: "有争议，交专家评审"}}),
	}}
	now := r
	if a.Form != nil {
		now = readReview(a.Form)
	}
	work := working(c, k, now)
	form.Totals = work.Totals
	form.Costs = costRows(a, r.Deductions, work.Costs)
	for _, e := range k.Allowed {
		switch e {
		case registry.EventRequestCorrection:
			form.Steps = append(form.Steps, view.Link{Label: "一次性告知补正", Href: "#step-" + string(e), Key: "B"})
		case registry.EventRefuse:
			form.Steps = append(form.Steps, view.Link{Label: "不予登记", Href: "#step-" + string(e)})
		}
	}
	form.sum()
	return form
}

// ask sorts the questions of the checklist: what application and text answer is folded, what is doubtful stays open with what was found.
func (form *ReviewForm) ask(r registry.Review, answers map[string]extract.Answer, a *ui.Ask) {
	found := map[string]registry.Finding{}
	for _, x := range r.Findings {
		found[x.Code] = x
	}
	for _, rule := range recognition.Checklist(r.Class) {
		q := view.Question{Name: "finding-" + rule.ID, Ask: rule.Question, Article: article(rule), Error: a.Errors["finding-"+rule.ID],
			Options: []view.Option{{Value: "yes", Label: "是", Hint: "poor"}, {Value: "no", Label: "否", Hint: "good"}}}
		x, yes := found[rule.ID]
		read, known := answers[rule.ID]
		stored, place := "", x.Place
		switch {
		case yes:
			stored, q.By = "yes", byDesk
		case known && read.No && read.Sure:
			stored, q.By, q.Where = "no", bySystem, read.Place()
		case slices.Contains(r.Cleared, rule.ID):
			stored, q.By = "no", byDesk
		case known && read.No:
			q.Advice, q.Where = "no", read.Place()
		case known:
			q.Where, place = read.Place(), read.Place()
		}
		q.Value = a.Value(q.Name, stored)
		q.Note = &view.Field{Name: "place-" + rule.ID, Label: "在文本的何处、怎样写", Required: true, List: "places",
			Value: a.Value("place-"+rule.ID, place), Error: a.Errors["place-"+rule.ID]}
		switch {
		case q.By == bySystem && q.Value == "no":
			form.Known = append(form.Known, q)
			form.KnownWrong = form.KnownWrong || q.Error != ""
		case stored != "" && q.Error == "" && q.Value != "":
			form.Answered = append(form.Answered, q)
		default:
			form.Open = append(form.Open, q)
		}
	}
	// What speaks for a rule comes first, then what nobody could answer, then what only has to be taken.
	slices.SortStableFunc(form.Open, func(x, y view.Question) int { return cmp.Compare(openRank(x), openRank(y)) })
}

func openRank(q view.Question) int {
	switch {
	case q.Error != "":
		return 0
	case q.Where != "" && q.Advice == "":
		return 1
	case q.Advice == "":
		return 2
	}
	return 3
}

// draftOpinion proposes the opinion where the text agrees with the application in class and price; what differs a person words.
func draftOpinion(k registry.Case, r registry.Review, reading registry.PaperReading) string {
	if !reading.Answers["title_mismatch"].No || !reading.Answers["price_unclear"].No || !reading.Answers["subject_unclear"].No {
		return ""
	}
	amounts, err := k.Policy.Compute(r.Class, r.Amount, r.Costs(), r.Biological, r.Tied)
	if err != nil {
		return ""
	}
	costs := "没有非技术性费用"
	if amounts.Deducted > 0 {
		costs = "扣除非技术性费用 " + amounts.Deducted.Grouped() + " 元"
	}
	return fmt.Sprintf("合同名称、标的与“%s”相符；文本写明价款 %s 元，与申报相同；%s，技术交易额 %s 元。",
		ui.ClassName(r.Class), amounts.Contract.Grouped(), costs, amounts.Technical.Grouped())
}

// costRows are the lines of the sheet with one or two empty ones at the end.
func costRows(a *ui.Ask, stored []registry.Deduction, worked []CostRow) []CostRow {
	n := max(2, len(stored)+1)
	if a.Form != nil {
		n = max(n, a.Form.Rows("deductions", maxCosts)+1)
	}
	n = min(n, maxCosts)
	out := make([]CostRow, n)
	for i := range out {
		x := ui.RowAt(stored, i)
		cell := func(name, column, value string, number bool) Cell {
			at := web.Row("deductions", i, name)
			return Cell{Name: at, Label: fmt.Sprintf("第 %d 行 %s", i+1, column), Column: column, Value: a.Value(at, value), Error: a.Errors[at],
				Number: number}
		}
		row := CostRow{Row: i, Claimed: x.Claimed,
			Kind:       cell("kind", "种类", x.Kind, false),
			Name:       cell("name", "货物或费用", x.Name, false),
			Quantity:   cell("quantity", "数量", whole(x.Quantity), true),
			Unit:       cell("unitCostFen", "单位成本（元）", fenText(x.UnitCost), true),
			Granted:    cell("granted", "同意是载体", strings.Join(ui.BoolList(x.Granted), ""), false),
			Reasonable: cell("reasonable", "合理数量", whole(x.Reasonable), true),
			Why:        cell("reason", "理由", x.Reason, false),
		}
		row.Kind.Options = append([]view.Option{{Label: "无"}}, ui.ListOptions(codes.CostKind, "")...)
		for j := range row.Kind.Options {
			row.Kind.Options[j].Checked = row.Kind.Options[j].Value == row.Kind.Value
		}
		if i < len(worked) {
			row.Total, row.Deducted = worked[i].Total, worked[i].Deducted
		}
		out[i] = row
	}
	return out
}

// maxCosts bounds the rows of the sheet.
const maxCosts = 100

func whole(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func fenText(f money.Fen) string {
	if f == 0 {
		return ""
	}
	return f.String()
}

// sum heads a refused form with its mistakes, each a link to its place.
func (form *ReviewForm) sum() {
	add := func(label, at, wrong string) {
		if wrong != "" {
			form.Errors.Items = append(form.Errors.Items, view.Link{Label: label, Note: wrong, Href: "#" + at})
		}
	}
	for _, q := range slices.Concat(form.Open, form.Known) {
		add(q.Ask, q.Name, q.Error)
		add(q.Note.Label, q.Note.Key(), q.Note.Error)
	}
	for _, f := range append(slices.Clone(form.Finding.Fields), form.Opinion) {
		add(f.Label, f.Key(), f.Error)
	}
	for _, row := range form.Costs {
		for _, cell := range []Cell{row.Kind, row.Name, row.Quantity, row.Unit, row.Granted, row.Reasonable, row.Why} {
			add(cell.Label, cell.Name, cell.Error)
		}
	}
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
	return c.RenderFragment("certify/review", "totalsnow", working(c, k, readReview(f)))
}

func article(r recognition.Rule) string {
	if len(r.Articles) == 0 {
		return r.Law
	}
	return r.Law + "第 " + ui.Join(r.Articles) + " 条"
}

// working is C, N, T and V of a sheet by the function that decides, and what it deducts of each row.
func working(c *web.Ctx, k registry.Case, r registry.Review) Working {
	out := Working{Totals: Totals{Post: fmt.Sprintf("/filings/%d/sums", k.Filing.ID)}}
	amounts, err := k.Policy.Compute(r.Class, r.Amount, r.Costs(), r.Biological, r.Tied)
	if err != nil {
		f := c.Fault(err)
		out.Totals.Wrong = f.Message
		for _, field := range f.Fields {
			out.Totals.Wrong += "：" + field.Message
		}
		return out
	}
	out.Totals.Lines = []TotalLine{
		{Sign: "C", Label: "合同成交额", Amount: amounts.Contract.Grouped()},
		{Sign: "N", Label: "扣除合计", Amount: "− " + amounts.Deducted.Grouped()},
		{Sign: "T", Label: "技术交易额", Amount: amounts.Technical.Grouped(), Strong: true},
		{Sign: "", Label: "留在 T 内的货值", Amount: amounts.Goods.Grouped()},
		{Sign: "V", Label: "增值税免税基数", Amount: amounts.VATBase.Grouped()},
		{Sign: "", Label: "申报的技术交易额", Amount: k.Contract.Content.Technical.Grouped()},
	}
	out.Totals.Note = "V " + vatNote
	for i, row := range amounts.Rows {
		out.Costs = append(out.Costs, CostRow{Row: i, Total: row.Total.Grouped(), Deducted: row.Deducted.Grouped()})
	}
	return out
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
	for i := range f.Rows("deductions", maxCosts) {
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
	save := registry.Command{Filing: id, Version: f.Int("version"), Event: registry.EventSaveReview, Shown: true, Review: readReview(f)}
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
