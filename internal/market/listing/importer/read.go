package importer

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"techmarket/internal/foundation/codes"
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
func (f sheet) read(ctx context.Context, name string, body io.Reader) (reading, error) {
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
		err = f.table(&r, document.ReadExcel(ctx, bytes.NewReader(data)))
	case ".csv":
		err = f.table(&r, document.ReadCSV(ctx, bytes.NewReader(data)))
	case ".jsonl", ".ndjson":
		err = f.lines(&r, data)
	default:
		err = fault.New(fault.Invalid, "import_format", "只能导入 .xlsx、.csv 或 .jsonl 文件，请另存后再上传")
	}
	return r, err
}

var errTooManyRows = fault.Newf(fault.Invalid, "import_rows", "文件超过 %d 行，请拆成几个文件", MaxRows)

// table reads a table whose heading is the first row that names all needed columns, alone or with the row above it.
func (f sheet) table(r *reading, rows iter.Seq2[document.TableRow, error]) error {
	var heads *headings
	var above document.TableRow
	for row, err := range rows {
		switch {
		case err != nil:
			return err
		case heads == nil && row.Number > maxHeadingRow:
			return errHeadings(f)
		case heads == nil:
			r.report.Sheet, r.head = row.Sheet, row.Number
			if heads = f.headings(nil, row); heads == nil && len(above.Cells) > 0 {
				heads = f.headings(&above, row)
			}
			above = row
			continue
		case row.Number == r.head+1 && heads.second(f, above, row):
			heads, r.head = f.headings(&above, row), row.Number
			continue
		case row.Empty():
			continue
		}
		if r.rows++; r.rows > MaxRows {
			return errTooManyRows
		}
		if err := f.take(r, heads, row); err != nil {
			return err
		}
	}
	if heads == nil {
		return errHeadings(f)
	}
	r.report.Ignored, r.report.Kept = heads.ignored, heads.kept
	return nil
}

// take judges one row of a table.
func (f sheet) take(r *reading, heads *headings, row document.TableRow) error {
	if row.Broken {
		r.refuse(Problem{Row: row.Number, Cell: rowOnly(row.Number), Code: "quotes", Message: "引号不成对，不能分清各列。请改正这一行的引号，或用 Excel 另存为“CSV UTF-8”"})
		return nil
	}
	var entries []listing.Entry
	in := checkedRow{row: row.Number}
	var bad []listing.CellProblem
	for i := range row.Cells {
		h := heads.at(i)
		cell := row.At(i)
		if cell.Kind == document.Blank || h.what == nothing {
			continue
		}
		if h.what == field {
			entries = append(entries, listing.Entry{Column: h.column, Title: h.title, Own: h.own, Cell: cell, At: i + 1})
			continue
		}
		text, err := cell.Code()
		if err != nil {
			bad = append(bad, listing.CellProblem{Column: -1, At: i + 1, Code: "format", Message: h.title + fault.Words(err)})
			continue
		}
		switch h.what {
		case ownKey:
			in.key = text
		case number:
			if in.id, err = strconv.ParseInt(text, 10, 64); err != nil || in.id <= 0 {
				bad = append(bad, listing.CellProblem{Column: -1, At: i + 1, Code: "format", Message: h.title + "应为数字，新增的行请留空"})
			}
		case owner:
			in.owner, in.ownerAt = text, row.Addr(i)
		case creditCode:
			in.code = codes.Normalise(text)
			if in.ownerAt == "" {
				in.ownerAt = row.Addr(i)
			}
		}
	}
	content, more, err := f.Row(entries)
	if err != nil {
		return err
	}
	late, err := f.tooLate(content.Raw)
	if err != nil {
		return err
	}
	if row.Hidden {
		r.report.warn(Problem{Row: row.Number, Cell: rowOnly(row.Number), Code: "hidden", Message: "这一行在表格里是隐藏的，也一并读取。不要导入的话，请删除这一行"})
	}
	in.content, in.has = content.Raw, content.Has
	r.add(in, slices.Concat(bad, more, late), func(p listing.CellProblem) string { return f.cell(heads, p, row) })
	return nil
}

// lateness says what is over in a row's content: a remark, because a draft may be mended before it is submitted, unless it is published.
func (s *Service) lateness(up Upload) func(json.RawMessage) ([]listing.CellProblem, error) {
	return func(raw json.RawMessage) (out []listing.CellProblem, err error) {
		wrong, err := s.config.Listings.Ahead(up.Kind, raw)
		for _, w := range wrong {
			out = append(out, listing.CellProblem{Column: -1, Path: w.Path, Code: w.Code, Message: w.Message, Warning: !up.Publish})
		}
		return out, err
	}
}

