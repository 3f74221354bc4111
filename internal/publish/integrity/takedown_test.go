package integrity_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fact/facttest"
	"techmarket/internal/publish/integrity"
)

func TestSharedCasesComeOutKeyByKey(t *testing.T) {
	t.Parallel()
	facttest.Run(t, "takedown", fact.Of(integrity.Follow))
}

func day(s string) (d fact.Day) {
	if err := d.UnmarshalText([]byte(s)); err != nil {
		panic(err)
	}
	return d
}

func at(day, hour int) time.Time { return time.Date(2027, 6, day, hour, 0, 0, 0, clock.Zone()) }

func law(rule string) integrity.Law {
	return integrity.Law{Right: "商标", Regimes: []integrity.Regime{{Right: "商标", From: day("2027-01-01"), Rule: rule, Days: 3}}}
}

// paths lead to each state.
func paths() map[integrity.State]string {
	return map[integrity.State]string{
		"none": "", "returned": "file-", "valid": "file", "restricted": "file restrict", "countered": "file restrict counter",
		"waiting": "file restrict counter delivered", "held": "file restrict suit", "restored": "file restrict drop",
		"removed": "file restrict suit judgment", "closed": "file drop",
	}
}

// event makes an event from its name; a trailing - turns its findings to no.
func event(name string, at time.Time) integrity.Event {
	word, no := strings.CutSuffix(name, "-")
	return integrity.Event{Event: word, At: at, Identity: !no, Proof: !no, Link: !no, Grounds: !no, Infringes: !no}
}

func reach(l integrity.Law, names string) integrity.Complaint {
	c := integrity.Complaint{State: integrity.None}
	for name := range strings.FieldsSeq(names) {
		c, _ = l.Step(c, event(name, at(1, 9)))
	}
	return c
}

// Every state meets every event, with all findings and with none; what is not listed here is wrong_state and stays.
func TestEveryStateMeetsEveryEvent(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"none file": "valid", "none file-": "returned incomplete", "returned file": "valid", "returned file-": "returned incomplete",
		"valid restrict": "restricted", "valid restrict-": "restricted", "valid drop": "closed", "valid drop-": "closed",
		"restricted counter": "countered", "restricted counter-": "restricted incomplete",
		"countered delivered": "waiting", "countered delivered-": "waiting",
		"held judgment": "removed", "held judgment-": "restored", "held drop": "restored", "held drop-": "restored",
	}
	for _, s := range []string{"restricted", "countered", "waiting"} {
		want[s+" suit"], want[s+" suit-"], want[s+" drop"], want[s+" drop-"] = "held", s+" no_proof", "restored", "restored"
	}
	for state, path := range paths() {
		for _, name := range []string{"file", "restrict", "counter", "delivered", "suit", "judgment", "drop"} {
			for _, name := range []string{name, name + "-"} {
				c := reach(law(integrity.Wait), path)
				if c.State != state {
					t.Fatalf("%q leads to %s, not to %s", path, c.State, state)
				}
				after, refusal := law(integrity.Wait).Step(c, event(name, at(2, 9)))
				expect, ok := want[string(state)+" "+name]
				if !ok {
					expect = string(state) + " wrong_state"
				}
				if got := strings.TrimSpace(string(after.State) + " " + refusal); got != expect {
					t.Errorf("%s –%s→ %s, want %s", state, name, got, expect)
				}
			}
		}
	}
}

func TestTheClockRestoresAtMidnightAfterTheLastDay(t *testing.T) {
	t.Parallel()
	c := reach(law(integrity.Wait), "file restrict counter delivered") // on 06-01, three days
	if got := c.Tick(at(4, 23)); got.State != integrity.Waiting {
		t.Errorf("on the last day: %s", got.State)
	}
	if got := c.Tick(at(5, 0)); got.State != integrity.Restored || !got.ByClock || *got.LastDay != day("2027-06-04") {
		t.Errorf("at midnight: %+v", got)
	}
	for _, name := range []string{"suit", "suit-"} {
		if got, refusal := law(integrity.Wait).Step(c, event(name, at(5, 0))); refusal != integrity.Late || got.State != integrity.Restored {
			t.Errorf("%s after the clock: %s %s", name, got.State, refusal)
		}
	}
	for _, name := range []string{"drop", "judgment", "file", "restrict", "counter", "delivered"} {
		if _, refusal := law(integrity.Wait).Step(c, event(name, at(5, 0))); refusal != integrity.WrongState {
			t.Errorf("%s after the clock: %s", name, refusal)
		}
	}
	held, _ := law(integrity.Wait).Step(c, event("suit", at(4, 23)))
	if got := held.Tick(at(30, 0)); got.State != integrity.Held || got.LastDay == nil || got.RestoreAt == nil {
		t.Errorf("held: %+v", got)
	}
}

func TestAtOnceHasNoLastDayAndASuitAfterwardsIsWrongState(t *testing.T) {
	t.Parallel()
	c := reach(law(integrity.AtOnce), "file restrict counter delivered")
	if c.State != integrity.Restored || c.LastDay != nil || c.RestoreAt != nil {
		t.Errorf("got %+v", c)
	}
	if _, refusal := law(integrity.AtOnce).Step(c, event("suit", at(2, 9))); refusal != integrity.WrongState {
		t.Errorf("got %s", refusal)
	}
}

