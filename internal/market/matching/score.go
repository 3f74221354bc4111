package matching

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"techmarket/search"
)

// Contribution is one feature's part of a score, for the "为什么" page.
type Contribution struct {
	Feature string  `json:"feature"` // text, subject, maturity, terms, region, record, freshness
	Value   float64 `json:"value"`   // 0–1, maturity −1–1
	Weight  float64 `json:"weight"`
	// Points are Value × Weight, of text; of the others times the text's value: a condition counts as far as the content fits.
	Points float64 `json:"points"`
	Note   string  `json:"note"` // plain Chinese; "" when there is nothing to say
}

// Explained is the score of one candidate with its reasons.
type Explained struct {
	ID            string         `json:"id"`
	Version       int64          `json:"version"`
	Score         float64        `json:"score"` // 0–1: the points' share of the weights
	Band          Band           `json:"band"`
	Contributions []Contribution `json:"contributions"`
	Reasons       []string       `json:"reasons"` // at most three, the shared problem first
	Lack          string         `json:"lack"`    // the one 不足, "" when there is none
	Words         []string       `json:"words"`   // matched words, to be marked
	Weights       string         `json:"weights"` // version of the weights
}

// Setting is what a score depends on besides the two texts.
type Setting struct {
	Weights Weights
	Now     time.Time
	Name    func(facet, code string) string // Chinese name of a code
	Best    Legs                            // the highest value of each leg among the best candidates; the unit of each leg
	Brief   bool                            // leave out the matched words, a fifth of the time; for candidates that are not shown
}

const maxReasons = 3

// judged is a feature's value with what there is to say for and against.
type judged struct {
	value   float64
	note    string
	pro     bool // note is a reason
	con     string
	applies bool // the query says something about it
	first   bool // its reason comes first whatever its points
}

// Score explains how well a candidate answers the query. It is pure: the same arguments give the same answer.
func Score(q *Query, d search.Document, text string, legs Legs, s Setting) Explained {
	w := s.Weights
	out := Explained{ID: d.ID, Version: d.Version, Weights: w.Version}
	if !s.Brief {
		out.Words = q.phrases(legs, text)
	}
	shares := q.sharesProblem(legs)
	fit := legs.Fit
	total, lackPoints := 0.0, 0.0
	type reason struct {
		note   string
		points float64
	}
	var reasons []reason
	for _, f := range []struct {
		name   string
		weight float64
		judge  judged
	}{
		{"text", w.Text, q.judgeText(legs, out.Words, shares)},
		{"subject", w.Subject, judgeSubject(q.Listing, d, s)},
		{"maturity", w.Maturity, judgeMaturity(q.Listing, d)},
		{"terms", w.Terms, judgeTerms(q.Listing, d, s)},
		{"region", w.Region, judgeRegion(q.Listing, d, s)},
		{"record", w.Record, judgeRecord(d)},
		{"freshness", w.Freshness, judgeFreshness(d, s.Now)},
	} {
		if !f.judge.applies {
			continue
		}
		c := Contribution{Feature: f.name, Value: f.judge.value, Weight: f.weight, Points: f.judge.value * f.weight, Note: f.judge.note}
		if f.name != "text" {
			c.Points *= fit
		}
		if c.Note == "" {
			c.Note = f.judge.con
		}
		out.Contributions = append(out.Contributions, c)
		total += f.weight
		out.Score += c.Points
		if f.judge.pro && f.judge.note != "" {
			points := c.Points
			if f.judge.first {
				points = math.Inf(1)
			}
			reasons = append(reasons, reason{f.judge.note, points})
		}
		if lost := f.weight * (1 - f.judge.value); f.judge.con != "" && lost > lackPoints {
			out.Lack, lackPoints = f.judge.con, lost
		}
	}
	out.Score = min(1, max(0, out.Score/max(total, 1e-9)))
	out.Band = BandOf(out.Score)
	slices.SortStableFunc(reasons, func(a, b reason) int { return cmpDesc(a.points, b.points) })
	for _, r := range reasons[:min(len(reasons), maxReasons)] {
		out.Reasons = append(out.Reasons, r.note)
	}
	if legs.Semantic >= semanticNear && len(out.Reasons) > 0 && len(out.Reasons) < maxReasons { // never the only reason
		out.Reasons = append(out.Reasons, "语义相近")
	}
	return out
}

