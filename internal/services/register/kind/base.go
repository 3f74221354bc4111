package kind

import "techmarket/internal/services/register"

// Base is the register of bases that train brokers (plan A8).
func Base() register.Descriptor {
	return register.Descriptor{
		Kind: "base", Label: "技术经纪人培养基地", Path: "bases", NameOf: "基地名称",
		Lead: "技术转移人才培养基地和正在招生的培训班。",
		Fields: append([]register.Field{
			{Code: "levels", Label: "培训等级", Type: register.Many, Need: true, Facet: true, Row: true,
				Choices: choices("junior", "初级", "middle", "中级", "senior", "高级")},
			{Code: "nextClass", Label: "下一期开班", Type: register.Day, Row: true},
			{Code: "hours", Label: "学时", Type: register.Number, Max: 1000, Row: true},
			{Code: "modules", Label: "课程模块", Type: register.Words, Need: true, Found: true},
			about("基地介绍", "师资、场地和招生办法"),
		}, contact()...),
		Grades: choices("national", "国家级", "region", "自治区级"),
		Marks:  reviewMarks(), Failing: []string{"fail"},
	}
}
