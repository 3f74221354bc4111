package market

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
	"techmarket/internal/platform/files"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) importRoutes() []web.Route {
	who := web.Importers()
	return []web.Route{
		web.GET("/imports", who, func(c *web.Ctx) error { return p.showImports(c, nil, nil) }),
		web.POST("/imports", who, p.checkImport).WithFiles(),
		web.GET("/imports/template", who, p.importTemplate),
		web.GET("/imports/:id", who, func(c *web.Ctx) error { return p.showBatch(c, nil) }),
		web.GET("/imports/:id/marked", who, p.markedImport),
		web.POST("/imports/:id/confirm", who, p.confirmImport),
		web.GET("/imports/:id/progress", who, p.importProgress),
	}
}

const importsTitle = "批量导入"

func (p *Pages) importable() (out []view.Option) {
	for _, k := range p.Importer.Importable() {
		out = append(out, view.Option{Value: k.Code, Label: k.Label})
	}
	return out
}

// showImports is the upload and the files so far.
func (p *Pages) showImports(c *web.Ctx, form *web.Form, ferr error) error {
	who := c.Actor()
	batches, err := p.Importer.Batches(c.Context(), who)
	if err != nil {
		return err
	}
	var owners []int64
	for _, b := range batches {
		owners = append(owners, b.OrganisationID)
	}
	orgs, err := p.Identity.Organisations(c.Context(), owners)
	if err != nil {
		return err
	}
	officer := who.Has(actor.RegionOfficer)
	a := ui.NewAsk(c, form, ferr)
	fields := []view.Field{a.Radio("kind", "导入什么", string(achievement.Kind), p.importable(), ui.Required)}
	if officer {
		fields = append(fields, a.Text("organisation", "为哪个单位导入", "", ui.Required, ui.Hint("填写单位全称，单位须已确认"), ui.Limit(120)),
			a.Checks("publish", "导入后", nil, []view.Option{{Value: "1", Label: "直接发布", Hint: "不勾选则成为该单位的草稿，由单位自己提交审核"}}))
	}
	fields = append(
		fields,
		view.Field{Kind: view.File, Name: "file", Label: "文件", Required: true, Accept: ".xlsx,.csv,.jsonl", Error: a.Errors["file"],
			Hint: fmt.Sprintf("Excel（.xlsx）、.csv 或 .jsonl，最大 %d MB，最多 %s 行", importer.MaxBytes>>20, view.Count(importer.MaxRows))},
	)
	upload := view.NewForm("/imports", "上传并检查", fields...)
	body := ui.Sheet{Lead: "先检查，再导入：上传后告诉您哪一格有问题，您确认以后才写入。有错的行不影响其他行，同一个文件导入两次不会重复。"}
	body.Main = a.Blocks(upload)
	body.Main[len(body.Main)-1].Title = "上传文件"
	if officer {
		body.Main[len(body.Main)-1].Intro = "文件里写明单位的行归那个已确认的单位，没有写的归所填的单位，并标明“导入”。"
	} else {
		body.Main[len(body.Main)-1].Intro = "导入的信息成为" + who.OrgName + "的草稿，在“我的成果”“我的需求”里补充后提交审核。"
	}
	rows := view.Rows{Label: "导入过的文件", Empty: view.Empty{Icon: "upload", Title: "还没有导入过文件", Text: "先下载模板，按模板填写，再上传。"}}
	for _, b := range batches {
		row := view.Row{Title: view.T(b.FileName), Href: fmt.Sprintf("/imports/%d", b.ID), Tags: []view.Tag{batchTag(b)},
			Meta: []string{p.Importer.Label(b.Kind), view.DayTime(b.CreatedAt), batchWords(b)}}
		if officer {
			row.Meta = append([]string{orgs[b.OrganisationID].Name}, row.Meta...)
		}
		rows.Items = append(rows.Items, row)
	}
	body.Main = append(body.Main, ui.Block{Title: "导入过的文件", Parts: view.Parts{rows}})
	var templates view.Links
	for _, k := range p.Importer.Importable() {
		templates = append(templates, view.Link{Label: k.Label + "导入模板（Excel）", Href: "/imports/template?kind=" + k.Code})
	}
	body.Side = []ui.Block{{Card: true, Title: "模板", Intro: "表头下有填写说明，代码类的列可以下拉选择。", Parts: view.Parts{templates}},
		{
			Card:  true,
			Title: "怎样算同一条",
			Parts: view.Parts{view.Prose{
				view.T("有“平台编号”（从本平台导出的文件都有）或“编号”的，编号相同就更新原来那一条，空着的格不改动；都没有的，内容相同就不重复导入。"),
				view.T("已经在修改、提交或结束的那一条保持不动，在结果里计为“未变”。"),
			}},
		}}
	status := http.StatusOK
	if ferr != nil {
		status = http.StatusUnprocessableEntity
	}
	return ui.ShowSheetStatus(c, status, c.Page(importsTitle), body)
}

