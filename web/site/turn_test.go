package site

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/web/view"
)

func at(day string) time.Time { return dayOf(day).Add(9 * time.Hour) }

// What waits is listed by its day, what has none last and the longest waiting first, in the group that says why it waits.
func TestTurns_StandByTheirDayInTheirGroup(t *testing.T) {
	now := at("2026-04-10")
	named := func(title string, t turn) turn { t.row.Title = title; return t }
	w := waiting{turns: []turn{
		named("no day, young", turn{since: at("2026-04-09")}),
		named("later", turn{due: at("2026-04-20"), since: at("2026-04-01")}),
		named("today", turn{due: at("2026-04-10"), since: at("2026-04-08")}),
		named("answer", turn{answer: true, since: at("2026-04-07")}),
		named("no day, old", turn{since: at("2026-03-01")}),
		named("over", turn{due: at("2026-04-03"), since: at("2026-03-20")}),
		named("soon", turn{due: at("2026-04-12")}),
		named("a case", turn{due: at("2026-04-13"), left: "还剩 1 个工作日"}),
		named("answer by a day", turn{answer: true, due: at("2026-04-15")}),
	}, more: 3, all: "/registry"}
	var got []string
	groups, ok := w.component(now).(view.Turns)
	if !ok {
		t.Fatalf("%T", w.component(now))
	}
	for _, g := range groups {
		for _, x := range g.Items {
			got = append(got, fmt.Sprintf("%s|%s|%s%s|%s%s", g.Title, x.Title, x.When, x.WhenNote, x.Since, x.Waited))
		}
	}
	want := []string{
		"超期和今天到期|over|4 月 3 日已过 7 天|3 月 20 日起已等 21 天",
		"超期和今天到期|today|今天|4 月 8 日起已等 2 天",
		"等我答复|answer by a day|4 月 15 日还剩 5 天|",
		"等我答复|answer|不限期|4 月 7 日起已等 3 天",
		"等我办理|soon|4 月 12 日还剩 2 天|",
		"等我办理|a case|4 月 13 日还剩 1 个工作日|",
		"等我办理|later|4 月 20 日还剩 10 天|4 月 1 日起已等 9 天",
		"等我办理|no day, old|不限期|3 月 1 日起已等 40 天",
		"等我办理|no day, young|不限期|4 月 9 日起已等 1 天",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if w.heading() != "轮到我 12 件" || groups[2].More == nil || groups[2].More.Href != "/registry" || groups[2].Many != "8 件" {
		t.Errorf("%s, %+v", w.heading(), groups[2])
	}
	today := waiting{turns: []turn{{due: at("2026-04-10")}}}
	if groups, ok := today.component(now).(view.Turns); !ok || groups[0].Title != "今天到期" {
		t.Errorf("nothing is over, and the group is %+v", groups)
	}
	if got := (waiting{}).heading(); got != "现在没有轮到您的事" {
		t.Error(got)
	}
}

// An announced revocation is the applicant's until it is answered, then another officer's; who announced it decides nothing.
func TestTurns_ARevocationIsTheTurnOfOnePersonAtATime(t *testing.T) {
	applicant := actor.Actor{AccountID: 1, OrgID: 7, Roles: []actor.Role{actor.Member}}
	buyer := actor.Actor{AccountID: 2, OrgID: 8, Roles: []actor.Role{actor.Member}}
	announcer := actor.Actor{AccountID: 3, Roles: []actor.Role{actor.LeagueOfficer}, Division: "150100"}
	other := actor.Actor{AccountID: 4, Roles: []actor.Role{actor.RegionOfficer}, Division: "150000"}
	for _, c := range []struct {
		name, today, stated string
		want                [4]bool // applicant, buyer, who announced, another officer
	}{
		{"announced", "2026-04-10", "", [4]bool{true, false, false, false}},
		{"the last day", "2026-04-20", "", [4]bool{true, false, false, false}},
		{"stated", "2026-04-12", "2026-04-12", [4]bool{false, false, false, true}},
		{"the term is over", "2026-04-21", "", [4]bool{true, false, false, true}},
	} {
		r := registry.Registration{ApplicantOrg: 7,
			Revocation: &registry.Revocation{Account: 3, On: "2026-04-10", DueOn: "2026-04-20", StatedOn: c.stated}}
		for i, who := range []actor.Actor{applicant, buyer, announcer, other} {
			got, mine := revocationTurn(who, at(c.today), r)
			if mine != c.want[i] {
				t.Errorf("%s: person %d waits %t", c.name, i, mine)
			}
			if i == 0 && clock.Day(got.due) != "2026-04-20" {
				t.Errorf("%s: due %s", c.name, got.due)
			}
		}
	}
}
