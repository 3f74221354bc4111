package local

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"

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
	facets  map[string]*facetColumn // the kind is the facet "kind"
	numbers map[string][]int64      // absent where the document has none
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
		for _, f := range c.facets {
			f.row = append(f.row, 0)
		}
		for name, col := range c.numbers {
			c.numbers[name] = append(col, absent)
		}
	}
	return r
}

// put replaces documents' rows.
func (c *columns) put(docs ...search.Document) {
	c.mu.Lock()
	defer c.mu.Unlock()
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
			if c.numbers[name] == nil {
				c.numbers[name] = slices.Repeat([]int64{absent}, len(c.ids))
			}
			c.numbers[name][r] = n
		}
	}
}

func (c *columns) remove(ids ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
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
		col[r] = absent
	}
}

func (c *columns) facet(name string) *facetColumn {
	f := c.facets[name]
	if f == nil {
		f = &facetColumn{of: map[string]int32{}, sets: [][]int32{nil}, named: map[string]int32{"": 0}, row: make([]int32, len(c.ids))}
		c.facets[name] = f
	}
	return f
}

func (f *facetColumn) set(r int32, codes []string) {
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

// of gives a row's facets and numbers as a document has them.
func (c *columns) of(r int32) (kind string, facets map[string][]string, numbers map[string]int64) {
	facets, numbers = make(map[string][]string, len(c.facets)), make(map[string]int64, len(c.numbers))
	for name, f := range c.facets {
		var codes []string
		for _, n := range f.sets[f.row[r]] {
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
	if col := c.numbers[name]; col != nil {
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

	// Of a survey: the bit of the filter's name, and what each set fails.
	bit     uint64
	failing []uint64
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
		return t.nums != nil && t.nums[r] != absent && t.nums[r] >= t.Min && t.nums[r] <= t.Max
	}
	if t.rows != nil {
		return t.rows[r] != t.Negate
	}
	if t.col == nil {
		return t.Negate
	}
	return t.passes[t.col.row[r]]
}

// survey answers a page: the exact total, the counts of every facet with its own filters left out, and the rows of the page in
// order, of all rows or of those that hold the text (hits, in any order). It goes through some rows at a time, filter by filter and facet
// by facet, so that nearly all it reads is in the processor's cache; which filters a row fails is one bit for each
// name (search.MaxFilters are fewer than 64), set without a branch.
func (c *columns) survey(q search.Query, all bool, hits []scored) (total int, page []scored, facets map[string]map[string]int) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	s := sifters.Get().(*sifter)
	defer sifters.Put(s)
	s.prepare(c, q)
	counts := make([][]int32, len(q.FacetNames))
	for i, name := range q.FacetNames {
		if f := c.facets[name]; f != nil { // a facet that no document has counts nothing
			counts[i] = make([]int32, len(f.sets))
		}
	}
	first := c.newBest(q.Sort, q.Offset+q.Limit)
	n := len(hits)
	if all {
		n = len(c.ids)
	}
	for from := (n - 1) / blockSize * blockSize; from >= 0; from -= blockSize { // the newest rows come last, and are asked first
		size := min(blockSize, n-from)
		var at *[blockSize]int32
		if !all {
			at = &s.rows
			for k := range size {
				at[k] = hits[from+k].row
			}
		}
		s.sift(c, from, size, at)
		total += len(s.passed)
		for i, name := range q.FacetNames {
			if counts[i] == nil {
				continue
			}
			sets := valuesOf(c.facets[name].row, from, size, at, &s.sets)
			tally := counts[i]
			for _, k := range s.passed {
				tally[sets[k]]++
			}
			if nth, ok := s.nth[name]; ok {
				for _, k := range s.alone[nth] {
					tally[sets[k]]++
				}
			}
		}
		first.offer(from, at, hits, s.passed)
	}
	facets = make(map[string]map[string]int, len(q.FacetNames))
	for i, name := range q.FacetNames {
		facets[name] = map[string]int{}
		for set, n := range counts[i] {
			if n > 0 {
				f := c.facets[name]
				for _, code := range f.sets[set] {
					facets[name][f.codes[code]] += int(n)
				}
			}
		}
	}
	page = first.sorted()
	return total, page[min(q.Offset, len(page)):], facets
}

// blockSize is how many rows survey reads in one step.
const blockSize = 2048

// valuesOf gives the values of a block of a column: as they lie, or, where at names the rows, gathered into to.
func valuesOf[T any](col []T, from, size int, at *[blockSize]int32, to *[blockSize]T) []T {
	if at == nil {
		return col[from : from+size]
	}
	for k, r := range at[:size] {
		to[k] = col[r]
	}
	return to[:size]
}

// sifter finds, block by block, the rows that pass all filters, and for each counted facet those that fail its own filters alone.
type sifter struct {
	tests   []test
	nth     map[string]int // of the names
	counted uint64         // bits of the names that are counted too

	passed     []int32                    // places in the block
	alone      [search.MaxFilters][]int32 // by name
	fails      [blockSize]uint64
	rows, sets [blockSize]int32
	numbers    [blockSize]int64
}

// sifters are kept for the next survey: seventy kilobytes each.
var sifters = sync.Pool{New: func() any { return &sifter{nth: map[string]int{}} }}

func (s *sifter) prepare(c *columns, q search.Query) {
	s.tests, s.counted = c.tests(q.Filters), 0
	clear(s.nth)
	for i := range s.tests {
		t := &s.tests[i]
		n, known := s.nth[t.Name]
		if !known {
			n = len(s.nth)
			s.nth[t.Name] = n
		}
		t.bit = 1 << n
		if slices.Contains(q.FacetNames, t.Name) {
			s.counted |= t.bit
		}
		t.failing = make([]uint64, len(t.passes))
		for set, passes := range t.passes {
			if !passes {
				t.failing[set] = t.bit
			}
		}
	}
}

func (s *sifter) sift(c *columns, from, size int, at *[blockSize]int32) {
	fails := s.fails[:size]
	clear(fails)
	for i := range s.tests {
		t := &s.tests[i]
		bit := t.bit
		switch { // as keeps does, without a call for each row
		case t.Range && t.nums != nil:
			least := max(t.Min, absent+1)
			for k, n := range valuesOf(t.nums, from, size, at, &s.numbers) {
				if n < least || n > t.Max {
					fails[k] |= bit
				}
			}
		case t.col != nil:
			failing := t.failing
			for k, set := range valuesOf(t.col.row, from, size, at, &s.sets) {
				fails[k] |= failing[set]
			}
		default:
			for k := range fails {
				r := int32(from + k)
				if at != nil {
					r = at[k]
				}
				if !t.keeps(r) {
					fails[k] |= bit
				}
			}
		}
	}
	versions := valuesOf(c.version, from, size, at, &s.numbers)
	s.passed = s.passed[:0]
	for _, n := range s.nth {
		s.alone[n] = s.alone[n][:0]
	}
	for k, f := range fails {
		switch {
		case f&(f-1) != 0 || versions[k] == absent: // several, or deleted
		case f == 0:
			s.passed = append(s.passed, int32(k))
		case f&s.counted != 0:
			n := bits.TrailingZeros64(f)
			s.alone[n] = append(s.alone[n], int32(k))
		}
	}
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
	return f.codes[f.sets[f.row[r]][0]]
}

// all are the rows that are alive.
func (c *columns) all() []scored {
	c.mu.RLock()
	defer c.mu.RUnlock()
	rows := make([]scored, 0, c.alive)
	for r, v := range c.version {
		if v != absent {
			rows = append(rows, scored{row: int32(r)})
		}
	}
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
		if col != nil {
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
