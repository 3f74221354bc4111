package certify

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/fault"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// casePapers is the left of the workbench: what was filed, and each paper with the browser's own viewer.
func casePapers(k registry.Case, open int64) Papers {
	f, e := k.Filing, k.Contract.Content.Elements
	var facts []view.Fact
	for _, part := range contract.Sheet(k.Contract.Content) {
		for _, line := range part.Lines {
			if line.Path == "elements.summary" { // stands below, in paragraphs
				continue
			}
			fact := view.Fact{Label: line.Label, Text: view.T(line.Value)}
			if part.Title != "合同" {
				fact.Label = part.Title + "：" + line.Label
			}
			facts = append(facts, fact)
		}
	}
	d := Papers{Paper: Paper{Title: e.Name, Facts: &view.Facts{Items: facts}}}
	for para := range strings.SplitSeq(e.Summary, "\n") {
		if para = strings.TrimSpace(para); para != "" {
			d.Paper.Paras = append(d.Paper.Paras, para)
		}
	}
	here := fmt.Sprintf("/filings/%d", f.ID)
	d.Tabs = []view.Link{{Label: "申报内容", Href: here, Current: open == 0}}
	for _, file := range k.Contract.Files {
		link := view.Link{Label: ui.FileRoleLabel(file.Role), Href: fmt.Sprintf("%s?paper=%d", here, file.ID), Current: open == file.ID}
		d.Tabs = append(d.Tabs, link)
		if link.Current {
			address := fmt.Sprintf("%s/files/%d", here, file.ID)
			d.Paper = Paper{
				Title: ui.FileRoleLabel(file.Role),
				File:  &view.FileItem{Name: file.Name, Href: address, Size: view.FileSize(file.Size)},
			}
			if strings.HasSuffix(strings.ToLower(file.Name), ".pdf") {
				d.Paper.Frame = address
			}
		}
	}
	return d
}

// findInPaper adds the search of the open PDF, what it found, and the page to show.
func (p *Pages) findInPaper(c *web.Ctx, k registry.Case, d *Papers, q *web.Form) error {
	if d.Paper.Frame == "" {
		return nil
	}
	if n := q.Int("page"); n > 0 {
		d.Paper.Frame += fmt.Sprintf("#page=%d", n)
	}
	here, paper := fmt.Sprintf("/filings/%d", k.Filing.ID), q.ID("paper")
	d.Find = &PaperFind{Action: here, Paper: strconv.FormatInt(paper, 10), Word: q.Text("find")}
	if !q.Values.Has("find") {
		return nil
	}
	found, err := p.Registry.FindInPaper(c.Context(), c.Actor(), k.Filing.ID, paper, d.Find.Word)
	if fault.Is(err, fault.Invalid) {
		for _, f := range c.Fault(err).Fields {
			d.Find.Error = f.Message
		}
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case found.Failure != "":
		d.Find.Status = found.Failure
	case found.Scanned == found.Pages:
		d.Find.Status = fmt.Sprintf("这份文件共 %d 页，是扫描件，没有可以查找的文字，请逐页阅读。", found.Pages)
	case found.Total == 0:
		d.Find.Status = fmt.Sprintf("共 %d 页，没有找到“%s”。", found.Pages, found.Word)
	default:
		d.Find.Status = fmt.Sprintf("共 %d 处，在 %d 页里。", found.Total, found.Pages)
	}
	if found.Failure == "" && found.Scanned > 0 && found.Scanned < found.Pages {
		d.Find.Status += fmt.Sprintf("其中 %d 页是扫描的图片，没有文字，请另看。", found.Scanned)
	}
	for _, h := range found.Hits {
		v := url.Values{"paper": {d.Find.Paper}, "find": {found.Word}, "page": {strconv.Itoa(h.Page)}}
		d.Find.Hits = append(
			d.Find.Hits,
			PaperHit{
				Page:   fmt.Sprintf("第 %d 页", h.Page),
				Before: h.Before,
				Match:  h.Match,
				After:  h.After,
				Href:   here + "?" + v.Encode(),
				Place:  h.Place(),
			},
		)
	}
	return nil
}
