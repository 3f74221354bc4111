package currency_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/currency"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fact/facttest"
	"techmarket/internal/foundation/money"
)

func TestSharedCasesComeOutKeyByKey(t *testing.T) {
	t.Parallel()
	facttest.Run(t, "fx", fact.Of(currency.Compute))
}

const rates = `[{"currency":"USD","day":"2027-04-02","per":1,"rate":"7.10"},{"currency":"JPY","day":"2027-04-02","per":100,"rate":"4.8"},` +
	`{"currency":"USD","day":"2027-04-01","per":1,"rate":"7.0"},{"currency":"USD","day":"2027-04-02","per":1,"rate":"7.2"}]`

func contract(c string) string {
	return `{"policy":{"max_age_days":3},"rates":` + rates + `,"contract":` + c + `,"short":[]}`
}

func TestTheRateIsTheLatestOfTheDayAndNotTooOld(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ currency, amount, on, want string }{
		"the day before the next rate": {"USD", "10", "2027-04-01", `{"rate_day":"2027-04-01","rate":"7.0","per":1,"cny":"70.00",` +
			`"refusal":null`},
		"a later row mends one of its day": {"USD", "10.5", "2027-04-02", `{"rate_day":"2027-04-02","rate":"7.2","per":1,"cny":"75.60",` +
			`"refusal":null`},
		"the oldest rate that still holds": {"USD", "1", "2027-04-05", `{"rate_day":"2027-04-02","rate":"7.2","per":1,"cny":"7.20",` +
			`"refusal":null`},
		"a day later it is too old": {"USD", "1", "2027-04-06", `{"rate_day":null,"rate":null,"per":null,"cny":null,` +
			`"refusal":"no_rate"`},
		"before the first rate there is none": {"USD", "1", "2027-03-31", `{"rate_day":null,"rate":null,"per":null,"cny":null,` +
			`"refusal":"no_rate"`},
		"an unknown currency has none": {"GBP", "1", "2027-04-02", `{"rate_day":null,"rate":null,"per":null,"cny":null,` +
			`"refusal":"no_rate"`},
		"quoted for a hundred": {"JPY", "-1", "2027-04-02", `{"rate_day":"2027-04-02","rate":"4.8","per":100,"cny":"-0.05",` +
			`"refusal":null`},
		"half a 分 goes away from zero": {"CNY", "-0.005", "2027-04-02",
			`{"rate_day":null,"rate":null,"per":null,"cny":"-0.01","refusal":null`},
		"元 need no rate": {"CNY", "0.005", "1999-01-01",
			`{"rate_day":null,"rate":null,"per":null,"cny":"0.01","refusal":null`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := contract(fmt.Sprintf(`{"currency":%q,"amount":%q,"signed":%q,"changes":[],"royalties":[]}`, c.currency, c.amount, c.on))
			facttest.Same(t, fact.Of(currency.Compute), in,
				fmt.Sprintf(`{"versions":[%s,"on":%q}],"royalties":[],"royalty_sum":"0.00","short":[]}`, c.want, c.on))
		})
	}
}

func TestWhatIsMalformedIsNamed(t *testing.T) {
	t.Parallel()
	const good = `{"currency":"USD","amount":"1","signed":"2027-04-02","changes":[],"royalties":[]}`
	for key, c := range map[string]struct{ from, to string }{
		"contract.currency": {`"currency":"USD","amount"`, `"currency":"usd","amount"`},
		"contract.amount":   {`"amount":"1"`, `"amount":1`},
		"contract.on":       {`"signed":`, `"on":"2027-04-02","signed":`},
		"contract.changes":  {`"changes":[],`, ``},
		"rates[0].rate":     {`"7.10"`, `"0"`},
		"rates[1].per":      {`"per":100`, `"per":0`},
		"short":             {`"short":[]`, `"short":null`},
	} {
		facttest.Refused(t, fact.Of(currency.Compute), strings.Replace(contract(good), c.from, c.to, 1), key)
	}
}

func TestAShortAmountTakesTheSmallestUnitThatHoldsIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ amount, lang, want string }{
		{"9999.99", "zh", "9999.99元"},
		{"10000.00", "zh", "1.00万元"},
		{"10049.99", "zh", "1.00万元"},
		{"10050.00", "zh", "1.01万元"},
		{"99999949.99", "zh", "9999.99万元"},
		{"99999950.00", "zh", "1.00亿元"},
		{"99999999999.99", "zh", "1000.00亿元"},
		{"-99999950.00", "zh", "-1.00亿元"},
		{"-0.01", "en", "CNY -0.01"},
		{"999999.99", "mn", "999,999.99 юань"},
		{"1000000.00", "ru", "1,00 млн юаней"},
		{"999995000.00", "ru", "1,00 млрд юаней"},
		{"999994999.99", "en", "CNY 999.99 million"},
		{"1000000000.00", "mn", "1.00 тэрбум юань"},
		{"1234.50", "ru", "1\u00a0234,50 юаня"},
		{"-12345700.00", "mn", "-12.35 сая юань"},
		{"0.00", "ru", "0,00 юаня"},
	} {
		f, err := money.Parse(c.amount)
		if err != nil {
			t.Fatal(err)
		}
		if got := currency.ShortIn(f, c.lang); got != c.want {
			t.Errorf("%s in %s: got %q, want %q", c.amount, c.lang, got, c.want)
		}
	}
}

func TestLaterRatesAndChangesNeverMoveAnEarlierVersion(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := func(name string, low int) fact.Day { return fact.Day(rapid.IntRange(low, 20_200).Draw(t, name)) }
		rate := func(low int) currency.Rate {
			return currency.Rate{Currency: "USD", Day: day("rate day", low), Per: 1, Rate: fact.Dec(fmt.Sprintf("7.%04d", rapid.IntRange(0,
				9999).Draw(t, "rate")))}
		}
		in := currency.Facts{Policy: currency.Policy{MaxAgeDays: 30}, Contract: &currency.Contract{Currency: "USD", Amount: "100",
			Signed: fact.Day(rapid.IntRange(20_000, 20_100).Draw(t, "signed"))}}
		for range rapid.IntRange(0, 5).Draw(t, "rates") {
			in.Rates = append(in.Rates, rate(20_000))
		}
		before := currency.Compute(in)
		for range rapid.IntRange(0, 5).Draw(t, "later") {
			in.Rates = append(in.Rates, rate(int(in.Contract.Signed)+1))
			in.Contract.Changes = append(in.Contract.Changes, currency.Amount{On: day("change", int(in.Contract.Signed)), Amount: "5"})
		}
		after := currency.Compute(in)
		was, is := before.Versions[0], after.Versions[0]
		if (was.CNY == nil) != (is.CNY == nil) || was.CNY != nil && *was.CNY != *is.CNY {
			t.Errorf("the version of the signature moved from %v to %v", was, is)
		}
	})
}
