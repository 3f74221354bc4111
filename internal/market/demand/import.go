package demand

import (
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/money"
	"techmarket/internal/market/listing"
)

// sheet reads files of demands: template, csv with the same headings, jsonl of Content or of {"id", "abstract"}.
func sheet() listing.Sheet {
	type C = Content
	target := func(c *C) *Target {
		if len(c.Targets) == 0 {
			c.Targets = append(c.Targets, Target{})
		}
		return &c.Targets[0]
	}
	return listing.SheetOf("需求导入模板", []listing.Column[C]{
		listing.TextColumn("需求名称", "title", "不超过 80 字", true, func(c *C) *string { return &c.Title }, "名称", "title").
			Also("技术需求名称", "项目名称", "难题名称", "榜单名称", "技术难题名称", "需求题目", "课题名称", "技术需求"),
		listing.TextColumn("要解决的问题", "problem", "写清工序、对象和现象", true, func(c *C) *string { return &c.Problem }, "难题描述", "problem", "abstract").
			Also("主要问题", "需解决的主要技术难题", "需要解决的主要技术难题", "技术难题", "主要技术难题", "需求内容", "技术需求内容", "需求描述",
				"技术需求描述", "拟解决的问题", "需解决的技术问题", "需解决的问题", "需求简述", "主要研究内容", "研究内容", "难题").Joining(),
		listing.TextColumn("指标名称", "targets.0.name", "例如 粉尘浓度", false, func(c *C) *string { return &target(c).Name }),
		listing.TextColumn("现值", "targets.0.present", "例如 30", false, func(c *C) *string { return &target(c).Present }),
		listing.TextColumn("目标值", "targets.0.target", "例如 10", false, func(c *C) *string { return &target(c).Target }),
		listing.TextColumn("指标单位", "targets.0.unit", "例如 mg/m³", false, func(c *C) *string { return &target(c).Unit }),
		listing.TextColumn("考核指标", "goals", "写不成“名称、现值、目标值”的指标", false, func(c *C) *string { return &c.Goals }).
			Also("期望目标", "预期目标", "技术指标", "技术目标", "主要技术指标", "预期指标", "主要指标", "绩效目标").Joining(),
		listing.TextColumn("限制条件", "limits", "场地、能耗、环保等", false, func(c *C) *string { return &c.Limits }).Also("约束条件").Joining(),
		listing.TextColumn("已做过的尝试", "tried", "做过什么、为什么不行", false, func(c *C) *string { return &c.Tried }).Also("已开展的工作").Joining(),
		listing.TextColumn("背景和现有基础", "background", "", false, func(c *C) *string { return &c.Background }, "现有基础").
			Also("需求背景", "现有工作基础", "背景", "项目背景", "企业简介", "单位简介", "备注").Keeping(),
		listing.WanColumn("预算下限（万元）", "budget.minFen", "例如 30", func(c *C) *money.Fen { return &c.Budget.MinFen }, "预算下限(万元)"),
		listing.WanColumn("预算上限（万元）", "budget.maxFen", "例如 80", func(c *C) *money.Fen { return &c.Budget.MaxFen }, "预算上限(万元)", "拟投入（万元）").
			Also("拟投入资金（万元）", "预算（万元）", "投入资金（万元）", "经费预算（万元）", "榜单金额（万元）", "拟投入金额（万元）"),
		listing.YesColumn("面议", "budget", "是 或 否", func(c *C) *bool { return &c.Budget.Negotiable }),
		listing.DayColumn("期限", "deadline", "例如 2026-12-31", func(c *C) *string { return &c.Deadline }).
			Also("截止日期", "截止时间", "完成时限", "完成时间", "需求时限"),
		listing.TextColumn("产权归属", "ownership", "成果归谁所有、怎样分享", false, func(c *C) *string { return &c.Ownership }).
			Also("知识产权归属", "知识产权").Joining(),
		listing.TextColumn("揭榜方条件", "solver", "对揭榜单位和团队的要求", false, func(c *C) *string { return &c.Solver }).
			Also("揭榜方要求", "揭榜条件", "对揭榜方要求", "对揭榜方的要求", "合作方要求").Joining(),
		listing.TextColumn("意向合作单位", "partners", "已经有意向的高校院所", false, func(c *C) *string { return &c.Partners }).
			Also("拟合作单位", "意向单位", "意向合作院校").Joining(),
		listing.TextColumn("预期效益", "benefit", "解决以后的经济和社会效益", false, func(c *C) *string { return &c.Benefit }).
			Also("经济效益", "社会效益", "经济社会效益", "预期成效").Joining(),
		listing.TextColumn("所需人才", "talent", "需要什么专业的人才", false, func(c *C) *string { return &c.Talent }).
			Also("人才需求", "所需专家").Joining(),
		listing.TextColumn("决策人", "decisionOwner", "写职务，例如 总工程师", false, func(c *C) *string { return &c.DecisionOwner }),
		listing.CodesColumn(
			"合作方式",
			"cooperation",
			"可填多项，用顿号分开",
			listing.ChoicesOf(codes.Cooperation.Items()),
			func(c *C) *[]string { return &c.Cooperation },
			"cooperation",
		),
		listing.LevelColumn("最低成熟度", "maturityMin", "1—9，不限可不填", func(c *C) *int { return &c.MaturityMin }),
		listing.CodeColumn(
			"技术领域",
			"field",
			"从下拉选项中选择",
			listing.ChoicesOf(codes.Field.Items()),
			func(c *C) *string { return &c.Field },
			"field",
		).Also("领域", "行业领域", "所属领域", "所属技术领域", "技术需求领域"),
		listing.CodesColumn("规划重点方向", "topics", "可填多项，用顿号分开", listing.TopicChoices(), func(c *C) *[]string { return &c.Topics }, "topics"),
		listing.CodeColumn(
			"所属行业",
			"industry",
			"国民经济行业门类",
			listing.ChoicesOf(codes.Industry.Items()),
			func(c *C) *string { return &c.Industry },
			"industry",
		).Also("行业", "产业领域"),
		listing.WordsColumn("关键词", "keywords", "不超过 10 个，用顿号分开", func(c *C) *[]string { return &c.Keywords }, "keywords"),
		listing.DivisionColumn("所在地区", "division", "例如 包头市昆都仑区，或六位代码", func(c *C) *string { return &c.Division }).
			Also("地区", "所在区域", "区域", "所属地区", "所在盟市", "盟市", "旗县"),
		listing.YesColumn("揭榜挂帅", "challenge", "是 或 否", func(c *C) *bool { return &c.Challenge }),
		listing.TextColumn("揭榜奖励和评判办法", "reward", "", false, func(c *C) *string { return &c.Reward }),
		listing.YesColumn("不公开单位名称", "anonymous", "是 或 否", func(c *C) *bool { return &c.Anonymous }),
		listing.TextColumn("联系人", "contact.name", "登录用户可见", false, func(c *C) *string { return &c.Contact.Name }).Also("联系人姓名", "需求联系人", "成果联系人"),
		listing.PhoneColumn("联系电话", "contact.phone", "登录用户可见", func(c *C) *string { return &c.Contact.Phone }, "电话").
			Also("联系方式", "手机", "手机号码", "联系人电话"),
		listing.TextColumn("联系邮箱", "contact.email", "登录用户可见", false, func(c *C) *string { return &c.Contact.Email }, "邮箱").
			Also("电子邮箱", "电子邮件", "E-mail"),
	}, func(title, abstract string) C { return C{Title: title, Problem: abstract} })
}
