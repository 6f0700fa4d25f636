package match

import (
	"math"
	"math/bits"
	"slices"
)

// segmentMax is the number of documents of a full segment; offsets inside one fit 16 bits and its accumulators the cache.
const segmentMax = 1 << 14

// entry is a document as the index keeps it. It never changes after it was made.
type entry struct {
	id         string
	text       string // title, keywords each ended by a newline, abstract, claims
	ends       [fieldCount]int32
	tags       []uint32
	indicators []Indicator
	time       int64
	until      int64
	key        string
	kind       Kind
	audience   Audience
	level      uint8
}

// Fields of a document, in the order of entry.text.
const (
	fieldTitle = iota
	fieldKeywords
	fieldAbstract
	fieldClaims
	fieldCount
)

func (e *entry) field(f int) string {
	if f == 0 {
		return e.text[:e.ends[0]]
	}
	return e.text[e.ends[f-1]:e.ends[f]]
}

// segment is an immutable inverted index of up to segmentMax documents. Keys are mixed and sorted; the postings of
// keys[i] are offs and imps [starts[i], starts[i+1]), offsets rising.
type segment struct {
	docs      []*entry
	audiences []Audience // of docs, side by side for the scan
	keys      []uint64
	dir       []uint32 // first key of each bucket of the highest bits
	shift     uint
	starts    []uint32
	offs      []uint16
	imps      []uint8
	common    []float32 // by document, see commonness; nil in a small segment
}

// mix is a bijection that spreads keys evenly, so that a bucket of their highest bits holds a few.
func mix(k uint64) uint64 {
	k ^= k >> 33
	k *= 0xff51afd7ed558ccd
	k ^= k >> 33
	k *= 0xc4ceb9fe1a85ec53
	return k ^ k>>33
}

// index fills what is derived: the directory of the keys and the audiences.
func (s *segment) index() {
	s.audiences = make([]Audience, len(s.docs))
	for i, e := range s.docs {
		s.audiences[i] = e.audience
	}
	n := max(len(s.keys)/4, 1)
	width := bits.Len(uint(n))
	s.shift = uint(64 - width)
	s.dir = make([]uint32, 1<<width+1)
	for _, k := range s.keys {
		s.dir[k>>s.shift+1]++
	}
	for i := 1; i < len(s.dir); i++ {
		s.dir[i] += s.dir[i-1]
	}
}

// find returns the range of the postings of a mixed key; lo == hi when there are none.
func (s *segment) find(mixed uint64) (lo, hi uint32) {
	b := mixed >> s.shift
	for i := s.dir[b]; i < s.dir[b+1]; i++ {
		if s.keys[i] == mixed {
			return s.starts[i], s.starts[i+1]
		}
	}
	return 0, 0
}

// posting is an occurrence before sorting: which distinct key, which document, what impact.
type posting struct {
	id  uint32
	off uint16
	imp uint8
}

// builder turns up to segmentMax entries into a segment.
type builder struct {
	p        *Params
	ids      map[uint64]uint32
	keys     []uint64
	freq     []float32 // weighted frequency in the document at hand, by id
	touched  []uint32
	counts   []uint32
	postings []posting
	grams    []gram
}

func buildSegment(p *Params, docs []*entry) *segment {
	b := &builder{p: p, ids: make(map[uint64]uint32, 1024)}
	for i, e := range docs {
		b.add(uint16(i), e)
	}
	return b.finish(docs)
}

// add counts a document. Every field adds its frequency, weighted and divided by its own length norm (BM25F); the sum is
// then saturated and stored in 8 bits.
func (b *builder) add(off uint16, e *entry) {
	for f := range fieldCount {
		b.grams = appendGrams(b.grams[:0], e.field(f))
		n := 0
		for _, g := range b.grams {
			if !isUni(g.key) {
				n++
			}
		}
		fp := b.p.Fields[f]
		w := float32(fp.Weight / (1 - fp.B + fp.B*float64(n)/fp.Pivot))
		for _, g := range b.grams {
			b.count(g.key, w)
		}
	}
	for _, id := range b.touched {
		tf := float64(b.freq[id])
		b.freq[id] = 0
		imp := uint8(max(1, math.Round(255*tf/(b.p.K1+tf))))
		b.postings = append(b.postings, posting{id, off, imp})
		b.counts[id]++
	}
	b.touched = b.touched[:0]
}

func (b *builder) count(key uint64, w float32) {
	id, ok := b.ids[key]
	if !ok {
		id = uint32(len(b.keys))
		b.ids[key] = id
		b.keys = append(b.keys, mix(key))
		b.freq = append(b.freq, 0)
		b.counts = append(b.counts, 0)
	}
	if b.freq[id] == 0 {
		b.touched = append(b.touched, id)
	}
	b.freq[id] += w
}

// finish sorts the postings by key with a counting sort, which keeps the order of the documents.
func (b *builder) finish(docs []*entry) *segment {
	order := make([]uint32, len(b.keys))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(x, y uint32) int {
		if b.keys[x] < b.keys[y] {
			return -1
		}
		return 1
	})
	s := &segment{
		docs:   docs,
		keys:   make([]uint64, len(order)),
		starts: make([]uint32, len(order)+1),
		offs:   make([]uint16, len(b.postings)),
		imps:   make([]uint8, len(b.postings)),
	}
	next := make([]uint32, len(order))
	at := uint32(0)
	for i, id := range order {
		s.keys[i], s.starts[i], next[id] = b.keys[id], at, at
		at += b.counts[id]
	}
	s.starts[len(order)] = at
	for _, p := range b.postings {
		j := next[p.id]
		next[p.id]++
		s.offs[j], s.imps[j] = p.off, p.imp
	}
	s.index()
	return s
}

const gone = math.MaxUint16

// mergeViews makes one segment of the living documents of several, which together fit one.
func mergeViews(views []view) *segment {
	s := &segment{}
	remap := make([][]uint16, len(views))
	total := 0
	for v, w := range views {
		remap[v] = make([]uint16, len(w.seg.docs))
		for i, e := range w.seg.docs {
			remap[v][i] = gone
			if !w.isDead(i) {
				remap[v][i] = uint16(len(s.docs))
				s.docs = append(s.docs, e)
			}
		}
		total += len(w.seg.offs)
	}
	s.offs = make([]uint16, 0, total)
	s.imps = make([]uint8, 0, total)
	at := make([]int, len(views))
	for {
		least, found := uint64(math.MaxUint64), false
		for v, w := range views {
			if at[v] < len(w.seg.keys) && (!found || w.seg.keys[at[v]] < least) {
				least, found = w.seg.keys[at[v]], true
			}
		}
		if !found {
			break
		}
		start := uint32(len(s.offs))
		for v, w := range views {
			if at[v] >= len(w.seg.keys) || w.seg.keys[at[v]] != least {
				continue
			}
			for j := w.seg.starts[at[v]]; j < w.seg.starts[at[v]+1]; j++ {
				if to := remap[v][w.seg.offs[j]]; to != gone {
					s.offs = append(s.offs, to)
					s.imps = append(s.imps, w.seg.imps[j])
				}
			}
			at[v]++
		}
		if uint32(len(s.offs)) > start {
			s.keys = append(s.keys, least)
			s.starts = append(s.starts, start)
		}
	}
	s.starts = append(s.starts, uint32(len(s.offs)))
	s.keys, s.starts = slices.Clip(s.keys), slices.Clip(s.starts)
	s.index()
	return s
}
