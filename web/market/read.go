package market

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing/importer"
	"techmarket/internal/market/reading"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) readRoutes() []web.Route {
	var routes []web.Route
	for _, kind := range p.kinds() {
		routes = append(routes, web.POST(kind.ListPath()+"/read", web.Members(),
			func(c *web.Ctx) error { return p.readPasted(c, kind) }).WithFiles())
	}
	return routes
}

// oneBox is where posting begins: paste the whole text or drop the unit's own form.
func oneBox(c *web.Ctx, kind drawnKind, form *web.Form, wrong string) ui.Block {
	a := ui.NewAsk(c, form, nil)
	f := view.NewForm(kind.ListPath()+"/read", "读一读，填好下面的表单",
		a.Area("text", "整段文字", "", ui.Lines(6), ui.Limit(reading.MostText/3), ui.Sometimes),
		view.Field{Kind: view.File, Name: "source", Label: "或选择文件", Accept: ".docx,.xlsx,.pdf,.txt", Sometimes: true, Error: wrong,
			Hint: "Word、Excel、PDF 或文本文件，只读文字，不作为附件公开。表里有多条的，转到批量导入。"})
	return ui.Block{
		Card:  true,
		Title: "从一段文字开始",
		Parts: view.Parts{view.Prose{view.T(kind.pasted), view.T("写到的会填好并注明取自哪一句，您只补没写到的。联系人不从文字里取。")}, f},
	}
}

// readPasted fills the form of a new listing from a text or a file; nothing is stored.
func (p *Pages) readPasted(c *web.Ctx, kind drawnKind) error {
	if err := c.Limit("read", 60, time.Hour); err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	text, err := p.sourceText(c, kind, f)
	var listed *listedRows
	switch {
	case errors.As(err, &listed):
		c.Flash(view.Info, fmt.Sprintf("这个表里有 %d 条，已经按批量导入检查；看好了再确认。", listed.rows))
		return c.See(fmt.Sprintf("/imports/%d", listed.batch))
	case fault.Is(err, fault.Invalid):
		return p.showBoxAgain(c, kind, f, ui.Reason(c, err))
	case err != nil:
		return err
	}
	today := clock.Day(c.Now())
	r := kind.reads(text, today, kind.Sheet)
	filled, err := p.formOf(c, r)
	if err != nil {
		return err
	}
	return p.drawEditor(c, kind, 0, filled, nil, &r)
}

// showBoxAgain is the page of a new listing with what is wrong with the file; the text stays in the box.
func (p *Pages) showBoxAgain(c *web.Ctx, kind drawnKind, f *web.Form, wrong string) error {
	f.Files = nil
	page := c.Page("发布" + kind.Label)
	page.Breadcrumbs = []view.Link{{Label: "我的" + kind.Label, Href: kind.OwnPath()}}
	body := ui.Sheet{Main: []ui.Block{oneBox(c, kind, f, wrong)}}
	body.Main = append(
		body.Main,
		ui.Block{Parts: view.Parts{view.Actions{{Label: "不用文字，直接填写表单", Href: kind.ListPath() + "/new", Kind: view.Quiet}}}},
	)
	return ui.ShowSheetStatus(c, ui.FormStatus(errEmptyBox), page, body)
}

var errEmptyBox = fault.New(fault.Invalid, "required", "请贴上文字，或选择一个文件")

// listedRows: the file is a list, which was given to the import.
type listedRows struct {
	rows  int
	batch int64
}

func (l *listedRows) Error() string { return "the file holds several listings" }

func (p *Pages) sourceText(c *web.Ctx, kind drawnKind, f *web.Form) (string, error) {
	headers := f.Files["source"]
	if len(headers) == 0 || headers[0].Filename == "" {
		if f.Text("text") == "" {
			return "", errEmptyBox
		}
		return f.Text("text"), nil
	}
	file, err := headers[0].Open()
	if err != nil {
		return "", fmt.Errorf("open upload: %w", err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, reading.MostFile+1))
	if err != nil {
		return "", fmt.Errorf("read upload: %w", err)
	}
	text, rows, err := reading.Text(c.Context(), headers[0].Filename, content, kind.Sheet)
	if err != nil || rows < 2 {
		return strings.TrimSpace(f.Text("text") + "\n" + text), err
	}
	b, err := p.Importer.Check(
		c.Context(),
		c.Actor(),
		importer.Upload{Kind: kind.Kind, Name: headers[0].Filename, Body: strings.NewReader(string(content))},
	)
	if err != nil {
		return "", err
	}
	return "", &listedRows{rows, b.ID}
}

