package match

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf8"
)

const (
	textMax  = 64 << 10 // bytes of a question that are read
	gramsMax = 512      // distinct grams of a question that are used: the heaviest
)

// question is a query made ready: its distinct grams with weights and where each came from.
type question struct {
	parts    []part
	grams    []asked
	occs     []occurrence
	dfs      []int     // documents that hold each gram
	signs    []signs   // of each gram, for the second stage
	textbook []float64 // weight of each gram in the textbook's score, for the second stage
	lent     float64   // weight of the grams that only useful documents have
	mass     float64   // sum of all weights: the most that a document could score
	says     float64   // sum of tells over all grams, found anywhere or not
	full     float64   // mass and what the question says that no document of the collection says
}

// part is a piece of text of a question.
type part struct {
	text   string
	part   int
	origin string // partLexicon: the everyday word of the question that called for text
	terms  int    // partLexicon: how many terms it called for
}

// asked is a distinct gram of a question.
type asked struct {
	key    uint64
	freq   float64
	own    bool    // the question's own, not from the lexicon or a useful document
	plain  float64 // own: 1, less where it is a plain phrase, straddles words or is a number
	tells  float64 // as evidence, 0 to 1; 0 when it is not own or a single character
	lent   float64 // the same of what is not own
	weight float64
	late   bool   // counts only in the second stage: too common for the scan
	whole  uint64 // weight as an integer, for exact sums; 0 when late
}

// occurrence is one place of a gram in a part.
type occurrence struct {
	part       int32
	gram       int32
	start, end int32
}

type questionBuilder struct {
	x   *Index
	q   question
	ids map[uint64]int32
	buf []gram
}

// ask reads the parts of a query into grams. Documents marked useful give their strongest grams.
func (x *Index) ask(qu *Query, snap *snapshot) *question {
	b := &questionBuilder{x: x, ids: make(map[uint64]int32, 256)}
	b.add(part{text: qu.Text, part: partText})
	b.add(part{text: qu.Title, part: partTitle})
	for _, k := range qu.Keywords {
		b.add(part{text: k, part: partKeyword})
	}
	for _, t := range qu.Terms {
		b.add(part{text: t, part: partTerm})
	}
	for _, e := range b.expansions() {
		b.add(e)
	}
	for _, id := range qu.Useful {
		if e := x.visible(id, qu.Filter.Viewer); e != nil {
			b.addUseful(e, snap)
		}
	}
	return &b.q
}

// clip cuts s to at most n bytes at a rune's boundary.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func (b *questionBuilder) add(p part) {
	p.text = clip(p.text, textMax)
	weight := b.x.params.Parts[p.part]
	if p.part == partLexicon {
		weight *= math.Pow(float64(p.terms*max(1, runes(p.text)-1)), -b.x.params.Spread)
	}
	if p.text == "" || weight == 0 {
		return
	}
	n := int32(len(b.q.parts))
	b.q.parts = append(b.q.parts, p)
	b.buf = appendGrams(b.buf[:0], p.text)
	var plain []Span
	if p.part == partText || p.part == partTitle {
		plain = plainSpans(p.text)
	}
	for _, g := range b.buf {
		for len(plain) > 0 && plain[0].End <= int(g.start) {
			plain = plain[1:]
		}
		w, plainness := weight, 1.0
		if p.part == partText {
			w *= 1 + b.x.params.Early*(0.5-float64(g.start)/float64(len(p.text)))
		}
		if len(plain) > 0 && int(g.start) >= plain[0].Start && int(g.end) <= plain[0].End {
			plainness *= b.x.params.Plain
		}
		if isPair(g.key) && glues(g.key) {
			plainness *= b.x.params.Glue
		}
		if isWord(g.key) && digitsOnly(p.text[g.start:g.end]) {
			plainness *= b.x.params.Number
		}
		id := b.count(g, n, w*plainness)
		b.q.grams[id].plain = max(b.q.grams[id].plain, plainness)
	}
}

func (b *questionBuilder) count(g gram, part int32, w float64) int32 {
	id, ok := b.ids[g.key]
	if !ok {
		id = int32(len(b.q.grams))
		b.ids[g.key] = id
		b.q.grams = append(b.q.grams, asked{key: g.key})
	}
	b.q.grams[id].freq += w
	if p := b.q.parts[part].part; p != partLexicon && p != partUseful {
		b.q.grams[id].own = true
	}
	b.q.occs = append(b.q.occs, occurrence{part, id, g.start, g.end})
	return id
}

func digitsOnly(s string) bool {
	for _, r := range s {
		if f := fold(r); f < '0' || f > '9' {
			return false
		}
	}
	return true
}

