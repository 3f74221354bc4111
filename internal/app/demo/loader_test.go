package demo

import (
	"io"
	"maps"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/app"
	"techmarket/internal/app/apptest"
	"techmarket/internal/app/demo/sample"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/platform/postgres/pgtest"
)

// A listing that was begun late in the day is published later than planned; whoever wants it must wait for that too.
func TestDemo_NobodyApproachesWhatIsStillInReview(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 27, 1, 10, 0, 0, clock.Zone())
	for range 20 {
		m := sample.Generate(sample.Seed, day)
		l := &loader{market: m}
		created := map[string]time.Time{}
		for _, a := range m.Achievements {
			created[a.Key] = a.CreatedAt
		}
		for _, d := range m.Deals {
			if at, begun := l.publishedAt(d.Achievement), created[d.Achievement]; !at.After(begun.Add(toSubmit)) {
				t.Errorf("%s: %s is begun at %s and open from %s", d.Key, d.Achievement, begun, at)
			}
		}
		day = day.AddDate(0, 0, 1)
	}
}

func TestDemo_AKilledLoadIsDoneAgain(t *testing.T) {
	t.Parallel()
	p := apptest.NewPlatform(t, time.Now, io.Discard)
	s, err := app.Compose(t.Context(), p)
	apptest.NoErr(t, err)
	l, err := newLoader(t.Context(), s, Options{Limit: 1}, io.Discard)
	apptest.NoErr(t, err)
	apptest.NoErr(t, l.settle(t.Context()))
	l.close()
	state, err := readState(t.Context(), p.DB)
	apptest.NoErr(t, err)
	if state.Complete || state.Organisations == 0 {
		t.Fatalf("after a cut load: got %+v", state)
	}
	said := &apptest.Output{}
	apptest.NoErr(t, Remove(t.Context(), s, said))
	if state, err = readState(t.Context(), p.DB); err != nil || state.Organisations != 0 {
		t.Errorf("after removal: got %+v, %v", state, err)
	}
}

// keysSQL lists the foreign keys that hold back the deletion of the row they name, and those that go with it.
const keysSQL = `select conrelid::regclass::text as from_table, confrelid::regclass::text as to_table, confdeltype = 'c' as cascades
	from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace and confdeltype <> 'n' and conrelid <> confrelid
	and conrelid::regclass::text not like 'river%'`

type key struct {
	FromTable string
	ToTable   string
	Cascades  bool
}

// TestDemo_WhatNamesASampleRowGoesBeforeIt: a table that is forgotten in deletions would stop the removal.
func TestDemo_WhatNamesASampleRowGoesBeforeIt(t *testing.T) {
	t.Parallel()
	rows, _ := pgtest.New(t).Query(t.Context(), keysSQL)
	keys, err := pgx.CollectRows(rows, pgx.RowToStructByName[key])
	apptest.NoErr(t, err)
	turn := map[string]int{}
	for i, d := range deletions {
		turn[d.Table] = i
	}
	// goes is the turn in which a table's rows go: its own, or that of what they are a part of.
	goes := maps.Clone(turn)
	for range deletions {
		for _, k := range keys {
			at, with := goes[k.ToTable]
			if now, found := goes[k.FromTable]; k.Cascades && with && (!found || at < now) {
				goes[k.FromTable] = at
			}
		}
	}
	for _, k := range keys {
		at, deleted := turn[k.ToTable]
		if from, found := goes[k.FromTable]; !k.Cascades && deleted && (!found || from > at) {
			t.Errorf("%s names %s, but does not go before it", k.FromTable, k.ToTable)
		}
	}
}
