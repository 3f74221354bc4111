// Package sample invents the sample market (样例市场): organisations, people, listings, deals and
// contracts that read like real ones and are none of them.
//
// It owns the embedded texts under data/ and the seeded generator that joins them. It knows no
// database and no service: Generate returns plain values which package demo loads. It refuses to
// be real: every organisation and person carries 样例 in the name, mail ends in example.com, phones
// start with 100 (never issued), credit codes have a reserved body MA0000nn, patent serials start
// with 99 (never issued); only division codes and the topics of the region's plan are real.
// The same seed and the same time give the same bytes. Amounts are 分, dates Asia/Shanghai.
package sample

import (
	"time"

	"techmarket/internal/foundation/money"
)

// Seed is the seed of the sample market everybody sees.
const Seed uint64 = 20261123

// Password is shared by all sample accounts. It protects nothing: sample data is public.
const Password = "yangli-2026-demo"

// Market is one whole sample market. Keys ("org-001", "person-0001", "ach-001", …) are unique over
// the market and are how the parts point at each other.
type Market struct {
	Organisations []Organisation
	People        []Person
	Points        []Point
	Achievements  []Achievement
	Demands       []Demand
	Deals         []Deal
	Contracts     []Contract
}

// Organisation kinds.
const (
	OrgUniversity = "university" // 高等院校
	OrgInstitute  = "institute"  // 科研院所
	OrgCompany    = "company"    // 企业
	OrgAgency     = "agency"     // 技术转移机构
	OrgHost       = "host"       // 登记点依托单位
	OrgGovernment = "government" // 科技主管部门
)

// Organisation is an invented legal person at a real place.
type Organisation struct {
	Key        string
	Name       string // contains 样例
	Short      string
	Kind       string
	CreditCode string // right check digits, reserved body
	Division   string // six digits; a league, a county or a statistical zone
	Address    string
	Nature     string // 单位性质 code of the registration form
	Scale      string // large, medium, small, micro; companies only
	Industry   string // GB/T 4754-2017 大类 with its 门类 letter; companies only
	Areas      []string
	Legal      string // 法定代表人; may be empty
	Contact    string // key of the person who answers
	Phone      string
	Intro      string
	CreatedAt  time.Time
}

// Roles of a person.
const (
	RoleMember        = "member"        // lists and signs for an organisation
	RoleOrgAdmin      = "org_admin"     // the first member of an organisation
	RoleBroker        = "broker"        // 技术经纪人
	RoleRegistrar     = "registrar"     // 登记员
	RoleReviewer      = "reviewer"      // 复核员
	RoleHead          = "point_head"    // 登记点负责人
	RoleExpert        = "expert"        // 专家
	RoleLeague        = "league"        // 盟市科技局
	RoleRegion        = "region"        // 科技厅
	RoleAdministrator = "administrator" // 平台管理员
)

// Person is an invented person with an account.
type Person struct {
	Key       string
	Name      string // ends in （样例）
	Login     string // demo-… for the ten accounts shown by make run, else sample-0001 …
	Org       string // organisation key
	Role      string
	Point     string // point key; desk roles only
	Areas     []string
	Phone     string
	Mail      string
	Title     string // post or 职称; may be empty
	Level     string // brokers: 初级, 中级, 高级
	CreatedAt time.Time
}

// Point is a registration point (登记点).
type Point struct {
	Key      string
	Name     string
	Host     string // organisation key
	HostKind string // region, league, county, zone, university, institute
	Division string
	Region4  string // first four digits of the contract number
	Code     string // two digits, unique within Region4
	Address  string
	Phone    string
	Hours    string
	Scope    string // whom it serves, one sentence
	Status   string // normal, rectifying, suspended
}

// IP is a synthetic intellectual-property item.
type IP struct {
	Kind   string // know_how, invention, utility_model, design, software, plant_variety
	Number string // empty for know_how
	Title  string // starts with 样例
	Status string // pending, granted, lapsed
	Until  time.Time
}

// Listing states.
const (
	ListingDraft     = "draft"
	ListingInReview  = "in_review"
	ListingReturned  = "returned"
	ListingPublished = "published"
	ListingWithdrawn = "withdrawn"
	ListingExpired   = "expired"
)

// Ways of cooperation.
const (
	WayTransfer = "transfer"          // 转让
	WayLicence  = "licence"           // 许可
	WayEquity   = "equity"            // 作价入股
	WayJoint    = "joint_development" // 合作开发
	WayTrial    = "trial_first"       // 先用后转
	WayService  = "service"           // 技术服务
)

// Achievement is a 成果 as its owner lists it.
type Achievement struct {
	Key         string
	Sample      bool // always true
	Title       string
	Problem     string
	Method      string
	Figures     string // compared with the present solution
	Evidence    string // of maturity; may be empty
	Keywords    []string
	Topic       string // plan topic, four digits
	Field       string // 技术领域, two digits
	Industry    string // served industry
	Division    string
	Maturity    int // TRL 1–9
	Ways        []string
	PriceLow    money.Fen // both zero: 面议
	PriceHigh   money.Fen
	IP          []IP
	Team        []string
	Owner       string // organisation key
	Lister      string // person key
	State       string
	Reason      string // why returned or withdrawn
	CreatedAt   time.Time
	PublishedAt time.Time // zero when never published
	ExpiresAt   time.Time
}

// Description joins the four parts to one text.
func (a Achievement) Description() string { return join(a.Problem, a.Method, a.Figures, a.Evidence) }

