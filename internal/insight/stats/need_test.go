package stats_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"techmarket/internal/insight/stats"
	"techmarket/internal/platform/postgres/pgtest"
)

// Each submitted need stands in exactly one path; one that was diagnosed and published later stays diagnosed; samples stay out.
func TestNeeds_EveryNeedIsCountedOnceByItsWholePath(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	if _, err := db.Exec(t.Context(), `
		with org as (insert into organisation (kind, name, division, created_at) values ('enterprise', 'o', '150103', now()) returning id),
		acc as (insert into account (login_name, display_name, password_hash, created_at) values ('a', 'a', '', now()) returning id),
		l as (insert into listing (kind, organisation_id, owner_account, state, draft, triage, is_sample, created_at, updated_at, submitted_at,
			first_published_at, closed_reason)
			select 'demand', org.id, acc.id, v.state, '{}', v.triage, v.sample, '2026-04-01', '2026-04-02', v.submitted::timestamptz,
				v.published::timestamptz, v.closed
			from org, acc, (values ('published', 'publish', false, '2026-04-01', '2026-04-02', ''),
				('published', 'publish', false, '2026-04-01', '2026-04-02', ''),
				('returned', 'diagnose', false, '2026-04-01', null, ''), ('draft', '', false, null, null, ''),
				('closed', 'publish', false, '2026-04-01', '2026-04-02', 'signed'), ('published', 'publish', true, '2026-04-01', '2026-04-02', ''))
				as v (state, triage, sample, submitted, published, closed) returning id, triage)
		insert into listing_triage (listing_id, triage, at) select id, triage, timestamptz '2026-04-02' from l where triage <> ''
			union all select min(id), 'diagnose', '2026-04-01' from l`); err != nil {
		t.Fatal(err)
	}
	s := stats.New(db, time.Now)
	needs, err := s.Needs(t.Context(), "2026-01-01", "2026-12-31", false)
	if err != nil {
		t.Fatal(err)
	}
	want := []stats.NeedPath{{Diagnosed: true, Published: true, Count: 1}, {Diagnosed: true, Count: 1}, {Published: true, Count: 2}}
	if diff := cmp.Diff(want, needs); diff != "" {
		t.Error(diff)
	}
	reasons, err := s.Reasons(t.Context(), "2026-01-01", "2026-12-31", false)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]stats.Reason{{"close", "signed", 1}, {"triage", "publish", 3}, {"triage", "diagnose", 2}}, reasons); diff != "" {
		t.Error(diff)
	}
}
