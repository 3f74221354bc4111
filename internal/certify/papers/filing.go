package papers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
)

// OfFiling lists the papers that exist for a filing.
func OfFiling(f registry.Filing) []Kind {
	out := []Kind{Form}
	if f.AcceptedAt != nil {
		out = append(out, Receipt)
	}
	if f.Correction != nil {
		out = append(out, Correction)
	}
	switch {
	case f.Refusal == nil:
	case f.State == registry.Declined || f.PriorState == registry.Declined:
		out = append(out, Decline)
	default:
		out = append(out, Refusal)
	}
	return out
}

// Filing draws a paper of a filing as PDF, the same bytes as long as the case does not move; name is a file name. Scope as
// Case. NotFound "no_such_paper".
func (s *Service) Filing(ctx context.Context, a actor.Actor, filing int64, kind Kind) (name string, pdf []byte, err error) {
	c, err := s.config.Registry.Case(ctx, a, filing)
	if err != nil {
		return "", nil, err
	}
	f := c.Filing
	write := filingPapers()[kind]
	if write == nil || !slices.Contains(OfFiling(f), kind) {
		return "", nil, fault.New(fault.NotFound, "no_such_paper", "本件没有这份文书")
	}
	fonts, err := s.fonts()
	if err != nil {
		return "", nil, err
	}
	p := fonts.New(document.PDFOptions{Title: string(kind) + " " + f.IntakeNo, At: f.UpdatedAt, Sample: f.Sample})
	title := s.writeFiling(p, c, kind, write)
	pdf, err = p.Bytes()
	return title + "-" + f.IntakeNo + ".pdf", pdf, err
}

func filingPapers() map[Kind]func(*document.PDF, registry.Case) string {
	return map[Kind]func(*document.PDF, registry.Case) string{Form: form, Receipt: receipt, Correction: correction, Decline: decline,
		Refusal: refusal}
}

// writeFiling writes one paper with its foot: who gave it, where to ask, and the code that opens the case.
func (s *Service) writeFiling(p *document.PDF, c registry.Case, kind Kind, write func(*document.PDF, registry.Case) string) string {
	title := write(p, c)
	if kind != Form {
		p.Signed(c.Point.Name, onDay(paperDay(c.Filing, kind)))
	}
	p.Space(4)
	p.QR(fmt.Sprintf("%s/filings/%d", s.config.BaseURL, c.Filing.ID), 22, "扫码登录后查看本件的进度和文书。\n"+contact(c.Point)+
		"\n本文书由登记系统生成，不加盖印章图样；真伪以登记点在办记录为准。受理编号 "+c.Filing.IntakeNo)
	return title
}

// Batch draws papers of several filings as one PDF, for the printer: every paper of the kind that exists, each on its own page. Scope as
// Case: cases the reader may not see are refused as a whole. Invalid "nothing_to_print", "too_many".
func (s *Service) Batch(ctx context.Context, a actor.Actor, filings []int64, kind Kind) ([]byte, error) {
	write := filingPapers()[kind]
	if write == nil {
		return nil, fault.New(fault.NotFound, "no_such_paper", "没有这种文书")
	}
	if len(filings) > maxBatch {
		return nil, fault.Newf(fault.Invalid, "too_many", "一次最多打印 %d 件", maxBatch)
	}
	var cases []registry.Case
	for _, id := range filings {
		c, err := s.config.Registry.Case(ctx, a, id)
		if err != nil {
			return nil, err
		}
		if slices.Contains(OfFiling(c.Filing), kind) {
			cases = append(cases, c)
		}
	}
	if len(cases) == 0 {
		return nil, fault.Newf(fault.Invalid, "nothing_to_print", "所选的申请都没有“%s”", kind.Title())
	}
	fonts, err := s.fonts()
	if err != nil {
		return nil, err
	}
	sample := slices.ContainsFunc(cases, func(c registry.Case) bool { return c.Filing.Sample })
	p := fonts.New(document.PDFOptions{Title: string(kind.Title()), At: cases[0].Filing.UpdatedAt, Sample: sample})
	for i, c := range cases {
		if i > 0 {
			p.Append()
		}
		s.writeFiling(p, c, kind, write)
	}
	return p.Bytes()
}

// maxBatch bounds one printing.
const maxBatch = 100