func TestTheRegimeIsThatOfTheDayOfTheFilingThatCounted(t *testing.T) {
	t.Parallel()
	end := day("2027-06-01")
	l := integrity.Law{Right: "商标", Regimes: []integrity.Regime{
		{Right: "商标", From: day("2027-01-01"), To: &end, Rule: integrity.Wait, Days: 1},
		{Right: "商标", From: day("2027-06-02"), Rule: integrity.Wait, Days: 9},
		{Right: "专利", From: day("2027-06-02"), Rule: integrity.AtOnce},
	}}
	run := func(names ...string) integrity.Complaint {
		c := integrity.Complaint{State: integrity.None}
		for i, name := range names {
			c, _ = l.Step(c, event(name, at(1+i, 9)))
		}
		return c
	}
	if c := run("file", "restrict", "counter", "delivered"); *c.LastDay != day("2027-06-05") {
		t.Errorf("got %s", c.LastDay)
	}
	if c := run("file-", "file", "restrict", "counter", "delivered"); *c.LastDay != day("2027-06-14") {
		t.Errorf("got %s", c.LastDay)
	}
	l.Right = "植物新品种"
	if c, refusal := l.Step(reach(l, "file-"), event("file", at(1, 9))); refusal != integrity.NoRegime || c.State != integrity.Returned {
		t.Errorf("got %s %s", c.State, refusal)
	}
	if _, refusal := l.Step(integrity.Complaint{State: integrity.None}, event("file-", at(1, 9))); refusal != integrity.Incomplete {
		t.Errorf("incomplete comes before no_regime, got %s", refusal)
	}
}

const facts = `{"right":"商标","regimes":[{"right":"商标","from":"2027-01-01","to":null,"rule":"wait","days":3,"roll":%t}],
	"calendar":{"holidays":["2027-06-07"],"workdays":["2027-06-12"]},"ask":["2027-06-02T10:00:00+08:00","2027-06-02T09:00:00+08:00"],
	"events":[{"event":"file","at":"2027-06-01T09:00:00+08:00","identity":true,"proof":true,"link":true},
	{"event":"restrict","at":"2027-06-02T10:00:00+08:00"},{"event":"counter","at":"2027-06-02T10:00:00.5+08:00","identity":true,
	"grounds":true},
	{"event":"delivered","at":"2027-06-02T23:59:59.999999+08:00"},{"event":"judgment","at":"2027-06-03T09:00:00+08:00","infringes":true}]}`

func TestTheLastDayRollsOverRestDaysOnlyWhereTheRegimeSaysSo(t *testing.T) {
	t.Parallel()
	for roll, want := range map[bool][2]string{true: {"2027-06-08", "2027-06-09"}, false: {"2027-06-05", "2027-06-06"}} {
		facttest.Same(t, fact.Of(integrity.Follow), fmt.Sprintf(facts, roll), fmt.Sprintf(`{"last_day":%q,"restore_at":"%sT00:00:00+08:00",
			"states":["restricted","valid"],"badge":[true,false],"refused":[{"event":5,"code":"wrong_state"}]}`, want[0], want[1]))
	}
}

func TestWhatIsMalformedIsNamed(t *testing.T) {
	t.Parallel()
	for key, c := range map[string][2]string{
		"events[1].proof":       {`"event":"restrict"`, `"event":"restrict","proof":true`},
		"events[0].link":        {`,"link":true`, ``},
		"events[2].event":       {`"event":"counter"`, `"event":"counters"`},
		"events[4].infringes":   {`"infringes":true`, `"infringes":null`},
		"events[0].at":          {`2027-06-01T09:00:00+08:00`, `2027-06-01T01:00:00Z`},
		"regimes[0].rule":       {`"wait"`, `"later"`},
		"regimes[0].days":       {`"days":3`, `"days":-3`},
		"calendar.holidays[0]":  {`"2027-06-07"`, `"2027-06-7"`},
		"regimes[0].calendar":   {`"roll"`, `"calendar":"x","roll"`},
		"ask[0]":                {`"ask":["2027-06-02T10:00:00+08:00"`, `"ask":["2027-06-02"`},
		"regimes[0].to":         {`"to":null,`, ``},
		"events[3].delivered":   {`"event":"delivered"`, `"event":"delivered","delivered":true`},
		"events[0].identity":    {`"identity":true,"proof"`, `"identity":"true","proof"`},
		"events[0].at_location": {`"link":true`, `"link":true,"at_location":"x"`},
	} {
		facttest.Refused(t, fact.Of(integrity.Follow), strings.Replace(fmt.Sprintf(facts, true), c[0], c[1], 1), key)
	}
}

func TestTheBadgeIsWornWhileRestricted(t *testing.T) {
	t.Parallel()
	for state := range paths() {
		want := slices.Contains(strings.Fields("restricted countered waiting held"), string(state))
		if state.Disputed() != want {
			t.Errorf("%s: %v", state, state.Disputed())
		}
	}
}
