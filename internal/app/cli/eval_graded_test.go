package cli

import (
	"math"
	"testing"
)

func TestGradedMeasuresCountLevelsAndLeaveOutWhatSaysNothing(t *testing.T) {
	t.Parallel()
	levels := map[string]int{"a": 3, "b": 0, "c": 1}
	judged := &evalLabels{whole: true}
	got := judged.measure([]string{"b", "a", "x", "c"}, levels)
	want := (7/math.Log2(3) + 1/math.Log2(5)) / (7 + 1/math.Log2(3))
	if math.Abs(got.ndcg-want) > 1e-9 || got.first != 0 || got.five != .2 || math.Abs(got.unrelated-1.0/3) > 1e-9 || got.unjudged != .25 {
		t.Errorf("measured %+v, want nDCG %v", got, want)
	}
	human := &evalLabels{whole: true, human: true}
	if got := human.measure([]string{"x", "a", "y", "c", "b"}, levels); math.Abs(got.ndcg-1) > 1e-9 || !math.IsNaN(got.first) {
		t.Errorf("measured %+v; want unlabelled documents left out", got)
	}
	if got := judged.measure(nil, map[string]int{"a": 0}); !math.IsNaN(got.ndcg) {
		t.Errorf("nDCG of a need without any related document is %v, want none", got.ndcg)
	}
}

func TestAnIntervalHoldsItsMean(t *testing.T) {
	t.Parallel()
	m := meanOf([]float64{0, 1, 1, 0, 1})
	if math.Abs(m.Mean-.6) > 1e-9 || m.Low > m.Mean || m.High < m.Mean || m.N != 5 {
		t.Errorf("mean %+v", m)
	}
	if meanOf(nil) != nil {
		t.Error("a mean of nothing")
	}
}
