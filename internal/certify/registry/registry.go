// Package registry owns registration points, the desk's work on filings, numbers, registrations and certificates
// (技术合同认定登记管理办法, 国科发政字〔2000〕063号; state machine: reference registration.md §7).
//
// It refuses to judge: whether a contract is a technical one, and what N, T and V are, is computed by
// certify/recognition from what the registrar found; the document itself belongs to certify/contract. It refuses to
// rewrite: a decision, a number, a certificate or a booked period entry is answered by a new row, never changed.
//
// Two things move, through one table (see Table): the filing, one application at one point, and the registration, what
// stands under a 16-digit number afterwards.
//
//	filing
//	  draft ─submit▶ awaiting_acceptance ─accept▶ in_review ─pass_first_review▶ awaiting_second_review
//	                   │ │ │                       │ ▲  ▲ │                       │ │ │
//	     declined ◀────┘ │ └─────withdraw──┐       │ │  │ └──────refuse──▶       │ │ └─pass_second_review─┬─▶ awaiting_registration
//	 (decline_intake)    │                 ▼       │ │  └──return_to_review───────┘ │   (T large/disputed) │        ▲      │
//	                     │             withdrawn   │ └─submit_correction─┐         │                      ▼        │      │
//	                     └─request_correction─┬────┘               correcting      └─refuse─▶ refused ◀─ awaiting_experts │
//	                                          └──────────────────▶  │  lapse_correction ──▶           reject_by_experts  │
//	                                                                                       pass_experts ─────────┘      │
//	                                                                   registered ◀── register · register_change ───────┘
//
//	registration
//	  registered ─request_change▶ changing ─register_change▶ registered (v+1) · keep ▶ registered (change refused)
//	  registered ─request_cancel· decline_cancel · review_tax_relief · book_income▶ registered
//	  registered ─cancel▶ cancelled · registered, in_re_recognition ─revoke▶ revoked
//
//	declined, refused, registered, cancelled, revoked
//	  ─open_reconsideration▶ in_reconsideration · ─open_re_recognition▶ in_re_recognition ─conclude▶ back
//
// One person plays one part in one case: applicant ≠ registrar ≠ reviewer ≠ expert, and who reviewed does not register.
// filing_part keeps who played what, so a later change of roles changes nothing; its primary key and the checks of filing
// are the second wall.
package registry

import (
	"time"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/ledger"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/money"
)

// State is where a filing or a registration stands.
type State string

// The states of a filing; the last five are shared with or only for registrations.
const (
	Draft                State = "draft"                  // 草稿: still with certify/contract
	AwaitingAcceptance   State = "awaiting_acceptance"    // 待受理
	Declined             State = "declined"               // 不予受理
	Withdrawn            State = "withdrawn"              // 已撤回 (our choice: before a decision the applicant may take it back)
	InReview             State = "in_review"              // 审查中
	Correcting           State = "correcting"             // 补正中
	AwaitingSecondReview State = "awaiting_second_review" // 待复核
	AwaitingExperts      State = "awaiting_experts"       // 待专家
	AwaitingRegistration State = "awaiting_registration"  // 待登记
	Refused              State = "refused"                // 不予登记
	Registered           State = "registered"             // 已登记
	Changing             State = "changing"               // 变更审查中
	Cancelled            State = "cancelled"              // 已注销
	Revoked              State = "revoked"                // 已撤销
	InReconsideration    State = "in_reconsideration"     // 复议中
	InReRecognition      State = "in_re_recognition"      // 重新认定中
)

// Event moves a filing or a registration.
type Event string

