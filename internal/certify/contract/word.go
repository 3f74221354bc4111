package contract

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/document"
)

// model is one kind of contract as a Word text: who the sides are and which clauses it has beside the common ones.
type model struct {
	title         string
	buyer, seller string // what the sides are called
	rights        bool   // a table of the rights that move
	clauses       []clause
}

// clause is one article; the text holds marks that the contract's fields replace.
type clause struct{ heading, text string }

// modelOf picks the model of a class: 开发 (委托, 合作), 转让, 许可, 咨询, 服务 (with 中介 and 培训). The names of the sides are
// those of 认定登记管理办法第8条 and 民法典 862–876.
func modelOf(class string) model {
	sub := func(codes ...string) bool {
		return slices.Contains(codes, class)
	}
	switch {
	case sub("0102"):
		return model{title: "技术开发（合作）合同", buyer: "甲方（研究开发人）", seller: "乙方（研究开发人）", clauses: []clause{
			{"合作各方的分工和投入", "{{none}}"}, {"研究开发风险的承担", "{{none}}"}}}
	case strings.HasPrefix(class, "01"):
		return model{title: "技术开发（委托）合同", buyer: "甲方（委托人）", seller: "乙方（研究开发人）", clauses: []clause{
			{"研究开发计划和进度", "{{none}}"}, {"研究开发风险的承担", "{{none}}"}}}
	case strings.HasPrefix(class, "02"):
		return model{title: "技术转让合同", buyer: "甲方（受让人）", seller: "乙方（让与人）", rights: true, clauses: []clause{
			{"技术资料的交付和技术指导", "{{none}}"}, {"后续改进成果的归属", "{{none}}"}}}
	case strings.HasPrefix(class, "03"):
		return model{title: "技术许可合同", buyer: "甲方（被许可人）", seller: "乙方（许可人）", rights: true, clauses: []clause{
			{"许可的方式和期限", "许可方式：{{exclusive}}\n许可年限：{{years}}"}, {"技术资料的交付和技术指导", "{{none}}"}, {"后续改进成果的归属", "{{none}}"}}}
	case strings.HasPrefix(class, "04"):
		return model{title: "技术咨询合同", buyer: "甲方（委托人）", seller: "乙方（受托人）", clauses: []clause{
			{"甲方提供的资料和协作", "{{none}}"}, {"咨询报告的形式和要求", "{{none}}"}}}
	case sub("0502"):
		return model{title: "技术服务（中介）合同", buyer: "甲方（委托人）", seller: "乙方（中介人）", clauses: []clause{{"促成的技术合同", "{{tiedTo}}"}}}
	case sub("0503"):
		return model{title: "技术服务（培训）合同", buyer: "甲方（委托人）", seller: "乙方（培训人）", clauses: []clause{{"参加培训的技术人员和地点", "{{none}}"}}}
	default:
		return model{title: "技术服务合同", buyer: "甲方（委托人）", seller: "乙方（受托人）", clauses: []clause{
			{"工作条件和协作", "{{none}}"}, {"所配套的技术合同", "{{tiedTo}}"}}}
	}
}

const nothing = "无"

// Word writes the contract as a .docx for the parties to complete and sign: the model of its class filled with what the
// document holds, 无 where it holds nothing. It is a reference text of this market and says so; the official 示范文本 is
// not at hand. sample marks every page. at is the date of the file, so that the same document gives the same bytes.
func Word(c Content, sample bool, at time.Time, w io.Writer) error {
	m := modelOf(c.Elements.ClassCode)
	header := "参考文本 · 不是国家主管部门印制的示范文本"
	if sample {
		header = "样例数据，不具有任何效力 · " + header
	}
	title := c.Elements.Name
	if title == "" {
		title = m.title
	}
	text, err := m.document(title, header, at)
	if err != nil {
		return fmt.Errorf("contract: word: %w", err)
	}
	values, groups := wordValues(c)
	filled, err := document.FillWord(text, values, groups, nothing)
	if err != nil {
		return fmt.Errorf("contract: word: %w", err)
	}
	_, err = w.Write(filled)
	return err
}

