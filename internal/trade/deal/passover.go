package deal

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// Signed returns an agreed deal of which the contract was signed, for the market itself: what it closes and whom it tells.
// Faults: NotFound.
func (s *Service) Signed(ctx context.Context, id int64) (Deal, error) {
	d, err := load(ctx, s.config.DB, id, false)
	if err != nil {
		return Deal{}, fmt.Errorf("deal: signed: %w", missing(err))
	}
	return d, nil
}

// PassOver ends the other open talks about a listing that was signed for, and tells both sides of each. It may run again: what
// has ended meanwhile stays as it is (docs/rules/listings.md §8).
func (s *Service) PassOver(ctx context.Context, listing, signed int64) error {
	rows, err := s.config.DB.Query(ctx, selectOthers, pgx.StrictNamedArgs{"listing": listing, "but": signed})
	if err != nil {
		return fmt.Errorf("deal: pass over: %w", postgres.Fault(err))
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("deal: pass over: %w", postgres.Fault(err))
	}
	for _, id := range ids {
		if err := s.passOver(ctx, id); err != nil && !fault.Is(err, fault.Conflict) {
			return fmt.Errorf("deal: pass over %d: %w", id, err)
		}
	}
	return nil
}

func (s *Service) passOver(ctx context.Context, id int64) error {
	return s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		d, err := load(ctx, tx, id, true)
		if err != nil {
			return missing(err)
		}
		from := d.State
		if d.State, err = next(from, EventPassOver, system, false); err != nil {
			return err
		}
		if now := s.config.Now(); d.State == Declined {
			d.DeclineCode, d.AnsweredAt = "solved", &now
		} else {
			d.EndReason = "other_partner"
		}
		if err := d.store(ctx, tx, s.config.Now()); err != nil {
			return err
		}
		step := Step{At: s.config.Now(), Event: EventPassOver, From: from, To: d.State, Reason: d.DeclineCode + d.EndReason}
		if err := addEvent(ctx, tx, id, 0, step); err != nil {
			return err
		}
		market := actor.Actor{}
		if err := s.tell(ctx, tx, market, d, "这次对接已结束", "这条信息已与另一单位签订合同，不再洽谈。感谢您的参与，可以再看看其他匹配。"); err != nil {
			return err
		}
		return s.record(ctx, tx, market, "deal.pass_over", id, map[string]any{"from": from, "to": d.State})
	})
}
