package document

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"techmarket/internal/foundation/lang"
	"techmarket/internal/foundation/money"
)

// SheetKind says how a column's values are written.
type SheetKind int

// The kinds of column. Codes and long numbers (信用代码, 合同编号) are Text: as numbers they would lose digits.
const (
	Text  SheetKind = iota
	Count           // int, int64
	Yuan            // money.Fen, shown in 元 with two decimals
	Date            // time.Time; the zero time is an empty cell
	Rate            // float64 0–1, shown in percent
)

// SheetColumn is one column of a sheet.
type SheetColumn struct {
	Title    string
	Kind     SheetKind
	Width    float64  // in characters; 0: 14
	Required bool     // templates: the title is marked
	Choices  []string // templates: a drop-down
	Hint     string   // templates: shown when the cell is chosen
}

// Sheet is one sheet of a workbook or one CSV file. Notes stand above the heading in a workbook: definition, date, 样例.
type Sheet struct {
	Name    string
	Notes   []string
	Columns []SheetColumn
	Rows    iter.Seq2[[]any, error]
}

// WriteExcel streams a workbook: memory does not grow with the rows, nothing is written when a row's error comes up.
func WriteExcel(w io.Writer, sheets ...Sheet) error {
	f := excelize.NewFile()
	defer f.Close()
	styles, err := newStyles(f)
	if err != nil {
		return fmt.Errorf("write excel: %w", err)
	}
	for i, s := range sheets {
		if i == 0 {
			err = f.SetSheetName("Sheet1", s.Name)
		} else {
			_, err = f.NewSheet(s.Name)
		}
		if err == nil {
			err = writeSheet(f, s, styles)
		}
		if err != nil {
			return fmt.Errorf("write excel: %w", err)
		}
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write excel: %w", err)
	}
	return nil
}

type styles struct {
	note, head int
	byKind     map[SheetKind]int
}

