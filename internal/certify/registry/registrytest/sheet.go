package registrytest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/money"
)

// Class changes a contract to another class and amount, and whatever else.
func Class(code string, amount money.Fen, more ...func(*contract.Content)) func(*contract.Content) {
	return func(c *contract.Content) {
		c.Elements.ClassCode, c.Elements.Amount, c.Technical = code, amount, amount
		for _, change := range more {
			change(c)
		}
	}
}

// P95 runs the call and reports the time that 95 of 100 do not exceed.
func P95(b *testing.B, call func() error) {
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		Check(b, call())
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
}

// Text reads a PDF back with pdftotext; where that is missing the check is skipped visibly.
func Text(t testing.TB, pdf []byte) string {
	t.Helper()
	Tool(t, "pdftotext")
	cmd := exec.Command("pdftotext", "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	Check(t, err)
	return strings.Join(strings.Fields(string(out)), "")
}

// Deduct puts deductions on the sheet.
func Deduct(rows ...registry.Deduction) func(*registry.Review) {
	return func(r *registry.Review) { r.Deductions = rows }
}

// Goods is a deduction of things that carry nothing of the result.
func Goods(kind string, amount money.Fen) registry.Deduction {
	return registry.Deduction{Kind: kind, Name: kind, Quantity: 1, Unit: "套", UnitCost: amount}
}

// Carrier is a deduction that the registrar grants in part as a carrier of the result.
func Carrier(amount money.Fen, reasonable int64) registry.Deduction {
	return registry.Deduction{
		Kind:       "prototype",
		Name:       "试验装置",
		Quantity:   1,
		Unit:       "套",
		UnitCost:   amount,
		Claimed:    true,
		Granted:    true,
		Reasonable: reasonable,
		Reason:     "第 19 条：测试所需",
	}
}

// Find puts findings on the sheet.
func Find(codes ...string) func(*registry.Review) {
	return func(r *registry.Review) {
		for _, c := range codes {
			r.Findings = append(r.Findings, registry.Finding{Code: c, Place: "第 3 页"})
		}
	}
}

// Tool skips the test where a program is not installed.
func Tool(t testing.TB, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("没有 %s（Debian: poppler-utils、zbar-tools），跳过对 PDF 内容的核对", name)
	}
}

// Scanned reads the QR code of a paper from its picture, as a telephone does.
func Scanned(t testing.TB, pdf []byte) string {
	t.Helper()
	Tool(t, "pdftoppm")
	Tool(t, "zbarimg")
	dir := t.TempDir()
	Check(t, os.WriteFile(filepath.Join(dir, "c.pdf"), pdf, 0o600))
	Check(t, exec.Command("pdftoppm", "-r", "150", "-png", filepath.Join(dir, "c.pdf"), filepath.Join(dir, "c")).Run())
	pages, err := filepath.Glob(filepath.Join(dir, "c*.png"))
	Check(t, err)
	out, err := exec.Command("zbarimg", append([]string{"-q", "--raw"}, pages...)...).Output()
	if len(out) == 0 { // it complains of every page without a code
		Check(t, err)
	}
	return strings.TrimSpace(string(out))
}

// Right puts an intellectual property right into a contract.
func Right(kind string, certificate, valid contract.Answer) func(*contract.Content) {
	return func(c *contract.Content) {
		c.Elements.IP = []contract.IP{{Kind: kind, Title: "一种方法", Number: "ZL202310000000.0", Certificate: certificate, Valid: valid}}
	}
}
