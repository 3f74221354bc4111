package challenge

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"techmarket/internal/foundation/fault"
)

func stages() []Stage {
	return []Stage{Draft, InReview, Approved, Opened, Opening, Screening, Reviewing, Noticing, Contracting, Running, Completed, Settled,
		Terminated, Breached, Void, Withdrawn}
}

func events() []Event {
	return []Event{EventSubmit, EventReturn, EventApprove, EventTakeKey, EventPublish, EventAmend, EventWithdraw, EventClose, EventUnseal,
		EventGiveUp, EventScreen, EventSingle, EventExtend, EventReview, EventReplace, EventDecide, EventConfirm, EventNoneFit, EventNoticed,
		EventNoticeOff, EventSign, EventDecline, EventLapse, EventMeasure, EventPostpone, EventPay, EventAccept, EventTerminate, EventBreach,
		EventSettle}
}

// The whole table, triple by triple: a line lets its roles pass and no other; where no line stands, the state refuses.
func TestTheTableIsWalkedTripleByTriple(t *testing.T) {
	t.Parallel()
	roles := []string{RoleAsker, RoleAdmin, RoleDesk, RoleTaker, RoleSystem}
	for _, from := range stages() {
		for _, on := range events() {
			var lines []move
			for _, m := range moves() {
				if m.from == from && m.on == on {
					lines = append(lines, m)
				}
			}
			if len(lines) > 1 {
				t.Errorf("%s %s has %d lines", from, on, len(lines))
			}
			for _, role := range roles {
				m, refused := find(from, on, []string{role})
				switch {
				case len(lines) == 1 && lines[0].by([]string{role}):
					if refused != nil || m.to == "" {
						t.Errorf("%s %s %s is refused: %v", from, on, role, refused)
					}
				case len(lines) == 1:
					if !fault.HasCode(refused, "wrong_role") {
						t.Errorf("%s %s %s: %v", from, on, role, refused)
					}
				case from == Opened && on == EventUnseal:
					if refused != errSealed {
						t.Errorf("%s %s %s: %v", from, on, role, refused)
					}
				case !fault.HasCode(refused, "wrong_state"):
					t.Errorf("%s %s %s: %v", from, on, role, refused)
				}
			}
		}
	}
}

func TestEveryStageIsReachedAndEveryEndIsAnEnd(t *testing.T) {
	t.Parallel()
	reached := map[Stage]bool{Draft: true}
	for range stages() {
		for _, m := range moves() {
			for to := range strings.FieldsSeq(m.to) {
				reached[Stage(to)] = reached[Stage(to)] || reached[m.from]
			}
			if !slices.Contains(events(), m.on) {
				t.Errorf("%s is no event", m.on)
			}
		}
	}
	for _, s := range stages() {
		if !reached[s] {
			t.Errorf("%s is never reached", s)
		}
		leaves := slices.ContainsFunc(moves(), func(m move) bool { return m.from == s })
		if leaves == (Challenge{State: s}).Over() {
			t.Errorf("%s: over %t, leaves %t", s, !leaves, leaves)
		}
	}
}

func TestAnApplicationMovesByItsTableAlone(t *testing.T) {
	t.Parallel()
	states := []AppState{"", AppSealed, AppWithdrawn, AppOpened, AppBroken, AppEligible, AppIneligible, AppChosen, AppReserve, AppNotChosen,
		AppContracted, AppDeclined, AppEliminated, AppAccepted, AppEnded}
	n := 0
	for _, m := range appMoves() {
		n += len(m.from) * len(m.to)
	}
	allowed := 0
	for _, from := range states {
		for _, on := range append(events(), eventFile, eventTakeBack) {
			for _, to := range states {
				if mayBecome(from, on, to) {
					allowed++
				}
			}
		}
	}
	if allowed != n {
		t.Errorf("%d triples allowed, the table has %d", allowed, n)
	}
	for _, end := range []AppState{AppBroken, AppIneligible, AppDeclined, AppEliminated, AppAccepted, AppEnded} {
		if slices.ContainsFunc(appMoves(), func(m appMove) bool { return slices.Contains(m.from, end) }) {
			t.Errorf("%s goes on", end)
		}
	}
}

func TestRankingIsTheMeanThenTechnicalThenMoneyThenArrival(t *testing.T) {
	t.Parallel()
	criteria := []Criterion{{"技术", 60}, {"团队", 40}}
	same := [][]int{{80, 80}, {80, 80}, {80, 80}, {80, 80}, {80, 80}}
	for name, c := range map[string]struct {
		all   []Scored
		order string
		top   int64
	}{
		"higher mean":      {[]Scored{{1, 5, 0, [][]int{{70, 70}}}, {2, 9, 1, [][]int{{71, 70}}}}, "[2 1]", 7060},
		"higher technical": {[]Scored{{1, 5, 0, [][]int{{70, 85}}}, {2, 9, 1, [][]int{{80, 70}}}}, "[2 1]", 7600},
		"lower money":      {[]Scored{{1, 9, 0, same}, {2, 5, 1, same}}, "[2 1]", 8000},
		"earlier":          {[]Scored{{2, 5, 0, same}, {1, 5, 1, same}}, "[2 1]", 8000},
		"of seven the highest and the lowest go": {
			[]Scored{{1, 1, 0, [][]int{{0, 0}, {50, 50}, {50, 50}, {50, 50}, {50, 50}, {50, 50}, {100, 100}}}}, "[1]", 5000},
		"of six they stay": {[]Scored{{1, 1, 0, [][]int{{0, 0}, {50, 50}, {50, 50}, {50, 50}, {50, 50}, {50, 50}}}}, "[1]", 4167},
	} {
		var order []int64
		ranking := Rank(criteria, 60, c.all)
		for _, r := range ranking {
			order = append(order, r.Application)
		}
		if fmt.Sprint(order) != c.order || ranking[0].Score != c.top || ranking[0].Passed != (c.top >= 6000) {
			t.Errorf("%s: %v %+v", name, order, ranking[0])
		}
	}
}
