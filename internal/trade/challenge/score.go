package challenge

import (
	"cmp"
	"slices"

	"techmarket/internal/foundation/money"
)

// dropFrom is the number of sheets from which the highest and the lowest are left out (our choice).
const dropFrom = 7

// Scored is an eligible application as the ranking sees it: each sheet holds a score from 0 to 100 for every criterion.
type Scored struct {
	Application int64
	Ask         money.Fen
	Arrived     int64 // order of arrival
	Sheets      [][]int
}

// Ranked is a place in the ranking; Score and Technical are hundredths of a point.
type Ranked struct {
	Application int64 `json:"application"`
	Score       int64 `json:"score"`
	Technical   int64 `json:"technical"`
	Passed      bool  `json:"passed"`
}

// Rank orders applications: the mean of the weighted sheets, then the higher technical part, the lower asked money and the earlier paper.
func Rank(criteria []Criterion, passMark int, all []Scored) []Ranked {
	type place struct {
		Ranked
		Scored
	}
	places := make([]place, len(all))
	for i, a := range all {
		var totals, technical []int64
		for _, sheet := range a.Sheets {
			var total int64
			for j, c := range criteria {
				if j < len(sheet) {
					total += int64(sheet[j] * c.Weight)
				}
			}
			totals, technical = append(totals, total), append(technical, int64(sheet[0])*100)
		}
		score := mean(totals)
		places[i] = place{Ranked{a.Application, score, mean(technical), score >= int64(passMark)*100}, a}
	}
	slices.SortStableFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Technical, a.Technical), cmp.Compare(a.Ask, b.Ask),
			cmp.Compare(a.Arrived, b.Arrived))
	})
	out := make([]Ranked, len(places))
	for i, p := range places {
		out[i] = p.Ranked
	}
	return out
}

// mean is the mean, half up, without the highest and the lowest of dropFrom or more.
func mean(values []int64) int64 {
	if len(values) >= dropFrom {
		values = slices.Sorted(slices.Values(values))
		values = values[1 : len(values)-1]
	}
	if len(values) == 0 {
		return 0
	}
	var sum int64
	for _, v := range values {
		sum += v
	}
	n := int64(len(values))
	return (2*sum + n) / (2 * n)
}
