package exchange

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
	"unicode/utf16"

	"datai/catalog"

	"github.com/richardlehane/mscfb"
)

// The records of BIFF8 that are read, by the numbers of [MS-XLS] 2.3 and the
// documentation of OpenOffice.org on the file format of Excel.
const (
	recFormula  = 0x0006
	recEOF      = 0x000A
	rec1904     = 0x0022
	recFilePass = 0x002F
	recContinue = 0x003C
	recSheet    = 0x0085
	recMulRK    = 0x00BD
	recRString  = 0x00D6
	recMerged   = 0x00E5
	recSST      = 0x00FC
	recLabelSST = 0x00FD
	recNumber   = 0x0203
	recLabel    = 0x0204
	recBoolErr  = 0x0205
	recString   = 0x0207
	recRow      = 0x0208
	recRK       = 0x027E
	recBOF      = 0x0809

	biff8 = 0x0600
)

// oldBook is a workbook of Excel 97 to 2003: a stream of records in a compound
// file. In memory stay the shared strings and one row.
type oldBook struct {
	stream   io.ReadSeeker
	lim      Limits
	shared   sharedStrings
	date1904 bool
	sheets   []oldSheet
}

type oldSheet struct {
	name string
	at   int64 // where its records begin in the stream
}

var errRecord = errors.New("exchange: damaged record")

// openOld reads the directory and the shared strings. What is older than
// Excel 97, or no workbook, is unusable.
func (r *reader) openOld(src *io.SectionReader) error {
	if src.Size() > r.lim.UnpackedBytes {
		return unusable("too_big", "limit", strconv.FormatInt(r.lim.UnpackedBytes>>20, 10))
	}
	files, err := mscfb.New(src)
	if err != nil {
		return unusable("truncated").Because(err)
	}
	var stream io.ReadSeeker
	for f, err := files.Next(); err == nil; f, err = files.Next() {
		switch f.Name {
		case "Workbook":
			stream = f
		case "Book": // Excel 5
			return unusable("old_excel")
		}
	}
	if stream == nil {
		return unusable("not_sheet")
	}
	return r.openRecords(stream)
}

// openRecords reads what the stream of records has.
func (r *reader) openRecords(stream io.ReadSeeker) error {
	b := &oldBook{stream: stream, lim: r.lim}
	if err := b.readGlobals(); err != nil {
		return explainOld(err)
	}
	for _, s := range b.sheets {
		if classifiedName(s.name) {
			return catalog.Refuse(catalog.Invalid, "import.classified")
		}
	}
	if n := len(b.sheets); n > r.lim.Sheets {
		r.note("import.note.sheets_left_out", "n", strconv.Itoa(n-r.lim.Sheets), "limit", strconv.Itoa(r.lim.Sheets))
		b.sheets = b.sheets[:r.lim.Sheets]
	}
	var grids []grid
	for _, s := range b.sheets {
		grids = append(grids, grid{sheet: s.name, lines: b.lines(s), merges: func() ([]merge, error) { return b.examine(s) }, date1904: b.date1904, typed: true})
	}
	return r.useGrids(grids)
}

func explainOld(err error) error {
	if _, ok := errors.AsType[*catalog.Error](err); ok {
		return err
	}
	return unusable("truncated").Because(err)
}

// records reads one record after the other. data is good until the next one.
type records struct {
	r    *bufio.Reader
	id   uint16
	data []byte
	buf  [1 << 16]byte
	held bool // the record that was read counts as not yet read
}

func (b *oldBook) records(at int64) (*records, error) {
	if _, err := b.stream.Seek(at, io.SeekStart); err != nil {
		return nil, err
	}
	return &records{r: bufio.NewReaderSize(b.stream, 64<<10)}, nil
}

func (r *records) next() error {
	if r.held {
		r.held = false
		return nil
	}
	var head [4]byte
	if _, err := io.ReadFull(r.r, head[:]); err != nil {
		return err
	}
	r.id = binary.LittleEndian.Uint16(head[:])
	r.data = r.buf[:binary.LittleEndian.Uint16(head[2:])]
	_, err := io.ReadFull(r.r, r.data)
	return err
}

// fields reads a record from its beginning. Behind the end everything is zero
// and short is set.
type fields struct {
	rec   *records
	at    int
	short bool
}

func (f *fields) bytes(n int) []byte {
	if f.at+n > len(f.rec.data) {
		f.short = true
		return make([]byte, n)
	}
	f.at += n
	return f.rec.data[f.at-n : f.at]
}

func (f *fields) u8() byte    { return f.bytes(1)[0] }
func (f *fields) u16() uint16 { return binary.LittleEndian.Uint16(f.bytes(2)) }
func (f *fields) u32() uint32 { return binary.LittleEndian.Uint32(f.bytes(4)) }

