package monitor

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/postgres"
)

// Service answers what the market of a region or league did in a year, from sums by day that Refresh keeps.
type Service struct {
	db    *postgres.DB
	trail audit.Recorder
	now   func() time.Time
}

// New builds the service.
func New(db *postgres.DB, trail audit.Recorder, now func() time.Time) *Service {
	return &Service{db, trail, now}
}

// Refresh works out the days that have new entries, then the published cells of their years, until nothing is due. It tells how many days
// it did.
func (s *Service) Refresh(ctx context.Context) (days int, err error) {
	for {
		done := 0
		err := s.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
			done, err = catchUp(ctx, tx)
			return err
		})
		if err != nil {
			return days, fmt.Errorf("monitor: refresh: %w", err)
		}
		if days += done; done == 0 {
			break
		}
	}
	for more := true; more; {
		err := s.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
			more, err = shape(ctx, tx)
			return err
		})
		if err != nil {
			return days, fmt.Errorf("monitor: shapes: %w", err)
		}
	}
	return days, nil
}

// Ask is what a page or a program wants to see.
type Ask struct {
	Area   string // the region or a league; "" the region
	Year   int    // 0: this year
	Sample bool   // counts sample data too
	Public bool   // an officer looks at what the public sees
}

// Indicator is the definition of a figure as in force.
type Indicator struct {
	Code        string    `json:"code"`
	Version     int       `json:"version"`
	ValidFrom   time.Time `json:"validFrom" format:"date"`
	Name        string    `json:"name"`
	Numerator   string    `json:"numerator"`
	Denominator string    `json:"denominator"`
	MeasuredIn  string    `json:"unit"`
	Room        string    `json:"room"`
	Breaks      bool      `json:"breaks"` // the series breaks with this version: no growth over it
	Note        string    `json:"note"`
}

// External is a figure that somebody entered.
type External struct {
	Indicator  string `json:"indicator"`
	Value      string `json:"value"`
	MeasuredIn string `json:"unit"`
	Source     string `json:"source"`
	Edition    string `json:"edition"`
	Note       string `json:"note"`
	Sample     bool   `json:"sample"`
}

// Month is a point of the time line.
type Month struct {
	Month     string    `json:"month"`
	Contracts int       `json:"contracts"`
	Amount    money.Fen `json:"amountFen"`
	Technical money.Fen `json:"technicalFen"`
}

// Reading is the answer: every indicator with its definition, the leagues, the flow between them.
type Reading struct {
	Area       string    `json:"area"`
	Year       int       `json:"year"`
	From       string    `json:"from" format:"date"`
	To         string    `json:"to" format:"date"`
	Sample     bool      `json:"sample"`
	Desk       bool      `json:"desk"` // nothing is hidden: the reader supervises the area
	AsOf       time.Time `json:"asOf"`
	Due        int       `json:"dueDays"` // days with entries that are not counted yet
	Values     []Value   `json:"values"`
	Months     []Month   `json:"months"`
	Areas      []string  `json:"areas"` // rows of the tables
	Output     Column    `json:"output"`
	Absorption Column    `json:"absorption"`
	Flow       Grid      `json:"flow"`
	facts      facts
}

// Stars reports whether cells of the tables are hidden: a league's officer sees other leagues as the public does.
func (r Reading) Stars() bool { return !r.Desk || r.Area != region.Root }

type facts struct {
	now, before      sums
	external         map[string]External
	covered, sellers int
	policy           Policy
}

// firstYear is the year from which definitions and their policy hold.
const firstYear = 2000

func checkYear(f *fault.Fields, year int, now time.Time) {
	f.Checkf(year >= firstYear && year <= clock.Local(now).Year(), "year", "range", "请填写 %d 年以后的四位年份，不晚于今年", firstYear)
}

// Read answers. Anybody may ask for the region; a league's own figures are for its officers and the region's. What could tell of single
// parties is hidden from everybody else, with what would give it away. Faults: Invalid fields; Forbidden outside_area.
func (s *Service) Read(ctx context.Context, who actor.Actor, a Ask) (Reading, error) {
	const op = "monitor: read: %w"
	now := clock.Local(s.now())
	if a.Area == "" {
		a.Area = region.Root
	}
	if a.Year == 0 {
		a.Year = now.Year()
	}
	var f fault.Fields
	d, ok := region.Get(a.Area)
	f.Check(ok && (d.Kind == region.Autonomous || d.Kind == region.LeagueKind), "area", "unknown", "请选择全区或盟市")
	checkYear(&f, a.Year, now)
	if err := f.Err(); err != nil {
		return Reading{}, fmt.Errorf(op, err)
	}
	desk := who.Covers(a.Area) && !a.Public
	if a.Area != region.Root && !desk {
		return Reading{}, fmt.Errorf(op, fault.New(fault.Forbidden, "outside_area", "盟市的明细由本盟市和自治区管理员查看；公开的数在全区页的分盟市表里"))
	}
	r := Reading{Area: a.Area, Year: a.Year, Sample: a.Sample, Desk: desk, AsOf: now}
	r.From, r.To = fmt.Sprintf("%d-01-01", a.Year), fmt.Sprintf("%d-12-31", a.Year)
	if a.Year == now.Year() { // like with like: the same days of the year before
		r.To = now.Format(time.DateOnly)
	}
	if err := s.read(ctx, &r); err != nil {
		return Reading{}, fmt.Errorf(op, err)
	}
	return r, nil
}

