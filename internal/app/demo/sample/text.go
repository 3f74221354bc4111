package sample

import (
	"fmt"
	"strings"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/money"
)

// text writes the signed text of a contract by the parts of the model texts (技术合同示范文本), so that
// the desk has something to read. Every page of it says 样例.
func (g *generator) text(c *Contract) []Section {
	kind := c.Class[:2]
	buyer, seller := "甲方（"+g.role(kind, true)+"）", "乙方（"+g.role(kind, false)+"）"
	var out []Section
	add := func(heading string, lines ...string) {
		var kept []string
		for _, l := range lines {
			if l != "" {
				kept = append(kept, l)
			}
		}
		out = append(out, Section{Heading: heading, Body: strings.Join(kept, "\n")})
	}
	add("样例合同", "本文本为样例数据，当事人、标的和金额均为虚构。", "合同名称："+c.Title+"合同",
		buyer+"："+partyText(c.Buyer), seller+"："+partyText(c.Seller),
		"签订日期："+date(c.Signed)+"；有效期限："+date(c.Begins)+"至"+date(c.Ends)+"。")
	object, figures := g.object(c)
	add("第一条 标的内容与范围", object)
	add("第二条 技术指标与要求", figures)
	add("第三条 履行计划、地点和方式", g.performance(c)...)
	add("第四条 价款及支付", g.payment(c)...)
	add("第五条 技术资料与保密", fmt.Sprintf("甲方自合同生效之日起%d个工作日内提供%s。任何一方不得向第三方披露对方的技术资料，保密期限为合同终止后%d年。",
		5+len(c.Key)%3*5, map[string]string{"01": "现场工况数据、样品和试验条件", "02": "接收技术资料的场所和人员名单", "03": "实施场所和产能说明",
			"04": "论证所需的基础资料和历史数据", "05": "现场图纸、运行记录和进场条件"}[kind], 2+len(c.Title)%3))
	add("第六条 知识产权归属", g.ownership(c)...)
	add("第七条 验收标准和方式", g.acceptance(c))
	add("第八条 风险责任", "履行中出现现有技术水平下难以克服的困难，致使部分或者全部失败的，由双方确认后按已完成工作量结算，其余损失各自承担。一方发现可能失败的情形，应在10日内书面通知对方。")
	add("第九条 违约责任", fmt.Sprintf("乙方逾期交付的，每逾期一日按合同价款的%s支付违约金；甲方逾期付款的，按同一比例支付。违约金累计不超过合同价款的10%%。",
		[]string{"0.5‰", "1‰", "0.3‰"}[len(c.Title)%3]))
	add("第十条 变更与解除", "变更合同应由双方签订书面补充协议，并到原登记点办理变更登记。合同解除后10个工作日内办理注销。")
	add("第十一条 争议解决", []string{"协商不成的，向甲方所在地有管辖权的人民法院起诉。", "协商不成的，提交乙方所在地仲裁委员会仲裁。"}[len(c.Title)%2])
	if len(c.Costs) > 0 {
		var rows []string
		for i, r := range c.Costs {
			rows = append(rows, fmt.Sprintf("%d. %s，%d（台、套、批），单价%s元，合计%s元。", i+1, r.Name, r.Quantity, r.Unit.Grouped(),
				(r.Unit*money.Fen(r.Quantity)).Grouped()))
		}
		add("附件一 设备、仪器、零部件、原材料清单", rows...)
	}
	add("签署", "甲方："+c.Buyer.Name+"（样例印章） "+sign(c.Buyer), "乙方："+c.Seller.Name+"（样例印章） "+sign(c.Seller), date(c.Signed))
	return out
}

func (g *generator) role(kind string, buyer bool) string {
	pair := map[string][2]string{"01": {"委托方", "研究开发方"}, "02": {"受让方", "让与方"}, "03": {"被许可方", "许可方"}, "04": {"委托方", "受托方"},
		"05": {"委托方", "受托方"}}[kind]
	if buyer {
		return pair[0]
	}
	return pair[1]
}

func partyText(p Party) string {
	text := p.Name
	if p.CreditCode != "" {
		text += "，统一社会信用代码" + p.CreditCode
	}
	text += "，住所：" + p.Address
	if p.Legal != "" {
		text += "，法定代表人：" + p.Legal
	}
	return text + "，联系人：" + p.Contact + "，电话：" + p.Phone + "。"
}

func sign(p Party) string {
	if p.Legal == "" {
		return "授权代表：" + p.Contact
	}
	return "法定代表人：" + p.Legal
}

func date(t time.Time) string { return t.Format("2006年1月2日") }

// object says what is done and with which figures; it comes from the listing behind the contract.
func (g *generator) object(c *Contract) (object, figures string) {
	switch {
	case c.Achievement != "":
		a := g.achievement(c.Achievement)
		return a.Problem + "\n乙方采用以下技术：" + a.Method, "以乙方公布的数据为基础，由双方在甲方现场复核：" + a.Figures
	case c.Demand != "":
		d := g.demand(c.Demand)
		return "甲方现状：" + d.Present + "\n边界条件：" + d.Limits, "乙方应达到：" + targetText(d.Targets) + "。"
	}
	for _, r := range g.tables.refusals {
		if r["title"] == c.Title {
			return "双方约定的内容：" + r["object"] + "。", "按双方确认的清单和要求执行。"
		}
	}
	return "许可方向被许可方提供本合同名称所列技术的全套资料、图纸和操作规程，并派员指导首次投运。", "投运后连续30日的运行数据不低于许可方资料所列数值的95%。"
}

