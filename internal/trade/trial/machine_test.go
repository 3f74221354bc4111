package trial

import (
	"slices"
	"testing"
	"time"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
)

// The whole table, triple by triple: a line lets its sides pass and no other; where no line stands, the state refuses.
func TestTheTableIsWalkedTripleByTriple(t *testing.T) {
	t.Parallel()
	stages := []Stage{Proposed, Agreed, Trialling, Confirming, Converting, Converted, Settled, Declined, Ended}
	events := []Event{EventPropose, EventAgree, EventDecline, EventStart, EventReport, EventAskExtend, EventExtend, EventTrigger, EventConfirm,
		EventSilence, EventDispute, EventStop, EventConvert, EventAddDue, EventPay, EventSettle, EventInsure}
	reached := map[Stage]bool{Proposed: true}
	for _, from := range stages {
		for _, on := range events {
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
			for _, side := range []Side{Supply, Company, system, nobody} {
				_, refused := find(from, on, side)
				switch {
				case len(lines) == 1 && slices.Contains(lines[0].sides, side):
					if refused != nil {
						t.Errorf("%s %s %s is refused: %v", from, on, side, refused)
					}
				case len(lines) == 1:
					if !fault.HasCode(refused, "wrong_side") {
						t.Errorf("%s %s %s: %v", from, on, side, refused)
					}
				case !fault.HasCode(refused, "wrong_state"):
					t.Errorf("%s %s %s: %v", from, on, side, refused)
				}
			}
		}
		if leaves := slices.ContainsFunc(moves(), func(m move) bool { return m.from == from }); leaves == from.Over() {
			t.Errorf("%s: over %t, leaves %t", from, from.Over(), leaves)
		}
	}
	if len(reached) != len(stages) {
		t.Errorf("stages that are reached: %v", reached)
	}
}

func TestReportsFallDueEverySoManyDaysAndOnTheLast(t *testing.T) {
	t.Parallel()
	day := func(s string) (d fact.Day) {
		if err := d.UnmarshalText([]byte(s)); err != nil {
			t.Fatal(err)
		}
		return d
	}
	if end := EndOf(day("2027-08-31"), 6); end != day("2028-02-29") {
		t.Errorf("six months from 31 August end on %s", end)
	}
	due := Terms{ReportDays: 30}.Reports(day("2027-03-01"), day("2027-05-01"))
	if want := []fact.Day{day("2027-03-31"), day("2027-04-30"), day("2027-05-01")}; !slices.Equal(due, want) {
		t.Errorf("due %v", due)
	}
}

func TestWait_NamesTheSideWhoseTurnItIs(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 2, 0, 0, 0, time.UTC)
	soon, later := now.AddDate(0, 0, 3), now.AddDate(0, 0, 40)
	for _, c := range []struct {
		name            string
		w               Waiting
		supply, company Event // "": nothing waits
	}{
		{"terms of the company", Waiting{Trial: Trial{State: Proposed, ProposedSide: Company}}, EventAgree, ""},
		{"terms of the unit", Waiting{Trial: Trial{State: Proposed, ProposedSide: Supply}}, "", EventAgree},
		{"agreed", Waiting{Trial: Trial{State: Agreed}}, EventStart, ""},
		{"a report soon", Waiting{Trial: Trial{State: Trialling}, ReportDue: &soon}, "", EventReport},
		{"a report later", Waiting{Trial: Trial{State: Trialling}, ReportDue: &later}, "", ""},
		{"an extension asked", Waiting{Trial: Trial{State: Trialling, AskedTo: &later}, ReportDue: &later}, EventExtend, ""},
		{"conversion", Waiting{Trial: Trial{State: Confirming, ConfirmBy: &soon}}, EventConfirm, ""},
		{"a payment soon", Waiting{Trial: Trial{State: Converted}, PaymentDue: &soon}, "", EventPay},
		{"all paid", Waiting{Trial: Trial{State: Converted}}, "", ""},
		{"the talk is open", Waiting{Trial: Trial{State: Converting}}, "", ""},
	} {
		for side, want := range map[Side]Event{Supply: c.supply, Company: c.company} {
			w := c.w
			if waits := w.wait(side, now); waits != (want != "") || w.On != want {
				t.Errorf("%s, %s: %t %q, want %q", c.name, side, waits, w.On, want)
			}
		}
	}
}
