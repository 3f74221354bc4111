package notice

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
)

// on is an instant of March 2027: "17 23:59:59".
func on(s string) time.Time {
	for _, layout := range []string{"02 15:04:05", "02 15:04", "02"} {
		if t, err := time.ParseInLocation("2006-01-"+layout, "2027-03-"+s, clock.Zone()); err == nil {
			return t
		}
	}
	panic("not a time: " + s)
}

// fifteen is a notice of 15 calendar days from 2 March 09:00: its last day is the 17th.
func fifteen() *Notice {
	return New(Terms{Days: 15, Unit: fact.CalendarDays, MinReason: 20}, on("02 09:00"))
}

// events reads "object o1 05 10:00" and so on; words after the time change what is otherwise in order.
func event(line string) Event {
	f := strings.Fields(line)
	e := Event{Event: f[0], Objection: f[1], At: on(f[2] + " " + f[3]), RealName: true, ReasonLength: 20, AnswerPublished: true, Reason: true}
	for _, word := range f[4:] {
		switch word {
		case "anonymous":
			e.RealName = false
		case "short":
			e.ReasonLength = 19
		case "evidence":
			e.Evidence = true
		case "decider":
			e.PanelIsDecider = true
		case "unpublished":
			e.AnswerPublished = false
		case "unreasoned":
			e.Reason = false
		default:
			panic(word)
		}
	}
	return e
}

func TestEventsOfANoticeAreTakenOrRefusedInOrder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		events []string
		want   string // codes; + where taken
		state  string // at the last event
	}{
		"before the begin": {
			[]string{"object o 02 08:59:59", "expire - 02 08:00", "withdraw - 02 08:00 unreasoned", "republish - 02 08:00"},
			"not_started not_started not_started not_void", "draft"},
		"an objection in the last second": {[]string{"object o 17 23:59:59"}, "+", "suspended"},
		"an objection at 24:00":           {[]string{"object o 18 00:00:00"}, "late", "passed"},
		"late while suspended too":        {[]string{"object o 17 10:00", "object p 18 00:00 anonymous"}, "+ late", "suspended"},
		"anonymous before without grounds": {
			[]string{"object o 05 10:00 anonymous short", "object o 05 10:01 short", "object o 05 10:02 short evidence"},
			"anonymous no_grounds +", "suspended",
		},
		"a refused objection uses up no id": {[]string{"object o 05 10:00 short", "object o 05 10:01"}, "no_grounds +", "suspended"},
		"an accepted id, even if closed": {
			[]string{"object o 05 10:00", "object o 05 10:01", "reject o 06 10:00", "object o 07 10:00"}, "+ duplicate + duplicate", "running",
		},
		"several open": {
			[]string{"object o 05 10:00", "object p 05 10:01", "reject o 06 10:00", "uphold_minor p 06 11:00"}, "+ + + +", "running",
		},
		"one of several closed": {
			[]string{"object o 05 10:00", "object p 05 10:01", "uphold_minor o 06 10:00"}, "+ + +", "suspended",
		},
		"closed after the end: passed at once": {
			[]string{"object o 17 10:00", "reject o 23 10:00", "object q 23 11:00"}, "+ + late", "passed",
		},
		"no such objection before the panel": {
			[]string{"reject o 05 10:00 decider", "object o 05 10:00", "uphold p 05 11:00 decider"}, "no_open_objection + no_open_objection",
			"suspended",
		},
		"the decider before the answer": {
			[]string{"object o 05 10:00", "uphold o 06 10:00 decider unpublished", "uphold_minor o 06 10:00 unpublished", "reject o 06 11:00"},
			"+ panel_conflict no_answer +", "running",
		},
		"upheld: void, everything ended": {
			[]string{"object o 05 10:00", "uphold o 06 10:00", "object p 06 11:00", "expire - 20 10:00", "withdraw - 20 10:00 unreasoned",
				"reject o 20 11:00"}, "+ + ended ended ended ended", "void",
		},
		"withdrawn: ended, not void": {
			[]string{"withdraw - 05 10:00 unreasoned", "withdraw - 05 11:00", "object o 05 12:00", "republish - 05 13:00"},
			"no_reason + ended not_void", "withdrawn",
		},
		"withdrawn while suspended": {
			[]string{"object o 05 10:00", "withdraw - 25 10:00", "reject o 26 10:00"}, "+ + ended", "withdrawn",
		},
		"passed: not withdrawn, ended first": {[]string{"withdraw - 18 00:00 unreasoned"}, "ended", "passed"},
		"the job: early, with an open one, again": {
			[]string{"expire - 17 23:59:59", "object o 17 23:59:59", "expire - 18 00:00", "reject o 19 10:00", "expire - 19 10:01",
				"expire - 19 10:02"}, "too_early + open_objection + + +", "passed",
		},
		"open objection before too early": {[]string{"object o 05 10:00", "expire - 05 10:01"}, "+ open_objection", "suspended"},
		"running cannot be republished":   {[]string{"republish - 05 10:00"}, "not_void", "running"},
		"anew, without the old objections": {
			[]string{"object o 05 10:00", "object p 05 10:00", "uphold o 06 10:00", "republish - 10 15:00", "reject p 10 16:00",
				"object o 10 16:00"}, "+ + + + no_open_objection +", "suspended",
		},
	} {
		n := fifteen()
		var got []string
		var last Event
		for _, line := range c.events {
			last = event(line)
			code := string(n.Do(last))
			if code == "" {
				code = "+"
			}
			got = append(got, code)
		}
		if s := strings.Join(got, " "); s != c.want || string(n.StateAt(last.At)) != c.state {
			t.Errorf("%s: got %s, %s", name, s, n.StateAt(last.At))
		}
	}
}

