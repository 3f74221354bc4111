package papers

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
)

// List draws a list, the same bytes as long as its state does not change. Scope as List.
func (s *Service) List(ctx context.Context, a actor.Actor, number string) (name string, pdf []byte, err error) {
	l, err := s.config.Benefits.List(ctx, a, number)
	if err != nil {
		return "", nil, err
	}
	b, err := l.View()
	if err != nil {
		return "", nil, err
	}
	fonts, err := s.fonts()
	if err != nil {
		return "", nil, err
	}
	p := fonts.New(document.PDFOptions{Title: "技术合同登记清单 " + number, At: l.IssuedAt, Sample: l.Sample, Numbers: true})
	p.Title("技术合同登记清单")
	if l.State == "void" {
		p.Paragraph("本清单已失效：" + l.VoidReason)
	}
	kind := "一般合同"
	if b.Large {
		kind = "大额合同"
	}
	p.Pairs(
		[]document.Pair{
			{Label: "清单编号", Value: b.Number},
			{Label: "用途", Value: purposeWords(b.Purpose)},
			{Label: "申请单位", Value: b.Applicant},
			{Label: "合同", Value: fmt.Sprintf("%d 份，%s", len(b.Items), kind)},
			{
				Label: "合同成交额合计",
				Value: inWords(b.Amount),
			},
			{Label: "技术交易额合计", Value: inWords(b.Technical)},
			{Label: "登记点", Value: b.Point},
			{Label: "出具日期", Value: onDay(l.IssuedAt)},
		},
	)
	p.Space(3)
	rows := make([][]string, len(b.Items))
	for i, x := range b.Items {
		rows[i] = []string{strconv.Itoa(i + 1), x.Number + "\n" + x.Title, x.Buyer, x.Amount.Grouped(), x.Technical.Grouped()}
	}
	p.Table(
		[]document.Column{
			{Title: "序", Share: 0.07},
			{Title: "登记编号和合同名称", Share: 0.37},
			{Title: "买方", Share: 0.2},
			{Title: "成交额（元）", Share: 0.18, Right: true},
			{Title: "技术交易额（元）", Share: 0.18, Right: true},
		},
		rows,
	)
	p.Paragraph("以上合同均已登记并在有效状态。清单所列任何一份合同被注销或撤销的，本清单失效；合同变更的，以变更后的证明为准。本清单不是税务或财政部门的决定。")
	if l.Sample {
		p.Paragraph("样例数据，不具有任何效力。")
	}
	p.QR(s.ListURL(b.Number, b.CheckCode), 30, fmt.Sprintf("扫码或访问核验页，输入清单编号与校验码 %s-%s，可查看本清单现在的状态。\n平台校验码（非印章）　%s %s",
		b.CheckCode[:4], b.CheckCode[4:], digestWords(l.Suite), l.Digest))
	p.Attach("list.json", "application/json", []byte(l.Body))
	p.Attach("list.sig", "text/plain", []byte(l.Signature))
	pdf, err = p.Bytes()
	return "技术合同登记清单-" + number + ".pdf", pdf, err
}

// ListURL is the address in the QR code of a list.
func (s *Service) ListURL(number, code string) string {
	return s.config.BaseURL + "/l/" + number + "?c=" + code
}

