package sale

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/money"
)

func round(change ...func(*Round)) Round {
	t := terms()
	r := Round{Start: t.Start, Deadline: at("17:00"), TieDeadline: at("21 17:00"), MatchUntil: at("24 17:00"), Bidders: t.Bidders}
	for _, c := range change {
		c(&r)
	}
	return r
}

// papers reads "A 1000000 15:00", "A withdraw 15:00"; the time "never" leaves the paper incomplete.
func papers(lines ...string) []Paper {
	var list []Paper
	for _, line := range lines {
		f := strings.Fields(line)
		p := Paper{Code: f[0], Action: FilePaper, Began: at("09:00")}
		if f[2] != "never" {
			p.At = ptr(at(strings.ReplaceAll(f[2], "_", " ")))
		}
		if f[1] == "withdraw" {
			p.Action = WithdrawPaper
		} else if amount, err := money.Parse(f[1]); err == nil {
			p.Amount = &amount
		}
		list = append(list, p)
	}
	return list
}

func tiePapers(lines ...string) []TiePaper {
	var list []TiePaper
	for _, p := range papers(lines...) {
		list = append(list, TiePaper{p.Code, p.Began, p.At, *p.Amount})
	}
	return list
}

func matches(lines ...string) []Match {
	var list []Match
	for _, line := range lines {
		f := strings.Fields(line)
		list = append(list, Match{f[0], at(strings.ReplaceAll(f[1], "_", " "))})
	}
	return list
}

func TestAPaperCountsReplacesWithdrawsOrIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		papers []string
		want   string
	}{
		"the last complete one": {
			[]string{"A 1200000 10:00", "A 1300000 11:00", "A 1400000 never", "A 1500000 17:00:00.000001"}, "[replaced counts incomplete late]",
		},
		"in the last instant":       {[]string{"A 1200000 17:00"}, "[counts]"},
		"a stranger and a relative": {[]string{"X 1200000 never", "R 1200000 never"}, "[not_a_bidder related_party]"},
		"incomplete before late and withdraw": {
			[]string{"A withdraw never", "A withdraw 17:01", "A withdraw 10:00"}, "[incomplete late nothing_to_withdraw]",
		},
		"withdrawn, then filed again": {
			[]string{"A 1200000 10:00", "A withdraw 11:00", "A withdraw 11:01", "A 1 12:00"},
			"[withdrawn withdrawal nothing_to_withdraw below_start]",
		},
		"a withdrawal reaches the standing one": {
			[]string{"A 1200000 10:00", "A 1300000 11:00", "A withdraw 12:00"}, "[replaced withdrawn withdrawal]",
		},
		"unconfirmed at the deadline":        {[]string{"N 1200000 10:00"}, "[deposit_unconfirmed]"},
		"confirmed after arrival":            {[]string{"L 1200000 10:00"}, "[counts]"},
		"a void one revives nothing":         {[]string{"A 1200000 10:00", "A 999999.99 11:00"}, "[replaced below_start]"},
		"unconfirmed before below the start": {[]string{"N 1 10:00"}, "[deposit_unconfirmed]"},
	} {
		out := DecideSealed(SealedRecord{Round: round(), Papers: papers(c.papers...)})
		if got := fmt.Sprint(out.Papers); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	if _, why := (Paper{Action: FilePaper}).Check(); why == "" {
		t.Error("a bid without an amount is taken")
	}
}

func TestTheHighestPaperWinsATieIsAskedOnceMore(t *testing.T) {
	t.Parallel()
	ranks := func(p ...Priority) func(*Round) { return func(r *Round) { r.Priority = p } }
	two := []string{"A 1500000 10:00", "B 1500000 11:00", "C 1400000 12:00"}
	three := []string{"A 1500000 10:00", "B 1500000 11:00", "C 1500000 12:00"}
	for name, c := range map[string]struct {
		round  Round
		papers []string
		ties   []string
		asked  string
		status string
		won    string // "winner amount decided_by"
	}{
		"only one": {round(), two[2:], nil, "[]", "[]", "C 1400000.00 only"},
		"the highest": {
			round(), []string{"A 1500000 10:00", "B 1500000.01 11:00"}, []string{"A 2000000 18:00"}, "[]", "[no_tie]", "B 1500000.01 highest",
		},
		"nobody files again": {round(), two, nil, "[A B]", "[]", "A 1500000.00 tie_seq"},
		"the higher of the round": {
			round(), two, []string{"A 1510000 21_10:00", "B 1520000 21_11:00"}, "[A B]", "[counts counts]", "B 1520000.00 tie_round",
		},
		"equal again: earlier of the round": {
			round(), two, []string{"B 1510000 21_10:00", "A 1510000 21_11:00"}, "[A B]", "[counts counts]", "B 1510000.00 tie_seq",
		},
		"filed again before standing": {round(), two, []string{"B 1500000 21_10:00"}, "[A B]", "[counts]", "B 1500000.00 tie_seq"},
		"below the tie is void": {
			round(), two, []string{"A 1500000 21_09:00", "A 1499999.99 21_10:00"}, "[A B]", "[replaced below_tie]", "A 1500000.00 tie_seq",
		},
		"late, incomplete, not asked": {
			round(), two, []string{"B 1600000 21_17:00:00.000001", "B 1600000 never", "C 1600000 never", "X 1 21_10:00"}, "[A B]",
			"[late incomplete not_tied not_tied]", "A 1500000.00 tie_seq",
		},
		"in the last instant": {round(), two, []string{"B 1600000 21_17:00"}, "[A B]", "[counts]", "B 1600000.00 tie_round"},
		"a priority holder takes it": {
			round(ranks(Priority{"B", 3})), two, []string{"A 1600000 21_10:00"}, "[]", "[no_tie]", "B 1500000.00 priority",
		},
		"the better rank takes it": {
			round(ranks(Priority{"A", 2}, Priority{"B", 1})), two, nil, "[]", "[]", "B 1500000.00 priority",
		},
		"equal ranks among themselves": {
			round(ranks(Priority{"C", 1}, Priority{"A", 1})), three, []string{"B 1900000 21_10:00", "C 1600000 21_11:00"}, "[A C]",
			"[not_tied counts]", "C 1600000.00 tie_round",
		},
		"the first of the tied has rank": {round(ranks(Priority{"A", 1})), three, nil, "[]", "[]", "A 1500000.00 priority"},
	} {
		out := DecideSealed(SealedRecord{Round: c.round, Papers: papers(c.papers...), TiePapers: tiePapers(c.ties...)})
		won := fmt.Sprint(deref(out.Winner), " ", deref(out.Price), " ", deref(out.DecidedBy))
		if fmt.Sprint(out.Asked) != c.asked || fmt.Sprint(out.TiePapers) != c.status || won != c.won || out.State != StateSold {
			t.Errorf("%s: asked %v, %v, %s", name, out.Asked, out.TiePapers, won)
		}
	}
}

