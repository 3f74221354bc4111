// Package stats reads the market: figures by period, place and kind, the rows behind each figure, the funnel, listings,
// published figures, targets and definitions.
//
// It owns the tables published_figure, plan_target and figure_definition and the views stats_*; through those views it
// is the only reader of other rooms' tables. It refuses to write business data, to add output and absorption, to mix
// published figures with the platform's own, and to count sample data unless asked, in which case it says so.
//
// The facts are period entries of certify/registry: a registration is +1/+C/+T in its period, a change the difference,
// a cancellation or revocation the negative, each in its own period (docs/rules/statistics.md §3). So every breakdown
// of one query sums to its total, and Σ output into the region = Σ absorption from the region.
package stats

import (
	"time"

	"techmarket/internal/foundation/money"
)

// Measure is one cell: 项数, C and T. In a cell with negative entries T may exceed C.
type Measure struct {
	Contracts int       `json:"contracts"`
	Amount    money.Fen `json:"amountFen"`    // C
	Technical money.Fen `json:"technicalFen"` // T
}

func (m Measure) plus(o Measure) Measure {
	return Measure{m.Contracts + o.Contracts, m.Amount + o.Amount, m.Technical + o.Technical}
}

// Direction says by whose place a contract is counted.
type Direction string

// The directions.
const (
	Filed      Direction = "filed"      // by the applying side: every registration of the region once
	Output     Direction = "output"     // by the seller
	Absorption Direction = "absorption" // by the buyer
)

// Period is the grain of the columns.
type Period string

// The grains.
const (
	NoPeriod Period = ""
	Month    Period = "month"
	Quarter  Period = "quarter"
	Half     Period = "half"
	Year     Period = "year"
)

// Dimension is what the rows are.
type Dimension string

// The dimensions.
const (
	ByArea       Dimension = "area" // leagues of the region, counties of a league
	ByClass      Dimension = "class"
	BySubclass   Dimension = "subclass"
	ByField      Dimension = "field"
	BySellerKind Dimension = "seller_kind"
	ByPlanSource Dimension = "plan_source"
	ByIPKind     Dimension = "ip_kind"
	BySocialGoal Dimension = "social_goal" // 社会经济目标, GB/T 24450
	ByOtherSide  Dimension = "other_side"  // where the other party is: inside, domestic, foreign
)

// Dimensions lists them in the order of the page.
func Dimensions() []Dimension {
	return []Dimension{ByArea, ByClass, BySubclass, ByField, BySellerKind, ByPlanSource, ByIPKind, BySocialGoal, ByOtherSide}
}

// Query asks for one table. From and To are days (2006-01-02), both included.
type Query struct {
	From      string    `json:"from" format:"date"`
	To        string    `json:"to" format:"date"`
	Period    Period    `json:"period"`
	Rows      Dimension `json:"rows"`
	Direction Direction `json:"direction"`
	Area      string    `json:"area"`  // division; 150000 where empty
	Class     string    `json:"class"` // narrows to a class or sub-class
	Field     string    `json:"field"`
	Sample    bool      `json:"sample"` // counts sample data too; the table says so
}

// Table is one answer. Cells are keyed by row and column; empty cells are absent.
type Table struct {
	Query   Query              `json:"query"`
	Rows    []Label            `json:"rows"`    // in the order of the code list, only those with entries
	Columns []Label            `json:"columns"` // periods; one column "" without a period
	Cells   map[string]Measure `json:"cells"`   // key: Row|Column
	RowSums map[string]Measure `json:"rowSums"`
	ColSums map[string]Measure `json:"columnSums"`
	Total   Measure            `json:"total"`
	Sample  bool               `json:"sample"` // holds sample data: mark the page
	AsOf    time.Time          `json:"asOf"`
}

// Label is a key with its Chinese name.
type Label struct {
	Key  string `json:"key"`
	Name string `json:"name"`
}

// CellKey is the key of Table.Cells.
func CellKey(row, column string) string { return row + "|" + column }

// Entry is one line of the list behind a cell.
type Entry struct {
	ID             int64     `json:"id"`
	Number         string    `json:"number"`
	Kind           string    `json:"kind"` // register, change, cancel, revoke
	BookedOn       time.Time `json:"bookedOn" format:"date"`
	Title          string    `json:"title"` // empty where the reader's area does not cover it
	Subclass       string    `json:"class"`
	Field          string    `json:"field"`
	SellerDivision string    `json:"sellerDivision"`
	BuyerDivision  string    `json:"buyerDivision"`
	Contracts      int       `json:"contracts"`
	Amount         money.Fen `json:"amountFen"`
	Technical      money.Fen `json:"technicalFen"`
	Sample         bool      `json:"sample"`
}

// Listings counts what is public, local and imported, live and sleeping apart.
type Listings struct {
	Kind   string `json:"kind"`   // achievement, demand
	Origin string `json:"origin"` // local, import
	Live   bool   `json:"live"`
	Sample bool   `json:"sample"`
	Count  int    `json:"count"`
}

// Step is one step of the funnel.
type Step struct {
	Step  string `json:"step"` // listing, match, interest, talk, agreement, contract, filing, registration
	Count int    `json:"count"`
}

// Published is a figure somebody else published; show period and source with it, marked 公开数据.
type Published struct {
	Period    string    `json:"period"`
	StartsOn  time.Time `json:"startsOn" format:"date"`
	EndsOn    time.Time `json:"endsOn" format:"date"`
	Measure   string    `json:"measure"` // contracts (项), amount, technical (分)
	Value     int64     `json:"value"`
	Certainty string    `json:"certainty"` // published, derived (约数), plan
	Note      string    `json:"note"`
	Source    string    `json:"source"`
}

// Target is a target of the plan with what the platform itself counts.
type Target struct {
	Code       string `json:"code"`
	Name       string `json:"name"`
	Unit       string `json:"unit"` // fen, count
	Kind       string `json:"kind"`
	BaseYear   *int   `json:"baseYear"`
	Base       *int64 `json:"base"`
	TargetYear int    `json:"targetYear"`
	Target     int64  `json:"target"`
	OwnMeasure string `json:"ownMeasure"`
	Note       string `json:"note"`
	Source     string `json:"source"`
	Own        *int64 `json:"own"` // the platform's own sum in the target year, or today's count of points
}

// Definition is 口径 of one figure with the day from which it holds.
type Definition struct {
	Code      string    `json:"code"`
	ValidFrom time.Time `json:"validFrom" format:"date"`
	Name      string    `json:"name"`
	Text      string    `json:"text"`
}

// AreaFigure is one tile of the map.
type AreaFigure struct {
	Division string  `json:"division"` // county, or the league itself where the party named only that
	Measure  Measure `json:"measure"`
}
