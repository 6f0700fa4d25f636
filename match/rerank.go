package match

// The second stage reads the texts of the best candidates once more, with the grams of the question at hand, and scores
// them by a few features in a linear model. Every feature is a sum of gram weights or a multiple of the first-stage score, and
// none depends on other candidates: a viewer's ranking is the whole ranking without what the viewer may not see.

// The features of a candidate.
const (
	featBase     = iota // first-stage score
	featCover           // grams that occur in title, keywords or abstract
	featTitle           // grams that occur in the title
	featKeywords        // grams that occur in the keywords
	featPhrase          // runs of three characters shared with the question
	featTopic           // base × part of the title that the question holds
	featTopicKey        // base × part of the keywords that the question holds
	featCommon          // base × how often the document turns up for other questions (segment.common)
	featureCount
)

type features [featureCount]float64

// lens finds the grams of a question in texts fast: most characters are dismissed by one look into a table.
type lens struct {
	table []lensSlot // open addressing, a power of two
	tri   []lensSlot
	seen  []uint8 // by gram: bit f set when found in field f of the document at hand
	triOn []bool  // by slot of tri: found in the document at hand
	runes []rune  // set in scratch.runes
}

type lensSlot struct {
	key  uint64
	gram int32
	w    float64
}

func lensFind(t []lensSlot, key uint64) int {
	mask := uint64(len(t) - 1)
	for i := mix(key) & mask; ; i = (i + 1) & mask {
		if t[i].key == key {
			return int(i)
		}
		if t[i].key == 0 {
			return -1
		}
	}
}

func lensPut(t []lensSlot, s lensSlot) {
	mask := uint64(len(t) - 1)
	i := mix(s.key) & mask
	for t[i].key != 0 {
		if t[i].key == s.key {
			t[i].w = max(t[i].w, s.w)
			return
		}
		i = (i + 1) & mask
	}
	t[i] = s
}

func emptied(t []lensSlot, n int) []lensSlot {
	size := 16
	for size < 3*n {
		size *= 2
	}
	if cap(t) < size {
		return make([]lensSlot, size)
	}
	t = t[:size]
	clear(t)
	return t
}

func triKey(a, b, c rune) uint64 { return uint64(a)<<42 | uint64(b)<<21 | uint64(c) }

// focus makes the lens ready for a question. The table of runes is emptied by blur.
func (sc *scratch) focus(q *question) {
	l := &sc.lens
	l.table = emptied(l.table, len(q.grams))
	if cap(l.seen) < len(q.grams) {
		l.seen = make([]uint8, len(q.grams))
	}
	l.seen = l.seen[:len(q.grams)]
	for i, g := range q.grams {
		if g.weight == 0 {
			continue
		}
		lensPut(l.table, lensSlot{key: g.key, gram: int32(i), w: g.weight})
		switch {
		case isUni(g.key):
			sc.mark(rune(g.key))
		case isPair(g.key):
			sc.mark(rune(g.key >> 21 & 0x1FFFFF))
			sc.mark(rune(g.key & 0x1FFFFF))
		}
	}
	l.tri = emptied(l.tri, len(q.occs))
	sc.focusRuns(q)
	if cap(l.triOn) < len(l.tri) {
		l.triOn = make([]bool, len(l.tri))
	}
	l.triOn = l.triOn[:len(l.tri)]
}

// focusRuns adds the runs of three characters of the question, each as heavy as the lighter of its two pairs.
func (sc *scratch) focusRuns(q *question) {
	var last occurrence
	var lastKey uint64
	for _, o := range q.occs {
		key := q.grams[o.gram].key
		if !isPair(key) || q.grams[o.gram].weight == 0 {
			if isWord(key) {
				lastKey = 0
			}
			continue
		}
		if lastKey != 0 && last.part == o.part && o.start > last.start && o.start < last.end && lastKey&0x1FFFFF == key>>21&0x1FFFFF {
			w := min(q.grams[last.gram].weight, q.grams[o.gram].weight)
			lensPut(sc.lens.tri, lensSlot{key: triKey(rune(lastKey>>21&0x1FFFFF), rune(lastKey&0x1FFFFF), rune(key&0x1FFFFF)), w: w})
		}
		last, lastKey = o, key
	}
}

func (sc *scratch) mark(r rune) {
	if r < 1<<16 && sc.runes[r] == 0 {
		sc.runes[r] = 1
		sc.lens.runes = append(sc.lens.runes, r)
	}
}

func (sc *scratch) blur() {
	for _, r := range sc.lens.runes {
		sc.runes[r] = 0
	}
	sc.lens.runes = sc.lens.runes[:0]
}

// tallyField counts what a text shares with the question.
type fieldTally struct {
	pairs, held int // pairs and words of the text, and those of them that the question holds
}

