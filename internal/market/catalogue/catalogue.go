// Package catalogue answers every question about the listings that everybody may see: lists and searches, suggestions, counts,
// what is near another listing, feeds and what an export walks through. Pages, the API, saved searches and matching ask here.
//
// It owns how a question becomes a query of the search engine: which listings are open on a day, which facets are counted, what
// the orders mean. Nobody else composes a search.Query (the house test looks). It refuses to decide who sees a listing: whatever
// an index says is read again from the database under listing's rule, so what was withdrawn a moment ago is not named.
//
// Every kind is found, listed and fed in the same way; what differs stands in the kind's declaration (listing.Descriptor).
package catalogue

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/facet"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/identity"
	"techmarket/search"
)

// Directory names organisations; identity.Service fulfils it.
type Directory interface {
	Organisations(ctx context.Context, ids []int64) (map[int64]identity.Organisation, error)
}

// Config is what a Service needs.
type Config struct {
	Listings *listing.Service
	Engine   search.Engine
	People   Directory
	Now      func() time.Time
}

// Service answers questions about public listings. It is safe for concurrent use.
type Service struct{ config Config }

// New returns the service.
func New(c Config) *Service { return &Service{config: c} }

// Kinds are the kinds of listings that the market has.
func (s *Service) Kinds() listing.Kinds { return s.config.Listings.Kinds() }

// Criteria are what a list of one kind was asked. Saved searches keep them.
type Criteria struct {
	Kind   listing.Kind        `json:"kind"`
	Text   string              `json:"text,omitempty"`
	Facets map[string][]string `json:"facets,omitempty"` // codes by names of package facet
	Sample bool                `json:"sample,omitempty"` // of a saved search: its account belongs to the sample market and hears of samples
}

// SchemaVersion is the form in which it is stored, see package stored.
func (Criteria) SchemaVersion() int { return 1 }

// maxFacets bounds the conditions of one question.
const maxFacets = 20

// Check refuses criteria that can't be kept: of no kind, without any condition, or out of the engine's bounds. Fault: invalid.
func (s *Service) Check(c Criteria) error {
	_, known := s.Kinds().Get(c.Kind)
	var f fault.Fields
	f.Check(known, "kind", "choose", "请从成果或需求的列表页订阅搜索。")
	f.Check(search.HasText(c.Text) || len(c.Facets) > 0, "q", "required", "请先输入关键词或选择条件，再订阅。")
	f.Check(utf8.RuneCountInString(c.Text) <= search.MaxTextRunes, "q", "too_long", "订阅的搜索词请控制在 200 字以内。")
	f.Check(len(c.Facets) <= maxFacets, "q", "too_many", "条件过多，请减少后再订阅。")
	if err := f.Err(); err != nil {
		return err
	}
	return search.Query{Filters: c.filters(s.config.Now())}.Validate()
}

// Same reports whether two criteria find the same for one account.
func (c Criteria) Same(o Criteria) bool {
	return c.Kind == o.Kind && c.Text == o.Text && maps.EqualFunc(c.Facets, o.Facets, func(a, b []string) bool {
		return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
	})
}

// Open keeps what is open on a day. The index holds published listings only, so what is left to ask is the expiry; by the minute, so
// that the same question of the next seconds is the same query and is answered from memory.
func Open(now time.Time) search.Filter {
	return search.Between(facet.ExpiresAt, now.Truncate(time.Minute).Unix()+1, math.MaxInt64)
}

// SameMarket keeps sample and real data apart: nobody real hears of a sample.
func SameMarket(sample bool) search.Filter {
	if sample {
		return search.AnyOf(facet.Sample, facet.Yes)
	}
	return search.NoneOf(facet.Sample, facet.Yes)
}

// Visible are the filters of what everybody may see now, for matching.
func (s *Service) Visible() []search.Filter { return []search.Filter{Open(s.config.Now())} }

// Filters are what everybody may see of what the criteria ask, without the text, for matching.
func (s *Service) Filters(c Criteria) []search.Filter { return c.filters(s.config.Now()) }

// filters are what the criteria ask, without the text.
func (c Criteria) filters(now time.Time) []search.Filter {
	out := make([]search.Filter, 0, 2+len(c.Facets))
	out = append(out, search.AnyOf(facet.Kind, string(c.Kind)), Open(now))
	for _, name := range slices.Sorted(maps.Keys(c.Facets)) {
		out = append(out, search.AnyOf(name, c.Facets[name]...))
	}
	return out
}

