package exchange

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"datai/catalog"
)

// workbook is an XLSX file (ECMA-376 part 1): a ZIP archive of XML parts, read
// as a stream. Nothing is unpacked onto the disk; in memory stay the shared
// strings and no row.
type workbook struct {
	parts    map[string]*zip.File
	lim      Limits
	left     int64 // bytes that may still be unpacked while the file is examined
	shared   sharedStrings
	date1904 bool // 1904 dates
	sheets   []sheetRef
}

type sheetRef struct {
	name, part string
}

// errBomb means that a part, or one piece of it, is larger than its directory
// entry or the limits say.
var errBomb = errors.New("exchange: unpacks to more than it may")

var errMarkup = errors.New("exchange: damaged markup")

// maxRatio is how many times larger the unpacked parts may be than the file
// before it counts as a bomb; sheets of thousands of alike rows reach 60.
const maxRatio = 200

// openWorkbook checks the directory of the archive before anything is unpacked.
func (r *reader) openWorkbook(src *io.SectionReader) error {
	z, err := zip.NewReader(src, src.Size())
	if err != nil {
		return unusable("truncated").Because(err)
	}
	w := &workbook{parts: map[string]*zip.File{}, lim: r.lim, left: r.lim.UnpackedBytes}
	if err := w.directory(z, src.Size()); err != nil {
		return err
	}
	if err := w.kindOfArchive(); err != nil {
		return err
	}
	if err := w.readIndex(); err != nil {
		return w.explain(err)
	}
	for _, s := range w.sheets {
		if classifiedName(s.name) {
			return catalog.Refuse(catalog.Invalid, "import.classified")
		}
	}
	if len(w.sheets) > r.lim.Sheets {
		r.note("import.note.sheets_left_out", "n", strconv.Itoa(len(w.sheets)-r.lim.Sheets), "limit", strconv.Itoa(r.lim.Sheets))
		w.sheets = w.sheets[:r.lim.Sheets]
	}
	if err := r.useGrids(w.grids()); err != nil {
		return w.explain(err)
	}
	var packed uint64
	for _, s := range w.sheets {
		packed += w.parts[strings.ToLower(s.part)].CompressedSize64
	}
	r.meter.size.Store(int64(min(packed, uint64(src.Size()))))
	return nil
}

func (w *workbook) directory(z *zip.Reader, size int64) error {
	var total uint64
	for _, f := range z.File {
		total += f.UncompressedSize64
		if f.UncompressedSize64 > uint64(w.lim.UnpackedBytes) || total > uint64(w.lim.UnpackedBytes) ||
			(total > 10<<20 && total/uint64(size) > maxRatio) {
			return unusable("bomb").Because(errBomb)
		}
		w.parts[strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(f.Name, "/"), "\\", "/"))] = f
	}
	return nil
}

// kindOfArchive refuses archives that are no XLSX.
func (w *workbook) kindOfArchive() error {
	switch {
	case w.parts["xl/workbook.xml"] != nil:
		return nil
	case w.parts["xl/workbook.bin"] != nil, w.parts["content.xml"] != nil:
		return unusable("old_excel")
	}
	return unusable("not_sheet")
}

// explain turns what went wrong inside into what a person can do.
func (w *workbook) explain(err error) error {
	if _, ok := errors.AsType[*catalog.Error](err); ok {
		return err
	}
	if errors.Is(err, errBomb) {
		return unusable("bomb").Because(err)
	}
	return unusable("truncated").Because(err)
}

// capped fails with errBomb when the workbook has given more than it may,
// whatever its directory says.
type capped struct {
	io.ReadCloser
	left *int64
}

func (c capped) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	if *c.left -= int64(n); *c.left < 0 {
		return 0, errBomb
	}
	return n, err
}

