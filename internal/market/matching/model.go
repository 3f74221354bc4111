package matching

import (
	"context"
	"encoding/gob"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"unicode"

	"techmarket/search"
	"techmarket/search/zh"
)

// Model is what the market's own texts teach: how many listings hold a word, a pair or a character, and a space in which words that
// go together lie together (latent semantic analysis by randomised subspace iteration). It is read-only and safe for
// concurrent use. Words are kept as 32-bit hashes: at 100,000 words about one pair collides, which no ranking notices.
type Model struct {
	Docs      int
	WordsPer  float64 // mean words of a document
	CharsPer  float64 // mean Han characters
	WordDF    map[uint32]uint32
	PairDF    map[uint64]uint32 // pairs in at least two documents
	CharDF    map[rune]uint32
	Says      map[uint32]float32 // how much a word says of a subject, around 1; see learnSays
	TopicRow  map[uint32]int32   // word → row of Topics
	TopicIDF  []float32          // of each row's word, to the power topicIDF
	Topics    []float32          // rows of TopicDims
	TopicDims int
}

const (
	topicDims    = 128
	topicMinDF   = 3
	topicWords   = 50_000 // vocabulary of the topic space at most
	topicDocs    = 40_000 // documents it is learned from at most, evenly spread
	topicRounds  = 8
	topicWorkers = 2 // fixed, so that the sums come out the same on every machine
	topicIDF     = 1.5
	minTopicDocs = 200 // fewer teach nothing
)

const (
	usualCohesion = .1 // of a word that nothing is known of: the mean of the evaluation's words
	cohesionPrior = 6  // pairs of texts that are taken to have it
	cohesionPower = .25
	leastCohesion = .001
)