// The events of registration.md §7; those marked (our choice) close what the rule book leaves open.
const (
	EventSubmit                Event = "submit"
	EventWithdraw              Event = "withdraw" // our choice
	EventAccept                Event = "accept"
	EventDeclineIntake         Event = "decline_intake"
	EventRequestCorrection     Event = "request_correction"
	EventSubmitCorrection      Event = "submit_correction"
	EventLapseCorrection       Event = "lapse_correction"
	EventSaveReview            Event = "save_review" // our choice: work in progress, no decision
	EventPassFirstReview       Event = "pass_first_review"
	EventPassSecondReview      Event = "pass_second_review"
	EventReturnToReview        Event = "return_to_review"
	EventPassExperts           Event = "pass_experts"
	EventRejectByExperts       Event = "reject_by_experts"
	EventRegister              Event = "register"
	EventRefuse                Event = "refuse"
	EventStartChange           Event = "start_change"   // our choice: the document becomes editable
	EventAbandonChange         Event = "abandon_change" // our choice
	EventRequestChange         Event = "request_change"
	EventRegisterChange        Event = "register_change"
	EventKeep                  Event = "keep"           // our choice: a change filing ended without registration
	EventRequestCancel         Event = "request_cancel" // our choice: the asking half of cancel
	EventDeclineCancel         Event = "decline_cancel" // our choice
	EventCancel                Event = "cancel"
	EventRevoke                Event = "revoke"
	EventReviewTaxRelief       Event = "review_tax_relief"
	EventBookIncome            Event = "book_income"
	EventOpenReconsideration   Event = "open_reconsideration"
	EventOpenReRecognition     Event = "open_re_recognition"
	EventConcludeReexamination Event = "conclude" // our choice: how 复议 and 重新认定 end
)

// Part is what a person is in one case; an Actor's roles, organisation and area decide it.
type Part string

// The parts.
const (
	Applicant  Part = "applicant"  // 卖方经办人 (import: 买方): member of the applying organisation
	Registrar  Part = "registrar"  // 登记员 of the point
	Reviewer   Part = "reviewer"   // 复核员 of the point
	Expert     Part = "expert"     // 专家 of the point, or of the league's or region's department
	Head       Part = "head"       // 登记点负责人
	Supervisor Part = "supervisor" // 盟市、自治区管理员 of the area
	TaxReader  Part = "tax_reader" // 税务、财政 of the area
	System     Part = "system"     // consequence of another event
	Party      Part = "party"      // reads only: the other side of the contract
)

// Ref names an aggregate and the version the person looked at. Version 0 acts on the newest; any other version that has
// moved on is refused with Conflict "stale_version".
type Ref struct {
	ID      int64 `json:"id"`
	Version int   `json:"version"`
}

// NumberRef is Ref for a registration.
type NumberRef struct {
	Number  string `json:"number"`
	Version int    `json:"version"` // Registration.LockVersion
}

// PointState is whether a point may work (办法第16、18–21条).
type PointState string

// The states of a point.
const (
	PointNormal     PointState = "normal"     // 正常
	PointRectifying PointState = "rectifying" // 整改: goes on working, marked
	PointSuspended  PointState = "suspended"  // 暂停: accepts nothing new
)

// PointKind is what a point serves.
type PointKind string

// The kinds of points.
const (
	RegionPoint     PointKind = "region"
	LeaguePoint     PointKind = "league"
	CountyPoint     PointKind = "county"
	UniversityPoint PointKind = "university"
	InstitutePoint  PointKind = "institute"
	ZonePoint       PointKind = "zone"
)

// NumberSource is who makes a point's 16-digit numbers.
type NumberSource string

// The sources.
const (
	OwnNumbers      NumberSource = "own"      // from the point's own sequence
	NationalNumbers NumberSource = "national" // entered: made by the national system
)

// SecondReview is who may do the second review at a point. That there is one is the region's rule (registration.md §6).
type SecondReview string

// The choices.
const (
	ReviewerOnly   SecondReview = "reviewer"
	ReviewerOrHead SecondReview = "reviewer_or_head" // the head who did it does not register the case
)

