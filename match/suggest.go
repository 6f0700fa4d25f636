package match

import (
	"cmp"
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

// Suggest offers up to n keywords of the best hits that the question does not hold yet, the strongest first. Only
// documents that the viewer may see lend keywords or count.
func (x *Index) Suggest(qu Query, n int) []Suggestion {
	qu.K, qu.Explain, qu.Facets = suggestFrom, false, nil
	weight := map[string]float64{}
	for _, h := range x.Search(qu).Hits {
		e := x.visible(h.ID, qu.Filter.Viewer)
		if e == nil || h.Score <= 0 {
			continue
		}
		for k := range strings.Lines(e.field(fieldKeywords)) {
			if k = strings.TrimSpace(k); runes(k) >= 2 && runes(k) <= 20 && !qu.holds(k) {
				weight[k] += h.Score
			}
		}
	}
	terms := make([]string, 0, len(weight))
	for k := range weight {
		terms = append(terms, k)
	}
	slices.SortFunc(terms, func(a, b string) int {
		return cmp.Or(cmp.Compare(weight[b], weight[a]), strings.Compare(a, b))
	})
	snap, s := x.snap.Load(), x.sieve(&qu.Filter)
	out := make([]Suggestion, 0, n)
	for _, t := range terms[:min(max(n, 0), len(terms))] {
		out = append(out, Suggestion{t, x.holders(t, snap, &s)})
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

// holders counts the documents that pass a sieve and hold every pair and word of a term.
func (x *Index) holders(term string, snap *snapshot, s *sieve) int {
	var keys []uint64
	for _, g := range appendGrams(nil, term) {
		if !isUni(g.key) && !slices.Contains(keys, g.key) {
			keys = append(keys, g.key)
		}
	}
	held := make([]uint16, segmentMax)
	var p postings
	total := 0
	for v := range snap.views {
		w := &snap.views[v]
		clear(held)
		s.begin(w.seg)
		for _, k := range keys {
			p.read(w.seg, w.seg.find(slotOf(k)))
			for _, off := range p.plain {
				held[off]++
			}
			for _, off := range p.rest {
				held[off]++
			}
		}
		for off, n := range held[:w.seg.n] {
			if len(keys) > 0 && int(n) == len(keys) && !w.isDead(off) && s.passes(w.seg, off) {
				total++
			}
		}
	}
	return total
}

// Holding counts, for each term, the documents that pass a filter and hold all of the term's pairs and words.
func (x *Index) Holding(f Filter, terms []string) []int {
	snap, s := x.snap.Load(), x.sieve(&f)
	out := make([]int, len(terms))
	for i, t := range terms {
		out[i] = x.holders(t, snap, &s)
	}
	return out
}
