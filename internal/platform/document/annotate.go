package document

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Annotate gives a table back as a workbook with one more column 错误说明, in red, saying what is wrong with each row (by its
// number), so that a person mends the file instead of comparing lists. The heading stands in headRow. A workbook of reasonable
// size stays as it is otherwise; a CSV file or a large workbook is written anew, cell by cell as text.
func Annotate(ctx context.Context, w io.Writer, name string, raw []byte, headRow int, wrong map[int]string) error {
	csv := strings.HasSuffix(strings.ToLower(name), ".csv")
	if !csv && inMemory(ctx, raw) {
		return annotateExcel(ctx, w, raw, headRow, wrong)
	}
	read := func() iter.Seq2[TableRow, error] {
		if csv {
			return ReadCSV(ctx, bytes.NewReader(raw))
		}
		return ReadExcel(ctx, bytes.NewReader(raw))
	}
	widest := 0
	for row, err := range read() {
		if err != nil {
			return err
		}
		widest = max(widest, len(row.Cells))
		if n := len(row.Cells); row.Number == headRow && n > 0 && row.Cell(n-1) == Annotation {
			widest = n - 1
			break
		}
	}
	f := excelize.NewFile()
	defer f.Close()
	red, err := f.NewStyle(redText)
	if err != nil {
		return fmt.Errorf("annotate: %w", err)
	}
	text := "@"
	plain, err := f.NewStyle(&excelize.Style{CustomNumFmt: &text})
	if err != nil {
		return fmt.Errorf("annotate: %w", err)
	}
	out, err := f.NewStreamWriter("Sheet1")
	if err == nil {
		err = out.SetColWidth(1, widest+1, 16)
	}
	for row, rowErr := range read() {
		if err = errors.Join(err, rowErr); err != nil {
			break
		}
		cells := make([]any, widest+1)
		for i := range min(widest, len(row.Cells)) {
			cells[i] = excelize.Cell{StyleID: plain, Value: clip(clean(row.Cell(i)))}
		}
		if said := wrong[row.Number]; said != "" || row.Number == headRow {
			if row.Number == headRow {
				said = Annotation
			}
			cells[widest] = excelize.Cell{StyleID: red, Value: clip(clean(said))}
		}
		err = out.SetRow(fmt.Sprintf("A%d", row.Number), cells)
	}
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		err = f.Write(w)
	}
	if err != nil {
		return fmt.Errorf("annotate: %w", err)
	}
	return nil
}

var redText = &excelize.Style{Font: &excelize.Font{Color: "C00000"}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}

// inMemory reports whether a workbook is small enough, really unpacked, to be changed in place.
func inMemory(ctx context.Context, raw []byte) bool {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil || len(z.File) > maxParts {
		return false
	}
	left := int64(16 << 20) // bytes; excelize holds about ten times as much
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return false
		}
		_, err = io.Copy(io.Discard, counted{ctx, r, &left})
		r.Close()
		if err != nil {
			return false
		}
	}
	return true
}

func annotateExcel(ctx context.Context, w io.Writer, raw []byte, headRow int, wrong map[int]string) error {
	widest, last, before := 0, 0, false
	for row, err := range ReadExcel(ctx, bytes.NewReader(raw)) {
		if err != nil {
			return err
		}
		last = row.Number
		n := len(row.Cells)
		switch {
		case row.Number == headRow && n > 0 && row.Cell(n-1) == Annotation:
			widest, before = n-1, true // annotated before: the same column again
		case row.Number >= headRow && !before:
			widest = max(widest, n)
		}
	}
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		return bookFault(err)
	}
	defer f.Close()
	name, err := firstVisible(f)
	if err != nil {
		return err
	}
	red, err := f.NewStyle(redText)
	if err != nil {
		return fmt.Errorf("annotate excel: %w", err)
	}
	column, err := excelize.ColumnNumberToName(widest + 1)
	if err != nil {
		return fmt.Errorf("annotate excel: %w", err)
	}
	put := func(row int, text string) error {
		at := fmt.Sprintf("%s%d", column, row)
		if err := f.SetCellStr(name, at, clip(clean(text))); err != nil {
			return err
		}
		return f.SetCellStyle(name, at, at, red)
	}
	if err := put(headRow, Annotation); err != nil {
		return fmt.Errorf("annotate excel: %w", err)
	}
	for row := headRow + 1; row <= last; row++ {
		if text := wrong[row]; text != "" || before {
			if err := put(row, text); err != nil {
				return fmt.Errorf("annotate excel: %w", err)
			}
		}
	}
	if err := f.SetColWidth(name, column, column, 50); err != nil {
		return fmt.Errorf("annotate excel: %w", err)
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("annotate excel: %w", err)
	}
	return nil
}

func firstVisible(f *excelize.File) (string, error) {
	for _, name := range f.GetSheetList() {
		if visible, err := f.GetSheetVisible(name); err == nil && visible {
			return name, nil
		}
	}
	return "", bookFault(errors.New("no visible sheet"))
}

// Annotation heads the column that Annotate adds.
const Annotation = "错误说明"
