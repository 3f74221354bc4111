// Package recognition is the rule book of 技术合同认定 as pure functions: facts in, decision out.
//
// It owns the rules (Rules, each with its question for the desk, article and reason), the amounts (Compute: C, N, T
// and V), the right registration point (RightPoint) and the decision (Assess). The same Assess runs at the desk
// (审查), as the applicant's own pre-check (预审) and behind `techmarket assess`. It refuses to do anything else: it
// reads no clock and no database, decides nothing about tax (Hints are hints), and never finds facts: what stands
// in the text is the registrar's finding.
//
// Sources: 技术合同认定规则 (国科发政字〔2001〕253号; article numbers unverified), 技术合同认定登记管理办法
// (国科发政字〔2000〕063号) for articles 8 and 9, 火炬中心 不予登记情形 (2021-01-13) for R1–R9. R10 and R11 are
// practice. Of several rules that apply, the earliest stage wins (不予受理, then 不予登记, then 补正) and the decision
// names every rule of that stage.
package recognition

import (
	"slices"
	"time"

	"techmarket/internal/foundation/money"
	"techmarket/internal/foundation/region"
)

// Outcome is what the desk does with an application.
type Outcome string

// The outcomes, from the earliest stage to the last.
const (
	NotAccept Outcome = "not_accept" // 不予受理
	Refuse    Outcome = "refuse"     // 不予登记
	Correct   Outcome = "correct"    // 一次性告知补正
	Register  Outcome = "register"   // 准予登记
)

// Medium is the form of the contract.
type Medium string

// The forms of a contract.
const (
	Paper      Medium = "paper"
	Electronic Medium = "electronic"
	Oral       Medium = "oral"
)

// Date is a calendar day as "2006-01-02"; days compare as text.
type Date string

// DateOf takes the calendar day of t in t's own place.
func DateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

// Party is the seller or the buyer.
type Party struct {
	Name     string
	Country  string // three digits, 156 = China
	Division string // six digits; empty abroad
}

func (p Party) domestic() bool { return p.Country == region.China }

// IP is the intellectual property the contract is about.
type IP struct {
	Kind            string // code of codes.IPKind that has no children; "none" where nothing is concerned
	Certificate     bool   // the registrar saw the certificate; for 0203 the office's acceptance notice
	Valid           bool   // the right is in force
	OwnershipAgreed bool   // the contract says who owns results and improvements
}

// Licence holds the terms of a licence.
type Licence struct {
	Years     float64
	Exclusive bool
}

// Application is what the file says and what the registrar found in it.
type Application struct {
	Class      string // claimed class, 0101 … 0503
	Title      string
	Medium     Medium
	Signed     Date
	Begins     Date
	Ends       Date
	Applied    Date       // the day of application; later days do not matter (docs/rules/recognition.md §2)
	Amount     *money.Fen // C; nil where the contract leaves the price open
	Royalty    bool       // part of the price depends on later sales or profit (提成)
	Costs      []Cost
	Biological bool // strains and varieties: their value stays in the VAT base
	Tied       bool // consulting or service that belongs to a transfer or development contract
	Seller     Party
	Buyer      Party
	Point      string   // division of the point applied to
	Points     []string // divisions that have a point
	IP         IP
	Licence    *Licence
	Findings   []string // codes of Findings
	Refused    bool     // the applicant was told once and did not mend it, whatever it was

	// What only the register knows; absent from files.
	OwnPoint  bool     // the point belongs to the seller's own university or institute, which comes before the county's
	Duplicate bool     // the same text, number and parties are registered or filed already
	Accepted  bool     // the desk accepted the case before the fault was seen: 不予受理 turns into 不予登记
	Told      []string // R-codes the applicant was told of once and did not mend in time: no other mendable fault is refused
	Change    bool     // an amendment of a registered contract: its term may be over, as settlement and royalties come late
}

// Policy holds what a dated policy row may change.
type Policy struct {
	LargeAmount money.Fen // T from which experts review

	// TiedAgencyVAT lets intermediation and training (0502, 0503) that belong to a transfer or development count for V. Whether the tax
	// office agrees is open, so the default is no (docs/rules/amounts.md §3).
	TiedAgencyVAT bool
}

// DefaultPolicy is the policy in use: T ≥ 5,000,000.00 元 goes to experts (the threshold of the 2024 draft; using it
// now is our choice).
func DefaultPolicy() Policy { return Policy{LargeAmount: 500 * money.WanYuan} }

// Flags of a decision.
const (
	FlagAmountOpen = "amount_to_be_corrected" // royalty: the fixed part is registered, the rest follows by 变更
	FlagCIT        = "cit_transfer"           // income-tax hint
	FlagImport     = "import"                 // the domestic buyer applies
	FlagExport     = "export"                 // the buyer is abroad
	FlagReason     = "reason_required"        // the registrar must write why
)

// Decision is the outcome with everything that is printed about it.
type Decision struct {
	Outcome    Outcome  `json:"outcome"`
	Class      string   `json:"class,omitempty"`   // recognised class, where it registers
	Amounts    *Amounts `json:"amounts,omitempty"` // where it registers
	Expert     bool     `json:"expert"`            // expert review comes first
	Reasons    []string `json:"reasons"`           // R-codes, sorted as text
	Articles   []string `json:"articles"`          // sorted as text
	Flags      []string `json:"flags"`             // sorted; only where it registers
	RightPoint string   `json:"rightPoint,omitempty"`
	Rules      []Rule   `json:"rules"`           // the rules that decided, in the order of the table
	Hints      []Hint   `json:"hints,omitempty"` // never part of the decision
}

// Hint is something worth knowing that decides nothing.
type Hint struct {
	Code   string `json:"code"`
	Text   string `json:"text"`
	Source string `json:"source"`
}

// RightPoint finds the registration point of a division: its county's, else its league's, else the region's (the
// fallback order is our choice). points are the divisions that have a point. Empty where none of them serves it.
func RightPoint(division string, points []string) string {
	for _, d := range region.Path(division) {
		if slices.Contains(points, d) {
			return d
		}
	}
	return ""
}

// applicantDivision is where the application belongs: the seller's division; for an import the buyer's; empty where
// both parties are abroad.
func (a Application) applicantDivision() string {
	switch {
	case a.Seller.domestic():
		return a.Seller.Division
	case a.Buyer.domestic():
		return a.Buyer.Division
	}
	return ""
}

func (a Application) rightPoint() string {
	if a.OwnPoint {
		return a.Point
	}
	return RightPoint(a.applicantDivision(), a.Points)
}
