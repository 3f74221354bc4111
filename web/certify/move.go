package certify

import (
	"fmt"
	"slices"
	"strconv"

	"techmarket/internal/certify/point"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

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
	if k.Point.SecondReview == point.ReviewerOrHead {
		next += "复核由复核员或负责人办理，复核的负责人不再登记本件。"
	}
	return from + "或有争议的，复核后先交专家评审。" + next
}

// caseForms are the steps that need words, folded below; phrases are the text blocks of who fills them in.
func (p *Pages) caseForms(k registry.Case, phrases []registry.Phrase) []ui.Block {
	f := k.Filing
	post := fmt.Sprintf("/filings/%d/do", f.ID)
	make := func(event registry.Event, label string, kind view.Kind, fields ...view.Field) view.Form {
		form := view.NewForm(post, label, fields...)
		form.Hidden = []view.Pair{{Name: "event", Value: string(event)}, {Name: "version", Value: strconv.Itoa(f.Version)}}
		form.Actions[0].Kind = kind
		for i := range form.Sections[0].Fields { // several forms on one page: ids must differ
			field := &form.Sections[0].Fields[i]
			field.ID = string(event) + "-" + field.Name
			if field.Kind == view.Area {
				field.Phrases = phrasesFor(phrases, useOf(event))
			}
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
	var blocks []ui.Block
	for _, e := range k.Allowed {
		before := len(blocks)
		switch e {
		case registry.EventAccept:
			blocks = append(
				blocks,
				ui.Block{Card: true, Title: "受理", Intro: "材料齐全、属于本登记点的，予以受理，从今天起计算办理时限。", Parts: view.Parts{make(e, "受理", view.Primary)}},
			)
		case registry.EventDeclineIntake:
			blocks = append(blocks, ui.Block{Fold: "不予受理…", Parts: view.Parts{make(
				e,
				"不予受理",
				view.Danger,
				view.Field{
					Kind:     view.Radio,
					Name:     "code",
					Label:    "理由",
					Required: true,
					Options:  reasons(codes.IntakeRefusal),
				},
				area("text", "说明", "写给申请人", true),
			)}})
		case registry.EventRequestCorrection:
			blocks = append(blocks, correctionForm(k, make(e, "告知补正", view.Primary, correctionFields(k, reasons(codes.Refusal), area)...)))
		case registry.EventDeclineCorrection:
			blocks = append(blocks, ui.Block{Fold: "声明不补正…", Intro: "声明以后，登记点不必等到补正期限届满，就可以按告知的理由不予登记。",
				Parts: view.Parts{make(e, "声明不补正", view.Danger, area("text", "不补正的理由", "", true))}})
		case registry.EventReturnCorrection:
			blocks = append(blocks, ui.Block{Fold: "退回继续补正…", Intro: "补正期限到 " + k.Filing.Correction.DueOn + "，期限内申请人可以继续补。",
				Parts: view.Parts{make(e, "退回继续补正", view.Quiet, area("text", "还缺什么", "写给申请人", true))}})
		case registry.EventLapseCorrection:
			blocks = append(blocks, ui.Block{Fold: lapseWords(f) + "，不予登记…", Parts: view.Parts{make(e, "不予登记", view.Danger,
				refusalFields(askedReasons(f, reasons(codes.Refusal)), area)...)}})
		case registry.EventAssignExperts:
			blocks = append(blocks, ui.Block{Card: true, Title: "指定专家", Intro: fmt.Sprintf("只有指定的专家能看到本件；%d 位意见一致才能决定。", k.Votes),
				Parts: view.Parts{make(e, "指定", view.Primary, view.Field{
					Kind: view.Check, Name: "experts", Label: "专家", Required: true, Options: memberOptions(k.Choice),
				})}})
		case registry.EventRefuse:
			blocks = append(
				blocks,
				ui.Block{Fold: "不予登记…", Parts: view.Parts{make(e, "不予登记", view.Danger, refusalFields(reasons(codes.Refusal), area)...)}},
			)
		case registry.EventPassSecondReview:
			blocks = append(
				blocks,
				ui.Block{
					Card:  true,
					Title: "复核",
					Intro: secondReviewWords(k),
					Parts: view.Parts{make(e, "复核通过", view.Primary, area("text", "复核意见", "", true))},
				},
			)
		case registry.EventHandOver:
			if len(k.Colleagues) == 0 {
				continue
			}
			blocks = append(blocks, ui.Block{Fold: "移交同事…", Intro: "状态、已填的审查表和期限都不变，由接手的登记员接着办。申请人看不到说明。",
				Parts: view.Parts{make(e, "移交", view.Quiet, colleagueField(k.Colleagues, ""), area("text", "移交说明", "办到哪一步、还要注意什么", true))}})
		case registry.EventReturnToReview:
			blocks = append(blocks, ui.Block{Fold: "退回初审…", Intro: "退回以后重新审查、复核，已有的专家意见不再计入。",
				Parts: view.Parts{make(e, "退回初审", view.Quiet, area("text", "退回的理由", "", true))}})
		case registry.EventPassExperts, registry.EventRejectByExperts:
			label, kind := "专家通过", view.Primary
			fields := []view.Field{
				area("opinion", "专家意见", "", true),
				{Kind: view.File, Name: "minutes", Label: "专家意见文件", Required: true, Accept: ".pdf,.docx"},
			}
			if e == registry.EventRejectByExperts {
				label, kind = "专家否决", view.Danger
				fields = append(fields, refusalFields(reasons(codes.Refusal), area)...)
			}
			form := make(e, label, kind, fields...)
			form.Multipart = true
			if e == registry.EventPassExperts {
				blocks = append(blocks, ui.Block{Card: true, Title: "专家评审", Intro: "写明对标的、类别和金额的意见，并附专家意见书或会议纪要。", Parts: view.Parts{form}})
			} else {
				blocks = append(blocks, ui.Block{Fold: label + "…", Parts: view.Parts{form}})
			}
		case registry.EventRegister:
			var fields []view.Field
			intro := "编号由本登记点的序列产生；证明、登记簿和统计同时写入。"
			if k.Point.NumberSource == point.NationalNumbers {
				fields = append(fields, view.Field{Name: "national", Label: "全国系统的 16 位登记编号", Required: true, Width: "m", InputMode: "numeric"})
				intro = "本登记点使用全国系统的编号，请录入；证明、登记簿和统计同时写入。"
			}
			blocks = append(blocks, ui.Block{Card: true, Title: "登记", Intro: intro, Parts: view.Parts{make(e, "登记并发证", view.Primary, fields...)}})
		case registry.EventRegisterChange:
			blocks = append(
				blocks,
				ui.Block{Card: true, Title: "变更登记", Intro: "编号不变，版本加一；与上一版的差额记入本期。", Parts: view.Parts{make(e, "变更登记并换发证明", view.Primary)}},
			)
		case registry.EventWithdraw:
			blocks = append(blocks, ui.Block{Fold: "撤回申请…", Parts: view.Parts{make(e, "撤回", view.Danger, area("text", "撤回的原因", "", false))}})
		case registry.EventOpenReconsideration, registry.EventOpenReRecognition, registry.EventConcludeReexamination, registry.EventRestore:
			blocks = append(
				blocks,
				ui.Block{Fold: words.FilingEvent(e) + "…", Parts: view.Parts{make(e, words.FilingEvent(e), view.Quiet, area("text", "说明", "", true))}},
			)
		}
		for i := range blocks[before:] {
			blocks[before+i].ID = "step-" + string(e)
		}
	}
	return blocks
}

// correctionRows is how many items the form of a correction holds; one row may hold several lines.
const correctionRows = 6

func correctionFields(k registry.Case, reasons []view.Option, area func(name, label, hint string, required bool) view.Field) []view.Field {
	var out []view.Field
	if k.Filing.Correction != nil {
		out = append(out, area("text", "为什么没有一次告知", "写给申请人", true))
	}
	for i := range correctionRows {
		out = append(out, area(web.Row("items", i, "text"), fmt.Sprintf("第 %d 项：缺什么、怎样补", i+1), "", i == 0),
			view.Field{Kind: view.Select, Name: web.Row("items", i, "reason"), Label: fmt.Sprintf("第 %d 项不补正时的理由", i+1),
				Options: append([]view.Option{{Label: "请选择"}}, reasons...), Required: i == 0})
	}
	return out
}

func correctionForm(k registry.Case, form view.Form) ui.Block {
	if k.Filing.Correction != nil {
		return ui.Block{Fold: "补充告知补正…", Intro: "已经告知过一次。只有当时漏列的另一类问题可以补充告知。", Parts: view.Parts{form}}
	}
	return ui.Block{Fold: "一次性告知补正…", Intro: "只能告知一次，请把要补的全部写上。没有告知的问题，以后不能据以不予登记。", Parts: view.Parts{form}}
}

// lapseWords says why the correction is over: what is recorded, nothing else.
func lapseWords(f registry.Filing) string {
	if f.Correction.Declined != nil {
		return "申请人已声明不补正"
	}
	return "补正期限已过，没有补正"
}

// askedReasons leaves the reasons that the applicant was told of.
func askedReasons(f registry.Filing, reasons []view.Option) []view.Option {
	return slices.DeleteFunc(reasons, func(o view.Option) bool {
		return !slices.ContainsFunc(f.Correction.Items, func(i registry.CorrectionItem) bool { return i.Reason == o.Value })
	})
}

// colleagueField asks who goes on.
func colleagueField(members []registry.Member, chosen string) view.Field {
	return view.Field{Kind: view.Select, Name: "colleague", Label: "接手的登记员", Required: true, Value: chosen, Width: "m",
		Options: append([]view.Option{{Label: "请选择"}}, memberOptions(members)...)}
}

func memberOptions(members []registry.Member) []view.Option {
	var out []view.Option
	for _, m := range members {
		out = append(out, view.Option{Value: strconv.FormatInt(m.Account, 10), Label: m.Name})
	}
	return out
}

func refusalFields(reasons []view.Option, area func(name, label, hint string, required bool) view.Field) []view.Field {
	return []view.Field{
		{Kind: view.Check, Name: "codes", Label: "理由代码", Required: true, Options: reasons},
		{Name: "articles", Label: "认定规则条款", Hint: "例如 42-1；多条用顿号隔开。不填的，按审查表得出理由的条款写入", Width: "m"},
		area("text", "理由", "写给申请人，说明哪一处不符合", true),
	}
}

// moveFiling does one event of a filing; what the event needs stands in the form.
func (p *Pages) moveFiling(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	command := registry.Command{
		Filing:  id,
		Version: f.Int("version"),
		Event:   registry.Event(f.Text("event")),
		Text:    f.Text("text"),
		Code:    f.Text("code"),
		Refusal: registry.Refusal{
			Codes:    f.List("codes"),
			Articles: f.Lines("articles"),
			Text:     f.Text("text"),
		},
		National:  f.Text("national"),
		Colleague: f.ID("colleague"),
	}
	for i := range f.Rows("items", 100) {
		item := registry.CorrectionItem{Text: f.Text(web.Row("items", i, "text")), Reason: f.Text(web.Row("items", i, "reason"))}
		if item.Text != "" {
			command.Items = append(command.Items, item)
		}
	}
	for _, id := range f.List("experts") {
		account, _ := strconv.ParseInt(id, 10, 64) // what is no account is refused as unknown
		command.Experts = append(command.Experts, account)
	}
	for i := range f.Rows("answers", 100) {
		command.Answers = append(command.Answers, f.Text(web.Row("answers", i, "text")))
	}
	sheet := f.Under("sheet.")
	var out registry.Outcome
	err = ui.FormErr(f)
	if err == nil && (command.Event == registry.EventPassExperts || command.Event == registry.EventRejectByExperts) {
		command.Text = f.Text("opinion")
		command.Minutes, err = ui.Upload(c, p.Files, f, "minutes", "minutes")
	}
	switch {
	case err != nil:
	case sheet == nil:
		out, err = p.Registry.Do(c.Context(), c.Actor(), command)
	default: // what was answered on the same page and not saved yet goes along
		save := registry.Command{Filing: id, Version: command.Version, Event: registry.EventSaveReview, Shown: true, Review: readReview(sheet)}
		if err = ui.FormErr(sheet); err == nil {
			out, err = p.Registry.Do(c.Context(), c.Actor(), save, command)
		}
	}
	if err != nil {
		if ui.Refused(err) || fault.Is(err, fault.Forbidden) {
			return p.showCaseAgain(c, id, sheet, err)
		}
		return err
	}
	c.Flash(view.OK, "已办："+words.FilingEvent(command.Event)+"。")
	if out.Registration.Number != "" {
		return c.See("/registrations/" + out.Registration.Number)
	}
	return c.See(fmt.Sprintf("/filings/%d", id))
}

// showCaseAgain reads the case anew and says why a step was refused.
func (p *Pages) showCaseAgain(c *web.Ctx, id int64, f *web.Form, why error) error {
	k, err := p.Registry.Case(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	return p.showCase(c, k, f, why)
}

func (p *Pages) filingFile(c *web.Ctx) error {
	return ui.SendAttached(c, p.Files, "filing")
}
