package match

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Suggestion is a technical term that could make a question clearer.
type Suggestion struct {
	Term  string
	Count int // documents that pass the query's filter and hold all of the term's pairs and words
}

const (
	suggestFrom   = 30   // hits that lend terms
	suggestPool   = 80   // terms that are weighed
	suggestLong   = 20   // characters of a term
	suggestClaims = 600  // bytes of the claims, which say first what is new
	suggestWide   = 0.05 // terms that a greater part of the documents may hold tell nothing
	toldText      = 0.5  // of a term in abstract or claims, against one in a title or among keywords
)

// How much a term counts by where it was found: people chose keywords, the others are cut out of texts.
const (
	lentKeyword = 1
	lentTitle   = 0.7
	lentClaims  = 0.5
	lentLexicon = 0.3
)

// offer is a term that could be suggested.
type offer struct {
	text     string
	keys     []uint64 // its pairs and words
	lent     float64  // the greatest weight of a place where it was found
	rough    float64  // sum of the scores of the hits that lend it
	told     float64  // sum of the scores of the hits that hold it
	tellers  int      // hits that hold it
	last     int      // of them the last, plus one
	next     uint8    // offer that begins with the same character, plus one
	strength float64
}

// suggest offers up to qu.Suggest terms that the question does not hold yet, the strongest first: keywords, pieces of titles
// and claims, and technical words of the lexicon that the best hits hold. A term is strong when hits hold it, the more the
// better they are, and few other documents do; a piece of a text that one hit alone holds is no term. Only documents that
// the viewer may see are among the hits, and only such count.
func (r *run) suggest(hits []candidate, qu *Query) []Suggestion {
	for i := range hits {
		if hits[i].score <= 0 {
			hits = hits[:i]
			break
		}
	}
	offers := offersOf(hits, qu)
	r.sc.tell(offers, hits)
	offers = slices.DeleteFunc(offers, func(o offer) bool { return o.tellers == 0 || o.lent < lentKeyword && o.tellers < 2 })
	r.sc.weigh(offers, r.snap)
	offers = slices.DeleteFunc(offers, func(o offer) bool { return o.strength == 0 })
	slices.SortFunc(offers, func(a, b offer) int {
		return cmp.Or(cmp.Compare(b.strength, a.strength), strings.Compare(a.text, b.text))
	})
	var out []Suggestion
	var taken []*offer
	for i := range offers {
		o := &offers[i]
		if len(out) == qu.Suggest {
			break
		}
		if !slices.ContainsFunc(taken, o.repeats) {
			taken = append(taken, o)
			out = append(out, Suggestion{o.text, holders(o.keys, r.snap, &r.sieve, r.sc)})
		}
	}
	return out
}

// offersOf collects the terms that hits lend, at most suggestPool: those that the best hits lend.
func offersOf(hits []candidate, qu *Query) []offer {
	pool := map[string]*offer{}
	for i := range hits {
		e, score := hits[i].entry, hits[i].score
		lend := func(text string, lent float64) {
			if r := runes(text); r < 2 || r > suggestLong || qu.holds(text) {
				return
			}
			if pool[text] == nil {
				pool[text] = &offer{text: text}
			}
			o := pool[text]
			o.lent = max(o.lent, lent)
			o.rough += lent * score
		}
		for k := range strings.Lines(e.field(fieldKeywords)) {
			lend(strings.TrimSpace(k), lentKeyword)
		}
		for _, p := range pieces(e.field(fieldTitle)) {
			lend(p, lentTitle)
		}
		for _, p := range pieces(clip(e.field(fieldClaims), suggestClaims)) {
			lend(p, lentClaims)
		}
		technical.find(e.text[:e.ends[fieldAbstract]], func(_ Span, found *phrase[struct{}]) { lend(found.text, lentLexicon) })
	}
	offers := make([]offer, 0, len(pool))
	for _, o := range pool {
		offers = append(offers, *o)
	}
	slices.SortFunc(offers, func(a, b offer) int {
		return cmp.Or(cmp.Compare(b.rough, a.rough), strings.Compare(a.text, b.text))
	})
	return offers[:min(suggestPool, len(offers))]
}

// tell finds which hits hold which offers. It goes through the texts once, however many offers there are: a table tells
// which offers begin with a character.
func (sc *scratch) tell(offers []offer, hits []candidate) {
	for i := range offers {
		at := &sc.offers[offers[i].first()]
		offers[i].next, *at = *at, uint8(i+1)
	}
	for h := range hits {
		e, score := hits[h].entry, hits[h].score
		look := func(text string, whole int) { // what begins before whole counts whole
			for i, c := range text {
				for n := sc.offers[uint16(c)]; n != 0; n = offers[n-1].next {
					o := &offers[n-1]
					if o.last == h+1 || !strings.HasPrefix(text[i:], o.text) {
						continue
					}
					o.last = h + 1
					o.tellers++
					if i < whole {
						o.told += score
					} else {
						o.told += toldText * score
					}
				}
			}
		}
		look(e.text[:e.ends[fieldAbstract]], int(e.ends[fieldKeywords]))
		look(clip(e.field(fieldClaims), suggestClaims), 0)
	}
	for i := range offers {
		sc.offers[offers[i].first()] = 0
	}
}

