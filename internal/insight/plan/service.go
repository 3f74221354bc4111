package plan

import (
	"context"
	"fmt"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/postgres"
)

// NoPath is the path of an indicator whose plan names no way between base and target.
const NoPath = "none"

// Series of the stored figures.
const (
	ValueSeries       = "value"
	DenominatorSeries = "denominator"
)

// Indicator is a row of a plan.
type Indicator struct {
	ID         int64
	Plan       string
	Number     string
	Name       string
	MeasuredIn string
	Kind       Kind
	Base       *fact.Dec
	BaseYear   int
	BaseNote   string
	Target     *fact.Dec
	Low        *fact.Dec
	High       *fact.Dec
	TargetYear int
	Path       string
	Decimals   int
	Owner      string
	Clause     string
	OwnFigure  string
}

// Row is what the verdict needs of it.
func (i Indicator) Row() Row {
	return Row{i.Kind, i.Base, i.BaseYear, i.Target, i.Low, i.High, i.TargetYear, i.Path, i.Decimals}
}

// Value is an official figure as it was told.
type Value struct {
	IndicatorID int64
	Series      string
	Year        int
	Value       fact.Dec
	Source      string
	Note        string
	Sample      bool
	EnteredAt   time.Time
}

// Line is an indicator with what can be said about it.
type Line struct {
	Indicator
	Progress
	From *Value    // the official figure that was judged
	Own  *fact.Dec // what the platform itself counts for that year, never mixed in
}

// Config is what the Service needs; all fields must be set.
type Config struct {
	DB    *postgres.DB
	Audit audit.Recorder
	// Own is a figure of the platform for a year, in the unit of the indicator; nil where it counts none (stats, at wiring).
	Own func(ctx context.Context, figure string, year int, sample bool) (*fact.Dec, error)
	Now func() time.Time
}

// Service shows plans and takes their figures.
type Service struct{ c Config }

// New makes the service.
func New(c Config) *Service { return &Service{c} }

// Lines are all indicators as they stood with the figures of years up to asOf; 0 is this year. Sample figures count only when asked for.
// Anybody may ask.
func (s *Service) Lines(ctx context.Context, asOf int, sample bool) ([]Line, error) {
	const op = "plan: lines"
	if asOf == 0 {
		asOf = clock.Local(s.c.Now()).Year()
	}
	all, err := collect[Indicator](ctx, s.c.DB, selectIndicators, pgx.StrictNamedArgs{"id": 0})
	if err != nil {
		return nil, fmt.Errorf(op+": %w", err)
	}
	values, err := collect[Value](ctx, s.c.DB, selectValues, pgx.StrictNamedArgs{"id": 0, "sample": sample})
	if err != nil {
		return nil, fmt.Errorf(op+": %w", err)
	}
	var lines []Line
	for _, i := range all {
		f := Facts{Row: i.Row(), AsOfYear: asOf}
		line := Line{Indicator: i}
		for _, v := range values {
			switch {
			case v.IndicatorID != i.ID:
			case v.Series == DenominatorSeries:
				f.Denominators = append(f.Denominators, YearValue{v.Year, v.Value})
			default:
				f.Values = append(f.Values, YearValue{v.Year, v.Value})
			}
		}
		line.Progress = Judge(f)
		year := min(asOf, i.TargetYear)
		if line.Year != nil {
			year = *line.Year
			for _, v := range values {
				if v.IndicatorID == i.ID && v.Series == ValueSeries && v.Year == year {
					line.From = &v
				}
			}
		}
		if i.OwnFigure != "" {
			if line.Own, err = s.c.Own(ctx, i.OwnFigure, year, sample); err != nil {
				return nil, fmt.Errorf(op+": %w", err)
			}
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// Entry is a figure of a year.
type Entry struct {
	Indicator int64
	Series    string
	Year      int
	Value     fact.Dec
	Source    string
	Note      string
	At        time.Time
}

// Enter stores an official figure; one of the same year stands before it and stays. Who: the region. Faults: Unauthorized; Forbidden
// not_plan_desk; Invalid with fields.
func (s *Service) Enter(ctx context.Context, who actor.Actor, e Entry) error {
	const op = "plan: enter"
	switch {
	case !who.SignedIn():
		return fmt.Errorf(op+": %w", fault.SignIn())
	case !who.Has(actor.RegionOfficer):
		return fmt.Errorf(op+": %w", fault.New(fault.Forbidden, "not_plan_desk", "规划指标的数值由自治区管理员录入"))
	}
	found, err := collect[Indicator](ctx, s.c.DB, selectIndicators, pgx.StrictNamedArgs{"id": e.Indicator})
	if err == nil && (len(found) == 0 || e.Indicator == 0) {
		var f fault.Fields
		f.Add("indicator", "unknown", "没有这个指标，请从列表中选择")
		err = f.Err()
	}
	if err != nil {
		return fmt.Errorf(op+": %w", err)
	}
	if err := e.check(found[0], clock.Local(s.c.Now()).Year()); err != nil {
		return fmt.Errorf(op+": %w", err)
	}
	e.At = s.c.Now()
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := enter(ctx, tx, e, who.AccountID, who.Sample); err != nil {
			return err
		}
		return s.c.Audit.Record(ctx, tx, audit.Event{Actor: who, Action: "plan.enter", ObjectKind: "plan_indicator",
			ObjectID: strconv.FormatInt(e.Indicator, 10),
			Detail:   map[string]any{"series": e.Series, "year": e.Year, "value": string(e.Value), "source": e.Source}})
	})
	if err != nil {
		return fmt.Errorf(op+": %w", err)
	}
	return nil
}

func (e Entry) check(i Indicator, thisYear int) error {
	var f fault.Fields
	f.Check(e.Series == ValueSeries || e.Series == DenominatorSeries && i.Kind == Coverage, "series", "unknown", "只有覆盖率指标有分母")
	f.Check(e.Year >= 1900 && e.Year <= thisYear, "year", "range", "请填写四位年份，不晚于今年")
	f.Check(e.Source != "" && utf8.RuneCountInString(e.Source) <= 200, "source", "length", "请写明来源，不超过 200 字")
	f.Check(utf8.RuneCountInString(e.Note) <= 200, "note", "length", "说明不超过 200 字")
	var d fact.Dec
	if d.UnmarshalText([]byte(e.Value)) != nil || len(e.Value) > 20 {
		f.Add("value", "number", "请填写数字，如 61.71，不带单位和逗号")
	} else if i.Kind == YearlyMean && e.Series == ValueSeries && e.Value.Rat().Cmp(big.NewRat(-100, 1)) < 0 {
		f.Add("value", "range", "增速不能低于 -100")
	}
	return f.Err()
}
