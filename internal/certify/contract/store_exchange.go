package contract

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
)

const selectRegistered = `select v.contract_id, v.content from contract_version v
	join contract c on c.id = v.contract_id and c.registered_version = v.number where c.id = any(@ids)`

// Registered reads the registered versions of many contracts, for files made from the register. No permission check: the
// register has made its own.
func (s *Service) Registered(ctx context.Context, ids []int64) (map[int64]Content, error) {
	rows, err := s.DB.Query(ctx, selectRegistered, pgx.StrictNamedArgs{"ids": ids})
	if err != nil {
		return nil, fmt.Errorf("contract: registered: %w", postgres.Fault(err))
	}
	out := make(map[int64]Content, len(ids))
	for rows.Next() {
		var id int64
		var c Content
		if err := rows.Scan(&id, &c); err != nil {
			rows.Close()
			return nil, fmt.Errorf("contract: registered: %w", err)
		}
		out[id] = c
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("contract: registered: %w", postgres.Fault(err))
	}
	return out, nil
}

// AddRegistered stores a contract that was registered before this market: its one version is frozen and registered at once.
// It runs inside the register's import, which has checked the person and writes the audit row.
func (s *Service) AddRegistered(ctx context.Context, tx pgx.Tx, c Contract) (int64, error) {
	const op = "contract: add registered"
	c.State, c.CreatedAt = Registered, s.Now()
	id, _, err := create(ctx, tx, c)
	if err != nil {
		return 0, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	number, err := freeze(ctx, tx, Frozen{ContractID: id, Content: c.Content, Files: []File{}, FrozenAt: s.Now()})
	if err != nil {
		return 0, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	c.ID, c.RegisteredVersion = id, number
	if err := c.store(ctx, tx, s.Now()); err != nil {
		return 0, fmt.Errorf(op+": %w", postgres.Fault(err))
	}
	return id, nil
}
