package matching

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"techmarket/search"
	"techmarket/search/zh"
)

// Shares of a listing's parts in what it asks for. A title says it in short; the sentences of the rest count by their nearness to it, so
// that the company's introduction and the expected profit weigh less than the problem.
const (
	headShare     = 1.5 // title, keywords, 拟解决的关键问题
	sentenceShare = 1
	sentencePower = .25
	headRunes     = 80 // a longer first line is no title
)

const (
	queryWords     = 60     // words that are scored, heaviest first
	queryPairs     = 120    // character pairs
	queryRunes     = 20_000 // of a longer text the rest adds nothing but time
	candidateTerms = 24     // words sent to the engine
	figureSays     = .01    // a figure is compared as a term, not as a word
)

// someSize is the number of listings from which rarity tells what a need is about.
const someSize = 1000

// Query is a listing as a question: its weighty words with their weights. It is made once and is read-only.
type Query struct {
	Listing  search.Document
	words    []queryTerm
	byWord   map[uint32]int
	pairs    map[uint64]float64
	chars    map[rune]float64
	topic    []float32
	legs     TextLegs
	plain    bool                // a line or a passage alone
	near     map[uint32][]nearTo // set by associate
	self     float64             // what a text would score that holds twice every word the market knows
	asked    float64             // what all words ask for, also those that the market doesn't know
	sequence []string            // all words in order, for showing whole phrases
	together []compound          // neighbours in it that both say something
}

// compound is two words that stand together in a need: 钢丝磷化 is more than 钢丝 and 磷化.
type compound struct {
	text   string
	weight float64
}

type queryTerm struct {
	text   string
	weight float64
	asks   float64 // weight in a market of some size: in a small one every known word looks common
	stop   bool
	rare   float64 // idf in a market of some size
	says   float64 // Model.Says: what of a subject it says
	head   bool    // of the title
}

// part is a piece of a listing's text and how much it counts.
type part struct {
	text  string
	share float64
}

// partsOf takes a listing apart. A text without a title of its own begins with one when its first line is short and more follows. whole is
// false for a line or a passage alone: it has no parts to tell apart.
func partsOf(a *zh.Analyzer, m *Model, listing search.Document) (parts []part, whole bool) {
	head, body := listing.Title, clip(listing.Body, queryRunes)
	if first, rest, more := strings.Cut(strings.TrimSpace(body), "\n"); head == "" && more && utf8.RuneCountInString(first) <= headRunes {
		head, body = first, rest
	}
	parts = []part{
		{clip(head, queryRunes), headShare},
		{strings.Join(listing.Keywords, "\n"), headShare},
		{clip(listing.Summary, queryRunes), headShare},
	}
	if head == "" || strings.TrimSpace(body) == "" {
		return append(parts, part{body, sentenceShare}), false
	}
	about := m.topic(bagOfWords(a.Words(head)))
	for _, s := range sentencesOf(body) {
		parts = append(parts, part{s, sentenceShare * math.Pow(.1+cosine(about, m.topic(bagOfWords(a.Words(s)))), sentencePower)})
	}
	return parts, true
}

func sentencesOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("。；;！!？?\n", r) })
}

