// Package policy is the policy library: policies with their validity and clauses, and what can be said about a firm from the facts that
// are known on a day.
//
// A clause is answered with three values: 满足, 不满足 and 缺信息, which names the facts that are missing. It never says 已批准: an amount
// is what the table gives, the issuer decides.
//
// Source: docs/rules/replay.md §12.
package policy

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// Answer is one of three values.
type Answer string

// The answers.
const (
	Met     Answer = "满足"
	NotMet  Answer = "不满足"
	Missing Answer = "缺信息"
)

// InForce is the state of a policy that is neither repealed nor ended.
const InForce = "in_force"

// Validity says from when to when a policy holds; both days are inside.
type Validity struct {
	From  fact.Day  `json:"from"`
	To    *fact.Day `json:"to"`
	State string    `json:"state" words:"in_force repealed"`
}

// On tells whether the policy is in force on a day.
func (v Validity) On(day fact.Day) bool { return v.State == InForce && inside(day, v.From, v.To) }

func inside(day, from fact.Day, to *fact.Day) bool { return from <= day && (to == nil || day <= *to) }

// Fact is a dated fact about the firm.
type Fact struct {
	Fact  string    `json:"fact"`
	Value string    `json:"value"`
	From  fact.Day  `json:"from"`
	To    *fact.Day `json:"to"`
}

// Condition compares a fact with values: `in` and `prefix` with any of them, the others with the first.
type Condition struct {
	Fact   string    `json:"fact"`
	Op     string    `json:"op" words:"eq ne ge gt le lt in prefix"`
	Type   string    `json:"type" words:"number day text bool"`
	Values []string  `json:"values"`
	AsOf   *fact.Day `json:"as_of"` // the day of the fact; nil = the day of asking
}

// Check refuses values that are none of the type.
func (c Condition) Check() (key string, why fault.Sentence) {
	if len(c.Values) == 0 && c.Op != "in" && c.Op != "prefix" {
		return "values", "应至少有一个值"
	}
	for i, v := range c.Values {
		if why := c.wrong(v); why != "" {
			return fmt.Sprintf("values[%d]", i), why
		}
	}
	return "", ""
}

// wrong says why a text is no value of the condition's type; a prefix is compared as text whatever the type.
func (c Condition) wrong(value string) fault.Sentence {
	if c.Op == "prefix" {
		return ""
	}
	switch c.Type {
	case "number":
		return errText(new(fact.Dec).UnmarshalText([]byte(value)))
	case "day":
		return errText(new(fact.Day).UnmarshalText([]byte(value)))
	case "bool":
		if value != "true" && value != "false" {
			return "应为 true 或 false 的文本"
		}
	}
	return ""
}

func errText(err error) fault.Sentence {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Format
	}
	return ""
}

// Tier is a step of a marginal rate: the part of the amount up to a bound earns so many 1/10,000.
type Tier struct {
	Upto   *money.Fen `json:"upto" min:"0"` // nil: without bound
	RateBP int        `json:"rate_bp" min:"0" max:"1000000"`
}

// Amount is a dated rule for the amount of a clause.
type Amount struct {
	From  fact.Day   `json:"from"`
	To    *fact.Day  `json:"to"`
	Fact  string     `json:"fact"` // the amount in 元 it is worked out from
	AsOf  *fact.Day  `json:"as_of"`
	Tiers []Tier     `json:"tiers"`
	Cap   *money.Fen `json:"cap" min:"0"`
}

// Check refuses tiers that do not rise.
func (a Amount) Check() (key string, why fault.Sentence) {
	for i := 1; i < len(a.Tiers); i++ {
		before, this := a.Tiers[i-1].Upto, a.Tiers[i].Upto
		if before == nil || this != nil && *this <= *before {
			return fmt.Sprintf("tiers[%d].upto", i), "各档上限应依次升高，无上限的一档只能在最后"
		}
	}
	return "", ""
}

// Clause gives something to whoever meets all its conditions.
type Clause struct {
	ID         string      `json:"id"`
	Conditions []Condition `json:"conditions"`
	Amounts    []Amount    `json:"amounts"`
}

// Check is a policy, the facts of a firm and the day of asking.
type Check struct {
	AsOf    fact.Day `json:"as_of"`
	Policy  Validity `json:"policy"`
	Facts   []Fact   `json:"facts"`
	Clauses []Clause `json:"clauses"`
}

// Check refuses a fact that a condition or an amount needs and whose value is none of the type.
func (q Check) Check() (key string, why fault.Sentence) {
	for _, c := range q.Clauses {
		for _, cond := range c.Conditions {
			if i := find(q.Facts, cond.Fact, q.day(cond.AsOf)); i >= 0 {
				if why := cond.wrong(q.Facts[i].Value); why != "" {
					return fmt.Sprintf("facts[%d].value", i), why
				}
			}
		}
		if a := c.amountOn(q.AsOf); a != nil {
			if i := find(q.Facts, a.Fact, q.day(a.AsOf)); i >= 0 && basis(q.Facts[i].Value) == nil {
				return fmt.Sprintf("facts[%d].value", i), "应为金额，单位元"
			}
		}
	}
	return "", ""
}

func (q Check) day(of *fact.Day) fact.Day {
	if of == nil {
		return q.AsOf
	}
	return *of
}

