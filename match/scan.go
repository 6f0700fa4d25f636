package match

import (
	"math"
	"runtime"
	"sync/atomic"
)

// run is one search under way.
type run struct {
	x      *Index
	q      *question
	snap   *snapshot
	sc     *scratch
	lists  []list // as in sc; forks share it
	sieve  sieve
	keep   int
	help   int // helpers to scan with
	top    heap
	total  int
	tally  *tally
	least  float64 // part of the attainable that counts
	strict bool    // what is below it is no hit either
	blind  bool    // only the best matter, not how many there are
}

// read brings the text of a candidate.
func (r *run) read(c *candidate) {
	if c.entry == nil {
		c.entry = r.x.entry(c.seg, int(c.off), &r.sc.record)
	}
}

// locate looks every gram up in every segment. It goes about it in steps over all grams, so that the memory that a step
// waits for is fetched for many grams at once.
func (sc *scratch) locate(q *question, snap *snapshot) {
	n := len(q.grams)
	sc.slots = sc.slots[:0]
	for i := range q.grams {
		sc.slots = append(sc.slots, slotOf(q.grams[i].key))
	}
	sc.bucket = append(sc.bucket[:0], make([]span32, n)...)
	sc.lists = append(sc.lists[:0], make([]list, n*len(snap.views))...)
	for v := range snap.views {
		sc.looks += snap.views[v].seg.findAll(sc.slots, sc.bucket, sc.lists[v*n:][:n])
	}
}

// weigh looks the grams up and gives them their weights.
func (r *run) weigh() {
	r.sc.locate(r.q, r.snap)
	r.lists = r.sc.lists
	dfs := make([]int, len(r.q.grams))
	for i, l := range r.lists {
		dfs[i%len(dfs)] += l.df()
	}
	r.q.weigh(&r.x.params, dfs, r.snap.docs)
}

// scan adds up the impacts, segment by segment, and keeps the best visible documents. Processors that have nothing else to
// do take part.
func (r *run) scan() {
	r.top.limit = r.keep
	if r.q.mass == 0 {
		return
	}
	floor := r.floor()
	var next atomic.Int32 // view that nobody has taken
	work := func(r *run) {
		for v := int(next.Add(1)) - 1; v < len(r.snap.views); v = int(next.Add(1)) - 1 {
			w := &r.snap.views[v]
			if !r.sieve.open && w.seg.held&r.sieve.kinds == 0 {
				continue
			}
			r.sum(w.seg, r.lists[v*len(r.q.grams):][:len(r.q.grams)])
			r.collect(v, w, floor)
		}
	}
	var beside []*helper
	for range r.help {
		h := &helper{run: r.fork(), done: make(chan struct{})}
		beside = append(beside, h)
		go h.help(work)
	}
	work(r)
	for _, h := range beside {
		if h.leave() {
			r.join(h.run)
		}
		r.x.scratch.Put(h.run.sc)
	}
}

// A helper scans some of the segments on another processor.
type helper struct {
	run   *run
	state atomic.Int32 // helperWaits, then what comes first of the other two
	done  chan struct{}
}

const (
	helperWaits = iota
	helperWorks
	helperLeaves
)

func (h *helper) help(work func(*run)) {
	if h.state.CompareAndSwap(helperWaits, helperWorks) {
		work(h.run)
		close(h.done)
	}
}

// leave waits for the helper and reports whether it has done something. One that no processor was free for is not waited
// for: there is nothing left to do.
func (h *helper) leave() bool {
	if h.state.CompareAndSwap(helperWaits, helperLeaves) {
		return false
	}
	<-h.done
	return true
}

// Below helpLeast documents a search is over before a helper has begun.
const (
	helpLeast = 1 << 16
	helpMost  = 3
)

// helpers is how many helpers a search deserves.
func (s *snapshot) helpers() int {
	if s.docs < helpLeast {
		return 0
	}
	return min(runtime.GOMAXPROCS(0)-1, helpMost, len(s.views)/2)
}

// fork returns a run that scans for the same question with counts of its own.
func (r *run) fork() *run {
	f := *r
	f.sc = r.x.scratch.Get().(*scratch)
	f.sieve.fate = nil
	if r.tally != nil {
		t := *r.tally
		t.counts, t.here = make([]int, len(t.counts)), nil
		f.tally = &t
	}
	return &f
}

// join adds what a fork has found.
func (r *run) join(f *run) {
	r.total += f.total
	if r.tally != nil {
		for tag, n := range f.tally.counts {
			r.tally.counts[tag] += n
		}
	}
	for _, c := range f.top.items {
		r.top.offer(c)
	}
}

// sum adds up a segment: first the usual impacts, then the others, so that the sums at work fit the nearest cache.
func (r *run) sum(seg *segment, lists []list) {
	sc := r.sc
	clear(sc.sums.plain[:seg.n])
	clear(sc.sums.rest[:seg.n])
	sc.rest = sc.rest[:0]
	for i, l := range lists {
		whole := uint32(r.q.grams[i].whole)
		if whole == 0 || l.df() == 0 {
			continue
		}
		blob, at := seg.lists, l.at
		if l.cold {
			var own []byte // other lists may still be read
			if blob, at = seg.blob(l, &own); blob == nil {
				r.x.damaged.Store(true)
				continue
			}
		}
		at = sc.sums.addPlain(blob, at, int(l.plain), seg.n, whole)
		if l.rest > 0 {
			sc.rest = append(sc.rest, restOf{blob, at, int(l.rest), whole})
		}
	}
	for _, p := range sc.rest {
		sc.sums.addRest(p.blob, p.at, p.count, seg.n, p.whole)
	}
}

// floor is the sum from which a document counts towards the total.
func (r *run) floor() uint32 {
	return uint32(min(max(1, r.least*255*wholeMax*r.q.full/r.q.mass), 1<<32-1))
}

// collect takes the visible documents out of the sums: it counts those that reach the floor and offers the best to the
// heap.
func (r *run) collect(v int, w *view, floor uint32) {
	lowest := uint32(1)
	if r.strict {
		lowest = floor
	}
	if r.blind {
		floor = math.MaxUint32
	}
	enter := max(lowest, r.top.least())
	least := min(floor, enter)
	seg := w.seg
	r.sieve.begin(seg)
	r.tally.begin(seg)
	plain, rest, base := r.sc.sums.plain[:seg.n], r.sc.sums.rest[:seg.n], seg.base[:seg.n]
	for off, p := range plain {
		sum := p*uint32(base[off]) + rest[off]
		if sum < least || seg.audiences[off]&r.sieve.viewer == 0 || w.isDead(off) {
			continue
		}
		failed := passed
		if !r.sieve.open {
			failed = r.sieve.fails(seg, off)
		}
		if failed == barred {
			continue
		}
		if sum >= floor {
			r.tally.count(off, failed)
		}
		if failed != passed {
			continue
		}
		if sum >= floor {
			r.total++
		}
		if sum >= enter && r.top.offer(candidate{sum: sum, view: int32(v), off: int32(off), seg: seg}) {
			enter = max(lowest, r.top.least())
			least = min(floor, enter)
		}
	}
	r.tally.end()
}

type span32 struct{ lo, hi uint32 }

// restOf is the second half of a list, to be added when all first halves are.
type restOf struct {
	blob  []byte
	at    uint32
	count int
	whole uint32
}
