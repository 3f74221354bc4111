package contract

import (
	"math"
	"slices"
	"strings"
	"time"

	"techmarket/internal/foundation/money"
)

// Date is a day as written on the form, "2026-03-02"; empty while unanswered. What was typed is
// kept even when it is no day, so that nothing is lost; the check names the field.
type Date string

// DateOf returns the day of an instant in that instant's own zone.
func DateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

// Valid reports whether the text is a day of the calendar.
func (d Date) Valid() bool {
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil
}

// Answer is a yes/no question of the form that can still be open.
type Answer string

// The answers.
const (
	Open Answer = ""
	Yes  Answer = "yes"
	No   Answer = "no"
)

// Content is the whole document: every field of the national form (docs/rules/registration.md §4) and what the
// pre-check needs beside it. Amounts are 分. Field paths in messages are the JSON names:
// "seller.creditCode", "buyers.0.name", "costs.2.quantity".
type Content struct {
	Seller    Party             `json:"seller"` // applies for the side
	CoSellers []CoSeller        `json:"coSellers,omitempty"`
	Buyers    []Party           `json:"buyers"`
	Elements  Elements          `json:"elements"`
	Technical money.Fen         `json:"technicalFen"` // 技术交易额 as the applicant claims it; the desk decides T
	Costs     []CostRow         `json:"costs"`        // 非技术性费用明细
	Statement Statement         `json:"statement"`
	Origins   map[string]Origin `json:"origins"` // field path → where the value was taken from
}

// HoldsContacts: telephone numbers of parties and of the applicant lie sealed in the database.
func (Content) HoldsContacts() {}

// SchemaVersion is the form in which it is stored, see package stored.
func (Content) SchemaVersion() int { return 1 }

// Origin says where a value that nobody typed into this form came from.
type Origin struct {
	From string `json:"from"` // organisation, account, deal, achievement, demand
	Ref  string `json:"ref"`  // id in that room
}

// Elements is the section 合同要素.
type Elements struct {
	Name           string    `json:"name"`      // 合同名称
	ClassCode      string    `json:"classCode"` // sub-class, four digits: 0101 … 0503
	Summary        string    `json:"summary"`   // 标的内容摘要: what is delivered, in the words of the text
	SignedOn       Date      `json:"signedOn" format:"date"`
	BeginsOn       Date      `json:"beginsOn" format:"date"`
	EndsOn         Date      `json:"endsOn" format:"date"`
	Amount         money.Fen `json:"amountFen"`        // 合同成交总额 C; 0 while unanswered
	Foreign        Foreign   `json:"foreign,omitzero"` // a price in another currency; the amount then follows from it
	AmountOpen     bool      `json:"amountOpen"`       // part of the price is still open (提成等): 金额待补正
	VATIncluded    Answer    `json:"vatIncluded"`      // whether C holds VAT: no known rule, asked and shown only
	Payment        string    `json:"payment"`          // once, instalments, profit_share, sales_share, other
	PaymentTerms   string    `json:"paymentTerms"`
	Royalty        Answer    `json:"royalty"` // 提成
	RoyaltyTerms   string    `json:"royaltyTerms"`
	RelatedParty   Answer    `json:"relatedParty"` // 关联交易
	Medium         string    `json:"medium"`       // paper, electronic
	PlanSource     string    `json:"planSource"`   // 项目计划来源
	PlanName       string    `json:"planName"`
	PlanNumber     string    `json:"planNumber"`
	IP             []IP      `json:"ip"`
	OwnershipTerms string    `json:"ownershipTerms"` // 成果归属的约定
	OwnershipDone  Answer    `json:"ownershipAgreed"`
	Licence        Licence   `json:"licence"`
	Field          string    `json:"field"`    // 技术领域 01 … 11
	SubField       string    `json:"subField"` // code where the list is known, else free text
	SocialGoal     string    `json:"socialGoal"`
	Industry       string    `json:"industry"` // 服务的国民经济行业 (GB/T 4754)
	Confidential   string    `json:"confidential"`
	Confidence     string    `json:"confidentialTerms"` // 保密要求
	TradePaper     string    `json:"tradePaper"`        // 技术进出口合同登记证书编号
	ExpectedInput  money.Fen `json:"expectedInputFen"`  // 预计新增投入
	ExpectedOutput money.Fen `json:"expectedOutputFen"` // 预计新增产值
	Agency         string    `json:"agency"`            // 促成交易的技术转移机构
	Broker         string    `json:"broker"`            // 促成交易的技术经纪人
	BrokerFee      money.Fen `json:"brokerFeeFen"`      // agreed commission; whether it is part of C is the registrar's decision
	Biological     bool      `json:"biological"`        // strains and varieties: their value stays in V
	Tied           bool      `json:"tied"`              // consulting or service that belongs to a transfer or development contract
	TiedTo         string    `json:"tiedTo"`            // number or name of that contract
}

