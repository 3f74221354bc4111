package disclosure

import (
	"testing"

	"techmarket/internal/foundation/fault"
)

// The whole table, triple by triple: a line lets its role pass and no other; where no line stands, the state refuses.
func TestTheTableIsWalkedTripleByTriple(t *testing.T) {
	t.Parallel()
	stages := []Stage{Requested, Offered, Active, Declined, Revoked, Expired, Closed}
	reached := map[Stage]bool{Requested: true}
	for _, from := range stages {
		leaves := false
		for _, on := range []Event{EventOffer, EventRefuse, EventAccept, EventDecline, EventAdmit, EventRevoke, EventExpire, EventClose} {
			var lines []move
			for _, m := range moves() {
				if m.from == from && m.on == on {
					lines = append(lines, m)
					reached[m.to], leaves = true, true
				}
			}
			if len(lines) > 1 {
				t.Errorf("%s %s has %d lines", from, on, len(lines))
			}
			for _, role := range []Role{RoleOwner, RoleReader, roleSystem, ""} {
				_, refused := find(from, on, role)
				switch {
				case len(lines) == 1 && lines[0].role == role:
					if refused != nil {
						t.Errorf("%s %s %s is refused: %v", from, on, role, refused)
					}
				case len(lines) == 1:
					if !fault.HasCode(refused, "wrong_role") {
						t.Errorf("%s %s %s: %v", from, on, role, refused)
					}
				case !fault.HasCode(refused, "wrong_state"):
					t.Errorf("%s %s %s: %v", from, on, role, refused)
				}
			}
		}
		if leaves == from.Over() {
			t.Errorf("%s: over %t, leaves %t", from, from.Over(), leaves)
		}
	}
	if len(reached) != len(stages) {
		t.Errorf("stages that are reached: %v", reached)
	}
}
