package voucher

import (
	"context"
	"fmt"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
)

// Proof draws the sheet that goes with a claim: what was granted under which scheme, the service, the papers, and how the amount came
// about. It is drawn from what is stored and never kept, so a voided voucher's sheet says so. Faults: those of Read, Conflict no_proof,
// Unavailable fonts_missing.
func (s *Service) Proof(ctx context.Context, who actor.Actor, id int64) (file string, pdf []byte, err error) {
	const op = "voucher: proof: %w"
	v, err := s.Read(ctx, who, id)
	if err != nil {
		return "", nil, err
	}
	if v.Case.State.Before() {
		return "", nil, fmt.Errorf(op, fault.New(fault.Conflict, "no_proof", "券还没有发放，没有凭证可以打印"))
	}
	if s.config.Fonts == nil {
		return "", nil, fmt.Errorf(op, fault.New(fault.Unavailable, "fonts_missing",
			"服务器没有配置 PDF 字体，文书暂时不能生成。请系统管理员运行 techmarket doctor 查看"))
	}
	fonts, err := s.config.Fonts()
	if err != nil {
		return "", nil, fmt.Errorf(op, err)
	}
	pdf, err = v.sheet(fonts)
	if err != nil {
		return "", nil, fmt.Errorf(op, err)
	}
	return "创新券凭证-" + v.Case.Label() + ".pdf", pdf, nil
}

func (v View) sheet(fonts *document.Fonts) ([]byte, error) {
	drawn := fonts.Boxed
	c := v.Case
	p := fonts.New(document.PDFOptions{Title: "科技创新券凭证 " + c.Label(), At: v.AsOf, Sample: c.Sample, Numbers: true})
	p.Title("科技创新券凭证")
	if c.State == StageVoid || c.State == StageExpired {
		p.Heading("此券已" + StageWord(c.State) + "，本凭证不能用于兑付")
	}
	pairs := []document.Pair{{Label: "券号", Value: c.Label()}, {Label: "状态", Value: StageWord(c.State)}, {Label: "依据",
		Value: drawn(v.Scheme.Title + " " + v.Scheme.Number)},
		{Label: "发券单位", Value: drawn(v.Issuer)}, {Label: "用券企业", Value: drawn(v.Firm)}, {Label: "服务机构", Value: drawn(v.Provider)},
		{Label: "服务", Value: drawn(c.Service)}, {Label: "发放日期", Value: c.GrantedOn.Format(time.DateOnly)},
		{Label: "有效期至", Value: c.DueOn.Format(time.DateOnly)}, {Label: "申请时的服务费用", Value: c.Contract.Grouped() + " 元"},
		{Label: "券面金额", Value: c.Amount.Grouped() + " 元（" + c.Amount.Han() + "）"}}
	if c.Number != "" {
		pairs = append(pairs, document.Pair{Label: "服务合同", Value: drawn(c.Number)})
	}
	if c.Claimed > 0 {
		pairs = append(pairs, document.Pair{Label: "企业实际支付", Value: c.Claimed.Grouped() + " 元"})
	}
	if c.Paid > 0 {
		pairs = append(pairs, document.Pair{Label: "已兑付", Value: c.Paid.Grouped() + " 元"})
	}
	if c.Owes > 0 {
		pairs = append(pairs, document.Pair{Label: "待追回", Value: c.Owes.Grouped() + " 元"})
	}
	p.Pairs(pairs)
	p.Paragraph(fmt.Sprintf("支持比例 %s，一家企业一年上限 %s 元；按申请费用和实付费用分别计算，取较小的，舍去不足一分的部分。",
		RateWord(v.Scheme.RateBP), v.Scheme.Limit.Grouped()))
	p.Heading("凭证材料")
	rows := make([][]string, 0, len(v.Papers))
	for _, f := range v.Papers {
		rows = append(rows, []string{RoleWord(f.Role), drawn(f.Name), clock.Day(f.AddedAt)})
	}
	if len(rows) == 0 {
		p.Paragraph("还没有上传材料。")
	} else {
		p.Table([]document.Column{{Title: "材料", Share: 0.2}, {Title: "文件", Share: 0.6}, {Title: "上传日期", Share: 0.2}}, rows)
	}
	p.Heading("经过")
	rows = nil
	for _, h := range v.Steps {
		what := titles()[h.Act]
		if h.Moved != nil {
			what += "，" + h.Moved.Grouped() + " 元"
		}
		rows = append(rows, []string{clock.Day(h.At), what, drawn(h.Reason)})
	}
	p.Table([]document.Column{{Title: "日期", Share: 0.16}, {Title: "办理", Share: 0.42}, {Title: "说明或凭证号", Share: 0.42}}, rows)
	p.Signed("用券企业（盖章）：", "服务机构（盖章）：", "发券单位（盖章）：")
	p.Note("本凭证由技术市场按办理记录生成，金额由公开的规则算出，可以用 techmarket replay voucher 重算。")
	return p.Bytes()
}

// RateWord is a rate in percent.
func RateWord(bp int) string {
	if bp%100 == 0 {
		return fmt.Sprintf("%d%%", bp/100)
	}
	return fmt.Sprintf("%d.%02d%%", bp/100, bp%100)
}

// StageWord names a stage.
func StageWord(s Stage) string {
	return map[Stage]string{StageApplied: "待审核", StageDeclined: "未批准", StageWithdrawn: "已撤回", StageGranted: "待使用", StageCommitted: "服务中",
		StageDone: "待兑付申请", StageClaimed: "兑付审核中", StageApproved: "待拨付", StagePaid: "已兑付", StageExpired: "过期", StageVoid: "作废"}[s]
}

// RoleWord names what a file is.
func RoleWord(r PaperRole) string {
	return map[PaperRole]string{FileContract: "服务合同", FileInvoice: "发票", FilePayment: "付款回单", FileOther: "其他"}[r]
}
