package match

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
)

// A snapshot on disk begins with saveMagic; the header follows, as JSON; then the names of tags; then, segment by segment,
// its slices and its cold store. Numbers are little endian. Each of these sections ends with the CRC-32C of its bytes.
//
// It holds what the index holds. Of what was deleted or replaced no text is left, only that this character and that pair
// stood in something, until its segment is merged.
const saveMagic = "datai\x00i1"

// Stamp says what a snapshot on disk is a copy of. Load hands it back as it was.
type Stamp struct {
	Database string `json:"database"` // id of the database
	Epoch    int64  `json:"epoch"`    // of the database
	Program  string `json:"program"`  // what made the documents
	Feed     int64  `json:"feed"`     // all changes up to this number are in it
	At       int64  `json:"at"`       // unix milliseconds by which what lapses had lapsed
}

type saveHeader struct {
	Stamp
	Fingerprint string `json:"fingerprint"`
	Segments    int    `json:"segments"`
	Docs        int    `json:"docs"`
}

// ErrSnapshot says that a snapshot is damaged, or that another version of this package wrote it. The index is then to be built
// from the database.
var ErrSnapshot = errors.New("match: the snapshot cannot be used")

// fingerprint tells apart what two versions would put into an index: parameters, lexicon, and the analysis of all characters
// of the basic plane and of a text with everything in it.
func (x *Index) fingerprint() string {
	params, err := json.Marshal(x.params)
	b := fmt.Appendf(nil, "%s %d %d %d %g\n%s %v\n%s\n%s\n", saveMagic, segmentMax, slotBits, coldLeast, rare, params, err, lexiconText, plainText)
	b = fmt.Appendf(b, "%d %d %d\n", commonLeast, commonAsk, commonRunes)
	for _, r := range folds {
		b = binary.LittleEndian.AppendUint16(b, r)
	}
	for _, g := range appendGrams(nil, "锂电池LiFePO₄正极，Ｍn3+掺杂\x00ヶ々〇한글𠀀a1b2；①½ß İ é") {
		b = fmt.Appendf(b, "%x %d %d %x\n", g.key, g.start, g.end, slotOf(g.key))
	}
	return fmt.Sprintf("%x", sha256.Sum256(b))
}

// saver writes sections.
type saver struct {
	w   *bufio.Writer
	crc uint32
	err error
	buf []byte
}

func (s *saver) write(b []byte) {
	if s.err != nil {
		return
	}
	s.crc = crc32.Update(s.crc, castagnoli, b)
	_, s.err = s.w.Write(b)
}

// end ends a section.
func (s *saver) end() {
	crc := s.crc
	s.write(binary.LittleEndian.AppendUint32(nil, crc))
	s.crc = 0
}

func (s *saver) number(n uint64) { s.write(binary.LittleEndian.AppendUint64(nil, n)) }

func (s *saver) bytes(b []byte) {
	s.number(uint64(len(b)))
	s.write(b)
}

// saveSlice writes the length of a slice and its numbers.
func saveSlice[T uint8 | uint16 | uint32 | uint64 | int64 | float32 | Kind | Audience](s *saver, list []T) {
	s.number(uint64(len(list)))
	if s.err != nil {
		return
	}
	if s.buf, s.err = binary.Append(s.buf[:0], binary.LittleEndian, list); s.err == nil {
		s.write(s.buf)
	}
}

// Save writes a snapshot of the index. Searches and writes go on meanwhile; what they change is not in it.
func (x *Index) Save(w io.Writer, stamp Stamp) error {
	snap := x.snap.Load()
	names := x.tags.list()
	s := &saver{w: bufio.NewWriterSize(w, 1<<20)}
	s.write([]byte(saveMagic))
	header, err := json.Marshal(saveHeader{stamp, x.fingerprint(), len(snap.views), snap.live})
	if err != nil {
		return fmt.Errorf("match: save: %w", err)
	}
	s.bytes(header)
	s.end()
	s.number(uint64(len(names)))
	for _, name := range names {
		s.bytes([]byte(name))
	}
	s.end()
	for i := range snap.views {
		s.view(&snap.views[i])
		s.end()
		if err := s.cold(&snap.views[i]); err != nil {
			x.damaged.Store(true)
			return fmt.Errorf("match: save: %w", err)
		}
		s.end()
	}
	if s.err == nil {
		s.err = s.w.Flush()
	}
	if s.err != nil {
		return fmt.Errorf("match: save: %w", s.err)
	}
	return nil
}

