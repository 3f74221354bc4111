package document

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// The limits of a table that is read.
const (
	maxTableRows    = 200_000
	maxTableColumns = 200
	maxUnzipped     = 256 << 20 // bytes; excelize's own limit is 16 GB
	maxSheetXML     = 32 << 20  // bytes held in memory before a sheet goes to a temporary file
)

// TableRow is one row of a table as read, the heading included.
type TableRow struct {
	Number int // as the person sees it in the file, from 1
	Cells  []string
	sheet  bool
}

// Addr names a cell as the person finds it: "C5" in a sheet, "第 5 行第 3 列" in a CSV file. column counts from 0.
func (r TableRow) Addr(column int) string {
	if r.sheet {
		if name, err := excelize.CoordinatesToCellName(column+1, r.Number); err == nil {
			return name
		}
	}
	return fmt.Sprintf("第 %d 行第 %d 列", r.Number, column+1)
}

// Cell is the trimmed text of a column counted from 0, "" beyond the end.
func (r TableRow) Cell(column int) string {
	if column < 0 || column >= len(r.Cells) {
		return ""
	}
	return strings.TrimSpace(r.Cells[column])
}

// Empty reports whether no cell holds anything.
func (r TableRow) Empty() bool {
	for i := range r.Cells {
		if r.Cell(i) != "" {
			return false
		}
	}
	return true
}

// ReadExcel walks the rows of the first visible sheet, values as they are stored (dates as 2006-01-02, no thousands
// separators). Memory stays bounded whatever the file says of itself.
//
// Faults (Invalid): sheet_broken, sheet_encrypted, sheet_too_large.
func ReadExcel(r io.Reader) iter.Seq2[TableRow, error] {
	return func(yield func(TableRow, error) bool) {
		f, err := openExcel(r)
		if err != nil {
			yield(TableRow{}, err)
			return
		}
		defer f.Close()
		name, err := firstVisible(f)
		if err != nil {
			yield(TableRow{}, err)
			return
		}
		rows, err := f.Rows(name)
		if err != nil {
			yield(TableRow{}, sheetFault(err))
			return
		}
		defer rows.Close()
		for n := 1; rows.Next(); n++ {
			cells, err := rows.Columns(excelize.Options{RawCellValue: false, ShortDatePattern: "yyyy-mm-dd", LongDatePattern: "yyyy-mm-dd"})
			if err != nil {
				yield(TableRow{}, sheetFault(err))
				return
			}
			if err := bounds(n, len(cells)); err != nil {
				yield(TableRow{}, err)
				return
			}
			if !yield(TableRow{Number: n, Cells: cells, sheet: true}, nil) {
				return
			}
		}
		if err := rows.Error(); err != nil {
			yield(TableRow{}, sheetFault(err))
		}
	}
}

func openExcel(r io.Reader) (*excelize.File, error) {
	f, err := excelize.OpenReader(r, excelize.Options{UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxSheetXML})
	if err != nil {
		return nil, sheetFault(err)
	}
	return f, nil
}

func firstVisible(f *excelize.File) (string, error) {
	for _, name := range f.GetSheetList() {
		if visible, err := f.GetSheetVisible(name); err == nil && visible {
			return name, nil
		}
	}
	return "", fault.New(fault.Invalid, "sheet_broken", "工作簿里没有可以读取的工作表。请下载模板重新填写。")
}

func bounds(row, columns int) error {
	if row > maxTableRows || columns > maxTableColumns {
		return fault.Newf(fault.Invalid, "sheet_too_large", "表格太大：最多 %d 行、%d 列。请拆分成几个文件导入。", maxTableRows, maxTableColumns)
	}
	return nil
}

func sheetFault(err error) error {
	switch {
	case errors.Is(err, excelize.ErrWorkbookPassword):
		return fault.Wrap(err, fault.Invalid, "sheet_encrypted", "工作簿设有密码，不能读取。请去掉密码后重新上传。")
	case strings.Contains(err.Error(), "unzip size exceeds"):
		return fault.Wrap(err, fault.Invalid, "sheet_too_large", "工作簿解压后太大，不能读取。请删除多余的内容，或拆分成几个文件。")
	}
	return fault.Wrap(err, fault.Invalid, "sheet_broken", "不能读取这个工作簿，文件可能已损坏。请用 Excel 或 WPS 打开并另存为 XLSX 后重新上传。")
}

