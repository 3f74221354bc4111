package event

import (
	"slices"
	"testing"

	"techmarket/internal/foundation/fault"
)

// The four tables, triple by triple: a line lets its sides pass and no others; where no line stands, the state refuses; every state is
// reached.
func TestTheTablesAreWalkedTripleByTriple(t *testing.T) {
	t.Parallel()
	t.Run("event", func(t *testing.T) { walk(t, moves(), Stages(), Draft) })
	t.Run("sign-up", func(t *testing.T) { walk(t, signMoves(), SignStages(), SignAsked) })
	t.Run("wish", func(t *testing.T) { walk(t, wishMoves(), WishStages(), WishAsked) })
	t.Run("task", func(t *testing.T) { walk(t, taskMoves(), TaskStages(), TaskOpen) })
}

func walk[S ~string](t *testing.T, table []move[S], stages []S, first S) {
	t.Helper()
	reached := map[S]bool{first: true}
	for _, from := range stages {
		for _, on := range append(Acts(), actCreate) {
			var lines []move[S]
			for _, m := range table {
				if m.from == from && m.on == on {
					lines = append(lines, m)
					reached[m.to] = true
				}
			}
			if len(lines) > 1 {
				t.Errorf("%s %s has %d lines", from, on, len(lines))
			}
			for _, by := range Sides() {
				m, refused := find(table, from, on, by)
				switch {
				case len(lines) == 1 && slices.Contains(lines[0].sides, by):
					if refused != nil || m.to != lines[0].to {
						t.Errorf("%s %s %s: to %s, %v", from, on, by, m.to, refused)
					}
				case len(lines) == 1:
					if !fault.HasCode(refused, "wrong_side") {
						t.Errorf("%s %s %s: %v", from, on, by, refused)
					}
				case !fault.HasCode(refused, "wrong_state"):
					t.Errorf("%s %s %s: %v", from, on, by, refused)
				}
			}
		}
	}
	if len(reached) != len(stages) {
		t.Errorf("stages that are reached: %v", reached)
	}
}
