package stats

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/postgres"
)

// Service answers questions about figures. Aggregates are public; what names a contract is not.
type Service struct {
	db  *postgres.DB
	now func() time.Time
}

// New builds the service.
func New(db *postgres.DB, now func() time.Time) *Service { return &Service{db: db, now: now} }

// Default is this year in the whole region by league.
func (s *Service) Default() Query {
	year := clock.Local(s.now()).Format("2006")
	return Query{From: year + "-01-01", To: year + "-12-31", Period: Quarter, Rows: ByArea, Direction: Output, Area: region.Root}
}

// checked fills defaults and names what is wrong.
func (q Query) checked() (Query, error) {
	var bad fault.Fields
	if q.Area == "" {
		q.Area = region.Root
	}
	if q.Direction == "" {
		q.Direction = Filed
	}
	from, err := time.Parse(time.DateOnly, q.From)
	bad.Check(err == nil, "from", "format", "请填写起始日期，如 2026-01-01")
	to, err := time.Parse(time.DateOnly, q.To)
	bad.Check(err == nil, "to", "format", "请填写截止日期，如 2026-12-31")
	bad.Check(!to.Before(from), "to", "before_from", "截止日期早于起始日期")
	bad.Check(to.Sub(from) <= 50*366*24*time.Hour, "to", "too_long", "一次最多统计 50 年")
	_, known := region.Get(q.Area)
	bad.Check(known, "area", "unknown", "请选择自治区、盟市或旗县")
	bad.Check(q.Direction.columns()[0] != "", "direction", "unknown", "请选择登记、输出或吸纳")
	bad.Check(slices.Contains([]Period{NoPeriod, Month, Quarter, Half, Year}, q.Period), "period", "unknown", "请选择月、季、半年或年")
	bad.Check(q.Rows == "" || slices.Contains(Dimensions(), q.Rows), "rows", "unknown", "请选择统计的分类")
	bad.Check(q.Class == "" || codes.ContractClass.Has(q.Class), "class", "unknown", "请选择合同类别")
	bad.Check(q.Field == "" || codes.Field.Has(q.Field), "field", "unknown", "请选择技术领域")
	return q, bad.Err()
}

// Table computes one table. Anybody may ask. Invalid names the wrong field.
func (s *Service) Table(ctx context.Context, q Query) (Table, error) {
	q, err := q.checked()
	if err != nil {
		return Table{}, err
	}
	sql, args := q.cells()
	cells, err := many[cellRow](ctx, s.db, sql, args)
	if err != nil {
		return Table{}, fmt.Errorf("stats table: %w", err)
	}
	t := Table{Query: q, Cells: map[string]Measure{}, RowSums: map[string]Measure{}, ColSums: map[string]Measure{}, AsOf: s.now()}
	for _, c := range cells {
		m := Measure{c.Contracts, money.Fen(c.Amount), money.Fen(c.Technical)}
		t.Cells[CellKey(c.RowKey, c.ColKey)] = m
		t.RowSums[c.RowKey] = t.RowSums[c.RowKey].plus(m)
		t.ColSums[c.ColKey] = t.ColSums[c.ColKey].plus(m)
		t.Total = t.Total.plus(m)
		t.Sample = t.Sample || c.Samples > 0
	}
	for key := range t.RowSums {
		t.Rows = append(t.Rows, Label{key, q.rowName(key)})
	}
	for key := range t.ColSums {
		t.Columns = append(t.Columns, Label{key, columnName(key)})
	}
	slices.SortFunc(t.Rows, func(a, b Label) int { return cmp.Compare(a.Key, b.Key) })
	slices.SortFunc(t.Columns, func(a, b Label) int { return cmp.Compare(a.Key, b.Key) })
	return t, nil
}

func (q Query) rowName(key string) string {
	switch q.Rows {
	case ByArea:
		return region.Name(key)
	case ByClass, BySubclass:
		return codes.ContractClass.Label(key)
	case ByField:
		return codes.Field.Label(key)
	case BySellerKind:
		return label(map[string]string{"university": "高校", "institute": "科研机构", "enterprise": "企业", "other": "其他", "": "境外或未填"}, key)
	case ByPlanSource:
		return codes.PlanSource.Label(key)
	case BySocialGoal:
		if key == "" {
			return "未填"
		}
		return codes.SocialGoal.Label(key)
	case ByIPKind:
		return codes.IPKind.Label(key)
	case ByOtherSide:
		return label(map[string]string{"inside": "区内", "domestic": "区外（国内）", "foreign": "境外"}, key)
	default:
		return "合计"
	}
}