// Annotate gives a table back as a workbook with one more column 错误说明, in red, saying what is wrong with each row (by its
// number), so that a person mends the file instead of comparing lists. The heading stands in headRow. A workbook of reasonable
// size stays as it is otherwise; a CSV file or a large workbook is written anew, cell by cell as text.
func Annotate(w io.Writer, name string, raw []byte, headRow int, wrong map[int]string) error {
	const inMemory = 4 << 20 // bytes of a workbook that is changed in place
	csv := strings.HasSuffix(strings.ToLower(name), ".csv")
	if !csv && len(raw) <= inMemory {
		return annotateExcel(w, bytes.NewReader(raw), headRow, wrong)
	}
	read := func() iter.Seq2[TableRow, error] {
		if csv {
			return ReadCSV(bytes.NewReader(raw))
		}
		return ReadExcel(bytes.NewReader(raw))
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
			cells[i] = excelize.Cell{StyleID: plain, Value: clip(clean(row.Cells[i]))}
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

func annotateExcel(w io.Writer, r io.Reader, headRow int, wrong map[int]string) error {
	f, err := openExcel(r)
	if err != nil {
		return err
	}
	defer f.Close()
	name, err := firstVisible(f)
	if err != nil {
		return err
	}
	rows, err := f.Rows(name)
	if err != nil {
		return sheetFault(err)
	}
	widest, last, before := 0, 0, false
	for n := 1; rows.Next(); n++ {
		cells, err := rows.Columns()
		if err != nil {
			return sheetFault(err)
		}
		if err := bounds(n, len(cells)); err != nil {
			return err
		}
		last = n
		switch {
		case n == headRow && len(cells) > 0 && cells[len(cells)-1] == Annotation:
			widest, before = len(cells)-1, true // annotated before: the same column again
		case n >= headRow && !before:
			widest = max(widest, len(cells))
		}
	}
	if err := rows.Close(); err != nil {
		return sheetFault(err)
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

// Annotation heads the column that Annotate adds.
const Annotation = "错误说明"

// WriteCSV streams one sheet as UTF-8 with a byte order mark, which Excel needs to see Chinese; notes are left out. A text
// that a spreadsheet would run as a formula gets a leading apostrophe.
func WriteCSV(w io.Writer, s Sheet) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	record := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		record[i] = harmless(c.Title)
	}
	if err := out.Write(record); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	if s.Rows != nil {
		for values, err := range s.Rows {
			if err != nil {
				return fmt.Errorf("write csv: %w", err)
			}
			for i := range s.Columns {
				record[i] = ""
				if i < len(values) {
					if record[i], err = csvText(values[i]); err != nil {
						return fmt.Errorf("write csv: column %s: %w", s.Columns[i].Title, err)
					}
				}
			}
			if err := out.Write(record); err != nil {
				return fmt.Errorf("write csv: %w", err)
			}
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	return nil
}

// ReadCSV walks the rows of a CSV file in UTF-8 (with or without byte order mark) or GB18030, told apart by content;
// commas, semicolons or tabs, told apart by the first line.
//
// Faults (Invalid): csv_encoding, csv_broken naming the line, sheet_too_large.
func ReadCSV(r io.Reader) iter.Seq2[TableRow, error] {
	return func(yield func(TableRow, error) bool) {
		raw, err := io.ReadAll(io.LimitReader(r, maxUnzipped+1))
		switch {
		case err != nil:
			yield(TableRow{}, fmt.Errorf("read csv: %w", err))
			return
		case len(raw) > maxUnzipped:
			yield(TableRow{}, fault.Newf(fault.Invalid, "sheet_too_large", "文件超过 %d MB。请拆分成几个文件导入。", maxUnzipped>>20))
			return
		}
		text, err := decodeText(raw)
		if err != nil {
			yield(TableRow{}, err)
			return
		}
		in := csv.NewReader(bytes.NewReader(text))
		in.FieldsPerRecord, in.ReuseRecord, in.LazyQuotes = -1, false, false
		in.Comma = separator(text)
		for {
			cells, err := in.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				line := 0
				if parse, ok := errors.AsType[*csv.ParseError](err); ok {
					line = parse.Line
				}
				yield(TableRow{}, fault.Wrap(err, fault.Invalid, "csv_broken",
					fmt.Sprintf("第 %d 行的引号不成对，不能继续读取。请用 Excel 打开并另存为“CSV UTF-8”后重新上传。", line)))
				return
			}
			line, _ := in.FieldPos(0)
			if err := bounds(line, len(cells)); err != nil {
				yield(TableRow{}, err)
				return
			}
			if !yield(TableRow{Number: line, Cells: cells}, nil) {
				return
			}
		}
	}
}

func decodeText(raw []byte) ([]byte, error) {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if utf8.Valid(raw) {
		return raw, nil
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return nil, fault.New(fault.Invalid, "csv_encoding", "文件的文字编码无法识别。请用 Excel 或 WPS 另存为“CSV UTF-8”后重新上传。")
	}
	return text, nil
}

func separator(text []byte) rune {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	best, most := ',', 0
	for _, s := range []rune{',', '\t', ';'} {
		if n := bytes.Count(line, []byte(string(s))); n > most {
			best, most = s, n
		}
	}
	return best
}

func csvText(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return harmless(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case money.Fen:
		sign, fen := "", int64(v)
		if fen < 0 {
			sign, fen = "-", -fen
		}
		return fmt.Sprintf("%s%d.%02d", sign, fen/100, fen%100), nil
	case time.Time:
		if v.IsZero() {
			return "", nil
		}
		return v.Format(time.DateOnly), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	}
	return "", fmt.Errorf("no way to write a %T", value)
}

// harmless keeps a spreadsheet from running a text as a formula (OWASP, CSV injection).
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
