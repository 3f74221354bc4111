package importer

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/platform/document"
)

// Bounds of a file.
const (
	MaxBytes = 50 << 20 // of the upload
	MaxRows  = 100_000  // data rows
	maxLine  = 1 << 20  // bytes of one jsonl line
)

// reading is what a file held.
type reading struct {
	rows   int
	good   []checkedRow
	report Report
	digest string

	seen  map[string]int // key → row
	raw   []byte
	head  int            // row of the heading; 0 in jsonl
	wrong map[int]string // what the red column says, all of it: the report's lists are bounded
}

// read turns a file into good rows and a report. Faults (invalid): import_format, import_broken, import_too_large,
// import_headings, import_rows, and those of document.ReadExcel and ReadCSV.
func (f sheet) read(name string, body io.Reader) (reading, error) {
	data, err := io.ReadAll(io.LimitReader(body, MaxBytes+1))
	if err != nil {
		return reading{}, fault.Wrap(err, fault.Invalid, "import_broken", "文件没有传完，请重新上传")
	}
	if len(data) > MaxBytes {
		return reading{}, fault.Newf(fault.Invalid, "import_too_large", "文件超过 %d MB，请拆成几个文件", MaxBytes>>20)
	}
	sum := sha256.Sum256(data)
	r := reading{digest: hex.EncodeToString(sum[:]), seen: map[string]int{}, raw: data, wrong: map[int]string{}}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".xlsx":
		err = f.table(&r, document.ReadExcel(bytes.NewReader(data)))
	case ".csv":
		err = f.table(&r, document.ReadCSV(bytes.NewReader(data)))
	case ".jsonl", ".ndjson":
		err = f.lines(&r, data)
	default:
		err = fault.New(fault.Invalid, "import_format", "只能导入 .xlsx、.csv 或 .jsonl 文件，请另存后再上传")
	}
	return r, err
}

var errTooManyRows = fault.Newf(fault.Invalid, "import_rows", "文件超过 %d 行，请拆成几个文件", MaxRows)

// table reads a table whose heading is the first row that names all needed columns.
func (f sheet) table(r *reading, rows iter.Seq2[document.TableRow, error]) error {
	var at map[int]int // column of the form → column of the file
	key := -1
	for row, err := range rows {
		switch {
		case err != nil:
			return err
		case row.Empty():
			continue
		case at == nil && row.Number > maxHeadingRow:
			return errHeadings(f)
		case at == nil:
			at, key = f.headings(r, row.Cells)
			r.head = row.Number
			continue
		}
		if r.rows++; r.rows > MaxRows {
			return errTooManyRows
		}
		values := make(map[int]string, len(at))
		for column, i := range at {
			values[column] = row.Cell(i)
		}
		raw, bad, err := f.Row(values)
		if err != nil {
			return err
		}
		r.add(row.Number, row.Cell(key), raw, bad, func(p listing.CellProblem) string { return f.cell(at, p, row) })
	}
	if at == nil {
		return errHeadings(f)
	}
	return nil
}

// maxHeadingRow: a table may have a title and remarks above its heading, but not more.
const maxHeadingRow = 20

func errHeadings(f sheet) error {
	var need []string
	for _, h := range f.Columns {
		if h.Need {
			need = append(need, "“"+h.Title+"”")
		}
	}
	return fault.Newf(fault.Invalid, "import_headings", "前 %d 行没有找到表头。请使用模板，表头至少要有%s", maxHeadingRow, strings.Join(need, "、"))
}

// keyHeadings name the column that holds a row's own number.
var keyHeadings = []string{"编号", "序号", "id", "ID"}

// headings reads the heading row; nil when a needed column is missing, so that a title line above the table is no heading.
func (f sheet) headings(r *reading, cells []string) (map[int]int, int) {
	at := map[int]int{}
	key := -1
	var ignored []string
	for i, c := range cells {
		c = strings.TrimRight(document.ColumnTitle(c), "*＊")
		column := slices.IndexFunc(f.Columns, func(h listing.Heading) bool { return h.Title == c || slices.Contains(h.Aliases, c) })
		switch {
		case c == "", c == document.Annotation:
		case column >= 0 && !has(at, column):
			at[column] = i
		case slices.Contains(keyHeadings, c) && key < 0:
			key = i
		default:
			ignored = append(ignored, listing.ClipCell(c, 30))
		}
	}
	for i, h := range f.Columns {
		if h.Need && !has(at, i) {
			return nil, -1
		}
	}
	if len(ignored) > 50 {
		ignored = ignored[:50]
	}
	r.report.Ignored = ignored
	return at, key
}

