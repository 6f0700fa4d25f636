package account

import (
	"hash/maphash"
	"sync"
	"time"
)

// Wrong passwords for one name that are taken in a while.
const (
	triesMost   = 5
	triesWindow = 15 * time.Minute
)

// tries counts how often something was tried in a window that begins with the
// first of them. It is a count-min sketch (Cormode, Muthukrishnan 2005) of a
// fixed size: whoever tries a million names fills no memory and pushes nobody's
// count out. Where counts fall together, somebody is held back early.
type tries struct {
	now   func() time.Time
	seeds [4]maphash.Seed

	mu    sync.Mutex
	cells [4][1 << 16]tally
}

// tally is how often since when (unix s).
type tally struct {
	n     uint32
	since uint32
}

func newTries(now func() time.Time) *tries {
	t := &tries{now: now}
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
		if now-c.since >= uint32(triesWindow.Seconds()) {
			*c = tally{since: now}
		}
		fn(c)
	}
}

// take counts one try of key before it is made, so that many at once are not
// more. It returns how many are left; ok is false if there was none.
func (t *tries) take(key string) (left int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	least := uint32(1 << 31)
	t.each(key, func(c *tally) { least = min(least, c.n) })
	if least >= triesMost {
		return 0, false
	}
	t.each(key, func(c *tally) { c.n = max(c.n, least+1) })
	return int(triesMost - least - 1), true
}

// giveBack takes back one that was counted: it was right.
func (t *tries) giveBack(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.each(key, func(c *tally) { c.n -= min(c.n, 1) })
}
