package match

import (
	"bytes"
	"cmp"
	"slices"
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

// spot is a Mark whose texts may stand in a segment.
type spot struct {
	id, key []byte
	time    int64
	level   uint8
}

func (m *Mark) spot() spot { return spot{[]byte(m.ID), []byte(m.Key), m.Time, m.Level} }
func (s *spot) mark() Mark { return Mark{string(s.id), string(s.key), s.time, s.level} }

// compare is negative when a stands before b.
func (o Order) compare(a, b *spot) int {
	switch o {
	case ByTime:
		return cmp.Or(cmp.Compare(b.time, a.time), bytes.Compare(b.id, a.id))
	case ByLevel:
		return cmp.Or(cmp.Compare(b.level, a.level), cmp.Compare(b.time, a.time), bytes.Compare(b.id, a.id))
	}
	return cmp.Or(bytes.Compare(a.key, b.key), bytes.Compare(a.id, b.id))
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
	snap := x.snap.Load()
	s, t, p := x.sieve(&f), x.tally(facets, f.Any), pageOf(o, from, k)
	out := Listing{}
	var in []int32 // what passes of a segment
	for v := range snap.views {
		w := &snap.views[v]
		s.begin(w.seg)
		t.begin(w.seg)
		in = in[:0]
		for off := range w.seg.n {
			if w.isDead(off) {
				continue
			}
			failed := s.fails(w.seg, off)
			if failed == barred {
				continue
			}
			t.count(off, failed)
			if failed == passed {
				in = append(in, int32(off))
			}
		}
		t.end()
		out.Total += len(in)
		for _, off := range slices.Backward(in) { // the latest first: most lists begin with them, so that hardly any offer is taken
			p.offer(w.seg.spot(int(off)))
		}
	}
	out.Facets = t.named()
	out.Marks, out.Before, out.After = p.marks()
	return out
}

func (s *segment) spot(off int) spot {
	return spot{s.id(off), nth(s.sortKeys, s.sortEnds, off), s.times[off], s.levels[off]}
}

// paging keeps the k documents next to where a page begins.
type paging struct {
	order   Order
	from    *spot
	back    bool
	k       int
	nearest []spot // the nearest first
	more    bool   // something passed that stands farther than nearest
	behind  bool   // something passed that stands on the other side of from, or there itself
}

func pageOf(o Order, from *Start, k int) *paging {
	p := &paging{order: o, k: k}
	if from != nil {
		at := from.spot()
		p.from, p.back = &at, from.Back
	}
	return p
}

// nearer is negative when a is nearer to where the page begins than b.
func (p *paging) nearer(a, b *spot) int {
	if p.back {
		return p.order.compare(b, a)
	}
	return p.order.compare(a, b)
}

func (p *paging) offer(m spot) {
	if p.k == 0 {
		return
	}
	if p.from != nil && p.nearer(&m, p.from) <= 0 {
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
	at, _ := slices.BinarySearchFunc(p.nearest, m, func(a, b spot) int { return p.nearer(&a, &b) })
	p.nearest = slices.Insert(p.nearest, at, m)
}

func (p *paging) marks() (ms []Mark, before, after bool) {
	for i := range p.nearest {
		ms = append(ms, p.nearest[i].mark())
	}
	if !p.back {
		return ms, p.behind, p.more
	}
	slices.Reverse(ms)
	return ms, p.more, p.behind
}
