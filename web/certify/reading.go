package certify

import (
	"fmt"

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
	t := view.Table{Caption: "合同文本与申报内容", HideCaption: true,
		Columns: []view.Column{{Label: "项目"}, {Label: "申报"}, {Label: "合同文本"}, {Label: "文本原处"}}}
	same := 0
	for _, r := range reading.Rows {
		if r.Same {
			same++
			continue
		}
		said := view.Cell{Text: ui.FirstOf(readWords(r.Fact.Path, r.Fact.Value), "（不能确定）"), Note: r.Fact.Why}
		if !r.Fact.Sure {
			said.Tags = []view.Tag{{Label: "请核对", Tone: view.Warn}}
		}
		place := view.Cell{Text: fmt.Sprintf("第 %d 页", r.Fact.Page), Note: "…" + r.Fact.Quote + "…",
			Href: fmt.Sprintf("/filings/%d?paper=%d", k.Filing.ID, reading.File)}
		t.Rows = append(t.Rows, view.TableRow{Cells: []view.Cell{{Text: r.Label, Header: true},
			{Text: ui.FirstOf(readWords(r.Fact.Path, r.Typed), "没有填写")}, said, place}})
	}
	title := fmt.Sprintf("合同文本与申报：%d 项不同，%d 项相符", len(t.Rows), same)
	if len(t.Rows) == 0 {
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
