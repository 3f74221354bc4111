// Package deal owns the way from an expression of interest to an agreement of two organisations: who
// approached whom, who introduced them, the answers with coded reasons, the thread, the terms and their
// acceptance.
//
// It refuses outsiders: only members of the two organisations and the broker who introduced them see a
// deal; officers and operators do not read threads. It refuses a deal of an organisation with itself, and
// a broker can never accept terms.
//
// The table `moves` holds every possible step:
//
//	interested ──accept (answering side)────────────▶ talking
//	           ──decline (answering side; reason)───▶ declined
//	           ──withdraw (opening side, broker)────▶ withdrawn
//	talking    ──message (both sides, broker)───────▶ talking
//	           ──propose (both sides, broker)───────▶ talking
//	           ──accept_terms (a side; the other has not yet)──▶ talking
//	           ──accept_terms (a side; the other has)─────────▶ agreed
//	           ──end (both sides; reason by stage)──▶ ended
//	agreed     ──message (both sides, broker)───────▶ agreed
//	interested ──pass_over (system: the listing was signed for with another)──▶ declined
//	talking    ──pass_over (system)─────────────────▶ ended
//
// Terms are versions: a new proposal makes the older ones void, acceptance names the version it means, and
// the version that both sides accepted is frozen with the deal.
package deal

