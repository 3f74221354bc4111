package voucher_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/services/voucher"
)

// The reference's first case: 160,000 → 80,000; then 60,000 → only the 20,000 that are left of the firm's year. And to the end: the claim
// lowers it, it is paid, the contract falls, the money comes back; replay comes to the same account.
func TestVoucher_FromApplicationToRecoveryAndTheSameByReplay(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t)
	c := w.claimed(t, 160_000, 150_000)
	if c.Amount != 75_000*money.Yuan || c.State != voucher.StageClaimed {
		t.Fatalf("claimed: %s %s", c.State, c.Amount)
	}
	second := w.apply(t, w.firm, 60_000)
	v, err := w.Read(ctx, w.desk, second)
	must(t, err)
	if v.Would == nil || *v.Would != 25_000*money.Yuan { // the claim gave 5,000 of the year back
		t.Errorf("foreseen: %v %s", v.Would, v.Hinders)
	}
	if got := w.do(t, w.desk, voucher.Command{Voucher: second, Act: voucher.ActGrant}); got.Amount != 25_000*money.Yuan {
		t.Errorf("second: %s", got.Amount)
	}
	if _, err := w.Apply(ctx, w.firm, w.application(10_000)); !fault.HasCode(err, "limit_used_up") {
		t.Errorf("a third: %v", err)
	}
	w.do(t, w.desk, voucher.Command{Voucher: c.ID, Act: voucher.ActAsk, Reason: "请补充检测报告"})
	if _, err := w.Do(ctx, w.provider, voucher.Command{Voucher: c.ID, Act: voucher.ActSupplement}); !fault.Is(err, fault.Invalid) {
		t.Errorf("supplement without papers: %v", err)
	}
	w.do(t, w.provider, voucher.Command{Voucher: c.ID, Act: voucher.ActSupplement,
		Files: []voucher.Attached{w.file(t, w.provider, voucher.FileOther)}})
	w.do(t, w.desk, voucher.Command{Voucher: c.ID, Act: voucher.ActApprove})
	w.do(t, w.desk, voucher.Command{Voucher: c.ID, Act: voucher.ActPay, Reason: "样例拨款 1 号"})
	c = w.do(t, w.firm, voucher.Command{Voucher: c.ID, Act: voucher.ActCancel, Reason: "合同解除"})
	if c.State != voucher.StageVoid || c.Owes != 75_000*money.Yuan {
		t.Errorf("cancelled: %s owes %s", c.State, c.Owes)
	}
	if _, err := w.Do(ctx, w.desk, voucher.Command{Voucher: c.ID, Act: voucher.ActRepay, Reason: "样例回单",
		Amount: 80_000 * money.Yuan}); !fault.HasCode(err,
		"over_recovery") {
		t.Errorf("too much came back: %v", err)
	}
	w.do(t, w.desk, voucher.Command{Voucher: c.ID, Act: voucher.ActRepay, Reason: "样例回单", Amount: 70_000 * money.Yuan})

	x, err := w.ReadScheme(ctx, w.scheme)
	must(t, err)
	if x.Left() != 1_000_000*money.Yuan-30_000*money.Yuan || x.Issued != 2 {
		t.Errorf("left %s, issued %d", x.Left(), x.Issued)
	}
	facts, err := w.Replay(ctx, w.desk, w.scheme)
	must(t, err)
	a := voucher.Balance(facts)
	if a.BudgetLeft != x.Left() || slices.ContainsFunc(a.Events, func(o voucher.Outcome) bool { return o.Refusal != nil }) {
		t.Errorf("replayed: left %s, %+v", a.BudgetLeft, a.Events)
	}
	if _, err := w.Replay(ctx, w.baotou, w.scheme); !fault.Is(err, fault.NotFound) {
		t.Errorf("another league replays: %v", err)
	}
}