// find is the place of the row that covers the day: the one with the latest begin, of two the later listed; -1 where there is none.
func find(facts []Fact, name string, day fact.Day) int {
	best := -1
	for i, f := range facts {
		if f.Fact == name && inside(day, f.From, f.To) && (best < 0 || f.From >= facts[best].From) {
			best = i
		}
	}
	return best
}

// ClauseAnswer is what can be said about one clause.
type ClauseAnswer struct {
	ID         string     `json:"id"`
	Answer     Answer     `json:"answer"`
	Conditions []Answer   `json:"conditions"`
	Missing    []string   `json:"missing"`
	Amount     *money.Fen `json:"amount"` // only with 满足, and where a rule for the amount is in force
}

// Findings are the answers of a policy; a policy that is not in force answers nothing.
type Findings struct {
	InForce bool           `json:"in_force"`
	Clauses []ClauseAnswer `json:"clauses"`
}

// Evaluate answers every clause of a policy.
func Evaluate(q Check) Findings {
	out := Findings{InForce: q.Policy.On(q.AsOf)}
	if !out.InForce {
		return out
	}
	for _, c := range q.Clauses {
		out.Clauses = append(out.Clauses, q.clause(c))
	}
	return out
}

func (q Check) clause(c Clause) ClauseAnswer {
	a := ClauseAnswer{ID: c.ID, Answer: Met}
	lacks := func(name string) {
		if !slices.Contains(a.Missing, name) {
			a.Missing = append(a.Missing, name)
		}
	}
	for _, cond := range c.Conditions {
		answer := q.condition(cond)
		a.Conditions = append(a.Conditions, answer)
		if answer == Missing {
			lacks(cond.Fact)
		}
		if a.Answer != NotMet && answer != Met {
			a.Answer = answer
		}
	}
	rule := c.amountOn(q.AsOf)
	if a.Answer != Met || rule == nil {
		return a
	}
	i := find(q.Facts, rule.Fact, q.day(rule.AsOf))
	if i < 0 {
		a.Answer = Missing
		lacks(rule.Fact)
		return a
	}
	if of := basis(q.Facts[i].Value); of != nil {
		amount := rule.Of(of)
		a.Amount = &amount
	}
	return a
}

func (q Check) condition(c Condition) Answer {
	i := find(q.Facts, c.Fact, q.day(c.AsOf))
	if i < 0 {
		return Missing
	}
	value := q.Facts[i].Value
	if c.wrong(value) != "" { // what cannot be read says nothing
		return Missing
	}
	var met bool
	switch c.Op {
	case "prefix":
		met = slices.ContainsFunc(c.Values, func(v string) bool { return strings.HasPrefix(value, v) })
	case "in":
		met = slices.ContainsFunc(c.Values, func(v string) bool { return c.compare(value, v) == 0 })
	default:
		met = holds(c.Op, c.compare(value, c.Values[0]))
	}
	if met {
		return Met
	}
	return NotMet
}

// compare compares numbers as numbers and everything else as text; days sort as text.
func (c Condition) compare(a, b string) int {
	if c.Type == "number" {
		return fact.Dec(a).Rat().Cmp(fact.Dec(b).Rat())
	}
	return strings.Compare(a, b)
}

func holds(op string, cmp int) bool {
	switch op {
	case "eq":
		return cmp == 0
	case "ne":
		return cmp != 0
	case "ge":
		return cmp >= 0
	case "gt":
		return cmp > 0
	case "le":
		return cmp <= 0
	default:
		return cmp < 0
	}
}

// amountOn is the first rule in force on a day, nil where there is none.
func (c Clause) amountOn(day fact.Day) *Amount {
	for i := range c.Amounts {
		if inside(day, c.Amounts[i].From, c.Amounts[i].To) {
			return &c.Amounts[i]
		}
	}
	return nil
}

// basis reads the amount in 元 that a rule is worked out from; nil where the text is none.
func basis(value string) *big.Rat {
	var d fact.Dec
	if d.UnmarshalText([]byte(value)) != nil {
		return nil
	}
	r := d.Rat()
	if limit := big.NewRat(int64(money.Max), 100); r.Cmp(limit) > 0 || new(big.Rat).Neg(r).Cmp(limit) > 0 {
		return nil
	}
	return r
}

// Of works out the amount: each part by its own tier, nothing above the last bound; summed exactly, rounded down to 分 once, capped.
func (a Amount) Of(basis *big.Rat) money.Fen {
	fen := new(big.Rat).Mul(basis, big.NewRat(100, 1))
	sum, from := new(big.Rat), new(big.Rat)
	for _, t := range a.Tiers {
		upto := fen
		if t.Upto != nil && fen.Cmp(big.NewRat(int64(*t.Upto), 1)) > 0 {
			upto = big.NewRat(int64(*t.Upto), 1)
		}
		if upto.Cmp(from) > 0 {
			part := new(big.Rat).Sub(upto, from)
			sum.Add(sum, part.Mul(part, big.NewRat(int64(t.RateBP), 10_000)))
			from = upto
		}
	}
	earned := money.Fen(new(big.Int).Quo(sum.Num(), sum.Denom()).Int64())
	if a.Cap != nil {
		earned = min(earned, *a.Cap)
	}
	return earned
}
