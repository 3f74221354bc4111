package registry_test

import (
	"strings"
	"testing"

	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/fault"
)

// Text blocks belong to one person: nobody else sees or removes them, and there is an end to their number and length.
func TestPhrases_BelongToOnePerson(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), t.Context()
	registrytest.Check(t, w.S.AddPhrase(ctx, w.Registrar, registry.ForCorrection, " 请补交法人授权书。 "))
	mine, err := w.S.Phrases(ctx, w.Registrar)
	registrytest.Check(t, err)
	if len(mine) != 1 || mine[0].Words != "请补交法人授权书。" || mine[0].Use != registry.ForCorrection {
		t.Fatalf("got %+v", mine)
	}
	registrytest.Check(t, w.S.RemovePhrase(ctx, w.Registrar2, mine[0].ID))
	for who, want := range map[int64]int{w.Registrar.AccountID: 1, w.Registrar2.AccountID: 0} {
		a := w.Registrar
		a.AccountID = who
		if got, err := w.S.Phrases(ctx, a); err != nil || len(got) != want {
			t.Errorf("%d has %+v, %v", who, got, err)
		}
	}
	for name, err := range map[string]error{"no use": w.S.AddPhrase(ctx, w.Registrar, "", "字"), "no words": w.S.AddPhrase(ctx, w.Registrar,
		registry.ForOpinion, " "), "too long": w.S.AddPhrase(ctx, w.Registrar, registry.ForOpinion, strings.Repeat("字", 501))} {
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 39 {
		registrytest.Check(t, w.S.AddPhrase(ctx, w.Registrar, registry.ForReason, "与认定规则不符。"))
	}
	if err := w.S.AddPhrase(ctx, w.Registrar, registry.ForReason, "第四十一条"); !fault.Is(err, fault.Invalid) {
		t.Errorf("the forty-first: %v", err)
	}
	registrytest.Check(t, w.S.RemovePhrase(ctx, w.Registrar, mine[0].ID))
}
