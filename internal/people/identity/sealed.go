package identity

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
)

// What of this room is sealed, each under the name of its column.
const (
	sealedPhone   = "account.phone"
	sealedTOTP    = "account.totp_secret"
	sealedProfile = "organisation.profile.phone"
)

func (s *Service) sealText(purpose, text string) (string, error) {
	if s.config.Vault == nil {
		return text, nil
	}
	return s.config.Vault.Seal(purpose, text)
}

func (s *Service) openText(purpose string, text *string) (err error) {
	if s.config.Vault != nil {
		*text, err = s.config.Vault.Open(purpose, *text)
	}
	return err
}

// sealedRow is a row whose secrets are in clear or under an older key.
type sealedRow struct {
	ID    int64
	Phone string
	Totp  string
}

const sealBatch = 500

// SealAll seals what is still in clear or under an older key, in small transactions; it may be stopped and run again. The market calls
// it at its start, and rotate-keys after a new key. It returns how many rows it sealed. Fault: unavailable "secret_key_missing".
func (s *Service) SealAll(ctx context.Context) (n int, err error) {
	if s.config.Vault == nil {
		return 0, nil
	}
	for _, t := range []struct{ read, write, phone string }{{unsealedAccounts, sealAccount, sealedPhone},
		{unsealedOrganisations, sealOrganisation, sealedProfile}} {
		for {
			var rows []sealedRow
			err := s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
				rows, err = postgres.Many[sealedRow](ctx, tx, t.read,
					pgx.StrictNamedArgs{"prefix": s.config.Vault.Prefix(), "limit": sealBatch})
				if err != nil {
					return err
				}
				for _, r := range rows {
					for _, p := range []struct {
						purpose string
						text    *string
					}{{t.phone, &r.Phone}, {sealedTOTP, &r.Totp}} {
						if err := s.openText(p.purpose, p.text); err != nil {
							return err
						}
						if *p.text, err = s.sealText(p.purpose, *p.text); err != nil {
							return err
						}
					}
					if _, err := tx.Exec(ctx, t.write, pgx.StrictNamedArgs{"id": r.ID, "phone": r.Phone, "totp": r.Totp}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return n, fmt.Errorf("seal: %w", err)
			}
			if n += len(rows); len(rows) < sealBatch {
				break
			}
		}
	}
	return n, nil
}
