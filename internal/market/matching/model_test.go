package matching

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/search"
)

func TestDirectionsWeighAsMuchAsTheyHoldOfTheTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words, texts := rapid.IntRange(1, 12).Draw(t, "words"), rapid.IntRange(1, 30).Draw(t, "texts")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		rows, whole := make([][]cell, texts), make([]float64, words*words) // whole is AᵀA
		for i := range rows {
			for w := range words {
				rows[i] = append(rows[i], cell{int32(w), float32(rng.NormFloat64())})
			}
			for a := range words {
				for b := range words {
					whole[a*words+b] += float64(rows[i][a].x) * float64(rows[i][b].x)
				}
			}
		}
		q := make([]float32, words*words)
		for i := range q {
			q[i] = float32(rng.NormFloat64())
		}
		orthonormal(q, words)
		q = weighTopics(q, words, gram(rows, q, words))
		for a := range words {
			for b := range words {
				if got := float64(Dot(q[a*words:(a+1)*words], q[b*words:(b+1)*words])); math.Abs(got-whole[a*words+b]) > 1e-2 {
					t.Fatalf("words %d and %d: %f, in the texts %f", a, b, got, whole[a*words+b])
				}
			}
		}
	})
}

// texts are about some of many small subjects each, so that the space has no room for all of them.
func texts(n int) []search.Document {
	rng := rand.New(rand.NewPCG(4, 4))
	docs := make([]search.Document, n)
	for i := range docs {
		var words []string
		for range 3 {
			subject := rng.IntN(60)
			for range 5 {
				words = append(words, fmt.Sprintf("w%dx%d", subject, rng.IntN(12)))
			}
		}
		docs[i] = achievement(fmt.Sprintf("d%d", i), "", strings.Join(words, " "))
	}
	return docs
}

func TestOneMoreListingDoesNotTurnTheSpace(t *testing.T) {
	t.Parallel()
	a, err := analyzer()
	if err != nil {
		t.Fatal(err)
	}
	docs := texts(400)
	before, err := Learn(context.Background(), a, each(docs))
	if err != nil {
		t.Fatal(err)
	}
	more := append([]search.Document{achievement("new", "", "w0x0 w1x1 w2x2 w3x3 w4x4")}, docs...)
	after, err := Learn(context.Background(), a, each(more))
	if err != nil {
		t.Fatal(err)
	}
	moved := 0.0
	for i := 1; i < len(docs); i++ {
		x, y := bagOfWords(a.Words(docs[i-1].Body)), bagOfWords(a.Words(docs[i].Body))
		moved += math.Abs(cosine(before.topic(x), before.topic(y)) - cosine(after.topic(x), after.topic(y)))
	}
	if moved /= float64(len(docs) - 1); moved > .005 {
		t.Errorf("the nearness of two texts moved by %.3f on average", moved)
	}
}

func TestWhatStandsAmongGoodAnswersStandsBeforeALoneOne(t *testing.T) {
	t.Parallel()
	one, other := []float32{1, 0}, []float32{0, 1}
	digests := []*digest{{topic: other}, {topic: one}, {topic: one}, {topic: one}, {topic: other}}
	legs := []Legs{{Fit: .81}, {Fit: .8}, {Fit: .79}, {Fit: .78}, {Fit: .1}} // the only one like the first is a bad answer
	support(legs, digests)
	got := []float64{legs[0].Fit, legs[1].Fit, legs[2].Fit, legs[3].Fit, legs[4].Fit}
	if want := []float64{.78, .81, .8, .79, .1}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v: the alike ones first, the values as they were", got, want)
	}
}
