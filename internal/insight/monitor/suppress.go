package monitor

// sheet is a table with its margins: row `rows` holds the column margins, column `cols` the row margins, their crossing the total. A
// table of one column has no row margins; its total is the margin of the column.
type sheet struct {
	rows, cols int
	matrix     bool
	cells      [][]cell
}

func newSheet(rows, cols int, matrix bool) *sheet {
	s := &sheet{rows: rows, cols: cols, matrix: matrix, cells: make([][]cell, rows+1)}
	for r := range s.cells {
		s.cells[r] = make([]cell, cols+1)
	}
	return s
}

func (s *sheet) at(r, k int) *cell { return &s.cells[r][k] }

func (s *sheet) sumUp() {
	for r := range s.rows + 1 {
		for k := range s.cols + 1 {
			if r < s.rows && k < s.cols {
				continue
			}
			*s.at(r, k) = cell{empty: true}
		}
	}
	for r := range s.rows {
		for k := range s.cols {
			from := s.at(r, k)
			for _, to := range []*cell{s.at(r, s.cols), s.at(s.rows, k), s.at(s.rows, s.cols)} {
				to.c += from.c
				to.items += from.items
				to.empty = to.empty && from.empty
			}
		}
	}
}

func (s *sheet) hidePrimary() {
	for r := range s.rows {
		for k := range s.cols {
			s.at(r, k).hidden = s.at(r, k).primary
		}
	}
}

// line is a sum that a reader can check: its members and what they add up to.
type line struct {
	inner  []*cell
	margin *cell
}

// lines in the order in which they are looked at: rows, columns, the column of row margins, the row of column margins. A table of one
// column has one line.
func (s *sheet) lines() []line {
	var list []line
	if s.matrix {
		for r := range s.rows {
			list = append(list, s.row(r))
		}
	}
	for k := range s.cols {
		l := s.col(k)
		if !s.matrix {
			l.margin = s.at(s.rows, s.cols)
		}
		list = append(list, l)
	}
	if s.matrix {
		list = append(list, s.col(s.cols), s.row(s.rows))
	}
	return list
}

func (s *sheet) row(r int) line {
	l := line{margin: s.at(r, s.cols)}
	for k := range s.cols {
		l.inner = append(l.inner, s.at(r, k))
	}
	return l
}

func (s *sheet) col(k int) line {
	l := line{margin: s.at(s.rows, k)}
	for r := range s.rows {
		l.inner = append(l.inner, s.at(r, k))
	}
	return l
}

// protect hides one more member of a line that has exactly one hidden: the smallest inner cell that is shown and not empty, otherwise
// the margin. It tells whether it hid one.
func (l line) protect() bool {
	hidden := 0
	var smallest *cell
	for _, c := range l.inner {
		switch {
		case c.hidden:
			hidden++
		case !c.empty && (smallest == nil || c.c < smallest.c):
			smallest = c
		}
	}
	if l.margin.hidden {
		hidden++
	}
	if hidden != 1 {
		return false
	}
	if smallest == nil {
		smallest = l.margin
	}
	changed := !smallest.hidden
	smallest.hidden = true
	return changed
}

// hideSecondary hides what would give a primary cell away: line by line until every line with a hidden member has two, and then, in a
// matrix, what two lines together would give away.
func (s *sheet) hideSecondary() {
	for {
		for changed := true; changed; {
			changed = false
			for _, l := range s.lines() {
				changed = l.protect() || changed
			}
		}
		if !s.matrix || !s.hideForCycle() {
			return
		}
	}
}

// hideForCycle looks at rows and columns (the margins are a row and a column too) as nodes and at hidden members as edges between
// them: a hidden cell can be computed exactly where its edge lies on no cycle. For the first such primary cell it hides one more
// member, which leads from the side of its row to the other side. It tells whether it hid one.
func (s *sheet) hideForCycle() bool {
	for r := range s.rows {
		for k := range s.cols {
			if !s.at(r, k).primary {
				continue
			}
			rows, cols := s.reached(r, k)
			if cols[k] {
				continue
			}
			if c := s.crossing(rows, cols); c != nil {
				c.hidden = true
				return true
			}
		}
	}
	return false
}

// reached finds the rows and columns that hidden members join to the row of a cell, without the cell itself.
func (s *sheet) reached(row, col int) (rows, cols []bool) {
	rows, cols = make([]bool, s.rows+1), make([]bool, s.cols+1)
	rows[row] = true
	for changed := true; changed; {
		changed = false
		for r := range rows {
			for k := range cols {
				if s.at(r, k).hidden && (r != row || k != col) && rows[r] != cols[k] {
					rows[r], cols[k], changed = true, true, true
				}
			}
		}
	}
	return rows, cols
}

// crossing is the smallest shown member that is not empty and has exactly one of its row and column on the side reached: an inner cell,
// otherwise a row margin, a column margin, the total.
func (s *sheet) crossing(rows, cols []bool) *cell {
	var best [4]*cell
	for r := range rows {
		for k := range cols {
			c := s.at(r, k)
			if c.hidden || c.empty || rows[r] == cols[k] {
				continue
			}
			rank := 0
			if k == s.cols {
				rank++
			}
			if r == s.rows {
				rank += 2
			}
			if best[rank] == nil || c.c < best[rank].c {
				best[rank] = c
			}
		}
	}
	for _, c := range best {
		if c != nil {
			return c
		}
	}
	return nil
}
