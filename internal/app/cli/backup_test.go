package cli

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"techmarket/internal/app"
	"techmarket/internal/app/apptest"
	"techmarket/internal/app/demo"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/postgres"
)

// A market that is backed up, wiped and restored is the same market: every row, every file, every key, and the register verifies.
func TestBackup_RestoresTheWholeMarketIntoAnEmptyPlace(t *testing.T) {
	t.Parallel()
	out := &apptest.Output{}
	env := &app.Environment{Stdout: out, Stderr: out, Now: time.Now}
	first, err := app.Compose(t.Context(), apptest.NewPlatform(t, time.Now, io.Discard))
	apptest.NoErr(t, err)
	_, err = demo.Load(t.Context(), first, demo.Options{Limit: 1}, io.Discard)
	apptest.NoErr(t, err)
	_, _, err = first.Ledger.SignRoot(t.Context())
	apptest.NoErr(t, err)
	content, err := first.Platform.Files.Receive(t.Context(), "说明.txt", bytes.NewReader([]byte("样例附件")))
	apptest.NoErr(t, err)
	tx, err := first.Platform.DB.Pool.Begin(t.Context())
	apptest.NoErr(t, err)
	_, err = first.Platform.Files.Record(t.Context(), tx, content, files.Meta{Purpose: "test"})
	apptest.NoErr(t, err)
	apptest.NoErr(t, tx.Commit(t.Context()))

	path := filepath.Join(t.TempDir(), "market.zip")
	made, err := backup(t.Context(), first.Platform, path, true)
	apptest.NoErr(t, err)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || made.Files == 0 {
		t.Errorf("archive: %v, mode %v, %d files", err, info.Mode(), made.Files)
	}

	empty := apptest.NewPlatform(t, time.Now, io.Discard)
	archive, m, err := openBackup(path)
	apptest.NoErr(t, err)
	defer archive.Close()
	apptest.NoErr(t, unusedFolder(empty.Config.Data))
	apptest.NoErr(t, restore(t.Context(), empty, archive, m))
	again, err := backup(t.Context(), empty, filepath.Join(t.TempDir(), "again.zip"), true)
	apptest.NoErr(t, err)
	for i, want := range made.Tables {
		if got := again.Tables[i]; got.Name != want.Name || got.Rows != want.Rows {
			t.Errorf("table %s: %d rows restored of %d", want.Name, got.Rows, want.Rows)
		}
	}
	for i, want := range made.Sequences {
		if again.Sequences[i] != want {
			t.Errorf("sequence %s: %+v, was %+v", want.Name, again.Sequences[i], want)
		}
	}
	if _, err := app.Compose(t.Context(), empty); !fault.HasCode(err, "secret_key_missing") {
		t.Errorf("without the key, which no backup holds: %v", err)
	}
	empty.Vault = first.Platform.Vault
	second, err := app.Compose(t.Context(), empty)
	apptest.NoErr(t, err)
	if err := Verify(t.Context(), second, env, nil, ""); err != nil {
		t.Errorf("verify after restore: %v\n%s", err, out)
	}
	if _, err := empty.DB.Exec(t.Context(), `update audit_row set action = action`); err == nil {
		t.Error("the append-only guard did not come back")
	}

	// A place in use is refused untouched.
	if err := restore(t.Context(), empty, archive, m); !fault.HasCode(err, "database_used") {
		t.Errorf("second restore: %v", err)
	}
	if err := unusedFolder(empty.Config.Data); !fault.HasCode(err, "folder_used") {
		t.Errorf("folder: %v", err)
	}
}

// A damaged or foreign archive is told, and the empty place stays empty.
func TestRestore_RefusesWhatIsNotWhole(t *testing.T) {
	t.Parallel()
	p := apptest.NewPlatform(t, time.Now, io.Discard)
	dir := t.TempDir()
	path := filepath.Join(dir, "market.zip")
	made, err := backup(t.Context(), p, path, false)
	apptest.NoErr(t, err)
	whole, err := os.ReadFile(path)
	apptest.NoErr(t, err)
	for name, raw := range map[string][]byte{"cut.zip": whole[:len(whole)/2], "text.zip": []byte("no archive"), "other.zip": otherZip(t)} {
		file := filepath.Join(dir, name)
		apptest.NoErr(t, os.WriteFile(file, raw, 0o600))
		if _, _, err := openBackup(file); !fault.HasCode(err, "backup_broken") {
			t.Errorf("%s: %v", name, err)
		}
	}
	archive, m, err := openBackup(path)
	apptest.NoErr(t, err)
	defer archive.Close()
	m.Tables = append([]postgres.DumpedTable{}, made.Tables...)
	for i := range m.Tables {
		m.Tables[i].Rows++
	}
	if err := restore(t.Context(), p, archive, m); !fault.HasCode(err, "dump_short") {
		t.Errorf("missing rows: %v", err)
	}
	m.Dumped = made.Dumped
	m.Schema = m.Schema[1:]
	if err := restore(t.Context(), p, archive, m); !fault.HasCode(err, "schema_differs") {
		t.Errorf("another version: %v", err)
	}
	m.Schema = []int64{0, 1, 2, 3, 110}
	if err := restore(t.Context(), p, archive, m); !fault.HasCode(err, "schema_retired") {
		t.Errorf("of a program before the schema was written anew: %v", err)
	}
	unused, err := postgres.Unused(t.Context(), p.DB)
	apptest.NoErr(t, err)
	if !unused {
		t.Error("something stayed behind")
	}
}

func otherZip(t *testing.T) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	_, err := w.Create("letter.txt")
	apptest.NoErr(t, err)
	apptest.NoErr(t, w.Close())
	return b.Bytes()
}
