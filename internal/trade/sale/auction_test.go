package sale

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/money"
)

// at reads a clock time of 20 May 2027, or a whole instant of May ("19 16:00").
func at(s string) time.Time {
	if len(s) < 3 || s[2] != ' ' {
		s = "20 " + s
	}
	for _, layout := range []string{"02 15:04:05", "02 15:04"} {
		if t, err := time.ParseInLocation("2006-01-"+layout, "2027-05-"+s, clock.Zone()); err == nil {
			return t
		}
	}
	panic("not a time: " + s)
}

func ptr[T any](v T) *T { return &v }

const yuan = money.Yuan

// terms: start 1,000,000, step 20,000, 19 May 16:00 to 20 May 16:00; A to D with a confirmed deposit, R is related, N has not paid.
func terms(change ...func(*Terms)) Terms {
	paid := at("18 10:00")
	t := Terms{Start: 1_000_000 * yuan, Step: 20_000 * yuan, WindowMinutes: 5, GraceSeconds: 2, Begins: at("19 16:00"), Ends: at("16:00"),
		Bidders: []Bidder{{"A", false, &paid}, {"B", false, &paid}, {"C", false, &paid}, {"D", false, &paid},
			{"R", true, &paid}, {"N", false, nil}, {"L", false, ptr(at("15:58"))}}}
	for _, c := range change {
		c(&t)
	}
	return t
}

// bids reads "A 1000000 15:00 [served]" lines; each gets its own key.
func bids(lines ...string) []Bid {
	var list []Bid
	for i, line := range lines {
		f := strings.Fields(line)
		amount, err := money.Parse(f[1])
		if err != nil {
			panic(err)
		}
		b := Bid{Key: fmt.Sprint("k", i), Code: f[0], Amount: amount, At: at(strings.ReplaceAll(f[2], "_", " "))}
		if len(f) > 3 {
			b.ServedAt = ptr(at(f[3]))
		}
		list = append(list, b)
	}
	return list
}