// Two requests for the last money at once: the budget of 15,000 has room for one of 10,000; the other is refused by name.
func TestBudget_OfTwoAtOnceOneIsRefusedByName(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t)
	d := w.draw()
	d.Budget = 15_000 * money.Yuan
	var err error
	w.scheme, err = w.CreateScheme(ctx, w.desk, d)
	must(t, err)
	ids := []int64{w.apply(t, w.firm, 20_000), w.apply(t, w.other, 20_000)}
	for range 6 { // more rivals than the pool has to spare: who waits must not keep the winner from finishing
		id, err := w.Apply(ctx, w.other, voucher.Application{Scheme: w.scheme, Entry: w.listed(t, "样例检测", "testing"), Need: "样例送检样品",
			Contract: 20_000 * money.Yuan, Voluntary: true})
		must(t, err)
		ids = append(ids, id)
	}
	start, done := make(chan struct{}), make(chan error, len(ids))
	for _, id := range ids {
		go func() {
			<-start
			_, err := w.Do(context.WithoutCancel(ctx), w.desk, voucher.Command{Voucher: id, Act: voucher.ActGrant})
			done <- err
		}()
	}
	close(start)
	granted, refused := 0, 0
	for range ids {
		switch err := <-done; {
		case err == nil:
			granted++
		case fault.HasCode(err, "over_budget"):
			refused++
		default:
			t.Errorf("neither: %v", err)
		}
	}
	x, err := w.ReadScheme(ctx, w.scheme)
	must(t, err)
	if granted != 1 || refused != len(ids)-1 || x.Held != 10_000*money.Yuan {
		t.Errorf("granted %d, refused %d, held %s", granted, refused, x.Held)
	}
	// More money, and the next can be granted; the table itself refuses what the program would let pass.
	must(t, w.AddBudget(ctx, w.desk, w.scheme, x.Version, 5_000*money.Yuan, "样例追加"))
	if _, err := w.db.Exec(ctx, `update voucher_scheme set held_fen = budget_fen + 1 where id = $1`, w.scheme); err == nil {
		t.Error("the table held more than the budget")
	}
}

func TestExpiry_GivesBackWhetherTheClockCameOrNot(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t)
	id := w.apply(t, w.firm, 160_000)
	c := w.do(t, w.desk, voucher.Command{Voucher: id, Act: voucher.ActGrant})
	last := c.DueOn.AddDate(0, 0, 1).Add(-9 * 60 * 60 * 1e9) // 23:00 here on the last day is 15:00 of it in UTC
	w.now = last
	v, err := w.Read(ctx, w.firm, id)
	must(t, err)
	if v.Case.State != voucher.StageGranted {
		t.Fatalf("on its last day: %s", v.Case.State)
	}
	w.now = last.Add(2 * 60 * 60 * 1e9)
	if v, err = w.Read(ctx, w.firm, id); err != nil || v.Case.State != voucher.StageExpired {
		t.Errorf("after midnight: %s %v", v.Case.State, err)
	}
	if _, err := w.Do(ctx, w.firm, voucher.Command{Voucher: id, Act: voucher.ActUse, Number: "样例-1",
		Files: []voucher.Attached{w.file(t, w.firm, voucher.FileContract)}}); !fault.HasCode(err, "expired") {
		t.Errorf("used after its time: %v", err)
	}
	// The year is free again before the clock came round.
	second := w.apply(t, w.firm, 200_000)
	if got := w.do(t, w.desk, voucher.Command{Voucher: second, Act: voucher.ActGrant}); got.Amount != 100_000*money.Yuan {
		t.Errorf("granted %s", got.Amount)
	}
	if n, err := w.Tick(ctx); err != nil || n != 0 {
		t.Errorf("the clock found %d more: %v", n, err)
	}
	facts, err := w.Replay(ctx, w.region, w.scheme)
	must(t, err)
	x, err := w.ReadScheme(ctx, w.scheme)
	must(t, err)
	if a := voucher.Balance(facts); a.BudgetLeft != x.Left() {
		t.Errorf("replayed %s, stored %s", a.BudgetLeft, x.Left())
	}
}

