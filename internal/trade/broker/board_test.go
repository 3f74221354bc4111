package broker

import (
	"testing"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/trade/deal"
)

// Each stage follows from what happened; T24: a contract of the two without the broker inside the term is a fact to check.
func TestPlace_FollowsFromWhatHappened(t *testing.T) {
	t.Parallel()
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 4, 0, 0, 0, time.UTC) }
	at := func(s deal.State) deal.Deal {
		answered := day(3, 2)
		d := deal.Deal{State: s, CreatedAt: day(3, 1), AnsweredAt: &answered, UpdatedAt: day(3, 10)}
		if s == deal.Interested {
			d.AnsweredAt = nil
		}
		return d
	}
	declined := at(deal.Declined)
	declined.DeclineCode = "solved"
	direct := func(when time.Time) []Made { return []Made{{Registered: true, MadeAt: when, MovedAt: when}} }
	for _, c := range []struct {
		name    string
		d       deal.Deal
		made    []Made
		stage   Stage
		on      bool
		follow  string
		checked string
	}{
		{"introduced", at(deal.Interested), nil, Introduced, true, "2026-03-24", ""},
		{"talking", at(deal.Talking), nil, Talking, true, "2026-03-24", ""},
		{"agreed", at(deal.Agreed), nil, Agreed, true, "2026-03-24", ""},
		{"contract", at(deal.Agreed), []Made{{Own: true, MadeAt: day(3, 20), MovedAt: day(3, 20)}}, Contracted, true, "2026-04-03", ""},
		{"registered", at(deal.Agreed), []Made{{Own: true, Registered: true, MovedAt: day(4, 1)}}, Registered, true, "", ""},
		{"ended", at(deal.Ended), nil, "", false, "", ""},
		{"ended, then directly", at(deal.Ended), direct(day(7, 15)), "", true, "", "2026-07-15"},
		{"talking, then directly", at(deal.Talking), direct(day(7, 15)), Talking, true, "2026-03-24", "2026-07-15"},
		{"before the introduction", at(deal.Ended), direct(day(2, 28)), "", false, "", ""},
		{"after the term", at(deal.Ended), direct(day(3, 11).AddDate(1, 0, 0)), "", false, "", ""},
		{"never accepted", declined, direct(day(7, 15)), "", false, "", ""},
		{"a draft of theirs", at(deal.Ended), []Made{{MadeAt: day(7, 15)}}, "", false, "", ""},
	} {
		got, on := place(c.d, c.made, day(8, 1))
		if got.Stage != c.stage || on != c.on || got.FollowUpOn != c.follow || got.CheckedOn != c.checked {
			t.Errorf("%s: %q %v, follow %q, check %q", c.name, got.Stage, on, got.FollowUpOn, got.CheckedOn)
		}
	}
}

func TestBoard_IsForBrokersOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.Board(t.Context(), actor.Actor{}); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("a guest: %v", err)
	}
	member := actor.Actor{AccountID: 7, OrgID: 2, OrgState: actor.Confirmed, Roles: []actor.Role{actor.Member}}
	if _, err := w.Board(t.Context(), member); !fault.HasCode(err, "not_broker") {
		t.Errorf("a member: %v", err)
	}
	for account, want := range map[int64]int{1: 2, 7: 0} { // the world has two talks of broker 1
		got, err := w.Board(t.Context(), who(account))
		if err != nil || len(got) != want {
			t.Errorf("broker %d: %d introductions, %v", account, len(got), err)
		}
		for _, card := range got {
			if card.Deal.BrokerAccount != account {
				t.Errorf("broker %d sees a talk of %d", account, card.Deal.BrokerAccount)
			}
		}
	}
}
