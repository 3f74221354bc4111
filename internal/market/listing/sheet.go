package listing

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/stored"
	"techmarket/internal/platform/document"
)

// Column is one column of the import template for content C.
type Column[C any] struct {
	Heading
	Set func(c *C, cell document.Cell) error
	Get func(c *C) string // what Set would read again, codes as codes
}

// Also adds titles of other people's tables. What stands under them is taken where it fits and kept as background where it does
// not: such a table never knew our codes.
func (c Column[C]) Also(titles ...string) Column[C] {
	c.Loose = append(c.Loose, titles...)
	return c
}

// Joining lets several columns of a file come together in this one, each under its heading.
func (c Column[C]) Joining() Column[C] {
	c.Joins = true
	return c
}

// Keeping is Joining for the column that also keeps what has no column of its own.
func (c Column[C]) Keeping() Column[C] {
	c.Joins, c.Rest = true, true
	return c
}

// Heading is a column without its content.
type Heading struct {
	Title   string
	Aliases []string // other titles that mean it
	Loose   []string // titles of other people's tables, see Also
	Path    string   // of the content's field, so that a wrong field is found in its cell
	Hint    string   // shown in the template beside the cell
	Need    bool
	Choices []Choice // codes with labels; a cell may hold either, in the template they drop down
	Many    bool     // several choices in one cell, separated by 、 ； or ;
	Answer  bool     // yes or no; the choices are only for the template
	Joins   bool     // see Joining
	Rest    bool     // see Keeping
}

// Personal reports whether the column names a person, who is not exported unless asked for.
func (h Heading) Personal() bool { return strings.HasPrefix(h.Path, "contact.") }

// Sheet is how a kind's listings stand in a table: which columns there are, how a row becomes a content and back.
// SheetOf makes it.
type Sheet struct {
	Name     string // of the template file, without extension
	Columns  []Heading
	row      func(entries []Entry) (RowContent, []CellProblem, error)
	merge    func(old, in json.RawMessage, has []int) (json.RawMessage, bool, error)
	object   func(line []byte) (json.RawMessage, []CellProblem, error)
	abstract func(text string) (json.RawMessage, []CellProblem, error)
	cells    func(content any) []any
}

// CellProblem is what is wrong or odd in one field, before it has an address in a file.
type CellProblem struct {
	Column  int // of the sheet; -1: none
	At      int // column of the file, from 1; 0: not known
	Path    string
	Code    string
	Message string
	Warning bool // the row goes in all the same
}

// Entry is one cell of a file on its way into a column of the sheet.
type Entry struct {
	Column int // of the sheet
	Title  string
	Own    bool // the title is the sheet's own: what stands below must be right
	Cell   document.Cell
	At     int // column of the file, from 1
}

// RowContent is a row as a content, and which columns of the sheet the row filled.
type RowContent struct {
	Raw json.RawMessage
	Has []int
}

// Match finds the column that a file's title means; own is false for a title of other people's tables. -1: none.
func (s Sheet) Match(title string) (column int, own bool) {
	title = document.ColumnTitle(title)
	if title == "" {
		return -1, false
	}
	same := func(t string) bool { return document.ColumnTitle(t) == title }
	if i := slices.IndexFunc(s.Columns, func(h Heading) bool { return same(h.Title) || slices.ContainsFunc(h.Aliases, same) }); i >= 0 {
		return i, true
	}
	return slices.IndexFunc(s.Columns, func(h Heading) bool { return slices.ContainsFunc(h.Loose, same) }), false
}

// Rest is the column that keeps what has no column of its own.
func (s Sheet) Rest() int { return slices.IndexFunc(s.Columns, func(h Heading) bool { return h.Rest }) }

// Row makes a content of a row's cells.
func (s Sheet) Row(entries []Entry) (RowContent, []CellProblem, error) { return s.row(entries) }

// Merge lays the columns that a row filled over a stored content; false where that changes nothing. What the table has no column
// for stays, and so does what the row left blank.
func (s Sheet) Merge(old, in json.RawMessage, has []int) (json.RawMessage, bool, error) {
	return s.merge(old, in, has)
}

// Object makes a content of its own JSON.
func (s Sheet) Object(line []byte) (json.RawMessage, []CellProblem, error) { return s.object(line) }

// Abstract makes a content of one running text, whose first clause is the title.
func (s Sheet) Abstract(text string) (json.RawMessage, []CellProblem, error) { return s.abstract(text) }

// Cells are the values of a content of this kind, in the order of Columns.
func (s Sheet) Cells(content any) []any { return s.cells(content) }

// SheetOf makes the sheet of content C: its columns, and how a bare abstract becomes a content.
func SheetOf[C Content[C]](name string, columns []Column[C], fromAbstract func(title, abstract string) C) Sheet {
	s := Sheet{Name: name}
	for _, c := range columns {
		s.Columns = append(s.Columns, c.Heading)
	}
	s.row = func(entries []Entry) (RowContent, []CellProblem, error) {
		c, has, bad := readRow(columns, entries)
		raw, bad, err := finishRow(c, bad)
		return RowContent{raw, has}, bad, err
	}
	s.merge = func(old, in json.RawMessage, has []int) (json.RawMessage, bool, error) {
		return mergeRow(columns, old, in, has)
	}
	s.object = func(line []byte) (json.RawMessage, []CellProblem, error) {
		var c C
		if err := json.Unmarshal(line, &c); err != nil {
			return nil, []CellProblem{{Column: -1, Code: "json", Message: "字段类型不对：" + JSONProblem(err)}}, nil
		}
		return finishRow(c, nil)
	}
	s.abstract = func(text string) (json.RawMessage, []CellProblem, error) {
		return finishRow(fromAbstract(firstClause(text), text), nil)
	}
	s.cells = cellsOf(columns)
	return s
}