// addUseful adds the strongest grams of a document, weighted by their strength (Rocchio).
func (b *questionBuilder) addUseful(e *entry, snap *snapshot) {
	strong := b.x.strongest(e, snap, b.x.params.Useful)
	if len(strong) == 0 {
		return
	}
	text := e.text[:e.ends[fieldAbstract]]
	n := int32(len(b.q.parts))
	b.q.parts = append(b.q.parts, part{text: text, part: partUseful})
	most := strong[0].strength
	slices.SortFunc(strong, func(a, c strongGram) int { // the order of the text, as appendGrams has it
		return cmp.Or(cmp.Compare(a.gram.end, c.gram.end), cmp.Compare(a.gram.start, c.gram.start))
	})
	for _, s := range strong {
		b.count(s.gram, n, b.x.params.Parts[partUseful]*s.strength/most)
	}
}

// strongGram is a gram of a document with its strength: impact times idf to the power in use.
type strongGram struct {
	gram     gram
	strength float64
}

// strongest returns the n strongest grams of title, keywords and abstract, strongest first.
func (x *Index) strongest(e *entry, snap *snapshot, n int) []strongGram {
	freq := map[uint64]float64{}
	first := map[uint64]gram{}
	at := int32(0)
	for f := range fieldClaims {
		fp := x.params.Fields[f]
		for _, g := range appendGrams(nil, clip(e.field(f), textMax)) {
			freq[g.key] += fp.Weight
			if _, ok := first[g.key]; !ok {
				g.start, g.end = g.start+at, g.end+at
				first[g.key] = g
			}
		}
		at = e.ends[f]
	}
	out := make([]strongGram, 0, len(freq))
	for key, tf := range freq {
		df := snap.df(slotOf(key))
		s := tf / (x.params.K1 + tf) * x.params.idf(df, snap.docs) * x.params.kindWeight(key)
		if isWord(key) && digitsOnly(e.text[first[key].start:first[key].end]) {
			s *= x.params.Number
		}
		out = append(out, strongGram{first[key], s})
	}
	slices.SortFunc(out, func(a, c strongGram) int {
		return cmp.Or(cmp.Compare(c.strength, a.strength), cmp.Compare(a.gram.start, c.gram.start), cmp.Compare(a.gram.end, c.gram.end))
	})
	return out[:min(n, len(out))]
}

func (s *snapshot) df(slot uint64) int {
	n := 0
	for i := range s.views {
		n += s.views[i].seg.find(slot).df()
	}
	return n
}

// idf of a gram in df of n documents, raised to the power in use.
func (p *Params) idf(df, n int) float64 {
	return math.Pow(math.Log1p((float64(n-df)+0.5)/(float64(df)+0.5)), p.Power)
}

func (p *Params) kindWeight(key uint64) float64 {
	switch {
	case isUni(key):
		return p.Uni
	case isWord(key):
		return p.Word
	}
	return 1
}

// weigh gives each gram its weight from its document frequency, leaves out what cannot tell documents apart, keeps the
// heaviest gramsMax, and sets the integer weights so that the sum over a document fits 32 bits.
func (q *question) weigh(p *Params, dfs []int, n int) {
	q.dfs = dfs
	for i := range q.grams {
		g := &q.grams[i]
		df := dfs[i]
		q.weighEvidence(g, df, n)
		if isUni(g.key) && float64(df) > p.UniMax*float64(n)+50 {
			continue
		}
		w := (p.K3 + 1) * g.freq / (p.K3 + g.freq) * p.idf(max(df, 1), n) * p.kindWeight(g.key)
		if df > 0 {
			g.weight = w
			g.late = isUni(g.key) && float64(df) > p.UniScan*float64(n)+50
		} else if g.own {
			q.full += w
		}
	}
	if len(q.grams) > gramsMax {
		weights := make([]float64, len(q.grams))
		for i := range q.grams {
			weights[i] = q.grams[i].weight
		}
		slices.Sort(weights)
		least := weights[len(weights)-gramsMax]
		left := gramsMax
		for i := range q.grams {
			if q.grams[i].weight < least || left == 0 {
				q.grams[i].weight = 0
			} else {
				left--
			}
		}
	}
	if !slices.ContainsFunc(q.grams, func(g asked) bool { return g.weight > 0 && !g.late }) {
		for i := range q.grams {
			q.grams[i].late = false // a question of common characters alone is still one
		}
	}
	for i := range q.grams {
		if q.grams[i].late {
			q.full += q.grams[i].weight
		} else {
			q.mass += q.grams[i].weight
		}
	}
	q.full += q.mass
	if q.mass == 0 {
		return
	}
	scale := wholeMax / q.mass
	for i := range q.grams {
		if !q.grams[i].late {
			q.grams[i].whole = uint64(math.Round(q.grams[i].weight * scale))
		}
	}
}

// wholeMax bounds the sum of the integer weights: times 255 it stays below 1<<32, rounding included.
const wholeMax = 1 << 24 * 0.99
