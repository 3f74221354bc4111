package papers

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/platform/document"
)

// CoverName sorts before everything else in an archive, so that it is the first thing a person opens.
const CoverName = "00-封面和目录.pdf"

// Enclosed is one file of an archive.
type Enclosed struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Digest string `json:"sha256"`
}

// Cover draws the first sheet of an archive: what it is about, and every enclosed file with its size and digest. Printed and
// signed it holds the archive fast outside of this market.
func (s *Service) Cover(e registry.Entry, madeAt time.Time, enclosed []Enclosed) ([]byte, error) {
	fonts, err := s.fonts()
	if err != nil {
		return nil, err
	}
	drawn := fonts.Boxed // names of attachments are what the applicant's computer made of them
	r := e.Registration
	p := fonts.New(document.PDFOptions{Title: "技术合同登记档案 " + r.Number, At: madeAt, Sample: r.Sample, Numbers: true})
	p.Title("技术合同登记档案")
	pairs := []document.Pair{
		{Label: "登记编号", Value: r.Number},
		{Label: "合同名称", Value: drawn(r.Title)},
		{Label: "卖方", Value: drawn(r.SellerName)},
		{Label: "买方", Value: drawn(r.BuyerName)},
		{
			Label: "合同类别",
			Value: codes.ClassName(r.Class),
		},
		{Label: "合同成交额", Value: inWords(r.Amount)},
		{Label: "技术交易额", Value: inWords(r.Technical)},
		{Label: "登记点", Value: drawn(e.Point.Name)},
		{Label: "登记日期", Value: dateWords(r.RegisteredOn)},
		{Label: "登记状态", Value: stateWords(r)},
	}
	if r.EndedOn != nil {
		pairs = append(pairs, document.Pair{Label: string(r.EndWords()) + "日期", Value: dateWords(*r.EndedOn)})
	}
	for _, c := range e.Certificates {
		pairs = append(
			pairs,
			document.Pair{Label: fmt.Sprintf("证明第 %d 版", c.Version), Value: onDay(c.IssuedAt) + "发，" + CertificateState(c.State)},
		)
	}
	p.Pairs(
		append(
			pairs,
			document.Pair{Label: "档案制作", Value: clock.Local(madeAt).Format("2006 年 1 月 2 日 15:04")},
			document.Pair{Label: "装入文件", Value: fmt.Sprintf("%d 个（不含本页和 manifest.json）", len(enclosed))},
		),
	)
	p.Heading("目录")
	p.Paragraph("certificates 证明及其签名内容；papers 文书；contract 各版合同和附件；ledger 登记簿记录及其在签名的根之下的证据。文件名下面是它的 SHA-256 摘要。")
	files := slices.SortedFunc(slices.Values(enclosed), func(a, b Enclosed) int { return strings.Compare(a.Name, b.Name) })
	rows := make([][]string, len(files))
	for i, f := range files {
		rows[i] = []string{strconv.Itoa(i + 1), drawn(f.Name) + "\n" + f.Digest[:32] + "\n" + f.Digest[32:], strconv.FormatInt(f.Size, 10)}
	}
	p.Table([]document.Column{{Title: "序", Share: 0.07}, {Title: "文件和摘要", Share: 0.76}, {Title: "大小（字节）", Share: 0.17, Right: true}}, rows)
	p.Note("用 techmarket verify --archive 可以离线核验本档案，包括本页所列与装入的文件是否一致。〓 代替印不出的字。")
	return p.Bytes()
}

// CertificateState is the state of a certificate in words.
func CertificateState(state string) string {
	return map[string]string{"valid": "有效", "superseded": "已变更", "cancelled": "已注销", "revoked": "已撤销"}[state]
}

// VerifyCover holds the printed contents against the files: each with its digest and size, and no other number.
func VerifyCover(pdf []byte, number string, enclosed []Enclosed) error {
	pages, err := document.PDFText(bytes.NewReader(pdf), int64(len(pdf)))
	if err != nil {
		return err
	}
	text := strings.Join(pages, "")
	listed := 0
	for _, f := range enclosed {
		switch {
		case f.Name == CoverName:
		case !strings.Contains(text, f.Digest+strconv.FormatInt(f.Size, 10)):
			return fmt.Errorf("没有 %s，或摘要、大小不同", f.Name)
		default:
			listed++
		}
	}
	if !strings.Contains(text, "登记编号"+number) || !strings.Contains(text, fmt.Sprintf("装入文件%d个", listed)) {
		return fmt.Errorf("编号或文件数不同")
	}
	return nil
}