// more makes sure that the record has a byte left; if not, it goes on in the
// CONTINUE record that must follow.
func (f *fields) more() error {
	for f.at >= len(f.rec.data) {
		if err := f.rec.next(); err != nil {
			return err
		}
		if f.rec.id != recContinue {
			f.rec.held = true
			return errRecord
		}
		f.at = 0
	}
	return nil
}

// chars reads n characters, which a CONTINUE record may interrupt: it begins
// with a flag of its own. Of a text over limit bytes the beginning is kept.
func (f *fields) chars(n int, wide bool, limit int) (text []byte, long bool, err error) {
	units := make([]uint16, 0, min(n, 1<<16))
	for range n {
		if f.at >= len(f.rec.data) {
			if err := f.more(); err != nil {
				return nil, false, err
			}
			wide = f.u8()&1 != 0
			if err := f.more(); err != nil {
				return nil, false, err
			}
		}
		if wide {
			units = append(units, f.u16())
		} else {
			units = append(units, uint16(f.u8()))
		}
		if f.short {
			return nil, false, errRecord
		}
	}
	text = []byte(string(utf16.Decode(units)))
	if len(text) > limit {
		return text[:limit], true, nil
	}
	return text, false, nil
}

// text reads a text with its length, its flags and what follows it: runs of
// fonts and how it is read aloud.
func (f *fields) text(limit int) ([]byte, bool, error) {
	if err := f.more(); err != nil {
		return nil, false, err
	}
	n := int(f.u16())
	flags := f.u8()
	skip := int64(0)
	if flags&8 != 0 {
		skip = 4 * int64(f.u16())
	}
	if flags&4 != 0 {
		skip += int64(f.u32())
	}
	if f.short {
		return nil, false, errRecord
	}
	text, long, err := f.chars(n, flags&1 != 0, limit)
	for err == nil && skip > 0 {
		if err = f.more(); err == nil {
			step := min(skip, int64(len(f.rec.data)-f.at))
			f.at, skip = f.at+int(step), skip-step
		}
	}
	return text, long, err
}

