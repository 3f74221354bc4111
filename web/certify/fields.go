package certify

import (
	"fmt"
	"slices"
	"strconv"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func yesno(a *ui.Ask, name, label string, stored contract.Answer, more ...func(*view.Field)) view.Field {
	return a.Radio(name, label, string(stored), ui.YesNo, more...)
}

func origin(k contract.Contract, path string) func(*view.Field) {
	o, ok := k.Content.Origins[path]
	if !ok {
		return func(*view.Field) {}
	}
	from := map[string]string{"organisation": "单位信息", "deal": "洽谈的条款", "achievement": "成果", "demand": "需求", "broker": "经纪人信息",
		"paper": "合同正本"}[o.From]
	return func(f *view.Field) {
		if f.Hint != "" {
			f.Hint += "。"
		}
		f.Hint += "已从" + from + "带入"
	}
}

func partyFields(a *ui.Ask, at string, q contract.Party, k contract.Contract) []view.Section {
	in := func(name string) func(*view.Field) { return origin(k, at+name) }
	enterprise := []view.Field{
		yesno(a, at+"highTechZone", "国家高新区内企业", q.HighTechZone),
		yesno(a, at+"listed", "上市公司", q.Listed),
		a.Choose(
			at+"scale",
			"企业规模",
			q.Scale,
			[]view.Option{
				{Label: "请选择"},
				{Value: "large", Label: "大型"},
				{Value: "medium", Label: "中型"},
				{Value: "small", Label: "小型"},
				{Value: "micro", Label: "微型"},
			},
			ui.Width("m"),
		),
	}
	return []view.Section{
		{Title: "名称与地点", Fields: []view.Field{
			a.Text(at+"name", "名称", q.Name, ui.Required, ui.Limit(120), ui.Hint("单位全称；自然人填姓名"), in("name")),
			a.Text(at+"creditCode", "统一社会信用代码", q.CreditCode, ui.Sometimes, ui.Hint("境内单位填 18 位；境外单位、自然人不填"), ui.Width("m"), in("creditCode")),
			a.Text(at+"idNumber", "自然人的身份证件号码", q.IDNumber, ui.Sometimes, ui.Hint("单位性质为自然人的填写。加密保存，只显示首尾几位；不改动就照原样留着"), ui.Width("m")),
			a.Text(at+"country", "国别地区代码", q.Country, ui.Required, ui.Hint("中国填 156；境外填 3 位海关代码"), ui.Width("s")),
			a.Kind(
				view.Combo,
				at+"division",
				"行政区划",
				q.Division,
				ui.Required,
				func(f *view.Field) { f.Options = divisionChoices(q.Division) },
				ui.Hint("境外单位不选；区外单位选所在省"),
				in("division"),
			),
			a.Text(at+"address", "地址", q.Address, ui.Required, in("address")),
			a.Text(at+"postcode", "邮编", q.Postcode, ui.Width("s")),
		}},
		{Title: "联系", Fields: []view.Field{
			a.Text(at+"representative", "法定代表人", q.Representative, ui.Required, ui.Width("m"), in("representative")),
			a.Text(at+"contact", "联系人", q.Contact, ui.Required, ui.Width("m"), in("contact")),
			a.Kind(view.Tel, at+"phone", "联系电话", q.Phone, ui.Required, ui.Width("m"), in("phone")),
		}},
		{Title: "单位属性", Hint: "全国技术合同登记表要求的项目。", Fields: []view.Field{
			a.Choose(at+"nature", "单位性质", q.Nature, ui.NatureOptions(), ui.Required, in("nature")),
			a.Choose(at+"industry", "从事的国民经济行业", q.Industry, ui.TopOptions(codes.Industry, "请选择"), ui.Required, in("industry")),
			yesno(a, at+"agency", "是否技术转移机构", q.Agency, ui.Required),
			yesno(a, at+"research", "是否研发机构", q.Research, ui.Required),
			yesno(a, at+"converted", "是否转制科研院所", q.Converted, ui.Required),
		}},
		{Title: "企业填写", Hint: "不是企业的不用填。", Fields: enterprise},
	}
}

// divisionChoices lists the region's divisions and the provinces outside it, and keeps a stored code of another kind.
func divisionChoices(stored string) []view.Option {
	out := ui.DivisionOptions("请选择", true)
	known := stored == ""
	for _, o := range out {
		known = known || o.Value == stored
	}
	for _, q := range region.Provinces() {
		if q.Code == "15" || q.Code == "150000" {
			continue
		}
		code := (q.Code + "0000")[:6]
		known = known || code == stored
		out = append(out, view.Option{Value: code, Label: q.Name, Group: "区外"})
	}
	if !known {
		out = append(out, view.Option{Value: stored, Label: stored + " " + region.Name(stored), Group: "区外"})
	}
	return out
}

func readParty(f *web.Form, at string, q contract.Party) contract.Party {
	q.Name, q.CreditCode, q.Country, q.Division = f.Text(at+"name"), f.Text(at+"creditCode"), f.Text(at+"country"), f.Text(at+"division")
	q.IDNumber = f.Text(at + "idNumber")
	q.Address, q.Postcode, q.Representative = f.Text(at+"address"), f.Text(at+"postcode"), f.Text(at+"representative")
	q.Contact, q.Phone, q.Nature, q.Industry, q.Scale = f.Text(
		at+"contact",
	), f.Text(
		at+"phone",
	), f.Text(
		at+"nature",
	), f.Text(
		at+"industry",
	), f.Text(
		at+"scale",
	)
	q.Agency, q.Research, q.Converted = answer(f, at+"agency"), answer(f, at+"research"), answer(f, at+"converted")
	q.HighTechZone, q.Listed = answer(f, at+"highTechZone"), answer(f, at+"listed")
	return q
}

func answer(f *web.Form, name string) contract.Answer {
	switch a := contract.Answer(f.Text(name)); a {
	case contract.Yes, contract.No:
		return a
	default:
		return contract.Open
	}
}

var ipKinds = []view.Option{{Value: "none", Label: "未涉及知识产权"}, {Value: "know_how", Label: "技术秘密"}, {Value: "invention", Label: "发明专利"},
	{Value: "utility_model", Label: "实用新型专利"}, {Value: "design", Label: "外观设计专利"}, {Value: "software", Label: "计算机软件著作权"},
	{Value: "layout", Label: "集成电路布图设计"}, {Value: "plant_variety", Label: "植物新品种"}, {Value: "biomedical", Label: "生物、医药新品种"}}

func elementFields(a *ui.Ask, k contract.Contract) []view.Section {
	const path = "elements."
	e := k.Content.Elements
	in := func(name string) func(*view.Field) { return origin(k, path+name) }
	rights := ui.Repeat(a, "知识产权", "转让、许可合同必须写明所转让或许可的权利。", path+"ip", len(e.IP), 20, func(i int) []view.Field {
		ip := ui.RowAt(e.IP, i)
		row := func(name string) string { return web.Row(path+"ip", i, name) }
		return []view.Field{
			a.Choose(row("kind"), fmt.Sprintf("权利 %d 种类", i+1), ip.Kind, append([]view.Option{{Label: "请选择"}}, ipKinds...),
				map[bool]func(*view.Field){true: ui.Required, false: ui.Sometimes}[i == 0]),
			a.Text(row("title"), "名称", ip.Title), a.Text(row("number"), "专利号、登记号", ip.Number, ui.Sometimes, ui.Hint("转让、许可的填写证书上的号码")),
			yesno(a, row("certificate"), "有权利证书", ip.Certificate, ui.Sometimes, ui.Hint("转让、许可的填写；复印件在附件里上传")),
			yesno(a, row("valid"), "权利有效", ip.Valid, ui.Sometimes, ui.Hint("转让、许可的填写"))}
	})
	rights = append(rights, view.Section{Fields: []view.Field{yesno(a, path+"ownershipAgreed", "合同约定了成果的知识产权归属", e.OwnershipDone, ui.Required),
		a.Area(path+"ownershipTerms", "归属的约定", e.OwnershipTerms, ui.Lines(3), ui.Limit(2000), in("ownershipTerms"))}})
	return slices.Concat([]view.Section{
		{Title: "合同", Fields: []view.Field{
			a.Text(path+"name", "合同名称", e.Name, ui.Required, ui.Limit(200), ui.Hint("与合同文本的名称一致")),
			a.Choose(path+"classCode", "合同类别", e.ClassCode, ui.ClassOptions(), ui.Required, in("classCode")),
			a.Area(path+"summary", "标的内容摘要", e.Summary, ui.Required, ui.Lines(5), ui.Limit(5000), ui.Hint("交付什么、达到什么技术指标，用合同里的话"), in("summary")),
			a.Date(
				path+"signedOn",
				"签订日期",
				ui.TimeOf(e.SignedOn),
				ui.Required,
			), a.Date(path+"beginsOn", "有效期开始", ui.TimeOf(e.BeginsOn), ui.Required, in("beginsOn")), a.Date(path+"endsOn", "有效期结束",
				ui.TimeOf(e.EndsOn), ui.Required, in("endsOn")),
			a.Radio(
				path+"medium",
				"合同形式",
				e.Medium,
				[]view.Option{{Value: "paper", Label: "纸质合同"}, {Value: "electronic", Label: "电子合同"}},
				ui.Required,
				ui.Hint("口头合同不能登记（认定登记管理办法第九条）"),
			),
		}},
		{Title: "金额与支付", Fields: []view.Field{
			a.Yuan(path+"amountFen", "合同成交总额", e.Amount, ui.Required, ui.Hint("提成部分未定的，先填固定部分。外币合同按下面的汇率折算，保存时自动填上"), in("amountFen")),
			a.Radio(path+"vatIncluded", "成交总额含增值税", string(e.VATIncluded), ui.YesNo),
			a.Choose(path+"payment", "支付方式", e.Payment, ui.ListOptions(codes.Payment, "请选择"), ui.Required, ui.Width("m"), in("payment")),
			a.Text(path+"paymentTerms", "支付约定", e.PaymentTerms),
			yesno(a, path+"royalty", "部分价款按销售额或利润提成", e.Royalty, ui.Required),
			a.Text(path+"royaltyTerms", "提成约定", e.RoyaltyTerms, ui.Sometimes, ui.Hint("有提成的写明比例、基数和期限"), in("royaltyTerms")),
			yesno(a, path+"relatedParty", "关联交易", e.RelatedParty, ui.Required),
		}}, foreignFields(a, e.Foreign)}, rights, []view.Section{
		{Title: "只有许可合同要填", Fields: []view.Field{
			a.Text(path+"licence.years", "许可年限（年）", ui.IntText(e.Licence.Years), ui.Sometimes, ui.Width("s")),
			a.Choose(
				path+"licence.exclusive",
				"许可方式",
				e.Licence.Exclusive,
				[]view.Option{{Label: "请选择"}, {Value: "exclusive", Label: "独占许可"}, {Value: "sole", Label: "排他许可"}, {Value: "ordinary", Label: "普通许可"}},
				ui.Sometimes,
				ui.Width("m"),
			),
		}},
		{Title: "分类", Fields: []view.Field{
			a.Choose(path+"field", "技术领域", e.Field, ui.TopOptions(codes.Field, "请选择"), ui.Required, in("field")),
			a.Text(path+"subField", "细分领域", e.SubField, ui.Width("m")),
			a.Choose(path+"socialGoal", "社会经济目标", e.SocialGoal, ui.TopOptions(codes.SocialGoal, "请选择"), ui.Required),
			a.Choose(path+"industry", "服务的国民经济行业", e.Industry, ui.TopOptions(codes.Industry, "请选择"), ui.Required, in("industry")),
			a.Choose(path+"planSource", "项目计划来源", e.PlanSource, ui.TopOptions(codes.PlanSource, "请选择"), ui.Required),
			a.Text(path+"planName", "计划项目名称", e.PlanName, ui.Sometimes, ui.Hint("来源不是“计划外”的，名称和编号至少填一项")),
			a.Text(path+"planNumber", "计划项目编号", e.PlanNumber, ui.Sometimes, ui.Width("m")),
			a.Choose(
				path+"confidential",
				"保密要求",
				e.Confidential,
				[]view.Option{
					{Value: "", Label: "请选择"},
					{Value: "none", Label: "无保密要求"},
					{Value: "business", Label: "涉及商业秘密"},
					{Value: "state", Label: "涉及国家秘密"},
				},
				ui.Width("m"),
			),
			a.Text(path+"confidentialTerms", "保密约定", e.Confidence, ui.Sometimes, ui.Hint("涉及秘密的写明保密的范围和期限")),
		}},
		{Title: "促成交易的机构与经纪人", Fields: []view.Field{
			a.Text(
				path+"agency",
				"技术转移机构",
				e.Agency,
			), a.Text(path+"broker", "技术经纪人", e.Broker, ui.Width("m"), in("broker")), a.Yuan(path+"brokerFeeFen", "约定的佣金", e.BrokerFee),
		}},
		{Title: "其他", Fields: []view.Field{
			a.Checks(path+"biological", "生物技术", ui.BoolList(e.Biological), []view.Option{{Value: "yes", Label: "标的含菌种、品种等生物材料"}}),
			a.Checks(path+"tied", "配套合同", ui.BoolList(e.Tied), []view.Option{{Value: "yes", Label: "是转让或开发合同的配套咨询、服务"}}),
			a.Text(path+"tiedTo", "所配套的合同编号或名称", e.TiedTo, ui.Sometimes, ui.Hint("勾选了配套合同的填写")),
			a.Yuan(path+"expectedInputFen", "预计新增投入", e.ExpectedInput), a.Yuan(path+"expectedOutputFen", "预计新增产值", e.ExpectedOutput),
			a.Text(path+"tradePaper", "技术进出口合同登记证书编号", e.TradePaper, ui.Sometimes, ui.Hint("卖方在境外的填写"), ui.Width("m")),
		}},
	})
}

// foreignFields ask for a price in another currency and the published rate that turns it into 元.
func foreignFields(a *ui.Ask, f contract.Foreign) view.Section {
	const at = "elements.foreign."
	currencies := []view.Option{{Label: "人民币"}}
	for _, c := range contract.Currencies() {
		currencies = append(currencies, view.Option{Value: c, Label: currencyNames[c] + " " + c})
	}
	per := f.Per
	if per == 0 {
		per = 100
	}
	return view.Section{Title: "外币价款", Hint: "以人民币计价的不用填。按签订日（变更的，按补充协议签订日）公布的人民币汇率中间价折算成元，登记和统计用折算后的金额。", Fields: []view.Field{
		a.Choose(at+"currency", "币种", f.Currency, currencies, ui.Width("m")),
		a.Text(at+"amount", "外币金额", f.Amount, ui.Sometimes, ui.Width("m"), ui.Hint("如 120000.50")),
		a.Date(at+"on", "计算日", ui.TimeOf(f.On), ui.Sometimes, ui.Hint("合同签订日；变更的为补充协议签订日")),
		a.Text(at+"rate", "汇率中间价（元）", f.Rate, ui.Sometimes, ui.Width("s"), ui.Hint("如 712.34")),
		a.Text(at+"per", "每多少单位外币", ui.IntText(per), ui.Width("s"), ui.Hint("1 或 100，照公布的写")),
		a.Date(at+"rateOn", "汇率公布日", ui.TimeOf(f.RateOn), ui.Sometimes, ui.Hint("当日没有公布的，用此前最近一次")),
	}}
}

var currencyNames = map[string]string{"USD": "美元", "EUR": "欧元", "JPY": "日元", "HKD": "港元", "GBP": "英镑", "AUD": "澳大利亚元", "CAD": "加拿大元",
	"SGD": "新加坡元", "CHF": "瑞士法郎", "RUB": "俄罗斯卢布", "KRW": "韩元", "MOP": "澳门元"}

func readForeign(f *web.Form) contract.Foreign {
	const at = "elements.foreign."
	if f.Text(at+"currency") == "" {
		return contract.Foreign{}
	}
	return contract.Foreign{Currency: f.Text(at + "currency"), Amount: f.Text(at + "amount"), On: contract.Date(f.Text(at + "on")),
		Rate: f.Text(at + "rate"), Per: f.Int(at + "per"), RateOn: contract.Date(f.Text(at + "rateOn"))}
}

func readElements(f *web.Form, e contract.Elements) contract.Elements {
	const at = "elements."
	e.Name, e.ClassCode, e.Summary = f.Text(at+"name"), f.Text(at+"classCode"), f.Text(at+"summary")
	e.SignedOn, e.BeginsOn, e.EndsOn = contract.Date(
		f.Text(at+"signedOn"),
	), contract.Date(
		f.Text(at+"beginsOn"),
	), contract.Date(
		f.Text(at+"endsOn"),
	)
	e.Medium, e.Amount, e.VATIncluded = f.Text(at+"medium"), f.Yuan(at+"amountFen"), answer(f, at+"vatIncluded")
	e.Payment, e.PaymentTerms, e.Royalty, e.RoyaltyTerms = f.Text(
		at+"payment",
	), f.Text(
		at+"paymentTerms",
	), answer(
		f,
		at+"royalty",
	), f.Text(
		at+"royaltyTerms",
	)
	e.AmountOpen, e.Foreign = e.Royalty == contract.Yes, readForeign(f)
	e.RelatedParty, e.OwnershipDone, e.OwnershipTerms = answer(
		f,
		at+"relatedParty",
	), answer(
		f,
		at+"ownershipAgreed",
	), f.Text(
		at+"ownershipTerms",
	)
	e.Licence = contract.Licence{Years: f.Int(at + "licence.years"), Exclusive: f.Text(at + "licence.exclusive")}
	e.Field, e.SubField, e.SocialGoal, e.Industry = f.Text(at+"field"), f.Text(at+"subField"), f.Text(at+"socialGoal"), f.Text(at+"industry")
	e.PlanSource, e.PlanName, e.PlanNumber = f.Text(at+"planSource"), f.Text(at+"planName"), f.Text(at+"planNumber")
	e.Confidential, e.Confidence, e.TradePaper = f.Text(at+"confidential"), f.Text(at+"confidentialTerms"), f.Text(at+"tradePaper")
	e.Agency, e.Broker, e.BrokerFee = f.Text(at+"agency"), f.Text(at+"broker"), f.Yuan(at+"brokerFeeFen")
	e.Biological, e.Tied, e.TiedTo = f.Bool(at+"biological"), f.Bool(at+"tied"), f.Text(at+"tiedTo")
	e.ExpectedInput, e.ExpectedOutput = f.Yuan(at+"expectedInputFen"), f.Yuan(at+"expectedOutputFen")
	e.IP = nil
	for i := range f.Rows(at+"ip", 20) {
		row := func(name string) string { return web.Row(at+"ip", i, name) }
		ip := contract.IP{
			Kind:        f.Text(row("kind")),
			Title:       f.Text(row("title")),
			Number:      f.Text(row("number")),
			Certificate: answer(f, row("certificate")),
			Valid:       answer(f, row("valid")),
		}
		if ip != (contract.IP{}) {
			e.IP = append(e.IP, ip)
		}
	}
	return e
}

func amountFields(a *ui.Ask, content contract.Content) []view.Section {
	costs := ui.Repeat(a, "非技术性费用明细", "合同总额里的设备、仪器、零部件、原材料等。没有就空着。每行填数量和单位成本，同一种货物成本不同的分行填。",
		"costs", len(content.Costs), 100, func(i int) []view.Field {
			r := ui.RowAt(content.Costs, i)
			row := func(name string) string { return web.Row("costs", i, name) }
			quantity := ""
			if r.Quantity != 0 {
				quantity = strconv.FormatInt(r.Quantity, 10)
			}
			return []view.Field{
				a.Choose(row("kind"), fmt.Sprintf("费用 %d 种类", i+1), r.Kind, append([]view.Option{{Label: "无"}}, ui.ListOptions(codes.CostKind, "")...),
					ui.Sometimes),
				a.Text(
					row("name"),
					"名称",
					r.Name, ui.Sometimes,
				), a.Text(row("quantity"), "数量", quantity, ui.Sometimes), a.Yuan(row("unitCostFen"), "单位成本", r.UnitCost, ui.Sometimes, ui.Width("")),
				a.Checks(row("carrier"), "技术载体", ui.BoolList(r.Carrier), []view.Option{{Value: "yes", Label: "承载技术成果（第十九条）"}})}
		})
	return append([]view.Section{{Title: "技术交易额", Fields: []view.Field{
		a.Yuan("technicalFen", "申报的技术交易额", content.Technical, ui.Required, ui.Hint("= 合同成交总额 − 非技术性费用。登记员核定后写在证明上"))}}}, costs...)
}

func readAmounts(f *web.Form, content contract.Content) contract.Content {
	content.Technical = f.Yuan("technicalFen")
	content.Costs = nil
	for i := range f.Rows("costs", 100) {
		row := func(name string) string { return web.Row("costs", i, name) }
		r := contract.CostRow{
			Kind:     f.Text(row("kind")),
			Name:     f.Text(row("name")),
			Quantity: int64(f.Int(row("quantity"))),
			UnitCost: f.Yuan(row("unitCostFen")),
			Carrier:  f.Bool(row("carrier")),
		}
		if r != (contract.CostRow{}) {
			content.Costs = append(content.Costs, r)
		}
	}
	return content
}

// claimed is C − N as the applicant states it, 0 where the rows do not add up.
func claimed(content contract.Content) money.Fen {
	deducted, ok := content.Deducted()
	if !ok {
		return 0
	}
	return max(content.Elements.Amount-deducted, 0)
}

// amountsBlock is the sheet C − N = T beside the cost rows, by the function that the desk uses.
func (p *Pages) amountsBlock(content contract.Content) ui.Block {
	deducted, ok := content.Deducted()
	if !ok {
		return ui.Block{Card: true, Parts: view.Parts{view.Notice{Tone: view.Bad, Title: "费用合计超出范围", Text: "请检查数量和单位成本。"}}}
	}
	type row = contract.CostRow
	costs := ui.Columns[row]{
		ui.TextColumn("非技术性费用", func(r row) string { return ui.OrDash(r.Name) }),
		ui.FigureColumn("金额（元）", func(r row) string {
			total, _ := r.Total()
			return total.Grouped()
		}),
		ui.TextColumn("扣除", func(r row) string { return map[bool]string{true: "否", false: "是"}[r.Carrier] }),
	}.Table("非技术性费用", content.Costs)
	costs.Compact = true
	costs.Empty = view.Empty{Title: "没有要扣除的费用"}
	technical := view.Facts{Items: []view.Fact{{Label: "技术交易额", Value: (content.Elements.Amount - deducted).Grouped() + " 元", Num: true,
		Note: content.Elements.Amount.Grouped() + " − " + deducted.Grouped()}}}
	return ui.Block{ID: "amounts", Title: "金额拆分（测算）", Card: true, Intro: "申报为技术载体的货物，登记员同意并认为数量合理的，不扣除。",
		Parts: view.Parts{costs, technical}}
}
