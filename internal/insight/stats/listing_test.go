package stats_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"techmarket/internal/insight/stats"
	"techmarket/internal/market/listing"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

// What is counted as public is what listing.Listing.Public says, in each state, hidden or not, and on each side of the last moment.
func TestListings_CountsWhatIsOpenAndNothingElse(t *testing.T) {
	t.Parallel()
	db, day := pgtest.New(t), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var open int
	for _, state := range listing.States() {
		for _, hidden := range []bool{false, true} {
			for _, end := range []*time.Time{nil, new(day.Add(-time.Second)), new(day), new(day.Add(time.Second))} {
				l := listing.Listing{State: state, Hidden: hidden, ExpiresAt: end}
				insert(t, db, l)
				if l.Public(day) {
					open++
				}
			}
		}
	}
	got, err := stats.New(db, func() time.Time { return day }).Listings(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	want := []stats.Listings{{Kind: "demand", Origin: listing.OriginLocal, Live: true, Count: open}} // one asleep is still open
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func insert(t *testing.T, db *postgres.DB, l listing.Listing) {
	t.Helper()
	if _, err := db.Exec(t.Context(), `
		with org as (insert into organisation (kind, name, division, created_at) values ('enterprise', 'o', '150103', now()) returning id),
		acc as (insert into account (login_name, display_name, password_hash, created_at)
			select 'a' || id, 'a', '', now() from org returning id)
		insert into listing (kind, organisation_id, owner_account, state, hidden, expires_at, draft, created_at, updated_at,
			published_at, demoted_at)
			select 'demand', org.id, acc.id, $1, $2, $3, '{}', now(), now(), '2026-03-01', '2026-03-01' from org, acc`,
		l.State, l.Hidden, l.ExpiresAt); err != nil {
		t.Fatal(err)
	}
}
