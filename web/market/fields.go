package market

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func trlOptions(first string) []view.Option {
	out := []view.Option{{Value: "0", Label: first}}
	for _, it := range codes.TRL.Items() {
		out = append(out, view.Option{Value: it.Code, Label: it.Code + " 级　" + it.Label})
	}
	return out
}

// rangeFields asks for a price or a budget; need says what a field demands: ui.Required, or nothing.
func rangeFields(a *ui.Ask, path, label string, r listing.Range, need ...func(*view.Field)) []view.Field {
	hint, amounts := "知道多少填多少；面议也可以", []func(*view.Field){}
	if len(need) > 0 {
		hint, amounts = "勾选面议，或在下面填数", append(amounts, ui.Sometimes)
	}
	return []view.Field{
		a.Checks(
			path+".negotiable",
			label,
			ui.BoolList(r.Negotiable),
			[]view.Option{{Value: "yes", Label: "面议"}},
			append(need, ui.Hint(hint), func(f *view.Field) { f.Error = ui.FirstOf(a.Errors[path], f.Error) })...,
		),
		a.Wan(path+".minFen", label+"从", r.MinFen, append(amounts, ui.Hint("只有一个数时两格填同一个数；同类合同的区间见“价格参考”"))...),
		a.Wan(path+".maxFen", label+"到", r.MaxFen, amounts...),
	}
}

func readRange(f *web.Form, path string) listing.Range {
	return listing.Range{Negotiable: f.Bool(path + ".negotiable"), MinFen: f.Wan(path + ".minFen"), MaxFen: f.Wan(path + ".maxFen")}
}

func contactFields(a *ui.Ask, k listing.Contact) view.Section {
	return view.Section{Title: "联系人", Hint: "登录的人才能看到。", Fields: []view.Field{
		a.Text(
			"contact.name",
			"姓名",
			k.Name,
			ui.Required,
			ui.Width("m"),
			ui.Fill("name"),
		), a.Kind(view.Tel, "contact.phone", "电话", k.Phone, ui.Width("m"), ui.Fill("tel"), ui.Sometimes, ui.Hint("电话和邮箱至少填一项")),
		a.Kind(view.Email, "contact.email", "邮箱", k.Email, ui.Width("m"), ui.Fill("email"), ui.Sometimes)}}
}

func readContact(f *web.Form) listing.Contact {
	return listing.Contact{Name: f.Text("contact.name"), Phone: f.Text("contact.phone"), Email: f.Text("contact.email")}
}

func fileSection(files []listing.Attachment, a *ui.Ask) view.Section {
	s := view.Section{Title: "图片与附件", Hint: "图片和附件公开；单个不超过 50 MB。"}
	var options []view.Option
	for i, f := range files {
		options = append(options, view.Option{Value: strconv.FormatInt(f.FileID, 10), Label: ui.FirstOf(f.Caption, fmt.Sprintf("附件 %d", i+1))})
	}
	if len(options) > 0 {
		var kept []string
		for _, o := range options {
			kept = append(kept, o.Value)
		}
		s.Fields = append(s.Fields, a.Checks("keepFiles", "已上传的，去掉勾选就是移除", kept, options))
	}
	s.Fields = append(
		s.Fields,
		view.Field{Kind: view.File, Name: "pictures", Label: "添加图片", Multiple: true, Accept: ".png,.jpg,.jpeg", Error: a.Errors["pictures"]},
		view.Field{
			Kind:     view.File,
			Name:     "attachments",
			Label:    "添加附件",
			Multiple: true,
			Accept:   ".pdf,.docx,.xlsx",
			Error:    a.Errors["attachments"],
		},
	)
	return s
}

// readFiles keeps the ticked files and stores the new ones.
func (p *Pages) readFiles(c *web.Ctx, f *web.Form, old []listing.Attachment) ([]listing.Attachment, error) {
	keep := f.List("keepFiles")
	var out []listing.Attachment
	for _, a := range old {
		if slices.Contains(keep, strconv.FormatInt(a.FileID, 10)) {
			out = append(out, a)
		}
	}
	for field, role := range map[string]string{"pictures": listing.FilePicture, "attachments": listing.FileAttachment} {
		files, err := ui.NamedUploads(c, p.Files, f, field, "listing")
		if err != nil {
			return out, err
		}
		for _, u := range files {
			out = append(out, listing.Attachment{FileID: u.ID, Role: role, Caption: ui.Clip(u.Name, 90)})
		}
	}
	return out, nil
}