func (g *generator) performance(c *Contract) []string {
	months := clock.Days(c.Begins, c.Ends)/30 + 1
	where := c.Buyer.Address
	switch c.Class[:2] {
	case "01":
		return []string{fmt.Sprintf("第1—%d月：完成方案设计与评审；第%d—%d月：完成小试与样机；其余时间完成现场试验、优化和资料整理。", max(1, months/5), max(2, months/5+1),
			max(3, months*3/5)), "试验地点：" + where + "。"}
	case "02", "03":
		return []string{"乙方在合同生效后30日内一次性交付技术资料，60日内派2名技术人员到" + where + "指导，累计不少于10个工作日。"}
	case "04":
		return []string{fmt.Sprintf("乙方组织不少于5名专业人员到%s调研，于%s前提交报告初稿，征求意见后15日内提交正式报告一式4份。", where, date(c.Ends.AddDate(0, -1, 0)))}
	}
	if c.Class == "0503" {
		return []string{"培训对象为甲方指定的技术人员（名单见附件），共6期，每期5天，理论与实操各半。"}
	}
	return []string{"乙方派驻3名工程师到" + where + "开展服务，每月提交一份工作记录，由甲方现场负责人签字确认。"}
}

func (g *generator) payment(c *Contract) []string {
	total := c.Amounts.Total
	if len(c.Versions) > 1 {
		total = c.Versions[0].Amounts.Total
	}
	lines := []string{"合同总价款为" + total.Grouped() + "元（大写：" + total.Han() + "）。"}
	for _, r := range g.tables.refusals {
		if r["title"] == c.Title && r["code"] == "R3" {
			return []string{"合同价款由双方另行协商确定。"}
		}
	}
	switch {
	case c.Royalty:
		lines = append(lines, "其中固定部分即为上述价款，于合同生效后30日内付清；另按实施产品年销售额的3%支付提成，每年3月底前结算上一年度。")
	case c.Payment == "once":
		lines = append(lines, "合同生效后20个工作日内一次付清。")
	default:
		first := total / 100 * 40
		second := total / 100 * 40
		lines = append(lines, fmt.Sprintf("分期支付：合同生效后支付%s元；阶段验收后支付%s元；最终验收合格后支付%s元。", first.Grouped(), second.Grouped(),
			(total-first-second).Grouped()))
	}
	if len(c.Versions) > 1 {
		lines = append(lines, "补充协议（"+date(c.Versions[1].At.AddDate(0, 0, -12))+"）："+c.Versions[1].Note)
	}
	return lines
}

func (g *generator) ownership(c *Contract) []string {
	if strings.Contains(c.Title, "节能加热炉专利实施许可") && c.Achievement == "" {
		return []string{"受让方不得对许可技术进行改进；受让方作出的任何改进无偿归许可方独占所有。"} // the case for R6
	}
	ip := ""
	if c.IP.Number != "" {
		ip = "本合同涉及：" + c.IP.Title + "，编号" + c.IP.Number + "。"
	}
	switch c.Class[:2] {
	case "01":
		if c.Class == "0102" {
			return []string{ip, "合作研究开发完成的技术成果归双方共有，申请专利的费用各承担一半，任何一方转让其份额的，另一方有同等条件优先受让权。"}
		}
		return []string{ip, "申请专利的权利归乙方，甲方有权免费使用；未经甲方同意，乙方三年内不得向甲方同一旗县的同类企业许可。"}
	case "02":
		return []string{ip, "权利自变更登记之日起归甲方。乙方保证权利有效、无质押和在先许可，转让前的年费由乙方承担。"}
	case "03":
		scope := "普通许可"
		years := 5
		if c.Licence != nil {
			years = c.Licence.Years
			if c.Licence.Exclusive {
				scope = "独占许可"
			}
		}
		return []string{ip, fmt.Sprintf("许可方式为%s，许可期限%d年，实施地域为中华人民共和国境内。双方各自对其后续改进享有权利，可另行约定交叉许可。", scope, years)}
	}
	return []string{"乙方利用甲方资料完成的新的技术成果归乙方，甲方利用乙方工作成果完成的新的技术成果归甲方。"}
}

func (g *generator) acceptance(c *Contract) string {
	switch c.Class[:2] {
	case "04":
		return "以专家评审会方式验收，专家不少于5名，三分之二以上同意为通过。"
	case "02", "03":
		return "技术资料清单逐项核对；甲方按资料生产出连续3批合格产品的，视为验收合格。"
	case "05":
		return "以现场运行记录和服务报告为依据，指标达到第二条要求并连续保持30日的，由甲方出具验收单。"
	}
	return "甲方在收到验收申请后15个工作日内组织验收，测试由双方认可的第三方机构承担，费用由乙方负担；一次不合格的，允许整改30日后复验一次。"
}
