package pages

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/certify/recognition"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/web"
	"techmarket/web/view"
)

func (p *Pages) registryRoutes() []web.Route {
	desk := web.Roles("登记点人员、盟市和自治区管理员", actor.Registrar, actor.Reviewer, actor.PointHead, actor.Expert, actor.LeagueOfficer, actor.RegionOfficer)
	reader := web.Roles("登记点人员、管理员、税务财政、合同双方", actor.Registrar, actor.Reviewer, actor.PointHead, actor.Expert, actor.LeagueOfficer, actor.RegionOfficer,
		actor.TaxReader, actor.Member, actor.OrgAdmin)
	region := web.Roles("自治区管理员", actor.RegionOfficer)
	return []web.Route{
		web.GET("/registry", desk, p.queue),
		web.GET("/filings/:id", reader, p.filing),
		web.POST("/filings/:id/sums", web.Roles("登记员", actor.Registrar), p.reviewSums),
		web.POST("/filings/:id/review", web.Roles("登记员", actor.Registrar), p.saveReview),
		web.POST("/filings/:id/do", reader, p.moveFiling).WithFiles(),
		web.GET("/filings/:id/files/:file", reader, p.filingFile),
		web.GET("/registrations", reader, p.registrations),
		web.GET("/registrations/:number", reader, p.registration),
		web.POST("/registrations/:number/do", reader, p.moveRegistration),
		web.GET("/registrations/:number/certificate", reader, p.certificateFile),
		web.GET("/points", web.Anyone(), p.points),
		web.GET("/points/:id", web.Anyone(), p.point),
		web.POST("/points/:id/state", region, p.setPointState),
		web.GET("/rules", web.Anyone(), p.rules),
		web.GET("/verify", web.Anyone(), p.verify),
		web.GET("/v/:number", web.Anyone(), p.verified),
	}
}

func filingTone(s registry.State) view.Tone {
	switch s {
	case registry.Registered:
		return view.OK
	case registry.Correcting, registry.AwaitingAcceptance, registry.Changing:
		return view.Warn
	case registry.Refused, registry.Declined, registry.Revoked:
		return view.Bad
	case registry.Withdrawn, registry.Cancelled:
		return view.Plain
	default:
		return view.Info
	}
}

func stateTag(s registry.State) view.Tag { return view.Tag{Label: s.Label(), Tone: filingTone(s)} }

func dueTag(d registry.Due) view.Tag {
	t := view.Tag{Label: d.Words}
	switch {
	case d.Illegal, d.Overdue:
		t.Tone = view.Bad
	case d.Warning:
		t.Tone = view.Warn
	}
	return t
}

// queue is the desk's list, by the day that holds.
func (p *Pages) queue(c *web.Ctx) error {
	q := c.QueryForm()
	filter := registry.QueueFilter{Class: q.Text("class"), Mine: q.Bool("mine"), Text: q.Text("q"), Cursor: q.Text("cursor"), DueBefore: q.Text("due"), Limit: 30}
	state := q.Text("state")
	if state != "" {
		filter.States = []registry.State{registry.State(state)}
	}
	page, err := p.Registry.Queue(c.Context(), c.Actor(), filter)
	if err != nil {
		return err
	}
	address := func(change func(url.Values)) string {
		v := url.Values{}
		for _, k := range []string{"class", "mine", "q", "state", "due"} {
			if s := q.Text(k); s != "" {
				v.Set(k, s)
			}
		}
		change(v)
		return "/registry?" + v.Encode()
	}
	tabs := &view.Tabs{Label: "按状态", Items: []view.Link{{Label: "全部在办", Href: address(func(v url.Values) { v.Del("state") }), Current: state == ""}}}
	for _, s := range registry.OpenStates() {
		l := view.Link{Label: s.Label(), Href: address(func(v url.Values) { v.Set("state", string(s)) }), Current: state == string(s)}
		if page.Counts != nil {
			l.Count, l.HasCount = page.Counts[s], true
		}
		tabs.Items = append(tabs.Items, l)
	}
	for _, s := range []registry.State{registry.Registered, registry.Refused, registry.Declined} {
		tabs.Items = append(tabs.Items, view.Link{Label: s.Label(), Href: address(func(v url.Values) { v.Set("state", string(s)) }), Current: state == string(s)})
	}
	t := view.Table{Caption: "登记申请", HideCaption: true, Chooser: "queue", Columns: []view.Column{{Label: "合同"}, {Label: "双方"}, {Label: "类别"}, {Label: "成交额（元）", Numeric: true}, {Label: "状态"}, {Label: "期限"}},
		Empty: view.Empty{Icon: "circle-check", Title: "这里没有申请", Text: "新报送的会出现在“待受理”。"}}
	for _, r := range page.Rows {
		title := view.Cell{Text: r.Title, Href: fmt.Sprintf("/filings/%d", r.ID), Header: true, Note: r.IntakeNo}
		if r.Kind == registry.Change {
			title.Tags = append(title.Tags, view.Tag{Label: "变更", Tone: view.Warn})
		}
		if r.Sample {
			title.Tags = append(title.Tags, sampleTag())
		}
		due := view.Cell{Tags: []view.Tag{dueTag(r.Due)}, Note: r.Due.On.Format("2006-01-02")}
		if !r.State.Open() {
			due = view.Cell{Text: "已办结"}
		}
		t.Rows = append(t.Rows, view.TableRow{Cells: []view.Cell{title, {Text: r.SellerName, Note: "买方 " + r.BuyerName}, {Text: codes.ContractClass.Label(r.Class), Note: r.Class}, {Text: r.ClaimedAmount.Grouped()}, {Tags: []view.Tag{stateTag(r.State)}}, due}})
	}
	if filter.Mine {
		t.Empty.Title, t.Empty.Text = "这里没有您经手的申请", "再点一次“只看我经手的”，看全部。"
	}
	body := Listing{Tabs: tabs, Table: &t, Pager: view.Pager{Total: -1},
		Search: &view.Search{Action: "/registry", Value: filter.Text, Label: "合同名称、单位、受理编号", Hidden: []view.Pair{{Name: "state", Value: state}}}}
	if page.Next != "" {
		body.Pager.Next = address(func(v url.Values) { v.Set("cursor", page.Next) })
	}
	if page.Overdue > 0 && len(filter.States) == 0 { // of all that is open, so not over a list of one state
		body.Notices = []view.Notice{{Tone: view.Warn, Title: fmt.Sprintf("有 %d 件超过了期限", page.Overdue), Text: "含补正逾期的。最急的排在最前。"}}
	}
	head := view.ListHead{Found: len(page.Rows), Unit: "件", OnPage: true}
	mine := view.Chip{Label: "只看我经手的", Href: address(func(v url.Values) { v.Set("mine", "1") })}
	if filter.Mine {
		mine = view.Chip{Label: "只看我经手的", On: true, Href: address(func(v url.Values) { v.Del("mine") })}
	}
	head.Chips = []view.Chip{mine}
	for _, top := range codes.ContractClass.Children("") {
		chip := view.Chip{Label: top.Label, Href: address(func(v url.Values) { v.Set("class", top.Code) })}
		if filter.Class == top.Code {
			chip = view.Chip{Label: top.Label, On: true, Href: address(func(v url.Values) { v.Del("class") })}
		}
		head.Chips = append(head.Chips, chip)
	}
	body.Head = &head
	body.Actions = []view.Action{{Label: "在办时限", Href: "/registry/deadlines", Kind: view.Quiet}, {Label: "登记簿", Href: "/registrations", Kind: view.Quiet}, {Label: "登记清单", Href: "/lists", Kind: view.Quiet}}
	return listPageOf(c, c.Page("登记工作台"), body)
}

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
	}{{registry.AwaitingAcceptance, "受理"}, {registry.InReview, "初审"}, {registry.AwaitingSecondReview, "复核"}, {registry.AwaitingExperts, "专家（大额或有争议）"}, {registry.AwaitingRegistration, "登记"}}
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
		case at < 0 && i == 0 && k.Filing.State != registry.Registered:
			step.State, step.Note = "fail", k.Filing.State.Label()
		}
		if o.state == registry.AwaitingExperts && !k.Large && !k.Filing.Disputed && k.Filing.State != registry.AwaitingExperts {
			step.Note = "不需要"
		}
		steps.Items = append(steps.Items, step)
	}
	return steps
}

func has(events []registry.Event, e registry.Event) bool { return slices.Contains(events, e) }

