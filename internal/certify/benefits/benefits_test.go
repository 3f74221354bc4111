package benefits_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/benefits"
	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/files"
)

func TestAListStandsAsLongAsItsContractsDo(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	a, b := w.Register(w.Content(), nil), w.Register(w.Content(), nil)
	big := w.Content()
	registrytest.Class("0101", 6_000_000*money.Yuan)(&big)
	large := w.Register(big, nil)
	service := w.Content()
	registrytest.Class("0501", 100_000*money.Yuan)(&service)
	other := w.Register(service, nil)

	refuse := func(code string, purpose benefits.Purpose, numbers ...string) {
		t.Helper()
		if _, err := w.Benefits.IssueList(ctx, w.Head, purpose, numbers); !fault.HasCode(err, code) {
			t.Errorf("%v: %v, want %s", numbers, err, code)
		}
	}
	refuse("list_mixed", benefits.TaxList, a.Number, large.Number)
	refuse("list_class", benefits.TaxList, a.Number, other.Number)
	refuse("registration_not_found", benefits.TaxList, a.Number, "2026150103999999")
	if _, err := w.Benefits.IssueList(ctx, w.Stranger, benefits.TaxList, []string{a.Number}); !fault.Is(err, fault.NotFound) {
		t.Errorf("another point's head: %v", err)
	}
	if _, err := w.Benefits.IssueList(ctx, w.Seller, benefits.TaxList, []string{a.Number}); !fault.Is(err, fault.NotFound) {
		t.Errorf("the applicant: %v", err)
	}
	l, err := w.Benefits.IssueList(ctx, w.Head, benefits.TaxList, []string{b.Number, a.Number, a.Number})
	registrytest.Check(t, err)
	if l.Number != "QD20261501030001" || l.Large {
		t.Errorf("got %+v", l)
	}
	ofLarge, err := w.Benefits.IssueList(ctx, w.Registrar, benefits.SubsidyList, []string{large.Number})
	registrytest.Check(t, err)
	if ofLarge.Number != "QD20261501030002" || !ofLarge.Large {
		t.Errorf("got %+v", ofLarge)
	}
	body, err := l.View()
	registrytest.Check(t, err)
	if len(body.Items) != 2 || body.Amount != 1_600_000*money.Yuan {
		t.Errorf("got %+v", body)
	}
	rows, err := w.Benefits.Lists(ctx, w.Seller)
	if err != nil || len(rows) != 2 {
		t.Errorf("the applicant sees %d lists, %v", len(rows), err)
	}
	if rows, _ := w.Benefits.Lists(ctx, w.OtherLeague); len(rows) != 0 {
		t.Error("another league sees the lists")
	}
	_, pdf, err := w.Papers.List(ctx, w.Seller, l.Number)
	registrytest.Check(t, err)
	if folder := os.Getenv("PAPERS"); folder != "" {
		registrytest.Check(t, os.WriteFile(filepath.Join(folder, "list.pdf"), pdf, 0o600))
	}
	got := registrytest.Text(t, pdf)
	for _, want := range []string{l.Number, a.Number, b.Number, "1,600,000.00元", "办理税收手续", l.CheckCode[:4] + "-" + l.CheckCode[4:], l.Digest} {
		if !strings.Contains(got, want) {
			t.Errorf("the list does not say %q", want)
		}
	}
	if got, want := registrytest.Scanned(t, pdf), w.Papers.ListURL(l.Number, l.CheckCode); got != want {
		t.Errorf("the list's code says %s, want %s", got, want)
	}
	check, err := w.Benefits.CheckList(ctx, strings.ToLower(l.Number), strings.ToLower(l.CheckCode))
	registrytest.Check(t, err)
	if check.Words != "有效" || check.List.Body != "" || check.View.Applicant == "样例研究院" {
		t.Errorf("got %+v", check)
	}
	if _, err := w.Benefits.CheckList(ctx, l.Number, "AAAAAAAA"); !fault.HasCode(err, "list_not_found") {
		t.Errorf("a wrong code: %v", err)
	}
	w.Amend(b)
	if check, err = w.Benefits.CheckList(ctx, l.Number, l.CheckCode); err != nil || check.Words != "有效" || check.Items[0] != "" ||
		!strings.Contains(check.Items[1], "已变更") {
		t.Errorf("after a change: %+v %v", check.Items, err)
	}
	_, err = w.Revoke(a.Number, "fraud")
	registrytest.Check(t, err)
	if check, err = w.Benefits.CheckList(ctx, l.Number, l.CheckCode); err != nil || !strings.HasPrefix(check.Words, "已失效") ||
		check.Items[0] != "已撤销" {
		t.Errorf("after the revocation: %+v %v", check, err)
	}
	if check, _ = w.Benefits.CheckList(ctx, ofLarge.Number, ofLarge.CheckCode); check.Words != "有效" {
		t.Errorf("the other list fell too: %s", check.Words)
	}
	refuse("list_not_standing", benefits.TaxList, a.Number)
}

