package importer

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
)

// Bounds of a file.
const (
	MaxBytes   = 50 << 20  // of the upload
	MaxRows    = 100_000   // data rows
	maxColumns = 200       //
	maxLine    = 1 << 20   // bytes of one jsonl line
	maxUnzip   = 400 << 20 // bytes of an unpacked xlsx
)

// reading is what a file held.
type reading struct {
	rows   int
	good   []checkedRow
	report Report
	digest string

	seen map[string]int // key → row
}

// source yields rows: their number as the file counts and their cells.
type source func(yield func(row int, cells []string) error) error

// read turns a file into good rows and a report. Faults (invalid): import_format, import_broken, import_too_large,
// import_headings, import_rows.
func (f Form) read(name string, body io.Reader) (reading, error) {
	data, err := io.ReadAll(io.LimitReader(body, MaxBytes+1))
	if err != nil {
		return reading{}, fault.Wrap(err, fault.Invalid, "import_broken", "文件没有传完，请重新上传")
	}
	if len(data) > MaxBytes {
		return reading{}, fault.Newf(fault.Invalid, "import_too_large", "文件超过 %d MB，请拆成几个文件", MaxBytes>>20)
	}
	sum := sha256.Sum256(data)
	r := reading{digest: hex.EncodeToString(sum[:]), seen: map[string]int{}}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".xlsx":
		err = f.table(&r, xlsx(data))
	case ".csv":
		err = f.table(&r, csvRows(data))
	case ".jsonl", ".ndjson":
		err = f.lines(&r, data)
	default:
		err = fault.New(fault.Invalid, "import_format", "只能导入 .xlsx、.csv 或 .jsonl 文件，请另存后再上传")
	}
	return r, err
}

var errTooManyRows = fault.Newf(fault.Invalid, "import_rows", "文件超过 %d 行，请拆成几个文件", MaxRows)

// table reads a sheet whose first row that names known columns is the heading; the hint row of our template is skipped.
func (f Form) table(r *reading, src source) error {
	var at map[int]int // column of the file → column of the form
	keyColumn := -1
	err := src(func(row int, cells []string) error {
		if len(cells) > maxColumns {
			cells = cells[:maxColumns]
		}
		if !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
			return nil
		}
		if at == nil {
			if row > 20 {
				return errHeadings(f)
			}
			at, keyColumn = f.headings(r, cells)
			return nil
		}
		if f.isHint(cells, at) {
			return nil
		}
		if r.rows++; r.rows > MaxRows {
			return errTooManyRows
		}
		values := make(map[int]string, len(at))
		for i, column := range at {
			if i < len(cells) {
				values[column] = cells[i]
			}
		}
		raw, bad, err := f.row(values)
		if err != nil {
			return err
		}
		key := ""
		if keyColumn >= 0 && keyColumn < len(cells) {
			key = strings.TrimSpace(cells[keyColumn])
		}
		r.add(row, key, raw, bad, func(p fieldProblem) string { return cellOf(f, at, p, row) })
		return nil
	})
	if err != nil {
		return err
	}
	if at == nil {
		return errHeadings(f)
	}
	return nil
}

func errHeadings(f Form) error {
	var need []string
	for _, h := range f.columns {
		if h.Need {
			need = append(need, "“"+h.Heading+"”")
		}
	}
	return fault.Newf(fault.Invalid, "import_headings", "前 20 行没有找到表头。请使用模板，表头至少要有%s", strings.Join(need, "、"))
}

// keyHeadings name the column that holds a row's own number.
var keyHeadings = []string{"编号", "序号", "id", "ID"}

// headings reads the heading row; nil when a needed column is missing, so that a title line above the table is no heading.
func (f Form) headings(r *reading, cells []string) (map[int]int, int) {
	at := map[int]int{}
	key := -1
	taken := map[int]bool{}
	var ignored []string
	for i, c := range cells {
		c = strings.TrimRight(strings.TrimSpace(strings.TrimPrefix(c, "\ufeff")), "*＊ ")
		column := slices.IndexFunc(f.columns, func(h heading) bool { return strings.EqualFold(h.Heading, c) || slices.Contains(h.Aliases, c) })
		switch {
		case c == "":
		case column >= 0 && !taken[column]:
			at[i], taken[column] = column, true
		case slices.Contains(keyHeadings, c) && key < 0:
			key = i
		default:
			ignored = append(ignored, clip(c, 30))
		}
	}
	for i, h := range f.columns {
		if h.Need && !taken[i] {
			return nil, -1
		}
	}
	if len(ignored) > 50 {
		ignored = ignored[:50]
	}
	r.report.Ignored = ignored
	return at, key
}

func (f Form) isHint(cells []string, at map[int]int) bool {
	hints := 0
	for i, column := range at {
		if i < len(cells) && strings.TrimSpace(cells[i]) != "" {
			if strings.TrimSpace(cells[i]) != f.columns[column].Hint {
				return false
			}
			hints++
		}
	}
	return hints > 1
}

// cellOf says where a problem stands: the column of the form, or the column whose field the path starts with.
func cellOf(f Form, at map[int]int, p fieldProblem, row int) string {
	column := p.column
	if column < 0 {
		column = slices.IndexFunc(f.columns, func(h heading) bool {
			return h.Path != "" && (p.path == h.Path || strings.HasPrefix(p.path, h.Path+"."))
		})
	}
	for i, c := range at {
		if c == column {
			if name, err := excelize.CoordinatesToCellName(i+1, row); err == nil {
				return name
			}
		}
	}
	return strconv.Itoa(row)
}

