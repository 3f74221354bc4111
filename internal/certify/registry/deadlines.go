package registry

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
)

// Level is how urgent an open case is.
type Level string

// The levels, most urgent first.
const (
	Legal  Level = "legal"  // past the legal limit
	Target Level = "target" // past the target
	Near   Level = "near"   // three working days or fewer
	Half   Level = "half"   // half of the time gone
	Calm   Level = "calm"
	Wait   Level = "wait" // waits for the applicant or for acceptance: no clock of the desk runs
)

// Label is the level in words.
func (l Level) Label() string {
	return map[Level]string{Legal: "超过法定期限", Target: "超过目标期限", Near: "三个工作日内到期", Half: "时限已过半", Calm: "时限内", Wait: "待受理或补正中"}[l]
}

// Levels lists them, most urgent first.
func Levels() []Level {
	return []Level{Legal, Target, Near, Half, Calm, Wait}
}

// PointDeadlines counts the open cases of one point by level.
type PointDeadlines struct {
	Point  Point
	Counts map[Level]int
	Open   int
}

// Deadlines is the page 在办时限.
type Deadlines struct {
	Counts map[Level]int
	Open   int
	Points []PointDeadlines // most urgent first
	Urgent []UrgentCase     // past a date or near it, most urgent first; at most 100
}

// UrgentCase is one line of that page.
type UrgentCase struct {
	QueueRow
	Level     Level
	PointName string
}

// Deadlines counts the open cases of the actor's points or area by level. Staff of points, league and region officers;
// Forbidden "desk_only" for others.
func (s *Service) Deadlines(ctx context.Context, a actor.Actor) (Deadlines, error) {
	out := Deadlines{Counts: map[Level]int{}}
	if !a.Staff() && !a.Officer() {
		return out, fault.New(fault.Forbidden, "desk_only", "在办时限由登记点和管理员查看")
	}
	sc, err := s.scope(ctx, a)
	if err != nil {
		return out, err
	}
	sc.org = 0 // the organisation's own applications are no work of the desk
	rows, err := postgres.Many[queueRow](ctx, s.d.DB, deadlineQuery(sc), deadlineArgs(sc))
	if err != nil {
		return out, fmt.Errorf("deadlines: %w", err)
	}
	days, err := readCalendar(ctx, s.d.DB)
	if err != nil {
		return out, err
	}
	points, err := s.Points(ctx, PointFilter{})
	if err != nil {
		return out, err
	}
	byID := make(map[int64]*PointDeadlines, len(points))
	for _, p := range points {
		byID[p.ID] = &PointDeadlines{Point: p, Counts: map[Level]int{}}
	}
	today := clock.Date(s.d.Now())
	for _, r := range rows {
		row := r.row(days, today)
		level := row.Due.Level
		out.Counts[level]++
		out.Open++
		p := byID[r.PointID]
		p.Counts[level]++
		p.Open++
		if level == Legal || level == Target || level == Near {
			out.Urgent = append(out.Urgent, UrgentCase{row, level, p.Point.Name})
		}
	}
	slices.SortStableFunc(out.Urgent, func(a, b UrgentCase) int { return rank(a.Level) - rank(b.Level) })
	out.Urgent = out.Urgent[:min(len(out.Urgent), 100)]
	for _, p := range byID {
		if p.Open > 0 {
			out.Points = append(out.Points, *p)
		}
	}
	slices.SortFunc(out.Points, func(a, b PointDeadlines) int {
		for _, l := range Levels() {
			if d := b.Counts[l] - a.Counts[l]; d != 0 {
				return d
			}
		}
		return int(a.Point.ID - b.Point.ID)
	})
	return out, nil
}

func rank(l Level) int { return slices.Index(Levels(), l) }

// WarnArgs is the periodic job of the clock.
type WarnArgs struct{}

// Kind names the job.
func (WarnArgs) Kind() string { return "deadline_warning" }

