package contract

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
)

// Section is one task of the list 卖方 · 买方 · 合同要素 · 金额拆分 · 附件 · 声明 → 核对 → 提交.
type Section string

// The sections in their order.
const (
	SectionSeller    Section = "seller"
	SectionBuyers    Section = "buyers"
	SectionElements  Section = "elements"
	SectionAmounts   Section = "amounts"
	SectionFiles     Section = "files"
	SectionStatement Section = "statement"
)

// SectionNames returns the sections in the order of the task list.
func SectionNames() []Section {
	return []Section{SectionSeller, SectionBuyers, SectionElements, SectionAmounts, SectionFiles, SectionStatement}
}

// Level says how much an issue weighs.
type Level string

// The levels.
const (
	Missing Level = "missing" // unanswered; blocks submission, never saving
	Wrong   Level = "wrong"   // answered and impossible; blocks submission, never saving
	Warn    Level = "warn"    // look again; blocks nothing (docs/rules/identifiers.md §2)
)

// Issue is one thing to mend, at the field where it is mended.
type Issue struct {
	Section Section `json:"section"`
	fault.Field
	Level Level `json:"level"`
}

// SectionState is one line of the task list.
type SectionState struct {
	Section  Section `json:"section"`
	State    string  `json:"state"`    // empty, started, done
	Issues   []Issue `json:"issues"`   // missing and wrong, in the order of the form
	Warnings []Issue `json:"warnings"` // block nothing
}

// Sections computes the task list from the checks. `on` is the day the application would be made.
// All sections done = ready for 核对 and 提交.
func Sections(c Content, files []File, on Date) []SectionState {
	issues := Check(c, files, on)
	touched := map[Section]bool{
		SectionSeller:    c.Seller != (Party{}) && c.Seller != (Party{Country: China}),
		SectionBuyers:    slices.ContainsFunc(c.Buyers, func(p Party) bool { return p != (Party{}) && p != (Party{Country: China}) }),
		SectionElements:  c.Elements.Name != "" || c.Elements.ClassCode != "" || c.Elements.Amount != 0,
		SectionAmounts:   c.Technical != 0 || len(c.Costs) > 0,
		SectionFiles:     len(files) > 0,
		SectionStatement: c.Statement != (Statement{Applicant: c.Statement.Applicant}), // the name is filled in by itself
	}
	out := make([]SectionState, 0, len(touched))
	for _, name := range SectionNames() {
		s := SectionState{Section: name, State: "done", Issues: []Issue{}, Warnings: []Issue{}}
		for _, i := range issues {
			switch {
			case i.Section != name:
			case i.Level == Warn:
				s.Warnings = append(s.Warnings, i)
			default:
				s.Issues = append(s.Issues, i)
			}
		}
		switch {
		case len(s.Issues) > 0 && !touched[name]:
			s.State = "empty"
		case len(s.Issues) > 0:
			s.State = "started"
		}
		out = append(out, s)
	}
	return out
}

// Check returns everything that stands against handing the document in on that day, and the warnings.
// Rules: docs/rules/registration.md §5 (our choice where it says so), 认定规则 and 办法 as named at each message.
func Check(c Content, files []File, on Date) []Issue {
	k := &checker{on: on, files: files}
	k.section = SectionSeller
	k.sellers(c)
	k.section = SectionBuyers
	k.buyers(c)
	k.section = SectionElements
	k.elements(c)
	k.section = SectionAmounts
	k.amounts(c)
	k.section = SectionFiles
	k.attachments(c)
	k.section = SectionStatement
	k.statement(c.Statement)
	return k.issues
}

// blocking turns the issues that block submission into a fault, nil where there are none.
func blocking(issues []Issue) error {
	var f fault.Fields
	for _, i := range issues {
		if i.Level != Warn {
			f.Join(i.Field)
		}
	}
	return f.Err()
}

type checker struct {
	section Section
	on      Date
	files   []File
	issues  []Issue
}

func (k *checker) add(level Level, wrong fault.Field) {
	k.issues = append(k.issues, Issue{k.section, wrong, level})
}

