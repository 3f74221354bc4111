package papers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
)

// MakeCertificate is the worker of CertificateArgs: it makes the PDF, stores it and notes it on the certificate, once
// however often it runs. The root printed is the first one the job finds or signs, and stays the one of this version.
func (s *Service) MakeCertificate(ctx context.Context, args registry.CertificateArgs) error {
	c, err := registry.ReadCertificate(ctx, s.config.DB, args)
	if err != nil || c.FileID != 0 {
		return err
	}
	if c.Root == nil {
		if c, err = s.takeRoot(ctx, args, c.LedgerSeq); err != nil {
			return err
		}
	}
	pdf, err := s.drawCertificate(c)
	if fault.Is(err, fault.Invalid) { // no later try mends what the certificate says
		if kept := registry.KeepFailure(ctx, s.config.DB, args, fault.Words(err)); kept != nil {
			return kept
		}
		return jobs.Discard(err)
	}
	if err != nil {
		return fmt.Errorf("certificate %s/%d: %w", args.Number, args.Version, err)
	}
	content, err := s.config.Files.Receive(ctx, certificateName(args), bytes.NewReader(pdf))
	if err != nil {
		return fmt.Errorf("store certificate: %w", err)
	}
	return s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		c, err := registry.LockCertificate(ctx, tx, args)
		if err != nil || c.FileID != 0 {
			return err
		}
		f, err := s.config.Files.Record(ctx, tx, content, files.Meta{Purpose: "certificate"})
		if err != nil {
			return err
		}
		return s.config.Registry.KeepFile(ctx, tx, args, f.ID)
	})
}

func certificateName(args registry.CertificateArgs) string {
	return fmt.Sprintf("技术合同认定登记证明-%s-v%d.pdf", args.Number, args.Version)
}

// takeRoot notes the root that the PDF will print: the latest if it covers the certificate's row, else a new one.
func (s *Service) takeRoot(ctx context.Context, args registry.CertificateArgs, seq int64) (registry.Certificate, error) {
	root, err := s.config.Ledger.LatestRoot(ctx)
	if (err == nil && root.Size < seq) || fault.Is(err, fault.NotFound) {
		if _, _, err = s.config.Ledger.SignRoot(ctx); err == nil {
			root, err = s.config.Ledger.LatestRoot(ctx)
		}
	}
	if err == nil {
		err = s.config.Registry.KeepRoot(ctx, args, root)
	}
	if err != nil {
		return registry.Certificate{}, err
	}
	return registry.ReadCertificate(ctx, s.config.DB, args)
}

// RetryArgs is the job that asks again for the certificates whose PDF could not be made: a font may have come since.
type RetryArgs struct{}

// Kind names the job.
func (RetryArgs) Kind() string { return "certificate_retry" }

// Retry is the worker of RetryArgs. The system calls it every morning.
func (s *Service) Retry(ctx context.Context, _ RetryArgs) error {
	return s.config.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		failed, err := registry.FailedCertificates(ctx, tx)
		for _, args := range failed {
			err = errors.Join(err, s.config.Jobs.Enqueue(ctx, tx, args, jobs.Options{Unique: true}))
		}
		return err
	})
}

// RegisterJobs says which function works which of the papers' jobs.
func (s *Service) RegisterJobs(w *jobs.Workers) {
	jobs.Register(w, s.MakeCertificate)
	jobs.Register(w, s.Retry)
}

// Certificate renders a certificate as it was or will be stored: the same bytes every time; version 0 is the newest. Scope as
// registry.Entry. Conflict "certificate_not_ready" until the job took the ledger root.
func (s *Service) Certificate(ctx context.Context, a actor.Actor, number string, version int) (name string, pdf []byte, err error) {
	e, err := s.config.Registry.Entry(ctx, a, number)
	if err != nil {
		return "", nil, err
	}
	if version == 0 {
		version = e.Registration.Version
	}
	for _, c := range e.Certificates {
		if c.Version != version {
			continue
		}
		if c.Root == nil {
			return "", nil, fault.New(fault.Conflict, "certificate_not_ready", "证明正在生成，请稍后刷新页面")
		}
		pdf, err := s.drawCertificate(c)
		return certificateName(registry.CertificateArgs{Number: number, Version: version}), pdf, err
	}
	return "", nil, fault.New(fault.NotFound, "certificate_not_found", "没有这一版证明")
}

