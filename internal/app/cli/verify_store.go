package cli

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
)

func (c certificateFacts) agrees() bool {
	said := bodyOf(c.Body)
	return said.Amount == c.Amount && said.Technical == c.Technical
}

// certificateFacts is a certificate, or with Version 0 a list, as it is kept; Body is "" for a registration whose version has none.
type certificateFacts struct {
	Number    string
	Version   int
	Body      string
	Digest    string
	KeyID     string
	Signature string
	LedgerSeq int64
	Amount    int64 // 分, what the registration of this version says; 0 for lists and old versions
	Technical int64
}

const certificatesSQL = `select coalesce(c.number, r.number) as number, coalesce(c.version, r.version) as version,
	coalesce(c.body, '') as body, coalesce(c.digest, '') as digest, coalesce(c.key_id, '') as key_id,
	coalesce(c.signature, '') as signature, coalesce(c.ledger_seq, 0) as ledger_seq,
	coalesce(r.amount, 0) as amount, coalesce(r.technical, 0) as technical
	from certificate c full join registration r on r.number = c.number and r.version = c.version
	union all select number, 0, body, digest, key_id, signature, ledger_seq, 0, 0 from registration_list order by 1, 2`

// eachCertificate tells every certificate and every registration without one, and how many there are.
func eachCertificate(ctx context.Context, q postgres.Querier, visit func(certificateFacts)) (n int, err error) {
	rows, err := q.Query(ctx, certificatesSQL)
	if err != nil {
		return 0, fmt.Errorf("read certificates: %w", postgres.Fault(err))
	}
	defer rows.Close()
	for rows.Next() {
		c, err := pgx.RowToStructByName[certificateFacts](rows)
		if err != nil {
			return n, fmt.Errorf("read certificates: %w", err)
		}
		n++
		visit(c)
	}
	if err := rows.Err(); err != nil {
		return n, fmt.Errorf("read certificates: %w", postgres.Fault(err))
	}
	return n, nil
}