// need notes a missing answer unless ok holds, and returns ok.
func (k *checker) need(ok bool, path string, message fault.Sentence, params ...any) bool {
	if !ok {
		k.add(Missing, fault.At(path, "missing", message, params...))
	}
	return ok
}

// right notes a wrong answer unless ok holds, and returns ok.
func (k *checker) right(ok bool, path, code string, message fault.Sentence, params ...any) bool {
	if !ok {
		k.add(Wrong, fault.At(path, code, message, params...))
	}
	return ok
}

func (k *checker) warn(bad bool, path, code string, message fault.Sentence) {
	if bad {
		k.add(Warn, fault.At(path, code, message))
	}
}

// code checks a value against a list: required, known, and a leaf of the list.
func (k *checker) code(list codes.List, value, path string, what fault.Sentence) bool {
	return k.need(value != "", path, "请选择%s", what) && k.right(leaf(list, value), path, "unknown_code", "%s不在目录中，请重新选择", what)
}

func leaf(list codes.List, value string) bool {
	return list.Has(value) && len(list.Children(value)) == 0
}

func (k *checker) party(path string, p Party, applicant bool) {
	who := map[Section]fault.Sentence{SectionSeller: "卖方", SectionBuyers: "买方"}[k.section]
	k.need(strings.TrimSpace(p.Name) != "", path+"name", "请填写%s名称，与合同印章一致", who)
	if k.need(p.Country != "", path+"country", "请选择%s国别", who) {
		k.right(region.ValidCountry(p.Country), path+"country", "bad_country", "国别代码为三位数字，境内填 156")
	}
	if p.Foreign() {
		k.right(p.Division == "", path+"division", "foreign_division", "境外%s不填行政区划代码，请清空；境内%s请把国别改为 156", who, who)
	} else {
		if k.need(p.Division != "", path+"division", "请选择%s所在旗县区", who) {
			k.right(region.Valid(p.Division), path+"division", "bad_division", "没有这个行政区划代码，请从列表中选择旗县区；区外单位填六位代码")
		}
		if k.need(p.Nature != "", path+"nature", "请选择%s单位性质", who) {
			// The third digit names the kind; the fourth, 法人 or 分支机构, may stay open.
			item, ok := codes.PartyNature.Get(p.Nature)
			k.right(ok && (item.Parent != "" || leaf(codes.PartyNature, p.Nature)), path+"nature", "unknown_code", "%s单位性质不在目录中，请重新选择", who)
		}
		if p.Person() {
			k.need(p.IDSealed != "", path+"idNumber", "请填写%s的身份证件号码；加密保存，页面和文书上只显示首尾几位", who)
		} else if k.need(p.CreditCode != "", path+"creditCode", "请填写%s统一社会信用代码", who) {
			k.creditCode(path+"creditCode", p.CreditCode)
		}
	}
	if applicant {
		k.need(p.Contact != "", path+"contact", "请填写%s联系人，登记点据此通知补正", who)
		k.need(p.Phone != "", path+"phone", "请填写%s联系电话，登记点据此通知补正", who)
		k.need(p.Address != "", path+"address", "请填写%s地址", who)
		k.need(p.Person() || p.Representative != "", path+"representative", "请填写%s法定代表人", who)
	}
	k.right(codes.IsPhone(p.Phone), path+"phone", "bad_phone", "%s联系电话%s", who, codes.PhoneMend)
	k.right(p.Postcode == "" || p.Foreign() || digits(p.Postcode, 6), path+"postcode", "bad_postcode", "邮政编码为六位数字")
	k.right(p.Industry == "" || codes.Industry.Has(p.Industry), path+"industry", "unknown_code", "行业不在目录中，请重新选择")
}

// creditCode refuses what no register gave out; an early pilot code is real and fails the check digit, its body code passes: it warns
// (docs/rules/identifiers.md §2).
func (k *checker) creditCode(path, code string) {
	c := codes.USCC(code)
	if !c.Warned() {
		return
	}
	level := Warn
	if c.Level == codes.Strong {
		level = Wrong
	}
	k.add(level, fault.At(path, "check_digit", c.Format, c.Params...))
}