// fuse adds the legs, each as a share of the best candidates'.
func (q *Query) fuse(l Legs, s Setting) float64 {
	t, n := q.legs, float64(len(q.words))
	sum, weights := 0.0, 0.0
	add := func(value, best, weight float64) {
		if best > 0 {
			sum += weight * value / best
			weights += weight
		}
	}
	add(l.Words, s.Best.Words, t.Words)
	add(l.Bigrams, s.Best.Bigrams, t.Bigrams*n/(n+t.BigramHalf))
	add(l.Chars, s.Best.Chars, t.Chars*t.CharHalf/(n+t.CharHalf))
	add(l.Near, s.Best.Near, t.Near)
	add(l.Head, s.Best.Head, t.Head)
	if weights > 0 {
		sum = weights * math.Pow(sum/weights, t.Power)
	}
	add(l.Topic, s.Best.Topic, t.Topic)
	add(l.Feedback, s.Best.Feedback, t.Feedback*t.FeedbackHalf/(n+t.FeedbackHalf))
	more := 1.0
	if s.Best.Compounds > 0 {
		more += t.Compounds * l.Compounds / s.Best.Compounds
	}
	if s.Best.Sentence > 0 {
		more += t.Sentence * l.Sentence / s.Best.Sentence
	}
	return more * sum / max(weights, 1e-9)
}

// strength says how far one listing answers what the query asks for, 0–1: the share of the asked words that it holds. Half a page is
// never repeated word for word, a line often is, so a share of 2/√n counts as a full answer to n words. One or two words say too
// little of a need for anything to answer it fully.
func (q *Query) strength(l Legs) float64 {
	held := 0.0
	for _, i := range l.matched {
		held += q.words[i].asks
	}
	n := float64(len(q.words))
	return min(1, held/max(q.asked, 1e-9)*max(1, math.Sqrt(n)/2)) * min(1, n/3)
}

// nearPower is that of the nearness to the need's subject. More brings fewer unrelated ones up, less the useful ones that say it otherwise.
const nearPower = .35

// fit sets Fit of each. The legs compare candidates with each other only: alone they would show the least bad of a market that has nothing
// as a good one. So Text counts as far as the listing lies near the need's subject, and half of what is asked must be answered by the
// best. A market too small for a topic space has the latter alone.
func (q *Query) fit(legs []Legs) {
	strength, topic := 0.0, 0.0
	for _, l := range legs {
		if l.Text == 1 {
			strength, topic = max(strength, q.strength(l)), max(topic, l.Topic, l.Semantic)
		}
	}
	for i, l := range legs {
		if q.topic == nil {
			legs[i].Fit = l.Text * strength
			continue
		}
		near := max(l.Topic, l.Semantic)
		if q.plain {
			near = topic // a line is answered by what says the same words: the order stays that of the legs
		}
		legs[i].Fit = l.Text * math.Pow(near, nearPower) * min(1, 2*strength)
	}
}

func (q *Query) judgeText(legs Legs, words []string, shares bool) judged {
	j := judged{value: legs.Fit, applies: true, pro: true, first: true}
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return !q.special(w) })
	switch {
	case len(words) == 1 && !q.enough(words[0]):
		if legs.Topic >= topicNear {
			j.note = "技术主题相近"
		}
	case len(words) > 0:
		says := "都讲到："
		if shares && legs.Fit >= bands[Middle].from {
			says = "都在解决："
		}
		j.note = says + strings.Join(words[:min(len(words), 4)], "、")
	}
	return j
}

// specialLeast is the idf from which a word alone is a reason: one text in thirty. 材料 or 处理 alone is none.
const specialLeast = 3.3

// What a single shared word must be to be a reason by itself: one text in ninety holds it, or it is joined from several. 都讲到：金属 is none.
const (
	enoughLeast = 4.5
	topicNear   = .4 // the nearness to the need's subject that is told where no words can be
)

