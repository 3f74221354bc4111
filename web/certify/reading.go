package certify

import (
	"fmt"

	"techmarket/internal/certify/extract"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/codes"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// readingBlocks set what the signed text says beside what was filed: what differs in full, what agrees as a count. The reading only
// points to places; the registrar decides.
func readingBlocks(k registry.Case, reading registry.PaperReading) []ui.Block {
	if len(reading.Rows) == 0 {
		return nil
	}
	type row = extract.Row
	var differing []row
	for _, r := range reading.Rows {
		if !r.Same {
			differing = append(differing, r)
		}
	}
	t := ui.Columns[row]{
		ui.TextColumn("项目", func(r row) string { return r.Label }),
		ui.TextColumn("申报", func(r row) string { return ui.FirstOf(readWords(r.Fact.Path, r.Typed), "没有填写") }),
		{Label: "合同文本", Cell: func(r row) view.Cell {
			said := view.Cell{Text: ui.FirstOf(readWords(r.Fact.Path, r.Fact.Value), "（不能确定）"), Note: r.Fact.Why}
			if !r.Fact.Sure {
				said.Tags = []view.Tag{{Label: "请核对", Tone: view.Warn}}
			}
			return said
		}},
		{Label: "文本原处", Cell: func(r row) view.Cell {
			return view.Cell{Text: fmt.Sprintf("第 %d 页", r.Fact.Page), Note: "…" + r.Fact.Quote + "…",
				Href: fmt.Sprintf("/filings/%d?paper=%d", k.Filing.ID, reading.File)}
		}},
	}.Table("合同文本与申报内容", differing)
	same := len(reading.Rows) - len(differing)
	title := fmt.Sprintf("合同文本与申报：%d 项不同，%d 项相符", len(differing), same)
	if len(differing) == 0 {
		return []ui.Block{{Parts: view.Parts{view.Notice{Tone: view.OK, Title: title, Text: "由系统从合同文本读取，只供核对。"}}}}
	}
	intro := "由系统从合同文本读取，只供核对，不影响结论。"
	if reading.Scanned > 0 {
		intro += fmt.Sprintf("有 %d 页是图片，没有读取。", reading.Scanned)
	}
	return []ui.Block{{Fold: title, Intro: intro, Parts: view.Parts{t}}}
}

// readWords says a code of the form in words.
func readWords(path, value string) string {
	switch {
	case value == "":
		return ""
	case path == "elements.classCode":
		return ui.ClassName(value)
	case path == "elements.payment":
		return codes.Payment.Label(value)
	}
	return value
}
