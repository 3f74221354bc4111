package rights

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/money"
)

func fen(s string) money.Fen {
	f, err := money.Parse(s)
	if err != nil {
		panic(err)
	}
	return f
}

// entries reads "+100.00" receipts, "c40.00" costs, "t6.00" taxes; a second minus is a correction.
func entries(lines ...string) []Entry {
	var list []Entry
	for i, line := range lines {
		kind := map[byte]string{'+': Receipt, 'c': Cost, 't': Tax}[line[0]]
		list = append(list, Entry{fmt.Sprint("e", i), kind, fen(line[1:])})
	}
	return list
}

func members(weights ...int64) []Member {
	var list []Member
	for i, w := range weights {
		list = append(list, Member{fmt.Sprint("样例", i), w, i == 0})
	}
	return list
}

func TestAReceiptPaysWhatThePoolStillLacks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bp      int64
		entries []string
		want    string // net pool pay ahead of each payment
	}{
		"rounded up": {7000, []string{"+0.01"}, "0.01 0.01 0.01 0.00"},
		"rounded up once, not at each": {
			7000, []string{"+33.33", "+33.33", "+33.33"}, "33.33 23.34 23.34 0.00; 66.66 46.67 23.33 0.00; 99.99 70.00 23.33 0.00",
		},
		"costs and taxes so far": {5000, []string{"c10.00", "t2.00", "+100.00", "c8.00"}, "88.00 44.00 44.00 0.00"},
		"costs above the receipts": {
			7000, []string{"c500.00", "+400.00", "+200.00"}, "0.00 0.00 0.00 0.00; 100.00 70.00 70.00 0.00",
		},
		"a later cost is recovered from later pay": {
			5000, []string{"+100.00", "c40.00", "+20.00", "+60.00"}, "100.00 50.00 50.00 0.00; 80.00 40.00 0.00 10.00; 140.00 70.00 20.00 0.00",
		},
		"a corrected receipt pays nothing": {
			5000, []string{"+100.00", "+-60.00", "+20.00", "+100.00"},
			"100.00 50.00 50.00 0.00; 40.00 20.00 0.00 30.00; 60.00 30.00 0.00 20.00; 160.00 80.00 30.00 0.00",
		},
		"a corrected cost": {
			5000, []string{"c60.00", "+100.00", "c-60.00", "+0.00"}, "40.00 20.00 20.00 0.00; 100.00 50.00 30.00 0.00",
		},
		"no receipt, no payment": {5000, []string{"c60.00", "t1.00"}, ""},
		"the whole net":          {10000, []string{"+0.01"}, "0.01 0.01 0.01 0.00"},
		"nothing of it":          {0, []string{"+100.00"}, "100.00 0.00 0.00 0.00"},
	} {
		out := Distribute(IncomeRecord{BP: c.bp, MainBP: 5000, Members: members(1), Entries: entries(c.entries...)})
		var got strings.Builder
		for i, p := range out.Payments {
			if i > 0 {
				got.WriteString("; ")
			}
			fmt.Fprint(&got, p.Net, " ", p.Pool, " ", p.Pay, " ", p.Ahead)
		}
		if got.String() != c.want {
			t.Errorf("%s: got %s", name, got.String())
		}
	}
}

func TestSharesGoByWeightTheRestToTheLargestFractions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pay     string
		weights []int64
		want    string
	}{
		"ties in listed order":          {"0.02", []int64{1, 1, 1}, "[0.01 0.01 0.00]"},
		"the largest fraction first":    {"0.10", []int64{1, 2, 4}, "[0.01 0.03 0.06]"},
		"a member without weight":       {"0.05", []int64{0, 1, 1}, "[0.00 0.03 0.02]"},
		"large sums and weights, exact": {"99999999999.99", []int64{1_000_000_000, 999_999_999}, "[50000000025.00 49999999974.99]"},
	} {
		out := Distribute(IncomeRecord{BP: 10000, MainBP: 5000, Members: members(c.weights...), Entries: entries("+" + c.pay)})
		if got := fmt.Sprint(out.Payments[0].Shares); got != c.want || fmt.Sprint(out.Members) != c.want || out.Paid != fen(c.pay) {
			t.Errorf("%s: got %s", name, got)
		}
	}
	if _, why := (IncomeRecord{Members: members(0, 0)}).Check(); why == "" {
		t.Error("weights of 0 are taken")
	}
	if _, why := (IncomeRecord{}).Check(); why == "" {
		t.Error("nobody to pay to is taken")
	}
}

func TestTheMainContributorsHalfIsFoundNotForced(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		weights []int64
		mainBP  int64
		entries []string
		want    string // main_paid main_needed ok of the last payment
	}{
		"exactly half":                     {[]int64{1, 1}, 5000, []string{"+2.00"}, "1.00 1.00 true"},
		"less":                             {[]int64{1, 2}, 5000, []string{"+3.00"}, "1.00 1.50 false"},
		"rounded up":                       {[]int64{1, 1}, 5000, []string{"+0.03"}, "0.02 0.02 true"},
		"of the pool, though paid is more": {[]int64{1, 2}, 5000, []string{"+3.00", "c1.00", "+0.00"}, "1.00 1.00 true"},
		"another part":                     {[]int64{1, 2}, 3000, []string{"+3.00"}, "1.00 0.90 true"},
		"over all receipts":                {[]int64{1, 1}, 5000, []string{"+0.01", "+0.01"}, "0.02 0.01 true"},
	} {
		out := Distribute(IncomeRecord{BP: 10000, MainBP: c.mainBP, Members: members(c.weights...), Entries: entries(c.entries...)})
		p := out.Payments[len(out.Payments)-1]
		if got := fmt.Sprint(p.MainPaid, " ", p.MainNeeded, " ", p.MainOK); got != c.want {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

// The parts of every payment sum to it, the payments to what was paid, and together never more than the largest pool so far.
func TestIncomeIsSharedOutToTheFen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := IncomeRecord{BP: rapid.Int64Range(0, 10_000).Draw(t, "bp"), MainBP: 5000,
			Members: members(append(rapid.SliceOfN(rapid.Int64Range(0, 1000), 0, 6).Draw(t, "weights"), 1)...)}
		for i := range rapid.IntRange(0, 20).Draw(t, "n") {
			in.Entries = append(in.Entries, Entry{fmt.Sprint(i), rapid.SampledFrom([]string{Receipt, Receipt, Cost, Tax}).Draw(t, "kind"),
				money.Fen(rapid.Int64Range(-500, 2_000_000).Draw(t, "amount"))})
		}
		out := Distribute(in)
		var paid, largest money.Fen
		totals := make([]money.Fen, len(in.Members))
		for _, p := range out.Payments {
			var sum money.Fen
			for i, s := range p.Shares {
				if s < 0 {
					t.Fatalf("a negative share: %+v", p)
				}
				sum += s
				totals[i] += s
			}
			largest = max(largest, p.Pool)
			if paid += p.Pay; sum != p.Pay || paid != p.Pool+p.Ahead || paid != largest {
				t.Fatalf("%+v after %s, largest pool %s", p, paid, largest)
			}
		}
		if paid != out.Paid || fmt.Sprint(totals) != fmt.Sprint(out.Members) {
			t.Fatalf("paid %s, got %+v", paid, out)
		}
	})
}