// Learn reads all documents once. 12,104 abstracts take about 10 s on one core. It is meant for a daily job.
func Learn(ctx context.Context, a *zh.Analyzer, docs iter.Seq2[search.Document, error]) (*Model, error) {
	m := &Model{WordDF: map[uint32]uint32{}, PairDF: map[uint64]uint32{}, CharDF: map[rune]uint32{}, Says: map[uint32]float32{}}
	var bags [][]wordCount
	rarity := map[uint32]float32{} // in general Chinese, in bits
	stop := map[uint32]bool{}
	seen := map[uint64]struct{}{}
	chars := map[rune]struct{}{}
	for d, err := range docs {
		if err != nil {
			return nil, fmt.Errorf("matching: learn: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		text := fullText(d)
		words := a.Words(text)
		counts := map[uint32]uint8{}
		for _, w := range words {
			h := hash(w)
			if a.Stop(w) {
				stop[h] = true
			}
			if _, known := rarity[h]; !known {
				bits, _ := a.Rarity(w)
				rarity[h] = float32(bits)
			}
			if counts[h] < math.MaxUint8 {
				counts[h]++
			}
		}
		for h := range counts {
			m.WordDF[h]++
		}
		bags = append(bags, bagOf(counts))
		clear(seen)
		clear(chars)
		n := 0
		eachPair(a.Normalize(text), func(r rune) { n++; chars[r] = struct{}{} }, func(p uint64, _, _ int) { seen[p] = struct{}{} })
		for r := range chars {
			m.CharDF[r]++
		}
		for p := range seen {
			m.PairDF[p]++
		}
		m.Docs++
		m.WordsPer += float64(len(words))
		m.CharsPer += float64(n)
	}
	for p, df := range m.PairDF {
		if df < 2 {
			delete(m.PairDF, p)
		}
	}
	m.WordsPer /= float64(max(m.Docs, 1))
	m.CharsPer /= float64(max(m.Docs, 1))
	if m.Docs >= minTopicDocs {
		m.learnTopics(ctx, bags, stop)
	}
	m.learnSays(bags, rarity)
	return m, ctx.Err()
}

// learnSays finds how much each word says of a subject. Two things tell a word of a trade from one of letters and reports, without any
// list: the market's texts use it more than general Chinese does (公司 they don't, 焙烧 they do), and the texts that hold it are about the
// same thing (the mean cosine of each two of them, from the middle of all texts, without a text's likeness to itself).
func (m *Model) learnSays(bags [][]wordCount, rarity map[uint32]float32) {
	k := m.TopicDims
	middle, texts := make([]float32, k), float32(0)
	places := make([][]float32, len(bags))
	for i, b := range bags {
		if places[i] = m.topic(b); places[i] != nil {
			addScaled(middle, places[i], 1)
			texts++
		}
	}
	sums, squares := make([]float32, len(m.TopicRow)*k), make([]float64, len(m.TopicRow))
	used, all := map[uint32]float64{}, 0.0
	for i, b := range bags {
		place := places[i]
		if place != nil {
			addScaled(place, middle, -1/texts)
		}
		for _, c := range b {
			used[c.word] += float64(c.count)
			all += float64(c.count)
			if row, ok := m.TopicRow[c.word]; ok && place != nil {
				addScaled(sums[int(row)*k:int(row+1)*k], place, 1)
				squares[row] += float64(Dot(place, place))
			}
		}
	}
	for w, bits := range rarity {
		says := 1.0
		if bits > 0 { // in the dictionary
			says = 1 / (1 + math.Exp2(-math.Log2((used[w]+.5)/all)-float64(bits)))
		}
		if row, ok := m.TopicRow[w]; ok {
			sum, n := sums[int(row)*k:int(row+1)*k], float64(m.WordDF[w])
			together := float64(Dot(sum, sum)) - squares[row] + usualCohesion*cohesionPrior
			says *= math.Pow(max(together/(n*(n-1)+cohesionPrior), leastCohesion)/usualCohesion, cohesionPower)
		}
		m.Says[w] = float32(says)
	}
}

// says is a word's weight beside its rarity; 1 for one that no text holds.
func (m *Model) says(word uint32) float64 {
	if s, ok := m.Says[word]; ok {
		return float64(s)
	}
	return 1
}

// Save writes the model, Load reads it; it is a cache of what Learn finds, so a model of another program version may be refused.
func (m *Model) Save(w io.Writer) error { return gob.NewEncoder(w).Encode(m) }

// Load reads a saved model.
func Load(r io.Reader) (*Model, error) {
	m := &Model{}
	if err := gob.NewDecoder(r).Decode(m); err != nil {
		return nil, fmt.Errorf("matching: load model: %w", err)
	}
	if len(m.Topics) != m.TopicDims*len(m.TopicRow) || len(m.TopicIDF) != len(m.TopicRow) {
		return nil, fmt.Errorf("matching: load model: %d topic values for %d words", len(m.Topics), len(m.TopicRow))
	}
	return m, nil
}

// fullText joins what the ranking compares.
func fullText(d search.Document) string {
	var text strings.Builder
	text.WriteString(d.Title)
	for _, k := range d.Keywords {
		text.WriteString("\n" + k)
	}
	return text.String() + "\n" + d.Summary + "\n" + d.Body
}

func hash(w string) uint32 {
	h := fnv.New32a()
	_, _ = io.WriteString(h, w) // a hash takes everything
	return h.Sum32()
}

type wordCount struct {
	word  uint32
	count uint8
}

func bagOf(counts map[uint32]uint8) []wordCount {
	bag := make([]wordCount, 0, len(counts))
	for w, n := range counts {
		bag = append(bag, wordCount{w, n})
	}
	slices.SortFunc(bag, func(a, b wordCount) int { return int(int64(a.word) - int64(b.word)) })
	return bag
}

// bagOfWords counts words.
func bagOfWords(words []string) []wordCount {
	counts := make(map[uint32]uint8, len(words))
	for _, w := range words {
		if h := hash(w); counts[h] < math.MaxUint8 {
			counts[h]++
		}
	}
	return bagOf(counts)
}

// eachPair walks the Han characters of a normalised text and the pairs of neighbours among them; i and j are where the two begin.
func eachPair(text string, char func(rune), pair func(p uint64, i, j int)) {
	var prev rune
	at := 0
	for i, r := range text {
		if r < 0x2e80 || (r < 0x4e00 || r > 0x9fff) && !unicode.Is(unicode.Han, r) {
			prev = 0
			continue
		}
		char(r)
		if prev != 0 {
			pair(uint64(prev)<<32|uint64(r), at, i)
		}
		prev, at = r, i
	}
}

func (m *Model) idf(df uint32) float64 { return idf(m.Docs, df) }

func idf(docs int, df uint32) float64 {
	n, f := float64(docs), float64(df)
	return math.Log(1 + (n-f+.5)/(f+.5))
}

// learnTopics finds the leading right singular vectors of the documents × words matrix.
func (m *Model) learnTopics(ctx context.Context, bags [][]wordCount, stop map[uint32]bool) {
	var words []uint32
	for w, df := range m.WordDF {
		if df >= topicMinDF && int(df) < m.Docs/5 && !stop[w] {
			words = append(words, w)
		}
	}
	slices.SortFunc(words, func(a, b uint32) int {
		if d := int(m.WordDF[b]) - int(m.WordDF[a]); d != 0 {
			return d
		}
		return int(int64(a) - int64(b))
	})
	words = words[:min(len(words), topicWords)]
	m.TopicDims = min(topicDims, len(words)/4)
	if m.TopicDims == 0 {
		return
	}
	m.TopicRow = make(map[uint32]int32, len(words))
	for i, w := range words {
		m.TopicRow[w] = int32(i)
		m.TopicIDF = append(m.TopicIDF, float32(math.Pow(m.idf(m.WordDF[w]), topicIDF)))
	}
	step := 1 + (len(bags)-1)/topicDocs
	rows := make([][]cell, 0, len(bags)/step+1)
	for i := 0; i < len(bags); i += step {
		rows = append(rows, m.topicCells(bags[i]))
	}
	k := m.TopicDims
	q := make([]float32, len(words)*k)
	for i, w := range words { // it begins at the same place every day, so that one more listing does not turn the space
		rng := rand.New(rand.NewPCG(uint64(w), 1))
		for j := range k {
			q[i*k+j] = float32(rng.NormFloat64())
		}
	}
	for range topicRounds {
		if orthonormal(q, k); ctx.Err() != nil {
			break
		}
		q = gramTimes(rows, q, k)
	}
	orthonormal(q, k)
	m.Topics = weighTopics(q, k, gram(rows, q, k))
}

// weighTopics gives each direction of the space the weight of its singular value. Alike, the last ones, which are as good as chance, would
// decide about an order as much as the first. q·L of the Cholesky factor L of g = qᵀAᵀAq has the same inner products as the singular
// vectors times their values, without finding those. g is overwritten.
func weighTopics(q []float32, k int, g []float64) []float32 {
	nothing := 0.0 // below it a direction holds nothing of the texts
	for j := range k {
		nothing += 1e-9 * g[j*k+j] / float64(k)
	}
	for j := range k {
		for i := j; i < k; i++ {
			sum := g[i*k+j]
			for n := range j {
				sum -= g[i*k+n] * g[j*k+n]
			}
			switch {
			case i > j && g[j*k+j] > 0:
				g[i*k+j] = sum / g[j*k+j]
			case i == j && sum > nothing:
				g[i*k+j] = math.Sqrt(sum)
			default:
				g[i*k+j] = 0
			}
		}
	}
	row := make([]float64, k)
	for at := 0; at < len(q); at += k {
		clear(row)
		for i, x := range q[at : at+k] {
			for j := range i + 1 {
				row[j] += float64(x) * g[i*k+j]
			}
		}
		for j, x := range row {
			q[at+j] = float32(x)
		}
	}
	return q
}

// gram computes qᵀAᵀA·q for the sparse rows of A, its lower half.
func gram(rows [][]cell, q []float32, k int) []float64 {
	g, y := make([]float64, k*k), make([]float32, k)
	for _, row := range rows {
		clear(y)
		for _, c := range row {
			addScaled(y, q[int(c.row)*k:], c.x)
		}
		for i, x := range y {
			for j, z := range y[:i+1] {
				g[i*k+j] += float64(x) * float64(z)
			}
		}
	}
	return g
}

// cell is one value of a sparse row.
type cell struct {
	row int32
	x   float32
}

// topicCells gives a bag's words in the topic space, as a unit vector.
func (m *Model) topicCells(bag []wordCount) []cell {
	var cells []cell
	sum := 0.0
	for _, c := range bag {
		if row, ok := m.TopicRow[c.word]; ok {
			x := math.Log1p(float64(c.count)) * float64(m.TopicIDF[row])
			cells = append(cells, cell{row, float32(x)})
			sum += x * x
		}
	}
	scale := float32(1 / math.Sqrt(sum+1e-12))
	for i := range cells {
		cells[i].x *= scale
	}
	return cells
}

// gramTimes computes AᵀA·q for the sparse rows of A.
func gramTimes(rows [][]cell, q []float32, k int) []float32 {
	sums := make([][]float32, topicWorkers)
	var wait sync.WaitGroup
	for w := range sums {
		wait.Go(func() {
			z, y := make([]float32, len(q)), make([]float32, k)
			for i := w; i < len(rows); i += topicWorkers {
				clear(y)
				for _, c := range rows[i] {
					addScaled(y, q[int(c.row)*k:], c.x)
				}
				for _, c := range rows[i] {
					addScaled(z[int(c.row)*k:int(c.row)*k+k], y, c.x)
				}
			}
			sums[w] = z
		})
	}
	wait.Wait()
	for _, z := range sums[1:] {
		addScaled(sums[0], z, 1)
	}
	return sums[0]
}

func addScaled(to, from []float32, x float32) {
	from = from[:len(to)]
	for i := range to {
		to[i] += x * from[i]
	}
}

// orthonormal makes the k columns of q orthonormal (modified Gram–Schmidt over columns copied out, so that memory is read in order).
func orthonormal(q []float32, k int) {
	n := len(q) / k
	cols := make([][]float32, k)
	for j := range cols {
		col := make([]float32, n)
		for i := range col {
			col[i] = q[i*k+j]
		}
		for _, prev := range cols[:j] {
			addScaled(col, prev, -Dot(col, prev))
		}
		scale := 1 / (float32(math.Sqrt(float64(Dot(col, col)))) + 1e-20)
		for i := range col {
			col[i] *= scale
		}
		cols[j] = col
	}
	for j, col := range cols {
		for i, x := range col {
			q[i*k+j] = x
		}
	}
}

// Dot is the inner product of two vectors of one length, of unit vectors their cosine.
func Dot(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+3 < len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + s2 + s3
}

// topic places a bag of words in the topic space, as a unit vector; nil when the model has none or knows none of the words.
func (m *Model) topic(bag []wordCount) []float32 {
	cells := m.topicCells(bag)
	if len(cells) == 0 {
		return nil
	}
	v := make([]float32, m.TopicDims)
	for _, c := range cells {
		addScaled(v, m.topicOf(c.row), c.x)
	}
	return unit(v)
}

// unit scales a vector to length 1, in place.
func unit(v []float32) []float32 {
	scale := 1 / (float32(math.Sqrt(float64(Dot(v, v)))) + 1e-12)
	for i := range v {
		v[i] *= scale
	}
	return v
}
