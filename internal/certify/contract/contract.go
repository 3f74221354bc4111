// Package contract owns the technology contract as a document: parties, elements, amounts,
// attachments, statement, their checks, and the frozen versions that were handed to a desk.
//
// It refuses to decide anything about recognition or registration: it turns its document into facts
// for certify/recognition and lets the applicant see the answer beforehand; the registrar's T, class
// and reasons live in certify/registry.
//
// The life of a contract (only rows of the table `moves` are possible):
//
//	draft ──submit──▶ filed ──register──▶ registered ──change──▶ changing ──submit──▶ filed
//	  ▲                 │ ▲                   ▲  │                   │
//	  └────release──────┤ └─submit─ correcting │  └──close──▶ closed  └──keep──▶ registered
//	                    ├──correct──▶          │
//	                    └──keep────────────────┘ (a change that the desk refused)
//
//	restore (复议) undoes release, keep and close: draft, registered ▶ filed; closed ▶ registered
//
// The applicant's side edits in draft, correcting and changing; the desk moves the rest through
// Service.Move inside its own transaction.
package contract

import (
	"time"
)

// State is where the document stands.
type State string

// The states.
const (
	Draft      State = "draft"      // 草稿
	Filed      State = "filed"      // 已报送: at a desk, nobody edits
	Correcting State = "correcting" // 补正中: the desk asked for corrections
	Registered State = "registered" // 已登记
	Changing   State = "changing"   // 变更中: a registered contract is being amended
	Closed     State = "closed"     // 已终结: cancelled, revoked or given up
)

// Event moves a contract.
type Event string

// The events.
const (
	EventSubmit   Event = "submit"   // the applicant hands it in (Freeze)
	EventCorrect  Event = "correct"  // the desk asks for corrections
	EventRelease  Event = "release"  // the desk declined or refused the first filing: may be mended and filed anew
	EventRegister Event = "register" // the desk registered it, first or changed
	EventKeep     Event = "keep"     // a change was given up or refused: the registered version stands
	EventChange   Event = "change"   // the applicant starts a change
	EventClose    Event = "close"    // cancelled, revoked; or a draft given up
	EventRestore  Event = "restore"  // a reconsideration set the desk's decision aside (Service.Restore)
)

type move struct {
	from State
	on   Event
	to   State
}

var moves = []move{
	{Draft, EventSubmit, Filed},
	{Draft, EventClose, Closed},
	{Filed, EventCorrect, Correcting},
	{Filed, EventRelease, Draft},
	{Filed, EventRegister, Registered},
	{Filed, EventKeep, Registered},
	{Correcting, EventSubmit, Filed},
	{Correcting, EventRelease, Draft},
	{Correcting, EventKeep, Registered},
	{Registered, EventChange, Changing},
	{Registered, EventClose, Closed},
	{Changing, EventSubmit, Filed},
	{Changing, EventKeep, Registered},
	{Draft, EventRestore, Filed},
	{Registered, EventRestore, Filed},
	{Closed, EventRestore, Registered},
}

// next returns the state after the event, or false where the table has no such row.
func next(from State, on Event) (State, bool) {
	for _, m := range moves {
		if m.from == from && m.on == on {
			return m.to, true
		}
	}
	return "", false
}

// Editable reports whether the applicant's side may change the document.
func (s State) Editable() bool { return s == Draft || s == Correcting || s == Changing }

// Contract is the working document with its place in the world.
type Contract struct {
	ID                int64     `json:"id"`
	DealID            int64     `json:"dealId"`         // 0 where it did not start from a deal here
	SellerOrg         int64     `json:"sellerOrgId"`    // 0: a seller outside this market (import)
	BuyerOrg          int64     `json:"buyerOrgId"`     // 0: a buyer outside this market
	CoSellerOrgs      []int64   `json:"coSellerOrgIds"` // of the sellers beside the applicant those on this market; they only read
	ApplicantOrg      int64     `json:"applicantOrgId"`
	CreatedBy         int64     `json:"createdBy"`
	BrokerAccount     int64     `json:"brokerAccountId"`
	State             State     `json:"state"`
	Version           int       `json:"version"` // lock: grows with every saved change
	Content           Content   `json:"content"`
	Files             []File    `json:"files"`
	RegisteredVersion int       `json:"registeredVersion"` // number of the frozen version that is registered; 0: none
	Sample            bool      `json:"sample"`
	CreatedAt         time.Time `json:"createdAt"`
	UpdatedAt         time.Time `json:"updatedAt"`
}

// Frozen is one immutable version as it was handed to a desk.
type Frozen struct {
	ContractID int64     `json:"contractId"`
	Number     int       `json:"number"` // 1, 2, …
	Content    Content   `json:"content"`
	Files      []File    `json:"files"`
	TextDigest string    `json:"textDigest"` // sha256 of the signed text (hex); the joined digests where it has several files
	FrozenAt   time.Time `json:"frozenAt"`
}