// heard are the filters of a saved search: samples only for accounts of the sample market.
func (c Criteria) heard(now time.Time) []search.Filter {
	out := c.filters(now)
	if !c.Sample {
		out = append(out, SameMarket(false))
	}
	return out
}

// Ask is one page of a list.
type Ask struct {
	Criteria
	Order     string // a code of package facet; "" and facet.ByRelevance: by relevance, without a text the newest first
	Counted   bool   // count the codes of every facet that the kind is narrowed by
	Highlight bool   // mark the words that were found
	Offset    int
	Limit     int
}

// List answers a list page: hits in their order, counts of facets. Faults: those of the engine.
func (s *Service) List(ctx context.Context, a Ask) (search.Result, error) {
	q := search.Query{Text: a.Text, Filters: a.filters(s.config.Now()), Sort: order(a.Order, a.Text), Offset: a.Offset,
		Limit: a.Limit, Highlight: a.Highlight}
	if a.Counted {
		for _, question := range s.Kinds().Of(a.Kind).Narrowed {
			q.FacetNames = append(q.FacetNames, question.Facet)
		}
	}
	return s.config.Engine.Search(ctx, q)
}

// Across is one page of a search over documents of many kinds, listings and others.
type Across struct {
	Text          string
	Kinds         []string // codes of the kinds that are looked through
	Only          string   // one of them; "" for all
	Offset, Limit int
}

// Across finds in all kinds at once, the most relevant first, and counts each kind. Who shows a hit reads it again by the rule of its
// kind. Faults: those of the engine.
func (s *Service) Across(ctx context.Context, a Across) (search.Result, error) {
	kinds := a.Kinds
	if a.Only != "" {
		kinds = []string{a.Only}
	}
	return s.config.Engine.Search(ctx, search.Query{Text: a.Text, Filters: []search.Filter{search.AnyOf(facet.Kind, kinds...),
		Open(s.config.Now())}, FacetNames: []string{facet.Kind}, Offset: a.Offset, Limit: a.Limit, Highlight: true})
}

// order is the engine's order for a code; nothing is relevant to an empty text, so the newest come first.
func order(code, text string) []search.Sort {
	o, known := facet.OrderOf(code)
	switch {
	case known && o.Number != "":
		return []search.Sort{{Number: o.Number, Desc: o.Desc}}
	case text == "":
		return newest()
	}
	return nil
}

func newest() []search.Sort { return []search.Sort{{Number: facet.PublishedAt, Desc: true}} }

// Others lists hits without the listings that the asker has already: to compare with, or to see whether something is there twice.
func (s *Service) Others(ctx context.Context, c Criteria, except []int64, limit int) ([]search.Hit, error) {
	filters := c.filters(s.config.Now())
	if len(except) > 0 {
		kind := s.Kinds().Of(c.Kind)
		ids := make([]string, len(except))
		for i, id := range except {
			ids[i] = kind.DocumentID(id)
		}
		filters = append(filters, search.NoneOf(facet.ID, ids...))
	}
	r, err := s.config.Engine.Search(ctx, search.Query{Text: c.Text, Filters: filters, Sort: order("", c.Text), Limit: limit})
	return r.Hits, err
}

// Suggestion is a public listing whose title answers what somebody is typing.
type Suggestion struct {
	listing.Head
	Marked []search.Span // the title with the typed words marked; nil where the engine marks none
}

// Suggest completes a text whose last word may be unfinished, over the given kinds.
func (s *Service) Suggest(ctx context.Context, text string, kinds []listing.Kind, limit int) ([]Suggestion, error) {
	codes := make([]string, len(kinds))
	for i, k := range kinds {
		codes[i] = string(k)
	}
	r, err := s.config.Engine.Search(ctx, search.Query{Text: text, Prefix: true, Highlight: true, Limit: limit,
		Filters: []search.Filter{search.AnyOf(facet.Kind, codes...), Open(s.config.Now())}})
	if err != nil {
		return nil, err
	}
	marked := make(map[int64][]search.Span, len(r.Hits))
	for _, h := range r.Hits {
		marked[listing.IDOf(h.ID)] = h.Highlights["title"]
	}
	heads, err := s.heads(ctx, r.Hits)
	if err != nil {
		return nil, err
	}
	out := make([]Suggestion, len(heads))
	for i, h := range heads {
		out[i] = Suggestion{Head: h, Marked: marked[h.ID]}
	}
	return out, nil
}

