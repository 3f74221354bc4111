package challenge

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
)

// may is a day counted from 1 May 2027, so that days of tests are small numbers.
func may(day int) fact.Day {
	var d fact.Day
	if err := d.UnmarshalText([]byte("2027-05-01")); err != nil {
		panic(err)
	}
	return d + fact.Day(day-1)
}

// rows reads "A 80 10" (team, score, day) and "A >20 10 [refused]" (postponed to, asked on).
func rowsOf(lines ...string) []Row {
	var list []Row
	for _, line := range lines {
		f := strings.Fields(line)
		r := Row{Event: RowScore, Team: f[0]}
		var on, n int
		fmt.Sscan(f[2], &on)
		if to, ok := strings.CutPrefix(f[1], ">"); ok {
			fmt.Sscan(to, &n)
			r.Event, r.To, r.Agreed = RowPostpone, may(n), len(f) == 3
		} else {
			fmt.Sscan(f[1], &r.Score)
		}
		r.On = may(on)
		list = append(list, r)
	}
	return list
}

// race: purse 1,000, two to five teams, mark 70; n1 due on the 10th, n2 on the 30th, 5 days of grace, 100 each.
func race(asOf int, change ...func(*Race)) Race {
	r := Race{Purse: 1000_00, MinTeams: 2, MaxTeams: 5, PassMark: 70, Rule: KeepPassMark, Unpaid: UnpaidBack,
		Teams: []string{"A", "B", "C"}, AsOf: may(asOf),
		Nodes: []Node{{ID: "n1", Due: may(10), GraceDays: 5, Tranche: 100_00}, {ID: "n2", Due: may(30), GraceDays: 5, Tranche: 100_00}}}
	for _, c := range change {
		c(&r)
	}
	return r
}

func node(i int, lines ...string) func(*Race) {
	return func(r *Race) { r.Nodes[i].Results = rowsOf(lines...) }
}

func best(keep int) func(*Race) { return func(r *Race) { r.Rule, r.Keep = KeepBest, &keep } }
func rest(r *Race)              { r.Unpaid = UnpaidRest }
func purse(yuan money.Fen) func(*Race) {
	return func(r *Race) { r.Purse = yuan * 100 }
}

func claims(lines ...string) func(*Race) {
	return func(r *Race) {
		for i, line := range lines {
			f := strings.Fields(line)
			amount, err := money.Parse(f[2])
			if err != nil {
				panic(err)
			}
			var on int
			fmt.Sscan(f[3], &on)
			r.Claims = append(r.Claims, Claim{fmt.Sprint("c", i), f[0], f[1], amount, may(on)})
		}
	}
}

