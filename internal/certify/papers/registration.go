package papers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/document"
)

// OfRegistration lists the papers that exist for a registration beside its certificates.
func OfRegistration(r registry.Registration) []Kind {
	var out []Kind
	if r.Version > 1 {
		out = append(out, Change)
	}
	if r.Revocation != nil {
		out = append(out, Notice)
	}
	if r.Ending != nil {
		switch endedAs(r) {
		case registry.Cancelled:
			out = append(out, Cancel)
		case registry.Revoked:
			out = append(out, Revoke)
		}
		if r.Ending.RestoredOn != "" {
			out = append(out, Restore)
		}
	}
	return out
}

// endedAs is what the end made of the registration; older records do not say so themselves.
func endedAs(r registry.Registration) registry.State {
	if r.Ending.As != "" {
		return r.Ending.As
	}
	return r.Settled()
}

// Registration draws a paper of a registration as PDF, the same bytes as long as the registration does not move; name is
// a file name. Scope as Dossier. NotFound "no_such_paper".
func (s *Service) Registration(ctx context.Context, a actor.Actor, number string, kind Kind) (name string, pdf []byte, err error) {
	d, err := s.config.Registry.Dossier(ctx, a, number)
	if err != nil {
		return "", nil, err
	}
	r := d.Registration
	if !slices.Contains(OfRegistration(r), kind) {
		return "", nil, fault.New(fault.NotFound, "no_such_paper", "这项登记没有这份文书")
	}
	fonts, err := s.fonts()
	if err != nil {
		return "", nil, err
	}
	at, err := givenOn(d, kind)
	if err != nil {
		return "", nil, err
	}
	p := fonts.New(document.PDFOptions{Title: string(kind.Title()) + " " + number, At: at, Sample: r.Sample})
	p.Title("技术合同" + string(kind.Title()))
	pairs := []document.Pair{
		{Label: "登记编号", Value: r.Number},
		{Label: "合同名称", Value: r.Title},
		{Label: "卖方", Value: r.SellerName},
		{Label: "买方", Value: r.BuyerName},
		{Label: "合同类别", Value: codes.ClassName(r.Class)},
		{Label: "登记日期", Value: dateWords(r.RegisteredOn)},
	}
	switch kind {
	case Change:
		writeChange(p, d, pairs)
		p.Paragraph(Remedies(d.Point))
	case Notice:
		writeNotice(p, *r.Revocation, pairs)
	case Restore:
		writeRestored(p, r, pairs)
	default:
		writeEnding(p, r, pairs)
		p.Paragraph(Remedies(d.Point))
	}
	p.Signed(d.Point.Name, onDay(at))
	p.Space(4)
	address := s.config.BaseURL + "/registrations/" + number
	if len(d.Certificates) > 0 {
		address = s.CheckURL(number, d.Certificates[0].CheckCode)
	}
	p.QR(address, 22, "扫码查看这项登记现在的状态。\n"+contact(d.Point)+"\n本文书由登记系统生成，不加盖印章图样；登记现在的状态以核验页为准。")
	pdf, err = p.Bytes()
	return string(kind.Title()) + "-" + number + ".pdf", pdf, err
}

// givenOn is the day that a paper of a registration bears.
func givenOn(d registry.Dossier, kind Kind) (time.Time, error) {
	r := d.Registration
	var day string
	switch kind {
	case Change:
		return d.Certificates[0].IssuedAt, nil
	case Notice:
		day = r.Revocation.On
	case Restore:
		day = r.Ending.RestoredOn
	default:
		day = r.Ending.On
	}
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return at, fmt.Errorf("day of the %s: %w", kind, err)
	}
	return at, nil
}

