package certify

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"techmarket/internal/certify/papers"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/platform/files"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

func (p *Pages) registrations(c *web.Ctx) error {
	q := c.QueryForm()
	page, err := p.Registry.Registrations(
		c.Context(),
		c.Actor(),
		registry.RegistrationFilter{Text: q.Text("q"), Class: q.Text("class"), Waiting: registry.Wait(q.Text("waiting")),
			Cursor: q.Text("cursor"), Limit: 30},
	)
	if err != nil {
		return err
	}
	t := registrationColumns().Table("登记簿", page.Rows)
	t.Empty = view.Empty{Title: "没有登记", Text: "换一个条件再查。"}
	body := ui.Listing{
		Table:  &t,
		Pager:  view.Pager{Total: -1},
		Search: &view.Search{Action: "/registrations", Value: q.Text("q"), Label: "编号、合同名称或单位"},
	}
	if page.Next != "" {
		v := c.Query()
		v.Set("cursor", page.Next)
		body.Pager.Next = "/registrations?" + v.Encode()
	}
	body.Actions = registerActions(c)
	return ui.ShowList(c, c.Page("登记簿"), body)
}

// registrationColumns are those of the register, as the desk's are: the contract with its number, then who and how much.
func registrationColumns() ui.Columns[registry.Registration] {
	type row = registry.Registration
	return ui.Columns[row]{
		{Label: "合同", Cell: func(r row) view.Cell {
			title := view.Cell{Text: r.Title, Href: "/registrations/" + r.Number, Note: r.Number + "　" + codes.ContractClass.Label(r.Class)}
			if r.Sample {
				title.Tags = []view.Tag{ui.SampleTag()}
			}
			return title
		}},
		{Label: "双方", Cell: func(r row) view.Cell { return view.Cell{Text: r.SellerName, Note: "买方 " + r.BuyerName} }},
		ui.FigureColumn("成交额（元）", func(r row) string { return r.Amount.Grouped() }),
		ui.FigureColumn("技术交易额（元）", func(r row) string { return r.Technical.Grouped() }),
		ui.TextColumn("登记日期", func(r row) string { return r.RegisteredOn.Format(time.DateOnly) }),
		{Label: "状态", Cell: func(r row) view.Cell { return view.Cell{Tags: []view.Tag{stateTag(r.State)}} }},
	}
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
	body := ui.Sheet{
		Heading: view.T(r.Title),
		Lead:    "登记编号 " + r.Number,
		Tags:    []view.Tag{stateTag(r.State), {Label: ui.ClassName(r.Class), Tone: view.Info}},
		Sample:  r.Sample,
	}
	body.Main = append(refusalNotice(c, ferr), registrationNotices(r)...)
	body.Main = append(body.Main, registrationFacts(d),
		ui.Block{Title: "认定登记证明", Parts: view.Parts{certificateTable(d)}})
	body.Main = append(body.Main, papersBlock("/registrations/"+r.Number, papers.OfRegistration(r))...)
	body.Main = append(body.Main, registrationLinks(d))
	body.Main = append(body.Main, entryBlocks(d)...)
	body.Main = append(body.Main, incomeBlocks(d)...)
	body.Main = append(body.Main, registrationForms(d)...)
	body.Side = registrationHistory(d)
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

// refusalNotice says why a step was not taken; nothing for nil.
func refusalNotice(c *web.Ctx, err error) []ui.Block {
	if err == nil {
		return nil
	}
	n := view.Notice{Tone: view.Bad, Title: c.Fault(err).Message}
	for _, field := range c.Fault(err).Fields {
		n.Items = append(n.Items, view.Link{Label: field.Message})
	}
	return []ui.Block{{Parts: view.Parts{n}}}
}

// registrationNotices say what threatens or ended the registration.
func registrationNotices(r registry.Registration) []ui.Block {
	var out []ui.Block
	if r.CancelRequest != nil {
		out = append(
			out,
			ui.Block{
				Parts: view.Parts{view.Notice{Tone: view.Warn, Title: "申请人已申请注销", Text: r.CancelRequest.Reason + "（" + r.CancelRequest.On + "）"}},
			},
		)
	}
	if v := r.Revocation; v != nil {
		out = append(out, revocationBlock(*v))
	}
	switch e := r.Ending; {
	case e == nil:
	case e.RestoredOn != "":
		out = append(out, ui.Block{Parts: view.Parts{view.Notice{Tone: view.Info, Title: "经行政复议于 " + e.RestoredOn + " 恢复",
			Text: "原决定（" + e.On + "，" + words.FilingState(e.As) + "）不再有效：" + e.Reason + "　复议决定：" + e.Restored}}})
	default:
		n := view.Notice{Tone: view.Bad, Title: words.FilingState(r.State) + "于 " + e.On, Text: e.Reason}
		out = append(out, ui.Block{Parts: view.Parts{n}})
	}
	return out
}

func registrationFacts(d registry.Dossier) ui.Block {
	r := d.Registration
	return ui.Block{Title: "登记内容", Parts: view.Parts{view.Facts{Items: []view.Fact{
		{
			Label: "卖方",
			Value: r.SellerName,
			Note:  region.FullName(r.SellerDivision),
		}, {Label: "买方", Value: r.BuyerName, Note: region.FullName(r.BuyerDivision)},
		{
			Label: "合同成交额",
			Value: ui.AmountWords(r.Amount),
			Num:   true,
			Note:  r.Amount.Han(),
		}, {Label: "技术交易额", Value: ui.AmountWords(r.Technical), Num: true, Note: r.Technical.Han()},
		{
			Label: "已核定技术性收入",
			Value: r.Income.Grouped() + " 元",
			Num:   true,
		}, {Label: "增值税免税基数", Value: r.VATBase.Grouped() + " 元", Num: true, Note: vatNote},
		{
			Label: "技术领域",
			Value: codes.Field.Label(r.Field),
		}, {Label: "登记点", Value: d.Point.Name, Href: fmt.Sprintf("/points/%d", d.Point.ID)}, {Label: "登记日期",
			Value: r.RegisteredOn.Format("2006 年 1 月 2 日")}, {Label: "版本", Value: fmt.Sprintf("第 %d 版", r.Version)},
	}}}}
}

func certificateTable(d registry.Dossier) view.Table {
	type row = registry.Certificate
	columns := ui.Columns[row]{
		ui.TextColumn("版本", func(k row) string { return fmt.Sprintf("第 %d 版", k.Version) }),
		ui.TextColumn("签发", func(k row) string { return view.DayTime(k.IssuedAt) }),
		{Label: "状态", Cell: func(k row) view.Cell { return view.Cell{Tags: []view.Tag{certificateTag(k.State)}} }},
		{Label: "校验码", Cell: func(k row) view.Cell {
			return view.Cell{Text: k.CheckCode, Href: "/v/" + k.Number + "?c=" + k.CheckCode}
		}},
		{Label: "文件", Cell: func(k row) view.Cell {
			switch {
			case k.FileID != 0:
				return view.Cell{Text: "证明 PDF",
					Href: fmt.Sprintf("/registrations/%s/certificate?version=%d", d.Registration.Number, k.Version)}
			case k.Failure != "":
				return view.Cell{Text: "没有生成", Note: k.Failure, Tags: []view.Tag{{Label: "需要处理", Tone: view.Bad}}}
			default:
				return view.Cell{Text: "正在生成", Note: "稍后刷新"}
			}
		}},
	}
	return columns.Table("证明", d.Certificates)
}

// entryBlocks are what the registration booked into the statistics.
func entryBlocks(d registry.Dossier) []ui.Block {
	if len(d.Entries) == 0 {
		return nil
	}
	type row = registry.PeriodEntry
	t := ui.Columns[row]{
		ui.TextColumn("日期", func(e row) string { return e.BookedOn.Format(time.DateOnly) }),
		ui.TextColumn("事项", func(e row) string {
			return map[string]string{"register": "登记", "change": "变更", "cancel": "注销", "revoke": "撤销", "restore": "恢复"}[e.Kind]
		}),
		ui.FigureColumn("项数", func(e row) string { return strconv.Itoa(e.Contracts) }),
		ui.FigureColumn("成交额（元）", func(e row) string { return e.Amount.Grouped() }),
		ui.FigureColumn("技术交易额（元）", func(e row) string { return e.Technical.Grouped() }),
	}.Table("统计记账", d.Entries)
	return []ui.Block{{Title: "统计记账", Intro: "每一笔记入自己的时期，不改写以前的。", Parts: view.Parts{t}}}
}

// registrationHistory lists the filings and the events, the newest event first.
func registrationHistory(d registry.Dossier) []ui.Block {
	rows := view.Rows{Label: "申请"}
	for _, q := range d.Filings {
		rows.Items = append(
			rows.Items,
			view.Row{
				Title: view.T(q.IntakeNo),
				Href:  fmt.Sprintf("/filings/%d", q.ID),
				Tags:  []view.Tag{stateTag(q.State)},
				Meta:  []string{view.Day(q.SubmittedAt)},
			},
		)
	}
	timeline := &view.Timeline{}
	for _, e := range slices.Backward(d.Events) {
		timeline.Events = append(
			timeline.Events,
			view.Event{At: e.At, Who: ui.FirstOf(e.Name, "系统"), What: words.FilingEvent(e.Event), Note: e.Note},
		)
	}
	return []ui.Block{{Title: "申请", Parts: view.Parts{rows}}, {Title: "经过", Parts: view.Parts{timeline}}}
}

// revocationBlock tells what was announced, until when the applicant may answer, and what was answered.
func revocationBlock(v registry.Revocation) ui.Block {
	n := view.Notice{Tone: view.Warn, Title: "拟撤销：" + codes.RevocationGround.Label(v.Ground),
		Text: v.Reason + "（" + v.On + " 告知，陈述、申辩到 " + v.DueOn + "；期满或陈述以后，由另一位管理员决定）"}
	if v.Statement != "" {
		n.Items = []view.Link{{Label: "申请人陈述（" + v.StatedOn + "）：" + v.Statement}}
	}
	return ui.Block{Parts: view.Parts{n}}
}

// incomeBlocks lists the booked income with the paper of each row.
func incomeBlocks(d registry.Dossier) []ui.Block {
	if len(d.Incomes) == 0 {
		return nil
	}
	type row = registry.Income
	t := ui.Columns[row]{
		ui.TextColumn("日期", func(in row) string { return in.BookedOn.Format(time.DateOnly) }),
		ui.FigureColumn("金额（元）", func(in row) string { return in.Amount.Grouped() }),
		ui.TextColumn("说明", func(in row) string {
			switch {
			case in.Reverses != 0:
				return "冲销：" + in.Note
			case in.Reversed:
				return in.Note + "（已冲销）"
			default:
				return in.Note
			}
		}),
		{Label: "核定表", Cell: func(in row) view.Cell {
			if in.FileID == 0 {
				return view.Cell{Text: "无"}
			}
			return view.Cell{Text: "核定表", Href: fmt.Sprintf("/registrations/%s/files/%d", d.Registration.Number, in.FileID)}
		}},
	}.Table("技术性收入", d.Incomes)
	return []ui.Block{{Title: "核定的技术性收入", Parts: view.Parts{t}}}
}

func certificateTag(state string) view.Tag {
	switch state {
	case "valid":
		return view.Tag{Label: "有效", Tone: view.OK}
	case "superseded":
		return view.Tag{Label: "已变更", Tone: view.Warn}
	case "cancelled":
		return view.Tag{Label: "已注销", Tone: view.Bad}
	case registry.UnderExamination:
		return view.Tag{Label: "正在核查", Tone: view.Bad}
	default:
		return view.Tag{Label: "已撤销", Tone: view.Bad}
	}
}

func registrationForms(d registry.Dossier) []ui.Block {
	r := d.Registration
	make := func(event registry.Event, label string, kind view.Kind, fields ...view.Field) ui.Block {
		form := view.NewForm("/registrations/"+r.Number+"/do", label, fields...)
		form.Hidden = []view.Pair{{Name: "event", Value: string(event)}, {Name: "version", Value: strconv.Itoa(r.LockVersion)}}
		form.Actions[0].Kind = kind
		form.Multipart = event == registry.EventBookIncome
		for i := range form.Sections[0].Fields {
			field := &form.Sections[0].Fields[i]
			field.ID = string(event) + "-" + field.Name
		}
		return ui.Block{ID: "step-" + string(event), Fold: words.FilingEvent(event) + "…", Parts: view.Parts{form}}
	}
	text := func(label string, required bool) view.Field {
		return view.Field{Kind: view.Area, Name: "text", Label: label, Required: required, Rows: 3, Max: 2000}
	}
	var blocks []ui.Block
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
			blocks = append(
				blocks,
				make(
					e,
					"注销登记",
					view.Danger,
					view.Field{Kind: view.Radio, Name: "ground", Label: "事由（认定登记管理办法第十五条）", Required: true, Options: options},
					text("说明", true),
				),
			)
		case registry.EventAnnounceRevocation:
			blocks = append(blocks, make(e, "告知拟撤销", view.Danger,
				view.Field{Kind: view.Radio, Name: "ground", Label: "拟撤销的依据", Required: true, Options: ui.ListOptions(codes.RevocationGround, "")},
				text("事实和理由，申请人将看到", true)))
		case registry.EventRevoke:
			blocks = append(blocks, make(e, "撤销登记", view.Danger, text("决定的理由，包括对陈述、申辩的意见", true)))
		case registry.EventState:
			blocks = append(blocks, make(e, "提交陈述、申辩", view.Primary, text("陈述、申辩的内容", true)))
		case registry.EventReverseIncome:
			blocks = append(blocks, make(e, "冲销", view.Danger,
				view.Field{Kind: view.Radio, Name: "income", Label: "要冲销的一笔", Required: true, Options: incomeOptions(d)}, text("冲销的原因", true)))
		case registry.EventReviewTaxRelief:
			blocks = append(
				blocks,
				make(
					e,
					"保存复核结果",
					view.Quiet,
					view.Field{
						Kind:     view.Radio,
						Name:     "ok",
						Label:    "免税复核",
						Required: true,
						Options:  []view.Option{{Value: "yes", Label: "通过"}, {Value: "no", Label: "不通过"}},
					},
					text("说明", false),
				),
			)
		case registry.EventBookIncome:
			blocks = append(
				blocks,
				make(
					e,
					"核定",
					view.Primary,
					view.Field{
						Kind:     view.Money,
						Name:     "amountFen",
						Label:    "本次核定的技术性收入",
						Unit:     "元",
						Required: true,
						Width:    "m",
						Hint:     "累计不超过技术交易额 " + r.Technical.Grouped() + " 元，已核定 " + r.Income.Grouped() + " 元",
					},
					view.Field{Kind: view.File, Name: "paper", Label: "加盖财务印章的技术性收入核定表", Required: true, Accept: ".pdf,.jpg,.png"},
					text("核定表编号、到账日期", true),
				),
			)
		case registry.EventDeclineCancel, registry.EventOpenReconsideration, registry.EventOpenReRecognition, registry.EventConcludeReexamination,
			registry.EventRestore, registry.EventDropRevocation:
			blocks = append(blocks, make(e, words.FilingEvent(e), view.Quiet, text("说明", true)))
		}
	}
	return blocks
}

