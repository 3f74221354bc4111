package local

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"

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
	res, err := e.page(ctx, q, e.asked(text, words, q.Prefix, true))
	if err != nil || res.Total > 0 || len(words) == 0 {
		return res, err
	}
	if res.Suggestion, err = e.suggest(ctx, q, words); err != nil {
		return res, err
	}
	if len(words) == 1 {
		return res, nil
	}
	some, err := e.page(ctx, q, e.asked(text, words, q.Prefix, false))
	some.Suggestion, some.Relaxed = res.Suggestion, some.Total > 0
	return some, err
}

// page runs one text (nil: all documents) with the filters, sort, page and facet counts of q.
func (e *Engine) page(ctx context.Context, q search.Query, text *ask) (search.Result, error) {
	var res search.Result
	var hits []scored
	if text != nil {
		var err error
		if hits, err = e.serving.holding(ctx, text, nil); err != nil {
			return res, err
		}
	}
	var rows []scored
	res.Total, rows, res.Facets = e.serving.columns.survey(q, text == nil, hits)
	res.Hits = e.serving.columns.hits(rows)
	if !q.Highlight {
		return res, nil
	}
	at := make(map[string]int, len(res.Hits))
	for i, h := range res.Hits {
		at[h.ID] = i
	}
	docs, err := e.serving.get(ctx, slices.Collect(maps.Keys(at)))
	for _, d := range docs {
		res.Hits[at[d.ID]].Highlights = search.Highlight(e.analyzer, search.ClipText(q.Text), q.Prefix, d)
	}
	return res, err
}

// rowMap turns a snapshot's document numbers, asked for in rising order, into rows.
type rowMap struct {
	starts []uint64 // of each segment
	rows   [][]int32
	at     int
}

func (m *rowMap) of(doc uint64) int32 {
	for m.at+1 < len(m.starts) && doc >= m.starts[m.at+1] {
		m.at++
	}
	for doc < m.starts[m.at] {
		m.at--
	}
	return m.rows[m.at][doc-m.starts[m.at]]
}

func (s *shelf) rowsIn(snapshot *scorch.IndexSnapshot) (*rowMap, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	segments := snapshot.Segments()
	if len(s.rows) > 4*len(segments)+16 { // what was merged away
		s.rows = map[uint64][]int32{}
	}
	m := &rowMap{}
	start := uint64(0)
	for _, segment := range segments {
		rows := s.rows[segment.Id()]
		if rows == nil {
			rows = make([]int32, segment.FullSize())
			for i := range rows {
				id, err := segment.DocID(uint64(i))
				if err != nil {
					return nil, fmt.Errorf("local: %w", err)
				}
				rows[i] = s.columns.rowOf(string(id))
			}
			s.rows[segment.Id()] = rows
		}
		m.starts, m.rows = append(m.starts, start), append(m.rows, rows)
		start += uint64(len(rows))
	}
	return m, nil
}

// asked finds documents with all (or, when !all, some) of the words; whole words as typed and title words weigh more.
func (e *Engine) asked(text string, words []string, prefix, all bool) *ask {
	if len(words) == 0 {
		return nil
	}
	a := &ask{all: all}
	for i, w := range words {
		a.words = append(a.words, forms(w, prefix && i == len(words)-1))
	}
	for _, w := range e.analyzer.IndexWords(text) {
		if utf8.RuneCountInString(w) > 3 {
			a.bonus = append(a.bonus, form{field: fieldTitle, text: w, boost: 4}, form{field: fieldWords, text: w, boost: 2})
		}
	}
	return a
}

