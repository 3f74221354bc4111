package certify

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/extract"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func paperField(a *ui.Ask) view.Field {
	return view.Field{Kind: view.File, Name: "file", Label: "签好的合同", Required: true, Error: a.Errors["file"],
		Accept: ".pdf,.docx,.png,.jpg,.jpeg", Hint: "PDF、扫描件、Word（.docx）或照片，单个不超过 50 MB；可以直接拖到这里"}
}

// newContractBlocks offer a contract from its signed text, or by hand.
func newContractBlocks(a *ui.Ask) []ui.Block {
	form := view.NewForm("/contracts/paper", "读取并新建",
		paperField(a),
		a.Radio("buying", "我方是", "", []view.Option{{Value: "", Label: "卖方（提供技术的一方）"}, {Value: "1", Label: "买方，从境外引进"}}))
	return []ui.Block{
		{Card: true, Title: "新合同", ID: "new",
			Intro: "没有经过本市场洽谈的合同也可以申请登记。上传签好的合同，系统读出双方、金额、日期等，由您核对后填入。",
			Parts: view.Parts{a.Notice, form}},
		{Card: true, Title: "没有电子文本", Intro: "自己填写双方和合同内容，正本以后再上传。",
			Parts: view.Parts{view.Actions{{Label: "我方是卖方", Post: "/contracts", Kind: view.Quiet},
				{Label: "从境外引进，我方是买方", Post: "/contracts", Kind: view.Quiet, Hidden: []view.Pair{{Name: "buying", Value: "1"}}}}}},
	}
}

// createFromPaper makes a contract with its signed text and shows what was read.
func (p *Pages) createFromPaper(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	file, err := ui.Upload(c, p.Files, f, "file", "contract")
	if err != nil {
		if !ui.Refused(err) {
			return err
		}
		return p.showContracts(c, f, err)
	}
	k, err := p.Contracts.Create(c.Context(), c.Actor(), f.Bool("buying"))
	if err == nil {
		_, err = p.Contracts.Attach(c.Context(), c.Actor(), k.ID, file, contract.SignedText)
	}
	if err != nil {
		return ui.FlashRefusal(c, err, "/contracts")
	}
	return c.See(fmt.Sprintf("/contracts/%d/paper", k.ID))
}

// paperText reads the signed text of a contract; file is 0 where there is none.
func (p *Pages) paperText(c *web.Ctx, k contract.Contract) (reading extract.Reading, text extract.Text, file int64, err error) {
	return p.Texts.ReadSigned(c.Context(), k.Files, func(id int64) (*files.Opened, error) {
		return p.Files.Open(c.Context(), c.Actor(), files.Object{Kind: "contract", ID: k.ID}, id)
	})
}

// contractPaper shows what the signed text says, each with its place, to be taken over by ticks.
func (p *Pages) contractPaper(c *web.Ctx) error {
	k, err := p.readContract(c)
	if err != nil {
		return err
	}
	return p.showContractPaper(c, k, nil, nil)
}

func (p *Pages) showContractPaper(c *web.Ctx, k contract.Contract, form *web.Form, ferr error) error {
	reading, text, file, err := p.paperText(c, k)
	if err != nil {
		return err
	}
	here := fmt.Sprintf("/contracts/%d", k.ID)
	states := textState(text, reading.Blank)
	if text.Waiting {
		work := view.Progress{Label: "正在识别扫描件里的文字", Done: len(text.Recognised), Total: text.Pictures(),
			Note: "每页约十秒，可以离开本页。不使用脚本时，刷新本页看进度。", Poll: here + "/paper"}
		if c.Fragment() {
			return c.RenderFragment("", "progress", work)
		}
		states = []ui.Block{{Parts: view.Parts{work}}}
	} else if c.Fragment() {
		return c.See(here + "/paper")
	}
	page := c.Page("核对合同文本")
	page.Breadcrumbs = []view.Link{{Label: "我的合同", Href: "/contracts"}, {Label: contractTitle(k), Href: here}}
	a := ui.NewAsk(c, form, ferr)
	body := ui.Sheet{Lead: "系统从合同正本读出的内容只是建议：勾选的填入合同，没有勾选的不变。", Sample: k.Sample, Main: states,
		Actions: []view.Action{{Label: "去填写合同", Href: here, Kind: view.Quiet}}}
	if file == 0 {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Empty{Icon: "file-text", Title: "还没有能读取的合同正本",
			Text: "请先在附件里上传签好的合同（PDF、扫描件或 Word）。", Actions: []view.Action{{Label: "上传附件", Href: here + "/files"}}}}})
		return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
	}
	proposed := extract.Propose(k.Content, reading)
	same, _ := apart(extract.Compare(k.Content, reading))
	switch {
	case len(proposed) > 0 && mayEdit(c.Actor(), k):
		body.Main = append(body.Main, a.Blocks(proposalForm(a, k, proposed))...)
	case len(reading.Facts) > 0:
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Tone: view.OK, Title: "读出的内容都与填写的一致",
			Text: fmt.Sprintf("共 %d 项相符。", same)}}})
	}
	body.Side = paperPlaces(paperHref(k.ID, file), proposed, text, same)
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