// showCase is the review page for the desk and the progress page for the parties, after what the reader may do.
func (p *Pages) showCase(c *web.Ctx, k registry.Case, form *web.Form, ferr error) error {
	f := k.Filing
	page := c.Page(f.Title)
	staff := c.Actor().Staff() || c.Actor().Officer()
	if staff {
		page.Breadcrumbs = []view.Link{{Label: "登记工作台", Href: "/registry"}}
	} else {
		page.Title = "登记申请" // the contract's name is the crumb before it
		page.Breadcrumbs = []view.Link{{Label: "我的合同", Href: "/contracts"}, {Label: f.Title, Href: fmt.Sprintf("/contracts/%d", f.ContractID)}}
	}
	body := Sheet{Heading: view.T(f.Title), Tags: []view.Tag{stateTag(f.State), {Label: className(firstOf(f.Class, f.ClaimedClass)), Tone: view.Info}}, Sample: f.Sample, Steps: caseSteps(k)}
	body.Lead = "受理编号 " + f.IntakeNo
	if f.Kind == registry.Change {
		body.Tags = append(body.Tags, view.Tag{Label: "变更，原编号 " + f.Number, Tone: view.Warn})
	}
	if f.State.Open() {
		body.Clock = caseClock(k)
	}
	a := asking(form, ferr)
	if a.notice != nil {
		body.Main = append(body.Main, Block{Notice: a.notice})
	} else if ferr != nil {
		n := &view.Notice{Tone: view.Bad, Title: web.AsFault(ferr).Message}
		for _, field := range web.AsFault(ferr).Fields {
			n.Items = append(n.Items, view.Link{Label: field.Message})
		}
		body.Main = append(body.Main, Block{Notice: n})
	}
	if f.Refusal != nil {
		body.Main = append(body.Main, refusalBlock(f))
	}
	body.Main = append(body.Main, p.correctionBlocks(k)...)
	if k.Decision != nil && f.State.Open() && f.State != registry.Correcting { // what is asked for is not in the sheet yet
		body.Main = append(body.Main, deskVerdict(*k.Decision))
	}
	q := c.QueryForm()
	var desk *view.Desk
	switch {
	case has(k.Allowed, registry.EventSaveReview) || has(k.Allowed, registry.EventPassFirstReview):
		desk = p.reviewDesk(k, a, q.ID("paper"))
	case k.Decision != nil && f.Technical != nil: // second review, experts, head, officers: the papers beside what the registrar answered
		body.Main = append(body.Main, recognitionBlocks(f)...)
		desk = p.readingDesk(k, q.ID("paper"))
	default:
		body.Main = append(body.Main, p.caseFacts(k)...)
	}
	if desk != nil {
		if err := p.findInPaper(c, k, desk, q); err != nil {
			return err
		}
		body.Main = append(body.Main, Block{Desk: desk})
	}
	forms := p.caseForms(k)
	if i := slices.IndexFunc(forms, func(b Block) bool { return b.Card }); i >= 0 && desk != nil { // the papers are long: the way to the reader's own step
		forms[i].ID = "step"
		body.Actions = append(body.Actions, view.Action{Label: "到“" + forms[i].Title + "”", Href: "#step", Kind: view.Quiet, Small: true})
	}
	body.Main = append(body.Main, forms...)
	body.Main = append(body.Main, papersBlock(fmt.Sprintf("/filings/%d", f.ID), registry.OfFiling(f))...)
	if len(k.Similar) > 0 {
		rows := view.Rows{Label: "相近的申请"}
		for _, s := range k.Similar {
			rows.Items = append(rows.Items, view.Row{Title: view.T(s.Title), Href: fmt.Sprintf("/filings/%d", s.ID), Meta: []string{s.IntakeNo, similarWords(s.Why)}, Tags: []view.Tag{stateTag(s.State)}})
		}
		body.Main = append(body.Main, Block{Title: "相近的申请", Intro: "只是提醒，不说明有问题。", Rows: &rows})
	}
	timeline := &view.Timeline{}
	for _, e := range slices.Backward(k.Events) {
		ev := view.Event{At: e.At, Who: e.Name, What: e.Event.Label(), Note: e.Note}
		if e.Name == "" {
			ev.Who = "系统"
		}
		if e.Internal {
			ev.Who += "（内部）"
		}
		timeline.Events = append(timeline.Events, ev)
	}
	body.Main = append(body.Main, Block{Title: "经过", Events: timeline})
	status := 200
	if ferr != nil {
		status = 422
		if fault.Is(ferr, fault.Conflict) {
			status = 409
		}
	}
	return sheetStatus(c, status, page, body)
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
	default:
		return why
	}
}

// deskVerdict says what the rules make of the saved sheet.
func deskVerdict(d recognition.Decision) Block {
	n := &view.Notice{Tone: view.OK, Title: "按已保存的审查，规则的结论：" + outcomeLabel(d.Outcome)}
	if d.Outcome != recognition.Register {
		n.Tone = view.Warn
	}
	for _, r := range d.Rules {
		text := r.Mend
		if len(r.Articles) > 0 {
			text = r.Law + "第 " + join(r.Articles) + " 条：" + text
		}
		if r.Reason != "" {
			text = r.Reason + "　" + text
		}
		n.Items = append(n.Items, view.Link{Label: text})
	}
	if d.Expert {
		n.Items = append(n.Items, view.Link{Label: "复核后先交专家评审"})
	}
	for _, flag := range d.Flags {
		n.Items = append(n.Items, view.Link{Label: flagLabel(flag)})
	}
	return Block{Notice: n}
}

func refusalBlock(f registry.Filing) Block {
	n := &view.Notice{Tone: view.Bad, Title: f.State.Label(), Text: f.Refusal.Text}
	for _, code := range f.Refusal.Codes {
		n.Items = append(n.Items, view.Link{Label: code + "　" + firstOf(known(codes.Refusal, code), codes.IntakeRefusal.Label(code))})
	}
	if len(f.Refusal.Articles) > 0 {
		n.Items = append(n.Items, view.Link{Label: "依据条款：" + join(f.Refusal.Articles)})
	}
	if f.Refusal.RightPoint != 0 {
		n.Items = append(n.Items, view.Link{Label: "应到的登记点", Href: fmt.Sprintf("/points/%d", f.Refusal.RightPoint)})
	}
	n.Items = append(n.Items, view.Link{Label: "对决定不服的，可以依法申请行政复议（认定登记管理办法第十三条）"})
	return Block{Notice: n}
}

func known(l codes.List, code string) string {
	if l.Has(code) {
		return l.Label(code)
	}
	return ""
}

func (p *Pages) correctionBlocks(k registry.Case) []Block {
	corr := k.Filing.Correction
	if corr == nil {
		return nil
	}
	if has(k.Allowed, registry.EventSubmitCorrection) {
		form := view.Form{Action: fmt.Sprintf("/filings/%d/do", k.Filing.ID), Guard: true,
			Hidden:  []view.Pair{{Name: "event", Value: string(registry.EventSubmitCorrection)}, {Name: "version", Value: strconv.Itoa(k.Filing.Version)}},
			Actions: []view.Action{{Label: "提交补正"}, {Label: "先去修改合同", Href: fmt.Sprintf("/contracts/%d", k.Filing.ContractID), Kind: view.Quiet}}}
		var fields []view.Field
		for i, item := range corr.Items {
			fields = append(fields, view.Field{Kind: view.Area, Name: web.Row("answers", i, "text"), Label: fmt.Sprintf("%d. %s", i+1, item.Text), Hint: "写明怎样补正的", Required: true, Rows: 2, Value: item.Answer})
		}
		form.Sections = []view.Section{{Fields: fields}}
		return []Block{{Title: "需要补正（一次性告知）", Intro: "请在 " + corr.DueOn + " 前补齐，逐项答复后提交。补正期间不计办理时限。", Forms: []view.Form{form}}}
	}
	t := view.Table{Caption: "补正事项", HideCaption: true, Columns: []view.Column{{Label: "要补正的"}, {Label: "申请人的答复"}}}
	for _, item := range corr.Items {
		t.Rows = append(t.Rows, view.TableRow{Cells: []view.Cell{{Text: item.Text, Header: true}, {Text: firstOf(item.Answer, "（还没有答复）")}}})
	}
	return []Block{{Title: "补正事项", Intro: "告知于 " + view.DayTime(corr.AskedAt) + "，补正期限 " + corr.DueOn, Table: &t}}
}

func (p *Pages) caseFiles(k registry.Case) []view.FileItem {
	var files []view.FileItem
	for _, file := range k.Contract.Files {
		files = append(files, view.FileItem{Name: file.Name, Href: fmt.Sprintf("/filings/%d/files/%d", k.Filing.ID, file.ID), Size: fileSize(file.Size), Note: fileRoleLabel(file.Role)})
	}
	return files
}

// vatNote stands under the VAT-exempt base wherever it is shown: the desk proposes, the tax office decides.
const vatNote = "仅供参考，以税务机关意见为准"

