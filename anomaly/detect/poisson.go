package detect

import "math"

// poissonAtLeast is the probability of at least n of what comes at a rate: P(X ≥ n), X Poisson distributed. It is the sum of
// the terms from n on; at rates above 10,000 what a geometric series with the first two terms would be, which is never less, and
// a few percent more where it is rare. For n no more than the rate it is 1, which is what a one-sided test makes of it.
func poissonAtLeast(n, rate float64) float64 {
	switch {
	case n <= rate || n <= 0:
		return 1
	case rate <= 0:
		return 0
	}
	lgamma, _ := math.Lgamma(n + 1)
	first := math.Exp(n*math.Log(rate) - rate - lgamma)
	if rate > 10_000 {
		return min(1, first/(1-rate/(n+1)))
	}
	sum, term := 1.0, 1.0
	for k := n + 1; term > 1e-9*sum; k++ {
		term *= rate / k
		sum += term
	}
	return min(1, first*sum)
}

// poissonBeyond is the lowest count with at most that probability: the inverse of poissonAtLeast.
func poissonBeyond(rarity, rate float64) float64 {
	low := math.Floor(rate) // too common
	high := low + 1
	for step := 1.0; poissonAtLeast(high, rate) > rarity; step *= 2 {
		low, high = high, high+step
	}
	for high-low > 1 {
		if mid := math.Floor((low + high) / 2); poissonAtLeast(mid, rate) <= rarity {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}
