// Package postgres owns the connection pool, transactions, migrations and the translation of PostgreSQL's errors into
// faults. It knows no table: SQL belongs to each domain's store.go.
package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/stored"
)

// DB is the pool every service is built on.
type DB struct {
	Pool     *pgxpool.Pool
	pulse    *pulse // nil without Watch
	contents *stored.Codec
}

// SealWith seals the personal texts of stored contents from now on. Call it before the first content is read or written.
func (db *DB) SealWith(secrets stored.Secrets) { db.contents.Secrets = secrets }

// On is the same database through another pool, whose configuration was copied from this one's.
func (db *DB) On(pool *pgxpool.Pool) *DB { return &DB{Pool: pool, contents: db.contents} }

// Contents is how contents are written that a store marshals itself.
func (db *DB) Contents() stored.Codec { return *db.contents }

// Querier is what a store needs: both the pool and a transaction have it.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Options tunes a pool; zero values are sensible.
type Options struct {
	MaxConns int32         // default 20; pgx's own default is 4
	Wait     time.Duration // how long Open retries a server that does not answer yet; default 15 s
	Acquire  time.Duration // how long a statement waits for a free connection; 0: as long as its context
	Longest  time.Duration // of one statement (statement_timeout); 0: no bound
	Name     string        // application_name, seen in pg_stat_activity; default techmarket
}

// Open connects and checks the connection, retrying with back-off while the server is unreachable or starting.
// Wrong credentials or a missing database fail at once. Times are read in Asia/Shanghai, and SQL dates mean that zone.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, urlFault(err)
	}
	config.MaxConns = 20
	if o.MaxConns > 0 {
		config.MaxConns = max(o.MaxConns, 2) // Migrate holds its lock on one and works on another
	}
	config.MaxConnIdleTime = 5 * time.Minute
	config.ConnConfig.RuntimeParams["timezone"] = clock.ZoneName
	config.ConnConfig.RuntimeParams["application_name"] = "techmarket"
	if o.Name != "" {
		config.ConnConfig.RuntimeParams["application_name"] = o.Name
	}
	if o.Longest > 0 {
		config.ConnConfig.RuntimeParams["statement_timeout"] = strconv.FormatInt(o.Longest.Milliseconds(), 10)
	}
	if o.Acquire > 0 {
		config.ConnConfig.Tracer = acquireLimit{o.Acquire}
	}
	contents := &stored.Codec{}
	// Connecting to a server that hangs ends, so that a request can be told.
	config.ConnConfig.ConnectTimeout = 3 * time.Second
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		conn.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID,
			Codec: &pgtype.TimestamptzCodec{ScanLocation: clock.Zone()}})
		// Contents say in which form they are stored (see package stored).
		conn.TypeMap().RegisterType(&pgtype.Type{Name: "jsonb", OID: pgtype.JSONBOID,
			Codec: &pgtype.JSONBCodec{Marshal: func(v any) ([]byte, error) { return contents.Marshal(v) },
				Unmarshal: func(raw []byte, v any) error { return contents.Unmarshal(raw, v) }}})
		return nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	wait := o.Wait
	if wait == 0 {
		wait = 15 * time.Second
	}
	deadline := time.Now().Add(wait)
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		err = pool.Ping(attempt)
		cancel()
		if err == nil {
			return &DB{Pool: pool, contents: contents}, nil
		}
		if !transient(err) || time.Now().Add(pause).After(deadline) {
			break
		}
		select {
		case <-ctx.Done():
			pool.Close()
			return nil, fmt.Errorf("open database: %w", ctx.Err())
		case <-time.After(pause):
		}
	}
	pool.Close()
	return nil, openFault(err)
}

func urlFault(err error) error {
	return fault.Wrap(err, fault.Invalid, "database_url_wrong",
		"数据库地址无法识别，应形如 postgres://用户:密码@主机:5432/库名。请检查 DATABASE_URL。")
}

// Close gives every connection back; call it last.
func (db *DB) Close() { db.Pool.Close() }

// Exec runs a statement of its own, or inside the transaction that ctx carries (see Whole); with Query and QueryRow it makes DB a
// Querier.
func (db *DB) Exec(ctx context.Context, sql string, args ...any) (tag pgconn.CommandTag, err error) {
	j := joined(ctx, db)
	if j == nil {
		return db.Pool.Exec(ctx, sql, args...)
	}
	err = pgx.BeginFunc(ctx, j.tx, func(tx pgx.Tx) error { // a statement that fails must not spoil the others
		tag, err = tx.Exec(ctx, sql, args...)
		return err
	})
	return tag, err
}

// Query reads rows, inside the transaction that ctx carries where there is one.
func (db *DB) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if j := joined(ctx, db); j != nil {
		return j.tx.Query(ctx, sql, args...)
	}
	return db.Pool.Query(ctx, sql, args...)
}

// QueryRow reads one row, inside the transaction that ctx carries where there is one.
func (db *DB) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if j := joined(ctx, db); j != nil {
		return j.tx.QueryRow(ctx, sql, args...)
	}
	return db.Pool.QueryRow(ctx, sql, args...)
}

// InTx runs fn in one transaction and commits when it returns nil; where ctx carries a transaction, fn is a part of that one.
// Errors come back through Fault. A serialization
// failure or deadlock runs fn again, three times in all: fn must change nothing outside the transaction.
func (db *DB) InTx(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := pgx.BeginFunc(ctx, db.begins(ctx), func(tx pgx.Tx) error { return fn(ctx, tx) })
		if err == nil {
			return nil
		}
		if attempt == 3 || !retryable(err) {
			return Fault(err)
		}
		pause := time.Duration(attempt) * (5*time.Millisecond + rand.N(10*time.Millisecond))
		select {
		case <-ctx.Done():
			return Fault(err)
		case <-time.After(pause):
		}
	}
}
