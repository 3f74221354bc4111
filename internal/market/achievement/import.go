package achievement

import (
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/money"
	"techmarket/internal/market/listing"
)

// sheet reads files of achievements: template, csv with the same headings, jsonl of Content or of {"id", "abstract"}.
func sheet() listing.Sheet {
	type C = Content
	ip := func(c *C) *IP {
		if len(c.IP) == 0 {
			c.IP = append(c.IP, IP{Kind: "patent"})
		}
		return &c.IP[0]
	}
	ipKind := listing.CodeColumn(
		"知识产权种类",
		"ip.0.kind",
		"从下拉选项中选择",
		listing.ChoicesOf(codes.IPKind.Items()),
		func(c *C) *string { return &ip(c).Kind },
	)
	ipKind.Get = func(c *C) string { // ip would make a patent of none
		if len(c.IP) == 0 {
			return ""
		}
		return c.IP[0].Kind
	}
	return listing.SheetOf("成果导入模板", []listing.Column[C]{
		listing.TextColumn("成果名称", "title", "不超过 80 字", true, func(c *C) *string { return &c.Title }, "名称", "title").
			Also("科技成果名称", "技术名称", "项目名称", "技术成果名称"),
		listing.TextColumn("一句话简介", "summary", "买方先看这一句，不超过 120 字", false, func(c *C) *string { return &c.Summary }, "简介", "summary"),
		listing.TextColumn("解决的问题", "problem", "谁在什么场合用得上", false, func(c *C) *string { return &c.Problem }, "problem").
			Also("解决的技术问题", "应用场景").Joining(),
		listing.TextColumn(
			"成果介绍",
			"description",
			"技术路线、性能、适用条件",
			true,
			func(c *C) *string { return &c.Description },
			"介绍",
			"摘要",
			"description",
			"abstract",
		).Also("成果简介", "技术介绍", "成果内容", "主要内容", "技术简介", "创新点", "技术指标", "技术优势", "应用前景").Keeping(),
		listing.CodeColumn(
			"技术领域",
			"field",
			"从下拉选项中选择",
			listing.ChoicesOf(codes.Field.Items()),
			func(c *C) *string { return &c.Field },
			"field",
		).Also("领域", "行业领域", "所属领域", "所属技术领域"),
		listing.CodesColumn("规划重点方向", "topics", "可填多项，用顿号分开", listing.TopicChoices(), func(c *C) *[]string { return &c.Topics }, "topics"),
		listing.CodeColumn(
			"应用行业",
			"industry",
			"国民经济行业门类",
			listing.ChoicesOf(codes.Industry.Items()),
			func(c *C) *string { return &c.Industry },
			"industry",
		).Also("行业", "所属行业"),
		listing.WordsColumn("关键词", "keywords", "不超过 10 个，用顿号分开", func(c *C) *[]string { return &c.Keywords }, "keywords"),
		listing.CodesColumn(
			"合作方式",
			"cooperation",
			"可填多项，用顿号分开",
			listing.ChoicesOf(codes.Cooperation.Items()),
			func(c *C) *[]string { return &c.Cooperation },
			"cooperation",
		),
		listing.WanColumn("价格下限（万元）", "price.minFen", "例如 30", func(c *C) *money.Fen { return &c.Price.MinFen }, "价格下限(万元)"),
		listing.WanColumn("价格上限（万元）", "price.maxFen", "例如 80", func(c *C) *money.Fen { return &c.Price.MaxFen }, "价格上限(万元)"),
		listing.YesColumn("面议", "price", "是 或 否", func(c *C) *bool { return &c.Price.Negotiable }),
		listing.LevelColumn("成熟度", "maturity.level", "1—9，按自评导入", func(c *C) *int { return &c.Maturity.Level }, "成熟度等级"),
		ipKind,
		listing.NumberColumn("专利号或证书号", "ip.0.number", "例如 ZL202010000000.0", func(c *C) *string { return &ip(c).Number }, "专利号"),
		listing.CodeColumn("知识产权状态", "ip.0.status", "从下拉选项中选择", IPStatuses(), func(c *C) *string { return &ip(c).Status }),
		listing.NumberColumn("成果登记号", "registerNo", "12 位，没有可不填", func(c *C) *string { return &c.RegisterNo }),
		listing.TextColumn("负责人", "team.lead", "", false, func(c *C) *string { return &c.Team.Lead }, "完成人"),
		listing.WordsColumn("团队成员", "team.members", "用顿号分开", func(c *C) *[]string { return &c.Team.Members }),
		listing.DivisionColumn("所在地区", "division", "例如 包头市昆都仑区，或六位代码", func(c *C) *string { return &c.Division }).
			Also("地区", "所在区域", "区域", "所属地区", "所在盟市", "盟市", "旗县"),
		listing.TextColumn("联系人", "contact.name", "登录用户可见", false, func(c *C) *string { return &c.Contact.Name }).Also("联系人姓名", "需求联系人", "成果联系人"),
		listing.PhoneColumn("联系电话", "contact.phone", "登录用户可见", func(c *C) *string { return &c.Contact.Phone }, "电话").
			Also("联系方式", "手机", "手机号码", "联系人电话"),
		listing.TextColumn("联系邮箱", "contact.email", "登录用户可见", false, func(c *C) *string { return &c.Contact.Email }, "邮箱").
			Also("电子邮箱", "电子邮件", "E-mail"),
	}, func(title, abstract string) C { return C{Title: title, Description: abstract} })
}
