package voucher_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fact/facttest"
	"techmarket/internal/foundation/money"
	"techmarket/internal/services/voucher"
)

func TestSharedCasesComeOutKeyByKey(t *testing.T) {
	t.Parallel()
	facttest.Run(t, "voucher", fact.Of(voucher.Balance))
}

func day(s string) (d fact.Day) {
	if err := d.UnmarshalText([]byte(s)); err != nil {
		panic(err)
	}
	return d
}

func rules() voucher.Policy {
	return voucher.Policy{FirstDay: day("2027-01-01"), LastDay: day("2028-06-30"), Limit: 1000, RateBP: 5000, Budget: 1500, ValidDays: 30,
		Kinds: []string{"检测"}, Providers: []string{"样例站"}}
}

// Every state meets every event; what is not listed here is wrong_state and stays.
func TestEveryStateMeetsEveryEvent(t *testing.T) {
	t.Parallel()
	states := strings.Fields("new granted committed done claimed approved paid void owing expired")
	events := strings.Fields("apply use finish claim approve pay cancel void void- repay repay+")
	want := map[string]string{
		"new apply": "granted 5.00", "granted use": "committed", "committed finish": "done", "done claim": "claimed 3.00",
		"claimed approve": "approved", "approved pay": "paid 4.00", "owing repay": "void 3.00", "owing repay+": "void over_recovery",
	}
	for _, s := range states {
		if s != "new" {
			want[s+" apply"] = s + " duplicate_voucher"
		}
		for _, e := range events[1:] {
			switch s {
			case "new":
				want[s+" "+e] = "new unknown_voucher"
			case "expired":
				want[s+" "+e] = s + " " + voucher.IsExpired
			}
		}
		if s == "new" || s == "expired" {
			continue
		}
		if s != "owing" {
			want[s+" repay"], want[s+" repay+"] = s+" nothing_owed", s+" nothing_owed"
		}
		if s != "void" && s != "owing" {
			owed := "0.00"
			if s == "paid" {
				owed = "4.00"
			}
			want[s+" cancel"], want[s+" void"], want[s+" void-"] = "void "+owed, "void "+owed, s+" no_reason"
		}
	}
	for _, s := range states {
		for _, e := range events {
			v := voucher.Voucher{ID: "券", Firm: "样例企业", Granted: day("2027-03-01"), State: voucher.State(s), Amount: 400}
			b := voucher.Books{Voucher: &v}
			switch s {
			case "new":
				b.Voucher = nil
			case "paid":
				v.Paid = 400
			case "owing":
				v.State, v.Paid, v.Owes = voucher.Void, 400, 400
			}
			name := strings.TrimRight(e, "+-")
			after, out := voucher.Step(rules(), b, voucher.Event{Event: name, On: day("2027-03-02"), Voucher: "券", Firm: "样例企业", Provider: "样例站",
				Kind: "检测", Contract: 1000, Paid: 600, Reason: e != "void-", Amount: map[bool]money.Fen{false: 300, true: 401}[e == "repay+"]})
			expect, ok := want[s+" "+e]
			if !ok {
				expect = s + " wrong_state"
			}
			expect = strings.Replace(expect, "owing ", "void ", 1)
			got := strings.TrimPrefix(string(after.State), " ")
			if after.State == voucher.None {
				got = "new"
			}
			if out.Refusal != nil {
				got += " " + *out.Refusal
			} else if out.Amount != nil {
				got += " " + out.Amount.String()
			}
			if got != expect {
				t.Errorf("%s –%s→ %s, want %s", s, e, got, expect)
			}
		}
	}
}