func (q *Query) enough(phrase string) bool {
	return q.plain || utf8.RuneCountInString(phrase) > 3 ||
		slices.ContainsFunc(q.words, func(t queryTerm) bool { return t.text == phrase && t.rare >= enoughLeast })
}

// special reports whether a shown phrase holds a word that few texts hold.
func (q *Query) special(phrase string) bool {
	return slices.ContainsFunc(q.words, func(t queryTerm) bool {
		return t.rare >= specialLeast && t.telling() && strings.Contains(phrase, t.text)
	})
}

// sharesProblem reports whether the listing holds what the title asks for: half of its weight, and two of its words that say something.
func (q *Query) sharesProblem(l Legs) bool {
	asked, held, words := 0.0, 0.0, 0
	for i, t := range q.words {
		if !t.head {
			continue
		}
		asked += t.asks
		if slices.Contains(l.matched, i) {
			held += t.asks
			if t.telling() {
				words++
			}
		}
	}
	return words > 1 && 2*held >= asked
}

// tellingLeast is how much a word must say of a subject to be shown as a reason.
const tellingLeast = .5

// telling reports whether a word is a reason by itself: no figure, no word around figures, none that says little of a subject.
func (t queryTerm) telling() bool {
	return !t.stop && utf8.RuneCountInString(t.text) > 1 && t.says >= tellingLeast && strings.ContainsFunc(t.text, unicode.IsLetter) &&
		!figure.MatchString(t.text) && !slices.Contains(measuring, t.text) && !slices.Contains(effectVerbs, t.text)
}

var (
	figure      = regexp.MustCompile(`^(neg)?[0-9]`) // as zh writes 1.9, 95%, 300Wh/kg and -40℃
	measuring   = strings.Fields("ph 不超过 不少于 不低于 不高于 不小于 不大于 超过 低于 高于 大于 小于 达到 至少 最多 每年 每天 每小时 分钟 小时 时间")
	effectVerbs = strings.Fields("提高 提升 降低 减少 增强 改善 抑制 促进 延长 缩短 节约 节能 消除 避免 防止 增加 优化 去除 脱除 回收")
)

// phrases are what both texts speak of, the title's words first, joined where they stand together in both: 高炉、煤气 → 高炉煤气.
func (q *Query) phrases(l Legs, text string) []string {
	var out []string
	for _, head := range []bool{true, false} {
		for _, i := range l.matched {
			t := q.words[i]
			if t.head != head || !t.telling() {
				continue
			}
			w := q.grow(t.text, text)
			if slices.ContainsFunc(out, func(o string) bool { return strings.Contains(o, w) }) {
				continue
			}
			out = append(slices.DeleteFunc(out, func(o string) bool { return strings.Contains(w, o) }), w)
			if len(out) == 8 {
				return out
			}
		}
	}
	return out
}

// phraseRunes bounds a shown phrase.
const phraseRunes = 8

// grow joins a word with its neighbours in the query as long as the whole occurs in the candidate, up to eight characters. Only words that
// say something are joined: 赤泥的 or 和巷道 are no phrases.
func (q *Query) grow(w, text string) string {
	best := w
	for i, word := range q.sequence {
		if word != w {
			continue
		}
		for from := i; from >= max(0, i-2) && q.joins(from); from-- {
			joined := strings.Join(q.sequence[from:i+1], "")
			for to := i + 1; ; to++ {
				if utf8.RuneCountInString(joined) > phraseRunes || !strings.Contains(text, joined) {
					break
				}
				if len(joined) > len(best) {
					best = joined
				}
				if to == len(q.sequence) || !q.joins(to) {
					break
				}
				joined += q.sequence[to]
			}
		}
	}
	return best
}

// joins reports whether the word at a place of the query can be part of a shown phrase.
func (q *Query) joins(at int) bool {
	i, ok := q.byWord[hash(q.sequence[at])]
	return ok && (q.words[i].telling() || q.words[i].piece())
}

// piece reports whether a single character that few texts hold is part of a name: 锂 in 锂离子电池, where 离子电池 is none.
func (t queryTerm) piece() bool {
	r, n := utf8.DecodeRuneInString(t.text)
	return n == len(t.text) && unicode.Is(unicode.Han, r) && !t.stop && t.rare >= specialLeast
}
