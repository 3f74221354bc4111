package market

import (
	"context"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/catalogue"
	"techmarket/internal/market/facet"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/matching"
	"techmarket/search"
)

const (
	problemNotice = "这段文字按技术难题匹配，结果按匹配度排列。"
	problemMost   = 100 // listings that a problem finds at most
)

// listed answers a list: keywords are searched for, a text that tells a problem is matched, as in the box of the pages.
func (o *Operations) listed(ctx context.Context, kind listing.Descriptor, ask catalogue.Ask) (search.Result, error) {
	other, matched := o.Listings.Kinds().Counterpart(kind.Kind)
	if !matched || !search.IsProblem(ask.Text) || ask.Order != "" && ask.Order != facet.ByRelevance {
		return o.Catalogue.List(ctx, ask)
	}
	found, err := o.Finder.Find(ctx, matching.Request{
		Listing: search.Document{Kind: string(other.Kind), Body: ask.Text},
		Want:    string(kind.Kind), Visible: o.Catalogue.Filters(ask.Criteria), Limit: problemMost,
	})
	if err != nil && !fault.HasCode(err, "match_empty") {
		return search.Result{}, err
	}
	out := search.Result{Total: len(found.Items), Notice: problemNotice + found.Notice}
	for i, m := range found.Items {
		if i >= ask.Offset && len(out.Hits) < ask.Limit {
			out.Hits = append(out.Hits, search.Hit{ID: m.Document.ID, Kind: m.Document.Kind, Version: m.Document.Version, Score: m.Explained.Score})
		}
	}
	return out, nil
}
