package document

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"iter"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"techmarket/internal/foundation/fault"
)

// ReadExcel walks the rows of the first visible sheet: values as they are stored, to 15 significant digits; formats only tell dates
// and percentages. Merged cells repeat their first. Memory stays bounded whatever the file says of itself.
//
// Faults: Invalid sheet_broken, sheet_encrypted, sheet_too_large; Unavailable sheet_timeout.
func ReadExcel(ctx context.Context, r io.Reader) iter.Seq2[TableRow, error] {
	return func(yield func(TableRow, error) bool) {
		b, err := openBook(ctx, r)
		if err != nil {
			yield(TableRow{}, err)
			return
		}
		merged, err := b.merges()
		if err != nil {
			yield(TableRow{}, bookFault(err))
			return
		}
		s := sheetReader{book: b, merged: merged}
		rows := 0
		err = b.walk(b.part, func(token xml.Token) error {
			row, done, err := s.see(token)
			if err != nil || !done {
				return err
			}
			if rows++; rows > maxTableRows {
				return errTooLarge
			}
			if !yield(row, nil) {
				return errStop
			}
			return nil
		})
		if err != nil {
			yield(TableRow{}, bookFault(err))
		}
	}
}

// span is a merged range, counted from 0 in columns and from 1 in rows.
type span struct {
	left, right, top, bottom int
	value                    Cell
}

var mergeMark = regexp.MustCompile(`<(?:\w+:)?mergeCell\s[^<>]{0,200}?ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"`)

const maxMerges = 50_000

// merges finds the merged ranges, which stand behind the cells. This unpacks the sheet once more, but does not parse it.
func (b *workbook) merges() ([]span, error) {
	before := b.left
	r, err := b.open(b.part)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var out []span
	const overlap = 300
	buffer := make([]byte, 0, 64<<10+overlap)
	for {
		n, err := io.ReadFull(r, buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		last := 0
		for _, m := range mergeMark.FindAllSubmatchIndex(buffer, -1) {
			at := func(i int) string { return string(buffer[m[2*i]:m[2*i+1]]) }
			left, e1 := excelize.ColumnNameToNumber(at(1))
			right, e2 := excelize.ColumnNameToNumber(at(3))
			top, e3 := strconv.Atoi(at(2))
			bottom, e4 := strconv.Atoi(at(4))
			if errors.Join(e1, e2, e3, e4) == nil && len(out) < maxMerges && left <= right && top <= bottom {
				out = append(out, span{left: left - 1, right: min(right, maxTableColumns) - 1, top: top, bottom: bottom})
			}
			last = m[1]
		}
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			b.left = before // the same bytes are counted when they are parsed
			slices.SortStableFunc(out, func(a, b span) int { return a.top - b.top })
			return out, nil
		case err != nil:
			return nil, err
		}
		keep := max(last, len(buffer)-overlap)
		buffer = append(buffer[:0], buffer[keep:]...)
	}
}

// sheetReader puts rows together from the marks of a sheet.
type sheetReader struct {
	book   *workbook
	merged []span // not yet begun, by row
	active []span

	row     TableRow
	rowNo   int
	column  int
	kind    string // t of the cell
	style   int
	value   strings.Builder
	into    bool // texts of v or t belong to the cell
	formula bool
	valued  bool
	rich    bool // phonetic hints
}

// see takes one mark; done when a row is complete that holds something.
func (s *sheetReader) see(token xml.Token) (row TableRow, done bool, err error) {
	switch t := token.(type) {
	case xml.StartElement:
		s.start(t)
	case xml.CharData:
		if s.into && !s.rich {
			s.value.Write(t)
		}
	case xml.EndElement:
		switch t.Name.Local {
		case "v", "t":
			s.into = false
		case "rPh":
			s.rich = false
		case "c":
			return row, false, s.cell()
		case "row":
			s.merge()
			return s.row, slices.ContainsFunc(s.row.Cells, func(c Cell) bool { return c.Kind != Blank }), nil
		}
	}
	return row, false, nil
}

func (s *sheetReader) start(t xml.StartElement) {
	switch t.Name.Local {
	case "row":
		s.rowNo++
		if n, err := strconv.Atoi(attr(t, "r")); err == nil && n > 0 {
			s.rowNo = n
		}
		hidden := attr(t, "hidden")
		s.row = TableRow{Number: s.rowNo, Sheet: s.book.sheet, Hidden: hidden == "1" || hidden == "true"}
		s.column = -1
	case "c":
		s.column++
		if column, _, err := excelize.CellNameToCoordinates(attr(t, "r")); err == nil {
			s.column = column - 1
		}
		s.kind = attr(t, "t")
		s.style, _ = strconv.Atoi(attr(t, "s")) // 0, the plain style, where it is missing
		s.value.Reset()
		s.into, s.formula, s.valued, s.rich = false, false, false, false
	case "f":
		s.formula = true
	case "v", "t":
		s.into = true
		s.valued = s.valued || t.Name.Local == "v"
	case "rPh":
		s.rich = true
	}
}

