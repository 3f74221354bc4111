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
	"techmarket/internal/services/register"
)

// SealedColumns are the columns in which personal data or a secret lies sealed, of every room.
func SealedColumns() []postgres.Sealed {
	var all []postgres.Sealed
	for _, room := range [][]postgres.Sealed{identity.Sealed(), listing.Sealed(), importer.Sealed(), watch.Sealed(), contract.Sealed(),
		exchange.Sealed(), register.Sealed()} {
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
