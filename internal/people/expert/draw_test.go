package expert

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func day(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d }

func library(n int) []Candidate {
	var out []Candidate
	for i := range n {
		unit := string(rune('A' + i%6))
		out = append(out, Candidate{ID: int64(i + 1), Fields: []string{"05"}, Roles: []string{"review"}, Most: 4,
			Posts: []Post{{Unit: unit, From: day("2015-09-01")}}})
	}
	return out
}

func case12() Case {
	return Case{
		ID:       "样例-1",
		Beacon:   "20260302",
		On:       day("2026-03-02"),
		Field:    "05",
		Role:     "review",
		Count:    5,
		Reserves: 2,
		PerUnit:  2,
		Years:    2,
	}
}

func TestDraw_SameSeedSameExpertsWhateverTheOrder(t *testing.T) {
	t.Parallel()
	all := library(12)
	first := Draw(case12(), all)
	slices.Reverse(all)
	if d := cmp.Diff(first, Draw(case12(), all)); d != "" {
		t.Error(d)
	}
	if len(first.Taken) != 5 || len(first.Reserves) != 2 || len(first.Pool) != 12 {
		t.Errorf("drawn %+v", first)
	}
	other := case12()
	other.Beacon = "20260303"
	if cmp.Equal(first.Order, Draw(other, all).Order) {
		t.Error("another number, the same order")
	}
	if first.Replace(nil) != first.Reserves[0] || first.Replace(first.Reserves[:1]) != first.Reserves[1] ||
		first.Replace(first.Reserves) != 0 {
		t.Error("reserves are not called in their order")
	}
}

func TestDraw_LeavesOutWithTheReason(t *testing.T) {
	t.Parallel()
	all := library(12)
	all[0].Posts = append(all[0].Posts, Post{Unit: "甲", From: day("2010-01-01"), To: day("2024-09-02")}) // left 18 months ago
	all[1].Posts = append(all[1].Posts, Post{Unit: "甲", From: day("2010-01-01"), To: day("2024-03-01")}) // two years and a day
	all[2].Firms, all[3].Paused, all[4].Taken, all[5].Fields = []string{"乙公司"}, true, 4, []string{"01"}
	c := case12()
	c.Parties, c.Struck, c.Count = []string{"甲", "乙公司"}, []int64{7, 8, 9}, 3
	r := Draw(c, all)
	want := []Left{{1, PartyUnit}, {3, PartyFirm}, {4, Paused}, {5, UsedUp}, {6, OtherField}, {7, Struck}, {8, Struck}}
	if d := cmp.Diff(want, r.Out); d != "" {
		t.Error(d)
	}
	c.Count = 6
	if r = Draw(c, all); !r.TooSmall || r.Taken != nil { // a pool of five
		t.Errorf("a pool that is too small: %+v", r)
	}
}

func TestDraw_OfOneUnitTheThirdIsPassedOver(t *testing.T) {
	t.Parallel()
	all := library(9)
	for i := range 6 {
		all[i].Posts = []Post{{Unit: "A", From: day("2015-09-01")}}
	}
	for i := 6; i < 9; i++ {
		all[i].Posts = []Post{{Unit: string(rune('P' + i)), From: day("2015-09-01")}}
	}
	c := case12()
	c.Reserves = 0
	r := Draw(c, all)
	of := 0
	for _, id := range r.Taken {
		if id <= 6 {
			of++
		}
	}
	if len(r.Taken) != 5 || of != 2 || len(r.Passed) == 0 {
		t.Errorf("of one unit %d: %+v", of, r)
	}
}

// What holds of every draw: nobody twice, nobody from outside the pool, pool and left-out are all, the order is a permutation.
func TestDraw_Invariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		all := library(rapid.IntRange(0, 40).Draw(rt, "n"))
		for i := range all {
			all[i].Taken = rapid.IntRange(0, 5).Draw(rt, "taken")
		}
		c := case12()
		c.Beacon, c.Count, c.PerUnit = rapid.String().
			Draw(rt, "beacon"),
			rapid.IntRange(0, 8).
				Draw(rt, "count"),
			rapid.IntRange(0, 3).
				Draw(rt, "k")
		r := Draw(c, all)
		if len(r.Pool)+len(r.Out) != len(all) {
			rt.Fatal("somebody is lost")
		}
		order := slices.Clone(r.Order)
		slices.Sort(order)
		if !slices.Equal(order, r.Pool) {
			rt.Fatal("the order is no permutation of the pool")
		}
		drawn := slices.Concat(r.Taken, r.Reserves)
		slices.Sort(drawn)
		if len(slices.Compact(drawn)) != len(r.Taken)+len(r.Reserves) || r.TooSmall != (len(r.Taken) < c.Count) {
			rt.Fatalf("drawn %+v", r)
		}
	})
}

// The figure of the draw is over 10,000 experts: at most 200 ms.
func BenchmarkDraw(b *testing.B) {
	all, c := library(10_000), case12()
	c.PerUnit = 0
	for b.Loop() {
		Draw(c, all)
	}
}