func (k *checker) buyers(c Content) {
	if !k.need(len(c.Buyers) > 0, "buyers", "请至少填写一个买方") {
		return
	}
	applicant := c.Import() // the first domestic buyer applies
	domestic := false
	for i, b := range c.Buyers {
		k.party(fmt.Sprintf("buyers.%d.", i), b, applicant && !b.Foreign())
		if !b.Foreign() {
			applicant, domestic = false, true
		}
		k.right(!slices.ContainsFunc(c.SellerParties(), b.same), fmt.Sprintf("buyers.%d.name", i), "same_party", "买方与卖方是同一单位，不能订立技术合同，请改填真正的对方")
	}
	k.right(!c.Import() || domestic, "buyers", "no_domestic_party", "卖方在境外时由境内买方申请登记，请填写境内买方")
}

func (k *checker) elements(c Content) {
	e := c.Elements
	const at = "elements."
	k.need(strings.TrimSpace(e.Name) != "", at+"name", "请填写合同名称，与合同文本一致")
	classOK := k.code(codes.ContractClass, e.ClassCode, at+"classCode", "合同类别")
	class := ""
	if classOK {
		class = e.ClassCode[:2]
	}
	k.need(strings.TrimSpace(e.Summary) != "", at+"summary", "请用几句话写明标的：交付什么技术成果、解决什么问题")

	k.day(at+"signedOn", e.SignedOn, "签订日期")
	k.day(at+"beginsOn", e.BeginsOn, "有效期起")
	k.day(at+"endsOn", e.EndsOn, "有效期止")
	if e.SignedOn.Valid() && k.on.Valid() {
		k.right(e.SignedOn <= k.on, at+"signedOn", "signed_later", "签订日期晚于申请日期，请核对；合同订立后才能申请登记（办法第8条）")
	}
	if e.BeginsOn.Valid() && e.EndsOn.Valid() {
		k.right(e.BeginsOn <= e.EndsOn, at+"endsOn", "ends_before_begins", "有效期止早于有效期起，请核对")
	}
	if e.EndsOn.Valid() && k.on.Valid() {
		k.right(k.on <= e.EndsOn, at+"endsOn", "expired", "合同有效期已过，登记点不予受理；合同已续期的，请附补充协议并填写新的期限")
	}

	k.foreign(e)
	if k.need(e.Amount != 0 || e.Foreign.Currency != "", at+"amountFen", "请填写合同成交总额；提成部分未定的，先填固定部分，“部分价款按销售额或利润提成”选“是”") {
		k.right(e.Amount > 0 && e.Amount <= money.Max || e.Foreign.Currency != "", at+"amountFen", "bad_amount", "合同成交总额应大于 0，且不超过 999.99 亿元")
	}
	k.code(codes.Payment, e.Payment, at+"payment", "支付方式")
	if k.need(e.Royalty != Open, at+"royalty", "请选择是否按利润或销售额提成") && e.Royalty == Yes {
		k.need(e.RoyaltyTerms != "", at+"royaltyTerms", "请填写提成的比例、基数和期限")
	}
	share := e.Payment == "profit_share" || e.Payment == "sales_share"
	k.right(!share || e.Royalty != No, at+"royalty", "royalty_mismatch", "支付方式为提成，“是否提成”应选“是”，或改选支付方式")
	k.warn(e.Royalty == Yes && !e.AmountOpen, at+"amountOpen", "amount_open", "有提成的，价款还没有完全确定（amountOpen 为 true）：先按固定部分登记，办理税收手续前再变更")
	k.need(e.RelatedParty != Open, at+"relatedParty", "请选择是否关联交易")
	k.need(e.Medium != "", at+"medium", "请选择合同文本形式")
	k.right(e.Medium == "" || e.Medium == "paper" || e.Medium == "electronic", at+"medium", "unknown_code", "合同文本形式只能是纸质或电子；口头合同不予登记（办法第9条）")
	if k.code(codes.PlanSource, e.PlanSource, at+"planSource", "项目计划来源") && e.PlanSource != planNone {
		k.need(e.PlanName != "" || e.PlanNumber != "", at+"planName", "请填写计划项目的名称或编号")
	}
	k.rights(c, class)
	if class == "03" {
		k.need(e.Licence.Years != 0, at+"licence.years", "请填写许可年限")
		k.need(e.Licence.Exclusive != "", at+"licence.exclusive", "请选择许可方式：独占、排他或普通")
	}
	k.right(e.Licence.Years >= 0 && e.Licence.Years <= 100, at+"licence.years", "bad_years", "许可年限为 1 至 100 年")
	k.right(
		e.Licence.Exclusive == "" || slices.Contains([]string{"exclusive", "sole", "ordinary"}, e.Licence.Exclusive),
		at+"licence.exclusive",
		"unknown_code",
		"许可方式只能是独占、排他或普通",
	)
	if k.need(e.Field != "", at+"field", "请选择技术领域") {
		k.right(len(e.Field) == 2 && codes.Field.Has(e.Field), at+"field", "unknown_code", "技术领域不在目录中，请重新选择")
	}
	if children := codes.Field.Children(e.Field); e.SubField != "" && len(children) > 0 {
		known := slices.ContainsFunc(children, func(i codes.Item) bool { return i.Code == e.SubField })
		k.right(known, at+"subField", "unknown_code", "二级领域不属于所选技术领域，请重新选择")
	}
	k.code(codes.SocialGoal, e.SocialGoal, at+"socialGoal", "社会经济目标")
	k.code(codes.Industry, e.Industry, at+"industry", "服务的国民经济行业")
	k.right(
		slices.Contains([]string{"", "none", "business", "state"}, e.Confidential),
		at+"confidential",
		"unknown_code",
		"保密要求只能是无、商业秘密或国家秘密",
	)
	k.need(e.Confidential != "business" && e.Confidential != "state" || e.Confidence != "", at+"confidentialTerms", "请填写保密的范围和期限（办法第12条）")
	if c.Import() {
		k.need(e.TradePaper != "", at+"tradePaper", "卖方在境外：请填写技术进口合同登记证书编号")
	}
	k.right(e.ExpectedInput >= 0 && e.ExpectedInput <= money.Max, at+"expectedInputFen", "bad_amount", "预计新增投入不能为负")
	k.right(e.ExpectedOutput >= 0 && e.ExpectedOutput <= money.Max, at+"expectedOutputFen", "bad_amount", "预计新增产值不能为负")
	k.right(e.BrokerFee >= 0 && (e.Amount <= 0 || e.BrokerFee <= e.Amount), at+"brokerFeeFen", "bad_amount", "居间佣金应在 0 与合同成交总额之间")
	if e.Tied {
		k.right(class == "" || class == "04" || class == "05", at+"tied", "not_tied", "只有技术咨询、技术服务可以是其他技术合同的配套，请取消勾选或改选类别")
		k.need(e.TiedTo != "", at+"tiedTo", "请填写所配套的技术开发或转让合同的编号或名称")
	}
}

