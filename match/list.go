package match

import (
	"encoding/binary"
	"math/bits"
)

// A list holds the documents of a segment that have a gram, and how strongly. Most occurrences of most grams leave the
// same impact in one document, that of one mention in its abstract: the usual impact of the document, which is kept once
// (segment.base). A list names first the documents that have the gram with their usual impact, then the others with
// theirs:
//
//	head | plain documents | impacts of the rest | documents of the rest
//
// The head is one byte, plain<<4 | rest, for up to 14 and 15 documents; or headLong and two 16-bit counts; or headCold, the
// counts, and where the list stands in the segment's cold store, 32 bits each for position and length.
const (
	headLong = 0xF0
	headCold = 0xF1
)

// list is where a list stands and how many documents it has, the dead ones included.
type list struct {
	at          uint32 // behind the head
	plain, rest uint16
	cold        bool
}

func (l list) df() int { return int(l.plain) + int(l.rest) }

func readHead(blob []byte, at uint32) list {
	b := blob[at]
	if b < headLong {
		return list{at + 1, uint16(b >> 4), uint16(b & 15), false}
	}
	p := blob[at+1 : at+5]
	return list{at + 5, binary.LittleEndian.Uint16(p), binary.LittleEndian.Uint16(p[2:]), b == headCold}
}

func appendHead(dst []byte, plain, rest int) []byte {
	if plain < headLong>>4 && rest < 16 {
		return append(dst, byte(plain<<4|rest))
	}
	return appendCounts(append(dst, headLong), plain, rest)
}

func appendCounts(dst []byte, plain, rest int) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, uint16(plain))
	return binary.LittleEndian.AppendUint16(dst, uint16(rest))
}

// shape is how offsets are written; it follows from how many of how many documents they are, so it need not be stored.
type shape uint8

const (
	shapeRaw  shape = iota // 16 bits each
	shapeGaps              // bytes: documents passed over, 255 for that many and no hit
	shapeBits              // one bit for each document of the segment
)

func shapeOf(count, n int) shape {
	switch {
	case count*8 >= n && n >= 64:
		return shapeBits
	case count*128 >= n:
		return shapeGaps
	}
	return shapeRaw
}

func bitmapSize(n int) int { return (n + 63) / 64 * 8 }

const skip = 255

// hasSkip reports whether one of eight gaps is skip: whether its complement has a zero byte.
func hasSkip(w uint64) bool {
	const low, high = 0x0101010101010101, 0x8080808080808080
	return (^w-low)&w&high != 0
}

// appendOffsets writes rising offsets of a segment of n documents.
func appendOffsets(dst []byte, offs []uint16, n int) []byte {
	switch shapeOf(len(offs), n) {
	case shapeBits:
		at := len(dst)
		dst = append(dst, make([]byte, bitmapSize(n))...)
		for _, o := range offs {
			dst[at+int(o>>3)] |= 1 << (o & 7)
		}
	case shapeGaps:
		next := 0
		for _, o := range offs {
			gap := int(o) - next
			for ; gap >= skip; gap -= skip {
				dst = append(dst, skip)
			}
			dst = append(dst, byte(gap))
			next = int(o) + 1
		}
	default:
		for _, o := range offs {
			dst = binary.LittleEndian.AppendUint16(dst, o)
		}
	}
	return dst
}

// readOffsets appends the count offsets that begin at at and returns where they end.
func readOffsets(dst []uint16, blob []byte, at uint32, count, n int) ([]uint16, uint32) {
	switch shapeOf(count, n) {
	case shapeBits:
		size := uint32(bitmapSize(n))
		for i := uint32(0); i < size; i += 8 {
			for w := binary.LittleEndian.Uint64(blob[at+i:]); w != 0; w &= w - 1 {
				dst = append(dst, uint16(i<<3)+uint16(bits.TrailingZeros64(w)))
			}
		}
		return dst, at + size
	case shapeGaps:
		next := 0
		for left := count; left > 0; at++ {
			gap := blob[at]
			next += int(gap)
			if gap != skip {
				dst = append(dst, uint16(next))
				next++
				left--
			}
		}
		return dst, at
	default:
		for range count {
			dst = append(dst, binary.LittleEndian.Uint16(blob[at:]))
			at += 2
		}
		return dst, at
	}
}

// marks has a bit for each document of a segment.
type marks [segmentMax / 64]uint64

// offsets sets the bits of the count offsets that begin at at and returns where they end.
func (m *marks) offsets(blob []byte, at uint32, count, n int) uint32 {
	switch shapeOf(count, n) {
	case shapeBits:
		size := bitmapSize(n)
		for i := range size / 8 {
			m[i&(len(m)-1)] |= binary.LittleEndian.Uint64(blob[int(at)+8*i:])
		}
		return at + uint32(size)
	case shapeGaps:
		next := 0
		for left := count; left > 0; at++ {
			gap := blob[at]
			next += int(gap)
			if gap != skip {
				m[next/64&(len(m)-1)] |= 1 << (next % 64)
				next++
				left--
			}
		}
		return at
	default:
		for range count {
			off := binary.LittleEndian.Uint16(blob[at:])
			m[int(off/64)&(len(m)-1)] |= 1 << (off % 64)
			at += 2
		}
		return at
	}
}

// sums adds up what the documents of a segment score: plain is the weight of the grams that left the usual impact, rest
// the weighted impacts of the others. The mask spares a bounds check; offsets are below segmentMax.
type sums struct {
	plain, rest [segmentMax]uint32
}

// beyond ends a list of the documents that matter: it is behind every offset.
const beyond = 1<<16 - 1

// ofBytes is the sum of the eight bytes of w.
func ofBytes(w uint64) int {
	const even = 0x00FF00FF00FF00FF
	return int((w&even + w>>8&even) * 0x0001000100010001 >> 48)
}

