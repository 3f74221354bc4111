package market

import (
	"fmt"
	"net/url"
	"strconv"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/matching"
	"techmarket/internal/market/watch"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) qualityRoutes() []web.Route {
	operator := web.RegionOfficers()
	return []web.Route{
		web.GET("/quality", operator, p.quality),
		web.GET("/quality/weights", operator, func(c *web.Ctx) error { return p.weights(c, nil, nil, nil) }),
		web.POST("/quality/weights", operator, p.changeWeights),
	}
}

const qualityDays = 90

// quality shows the operator what became of the matches of the last ninety days.
func (p *Pages) quality(c *web.Ctx) error {
	sample := c.QueryForm().Bool("sample")
	q, err := p.Watch.Quality(c.Context(), c.Actor(), c.Now().AddDate(0, 0, -qualityDays), sample)
	if err != nil {
		return err
	}
	page := c.Page("匹配质量")
	page.Sample = sample
	body := ui.Sheet{Lead: fmt.Sprintf("近 %d 天。“看到”指成果或需求的主人在匹配页上看到的一对；对接、达成只算看到过的。", qualityDays),
		Actions: []view.Action{{Label: "权重与试算", Href: "/quality/weights", Kind: view.Quiet}}}
	body.Tabs = &view.Tabs{
		Label: "范围",
		Items: []view.Link{{Label: "真实数据", Href: "/quality", Current: !sample}, {Label: "连样例一起", Href: "/quality?sample=yes", Current: sample}},
	}
	body.Main = append(
		body.Main,
		ui.Block{
			Title: "高、中、低各有多少有用",
			Intro: "用" + matching.CalibratedOn + "测得：按匹配度分档，每一档里人读过的有多少确实有用。" +
				"档的线也由这一批定出，份额偏高（交叉检验时高档约五成八）；线以下的不列出，在匹配页上可以打开看。本市场的答复按领域列在后面。",
			Parts: view.Parts{bandTable(), truthTable(q.Truth)},
		},
		ui.Block{
			Title: "按技术领域",
			Parts: view.Parts{funnelTable("按技术领域", "领域", q.ByField, func(code string) string { return ui.FirstOf(codes.Field.Label(code), "未填写") })},
		},
		ui.Block{Title: "按盟市", Parts: view.Parts{funnelTable("按盟市", "盟市", q.ByLeague, ui.LeagueName)}},
	)
	body.Main = append(body.Main, ui.Block{Title: "不合适的原因", Parts: view.Parts{refusedTable(q.Refused)}})
	for _, g := range []struct {
		by, title, intro string
		name             func(string) string
	}{
		{"kind", "曝光：按单位类型", "占匹配前十名的份额，与占公开信息的份额对照；两者相差大，说明排序偏向一方。", func(code string) string { return ui.OrgKindLabel(actor.OrgKind(code)) }},
		{"size", "曝光：按单位公开信息的多少", "", func(code string) string {
			return map[string]string{"1": "1–2 条", "2": "3–10 条", "3": "10 条以上"}[code]
		}},
		{"league", "曝光：按盟市", "", ui.LeagueName},
	} {
		body.Main = append(
			body.Main,
			ui.Block{Title: g.title, Intro: g.intro, Parts: view.Parts{exposureTable(g.title, g.by, q.Exposure, g.name)}},
		)
	}
	body.Main = append(body.Main, ui.Block{Title: "没有结果的搜索",
		Intro: "只记搜索词和次数，不记是谁；含号码、邮箱或超过 30 字的不记。", Parts: view.Parts{p.missedTable(q.Empty)}})
	triage, err := ui.TriageTable(c, p.Listings, sample)
	if err != nil {
		return err
	}
	body.Main = append(body.Main, triage)
	return ui.ShowSheet(c, page, body)
}

