// Package exchange reads the files that users hold and writes the files that
// they take away: sheets of results, needs, patents and employers as XLSX, CSV
// or JSON Lines, in and out. It looks at the bytes of a file, never at
// its name alone, and keeps nothing of a file on disk: what is classified must
// not outlive the reading (never-rule 1).
package exchange

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"datai/catalog"
	"datai/intake"
)

// Limits say how much of a file is read. A zero field takes its default.
type Limits struct {
	FileBytes     int64 // of the file as it lies there; 2 GB
	UnpackedBytes int64 // of all parts of a workbook together; 512 MB
	CellBytes     int64 // a longer cell refuses its row; 32,767 characters of 4 bytes, the most that Excel holds
	Rows          int64 // a longer file is refused; 1,000,000
	Columns       int   // more are not read, but for 密级; 1,024
	Sheets        int   // of a workbook, more are not read; 64
}

// DefaultLimits are the limits that a field which is zero takes.
func DefaultLimits() Limits {
	return Limits{FileBytes: 2 << 30, UnpackedBytes: 512 << 20, CellBytes: 4 * 32767, Rows: 1_000_000, Columns: 1024, Sheets: 64}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	if l.FileBytes > 0 {
		d.FileBytes = l.FileBytes
	}
	if l.UnpackedBytes > 0 {
		d.UnpackedBytes = min(l.UnpackedBytes, math.MaxUint32) // sharedStrings counts in 32 bits
	}
	if l.CellBytes > 0 {
		d.CellBytes = l.CellBytes
	}
	if l.Rows > 0 {
		d.Rows = l.Rows
	}
	if l.Columns > 0 {
		d.Columns = l.Columns
	}
	if l.Sheets > 0 {
		d.Sheets = l.Sheets
	}
	return d
}

// File is an opened file, ready to be staged. Rows may be read once; Close
// ends it.
type File struct {
	intake.File

	close func() error
}

// Close gives the file back.
func (f *File) Close() error { return f.close() }

// Options say how a file is to be read. The zero value finds out everything.
type Options struct {
	Limits Limits
	// Preset is the template or export that the file is taken for, one of
	// Presets; "" recognises it.
	Preset string
	// Mapping is what a person says that columns are about: header as File.Columns
	// has it to one of Fields, or to "" for a column that is kept as unknown.
	// It says nothing of the grade of secrecy, and personal data stay personal.
	Mapping map[string]string
}

// Open finds the format, the header row and the meaning of the columns of the
// file at path. name is what its owner calls it. An unusable file is a
// *catalog.Error of code Invalid whose key begins with "import.unusable.", or
// is "import.classified" for one that says it is classified.
func Open(path, name string, kind intake.Kind, o Options) (*File, error) {
	r, src, f, err := prepare(path, name, kind, o)
	if err != nil {
		return nil, err
	}
	err = r.open(src)
	if e, ok := errors.AsType[*catalog.Error](err); ok && r.headers.preset != nil && e.Key == "import.unusable.columns" {
		err = r.unfit([]string{r.headers.name}, e.Args["found"])
	}
	if err == nil {
		err = r.fits()
	}
	if err != nil {
		_ = f.Close() // it was only read
		return nil, err
	}
	columns := r.columns()
	return &File{
		File: intake.File{
			Name: name, Kind: kind, Format: r.format, Preset: r.presetOf(columns), Layout: r.layout(),
			Digest: func() string { return digest(io.NewSectionReader(f, 0, src.Size())) }, Columns: columns,
			Rows: r.rows, Notes: func() []intake.Issue { return r.notes }, Progress: r.meter.progress,
		},
		close: f.Close,
	}, nil
}

