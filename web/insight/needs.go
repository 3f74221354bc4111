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
	type row = words.NeedRow
	t := ui.Columns[row]{
		ui.TextColumn("去向", func(r row) string { return r.Label }),
		ui.CountColumn("没有诊断过", func(r row) int { return r.Straight }),
		ui.CountColumn("诊断过", func(r row) int { return r.Judged }),
		ui.CountColumn("合计", func(r row) int { return r.Straight + r.Judged }),
	}.Table("需求的去向", words.NeedRows(paths))
	return ui.Block{ID: "needs", Title: c.T("需求的去向%s", mark), Intro: c.T("提交审核的需求，每条计一次；先诊断后发布的仍算诊断过。%s。", span(c, q.From, q.To)),
		Parts: view.Parts{t}}
}

// reasonsBlock lists judgements and the reasons of what came to nothing.
func reasonsBlock(c *web.Ctx, all []stats.Reason, q stats.Query, mark string) ui.Block {
	type row = stats.Reason
	t := ui.Columns[row]{
		ui.TextColumn("哪一步", func(r row) string {
			step, _ := words.StatsReason(r)
			return step
		}),
		ui.TextColumn("原因", func(r row) string {
			_, label := words.StatsReason(r)
			return label
		}),
		ui.CountColumn("件数", func(r row) int { return r.Count }),
	}.Table("判断和未成的原因", all)
	t.Empty = view.Empty{Title: "这段时间没有"}
	return ui.Block{ID: "reasons", Title: c.T("判断和未成的原因%s", mark), Intro: c.T("按登记的原因代码，一件有几个原因的按第一个。%s。", span(c, q.From, q.To)),
		Parts: view.Parts{t}}
}
