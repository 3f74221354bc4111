package local

import (
	"context"
	"fmt"
	"math"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2"
	bsearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"

	"techmarket/search"
)

// Search implements search.Engine.
func (e *Engine) Search(ctx context.Context, q search.Query) (search.Result, error) {
	if err := q.Validate(); err != nil {
		return search.Result{}, err
	}
	e.swap.RLock()
	defer e.swap.RUnlock()
	text := search.ClipText(q.Text)
	words := e.analyzer.QueryWords(text)
	if len(words) == 0 && search.HasText(text) {
		return search.Result{Facets: map[string]map[string]int{}}, nil // only signs: nothing can be meant
	}
	res, err := e.page(ctx, q, e.textQuery(text, words, q.Prefix, true))
	if err != nil || res.Total > 0 || len(words) == 0 {
		return res, err
	}
	if res.Suggestion, err = e.suggest(ctx, q, words); err != nil {
		return res, err
	}
	if len(words) == 1 {
		return res, nil
	}
	some, err := e.page(ctx, q, e.textQuery(text, words, q.Prefix, false))
	some.Suggestion, some.Relaxed = res.Suggestion, some.Total > 0
	return some, err
}

// page runs one text query with the filters, sort, page and facet counts of q.
func (e *Engine) page(ctx context.Context, q search.Query, text query.Query) (search.Result, error) {
	res := search.Result{Facets: map[string]map[string]int{}}
	own := map[string]bool{} // facets that have a filter: counted by a query of their own without it
	for _, f := range q.Filters {
		own[f.Name] = true
	}
	req := bleve.NewSearchRequestOptions(and(text, filters(q.Filters)), q.Limit, q.Offset, false)
	if n, err := e.serving.DocCount(); err != nil {
		return res, fmt.Errorf("local: %w", err)
	} else if q.Offset >= int(n) { // an empty page; don't let bleve keep a heap of that depth
		req.From, req.Size = 0, 0
	}
	req.Sort = nil // bleve starts with the score
	for _, s := range q.Sort {
		req.Sort = append(req.Sort, &bsearch.SortField{Field: numPrefix + s.Number, Desc: s.Desc, Type: bsearch.SortFieldAsNumber, Missing: bsearch.SortFieldMissingLast})
	}
	req.Sort = append(req.Sort, &bsearch.SortScore{Desc: true}, &bsearch.SortDocID{})
	req.Fields = []string{fieldDoc}
	for _, name := range q.FacetNames {
		if !own[name] {
			req.AddFacet(name, bleve.NewFacetRequest(facetField(name), search.MaxCodes))
		}
	}
	found, err := e.serving.SearchInContext(ctx, req)
	if err != nil {
		return res, fmt.Errorf("local: %w", err)
	}
	res.Total = int(found.Total)
	for _, h := range found.Hits {
		d, err := decode(h.Fields)
		if err != nil {
			return res, err
		}
		hit := search.Hit{ID: d.ID, Kind: d.Kind, Version: d.Version, Score: h.Score, Stored: d.Stored}
		if q.Highlight {
			hit.Highlights = search.Highlight(e.analyzer, search.ClipText(q.Text), q.Prefix, d)
		}
		res.Hits = append(res.Hits, hit)
	}
	count(res.Facets, found.Facets)
	for _, name := range q.FacetNames {
		if !own[name] {
			continue
		}
		var others []search.Filter
		for _, f := range q.Filters {
			if f.Name != name {
				others = append(others, f)
			}
		}
		req := bleve.NewSearchRequestOptions(and(text, filters(others)), 0, 0, false)
		req.AddFacet(name, bleve.NewFacetRequest(facetField(name), search.MaxCodes))
		found, err := e.serving.SearchInContext(ctx, req)
		if err != nil {
			return res, fmt.Errorf("local: %w", err)
		}
		count(res.Facets, found.Facets)
	}
	return res, nil
}

func facetField(name string) string {
	if name == "kind" {
		return fieldKind
	}
	return facetPrefix + name
}

func count(into map[string]map[string]int, facets bsearch.FacetResults) {
	for name, f := range facets {
		into[name] = map[string]int{}
		if f.Terms == nil {
			continue
		}
		for _, t := range f.Terms.Terms() {
			into[name][t.Term] = t.Count
		}
	}
}

// textQuery finds documents with all (or, when !all, some) of the words; whole words as typed and title words weigh more.
func (e *Engine) textQuery(text string, words []string, prefix, all bool) query.Query {
	if len(words) == 0 {
		return bleve.NewMatchAllQuery()
	}
	var each []query.Query
	for i, w := range words {
		each = append(each, e.wordQuery(w, prefix && i == len(words)-1))
	}
	var must query.Query
	if all {
		must = bleve.NewConjunctionQuery(each...)
	} else {
		must = bleve.NewDisjunctionQuery(each...)
	}
	q := bleve.NewBooleanQuery()
	q.AddMust(must)
	for _, w := range e.analyzer.IndexWords(text) {
		if utf8.RuneCountInString(w) > 3 {
			q.AddShould(term(fieldTitle, w, 4), term(fieldWords, w, 2))
		}
	}
	return q
}

