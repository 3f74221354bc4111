package contract

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
)

// Sealed are the columns of this room in which something lies sealed under the key in use. A frozen version is sealed once, see
// SealFrozen: the ledger vouches for what stands there.
func Sealed() []postgres.Sealed {
	return []postgres.Sealed{{Table: "contract", Column: "content", Document: true}}
}

// SealedOnce are the columns that keep the key they were sealed under.
func SealedOnce() []postgres.Sealed {
	return []postgres.Sealed{{Table: "contract_version", Column: "content", Document: true}}
}

const (
	frozenInClear = `select distinct contract_id from contract_version
where contract_id > @after and content::text ~ @clear order by contract_id limit 100`
	frozenText = `select number, content::text as text from contract_version where contract_id = @id order by number for update`
	sealFrozen = `update contract_version set content = @content::text::jsonb where contract_id = @id and number = @number`
)

// InClear finds contracts whose frozen versions were written before contacts were sealed, after one of them.
func (s *Service) InClear(ctx context.Context, after int64) ([]int64, error) {
	rows, err := s.DB.Query(ctx, frozenInClear, pgx.StrictNamedArgs{"after": after, "clear": postgres.InClear()})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// SealFrozen seals the contacts in the frozen versions of one contract. The caller asks the ledger before, and lets it vouch after.
func (s *Service) SealFrozen(ctx context.Context, tx pgx.Tx, id int64) error {
	type frozen struct {
		Number int
		Text   string
	}
	versions, err := postgres.Many[frozen](ctx, tx, frozenText, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return fmt.Errorf("contract: seal versions: %w", err)
	}
	contents := s.DB.Contents()
	for _, v := range versions {
		raw, err := contents.Open([]byte(v.Text)) // one that is sealed already is sealed anew: all or nothing of a contract
		if err == nil {
			raw, err = contents.Seal(raw)
		}
		if err != nil {
			return fmt.Errorf("contract: seal versions: %w", err)
		}
		if _, err := tx.Exec(ctx, sealFrozen, pgx.StrictNamedArgs{"id": id, "number": v.Number, "content": string(raw)}); err != nil {
			return fmt.Errorf("contract: seal versions: %w", err)
		}
	}
	return nil
}
