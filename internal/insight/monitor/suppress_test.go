package monitor

import (
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/money"
)

// computable finds by linear algebra which hidden members follow from what is shown: those whose unit vector lies in the space of the
// sums that a reader can check.
func computable(s *sheet) map[*cell]bool {
	var unknown []*cell
	column := map[*cell]int{}
	for r := range s.rows + 1 {
		for k := range s.cols + 1 {
			if c := s.at(r, k); c.hidden {
				column[c] = len(unknown)
				unknown = append(unknown, c)
			}
		}
	}
	var m [][]*big.Rat
	for _, l := range s.lines() {
		row := make([]*big.Rat, len(unknown))
		for i := range row {
			row[i] = new(big.Rat)
		}
		for _, c := range l.inner {
			if c.hidden {
				row[column[c]].SetInt64(1)
			}
		}
		if l.margin.hidden {
			row[column[l.margin]].SetInt64(-1)
		}
		m = append(m, row)
	}
	// Reduced rows: a member is determined where a row holds it alone.
	next := 0
	for k := range unknown {
		pivot := -1
		for i := next; i < len(m); i++ {
			if m[i][k].Sign() != 0 {
				pivot = i
				break
			}
		}
		if pivot < 0 {
			continue
		}
		m[next], m[pivot] = m[pivot], m[next]
		inverse := new(big.Rat).Inv(m[next][k])
		for j := range m[next] {
			m[next][j].Mul(m[next][j], inverse)
		}
		for i := range m {
			if i == next || m[i][k].Sign() == 0 {
				continue
			}
			times := new(big.Rat).Set(m[i][k])
			for j := range m[i] {
				m[i][j].Sub(m[i][j], new(big.Rat).Mul(times, m[next][j]))
			}
		}
		next++
	}
	found := map[*cell]bool{}
	for _, row := range m[:next] {
		only, count := 0, 0
		for k := range row {
			if row[k].Sign() != 0 {
				only, count = k, count+1
			}
		}
		if count == 1 {
			found[unknown[only]] = true
		}
	}
	return found
}

func drawTable(t *rapid.T) (Policy, Table, []Contract) {
	areas := []Area{"150200", "150400", "150600", "150800", "110000", "496"}
	party := func(name string) Party {
		a := rapid.SampledFrom(areas).Draw(t, name)
		p := Party{Org: fmt.Sprintf("%s%s%d", name, a, rapid.IntRange(0, 3).Draw(t, "org")), Country: "156"}
		if len(a) == 3 {
			p.Country = string(a)
		} else {
			division := string(a[:4]) + "02"
			p.Division = &division
		}
		return p
	}
	var contracts []Contract
	for range rapid.IntRange(0, 40).Draw(t, "contracts") {
		k := Contract{Entered: 10, Seller: party("卖"), Buyer: party("买"), C: money.Fen(rapid.Int64Range(1, 9).Draw(t, "c") * 100)}
		if rapid.IntRange(0, 5).Draw(t, "changed") == 0 {
			k.Changes = []Change{{On: 20, C: money.Fen(rapid.Int64Range(0, 9).Draw(t, "to") * 100)}}
		}
		if rapid.IntRange(0, 7).Draw(t, "cancelled") == 0 {
			day := k.Entered + 15
			k.Cancelled = &day
		}
		contracts = append(contracts, k)
	}
	from := rapid.SampledFrom([]int{0, 15}).Draw(t, "from")
	table := Table{View: Public, Side: rapid.SampledFrom([]string{Output, Input, Matrix, Matrix, Matrix}).Draw(t, "side"), From: 0, To: 30}
	if from > 0 {
		table.From = 15 // the registrations lie before: only changes and cancellations are seen
	}
	table.Rows = areas[:rapid.IntRange(1, 6).Draw(t, "rows")]
	if table.Side == Matrix {
		table.Cols = areas[:rapid.IntRange(1, 6).Draw(t, "cols")]
	}
	return Policy{MinParties: rapid.IntRange(1, 3).Draw(t, "min"), DominanceBP: 8500}, table, contracts
}

func TestNoHiddenPrimaryCellFollowsFromWhatIsShown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, table, contracts := drawTable(t)
		s := table.sheet(p, contracts)
		s.hidePrimary()
		s.hideSecondary()
		known := computable(s)
		for r := range s.rows {
			for k := range s.cols {
				c := s.at(r, k)
				if c.primary && !c.hidden || c.empty && c.hidden {
					t.Fatalf("cell %d,%d: %+v", r, k, *c)
				}
				// What came and went again is 0 in both figures: nothing can be hidden beside it, and nothing is said.
				if c.primary && known[c] && (c.c != 0 || c.items != 0) {
					t.Fatalf("cell %d,%d can be computed: %+v", r, k, s.cells)
				}
			}
		}
	})
}

func TestMarginsAreSumsOfTheInnerCells(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, table, contracts := drawTable(t)
		s := table.sheet(p, contracts)
		for i, l := range s.lines() {
			var c money.Fen
			items := 0
			for _, in := range l.inner {
				c += in.c
				items += in.items
			}
			if c != l.margin.c || items != l.margin.items {
				t.Fatalf("line %d: %s and %d, margin %s and %d", i, c, items, l.margin.c, l.margin.items)
			}
		}
		table.View = "desk"
		switch out := table.Publish(p, contracts).(type) {
		case Column:
			if out.TotalC != s.at(s.rows, s.cols).c.String() {
				t.Fatalf("got %+v", out)
			}
		case Grid:
			for _, row := range out.C {
				for _, c := range row {
					if c == "*" {
						t.Fatalf("the desk sees all: %+v", out)
					}
				}
			}
		}
	})
}

// Line by line these five cells look safe; two lines together give the first away.
func TestTwoLinesTogetherGiveNothingAway(t *testing.T) {
	t.Parallel()
	s := newSheet(3, 3, true)
	for r, row := range [][]money.Fen{{100, 100, 0}, {100, 0, 100}, {0, 100, 0}} {
		for k, c := range row {
			*s.at(r, k) = cell{c: c, items: int(c) / 100, empty: c == 0, primary: c != 0}
		}
	}
	s.sumUp()
	s.hidePrimary()
	for _, l := range s.lines() {
		l.protect()
	}
	if known := computable(s); !known[s.at(0, 0)] {
		t.Error("the case shows nothing: lines alone protect it")
	}
	s.hideSecondary()
	for c := range computable(s) {
		if c.primary {
			t.Errorf("%+v can be computed", *c)
		}
	}
}