// writeChange sets the figures before and after beside each other; before is what earlier entries add up to.
func writeChange(p *document.PDF, d registry.Dossier, pairs []document.Pair) {
	r := d.Registration
	var amount, technical money.Fen
	var on time.Time
	for _, e := range d.Entries {
		if e.Version < r.Version && (e.Kind == "register" || e.Kind == "change") {
			amount, technical = amount+e.Amount, technical+e.Technical
		}
		if e.Version == r.Version && e.Kind == "change" {
			on = e.BookedOn
		}
	}
	p.Pairs(
		append(
			pairs,
			document.Pair{Label: "变更日期", Value: dateWords(on)},
			document.Pair{Label: "变更后的版本", Value: fmt.Sprintf("第 %d 版", r.Version)},
		),
	)
	p.Table(
		[]document.Column{
			{Title: "金额（元）", Share: 0.28},
			{Title: "变更前", Share: 0.24, Right: true},
			{Title: "变更后", Share: 0.24, Right: true},
			{Title: "差额", Share: 0.24, Right: true},
		},
		[][]string{{"合同成交额", amount.Grouped(), r.Amount.Grouped(), (r.Amount - amount).Grouped()},
			{"技术交易额", technical.Grouped(), r.Technical.Grouped(), (r.Technical - technical).Grouped()}},
	)
	p.Paragraph("你单位申请的合同变更已经登记，登记编号不变，技术交易额重新认定（技术合同认定登记管理办法第 15 条）。原版本的证明不再作为办理有关手续的依据，请使用变更后的证明。差额记入变更当期的统计。")
}

// writeNotice tells what is intended and why, and until when the applicant may answer; nothing is decided yet.
func writeNotice(p *document.PDF, v registry.Revocation, pairs []document.Pair) {
	p.Pairs(append(pairs, document.Pair{Label: "拟作的决定", Value: "撤销登记（技术合同认定登记管理办法第 17 条）"},
		document.Pair{Label: "理由", Value: codes.RevocationGround.Label(v.Ground)}, document.Pair{Label: "告知日期", Value: longDate(v.On)}))
	p.Space(2)
	p.Paragraph(v.Reason)
	p.Paragraph("你单位可以在 " + longDate(v.DueOn) + " 前向告知机关陈述、申辩，并提交有关材料。逾期没有陈述、申辩的，将依法作出决定。")
}

func endedWords(s registry.State) string {
	if s == registry.Revoked {
		return "撤销登记"
	}
	return "注销登记"
}

// writeRestored tells that the registration stands again as it was.
func writeRestored(p *document.PDF, r registry.Registration, pairs []document.Pair) {
	p.Pairs(append(pairs, document.Pair{Label: "原决定", Value: longDate(r.Ending.On) + "　" + endedWords(endedAs(r))},
		document.Pair{Label: "恢复日期", Value: longDate(r.Ending.RestoredOn)},
		document.Pair{Label: "合同成交额", Value: inWords(r.Amount)}, document.Pair{Label: "技术交易额", Value: inWords(r.Technical)}))
	p.Space(2)
	p.Paragraph(r.Ending.Restored)
	p.Paragraph("经行政复议，上述决定不再有效。该项登记自恢复之日起有效，登记编号不变，最近一版认定登记证明继续有效；本登记点同时告知税务机关、财政部门。")
}

func writeEnding(p *document.PDF, r registry.Registration, pairs []document.Pair) {
	ground, article, words := registry.CancelGrounds()[r.Ending.Ground], "第 15 条", "该项登记已经注销"
	if endedAs(r) == registry.Revoked {
		ground, article, words = codes.RevocationGround.Label(r.Ending.Ground), "第 17 条", "该项登记已被撤销"
	}
	p.Pairs(append(
		pairs,
		document.Pair{Label: "合同成交额", Value: inWords(r.Amount)},
		document.Pair{Label: "技术交易额", Value: inWords(r.Technical)},
		document.Pair{
			Label: "已核定技术性收入",
			Value: r.Income.Grouped() + " 元",
		},
		document.Pair{Label: "事由", Value: ground},
		document.Pair{Label: "日期", Value: longDate(r.Ending.On)},
	))
	p.Space(2)
	p.Paragraph(r.Ending.Reason)
	p.Paragraph(words + "（技术合同认定登记管理办法" + article + "），已发的认定登记证明同时失效，登记编号不再使用。已经据此享受税收等政策的，请及时向主管税务机关、财政部门说明；本登记点同时告知有关部门。")
}