// readGlobals reads what comes before the sheets.
func (b *oldBook) readGlobals() error {
	r, err := b.records(0)
	if err != nil {
		return err
	}
	for first := true; ; first = false {
		if err := r.next(); err != nil {
			return err
		}
		f := &fields{rec: r}
		switch {
		case first && (r.id != recBOF || f.u16() != biff8):
			return unusable("old_excel")
		case r.id == recFilePass:
			return unusable("encrypted")
		case r.id == rec1904:
			b.date1904 = f.u16() == 1
		case r.id == recSheet:
			err = b.addSheet(f)
		case r.id == recSST:
			err = b.readShared(f)
		case r.id == recEOF:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (b *oldBook) addSheet(f *fields) error {
	at := int64(f.u32())
	f.u8() // hidden or not: what is in the file is read
	kind, n, flags := f.u8(), int(f.u8()), f.u8()
	name, _, err := f.chars(n, flags&1 != 0, 1000)
	if err != nil || f.short {
		return errRecord
	}
	if kind == 0 { // no chart
		b.sheets = append(b.sheets, oldSheet{catalog.Clean(string(name)), at})
	}
	return nil
}

func (b *oldBook) readShared(f *fields) error {
	f.u32()
	for n := f.u32(); n > 0; n-- {
		text, long, err := f.text(int(b.lim.CellBytes))
		if err != nil {
			return err
		}
		b.shared.add(text, long)
	}
	return nil
}

// lines reads the rows of a sheet.
func (b *oldBook) lines(s oldSheet) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		scan := oldScan{book: b, row: -1, hidden: map[int]bool{}}
		scan.yield = func(l line) bool { return yield(l, nil) }
		if err := scan.run(s); err != nil {
			yield(line{}, explainOld(err))
		}
	}
}

// examine reads a sheet to its end and collects the merged cells.
func (b *oldBook) examine(s oldSheet) ([]merge, error) {
	scan := oldScan{book: b, row: -1, hidden: map[int]bool{}, yield: func(line) bool { return true }}
	if err := scan.run(s); err != nil {
		return nil, explainOld(err)
	}
	return scan.merges, nil
}

// oldScan reads the records of one sheet.
type oldScan struct {
	book   *oldBook
	yield  func(line) bool
	row    int // from 0
	cells  []cell
	hidden map[int]bool
	merges []merge
	result *cell // of a formula, whose text comes in a record of its own
	ended  bool
}

func (s *oldScan) run(sheet oldSheet) error {
	r, err := s.book.records(sheet.at)
	if err != nil {
		return err
	}
	depth := 0 // charts stand within
	for !s.ended {
		if err := r.next(); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		switch {
		case r.id == recBOF:
			depth++
		case depth == 0:
			return errRecord
		case r.id == recEOF:
			if depth--; depth == 0 {
				return s.flush()
			}
		case depth == 1:
			if err := s.record(&fields{rec: r}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *oldScan) record(f *fields) error {
	switch f.rec.id {
	case recRow:
		row := int(f.u16())
		f.bytes(10)
		if f.u16()&0x20 != 0 && !f.short {
			s.hidden[row] = true
		}
	case recMerged:
		for n := f.u16(); n > 0 && len(s.merges) < maxMerges && !f.short; n-- {
			first, last := int(f.u16()), int(f.u16())
			left, right := int(f.u16()), int(f.u16())
			if !f.short && first <= last && left <= right {
				s.merges = append(s.merges, merge{first + 1, last + 1, left, right})
			}
		}
	case recString:
		if s.result == nil {
			return nil
		}
		text, long, err := f.text(int(s.book.lim.CellBytes))
		if err != nil {
			return err
		}
		s.result.text = string(text)
		if long {
			s.result.flaw = tooLong
		}
		s.cells = append(s.cells, *s.result)
		s.result = nil
	case recFormula, recNumber, recRK, recMulRK, recLabelSST, recLabel, recRString, recBoolErr:
		return s.cell(f)
	}
	return nil
}

// cell reads the records that are cells. Their rows come in order.
func (s *oldScan) cell(f *fields) error {
	row, col := int(f.u16()), int(f.u16())
	if row != s.row {
		if err := s.flush(); err != nil || s.ended {
			return err
		}
		if row < s.row {
			return unusable("old_excel")
		}
		s.row = row
	}
	s.result = nil
	c := cell{col: col}
	if f.rec.id == recMulRK {
		for f.at+6 <= len(f.rec.data)-2 {
			f.u16()
			s.cells = append(s.cells, numberCell(col, rk(f.u32())))
			col++
		}
		return nil
	}
	f.u16() // format
	switch f.rec.id {
	case recNumber:
		c = numberCell(col, math.Float64frombits(binary.LittleEndian.Uint64(f.bytes(8))))
	case recRK:
		c = numberCell(col, rk(f.u32()))
	case recLabelSST:
		text, flaw, ok := s.book.shared.at(int(f.u32()))
		if !ok {
			return nil
		}
		c.text, c.flaw = text, flaw
	case recLabel, recRString:
		text, long, err := f.text(int(s.book.lim.CellBytes))
		if err != nil {
			return err
		}
		if c.text = string(text); long {
			c.flaw = tooLong
		}
	case recBoolErr:
		value := f.u8()
		c = boolCell(col, value, f.u8() != 0)
	case recFormula:
		return s.formula(f, col)
	}
	if c.text != "" && !f.short {
		s.cells = append(s.cells, c)
	}
	return nil
}

// formula reads the value that Excel kept of a formula.
func (s *oldScan) formula(f *fields, col int) error {
	v := f.bytes(8)
	switch {
	case f.short:
		return errRecord
	case v[6] != 0xFF || v[7] != 0xFF:
		s.cells = append(s.cells, numberCell(col, math.Float64frombits(binary.LittleEndian.Uint64(v))))
	case v[0] == 0:
		s.result = &cell{col: col}
	case v[0] < 3:
		s.cells = append(s.cells, boolCell(col, v[2], v[0] == 2))
	}
	return nil
}

func numberCell(col int, v float64) cell {
	return cell{col: col, text: strconv.FormatFloat(v, 'f', -1, 64), number: true}
}

// errorNames are the errors of Excel by their codes.
var errorNames = map[byte]string{0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}

func boolCell(col int, value byte, isError bool) cell {
	if !isError {
		return cell{col: col, text: strconv.Itoa(int(value))}
	}
	name := errorNames[value]
	if name == "" {
		name = "#ERR"
	}
	return cell{col: col, text: name, flaw: failed}
}

// rk is a number in 30 bits: an integer or the upper part of a float, perhaps
// in hundredths.
func rk(bits uint32) float64 {
	var v float64
	if bits&2 != 0 {
		v = float64(int32(bits) >> 2)
	} else {
		v = math.Float64frombits(uint64(bits&^3) << 32)
	}
	if bits&1 != 0 {
		v /= 100
	}
	return v
}

// flush gives the row out.
func (s *oldScan) flush() error {
	if s.row >= 0 && len(s.cells) > 0 {
		slices.SortStableFunc(s.cells, func(a, b cell) int { return a.col - b.col })
		s.cells = slices.CompactFunc(s.cells, func(a, b cell) bool { return a.col == b.col })
		s.ended = !s.yield(line{n: s.row + 1, cells: s.cells, hidden: s.hidden[s.row]})
	}
	s.cells = s.cells[:0]
	return nil
}
