package registry_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/fault"
)

// amend takes a registration through an amendment of +200,000 元.
func amend(w *registrytest.World, reg registry.Registration) registry.Registration {
	w.T.Helper()
	ctx := context.Background()
	r := registry.NumberRef{Number: reg.Number}
	_, err := w.S.StartChange(ctx, w.Seller, r)
	registrytest.Check(w.T, err)
	w.Edit(reg.ContractID, func(c *contract.Content) {
		c.Elements.Amount += 200_000 * yuan
		c.Technical += 200_000 * yuan
	})
	f, err := w.S.RequestChange(ctx, w.Seller, r, "补充协议")
	registrytest.Check(w.T, err)
	return w.Finish(w.Pass(f.ID, nil))
}

func TestChangeCancellationAndRevocationHaveTheirPapers(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	a, b := w.Register(w.Content(), nil), w.Register(w.Content(), nil)
	if got := registry.OfRegistration(a); got != nil {
		t.Errorf("papers of a fresh registration: %v", got)
	}
	a = amend(w, a)
	_, err := w.S.RequestCancel(ctx, w.Seller, registry.NumberRef{Number: a.Number}, "双方解除")
	registrytest.Check(t, err)
	paper := func(number string, kind registry.PaperKind, words ...string) {
		t.Helper()
		name, pdf, err := w.S.RegistrationPaper(ctx, w.Seller, number, kind)
		registrytest.Check(t, err)
		if folder := os.Getenv("PAPERS"); folder != "" {
			registrytest.Check(t, os.WriteFile(filepath.Join(folder, string(kind)+".pdf"), pdf, 0o600))
		}
		got := text(t, pdf)
		for _, want := range append(words, number, "样例矿业") {
			if want = strings.Join(strings.Fields(want), ""); !strings.Contains(got, want) {
				t.Errorf("%s does not say %q", name, want)
			}
		}
	}
	paper(a.Number, registry.ChangePaper, "技术合同变更登记通知书", "800,000.00 1,000,000.00 200,000.00", "第 2 版")
	a, err = w.S.Cancel(ctx, w.Head, registry.NumberRef{Number: a.Number}, "rescinded", "双方签署解除协议")
	registrytest.Check(t, err)
	paper(a.Number, registry.CancelPaper, "技术合同注销登记通知书", "合同解除", "双方签署解除协议", "1,000,000.00元", "第15条")
	_, err = w.S.Revoke(ctx, w.League, registry.NumberRef{Number: b.Number}, "fraud", "合同虚假")
	registrytest.Check(t, err)
	paper(b.Number, registry.RevokePaper, "技术合同撤销登记通知书", "合同虚假", "第17条", "行政复议")
	if _, _, err := w.S.RegistrationPaper(ctx, w.Seller, b.Number, registry.CancelPaper); !fault.HasCode(err, "no_such_paper") {
		t.Errorf("a paper that does not exist: %v", err)
	}
	if _, _, err := w.S.RegistrationPaper(ctx, w.Stranger, b.Number, registry.RevokePaper); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger read it: %v", err)
	}
}
