package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/witness"
	"techmarket/internal/foundation/fault"
)

// SealFrozen seals the contacts in contract versions that were frozen before contacts were sealed, and lets the ledger vouch for what
// then stands there. A contract that the ledger does not agree with stays as it is, for whoever examines it. It returns how many it
// sealed; the market calls it at its start.
func (s *Service) SealFrozen(ctx context.Context) (n int, err error) {
	for after := int64(0); ; {
		ids, err := s.config.Contracts.InClear(ctx, after)
		if err != nil || len(ids) == 0 {
			return n, err
		}
		for _, id := range ids {
			err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
				if err := s.book.Hold(ctx, tx, witness.Contract(id)); err != nil {
					return err
				}
				if err := s.config.Contracts.SealFrozen(ctx, tx, id); err != nil {
					return err
				}
				return s.book.Note(ctx, tx, witness.Contract(id))
			})
			switch {
			case err == nil:
				n++
			case !fault.HasCode(err, "record_under_examination"):
				return n, fmt.Errorf("seal contract %d: %w", id, err)
			}
		}
		after = ids[len(ids)-1]
	}
}