// Point is a registration point. It is public as it stands.
type Point struct {
	ID             int64        `json:"id"`
	Name           string       `json:"name"`
	Kind           PointKind    `json:"kind"`
	OrganisationID int64        `json:"organisationId"` // the host; its members with desk roles are the staff
	Division       string       `json:"division"`       // the area it serves
	ServesOrg      int64        `json:"servesOrgId"`    // university and institute points: the organisation it serves
	Region4        string       `json:"region4"`        // digits 5–8 of its numbers
	Code2          string       `json:"code2"`          // digits 9–10 of its numbers
	State          PointState   `json:"state"`
	Address        string       `json:"address"`
	Phone          string       `json:"phone"`
	Hours          string       `json:"hours"`
	NumberSource   NumberSource `json:"numberSource"`
	SecondReview   SecondReview `json:"secondReview"`
	ExpertsFrom    money.Fen    `json:"expertsFromFen"` // T from which experts review; 0: the policy's large amount
	AuthorisedFrom time.Time    `json:"authorisedFrom"`
	AuthorisedTo   *time.Time   `json:"authorisedTo"` // nil: no end
	Sample         bool         `json:"sample"`
	Version        int          `json:"version"`
}

// PointInput is what a region officer says about a point.
type PointInput struct {
	ID             int64     `json:"id"` // 0: a new point
	Version        int       `json:"version"`
	Name           string    `json:"name"`
	Kind           PointKind `json:"kind"`
	OrganisationID int64     `json:"organisationId"`
	Division       string    `json:"division"`
	ServesOrg      int64     `json:"servesOrgId"`
	Code2          string    `json:"code2"` // two digits: 9–10 of its numbers
	Address        string    `json:"address"`
	Phone          string    `json:"phone"`
	Hours          string    `json:"hours"`
	AuthorisedFrom string    `json:"authorisedFrom"` // 2006-01-02
	AuthorisedTo   string    `json:"authorisedTo"`
}

// PointSettings is what the head of a point decides about it.
type PointSettings struct {
	Version      int          `json:"version"`
	NumberSource NumberSource `json:"numberSource" required:"true" enum:"own,national"`
	SecondReview SecondReview `json:"secondReview" required:"true" enum:"reviewer,reviewer_or_head"`
	ExpertsFrom  money.Fen    `json:"expertsFromFen" minimum:"0"` // at most the policy's large amount; 0: that amount
	Address      string       `json:"address"`
	Phone        string       `json:"phone"`
	Hours        string       `json:"hours"`
}

// Filing is one application at a desk. Amounts are nil until the first review passed.
type Filing struct {
	ID              int64       `json:"id"`
	ContractID      int64       `json:"contractId"`
	ContractVersion int         `json:"contractVersion"`
	Kind            FilingKind  `json:"kind"`
	PointID         int64       `json:"pointId"`
	Division        string      `json:"division"`
	IntakeNo        string      `json:"intakeNo"` // SL-{division}-{yyyymmdd}-{4}
	State           State       `json:"state"`
	PriorState      State       `json:"priorState"`
	Version         int         `json:"version"`
	Title           string      `json:"title"`
	SellerName      string      `json:"sellerName"`
	BuyerName       string      `json:"buyerName"`
	SellerOrg       int64       `json:"sellerOrgId"`
	BuyerOrg        int64       `json:"buyerOrgId"`
	TextDigest      string      `json:"-"`
	ApplicantOrg    int64       `json:"applicantOrgId"`
	Applicant       int64       `json:"applicantId"`
	Registrar       int64       `json:"registrarId"`
	Reviewer        int64       `json:"reviewerId"`
	Expert          int64       `json:"expertId"`
	Head            int64       `json:"headId"`
	ClaimedClass    string      `json:"claimedClass"`
	ClaimedAmount   money.Fen   `json:"claimedAmountFen"` // C as filed
	Class           string      `json:"class"`
	Amount          *money.Fen  `json:"amountFen"`    // C
	Deducted        *money.Fen  `json:"deductedFen"`  // N
	Technical       *money.Fen  `json:"technicalFen"` // T
	VATBase         *money.Fen  `json:"vatBaseFen"`   // V
	Disputed        bool        `json:"disputed"`
	Review          Review      `json:"review"`
	Correction      *Correction `json:"correction"` // nil: never asked
	Refusal         *Refusal    `json:"refusal"`
	Number          string      `json:"number"`
	Sample          bool        `json:"sample"`
	PolicyID        int64       `json:"policyId"`
	SubmittedAt     time.Time   `json:"submittedAt"`
	AcceptedAt      *time.Time  `json:"acceptedAt"`
	Run                         // the clock of the case
	DecidedAt       *time.Time  `json:"decidedAt"`
	UpdatedAt       time.Time   `json:"updatedAt"`
}