// Warn is the worker of WarnArgs: it tells the registrar (before a registrar took the case, all of the point) at half time and
// three working days before the end, the head of the point past the target, and the league's officers too past the legal
// limit. Each person is told once for each level and date. The system calls it every morning.
func (s *Service) Warn(ctx context.Context) error {
	rows, err := postgres.Many[queueRow](ctx, s.d.DB, deadlineQuery(scope{division: "15%"}), pgx.StrictNamedArgs{})
	if err != nil {
		return fmt.Errorf("warn: %w", err)
	}
	days, err := readCalendar(ctx, s.d.DB)
	if err != nil {
		return err
	}
	today := clock.Date(s.d.Now())
	for _, r := range rows {
		row := r.row(days, today)
		level := row.Due.Level
		if level == Calm || level == Wait {
			continue
		}
		if err := s.warn(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) warn(ctx context.Context, row QueueRow) error {
	level := row.Due.Level
	p, err := s.Point(ctx, row.PointID)
	if err != nil {
		return err
	}
	to := []int64{row.Registrar}
	if row.Registrar == 0 {
		if to, err = s.d.People.AccountsOf(ctx, p.OrganisationID, actor.Registrar); err != nil {
			return err
		}
	}
	if level == Target || level == Legal {
		heads, err := s.d.People.AccountsOf(ctx, p.OrganisationID, actor.PointHead)
		if err != nil {
			return err
		}
		to = append(to, heads...)
	}
	if level == Legal {
		officers, err := s.d.People.OfficersFor(ctx, p.Division)
		if err != nil {
			return err
		}
		to = append(to, officers...)
	}
	slices.Sort(to)
	to = slices.DeleteFunc(slices.Compact(to), func(account int64) bool { return account == 0 })
	return s.d.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		on := row.Due.On
		if level == Legal {
			on = *row.Due.LegalOn
		}
		tag, err := tx.Exec(ctx, insertWarning, pgx.StrictNamedArgs{"filing": row.ID, "level": level, "due": on, "now": s.d.Now()})
		if err != nil || tag.RowsAffected() == 0 || len(to) == 0 {
			return err
		}
		return notify.Message(ctx, tx, notify.Note{To: to, Kind: "deadline", Title: "登记时限提醒：" + level.Label(), At: s.d.Now(),
			Body: row.Title + "（" + row.IntakeNo + "），" + p.Name + "，" + row.Due.Words + "。", Link: fmt.Sprintf("/filings/%d", row.ID)})
	})
}

// Holidays lists the days on which the week says one thing and the notice of the State Council another. Anybody may call it.
func (s *Service) Holidays(ctx context.Context) ([]Holiday, error) {
	return postgres.Many[Holiday](ctx, s.d.DB, selectHolidays, pgx.StrictNamedArgs{})
}

// ReadHolidays reads a table of days for SaveHolidays: columns 日期, 类型 (放假, 调休上班), 名称. Every wrong cell is named; nothing
// is read in part. Faults: Invalid "holiday_table" with fields, "file_kind" and those of the reader.
func ReadHolidays(name string, raw []byte) ([]Holiday, error) {
	table, err := document.ReadTable(name, raw)
	if err != nil {
		return nil, err
	}
	kinds := map[string]string{"放假": clock.Holiday, "休": clock.Holiday, "假": clock.Holiday, clock.Holiday: clock.Holiday, "调休上班": clock.Workday, "上班": clock.Workday, "班": clock.Workday, clock.Workday: clock.Workday}
	var out []Holiday
	var bad fault.Fields
	seen := map[time.Time]bool{}
	columns := map[string]int{}
	for row, err := range table {
		if err != nil {
			return nil, err
		}
		if len(columns) == 0 {
			for i := range row.Cells {
				if title := document.ColumnTitle(row.Cell(i)); title == "日期" || title == "类型" || title == "名称" {
					columns[title] = i
				}
			}
			if _, dated := columns["日期"]; !dated {
				columns = map[string]int{}
			}
			continue
		}
		if row.Empty() {
			continue
		}
		at := func(title string) int {
			if i, ok := columns[title]; ok {
				return i
			}
			return -1
		}
		day, err := parseDay(row.Cell(at("日期")))
		bad.Check(err == nil, row.Addr(at("日期")), "format", row.Addr(at("日期"))+"：请填写日期，如 2026-10-01")
		kind, known := kinds[row.Cell(at("类型"))]
		bad.Check(known, row.Addr(max(at("类型"), 0)), "unknown", row.Addr(max(at("类型"), 0))+"：类型请填“放假”或“调休上班”")
		bad.Check(err != nil || !seen[day], row.Addr(at("日期")), "twice", row.Addr(at("日期"))+"：这一天在表中出现了两次")
		seen[day] = true
		out = append(out, Holiday{Day: day, Kind: kind, Name: row.Cell(at("名称"))})
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "holiday_table", "没有读到日期。表头应为：日期、类型、名称")
	}
	return out, bad.Err()
}

func parseDay(text string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, "2006/1/2", "2006.1.2", "2006年1月2日", "20060102"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("not a day: %q", text)
}
