package exchange_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"techmarket/internal/certify/exchange"
	"techmarket/internal/certify/registry/registrytest"
)

// BenchmarkExport100k prints seconds and peak heap of an export of 100,000 registrations by the job (bar: ≤ 20 s, ≤ 200 MB):
// go test -bench Export100k -benchtime 1x -run xxx ./internal/certify/registry.
func BenchmarkExport100k(b *testing.B) {
	w, ctx := registrytest.New(b), context.Background()
	reg := w.Register(w.Content(), nil)
	for _, sql := range []string{
		`insert into contract (id, seller_org, buyer_org, applicant_org,
			created_by, state, content, registered_version, created_at, updated_at) overriding system value
			select 1000000 + i, seller_org, buyer_org, applicant_org, created_by, state, content, 1, created_at, updated_at
			from contract, generate_series(1, 99999) i where contract.id = ` + "$1",
		`insert into contract_version (contract_id, number, content, frozen_at)
			select 1000000 + i, 1, content, frozen_at from contract_version, generate_series(1, 99999) i where contract_id = $1`,
		`insert into registration (number, contract_id, point_id, division,
			applicant_org, state, title, class, field, seller_name, seller_org, seller_kind, buyer_name, amount, technical, vat_base, registered_on)
			select '2025150103' || lpad(i::text, 6, '0'), 1000000 + i, point_id, division, applicant_org,
			state, title || i, class, field, seller_name, seller_org, seller_kind, buyer_name, amount, technical, vat_base, registered_on
			from registration, generate_series(1, 99999) i where contract_id = $1`,
		`analyze`} {
		args := []any{reg.ContractID}
		if sql == "analyze" {
			args = nil
		}
		_, err := w.DB.Exec(ctx, sql, args...)
		registrytest.Check(b, err)
	}
	for b.Loop() {
		e, err := w.Exchange.RequestExport(ctx, w.Regional, exchange.Filter{})
		registrytest.Check(b, err)
		var peak atomic.Uint64
		done := make(chan struct{})
		go func() {
			for {
				select {
				case <-done:
					return
				case <-time.After(50 * time.Millisecond):
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					peak.Store(max(peak.Load(), m.HeapInuse))
				}
			}
		}()
		registrytest.Check(b, w.Exchange.MakeExport(ctx, exchange.ExportArgs{ID: e.ID}))
		close(done)
		if e, err = w.Exchange.Export(ctx, w.Regional, e.ID); err != nil || e.Done != 100_000 {
			b.Fatalf("%+v %v", e, err)
		}
		b.ReportMetric(float64(peak.Load())/(1<<20), "peak-MB")
		b.ReportMetric(float64(len(e.FileIDs)), "files")
	}
}