// Subsidy draws the calculation with every step, the same bytes as long as register, payments, lists and rate stay. The QR leads
// to the contract's certificate: the buyer reads this paper, and a list names other people's contracts. Scope as Dossier. Conflict
// "no_rate", "not_standing".
func (s *Service) Subsidy(ctx context.Context, a actor.Actor, number string) (name string, pdf []byte, err error) {
	sub, err := s.config.Benefits.Subsidy(ctx, a, number)
	if err != nil {
		return "", nil, err
	}
	r, rate := sub.Registration, sub.Rate
	switch {
	case r.EndedOn != nil:
		return "", nil, fault.Newf(fault.Conflict, "not_standing", "登记%s，不再测算后补助", r.EndWords())
	case rate == nil:
		return "", nil, fault.New(fault.Conflict, "no_rate", "费率表里没有适用于这类合同的买方补助费率，没有可以测算的")
	}
	fonts, err := s.fonts()
	if err != nil {
		return "", nil, err
	}
	at := r.RegisteredOn
	later := func(t time.Time) {
		if t.After(at) {
			at = t
		}
	}
	lists := "还没有列入"
	for i, l := range sub.Lists {
		later(l.IssuedAt)
		if i == 0 {
			lists = l.Number
		} else {
			lists += "、" + l.Number
		}
	}
	for _, x := range sub.Payments {
		later(x.PaidOn)
	}
	if sub.Certificate != nil {
		later(sub.Certificate.IssuedAt)
	}
	p := fonts.New(document.PDFOptions{Title: "技术交易后补助测算表 " + number, At: at, Sample: r.Sample, Numbers: true})
	p.Title("技术交易后补助测算表")
	p.Pairs(
		[]document.Pair{
			{Label: "登记编号", Value: r.Number},
			{Label: "合同名称", Value: r.Title},
			{Label: "合同类别", Value: codes.ClassName(r.Class)},
			{Label: "买方（申报人）", Value: r.BuyerName},
			{Label: "卖方", Value: r.SellerName},
			{Label: "登记点", Value: sub.Point},
			{Label: "登记日期", Value: dateWords(r.RegisteredOn)},
			{Label: "后补助清单", Value: lists},
		},
	)
	p.Heading("所用的费率")
	period := dateWords(rate.ValidFrom) + "起"
	if rate.ValidTo != nil {
		period += "，至 " + dateWords(*rate.ValidTo)
	}
	p.Pairs(
		[]document.Pair{
			{Label: "名称", Value: rate.Name},
			{Label: "有效期间", Value: period + "；按合同登记日期选取"},
			{Label: "上限", Value: rate.Cap.Grouped() + " 元"},
			{Label: "依据", Value: rate.Source},
		},
	)
	if !rate.Confirmed {
		p.Paragraph("注意：这一费率还没有对照正式文件核实。")
	}
	p.Heading("付款")
	var rows [][]string
	for i, x := range sub.Payments {
		rows = append(rows, []string{strconv.Itoa(i + 1), x.PaidOn.Format(time.DateOnly), x.Note, x.Amount.Grouped()})
	}
	if len(rows) == 0 {
		p.Paragraph("还没有付款凭证，计算基数为零。")
	} else {
		p.Table([]document.Column{{Title: "序", Share: 0.08}, {Title: "支付日期", Share: 0.2}, {Title: "说明", Share: 0.47},
			{Title: "金额（元）", Share: 0.25, Right: true}}, rows)
	}
	p.Heading("测算过程")
	rows = [][]string{{"技术交易额", r.Technical.Grouped()}, {"已有凭证的付款合计", sub.Paid.Grouped()}, {"计算基数：以上两者中较小的", sub.Base.Grouped()}}
	for _, step := range sub.Steps {
		rows = append(rows, []string{step.Words, step.Amount.Grouped()})
	}
	p.Table([]document.Column{{Title: "步骤", Share: 0.72}, {Title: "金额（元）", Share: 0.28, Right: true}}, rows)
	p.Pairs([]document.Pair{{Label: "测算的补助", Value: inWords(sub.Total)}})
	p.Paragraph("本表由登记系统按登记簿、付款凭证和费率表计算，只供申报时参考；补助与否、补助多少由主管部门决定。")
	if r.Sample {
		p.Paragraph("样例数据，不具有任何效力。")
	}
	if c := sub.Certificate; c != nil {
		p.QR(s.CheckURL(number, c.CheckCode), 30, fmt.Sprintf("扫码或访问核验页，输入登记编号与校验码 %s-%s，可查看合同登记现在的状态和金额。", c.CheckCode[:4], c.CheckCode[4:]))
	}
	pdf, err = p.Bytes()
	return "技术交易后补助测算表-" + number + ".pdf", pdf, err
}