// view writes the slices of a segment and which of its documents are dead.
func (s *saver) view(v *view) {
	g := v.seg
	s.number(uint64(g.n))
	s.number(uint64(g.width))
	s.number(uint64(g.cold.size))
	saveSlice(s, v.dead)
	s.bytes(g.ids)
	saveSlice(s, g.idEnds)
	sortKeys := slices.Clone(g.sortKeys)
	for i := range g.n {
		if v.isDead(i) {
			clear(nth(sortKeys, g.sortEnds, i))
		}
	}
	s.bytes(sortKeys)
	saveSlice(s, g.sortEnds)
	saveSlice(s, g.times)
	saveSlice(s, g.untils)
	saveSlice(s, g.kinds)
	saveSlice(s, g.audiences)
	saveSlice(s, g.levels)
	saveSlice(s, g.sets.of)
	saveSlice(s, g.sets.ends)
	saveSlice(s, g.sets.tags)
	saveSlice(s, g.records)
	saveSlice(s, g.base)
	saveSlice(s, g.common)
	saveSlice(s, g.keys)
	saveSlice(s, g.dir)
	saveSlice(s, g.starts)
	s.bytes(g.lists)
}

// cold writes the cold store of a segment, zeros in the place of the dead. Records stand before the lists.
func (s *saver) cold(v *view) error {
	var buf []byte
	copied := func(from, to int64) error {
		const some = 1 << 20
		for ; from < to && s.err == nil; from += some {
			b, err := v.seg.cold.read(&buf, from, int(min(some, to-from)))
			if err != nil {
				return err
			}
			s.write(b)
		}
		return nil
	}
	done := int64(0)
	for i := range v.seg.n {
		if !v.isDead(i) {
			continue
		}
		from, to := int64(v.seg.records[i])*recordAlign, int64(v.seg.records[i+1])*recordAlign
		if err := copied(done, from); err != nil {
			return err
		}
		s.write(make([]byte, to-from))
		done = to
	}
	return copied(done, v.seg.cold.size)
}

// loader reads sections.
type loader struct {
	r    *bufio.Reader
	crc  uint32
	at   int64 // bytes read
	size int64
	err  error
	buf  []byte
}

func (l *loader) fail() {
	if l.err == nil {
		l.err = ErrSnapshot
	}
}

// read fills b.
func (l *loader) read(b []byte) {
	if l.err != nil {
		clear(b)
		return
	}
	n, err := io.ReadFull(l.r, b)
	l.at += int64(n)
	if err != nil {
		l.err = fmt.Errorf("%w: %w", ErrSnapshot, err)
		clear(b)
		return
	}
	l.crc = crc32.Update(l.crc, castagnoli, b)
}

// end ends a section; nothing that was read of it may be used before.
func (l *loader) end() bool {
	want := l.crc
	var b [4]byte
	l.read(b[:])
	if binary.LittleEndian.Uint32(b[:]) != want {
		l.fail()
	}
	l.crc = 0
	return l.err == nil
}

func (l *loader) number() uint64 {
	var b [8]byte
	l.read(b[:])
	return binary.LittleEndian.Uint64(b[:])
}

// length reads how many items of some bytes follow; a damaged one asks for no more memory than the snapshot is long.
func (l *loader) length(size int) int {
	n := l.number()
	if l.err == nil && n > uint64(l.size-l.at)/uint64(size) {
		l.fail()
	}
	if l.err != nil {
		return 0
	}
	return int(n)
}

func (l *loader) bytes() []byte {
	b := make([]byte, l.length(1))
	l.read(b)
	return b
}

func loadSlice[T uint8 | uint16 | uint32 | uint64 | int64 | float32 | Kind | Audience](l *loader) []T {
	size := binary.Size(T(0))
	n := l.length(size)
	if n == 0 {
		return nil
	}
	if cap(l.buf) < n*size {
		l.buf = make([]byte, n*size)
	}
	l.read(l.buf[:n*size])
	out := make([]T, n)
	if _, err := binary.Decode(l.buf[:n*size], binary.LittleEndian, out); err != nil {
		l.fail()
	}
	return out
}

