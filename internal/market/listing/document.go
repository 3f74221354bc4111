package listing

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/region"
	"techmarket/internal/market/facet"
	"techmarket/search"
)

// BaseDocument fills what all kinds put into the index under the names of package facet; title, org and orgName are stored.
// A content adds what only its kind has.
func BaseDocument(
	l Listing, organisation string, fields, topics, cooperation []string, industry, division string, price Range, percent int,
) search.Document {
	d := search.Document{Version: int64(l.Version), Facets: map[string][]string{}, Numbers: map[string]int64{},
		Stored: map[string]string{"title": l.Title, "org": strconv.FormatInt(l.OrganisationID, 10), "orgName": organisation}}
	add := func(name string, codes ...string) {
		for _, c := range codes {
			if c != "" && search.ValidCode(c) && !slices.Contains(d.Facets[name], c) {
				d.Facets[name] = append(d.Facets[name], c)
			}
		}
	}
	for _, f := range fields {
		it, _ := codes.Field.Get(f)
		add(facet.Field, f, it.Parent)
	}
	for _, t := range topics {
		add(facet.Topic, t)
		if len(t) == 4 {
			add(facet.Topic, t[:2]+"00")
		}
	}
	add(facet.Industry, industry)
	add(facet.Cooperation, cooperation...)
	add(facet.PriceBand, price.bands()...)
	add(facet.Org, strconv.FormatInt(l.OrganisationID, 10))
	add(facet.Origin, l.Origin)
	add(facet.Awake, yesNo(!l.Sleeping()))
	add(facet.Sample, yesNo(l.Sample))
	if division == "" {
		division = l.Division
	}
	if league, ok := region.League(division); ok {
		add(facet.League, league.Code)
	}
	if county, ok := region.County(division); ok {
		add(facet.County, county.Code)
	}
	number := func(name string, n int64, there bool) {
		if there {
			d.Numbers[name] = n
		}
	}
	for name, t := range map[string]*time.Time{facet.PublishedAt: l.PublishedAt, facet.FirstPublishedAt: l.FirstPublishedAt,
		facet.ConfirmedAt: l.ConfirmedAt, facet.ExpiresAt: l.ExpiresAt} {
		if t != nil {
			d.Numbers[name] = t.Unix()
		}
	}
	lo, hi := price.MinFen, price.MaxFen
	if lo == 0 {
		lo = hi
	}
	if hi == 0 {
		hi = lo
	}
	number(facet.PriceMinFen, int64(lo), lo > 0)
	number(facet.PriceMaxFen, int64(hi), hi > 0)
	number(facet.Completeness, int64(percent), true)
	return d
}

// Topics are the chosen plan topics, or, where none was chosen, at most three whose words the text holds. What is
// found this way helps searching and is not stored as a statement of the owner.
func Topics(chosen []string, text string) []string {
	if len(chosen) > 0 {
		return chosen
	}
	var out []string
	for _, h := range codes.MatchTopics(text) {
		if !h.Broad && len(out) < 3 {
			out = append(out, h.Code)
		}
	}
	return out
}

// Paragraphs joins texts that are not empty.
func Paragraphs(texts ...string) string { return strings.Join(Unique(texts), "\n") }

func yesNo(b bool) string {
	if b {
		return facet.Yes
	}
	return facet.No
}
