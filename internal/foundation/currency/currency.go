// Package currency turns an amount of another currency into 元 by the published rate of a day, and prints amounts of 元 the short way
// of four languages. It holds no rate and no limit: both are rows that the caller passes in.
//
// Source: docs/rules/replay.md §15.
package currency

import (
	"math/big"
	"regexp"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

var codeText = regexp.MustCompile(`^[A-Z]{3}$`)

// Code is an ISO 4217 code.
type Code string

// CNY is the currency of the market: it has no rate.
const CNY Code = "CNY"

// MarshalText writes the code.
func (c Code) MarshalText() ([]byte, error) { return []byte(c), nil }

// UnmarshalText reads three capital letters.
func (c *Code) UnmarshalText(b []byte) error {
	if !codeText.Match(b) {
		return fault.New(fault.Invalid, "currency", "应为三个大写字母的币种代码，如 USD")
	}
	*c = Code(b)
	return nil
}

// Policy says how old a published rate may be.
type Policy struct {
	MaxAgeDays int `json:"max_age_days" min:"0"` // days between the rate and the day it is used for
}

// Rate is a published middle rate: Per units of the currency cost Rate 元.
type Rate struct {
	Currency Code     `json:"currency"`
	Day      fact.Day `json:"day"`
	Per      int      `json:"per" min:"1"`
	Rate     fact.Dec `json:"rate"`
}

// Check refuses a rate that is not above 0.
func (r Rate) Check() (key string, why fault.Sentence) {
	if r.Rate.Rat().Sign() <= 0 {
		return "rate", "应大于 0"
	}
	return "", ""
}

// NoRate is the refusal where no rate of the day, or none young enough, is published.
const NoRate = "no_rate"

// Conversion is an amount in 元 with the rate it was made by; of an amount in 元 the rate is empty.
type Conversion struct {
	On      fact.Day  `json:"on"`
	RateDay *fact.Day `json:"rate_day"`
	Rate    *fact.Dec `json:"rate"`
	Per     *int      `json:"per"`
	CNY     *fact.Dec `json:"cny"` // two decimals; nil where there is no rate
	Refusal *string   `json:"refusal"`
}

// Convert turns an amount into 元 by the last rate published on or before the day, half up to 分.
func Convert(p Policy, rates []Rate, amount fact.Dec, c Code, on fact.Day) Conversion {
	out := Conversion{On: on}
	value := amount.Rat()
	if c != CNY {
		r := latest(rates, c, on)
		if r == nil || on-r.Day > fact.Day(p.MaxAgeDays) {
			refusal := NoRate
			out.Refusal = &refusal
			return out
		}
		out.RateDay, out.Rate, out.Per = &r.Day, &r.Rate, &r.Per
		value.Mul(value, r.Rate.Rat()).Quo(value, big.NewRat(int64(r.Per), 1))
	}
	cny := fact.Dec(fact.Round(value, 2))
	out.CNY = &cny
	return out
}

// latest is the row of the last day up to on; of two rows of one day the later listed, which mends the earlier.
func latest(rates []Rate, c Code, on fact.Day) *Rate {
	var best *Rate
	for i := range rates {
		if r := rates[i]; r.Currency == c && r.Day <= on && (best == nil || r.Day >= best.Day) {
			best = &rates[i]
		}
	}
	return best
}

// Amount is what a change of the contract sets, or a royalty that was booked.
type Amount struct {
	On     fact.Day `json:"on"`
	Amount fact.Dec `json:"amount"`
}

// Contract keeps its own currency; the figures in 元 follow from it.
type Contract struct {
	Currency  Code     `json:"currency"`
	Amount    fact.Dec `json:"amount"`
	Signed    fact.Day `json:"signed"`
	Changes   []Amount `json:"changes"`
	Royalties []Amount `json:"royalties"`
}

// Short is an amount to be printed.
type Short struct {
	Amount money.Fen `json:"amount"`
	Lang   string    `json:"lang" words:"zh en ru mn"`
}

// Facts are what a conversion is made from.
type Facts struct {
	Policy   Policy    `json:"policy"`
	Rates    []Rate    `json:"rates"`
	Contract *Contract `json:"contract"`
	Short    []Short   `json:"short"`
}

// Figures are the answer: a version for the signature and for each change, each by the rate of its own day, so that an earlier one
// never moves; the royalties by the day of booking, and their sum where each has a rate.
type Figures struct {
	Versions   []Conversion `json:"versions"`
	Royalties  []Conversion `json:"royalties"`
	RoyaltySum *fact.Dec    `json:"royalty_sum"`
	Short      []string     `json:"short"`
}

// Compute answers one record of facts.
func Compute(in Facts) Figures {
	var out Figures
	for _, s := range in.Short {
		out.Short = append(out.Short, ShortIn(s.Amount, s.Lang))
	}
	if in.Contract == nil {
		return out
	}
	c := *in.Contract
	out.Versions = append(out.Versions, Convert(in.Policy, in.Rates, c.Amount, c.Currency, c.Signed))
	for _, a := range c.Changes {
		out.Versions = append(out.Versions, Convert(in.Policy, in.Rates, a.Amount, c.Currency, a.On))
	}
	sum, whole := new(big.Rat), true
	for _, a := range c.Royalties {
		r := Convert(in.Policy, in.Rates, a.Amount, c.Currency, a.On)
		out.Royalties = append(out.Royalties, r)
		if r.CNY == nil {
			whole = false
		} else {
			sum.Add(sum, r.CNY.Rat())
		}
	}
	if whole {
		text := fact.Dec(fact.Round(sum, 2))
		out.RoyaltySum = &text
	}
	return out
}