func batchTag(b importer.Batch) view.Tag {
	switch b.State {
	case importer.Checked:
		if b.Good == 0 {
			return view.Tag{Label: "没有可导入的行", Tone: view.Bad}
		}
		return view.Tag{Label: "待确认", Tone: view.Warn}
	case importer.Running:
		return view.Tag{Label: "导入中", Tone: view.Info}
	case importer.Done:
		return view.Tag{Label: "已完成", Tone: view.OK}
	default:
		return view.Tag{Label: "没有完成", Tone: view.Bad}
	}
}

func batchWords(b importer.Batch) string {
	if b.State == importer.Checked {
		return fmt.Sprintf("可导入 %s 行，有错 %s 行", view.Count(b.Good), view.Count(b.Bad))
	}
	return fmt.Sprintf("新增 %s，更新 %s，未变 %s", view.Count(b.Created), view.Count(b.Updated), view.Count(b.Unchanged))
}

// checkImport reads the upload; nothing is imported yet.
func (p *Pages) checkImport(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	up := importer.Upload{Kind: listing.Kind(form.Text("kind")), Publish: form.Bool("publish")}
	if !slices.ContainsFunc(p.Importer.Importable(), func(k listing.Choice) bool { return k.Code == string(up.Kind) }) {
		form.Errors.Add("kind", "required", "请选择导入哪一类信息")
	}
	if c.Actor().Has(actor.RegionOfficer) {
		if up.OrgID, err = ui.OrganisationNamed(c, p.Identity, form); err != nil {
			return err
		}
	}
	headers := form.Files["file"]
	if len(headers) == 0 || headers[0].Filename == "" {
		form.Errors.Add("file", "required", "请选择要上传的文件")
	}
	if err := ui.FormErr(form); err != nil {
		return p.showImports(c, form, err)
	}
	file, err := headers[0].Open()
	if err != nil {
		return fmt.Errorf("open upload: %w", err)
	}
	defer file.Close()
	up.Name, up.Body = headers[0].Filename, file
	b, err := p.Importer.Check(c.Context(), c.Actor(), up)
	if ui.Refused(err) {
		f := c.Fault(err)
		if len(f.Fields) == 0 { // what is wrong with a file as a whole stands at the file
			form.Errors.Join(f.In("file").Fields...)
			err = ui.FormErr(form)
		}
		return p.showImports(c, form, err)
	}
	if err != nil {
		return err
	}
	return c.See(fmt.Sprintf("/imports/%d", b.ID))
}

func (p *Pages) importTemplate(c *web.Ctx) error {
	var b bytes.Buffer
	name, err := p.Importer.Template(listing.Kind(c.QueryForm().Text("kind")), &b)
	if err != nil {
		return err
	}
	return c.Download(name, web.ExcelMIME, &b)
}

func (p *Pages) readBatch(c *web.Ctx) (importer.Batch, error) {
	id, err := c.ID("id")
	if err != nil {
		return importer.Batch{}, err
	}
	return p.Importer.Batch(c.Context(), c.Actor(), id)
}

