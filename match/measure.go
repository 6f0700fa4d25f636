package match

import (
	"math"
	"slices"
)

// ReciprocalRank returns 1/rank of the wanted id among the first k of ranked, 0 when it is not there.
func ReciprocalRank(ranked []string, wanted string, k int) float64 {
	for i, id := range ranked[:min(k, len(ranked))] {
		if id == wanted {
			return 1 / float64(i+1)
		}
	}
	return 0
}

// NDCG returns the normalised discounted cumulative gain of the first k of ranked, with linear gains (the grade itself).
// An id without a grade counts as 0. Without any positive grade the result is 0.
func NDCG(ranked []string, grades map[string]int, k int) float64 {
	got := 0.0
	for i, id := range ranked[:min(k, len(ranked))] {
		got += float64(grades[id]) / math.Log2(float64(i+2))
	}
	var all []int
	for _, g := range grades {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b int) int { return b - a })
	best := 0.0
	for i, g := range all[:min(k, len(all))] {
		best += float64(g) / math.Log2(float64(i+2))
	}
	if best == 0 {
		return 0
	}
	return got / best
}
