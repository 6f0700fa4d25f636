package exchange

import (
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// webPage is an HTML page whose tables are read as sheets: so many systems save
// what they call .xls.
type webPage struct {
	src *io.SectionReader
	enc encodingName
	lim Limits
}

// openHTML reads the tables of a page. One without tables is unusable.
func (r *reader) openHTML(src *io.SectionReader) error {
	// What pages say of their encoding is often not so; their bytes are asked.
	encodings, err := encodingsOf(src)
	if err != nil {
		return unusable("truncated").Because(err)
	}
	p := &webPage{src: src, enc: encodings[0], lim: r.lim}
	n, err := p.tables()
	if err != nil {
		return err
	}
	if n == 0 {
		return unusable("html")
	}
	var grids []grid
	for i := range min(n, r.lim.Sheets) {
		g := grid{lines: p.lines(i), merges: func() ([]merge, error) { return p.merges(i) }}
		if n > 1 {
			g.sheet = strconv.Itoa(i + 1)
		}
		grids = append(grids, g)
	}
	if n > r.lim.Sheets {
		r.note("import.note.sheets_left_out", "n", strconv.Itoa(n-r.lim.Sheets), "limit", strconv.Itoa(r.lim.Sheets))
	}
	return r.useGrids(grids)
}

// scan goes through the page once and tells of each row of the table of that
// number; -1 is none. It returns how many tables there are.
func (p *webPage) scan(table int, row func(*pageRow) bool) (int, error) {
	s := &pageScan{z: html.NewTokenizer(decoded(p.src, p.enc)), limit: int(p.lim.CellBytes), want: table, row: row}
	s.z.SetMaxBuf(maxPiece)
	if err := s.run(); err != nil {
		return s.tables, unusable("truncated").Because(err)
	}
	return s.tables, nil
}

func (p *webPage) tables() (int, error) { return p.scan(-1, nil) }

func (p *webPage) lines(table int) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		_, err := p.scan(table, func(r *pageRow) bool { return yield(r.line, nil) })
		if err != nil {
			yield(line{}, err)
		}
	}
}

func (p *webPage) merges(table int) ([]merge, error) {
	var out []merge
	_, err := p.scan(table, func(r *pageRow) bool {
		for _, s := range r.spans {
			if len(out) < maxMerges {
				out = append(out, merge{r.n, r.n + s.rows - 1, s.col, s.col + s.cols - 1})
			}
		}
		return true
	})
	return out, err
}

// pageRow is one row, with the cells that reach beyond it.
type pageRow struct {
	line
	spans []span
}

type span struct{ col, cols, rows int }

// maxSpan bounds what a hostile page may make of one cell.
const maxSpan = 65534 // rowspan, as HTML bounds it

// pageScan reads one table of a page.
type pageScan struct {
	z      *html.Tokenizer
	limit  int
	want   int
	row    func(*pageRow) bool
	tables int
	open   []int // the tables that are open, by number

	at    pageRow
	in    bool        // a row
	down  map[int]int // columns that cells above reach down into, and for how many rows
	col   int         // of the next cell
	cell  *cell       // that is open
	text  strings.Builder
	cols  int // that the cell takes
	ended bool
}

func (s *pageScan) run() error {
	s.down = map[int]int{}
	for !s.ended {
		switch s.z.Next() {
		case html.ErrorToken:
			if err := s.z.Err(); !errors.Is(err, io.EOF) {
				return err
			}
			s.endRow()
			return nil
		case html.TextToken:
			if s.cell != nil && s.text.Len() <= s.limit {
				s.text.WriteString(strings.NewReplacer("\n", " ", "\r", " ").Replace(string(s.z.Text())))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			s.start()
		case html.EndTagToken:
			name, _ := s.z.TagName()
			s.end(string(name))
		}
	}
	return nil
}

// here reports whether what comes now is of the table that is wanted itself,
// not of one within it.
func (s *pageScan) here() bool { return len(s.open) > 0 && s.open[len(s.open)-1] == s.want }

func (s *pageScan) start() {
	name, more := s.z.TagName()
	tag := string(name)
	attrs := map[string]string{}
	for more {
		var k, v []byte
		k, v, more = s.z.TagAttr()
		attrs[string(k)] = string(v)
	}
	switch {
	case tag == "table":
		s.open = append(s.open, s.tables)
		s.tables++
	case tag == "script", tag == "style":
		s.z.Next() // its text; the end tag follows
	case !s.here():
	case tag == "tr":
		s.endRow()
		s.in = true
		s.at = pageRow{line: line{n: s.at.n + 1, cells: s.at.cells[:0], hidden: hiddenStyle(attrs)}}
		s.col = 0
	case (tag == "td" || tag == "th") && s.in:
		s.startCell(attrs)
	case tag == "br" || tag == "p" || tag == "div" || tag == "li":
		s.text.WriteByte('\n')
	}
}

func hiddenStyle(attrs map[string]string) bool {
	_, hidden := attrs["hidden"]
	return hidden || strings.Contains(strings.ReplaceAll(strings.ToLower(attrs["style"]), " ", ""), "display:none")
}

func (s *pageScan) startCell(attrs map[string]string) {
	s.endCell()
	for s.down[s.col] > 0 {
		s.col++
	}
	s.cols = spanOf(attrs["colspan"])
	rows := spanOf(attrs["rowspan"])
	if s.col >= maxColumns {
		return
	}
	s.cols = min(s.cols, maxColumns-s.col)
	if rows > 1 {
		s.at.spans = append(s.at.spans, span{s.col, s.cols, rows})
		for c := s.col; c < s.col+s.cols; c++ {
			s.down[c] = rows // counts this row, too
		}
	}
	s.text.Reset()
	s.cell = &cell{col: s.col}
	// Excel writes the number as it is beside the one that it shows.
	if n := attrs["x:num"]; n != "" {
		s.cell.text, s.cell.number = n, true
	}
}

func spanOf(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return 1
	}
	return max(1, min(n, maxSpan))
}

func (s *pageScan) endCell() {
	if s.cell == nil {
		return
	}
	c := *s.cell
	s.cell = nil
	if c.text == "" {
		c.text = pageText(s.text.String())
	}
	if len(c.text) > s.limit {
		c.text, c.flaw = c.text[:s.limit], tooLong
	}
	if c.text != "" {
		s.at.cells = append(s.at.cells, c)
	}
	s.col += s.cols
}

// pageText is text as a page shows it: blanks and line ends of the source are
// one blank, line ends come from tags.
func pageText(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.Join(strings.Fields(strings.ReplaceAll(l, "\u00a0", " ")), " ")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

func (s *pageScan) end(tag string) {
	switch {
	case tag == "table":
		if s.here() {
			s.endRow()
			s.ended = true
		}
		if len(s.open) > 0 {
			s.open = s.open[:len(s.open)-1]
		}
	case !s.here():
	case tag == "td" || tag == "th":
		s.endCell()
	case tag == "tr":
		s.endRow()
	}
}

func (s *pageScan) endRow() {
	if !s.in {
		return
	}
	s.endCell()
	s.in = false
	for c := range s.down {
		if s.down[c]--; s.down[c] == 0 {
			delete(s.down, c)
		}
	}
	if s.row != nil && !s.row(&s.at) {
		s.ended = true
	}
}