// formOf is the form of a new listing as if somebody had typed what was read; whom to ask comes from the account.
func (p *Pages) formOf(c *web.Ctx, r reading.Result) (*web.Form, error) {
	me, err := p.Identity.Account(c.Context(), c.Actor())
	if err != nil {
		return nil, err
	}
	v := url.Values{
		"contact.name":  {me.DisplayName},
		"contact.phone": {me.Phone},
		"contact.email": {me.Email},
		"division":      {c.Actor().Division},
	}
	for path, value := range r.Values() {
		v.Set(path, value)
		if path == "cooperation" || path == "topics" {
			v[path] = strings.Split(value, "、")
		}
	}
	return &web.Form{Values: v}, nil
}

// markRead notes at each field which words it was filled from, or which may say it.
func markRead(sections []view.Section, r reading.Result) {
	at := map[string]reading.Found{}
	for _, f := range r.Found {
		path := f.Path
		if path == "budget.minFen" && at["budget.maxFen"].Quote == f.Quote {
			continue
		}
		if old, seen := at[path]; !seen || f.Sure && !old.Sure {
			at[path] = f
		}
	}
	for i := range sections {
		for j := range sections[i].Fields {
			field := &sections[i].Fields[j]
			f, ok := at[field.Name]
			switch {
			case !ok, strings.HasPrefix(f.Path, "targets.") && !strings.HasSuffix(f.Path, ".name"),
				strings.HasPrefix(f.Path, "advantages.") && !strings.HasSuffix(f.Path, ".name"):
			case f.Sure:
				field.Source = ui.Clip(f.Quote, 60)
			default:
				field.Doubt = ui.Clip(f.Quote, 60)
			}
		}
	}
}

// readBlocks say what was filled, what is missing and what for, and which words were left to the person.
func readBlocks(r reading.Result, it item) []ui.Block {
	filled := map[string]bool{}
	var doubts []view.Link
	for _, f := range r.Found {
		switch {
		case f.Sure:
			head, _, _ := strings.Cut(f.Path, ".")
			filled[head] = true
		case f.Path == "targets":
			doubts = append(doubts, view.Link{Label: "“" + ui.Clip(f.Quote, 60) + "”里的数字拿不准是不是指标", Href: "#targets.0.name"})
		}
	}
	said := &view.Notice{Tone: view.OK, Title: fmt.Sprintf("已从文字里填好 %d 项，都注明了取自哪一句", len(filled)), Text: "请逐项核对；读错的直接改。"}
	if len(filled) == 0 {
		said = &view.Notice{Tone: view.Warn, Title: "没有从文字里读出可以填的内容", Text: "请在下面逐项填写。"}
	}
	if r.Withheld {
		said.Text += "文字里的联系方式、单位信息没有取用，联系人请在最后一步填写。"
	}
	said.Items = doubts
	blocks := []ui.Block{{Parts: view.Parts{said}}}
	if missing := it.completeness().Missing; len(missing) > 0 {
		ask := &view.Notice{Title: "还缺这几项", Text: "不是每项都要填；写得越全，匹配越准，来谈的人越对口。"}
		for _, m := range missing[:min(6, len(missing))] {
			ask.Items = append(ask.Items, view.Link{Label: m.Label, Href: "#" + anchor(m.Path)})
		}
		blocks = append(blocks, ui.Block{Parts: view.Parts{ask}})
	}
	return blocks
}

// anchor is the control that a missing part is typed in.
func anchor(path string) string {
	switch path {
	case "targets", "advantages":
		return path + ".0.name"
	case "budget", "price":
		return path + ".negotiable"
	}
	return path
}
