package certify

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"techmarket/internal/certify/papers"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

func (p *Pages) readCase(c *web.Ctx) (registry.Case, error) {
	id, err := c.ID("id")
	if err != nil {
		return registry.Case{}, err
	}
	return p.Registry.Case(c.Context(), c.Actor(), id)
}

func (p *Pages) filing(c *web.Ctx) error {
	k, err := p.readCase(c)
	if err != nil {
		return err
	}
	return p.showCase(c, k, nil, nil)
}

func caseSteps(k registry.Case) view.Steps {
	order := []struct {
		state registry.State
		label string
	}{{registry.AwaitingAcceptance, "受理"}, {registry.InReview, "初审"}, {registry.AwaitingSecondReview, "复核"},
		{registry.AwaitingExperts, "专家（大额或有争议）"}, {registry.AwaitingRegistration, "登记"}}
	at := -1
	s := k.Filing.State
	if s == registry.Correcting {
		s = registry.InReview
	}
	for i, o := range order {
		if o.state == s {
			at = i
		}
	}
	steps := view.Steps{Label: "登记进度"}
	ended := endedAt(k)
	for i, o := range order {
		step := view.Step{Label: o.label, State: "todo"}
		switch {
		case k.Filing.State == registry.Registered, i < at:
			step.State = "done"
		case i == at:
			step.State = "now"
			if k.Filing.State == registry.Correcting {
				step.Note = "等待补正"
			}
		case at < 0 && i < ended:
			step.State = "done"
		case at < 0 && i == ended && k.Filing.State != registry.Registered:
			step.State, step.Note = "fail", words.FilingState(k.Filing.State)
		}
		if o.state == registry.AwaitingExperts && !k.Large && !k.Filing.Disputed && k.Filing.State != registry.AwaitingExperts {
			step.Note = "不需要"
		}
		steps.Items = append(steps.Items, step)
	}
	return steps
}

// endedAt is the step that a case came to before it ended without a registration.
func endedAt(k registry.Case) int {
	last := 0
	for _, e := range k.Events {
		switch e.Event {
		case registry.EventAccept:
			last = max(last, 1)
		case registry.EventPassFirstReview:
			last = max(last, 2)
		case registry.EventAssignExperts:
			last = max(last, 3)
		}
	}
	return last
}

func has(events []registry.Event, e registry.Event) bool { return slices.Contains(events, e) }

// showCase is the review page for who fills the sheet in or decides on it, else the progress page.
func (p *Pages) showCase(c *web.Ctx, k registry.Case, form *web.Form, ferr error) error {
	fills := has(k.Allowed, registry.EventSaveReview) || has(k.Allowed, registry.EventPassFirstReview)
	if fills || k.Decision != nil && k.Filing.Technical != nil {
		return p.showReview(c, k, fills, ui.NewAsk(c, form, ferr), ferr)
	}
	return p.showProgress(c, k, ui.NewAsk(c, form, ferr), ferr)
}

// caseStatus is 409 where somebody else was first.
func caseStatus(ferr error) int {
	if fault.Is(ferr, fault.Conflict) {
		return http.StatusConflict
	}
	return ui.FormStatus(ferr)
}

