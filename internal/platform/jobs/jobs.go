// Package jobs is the only path from a committed change to whatever must follow it: search index, message, mail.
// A job is inserted in the caller's transaction and worked after the commit, at least once.
//
// It owns the queue client and the working of jobs. A job carries ids only: its worker reads the row again and
// may run twice, so every worker must be idempotent.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/platform/postgres"
)

// Args is the content of a job; Kind names its worker.
type Args = river.JobArgs

// Workers holds the function of each kind of job.
type Workers struct{ river *river.Workers }

// NewWorkers returns an empty set.
func NewWorkers() *Workers { return &Workers{river.NewWorkers()} }

// Register says which function works the jobs of T's kind. Registering a kind twice is a mistake of wiring and panics.
// A function that fails is tried again with growing pauses, up to 25 times over about three weeks.
func Register[T Args](w *Workers, work func(ctx context.Context, args T) error) {
	RegisterLong(w, 0, work)
}

// RegisterLong is Register for work that may take longer than other jobs may; 0 is their limit.
func RegisterLong[T Args](w *Workers, limit time.Duration, work func(ctx context.Context, args T) error) {
	river.AddWorker(w.river, worker[T]{limit: limit, work: work})
}

type worker[T Args] struct {
	river.WorkerDefaults[T]
	limit time.Duration
	work  func(ctx context.Context, args T) error
}

func (w worker[T]) Timeout(*river.Job[T]) time.Duration { return w.limit }

func (w worker[T]) Work(ctx context.Context, job *river.Job[T]) error {
	return w.work(ctx, job.Args)
}

// Discard marks an error as hopeless: the job is not tried again.
func Discard(err error) error { return river.JobCancel(err) }

// Periodic inserts a job again and again while one of the started clients leads.
type Periodic struct {
	ID    string // stable, unique
	Next  func(time.Time) time.Time
	Args  func() Args
	Start bool // also at every start
}

// Every is a Next for fixed intervals.
func Every(d time.Duration) func(time.Time) time.Time {
	return func(t time.Time) time.Time { return t.Add(d) }
}

// Daily is a Next for one time of day in Asia/Shanghai.
func Daily(hour, minute int) func(time.Time) time.Time {
	zone := clock.Zone()
	return func(t time.Time) time.Time {
		t = t.In(zone)
		next := time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, zone)
		if !next.After(t) {
			next = next.AddDate(0, 0, 1)
		}
		return next
	}
}

type schedule func(time.Time) time.Time

func (s schedule) Next(t time.Time) time.Time { return s(t) }

// jobTimeout ends a worker that hangs; longer work is cut into several jobs.
const jobTimeout = 5 * time.Minute

// Config makes a Client.
type Config struct {
	DB       *postgres.DB
	Workers  *Workers // nil: the client only inserts
	Periodic []Periodic
	Parallel int // jobs worked at once; default 4
	Log      *slog.Logger
	Now      func() time.Time
	// Sole says that no other process works this queue (the embedded database, whose folder is locked): jobs that a
	// killed process left running are taken up at once. Otherwise they wait until jobTimeout has surely passed.
	Sole bool
}

// Client inserts jobs and, with Workers, works them.
type Client struct {
	config Config
	insert *river.Client[pgx.Tx]
	work   *river.Client[pgx.Tx] // nil when insert-only
}

// New checks the configuration; nothing runs before Start.
func New(c Config) (*Client, error) {
	insert, err := river.NewClient(riverpgxv5.New(c.DB.Pool), &river.Config{Logger: c.Log})
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	client := &Client{config: c, insert: insert}
	if c.Workers == nil {
		return client, nil
	}
	periodic := make([]*river.PeriodicJob, 0, len(c.Periodic))
	for _, p := range c.Periodic {
		periodic = append(periodic, river.NewPeriodicJob(schedule(p.Next),
			func() (river.JobArgs, *river.InsertOpts) { return p.Args(), nil },
			&river.PeriodicJobOpts{ID: p.ID, RunOnStart: p.Start}))
	}
	parallel := c.Parallel
	if parallel == 0 {
		parallel = 4
	}
	config := client.workConfig(parallel)
	config.PeriodicJobs = periodic
	if client.work, err = river.NewClient(riverpgxv5.New(c.DB.Pool), config); err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return client, nil
}

func (c *Client) workConfig(parallel int) *river.Config {
	return &river.Config{
		Logger:                      c.config.Log,
		Workers:                     c.config.Workers.river,
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: parallel}},
		JobTimeout:                  jobTimeout,
		RescueStuckJobsAfter:        jobTimeout + time.Minute,
		CompletedJobRetentionPeriod: time.Hour,
		ReindexerSchedule:           river.NeverSchedule(), // the program's role owns no index
		ErrorHandler:                &failureLog{c.config.Log},
	}
}

// Options says when and whether a job is inserted; the zero value means now, always.
type Options struct {
	At time.Time // not before
	// Unique drops the job when one of the same kind and arguments is waiting or running. Never for work that must see
	// this transaction's change: the running one may have read the row already.
	Unique bool
}

// Enqueue inserts a job in the caller's transaction: it exists exactly when the change it follows does.
func (c *Client) Enqueue(ctx context.Context, tx pgx.Tx, args Args, o Options) error {
	insert := &river.InsertOpts{ScheduledAt: o.At}
	if o.Unique {
		insert.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
			rivertype.JobStateRetryable, rivertype.JobStateScheduled,
		}}
	}
	if _, err := c.insert.InsertTx(ctx, tx, args, insert); err != nil {
		return fmt.Errorf("enqueue %s: %w", args.Kind(), err)
	}
	return nil
}