// open gives the part of that name; left is what it may unpack to.
func (w *workbook) open(name string, left *int64) (io.ReadCloser, error) {
	f := w.parts[strings.ToLower(name)]
	if f == nil {
		return nil, errMarkup
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	return capped{r, left}, nil
}

// markup reads the XML of one part, piece by piece. Its memory is that of the
// largest piece: raw tokens keep neither a stack nor name spaces, which nested
// tags could fill, and no text or tag is longer than maxPiece.
type markup struct {
	src   io.Reader
	d     *xml.Decoder
	piece int // bytes read since the last token
	depth int
}

const maxPiece = 10 << 20

func newMarkup(r io.Reader) *markup {
	m := &markup{src: r}
	m.d = xml.NewDecoder(bufio.NewReaderSize(m, 64<<10))
	return m
}

// Read feeds the decoder.
func (m *markup) Read(p []byte) (int, error) {
	if m.piece > maxPiece {
		return 0, errBomb
	}
	n, err := m.src.Read(p)
	m.piece += n
	return n, err
}

// next reads the next token, good until the one after it. At the end of a
// whole part the error is io.EOF. A document type is refused: no workbook has
// one.
func (m *markup) next() (xml.Token, error) {
	m.piece = 0
	t, err := m.d.RawToken()
	if errors.Is(err, io.EOF) && m.depth > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	switch t.(type) {
	case xml.StartElement:
		m.depth++
	case xml.EndElement:
		if m.depth--; m.depth < 0 {
			return nil, errMarkup
		}
	case xml.Directive:
		return nil, errMarkup
	}
	return t, nil
}

// attr is the value of the attribute of that local name, "" if there is none.
func attr(tag xml.StartElement, name string) string {
	for _, a := range tag.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// each calls fn for every token of a part.
func (w *workbook) each(name string, fn func(xml.Token)) error {
	r, err := w.open(name, &w.left)
	if err != nil {
		return err
	}
	defer r.Close()
	m := newMarkup(r)
	for {
		t, err := m.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		fn(t)
	}
}

// readIndex reads what sheets there are, and the shared strings.
func (w *workbook) readIndex() error {
	targets := map[string]string{}
	err := w.each("xl/_rels/workbook.xml.rels", func(t xml.Token) {
		if tag, ok := t.(xml.StartElement); ok && tag.Name.Local == "Relationship" {
			targets[attr(tag, "Id")] = partName(attr(tag, "Target"))
		}
	})
	if err != nil {
		return err
	}
	err = w.each("xl/workbook.xml", func(t xml.Token) {
		tag, ok := t.(xml.StartElement)
		switch {
		case !ok:
		case tag.Name.Local == "workbookPr":
			w.date1904 = attr(tag, "date1904") == "1" || attr(tag, "date1904") == "true"
		case tag.Name.Local == "sheet":
			if part := targets[attr(tag, "id")]; w.parts[strings.ToLower(part)] != nil {
				w.sheets = append(w.sheets, sheetRef{catalog.Clean(attr(tag, "name")), part})
			}
		}
	})
	if err != nil {
		return err
	}
	if w.parts["xl/sharedstrings.xml"] == nil {
		return nil
	}
	return w.readShared("xl/sharedstrings.xml")
}

// partName is the name in the archive of a target relative to xl/.
func partName(target string) string {
	if strings.HasPrefix(target, "/") {
		return strings.TrimPrefix(path.Clean(target), "/")
	}
	return path.Join("xl", target)
}

// sharedStrings are the texts that cells name by number. They lie in blocks,
// each text after its length, so that millions of them are a few hundred
// objects to the garbage collector and growing copies none.
type sharedStrings struct {
	blocks [][]byte
	starts []uint32 // of each text: number of its block and place in it
	long   map[int]bool
}

const blockBits = 20 // a block is 1 MB, and longer than any text

func (s *sharedStrings) add(t []byte, long bool) {
	if long {
		if s.long == nil {
			s.long = map[int]bool{}
		}
		s.long[len(s.starts)] = true
	}
	last := len(s.blocks) - 1
	if last < 0 || len(s.blocks[last])+len(t)+binary.MaxVarintLen32 > 1<<blockBits {
		s.blocks = append(s.blocks, make([]byte, 0, max(1<<blockBits, len(t)+binary.MaxVarintLen32)))
		last++
	}
	s.starts = append(s.starts, uint32(last<<blockBits|len(s.blocks[last])))
	s.blocks[last] = append(binary.AppendUvarint(s.blocks[last], uint64(len(t))), t...)
}

func (s *sharedStrings) at(i int) (string, flaw, bool) {
	if i < 0 || i >= len(s.starts) {
		return "", sound, false
	}
	b := s.blocks[s.starts[i]>>blockBits][s.starts[i]&(1<<blockBits-1):]
	n, skip := binary.Uvarint(b)
	f := sound
	if s.long[i] {
		f = tooLong
	}
	return string(b[skip : skip+int(n)]), f, true
}

// readShared collects the runs of text of each string, but not how it is read
// aloud (rPh).
func (w *workbook) readShared(name string) error {
	var item []byte
	aloud, inText := false, false
	limit := int(w.lim.CellBytes)
	return w.each(name, func(t xml.Token) {
		switch t := t.(type) {
		case xml.CharData:
			if inText && !aloud && len(item) <= limit {
				item = append(item, t...)
			}
		case xml.StartElement:
			switch t.Name.Local {
			case "si":
				item = item[:0]
			case "t":
				inText = true
			case "rPh":
				aloud = true
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "si":
				w.shared.add(item[:min(len(item), limit)], len(item) > limit)
			case "t":
				inText = false
			case "rPh":
				aloud = false
			}
		}
	})
}

func (w *workbook) grids() []grid {
	var out []grid
	for _, s := range w.sheets {
		out = append(out, grid{
			sheet:    s.name,
			lines:    w.lines(s.part),
			merges:   func() ([]merge, error) { return w.examine(s.part) },
			date1904: w.date1904,
			typed:    true,
		})
	}
	return out
}
