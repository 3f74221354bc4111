package local

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"techmarket/search"
)

// columns mirror, in memory, what bleve is slow at: codes and numbers of every document, one column a name. Filters, counts, sorting
// and lists without a text are answered from here in one pass; bleve only says which documents hold the words. 100,000 listings
// take about 25 MB.
//
// A row belongs to one document id for the life of the index; a deleted document leaves a row that is not alive.
type columns struct {
	mu      sync.RWMutex
	row     map[string]int32
	ids     []string
	version []int64 // absent where the row is not alive
	alive   int
	facets  map[string]*facetColumn  // the kind is the facet "kind"
	numbers map[string][]int64       // absent where the document has none
	every   atomic.Pointer[[]scored] // what all gave since the last write
}

// absent marks a number that a document does not have.
const absent = math.MinInt64

// facetColumn keeps one number a row: which set of codes it has. Few different sets occur, so that counting is one step a row and a
// filter looks at every set once.
type facetColumn struct {
	codes []string
	of    map[string]int32
	sets  [][]int32 // of codes; the first is empty
	named map[string]int32
	row   []int32
}

func newColumns() *columns {
	return &columns{row: map[string]int32{}, facets: map[string]*facetColumn{}, numbers: map[string][]int64{}}
}

// rowOf is the row of an id, a new one that is not alive where there was none.
func (c *columns) rowOf(id string) int32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ensure(id)
}

func (c *columns) ensure(id string) int32 {
	r, ok := c.row[id]
	if !ok {
		r = int32(len(c.ids))
		id = strings.Clone(id)
		c.row[id] = r
		c.ids, c.version = append(c.ids, id), append(c.version, absent)
	}
	return r
}

// put replaces documents' rows.
func (c *columns) put(docs ...search.Document) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.every.Store(nil)
	for _, d := range docs {
		r := c.ensure(d.ID)
		c.clear(r)
		c.version[r] = d.Version
		c.alive++
		for name, codes := range d.Facets {
			c.facet(name).set(r, codes)
		}
		c.facet(fieldKind).set(r, []string{d.Kind})
		for name, n := range d.Numbers {
			col := c.numbers[name]
			for len(col) <= int(r) {
				col = append(col, absent)
			}
			col[r] = n
			c.numbers[name] = col
		}
	}
}

func (c *columns) remove(ids ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.every.Store(nil)
	for _, id := range ids {
		if r, ok := c.row[id]; ok {
			c.clear(r)
		}
	}
}

// clear empties a row.
func (c *columns) clear(r int32) {
	if c.version[r] == absent {
		return
	}
	c.version[r] = absent
	c.alive--
	for _, f := range c.facets {
		f.set(r, nil)
	}
	for _, col := range c.numbers {
		if int(r) < len(col) {
			col[r] = absent
		}
	}
}

func (c *columns) facet(name string) *facetColumn {
	f := c.facets[name]
	if f == nil {
		f = &facetColumn{of: map[string]int32{}, sets: [][]int32{nil}, named: map[string]int32{"": 0}}
		c.facets[name] = f
	}
	return f
}

func (f *facetColumn) set(r int32, codes []string) {
	if len(codes) == 0 && int(r) >= len(f.row) {
		return
	}
	for len(f.row) <= int(r) {
		f.row = append(f.row, 0)
	}
	name := strings.Join(codes, "\x00") // no code holds it
	s, ok := f.named[name]
	if !ok {
		var set []int32
		for _, code := range codes {
			n, ok := f.of[code]
			if !ok {
				code = strings.Clone(code)
				n = int32(len(f.codes))
				f.codes = append(f.codes, code)
				f.of[code] = n
			}
			if !slices.Contains(set, n) {
				set = append(set, n)
			}
		}
		s = int32(len(f.sets))
		f.sets = append(f.sets, set)
		f.named[name] = s
	}
	f.row[r] = s
}

// setOf is the set of a row.
func (f *facetColumn) setOf(r int32) int32 {
	if int(r) < len(f.row) {
		return f.row[r]
	}
	return 0
}

