package papers_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/papers"
	"techmarket/internal/certify/registry"
	"techmarket/internal/certify/registry/registrytest"
	"techmarket/internal/certify/witness"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/jobs"
)

func TestTheCertificateIsMadeOnceAndSaysWhatTheRegisterHolds(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	content := w.Content()
	registrytest.Class("0101", 9_999_999_999_99)(&content)
	content.Elements.Name = "“储能”试验装置委托开发、样机试制与《测试规程》编制及现场指导（二期）——一个要换行的长名称，共六十个字上下"
	reg := w.Register(content, nil)
	registrytest.Check(t, w.Jobs.Drain(ctx))
	registrytest.Check(t, w.Papers.MakeCertificate(ctx, registry.CertificateArgs{Number: reg.Number, Version: 1})) // a job that runs twice
	var stored int
	w.Scan(&stored, `select count(*) from file where purpose = 'certificate'`)
	if stored != 1 {
		t.Fatalf("%d certificate files, want 1", stored)
	}
	_, first, err := w.Papers.Certificate(ctx, w.Seller, reg.Number, 1)
	registrytest.Check(t, err)
	w.Later(3)
	w.Register(w.Content(), nil) // the register and its root move on
	registrytest.Check(t, w.Jobs.Drain(ctx))
	_, second, err := w.Papers.Certificate(ctx, w.Head, reg.Number, 1)
	registrytest.Check(t, err)
	if !bytes.Equal(first, second) {
		t.Error("two renderings differ")
	}
	if _, _, err := w.Papers.Certificate(ctx, w.Stranger, reg.Number, 1); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger read it: %v", err)
	}
	d, err := w.S.Dossier(ctx, w.Seller, reg.Number)
	registrytest.Check(t, err)
	c := d.Certificates[0]
	if folder := os.Getenv("PAPERS"); folder != "" { // to look at: PAPERS=folder go test -run Certificate
		registrytest.Check(t, os.WriteFile(filepath.Join(folder, "certificate.pdf"), first, 0o600))
	}
	got := registrytest.Text(t, first)
	for _, want := range []string{"技术合同认定登记证明", "2026150103000001", content.Elements.Name, "9,999,999,999.99元",
		money.Fen(9_999_999_999_99).Han(),
		"0.00元（截至发证日）", "回民区登记点", "2026年4月10日", "第1版（无变更）", c.CheckCode[:4] + "-" + c.CheckCode[4:], c.Digest, c.Root.Root.String()} {
		if want = strings.Join(strings.Fields(want), ""); !strings.Contains(got, want) {
			t.Errorf("the certificate does not say %q", want)
		}
	}
	check, err := w.S.Check(ctx, reg.Number, strings.ToLower(c.CheckCode[:4])+"-"+c.CheckCode[4:])
	registrytest.Check(t, err)
	if check.Proof == nil || check.RowHash == "" || check.Proof.Row.Payload != "" {
		t.Errorf("proof %+v", check.Proof)
	}
}

func TestACertificateShowsOneFenAndNamesThatTakeTwoLines(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	content := w.Content()
	registrytest.Class("0501", 1)(&content)
	long := strings.Repeat("稀土功能材料与永磁电机及储氢装置联合研究", 3)
	content.Seller.Name, content.Buyers[0].Name, content.Elements.Name = long[:len("稀")*60], "买方"+long[:len("稀")*58], "关于"+long[:len("稀")*58]
	reg := w.Register(content, nil)
	registrytest.Check(t, w.Jobs.Drain(ctx))
	_, pdf, err := w.Papers.Certificate(ctx, w.Seller, reg.Number, 1)
	registrytest.Check(t, err)
	got := registrytest.Text(t, pdf)
	for _, want := range []string{"0.01元", money.Fen(1).Han(), content.Seller.Name[:len("稀")*40], content.Buyers[0].Name[:len("稀")*40],
		content.Elements.Name} {
		if !strings.Contains(got, want) {
			t.Errorf("the certificate does not say %q: %s", want, got)
		}
	}
}

