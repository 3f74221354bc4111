package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/jobs"
	"techmarket/internal/platform/postgres"
)

// View reads the certificate's body.
func (c Certificate) View() (CertificateBody, error) {
	var b CertificateBody
	if err := json.Unmarshal([]byte(c.Body), &b); err != nil {
		return b, fmt.Errorf("certificate %s/%d: %w", c.Number, c.Version, err)
	}
	return b, nil
}

// CheckURL is the address in the QR code of a certificate.
func (s *Service) CheckURL(number, code string) string {
	return s.d.BaseURL + "/v/" + number + "?c=" + code
}

// MakeCertificate is the worker of CertificateArgs: it makes the PDF, stores it and notes it on the certificate, once
// however often it runs. The root printed is the first one the job finds or signs, and stays the one of this version.
func (s *Service) MakeCertificate(ctx context.Context, args CertificateArgs) error {
	key := pgx.StrictNamedArgs{"number": args.Number, "version": args.Version}
	c, err := postgres.One[Certificate](ctx, s.d.DB, selectCertificate, key)
	if err != nil {
		return fmt.Errorf("certificate %s/%d: %w", args.Number, args.Version, err)
	}
	if c.FileID != 0 {
		return nil
	}
	if c.Root == nil {
		if c, err = s.takeRoot(ctx, key, c.LedgerSeq); err != nil {
			return err
		}
	}
	pdf, err := s.certificatePDF(c)
	if fault.Is(err, fault.Invalid) { // no later try mends what the certificate says
		if _, err := s.d.DB.Exec(ctx, setCertificateFailure, pgx.StrictNamedArgs{"number": args.Number, "version": args.Version, "failure": fault.Words(err)}); err != nil {
			return fmt.Errorf("note failure: %w", err)
		}
		return jobs.Discard(err)
	}
	if err != nil {
		return fmt.Errorf("certificate %s/%d: %w", args.Number, args.Version, err)
	}
	content, err := s.d.Files.Receive(ctx, fmt.Sprintf("技术合同认定登记证明-%s-v%d.pdf", c.Number, c.Version), bytes.NewReader(pdf))
	if err != nil {
		return fmt.Errorf("store certificate: %w", err)
	}
	return s.d.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		c, err := postgres.One[Certificate](ctx, tx, lockCertificate, key)
		if err != nil || c.FileID != 0 {
			return err
		}
		f, err := s.d.Files.Record(ctx, tx, content, files.Meta{Purpose: "certificate"})
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, setCertificateFile, pgx.StrictNamedArgs{"number": args.Number, "version": args.Version, "file": f.ID})
		return err
	})
}

// retryCertificates asks again for the PDFs that could not be made: a font may have come since.
func (s *Service) retryCertificates(ctx context.Context) error {
	return s.d.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		failed, err := postgres.Many[CertificateArgs](ctx, tx, selectFailedCertificates, pgx.StrictNamedArgs{})
		for _, args := range failed {
			err = errors.Join(err, s.d.Jobs.Enqueue(ctx, tx, args, jobs.Options{Unique: true}))
		}
		return err
	})
}

// drawable refuses a contract whose certificate could not be drawn, naming field, characters and mend. Where the server has
// no fonts, papers wait and nothing is refused.
func (s *Service) drawable(c contract.Content) error {
	fonts, err := s.fonts()
	if err != nil {
		return nil
	}
	var bad fault.Fields
	check := func(path, what, text string) {
		if chars := fonts.Missing(text); len(chars) > 0 {
			bad.Add(path, "char_not_drawable", what+"里有证明印不出的字："+document.NameChars(chars)+"。蒙古文请改用汉字名称，生僻字请改用营业执照上的通用写法，或请系统管理员配置含有这些字的字体")
		}
	}
	check("elements.name", "合同名称", c.Elements.Name)
	check("seller.name", "卖方名称", c.Seller.Name)
	for i, b := range c.Buyers {
		check(fmt.Sprintf("buyers.%d.name", i), "买方名称", b.Name)
	}
	return bad.Err()
}

