package idempotency_test

import (
	"context"
	"testing"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/idempotency"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestTwinWaitsForTheFirstAnswer(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), idempotency.New(pgtest.New(t), time.Now)
	if r, err := s.Begin(ctx, 7, "k"); r != nil || err != nil {
		t.Fatalf("first: got %v, %v", r, err)
	}
	want := idempotency.Result{Hash: "h", Status: 201, ContentType: "application/json", Body: []byte(`{"id":1}`)}
	type twin struct {
		r   *idempotency.Result
		err error
	}
	got := make(chan twin)
	go func() {
		r, err := s.Begin(ctx, 7, "k")
		got <- twin{r, err}
	}()
	if err := s.Finish(ctx, 7, "k", want); err != nil {
		t.Fatal(err)
	}
	if g := <-got; g.err != nil || g.r == nil || string(g.r.Body) != string(want.Body) || g.r.Status != 201 || g.r.Hash != "h" {
		t.Errorf("twin: got %+v", g)
	}
	if r, err := s.Begin(ctx, 8, "k"); r != nil || err != nil {
		t.Errorf("another account's key: got %v, %v", r, err)
	}
}

func TestReleasedKeyIsFreeAndAnAnsweredOneStays(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), idempotency.New(pgtest.New(t), time.Now)
	for range 2 {
		if r, err := s.Begin(ctx, 1, "k"); r != nil || err != nil {
			t.Fatalf("got %v, %v", r, err)
		}
		if err := s.Release(ctx, 1, "k"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Begin(ctx, 1, "k"); err != nil {
		t.Fatal(err)
	}
	if err := s.Finish(ctx, 1, "k", idempotency.Result{Status: 204}); err != nil {
		t.Fatal(err)
	}
	if err := s.Release(ctx, 1, "k"); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Begin(ctx, 1, "k"); err != nil || r == nil || r.Status != 204 {
		t.Errorf("after a late release: got %v, %v", r, err)
	}
}

func TestResultsAreForgottenAfterSevenDays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 4, 10, 10, 0, 0, 0, time.UTC)
	db := pgtest.New(t)
	ctx, s := context.Background(), idempotency.New(db, func() time.Time { return now })
	for _, key := range []string{"old", "older"} {
		if _, err := s.Begin(ctx, 1, key); err != nil {
			t.Fatal(err)
		}
		if err := s.Finish(ctx, 1, key, idempotency.Result{Status: 201}); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(idempotency.Life - time.Second)
	if r, err := s.Begin(ctx, 1, "old"); err != nil || r == nil {
		t.Errorf("on the seventh day: got %v, %v", r, err)
	}
	now = now.Add(2 * time.Second)
	if r, err := s.Begin(ctx, 1, "old"); err != nil || r != nil {
		t.Errorf("after seven days: got %v, %v", r, err)
	}
	if err := s.Clean(ctx); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := db.QueryRow(ctx, "select count(*) from idempotency_key").Scan(&left); err != nil || left != 1 {
		t.Errorf("got %d rows, %v", left, err)
	}
}

func TestWaitingEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	s := idempotency.New(pgtest.New(t), time.Now)
	if _, err := s.Begin(context.Background(), 1, "k"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if r, err := s.Begin(ctx, 1, "k"); err == nil || r != nil || fault.HasCode(err, "idempotency_running") {
		t.Errorf("got %v, %v", r, err)
	}
}
