package archive_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"techmarket/internal/certify/archive"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
)

// repack copies a zip, changing its entries.
func repack(t *testing.T, archive []byte, change func(name string, content []byte) (string, []byte)) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	registrytest.Check(t, err)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		r, err := f.Open()
		registrytest.Check(t, err)
		content, err := io.ReadAll(r)
		registrytest.Check(t, err)
		name, content := change(f.Name, content)
		if name == "" {
			continue
		}
		e, err := w.Create(name)
		registrytest.Check(t, err)
		_, err = e.Write(content)
		registrytest.Check(t, err)
	}
	registrytest.Check(t, w.Close())
	return out.Bytes()
}

func TestAnArchiveProvesItselfAndEveryTamperingIsFound(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	stored, err := w.Files.Receive(ctx, "合同.pdf", strings.NewReader("%PDF-1.4 signed text"))
	registrytest.Check(t, err)
	f, err := w.S.Submit(ctx, w.Seller, w.Draft(w.Content(), stored.Digest), w.County.ID)
	registrytest.Check(t, err)
	reg := w.Amend(w.Finish(w.Pass(f.ID, nil)))
	registrytest.Check(t, w.Jobs.Drain(ctx))
	var b bytes.Buffer
	registrytest.Check(t, w.Archive.Write(ctx, w.Head, reg.Number, &b))
	check := func(zipped []byte) (archive.Report, error) {
		return archive.Verify(bytes.NewReader(zipped), int64(len(zipped)))
	}
	report, err := check(b.Bytes())
	registrytest.Check(t, err)
	if folder := os.Getenv("PAPERS"); folder != "" {
		registrytest.Check(t, os.WriteFile(filepath.Join(folder, "archive.zip"), b.Bytes(), 0o600))
	}
	if !report.Cover || report.Number != reg.Number || len(report.Versions) != 2 || report.Rows < 8 || len(report.Roots) == 0 ||
		report.Files < 15 {
		t.Errorf("got %+v", report)
	}
	for name, change := range map[string]func(string, []byte) (string, []byte){
		"a changed paper": func(name string, c []byte) (string, []byte) {
			if strings.HasSuffix(name, ".pdf") && strings.HasPrefix(name, "papers/") {
				return name, append(c, ' ')
			}
			return name, c
		},
		"a missing attachment": func(name string, c []byte) (string, []byte) {
			if strings.HasPrefix(name, "contract/v1/") {
				return "", nil
			}
			return name, c
		},
		"a file more": func(name string, c []byte) (string, []byte) {
			if name == "certificates/v1.pdf" {
				return "certificates/v9.pdf", c
			}
			return name, c
		},
		"another state of amounts": func(name string, c []byte) (string, []byte) {
			return name, bytes.ReplaceAll(c, []byte("80000000"), []byte("90000000"))
		},
		"another signature": func(name string, c []byte) (string, []byte) {
			if name == "manifest.json" {
				i := bytes.Index(c, []byte(`"signature": "`)) + len(`"signature": "`) + 3
				c[i] ^= 1
			}
			return name, c
		},
		"a cover of other contents": func(name string, c []byte) (string, []byte) { // the list follows it, as whoever changes a file would see to
			if name == "manifest.json" {
				return name, bytes.ReplaceAll(c, []byte(`"cover": "00-封面和目录.pdf"`), []byte(`"cover": "certificates/v1.pdf"`))
			}
			return name, c
		},
		"another number": func(name string, c []byte) (string, []byte) {
			if name == "manifest.json" {
				return name, bytes.ReplaceAll(c, []byte(reg.Number), []byte("2026150103000099"))
			}
			return name, c
		},
	} {
		if _, err := check(repack(t, b.Bytes(), change)); !fault.HasCode(err, "archive_broken") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := check(b.Bytes()[:b.Len()/2]); !fault.HasCode(err, "archive_broken") {
		t.Errorf("half an archive: %v", err)
	}
	if err := w.Archive.Write(ctx, w.Buyer, reg.Number, io.Discard); !fault.Is(err, fault.NotFound) {
		t.Errorf("the other party took the archive: %v", err)
	}
	registrytest.Check(t, w.Archive.Write(ctx, w.Seller, reg.Number, io.Discard))
}

func FuzzVerifyArchive(f *testing.F) {
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := archive.Verify(bytes.NewReader(b), int64(len(b))); err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("not a refusal: %v", err)
		}
	})
}

func TestAYearlyBundleHoldsEveryArchiveAndEveryTamperingIsFound(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	stored, err := w.Files.Receive(ctx, "合同.pdf", strings.NewReader("%PDF-1.4 signed text"))
	registrytest.Check(t, err)
	var numbers []string
	for range 3 {
		f, err := w.S.Submit(ctx, w.Seller, w.Draft(w.Content(), stored.Digest), w.County.ID)
		registrytest.Check(t, err)
		numbers = append(numbers, w.Finish(w.Pass(f.ID, nil)).Number)
		stored, err = w.Files.Receive(ctx, "合同.pdf", strings.NewReader("%PDF-1.4 signed text "+numbers[len(numbers)-1]))
		registrytest.Check(t, err)
	}
	registrytest.Check(t, w.Jobs.Drain(ctx))
	if _, err := w.Exchange.RequestArchives(ctx, w.Stranger, w.County.ID, 2026); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger asks: %v", err)
	}
	if _, err := w.Exchange.RequestArchives(ctx, w.Head, w.County.ID, 2025); !fault.HasCode(err, "no_registrations") {
		t.Errorf("an empty year: %v", err)
	}
	e, err := w.Exchange.RequestArchives(ctx, w.Head, w.County.ID, 2026)
	registrytest.Check(t, err)
	registrytest.Check(t, w.Jobs.Drain(ctx))
	e, err = w.Exchange.Export(ctx, w.Head, e.ID)
	registrytest.Check(t, err)
	if e.State != "done" || e.Done != 3 || len(e.FileIDs) != 1 {
		t.Fatalf("export %+v", e)
	}
	file, err := w.Reader.Open(ctx, w.Head, files.Object{Kind: "export", ID: e.ID}, e.FileIDs[0])
	registrytest.Check(t, err)
	defer file.Close()
	raw, err := io.ReadAll(file)
	registrytest.Check(t, err)
	check := func(b []byte) (archive.BundleReport, error) {
		return archive.VerifyBundle(bytes.NewReader(b), int64(len(b)))
	}
	report, err := check(raw)
	registrytest.Check(t, err)
	if len(report.Archives) != 3 || len(report.Missing) != 0 || report.Archives[2].Number != numbers[2] || report.Year != 2026 {
		t.Errorf("got %+v", report)
	}
	for name, change := range map[string]func(string, []byte) (string, []byte){
		"an archive taken out": func(n string, c []byte) (string, []byte) {
			return strings.Replace(n, "档案-"+numbers[1]+".zip", "", 1), c
		},
		"an archive renamed": func(n string, c []byte) (string, []byte) { return strings.Replace(n, numbers[1], numbers[1]+"x", 1), c },
		"the list made shorter": func(n string, c []byte) (string, []byte) {
			return n, bytes.Replace(c, []byte(numbers[0]), []byte("2026150103000009"), 1)
		},
		"a file added": func(n string, c []byte) (string, []byte) {
			if n == "bundle.json" {
				return n, bytes.Replace(c, []byte(`"archives": [`), []byte(`"archives": [],"old": [`), 1)
			}
			return n, c
		},
	} {
		if _, err := check(repack(t, raw, change)); !fault.HasCode(err, "archive_broken") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
