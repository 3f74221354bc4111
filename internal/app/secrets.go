package app

import (
	"context"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/exchange"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
	"techmarket/internal/market/watch"
	"techmarket/internal/people/identity"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/publish/event"
	"techmarket/internal/services/register"
	"techmarket/internal/trade/challenge"
)

// SealedColumns are the columns in which personal data or a secret lies sealed, of every room.
func SealedColumns() []postgres.Sealed {
	var all []postgres.Sealed
	for _, room := range [][]postgres.Sealed{identity.Sealed(), listing.Sealed(), importer.Sealed(), watch.Sealed(), contract.Sealed(),
		exchange.Sealed(), register.Sealed(), challenge.Sealed(), event.Sealed()} {
		all = append(all, room...)
	}
	return all
}

// KeptSealed are the columns whose rows keep the key they were sealed under.
func KeptSealed() []postgres.Sealed { return contract.SealedOnce() }

// SealAll seals what is still in clear or under an older key. The market calls it at its start, rotate-keys after a new key; it may be
// stopped and run again. It returns how many rows it sealed. Fault: unavailable "secret_key_missing".
func SealAll(ctx context.Context, p *Platform) (int, error) {
	return postgres.SealAll(ctx, p.DB, p.Vault, SealedColumns()...)
}

// sealFrozen seals the contract versions of an older program. Once none lies in clear, no later start reads through them again.
func (s *Services) sealFrozen(ctx context.Context) error {
	const once = "once" // whichever the key: they keep it
	versions := contract.SealedOnce()[0]
	if done, err := versions.Done(ctx, s.Platform.DB, once); err != nil || done {
		return err
	}
	if _, err := s.Registry.SealFrozen(ctx); err != nil {
		return err
	}
	left, err := s.Contracts.InClear(ctx, 0) // what the ledger does not agree with
	if err != nil || len(left) > 0 {
		return err
	}
	return versions.Note(ctx, s.Platform.DB, once)
}
