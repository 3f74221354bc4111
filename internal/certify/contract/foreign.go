package contract

import (
	"fmt"
	"slices"
	"time"

	"techmarket/internal/foundation/currency"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/money"
)

// Foreign is the price in its own currency with the published middle rate that turns it into 元 (docs/rules/replay.md §15). A change has
// the rate of its own day; versions that were filed before it never move.
type Foreign struct {
	Currency string `json:"currency"`             // ISO 4217; empty for 人民币
	Amount   string `json:"amount"`               // decimal, in units of the currency
	On       Date   `json:"on" format:"date"`     // the day that counts: of the signature, of the supplement for a change
	Rate     string `json:"rate"`                 // 元 for Per units
	Per      int    `json:"per"`                  // 100 as the rates are published, 1 where they are given for one
	RateOn   Date   `json:"rateOn" format:"date"` // the day on which the rate was published
}

// rateAge is how old the rate may be, in days: our choice. None is published over the longest holidays, which with their weekends are
// nine days.
const rateAge = 10

// Currencies are those of the form, our choice among the currencies whose middle rate is published. 元 stands before them.
func Currencies() []string {
	return []string{"USD", "EUR", "JPY", "HKD", "GBP", "AUD", "CAD", "SGD", "CHF", "RUB", "KRW", "MOP"}
}

// Yuan is the price in 元, half up to 分, by the rule that replay runs; false while it cannot be said.
func (f Foreign) Yuan() (money.Fen, bool) {
	var amount, rate fact.Dec
	on, onErr := time.Parse(time.DateOnly, string(f.On))
	day, dayErr := time.Parse(time.DateOnly, string(f.RateOn))
	if amount.UnmarshalText([]byte(f.Amount)) != nil || rate.UnmarshalText([]byte(f.Rate)) != nil || onErr != nil || dayErr != nil ||
		f.Per < 1 || rate.Rat().Sign() <= 0 || amount.Rat().Sign() <= 0 {
		return 0, false
	}
	c := currency.Convert(currency.Policy{MaxAgeDays: rateAge},
		[]currency.Rate{{Currency: currency.Code(f.Currency), Day: fact.OfDate(day), Per: f.Per, Rate: rate}},
		amount, currency.Code(f.Currency), fact.OfDate(on))
	if c.CNY == nil {
		return 0, false
	}
	yuan, err := money.Parse(string(*c.CNY))
	return yuan, err == nil && yuan > 0 && yuan <= money.Max
}

// Words say the price in its currency and how it became 元; empty for 人民币.
func (f Foreign) Words() string {
	if f.Currency == "" {
		return ""
	}
	return fmt.Sprintf("%s %s（按 %s 中间价 %d %s = %s 元折算，计算日 %s）", f.Currency, f.Amount, f.RateOn, f.Per, f.Currency, f.Rate, f.On)
}

// priced sets the amount of a contract in another currency: it follows from the rate and is never typed.
func (c *Content) priced() {
	if f := c.Elements.Foreign; f != (Foreign{}) && f.Currency == "" {
		c.Elements.Foreign = Foreign{}
	} else if f.Currency != "" {
		c.Elements.Amount, _ = f.Yuan()
	}
}

func (k *checker) foreign(e Elements) {
	f := e.Foreign
	if f.Currency == "" {
		return
	}
	const at = "elements.foreign."
	var d fact.Dec
	k.right(slices.Contains(Currencies(), f.Currency), at+"currency", "unknown_code", "币种不在目录中，请重新选择")
	if k.need(f.Amount != "", at+"amount", "请填写合同约定的外币金额") {
		k.right(d.UnmarshalText([]byte(f.Amount)) == nil && d.Rat().Sign() > 0, at+"amount", "bad_amount", "外币金额应为大于 0 的数字，如 120000.50")
	}
	if k.need(f.Rate != "", at+"rate", "请填写公布的人民币汇率中间价") {
		k.right(d.UnmarshalText([]byte(f.Rate)) == nil && d.Rat().Sign() > 0, at+"rate", "bad_amount", "汇率应为大于 0 的数字，如 7.1234")
	}
	k.right(f.Per >= 1 && f.Per <= 10_000, at+"per", "range", "汇率对应的外币单位数应为 1 至 10000，如 1 或 100")
	k.day(at+"on", f.On, "计算日")
	k.day(at+"rateOn", f.RateOn, "汇率公布日")
	if f.On.Valid() && e.SignedOn.Valid() {
		if k.on == NoDay {
			k.right(f.On >= e.SignedOn, at+"on", "before_signature", "变更的计算日为补充协议签订日，不能早于合同签订日期")
		} else {
			k.right(f.On == e.SignedOn, at+"on", "not_signature", "按合同签订日的汇率折算，计算日应与签订日期相同")
		}
	}
	if f.On.Valid() && f.RateOn.Valid() {
		on, _ := time.Parse(time.DateOnly, string(f.On))
		oldest := DateOf(on.AddDate(0, 0, -rateAge))
		k.right(f.RateOn <= f.On && f.RateOn >= oldest, at+"rateOn", "no_rate", "请用计算日公布的汇率；当日没有公布的，用此前最近一次、不早于 %s 的", string(oldest))
	}
}
