package listing

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Every judged listing once, by the last judgement; "" are those that passed without one.
const triageShares = `select triage, count(*)::int from listing where kind = any(@kinds) and submitted_at >= @since and (triage <> ''
	or published_version > 0)
	and (@sample or not is_sample) group by triage`

const (
	insertTriage    = `insert into listing_triage (listing_id, triage, at) values (@listing, @triage, @at)`
	insertDiagnosis = `insert into diagnosis (listing_id, broker, asked_by, asked_at) values (@listing, @broker, @by, @at) returning id`
	answerDiagnosis = `update diagnosis set advice = @advice, answered_at = @at where id = @id and answered_at is null`
	selectDiagnoses = `select d.id, d.listing_id, d.broker, '' as name, l.title, d.asked_at, d.advice, d.answered_at, l.is_sample as sample
		from diagnosis d join listing l on l.id = d.listing_id
		where (@id::bigint = 0 or d.id = @id) and (@listing::bigint = 0 or d.listing_id = @listing)
		and (@broker::bigint = 0 or d.broker = @broker) order by d.id desc limit 50`
)

// TriageShares counts what was submitted since a day, of the kinds that editors judge, by the judgement ("" where none was
// given), so that the share that needs diagnosis is visible (docs/rules/listings.md §3). Anybody may ask; without sample, sample data is
// left out.
func (s *Service) TriageShares(ctx context.Context, since time.Time, sample bool) (map[string]int, error) {
	rows, _ := s.config.DB.Query(ctx, triageShares, pgx.StrictNamedArgs{"since": since, "sample": sample, "kinds": s.kinds.judged()})
	out := map[string]int{}
	var code string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&code, &n}, func() error { out[code] = n; return nil }); err != nil {
		return nil, fmt.Errorf("triage shares: %w", err)
	}
	return out, nil
}