func refusals[T any](list []T, code func(T) *Code) string {
	var words []string
	for _, x := range list {
		word := "+"
		if c := code(x); c != nil {
			word = string(*c)
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// stand writes "A passed 100.00, B open 0.00 | …" and who left, "B@n1".
func stand(out RaceResult) (nodes, gone string) {
	for i, n := range out.Nodes {
		if i > 0 {
			nodes += " | "
		}
		for j, t := range n.Results {
			if j > 0 {
				nodes += ", "
			}
			nodes += fmt.Sprint(t.Team, " ", t.Result, " ", t.Payable)
		}
	}
	var left []string
	for _, e := range out.Eliminated {
		left = append(left, e.Team+"@"+e.Node)
	}
	return nodes, strings.Join(left, " ")
}

func TestTheNumberOfTeamsDecidesHowTheRaceOpens(t *testing.T) {
	t.Parallel()
	single, extend := ChooseSingle, ChooseExtend
	for _, c := range []struct {
		teams    int
		choice   *string
		extended bool
		want     string
	}{
		{0, &single, false, OpenVoid}, {1, nil, false, AskEither}, {1, &extend, false, OpenExtended}, {1, &extend, true, AskSingle},
		{1, nil, true, AskSingle},
		{1, &single, false, OpenSingle}, {1, &single, true, OpenSingle}, {2, &extend, false, OpenRace}, {5, nil, false, OpenRace},
		{6, &single, false, OpenTooMany},
	} {
		out := Judge(race(10, node(0, "A 80 5", "A >12 6"), claims("A n1 1.00 10"), func(r *Race) {
			r.Teams, r.Choice, r.Extended = strings.Split("ABCDEF", "")[:c.teams], c.choice, c.extended
		}))
		runs := c.want == OpenRace || c.want == OpenSingle
		if out.Opening != c.want || (len(out.Nodes) > 0) != runs || (len(out.Postponements) > 0) != runs || (out.Claims[0].Code == nil) != runs ||
			!runs && (*out.Claims[0].Code != NotRunning || out.Left != 1000_00 || out.Eliminated != nil) {
			t.Errorf("%+v: got %+v", c, out)
		}
	}
}

func TestATeamStandsByWhatIsKnownOnTheDay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		race Race
		want string
		gone string
	}{
		"in time, late, too late": {
			race(20, node(0, "A 70 10", "B 70 15", "C 99 16")),
			"A passed 100.00, B passed_late 100.00, C failed 0.00 | A open 0.00, B open 0.00, C out 0.00", "C@n1",
		},
		"below, none, and known only later": {
			race(15, node(0, "A 69 10", "C 80 16")), "A failed 0.00, B open 0.00, C open 0.00 | A out 0.00, B open 0.00, C open 0.00", "A@n1",
		},
		"the day after the grace": {
			race(16, node(0, "A 80 10")), "A passed 100.00, B failed 0.00, C failed 0.00 | A open 0.00, B out 0.00, C out 0.00", "B@n1 C@n1",
		},
		"the first score counts": {
			race(12, node(0, "A 69 8", "A 99 9", "B 70 8", "B 1 9", "C 70 8")),
			"A failed 0.00, B passed 100.00, C passed 100.00 | A out 0.00, B open 0.00, C open 0.00", "A@n1",
		},
		"open here, open later": {
			race(12, node(0, "A 70 8"), node(1, "A 70 9", "B 99 9", "C 1 9")),
			"A passed 100.00, B open 0.00, C open 0.00 | A passed 100.00, B open 0.00, C open 0.00", "",
		},
		"postponed, grace from there": {
			race(25, node(0, "A >20 10", "A 70 25", "B >20 10", "B 70 20", "C >20 10")),
			"A passed_late 100.00, B passed 100.00, C open 0.00 | A open 0.00, B open 0.00, C open 0.00", "",
		},
		"out stays out": {
			race(40, node(0, "A 1 8", "B 70 8", "C 70 8"), node(1, "A 99 20", "B 70 20", "C 1 20")),
			"A failed 0.00, B passed 100.00, C passed 100.00 | A out 0.00, B passed 100.00, C failed 0.00", "A@n1 C@n2",
		},
	} {
		if got, gone := stand(Judge(c.race)); got != c.want || gone != c.gone {
			t.Errorf("%s: got %s; %s", name, got, gone)
		}
	}
}

func TestTheBestAreKeptWhenNobodyIsOpen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		race Race
		gone string
	}{
		"by score":                            {race(10, best(1), node(0, "A 80 8", "B 90 8", "C 85 8")), "C@n1 A@n1"},
		"the earlier day of equal scores":     {race(10, best(1), node(0, "A 80 9", "B 80 8", "C 80 8")), "C@n1 A@n1"},
		"not while somebody is open":          {race(10, best(1), node(0, "A 80 9", "B 80 8")), ""},
		"the failed first":                    {race(16, best(1), node(0, "A 80 9", "B 90 8")), "C@n1 A@n1"},
		"fewer than are kept":                 {race(16, best(2), node(0, "A 80 9")), "B@n1 C@n1"},
		"passing late is ranked by score too": {race(16, best(1), node(0, "A 80 9", "B 90 15", "C 1 9")), "C@n1 A@n1"},
	} {
		out := Judge(c.race)
		if _, gone := stand(out); gone != c.gone {
			t.Errorf("%s: got %s", name, gone)
		}
	}
	if got, _ := stand(Judge(race(10, best(1), node(0, "A 80 8", "B 90 8", "C 85 8")))); !strings.HasPrefix(got,
		"A passed 100.00, B passed 100.00, C passed 100.00 |") {
		t.Errorf("those who are cut lose this node's tranche: %s", got)
	}
	if _, why := (Race{Rule: KeepBest}).Check(); why == "" {
		t.Error("keep_best without a number is taken")
	}
}

