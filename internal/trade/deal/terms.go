package deal

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// MaxCommissionBP is the largest commission share, 30 %: a guard against typing errors, no rule of law.
const MaxCommissionBP = 3_000

// check returns every wrong field of the terms; broker says whether a broker is on the deal.
func (t Terms) check(broker bool) error {
	var f fault.Fields
	f.Check(codes.ContractClass.Has(t.ClassCode) && len(t.ClassCode) == 4, "classCode", "unknown_code", "请选择合同类别")
	text(&f, "object", t.Object, 4, 2000, "请写明标的：交付什么、达到什么指标")
	f.Check(t.Amount > 0 && t.Amount <= money.Max, "amountFen", "bad_amount", "成交额应大于 0，且不超过 999.99 亿元；有提成的先填固定部分")
	f.Check(codes.Payment.Has(t.Payment), "payment", "unknown_code", "请选择支付方式")
	text(&f, "paymentTerms", t.PaymentTerms, 0, 2000, "")
	if t.Royalty {
		text(&f, "royaltyTerms", t.RoyaltyTerms, 2, 2000, "请写明提成的比例、基数和期限")
	} else {
		f.Check(t.RoyaltyTerms == "", "royalty", "royalty_mismatch", "填写了提成约定，请勾选“含提成”，或清空提成约定")
		f.Check(t.Payment != "profit_share" && t.Payment != "sales_share", "royalty", "royalty_mismatch", "支付方式为提成，请勾选“含提成”，或改选支付方式")
	}
	start, startErr := time.Parse(time.DateOnly, t.StartsOn)
	end, endErr := time.Parse(time.DateOnly, t.EndsOn)
	f.Check(startErr == nil, "startsOn", "bad_date", "请按 2026-03-02 的样式填写开始日期")
	f.Check(endErr == nil, "endsOn", "bad_date", "请按 2026-03-02 的样式填写结束日期")
	f.Check(startErr != nil || endErr != nil || !end.Before(start), "endsOn", "ends_before_begins", "结束日期早于开始日期，请核对")
	text(&f, "ownership", t.Ownership, 2, 2000, "请写明成果和知识产权归谁所有")
	if strings.HasPrefix(t.ClassCode, "03") {
		f.Check(t.LicenceYears >= 1 && t.LicenceYears <= 100, "licenceYears", "bad_years", "请填写许可年限，1 至 100 年")
		f.Check(slices.Contains([]string{"exclusive", "sole", "ordinary"}, t.Exclusive), "exclusive", "unknown_code", "请选择许可方式：独占、排他或普通")
	} else {
		f.Check(t.LicenceYears == 0 && t.Exclusive == "", "licenceYears", "not_licence", "只有技术许可合同填写许可年限和方式，请清空")
	}
	f.Check(t.CommissionBP >= 0 && t.CommissionBP <= MaxCommissionBP, "commissionBp", "bad_share", "佣金比例应在 0 与 30% 之间")
	switch {
	case !broker:
		f.Check(t.CommissionBP == 0 && t.CommissionBy == nobody, "commissionBp", "no_broker", "这次洽谈没有技术经纪人，不填佣金")
	case t.CommissionBP != 0:
		f.Check(t.CommissionBy == Supply || t.CommissionBy == Demand, "commissionBy", "missing", "请选择由哪一方支付佣金")
	default:
		f.Check(t.CommissionBy == nobody, "commissionBy", "not_needed", "没有佣金时不选支付方，请清空或填写佣金比例")
	}
	return f.Err()
}

// text checks the length in characters; a needed text (least > 0) that is too short gets the message.
func text(f *fault.Fields, path, s string, least, most int, message fault.Sentence) {
	n := utf8.RuneCountInString(strings.TrimSpace(s))
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		f.Add(path, "bad_text", "含有无法保存的字符，请删去后重新填写")
	case n > most:
		f.Addf(path, "too_long", "最多 %d 个字，现在有 %d 个，请删减", most, n)
	case n < least:
		f.Add(path, "too_short", message)
	}
}
