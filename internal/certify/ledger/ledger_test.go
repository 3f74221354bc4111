package ledger_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/ledger"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/embedded"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func open(tb testing.TB, db *postgres.DB, folder string, s ledger.Suite) *ledger.Ledger {
	tb.Helper()
	keys, err := ledger.OpenKeys(folder, s, rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return ledger.New(db, keys, time.Now)
}

func add(tb testing.TB, db *postgres.DB, l *ledger.Ledger, from, to int) {
	tb.Helper()
	err := db.InTx(context.Background(), func(ctx context.Context, tx pgx.Tx) error {
		for i := from; i <= to; i++ {
			if _, err := l.Append(ctx, tx, ledger.Entry{Kind: "decision", Ref: fmt.Sprint("SL-", i), Payload: map[string]any{"n": i}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func sign(tb testing.TB, l *ledger.Ledger) ledger.Root {
	tb.Helper()
	root, signed, err := l.SignRoot(context.Background())
	if err != nil || !signed {
		tb.Fatalf("sign: %v %v", signed, err)
	}
	return root
}

func check(tb testing.TB, l *ledger.Ledger, v *ledger.Verifier) ledger.Report {
	tb.Helper()
	report, err := l.Verify(context.Background(), v)
	if err != nil {
		tb.Fatal(err)
	}
	return report
}

func TestRowsRootsProofsAndExportAgree(t *testing.T) {
	t.Parallel()
	for _, suite := range []ledger.Suite{ledger.Intl, ledger.Guomi} {
		t.Run(suite.Name(), func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			db, folder := pgtest.New(t), t.TempDir()
			l := open(t, db, folder, suite)
			if _, signed, err := l.SignRoot(ctx); signed || err != nil {
				t.Fatalf("an empty ledger: %v %v", signed, err)
			}
			if _, err := l.LatestRoot(ctx); !fault.Is(err, fault.NotFound) {
				t.Errorf("no root: got %v", err)
			}
			add(t, db, l, 1, 300) // genesis + 300
			first := sign(t, l)
			if _, signed, err := l.SignRoot(ctx); signed || err != nil {
				t.Fatalf("signed twice without a change: %v", err)
			}
			if _, err := l.Rotate(ctx); err != nil {
				t.Fatal(err)
			}
			add(t, db, l, 301, 700)
			second := sign(t, l)
			if first.Size != 301 || second.Size != 702 || first.KeyID == second.KeyID {
				t.Errorf("roots: %+v %+v", first, second)
			}

			// A second process with its own caches sees the same tree and signs with the rotated key.
			other := open(t, db, folder, ledger.Intl) // the chain keeps its suite whatever the configuration says
			for _, seq := range []int64{1, 2, 255, 256, 257, 302, 512, 513, 701, 702} {
				for _, l := range []*ledger.Ledger{l, other} {
					p, err := l.Prove(ctx, seq)
					if err != nil {
						t.Fatal(err)
					}
					if err := ledger.VerifyProof(p); err != nil || p.Root.Size != 702 || p.Row.Seq != seq {
						t.Errorf("row %d: %v", seq, err)
					}
					p.Row.Payload = strings.Replace(p.Row.Payload, `"n"`, `"m"`, 1)
					if seq != 1 && seq != 302 && ledger.VerifyProof(p) == nil {
						t.Errorf("row %d: a changed payload passes", seq)
					}
				}
			}
			if _, err := l.Prove(ctx, 703); !fault.Is(err, fault.NotFound) {
				t.Errorf("row 703: got %v", err)
			}
			signed, err := other.SignBody(ctx, []byte(`{"number":"2026150203000017"}`))
			if err != nil || signed.Suite != suite.Name() || signed.KeyID != second.KeyID {
				t.Errorf("got %+v %v", signed, err)
			}
			public, err := l.PublicKey(ctx, signed.KeyID)
			if err != nil || !public.Verify([]byte(`{"number":"2026150203000017"}`), signed.Signature) ||
				public.Verify([]byte(`{}`), signed.Signature) {
				t.Errorf("signature of a certificate: %v", err)
			}
			if _, err := l.PublicKey(ctx, "00"); !fault.Is(err, fault.NotFound) {
				t.Errorf("unknown key: got %v", err)
			}
			if _, err := l.SignBody(ctx, []byte("techmarket ledger root v1")); err == nil {
				t.Error("signs what could be a root")
			}

			rows := 0
			report := check(
				t,
				l,
				&ledger.Verifier{Anchors: []ledger.Anchor{{Size: first.Size, Root: first.Root}}, Seen: func(ledger.Row) { rows++ }},
			)
			if report.Bad != nil || report.Rows != 702 || rows != 702 || report.Signed != 702 || report.Roots != 2 || report.Suite != suite.Name() {
				t.Errorf("got %+v, bad %+v", report, report.Bad)
			}
			var file bytes.Buffer
			if err := l.Export(ctx, &file); err != nil {
				t.Fatal(err)
			}
			offline, err := ledger.VerifyExport(&file, &ledger.Verifier{})
			if err != nil || offline.Bad != nil || offline.Head.String() != report.Head.String() || offline.Head.String() != second.Root.String() {
				t.Errorf("offline: %+v %v", offline, err)
			}
			of, err := l.RowsOf(ctx, "decision", "SL-300")
			if err != nil || len(of) != 1 || of[0].Seq != 301 || of[0].Payload != `{"n":300}` {
				t.Errorf("got %+v %v", of, err)
			}
			if n, s, err := l.Health(ctx); n != 702 || s != 702 || err != nil {
				t.Errorf("health: %d %d %v", n, s, err)
			}
		})
	}
}

func TestARolledBackDecisionLeavesNoRowAndNoGap(t *testing.T) {
	t.Parallel()
	ctx, db := context.Background(), pgtest.New(t)
	l := open(t, db, t.TempDir(), ledger.Intl)
	undo := errors.New("undo")
	err := db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := l.Append(ctx, tx, ledger.Entry{Kind: "decision", Ref: "x", Payload: struct{}{}}); err != nil {
			return err
		}
		return undo
	})
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
	add(t, db, l, 1, 3)
	if report := check(t, l, &ledger.Verifier{}); report.Bad != nil || report.Rows != 4 {
		t.Errorf("got %+v %+v", report, report.Bad)
	}
	for _, e := range []ledger.Entry{{Kind: "", Payload: struct{}{}}, {Kind: "key", Payload: struct{}{}},
		{Kind: "a", Ref: "b\nc", Payload: struct{}{}}, {Kind: "a", Payload: 1}} {
		if err := db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error { _, err := l.Append(ctx, tx, e); return err }); err == nil {
			t.Errorf("%+v: no error", e)
		}
	}
}

func TestEightWritersMakeOneChain(t *testing.T) {
	t.Parallel()
	db, folder := pgtest.New(t), t.TempDir()
	var wg sync.WaitGroup
	for w := range 8 {
		l := open(t, db, folder, ledger.Intl)
		if w == 0 {
			add(t, db, l, 0, 0) // the first key is made once
		}
		wg.Go(func() {
			for i := range 20 {
				add(t, db, l, w*100+i, w*100+i)
				if i%7 == 0 {
					if _, _, err := l.SignRoot(context.Background()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	l := open(t, db, folder, ledger.Intl)
	if report := check(t, l, &ledger.Verifier{}); report.Bad != nil || report.Rows != 162 {
		t.Errorf("got %+v %+v", report, report.Bad)
	}
}

// What an operator with the database's own password changes is named.
func TestTamperingInTheDatabaseIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql string
		bad int64
	}{
		"edit":     {`update ledger_row set payload = '{"n":9}' where seq = 7`, 7},
		"delete":   {`delete from ledger_row where seq = 12`, 12},
		"tail cut": {`delete from ledger_row where seq > 15`, 16},
		"time":     {`update ledger_row set at = at + interval '1 microsecond' where seq = 3`, 3},
		"root":     {`update ledger_root set signature = 'x' where size = 11`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, db := context.Background(), pgtest.New(t)
			l := open(t, db, t.TempDir(), ledger.Intl)
			add(t, db, l, 1, 10)
			sign(t, l)
			add(t, db, l, 11, 20)
			sign(t, l)
			err := db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
				// An owner of the tables can switch a trigger off, so the chain must not lean on it.
				if _, err := tx.Exec(ctx, `set local session_replication_role = replica`); err != nil {
					return err
				}
				tag, err := tx.Exec(ctx, c.sql)
				if err == nil && tag.RowsAffected() == 0 {
					return errors.New("nothing changed")
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if report := check(t, l, &ledger.Verifier{}); report.Bad == nil || report.Bad.Seq != c.bad {
				t.Errorf("got %+v", report.Bad)
			}
		})
	}
}

// durable starts a private server that waits for the disk at every commit, unlike pgtest's.
func durable(b *testing.B) *postgres.DB {
	ctx := context.Background()
	cwd, err := os.Getwd()
	if err != nil {
		b.Fatal(err)
	}
	binaries, err := embedded.FindBinaries(os.Getenv, cwd)
	if err != nil {
		b.Fatal(err)
	}
	server, err := embedded.StartServer(ctx, embedded.ServerOptions{Binaries: binaries, Folder: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Stop(ctx) })
	if err := server.CreateDatabase(ctx, "bench"); err != nil {
		b.Fatal(err)
	}
	db, err := postgres.Open(ctx, server.URL("bench"), postgres.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(db.Close)
	if err := postgres.Migrate(ctx, db.Pool); err != nil {
		b.Fatal(err)
	}
	return db
}

// The chain under eight writers, one row a transaction, fsync on.
func BenchmarkAppendEightWriters(b *testing.B) {
	db := durable(b)
	l := open(b, db, b.TempDir(), ledger.Intl)
	add(b, db, l, 0, 0)
	var mu sync.Mutex
	var took []time.Duration
	work := make(chan int)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range work {
				start := time.Now()
				add(b, db, l, i, i)
				mu.Lock()
				took = append(took, time.Since(start))
				mu.Unlock()
			}
		})
	}
	n := 0
	for b.Loop() {
		work <- n
		n++
	}
	close(work)
	wg.Wait()
	slices.Sort(took)
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