// FilingKind is why a contract is at the desk.
type FilingKind string

// The kinds.
const (
	Initial FilingKind = "initial"
	Change  FilingKind = "change"
)

// Review is the registrar's sheet: what was found in the text, the deductions and the opinion (办法第10条).
type Review struct {
	Class      string      `json:"class"`     // recognised sub-class
	Amount     money.Fen   `json:"amountFen"` // C as the text states it; 0: as filed
	Findings   []Finding   `json:"findings"`
	Cleared    []string    `json:"cleared,omitempty"` // checklist codes that were looked at and not found
	Deductions []Deduction `json:"deductions"`
	Biological bool        `json:"biological"` // strains and varieties: their value stays in V
	Tied       bool        `json:"tied"`       // consulting or service that belongs to a transfer or development
	Disputed   bool        `json:"disputed"`
	Opinion    string      `json:"opinion"` // why it is recognised as this class; mandatory where a rule asks for a reason
	Second     string      `json:"second"`  // the reviewer's opinion
	Experts    string      `json:"experts"` // the experts' opinion
	Minutes    int64       `json:"minutesFileId"`
}

// Finding is one answer of the checklist; Code is one of recognition's finding codes.
type Finding struct {
	Code  string `json:"code"`
	Place string `json:"place"` // where in the text
	Note  string `json:"note"`
}

// Deduction is one row of 非技术性费用明细 as the registrar decides it (registration.md §2).
type Deduction struct {
	Kind       string    `json:"kind"`
	Name       string    `json:"name"`
	Quantity   int64     `json:"quantity"`
	Unit       string    `json:"unit"` // 台, 套, 吨 …
	UnitCost   money.Fen `json:"unitCostFen"`
	Claimed    bool      `json:"claimed"`    // the applicant says the goods carry the result
	Granted    bool      `json:"granted"`    // the registrar agrees; needs a reason
	Reasonable int64     `json:"reasonable"` // quantity that may stay in T where granted
	Reason     string    `json:"reason"`
}

// Correction is the one list of what is missing and its answers (一次性告知).
type Correction struct {
	AskedAt    time.Time        `json:"askedAt"`
	DueOn      string           `json:"dueOn"` // 2006-01-02
	Items      []CorrectionItem `json:"items"`
	AnsweredAt *time.Time       `json:"answeredAt"`
}

// CorrectionItem is one missing thing.
type CorrectionItem struct {
	Field  string `json:"field"`  // field path of the contract, or a file role; may be empty
	Text   string `json:"text"`   // what is missing and how to mend it
	Reason string `json:"reason"` // R-code it would be refused with
	Answer string `json:"answer"` // what the applicant did about it
}

// Refusal is a decision against the applicant with its ground.
type Refusal struct {
	Codes      []string `json:"codes"`    // codes.Refusal; codes.IntakeRefusal where declined
	Articles   []string `json:"articles"` // of the 认定规则, as numbers ("15", "42-1")
	Text       string   `json:"text"`
	RightPoint int64    `json:"rightPointId"` // wrong area: where to go
}

// EventRow is one line of a case's history.
type EventRow struct {
	At       time.Time `json:"at"`
	Account  int64     `json:"accountId"`
	Name     string    `json:"name"`
	Part     Part      `json:"part"`
	Event    Event     `json:"event"`
	From     State     `json:"from"`
	To       State     `json:"to"`
	Note     string    `json:"note"`
	Internal bool      `json:"internal"`
}

// Case is a filing with everything its reader may see.
type Case struct {
	Filing   Filing                `json:"filing"`
	Point    Point                 `json:"point"`
	Contract contract.Frozen       `json:"contract"`
	Previous *contract.Frozen      `json:"previous"` // change: the version that stands
	Events   []EventRow            `json:"events"`
	Due      Due                   `json:"due"`
	Decision *recognition.Decision `json:"decision"`       // staff only: what the rules say about the sheet as it stands
	Experts  money.Fen             `json:"expertsFromFen"` // T from which the point asks the experts
	Large    bool                  `json:"large"`          // T reaches it
	Parts    []Part                `json:"parts"`          // what the reader is in this case
	Allowed  []Event               `json:"allowed"`        // what the reader may do now
	Similar  []Similar             `json:"similar"`        // staff only
}

