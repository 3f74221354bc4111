package local

import (
	"slices"

	"techmarket/search"
)

// scored is a row with its score.
type scored struct {
	row   int32
	score float64
	doc   uint64 // bleve's number of the document in the snapshot that was searched
}

// best keeps the first rows of an order: a heap whose root is the last of those kept.
type best struct {
	keep int
	less func(a, b scored) int
	heap []scored

	col  []int64 // the first number of the order, nil where there is none
	desc bool
}

func (c *columns) newBest(by []search.Sort, keep int) *best {
	b := &best{keep: keep, less: c.order(by)}
	if len(by) > 0 {
		b.col, b.desc = c.numbers[by[0].Number], by[0].Desc
	}
	return b
}

// offer adds the rows of a block (see survey), the last first. Nearly all of 100,000 rows are worse by the first number alone than those
// already kept, so that is looked at before the order is asked.
func (b *best) offer(from int, at *[blockSize]int32, hits []scored, places []int32) {
	if b.keep == 0 {
		return
	}
	worth := func(r int32) int64 { // more is better; nothing is less than an absent number
		if b.desc || b.col[r] == absent {
			return b.col[r]
		}
		return -b.col[r]
	}
	for _, k := range slices.Backward(places) {
		s := scored{row: int32(from) + k}
		if at != nil {
			s = hits[int32(from)+k]
		}
		if b.col == nil || len(b.heap) < b.keep || worth(s.row) >= worth(b.heap[0].row) {
			b.add(s)
		}
	}
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
	top := c.newBest(nil, limit)
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
