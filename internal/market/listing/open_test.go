package listing

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"techmarket/internal/platform/postgres/pgtest"
)

// "Open on a day" is one rule, once in Go and once in SQL: over any rows they name the same ones.
func TestOpen_SQLAndGoAgree(t *testing.T) {
	t.Parallel()
	ctx, db := t.Context(), pgtest.New(t)
	day := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, sql := range []string{
		`insert into organisation (kind, name, division, state, created_at) values ('enterprise', '样例', '150104', 'confirmed', now())`,
		`insert into account (login_name, display_name, password_hash, created_at) values ('x', 'x', '', now())`,
	} {
		if _, err := db.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		listings := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Listing {
			l := Listing{State: rapid.SampledFrom(States()).Draw(t, "state"), Hidden: rapid.Bool().Draw(t, "hidden")}
			if seconds := rapid.SampledFrom([]int{0, -86400, -1, 0, 1, 86400}).Draw(t, "expires"); rapid.Bool().Draw(t, "said") {
				l.ExpiresAt = new(day.Add(time.Duration(seconds) * time.Second))
			}
			return l
		}), 1, 20).Draw(t, "listings")
		tx, err := db.Pool.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback(ctx)
		var want []int64
		for _, l := range listings {
			var id int64
			err := tx.QueryRow(ctx, `insert into listing
				(kind, organisation_id, owner_account, state, hidden, expires_at, draft, created_at, updated_at)
				values ('any', (select max(id) from organisation), (select max(id) from account), $1, $2, $3, '{}', now(), now()) returning id`,
				l.State, l.Hidden, l.ExpiresAt).Scan(&id)
			if err != nil {
				t.Fatal(err)
			}
			if l.Public(day) {
				want = append(want, id)
			}
		}
		rows, _ := tx.Query(ctx, `select id from listing where `+openOn+` order by id`, pgx.StrictNamedArgs{"now": day})
		got, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("sql %v, go %v, %v", got, want, err)
		}
	})
}

// The rule is a function of the schema, but no call at run time: PostgreSQL puts its text into the query and finds the partial index.
func TestOpen_IsServedByThePartialIndex(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	tx, err := pgtest.New(t).Pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(ctx)
	if _, err := tx.Exec(ctx, "set local enable_seqscan = off"); err != nil {
		t.Fatal(err)
	}
	rows, _ := tx.Query(ctx, `explain select id from listing where kind = 'demand' and `+openOn+`
		order by published_at desc, id desc limit 20`,
		pgx.NamedArgs{"now": time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)})
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if plan := strings.Join(lines, "\n"); strings.Contains(plan, "listing_open(") || !strings.Contains(plan, "listing_public") {
		t.Errorf("the rule is called row by row:\n%s", plan)
	}
}
