package deadline

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/postgres"
)

// Holidays lists the days on which the week says one thing and the notice of the State Council another. Anybody may call it.
func (s *Service) Holidays(ctx context.Context) ([]Holiday, error) {
	return postgres.Many[Holiday](ctx, s.config.DB, selectHolidays, pgx.StrictNamedArgs{})
}

// ReadHolidays reads a table of days for SaveHolidays: columns 日期, 类型 (放假, 调休上班), 名称. Every wrong cell is named; nothing
// is read in part. Faults: Invalid "holiday_table" with fields, "file_kind" and those of the reader.
func ReadHolidays(ctx context.Context, name string, raw []byte) ([]Holiday, error) {
	table, err := document.ReadTable(ctx, name, raw)
	if err != nil {
		return nil, err
	}
	kinds := map[string]string{"放假": clock.Holiday, "休": clock.Holiday, "假": clock.Holiday, clock.Holiday: clock.Holiday,
		"调休上班": clock.Workday, "上班": clock.Workday, "班": clock.Workday, clock.Workday: clock.Workday}
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
		day, err := dayOf(row.At(at("日期")))
		if err != nil {
			bad.Addf(row.Addr(at("日期")), "format", "%s：日期%s", row.Addr(at("日期")), err)
		}
		kind, known := kinds[row.Cell(at("类型"))]
		bad.Checkf(known, row.Addr(max(at("类型"), 0)), "unknown", "%s：类型请填“放假”或“调休上班”", row.Addr(max(at("类型"), 0)))
		bad.Checkf(err != nil || !seen[day], row.Addr(at("日期")), "twice", "%s：这一天在表中出现了两次", row.Addr(at("日期")))
		seen[day] = true
		out = append(out, Holiday{Day: day, Kind: kind, Name: row.Cell(at("名称"))})
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "holiday_table", "没有读到日期。表头应为：日期、类型、名称")
	}
	return out, bad.Err()
}

func dayOf(cell document.Cell) (time.Time, error) {
	text, err := cell.Day()
	if err != nil {
		return time.Time{}, err
	}
	return time.Parse(time.DateOnly, text)
}

// Holiday is a day on which the week says one thing and the State Council's notice another.
type Holiday struct {
	Day  time.Time `json:"day"`
	Kind string    `json:"kind"` // holiday, workday
	Name string    `json:"name"`
}

// SaveHolidays adds or corrects days of the calendar. Region officers only. Running clocks keep their dates.
func (s *Service) SaveHolidays(ctx context.Context, a actor.Actor, days []Holiday) error {
	return s.trail.Guard(ctx, a, "save_holidays", "holiday", "", func(ctx context.Context, tx pgx.Tx) error {
		if !a.Has(actor.RegionOfficer) {
			return fault.New(fault.Forbidden, "region_only", "节假日表由自治区管理员维护")
		}
		for i, d := range days {
			if d.Kind != clock.Holiday && d.Kind != clock.Workday {
				var f fault.Fields
				f.Add("days["+strconv.Itoa(i)+"].kind", "unknown", "请选择放假或调休上班")
				return f.Err()
			}
			if _, err := tx.Exec(ctx, upsertHoliday, pgx.StrictNamedArgs{"day": d.Day, "kind": d.Kind, "name": d.Name}); err != nil {
				return err
			}
		}
		return s.trail.Record(ctx, tx, a, "save_holidays", "holiday", "", map[string]any{"days": len(days)})
	})
}
