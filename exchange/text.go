package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decoded reads src as UTF-8 without byte order mark.
func decoded(src *io.SectionReader, enc encodingName) *bufio.Reader {
	var r io.Reader = io.NewSectionReader(src, 0, src.Size())
	var e encoding.Encoding
	switch enc {
	case gb18030Encoding:
		e = simplifiedchinese.GB18030
	case utf16LE:
		e = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case utf16BE:
		e = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	}
	if e != nil {
		r = transform.NewReader(r, e.NewDecoder())
	}
	out := bufio.NewReaderSize(r, 64<<10)
	if b, err := out.Peek(3); err == nil && string(b) == "\xef\xbb\xbf" {
		_, _ = out.Discard(3) // they were peeked at
	}
	return out
}

// encodingsOf are the encodings that a text file may be written in, the
// likelier first. The first bytes do not tell a damaged UTF-8 file, or one
// whose first page is plain ASCII, from GB18030: the header decides.
func encodingsOf(src *io.SectionReader) ([]encodingName, error) {
	buf := make([]byte, head)
	n, err := src.ReadAt(buf, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	first := encodingOf(buf[:n])
	if first != utf8Encoding && first != gb18030Encoding || bytes.HasPrefix(buf, []byte("\xef\xbb\xbf")) {
		return []encodingName{first}, nil
	}
	valid, err := validUTF8(io.NewSectionReader(src, 0, src.Size()))
	if err != nil {
		return nil, err
	}
	if valid {
		return []encodingName{utf8Encoding}, nil
	}
	return []encodingName{gb18030Encoding, utf8Encoding}, nil
}

func validUTF8(r io.Reader) (bool, error) {
	buf := make([]byte, 64<<10)
	kept := 0
	for {
		n, err := r.Read(buf[kept:])
		b := buf[:kept+n]
		for len(b) > 0 && (len(b) >= utf8.UTFMax || err != nil) {
			c, size := utf8.DecodeRune(b)
			if c == utf8.RuneError && size <= 1 {
				return false, nil
			}
			b = b[size:]
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		kept = copy(buf, b)
	}
}

var separators = []byte{',', ';', '\t', '|'}

// openText finds the encoding and the separator by which the header is
// recognised best.
func (r *reader) openText(src *io.SectionReader) error {
	encodings, err := encodingsOf(src)
	if err != nil {
		return unusable("truncated").Because(err)
	}
	var best grid
	most := -1
	for _, enc := range encodings {
		for _, sep := range separators {
			g := grid{lines: r.separated(src, enc, sep)}
			points, err := r.points(g)
			if err != nil {
				return err
			}
			if points > most {
				best, most = g, points
			}
		}
	}
	return r.useGrids([]grid{best})
}

// points say how well a reading of the file explains its header: known columns
// count most, then columns at all.
func (r *reader) points(g grid) (int, error) {
	sample, err := takeSample(g)
	if err != nil {
		return 0, err
	}
	widest := 0
	for _, s := range sample {
		widest = max(widest, len(s.cells))
	}
	points := min(widest, 999)
	if h := r.findHeader(sample); h >= 0 {
		_, known := r.knownIn(sample[h])
		points += 1000 * (known + 1)
	}
	return points, nil
}

// separated reads the rows of a table in text (RFC 4180, and what is written
// in its place): quotes, line breaks in quotes, any line ends.
func (r *reader) separated(src *io.SectionReader, enc encodingName, sep byte) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		s := separatedScan{r: decoded(src, enc), sep: sep, limit: int(r.lim.CellBytes)}
		for {
			more, err := s.row()
			if err != nil {
				yield(line{}, unusable("truncated").Because(err))
				return
			}
			if !more {
				return
			}
			// Excel's own hint on the separator is no row of data, but counts.
			if s.line.n == 1 && len(s.line.cells) <= 1 && len(s.line.cells) > 0 && strings.HasPrefix(s.line.cells[0].text, "sep=") {
				continue
			}
			if !yield(s.line, nil) {
				return
			}
		}
	}
}

// separatedScan reads the rows of one table.
type separatedScan struct {
	r     *bufio.Reader
	sep   byte
	limit int
	line  line
	cell  []byte
	long  bool
}

// row reads the next row. Blank ones count.
func (s *separatedScan) row() (bool, error) {
	if _, err := s.r.Peek(1); errors.Is(err, io.EOF) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	s.line = line{n: s.line.n + 1, cells: s.line.cells[:0]}
	for col := 0; ; col++ {
		last, err := s.field(col)
		if err != nil || last {
			return err == nil, err
		}
	}
}

func (s *separatedScan) put(b byte) {
	if len(s.cell) < s.limit {
		s.cell = append(s.cell, b)
	} else {
		s.long = true
	}
}

// field reads one cell and reports whether it was the last of its row.
func (s *separatedScan) field(col int) (last bool, err error) {
	s.cell, s.long = s.cell[:0], false
	quoted, opened := false, false
	for {
		b, err := s.r.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			s.keep(col, quoted)
			return true, nil
		case err != nil:
			return false, err
		case quoted && b == '"':
			next, err := s.r.Peek(1)
			switch {
			case err == nil && next[0] == '"':
				s.put('"')
				_, _ = s.r.Discard(1) // it was peeked at
			case err != nil || next[0] == s.sep || next[0] == '\n' || next[0] == '\r':
				quoted = false
			default:
				s.put('"') // a quote within quotes that nobody doubled
			}
		case quoted:
			s.put(b)
		case b == '"' && !opened && len(bytes.TrimSpace(s.cell)) == 0:
			s.cell, quoted, opened = s.cell[:0], true, true
		case b == s.sep:
			s.keep(col, false)
			return false, nil
		case b == '\n':
			s.keep(col, false)
			return true, nil
		case b == '\r':
			if next, err := s.r.Peek(1); err == nil && next[0] == '\n' {
				_, _ = s.r.Discard(1) // it was peeked at
			}
			s.keep(col, false)
			return true, nil
		default:
			s.put(b)
		}
	}
}

func (s *separatedScan) keep(col int, open bool) {
	if len(s.cell) == 0 || col >= maxColumns {
		return
	}
	c := cell{col: col, text: string(s.cell)}
	switch {
	case open:
		c.flaw = open_
	case s.long:
		c.flaw = tooLong
	}
	s.line.cells = append(s.line.cells, c)
}
