package contract

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"techmarket/internal/foundation/money"
)

// maxSellers bounds the sellers of a contract, the applicant among them.
const maxSellers = 10

// CoSeller is a seller beside the one that applies, with its part of the price. The side applies once, where Content.Seller is (办法第8条).
type CoSeller struct {
	Party
	Share money.Fen `json:"shareFen"` // its part of 合同成交总额; what is left is the applicant's
}

// Sellers are all sellers with their parts of the price, the applicant first. The parts add up to the price.
func (c Content) Sellers() []CoSeller {
	own := CoSeller{c.Seller, c.Elements.Amount}
	for _, s := range c.CoSellers {
		own.Share -= s.Share
	}
	return append([]CoSeller{own}, c.CoSellers...)
}

// Names joins the names of parties as certificates and forms list them.
func Names(parties []Party) string {
	var out []string
	for _, p := range parties {
		out = append(out, p.Name)
	}
	return strings.Join(out, "、")
}

// SellerParties are the sellers as parties.
func (c Content) SellerParties() []Party {
	out := []Party{c.Seller}
	for _, s := range c.CoSellers {
		out = append(out, s.Party)
	}
	return out
}

// Split divides an amount as the parts stand to each other: the parts add up to the amount, none is more than 分 away from its share.
func Split(amount money.Fen, parts []money.Fen) []money.Fen {
	var whole, before, given money.Fen
	for _, p := range parts {
		whole += p
	}
	out := make([]money.Fen, len(parts))
	for i, p := range parts {
		before += p
		if whole == 0 {
			continue
		}
		upTo := new(big.Int).Mul(big.NewInt(int64(amount)), big.NewInt(int64(before)))
		sum := money.Fen(upTo.Quo(upTo, big.NewInt(int64(whole))).Int64())
		out[i], given = sum-given, sum
	}
	return out
}

func (k *checker) sellers(c Content) {
	k.party("seller.", c.Seller, !c.Import())
	var shares money.Fen
	for i, s := range c.CoSellers {
		path := fmt.Sprintf("coSellers.%d.", i)
		k.party(path, s.Party, false)
		if k.need(s.Share != 0, path+"shareFen", "请填写这个卖方在合同成交总额中的份额，各卖方按份额统计") {
			k.right(s.Share > 0, path+"shareFen", "bad_amount", "份额应大于 0")
		}
		shares += max(s.Share, 0)
		same := func(p Party) bool { return p.same(s.Party) }
		k.right(!same(c.Seller) && !slices.ContainsFunc(c.SellerParties()[1:i+1], same), path+"name", "same_party", "这个卖方已经填过，请删去一个")
		k.right(!c.Import() || s.Foreign(), path+"country", "domestic_first", "有境内卖方时由境内卖方申请登记：请把境内卖方填为申请登记的卖方")
	}
	k.right(len(c.CoSellers) == 0 || c.Elements.Amount <= 0 || shares < c.Elements.Amount, "coSellers", "shares_above_amount",
		"其他卖方的份额合计 %s 元，应小于合同成交总额；余下的是申请登记的卖方的份额", shares.Grouped())
}

// same tells whether two parties are one.
func (p Party) same(q Party) bool {
	return p.Name != "" && p.Name == q.Name || p.CreditCode != "" && p.CreditCode == q.CreditCode
}
