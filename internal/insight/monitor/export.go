package monitor

import (
	"fmt"
	"io"
	"iter"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/platform/document"
)

// AreaName is a row of the tables.
func AreaName(code string) string {
	if code == region.Root {
		return "自治区本级（未细分）"
	}
	return region.Name(code)
}

// Export writes what the page shows, from the same values: csv holds the indicators, xlsx the leagues and the flow behind them. Name gives
// the words of a key.
func (r Reading) Export(w io.Writer, format string, name func(Value) string) error {
	notes := []string{region.Name(r.Area) + "，" + r.From + " 至 " + r.To + "；截至 " + clock.Local(r.AsOf).Format("2006-01-02 15:04")}
	if r.Stars() {
		notes = append(notes, "* 为不足三家或一家占比过高而隐去的数，及为防止推算而一并隐去的数")
	}
	head := "指标"
	if r.Sample {
		notes, head = append(notes, "含样例数据，不能作为统计依据"), "指标（含样例数据，不能作为统计依据）"
	}
	figures := document.Sheet{Name: "监测指标", Notes: notes, Columns: []document.SheetColumn{{Title: "编号", Width: 8}, {Title: head, Width: 34},
		{Title: "单位", Width: 8}, {Title: "数值", Width: 18}, {Title: "上年同期", Width: 18}, {Title: "增长", Width: 18}, {Title: "分子", Width: 40},
		{Title: "分母", Width: 24}, {Title: "口径版本", Width: 20}, {Title: "说明", Width: 30}}, Rows: r.rows(name)}
	switch format {
	case "csv":
		return document.WriteCSV(w, figures)
	case "xlsx":
		return document.WriteExcel(w, figures, r.leagues(notes), r.flow(notes))
	}
	return fault.New(fault.Invalid, "unknown_format", "请选择 csv 或 xlsx")
}

func (r Reading) rows(name func(Value) string) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, v := range r.Values {
			shown, note := v.Shown, v.Note
			if v.Missing != "" {
				shown, note = "", v.Missing
			}
			label := v.Name
			if v.Key != "" || v.Dim != "" {
				label += "：" + name(v)
			}
			version := fmt.Sprintf("第 %d 版，自 %s", v.Version, v.ValidFrom.Format("2006-01-02"))
			if !yield([]any{v.Code, label, v.MeasuredIn, shown, v.Before, v.Growth, v.Numerator, v.Denominator, version, note}, nil) {
				return
			}
		}
	}
}

func (r Reading) leagues(notes []string) document.Sheet {
	return document.Sheet{Name: "分盟市", Notes: notes, Columns: []document.SheetColumn{{Title: "盟市", Width: 22}, {Title: "输出项数"},
		{Title: "输出成交额（元）", Width: 20}, {Title: "吸纳项数"}, {Title: "吸纳成交额（元）", Width: 20}}, Rows: func(yield func([]any, error) bool) {
		for i, a := range r.Areas {
			if !yield([]any{AreaName(a), r.Output.N[i], r.Output.C[i], r.Absorption.N[i], r.Absorption.C[i]}, nil) {
				return
			}
		}
		yield([]any{"合计", r.Output.TotalN, r.Output.TotalC, r.Absorption.TotalN, r.Absorption.TotalC}, nil)
	}}
}

func (r Reading) flow(notes []string) document.Sheet {
	sheet := document.Sheet{
		Name:    "流向",
		Notes:   append(notes, "行为卖方所在盟市，列为买方所在盟市，成交额（元）"),
		Columns: []document.SheetColumn{{Title: "卖方 ＼ 买方", Width: 22}},
	}
	for _, a := range r.Areas {
		sheet.Columns = append(sheet.Columns, document.SheetColumn{Title: AreaName(a), Width: 16})
	}
	sheet.Columns = append(sheet.Columns, document.SheetColumn{Title: "合计", Width: 18})
	sheet.Rows = func(yield func([]any, error) bool) {
		line := func(head string, cells []string, sum string) bool {
			row := []any{head}
			for _, c := range cells {
				row = append(row, c)
			}
			return yield(append(row, sum), nil)
		}
		for i, a := range r.Areas {
			if !line(AreaName(a), r.Flow.C[i], r.Flow.RowsC[i]) {
				return
			}
		}
		line("合计", r.Flow.ColsC, r.Flow.TotalC)
	}
	return sheet
}