func TestTheQRCodeLeadsToTheCheckPage(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	reg := w.Register(w.Content(), nil)
	registrytest.Check(t, w.Jobs.Drain(ctx))
	_, pdf, err := w.Papers.Certificate(ctx, w.Seller, reg.Number, 1)
	registrytest.Check(t, err)
	d, err := w.S.Dossier(ctx, w.Seller, reg.Number)
	registrytest.Check(t, err)
	if got, want := registrytest.Scanned(t, pdf), w.Papers.CheckURL(reg.Number, d.Certificates[0].CheckCode); got != want {
		t.Errorf("the code says %s, want %s", got, want)
	}
}

func TestEachDecisionHasItsPaper(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	f := w.Submit(w.Content())
	ref := f.ID
	if _, _, err := w.Papers.Filing(ctx, w.Seller, f.ID, papers.Receipt); !fault.Is(err, fault.NotFound) {
		t.Errorf("a receipt before acceptance: %v", err)
	}
	_, err := w.S.Do(ctx, w.Registrar, registry.Command{Filing: ref, Event: registry.EventAccept})
	registrytest.Check(t, err)
	_, err = w.S.Do(
		ctx,
		w.Registrar,
		registry.Command{
			Filing: ref,
			Event:  registry.EventRequestCorrection,
			Items:  []registry.CorrectionItem{{Text: "请补交专利证书复印件", Reason: "R7"}, {Text: "请明确交付时间", Reason: "R3"}},
		},
	)
	registrytest.Check(t, err)
	_, err = w.S.Do(ctx, w.Seller, registry.Command{Filing: ref, Event: registry.EventDeclineCorrection, Text: "不再补交"})
	registrytest.Check(t, err)
	_, err = w.S.Do(
		ctx,
		w.Registrar,
		registry.Command{
			Filing:  ref,
			Event:   registry.EventLapseCorrection,
			Refusal: registry.Refusal{Codes: []string{"R7"}, Articles: []string{"29"}, Text: "申请人书面表示不再补交"},
		},
	)
	registrytest.Check(t, err)
	other := w.Submit(w.Content())
	_, err = w.S.Do(ctx, w.Registrar, registry.Command{Filing: other.ID, Event: registry.EventDeclineIntake, Code: "oral", Text: "只有口头约定"})
	registrytest.Check(t, err)
	for _, c := range []struct {
		filing int64
		kind   papers.Kind
		words  []string
	}{
		{f.ID, papers.Receipt, []string{"受理通知书", f.IntakeNo, "第11条"}},
		{f.ID, papers.Correction, []string{"一次性告知书", "请补交专利证书复印件", "请明确交付时间", "R7"}},
		{f.ID, papers.Refusal, []string{"不予登记通知书", "第29条", "申请人书面表示不再补交", "行政复议", "60日", "六个月", "人民法院", "回民区人民政府"}},
		{other.ID, papers.Decline, []string{"不予受理通知书", "口头合同", "只有口头约定"}},
	} {
		name, pdf, err := w.Papers.Filing(ctx, w.Seller, c.filing, c.kind)
		registrytest.Check(t, err)
		if folder := os.Getenv("PAPERS"); folder != "" {
			registrytest.Check(t, os.WriteFile(filepath.Join(folder, string(c.kind)+".pdf"), pdf, 0o600))
		}
		got := registrytest.Text(t, pdf)
		for _, want := range c.words {
			if !strings.Contains(got, want) {
				t.Errorf("%s does not say %q", name, want)
			}
		}
	}
}

