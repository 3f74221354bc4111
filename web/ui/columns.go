package ui

import "techmarket/web/view"

// Column is one column of a list: its heading and how a row fills it stand together.
type Column[T any] struct {
	Label   string
	Numeric bool
	Cell    func(T) view.Cell
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

// Columns declares a list once. The first column names the row.
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
			cells[i].Header = i == 0
		}
		t.Rows = append(t.Rows, view.TableRow{Cells: cells})
	}
	return t
}
