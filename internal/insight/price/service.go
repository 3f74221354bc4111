package price

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// Config is what the Service needs; all fields must be set.
type Config struct {
	DB  *postgres.DB
	Now func() time.Time
}

// Service answers what comparable registered contracts cost.
type Service struct{ c Config }

// New makes the service.
func New(c Config) *Service { return &Service{c} }

// Ask names the contracts that are comparable.
type Ask struct {
	Way    string `json:"way"`    // class of the contract, two digits
	Field  string `json:"field"`  // technical field; "" for all
	Region string `json:"region"` // division of the seller; "" for all
}

// Answer is the result with the question that it answers.
type Answer struct {
	Ask
	Result
	Sample bool `json:"sample"` // counted over the sample market
}

// Years are how far back the periods reach that are tried one after the other; each ends with the last complete quarter, so that a
// cell is the same all quarter long.
func years() []int { return []int{1, 3, 5} }

// Evidence looks for the narrowest cell that may be shown: longer periods, then wider regions, then all fields. What is shown is noted:
// a cell that would differ by one contract from what was shown in the quarter is not shown. The contracts of the viewer's own unit do
// not count. Faults: Unauthorized, Invalid.
func (s *Service) Evidence(ctx context.Context, who actor.Actor, ask Ask) (out Answer, err error) {
	const op = "price: evidence"
	if !who.SignedIn() {
		return out, fmt.Errorf(op+": %w", fault.SignIn())
	}
	var f fault.Fields
	f.Check(codes.ContractClass.Has(ask.Way) && len(ask.Way) == 2, "way", "unknown_code", "请选择合同类别")
	f.Check(ask.Field == "" || codes.Field.Has(ask.Field), "field", "unknown_code", "请选择技术领域")
	f.Check(ask.Region == "" || len(ask.Region) == 6, "region", "unknown_code", "请选择盟市")
	if err := f.Err(); err != nil {
		return out, fmt.Errorf(op+": %w", err)
	}
	out.Ask, out.Sample = ask, who.Sample
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockShown); err != nil { // what is shown and what is noted are one step
			return err
		}
		today := fact.DayOf(s.c.Now())
		record, err := s.record(ctx, tx, who, ask, today)
		if err != nil {
			return err
		}
		for _, cell := range path(record.Query) {
			one := record
			one.Query.Fields, one.Query.Regions = []string{cell.Field}, []string{cell.Region}
			one.Query.Periods = []Period{{cell.From, cell.To}}
			if one.Contracts, err = inCell(ctx, tx, ask.Way, cell, who.Sample); err != nil {
				return err
			}
			found := Evidence(one)
			out.Tried = append(out.Tried, found.Tried...)
			if out.Shown = found.Shown; out.Shown != nil {
				return noteShown(ctx, tx, ask.Way, cell, len(one.inside(cell)), today)
			}
		}
		return nil
	})
	if err != nil {
		return Answer{}, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	return out, nil
}

// record is the question with everything that its answer depends on but the contracts.
func (s *Service) record(ctx context.Context, tx pgx.Tx, who actor.Actor, ask Ask, today fact.Day) (r Record, err error) {
	if r.Policy, err = policyOn(ctx, tx, clock.Date(s.c.Now())); err != nil {
		return r, err
	}
	if who.OrgID != 0 {
		viewer := "o" + strconv.FormatInt(who.OrgID, 10)
		r.Viewer = &viewer
	}
	r.AsOf = today
	r.Query = Query{Way: ask.Way, Periods: periods(s.c.Now())}
	if ask.Field != "" {
		r.Query.Fields = append(r.Query.Fields, ask.Field)
	}
	r.Query.Fields = append(r.Query.Fields, All)
	if ask.Region != "" {
		r.Query.Regions = append(r.Query.Regions, ask.Region[:4], ask.Region[:2])
	}
	r.Query.Regions = append(r.Query.Regions, All)
	r.Shown, err = shown(ctx, tx, ask.Way)
	return r, err
}

// periods end with the last day of the quarter before now.
func periods(now time.Time) (out []Period) {
	here := clock.Local(now)
	start := time.Date(here.Year(), here.Month()-(here.Month()-1)%3, 1, 0, 0, 0, 0, time.UTC)
	for _, n := range years() {
		out = append(out, Period{From: fact.OfDate(start.AddDate(-n, 0, 0)), To: fact.OfDate(start) - 1})
	}
	return out
}