const planNone = "9" // 计划外

func (k *checker) day(path string, d Date, what fault.Sentence) {
	if k.need(d != "", path, "请填写%s", what) {
		k.right(d.Valid(), path, "bad_date", "%s不是有效的日期，请按 2026-03-02 的样式填写", what)
	}
}

// rights checks the IP rows: one is always needed, a transfer or licence needs a right
// (docs/rules/registration.md §5), a registered right its number (认定规则第29条).
func (k *checker) rights(c Content, class string) {
	e := c.Elements
	const at = "elements."
	moves := class == "02" || class == "03"
	if !k.need(len(e.IP) > 0, at+"ip", "请选择知识产权；没有涉及的选“未涉及知识产权”") {
		return
	}
	has := slices.ContainsFunc(e.IP, func(r IP) bool { return r.Kind != "" && r.Kind != "none" })
	k.right(!moves || has, at+"ip", "ip_needed", "技术转让、技术许可合同必须有知识产权标的，请填写所转让或许可的权利")
	k.right(
		!has || !slices.ContainsFunc(e.IP, func(r IP) bool { return r.Kind == "none" }),
		at+"ip",
		"ip_none_and_some",
		"既选了“未涉及知识产权”又填了权利，请删去一项",
	)
	for i, r := range e.IP {
		p := fmt.Sprintf("%sip.%d.", at, i)
		if !k.code(codes.IPKind, r.Kind, p+"kind", "知识产权种类") || r.Kind == "none" {
			continue
		}
		if moves && registeredRight(r.Kind) {
			k.need(r.Number != "", p+"number", "请填写证书上的专利号、品种权号或登记号（认定规则第29条）")
			k.need(r.Certificate != Open, p+"certificate", "请选择是否持有权利证书")
			k.warn(r.Certificate == No, p+"certificate", "certificate_missing", "没有权利证书，登记点会要求补正，逾期不予登记（认定规则第29条）")
			if k.need(r.Valid != Open, p+"valid", "请选择权利是否有效") {
				k.warn(r.Valid == No, p+"valid", "lapsed", "权利已失效的不属于技术转让，登记点不予登记（认定规则第29、31条）")
			}
		}
		if patent(r.Kind) && r.Number != "" {
			if c := codes.Patent(r.Number); c.Warned() {
				k.add(Warn, fault.At(p+"number", "check_digit", c.Format, c.Params...))
			}
		}
	}
	if class == "01" || moves {
		k.need(e.OwnershipDone != Open, at+"ownershipAgreed", "请选择合同是否约定了成果的归属")
		k.warn(e.OwnershipDone == No, at+"ownershipAgreed", "ownership_open", "合同没有约定成果归属，登记点可能要求补充约定（认定规则第26条）")
	}
}