func newStyles(f *excelize.File) (styles, error) {
	s := styles{byKind: map[SheetKind]int{}}
	add := func(to *int, style excelize.Style) error {
		id, err := f.NewStyle(&style)
		*to = id
		return err
	}
	yuan, day, text := "#,##0.00", "yyyy-mm-dd", "@"
	var ids [5]int
	for _, err := range []error{
		add(&s.note, excelize.Style{Font: &excelize.Font{Color: "5F6B7A"}}),
		add(&s.head, excelize.Style{Font: &excelize.Font{Bold: true},
			Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8EEF5"}}}),
		add(&ids[Text], excelize.Style{CustomNumFmt: &text}),
		add(&ids[Count], excelize.Style{NumFmt: 3}),
		add(&ids[Yuan], excelize.Style{CustomNumFmt: &yuan}),
		add(&ids[Date], excelize.Style{CustomNumFmt: &day}),
		add(&ids[Rate], excelize.Style{NumFmt: 10}),
	} {
		if err != nil {
			return s, err
		}
	}
	for kind, id := range ids {
		s.byKind[SheetKind(kind)] = id
	}
	return s, nil
}

func writeSheet(f *excelize.File, s Sheet, st styles) error {
	w, err := f.NewStreamWriter(s.Name)
	if err != nil {
		return err
	}
	for i, c := range s.Columns {
		width := c.Width
		if width == 0 {
			width = 14
		}
		if err := w.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	if err := w.SetPanes(frozen(len(s.Notes) + 1)); err != nil {
		return err
	}
	row := 1
	put := func(cells []any) error {
		at, err := excelize.CoordinatesToCellName(1, row)
		if err != nil {
			return err
		}
		row++
		return w.SetRow(at, cells)
	}
	for _, note := range s.Notes {
		if err := put([]any{excelize.Cell{StyleID: st.note, Value: note}}); err != nil {
			return err
		}
	}
	head := make([]any, len(s.Columns))
	for i, c := range s.Columns {
		head[i] = excelize.Cell{StyleID: st.head, Value: c.Title}
	}
	if err := put(head); err != nil {
		return err
	}
	if s.Rows != nil {
		cells := make([]any, len(s.Columns))
		for values, err := range s.Rows {
			if err != nil {
				return err
			}
			for i, c := range s.Columns {
				cells[i] = nil
				if i < len(values) {
					if cells[i], err = cell(c, values[i], st); err != nil {
						return fmt.Errorf("column %s: %w", c.Title, err)
					}
				}
			}
			if err := put(cells); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}

// frozen keeps the rows down to the heading in sight.
func frozen(head int) *excelize.Panes {
	return &excelize.Panes{Freeze: true, YSplit: head, TopLeftCell: fmt.Sprintf("A%d", head+1), ActivePane: "bottomLeft"}
}

// cell gives a value its type; a string is always text, so "=cmd" stays what it is.
func cell(c SheetColumn, value any, st styles) (any, error) {
	out := excelize.Cell{StyleID: st.byKind[c.Kind]}
	switch v := value.(type) {
	case nil:
		return nil, nil
	case string:
		out.Value = clip(storable(v))
	case int, int64:
		out.Value = v
	case money.Fen:
		// Excel has only floating point; every amount below 90 万亿元 keeps its 分 in it.
		out.Value = float64(v) / 100
	case time.Time:
		if v.IsZero() {
			return nil, nil
		}
		out.Value = time.Date(v.Year(), v.Month(), v.Day(), 0, 0, 0, 0, time.UTC)
	case float64:
		out.Value = v
	default:
		return nil, fmt.Errorf("no way to write a %T", value)
	}
	return out, nil
}

// storable drops what XML can't hold; everything else is written as it is, so that it comes back as it was.
func storable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0xfffe || r == 0xffff || r == utf8.RuneError {
			return -1
		}
		return r
	}, text)
}

// clip keeps Excel's limit of a cell.
func clip(text string) string {
	return lang.Clip(text, excelize.TotalCellChars)
}

// templateRows is how many rows of a template have drop-downs.
const templateRows = 5000

// WriteTemplate writes an empty form to fill in (rows are not used): required titles marked, hints and drop-downs on the cells, the choices
// on a hidden sheet (a list inside the cell rule is limited to 255 characters), the notes on a sheet 填写说明, and the version
// in its first cell so that an old form is recognised.
func WriteTemplate(w io.Writer, s Sheet, version string) error {
	f := excelize.NewFile()
	defer f.Close()
	if err := fillTemplate(f, s, version); err != nil {
		return fmt.Errorf("write template: %w", err)
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write template: %w", err)
	}
	return nil
}

func fillTemplate(f *excelize.File, s Sheet, version string) error {
	st, err := newStyles(f)
	if err != nil {
		return err
	}
	if err := f.SetSheetName("Sheet1", s.Name); err != nil {
		return err
	}
	if err := f.SetPanes(s.Name, frozen(1)); err != nil {
		return err
	}
	const choices, notes = "选项", "填写说明"
	for _, name := range []string{choices, notes} {
		if _, err := f.NewSheet(name); err != nil {
			return err
		}
	}
	for i, line := range append([]string{version}, s.Notes...) {
		if err := f.SetCellStr(notes, fmt.Sprintf("A%d", i+1), line); err != nil {
			return err
		}
	}
	if err := f.SetColWidth(notes, "A", "A", 100); err != nil {
		return err
	}
	for i, c := range s.Columns {
		name, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		title, width := c.Title, max(c.Width, 14)
		if c.Required {
			title += requiredMark
		}
		if err := f.SetCellStr(s.Name, name+"1", title); err != nil {
			return err
		}
		if err := f.SetColStyle(s.Name, name, st.byKind[c.Kind]); err != nil {
			return err
		}
		if err := f.SetCellStyle(s.Name, name+"1", name+"1", st.head); err != nil {
			return err
		}
		if err := f.SetColWidth(s.Name, name, name, width); err != nil {
			return err
		}
		rule := excelize.NewDataValidation(true)
		rule.SetSqref(fmt.Sprintf("%s2:%s%d", name, name, templateRows))
		if len(c.Choices) > 0 {
			for n, choice := range c.Choices {
				if err := f.SetCellStr(choices, fmt.Sprintf("%s%d", name, n+1), choice); err != nil {
					return err
				}
			}
			rule.SetSqrefDropList(fmt.Sprintf("'%s'!$%s$1:$%s$%d", choices, name, name, len(c.Choices)))
			rule.SetError(excelize.DataValidationErrorStyleWarning, c.Title, "请从下拉列表里选择。")
		}
		if c.Hint != "" {
			rule.SetInput(c.Title, c.Hint)
		}
		if len(c.Choices) > 0 || c.Hint != "" {
			if err := f.AddDataValidation(s.Name, rule); err != nil {
				return err
			}
		}
	}
	return f.SetSheetVisible(choices, false)
}