func label(names map[string]string, key string) string {
	if name, ok := names[key]; ok {
		return name
	}
	return key
}

func columnName(key string) string {
	year, rest, _ := strings.Cut(key, "-")
	switch {
	case key == "":
		return "合计"
	case rest == "":
		return year + " 年"
	case rest == "H1":
		return year + " 年上半年"
	case rest == "H2":
		return year + " 年下半年"
	case rest[0] == 'Q':
		return year + " 年第 " + rest[1:] + " 季度"
	default:
		return year + " 年 " + strings.TrimPrefix(rest, "0") + " 月"
	}
}

// Entries lists what is behind a cell, newest first, at most limit (1–200) rows below the id after (0: from the top).
// row and column are keys of the table, empty for the sums. Titles are given to officers of the seller's
// or the buyer's area only; everybody sees number, class and amounts.
func (s *Service) Entries(ctx context.Context, a actor.Actor, q Query, row, column string, after int64, limit int) ([]Entry, error) {
	q, err := q.checked()
	if err != nil {
		return nil, err
	}
	sql, args := q.entries(row, column, after, min(max(limit, 1), 200))
	all, err := many[Entry](ctx, s.db, sql, args)
	if err != nil {
		return nil, fmt.Errorf("stats entries: %w", err)
	}
	for i, e := range all {
		if !a.Covers(e.SellerDivision) && !a.Covers(e.BuyerDivision) {
			all[i].Title = ""
		}
	}
	return all, nil
}

// Map gives the amounts of every county of the region for the tile map. Anybody may ask.
func (s *Service) Map(ctx context.Context, d Direction, from, to string, sample bool) ([]AreaFigure, error) {
	var out []AreaFigure
	for _, league := range region.Leagues() {
		t, err := s.Table(ctx, Query{From: from, To: to, Rows: ByArea, Direction: d, Area: league.Code, Sample: sample})
		if err != nil {
			return nil, err
		}
		for _, r := range t.Rows {
			out = append(out, AreaFigure{r.Key, t.RowSums[r.Key]})
		}
	}
	return out, nil
}

// liveDays is how long a listing counts as alive after its publication or confirmation (definition listing_live).
const liveDays = 180

// Listings counts public listings, local and imported, live and sleeping, sample apart. Anybody may ask.
func (s *Service) Listings(ctx context.Context, sample bool) ([]Listings, error) {
	now := s.now()
	all, err := many[Listings](ctx, s.db, selectListings,
		pgx.StrictNamedArgs{"now": now, "alive": now.AddDate(0, 0, -liveDays), "sample": sample})
	if err != nil {
		return nil, fmt.Errorf("stats listings: %w", err)
	}
	return all, nil
}

