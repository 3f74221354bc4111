package deadline_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

func TestANewClockRowHoldsFromItsDateAndRunningCasesKeepTheirs(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	on := func(s string) time.Time { d, err := time.Parse(time.DateOnly, s); registrytest.Check(t, err); return d }
	before := w.Submit(w.Content())
	p := deadline.Policy{
		Name:                  "样例新办法",
		ValidFrom:             on("2026-04-13"),
		TargetDays:            5,
		TargetUnit:            "working",
		LegalDays:             20,
		LegalUnit:             "calendar",
		LargeTargetDays:       10,
		LargeLegalDays:        20,
		LargeAmount:           700_000 * money.Yuan,
		CorrectionDays:        5,
		CorrectionResetsClock: true,
		Experts:               2,
		Active:                true,
		Source:                "样例文件〔2026〕2号第九条",
	}
	if _, err := w.Deadlines.SavePolicy(ctx, w.League, p); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a league changed the region's clock: %v", err)
	}
	for field, bad := range map[string]func(*deadline.Policy){
		"validFrom":       func(p *deadline.Policy) { p.ValidFrom = on("2026-04-09") },
		"legalDays":       func(p *deadline.Policy) { p.LegalDays = 0 },
		"targetDays":      func(p *deadline.Policy) { p.TargetDays, p.TargetUnit = 21, "calendar" },
		"largeTargetDays": func(p *deadline.Policy) { p.TargetUnit, p.LargeTargetDays = "calendar", 21 },
		"legalUnit":       func(p *deadline.Policy) { p.LegalUnit = "" },
		"largeAmount":     func(p *deadline.Policy) { p.LargeAmount = 0 },
		"experts":         func(p *deadline.Policy) { p.Experts = 1 },
		"source":          func(p *deadline.Policy) { p.Source = " " },
		"validTo":         func(p *deadline.Policy) { d := on("2026-04-12"); p.ValidTo = &d },
	} {
		wrong := p
		bad(&wrong)
		if _, err := w.Deadlines.SavePolicy(ctx, w.Regional, wrong); paths(err) != field {
			t.Errorf("%s: got %q (%v)", field, paths(err), err)
		}
	}
	p, err := w.Deadlines.SavePolicy(ctx, w.Regional, p)
	registrytest.Check(t, err)
	p.TargetDays = 6 // nothing counts with it yet
	p, err = w.Deadlines.SavePolicy(ctx, w.Regional, p)
	registrytest.Check(t, err)
	standing := func() map[string]deadline.Standing {
		all, err := w.Deadlines.Policies(ctx)
		registrytest.Check(t, err)
		out := map[string]deadline.Standing{}
		for _, x := range all {
			out[x.Name] = x.Standing
		}
		return out
	}
	if got := standing(); got["样例新办法"] != deadline.Coming || got["本平台默认"] != deadline.Holds || got["2000办法"] != deadline.Past ||
		got["天津"] != deadline.Compared {
		t.Errorf("before its day: %v", got)
	}
	if f := w.Submit(w.Content()); f.PolicyID == p.ID {
		t.Error("the row held before its day")
	}
	w.Later(3) // Monday 2026-04-13
	if got := standing(); got["样例新办法"] != deadline.Holds || got["本平台默认"] != deadline.Past {
		t.Errorf("on its day: %v", got)
	}
	if _, err := w.Deadlines.SavePolicy(ctx, w.Regional, p); !fault.HasCode(err, "policy_in_use") {
		t.Errorf("a row in force was edited: %v", err)
	}
	another := p
	another.ID = 0
	if _, err := w.Deadlines.SavePolicy(ctx, w.Regional, another); paths(err) != "validFrom" {
		t.Errorf("two rows from one day: %v", err)
	}
	f, err := registrytest.FilingOf(w.S.Do(ctx, w.Registrar, registry.Command{Filing: w.Submit(w.Content()).ID, Event: registry.EventAccept}))
	registrytest.Check(t, err)
	if f.PolicyID != p.ID || f.TargetOn.Format(time.DateOnly) != "2026-04-21" || f.LegalOn.Format(time.DateOnly) != "2026-05-03" {
		t.Errorf("policy %d, target %s, legal %s", f.PolicyID, f.TargetOn, f.LegalOn)
	}
	if passed := w.Pass(f.ID, nil); passed.State != registry.AwaitingExperts {
		t.Errorf("800,000 元 above the new large amount went to %s", passed.State)
	}
	if passed := w.Pass(before.ID, nil); passed.State != registry.AwaitingRegistration {
		t.Errorf("a case filed before went to %s", passed.State)
	}
}

// paths are the fields an error names.
func paths(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return ""
	}
	var out []string
	for _, x := range f.Fields {
		out = append(out, x.Path)
	}
	return strings.Join(out, " ")
}
