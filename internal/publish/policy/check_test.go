package policy_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fact/facttest"
	"techmarket/internal/foundation/money"
	"techmarket/internal/publish/policy"
)

func TestSharedCasesComeOutKeyByKey(t *testing.T) {
	t.Parallel()
	facttest.Run(t, "policy", fact.Of(policy.Evaluate))
}

func day(s string) (d fact.Day) {
	if err := d.UnmarshalText([]byte(s)); err != nil {
		panic(err)
	}
	return d
}

func until(s string) *fact.Day {
	d := day(s)
	return &d
}

func TestOneConditionOfEachKind(t *testing.T) {
	t.Parallel()
	facts := []policy.Fact{
		{Fact: "人数", Value: "20.0", From: day("2027-01-01")},
		{Fact: "注册日", Value: "2026-12-31", From: day("2027-01-01")},
		{Fact: "上市", Value: "false", From: day("2027-01-01")},
		{Fact: "行业", Value: "C39", From: day("2027-01-01")},
		{Fact: "规模", Value: "微型", From: day("2026-01-01"), To: until("2026-12-31")},
		{Fact: "规模", Value: "小型", From: day("2027-01-01")},
		{Fact: "规模", Value: "中型", From: day("2027-01-01")},
		{Fact: "规模", Value: "大型", From: day("2025-01-01")},
	}
	for _, c := range []struct {
		fact, op, kind, values, asOf string
		want                         policy.Answer
	}{
		{"人数", "eq", "number", "20", "", policy.Met},
		{"人数", "ne", "number", "20.00", "", policy.NotMet},
		{"人数", "lt", "number", "100", "", policy.Met}, // as text it would be no less
		{"人数", "gt", "number", "20", "", policy.NotMet},
		{"人数", "ge", "number", "20", "", policy.Met},
		{"人数", "in", "number", "3 20", "", policy.Met},
		{"人数", "eq", "text", "20", "", policy.NotMet},
		{"人数", "eq", "number", "1 20", "", policy.NotMet}, // only the first value counts
		{"注册日", "lt", "day", "2027-01-01", "", policy.Met},
		{"注册日", "le", "day", "2026-12-31", "", policy.Met},
		{"注册日", "gt", "day", "2026-12-31", "", policy.NotMet},
		{"上市", "eq", "bool", "false", "", policy.Met},
		{"上市", "ne", "bool", "false", "", policy.NotMet},
		{"行业", "prefix", "text", "A C", "", policy.Met},
		{"行业", "prefix", "text", "A B", "", policy.NotMet},
		{"行业", "in", "text", "C C3", "", policy.NotMet},
		{"行业", "in", "text", "", "", policy.NotMet},
		{"规模", "eq", "text", "中型", "", policy.Met}, // the later listed of two that begin on one day
		{"规模", "eq", "text", "微型", "2026-12-31", policy.Met},
		{"规模", "eq", "text", "大型", "2025-12-31", policy.Met},
		{"规模", "eq", "text", "大型", "2024-12-31", policy.Missing},
		{"没有", "ne", "text", "x", "", policy.Missing},
	} {
		cond := policy.Condition{Fact: c.fact, Op: c.op, Type: c.kind, Values: strings.Fields(c.values)}
		if c.asOf != "" {
			cond.AsOf = until(c.asOf)
		}
		got := policy.Evaluate(policy.Check{AsOf: day("2027-06-01"), Policy: policy.Validity{From: day("2027-06-01"),
			State: "in_force"}, Facts: facts,
			Clauses: []policy.Clause{{ID: "款", Conditions: []policy.Condition{cond}}}})
		if a := got.Clauses[0]; a.Answer != c.want || a.Conditions[0] != c.want || (c.want == policy.Missing) != (len(a.Missing) == 1) {
			t.Errorf("%+v: got %+v", c, a)
		}
	}
}

const question = `{"as_of":"2027-06-01","policy":{"from":"2027-01-01","to":"2027-06-01","state":"in_force"},
	"facts":[{"fact":"甲","value":"1","from":"2027-01-01","to":null},{"fact":"投入","value":"1000.55","from":"2027-01-01","to":null}],
	"clauses":[{"id":"款","conditions":[{"fact":"甲","op":"eq","type":"number","values":["1"],"as_of":null}],
	"amounts":[{"from":"2027-01-01","to":null,"fact":"投入","as_of":null,"tiers":[{"upto":"1000.00","rate_bp":5000}],"cap":null}]}]}`