func TestScope_OnlyItsSidesSeeAVoucher(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t)
	id := w.apply(t, w.firm, 160_000)
	sees := func(stage string, want map[string]bool) {
		t.Helper()
		for name, who := range map[string]actor.Actor{"firm": w.firm, "other": w.other, "provider": w.provider, "desk": w.desk,
			"baotou": w.baotou, "region": w.region} {
			_, err := w.Read(ctx, who, id)
			if err != nil && !fault.Is(err, fault.NotFound) || (err == nil) != want[name] {
				t.Errorf("%s, %s: %v", stage, name, err)
			}
			list, err := w.List(ctx, who, voucher.Filter{Limit: 10})
			if err != nil || (len(list) == 1) != want[name] {
				t.Errorf("%s, list of %s: %d %v", stage, name, len(list), err)
			}
		}
	}
	sees("applied", map[string]bool{"firm": true, "desk": true, "region": true})
	if _, err := w.Do(ctx, w.region, voucher.Command{Voucher: id, Act: voucher.ActGrant}); !fault.HasCode(err, "wrong_side") {
		t.Errorf("the region grants what a league issues: %v", err)
	}
	w.do(t, w.desk, voucher.Command{Voucher: id, Act: voucher.ActGrant})
	sees("granted", map[string]bool{"firm": true, "desk": true, "region": true, "provider": true})
	if _, err := w.Read(ctx, actor.Guest(), id); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("a guest: %v", err)
	}
	if _, err := w.Do(ctx, w.provider, voucher.Command{Voucher: id, Act: voucher.ActUse}); !fault.HasCode(err, "wrong_side") {
		t.Errorf("the provider uses it: %v", err)
	}
	if _, err := w.Do(ctx, w.firm, voucher.Command{Voucher: id, Act: voucher.ActUse, Number: "样例-1",
		Files: []voucher.Attached{w.file(t, w.other, voucher.FileContract)}}); err == nil {
		t.Error("another unit's file was attached")
	}
}

func TestBadInput_NamesTheFieldAndTheMend(t *testing.T) {
	t.Parallel()
	ctx, w := t.Context(), newWorld(t)
	fields := func(err error) (out []string) {
		var f *fault.Error
		if errors.As(err, &f) {
			for _, x := range f.Fields {
				out = append(out, x.Path)
			}
		}
		return out
	}
	_, err := w.Apply(ctx, w.firm, voucher.Application{Scheme: w.scheme})
	if got := fields(err); !slices.Equal(got, strings.Fields("entry contract need voluntary")) {
		t.Errorf("an empty application: %v", got)
	}
	_, err = w.CreateScheme(ctx, w.desk, voucher.Draw{})
	if got := len(fields(err)); got != 10 {
		t.Errorf("an empty scheme: %d %v", got, fields(err))
	}
	for code, mend := range map[string]func(*voucher.Application, *actor.Actor){
		"kind_not_covered":    func(a *voucher.Application, _ *actor.Actor) { a.Entry = w.design },
		"provider_not_listed": func(a *voucher.Application, _ *actor.Actor) { a.Entry = 999_999 },
		"related_party":       func(a *voucher.Application, _ *actor.Actor) { a.Related = true },
		"outside_area":        func(_ *voucher.Application, who *actor.Actor) { *who = w.far },
		"firms_only":          func(_ *voucher.Application, who *actor.Actor) { *who = w.provider },
	} {
		a, who := w.application(10_000), w.firm
		mend(&a, &who)
		if _, err := w.Apply(ctx, who, a); !fault.HasCode(err, code) {
			t.Errorf("want %s: %v", code, err)
		}
	}
	id := w.apply(t, w.firm, 10_000)
	if _, err := w.Apply(ctx, w.firm, w.application(10_000)); !fault.HasCode(err, "already_applied") {
		t.Errorf("twice: %v", err)
	}
	w.do(t, w.desk, voucher.Command{Voucher: id, Act: voucher.ActGrant})
	_, err = w.Do(ctx, w.firm, voucher.Command{Voucher: id, Act: voucher.ActUse})
	if got := fields(err); !slices.Equal(got, strings.Fields("number contract")) {
		t.Errorf("used with nothing: %v", got)
	}
}
