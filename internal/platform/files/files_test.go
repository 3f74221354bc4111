package files_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func archive(t *testing.T, entries map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range entries {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func setup(t *testing.T) (*files.Store, string, *atomic.Int64) {
	t.Helper()
	dir, ahead := filepath.Join(t.TempDir(), "files"), &atomic.Int64{}
	s, err := files.New(dir, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	if err != nil {
		t.Fatal(err)
	}
	return s, dir, ahead
}

func TestReceive_JudgesByContent(t *testing.T) {
	t.Parallel()
	s, dir, _ := setup(t)
	var pic bytes.Buffer
	if err := png.Encode(&pic, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	book := map[string]string{"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>"}
	with := func(name, text string) map[string]string {
		m := map[string]string{name: text}
		maps.Copy(m, book)
		return m
	}
	ole := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600)
	cases := []struct{ name, file, content, code string }{
		{"pdf", "合同.pdf", "%PDF-1.7\n", ""},
		{"png", "图.PNG", pic.String(), ""},
		{"xlsx", "表.xlsx", archive(t, book), ""},
		{"docx", "文.docx", archive(t, map[string]string{"[Content_Types].xml": "", "word/document.xml": ""}), ""},
		{"utf-8 text", "说明.txt", "蒙古语 ᠮᠣᠩᠭᠣᠯ", ""},
		{"gb18030 csv", "表.csv", "\xc3\xc9\xb9\xc5,1\r\n", ""},
		{"empty", "a.pdf", "", "file_empty"},
		{"program renamed", "合同.pdf", "MZ\x90\x00", "file_program"},
		{"linux program renamed", "合同.txt", "\x7fELF\x02", "file_program"},
		{"script renamed", "说明.txt", "#!/bin/sh\n", "file_program"},
		{"other content", "合同.pdf", "hello", "file_mismatch"},
		{"word named excel", "表.xlsx", archive(t, map[string]string{"[Content_Types].xml": "", "word/document.xml": ""}), "file_mismatch"},
		{"jpg that is png", "图.jpg", pic.String(), "file_mismatch"},
		{"plain archive", "包.zip", archive(t, map[string]string{"a": "b"}), "file_kind"},
		{"archive named excel", "表.xlsx", archive(t, map[string]string{"a": "b"}), "file_mismatch"},
		{"binary text", "说明.txt", "a\x00b", "file_mismatch"},
		{"page", "页.html", "<script>", "file_kind"},
		{"macro", "表.xlsx", archive(t, with("xl/vbaProject.bin", "x")), "file_macro"},
		{"bomb", "表.xlsx", archive(t, with("xl/big.xml", strings.Repeat("0", 30<<20))), "file_bomb"},
		{"old office", "表.xls", ole, "file_old_office"},
		{"encrypted office", "表.xlsx", ole + "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00",
			"file_encrypted"},
		{"too large", "说明.txt", strings.Repeat("a", files.MaxSize+1), "file_too_large"},
	}
	for _, c := range cases {
		got, err := s.Receive(context.Background(), c.file, strings.NewReader(c.content))
		if c.code == "" && (err != nil || got.Size != int64(len(c.content)) || got.MIME == "") {
			t.Errorf("%s: got %+v, err %v; want it taken", c.name, got, err)
		}
		if c.code != "" && (!fault.HasCode(err, c.code) || !fault.Is(err, fault.Invalid)) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.code)
		}
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "incoming")); len(left) != 0 {
		t.Errorf("%d uploads were left behind", len(left))
	}
}

func TestReceive_CleansTheName(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	for name, want := range map[string]string{
		"../../etc/合同.txt":                "合同.txt",
		`C:\桌面\合同.txt`:                    "合同.txt",
		"a\r\nb\u202e.txt":                "ab.txt",
		strings.Repeat("长", 300) + ".txt": strings.Repeat("长", 116) + ".txt",
	} {
		got, err := s.Receive(context.Background(), name, strings.NewReader("x"))
		if err != nil || got.Name != want {
			t.Errorf("%q: got %q, err %v; want %q", name, got.Name, err, want)
		}
	}
}

