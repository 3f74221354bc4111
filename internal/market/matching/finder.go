package matching

import (
	"context"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/facet"
	"techmarket/search"
	"techmarket/search/zh"
)

// Finder matches listings through an engine. It is safe for concurrent use.
type Finder struct {
	engine   search.Engine
	analyzer *zh.Analyzer
	weights  Weights
	now      func() time.Time
	name     func(facet, code string) string
	learned  atomic.Pointer[learned]
	semantic Semantic // nil without an embedder
	reranker Reranker // nil without one
}

// learned is a model with what was looked up in it.
type learned struct {
	*Model
	near neighbourhood
}

// NewFinder makes a Finder. name gives the Chinese name of a facet code for the reasons.
func NewFinder(
	engine search.Engine,
	analyzer *zh.Analyzer,
	model *Model,
	weights Weights,
	now func() time.Time,
	name func(facet, code string) string,
) *Finder {
	f := &Finder{engine: engine, analyzer: analyzer, weights: weights, now: now, name: name}
	f.SetModel(model)
	return f
}

// SetSemantic lets an embedder's vectors take part; its weight is that of the semantic leg.
func (f *Finder) SetSemantic(s Semantic) { f.semantic = s }

// SetModel puts a newly learned model into use.
func (f *Finder) SetModel(m *Model) { f.learned.Store(&learned{Model: m}) }

// Request asks for matches of one listing.
type Request struct {
	Listing search.Document // the need, or the achievement, that others are sought for
	Want    string          // kind of the other side
	// Visible are the filters of what the person may see (state, visibility, validity). They always hold and are never counted.
	Visible []search.Filter
	// Hard are the listing's own hard constraints; what they take away is counted in Matches.Filtered.
	Hard  []search.Filter
	Limit int  // 1–100
	Under bool // what lies under the threshold too
}

// Matches answers a Request.
type Matches struct {
	Items    []Match
	Filtered int // textually fitting listings that the hard constraints took away
	Under    int // listings that share words and stay under the threshold; counted, listed on request
	Weights  string
	Notice   string // plain Chinese, when something was left out; else ""
}

// Match is one found listing.
type Match struct {
	Document  search.Document
	Explained Explained
}

const (
	candidateLimit = search.MaxCandidates
	orgLimit       = 2  // of one organisation …
	orgWindow      = 10 // … in the first ten
)

// Find returns the best matches, best first; none when nothing reaches the threshold. Faults: those of the engine; invalid
// "match_empty" for a listing without any word.
func (f *Finder) Find(ctx context.Context, r Request) (Matches, error) {
	model := f.learned.Load()
	q := NewQuery(f.analyzer, model.Model, f.weights, r.Listing)
	q.associate(model.Model, &model.near)
	if len(q.words) == 0 {
		return Matches{}, fault.New(fault.Invalid, "match_empty", "没有可以用来匹配的文字，请写明标题和要解决的问题。")
	}
	out := Matches{Weights: f.weights.Version}
	visible := append(slices.Clone(r.Visible), search.AnyOf("kind", r.Want))
	if search.ValidCode(r.Listing.ID) {
		visible = append(visible, search.NoneOf("id", r.Listing.ID))
	}
	var mean meaning
	if f.semantic != nil {
		near, err := f.semantic.Near(ctx, r.Listing, r.Want, semanticScale)
		if err != nil { // matching goes on without it, and says so
			out.Notice = "语义匹配暂时不可用，下面的结果只按文字和各项条件匹配。"
		}
		mean = newMeaning(near)
	}
	ask := search.CandidateQuery{Terms: q.terms(model.Model), Filters: visible, Limit: candidateLimit}
	if len(ask.Terms) == 0 && len(mean.extra) == 0 {
		return out, nil
	}
	candidates, err := f.candidates(ctx, ask, mean)
	if err != nil {
		return out, err
	}
	if len(r.Hard) > 0 {
		kept := len(candidates)
		candidates = slices.DeleteFunc(candidates, func(c search.Candidate) bool { return !passes(c, r.Hard) })
		if out.Filtered = kept - len(candidates); out.Filtered > 0 { // what they took away may have stood before others that pass
			ask.Filters = append(ask.Filters, r.Hard...)
			if candidates, err = f.candidates(ctx, ask, mean); err != nil {
				return out, err
			}
		}
	}
	digests, err := f.digests(ctx, candidates)
	if err != nil {
		return out, err
	}
	f.rank(&out, q, model.Model, candidates, digests, mean, r)
	out.Items, err = f.whole(ctx, out.Items)
	f.rerank(ctx, r.Listing, &out)
	addMeasures(f.analyzer, r.Listing, out.Items)
	return out, err
}

