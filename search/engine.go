// Package search finds documents: it owns what a document, a query and an answer are, and the
// Engine interface that every search engine fulfils (search/local in process, search/meili over
// HTTP; search/enginetest decides whether one does). Text rules for Chinese are in search/zh.
//
// It refuses domain knowledge: a document is text, codes and numbers. Who may see what comes in as
// filters, and a caller that forgets them gets everything, so the callers are few: listing pages and
// matching. Filters are built from codes and integers only, never from what a person typed.
package search

import (
	"context"
	"regexp"
	"slices"
	"unicode/utf8"

	"techmarket/internal/foundation/fault"
)

// Document is one listing (or anything else that is found by words) as the index knows it.
type Document struct {
	ID      string // stable, unique over all kinds: "a12", "d7"; letters, digits, '-' and '_', at most 64
	Kind    string // a code: "achievement", "demand"
	Version int64  // rises with every change; a write with a lower version than the indexed one is ignored

	// Text, from the weightiest to the lightest.
	Title    string
	Keywords []string
	Summary  string // one or two sentences: the problem to solve, the main effect
	Body     string // everything else, plain text
	// Names of the organisation and the people behind it: the search box finds them, matching never compares them. A company called
	// 某某风电叶片公司 answers no need about blades by its name.
	Names string `json:",omitempty"`

	// Facets are codes by facet name: field, topic, league, county, cooperation, priceBand, industry,
	// state, org, visibility …; a code is what ValidCode accepts.
	Facets map[string][]string
	// Numbers are for ranges and sorting: priceFen, publishedAt (Unix seconds), maturity …
	// An absent number is outside every range and sorts last.
	Numbers map[string]int64
	// Prepared is what the caller wants back with every candidate, opaque to engines: what scoring needs of the text, made once. Get
	// does not return it.
	Prepared []byte `json:"-"`
	// Stored comes back untouched from Get; nothing searches it.
	Stored map[string]string
}

// Filter keeps documents by codes or by a number. Build it with AnyOf, NoneOf or Between.
type Filter struct {
	Name   string // facet or number; "kind" and "id" filter Document.Kind and Document.ID
	Codes  []string
	Negate bool // NoneOf
	Range  bool // Between: Min ≤ number ≤ Max
	Min    int64
	Max    int64
}

// AnyOf keeps documents that have at least one of the codes. No codes: nothing is kept.
func AnyOf(facet string, codes ...string) Filter { return Filter{Name: facet, Codes: codes} }

// NoneOf keeps documents that have none of the codes, so also those without the facet.
func NoneOf(facet string, codes ...string) Filter {
	return Filter{Name: facet, Codes: codes, Negate: true}
}

// Between keeps documents with least ≤ number ≤ most. Use math.MinInt64 and MaxInt64 for open ends.
func Between(number string, least, most int64) Filter {
	return Filter{Name: number, Range: true, Min: least, Max: most}
}

// Sort orders hits by a number. Without any, hits come by relevance (or, without text, newest Version of the
// index's own order). Documents without the number come last in either direction.
type Sort struct {
	Number string
	Desc   bool
}

// Query is what the search box and the list pages ask.
type Query struct {
	Text       string   // what the person typed; operators of any engine are plain text; empty finds all
	Prefix     bool     // the last word may be unfinished (results while typing)
	Filters    []Filter // all must hold
	FacetNames []string // facets to count; a facet's own filter is left out of its count
	Sort       []Sort
	Offset     int
	Limit      int  // 0 counts only
	Highlight  bool // fill Hit.Highlights
}

// Result answers a Query.
type Result struct {
	Total      int // exact number of documents that match
	Hits       []Hit
	Facets     map[string]map[string]int // facet → code → documents
	Relaxed    bool                      // not every word could be found in one document; these hold some of them
	Suggestion string                    // when nothing or too little was found: what may have been meant; else ""
	Notice     string                    // plain Chinese, when the answer came from the fallback engine; else ""
}

// Hit is one found document.
type Hit struct {
	ID         string
	Kind       string
	Version    int64
	Score      float64 // comparable within one Result only
	Highlights map[string][]Span
}

// Span is a piece of text, marked or not; the pieces of a field in order give its (shortened) text. Pages
// render them as escaped text and <mark>; keys of Hit.Highlights are "title", "keywords", "summary", "body".
type Span struct {
	Text string
	Mark bool
}

// WeightedTerm is one word of a matching query, as zh.Analyzer cuts words, with its weight (> 0).
type WeightedTerm struct {
	Term   string
	Weight float64
}

// CandidateQuery asks for the documents most worth scoring for a set of weighted words.
type CandidateQuery struct {
	Terms   []WeightedTerm // heaviest first; an engine may use only the first twenty
	Filters []Filter
	Limit   int // at most MaxCandidates
}

// Candidate is what scoring needs of a document; Get brings its texts.
type Candidate struct {
	Ref
	Kind     string
	Facets   map[string][]string
	Numbers  map[string]int64
	Prepared []byte
	Score    float64 // the engine's own; only for cutting off
}

// Ref is what the index holds of a document, for comparing with the database.
type Ref struct {
	ID      string
	Version int64
}

// Stats describes an engine for the operator's page.
type Stats struct {
	Engine    string // "local" or "meili"
	Documents int
	Bytes     int64 // on disk, 0 when unknown
}

