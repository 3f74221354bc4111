package registry

import (
	"time"

	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
)

// Registration is what stands under a number.
type Registration struct {
	Number         string      `json:"number"`
	ContractID     int64       `json:"contractId"`
	PointID        int64       `json:"pointId"`
	Division       string      `json:"division"`
	ApplicantOrg   int64       `json:"applicantOrgId"`
	State          State       `json:"state"`
	PriorState     State       `json:"priorState"`
	Version        int         `json:"version"` // of the certificate
	LockVersion    int         `json:"lockVersion"`
	Title          string      `json:"title"`
	Class          string      `json:"class"`
	Field          string      `json:"field"`
	PlanSource     string      `json:"planSource"`
	IPKind         string      `json:"ipKind"`
	SocialGoal     string      `json:"socialGoal"`
	SellerName     string      `json:"sellerName"`
	SellerOrg      int64       `json:"sellerOrgId"`
	SellerKind     string      `json:"sellerKind"`
	Shares         *Shares     `json:"shares"` // nil: one seller has all
	SellerCountry  string      `json:"sellerCountry"`
	SellerDivision string      `json:"sellerDivision"`
	BuyerName      string      `json:"buyerName"`
	BuyerOrg       int64       `json:"buyerOrgId"`
	BuyerCountry   string      `json:"buyerCountry"`
	BuyerDivision  string      `json:"buyerDivision"`
	Amount         money.Fen   `json:"amountFen"`    // C
	Technical      money.Fen   `json:"technicalFen"` // T
	VATBase        money.Fen   `json:"vatBaseFen"`   // V
	Income         money.Fen   `json:"incomeFen"`    // ΣR
	RegisteredOn   time.Time   `json:"registeredOn" format:"date"`
	EndedOn        *time.Time  `json:"endedOn" format:"date"`
	TaxReview      string      `json:"taxReview"` // "", ok, no
	CancelRequest  *Request    `json:"cancelRequest"`
	Ending         *Ending     `json:"ending"`
	Revocation     *Revocation `json:"revocation"` // announced, not yet decided
	Sample         bool        `json:"sample"`
}

// Request is what the applicant asks of the original point.
type Request struct {
	Reason  string `json:"reason"`
	Account int64  `json:"accountId"`
	On      string `json:"on" format:"date"` // 2006-01-02
}

// Ending is why a registration ended, for good or until a reconsideration set it aside.
type Ending struct {
	Ground string `json:"ground"` // cancel: terminated, rescinded, void; revoke: codes.RevocationGround
	Reason string `json:"reason"`
	On     string `json:"on" format:"date"`
	As     State  `json:"as,omitempty"` // cancelled or revoked; empty in records of before it was kept: what the registration is
	// The reconsideration that set it aside, and its day; the paper of the end stays.
	Restored   string `json:"restored,omitempty"`
	RestoredOn string `json:"restoredOn,omitempty" format:"date"`
}

// Revocation is an announced revocation (告知): nothing is decided until the applicant was heard and a second officer agrees.
type Revocation struct {
	Ground    string `json:"ground"` // codes.RevocationGround
	Reason    string `json:"reason"`
	Account   int64  `json:"accountId"` // who announced it and so does not decide
	On        string `json:"on" format:"date"`
	DueOn     string `json:"dueOn" format:"date"` // last day of the statement, 2006-01-02
	Statement string `json:"statement"`           // 陈述、申辩
	StatedOn  string `json:"statedOn" format:"date"`
}

// Income is one booked 技术性收入 (技术性收入核定表 with the finance seal).
type Income struct {
	ID       int64     `json:"id"`
	Amount   money.Fen `json:"amountFen"`
	BookedOn time.Time `json:"bookedOn" format:"date"`
	Note     string    `json:"note"`
	FileID   int64     `json:"fileId"`   // the sealed 核定表; 0: booked before it was asked for
	Reverses int64     `json:"reverses"` // the row that this one takes back; 0: none
	Reversed bool      `json:"reversed"`
}

// PeriodEntry is what statistics add up; a booked one is never rewritten.
type PeriodEntry struct {
	Kind      string    `json:"kind"` // register, change, cancel, revoke, restore
	Leg       string    `json:"leg"`  // in; out where the contract left these cells
	Version   int       `json:"version"`
	BookedOn  time.Time `json:"bookedOn" format:"date"`
	Contracts int       `json:"contracts"`    // +1, 0, −1
	Amount    money.Fen `json:"amountFen"`    // ΔC
	Technical money.Fen `json:"technicalFen"` // ΔT
}

// Settled is the state of the registration itself: a reconsideration or re-recognition does not hide it.
func (r Registration) Settled() State {
	if r.PriorState != "" {
		return r.PriorState
	}
	return r.State
}

// EndWords says how a registration ended, as notices and papers put it: 已注销 or 已撤销. Empty while it stands.
func (r Registration) EndWords() fault.Sentence {
	switch r.Settled() {
	case Cancelled:
		return "已注销"
	case Revoked:
		return "已撤销"
	default:
		return ""
	}
}

// CancelGrounds lists why a registration is cancelled (办法第15条).
func CancelGrounds() map[string]string {
	return map[string]string{"rescinded": "合同解除", "terminated": "合同终止", "void": "合同被确认无效", "annulled": "合同被撤销"}
}

// take copies what the desk decided and what statistics count by.
func (r *Registration) take(f Filing, v contract.Frozen) {
	c := v.Content
	r.Title, r.Class = c.Elements.Name, f.Class
	r.Amount, r.Technical, r.VATBase = *f.Amount, *f.Technical, *f.VATBase
	r.Field, r.PlanSource, r.IPKind, r.SocialGoal = c.Elements.Field, c.Elements.PlanSource, "none", c.Elements.SocialGoal
	if len(c.Elements.IP) > 0 {
		r.IPKind = c.Elements.IP[0].Kind
	}
	r.SellerName, r.SellerKind = parties(c.SellerParties()), c.Seller.SellerKind()
	r.SellerCountry, r.SellerDivision = country(c.Seller), c.Seller.Division
	r.Shares = nil
	if len(c.CoSellers) > 0 {
		r.Shares = &Shares{}
		for _, s := range c.Sellers() {
			r.Shares.Sellers = append(r.Shares.Sellers, Share{s.SellerKind(), country(s.Party), s.Division, s.Share})
		}
	}
	r.BuyerName = parties(c.Buyers)
	if len(c.Buyers) > 0 {
		r.BuyerCountry, r.BuyerDivision = country(c.Buyers[0]), c.Buyers[0].Division
	}
}

func country(p contract.Party) string {
	if p.Country == "" {
		return contract.China
	}
	return p.Country
}

// cells is where statistics count a registration.
func (r Registration) cells() [10]string {
	return [10]string{
		r.Class,
		r.Field,
		r.SellerKind,
		r.PlanSource,
		r.IPKind,
		r.SocialGoal,
		r.SellerCountry,
		r.SellerDivision,
		r.BuyerCountry,
		r.BuyerDivision,
	}
}
