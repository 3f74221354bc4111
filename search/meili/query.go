package meili

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/meilisearch/meilisearch-go"
	"golang.org/x/sync/errgroup"

	"techmarket/internal/foundation/fault"
	"techmarket/search"
)

// maxTerms is how many words of a query Meilisearch looks at; it ignores the rest.
const maxTerms = 10

// Search implements search.Engine.
func (e *Engine) Search(ctx context.Context, q search.Query) (search.Result, error) {
	if err := q.Validate(); err != nil {
		return search.Result{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	text := search.ClipText(q.Text)
	words := e.analyzer.QueryWords(text)
	if len(words) == 0 && search.HasText(text) {
		return search.Result{Facets: map[string]map[string]int{}}, nil // only signs: nothing can be meant
	}
	res, err := e.page(ctx, q, words, meilisearch.All)
	if err != nil || res.Total > 0 || len(words) == 0 {
		return res, err
	}
	if res.Suggestion, err = e.suggest(ctx, q, words); err != nil || len(words) == 1 {
		return res, err
	}
	known, err := e.known(ctx, q, words)
	if err != nil || len(known) == 0 {
		return res, err
	}
	some, err := e.page(ctx, q, known, meilisearch.Last)
	some.Suggestion, some.Relaxed = res.Suggestion, some.Total > 0
	return some, err
}

// line writes words as a query line. Without a prefix a separator ends the last word. One Han character alone is taken as the start of a
// word, as it is one more often than a word.
func line(words []string, prefix bool) string {
	words = slices.Clone(words[:min(len(words), maxTerms)])
	if !prefix {
		if i := slices.IndexFunc(words, func(w string) bool { return isHan(w) && utf8.RuneCountInString(w) == 1 }); i >= 0 {
			one := words[i]
			words, prefix = append(slices.Delete(words, i, i+1), one), true
		}
	}
	for i, w := range words {
		words[i] = encode(w)
	}
	text := strings.Join(words, separator)
	if prefix {
		return text
	}
	return text + separator
}

func (e *Engine) request(text string, filters []search.Filter) *meilisearch.SearchRequest {
	r := &meilisearch.SearchRequest{IndexUID: e.index, Query: text, Locales: []string{"cmn"}, AttributesToRetrieve: []string{attrDoc}}
	if f := filterLine(filters); f != "" {
		r.Filter = f
	}
	return r
}

// page runs one text query with the filters, sort, page and facet counts of q, in one call.
func (e *Engine) page(ctx context.Context, q search.Query, words []string, strategy meilisearch.MatchingStrategy) (search.Result, error) {
	res := search.Result{Facets: map[string]map[string]int{}}
	text := ""
	if len(words) > 0 {
		text = line(words, q.Prefix)
	}
	own := map[string]bool{} // facets that have a filter: counted by a query of their own without it
	for _, f := range q.Filters {
		own[f.Name] = true
	}
	var facets []string
	for _, name := range q.FacetNames {
		if !own[name] {
			facets = append(facets, facetPath(name))
		}
	}
	none := int64(0)
	count := e.request(text, q.Filters) // pages have exact totals, offsets have estimates
	count.MatchingStrategy, count.HitsPerPage, count.Facets = strategy, &none, facets
	queries := []*meilisearch.SearchRequest{count}
	if q.Limit > 0 && q.Offset < maxHits {
		hits := e.request(text, q.Filters)
		hits.AttributesToRetrieve = []string{attrID, attrKind, attrVersion}
		if q.Highlight {
			hits.AttributesToRetrieve = append(hits.AttributesToRetrieve, attrDoc)
		}
		hits.MatchingStrategy, hits.Offset, hits.Limit, hits.ShowRankingScore = strategy, int64(q.Offset), int64(q.Limit), true
		for _, s := range q.Sort {
			order := ":asc"
			if s.Desc {
				order = ":desc"
			}
			hits.Sort = append(hits.Sort, attrNumbers+"."+s.Number+order)
		}
		queries = append(queries, hits)
	}
	rest := len(queries)
	for _, name := range q.FacetNames {
		if !own[name] {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(q.Filters), func(f search.Filter) bool { return f.Name == name })
		r := e.request(text, others)
		r.MatchingStrategy, r.HitsPerPage, r.Facets = strategy, &none, []string{facetPath(name)}
		queries = append(queries, r)
	}
	answers, err := e.multi(ctx, queries)
	if err != nil {
		return res, err
	}
	res.Total = int(answers[0].TotalHits)
	if rest == 2 {
		if res.Hits, err = e.hits(answers[1].Hits, q); err != nil {
			return res, err
		}
		if len(res.Hits) == 0 && res.Total > q.Offset { // a server of another version, or one that lost its documents
			return res, unavailable("search", errors.New("a count without its hits"))
		}
	}
	for i, a := range answers {
		if i == 1 && rest == 2 || len(a.FacetDistribution) == 0 {
			continue
		}
		var counts map[string]map[string]int
		if err := json.Unmarshal(a.FacetDistribution, &counts); err != nil {
			return res, fmt.Errorf("meili: facets: %w", err)
		}
		for path, n := range counts {
			res.Facets[strings.TrimPrefix(path, attrFacets+".")] = n
		}
	}
	return res, nil
}

func (e *Engine) hits(found meilisearch.Hits, q search.Query) ([]search.Hit, error) {
	var out []search.Hit
	for _, h := range found {
		var hit search.Hit
		if err := read(h, map[string]any{attrID: &hit.ID, attrKind: &hit.Kind, attrVersion: &hit.Version,
			"_rankingScore": &hit.Score}); err != nil {
			return nil, err
		}
		if q.Highlight {
			d, err := document(h)
			if err != nil {
				return nil, err
			}
			hit.Highlights = search.Highlight(e.analyzer, search.ClipText(q.Text), q.Prefix, d)
		}
		out = append(out, hit)
	}
	return out, nil
}

// perCall is how many queries one call holds. The server works through a call's queries one after the other, so that one need's twenty
// would use one core only; calls side by side use the others.
const perCall = 5

// multi sends queries and gives as many answers.
func (e *Engine) multi(ctx context.Context, queries []*meilisearch.SearchRequest) ([]meilisearch.SearchResponse, error) {
	out := make([]meilisearch.SearchResponse, len(queries))
	calls, ctx := errgroup.WithContext(ctx)
	at := 0
	for part := range slices.Chunk(queries, perCall) {
		into := out[at : at+len(part)]
		at += len(part)
		calls.Go(func() error {
			res, err := e.server.MultiSearchWithContext(ctx, &meilisearch.MultiSearchRequest{Queries: part})
			if err != nil {
				if code(err) == "index_not_found" {
					e.fresh.Store(true)
				}
				return unavailable("search", err)
			}
			if len(res.Results) != len(part) {
				return fault.New(fault.Unavailable, "search_unavailable", "检索服务回答不完整，请稍后再试。")
			}
			copy(into, res.Results)
			return nil
		})
	}
	return out, calls.Wait()
}

// known keeps the words that occur at all under the filters, the rarest first, because dropping goes from the end.
func (e *Engine) known(ctx context.Context, q search.Query, words []string) ([]string, error) {
	words = words[:min(len(words), maxTerms)]
	none := int64(0)
	var queries []*meilisearch.SearchRequest
	for _, w := range words {
		r := e.request(line([]string{w}, q.Prefix && w == words[len(words)-1]), q.Filters)
		r.HitsPerPage = &none
		queries = append(queries, r)
	}
	answers, err := e.multi(ctx, queries)
	if err != nil {
		return nil, err
	}
	type counted struct {
		word string
		n    int64
	}
	var found []counted
	for i, a := range answers {
		if a.TotalHits > 0 {
			found = append(found, counted{words[i], a.TotalHits})
		}
	}
	slices.SortStableFunc(found, func(a, b counted) int { return cmp.Compare(a.n, b.n) })
	out := make([]string, len(found))
	for i, f := range found {
		out[i] = f.word
	}
	return out, nil
}

// suggest proposes what sounds the same and exists: 西土 → 稀土.
func (e *Engine) suggest(ctx context.Context, q search.Query, words []string) (string, error) {
	return search.Suggest(e.analyzer, search.ClipText(q.Text), words, func(pinyin string) (string, error) {
		r := e.request(encode(pinyin)+separator, q.Filters)
		r.AttributesToSearchOn, r.Limit, r.MatchingStrategy = []string{attrPinyin}, 1, meilisearch.All
		answers, err := e.multi(ctx, []*meilisearch.SearchRequest{r})
		if err != nil || len(answers[0].Hits) == 0 {
			return "", err
		}
		d, err := document(answers[0].Hits[0])
		return d.Title, err
	}, func(text string) (bool, error) {
		words := e.analyzer.QueryWords(text)
		res, err := e.page(ctx, search.Query{Filters: q.Filters}, words, meilisearch.All)
		return len(words) > 0 && res.Total > 0, err
	})
}

func facetPath(name string) string {
	if name == attrKind || name == attrID {
		return name
	}
	return attrFacets + "." + name
}

// filterLine writes filters in the server's language. Names and codes are validated, so none holds a quote.
func filterLine(filters []search.Filter) string {
	var all []string
	for _, f := range filters {
		all = append(all, "("+oneFilter(f)+")")
	}
	return strings.Join(all, " AND ")
}

func oneFilter(f search.Filter) string {
	if f.Range {
		path := attrNumbers + "." + f.Name
		var parts []string
		if f.Min != math.MinInt64 {
			parts = append(parts, path+" >= "+strconv.FormatInt(f.Min, 10))
		}
		if f.Max != math.MaxInt64 {
			parts = append(parts, path+" <= "+strconv.FormatInt(f.Max, 10))
		}
		if len(parts) == 0 {
			return path + " EXISTS"
		}
		return strings.Join(parts, " AND ")
	}
	codes := make([]string, len(f.Codes))
	for i, c := range f.Codes {
		codes[i] = `"` + c + `"`
	}
	not := ""
	if f.Negate {
		not = "NOT "
	}
	return facetPath(f.Name) + " " + not + "IN [" + strings.Join(codes, ", ") + "]"
}

// Rotated queries: each begins with another of the heaviest words, which it requires, and goes on with the words after it (the heaviest
// follow the lightest), which it drops from the end. So each list holds other pairs of words. Eight lists reach the quality of
// all candidates; twenty make the first ten agree better with the embedded engine.
const (
	rotations    = 20
	rotationHits = 250
)

// Candidates implements search.Engine: rotated queries for ids, in calls side by side, fused by rank, then the documents.
func (e *Engine) Candidates(ctx context.Context, q search.CandidateQuery) ([]search.Candidate, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*e.timeout) // two calls
	defer cancel()
	var queries []*meilisearch.SearchRequest
	for i := range q.Terms[:min(len(q.Terms), rotations)] {
		words := []string{q.Terms[i].Term}
		for j := 1; j < len(q.Terms) && len(words) < maxTerms; j++ {
			words = append(words, q.Terms[(i+j)%len(q.Terms)].Term)
		}
		for j, w := range words {
			words[j] = encode(w)
		}
		r := e.request(strings.Join(words, separator)+separator, q.Filters)
		r.AttributesToSearchOn, r.AttributesToRetrieve = []string{attrWords, attrLatin}, []string{attrID}
		r.MatchingStrategy, r.Limit = meilisearch.Last, rotationHits
		queries = append(queries, r)
	}
	if len(q.Terms) == 0 {
		r := e.request("", q.Filters)
		r.AttributesToRetrieve, r.Limit = []string{attrID}, int64(q.Limit)
		queries = append(queries, r)
	}
	answers, err := e.multi(ctx, queries)
	if err != nil {
		return nil, err
	}
	score := map[string]float64{}
	var ids []string
	for i, a := range answers {
		weight := 1.0
		if i < len(q.Terms) {
			weight = q.Terms[i].Weight
		}
		for rank, h := range a.Hits {
			var id string
			if err := json.Unmarshal(h[attrID], &id); err != nil {
				return nil, fmt.Errorf("meili: id: %w", err)
			}
			if _, seen := score[id]; !seen {
				ids = append(ids, id)
			}
			score[id] += weight / float64(rank+10)
		}
	}
	slices.SortStableFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(score[b], score[a]), cmp.Compare(a, b))
	})
	ids = ids[:min(len(ids), q.Limit)]
	out, err := e.fetch(ctx, ids)
	for i := range out {
		out[i].Score = score[out[i].ID]
	}
	slices.SortFunc(out, func(a, b search.Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
	return out, err
}

// fetch reads what scoring needs of documents.
func (e *Engine) fetch(ctx context.Context, ids []string) ([]search.Candidate, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var res meilisearch.DocumentsResult
	q := &meilisearch.DocumentsQuery{Ids: ids, Limit: int64(len(ids)),
		Fields: []string{attrID, attrVersion, attrKind, attrFacets, attrNumbers, attrPrepared}}
	if err := e.server.Index(e.index).GetDocumentsWithContext(ctx, q, &res); err != nil {
		return nil, unavailable("candidates", err)
	}
	out := make([]search.Candidate, len(res.Results))
	for i, h := range res.Results {
		c := &out[i]
		if err := read(h, map[string]any{attrID: &c.ID, attrVersion: &c.Version, attrKind: &c.Kind, attrFacets: &c.Facets,
			attrNumbers: &c.Numbers, attrPrepared: &c.Prepared}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// read reads a hit's attributes.
func read(h meilisearch.Hit, into map[string]any) error {
	for attr, v := range into {
		if err := json.Unmarshal(h[attr], v); err != nil {
			return fmt.Errorf("meili: %s: %w", attr, err)
		}
	}
	return nil
}