func TestNothingIsSoldWithoutAPaperOrUnderTheReserve(t *testing.T) {
	t.Parallel()
	out := DecideSealed(SealedRecord{Round: round(), Papers: papers("A 1 10:00"), Matches: matches("X 18:00")})
	if out.State != StateUnsold || *out.Reason != NoBid || out.Winner != nil || out.DecidedBy != nil || out.Matches[0] != MatchNoSale {
		t.Errorf("got %+v", out)
	}
	reserve := func(r *Round) { r.Reserve = ptr(1_500_000 * yuan) }
	if out := DecideSealed(SealedRecord{Round: round(reserve), Papers: papers("A 1499999.99 10:00")}); *out.Reason != BelowReserve ||
		out.Price != nil {
		t.Errorf("got %+v", out)
	}
	// The extra round may lift a tie over the reserve.
	tied := papers("A 1400000 10:00", "B 1400000 11:00")
	if out := DecideSealed(SealedRecord{Round: round(reserve), Papers: tied,
		TiePapers: tiePapers("B 1500000 21_10:00")}); deref(out.Winner) != "B" {
		t.Errorf("got %+v", out)
	}
	if out := DecideSealed(SealedRecord{Round: round(reserve), Papers: tied}); *out.Reason != BelowReserve || len(out.Asked) != 2 {
		t.Errorf("got %+v", out)
	}
}

func TestAPriorityHolderMayTakeItAtTheSamePrice(t *testing.T) {
	t.Parallel()
	ranks := func(r *Round) { r.Priority = []Priority{{"A", 2}, {"C", 2}, {"D", 1}, {"N", 1}, {"R", 1}, {"X", 1}} }
	for name, c := range map[string]struct {
		first   string // the paper that wins
		matches []string
		want    string
		winner  string
	}{
		"without an own paper": {"B 1500000 10:00", []string{"A 24_17:00"}, "[valid]", "A match"},
		"too late":             {"B 1500000 10:00", []string{"A 24_17:00:00.000001"}, "[late]", "B only"},
		"no priority":          {"A 1500000 10:00", []string{"B 18:00"}, "[not_priority]", "A only"},
		"who may not bid at all": {
			"B 1500000 10:00", []string{"X 18:00", "R 18:00", "N 18:00"}, "[not_a_bidder related_party deposit_unconfirmed]", "B only",
		},
		"the winner himself":             {"D 1500000 10:00", []string{"D 18:00"}, "[already_winner]", "D only"},
		"an equal or better rank has it": {"A 1500000 10:00", []string{"C 18:00", "D 18:00"}, "[outranked valid]", "D match"},
		"outranked comes before late":    {"A 1500000 10:00", []string{"C 25_18:00"}, "[outranked]", "A only"},
		"the best rank of several":       {"B 1500000 10:00", []string{"A 18:00", "D 18:01"}, "[valid valid]", "D match"},
		"of equal ranks the first":       {"B 1500000 10:00", []string{"C 18:00", "A 18:01"}, "[valid valid]", "C match"},
	} {
		out := DecideSealed(SealedRecord{Round: round(ranks), Papers: papers(c.first), Matches: matches(c.matches...)})
		winner := deref(out.Winner) + " " + deref(out.DecidedBy)
		if fmt.Sprint(out.Matches) != c.want || winner != c.winner || *out.Price != 1_500_000*yuan {
			t.Errorf("%s: got %v, %s at %s", name, out.Matches, winner, out.Price)
		}
	}
}

// Whoever wins, nobody with a valid paper offered more in the round in which it was decided, and without priority the seq breaks ties.
func TestNobodyOfferedMoreThanTheWinner(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var list []Paper
		for range rapid.IntRange(0, 8).Draw(t, "n") {
			amount := 1_000_000*yuan + money.Fen(rapid.IntRange(-1, 2).Draw(t, "amount"))
			list = append(list, Paper{Code: rapid.SampledFrom([]string{"A", "B", "C", "N", "R"}).Draw(t, "who"), Action: FilePaper,
				At: ptr(at("10:00")), Amount: &amount})
		}
		out := DecideSealed(SealedRecord{Round: round(), Papers: list})
		best := money.Fen(-1)
		for i, p := range list {
			if out.Papers[i] == PaperCounts {
				best = max(best, *p.Amount)
			}
		}
		if (out.State == StateSold) != (best >= 0) || out.State == StateSold && *out.Price != best {
			t.Fatalf("best %s, got %+v", best, out)
		}
		if len(out.Asked) == 1 || !slices.IsSorted(out.Asked) {
			t.Fatalf("asked %v", out.Asked)
		}
	})
}