// showReview is the workbench: the registrar fills the sheet in; second review, experts, head and officers read what was answered.
func (p *Pages) showReview(c *web.Ctx, k registry.Case, fills bool, a *ui.Ask, ferr error) error {
	f := k.Filing
	body := Review{
		Back:     view.Link{Label: "登记工作台", Href: "/registry"},
		Heading:  f.Title,
		Tags:     []view.Tag{stateTag(f.State)},
		Sample:   f.Sample,
		IntakeNo: f.IntakeNo,
		Class:    ui.ClassName(ui.FirstOf(f.Class, f.ClaimedClass)),
		Seller:   f.SellerName,
		Buyer:    f.BuyerName,
		Steps:    caseSteps(k),
	}
	if f.Kind == registry.Change {
		body.Tags = append(body.Tags, view.Tag{Label: "变更，原编号 " + f.Number, Tone: view.Warn})
	}
	if f.State.Open() {
		body.Clock = caseClock(k)
	}
	phrases, err := p.Registry.Phrases(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	forms := p.caseForms(k, phrases)
	reading, err := p.Registry.ReadPaper(c.Context(), c.Actor(), k)
	if err != nil {
		return err
	}
	if fills {
		body.Form = reviewForm(c, k, reading, a)
		body.Form.Opinion.Phrases = phrasesFor(phrases, registry.ForOpinion)
	} else {
		body.Answers = readAnswers(k)
		body.Checked, body.Against = factAnswers(k)
		body.Notices = recognitionBlocks(c.Actor(), f)
		if i := slices.IndexFunc(forms, func(b ui.Block) bool { return b.Card }); i >= 0 { // the papers are long: the way to the own step
			body.Step = &view.Action{Label: "到“" + forms[i].Title + "”", Href: "#" + forms[i].ID}
		}
	}
	if body.Form == nil || len(body.Form.Errors.Items) == 0 {
		body.Notices = slices.Concat(refusedStep(c, a, ferr), body.Notices)
	}
	if f.Refusal != nil {
		body.Notices = append(body.Notices, refusalBlock(f, k.Point))
	}
	body.Notices = slices.Concat(body.Notices, p.correctionBlocks(k), changeBlocks(k), readingBlocks(k, reading))
	if !fills && f.State.Open() {
		body.Below = append(body.Below, ui.Block{Parts: view.Parts{deskVerdict(k, len(k.Filing.Review.Unanswered()))}})
	}
	body.Below = slices.Concat(body.Below, forms, p.caseRecord(k))
	ui.Refill(c, body.Below)
	q := c.QueryForm()
	body.Papers = casePapers(k, q.ID("paper"))
	if err = p.findInPaper(c, k, &body.Papers, q); err != nil {
		return err
	}
	return c.RenderStatus(caseStatus(ferr), "certify/review", view.With[Review]{Page: c.Page(f.Title), Body: body})
}

// refusedStep says why a step was not taken.
func refusedStep(c *web.Ctx, a *ui.Ask, ferr error) []ui.Block {
	if a.Notice != nil {
		return []ui.Block{{Parts: view.Parts{a.Notice}}}
	}
	return refusalNotice(c, ferr)
}

// caseRecord is what stands below every case: papers, similar filings, history.
func (p *Pages) caseRecord(k registry.Case) []ui.Block {
	blocks := papersBlock(fmt.Sprintf("/filings/%d", k.Filing.ID), papers.OfFiling(k.Filing))
	if len(k.Similar) > 0 {
		rows, links := view.Rows{Label: "相近的申请"}, view.Links{}
		for _, s := range k.Similar {
			rows.Items = append(rows.Items, view.Row{
				Title: view.T(s.Title),
				Href:  fmt.Sprintf("/filings/%d", s.ID),
				Meta:  []string{s.IntakeNo, similarWords(s.Why)},
				Tags:  []view.Tag{stateTag(s.State)},
			})
			links = append(links, view.Link{Label: "与 " + s.IntakeNo + " 的文本逐字对照", Href: fmt.Sprintf("/filings/%d/compare/%d", k.Filing.ID, s.ID)})
		}
		blocks = append(blocks, ui.Block{Title: "相近的申请", Intro: "只是提醒，不说明有问题。", Parts: view.Parts{rows, links}})
	}
	timeline := view.Timeline{}
	for _, e := range slices.Backward(k.Events) {
		ev := view.Event{At: e.At, Who: ui.FirstOf(e.Name, "系统"), What: words.FilingEvent(e.Event), Note: e.Note}
		if e.Internal {
			ev.Who += "（内部）"
		}
		timeline.Events = append(timeline.Events, ev)
	}
	return append(blocks, ui.Block{Title: "经过", Parts: view.Parts{timeline}})
}

// showProgress is the page of a case for the parties, and for the desk before and after the review, with what the reader may do.
func (p *Pages) showProgress(c *web.Ctx, k registry.Case, a *ui.Ask, ferr error) error {
	f := k.Filing
	page := c.Page(f.Title)
	if c.Actor().Staff() || c.Actor().Officer() {
		page.Breadcrumbs = []view.Link{{Label: "登记工作台", Href: "/registry"}}
	} else {
		page.Title = "登记申请" // the contract's name is the crumb before it
		page.Breadcrumbs = []view.Link{{Label: "我的合同", Href: "/contracts"}, {Label: f.Title, Href: fmt.Sprintf("/contracts/%d", f.ContractID)}}
	}
	body := ui.Sheet{
		Heading: view.T(f.Title),
		Tags:    []view.Tag{stateTag(f.State), {Label: ui.ClassName(ui.FirstOf(f.Class, f.ClaimedClass)), Tone: view.Info}},
		Sample:  f.Sample,
		Steps:   caseSteps(k),
		Lead:    "受理编号 " + f.IntakeNo,
	}
	if f.Kind == registry.Change {
		body.Tags = append(body.Tags, view.Tag{Label: "变更，原编号 " + f.Number, Tone: view.Warn})
	}
	if f.State.Open() {
		body.Clock = caseClock(k)
	}
	body.Main = refusedStep(c, a, ferr)
	if f.Refusal != nil {
		body.Main = append(body.Main, refusalBlock(f, k.Point))
	}
	body.Main = slices.Concat(body.Main, p.correctionBlocks(k), changeBlocks(k))
	if k.Decision != nil && f.State.Open() && f.State != registry.Correcting { // what is asked for is not in the sheet yet
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{deskVerdict(k, len(k.Filing.Review.Unanswered()))}})
	}
	body.Main = slices.Concat(body.Main, p.caseFacts(c.Actor(), k), p.caseForms(k, nil), p.caseRecord(k))
	return ui.ShowSheetStatus(c, caseStatus(ferr), page, body)
}