// of gives a row's facets and numbers as a document has them.
func (c *columns) of(r int32) (kind string, facets map[string][]string, numbers map[string]int64) {
	facets, numbers = make(map[string][]string, len(c.facets)), make(map[string]int64, len(c.numbers))
	for name, f := range c.facets {
		var codes []string
		for _, n := range f.sets[f.setOf(r)] {
			codes = append(codes, f.codes[n])
		}
		if codes != nil && name != fieldKind {
			facets[name] = codes
		}
	}
	for name := range c.numbers {
		if n := c.number(name, r); n != absent {
			numbers[name] = n
		}
	}
	return c.kind(r), facets, numbers
}

func (c *columns) number(name string, r int32) int64 {
	if col := c.numbers[name]; int(r) < len(col) {
		return col[r]
	}
	return absent
}

// test is a filter made ready: of a facet, which sets pass.
type test struct {
	search.Filter
	col    *facetColumn
	passes []bool
	rows   map[int32]bool // of a filter by id
	nums   []int64
}

func (c *columns) tests(filters []search.Filter) []test {
	out := make([]test, len(filters))
	for i, f := range filters {
		t := test{Filter: f}
		switch {
		case f.Range:
			t.nums = c.numbers[f.Name]
		case f.Name == fieldID:
			t.rows = map[int32]bool{}
			for _, id := range f.Codes {
				if r, ok := c.row[id]; ok {
					t.rows[r] = true
				}
			}
		default:
			if t.col = c.facets[f.Name]; t.col != nil {
				want := make([]bool, len(t.col.codes))
				for _, code := range f.Codes {
					if n, ok := t.col.of[code]; ok {
						want[n] = true
					}
				}
				t.passes = make([]bool, len(t.col.sets))
				for set, codes := range t.col.sets {
					t.passes[set] = slices.ContainsFunc(codes, func(n int32) bool { return want[n] }) != f.Negate
				}
			}
		}
		out[i] = t
	}
	return out
}

// keeps agrees with search.Filter.Keeps.
func (t *test) keeps(r int32) bool {
	if t.Range {
		return int(r) < len(t.nums) && t.nums[r] != absent && t.nums[r] >= t.Min && t.nums[r] <= t.Max
	}
	if t.rows != nil {
		return t.rows[r] != t.Negate
	}
	if t.col == nil {
		return t.Negate
	}
	return t.passes[t.col.setOf(r)]
}

// scored is a row with its score.
type scored struct {
	row   int32
	score float64
	doc   uint64 // bleve's number of the document in the snapshot that was searched
}

// survey answers a page: the exact total, the counts of every facet with its own filters left out, and the rows of the page in
// order. hits are the rows that hold the text, in any order. It goes column by column, which is several times faster over
// 100,000 rows than row by row.
func (c *columns) survey(q search.Query, hits []scored) (total int, page []scored, facets map[string]map[string]int) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	w := workings.Get().(*working)
	defer workings.Put(w)
	w.rows, w.kept = w.rows[:0], w.kept[:0]
	for k := range hits {
		w.rows = append(w.rows, hits[k].row)
	}
	failedOnly := c.sift(q, w)
	for _, k := range w.passed {
		w.kept = append(w.kept, w.rows[k])
	}
	facets = make(map[string]map[string]int, len(q.FacetNames))
	for _, name := range q.FacetNames {
		facets[name] = c.facets[name].count(w.kept, failedOnly[name])
	}
	page = c.top(q.Sort, min(q.Offset+q.Limit, len(w.passed)), hits, w.passed)
	return len(w.passed), page[min(q.Offset, len(page)):], facets
}

// working is the memory of one survey, kept for the next: two megabytes over 100,000 rows.
type working struct {
	rows   []int32  // of the hits
	fails  []uint64 // which filters each fails
	passed []int32  // places in rows
	kept   []int32  // the rows there
}

var workings = sync.Pool{New: func() any { return new(working) }}

