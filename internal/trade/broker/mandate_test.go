package broker

import (
	"context"
	"strings"
	"testing"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
)

// TestEveryMandateStateEventAndSide walks all triples; what may happen is written out by hand.
func TestEveryMandateStateEventAndSide(t *testing.T) {
	t.Parallel()
	type key struct {
		state MandateState
		on    MandateEvent
		who   string
	}
	allowed := map[key]MandateState{
		{MandateAsked, GiveMandate, "client"}: MandateGiven, {MandateAsked, RefuseMandate, "client"}: MandateRefused,
		{MandateAsked, EndMandate, "broker"}: MandateEnded,
		{MandateGiven, EndMandate, "client"}: MandateEnded, {MandateGiven, EndMandate, "broker"}: MandateEnded,
	}
	w, ctx := newWorld(t), context.Background()
	client := actor.Actor{AccountID: 7, OrgID: 2, OrgState: actor.Confirmed, Roles: []actor.Role{actor.Member}}
	actors := map[string]actor.Actor{
		"client":      client,
		"broker":      who(1),
		"stranger":    {AccountID: 5, OrgID: 3, Roles: []actor.Role{actor.Member}},
		"otherBroker": who(2),
		"guest":       {},
	}
	events := []MandateEvent{GiveMandate, RefuseMandate, EndMandate}
	for _, state := range []MandateState{MandateAsked, MandateGiven, MandateRefused, MandateEnded} {
		for _, on := range events {
			for name, a := range actors {
				var id int64
				if err := w.db.QueryRow(ctx, `insert into broker_mandate (broker_account, broker_org, client_org, state, valid_to, asked_at)
					values (1, 1, 2, $1, '2026-12-31', $2) returning id`, state, w.now).Scan(&id); err != nil {
					t.Fatal(err)
				}
				got, err := w.DoMandate(ctx, a, MandateCommand{ID: id, Event: on, ValidTo: "2026-12-31"})
				want, ok := allowed[key{state, on, name}]
				_, otherSide := allowed[key{state, on, map[string]string{"client": "broker", "broker": "client"}[name]}]
				switch {
				case ok && (err != nil || got.State != want):
					t.Errorf("%s in %s by %s: %s, %v", on, state, name, got.State, err)
				case !ok && name != "client" && name != "broker" && !fault.HasCode(err, "mandate_not_found"):
					t.Errorf("%s in %s by %s: %v, want no such mandate", on, state, name, err)
				case !ok && (name == "client" || name == "broker") &&
					!fault.HasCode(err, map[bool]string{true: "wrong_side", false: "wrong_state"}[otherSide]):
					t.Errorf("%s in %s by %s: %v", on, state, name, err)
				}
				if _, err := w.db.Exec(ctx, `delete from broker_mandate`); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func TestAMandateHoldsFromTheAnswerToItsLastDay(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	client := actor.Actor{AccountID: 7, OrgID: 2, OrgState: actor.Confirmed, Roles: []actor.Role{actor.Member}}
	holds := func() bool {
		t.Helper()
		held, err := w.Holds(ctx, w.db, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		return held
	}
	m, err := w.AskMandate(ctx, who(1), 2, "为贵单位寻找成果")
	if err != nil || holds() {
		t.Fatalf("a request alone is no mandate: %v", err)
	}
	if _, err := w.AskMandate(ctx, who(1), 2, "再问一次可以吗"); !fault.HasCode(err, "mandate_open") {
		t.Errorf("asked twice: %v", err)
	}
	for _, bad := range []string{"", "2026-02-30", "2026-03-02", "2028-01-01"} { // today is 3 March in Shanghai
		if _, err := w.DoMandate(ctx, client, MandateCommand{ID: m.ID, Event: GiveMandate, ValidTo: bad}); !fault.Is(err, fault.Invalid) {
			t.Errorf("last day %q: %v", bad, err)
		}
	}
	if _, err := w.DoMandate(ctx, client, MandateCommand{ID: m.ID, Event: GiveMandate, ValidTo: "2026-03-04"}); err != nil || !holds() {
		t.Fatalf("given until tomorrow: %v", err)
	}
	w.now = w.now.AddDate(0, 0, 1)
	if !holds() {
		t.Error("the last day counts")
	}
	w.now = w.now.AddDate(0, 0, 1)
	if holds() {
		t.Error("the day after it does not")
	}
	if _, err := w.AskMandate(ctx, who(1), 2, "到期后再请求一次"); err != nil {
		t.Errorf("a mandate that ran out makes room: %v", err)
	}
}

func TestAskingForAMandateIsBounded(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), context.Background()
	if _, err := w.db.Exec(ctx, `with o as (insert into organisation (kind, name, division, state, created_at)
		select 'agency', '样例' || i, '150104', 'confirmed', now() from generate_series(1, 20) i returning id)
		insert into broker_mandate (broker_account, broker_org, client_org, state, asked_at) select 1, 1, id, 'asked', now()
		from o`); err != nil {
		t.Fatal(err)
	}
	if _, err := w.AskMandate(ctx, who(1), 2, "为贵单位寻找成果"); !fault.HasCode(err, "mandates_waiting") {
		t.Errorf("the twenty-first request: %v", err)
	}
	for name, ask := range map[string]struct {
		client int64
		note   string
	}{"an own client": {1, "为贵单位寻找成果"}, "no words": {2, " "}, "too many words": {2, strings.Repeat("字", 501)}} {
		if _, err := w.AskMandate(ctx, who(2), ask.client, ask.note); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.AskMandate(ctx, actor.Actor{AccountID: 3, OrgID: 1, OrgState: actor.Confirmed, Roles: []actor.Role{actor.Member}}, 2,
		"没有经纪人身份"); !fault.HasCode(
		err,
		"not_broker",
	) {
		t.Errorf("a member who is no broker: %v", err)
	}
}
