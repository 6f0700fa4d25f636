package match

// lens finds the grams of a question in texts fast: most characters are dismissed by one look into a table. Once it is
// focused, several runs may look through it at a time.
type lens struct {
	table []lensSlot // open addressing, a power of two
	tri   []lensSlot
	runes [1 << 16]bool // of the question
	set   []rune        // in runes
}

// sight is what was seen of a document through a lens.
type sight struct {
	seen   []uint8 // by gram: bit f set when found in field f
	times  []uint8 // by gram: how often it is said, at most 255
	tokens int     // characters, pairs and words
	triOn  []bool  // by slot of lens.tri: found
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
func (l *lens) focus(q *question) {
	l.table = emptied(l.table, len(q.grams))
	short := q.short() > 0 // then the textbook's score wants the commonest characters too
	for i, g := range q.grams {
		if g.weight == 0 && !(short && isUni(g.key)) {
			continue
		}
		lensPut(l.table, lensSlot{key: g.key, gram: int32(i), w: g.weight})
		switch {
		case isUni(g.key):
			l.mark(rune(g.key))
		case isPair(g.key):
			l.mark(rune(g.key >> 21 & 0x1FFFFF))
			l.mark(rune(g.key & 0x1FFFFF))
		}
	}
	l.tri = emptied(l.tri, len(q.occs))
	l.focusRuns(q)
}

// focusRuns adds the runs of three characters of the question, each as heavy as the lighter of its two pairs.
func (l *lens) focusRuns(q *question) {
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
			lensPut(l.tri, lensSlot{key: triKey(rune(lastKey>>21&0x1FFFFF), rune(lastKey&0x1FFFFF), rune(key&0x1FFFFF)), w: w})
		}
		last, lastKey = o, key
	}
}

func (l *lens) mark(r rune) {
	if r < 1<<16 && !l.runes[r] {
		l.runes[r] = true
		l.set = append(l.set, r)
	}
}

func (l *lens) blur() {
	for _, r := range l.set {
		l.runes[r] = false
	}
	l.set = l.set[:0]
}

// fieldTally counts what a text shares with the question.
type fieldTally struct {
	pairs, held int     // pairs and words of the text, and those of them that the question holds
	run         float64 // the heaviest run of characters shared without a gap, by its runs of three
	whole       float64 // weight of the pairs and words of the keywords that the question holds from end to end
	first, best float64 // weight of the pairs and words shared with the first and with the best sentence
}

// sentence ends one that shared sum with the question.
func (t *fieldTally) sentence(sum float64, opens bool) {
	if opens {
		t.first = sum
	}
	t.best = max(t.best, sum)
}

// begin forgets the document before; the question has so many grams.
func (s *sight) begin(l *lens, grams int) {
	s.seen, s.times = append(s.seen[:0], make([]uint8, grams)...), append(s.times[:0], make([]uint8, grams)...)
	s.triOn = append(s.triOn[:0], make([]bool, len(l.tri))...)
	s.tokens = 0
}

// see notes a gram in a field.
func (s *sight) see(gram int32, bit uint8) {
	s.seen[gram] |= bit
	if s.times[gram] < 255 {
		s.times[gram]++
	}
}

// read finds the grams of the question in one field, marks them in seen and triOn.
func (s *sight) read(l *lens, text string, bit uint8) fieldTally {
	var t fieldTally
	var a, b rune // the two runes before, 0 when not Han
	var bIn bool  // b belongs to the question
	word, inWord := uint64(0), false
	run, sum, fresh, opens := 0.0, 0.0, false, true // fresh: something stands in the sentence
	for _, r := range text {
		f := fold(r)
		han := f >= 0x3005 && isHan(f)
		if inWord && (f == 0 || han) {
			t.pairs++
			if i := lensFind(l.table, word|wordBit); i >= 0 {
				s.see(l.table[i].gram, bit)
				t.held++
				sum += l.table[i].w
			}
			inWord = false
		}
		switch {
		case f == 0:
			a, b, bIn, run = 0, 0, false, 0
			if fresh && (r == '。' || r == '；' || r == '!' || r == '！' || r == '\n') {
				t.sentence(sum, opens)
				sum, fresh, opens = 0, false, false
			}
		case han:
			fresh = true
			s.tokens++
			in := f >= 1<<16 || l.runes[f]
			if in {
				if i := lensFind(l.table, uint64(f)); i >= 0 {
					s.see(l.table[i].gram, bit)
				}
			}
			shared := false
			if b != 0 {
				t.pairs++
				if in && bIn {
					if i := lensFind(l.table, pairKey(b, f)); i >= 0 {
						s.see(l.table[i].gram, bit)
						t.held++
						sum += l.table[i].w
						if a != 0 {
							if j := lensFind(l.tri, triKey(a, b, f)); j >= 0 {
								s.triOn[j], shared = true, true
								run += l.tri[j].w
								t.run = max(t.run, run)
							}
						}
					}
				}
			}
			if !shared {
				run = 0
			}
			a, b, bIn = b, f, in
		default:
			if !inWord {
				word, inWord = hashSeed, true
			}
			word = hashRune(word, f)
			a, b, bIn, run, fresh = 0, 0, false, 0, true
		}
	}
	if inWord {
		t.pairs++
		if i := lensFind(l.table, word|wordBit); i >= 0 {
			s.see(l.table[i].gram, bit)
			t.held++
			sum += l.table[i].w
		}
	}
	if fresh {
		t.sentence(sum, opens)
	}
	s.tokens += t.pairs
	return t
}
