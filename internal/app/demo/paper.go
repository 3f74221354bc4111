package demo

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"techmarket/internal/app/demo/sample"
	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
)

// attach records the papers and puts them to the contract.
func (l *loader) attach(ctx context.Context, d *contractRun, c contract.Content) error {
	text, err := l.papers.take(ctx, d.c.Key)
	if err != nil {
		return err
	}
	id, err := l.record(ctx, d.applicant, text)
	if err != nil {
		return err
	}
	if _, err := l.Services.Contracts.Attach(ctx, d.applicant, d.id, id, contract.SignedText); err != nil {
		return err
	}
	roles := []contract.FileRole{contract.Undertaking}
	if c.Elements.PlanSource != "9" {
		roles = append(roles, contract.PlanConsent)
	}
	if c.Import() {
		roles = append(roles, contract.ImportCertificate)
	}
	if len(c.Elements.IP) > 0 && c.Elements.IP[0].Certificate == contract.Yes {
		roles = append(roles, contract.IPCertificate)
	}
	for _, role := range roles {
		if id, err = l.paper(ctx, d.applicant, role); err != nil {
			return err
		}
		if _, err := l.Services.Contracts.Attach(ctx, d.applicant, d.id, id, role); err != nil {
			return err
		}
	}
	return nil
}

// paperMill prints the signed texts beside the loading: a PDF takes as long as ten steps of the desk.
type paperMill struct {
	texts  map[string]chan printed
	cancel context.CancelFunc
	group  *errgroup.Group
}

type printed struct {
	content files.Content
	err     error
}

// print starts the mill.
func (l *loader) print(ctx context.Context) (*paperMill, error) {
	fonts, err := l.Platform.Fonts()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	m := &paperMill{texts: map[string]chan printed{}, cancel: cancel, group: &errgroup.Group{}}
	m.group.SetLimit(2)
	var filed []sample.Contract
	for _, c := range l.market.Contracts {
		if c.State != sample.StateDraft {
			m.texts[c.Key] = make(chan printed, 1)
			filed = append(filed, c)
		}
	}
	slices.SortStableFunc(filed, func(a, b sample.Contract) int { return a.Applied.Compare(b.Applied) })
	go func() {
		for _, c := range filed {
			m.group.Go(func() error {
				if ctx.Err() != nil {
					return nil //nolint:nilerr // who stopped the work knows
				}
				raw, err := signedText(fonts, c)
				p := printed{err: err}
				if err == nil {
					p.content, p.err = l.Platform.Files.Receive(ctx, "技术合同"+strings.TrimPrefix(c.Key, "con-")+"（样例）.pdf", bytes.NewReader(raw))
				}
				m.texts[c.Key] <- p
				return nil
			})
		}
	}()
	l.papers = m
	l.fonts = fonts
	return m, nil
}

func (m *paperMill) take(ctx context.Context, key string) (files.Content, error) {
	select {
	case p := <-m.texts[key]:
		return p.content, p.err
	case <-ctx.Done():
		return files.Content{}, ctx.Err()
	}
}

func (m *paperMill) stop() {
	m.cancel()
	_ = m.group.Wait()
}

// signedText prints a contract; where the fonts lack a character, in the spelling of drawable.
func signedText(fonts *document.Fonts, c sample.Contract) ([]byte, error) {
	write := func(fit func(string) string) ([]byte, error) {
		p := fonts.New(document.PDFOptions{Title: fit(c.Title), At: c.Signed, Sample: true, Numbers: true, Plain: true})
		p.Title(fit(c.Title))
		for _, s := range c.Text {
			p.Heading(fit(s.Heading))
			p.Paragraph(fit(s.Body))
		}
		return p.Bytes()
	}
	raw, err := write(func(s string) string { return s })
	if fault.HasCode(err, "char_not_drawable") {
		raw, err = write(drawable)
	}
	if err != nil {
		return nil, fmt.Errorf("print %s: %w", c.Key, err)
	}
	return raw, nil
}

// drawable spells a text without the characters that the fonts lack: rare ones and Mongolian script become 〓, the sign that
// printers set for a missing type, and 10⁻⁶ becomes 10^-6.
func drawable(text string) string {
	var b strings.Builder
	raised := false
	for _, r := range text {
		plain, super := superscripts[r]
		switch {
		case super && !raised:
			b.WriteString("^" + plain)
		case super:
			b.WriteString(plain)
		case r > 0xFFFF || r >= 0x1800 && r <= 0x18AF || r >= 0x3400 && r <= 0x4DBF:
			b.WriteRune('〓')
		default:
			b.WriteRune(r)
		}
		raised = super
	}
	return b.String()
}

var superscripts = map[rune]string{'⁰': "0", '⁴': "4", '⁵': "5", '⁶': "6", '⁷': "7", '⁸': "8", '⁹': "9", '⁻': "-", '⁺': "+"}

// record names a stored content as the actor's file.
func (l *loader) record(ctx context.Context, a actor.Actor, content files.Content) (id int64, err error) {
	err = l.Platform.DB.InTx(ctx, func(ctx context.Context, tx pgx.Tx) error {
		f, err := l.Platform.Files.Record(ctx, tx, content, files.Meta{Purpose: "contract", OwnerOrg: a.OrgID, UploadedBy: a.AccountID})
		id = f.ID
		return err
	})
	return id, err
}

var paperNames = map[contract.FileRole]string{contract.Undertaking: "承诺书", contract.PlanConsent: "计划管理部门同意函",
	contract.ImportCertificate: "技术进口合同登记证书",
	contract.IPCertificate:     "权利证书", contract.Minutes: "专家审查会议纪要", contract.Supplement: "补充协议",
	incomeSheet: "技术性收入核定表", serviceContract: "科技服务合同", serviceInvoice: "服务费发票", serviceReceipt: "付款回单"}

// incomeSheet is no attachment of a contract: the desk keeps it with the income that it books.
const incomeSheet contract.FileRole = "income_sheet"

// paper is one page that stands for a paper of the actor's organisation; the page is the same for all, the file is its own.
func (l *loader) paper(ctx context.Context, a actor.Actor, role contract.FileRole) (int64, error) {
	key := fmt.Sprint(a.OrgID, role)
	if id, ok := l.forms[key]; ok {
		return id, nil
	}
	page, ok := l.pages[role]
	if !ok {
		name := paperNames[role] + "（样例）"
		p := l.fonts.New(document.PDFOptions{Title: name, At: l.clock, Sample: true})
		p.Title(name)
		p.Paragraph("本件为样例附件，代替真实的" + paperNames[role] + "，不具有任何效力。")
		raw, err := p.Bytes()
		if err != nil {
			return 0, err
		}
		if page, err = l.Platform.Files.Receive(ctx, name+".pdf", bytes.NewReader(raw)); err != nil {
			return 0, err
		}
		l.pages[role] = page
	}
	id, err := l.record(ctx, a, page)
	l.forms[key] = id
	return id, err
}
