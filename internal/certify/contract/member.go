package contract

import (
	"context"
	"fmt"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
)

// OtherCodes warns of parties that are confirmed members of the market under another credit code than the contract names: one of the two
// is wrong, and the register keeps what stands here. Who: as Read.
func (s *Service) OtherCodes(ctx context.Context, k Contract) ([]Issue, error) {
	var names []string
	for _, p := range k.Content.parties() {
		if p.Name != "" && p.CreditCode != "" {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	known, err := s.People.OrganisationsNamed(ctx, names, nil)
	if err != nil {
		return nil, fmt.Errorf("contract: parties among the members: %w", err)
	}
	held := map[string][]string{}
	for _, o := range known {
		if o.State == actor.Confirmed && o.Sample == k.Sample && o.CreditCode != "" {
			held[o.Name] = append(held[o.Name], o.CreditCode)
		}
	}
	var out []Issue
	look := func(section Section, path string, p Party) {
		if of := held[p.Name]; len(of) == 1 && codes.Normalise(p.CreditCode) != "" && codes.Normalise(p.CreditCode) != of[0] {
			out = append(out, Issue{section, fault.At(path+"creditCode", "other_code",
				"%s在本平台登记的统一社会信用代码是 %s，与这里填写的不同，请与证照核对", p.Name, of[0]), Warn})
		}
	}
	look(SectionSeller, "seller.", k.Content.Seller)
	for i, p := range k.Content.CoSellers {
		look(SectionSeller, fmt.Sprintf("coSellers.%d.", i), p.Party)
	}
	for i, p := range k.Content.Buyers {
		look(SectionBuyers, fmt.Sprintf("buyers.%d.", i), p)
	}
	return out, nil
}