// forms are all in which a person may mean a word.
func forms(w string, prefix bool) []form {
	forms := []form{{field: fieldTitle, text: w, boost: 3}, {field: fieldWords, text: w, boost: 1}}
	n := utf8.RuneCountInString(w)
	first, _ := utf8.DecodeRuneInString(w)
	han := unicode.Is(unicode.Han, first)
	if prefix || han && n == 1 { // one character is the start of a word more often than a word
		forms = append(forms, form{field: fieldTitle, text: w, boost: 1, start: true}, form{field: fieldWords, text: w, boost: .3, start: true})
	}
	if !han && n > 1 {
		forms = append(forms, form{field: fieldPinyin, text: w, boost: 1})
		if prefix {
			forms = append(forms, form{field: fieldPinyin, text: w, boost: .5, start: true})
		}
	}
	if typos := search.Typos(w); typos > 0 {
		for _, field := range []string{fieldWords, fieldPinyin} {
			forms = append(forms, form{field: field, text: w, boost: .2, typos: typos})
		}
	}
	return forms
}

// suggest proposes what sounds the same and exists: 稀图 → 稀土.
func (e *Engine) suggest(ctx context.Context, q search.Query, words []string) (string, error) {
	return search.Suggest(e.analyzer, search.ClipText(q.Text), words, func(pinyin string) (string, error) {
		hits, err := e.serving.holding(ctx, &ask{words: [][]form{{{field: fieldPinyin, text: pinyin, boost: 1}}}}, nil)
		if err != nil {
			return "", err
		}
		first, _ := e.serving.columns.first(q.Filters, hits, 1)
		if len(first) == 0 {
			return "", nil
		}
		docs, err := e.serving.get(ctx, []string{first[0].ID})
		if err != nil || len(docs) == 0 {
			return "", err
		}
		return docs[0].Title, nil
	}, func(text string) (bool, error) {
		words := e.analyzer.QueryWords(text)
		res, err := e.page(ctx, search.Query{Filters: q.Filters}, e.asked(text, words, false, true))
		return len(words) > 0 && res.Total > 0, err
	})
}

// maxCandidateTerms: more cost 8–28 times the time and bring a hundredth (docs/rules/matching.md §2).
const maxCandidateTerms = 40

// Candidates implements search.Engine: one weighted OR under BM25.
func (e *Engine) Candidates(ctx context.Context, q search.CandidateQuery) ([]search.Candidate, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	e.swap.RLock()
	defer e.swap.RUnlock()
	s := e.serving
	if len(q.Terms) == 0 {
		out, _ := s.columns.first(q.Filters, s.columns.all(), q.Limit)
		return out, s.prepared(ctx, out)
	}
	a := &ask{}
	for _, t := range q.Terms[:min(len(q.Terms), maxCandidateTerms)] {
		a.words = append(a.words, []form{{field: fieldWords, text: t.Term, boost: t.Weight}})
	}
	var out []search.Candidate
	_, err := s.holding(ctx, a, func(snapshot *scorch.IndexSnapshot, hits []scored) (err error) {
		rows, err := s.rowsIn(snapshot)
		if err != nil {
			return err
		}
		var places []uint64
		out, places = s.columns.first(q.Filters, hits, q.Limit)
		segments := snapshot.Segments()
		for i, doc := range places {
			rows.of(doc)
			if out[i].Prepared, err = stored(segments[rows.at], doc-rows.starts[rows.at], fieldPrepared); err != nil {
				return fmt.Errorf("local: %w", err)
			}
		}
		return nil
	})
	return out, err
}

// prepared fills in what was prepared, by id.
func (s *shelf) prepared(ctx context.Context, found []search.Candidate) error {
	if len(found) == 0 {
		return nil
	}
	ids, at := make([]string, len(found)), make(map[string]int, len(found))
	for i, c := range found {
		ids[i], at[c.ID] = c.ID, i
	}
	req := bleve.NewSearchRequestOptions(bleve.NewDocIDQuery(ids), len(ids), 0, false)
	req.Fields = []string{fieldPrepared}
	res, err := s.SearchInContext(ctx, req)
	if err != nil {
		return fmt.Errorf("local: %w", err)
	}
	for _, h := range res.Hits {
		if p, ok := h.Fields[fieldPrepared].(string); ok {
			found[at[h.ID]].Prepared = []byte(p)
		}
	}
	return nil
}
