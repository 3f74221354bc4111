package contract

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// supplemented refuses a change of a registered contract without the paper it rests on (办法第15条): a supplementary agreement or a
// settlement that the registered version did not have.
func (s *Service) supplemented(ctx context.Context, tx pgx.Tx, c Contract) error {
	if c.RegisteredVersion == 0 {
		return nil
	}
	registered, err := s.Frozen(ctx, tx, c.ID, c.RegisteredVersion)
	if err != nil {
		return err
	}
	added := slices.ContainsFunc(c.Files, func(f File) bool {
		return f.Role == Supplement && !slices.ContainsFunc(registered.Files, func(old File) bool { return old.ID == f.ID })
	})
	var bad fault.Fields
	bad.Check(added, "files.supplement", "missing", "请在附件中上传双方签章的补充协议；按提成或结算变更金额的，上传结算单")
	return bad.Err()
}

// Restore gives a document back to where the desk's decision found it, after a reconsideration set that decision aside: to the desk
// in the version that was filed, or, with number 0, to registered after its registration had ended. Inside the desk's transaction.
// Faults: Conflict wrong_state where it was filed anew or is being changed; NotFound.
func (s *Service) Restore(ctx context.Context, tx pgx.Tx, id int64, number int) error {
	const op = "contract: restore"
	c, err := load(ctx, tx, id, true)
	if err != nil {
		return fmt.Errorf(op+": %w", missing(err))
	}
	if (number == 0) != (c.State == Closed) {
		return fmt.Errorf(op+": %w", errWrongState)
	}
	if err := c.move(EventRestore); err != nil {
		return fmt.Errorf(op+": %w", err)
	}
	if number != 0 {
		filed, err := s.Frozen(ctx, tx, id, number)
		if err != nil {
			return fmt.Errorf(op+": %w", err)
		}
		c.Content = filed.Content
		c.CoSellerOrgs = c.Content.coSellerOrgs()
		if err := restoreFiles(ctx, tx, id, c.CreatedBy, filed.Files); err != nil {
			return fmt.Errorf(op+": %w", postgres.Fault(err))
		}
	}
	if err := c.store(ctx, tx, s.Now()); err != nil {
		return fmt.Errorf(op+": %w", err)
	}
	return nil
}

// NoDay stands for the day of application of a change: a registered contract may be amended after its term, as its settlement or
// royalty becomes known.
const NoDay Date = ""

// ApplicationDay is the day on which Sections and Check look at a contract's dates: today, NoDay for a change.
func (s *Service) ApplicationDay(c Contract) Date {
	if c.RegisteredVersion != 0 {
		return NoDay
	}
	return s.Today()
}
