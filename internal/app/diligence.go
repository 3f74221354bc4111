package app

import (
	"context"
	"fmt"
	"slices"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/trade/deal"
	"techmarket/internal/trade/rights"
)

// diligence collects what other rooms hold about a contract and its achievement for the diligence file.
func (s *Services) diligence(ctx context.Context, who actor.Actor, contract, achievement int64) (out []rights.Evidence, err error) {
	c, err := s.Contracts.Read(ctx, who, contract)
	if err != nil {
		return nil, err
	}
	versions, err := s.Contracts.Versions(ctx, who, contract)
	if err != nil {
		return nil, err
	}
	at := fmt.Sprintf("/contracts/%d", contract)
	for _, v := range versions {
		e := rights.Evidence{
			Part: rights.PartContract,
			At:   v.FrozenAt,
			What: fmt.Sprintf("合同第 %d 版《%s》，成交额 %s 元", v.Number, v.Content.Elements.Name,
				v.Content.Elements.Amount.Grouped()),
			Source: at,
			Digest: v.TextDigest,
		}
		if v.Number > 1 {
			e.Part = rights.PartChange
		}
		out = append(out, e)
	}
	if c.DealID != 0 {
		id, err := s.Public.OfDeal(ctx, c.DealID)
		if err != nil {
			return nil, err
		}
		if id != 0 {
			n, err := s.Public.Read(ctx, who, id)
			if err != nil {
				return nil, err
			}
			out = append(out, rights.NoticeEvidence(n)...)
			out = append(
				out,
				rights.Evidence{Part: rights.PartPrice, At: n.Paper.CreatedAt, What: "协议定价并公示价格", Source: fmt.Sprintf("/notices/%d", id)},
			)
		}
	}
	if achievement == 0 {
		return out, nil
	}
	found, err := s.searched(ctx, who, achievement)
	return append(out, found...), err
}

// searched is how takers of an achievement were looked for: its publication, and the talks that it led to.
func (s *Services) searched(ctx context.Context, who actor.Actor, achievement int64) (out []rights.Evidence, err error) {
	at := fmt.Sprintf("/achievements/%d", achievement)
	history, err := s.Listings.History(ctx, who, achievement)
	if err != nil && !fault.Is(err, fault.NotFound) { // it was taken down
		return nil, err
	}
	for _, h := range slices.Backward(history) {
		if h.ToState == listing.Published && h.FromState != listing.Published {
			out = append(out, rights.Evidence{Part: rights.PartSearch, At: h.At, What: "在技术市场公开发布成果", Source: at})
		}
	}
	talks, err := s.Deals.List(ctx, who, deal.Filter{Listing: achievement, Limit: 100})
	for _, d := range slices.Backward(talks) {
		out = append(
			out,
			rights.Evidence{Part: rights.PartSearch, At: d.CreatedAt, What: "对接洽谈：" + d.Subject, Source: fmt.Sprintf("/deals/%d", d.ID)},
		)
	}
	return out, err
}