// told writes each answer as "+", or as its refusal.
func told(answers []Answer) string {
	var words []string
	for _, a := range answers {
		word := "+"
		if a.Refusal != nil {
			word = string(*a.Refusal)
		}
		if a.Repeat {
			word += " again"
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

func priority(t *Terms) {
	t.Priority = []Priority{{"A", 1}, {"B", 2}, {"C", 2}}
}

func TestABidIsJudgedByTheFirstRuleThatStandsAgainstIt(t *testing.T) {
	t.Parallel()
	multiple := func(t *Terms) { t.StepMultiple = true }
	for name, c := range map[string]struct {
		terms Terms
		bids  []string
		want  string
	}{
		"before the begin":                       {terms(), []string{"A 1 19_15:59:59.999999"}, "not_open"},
		"in the first and the last instant":      {terms(), []string{"A 1000000 19_16:00", "B 1020000 16:00"}, "+, +"},
		"a microsecond late":                     {terms(), []string{"A 1000000 16:00:00.000001"}, "closed"},
		"closed comes before who it is":          {terms(), []string{"X 1 16:01"}, "closed"},
		"a stranger":                             {terms(), []string{"X 1000000 15:00"}, "not_a_bidder"},
		"related before the deposit":             {terms(), []string{"R 1000000 15:00"}, "related_party"},
		"never confirmed":                        {terms(), []string{"N 1000000 15:00"}, "deposit_unconfirmed"},
		"confirmed at that instant, then before": {terms(), []string{"L 1000000 15:57:59", "L 1000000 15:58"}, "deposit_unconfirmed, +"},
		"over oneself, however much": {
			terms(), []string{"A 1000000 15:00", "A 5000000 15:01", "A 1 15:02"}, "+, own_top, own_top",
		},
		"below the start, with a top too": {
			terms(), []string{"A 999999.99 15:00", "A 1000000 15:01", "B 999999.99 15:02"}, "below_start, +, below_start",
		},
		"less than a step": {
			terms(), []string{"A 1000000 15:00", "B 1019999.99 15:01", "B 1000000 15:02"}, "+, bid_too_low, bid_too_low",
		},
		"off the step, allowed": {terms(), []string{"A 1000001 15:00", "B 1020001.01 15:01"}, "+, +"},
		"off the step, not allowed": {
			terms(multiple), []string{"A 1010000 15:00", "A 1040000 15:01", "B 1070000 15:02", "B 1080000 15:03"},
			"not_step_multiple, +, not_step_multiple, +",
		},
		"too low before off the step": {terms(multiple), []string{"A 1000000 15:00", "B 1010000 15:01"}, "+, bid_too_low"},
		"served after the finish job": {
			terms(), []string{"A 1000000 15:59 16:00:02", "B 1020000 15:59 16:05:00"}, "+, closed_while_waiting",
		},
		"served in the last instant of grace": {
			terms(), []string{"A 1000000 15:50 16:00:02", "B 1020000 15:50 16:00:02.000001"}, "+, closed_while_waiting",
		},
		"late stays late while waiting":          {terms(), []string{"A 1000000 16:00:01 16:09"}, "closed"},
		"the list order compares, not the clock": {terms(), []string{"A 1040000 15:10", "B 1020000 15:00"}, "+, bid_too_low"},
		"equal by the best rank": {
			terms(priority), []string{"D 1000000 15:00", "B 1000000 15:01", "A 1000000 15:02", "B 1000000 15:03"}, "+, +, +, priority_outranked",
		},
		"equal by an equal rank": {
			terms(priority), []string{"B 1000000 15:00", "C 1000000 15:01"}, "+, priority_outranked",
		},
		"equal without a rank": {terms(priority), []string{"A 1000000 15:00", "D 1000000 15:01"}, "+, bid_too_low"},
		"equal off the step of another": {
			terms(priority, multiple), []string{"D 1020000 15:00", "A 1020000 15:01", "D 1040000 15:02", "A 1040000 15:03"}, "+, +, +, +",
		},
		"after the owner withdrew": {terms(func(t *Terms) { t.WithdrawAt = ptr(at("19 15:00")) }),
			[]string{"A 1000000 19_14:00", "A 1000000 19_15:00", "A 1000000 15:00"}, "not_open, withdrawn, withdrawn"},
		"a withdrawal after the begin is none": {
			terms(func(t *Terms) { t.WithdrawAt = ptr(at("19 16:00")) }), []string{"A 1000000 15:00"}, "+",
		},
		"paused, both ends": {terms(func(t *Terms) { t.Pauses = []Pause{{at("12:00"), ptr(at("13:00"))}} }),
			[]string{"A 1000000 12:00", "X 1 12:59:59.999999", "A 1000000 13:00"}, "paused, paused, +"},
		"arrived before the pause, served in it": {terms(func(t *Terms) { t.Pauses = []Pause{{at("12:00"), nil}} }),
			[]string{"A 1000000 12:01", "B 1000000 11:59", "A 1020000 17:00"}, "paused, +, paused"},
	} {
		if got := told(ReplayAuction(AuctionRecord{c.terms, bids(c.bids...)}).Attempts); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestTheSameKeyGetsTheSameAnswer(t *testing.T) {
	t.Parallel()
	list := bids("A 1000000 15:00", "B 1020000 15:59", "A 1000000 16:30", "A 1040000 16:01", "B 1 16:02", "B 1 16:03", "B 2 16:04",
		"B 1 16:05")
	list[2].Key, list[3].Key = list[0].Key, list[0].Key // the same again, then another amount
	list[5].Key, list[6].Key, list[7].Key = list[4].Key, list[4].Key, list[4].Key
	out := ReplayAuction(AuctionRecord{terms(), list})
	want := "+, +, + again, key_reused, own_top, own_top again, key_reused, own_top again"
	if got := told(out.Attempts); got != want {
		t.Fatalf("got %s", got)
	}
	if a := out.Attempts[2]; *a.Seq != 1 || !a.EndsAt.Equal(at("16:00")) || a.NextMin != 1_020_000*yuan {
		t.Errorf("the stored answer has changed: %+v", a)
	}
	if a := out.Attempts[3]; a.Seq != nil || !a.EndsAt.Equal(at("16:04")) || a.NextMin != 1_040_000*yuan {
		t.Errorf("another amount under the key: %+v", a)
	}
}

func TestALateBidMovesTheEndToTheWindowAfterItself(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bids []string
		end  string
	}{
		{[]string{"A 1000000 15:54:59.999999"}, "16:00"},
		{[]string{"A 1000000 15:55"}, "16:00"},
		{[]string{"A 1000000 15:55:00.000001"}, "16:00:00.000001"},
		{[]string{"A 1000000 15:59:59.9"}, "16:04:59.9"},
		{[]string{"A 1000000 16:00", "B 1020000 16:05", "A 1040000 16:10", "B 1060000 16:15"}, "16:20"}, // no cap
		{[]string{"A 1000000 16:00", "B 1020000 15:56"}, "16:05"},                                       // never back
		{[]string{"A 1000000 15:00", "B 1000001 15:59"}, "16:00"},                                       // refused bids move nothing
	} {
		out := ReplayAuction(AuctionRecord{terms(), bids(c.bids...)})
		if !out.EndsAt.Equal(at(c.end)) {
			t.Errorf("%v: ends %s, want %s", c.bids, out.EndsAt, c.end)
		}
	}
}

func TestAPauseCountsWhileTheBiddingIsOpenAndMovesTheEndByItsLength(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pauses   []Pause
		withdraw *time.Time
		bids     []string
		counted  string
		end      string
		state    string
	}{
		"in the first instant": {[]Pause{{at("19 16:00"), ptr(at("19 17:00"))}}, nil, nil, "[true]", "17:00", "unsold"},
		"before the begin":     {[]Pause{{at("19 15:59"), ptr(at("19 17:00"))}}, nil, nil, "[false]", "16:00", "unsold"},
		"in the last instant":  {[]Pause{{at("16:00"), ptr(at("16:30"))}}, nil, nil, "[true]", "16:30", "unsold"},
		"after the end":        {[]Pause{{at("16:00:00.000001"), ptr(at("17:00"))}}, nil, nil, "[false]", "16:00", "unsold"},
		"inside what another added": {
			[]Pause{{at("15:00"), ptr(at("15:30"))}, {at("16:10"), ptr(at("16:20"))}}, nil, nil, "[true true]", "16:40", "unsold",
		},
		"inside what a late bid added": {
			[]Pause{{at("16:04"), ptr(at("16:10"))}}, nil, []string{"A 1000000 15:59:30"}, "[true]", "16:10:30", "sold",
		},
		"without end, and one after it": {
			[]Pause{{at("15:00"), nil}, {at("15:30"), ptr(at("15:40"))}}, nil, nil, "[true false]", "16:00", "paused",
		},
		"without end, but before the begin": {
			[]Pause{{at("19 15:00"), nil}, {at("15:30"), ptr(at("15:40"))}}, nil, nil, "[false true]", "16:10", "unsold",
		},
		"after a withdrawal": {[]Pause{{at("15:00"), nil}}, ptr(at("18 12:00")), nil, "[false]", "16:00", "withdrawn"},
		"two, the last after the attempts": {
			[]Pause{{at("12:00"), ptr(at("13:00"))}, {at("14:00"), ptr(at("15:00"))}}, nil, []string{"A 1000000 13:30"}, "[true true]", "18:00",
			"sold",
		},
	} {
		out := ReplayAuction(AuctionRecord{terms(func(t *Terms) { t.Pauses, t.WithdrawAt = c.pauses, c.withdraw }), bids(c.bids...)})
		if got := fmt.Sprint(out.Pauses); got != c.counted || !out.EndsAt.Equal(at(c.end)) || out.State != c.state {
			t.Errorf("%s: got %s, %s, %s", name, got, out.EndsAt, out.State)
		}
	}
}

func TestTermsWithPausesThatOverlapAreMalformed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pauses []Pause
		bad    bool
	}{
		"one after the other":      {[]Pause{{at("10:00"), ptr(at("11:00"))}, {at("11:00"), ptr(at("12:00"))}}, false},
		"overlapping":              {[]Pause{{at("10:00"), ptr(at("11:00"))}, {at("10:59"), ptr(at("12:00"))}}, true},
		"the same twice":           {[]Pause{{at("10:00"), ptr(at("11:00"))}, {at("10:00"), ptr(at("11:00"))}}, true},
		"endless inside another":   {[]Pause{{at("10:00"), ptr(at("11:00"))}, {at("10:30"), nil}}, true},
		"after an endless one":     {[]Pause{{at("10:00"), nil}, {at("10:30"), ptr(at("11:00"))}}, false},
		"backwards":                {[]Pause{{at("11:00"), ptr(at("10:00"))}}, true},
		"overlapping, later first": {[]Pause{{at("10:59"), ptr(at("12:00"))}, {at("10:00"), ptr(at("11:00"))}}, true},
	} {
		if _, why := terms(func(t *Terms) { t.Pauses = c.pauses }).Check(); (why != "") != c.bad {
			t.Errorf("%s: got %q", name, why)
		}
	}
	if _, why := terms(func(t *Terms) { t.Ends = at("18 10:00") }).Check(); why == "" {
		t.Error("an end before the begin is taken")
	}
}

func TestAnAuctionEndsSoldUnsoldWithdrawnOrPaused(t *testing.T) {
	t.Parallel()
	hidden := func(r money.Fen) func(*Terms) { return func(t *Terms) { t.Reserve = &r } }
	for name, c := range map[string]struct {
		terms         Terms
		bids          []string
		state, reason string
		price         money.Fen
		withdraw      string
	}{
		"one bidder":          {terms(), []string{"A 1000000 15:00"}, "sold", "", 1_000_000 * yuan, ""},
		"nobody":              {terms(), nil, "unsold", "no_bid", 0, ""},
		"under the reserve":   {terms(hidden(1_000_001 * yuan)), []string{"A 1000000 15:00"}, "unsold", "below_reserve", 0, ""},
		"exactly the reserve": {terms(hidden(1_000_000 * yuan)), []string{"A 1000000 15:00"}, "sold", "", 1_000_000 * yuan, ""},
		"paused beats the bids": {
			terms(func(t *Terms) { t.Pauses = []Pause{{at("15:30"), nil}} }), []string{"A 1000000 15:00"}, "paused", "", 0, "",
		},
		"withdrawn": {
			terms(func(t *Terms) { t.WithdrawAt = ptr(at("19 15:59")) }), []string{"A 1000000 15:00"}, "withdrawn", "", 0, "accepted",
		},
		"not withdrawn": {
			terms(func(t *Terms) { t.WithdrawAt = ptr(at("10:00")) }), []string{"A 1000000 15:00"}, "sold", "", 1_000_000 * yuan, "refused",
		},
	} {
		out := ReplayAuction(AuctionRecord{c.terms, bids(c.bids...)})
		if out.State != c.state || deref(out.Reason) != c.reason || deref(out.Price) != c.price || deref(out.Withdraw) != c.withdraw ||
			(out.Winner != nil) != (c.state == "sold") {
			t.Errorf("%s: got %+v", name, out)
		}
	}
	if !ReplayAuction(AuctionRecord{terms(), bids("A 1000000 15:59 16:10")}).Alarm {
		t.Error("a bid that waited too long raises no alarm")
	}
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// Whatever is tried: the end never moves back, the price rises by a step unless a priority holder matches, nobody outbids himself, the
// numbers have no gap, and at most one wins.
func TestEveryHistoryOfAnAuctionKeepsItsPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := terms(priority, func(x *Terms) {
			x.StepMultiple = rapid.Bool().Draw(t, "multiple")
			if rapid.Bool().Draw(t, "pause") {
				from := x.Begins.Add(time.Duration(rapid.IntRange(0, 24*60).Draw(t, "from")) * time.Minute)
				x.Pauses = []Pause{{from, ptr(from.Add(time.Hour))}}
			}
		})
		a := NewAuction(rules)
		for i := range rapid.IntRange(1, 40).Draw(t, "n") {
			b := Bid{Key: fmt.Sprint(i), Code: rapid.SampledFrom([]string{"A", "B", "C", "D", "R", "X"}).Draw(t, "who"),
				Amount: a.NextMin() + money.Fen(rapid.IntRange(-2, 3).Draw(t, "steps"))*10_000*yuan,
				At:     rules.Begins.Add(time.Duration(rapid.IntRange(-10, 24*60+60).Draw(t, "at")) * time.Minute)}
			end, top, leader, seq := a.End, a.Top, a.Leader, a.Seq
			answer := a.Attempt(b, nil)
			if a.End.Before(end) {
				t.Fatalf("the end moved back from %s to %s", end, a.End)
			}
			if !answer.Accepted {
				if a.Top != top || a.Leader != leader || a.Seq != seq {
					t.Fatalf("a refused bid moved the auction: %+v", b)
				}
				continue
			}
			match := b.Amount == top && rankOf(rules.Priority, b.Code) > 0
			if a.Seq != seq+1 || a.Leader == leader || top > 0 && !match && a.Top < top+rules.Step || b.Code == "R" || b.Code == "X" {
				t.Fatalf("%+v was accepted over %s of %s", b, top, leader)
			}
		}
		if end := a.Finish(); (end.State == StateSold) != (a.Leader != "") || end.State == StateSold &&
			(*end.Winner != a.Leader || *end.Price != a.Top) {
			t.Fatalf("%+v after %s of %s", end, a.Top, a.Leader)
		}
	})
}
