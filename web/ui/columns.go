package ui

import (
	"slices"

	"techmarket/web/view"
)

// Column is one column of a list: its heading, how a row fills it and what stands at its foot.
type Column[T any] struct {
	Label   string
	Numeric bool
	Cell    func(T) view.Cell
	Foot    view.Cell
}

// TextColumn is a column of texts.
func TextColumn[T any](label string, text func(T) string) Column[T] {
	return Column[T]{Label: label, Cell: func(r T) view.Cell { return view.Cell{Text: text(r)} }}
}

// FigureColumn is a column of figures.
func FigureColumn[T any](label string, figure func(T) string) Column[T] {
	c := TextColumn(label, figure)
	c.Numeric = true
	return c
}

// CountColumn is a column of whole numbers.
func CountColumn[T any](label string, count func(T) int) Column[T] {
	return FigureColumn(label, func(r T) string { return view.Count(count(r)) })
}

// Summed puts a sum at the foot of the column.
func (col Column[T]) Summed(sum string) Column[T] {
	col.Foot = view.Cell{Text: sum}
	return col
}

// Columns declares a list once. The first column names the row, unless a cell of another one is the Header.
type Columns[T any] []Column[T]

// Table draws the rows under their headings; the caption is for those who do not see the page.
func (cols Columns[T]) Table(caption string, rows []T) view.Table {
	t := view.Table{Caption: caption, HideCaption: true}
	for _, c := range cols {
		t.Columns = append(t.Columns, view.Column{Label: c.Label, Numeric: c.Numeric})
	}
	for _, r := range rows {
		cells := make([]view.Cell, len(cols))
		for i, c := range cols {
			cells[i] = c.Cell(r)
		}
		if !slices.ContainsFunc(cells, func(c view.Cell) bool { return c.Header }) {
			cells[0].Header = true
		}
		t.Rows = append(t.Rows, view.TableRow{Cells: cells})
	}
	if slices.ContainsFunc(cols, func(c Column[T]) bool { return !c.Foot.Void() }) {
		for i, c := range cols {
			c.Foot.Header = i == 0
			t.Foot = append(t.Foot, c.Foot)
		}
	}
	return t
}