// first is the lower half of the first character.
func (o *offer) first() uint16 {
	r, _ := utf8.DecodeRuneInString(o.text)
	return uint16(r)
}

// weigh finds the strength of offers: the scores of the hits that hold one, times how rare it is in the collection, at
// most, which is how rare its rarest pair or word is. What everything holds tells nothing.
func (sc *scratch) weigh(offers []offer, snap *snapshot) {
	sc.slots = sc.slots[:0]
	for i := range offers {
		offers[i].keys = termKeys(offers[i].text)
		for _, k := range offers[i].keys {
			sc.slots = append(sc.slots, slotOf(k))
		}
	}
	dfs := sc.dfs(snap)
	for i := range offers {
		o, df := &offers[i], snap.docs
		for _, n := range dfs[:len(o.keys)] {
			df = min(df, n)
		}
		dfs = dfs[len(o.keys):]
		if len(o.keys) > 0 && float64(df) <= suggestWide*float64(snap.docs)+50 {
			o.strength = o.lent * o.told * math.Log1p((float64(snap.docs-df)+0.5)/(float64(df)+0.5))
		}
	}
}

// dfs counts the documents of each of sc.slots, the dead ones included. All are looked up in a segment at once, so that
// the memory that one waits for is fetched for many.
func (sc *scratch) dfs(snap *snapshot) []int {
	n := len(sc.slots)
	out, lists := make([]int, n), make([]list, n)
	sc.bucket = append(sc.bucket[:0], make([]span32, n)...)
	for v := range snap.views {
		clear(lists)
		sc.looks += snap.views[v].seg.findAll(sc.slots, sc.bucket, lists)
		for i, l := range lists {
			out[i] += l.df()
		}
	}
	return out
}

// repeats reports whether one of two offers holds the other or most of it.
func (o *offer) repeats(b *offer) bool {
	if strings.Contains(o.text, b.text) || strings.Contains(b.text, o.text) {
		return true
	}
	shared := 0
	for _, k := range o.keys {
		if slices.Contains(b.keys, k) {
			shared++
		}
	}
	return 2*shared > min(len(o.keys), len(b.keys))
}

// holds reports whether the words of the question already hold a term.
func (qu *Query) holds(term string) bool {
	if strings.Contains(qu.Text, term) || strings.Contains(qu.Title, term) {
		return true
	}
	return slices.Contains(qu.Keywords, term) || slices.Contains(qu.Terms, term)
}

// termKeys are the pairs and words of a term, each once.
func termKeys(term string) []uint64 {
	var keys []uint64
	for _, g := range appendGrams(nil, term) {
		if !isUni(g.key) && !slices.Contains(keys, g.key) {
			keys = append(keys, g.key)
		}
	}
	return keys
}

// holders counts the documents that pass a sieve and hold every pair and word of a term: those of the rarest of them, of
// which each commoner one leaves fewer.
func holders(keys []uint64, snap *snapshot, s *sieve, sc *scratch) int {
	sc.slots = sc.slots[:0]
	for _, k := range keys {
		sc.slots = append(sc.slots, slotOf(k))
	}
	n := len(sc.slots)
	if n == 0 {
		return 0
	}
	sc.bucket = append(sc.bucket[:0], make([]span32, n)...)
	lists := make([]list, n)
	total := 0
	for v := range snap.views {
		w := &snap.views[v]
		clear(lists)
		sc.looks += w.seg.findAll(sc.slots, sc.bucket, lists)
		slices.SortFunc(lists, func(a, b list) int { return cmp.Compare(a.df(), b.df()) })
		if lists[0].df() == 0 {
			continue
		}
		sc.rarest.read(w.seg, lists[0])
		left := append(sc.rarest.plain, sc.rarest.rest...)
		for _, l := range lists[1:] {
			if len(left) == 0 {
				break
			}
			clear(sc.marked[:])
			w.seg.mark(l, &sc.marked, &sc.rarest.buf)
			left = slices.DeleteFunc(left, func(off uint16) bool { return sc.marked[off/64]>>(off%64)&1 == 0 })
		}
		s.begin(w.seg)
		for _, off := range left {
			if !w.isDead(int(off)) && s.passes(w.seg, int(off)) {
				total++
			}
		}
		sc.rarest.plain = left
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
		out[i] = holders(termKeys(t), snap, &s, sc)
	}
	return out
}
