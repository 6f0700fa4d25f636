package match

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// segmentMax is the number of documents of a full segment; offsets inside one fit 16 bits and its sums the cache.
const segmentMax = 1 << 14

// segment is an immutable inverted index of up to segmentMax documents. What belongs to a document stands in slices side
// by side, without pointers: the collector passes them over, and they go to disk as they are.
type segment struct {
	n         int
	ids       []byte // one after the other
	idEnds    []uint32
	hashed    []uint32 // open addressing by id: 16 bits of its hash << 16 | offset + 1, 0 is free
	sortKeys  []byte   // one after the other
	sortEnds  []uint32
	times     []int64
	untils    []int64
	kinds     []Kind
	held      uint16 // kinds of the documents, a bit each
	audiences []Audience
	levels    []uint8
	sets      tagSets
	records   []uint32  // where the record of each document begins in cold, in recordAlign bytes, and where the last one ends
	base      []uint8   // usual impact, see list
	common    []float32 // see commonness; nil in a small segment

	// Slots of the grams, rising: those of bucket b are keys[dir[b]:dir[b+1]], without the bits of the bucket. The list of
	// keys[i] begins at lists[starts[i]].
	keys   []uint32
	dir    []uint32
	starts []uint32
	lists  []byte
	width  uint // bits of a bucket's number
	cold   cold
}

// Buckets hold a few keys each and take at least slotBits - 32 bits.
const (
	bucketKeys = 8
	widthLeast = slotBits - 32
)

// direct fills the directory from whole slots, which rise.
func (s *segment) direct(slots []uint64) {
	s.width = uint(max(bits.Len(uint(len(slots)/bucketKeys)), widthLeast))
	s.keys = make([]uint32, len(slots))
	s.dir = make([]uint32, 1<<s.width+1)
	for i, slot := range slots {
		s.keys[i] = uint32(slot & (1<<(slotBits-s.width) - 1))
		s.dir[slot>>(slotBits-s.width)+1]++
	}
	for i := 1; i < len(s.dir); i++ {
		s.dir[i] += s.dir[i-1]
	}
}

// slots returns the whole slots of all keys.
func (s *segment) slots() []uint64 {
	out := make([]uint64, 0, len(s.keys))
	for b := range len(s.dir) - 1 {
		for _, k := range s.keys[s.dir[b]:s.dir[b+1]] {
			out = append(out, uint64(b)<<(slotBits-s.width)|uint64(k))
		}
	}
	return out
}

// find returns the list of a slot, an empty one if no document has it.
func (s *segment) find(slot uint64) list {
	shift := slotBits - s.width
	b, key := slot>>shift, uint32(slot&(1<<shift-1))
	lo, hi := s.dir[b], s.dir[b+1]
	for i, k := range s.keys[lo:hi] {
		if k == key {
			return readHead(s.lists, s.starts[int(lo)+i])
		}
	}
	return list{}
}

// findAll finds the lists of several slots. It goes step by step over all of them, and looks at what the next step needs
// before any branch depends on it, so that the memory is fetched for many slots at once. What it returns means nothing; it
// keeps those looks from being left out.
func (s *segment) findAll(slots []uint64, at []span32, out []list) (looks uint32) {
	const none = math.MaxUint32
	shift := slotBits - s.width
	for i, slot := range slots {
		at[i] = span32{s.dir[slot>>shift], s.dir[slot>>shift+1]}
	}
	for _, b := range at {
		if b.lo < b.hi {
			looks += s.keys[b.lo] + s.starts[b.lo]
		}
	}
	for i, slot := range slots {
		lo, key := at[i].lo, uint32(slot&(1<<shift-1))
		bucket := s.keys[lo:at[i].hi]
		at[i].lo = none
		for j, k := range bucket {
			if k == key {
				at[i].lo = s.starts[int(lo)+j]
				break
			}
		}
	}
	for _, b := range at {
		if b.lo != none {
			looks += uint32(s.lists[b.lo])
		}
	}
	for i, b := range at {
		if b.lo != none {
			out[i] = readHead(s.lists, b.lo)
		}
	}
	return looks
}

