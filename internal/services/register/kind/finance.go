package kind

import (
	"techmarket/internal/foundation/fault"
	"techmarket/internal/services/register"
)

// Finance is the register of finance products for achievements (plan G1). Conditions stand as words with their date.
func Finance() register.Descriptor {
	return register.Descriptor{
		Kind: "finance", Label: "科技金融产品", Path: "finance", NameOf: "产品名称",
		Lead: "银行、担保、保险和基金面向科技企业的产品，按方式、额度和地区查找。条款以金融机构公布的为准。",
		Fields: append([]register.Field{
			{Code: "mode", Label: "方式", Type: register.One, Need: true, Facet: true, Row: true,
				Choices: choices("pledge", "知识产权质押", "credit", "信用贷款", "equity", "股权投资", "guarantee", "担保", "insurance", "保险", "interest", "贴息")},
			{Code: "amountFrom", Label: "额度下限", Type: register.Amount, Need: true, Row: true},
			{Code: "amountTo", Label: "额度上限", Type: register.Amount, Need: true, Row: true},
			{Code: "months", Label: "最长期限（月）", Type: register.Number, Max: 600, Need: true},
			{Code: "rate", Label: "利率或费率", Hint: "写明日期，例如 2026 年 6 月：年化 3.65% 起", Type: register.Line, Need: true, Row: true},
			keywords("面向"),
			{Code: "conditions", Label: "申请条件", Type: register.Long, Max: 1000, Need: true, Found: true},
			{Code: "papers", Label: "所需材料", Type: register.Long, Max: 500},
			{Code: "validTo", Label: "产品有效期至", Type: register.Day, Need: true},
		}, contact()...),
		Ends: "validTo", SameBy: nil,
		Rule: func(c register.Content, wrong *fault.Fields) {
			ordered(c, wrong, "amountFrom", "amountTo", "额度上限不能低于下限")
		},
		Fits: func(n register.Need, s register.Standing) (register.Fit, bool) {
			words := n.Shared(s.Entry.Content["keywords"])
			if len(words) == 0 {
				return register.Fit{}, false
			}
			return register.Fit{Score: 2 * len(words), Reason: "面向“" + words[0] + "”"}, true
		},
	}
}

// Outside says why an amount does not fit a product, "" where it does.
func Outside(c register.Content, fen int64) string {
	switch from, to := int64(c.Fen("amountFrom")), int64(c.Fen("amountTo")); {
	case fen < from:
		return "低于产品额度下限 " + c.Fen("amountFrom").Wan() + " 万元"
	case fen > to:
		return "高于产品额度上限 " + c.Fen("amountTo").Wan() + " 万元"
	}
	return ""
}
