package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

type countArgs struct {
	N int `json:"n"`
}

func (countArgs) Kind() string { return "count" }

type echoArgs struct {
	Text string `json:"text"`
}

func (echoArgs) Kind() string { return "echo" }

type failArgs struct{}

func (failArgs) Kind() string { return "fail" }

type bundle struct {
	db     *postgres.DB
	client *jobs.Client
	sum    atomic.Int64
	now    atomic.Int64 // seconds the clock is ahead
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{db: pgtest.New(t)}
	workers := jobs.NewWorkers()
	jobs.Register(workers, func(_ context.Context, a countArgs) error { b.sum.Add(int64(a.N)); return nil })
	jobs.Register(workers, func(context.Context, failArgs) error { return errors.New("no luck") })
	jobs.Register(workers, func(ctx context.Context, a echoArgs) error { return jobs.Answer(ctx, a.Text) })
	client, err := jobs.New(jobs.Config{DB: b.db, Workers: workers, Sole: true, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Now().Add(time.Duration(b.now.Load()) * time.Second) }})
	if err != nil {
		t.Fatal(err)
	}
	b.client = client
	return b
}

func (b *bundle) enqueue(t *testing.T, o jobs.Options, all ...jobs.Args) {
	t.Helper()
	if err := b.db.InTx(context.Background(), func(ctx context.Context, tx pgx.Tx) error {
		for _, a := range all {
			if err := b.client.Enqueue(ctx, tx, a, o); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestEnqueue_FollowsTheTransaction(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	_ = b.db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := b.client.Enqueue(ctx, tx, countArgs{100}, jobs.Options{}); err != nil {
			t.Error(err)
		}
		return errors.New("rolled back")
	})
	b.enqueue(t, jobs.Options{}, countArgs{1}, countArgs{2})
	if err := b.client.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	if got := b.sum.Load(); got != 3 {
		t.Errorf("got %d, want 3", got)
	}
}

func TestEnqueue_UniqueDropsTheSecondWaitingJob(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enqueue(t, jobs.Options{Unique: true}, countArgs{5}, countArgs{5}, countArgs{6})
	if err := b.client.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := b.sum.Load(); got != 11 {
		t.Errorf("got %d, want 11", got)
	}
	b.enqueue(t, jobs.Options{Unique: true}, countArgs{5})
	if err := b.client.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := b.sum.Load(); got != 16 {
		t.Errorf("after the first was worked: got %d, want 16", got)
	}
}

func TestDrain_WorksAScheduledJobOnlyWhenItsTimeHasCome(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enqueue(t, jobs.Options{At: time.Now().Add(time.Hour)}, countArgs{1})
	for _, step := range []struct{ ahead, want int64 }{{0, 0}, {3700, 1}} {
		b.now.Store(step.ahead)
		if err := b.client.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := b.sum.Load(); got != step.want {
			t.Errorf("%d s ahead: got %d, want %d", step.ahead, got, step.want)
		}
	}
}

func TestDrain_ReturnsWhatFailed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enqueue(t, jobs.Options{}, failArgs{}, countArgs{1})
	err := b.client.Drain(context.Background())
	if err == nil || !strings.Contains(err.Error(), "no luck") || b.sum.Load() != 1 {
		t.Errorf("got %v and %d, want the failure and the other job done", err, b.sum.Load())
	}
}

func TestEnqueueMany_InsertsEveryJob(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if err := b.db.InTx(context.Background(), func(ctx context.Context, tx pgx.Tx) error {
		all := make([]jobs.Args, 500)
		for i := range all {
			all[i] = countArgs{1}
		}
		return b.client.EnqueueMany(ctx, tx, all)
	}); err != nil {
		t.Fatal(err)
	}
	if err := b.client.Drain(context.Background()); err != nil || b.sum.Load() != 500 {
		t.Errorf("got %d, err %v; want 500", b.sum.Load(), err)
	}
}

func TestStart_TakesUpWhatAKilledProcessLeftRunning(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	b.enqueue(t, jobs.Options{}, countArgs{9})
	if _, err := b.db.Exec(ctx, `update river_job set state = 'running',
		attempt = 1, attempted_at = now(), attempted_by = '{gone}'`); err != nil {
		t.Fatal(err)
	}
	if err := b.client.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.client.Stop(ctx); err != nil {
			t.Error(err)
		}
	}()
	for deadline := time.Now().Add(10 * time.Second); b.sum.Load() != 9; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the job was never taken up")
		}
	}
}

func TestDaily_IsTheNextSuchTimeInShanghai(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time { v, _ := time.Parse(time.RFC3339, s); return v }
	cases := []struct{ from, want string }{
		{"2026-02-28T10:00:00+08:00", "2026-03-01T02:30:00+08:00"},
		{"2026-02-28T01:00:00+08:00", "2026-02-28T02:30:00+08:00"},
		{"2026-02-27T18:30:00Z", "2026-03-01T02:30:00+08:00"},
	}
	for _, c := range cases {
		if got := jobs.Daily(2, 30)(at(c.from)); !got.Equal(at(c.want)) {
			t.Errorf("after %s: got %s, want %s", c.from, got, c.want)
		}
	}
}

type longArgs struct{}

func (longArgs) Kind() string { return "long" }

// Filling an outside index takes longer than a job may.
func TestRegisterLong_GivesTheJobItsOwnTime(t *testing.T) {
	t.Parallel()
	db, workers, left := pgtest.New(t), jobs.NewWorkers(), make(chan time.Duration, 1)
	jobs.RegisterLong(workers, 4*time.Hour, func(ctx context.Context, _ longArgs) error {
		until, _ := ctx.Deadline()
		left <- time.Until(until)
		return nil
	})
	client, err := jobs.New(jobs.Config{DB: db, Workers: workers, Sole: true, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	(&bundle{db: db, client: client}).enqueue(t, jobs.Options{}, longArgs{})
	if err := client.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := <-left; got < 3*time.Hour {
		t.Errorf("the job had %v, want four hours", got)
	}
}

func TestWhoAsksGetsTheWorkersAnswerOrItsFailure(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if err := b.client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer b.client.Stop(context.Background())
	asker, err := jobs.New(jobs.Config{DB: b.db, Log: slog.New(slog.DiscardHandler), Now: time.Now}) // another process: it only inserts
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if said, err := asker.Ask(ctx, echoArgs{"两处不一致"}); said != "两处不一致" || err != nil {
		t.Errorf("answered %q, %v", said, err)
	}
	if said, err := asker.Ask(ctx, failArgs{}); said != "" || err == nil || !strings.Contains(err.Error(), "no luck") {
		t.Errorf("a failure answered %q, %v", said, err)
	}
	ended, end := context.WithCancel(ctx)
	end()
	if _, err := asker.Ask(ended, echoArgs{"x"}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}
