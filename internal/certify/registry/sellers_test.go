package registry_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/files"
)

// Several sellers are one registration: the contract counts once, the amounts by each seller's part and place, and an end takes all of
// it out again. The certificate names everybody and the price in its own currency.
func TestSeveralSellersCountByTheirParts(t *testing.T) {
	t.Parallel()
	w := registrytest.New(t)
	c := w.Content()
	second := c.Seller
	second.Name, second.CreditCode, second.Division, second.Nature, second.OrgID = "样例企业丙", "91150000114150629E", "150203", "150", 0
	c.Buyers[0].CreditCode = "91150100MA0MYAD30T"
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

// A seller beside the applicant reads the contract, its cases and the register's entry as the buyer does, and acts in none of them. Who is
// named in a draft only, or was replaced by a change, reads nothing.
func TestASellerBesideTheApplicantReadsAndDoesNotAct(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	named := func(name, code string) (actor.Actor, contract.CoSeller) {
		org := w.Org("enterprise", name, "150203")
		_, err := w.DB.Exec(ctx, `update organisation set credit_code = $2 where id = $1`, org.OrgID, code)
		registrytest.Check(t, err)
		p := w.Content().Seller
		p.Name, p.CreditCode, p.Division, p.Nature, p.OrgID = name, code, "150203", "150", 0
		return w.Person(org, actor.Member), contract.CoSeller{Party: p, Share: 200_000 * money.Yuan}
	}
	second, part := named("样例企业丙", "91150000114150629E")
	third, other := named("样例企业丁", "91150100MA0N000000")
	c := w.Content()
	c.Buyers[0].CreditCode = "91150100MA0MYAD30T"
	c.CoSellers = []contract.CoSeller{part}
	draft := w.Draft(c, "")
	sees := func(who actor.Actor, contractID int64, f registry.Filing, number string) string {
		out := ""
		say := func(mark string, err error) {
			if err == nil {
				out += mark
			}
		}
		_, err := w.Contracts.Read(ctx, who, contractID)
		say("c", err)
		_, err = w.Contracts.SeesFiles(ctx, who, files.Object{Kind: "contract", ID: contractID})
		say("f", err)
		list, err := w.Contracts.List(ctx, who, contract.Filter{Limit: 10})
		registrytest.Check(t, err)
		if slices.ContainsFunc(list, func(c contract.Contract) bool { return c.ID == contractID }) {
			out += "l"
		}
		if f.ID != 0 {
			_, err = w.S.Case(ctx, who, f.ID)
			say("C", err)
			_, err = w.S.SeesFilingFiles(ctx, who, files.Object{Kind: "filing", ID: f.ID})
			say("F", err)
			page, err := w.S.Queue(ctx, who, registry.QueueFilter{ContractID: contractID, Limit: 10})
			registrytest.Check(t, err)
			if len(page.Rows) > 0 {
				out += "L"
			}
		}
		if number != "" {
			_, err = w.S.Dossier(ctx, who, number)
			say("d", err)
			_, err = w.S.SeesRegistrationFiles(ctx, who, files.Object{Kind: "registration", Number: number})
			say("r", err)
		}
		return out
	}
	if got := sees(second, draft, registry.Filing{}, ""); got != "" {
		t.Errorf("named in a draft only, reads %q", got)
	}
	f, err := w.S.Submit(ctx, w.Seller, draft, w.County.ID)
	registrytest.Check(t, err)
	if got, want := sees(second, draft, f, ""), "cflCFL"; got != want {
		t.Errorf("handed in, reads %q, want %q", got, want)
	}
	if got := sees(third, draft, f, ""); got != "" {
		t.Errorf("a stranger reads %q", got)
	}
	found, err := w.S.Case(ctx, second, f.ID)
	registrytest.Check(t, err)
	if len(found.Allowed) != 0 || found.Filing.Review.Class != "" {
		t.Errorf("may do %v, sees the sheet %+v", found.Allowed, found.Filing.Review)
	}
	if _, err := w.Contracts.Save(ctx, second, draft, 0, contract.SectionElements, c); err == nil {
		t.Error("a co-seller edited the contract")
	}
	if _, err := w.S.Do(ctx, second, registry.Command{Event: registry.EventAccept, Filing: f.ID}); err == nil {
		t.Error("a co-seller moved the case")
	}
	reg := w.Finish(w.Pass(f.ID, nil))
	if got, want := sees(second, draft, f, reg.Number), "cflCFLdr"; got != want {
		t.Errorf("registered, reads %q, want %q", got, want)
	}
	if _, err := w.S.Do(ctx, second, registry.Command{Event: registry.EventRequestCancel, Number: reg.Number, Version: reg.LockVersion,
		Text: "不再合作"}); err == nil {
		t.Error("a co-seller asked to cancel")
	}
	_, err = w.S.Do(ctx, w.Seller, registry.Command{Number: reg.Number, Event: registry.EventStartChange})
	registrytest.Check(t, err)
	w.Edit(draft, func(c *contract.Content) { c.CoSellers = []contract.CoSeller{other} })
	w.Supplement(draft)
	next, err := registrytest.FilingOf(
		w.S.Do(ctx, w.Seller, registry.Command{Number: reg.Number, Event: registry.EventRequestChange, Text: "补充协议"}),
	)
	registrytest.Check(t, err)
	if got := sees(second, draft, next, reg.Number); got != "" {
		t.Errorf("replaced by a change, reads %q", got)
	}
	if got, want := sees(third, draft, next, reg.Number), "cflCFLdr"; got != want {
		t.Errorf("the new seller reads %q, want %q", got, want)
	}
	for _, who := range []actor.Actor{w.Buyer, w.Seller} {
		if got, want := sees(who, draft, f, reg.Number), "cflCFLdr"; got != want {
			t.Errorf("the other parties read %q, want %q", got, want)
		}
	}
}
