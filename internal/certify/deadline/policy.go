package deadline

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
)

// Policy is one dated row of the clock (docs/rules/clocks.md §1). Days are whole days in Asia/Shanghai.
type Policy struct {
	ID                    int64
	Name                  string
	ValidFrom             time.Time
	ValidTo               *time.Time
	TargetDays            int
	TargetUnit            string // working, calendar
	LegalDays             int
	LegalUnit             string
	LargeTargetDays       int
	LargeLegalDays        int
	LargeAmount           money.Fen
	CorrectionDays        int // working days the applicant has
	CorrectionResetsClock bool
	Experts               int  // equal opinions of experts that decide a case; 2 or more
	TiedAgencyVAT         bool // intermediation and training tied to a transfer count for V (docs/rules/amounts.md §3)
	Active                bool
	Source                string
	Standing              Standing `db:"-" json:"-"` // today, in a list
}

// Standing is what a row of the clock means today.
type Standing string

// The standings.
const (
	Holds    Standing = "holds"    // 现在适用
	Coming   Standing = "coming"   // 待生效
	Past     Standing = "past"     // 已被替代: another row holds
	Compared Standing = "compared" // 仅供比较: not active
)

// began reports whether filings may count with the row: from then on it stands as it is, and a row of a later date follows it.
func (p Policy) began(today time.Time) bool { return p.Active && !p.ValidFrom.After(today) }

// Policies lists the dated rows of the clock, those not in force included. Anybody may call it.
func (s *Service) Policies(ctx context.Context) ([]Policy, error) {
	all, err := postgres.Many[Policy](ctx, s.config.DB, selectPolicies, pgx.StrictNamedArgs{})
	if err != nil {
		return nil, err
	}
	today := clock.Date(s.config.Now())
	holds, err := InForce(ctx, s.config.DB, today)
	if err != nil {
		return nil, err
	}
	for i, p := range all {
		switch {
		case !p.Active:
			all[i].Standing = Compared
		case p.ID == holds.ID:
			all[i].Standing = Holds
		case p.began(today):
			all[i].Standing = Past
		default:
			all[i].Standing = Coming
		}
	}
	return all, nil
}

// SavePolicy adds a row of the clock, or mends the one with its ID that nothing counts with yet. Region officers only. An active
// row begins today or later: running cases keep the row they were filed under, and what was decided keeps its rule. Faults:
// Invalid fields; Conflict "policy_in_use"; NotFound "policy_not_found".
func (s *Service) SavePolicy(ctx context.Context, a actor.Actor, p Policy) (Policy, error) {
	err := s.trail.Guard(ctx, a, "save_policy", "sla_policy", strconv.FormatInt(p.ID, 10), func(ctx context.Context, tx pgx.Tx) error {
		if !a.Has(actor.RegionOfficer) {
			return fault.New(fault.Forbidden, "region_only", "时限规则由自治区管理员维护")
		}
		today := clock.Date(s.config.Now())
		others, err := postgres.Many[Policy](ctx, tx, lockPolicies, pgx.StrictNamedArgs{})
		if err != nil {
			return err
		}
		bad := p.check()
		known := p.ID == 0
		for _, o := range others {
			if o.ID == p.ID {
				known = true
				if o.began(today) {
					return fault.Newf(fault.Conflict, "policy_in_use", "“%s”已经生效，不能修改。请新增一条，从新的日期起替代它", o.Name)
				}
			} else if p.Active && o.Active && o.ValidFrom.Equal(p.ValidFrom) {
				bad.Addf("validFrom", "taken", "“%s”也从这一天起，请换一天，或先修改那一条", o.Name)
			}
		}
		if !known {
			return fault.New(fault.NotFound, "policy_not_found", "没有这一条时限规则，请从规则表重新打开")
		}
		bad.Check(!p.Active || p.ValidFrom.IsZero() || !p.ValidFrom.Before(today), "validFrom", "past", "启用的规则从今天或以后起生效，已经办过的件不重新计时")
		if err := bad.Err(); err != nil {
			return err
		}
		used, err := s.config.Used(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		if used {
			return fault.Stale()
		}
		if p.ID, err = storePolicy(ctx, tx, p); err != nil {
			return fmt.Errorf("store policy: %w", err)
		}
		return s.trail.Record(ctx, tx, a, "save_policy", "sla_policy", strconv.FormatInt(p.ID, 10), map[string]any{"policy": p})
	})
	return p, err
}

// check says what a row lacks. Field names are those of the columns.
func (p Policy) check() *fault.Fields {
	bad := &fault.Fields{}
	bad.Required("name", p.Name, "请填写名称，如发布的文件")
	bad.Check(!p.ValidFrom.IsZero(), "validFrom", "required", "请填写起始日期")
	bad.Check(p.ValidTo == nil || !p.ValidTo.Before(p.ValidFrom), "validTo", "order", "截止日期早于起始日期")
	for _, x := range []struct {
		field string
		days  int
	}{{"targetDays", p.TargetDays}, {"legalDays", p.LegalDays}, {"largeTargetDays", p.LargeTargetDays}, {"largeLegalDays", p.LargeLegalDays},
		{"correctionDays", p.CorrectionDays}} {
		bad.Check(x.days >= 1 && x.days <= 365, x.field, "range", "请填写 1 至 365 的天数")
	}
	for _, x := range [][2]string{{"targetUnit", p.TargetUnit}, {"legalUnit", p.LegalUnit}} {
		bad.Check(x[1] == "working" || x[1] == "calendar", x[0], "unknown", "请选择工作日或日历日")
	}
	if p.TargetUnit == p.LegalUnit {
		bad.Check(p.TargetDays <= p.LegalDays, "targetDays", "order", "目标不能长于法定期限")
		bad.Check(p.LargeTargetDays <= p.LargeLegalDays, "largeTargetDays", "order", "目标不能长于法定期限")
	}
	bad.Check(p.LargeAmount > 0 && p.LargeAmount <= money.Max, "largeAmount", "range", "请填写大额界线")
	bad.Check(p.Experts >= 2 && p.Experts <= 15, "experts", "range", "意见一致才能决定的专家人数为 2 至 15")
	bad.Required("source", p.Source, "请填写依据的文件、文号和条款")
	return bad
}
