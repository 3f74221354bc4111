package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"techmarket/internal/app"
	"techmarket/internal/app/apptest"
	"techmarket/internal/app/demo"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/platform/document"
)

// What is written out is what the public sees, can be imported again, and names no contact person unless asked.
func TestExport_WritesWhatAnImportReadsAgain(t *testing.T) {
	t.Parallel()
	s, err := app.Compose(t.Context(), apptest.NewPlatform(t, time.Now, io.Discard))
	apptest.NoErr(t, err)
	_, err = demo.Load(t.Context(), s, demo.Options{Limit: 4}, io.Discard)
	apptest.NoErr(t, err)
	for what, kind := range map[string]listing.Kind{"achievements": achievement.Kind, "demands": demand.Kind} {
		var b bytes.Buffer
		n, err := export(t.Context(), s, exporting{what: what}, func(sheet document.Sheet) error { return document.WriteCSV(&b, sheet) })
		apptest.NoErr(t, err)
		if n == 0 || strings.Contains(b.String(), "联系电话") || !strings.Contains(b.String(), "样例") {
			t.Errorf("%s: %d rows, starting %.200s", what, n, b.String())
		}
		var book bytes.Buffer
		_, err = export(t.Context(), s, exporting{what: what}, func(sheet document.Sheet) error { return document.WriteExcel(&book, sheet) })
		apptest.NoErr(t, err)
		for ending, content := range map[string]*bytes.Buffer{".csv": &b, ".xlsx": &book} {
			out := &apptest.Output{}
			env := &app.Environment{Stdin: strings.NewReader(""), Stdout: out}
			apptest.NoErr(t, ImportFile(t.Context(), s, env, content, Importing{Kind: kind, Name: what + ending, Yes: true}))
			if want := fmt.Sprintf("新建 0 条，更新 0 条，没有变化 %d 条", n); !strings.Contains(out.String(), want) {
				t.Errorf("%s%s read again: want %s, got %s", what, ending, want, out)
			}
		}
	}
	var b bytes.Buffer
	_, err = export(t.Context(), s, exporting{what: "achievements", contacts: true},
		func(sheet document.Sheet) error { return document.WriteCSV(&b, sheet) })
	apptest.NoErr(t, err)
	if !strings.Contains(b.String(), "联系电话") {
		t.Error("contacts were asked for and are missing")
	}

	var book bytes.Buffer
	n, err := export(t.Context(), s, exporting{what: "registrations"},
		func(sheet document.Sheet) error { return document.WriteExcel(&book, sheet) })
	apptest.NoErr(t, err)
	rows := 0
	for row, err := range document.ReadExcel(t.Context(), &book) {
		apptest.NoErr(t, err)
		if len(row.Cell(0)) == 16 {
			rows++
		}
	}
	if n == 0 || rows != n {
		t.Errorf("registrations: told %d, written %d", n, rows)
	}
	if _, err := export(t.Context(), s, exporting{what: "registrations", from: "2026-13-01"}, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("a wrong day: got %v", err)
	}
}

// A file that is there stays, and a failed export leaves nothing.
func TestExport_NeverOverwritesAndLeavesNoHalfFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "成果.csv")
	if err := writeNew(path, func(w io.Writer) error { _, _ = w.Write([]byte("half")); return io.ErrUnexpectedEOF }); err == nil {
		t.Error("the error was lost")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	apptest.NoErr(t, writeNew(path, func(w io.Writer) error { _, err := w.Write([]byte("whole")); return err }))
	if err := unusedName(path); !fault.HasCode(err, "file_exists") {
		t.Errorf("got %v", err)
	}
	if _, err := sheetWriter("成果.pdf"); !fault.HasCode(err, "file_kind") {
		t.Errorf("got %v", err)
	}
}