// refusedTable counts why listings were refused, at the match page and in approaches.
func refusedTable(rows []watch.Reason) view.Table {
	t := ui.Columns[watch.Reason]{
		ui.TextColumn("原因", func(r watch.Reason) string { return codes.Decline.Label(r.Code) }),
		ui.TextColumn("来自", func(r watch.Reason) string {
			return map[string]string{"match": "匹配页标为不合适", "deal": "婉拒对接意向"}[r.Source]
		}),
		ui.FigureColumn("次数", func(r watch.Reason) string { return strconv.Itoa(r.Times) }),
	}.Table("不合适的原因", rows)
	t.Empty = view.Empty{Title: "还没有人说不合适"}
	return t
}

// missedTable lists the searches that found nothing.
func (p *Pages) missedTable(rows []watch.EmptySearch) view.Table {
	type row = watch.EmptySearch
	t := ui.Columns[row]{
		{Label: "搜索词", Cell: func(e row) view.Cell {
			return view.Cell{Text: e.Words, Href: p.Listings.Kinds().Of(e.Kind).ListPath() + "?" + url.Values{"q": {e.Words}}.Encode()}
		}},
		ui.TextColumn("范围", func(e row) string { return p.Listings.Kinds().Of(e.Kind).Label }),
		ui.FigureColumn("次数", func(e row) string { return strconv.Itoa(e.Times) }),
		ui.TextColumn("最近一次", func(e row) string { return view.Day(e.LastAt) }),
	}.Table("没有结果的搜索", rows)
	t.Empty = view.Empty{Title: "没有记录"}
	return t
}

// bandTable is what was measured of each band.
func bandTable() view.Table {
	type row = matching.Calibration
	return ui.Columns[row]{
		ui.TextColumn("档", func(b row) string { return ui.FirstOf(b.Band.String(), "线以下") }),
		ui.FigureColumn("匹配度", func(b row) string {
			if b.From == 0 {
				return "不列出"
			}
			return fmt.Sprintf("%.0f 以上", b.From*100)
		}),
		ui.CountColumn("评判的对数", func(b row) int { return b.Pairs }),
		ui.CountColumn("有用", func(b row) int { return b.Useful }),
		ui.FigureColumn("占比", func(b row) string { return ui.ShareOf(b.Useful, b.Pairs) }),
	}.Table("高、中、低各有多少有用", matching.Calibrations())
}

// truthTable is the same from the market's own answers: kept or contacted is useful, refused is not.
func truthTable(rows []watch.Truth) view.Table {
	type row = watch.Truth
	t := ui.Columns[row]{
		ui.TextColumn("领域", func(r row) string { return ui.FirstOf(codes.Field.Label(r.Code), "未填写") }),
		ui.TextColumn("档", func(r row) string { return ui.FirstOf(r.Band.String(), "线以下") }),
		ui.CountColumn("答复过", func(r row) int { return r.Answered }),
		ui.CountColumn("有用", func(r row) int { return r.Useful }),
		ui.FigureColumn("占比", func(r row) string { return ui.ShareOf(r.Useful, r.Answered) }),
	}.Table("答复过的匹配", rows)
	t.HideCaption = false
	t.Empty = view.Empty{Title: "还没有答复", Text: "主人收藏、发起对接或标为不合适以后，这里按领域和档计数。"}
	return t
}

func funnelTable(caption, head string, rows []watch.Funnel, name func(string) string) view.Table {
	type row = watch.Funnel
	t := ui.Columns[row]{
		ui.TextColumn(head, func(r row) string { return name(r.Code) }),
		ui.CountColumn("看到", func(r row) int { return r.Shown }),
		ui.CountColumn("打开", func(r row) int { return r.Opened }),
		ui.CountColumn("收藏", func(r row) int { return r.Kept }),
		ui.CountColumn("不合适", func(r row) int { return r.Refused }),
		ui.CountColumn("对接", func(r row) int { return r.Contacted }),
		ui.CountColumn("达成", func(r row) int { return r.Agreed }),
	}.Table(caption, rows)
	t.Empty = view.Empty{Title: "还没有人看过匹配", Text: "主人打开匹配页后，这里按步计数。"}
	return t
}