func TestSubsidyIsWorkedByTheDatedRateOnWhatWasPaid(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	rates, err := w.Benefits.Rates(ctx)
	registrytest.Check(t, err)
	if len(rates) != 1 || rates[0].Confirmed {
		t.Fatalf("got %+v", rates)
	}
	for base, want := range map[money.Fen]money.Fen{0: 0, 1_000_000 * money.Yuan: 100_000 * money.Yuan,
		3_000_000 * money.Yuan: 200_000 * money.Yuan, 5_000_000 * money.Yuan: 300_000 * money.Yuan, 8_000_000 * money.Yuan: 390_000 * money.Yuan,
		61_666_000_00: 1_999_980 * money.Yuan, 61_666_666_67: 2_000_000 * money.Yuan, 90_000_000 * money.Yuan: 2_000_000 * money.Yuan} {
		if got, steps := rates[0].Compute(base); got != want {
			t.Errorf("%s: %s, want %s (%v)", base, got, want, steps)
		}
	}
	content := w.Content()
	registrytest.Class("0302", 3_000_000*money.Yuan, registrytest.Right("know_how", "", ""))(&content)
	content.Elements.Licence, content.Elements.EndsOn = contract.Licence{Years: 6, Exclusive: "ordinary"}, "2032-03-01"
	reg := w.Register(content, nil)
	proof := func(amount money.Fen) error {
		stored, err := w.Files.Receive(ctx, "凭证.pdf", strings.NewReader("%PDF-1.4 "+amount.String()))
		registrytest.Check(t, err)
		var file files.File
		registrytest.Check(t, w.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			file, err = w.Files.Record(ctx, tx, stored, files.Meta{Purpose: "payment", OwnerOrg: w.Buyer.OrgID, UploadedBy: w.Buyer.AccountID})
			return err
		}))
		return w.Benefits.AddPayment(
			ctx,
			w.Buyer,
			reg.Number,
			benefits.Payment{Amount: amount, PaidOn: time.Date(2026, 4, 9, 0, 0, 0, 0, time.UTC), FileID: file.ID},
		)
	}
	registrytest.Check(t, proof(1_500_000*money.Yuan))
	if err := proof(1_600_000 * money.Yuan); !fault.HasCode(err, "paid_above_amount") {
		t.Errorf("paid more than C: %v", err)
	}
	sub, err := w.Benefits.Subsidy(ctx, w.Buyer, reg.Number)
	registrytest.Check(t, err)
	if sub.Base != 1_500_000*money.Yuan || sub.Total != 125_000*money.Yuan || len(sub.Steps) != 2 ||
		!strings.Contains(sub.Steps[1].Words, "500,000.00 元 × 5%") {
		t.Errorf("got %+v", sub)
	}
	list, err := w.Benefits.IssueList(ctx, w.Head, benefits.SubsidyList, []string{reg.Number})
	registrytest.Check(t, err)
	_, paper, err := w.Papers.Subsidy(ctx, w.Buyer, reg.Number)
	registrytest.Check(t, err)
	if folder := os.Getenv("PAPERS"); folder != "" {
		registrytest.Check(t, os.WriteFile(filepath.Join(folder, "subsidy.pdf"), paper, 0o600))
	}
	w.Later(2)
	if _, again, err := w.Papers.Subsidy(ctx, w.Head, reg.Number); err != nil || !bytes.Equal(paper, again) {
		t.Errorf("two renderings of the calculation differ: %v", err)
	}
	if _, _, err := w.Papers.Subsidy(ctx, w.Stranger, reg.Number); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger drew it: %v", err)
	}
	got := registrytest.Text(t, paper)
	for _, want := range []string{reg.Number, list.Number, "内财科规〔2018〕11号", "还没有对照正式文件核实", "500,000.00元×5%", "1,500,000.00", "125,000.00元",
		(125_000 * money.Yuan).Han()} {
		if !strings.Contains(got, want) {
			t.Errorf("the calculation does not say %q", want)
		}
	}
	if err := w.Benefits.AddPayment(ctx, w.Seller2, reg.Number,
		benefits.Payment{Amount: 1, PaidOn: w.Now, FileID: sub.Payments[0].FileID}); !fault.Is(
		err,
		fault.Invalid,
	) {
		t.Errorf("with somebody else's file: %v", err)
	}
	if _, err := w.Benefits.Subsidy(ctx, w.Stranger, reg.Number); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger: %v", err)
	}
	plain := w.Register(w.Content(), nil)
	d, err := w.S.Dossier(ctx, w.Buyer, reg.Number)
	registrytest.Check(t, err)
	if at := registrytest.Scanned(t, paper); at != w.Papers.CheckURL(reg.Number, d.Certificates[0].CheckCode) {
		t.Errorf("its QR code leads to %s", at)
	}
	if _, _, err := w.Papers.Subsidy(ctx, w.Seller, plain.Number); !fault.HasCode(err, "no_rate") {
		t.Errorf("a calculation without a rate: %v", err)
	}
	if sub, err = w.Benefits.Subsidy(ctx, w.Seller, plain.Number); err != nil || sub.Rate != nil {
		t.Errorf("no rate is known for development: %+v %v", sub.Rate, err)
	}
}
