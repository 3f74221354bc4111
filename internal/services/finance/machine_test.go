package finance

import (
	"testing"

	"techmarket/internal/foundation/fault"
)

// The whole table, triple by triple: a line lets its side pass and no other; where no line stands, the state refuses.
func TestTheTableIsWalkedTripleByTriple(t *testing.T) {
	t.Parallel()
	reached := map[Stage]bool{Asked: true}
	for _, from := range Stages() {
		for _, on := range append(Events(), EventAsk, EventLook) {
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
			for _, side := range []Side{Firm, Bank, nobody} {
				_, refused := find(from, on, side)
				switch {
				case len(lines) == 1 && lines[0].side == side:
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
	}
	if len(reached) != len(Stages()) {
		t.Errorf("stages that are reached: %v", reached)
	}
}