func caseClock(k registry.Case) *view.Clock {
	clock := &view.Clock{Left: k.Due.Words}
	switch {
	case k.Due.Illegal, k.Due.Overdue:
		clock.Tone = view.Bad
	case k.Due.Warning:
		clock.Tone = view.Warn
	}
	var notes []string
	if k.Due.TargetOn != nil {
		notes = append(notes, "目标 "+k.Due.TargetOn.Format("1 月 2 日"))
	}
	if k.Due.LegalOn != nil {
		notes = append(notes, "法定期限 "+k.Due.LegalOn.Format("1 月 2 日"))
	}
	clock.Notes = strings.Join(notes, "；")
	if k.Due.Paused {
		clock.Notes += "。补正期间不计时。"
	}
	return clock
}

func similarWords(why string) string {
	switch why {
	case "same_text":
		return "合同文本相同"
	case "same_parties_amount":
		return "双方和金额相同"
	case "split":
		return "同一双方，一年内，合计达到专家评审的金额"
	default:
		return why
	}
}

// deskVerdict says what the rules make of the saved sheet. It promises nothing while a question is open.
func deskVerdict(k registry.Case, open int) view.Notice {
	d := *k.Decision
	n := view.Notice{Tone: view.OK, Title: "按已保存的审查，规则的结论：" + outcomeLabel(d.Outcome)}
	switch {
	case d.Outcome != recognition.Register:
		n.Tone = view.Warn
	case k.Filing.Review.Class == "" || open > 0:
		n.Tone, n.Title = view.Warn, fmt.Sprintf("还有 %d 问没有回答，没有结论", open)
		if k.Filing.Review.Class == "" {
			n.Title = "还没有审查，没有结论"
		}
	}
	for _, r := range d.Rules {
		text := r.Mend
		if len(r.Articles) > 0 {
			text = r.Law + "第 " + ui.Join(r.Articles) + " 条：" + text
		}
		if r.Reason != "" {
			text = r.Reason + "　" + text
		}
		n.Items = append(n.Items, view.Link{Label: text})
	}
	if d.Expert {
		n.Items = append(n.Items, view.Link{Label: "复核后先交专家评审"})
	}
	if claimed := k.Contract.Content.Technical; d.Amounts != nil && claimed > 0 && d.Amounts.Technical > claimed {
		n.Tone = view.Warn
		n.Items = append(n.Items, view.Link{Label: "提示：审查表算出的技术交易额 " + d.Amounts.Technical.Grouped() +
			" 元，高于申请人申报的 " + claimed.Grouped() + " 元，请核对扣除"})
	}
	for _, flag := range d.Flags {
		n.Items = append(n.Items, view.Link{Label: flagLabel(flag)})
	}
	for _, h := range d.Hints {
		n.Items = append(n.Items, view.Link{Label: "提示：" + h.Text + "（" + h.Source + "）"})
	}
	return n
}