// takeRoot notes the root that the PDF will print: the latest if it covers the certificate's row, else a new one.
func (s *Service) takeRoot(ctx context.Context, key pgx.StrictNamedArgs, seq int64) (Certificate, error) {
	root, err := s.d.Ledger.LatestRoot(ctx)
	if (err == nil && root.Size < seq) || fault.Is(err, fault.NotFound) {
		if _, _, err = s.d.Ledger.SignRoot(ctx); err == nil {
			root, err = s.d.Ledger.LatestRoot(ctx)
		}
	}
	if err != nil {
		return Certificate{}, err
	}
	if _, err := s.d.DB.Exec(ctx, setCertificateRoot, pgx.StrictNamedArgs{"number": key["number"], "version": key["version"], "root": root}); err != nil {
		return Certificate{}, fmt.Errorf("note root: %w", err)
	}
	return postgres.One[Certificate](ctx, s.d.DB, selectCertificate, key)
}

// CertificatePDF renders a certificate as it was or will be stored: the same bytes every time. Scope as Dossier.
// Conflict "certificate_not_ready" until the job took the ledger root.
func (s *Service) CertificatePDF(ctx context.Context, a actor.Actor, number string, version int) (name string, pdf []byte, err error) {
	d, err := s.Dossier(ctx, a, number)
	if err != nil {
		return "", nil, err
	}
	for _, c := range d.Certificates {
		if c.Version != version {
			continue
		}
		if c.Root == nil {
			return "", nil, fault.New(fault.Conflict, "certificate_not_ready", "证明正在生成，请稍后刷新页面")
		}
		pdf, err := s.certificatePDF(c)
		return fmt.Sprintf("技术合同认定登记证明-%s-v%d.pdf", number, version), pdf, err
	}
	return "", nil, fault.New(fault.NotFound, "certificate_not_found", "没有这一版证明")
}

// certificatePDF draws 技术合同认定登记证明. It bears no red seal and no picture of one: what stands for the point is the
// digest, the signature attached and the ledger root. Amounts are C, T and R (2000 办法第11条).
func (s *Service) certificatePDF(c Certificate) ([]byte, error) {
	b, err := c.View()
	if err != nil {
		return nil, err
	}
	fonts, err := s.fonts()
	if err != nil {
		return nil, err
	}
	p := fonts.New(document.PDFOptions{Title: "技术合同认定登记证明 " + b.Number, At: c.IssuedAt, Sample: b.Sample})
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
		{Label: "合同成交额", Value: inWords(b.Amount)},
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
	p.Space(6)
	root := ""
	if c.Root != nil {
		root = fmt.Sprintf("\n登记簿根　第 %d 行 · %s · %s（UTC+8）", c.Root.Size, c.Root.Root, clock.Local(c.Root.At).Format("2006-01-02 15:04"))
	}
	p.QR(s.CheckURL(b.Number, b.CheckCode), 30, fmt.Sprintf("扫码或访问核验页，输入编号与校验码 %s-%s，可查看本证明现在的状态（有效、已变更、已注销、已撤销）。\n平台校验码（非印章）　%s %s%s",
		b.CheckCode[:4], b.CheckCode[4:], map[string]string{"intl": "SHA-256", "guomi": "SM3"}[c.Suite], c.Digest, root))
	p.Attach("certificate.json", "application/json", []byte(c.Body))
	p.Attach("certificate.sig", "text/plain", []byte(c.Signature))
	return p.Bytes()
}

// fonts loads the fonts with the first paper. Where the server has none the desk works on and papers wait.
func (s *Service) fonts() (*document.Fonts, error) {
	if s.d.Fonts == nil {
		return nil, fault.New(fault.Unavailable, "fonts_missing", "服务器没有配置 PDF 字体，文书暂时不能生成。请系统管理员运行 techmarket doctor 查看")
	}
	return s.d.Fonts()
}

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