// IP is one right the contract moves or uses.
type IP struct {
	Kind        string `json:"kind"` // none, know_how, invention, utility_model, design, software, layout, plant_variety, biomedical
	Title       string `json:"title"`
	Number      string `json:"number"`
	Certificate Answer `json:"certificate"` // a certificate is held; its copy is attached (IPCertificate)
	Valid       Answer `json:"valid"`       // the right is in force
}

// Licence holds the terms of class 03.
type Licence struct {
	Years     int    `json:"years"`     // whole years; 0 while unanswered
	Exclusive string `json:"exclusive"` // exclusive (独占), sole (排他), ordinary (普通)
}

// Party is one side with every field of docs/rules/registration.md §4.
type Party struct {
	OrgID          int64  `json:"orgId"` // the organisation on this market; 0 for a party outside it
	Name           string `json:"name"`
	CreditCode     string `json:"creditCode"`
	IDNumber       string `json:"idNumber,omitempty"` // 自然人: masked; typed in full, it is sealed when saved
	IDSealed       string `json:"idSealed,omitempty"` // the number under the vault's key
	Country        string `json:"country"`            // 海关国别地区代码, three digits; 156 = China
	Division       string `json:"division"`           // GB/T 2260, six digits; empty abroad
	Address        string `json:"address"`
	Representative string `json:"representative"` // 法定代表人
	Contact        string `json:"contact"`
	Phone          string `json:"phone"`
	Postcode       string `json:"postcode"`
	Industry       string `json:"industry"`     // 机构从事的国民经济行业
	Nature         string `json:"nature"`       // 单位性质
	Agency         Answer `json:"agency"`       // 技术转移机构
	Research       Answer `json:"research"`     // 研发机构
	Converted      Answer `json:"converted"`    // 转制科研院所
	HighTechZone   Answer `json:"highTechZone"` // enterprises: 国家高新区内企业
	Listed         Answer `json:"listed"`       // enterprises: 上市公司
	Scale          string `json:"scale"`        // enterprises: large, medium, small, micro
}

// China is the country code of domestic parties.
const China = "156"

// Foreign reports whether the party is named with a country other than China.
func (p Party) Foreign() bool { return p.Country != "" && p.Country != China }

// SellerKind groups 单位性质 the way the statistics ask for: university, institute, enterprise, other;
// empty while 单位性质 is unanswered (codes of docs/rules/registration.md §4).
func (p Party) SellerKind() string {
	switch {
	case p.Nature == "":
		return ""
	case strings.HasPrefix(p.Nature, "021"):
		return "institute"
	case strings.HasPrefix(p.Nature, "022"):
		return "university"
	case strings.ContainsRune("123", rune(p.Nature[0])):
		return "enterprise"
	default:
		return "other"
	}
}

// CostRow is one line of 非技术性费用明细 (docs/rules/amounts.md §2): quantity × unit cost of goods inside C.
type CostRow struct {
	Kind     string    `json:"kind"` // equipment, instrument, part, material, prototype, other
	Name     string    `json:"name"`
	Quantity int64     `json:"quantity"`
	UnitCost money.Fen `json:"unitCostFen"`
	Carrier  bool      `json:"carrier"` // claimed: the goods carry the technical result (认定规则第19条)
	Note     string    `json:"note"`
}