func refusalBlock(f registry.Filing, p point.Point) ui.Block {
	n := &view.Notice{Tone: view.Bad, Title: words.FilingState(f.State), Text: f.Refusal.Text}
	for _, code := range f.Refusal.Codes {
		n.Items = append(n.Items, view.Link{Label: code + "　" + ui.FirstOf(ui.Known(codes.Refusal, code), codes.IntakeRefusal.Label(code))})
	}
	if len(f.Refusal.Articles) > 0 {
		n.Items = append(n.Items, view.Link{Label: "依据条款：" + ui.Join(f.Refusal.Articles)})
	}
	if f.Refusal.RightPoint != 0 {
		n.Items = append(n.Items, view.Link{Label: "应到的登记点", Href: fmt.Sprintf("/points/%d", f.Refusal.RightPoint)})
	}
	n.Items = append(n.Items, view.Link{Label: papers.Remedies(p)})
	return ui.Block{Parts: view.Parts{n}}
}

func (p *Pages) correctionBlocks(k registry.Case) []ui.Block {
	corr := k.Filing.Correction
	if corr == nil {
		return nil
	}
	if has(k.Allowed, registry.EventSubmitCorrection) {
		form := view.Form{Action: fmt.Sprintf("/filings/%d/do", k.Filing.ID), Guard: true,
			Hidden: []view.Pair{
				{Name: "event", Value: string(registry.EventSubmitCorrection)},
				{Name: "version", Value: strconv.Itoa(k.Filing.Version)},
			},
			Actions: []view.Action{{Label: "提交补正"}, {Label: "先去修改合同", Href: fmt.Sprintf("/contracts/%d", k.Filing.ContractID), Kind: view.Quiet}}}
		var fields []view.Field
		for i, item := range corr.Items {
			fields = append(
				fields,
				view.Field{
					Kind:     view.Area,
					Name:     web.Row("answers", i, "text"),
					Label:    fmt.Sprintf("%d. %s", i+1, item.Text),
					Hint:     "写明怎样补正的",
					Required: true,
					Rows:     2,
					Value:    item.Answer,
				},
			)
		}
		form.Sections = []view.Section{{Fields: fields}}
		return []ui.Block{{Title: "需要补正（一次性告知）", Intro: "请在 " + corr.DueOn + " 前补齐，逐项答复后提交。补正期间不计办理时限。", Parts: view.Parts{form}}}
	}
	type row = registry.CorrectionItem
	t := ui.Columns[row]{
		ui.TextColumn("要补正的", func(i row) string { return i.Text }),
		ui.TextColumn("申请人的答复", func(i row) string { return ui.FirstOf(i.Answer, "（还没有答复）") }),
	}.Table("补正事项", corr.Items)
	return []ui.Block{{Title: "补正事项", Intro: "告知于 " + view.DayTime(corr.AskedAt) + "，补正期限 " + corr.DueOn +
		declinedWords(corr), Parts: view.Parts{t}}}
}

// declinedWords tells what the applicant declared; a page says no more than what is recorded.
func declinedWords(c *registry.Correction) string {
	if c.Declined == nil {
		return ""
	}
	return "。申请人于 " + view.DayTime(c.Declined.At) + " 声明不补正：" + c.Declined.Text
}

func (p *Pages) caseFiles(k registry.Case) []view.FileItem {
	var files []view.FileItem
	for _, file := range k.Contract.Files {
		files = append(
			files,
			view.FileItem{
				Name: file.Name,
				Href: fmt.Sprintf("/filings/%d/files/%d", k.Filing.ID, file.ID),
				Size: view.FileSize(file.Size),
				Note: ui.FileRoleLabel(file.Role),
			},
		)
	}
	return files
}

// vatNote stands under the VAT-exempt base wherever it is shown: the desk proposes, the tax office decides.
const vatNote = "仅供参考，以税务机关意见为准"

