package kind

import "techmarket/internal/services/register"

// Provider is the register of services around a deal (plan C5): ordered by fit and nearness, never by what somebody pays.
func Provider() register.Descriptor {
	return register.Descriptor{
		Kind: "provider", Label: "科技服务", Path: "providers", NameOf: "服务名称",
		Lead: "评价、检测、设计、法律、知识产权、财税和培训等服务。顺序只看是否对口和远近，不收排名费。",
		Fields: append([]register.Field{
			{Code: "service", Label: "服务种类", Type: register.One, Need: true, Facet: true, Row: true, Choices: ServiceKinds()},
			fields(false),
			keywords("服务内容"),
			about("服务说明", "做什么、交付什么、资质"),
			{Code: "price", Label: "收费标准", Type: register.Line, Need: true, Row: true},
			{Code: "days", Label: "一般几个工作日完成", Type: register.Number, Max: 1000, Row: true},
			{Code: "voucher", Label: "可用科技创新券", Type: register.YesNo},
		}, contact()...),
		SameBy: nil,
		Marks:  reviewMarks(), Failing: []string{"fail"},
		Fits: byKeywords("提供"),
	}
}

// ServiceKinds are the kinds of services; vouchers name the same codes.
func ServiceKinds() []register.Choice {
	return choices("evaluation", "成果评价", "testing", "检验检测", "design", "研发设计", "pilot", "中试", "legal", "法律", "ip", "知识产权", "tax", "财税",
		"training", "培训")
}