func withCode(name, code string) string {
	if code == "" {
		return name
	}
	return name + "　统一社会信用代码 " + code
}

func inWords(f money.Fen) string { return f.Grouped() + " 元　（" + f.Han() + "）" }

func longDate(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.Format("2006 年 1 月 2 日")
}

func versionWords(version int, at time.Time) string {
	if version == 1 {
		return "第 1 版（无变更）"
	}
	return fmt.Sprintf("第 %d 版（%s变更登记）", version, clock.Local(at).Format("2006 年 1 月 2 日"))
}

// PaperKind is one of the papers of a filing.
type PaperKind string

// The papers.
const (
	ReceiptPaper    PaperKind = "receipt"    // 受理通知书
	CorrectionPaper PaperKind = "correction" // 一次性告知书
	DeclinePaper    PaperKind = "decline"    // 不予受理通知书
	RefusalPaper    PaperKind = "refusal"    // 不予登记通知书
)

// OfFiling lists the papers that exist for a filing.
func OfFiling(f Filing) []PaperKind {
	var out []PaperKind
	if f.AcceptedAt != nil {
		out = append(out, ReceiptPaper)
	}
	if f.Correction != nil {
		out = append(out, CorrectionPaper)
	}
	switch {
	case f.Refusal == nil:
	case f.State == Declined || f.PriorState == Declined:
		out = append(out, DeclinePaper)
	default:
		out = append(out, RefusalPaper)
	}
	return out
}

// Paper draws a paper of a filing as PDF, the same bytes as long as the case does not move; name is a file name. Scope as
// Case. NotFound "no_such_paper".
func (s *Service) Paper(ctx context.Context, a actor.Actor, filing int64, kind PaperKind) (name string, pdf []byte, err error) {
	c, err := s.Case(ctx, a, filing)
	if err != nil {
		return "", nil, err
	}
	f := c.Filing
	write := map[PaperKind]func(*document.PDF, Case) string{ReceiptPaper: receipt, CorrectionPaper: correction, DeclinePaper: decline, RefusalPaper: refusal}[kind]
	exists := false
	for _, k := range OfFiling(f) {
		exists = exists || k == kind
	}
	if write == nil || !exists {
		return "", nil, fault.New(fault.NotFound, "no_such_paper", "本件没有这份文书")
	}
	fonts, err := s.fonts()
	if err != nil {
		return "", nil, err
	}
	p := fonts.New(document.PDFOptions{Title: string(kind) + " " + f.IntakeNo, At: f.UpdatedAt, Sample: f.Sample})
	title := write(p, c)
	p.Signed(c.Point.Name, onDay(paperDay(c.Filing, kind)))
	p.Space(6)
	p.Note(contact(c.Point))
	p.Note("本文书由登记系统生成，不加盖印章图样；真伪以登记点在办记录为准。受理编号 " + f.IntakeNo)
	pdf, err = p.Bytes()
	return title + "-" + f.IntakeNo + ".pdf", pdf, err
}

// paperDay is when the paper was given.
func paperDay(f Filing, kind PaperKind) time.Time {
	switch kind {
	case ReceiptPaper:
		return *f.AcceptedAt
	case CorrectionPaper:
		return f.Correction.AskedAt
	default:
		return *f.DecidedAt
	}
}

// addressee is the applicant: the seller, for an import the domestic buyer (办法第8条).
func addressee(c contract.Content) string {
	if c.Import() {
		for _, b := range c.Buyers {
			if !b.Foreign() {
				return b.Name
			}
		}
	}
	return c.Seller.Name
}

// contact is the foot of a paper: who decided and where to ask.
func contact(p Point) string {
	where := p.Name
	if p.Phone != "" {
		where += "　电话 " + p.Phone
	}
	if p.Address != "" {
		where += "　地址 " + p.Address
	}
	return where
}

