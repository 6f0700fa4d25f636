package match

import (
	"cmp"
	"slices"
	"strings"
)

const (
	hitsDefault = 10
	hitsMax     = 1000
)

// scratch is the working memory of one search; searches take it from a pool.
type scratch struct {
	acc    [segmentMax]uint32
	runes  [1 << 16]uint16 // number of a rune of the question, 0 for others
	ranges []span32        // postings of gram g in view v at v*len(grams)+g
	lens   lens
}

type span32 struct{ lo, hi uint32 }

func newScratch() *scratch { return &scratch{} }

// candidate is a document that the first stage keeps.
type candidate struct {
	sum      uint32 // exact sum of whole weight × impact
	view     int32
	off      int32
	entry    *entry
	score    float64
	label    Label
	evidence Evidence
}

// before orders candidates: higher sum, then later, then by id.
func (c *candidate) before(d *candidate) bool {
	if c.sum != d.sum {
		return c.sum > d.sum
	}
	if c.entry.time != d.entry.time {
		return c.entry.time > d.entry.time
	}
	return c.entry.id < d.entry.id
}

// sieve is a Filter made ready for one snapshot.
type sieve struct {
	viewer  Audience
	open    bool // nothing but the viewer matters
	kinds   uint16
	any     [][]uint32
	exclude map[string]bool
	now     int64 // 0 = nothing lapses
}

func (x *Index) sieve(f *Filter) sieve {
	s := sieve{viewer: f.Viewer, kinds: 1<<16 - 1, now: f.Now}
	if f.Viewer&AudOffice != 0 {
		s.now = 0
	}
	if len(f.Kinds) > 0 {
		s.kinds = 0
		for _, k := range f.Kinds {
			s.kinds |= 1 << (k & 15)
		}
	}
	for _, group := range f.Any {
		if len(group) > 0 {
			s.any = append(s.any, x.names.known(group))
		}
	}
	if len(f.Exclude) > 0 {
		s.exclude = make(map[string]bool, len(f.Exclude))
		for _, id := range f.Exclude {
			s.exclude[id] = true
		}
	}
	s.open = s.kinds == 1<<16-1 && s.any == nil && s.exclude == nil && s.now == 0
	return s
}

func (s *sieve) passes(e *entry) bool { return s.fails(e) == passed }

// What fails returns beside the number of a group.
const (
	passed = -1
	barred = -2 // not for this viewer, of another kind, left out, or outside more than one group
)

// fails is the one group of the filter that e does not hold, passed when it holds all, or barred.
func (s *sieve) fails(e *entry) int {
	if e.audience&s.viewer == 0 || s.kinds&(1<<(e.kind&15)) == 0 || (s.now != 0 && e.until != 0 && e.until <= s.now) {
		return barred
	}
	failed := passed
	for i, group := range s.any {
		if holdsAny(e.tags, group) {
			continue
		}
		if failed != passed {
			return barred
		}
		failed = i
	}
	if s.exclude != nil && s.exclude[e.id] {
		return barred
	}
	return failed
}

func holdsAny(tags, group []uint32) bool {
	for _, t := range tags {
		if slices.Contains(group, t) {
			return true
		}
	}
	return false
}

// Search finds the best documents for a query. It never fails: a query without a usable word has no hits.
func (x *Index) Search(qu Query) Result {
	snap := x.snap.Load()
	q := x.ask(&qu, snap)
	sc := x.scratch.Get().(*scratch)
	defer x.scratch.Put(sc)
	k := qu.K
	if k <= 0 {
		k = hitsDefault
	}
	k = min(k, hitsMax)
	r := &run{
		x: x, q: q, snap: snap, sc: sc, sieve: x.sieve(&qu.Filter), keep: max(k, x.params.Rerank),
		tally: x.tally(qu.Facets, qu.Filter.Any), least: cmp.Or(qu.Floor, x.params.Floor), strict: qu.Floor > 0,
	}
	r.weigh()
	r.scan()
	cands := r.top.sorted()
	r.rerank(cands, &qu)
	res := Result{Total: r.total, Facets: r.tally.named(), Hits: make([]Hit, 0, min(k, len(cands)))}
	var wanted []Indicator
	if qu.Explain && len(cands) > 0 {
		wanted = wants(qu.Wants, qu.Title, qu.Text)
	}
	for i := range cands[:min(k, len(cands))] {
		c := &cands[i]
		h := Hit{ID: c.entry.id, Kind: c.entry.kind, Score: c.score, Label: c.label, Evidence: c.evidence}
		if qu.Explain {
			h.Why = r.explain(c, wanted)
		}
		res.Hits = append(res.Hits, h)
	}
	return res
}

// run is one search under way.
type run struct {
	x      *Index
	q      *question
	snap   *snapshot
	sc     *scratch
	sieve  sieve
	keep   int
	top    heap
	total  int
	tally  *tally
	least  float64 // part of the attainable that counts
	strict bool    // what is below it is no hit either
}

// locate looks every gram up in every segment.
func (sc *scratch) locate(q *question, snap *snapshot) {
	sc.ranges = sc.ranges[:0]
	for v := range snap.views {
		seg := snap.views[v].seg
		for i := range q.grams {
			lo, hi := seg.find(mix(q.grams[i].key))
			sc.ranges = append(sc.ranges, span32{lo, hi})
		}
	}
}

// weigh looks the grams up and gives them their weights.
func (r *run) weigh() {
	r.sc.locate(r.q, r.snap)
	dfs := make([]int, len(r.q.grams))
	for i, rg := range r.sc.ranges {
		dfs[i%len(dfs)] += int(rg.hi - rg.lo)
	}
	r.q.weigh(&r.x.params, dfs, r.snap.docs)
}

