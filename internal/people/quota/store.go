package quota

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/platform/postgres"
)

// Store counts. It is safe for concurrent use by many processes.
type Store struct {
	db  *postgres.DB
	now func() time.Time
}

// New makes the store.
func New(db *postgres.DB, now func() time.Time) *Store { return &Store{db, now} }

const (
	// The row of a window waits for whoever else is counting in it, and no count passes the limit.
	spend = `
insert into quota_use (name, per, subject, begins, ends, used)
select @name, @per, @subject, @begins, @ends, @n::bigint where @n::bigint <= @limit::bigint
on conflict (name, per, subject, ends, begins) do update set used = quota_use.used + excluded.used
    where quota_use.used + excluded.used <= @limit::bigint`
	used = `select coalesce(sum(used), 0) from quota_use where name = @name and per = @per and subject = @subject
		and begins = @begins and ends = @ends`
	clean = `delete from quota_use where ends < @now`
)

// Whole runs a request in one transaction, for what is counted with it; see postgres.DB.Whole.
func (s *Store) Whole(ctx context.Context, run func(ctx context.Context) (commit bool, err error)) error {
	return s.db.Whole(ctx, func(ctx context.Context, _ pgx.Tx) (bool, error) { return run(ctx) })
}

// Spend counts uses in the transaction that ctx carries, all or none. Fault: too many "quota_NAME", with the time to wait.
func (s *Store) Spend(ctx context.Context, who Subject, uses ...Use) error {
	return s.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error { return s.SpendIn(ctx, tx, who, uses...) })
}

// SpendIn is Spend in the caller's transaction.
func (s *Store) SpendIn(ctx context.Context, tx pgx.Tx, who Subject, uses ...Use) error {
	return s.each(who, uses, func(q Quota, u Use, args pgx.StrictNamedArgs) error {
		args["n"], args["limit"] = u.N, q.limit(who)
		tag, err := tx.Exec(ctx, spend, args)
		if err == nil && tag.RowsAffected() == 0 {
			err = q.over(who, s.now(), args["ends"].(time.Time))
		}
		return err
	})
}

// Left refuses uses that Spend would refuse, before the work is done; it counts nothing. Fault: as Spend.
func (s *Store) Left(ctx context.Context, who Subject, uses ...Use) error {
	return s.each(who, uses, func(q Quota, u Use, args pgx.StrictNamedArgs) error {
		n, err := postgres.One[struct{ Coalesce int64 }](ctx, s.db, used, args)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err == nil && n.Coalesce+u.N > q.limit(who) {
			err = q.over(who, s.now(), args["ends"].(time.Time))
		}
		return err
	})
}

func (s *Store) each(who Subject, uses []Use, do func(Quota, Use, pgx.StrictNamedArgs) error) error {
	now := s.now()
	for _, u := range uses {
		if u.N <= 0 {
			continue
		}
		for _, q := range applying(who, u.Name) {
			begins := window(now, q.Window)
			err := do(q, u, pgx.StrictNamedArgs{"name": string(q.Name), "per": string(q.Per), "subject": who.of(q.Per), "begins": begins,
				"ends": begins.Add(q.Window)})
			if err != nil {
				return fmt.Errorf("quota: %w", err)
			}
		}
	}
	return nil
}

// Clean forgets windows that are over; a job calls it daily.
func (s *Store) Clean(ctx context.Context) error {
	if _, err := s.db.Exec(ctx, clean, pgx.StrictNamedArgs{"now": s.now()}); err != nil {
		return fmt.Errorf("quota: clean: %w", err)
	}
	return nil
}

// window is when the window of a moment began: a whole hour, or midnight in Asia/Shanghai.
func window(now time.Time, length time.Duration) time.Time {
	now = now.In(clock.Zone())
	if length >= day {
		return time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, clock.Zone())
	}
	return now.Truncate(length)
}

// network is what an address is counted as: whoever has an IPv6 network has 2^64 addresses.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || a.Unmap().Is4() {
		return address
	}
	return netip.PrefixFrom(a, 64).Masked().String()
}

// hidden keeps addresses and mailboxes out of the table in clear: rows live for a day, and nobody need read them.
func hidden(text string) string {
	sum := sha256.Sum256([]byte("quota " + strings.ToLower(text)))
	return hex.EncodeToString(sum[:16])
}