// registeredRight reports whether the right exists by a certificate (docs/rules/recognition.md §4).
func registeredRight(kind string) bool {
	return patent(kind) || kind == "layout" || kind == "plant_variety"
}

func patent(kind string) bool {
	return kind == "invention" || kind == "utility_model" || kind == "design"
}

func (k *checker) amounts(c Content) {
	amount := c.Elements.Amount
	if k.need(c.Technical != 0, "technicalFen", "请填写技术交易额：成交总额减去设备、仪器、零部件、原材料等非技术性费用") {
		k.right(c.Technical > 0, "technicalFen", "bad_amount", "技术交易额应大于 0")
		k.right(amount <= 0 || c.Technical <= amount, "technicalFen", "technical_above_amount", "技术交易额不能大于合同成交总额，请核对两个金额")
	}
	rowsOK := true
	for i, r := range c.Costs {
		p := fmt.Sprintf("costs.%d.", i)
		k.code(codes.CostKind, r.Kind, p+"kind", "费用种类")
		k.need(strings.TrimSpace(r.Name) != "", p+"name", "请填写货物名称")
		if k.need(r.Quantity != 0, p+"quantity", "请填写数量") {
			rowsOK = k.right(r.Quantity > 0, p+"quantity", "bad_quantity", "数量为大于 0 的整数") && rowsOK
		}
		if k.need(r.UnitCost != 0, p+"unitCostFen", "请填写单价") {
			rowsOK = k.right(r.UnitCost > 0, p+"unitCostFen", "bad_amount", "单价应大于 0") && rowsOK
		}
		if r.Quantity > 0 && r.UnitCost > 0 {
			_, ok := r.Total()
			rowsOK = k.right(ok, p+"quantity", "too_large", "数量乘单价超出 999.99 亿元，请核对") && rowsOK
		}
	}
	sum, ok := c.CostTotal()
	if !rowsOK || !ok || amount <= 0 {
		return
	}
	if !k.right(sum <= amount, "costs", "costs_above_amount", "各项费用合计 %s 元，大于合同成交总额，请核对", sum.Grouped()) {
		return
	}
	// T = C − N and N lies between the rows nobody claims as carriers and all rows (docs/rules/amounts.md §2).
	if deducted, _ := c.Deducted(); c.Technical > 0 && c.Technical <= amount {
		k.right(c.Technical <= amount-deducted, "technicalFen", "costs_not_deducted",
			"技术交易额应扣除非技术性费用 %s 元，最多为 %s 元", deducted.Grouped(), (amount - deducted).Grouped())
		k.right(c.Technical >= amount-sum, "technicalFen", "deduction_unexplained",
			"成交总额与技术交易额相差 %s 元，明细合计只有 %s 元，请补齐非技术性费用明细", (amount - c.Technical).Grouped(), sum.Grouped())
	}
}

