package rights

import (
	"slices"
	"strings"
	"testing"

	"techmarket/internal/foundation/fault"
)

func allEvents() []Event {
	return []Event{
		EventSubmit,
		EventNoticed,
		EventNoticeOff,
		EventBook,
		EventCorrect,
		EventPay,
		EventTakeBack,
		EventClose,
		EventWithdraw,
		EventConsent,
		EventPaper,
		EventRefuse,
		EventCheck,
		EventReturn,
		EventApprove,
		EventAgree,
		EventRegister,
		EventEnd,
	}
}

// Both tables, triple by triple: a line lets its role pass and no other; where no line stands, the state refuses.
func TestTheTablesAreWalkedTripleByTriple(t *testing.T) {
	t.Parallel()
	plans := map[string]bool{string(Draft): true}
	for _, from := range []Stage{Draft, Noticing, Active, Closed, Withdrawn} {
		for _, on := range allEvents() {
			var lines []move[Stage]
			for _, m := range moves() {
				if m.from == from && m.on == on {
					lines = append(lines, m)
					plans[m.to] = true
				}
			}
			for _, role := range []string{RoleUnit, RoleAdmin, RoleSystem, RoleHolder} {
				m, refused := find(moves(), from, on, []string{role})
				unpaid := on == EventPay && (from == Draft || from == Noticing)
				walk(t, string(from), on, role, len(lines), len(lines) == 1 && lines[0].role == role, m.to != "", unpaid, refused)
			}
		}
	}
	if len(plans) != 5 {
		t.Errorf("stages that are reached: %v", plans)
	}
	grants := map[GrantStage]bool{GrantDraft: true}
	stages := []GrantStage{
		GrantDraft,
		GrantConsenting,
		GrantChecking,
		GrantNoticing,
		GrantApproved,
		GrantAgreed,
		GrantActive,
		GrantEnded,
		GrantWithdrawn,
	}
	for _, from := range stages {
		for _, on := range allEvents() {
			var lines []move[GrantStage]
			for _, m := range grantMoves() {
				if m.from == from && m.on == on {
					lines = append(lines, m)
					for to := range strings.FieldsSeq(m.to) {
						grants[GrantStage(to)] = true
					}
				}
			}
			for _, role := range []string{RoleUnit, RoleAdmin, RoleSystem, RoleHolder} {
				m, refused := find(grantMoves(), from, on, []string{role})
				walk(t, string(from), on, role, len(lines), len(lines) == 1 && lines[0].role == role, m.to != "", false, refused)
			}
		}
	}
	if len(grants) != len(stages) {
		t.Errorf("stages of a grant that are reached: %v", grants)
	}
	for _, end := range []GrantStage{GrantEnded, GrantWithdrawn} {
		if slices.ContainsFunc(grantMoves(), func(m move[GrantStage]) bool { return m.from == end }) {
			t.Errorf("%s goes on", end)
		}
	}
}

func walk(t *testing.T, from string, on Event, role string, lines int, passes, leads, unpaid bool, refused *fault.Error) {
	t.Helper()
	switch {
	case lines > 1:
		t.Errorf("%s %s has %d lines", from, on, lines)
	case passes:
		if refused != nil || !leads {
			t.Errorf("%s %s %s is refused: %v", from, on, role, refused)
		}
	case lines == 1:
		if !fault.HasCode(refused, "wrong_role") {
			t.Errorf("%s %s %s: %v", from, on, role, refused)
		}
	case unpaid:
		if !fault.HasCode(refused, "notice_not_passed") {
			t.Errorf("%s %s %s: %v", from, on, role, refused)
		}
	case !fault.HasCode(refused, "wrong_state"):
		t.Errorf("%s %s %s: %v", from, on, role, refused)
	}
}
