package insight

import (
	"cmp"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/insight/stats"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/trade/deal"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// needsBlock is the way of the needs of the period: the rows add up to all that were submitted.
func needsBlock(c *web.Ctx, paths []stats.NeedPath, q stats.Query, mark string) ui.Block {
	t := view.Table{Caption: "需求的去向", HideCaption: true, Columns: []view.Column{{Label: "去向"}, {Label: "没有诊断过", Numeric: true},
		{Label: "诊断过", Numeric: true}, {Label: "合计", Numeric: true}}}
	sum := [3]int{}
	for _, row := range []struct {
		label             string
		published, agreed bool
	}{{"发布过，达成一致", true, true}, {"发布过，还没有达成", true, false}, {"没有发布，达成一致", false, true}, {"没有发布", false, false}} {
		var n [2]int
		for _, p := range paths {
			if p.Published == row.published && p.Agreed == row.agreed {
				n[map[bool]int{true: 1}[p.Diagnosed]] += p.Count
			}
		}
		sum[0], sum[1], sum[2] = sum[0]+n[0], sum[1]+n[1], sum[2]+n[0]+n[1]
		if n[0]+n[1] > 0 || row.published != row.agreed {
			t.Rows = append(t.Rows, view.TableRow{Cells: view.Cells(row.label, view.Count(n[0]), view.Count(n[1]), view.Count(n[0]+n[1]))})
		}
	}
	t.Rows = append(t.Rows, view.TableRow{Cells: view.Cells("合计", view.Count(sum[0]), view.Count(sum[1]), view.Count(sum[2]))})
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
		step, label := reasonWords(r)
		t.Rows = append(t.Rows, view.TableRow{Cells: view.Cells(step, label, view.Count(r.Count))})
	}
	return ui.Block{ID: "reasons", Title: c.T("判断和未成的原因%s", mark), Intro: c.T("按登记的原因代码，一件有几个原因的按第一个。%s。", span(c, q.From, q.To)),
		Parts: view.Parts{t}}
}

// reasonWords names the step and the code, by the list of the room that the code comes from.
func reasonWords(r stats.Reason) (step, label string) {
	switch r.What {
	case "triage":
		step = "需求判断"
		for _, c := range demand.Triages() {
			if c.Code == r.Code {
				label = c.Label
			}
		}
	case "close":
		step, label = "关闭成果或需求", listing.CloseLabel(r.Code)
	case "decline", "end":
		step = map[string]string{"decline": "谢绝对接", "end": "结束洽谈"}[r.What]
		for _, c := range deal.EndReasons() {
			if c.Code == r.Code {
				label = c.Label
			}
		}
	case "intake":
		step, label = "不予受理", codes.IntakeRefusal.Label(r.Code)
	case "refuse":
		step, label = "不予登记", codes.Refusal.Label(r.Code)
	}
	return step, cmp.Or(label, r.Code, "没有写明")
}