// EnqueueMany inserts many jobs of one or more kinds by COPY, for imports.
func (c *Client) EnqueueMany(ctx context.Context, tx pgx.Tx, all []Args) error {
	if len(all) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(all))
	for i, args := range all {
		params[i].Args = args
	}
	if _, err := c.insert.InsertManyFastTx(ctx, tx, params); err != nil {
		return fmt.Errorf("enqueue %d jobs: %w", len(all), err)
	}
	return nil
}

// Ask has the process that works the jobs do this one now, once, and waits for what its worker answers (Answer). The job's failure is the
// error's text.
func (c *Client) Ask(ctx context.Context, args Args) (answer string, err error) {
	put, err := c.insert.Insert(ctx, args, &river.InsertOpts{MaxAttempts: 1})
	if err != nil {
		return "", fmt.Errorf("ask %s: %w", args.Kind(), err)
	}
	for {
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("ask %s: %w", args.Kind(), ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
		job, err := c.insert.JobGet(ctx, put.Job.ID)
		if err != nil {
			return "", fmt.Errorf("ask %s: %w", args.Kind(), err)
		}
		switch job.State {
		case rivertype.JobStateCompleted:
			if out := job.Output(); out != nil {
				err = json.Unmarshal(out, &answer)
			}
			return answer, err
		case rivertype.JobStateDiscarded, rivertype.JobStateCancelled:
			err = fmt.Errorf("ask %s: %s", args.Kind(), job.State)
			if n := len(job.Errors); n > 0 {
				err = fmt.Errorf("ask %s: %s", args.Kind(), job.Errors[n-1].Error)
			}
			return "", err
		}
	}
}

// Answer gives the text that Ask waits for; only a worker may call it.
func Answer(ctx context.Context, text string) error { return river.RecordOutput(ctx, text) }

// Start begins to work jobs until Stop; ctx ending stops it too, hard.
func (c *Client) Start(ctx context.Context) error {
	if c.work == nil {
		return errors.New("jobs: this client only inserts")
	}
	if c.config.Sole {
		if err := rescue(ctx, c.config.DB); err != nil {
			return err
		}
	}
	if err := c.work.Start(ctx); err != nil {
		return fmt.Errorf("start jobs: %w", err)
	}
	return nil
}

// Stop lets running jobs finish; when ctx ends first their contexts are cancelled and they are tried again after the
// next start.
func (c *Client) Stop(ctx context.Context) error {
	if c.work == nil {
		return nil
	}
	err := c.work.Stop(ctx)
	if err == nil {
		return nil
	}
	cancelled, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := c.work.StopAndCancel(cancelled); err != nil {
		return fmt.Errorf("stop jobs: %w", err)
	}
	return nil
}

// Drain works every job that is due now, and those they insert, then returns the errors of the failed ones. For tests
// and commands; a failed job keeps its later attempts.
func (c *Client) Drain(ctx context.Context) error {
	if c.config.Workers == nil {
		return errors.New("jobs: this client only inserts")
	}
	config := c.workConfig(4)
	config.PollOnly, config.FetchCooldown, config.FetchPollInterval = true, time.Millisecond, 5*time.Millisecond
	config.LeaderElectionDisabled = true // no maintenance: due jobs are moved by hand below
	client, err := river.NewClient(riverpgxv5.New(c.config.DB.Pool), config)
	if err != nil {
		return fmt.Errorf("drain jobs: %w", err)
	}
	failures, unsubscribe := client.Subscribe(river.EventKindJobFailed, river.EventKindJobCancelled)
	defer unsubscribe()
	var failed []error
	collected := make(chan struct{})
	go func() {
		defer close(collected)
		for event := range failures {
			if n := len(event.Job.Errors); n > 0 {
				failed = append(failed, fmt.Errorf("job %s %d: %s", event.Job.Kind, event.Job.ID, event.Job.Errors[n-1].Error))
			}
		}
	}()
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("drain jobs: %w", err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	tried := map[int64]bool{} // a job that fails with a short pause is not tried again by this drain
	for left := 1; left > 0 && err == nil; {
		if left, err = makeDue(ctx, c.config.DB, client, c.config.Now(), tried); left > 0 && err == nil {
			select {
			case <-ctx.Done():
				err = ctx.Err()
			case <-tick.C:
			}
		}
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if stopErr := client.Stop(stop); err == nil {
		err = stopErr
	}
	unsubscribe()
	<-collected
	if err != nil {
		return fmt.Errorf("drain jobs: %w", err)
	}
	return errors.Join(failed...)
}

// makeDue releases scheduled jobs whose time has come by our clock and counts what is still to be worked.
func makeDue(ctx context.Context, db *postgres.DB, client *river.Client[pgx.Tx], now time.Time, tried map[int64]bool) (int, error) {
	due, left, err := pendingJobs(ctx, db, now)
	if err != nil {
		return 0, err
	}
	for _, id := range due {
		if tried[id] {
			continue
		}
		tried[id] = true
		if _, err := client.JobRetry(ctx, id); err != nil && !errors.Is(err, river.ErrNotFound) {
			return 0, err
		}
		left++
	}
	return left, nil
}

// failureLog writes each failed attempt once; River keeps the text in the job's row as well.
type failureLog struct{ log *slog.Logger }

func (f *failureLog) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	f.log.WarnContext(ctx, "job failed", "kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "error", err)
	return nil
}

func (f *failureLog) HandlePanic(ctx context.Context, job *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	f.log.ErrorContext(ctx, "job panicked", "kind", job.Kind, "job", job.ID, "attempt", job.Attempt, "panic", value, "trace", trace)
	return nil
}

// Oldest is the age of the oldest due job that is not finished, zero when there is none: the first number to look at
// when search or mail lags behind.
func (c *Client) Oldest(ctx context.Context) (time.Duration, error) {
	return oldest(ctx, c.config.DB, c.config.Now())
}
