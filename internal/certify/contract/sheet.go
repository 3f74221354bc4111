package contract

import (
	"fmt"
	"strconv"
	"strings"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/region"
)

// Line is one field of 技术合同登记表 in words.
type Line struct {
	Path  string // as in messages: elements.field
	Label string
	Value string
}

// Part is one section of it.
type Part struct {
	Title string
	Lines []Line
}

// Sheet is the whole application as a reviewer reads it and as it is printed: every field that was answered, and those of the national
// form also where they were not.
func Sheet(c Content) []Part {
	parts := []Part{{Title: "合同", Lines: elementLines(c)}, {Title: "卖方", Lines: partyLines("seller.", c.Seller)}}
	if len(c.CoSellers) > 0 {
		parts[1].Title = "卖方 1（申请登记）"
		for i, s := range c.Sellers() {
			if i > 0 {
				parts = append(parts, Part{fmt.Sprintf("卖方 %d", i+1), partyLines(fmt.Sprintf("coSellers.%d.", i-1), s.Party)})
			}
			own := &parts[len(parts)-1]
			own.Lines = append(own.Lines, Line{fmt.Sprintf("sellers.%d.shareFen", i), "在成交额中的份额", s.Share.Grouped() + " 元"})
		}
	}
	for i, b := range c.Buyers {
		title := "买方"
		if len(c.Buyers) > 1 {
			title = fmt.Sprintf("买方 %d", i+1)
		}
		parts = append(parts, Part{title, partyLines(fmt.Sprintf("buyers.%d.", i), b)})
	}
	if len(c.Costs) > 0 {
		var rows []Line
		for i, r := range c.Costs {
			claim := ""
			if r.Carrier {
				claim = "，主张是技术载体"
			}
			rows = append(rows, Line{fmt.Sprintf("costs.%d", i), fmt.Sprintf("非技术性费用 %d", i+1), joined(fmt.Sprintf("%s　%s　%d × %s 元%s",
				codes.CostKind.Label(r.Kind), r.Name, r.Quantity, r.UnitCost.Grouped(), claim), r.Note)})
		}
		parts = append(parts, Part{"非技术性费用", rows})
	}
	return append(parts, Part{"声明", []Line{
		{"statement.applicant", "经办人", c.Statement.Applicant}, {"statement.phone", "经办人电话", c.Statement.Phone},
		{"statement.true", "填报内容真实", done(c.Statement.True)}, {"statement.same", "与签订的合同文本一致", done(c.Statement.Same)},
		{"statement.unfiled", "没有在其他登记点申请登记", done(c.Statement.Unfiled)},
	}})
}

