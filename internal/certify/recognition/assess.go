package recognition

import (
	"slices"

	"techmarket/internal/foundation/money"
)

// Assess decides an application by the book. It is pure and never fails: facts that contradict each other become a
// correction, never a registration.
//
// On Register: Class and Amounts are set, 0 < T ≤ C and 0 ≤ V ≤ T hold, Expert follows policy.LargeAmount and the
// finding "disputed". Otherwise Reasons and Articles name every rule of the winning stage; RightPoint is set where
// the area was wrong and a right point exists.
func Assess(a Application, policy Policy) Decision {
	d := Decision{Outcome: Register, Reasons: []string{}, Articles: []string{}, Flags: []string{}, Rules: []Rule{}}
	lifted := false
	for _, r := range book() {
		if r.holds == nil || !r.decides(a.Class) || !r.holds(a) {
			continue
		}
		if r.LiftedBy != "" && inClass(a.Class, r.Classes...) && slices.Contains(a.Findings, r.LiftedBy) {
			lifted = true
			continue
		}
		o := r.Outcome
		switch {
		case o == Correct && (a.Refused || slices.Contains(a.Told, r.Reason)):
			o = Refuse
		case o == NotAccept && a.Accepted && r.Reason != "":
			o = Refuse
		}
		if stage(o) > stage(d.Outcome) {
			continue
		}
		if stage(o) < stage(d.Outcome) {
			d.Outcome, d.Rules = o, d.Rules[:0]
		}
		d.Rules = append(d.Rules, r)
	}
	for _, r := range d.Rules {
		if r.Reason != "" {
			d.Reasons = append(d.Reasons, r.Reason)
		}
		d.Articles = append(d.Articles, r.Articles...)
		if r.ID == "wrong_area" {
			d.RightPoint = a.rightPoint()
		}
	}
	d.Reasons, d.Articles = sorted(d.Reasons), sorted(d.Articles)
	if d.Outcome != Register {
		d.Hints = gaps(a)
		return d
	}

	// costs_exceed_price has seen to it that the amounts compute and are coherent.
	amounts, _ := policy.Compute(a.Class, *a.Amount, a.Costs, a.Biological, a.Tied)
	d.Class, d.Amounts = a.Class, &amounts
	d.Expert = amounts.Technical >= policy.LargeAmount || slices.Contains(a.Findings, Disputed)
	for flag, on := range map[string]bool{
		FlagAmountOpen: a.Royalty,
		FlagCIT:        citTransfer(a),
		FlagImport:     !a.Seller.domestic(),
		FlagExport:     a.Seller.domestic() && !a.Buyer.domestic(),
		FlagReason:     lifted,
	} {
		if on {
			d.Flags = append(d.Flags, flag)
		}
	}
	slices.Sort(d.Flags)
	d.Hints = append(gaps(a), taxHints(a, d)...)
	return d
}

func stage(o Outcome) int {
	return slices.Index([]Outcome{NotAccept, Refuse, Correct, Register}, o)
}

func sorted(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}

// citTransfer is the income-tax hint of 财税〔2010〕111号 and 公告2015年第82号: a domestic seller transfers, or licences
// for five years or more, a right of the list that is in force. An application (0203) is no granted right.
func citTransfer(a Application) bool {
	if !a.Seller.domestic() || !a.IP.Valid || a.Class == pendingRight || !slices.Contains(taxedRights, a.IP.Kind) {
		return false
	}
	return inClass(a.Class, "02") || (inClass(a.Class, "03") && a.Licence != nil && a.Licence.Years >= 5)
}

// Reading is one rule that the facts answer, without a look at the text.
type Reading struct {
	Rule  Rule
	Holds bool // the rule applies: it stands against the registration
}

// Readings goes through the rules of the class that ask for no finding, in the order of the book.
func Readings(a Application) []Reading {
	var out []Reading
	for _, r := range book() {
		if !r.Finding && r.Applies(a.Class) {
			out = append(out, Reading{Rule: r, Holds: r.holds(a)})
		}
	}
	return out
}

// tokenPrice is the price below which somebody should look again (our choice).
const tokenPrice = 100 * money.Yuan

// gaps names what the form should hold and the book does not decide (docs/rules/registration.md §5, Art. 26).
func gaps(a Application) []Hint {
	var out []Hint
	add := func(on bool, code, text, source string) {
		if on {
			out = append(out, Hint{code, text, source})
		}
	}
	transfer := inClass(a.Class, "02", "03")
	add(transfer && a.IP.Kind == "none", "ip_kind_missing", "技术转让与许可应写明涉及的知识产权", "登记表填写要求")
	add(inClass(a.Class, "01") && !a.IP.OwnershipAgreed, "ownership_open", "合同没有约定研究开发成果的归属", "登记表填写要求")
	add(inClass(a.Class, "03") && a.Licence == nil, "licence_terms_missing", "许可合同应写明许可年限与方式", "登记表填写要求")
	if a.Amount != nil {
		text := "合同价款只有 " + a.Amount.Grouped() + " 元，请核对是否为象征性价款或单位填错"
		add(*a.Amount > 0 && *a.Amount < tokenPrice, "token_price", text, "登记实践")
	}
	return out
}

// taxHints say which relief the certificate may serve. They are hints, never a tax decision.
func taxHints(a Application, d Decision) []Hint {
	var out []Hint
	if d.Amounts.VATBase > 0 {
		out = append(out, Hint{"vat_exempt", "免征增值税的计税依据参考：" + d.Amounts.VATBase.Grouped() + " 元，以税务机关认定为准", "财税〔2016〕36号附件 3 第一条（二十六）"})
		if inClass(a.Class, "0502", "0503") { // only where the policy counts them
			out = append(out, Hint{"related_service_open", "技术中介、技术培训能否算作转让或开发的相关服务，待税务机关确认", "待核实"})
		}
	}
	if slices.Contains(d.Flags, FlagCIT) {
		out = append(out, Hint{"cit_transfer", "卖方的技术转让所得可能适用企业所得税减免（一个年度内 500 万元以内免征，超过部分减半）；关联方交易等情形除外", "企业所得税法实施条例第 90 条；财税〔2010〕111号"})
	}
	if inClass(a.Class, "01") {
		out = append(out, Hint{"rd_deduction", "买方的委托或合作研发费用加计扣除需要卖方登记后的合同", "公告 2015 年第 97 号（待核实）"})
	}
	return out
}