// prepare opens the file at path without looking into it.
func prepare(path, name string, kind intake.Kind, o Options) (*reader, *io.SectionReader, *os.File, error) {
	h, err := headersOf(kind)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := h.take(kind, o); err != nil {
		return nil, nil, nil, err
	}
	if classifiedName(name) {
		return nil, nil, nil, catalog.Refuse(catalog.Invalid, "import.classified")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("exchange: open: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close() // it was only looked at
		return nil, nil, nil, fmt.Errorf("exchange: open: %w", err)
	}
	r := &reader{kind: kind, headers: h, lim: o.Limits.withDefaults(), notes: []intake.Issue{}}
	r.meter.src = f
	return r, io.NewSectionReader(&r.meter, 0, info.Size()), f, nil
}

// meter counts the bytes that are read of a file.
type meter struct {
	src  io.ReaderAt
	read atomic.Int64
	size atomic.Int64 // that reading the rows takes
}

// ReadAt reads and counts.
func (m *meter) ReadAt(p []byte, at int64) (int, error) {
	n, err := m.src.ReadAt(p, at)
	m.read.Add(int64(n))
	return n, err
}

func (m *meter) progress() (read, size int64) {
	size = m.size.Load()
	return min(m.read.Load(), size), size
}

func digest(src *io.SectionReader) string {
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(src, 0, src.Size())); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

func unusable(what string, pairs ...string) *catalog.Error {
	return catalog.Refuse(catalog.Invalid, "import.unusable."+what, pairs...)
}

// cell is one filled cell of a row.
type cell struct {
	col    int // from 0
	text   string
	number bool // stored as a number, not as text
	flaw   flaw
}

// flaw is what is wrong with a cell.
type flaw uint8

const (
	sound   flaw = iota
	tooLong      // text holds the beginning only
	open_        // a quote that nothing closes
	formula      // text is the formula itself: the file holds no value of it
	failed       // #REF! and the like
)

// line is one row of a table: its filled cells by column. The slice is good
// until the next line.
type line struct {
	n      int // as the reader of the file counts, from 1
	cells  []cell
	hidden bool
}

// grid is one table of a file. lines may be called again and begins anew.
type grid struct {
	sheet    string // "" if the file is one table
	lines    iter.Seq2[line, error]
	merges   func() ([]merge, error)
	date1904 bool
	typed    bool // cells know numbers from text
}

// reader reads one file.
type reader struct {
	kind    intake.Kind
	headers headers
	lim     Limits
	tables  []*table
	objects *objects // of a file of JSON Lines
	notes   []intake.Issue

	format  string // File.Format
	heads   []string
	guess   bool // take the likeliest row for the header if none is recognised
	guessed bool
	meter   meter
}

// layout is File.Layout: the headers without order and repetition.
func (r *reader) layout() string {
	heads := slices.Compact(slices.Sorted(slices.Values(r.heads)))
	sum := sha256.Sum256([]byte(strings.Join(heads, "\n")))
	return hex.EncodeToString(sum[:16])
}

const maxNotes = 200 // a file of a million such rows says it often enough

func (r *reader) note(key string, pairs ...string) {
	if len(r.notes) == maxNotes {
		return
	}
	r.notes = append(r.notes, intake.Issue{Key: key, Args: catalog.Refuse("", "", pairs...).Args})
}

// open finds out what src is and prepares the reading.
func (r *reader) open(src *io.SectionReader) error {
	if src.Size() == 0 {
		return unusable("empty")
	}
	if src.Size() > r.lim.FileBytes {
		return unusable("too_big", "limit", strconv.FormatInt(r.lim.FileBytes>>20, 10))
	}
	format, err := sniff(src)
	if err != nil {
		return err
	}
	r.meter.size.Store(src.Size())
	switch format {
	case formatZip:
		r.format = FormatXLSX
		return r.openWorkbook(src)
	case formatObjects:
		r.format = FormatJSONL
		return r.openObjects(src)
	case formatOld:
		r.format = FormatXLS
		return r.openOld(src)
	case formatPage:
		r.format = FormatHTML
		return r.openHTML(src)
	}
	return r.openText(src)
}

// useGrids keeps the grids whose header is recognised. Only if there is none,
// the file is refused.
func (r *reader) useGrids(grids []grid) error {
	var found []string
	var skipped []string
	for _, g := range grids {
		t, seen, err := r.table(g)
		if err != nil {
			return err
		}
		if t != nil {
			r.tables = append(r.tables, t)
			continue
		}
		if len(seen) > 0 {
			skipped = append(skipped, g.sheet)
		}
		if len(seen) > len(found) {
			found = seen
		}
	}
	if len(r.tables) == 0 && r.guess && !r.guessed {
		r.guessed = true
		return r.useGrids(grids)
	}
	if len(r.tables) == 0 {
		return r.headers.wrong(found)
	}
	for _, s := range skipped {
		r.note("import.note.sheet_skipped", "sheet", short(s, 40))
	}
	return nil
}

// columns are the columns of all tables in their order, each once.
func (r *reader) columns() []intake.Column {
	var out []intake.Column
	seen := map[string]bool{}
	add := func(c intake.Column) {
		if !seen[c.Header] {
			seen[c.Header] = true
			out = append(out, c)
		}
	}
	if r.objects != nil { // keys that differ in blanks alone are one header
		for _, c := range r.objects.columns {
			add(c)
		}
	}
	for _, t := range r.tables {
		for _, c := range t.columns {
			add(intake.Column{Header: c.header, Field: string(c.field)})
		}
	}
	return out
}

// rows yields every row of every table.
func (r *reader) rows(yield func(intake.Row, error) bool) {
	b := r.builder()
	r.walk(b, func(done *intake.Row, err error) bool {
		switch {
		case err != nil:
			return yield(intake.Row{}, err)
		case done != nil:
			return yield(*done, nil)
		}
		return yield(b.row(), nil)
	})
}

func (r *reader) builder() *builder {
	b := newBuilder(r.kind, r.headers)
	for i, c := range r.columns() {
		b.columns[c.Header] = i
	}
	return b
}

// walk fills b with one row after the other until yield returns false. A row
// that cannot be understood comes done, as refused. An error is the last.
func (r *reader) walk(b *builder, yield func(done *intake.Row, err error) bool) {
	r.meter.read.Store(0)
	var count int64
	send := func(done *intake.Row, err error) bool {
		if count++; err == nil && count > r.lim.Rows {
			yield(nil, unusable("too_many_rows", "limit", strconv.FormatInt(r.lim.Rows, 10)))
			return false
		}
		return yield(done, err) && err == nil
	}
	if r.objects != nil {
		r.objects.walk(b, send)
		return
	}
	for _, t := range r.tables {
		if !r.walkTable(t, b, send) {
			return
		}
	}
}

// short is the beginning of s, at most n characters.
func short(s string, n int) string {
	i := 0
	for at := range s {
		if i == n {
			return s[:at] + "…"
		}
		i++
	}
	return s
}