// form is 技术合同登记表: every field of the application, as it was filed.
func form(p *document.PDF, c registry.Case) string {
	p.Title("技术合同登记表")
	p.Pairs([]document.Pair{{Label: "受理编号", Value: c.Filing.IntakeNo}, {Label: "登记点", Value: c.Point.Name}})
	for _, part := range contract.Sheet(c.Contract.Content) {
		p.Heading(part.Title)
		var pairs []document.Pair
		for _, line := range part.Lines {
			pairs = append(pairs, document.Pair{Label: line.Label, Value: line.Value})
		}
		p.Pairs(pairs)
	}
	return "技术合同登记表"
}

// paperDay is when the paper was given.
func paperDay(f registry.Filing, kind Kind) time.Time {
	switch kind {
	case Receipt:
		return *f.AcceptedAt
	case Correction:
		return f.Correction.AskedAt
	default:
		return *f.DecidedAt
	}
}

// addressee is the applicant: the seller, for an import the domestic buyer (办法第8条).
func addressee(c contract.Content) string {
	if c.Import() {
		for _, b := range c.Buyers {
			if !b.Foreign() {
				return b.Name
			}
		}
	}
	return c.Seller.Name
}

func facts(p *document.PDF, c registry.Case, more ...document.Pair) {
	f := c.Filing
	p.Paragraph(addressee(c.Contract.Content) + "：")
	p.Pairs(append([]document.Pair{{Label: "受理编号", Value: f.IntakeNo}, {Label: "合同名称", Value: f.Title}, {Label: "卖方", Value: f.SellerName},
		{Label: "买方", Value: f.BuyerName}, {Label: "申报类别", Value: codes.ClassName(f.ClaimedClass)},
		{Label: "申报成交额", Value: f.ClaimedAmount.Grouped() + " 元"}}, more...))
	p.Space(2)
}

func receipt(p *document.PDF, c registry.Case) string {
	p.Title("技术合同认定登记受理通知书")
	facts(p, c, document.Pair{Label: "受理日期", Value: onDay(*c.Filing.AcceptedAt)})
	p.Paragraph(fmt.Sprintf("你单位的技术合同认定登记申请已受理。本登记点将在 %s 前完成审查，法定期限至 %s（技术合同认定登记管理办法第 11 条）。需要补正的，期间不计入。",
		dateWords(*c.Filing.TargetOn), dateWords(*c.Filing.LegalOn)))
	return "受理通知书"
}

func correction(p *document.PDF, c registry.Case) string {
	p.Title("技术合同认定登记补正一次性告知书")
	facts(p, c, document.Pair{Label: "告知日期", Value: onDay(c.Filing.Correction.AskedAt)})
	p.Paragraph("你单位的申请需要补正以下全部内容。请在 " + longDate(c.Filing.Correction.DueOn) + " 前一次补齐；逾期没有补正的，将按所列理由不予登记。")
	rows := make([][]string, 0, len(c.Filing.Correction.Items))
	for i, item := range c.Filing.Correction.Items {
		rows = append(rows, []string{fmt.Sprint(i + 1), item.Text, reasonWords(item.Reason)})
	}
	p.Table([]document.Column{{Title: "序号", Share: 0.1}, {Title: "需要补正的内容", Share: 0.6}, {Title: "不补正的后果", Share: 0.3}}, rows)
	return "一次性告知书"
}

func reasonWords(code string) string {
	if code == "" {
		return ""
	}
	return code + " " + codes.Refusal.Label(code)
}

func decline(p *document.PDF, c registry.Case) string {
	p.Title("技术合同认定登记不予受理通知书")
	facts(p, c, document.Pair{Label: "决定日期", Value: onDay(*c.Filing.DecidedAt)},
		document.Pair{Label: "理由", Value: codes.IntakeRefusal.Label(c.Filing.Refusal.Codes[0])})
	p.Paragraph(c.Filing.Refusal.Text)
	p.Paragraph(Remedies(c.Point))
	return "不予受理通知书"
}

func refusal(p *document.PDF, c registry.Case) string {
	r := c.Filing.Refusal
	words := make([]string, 0, len(r.Codes))
	for _, code := range r.Codes {
		words = append(words, reasonWords(code))
	}
	rows := []document.Pair{{Label: "决定日期", Value: onDay(*c.Filing.DecidedAt)}, {Label: "理由", Value: strings.Join(words, "；")}}
	if len(r.Articles) > 0 {
		rows = append(rows, document.Pair{Label: "依据", Value: "技术合同认定规则第 " + strings.Join(r.Articles, "、") + " 条"})
	}
	p.Title("技术合同不予登记通知书")
	facts(p, c, rows...)
	p.Paragraph(r.Text)
	p.Paragraph("合同文本注明“未予登记”，退回申请人（技术合同认定登记管理办法第 11 条）。")
	p.Paragraph(Remedies(c.Point))
	return "不予登记通知书"
}