// sift finds the places of the rows that pass all filters, and for each counted facet the rows that fail its own filters alone. Which
// filters a row fails is one bit for each name (search.MaxFilters are fewer than 64), set without a branch.
func (c *columns) sift(q search.Query, w *working) (failedOnly map[string][]int32) {
	w.fails = slices.Grow(w.fails[:0], len(w.rows))[:len(w.rows)]
	clear(w.fails)
	fails := w.fails
	nth := map[string]int{} // of the names
	counted := uint64(0)
	tests := c.tests(q.Filters)
	for i := range tests {
		t := &tests[i]
		n, known := nth[t.Name]
		if !known {
			n = len(nth)
			nth[t.Name] = n
		}
		bit := uint64(1) << n
		if slices.Contains(q.FacetNames, t.Name) {
			counted |= bit
		}
		switch { // as keeps does, without a call for each row
		case t.Range:
			nums, least := t.nums, max(t.Min, absent+1)
			for k, r := range w.rows {
				if int(r) >= len(nums) || nums[r] < least || nums[r] > t.Max {
					fails[k] |= bit
				}
			}
		case t.col != nil:
			failing := make([]uint64, len(t.passes))
			for set, passes := range t.passes {
				if !passes {
					failing[set] = bit
				}
			}
			for k, r := range w.rows {
				fails[k] |= failing[t.col.setOf(r)]
			}
		default:
			for k, r := range w.rows {
				if !t.keeps(r) {
					fails[k] |= bit
				}
			}
		}
	}
	var alone [search.MaxFilters][]int32
	w.passed = w.passed[:0]
	for k, f := range fails {
		switch {
		case f&(f-1) != 0 || c.version[w.rows[k]] == absent: // several, or deleted
		case f == 0:
			w.passed = append(w.passed, int32(k))
		case f&counted != 0:
			n := bits.TrailingZeros64(f)
			alone[n] = append(alone[n], w.rows[k])
		}
	}
	failedOnly = make(map[string][]int32, len(nth))
	for name, n := range nth {
		failedOnly[name] = alone[n]
	}
	return failedOnly
}

// count counts the codes of rows. A facet that no document has is nil and counts nothing.
func (f *facetColumn) count(parts ...[]int32) map[string]int {
	counts := map[string]int{}
	if f == nil {
		return counts
	}
	n := make([]int, len(f.sets))
	for _, rows := range parts {
		for _, r := range rows {
			n[f.setOf(r)]++
		}
	}
	for set, n := range n {
		if n > 0 {
			for _, code := range f.sets[set] {
				counts[f.codes[code]] += n
			}
		}
	}
	return counts
}

// versions are those of the documents that are held.
func (c *columns) versions(docs []search.Document) map[string]int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	held := make(map[string]int64, len(docs))
	for _, d := range docs {
		if r, ok := c.row[d.ID]; ok && c.version[r] != absent {
			held[d.ID] = c.version[r]
		}
	}
	return held
}

func (c *columns) refs() []search.Ref {
	c.mu.RLock()
	defer c.mu.RUnlock()
	refs := make([]search.Ref, 0, c.alive)
	for r, v := range c.version {
		if v != absent {
			refs = append(refs, search.Ref{ID: c.ids[r], Version: v})
		}
	}
	return refs
}

// hits are rows as hits; what was deleted since they were found is left out.
func (c *columns) hits(rows []scored) []search.Hit {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var hits []search.Hit
	for _, r := range rows {
		if v := c.version[r.row]; v != absent {
			hits = append(hits, search.Hit{ID: c.ids[r.row], Kind: c.kind(r.row), Version: v, Score: r.score})
		}
	}
	return hits
}

func (c *columns) kind(r int32) string {
	f := c.facets[fieldKind]
	return f.codes[f.sets[f.setOf(r)][0]]
}

// all are the rows that are alive; nobody may change the answer.
func (c *columns) all() []scored {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if known := c.every.Load(); known != nil {
		return *known
	}
	rows := make([]scored, 0, c.alive)
	for r, v := range c.version {
		if v != absent {
			rows = append(rows, scored{row: int32(r)})
		}
	}
	c.every.Store(&rows)
	return rows
}

