// Package apptest opens the platform of a whole market for tests: on a clone of the migrated database, in a folder of the test.
package apptest

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"techmarket/internal/app"
	"techmarket/internal/platform/cache"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/embedded"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/notify"
	"techmarket/internal/platform/postgres"
	"techmarket/internal/platform/postgres/pgtest"
	"techmarket/internal/platform/vault"
)

// Output is a buffer a test may read while the command writes.
type Output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// fonts are parsed once in a test binary.
var fonts = sync.OnceValues(func() (*document.Fonts, error) { return app.LoadFonts(app.Config{}) })

// words are read once too: no test changes the synonyms of a folder.
var words = app.ReadWords("")

// NewPlatform is what app.OpenPlatform would open, on a clone of the migrated database and a clock of its own.
func NewPlatform(t testing.TB, now func() time.Time, log io.Writer) *app.Platform {
	t.Helper()
	data := t.TempDir()
	c := app.Config{Data: data, BaseURL: "http://market.test", Dev: true}
	p := &app.Platform{Config: c, Now: now, DB: pgtest.New(t), Sole: true, Fonts: fonts, Words: words,
		Log: app.NewLogger(log, slog.LevelInfo)}
	redis, err := embedded.StartRedis()
	NoErr(t, err)
	t.Cleanup(redis.Stop)
	p.Cache, err = cache.Open(redis.URL(), p.Log, p.Now)
	NoErr(t, err)
	t.Cleanup(func() { _ = p.Cache.Close() })
	p.Files, err = files.New(filepath.Join(data, "files"), p.Now)
	NoErr(t, err)
	p.Vault, err = vault.Open(data, "", rand.Reader)
	NoErr(t, err)
	p.DB.SealWith(p.Vault)
	p.Mail, err = notify.NewSender(notify.SMTP{From: "科技大市场 <noreply@localhost>"}, filepath.Join(data, "outbox"), p.Vault)
	NoErr(t, err)
	t.Cleanup(func() { _ = p.Close(context.Background()) })
	return p
}

// NoErr stops the test at an error.
func NoErr(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v", err)
	}
}

// Count reads one number.
func Count(t *testing.T, db *postgres.DB, sql string) (n int) {
	t.Helper()
	NoErr(t, db.QueryRow(t.Context(), sql).Scan(&n))
	return n
}

// Tally reads counts by key.
func Tally(t *testing.T, db *postgres.DB, sql string) map[string]int {
	t.Helper()
	rows, err := db.Query(t.Context(), sql)
	NoErr(t, err)
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var key string
		var n int
		NoErr(t, rows.Scan(&key, &n))
		out[key] = n
	}
	NoErr(t, rows.Err())
	return out
}