func (p *Pages) showBatch(c *web.Ctx, ferr error) error {
	b, err := p.readBatch(c)
	if err != nil {
		return err
	}
	org, err := p.Identity.Organisation(c.Context(), b.OrganisationID)
	if err != nil {
		return err
	}
	page := c.Page(b.FileName)
	page.Breadcrumbs = []view.Link{{Label: importsTitle, Href: "/imports"}}
	after := "成为草稿"
	if b.Publish {
		after = "直接发布"
	}
	body := ui.Sheet{
		Heading: view.T(b.FileName),
		Tags:    []view.Tag{{Label: p.Importer.Label(b.Kind), Tone: view.Info}, batchTag(b)},
		Steps:   batchSteps(b),
		Sample:  org.Sample,
	}
	if ferr != nil {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Tone: view.Bad, Title: c.Fault(ferr).Message}}})
	}
	body.Main = append(body.Main, batchHead(b, p.importedAt(b.Kind)))
	body.Main = append(body.Main, reportBlocks(b.Report)...)
	body.Side = []ui.Block{
		{
			Card:  true,
			Title: "这个文件",
			Parts: view.Parts{
				view.Facts{Wide: true, Items: []view.Fact{{Label: "单位", Value: org.Name}, {Label: "数据行", Value: view.Count(b.Rows), Num: true},
					{
						Label: "可以导入",
						Value: view.Count(b.Good),
						Num:   true,
					}, {Label: "有错，不导入", Value: view.Count(b.Bad), Num: true},
					{Label: "工作表", Value: ui.FirstOf(b.Report.Sheet, "（不分工作表）")},
					{Label: "导入后", Value: after}, {Label: "上传", Value: view.DayTime(b.CreatedAt)}}},
				view.Links{{Label: "上传另一个文件", Href: "/imports"}},
			},
		},
	}
	if b.MarkedFile != 0 {
		body.Side = append(
			[]ui.Block{
				{
					Card:  true,
					Title: "改原来的文件",
					Intro: "您上传的文件，最右边多了一列红字“错误说明”，逐行写明要改什么。改好后直接重新上传，已导入的行不会重复。",
					Parts: view.Parts{view.Links{{Label: "下载带错误说明的文件", Href: fmt.Sprintf("/imports/%d/marked", b.ID)}}},
				},
			},
			body.Side...)
	}
	status := http.StatusOK
	switch {
	case fault.Is(ferr, fault.Conflict):
		status = http.StatusConflict
	case ferr != nil:
		status = http.StatusUnprocessableEntity
	}
	return ui.ShowSheetStatus(c, status, page, body)
}

func batchSteps(b importer.Batch) view.Steps {
	steps := view.Steps{
		Label: "导入进度",
		Items: []view.Step{{Label: "检查", State: "done"}, {Label: "确认", State: "now"}, {Label: "导入", State: "todo"}, {Label: "完成", State: "todo"}},
	}
	set := func(states ...string) {
		for i, s := range states {
			steps.Items[i].State = s
		}
	}
	switch b.State {
	case importer.Checked:
		if b.Good == 0 {
			set("fail", "todo")
		}
	case importer.Running:
		set("done", "done", "now")
	case importer.Done:
		set("done", "done", "done", "done")
	case importer.Failed:
		set("done", "done", "fail")
	}
	return steps
}

// importedAt is the public list of an importable kind and the list on its owner's desk, under the kind's name.
func (p *Pages) importedAt(k listing.Kind) (to struct{ Label, List, Own string }) {
	to.Label = p.Importer.Label(k)
	if kind, ok := p.Listings.Kinds().Get(k); ok {
		to.List, to.Own = kind.ListPath(), kind.OwnPath()
	} else {
		to.List, to.Own = "/registers", "/desk/registers"
	}
	return to
}

// batchHead says where the batch stands and what to do next.
func batchHead(b importer.Batch, kind struct{ Label, List, Own string }) ui.Block {
	confirm := fmt.Sprintf("/imports/%d/confirm", b.ID)
	switch {
	case b.State == importer.Checked && b.Good+b.Bad == 0:
		return ui.Block{Parts: view.Parts{view.Notice{
			Tone:    view.Warn,
			Title:   "文件里没有数据行",
			Text:    "表头下面一行一条，填好后重新上传。",
			Actions: []view.Action{{Label: "重新上传", Href: "/imports"}},
		}}}
	case b.State == importer.Checked && b.Good == 0:
		return ui.Block{Parts: view.Parts{view.Notice{
			Tone:    view.Bad,
			Title:   "没有可以导入的行",
			Text:    "请按下面的提示改好文件，再上传一次。",
			Actions: []view.Action{{Label: "重新上传", Href: "/imports"}},
		}}}
	case b.State == importer.Checked:
		n := &view.Notice{Tone: view.OK, Title: fmt.Sprintf("检查完成：%s 行可以导入", view.Count(b.Good)), Text: "还没有写入任何内容。"}
		if b.Bad > 0 {
			n.Tone, n.Text = view.Warn, fmt.Sprintf("另有 %s 行有错，这些行不导入；也可以先改好再传一次。还没有写入任何内容。", view.Count(b.Bad))
		}
		return ui.Block{Parts: view.Parts{n, view.Actions{
			{Label: fmt.Sprintf("确认导入 %s 行", view.Count(b.Good)), Post: confirm},
			{Label: "改好再传", Href: "/imports", Kind: view.Quiet},
		}}}
	case b.State == importer.Running:
		return ui.Block{Parts: view.Parts{batchWork(b)}}
	case b.State == importer.Failed:
		n := &view.Notice{Tone: view.Bad, Title: "导入没有做完", Text: "已经写入的 " + batchWords(b) + "，都保留着。原因在下面；解决后再上传一次，不会重复。"}
		return ui.Block{Parts: view.Parts{n, view.Actions{{Label: "重新上传", Href: "/imports"}}}}
	default:
		text := batchWords(b) + "。"
		if b.Publish {
			text += "已经公开，几秒钟后可以搜到。"
		}
		actions := []view.Action{{Label: "看" + kind.Label + "列表", Href: kind.List}}
		if !b.Publish {
			actions = []view.Action{{Label: "去补充并提交审核", Href: kind.Own}}
		}
		return ui.Block{Parts: view.Parts{view.Notice{Tone: view.OK, Title: "导入完成", Text: text}, view.Actions(actions)}}
	}
}

