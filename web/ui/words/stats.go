package words

import (
	"cmp"
	"iter"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/insight/stats"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/platform/document"
	"techmarket/internal/trade/deal"
)

// NeedRow is one line of 需求的去向: how many needs went that way without and after a diagnosis.
type NeedRow struct {
	Label            string
	Straight, Judged int
}

// NeedRows are the ways of needs in their order, and their sum last: it is all that were submitted. Ways that nobody expects, and
// nobody went, are left out.
func NeedRows(paths []stats.NeedPath) []NeedRow {
	var out []NeedRow
	sum := NeedRow{Label: "合计"}
	for _, row := range []struct {
		label             string
		published, agreed bool
	}{{"发布过，达成一致", true, true}, {"发布过，还没有达成", true, false}, {"没有发布，达成一致", false, true}, {"没有发布", false, false}} {
		n := NeedRow{Label: row.label}
		for _, p := range paths {
			switch {
			case p.Published != row.published || p.Agreed != row.agreed:
			case p.Diagnosed:
				n.Judged += p.Count
			default:
				n.Straight += p.Count
			}
		}
		sum.Straight, sum.Judged = sum.Straight+n.Straight, sum.Judged+n.Judged
		if n.Straight+n.Judged > 0 || row.published != row.agreed {
			out = append(out, n)
		}
	}
	return append(out, sum)
}

// StatsReason names the step and the code of a reason, by the list of the room that the code comes from.
func StatsReason(r stats.Reason) (step, label string) {
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

// NeedSheet is 需求的去向 as a sheet.
func NeedSheet(q stats.Query, paths []stats.NeedPath) document.Sheet {
	var rows [][]any
	for _, r := range NeedRows(paths) {
		rows = append(rows, []any{r.Label, r.Straight, r.Judged, r.Straight + r.Judged})
	}
	return document.Sheet{Name: "需求的去向", Notes: notes(q), Rows: each(rows), Columns: []document.SheetColumn{{Title: "去向", Width: 24},
		{Title: "没有诊断过", Kind: document.Count}, {Title: "诊断过", Kind: document.Count}, {Title: "合计", Kind: document.Count}}}
}

// ReasonSheet is 判断和未成的原因 as a sheet.
func ReasonSheet(q stats.Query, all []stats.Reason) document.Sheet {
	var rows [][]any
	for _, r := range all {
		step, label := StatsReason(r)
		rows = append(rows, []any{step, label, r.Count})
	}
	return document.Sheet{Name: "判断和未成的原因", Notes: notes(q), Rows: each(rows), Columns: []document.SheetColumn{{Title: "哪一步", Width: 18},
		{Title: "原因", Width: 36}, {Title: "件数", Kind: document.Count}}}
}

func notes(q stats.Query) []string {
	out := []string{q.From + " – " + q.To}
	if q.Sample {
		out = append(out, "含样例数据，不能作为统计依据")
	}
	return out
}

func each(rows [][]any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}
