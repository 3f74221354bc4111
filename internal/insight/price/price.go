// Package price answers what comparable registered contracts cost, without giving away any single one: a cell is shown only where it
// has enough contracts, sellers and buyers, nobody dominates it, and two answers cannot be subtracted from each other.
package price

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// Policy is a row of the dated policy table. NBands are the lower bounds of the bands in which a number of contracts is told.
type Policy struct {
	MinContracts int   `json:"min_contracts" min:"0"`
	MinSellers   int   `json:"min_sellers" min:"0"`
	MinBuyers    int   `json:"min_buyers" min:"0"`
	DominanceBP  int64 `json:"dominance_bp" min:"0" max:"10000"` // of the two largest together, in 1/10,000
	NBands       []int `json:"n_bands" min:"1"`
}

// Check wants a band for every number that may be shown.
func (p Policy) Check() (key string, why fault.Sentence) {
	for i, b := range p.NBands {
		if i > 0 && b <= p.NBands[i-1] {
			return "n_bands", "应从小到大"
		}
	}
	if len(p.NBands) == 0 || p.MinContracts < p.NBands[0] {
		return "n_bands", "第一档不得大于 min_contracts"
	}
	return "", ""
}

// Period is a span of days, both ends inside.
type Period struct {
	From fact.Day `json:"from"`
	To   fact.Day `json:"to"`
}

// All as a field or region matches everything.
const All = "all"

// Query asks for one way of transfer and a band of amounts (Min ≤ amount < Max). Fields, regions and periods go from narrow to wide;
// a field or region matches as a prefix.
type Query struct {
	Way     string     `json:"way"`
	Min     money.Fen  `json:"min"`
	Max     *money.Fen `json:"max"`
	Fields  []string   `json:"fields"`
	Regions []string   `json:"regions"`
	Periods []Period   `json:"periods"`
}

// Check wants at least one of each.
func (q Query) Check() (key string, why fault.Sentence) {
	switch {
	case len(q.Fields) == 0:
		return "fields", "不能为空"
	case len(q.Regions) == 0:
		return "regions", "不能为空"
	case len(q.Periods) == 0:
		return "periods", "不能为空"
	default:
		return "", ""
	}
}

// Shown is an answer that was given before.
type Shown struct {
	On     fact.Day `json:"on"`
	Field  string   `json:"field"`
	Region string   `json:"region"`
	From   fact.Day `json:"from"`
	To     fact.Day `json:"to"`
	N      int      `json:"n" min:"0"`
}

// Registered is the only state of a contract that counts.
const Registered = "registered"

// Contract is what the register says of one.
type Contract struct {
	ID      string    `json:"id"`
	Signed  fact.Day  `json:"signed"`
	Way     string    `json:"way"`
	Field   string    `json:"field"`
	Region  string    `json:"region"`
	Amount  money.Fen `json:"amount"`
	Seller  string    `json:"seller"`
	Buyer   string    `json:"buyer"`
	Free    bool      `json:"free"`
	Related bool      `json:"related"`
	State   string    `json:"state"`
}

// Record is a question with everything that its answer depends on.
type Record struct {
	Policy    Policy     `json:"policy"`
	Viewer    *string    `json:"viewer"`
	AsOf      fact.Day   `json:"as_of"`
	Query     Query      `json:"query"`
	Shown     []Shown    `json:"shown"`
	Contracts []Contract `json:"contracts"`
}

// Reasons why a cell is hidden.
const (
	FewContracts    = "few_contracts"
	FewSellers      = "few_sellers"
	FewBuyers       = "few_buyers"
	DominantSellers = "dominant_sellers"
	DominantBuyers  = "dominant_buyers"
	Difference      = "difference"
)

// Cell is a step on the way from narrow to wide.
type Cell struct {
	From          fact.Day `json:"from"`
	To            fact.Day `json:"to"`
	Region        string   `json:"region"`
	Field         string   `json:"field"`
	HiddenBecause []string `json:"hidden_because"`
}

// Range is what is shown of a cell: the number as a band, the quartiles to two significant digits.
type Range struct {
	N      string    `json:"n"`
	Q1     money.Fen `json:"q1"`
	Median money.Fen `json:"median"`
	Q3     money.Fen `json:"q3"`
}

// Result are the cells that were tried and the first that may be shown; nil where none may.
type Result struct {
	Tried []Cell `json:"tried"`
	Shown *Range `json:"shown"`
}

// Evidence widens the period, then the region, then the field, until a cell may be shown.
func Evidence(in Record) Result {
	var out Result
	for _, cell := range path(in.Query) {
		found := in.inside(cell)
		cell.HiddenBecause = in.hidden(cell, found)
		out.Tried = append(out.Tried, cell)
		if len(cell.HiddenBecause) == 0 {
			out.Shown = show(found, in.Policy.NBands)
			break
		}
	}
	return out
}

