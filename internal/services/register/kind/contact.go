package kind

import "techmarket/internal/services/register"

// Contact is the register of contact points outside the region: 科创飞地, 人才飞地 and their like (plan E4).
func Contact() register.Descriptor {
	return register.Descriptor{
		Kind: "contact", Label: "区外联络点", Path: "contacts", NameOf: "联络点名称",
		Lead: "设在区外的科创飞地、人才飞地和联络点，帮助区内单位对接外地的团队和成果。",
		Fields: append([]register.Field{
			{Code: "type", Label: "类型", Type: register.One, Need: true, Facet: true, Row: true,
				Choices: choices("science", "科创飞地", "talent", "人才飞地", "point", "联络点")},
			{Code: "city", Label: "所在城市", Type: register.Line, Need: true, Found: true, Row: true},
			fields(false),
			about("服务内容", "能帮忙做什么，怎样入驻"),
		}, contact()...),
	}
}