// blob returns the bytes that a list stands in and where it begins there.
func (s *segment) blob(l list, buf *[]byte) ([]byte, uint32) {
	if !l.cold {
		return s.lists, l.at
	}
	p := s.lists[l.at:]
	b, err := s.cold.read(buf, int64(binary.LittleEndian.Uint32(p))*recordAlign, int(binary.LittleEndian.Uint32(p[4:])))
	if err != nil {
		return nil, 0
	}
	return b, 0
}

// postings is a list as it was read.
type postings struct {
	plain, rest []uint16
	imps        []byte
	buf         []byte
}

// read fills p with a list of s; it is empty if the list cannot be read.
func (p *postings) read(s *segment, l list) {
	p.plain, p.rest, p.imps = p.plain[:0], p.rest[:0], nil
	blob, at := s.blob(l, &p.buf)
	if blob == nil {
		return
	}
	p.plain, at = readOffsets(p.plain, blob, at, int(l.plain), s.n)
	p.imps = blob[at : at+uint32(l.rest)]
	p.rest, _ = readOffsets(p.rest, blob, at+uint32(l.rest), int(l.rest), s.n)
}

// mark sets the bits of the documents of a list of s; none if it cannot be read.
func (s *segment) mark(l list, marked *marks, buf *[]byte) {
	blob, at := s.blob(l, buf)
	if blob == nil {
		return
	}
	at = marked.offsets(blob, at, int(l.plain), s.n)
	marked.offsets(blob, at+uint32(l.rest), int(l.rest), s.n)
}

// write appends p to dst as a list of n documents, without its head.
func (p *postings) write(dst []byte, n int) []byte {
	dst = appendOffsets(dst, p.plain, n)
	dst = append(dst, p.imps...)
	return appendOffsets(dst, p.rest, n)
}

// rare is the part of the documents that have a single character from which on its list is kept in the cold store. Such
// a character counts in the scan only when a question has nothing rarer (Params.UniScan).
const rare = 0.06

// addList writes the list of a slot, which is greater than all before.
func (s *segment) addList(p *postings, slot uint64, coldBytes *[]byte) {
	s.starts = append(s.starts, uint32(len(s.lists)))
	df := len(p.plain) + len(p.rest)
	if s.n < coldLeast || float64(df) < rare*float64(s.n)+50 || !slotIsUni(slot) {
		s.lists = p.write(appendHead(s.lists, len(p.plain), len(p.rest)), s.n)
		return
	}
	at := len(*coldBytes)
	*coldBytes = p.write(*coldBytes, s.n)
	size := len(*coldBytes) - at
	for len(*coldBytes)%recordAlign != 0 {
		*coldBytes = append(*coldBytes, 0)
	}
	s.lists = appendCounts(append(s.lists, headCold), len(p.plain), len(p.rest))
	s.lists = binary.LittleEndian.AppendUint32(s.lists, uint32(at/recordAlign))
	s.lists = binary.LittleEndian.AppendUint32(s.lists, uint32(size))
}

func (s *segment) id(off int) []byte { return nth(s.ids, s.idEnds, off) }

// nth is the one at i of parts that stand one after the other.
func nth(all []byte, ends []uint32, i int) []byte {
	if i == 0 {
		return all[:ends[0]]
	}
	return all[ends[i-1]:ends[i]]
}

// hashID is FNV-1a.
func hashID[T string | []byte](id T) uint64 {
	h := uint64(hashSeed)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * hashPrime
	}
	return h ^ h>>32
}

// hashIDs fills the table of ids.
func (s *segment) hashIDs() {
	size := 4
	for size < 2*s.n {
		size *= 2
	}
	s.hashed = make([]uint32, size)
	for off := range s.n {
		h := hashID(s.id(off))
		i := h & uint64(size-1)
		for s.hashed[i] != 0 {
			i = (i + 1) & uint64(size-1)
		}
		s.hashed[i] = uint32(h>>48)<<16 | uint32(off+1)
	}
}

