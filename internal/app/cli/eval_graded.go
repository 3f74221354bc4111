package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"techmarket/internal/market/matching"
)

// evalLabel is a row of a labels file: one judge's level 0–3 of a need and a document, or a competition's level 1–4.
type evalLabel struct {
	Need     string `json:"need"`
	Document string `json:"doc"`
	Rel      int    `json:"rel"`

	Requirement string `json:"req"`
	Achievement string `json:"ach"`
	Level       int    `json:"level"`
}

// evalLabels are levels 0–3 by query and document.
type evalLabels struct {
	of map[string]map[string]int
	// whole: documents at level 0 stand there too, so those that nobody judged can be told apart. human: each need has its own labelled
	// documents and the others are left out before measuring.
	whole, human bool
}

// evalUseful is the level from which a document is a useful answer.
const evalUseful = 2

// readEvalLabels reads the labels file, or takes what the queries bring.
func readEvalLabels(path string, queries []evalQuery) (*evalLabels, error) {
	l := &evalLabels{of: map[string]map[string]int{}, whole: path != ""}
	if path == "" {
		for _, q := range queries {
			if q.Grades != nil {
				l.of[q.ID] = q.Grades
			}
		}
		return l, nil
	}
	rows, err := ReadRows[evalLabel](path)
	for _, r := range rows {
		if r.Requirement != "" {
			l.human = true
			r.Need, r.Document, r.Rel = r.Requirement, r.Achievement, r.Level-1
		}
		if l.of[r.Need] == nil {
			l.of[r.Need] = map[string]int{}
		}
		l.of[r.Need][r.Document] = r.Rel
	}
	return l, err
}

// evalNeed is what one need's answer measured; NaN where a measure says nothing of it.
type evalNeed struct {
	ndcg, first, five, unrelated, unjudged float64
}

// measure compares the answer with the levels.
func (l *evalLabels) measure(ids []string, levels map[string]int) evalNeed {
	var got []int
	var n evalNeed
	zero, judged := 0, 0
	for i, id := range ids {
		level, known := levels[id]
		if !known && l.human {
			continue
		}
		got = append(got, level)
		if i >= evalCut {
			continue
		}
		if known {
			judged++
		}
		if known && level == 0 {
			zero++
		}
		if level >= evalUseful {
			n.first += map[bool]float64{true: 1}[i == 0]
			n.five += map[bool]float64{true: .2}[i < 5]
		}
	}
	ideal := slices.SortedFunc(maps.Values(levels), func(a, b int) int { return b - a })
	n.ndcg = gain(got) / gain(ideal) // NaN when nothing is above 0
	n.unrelated, n.unjudged = float64(zero)/float64(judged), 1-float64(judged)/float64(max(min(len(ids), evalCut), 1))
	if !l.whole {
		n.unrelated, n.unjudged = math.NaN(), math.NaN()
	}
	if l.human {
		n.first, n.five, n.unrelated, n.unjudged = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	}
	return n
}

// gain is the discounted cumulative gain of the first ten, 2^level − 1 each.
func gain(levels []int) float64 {
	sum := 0.0
	for i, l := range levels[:min(len(levels), evalCut)] {
		sum += (math.Exp2(float64(l)) - 1) / math.Log2(float64(i+2))
	}
	return sum
}

// evalMean is a mean over needs with its 95 % interval (2,000 resamples of needs, fixed seed).
type evalMean struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	N    int     `json:"n"`
}

// evalGraded are the measures of a task with levels.
type evalGraded struct {
	NDCG10    *evalMean `json:"ndcg10"`
	First     *evalMean `json:"useful_first,omitempty"`     // share of needs whose first document is useful
	Five      *evalMean `json:"useful_in_five,omitempty"`   // share of the first five
	Unrelated *evalMean `json:"unrelated_in_ten,omitempty"` // share of level 0 among the judged of the first ten
	Unjudged  *evalMean `json:"unjudged_in_ten,omitempty"`
}

func summarize(needs []evalNeed) *evalGraded {
	if len(needs) == 0 {
		return nil
	}
	mean := func(of func(evalNeed) float64) *evalMean {
		var v []float64
		for _, n := range needs {
			if x := of(n); !math.IsNaN(x) {
				v = append(v, x)
			}
		}
		return meanOf(v)
	}
	return &evalGraded{NDCG10: mean(func(n evalNeed) float64 { return n.ndcg }), First: mean(func(n evalNeed) float64 { return n.first }),
		Five: mean(func(n evalNeed) float64 { return n.five }), Unrelated: mean(func(n evalNeed) float64 { return n.unrelated }),
		Unjudged: mean(func(n evalNeed) float64 { return n.unjudged })}
}

const evalResamples = 2000

func meanOf(v []float64) *evalMean {
	if len(v) == 0 {
		return nil
	}
	rng := rand.New(rand.NewPCG(7, 7))
	means := make([]float64, evalResamples)
	for i := range means {
		for range v {
			means[i] += v[rng.IntN(len(v))] / float64(len(v))
		}
	}
	slices.Sort(means)
	m := &evalMean{Low: means[evalResamples/40], High: means[evalResamples-evalResamples/40-1], N: len(v)}
	for _, x := range v {
		m.Mean += x / float64(len(v))
	}
	return m
}

func printGraded(out io.Writer, tasks map[string]evalTask) {
	for _, name := range slices.Sorted(maps.Keys(tasks)) {
		g := tasks[name].Graded
		if g == nil {
			continue
		}
		fmt.Fprintf(out, "%s（分级）", name)
		for _, m := range []struct {
			label string
			*evalMean
		}{{"nDCG@10", g.NDCG10}, {"首位有用", g.First}, {"前五有用", g.Five}, {"前十无关", g.Unrelated}, {"前十未评", g.Unjudged}} {
			if m.evalMean != nil {
				fmt.Fprintf(out, "  %s %.3f [%.3f, %.3f] n=%d", m.label, m.Mean, m.Low, m.High, m.N)
			}
		}
		fmt.Fprintln(out)
	}
}

// evalRuns writes answers to a depth.
type evalRuns struct {
	out   *json.Encoder
	depth int
}

func (r evalRuns) write(query string, found matching.Matches) error {
	ids, scores, bands, reasons := []string{}, []float64{}, []string{}, [][]string{}
	for _, m := range found.Items[:min(len(found.Items), r.depth)] {
		ids, scores = append(ids, m.Document.ID), append(scores, math.Round(m.Explained.Score*1e4)/1e4)
		bands, reasons = append(bands, m.Explained.Band.String()), append(reasons, m.Explained.Reasons)
	}
	return r.out.Encode(map[string]any{"qid": query, "ids": ids, "scores": scores, "bands": bands, "reasons": reasons})
}
