package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/ledger"
	"techmarket/internal/certify/witness"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

// CheckResult is what the public sees of a certificate.
type CheckResult struct {
	Certificate Certificate     `json:"certificate"` // the version the code belongs to; Body is empty: it names the parties
	View        CertificateBody `json:"view"`        // parties masked
	StateWords  string          `json:"stateWords"`
	Versions    []VersionLine   `json:"versions"`
	RowHash     string          `json:"rowHash"`
	Proof       *ledger.Proof   `json:"proof"` // that the row is under the latest signed root; nil in the first minute
}

// UnderExamination is the public state of a certificate whose rows do not say what the ledger vouches for: neither can be relied on
// until somebody has looked.
const (
	UnderExamination = "under_examination"
	ExaminationWords = "正在核查：数据库里的记录与登记簿不一致，在登记机构查明之前，请不要以本页或证明原件为准"
)

// VersionLine is one version of a certificate on the check page.
type VersionLine struct {
	Version  int       `json:"version"`
	State    string    `json:"state"` // valid, superseded, cancelled, revoked
	IssuedAt time.Time `json:"issuedAt"`
}

// Check is the public answer about a certificate. Unknown number and wrong code look the same: NotFound
// "certificate_not_found". Where the rows differ from the ledger only number and state under_examination are told, and the operators
// hear of it once. Blanks, dashes and lower-case letters are accepted.
func (s *Service) Check(ctx context.Context, number, code string) (CheckResult, error) {
	number, code = codes.Printed(number), codes.Printed(code)
	all, err := postgres.Many[Certificate](ctx, s.config.DB, selectCertificates, pgx.StrictNamedArgs{"number": number})
	if err != nil {
		return CheckResult{}, fmt.Errorf("check: %w", err)
	}
	at := slices.IndexFunc(all, func(c Certificate) bool { return c.CheckCode == code })
	if at < 0 {
		return CheckResult{}, fault.New(fault.NotFound, "certificate_not_found", "没有查到。请核对 16 位编号和 8 位校验码，注意数字 0 和字母的区别")
	}
	agrees, err := s.book.Agrees(ctx, s.config.DB, witness.Registration(number))
	if err != nil {
		return CheckResult{}, err
	}
	if !agrees {
		return CheckResult{Certificate: Certificate{Number: number, Version: all[at].Version, State: UnderExamination},
			View: CertificateBody{Number: number, Version: all[at].Version}, StateWords: ExaminationWords}, nil
	}
	reg, err := ReadRegistration(ctx, s.config.DB, number)
	if err != nil {
		return CheckResult{}, err
	}
	out := CheckResult{Certificate: all[at]}
	if out.View, err = out.Certificate.View(); err != nil {
		return CheckResult{}, err
	}
	out.View.Seller, out.View.Buyer = Mask(out.View.Seller), Mask(out.View.Buyer)
	out.View.SellerCode, out.View.BuyerCode = maskCode(out.View.SellerCode), maskCode(out.View.BuyerCode)
	out.Certificate.Body, out.Certificate.FileID = "", 0
	out.StateWords = stateWords(out.Certificate, reg)
	row, err := s.config.Ledger.Row(ctx, out.Certificate.LedgerSeq)
	if err != nil {
		return CheckResult{}, err
	}
	out.RowHash = row.Hash.String()
	proof, err := s.config.Ledger.Prove(ctx, out.Certificate.LedgerSeq)
	switch {
	case err == nil:
		proof.Row.Payload = "" // it names the parties; the hash alone is enough for the path
		out.Proof = &proof
	case !fault.Is(err, fault.NotFound):
		return CheckResult{}, err
	}
	for _, c := range all {
		out.Versions = append(out.Versions, VersionLine{c.Version, c.State, c.IssuedAt})
	}
	return out, nil
}

func stateWords(c Certificate, r Registration) string {
	var words string
	switch c.State {
	case "valid":
		words = "有效"
	case "superseded":
		words = fmt.Sprintf("已变更：本版已被第 %d 版取代", r.Version)
	case "cancelled":
		words = "已注销"
	case "revoked":
		words = "已撤销"
	}
	if r.EndedOn != nil {
		if c.State == "superseded" {
			words += "，登记" + string(r.EndWords())
		}
		words += "（" + r.EndedOn.Format("2006 年 1 月 2 日") + "）"
	}
	switch r.State {
	case Changing:
		words += "，变更审查中"
	case InReconsideration:
		words += "，复议中"
	case InReRecognition:
		words += "，重新认定中"
	}
	return words
}

// Mask keeps the first and last two characters of a name; short names keep the first only.
func Mask(name string) string {
	if names := strings.Split(name, "、"); len(names) > 1 { // several parties, each for itself
		for i, one := range names {
			names[i] = Mask(one)
		}
		return strings.Join(names, "、")
	}
	r := []rune(name)
	switch {
	case len(r) == 0:
		return ""
	case len(r) <= 5:
		return string(r[:1]) + strings.Repeat("＊", len(r)-1)
	default:
		return string(r[:2]) + strings.Repeat("＊", len(r)-4) + string(r[len(r)-2:])
	}
}

func maskCode(code string) string {
	if each := strings.Split(code, "、"); len(each) > 1 {
		for i, one := range each {
			each[i] = maskCode(one)
		}
		return strings.Join(each, "、")
	}
	if len(code) <= 8 {
		return strings.Repeat("*", len(code))
	}
	return code[:4] + strings.Repeat("*", len(code)-8) + code[len(code)-4:]
}