func exposureTable(caption, by string, all []watch.Exposure, name func(string) string) view.Table {
	type row = watch.Exposure
	var rows []row
	listings, places := 0, 0
	for _, r := range all {
		if r.By == by {
			rows, listings, places = append(rows, r), listings+r.Listings, places+r.Places
		}
	}
	t := ui.Columns[row]{
		ui.TextColumn("分组", func(r row) string { return ui.FirstOf(name(r.Code), r.Code) }),
		ui.CountColumn("公开信息", func(r row) int { return r.Listings }),
		ui.FigureColumn("占公开信息", func(r row) string { return ui.ShareOf(r.Listings, listings) }),
		ui.CountColumn("进前十名", func(r row) int { return r.Places }),
		ui.FigureColumn("占前十名", func(r row) string { return ui.ShareOf(r.Places, places) }),
	}.Table(caption, rows)
	t.Empty = view.Empty{Title: "没有公开信息"}
	return t
}

// weightFields are the features an operator may weigh, in the order of the score sheet.
var weightFields = []struct {
	name string
	at   func(*matching.Weights) *float64
}{
	{"text", func(w *matching.Weights) *float64 { return &w.Text }},
	{
		"subject",
		func(w *matching.Weights) *float64 { return &w.Subject },
	}, {"maturity", func(w *matching.Weights) *float64 { return &w.Maturity }},
	{"terms", func(w *matching.Weights) *float64 { return &w.Terms }}, {"region", func(w *matching.Weights) *float64 { return &w.Region }},
	{
		"record",
		func(w *matching.Weights) *float64 { return &w.Record },
	}, {"freshness", func(w *matching.Weights) *float64 { return &w.Freshness }},
	{"threshold", func(w *matching.Weights) *float64 { return &w.Threshold }},
}

