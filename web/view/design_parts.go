package view

import (
	"techmarket/internal/foundation/region"
)

// designForms are a form to fill, the same kind of form with faults, and an upload.
func designForms() (form, bad, upload Form) {
	field := func(kind FieldKind, name, label, hint string) Field {
		return Field{Kind: kind, Name: name, Label: label, Hint: hint, Required: true}
	}
	counties := field(Combo, "county", "所在旗县", "输入几个字就能找到；没有脚本时是普通下拉框。")
	counties.Options = []Option{{Label: "请选择"}}
	for _, l := range region.Leagues() {
		for _, c := range region.Children(l.Code) {
			counties.Options = append(counties.Options, Option{Value: c.Code, Label: c.Name, Group: l.Name})
		}
	}
	price := Field{
		Kind:     Money,
		Name:     "amount",
		Label:    "合同成交额",
		Hint:     "合同写明的全部价款。",
		Unit:     "元",
		Value:    "3,000,000.00",
		Width:    "m",
		Required: true,
	}
	start := Field{Kind: Date, Name: "start", Label: "开始日期", Value: "2026-03-02", Required: true}
	end := Field{Kind: Date, Name: "end", Label: "结束日期", Value: "2027-03-01", Required: true}
	ways := Field{Kind: Check, Name: "ways", Label: "合作方式", Hint: "可以多选。", Required: true, Options: []Option{
		{Value: "transfer", Label: "转让", Checked: true}, {Value: "license", Label: "许可"}, {Value: "trial", Label: "先用后转", Hint: "先试用，满意后付费"}}}
	class := Field{Kind: Radio, Name: "class", Label: "合同类别", Required: true, Options: []Option{
		{
			Value:   "dev",
			Label:   "技术开发",
			Checked: true,
			Hint:    "签订时还没有掌握全部技术方案",
		}, {Value: "assign", Label: "技术转让"}, {Value: "license", Label: "技术许可"}, {Value: "service", Label: "技术服务", Disabled: true,
			Hint: "先选卖方才能选"}}}
	about := Field{
		Kind:     Area,
		Name:     "about",
		Label:    "要解决的问题",
		Hint:     "写现在的数和想要的数，不写形容词。",
		Max:      500,
		Value:    "现用活性炭 45 天失效，要求出口硫 ≤ 20 mg/m³。",
		Required: true,
	}
	title := Field{Name: "title", Label: "需求名称", Hint: "一句话说清难题。", Value: "高炉煤气干法脱硫剂寿命由 45 天提到 90 天", Required: true}
	phone := Field{Kind: Tel, Name: "phone", Label: "联系电话", Autocomplete: "tel", Width: "m"}

	form = NewForm("/design", "保存并继续", title, about, counties, class, ways, price, start, end, phone)
	form.Guard, form.Note = true, "草稿已保存 16:30"
	form.Actions = append(form.Actions, Action{Label: "稍后再填", Href: "#", Kind: Quiet}, Action{Label: "删除草稿", Href: "#", Kind: Danger})
	form.Sections = []Section{
		{Title: "难题", Fields: form.Sections[0].Fields[:3]},
		{Title: "合作", Fields: form.Sections[0].Fields[3:6]},
		{Title: "起止", Hint: "结束日期不早于开始日期。", Inline: true, Fields: []Field{start, end}},
		{Fields: []Field{phone}},
	}

	badEnd, badPrice, badCode := end, price, Field{Name: "code", Label: "统一社会信用代码", Value: "12150000MA0EXAMPLE", Required: true, Width: "m"}
	badEnd.ID, badPrice.ID, badCode.ID = "b-end", "b-amount", "b-code"
	badEnd.Value, badEnd.Error = "2025-03-01", "结束日期早于开始日期 2026 年 3 月 2 日，请改晚一些。"
	badPrice.Value, badPrice.Error = "三百万", "请用数字写金额，例如 3000000 或 3,000,000.00。"
	badCode.Error = "校验位不对，请核对第 18 位；核对无误也可以继续。"
	badWays := ways
	badWays.ID, badWays.Name, badWays.Error = "b-ways", "ways2", "请至少选一种合作方式。"
	bad = NewForm("/design", "提交", badCode, badPrice, badEnd, badWays)
	file := Field{
		Kind:     File,
		Name:     "papers",
		Label:    "合同文本",
		Hint:     "PDF、Word 或照片，每个不超过 20 MB。",
		Accept:   ".pdf,.docx,.jpg,.png",
		Multiple: true,
		Required: true,
		Files: []FileItem{
			{Name: "技术开发合同（样例）.pdf", Href: "#", Size: "1.2 MB", Remove: &Action{Label: "移除", Post: "/design", Kind: Plainly}},
			{Name: "说明.exe", Size: "0.3 MB", Error: "这不是 PDF、Word 或图片，没有保存。"},
		},
	}
	return form, bad, NewForm("/design", "上传", file)
}

