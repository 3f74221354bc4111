package trial

import (
	"slices"
	"testing"

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
