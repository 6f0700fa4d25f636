package match

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math"
	"slices"
)

// File is where a segment keeps what searches seldom read: the texts of its documents and the lists of single characters
// that are everywhere. It is written once, from its beginning to its end, and then only read, by several goroutines at once.
// Nobody closes it: an *os.File closes itself when the segment is no longer in use, and the space of one that was removed
// after it was opened is then free.
type File interface {
	io.Writer
	io.ReaderAt
}

// cold is the cold store of a segment: in memory, or a part of a file.
type cold struct {
	mem  []byte
	file io.ReaderAt
	base int64
	size int64
}

func memoryCold(b []byte) cold { return cold{mem: b, size: int64(len(b))} }

// read returns size bytes at at; they may be part of buf, which grows as needed, or of the store, and are not to be changed.
func (c *cold) read(buf *[]byte, at int64, size int) ([]byte, error) {
	if at < 0 || size < 0 || at+int64(size) > c.size {
		return nil, errDamaged
	}
	if c.file == nil {
		return c.mem[at : at+int64(size)], nil
	}
	if cap(*buf) < size {
		*buf = make([]byte, size+size/2)
	}
	b := (*buf)[:size]
	if n, err := c.file.ReadAt(b, c.base+at); n < size {
		return nil, err
	}
	return b, nil
}

// coldLeast is the number of documents from which a segment has its cold store in a file.
const coldLeast = 1 << 10

// store puts what a segment of n documents has written into its place. If the file fails, memory is the place: an index
// goes on without a disk.
func (x *Index) store(b []byte, n int) cold {
	if n >= coldLeast && x.newFile != nil {
		if f, err := x.newFile(); err == nil {
			if _, err := f.Write(b); err == nil {
				return cold{file: f, size: int64(len(b))}
			}
		}
	}
	return memoryCold(slices.Clone(b))
}

var errDamaged = errors.New("match: the store of a segment is damaged")

// entry is a document as it was put, read back from its segment.
type entry struct {
	id         string
	text       string // title, keywords each ended by a newline, abstract, claims
	ends       [fieldCount]int32
	indicators []Indicator
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

// A record is a document in the cold store: CRC-32C of what follows, the lengths of the fields, their text, and the declared
// indicators. Records begin at multiples of recordAlign, so that 32 bits tell where.
const recordAlign = 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendRecord writes d and returns where each of its fields stands in dst.
func appendRecord(dst []byte, d *Doc) (_ []byte, fields [fieldCount]Span) {
	head := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	keywords := 0
	for _, k := range d.Keywords {
		keywords += len(k) + 1
	}
	for _, n := range [fieldCount]int{len(d.Title), keywords, len(d.Abstract), len(d.Claims)} {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	start := len(dst)
	dst = append(dst, d.Title...)
	fields[fieldTitle], start = Span{start, len(dst)}, len(dst)
	for _, k := range d.Keywords {
		dst = append(append(dst, k...), '\n')
	}
	fields[fieldKeywords], start = Span{start, len(dst)}, len(dst)
	dst = append(dst, d.Abstract...)
	fields[fieldAbstract], start = Span{start, len(dst)}, len(dst)
	dst = append(dst, d.Claims...)
	fields[fieldClaims] = Span{start, len(dst)}
	dst = binary.AppendUvarint(dst, uint64(len(d.Indicators)))
	for _, i := range d.Indicators {
		for _, s := range [...]string{i.Name, i.Unit, i.Method} {
			dst = append(binary.AppendUvarint(dst, uint64(len(s))), s...)
		}
		approx := byte(0)
		if i.Approx {
			approx = 1
		}
		dst = append(dst, byte(i.Change), byte(i.Cmp), approx)
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(i.Value))
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(i.High))
	}
	for len(dst)%recordAlign != 0 {
		dst = append(dst, 0)
	}
	binary.LittleEndian.PutUint32(dst[head:], crc32.Checksum(dst[head+4:], castagnoli))
	return dst, fields
}

// readRecord reads a record back. What it returns does not share b.
func readRecord(b []byte) (*entry, error) {
	if len(b) < 4 || crc32.Checksum(b[4:], castagnoli) != binary.LittleEndian.Uint32(b) {
		return nil, errDamaged
	}
	r := reading{b: b[4:]}
	e := &entry{}
	end := int32(0)
	for f := range e.ends {
		end += int32(r.length())
		e.ends[f] = end
	}
	e.text = r.text(int(end))
	if n := r.length(); n > 0 && !r.bad {
		e.indicators = make([]Indicator, n)
	}
	for i := range e.indicators {
		in := &e.indicators[i]
		in.Name, in.Unit, in.Method = r.text(r.length()), r.text(r.length()), r.text(r.length())
		if p := r.take(3 + 8 + 8); p != nil {
			in.Change, in.Cmp, in.Approx = Change(p[0]), Cmp(p[1]), p[2] != 0
			in.Value = math.Float64frombits(binary.LittleEndian.Uint64(p[3:]))
			in.High = math.Float64frombits(binary.LittleEndian.Uint64(p[11:]))
		}
	}
	if r.bad {
		return nil, errDamaged
	}
	return e, nil
}

// reading takes bytes from the front; bad is set when there are not as many.
type reading struct {
	b   []byte
	bad bool
}

func (r *reading) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	p := r.b[:n]
	r.b = r.b[n:]
	return p
}

func (r *reading) text(n int) string { return string(r.take(n)) }

// length reads a number that counts something in what follows.
func (r *reading) length() int {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}