func facts(p *document.PDF, c Case, more ...document.Pair) {
	f := c.Filing
	p.Paragraph(addressee(c.Contract.Content) + "：")
	p.Pairs(append([]document.Pair{{Label: "受理编号", Value: f.IntakeNo}, {Label: "合同名称", Value: f.Title}, {Label: "卖方", Value: f.SellerName},
		{Label: "买方", Value: f.BuyerName}, {Label: "申报类别", Value: codes.ClassName(f.ClaimedClass)},
		{Label: "申报成交额", Value: f.ClaimedAmount.Grouped() + " 元"}}, more...))
	p.Space(2)
}

func onDay(t time.Time) string { return clock.Local(t).Format("2006 年 1 月 2 日") }

func receipt(p *document.PDF, c Case) string {
	p.Title("技术合同认定登记受理通知书")
	facts(p, c, document.Pair{Label: "受理日期", Value: onDay(*c.Filing.AcceptedAt)})
	p.Paragraph(fmt.Sprintf("你单位的技术合同认定登记申请已受理。本登记点将在 %s 前完成审查，法定期限至 %s（技术合同认定登记管理办法第 11 条）。需要补正的，期间不计入。",
		c.Filing.TargetOn.Format("2006 年 1 月 2 日"), c.Filing.LegalOn.Format("2006 年 1 月 2 日")))
	return "受理通知书"
}

func correction(p *document.PDF, c Case) string {
	p.Title("技术合同认定登记补正一次性告知书")
	facts(p, c, document.Pair{Label: "告知日期", Value: onDay(c.Filing.Correction.AskedAt)})
	p.Paragraph("你单位的申请需要补正以下全部内容。请在 " + longDate(c.Filing.Correction.DueOn) + " 前一次补齐；逾期或拒不补正的，将按所列理由不予登记。")
	rows := make([][]string, 0, len(c.Filing.Correction.Items))
	for i, item := range c.Filing.Correction.Items {
		rows = append(rows, []string{fmt.Sprint(i + 1), item.Text, reasonWords(item.Reason)})
	}
	p.Table([]document.Column{{Title: "序号", Share: 0.1}, {Title: "需要补正的内容", Share: 0.6}, {Title: "不补正的后果", Share: 0.3}}, rows)
	return "一次性告知书"
}

func reasonWords(code string) string {
	if code == "" {
		return ""
	}
	return code + " " + codes.Refusal.Label(code)
}

func decline(p *document.PDF, c Case) string {
	p.Title("技术合同认定登记不予受理通知书")
	facts(p, c, document.Pair{Label: "决定日期", Value: onDay(*c.Filing.DecidedAt)},
		document.Pair{Label: "理由", Value: codes.IntakeRefusal.Label(c.Filing.Refusal.Codes[0])})
	p.Paragraph(c.Filing.Refusal.Text)
	p.Paragraph("对本决定有异议的，可以依法申请行政复议。")
	return "不予受理通知书"
}

func refusal(p *document.PDF, c Case) string {
	r := c.Filing.Refusal
	words := make([]string, 0, len(r.Codes))
	for _, code := range r.Codes {
		words = append(words, reasonWords(code))
	}
	articles := "无"
	if len(r.Articles) > 0 {
		articles = "技术合同认定规则第 " + strings.Join(r.Articles, "、") + " 条"
	}
	p.Title("技术合同不予登记通知书")
	facts(p, c, document.Pair{Label: "决定日期", Value: onDay(*c.Filing.DecidedAt)}, document.Pair{Label: "理由", Value: strings.Join(words, "；")},
		document.Pair{Label: "依据", Value: articles})
	p.Paragraph(r.Text)
	p.Paragraph("合同文本注明“未予登记”，退回申请人（技术合同认定登记管理办法第 11 条）。对本决定有异议的，可以依法申请行政复议（第 13 条）。")
	return "不予登记通知书"
}
