package view

import (
	"strconv"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
)

// Design is the data of /design: every component in every state. All of it is invented sample data.
type Design struct {
	Colours   []Swatch
	Search    Search
	Chips     []Chip
	Entries   []Entry
	Figures   []Figure
	Rail      Rail
	Head      ListHead
	Rows      Rows
	NoRows    Rows
	Pager     Pager
	Skeleton  []int
	Tabs      Tabs
	Table     Table
	NoTable   Table
	Facts     Facts
	Compare   Compare
	Buttons   []Action
	Tags      []Tag
	Notices   []Notice
	Empty     Empty
	Form      Form
	BadForm   Form
	Upload    Form
	Tasks     TaskList
	Steps     Steps
	FailSteps Steps
	Clocks    []Clock
	Timeline  Timeline
	Thread    Thread
	Matches   Matches
	NoMatches Matches
	Progress  []Progress
	Digest    Digest
	Dialog    Dialog
	Questions []Question
	Cert      Certificate
	Denied    Problem
	Broken    Problem
	Conflict  Conflict
	Bars      Chart
	Lines     Chart
	Map       Chart
}

// Swatch shows a colour token.
type Swatch struct{ Class, Name, Use string }

// DesignPage is the living page of components, served at /design in development.
func DesignPage(t Words, p Page) With[Design] {
	day := time.Date(2026, 3, 2, 16, 30, 0, 0, clock.Zone())
	p.Title, p.Sample, p.NoIndex = "组件", true, true
	p.Breadcrumbs = []Link{{Label: "首页", Href: "/"}}
	p.Flash = []Notice{{Tone: OK, Title: "已保存", Text: "草稿保存在 16:30，换一台电脑也能接着填。"}}

	form, bad, upload := designForms()
	rows := designRows()
	card, second := designMatches()
	questions := designReview()
	code, err := QR("https://example.com/v/2026150203000017?c=7K2M9QXD", "核验二维码")
	if err != nil {
		panic(err) // the text is constant and short
	}
	broken := ProblemPage(t, Page{RequestID: "样例-0001"}, 503).Body
	broken.Again = &Again{
		Action: "/design",
		Keep:   []Pair{{"title", "高炉煤气干法脱硫剂"}},
		Texts:  []string{"高炉煤气干法脱硫剂", "出口硫 ≤ 20 mg/m³"},
		SignIn: true,
		Files:  []Field{{Kind: File, ID: "again-file", Name: "papers", Label: "附件", Hint: "刚才选的“合同.pdf”没有保存，请重新选择。"}},
	}
	months := []Point{}
	for i, v := range []float64{310, 280, 420, 510, 480, 620, 590, 710, 680, 820, 760, 940} {
		months = append(months, Point{Label: strconv.Itoa(i+1) + " 月", Value: v, Shown: Count(int(v))})
	}
	spark := Sparkline("近 12 个月走势：由 310 升到 940", []float64{310, 280, 420, 510, 480, 620, 590, 710, 680, 820, 760, 940})
	values := map[string]float64{}
	for i, l := range region.Leagues() {
		for j, c := range region.Children(l.Code) {
			if c.Kind == region.CountyKind && (i+j)%7 != 0 {
				values[c.Code] = float64((i*37+j*53)%23) * 41
			}
		}
	}

	return With[Design]{Page: p, Body: Design{
		Colours: []Swatch{
			{"w-sky", "sky", "办理与导航"},
			{"w-grass", "grass", "已确认"},
			{"w-sand", "sand", "请注意"},
			{"w-red", "red", "错误与不予"},
			{"w-ink", "ink", "正文"},
			{"w-ink3", "ink-3", "次要文字"},
		},
		Search: Search{
			Action:      "/design",
			Placeholder: "关键词，或直接粘贴一段技术难题",
			Scope:       "scope",
			Scopes:      []Option{{Value: "achievement", Label: "找成果"}, {Value: "demand", Label: "找需求"}},
		},
		Chips: []Chip{{Label: "稀土新材料", Href: "#"}, {Label: "氢能", Href: "#"}, {Label: "成熟度 4–9", Href: "#", On: true}},
		Entries: []Entry{
			{Icon: "file-plus", Label: "发布成果", Note: "高校院所、团队", Href: "#"},
			{Icon: "megaphone", Label: "发布需求", Note: "企业、合作社", Href: "#"},
			{Icon: "users", Label: "找技术经纪人", Note: "按领域与盟市", Href: "#"},
			{Icon: "file-check", Label: "合同登记", Note: "预审、提交、进度", Href: "#", Count: 3},
			{Icon: "shield-check", Label: "证明核验", Note: "编号或扫码", Href: "#"},
		},
		Figures: []Figure{
			{Value: "1,234.5", Unit: "万元", Label: "本年成交额", AsOf: day, Definition: "#", List: "#", Sample: true, Trend: &spark},
			{Value: "312", Unit: "项", Label: "近 90 天确认有效的成果", AsOf: day, Definition: "#", Sample: true},
			{Value: "2.4", Unit: "天", Label: "对接意向首次答复中位数", Period: "近 12 个月", Definition: "#", Sample: true},
		},
		Rail: Rail{Action: "/design", Active: 2, Clear: "#", Groups: []FilterGroup{
			{
				Legend: "规划方向",
				Name:   "topic",
				Fold:   3,
				Options: []Option{
					{Value: "re", Label: "稀土新材料", Count: 48, HasCount: true, Checked: true},
					{Value: "coal", Label: "现代煤化工", Count: 37, HasCount: true},
					{Value: "h2", Label: "氢能", Count: 21, HasCount: true},
					{Value: "milk", Label: "乳业", Count: 33, HasCount: true},
					{Value: "grass", Label: "草业与生态修复", Count: 12, HasCount: true},
					{Value: "wind", Label: "风电装备", Count: 9, HasCount: true},
				},
			},
			{
				Legend: "成熟度",
				Name:   "trl",
				Options: []Option{
					{Value: "1", Label: "1–3 原理与方案", Count: 19, HasCount: true},
					{Value: "2", Label: "4–6 小试与中试", Count: 88, HasCount: true, Checked: true},
					{Value: "3", Label: "7–9 示范与应用", Count: 0, HasCount: true, Disabled: true},
				},
			},
			{
				Legend:  "价格",
				Name:    "price",
				Single:  true,
				Options: []Option{{Value: "", Label: "不限", Checked: true}, {Value: "ask", Label: "面议", Count: 26, HasCount: true}},
				From:    &Field{Name: "min", Label: "最低价", Unit: "万元"},
				To:      &Field{Name: "max", Label: "最高价", Unit: "万元"},
			},
			{
				Legend:  "所在地",
				Name:    "place",
				Select:  true,
				Options: []Option{{Label: "全区"}, {Value: "150200", Label: "包头市", Count: 41, HasCount: true}},
			}}},
		Head: ListHead{
			Found:   1048,
			Chips:   []Chip{{Label: "稀土新材料", Href: "#", On: true}, {Label: "成熟度 4–6", Href: "#", On: true}},
			Clear:   "#",
			Sorts:   []Link{{Label: "按相关度", Href: "#", Current: true}, {Label: "按最近确认", Href: "#"}, {Label: "按价格", Href: "#"}},
			Actions: []Action{{Label: "订阅这次搜索", Href: "#", Kind: Quiet, Small: true, Icon: "bell"}},
		},
		Rows: Rows{Label: "成果", Items: rows},
		NoRows: Rows{
			Empty: Empty{
				Icon:    "search",
				Title:   "没有符合全部条件的成果",
				Text:    "去掉“成熟度 7–9”会多出 88 项；也可以把难题发布出来，让别人来找您。",
				Actions: []Action{{Label: "去掉这个条件", Href: "#", Kind: Quiet}, {Label: "发布需求", Href: "#"}},
			},
		},
		Pager: Pager{
			From:  21,
			To:    40,
			Total: 1048,
			Prev:  "#",
			Next:  "#",
			Pages: []Link{{Label: "1", Href: "#"}, {Label: "2", Current: true}, {Label: "3", Href: "#"}, {Label: "…"}, {Label: "53", Href: "#"}},
		},
		Skeleton: []int{1, 2},
		Tabs: Tabs{
			Label: "我的需求",
			Items: []Link{
				{Label: "全部", Href: "#", Current: true},
				{Label: "草稿", Href: "#", Count: 2, HasCount: true},
				{Label: "已发布", Href: "#", Count: 14, HasCount: true},
				{Label: "已到期", Href: "#"},
			},
		},
		Table: Table{
			Caption: "各盟市登记的技术合同（样例）",
			Chooser: "design",
			Columns: []Column{
				{Label: "盟市", Sort: "#", Dir: ""},
				{Label: "项数", Numeric: true, Sort: "#"},
				{Label: "成交额（万元）", Numeric: true, Sort: "#", Dir: "down"},
				{Label: "技术交易额（万元）", Numeric: true, Tip: "成交额减去核定扣除"},
				{Label: "状态"},
			},
			Rows: []TableRow{
				{
					Cells: []Cell{
						{Text: "呼和浩特市", Header: true, Href: "#"},
						{Text: "152", Href: "#"},
						{Text: "19,204"},
						{Text: "15,800.5"},
						{Tags: []Tag{{"已上报", OK}}},
					},
				},
				{
					Current: true,
					Cells: []Cell{
						{Text: "包头市", Header: true, Href: "#"},
						{Text: "131", Href: "#"},
						{Text: "16,150"},
						{Text: "12,004"},
						{Tags: []Tag{{"待核对", Warn}}, Note: "差 2 项"},
					},
				},
				{Cells: []Cell{{Text: "阿拉善盟", Header: true}, {Text: "0"}, {Text: none}, {Text: none}, {Tags: []Tag{{"未上报", Plain}}}}}},
			Foot: []Cell{{Text: "合计", Header: true}, {Text: "283"}, {Text: "35,354"}, {Text: "27,804.5"}, {}},
		},
		NoTable: Table{Empty: Empty{Title: "这个时段没有登记的合同", Text: "换一个时段，或看全区。"}},
		Facts: Facts{
			Items: []Fact{
				{Label: "卖方（受托人）", Value: "样例理工大学", Href: "#", Tags: []Tag{{"高校院所", Plain}}},
				{Label: "成熟度", TRL: 7, Note: "依据：中试报告，2026 年 1 月 8 日"},
				{Label: "合同成交额", Value: Yuan(3_000_000 * money.Yuan), Note: (3_000_000 * money.Yuan).Han(), Num: true},
				{
					Label: "有效期",
					Value: Day(day) + "至 " + Day(day.AddDate(1, 0, -1)),
				},
				{Label: "买方联系人"},
				{Label: "说明", Text: T("第一行\n第二行，姓名可能有生僻字：䶮 㛃 𠮷 𬭎。<script>也只是文字</script>")},
			},
		},
		Compare: Compare{
			Caption: "两项成果对照",
			Items:   []Link{{Label: "一体化吸附剂", Href: "#", Note: "样例工业大学"}, {Label: "铁基复合脱硫剂", Href: "#", Note: "样例化学研究所"}},
			Rows: []CompareRow{
				{"成熟度", []Text{T("7"), T("5")}, true},
				{"合作方式", []Text{T("许可"), T("许可")}, false},
				{"价格", []Text{T("60 万元"), T("面议")}, true},
			},
		},
		Buttons: []Action{
			{Label: "发起对接"},
			{Label: "加入比较", Kind: Quiet, Icon: "columns-3"},
			{Label: "撤回…", Kind: Danger, Href: "#", Dialog: "withdraw"},
			{Label: "不合适…", Kind: Plainly},
			{Label: "小按钮", Small: true},
			{Label: "接受", Post: "/design", Kind: Quiet},
			{Label: "提交", Off: "还差 2 项没有填完"},
		},
		Tags: []Tag{{"草稿", Plain}, {"审核中", Info}, {"已登记", OK}, {"待补正", Warn}, {"不予登记", Bad}},
		Notices: []Notice{
			{Title: "这一页说明", Text: "公开数据取自公开报道，注明年份。"},
			{Tone: OK, Title: "已提交，受理编号 SL-150203-20260410-0007", Text: "登记点将在 3 个工作日内受理。"},
			{Tone: Warn, Title: "还有 6 天到期", Text: "确认仍然有效，可再展示 12 个月。", Actions: []Action{{Label: "确认有效", Href: "#", Small: true}}},
			{Tone: Bad, Title: "文件没有传完", Text: "网络中断。已填的内容都在，请再传一次。"},
		},
		Empty: Empty{Icon: "handshake", Title: "还没有对接", Text: "在成果页按“发起对接”，对方三个工作日内会答复。", Actions: []Action{{Label: "去看匹配", Href: "#"}}},
		Form:  form, BadForm: bad, Upload: upload,
		Tasks: TaskList{
			Done:  3,
			Total: 6,
			Groups: []TaskGroup{
				{
					Title: "填写",
					Tasks: []Task{
						{Label: "卖方", Href: "#", Status: "已完成", Tone: OK},
						{Label: "买方", Href: "#", Status: "已完成", Tone: OK},
						{Label: "合同要素", Href: "#", Status: "已完成", Tone: OK, Note: "名称、类别、起止日期"},
						{Label: "金额拆分", Href: "#", Status: "有 2 处要改", Tone: Bad},
						{Label: "附件", Href: "#", Status: "未开始", Tone: Info},
					},
				},
				{Title: "提交", Tasks: []Task{{Label: "核对并提交", Status: "暂不能填", Note: "先完成上面各项"}}},
			},
		},
		Steps: Steps{
			Items: []Step{{"受理", "4 月 10 日", "done"}, {"初审", "您", "now"}, {"复核", "", "todo"}, {"专家", "≥ 500 万元", "todo"}, {"登记", "", "todo"}},
		}, FailSteps: Steps{Items: []Step{{"受理", "4 月 10 日", "done"}, {"初审", "未予登记", "fail"}, {"复核", "", "todo"}}},
		Clocks: []Clock{
			{Left: "还剩 14 个工作日", Notes: "目标 5 月 5 日；期限 5 月 10 日。"},
			{Tone: Warn, Left: "还剩 6 个工作日", Notes: "目标 5 月 5 日；期限 5 月 10 日。补正期间不计时。"},
			{Tone: Bad, Left: "已超过 2 个工作日", Notes: "期限 5 月 10 日，已通知登记点负责人。"},
		},
		Timeline: Timeline{
			Events: []Event{
				{At: day, Who: "样例旗登记点 · 登记员乙", What: "初审通过", Tone: OK},
				{At: day.AddDate(0, 0, -3), Who: "样例理工大学", What: "已补正", Files: []FileItem{{Name: "补充协议.pdf", Href: "#", Size: "0.4 MB"}}},
				{At: day.AddDate(0, 0, -6), Who: "样例旗登记点 · 登记员乙", What: "一次性告知补正", Tone: Warn, Note: "1. 缺受托人签字页。\n2. 设备清单没有单价。"},
				{At: day.AddDate(0, 0, -9), Who: "样例理工大学", What: "提交"},
			},
		},
		Thread: Thread{
			Messages: []Message{
				{Who: "样例甲", Org: "样例钢铁公司", At: day.AddDate(0, 0, -2), Body: "能否先在我们 2 号高炉旁路试 30 天？\n入口硫 120–180 mg/m³。"},
				{Who: "系统", At: day.AddDate(0, 0, -2), Body: "样例钢铁公司提出条款第 1 版", System: true},
				{Who: "样例乙", Org: "样例工业大学", At: day, Body: "可以，吸附剂我们提供。", Mine: true, Files: []FileItem{{Name: "试验方案.docx", Href: "#", Size: "88 kB"}}},
			},
		},
		Matches: Matches{
			Note:  "从 12,404 项里选出 9 项，另有 14 项因成熟度不足未列出",
			Cards: []MatchCard{card, second},
		}, NoMatches: Matches{Empty: Empty{Icon: "search", Title: "暂时没有合适的成果", Text: "有新成果符合时会通知您；把指标写具体，匹配会更准。",
			Actions: []Action{{Label: "有新成果时提醒我", Post: "/design"}}}},
		Progress: []Progress{{Label: "正在导入 achievements.xlsx", Done: 4210, Total: 12104, Note: "可以离开这一页，完成后会通知您。"}, {Label: "正在检查文件"}},
		Digest:   Digest{ID: "hash-1", Label: "平台校验码（非印章）", Value: "9f2c41e07ab3c41d88f002b7d20e9f2c41e07ab3c41d88f002b7d20e5a1b77c0"},
		Dialog: Dialog{
			ID:    "withdraw",
			Title: "撤回这项成果",
			Text:  "撤回后别人看不到它，随时可以重新发布。",
			Form:  NewForm("/design", "撤回", Field{Kind: Area, Name: "reason", Label: "撤回原因", Required: true, Rows: 3}),
		},
		Questions: questions,
		Cert: Certificate{
			Number:   "2026 1502 03 000017",
			State:    Tag{"有效", OK},
			StateDay: "截至 " + Day(day),
			Check:    "7K2M-9QXD",
			QR:       &code,
			VerifyAt: "#",
			Sample:   true,
			Clause:   "上述技术合同经本登记点审查，符合技术合同认定规则，准予登记。",
			Facts: Facts{
				Items: []Fact{
					{Label: "合同名称", Value: "稀土尾矿分选工艺委托开发"},
					{Label: "合同成交额", Value: "3,000,000.00 元", Note: "人民币叁佰万元整"},
					{Label: "其中：技术交易额", Value: "1,950,000.00 元"},
				},
			},
			Digests: []Digest{{ID: "hash-2", Label: "登记簿第 18,204 行", Value: "c41d88f002b7"}},
		},
		Denied: ProblemPage(t, p, 403).Body, Broken: broken,
		Conflict: Conflict{
			What:   "草稿《高炉煤气干法脱硫剂》",
			Who:    "样例甲",
			At:     day,
			Form:   "/design",
			Theirs: "#",
			Fields: []ConflictField{{"需求名称", "寿命由 45 天提到 90 天", "寿命由 45 天提到 100 天"}, {"预算", "50–80 万元", "50–80 万元"}, {"说明", "", "出口硫 ≤ 20 mg/m³"}},
		},
		Bars: BarChart(
			"盟市成交额前五（样例）",
			"盟市",
			"万元",
			[]Point{
				{"呼和浩特市", 19204, "19,204", "#"},
				{"包头市", 16150, "16,150", "#"},
				{"鄂尔多斯市", 9870, "9,870", "#"},
				{"赤峰市", 3412, "3,412", "#"},
				{"通辽市", 2966, "2,966", "#"},
			},
		),
		Lines: LineChart("各月成交额（样例）", "月份", "万元", months),
		Map: TileMap(
			Measure{
				Title: "各旗县技术合同成交额（样例）",
				Unit:  "万元",
				Show:  func(v float64) string { return Count(int(v)) },
				List:  func(code string) string { return "/stats?county=" + code },
			},
			values,
		),
	}}
}