// NewQuery weighs the words of a listing with what the model knows.
func NewQuery(a *zh.Analyzer, m *Model, w Weights, listing search.Document) *Query {
	q := &Query{Listing: listing, byWord: map[uint32]int{}, pairs: map[uint64]float64{}, chars: map[rune]float64{}, legs: w.TextLegs}
	parts, whole := partsOf(a, m, listing)
	if q.plain = !whole; q.plain {
		q.legs = w.PlainLegs
	}
	factor := func(word string) float64 { return math.Pow(m.says(hash(word)), q.legs.SaysPower) }
	tf, inHead := map[string]float64{}, map[string]bool{}
	pairTF, pairSays, charTF := map[uint64]float64{}, map[uint64]float64{}, map[rune]float64{}
	for i, p := range parts {
		norm, words := a.Normalize(p.text), a.Words(p.text)
		q.sequence = append(append(q.sequence, words...), "\n")
		says, at := make([]float64, len(norm)), 0 // of the word that stands at each place
		for _, word := range words {
			tf[word] += p.share
			inHead[word] = inHead[word] || i == 0
			if i := strings.Index(norm[at:], word); i >= 0 {
				f, end := factor(word), at+i+len(word)
				for at += i; at < end; at++ {
					says[at] = f
				}
			}
		}
		eachPair(norm, func(r rune) { charTF[r] += p.share }, func(pair uint64, i, j int) {
			pairTF[pair] += p.share
			pairSays[pair] = max(pairSays[pair], (says[i]+says[j])/2)
		})
	}
	power := q.legs.IDFPower
	for word, n := range tf {
		h := hash(word)
		df, often := m.WordDF[h], math.Log1p(n)*factor(word)
		if whole && word[0] >= '0' && word[0] <= '9' {
			often *= figureSays
		}
		rare := idf(max(m.Docs, someSize), df)
		q.words = append(q.words, queryTerm{text: word, weight: often * math.Pow(m.idf(df), power),
			asks: often * math.Pow(rare, power), rare: rare, stop: a.Stop(word), says: m.says(h), head: inHead[word]})
	}
	slices.SortFunc(q.words, func(x, y queryTerm) int {
		if x.weight != y.weight {
			return cmpDesc(x.weight, y.weight)
		}
		return strings.Compare(x.text, y.text)
	})
	q.words = q.words[:min(len(q.words), queryWords)]
	for i, t := range q.words {
		q.byWord[hash(t.text)] = i
		q.asked += t.asks
		if m.WordDF[hash(t.text)] > 0 {
			q.self += t.weight * 2 * (bm25K + 1) / (2 + bm25K)
		}
	}
	for p, n := range pairTF {
		q.pairs[p] = math.Log1p(n) * pairSays[p] * math.Pow(m.idf(max(m.PairDF[p], 1)), power)
	}
	keepHeaviest(q.pairs, queryPairs)
	if q.legs.Compounds > 0 {
		q.together = q.compounds()
	}
	if q.legs.Chars > 0 {
		for r, n := range charTF {
			q.chars[r] = math.Log1p(n) * math.Pow(m.idf(m.CharDF[r]), power)
		}
		keepHeaviest(q.chars, queryWords)
	}
	q.topic = q.place(m)
	return q
}

// compounds are the pairs of neighbouring words among those that are scored, each once.
func (q *Query) compounds() []compound {
	var out []compound
	seen := map[string]bool{}
	for i := 1; i < len(q.sequence); i++ {
		a, ok := q.byWord[hash(q.sequence[i-1])]
		b, both := q.byWord[hash(q.sequence[i])]
		if !ok || !both || q.words[a].stop || q.words[b].stop {
			continue
		}
		if text := q.sequence[i-1] + q.sequence[i]; !seen[text] {
			seen[text] = true
			out = append(out, compound{text, math.Sqrt(q.words[a].weight * q.words[b].weight)})
		}
	}
	return out
}

// place is where the query's words lie in the topic space, by their weights.
func (q *Query) place(m *Model) []float32 {
	var v []float32
	for _, t := range q.words {
		if row, ok := m.TopicRow[hash(t.text)]; ok {
			if v == nil {
				v = make([]float32, m.TopicDims)
			}
			addScaled(v, m.topicOf(row), float32(t.weight))
		}
	}
	if v == nil {
		return nil
	}
	return unit(v)
}

// terms are the words for the engine. Words that no document holds stay out, for they would only take the place of others.
func (q *Query) terms(m *Model) []search.WeightedTerm {
	var out []search.WeightedTerm
	for _, t := range q.words {
		if m.Docs > 0 && m.WordDF[hash(t.text)] == 0 {
			continue
		}
		out = append(out, search.WeightedTerm{Term: t.text, Weight: t.weight})
		if len(out) == candidateTerms {
			break
		}
	}
	return out
}

func clip(s string, runes int) string {
	if len(s) <= runes {
		return s
	}
	n := 0
	for i := range s {
		if n == runes {
			return s[:i]
		}
		n++
	}
	return s
}