// recognitionBlocks are what the desk found: class, figures, opinions, deductions. Nothing before the first review passed.
func recognitionBlocks(f registry.Filing) []Block {
	var blocks []Block
	if f.Technical != nil {
		items := []view.Fact{{Label: "类别", Value: className(f.Class)}, {Label: "合同成交额", Value: amountWords(*f.Amount), Num: true}, {Label: "扣除的非技术性费用", Value: f.Deducted.Grouped() + " 元", Num: true},
			{Label: "技术交易额", Value: amountWords(*f.Technical), Num: true}, {Label: "增值税免税基数", Value: f.VATBase.Grouped() + " 元", Num: true, Note: vatNote}}
		if f.Review.Opinion != "" {
			items = append(items, view.Fact{Label: "初审意见", Text: view.T(f.Review.Opinion)})
		}
		if f.Review.Second != "" {
			items = append(items, view.Fact{Label: "复核意见", Text: view.T(f.Review.Second)})
		}
		if f.Review.Experts != "" {
			items = append(items, view.Fact{Label: "专家意见", Text: view.T(f.Review.Experts)})
		}
		if f.Number != "" {
			items = append(items, view.Fact{Label: "登记编号", Value: f.Number, Num: true, Href: "/registrations/" + f.Number})
		}
		blocks = append(blocks, Block{Title: "认定结果", Facts: &view.Facts{Items: items}})
		if len(f.Review.Deductions) > 0 {
			blocks = append(blocks, deductionTable(f.Review))
		}
	}
	return blocks
}

func (p *Pages) caseFacts(k registry.Case) []Block {
	content := k.Contract.Content
	blocks := recognitionBlocks(k.Filing)
	e := content.Elements
	parties := []view.Fact{{Label: "卖方", Value: content.Seller.Name, Note: partyNote(content.Seller)}}
	for _, b := range content.Buyers {
		parties = append(parties, view.Fact{Label: "买方", Value: b.Name, Note: partyNote(b)})
	}
	parties = append(parties, view.Fact{Label: "内容摘要", Text: view.T(e.Summary)}, view.Fact{Label: "签订与有效期", Value: chineseDay(e.SignedOn) + " 签订，" + chineseDay(e.BeginsOn) + " 至 " + chineseDay(e.EndsOn)},
		view.Fact{Label: "申报成交额", Value: amountWords(e.Amount), Num: true}, view.Fact{Label: "申报技术交易额", Value: amountWords(content.Technical), Num: true},
		view.Fact{Label: "登记点", Value: k.Point.Name, Href: fmt.Sprintf("/points/%d", k.Point.ID)})
	blocks = append(blocks, Block{Title: "申报内容", Facts: &view.Facts{Items: parties}}, Block{Title: "附件", Files: p.caseFiles(k)})
	return blocks
}

func deductionTable(r registry.Review) Block {
	t := view.Table{Caption: "非技术性费用", HideCaption: true, Columns: []view.Column{{Label: "名称"}, {Label: "种类"}, {Label: "数量", Numeric: true}, {Label: "单位成本（元）", Numeric: true}, {Label: "载体"}, {Label: "合理数量", Numeric: true}, {Label: "理由"}}}
	for _, d := range r.Deductions {
		granted := "不是"
		if d.Granted {
			granted = "是"
		}
		t.Rows = append(t.Rows, view.TableRow{Cells: []view.Cell{{Text: d.Name, Header: true}, {Text: codes.CostKind.Label(d.Kind)}, {Text: strconv.FormatInt(d.Quantity, 10)}, {Text: d.UnitCost.Grouped()}, {Text: granted}, {Text: strconv.FormatInt(d.Reasonable, 10)}, {Text: d.Reason}}})
	}
	return Block{Title: "扣除明细", Table: &t}
}