func TestThePeriodEndsAtMidnightAfterTheLastDayWithWork(t *testing.T) {
	t.Parallel()
	n := fifteen()
	if n.LastDay.String() != "2027-03-17" || !n.EndsAt().Equal(on("18 00:00")) {
		t.Errorf("got %s, %s", n.LastDay, n.EndsAt())
	}
	for s, want := range map[string]State{"02 08:59:59": Draft, "02 09:00": Running, "17 23:59:59": Running, "18": Passed} {
		if got := n.StateAt(on(s)); got != want {
			t.Errorf("%s: got %s", s, got)
		}
	}
	n.Do(event("object o 05 10:00"))
	n.Do(event("uphold o 06 10:00"))
	n.Do(event("republish - 05 10:00")) // 15 days from the 5th: Saturday the 20th
	if n.LastDay.String() != "2027-03-22" || n.StateAt(on("22 23:59:59")) != Running || n.StateAt(on("23")) != Passed {
		t.Errorf("anew: got %s", n.LastDay)
	}
	off := fact.Calendar{Holidays: []fact.Day{fact.DayOf(on("05 12:00"))}}.Days()
	if n := New(Terms{Days: 5, Unit: fact.WorkingDays, Calendar: off}, on("02 23:59:59")); n.LastDay.String() != "2027-03-10" {
		t.Errorf("working days: got %s", n.LastDay)
	}
}

// every triple of the table: exactly one row, and a step leads where the row says.
func TestEveryStateAndEventHasOneRow(t *testing.T) {
	t.Parallel()
	at := on("10 10:00")
	end := on("18 00:00")
	states := map[State]func() (*Notice, time.Time){
		Draft:     func() (*Notice, time.Time) { return fifteen(), on("02 08:00") },
		Running:   func() (*Notice, time.Time) { return fifteen(), at },
		Suspended: func() (*Notice, time.Time) { n := fifteen(); n.Do(event("object o 05 10:00")); return n, at },
		Passed:    func() (*Notice, time.Time) { return fifteen(), end },
		Void:      func() (*Notice, time.Time) { n := fifteen(); n.Ended = Void; return n, at },
		Withdrawn: func() (*Notice, time.Time) { n := fifteen(); n.Ended = Withdrawn; return n, at },
	}
	events := []string{EventObject, EventReject, EventUpholdMinor, EventUphold, EventWithdraw, EventExpire, EventRepublish}
	for state, make := range states {
		for _, name := range events {
			var found []row
			for _, r := range rows() {
				if r.event == name && slices.Contains(r.from, state) {
					found = append(found, r)
				}
			}
			if len(found) != 1 {
				t.Fatalf("%s %s: %d rows", state, name, len(found))
			}
			n, at := make()
			if n.StateAt(at) != state {
				t.Fatalf("not %s but %s", state, n.StateAt(at))
			}
			id := "o"
			if name == EventObject {
				id = "new"
			}
			code := n.Do(Event{Event: name, At: at, Objection: id, RealName: true, Evidence: true, AnswerPublished: true, Reason: true})
			r := found[0]
			switch {
			case r.do == nil && (code != r.refuse || n.StateAt(at) != state || r.role != ""):
				t.Errorf("%s %s: %s, now %s", state, name, code, n.StateAt(at))
			case r.do != nil && (code != "" || !slices.Contains(r.to, n.StateAt(at)) || r.role == ""):
				t.Errorf("%s %s: %s leads to %s", state, name, code, n.StateAt(at))
			}
		}
	}
}

// Whatever happens: a notice with an open objection has not passed, an ended one stays so until it is published anew, and the state
// asked for is the one that the events until then lead to.
func TestEveryHistoryOfANoticeKeepsItsPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := Record{Begin: on("02 09:00"), Days: 3, Unit: fact.CalendarDays, MinReason: 20}
		at := in.Begin.Add(-time.Hour)
		for range rapid.IntRange(0, 25).Draw(t, "n") {
			at = at.Add(time.Duration(rapid.IntRange(0, 12).Draw(t, "hours")) * time.Hour)
			in.Events = append(in.Events, Event{At: at, Objection: rapid.SampledFrom([]string{"o", "p"}).Draw(t, "id"), RealName: true,
				Evidence:        true,
				AnswerPublished: true, Reason: true, Event: rapid.SampledFrom([]string{EventObject, EventObject, EventReject, EventUpholdMinor,
					EventUphold, EventWithdraw, EventExpire, EventRepublish}).Draw(t, "event")})
			in.Ask = append(in.Ask, at)
		}
		n := New(Terms{Days: in.Days, Unit: in.Unit, MinReason: in.MinReason}, in.Begin)
		var asked []string
		for i, e := range in.Events {
			ended := n.Ended
			code := n.Do(e)
			if ended != "" && n.Ended != ended && e.Event != EventRepublish {
				t.Fatalf("%s after %s", e.Event, ended)
			}
			if s := n.StateAt(e.At); s == Passed && (len(n.Open) > 0 || e.At.Before(n.EndsAt())) || code != "" && e.Event == EventExpire &&
				s == Passed {
				t.Fatalf("%s after %s (%s)", s, e.Event, code)
			}
			if i+1 == len(in.Events) || in.Events[i+1].At.After(e.At) {
				asked = append(asked, fmt.Sprint(n.StateAt(e.At)))
			}
		}
		var got []string
		for i, s := range Replay(in).States {
			if i+1 == len(in.Ask) || in.Ask[i+1].After(in.Ask[i]) {
				got = append(got, string(s))
			}
		}
		if !slices.Equal(got, asked) {
			t.Fatalf("asked %v, lived %v", got, asked)
		}
	})
}