func incomeOptions(d registry.Dossier) []view.Option {
	var out []view.Option
	for _, in := range d.Incomes {
		if in.Reverses == 0 && !in.Reversed {
			label := in.BookedOn.Format("2006-01-02") + "　" + in.Amount.Grouped() + " 元"
			out = append(out, view.Option{Value: strconv.FormatInt(in.ID, 10), Label: label})
		}
	}
	return out
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
	command := registry.Command{
		Number:   c.Param("number"),
		Version:  f.Int("version"),
		Event:    registry.Event(f.Text("event")),
		Text:     f.Text("text"),
		Ground:   f.Text("ground"),
		Approved: f.Text("ok") == "yes",
		Amount:   f.Yuan("amountFen"),
		Income:   f.ID("income"),
	}
	var out registry.Outcome
	if err = ui.FormErr(f); err == nil && command.Event == registry.EventBookIncome {
		command.Paper, err = ui.Upload(c, p.Files, f, "paper", "income")
	}
	if err == nil {
		out, err = p.Registry.Do(c.Context(), c.Actor(), command)
	}
	if err != nil {
		if ui.Refused(err) || fault.Is(err, fault.Forbidden) {
			return p.showRegistration(c, err)
		}
		return err
	}
	c.Flash(view.OK, "已办："+words.FilingEvent(command.Event)+"。")
	switch {
	case command.Event == registry.EventStartChange:
		return c.See(fmt.Sprintf("/contracts/%d", out.Registration.ContractID))
	case out.Filing.ID != 0:
		return c.See(fmt.Sprintf("/filings/%d", out.Filing.ID))
	default:
		return c.See("/registrations/" + command.Number)
	}
}

// registrationFile sends the paper of a booked income to those who may see the registration.
func (p *Pages) registrationFile(c *web.Ctx) error {
	id, err := c.ID("file")
	if err != nil {
		return err
	}
	return ui.SendFile(c, p.Files, ofRegistration(c), id)
}

func ofRegistration(c *web.Ctx) files.Object {
	return files.Object{Kind: "registration", Number: c.Param("number")}
}

// certificateFile sends the PDF of a version to those who may see the registration.
func (p *Pages) certificateFile(c *web.Ctx) error {
	d, err := p.Registry.Entry(c.Context(), c.Actor(), c.Param("number"))
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(c.Query().Get("version"))
	for _, k := range d.Certificates {
		if k.FileID != 0 && (k.Version == version || version == 0) {
			return ui.SendFile(c, p.Files, ofRegistration(c), k.FileID)
		}
	}
	return fault.New(fault.NotFound, "certificate_not_ready", "证明文件正在生成，请稍后刷新。")
}