// SheetWith makes the sheet of content C that is no listing's: finish tidies a row's content and says what is wrong with it.
func SheetWith[C any](name string, columns []Column[C], finish func(C) (C, []fault.Field)) Sheet {
	s := Sheet{Name: name, cells: cellsOf(columns)}
	for _, c := range columns {
		s.Columns = append(s.Columns, c.Heading)
	}
	end := func(c C, bad []CellProblem) (json.RawMessage, []CellProblem, error) {
		c, wrong := finish(c)
		for _, w := range wrong {
			bad = append(bad, CellProblem{Column: -1, Path: w.Path, Code: w.Code, Message: w.Message})
		}
		raw, err := json.Marshal(c)
		return raw, bad, err
	}
	s.row = func(entries []Entry) (RowContent, []CellProblem, error) {
		c, has, bad := readRow(columns, entries)
		raw, bad, err := end(c, bad)
		return RowContent{raw, has}, bad, err
	}
	s.object = func(line []byte) (json.RawMessage, []CellProblem, error) {
		var c C
		if err := json.Unmarshal(line, &c); err != nil {
			return nil, []CellProblem{{Column: -1, Code: "json", Message: "字段类型不对：" + JSONProblem(err)}}, nil
		}
		return end(c, nil)
	}
	s.abstract = func(string) (json.RawMessage, []CellProblem, error) {
		return nil, []CellProblem{{Column: -1, Code: "import_format", Message: "这一类信息不能只用一段文字导入，请使用模板"}}, nil
	}
	return s
}

func cellsOf[C any](columns []Column[C]) func(any) []any {
	return func(content any) []any {
		c := content.(C)
		row := make([]any, len(columns))
		for i, column := range columns {
			row[i] = column.Get(&c)
			if len(column.Choices) > 0 {
				row[i] = choiceLabels(column.Choices, column.Get(&c), column.Many)
			}
		}
		return row
	}
}

// finishRow checks a content as a draft is checked and adds what is wrong or odd.
func finishRow[C Content[C]](c C, bad []CellProblem) (json.RawMessage, []CellProblem, error) {
	c = c.Tidy()
	told := slices.ContainsFunc(bad, func(p CellProblem) bool { return p.Code == "required" })
	if utf8.RuneCountInString(c.Facts().Title) < 2 && !told {
		bad = append(bad, CellProblem{Column: -1, Path: "title", Code: "required", Message: "请填写名称，至少 2 个字"})
	}
	if err := c.Validate(false); err != nil {
		var wrong *fault.Error
		if !errors.As(err, &wrong) {
			return nil, nil, err
		}
		for _, w := range wrong.Fields {
			bad = append(bad, CellProblem{Column: -1, Path: w.Path, Code: w.Code, Message: w.Message})
		}
	}
	for _, w := range c.Warnings() {
		if w.Code != "near_limit" {
			bad = append(bad, CellProblem{Column: -1, Path: w.Path, Code: w.Code, Message: w.Message, Warning: true})
		}
	}
	raw, err := stored.Marshal(c)
	return raw, bad, err
}

// lookUp finds codes by code or label.
func lookUp(choices []Choice, cell string, many bool) (string, error) {
	parts := []string{cell}
	if many {
		parts = SplitCell(cell)
	}
	var out []string
	for _, p := range parts {
		i := slices.IndexFunc(choices, func(c Choice) bool {
			return strings.EqualFold(c.Code, p) || strings.EqualFold(c.Label, p) || strings.EqualFold(c.Code+" "+c.Label, p)
		})
		if i < 0 {
			return "", fmt.Errorf("里的“%s”不在选项中，请从模板的下拉选项中选择", ClipCell(p, 30))
		}
		out = append(out, choices[i].Code)
	}
	return strings.Join(out, ";"), nil
}

// choiceLabels is lookUp the other way round: codes become labels, unless a label would be cut in two when it is read again.
func choiceLabels(choices []Choice, cell string, many bool) string {
	parts := []string{cell}
	if many {
		parts = SplitCell(cell)
	}
	for n, p := range parts {
		i := slices.IndexFunc(choices, func(c Choice) bool { return c.Code == p })
		if i >= 0 && (!many || len(SplitCell(choices[i].Label)) == 1) {
			parts[n] = choices[i].Label
		}
	}
	return strings.Join(parts, "、")
}

// SplitCell cuts a cell that holds several values.
func SplitCell(cell string) []string {
	return Unique(strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune("、；;|\n", r) }))
}

// ClipCell shortens what came from a file for a report, without characters that can't be stored.
func ClipCell(s string, n int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\x00", "�")
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// JSONProblem says in words why a text is not the JSON that was expected.
func JSONProblem(err error) string {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType):
		return fmt.Sprintf("字段 %s 不应是 %s", ClipCell(wrongType.Field, 50), wrongType.Value)
	case errors.As(err, &syntax):
		return fmt.Sprintf("第 %d 个字节处有误", syntax.Offset)
	}
	return "请检查引号和括号"
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