// Load fills an empty index with a snapshot of size bytes, which must stay readable for as long as the index is used: texts
// are read from it when they are needed. accept sees the stamp before anything else is read and may refuse it. Whatever the
// error, the index is as it was.
func (x *Index) Load(r io.ReaderAt, size int64, accept func(Stamp) error) error {
	l := &loader{r: bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 1<<20), size: size}
	magic := make([]byte, len(saveMagic))
	l.read(magic)
	var head saveHeader
	header := l.bytes()
	if !l.end() || string(magic) != saveMagic {
		return ErrSnapshot
	}
	if err := json.Unmarshal(header, &head); err != nil || head.Fingerprint != x.fingerprint() {
		return ErrSnapshot
	}
	if err := accept(head.Stamp); err != nil {
		return err
	}
	tags := tagNames{ids: map[string]uint32{}}
	for range l.length(8) {
		tags.ids[string(l.bytes())] = uint32(len(tags.names))
		tags.names = append(tags.names, "")
	}
	if !l.end() || len(tags.ids) != len(tags.names) {
		return ErrSnapshot
	}
	for name, id := range tags.ids {
		tags.names[id] = name
	}
	next := &snapshot{}
	for range head.Segments {
		v := l.view(len(tags.names))
		if v == nil {
			return l.err
		}
		v.seg.cold.file, v.seg.cold.base = r, l.at
		l.skip(v.seg.cold.size)
		if !l.end() {
			return l.err
		}
		next.views = append(next.views, *v)
	}
	x.write.Lock()
	defer x.write.Unlock()
	if len(x.snap.Load().views) > 0 {
		return errors.New("match: load: the index is not empty")
	}
	x.tags.mu.Lock()
	x.tags.ids, x.tags.names = tags.ids, tags.names
	x.tags.mu.Unlock()
	x.show(next)
	return nil
}

// skip reads bytes only for their checksum.
func (l *loader) skip(n int64) {
	if cap(l.buf) < 1<<20 {
		l.buf = make([]byte, 1<<20)
	}
	for ; n > 0 && l.err == nil; n -= min(n, 1<<20) {
		l.read(l.buf[:min(n, 1<<20)])
	}
}

// view reads the slices of a segment, nil if they do not fit together.
func (l *loader) view(tags int) *view {
	g := &segment{}
	n, width, cold := l.number(), l.number(), l.number()
	v := &view{seg: g, dead: loadSlice[uint64](l)}
	g.ids, g.idEnds = l.bytes(), loadSlice[uint32](l)
	g.sortKeys, g.sortEnds = l.bytes(), loadSlice[uint32](l)
	g.times, g.untils = loadSlice[int64](l), loadSlice[int64](l)
	g.kinds, g.audiences, g.levels = loadSlice[Kind](l), loadSlice[Audience](l), loadSlice[uint8](l)
	g.sets = tagSets{loadSlice[uint16](l), loadSlice[uint32](l), loadSlice[uint32](l)}
	g.records, g.base, g.common = loadSlice[uint32](l), loadSlice[uint8](l), loadSlice[float32](l)
	g.keys, g.dir, g.starts = loadSlice[uint32](l), loadSlice[uint32](l), loadSlice[uint32](l)
	g.lists = l.bytes()
	if !l.end() {
		return nil
	}
	if n > segmentMax || width < widthLeast || width > slotBits || cold > uint64(l.size) {
		l.fail()
		return nil
	}
	g.n, g.width, g.cold.size = int(n), uint(width), int64(cold)
	if !g.fits(tags) || v.dead != nil && len(v.dead) != (g.n+63)/64 {
		l.fail()
		return nil
	}
	for i := range g.n {
		if v.isDead(i) {
			v.gone++
		}
	}
	for _, k := range g.kinds {
		g.held |= kindBit(k)
	}
	g.hashIDs()
	return v
}

// fits reports whether the slices of a segment belong together, so that none is read beyond its end.
func (s *segment) fits(tags int) bool {
	for _, n := range []int{len(s.idEnds), len(s.sortEnds), len(s.times), len(s.untils), len(s.kinds), len(s.audiences), len(s.levels), len(s.sets.of), len(s.base), len(s.records) - 1} {
		if n != s.n {
			return false
		}
	}
	for _, set := range s.sets.of {
		if int(set) >= len(s.sets.ends) {
			return false
		}
	}
	for _, tag := range s.sets.tags {
		if int64(tag) >= int64(tags) {
			return false
		}
	}
	return rises(s.idEnds, len(s.ids)) && rises(s.sortEnds, len(s.sortKeys)) && rises(s.sets.ends, len(s.sets.tags)) &&
		rises(s.records, int(min(s.cold.size/recordAlign, math.MaxUint32))) && rises(s.starts, max(0, len(s.lists)-1)) &&
		len(s.dir) == 1<<s.width+1 && rises(s.dir, len(s.keys)) && int(s.dir[len(s.dir)-1]) == len(s.keys) &&
		len(s.starts) == len(s.keys) && (len(s.common) == 0 || len(s.common) == s.n)
}

// rises reports whether numbers never fall and stay within a limit.
func rises(list []uint32, limit int) bool {
	last := uint32(0)
	for _, n := range list {
		if n < last || int64(n) > int64(limit) {
			return false
		}
		last = n
	}
	return true
}
