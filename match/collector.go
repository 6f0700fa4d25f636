package match

import (
	"runtime/debug"
	"runtime/metrics"
)

// A heap that is mostly an index, a few large pieces without pointers, costs little to pass over: it may be collected
// often to save memory. A small one would be collected so often that searches wait for it, so there is room for a while.
const (
	CollectAt   = 25       // by how many hundredths the heap grows at least before the collector runs
	collectRoom = 64 << 20 // and by how many bytes
)

// EaseCollector tells the collector of this process by how much the heap may grow, from what the last collection left.
func EaseCollector() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	debug.SetGCPercent(collectAt(live[0].Value.Uint64()))
}

func collectAt(live uint64) int { return max(CollectAt, int(100*collectRoom/max(live, collectRoom/4))) }