// wordQuery finds one word in any form in which a person may mean it.
func (e *Engine) wordQuery(w string, prefix bool) query.Query {
	forms := []query.Query{term(fieldTitle, w, 3), term(fieldWords, w, 1)}
	n := utf8.RuneCountInString(w)
	first, _ := utf8.DecodeRuneInString(w)
	han := unicode.Is(unicode.Han, first)
	if prefix || han && n == 1 { // one character is the start of a word more often than a word
		forms = append(forms, prefixed(fieldTitle, w, 1), prefixed(fieldWords, w, 0.3))
	}
	if !han && n > 1 {
		forms = append(forms, term(fieldPinyin, w, 1))
		if prefix {
			forms = append(forms, prefixed(fieldPinyin, w, 0.5))
		}
	}
	if typos := search.Typos(w); typos > 0 {
		for _, field := range []string{fieldWords, fieldPinyin} {
			f := bleve.NewFuzzyQuery(w)
			f.SetField(field)
			f.SetFuzziness(typos)
			f.SetPrefix(1)
			f.SetBoost(0.2)
			forms = append(forms, f)
		}
	}
	return bleve.NewDisjunctionQuery(forms...)
}

func term(field, w string, boost float64) query.Query {
	q := bleve.NewTermQuery(w)
	q.SetField(field)
	q.SetBoost(boost)
	return q
}

func prefixed(field, w string, boost float64) query.Query {
	q := bleve.NewPrefixQuery(w)
	q.SetField(field)
	q.SetBoost(boost)
	return q
}

func and(text query.Query, fs []query.Query) query.Query {
	if len(fs) == 0 {
		return text
	}
	q := bleve.NewBooleanQuery()
	q.AddMust(text)
	q.AddFilter(bleve.NewConjunctionQuery(fs...))
	return q
}

func filters(fs []search.Filter) []query.Query {
	var out []query.Query
	for _, f := range fs {
		out = append(out, filter(f))
	}
	return out
}

func filter(f search.Filter) query.Query {
	if f.Range {
		// bleve keeps numbers as float64; market figures (at most 10^12 分) are exact there
		lo, hi, yes := float64(f.Min), float64(f.Max), true
		q := bleve.NewNumericRangeInclusiveQuery(&lo, &hi, &yes, &yes)
		if f.Min == math.MinInt64 {
			q.Min = nil
		}
		if f.Max == math.MaxInt64 {
			q.Max = nil
		}
		if q.Min == nil && q.Max == nil {
			lo = -math.MaxFloat64
			q.Min = &lo
		}
		q.SetField(numPrefix + f.Name)
		return q
	}
	var any query.Query
	switch {
	case f.Name == fieldID:
		any = bleve.NewDocIDQuery(f.Codes)
	case len(f.Codes) == 0:
		any = bleve.NewMatchNoneQuery()
	default:
		var codes []query.Query
		for _, c := range f.Codes {
			codes = append(codes, term(facetField(f.Name), c, 1))
		}
		any = bleve.NewDisjunctionQuery(codes...)
	}
	if !f.Negate {
		return any
	}
	not := bleve.NewBooleanQuery()
	not.AddMust(bleve.NewMatchAllQuery())
	not.AddMustNot(any)
	return not
}

// suggest proposes what sounds the same and exists: 稀图 → 稀土.
func (e *Engine) suggest(ctx context.Context, q search.Query, words []string) (string, error) {
	return search.Suggest(e.analyzer, search.ClipText(q.Text), words, func(pinyin string) (string, error) {
		req := bleve.NewSearchRequestOptions(and(term(fieldPinyin, pinyin, 1), filters(q.Filters)), 1, 0, false)
		req.Fields = []string{fieldDoc}
		res, err := e.serving.SearchInContext(ctx, req)
		if err != nil || len(res.Hits) == 0 {
			return "", err
		}
		d, err := decode(res.Hits[0].Fields)
		return d.Title, err
	})
}

// maxCandidateTerms: more cost 8–28 times the time and bring a hundredth (reference measurements).
const maxCandidateTerms = 40

// Candidates implements search.Engine: one weighted OR under BM25.
func (e *Engine) Candidates(ctx context.Context, q search.CandidateQuery) ([]search.Candidate, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	e.swap.RLock()
	defer e.swap.RUnlock()
	var text query.Query = bleve.NewMatchAllQuery()
	if len(q.Terms) > 0 {
		var terms []query.Query
		for _, t := range q.Terms[:min(len(q.Terms), maxCandidateTerms)] {
			terms = append(terms, term(fieldWords, t.Term, t.Weight))
		}
		text = bleve.NewDisjunctionQuery(terms...)
	}
	req := bleve.NewSearchRequestOptions(and(text, filters(q.Filters)), q.Limit, 0, false)
	req.Sort = bsearch.SortOrder{&bsearch.SortScore{Desc: true}, &bsearch.SortDocID{}}
	req.Fields = []string{fieldDoc}
	found, err := e.serving.SearchInContext(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("local: %w", err)
	}
	out := make([]search.Candidate, len(found.Hits))
	for i, h := range found.Hits {
		d, err := decode(h.Fields)
		if err != nil {
			return nil, err
		}
		out[i] = search.Candidate{Document: d, Score: h.Score}
	}
	return out, nil
}
