package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/xuri/excelize/v2"

	"techmarket/internal/foundation/fault"
)

// The limits of a table that is read. Unpacked bytes are counted as they come, whatever the archive says of itself.
const (
	maxTableRows    = 200_000
	maxTableColumns = 200
	maxUnpacked     = 128 << 20 // bytes
)

// TableRow is one row of a table as read that holds something, the heading included.
type TableRow struct {
	Number int // as the person sees it in the file, from 1
	Cells  []Cell
	Hidden bool   // the sheet does not show it
	Sheet  string // its name; "" in a CSV file
	Broken bool   // CSV: its quotes don't pair, it was cut at the separators
}

// Addr names a cell as the person finds it: "C5" in a sheet, "第 5 行第 3 列" in a CSV file. column counts from 0.
func (r TableRow) Addr(column int) string {
	if r.Sheet != "" {
		if name, err := excelize.CoordinatesToCellName(column+1, r.Number); err == nil {
			return name
		}
	}
	return fmt.Sprintf("第 %d 行第 %d 列", r.Number, column+1)
}

// At is a column's cell, counted from 0; blank beyond the end and beside the first column of merged cells.
func (r TableRow) At(column int) Cell {
	if column < 0 || column >= len(r.Cells) || r.Cells[column].beside {
		return Cell{}
	}
	return r.Cells[column]
}

// Cell is the trimmed text of At.
func (r TableRow) Cell(column int) string { return strings.TrimSpace(r.At(column).Text) }

// Texts are the texts of all cells.
func (r TableRow) Texts() []string {
	out := make([]string, len(r.Cells))
	for i := range r.Cells {
		out[i] = r.Cell(i)
	}
	return out
}

// Empty reports whether the row holds nothing of its own; what is merged down from the row above is not its own.
func (r TableRow) Empty() bool {
	for _, c := range r.Cells {
		if c.Kind != Blank && !c.below && !c.beside {
			return false
		}
	}
	return true
}

// Continues reports whether a row belongs to the heading above it, because a cell of that is merged down into it.
func (r TableRow) Continues() bool {
	for _, c := range r.Cells {
		if c.below {
			return true
		}
	}
	return false
}

// ReadTable walks an uploaded table by its name's ending. Faults: Invalid "file_kind" and those of the reader; Timeout
// "sheet_timeout" where the context ends first.
func ReadTable(ctx context.Context, name string, content []byte) (iter.Seq2[TableRow, error], error) {
	switch {
	case strings.HasSuffix(strings.ToLower(name), ".xlsx"):
		return ReadExcel(ctx, bytes.NewReader(content)), nil
	case strings.HasSuffix(strings.ToLower(name), ".csv"):
		return ReadCSV(ctx, bytes.NewReader(content)), nil
	}
	return nil, fault.New(fault.Invalid, "file_kind", "请上传 Excel（.xlsx）或 CSV 文件")
}

var errTooLarge = fault.Newf(fault.Invalid, "sheet_too_large", "表格太大：最多 %d 行、%d 列，解压后最多 %d MB。请删除多余的内容，或拆分成几个文件导入。",
	maxTableRows, maxTableColumns, maxUnpacked>>20)

// errSlow is not Invalid: nothing is wrong with the file but its size for the time that is left.
func errSlow(cause error) error {
	return fault.Wrap(cause, fault.Unavailable, "sheet_timeout", "读取这个文件超过了时限。请拆分成几个文件导入。")
}

// counted counts what is really read against a limit that several streams share, and ends with the context.
type counted struct {
	ctx  context.Context
	r    io.Reader
	left *int64
}

func (c counted) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, errSlow(err)
	}
	n, err := c.r.Read(p)
	if *c.left -= int64(n); *c.left < 0 {
		return n, errTooLarge
	}
	return n, err
}

// keepFault passes on the reader's own faults and gives others the words of a broken file.
func keepFault(err error, otherwise func(error) error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	return otherwise(err)
}
