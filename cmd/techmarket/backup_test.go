package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/postgres"
)

// A market that is backed up, wiped and restored is the same market: every row, every file, every key, and the register verifies.
func TestBackup_RestoresTheWholeMarketIntoAnEmptyPlace(t *testing.T) {
	t.Parallel()
	out := &output{}
	env := &environment{Stdout: out, Stderr: out, Now: time.Now}
	first, err := compose(t.Context(), newPlatform(t, time.Now, io.Discard))
	noErr(t, err)
	_, err = first.loadDemo(t.Context(), demoOptions{Limit: 1}, io.Discard)
	noErr(t, err)
	_, _, err = first.ledger.SignRoot(t.Context())
	noErr(t, err)
	content, err := first.platform.Files.Receive(t.Context(), "说明.txt", bytes.NewReader([]byte("样例附件")))
	noErr(t, err)
	tx, err := first.platform.DB.Pool.Begin(t.Context())
	noErr(t, err)
	_, err = first.platform.Files.Record(t.Context(), tx, content, files.Meta{Purpose: "test"})
	noErr(t, err)
	noErr(t, tx.Commit(t.Context()))

	path := filepath.Join(t.TempDir(), "market.zip")
	made, err := first.platform.backup(t.Context(), path, true)
	noErr(t, err)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || made.Files == 0 {
		t.Errorf("archive: %v, mode %v, %d files", err, info.Mode(), made.Files)
	}

	empty := newPlatform(t, time.Now, io.Discard)
	archive, m, err := openBackup(path)
	noErr(t, err)
	defer archive.Close()
	noErr(t, unusedFolder(empty.config.Data))
	noErr(t, empty.restore(t.Context(), archive, m))
	again, err := empty.backup(t.Context(), filepath.Join(t.TempDir(), "again.zip"), true)
	noErr(t, err)
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
	second, err := compose(t.Context(), empty)
	noErr(t, err)
	if err := second.verify(t.Context(), env, nil, ""); err != nil {
		t.Errorf("verify after restore: %v\n%s", err, out)
	}
	if _, err := empty.DB.Exec(t.Context(), `update audit_row set action = action`); err == nil {
		t.Error("the append-only guard did not come back")
	}

	// A place in use is refused untouched.
	if err := empty.restore(t.Context(), archive, m); !fault.HasCode(err, "database_used") {
		t.Errorf("second restore: %v", err)
	}
	if err := unusedFolder(empty.config.Data); !fault.HasCode(err, "folder_used") {
		t.Errorf("folder: %v", err)
	}
}

// A damaged or foreign archive is told, and the empty place stays empty.
func TestRestore_RefusesWhatIsNotWhole(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, time.Now, io.Discard)
	dir := t.TempDir()
	path := filepath.Join(dir, "market.zip")
	made, err := p.backup(t.Context(), path, false)
	noErr(t, err)
	whole, err := os.ReadFile(path)
	noErr(t, err)
	for name, raw := range map[string][]byte{"cut.zip": whole[:len(whole)/2], "text.zip": []byte("no archive"), "other.zip": otherZip(t)} {
		file := filepath.Join(dir, name)
		noErr(t, os.WriteFile(file, raw, 0o600))
		if _, _, err := openBackup(file); !fault.HasCode(err, "backup_broken") {
			t.Errorf("%s: %v", name, err)
		}
	}
	archive, m, err := openBackup(path)
	noErr(t, err)
	defer archive.Close()
	m.Tables = append([]postgres.DumpedTable{}, made.Tables...)
	for i := range m.Tables {
		m.Tables[i].Rows++
	}
	if err := p.restore(t.Context(), archive, m); !fault.HasCode(err, "dump_short") {
		t.Errorf("missing rows: %v", err)
	}
	m.Dumped = made.Dumped
	m.Schema = m.Schema[1:]
	if err := p.restore(t.Context(), archive, m); !fault.HasCode(err, "schema_differs") {
		t.Errorf("another version: %v", err)
	}
	m.Schema = []int64{0, 1, 2, 3, 110}
	if err := p.restore(t.Context(), archive, m); !fault.HasCode(err, "schema_retired") {
		t.Errorf("of a program before the schema was written anew: %v", err)
	}
	unused, err := postgres.Unused(t.Context(), p.DB)
	noErr(t, err)
	if !unused {
		t.Error("something stayed behind")
	}
}

func otherZip(t *testing.T) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	_, err := w.Create("letter.txt")
	noErr(t, err)
	noErr(t, w.Close())
	return b.Bytes()
}