// weights shows the versions, the form to try or save others, and the outcome of a trial.
func (p *Pages) weights(c *web.Ctx, form *web.Form, ferr error, trial *watch.Trial) error {
	versions, err := p.Watch.Weights(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	page := c.Page("匹配权重")
	page.Breadcrumbs = []view.Link{{Label: "匹配质量", Href: "/quality"}}
	body := ui.Sheet{Lead: "权重有版本，每次匹配都记下用的是哪一版。先试算，看最近 200 个匹配里哪些名次会变，再保存、启用。"}
	type row = watch.WeightsVersion
	t := ui.Columns[row]{
		{Label: "版本", Cell: func(v row) view.Cell {
			return view.Cell{Text: fmt.Sprintf("第 %d 版", v.Version), Note: v.Weights.Version}
		}},
		ui.TextColumn("说明", func(v row) string { return v.Note }),
		ui.TextColumn("时间", func(v row) string { return view.Day(v.CreatedAt) }),
		{Label: "状态", Cell: func(v row) view.Cell {
			if v.Active {
				return view.Cell{Tags: []view.Tag{{Label: "正在使用", Tone: view.OK}}}
			}
			return view.Cell{Text: "未启用"}
		}},
	}.Table("版本", versions)
	var active matching.Weights
	for i, v := range versions {
		if v.Active {
			active, t.Rows[i].Current = v.Weights, true
		}
	}
	a := ui.NewAsk(c, form, ferr)
	var fields []view.Field
	for _, w := range weightFields {
		label := featureLabel(w.name)
		if w.name == "threshold" {
			label = "最低要求"
		}
		fields = append(
			fields,
			a.Kind(
				view.Number,
				w.name,
				label,
				strconv.FormatFloat(*w.at(&active), 'f', -1, 64),
				ui.Required,
				func(f *view.Field) { f.InputMode = "decimal" },
			),
		)
	}
	if trial != nil {
		body.Main = append(body.Main, p.trialBlock(c, *trial))
	}
	f := ui.FormOf(
		"/quality/weights",
		"试算",
		view.Section{Title: "试别的权重", Hint: "0 到 1；只看相互之间的比例。", Fields: fields, Inline: true},
		view.Section{Fields: []view.Field{a.Text("note", "为什么调整", "", ui.Hint("试算不用写，保存为新版本时要写"))}},
	)
	f.Actions = []view.Action{{Label: "试算", Name: "do", Value: "try"}, {Label: "保存为新版本", Name: "do", Value: "save", Kind: view.Quiet}}
	body.Main = append(body.Main, a.Blocks(f)...)
	versionsBlock := ui.Block{Title: "版本", Parts: view.Parts{t}}
	var options []view.Option
	for _, v := range versions {
		if !v.Active {
			options = append(options, view.Option{Value: strconv.Itoa(v.Version), Label: fmt.Sprintf("第 %d 版　%s", v.Version, v.Note)})
		}
	}
	if len(options) > 0 {
		on := view.NewForm(
			"/quality/weights",
			"启用",
			view.Field{Kind: view.Select, Name: "version", Label: "启用哪一版", Required: true, Options: options, Width: "m"},
		)
		on.Hidden = []view.Pair{{Name: "do", Value: "activate"}}
		versionsBlock.Add(on)
	}
	body.Main = append(body.Main, versionsBlock)
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

func (p *Pages) trialBlock(c *web.Ctx, trial watch.Trial) ui.Block {
	b := ui.Block{
		Title: "试算结果",
		Intro: fmt.Sprintf("比较了 %d 条成果和需求的 %d 个匹配，名次会变的有 %d 个。没有保存任何东西。", trial.Queries, trial.Matches, len(trial.Changes)),
	}
	if trial.Matches == 0 {
		b.Intro = "近期没有人看过匹配，没有可以比较的。成果或需求的主人打开匹配页后再试算；没有保存任何东西。"
	}
	if len(trial.Changes) == 0 {
		return b
	}
	var pairs []watch.Pair
	for _, ch := range trial.Changes {
		pairs = append(pairs, watch.Pair{Query: ch.Query, Result: ch.Result})
	}
	titles, err := p.pairTitles(c, pairs)
	if err != nil {
		titles = nil // the figures stand without the names
	}
	rank := func(n int) string {
		if n == 0 {
			return "二十名以外"
		}
		return strconv.Itoa(n)
	}
	named := func(id int64) string { return ui.FirstOf(titles[id].title, fmt.Sprintf("编号 %d", id)) }
	type row = watch.Change
	t := ui.Columns[row]{
		ui.TextColumn("为谁", func(ch row) string { return named(ch.Query) }),
		ui.TextColumn("匹配到", func(ch row) string { return named(ch.Result) }),
		ui.FigureColumn("现在", func(ch row) string { return rank(ch.Before) }),
		ui.FigureColumn("试算", func(ch row) string { return rank(ch.After) }),
	}.Table("名次变化", trial.Changes)
	b.Add(t)
	return b
}

func (p *Pages) changeWeights(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	if f.Text("do") == "activate" {
		if err := p.Watch.Activate(c.Context(), c.Actor(), f.Int("version")); err != nil {
			return err
		}
		c.Flash(view.OK, "已启用，从现在起的匹配都用这一版。")
		return c.See("/quality/weights")
	}
	w, err := p.Watch.ActiveWeights(c.Actor())
	if err != nil {
		return err
	}
	for _, field := range weightFields {
		n, err := strconv.ParseFloat(f.Text(field.name), 64)
		if err != nil {
			f.Errors.Add(field.name, "not_a_number", "请填写 0 到 1 的数，例如 0.12")
			continue
		}
		*field.at(&w) = n
	}
	if err := ui.FormErr(f); err != nil {
		return p.weights(c, f, err, nil)
	}
	if f.Text("do") == "save" {
		v, err := p.Watch.SaveWeights(c.Context(), c.Actor(), w, f.Text("note"))
		if fault.Is(err, fault.Invalid) {
			return p.weights(c, f, err, nil)
		}
		if err != nil {
			return err
		}
		c.Flash(view.OK, fmt.Sprintf("已保存为第 %d 版，还没有启用。", v.Version))
		return c.See("/quality/weights")
	}
	trial, err := p.Watch.TryWeights(c.Context(), c.Actor(), w, c.Actor().Sample)
	if fault.Is(err, fault.Invalid) {
		return p.weights(c, f, err, nil)
	}
	if err != nil {
		return err
	}
	return p.weights(c, f, nil, &trial)
}
