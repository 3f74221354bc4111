package contract

import (
	"strconv"
	"strings"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/people/identity"
	"techmarket/internal/trade/deal"
)

// DealFacts is everything known when two sides agreed.
type DealFacts struct {
	Agreement deal.Agreement
	Seller    Party // profile of the supplying organisation
	Buyer     Party // profile of the organisation in need
	Broker    string
	Agency    string // the broker's organisation
}

// FromDeal fills every field that the listing, the organisations and the deal already hold, so that
// nothing is typed twice, and notes in Origins where each value came from. What is not known stays empty:
// nothing is guessed.
func FromDeal(f DealFacts) Content {
	d, t := f.Agreement.Deal, f.Agreement.Terms
	c := Content{Seller: f.Seller, Buyers: []Party{f.Buyer}}
	c.Origins = partyOrigins(c.Origins, "seller.", f.Seller)
	c.Origins = partyOrigins(c.Origins, "buyers.0.", f.Buyer)

	e := &c.Elements
	e.Name, e.Summary = d.Subject, t.Object
	e.ClassCode, e.Amount = t.ClassCode, t.Amount
	e.Payment, e.PaymentTerms = t.Payment, t.PaymentTerms
	e.Royalty, e.RoyaltyTerms, e.AmountOpen = No, t.RoyaltyTerms, t.Royalty
	if t.Royalty {
		e.Royalty = Yes
	}
	e.BeginsOn, e.EndsOn = Date(t.StartsOn), Date(t.EndsOn)
	e.OwnershipTerms = t.Ownership
	if t.Ownership != "" {
		e.OwnershipDone = Yes
	}
	e.Licence = Licence{Years: t.LicenceYears, Exclusive: t.Exclusive}
	e.BrokerFee, e.Broker, e.Agency = t.Commission(), f.Broker, f.Agency
	from := Origin{From: "deal", Ref: strconv.FormatInt(d.ID, 10)}
	before := Content{Seller: c.Seller, Buyers: c.Buyers}
	c.Origins = mark(c.Origins, before, c, from)

	// The supplying side knows the technology best; the need fills what is left.
	for _, l := range []*deal.ListingFacts{f.Agreement.Supply, f.Agreement.Demand} {
		if l == nil {
			continue
		}
		before := c
		if e.Field == "" {
			e.Field = l.Field
		}
		if e.SubField == "" && e.Field == l.Field {
			e.SubField = l.SubField
		}
		if e.Industry == "" {
			e.Industry = l.Industry
		}
		if len(e.IP) == 0 {
			for _, r := range l.IP {
				e.IP = append(e.IP, IP{Kind: r.Kind, Title: r.Title, Number: r.Number})
			}
		}
		e.Biological = e.Biological || l.Biological
		c.Origins = mark(c.Origins, before, c, Origin{From: l.Kind, Ref: strconv.FormatInt(l.ID, 10)})
	}
	return c
}

// PartyOf fills a party from an organisation of this market. The kind that the region's administrator confirmed
// gives 单位性质 of universities and institutes where the profile does not say it more exactly.
func PartyOf(o identity.Organisation) Party {
	p := Party{OrgID: o.ID, Name: o.Name, CreditCode: o.CreditCode, Country: China, Division: o.Division, Address: o.Profile.Address,
		Representative: o.Profile.LegalRepresentative, Contact: o.Profile.Contact, Phone: o.Profile.Phone,
		Industry: o.Profile.Industry, Nature: o.Profile.Nature}
	switch {
	case p.Nature != "":
	case o.Kind == actor.University:
		p.Nature = "022"
	case o.Kind == actor.Institute:
		p.Nature = "021"
	}
	if o.Kind == actor.Individual {
		p.Nature, p.CreditCode, p.Representative = natural, "", ""
	}
	if o.Kind == actor.Agency {
		p.Agency = Yes
	}
	return p
}

func partyOrigins(origins map[string]Origin, prefix string, p Party) map[string]Origin {
	before, after := Content{}, Content{Seller: p}
	if strings.HasPrefix(prefix, "buyers") {
		before, after = Content{Buyers: []Party{{}}}, Content{Buyers: []Party{p}}
	}
	return mark(origins, before, after, Origin{From: "organisation", Ref: strconv.FormatInt(p.OrgID, 10)})
}

// mark notes the origin of every field that got a value between before and after.
func mark(origins map[string]Origin, before, after Content, from Origin) map[string]Origin {
	if origins == nil {
		origins = map[string]Origin{}
	}
	for _, d := range Diff(before, after) {
		if d.After != nil && d.After != "" && !strings.HasSuffix(d.Path, ".orgId") {
			origins[d.Path] = from
		}
	}
	return origins
}
