package match

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"sync/atomic"
)

// run is one search under way.
type run struct {
	x      *Index
	q      *question
	snap   *snapshot
	sc     *scratch
	lens   *lens          // as in sc; forks share it
	lists  []list         // likewise
	order  []ordered      // likewise
	bar    *atomic.Uint32 // no less will be among the best; likewise
	sieve  sieve
	keep   int
	help   int // helpers to share work with
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
func (r *run) locate() {
	n, slots := len(r.q.grams), r.sc.slots[:0]
	for i := range r.q.grams {
		slots = append(slots, slotOf(r.q.grams[i].key))
	}
	r.sc.slots = slots
	r.sc.lists = append(r.sc.lists[:0], make([]list, n*len(r.snap.views))...)
	r.lists = r.sc.lists
	r.share(len(r.snap.views), func(r *run, v int) {
		r.sc.bucket = append(r.sc.bucket[:0], make([]span32, n)...)
		r.sc.looks += r.snap.views[v].seg.findAll(slots, r.sc.bucket, r.lists[v*n:][:n])
	})
}

// weigh looks the grams up and gives them their weights.
func (r *run) weigh() {
	r.locate()
	dfs := make([]int, len(r.q.grams))
	for i, l := range r.lists {
		dfs[i%len(dfs)] += l.df()
	}
	r.q.weigh(&r.x.params, dfs, r.snap.docs)
	r.order = r.q.lightFirst(r.snap.docs)
}

// lightOf is the part of the documents from which on a gram may be light, one in so many: a shorter list is not worth it.
const lightOf = 128

// ordered is a gram that counts in the scan.
type ordered struct {
	gram  int
	whole uint32
	bound uint32 // the most that a document could score by this gram and those before; the greatest number = not light
}

// lightFirst orders the grams that count in the scan by how many documents a unit of their weight costs.
func (q *question) lightFirst(docs int) []ordered {
	out := make([]ordered, 0, len(q.grams))
	for i := range q.grams {
		if whole := uint32(q.grams[i].whole); whole > 0 {
			out = append(out, ordered{gram: i, whole: whole})
		}
	}
	slices.SortFunc(out, func(a, b ordered) int {
		return cmp.Compare(uint64(q.dfs[b.gram])*uint64(a.whole), uint64(q.dfs[a.gram])*uint64(b.whole))
	})
	sum := uint32(0) // below 1<<32, see wholeMax
	for i := range out {
		sum += 255 * out[i].whole
		if out[i].bound = sum; q.dfs[out[i].gram]*lightOf < docs {
			sum, out[i].bound = math.MaxUint32, math.MaxUint32
			for j := range out[i:] {
				out[i+j].bound = math.MaxUint32
			}
			break
		}
	}
	return out
}

// lightShare is the part of the sum that a document needs that the light grams may be good for. The more, the fewer lists
// are read whole, and the more documents are promising.
const lightShare = 0.4

// light is how many of the first grams cannot bring a document to a sum unless others have brought it most of the way.
func (r *run) light(need uint32) int {
	most := uint32(lightShare * float64(need))
	n := 0
	for n < len(r.order) && r.order[n].bound <= most {
		n++
	}
	return n
}

// scan adds up the impacts, segment by segment, and keeps the best visible documents. Processors that have nothing else to
// do take part. The smallest segment is first and alone: it soon tells how good a document has to be.
func (r *run) scan() {
	r.top.limit = r.keep
	if r.q.mass == 0 || len(r.snap.views) == 0 {
		return
	}
	floor := r.floor()
	r.bar = new(atomic.Uint32)
	first := 0
	for v := range r.snap.views {
		if r.snap.views[v].seg.n < r.snap.views[first].seg.n {
			first = v
		}
	}
	r.visit(first, floor)
	r.share(len(r.snap.views), func(r *run, v int) {
		if v != first {
			r.visit(v, floor)
		}
	})
}

// share does n pieces of work. Processors that have nothing else to do take part, each with a run of its own.
func (r *run) share(n int, do func(r *run, i int)) {
	var next atomic.Int32 // piece that nobody has taken
	work := func(r *run) {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			do(r, i)
		}
	}
	var beside []*helper
	for range min(r.help, n-1) {
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

// A helper does some of the work of a search on another processor.
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

// fork returns a run for the same question with counts of its own.
func (r *run) fork() *run {
	f := *r
	f.sc = r.x.scratch.Get().(*scratch)
	f.sieve.fate = nil
	f.top.items, f.total = nil, 0
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

// visit takes the best documents out of a segment: it counts those that reach the floor and offers the best to the heap.
// Light grams are added only to documents that are promising without them; the sums of these are exact.
func (r *run) visit(v int, floor uint32) {
	w := &r.snap.views[v]
	if !r.sieve.open && w.seg.held&r.sieve.kinds == 0 {
		return
	}
	lowest := uint32(1)
	if r.strict {
		lowest = floor
	}
	if r.blind {
		floor = math.MaxUint32
	}
	enter := max(lowest, r.top.least(), r.bar.Load())
	need := min(floor, enter)
	lists := r.lists[v*len(r.q.grams):][:len(r.q.grams)]
	clear(r.sc.sums.plain[:w.seg.n])
	clear(r.sc.sums.rest[:w.seg.n])
	light := r.light(need)
	r.sum(w.seg, lists, r.order[light:], nil)
	bound := uint32(0)
	if light > 0 {
		bound = r.order[light-1].bound
	}
	r.promise(w, need-bound)
	if light > 0 {
		r.sum(w.seg, lists, r.order[:light], append(r.sc.promising, beyond))
	}
	r.collect(v, w, floor, max(lowest, r.bar.Load()))
	if least := r.top.least(); least > 0 {
		for was := r.bar.Load(); was < least && !r.bar.CompareAndSwap(was, least); was = r.bar.Load() {
		}
	}
}

// sum adds up grams in a segment, in all documents or only in some: first the usual impacts, then the others, so that the
// sums at work fit the nearest cache.
func (r *run) sum(seg *segment, lists []list, grams []ordered, only []uint16) {
	sc := r.sc
	sc.rest = sc.rest[:0]
	for _, g := range grams {
		l := lists[g.gram]
		if l.df() == 0 {
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
		at = sc.sums.addPlain(blob, at, int(l.plain), seg.n, g.whole, only)
		if l.rest > 0 {
			sc.rest = append(sc.rest, restOf{blob, at, int(l.rest), g.whole})
		}
	}
	for _, p := range sc.rest {
		sc.sums.addRest(p.blob, p.at, p.count, seg.n, p.whole, only)
	}
}

// of is what a document of a segment scores so far.
func (s *sums) of(seg *segment, off int) uint32 {
	return s.plain[off]*uint32(seg.base[off]) + s.rest[off]
}

// floor is the sum from which a document counts towards the total.
func (r *run) floor() uint32 {
	return uint32(min(max(1, r.least*255*wholeMax*r.q.full/r.q.mass), 1<<32-1))
}

// promise notes the visible documents whose sum so far is at least least.
func (r *run) promise(w *view, least uint32) {
	seg := w.seg
	out := r.sc.promising[:0]
	base := seg.base
	plain, rest := r.sc.sums.plain[:len(base)], r.sc.sums.rest[:len(base)]
	for off, p := range plain {
		if p*uint32(base[off])+rest[off] >= least && seg.audiences[off]&r.sieve.viewer != 0 && !w.isDead(off) {
			out = append(out, uint16(off))
		}
	}
	r.sc.promising = out
}

// collect counts the promising documents that reach the floor, and offers those that reach lowest to the heap.
func (r *run) collect(v int, w *view, floor, lowest uint32) {
	seg := w.seg
	enter := max(lowest, r.top.least())
	r.sieve.begin(seg)
	r.tally.begin(seg)
	for _, at := range r.sc.promising {
		off := int(at)
		sum := r.sc.sums.of(seg, off)
		if sum < min(floor, enter) {
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
