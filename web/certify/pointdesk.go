package certify

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"techmarket/internal/certify/point"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/region"
	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// pointDeskRoutes are the management of registration points: the directory's entries, settings, staff, yearly assessment.
func (p *Pages) pointDeskRoutes() []web.Route {
	region := web.RegionOfficers()
	manager := web.PointManagers()
	return []web.Route{
		web.GET("/points/new", region, func(c *web.Ctx) error { return p.showPointForm(c, point.Point{}, nil, nil) }),
		web.POST("/points", region, p.savePoint),
		web.GET("/points/:id/edit", region, p.editPoint),
		web.GET("/points/:id/manage", manager, func(c *web.Ctx) error { return p.managePoint(c, nil, nil, "") }),
		web.POST("/points/:id/settings", web.PointHeads(), p.savePointSettings),
		web.POST("/points/:id/training", manager, p.addTraining),
		web.POST("/points/:id/archives", manager, p.yearArchives),
		web.POST("/points/:id/assessments", region, p.assessPoint),
		web.POST("/points/:id/move", region, p.moveCases),
	}
}

func (p *Pages) readPoint(c *web.Ctx) (point.Point, error) {
	id, err := c.ID("id")
	if err != nil {
		return point.Point{}, err
	}
	return p.Points.Get(c.Context(), id)
}

func (p *Pages) editPoint(c *web.Ctx) error {
	pt, err := p.readPoint(c)
	if err != nil {
		return err
	}
	return p.showPointForm(c, pt, nil, nil)
}

func (p *Pages) showPointForm(c *web.Ctx, pt point.Point, form *web.Form, ferr error) error {
	orgs, err := p.Identity.Organisations(c.Context(), []int64{pt.OrganisationID, pt.ServesOrg})
	if err != nil {
		return err
	}
	a := ui.NewAsk(c, form, ferr)
	var kinds []view.Option
	for _, k := range []point.Kind{point.Region, point.League, point.County, point.University, point.Institute, point.Zone} {
		kinds = append(kinds, view.Option{Value: string(k), Label: ui.PointKindLabel(k)})
	}
	areas := append([]view.Option{{Label: "请选择"}, {Value: "150000", Label: "自治区本级"}}, ui.DivisionOptions("", true)[1:]...)
	until := time.Time{}
	if pt.AuthorisedTo != nil {
		until = *pt.AuthorisedTo
	}
	f := ui.FormOf(
		"/points",
		"保存",
		view.Section{
			Title: "登记点",
			Fields: []view.Field{
				a.Text("name", "名称", pt.Name, ui.Required, ui.Limit(80)),
				a.Radio("kind", "类型", string(pt.Kind), kinds, ui.Required),
				a.Text("organisation", "主办单位", orgs[pt.OrganisationID].Name, ui.Required, ui.Hint("已确认的单位全称；该单位里有登记员、复核员等角色的成员就是登记点人员")),
				a.Kind(view.Combo, "division", "服务地区", pt.Division, func(x *view.Field) { x.Options, x.Required = areas, true }),
				a.Text("code2", "登记点代码", pt.Code2, ui.Required, ui.Width("s"), ui.Hint("两位数字，编号的第 9、10 位")),
				a.Text("serves", "所服务的单位", orgs[pt.ServesOrg].Name, ui.Hint("只有高校、科研院所登记点填写，单位全称")),
			},
		},
		view.Section{
			Title: "授权",
			Fields: []view.Field{
				a.Date("authorisedFrom", "授权起始", pt.AuthorisedFrom, ui.Required),
				a.Date("authorisedTo", "授权截止", until, ui.Hint("没有截止日期的留空")),
			},
		},
		view.Section{
			Title: "联系",
			Fields: []view.Field{
				a.Text("address", "地址", pt.Address, ui.Limit(200)),
				a.Text("phone", "电话", pt.Phone, ui.Limit(40)),
				a.Text("hours", "办公时间", pt.Hours, ui.Limit(100)),
			},
		},
	)
	f.Hidden = []view.Pair{{Name: "id", Value: strconv.FormatInt(pt.ID, 10)}, {Name: "version", Value: strconv.Itoa(pt.Version)}}
	title := "设立登记点"
	if pt.ID != 0 {
		title = "修改登记点"
	}
	page := c.Page(title)
	page.Nav = "points"
	page.Breadcrumbs = []view.Link{{Label: "登记点", Href: "/points"}}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, ui.Sheet{Main: a.Blocks(f)})
}

