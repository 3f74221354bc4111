package registry_test

import (
	"context"
	"testing"

	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestAContractGoesFromSubmissionToACheckableCertificate(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	ctx := context.Background()
	f := w.Submit(w.Content())
	if want := "SL-150103-20260410-0001"; f.IntakeNo != want {
		t.Errorf("intake number %s, want %s", f.IntakeNo, want)
	}
	reg := w.Finish(w.Pass(f.ID, nil))
	if want := "2026150103000001"; reg.Number != want {
		t.Errorf("number %s, want %s", reg.Number, want)
	}
	d, err := w.S.Dossier(ctx, w.Seller, reg.Number)
	registrytest.Check(t, err)
	if len(d.Certificates) != 1 || len(d.Entries) != 1 {
		t.Fatalf("got %d certificates and %d entries, want 1 and 1", len(d.Certificates), len(d.Entries))
	}
	if e := d.Entries[0]; e.Contracts != 1 || e.Amount != 800_000*money.Yuan || e.Technical != 800_000*money.Yuan {
		t.Errorf("period entry %+v", e)
	}
	got, err := w.S.Check(ctx, reg.Number, d.Certificates[0].CheckCode)
	registrytest.Check(t, err)
	if got.StateWords != "有效" || got.View.Seller != "样＊＊＊＊" || got.View.Technical != reg.Technical {
		t.Errorf("check %+v", got)
	}
	if _, err := w.S.Check(ctx, reg.Number, "00000000"); err == nil {
		t.Error("a wrong check code opened the certificate")
	}
}
