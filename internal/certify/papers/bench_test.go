package papers_test

import (
	"context"
	"testing"

	"techmarket/internal/certify/registry/registrytest"
)

// BenchmarkCertificate measures the drawing of one certificate with its attached JSON and signature (bar: p95 ≤ 150 ms).
func BenchmarkCertificate(b *testing.B) {
	w, ctx := registrytest.New(b), context.Background()
	reg := w.Register(w.Content(), nil)
	registrytest.Check(b, w.Jobs.Drain(ctx))
	b.Run("PDF", func(b *testing.B) {
		registrytest.P95(b, func() error { _, _, err := w.Papers.Certificate(ctx, w.Head, reg.Number, 1); return err })
	})
}