// read finds the grams of the question in one field, marks them in lens.seen and lens.triOn.
func (sc *scratch) read(text string, bit uint8) fieldTally {
	var t fieldTally
	l := &sc.lens
	var a, b rune // the two runes before, 0 when not Han
	var bIn bool  // b belongs to the question
	word, inWord := uint64(0), false
	for _, r := range text {
		f := fold(r)
		han := f >= 0x3005 && isHan(f)
		if inWord && (f == 0 || han) {
			t.pairs++
			if i := lensFind(l.table, word|wordBit); i >= 0 {
				l.seen[l.table[i].gram] |= bit
				t.held++
			}
			inWord = false
		}
		switch {
		case f == 0:
			a, b, bIn = 0, 0, false
		case han:
			in := f >= 1<<16 || sc.runes[f] != 0
			if in {
				if i := lensFind(l.table, uint64(f)); i >= 0 {
					l.seen[l.table[i].gram] |= bit
				}
			}
			if b != 0 {
				t.pairs++
				if in && bIn {
					if i := lensFind(l.table, pairKey(b, f)); i >= 0 {
						l.seen[l.table[i].gram] |= bit
						t.held++
						if a != 0 {
							if j := lensFind(l.tri, triKey(a, b, f)); j >= 0 {
								l.triOn[j] = true
							}
						}
					}
				}
			}
			a, b, bIn = b, f, in
		default:
			if !inWord {
				word, inWord = hashSeed, true
			}
			word = hashRune(word, f)
			a, b, bIn = 0, 0, false
		}
	}
	if inWord {
		t.pairs++
		if i := lensFind(l.table, word|wordBit); i >= 0 {
			l.seen[l.table[i].gram] |= bit
			t.held++
		}
	}
	return t
}

// measure computes the features of a candidate.
func (r *run) measure(c *candidate) features {
	var f features
	sc, l := r.sc, &r.sc.lens
	clear(l.seen)
	clear(l.triOn)
	title := sc.read(c.entry.field(fieldTitle), 1)
	var keys fieldTally
	words := c.entry.field(fieldKeywords)
	for start, i := 0, 0; i < len(words); i++ {
		if words[i] != '\n' {
			continue
		}
		k := sc.read(words[start:i], 2)
		keys.pairs += k.pairs
		keys.held += k.held
		start = i + 1
	}
	sc.read(clip(c.entry.field(fieldAbstract), abstractRead), 4)
	base := float64(c.sum) / 255 / wholeMax * r.q.mass
	f[featBase] = base
	for i, s := range l.seen {
		if s == 0 {
			continue
		}
		w := r.q.grams[i].weight
		if r.q.grams[i].late {
			f[featBase] += w * lateImpact(s)
		}
		f[featCover] += w
		if s&1 != 0 {
			f[featTitle] += w
		}
		if s&2 != 0 {
			f[featKeywords] += w
		}
	}
	for i, on := range l.triOn {
		if on {
			f[featPhrase] += l.tri[i].w
		}
	}
	f[featTopic] = base * part01(title)
	f[featTopicKey] = base * part01(keys)
	if common := r.snap.views[c.view].seg.common; common != nil {
		f[featCommon] = base * float64(common[c.off])
	}
	c.evidence = r.evidence()
	return f
}

// lateImpact stands for the impact of a gram that the scan left out, by the fields it was found in: about what one
// occurrence has.
func lateImpact(fields uint8) float64 {
	if fields&3 != 0 {
		return 0.6
	}
	return 0.37
}

// abstractRead is how much of an abstract the second stage reads, in bytes.
const abstractRead = 6 << 10

func part01(t fieldTally) float64 {
	if t.pairs == 0 {
		return 0
	}
	return float64(t.held) / float64(t.pairs)
}

// rerank scores the best candidates by the model; the ones after them keep their order below.
func (r *run) rerank(cands []candidate, qu *Query) {
	if len(cands) == 0 {
		return
	}
	p := &r.x.params
	n := min(p.Rerank, len(cands))
	r.sc.focus(r.q)
	for i := range cands[:n] {
		f := r.measure(&cands[i])
		for j, v := range f {
			cands[i].score += p.Model[j] * v
		}
	}
	r.sc.blur()
	r.turnAway(cands[:n], qu)
	for i := range cands[:n] {
		r.label(&cands[i])
	}
	sortByScore(cands[:n])
	r.rest(cands, n)
}

// turnAway lowers hits by how much they share with the documents marked not useful: up to the part Params.Away.
func (r *run) turnAway(cands []candidate, qu *Query) {
	away := map[uint64]float64{}
	sum := 0.0
	for _, id := range qu.NotUseful {
		if e := r.x.visible(id, qu.Filter.Viewer); e != nil {
			for _, s := range r.x.strongest(e, r.snap, r.x.params.Useful) {
				away[s.gram.key] += s.strength
				sum += s.strength
			}
		}
	}
	if sum == 0 {
		return
	}
	for i := range cands {
		c := &cands[i]
		overlap, seen := 0.0, map[uint64]bool{}
		for _, g := range appendGrams(nil, clip(c.entry.text[:c.entry.ends[fieldAbstract]], abstractRead)) {
			if !seen[g.key] {
				seen[g.key] = true
				overlap += away[g.key]
			}
		}
		c.score *= 1 - r.x.params.Away*overlap/sum
	}
}

// rest scores what was not re-ranked by its base alone, below the re-ranked ones.
func (r *run) rest(cands []candidate, n int) {
	if n == 0 {
		return
	}
	limit := cands[n-1].score
	for i := range cands[n:] {
		c := &cands[n+i]
		c.score = min(limit, limit*float64(c.sum)/float64(cands[n-1].sum+1))
	}
}

// FeatureNames lists the features of the second stage in the order of Params.Model.
func FeatureNames() []string {
	return []string{"base", "cover", "title", "keywords", "phrase", "topic", "topickey", "common"}
}
