package matching

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestNeighboursAreThoseThatComparingEveryWordFinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		dims, words := rapid.SampledFrom([]int{1, 2, 7, 100, topicDims}).Draw(t, "dims"), rapid.IntRange(1, 200).Draw(t, "words")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		spread := rapid.SampledFrom([]float64{.01, .1, 1, 3}).Draw(t, "spread") // around few centres, so that cosines of all sizes come up
		m := &Model{TopicRow: map[uint32]int32{}, TopicDims: dims, Topics: make([]float32, words*dims)}
		for r := range words {
			m.TopicRow[uint32(1000+r)] = int32(r)
			for i := range dims {
				m.Topics[r*dims+i] = float32(rng.NormFloat64()*spread + math.Sin(float64(1+r%5)*float64(i+1)))
			}
		}
		var n neighbourhood
		asked := []uint32{1000, 1000 + uint32(words)/2, 1000 + uint32(words) - 1, 7}
		found := n.of(m, asked)
		for _, w := range asked[:3] {
			var want []nearWord
			mine := m.topicOf(m.TopicRow[w])
			for other, r := range m.TopicRow {
				v := m.topicOf(r)
				if like := Dot(mine, v) / (float32(math.Sqrt(float64(Dot(v, v))))*float32(math.Sqrt(float64(Dot(mine, mine)))) + 1e-20); other != w &&
					like >= nearLeast {
					want = append(want, nearWord{other, like})
				}
			}
			if len(found[w]) != min(len(want), nearMost) {
				t.Fatalf("word %d has %d neighbours, want %d of %d", w, len(found[w]), nearMost, len(want))
			}
			least := float32(2)
			for _, f := range found[w] {
				if f.like > least ||
					!slices.ContainsFunc(want, func(k nearWord) bool { return k.word == f.word && math.Abs(float64(k.like-f.like)) < 1e-6 }) {
					t.Fatalf("word %d: neighbour %+v after one of %f", w, f, least)
				}
				least = f.like
			}
			if slices.ContainsFunc(want, func(k nearWord) bool {
				return k.like > least+1e-6 && !slices.ContainsFunc(found[w], func(f nearWord) bool { return f.word == k.word })
			}) {
				t.Fatalf("a nearer word than %f is missing", least)
			}
		}
		if found[7] != nil {
			t.Fatal("a word outside the space has no neighbours")
		}
	})
}