func achievementFields(a *ui.Ask, k achievement.Content) []view.Section {
	adv := ui.Repeat(a, "与现有方案对比", "给数字，不用形容词：买方据此决定要不要谈。", "advantages", len(k.Advantages), 20, func(i int) []view.Field {
		v := ui.RowAt(k.Advantages, i)
		return []view.Field{
			a.Text(web.Row("advantages", i, "name"), fmt.Sprintf("指标 %d", i+1), v.Name, ui.Width("m")),
			a.Text(web.Row("advantages", i, "ours"), "本成果", v.Ours, ui.Width("s")),
			a.Text(
				web.Row("advantages", i, "present"),
				"现有方案",
				v.Present,
				ui.Width("s"),
			),
			a.Text(web.Row("advantages", i, "unit"), "单位", v.Unit, ui.Width("s")),
		}
	})
	ip := ui.Repeat(a, "知识产权", "专利号校验位不符只提醒，不影响发布。", "ip", len(k.IP), 50, func(i int) []view.Field {
		v := ui.RowAt(k.IP, i)
		statuses := []view.Option{{Label: "请选择"}}
		for _, s := range achievement.IPStatuses() {
			statuses = append(statuses, view.Option{Value: s.Code, Label: s.Label})
		}
		return []view.Field{
			a.Choose(web.Row("ip", i, "kind"), fmt.Sprintf("知识产权 %d 种类", i+1), v.Kind, ui.ListOptions(codes.IPKind, "请选择"), ui.Width("m")),
			a.Text(web.Row("ip", i, "number"), "号码", v.Number, ui.Width("m")),
			a.Text(
				web.Row("ip", i, "title"),
				"名称",
				v.Title,
			),
			a.Choose(web.Row("ip", i, "status"), "状态", v.Status, statuses, ui.Width("s")),
			a.Kind(view.Date, web.Row("ip", i, "expires"), "有效期到", v.Expires, ui.Width("m")),
		}
	})
	cases := ui.Repeat(a, "应用案例", "", "cases", len(k.Cases), 20, func(i int) []view.Field {
		v := ui.RowAt(k.Cases, i)
		return []view.Field{
			a.Text(web.Row("cases", i, "organisation"), fmt.Sprintf("案例 %d 应用单位", i+1), v.Organisation, ui.Width("m")),
			a.Text(web.Row("cases", i, "year"), "年份", v.Year, ui.Width("s")),
			a.Text(web.Row("cases", i, "effect"), "效果", v.Effect),
		}
	})
	return slices.Concat([]view.Section{{Title: "是什么", Fields: []view.Field{
		a.Text("title", "成果名称", k.Title, ui.Required, ui.Limit(80)),
		a.Text("summary", "一句话简介", k.Summary, ui.Required, ui.Limit(120), ui.Hint("买方先看这一句：给出关键数字，例如“脱硫剂寿命由 45 天提到 90 天”")),
		a.Area("problem", "解决的问题", k.Problem, ui.Required, ui.Lines(4), ui.Limit(2000)),
		a.Area("description", "成果介绍", k.Description, ui.Required, ui.Lines(8), ui.Limit(20000)),
		a.Area("keywords", "关键词", strings.Join(k.Keywords, "、"), ui.Lines(1), ui.Hint("用顿号或逗号隔开，最多 10 个"), keywordsError(a)),
	}}}, adv, []view.Section{
		{Title: "成熟度", Fields: []view.Field{
			a.Choose("maturity.level", "技术成熟度", strconv.Itoa(k.Maturity.Level), trlOptions("请选择"), ui.Required, ui.Width("m")),
			a.Radio(
				"maturity.basis",
				"依据",
				ui.FirstOf(k.Maturity.Basis, achievement.BasisSelf),
				[]view.Option{{Value: achievement.BasisSelf, Label: "单位自评"}, {Value: achievement.BasisJudged, Label: "经评价", Hint: "写明评价机构、日期并上传报告"}},
			),
			a.Text(
				"maturity.judge",
				"评价机构",
				k.Maturity.Judge,
				ui.Width("m"),
				ui.Sometimes,
				ui.Hint("经评价的必须写明"),
			), a.Kind(view.Date, "maturity.date", "评价日期", k.Maturity.Date, ui.Width("m"), ui.Sometimes, ui.Hint("经评价的必须写明")),
			{
				Kind:     view.File,
				Name:     "evidence",
				Label:    "证明材料",
				Multiple: true, Sometimes: true,
				Accept: ".pdf,.docx,.png,.jpg",
				Error:  ui.FirstOf(a.Errors["evidence"], a.Errors["maturity.fileIds"]),
				Hint:   evidenceHint(len(k.Maturity.FileIDs)),
			},
		}},
		{Title: "怎样合作", Fields: append([]view.Field{
			a.Checks(
				"cooperation",
				"合作方式",
				k.Cooperation,
				ui.ListOptions(codes.Cooperation, ""),
				ui.Required,
			)}, rangeFields(a, "price", "意向价格", k.Price, ui.Required)...)},
		{Title: "分类", Fields: []view.Field{
			a.Choose(
				"field",
				"技术领域",
				k.Field,
				ui.TopOptions(codes.Field, "请选择"),
				ui.Required,
			), a.Choose("topics", "规划重点方向", ui.RowAt(k.Topics, 0), append([]view.Option{{Label: "不属于或不确定"}}, ui.TopicOptions()...)),
			a.Choose("industry", "应用行业", k.Industry, ui.TopOptions(codes.Industry, "请选择")),
			a.Kind(view.Combo, "division", "所在旗县市区", k.Division, func(f *view.Field) { f.Options = ui.DivisionOptions("与单位相同", true) }),
			a.Text("registerNo", "科技成果登记号", k.RegisterNo, ui.Width("m")),
		}}}, ip, []view.Section{
		{
			Title: "团队",
			Fields: []view.Field{
				a.Text("team.lead", "负责人", k.Team.Lead, ui.Width("m")),
				a.Area("team.members", "成员", strings.Join(k.Team.Members, "、"), ui.Lines(1)),
				a.Area("team.introduction", "介绍", k.Team.Introduction, ui.Lines(3), ui.Limit(2000)),
			},
		}}, cases,
		[]view.Section{fileSection(k.Files, a), contactFields(a, k.Contact)})
}