// candidates are those that hold the query's words, and those near in meaning; the filters hold for both.
func (f *Finder) candidates(ctx context.Context, ask search.CandidateQuery, mean meaning) ([]search.Candidate, error) {
	var found []search.Candidate
	var err error
	if len(ask.Terms) > 0 {
		if found, err = f.engine.Candidates(ctx, ask); err != nil {
			return nil, err
		}
	}
	extra := slices.DeleteFunc(slices.Clone(mean.extra), func(id string) bool {
		return slices.ContainsFunc(found, func(c search.Candidate) bool { return c.ID == id })
	})
	if len(extra) == 0 {
		return found, nil
	}
	more, err := f.engine.Candidates(
		ctx,
		search.CandidateQuery{Filters: append(slices.Clone(ask.Filters), search.AnyOf("id", extra...)), Limit: len(extra)},
	)
	return append(found, more...), err
}

func passes(c search.Candidate, filters []search.Filter) bool {
	return !slices.ContainsFunc(filters, func(f search.Filter) bool { return !f.KeepsCandidate(c) })
}

// digests reads the candidates' digests, on all cores. What an older program indexed is cut now.
func (f *Finder) digests(ctx context.Context, candidates []search.Candidate) ([]*digest, error) {
	out := make([]*digest, len(candidates))
	var missing []string
	for i, c := range candidates {
		if out[i] = readDigest(c.Prepared); out[i] == nil {
			missing = append(missing, c.ID)
		}
	}
	if len(missing) > 0 {
		docs, err := f.engine.Get(ctx, missing...)
		if err != nil {
			return nil, err
		}
		byID := make(map[string]search.Document, len(docs))
		for _, d := range docs {
			byID[d.ID] = d
		}
		for i, c := range candidates {
			if out[i] == nil {
				out[i] = newDigest(f.analyzer, byID[c.ID]) // an empty one for what was deleted meanwhile
			}
		}
	}
	return out, nil
}

// inParallel calls do for 0 … n−1, in blocks on all cores.
func inParallel(n int, do func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n/64+1)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := w * n / workers; i < (w+1)*n/workers; i++ {
				do(i)
			}
		})
	}
	wait.Wait()
}

// whole brings the texts of the items that are shown; what was deleted meanwhile is left out.
func (f *Finder) whole(ctx context.Context, items []Match) ([]Match, error) {
	ids := make([]string, len(items))
	for i, m := range items {
		ids[i] = m.Document.ID
	}
	docs, err := f.engine.Get(ctx, ids...)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]search.Document, len(docs))
	for _, d := range docs {
		byID[d.ID] = d
	}
	for i, id := range ids {
		items[i].Document = byID[id]
	}
	return slices.DeleteFunc(items, func(m Match) bool { return m.Document.ID == "" }), nil
}

