package plan

import "math/big"

func power(r *big.Rat, n int) *big.Rat {
	e := big.NewInt(int64(n))
	return new(big.Rat).SetFrac(new(big.Int).Exp(r.Num(), e, nil), new(big.Int).Exp(r.Denom(), e, nil))
}

// root is the n-th root of a number that is not negative: itself where it has at most so many decimals, otherwise a number between
// the same two neighbours of that many decimals. So rounding it to fewer decimals gives what rounding the true root gives.
func root(r *big.Rat, n, decimals int) *big.Rat {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	e := big.NewInt(int64(n))
	num := new(big.Int).Mul(r.Num(), new(big.Int).Exp(scale, e, nil))
	// The largest low with low^n × denominator ≤ num.
	low, high := new(big.Int), new(big.Int).Lsh(big.NewInt(1), uint(num.BitLen()/n+2))
	for one := big.NewInt(1); new(big.Int).Sub(high, low).Cmp(one) > 0; {
		mid := new(big.Int).Add(low, high)
		mid.Rsh(mid, 1)
		p := new(big.Int).Exp(mid, e, nil)
		if p.Mul(p, r.Denom()).Cmp(num) <= 0 {
			low = mid
		} else {
			high = mid
		}
	}
	p := new(big.Int).Exp(low, e, nil)
	found := new(big.Rat).SetFrac(low, scale)
	if p.Mul(p, r.Denom()).Cmp(num) != 0 {
		found.Add(found, new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(scale, 1)))
	}
	return found
}
