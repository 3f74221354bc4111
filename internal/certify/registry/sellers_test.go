package registry_test

import (
	"context"
	"strings"
	"testing"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/money"
)

// Several sellers are one registration: the contract counts once, the amounts by each seller's part and place, and an end takes all of
// it out again. The certificate names everybody and the price in its own currency.
func TestSeveralSellersCountByTheirParts(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	c := w.Content()
	second := c.Seller
	second.Name, second.CreditCode, second.Division, second.Nature, second.OrgID = "样例企业丙", "911500001141506290", "150203", "150", 0
	c.Buyers[0].CreditCode = "91150100MA0MYAD30B"
	c.CoSellers = []contract.CoSeller{{Party: second, Share: 200_000*money.Yuan + 1}}
	c.Elements.Foreign = contract.Foreign{Currency: "USD", Amount: "100000", On: "2026-03-02", Rate: "800", Per: 100, RateOn: "2026-03-02"}
	reg := w.Register(c, nil)
	if reg.SellerName != c.Seller.Name+"等 2 方" || reg.Shares == nil || len(reg.Shares.Sellers) != 2 {
		t.Fatalf("%s %+v", reg.SellerName, reg.Shares)
	}
	type cell struct {
		count        int
		amount, tech money.Fen
		kind         string
	}
	sums := func(division string) (s cell) {
		w.Scan(&s.count, `select coalesce(sum(contracts), 0) from stats_entry where seller_division = $1`, division)
		w.Scan(&s.amount, `select coalesce(sum(amount), 0)::bigint from stats_entry where seller_division = $1`, division)
		w.Scan(&s.tech, `select coalesce(sum(technical), 0)::bigint from stats_entry where seller_division = $1`, division)
		w.Scan(&s.kind, `select coalesce(max(seller_kind), '') from stats_entry where seller_division = $1`, division)
		return s
	}
	if got, want := sums("150203"), (cell{amount: 200_000*money.Yuan + 1, tech: 200_000*money.Yuan + 1, kind: "enterprise"}); got != want {
		t.Errorf("the second seller counts %+v, want %+v", got, want)
	}
	own := c.Seller.Division
	if got := sums(own); got.count != 1 || got.amount != 600_000*money.Yuan-1 || got.kind != "institute" {
		t.Errorf("the first seller counts %+v", got)
	}
	dossier, err := w.S.Dossier(context.Background(), w.Seller, reg.Number)
	registrytest.Check(t, err)
	body, err := dossier.Certificates[0].View()
	registrytest.Check(t, err)
	if body.Seller != c.Seller.Name+"、样例企业丙" || !strings.Contains(body.SellerCode, "、") || !strings.HasPrefix(body.Foreign, "USD 100000") {
		t.Errorf("the certificate says %q %q %q", body.Seller, body.SellerCode, body.Foreign)
	}
	if masked := registry.Mask(body.Seller); strings.Contains(masked, "企业") || !strings.Contains(masked, "、") {
		t.Errorf("the public page says %q", masked)
	}
	w.Amend(reg)
	if a, b := sums(own), sums("150203"); a.count+b.count != 1 {
		t.Errorf("after a change: %+v %+v", a, b)
	}
	_, err = w.Revoke(reg.Number, "fraud")
	registrytest.Check(t, err)
	for _, division := range []string{own, "150203"} {
		if got := sums(division); got.count != 0 || got.amount != 0 || got.tech != 0 {
			t.Errorf("revoked, %s still counts %+v", division, got)
		}
	}
}