func has(m map[int]int, k int) bool { _, ok := m[k]; return ok }

// cell says where a problem stands: in the named column, or in the one whose field the path starts with.
func (f sheet) cell(at map[int]int, p listing.CellProblem, row document.TableRow) string {
	column := p.Column
	if column < 0 {
		column = slices.IndexFunc(f.Columns, func(h listing.Heading) bool { return p.Path == h.Path || strings.HasPrefix(p.Path, h.Path+".") })
	}
	if i, ok := at[column]; ok {
		return row.Addr(i)
	}
	return rowOnly(row.Number)
}

func rowOnly(row int) string { return fmt.Sprintf("第 %d 行", row) }

// add judges one row; the first of two with the same key is taken.
func (r *reading) add(row int, key string, raw json.RawMessage, bad []listing.CellProblem, cell func(listing.CellProblem) string) {
	wrong := false
	for _, p := range bad {
		problem := Problem{Row: row, Cell: cell(p), Code: p.Code, Message: p.Message}
		if p.Warning {
			r.report.warn(problem)
		} else {
			wrong = true
			r.refuse(problem)
		}
	}
	if wrong {
		return
	}
	hash := contentHash(raw)
	if key == "" {
		key = "h:" + hash[:32]
	}
	if len(key) > 200 || !utf8.ValidString(key) || strings.ContainsRune(key, 0) {
		r.refuse(Problem{Row: row, Cell: rowOnly(row), Code: "key", Message: "编号过长或含有无法识别的字符"})
		return
	}
	if first, ok := r.seen[key]; ok {
		r.refuse(Problem{Row: row, Cell: rowOnly(row), Code: "repeated", Message: fmt.Sprintf("与第 %d 行重复，只导入前一行", first)})
		return
	}
	r.seen[key] = row
	r.good = append(r.good, checkedRow{row: row, key: key, hash: hash, content: raw})
}

func (r *reading) refuse(p Problem) {
	r.report.refuse(p)
	said := p.Cell + "：" + p.Message
	if before := r.wrong[p.Row]; before != "" {
		said = before + "\n" + said
	}
	r.wrong[p.Row] = said
}

func (r *Report) refuse(p Problem) {
	if r.ProblemCount++; len(r.Problems) < maxListed {
		r.Problems = append(r.Problems, p)
	}
}

func (r *Report) warn(p Problem) {
	if r.WarningCount++; len(r.Warnings) < maxListed {
		r.Warnings = append(r.Warnings, p)
	}
}

// lines reads jsonl: one object a line, either the content's own fields or {"id", "abstract"}.
func (f sheet) lines(r *reading, data []byte) error {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	scan := bufio.NewScanner(bytes.NewReader(data))
	scan.Buffer(make([]byte, 0, 64<<10), maxLine)
	row := 0
	for scan.Scan() {
		row++
		line := bytes.TrimSpace(scan.Bytes())
		if len(line) == 0 {
			continue
		}
		if r.rows++; r.rows > MaxRows {
			return errTooManyRows
		}
		var head struct {
			ID       json.RawMessage `json:"id"`
			Abstract *string         `json:"abstract"`
		}
		if !utf8.Valid(line) {
			r.report.refuse(Problem{Row: row, Cell: rowOnly(row), Code: "encoding", Message: "文字编码不是 UTF-8，请另存为 UTF-8 后再上传"})
			continue
		}
		if err := json.Unmarshal(line, &head); err != nil {
			r.report.refuse(Problem{Row: row, Cell: rowOnly(row), Code: "json", Message: "这一行不是正确的 JSON 对象：" + listing.JSONProblem(err)})
			continue
		}
		var raw json.RawMessage
		var bad []listing.CellProblem
		var err error
		if head.Abstract != nil {
			raw, bad, err = f.Abstract(*head.Abstract)
		} else {
			raw, bad, err = f.Object(line)
		}
		if err != nil {
			return err
		}
		key := strings.Trim(string(head.ID), `"`)
		if key == "null" {
			key = ""
		}
		r.add(row, key, raw, bad, func(p listing.CellProblem) string { return strings.TrimSpace(rowOnly(row) + " " + p.Path) })
	}
	if errors.Is(scan.Err(), bufio.ErrTooLong) {
		return fault.Newf(fault.Invalid, "import_broken", "第 %d 行超过 1 MB，请检查文件是否每行一个 JSON 对象", row+1)
	}
	if r.rows == 0 {
		return fault.New(fault.Invalid, "import_broken", "文件里没有数据行")
	}
	return nil
}
