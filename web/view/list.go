package view

import "time"

// Search is the search box. Scopes become a select before the input (找成果 / 找需求).
type Search struct {
	Action, Name, Value string
	Label, Placeholder  string
	Scope               string // name of the select
	Scopes              []Option
	Hidden              []Pair // filters that stay while the words change
	Submit              string
}

// Rows is the one list pattern: a line a reader decides on, meta below, price at the right.
type Rows struct {
	Label string // accessible name of the list
	Items []Row
	Empty Empty // shown when Items is empty
}

// Row is one listing, contract, organisation or person in a list.
type Row struct {
	Title      Text
	Href       string
	Lead       Text // one line of figures, not adjectives
	Meta       []string
	Tags       []Tag
	ShowTRL    bool
	TRL        int
	Fresh      string // 37 天前确认有效
	Right      string // 120 万元 or 面议
	RightNote  string // 许可 · 合作开发
	Sample     bool
	Actions    []Action
	ID         string  // to come back to
	Mark       *Action // at the end of the quiet line: 收藏
	HeadingTag string  // "h2" under a page's h1; h3 otherwise
	Thumb      *Thumb  // draws the row with a picture at the left and its key figure at the right
	Gain       *Gain   // of such a row; nil: there is none to compare
}

// Thumb is a small picture, or the drawing of a field with its name.
type Thumb struct{ Src, Icon, Label string }

// Gain is one figure before and after; Change says by how much.
type Gain struct{ Name, From, To, Unit, Change string }

// Rail is the filter column: one GET form whose whole state is the address.
type Rail struct {
	Action string
	Hidden []Pair // query and sort, which filters keep
	Groups []FilterGroup
	Active int    // how many filters are on
	Clear  string // address without filters
}

// FilterGroup is one question of the rail. With Single it draws radios; with From/To two inputs with Unit;
// with Select a drop-down (for 103 counties). Beyond Fold options the rest hides under 更多.
type FilterGroup struct {
	Legend, Name string
	Options      []Option
	Single       bool
	Select       bool
	From, To     *Field
	Fold         int
}

// Chosen counts the options that are on.
func (g FilterGroup) Chosen() int {
	n := 0
	for _, o := range g.Options {
		if o.Checked && o.Value != "" {
			n++
		}
	}
	return n
}

// Head lists the options before the fold; checked ones behind it stay visible.
func (g FilterGroup) Head() []Option { return g.part(true) }

// Tail lists the options under 更多.
func (g FilterGroup) Tail() []Option { return g.part(false) }

func (g FilterGroup) part(head bool) []Option {
	if g.Fold <= 0 || len(g.Options) <= g.Fold+2 {
		if head {
			return g.Options
		}
		return nil
	}
	var out []Option
	for i, o := range g.Options {
		if (i < g.Fold || o.Checked) == head {
			out = append(out, o)
		}
	}
	return out
}

// Chip is an applied filter (Off: the address without it) or a suggestion (Href).
type Chip struct {
	Label, Href string
	On          bool
}

// ListHead stands above rows: how many, which filters, sorting, and what to do with this search.
type ListHead struct {
	Found   int
	Unit    string // 项, 条, 家; 项 when empty
	OnPage  bool   // Found counts this page only
	Chips   []Chip
	Clear   string
	Sorts   []Link
	Actions []Action
}

// Pager steps through pages. Total < 0 means not counted (cursor paging): only Prev and Next are drawn.
type Pager struct {
	From, To, Total int
	Prev, Next      string
	Pages           []Link // Current marks the present one; an empty Href draws a gap
}

// Tabs switches between sibling views of one thing.
type Tabs struct {
	Label string
	Items []Link
}

// Table shows figures. Below 640 px each row becomes a block with its column names, so nothing scrolls sideways.
type Table struct {
	Caption     string
	HideCaption bool
	Columns     []Column
	Rows        []TableRow
	Foot        []Cell
	Empty       Empty
	Chooser     string // key under which the browser remembers hidden columns; "" for none
	Compact     bool
}

// Column heads a table column. Sort is the address that sorts by it, Dir ("up", "down") the present direction.
type Column struct {
	Label   string
	Numeric bool
	Sort    string
	Dir     string
	Tip     string // definition of the figure
}

// AriaSort is the aria-sort value of the column.
func (c Column) AriaSort() string {
	switch c.Dir {
	case "up":
		return "ascending"
	case "down":
		return "descending"
	}
	return ""
}

// TableRow is one row; Current marks it.
type TableRow struct {
	Cells   []Cell
	Current bool
}

// Cell is one value; Href opens the list behind the figure.
type Cell struct {
	Text   string
	Href   string
	Note   string
	Tags   []Tag
	Header bool // names the row
	Strong bool
}

// Cells makes plain cells, the first naming the row.
func Cells(texts ...string) []Cell {
	out := make([]Cell, len(texts))
	for i, s := range texts {
		out[i] = Cell{Text: s, Header: i == 0}
	}
	return out
}

// Labelled pairs a row's cells with the column labels, for the stacked form on a phone.
func (t Table) Labelled(cells []Cell) []LabelledCell {
	out := make([]LabelledCell, len(cells))
	for i, c := range cells {
		out[i].Cell = c
		if i < len(t.Columns) {
			out[i].Label, out[i].Numeric = t.Columns[i].Label, t.Columns[i].Numeric
		}
	}
	return out
}

// Void tells whether there is nothing to show, so that a stacked row can leave the cell out.
func (c Cell) Void() bool { return c.Text == "" && c.Note == "" && len(c.Tags) == 0 }

// Day and NoteDay tell whether the text or the note is a date, which no browser shall break after its hyphens.
func (c Cell) Day() bool { return isDay(c.Text) }

func (c Cell) NoteDay() bool { return isDay(c.Note) }

// isDay also knows "2026-10-01 起".
func isDay(s string) bool { return len(s) >= 10 && len(s) <= 16 && s[4] == '-' && s[7] == '-' }

// LabelledCell is a cell that knows its column.
type LabelledCell struct {
	Cell
	Label   string
	Numeric bool
}

// Facts is a list of names and values on a detail page or a certificate.
type Facts struct {
	Items []Fact
	Wide  bool // label above value
}

// Fact is one line; an empty value draws —.
type Fact struct {
	Label string
	Value string
	Text  Text // instead of Value, when words are marked or text is long
	Note  string
	Href  string
	Tags  []Tag
	TRL   int
	Num   bool
}

// Figure is a published number: it always has a date, a definition and, where there is one, its list.
type Figure struct {
	Value, Unit, Label string
	AsOf               time.Time
	Period             string // 2023 年; used instead of AsOf
	Source             string // 公开数据 or 本市场
	Definition         string // address of the definition
	List               string // address of the list behind the figure
	Sample             bool
	Trend              *Picture
}

// Compare sets listings side by side; rows that differ are marked in words and in weight.
type Compare struct {
	Caption string
	Items   []Link
	Rows    []CompareRow
}

// CompareRow is one property across the compared items.
type CompareRow struct {
	Label   string
	Cells   []Text
	Differs bool
}

// Entry is a task on the home page or a desk: icon, verb, who it is for.
type Entry struct {
	Icon, Label, Note, Href string
	Count                   int
}

// filterOption is an option with what it needs to know of its group.
type filterOption struct {
	Name   string
	Single bool
	Option Option
}