// addPlain adds the weight of a gram to its plain documents and returns where their offsets end. When only is not nil, no
// documents matter but those in it, rising, with beyond at the end: the others' sums are left or not, as is quicker.
func (s *sums) addPlain(blob []byte, at uint32, count, n int, whole uint32, only []uint16) uint32 {
	switch shapeOf(count, n) {
	case shapeBits:
		size := bitmapSize(n)
		b := blob[at : int(at)+size]
		if only != nil {
			for _, off := range only[:len(only)-1] {
				s.plain[off&(segmentMax-1)] += whole & -uint32(b[off>>3]>>(off&7)&1)
			}
			return at + uint32(size)
		}
		for i := 0; i+8 <= len(b); i += 8 {
			for w := binary.LittleEndian.Uint64(b[i:]); w != 0; w &= w - 1 {
				s.plain[(i<<3+bits.TrailingZeros64(w))&(segmentMax-1)] += whole
			}
		}
		return at + uint32(size)
	case shapeGaps:
		b := blob[at:]
		next, i, left := 0, 0, count
		for left >= 8 && i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			i += 8
			if hasSkip(w) {
				for range 8 {
					gap := int(w & 255)
					w >>= 8
					next += gap
					if gap != skip {
						s.plain[next&(segmentMax-1)] += whole
						next++
						left--
					}
				}
				continue
			}
			left -= 8
			if only != nil {
				only = from(only, next)
				if end := next + ofBytes(w) + 8; int(only[0]) >= end {
					next = end
					continue
				}
			}
			next += int(w & 255)
			s.plain[next&(segmentMax-1)] += whole
			next += int(w>>8&255) + 1
			s.plain[next&(segmentMax-1)] += whole
			next += int(w>>16&255) + 1
			s.plain[next&(segmentMax-1)] += whole
			next += int(w>>24&255) + 1
			s.plain[next&(segmentMax-1)] += whole
			next += int(w>>32&255) + 1
			s.plain[next&(segmentMax-1)] += whole
			next += int(w>>40&255) + 1
			s.plain[next&(segmentMax-1)] += whole
			next += int(w>>48&255) + 1
			s.plain[next&(segmentMax-1)] += whole
			next += int(w>>56) + 1
			s.plain[next&(segmentMax-1)] += whole
			next++
		}
		for ; left > 0; i++ {
			gap := int(b[i])
			next += gap
			if gap != skip {
				s.plain[next&(segmentMax-1)] += whole
				next++
				left--
			}
		}
		return at + uint32(i)
	default:
		b := blob[at : int(at)+2*count]
		for ; len(b) >= 8; b = b[8:] {
			w := binary.LittleEndian.Uint64(b)
			s.plain[w&(segmentMax-1)] += whole
			s.plain[w>>16&(segmentMax-1)] += whole
			s.plain[w>>32&(segmentMax-1)] += whole
			s.plain[w>>48&(segmentMax-1)] += whole
		}
		for ; len(b) >= 2; b = b[2:] {
			s.plain[binary.LittleEndian.Uint16(b)&(segmentMax-1)] += whole
		}
		return at + uint32(2*count)
	}
}

// from leaves out the documents before next.
func from(only []uint16, next int) []uint16 {
	for int(only[0]) < next {
		only = only[1:]
	}
	return only
}

// addRest adds the weighted impacts of the other documents; at is where their impacts begin, only as for addPlain.
func (s *sums) addRest(blob []byte, at uint32, count, n int, whole uint32, only []uint16) {
	imps := blob[at : int(at)+count]
	at += uint32(count)
	switch shapeOf(count, n) {
	case shapeBits:
		b := blob[at : int(at)+bitmapSize(n)]
		if only != nil {
			words, before := 0, 0 // of the list's documents, those in so many words
			for _, off := range only[:len(only)-1] {
				for ; words < int(off>>6); words++ {
					before += bits.OnesCount64(binary.LittleEndian.Uint64(b[8*words:]))
				}
				w, bit := binary.LittleEndian.Uint64(b[8*words:]), uint64(1)<<(off&63)
				if w&bit != 0 {
					s.rest[off&(segmentMax-1)] += whole * uint32(imps[before+bits.OnesCount64(w&(bit-1))])
				}
			}
			return
		}
		j := 0
		for i := 0; i+8 <= len(b); i += 8 {
			for w := binary.LittleEndian.Uint64(b[i:]); w != 0; w &= w - 1 {
				s.rest[(i<<3+bits.TrailingZeros64(w))&(segmentMax-1)] += whole * uint32(imps[j])
				j++
			}
		}
	case shapeGaps:
		b := blob[at:]
		next, i := 0, 0
		for len(imps) > 0 {
			if len(imps) >= 8 && i+8 <= len(b) {
				if w := binary.LittleEndian.Uint64(b[i:]); !hasSkip(w) {
					m := binary.LittleEndian.Uint64(imps)
					i, imps = i+8, imps[8:]
					if only != nil {
						only = from(only, next)
						if end := next + ofBytes(w) + 8; int(only[0]) >= end {
							next = end
							continue
						}
					}
					for range 8 {
						next += int(w & 255)
						s.rest[next&(segmentMax-1)] += whole * uint32(m&255)
						next++
						w, m = w>>8, m>>8
					}
					continue
				}
			}
			next += int(b[i])
			if b[i] != skip {
				s.rest[next&(segmentMax-1)] += whole * uint32(imps[0])
				next++
				imps = imps[1:]
			}
			i++
		}
	default:
		b := blob[at : int(at)+2*count]
		for j, imp := range imps {
			s.rest[binary.LittleEndian.Uint16(b[2*j:])&(segmentMax-1)] += whole * uint32(imp)
		}
	}
}
