package listing

import (
	"slices"
	"testing"

	"techmarket/internal/foundation/money"
)

func TestBands_OneEndAloneIsTheAmountThatWasSaid(t *testing.T) {
	t.Parallel()
	const wan = money.WanYuan
	for _, c := range []struct {
		why  string
		r    Range
		want []string
	}{
		{"80 万元以内 is no budget of 5 万元", Range{MaxFen: 80 * wan}, []string{"50to100"}},
		{"80 万元起 is no promise of millions", Range{MinFen: 80 * wan}, []string{"50to100"}},
		{"both ends touch all between", Range{MinFen: 20 * wan, MaxFen: 80 * wan}, []string{"10to50", "50to100"}},
		{"the edge belongs to the band above", Range{MaxFen: 10 * wan}, []string{"10to50"}},
		{"面议 beside a limit stays", Range{MaxFen: 600 * wan, Negotiable: true}, []string{"500up", "negotiable"}},
		{"nothing said", Range{}, nil},
	} {
		if got := c.r.bands(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.why, got, c.want)
		}
	}
}

func TestRange_IsSaidTheWayPeopleDo(t *testing.T) {
	t.Parallel()
	const wan = money.WanYuan
	for want, r := range map[string]Range{
		"80—130 万元":    {MinFen: 80 * wan, MaxFen: 130 * wan},
		"5,000 元—1 万元": {MinFen: wan / 2, MaxFen: wan},
		"80 万元":        {MinFen: 80 * wan, MaxFen: 80 * wan},
		"80 万元以内":      {MaxFen: 80 * wan},
		"80 万元起":       {MinFen: 80 * wan},
		"面议":           {Negotiable: true},
	} {
		if got := r.String(); got != want {
			t.Errorf("%+v: got %s, want %s", r, got, want)
		}
	}
}
