package kind

import "techmarket/internal/services/register"

// Specialist is the register of 科技特派员 (plan H2) and 工业、企业科技特派员 (H3).
func Specialist() register.Descriptor {
	return register.Descriptor{
		Kind: "specialist", Label: "科技特派员", Path: "specialists", NameOf: "姓名", Person: true,
		Lead: "到旗县、苏木乡镇和企业服务的科技特派员，按服务地区和领域查找。",
		Fields: []register.Field{
			{Code: "type", Label: "类别", Type: register.One, Need: true, Facet: true, Row: true,
				Choices: choices("service", "技术服务型", "startup", "创业型", "industry", "企业科技特派员")},
			{Code: "level", Label: "选派级别", Type: register.One, Need: true, Facet: true, Row: true,
				Choices: choices("region", "自治区级", "league", "盟市级", "county", "旗县级")},
			fields(true),
			keywords("服务方向"),
			{Code: "unit", Label: "派出单位", Type: register.Line, Need: true, Row: true},
			{Code: "places", Label: "服务的苏木乡镇或企业", Type: register.Words, Found: true},
			{Code: "termFrom", Label: "选派起始", Type: register.Day, Need: true},
			{Code: "termTo", Label: "选派终止", Type: register.Day, Need: true},
			about("能做什么", "例如：饲草种植、牛羊育肥、设备改造"),
			{Code: "phone", Label: "联系电话", Type: register.Phone, Need: true, Sight: register.Own},
		},
		Marks: choices("excellent", "优秀", "pass", "合格", "fail", "不合格"), Failing: []string{"fail"},
		Ends: "termTo",
		Fits: byKeywords("服务方向"),
	}
}