// offset returns where the document with an id is, -1 if it is not in the segment; h is hashID(id).
func (s *segment) offset(id string, h uint64) int {
	mask := uint64(len(s.hashed) - 1)
	for i := h & mask; s.hashed[i] != 0; i = (i + 1) & mask {
		if s.hashed[i]>>16 == uint32(h>>48) {
			if off := int(s.hashed[i]&0xFFFF) - 1; string(s.id(off)) == id {
				return off
			}
		}
	}
	return -1
}

// entry reads a document back. One that cannot be read has no text.
func (s *segment) entry(off int, buf *[]byte) (*entry, error) {
	at, end := int64(s.records[off])*recordAlign, int64(s.records[off+1])*recordAlign
	b, err := s.cold.read(buf, at, int(end-at))
	if err == nil {
		var e *entry
		if e, err = readRecord(b); err == nil {
			e.id = string(s.id(off))
			return e, nil
		}
	}
	return &entry{id: string(s.id(off))}, err
}

// traits are what a segment keeps of a document besides its text and its grams.
type traits struct {
	id, sortKey string
	kind        Kind
	audience    Audience
	level       uint8
	time, until int64
	tags        []uint32
	base        uint8
}

func (s *segment) keep(sets *tagSetter, t traits) {
	s.n++
	s.ids, s.sortKeys = append(s.ids, t.id...), append(s.sortKeys, t.sortKey...)
	s.idEnds, s.sortEnds = append(s.idEnds, uint32(len(s.ids))), append(s.sortEnds, uint32(len(s.sortKeys)))
	s.kinds, s.audiences, s.levels = append(s.kinds, t.kind), append(s.audiences, t.audience), append(s.levels, t.level)
	s.held |= kindBit(t.kind)
	s.times, s.untils = append(s.times, t.time), append(s.untils, t.until)
	s.base = append(s.base, t.base)
	s.sets.add(sets, t.tags)
}

func kindBit(k Kind) uint16 { return 1 << (k & 15) }

func (s *segment) traits(i int) traits {
	return traits{string(s.id(i)), string(nth(s.sortKeys, s.sortEnds, i)), s.kinds[i], s.audiences[i], s.levels[i],
		s.times[i], s.untils[i], s.sets.set(int(s.sets.of[i])), s.base[i]}
}

// clip gives back what slices have too much.
func (s *segment) clip() {
	s.ids, s.idEnds, s.sortKeys, s.sortEnds = slices.Clip(s.ids), slices.Clip(s.idEnds), slices.Clip(s.sortKeys), slices.Clip(s.sortEnds)
	s.kinds, s.audiences, s.levels, s.sets = slices.Clip(s.kinds), slices.Clip(s.audiences), slices.Clip(s.levels), tagSets{slices.Clip(s.sets.of), slices.Clip(s.sets.ends), slices.Clip(s.sets.tags)}
	s.times, s.untils, s.base, s.records = slices.Clip(s.times), slices.Clip(s.untils), slices.Clip(s.base), slices.Clip(s.records)
	s.starts, s.lists = slices.Clone(s.starts), slices.Clone(s.lists)
}

// builder turns up to segmentMax documents into a segment; it may be used again.
type builder struct {
	x        *Index
	table    gramTable
	slots    []uint64
	freq     []float32 // weighted frequency in the document at hand, by number of the gram
	touched  []uint32
	counts   []uint32
	postings []uint64 // number << 32 | offset << 16 | usual impact << 8 | impact
	sorted   []uint32
	grams    []gram
	tags     []uint32
	sets     tagSetter
	cold     []byte
}

func (b *builder) build(docs []*Doc) *segment {
	b.table.reset()
	b.sets.byTags = map[string]uint16{}
	b.slots, b.freq, b.counts, b.postings, b.cold = b.slots[:0], b.freq[:0], b.counts[:0], b.postings[:0], b.cold[:0]
	s := &segment{}
	for _, d := range docs {
		b.add(s, d)
	}
	s.records = append(s.records, uint32(len(b.cold)/recordAlign))
	b.finish(s)
	return s
}

