// Package monitor works out the figures of the market from the entries of the register: what a region sold and bought, with whom, how
// it grew, and the tables that the public may see.
//
// A contract makes entries: its registration, the difference of each change on the day of the change, and its cancellation with minus
// what it then was. A period is the sum of its entries, so a closed period never changes. Output (输出) goes by the seller's region and
// absorption (吸纳) by the buyer's; the two are never added. A zone (开发区) is a second geography beside the counties.
//
// Source: docs/rules/replay.md §8.
package monitor

import (
	"fmt"
	"regexp"
	"slices"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
)

var (
	divisionText = regexp.MustCompile(`^[0-9]{6}$`)
	countryText  = regexp.MustCompile(`^[0-9]{3}$`)
)

// Area is a part of the world: six digits a province, league, county or zone, three digits a foreign country.
type Area string

// MarshalText writes the code.
func (a Area) MarshalText() ([]byte, error) { return []byte(a), nil }

// UnmarshalText reads three or six digits.
func (a *Area) UnmarshalText(b []byte) error {
	if !divisionText.Match(b) && !countryText.Match(b) {
		return fault.New(fault.Invalid, "area", "应为六位区划代码或三位国别代码")
	}
	*a = Area(b)
	return nil
}

// Party is a seller or buyer as it was registered.
type Party struct {
	Org      string  `json:"org"`
	Country  string  `json:"country"`
	Division *string `json:"division"` // nil abroad
	Zone     *string `json:"zone"`
}

// Check refuses codes that are none, and a domestic party without a place.
func (p Party) Check() (key string, why fault.Sentence) {
	switch {
	case !countryText.MatchString(p.Country):
		return "country", "应为三位国别代码"
	case p.Division == nil && !p.foreign():
		return "division", "境内主体应有区划代码"
	case p.Division != nil && !divisionText.MatchString(*p.Division):
		return "division", "应为六位区划代码"
	case p.Zone != nil && !divisionText.MatchString(*p.Zone):
		return "zone", "应为六位代码"
	default:
		return "", ""
	}
}

func (p Party) foreign() bool { return p.Country != region.China }

func (p Party) province() string { return (*p.Division)[:2] + "0000" }

// inside tells whether a party is in an area: by its division, or by its zone.
func (p Party) inside(a Area) bool {
	if len(a) == 3 || p.foreign() {
		return p.foreign() && p.Country == string(a)
	}
	d := *p.Division
	switch {
	case p.Zone != nil && *p.Zone == string(a):
		return true
	case a[2:] == "0000":
		return d[:2] == string(a[:2])
	case a[4:] == "00":
		return d[:4] == string(a[:4])
	default:
		return d == string(a)
	}
}

func (p Party) insideAny(areas []Area) bool {
	return slices.ContainsFunc(areas, p.inside)
}

// Change sets a contract to new amounts.
type Change struct {
	On fact.Day  `json:"on"`
	C  money.Fen `json:"c"` // 成交额
	T  money.Fen `json:"t"` // 技术交易额
}

// Receipt is technical income that was booked.
type Receipt struct {
	On     fact.Day  `json:"on"`
	Amount money.Fen `json:"amount"`
}

// Contract is a registered contract with its later fate.
type Contract struct {
	ID        string    `json:"id"`
	Entered   fact.Day  `json:"entered"`
	C         money.Fen `json:"c"`
	T         money.Fen `json:"t"`
	Seller    Party     `json:"seller"`
	Buyer     Party     `json:"buyer"`
	Changes   []Change  `json:"changes"`
	Cancelled *fact.Day `json:"cancelled"`
	Receipts  []Receipt `json:"receipts"`
}

// Entry is what the register books on a day.
type Entry struct {
	On    fact.Day
	Items int
	C, T  money.Fen
}

// Entries are all entries of a contract. A cancellation takes back what the contract was on its day.
func (k Contract) Entries() []Entry {
	list := []Entry{{k.Entered, 1, k.C, k.T}}
	c, t := k.C, k.T
	cancel := func() { list = append(list, Entry{*k.Cancelled, -1, -c, -t}) }
	cancelled := k.Cancelled == nil
	for _, change := range k.Changes {
		if !cancelled && change.On > *k.Cancelled {
			cancel()
			cancelled = true
		}
		list = append(list, Entry{change.On, 0, change.C - c, change.T - t})
		c, t = change.C, change.T
	}
	if !cancelled {
		cancel()
	}
	return list
}

// Period is from a day to a day, both inside.
type Period struct {
	From fact.Day `json:"from"`
	To   fact.Day `json:"to"`
}

// Has tells whether a day is inside.
func (p Period) Has(day fact.Day) bool { return p.From <= day && day <= p.To }

// Sum is what entries come to.
type Sum struct {
	N       int // entries that were summed
	Items   int
	C, T    money.Fen
	Receipt money.Fen
}

func (s *Sum) add(o Sum) {
	s.N += o.N
	s.Items += o.Items
	s.C += o.C
	s.T += o.T
	s.Receipt += o.Receipt
}

// In sums the entries and receipts of a contract in a period.
func (k Contract) In(p Period) Sum {
	var s Sum
	for _, e := range k.Entries() {
		if p.Has(e.On) {
			s.add(Sum{N: 1, Items: e.Items, C: e.C, T: e.T})
		}
	}
	for _, r := range k.Receipts {
		if p.Has(r.On) {
			s.Receipt += r.Amount
		}
	}
	return s
}

// Policy holds the limits of what is published.
type Policy struct {
	MinParties  int `json:"min_parties" min:"0"`              // sellers, and buyers, below which a cell is hidden
	DominanceBP int `json:"dominance_bp" min:"0" max:"10000"` // share of one party above which a cell is hidden, in 1/10,000
	GrowthMin   int `json:"growth_min" min:"0"`               // items of the base below which no growth is given
}

// Facts are contracts and what is asked of them.
type Facts struct {
	Policy    Policy     `json:"policy"`
	Contracts []Contract `json:"contracts"`
	Queries   []Query    `json:"queries"`
	Tables    []Table    `json:"tables"`
}

// Check refuses periods that end before they begin and one-column tables with columns.
func (f Facts) Check() (key string, why fault.Sentence) {
	for i, q := range f.Queries {
		if q.To < q.From {
			return fmt.Sprintf("queries[%d].to", i), "早于开始日"
		}
	}
	for i, t := range f.Tables {
		switch {
		case t.To < t.From:
			return fmt.Sprintf("tables[%d].to", i), "早于开始日"
		case t.Side != Matrix && len(t.Cols) > 0:
			return fmt.Sprintf("tables[%d].cols", i), "只有流向矩阵有列"
		}
	}
	return "", ""
}

// Results answer the queries and tables in their order.
type Results struct {
	Queries []QueryResult `json:"queries"`
	Tables  []any         `json:"tables"` // Column or Grid
}

// Compute answers one record.
func Compute(f Facts) Results {
	var out Results
	for _, q := range f.Queries {
		out.Queries = append(out.Queries, q.answer(f.Policy, f.Contracts))
	}
	for _, t := range f.Tables {
		out.Tables = append(out.Tables, t.Publish(f.Policy, f.Contracts))
	}
	return out
}