func evidenceHint(n int) string {
	const what = "检测、评价或试用报告，只有审核人和本单位能看。"
	if n == 0 {
		return what
	}
	return fmt.Sprintf("%s已有 %d 份", what, n)
}

// keywordsError shows the first message about any keyword at the one field they are typed in.
func keywordsError(a *ui.Ask) func(*view.Field) {
	return func(f *view.Field) {
		for path, message := range a.Errors {
			if strings.HasPrefix(path, "keywords.") {
				a.Errors["keywords"] = message
			}
		}
	}
}

func demandFields(a *ui.Ask, k demand.Content) []view.Section {
	targets := ui.Repeat(a, "要达到的指标", "写出现值和目标值，匹配会更准，也方便验收。", "targets", len(k.Targets), 20, func(i int) []view.Field {
		v := ui.RowAt(k.Targets, i)
		return []view.Field{
			a.Text(web.Row("targets", i, "name"), fmt.Sprintf("指标 %d", i+1), v.Name, ui.Width("m")),
			a.Text(web.Row("targets", i, "present"), "现值", v.Present, ui.Width("s")),
			a.Text(
				web.Row("targets", i, "target"),
				"目标值",
				v.Target,
				ui.Width("s"),
			),
			a.Text(web.Row("targets", i, "unit"), "单位", v.Unit, ui.Width("s")),
		}
	})
	return slices.Concat([]view.Section{{Title: "难题", Fields: []view.Field{
		a.Text("title", "需求名称", k.Title, ui.Required, ui.Limit(80)),
		a.Area("problem", "要解决的问题", k.Problem, ui.Required, ui.Lines(8), ui.Limit(20000), ui.Hint("哪道工序、什么对象、什么现象；直接贴一段话也可以")),
	}}}, targets, []view.Section{
		{Title: "边界与现状", Fields: []view.Field{
			a.Area("goals", "考核指标", k.Goals, ui.Lines(3), ui.Limit(5000), ui.Hint("写不成数字的要求，或整段的考核指标，写在这里")),
			a.Area("limits", "限制条件", k.Limits, ui.Lines(3), ui.Limit(2000), ui.Hint("场地、能耗、环保、原料等不能突破的条件")),
			a.Area("tried", "已做过的尝试", k.Tried, ui.Lines(3), ui.Limit(2000), ui.Hint("做过什么、为什么不行")),
			a.Area("background", "背景和现有基础", k.Background, ui.Lines(3), ui.Limit(5000)),
			a.Area("keywords", "关键词", strings.Join(k.Keywords, "、"), ui.Lines(1), ui.Hint("用顿号或逗号隔开，最多 10 个"), keywordsError(a)),
		}},
		{Title: "怎样合作", Fields: append(
			append([]view.Field{
				a.Checks(
					"cooperation",
					"可以接受的合作方式",
					k.Cooperation,
					ui.ListOptions(codes.Cooperation, ""),
					ui.Required,
				)}, rangeFields(a, "budget", "预算", k.Budget)...),
			a.Kind(
				view.Date,
				"deadline",
				"期限",
				k.Deadline,
				ui.Width("m"),
				ui.Sometimes,
				ui.Hint("需求公开到这一天为止；揭榜挂帅必须写明"),
			),
			a.Text("decisionOwner", "决策人", k.DecisionOwner, ui.Width("m"), ui.Hint("谁来拍板，写职务即可")),
			a.Choose("maturityMin", "成果成熟度至少", strconv.Itoa(k.MaturityMin), trlOptions("不限"), ui.Width("m")),
		)},
		{Title: "分类", Fields: []view.Field{
			a.Choose(
				"field",
				"技术领域",
				k.Field,
				ui.TopOptions(codes.Field, "请选择"),
				ui.Required,
			), a.Choose("topics", "规划重点方向", ui.RowAt(k.Topics, 0), append([]view.Option{{Label: "不属于或不确定"}}, ui.TopicOptions()...)),
			a.Choose("industry", "所属行业", k.Industry, ui.TopOptions(codes.Industry, "请选择")),
			a.Kind(view.Combo, "division", "在哪里用", k.Division, func(f *view.Field) { f.Options = ui.DivisionOptions("与单位相同", true) }),
		}},
		{
			Title: "揭榜挂帅",
			Fields: []view.Field{a.Checks("challenge", "方式", ui.BoolList(k.Challenge), []view.Option{{Value: "yes", Label: "作为揭榜挂帅项目，面向全国，只看结果"}}),
				a.Area("reward", "奖励和评判办法", k.Reward, ui.Lines(3), ui.Limit(1000), ui.Sometimes, ui.Hint("选了揭榜挂帅的必须写明")),
				a.Area("solver", "揭榜方条件", k.Solver, ui.Lines(3), ui.Limit(2000), ui.Hint("对揭榜单位和团队的要求"))},
		},
		{Title: "合作的细节", Hint: "没有定的可以不写，洽谈时再说。", Fields: []view.Field{
			a.Area("ownership", "产权归属", k.Ownership, ui.Lines(2), ui.Limit(1000), ui.Hint("成果归谁所有、怎样分享")),
			a.Area("partners", "意向合作单位", k.Partners, ui.Lines(2), ui.Limit(1000)),
			a.Area("benefit", "预期效益", k.Benefit, ui.Lines(2), ui.Limit(2000)),
			a.Area("talent", "所需人才", k.Talent, ui.Lines(2), ui.Limit(1000)),
		}},
		fileSection(k.Files, a), anonymousSection(a, k.Anonymous), contactFields(a, k.Contact),
	})
}
