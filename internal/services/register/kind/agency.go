package kind

import "techmarket/internal/services/register"

// Agency is the register of 技术转移机构 (plan A5): legal persons or inner units with a grade and a yearly review.
func Agency() register.Descriptor {
	return register.Descriptor{
		Kind: "agency", Label: "技术转移机构", Path: "agencies", NameOf: "机构名称",
		Lead: "在册的技术转移机构，按地区、领域和等级查找。等级以认定文件为准，到期即不再计入。",
		Fields: append([]register.Field{
			{Code: "hostKind", Label: "依托单位类型", Type: register.One, Need: true, Facet: true, Row: true,
				Choices: choices("enterprise", "企业", "university", "高校", "institute", "科研院所", "independent", "独立机构")},
			fields(true),
			{Code: "services", Label: "服务内容", Type: register.Many, Need: true, Facet: true, Row: true,
				Choices: choices("match", "供需对接", "evaluation", "成果评价", "negotiation", "商务谈判", "filing", "合同登记代办", "finance", "科技金融",
					"training", "人才培训")},
			keywords("擅长方向"),
			about("机构介绍", "写明团队、做成过的事和服务方式"),
			{Code: "staff", Label: "专职人员数", Type: register.Number, Max: 10_000},
			{Code: "brokers", Label: "其中技术经纪人数", Type: register.Number, Max: 10_000},
		}, contact()...),
		Grades: choices("national", "国家级", "region", "自治区级", "backbone", "区域性骨干"),
		Marks:  reviewMarks(), Failing: []string{"fail"},
		Fits: byKeywords("擅长"),
	}
}
