package rights

import (
	"context"
	"errors"
	"testing"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
)

func (w *world) grantDraw(kind GrantKind) GrantDraw {
	d := GrantDraw{Kind: kind, Terms: "样例：收益按份额分配，许可须双方同意。", Clear: true, Free: true, Holders: []Holder{
		{Name: "样例大学", OrgID: w.admin.OrgID, ShareBP: 2000, Basis: BasisService},
		{Name: w.li.Name, AccountID: w.li.AccountID, ShareBP: 6001, Basis: BasisGrant},
		{Name: "外聘样例", ShareBP: 1999, Basis: BasisGrant}}}
	if kind == Licence {
		d.Years = 10
	}
	return d
}

func (w *world) granted(t testing.TB, kind GrantKind) int64 {
	t.Helper()
	id, err := w.CreateGrant(t.Context(), w.clerk, w.listing, w.grantDraw(kind))
	check(t, err)
	return id
}

func (w *world) step(t testing.TB, who actor.Actor, id int64, on Event) Grant {
	t.Helper()
	g, err := w.DoGrant(context.Background(), who, GrantCommand{Grant: id, Event: on, Reason: "样例文件二〇二六第一号", Holder: 3})
	check(t, err)
	return g
}

func TestAGrantNeedsEveryHolderTheNoticeAndTheProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.granted(t, Ownership)
	fails := func(who actor.Actor, on Event, code string) {
		t.Helper()
		_, err := w.DoGrant(t.Context(), who, GrantCommand{Grant: id, Event: on, Reason: "样例文件二〇二六第一号", Holder: 1})
		refused(t, err, code)
	}
	w.step(t, w.clerk, id, EventSubmit)
	fails(w.zhao, EventConsent, "grant_not_found")
	fails(w.stranger, EventConsent, "grant_not_found")
	fails(w.clerk, EventConsent, "wrong_role")
	fails(w.clerk, EventPaper, "own_consent") // the unit consents through its administrator, not on paper
	waits := func(who actor.Actor, want int) {
		t.Helper()
		if list, err := w.Consents(t.Context(), who); err != nil || len(list) != want {
			t.Errorf("%s: %d grants wait, want %d; %v", who.Name, len(list), want, err)
		}
	}
	waits(w.li, 1)
	waits(w.admin, 1) // for the unit
	waits(w.clerk, 0)
	w.step(t, w.li, id, EventConsent)
	waits(w.li, 0)
	w.step(t, w.clerk, id, EventPaper)
	if g := w.step(t, w.admin, id, EventConsent); g.State != GrantChecking {
		t.Fatalf("after all consents: %s", g.State)
	}
	fails(w.clerk, EventCheck, "wrong_role")
	w.step(t, w.admin, id, EventCheck)
	fails(w.admin, EventApprove, "notice_not_passed") // the notice guards the grant
	w.past(t)
	if g := w.step(t, w.admin, id, EventApprove); g.State != GrantApproved || g.Decision == "" {
		t.Fatalf("approved: %+v", g)
	}
	w.step(t, w.admin, id, EventAgree)
	if g := w.step(t, w.admin, id, EventRegister); g.State != GrantActive {
		t.Fatalf("registered: %+v", g)
	}
	// The next one of the same achievement takes its place when it becomes active.
	next := w.granted(t, Joint)
	_, err := w.CreateGrant(t.Context(), w.clerk, w.listing, w.grantDraw(Joint))
	refused(t, err, "already_pending")
	for _, s := range []struct {
		who actor.Actor
		on  Event
	}{{w.clerk, EventSubmit}, {w.li, EventConsent}, {w.clerk, EventPaper}, {w.boss, EventConsent}} {
		w.step(t, s.who, next, s.on)
	}
	first, err := w.ReadGrant(t.Context(), w.admin, id)
	check(t, err)
	second, err := w.ReadGrant(t.Context(), w.li, next)
	check(t, err)
	if first.Grant.State != GrantEnded || second.Grant.State != GrantActive || second.Holders[2].Consent == "" {
		t.Errorf("%s and %s", first.Grant.State, second.Grant.State)
	}
}

func TestARefusalTakesAllConsentsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.granted(t, Licence)
	w.step(t, w.clerk, id, EventSubmit)
	w.step(t, w.admin, id, EventConsent)
	w.step(t, w.li, id, EventRefuse)
	v, err := w.ReadGrant(t.Context(), w.clerk, id)
	check(t, err)
	if v.Grant.State != GrantDraft || v.Holders[0].ConsentedAt != nil {
		t.Errorf("%+v", v)
	}
	d := w.grantDraw(Licence)
	d.Holders[1].ShareBP++
	err = w.SaveGrant(t.Context(), w.clerk, id, v.Grant.Version, d)
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Fields[0].Path != "holders.0.share" || f.Fields[0].Code != "sum" {
		t.Errorf("100.01 %%: %v", err)
	}
	d.Holders[1].ShareBP--
	refused(t, w.SaveGrant(t.Context(), w.clerk, id, v.Grant.Version-1, d), "stale_version")
	check(t, w.SaveGrant(t.Context(), w.clerk, id, v.Grant.Version, d))
}

func TestWhoGetsAShareDoesNotDecideAboutIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.grantDraw(Ownership)
	d.Holders[1].AccountID, d.Holders[1].Name = w.boss.AccountID, w.boss.Name
	d.Holders[2].AccountID = w.li.AccountID
	id, err := w.CreateGrant(t.Context(), w.clerk, w.listing, d)
	check(t, err)
	w.step(t, w.clerk, id, EventSubmit)
	w.step(t, w.boss, id, EventConsent)
	w.step(t, w.li, id, EventConsent)
	_, err = w.DoGrant(t.Context(), w.boss, GrantCommand{Grant: id, Event: EventCheck, Reason: "样例审查意见"})
	refused(t, err, "own_interest")
	w.step(t, w.admin, id, EventCheck)
	w.past(t)
	_, err = w.DoGrant(t.Context(), w.boss, GrantCommand{Grant: id, Event: EventApprove, Reason: "样例决定"})
	refused(t, err, "own_interest")
	w.step(t, w.admin, id, EventApprove)
}

func TestAGrantNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		change func(*GrantDraw)
		path   string
	}{
		"99.99 %":                      {func(d *GrantDraw) { d.Holders[0].ShareBP-- }, "holders.0.share"},
		"nine years":                   {func(d *GrantDraw) { d.Kind, d.Years = Licence, 9 }, "years"},
		"years of an ownership":        {func(d *GrantDraw) { d.Years = 10 }, "years"},
		"secret":                       {func(d *GrantDraw) { d.Clear = false }, "clear"},
		"an exclusive licence runs":    {func(d *GrantDraw) { d.Free = false }, "free"},
		"no basis":                     {func(d *GrantDraw) { d.Holders[2].Basis = "" }, "holders.2.basis"},
		"nobody":                       {func(d *GrantDraw) { d.Holders = nil }, "holders.0.name"},
		"who holds now needs no check": {func(d *GrantDraw) { d.Kind, d.Clear, d.Free = Joint, false, false }, ""},
	} {
		d := w.grantDraw(Ownership)
		c.change(&d)
		got := ""
		if f, ok := errors.AsType[*fault.Error](d.check()); ok {
			got = f.Fields[0].Path
		}
		if got != c.path {
			t.Errorf("%s: got %q", name, got)
		}
	}
}