func batchWork(b importer.Batch) *view.Progress {
	w := &view.Progress{Label: "正在导入", Done: b.Done, Total: b.Good, Note: "可以离开这一页，导入会在后台做完。不使用脚本时，刷新本页看进度。"}
	if b.State == importer.Running {
		w.Poll = fmt.Sprintf("/imports/%d/progress", b.ID)
	}
	return w
}

func reportBlocks(r importer.Report) []ui.Block {
	table := ui.Columns[importer.Problem]{
		ui.TextColumn("位置", func(x importer.Problem) string { return ui.FirstOf(x.Cell, fmt.Sprintf("第 %d 行", x.Row)) }),
		ui.TextColumn("问题和改法", func(x importer.Problem) string { return x.Message }),
	}.Table
	counted := func(shown, all int) string {
		if all > shown {
			return fmt.Sprintf("共 %s 处，下面是前 %d 处。", view.Count(all), shown)
		}
		return fmt.Sprintf("共 %d 处。", all)
	}
	var out []ui.Block
	if len(r.Problems) > 0 {
		out = append(
			out,
			ui.Block{
				ID:    "problems",
				Title: "要改的",
				Intro: counted(len(r.Problems), max(r.ProblemCount, len(r.Problems))) + "位置按表格软件的行列写，有错的行不导入。",
				Parts: view.Parts{table("要改的", r.Problems)},
			},
		)
	}
	if len(r.Warnings) > 0 {
		out = append(
			out,
			ui.Block{
				ID:    "warnings",
				Title: "请核对的",
				Intro: counted(len(r.Warnings), max(r.WarningCount, len(r.Warnings))) + "这些行照样导入。",
				Parts: view.Parts{table("请核对的", r.Warnings)},
			},
		)
	}
	if len(r.Kept) > 0 {
		out = append(out, ui.Block{Title: "放进背景的列", Intro: "模板里没有这些列，内容连同表头放进了背景或介绍，没有丢掉：" + ui.Join(r.Kept) + "。"})
	}
	if len(r.Ignored) > 0 {
		out = append(out, ui.Block{Title: "没有用到的列", Intro: "这些表头不在模板里，整列没有读取：" + ui.Join(r.Ignored) + "。"})
	}
	return out
}

// markedImport sends the upload back with its red column.
func (p *Pages) markedImport(c *web.Ctx) error {
	b, err := p.readBatch(c)
	if err != nil {
		return err
	}
	if b.MarkedFile == 0 {
		return fault.New(fault.Conflict, "nothing_marked", "这个文件没有要改的行")
	}
	return ui.SendFile(c, p.Files, files.Object{Kind: "import", ID: b.ID}, b.MarkedFile)
}

func (p *Pages) confirmImport(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	if _, err := p.Importer.Confirm(c.Context(), c.Actor(), id); err != nil {
		if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid) {
			return p.showBatch(c, err)
		}
		return err
	}
	return c.See(fmt.Sprintf("/imports/%d", id))
}

// importProgress is the bar alone while it runs; at the end the browser is sent to the result.
func (p *Pages) importProgress(c *web.Ctx) error {
	b, err := p.readBatch(c)
	if err != nil {
		return err
	}
	if b.State != importer.Running || !c.Fragment() {
		return c.See(fmt.Sprintf("/imports/%d", b.ID))
	}
	return c.RenderFragment("", "progress", *batchWork(b))
}
