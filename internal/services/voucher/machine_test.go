package voucher

import (
	"slices"
	"testing"

	"techmarket/internal/foundation/fault"
)

// The whole table, triple by triple; and where a line has an event of the rule, the rule comes to the same state.
func TestTheTableOfActsIsWalkedTripleByTriple(t *testing.T) {
	t.Parallel()
	acts := []Act{ActApply, ActRecall, ActGrant, ActDecline, ActUse, ActFinish, ActClaim, ActAsk, ActSupplement, ActApprove, ActPay, ActCancel,
		ActVoid, ActRepay, ActExpire}
	reached := map[Stage]bool{StageApplied: true}
	for _, from := range Stages() {
		for _, on := range acts {
			var lines []move
			for _, m := range moves() {
				if m.from == from && m.on == on {
					lines = append(lines, m)
					reached[m.to] = true
				}
			}
			if len(lines) > 1 {
				t.Errorf("%s %s has %d lines", from, on, len(lines))
			}
			for _, by := range []Side{Firm, Provider, Desk, Above, system, nobody} {
				_, refused := find(from, on, by)
				switch {
				case len(lines) == 1 && slices.Contains(lines[0].sides, by):
					if refused != nil {
						t.Errorf("%s %s %s is refused: %v", from, on, by, refused)
					}
				case len(lines) == 1:
					if !fault.HasCode(refused, "wrong_side") {
						t.Errorf("%s %s %s: %v", from, on, by, refused)
					}
				case !fault.HasCode(refused, WrongState):
					t.Errorf("%s %s %s: %v", from, on, by, refused)
				}
			}
			if len(lines) == 1 && lines[0].rule != "" {
				if to := ruledTo(from, lines[0].rule); to != lines[0].to {
					t.Errorf("%s %s: the table says %s, the rule %s", from, on, lines[0].to, to)
				}
			}
		}
	}
	if len(reached) != len(Stages()) {
		t.Errorf("stages that are reached: %v", reached)
	}
}

func ruledTo(from Stage, event string) Stage {
	p := Policy{LastDay: 1000, Limit: 1000, RateBP: 5000, Budget: 1000, ValidDays: 1000, Kinds: []string{"k"}, Providers: []string{"p"}}
	v := Voucher{ID: "1", State: from.state(), Amount: 400, Granted: 1}
	b := Books{Voucher: &v}
	switch {
	case from.state() == None:
		b.Voucher = nil
	case from == StageVoid:
		v.Paid, v.Owes = 400, 400
	}
	after, out := Step(p, b, Event{Event: event, On: 2, Voucher: "1", Firm: "f", Provider: "p", Kind: "k", Contract: 800, Paid: 800,
		Reason: true, Amount: 100})
	if out.Refusal != nil {
		return Stage(*out.Refusal)
	}
	return Stage(after.State)
}

func TestEveryRefusalOfTheRuleHasWords(t *testing.T) {
	t.Parallel()
	for _, code := range []string{DuplicateVoucher, OutsidePolicy, KindNotCovered, ProviderNotListed, RelatedParty, LimitUsedUp, OverBudget,
		UnknownVoucher, IsExpired, WrongState, NoReason, NothingOwed, OverRecovery} {
		if err := refusal(code); !fault.HasCode(err, code) || !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: %v", code, err)
		}
	}
}
