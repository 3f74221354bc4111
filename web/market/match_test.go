package market

import (
	"math"
	"testing"
)

func TestWhole_PartsAddUpToTheRoundedSum(t *testing.T) {
	for _, parts := range [][]float64{{}, {0.4, 0.4, 0.4}, {54.5, 2.5, 12, 8, 4.5}, {0.5}, {7.9999999, 0.0000001}} {
		rounded, sum := whole(parts)
		total := 0
		for i, n := range rounded {
			total += n
			if math.Abs(float64(n)-parts[i]) >= 1 {
				t.Errorf("%v: part %d became %d", parts, i, n)
			}
		}
		if total != int(math.Round(sum)) {
			t.Errorf("%v became %v, which add up to %d, not %.0f", parts, rounded, total, sum)
		}
	}
}
