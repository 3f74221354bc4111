package extract

import (
	"slices"
	"testing"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/money"
)

// What is taken from the paper fills exactly the ticked fields; taken whole, paper and form no longer differ.
func TestApply_FillsWhatIsTickedAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, m := range generate(t) {
		r := Read([]string{m.text}, false)
		c := contract.Content{Seller: contract.Party{Name: m.truth["seller.name"]}, Buyers: []contract.Party{{Country: contract.China}}}
		c.Elements.Summary = "已经填写的摘要"
		var paths []string
		for _, row := range Propose(c, r) {
			paths = append(paths, row.Path)
		}
		got, filled := Apply(c, r, append(slices.Clone(paths), "elements.summary", "buyers.99.name", "nothing"))
		if !slices.Equal(filled, paths) {
			t.Errorf("%s: filled %v of %v", m.name, filled, paths)
		}
		if got.Elements.Summary != c.Elements.Summary || c.Buyers[0].Name != "" {
			t.Errorf("%s: changed what was not ticked", m.name)
		}
		if again := Propose(got, r); len(again) > 0 {
			t.Errorf("%s: still proposed: %+v", m.name, again)
		}
	}
}

// Where a paper contradicts itself the desk and the applicant see it first, also where the form says one of the two.
func TestCompare_AContradictionComesFirstWhateverWasTyped(t *testing.T) {
	t.Parallel()
	c := contract.Content{Buyers: []contract.Party{{Name: "别的示范公司"}}}
	c.Elements.Amount, c.Elements.SignedOn = 80_000*money.Yuan, "2026-02-30"
	rows := Compare(c, Read([]string{"技术服务合同\n委托方（甲方）：包头示范稀土新材料股份有限公司（盖章）\n受托方（乙方）：内蒙古示范大学\n" +
		"签订日期：2026年2月30日\n合同总价款：80,000元（大写：捌拾万元整）。"}, false))
	if len(rows) < 3 || rows[0].Path != "elements.amountFen" || rows[1].Path != "elements.signedOn" || rows[0].Same || rows[1].Same {
		t.Errorf("got %+v", rows)
	}
}