// scan adds up the impacts, segment by segment, and keeps the best visible documents.
func (r *run) scan() {
	r.top.limit = r.keep
	if r.q.mass == 0 {
		return
	}
	floor := r.floor()
	for v := range r.snap.views {
		w := &r.snap.views[v]
		acc := r.sc.acc[:len(w.seg.docs)]
		clear(acc)
		ranges := r.sc.ranges[v*len(r.q.grams):][:len(r.q.grams)]
		for i, rg := range ranges {
			if whole := uint32(r.q.grams[i].whole); whole > 0 && rg.lo < rg.hi {
				addImpacts(&r.sc.acc, w.seg.offs[rg.lo:rg.hi], w.seg.imps[rg.lo:rg.hi], whole)
			}
		}
		r.collect(v, w, acc, floor)
	}
}

// floor is the sum from which a document counts towards the total.
func (r *run) floor() uint32 {
	return uint32(min(max(1, r.least*255*wholeMax*r.q.full/r.q.mass), 1<<32-1))
}

// addImpacts is where a search spends most of its time; the mask spares a bounds check, offsets are below segmentMax.
func addImpacts(acc *[segmentMax]uint32, offs []uint16, imps []uint8, whole uint32) {
	imps = imps[:len(offs)]
	j := 0
	for ; j+4 <= len(offs); j += 4 {
		o, i := offs[j:j+4:j+4], imps[j:j+4:j+4]
		acc[o[0]&(segmentMax-1)] += whole * uint32(i[0])
		acc[o[1]&(segmentMax-1)] += whole * uint32(i[1])
		acc[o[2]&(segmentMax-1)] += whole * uint32(i[2])
		acc[o[3]&(segmentMax-1)] += whole * uint32(i[3])
	}
	for ; j < len(offs); j++ {
		acc[offs[j]&(segmentMax-1)] += whole * uint32(imps[j])
	}
}

// collect takes the visible documents out of the sums: it counts those that reach the floor and offers the best to the
// heap. Documents are only touched when the segment's own bytes cannot decide.
func (r *run) collect(v int, w *view, acc []uint32, floor uint32) {
	lowest := uint32(1)
	if r.strict {
		lowest = floor
	}
	enter := max(lowest, r.top.least())
	least := min(floor, enter)
	for off, sum := range acc {
		if sum < least || w.seg.audiences[off]&r.sieve.viewer == 0 || w.isDead(off) {
			continue
		}
		failed := passed
		if !r.sieve.open {
			failed = r.sieve.fails(w.seg.docs[off])
		}
		if failed == barred {
			continue
		}
		if sum >= floor {
			r.tally.count(w.seg.docs[off], failed)
		}
		if failed != passed {
			continue
		}
		if sum >= floor {
			r.total++
		}
		if sum >= enter && r.top.offer(candidate{sum: sum, view: int32(v), off: int32(off), entry: w.seg.docs[off]}) {
			enter = max(lowest, r.top.least())
			least = min(floor, enter)
		}
	}
}

// heap keeps the best limit candidates, the worst of them first.
type heap struct {
	limit int
	items []candidate
}

// least is the least sum that may still enter.
func (h *heap) least() uint32 {
	if len(h.items) < h.limit {
		return 0
	}
	return h.items[0].sum
}

func (h *heap) offer(c candidate) bool {
	if len(h.items) < h.limit {
		h.items = append(h.items, c)
		for i := len(h.items) - 1; i > 0; {
			up := (i - 1) / 2
			if !h.items[up].before(&h.items[i]) {
				break
			}
			h.items[up], h.items[i] = h.items[i], h.items[up]
			i = up
		}
		return true
	}
	if !c.before(&h.items[0]) {
		return false
	}
	h.items[0] = c
	for i := 0; ; {
		down := 2*i + 1
		if down >= len(h.items) {
			break
		}
		if down+1 < len(h.items) && h.items[down].before(&h.items[down+1]) {
			down++
		}
		if !h.items[i].before(&h.items[down]) {
			break
		}
		h.items[i], h.items[down] = h.items[down], h.items[i]
		i = down
	}
	return true
}

func (h *heap) sorted() []candidate {
	slices.SortFunc(h.items, func(a, b candidate) int {
		if a.before(&b) {
			return -1
		}
		return 1
	})
	return h.items
}

// Count returns how many documents pass a filter.
func (x *Index) Count(f Filter) int {
	n, _ := x.CountFacets(f, nil)
	return n
}

// CountFacets counts the documents that pass a filter, and their tags under the given prefixes as Result.Facets does.
func (x *Index) CountFacets(f Filter, prefixes []string) (int, map[string]map[string]int) {
	found := x.Browse(f, ByTime, nil, 0, prefixes)
	return found.Total, found.Facets
}

// Similar returns the k documents most like the one with this id, itself left out; none when the viewer may not see it.
func (x *Index) Similar(id string, f Filter, k int) []Hit {
	e := x.visible(id, f.Viewer)
	if e == nil {
		return nil
	}
	f.Exclude = append(slices.Clone(f.Exclude), id)
	keywords := strings.FieldsFunc(e.field(fieldKeywords), func(r rune) bool { return r == '\n' })
	return x.Search(Query{
		Text: e.field(fieldAbstract), Title: e.field(fieldTitle), Keywords: keywords, Filter: f, K: k,
	}).Hits
}

// sortByScore orders re-ranked candidates.
func sortByScore(cands []candidate) {
	slices.SortStableFunc(cands, func(a, b candidate) int {
		if c := cmp.Compare(b.score, a.score); c != 0 {
			return c
		}
		if a.before(&b) {
			return -1
		}
		return 1
	})
}
