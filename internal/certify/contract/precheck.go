package contract

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"techmarket/internal/certify/recognition"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
)

// Place is what the register knows of the point applied to.
type Place struct {
	Point    string   // division of the point
	Points   []string // divisions that have a point
	OwnPoint bool     // the point belongs to the applicant's own university or institute
}

// Facts turns the document into the facts of the rule book, as the applicant states them: claimed carriers
// count as granted in full, nothing is found yet. The desk puts its own costs, findings and place in.
func Facts(c Content, files []File, on Date) recognition.Application {
	e := c.Elements
	a := recognition.Application{
		Class: e.ClassCode, Title: e.Name, Medium: recognition.Medium(e.Medium),
		Signed: recognition.Date(
			e.SignedOn,
		), Begins: recognition.Date(e.BeginsOn), Ends: recognition.Date(e.EndsOn), Applied: recognition.Date(on),
		Royalty: e.Royalty == Yes || e.AmountOpen, Biological: e.Biological, Tied: e.Tied,
		Seller: recognitionParty(c.Seller), Buyer: recognitionParty(mainBuyer(c)), IP: mainRight(c, files),
		Findings: []string{}, Change: on == NoDay,
	}
	if e.Amount != 0 {
		a.Amount = &e.Amount
	}
	for _, r := range c.Costs {
		cost := recognition.Cost{Name: r.Name, Kind: r.Kind, Quantity: r.Quantity, Unit: r.UnitCost, Carrier: r.Carrier}
		if r.Carrier {
			cost.Reasonable = r.Quantity
		}
		a.Costs = append(a.Costs, cost)
	}
	if e.Licence.Years > 0 {
		a.Licence = &recognition.Licence{Years: float64(e.Licence.Years), Exclusive: e.Licence.Exclusive == "exclusive"}
	}
	return a
}

func recognitionParty(p Party) recognition.Party {
	return recognition.Party{Name: p.Name, Country: p.Country, Division: p.Division}
}

// mainBuyer is the buyer that counts for the area and the statistics: for an import the first domestic one.
func mainBuyer(c Content) Party {
	for _, b := range c.Buyers {
		if !c.Import() || !b.Foreign() {
			return b
		}
	}
	return Party{}
}

// mainRight is the right that decides: the first that fits the class, there the first that exists by a certificate, else
// the first named. Several
// rights stand or fall together: it is in force only where none is said to have lapsed. The certificate is shown by
// its copy among the attachments (认定规则第29条, R7), unless one of the rights is said to have none.
func mainRight(c Content, files []File) recognition.IP {
	out := recognition.IP{Kind: "none", OwnershipAgreed: c.Elements.OwnershipDone == Yes, Valid: true,
		Certificate: slices.ContainsFunc(files, func(f File) bool { return f.Role == IPCertificate })}
	for _, r := range c.Elements.IP {
		if r.Kind == "" || r.Kind == "none" {
			continue
		}
		if out.Kind == "none" || rank(c, r.Kind) > rank(c, out.Kind) {
			out.Kind = r.Kind
		}
		out.Valid = out.Valid && r.Valid != No
		out.Certificate = out.Certificate && (r.Certificate != No || !registeredRight(r.Kind))
	}
	out.Valid = out.Valid && out.Kind != "none"
	return out
}

// Evident are the findings that the sheet itself answers with 否, each with the field that answers it: nobody has to read the text
// for them. A contract outside every plan needs no consent of a plan's authority (认定规则第10条), one without a registered right has
// no certificate that could differ (第29条).
func Evident(c Content) map[string]Line {
	out := map[string]Line{}
	e := c.Elements
	if e.PlanSource == outsidePlans {
		out["plan_consent_missing"] = Line{"elements.planSource", "项目计划来源", codes.PlanSource.Label(e.PlanSource)}
	}
	registered := func(r IP) bool { return registeredRight(r.Kind) }
	if len(e.IP) > 0 && !slices.ContainsFunc(e.IP, registered) {
		var kinds []string
		for _, r := range e.IP {
			kinds = append(kinds, codes.IPKind.Label(r.Kind))
		}
		out["certificate_differs"] = Line{"elements.ip", "知识产权", strings.Join(kinds, "、")}
	}
	return out
}

// outsidePlans is 计划外 among the sources of a project.
const outsidePlans = "9"

// rank orders the kinds of right by how much they say about a contract's class.
func rank(c Content, kind string) int {
	n := 0
	if recognition.Fits(c.Elements.ClassCode, kind) {
		n += 2
	}
	if registeredRight(kind) {
		n++
	}
	return n
}

// Outlook is the applicant's own pre-check (预审). It promises nothing: the desk decides.
type Outlook struct {
	Sections []SectionState       `json:"sections"`
	Judged   bool                 `json:"judged"` // false: too little is filled in, the decision says nothing yet
	Decision recognition.Decision `json:"decision"`
	Claimed  *recognition.Amounts `json:"claimed"` // N, T, V with every claimed carrier granted; nil where the rows do not compute
	Strict   *recognition.Amounts `json:"strict"`  // N, T, V with no carrier granted, the desk's starting point
	Area     string               `json:"area"`    // division whose point is competent
}

// Look runs the checks and the rule book over a document. Without a point the competent one is assumed.
func Look(c Content, files []File, on Date, place Place, policy recognition.Policy) Outlook {
	a := Facts(c, files, on)
	out := Outlook{Sections: Sections(c, files, on), Area: c.Area()}
	e := c.Elements
	out.Judged = len(e.ClassCode) == 4 && e.SignedOn.Valid() && e.BeginsOn.Valid() && e.EndsOn.Valid() && e.Amount > 0
	a.Point, a.Points, a.OwnPoint = place.Point, place.Points, place.OwnPoint
	if a.Point == "" {
		a.Point = recognition.RightPoint(out.Area, place.Points)
	}
	out.Decision = recognition.Assess(a, policy)
	if claimed, err := policy.Compute(a.Class, c.Elements.Amount, a.Costs, a.Biological, a.Tied); err == nil {
		out.Claimed = &claimed
	}
	strict := slices.Clone(a.Costs)
	for i := range strict {
		strict[i].Carrier, strict[i].Reasonable = false, 0
	}
	if amounts, err := policy.Compute(a.Class, c.Elements.Amount, strict, a.Biological, a.Tied); err == nil {
		out.Strict = &amounts
	}
	return out
}

// Precheck runs Look over the working document. Who: as Read. Faults: NotFound.
func (s *Service) Precheck(ctx context.Context, who actor.Actor, id int64, place Place, policy recognition.Policy) (Outlook, error) {
	c, err := s.Read(ctx, who, id)
	if err != nil {
		return Outlook{}, fmt.Errorf("contract: precheck: %w", err)
	}
	return Look(c.Content, c.Files, s.ApplicationDay(c), place, policy), nil
}
