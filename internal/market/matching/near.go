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

// neighbourhood finds the neighbours of words in a model's topic space and remembers them. A scan of 50,000 words takes about 3 ms.
type neighbourhood struct {
	once  sync.Once
	words []uint32  // by row
	norms []float32 // by row

	mu    sync.Mutex
	known map[uint32][]nearWord
}

// of returns the neighbours of a word, the likest first, itself left out; none for a word outside the space.
func (n *neighbourhood) of(m *Model, word uint32) []nearWord {
	row, ok := m.TopicRow[word]
	if !ok {
		return nil
	}
	n.once.Do(func() {
		n.words, n.norms, n.known = make([]uint32, len(m.TopicRow)), make([]float32, len(m.TopicRow)), map[uint32][]nearWord{}
		for w, r := range m.TopicRow {
			v := m.topicOf(r)
			n.words[r], n.norms[r] = w, float32(math.Sqrt(float64(Dot(v, v))))
		}
	})
	n.mu.Lock()
	found, ok := n.known[word]
	n.mu.Unlock()
	if ok {
		return found
	}
	mine := m.topicOf(row)
	for r, w := range n.words {
		if like := Dot(mine, m.topicOf(int32(r))) / (n.norms[row]*n.norms[r] + 1e-20); like >= nearLeast && w != word {
			found = append(found, nearWord{w, like})
		}
	}
	slices.SortFunc(found, func(a, b nearWord) int {
		if a.like != b.like {
			return cmpDesc(float64(a.like), float64(b.like))
		}
		return int(int64(a.word) - int64(b.word))
	})
	found = slices.Clone(found[:min(len(found), nearMost)])
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.known) >= nearMemory {
		clear(n.known)
	}
	n.known[word] = found
	return found
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
	for i, t := range q.words[:min(len(q.words), nearWords)] {
		h := hash(t.text)
		q.near[h] = append(q.near[h], nearTo{i, 1})
		for _, w := range n.of(m, h) {
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