// cell ends a cell.
func (s *sheetReader) cell() error {
	c, err := s.read(s.value.String())
	if err != nil || c.Kind == Blank {
		return err
	}
	if s.column >= maxTableColumns {
		return errTooLarge
	}
	for len(s.row.Cells) <= s.column {
		s.row.Cells = append(s.row.Cells, Cell{})
	}
	s.row.Cells[s.column] = c
	return nil
}

func (s *sheetReader) read(raw string) (Cell, error) {
	switch s.kind {
	case "s":
		if strings.TrimSpace(raw) == "" {
			return Cell{}, nil
		}
		i, err := strconv.Atoi(strings.TrimSpace(raw))
		text, ok := s.book.text(i)
		if err != nil || !ok {
			return Cell{}, fault.New(fault.Invalid, "sheet_broken", "工作簿里有单元格的文字找不到了，文件可能已损坏。请用 Excel 或 WPS 打开并另存为 XLSX 后重新上传。")
		}
		return stringCell(text), nil
	case "inlineStr", "str":
		return stringCell(unescape(raw)), nil
	}
	raw = strings.TrimSpace(raw)
	switch {
	case raw == "" && s.formula:
		return Cell{Kind: Uncomputed}, nil
	case raw == "":
		return Cell{}, nil
	case s.kind == "e":
		return Cell{Kind: Failed, Text: raw}, nil
	case s.kind == "b":
		return Cell{Kind: Truth, Text: map[bool]string{true: "TRUE", false: "FALSE"}[raw == "1" || raw == "true"]}, nil
	case s.kind == "d":
		return isoMoment(raw), nil
	}
	return s.number(raw), nil
}

// stringCell is a text of a workbook, which keeps truth values apart itself.
func stringCell(text string) Cell {
	c := TextCell(text)
	if c.Kind == Truth {
		c.Kind = Words
	}
	return c
}

func (s *sheetReader) number(raw string) Cell {
	text, long, ok := plainNumber(raw)
	if !ok {
		return Cell{Kind: Failed, Text: "#NUM!"}
	}
	shown := numberFormat{kind: Number}
	if s.style >= 0 && s.style < len(s.book.shown) {
		shown = s.book.shown[s.style]
	}
	switch shown.kind {
	case Moment:
		if v, err := strconv.ParseFloat(raw, 64); err == nil {
			if moment, ok := serial(v, s.book.since, shown); ok {
				return Cell{Kind: Moment, Text: moment}
			}
		}
	case Percent:
		return Cell{Kind: Percent, Text: shiftPoint(text, 2) + "%"}
	}
	return Cell{Kind: Number, Text: text, long: long}
}

// serial turns Excel's count of days into a date, and the fraction into a time of day. Day 60 of the count from 1900 is a 29 February
// that never was: the days before it are off by one. Below one day it is a time alone; what the format leaves out is left out.
func serial(v float64, since1904 bool, shown numberFormat) (string, bool) {
	if v < 0 || v > 2_958_466 {
		return "", false
	}
	seconds := int64(math.Round(v * 86_400))
	days, clock := seconds/86_400, seconds%86_400
	if days == 0 && clock > 0 && !since1904 {
		return time.Unix(clock, 0).UTC().Format(time.TimeOnly), true
	}
	start := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case since1904:
		start = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case days == 60:
		return "", false
	case days < 60:
		start = start.AddDate(0, 0, 1)
	}
	at := start.AddDate(0, 0, int(days)).Add(time.Duration(clock) * time.Second)
	if !shown.year || !shown.month || !shown.day {
		return shown.write(at), true
	}
	if clock == 0 {
		return at.Format(time.DateOnly), true
	}
	return at.Format(time.DateTime), true
}

func isoMoment(raw string) Cell {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04:05", time.RFC3339Nano, "2006-01-02T15:04"} {
		if at, err := time.Parse(layout, raw); err == nil {
			if at.Hour()+at.Minute()+at.Second() == 0 {
				return Cell{Kind: Moment, Text: at.Format(time.DateOnly)}
			}
			return Cell{Kind: Moment, Text: at.Format(time.DateTime)}
		}
	}
	return TextCell(raw)
}

// merge repeats the first cell of each merged range that reaches into the row: down in its own column, and beside it, where only a
// heading wants it.
func (s *sheetReader) merge() {
	s.active = slices.DeleteFunc(s.active, func(m span) bool { return m.bottom < s.rowNo })
	for len(s.merged) > 0 && s.merged[0].top <= s.rowNo {
		m := s.merged[0]
		s.merged = s.merged[1:]
		if m.bottom < s.rowNo {
			continue
		}
		if m.top == s.rowNo && m.left < len(s.row.Cells) {
			m.value = s.row.Cells[m.left]
		}
		s.active = append(s.active, m)
	}
	for _, m := range s.active {
		if m.value.Kind == Blank {
			continue
		}
		for column := m.left; column <= m.right; column++ {
			if column == m.left && s.rowNo == m.top {
				continue
			}
			for len(s.row.Cells) <= column {
				s.row.Cells = append(s.row.Cells, Cell{})
			}
			c := m.value
			c.below, c.beside = s.rowNo > m.top, column > m.left
			s.row.Cells[column] = c
		}
	}
}
