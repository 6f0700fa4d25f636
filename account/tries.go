package account

import (
	"hash/maphash"
	"sync"
	"time"
)

// tries counts how often something was tried in a window that begins with the
// first of them. It is a count-min sketch (Cormode, Muthukrishnan 2005) of a
// fixed size, 2 MiB: whoever tries a million names fills no memory and pushes
// nobody's count out. Where counts fall together, somebody is held back early.
type tries struct {
	now    func() time.Time
	window time.Duration
	seeds  [4]maphash.Seed

	mu    sync.Mutex
	cells [4][1 << 16]tally
}

// tally is how often since when (unix s).
type tally struct {
	n     uint32
	since uint32
}

func newTries(now func() time.Time, window time.Duration) *tries {
	t := &tries{now: now, window: window}
	for i := range t.seeds {
		t.seeds[i] = maphash.MakeSeed()
	}
	return t
}

// each calls fn with the cells of a key, those whose window is over emptied.
func (t *tries) each(key string, fn func(*tally)) {
	now := uint32(t.now().Unix())
	for i, seed := range t.seeds {
		c := &t.cells[i][maphash.String(seed, key)%uint64(len(t.cells[i]))]
		if now-c.since >= uint32(t.window.Seconds()) {
			*c = tally{since: now}
		}
		fn(c)
	}
}

func (t *tries) count(key string) uint32 {
	least := uint32(1 << 31)
	t.each(key, func(c *tally) { least = min(least, c.n) })
	return least
}

// take counts one try of key before it is made, so that many at once are not
// more than most. It returns how many are left; ok is false if there was none.
func (t *tries) take(key string, most int) (left int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := int(t.count(key))
	if n >= most {
		return 0, false
	}
	t.each(key, func(c *tally) { c.n = max(c.n, uint32(n+1)) })
	return most - n - 1, true
}

// left is how many of most are left, without counting one.
func (t *tries) left(key string, most int) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(0, most-int(t.count(key)))
}

// giveBack takes back one that was counted: it was right.
func (t *tries) giveBack(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.each(key, func(c *tally) { c.n -= min(c.n, 1) })
}
