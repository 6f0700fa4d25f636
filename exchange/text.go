package exchange

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"
	stdunicode "unicode"
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

var textFormats = map[byte]string{',': FormatCSV, ';': FormatSemicolon, '\t': FormatTSV, '|': FormatBar}

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
				best, most, r.format = g, points, textFormats[sep]
			}
		}
	}
	if len(encodings) > 1 {
		n, err := mixedAt(io.NewSectionReader(src, 0, src.Size()))
		if err != nil {
			return unusable("truncated").Because(err)
		}
		if n > 0 {
			return unusable("mixed_encoding", "row", strconv.Itoa(n))
		}
	}
	return r.useGrids([]grid{best})
}

// mixedAt is the first line of a text that is plainly in another encoding than
// a line before it, 0 if there is none: one reads as Chinese in UTF-8, the
// other does not read in UTF-8 at all.
func mixedAt(src io.Reader) (int, error) {
	r := bufio.NewReaderSize(src, 64<<10)
	var utf, other bool
	for n := 1; ; {
		part, err := r.ReadSlice('\n') // of a long line piece by piece
		han, broken := 0, 0
		for b := part; len(b) > 0; {
			c, size := utf8.DecodeRune(b)
			switch {
			case c == utf8.RuneError && size == 1:
				broken++
			case size == 3 && stdunicode.Is(stdunicode.Han, c):
				han++
			}
			b = b[size:]
		}
		utf = utf || han >= 3 && broken == 0
		other = other || broken >= 4 && han == 0
		if utf && other {
			return n, nil
		}
		switch {
		case errors.Is(err, io.EOF):
			return 0, nil
		case err == nil:
			n++
		case !errors.Is(err, bufio.ErrBufferFull):
			return 0, err
		}
	}
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

// separated reads the rows of a table in text: RFC 4180, any line ends, and
// quotes within a cell that nobody doubled.
func (r *reader) separated(src *io.SectionReader, enc encodingName, sep byte) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		s := newSeparatedScan(decoded(src, enc), sep, int(r.lim.CellBytes))
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

const (
	// maxRow is how many bytes a row may take: encoding/csv holds a row whole,
	// and a quote that nothing closes makes one of all that follows.
	maxRow = 16 << 20
	// perCell is what encoding/csv takes for a cell besides its text.
	perCell = 64
	// ending stands after the text, as a row of its own. Where a quote is open,
	// which encoding/csv does not tell, it becomes a part of that cell.
	ending = "\n."
)

var errLongRow = errors.New("exchange: row too long")

// separatedScan reads the rows of one table.
type separatedScan struct {
	csv   *csv.Reader
	text  *plainText
	limit int
	line  line
	below int // the line of the text on which the row ended
}

func newSeparatedScan(r io.Reader, sep byte, limit int) *separatedScan {
	s := &separatedScan{text: &plainText{r: r, sep: sep}, limit: limit}
	s.csv = csv.NewReader(io.MultiReader(s.text, strings.NewReader(ending)))
	s.csv.Comma = rune(sep)
	s.csv.LazyQuotes = true
	s.csv.FieldsPerRecord = -1
	s.csv.ReuseRecord = true
	// A blank before a quote must not move the columns behind it; where tabs
	// separate, trimming would eat them.
	s.csv.TrimLeadingSpace = sep != '\t'
	return s
}

// row reads the next row that is not blank. Blank ones count, the lines of a
// cell do not.
func (s *separatedScan) row() (bool, error) {
	s.text.left = maxRow
	record, err := s.csv.Read()
	if err != nil {
		if errors.Is(err, io.EOF) { // after a quote that nothing closed
			err = nil
		}
		return false, err
	}
	last := len(record) - 1
	open := s.csv.InputOffset() == s.text.n+int64(len(ending))
	if open && last == 0 && record[0] == strings.TrimSpace(ending) {
		if s.text.cut {
			return false, errLongRow
		}
		return false, nil
	}
	first, _ := s.csv.FieldPos(0)
	s.line = line{n: s.line.n + first - s.below, cells: s.line.cells[:0]}
	s.below, _ = s.csv.FieldPos(last)
	s.below += strings.Count(record[last], "\n")
	for col, text := range record[:min(len(record), maxColumns)] {
		s.keep(col, text, open && col == last)
	}
	return true, nil
}

func (s *separatedScan) keep(col int, text string, open bool) {
	c := cell{col: col, text: text}
	if open {
		c.text, c.flaw = strings.TrimSuffix(text, ending), open_
	}
	c.text = rearm(c.text)
	if len(c.text) > s.limit {
		c.text, c.flaw = c.text[:s.limit], max(c.flaw, tooLong)
	}
	if c.text != "" {
		s.line.cells = append(s.line.cells, c)
	}
}

// plainText reads r with all line ends as \n. It ends where a row takes too much.
type plainText struct {
	r    io.Reader
	sep  byte
	left int   // what the row may still take
	cut  bool  // ended before r did
	n    int64 // bytes given out
	cr   bool  // the last one read was \r
}

func (t *plainText) Read(p []byte) (int, error) {
	if t.left <= 0 {
		t.cut = true
		return 0, io.EOF
	}
	n, err := t.r.Read(p)
	out := p[:0]
	for _, b := range p[:n] {
		switch {
		case b == '\r':
			out = append(out, '\n')
		case b != '\n' || !t.cr:
			out = append(out, b)
		}
		t.cr = b == '\r'
	}
	t.left -= len(out) + perCell*bytes.Count(out, []byte{t.sep})
	t.n += int64(len(out))
	return len(out), err
}
