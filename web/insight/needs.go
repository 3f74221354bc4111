package insight

import (
	"techmarket/internal/insight/stats"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

// needsBlock is the way of the needs of the period: the rows add up to all that were submitted.
func needsBlock(c *web.Ctx, paths []stats.NeedPath, q stats.Query, mark string) ui.Block {
	t := view.Table{Caption: "需求的去向", HideCaption: true, Columns: []view.Column{{Label: "去向"}, {Label: "没有诊断过", Numeric: true},
		{Label: "诊断过", Numeric: true}, {Label: "合计", Numeric: true}}}
	for _, r := range words.NeedRows(paths) {
		t.Rows = append(
			t.Rows,
			view.TableRow{Cells: view.Cells(r.Label, view.Count(r.Straight), view.Count(r.Judged), view.Count(r.Straight+r.Judged))},
		)
	}
	return ui.Block{ID: "needs", Title: c.T("需求的去向%s", mark), Intro: c.T("提交审核的需求，每条计一次；先诊断后发布的仍算诊断过。%s。", span(c, q.From, q.To)),
		Parts: view.Parts{t}}
}

// reasonsBlock lists judgements and the reasons of what came to nothing.
func reasonsBlock(c *web.Ctx, all []stats.Reason, q stats.Query, mark string) ui.Block {
	t := view.Table{
		Caption:     "判断和未成的原因",
		HideCaption: true,
		Columns:     []view.Column{{Label: "哪一步"}, {Label: "原因"}, {Label: "件数", Numeric: true}},
		Empty:       view.Empty{Title: "这段时间没有"},
	}
	for _, r := range all {
		step, label := words.StatsReason(r)
		t.Rows = append(t.Rows, view.TableRow{Cells: view.Cells(step, label, view.Count(r.Count))})
	}
	return ui.Block{ID: "reasons", Title: c.T("判断和未成的原因%s", mark), Intro: c.T("按登记的原因代码，一件有几个原因的按第一个。%s。", span(c, q.From, q.To)),
		Parts: view.Parts{t}}
}
