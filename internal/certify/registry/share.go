package registry

import (
	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/money"
)

// Share is where statistics count one of several sellers, with its part of the price.
type Share struct {
	Kind     string    `json:"kind"`
	Country  string    `json:"country"`
	Division string    `json:"division"`
	Amount   money.Fen `json:"amountFen"`
}

// Shares are the sellers in the order of the form, the applicant first.
type Shares struct {
	Sellers []Share `json:"sellers"`
}

// part is what one seller has of an entry.
type part struct {
	Share
	amount, technical money.Fen
}

// parts divides an entry among the sellers as the price is divided; without several sellers one has all.
func (r Registration) parts(amount, technical money.Fen) []part {
	if r.Shares == nil {
		return []part{{Share{Kind: r.SellerKind, Country: r.SellerCountry, Division: r.SellerDivision}, amount, technical}}
	}
	var weights []money.Fen
	for _, s := range r.Shares.Sellers {
		weights = append(weights, s.Amount)
	}
	amounts, technicals := contract.Split(amount, weights), contract.Split(technical, weights)
	var out []part
	for i, s := range r.Shares.Sellers {
		out = append(out, part{s, amounts[i], technicals[i]})
	}
	return out
}
