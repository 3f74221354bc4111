package certify

import (
	"fmt"
	"unicode/utf8"

	"techmarket/internal/certify/extract"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// compareTexts shows what differs between the signed texts of two cases, with what stands around each difference.
func (p *Pages) compareTexts(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	other, err := c.ID("other")
	if err != nil {
		return err
	}
	found, err := p.Registry.Compare(c.Context(), c.Actor(), id, other)
	if err != nil {
		return err
	}
	page := c.Page("合同文本对照")
	page.Breadcrumbs = []view.Link{{Label: "登记工作台", Href: "/registry"}, {Label: found.One.Title, Href: fmt.Sprintf("/filings/%d", id)}}
	body := ui.Sheet{Lead: found.Other.IntakeNo + "《" + found.Other.Title + "》与 " + found.One.IntakeNo + "《" + found.One.Title + "》",
		Side: []ui.Block{{Card: true, Title: "两件申请", Parts: view.Parts{view.Links{
			{Label: found.Other.IntakeNo + "（对照的）", Href: fmt.Sprintf("/filings/%d", other)},
			{Label: found.One.IntakeNo + "（本件）", Href: fmt.Sprintf("/filings/%d", id)}}}}}}
	if found.Missing != "" {
		body.Main = []ui.Block{{Parts: view.Parts{view.Empty{Icon: "file-text", Title: "不能对照", Text: found.Missing}}}}
		return ui.ShowSheet(c, page, body)
	}
	differ := differing(found.Pieces)
	title := fmt.Sprintf("%d %% 的文字相同，%d 处不同", found.Share, len(differ))
	if len(differ) == 0 {
		body.Main = []ui.Block{{Parts: view.Parts{view.Notice{Tone: view.Warn, Title: "两份文本完全相同", Text: "是否重复申请，由登记员判断。"}}}}
		return ui.ShowSheet(c, page, body)
	}
	body.Main = []ui.Block{{Title: title, Intro: "划去的只在对照的文本里，下划线的只在本件里。只供核对，不说明有问题。", Parts: view.Parts{view.Prose(differ)}}}
	return ui.ShowSheet(c, page, body)
}

// around is how much of what is alike stands beside a difference, in characters; mostDiffer bounds the page.
const (
	around     = 40
	mostDiffer = 300
)

// differing are the differences, each run of them with its surroundings as a paragraph.
func differing(pieces []extract.Piece) []view.Text {
	var out []view.Text
	var run view.Text
	close := func() {
		if len(run) > 0 && len(out) < mostDiffer {
			out = append(out, run)
		}
		run = nil
	}
	for i, p := range pieces {
		switch {
		case !p.Is:
			run = append(run, view.Span{Text: p.Text, Gone: true})
		case !p.Was:
			run = append(run, view.Span{Text: p.Text, New: true})
		case utf8.RuneCountInString(p.Text) <= 2*around:
			run = append(run, view.Span{Text: p.Text})
		default:
			runes := []rune(p.Text)
			if i > 0 {
				run = append(run, view.Span{Text: string(runes[:around]) + "……"})
			}
			close()
			if i < len(pieces)-1 {
				run = view.Text{{Text: "……" + string(runes[len(runes)-around:])}}
			}
		}
	}
	close()
	if len(pieces) == 1 && pieces[0].Was && pieces[0].Is {
		return nil
	}
	return out
}