func (s *Service) read(ctx context.Context, r *Reading) (err error) {
	args := pgx.StrictNamedArgs{"area": r.Area, "from": r.From, "to": r.To, "sample": r.Sample}
	if r.facts.now, err = s.sums(ctx, args); err != nil {
		return err
	}
	if r.Months, err = postgres.Many[Month](ctx, s.db, selectMonths, args); err != nil {
		return err
	}
	before := pgx.StrictNamedArgs{"area": r.Area, "from": yearBefore(r.From), "to": yearBefore(r.To), "sample": r.Sample}
	if r.facts.before, err = s.sums(ctx, before); err != nil {
		return err
	}
	day := pgx.StrictNamedArgs{"day": r.To}
	if r.facts.policy, err = postgres.One[Policy](ctx, s.db, selectPolicy, day); err != nil {
		return err
	}
	definitions, err := postgres.Many[Indicator](ctx, s.db, selectIndicators, day)
	if err != nil {
		return err
	}
	entered, err := postgres.Many[External](ctx, s.db, selectExternal, pgx.StrictNamedArgs{"area": r.Area, "year": r.Year, "sample": r.Sample})
	if err != nil {
		return err
	}
	r.facts.external = map[string]External{}
	for _, e := range entered {
		r.facts.external[e.Indicator] = e
	}
	if err := s.db.QueryRow(ctx, countDue).Scan(&r.Due); err != nil {
		return postgres.Fault(err)
	}
	err = s.db.QueryRow(ctx, countCovered, pgx.StrictNamedArgs{"sample": r.Sample, "day": r.To, "area": prefix(r.Area)}).Scan(&r.facts.covered)
	if err != nil {
		return postgres.Fault(err)
	}
	if err := s.tables(ctx, r); err != nil {
		return err
	}
	for _, d := range definitions {
		r.Values = append(r.Values, r.facts.value(d, *r)...)
	}
	return nil
}

func prefix(area string) string {
	if area == region.Root {
		return area[:2] + "%"
	}
	return area[:4] + "%"
}

// yearBefore is the same day of the year before; 29 February is the 28th.
func yearBefore(day string) string {
	t, _ := time.Parse(time.DateOnly, day) // made above
	if t.Month() == time.February && t.Day() == 29 {
		t = t.AddDate(0, 0, -1)
	}
	return t.AddDate(-1, 0, 0).Format(time.DateOnly)
}

type sumRow struct {
	Side, Dim, Key    string
	Contracts         int
	Amount, Technical money.Fen
}

func (s *Service) sums(ctx context.Context, args pgx.StrictNamedArgs) (sums, error) {
	rows, err := postgres.Many[sumRow](ctx, s.db, selectSums, args)
	out := sums{}
	for _, r := range rows {
		out[cellKey{r.Side, r.Dim, r.Key}] = Sum{N: 1, Items: r.Contracts, C: r.Amount, T: r.Technical}
	}
	return out, err
}

type shapeRow struct {
	Side, Row, Col               string
	Contracts                    int
	Amount                       money.Fen
	Sellers, Buyers              int
	TopSeller, TopBuyer, Counted money.Fen
}

// tables are the leagues by output and absorption and the flow between them.
func (s *Service) tables(ctx context.Context, r *Reading) error {
	found, err := postgres.Many[shapeRow](ctx, s.db, selectShapes, pgx.StrictNamedArgs{"year": r.Year, "sample": r.Sample})
	if err != nil {
		return err
	}
	for _, l := range region.Leagues() {
		r.Areas = append(r.Areas, l.Code)
	}
	r.Areas = append(r.Areas, region.Root) // parties that named only the region
	cells := map[cellKey]shapeRow{}
	for _, f := range found {
		cells[cellKey{f.Side, f.Row, f.Col}] = f
	}
	fill := func(c *cell, f shapeRow) {
		c.c, c.items, c.empty = f.Amount, f.Contracts, f.Amount == 0 && f.Contracts == 0 && f.Counted == 0
		c.primary = !c.empty && r.facts.policy.tells(f.Sellers, f.Buyers, max(f.TopSeller, f.TopBuyer), f.Counted)
	}
	view := Public
	if !r.Stars() {
		view = "desk"
	}
	for _, one := range []struct {
		side string
		to   *Column
	}{{Output, &r.Output}, {inSide, &r.Absorption}} {
		sh := newSheet(len(r.Areas), 1, false)
		for i, a := range r.Areas {
			fill(sh.at(i, 0), cells[cellKey{one.side, a, ""}])
		}
		sh.sumUp()
		*one.to = Table{View: view, Side: Output}.shown(sh).(Column)
	}
	sh := newSheet(len(r.Areas), len(r.Areas), true)
	for i, a := range r.Areas {
		for k, b := range r.Areas {
			fill(sh.at(i, k), cells[cellKey{Matrix, a, b}])
		}
	}
	sh.sumUp()
	r.Flow = Table{View: view, Side: Matrix}.shown(sh).(Grid)
	for _, f := range found {
		if f.Side == Output && (f.Row == r.Area || r.Area == region.Root) {
			r.facts.sellers += f.Sellers
		}
	}
	return nil
}
