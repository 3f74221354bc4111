package ui

import (
	"strconv"
	"testing"

	"techmarket/web/view"
)

func TestColumns_HeadingAndCellStandTogether(t *testing.T) {
	t.Parallel()
	cols := Columns[int]{
		{Label: "数", Cell: func(n int) view.Cell { return view.Cell{Text: strconv.Itoa(n)} }},
		{Label: "平方", Numeric: true, Cell: func(n int) view.Cell { return view.Cell{Text: strconv.Itoa(n * n)} }},
	}
	table := cols.Table("数表", []int{2, 3})
	if len(table.Columns) != 2 || !table.Columns[1].Numeric || table.Caption != "数表" || !table.HideCaption {
		t.Errorf("head: got %+v", table)
	}
	last := table.Rows[1].Cells
	if len(table.Rows) != 2 || last[1].Text != "9" || !last[0].Header || last[1].Header {
		t.Errorf("rows: got %+v", table.Rows)
	}
}
