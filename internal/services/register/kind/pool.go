package kind

import "techmarket/internal/services/register"

// Pool is the register of patent pools: rights of several owners under one licence (plan F2).
func Pool() register.Descriptor {
	return register.Descriptor{
		Kind: "pool", Label: "专利池", Path: "patent-pools", NameOf: "专利池名称",
		Lead: "几个单位的专利放在一起、一次许可。许可条件以管理单位公布的为准。",
		Fields: append([]register.Field{
			fields(true),
			keywords("技术主题"),
			{Code: "members", Label: "入池单位", Hint: "单位名称，用顿号分开", Type: register.Words, Need: true, Found: true},
			{Code: "patents", Label: "有效专利数", Type: register.Number, Max: 100_000, Need: true, Row: true},
			{Code: "licence", Label: "许可条件", Type: register.Long, Max: 1000, Need: true},
		}, contact()...),
		Fits: byKeywords("专利涉及"),
	}
}
