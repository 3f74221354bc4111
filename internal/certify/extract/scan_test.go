package extract

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/scan"
)

var fonts = sync.OnceValues(func() (*document.Fonts, error) {
	folder, err := document.FindFonts("", "../../..")
	if err != nil {
		return nil, err
	}
	return document.LoadFonts(folder, "")
})

// printed is a contract as a PDF: its title, then a paragraph a line.
func printed(t testing.TB, m made) []byte {
	t.Helper()
	f, err := fonts()
	if err != nil {
		t.Fatal(err)
	}
	p := f.New(document.PDFOptions{Title: "合同", At: time.Date(2026, 4, 1, 8, 0, 0, 0, time.UTC)})
	for i, line := range strings.Split(strings.TrimSpace(strings.ReplaceAll(m.text, "\t", "　　")), "\n") {
		if i == 0 {
			p.Title(line)
			continue
		}
		p.Paragraph(line)
	}
	raw, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// scanned draws the first page of a contract at 200 dpi in grey as a scanner sees it: by kind straight, a little turned, speckled with
// uneven light, or upside down.
func scanned(t testing.TB, m made, kind int) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(path, printed(t, m), 0o600); err != nil {
		t.Fatal(err)
	}
	raw, err := exec.Command("pdftoppm", "-r", "200", "-gray", "-png", "-singlefile", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	page, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	grey := image.NewGray(page.Bounds())
	draw.Draw(grey, grey.Bounds(), page, image.Point{}, draw.Src)
	if err := png.Encode(&out, worn(grey, kind)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func worn(page *image.Gray, kind int) *image.Gray {
	b := page.Bounds()
	angle := []float64{0, 0.8, -0.6, 180}[kind%4] * math.Pi / 180
	sin, cos := math.Sin(angle), math.Cos(angle)
	random := rand.New(rand.NewPCG(uint64(kind), 7))
	out := image.NewGray(b)
	cx, cy := float64(b.Dx())/2, float64(b.Dy())/2
	for y := range b.Dy() {
		for x := range b.Dx() {
			dx, dy := float64(x)-cx, float64(y)-cy
			from := image.Pt(int(math.Round(cx+dx*cos-dy*sin)), int(math.Round(cy+dx*sin+dy*cos)))
			level := 255
			if from.In(b) {
				level = int(page.GrayAt(from.X, from.Y).Y)
			}
			if kind%4 == 2 {
				level = level*(70+30*x/b.Dx())/100 + random.IntN(31) - 15
				if random.IntN(4000) == 0 {
					level = 30
				}
			}
			out.SetGray(x, y, color.Gray{Y: uint8(max(0, min(255, level)))})
		}
	}
	return out
}

// Scans keep the same bars: amounts 95 %, parties and days 90 %, nothing sure that is wrong. One of each layout here; with
// TECHMARKET_SCANS=60 (make bench) all of them.
func TestRead_ScansAt200DPI(t *testing.T) {
	t.Parallel()
	scanner, err := scan.Find(t.Context(), exec.LookPath)
	if fault.HasCode(err, "scan_missing") {
		t.Skip(fault.Words(err))
	}
	all := generate(t)
	if os.Getenv("TECHMARKET_SCANS") != "60" {
		var some []made
		for i := range 10 {
			some = append(some, all[i*11%60])
		}
		all = some
	}
	n, began := newTally(), time.Now()
	for i, m := range all {
		text, err := scanner.Picture(context.Background(), bytes.NewReader(scanned(t, m, i)))
		if err != nil {
			t.Fatal(err)
		}
		n.add(t, m, Read([]string{text.First}, true).beside(Read([]string{text.Second}, true)))
		if folder := os.Getenv("TECHMARKET_SCANS_KEEP"); folder != "" {
			_ = os.WriteFile(filepath.Join(folder, strings.ReplaceAll(m.name, " ", "-")), []byte(text.First+"\n=====\n"+text.Second), 0o600)
		}
	}
	n.told(t, "scan")
	t.Logf("%d pages, %v a page", len(all), (time.Since(began) / time.Duration(len(all))).Round(10*time.Millisecond))
}
