package registry

import (
	"fmt"
	"slices"
	"time"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/recognition"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

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
	deadline.Run                // the clock of the case
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
	Read       []Read      `json:"read,omitempty"`    // of Cleared: what application and text had answered; the others the registrar did
	Deductions []Deduction `json:"deductions"`
	Biological bool        `json:"biological"` // strains and varieties: their value stays in V
	Tied       bool        `json:"tied"`       // consulting or service that belongs to a transfer or development
	Disputed   bool        `json:"disputed"`
	Opinion    string      `json:"opinion"` // why it is recognised as this class; mandatory where a rule asks for a reason
	Second     string      `json:"second"`  // the reviewer's opinion
	Experts    string      `json:"experts"` // the opinion that decided
	Minutes    int64       `json:"minutesFileId"`
	Panel      []Vote      `json:"panel,omitempty"`   // every expert's opinion, in order
	Carried    bool        `json:"carried,omitempty"` // the sheet began with the answers and deductions of the version that stands
}

// Vote is one expert's opinion.
type Vote struct {
	Account int64     `json:"accountId"`
	Name    string    `json:"name,omitempty"` // for the reader; not stored
	Pass    bool      `json:"pass"`
	Opinion string    `json:"opinion"`
	Minutes int64     `json:"minutesFileId"`
	At      time.Time `json:"at"`
	Void    bool      `json:"void,omitempty"` // the case went back to the desk afterwards
}

// Unanswered lists the questions of the checklist that the registrar has not answered: no decision stands on silence.
func (r Review) Unanswered() []recognition.Rule {
	return slices.DeleteFunc(recognition.Checklist(r.Class), func(rule recognition.Rule) bool {
		return slices.Contains(r.Cleared, rule.ID) || rule.ID == recognition.Disputed && r.Disputed ||
			slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == rule.ID })
	})
}

// Finding is one answer of the checklist; Code is one of recognition's finding codes.
type Finding struct {
	Code  string `json:"code"`
	Place string `json:"place"` // where in the text
	Note  string `json:"note"`
}

// Read is an answer that the application and the text gave and the registrar left as it was.
type Read struct {
	Code   string `json:"code"`
	Place  string `json:"place"`  // what it rests on
	System bool   `json:"system"` // it stood as shown; false: it was proposed, and the registrar took it
}

// Deduction is one row of 非技术性费用明细 as the registrar decides it (docs/rules/amounts.md §2).
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
	DueOn      string           `json:"dueOn" format:"date"` // 2006-01-02
	Items      []CorrectionItem `json:"items"`
	AnsweredAt *time.Time       `json:"answeredAt"`
	Declined   *Declaration     `json:"declined,omitempty"` // nil: the applicant never said that the fault stays
}

// Declaration is the applicant's own word that nothing will be mended.
type Declaration struct {
	At      time.Time `json:"at"`
	Account int64     `json:"accountId"`
	Text    string    `json:"text"`
}

// reasons are the R-codes that the applicant was told of.
func (c *Correction) reasons() []string {
	var out []string
	for _, item := range c.Items {
		out = append(out, item.Reason)
	}
	return out
}

// over is nil once a fault that was asked for may be refused: the term has passed, or the applicant declared that it stays.
// Conflict "correction_running".
func (c *Correction) over(today time.Time) error {
	if c.Declined == nil && today.Format(time.DateOnly) <= c.DueOn {
		return fault.Newf(fault.Conflict, "correction_running", "补正期限到 %s，申请人没有声明不补正，现在还不能以可以补正的问题不予登记", c.DueOn)
	}
	return nil
}

// told lists what may be refused today because the applicant was told once and did not mend it.
func (f Filing) told(today time.Time) []string {
	if f.Correction == nil || f.Correction.over(today) != nil {
		return nil
	}
	return f.Correction.reasons()
}

// CorrectionItem is one missing thing.
type CorrectionItem struct {
	Field  string `json:"field"`  // field path of the contract, or a file role; may be empty
	Text   string `json:"text"`   // what is missing and how to mend it
	Reason string `json:"reason"` // R-code it would be refused with
	Answer string `json:"answer"` // what the applicant did about it
}

// Stood are the figures of the version that a change replaces, as they were recognised.
type Stood struct {
	Amount    money.Fen `json:"amountFen"`
	Deducted  money.Fen `json:"deductedFen"`
	Technical money.Fen `json:"technicalFen"`
	VATBase   money.Fen `json:"vatBaseFen"`
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
	Filing     Filing                `json:"filing"`
	Point      point.Point           `json:"point"`
	Contract   contract.Frozen       `json:"contract"`
	Previous   *contract.Frozen      `json:"previous"` // change: the version that stands
	Stood      *Stood                `json:"stood"`    // change: what the desk recognised in it; null where it came from a list
	Events     []EventRow            `json:"events"`
	Due        deadline.Due          `json:"due"`
	Decision   *recognition.Decision `json:"decision"`       // staff only: what the rules say about the sheet as it stands
	Readings   []recognition.Reading `json:"-"`              // staff only: the rules that the facts answer
	Experts    money.Fen             `json:"expertsFromFen"` // T from which the point asks the experts
	Votes      int                   `json:"votesNeeded"`    // equal opinions of experts that decide
	Panel      []Member              `json:"panel"`          // staff only: the experts assigned
	Colleagues []Member              `json:"colleagues"`     // registrar and head: who could go on with the case
	Choice     []Member              `json:"choice"`         // head only, while the experts are awaited: whom the head may assign
	Policy     recognition.Policy    `json:"-"`
	Large      bool                  `json:"large"`   // T reaches it
	Parts      []Part                `json:"parts"`   // what the reader is in this case
	Allowed    []Event               `json:"allowed"` // what the reader may do now
	Similar    []Similar             `json:"similar"` // staff only
}

// Member is an expert of a case.
type Member struct {
	Account int64  `json:"accountId"`
	Name    string `json:"name"`
}

// Similar is an earlier filing that resembles this one: explained, never convicting.
type Similar struct {
	ID       int64  `json:"id"`
	IntakeNo string `json:"intakeNo"`
	Title    string `json:"title"`
	State    State  `json:"state"`
	Why      string `json:"why"` // same_text, same_parties_amount, split: same parties, together large
}

// take copies what lists show from a frozen version.
func (f *Filing) take(v contract.Frozen) {
	c := v.Content
	f.ContractVersion, f.TextDigest = v.Number, v.TextDigest
	f.Title, f.SellerName, f.BuyerName = c.Elements.Name, parties(c.SellerParties()), parties(c.Buyers)
	f.ClaimedClass, f.ClaimedAmount = c.Elements.ClassCode, c.Elements.Amount
}

// parties names a side in one line, as lists have room for it.
func parties(side []contract.Party) string {
	switch len(side) {
	case 0:
		return ""
	case 1:
		return side[0].Name
	default:
		return fmt.Sprintf("%s等 %d 方", side[0].Name, len(side))
	}
}