// drawCertificate draws 技术合同认定登记证明. It bears no red seal and no picture of one: what stands for the point is the
// digest, the signature attached and the ledger root. Amounts are C, T and R (2000 办法第11条).
func (s *Service) drawCertificate(c registry.Certificate) ([]byte, error) {
	b, err := c.View()
	if err != nil {
		return nil, err
	}
	fonts, err := s.fonts()
	if err != nil {
		return nil, err
	}
	p := fonts.New(document.PDFOptions{Title: "技术合同认定登记证明 " + b.Number, At: c.IssuedAt, Sample: b.Sample, Strict: true})
	p.Title("技术合同认定登记证明")
	n := b.Number
	p.Pairs([]document.Pair{
		{Label: "登记编号", Value: n[:4] + " " + n[4:8] + " " + n[8:10] + " " + n[10:]},
		{Label: "合同名称", Value: b.Title},
		{Label: "合同类别", Value: b.ClassName + " " + b.Class},
		{Label: seller(b.Class), Value: withCode(b.Seller, b.SellerCode)},
		{Label: buyer(b.Class), Value: withCode(b.Buyer, b.BuyerCode)},
		{Label: "签订日期", Value: longDate(b.SignedOn)},
		{Label: "有效期", Value: longDate(b.BeginsOn) + "至 " + longDate(b.EndsOn)},
		{Label: "合同成交额", Value: amountWords(b)},
		{Label: "其中：技术交易额", Value: inWords(b.Technical)},
		{Label: "认定技术性收入", Value: b.Income.Grouped() + " 元（截至发证日）"},
		{Label: "登记点", Value: b.Point},
		{Label: "登记日期", Value: longDate(b.RegisteredOn)},
		{Label: "版本", Value: versionWords(b.Version, c.IssuedAt)},
	})
	p.Space(5)
	p.Paragraph("上述技术合同经本登记点审查，符合技术合同认定规则，准予登记。当事人享受有关政策时，以本证明载明的金额为准。")
	if b.AmountOpen {
		p.Paragraph("金额待补正：合同约定按销售或利润提成，以上为已确定的部分；办理税收手续前须申请变更登记。")
	}
	if b.Sample {
		p.Paragraph("样例数据，不具有任何效力。")
	}
	p.Space(2)
	p.SealPlace(sealSide, "盖章处", "认定登记机构（盖章）　"+b.Point, longDate(b.RegisteredOn))
	root := ""
	if c.Root != nil {
		root = fmt.Sprintf("\n登记簿根　第 %d 行 · %s · %s（UTC+8）", c.Root.Size, c.Root.Root, clock.Local(c.Root.At).Format("2006-01-02 15:04"))
	}
	p.QR(s.CheckURL(b.Number, b.CheckCode), 30, fmt.Sprintf("扫码或访问核验页，输入编号与校验码 %s-%s，可查看本证明现在的状态（有效、已变更、已注销、已撤销）。",
		b.CheckCode[:4], b.CheckCode[4:]))
	p.Footnote(fmt.Sprintf("平台校验码（非印章）　%s %s%s", digestWords(c.Suite), c.Digest, root))
	p.Attach("certificate.json", "application/json", []byte(c.Body))
	p.Attach("certificate.sig", "text/plain", []byte(c.Signature))
	return p.Bytes()
}

// sealSide is the diameter of the round seal of a public institution, in millimetres.
const sealSide = 42

// seller and buyer name the sides as the 民法典 does for the class.
func seller(class string) string {
	switch class[:2] {
	case "02":
		return "卖方（让与人）"
	case "03":
		return "卖方（许可人）"
	default:
		return "卖方（受托人）"
	}
}

func buyer(class string) string {
	switch class[:2] {
	case "02":
		return "买方（受让人）"
	case "03":
		return "买方（被许可人）"
	default:
		return "买方（委托人）"
	}
}

// amountWords is the price in 元, with what it was in its own currency.
func amountWords(b registry.CertificateBody) string {
	if b.Foreign == "" {
		return inWords(b.Amount)
	}
	return inWords(b.Amount) + "；合同约定 " + b.Foreign
}

func withCode(name, code string) string {
	if code == "" {
		return name
	}
	return name + "　统一社会信用代码 " + code
}

func versionWords(version int, at time.Time) string {
	if version == 1 {
		return "第 1 版（无变更）"
	}
	return fmt.Sprintf("第 %d 版（%s变更登记）", version, onDay(at))
}