// Engine keeps documents and finds them. All methods may be called at once from many goroutines.
// When an outside engine can't be reached they return a fault of kind Unavailable.
type Engine interface {
	// Index adds or replaces documents. When it returns nil they are found by the next search and,
	// with an engine on disk, survive a crash. A document older than the indexed one is skipped.
	Index(ctx context.Context, docs ...Document) error
	// Delete removes documents; unknown ids are no error.
	Delete(ctx context.Context, ids ...string) error
	// Search answers the search box. Faults: invalid "search_query" when the query is out of bounds (see Query.Validate).
	Search(ctx context.Context, q Query) (Result, error)
	// Candidates answers matching, best first.
	Candidates(ctx context.Context, q CandidateQuery) ([]Candidate, error)
	// Get returns the documents with these ids that are indexed, in any order.
	Get(ctx context.Context, ids ...string) ([]Document, error)
	// Refs yields everything indexed, in any order; it stops at the first error of yield.
	Refs(ctx context.Context, yield func(Ref) error) error
	// Rebuild fills a new index beside the serving one with what fill emits, then swaps. Writes that come meanwhile
	// go to both. On an error the serving index stays as it was.
	Rebuild(ctx context.Context, fill func(emit func(...Document) error) error) error
	Stats(ctx context.Context) (Stats, error)
	Close() error
}

// Bounds that every engine keeps.
const (
	MaxCandidates  = 500
	MaxLimit       = 1000
	MaxFilters     = 50
	MaxCodes       = 500
	MaxTextRunes   = 200 // more of a search text is ignored; long texts are for matching
	MaxFacetNames  = 20
	maxFieldRunes  = 200_000
	maxFacetValues = 200
)

var (
	codePattern = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._:/+-]{0,63}$`)
	namePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,31}$`)
	idPattern   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// ValidCode reports whether s can be a facet code: letters and digits first, then also . _ : / + -, at most 64.
func ValidCode(s string) bool { return codePattern.MatchString(s) }

// ValidName reports whether s can name a facet or a number: a Latin letter, then letters and digits, at most 32.
func ValidName(s string) bool { return namePattern.MatchString(s) }

// Validate checks the bounds; engines call it first. An unknown facet name is not an error (it counts nothing).
func (q Query) Validate() error {
	switch {
	case q.Offset < 0 || q.Limit < 0 || q.Limit > MaxLimit:
		return badQuery("页码或每页条数超出范围，请从第一页重新查看。")
	case len(q.FacetNames) > MaxFacetNames || len(q.Sort) > 3:
		return badQuery("筛选栏目或排序方式过多，请减少后再试。")
	}
	for _, n := range q.FacetNames {
		if !ValidName(n) {
			return badQuery("没有这个筛选栏目，请从页面上的选项中选择。")
		}
	}
	for _, s := range q.Sort {
		if !ValidName(s.Number) {
			return badQuery("没有这种排序方式，请从页面上的选项中选择。")
		}
	}
	return validateFilters(q.Filters)
}

// Validate checks the bounds; engines call it first.
func (q CandidateQuery) Validate() error {
	if q.Limit < 0 || q.Limit > MaxCandidates {
		return badQuery("候选条数超出范围。")
	}
	return validateFilters(q.Filters)
}

func validateFilters(fs []Filter) error {
	if len(fs) > MaxFilters {
		return badQuery("筛选条件过多，请减少后再试。")
	}
	for _, f := range fs {
		if !ValidName(f.Name) || len(f.Codes) > MaxCodes {
			return badQuery("筛选条件过多或有误，请从页面上的选项中选择。")
		}
		for _, c := range f.Codes {
			if !ValidCode(c) {
				return badQuery("筛选值有误，请从页面上的选项中选择。")
			}
		}
	}
	return nil
}

func badQuery(message fault.Sentence) error { return fault.New(fault.Invalid, "search_query", message) }

// Validate refuses a document that an engine could not keep or find again.
func (d Document) Validate() error {
	if !idPattern.MatchString(d.ID) || !ValidCode(d.Kind) {
		return fault.Newf(fault.Invalid, "search_document", "文档编号或类型有误：%.64q。", d.ID)
	}
	for _, s := range append([]string{d.Title, d.Summary, d.Body, d.Names}, d.Keywords...) {
		if !utf8.ValidString(s) || len(s) > 4*maxFieldRunes {
			return fault.Newf(fault.Invalid, "search_document", "文档 %s 的文字过长或含有无法识别的字符。", d.ID)
		}
	}
	for name, codes := range d.Facets {
		if !ValidName(name) || len(codes) > maxFacetValues {
			return fault.Newf(fault.Invalid, "search_document", "文档 %s 的分类 %.32q 有误。", d.ID, name)
		}
		for _, c := range codes {
			if !ValidCode(c) {
				return fault.Newf(fault.Invalid, "search_document", "文档 %s 的分类 %s 含有不能用的代码 %.64q。", d.ID, name, c)
			}
		}
	}
	for name := range d.Numbers {
		if !ValidName(name) {
			return fault.Newf(fault.Invalid, "search_document", "文档 %s 的数值名 %.32q 有误。", d.ID, name)
		}
	}
	return nil
}

// Keeps reports whether the document passes the filter; the rule that engines must agree with.
func (f Filter) Keeps(d Document) bool { return f.keeps(d.ID, d.Kind, d.Facets, d.Numbers) }

// KeepsCandidate is Keeps for a candidate.
func (f Filter) KeepsCandidate(c Candidate) bool { return f.keeps(c.ID, c.Kind, c.Facets, c.Numbers) }

func (f Filter) keeps(id, kind string, facets map[string][]string, numbers map[string]int64) bool {
	if f.Range {
		n, ok := numbers[f.Name]
		return ok && n >= f.Min && n <= f.Max
	}
	has := facets[f.Name]
	switch f.Name {
	case "kind":
		has = []string{kind}
	case "id":
		has = []string{id}
	}
	for _, c := range has {
		if slices.Contains(f.Codes, c) {
			return !f.Negate
		}
	}
	return f.Negate
}