// heads reads hits again as a guest does.
func (s *Service) heads(ctx context.Context, hits []search.Hit) ([]listing.Head, error) {
	return s.config.Listings.Heads(ctx, actor.Guest(), IDs(hits))
}

// IDs are the listings of hits, in their order.
func IDs(hits []search.Hit) []int64 {
	ids := make([]int64, len(hits))
	for i, h := range hits {
		ids[i] = listing.IDOf(h.ID)
	}
	return ids
}

// Indexed returns a listing as the index holds it; false where it is not public or not indexed yet.
func (s *Service) Indexed(ctx context.Context, kind listing.Kind, id int64) (search.Document, bool, error) {
	docs, err := s.config.Engine.Get(ctx, s.Kinds().Of(kind).DocumentID(id))
	if err != nil || len(docs) == 0 {
		return search.Document{}, false, err
	}
	return docs[0], true, nil
}

// Entry is one public listing as feeds and mails name it. It names an organisation, never a person.
type Entry struct {
	ID           int64
	Kind         listing.Kind
	Title, Lead  string
	Organisation string
	PublishedAt  time.Time
	Version      int
}

// Feed returns what a saved search finds, as a guest sees it, the newest first; since is the least day of publication, zero for any.
// What holds only some of the words is not what was asked for.
func (s *Service) Feed(ctx context.Context, c Criteria, since time.Time, limit int) ([]Entry, error) {
	filters := c.heard(s.config.Now())
	if !since.IsZero() {
		filters = append(filters, search.Between(facet.PublishedAt, since.Unix(), math.MaxInt64))
	}
	r, err := s.config.Engine.Search(ctx, search.Query{Text: c.Text, Filters: filters, Sort: newest(), Limit: limit})
	if err != nil || r.Relaxed {
		return nil, err
	}
	heads, err := s.heads(ctx, r.Hits)
	if err != nil {
		return nil, err
	}
	var out []Entry
	var orgs []int64
	for _, h := range heads {
		if h.Sample && !c.Sample || h.PublishedAt == nil {
			continue
		}
		out = append(out, Entry{ID: h.ID, Kind: h.Kind, Title: h.Title, Lead: Clip(h.Lead, 160), PublishedAt: *h.PublishedAt,
			Version: h.PublishedVersion})
		orgs = append(orgs, h.OrganisationID)
	}
	named, err := s.config.People.Organisations(ctx, orgs)
	if err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	for i := range out {
		out[i].Organisation = named[orgs[i]].Name
	}
	return out, nil
}

// Finds reports whether a saved search finds a document of the index.
func (s *Service) Finds(ctx context.Context, c Criteria, doc search.Document) (bool, error) {
	if slices.ContainsFunc(c.heard(s.config.Now()), func(f search.Filter) bool { return !f.Keeps(doc) }) {
		return false, nil
	}
	if !search.HasText(c.Text) {
		return true, nil
	}
	r, err := s.config.Engine.Search(ctx, search.Query{Text: c.Text, Filters: []search.Filter{search.AnyOf(facet.ID, doc.ID)}, Limit: 1})
	return err == nil && !r.Relaxed && len(r.Hits) > 0, err
}

// Counts counts what is open now, by kind; sample listings only with sample set.
func (s *Service) Counts(ctx context.Context, sample bool) (map[listing.Kind]listing.Counts, error) {
	return s.config.Listings.PublicCounts(ctx, sample)
}

// Walk yields all open listings of a kind page by page, newest publication first, for exports.
func Walk(ctx context.Context, s *listing.Service, kind listing.Kind, who actor.Actor) iter.Seq2[[]listing.Item[any], error] {
	return func(yield func([]listing.Item[any], error) bool) {
		for filter := (listing.Filter{Limit: 100}); ; {
			page, err := s.Public(ctx, who, kind, filter)
			if !yield(page.Items, err) || err != nil || page.Next == "" {
				return
			}
			filter.After = page.Next
		}
	}
}

// Clip cuts a text to n characters, its white space to single spaces.
func Clip(text string, n int) string {
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) <= n {
		return string(r)
	}
	return string(r[:n]) + "…"
}