// document is the model with its marks.
func (m model) document(title, header string, at time.Time) ([]byte, error) {
	d := document.NewWord(document.WordOptions{Title: title, Header: header, At: at})
	d.Title(m.title)
	d.Pairs([]document.Pair{{Label: "合同登记编号", Value: "（由登记点在登记时填写，16 位）"}, {Label: "项目名称", Value: "{{name}}"},
		{
			Label: m.buyer,
			Value: "{{buyers}}",
		}, {Label: m.seller, Value: "{{seller.name}}"}, {Label: "签订日期", Value: "{{signedOn}}"}, {Label: "有效期限", Value: "{{period}}"}})
	d.Note("填写说明：本文按合同类别列出条款，已填入平台上的内容。没有约定的条款写“无”；签订前请双方逐条核对，并补充平台没有记录的约定。")
	n := 0
	article := func(heading string) {
		n++
		d.Heading(fmt.Sprintf("第%s条　%s", numeral(n), heading))
	}
	article("标的的内容、范围和要求")
	d.Paragraph("{{summary}}")
	d.Paragraph("技术领域：{{field}}　服务的国民经济行业：{{industry}}\n项目计划来源：{{plan}}")
	if m.rights {
		article("涉及的知识产权")
		d.Table(
			[]document.Column{{Title: "种类", Share: 0.22}, {Title: "名称", Share: 0.42}, {Title: "证书编号", Share: 0.36}},
			[][]string{{"{{ip.kind}}", "{{ip.title}}", "{{ip.number}}"}},
		)
	}
	for _, c := range m.clauses {
		article(c.heading)
		d.Paragraph(c.text)
	}
	article("履行期限")
	d.Paragraph("{{period}}")
	article("合同价款及其支付")
	d.Paragraph("合同成交总额：{{amount}}\n是否含增值税：{{vat}}　支付方式：{{payment}}")
	d.Paragraph("支付的约定：{{paymentTerms}}")
	d.Paragraph("提成的约定：{{royalty}}")
	article("其中的设备、仪器、零部件、原材料等费用")
	d.Table(
		[]document.Column{
			{Title: "种类", Share: 0.16},
			{Title: "名称", Share: 0.34},
			{Title: "数量", Share: 0.14, Right: true},
			{Title: "单位成本（元）", Share: 0.18},
			{Title: "合计（元）", Share: 0.18},
		},
		[][]string{{"{{costs.kind}}", "{{costs.name}}", "{{costs.quantity}}", "{{costs.unit}}", "{{costs.sum}}"}},
	)
	if !m.rights {
		article("涉及的知识产权")
		d.Paragraph("{{rights}}")
	}
	article("技术成果的归属和分享")
	d.Paragraph("{{ownership}}")
	article("保密")
	d.Paragraph("{{confidential}}")
	article("促成交易的中介服务")
	d.Paragraph("技术转移机构：{{agency}}　技术经纪人：{{broker}}　约定佣金：{{fee}}")
	for _, heading := range []string{"验收的标准和方法", "违约责任", "争议的解决办法", "名词和术语的解释", "其他约定"} {
		article(heading)
		d.Paragraph("{{none}}")
	}
	d.Heading("签署")
	sign := "\n\n（签字、盖章）　　　　　　年　　月　　日"
	d.Table(
		[]document.Column{{Title: m.buyer, Share: 0.5}, {Title: m.seller, Share: 0.5}},
		[][]string{{"{{buyersFull}}" + sign, "{{sellerFull}}" + sign}},
	)
	return d.Bytes()
}