func (f sheet) tooLate(raw json.RawMessage) ([]listing.CellProblem, error) {
	if f.late == nil || raw == nil {
		return nil, nil
	}
	return f.late(raw)
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

// what a column of a file holds.
type what int

const (
	nothing what = iota
	field
	ownKey     // the unit's own number of the row
	number     // the number that this market gave the listing, as an export writes it
	owner      // whose listing it is, by name
	creditCode // and by its 统一社会信用代码
)

// keyHeading heads the column that holds a row's own number in the template; numberHeading the market's number in an export.
const (
	keyHeading    = "编号"
	NumberHeading = "平台编号"
)

// special are the titles that are not of the content. 序号 only counts the rows of one file: two files have the same ones.
func special(title string) (what, bool) {
	switch title {
	case keyHeading, "id", "ID":
		return ownKey, true
	case NumberHeading:
		return number, true
	case "单位", "单位名称", "需求方", "需求单位", "需求单位名称", "企业名称", "需求企业", "提出单位", "发榜单位", "成果单位", "持有单位", "所属单位":
		return owner, true
	case "统一社会信用代码", "信用代码", "社会信用代码", "单位统一社会信用代码":
		return creditCode, true
	case document.Annotation, "序号", "样例", "来源", "在线情况", "发布日期", "有效到":
		return nothing, true
	}
	return nothing, false
}

type head struct {
	what   what
	column int // of the sheet, of a field
	own    bool
	title  string
}

type headings struct {
	heads         []head
	kept, ignored []string
}

func (h *headings) at(column int) head {
	if column < len(h.heads) {
		return h.heads[column]
	}
	return head{}
}

// headings reads the heading row; nil when a needed column is missing, so that a title line above the table is no heading.
func (f sheet) headings(above *document.TableRow, row document.TableRow) *headings {
	var over []document.Cell
	if above != nil {
		over = above.Cells
	}
	out := &headings{heads: make([]head, len(row.Cells))}
	for i, titles := range document.Titles(over, row.Cells) {
		if len(titles) == 0 {
			continue
		}
		out.heads[i] = f.heading(titles)
		if over == nil {
			out.heads[i].title = listing.ClipCell(strings.Join(strings.Fields(row.Cells[i].Text), ""), 30)
		}
	}
	for column, h := range f.Columns {
		if h.Need && !slices.ContainsFunc(out.heads, func(x head) bool { return x.what == field && x.column == column && x.title != "" }) {
			return nil
		}
	}
	rest := f.Rest()
	for i, h := range out.heads {
		switch {
		case h.title == "" || h.what != field || h.column >= 0:
		case rest < 0:
			out.heads[i].what = nothing
			out.ignored = append(out.ignored, h.title)
		default:
			out.heads[i].column = rest
			out.kept = append(out.kept, h.title)
		}
	}
	out.kept, out.ignored = out.kept[:min(50, len(out.kept))], out.ignored[:min(50, len(out.ignored))]
	return out
}

// heading says what a title means; -1 as column: a field that nobody knows.
func (f sheet) heading(titles []string) head {
	for _, title := range titles {
		if column, own := f.Match(title); column >= 0 {
			return head{field, column, own, title}
		}
		if what, known := special(title); known {
			return head{what: what, title: title}
		}
	}
	return head{what: field, column: -1, title: titles[0]}
}

// second reports whether the row below a heading belongs to it: a cell of the heading is merged down into it, or it names columns
// itself where the heading has only groups.
func (h *headings) second(f sheet, above, row document.TableRow) bool {
	if row.Continues() {
		both := f.headings(&above, row)
		return both != nil
	}
	known := 0
	for i := range row.Cells {
		if row.At(i).Kind == document.Blank {
			continue
		}
		if x := h.at(i); x.what == field && x.column >= 0 && f.Columns[x.column].Need {
			return false
		}
		if column, _ := f.Match(row.Cell(i)); column < 0 {
			return false
		}
		known++
	}
	return known > 0 && f.headings(&above, row) != nil
}

// cell says where a problem stands: in its cell, in the named column, or in the one whose field the path starts with.
func (f sheet) cell(heads *headings, p listing.CellProblem, row document.TableRow) string {
	if p.At > 0 {
		return row.Addr(p.At - 1)
	}
	column := p.Column
	if column < 0 {
		column = slices.IndexFunc(f.Columns, func(h listing.Heading) bool { return p.Path == h.Path || strings.HasPrefix(p.Path, h.Path+".") })
	}
	if i := slices.IndexFunc(heads.heads, func(h head) bool { return h.what == field && h.column == column }); i >= 0 && column >= 0 {
		return row.Addr(i)
	}
	return rowOnly(row.Number)
}

func rowOnly(row int) string { return fmt.Sprintf("第 %d 行", row) }

// add judges one row; the first of two with the same key is taken.
func (r *reading) add(in checkedRow, bad []listing.CellProblem, cell func(listing.CellProblem) string) {
	row := in.row
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
	in.hash = contentHash(in.content)
	switch {
	case in.id != 0:
		in.key = numberedKey(in.id)
	case in.key == "":
		in.key = "h:" + in.hash[:32]
	}
	if len(in.key) > 200 || !utf8.ValidString(in.key) || strings.ContainsRune(in.key, 0) {
		r.refuse(Problem{Row: row, Cell: rowOnly(row), Code: "key", Message: "编号过长或含有无法识别的字符"})
		return
	}
	seen := in.owner + "\x00" + in.code + "\x00" + in.key
	if first, ok := r.seen[seen]; ok {
		r.refuse(Problem{Row: row, Cell: rowOnly(row), Code: "repeated", Message: fmt.Sprintf("与第 %d 行重复，只导入前一行", first)})
		return
	}
	r.seen[seen] = row
	r.good = append(r.good, in)
}

// numberedKey is the key of a row with a number of this market; where the number belongs to somebody else, the row is new and this
// is its own number.
func numberedKey(id int64) string { return "平台:" + strconv.FormatInt(id, 10) }

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
		late, err := f.tooLate(raw)
		if err != nil {
			return err
		}
		bad = append(bad, late...)
		key := strings.Trim(string(head.ID), `"`)
		if key == "null" {
			key = ""
		}
		in := checkedRow{row: row, key: key, content: raw}
		r.add(in, bad, func(p listing.CellProblem) string { return strings.TrimSpace(rowOnly(row) + " " + p.Path) })
	}
	if errors.Is(scan.Err(), bufio.ErrTooLong) {
		return fault.Newf(fault.Invalid, "import_broken", "第 %d 行超过 1 MB，请检查文件是否每行一个 JSON 对象", row+1)
	}
	if r.rows == 0 {
		return fault.New(fault.Invalid, "import_broken", "文件里没有数据行。请在模板的标题行下面逐行填写后重新上传")
	}
	return nil
}

func contentHash(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}