// Similar is an earlier filing that resembles this one: explained, never convicting.
type Similar struct {
	ID       int64  `json:"id"`
	IntakeNo string `json:"intakeNo"`
	Title    string `json:"title"`
	State    State  `json:"state"`
	Why      string `json:"why"` // same_text, same_parties_amount
}

// Registration is what stands under a number.
type Registration struct {
	Number         string     `json:"number"`
	ContractID     int64      `json:"contractId"`
	PointID        int64      `json:"pointId"`
	Division       string     `json:"division"`
	ApplicantOrg   int64      `json:"applicantOrgId"`
	State          State      `json:"state"`
	PriorState     State      `json:"priorState"`
	Version        int        `json:"version"` // of the certificate
	LockVersion    int        `json:"lockVersion"`
	Title          string     `json:"title"`
	Class          string     `json:"class"`
	Field          string     `json:"field"`
	PlanSource     string     `json:"planSource"`
	IPKind         string     `json:"ipKind"`
	SocialGoal     string     `json:"socialGoal"`
	SellerName     string     `json:"sellerName"`
	SellerOrg      int64      `json:"sellerOrgId"`
	SellerKind     string     `json:"sellerKind"`
	SellerCountry  string     `json:"sellerCountry"`
	SellerDivision string     `json:"sellerDivision"`
	BuyerName      string     `json:"buyerName"`
	BuyerOrg       int64      `json:"buyerOrgId"`
	BuyerCountry   string     `json:"buyerCountry"`
	BuyerDivision  string     `json:"buyerDivision"`
	Amount         money.Fen  `json:"amountFen"`    // C
	Technical      money.Fen  `json:"technicalFen"` // T
	VATBase        money.Fen  `json:"vatBaseFen"`   // V
	Income         money.Fen  `json:"incomeFen"`    // ΣR
	RegisteredOn   time.Time  `json:"registeredOn"`
	EndedOn        *time.Time `json:"endedOn"`
	TaxReview      string     `json:"taxReview"` // "", ok, no
	CancelRequest  *Request   `json:"cancelRequest"`
	Ending         *Ending    `json:"ending"`
	Sample         bool       `json:"sample"`
}

// Request is what the applicant asks of the original point.
type Request struct {
	Reason  string `json:"reason"`
	Account int64  `json:"accountId"`
	On      string `json:"on"` // 2006-01-02
}

// Ending is why a registration ended.
type Ending struct {
	Ground string `json:"ground"` // cancel: terminated, rescinded, void; revoke: codes.RevocationGround
	Reason string `json:"reason"`
	On     string `json:"on"`
}

// Dossier is a registration with its papers and history.
type Dossier struct {
	Registration Registration  `json:"registration"`
	Point        Point         `json:"point"`
	Certificates []Certificate `json:"certificates"` // newest first
	Incomes      []Income      `json:"incomes"`
	Entries      []PeriodEntry `json:"entries"`
	Filings      []QueueRow    `json:"filings"`
	Events       []EventRow    `json:"events"`
	Parts        []Part        `json:"parts"`
	Allowed      []Event       `json:"allowed"`
}

// Income is one booked 技术性收入 (技术性收入核定表 with the finance seal).
type Income struct {
	ID       int64     `json:"id"`
	Amount   money.Fen `json:"amountFen"`
	BookedOn time.Time `json:"bookedOn"`
	Note     string    `json:"note"`
}

// PeriodEntry is what statistics add up; a booked one is never rewritten.
type PeriodEntry struct {
	Kind      string    `json:"kind"` // register, change, cancel, revoke
	Leg       string    `json:"leg"`  // in; out where the contract left these cells
	Version   int       `json:"version"`
	BookedOn  time.Time `json:"bookedOn"`
	Contracts int       `json:"contracts"`    // +1, 0, −1
	Amount    money.Fen `json:"amountFen"`    // ΔC
	Technical money.Fen `json:"technicalFen"` // ΔT
}

