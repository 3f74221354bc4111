package benefits

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres"
)

// Rate is one dated row of the rate table (docs/rules/amounts.md §5): a rate on the part of the amount above each step.
type Rate struct {
	ID        int64
	Name      string
	Side      string // buyer, seller, service
	Classes   []string
	ValidFrom time.Time
	ValidTo   *time.Time
	Tiers     []Tier
	Cap       money.Fen
	Source    string
	Confirmed bool // false: not confirmed to be in force
}

// Tier is a rate in basis points on the part above Over.
type Tier struct {
	Over   money.Fen `json:"overFen"`
	RateBP int64     `json:"rateBp"`
}

// Step is one worked line of a calculation.
type Step struct {
	Words  string
	Amount money.Fen
}

// Compute works the rate on an amount, tier by tier; each tier is rounded half up to whole 分, the sum is cut at the cap.
func (r Rate) Compute(base money.Fen) (total money.Fen, steps []Step) {
	for i, t := range r.Tiers {
		part := base - t.Over
		words := t.Over.Short() + "以上的部分"
		if i+1 < len(r.Tiers) {
			part = min(part, r.Tiers[i+1].Over-t.Over)
			words = t.Over.Short() + "至 " + r.Tiers[i+1].Over.Short()
		}
		if part <= 0 {
			break
		}
		sum := part.MulRatio(t.RateBP, 10_000)
		total += sum
		steps = append(steps, Step{fmt.Sprintf("%s：%s 元 × %s%%", words, part.Grouped(), percent(t.RateBP)), sum})
	}
	if total > r.Cap {
		steps = append(steps, Step{"超过上限 " + r.Cap.Short() + "，按上限计", r.Cap - total})
		total = r.Cap
	}
	return total, steps
}

func percent(bp int64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%02d", bp/100, bp%100), "0"), ".")
}

// Rates lists the rate table. Anybody may call it.
func (s *Service) Rates(ctx context.Context) ([]Rate, error) {
	return postgres.Many[Rate](ctx, s.config.DB, selectRates, pgx.StrictNamedArgs{})
}

// SaveRate adds a row of the rate table, or mends the one with its ID. Region officers only. Two rows of one side never
// cover one class on one day: the earlier one gets its last day first. Faults: Invalid fields; NotFound "rate_not_found".
func (s *Service) SaveRate(ctx context.Context, a actor.Actor, r Rate) (Rate, error) {
	err := s.trail.Guard(ctx, a, "save_rate", "subsidy_rate", strconv.FormatInt(r.ID, 10), func(ctx context.Context, tx pgx.Tx) error {
		if !a.Has(actor.RegionOfficer) {
			return fault.New(fault.Forbidden, "region_only", "补助费率由自治区管理员维护")
		}
		if err := r.check(); err != nil {
			return err
		}
		others, err := postgres.Many[Rate](ctx, tx, lockRates, pgx.StrictNamedArgs{})
		if err != nil {
			return err
		}
		known := r.ID == 0
		for _, o := range others {
			if o.ID == r.ID {
				known = true
			} else if o.Side == r.Side && o.overlaps(r) &&
				slices.ContainsFunc(o.Classes, func(c string) bool { return slices.Contains(r.Classes, c) }) {
				var bad fault.Fields
				bad.Addf("validFrom", "overlap", "与“%s”（%s 起）的类别和期间重叠，请先给它填写截止日期", o.Name, o.ValidFrom.Format(time.DateOnly))
				return bad.Err()
			}
		}
		if !known {
			return fault.New(fault.NotFound, "rate_not_found", "没有这一条费率，请从费率表重新打开")
		}
		if r.ID, err = storeRate(ctx, tx, r); err != nil {
			return fmt.Errorf("store rate: %w", err)
		}
		return s.trail.Record(ctx, tx, a, "save_rate", "subsidy_rate", strconv.FormatInt(r.ID, 10), map[string]any{"rate": r})
	})
	return r, err
}

func (r Rate) overlaps(o Rate) bool {
	return (r.ValidTo == nil || !r.ValidTo.Before(o.ValidFrom)) && (o.ValidTo == nil || !o.ValidTo.Before(r.ValidFrom))
}

func (r Rate) check() error {
	var bad fault.Fields
	bad.Required("name", r.Name, "请填写名称，如“购买技术成果后补助”")
	bad.Check(slices.Contains([]string{"buyer", "seller", "service"}, r.Side), "side", "unknown", "请选择补助给哪一方")
	bad.Check(len(r.Classes) > 0, "classes", "required", "请选择适用的合同类别")
	for _, c := range r.Classes {
		bad.Check(len(c) == 2 && codes.ContractClass.Has(c), "classes", "unknown", "请从五类合同中选择")
	}
	bad.Check(!r.ValidFrom.IsZero(), "validFrom", "required", "请填写起始日期")
	bad.Check(r.ValidTo == nil || !r.ValidTo.Before(r.ValidFrom), "validTo", "order", "截止日期早于起始日期")
	bad.Check(len(r.Tiers) > 0, "tiers.0.rate", "required", "请至少填写一档的比例")
	for i, t := range r.Tiers {
		at := fmt.Sprintf("tiers.%d.", i)
		bad.Check(t.RateBP > 0 && t.RateBP <= 10_000, at+"rate", "range", "比例应大于 0，不超过 100%")
		if i == 0 {
			bad.Check(t.Over == 0, at+"over", "range", "第一档从 0 开始")
		} else {
			bad.Check(t.Over > r.Tiers[i-1].Over, at+"over", "order", "起点应大于上一档的起点")
		}
	}
	bad.Check(r.Cap > 0 && r.Cap <= money.Max, "cap", "range", "请填写补助的上限")
	bad.Required("source", r.Source, "请填写依据的文件和文号")
	return bad.Err()
}