// numeral writes an article's number, 1 … 99.
func numeral(n int) string {
	digits := []string{"", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
	switch tens := n / 10; tens {
	case 0:
		return digits[n]
	case 1:
		return "十" + digits[n%10]
	default:
		return digits[tens] + "十" + digits[n%10]
	}
}

// wordValues gives the marks their text; what is empty is 无.
func wordValues(c Content) (map[string]string, map[string][]map[string]string) {
	e := c.Elements
	label := func(l codes.List, code string) string {
		if code == "" {
			return ""
		}
		return l.Label(code)
	}
	v := map[string]string{"none": nothing, "name": e.Name, "summary": e.Summary, "seller.name": Names(c.SellerParties()),
		"signedOn": e.SignedOn.words(), "field": label(codes.Field, e.Field), "industry": label(codes.Industry, e.Industry),
		"plan": strings.TrimSpace(label(codes.PlanSource, e.PlanSource) + " " + e.PlanName + " " + e.PlanNumber), "tiedTo": e.TiedTo,
		"payment": label(
			codes.Payment,
			e.Payment,
		), "paymentTerms": e.PaymentTerms, "ownership": e.OwnershipTerms, "agency": e.Agency, "broker": e.Broker,
		"vat":       map[Answer]string{Yes: "含", No: "不含", Open: "没有约定"}[e.VATIncluded],
		"exclusive": map[string]string{"exclusive": "独占许可", "sole": "排他许可", "ordinary": "普通许可"}[e.Licence.Exclusive]}
	if e.BeginsOn != "" || e.EndsOn != "" {
		v["period"] = "自 " + e.BeginsOn.words() + " 至 " + e.EndsOn.words()
	}
	if e.Amount != 0 {
		v["amount"] = yuanWords(e.Amount)
		if e.Foreign.Currency != "" {
			v["amount"] = e.Foreign.Currency + " " + e.Foreign.Amount + "，折合人民币 " + v["amount"]
		}
		if e.AmountOpen {
			v["amount"] += "（已确定的部分；其余金额待补正）"
		}
	}
	if e.Royalty == Yes {
		v["royalty"] = e.RoyaltyTerms
	}
	if e.Licence.Years > 0 {
		v["years"] = strconv.Itoa(e.Licence.Years) + " 年"
	}
	if e.BrokerFee != 0 {
		v["fee"] = yuanWords(e.BrokerFee)
	}
	switch e.Confidential {
	case "business":
		v["confidential"] = "本合同涉及商业秘密。" + e.Confidence
	case "state":
		v["confidential"] = "本合同涉及国家秘密，按国家有关规定办理。" + e.Confidence
	}
	var names, blocks, rights []string
	for _, b := range c.Buyers {
		if b.Name != "" {
			names, blocks = append(names, b.Name), append(blocks, b.block())
		}
	}
	var sellers []string
	for _, s := range c.SellerParties() {
		sellers = append(sellers, s.block())
	}
	v["sellerFull"] = strings.Join(sellers, "\n\n")
	v["buyers"], v["buyersFull"] = strings.Join(names, "\n"), strings.Join(blocks, "\n\n")
	groups := map[string][]map[string]string{"ip": nil, "costs": nil}
	for _, r := range e.IP {
		if r.Kind == "" || r.Kind == "none" {
			continue
		}
		groups["ip"] = append(groups["ip"], filled(map[string]string{"kind": codes.IPKind.Label(r.Kind), "title": r.Title, "number": r.Number}))
		rights = append(rights, strings.TrimSpace(codes.IPKind.Label(r.Kind)+" "+r.Title+" "+r.Number))
	}
	v["rights"] = strings.Join(rights, "；")
	for _, r := range c.Costs {
		row := map[string]string{
			"kind":     label(codes.CostKind, r.Kind),
			"name":     r.Name,
			"quantity": strconv.FormatInt(r.Quantity, 10),
			"unit":     r.UnitCost.Grouped(),
		}
		if sum, ok := r.Total(); ok {
			row["sum"] = sum.Grouped()
		}
		groups["costs"] = append(groups["costs"], filled(row))
	}
	for name, rows := range groups {
		if rows == nil {
			groups[name] = []map[string]string{{}} // one row that says 无
		}
	}
	return filled(v), groups
}

// filled drops empty values, so that the marks become 无.
func filled(v map[string]string) map[string]string {
	for k, text := range v {
		if strings.TrimSpace(text) == "" {
			delete(v, k)
		}
	}
	return v
}

func yuanWords(f money.Fen) string { return f.Grouped() + " 元（" + f.Han() + "）" }

// words is the day as people write it, 无 while it is not a day.
func (d Date) words() string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return nothing
	}
	return t.Format("2006 年 1 月 2 日")
}

// block is the party as it stands above the signature.
func (p Party) block() string {
	lines := []string{"名称：" + p.Name}
	identity := identityLine("", p)
	for _, l := range [][2]string{{identity.Label + "：", identity.Value}, {"地址：", p.Address}, {"法定代表人：", p.Representative},
		{"联系人：", strings.TrimSpace(p.Contact + "　" + p.Phone)}} {
		value := strings.Trim(l[1], " 　")
		if value == "" {
			value = nothing
		}
		lines = append(lines, l[0]+value)
	}
	return strings.Join(lines, "\n")
}