// Funnel counts the steps of the chain between two days, in the chain's order. Steps are counted each by its own day,
// so a step can exceed the one before. Anybody may ask.
func (s *Service) Funnel(ctx context.Context, from, to string, sample bool) ([]Step, error) {
	if _, err := (Query{From: from, To: to}).checked(); err != nil {
		return nil, err
	}
	found, err := many[Step](ctx, s.db, selectFunnel, pgx.StrictNamedArgs{"from": from, "to": to, "sample": sample})
	if err != nil {
		return nil, fmt.Errorf("stats funnel: %w", err)
	}
	var steps []Step
	for _, name := range []string{"listing", "match", "interest", "talk", "agreement", "contract", "filing", "registration"} {
		step := Step{Step: name}
		for _, f := range found {
			if f.Step == name {
				step.Count = f.Count
			}
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// Published lists figures others published, oldest first: 公开数据. Anybody may ask.
func (s *Service) Published(ctx context.Context) ([]Published, error) {
	all, err := many[Published](ctx, s.db, selectPublished, pgx.StrictNamedArgs{})
	if err != nil {
		return nil, fmt.Errorf("published figures: %w", err)
	}
	return all, nil
}

// Targets lists the plan's targets beside what the platform counts itself: amounts of the target year by 登记, points by
// today. Anybody may ask.
func (s *Service) Targets(ctx context.Context, sample bool) ([]Target, error) {
	all, err := many[Target](ctx, s.db, selectTargets, pgx.StrictNamedArgs{})
	if err != nil {
		return nil, fmt.Errorf("plan targets: %w", err)
	}
	for i, target := range all {
		var own int64
		if kind, points := strings.CutPrefix(target.OwnMeasure, "points_"); points {
			err = s.db.QueryRow(ctx, countPoints, pgx.StrictNamedArgs{"kind": kind, "sample": sample, "day": today(s.now())}).Scan(&own)
		} else {
			var t Table
			t, err = s.Table(ctx, Query{From: fmt.Sprintf("%d-01-01", target.TargetYear), To: fmt.Sprintf("%d-12-31", target.TargetYear),
				Sample: sample})
			own = int64(t.Total.Amount)
		}
		if err != nil {
			return nil, fmt.Errorf("plan targets: %w", err)
		}
		all[i].Own = &own
	}
	return all, nil
}

// Definitions lists 口径 as in force on a day. Anybody may ask.
func (s *Service) Definitions(ctx context.Context, day time.Time) ([]Definition, error) {
	all, err := many[Definition](ctx, s.db, selectDefinitions, pgx.StrictNamedArgs{"day": today(day)})
	if err != nil {
		return nil, fmt.Errorf("definitions: %w", err)
	}
	return all, nil
}

// Export writes the table as it is on the screen; format is "csv" or "xlsx". A workbook has what else stands on the page behind it.
func (t Table) Export(w io.Writer, format string, more ...document.Sheet) error {
	switch format {
	case "csv":
		return document.WriteCSV(w, t.sheet())
	case "xlsx":
		return document.WriteExcel(w, append([]document.Sheet{t.sheet()}, more...)...)
	default:
		return fault.New(fault.Invalid, "unknown_format", "请选择 csv 或 xlsx")
	}
}

func (t Table) sheet() document.Sheet {
	direction := map[Direction]string{Filed: "登记", Output: "输出", Absorption: "吸纳"}[t.Query.Direction]
	notes := []string{fmt.Sprintf("%s，%s，%s 至 %s；截至 %s", region.Name(t.Query.Area), direction, t.Query.From, t.Query.To,
		clock.Local(t.AsOf).Format("2006-01-02 15:04"))}
	head := "分类"
	if t.Sample {
		const mark = "含样例数据，不能作为统计依据"
		notes = append(notes, mark)
		head += "（" + mark + "）" // a CSV has no notes
	}
	sheet := document.Sheet{Name: "技术合同统计", Notes: notes, Columns: []document.SheetColumn{{Title: head, Width: 24}}}
	columns := append(slices.Clone(t.Columns), Label{"", "合计"})
	if len(t.Columns) == 1 && t.Columns[0].Key == "" {
		columns = t.Columns
	}
	for _, c := range columns {
		sheet.Columns = append(
			sheet.Columns,
			document.SheetColumn{Title: c.Name + " 项数", Kind: document.Count},
			document.SheetColumn{
				Title: c.Name + " 成交额（元）",
				Kind:  document.Yuan,
				Width: 20,
			},
			document.SheetColumn{Title: c.Name + " 技术交易额（元）", Kind: document.Yuan, Width: 20},
		)
	}
	sheet.Rows = t.lines()
	return sheet
}

func (t Table) lines() iter.Seq2[[]any, error] {
	single := len(t.Columns) == 1 && t.Columns[0].Key == ""
	line := func(name string, cell func(column string) Measure, sum Measure) []any {
		values := []any{name}
		add := func(m Measure) { values = append(values, m.Contracts, m.Amount, m.Technical) }
		for _, c := range t.Columns {
			add(cell(c.Key))
		}
		if !single {
			add(sum)
		}
		return values
	}
	return func(yield func([]any, error) bool) {
		for _, r := range t.Rows {
			if !yield(line(r.Name, func(c string) Measure { return t.Cells[CellKey(r.Key, c)] }, t.RowSums[r.Key]), nil) {
				return
			}
		}
		yield(line("合计", func(c string) Measure { return t.ColSums[c] }, t.Total), nil)
	}
}

func today(t time.Time) string { return clock.Local(t).Format(time.DateOnly) }

func many[T any](ctx context.Context, q postgres.Querier, sql string, args pgx.StrictNamedArgs) ([]T, error) {
	rows, _ := q.Query(ctx, sql, args) // its error comes back from CollectRows
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}