func designRow(title, lead, owner, place, topic, right, note string, trl int) Row {
	return Row{
		Title:     T(title),
		Href:      "#",
		Lead:      T(lead),
		Meta:      []string{owner, place},
		Tags:      []Tag{{topic, Info}},
		ShowTRL:   true,
		TRL:       trl,
		Right:     right,
		RightNote: note,
		Sample:    true,
	}
}

func designRows() []Row {
	rows := []Row{
		designRow("", "降低镝铽用量 40% 以上，矫顽力不低于 20 kOe；已在 3 条中试线运行 14 个月。", "样例理工大学", "包头市", "稀土新材料", "120 万元", "许可 · 合作开发", 7),
		designRow("盐碱地羊草混播建植与氮肥减量技术", "两年覆盖度达 65%，每亩减氮 6 公斤；附 2,300 亩示范数据。", "样例草业研究所", "通辽市", "草业与生态修复", "面议", "先用后转", 8),
		designRow(
			"一个特别长的标题用来检查换行：基于多源遥感与地面传感网络协同的干旱半干旱草原生产力动态监测与载畜量预警决策支持系统关键技术研究及其在锡林郭勒典型草原的示范应用",
			"标题最多占两三行，不截断。",
			"名字也很长的样例科学技术研究院股份有限公司内蒙古分院",
			"锡林郭勒盟",
			"生态监测",
			"9,999,999,999.99 元",
			"转让",
			0,
		),
	}
	rows[0].Title = Text{{Text: "稀土"}, {Text: "永磁", Mark: true}, {Text: "电机转子"}, {Text: "无重稀土", Mark: true}, {Text: "扩散工艺"}}
	rows[0].Fresh = "37 天前确认有效"
	return rows
}

func designMatches() (card, second MatchCard) {
	card = MatchCard{Row: designRow("高炉煤气羰基硫水解—干法脱硫一体化吸附剂", "", "样例工业大学", "包头市", "冶金节能", "", "", 7), Score: 86,
		Reasons: []Text{
			{{Text: "命中关键词："}, {Text: "高炉煤气", Mark: true}, {Text: "、"}, {Text: "干法脱硫", Mark: true}, {Text: "、羰基硫、吸附剂"}},
			T("覆盖：材料、方法、功效；成熟度 7，满足 ≥ 6"),
			T("同在包头市，便于现场中试"),
			T("报价 60 万元，在预算内；接受先用后转"),
		},
		Short: T("不足：寿命数据只到 75 天"),
		Sheet: []ScoreLine{
			{"文字相符", "41.2", "45.0", "8 个词命中 6 个"},
			{"技术领域", "15.0", "15.0", "同一方向"},
			{"成熟度", "14.0", "15.0", "高出要求 1 级"},
			{"地区", "10.0", "10.0", "同一盟市"},
			{"活跃", "5.8", "15.0", "半年内答复过 2 次"},
		},
		Sum:     "合计 86.0，满分 100.0；需求得到回应的程度 100%，匹配度 86。",
		Actions: []Action{{Label: "发起对接", Href: "#", Small: true}, {Label: "加入比较", Href: "#", Kind: Quiet, Small: true}}}
	dismiss := NewForm(
		"/design",
		"确定不合适",
		Field{
			Kind:     Radio,
			Name:     "why",
			ID:       "d-why",
			Label:    "为什么不合适",
			Required: true,
			Options:  []Option{{Value: "field", Label: "不是一个领域"}, {Value: "stage", Label: "不够成熟"}, {Value: "price", Label: "价格不合"}},
		},
	)
	card.Dismiss = &dismiss
	second = card
	second.Row = designRow("铁基复合脱硫剂再生方法", "", "样例化学研究所", "呼和浩特市", "现代煤化工", "", "", 5)
	second.Score, second.Reasons, second.Short, second.Sheet, second.Dismiss = 71, card.Reasons[1:3], T("不足：成熟度 5，低于要求的 6"), nil, nil
	return card, second
}

// designReview are the questions of a review.
func designReview() []Question {
	yes := []Option{{Value: "yes", Label: "是", Hint: "good"}, {Value: "no", Label: "否", Hint: "poor"}}
	has := []Option{{Value: "yes", Label: "有", Hint: "poor"}, {Value: "no", Label: "无", Hint: "good"}}
	return []Question{
		{Name: "q1", Ask: "签订时尚未掌握全部技术方案", Article: "条款依据写在这里", Where: "见合同第一条", Value: "yes", Options: yes},
		{Name: "q2", Ask: "名称与内容一致", Article: "条款依据写在这里", Value: "no", Options: yes},
		{Name: "q3", Ask: "有限制对方改进技术的条款", Article: "条款依据写在这里", Options: has, Advice: "no", Error: "这一条还没有回答。"}}
}
