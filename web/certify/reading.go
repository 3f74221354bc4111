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
	out := textState(reading.Text, reading.Blank)
	if len(reading.Rows) == 0 {
		return out
	}
	same, rows := apart(reading.Rows)
	title := fmt.Sprintf("合同文本与申报：%d 项不同，%d 项相符", len(rows), same)
	if len(rows) == 0 {
		return append(out, ui.Block{Parts: view.Parts{view.Notice{Tone: view.OK, Title: title, Text: "由系统从合同文本读取，只供核对。"}}})
	}
	table := differences(func(f extract.Fact) string {
		return fmt.Sprintf("/filings/%d?paper=%d&page=%d", k.Filing.ID, reading.File, f.Page)
	}).Table("合同文本与申报内容", rows)
	return append(out, ui.Block{Fold: title, Intro: "由系统从合同文本读取，只供核对，不影响结论。", Parts: view.Parts{table}})
}

// apart counts the rows that agree and lists the others.
func apart(rows []extract.Row) (same int, differ []extract.Row) {
	for _, r := range rows {
		if r.Same {
			same++
			continue
		}
		differ = append(differ, r)
	}
	return same, differ
}

// differences are the columns of what differs between form and paper; href leads to the place in the paper.
func differences(href func(extract.Fact) string) ui.Columns[extract.Row] {
	return ui.Columns[extract.Row]{
		ui.TextColumn("项目", func(r extract.Row) string { return r.Label }),
		ui.TextColumn("申报", func(r extract.Row) string { return ui.FirstOf(readWords(r.Fact.Path, r.Typed), "没有填写") }),
		{Label: "合同文本", Cell: func(r extract.Row) view.Cell {
			said := view.Cell{Text: ui.FirstOf(readWords(r.Fact.Path, r.Fact.Value), "（不能确定）"), Note: r.Fact.Why}
			switch {
			case r.Fact.Clash:
				said.Tags = []view.Tag{{Label: "文本自相矛盾", Tone: view.Bad}}
			case !r.Fact.Sure:
				said.Tags = []view.Tag{{Label: "请核对", Tone: view.Warn}}
			}
			return said
		}},
		{Label: "文本原处", Cell: func(r extract.Row) view.Cell {
			return view.Cell{Text: r.Fact.Place(), Note: "…" + r.Fact.Quote + "…", Href: href(r.Fact)}
		}},
	}
}

// textState says how far a paper could be read: nothing where all of it was.
func textState(t extract.Text, blank int) []ui.Block {
	notice := func(tone view.Tone, title, text string) []ui.Block {
		return []ui.Block{{Parts: view.Parts{view.Notice{Tone: tone, Title: title, Text: text}}}}
	}
	switch {
	case t.Failure != "":
		return notice(view.Warn, "合同文本没有读出来", t.Failure)
	case t.Waiting:
		return []ui.Block{{Parts: view.Parts{view.Progress{Label: "正在识别扫描件里的文字", Done: len(t.Recognised), Total: t.Pictures(),
			Note: "每页约十秒，在后台进行，可以离开。刷新本页看进度。"}}}}
	case t.Unable != "":
		return notice(view.Warn, fmt.Sprintf("有 %d 页是图片，没有读取", t.Pictures()), t.Unable)
	case blank > 0:
		return notice(view.Info, fmt.Sprintf("有 %d 页没有读出文字", blank), "可能是空白页，或太模糊；请对照原件。")
	case len(t.Recognised) > 0:
		return notice(view.Info, fmt.Sprintf("有 %d 页是识别出来的", len(t.Recognised)), "扫描件识别难免有误，金额和日期请对照原件。")
	}
	return nil
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
