package monitor

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/platform/audit"
	"techmarket/internal/platform/postgres"
)

// Outside are the figures of others that rates need, with their units.
func Outside() []External {
	return []External{{Indicator: "gdp", MeasuredIn: "亿元", Note: "地区生产总值"}, {Indicator: "population", MeasuredIn: "人", Note: "常住人口"}}
}

// Entered is a figure that somebody enters: of an area and a year, with its source and edition.
type Entered struct {
	Indicator, Area         string
	Year                    int
	Value                   fact.Dec
	Source, Edition, Remark string
}

// Enter keeps a figure; one of the same area and year stands before it and stays. Who: the region. Faults: Unauthorized; Forbidden
// not_region; Invalid fields.
func (s *Service) Enter(ctx context.Context, who actor.Actor, e Entered) error {
	const op = "monitor: enter: %w"
	switch {
	case !who.SignedIn():
		return fmt.Errorf(op, fault.SignIn())
	case !who.Has(actor.RegionOfficer):
		return fmt.Errorf(op, fault.New(fault.Forbidden, "not_region", "外部数据由自治区管理员录入"))
	}
	var f fault.Fields
	unit := ""
	for _, o := range Outside() {
		if o.Indicator == e.Indicator {
			unit = o.MeasuredIn
		}
	}
	f.Check(unit != "", "indicator", "unknown", "请选择录入什么")
	d, ok := region.Get(e.Area)
	f.Check(ok && d.Kind != region.ZoneKind, "area", "unknown", "请选择全区、盟市或旗县")
	checkYear(&f, e.Year, s.now())
	f.Check(e.Source != "" && utf8.RuneCountInString(e.Source) <= 200, "source", "length", "请写明来源，不超过 200 字")
	f.Check(utf8.RuneCountInString(e.Edition) <= 100, "edition", "length", "版次不超过 100 字")
	var v fact.Dec
	f.Check(v.UnmarshalText([]byte(e.Value)) == nil && len(e.Value) <= 20 && v.Rat().Sign() > 0, "value", "number", "请填写大于 0 的数字，不带单位和逗号")
	if err := f.Err(); err != nil {
		return fmt.Errorf(op, err)
	}
	err := s.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, insertExternal, pgx.StrictNamedArgs{"indicator": e.Indicator, "area": e.Area, "year": e.Year,
			"value": string(e.Value),
			"unit":  unit, "source": e.Source, "edition": e.Edition, "note": e.Remark, "sample": who.Sample, "by": who.AccountID, "now": s.now()})
		if err != nil {
			return postgres.Fault(err)
		}
		return s.trail.Record(ctx, tx, audit.Event{Actor: who, Action: "monitor.enter", ObjectKind: "external_figure", ObjectID: e.Indicator,
			Detail: map[string]any{"area": e.Area, "year": e.Year, "value": string(e.Value), "source": e.Source}})
	})
	if err != nil {
		return fmt.Errorf(op, err)
	}
	return nil
}
