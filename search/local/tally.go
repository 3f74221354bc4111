package local

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/blevesearch/bleve/v2/index/scorch"
	bsearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/searcher"
	index "github.com/blevesearch/bleve_index_api"
)

// form is one way in which a word may stand in a document.
type form struct {
	field, text string
	boost       float64
	start       bool // text is the start of a word
	typos       int  // letters that may differ, behind the first
}

// ask is a text made ready: each word in its forms.
type ask struct {
	words [][]form
	all   bool   // a document must hold every word; otherwise its score is multiplied by the share that it holds
	bonus []form // add to the score of what is found
}

// tally adds up an ask one posting list after the other. bleve's own searchers walk all lists side by side, which costs five times as much
// for a common word and more for a start with a thousand words.
type tally struct {
	snapshot  *scorch.IndexSnapshot
	documents float64
	score     []float64 // by bleve's number of the document
	words     []uint16  // how many words it holds
	last      []uint16  // the last of them, from 1
}

var tallies = sync.Pool{New: func() any { return new(tally) }}

// holding yields the rows of all documents that answer an ask. last, when given, is called with them while the
// snapshot that was searched is still open.
func (s *shelf) holding(ctx context.Context, a *ask, last func(*scorch.IndexSnapshot, []scored) error) (hits []scored, err error) {
	snapshot, err := s.snapshot()
	if err != nil {
		return nil, err
	}
	defer snapshot.Close()
	rows, err := s.rowsIn(snapshot)
	if err != nil {
		return nil, err
	}
	t := tallies.Get().(*tally)
	defer tallies.Put(t)
	if hits, err = t.run(ctx, snapshot, a, rows); err != nil {
		return nil, fmt.Errorf("local: %w", err)
	}
	if last != nil {
		err = last(snapshot, hits)
	}
	return hits, err
}

// snapshot is the index as it stands; the caller closes it.
func (s *shelf) snapshot() (*scorch.IndexSnapshot, error) {
	advanced, err := s.Advanced()
	if err != nil {
		return nil, fmt.Errorf("local: %w", err)
	}
	reader, err := advanced.Reader()
	if err != nil {
		return nil, fmt.Errorf("local: %w", err)
	}
	return reader.(*scorch.IndexSnapshot), nil
}

func (t *tally) run(ctx context.Context, snapshot *scorch.IndexSnapshot, a *ask, rows *rowMap) ([]scored, error) {
	n := 0
	for _, segment := range snapshot.Segments() {
		n += int(segment.FullSize())
	}
	count, err := snapshot.DocCount()
	if err != nil {
		return nil, err
	}
	t.snapshot, t.documents = snapshot, float64(count)
	defer func() { t.snapshot = nil }()
	t.score, t.words, t.last = slices.Grow(t.score[:0], n)[:n], slices.Grow(t.words[:0], n)[:n], slices.Grow(t.last[:0], n)[:n]
	clear(t.score)
	clear(t.words)
	clear(t.last)
	found := 0
	for i, forms := range a.words {
		found = 0
		for _, f := range forms {
			err := t.each(ctx, f, func(doc uint64, score float64) {
				if t.last[doc] != uint16(i+1) {
					if a.all && t.words[doc] != uint16(i) {
						return // lacks an earlier word
					}
					t.last[doc] = uint16(i + 1)
					t.words[doc]++
					found++
				}
				t.score[doc] += score
			})
			if err != nil {
				return nil, err
			}
		}
		if a.all && found == 0 {
			return nil, nil
		}
	}
	least := uint16(1)
	if a.all {
		least = uint16(len(a.words))
	}
	for _, f := range a.bonus {
		err := t.each(ctx, f, func(doc uint64, score float64) {
			if t.words[doc] >= least {
				t.score[doc] += score
			}
		})
		if err != nil {
			return nil, err
		}
	}
	hits := make([]scored, 0, found)
	for doc, words := range t.words {
		if words >= least {
			hits = append(hits, scored{rows.of(uint64(doc)), t.score[doc] * float64(words) / float64(len(a.words)), uint64(doc)})
		}
	}
	return hits, nil
}

// each visits the documents that hold a form, by rising number, with the form's score in them: BM25 as bleve counts it (k₁, b, the root of
// the frequency, the idf squared), or the boost alone where the form stands for many words.
func (t *tally) each(ctx context.Context, f form, visit func(doc uint64, score float64)) error {
	if f.start || f.typos > 0 {
		return t.many(ctx, f, visit)
	}
	reader, err := t.snapshot.TermFieldReader(ctx, []byte(f.text), f.field, true, true, false)
	if err != nil {
		return err
	}
	defer reader.Close()
	holding := float64(reader.Count())
	if holding == 0 {
		return nil
	}
	length, err := t.snapshot.FieldCardinality(f.field)
	if err != nil {
		return err
	}
	average := math.Ceil(float64(length) / t.documents)
	idf := idf(t.documents, holding)
	weight := f.boost * idf * idf
	var posting index.TermFieldDoc
	for i := 0; ; i++ {
		if i%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		p, err := reader.Next(posting.Reset())
		if err != nil || p == nil {
			return err
		}
		often := math.Sqrt(float64(p.Freq))
		visit(p.ID.Value(), weight*often*bsearch.BM25_k1/(often+bsearch.BM25_k1*(1-bsearch.BM25_b+bsearch.BM25_b/(p.Norm*p.Norm*average))))
	}
}

func idf(documents, holding float64) float64 {
	return math.Log(1 + (documents-holding+.5)/(holding+.5))
}

// many is each for a form that stands for many words: bleve joins the bitmaps of their lists.
func (t *tally) many(ctx context.Context, f form, visit func(doc uint64, score float64)) error {
	var s bsearch.Searcher
	var err error
	unscored := bsearch.SearcherOptions{Score: "none"}
	if f.start {
		s, err = searcher.NewTermPrefixSearcher(ctx, t.snapshot, f.text, f.field, 1, unscored)
	} else {
		s, err = searcher.NewFuzzySearcher(ctx, t.snapshot, f.text, 1, f.typos, f.field, 1, unscored)
	}
	if err != nil {
		return err
	}
	defer s.Close()
	in := &bsearch.SearchContext{DocumentMatchPool: bsearch.NewDocumentMatchPool(s.DocumentMatchPoolSize()+1, 0), IndexReader: t.snapshot}
	for i := 0; ; i++ {
		if i%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		m, err := s.Next(in)
		if err != nil || m == nil {
			return err
		}
		visit(m.IndexInternalID.Value(), f.boost)
		in.DocumentMatchPool.Put(m)
	}
}
