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
		listing.TextColumn("需求名称", "title", "不超过 80 字", true, func(c *C) *string { return &c.Title }, "名称", "title"),
		listing.TextColumn("要解决的问题", "problem", "写清工序、对象和现象", true, func(c *C) *string { return &c.Problem }, "难题描述", "problem", "abstract"),
		listing.TextColumn("指标名称", "targets.0.name", "例如 粉尘浓度", false, func(c *C) *string { return &target(c).Name }),
		listing.TextColumn("现值", "targets.0.present", "例如 30", false, func(c *C) *string { return &target(c).Present }),
		listing.TextColumn("目标值", "targets.0.target", "例如 10", false, func(c *C) *string { return &target(c).Target }),
		listing.TextColumn("指标单位", "targets.0.unit", "例如 mg/m³", false, func(c *C) *string { return &target(c).Unit }),
		listing.TextColumn("限制条件", "limits", "场地、能耗、环保等", false, func(c *C) *string { return &c.Limits }),
		listing.TextColumn("已做过的尝试", "tried", "做过什么、为什么不行", false, func(c *C) *string { return &c.Tried }),
		listing.TextColumn("背景和现有基础", "background", "", false, func(c *C) *string { return &c.Background }, "现有基础"),
		listing.WanColumn("预算下限（万元）", "budget.minFen", "例如 30", func(c *C) *money.Fen { return &c.Budget.MinFen }, "预算下限(万元)"),
		listing.WanColumn("预算上限（万元）", "budget.maxFen", "例如 80", func(c *C) *money.Fen { return &c.Budget.MaxFen }, "预算上限(万元)", "拟投入（万元）"),
		listing.YesColumn("面议", "budget", "是 或 否", func(c *C) *bool { return &c.Budget.Negotiable }),
		listing.TextColumn("期限", "deadline", "例如 2026-12-31", false, func(c *C) *string { return &c.Deadline }),
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
			"领域",
			"field",
		),
		listing.CodesColumn("规划重点方向", "topics", "可填多项，用顿号分开", listing.TopicChoices(), func(c *C) *[]string { return &c.Topics }, "topics"),
		listing.CodeColumn(
			"所属行业",
			"industry",
			"国民经济行业门类",
			listing.ChoicesOf(codes.Industry.Items()),
			func(c *C) *string { return &c.Industry },
			"行业",
			"industry",
		),
		listing.WordsColumn("关键词", "keywords", "不超过 10 个，用顿号分开", func(c *C) *[]string { return &c.Keywords }, "keywords"),
		listing.DivisionColumn("所在地区", "division", "例如 包头市昆都仑区，或六位代码", func(c *C) *string { return &c.Division }),
		listing.YesColumn("揭榜挂帅", "challenge", "是 或 否", func(c *C) *bool { return &c.Challenge }),
		listing.TextColumn("揭榜奖励和评判办法", "reward", "", false, func(c *C) *string { return &c.Reward }),
		listing.TextColumn("联系人", "contact.name", "登录用户可见", false, func(c *C) *string { return &c.Contact.Name }),
		listing.TextColumn("联系电话", "contact.phone", "登录用户可见", false, func(c *C) *string { return &c.Contact.Phone }, "电话"),
		listing.TextColumn("联系邮箱", "contact.email", "登录用户可见", false, func(c *C) *string { return &c.Contact.Email }, "邮箱"),
	}, func(title, abstract string) C { return C{Title: title, Problem: abstract} })
}