func TestPostponementsAreGrantedOncePerTeamAndNode(t *testing.T) {
	t.Parallel()
	r := race(1, node(0, "X >20 1", "A >20 11 refused", "A >20 11", "A >10 10", "A >20 10", "A >30 10", "A >30 10 refused", "B >20 40",
		"B >20 1"), node(1, "A >40 1"))
	out := Judge(r)
	got := refusals(out.Postponements, func(p Postponement) *Code { return p.Code })
	want := "unknown_team not_agreed too_late not_later + second_postponement not_agreed too_late + +"
	if got != want || out.Postponements[9].Node != "n2" || out.Postponements[9].Team != "A" {
		t.Errorf("got %s", got)
	}
}

func TestWhatIsNotPaidGoesToTheRestOrBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		race Race
		want string // of the first node
	}{
		"back":                       {race(16, node(0, "A 80 8")), "A passed 100.00, B failed 0.00, C failed 0.00"},
		"to the rest":                {race(16, rest, node(0, "A 80 8")), "A passed 300.00, B failed 0.00, C failed 0.00"},
		"not while somebody is open": {race(15, rest, node(0, "A 80 8")), "A passed 100.00, B open 0.00, C open 0.00"},
		"nobody stays":               {race(16, rest), "A failed 0.00, B failed 0.00, C failed 0.00"},
		"in equal parts, the rest in listed order": {
			race(16, rest, func(r *Race) { r.Nodes[0].Tranche = 100_01 }, node(0, "B 80 8", "C 80 8")),
			"A failed 0.00, B passed 150.02, C passed 150.01",
		},
		"not to those who are cut": {
			race(16, rest, best(1), node(0, "B 80 8", "C 90 8")), "A failed 0.00, B passed 100.00, C passed 200.00",
		},
		"the purse is too small": {
			race(16, purse(100), node(0, "A 80 8", "B 80 8", "C 80 8")), "A passed 33.34, B passed 33.33, C passed 33.33",
		},
		"in proportion": {
			race(16, purse(200), rest, best(1), node(0, "B 80 8", "C 90 8")), "A failed 0.00, B passed 66.67, C passed 133.33",
		},
	} {
		got, _ := stand(Judge(c.race))
		if got, _, _ = strings.Cut(got, " | "); got != c.want {
			t.Errorf("%s: got %s", name, got)
		}
	}
	// The out count among those who did not pass, and later nodes share only what earlier ones leave.
	got, _ := stand(Judge(race(40, rest, purse(350), node(0, "A 80 8", "B 80 8", "C 1 8"), node(1, "A 80 20", "B 1 20"))))
	if got != "A passed 150.00, B passed 150.00, C failed 0.00 | A passed 50.00, B failed 0.00, C out 0.00" {
		t.Errorf("got %s", got)
	}
}