func (p *Pages) savePoint(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	in := point.Input{
		ID:       f.ID("id"),
		Version:  f.Int("version"),
		Name:     f.Text("name"),
		Kind:     point.Kind(f.Text("kind")),
		Division: f.Text("division"),
		Code2:    f.Text("code2"),
		Address: f.Text(
			"address",
		),
		Phone:          f.Text("phone"),
		Hours:          f.Text("hours"),
		AuthorisedFrom: f.Text("authorisedFrom"),
		AuthorisedTo:   f.Text("authorisedTo"),
	}
	if in.OrganisationID, err = ui.OrganisationNamed(c, p.Identity, f); err != nil {
		return err
	}
	if serves := f.Text("serves"); serves != "" {
		found, err := p.Identity.FindOrganisations(
			c.Context(),
			c.Actor(),
			identity.OrganisationFilter{Text: serves, State: actor.Confirmed, Limit: 20},
		)
		if err != nil {
			return err
		}
		for _, o := range found {
			if o.Name == serves {
				in.ServesOrg = o.ID
			}
		}
		if in.ServesOrg == 0 {
			f.Errors.Add("serves", "unknown", "没有这个已确认的单位，请核对全称")
		}
	}
	var saved point.Point
	if err = ui.FormErr(f); err == nil {
		saved, err = p.Points.Save(c.Context(), c.Actor(), in)
	}
	if ui.Refused(err) {
		return p.showPointForm(c, point.Point{ID: in.ID, Version: in.Version}, f, err)
	}
	if err != nil {
		return err
	}
	c.Flash(view.OK, "登记点已保存。")
	return c.See(fmt.Sprintf("/points/%d/manage", saved.ID))
}

