// Package papers draws what the registry gives out as PDF: the certificate, the notices of a filing and of a registration, lists for
// tax and subsidy, the calculation of a subsidy, and the cover of an archive. They are legal documents: their words are Chinese
// and stand here.
//
// It decides nothing and owns no table: what a paper says is read from certify/registry and certify/benefits in the reader's scope, and
// the same facts give the same bytes.
package papers

import (
	"strings"
	"time"

	"techmarket/internal/certify/benefits"
	"techmarket/internal/certify/ledger"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/postgres"
)

// Fonts gives the fonts of all papers, loaded with the first.
type Fonts func() (*document.Fonts, error)

// Config is what a Service needs.
type Config struct {
	DB       *postgres.DB
	Registry *registry.Service
	Benefits *benefits.Service
	Ledger   *ledger.Ledger
	Files    *files.Store // of the certificates
	Jobs     registry.Enqueuer
	Fonts    Fonts  // nil: no paper can be made
	BaseURL  string // of the check pages, without a trailing slash
}

// Service draws papers.
type Service struct{ config Config }

// New builds the service.
func New(c Config) *Service { return &Service{config: c} }

// Kind is one of the papers of a filing or of a registration.
type Kind string

// The papers.
const (
	Form       Kind = "form"       // 技术合同登记表
	Receipt    Kind = "receipt"    // 受理通知书
	Correction Kind = "correction" // 一次性告知书
	Decline    Kind = "decline"    // 不予受理通知书
	Refusal    Kind = "refusal"    // 不予登记通知书

	Change Kind = "change" // 变更登记通知书, of the newest version (2000 办法第15条)
	Cancel Kind = "cancel" // 注销通知书 (2000 办法第15条)
	Revoke Kind = "revoke" // 撤销通知书 (2000 办法第17条)
	Notice Kind = "notice" // 拟撤销告知书
	// Restore tells that a reconsideration set the end aside; the paper of the end stays beside it.
	Restore Kind = "restore"
)

// Title is what stands at the head of the paper.
func (k Kind) Title() fault.Sentence {
	return map[Kind]fault.Sentence{Form: "技术合同登记表", Notice: "拟撤销登记告知书", Receipt: "受理通知书", Correction: "一次性告知书",
		Decline: "不予受理通知书", Refusal: "不予登记通知书",
		Change: "变更登记通知书", Cancel: "注销登记通知书", Revoke: "撤销登记通知书", Restore: "恢复登记通知书"}[k]
}

// CheckURL is the address in the QR code of a certificate.
func (s *Service) CheckURL(number, code string) string {
	return s.config.BaseURL + "/v/" + number + "?c=" + code
}

// fonts loads the fonts with the first paper. Where the server has none the desk works on and papers wait.
func (s *Service) fonts() (*document.Fonts, error) {
	if s.config.Fonts == nil {
		return nil, fault.New(fault.Unavailable, "fonts_missing", "服务器没有配置 PDF 字体，文书暂时不能生成。请系统管理员运行 techmarket doctor 查看")
	}
	return s.config.Fonts()
}

// Drawable gives the check that nothing moves whose papers could not be drawn: it names field, characters and mend. Where the server
// has no fonts, papers wait and nothing is refused.
func Drawable(load Fonts) func(...registry.Text) error {
	return func(texts ...registry.Text) error {
		if load == nil {
			return nil
		}
		fonts, err := load()
		if err != nil {
			return nil //nolint:nilerr // without fonts no paper is printed: the printing itself says so
		}
		var bad fault.Fields
		for _, t := range texts {
			if chars := fonts.Missing(t.Text); len(chars) > 0 {
				bad.Addf(t.Path, "char_not_drawable", "%s里有文书印不出的字：%s。蒙古文请改用汉字，生僻字请改用通用写法，或请系统管理员配置含有这些字的字体", t.What, document.NameChars(chars))
			}
		}
		return bad.Err()
	}
}

// Remedies are what stands on every decision against the applicant: where, and until when, it can be contested. 复议 is in the 办法
// (第13条); the days are those of the general laws and unverified, so that a paper names the law with them.
//
// The body is named where the point is a league's or county's: the government of its own area.
func Remedies(p point.Point) string {
	body := "登记点所属科技主管部门的本级人民政府"
	if name := region.Name(p.Division); name != "" && (p.Kind == point.League || p.Kind == point.County) {
		if body = name + "人民政府"; p.Kind == point.League && strings.HasSuffix(name, "盟") {
			body = name + "行政公署"
		}
	}
	return "对本决定不服的，可以自收到之日起 60 日内，依照行政复议法向有管辖权的行政复议机关（" + body + "）申请行政复议，" +
		"也可以自收到之日起六个月内，依照行政诉讼法向有管辖权的人民法院提起诉讼（技术合同认定登记管理办法第 13 条）。"
}

// contact is the foot of a paper: who decided and where to ask.
func contact(p point.Point) string {
	where := p.Name
	if p.Phone != "" {
		where += "　电话 " + p.Phone
	}
	if p.Address != "" {
		where += "　地址 " + p.Address
	}
	return where
}

func inWords(f money.Fen) string { return f.Grouped() + " 元　（" + f.Han() + "）" }

func longDate(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return dateWords(t)
}

// dateWords writes a day that a table holds, onDay the day of an instant.
func dateWords(day time.Time) string { return day.Format("2006 年 1 月 2 日") }

func onDay(at time.Time) string { return dateWords(clock.Local(at)) }

// digestWords names the digest of a signing suite.
func digestWords(suite string) string {
	return map[string]string{"intl": "SHA-256", "guomi": "SM3"}[suite]
}

// stateWords says how a registration stands.
func stateWords(r registry.Registration) string {
	switch r.Settled() {
	case registry.Registered:
		return "已登记"
	case registry.Changing:
		return "变更审查中"
	default:
		return string(r.EndWords())
	}
}

func purposeWords(p benefits.Purpose) string {
	return map[benefits.Purpose]string{benefits.TaxList: "办理税收手续", benefits.SubsidyList: "申报后补助"}[p]
}