// fieldWeight is what one occurrence of a gram weighs in a field with these grams: every field has its own length norm
// (BM25F).
func (p *Params) fieldWeight(f int, grams []gram) float32 {
	n := 0
	for _, g := range grams {
		if !isUni(g.key) {
			n++
		}
	}
	fp := p.Fields[f]
	return float32(fp.Weight / (1 - fp.B + fp.B*float64(n)/fp.Pivot))
}

// impact saturates a weighted frequency and puts it into 8 bits.
func (p *Params) impact(freq float32) uint8 {
	tf := float64(freq)
	return uint8(max(1, math.Round(255*tf/(p.K1+tf))))
}

// add counts a document: every field adds its frequency, weighted; the sum is then saturated.
func (b *builder) add(s *segment, d *Doc) {
	s.records = append(s.records, uint32(len(b.cold)/recordAlign))
	var fields [fieldCount]Span
	b.cold, fields = appendRecord(b.cold, d)
	text := string(b.cold[fields[0].Start:fields[fieldClaims].End])
	for f, at := range fields {
		b.grams = appendGrams(b.grams[:0], text[at.Start-fields[0].Start:at.End-fields[0].Start])
		w := b.x.params.fieldWeight(f, b.grams)
		for _, g := range b.grams {
			b.count(g.key, w)
		}
	}
	var seen [256]uint16
	first := len(b.postings)
	for _, id := range b.touched {
		imp := b.x.params.impact(b.freq[id])
		b.freq[id] = 0
		b.postings = append(b.postings, uint64(id)<<32|uint64(s.n)<<16|uint64(imp))
		b.counts[id]++
		if seen[imp] < math.MaxUint16 {
			seen[imp]++
		}
	}
	b.touched = b.touched[:0]
	base := 0
	for imp, n := range seen {
		if n > seen[base] {
			base = imp
		}
	}
	for i := range b.postings[first:] {
		b.postings[first+i] |= uint64(base) << 8
	}
	b.tags = b.x.tags.intern(b.tags[:0], d.Tags)
	s.keep(&b.sets, traits{d.ID, d.Key, d.Kind, d.Audience, d.Level, d.Time, d.Until, b.tags, uint8(base)})
}

func (b *builder) count(key uint64, w float32) {
	id, fresh := b.table.id(key)
	if fresh {
		b.slots = append(b.slots, slotOf(key))
		b.freq = append(b.freq, 0)
		b.counts = append(b.counts, 0)
	}
	if b.freq[id] == 0 {
		b.touched = append(b.touched, id)
	}
	b.freq[id] += w
}

// finish sorts the postings by slot with a counting sort, which keeps the order of the documents.
func (b *builder) finish(s *segment) {
	order := make([]uint32, len(b.slots))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(x, y uint32) int {
		if b.slots[x] < b.slots[y] {
			return -1
		}
		return 1
	})
	next := make([]uint32, len(order))
	slots := make([]uint64, len(order))
	at := uint32(0)
	for i, id := range order {
		slots[i], next[id] = b.slots[id], at
		at += b.counts[id]
	}
	b.sorted = slices.Grow(b.sorted[:0], len(b.postings))[:len(b.postings)]
	for _, p := range b.postings {
		b.sorted[next[p>>32]] = uint32(p)
		next[p>>32]++
	}
	var list postings
	at = 0
	for i, id := range order {
		list.plain, list.rest, list.imps = list.plain[:0], list.rest[:0], list.imps[:0]
		for _, p := range b.sorted[at : at+b.counts[id]] {
			if uint8(p) == uint8(p>>8) {
				list.plain = append(list.plain, uint16(p>>16))
			} else {
				list.rest, list.imps = append(list.rest, uint16(p>>16)), append(list.imps, uint8(p))
			}
		}
		at += b.counts[id]
		s.addList(&list, slots[i], &b.cold)
	}
	s.direct(slots)
	s.hashIDs()
	s.clip()
	s.cold = b.x.store(b.cold, s.n)
}
