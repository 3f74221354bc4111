package kind

import "techmarket/internal/services/register"

// Alliance is the register of service alliances by industry and field (plan A6).
func Alliance() register.Descriptor {
	return register.Descriptor{
		Kind: "alliance", Label: "技术转移联盟", Path: "alliances", NameOf: "联盟名称",
		Lead: "按行业和领域组成的服务联盟。联盟领域内的对接，由秘书处按成员的负荷和远近分派。",
		Fields: append([]register.Field{
			fields(true),
			keywords("行业方向"),
			{Code: "members", Label: "成员机构", Hint: "机构名称，用顿号分开", Type: register.Words, Need: true, Found: true},
			{Code: "secretariat", Label: "秘书处单位", Type: register.Line, Need: true, Row: true},
			{Code: "routing", Label: "分派规则", Hint: "例如：按领域，先近后远，3 个工作日不答复转下一家", Type: register.Long, Max: 500, Need: true},
		}, contact()...),
		Fits: byKeywords("联盟方向"),
	}
}