// papersDesk is the left of the workbench: what was filed, and each paper with the browser's own viewer.
func (p *Pages) papersDesk(k registry.Case, open int64) *view.Desk {
	f, content := k.Filing, k.Contract.Content
	facts := []view.Fact{{Label: "卖方", Value: content.Seller.Name, Note: partyNote(content.Seller)}}
	for _, b := range content.Buyers {
		facts = append(facts, view.Fact{Label: "买方", Value: b.Name, Note: partyNote(b)})
	}
	e := content.Elements
	facts = append(facts, view.Fact{Label: "申报类别", Value: className(e.ClassCode)}, view.Fact{Label: "成交额", Value: amountWords(e.Amount), Num: true},
		view.Fact{Label: "申报技术交易额", Value: amountWords(content.Technical), Num: true}, view.Fact{Label: "有效期", Value: string(e.BeginsOn) + " 至 " + string(e.EndsOn), Num: true},
		view.Fact{Label: "形式", Value: map[string]string{"paper": "纸质", "electronic": "电子", "oral": "口头"}[e.Medium]}, view.Fact{Label: "知识产权归属", Text: view.T(e.OwnershipTerms)})
	d := view.Desk{Paper: view.Paper{Title: e.Name, Facts: &view.Facts{Items: facts}}}
	for _, para := range strings.Split(e.Summary, "\n") {
		if para = strings.TrimSpace(para); para != "" {
			d.Paper.Paras = append(d.Paper.Paras, view.T(para))
		}
	}
	here := fmt.Sprintf("/filings/%d", f.ID)
	d.Papers = []view.Link{{Label: "申报内容", Href: here, Current: open == 0}}
	for _, file := range k.Contract.Files {
		link := view.Link{Label: fileRoleLabel(file.Role), Href: fmt.Sprintf("%s?paper=%d", here, file.ID), Current: open == file.ID}
		d.Papers = append(d.Papers, link)
		if link.Current {
			address := fmt.Sprintf("%s/files/%d", here, file.ID)
			d.Paper = view.Paper{Title: fileRoleLabel(file.Role), File: &view.FileItem{Name: file.Name, Href: address, Size: fileSize(file.Size)}}
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
func (p *Pages) reviewDesk(k registry.Case, a *ask, open int64) *view.Desk {
	f, content := k.Filing, k.Contract.Content
	d := p.papersDesk(k, open)
	r := f.Review
	if r.Class == "" { // nothing saved yet: the desk starts from the applicant's figures, no carrier granted
		r.Class, r.Amount, r.Biological, r.Tied = content.Elements.ClassCode, content.Elements.Amount, content.Elements.Biological, content.Elements.Tied
		for _, row := range content.Costs {
			r.Deductions = append(r.Deductions, registry.Deduction{Kind: row.Kind, Name: row.Name, Quantity: row.Quantity, UnitCost: row.UnitCost, Claimed: row.Carrier})
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
		q := view.Question{Name: "finding-" + rule.ID, Ask: rule.Question, Article: article(rule), Error: a.errors["finding-"+rule.ID],
			Options: []view.Option{{Value: "yes", Label: "是", Hint: "no"}, {Value: "no", Label: "否", Hint: "yes"}}}
		x, ok := found[rule.ID]
		switch {
		case a.form != nil:
			q.Value = a.form.Text(q.Name)
		case ok:
			q.Value, q.Where = "yes", x.Place
		case slices.Contains(r.Cleared, rule.ID):
			q.Value = "no"
		}
		if q.Value == "yes" {
			q.Note = &view.Field{Name: "place-" + rule.ID, Label: "在文本的何处、怎样写", List: "places", Value: a.value("place-"+rule.ID, x.Place)}
		}
		d.Questions = append(d.Questions, q)
	}
	d.Sums = deskSums(f.ID, r)
	sheetFields := []view.Field{
		a.choose("class", "认定类别", r.Class, classOptions(), required), a.yuan("amountFen", "文本写明的成交额", r.Amount, hint("价款空白的填 0")),
		a.checks("biological", "生物技术", boolList(r.Biological), []view.Option{{Value: "yes", Label: "含菌种、品种，价值留在 V"}}),
		a.checks("tied", "配套", boolList(r.Tied), []view.Option{{Value: "yes", Label: "属转让、开发合同的配套咨询或服务"}}),
		a.checks("disputed", "争议", boolList(r.Disputed), []view.Option{{Value: "yes", Label: "有争议，交专家评审"}}),
	}
	rows := repeat(a, "非技术性费用", "不是技术载体的全额扣除；是载体的，超过合理数量的部分扣除。", "deductions", len(r.Deductions), 100, func(i int) []view.Field {
		x := at(r.Deductions, i)
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
			a.choose(row("kind"), fmt.Sprintf("费用 %d 种类", i+1), x.Kind, append([]view.Option{{Label: "无"}}, listOptions(codes.CostKind, "")...)),
			a.text(row("name"), "名称", x.Name, hint(claim)), a.text(row("quantity"), "数量", quantity), a.yuan(row("unitCostFen"), "单位成本", x.UnitCost, width("")),
			a.checks(row("granted"), "载体", boolList(x.Granted), []view.Option{{Value: "yes", Label: "同意是技术载体"}}),
			a.text(row("reasonable"), "合理数量", reasonable), a.text(row("reason"), "理由", x.Reason)}
	})
	d.Form = view.Form{Action: fmt.Sprintf("/filings/%d/review", f.ID), Hidden: []view.Pair{{Name: "version", Value: a.value("version", strconv.Itoa(f.Version))}},
		Sections: slices.Concat([]view.Section{{Title: "金额与类别", Fields: sheetFields}}, rows,
			[]view.Section{{Title: "意见", Fields: []view.Field{a.area("opinion", "初审意见", r.Opinion, lines(3), limit(2000), hint("为什么认定为这一类、怎样确定技术交易额"))}}}),
		Actions: []view.Action{{Label: "初审通过", Name: "then", Value: "pass", Key: "P"}, {Label: "保存并计算", Name: "then", Value: "save", Kind: view.Quiet, Key: "S"}}}
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
		d.Find.Hits = append(d.Find.Hits, view.PaperHit{Page: fmt.Sprintf("第 %d 页", h.Page), Before: h.Before, Match: h.Match, After: h.After, Href: here + "?" + v.Encode(), Place: h.Place()})
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
	return c.RenderFragment("", "sums", *deskSums(k.Filing.ID, readReview(f)))
}

func article(r recognition.Rule) string {
	if len(r.Articles) == 0 {
		return r.Law
	}
	return r.Law + "第 " + join(r.Articles) + " 条"
}

// deskSums is N and T of the saved sheet, by the function that decides.
func deskSums(filing int64, r registry.Review) *view.Sums {
	post := fmt.Sprintf("/filings/%d/sums", filing)
	var costs []recognition.Cost
	for _, d := range r.Deductions {
		costs = append(costs, recognition.Cost{Name: d.Name, Kind: d.Kind, Quantity: d.Quantity, Unit: d.UnitCost, Carrier: d.Granted, Reasonable: d.Reasonable, Reason: d.Reason})
	}
	amounts, err := recognition.Compute(r.Class, r.Amount, costs, r.Biological, r.Tied)
	if err != nil {
		return &view.Sums{Title: "技术交易额核定", Label: web.AsFault(err).Message, Post: post, Form: "review"}
	}
	s := &view.Sums{Post: post, Form: "review", Title: "技术交易额核定", Total: amounts.Technical, Label: "技术交易额 = 成交额 " + amounts.Contract.Grouped() + " − 扣除 " + amounts.Deducted.Grouped() + "；增值税免税基数 " + amounts.VATBase.Grouped()}
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
	r := registry.Review{Class: f.Text("class"), Amount: f.Yuan("amountFen"), Biological: f.Bool("biological"), Tied: f.Bool("tied"), Disputed: f.Bool("disputed"), Opinion: f.Text("opinion"),
		Findings: []registry.Finding{}, Deductions: []registry.Deduction{}}
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
		d := registry.Deduction{Kind: f.Text(row("kind")), Name: f.Text(row("name")), Quantity: int64(f.Int(row("quantity"))), UnitCost: f.Yuan(row("unitCostFen")),
			Granted: f.Bool(row("granted")), Reasonable: int64(f.Int(row("reasonable"))), Reason: f.Text(row("reason"))}
		if d != (registry.Deduction{}) {
			r.Deductions = append(r.Deductions, d)
		}
	}
	return r
}

func (p *Pages) saveReview(c *web.Ctx) error {
	k, err := p.readCase(c)
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	review := readReview(f)
	claimed := map[string]bool{}
	for _, row := range k.Contract.Content.Costs {
		claimed[row.Name] = row.Carrier
	}
	for i := range review.Deductions {
		review.Deductions[i].Claimed = claimed[review.Deductions[i].Name]
	}
	ref := registry.Ref{ID: k.Filing.ID, Version: f.Int("version")}
	if f.Text("then") == "pass" { // a decision needs every question answered; work in progress does not
		for _, rule := range recognition.Checklist(review.Class) {
			if rule.Finding && f.Text("finding-"+rule.ID) == "" {
				f.Errors.Add("finding-"+rule.ID, "unanswered", "请回答这一问")
			}
		}
	}
	if err = formErr(f); err == nil {
		var saved registry.Filing
		if saved, err = p.Registry.SaveReview(c.Context(), c.Actor(), ref, review); err == nil {
			ref.Version = saved.Version
			if f.Text("then") == "pass" {
				if _, err = p.Registry.PassFirstReview(c.Context(), c.Actor(), ref); err == nil {
					c.Flash(view.OK, "初审通过，已交复核。")
					return c.See("/registry")
				}
				// The sheet is saved; only the decision was refused. Show the newest version with the reason.
				if fresh, rerr := p.readCase(c); rerr == nil && refused(err) {
					return p.showCase(c, fresh, nil, err)
				}
			} else {
				c.Flash(view.OK, "已保存并计算。")
				return c.See(fmt.Sprintf("/filings/%d", ref.ID))
			}
		}
	}
	if refused(err) {
		return p.showCase(c, k, f, err)
	}
	return err
}

// secondReviewWords says where the case goes after the second review, and by whose rule.
func secondReviewWords(k registry.Case) string {
	from := "技术交易额 " + k.Experts.Short() + "以上"
	if k.Point.ExpertsFrom == k.Experts {
		from += "（本登记点设定）"
	}
	next := "本件通过后直接待登记。"
	if k.Large || k.Filing.Disputed {
		next = "本件通过后先交专家评审。"
	}
	if k.Point.SecondReview == registry.ReviewerOrHead {
		next += "复核由复核员或负责人办理，复核的负责人不再登记本件。"
	}
	return from + "或有争议的，复核后先交专家评审。" + next
}

// caseForms are the steps that need words, folded below.
func (p *Pages) caseForms(k registry.Case) []Block {
	f := k.Filing
	post := fmt.Sprintf("/filings/%d/do", f.ID)
	make := func(event registry.Event, label string, kind view.Kind, fields ...view.Field) view.Form {
		form := view.NewForm(post, label, fields...)
		form.Hidden = []view.Pair{{Name: "event", Value: string(event)}, {Name: "version", Value: strconv.Itoa(f.Version)}}
		form.Actions[0].Kind = kind
		for i := range form.Sections[0].Fields { // several forms on one page: ids must differ
			field := &form.Sections[0].Fields[i]
			field.ID = string(event) + "-" + field.Name
		}
		return form
	}
	reasons := func(l codes.List) []view.Option {
		var out []view.Option
		for _, it := range l.Items() {
			out = append(out, view.Option{Value: it.Code, Label: it.Code + "　" + it.Label})
		}
		return out
	}
	area := func(name, label, hint string, required bool) view.Field {
		return view.Field{Kind: view.Area, Name: name, Label: label, Hint: hint, Required: required, Rows: 3, Max: 2000}
	}
	var blocks []Block
	for _, e := range k.Allowed {
		switch e {
		case registry.EventAccept:
			blocks = append(blocks, Block{Card: true, Title: "受理", Intro: "材料齐全、属于本登记点的，予以受理，从今天起计算办理时限。", Forms: []view.Form{make(e, "受理", view.Primary)}})
		case registry.EventDeclineIntake:
			blocks = append(blocks, Block{Fold: "不予受理…", Forms: []view.Form{make(e, "不予受理", view.Danger,
				view.Field{Kind: view.Radio, Name: "code", Label: "理由", Required: true, Options: reasons(codes.IntakeRefusal)}, area("text", "说明", "写给申请人", true))}})
		case registry.EventRequestCorrection:
			blocks = append(blocks, Block{Fold: "一次性告知补正…", Intro: "只能告知一次，请把要补的全部写上。", Forms: []view.Form{make(e, "告知补正", view.Primary,
				area("items", "要补正的事项", "一行一项，写明缺什么、怎样补", true), view.Field{Kind: view.Select, Name: "code", Label: "逾期不补正时的理由", Options: append([]view.Option{{Label: "不指定"}}, reasons(codes.Refusal)...)})}})
		case registry.EventLapseCorrection:
			blocks = append(blocks, Block{Fold: "逾期或拒不补正，不予登记…", Forms: []view.Form{make(e, "不予登记", view.Danger, refusalFields(reasons(codes.Refusal), area)...)}})
		case registry.EventRefuse:
			blocks = append(blocks, Block{Fold: "不予登记…", Forms: []view.Form{make(e, "不予登记", view.Danger, refusalFields(reasons(codes.Refusal), area)...)}})
		case registry.EventPassSecondReview:
			blocks = append(blocks, Block{Card: true, Title: "复核", Intro: secondReviewWords(k), Forms: []view.Form{make(e, "复核通过", view.Primary, area("text", "复核意见", "", true))}})
		case registry.EventReturnToReview:
			blocks = append(blocks, Block{Fold: "退回初审…", Forms: []view.Form{make(e, "退回初审", view.Quiet, area("text", "退回的理由", "", true))}})
		case registry.EventPassExperts, registry.EventRejectByExperts:
			label, kind := "专家通过", view.Primary
			fields := []view.Field{area("opinion", "专家意见", "", true), {Kind: view.File, Name: "minutes", Label: "专家意见文件", Required: true, Accept: ".pdf,.docx"}}
			if e == registry.EventRejectByExperts {
				label, kind = "专家否决", view.Danger
				fields = append(fields, refusalFields(reasons(codes.Refusal), area)...)
			}
			form := make(e, label, kind, fields...)
			form.Multipart = true
			if e == registry.EventPassExperts {
				blocks = append(blocks, Block{Card: true, Title: "专家评审", Intro: "写明对标的、类别和金额的意见，并附专家意见书或会议纪要。", Forms: []view.Form{form}})
			} else {
				blocks = append(blocks, Block{Fold: label + "…", Forms: []view.Form{form}})
			}
		case registry.EventRegister:
			var fields []view.Field
			intro := "编号由本登记点的序列产生；证明、登记簿和统计同时写入。"
			if k.Point.NumberSource == registry.NationalNumbers {
				fields = append(fields, view.Field{Name: "national", Label: "全国系统的 16 位登记编号", Required: true, Width: "m", InputMode: "numeric"})
				intro = "本登记点使用全国系统的编号，请录入；证明、登记簿和统计同时写入。"
			}
			blocks = append(blocks, Block{Card: true, Title: "登记", Intro: intro, Forms: []view.Form{make(e, "登记并发证", view.Primary, fields...)}})
		case registry.EventRegisterChange:
			blocks = append(blocks, Block{Card: true, Title: "变更登记", Intro: "编号不变，版本加一；与上一版的差额记入本期。", Forms: []view.Form{make(e, "变更登记并换发证明", view.Primary)}})
		case registry.EventWithdraw:
			blocks = append(blocks, Block{Fold: "撤回申请…", Forms: []view.Form{make(e, "撤回", view.Danger, area("text", "撤回的原因", "", false))}})
		case registry.EventOpenReconsideration, registry.EventOpenReRecognition, registry.EventConcludeReexamination:
			blocks = append(blocks, Block{Fold: e.Label() + "…", Forms: []view.Form{make(e, e.Label(), view.Quiet, area("text", "说明", "", true))}})
		}
	}
	return blocks
}

func refusalFields(reasons []view.Option, area func(name, label, hint string, required bool) view.Field) []view.Field {
	return []view.Field{
		{Kind: view.Check, Name: "codes", Label: "理由代码", Required: true, Options: reasons},
		{Name: "articles", Label: "认定规则条款", Hint: "例如 42-1；多条用顿号隔开", Width: "m"},
		area("text", "理由", "写给申请人，说明哪一处不符合", true),
	}
}

func readRefusal(f *web.Form) registry.Refusal {
	return registry.Refusal{Codes: f.List("codes"), Articles: f.Lines("articles"), Text: f.Text("text")}
}

func (p *Pages) moveFiling(c *web.Ctx) error {
	k, err := p.readCase(c)
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	ref := registry.Ref{ID: k.Filing.ID, Version: f.Int("version")}
	ctx, who, s := c.Context(), c.Actor(), p.Registry
	back := fmt.Sprintf("/filings/%d", ref.ID)
	event := registry.Event(f.Text("event"))
	minutes := func() (int64, error) { return p.upload(c, f, "minutes", "minutes") }
	switch event {
	case registry.EventAccept:
		_, err = s.Accept(ctx, who, ref)
	case registry.EventDeclineIntake:
		_, err = s.DeclineIntake(ctx, who, ref, f.Text("code"), f.Text("text"))
	case registry.EventRequestCorrection:
		var items []registry.CorrectionItem
		for _, line := range strings.Split(f.Text("items"), "\n") {
			if line = strings.TrimSpace(line); line != "" {
				items = append(items, registry.CorrectionItem{Text: line, Reason: f.Text("code")})
			}
		}
		_, err = s.RequestCorrection(ctx, who, ref, items)
	case registry.EventSubmitCorrection:
		var answers []string
		for i := range k.Filing.Correction.Items {
			answers = append(answers, f.Text(web.Row("answers", i, "text")))
		}
		_, err = s.SubmitCorrection(ctx, who, ref, answers)
	case registry.EventLapseCorrection:
		_, err = s.LapseCorrection(ctx, who, ref, readRefusal(f), true)
	case registry.EventRefuse:
		_, err = s.Refuse(ctx, who, ref, readRefusal(f))
	case registry.EventPassSecondReview:
		_, err = s.PassSecondReview(ctx, who, ref, f.Text("text"))
	case registry.EventReturnToReview:
		_, err = s.ReturnToReview(ctx, who, ref, f.Text("text"))
	case registry.EventPassExperts:
		var id int64
		if id, err = minutes(); err == nil {
			_, err = s.PassExperts(ctx, who, ref, f.Text("opinion"), id)
		}
	case registry.EventRejectByExperts:
		var id int64
		if id, err = minutes(); err == nil {
			_, err = s.RejectByExperts(ctx, who, ref, readRefusal(f), f.Text("opinion"), id)
		}
	case registry.EventRegister, registry.EventRegisterChange:
		var reg registry.Registration
		if reg, err = s.Register(ctx, who, ref, f.Text("national")); err == nil {
			back = "/registrations/" + reg.Number
		}
	case registry.EventWithdraw:
		_, err = s.Withdraw(ctx, who, ref, f.Text("text"))
	case registry.EventOpenReconsideration:
		_, err = s.OpenFilingReconsideration(ctx, who, ref, f.Text("text"))
	case registry.EventOpenReRecognition:
		_, err = s.OpenFilingReRecognition(ctx, who, ref, f.Text("text"))
	case registry.EventConcludeReexamination:
		_, err = s.ConcludeFiling(ctx, who, ref, f.Text("text"))
	default:
		err = fault.New(fault.Invalid, "unknown_event", "没有这一步，请刷新页面后再试。")
	}
	if err != nil {
		if refused(err) || fault.Is(err, fault.Forbidden) {
			return p.showCase(c, k, nil, err)
		}
		return err
	}
	c.Flash(view.OK, "已办："+event.Label()+"。")
	return c.See(back)
}

func (p *Pages) filingFile(c *web.Ctx) error {
	k, err := p.readCase(c)
	if err != nil {
		return err
	}
	id, err := c.ID("file")
	if err != nil {
		return err
	}
	for _, file := range k.Contract.Files {
		if file.ID == id {
			return p.sendFile(c, id)
		}
	}
	if k.Filing.Review.Minutes == id {
		return p.sendFile(c, id)
	}
	return fault.New(fault.NotFound, "file", "这件申请里没有这个文件。")
}

func (p *Pages) registrations(c *web.Ctx) error {
	q := c.QueryForm()
	page, err := p.Registry.Registrations(c.Context(), c.Actor(), registry.RegistrationFilter{Text: q.Text("q"), Class: q.Text("class"), Cursor: q.Text("cursor"), Limit: 30})
	if err != nil {
		return err
	}
	t := view.Table{Caption: "登记簿", HideCaption: true, Columns: []view.Column{{Label: "合同"}, {Label: "双方"}, {Label: "成交额（元）", Numeric: true}, {Label: "技术交易额（元）", Numeric: true}, {Label: "登记日期"}, {Label: "状态"}},
		Empty: view.Empty{Title: "没有登记", Text: "换一个条件再查。"}}
	for _, r := range page.Rows {
		t.Rows = append(t.Rows, view.TableRow{Cells: registrationCells(r)})
	}
	body := Listing{Table: &t, Pager: view.Pager{Total: -1}, Search: &view.Search{Action: "/registrations", Value: q.Text("q"), Label: "编号、合同名称或单位"}}
	if page.Next != "" {
		v := c.Query()
		v.Set("cursor", page.Next)
		body.Pager.Next = "/registrations?" + v.Encode()
	}
	body.Actions = registerActions(c)
	return listPageOf(c, c.Page("登记簿"), body)
}

// registrationCells are a row of the register as the desk's are: the contract with its number, then who and how much.
func registrationCells(r registry.Registration) []view.Cell {
	title := view.Cell{Text: r.Title, Href: "/registrations/" + r.Number, Header: true, Note: r.Number + "　" + codes.ContractClass.Label(r.Class)}
	if r.Sample {
		title.Tags = []view.Tag{sampleTag()}
	}
	return []view.Cell{title, {Text: r.SellerName, Note: "买方 " + r.BuyerName}, {Text: r.Amount.Grouped()}, {Text: r.Technical.Grouped()},
		{Text: r.RegisteredOn.Format("2006-01-02")}, {Tags: []view.Tag{stateTag(r.State)}}}
}

func (p *Pages) registration(c *web.Ctx) error { return p.showRegistration(c, nil) }

func (p *Pages) showRegistration(c *web.Ctx, ferr error) error {
	d, err := p.Registry.Dossier(c.Context(), c.Actor(), c.Param("number"))
	if err != nil {
		return err
	}
	r := d.Registration
	page := c.Page(r.Title)
	page.Breadcrumbs = []view.Link{{Label: "登记簿", Href: "/registrations"}}
	body := Sheet{Heading: view.T(r.Title), Lead: "登记编号 " + r.Number, Tags: []view.Tag{stateTag(r.State), {Label: className(r.Class), Tone: view.Info}}, Sample: r.Sample}
	if ferr != nil {
		n := &view.Notice{Tone: view.Bad, Title: web.AsFault(ferr).Message}
		for _, field := range web.AsFault(ferr).Fields {
			n.Items = append(n.Items, view.Link{Label: field.Message})
		}
		body.Main = append(body.Main, Block{Notice: n})
	}
	if r.CancelRequest != nil {
		body.Main = append(body.Main, Block{Notice: &view.Notice{Tone: view.Warn, Title: "申请人已申请注销", Text: r.CancelRequest.Reason + "（" + r.CancelRequest.On + "）"}})
	}
	if r.Ending != nil {
		body.Main = append(body.Main, Block{Notice: &view.Notice{Tone: view.Bad, Title: r.State.Label() + "于 " + r.Ending.On, Text: r.Ending.Reason}})
	}
	body.Main = append(body.Main, Block{Title: "登记内容", Facts: &view.Facts{Items: []view.Fact{
		{Label: "卖方", Value: r.SellerName, Note: region.FullName(r.SellerDivision)}, {Label: "买方", Value: r.BuyerName, Note: region.FullName(r.BuyerDivision)},
		{Label: "合同成交额", Value: amountWords(r.Amount), Num: true, Note: r.Amount.Han()}, {Label: "技术交易额", Value: amountWords(r.Technical), Num: true, Note: r.Technical.Han()},
		{Label: "已核定技术性收入", Value: r.Income.Grouped() + " 元", Num: true}, {Label: "增值税免税基数", Value: r.VATBase.Grouped() + " 元", Num: true, Note: vatNote},
		{Label: "技术领域", Value: codes.Field.Label(r.Field)}, {Label: "登记点", Value: d.Point.Name, Href: fmt.Sprintf("/points/%d", d.Point.ID)}, {Label: "登记日期", Value: r.RegisteredOn.Format("2006 年 1 月 2 日")}, {Label: "版本", Value: fmt.Sprintf("第 %d 版", r.Version)},
	}}})
	certs := view.Table{Caption: "证明", HideCaption: true, Columns: []view.Column{{Label: "版本"}, {Label: "签发"}, {Label: "状态"}, {Label: "校验码"}, {Label: "文件"}}}
	for _, k := range d.Certificates {
		file := view.Cell{Text: "正在生成", Note: "稍后刷新"}
		if k.Failure != "" {
			file = view.Cell{Text: "没有生成", Note: k.Failure, Tags: []view.Tag{{Label: "需要处理", Tone: view.Bad}}}
		}
		if k.FileID != 0 {
			file = view.Cell{Text: "证明 PDF", Href: fmt.Sprintf("/registrations/%s/certificate?version=%d", r.Number, k.Version)}
		}
		certs.Rows = append(certs.Rows, view.TableRow{Cells: []view.Cell{{Text: fmt.Sprintf("第 %d 版", k.Version), Header: true}, {Text: view.DayTime(k.IssuedAt)}, {Tags: []view.Tag{certificateTag(k.State)}},
			{Text: k.CheckCode, Href: "/v/" + k.Number + "?c=" + k.CheckCode}, file}})
	}
	body.Main = append(body.Main, Block{Title: "认定登记证明", Table: &certs})
	body.Main = append(body.Main, papersBlock("/registrations/"+r.Number, registry.OfRegistration(r))...)
	body.Main = append(body.Main, registrationLinks(d))
	if len(d.Entries) > 0 {
		t := view.Table{Caption: "统计记账", HideCaption: true, Columns: []view.Column{{Label: "日期"}, {Label: "事项"}, {Label: "项数", Numeric: true}, {Label: "成交额（元）", Numeric: true}, {Label: "技术交易额（元）", Numeric: true}}}
		for _, e := range d.Entries {
			t.Rows = append(t.Rows, view.TableRow{Cells: view.Cells(e.BookedOn.Format("2006-01-02"), map[string]string{"register": "登记", "change": "变更", "cancel": "注销", "revoke": "撤销"}[e.Kind], strconv.Itoa(e.Contracts), e.Amount.Grouped(), e.Technical.Grouped())})
		}
		body.Main = append(body.Main, Block{Title: "统计记账", Intro: "每一笔记入自己的时期，不改写以前的。", Table: &t})
	}
	if len(d.Incomes) > 0 {
		t := view.Table{Caption: "技术性收入", HideCaption: true, Columns: []view.Column{{Label: "日期"}, {Label: "金额（元）", Numeric: true}, {Label: "说明"}}}
		for _, in := range d.Incomes {
			t.Rows = append(t.Rows, view.TableRow{Cells: view.Cells(in.BookedOn.Format("2006-01-02"), in.Amount.Grouped(), in.Note)})
		}
		body.Main = append(body.Main, Block{Title: "核定的技术性收入", Table: &t})
	}
	body.Main = append(body.Main, registrationForms(d)...)
	rows := view.Rows{Label: "申请"}
	for _, q := range d.Filings {
		rows.Items = append(rows.Items, view.Row{Title: view.T(q.IntakeNo), Href: fmt.Sprintf("/filings/%d", q.ID), Tags: []view.Tag{stateTag(q.State)}, Meta: []string{view.Day(q.SubmittedAt)}})
	}
	body.Side = append(body.Side, Block{Title: "申请", Rows: &rows})
	timeline := &view.Timeline{}
	for _, e := range slices.Backward(d.Events) {
		timeline.Events = append(timeline.Events, view.Event{At: e.At, Who: firstOf(e.Name, "系统"), What: e.Event.Label(), Note: e.Note})
	}
	body.Side = append(body.Side, Block{Title: "经过", Events: timeline})
	return sheetStatus(c, formStatus(ferr), page, body)
}

func certificateTag(state string) view.Tag {
	switch state {
	case "valid":
		return view.Tag{Label: "有效", Tone: view.OK}
	case "superseded":
		return view.Tag{Label: "已变更", Tone: view.Warn}
	case "cancelled":
		return view.Tag{Label: "已注销", Tone: view.Bad}
	default:
		return view.Tag{Label: "已撤销", Tone: view.Bad}
	}
}

func registrationForms(d registry.Dossier) []Block {
	r := d.Registration
	make := func(event registry.Event, label string, kind view.Kind, fields ...view.Field) Block {
		form := view.NewForm("/registrations/"+r.Number+"/do", label, fields...)
		form.Hidden = []view.Pair{{Name: "event", Value: string(event)}, {Name: "version", Value: strconv.Itoa(r.LockVersion)}}
		form.Actions[0].Kind = kind
		for i := range form.Sections[0].Fields {
			field := &form.Sections[0].Fields[i]
			field.ID = string(event) + "-" + field.Name
		}
		return Block{Fold: event.Label() + "…", Forms: []view.Form{form}}
	}
	text := func(label string, required bool) view.Field {
		return view.Field{Kind: view.Area, Name: "text", Label: label, Required: required, Rows: 3, Max: 2000}
	}
	var blocks []Block
	for _, e := range d.Allowed {
		switch e {
		case registry.EventStartChange:
			blocks = append(blocks, make(e, "开始填写变更", view.Quiet))
		case registry.EventAbandonChange:
			blocks = append(blocks, make(e, "放弃变更", view.Quiet))
		case registry.EventRequestChange:
			blocks = append(blocks, make(e, "提交变更申请", view.Primary, text("变更的原因", true)))
		case registry.EventRequestCancel:
			blocks = append(blocks, make(e, "申请注销", view.Danger, text("注销的原因（解除、无效等）", true)))
		case registry.EventCancel:
			var options []view.Option
			grounds := registry.CancelGrounds()
			for _, code := range slices.Sorted(mapKeys(grounds)) {
				options = append(options, view.Option{Value: code, Label: grounds[code]})
			}
			blocks = append(blocks, make(e, "注销登记", view.Danger, view.Field{Kind: view.Radio, Name: "ground", Label: "事由（认定登记管理办法第十五条）", Required: true, Options: options}, text("说明", true)))
		case registry.EventRevoke:
			blocks = append(blocks, make(e, "撤销登记", view.Danger, view.Field{Kind: view.Radio, Name: "ground", Label: "撤销的依据", Required: true, Options: listOptions(codes.RevocationGround, "")}, text("说明", true)))
		case registry.EventReviewTaxRelief:
			blocks = append(blocks, make(e, "保存复核结果", view.Quiet, view.Field{Kind: view.Radio, Name: "ok", Label: "免税复核", Required: true, Options: []view.Option{{Value: "yes", Label: "通过"}, {Value: "no", Label: "不通过"}}}, text("说明", false)))
		case registry.EventBookIncome:
			blocks = append(blocks, make(e, "核定", view.Primary, view.Field{Kind: view.Money, Name: "amountFen", Label: "本次核定的技术性收入", Unit: "元", Required: true, Width: "m", Hint: "累计不超过技术交易额 " + r.Technical.Grouped() + " 元，已核定 " + r.Income.Grouped() + " 元"}, text("核定表编号、到账日期", true)))
		case registry.EventDeclineCancel, registry.EventOpenReconsideration, registry.EventOpenReRecognition, registry.EventConcludeReexamination:
			blocks = append(blocks, make(e, e.Label(), view.Quiet, text("说明", true)))
		}
	}
	return blocks
}

func mapKeys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func (p *Pages) moveRegistration(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	number := c.Param("number")
	ref := registry.NumberRef{Number: number, Version: f.Int("version")}
	ctx, who, s, text := c.Context(), c.Actor(), p.Registry, f.Text("text")
	event := registry.Event(f.Text("event"))
	back := "/registrations/" + number
	switch event {
	case registry.EventStartChange:
		var r registry.Registration
		if r, err = s.StartChange(ctx, who, ref); err == nil {
			back = fmt.Sprintf("/contracts/%d", r.ContractID)
		}
	case registry.EventAbandonChange:
		_, err = s.AbandonChange(ctx, who, ref)
	case registry.EventRequestChange:
		var filing registry.Filing
		if filing, err = s.RequestChange(ctx, who, ref, text); err == nil {
			back = fmt.Sprintf("/filings/%d", filing.ID)
		}
	case registry.EventRequestCancel:
		_, err = s.RequestCancel(ctx, who, ref, text)
	case registry.EventDeclineCancel:
		_, err = s.DeclineCancel(ctx, who, ref, text)
	case registry.EventCancel:
		_, err = s.Cancel(ctx, who, ref, f.Text("ground"), text)
	case registry.EventRevoke:
		_, err = s.Revoke(ctx, who, ref, f.Text("ground"), text)
	case registry.EventReviewTaxRelief:
		_, err = s.ReviewTaxRelief(ctx, who, ref, f.Text("ok") == "yes", text)
	case registry.EventBookIncome:
		amount := f.Yuan("amountFen")
		if err = formErr(f); err == nil {
			_, err = s.BookIncome(ctx, who, ref, amount, text)
		}
	case registry.EventOpenReconsideration:
		_, err = s.OpenReconsideration(ctx, who, ref, text)
	case registry.EventOpenReRecognition:
		_, err = s.OpenReRecognition(ctx, who, ref, text)
	case registry.EventConcludeReexamination:
		_, err = s.Conclude(ctx, who, ref, text)
	default:
		err = fault.New(fault.Invalid, "unknown_event", "没有这一步，请刷新页面后再试。")
	}
	if err != nil {
		if refused(err) || fault.Is(err, fault.Forbidden) {
			return p.showRegistration(c, err)
		}
		return err
	}
	c.Flash(view.OK, "已办："+event.Label()+"。")
	return c.See(back)
}

// certificateFile sends the PDF of a version to those who may see the registration.
func (p *Pages) certificateFile(c *web.Ctx) error {
	d, err := p.Registry.Dossier(c.Context(), c.Actor(), c.Param("number"))
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(c.Query().Get("version"))
	for _, k := range d.Certificates {
		if k.FileID != 0 && (k.Version == version || version == 0) {
			return p.sendFile(c, k.FileID)
		}
	}
	return fault.New(fault.NotFound, "certificate_not_ready", "证明文件正在生成，请稍后刷新。")
}

func pointKindLabel(k registry.PointKind) string {
	return map[registry.PointKind]string{registry.RegionPoint: "自治区", registry.LeaguePoint: "盟市", registry.CountyPoint: "旗县", registry.UniversityPoint: "高校", registry.InstitutePoint: "科研院所", registry.ZonePoint: "园区"}[k]
}

func pointStateTag(s registry.PointState) view.Tag {
	switch s {
	case registry.PointNormal:
		return view.Tag{Label: "正常受理", Tone: view.OK}
	case registry.PointRectifying:
		return view.Tag{Label: "整改中", Tone: view.Warn}
	default:
		return view.Tag{Label: "暂停受理", Tone: view.Bad}
	}
}

func (p *Pages) points(c *web.Ctx) error {
	q := c.QueryForm()
	points, err := p.Registry.Points(c.Context(), registry.PointFilter{League: q.Text("league"), Kind: registry.PointKind(q.Text("kind")), Text: q.Text("q")})
	if err != nil {
		return err
	}
	page := c.Page("技术合同认定登记点")
	page.Nav = "points"
	r := &view.Rail{Action: "/points", Clear: "/points"}
	leagues := view.FilterGroup{Legend: "盟市", Name: "league", Single: true, Options: []view.Option{{Label: "全部", Checked: q.Text("league") == ""}}}
	for _, l := range region.Leagues() {
		leagues.Options = append(leagues.Options, view.Option{Value: l.Code, Label: l.Name, Checked: q.Text("league") == l.Code})
	}
	kinds := view.FilterGroup{Legend: "类型", Name: "kind", Single: true, Options: []view.Option{{Label: "全部", Checked: q.Text("kind") == ""}}}
	for _, k := range []registry.PointKind{registry.RegionPoint, registry.LeaguePoint, registry.CountyPoint, registry.UniversityPoint, registry.InstitutePoint, registry.ZonePoint} {
		kinds.Options = append(kinds.Options, view.Option{Value: string(k), Label: pointKindLabel(k), Checked: q.Text("kind") == string(k)})
	}
	r.Groups = []view.FilterGroup{leagues, kinds}
	rows := view.Rows{Label: "登记点", Empty: view.Empty{Title: "没有符合条件的登记点", Text: "没有旗县登记点的，到盟市登记点办理；盟市也没有的，到自治区登记点。"}}
	for _, pt := range points {
		rows.Items = append(rows.Items, view.Row{Title: view.T(pt.Name), Href: fmt.Sprintf("/points/%d", pt.ID), Lead: view.T(pt.Address), Meta: notEmpty(region.FullName(pt.Division), pt.Phone, pt.Hours),
			Tags: []view.Tag{{Label: pointKindLabel(pt.Kind), Tone: view.Info}, pointStateTag(pt.State)}, Sample: pt.Sample})
	}
	var actions []view.Action
	if c.Actor().Has(actor.RegionOfficer) {
		actions = []view.Action{{Label: "设立登记点", Href: "/points/new"}}
	}
	return listPageOf(c, page, Listing{Actions: actions, Lead: "由卖方（研究开发人、让与人、受托人等）到所在地的登记点申请，一份合同只登记一次。", Rail: r, Head: &view.ListHead{Found: len(points), Unit: "个"}, Rows: &rows,
		Search: &view.Search{Action: "/points", Value: q.Text("q"), Label: "名称或地址"}})
}

func (p *Pages) point(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	pt, err := p.Registry.Point(c.Context(), id)
	if err != nil {
		return err
	}
	page := c.Page(pt.Name)
	page.Nav = "points"
	page.Breadcrumbs = []view.Link{{Label: "登记点", Href: "/points"}}
	from := pt.AuthorisedFrom.Format("2006 年 1 月 2 日") + " 起"
	if pt.AuthorisedTo != nil {
		from += "至 " + pt.AuthorisedTo.Format("2006 年 1 月 2 日")
	}
	body := Sheet{Heading: view.T(pt.Name), Tags: []view.Tag{{Label: pointKindLabel(pt.Kind), Tone: view.Info}, pointStateTag(pt.State)}, Sample: pt.Sample,
		Main: []Block{{Facts: &view.Facts{Items: []view.Fact{{Label: "服务地区", Value: region.FullName(pt.Division)}, {Label: "地址", Value: pt.Address}, {Label: "电话", Value: pt.Phone, Num: true}, {Label: "办公时间", Value: pt.Hours}, {Label: "授权", Value: from}}}},
			{Title: "怎样办理", Prose: []view.Text{view.T("1. 合同双方签字盖章后，由卖方在“我的合同”里填写并提交，系统自动找到应去的登记点。"), view.T("2. 登记点受理、初审、复核；技术交易额 500 万元以上或有争议的，先经专家评审。"), view.T("3. 自受理之日起 30 日内办结（认定登记管理办法第十一条）。准予登记的发给编号和证明。")},
				Links: []view.Link{{Label: "看认定规则", Href: "/rules"}, {Label: "核验证明", Href: "/verify"}}}}}
	if who := c.Actor(); who.Covers(pt.Division) || who.Has(actor.PointHead) && who.In(pt.OrganisationID) {
		body.Actions = []view.Action{{Label: "管理登记点", Href: fmt.Sprintf("/points/%d/manage", pt.ID), Kind: view.Quiet}}
	}
	if c.Actor().Has(actor.RegionOfficer) {
		form := view.NewForm(fmt.Sprintf("/points/%d/state", pt.ID), "更改状态", view.Field{Kind: view.Radio, Name: "state", Label: "状态", Required: true, Options: []view.Option{
			{Value: string(registry.PointNormal), Label: "正常受理", Checked: pt.State == registry.PointNormal}, {Value: string(registry.PointRectifying), Label: "整改", Checked: pt.State == registry.PointRectifying}, {Value: string(registry.PointSuspended), Label: "暂停受理", Checked: pt.State == registry.PointSuspended}}},
			view.Field{Kind: view.Area, Name: "reason", Label: "理由", Required: true, Rows: 3})
		form.Hidden = []view.Pair{{Name: "version", Value: strconv.Itoa(pt.Version)}}
		body.Side = []Block{{Card: true, Title: "管理", Forms: []view.Form{form}}}
	}
	return sheet(c, page, body)
}

func (p *Pages) setPointState(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	back := fmt.Sprintf("/points/%d", id)
	if _, err := p.Registry.SetPointState(c.Context(), c.Actor(), id, f.Int("version"), registry.PointState(f.Text("state")), f.Text("reason")); err != nil {
		return p.flashRefusal(c, err, back)
	}
	c.Flash(view.OK, "状态已更改。")
	return c.See(back)
}

// rules lists every rule of recognition with its article, as the desk applies it.
func (p *Pages) rules(c *web.Ctx) error {
	t := view.Table{Compact: true, Caption: "认定规则", HideCaption: true, Columns: []view.Column{{Label: "问题"}, {Label: "适用类别"}, {Label: "处理结果"}, {Label: "理由"}, {Label: "依据"}}}
	for _, r := range recognition.Rules() {
		classes := "全部"
		if len(r.Classes) > 0 {
			classes = join(labels(codes.ContractClass, r.Classes))
		}
		t.Rows = append(t.Rows, view.TableRow{Cells: []view.Cell{{Text: r.Question, Header: true, Note: r.Mend}, {Text: classes}, {Text: outcomeLabel(r.Outcome)}, {Text: r.Reason, Note: known(codes.Refusal, r.Reason)}, {Text: article(r)}}})
	}
	page := c.Page("认定规则")
	page.Breadcrumbs = []view.Link{{Label: "登记点", Href: "/points"}}
	return sheet(c, page, Sheet{Lead: "预审和登记点的审查用同一套规则。条款号来自《技术合同认定规则》（国科发政字〔2001〕253号）等文件，标注“未核实”的请以正式文本为准。", Main: []Block{{Table: &t}}})
}

func (p *Pages) verify(c *web.Ctx) error {
	q := c.QueryForm()
	if number := q.Text("number"); number != "" {
		clean := strings.NewReplacer(" ", "", "　", "", "-", "").Replace(number)
		return c.See("/v/" + url.PathEscape(clean) + "?c=" + url.QueryEscape(q.Text("c")))
	}
	return p.showVerify(c, 200, "", "", nil)
}

func (p *Pages) showVerify(c *web.Ctx, status int, number, code string, err error) error {
	page := c.Page("证明核验")
	page.Nav = "verify"
	f := view.Form{Action: "/verify", Get: true, Actions: []view.Action{{Label: "核验"}}, Sections: []view.Section{{Fields: []view.Field{
		{Name: "number", Label: "登记编号", Value: number, Required: true, Hint: "16 位数字，在证明标题下方", InputMode: "numeric", Width: "m"},
		{Name: "c", Label: "校验码", Value: code, Required: true, Hint: "8 位，在证明左下方二维码旁", Width: "s"}}}}}
	body := Sheet{Lead: "核对一张技术合同认定登记证明现在是否有效。不需要登录；扫证明上的二维码也可以。"}
	if err != nil {
		body.Main = append(body.Main, Block{Notice: &view.Notice{Tone: view.Bad, Title: web.AsFault(err).Message}})
	}
	body.Main = append(body.Main, Block{Forms: []view.Form{f}})
	return sheetStatus(c, status, page, body)
}

func (p *Pages) verified(c *web.Ctx) error {
	if err := c.Limit("verify", 30, time.Minute); err != nil {
		return err
	}
	number, code := c.Param("number"), c.Query().Get("c")
	if code == "" { // a number alone, from a link or a search: nothing was asked yet
		return p.showVerify(c, 200, number, "", nil)
	}
	result, err := p.Registry.Check(c.Context(), number, code)
	if fault.Is(err, fault.NotFound) {
		return p.showVerify(c, 404, number, code, err)
	}
	if err != nil {
		return err
	}
	v := result.View
	page := c.Page("登记编号 " + groupNumber(v.Number))
	page.Nav = "verify"
	page.NoIndex = true
	page.Title, page.Breadcrumbs = "核验结果", []view.Link{{Label: "证明核验", Href: "/verify"}}
	qr, err := view.QR(c.BaseURL()+"/v/"+v.Number+"?c="+v.CheckCode, "核验二维码")
	if err != nil {
		return err
	}
	paper := view.Certificate{Number: groupNumber(v.Number), State: certificateTag(result.Certificate.State), StateDay: result.StateWords, Sample: v.Sample, Check: groupCode(v.CheckCode), VerifyAt: "/verify", QR: &qr,
		Clause: "上述技术合同经本登记点审查，符合技术合同认定规则，准予登记。单位名称和信用代码已部分隐去。",
		Facts: view.Facts{Items: []view.Fact{{Label: "合同名称", Value: v.Title}, {Label: "合同类别", Value: v.ClassName + " " + v.Class}, {Label: "卖方", Value: v.Seller, Note: v.SellerCode}, {Label: "买方", Value: v.Buyer, Note: v.BuyerCode},
			{Label: "合同成交额", Value: amountWords(v.Amount), Num: true, Note: v.Amount.Han()}, {Label: "其中：技术交易额", Value: amountWords(v.Technical), Num: true, Note: v.Technical.Han()},
			{Label: "登记点", Value: v.Point}, {Label: "登记日期", Value: v.RegisteredOn, Num: true}, {Label: "版本", Value: fmt.Sprintf("第 %d 版", v.Version)}}},
		Digests: []view.Digest{{Label: "平台校验码（非印章）", Value: result.Certificate.Digest}, {Label: "登记簿", Value: fmt.Sprintf("第 %d 行", result.Certificate.LedgerSeq)}}}
	if paper.StateDay == paper.State.Label { // 有效 is not said twice
		paper.StateDay = ""
	}
	body := Sheet{Heading: view.T("这张证明：" + result.StateWords), Sample: v.Sample, Main: []Block{{Paper: &paper}}}
	if len(result.Versions) > 1 {
		t := view.Table{Caption: "版本", Columns: []view.Column{{Label: "版本"}, {Label: "签发"}, {Label: "状态"}}}
		for _, x := range result.Versions {
			t.Rows = append(t.Rows, view.TableRow{Cells: []view.Cell{{Text: fmt.Sprintf("第 %d 版", x.Version), Header: true}, {Text: view.Day(x.IssuedAt)}, {Tags: []view.Tag{certificateTag(x.State)}}}})
		}
		body.Main = append(body.Main, Block{Title: "全部版本", Table: &t})
	}
	return sheet(c, page, body)
}

func groupNumber(n string) string {
	if len(n) != 16 {
		return n
	}
	return n[:4] + " " + n[4:8] + " " + n[8:10] + " " + n[10:]
}

func groupCode(code string) string {
	if len(code) != 8 {
		return code
	}
	return code[:4] + "-" + code[4:]
}
