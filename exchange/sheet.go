package exchange

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"iter"
	"regexp"
	"strconv"
	"strings"
)

const maxColumns = 16384 // of a sheet of Excel

// lines reads the rows of a sheet. Each call may unpack as much as the limits
// allow: examine has seen the whole of what is read.
func (w *workbook) lines(part string) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		left := w.lim.UnpackedBytes
		r, err := w.open(part, &left)
		if err != nil {
			yield(line{}, w.explain(err))
			return
		}
		defer r.Close()
		s := sheetScan{w: w, m: newMarkup(r)}
		for {
			more, err := s.row()
			if err != nil {
				yield(line{}, w.explain(err))
				return
			}
			if !more || !yield(s.line, nil) {
				return
			}
		}
	}
}

// sheetScan reads the rows of one sheet.
type sheetScan struct {
	w    *workbook
	m    *markup
	line line
	// Of the cell that is being read:
	kind    string // attribute t
	value   []byte
	formula []byte
}

// row reads the next row that the sheet holds.
func (s *sheetScan) row() (bool, error) {
	for {
		t, err := s.m.next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		switch t := t.(type) {
		case xml.EndElement:
			if t.Name.Local == "sheetData" {
				return false, nil
			}
		case xml.StartElement:
			if t.Name.Local != "row" {
				continue
			}
			n, err := strconv.Atoi(attr(t, "r"))
			if err != nil || n <= s.line.n {
				n = s.line.n + 1
			}
			hidden := attr(t, "hidden")
			s.line = line{n: n, cells: s.line.cells[:0], hidden: hidden == "1" || hidden == "true"}
			return true, s.cells()
		}
	}
}

// cells reads to the end of the row.
func (s *sheetScan) cells() error {
	col := -1
	for {
		t, err := s.m.next()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.EndElement:
			if t.Name.Local == "row" {
				return nil
			}
		case xml.StartElement:
			if t.Name.Local != "c" {
				continue
			}
			at, ok := columnOf(attr(t, "r"))
			if !ok || at <= col {
				at = col + 1
			}
			col = at
			if err := s.content(t, col); err != nil {
				return err
			}
		}
	}
}

// content reads one cell and keeps it if it holds anything.
func (s *sheetScan) content(tag xml.StartElement, col int) error {
	s.kind = attr(tag, "t")
	s.value, s.formula = s.value[:0], s.formula[:0]
	var into *[]byte
	aloud := false
	for {
		t, err := s.m.next()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.CharData:
			if into != nil && !aloud && len(*into) <= int(s.w.lim.CellBytes) {
				*into = append(*into, t...)
			}
		case xml.StartElement:
			switch t.Name.Local {
			case "v", "t":
				into = &s.value
			case "f":
				into = &s.formula
			case "rPh":
				aloud = true
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "c":
				s.keep(col)
				return nil
			case "v", "t", "f":
				into = nil
			case "rPh":
				aloud = false
			}
		}
	}
}

func (s *sheetScan) keep(col int) {
	if col >= maxColumns {
		return
	}
	c := cell{col: col}
	switch {
	case len(s.value) == 0 && len(s.formula) > 0:
		c.text, c.flaw = "="+string(s.formula), formula
	case s.kind == "s":
		i, err := strconv.Atoi(string(bytes.TrimSpace(s.value)))
		if err != nil {
			return
		}
		text, f, ok := s.w.shared.at(i)
		if !ok {
			return
		}
		c.text, c.flaw = unescapeX(text), f
	case s.kind == "e":
		c.text, c.flaw = string(s.value), failed
	case s.kind == "" || s.kind == "n":
		c.text, c.number = string(bytes.TrimSpace(s.value)), true
	default:
		c.text = unescapeX(string(s.value))
	}
	if limit := int(s.w.lim.CellBytes); len(s.value) > limit || len(c.text) > limit {
		c.flaw, c.text = tooLong, c.text[:min(limit, len(c.text))]
	}
	if c.text != "" {
		s.line.cells = append(s.line.cells, c)
	}
}

// columnOf is the column from 0 of a reference such as AB12.
func columnOf(ref string) (int, bool) {
	n := 0
	for i := range len(ref) {
		b := ref[i]
		if b < 'A' || b > 'Z' {
			return n - 1, n > 0 && n <= maxColumns
		}
		if n = n*26 + int(b-'A') + 1; n > maxColumns {
			return 0, false
		}
	}
	return n - 1, n > 0
}

// columnName is the other way round: 27 is AB.
func columnName(col int) string {
	var out []byte
	for n := col + 1; n > 0; n = (n - 1) / 26 {
		out = append([]byte{byte('A' + (n-1)%26)}, out...)
	}
	return string(out)
}

var xEscape = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescapeX resolves _x000D_ and its like (ST_Xstring).
func unescapeX(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return xEscape.ReplaceAllStringFunc(s, func(m string) string {
		n, err := strconv.ParseUint(m[2:6], 16, 32)
		if err != nil {
			return m
		}
		return string(rune(n))
	})
}

// merge is a block of merged cells, rows from 1, columns from 0.
type merge struct {
	firstRow, lastRow, firstCol, lastCol int
}

const maxMerges = 100_000

var mergeRef = regexp.MustCompile(`mergeCell\s[^<>]*?ref\s*=\s*["']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})["']`)

// examine unpacks a sheet to its end, so that damage and bombs show before the
// first row is used, and collects the merged cells, which stand after the rows.
func (w *workbook) examine(part string) ([]merge, error) {
	r, err := w.open(part, &w.left)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var out []merge
	buf := make([]byte, 256<<10)
	kept := 0
	for {
		n, err := r.Read(buf[kept:])
		seen := buf[:kept+n]
		cut := max(bytes.LastIndexByte(seen, '<'), 0)
		if err == io.EOF {
			return findMerges(seen, out), nil
		}
		if err != nil {
			return nil, err
		}
		out = findMerges(seen[:cut], out)
		if kept = copy(buf, seen[cut:]); kept > len(buf)/2 {
			kept = 0 // a text that long is no tag
		}
	}
}

func findMerges(b []byte, out []merge) []merge {
	if !bytes.Contains(b, []byte("mergeCell ")) {
		return out
	}
	for _, m := range mergeRef.FindAllSubmatch(b, -1) {
		c1, ok1 := columnOf(string(m[1]))
		c2, ok2 := columnOf(string(m[3]))
		r1, err1 := strconv.Atoi(string(m[2]))
		r2, err2 := strconv.Atoi(string(m[4]))
		if ok1 && ok2 && err1 == nil && err2 == nil && r1 <= r2 && c1 <= c2 && len(out) < maxMerges {
			out = append(out, merge{r1, r2, c1, c2})
		}
	}
	return out
}
