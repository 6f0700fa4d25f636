package match

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Suggestion is a technical term that could make a question clearer.
type Suggestion struct {
	Term  string
	Count int // documents that pass the query's filter and hold all of the term's pairs and words
}

// suggestFrom is how many hits lend their keywords.
const suggestFrom = 30

// suggest offers keywords of the best hits that the question does not hold yet, the strongest first. Only documents that
// the viewer may see are among the hits, and only such count.
func (r *run) suggest(hits []candidate, qu *Query) []Suggestion {
	weight := map[string]float64{}
	for i := range hits {
		if hits[i].score <= 0 {
			continue
		}
		for k := range strings.Lines(hits[i].entry.field(fieldKeywords)) {
			if k = strings.TrimSpace(k); runes(k) >= 2 && runes(k) <= 20 && !qu.holds(k) {
				weight[k] += hits[i].score
			}
		}
	}
	terms := slices.SortedFunc(maps.Keys(weight), func(a, b string) int {
		return cmp.Or(cmp.Compare(weight[b], weight[a]), strings.Compare(a, b))
	})
	var out []Suggestion
	for _, t := range terms[:min(qu.Suggest, len(terms))] {
		out = append(out, Suggestion{t, r.x.holders(t, r.snap, &r.sieve, r.sc)})
	}
	return out
}

// holds reports whether the words of the question already hold a term.
func (qu *Query) holds(term string) bool {
	if strings.Contains(qu.Text, term) || strings.Contains(qu.Title, term) {
		return true
	}
	return slices.Contains(qu.Keywords, term) || slices.Contains(qu.Terms, term)
}

// holders counts the documents that pass a sieve and hold every pair and word of a term. Only the documents of the rarest
// of them are looked at.
func (x *Index) holders(term string, snap *snapshot, s *sieve, sc *scratch) int {
	sc.slots = sc.slots[:0]
	for _, g := range appendGrams(nil, term) {
		if slot := slotOf(g.key); !isUni(g.key) && !slices.Contains(sc.slots, slot) {
			sc.slots = append(sc.slots, slot)
		}
	}
	n := len(sc.slots)
	if n == 0 {
		return 0
	}
	sc.bucket = append(sc.bucket[:0], make([]span32, n)...)
	lists := make([]list, n)
	held := make([]uint8, segmentMax) // lists that hold the document, but for the rarest
	var p postings
	total := 0
	for v := range snap.views {
		w := &snap.views[v]
		clear(lists)
		sc.looks += w.seg.findAll(sc.slots, sc.bucket, lists)
		slices.SortFunc(lists, func(a, b list) int { return cmp.Compare(b.df(), a.df()) })
		if lists[n-1].df() == 0 {
			continue
		}
		clear(held[:w.seg.n])
		for _, l := range lists[:n-1] {
			p.read(w.seg, l)
			for _, off := range p.plain {
				held[off]++
			}
			for _, off := range p.rest {
				held[off]++
			}
		}
		p.read(w.seg, lists[n-1])
		s.begin(w.seg)
		for _, part := range [][]uint16{p.plain, p.rest} {
			for _, off := range part {
				if int(held[off]) == n-1 && !w.isDead(int(off)) && s.passes(w.seg, int(off)) {
					total++
				}
			}
		}
	}
	return total
}

// Holding counts, for each term, the documents that pass a filter and hold all of the term's pairs and words.
func (x *Index) Holding(f Filter, terms []string) []int {
	snap, s := x.snap.Load(), x.sieve(&f)
	sc := x.scratch.Get().(*scratch)
	defer x.scratch.Put(sc)
	out := make([]int, len(terms))
	for i, t := range terms {
		out[i] = x.holders(t, snap, &s, sc)
	}
	return out
}
