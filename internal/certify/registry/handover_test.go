package registry_test

import (
	"context"
	"testing"

	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/fault"
)

// A case goes on with a colleague as it stands: state, sheet and clock stay, the colleague is told, the applicant reads no word of it.
func TestHandOver_TheCaseStaysAndTheColleagueIsTold(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	f := w.Submit(w.Content())
	_, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventAccept})
	registrytest.Check(t, err)
	before, err := w.S.Case(ctx, w.Registrar, f.ID)
	registrytest.Check(t, err)
	if len(before.Colleagues) != 1 || before.Colleagues[0].Account != w.Registrar2.AccountID {
		t.Fatalf("colleagues %+v", before.Colleagues)
	}
	hand := func(to int64, text string) error {
		_, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventHandOver, Colleague: to, Text: text})
		return err
	}
	for name, err := range map[string]error{"no note": hand(w.Registrar2.AccountID, ""), "nobody": hand(0, "在看设备清单"),
		"oneself": hand(w.Registrar.AccountID, "在看设备清单"), "another point's": hand(w.Stranger.AccountID, "在看设备清单"),
		"the reviewer": hand(w.Reviewer.AccountID, "在看设备清单")} {
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	registrytest.Check(t, hand(w.Registrar2.AccountID, "设备清单第 2 行待核"))
	after, err := w.S.Case(ctx, w.Registrar2, f.ID)
	registrytest.Check(t, err)
	if after.Filing.Registrar != w.Registrar2.AccountID || after.Filing.State != before.Filing.State || after.Due != before.Due {
		t.Errorf("got %+v", after.Filing)
	}
	var told int
	w.Scan(&told, `select count(*) from message where account_id = $1 and title like '%移交%'`, w.Registrar2.AccountID)
	if told != 1 {
		t.Errorf("%d messages", told)
	}
	seen, err := w.S.Case(ctx, w.Seller, f.ID)
	registrytest.Check(t, err)
	for _, e := range seen.Events {
		if e.Event == registry.EventHandOver {
			t.Error("the applicant reads the note of the hand-over")
		}
	}
	// who has handed on has still been the registrar of the case, and reviews it never
	if _, err := w.S.Do(ctx, w.Head, registry.Command{Filing: f.ID, Event: registry.EventHandOver, Colleague: w.Registrar.AccountID,
		Text: "回来了"}); err != nil {
		t.Errorf("the head gives it back: %v", err)
	}
}

// Two filings' texts side by side, for who may read both.
func TestCompare_NeedsBothCasesInScope(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	one, two := w.Submit(w.Content()), w.Submit(w.Content())
	if got, err := w.S.Compare(ctx, w.Registrar, one.ID, two.ID); err != nil && !fault.HasCode(err, "file_lost") || err == nil && got.Missing == "" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := w.S.Compare(ctx, w.Stranger, one.ID, two.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger: %v", err)
	}
}