// recognitionBlocks are what the desk found: class, figures, opinions, deductions. Nothing before the first review passed.
func recognitionBlocks(who actor.Actor, f registry.Filing) []ui.Block {
	var blocks []ui.Block
	if f.Technical != nil {
		items := []view.Fact{
			{Label: "类别", Value: ui.ClassName(f.Class)},
			{Label: "合同成交额", Value: ui.AmountWords(*f.Amount), Num: true},
			{Label: "扣除的非技术性费用", Value: f.Deducted.Grouped() + " 元", Num: true},
			{
				Label: "技术交易额",
				Value: ui.AmountWords(*f.Technical),
				Num:   true,
			},
			{Label: "增值税免税基数", Value: f.VATBase.Grouped() + " 元", Num: true, Note: vatNote},
		}
		if f.Review.Opinion != "" {
			items = append(items, view.Fact{Label: "初审意见", Text: view.T(f.Review.Opinion)})
		}
		if f.Review.Second != "" {
			items = append(items, view.Fact{Label: "复核意见", Text: view.T(f.Review.Second)})
		}
		for _, v := range f.Review.Panel {
			items = append(items, expertFact(f.ID, v))
		}
		if f.Number != "" {
			number := view.Fact{Label: "登记编号", Value: f.Number, Num: true, Href: "/registrations/" + f.Number}
			if who.Has(actor.Expert) && !who.Has(actor.Reviewer) && !web.ListMakers().Allows(who) {
				number.Href = "" // an expert reads the cases he was asked about, not the register
			}
			items = append(items, number)
		}
		blocks = append(blocks, ui.Block{Title: "认定结果", Parts: view.Parts{view.Facts{Items: items}}})
		if len(f.Review.Deductions) > 0 {
			blocks = append(blocks, deductionTable(f.Review))
		}
	}
	return blocks
}

// expertFact is one expert's opinion with the paper it was given on.
func expertFact(filing int64, v registry.Vote) view.Fact {
	words := "通过"
	if !v.Pass {
		words = "不通过"
	}
	if v.Void {
		words += "（退回后不再计入）"
	}
	return view.Fact{Label: "专家 " + v.Name, Value: words + "　意见文件",
		Href: fmt.Sprintf("/filings/%d/files/%d", filing, v.Minutes), Note: v.Opinion}
}

func (p *Pages) caseFacts(who actor.Actor, k registry.Case) []ui.Block {
	content := k.Contract.Content
	blocks := recognitionBlocks(who, k.Filing)
	e := content.Elements
	parties := partyFacts(content)
	parties = append(
		parties,
		view.Fact{Label: "内容摘要", Text: view.T(e.Summary)},
		view.Fact{Label: "签订与有效期", Value: ui.ChineseDay(e.SignedOn) + " 签订，" + ui.ChineseDay(e.BeginsOn) + " 至 " + ui.ChineseDay(e.EndsOn)},
		view.Fact{
			Label: "申报成交额",
			Value: ui.AmountWords(e.Amount),
			Note:  e.Foreign.Words(),
			Num:   true,
		},
		view.Fact{Label: "申报技术交易额", Value: ui.AmountWords(content.Technical), Num: true},
		view.Fact{Label: "登记点", Value: k.Point.Name, Href: fmt.Sprintf("/points/%d", k.Point.ID)},
	)
	blocks = append(
		blocks,
		ui.Block{Title: "申报内容", Parts: view.Parts{view.Facts{Items: parties}}},
		ui.Block{Title: "附件", Parts: view.Parts{view.Files(p.caseFiles(k))}},
	)
	return blocks
}

func deductionTable(r registry.Review) ui.Block {
	type row = registry.Deduction
	t := ui.Columns[row]{
		ui.TextColumn("名称", func(d row) string { return d.Name }),
		ui.TextColumn("种类", func(d row) string { return codes.CostKind.Label(d.Kind) }),
		ui.FigureColumn("数量", func(d row) string { return strconv.FormatInt(d.Quantity, 10) }),
		ui.FigureColumn("单位成本（元）", func(d row) string { return d.UnitCost.Grouped() }),
		ui.TextColumn("载体", func(d row) string { return map[bool]string{true: "是", false: "不是"}[d.Granted] }),
		ui.FigureColumn("合理数量", func(d row) string { return strconv.FormatInt(d.Reasonable, 10) }),
		ui.TextColumn("理由", func(d row) string { return d.Reason }),
	}.Table("非技术性费用", r.Deductions)
	return ui.Block{Title: "扣除明细", Parts: view.Parts{t}}
}