func TestAClaimIsJudgedOnItsDay(t *testing.T) {
	t.Parallel()
	rows := []func(*Race){rest, node(0, "A 80 8", "B 1 9", "C 80 10")}
	for name, c := range map[string]struct {
		change []func(*Race)
		claims []string
		want   string
		left   money.Fen
	}{
		"who and where come first":   {nil, []string{"X n9 1.00 1", "A n9 1.00 1"}, "unknown_team unknown_node", 1000_00},
		"before and after the score": {nil, []string{"A n1 1.00 7", "A n1 1.00 8"}, "not_measured +", 999_00},
		"failed and out":             {nil, []string{"B n1 1.00 9", "B n2 1.00 9"}, "not_passed not_passed", 1000_00},
		"in parts":                   {nil, []string{"A n1 60.00 8", "A n1 40.01 8", "A n1 40.00 8"}, "+ over_tranche +", 900_00},
		"more once nobody is open": {
			nil, []string{"A n1 150.00 9", "A n1 150.00 10", "A n1 0.01 10"}, "over_tranche + over_tranche", 850_00,
		},
		"two teams, each its own": {nil, []string{"A n1 150.00 10", "C n1 150.00 10"}, "+ +", 700_00},
		"paid money is kept, others wait": {
			[]func(*Race){purse(150)}, []string{"A n1 100.00 8", "C n1 75.00 10", "C n1 50.00 10"}, "+ over_purse +", 0,
		},
		"after the day of the question too": {nil, []string{"A n1 100.00 99"}, "+", 900_00},
	} {
		out := Judge(race(1, append(append(rows, c.change...), claims(c.claims...))...))
		got := refusals(out.Claims, func(c ClaimResult) *Code { return c.Code })
		if got != c.want || out.Left != c.left || out.Paid+out.Left != race(1, append(rows, c.change...)...).Purse {
			t.Errorf("%s: got %s, left %s", name, got, out.Left)
		}
	}
}

// Whatever happens: what may be paid over all nodes and what is paid never exceed the purse, and nobody who left comes back.
func TestARaceNeverPaysMoreThanThePurse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := race(rapid.IntRange(1, 50).Draw(t, "as of"), purse(money.Fen(rapid.IntRange(0, 700).Draw(t, "purse"))))
		if rapid.Bool().Draw(t, "rest") {
			rest(&r)
		}
		if rapid.Bool().Draw(t, "best") {
			best(rapid.IntRange(1, 3).Draw(t, "keep"))(&r)
		}
		for i := range r.Nodes {
			for range rapid.IntRange(0, 6).Draw(t, "rows") {
				row := Row{Event: rapid.SampledFrom([]string{RowScore, RowScore, RowPostpone}).Draw(t, "event"),
					Team: rapid.SampledFrom(r.Teams).Draw(t, "team"),
					On:   may(rapid.IntRange(1, 45).Draw(t, "on")), Score: rapid.IntRange(60, 80).Draw(t, "score"),
					To: may(rapid.IntRange(1, 45).Draw(t, "to")), Agreed: true}
				r.Nodes[i].Results = append(r.Nodes[i].Results, row)
			}
		}
		for i := range rapid.IntRange(0, 8).Draw(t, "claims") {
			r.Claims = append(r.Claims, Claim{fmt.Sprint(i), rapid.SampledFrom(r.Teams).Draw(t, "who"),
				rapid.SampledFrom([]string{"n1", "n2"}).Draw(t, "node"),
				money.Fen(rapid.IntRange(0, 200_00).Draw(t, "amount")), may(rapid.IntRange(1, 50).Draw(t, "day"))})
		}
		out := Judge(r)
		var sum money.Fen
		left := map[string]bool{}
		for _, n := range out.Nodes {
			for _, x := range n.Results {
				sum += x.Payable
				if x.Payable < 0 || left[x.Team] != (x.Result == Out) {
					t.Fatalf("%+v at %s", x, n.ID)
				}
			}
			for _, e := range out.Eliminated {
				if e.Node == n.ID {
					left[e.Team] = true
				}
			}
		}
		if sum > r.Purse || out.Paid > r.Purse || out.Left != r.Purse-out.Paid {
			t.Fatalf("payable %s, paid %s of %s", sum, out.Paid, r.Purse)
		}
	})
}