func path(q Query) []Cell {
	var cells []Cell
	add := func(p Period, region, field string) {
		cells = append(cells, Cell{From: p.From, To: p.To, Region: region, Field: field})
	}
	for _, p := range q.Periods {
		add(p, q.Regions[0], q.Fields[0])
	}
	widest := q.Periods[len(q.Periods)-1]
	for _, region := range q.Regions[1:] {
		add(widest, region, q.Fields[0])
	}
	for _, field := range q.Fields[1:] {
		add(widest, q.Regions[len(q.Regions)-1], field)
	}
	return cells
}

func within(code, prefix string) bool { return prefix == All || strings.HasPrefix(code, prefix) }

// inside are the contracts of a cell. The viewer's own are left out of everything: he knows them and could subtract them.
func (in Record) inside(cell Cell) []Contract {
	var found []Contract
	for _, c := range in.Contracts {
		own := in.Viewer != nil && (c.Seller == *in.Viewer || c.Buyer == *in.Viewer)
		priced := c.Amount > 0 && c.Amount >= in.Query.Min && (in.Query.Max == nil || c.Amount < *in.Query.Max)
		if c.State == Registered && !c.Free && !c.Related && !own && priced && c.Way == in.Query.Way &&
			c.Signed >= cell.From && c.Signed <= cell.To && within(c.Region, cell.Region) && within(c.Field, cell.Field) {
			found = append(found, c)
		}
	}
	return found
}

// hidden are all reasons against a cell, in a fixed order.
func (in Record) hidden(cell Cell, found []Contract) []string {
	var why []string
	add := func(hides bool, reason string) {
		if hides {
			why = append(why, reason)
		}
	}
	sellers, buyers := map[string]money.Fen{}, map[string]money.Fen{}
	for _, c := range found {
		sellers[c.Seller] += c.Amount
		buyers[c.Buyer] += c.Amount
	}
	add(len(found) < in.Policy.MinContracts, FewContracts)
	add(len(sellers) < in.Policy.MinSellers, FewSellers)
	add(len(buyers) < in.Policy.MinBuyers, FewBuyers)
	add(dominated(sellers, in.Policy.DominanceBP), DominantSellers)
	add(dominated(buyers, in.Policy.DominanceBP), DominantBuyers)
	add(slices.ContainsFunc(in.Shown, func(s Shown) bool {
		same := s.Field == cell.Field && s.Region == cell.Region && s.From == cell.From && s.To == cell.To
		return same && quarter(s.On) == quarter(in.AsOf) && (s.N == len(found)-1 || s.N == len(found)+1)
	}), Difference)
	return why
}

// quarter counts calendar quarters.
func quarter(d fact.Day) int { return d.Year()*4 + (int(d.Date().Month())-1)/3 }

// dominated tells whether the two largest have that part of the whole.
func dominated(sums map[string]money.Fen, bp int64) bool {
	var all, first, second money.Fen
	for _, sum := range sums {
		all += sum
		if sum > first {
			first, second = sum, first
		} else if sum > second {
			second = sum
		}
	}
	if all == 0 {
		return false
	}
	part := big.NewInt(int64(first + second))
	whole := big.NewInt(int64(all))
	return part.Mul(part, big.NewInt(10_000)).Cmp(whole.Mul(whole, big.NewInt(bp))) >= 0
}

func show(found []Contract, bands []int) *Range {
	var amounts []money.Fen
	for _, c := range found {
		amounts = append(amounts, c.Amount)
	}
	slices.Sort(amounts)
	return &Range{N: band(len(found), bands), Q1: quartile(amounts, 1), Median: quartile(amounts, 2), Q3: quartile(amounts, 3)}
}

func band(n int, bands []int) string {
	i := len(bands) - 1
	for i > 0 && bands[i] > n {
		i--
	}
	if i == len(bands)-1 {
		return fmt.Sprintf("%d+", bands[i])
	}
	return fmt.Sprintf("%d–%d", bands[i], bands[i+1]-1)
}

// quartile k of sorted amounts by linear interpolation at (n − 1)·k/4 (Hyndman and Fan's type 7, Excel's QUARTILE.INC), computed in
// quarters of a 分, then half up to two significant digits but no finer than 1 分.
func quartile(sorted []money.Fen, k int) money.Fen {
	at := (len(sorted) - 1) * k
	quarters := 4 * sorted[at/4]
	if rest := money.Fen(at % 4); rest > 0 {
		quarters += rest * (sorted[at/4+1] - sorted[at/4])
	}
	unit := money.Fen(1)
	for quarters >= 4*100*unit {
		unit *= 10
	}
	return (quarters + 2*unit) / (4 * unit) * unit
}
