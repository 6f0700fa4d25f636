package match

import (
	"bytes"
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
	sums      sums
	offs      [segmentMax + 1]uint16
	promising []uint16 // in offs: documents that may be among the best, rising
	lists     []list   // of gram g in view v at v*len(grams)+g
	slots     []uint64
	bucket    []span32
	looks     uint32
	rest      []restOf
	rarest    postings       // of a term whose holders are counted
	marked    marks          // by document: whether a list holds it
	offers    [1 << 16]uint8 // by the lower half of a character: offer that begins with it, plus one
	lens      lens
	sight     sight
	freq      []float32
	grams     []gram
	record    []byte
}

func newScratch() *scratch { return &scratch{} }

// found is a document that the first stage keeps.
type found struct {
	sum       uint32 // exact sum of whole weight × impact
	view, off int32
	time      int64
}

// candidate is one that the second stage looks at.
type candidate struct {
	found
	seg      *segment
	entry    *entry // nil until it is read
	score    float64
	label    Label
	evidence Evidence
}

func (c *candidate) id() string { return string(c.seg.id(int(c.off))) }

// sieve is a Filter made ready for one search.
type sieve struct {
	viewer  Audience
	open    bool // nothing but the viewer matters
	kinds   uint16
	any     [][]uint32
	sets    *tagSets // of the segment at hand
	fate    []int16  // by set: what failsSet says of it, plus 3; 0 when it was not asked
	exclude map[string]bool
	now     int64 // 0 = nothing lapses
}

// sieve must be made after the snapshot was taken, so that it knows every tag in it.
func (x *Index) sieve(f *Filter) sieve {
	s := sieve{viewer: f.Viewer, kinds: 1<<16 - 1, now: f.Now}
	if f.Viewer&AudOffice != 0 {
		s.now = 0
	}
	if len(f.Kinds) > 0 {
		s.kinds = 0
		for _, k := range f.Kinds {
			s.kinds |= kindBit(k)
		}
	}
	for _, group := range f.Any {
		if len(group) > 0 {
			s.any = append(s.any, x.tags.known(group))
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

// begin makes ready for the documents of a segment.
func (s *sieve) begin(seg *segment) {
	if s.any != nil {
		s.sets = &seg.sets
		s.fate = append(s.fate[:0], make([]int16, len(s.sets.ends))...)
	}
}

// passes reports whether a document of a segment passes.
func (s *sieve) passes(seg *segment, off int) bool { return s.fails(seg, off) == passed }

// What fails returns beside the number of a group.
const (
	passed = -1
	barred = -2 // not for this viewer, of another kind, lapsed, left out, or outside more than one group
)

// fails is the one group of the filter that a document does not hold, passed when it holds all, or barred. The segment is
// the one that began.
func (s *sieve) fails(seg *segment, off int) int {
	if seg.audiences[off]&s.viewer == 0 {
		return barred
	}
	if s.open {
		return passed
	}
	until := seg.untils[off]
	if s.kinds&kindBit(seg.kinds[off]) == 0 || s.now != 0 && until != 0 && until <= s.now ||
		s.exclude != nil && s.exclude[string(seg.id(off))] {
		return barred
	}
	if s.any == nil {
		return passed
	}
	set := s.sets.of[off]
	fate := &s.fate[set]
	if *fate == 0 {
		*fate = int16(s.failsSet(s.sets.set(int(set))) + 3)
	}
	return int(*fate) - 3
}

// failsSet is what the tags of a document alone decide.
func (s *sieve) failsSet(set []uint32) int {
	failed := passed
	for i, group := range s.any {
		if slices.ContainsFunc(set, func(tag uint32) bool { return slices.Contains(group, tag) }) {
			continue
		}
		if failed != passed {
			return barred
		}
		failed = i
	}
	return failed
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
	all := min(k+max(qu.Further, 0), hitsMax)
	r := &run{
		x: x, q: q, snap: snap, sc: sc, lens: &sc.lens, sieve: x.sieve(&qu.Filter), keep: max(all, x.params.Rerank),
		least: cmp.Or(qu.Floor, x.params.Floor), strict: qu.Floor > 0, blind: qu.Uncounted,
	}
	if !r.blind {
		r.tally = x.tally(qu.Facets, qu.Filter.Any)
		r.counts = r.tally
	}
	r.begin(snap.helpers(int(x.searches.Add(1))))
	defer func() {
		x.searches.Add(-1)
		r.end()
	}()
	r.weigh()
	r.scan()
	cands := r.top.sorted()
	r.rerank(cands, &qu)
	res := Result{Total: r.total, Facets: r.tally.named(), Hits: make([]Hit, min(all, len(cands)))}
	for i := range res.Hits {
		c := &cands[i]
		res.Hits[i] = Hit{ID: c.id(), Kind: c.seg.kinds[c.off], Score: c.score, Label: c.label, Evidence: c.evidence}
	}
	if qu.Explain && len(res.Hits) > 0 {
		wanted := wants(qu.Wants, qu.Title, qu.Text)
		r.share(min(k, len(res.Hits)), func(r *run, i int) {
			r.read(&cands[i])
			res.Hits[i].Why = r.explain(&cands[i], wanted)
		})
	}
	if qu.Suggest > 0 {
		res.Suggestions = r.suggest(cands[:min(len(cands), x.params.Rerank, suggestFrom)], &qu)
	}
	return res
}

// heap keeps the best limit documents, the worst of them first.
type heap struct {
	limit int
	views []view
	items []found
}

// before orders documents: higher sum, then later, then by id.
func (h *heap) before(a, b *found) bool {
	if a.sum != b.sum {
		return a.sum > b.sum
	}
	if a.time != b.time {
		return a.time > b.time
	}
	return bytes.Compare(h.id(a), h.id(b)) < 0
}

func (h *heap) id(f *found) []byte { return h.views[f.view].seg.id(int(f.off)) }

// least is the least sum that may still enter.
func (h *heap) least() uint32 {
	if len(h.items) < h.limit {
		return 0
	}
	return h.items[0].sum
}

func (h *heap) offer(f found) bool {
	if len(h.items) < h.limit {
		h.items = append(h.items, f)
		for i := len(h.items) - 1; i > 0; {
			up := (i - 1) / 2
			if !h.before(&h.items[up], &h.items[i]) {
				break
			}
			h.items[up], h.items[i] = h.items[i], h.items[up]
			i = up
		}
		return true
	}
	if !h.before(&f, &h.items[0]) {
		return false
	}
	at := 0 // where f comes to stand
	for {
		down := 2*at + 1
		if down >= len(h.items) {
			break
		}
		if down+1 < len(h.items) && h.before(&h.items[down], &h.items[down+1]) {
			down++
		}
		if !h.before(&f, &h.items[down]) {
			break
		}
		h.items[at] = h.items[down]
		at = down
	}
	h.items[at] = f
	return true
}

// sorted are the documents that were kept, the best first.
func (h *heap) sorted() []candidate {
	slices.SortFunc(h.items, func(a, b found) int {
		if h.before(&a, &b) {
			return -1
		}
		return 1
	})
	out := make([]candidate, len(h.items))
	for i, f := range h.items {
		out[i] = candidate{found: f, seg: h.views[f.view].seg}
	}
	return out
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

// sortByScore orders re-ranked candidates, which come in the order of the first stage; it decides between equal ones.
func sortByScore(cands []candidate) {
	slices.SortStableFunc(cands, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
}
