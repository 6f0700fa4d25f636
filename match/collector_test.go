package match

import "testing"

// TestCollectAt: a small heap has room for 64 MB, a large one for a quarter of itself, and no heap grows without bound.
func TestCollectAt(t *testing.T) {
	for _, c := range []struct{ live, percent int }{{0, 400}, {4 << 20, 400}, {16 << 20, 400}, {64 << 20, 100}, {128 << 20, 50}, {256 << 20, 25}, {1 << 30, 25}} {
		if got := collectAt(uint64(c.live)); got != c.percent {
			t.Errorf("a heap of %d MB grows by %d %%, want %d", c.live>>20, got, c.percent)
		}
	}
}