// rank scores, sorts, leaves out what stays under the threshold (and counts it), thins out organisations, and fills in the first with
// their matched words; their documents have no texts yet.
func (f *Finder) rank(out *Matches, q *Query, m *Model, candidates []search.Candidate, digests []*digest, mean meaning, r Request) {
	setting := Setting{Weights: f.weights, Now: f.now(), Name: f.name, Brief: true}
	candidates, digests, legs := q.heaviest(m, candidates, digests, mean)
	at := make(map[string]int, len(candidates))
	inParallel(len(legs), func(i int) {
		digests[i].topic = m.topic(digests[i].bag)
		legs[i] = q.measure(m, digests[i], legs[i])
		legs[i].Semantic = mean.scaled[candidates[i].ID]
	})
	setting.Best = best(legs)
	q.weigh(legs, setting)
	if middle := feedback(legs, digests); middle != nil && q.legs.Feedback > 0 {
		for i, d := range digests {
			legs[i].Feedback = cosine(middle, d.topic)
		}
		setting.Best = best(legs)
		q.weigh(legs, setting)
	}
	q.fit(legs)
	if !q.plain {
		support(legs, digests)
	}
	items := make([]Match, 0, len(candidates))
	for i, c := range candidates {
		d := search.Document{ID: c.ID, Kind: c.Kind, Version: c.Version, Facets: c.Facets, Numbers: c.Numbers}
		if legs[i].Text < leastText {
			continue
		}
		e := Score(q, d, digests[i].text, legs[i], setting)
		if e.Score < f.weights.Threshold {
			out.Under++
			if !r.Under {
				continue
			}
		}
		at[c.ID] = i
		items = append(items, Match{d, e})
	}
	slices.SortFunc(items, func(a, b Match) int {
		if a.Explained.Score != b.Explained.Score {
			return cmpDesc(a.Explained.Score, b.Explained.Score)
		}
		return strings.Compare(a.Document.ID, b.Document.ID)
	})
	setting.Brief = false
	for _, m := range thin(items) {
		if len(out.Items) == max(r.Limit, 1) {
			break
		}
		i := at[m.Document.ID]
		m.Explained = Score(q, m.Document, digests[i].text, legs[i], setting)
		if f.weights.Threshold > 0 && len(m.Explained.Words) == 0 && legs[i].Semantic < semanticNear {
			continue // same field, near by, and not one word in common: nothing to show a person
		}
		out.Items = append(out.Items, m)
	}
}

// leastText is the share of the best text match below which a listing is not offered, however well terms and region fit. Text is
// squared: this is a tenth of what the best holds.
const leastText = .01

// scoredMost is how many candidates are scored in full: the best in words, and those near in meaning. Short titles want more than 120
// (human labels .522 against .541); the far ones are those that only one engine proposes.
const scoredMost = 250

// heaviest keeps those that are scored in full, with their words measured.
func (q *Query) heaviest(m *Model, candidates []search.Candidate, digests []*digest, mean meaning) ([]search.Candidate, []*digest, []Legs) {
	legs := make([]Legs, len(candidates))
	inParallel(len(legs), func(i int) { legs[i] = q.measureWords(m, digests[i]) })
	order := make([]int, len(candidates))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if legs[a].Words != legs[b].Words {
			return cmpDesc(legs[a].Words, legs[b].Words)
		}
		return strings.Compare(candidates[a].ID, candidates[b].ID)
	})
	var keptCandidates []search.Candidate
	var keptDigests []*digest
	var keptLegs []Legs
	for rank, i := range order {
		if rank < scoredMost || mean.scaled[candidates[i].ID] > 0 {
			keptCandidates, keptDigests, keptLegs = append(keptCandidates, candidates[i]), append(keptDigests, digests[i]), append(keptLegs, legs[i])
		}
	}
	return keptCandidates, keptDigests, keptLegs
}

// bestOf is how many candidates set the scale of the legs.
const bestOf = 10

// best is the highest value of each leg among the ten best in words. Those are found by every engine; a far candidate that only one of them
// proposes must not change the scale, or the engines would order the same documents differently.
func best(legs []Legs) Legs {
	top := slices.SortedFunc(slices.Values(legs), func(a, b Legs) int { return cmpDesc(a.Words, b.Words) })
	var b Legs
	for _, l := range top[:min(len(top), bestOf)] {
		b = Legs{Words: max(l.Words, b.Words), Head: max(l.Head, b.Head), Bigrams: max(l.Bigrams, b.Bigrams),
			Chars: max(l.Chars, b.Chars), Near: max(l.Near, b.Near), Topic: max(l.Topic, b.Topic), Feedback: max(l.Feedback, b.Feedback),
			Compounds: max(l.Compounds, b.Compounds), Sentence: max(l.Sentence, b.Sentence)}
	}
	return b
}

