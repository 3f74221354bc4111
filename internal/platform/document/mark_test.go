package document_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/signintech/gopdf"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
)

// paper is a PDF of ours with that many pages.
func paper(t testing.TB, fonts *document.Fonts, pages int) []byte {
	t.Helper()
	p := fonts.New(document.PDFOptions{Title: "图纸", At: time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC), Plain: true})
	for n := range pages {
		if n > 0 {
			p.Append()
		}
		for i := range 30 {
			p.Paragraph(fmt.Sprintf("第 %d 页第 %d 段：包衣机喂料口的尺寸和公差，材料用不锈钢。", n+1, i+1))
		}
	}
	raw, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestMarked_EveryPageOfThePDFKeepsItsTextAndCarriesTheMark(t *testing.T) {
	t.Parallel()
	fonts := mustFonts(t)
	raw := paper(t, fonts, 20)
	start := time.Now()
	out, err := fonts.Marked(context.Background(), "application/pdf", raw, []string{"示范乳业 李工", "2026-11-29 09:30 R3-12"}, "R3-12")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("20 pages: %v, %d → %d bytes", time.Since(start), len(raw), len(out))
	if dir := os.Getenv("TECHMARKET_MARK_OUT"); dir != "" {
		_ = os.WriteFile(dir+"/marked.pdf", out, 0o600)
	}
	pages, err := document.PDFText(bytes.NewReader(out), int64(len(out)))
	if err != nil || len(pages) != 20 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for n, text := range pages {
		flat := strings.ReplaceAll(text, "\n", "")
		if !strings.Contains(flat, "示范乳业李工") && !strings.Contains(flat, "示范乳业 李工") {
			t.Errorf("page %d carries no mark: %.80s", n+1, flat)
		}
	}
	if bytes.Contains(out, raw[len(raw)/2:len(raw)/2+200]) && bytes.Count(out, []byte("%%EOF")) > 1 {
		t.Error("the original lies within the copy")
	}
	n, err := fonts.Markable(context.Background(), "application/pdf", raw)
	if n != 20 || err != nil {
		t.Errorf("%d pages, %v", n, err)
	}
}

func TestMarked_RefusesWhatItCannotMarkInWords(t *testing.T) {
	t.Parallel()
	fonts := mustFonts(t)
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 40, 40)), nil); err != nil {
		t.Fatal(err)
	}
	good := paper(t, fonts, 1)
	for name, c := range map[string]struct {
		mime string
		raw  []byte
		code string
	}{
		"a picture that calls itself a PDF": {"application/pdf", picture.Bytes(), "mark_kind"},
		"one with the PDF's words inside":   {"application/pdf", append(picture.Bytes(), good...), "mark_kind"},
		"a sheet":                           {"text/csv", []byte("a,b"), "mark_kind"},
		"half a PDF":                        {"application/pdf", good[:len(good)/2], "mark_broken"},
		"a locked PDF":                      {"application/pdf", append([]byte("%PDF-1.4\n/Encrypt 1 0 R\n"), good...), "mark_locked"},
		"too many pages":                    {"application/pdf", paper(t, fonts, document.MaxMarkPages+1), "mark_pages"},
		"a broken picture":                  {"image/jpeg", picture.Bytes()[:30], "mark_broken"},
	} {
		if _, err := fonts.Marked(context.Background(), c.mime, c.raw, []string{"x"}, "x"); !fault.HasCode(err, c.code) {
			t.Errorf("%s: %v, not %s", name, err, c.code)
		}
	}
}

func TestMarked_BurnsTheMarkIntoPictures(t *testing.T) {
	t.Parallel()
	fonts := mustFonts(t)
	var in bytes.Buffer
	plain := image.NewGray(image.Rect(0, 0, 800, 600))
	for i := range plain.Pix {
		plain.Pix[i] = 255
	}
	if err := png.Encode(&in, plain); err != nil {
		t.Fatal(err)
	}
	out, err := fonts.Marked(context.Background(), "image/png", in.Bytes(), []string{"示范乳业 李工", "R3-12"}, "R3-12")
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("TECHMARKET_MARK_OUT"); dir != "" {
		_ = os.WriteFile(dir+"/marked.png", out, 0o600)
	}
	picture, err := png.Decode(bytes.NewReader(out))
	if err != nil || picture.Bounds() != plain.Bounds() {
		t.Fatalf("%v, %v", picture.Bounds(), err)
	}
	for _, part := range []image.Rectangle{image.Rect(0, 0, 400, 300), image.Rect(400, 0, 800, 300), image.Rect(0, 300, 400, 600),
		image.Rect(400, 300, 800, 600)} {
		grey := 0
		for y := part.Min.Y; y < part.Max.Y; y++ {
			for x := part.Min.X; x < part.Max.X; x++ {
				if r, _, _, _ := picture.At(x, y).RGBA(); r < 0xf000 {
					grey++
				}
			}
		}
		if grey < 300 {
			t.Errorf("the quarter %v carries %d grey points", part, grey)
		}
	}
}

// The importer writes the first page's box to all: a wide page behind an upright one would lose its right half.
func TestMarked_EachPageKeepsItsOwnSize(t *testing.T) {
	t.Parallel()
	fonts := mustFonts(t)
	wide, high := 841.89, 595.28
	gp := &gopdf.GoPdf{}
	gp.Start(gopdf.Config{Unit: gopdf.UnitPT, PageSize: gopdf.Rect{W: high, H: wide}})
	gp.AddPage()
	gp.AddPageWithOption(gopdf.PageOption{PageSize: &gopdf.Rect{W: wide, H: high}})
	var in bytes.Buffer
	if _, err := gp.WriteTo(&in); err != nil {
		t.Fatal(err)
	}
	out, err := fonts.Marked(context.Background(), "application/pdf", in.Bytes(), []string{"x"}, "x")
	if err != nil {
		t.Fatal(err)
	}
	for _, box := range []string{"/BBox [0.00 0.00 595.28 841.89]", "/BBox [0.00 0.00 841.89 595.28]", "/MediaBox [ 0 0 841.89 595.28 ]"} {
		if !bytes.Contains(out, []byte(box)) {
			t.Errorf("no %s", box)
		}
	}
}
