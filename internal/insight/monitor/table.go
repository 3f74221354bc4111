package monitor

import (
	"strconv"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
)

// Sides of a table.
const (
	Output = "output" // cells by the seller's area
	Input  = "input"  // cells by the buyer's area
	Matrix = "matrix" // rows sellers, columns buyers
)

// Public is the view in which cells are hidden; the desk sees all.
const Public = "public"

// Table asks for a table of a period.
type Table struct {
	Name string   `json:"name"`
	View string   `json:"view" words:"public desk"`
	Side string   `json:"side" words:"output input matrix"`
	Rows []Area   `json:"rows"`
	Cols []Area   `json:"cols"`
	From fact.Day `json:"from"`
	To   fact.Day `json:"to"`
}

// Column is a table of one column as it is published; what is hidden is *.
type Column struct {
	Name   string   `json:"name"`
	TotalC string   `json:"total_c"`
	TotalN string   `json:"total_n"`
	C      []string `json:"c"`
	N      []string `json:"n"`
}

// Grid is a matrix with its margins as it is published.
type Grid struct {
	Name   string     `json:"name"`
	TotalC string     `json:"total_c"`
	TotalN string     `json:"total_n"`
	C      [][]string `json:"c"`
	N      [][]string `json:"n"`
	RowsC  []string   `json:"rows_c"`
	RowsN  []string   `json:"rows_n"`
	ColsC  []string   `json:"cols_c"`
	ColsN  []string   `json:"cols_n"`
}

// cell is an inner cell, a margin or the total.
type cell struct {
	c       money.Fen
	items   int
	empty   bool // nothing happened here: printed, never hidden
	primary bool // says too much about one party
	hidden  bool
}

// Publish makes the table and, for the public, hides what would say too much about one party, and then what would give that away.
// Margins and totals are the sums of the inner cells.
func (t Table) Publish(p Policy, contracts []Contract) any {
	return t.shown(t.sheet(p, contracts))
}

// shown hides for the public and writes the table down.
func (t Table) shown(s *sheet) any {
	if t.View == Public {
		s.hidePrimary()
		s.hideSecondary()
	}
	n, m := s.rows, s.cols
	total := s.at(n, m)
	if t.Side != Matrix {
		out := Column{Name: t.Name, TotalC: total.printC(), TotalN: total.printN()}
		for r := range n {
			out.C = append(out.C, s.at(r, 0).printC())
			out.N = append(out.N, s.at(r, 0).printN())
		}
		return out
	}
	out := Grid{Name: t.Name, TotalC: total.printC(), TotalN: total.printN()}
	for r := range n {
		var c, items []string
		for k := range m {
			c = append(c, s.at(r, k).printC())
			items = append(items, s.at(r, k).printN())
		}
		out.C, out.N = append(out.C, c), append(out.N, items)
		out.RowsC, out.RowsN = append(out.RowsC, s.at(r, m).printC()), append(out.RowsN, s.at(r, m).printN())
	}
	for k := range m {
		out.ColsC, out.ColsN = append(out.ColsC, s.at(n, k).printC()), append(out.ColsN, s.at(n, k).printN())
	}
	return out
}

func (c *cell) printC() string {
	if c.hidden {
		return "*"
	}
	return c.c.String()
}

func (c *cell) printN() string {
	if c.hidden {
		return "*"
	}
	return strconv.Itoa(c.items)
}

// sheet fills the inner cells and sums them up.
func (t Table) sheet(p Policy, contracts []Contract) *sheet {
	cols := len(t.Cols)
	if t.Side != Matrix {
		cols = 1
	}
	s := newSheet(len(t.Rows), cols, t.Side == Matrix)
	period := Period{t.From, t.To}
	for r, row := range t.Rows {
		for k := range cols {
			var in []Contract
			for _, contract := range contracts {
				if t.holds(contract, row, k) {
					in = append(in, contract)
				}
			}
			*s.at(r, k) = fill(p, in, period)
		}
	}
	s.sumUp()
	return s
}

func (t Table) holds(k Contract, row Area, col int) bool {
	switch t.Side {
	case Output:
		return k.Seller.inside(row)
	case Input:
		return k.Buyer.inside(row)
	default:
		return k.Seller.inside(row) && k.Buyer.inside(t.Cols[col])
	}
}

// fill sums the contracts of a cell and finds whether it says too much about one party. Only contracts that add to it count there:
// C above 0 and items not below 0 in the period.
func fill(p Policy, contracts []Contract, period Period) cell {
	out := cell{empty: true}
	sellers, buyers := map[string]money.Fen{}, map[string]money.Fen{}
	var of money.Fen
	for _, k := range contracts {
		s := k.In(period)
		out.c += s.C
		out.items += s.Items
		if s.Items != 0 || s.C != 0 {
			out.empty = false
		}
		if s.C > 0 && s.Items >= 0 {
			sellers[k.Seller.Org] += s.C
			buyers[k.Buyer.Org] += s.C
			of += s.C
		}
	}
	out.primary = !out.empty && p.tells(len(sellers), len(buyers), max(largest(sellers), largest(buyers)), of)
	return out
}

// tells reports whether a cell of so many parties says too much about one of them: too few, or one that holds more than its share.
func (p Policy) tells(sellers, buyers int, top, of money.Fen) bool {
	// Whole 分 above the exact limit are above its floor, and the other way round.
	return sellers < p.MinParties || buyers < p.MinParties || top > fact.Floor(of, int64(p.DominanceBP), 10_000)
}

func largest(parties map[string]money.Fen) (top money.Fen) {
	for _, c := range parties {
		top = max(top, c)
	}
	return top
}