import (
	"slices"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// State is where a deal stands.
type State string

// The states.
const (
	Interested State = "interested" // 对接意向: waits for the other side's answer
	Talking    State = "talking"    // 洽谈中
	Agreed     State = "agreed"     // 已达成: terms frozen
	Declined   State = "declined"   // 已婉拒
	Withdrawn  State = "withdrawn"  // 已撤回
	Ended      State = "ended"      // 洽谈终止
)

// Event moves a deal.
type Event string

// The events.
const (
	EventOpen        Event = "open"
	EventAccept      Event = "accept"
	EventDecline     Event = "decline"
	EventWithdraw    Event = "withdraw"
	EventMessage     Event = "message"
	EventPropose     Event = "propose"
	EventAcceptTerms Event = "accept_terms"
	EventEnd         Event = "end"
	EventPassOver    Event = "pass_over" // the need was signed for with somebody else
)

// Side is a place in the deal.
type Side string

// The sides. Supply is the seller of the later contract.
const (
	Supply Side = "supply" // 成果方
	Demand Side = "demand" // 需求方
	Broker Side = "broker" // 技术经纪人
	nobody Side = ""
)

// Other returns the opposite organisation's side.
func (s Side) Other() Side {
	switch s {
	case Supply:
		return Demand
	case Demand:
		return Supply
	}
	return nobody
}

// role is what the table asks of the actor, relative to who opened the deal.
type role int

const (
	opener   role = iota // the side that approached
	answerer             // the side that was approached
	middle               // the broker who introduced the two
	system               // the market itself
)

// guard is a condition of a row of the table.
type guard int

const (
	always guard = iota
	otherNotYet
	otherHas
)

type move struct {
	from  State
	on    Event
	roles []role
	guard guard
	to    State
}

var moves = []move{
	{Interested, EventAccept, []role{answerer}, always, Talking},
	{Interested, EventDecline, []role{answerer}, always, Declined},
	{Interested, EventWithdraw, []role{opener, middle}, always, Withdrawn},
	{Talking, EventMessage, []role{opener, answerer, middle}, always, Talking},
	{Talking, EventPropose, []role{opener, answerer, middle}, always, Talking},
	{Talking, EventAcceptTerms, []role{opener, answerer}, otherNotYet, Talking},
	{Talking, EventAcceptTerms, []role{opener, answerer}, otherHas, Agreed},
	{Talking, EventEnd, []role{opener, answerer}, always, Ended},
	{Agreed, EventMessage, []role{opener, answerer, middle}, always, Agreed},
	{Interested, EventPassOver, []role{system}, always, Declined},
	{Talking, EventPassOver, []role{system}, always, Ended},
}

// next finds the row of the table. Faults: Conflict wrong_state where the state has no such event, Forbidden
// wrong_side where another side has to act.
func next(from State, on Event, as role, otherAccepted bool) (State, error) {
	known := false
	for _, m := range moves {
		if m.from != from || m.on != on {
			continue
		}
		known = true
		if slices.Contains(m.roles, as) && (m.guard == always || (m.guard == otherHas) == otherAccepted) {
			return m.to, nil
		}
	}
	if known {
		return "", fault.New(fault.Forbidden, "wrong_side", "这一步由对方或双方单位办理，您不能代办")
	}
	return "", fault.New(fault.Conflict, "wrong_state", "洽谈的状态已经变化，不能再做这一步，请刷新页面查看最新进展")
}

// Deal is one approach of two organisations.
type Deal struct {
	ID            int64      `json:"id"`
	State         State      `json:"state"`
	Version       int        `json:"version"`
	SupplyListing int64      `json:"supplyListingId"` // 0 where the deal names none; its kind is any that the supplying side lists
	DemandListing int64      `json:"demandListingId"`
	SupplyOrg     int64      `json:"supplyOrgId"`
	DemandOrg     int64      `json:"demandOrgId"`
	OpenedBy      int64      `json:"openedBy"`
	OpenedSide    Side       `json:"openedSide"` // the side that approached; for a broker the side it spoke for
	SupplyAccount int64      `json:"supplyAccountId"`
	DemandAccount int64      `json:"demandAccountId"`
	BrokerAccount int64      `json:"brokerAccountId"` // 0 without a broker; introduced at CreatedAt
	BrokerOrg     int64      `json:"brokerOrgId"`
	Undisclosed   Side       `json:"undisclosed"` // the side behind an anonymous listing: strangers learn its name when talks begin
	Subject       string     `json:"subject"`
	DeclineCode   string     `json:"declineCode"`
	EndReason     string     `json:"endReason"`
	Note          string     `json:"note"` // words beside the coded reason
	Sample        bool       `json:"sample"`
	CreatedAt     time.Time  `json:"createdAt"`
	AnsweredAt    *time.Time `json:"answeredAt"` // accepted or declined
	AgreedAt      *time.Time `json:"agreedAt"`
	UpdatedAt     time.Time  `json:"updatedAt"`
}

// Terms is what the two sides agree on; the contract draft is filled from it. Dates are "2006-01-02".
type Terms struct {
	ClassCode    string    `json:"classCode"` // contract class, four digits (codes.ContractClass)
	Object       string    `json:"object"`    // 标的: what is delivered
	Amount       money.Fen `json:"amountFen"` // 成交额; with a royalty the fixed part
	Payment      string    `json:"payment"`   // codes.Payment
	PaymentTerms string    `json:"paymentTerms"`
	Royalty      bool      `json:"royalty"` // part of the price depends on later sales or profit
	RoyaltyTerms string    `json:"royaltyTerms"`
	StartsOn     string    `json:"startsOn" format:"date"`
	EndsOn       string    `json:"endsOn" format:"date"`
	Ownership    string    `json:"ownership"`    // 成果与知识产权归属
	LicenceYears int       `json:"licenceYears"` // class 03
	Exclusive    string    `json:"exclusive"`    // class 03: exclusive, sole, ordinary
	CommissionBP int64     `json:"commissionBp"` // basis points of Amount for the broker; 0 without one
	CommissionBy Side      `json:"commissionBy"` // who pays it: supply or demand
}

// SchemaVersion is the form in which it is stored, see package stored.
func (Terms) SchemaVersion() int { return 1 }

// Commission is derived from the share, never typed; rounded half up to whole 分.
func (t Terms) Commission() money.Fen {
	if t.CommissionBP <= 0 || t.Amount <= 0 {
		return 0
	}
	return t.Amount.MulRatio(t.CommissionBP, 10_000)
}

// Proposal is one version of the terms.
type Proposal struct {
	Number           int        `json:"number"`
	Terms            Terms      `json:"terms"`
	ProposedBy       int64      `json:"proposedBy"`
	ProposedSide     Side       `json:"proposedSide"`
	ProposedAt       time.Time  `json:"proposedAt"`
	SupplyAcceptedBy int64      `json:"supplyAcceptedBy"` // 0: not yet
	SupplyAcceptedAt *time.Time `json:"supplyAcceptedAt"`
	DemandAcceptedBy int64      `json:"demandAcceptedBy"`
	DemandAcceptedAt *time.Time `json:"demandAcceptedAt"`
}

// Accepted reports whether the side has accepted this version.
func (p Proposal) Accepted(s Side) bool {
	return s == Supply && p.SupplyAcceptedBy != 0 || s == Demand && p.DemandAcceptedBy != 0
}

// Message is one entry of the thread.
type Message struct {
	ID        int64     `json:"id"`
	At        time.Time `json:"at"`
	AccountID int64     `json:"accountId"`
	Side      Side      `json:"side"`
	Body      string    `json:"body"`
	Files     []File    `json:"files"`
}

// File is an attachment of a message.
type File struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Size int64  `json:"size"` // bytes
}