func (k *checker) attachments(c Content) {
	has := func(role FileRole) bool {
		return slices.ContainsFunc(k.files, func(f File) bool { return f.Role == role })
	}
	k.need(has(SignedText), "files.signed_text", "请上传双方签章的合同文本；没有书面文本的不予登记（办法第9条）")
	k.need(
		c.Elements.PlanSource == "" || c.Elements.PlanSource == planNone || has(PlanConsent),
		"files.plan_consent",
		"政府计划项目请上传计划管理部门的文件（认定规则第10条）",
	)
	if c.Import() {
		k.need(has(ImportCertificate), "files.import_certificate", "技术进口合同请上传技术进口合同登记证书")
	}
	class := c.Elements.ClassCode
	moves := strings.HasPrefix(class, "02") || strings.HasPrefix(class, "03")
	right := slices.ContainsFunc(c.Elements.IP, func(r IP) bool { return registeredRight(r.Kind) })
	k.warn(moves && right && !has(IPCertificate), "files.ip_certificate", "certificate_missing", "请上传权利证书复印件；缺少时登记点会要求补正（认定规则第29条）")
	k.warn(!has(Undertaking), "files.undertaking", "undertaking_missing", "建议上传签章的承诺书；登记点可能要求纸质原件")
}

func (k *checker) statement(s Statement) {
	k.need(s.True, "statement.true", "请确认填报内容真实")
	k.need(s.Same, "statement.same", "请确认填报内容与签订的合同文本一致")
	k.need(s.Unfiled, "statement.unfiled", "请确认没有在其他登记点申请登记（办法第8条：一份合同只登记一次）")
	k.need(strings.TrimSpace(s.Applicant) != "", "statement.applicant", "请填写经办人姓名")
	k.need(strings.TrimSpace(s.Phone) != "", "statement.phone", "请填写经办人电话")
	k.right(codes.IsPhone(s.Phone), "statement.phone", "bad_phone", "经办人电话"+codes.PhoneMend)
}

// Bounds of what is stored; beyond them a section is refused instead of saved.
const (
	maxText   = 4000 // runes of long texts
	maxLine   = 300  // runes of one-line fields
	maxBuyers = 20
	maxCosts  = 200
	maxIP     = 50
)

var longFields = []string{"summary", "paymentTerms", "royaltyTerms", "ownershipTerms", "confidentialTerms", "note"}

// bounds refuses what is too large to keep, with the field and the limit.
func bounds(c Content) error {
	var f fault.Fields
	f.Checkf(len(c.Buyers) <= maxBuyers, "buyers", "too_many", "买方最多 %d 个", maxBuyers)
	f.Checkf(len(c.CoSellers) < maxSellers, "coSellers", "too_many", "卖方最多 %d 个", maxSellers)
	f.Checkf(len(c.Costs) <= maxCosts, "costs", "too_many", "费用明细最多 %d 行，请合并同类项", maxCosts)
	f.Checkf(len(c.Elements.IP) <= maxIP, "elements.ip", "too_many", "知识产权最多 %d 项", maxIP)
	// State secrets stop at the form: this market is no place to keep them (办法第12条).
	f.Check(c.Elements.Confidential != "state", "elements.confidential", "state_secret",
		"涉及国家秘密的合同不能在本平台填写，内容没有保存。请不要上传文本，携带脱密后的材料到登记点线下办理（办法第12条）")
	for _, leaf := range leaves(c) {
		text, isText := leaf.value.(string)
		if !isText {
			continue
		}
		limit := maxLine
		if slices.Contains(longFields, leaf.path[strings.LastIndexByte(leaf.path, '.')+1:]) {
			limit = maxText
		}
		switch n := utf8.RuneCountInString(text); {
		case n > limit:
			f.Addf(leaf.path, "too_long", "最多 %d 个字，现在有 %d 个，请删减", limit, n)
		case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
			f.Add(leaf.path, "bad_text", "含有无法保存的字符，请删去后重新填写")
		}
	}
	return f.Err()
}

func digits(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}