// keepHeaviest drops all but the n heaviest; of equals the smaller key stays, so that the result does not depend on map order.
func keepHeaviest[K uint64 | rune](m map[K]float64, n int) {
	if len(m) <= n {
		return
	}
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int {
		if m[a] != m[b] {
			return cmpDesc(m[a], m[b])
		}
		if a < b {
			return -1
		}
		return 1
	})
	for _, k := range keys[n:] {
		delete(m, k)
	}
}

func cmpDesc(a, b float64) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}

const (
	bm25K = 1.2
	bm25B = .75
)

// Legs are what comparing two texts measured, leg by leg, before scaling.
type Legs struct {
	Words, Head, Bigrams, Chars, Near, Topic, Feedback, Semantic float64

	Compounds float64 // the need's words that stand together here too
	Sentence  float64 // the most that one sentence holds

	Text float64 // all legs together, as a share of the best candidate's
	Fit  float64 // how far the listing answers what is asked, 0–1; see Query.fit

	matched []int // indices of Query.words found, heaviest first
}

// measureWords compares a document's words with the query's. It is pure, as measure is.
func (q *Query) measureWords(m *Model, d *digest) Legs {
	var l Legs
	norm := bm25K * (1 - bm25B + bm25B*float64(d.words)/max(m.WordsPer, 1))
	for _, c := range d.bag {
		if i, ok := q.byWord[c.word]; ok {
			tf := float64(c.count)
			l.Words += q.words[i].weight * tf * (bm25K + 1) / (tf + norm)
			l.matched = append(l.matched, i)
		}
	}
	slices.Sort(l.matched)
	for _, w := range d.head {
		if i, ok := q.byWord[w]; ok {
			l.Head += q.words[i].weight
		}
	}
	return l
}

// measure adds the other legs to those of the words.
func (q *Query) measure(m *Model, d *digest, l Legs) Legs {
	pairs, chars := map[uint64]float64{}, map[rune]float64{}
	n := 0
	eachPair(d.text, func(r rune) {
		if n++; len(q.chars) == 0 {
			return
		}
		if _, ok := q.chars[r]; ok {
			chars[r]++
		}
	}, func(p uint64, _, _ int) {
		if _, ok := q.pairs[p]; ok {
			pairs[p]++
		}
	})
	norm := bm25K * (1 - bm25B + bm25B*float64(n)/max(m.CharsPer, 1))
	l.Bigrams = saturate(q.pairs, pairs, norm)
	l.Chars = saturate(q.chars, chars, norm)
	// formulas and model numbers count in the pairs' leg as well
	for _, i := range l.matched {
		if t := q.words[i]; t.text[0] < utf8.RuneSelf {
			l.Bigrams += t.weight
		}
	}
	for _, c := range q.together {
		if strings.Contains(d.text, c.text) {
			l.Compounds += c.weight
		}
	}
	if q.legs.Sentence > 0 {
		l.Sentence = q.bestSentence(d.text, l.matched)
	}
	l.Near = q.likeness(d.bag)
	l.Topic = cosine(q.topic, d.topic)
	return l
}

// bestSentence is the weight of the words that one sentence holds, the best of them: a problem is told in one.
func (q *Query) bestSentence(text string, matched []int) float64 {
	best := 0.0
	for _, s := range sentencesOf(text) {
		sum := 0.0
		for _, i := range matched {
			if strings.Contains(s, q.words[i].text) {
				sum += q.words[i].weight
			}
		}
		best = max(best, sum)
	}
	return best
}

// cosine of two unit vectors of one space, 0 where one is missing or they point apart.
func cosine(a, b []float32) float64 {
	if a == nil || b == nil {
		return 0
	}
	return max(0, float64(Dot(a, b)))
}

// saturate sums BM25 over counted keys, in key order so that the float sum is the same every time.
func saturate[K uint64 | rune](weights, tf map[K]float64, norm float64) float64 {
	keys := make([]K, 0, len(tf))
	for k := range tf {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	sum := 0.0
	for _, k := range keys {
		sum += weights[k] * tf[k] * (bm25K + 1) / (tf[k] + norm)
	}
	return sum
}
