package annual

import (
	"fmt"
	"strconv"
	"strings"

	"techmarket/internal/foundation/money"
)

// Part is one of the six parts of the text: what the figures say, and what a person adds.
type Part struct {
	Key   string
	Title string
	Ask   string // what belongs there
	Drawn string // sentences of the figures: they can't disagree with the table
	Said  string
}

// Show writes a value in its line's unit: money in 万元.
func (l Line) Show(v int64) string {
	if l.Unit == Money {
		return money.Fen(v).Wan()
	}
	return strconv.FormatInt(v, 10)
}

// cell is a figure in a sentence.
func (v View) cell(code string) string {
	l, _ := LineOf(code)
	value, ok := v.Value(code)
	if !ok {
		return "（待填）" + string(l.Unit)
	}
	return l.Show(value) + " " + string(l.Unit)
}

// pair is number and amount of a kind of contracts.
func (v View) pair(code string) string {
	return v.cell(code+".n") + "、合同金额 " + v.cell(code+".c")
}

// Text are the six parts in their order.
func (v View) Text() []Part {
	grown := ""
	for _, f := range v.Figures {
		if f.Code == "all.c" && f.Growth != "" {
			grown = "，合同金额同比 " + f.Growth
		}
	}
	parts := []Part{
		{"1", "一、工作开展情况、成效和问题", "制度建设、组织实施、取得的成效、存在的问题",
			fmt.Sprintf("%d 年，本单位签订并登记转让、许可、作价投资和技术开发、咨询、服务合同 %s%s；当年到账 %s。", v.Year, v.pair("all"), grown, v.cell("received")), ""},
		{"2", "二、科技成果的数量、种类和来源", "当年取得的成果、知识产权，财政资助项目的成果",
			fmt.Sprintf("在内蒙古科技大市场公开科技成果 %s；当年授权专利 %s，有效专利 %s；新立项财政资助科技项目 %s，资助金额 %s。", v.cell("achievements"),
				v.cell("patents.new"), v.cell("patents"), v.cell("granted.n"), v.cell("granted.c")), ""},
		{"3", "三、以转让、许可、作价投资方式转化的情况", "主要项目、定价方式、转化去向",
			fmt.Sprintf("转让 %s；许可 %s；作价投资 %s；合计 %s，平均合同金额 %s。财政资助项目成果 %s。", v.pair("sale"), v.pair("licence"), v.pair("equity"),
				v.pair("transferred"), v.cell("mean"), v.pair("funded")), ""},
		{"4", "四、产学研合作、技术转移机构和人员", "与企业共建的机构和平台，开发、咨询、服务，人员兼职和离岗创业",
			fmt.Sprintf("技术开发 %s；技术咨询 %s；技术服务 %s。与企业共建研发机构 %s、转移机构 %s、服务平台 %s；自建技术转移机构 %s，专职人员 %s，兼职人员 %s；兼职从事成果转化 %s，离岗创业 %s。",
				v.pair("develop"), v.pair("consult"), v.pair("serve"), v.cell("joint.research"), v.cell("joint.transfer"), v.cell("joint.platform"),
				v.cell("bodies"), v.cell("staff"), v.cell("staff.part"), v.cell("parttime"), v.cell("startup")), ""},
		{"5", "五、收益分配和奖励", "分配办法，奖励到人的情况，留存收入的使用",
			fmt.Sprintf("现金奖励 %s（%s），其中主要贡献人员 %s（%s）；股权奖励 %s（%s）；单位留存 %s，其中用于技术转移机构 %s。", v.cell("reward.c"),
				v.cell("reward.n"), v.cell("reward.main.c"), v.cell("reward.main.n"), v.cell("shares.c"), v.cell("shares.n"), v.cell("kept"),
				v.cell("office")), ""},
		{"6", "六、其他情况和项目清单", "赋权、税收优惠、损失等；建议",
			fmt.Sprintf("转化到区内 %s；到区外 %s；到境外 %s。赋予科研人员权利 %s；税收优惠 %s。转化项目 %s，清单附后。", v.pair("to."+Inside), v.pair("to."+Outside),
				v.pair("to."+Abroad), v.cell("grants"), v.cell("relief"), v.cell("projects")), ""},
	}
	for i := range parts {
		parts[i].Said = strings.TrimSpace(v.Said.Texts[parts[i].Key])
	}
	return parts
}