// A registrar writes what stands in the contract: formulas and ticks are drawn; what nothing draws is a box, named at the foot.
func TestACorrectionWithFormulasHasItsPaperAndTheBatchPrintsAll(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	a, b := w.Submit(w.Content()), w.Submit(w.Content())
	ask := func(text string) registry.Command {
		return registry.Command{Filing: a.ID, Event: registry.EventRequestCorrection,
			Items: []registry.CorrectionItem{{Text: text, Reason: "R3"}}}
	}
	_, err := w.S.Do(ctx, w.Registrar, ask("请写明 CO₂ 排放 ⩽ 10⁻⁶，☑ 已盖章，ᠮ😀"))
	registrytest.Check(t, err)
	_, pdf, err := w.Papers.Filing(ctx, w.Seller, a.ID, papers.Correction)
	registrytest.Check(t, err)
	got := registrytest.Text(t, pdf)
	for _, want := range []string{"[√]已盖章", "CO", "U+182E", "U+1F600"} { // the foot names what the boxes stand for
		if !strings.Contains(got, want) {
			t.Errorf("the notice says %s", got)
		}
	}
	pdf, err = w.Papers.Batch(ctx, w.Registrar, []int64{a.ID, b.ID}, papers.Form)
	registrytest.Check(t, err)
	got = registrytest.Text(t, pdf)
	for _, want := range []string{a.IntakeNo, b.IntakeNo, "0471-0000000", "电子信息", "计划外", "关联交易"} {
		if !strings.Contains(got, want) {
			t.Errorf("the forms do not say %q", want)
		}
	}
	if _, err := w.Papers.Batch(ctx, w.Stranger, []int64{a.ID}, papers.Form); !fault.Is(err, fault.NotFound) {
		t.Errorf("another point prints it: %v", err)
	}
}

func TestANameThatNoFontDrawsIsRefusedNamingTheCharacterBeforeANumberIsTaken(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	content := w.Content()
	content.Elements.Name, content.Buyers[0].Name = "\U0002A6D7号样机委托开发", "样例ᠮᠣᠩᠭᠣᠯ公司"
	_, err := w.S.Submit(ctx, w.Seller, w.Draft(content, ""), w.County.ID)
	var refused *fault.Error
	if !errors.As(err, &refused) || len(refused.Fields) != 2 || refused.Fields[0].Path != "elements.name" ||
		!strings.Contains(refused.Fields[0].Message, "U+2A6D7") ||
		refused.Fields[1].Path != "buyers.0.name" ||
		!strings.Contains(refused.Fields[1].Message, "U+182E") {
		t.Errorf("got %v", err)
	}
	content.Elements.Name, content.Buyers[0].Name = "\U00020BB7䶮号样机委托开发", "样例矿业"
	reg := w.Register(content, nil)
	registrytest.Check(t, w.Jobs.Drain(ctx))
	_, pdf, err := w.Papers.Certificate(ctx, w.Seller, reg.Number, 1)
	registrytest.Check(t, err)
	if got := registrytest.Text(t, pdf); !strings.Contains(got, content.Elements.Name) {
		t.Errorf("the certificate does not say %s", content.Elements.Name)
	}
}

func TestAPDFThatCannotBeMadeIsSaidOnceAndTriedAgainInTheMorning(t *testing.T) {
	t.Parallel()
	w, ctx := registrytest.New(t), context.Background()
	reg := w.Register(w.Content(), nil)
	spell := func(from, to string) { // as if the name had been accepted with another font, and the ledger had vouched for it
		registrytest.Check(t, w.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `update certificate set body = replace(body, $1, $2)`, from, to); err != nil {
				return err
			}
			return w.Book.Note(ctx, tx, witness.Registration(reg.Number))
		}))
	}
	read := func() registry.Certificate {
		d, err := w.S.Dossier(ctx, w.Head, reg.Number)
		registrytest.Check(t, err)
		return d.Certificates[0]
	}
	spell("牧草", "\U0002A6D7")
	if err := w.Jobs.Drain(ctx); err == nil {
		t.Error("the job did not report")
	}
	var state string
	w.Scan(&state, `select state from river_job where kind = 'certificate_pdf'`)
	if c := read(); state != "cancelled" || c.FileID != 0 || !strings.Contains(c.Failure, "U+2A6D7") {
		t.Errorf("job %s, certificate %+v", state, c)
	}
	spell("\U0002A6D7", "牧草")
	registrytest.Check(t, w.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return w.Jobs.Enqueue(ctx, tx, papers.RetryArgs{}, jobs.Options{})
	}))
	registrytest.Check(t, w.Jobs.Drain(ctx))
	if c := read(); c.FileID == 0 || c.Failure != "" {
		t.Errorf("certificate %+v", c)
	}
}
