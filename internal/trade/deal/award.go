package deal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
)

// Award is what a challenge was won for or a trial comes to: the two sides talk at once, since both have said what they want.
type Award struct {
	SupplyListing            int64 // 0: none is named
	DemandListing            int64 // likewise; one of the two is set
	DemandOrg, DemandAccount int64
	SupplyOrg, SupplyAccount int64
	Subject                  string
	Sample                   bool
	At                       time.Time
}

// Award opens the talk of a winner, in the caller's transaction; where the two sides already have an open one about the need or,
// without a need, about the achievement, that one.
func (s *Service) Award(ctx context.Context, tx pgx.Tx, a Award) (id int64, err error) {
	const op = "deal: award"
	err = tx.QueryRow(ctx, openPair, pgx.StrictNamedArgs{"supply": a.SupplyOrg, "demand": a.DemandOrg, "listing": a.DemandListing,
		"offered": a.SupplyListing}).Scan(&id)
	if err == nil {
		return id, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	d := Deal{State: Talking, SupplyListing: a.SupplyListing, DemandListing: a.DemandListing, DemandOrg: a.DemandOrg,
		DemandAccount: a.DemandAccount, SupplyOrg: a.SupplyOrg, SupplyAccount: a.SupplyAccount, OpenedBy: a.DemandAccount, OpenedSide: Demand,
		Subject: a.Subject, Sample: a.Sample, AnsweredAt: &a.At, CreatedAt: a.At, UpdatedAt: a.At}
	if d.ID, err = insert(ctx, tx, d); err != nil {
		return 0, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	if err := addEvent(ctx, tx, d.ID, 0, Step{At: a.At, Event: EventOpen, To: Talking}); err != nil {
		return 0, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	return d.ID, nil
}

// HasAgreed reports whether both sides accepted the terms of a talk.
func (s *Service) HasAgreed(ctx context.Context, q postgres.Querier, id int64) (bool, error) {
	d, err := load(ctx, q, id, false)
	if err != nil {
		return false, fmt.Errorf("deal: has agreed: %w", postgres.Fault(err))
	}
	return d.State == Agreed, nil
}