// weigh sets Text of each: the legs together, the highest being 1. Meaning comes last, added to the whole of the others.
func (q *Query) weigh(legs []Legs, s Setting) {
	scale(legs, func(l Legs) float64 { return q.fuse(l, s) })
	t, n := q.legs, float64(len(q.words))
	scale(legs, func(l Legs) float64 { return l.Text + t.Semantic*n/(n+t.SemanticHalf)*l.Semantic })
}

func scale(legs []Legs, value func(Legs) float64) {
	most := 0.0
	for i := range legs {
		legs[i].Text = value(legs[i])
		most = max(most, legs[i].Text)
	}
	for i := range legs {
		legs[i].Text /= max(most, 1e-9)
	}
}

// feedbackOf is how many of the first candidates say what the need is about.
const feedbackOf = 8

// feedback is the middle of the first candidates in the topic space, the first weighing most; nil without a topic space.
func feedback(legs []Legs, digests []*digest) []float32 {
	first := make([]int, len(legs))
	for i := range first {
		first[i] = i
	}
	slices.SortStableFunc(first, func(a, b int) int { return cmpDesc(legs[a].Text, legs[b].Text) })
	var middle []float32
	for rank, i := range first[:min(len(first), feedbackOf)] {
		if t := digests[i].topic; t != nil {
			if middle == nil {
				middle = make([]float32, len(t))
			}
			addScaled(middle, t, float32(legs[i].Text/math.Log2(float64(rank+2))))
		}
	}
	if middle == nil {
		return nil
	}
	return unit(middle)
}

const (
	supportOf    = 100 // of the best candidates are looked at …
	supportNear  = 5   // … with as many of the likest beside each
	supportShare = .25
)

// support orders the best candidates by their own value and in part by that of those most like them in the topic space: what answers a need
// stands among others that nearly do; what only shares words with it by chance stands alone. The values themselves stay, each at its rank.
func support(legs []Legs, digests []*digest) {
	first := make([]int, len(legs))
	for i := range first {
		first[i] = i
	}
	slices.SortStableFunc(first, func(a, b int) int { return cmpDesc(legs[a].Fit, legs[b].Fit) })
	first = first[:min(len(first), supportOf)]
	type neighbour struct{ like, fit float64 }
	supported := make([]float64, len(first))
	for n, i := range first {
		supported[n] = legs[i].Fit
		var near []neighbour
		for _, j := range first {
			if like := cosine(digests[i].topic, digests[j].topic); j != i && like > 0 {
				near = append(near, neighbour{like * like, legs[j].Fit})
			}
		}
		slices.SortStableFunc(near, func(a, b neighbour) int { return cmpDesc(a.like, b.like) })
		sum, weights := 0.0, 0.0
		for _, o := range near[:min(len(near), supportNear)] {
			sum, weights = sum+o.like*o.fit, weights+o.like
		}
		if weights > 0 {
			supported[n] += supportShare * (sum/weights - legs[i].Fit)
		}
	}
	fits, order := make([]float64, len(first)), make([]int, len(first))
	for n, i := range first {
		fits[n], order[n] = legs[i].Fit, n
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmpDesc(supported[a], supported[b]) })
	for rank, n := range order {
		legs[first[n]].Fit = fits[rank]
	}
}

// thin keeps at most two listings of one organisation among the first ten, as long as others have listings; its others move behind, in
// order.
func thin(items []Match) []Match {
	var first, later []Match
	seen := map[string]int{}
	for i, m := range items {
		if len(first) == orgWindow {
			later = append(later, items[i:]...)
			break
		}
		orgs := m.Document.Facets[facet.Org]
		if slices.ContainsFunc(orgs, func(o string) bool { return seen[o] >= orgLimit }) {
			later = append(later, m)
			continue
		}
		for _, o := range orgs {
			seen[o]++
		}
		first = append(first, m)
	}
	return append(first, later...)
}