func TestAClauseAsAWhole(t *testing.T) {
	t.Parallel()
	const met = `{"in_force":true,"clauses":[{"id":"款","answer":"满足","conditions":["满足"],"missing":[],"amount":%s}]}`
	for name, c := range map[string]struct{ from, to, want string }{
		"nothing is earned above the last bound": {"", "", fmt.Sprintf(met, `"500.00"`)},
		"the last day of the policy is inside":   {`"to":"2027-06-01"`, `"to":"2027-06-01"`, fmt.Sprintf(met, `"500.00"`)},
		"the day after it is not":                {`"to":"2027-06-01"`, `"to":"2027-05-31"`, `{"in_force":false,"clauses":[]}`},
		"repealed answers nothing":               {`"in_force"`, `"repealed"`, `{"in_force":false,"clauses":[]}`},
		"capped":                                 {`"cap":null`, `"cap":"499.99"`, fmt.Sprintf(met, `"499.99"`)},
		"no rule for the amount in force": {`"amounts":[{"from":"2027-01-01"`, `"amounts":[{"from":"2027-06-02"`, fmt.Sprintf(met,
			`null`)},
		"a negative basis earns nothing": {`"1000.55"`, `"-5.00"`, fmt.Sprintf(met, `"0.00"`)},
		"rounded down once":              {`"rate_bp":5000`, `"rate_bp":3333`, fmt.Sprintf(met, `"333.30"`)},
		"the fact of the amount on another day": {`"fact":"投入","as_of":null`, `"fact":"投入","as_of":"2026-12-31"`,
			`{"in_force":true,"clauses":[{"id":"款","answer":"缺信息","conditions":["满足"],"missing":["投入"],"amount":null}]}`},
		"missing facts stand once, in order": {`"conditions":[`, `"conditions":[{"fact":"丙","op":"eq","type":"text","values":["x"],` +
			`"as_of":null},` +
			`{"fact":"乙","op":"eq","type":"text","values":["x"],"as_of":null},{"fact":"丙","op":"ne","type":"text","values":["x"],"as_of":null},`,
			`{"in_force":true,"clauses":[{"id":"款","answer":"缺信息","conditions":["缺信息","缺信息","缺信息","满足"],"missing":["丙","乙"],"amount":null}]}`},
		"不满足 beats 缺信息, before or after it": {`"conditions":[{"fact":"甲","op":"eq"`,
			`"conditions":[{"fact":"丙","op":"eq","type":"text","values":["x"],"as_of":null},{"fact":"甲","op":"ne"`,
			`{"in_force":true,"clauses":[{"id":"款","answer":"不满足","conditions":["缺信息","不满足"],"missing":["丙"],"amount":null}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			facttest.Same(t, fact.Of(policy.Evaluate), strings.Replace(question, c.from, c.to, 1), c.want)
		})
	}
}

func TestWhatIsMalformedIsNamed(t *testing.T) {
	t.Parallel()
	for key, c := range map[string][2]string{
		"policy.state":                       {`"in_force"`, `"ended"`},
		"facts[0].value":                     {`"value":"1"`, `"value":"一"`},
		"facts[1].value":                     {`"1000.55"`, `"千元"`},
		"clauses[0].conditions[0].op":        {`"eq"`, `"="`},
		"clauses[0].conditions[0].values":    {`"values":["1"]`, `"values":[]`},
		"clauses[0].conditions[0].values[0]": {`"values":["1"]`, `"values":["x"]`},
		"clauses[0].amounts[0].tiers[1].upto": {`[{"upto":"1000.00","rate_bp":5000}]`,
			`[{"upto":"1000.00","rate_bp":5000},{"upto":"1000.00","rate_bp":1}]`},
		"clauses[0].amounts[0].tiers[0].upto":  {`"upto":"1000.00"`, `"upto":"1000"`},
		"clauses[0].amounts[0].cap":            {`,"cap":null`, ``},
		"clauses[0].conditions[0].source":      {`"op":"eq"`, `"op":"eq","source":"x"`},
		"clauses[0].amounts[0].tiers[0].limit": {`"rate_bp":5000`, `"rate_bp":5000,"limit":1`},
	} {
		facttest.Refused(t, fact.Of(policy.Evaluate), strings.Replace(question, c[0], c[1], 1), key)
	}
}

// More basis never earns less, never more than the cap, and never more than the highest rate of it.
func TestAnAmountGrowsWithItsBasis(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a policy.Amount
		at := money.Fen(0)
		highest := 0
		for range rapid.IntRange(1, 4).Draw(t, "tiers") {
			at += money.Fen(rapid.Int64Range(1, 1_000_000).Draw(t, "step"))
			upto := at
			bp := rapid.IntRange(0, 10_000).Draw(t, "bp")
			highest = max(highest, bp)
			a.Tiers = append(a.Tiers, policy.Tier{Upto: &upto, RateBP: bp})
		}
		limit := money.Fen(rapid.Int64Range(0, 2_000_000).Draw(t, "cap"))
		a.Cap = &limit
		low := rapid.Int64Range(0, 3_000_000).Draw(t, "low")
		high := low + rapid.Int64Range(0, 3_000_000).Draw(t, "more")
		less, more := a.Of(big.NewRat(low, 100)), a.Of(big.NewRat(high, 100))
		if less > more || more > limit || int64(more)*10_000 > high*int64(highest) {
			t.Errorf("of %d: %s, of %d: %s, cap %s", low, less, high, more, limit)
		}
	})
}
