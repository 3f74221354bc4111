package document_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
)

var fonts = sync.OnceValues(func() (*document.Fonts, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	folder, err := document.FindFonts("", cwd)
	if err != nil {
		return nil, err
	}
	return document.LoadFonts(folder, "")
})

func mustFonts(t testing.TB) *document.Fonts {
	t.Helper()
	f, err := fonts()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const checkURL = "https://market.example.cn/v/2026150101000001?c=K7P2M9QX"

// certificate uses all there is: it is the document of the other tests.
func certificate(t testing.TB) []byte {
	t.Helper()
	p := mustFonts(t).New(document.PDFOptions{Title: "技术合同认定登记证明", At: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC),
		Sample: true, Header: "样例 · 科技大市场", Numbers: true})
	p.Title("技术合同认定登记证明")
	p.Pairs([]document.Pair{
		{Label: "合同登记编号", Value: "2026150101000001"},
		{Label: "合同名称", Value: "稀土永磁材料“高矫顽力”制备技术的开发，包含中试放大、检测方法与《操作规程》编制（第二期）以及人员培训"},
		{Label: "卖方", Value: "样例䶮㛃大学（内蒙古）"},
		{Label: "合同成交额", Value: "9,999,999,999.99 元"},
	})
	p.Heading("收入核定")
	rows := make([][]string, 60)
	for i := range rows {
		rows[i] = []string{"第" + string(rune('一'+i)) + "期", "12,345.67", "按进度支付，验收合格后十五个工作日内付清"}
	}
	p.Table([]document.Column{{Title: "期次", Share: 0.2}, {Title: "金额（元）", Share: 0.25, Right: true}, {Title: "说明", Share: 0.55}}, rows)
	p.QR(checkURL, 28, "扫码核验本证明。\n平台校验码：K7P2M9QX")
	p.Attach("certificate.json", "application/json", []byte(`{"number":"2026150101000001"}`))
	p.Attach("certificate.sig", "application/octet-stream", []byte("signature"))
	out, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// tool runs a program of poppler or zbar on the PDF; a machine without it skips, saying why.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("没有 %s（Debian: poppler-utils、zbar-tools），跳过对 PDF 内容的核对", name)
	}
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out)
}

func written(t *testing.T) (path, dir string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, "c.pdf")
	if err := os.WriteFile(path, certificate(t), 0o644); err != nil {
		t.Fatal(err)
	}
	return path, dir
}

func TestPDF_TextIsWhatWasGiven(t *testing.T) {
	t.Parallel()
	path, _ := written(t)
	text := regexp.MustCompile(`\s+`).ReplaceAllString(tool(t, "pdftotext", "-layout", path, "-"), "")
	for _, want := range []string{
		"技术合同认定登记证明", "2026150101000001", "样例䶮㛃大学（内蒙古）", "9,999,999,999.99元",
		"第一期12,345.67按进度支付，验收合格后十五个工作日内付清", "平台校验码：K7P2M9QX", "第1页，共",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the text", want)
		}
	}
	// The wrapped value, character by character in order.
	order := `稀土永磁材料“高矫顽力”制备技术的开发，包含中试放大、检测方法与《操作规程》编制（第二期）以及人员培训`
	raw := tool(t, "pdftotext", path, "-")
	if !strings.Contains(strings.NewReplacer("\n", "", " ", "").Replace(raw), order) {
		t.Errorf("the wrapped value lost something:\n%s", raw)
	}
	if n := strings.Count(text, "金额（元）"); n < 2 {
		t.Errorf("the table's heading is there %d times, want one a page", n)
	}
}

func TestPDF_CarriesItsData(t *testing.T) {
	t.Parallel()
	path, dir := written(t)
	tool(t, "pdfdetach", "-saveall", "-o", dir, path)
	for name, want := range map[string]string{"certificate.json": `{"number":"2026150101000001"}`, "certificate.sig": "signature"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: got %q, err %v", name, got, err)
		}
	}
	if info := tool(t, "pdfinfo", path); !strings.Contains(info, "技术合同认定登记证明") {
		t.Errorf("the title was lost:\n%s", info)
	}
}

func TestPDF_QRSaysTheAddress(t *testing.T) {
	t.Parallel()
	path, dir := written(t)
	tool(t, "pdftoppm", "-r", "150", "-png", path, filepath.Join(dir, "page"))
	pages, _ := filepath.Glob(filepath.Join(dir, "page*.png"))
	last := pages[len(pages)-1]
	if got := tool(t, "zbarimg", "--raw", "-q", last); strings.TrimSpace(got) != checkURL {
		t.Errorf("got %q, want %q", got, checkURL)
	}
}

func TestPDF_SameInputSameBytes(t *testing.T) {
	t.Parallel()
	want := certificate(t)
	var group sync.WaitGroup
	for range 3 { // at once: the fonts are shared
		group.Go(func() {
			if !bytes.Equal(certificate(t), want) {
				t.Error("two runs differ")
			}
		})
	}
	group.Wait()
}

