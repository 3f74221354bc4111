package extract

import (
	"testing"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/money"
)

// What differs between the paper and the form comes first, the sure differences before the others; what agrees comes last.
func TestCompare_DifferencesComeFirst(t *testing.T) {
	t.Parallel()
	m := generate(t)[0]
	r := Read([]string{m.text}, false)
	c := contract.Content{Seller: contract.Party{Name: m.truth["seller.name"]}, Buyers: []contract.Party{{Name: "别的示范公司"}},
		Elements: contract.Elements{ClassCode: "0501", Amount: 79_000_000 * money.Yuan, SignedOn: contract.Date(m.truth["elements.signedOn"]),
			Payment: "lump_sum", BeginsOn: contract.Date(m.truth["elements.beginsOn"]), EndsOn: contract.Date(m.truth["elements.endsOn"])}}
	rows := Compare(c, r)
	last := 0
	seen := map[string]Row{}
	for _, row := range rows {
		at := 1
		switch {
		case row.Same:
			at = 2
		case row.Fact.Sure:
			at = 0
		}
		if at < last {
			t.Errorf("%s comes too late", row.Label)
		}
		last = at
		seen[row.Label] = row
	}
	for label, same := range map[string]bool{"合同成交总额（元）": false, "合同类别": false, "买方": false, "卖方": true, "签订日期": true, "有效期止": true} {
		if row, ok := seen[label]; !ok || row.Same != same {
			t.Errorf("%s: got %+v", label, row)
		}
	}
}