func TestRecord_FindsTheContentAgain(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	db := pgtest.New(t)
	ctx := context.Background()
	var ids []int64
	for _, name := range []string{"一.txt", "二.txt"} { // the same content twice
		c, err := s.Receive(ctx, name, strings.NewReader("内容"))
		if err != nil {
			t.Fatal(err)
		}
		if err := db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			f, err := s.Record(ctx, tx, c, files.Meta{Purpose: "contract_text", OwnerOrg: 5})
			ids = append(ids, f.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	f, err := s.Own(ctx, db, 5, ids[1])
	if err != nil || f.Name != "二.txt" || *f.OwnerOrg != 5 || f.UploadedBy != nil {
		t.Fatalf("got %+v, err %v", f, err)
	}
	r, err := s.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if text, _ := io.ReadAll(r); string(text) != "内容" {
		t.Errorf("got %q", text)
	}
	for _, c := range []struct{ org, id int64 }{{5, 999}, {6, ids[1]}, {0, ids[1]}} {
		if _, err := s.Own(ctx, db, c.org, c.id); !fault.Is(err, fault.NotFound) {
			t.Errorf("file %d of organisation %d: got %v, want not found", c.id, c.org, err)
		}
	}
}

func TestSweep_RemovesOnlyOldContentNobodyNames(t *testing.T) {
	t.Parallel()
	s, _, ahead := setup(t)
	db := pgtest.New(t)
	ctx := context.Background()
	kept, err := s.Receive(ctx, "a.txt", strings.NewReader("kept"))
	if err != nil {
		t.Fatal(err)
	}
	var f files.File
	if err := db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		f, err = s.Record(ctx, tx, kept, files.Meta{})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	orphan, err := s.Receive(ctx, "b.txt", strings.NewReader("orphan"))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.Sweep(ctx, db); n != 0 || err != nil {
		t.Errorf("young: removed %d, err %v; want none", n, err)
	}
	ahead.Store(int64(25 * time.Hour))
	if n, err := s.Sweep(ctx, db); n != 1 || err != nil {
		t.Errorf("old: removed %d, err %v; want 1", n, err)
	}
	if r, err := s.Open(f); err != nil {
		t.Error(err)
	} else {
		_ = r.Close()
	}
	if _, err := s.Open(files.File{Digest: orphan.Digest}); !fault.HasCode(err, "file_lost") {
		t.Errorf("got %v, want file_lost", err)
	}
}

// Tables in and out hold the contacts of many people in clear: they stay a week, what the market keeps stays.
func TestExpire_ForgetsOnlyWhatWasMadeToBeFetched(t *testing.T) {
	t.Parallel()
	s, _, ahead := setup(t)
	db, ctx := pgtest.New(t), t.Context()
	made := map[string]files.File{}
	for _, purpose := range append(files.Passing(), "contract", "certificate", "paper") {
		c, err := s.Receive(ctx, purpose+".txt", strings.NewReader("其其格 0471-5550123 "+purpose))
		if err != nil {
			t.Fatal(err)
		}
		if err := db.InTx(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
			made[purpose], err = s.Record(ctx, tx, c, files.Meta{Purpose: purpose})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, after := range []time.Duration{files.PassingLife - time.Hour, files.PassingLife + time.Hour} {
		ahead.Store(int64(after))
		if err := s.Expire(ctx, db); err != nil {
			t.Fatal(err)
		}
		for purpose, f := range made {
			r, err := s.Open(f)
			if err == nil {
				_ = r.Close()
			}
			if want := after < files.PassingLife || !slices.Contains(files.Passing(), purpose); (err == nil) != want {
				t.Errorf("%s after %s: %v", purpose, after, err)
			}
		}
	}
}

func TestReceive_StopsWhenTheUploaderIsGone(t *testing.T) {
	t.Parallel()
	s, _, _ := setup(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Receive(ctx, "a.txt", strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}