// Target is one figure a demand asks for.
type Target struct {
	Name    string
	Present string // may be empty
	Wanted  string
}

// Demand is a 需求 as its owner posts it.
type Demand struct {
	Key         string
	Sample      bool // always true
	Challenge   bool // 揭榜挂帅
	Anonymous   bool // the owner's name is not published
	Title       string
	Present     string
	Targets     []Target
	Limits      string
	Tried       string // may be empty
	Decider     string // who decides
	Keywords    []string
	Topic       string
	Field       string
	Industry    string
	Division    string
	MinMaturity int
	Ways        []string
	Budget      money.Fen // 0: 面议
	Deadline    time.Time
	Owner       string
	Poster      string
	State       string
	Reason      string
	CreatedAt   time.Time
	PublishedAt time.Time
	ExpiresAt   time.Time
}

// Description joins present state, targets, limits and attempts to one text.
func (d Demand) Description() string {
	text := d.Present
	if len(d.Targets) > 0 {
		text = join(text, "目标："+targetText(d.Targets)+"。")
	}
	return join(text, d.Limits, d.Tried)
}

// Deal states.
const (
	DealSent      = "interest_sent"
	DealDeclined  = "interest_declined"
	DealWithdrawn = "withdrawn"
	DealTalking   = "talking"
	DealProposed  = "terms_proposed"
	DealAgreed    = "agreed"
)

// Message is one line of a talk.
type Message struct {
	From string // person key
	At   time.Time
	Text string
}

// Terms are proposed or agreed terms of a deal.
type Terms struct {
	Class   string
	Object  string
	Amount  money.Fen
	Payment string // once, instalments, royalty
	Begins  time.Time
	Ends    time.Time
}

// Deal is an interest and what became of it.
type Deal struct {
	Key         string
	Achievement string // key; may be empty when the deal answers a demand
	Demand      string // key; may be empty
	Seller      string // organisation keys
	Buyer       string
	From        string // person who sent the interest
	Broker      string // person key; may be empty
	State       string
	Decline     string // price, maturity, solved, irrelevant, capacity
	Messages    []Message
	Terms       *Terms
	Contract    string // contract key when a contract grew out of the deal
	CreatedAt   time.Time
}

// Cost is a row of 非技术性费用明细.
type Cost struct {
	Kind       string // equipment, instrument, part, material, other
	Name       string
	Quantity   int
	Unit       money.Fen // cost of one
	Carrier    bool      // claimed by the seller
	Granted    bool      // decided by the registrar
	Reasonable int       // reasonable quantity, at most Quantity
	Reason     string    // of the grant
}

// Deducted is what the row takes out of C: everything when not granted, else the excess only
// (认定规则 Art. 19 and 52).
func (c Cost) Deducted() money.Fen {
	if !c.Granted {
		return money.Fen(c.Quantity) * c.Unit
	}
	return money.Fen(max(0, c.Quantity-c.Reasonable)) * c.Unit
}

// Amounts are the figures of one version of a contract: T = C − N; V is the VAT-exempt base.
type Amounts struct {
	Total, Deducted, Technical, VATBase money.Fen
}

// Version is one registered version.
type Version struct {
	No      int
	Amounts Amounts
	At      time.Time
	Note    string
}

// Party is a side of a contract as printed in it.
type Party struct {
	Org        string // organisation key; empty for parties outside the market
	Name       string
	CreditCode string // empty abroad
	Country    string // three digits, 156 = 中国
	Division   string // six digits; empty abroad
	Address    string
	Legal      string
	Contact    string
	Phone      string
	Nature     string
}

// Event is one step of a contract's registration. Event ids and states are those of the
// registration state machine.
type Event struct {
	Event string
	From  string
	To    string
	Actor string // person key; empty for a body outside the market (tax office)
	At    time.Time
	Code  string // reason code R1–R11, wrong_area, oral, expired, or ""
	Note  string
}

// Income is one booking of 技术性收入.
type Income struct {
	Amount money.Fen
	At     time.Time
	Note   string
}

// Section is a part of a contract's text.
type Section struct {
	Heading string
	Body    string
}

// Contract is a technology contract and its way through the desk.
type Contract struct {
	Key         string
	Title       string
	Class       string // 0101 … 0503
	Seller      Party
	Buyer       Party
	Applicant   string // person key; of the seller, or of the buyer for an import
	Import      bool
	Point       string // point key it was filed at; for wrong_area not the right one
	RightPoint  string
	Intake      string // 受理编号, empty before acceptance
	Number      string // 合同登记编号, empty unless registered once
	State       string
	Signed      time.Time
	Begins      time.Time
	Ends        time.Time
	Applied     time.Time // zero for a draft
	Registered  time.Time
	Costs       []Cost
	Amounts     Amounts
	Versions    []Version // oldest first; empty unless registered once
	PlanSource  string    // 1 国家, 2 部门, 3 自治区, 4 盟市旗县, 9 计划外
	IP          IP
	Licence     *Licence
	Royalty     bool // flag 金额待补正
	Related     bool
	Disputed    bool
	Finding     string // question of the sheet that the refusal rests on
	Payment     string
	Field       string
	Topic       string
	Purpose     string // 社会经济目标, two digits
	Industry    string // 服务的国民经济行业
	Achievement string
	Demand      string
	Deal        string
	Broker      string
	Events      []Event
	Incomes     []Income
	TaxReview   string // ok, no or empty
	Text        []Section
}

// Licence states years and exclusivity of a 03 contract.
type Licence struct {
	Years     int
	Exclusive bool
}