func TestPDF_RefusesACharacterItCannotDraw(t *testing.T) {
	t.Parallel()
	p := mustFonts(t).New(document.PDFOptions{Title: "证明", Strict: true})
	p.Paragraph("张𠀃、李ᠮ")
	_, err := p.Bytes()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != "char_not_drawable" || !strings.Contains(f.Message, "𠀃（U+20003）") ||
		!strings.Contains(f.Message, "U+182E") {
		t.Errorf("got %v, want both characters named", err)
	}
	if got := mustFonts(t).Missing("张𠮷䶮𠀃", "李ᠮ𠀃"); string(got) != "𠀃ᠮ" {
		t.Errorf("missing %q", string(got))
	}
}

// What the fonts lack is drawn from what they have; only what nothing can stand for becomes a box, which the paper names.
func TestPDF_FormsThatTheFontLacksAreDrawnFromOthersOrNamed(t *testing.T) {
	t.Parallel()
	if got := mustFonts(t).Missing("CO₂、10⁻⁶、xⁿ、aᵢⱼ、☑已阅、≤⩽≥⩾、½、㎡、ﬁ、Ⅷ、①、㈱、ｱ、−5℃、⑳、㏑、✓"); len(got) != 0 {
		t.Errorf("missing %q", string(got))
	}
	p := mustFonts(t).New(document.PDFOptions{Title: "告知书"})
	p.Paragraph("排放 CO₂ 降到 10⁻⁶ ⩽ x，☑ 已阅，𠀃")
	raw, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "forms.pdf")
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(tool(t, "pdftotext", "-layout", path, "-")), "")
	for _, want := range []string{"[√]已阅", "〓", "U+20003"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
}

func TestPDF_CharactersBeyondTheBasicPlaneAreDrawnAndCopied(t *testing.T) {
	t.Parallel()
	p := mustFonts(t).New(document.PDFOptions{Title: "证明"})
	const text = "样例𠮷朔永磁𡈽有限公司䶮𠮟"
	p.Title(text)
	p.Paragraph(text)
	raw, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "rare.pdf")
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := tool(t, "pdftotext", path, "-"); strings.Count(got, text) != 2 {
		t.Errorf("read back %q", got)
	}
}

func TestLoadFonts_NamesTheMend(t *testing.T) {
	t.Parallel()
	if _, err := document.LoadFonts(t.TempDir(), ""); !fault.HasCode(err, "fonts_missing") {
		t.Errorf("missing: got %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "NotoSansSC_400Regular.ttf"), []byte("no font"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := document.LoadFonts(dir, ""); !fault.HasCode(err, "font_broken") {
		t.Errorf("broken: got %v", err)
	}
}

func BenchmarkPDF_Certificate(b *testing.B) {
	mustFonts(b)
	for b.Loop() {
		certificate(b)
	}
}

func TestPDFText_ReadsEachPageWithoutWhiteSpaceAndSaysWhyItCannot(t *testing.T) {
	t.Parallel()
	p := mustFonts(t).New(document.PDFOptions{Title: "合同"})
	p.Paragraph(strings.Repeat("受托人应当按期交付。", 400))
	raw, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := document.PDFText(bytes.NewReader(raw), int64(len(raw)))
	if err != nil || len(pages) < 3 || strings.Count(strings.Join(pages, ""), "受托人应当按期交付。") != 400 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	trailed := append(bytes.Clone(raw), "\x00\x00 from a scanner\r\n"...)
	if again, err := document.PDFText(bytes.NewReader(trailed), int64(len(trailed))); err != nil || len(again) != len(pages) {
		t.Errorf("bytes after the end: %d pages, %v", len(again), err)
	}
	scan := mustFonts(t).New(document.PDFOptions{Title: "扫描"})
	scan.QR("https://example.test", 40, "") // drawn, no text
	if raw, err = scan.Bytes(); err != nil {
		t.Fatal(err)
	}
	if pages, err := document.PDFText(bytes.NewReader(raw), int64(len(raw))); err != nil || len(pages) != 1 || pages[0] != "" {
		t.Errorf("a page without text: %q, %v", pages, err)
	}
	for name, bad := range map[string]string{"cut": string(raw[:len(raw)/2]), "empty": "", "no pdf": "%PDF-1.4 signed text"} {
		if _, err := document.PDFText(strings.NewReader(bad), int64(len(bad))); !fault.HasCode(err, "pdf_broken") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzPDFText(f *testing.F) {
	f.Add([]byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Count 1/Kids[2 0 R]>>endobj\n" +
		"trailer<</Root 1 0 R/Size 3>>\nstartxref\n9\n%%EOF\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := document.PDFText(bytes.NewReader(raw), int64(len(raw))); err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatalf("got %v, want an invalid fault", err)
		}
	})
}
