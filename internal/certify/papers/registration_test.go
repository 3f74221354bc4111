package papers_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"techmarket/internal/certify/papers"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/fault"
)

func TestChangeCancellationAndRevocationHaveTheirPapers(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	a, b := w.Register(w.Content(), nil), w.Register(w.Content(), nil)
	if got := papers.OfRegistration(a); got != nil {
		t.Errorf("papers of a fresh registration: %v", got)
	}
	a = w.Amend(a)
	_, err := w.S.Do(ctx, w.Seller, registry.Command{Number: a.Number, Event: registry.EventRequestCancel, Text: "双方解除"})
	registrytest.Check(t, err)
	paper := func(number string, kind papers.Kind, words ...string) {
		t.Helper()
		name, pdf, err := w.Papers.Registration(ctx, w.Seller, number, kind)
		registrytest.Check(t, err)
		if folder := os.Getenv("PAPERS"); folder != "" {
			registrytest.Check(t, os.WriteFile(filepath.Join(folder, string(kind)+".pdf"), pdf, 0o600))
		}
		got := registrytest.Text(t, pdf)
		for _, want := range append(words, number, "样例矿业") {
			if want = strings.Join(strings.Fields(want), ""); !strings.Contains(got, want) {
				t.Errorf("%s does not say %q", name, want)
			}
		}
	}
	paper(a.Number, papers.Change, "技术合同变更登记通知书", "800,000.00 1,000,000.00 200,000.00", "第 2 版")
	a, err = registrytest.RegistrationOf(
		w.S.Do(ctx, w.Head, registry.Command{Number: a.Number, Event: registry.EventCancel, Ground: "rescinded", Text: "双方签署解除协议"}),
	)
	registrytest.Check(t, err)
	paper(a.Number, papers.Cancel, "技术合同注销登记通知书", "合同解除", "双方签署解除协议", "1,000,000.00元", "第15条")
	_, err = w.Revoke(b.Number, "fraud")
	registrytest.Check(t, err)
	paper(b.Number, papers.Revoke, "技术合同撤销登记通知书", "虚假合同", "第17条", "行政复议")
	if _, _, err := w.Papers.Registration(ctx, w.Seller, b.Number, papers.Cancel); !fault.HasCode(err, "no_such_paper") {
		t.Errorf("a paper that does not exist: %v", err)
	}
	if _, _, err := w.Papers.Registration(ctx, w.Stranger, b.Number, papers.Revoke); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger read it: %v", err)
	}
}
