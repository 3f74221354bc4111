package registry_test

import (
	"context"
	"testing"

	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
)

func TestDeadlinesCountAndWarnOnce(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	second := w.Person(w.League, actor.LeagueOfficer)
	f := w.Submit(w.Content())
	_, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: f.ID, Event: registry.EventAccept})
	registrytest.Check(t, err)
	waiting := w.Submit(w.Content())
	_ = waiting
	messages := func(a actor.Actor) (n int) {
		w.Scan(&n, `select count(*) from message where account_id = $1 and kind = 'deadline'`, a.AccountID)
		return n
	}
	step := func(days int, level deadline.Level, registrar, head, league int) {
		t.Helper()
		w.Later(days)
		for range 2 {
			registrytest.Check(t, w.S.Warn(ctx))
		}
		d, err := w.S.Deadlines(ctx, w.League)
		registrytest.Check(t, err)
		if d.Open != 2 || d.Counts[level] != 1 || d.Counts[deadline.Wait] != 1 {
			t.Errorf("%s: counts %v", level, d.Counts)
		}
		if a, b, c := messages(w.Registrar), messages(w.Head), messages(w.League); a != registrar || b != head || c != league ||
			messages(second) != league {
			t.Errorf("%s: messages %d %d %d, want %d %d %d", level, a, b, c, registrar, head, league)
		}
	}
	step(3, deadline.Calm, 0, 0, 0)
	step(9, deadline.Half, 1, 0, 0) // 22 April: 8 of 15 working days gone
	step(6, deadline.Near, 2, 0, 0) // 28 April; the target is 1 May
	step(4, deadline.Target, 3, 1, 0)
	step(9, deadline.Legal, 4, 2, 1) // 11 May; the legal limit was 10 May
	other, err := w.S.Deadlines(ctx, w.OtherLeague)
	registrytest.Check(t, err)
	if other.Open != 0 {
		t.Errorf("another league sees %d", other.Open)
	}
	if _, err := w.S.Deadlines(ctx, w.Seller); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an applicant saw the desk's deadlines: %v", err)
	}
}