// Total is quantity × unit cost; ok is false where a factor is negative or the product leaves the
// market's range of amounts.
func (r CostRow) Total() (sum money.Fen, ok bool) {
	if r.Quantity < 0 || r.UnitCost < 0 {
		return 0, false
	}
	if r.Quantity == 0 || r.UnitCost == 0 {
		return 0, true
	}
	if r.Quantity > math.MaxInt64/int64(r.UnitCost) {
		return 0, false
	}
	sum = money.Fen(r.Quantity) * r.UnitCost
	return sum, sum <= money.Max
}

// CostTotal adds the rows; ok is false where a row or the sum leaves the range.
func (c Content) CostTotal() (sum money.Fen, ok bool) {
	for _, r := range c.Costs {
		t, fits := r.Total()
		if !fits || sum+t > money.Max {
			return 0, false
		}
		sum += t
	}
	return sum, true
}

// Deducted adds the rows that are not claimed as carriers; ok is false where a row leaves the range.
func (c Content) Deducted() (sum money.Fen, ok bool) {
	for _, r := range c.Costs {
		t, fits := r.Total()
		if !fits {
			return 0, false
		}
		if !r.Carrier {
			sum += t
		}
	}
	return sum, true
}

// Import reports whether the seller is foreign, so that the domestic buyer applies (办法第8条 and
// docs/rules/registration.md §2).
func (c Content) Import() bool { return c.Seller.Foreign() }

// Trade is domestic, import or export, read from the countries of the parties.
func (c Content) Trade() string {
	switch {
	case c.Import():
		return "import"
	case slices.ContainsFunc(c.Buyers, Party.Foreign):
		return "export"
	default:
		return "domestic"
	}
}

// Area is the division whose registration point is competent: the seller's, for an import the first
// domestic buyer's.
func (c Content) Area() string {
	if !c.Import() {
		return c.Seller.Division
	}
	for _, b := range c.Buyers {
		if !b.Foreign() {
			return b.Division
		}
	}
	return ""
}

// Statement is the section 声明: what the applicant answers for.
type Statement struct {
	True      bool   `json:"true"`      // 填报内容真实
	Same      bool   `json:"same"`      // 与签订的合同文本一致
	Unfiled   bool   `json:"unfiled"`   // 未在其他登记点申请登记
	Applicant string `json:"applicant"` // 经办人姓名
	Phone     string `json:"phone"`
}

// FileRole says what an attached file is.
type FileRole string

// The roles of files (docs/rules/registration.md §4).
const (
	SignedText        FileRole = "signed_text"        // 合同正本
	Supplement        FileRole = "supplement"         // 补充协议、结算单: what a change rests on
	Undertaking       FileRole = "undertaking"        // 承诺书
	IPCertificate     FileRole = "ip_certificate"     // 知识产权证书
	PlanConsent       FileRole = "plan_consent"       // 计划管理部门的文件
	Authority         FileRole = "authority"          // 法人授权书
	Permit            FileRole = "permit"             // 生产许可等审批文件
	ImportCertificate FileRole = "import_certificate" // 技术进口合同登记证书
	Minutes           FileRole = "minutes"            // 专家评审意见
	OtherFile         FileRole = "other"
)

// FileRoles returns the roles in the order of the form.
func FileRoles() []FileRole {
	return []FileRole{SignedText, Supplement, Undertaking, IPCertificate, PlanConsent,
		Authority, Permit, ImportCertificate, Minutes, OtherFile}
}

// File is one attachment with the facts that were true when it was attached.
type File struct {
	ID      int64     `json:"id"`
	Role    FileRole  `json:"role"`
	Name    string    `json:"name"`
	Digest  string    `json:"digest"` // sha256 of the bytes, lower-case hex
	Size    int64     `json:"size"`   // bytes
	AddedAt time.Time `json:"addedAt"`
}
