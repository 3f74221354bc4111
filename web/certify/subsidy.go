package certify

import (
	"bytes"
	"fmt"
	"time"

	"techmarket/internal/certify/benefits"
	"techmarket/internal/foundation/codes"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) showSubsidy(c *web.Ctx, form *web.Form, ferr error) error {
	number := c.Param("number")
	s, err := p.Benefits.Subsidy(c.Context(), c.Actor(), number)
	if err != nil {
		return err
	}
	r := s.Registration
	page := c.Page("后补助测算")
	page.Breadcrumbs = []view.Link{{Label: r.Title, Href: "/registrations/" + number}}
	body := ui.Sheet{Lead: "登记编号 " + number + "。测算只供参考，补助与否、补助多少由主管部门决定。", Sample: r.Sample}
	body.Main = append(body.Main, subsidyBlocks(s)...)
	body.Main = append(body.Main, ui.Block{Title: "付款凭证", Parts: view.Parts{paymentTable(number, s.Payments)}})
	if web.Members().Allows(c.Actor()) && r.EndedOn == nil {
		body.Main = append(body.Main, paymentForm(ui.NewAsk(c, form, ferr), number)...)
	}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

// subsidyBlocks work the subsidy out step by step, or say why there is none to work out.
func subsidyBlocks(s benefits.Subsidy) []ui.Block {
	r := s.Registration
	if s.Rate == nil {
		return []ui.Block{{Parts: view.Parts{view.Notice{Tone: view.Info, Title: "没有适用的费率",
			Text: "费率表里没有适用于" + codes.ContractClass.Label(r.Class[:2]) + "的买方补助费率。"}}}}
	}
	type row = benefits.Step
	steps := append([]row{
		{Words: "技术交易额", Amount: r.Technical},
		{Words: "已有凭证的付款", Amount: s.Paid},
		{Words: "计算基数（两者取小）", Amount: s.Base},
	}, s.Steps...)
	t := ui.Columns[row]{
		{Label: "步骤", Cell: func(x row) view.Cell { return view.Cell{Text: x.Words} }, Foot: view.Cell{Text: "测算的补助"}},
		ui.FigureColumn("金额（元）", func(x row) string { return x.Amount.Grouped() }).Summed(s.Total.Grouped()),
	}.Table("测算过程", steps)
	b := ui.Block{
		Title: s.Rate.Name,
		Intro: s.Rate.ValidFrom.Format("2006-01-02") + " 起的费率，上限 " + s.Rate.Cap.Short() + "。来源：" + s.Rate.Source,
		Parts: view.Parts{t},
	}
	if r.EndedOn == nil {
		b.Add(view.Actions{{Label: "测算表（PDF）", Href: "/registrations/" + r.Number + "/subsidy.pdf", Kind: view.Quiet}})
	}
	for _, l := range s.Lists {
		b.Intro += "。列入后补助清单 " + l.Number
	}
	if s.Rate.Confirmed {
		return []ui.Block{b}
	}
	return []ui.Block{{Parts: view.Parts{view.Notice{Tone: view.Warn, Title: "费率未经核实", Text: s.Rate.Source}}}, b}
}

func paymentTable(number string, payments []benefits.Payment) view.Table {
	type row = benefits.Payment
	t := ui.Columns[row]{
		ui.TextColumn("支付日期", func(x row) string { return x.PaidOn.Format(time.DateOnly) }),
		ui.FigureColumn("金额（元）", func(x row) string { return x.Amount.Grouped() }),
		ui.TextColumn("说明", func(x row) string { return x.Note }),
		{Label: "凭证", Cell: func(x row) view.Cell {
			return view.Cell{Text: "查看", Href: fmt.Sprintf("/registrations/%s/payments/%d", number, x.ID)}
		}},
	}.Table("付款凭证", payments)
	t.Empty = view.Empty{Title: "还没有付款凭证", Text: "由合同双方上传。"}
	return t
}

// paymentForm lets a party of the contract add a proof.
func paymentForm(a *ui.Ask, number string) []ui.Block {
	f := view.NewForm("/registrations/"+number+"/payments", "保存凭证",
		a.Yuan("amountFen", "实际支付的金额", 0, ui.Required),
		a.Date("paidOn", "支付日期", time.Time{}, ui.Required),
		a.Text("note", "说明", "", ui.Limit(200)),
		view.Field{Kind: view.File, Name: "file", Label: "付款凭证", Required: true, Accept: ".pdf,.png,.jpg", Error: a.Errors["file"]},
	)
	blocks := a.Blocks(f)
	blocks[len(blocks)-1].Title = "补充付款凭证"
	return blocks
}

func (p *Pages) subsidyPDF(c *web.Ctx) error {
	number := c.Param("number")
	name, pdf, err := p.Papers.Subsidy(c.Context(), c.Actor(), number)
	if err != nil {
		return ui.FlashRefusal(c, err, "/registrations/"+number+"/subsidy")
	}
	return c.Inline(name, "application/pdf", bytes.NewReader(pdf))
}

func (p *Pages) addPayment(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	number := c.Param("number")
	pay := benefits.Payment{Amount: f.Yuan("amountFen"), PaidOn: f.Date("paidOn"), Note: f.Text("note")}
	headers := f.Files["file"]
	if len(headers) == 0 || headers[0].Filename == "" {
		f.Errors.Add("file", "required", "请上传付款凭证")
	}
	if err := ui.FormErr(f); err != nil {
		return p.showSubsidy(c, f, err)
	}
	file, err := headers[0].Open()
	if err != nil {
		return fmt.Errorf("open upload: %w", err)
	}
	defer file.Close()
	pay.FileID, err = p.Files.Receive(c.Context(), c.Actor(), "payment", headers[0].Filename, file)
	if err == nil {
		err = p.Benefits.AddPayment(c.Context(), c.Actor(), number, pay)
	}
	if ui.Refused(err) {
		return p.showSubsidy(c, f, err)
	}
	if err != nil {
		return err
	}
	c.Flash(view.OK, "付款凭证已保存。")
	return c.See("/registrations/" + number + "/subsidy")
}

func (p *Pages) paymentFile(c *web.Ctx) error {
	payment, err := c.ID("payment")
	if err != nil {
		return err
	}
	id, err := p.Benefits.PaymentFile(c.Context(), c.Actor(), c.Param("number"), payment)
	if err != nil {
		return err
	}
	return ui.SendFile(c, p.Files, ofRegistration(c), id)
}
