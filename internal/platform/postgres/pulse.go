package postgres

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"techmarket/internal/foundation/fault"
)

// A server that does not answer within pulsePatience counts as away; it is asked every pulseEvery.
const (
	pulseEvery    = 500 * time.Millisecond
	pulsePatience = 2 * time.Second
)

// pulse knows whether the server answers. It asks on a connection of its own, so that a full pool is no outage, and a frozen server is
// told from a slow statement.
type pulse struct {
	mu    sync.Mutex
	away  error           // an Unavailable fault; nil while the server answers
	since time.Time       // of the last change
	ctx   context.Context // ends, with the fault as its cause, when the server stops answering
	end   context.CancelCauseFunc
}

// Watch follows the server until ctx ends; it returns at once. tell, which may be nil, hears of each change: the fault, or nil when the
// server answers again.
func (db *DB) Watch(ctx context.Context, tell func(error)) {
	p := &pulse{since: time.Now()}
	p.ctx, p.end = context.WithCancelCause(context.WithoutCancel(ctx))
	db.pulse = p
	config := db.Pool.Config().ConnConfig
	go func() {
		var conn *pgx.Conn
		tick := time.NewTicker(pulseEvery)
		defer tick.Stop()
		for {
			limited, cancel := context.WithTimeout(ctx, pulsePatience)
			var err error
			if conn == nil || conn.IsClosed() {
				conn, err = pgx.ConnectConfig(limited, config)
			}
			if err == nil {
				err = conn.Ping(limited)
			}
			cancel()
			if ctx.Err() != nil {
				break
			}
			if err != nil && conn != nil {
				drop(conn)
				conn = nil
			}
			if p.set(err) && tell != nil {
				tell(db.Answers())
			}
			select {
			case <-ctx.Done():
			case <-tick.C:
				continue
			}
			break
		}
		if conn != nil {
			drop(conn)
		}
	}()
}

// drop closes a connection whose server may not read the farewell.
func drop(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_ = conn.Close(ctx)
}

// set notes an answer and reports whether that changes the state.
func (p *pulse) set(err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if (err == nil) == (p.away == nil) {
		return false
	}
	p.since = time.Now()
	if err == nil {
		p.away = nil
		p.ctx, p.end = context.WithCancelCause(context.WithoutCancel(p.ctx))
		return true
	}
	p.away = fault.Wrap(err, fault.Unavailable, "database_unavailable", unavailable)
	p.end(p.away)
	return true
}

// Answers is nil while the server answers, else the Unavailable fault that requests get. Without Watch nothing is known: nil.
func (db *DB) Answers() error {
	if db.pulse == nil {
		return nil
	}
	db.pulse.mu.Lock()
	defer db.pulse.mu.Unlock()
	return db.pulse.away
}

// Since says when the server began or stopped to answer.
func (db *DB) Since() time.Time {
	if db.pulse == nil {
		return time.Time{}
	}
	db.pulse.mu.Lock()
	defer db.pulse.mu.Unlock()
	return db.pulse.since
}

// Bound gives the context of a request: it ends, with the fault as its cause, as soon as the server stops answering, and is over already
// while it does not. What needs no database works on.
func (db *DB) Bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if db.pulse == nil {
		return ctx, func() {}
	}
	db.pulse.mu.Lock()
	epoch := db.pulse.ctx
	db.pulse.mu.Unlock()
	bound, end := context.WithCancelCause(ctx)
	if cause := context.Cause(epoch); cause != nil {
		end(cause)
	}
	stop := context.AfterFunc(epoch, func() { end(context.Cause(epoch)) })
	return bound, func() { stop(); end(context.Canceled) }
}

// acquireLimit bounds how long a request waits for a free connection.
type acquireLimit struct{ wait time.Duration }

type acquireKey struct{}

// TraceAcquireStart bounds the wait.
func (l acquireLimit) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	ctx, cancel := context.WithTimeout(ctx, l.wait)
	return context.WithValue(ctx, acquireKey{}, cancel)
}

// TraceAcquireEnd frees the timer.
func (acquireLimit) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireEndData) {
	if cancel, ok := ctx.Value(acquireKey{}).(context.CancelFunc); ok {
		cancel()
	}
}

// The query side of the tracer, which pgx asks for: nothing to do.
func (acquireLimit) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

// TraceQueryEnd has nothing to do.
func (acquireLimit) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