func TestAnApplicationIsRefusedByTheFirstReason(t *testing.T) {
	t.Parallel()
	good := voucher.Event{Event: "apply", On: day("2027-03-01"), Voucher: "券", Firm: "样例企业", Provider: "样例站", Kind: "检测", Contract: 1001}
	bad := good
	bad.On, bad.Kind, bad.Provider, bad.Firm = day("2026-12-31"), "培训", "样例外", "样例外"
	books := voucher.Books{Held: 1500, FirmHeld: 1000}
	for _, c := range []struct {
		want string
		mend func()
	}{
		{"outside_policy", func() { bad.On = good.On }},
		{"kind_not_covered", func() { bad.Kind = good.Kind }},
		{"provider_not_listed", func() { bad.Provider = good.Provider; bad.Firm = good.Provider }},
		{"related_party", func() { bad.Firm = good.Firm }},
		{"limit_used_up", func() { books.FirmHeld = 900 }},
		{"over_budget", func() { books.Held = 1400 }},
	} {
		_, out := voucher.Step(rules(), books, bad)
		if out.Refusal == nil || *out.Refusal != c.want {
			t.Fatalf("got %v, want %s", out.Refusal, c.want)
		}
		c.mend()
	}
	v, out := voucher.Step(rules(), books, bad)
	if out.Refusal != nil || *out.Amount != 100 || v.Amount != 100 { // cut to what is left of the firm's year
		t.Errorf("got %+v %v", v, out.Refusal)
	}
	books.Held = 1401
	if _, out := voucher.Step(rules(), books, bad); out.Refusal == nil || *out.Refusal != "over_budget" { // never cut to the budget
		t.Errorf("got %v", out.Refusal)
	}
}

const account = `{"policy":{"first_day":"2027-01-01","last_day":"2028-03-01","limit":"100.00","rate_bp":5000,"budget":"200.00",` +
	`"valid_days":60,
	"kinds":["检测"],"providers":["样例站"]},"groups":[{"name":"样例乙","group":"一"},{"name":"样例乙","group":"二"},{"name":"样例站","group":"二"}],
	"as_of":"2028-02-10","events":[%s]}`

func apply(id, on, firm, contract string) string {
	return fmt.Sprintf(`{"event":"apply","on":%q,"voucher":%q,"firm":%q,"provider":"样例站","kind":"检测","contract":%q}`, on, id, firm, contract)
}

func TestAnAccountOverTwoYears(t *testing.T) {
	t.Parallel()
	events := strings.Join([]string{
		apply("丙", "2027-12-20", "样例甲", "120.00"),
		apply("丙", "2027-12-20", "样例甲", "120.00"), // refused: the number is taken
		apply("乙", "2027-12-20", "样例乙", "10.00"),  // refused: one of its groups is the provider's
		apply("乙", "2028-01-02", "样例甲", "300.00"), // a new year of the firm
		apply("甲", "2028-01-03", "样例丁", "90.00"),  // 200 − 60 − 100 = 40 left: refused, and the number stays free
		apply("甲", "2028-01-03", "样例丁", "80.00"),
		`{"event":"void","on":"2028-01-04","voucher":"甲","reason":true}`,
		apply("戊", "2028-02-10", "样例甲", "1.00"),                             // refused: limit of 2028
		`{"event":"use","on":"2028-02-19","voucher":"丙"}`,                   // after the day asked for: refused, sixty days ended on 02-18
		`{"event":"finish","on":"2028-02-20","voucher":"乙"}`,                // wrong_state
		`{"event":"use","on":"2028-03-01","voucher":"乙"}`,                   // the last day of the policy comes first: still good
		`{"event":"cancel","on":"2028-03-02","voucher":"丙"}`,                // expired
		`{"event":"repay","on":"2028-03-02","voucher":"丙","amount":"1.00"}`, // expired
	}, ",")
	facttest.Same(t, fact.Of(voucher.Balance), fmt.Sprintf(account, events), `{"events":[{"refusal":null,"amount":"60.00"},
		{"refusal":"duplicate_voucher","amount":null},{"refusal":"related_party","amount":null},{"refusal":null,"amount":"100.00"},
		{"refusal":"over_budget","amount":null},{"refusal":null,"amount":"40.00"},{"refusal":null,"amount":"0.00"},
		{"refusal":"limit_used_up","amount":null},
		{"refusal":"expired","amount":null},{"refusal":"wrong_state","amount":null},{"refusal":null,"amount":null},{"refusal":"expired",
		"amount":null},{"refusal":"expired","amount":null}],
		"vouchers":[{"voucher":"丙","state":"granted","amount":"60.00","paid":"0.00","owes":"0.00"},{"voucher":"乙","state":"granted",
		"amount":"100.00","paid":"0.00","owes":"0.00"},
		{"voucher":"甲","state":"void","amount":"40.00","paid":"0.00","owes":"0.00"}],"budget_left":"40.00",
		"firms":[{"firm":"样例丁","year":2028,"left":"100.00"},{"firm":"样例甲","year":2027,"left":"40.00"},{"firm":"样例甲","year":2028,"left":"0.00"}]}`)
}

