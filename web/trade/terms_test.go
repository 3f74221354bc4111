package trade

import (
	"slices"
	"strings"
	"testing"

	"techmarket/internal/foundation/money"
	"techmarket/internal/market/demand"
	"techmarket/internal/trade/deal"
	"techmarket/web/view"
)

func changed(facts []view.Fact) (out []string) {
	for _, f := range facts {
		if len(f.Tags) > 0 {
			out = append(out, f.Label+"："+f.Value+"（"+f.Note+"）")
		}
	}
	return out
}

// A version says of each term whether it differs from the one before: changed, new, struck out; and of nothing else.
func TestChangedFacts_EachTermThatDiffersIsMarkedWithWhatItWas(t *testing.T) {
	t.Parallel()
	before := deal.Terms{ClassCode: "0101", Object: "开发配方", Amount: 800_000 * money.Yuan, Payment: "lump_sum", StartsOn: "2026-04-01",
		EndsOn: "2027-10-31", Ownership: "共有"}
	for _, c := range []struct {
		change func(*deal.Terms)
		want   []string
	}{
		{func(*deal.Terms) {}, nil},
		{func(t *deal.Terms) { t.Amount = 900_000 * money.Yuan }, []string{"成交额：900,000.00 元（上一版：800,000.00 元）"}},
		{func(t *deal.Terms) { t.PaymentTerms = "验收后付" }, []string{"支付约定：验收后付（上一版没有约定）"}},
		{func(t *deal.Terms) { t.Ownership = "" }, []string{"知识产权归属：（已删去）（上一版：共有）"}},
		{func(t *deal.Terms) { t.EndsOn = "2027-12-31" }, []string{"期限：2026-04-01 至 2027-12-31（上一版：2026-04-01 至 2027-10-31）"}},
		{func(t *deal.Terms) { t.LicenceYears, t.Exclusive = 5, "sole" }, []string{"许可：5 年，排他许可（上一版没有约定）"}},
		{func(t *deal.Terms) { t.CommissionBP, t.CommissionBy = 300, deal.Supply },
			[]string{"佣金：24,000.00 元，成交额的 3%，由成果方支付（上一版没有约定）"}},
	} {
		now := before
		c.change(&now)
		if got := changed(changedFacts(termFacts(before), termFacts(now))); !slices.Equal(got, c.want) {
			t.Errorf("marked %q, want %q", got, c.want)
		}
	}
	licensed := before
	licensed.LicenceYears, licensed.Exclusive = 5, "sole"
	if got := changed(changedFacts(termFacts(licensed), termFacts(before))); !slices.Equal(got, []string{"许可：（已删去）（上一版：5 年，排他许可）"}) {
		t.Errorf("a term that is gone: %q", got)
	}
	if got := changed(changedFacts(nil, termFacts(before))); got != nil {
		t.Errorf("the first version differs from nothing: %q", got)
	}
}

// The first version speaks with the words of one listing: what the need asks for is no promise of whoever offers an achievement.
func TestTermsObject_SpeaksWithTheWordsOfOneListing(t *testing.T) {
	t.Parallel()
	need := &demand.Content{Targets: []demand.Target{{Name: "出苗率", Target: "70", Unit: "%"}}}
	of := deal.Deal{Subject: "包衣技术", SupplyListing: 1, DemandListing: 2}
	if got := termsObject(of, need); got != "《包衣技术》" {
		t.Errorf("about an achievement: %q", got)
	}
	of.SupplyListing, of.Subject = 0, "出苗率低"
	if got := termsObject(of, need); !strings.Contains(got, "《出苗率低》") || !strings.Contains(got, "出苗率达到 70 %") {
		t.Errorf("about a need: %q", got)
	}
	if got := termsObject(of, nil); got != "《出苗率低》" {
		t.Errorf("a need that is not public any more: %q", got)
	}
}