func elementLines(c Content) []Line {
	e := c.Elements
	secrecy := map[string]string{"none": "无", "business": "商业秘密", "state": "国家秘密"}[e.Confidential]
	lines := []Line{
		{"elements.name", "合同名称", e.Name}, {"elements.classCode", "合同类别", class(e.ClassCode)},
		{"elements.signedOn", "签订日期", string(e.SignedOn)}, {"elements.beginsOn", "有效期起", string(e.BeginsOn)},
		{"elements.endsOn", "有效期止", string(e.EndsOn)},
		{"elements.medium", "合同形式", map[string]string{"paper": "纸质", "electronic": "电子"}[e.Medium]},
		{"elements.amountFen", "合同成交总额", e.Amount.Grouped() + " 元"}, {"technicalFen", "技术交易额（申报）", c.Technical.Grouped() + " 元"},
		{"elements.payment", "支付方式", joined(codes.Payment.Label(e.Payment), e.PaymentTerms)},
		{"elements.royalty", "提成", joined(e.Royalty.words(), e.RoyaltyTerms)}, {"elements.relatedParty", "关联交易", e.RelatedParty.words()},
		{"elements.planSource", "项目计划来源", joined(codes.PlanSource.Label(e.PlanSource), e.PlanName, e.PlanNumber)},
		{"elements.field", "技术领域", joined(codes.Field.Label(e.Field), subField(e))},
		{"elements.socialGoal", "社会经济目标", codes.SocialGoal.Label(e.SocialGoal)},
		{"elements.industry", "服务的国民经济行业", codes.Industry.Label(e.Industry)}, {"elements.confidential", "保密要求", joined(secrecy, e.Confidence)},
		{"elements.summary", "标的内容", e.Summary}, {"elements.ownershipAgreed", "约定成果归属", joined(e.OwnershipDone.words(), e.OwnershipTerms)},
	}
	if e.Foreign.Currency != "" {
		lines = append(lines, Line{"elements.foreign", "外币价款", e.Foreign.Words()})
	}
	for i, r := range e.IP {
		value := codes.IPKind.Label(r.Kind)
		if r.Kind != "none" {
			value = joined(value, r.Title, r.Number, answered("权利证书：", r.Certificate), answered("有效：", r.Valid))
		}
		lines = append(lines, Line{fmt.Sprintf("elements.ip.%d", i), "知识产权", value})
	}
	more := []Line{}
	if e.Licence.Years > 0 {
		kind := map[string]string{"exclusive": "独占", "sole": "排他", "ordinary": "普通"}[e.Licence.Exclusive]
		more = append(more, Line{"elements.licence", "许可", joined(strconv.Itoa(e.Licence.Years)+" 年", kind)})
	}
	if e.AmountOpen {
		more = append(more, Line{"elements.amountOpen", "价款", "一部分还没有确定"})
	}
	if e.VATIncluded != Open {
		more = append(more, Line{"elements.vatIncluded", "成交额含增值税", e.VATIncluded.words()})
	}
	if e.Biological {
		more = append(more, Line{"elements.biological", "菌种、品种", "是"})
	}
	if e.Tied || e.TiedTo != "" {
		more = append(more, Line{"elements.tied", "配套的合同", joined(done(e.Tied), e.TiedTo)})
	}
	if e.ExpectedInput > 0 || e.ExpectedOutput > 0 {
		more = append(more, Line{"elements.expected", "预计新增投入、产值", e.ExpectedInput.Grouped() + " 元、" + e.ExpectedOutput.Grouped() + " 元"})
	}
	if e.BrokerFee > 0 {
		more = append(more, Line{"elements.brokerFeeFen", "居间佣金", e.BrokerFee.Grouped() + " 元"})
	}
	for _, l := range append(more, Line{"elements.tradePaper", "技术进出口合同登记证书", e.TradePaper}, Line{"elements.agency", "促成交易的机构", e.Agency},
		Line{"elements.broker", "促成交易的技术经纪人", e.Broker}) {
		if l.Value != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

func partyLines(path string, p Party) []Line {
	country := "中国"
	if p.Foreign() {
		country = p.Country
	}
	lines := []Line{{path + "name", "名称", p.Name}, identityLine(path, p), {path + "country", "国别", country},
		{path + "division", "行政区划", joined(region.FullName(p.Division), p.Division)}, {path + "address", "地址", joined(p.Address, p.Postcode)},
		{path + "representative", "法定代表人", p.Representative}, {path + "contact", "联系人", p.Contact}, {path + "phone", "电话", p.Phone},
		{path + "nature", "单位性质", codes.PartyNature.Label(p.Nature)}, {path + "industry", "从事的行业", codes.Industry.Label(p.Industry)}}
	for _, x := range []struct {
		name, label string
		answer      Answer
	}{{"agency", "技术转移机构", p.Agency}, {"research", "研发机构", p.Research}, {"converted", "转制科研院所", p.Converted},
		{"highTechZone", "国家高新区内企业", p.HighTechZone}, {"listed", "上市公司", p.Listed}} {
		if x.answer != Open {
			lines = append(lines, Line{path + x.name, x.label, x.answer.words()})
		}
	}
	if p.Scale != "" {
		scale := map[string]string{"large": "大型", "medium": "中型", "small": "小型", "micro": "微型"}[p.Scale]
		lines = append(lines, Line{path + "scale", "企业规模", scale})
	}
	return lines
}

// identityLine is what tells who the party is: its 统一社会信用代码, of a person the document, masked.
func identityLine(path string, p Party) Line {
	if p.Person() {
		return Line{path + "idNumber", "身份证件号码", p.IDNumber}
	}
	return Line{path + "creditCode", "统一社会信用代码", p.CreditCode}
}

func (a Answer) words() string { return map[Answer]string{Yes: "是", No: "否"}[a] }

// done is a box of the form: ticked or not.
func done(ticked bool) string {
	if ticked {
		return "是"
	}
	return "否"
}

func answered(label string, a Answer) string {
	if a == Open {
		return ""
	}
	return label + a.words()
}

func class(code string) string { return joined(codes.ClassName(code), code) }

// subField is a code where the list is known, else the applicant's words.
func subField(e Elements) string {
	if label := codes.Field.Label(e.SubField); label != "" && codes.Field.Has(e.SubField) {
		return label
	}
	return e.SubField
}

func joined(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, "　")
}

// Changed is one field of the form in two versions, in words.
type Changed struct{ Label, Before, After string }

// Changes lists what differs between two versions, in the order of the form.
func Changes(before, after Content) []Changed {
	old := map[string]Line{}
	for _, part := range Sheet(before) {
		for _, l := range part.Lines {
			old[l.Path] = l
		}
	}
	var out []Changed
	for _, part := range Sheet(after) {
		for _, l := range part.Lines {
			if was := old[l.Path]; was.Value != l.Value {
				out = append(out, Changed{part.Title + "：" + l.Label, was.Value, l.Value})
			}
			delete(old, l.Path)
		}
	}
	for _, part := range Sheet(before) {
		for _, l := range part.Lines {
			if _, gone := old[l.Path]; gone {
				out = append(out, Changed{part.Title + "：" + l.Label, l.Value, ""})
			}
		}
	}
	return out
}