func TestWhatIsMalformedIsNamed(t *testing.T) {
	t.Parallel()
	good := fmt.Sprintf(account, apply("甲", "2027-02-01", "样例甲", "1.00")+`,{"event":"void","on":"2027-02-01","voucher":"甲","reason":true}`)
	for key, c := range map[string][2]string{
		"events[0].contract": {`"1.00"`, `"1.0"`},
		"events[0].reason":   {`"event":"apply"`, `"event":"apply","reason":true`},
		"events[1].reason":   {`,"reason":true`, ``},
		"events[1].event":    {`"event":"void"`, `"event":"annul"`},
		"policy.limit":       {`"100.00"`, `"-100.00"`},
		"policy.rate_bp":     {`5000`, `10001`},
		"groups[0].group":    {`"group":"一"`, `"group":null`},
		"as_of":              {`"as_of":"2028-02-10"`, `"as_of":"2027-02-29"`},
	} {
		facttest.Refused(t, fact.Of(voucher.Balance), strings.Replace(good, c[0], c[1], 1), key)
	}
}

// Whatever is tried in whatever order, the budget and each firm's year are never exceeded, nothing is negative, and what was paid and
// not given back is inside the budget.
func TestTheBudgetIsNeverExceeded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := voucher.Facts{Policy: rules(), AsOf: day("2028-12-31")}
		on := day("2027-02-01")
		tried := strings.Fields("apply use finish claim approve pay apply use finish claim approve pay apply cancel void repay")
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			on += fact.Day(rapid.IntRange(-3, 12).Draw(t, "days"))
			cents := func(name string) money.Fen { return money.Fen(rapid.Int64Range(0, 3000).Draw(t, name)) }
			f.Events = append(f.Events, voucher.Event{
				Event: rapid.SampledFrom(tried).Draw(t, "event"),
				On:    on, Voucher: rapid.SampledFrom(strings.Fields("甲 乙 丙 丁 戊 己")).Draw(t, "voucher"),
				Firm:     rapid.SampledFrom(strings.Fields("样例甲 样例乙")).Draw(t, "firm"),
				Provider: "样例站", Kind: "检测", Contract: cents("contract"), Paid: cents("paid"), Reason: true, Amount: cents("repaid"),
			})
			a := voucher.Balance(f)
			if a.BudgetLeft < 0 || a.BudgetLeft > f.Policy.Budget {
				t.Fatalf("budget left %s", a.BudgetLeft)
			}
			for _, y := range a.Firms {
				if y.Left < 0 || y.Left > f.Policy.Limit {
					t.Fatalf("%+v", y)
				}
			}
			var out money.Fen
			for _, v := range a.Vouchers {
				if v.Amount < 0 || v.Paid < 0 || v.Owes < 0 || v.Paid > v.Amount || v.Owes > v.Paid {
					t.Fatalf("%+v", v)
				}
				if v.State != voucher.Void {
					out += v.Paid
				}
				out += v.Owes
			}
			if out > f.Policy.Budget-a.BudgetLeft {
				t.Fatalf("%s are out, and only %s of the budget are held", out, f.Policy.Budget-a.BudgetLeft)
			}
		}
	})
}
