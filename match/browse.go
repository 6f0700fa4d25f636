package match

import (
	"cmp"
	"slices"
	"strings"
)

// Order is the order of a list that nobody searches in.
type Order uint8

// Orders. What is equal in one stands by id.
const (
	ByKey   Order = iota // Doc.Key rising
	ByTime               // Doc.Time, the latest first
	ByLevel              // Doc.Level, the highest first, then as ByTime
)

// Mark is the place of a document in every order.
type Mark struct {
	ID    string
	Key   string
	Time  int64
	Level uint8
}

// compare is negative when a stands before b.
func (o Order) compare(a, b *Mark) int {
	switch o {
	case ByTime:
		return cmp.Or(cmp.Compare(b.Time, a.Time), strings.Compare(b.ID, a.ID))
	case ByLevel:
		return cmp.Or(cmp.Compare(b.Level, a.Level), cmp.Compare(b.Time, a.Time), strings.Compare(b.ID, a.ID))
	}
	return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.ID, b.ID))
}

// Start is where a page begins: behind the mark, or with Back before it.
type Start struct {
	Mark
	Back bool
}

// Listing is one page of a list. Total counts all that pass the filter, Facets count as Result.Facets do.
type Listing struct {
	Marks  []Mark
	Before bool // the list has something before Marks
	After  bool // and behind
	Total  int
	Facets map[string]map[string]int
}

// Browse lists at most k documents that pass a filter, in an order, from where a page before or behind ended; nil is the
// beginning of the list. It reads every document once, so its time does not depend on how rare the filter is.
func (x *Index) Browse(f Filter, o Order, from *Start, k int, facets []string) Listing {
	snap, s, t := x.snap.Load(), x.sieve(&f), x.tally(facets, f.Any)
	p := pageOf(o, from, k)
	out := Listing{}
	for v := range snap.views {
		w := &snap.views[v]
		for i, e := range w.seg.docs {
			if w.seg.audiences[i]&s.viewer == 0 || w.isDead(i) {
				continue
			}
			failed := s.fails(e)
			if failed == barred {
				continue
			}
			t.count(e, failed)
			if failed == passed {
				out.Total++
				p.offer(e)
			}
		}
	}
	out.Facets = t.named()
	out.Marks, out.Before, out.After = p.marks()
	return out
}

// paging keeps the k documents next to where a page begins.
type paging struct {
	order   Order
	from    *Start
	back    bool
	k       int
	nearest []Mark // the nearest first
	more    bool   // something passed that stands farther than nearest
	behind  bool   // something passed that stands on the other side of from, or there itself
}

func pageOf(o Order, from *Start, k int) *paging {
	return &paging{order: o, from: from, back: from != nil && from.Back, k: k}
}

// nearer is negative when a is nearer to where the page begins than b.
func (p *paging) nearer(a, b *Mark) int {
	if p.back {
		return p.order.compare(b, a)
	}
	return p.order.compare(a, b)
}

func (p *paging) offer(e *entry) {
	if p.k == 0 {
		return
	}
	m := Mark{ID: e.id, Key: e.key, Time: e.time, Level: e.level}
	if p.from != nil && p.nearer(&m, &p.from.Mark) <= 0 {
		p.behind = true
		return
	}
	n := len(p.nearest)
	if n == p.k {
		p.more = true
		if p.nearer(&m, &p.nearest[n-1]) >= 0 {
			return
		}
		p.nearest = p.nearest[:n-1]
	}
	at, _ := slices.BinarySearchFunc(p.nearest, m, func(a, b Mark) int { return p.nearer(&a, &b) })
	p.nearest = slices.Insert(p.nearest, at, m)
}

func (p *paging) marks() (ms []Mark, before, after bool) {
	if !p.back {
		return p.nearest, p.behind, p.more
	}
	slices.Reverse(p.nearest)
	return p.nearest, p.more, p.behind
}
