package kind

import "techmarket/internal/services/register"

// Station is the register of 院士专家工作站 and of stations that specialists work from (plan E5, H3).
func Station() register.Descriptor {
	return register.Descriptor{
		Kind: "station", Label: "专家工作站", Path: "stations", NameOf: "工作站名称",
		Lead: "院士专家工作站和科技特派员工作站：在企业和旗县长期驻点的团队。",
		Fields: append([]register.Field{
			{Code: "type", Label: "类型", Type: register.One, Need: true, Facet: true, Row: true,
				Choices: choices("academician", "院士专家工作站", "specialist", "科技特派员工作站", "postdoc", "博士后工作站")},
			fields(true),
			keywords("攻关方向"),
			{Code: "since", Label: "建站日期", Type: register.Day, Need: true},
			{Code: "team", Label: "进站团队人数", Type: register.Number, Max: 1000, Row: true},
			about("工作内容", "解决什么问题，怎样对外服务"),
		}, contact()...),
		Marks: reviewMarks(), Failing: []string{"fail"},
		Fits: byKeywords("正在攻关"),
	}
}
