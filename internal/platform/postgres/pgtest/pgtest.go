// Package pgtest gives each test its own migrated PostgreSQL database on a private server that lives as long as the
// test binary. It never skips: without a server program the test fails and says what to run.
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//	func TestX(t *testing.T)    { t.Parallel(); db := pgtest.New(t); … }
//
// The server starts with the first New. TEST_DATABASE_URL uses a running server instead (its role must be allowed to
// create databases).
package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"techmarket/internal/platform/embedded"
	"techmarket/internal/platform/postgres"
)

// cluster is the one piece of package state: a test binary has one server, and TestMain has no value to hang it on.
var cluster struct {
	once   sync.Once
	err    error
	admin  *pgxpool.Pool
	url    func(database string) string
	stop   func()
	number atomic.Int64
}

var template = fmt.Sprintf("techmarket_template_%d", os.Getpid())

// Main runs the tests, then stops the server and removes its folder, also on Ctrl-C. A panicking test ends the process
// before Main can clean up: the kernel stops the server then, and the next run sweeps the folder.
func Main(m *testing.M) {
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-interrupt
		shutdown()
		os.Exit(130)
	}()
	code := m.Run()
	shutdown()
	os.Exit(code)
}

// New returns a fresh, migrated, empty database, dropped when the test ends.
func New(tb testing.TB) *postgres.DB {
	tb.Helper()
	cluster.once.Do(func() { cluster.err = start() })
	if cluster.err != nil {
		tb.Fatalf("pgtest: %v", cluster.err)
	}
	ctx := context.Background()
	name := fmt.Sprintf("techmarket_test_%d_%d", os.Getpid(), cluster.number.Add(1))
	if _, err := cluster.admin.Exec(ctx, fmt.Sprintf("create database %s template %s strategy wal_log", name, template)); err != nil {
		tb.Fatalf("pgtest: clone template: %v", err)
	}
	db, err := postgres.Open(ctx, cluster.url(name), postgres.Options{MaxConns: 10, Name: "techmarket-test"})
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	tb.Cleanup(func() {
		db.Close()
		if _, err := cluster.admin.Exec(ctx, "drop database "+name+" with (force)"); err != nil {
			tb.Errorf("pgtest: drop database: %v", err)
		}
	})
	return db
}

// Program returns the same database as the program's role sees it (postgres.Grant), closed when the test ends.
func Program(tb testing.TB, owner *postgres.DB) *postgres.DB {
	tb.Helper()
	ctx := context.Background()
	config := owner.Pool.Config().Copy()
	config.ConnConfig.User, config.ConnConfig.Password = embedded.Program, "program"
	if _, err := cluster.admin.Exec(ctx, `do $$ begin
		perform pg_advisory_xact_lock(8401);
		if not exists (select from pg_roles where rolname = '`+embedded.Program+`') then
			create role `+embedded.Program+` login password 'program';
		end if; end $$`); err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	if err := postgres.Grant(ctx, owner, embedded.Program); err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	tb.Cleanup(pool.Close)
	return owner.On(pool)
}

func start() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if url := os.Getenv("TEST_DATABASE_URL"); url != "" {
		cluster.url = func(database string) string { return withDatabase(url, database) }
		cluster.stop = func() {
			_, _ = cluster.admin.Exec(context.Background(), "drop database if exists "+template)
		}
		return makeTemplate(ctx, url)
	}
	cwd, err := os.Getwd()
	if err != nil {
		return err
	}
	binaries, err := embedded.FindBinaries(os.Getenv, cwd)
	if err != nil {
		return err
	}
	sweep()
	folder, err := os.MkdirTemp("/tmp", fmt.Sprintf("techmarket-test-%d-", os.Getpid()))
	if err != nil {
		return err
	}
	if err := os.Chmod(folder, 0o755); err != nil { // as root the server's account must get in
		return err
	}
	server, err := embedded.StartServer(ctx, embedded.ServerOptions{Binaries: binaries, Folder: folder, Throwaway: true})
	if err != nil {
		_ = os.RemoveAll(folder)
		return err
	}
	cluster.url = server.URL
	cluster.stop = func() {
		// Throwaway: no checkpoint wanted, so stop at once.
		done, cancel := context.WithCancel(context.Background())
		cancel()
		_ = server.Stop(done)
		_ = os.RemoveAll(folder)
	}
	return makeTemplate(ctx, server.URL("postgres"))
}

func makeTemplate(ctx context.Context, admin string) error {
	pool, err := pgxpool.New(ctx, admin)
	if err != nil {
		return err
	}
	cluster.admin = pool
	if _, err := pool.Exec(ctx, "create database "+template); err != nil {
		return fmt.Errorf("create template: %w", err)
	}
	db, err := postgres.Open(ctx, cluster.url(template), postgres.Options{MaxConns: 4})
	if err != nil {
		return err
	}
	defer db.Close() // a template in use cannot be cloned
	return postgres.Migrate(ctx, db.Pool)
}

func shutdown() {
	if cluster.stop != nil {
		cluster.stop()
	}
	if cluster.admin != nil {
		cluster.admin.Close()
	}
}

// sweep removes folders of test binaries that died before they could.
func sweep() {
	left, _ := filepath.Glob("/tmp/techmarket-test-*-*")
	for _, dir := range left {
		pid, err := strconv.Atoi(strings.Split(filepath.Base(dir), "-")[2])
		if err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			_ = os.RemoveAll(dir)
		}
	}
}

// withDatabase points a connection string, in either of PostgreSQL's forms, at another database of the same server.
func withDatabase(url, database string) string {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return url // Open reports it
	}
	if scheme, rest, found := strings.Cut(url, "://"); found {
		host, query, _ := strings.Cut(rest, "?")
		host, _, _ = strings.Cut(host, "/")
		return scheme + "://" + host + "/" + database + "?" + query
	}
	return strings.Replace(url, "dbname="+config.Database, "", 1) + " dbname=" + database
}