// QueueRow is one line of the desk's list.
type QueueRow struct {
	ID            int64      `json:"id"`
	IntakeNo      string     `json:"intakeNo"`
	Number        string     `json:"number"`
	Kind          FilingKind `json:"kind"`
	State         State      `json:"state"`
	Title         string     `json:"title"`
	SellerName    string     `json:"sellerName"`
	BuyerName     string     `json:"buyerName"`
	PointID       int64      `json:"pointId"`
	Class         string     `json:"class"` // recognised, else claimed
	ClaimedAmount money.Fen  `json:"claimedAmountFen"`
	Technical     *money.Fen `json:"technicalFen"`
	Registrar     int64      `json:"registrarId"`
	SubmittedAt   time.Time  `json:"submittedAt"`
	Sample        bool       `json:"sample"`
	Due           Due        `json:"due"`
}

// QueueFilter narrows the list. Zero values ask for everything open that the actor may read, by due date.
type QueueFilter struct {
	PointID    int64
	ContractID int64   // every filing of one contract, open or not
	States     []State // empty: open filings; with closed states the order is newest first
	Class      string  // prefix: 01, 0101
	DueBefore  string  // 2006-01-02, inclusive
	Mine       bool    // cases in which the actor already plays a part
	Text       string  // part of title or a party, or the intake or registration number
	Cursor     string
	Limit      int // at most 100; 0: 20
}

// QueuePage is one page of the list.
type QueuePage struct {
	Rows    []QueueRow    `json:"rows"`
	Next    string        `json:"next"`    // cursor of the next page; empty on the last
	Counts  map[State]int `json:"counts"`  // open filings in the actor's scope, first page only
	Overdue int           `json:"overdue"` // of those, past the day that holds
}

// Waiting is how many of the open filings are at the step that the actor's role takes.
func (p QueuePage) Waiting(a actor.Actor) int {
	n := 0
	for role, states := range map[actor.Role][]State{actor.Registrar: {AwaitingAcceptance, InReview}, actor.Reviewer: {AwaitingSecondReview},
		actor.Expert: {AwaitingExperts}, actor.PointHead: {AwaitingRegistration}} {
		for _, state := range states {
			if a.Has(role) {
				n += p.Counts[state]
			}
		}
	}
	return n
}

// Certificate is one version of 技术合同认定登记证明.
type Certificate struct {
	Number    string       `json:"number"`
	Version   int          `json:"version"`
	State     string       `json:"state"` // valid, superseded, cancelled, revoked
	Body      string       `json:"body"`  // canonical JSON of CertificateBody (RFC 8785)
	Digest    string       `json:"digest"`
	Suite     string       `json:"suite"`
	KeyID     string       `json:"keyId"`
	Signature string       `json:"signature"`
	CheckCode string       `json:"checkCode"`
	LedgerSeq int64        `json:"ledgerSeq"`
	IssuedAt  time.Time    `json:"issuedAt"`
	Root      *ledger.Root `json:"root"`    // the signed root printed on the PDF; nil until the job took it
	FileID    int64        `json:"fileId"`  // 0 until the job made the PDF
	Failure   string       `json:"failure"` // why the PDF cannot be made; tried again every morning
}

// roles maps a part to the roles that can play it.
func (p Part) roles() []actor.Role {
	switch p {
	case Applicant:
		return []actor.Role{actor.Member, actor.OrgAdmin}
	case Registrar:
		return []actor.Role{actor.Registrar}
	case Reviewer:
		return []actor.Role{actor.Reviewer}
	case Expert:
		return []actor.Role{actor.Expert}
	case Head:
		return []actor.Role{actor.PointHead}
	case Supervisor:
		return []actor.Role{actor.LeagueOfficer, actor.RegionOfficer}
	case TaxReader:
		return []actor.Role{actor.TaxReader}
	default:
		return nil
	}
}
