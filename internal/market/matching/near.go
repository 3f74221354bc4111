package matching

import (
	"math"
	"slices"
	"sync"
)

// Association: words that go together in the market's texts lie close together in the topic space, so a listing that says
// 尾气净化 can answer a need that says 烟气脱硝 although they share no word.
const (
	nearWords  = 12  // words of a query, heaviest first, whose neighbours are looked for
	nearLeast  = .45 // cosine from which two words count as neighbours
	nearMost   = 30  // neighbours of a word
	nearMemory = 20_000
)

// nearWord is a neighbour of a word and how alike they are, 0–1.
type nearWord struct {
	word uint32
	like float32
}

// neighbourhood finds the neighbours of words in a model's topic space and remembers them. Twelve words among 50,000 take about 10 ms on
// one core.
type neighbourhood struct {
	once   sync.Once
	rows   []nearRow
	packed []uint64 // of each row, packs(dims) values
	packs  int

	mu    sync.Mutex
	known map[uint32][]nearWord
}

// nearRow is a row of the topic space made ready for the rough look: its unit vector in steps of 1/scale, and how far that is off.
type nearRow struct {
	word  uint32
	norm  float32
	step  float32
	error float32 // length of what rounding took away
	sum   int32   // of the packed values
}

// The rough look multiplies three values of 7 bits at once. Packed as a + b·2²¹ + c·2⁴² on one side and c + b·2²¹ + a·2⁴² on the other, the
// product holds their inner product from bit 42 on, and 43 such products (128 values) can be added before a part runs over.
const (
	packBits  = 21
	packZero  = 64 // what stands for 0
	packSteps = 63 // to the largest value
)

// pack rounds a unit vector of at most topicDims values; reversed is the other side of the product.
func pack(to []uint64, v []float32, reversed bool) (r nearRow) {
	largest := float32(1e-20)
	for _, x := range v {
		largest = max(largest, x, -x)
	}
	r.step = largest / packSteps
	lost := 0.0
	for i, x := range v {
		n := int32(math.Round(float64(x / r.step)))
		off := float64(x - float32(n)*r.step)
		lost += off * off
		r.sum += n + packZero
		place := i % 3
		if reversed {
			place = 2 - place
		}
		to[i/3] |= uint64(n+packZero) << (packBits * place)
	}
	r.error = float32(math.Sqrt(lost))
	return r
}

// prepare packs all rows.
func (n *neighbourhood) prepare(m *Model) {
	n.known, n.packs = map[uint32][]nearWord{}, (m.TopicDims+2)/3
	n.rows, n.packed = make([]nearRow, len(m.TopicRow)), make([]uint64, len(m.TopicRow)*n.packs)
	v := make([]float32, m.TopicDims)
	for w, r := range m.TopicRow {
		copy(v, m.topicOf(r))
		norm := float32(math.Sqrt(float64(Dot(v, v))))
		n.rows[r] = pack(n.packed[int(r)*n.packs:], unit(v), false)
		n.rows[r].word, n.rows[r].norm = w, norm
	}
}

// of returns the neighbours of each word, the likest first, itself left out; none for a word outside the space.
func (n *neighbourhood) of(m *Model, words []uint32) map[uint32][]nearWord {
	n.once.Do(func() { n.prepare(m) })
	found, wanted := map[uint32][]nearWord{}, []uint32(nil)
	n.mu.Lock()
	for _, w := range words {
		if near, ok := n.known[w]; ok {
			found[w] = near
		} else if _, ok := m.TopicRow[w]; ok && !slices.Contains(wanted, w) {
			wanted = append(wanted, w)
		}
	}
	n.mu.Unlock()
	if len(wanted) == 0 {
		return found
	}
	near := n.scan(m, wanted)
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.known)+len(wanted) > nearMemory {
		clear(n.known)
	}
	for i, w := range wanted {
		slices.SortFunc(near[i], func(a, b nearWord) int {
			if a.like != b.like {
				return cmpDesc(float64(a.like), float64(b.like))
			}
			return int(int64(a.word) - int64(b.word))
		})
		found[w] = slices.Clone(near[i][:min(len(near[i]), nearMost)])
		n.known[w] = found[w]
	}
	return found
}

// scan goes through all rows once, in halves side by side: a row read from memory serves all words.
func (n *neighbourhood) scan(m *Model, words []uint32) [][]nearWord {
	type word struct {
		nearRow
		row    int32
		packed []uint64
	}
	asked := make([]word, len(words))
	v := make([]float32, m.TopicDims)
	for i, w := range words {
		row := m.TopicRow[w]
		packed := make([]uint64, n.packs)
		copy(v, m.topicOf(row))
		asked[i] = word{pack(packed, unit(v), true), row, packed}
	}
	part := func(from, to int) [][]nearWord {
		found := make([][]nearWord, len(words))
		for r := from; r < to; r++ {
			row, packed := &n.rows[r], n.packed[r*n.packs:(r+1)*n.packs]
			for i := range asked {
				w := &asked[i]
				sum := uint64(0)
				for k, x := range w.packed[:len(packed)] {
					sum += x * packed[k]
				}
				product := int32(sum>>(2*packBits)&(1<<packBits-1)) - packZero*(row.sum+w.sum) + packZero*packZero*int32(m.TopicDims)
				if off := row.error + w.error + row.error*w.error + 1e-4; float32(product)*row.step*w.step < nearLeast-off {
					continue // even if rounding took as much as it can
				}
				like := Dot(m.topicOf(w.row), m.topicOf(int32(r))) / (n.rows[w.row].norm*row.norm + 1e-20)
				if like >= nearLeast && int32(r) != w.row {
					found[i] = append(found[i], nearWord{row.word, like})
				}
			}
		}
		return found
	}
	half := len(n.rows) / 2
	var first [][]nearWord
	var wait sync.WaitGroup
	wait.Go(func() { first = part(0, half) })
	second := part(half, len(n.rows))
	wait.Wait()
	for i := range first {
		first[i] = append(first[i], second[i]...)
	}
	return first
}

// topicOf is a word's place in the topic space.
func (m *Model) topicOf(row int32) []float32 {
	return m.Topics[int(row)*m.TopicDims : int(row+1)*m.TopicDims]
}

// nearTo says that a document word is like the query's word at index.
type nearTo struct {
	index int
	like  float64
}

// associate looks up what is like the query's heaviest words, the words themselves included.
func (q *Query) associate(m *Model, n *neighbourhood) {
	q.near = map[uint32][]nearTo{}
	words := make([]uint32, min(len(q.words), nearWords))
	for i := range words {
		words[i] = hash(q.words[i].text)
	}
	found := n.of(m, words)
	for i, h := range words {
		q.near[h] = append(q.near[h], nearTo{i, 1})
		for _, w := range found[h] {
			q.near[w.word] = append(q.near[w.word], nearTo{i, float64(w.like)})
		}
	}
}

// likeness sums, over the query's heaviest words, the best that a document says to each.
func (q *Query) likeness(bag []wordCount) float64 {
	var best [nearWords]float64
	for _, c := range bag {
		for _, n := range q.near[c.word] {
			best[n.index] = max(best[n.index], n.like)
		}
	}
	sum := 0.0
	for i, like := range best[:min(len(q.words), nearWords)] {
		sum += like * q.words[i].weight
	}
	return sum
}
