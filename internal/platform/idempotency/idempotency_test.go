package idempotency_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/idempotency"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const table = "create table effect (n int primary key)"

// insert is the effect of a request, as a service makes it: in a transaction of its own.
func insert(ctx context.Context, db *postgres.DB, n int) error {
	return db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "insert into effect values ($1)", n)
		return err
	})
}

func count(t *testing.T, db *postgres.DB, sql string) (n int) {
	t.Helper()
	if err := db.QueryRow(context.Background(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func open(t *testing.T, now func() time.Time) (*postgres.DB, *idempotency.Store) {
	t.Helper()
	db := pgtest.New(t)
	if _, err := db.Exec(context.Background(), table); err != nil {
		t.Fatal(err)
	}
	return db, idempotency.New(db, now)
}

func TestEffectKeyAndAnswerStayTogetherOrNotAtAll(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, s := open(t, time.Now)
	want := idempotency.Result{Status: 201, ContentType: "application/json", Location: "/x", Body: []byte(`{"id":1}`)}
	run := func(n int, keep bool, err error) func(context.Context) (idempotency.Result, bool, error) {
		return func(ctx context.Context) (idempotency.Result, bool, error) {
			if e := insert(ctx, db, n); e != nil {
				return idempotency.Result{}, false, e
			}
			if _, e := db.Exec(ctx, "insert into effect values ($1)", n); e == nil {
				t.Error("a statement of its own does not see the one before")
			}
			return want, keep, err
		}
	}
	if _, err := s.Once(ctx, 1, "k", "h", run(1, false, nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Once(ctx, 1, "k", "h", run(1, true, errors.New("the process died"))); err == nil {
		t.Fatal("no error")
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = s.Once(ctx, 1, "k", "h", func(ctx context.Context) (idempotency.Result, bool, error) {
			_ = insert(ctx, db, 1)
			panic("in the middle")
		})
	}()
	if n := count(t, db, "select count(*) from effect") + count(t, db, "select count(*) from idempotency_key"); n != 0 {
		t.Fatalf("%d rows stay of what was not done", n)
	}
	if first, err := s.Once(ctx, 1, "k", "h", run(1, true, nil)); first != nil || err != nil {
		t.Fatalf("got %v, %v", first, err)
	}
	first, err := s.Once(ctx, 1, "k", "other", run(2, true, nil))
	if err != nil || first == nil || first.Hash == "other" || first.Status != 201 || first.Location != "/x" ||
		string(first.Body) != `{"id":1}` {
		t.Errorf("again: got %+v, %v", first, err)
	}
	if n := count(t, db, "select count(*) from effect"); n != 1 {
		t.Errorf("%d effects", n)
	}
	if first, err := s.Once(ctx, 2, "k", "h", run(2, true, nil)); first != nil || err != nil {
		t.Errorf("another account's key: got %v, %v", first, err)
	}
}

func TestTwinWaitsForTheFirstAnswer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	_, s := open(t, time.Now)
	inside, done := make(chan bool), make(chan error)
	go func() {
		_, err := s.Once(ctx, 7, "k", "h", func(context.Context) (idempotency.Result, bool, error) {
			inside <- true
			<-inside
			return idempotency.Result{Status: 204}, true, nil
		})
		done <- err
	}()
	<-inside
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if _, err := s.Once(short, 7, "k", "h", nil); err == nil || fault.HasCode(err, "idempotency_running") {
		t.Errorf("waiting does not end with the caller: %v", err)
	}
	twin := make(chan *idempotency.Result)
	go func() {
		first, err := s.Once(ctx, 7, "k", "h", nil)
		if err != nil {
			t.Error(err)
		}
		twin <- first
	}()
	inside <- true
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if first := <-twin; first == nil || first.Status != 204 {
		t.Errorf("twin: got %+v", first)
	}
}

func TestResultsAreForgottenAfterSevenDays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 4, 10, 10, 0, 0, 0, time.UTC)
	ctx := context.Background()
	db, s := open(t, func() time.Time { return now })
	do := func(key string) *idempotency.Result {
		t.Helper()
		first, err := s.Once(ctx, 1, key, "h", func(context.Context) (idempotency.Result, bool, error) {
			return idempotency.Result{Status: 201}, true, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return first
	}
	do("old")
	do("older")
	now = now.Add(idempotency.Life - time.Second)
	if do("old") == nil {
		t.Error("forgotten on the seventh day")
	}
	now = now.Add(2 * time.Second)
	if do("old") != nil {
		t.Error("kept after seven days")
	}
	if err := s.Clean(ctx); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, "select count(*) from idempotency_key"); n != 1 {
		t.Errorf("got %d rows", n)
	}
}