// Step is one row of a deal's history.
type Step struct {
	At        time.Time `json:"at"`
	AccountID int64     `json:"accountId"` // 0: the system
	Event     Event     `json:"event"`
	From      State     `json:"from"`
	To        State     `json:"to"`
	Reason    string    `json:"reason"`
}

// EndReason is one coded reason why talks ended. Stage follows Agrawal, Cockburn, Zhang, Deals Not Done
// (2015): thickness (no fitting partner), bargaining (friction over terms), safety (leakage, trust).
type EndReason struct {
	Code  string `json:"code"`
	Stage string `json:"stage"`
	Label string `json:"label"`
}

// EndReasons lists the reasons in the order of the form (docs/rules/listings.md §6; the list itself is our choice).
func EndReasons() []EndReason {
	return []EndReason{
		{"no_fit", "thickness", "技术与需求不符"},
		{"other_partner", "thickness", "已与其他单位合作"},
		{"need_gone", "thickness", "需求已取消或自行解决"},
		{"maturity", "thickness", "成熟度达不到要求"},
		{"price", "bargaining", "价格未谈拢"},
		{"payment", "bargaining", "付款方式未谈拢"},
		{"ownership", "bargaining", "知识产权归属未谈拢"},
		{"approval", "bargaining", "内部决策或审批未通过"},
		{"no_answer", "bargaining", "对方长期没有回应"},
		{"leakage", "safety", "担心技术泄露"},
		{"credit", "safety", "对履约能力或信用有顾虑"},
		{"state_asset", "safety", "担心国有资产处置风险"},
		{"other", "other", "其他（请写明）"},
	}
}

// ListingFacts is what a deal needs to know of a listing; market/listing supplies it.
type ListingFacts struct {
	ID           int64
	Kind         string // code of the kind, for the origin of what a contract takes from it
	Side         Side   // of its owner: Supply or Demand
	OrgID        int64
	OwnerAccount int64
	Anonymous    bool // published without the owner's name
	Title        string
	Open         bool   // published and neither closed nor expired: may be approached
	Field        string // 技术领域, two digits
	SubField     string
	Industry     string // 门类
	IP           []Right
	Biological   bool
	Sample       bool
}

// Right is one intellectual property right of a listing.
type Right struct {
	Kind   string // codes.IPKind
	Number string
	Title  string
}

// Agreement is an agreed deal with its frozen terms and the listings it rests on.
type Agreement struct {
	Deal   Deal
	Terms  Terms
	Supply *ListingFacts // nil where the deal names none
	Demand *ListingFacts
}