// proposalForm offers each value with what is there now and where the text says it. Ticked from the start is only what is sure and fills
// an empty field.
func proposalForm(a *ui.Ask, k contract.Contract, proposed []extract.Row) view.Form {
	var options []view.Option
	var ticked []string
	for _, r := range proposed {
		hint := r.Fact.Place() + "：…" + r.Fact.Quote + "…　" + r.Fact.Why
		if r.Typed != "" {
			hint = "现在填的是“" + readWords(r.Path, r.Typed) + "”。" + hint
		}
		switch {
		case r.Fact.Clash:
			hint = "文本自相矛盾，请向对方核实。" + hint
		case !r.Fact.Sure:
			hint = "请核对。" + hint
		case r.Typed == "":
			ticked = append(ticked, r.Path)
		}
		options = append(options, view.Option{Value: r.Path, Label: r.Label + "：" + readWords(r.Path, r.Fact.Value), Hint: hint})
	}
	f := view.NewForm(fmt.Sprintf("/contracts/%d/paper", k.ID), "把勾选的填入合同",
		a.Checks("take", "用文本里的内容填写", ticked, options, ui.Hint("已勾选的是文本写得明确、合同里还空着的")))
	f.Hidden = []view.Pair{{Name: "version", Value: strconv.Itoa(k.Version)}}
	return f
}

// paperPlaces lead to the places in the paper; a Word text, which no browser shows, stands below by paragraphs.
func paperPlaces(href func(extract.Fact) string, proposed []extract.Row, text extract.Text, same int) []ui.Block {
	out := ui.Block{Card: true, Title: "合同正本", Parts: view.Parts{view.Links{{Label: "打开文件", Href: href(extract.Fact{})}}}}
	if same > 0 {
		out.Intro = fmt.Sprintf("另有 %d 项与填写的一致。", same)
	}
	if text.Word {
		var paragraphs view.Prose
		for i, p := range text.Pages[:min(len(text.Pages), 400)] {
			paragraphs = append(paragraphs, view.T(fmt.Sprintf("%d　%s", i+1, p)))
		}
		return []ui.Block{out, {Fold: "合同文字（按段）", Parts: view.Parts{paragraphs}}}
	}
	var links view.Links
	for _, r := range proposed {
		links = append(links, view.Link{Label: r.Label + "：" + r.Fact.Place(), Href: href(r.Fact)})
	}
	if len(links) > 0 {
		out.Add(links)
	}
	return []ui.Block{out}
}

// takeFromPaper fills the ticked values in. What the text says is read again: a form only names fields.
func (p *Pages) takeFromPaper(c *web.Ctx) error {
	k, err := p.readContract(c)
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	if err := contract.MayApply(c.Actor(), k.ApplicantOrg); err != nil {
		return err
	}
	here := fmt.Sprintf("/contracts/%d", k.ID)
	reading, _, file, err := p.paperText(c, k)
	if err != nil {
		return err
	}
	content, filled := extract.Apply(k.Content, reading, slices.Compact(f.Values["take"]))
	if len(filled) == 0 {
		c.Flash(view.Info, "没有勾选，合同没有改动。")
		return c.See(here)
	}
	_, err = p.Contracts.Adopt(c.Context(), c.Actor(), k.ID, f.Int("version"), content, filled, file)
	if err != nil {
		if ui.Refused(err) || fault.HasCode(err, "stale_version") {
			return p.showContractPaper(c, k, f, err)
		}
		return err
	}
	c.Flash(view.OK, fmt.Sprintf("已填入 %d 项，请接着填写其余部分。", len(filled)))
	return c.See(here)
}

// paperHref is the page of a fact in a contract's signed text; of no fact, the file.
func paperHref(id, file int64) func(extract.Fact) string {
	return func(f extract.Fact) string {
		u := url.URL{Path: fmt.Sprintf("/contracts/%d/files/%d", id, file)}
		if f.Unit == "页" {
			u.Fragment = fmt.Sprintf("page=%d", f.Page)
		}
		return u.String()
	}
}
