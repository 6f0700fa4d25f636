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
	forks  []*run // of the helpers
	top    heap
	total  int
	tally  *tally  // nil in a fork that has counted nothing
	counts *tally  // what to count; shared
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
	sum, light := uint32(0), true // the sum is below 1<<32, see wholeMax
	for i := range out {
		sum += 255 * out[i].whole
		if light = light && q.dfs[out[i].gram]*lightOf >= docs; light {
			out[i].bound = sum
		} else {
			out[i].bound = math.MaxUint32
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
	r.top.limit, r.top.views = r.keep, r.snap.views
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
	for _, f := range r.forks {
		r.join(f)
	}
}

// share does n pieces of work. Processors that have nothing else to do take part, each with a run of its own.
func (r *run) share(n int, do func(r *run, i int)) {
	var next atomic.Int32 // piece that nobody has taken
	work := func(r *run) {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			do(r, i)
		}
	}
	beside := make([]helper, max(0, min(len(r.forks), n-1)))
	for i := range beside {
		h := &beside[i]
		h.run, h.done = r.forks[i], make(chan struct{})
		r.tell(h.run)
		go h.help(work)
	}
	work(r)
	for i := range beside {
		beside[i].leave()
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

// leave waits for the helper. One that no processor was free for is not waited for: there is nothing left to do.
func (h *helper) leave() {
	if !h.state.CompareAndSwap(helperWaits, helperLeaves) {
		<-h.done
	}
}

// Below helpLeast documents a search is over before a helper has begun.
const (
	helpLeast = 1 << 16
	helpMost  = 3
)

// helpers is how many helpers a search deserves when so many are under way: none where the others need the processors.
func (s *snapshot) helpers(searches int) int {
	if s.docs < helpLeast {
		return 0
	}
	return max(0, min(runtime.GOMAXPROCS(0)-searches, helpMost, len(s.views)/2))
}

// begin makes the runs of the helpers; end gives back what they worked with.
func (r *run) begin(helpers int) {
	for range helpers {
		r.forks = append(r.forks, &run{sc: r.x.scratch.Get().(*scratch)})
	}
}

func (r *run) end() {
	for _, f := range r.forks {
		r.x.scratch.Put(f.sc)
	}
}

// tell tells a fork what the run knows, and that nothing is found yet.
func (r *run) tell(f *run) {
	sc := f.sc
	*f = *r
	f.sc, f.forks, f.sieve.fate = sc, nil, nil
	f.top.items, f.total, f.tally = nil, 0, nil
}

// join adds what a fork has found.
func (r *run) join(f *run) {
	r.total += f.total
	if f.tally != nil {
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
	r.promise(w.seg, need-bound)
	if light > 0 {
		r.sum(w.seg, lists, r.order[:light], r.few(lists, light))
	}
	r.collect(v, w, floor, max(lowest, r.bar.Load()))
	if least := r.top.least(); least > 0 {
		for was := r.bar.Load(); was < least && !r.bar.CompareAndSwap(was, least); was = r.bar.Load() {
		}
	}
}

// few are the promising documents, ended, or nil where it is quicker to add light grams to all.
func (r *run) few(lists []list, light int) []uint16 {
	held := 0
	for _, g := range r.order[:light] {
		held += lists[g.gram].df()
	}
	if 2*light*len(r.sc.promising) > held {
		return nil
	}
	n := len(r.sc.promising)
	r.sc.offs[n] = beyond
	return r.sc.offs[:n+1]
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

// promise notes the documents whose sum so far is at least least. The loop has no branch that depends on a sum: nobody could
// guess it.
func (r *run) promise(seg *segment, least uint32) {
	base := seg.base
	sums := &r.sc.sums
	plain, rest := sums.plain[:len(base)], sums.rest[:len(base)]
	out, n := r.sc.offs[:len(base)], 0
	for off, b := range base {
		out[n] = uint16(off)
		if plain[off]*uint32(b)+rest[off] >= least {
			n++
		}
	}
	r.sc.promising = out[:n]
}

// collect counts the visible ones of the promising documents that reach the floor, and offers those that reach lowest to the heap.
func (r *run) collect(v int, w *view, floor, lowest uint32) {
	seg := w.seg
	enter := max(lowest, r.top.least())
	r.sieve.begin(seg)
	if r.tally == nil {
		r.tally = r.counts.fresh()
	}
	r.tally.begin(seg)
	for _, at := range r.sc.promising {
		off := int(at)
		sum := r.sc.sums.of(seg, off)
		if sum < min(floor, enter) || seg.audiences[off]&r.sieve.viewer == 0 || w.isDead(off) {
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
		if sum >= enter && r.top.offer(found{sum, int32(v), int32(off), seg.times[off]}) {
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