// managePoint shows settings, people and yearly figures of one point; at names the form that was refused.
func (p *Pages) managePoint(c *web.Ctx, form *web.Form, ferr error, at string) error {
	pt, err := p.readPoint(c)
	if err != nil {
		return err
	}
	who := c.Actor()
	staff, err := p.Points.StaffTraining(c.Context(), who, pt.ID)
	if err != nil {
		return err
	}
	year := c.QueryForm().Int("year")
	if year == 0 {
		year = c.Now().Year()
	}
	figures, err := p.Points.Figures(c.Context(), who, pt.ID, year)
	if err != nil {
		return err
	}
	sheets, err := p.Points.Assessments(c.Context(), who, pt.ID)
	if err != nil {
		return err
	}
	base := fmt.Sprintf("/points/%d", pt.ID)
	body := ui.Sheet{
		Heading: view.T(pt.Name),
		Lead:    region.FullName(pt.Division) + " · 编号前缀 " + pt.Region4 + " " + pt.Code2,
		Tags:    []view.Tag{{Label: ui.PointKindLabel(pt.Kind), Tone: view.Info}, ui.PointStateTag(pt.State)},
		Sample:  pt.Sample,
	}
	if who.Has(actor.RegionOfficer) {
		body.Actions = []view.Action{{Label: "修改登记点", Href: base + "/edit", Kind: view.Quiet}}
	}
	asked := func(name string) *ui.Ask {
		if name == at {
			return ui.NewAsk(c, form, ferr)
		}
		return ui.NewAsk(c, nil, nil)
	}
	if pt.State == point.Suspended && who.Has(actor.RegionOfficer) {
		body.Main = append(body.Main, moveBlock(base))
	}
	training := trainingBlock(asked("training"), base, staff)
	if at == "training" {
		training.Fold = ""
	}
	body.Main = append(body.Main, staffBlock(staff), training, figuresBlock(base, year, c.Now().Year(), figures))
	if figures.Registered > 0 {
		body.Main = append(body.Main, archiveBlock(base, year))
	}
	signed := slices.IndexFunc(sheets, func(s point.Assessment) bool { return s.Year == year })
	switch {
	case signed >= 0:
		body.Main = append(body.Main, assessmentBlock(sheets[signed]))
	case who.Has(actor.RegionOfficer) && year < c.Now().Year():
		body.Main = append(body.Main, assessmentForm(asked("assess"), base, year)...)
	}
	if who.Has(actor.RegionOfficer) || who.Has(actor.PointHead) && who.In(pt.OrganisationID) {
		body.Main = append(body.Main, settingsForm(asked("settings"), pt)...)
	}
	page := c.Page("登记点管理")
	page.Nav = "points"
	page.Breadcrumbs = []view.Link{{Label: "登记点", Href: "/points"}, {Label: pt.Name, Href: base}}
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

// moveBlock hands the open cases of a suspended point on.
func moveBlock(base string) ui.Block {
	return ui.Block{Parts: view.Parts{
		view.Notice{Tone: view.Warn, Title: "本点已暂停受理", Text: "在办件可以移交给现在应到的登记点，状态和期限不变，每一件都留记录。变更申请仍由原登记点办理。"},
		view.Actions{{Label: "移交在办件", Post: base + "/move"}},
	}}
}

func trainingBlock(a *ui.Ask, base string, staff []point.TrainedMember) ui.Block {
	people := []view.Option{{Label: "请选择"}}
	for _, m := range staff {
		people = append(people, view.Option{Value: strconv.FormatInt(m.AccountID, 10), Label: m.Name})
	}
	f := ui.FormOf(base+"/training", "保存培训记录", view.Section{Fields: []view.Field{
		a.Choose("account", "人员", "", people, ui.Required),
		a.Text("course", "培训名称", "", ui.Required, ui.Limit(120)),
		a.Date("heldOn", "日期", time.Time{}, ui.Required),
		a.Text("hours", "学时", "", ui.Required, ui.Width("s")),
		a.Radio("passed", "考核", "yes", []view.Option{{Value: "yes", Label: "合格"}, {Value: "no", Label: "不合格"}}),
		a.Date("validTo", "有效期至", time.Time{}, ui.Hint("没有期限的留空")),
	}})
	return ui.Block{Fold: "登记培训记录…", Parts: view.Parts{f}}
}

func archiveBlock(base string, year int) ui.Block {
	f := view.NewForm(base+"/archives", fmt.Sprintf("生成 %d 年度档案", year))
	f.Hidden = []view.Pair{{Name: "year", Value: strconv.Itoa(year)}}
	f.Actions[0].Kind = view.Quiet
	return ui.Block{Title: "年度档案", Parts: view.Parts{f},
		Intro: "这一年每项登记的档案（证明、文书、附件、签名和登记簿证据），连同目录装成 zip。由后台生成，完成后发消息；用 techmarket verify --archive 可以离线核验。"}
}

// assessmentBlock is the assessment of a year as it was signed.
func assessmentBlock(x point.Assessment) ui.Block {
	return ui.Block{Parts: view.Parts{view.Notice{
		Tone:  view.Info,
		Title: fmt.Sprintf("%d 年度考核：%s", x.Year, gradeLabel(x.Grade)),
		Text:  x.Opinion + "（" + view.Day(x.AssessedAt) + "，按当日计算的数据）",
	}}}
}

func assessmentForm(a *ui.Ask, base string, year int) []ui.Block {
	var grades []view.Option
	for _, g := range point.Grades() {
		grades = append(grades, view.Option{Value: g[0], Label: g[1]})
	}
	f := ui.FormOf(base+"/assessments", "作出考核", view.Section{Fields: []view.Field{
		a.Radio("grade", "结果", "", grades, ui.Required), a.Area("opinion", "意见", "", ui.Required, ui.Limit(1000))}})
	f.Hidden = []view.Pair{{Name: "year", Value: strconv.Itoa(year)}}
	blocks := a.Blocks(f)
	last := &blocks[len(blocks)-1]
	last.Title, last.Intro = fmt.Sprintf("%d 年度考核", year), "作出后不再更改，当日计算的数据一并保存。"
	return blocks
}

// settingsForm is what the point may set for itself.
func settingsForm(a *ui.Ask, pt point.Point) []ui.Block {
	f := ui.FormOf(fmt.Sprintf("/points/%d/settings", pt.ID), "保存设置", view.Section{Fields: []view.Field{
		a.Radio("numberSource", "登记编号", string(pt.NumberSource), []view.Option{{Value: string(point.OwnNumbers), Label: "由本点按序编号"},
			{Value: string(point.NationalNumbers), Label: "录入国家系统给出的编号"}}, ui.Required),
		a.Radio("secondReview", "由谁复核", string(pt.SecondReview), []view.Option{{Value: string(point.ReviewerOnly), Label: "只由复核员"},
			{Value: string(point.ReviewerOrHead), Label: "复核员或负责人", Hint: "负责人复核的件，由另一位负责人登记"}}, ui.Required),
		a.Wan("expertsFromFen", "交专家评审的界线", pt.ExpertsFrom,
			ui.Hint("技术交易额达到这个数的，复核后先交专家。只能低于全区的大额界线；留空为按全区的界线")),
		a.Text("address", "地址", pt.Address, ui.Limit(200)),
		a.Text("phone", "电话", pt.Phone, ui.Limit(40)),
		a.Text("hours", "办公时间", pt.Hours, ui.Limit(100)),
	}})
	f.Hidden = []view.Pair{{Name: "version", Value: strconv.Itoa(pt.Version)}}
	blocks := a.Blocks(f)
	last := &blocks[len(blocks)-1]
	last.Title, last.Intro = "设置", "二次审核（复核）对所有合同都要求，不能关闭；初审人、申请人不能复核。"
	return blocks
}

func gradeLabel(code string) string {
	for _, g := range point.Grades() {
		if g[0] == code {
			return g[1]
		}
	}
	return code
}

func staffBlock(staff []point.TrainedMember) ui.Block {
	type row = point.TrainedMember
	t := ui.Columns[row]{
		ui.TextColumn("人员", func(m row) string { return m.Name }),
		ui.TextColumn("岗位", func(m row) string { return ui.Join(web.RoleLabels(m.Roles)) }),
		{Label: "培训", Cell: func(m row) view.Cell {
			if m.Trained {
				return view.Cell{Tags: []view.Tag{{Label: "已培训", Tone: view.OK}}}
			}
			return view.Cell{Tags: []view.Tag{{Label: "没有有效的培训记录", Tone: view.Warn}}}
		}},
		ui.TextColumn("最近的培训", func(m row) string {
			if len(m.Training) == 0 {
				return ""
			}
			x := m.Training[0]
			last := fmt.Sprintf("%s %s，%d 学时", x.HeldOn.Format(time.DateOnly), x.Course, x.Hours)
			if !x.Passed {
				last += "，不合格"
			}
			return last
		}),
	}.Table("人员和培训", staff)
	t.Empty = view.Empty{Title: "还没有人员", Text: "由主办单位的管理员邀请并分配登记员、复核员等角色。"}
	return ui.Block{Title: "人员和培训", Parts: view.Parts{t}}
}

func figuresBlock(base string, year, now int, f point.Figures) ui.Block {
	count := strconv.Itoa
	type row struct{ name, figure, unit, note string }
	rows := []row{
		{"收到申请", count(f.Submitted), "件", "按报送日"},
		{"受理", count(f.Accepted), "件", "按受理日"},
		{"办结", count(f.Decided), "件", "按决定日，含不予受理"},
		{"其中不予受理", count(f.Declined), "件", ""},
		{"其中不予登记", count(f.Refused), "件", ""},
		{"登记", count(f.Registered), "项", "变更不另计"},
		{"合同成交额", f.Amount.Grouped(), "元", "变更、注销、撤销的差额已计入"},
		{"技术交易额", f.Technical.Grouped(), "元", "变更、注销、撤销的差额已计入"},
		{"目标期限内办结", count(f.InTarget), "件", ""},
		{"超过法定期限办结", count(f.PastLegal), "件", ""},
		{"要求补正", count(f.Corrected), "件", ""},
		{"复核退回", count(f.Returned), "次", ""},
		{"注销", count(f.Cancelled), "项", ""},
		{"撤销", count(f.Revoked), "项", ""},
		{"人员", count(f.Staff), "人", "现有"},
		{"当年培训合格", count(f.Trained), "人", ""},
	}
	t := ui.Columns[row]{
		ui.TextColumn("指标", func(r row) string { return r.name }),
		ui.FigureColumn("数值", func(r row) string { return r.figure + " " + r.unit }),
		ui.TextColumn("说明", func(r row) string { return r.note }),
	}.Table("年度数据", rows)
	var others view.Links
	for y := now; y > now-4; y-- {
		if y != year {
			others = append(others, view.Link{Label: fmt.Sprintf("%d 年度", y), Href: fmt.Sprintf("%s/manage?year=%d", base, y)})
		}
	}
	return ui.Block{
		Title: fmt.Sprintf("%d 年度数据", year),
		Intro: "由登记簿和办理记录自动计算。",
		Parts: view.Parts{t, others},
	}
}

// yearArchives asks for the bundle of a year and leads to its progress.
func (p *Pages) yearArchives(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	e, err := p.Exchange.RequestArchives(c.Context(), c.Actor(), id, f.Int("year"))
	if err != nil {
		return ui.FlashRefusal(c, err, fmt.Sprintf("/points/%d/manage", id))
	}
	return c.See(fmt.Sprintf("/registrations/exports/%d", e.ID))
}

// pointAction runs one change of a point and shows the page again where it was refused.
func (p *Pages) pointAction(c *web.Ctx, at, done string, change func(id int64, f *web.Form) error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err = change(id, f); err == nil {
		err = ui.FormErr(f)
	}
	if ui.Refused(err) {
		return p.managePoint(c, f, err, at)
	}
	if err != nil {
		return err
	}
	c.Flash(view.OK, done)
	return c.See(fmt.Sprintf("/points/%d/manage", id))
}

func (p *Pages) savePointSettings(c *web.Ctx) error {
	return p.pointAction(c, "settings", "设置已保存。", func(id int64, f *web.Form) error {
		_, err := p.Points.SaveSettings(
			c.Context(),
			c.Actor(),
			id,
			point.Settings{Version: f.Int("version"), NumberSource: point.NumberSource(f.Text("numberSource")),
				SecondReview: point.SecondReview(f.Text("secondReview")), ExpertsFrom: f.Wan("expertsFromFen"),
				Address: f.Text("address"), Phone: f.Text("phone"), Hours: f.Text("hours")},
		)
		return err
	})
}

func (p *Pages) addTraining(c *web.Ctx) error {
	return p.pointAction(c, "training", "培训记录已保存。", func(id int64, f *web.Form) error {
		t := point.Training{
			AccountID: f.ID("account"),
			Course:    f.Text("course"),
			HeldOn:    f.Date("heldOn"),
			Hours:     f.Int("hours"),
			Passed:    f.Text("passed") != "no",
		}
		if until := f.Date("validTo"); !until.IsZero() {
			t.ValidTo = &until
		}
		if err := ui.FormErr(f); err != nil {
			return err
		}
		return p.Points.AddTraining(c.Context(), c.Actor(), id, t)
	})
}

func (p *Pages) assessPoint(c *web.Ctx) error {
	return p.pointAction(c, "assess", "年度考核已作出。", func(id int64, f *web.Form) error {
		return p.Points.Assess(c.Context(), c.Actor(), id, f.Int("year"), f.Text("grade"), f.Text("opinion"))
	})
}

func (p *Pages) moveCases(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	back := fmt.Sprintf("/points/%d/manage", id)
	moved, left, err := p.Registry.MoveCases(c.Context(), c.Actor(), id)
	if err != nil {
		return ui.FlashRefusal(c, err, back)
	}
	c.Flash(view.OK, fmt.Sprintf("已移交 %d 件；%d 件留在本点（变更申请，或没有其他登记点可以受理）。", moved, left))
	return c.See(back)
}