// order sorts by the numbers asked for (absent ones last), then by score, then by id.
func (c *columns) order(by []search.Sort) func(a, b scored) int {
	type key struct {
		col  []int64
		desc bool
	}
	keys := make([]key, len(by))
	for i, s := range by {
		keys[i] = key{c.numbers[s.Number], s.Desc}
	}
	at := func(col []int64, r int32) int64 {
		if int(r) < len(col) {
			return col[r]
		}
		return absent
	}
	return func(a, b scored) int {
		for _, k := range keys {
			x, y := at(k.col, a.row), at(k.col, b.row)
			switch {
			case x == y:
				continue
			case x == absent:
				return 1
			case y == absent:
				return -1
			case k.desc:
				return cmp.Compare(y, x)
			}
			return cmp.Compare(x, y)
		}
		if a.score != b.score {
			return cmp.Compare(b.score, a.score)
		}
		return strings.Compare(c.ids[a.row], c.ids[b.row])
	}
}

// top are the first rows of an order. Nearly all of 100,000 rows are worse by the first number alone than those already kept, so that is
// looked at before the order is asked; the newest rows come last, and are asked first.
func (c *columns) top(by []search.Sort, keep int, hits []scored, passed []int32) []scored {
	if keep == 0 {
		return nil
	}
	top := &best{keep: keep, less: c.order(by)}
	var col []int64
	desc := false
	if len(by) > 0 {
		col, desc = c.numbers[by[0].Number], by[0].Desc
	}
	worth := func(r int32) int64 { // more is better; nothing is less than an absent number
		if int(r) >= len(col) || col[r] == absent {
			return absent
		}
		if desc {
			return col[r]
		}
		return -col[r]
	}
	bar := int64(absent)
	for _, i := range slices.Backward(passed) {
		h := hits[i]
		if col != nil && len(top.heap) == keep && worth(h.row) < bar {
			continue
		}
		if top.add(h); len(top.heap) == keep {
			bar = worth(top.heap[0].row)
		}
	}
	return top.sorted()
}

// best keeps the first rows of an order: a heap whose root is the last of those kept.
type best struct {
	keep int
	less func(a, b scored) int
	heap []scored
}

func (b *best) add(s scored) {
	switch {
	case len(b.heap) < b.keep:
		b.heap = append(b.heap, s)
		for i := len(b.heap) - 1; i > 0; {
			up := (i - 1) / 2
			if b.less(b.heap[i], b.heap[up]) <= 0 {
				return
			}
			b.heap[i], b.heap[up] = b.heap[up], b.heap[i]
			i = up
		}
	case b.keep > 0 && b.less(s, b.heap[0]) < 0:
		b.heap[0] = s
		for i := 0; ; {
			last, left := i, 2*i+1
			for _, down := range [2]int{left, left + 1} {
				if down < len(b.heap) && b.less(b.heap[down], b.heap[last]) > 0 {
					last = down
				}
			}
			if last == i {
				return
			}
			b.heap[i], b.heap[last] = b.heap[last], b.heap[i]
			i = last
		}
	}
}

func (b *best) sorted() []scored {
	slices.SortFunc(b.heap, b.less)
	return b.heap
}

// first are the best rows that pass the filters, by score, then by id, and bleve's numbers of them.
func (c *columns) first(filters []search.Filter, hits []scored, limit int) ([]search.Candidate, []uint64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	tests := c.tests(filters)
	top := &best{keep: limit, less: c.order(nil)}
hits:
	for _, h := range hits {
		if c.version[h.row] == absent {
			continue
		}
		for i := range tests {
			if !tests[i].keeps(h.row) {
				continue hits
			}
		}
		top.add(h)
	}
	out, places := make([]search.Candidate, len(top.heap)), make([]uint64, len(top.heap))
	for i, h := range top.sorted() {
		k := &out[i]
		k.ID, k.Version, k.Score, places[i] = c.ids[h.row], c.version[h.row], h.score, h.doc
		k.Kind, k.Facets, k.Numbers = c.of(h.row)
	}
	return out, places
}