// add judges one row.
func (r *reading) add(row int, key string, raw json.RawMessage, bad []fieldProblem, cell func(fieldProblem) string) {
	wrong := false
	for _, p := range bad {
		problem := Problem{Row: row, Cell: cell(p), Code: p.code, Message: p.message}
		if p.warning {
			r.report.warn(problem)
		} else {
			wrong = true
			r.report.refuse(problem)
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
		r.report.refuse(Problem{Row: row, Code: "key", Message: "编号过长或含有无法识别的字符"})
		return
	}
	if first, ok := r.seen[key]; ok {
		r.report.refuse(Problem{Row: row, Code: "repeated", Message: fmt.Sprintf("与第 %d 行重复，只导入前一行", first)})
		return
	}
	r.seen[key] = row
	r.good = append(r.good, checkedRow{row: row, key: key, hash: hash, content: raw})
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
func (f Form) lines(r *reading, data []byte) error {
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
			r.report.refuse(Problem{Row: row, Code: "encoding", Message: "文字编码不是 UTF-8，请另存为 UTF-8 后再上传"})
			continue
		}
		if err := json.Unmarshal(line, &head); err != nil {
			r.report.refuse(Problem{Row: row, Code: "json", Message: "这一行不是正确的 JSON 对象：" + jsonProblem(err)})
			continue
		}
		var raw json.RawMessage
		var bad []fieldProblem
		var err error
		if head.Abstract != nil {
			raw, bad, err = f.abstract(*head.Abstract)
		} else {
			raw, bad, err = f.object(line)
		}
		if err != nil {
			return err
		}
		key := strings.Trim(string(head.ID), `"`)
		if key == "null" {
			key = ""
		}
		r.add(row, key, raw, bad, func(p fieldProblem) string { return p.path })
	}
	if errors.Is(scan.Err(), bufio.ErrTooLong) {
		return fault.Newf(fault.Invalid, "import_broken", "第 %d 行超过 1 MB，请检查文件是否每行一个 JSON 对象", row+1)
	}
	if r.rows == 0 {
		return fault.New(fault.Invalid, "import_broken", "文件里没有数据行")
	}
	return nil
}

func jsonProblem(err error) string {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType):
		return fmt.Sprintf("字段 %s 不应是 %s", clip(wrongType.Field, 50), wrongType.Value)
	case errors.As(err, &syntax):
		return fmt.Sprintf("第 %d 个字节处有误", syntax.Offset)
	}
	return "请检查引号和括号"
}

// xlsx streams the first sheet. The bounds stop archives that unpack without end.
func xlsx(data []byte) source {
	return func(yield func(int, []string) error) error {
		broken := func(err error) error {
			return fault.Wrap(err, fault.Invalid, "import_broken", "这个 xlsx 文件打不开：可能已损坏、加密或过大。请另存为新的 xlsx 后再上传")
		}
		book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnzip, UnzipXMLSizeLimit: 32 << 20})
		if err != nil {
			return broken(err)
		}
		defer book.Close()
		sheets := book.GetSheetList()
		if len(sheets) == 0 {
			return broken(errors.New("no sheet"))
		}
		rows, err := book.Rows(sheets[0])
		if err != nil {
			return broken(err)
		}
		defer rows.Close()
		for n := 1; rows.Next(); n++ {
			cells, err := rows.Columns()
			if err != nil {
				return broken(err)
			}
			if err := yield(n, cells); err != nil {
				return err
			}
		}
		if err := rows.Error(); err != nil {
			return broken(err)
		}
		return nil
	}
}

// csvRows reads UTF-8 or, as Excel here saves it, GB 18030.
func csvRows(data []byte) source {
	return func(yield func(int, []string) error) error {
		data := bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
		if !utf8.Valid(data) {
			decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
			if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
				return fault.New(fault.Invalid, "import_broken", "文字编码无法识别，请另存为 UTF-8 编码的 csv 后再上传")
			}
			data = decoded
		}
		reader := csv.NewReader(bytes.NewReader(data))
		reader.FieldsPerRecord = -1
		reader.LazyQuotes = true
		if first, _, _ := bytes.Cut(data, []byte("\n")); bytes.Count(first, []byte("\t")) > bytes.Count(first, []byte(",")) {
			reader.Comma = '\t'
		}
		for n := 1; ; n++ {
			cells, err := reader.Read()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return fault.Wrap(err, fault.Invalid, "import_broken", fmt.Sprintf("第 %d 行附近的引号不成对，请检查后重新上传", n))
			}
			if err := yield(n, cells); err != nil {
				return err
			}
		}
	}
}

// firstClause is an abstract's first clause, which serves as its title: up to the first stop of at least four characters, at
// most 80.
func firstClause(text string) string {
	text = strings.TrimSpace(text)
	runes := []rune(text)
	for i, r := range runes {
		if i >= 80 {
			return string(runes[:79]) + "…"
		}
		if i < 4 {
			continue
		}
		switch {
		case strings.ContainsRune("，。；！？!?;\n", r):
		case r == '.' || r == ',':
			// Not inside 3.5 or 1,200 or a formula.
			if i+1 < len(runes) && (unicode.IsDigit(runes[i+1]) || unicode.IsDigit(runes[i-1])) {
				continue
			}
		default:
			continue
		}
		return strings.TrimSpace(string(runes[:i]))
	}
	return text
}

// Choices turns a code list into the choices of a column.
func Choices(items []codes.Item) []listing.Choice {
	out := make([]listing.Choice, len(items))
	for i, it := range items {
		out[i] = listing.Choice{Code: it.Code, Label: it.Label}
	}
	return out
}
